"""KMS: how often a key rotates."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from auditor.demo.moto_gaps.engine import Call, gap, needs

needs("moto.kms.models:KmsBackend.describe_key", "moto.kms.models:Key")

_DEFAULT_DAYS = 365


@gap("kms", "EnableKeyRotation")
def enable_key_rotation(call: Call) -> dict[str, Any]:
    """AWS keeps RotationPeriodInDays, 365 by default (API_EnableKeyRotation); moto drops it."""
    answer, asked = call.moto(), call.params()
    key = call.backend("kms").describe_key(asked["KeyId"])
    key.rotation_period = asked.get("RotationPeriodInDays", _DEFAULT_DAYS)
    key.rotation_enabled_at = call.date
    return answer


@gap("kms", "GetKeyRotationStatus")
def get_key_rotation_status(call: Call) -> dict[str, Any]:
    """AWS answers the key, the period and the next date (API_GetKeyRotationStatus); moto whether it rotates, only."""
    answer = call.moto()
    key = call.backend("kms").describe_key(call.params()["KeyId"])
    answer["KeyId"] = key.arn
    if answer.get("KeyRotationEnabled"):
        days = getattr(key, "rotation_period", _DEFAULT_DAYS)
        answer["RotationPeriodInDays"] = days
        answer["NextRotationDate"] = getattr(key, "rotation_enabled_at", call.date) + timedelta(days=days)
    return answer
