"""AWS CloudTrail. https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/

A trail of every region, and an organization's trail in its member accounts, shows in each region as a shadow: a row for
each, since GetTrailStatus tells of the one region that is asked. Its own region is HomeRegion: only there are its tags.
"""

from __future__ import annotations

from auditor.model import Detail, Table

_OWN = "HomeRegion == region && contains(TrailARN, account)"

TABLES = (
    Table(
        name="cloudtrail_trails",
        description="Trails that record the region, shadows included, with their status in it and what they record.",
        service="cloudtrail",
        operation="DescribeTrails",
        items="trailList",
        params={"includeShadowTrails": True},
        type="AWS::CloudTrail::Trail",
        arn="{TrailARN}",
        key=("TrailARN",),
        name_from="Name",
        details=(
            Detail(
                operation="GetTrailStatus",
                params={"Name": "$TrailARN"},
                columns={
                    "IsLogging": "IsLogging",
                    "StartLoggingTime": "StartLoggingTime",
                    "StopLoggingTime": "StopLoggingTime",
                    "LatestDeliveryTime": "LatestDeliveryTime",
                    "LatestDeliveryError": "LatestDeliveryError",
                    "LatestDigestDeliveryTime": "LatestDigestDeliveryTime",
                    "LatestDigestDeliveryError": "LatestDigestDeliveryError",
                    "LatestCloudWatchLogsDeliveryTime": "LatestCloudWatchLogsDeliveryTime",
                    "LatestCloudWatchLogsDeliveryError": "LatestCloudWatchLogsDeliveryError",
                    "LatestNotificationError": "LatestNotificationError",
                },
            ),
            Detail(
                operation="GetEventSelectors",
                params={"TrailName": "$TrailARN"},
                columns={"EventSelectors": "EventSelectors", "AdvancedEventSelectors": "AdvancedEventSelectors"},
                # A trail without selectors of its own records every management event.
                when="HasCustomEventSelectors != `false`",
            ),
            Detail(
                operation="ListTags",
                params={"ResourceIdList": ["$TrailARN"]},
                columns={"tags": "TagsList"},
                batch=20,
                batch_items="ResourceTagList",
                batch_key="ResourceId",
                when=_OWN,
            ),
        ),
        vanished=("TrailNotFoundException", "ResourceNotFoundException"),
        volatile=(
            "LatestDeliveryTime",
            "LatestDigestDeliveryTime",
            "LatestCloudWatchLogsDeliveryTime",
        ),
    ),
)
