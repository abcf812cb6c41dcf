"""AWS Config. https://docs.aws.amazon.com/config/latest/APIReference/

Without a name, the recorder that is listed is the customer's own; those that other services keep are not.
"""

from __future__ import annotations

from auditor.model import Detail, Table

TABLES = (
    Table(
        name="config_recorders",
        description="The customer's recorder of the region, with what it records, its role and its status.",
        service="config",
        operation="DescribeConfigurationRecorders",
        items="ConfigurationRecorders",
        type="AWS::Config::ConfigurationRecorder",
        # Its own ARN, which AWS has told since 2024 and which ends in an id, is RecorderArn.
        arn="arn:{partition}:config:{region}:{account}:configuration-recorder/{name}",
        key=("name",),
        name_from="name",
        renames={"arn": "RecorderArn"},
        details=(
            Detail(
                operation="DescribeConfigurationRecorderStatus",
                params={"ConfigurationRecorderNames": ["$name"]},
                columns={
                    "recording": "recording",
                    "lastStatus": "lastStatus",
                    "lastErrorCode": "lastErrorCode",
                    "lastErrorMessage": "lastErrorMessage",
                    "lastStartTime": "lastStartTime",
                    "lastStopTime": "lastStopTime",
                    "lastStatusChangeTime": "lastStatusChangeTime",
                },
                batch=1,
                batch_items="ConfigurationRecordersStatus",
                batch_key="name",
            ),
            Detail(
                operation="ListTagsForResource",
                params={"ResourceArn": "$RecorderArn"},
                columns={"tags": "Tags"},
                when="RecorderArn",
            ),
        ),
        vanished=("NoSuchConfigurationRecorderException", "ResourceNotFoundException"),
        volatile=("lastStatusChangeTime",),
    ),
    Table(
        name="config_delivery_channels",
        description="The delivery channel of the region, with its bucket and what came of the last deliveries.",
        service="config",
        operation="DescribeDeliveryChannels",
        items="DeliveryChannels",
        type="AWS::Config::DeliveryChannel",
        arn="arn:{partition}:config:{region}:{account}:delivery-channel/{name}",
        key=("name",),
        name_from="name",
        taggable=False,
        details=(
            Detail(
                operation="DescribeDeliveryChannelStatus",
                params={"DeliveryChannelNames": ["$name"]},
                columns={
                    "configSnapshotDeliveryInfo": "configSnapshotDeliveryInfo",
                    "configHistoryDeliveryInfo": "configHistoryDeliveryInfo",
                    "configStreamDeliveryInfo": "configStreamDeliveryInfo",
                },
                batch=1,
                batch_items="DeliveryChannelsStatus",
                batch_key="name",
            ),
        ),
        vanished=("NoSuchDeliveryChannelException",),
        volatile=("configSnapshotDeliveryInfo", "configHistoryDeliveryInfo", "configStreamDeliveryInfo"),
    ),
)
