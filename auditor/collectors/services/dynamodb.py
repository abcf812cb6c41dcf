"""Amazon DynamoDB: what tables are, never what is in them.

https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/

ListTables gives names alone, so DescribeTable completes each row. A global table (version 2019.11.21) is a table in
each of its regions; each tells of the others in Replicas.
"""

from __future__ import annotations

from auditor.model import Detail, Table

_CONTINUOUS = "ContinuousBackupsDescription"
_RECOVERY = f"{_CONTINUOUS}.PointInTimeRecoveryDescription"

TABLES = (
    Table(
        name="dynamodb_tables",
        description="Tables, with their keys, billing, streams, encryption, replicas and point-in-time recovery.",
        service="dynamodb",
        operation="ListTables",
        items="TableNames",
        value_as="TableName",
        type="AWS::DynamoDB::Table",
        arn="arn:{partition}:dynamodb:{region}:{account}:table/{TableName}",
        key=("TableName",),
        name_from="TableName",
        volatile=("ItemCount", "TableSizeBytes", "GlobalSecondaryIndexes", "LocalSecondaryIndexes"),
        details=(
            Detail(
                operation="DescribeTable",
                params={"TableName": "$TableName"},
                columns={"*": "Table"},
                always=True,
            ),
            Detail(
                operation="DescribeContinuousBackups",
                params={"TableName": "$TableName"},
                columns={
                    "ContinuousBackupsStatus": f"{_CONTINUOUS}.ContinuousBackupsStatus",
                    "PointInTimeRecoveryStatus": f"{_RECOVERY}.PointInTimeRecoveryStatus",
                    "RecoveryPeriodInDays": f"{_RECOVERY}.RecoveryPeriodInDays",
                },
            ),
            Detail(operation="ListTagsOfResource", params={"ResourceArn": "$arn"}, columns={"tags": "Tags"}),
        ),
        vanished=("ResourceNotFoundException", "TableNotFoundException"),
    ),
)
