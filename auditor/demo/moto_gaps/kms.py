"""KMS: who manages a key, what part it plays of a multi-region one, and how often it rotates."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from auditor.demo.moto_gaps.engine import AwsError, Call, gap, needs

needs(
    "moto.kms.models:KmsBackend.describe_key",
    "moto.kms.models:KmsBackend.list_aliases",
    "moto.kms.models:Key",
)

_DEFAULT_DAYS = 365
_RESERVED = "alias/aws/"


@gap("kms", "DescribeKey")
def describe_key(call: Call) -> dict[str, Any]:
    """AWS says which keys are its own, and replica or primary (API_KeyMetadata); moto calls them all the customer's."""
    answer = call.moto()
    metadata = answer["KeyMetadata"]
    aliases = call.backend("kms").list_aliases(key_id=metadata["KeyId"])
    if any(alias.alias_name.startswith(_RESERVED) for alias in aliases):
        metadata["KeyManager"] = "AWS"
    several = metadata.get("MultiRegionConfiguration")
    if several:
        primary = several["PrimaryKey"]["Arn"] == metadata["Arn"]
        metadata["MultiRegionConfiguration"] = {**several, "MultiRegionKeyType": "PRIMARY" if primary else "REPLICA"}
    return answer


@gap("kms", "EnableKeyRotation")
def enable_key_rotation(call: Call) -> dict[str, Any]:
    """AWS keeps RotationPeriodInDays, 365 by default (API_EnableKeyRotation); moto drops it."""
    asked = call.params()
    _require_own_material(call, asked["KeyId"])
    answer = call.moto()
    key = call.backend("kms").describe_key(asked["KeyId"])
    key.rotation_period = asked.get("RotationPeriodInDays", _DEFAULT_DAYS)
    key.rotation_enabled_at = call.date
    return answer


@gap("kms", "GetKeyRotationStatus")
def get_key_rotation_status(call: Call) -> dict[str, Any]:
    """AWS answers period and next date, of a replica its primary's (API_GetKeyRotationStatus); moto neither."""
    asked = call.params()["KeyId"]
    _require_own_material(call, asked)
    answer = call.moto()
    key = call.backend("kms").describe_key(asked)
    answer["KeyId"] = key.arn
    if key.multi_region:
        primary = key.multi_region_configuration["PrimaryKey"]
        key = call.backend("kms", region=primary["Region"]).describe_key(key.id)
        answer["KeyRotationEnabled"] = key.key_rotation_status
    if answer.get("KeyRotationEnabled"):
        days = getattr(key, "rotation_period", _DEFAULT_DAYS)
        answer["RotationPeriodInDays"] = days
        answer["NextRotationDate"] = getattr(key, "rotation_enabled_at", call.date) + timedelta(days=days)
    return answer


def _require_own_material(call: Call, asked: str) -> None:
    """AWS rotates only material that it made itself; moto any."""
    key = call.backend("kms").describe_key(asked)
    if key.origin != "AWS_KMS":
        raise AwsError(
            "UnsupportedOperationException",
            f"{key.arn} origin is {key.origin} which is not valid for this operation.",
        )
