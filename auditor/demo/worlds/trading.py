"""The trading platform with its recovery set-up (standard trading-dr), in us-east-1 and us-west-2.

Faults of the faulty variant. Documents: TDR is cross-region recovery for the trading platform, DRF the failover
infrastructure, FTX financial transactions, TMR multi-region trading; a dash means that the register demands it and the
fault is the obvious one.

| fault | document | requirement | resource |
|---|---|---|---|
| public subnets in two AZs only | TDR 1 | NET-01 | VPC trading-vpc-prod, us-east-1 |
| no public subnets at all | TDR 2, DRF 2 | NET-01 | VPC trading-dr-vpc-prod, us-west-2 |
| internet-facing load balancer, no internet gateway | TMR 9, DRF 2 | NET-02 | trading-dr-vpc-prod |
| internet-facing load balancer in private subnets | TMR 2, DRF 2 | NET-03 | trading-dr-alb-prod |
| subnet left to the main route table | TDR 1 | NET-04 | trading-private-c-prod, us-east-1 |
| public subnet without public addresses | TMR 2 | NET-05 | trading-public-b-prod |
| private subnet with public addresses | TMR 2 | NET-05 | trading-dr-private-a-prod |
| database in a subnet with a way to the internet | DRF 5 | NET-07 | DB subnet group trading-reporting-prod |
| publicly accessible instance | DRF 5 | NET-07 | trading-reporting-prod |
| load balancers in two AZs | TDR 11 | LB-01 | trading-alb-prod, trading-dr-alb-prod |
| TLS 1.0 | TDR Conclusion | LB-02 | trading-alb-prod, port 443 |
| global database without a reader member | TDR 4 | DB-01 | trading-orders-prod |
| version without global databases | DRF 4 | DB-02 | trading-ledger-prod and its members, 15.4 |
| backtrack on a global database's member | DRF 1 | DB-03 | trading-orders-primary-prod |
| two instances in one AZ | TDR 4 | DB-04 | trading-orders-primary-prod |
| one instance | TDR 4 | DB-04 | trading-ledger-dr-prod, us-west-2 |
| backups kept for one day | TDR 4 | DB-06 | trading-orders-primary-prod |
| no deletion protection in production | TDR 4 | DB-07 | trading-ledger-prod |
| rotation every 90 days | TMR 5 | SEC-01 | trading/prod/fix-gateway |
| rotation monthly by cron: gaps of 31 days | TMR 5 | SEC-01 | trading/prod/orders-db |
| rotation due, never done | TMR 5 | SEC-02 | trading/prod/market-data |
| rotation function deleted | TMR 5 | SEC-03 | trading/prod/ledger-db |
| rotation function that may not be invoked | TMR 5 | SEC-03 | trading/prod/dr-orders-db, us-west-2 |
| PRIMARY record without a SECONDARY | TDR 6 | DNS-02 | api.trading-prod.example.com |
| SECONDARY leads to a deleted load balancer | TDR 6 | DNS-02 | app.trading-prod.example.com |
| HTTP, failure threshold 5 | TMR 6 | DNS-03 | health check trading-app-primary-prod |
| disabled, endpoint that belongs to nobody | TDR 6 | DNS-03 | health check trading-app-secondary-prod |
| AdministratorAccess on a workload role | PAY 15 | IAM-01 | trading-failover-prod |
| everything but IAM on *, by NotAction | PAY 15 | IAM-01 | policy trading-operations-prod, user trading-ci-prod |
| trusts * | FTX 2 | IAM-03 | trading-readonly-prod |
| trusts a deleted principal | FTX 2 | IAM-03 | trading-replication-prod |
| trusts the ARN of a database cluster | FTX 2 | IAM-03 | trading-export-prod |
| trusts another account without ExternalId | FTX 2 | IAM-03 | trading-partner-prod |
| required tags missing, one in another case | PAY 14 | TAG-01 | trading-dr-alb-prod, secret trading/prod/fix-gateway |

Fine in both variants: the primary VPC's gateways, the ledger's membership in both regions, its backups, the health
check trading-api-primary-prod, the role trading-auditor-prod (another account, with ExternalId), the rotation role.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from auditor.demo.worlds.building import PRIMARY, RECOVERY, pairs, trusts, trusts_service
from auditor.demo.worlds.data import (
    ClusterPlan,
    Secrets,
    build_cluster,
    build_global_cluster,
    build_monitoring_role,
    build_rotation_role,
    build_subnet_group,
)
from auditor.demo.worlds.edge import TLS_1_0_UP, Balancer, Zone, build_balancer
from auditor.demo.worlds.network import Network, Plan, build_network

if TYPE_CHECKING:
    from auditor.demo.worlds.building import Builder

ADMINISTRATOR = "arn:aws:iam::aws:policy/AdministratorAccess"
PARTNER = "210987654321"
DELETED_PRINCIPAL = "AROAIIAV4DD2EXAMPLE5X"
_MYSQL = ("aurora-mysql", "8.0.mysql_aurora.3.04.0")
_POSTGRESQL = ("aurora-postgresql", "15.4")
_MONTHLY = {"AutomaticallyAfterDays": 30}
_WITH_EXTERNAL_ID = {"StringEquals": {"sts:ExternalId": "trading-audit-7f3a"}}


def build(builder: Builder) -> None:
    """Deploy the trading platform."""
    keys = {region: builder.key(region, "trading-prod") for region in (PRIMARY, RECOVERY)}
    networks = _ideal_networks(builder) if builder.ideal else _faulty_networks(builder)
    monitoring = build_monitoring_role(builder)
    if builder.ideal:
        _ideal_databases(builder, networks, keys, monitoring)
        _ideal_edge(builder, networks)
        _ideal_secrets(builder, keys)
    else:
        _faulty_databases(builder, networks, keys, monitoring)
        _faulty_edge(builder, networks)
        _faulty_secrets(builder, keys)
        _faulty_roles(builder)
    _roles(builder)


def _ideal_networks(builder: Builder) -> dict[str, Network]:
    return {
        PRIMARY: build_network(builder, Plan(PRIMARY, "trading", "10.0.0.0/16")),
        RECOVERY: build_network(builder, Plan(RECOVERY, "trading-dr", "10.1.0.0/16")),
    }


def _faulty_networks(builder: Builder) -> dict[str, Network]:
    truncated = Plan(
        PRIMARY,
        "trading",
        "10.0.0.0/16",
        public_zones="ab",
        without_public_addresses="b",
        without_association="c",
    )
    private_only = Plan(RECOVERY, "trading-dr", "10.1.0.0/16", public_zones="", private_with_public_addresses="a")
    return {PRIMARY: build_network(builder, truncated), RECOVERY: build_network(builder, private_only)}


# ------------------------------------------------------------------------------------------- databases


def _ideal_databases(builder: Builder, networks: dict[str, Network], keys: dict[str, str], monitoring: str) -> None:
    made = build_global_cluster(builder, "trading-orders-prod", *_MYSQL)
    for region, name in ((PRIMARY, "trading-orders-primary-prod"), (RECOVERY, "trading-orders-dr-prod")):
        network = networks[region]
        group = build_subnet_group(builder, region, "trading-db-prod", network.private.values())
        build_cluster(
            builder,
            ClusterPlan(
                region=region,
                name=name,
                key=keys[region],
                groups=(network.groups["db"],),
                subnet_group=group,
                monitoring_role=monitoring,
                global_cluster=made,
                reader=region == RECOVERY,
            ),
        )


def _faulty_databases(builder: Builder, networks: dict[str, Network], keys: dict[str, str], monitoring: str) -> None:
    orders = build_global_cluster(builder, "trading-orders-prod", *_MYSQL)
    ledger = build_global_cluster(builder, "trading-ledger-prod", *_POSTGRESQL, protected=False)
    groups = {
        region: build_subnet_group(builder, region, "trading-db-prod", network.private.values())
        for region, network in networks.items()
    }

    def plan(region: str, name: str) -> ClusterPlan:
        return ClusterPlan(
            region=region,
            name=name,
            key=keys[region],
            groups=(networks[region].groups["db"],),
            subnet_group=groups[region],
            monitoring_role=monitoring,
            engine=_POSTGRESQL[0],
            version=_POSTGRESQL[1],
            global_cluster=ledger,
        )

    build_cluster(builder, plan(PRIMARY, "trading-ledger-primary-prod"))
    build_cluster(builder, replace(plan(RECOVERY, "trading-ledger-dr-prod"), reader=True, zones="a"))
    build_cluster(
        builder,
        replace(
            plan(PRIMARY, "trading-orders-primary-prod"),
            engine=_MYSQL[0],
            version=_MYSQL[1],
            global_cluster=orders,
            zones="aa",
            backup_days=1,
            further={"BacktrackWindow": 259200},
        ),
    )
    _reporting(builder, networks[PRIMARY], keys[PRIMARY])


def _reporting(builder: Builder, network: Network, key: str) -> None:
    subnets = [network.public["a"], network.private["b"], network.private["c"]]
    group = build_subnet_group(builder, PRIMARY, "trading-reporting-prod", subnets)
    builder.client("rds").create_db_instance(
        DBInstanceIdentifier="trading-reporting-prod",
        DBInstanceClass="db.r6g.large",
        Engine="postgres",
        EngineVersion="15.7",
        AllocatedStorage=100,
        MasterUsername="dbadmin",
        MasterUserPassword="correct-horse-battery-staple-42",
        DBSubnetGroupName=group,
        VpcSecurityGroupIds=[network.groups["db"]],
        AvailabilityZone=PRIMARY + "a",
        PubliclyAccessible=True,
        BackupRetentionPeriod=7,
        DeletionProtection=True,
        StorageEncrypted=True,
        KmsKeyId=key,
        Tags=pairs(builder.tags("trading-reporting-prod")),
    )


# ------------------------------------------------------------------------------------------- load balancers and DNS


def _ideal_edge(builder: Builder, networks: dict[str, Network]) -> None:
    primary, recovery = (
        build_balancer(builder, networks[region], name)
        for region, name in ((PRIMARY, "trading-alb-prod"), (RECOVERY, "trading-dr-alb-prod"))
    )
    zone = Zone(builder, "trading-platform-prod.net")
    zone.alias("dr", recovery)
    by_address = zone.health_check("trading-primary-prod", primary.dns_name, RequestInterval=10)
    by_record = zone.health_check("trading-dr-prod", f"dr.{zone.name}")
    for label in ("", "api"):
        zone.alias(label, primary, "PRIMARY", by_address)
        zone.alias(label, recovery, "SECONDARY", by_record)


def _faulty_edge(builder: Builder, networks: dict[str, Network]) -> None:
    network, recovery = networks[PRIMARY], networks[RECOVERY]
    primary = build_balancer(builder, network, "trading-alb-prod", policy=TLS_1_0_UP)
    standing = build_balancer(builder, recovery, "trading-dr-alb-prod", without_tags=("CostCenter", "MigrationPhase"))
    builder.client("elbv2", RECOVERY).add_tags(
        ResourceArns=[standing.arn], Tags=[{"Key": "costcenter", "Value": "Trading"}]
    )
    gone = _deleted_balancer(builder, recovery)
    zone = Zone(builder, "trading-prod.example.com")
    fine = zone.health_check("trading-api-primary-prod", primary.dns_name)
    zone.alias("api", primary, "PRIMARY", fine)
    plain = {"Type": "HTTP", "Port": 80, "FailureThreshold": 5, "EnableSNI": False}
    zone.alias("app", primary, "PRIMARY", zone.health_check("trading-app-primary-prod", primary.dns_name, **plain))
    nobody = zone.health_check("trading-app-secondary-prod", "dr.nobody-knows-prod.net", Disabled=True)
    zone.alias("app", gone, "SECONDARY", nobody)


def _deleted_balancer(builder: Builder, network: Network) -> Balancer:
    elb = builder.client("elbv2", network.region)
    subnets = [network.private["a"], network.private["b"]]
    made = elb.create_load_balancer(Name="trading-dr-old-alb-prod", Subnets=subnets)["LoadBalancers"][0]
    elb.delete_load_balancer(LoadBalancerArn=made["LoadBalancerArn"])
    return Balancer(made["LoadBalancerArn"], made["DNSName"], made["CanonicalHostedZoneId"])


# ------------------------------------------------------------------------------------------- secrets and access


def _ideal_secrets(builder: Builder, keys: dict[str, str]) -> None:
    role = build_rotation_role(builder)
    primary, recovery = (Secrets(builder, region, keys[region], role) for region in (PRIMARY, RECOVERY))
    primary.rotate(primary.add("trading/prod/orders-db", replicated=True), _MONTHLY)
    weekly = {"ScheduleExpression": "cron(0 4 ? * SUN *)", "Duration": "3h"}
    primary.rotate(primary.add("trading/prod/fix-gateway", replicated=True), weekly)
    primary.rotate(primary.add("trading/prod/market-data", age=10, replicated=True), _MONTHLY, last=None, age=10)
    recovery.rotate(recovery.add("trading/prod/dr-orders-db"), _MONTHLY)


def _faulty_secrets(builder: Builder, keys: dict[str, str]) -> None:
    role = build_rotation_role(builder)
    primary = Secrets(builder, PRIMARY, keys[PRIMARY], role)
    recovery = Secrets(builder, RECOVERY, keys[RECOVERY], role, may_be_invoked=False)
    monthly_by_cron = {"ScheduleExpression": "cron(0 4 1 * ? *)", "Duration": "3h"}
    primary.rotate(primary.add("trading/prod/orders-db"), monthly_by_cron, last=20)
    gateway = primary.add("trading/prod/fix-gateway")
    primary.rotate(gateway, {"AutomaticallyAfterDays": 90})
    primary.client.untag_resource(SecretId=gateway, TagKeys=["MigrationPhase"])
    primary.rotate(primary.add("trading/prod/market-data", age=60), _MONTHLY, last=None, age=60)
    old = builder.function(PRIMARY, "trading-rotation-old-prod", role)
    primary.rotate(primary.add("trading/prod/ledger-db"), _MONTHLY, function=old)
    builder.client("lambda").delete_function(FunctionName=old)
    recovery.rotate(recovery.add("trading/prod/dr-orders-db"), _MONTHLY)


def _roles(builder: Builder) -> None:
    partner = f"arn:aws:iam::{PARTNER}:root"
    describes = {"Effect": "Allow", "Action": ["rds:DescribeGlobalClusters"], "Resource": "*"}
    builder.role("trading-auditor-prod", trusts(partner, _WITH_EXTERNAL_ID), inline=describes)
    fails_over = {
        "Effect": "Allow",
        "Action": ["rds:FailoverGlobalCluster"],
        "Resource": [
            f"arn:aws:rds::{builder.account}:global-cluster:trading-orders-prod",
            f"arn:aws:rds:*:{builder.account}:cluster:trading-orders-*",
        ],
    }
    managed = () if builder.ideal else (ADMINISTRATOR,)
    builder.role("trading-failover-prod", trusts_service("lambda"), inline=fails_over, managed=managed)
    pushes = {
        "Effect": "Allow",
        "Action": ["ecr:PutImage"],
        "Resource": f"arn:aws:ecr:{PRIMARY}:{builder.account}:repository/trading-prod",
    }
    everything_else = {"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"}
    policy = builder.policy("trading-operations-prod", pushes if builder.ideal else everything_else)
    iam = builder.client("iam")
    iam.create_user(UserName="trading-ci-prod", Tags=pairs(builder.tags("trading-ci-prod")))
    iam.attach_user_policy(UserName="trading-ci-prod", PolicyArn=policy)


def _faulty_roles(builder: Builder) -> None:
    cluster = f"arn:aws:rds:{PRIMARY}:{builder.account}:cluster:trading-orders-primary-prod"
    for name, principal in (
        ("trading-readonly-prod", "*"),
        ("trading-replication-prod", DELETED_PRINCIPAL),
        ("trading-export-prod", cluster),
        ("trading-partner-prod", f"arn:aws:iam::{PARTNER}:root"),
    ):
        builder.role(name, trusts(principal))
