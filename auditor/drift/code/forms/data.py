"""Forms of databases, secrets, keys, buckets and names. Pure.

A form of blocks reads a block by the provider's names, by their plurals (Pulumi) and by AWS's own, so that one
description serves both sides. A block that stands alone may be a list of one or the block itself.
"""

from __future__ import annotations

import datetime as dt
import ipaddress
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from auditor.drift.code.forms.basic import Canonical, Form, plain, tags
from auditor.drift.code.paths import dns_name

# ---------------------------------------------------------------------------------------- blocks


@dataclass(frozen=True, slots=True, kw_only=True)
class _Member:
    """A member of a block: what AWS calls it, and how its value is compared."""

    aws: str
    form: Canonical = plain
    default: str | None = None
    """What AWS takes where nothing is said."""


_Block: TypeAlias = Mapping[str, _Member]


def _one(value: Any) -> Mapping[str, Any]:  # noqa: ANN401 - any JSON
    """A block that stands alone; empty where there is none."""
    blocks = _many(value)
    return blocks[0] if len(blocks) == 1 else {}


def _many(value: Any) -> list[Mapping[str, Any]]:  # noqa: ANN401 - any JSON
    found = value if isinstance(value, list | tuple) else [value]
    return [item for item in found if isinstance(item, Mapping) and item]


def _first(block: Mapping[str, Any], *names: str) -> Any:  # noqa: ANN401 - any JSON
    """The first of these members that says something."""
    return next((block[name] for name in names if block.get(name) not in (None, "", [], {})), None)


def _member(block: Mapping[str, Any], name: str, aws: str = "") -> Any:  # noqa: ANN401 - any JSON
    """A member by the provider's name, its plural, or AWS's name."""
    return _first(block, name, f"{name}s", *([aws] if aws else []))


def _read(block: Mapping[str, Any], members: _Block) -> dict[str, Any] | None:
    found = {}
    for name, member in members.items():
        value = member.form(_member(block, name, member.aws))
        found[name] = member.default if value is None else value
    return {name: value for name, value in found.items() if value is not None} or None


def _single(members: _Block) -> Canonical:
    return lambda value: _read(_one(value), members) if _one(value) else None


def _list(members: _Block) -> Canonical:
    return lambda value: [found for block in _many(value) if (found := _read(block, members))] or None


# ---------------------------------------------------------------------------------------- keys, times, versions


_KEY_ARN = re.compile(r"^arn:[^:]*:kms:[^:]*:[^:]*:")


def kms_key(value: Any) -> Any:  # noqa: ANN401 - any JSON
    """A KMS key by its id, or by its alias where it is named so; of an ARN, the part that says which.

    https://docs.aws.amazon.com/kms/latest/developerguide/concepts.html#key-id
    """
    if isinstance(value, list | tuple):
        return plain([kms_key(one) for one in value])
    if not isinstance(value, str):
        return plain(value)
    return plain(_KEY_ARN.sub("", value).removeprefix("key/"))


def moment(value: Any) -> Any:  # noqa: ANN401 - any JSON
    """A point in time, in UTC; a date is its midnight. What is none stays as it is."""
    try:
        found = value if isinstance(value, dt.datetime) else dt.datetime.fromisoformat(value)
        return found.replace(tzinfo=found.tzinfo or dt.UTC).astimezone(dt.UTC).isoformat()
    except (TypeError, ValueError, OverflowError):
        return plain(value)


_PARTS = re.compile(r"[.-]")
_WHOLE = 4
"""So many parts are a whole version of every engine; fewer may be the beginning of one."""


def _version(parts: int) -> Form:
    """A version of which the code names so many parts, against as many of the live one.

    RDS takes `15` for 15.4, and an upgrade of what was not named is none of the code's business.
    https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_UpgradeDBInstance.Upgrading.html
    """

    def declared(value: Any) -> Any:  # noqa: ANN401 - any JSON
        return plain(value) if value is not None and len(_PARTS.split(str(value))) == parts else None

    def live(value: Any) -> Any:  # noqa: ANN401 - any JSON
        ends = [match.start() for match in _PARTS.finditer(str(value))] if value is not None else []
        return plain(str(value)[: ends[parts - 1]] if len(ends) >= parts else value)

    return Form(declared, live)


def whole_version(value: Any) -> Any:  # noqa: ANN401 - any JSON
    """A version that is named in full; others are nothing here."""
    return plain(value) if value is not None and len(_PARTS.split(str(value))) >= _WHOLE else None


# ---------------------------------------------------------------------------------------- RDS

ENCRYPTION_PARAMETERS = frozenset({"rds.force_ssl", "require_secure_transport", "tls"})
"""The only parameters that are kept of a parameter group."""
_ON, _OFF = {"1", "on", "true", "enabled"}, {"0", "off", "false", "disabled"}


def declared_parameters(value: Any) -> Any:  # noqa: ANN401 - any JSON
    """A parameter group's parameters, as the provider has them; `1` and `ON` are the same to RDS."""
    pairs = ((_member(block, "name"), block.get("value")) for block in _many(value))
    return _parameters({str(name).lower(): text for name, text in pairs})


def live_parameters(value: Any) -> Any:  # noqa: ANN401 - any JSON
    """`{values: {name: value}, sources: {name: source}}`: those that a user has set.

    https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_Parameter.html
    """
    values, sources = (_one(_one(value).get(name)) for name in ("values", "sources"))
    return _parameters({name: text for name, text in values.items() if sources.get(name) == "user"})


def _parameters(values: Mapping[str, Any]) -> Any:  # noqa: ANN401 - any JSON
    kept = [
        {"name": name, "value": _switch(text)} for name, text in sorted(values.items()) if name in ENCRYPTION_PARAMETERS
    ]
    return kept or None


def _switch(value: Any) -> str:  # noqa: ANN401 - any JSON
    text = "" if value is None else str(value).lower()
    return "on" if text in _ON else "off" if text in _OFF else text


_PROXY_AUTH: _Block = {
    "auth_scheme": _Member(aws="AuthScheme", default="SECRETS"),
    "description": _Member(aws="Description"),
    "iam_auth": _Member(aws="IAMAuth", default="DISABLED"),
    "secret_arn": _Member(aws="SecretArn"),
    "username": _Member(aws="UserName"),
}
"""https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_UserAuthConfig.html"""

# ---------------------------------------------------------------------------------------- DynamoDB


def throughput(value: Any) -> Any:  # noqa: ANN401 - any JSON
    """The limits of an on-demand table or index; -1 takes a limit away.

    https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_OnDemandThroughput.html
    """
    found = _read(_one(value), _ON_DEMAND) or {}
    return {name: number for name, number in found.items() if number != "-1"} or None


_ON_DEMAND: _Block = {
    "max_read_request_units": _Member(aws="MaxReadRequestUnits"),
    "max_write_request_units": _Member(aws="MaxWriteRequestUnits"),
}
# ---------------------------------------------------------------------------------------- Secrets Manager

_ROTATION: _Block = {
    "automatically_after_days": _Member(aws="AutomaticallyAfterDays"),
    "duration": _Member(aws="Duration"),
    "schedule_expression": _Member(aws="ScheduleExpression"),
}
_REPLICA: _Block = {
    "region": _Member(aws="Region"),
    "kms_key_id": _Member(aws="KmsKeyId", form=kms_key, default="alias/aws/secretsmanager"),
}


def rotation_rules(value: Any) -> Any:  # noqa: ANN401 - any JSON
    """When a secret rotates. Where there is a schedule, AWS works out the days by itself.

    https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_RotationRulesType.html
    """
    found = _read(_one(value), _ROTATION)
    if found and "schedule_expression" in found:
        found.pop("automatically_after_days", None)
    return found


# ---------------------------------------------------------------------------------------- S3

_ENCRYPTION: _Block = {
    "sse_algorithm": _Member(aws="SSEAlgorithm"),
    "kms_master_key_id": _Member(aws="KMSMasterKeyID", form=kms_key),
}


def bucket_encryption(value: Any) -> Any:  # noqa: ANN401 - any JSON
    """A bucket's default encryption; AES256 where nothing is said, as S3 has it since January 2023.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/default-bucket-encryption.html
    """
    rule = _one(value)
    by_default = _one(_member(rule, "apply_server_side_encryption_by_default", "ApplyServerSideEncryptionByDefault"))
    found = _read(by_default, _ENCRYPTION) or {}
    if found.get("kms_master_key_id") == "alias/aws/s3":
        del found["kms_master_key_id"]
    key = plain(_member(rule, "bucket_key_enabled", "BucketKeyEnabled"))
    algorithm = found.get("sse_algorithm", "AES256")
    if key and algorithm != "AES256":
        found["bucket_key_enabled"] = key
    return {**found, "sse_algorithm": algorithm}


_EXPIRATION: _Block = {
    "date": _Member(aws="Date", form=moment),
    "days": _Member(aws="Days"),
    "expired_object_delete_marker": _Member(aws="ExpiredObjectDeleteMarker"),
}
_TRANSITION: _Block = {
    "date": _Member(aws="Date", form=moment),
    "days": _Member(aws="Days"),
    "storage_class": _Member(aws="StorageClass"),
}
_NONCURRENT: _Block = {
    "noncurrent_days": _Member(aws="NoncurrentDays"),
    "newer_noncurrent_versions": _Member(aws="NewerNoncurrentVersions"),
    "storage_class": _Member(aws="StorageClass"),
}


def lifecycle_rules(value: Any) -> Any:  # noqa: ANN401 - any JSON
    """A bucket's lifecycle rules: of the bucket itself (provider 3), of a resource of their own, and S3's.

    https://docs.aws.amazon.com/AmazonS3/latest/API/API_LifecycleRule.html
    """
    return plain([_lifecycle_rule(rule) for rule in _many(value)])


def _lifecycle_rule(rule: Mapping[str, Any]) -> dict[str, Any]:
    gone = _one(_member(rule, "noncurrent_version_expiration", "NoncurrentVersionExpiration"))
    moved = _many(_member(rule, "noncurrent_version_transition", "NoncurrentVersionTransitions"))
    abort = _one(_member(rule, "abort_incomplete_multipart_upload", "AbortIncompleteMultipartUpload"))
    enabled = plain(rule.get("enabled"))
    return {
        "id": _member(rule, "id", "ID"),
        "status": _member(rule, "status", "Status") or ("Enabled" if enabled else "Disabled"),
        **_filter(rule),
        "abort_incomplete_multipart_upload_days": _first(
            {**rule, **abort}, "abort_incomplete_multipart_upload_days", "days_after_initiation", "DaysAfterInitiation"
        ),
        "expiration": _read(_one(_member(rule, "expiration", "Expiration")), _EXPIRATION),
        "transition": _list(_TRANSITION)(_member(rule, "transition", "Transitions")),
        "noncurrent_version_expiration": _read(_with_days(gone), _NONCURRENT),
        "noncurrent_version_transition": _list(_NONCURRENT)([_with_days(block) for block in moved]),
    }


def _with_days(block: Mapping[str, Any]) -> dict[str, Any]:
    """What provider 3 calls `days` is `noncurrent_days` since."""
    return {"noncurrent_days": block.get("days"), **block} if "days" in block else dict(block)


def _filter(rule: Mapping[str, Any]) -> dict[str, Any]:
    """Which objects a rule is about: a filter with one condition, with several in `and`, or none at all."""
    chosen = _one(_member(rule, "filter", "Filter"))
    several = _one(_member(chosen, "and", "And"))
    tag = _one(_member(chosen, "tag", "Tag"))
    places = {**several, **{name: value for name, value in chosen.items() if value not in (None, "")}}
    return {
        "prefix": _first(places, "prefix", "Prefix") or _first(rule, "prefix", "Prefix"),
        "tags": tags([tag]) if tag else tags(_first(several, "tags", "Tags") or _first(rule, "tags")),
        "object_size_greater_than": _member(places, "object_size_greater_than", "ObjectSizeGreaterThan"),
        "object_size_less_than": _member(places, "object_size_less_than", "ObjectSizeLessThan"),
    }


_GRANTEE: _Block = {
    "id": _Member(aws="ID"),
    "type": _Member(aws="Type"),
    "uri": _Member(aws="URI"),
    "email_address": _Member(aws="EmailAddress"),
}
_GRANT: _Block = {
    "permission": _Member(aws="Permission"),
    "grantee": _Member(aws="Grantee", form=_single(_GRANTEE)),
}
"""https://docs.aws.amazon.com/AmazonS3/latest/API/API_TargetGrant.html"""

# ---------------------------------------------------------------------------------------- Route 53

_NAMES = frozenset({"CNAME", "NS", "PTR", "MX", "SRV", "SOA"})
_TEXTS = frozenset({"TXT", "SPF"})
_BETWEEN_TEXTS = re.compile(r'"\s*"')


def dns_records(value: Any) -> Any:  # noqa: ANN401 - any JSON
    """`{type, values}` of a record set: names without regard to case and trailing dot, texts without outer quotes.

    The provider takes the outer quotes away. https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/ResourceRecordTypes.html
    """
    found = value if isinstance(value, Mapping) else {}
    change = _record(str(found.get("type") or "").upper())
    values = found.get("values")
    return [change(str(one)) for one in values] or None if isinstance(values, list | tuple) else None


def _record(kind: str) -> Callable[[str], str]:
    if kind in _TEXTS:
        return _texts
    return dns_name if kind in _NAMES else _address if kind == "AAAA" else str


def _texts(value: str) -> str:
    inner = value[1:-1] if len(value) > 1 and value[0] == value[-1] == '"' else value
    return _BETWEEN_TEXTS.sub('""', inner)


def _address(value: str) -> str:
    try:
        return str(ipaddress.ip_address(value))
    except ValueError:
        return value


def _target(value: Any) -> Any:  # noqa: ANN401 - any JSON
    """A load balancer has the same addresses under `dualstack.` and its own name; Route 53's console writes it."""
    return dns_name(value).removeprefix("dualstack.") or None if isinstance(value, str) else None


_ALIAS: _Block = {
    "name": _Member(aws="DNSName", form=_target),
    "zone_id": _Member(aws="HostedZoneId"),
    "evaluate_target_health": _Member(aws="EvaluateTargetHealth"),
}
"""https://docs.aws.amazon.com/Route53/latest/APIReference/API_AliasTarget.html"""

# ---------------------------------------------------------------------------------------- AWS Backup

_LIFECYCLE: _Block = {
    "cold_storage_after": _Member(aws="MoveToColdStorageAfterDays"),
    "delete_after": _Member(aws="DeleteAfterDays"),
    "opt_in_to_archive_for_supported_resources": _Member(aws="OptInToArchiveForSupportedResources"),
}
_COPY: _Block = {
    "destination_vault_arn": _Member(aws="DestinationBackupVaultArn"),
    "lifecycle": _Member(aws="Lifecycle", form=_single(_LIFECYCLE)),
}
_SCAN: _Block = {"malware_scanner": _Member(aws="MalwareScanner"), "scan_mode": _Member(aws="ScanMode")}
_BACKUP_RULE: _Block = {
    "rule_name": _Member(aws="RuleName"),
    "target_vault_name": _Member(aws="TargetBackupVaultName"),
    "target_logically_air_gapped_backup_vault_arn": _Member(aws="TargetLogicallyAirGappedBackupVaultArn"),
    "schedule": _Member(aws="ScheduleExpression"),
    "schedule_expression_timezone": _Member(aws="ScheduleExpressionTimezone", default="Etc/UTC"),
    "start_window": _Member(aws="StartWindowMinutes"),
    "completion_window": _Member(aws="CompletionWindowMinutes"),
    "enable_continuous_backup": _Member(aws="EnableContinuousBackup"),
    "recovery_point_tags": _Member(aws="RecoveryPointTags", form=tags),
    "lifecycle": _Member(aws="Lifecycle", form=_single(_LIFECYCLE)),
    "copy_action": _Member(aws="CopyActions", form=_list(_COPY)),
    "scan_action": _Member(aws="ScanActions", form=_list(_SCAN)),
}
"""https://docs.aws.amazon.com/aws-backup/latest/devguide/API_BackupRule.html"""


def _same(canonical: Canonical) -> Form:
    return Form(canonical, canonical)


FORMS: Mapping[str, Form] = {
    "backup_rules": _same(_list(_BACKUP_RULE)),
    "bucket_encryption": _same(bucket_encryption),
    "db_parameters": Form(declared_parameters, live_parameters),
    "dns_alias": _same(_single(_ALIAS)),
    "dns_records": _same(dns_records),
    "engine_version": Form(whole_version, plain),
    "engine_version_1": _version(1),
    "engine_version_2": _version(2),
    "engine_version_3": _version(3),
    "kms_key": _same(kms_key),
    "lifecycle_rules": _same(lifecycle_rules),
    "log_grants": _same(_list(_GRANT)),
    "moment": _same(moment),
    "proxy_auth": _same(_list(_PROXY_AUTH)),
    "rotation_rules": _same(rotation_rules),
    "secret_replicas": _same(_list(_REPLICA)),
    "throughput": _same(throughput),
}
