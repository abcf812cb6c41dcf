"""Amazon CloudWatch. https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/

Of metrics only those that a requirement names are asked for, and of these only what was published lately.
"""

from __future__ import annotations

import dataclasses

from auditor.model import Detail, Table

_TAGS = Detail(operation="ListTagsForResource", params={"ResourceARN": "$arn"}, columns={"tags": "Tags"})
_GONE = ("ResourceNotFoundException", "ResourceNotFound")
_CHANGING = (
    "StateValue",
    "StateReason",
    "StateReasonData",
    "StateUpdatedTimestamp",
    "StateTransitionedTimestamp",
)
_SERIES = {"DimensionValues": "join(',', Dimensions[].Value)"}

_METRICS = Table(
    name="cloudwatch_metrics",
    description="Metrics that the register's requirements name and that had data in the last two weeks.",
    service="cloudwatch",
    operation="ListMetrics",
    items="Metrics",
    variants=({"Namespace": "AWS/RDS", "MetricName": "AuroraGlobalDBReplicationLag"},),
    type="AWS::CloudWatch::Metric",
    arn="arn:{partition}:cloudwatch:{region}:{account}:metric/{Namespace}/{MetricName}/{DimensionValues|}",
    key=("Namespace", "MetricName", "Dimensions"),
    name_from="MetricName",
    columns=_SERIES,
    taggable=False,
    volatile_rows="true",
)
_STATISTICS = Table(
    name="cloudwatch_metric_statistics",
    description="What these metrics measured in the last 24 hours, an hour a row: the Maximum of the hour.",
    service="cloudwatch",
    operation="GetMetricStatistics",
    items="Datapoints",
    params={"StartTime": "$now-1d", "EndTime": "$now", "Period": 3600, "Statistics": ["Maximum"]},
    type="AWS::CloudWatch::MetricStatistics",
    arn="{parent.arn}/{Timestamp}",
    key=("MetricArn", "Timestamp"),
    columns={
        "Namespace": "parent.Namespace",
        "MetricName": "parent.MetricName",
        "DimensionValues": "parent.DimensionValues",
        "MetricArn": "parent.arn",
    },
    parent="cloudwatch_metrics",
    parent_params={"Namespace": "Namespace", "MetricName": "MetricName", "Dimensions": "Dimensions"},
    taggable=False,
    volatile_rows="true",
)

TABLES = (
    Table(
        name="cloudwatch_alarms",
        description="Metric alarms, with their metric, threshold, state and actions.",
        service="cloudwatch",
        operation="DescribeAlarms",
        items="MetricAlarms",
        params={"AlarmTypes": ["MetricAlarm"]},
        type="AWS::CloudWatch::Alarm",
        arn="{AlarmArn}",
        key=("AlarmArn",),
        name_from="AlarmName",
        details=(_TAGS,),
        vanished=_GONE,
        volatile=(*_CHANGING, "EvaluationState"),
    ),
    Table(
        name="cloudwatch_composite_alarms",
        description="Composite alarms, with the rule over other alarms and their actions.",
        service="cloudwatch",
        operation="DescribeAlarms",
        items="CompositeAlarms",
        params={"AlarmTypes": ["CompositeAlarm"]},
        type="AWS::CloudWatch::CompositeAlarm",
        arn="{AlarmArn}",
        key=("AlarmArn",),
        name_from="AlarmName",
        details=(_TAGS,),
        vanished=_GONE,
        volatile=(*_CHANGING, "ActionsSuppressedBy", "ActionsSuppressedReason"),
    ),
    Table(
        name="cloudwatch_dashboards",
        description="Dashboards, which belong to no region, with their bodies.",
        service="cloudwatch",
        operation="ListDashboards",
        items="DashboardEntries",
        type="AWS::CloudWatch::Dashboard",
        arn="{DashboardArn}",
        key=("DashboardArn",),
        name_from="DashboardName",
        taggable=False,
        is_global=True,
        details=(
            Detail(
                operation="GetDashboard",
                params={"DashboardName": "$name"},
                columns={"DashboardBody": "DashboardBody"},
                types={"DashboardBody": "JSON"},
            ),
        ),
        vanished=_GONE,
        volatile=("LastModified", "Size"),
    ),
    _METRICS,
    _STATISTICS,
    dataclasses.replace(
        _METRICS,
        name="cloudwatch_health_check_metrics",
        description="Metrics of Route 53 health checks, which are published in us-east-1.",
        variants=({"Namespace": "AWS/Route53", "MetricName": "HealthCheckStatus"},),
        is_global=True,
    ),
    dataclasses.replace(
        _STATISTICS,
        name="cloudwatch_health_check_statistics",
        description="HealthCheckStatus of the last ten minutes, a minute a row: the Minimum, 1 is healthy.",
        params={"StartTime": "$now-10m", "EndTime": "$now", "Period": 60, "Statistics": ["Minimum"]},
        parent="cloudwatch_health_check_metrics",
        is_global=True,
    ),
)
