"""Disaster recovery for financial transactions (standard transaction-dr), in us-east-1 and us-west-2.

A global database, monitored by a function in each region, with DNS that fails over. The document is FTX; where it names
resources, they are called so here. What is wrong with the faulty variant is listed in `transactions_faults`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from auditor.demo.worlds.building import PRIMARY, RECOVERY, put_key_policy, trusts
from auditor.demo.worlds.compute import build_eks_cluster
from auditor.demo.worlds.connections import connect_by_peering
from auditor.demo.worlds.data import (
    ClusterPlan,
    Secrets,
    build_cluster,
    build_global_cluster,
    build_monitoring_role,
    build_replication_lag,
    build_rotation_role,
    build_subnet_group,
)
from auditor.demo.worlds.edge import Zone
from auditor.demo.worlds.monitoring import (
    Alarm,
    build_alarm,
    build_failover,
    build_function_role,
    build_log_group,
    build_monitor,
    build_topic,
    lag_alarm,
)
from auditor.demo.worlds.network import Network, Plan, build_network
from auditor.demo.worlds.transactions_faults import FAULTS, break_further

if TYPE_CHECKING:
    from auditor.demo.worlds.building import Builder

__all__ = ["FAULTS", "build"]

GLOBAL, WRITER, READER = "aurora-global-prod", "primary-aurora-cluster-prod", "secondary-aurora-cluster-prod"
_PARTS = {PRIMARY: "primary", RECOVERY: "secondary"}
_BLOCKS = {PRIMARY: "10.0.0.0/16", RECOVERY: "10.1.0.0/16"}
_ENGINE = "aurora-postgresql"
_REACHABLE = "TransactionsDatabaseReachable"
_MEASURES = ("cloudwatch:GetMetricData", "cloudwatch:PutMetricData", "rds:DescribeGlobalClusters")


@dataclass(frozen=True, slots=True)
class _Site:
    """One region of the system, as far as it stands."""

    region: str
    part: str
    """`primary` or `secondary`, with which names begin."""
    key: str
    network: Network
    topic: str


def build(builder: Builder) -> None:
    """Deploy the system."""
    primary, recovery = (_site(builder, region) for region in _PARTS)
    connect_by_peering(builder, primary.network, recovery.network, "peering-prod", routed_back=builder.ideal)
    _databases(builder, primary, recovery)
    secrets = _secrets(builder, primary, recovery)
    _monitoring(builder, primary, recovery)
    _failover(builder, recovery)
    _dns(builder, primary)
    _operations_role(builder)
    for site in (primary, recovery):
        version = "1.34" if builder.ideal or site is primary else "1.27"
        subnets = site.network.private.values()
        build_eks_cluster(builder, site.region, f"{site.part}-eks-prod", subnets, site.key, version=version)
    if not builder.ideal:
        break_further(builder, primary.network, recovery.network, secrets)


def _site(builder: Builder, region: str) -> _Site:
    part = _PARTS[region]
    key = _key(builder, region, f"{part}-key-prod")
    network = build_network(builder, _plan(region, ideal=builder.ideal), database_port=5432)
    encrypted = builder.ideal or region == RECOVERY
    topic = build_topic(
        builder,
        region,
        f"{part}-alerts-prod",
        key=key if encrypted else "",
        confirmed=builder.ideal or region == PRIMARY,
    )
    return _Site(region, part, key, network, topic)


def _plan(region: str, *, ideal: bool) -> Plan:
    """FTX 5: 10.0.0.0/16 and 10.1.0.0/16, three zones each."""
    if region == PRIMARY or ideal:
        return Plan(region, _PARTS[region], _BLOCKS[region], single_nat=True)
    return Plan(region, _PARTS[region], "10.2.0.0/16", public_zones="ab", private_zones="ab", single_nat=True)


def _key(builder: Builder, region: str, name: str) -> str:
    """A region's key, under which CloudWatch may publish to encrypted topics; its ARN."""
    key = builder.key(region, name)
    narrow = builder.ideal or region == RECOVERY
    alarms: dict[str, Any] = {
        "Sid": "AlarmsPublishToEncryptedTopics",
        "Effect": "Allow",
        "Principal": {"Service": "cloudwatch.amazonaws.com"} if narrow else "*",
        "Action": ["kms:Decrypt", "kms:GenerateDataKey*"],
        "Resource": "*",
        **({"Condition": {"StringEquals": {"aws:SourceAccount": builder.account}}} if narrow else {}),
    }
    put_key_policy(builder, region, key, alarms)
    if not builder.ideal and region == RECOVERY:
        builder.client("kms", region).disable_key_rotation(KeyId=key)
    return key


# ------------------------------------------------------------------------------------------- the database


def _databases(builder: Builder, primary: _Site, recovery: _Site) -> None:
    """FTX 1 and 4: a version that does global databases, protected in production."""
    version = "15.3" if builder.ideal else "15.4"
    monitoring = build_monitoring_role(builder)
    build_global_cluster(builder, GLOBAL, _ENGINE, version, protected=builder.ideal)

    def plan(site: _Site, name: str) -> ClusterPlan:
        group = build_subnet_group(builder, site.region, f"{site.part}-db-subnets-prod", site.network.private.values())
        return ClusterPlan(
            region=site.region,
            name=name,
            key=site.key,
            groups=(site.network.groups["db"],),
            subnet_group=group,
            monitoring_role=monitoring,
            engine=_ENGINE,
            version=version,
            global_cluster=GLOBAL,
        )

    build_cluster(builder, replace(plan(primary, WRITER), protected=builder.ideal))
    reader = replace(plan(recovery, READER), reader=True)
    build_cluster(builder, reader if builder.ideal else replace(reader, key=_key_of_aws(builder, RECOVERY), zones=""))
    build_replication_lag(builder, RECOVERY, READER, seconds=0.8 if builder.ideal else 90)


def _key_of_aws(builder: Builder, region: str) -> str:
    return str(builder.client("kms", region).describe_key(KeyId="alias/aws/rds")["KeyMetadata"]["Arn"])


def _secrets(builder: Builder, primary: _Site, recovery: _Site) -> Secrets:
    """The master password: members of a global database cannot have one that RDS manages, so a secret rotates."""
    secrets = Secrets(builder, PRIMARY, primary.key, build_rotation_role(builder), replica_key=recovery.key)
    password = secrets.add("transactions/prod/database", replicated=True, database=WRITER)
    if builder.ideal:
        secrets.rotate(password, {"AutomaticallyAfterDays": 30})
    return secrets


# ------------------------------------------------------------------------------------------- monitoring and failover


def _monitoring(builder: Builder, primary: _Site, recovery: _Site) -> None:
    """FTX 3: every minute, with five reserved executions, and an alarm on more than five seconds of lag."""
    role = build_function_role(builder, "monitor-prod", *_MEASURES)
    faults: dict[str, dict[str, Any]] = {PRIMARY: {"concurrency": 2}, RECOVERY: {"expression": "rate(5 minutes)"}}
    for site in (primary, recovery):
        name = f"{site.part}-monitor-prod"
        build_log_group(builder, site.region, f"/aws/lambda/{name}")
        build_monitor(builder, site.region, name, role, **({} if builder.ideal else faults[site.region]))
    threshold = 5000 if builder.ideal else 30000
    build_alarm(
        builder, lag_alarm(RECOVERY, "secondary-replication-lag-prod", READER, recovery.topic, threshold=threshold)
    )
    unreachable = Alarm(
        PRIMARY,
        "primary-database-unreachable-prod",
        "Transactions",
        _REACHABLE,
        {"DBClusterIdentifier": WRITER},
        1,
        primary.topic,
        comparison="LessThanThreshold",
        further={"TreatMissingData": "breaching"},
    )
    build_alarm(builder, unreachable)


def _failover(builder: Builder, recovery: _Site) -> None:
    """The function that fails the database over when the lag's alarm, or somebody, says so."""
    build_failover(
        builder,
        RECOVERY,
        "dr-operations-prod",
        recovery.topic,
        global_cluster=GLOBAL,
        clusters="*-aurora-cluster-prod",
        subscribed=builder.ideal,
    )


def _dns(builder: Builder, primary: _Site) -> None:
    """FTX 6: a failover pair needs no weights. No checker reaches a private database: the check follows an alarm."""
    zone = Zone(builder, "transactions-prod.net" if builder.ideal else "transactions-prod.example.com")
    check = zone.alarmed("primary-health-check-prod", "primary-database-unreachable-prod", primary.region)
    zone.measure(check, healthy=builder.ideal)
    zone.cname("db", _endpoint(builder, PRIMARY, WRITER), "PRIMARY", check)
    standby = _endpoint(builder, RECOVERY, READER)
    zone.cname("db", standby if builder.ideal else standby.replace(READER, "aurora-cluster-dev"), "SECONDARY")


def _endpoint(builder: Builder, region: str, cluster: str) -> str:
    found = builder.client("rds", region).describe_db_clusters(DBClusterIdentifier=cluster)["DBClusters"]
    return str(found[0]["Endpoint"])


def _operations_role(builder: Builder) -> None:
    """FTX 2: who carries out a failover by hand. A database cluster, which the document trusts, is no principal."""
    cluster = f"arn:aws:rds:{PRIMARY}:{builder.account}:cluster:{WRITER}"
    trusted = f"arn:aws:iam::{builder.account}:root" if builder.ideal else cluster
    may = {
        "Effect": "Allow",
        "Action": ["rds:FailoverGlobalCluster", "rds:SwitchoverGlobalCluster"],
        "Resource": [
            f"arn:aws:rds::{builder.account}:global-cluster:{GLOBAL}",
            f"arn:aws:rds:*:{builder.account}:cluster:*-aurora-cluster-prod",
        ],
    }
    with_id = {"StringEquals": {"sts:ExternalId": "dr-failover-12345"}}
    builder.role("dr-operations-role-prod", trusts(trusted, with_id), inline=may)
