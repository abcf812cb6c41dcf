"""Amazon CloudWatch Logs. https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/"""

from __future__ import annotations

from auditor.model import Detail, Table

TABLES = (
    Table(
        name="logs_log_groups",
        description="Log groups, with their retention (absent: for ever) and encryption key.",
        service="logs",
        operation="DescribeLogGroups",
        items="logGroups",
        type="AWS::Logs::LogGroup",
        arn="arn:{partition}:logs:{region}:{account}:log-group:{logGroupName}",
        key=("logGroupName",),
        name_from="logGroupName",
        omit=("arn",),
        page_size=50,
        details=(Detail(operation="ListTagsForResource", params={"resourceArn": "$arn"}, columns={"tags": "tags"}),),
        vanished=("ResourceNotFoundException",),
        volatile=("storedBytes",),
    ),
)
