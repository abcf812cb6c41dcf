"""Secrets Manager: rotation as AWS keeps it."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any

from auditor.demo.moto_gaps.engine import AwsError, Call, gap, needs

needs(
    "moto.secretsmanager.models:FakeSecret.to_dict",
    "moto.secretsmanager.models:ReplicaSecret.to_dict",
    "moto.secretsmanager.models:SecretsManagerBackend.rotate_secret",
)

_AWS_KEY = "alias/aws/secretsmanager"
_RATE = re.compile(r"rate\((\d+) (hour|day)s?\)")
_ROTATION = ("RotationEnabled", "RotationLambdaARN", "RotationRules", "LastRotatedDate", "NextRotationDate")


def _secret(call: Call, name: str) -> Any:  # noqa: ANN401 - moto's own types
    secrets = call.backend("secretsmanager").secrets
    if name not in secrets:
        raise AwsError("ResourceNotFoundException", "Secrets Manager can't find the specified secret.")
    return secrets[name]


@gap("secretsmanager", "CreateSecret")
def create_secret(call: Call) -> dict[str, Any]:
    """As moto does, at the time that the request says, with the replicas' own keys."""
    answer = call.moto()
    secret = _secret(call, answer["ARN"])
    secret.created_date = secret.last_changed_date = int(call.date.timestamp())
    _give_keys(secret, call.params())
    return answer


@gap("secretsmanager", "ReplicateSecretToRegions")
def replicate_secret_to_regions(call: Call) -> dict[str, Any]:
    """AWS keeps the key that is named for each replica (API_ReplicateSecretToRegions); moto drops it."""
    answer, asked = call.moto(), call.params()
    secret = _secret(call, asked["SecretId"])
    _give_keys(secret, asked)
    answer["ReplicationStatus"] = [replica.config for replica in secret.replicas]
    return answer


def _give_keys(secret: Any, asked: dict[str, Any]) -> None:  # noqa: ANN401 - moto's own types
    keys = {replica["Region"]: replica.get("KmsKeyId") for replica in asked.get("AddReplicaRegions", [])}
    for replica in secret.replicas:
        if keys.get(replica.region):
            replica.config["KmsKeyId"] = keys[replica.region]


@gap("secretsmanager", "RotateSecret")
def rotate_secret(call: Call) -> dict[str, Any]:
    """AWS keeps every rule, and rotates unless RotateImmediately is off (API_RotateSecret); moto drops schedules."""
    asked = call.params()
    secret = _secret(call, asked["SecretId"])
    if hasattr(secret, "source"):
        raise AwsError("InvalidRequestException", "Operation not permitted on a replica secret.")
    rules = asked.get("RotationRules") or getattr(secret, "rotation_rules", {})
    if {"AutomaticallyAfterDays", "ScheduleExpression"} <= rules.keys():
        raise AwsError(
            "InvalidParameterException", "You can't specify both AutomaticallyAfterDays and ScheduleExpression."
        )
    function = asked.get("RotationLambdaARN") or secret.rotation_lambda_arn
    if not function:
        raise AwsError("InvalidRequestException", "No Lambda rotation function ARN is associated with this secret.")
    secret.rotation_rules = rules
    secret.rotation_requested = secret.rotation_enabled = bool(rules)
    secret.rotation_lambda_arn = function
    if asked.get("RotateImmediately", True):
        secret.last_rotation_date = secret.last_changed_date = int(call.date.timestamp())
    return {"ARN": secret.arn, "Name": secret.name, "VersionId": secret.default_version_id}


@gap("secretsmanager", "DescribeSecret")
def describe_secret(call: Call) -> dict[str, Any]:
    """AWS says how a secret rotates, and names the primary region where there are replicas (API_DescribeSecret)."""
    answer = call.moto()
    _put_right(answer, call)
    return answer


@gap("secretsmanager", "ListSecrets")
def list_secrets(call: Call) -> dict[str, Any]:
    """As DescribeSecret (API_SecretListEntry), but a list knows nothing of replicas' status."""
    answer = call.moto()
    for entry in answer["SecretList"]:
        _put_right(entry, call)
        entry.pop("ReplicationStatus", None)
    return answer


def _put_right(entry: dict[str, Any], call: Call) -> None:
    for member in _ROTATION:
        entry.pop(member, None)
    secret = _secret(call, entry["ARN"])
    if hasattr(secret, "source"):
        # A replica's key is its own, which is left out where it is aws/secretsmanager; moto answers the primary's.
        entry.pop("KmsKeyId", None)
        if secret.config["KmsKeyId"] != _AWS_KEY:
            entry["KmsKeyId"] = secret.config["KmsKeyId"]
        return
    if secret.replicas:
        entry["PrimaryRegion"] = call.region
    if not secret.rotation_requested:
        return
    rules = getattr(secret, "rotation_rules", {})
    entry |= {"RotationEnabled": secret.rotation_enabled, "RotationLambdaARN": secret.rotation_lambda_arn}
    if secret.rotation_enabled:
        entry["RotationRules"] = rules
    if secret.last_rotation_date:
        entry["LastRotatedDate"] = datetime.fromtimestamp(secret.last_rotation_date, UTC)
    upcoming = _next_rotation(rules, datetime.fromtimestamp(secret.last_rotation_date or secret.created_date, UTC))
    if secret.rotation_enabled and upcoming:
        entry["NextRotationDate"] = upcoming


def _next_rotation(rules: dict[str, Any], last: datetime) -> datetime | None:
    """When the next rotation is due; None for cron expressions, whose calendar the auditor reads for itself."""
    if days := rules.get("AutomaticallyAfterDays"):
        return (last + timedelta(days=days)).replace(hour=23, minute=59, second=59)
    if rate := _RATE.fullmatch(rules.get("ScheduleExpression", "")):
        return last + timedelta(**{f"{rate.group(2)}s": int(rate.group(1))})
    return None
