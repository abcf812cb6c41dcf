"""The disaster-recovery failover infrastructure (standard dr-failover), in us-east-1 and us-west-2.

As corrected: in each region a VPC with public, private and database subnets in three zones, an internet gateway, NAT
gateways, an internet-facing load balancer with healthy targets, and a member of one Aurora global database; VPC peering
with routes both ways; a failover pair in Route 53 whose health checks notice a failure within the recovery time.

The document gives `dr-failover-….test.local` as the corrected name of the zone. That is under a reserved domain as well
(`reserved_domains` of the register), so a name that can be registered stands here. What the faulty variant has wrong is
in FAULTS; a dash for the document means that the register demands it, and that the fault is the obvious one. NET-13 has
no fault: the document's two regions lie far enough apart.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from auditor.demo.worlds.building import PRIMARY, RECOVERY, pairs, trusts, trusts_service
from auditor.demo.worlds.connections import build_ec2_instance, connect_by_peering
from auditor.demo.worlds.data import (
    LAMBDA_POLICY,
    ClusterPlan,
    build_cluster,
    build_global_cluster,
    build_monitoring_role,
    build_subnet_group,
)
from auditor.demo.worlds.edge import REACHABLE, UNREACHABLE, Balancer, TargetGroups, Zone, build_balancer
from auditor.demo.worlds.faults import Fault
from auditor.demo.worlds.network import ANYWHERE, Network, Plan, build_network

if TYPE_CHECKING:
    from collections.abc import Mapping

    from auditor.demo.worlds.building import Builder

OPERATORS = "210987654321"
"""The account from which people start a failover."""
_POSTGRESQL = 5432
_NAMES = {PRIMARY: "dr-failover", RECOVERY: "dr-failover-west"}
_CIDRS = {PRIMARY: "10.0.0.0/16", RECOVERY: "10.1.0.0/16"}
_GLOBAL = "dr-failover-global-prod"
_MEMBERS = {PRIMARY: "dr-failover-primary-prod", RECOVERY: "dr-failover-secondary-prod"}
_BACKTRACKED = "dr-failover-sessions-primary-prod"
_WITH_EXTERNAL_ID = {"StringEquals": {"sts:ExternalId": "dr-failover-5c1e"}}
_STARTS = "#!/bin/sh\nsystemctl start app\n"
_STARTS_WITH_A_PASSWORD = "#!/bin/sh\nexport DB_PASSWORD=correct-horse-battery-42\nsystemctl start app\n"


@dataclass(frozen=True, slots=True)
class _Variant:
    """What the corrected system and the faulty one have differently."""

    networks: Mapping[str, Mapping[str, Any]]
    """Region -> settings of its network's plan."""
    routed_back: bool
    """Whether the recovery region has routes to the primary one."""
    version: str
    """Of the global database, and of its writer."""
    member_in_recovery: bool
    """Whether the recovery region's cluster belongs to the global database."""
    targets: str
    zone: str
    user_data: str


_IDEAL = _Variant(
    networks={region: {"database_zones": "abc"} for region in _NAMES},
    routed_back=True,
    version="15.7",
    member_in_recovery=True,
    targets=REACHABLE,
    zone="dr-failover-prod.net",
    user_data=_STARTS,
)
_FAULTY = _Variant(
    networks={
        PRIMARY: {"public_zones": "", "without_association": "c"},
        RECOVERY: {"public_zones": "", "private_zones": "ab", "private_with_public_addresses": "a"},
    },
    routed_back=False,
    version="15.4",
    member_in_recovery=False,
    targets=UNREACHABLE,
    zone="dr-failover-prod.example.com",
    user_data=_STARTS_WITH_A_PASSWORD,
)


def build(builder: Builder) -> None:
    """Deploy the failover infrastructure."""
    variant = _IDEAL if builder.ideal else _FAULTY
    networks = {
        region: build_network(builder, Plan(region, name, _CIDRS[region], **variant.networks[region]), _POSTGRESQL)
        for region, name in _NAMES.items()
    }
    connect_by_peering(
        builder,
        networks[PRIMARY],
        networks[RECOVERY],
        "dr-failover-peering-prod",
        routed_back=variant.routed_back,
    )
    _databases(builder, networks, variant)
    balancers = _application(builder, networks, variant)
    _dns(builder, balancers, variant)
    _roles(builder)
    if not builder.ideal:
        _open_groups(builder, networks[PRIMARY])
        _tools_network(builder)


# ------------------------------------------------------------------------------------------- databases


def _databases(builder: Builder, networks: Mapping[str, Network], variant: _Variant) -> None:
    """The global database: the writer in the primary region, a reader in the other."""
    monitoring = build_monitoring_role(builder)
    made = build_global_cluster(builder, _GLOBAL, "aurora-postgresql", variant.version)
    plans = {}
    for region, network in networks.items():
        is_member = region == PRIMARY or variant.member_in_recovery
        subnets = network.database or network.private
        plans[region] = ClusterPlan(
            region=region,
            name=_MEMBERS[region],
            key=builder.key(region, "dr-failover-prod"),
            groups=(network.groups["db"],),
            subnet_group=build_subnet_group(builder, region, "dr-failover-db-prod", subnets.values()),
            monitoring_role=monitoring,
            engine="aurora-postgresql",
            version=variant.version,
            zones="ab" if is_member else "",
            backup_days=7 if is_member else 1,
            encrypted=is_member,
            global_cluster=made if is_member else "",
            reader=is_member and region != PRIMARY,
        )
        build_cluster(builder, plans[region])
    if not builder.ideal:
        _backtracked(builder, plans[PRIMARY])


def _backtracked(builder: Builder, plan: ClusterPlan) -> None:
    """A global database of Aurora MySQL with backtrack: the API refuses it for PostgreSQL, which the document has."""
    mysql = ("aurora-mysql", "8.0.mysql_aurora.3.04.0")
    made = build_global_cluster(builder, "dr-failover-sessions-global-prod", *mysql)
    further = {"BacktrackWindow": 259200}
    name, (engine, version) = _BACKTRACKED, mysql
    changed = replace(plan, name=name, engine=engine, version=version, global_cluster=made, further=further)
    build_cluster(builder, changed)


# ------------------------------------------------------------------------------------------- what answers


def _application(builder: Builder, networks: Mapping[str, Network], variant: _Variant) -> dict[str, Balancer]:
    """In each region an instance that runs the application, and the load balancer before it."""
    profile = _application_profile(builder)
    balancers = {}
    for region, network in networks.items():
        name = _NAMES[region]
        build_ec2_instance(builder, network, f"{name}-app-prod", user_data=variant.user_data, profile=profile)
        groups = TargetGroups(colors=("blue",), weights=(100,), targets=variant.targets)
        balancers[region] = build_balancer(builder, network, f"{name}-alb-prod", groups=groups)
    return balancers


def _application_profile(builder: Builder) -> str:
    """The instances' profile, whose role reads the one secret that it needs.

    Faulty: it may do anything with databases.
    """
    reads_its_secret = {
        "Effect": "Allow",
        "Action": ["secretsmanager:GetSecretValue"],
        "Resource": f"arn:aws:secretsmanager:*:{builder.account}:secret:dr-failover/prod/app-*",
    }
    does_anything = {"Effect": "Allow", "Action": "rds:*", "Resource": "*"}
    name, iam = "dr-failover-app-prod", builder.client("iam")
    builder.role(name, trusts_service("ec2"), inline=reads_its_secret if builder.ideal else does_anything)
    iam.create_instance_profile(InstanceProfileName=name, Tags=pairs(builder.tags(name)))
    iam.add_role_to_instance_profile(InstanceProfileName=name, RoleName=name)
    return name


def _dns(builder: Builder, balancers: Mapping[str, Balancer], variant: _Variant) -> None:
    """A failover pair with a health check of each load balancer.

    Faulty: one plain and slow check, and a secondary record that leads to the primary region.
    """
    zone, primary, recovery = Zone(builder, variant.zone), balancers[PRIMARY], balancers[RECOVERY]
    if builder.ideal:
        zone.alias("app", primary, "PRIMARY", zone.health_check("dr-failover-primary-prod", primary.dns_name))
        zone.alias("app", recovery, "SECONDARY", zone.health_check("dr-failover-secondary-prod", recovery.dns_name))
    else:
        slow = {"Type": "HTTP", "Port": 80, "FailureThreshold": 5, "EnableSNI": False}
        zone.alias("app", primary, "PRIMARY", zone.health_check("dr-failover-primary-prod", primary.dns_name, **slow))
        zone.alias("app", primary, "SECONDARY")


# ------------------------------------------------------------------------------------------- who may do what


def _roles(builder: Builder) -> None:
    """The function that promotes the recovery region's database, and the people who may start it."""
    fails_over = {"Effect": "Allow", "Action": ["rds:FailoverGlobalCluster"]}
    members = [
        f"arn:aws:rds::{builder.account}:global-cluster:{_GLOBAL}",
        *(f"arn:aws:rds:{region}:{builder.account}:cluster:{member}" for region, member in _MEMBERS.items()),
    ]
    promotes = fails_over | {"Resource": members if builder.ideal else "*"}
    name = "dr-failover-promote-prod"
    role = builder.role(name, trusts_service("lambda"), inline=promotes, managed=(LAMBDA_POLICY,))
    builder.function(RECOVERY, name, role)
    starts = {
        "Effect": "Allow",
        "Action": ["lambda:InvokeFunction"],
        "Resource": f"arn:aws:lambda:{RECOVERY}:{builder.account}:function:{name}",
    }
    guard = _WITH_EXTERNAL_ID if builder.ideal else None
    builder.role("dr-failover-operators-prod", trusts(f"arn:aws:iam::{OPERATORS}:root", guard), inline=starts)


# ------------------------------------------------------------------------------------------- further faults


def _open_groups(builder: Builder, network: Network) -> None:
    """The database's security group admits the world, and so does one for logging in that carries no suffix."""
    ec2, name = builder.client("ec2", network.region), "dr-failover-login"
    login = ec2.create_security_group(
        GroupName=name,
        Description=name,
        VpcId=network.vpc,
        TagSpecifications=[{"ResourceType": "security-group", "Tags": pairs(builder.tags(name))}],
    )["GroupId"]
    for group, port in ((network.groups["db"], _POSTGRESQL), (login, 22)):
        rule = {"IpProtocol": "tcp", "FromPort": port, "ToPort": port, "IpRanges": [{"CidrIp": ANYWHERE}]}
        ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=[rule])


def _tools_network(builder: Builder) -> None:
    """A VPC beside the primary one with the recovery VPC's addresses, whose resources have no names."""
    plan = Plan(PRIMARY, "dr-failover-tools", _CIDRS[RECOVERY], public_zones="", private_zones="")
    network = build_network(builder, plan, _POSTGRESQL)
    ec2 = builder.client("ec2", PRIMARY)
    ec2.modify_vpc_attribute(VpcId=network.vpc, EnableDnsHostnames={"Value": False})
    everyone = {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "IpRanges": [{"CidrIp": ANYWHERE}]}
    plain = everyone | {"FromPort": 80, "ToPort": 80}
    ec2.revoke_security_group_ingress(GroupId=network.groups["alb"], IpPermissions=[everyone, plain])


# ------------------------------------------------------------------------------------------- what is wrong where

_VPC, _WEST_VPC = ("dr-failover-vpc-prod", PRIMARY), ("dr-failover-west-vpc-prod", RECOVERY)
_TOOLS_VPC = ("dr-failover-tools-vpc-prod", PRIMARY)
_ALB, _WEST_ALB = ("dr-failover-alb-prod", PRIMARY), ("dr-failover-west-alb-prod", RECOVERY)
_OTHER_CLUSTER = (_MEMBERS[RECOVERY], RECOVERY)
_DATABASE_GROUP, _LOGIN_GROUP = ("dr-failover-db-prod", PRIMARY), ("dr-failover-login", PRIMARY)
_RECORD, _HEALTH_CHECK = ("app.dr-failover-prod.example.com.", "global"), ("healthcheck/*", "global")


def _faults(document: str, requirement: str, what: str, check: str, *places: tuple[str, str]) -> tuple[Fault, ...]:
    """A fault in each place: a resource and its region."""
    return tuple(
        Fault(document=document, what=what, requirements=(requirement,), check=check, resource=name, region=region)
        for name, region in places
    )


FAULTS: tuple[Fault, ...] = (
    *_faults(
        "DRF 1",
        "DB-03",
        "backtrack in a global database",
        "global-database-member-with-backtrack",
        (_BACKTRACKED, PRIMARY),
    ),
    *_faults(
        "DRF 2",
        "NET-02",
        "internet-facing load balancers, and no internet gateway",
        "load-balancer-vpc-without-internet-gateway",
        _VPC,
        _WEST_VPC,
    ),
    *_faults(
        "DRF 2",
        "NET-03",
        "internet-facing load balancers in private subnets",
        "internet-facing-load-balancer-in-private-subnet",
        _ALB,
        _WEST_ALB,
    ),
    *_faults(
        "DRF 3",
        "DNS-01",
        "a hosted zone under example.com",
        "hosted-zone-under-reserved-domain",
        ("dr-failover-prod.example.com.", "global"),
    ),
    *_faults(
        "DRF 4",
        "DB-02",
        "Aurora PostgreSQL 15.4, which does not support global databases",
        "global-database-version-unsupported-or-mismatched",
        (_GLOBAL, "global"),
    ),
    *_faults("DRF 5", "NET-01", "no public subnets", "vpc-spans-too-few-zones", _VPC, _WEST_VPC),
    *_faults(
        "DRF 5",
        "NET-06",
        "private subnets without a way out",
        "private-subnet-without-working-nat-gateway",
        ("dr-failover-private-a-prod", PRIMARY),
        ("dr-failover-west-private-b-prod", RECOVERY),
    ),
    *_faults("DRF 5", "NET-06", "no NAT gateway", "nat-gateways-against-strategy", _VPC, _WEST_VPC),
    *_faults(
        "DRF 5",
        "NET-04",
        "a subnet that is left to the main route table",
        "subnet-without-route-table-association",
        ("dr-failover-private-c-prod", PRIMARY),
    ),
    *_faults(
        "DRF 5",
        "NET-09",
        "VPC peering without routes back from the recovery region",
        "regions-not-connected",
        _VPC,
        _WEST_VPC,
    ),
    *_faults(
        "-",
        "NET-05",
        "a private subnet that hands out public addresses",
        "subnet-public-addresses-not-by-tier",
        ("dr-failover-west-private-a-prod", RECOVERY),
    ),
    *_faults(
        "-",
        "NET-07",
        "databases in two zones",
        "database-subnets-public-or-in-too-few-zones",
        ("dr-failover-db-prod", RECOVERY),
    ),
    *_faults(
        "-",
        "NET-08",
        "a recovery region with fewer zones than the primary one",
        "recovery-region-does-not-mirror-primary",
        (RECOVERY, RECOVERY),
    ),
    *_faults("-", "NET-10", "VPCs with the same addresses", "vpc-cidr-overlaps-another", _TOOLS_VPC, _WEST_VPC),
    *_faults(
        "-",
        "NET-11",
        "a database's security group that admits the world",
        "database-security-group-admits-too-much",
        _DATABASE_GROUP,
    ),
    *_faults(
        "-",
        "NET-11",
        "security groups open to the world that are no load balancer's",
        "security-group-open-to-the-world",
        _DATABASE_GROUP,
        _LOGIN_GROUP,
    ),
    *_faults("-", "NET-12", "a VPC without DNS hostnames", "vpc-dns-support-or-hostnames-off", _TOOLS_VPC),
    *_faults("-", "LB-01", "load balancers in two zones", "no-active-internet-facing-load-balancer", _ALB, _WEST_ALB),
    *_faults(
        "-",
        "LB-05",
        "targets that do not answer",
        "target-group-without-healthy-target",
        ("dr-failover-blue-prod", PRIMARY),
        ("dr-failover-west-blue-prod", RECOVERY),
    ),
    *_faults("-", "DB-01", "no member in the recovery region", "global-database-incomplete", (_GLOBAL, "global")),
    *_faults(
        "-", "DB-04", "a cluster without an instance", "cluster-without-enough-available-instances", _OTHER_CLUSTER
    ),
    *_faults(
        "-", "DB-05", "a cluster that is not encrypted", "cluster-not-encrypted-with-customer-key", _OTHER_CLUSTER
    ),
    *_faults("-", "DB-06", "backups that are kept for a day", "cluster-backups-kept-too-short", _OTHER_CLUSTER),
    *_faults("-", "DNS-02", "both records lead to the primary region", "no-complete-failover-pair", _RECORD),
    *_faults("-", "DNS-03", "plain HTTP, and five failures", "failover-health-check-misconfigured", _HEALTH_CHECK),
    *_faults("-", "DNS-04", "a health check that fails", "health-check-not-healthy", _HEALTH_CHECK),
    *_faults("-", "DNS-05", "five and a half minutes of failover", "failover-exceeds-recovery-time-objective", _RECORD),
    *_faults(
        "-",
        "SEC-05",
        "a password in user data",
        "instance-user-data-with-credentials",
        ("dr-failover-app-prod", PRIMARY),
        ("dr-failover-west-app-prod", RECOVERY),
    ),
    *_faults("-", "IAM-01", "rds:* on every resource", "role-granted-every-action", ("dr-failover-app-prod", "global")),
    *_faults(
        "-",
        "IAM-02",
        "rds:FailoverGlobalCluster on every resource",
        "role-actions-not-confined-to-resources",
        ("dr-failover-promote-prod", "global"),
    ),
    *_faults(
        "-",
        "IAM-03",
        "another account, trusted without sts:ExternalId",
        "role-trusts-unknown-or-unguarded-principal",
        ("dr-failover-operators-prod", "global"),
    ),
    *_faults("-", "TAG-03", "a name without the suffix", "name-without-environment-suffix", _LOGIN_GROUP),
)
