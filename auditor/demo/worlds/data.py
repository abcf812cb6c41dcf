"""What holds data: Aurora clusters, global databases, and secrets with their rotation."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from auditor.demo.worlds.building import PRIMARY, RECOVERY, pairs, trusts_service

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from auditor.demo.worlds.building import Builder

MONITORING_POLICY = "arn:aws:iam::aws:policy/service-role/AmazonRDSEnhancedMonitoringRole"
LAMBDA_POLICY = "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"
_PASSWORD = "correct-horse-battery-staple-42"  # of databases that do not exist


@dataclass(frozen=True, slots=True)
class ClusterPlan:
    """An Aurora cluster as it is to be; the defaults are the documented, correct one."""

    region: str
    name: str
    key: str
    """The KMS key's ARN."""
    groups: tuple[str, ...]
    """Security groups."""
    subnet_group: str
    monitoring_role: str
    engine: str = "aurora-mysql"
    version: str = "8.0.mysql_aurora.3.04.0"
    zones: str = "ab"
    """One instance in each, a letter a zone."""
    backup_days: int = 7
    protected: bool = True
    global_cluster: str = ""
    reader: bool = False
    """Whether it is a global database's member without a writer."""
    further: Mapping[str, Any] = field(default_factory=dict)


def build_subnet_group(builder: Builder, region: str, name: str, subnets: Iterable[str]) -> str:
    """A DB subnet group; its name."""
    builder.client("rds", region).create_db_subnet_group(
        DBSubnetGroupName=name,
        DBSubnetGroupDescription=name,
        SubnetIds=list(subnets),
        Tags=pairs(builder.tags(name)),
    )
    return name


def build_global_cluster(builder: Builder, name: str, engine: str, version: str, *, protected: bool = True) -> str:
    """A global database without members; its identifier."""
    builder.client("rds", PRIMARY).create_global_cluster(
        GlobalClusterIdentifier=name,
        Engine=engine,
        EngineVersion=version,
        StorageEncrypted=True,
        DeletionProtection=protected,
        Tags=pairs(builder.tags(name)),
    )
    return name


def build_cluster(builder: Builder, plan: ClusterPlan) -> None:
    """An encrypted Aurora cluster with its instances."""
    rds = builder.client("rds", plan.region)
    settings = dict(plan.further)
    if plan.global_cluster:
        settings["GlobalClusterIdentifier"] = plan.global_cluster
    if not plan.reader:
        settings |= {"MasterUsername": "dbadmin", "MasterUserPassword": _PASSWORD}
    rds.create_db_cluster(
        DBClusterIdentifier=plan.name,
        Engine=plan.engine,
        EngineVersion=plan.version,
        DBSubnetGroupName=plan.subnet_group,
        VpcSecurityGroupIds=list(plan.groups),
        StorageEncrypted=True,
        KmsKeyId=plan.key,
        BackupRetentionPeriod=plan.backup_days,
        DeletionProtection=plan.protected,
        Tags=pairs(builder.tags(plan.name)),
        **settings,
    )
    serverless = "ServerlessV2ScalingConfiguration" in plan.further
    for number, zone in enumerate(plan.zones, start=1):
        rds.create_db_instance(
            DBInstanceIdentifier=f"{plan.name}-{number}",
            DBInstanceClass="db.serverless" if serverless else "db.r6g.large",
            Engine=plan.engine,
            DBClusterIdentifier=plan.name,
            AvailabilityZone=plan.region + zone,
            PromotionTier=number - 1,
            MonitoringInterval=60,
            MonitoringRoleArn=plan.monitoring_role,
            EnablePerformanceInsights=True,
            PerformanceInsightsKMSKeyId=plan.key,
            Tags=pairs(builder.tags(f"{plan.name}-{number}")),
        )


def build_monitoring_role(builder: Builder) -> str:
    """The role for RDS enhanced monitoring; its ARN."""
    name = f"{builder.project}-rds-monitoring-prod"
    return builder.role(name, trusts_service("monitoring.rds"), managed=(MONITORING_POLICY,))


class Secrets:
    """The secrets of one region, and the function that rotates them."""

    def __init__(self, builder: Builder, region: str, key: str, role: str, *, may_be_invoked: bool = True) -> None:
        self.builder = builder
        self.client = builder.client("secretsmanager", region)
        self.region = region
        self.key = key
        self.function = builder.function(region, f"{builder.project}-rotation-prod", role)
        if may_be_invoked:
            builder.client("lambda", region).add_permission(
                FunctionName=self.function,
                StatementId="secretsmanager",
                Action="lambda:InvokeFunction",
                Principal="secretsmanager.amazonaws.com",
                SourceAccount=builder.account,
            )

    def add(self, name: str, *, age: int = 120, replicated: bool = False) -> str:
        """A secret of an age in days, that does not rotate yet; its ARN."""
        settings: dict[str, Any] = {"AddReplicaRegions": [{"Region": RECOVERY}]} if replicated else {}
        with self.builder.days_ago(age):
            made = self.client.create_secret(
                Name=name,
                Description=f"Credentials: {name}",
                SecretString=_PASSWORD,
                KmsKeyId=self.key,
                Tags=pairs(self.builder.tags(name.replace("/", "-"))),
                **settings,
            )
        return str(made["ARN"])

    def rotate(
        self, secret: str, rules: Mapping[str, Any], *, last: int | None = 3, function: str = "", age: int = 120
    ) -> None:
        """Switch rotation on: it last happened that many days ago, or (None) never since the secret was made."""
        with self.builder.days_ago(age if last is None else last):
            self.client.rotate_secret(
                SecretId=secret,
                RotationLambdaARN=function or self.function,
                RotationRules=dict(rules),
                RotateImmediately=last is not None,
            )

    def rotate_with_foreign_function(self, secret: str, rules: Mapping[str, Any], function: str) -> None:
        """As `rotate`, never done, by a function of another account; where that is refused, it stays as it is."""
        try:
            self.rotate(secret, rules, last=None, function=function)
        except ClientError as refused:
            if refused.response["Error"]["Code"] != "ResourceNotFoundException":
                raise


def build_rotation_role(builder: Builder) -> str:
    """The role of the rotation functions, confined to the project's own secrets; its ARN."""
    name = f"{builder.project}-rotation-prod"
    actions = ["DescribeSecret", "GetSecretValue", "PutSecretValue", "UpdateSecretVersionStage"]
    statement = {
        "Effect": "Allow",
        "Action": [f"secretsmanager:{action}" for action in actions],
        "Resource": f"arn:aws:secretsmanager:*:{builder.account}:secret:{builder.project}/*",
    }
    policy = builder.policy(f"{name}-policy", statement)
    return builder.role(name, trusts_service("lambda"), managed=(LAMBDA_POLICY, policy))
