"""AWS Backup. https://docs.aws.amazon.com/aws-backup/latest/devguide/api-reference.html

A vault may hold years of recovery points of every kind of resource. Only those of the last seven days are listed; of
what was backed up earlier, ListProtectedResources tells when that was, one row a resource.
"""

from __future__ import annotations

from auditor.model import Detail, Table

_GONE = ("ResourceNotFoundException",)
# A resource has fifty tags at most, so that the largest page has them all.
_TAGS = Detail(operation="ListTags", params={"ResourceArn": "$arn", "MaxResults": 1000}, columns={"tags": "Tags"})

TABLES = (
    Table(
        name="backup_plans",
        description="Backup plans, with their rules.",
        service="backup",
        operation="ListBackupPlans",
        items="BackupPlansList",
        type="AWS::Backup::BackupPlan",
        arn="{BackupPlanArn}",
        key=("BackupPlanId",),
        name_from="BackupPlanName",
        volatile=("LastExecutionDate",),
        details=(
            Detail(
                operation="GetBackupPlan",
                params={"BackupPlanId": "$BackupPlanId"},
                columns={"Rules": "BackupPlan.Rules"},
            ),
            _TAGS,
        ),
        vanished=_GONE,
    ),
    Table(
        name="backup_selections",
        description="Selections of backup plans: the resources that a plan backs up, by ARN and by tag.",
        service="backup",
        operation="ListBackupSelections",
        items="BackupSelectionsList",
        type="AWS::Backup::BackupSelection",
        arn="{parent.BackupPlanArn}/selection/{SelectionId}",
        key=("BackupPlanId", "SelectionId"),
        name_from="SelectionName",
        columns={"BackupPlanArn": "parent.BackupPlanArn"},
        parent="backup_plans",
        parent_params={"BackupPlanId": "BackupPlanId"},
        taggable=False,
        details=(
            Detail(
                operation="GetBackupSelection",
                params={"BackupPlanId": "$BackupPlanId", "SelectionId": "$SelectionId"},
                columns={
                    "Resources": "BackupSelection.Resources",
                    "NotResources": "BackupSelection.NotResources",
                    "ListOfTags": "BackupSelection.ListOfTags",
                    "Conditions": "BackupSelection.Conditions",
                },
            ),
        ),
        vanished=_GONE,
    ),
    Table(
        name="backup_vaults",
        description="Backup vaults, with their encryption and lock.",
        service="backup",
        operation="ListBackupVaults",
        items="BackupVaultList",
        type="AWS::Backup::BackupVault",
        arn="{BackupVaultArn}",
        key=("BackupVaultName",),
        name_from="BackupVaultName",
        volatile=("NumberOfRecoveryPoints",),
        details=(_TAGS,),
        vanished=_GONE,
    ),
    Table(
        name="backup_recovery_points",
        description="Recovery points that were made in the last seven days, of every vault.",
        service="backup",
        operation="ListRecoveryPointsByBackupVault",
        params={"ByCreatedAfter": "$now-7d"},
        items="RecoveryPoints",
        type="AWS::Backup::RecoveryPoint",
        arn="{RecoveryPointArn}",
        key=("RecoveryPointArn", "BackupVaultName"),
        name_from="ResourceName",
        parent="backup_vaults",
        parent_params={"BackupVaultName": "BackupVaultName"},
        # A plan gives them their tags; they come and go by the day.
        taggable=False,
        volatile_rows="true",
        vanished=_GONE,
    ),
    Table(
        name="backup_protected_resources",
        description="Resources that AWS Backup has ever made a recovery point of, and when it last did.",
        service="backup",
        operation="ListProtectedResources",
        items="Results",
        type="AWS::Backup::ProtectedResource",
        arn="arn:{partition}:backup:{region}:{account}:protected-resource/{ResourceArn}",
        key=("ResourceArn",),
        name_from="ResourceName",
        taggable=False,
        volatile=("LastBackupTime", "LastRecoveryPointArn"),
    ),
)
