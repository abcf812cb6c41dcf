"""What holds data: Aurora clusters, global databases, and secrets with their rotation."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from auditor.demo.moto_gaps.rds_parameters import family_of
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
    encrypted: bool = True
    forces_tls: bool | None = True
    """Whether its own parameter group refuses unencrypted connections; None: AWS's default group."""
    managed_password: bool = False
    """Whether RDS keeps the master password in Secrets Manager; members of global databases cannot have that."""
    insights: bool = True
    monitoring_interval: int = 60
    """Seconds; 0: no enhanced monitoring."""
    instance_class: str = ""
    """Empty: db.serverless where `further` configures Serverless v2, db.r6g.large elsewhere."""
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


def build_global_cluster(
    builder: Builder, name: str, engine: str, version: str, *, protected: bool = True, encrypted: bool = True
) -> str:
    """A global database without members; its identifier."""
    builder.client("rds", PRIMARY).create_global_cluster(
        GlobalClusterIdentifier=name,
        Engine=engine,
        EngineVersion=version,
        StorageEncrypted=encrypted,
        DeletionProtection=protected,
        Tags=pairs(builder.tags(name)),
    )
    return name


def build_cluster(builder: Builder, plan: ClusterPlan) -> None:
    """An Aurora cluster with its instances, and its parameter group."""
    rds = builder.client("rds", plan.region)
    settings = dict(plan.further)
    if plan.global_cluster:
        settings["GlobalClusterIdentifier"] = plan.global_cluster
    if not plan.reader:
        settings |= _credentials(managed=plan.managed_password)
    if plan.encrypted:
        settings |= {"StorageEncrypted": True, "KmsKeyId": plan.key}
    if plan.forces_tls is not None:
        settings["DBClusterParameterGroupName"] = _cluster_parameter_group(builder, plan)
    rds.create_db_cluster(
        DBClusterIdentifier=plan.name,
        Engine=plan.engine,
        EngineVersion=plan.version,
        DBSubnetGroupName=plan.subnet_group,
        VpcSecurityGroupIds=list(plan.groups),
        BackupRetentionPeriod=plan.backup_days,
        DeletionProtection=plan.protected,
        Tags=pairs(builder.tags(plan.name)),
        **settings,
    )
    serverless = "ServerlessV2ScalingConfiguration" in plan.further
    for number, zone in enumerate(plan.zones, start=1):
        rds.create_db_instance(
            DBInstanceIdentifier=f"{plan.name}-{number}",
            DBInstanceClass=plan.instance_class or ("db.serverless" if serverless else "db.r6g.large"),
            Engine=plan.engine,
            DBClusterIdentifier=plan.name,
            AvailabilityZone=plan.region + zone,
            PromotionTier=number - 1,
            Tags=pairs(builder.tags(f"{plan.name}-{number}")),
            **_monitoring(plan),
        )


@dataclass(frozen=True, slots=True)
class InstancePlan:
    """A standalone instance as it is to be; the defaults are the documented, correct one."""

    region: str
    name: str
    key: str
    """The KMS key's ARN."""
    groups: tuple[str, ...]
    """Security groups."""
    subnet_group: str
    monitoring_role: str
    engine: str = "postgres"
    version: str = "15.7"
    encrypted: bool = True
    forces_tls: bool | None = True
    """Whether its own parameter group refuses unencrypted connections; None: AWS's default group."""
    managed_password: bool = False
    insights: bool = True
    monitoring_interval: int = 60
    further: Mapping[str, Any] = field(default_factory=dict)


def build_instance(builder: Builder, plan: InstancePlan) -> None:
    """A standalone database instance, and its parameter group."""
    rds = builder.client("rds", plan.region)
    settings = {**_credentials(managed=plan.managed_password), **_monitoring(plan)}
    if plan.encrypted:
        settings |= {"StorageEncrypted": True, "KmsKeyId": plan.key}
    if plan.forces_tls is not None:
        group, family = f"{plan.name}-parameters", family_of(plan.engine, plan.version)
        rds.create_db_parameter_group(
            DBParameterGroupName=group,
            DBParameterGroupFamily=family,
            Description=group,
            Tags=pairs(builder.tags(group)),
        )
        rds.modify_db_parameter_group(DBParameterGroupName=group, Parameters=[_tls(plan.engine, on=plan.forces_tls)])
        settings["DBParameterGroupName"] = group
    settings |= {"BackupRetentionPeriod": 7, "DeletionProtection": True, "AllocatedStorage": 100, **plan.further}
    rds.create_db_instance(
        DBInstanceIdentifier=plan.name,
        DBInstanceClass="db.r6g.large",
        Engine=plan.engine,
        EngineVersion=plan.version,
        DBSubnetGroupName=plan.subnet_group,
        VpcSecurityGroupIds=list(plan.groups),
        AvailabilityZone=f"{plan.region}a",
        Tags=pairs(builder.tags(plan.name)),
        **settings,
    )


def _credentials(*, managed: bool) -> dict[str, Any]:
    return {"MasterUsername": "dbadmin"} | (
        {"ManageMasterUserPassword": True} if managed else {"MasterUserPassword": _PASSWORD}
    )


def _monitoring(plan: ClusterPlan | InstancePlan) -> dict[str, Any]:
    settings: dict[str, Any] = {}
    if plan.monitoring_interval:
        settings |= {"MonitoringInterval": plan.monitoring_interval, "MonitoringRoleArn": plan.monitoring_role}
    if plan.insights:
        settings |= {"EnablePerformanceInsights": True, "PerformanceInsightsKMSKeyId": plan.key}
    return settings


def _cluster_parameter_group(builder: Builder, plan: ClusterPlan) -> str:
    rds = builder.client("rds", plan.region)
    name = f"{plan.name}-parameters"
    rds.create_db_cluster_parameter_group(
        DBClusterParameterGroupName=name,
        DBParameterGroupFamily=family_of(plan.engine, plan.version),
        Description=name,
        Tags=pairs(builder.tags(name)),
    )
    rds.modify_db_cluster_parameter_group(
        DBClusterParameterGroupName=name, Parameters=[_tls(plan.engine, on=bool(plan.forces_tls))]
    )
    return name


def _tls(engine: str, *, on: bool) -> dict[str, str]:
    if "postgres" in engine:
        name, value = "rds.force_ssl", "1" if on else "0"
    else:
        words = ("ON", "OFF") if engine.startswith("aurora") else ("1", "0")
        name, value = "require_secure_transport", words[0 if on else 1]
    return {"ParameterName": name, "ParameterValue": value, "ApplyMethod": "immediate"}


def build_replication_lag(
    builder: Builder, region: str, cluster: str, *, source: str = PRIMARY, seconds: float = 0.8, hours: int = 24
) -> None:
    """What CloudWatch measured of a reader member's lag: so many seconds at most, a value an hour, the last one now."""
    dimensions = [{"Name": "DBClusterIdentifier", "Value": cluster}, {"Name": "SourceRegion", "Value": source}]
    now = datetime.now(UTC)
    builder.client("cloudwatch", region).put_metric_data(
        Namespace="AWS/RDS",
        MetricData=[
            {
                "MetricName": "AuroraGlobalDBReplicationLag",
                "Dimensions": dimensions,
                "Timestamp": now - timedelta(hours=hour, minutes=5),
                "Value": seconds * 1000 / (hour + 1),
                "Unit": "Milliseconds",
            }
            for hour in range(hours)
        ],
    )


def build_monitoring_role(builder: Builder) -> str:
    """The role for RDS enhanced monitoring; its ARN."""
    name = f"{builder.project}-rds-monitoring-prod"
    return builder.role(name, trusts_service("monitoring.rds"), managed=(MONITORING_POLICY,))


class Secrets:
    """The secrets of one region, and the function that rotates them."""

    def __init__(
        self,
        builder: Builder,
        region: str,
        key: str,
        role: str,
        *,
        may_be_invoked: bool = True,
        replica_key: str = "",
        replica_region: str = RECOVERY,
    ) -> None:
        self.builder = builder
        self.client = builder.client("secretsmanager", region)
        self.region = region
        self.key = key
        self.replica = {"Region": replica_region} | ({"KmsKeyId": replica_key} if replica_key else {})
        self.function = builder.function(region, f"{builder.project}-rotation-prod", role)
        if may_be_invoked:
            builder.client("lambda", region).add_permission(
                FunctionName=self.function,
                StatementId="secretsmanager",
                Action="lambda:InvokeFunction",
                Principal="secretsmanager.amazonaws.com",
                SourceAccount=builder.account,
            )

    def add(self, name: str, *, age: int = 120, replicated: bool = False, database: str = "") -> str:
        """A secret of an age in days, that does not rotate yet, for a database's master password or none; its ARN."""
        settings: dict[str, Any] = {"AddReplicaRegions": [self.replica]} if replicated else {}
        tags = self.builder.tags(name.replace("/", "-")) | ({"DBIdentifier": database} if database else {})
        with self.builder.days_ago(age):
            made = self.client.create_secret(
                Name=name,
                Description=f"Credentials: {name}",
                SecretString=_PASSWORD,
                KmsKeyId=self.key,
                Tags=pairs(tags),
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
