"""DynamoDB tables: a pair in two regions, as a global table or as two tables of which the second ends in -dr."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from auditor.demo.worlds.building import PRIMARY, RECOVERY, pairs

if TYPE_CHECKING:
    from collections.abc import Mapping

    from auditor.demo.worlds.building import Builder

_ON = {"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"}


@dataclass(frozen=True, slots=True, kw_only=True)
class TablePlan:
    """A table as it is to be; the defaults are the documented, correct one."""

    name: str
    keys: Mapping[str, str]
    """Region -> the KMS key's ARN."""
    as_global_table: bool = False
    """Whether the counterpart is a replica, instead of a table of its own."""
    counterpart: bool = True
    """False: there is none in the recovery region."""
    counterpart_billing: str = "PAY_PER_REQUEST"
    counterpart_range: str = ""
    """A range key that the counterpart has besides."""
    streams: bool = True
    recoverable: bool = True
    """Point-in-time recovery."""
    encrypted: bool = True
    """Under the customer-managed key; False: under one that AWS owns."""


def build_tables(builder: Builder, plan: TablePlan) -> None:
    """The table in the primary region, and its counterpart in the recovery region."""
    _table(builder, plan, PRIMARY, plan.name)
    if not plan.counterpart:
        return
    if plan.as_global_table:
        builder.client("dynamodb", PRIMARY).update_table(
            TableName=plan.name,
            ReplicaUpdates=[{"Create": {"RegionName": RECOVERY, "KMSMasterKeyId": plan.keys[RECOVERY]}}],
        )
        _finish(builder, plan, RECOVERY, plan.name)
        return
    settings: dict[str, Any] = {"BillingMode": plan.counterpart_billing}
    if plan.counterpart_billing == "PROVISIONED":
        settings["ProvisionedThroughput"] = {"ReadCapacityUnits": 5, "WriteCapacityUnits": 5}
    _table(builder, plan, RECOVERY, f"{plan.name}-dr", range_key=plan.counterpart_range, **settings)


def _table(builder: Builder, plan: TablePlan, region: str, name: str, range_key: str = "", **settings: Any) -> None:  # noqa: ANN401 - boto3's parameters
    keys = {"id": "HASH"} | ({range_key: "RANGE"} if range_key else {})
    if plan.streams:
        settings["StreamSpecification"] = _ON
    if plan.encrypted:
        settings["SSESpecification"] = {"Enabled": True, "SSEType": "KMS", "KMSMasterKeyId": plan.keys[region]}
    builder.client("dynamodb", region).create_table(
        TableName=name,
        KeySchema=[{"AttributeName": key, "KeyType": kind} for key, kind in keys.items()],
        AttributeDefinitions=[{"AttributeName": key, "AttributeType": "S"} for key in keys],
        **{"BillingMode": "PAY_PER_REQUEST", **settings},
    )
    _finish(builder, plan, region, name)


def _finish(builder: Builder, plan: TablePlan, region: str, name: str) -> None:
    """Point-in-time recovery and tags, which each region's table has of its own."""
    client = builder.client("dynamodb", region)
    if plan.recoverable:
        client.update_continuous_backups(
            TableName=name, PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": True}
        )
    arn = client.describe_table(TableName=name)["Table"]["TableArn"]
    client.tag_resource(ResourceArn=arn, Tags=pairs(builder.tags(name)))
