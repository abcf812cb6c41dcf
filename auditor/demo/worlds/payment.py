"""The payment platform (standard payment-migration), in us-east-1.

Faults of the faulty variant. Documents: PAY is the payment platform's list of failures, TMR the multi-region trading
platform's; a dash means that the register demands it and the fault is the obvious one.

| fault | document | requirement | resource |
|---|---|---|---|
| two AZs instead of three | PAY 1 | NET-01 | VPC of 10.20.0.0/16 |
| the VPC has no tags | PAY 18 | TAG-01 | the same VPC |
| databases in two AZs | PAY 1 | NET-07 | DB subnet group payment-db-prod |
| load balancer in two AZs | PAY 1 | LB-01 | payment-alb-prod |
| plain HTTP that forwards, no HTTPS listener | PAY 8 | LB-02 | payment-alb-prod, port 80 |
| CostCenter and MigrationPhase missing | PAY 14 | TAG-01 | payment-alb-prod, payment-blue-prod |
| standalone MySQL, backups kept for one day | PAY 4 | DB-06 | payment-db-prod |
| no deletion protection in production | PAY 5 | DB-07 | payment-db-prod |
| one instance | - | DB-04 | payment-aurora-prod |
| secret without rotation | PAY 7 | SEC-01 | payment/prod/db |
| rotation function in the account "aws" | PAY 7 | SEC-03 | payment/prod/api |
| s3:* and secretsmanager:* on * | PAY 15 | IAM-01 | payment-task-prod |
| hostile Name tags, required tags missing | PAY 14 | TAG-01 | security groups payment-legacy-1-prod, -2-, -3- |

Fine in both variants: route tables and addresses of the subnets, the role and secret payment/prod/card-vault, the
cluster's backups and deletion protection.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from auditor.demo.worlds.building import PRIMARY, REQUIRED_TAGS, pairs, trusts_service
from auditor.demo.worlds.data import (
    ClusterPlan,
    Secrets,
    build_cluster,
    build_monitoring_role,
    build_rotation_role,
    build_subnet_group,
)
from auditor.demo.worlds.edge import build_balancer
from auditor.demo.worlds.network import Network, Plan, build_network

if TYPE_CHECKING:
    from auditor.demo.worlds.building import Builder

HOSTILE_NAMES = ("<script>alert(1)</script>", "=cmd|' /C calc'!A0", "<!channel>")
FOREIGN_FUNCTION = f"arn:aws:lambda:{PRIMARY}:aws:function:SecretsManagerRDSMySQLRotationSingleUser"
_MONTHLY = {"AutomaticallyAfterDays": 30}


def build(builder: Builder) -> None:
    """Deploy the payment platform."""
    zones = "abc" if builder.ideal else "ab"
    plan = Plan(PRIMARY, "payment", "10.20.0.0/16", zones, zones, tagged=builder.ideal)
    network = build_network(builder, plan)
    _databases(builder, network)
    _secrets(builder)
    if builder.ideal:
        build_balancer(builder, network, "payment-alb-prod")
    else:
        missing = ("CostCenter", "MigrationPhase")
        build_balancer(builder, network, "payment-alb-prod", policy="", without_tags=missing)
        _hostile_names(builder, network)
    _roles(builder)


def _databases(builder: Builder, network: Network) -> None:
    group = build_subnet_group(builder, PRIMARY, "payment-db-prod", network.private.values())
    build_cluster(
        builder,
        ClusterPlan(
            region=PRIMARY,
            name="payment-aurora-prod",
            key=builder.key(PRIMARY, "payment-prod"),
            groups=(network.groups["db"],),
            subnet_group=group,
            monitoring_role=build_monitoring_role(builder),
            zones="ab" if builder.ideal else "a",
            further={"ServerlessV2ScalingConfiguration": {"MinCapacity": 0.5, "MaxCapacity": 1.0}},
        ),
    )
    if not builder.ideal:
        builder.client("rds").create_db_instance(
            DBInstanceIdentifier="payment-db-prod",
            DBInstanceClass="db.t3.medium",
            Engine="mysql",
            EngineVersion="8.0.35",
            AllocatedStorage=20,
            MasterUsername="dbadmin",
            MasterUserPassword="MySecurePassword123!",
            DBSubnetGroupName=group,
            VpcSecurityGroupIds=[network.groups["db"]],
            AvailabilityZone=PRIMARY + "a",
            BackupRetentionPeriod=1,
            DeletionProtection=False,
            StorageEncrypted=False,
            Tags=pairs(builder.tags("payment-db-prod")),
        )


def _secrets(builder: Builder) -> None:
    role = build_rotation_role(builder)
    secrets = Secrets(builder, PRIMARY, "alias/payment-prod", role)
    secrets.rotate(secrets.add("payment/prod/card-vault", replicated=True), _MONTHLY)
    database = secrets.add("payment/prod/db", replicated=builder.ideal)
    interface = secrets.add("payment/prod/api", age=120 if builder.ideal else 10, replicated=builder.ideal)
    if builder.ideal:
        secrets.rotate(database, _MONTHLY)
        secrets.rotate(interface, {"ScheduleExpression": "rate(10 days)", "Duration": "3h"})
    else:
        secrets.rotate_with_foreign_function(interface, _MONTHLY, FOREIGN_FUNCTION)


def _roles(builder: Builder) -> None:
    reads_its_secret = {
        "Effect": "Allow",
        "Action": ["secretsmanager:GetSecretValue"],
        "Resource": f"arn:aws:secretsmanager:{PRIMARY}:{builder.account}:secret:payment/prod/db-*",
    }
    reads_anything = {"Effect": "Allow", "Action": ["s3:*", "secretsmanager:*"], "Resource": "*"}
    statement = reads_its_secret if builder.ideal else reads_anything
    builder.role("payment-task-prod", trusts_service("ecs-tasks"), inline=statement)


def _hostile_names(builder: Builder, network: Network) -> None:
    ec2 = builder.client("ec2")
    for number, name in enumerate(HOSTILE_NAMES, start=1):
        group = f"payment-legacy-{number}-prod"
        tags = pairs(builder.tags(name, without=REQUIRED_TAGS))
        ec2.create_security_group(
            GroupName=group,
            Description=group,
            VpcId=network.vpc,
            TagSpecifications=[{"ResourceType": "security-group", "Tags": tags}],
        )
