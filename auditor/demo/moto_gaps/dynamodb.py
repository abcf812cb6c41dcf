"""DynamoDB: replicas of global tables, and which key a table is encrypted with."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

from auditor.demo.moto_gaps.engine import AwsError, Call, gap, needs

needs(
    "moto.dynamodb.models:DynamoDBBackend.create_table",
    "moto.dynamodb.models:DynamoDBBackend.get_table",
    "moto.kms.models:KmsBackend.describe_key",
)

_VERSION = "2019.11.21"


@gap("dynamodb", "UpdateTable")
def update_table(call: Call) -> dict[str, Any]:
    """AWS makes a replica in another region, and changes the key (API_UpdateTable); moto ignores both."""
    answer, asked = call.moto(), call.params()
    table = call.backend("dynamodb").get_table(asked["TableName"])
    if "SSESpecification" in asked:
        wanted = asked["SSESpecification"]
        key = wanted.get("KMSMasterKeyId", "alias/aws/dynamodb")
        table.sse_specification = {**wanted, "KMSMasterKeyId": key} if wanted.get("Enabled") else None
    for update in asked.get("ReplicaUpdates", []):
        if "Create" in update:
            _replicate(call, table, update["Create"])
        if "Delete" in update:
            _forget(call, table, update["Delete"]["RegionName"])
    _complete(answer["TableDescription"], table, call)
    return answer


@gap("dynamodb", "CreateTable", "DeleteTable")
def described(call: Call) -> dict[str, Any]:
    """As DescribeTable."""
    tables = dict(call.backend("dynamodb").tables)
    answer = call.moto()
    name = answer["TableDescription"]["TableName"]
    _complete(answer["TableDescription"], tables.get(name) or call.backend("dynamodb").tables[name], call)
    return answer


@gap("dynamodb", "DescribeTable")
def describe_table(call: Call) -> dict[str, Any]:
    """AWS tells of replicas and names the key by its ARN (API_TableDescription); moto does neither."""
    answer = call.moto()
    _complete(answer["Table"], call.backend("dynamodb").get_table(answer["Table"]["TableName"]), call)
    return answer


def _replicate(call: Call, table: Any, asked: dict[str, Any]) -> None:  # noqa: ANN401 - moto's own types
    region = asked["RegionName"]
    replicas = _replicas(table)
    if region == call.region or region in replicas:
        raise AwsError("ValidationException", f"Cannot add a replica of {table.name} in {region}: there is one.")
    streams = table.stream_specification or {}
    if streams.get("StreamViewType") != "NEW_AND_OLD_IMAGES":
        raise AwsError(
            "ValidationException", "Table must have streams enabled with NEW_AND_OLD_IMAGES to have replicas."
        )
    key = asked.get("KMSMasterKeyId")
    made = call.backend("dynamodb", region=region).create_table(
        name=table.name,
        schema=deepcopy(table.schema),
        throughput=dict(table.throughput),
        attr=deepcopy(table.attr),
        global_indexes=None,
        indexes=None,
        streams={"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"},
        billing_mode=table.billing_mode,
        sse_specification={"Enabled": True, "SSEType": "KMS", "KMSMasterKeyId": key} if key else None,
        tags=[],
        deletion_protection_enabled=False,
        warm_throughput=None,
    )
    everywhere = {**replicas, call.region: None, region: key}
    for place in everywhere:
        standing = made if place == region else call.backend("dynamodb", region=place).get_table(table.name)
        standing.auditor_replicas = {other: its for other, its in everywhere.items() if other != place}


def _forget(call: Call, table: Any, region: str) -> None:  # noqa: ANN401 - moto's own types
    for place in (*_replicas(table), call.region):
        standing = call.backend("dynamodb", region=place).get_table(table.name)
        standing.auditor_replicas = {other: its for other, its in _replicas(standing).items() if other != region}
    call.backend("dynamodb", region=region).delete_table(table.name)


def _replicas(table: Any) -> dict[str, str | None]:  # noqa: ANN401 - moto's own types
    """The table's other regions, each with its key."""
    return dict(getattr(table, "auditor_replicas", {}))


def _complete(description: dict[str, Any], table: Any, call: Call) -> None:  # noqa: ANN401 - moto's own types
    replicas = _replicas(table)
    if replicas:
        description["GlobalTableVersion"] = _VERSION
        description["Replicas"] = [
            {"RegionName": region, "ReplicaStatus": "ACTIVE", **({"KMSMasterKeyId": key} if key else {})}
            for region, key in sorted(replicas.items())
        ]
    if description.get("BillingModeSummary", {}).get("BillingMode") == "PROVISIONED":
        description.pop("BillingModeSummary")  # AWS has none of a table that was never billed on demand
    named = (table.sse_specification or {}).get("KMSMasterKeyId")
    if named and not named.startswith("arn:aws:kms:"):
        table.sse_specification["KMSMasterKeyId"] = call.backend("kms").describe_key(named).arn
    if table.sse_specification is None:  # the key is one that AWS owns
        description.pop("SSEDescription", None)
    if "SSEDescription" in description:
        description["SSEDescription"]["KMSMasterKeyArn"] = table.sse_specification["KMSMasterKeyId"]
