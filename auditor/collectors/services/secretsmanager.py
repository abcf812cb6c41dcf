"""AWS Secrets Manager: what secrets are, never what is in them.

https://docs.aws.amazon.com/secretsmanager/latest/apireference/
"""

from __future__ import annotations

from auditor.model import Detail, Table

TABLES = (
    Table(
        name="secretsmanager_secrets",
        description="Secrets, with their rotation and replicas. RotationEnabled is absent where it was never on.",
        service="secretsmanager",
        operation="ListSecrets",
        items="SecretList",
        type="AWS::SecretsManager::Secret",
        arn="{ARN}",
        key=("arn",),
        name_from="Name",
        renames={"Type": "SecretType"},
        tags="Tags",
        volatile=("LastAccessedDate",),
        details=(
            Detail(
                operation="DescribeSecret",
                params={"SecretId": "$arn"},
                columns={"ReplicationStatus": "ReplicationStatus"},
            ),
            Detail(
                operation="GetResourcePolicy",
                params={"SecretId": "$arn"},
                columns={"ResourcePolicy": "ResourcePolicy"},
                types={"ResourcePolicy": "JSON"},
                # A replica has its primary's policy.
                when="!PrimaryRegion || PrimaryRegion == region",
            ),
        ),
        vanished=("ResourceNotFoundException",),
    ),
)
