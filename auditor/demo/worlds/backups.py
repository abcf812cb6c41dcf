"""AWS Backup: a vault, a plan with one rule, a selection, and the recovery points that came of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from auditor.demo.worlds.building import trusts_service

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from auditor.demo.worlds.building import Builder

_POLICY = "arn:aws:iam::aws:policy/service-role/AWSBackupServiceRolePolicyForBackup"
_BY_TAG = {"StringEquals": [{"ConditionKey": "aws:ResourceTag/Environment", "ConditionValue": "production"}]}


@dataclass(frozen=True, slots=True, kw_only=True)
class BackupPlan:
    """A backup plan as it is to be; the defaults are the documented, correct one."""

    region: str
    name: str
    key: str
    """The KMS key's ARN, for the vault."""
    role: str
    """The ARN of the role that makes backups."""
    schedule: str = "cron(0 3 * * ? *)"
    keep_days: int | None = 30
    vault_exists: bool = True
    """False: the rule names a vault that was deleted."""
    resources: tuple[str, ...] = ("arn:aws:rds:*:*:cluster:*", "arn:aws:rds:*:*:db:*")
    """What the selection takes; none: there is no selection."""
    conditions: Mapping[str, Any] = field(default_factory=lambda: _BY_TAG)

    @property
    def vault(self) -> str:
        """The vault's name."""
        return f"{self.name}-vault"


def build_backup_role(builder: Builder) -> str:
    """The role that AWS Backup takes; its ARN."""
    return builder.role(f"{builder.project}-backup-prod", trusts_service("backup"), managed=(_POLICY,))


def build_backup_plan(builder: Builder, plan: BackupPlan) -> None:
    """The vault, the plan with its rule, and the selection."""
    client = builder.client("backup", plan.region)
    client.create_backup_vault(
        BackupVaultName=plan.vault, EncryptionKeyArn=plan.key, BackupVaultTags=builder.tags(plan.vault)
    )
    rule: dict[str, Any] = {
        "RuleName": "daily",
        "TargetBackupVaultName": plan.vault,
        "ScheduleExpression": plan.schedule,
        "StartWindowMinutes": 60,
    }
    if plan.keep_days is not None:
        rule["Lifecycle"] = {"DeleteAfterDays": plan.keep_days}
    made = client.create_backup_plan(
        BackupPlan={"BackupPlanName": plan.name, "Rules": [rule]}, BackupPlanTags=builder.tags(plan.name)
    )
    if plan.resources:
        client.create_backup_selection(
            BackupPlanId=made["BackupPlanId"],
            BackupSelection={
                "SelectionName": f"{plan.name}-databases",
                "IamRoleArn": plan.role,
                "Resources": list(plan.resources),
                "Conditions": dict(plan.conditions),
            },
        )
    if not plan.vault_exists:
        client.delete_backup_vault(BackupVaultName=plan.vault)


def back_up(builder: Builder, plan: BackupPlan, databases: Iterable[str], *, hours: Iterable[int] = (9, 33)) -> None:
    """Recovery points of databases, by their ARNs, made that many hours ago."""
    client = builder.client("backup", plan.region)
    for ago in hours:
        with builder.days_ago(ago / 24):
            for arn in databases:
                client.start_backup_job(BackupVaultName=plan.vault, ResourceArn=arn, IamRoleArn=plan.role)
