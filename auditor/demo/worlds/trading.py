"""The trading platform with its recovery set-up (standard trading-dr, document TDR), in us-east-1 and us-west-2.

As corrected, in the document's order: in each region a VPC over three zones with a NAT gateway in each, transit
gateways that are peered and routed both ways, a member of an Aurora global database with two instances, DynamoDB
tables, an internet-facing load balancer with healthy targets, and a key of its own; a failover pair in Route 53; a
function that an alarm on replication lag sets off; a trail; roles that may do what they need.

TDR 8 puts the alarm on replication lag into the primary region. AWS publishes that metric in the reader's region, so
the alarm, its topic and the failover function stand there. What the faulty variant has wrong is in FAULTS; of NET-13
it has nothing wrong, as the two regions lie far enough apart.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from auditor.demo.worlds import trading_faults
from auditor.demo.worlds.building import PRIMARY, RECOVERY, pairs, put_key_policy, trusts
from auditor.demo.worlds.connections import connect_by_transit_gateway
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
from auditor.demo.worlds.edge import Zone, build_balancer
from auditor.demo.worlds.monitoring import build_alarm, build_failover, build_topic, lag_alarm
from auditor.demo.worlds.network import Network, Plan, build_network
from auditor.demo.worlds.tables import TablePlan, build_tables
from auditor.demo.worlds.trail import TrailPlan, build_bucket, build_trail

if TYPE_CHECKING:
    from auditor.demo.worlds.building import Builder

FAULTS = trading_faults.FAULTS
_PLANS = (Plan(PRIMARY, "trading", "10.0.0.0/16"), Plan(RECOVERY, "trading-dr", "10.1.0.0/16"))
_GLOBAL, _WRITER, _READER = "trading-orders-prod", "trading-orders-primary-prod", "trading-orders-dr-prod"
_MONTHLY = {"AutomaticallyAfterDays": 30}
_WITH_EXTERNAL_ID = {"StringEquals": {"sts:ExternalId": "trading-audit-7f3a"}}


@dataclass(frozen=True, slots=True)
class Site:
    """A region's part of the platform, as far as it stands."""

    region: str
    network: Network
    key: str
    """The KMS key's ARN."""
    subnet_group: str
    monitoring_role: str

    def member(self, name: str, global_cluster: str, **settings: Any) -> ClusterPlan:  # noqa: ANN401 - the plan's own
        """The plan of a global database's member in this region: a reader, unless this is the primary one."""
        return ClusterPlan(
            region=self.region,
            name=name,
            key=self.key,
            groups=(self.network.groups["db"],),
            subnet_group=self.subnet_group,
            monitoring_role=self.monitoring_role,
            global_cluster=global_cluster,
            reader=self.region == RECOVERY,
            **settings,
        )


def build(builder: Builder) -> None:
    """Deploy the trading platform."""
    role = build_monitoring_role(builder)
    primary, recovery = (_site(builder, plan, role) for plan in _PLANS)
    _auditors(builder)
    if not builder.ideal:
        trading_faults.build(builder, primary, recovery)
        return
    connect_by_transit_gateway(builder, primary.network, recovery.network, "trading-transit-prod")
    _database(builder, primary, recovery)
    for name in ("trading-config-prod", "trading-sessions-prod"):
        build_tables(builder, TablePlan(name=name, keys={site.region: site.key for site in (primary, recovery)}))
    _application(builder, primary.network, recovery.network)
    _failover(builder, recovery)
    _trail(builder, primary)
    _secrets(builder, primary, recovery)
    _delivery(builder)


def _site(builder: Builder, plan: Plan, monitoring_role: str) -> Site:
    """TDR 2: both regions alike."""
    key = _key(builder, plan.region)
    network = build_network(builder, plan if builder.ideal else trading_faults.network(plan))
    group = build_subnet_group(builder, plan.region, "trading-db-prod", network.private.values())
    return Site(plan.region, network, key, group, monitoring_role)


def _key(builder: Builder, region: str) -> str:
    """TDR 9: a key that rotates, and that trails and alarms may encrypt with; its ARN."""
    key = builder.key(region, "trading-prod")
    encrypts = {
        "Sid": "TrailsAndAlarmsEncrypt",
        "Effect": "Allow",
        "Principal": {"Service": ["cloudtrail.amazonaws.com", "cloudwatch.amazonaws.com"]},
        "Action": ["kms:Decrypt", "kms:DescribeKey", "kms:GenerateDataKey*"],
        "Resource": "*",
        "Condition": {"StringEquals": {"aws:SourceAccount": builder.account}},
    }
    put_key_policy(builder, region, key, encrypts)
    return key


# ------------------------------------------------------------------------------------------- what holds data


def _database(builder: Builder, primary: Site, recovery: Site) -> None:
    """TDR 4: a global database with two instances in each region, which lags less than a second behind."""
    made = build_global_cluster(builder, _GLOBAL, "aurora-mysql", "8.0.mysql_aurora.3.04.0")
    build_cluster(builder, primary.member(_WRITER, made))
    build_cluster(builder, recovery.member(_READER, made))
    build_replication_lag(builder, RECOVERY, _READER)


def _secrets(builder: Builder, primary: Site, recovery: Site) -> None:
    """The master password and what else is secret: rotating, and there in both regions."""
    role = build_rotation_role(builder)
    here = Secrets(builder, PRIMARY, primary.key, role, replica_key=recovery.key)
    there = Secrets(builder, RECOVERY, recovery.key, role)
    here.rotate(here.add("trading/prod/orders-db", replicated=True, database=_WRITER), _MONTHLY)
    weekly = {"ScheduleExpression": "cron(0 4 ? * SUN *)", "Duration": "3h"}
    here.rotate(here.add("trading/prod/fix-gateway", replicated=True), weekly)
    here.rotate(here.add("trading/prod/market-data", age=10, replicated=True), _MONTHLY, last=None, age=10)
    there.rotate(there.add("trading/prod/dr-orders-db"), _MONTHLY)


# ------------------------------------------------------------------------------------------- load balancers and DNS


def _application(builder: Builder, primary: Network, recovery: Network) -> None:
    """TDR 11 and 6: a load balancer in each region, and DNS that leads to the one that is healthy."""
    here = build_balancer(builder, primary, "trading-alb-prod")
    there = build_balancer(builder, recovery, "trading-dr-alb-prod")
    zone = Zone(builder, "trading-platform-prod.net")
    zone.alias("dr", there)
    by_address = zone.health_check("trading-primary-prod", here.dns_name, RequestInterval=10)
    by_record = zone.health_check("trading-dr-prod", f"dr.{zone.name}")
    for label in ("", "api"):
        zone.alias(label, here, "PRIMARY", by_address)
        zone.alias(label, there, "SECONDARY", by_record)


# ------------------------------------------------------------------------------------------- failover, trail, access


def _failover(builder: Builder, recovery: Site) -> None:
    """TDR 7 and 8: lag of more than 30 s is told to people, and to the function that promotes the reader."""
    topic = build_topic(builder, RECOVERY, "trading-alerts-prod", key=recovery.key)
    build_alarm(builder, lag_alarm(RECOVERY, "trading-replication-lag-prod", _READER, topic, threshold=30000))
    build_failover(
        builder, RECOVERY, "trading-failover-prod", topic, global_cluster=_GLOBAL, clusters="trading-orders-*"
    )


def _trail(builder: Builder, primary: Site) -> None:
    """TDR 10: every region, encrypted, with files that can be validated."""
    bucket = build_bucket(builder, PRIMARY, "trading-trail-prod", primary.key, "cloudtrail")
    build_trail(builder, TrailPlan(name="trading-trail-prod", bucket=bucket, key=primary.key))


def _auditors(builder: Builder) -> None:
    """The role of the auditors, who have an account of their own."""
    partner = f"arn:aws:iam::{trading_faults.PARTNER}:root"
    describes = {"Effect": "Allow", "Action": ["rds:DescribeGlobalClusters"], "Resource": "*"}
    builder.role("trading-auditor-prod", trusts(partner, _WITH_EXTERNAL_ID), inline=describes)


def _delivery(builder: Builder) -> None:
    """The user who delivers images to the one repository."""
    pushes = {
        "Effect": "Allow",
        "Action": ["ecr:PutImage"],
        "Resource": f"arn:aws:ecr:{PRIMARY}:{builder.account}:repository/trading-prod",
    }
    iam = builder.client("iam")
    iam.create_user(UserName="trading-ci-prod", Tags=pairs(builder.tags("trading-ci-prod")))
    iam.attach_user_policy(UserName="trading-ci-prod", PolicyArn=builder.policy("trading-operations-prod", pushes))
