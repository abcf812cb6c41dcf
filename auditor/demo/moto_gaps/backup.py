"""AWS Backup: selections, backup jobs and the recovery points that come of them."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

from botocore.utils import parse_timestamp
from moto.backup import urls
from moto.backup.models import Plan
from moto.backup.responses import BackupResponse

from auditor.demo.moto_gaps.engine import AwsError, Call, gap, needs

needs(
    "moto.backup.models:BackupBackend.describe_backup_vault",
    "moto.backup.models:BackupBackend.get_backup_plan",
    "moto.backup.models:Plan.to_get_dict",
    "moto.backup.urls:url_paths",
)

_AWS_KEY = "00000000-0000-4000-8000-00000000bacc"
"""The id of the key aws/backup, which moto has not."""

# moto routes a service's requests by path; these are of the operations that it lacks.
for _path in (
    "{0}/backup-vaults/(?P<name>[^/]+)/recovery-points/$",
    "{0}/backup-vaults/(?P<name>[^/]+)/recovery-points/(?P<point>.+)$",
    "{0}/resources/$",
    "{0}/backup-jobs$",
):
    urls.url_paths.setdefault(_path, BackupResponse.dispatch)


def _kept(call: Call, name: str) -> Any:  # noqa: ANN401 - lists and dicts of the kinds below
    """What moto's backend does not hold by itself: selections, and recovery points by their resource."""
    backend = call.backend("backup")
    if not hasattr(backend, "auditor_kept"):
        backend.auditor_kept = {"selections": {}, "points": []}
    return backend.auditor_kept[name]


# ------------------------------------------------------------------------------------------- vaults


@gap("backup", "ListBackupVaults")
def list_backup_vaults(call: Call) -> dict[str, Any]:
    """AWS names a key (aws/backup where none was given) and counts what is in a vault (API_BackupVaultListMember)."""
    answer = call.moto()
    points = _kept(call, "points")
    for vault in answer["BackupVaultList"]:
        if not vault.get("EncryptionKeyArn"):
            vault["EncryptionKeyArn"] = f"arn:aws:kms:{call.region}:{call.account}:key/{_AWS_KEY}"
        inside = [point for point in points if point["BackupVaultName"] == vault["BackupVaultName"]]
        vault |= {"VaultType": "BACKUP_VAULT", "NumberOfRecoveryPoints": len(inside)}
    return answer


# ------------------------------------------------------------------------------------------- plans and selections


@gap("backup", "UpdateBackupPlan")
def update_backup_plan(call: Call) -> dict[str, Any]:
    """AWS gives a plan new rules, and itself a new version (API_UpdateBackupPlan); moto has no such call."""
    asked = call.params()
    plan = call.backend("backup").get_backup_plan(asked["BackupPlanId"], None)
    made = Plan(asked["BackupPlan"], plan.creator_request_id, call.backend("backup"))
    plan.backup_plan, plan.version_id = made.backup_plan, made.version_id
    plan.advanced_backup_settings = made.advanced_backup_settings
    return dict(plan.to_dict())


@gap("backup", "CreateBackupSelection")
def create_backup_selection(call: Call) -> dict[str, Any]:
    """AWS assigns resources to a plan (API_CreateBackupSelection); moto has no selections."""
    asked = call.params()
    call.backend("backup").get_backup_plan(asked["BackupPlanId"], None)
    chosen = asked["BackupSelection"]
    made = {
        "SelectionId": str(uuid.uuid4()),
        "BackupPlanId": asked["BackupPlanId"],
        "CreationDate": call.date,
        "BackupSelection": {"Resources": [], "NotResources": [], "ListOfTags": [], "Conditions": {}, **chosen},
    }
    _kept(call, "selections")[made["SelectionId"]] = made
    return {name: made[name] for name in ("SelectionId", "BackupPlanId", "CreationDate")}


@gap("backup", "ListBackupSelections")
def list_backup_selections(call: Call) -> dict[str, Any]:
    """AWS lists a plan's selections without what they select (API_ListBackupSelections); moto has no such call."""
    plan = call.params()["BackupPlanId"]
    call.backend("backup").get_backup_plan(plan, None)
    found = []
    for made in _kept(call, "selections").values():
        if made["BackupPlanId"] == plan:
            chosen = made["BackupSelection"]
            entry = {name: made[name] for name in ("SelectionId", "BackupPlanId", "CreationDate")}
            found.append({**entry, "SelectionName": chosen["SelectionName"], "IamRoleArn": chosen["IamRoleArn"]})
    return {"BackupSelectionsList": found}


@gap("backup", "GetBackupSelection")
def get_backup_selection(call: Call) -> dict[str, Any]:
    """AWS answers what a selection selects (API_GetBackupSelection); moto has no such call."""
    asked = call.params()
    made = _kept(call, "selections").get(asked["SelectionId"])
    if made is None or made["BackupPlanId"] != asked["BackupPlanId"]:
        raise AwsError("ResourceNotFoundException", "Cannot find selection.")
    return dict(made)


@gap("backup", "DeleteBackupSelection")
def delete_backup_selection(call: Call) -> dict[str, Any]:
    """AWS takes a selection away from its plan (API_DeleteBackupSelection); moto has no such call."""
    made = get_backup_selection(call)
    del _kept(call, "selections")[made["SelectionId"]]
    return {}


# ------------------------------------------------------------------------------------------- recovery points


@gap("backup", "StartBackupJob")
def start_backup_job(call: Call) -> dict[str, Any]:
    """AWS makes a recovery point of a resource (API_StartBackupJob), here at once; moto has no such call."""
    asked = call.params()
    vault = call.backend("backup").describe_backup_vault(asked["BackupVaultName"])
    job = str(uuid.uuid4())
    resource = asked["ResourceArn"]
    snapshot = "cluster-snapshot" if ":cluster:" in resource else "snapshot"
    point = {
        "RecoveryPointArn": f"arn:aws:rds:{call.region}:{call.account}:{snapshot}:awsbackup:job-{job}",
        "BackupVaultName": vault.backup_vault_name,
        "BackupVaultArn": vault.backup_vault_arn,
        "ResourceArn": resource,
        "ResourceType": "Aurora" if ":cluster:" in resource else "RDS",
        "ResourceName": resource.rsplit(":", 1)[-1],
        "IamRoleArn": asked["IamRoleArn"],
        "Status": "COMPLETED",
        "CreationDate": call.date,
        "InitiationDate": call.date,
        "CompletionDate": call.date + timedelta(minutes=4),
        "EncryptionKeyArn": vault.encryption_key_arn or f"arn:aws:kms:{call.region}:{call.account}:key/{_AWS_KEY}",
        "IsEncrypted": True,
        "IsParent": False,
        "VaultType": "BACKUP_VAULT",
        **({"Lifecycle": asked["Lifecycle"]} if "Lifecycle" in asked else {}),
    }
    _kept(call, "points").append(point)
    return {"BackupJobId": job, "RecoveryPointArn": point["RecoveryPointArn"], "CreationDate": call.date}


@gap("backup", "ListRecoveryPointsByBackupVault")
def list_recovery_points_by_backup_vault(call: Call) -> dict[str, Any]:
    """AWS lists a vault's recovery points, by date too (API_ListRecoveryPointsByBackupVault); moto has no such call."""
    asked = call.params()
    call.backend("backup").describe_backup_vault(asked["BackupVaultName"])
    after, before = asked.get("ByCreatedAfter"), asked.get("ByCreatedBefore")
    found = [
        point
        for point in _kept(call, "points")
        if point["BackupVaultName"] == asked["BackupVaultName"]
        and asked.get("ByResourceArn") in (None, point["ResourceArn"])
        and asked.get("ByResourceType") in (None, point["ResourceType"])
        and (after is None or point["CreationDate"] > _moment(after))
        and (before is None or point["CreationDate"] < _moment(before))
    ]
    return {"RecoveryPoints": found}


@gap("backup", "DeleteRecoveryPoint")
def delete_recovery_point(call: Call) -> dict[str, Any]:
    """AWS deletes a recovery point of a vault (API_DeleteRecoveryPoint); moto has no such call."""
    asked = call.params()
    points = _kept(call, "points")
    wanted = {name: asked[name] for name in ("BackupVaultName", "RecoveryPointArn")}
    found = [point for point in points if wanted.items() <= point.items()]
    if not found:
        raise AwsError("ResourceNotFoundException", "Cannot find recovery point.")
    points.remove(found[0])
    return {}


@gap("backup", "ListProtectedResources")
def list_protected_resources(call: Call) -> dict[str, Any]:
    """AWS lists each resource with its latest backup (API_ListProtectedResources); moto has no such call."""
    latest: dict[str, dict[str, Any]] = {}
    for point in sorted(_kept(call, "points"), key=lambda point: point["CreationDate"]):
        latest[point["ResourceArn"]] = {
            "ResourceArn": point["ResourceArn"],
            "ResourceType": point["ResourceType"],
            "ResourceName": point["ResourceName"],
            "LastBackupTime": point["CreationDate"],
            "LastBackupVaultArn": point["BackupVaultArn"],
            "LastRecoveryPointArn": point["RecoveryPointArn"],
        }
    return {"Results": list(latest.values())}


def _moment(asked: datetime | str | float) -> datetime:
    """A time as the request has it: moto reads it from the query as text or seconds."""
    found: datetime = asked if isinstance(asked, datetime) else parse_timestamp(asked)
    return found if found.tzinfo else found.replace(tzinfo=UTC)
