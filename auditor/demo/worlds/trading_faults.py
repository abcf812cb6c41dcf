"""What is wrong in the faulty trading platform, and which findings tell of it.

Documents: TDR is cross-region recovery for the trading platform, DRF the failover infrastructure, FTX financial
transactions, TMR multi-region trading, PAY the payment platform; a dash means that the register demands it and the
fault is the obvious one. Fine in spite of all: the primary VPC's gateways, the ledger's membership in both regions,
its backups, the health check trading-api-primary-prod, the role trading-auditor-prod, the rotation role.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from auditor.demo.worlds.building import PRIMARY, RECOVERY, document, pairs, trusts, trusts_service
from auditor.demo.worlds.data import (
    MONITORING_POLICY,
    Secrets,
    build_cluster,
    build_global_cluster,
    build_replication_lag,
    build_rotation_role,
    build_subnet_group,
)
from auditor.demo.worlds.edge import (
    TLS_1_0_UP,
    UNREACHABLE,
    Balancer,
    TargetGroups,
    Zone,
    build_balancer,
    import_certificate,
)
from auditor.demo.worlds.faults import Fault
from auditor.demo.worlds.monitoring import build_alarm, build_topic, lag_alarm
from auditor.demo.worlds.tables import TablePlan, build_tables

if TYPE_CHECKING:
    from collections.abc import Mapping

    from auditor.demo.worlds.building import Builder
    from auditor.demo.worlds.network import Network, Plan
    from auditor.demo.worlds.trading import Site

ADMINISTRATOR = "arn:aws:iam::aws:policy/AdministratorAccess"
DELETED_PRINCIPAL = "AROAIIAV4DD2EXAMPLE5X"
PARTNER = "210987654321"
"""The account of those who audit the platform."""
_MYSQL = ("aurora-mysql", "8.0.mysql_aurora.3.04.0")
_POSTGRESQL = ("aurora-postgresql", "15.4")
_PASSWORD = "correct-horse-battery-staple-42"  # of databases that do not exist
_MONTHLY = {"AutomaticallyAfterDays": 30}
_OLD_DAYS = 200


def network(plan: Plan) -> Plan:
    """The plan as the document's code breaks off (TDR 1, 2): a primary VPC that is not whole, no public recovery one.

    The recovery VPC has the primary one's block, so that nothing could be routed between them.
    """
    if plan.region == PRIMARY:
        return replace(plan, public_zones="ab", without_public_addresses="b", without_association="c")
    return replace(plan, cidr="10.0.0.0/16", public_zones="", private_with_public_addresses="a")


def build(builder: Builder, primary: Site, recovery: Site) -> None:
    """Deploy what stands in the two regions."""
    builder.client("ec2", RECOVERY).modify_vpc_attribute(
        VpcId=recovery.network.vpc, EnableDnsHostnames={"Value": False}
    )
    _databases(builder, primary, recovery)
    _reporting(builder, primary)
    _table(builder, {site.region: site.key for site in (primary, recovery)})
    _edge(builder, primary.network, recovery.network)
    _monitoring(builder)
    _secrets(builder, primary, recovery)
    _roles(builder)
    _failover(builder)
    _keys(builder, recovery)


# ------------------------------------------------------------------------------------------- databases


def _databases(builder: Builder, primary: Site, recovery: Site) -> None:
    """The orders' global database without a reader; the ledger's, unprotected, of a version that is for none."""
    orders = build_global_cluster(builder, "trading-orders-prod", *_MYSQL)
    ledger = build_global_cluster(builder, "trading-ledger-prod", *_POSTGRESQL, protected=False)
    engine, version = _POSTGRESQL
    build_cluster(
        builder,
        primary.member("trading-ledger-primary-prod", ledger, engine=engine, version=version, forces_tls=False),
    )
    build_cluster(builder, recovery.member("trading-ledger-dr-prod", ledger, engine=engine, version=version, zones="a"))
    build_replication_lag(builder, RECOVERY, "trading-ledger-dr-prod", seconds=90)
    unsafe = {"zones": "aa", "backup_days": 1, "further": {"BacktrackWindow": 259200}}
    build_cluster(builder, primary.member("trading-orders-primary-prod", orders, **unsafe))
    builder.client("iam").detach_role_policy(
        RoleName=primary.monitoring_role.rpartition("/")[2], PolicyArn=MONITORING_POLICY
    )


def _reporting(builder: Builder, site: Site) -> None:
    """A standalone instance that the internet reaches, neither encrypted nor watched."""
    here = site.network
    subnets = [here.public["a"], here.private["b"], here.private["c"]]
    group = build_subnet_group(builder, PRIMARY, "trading-reporting-prod", subnets)
    builder.client("rds").create_db_instance(
        DBInstanceIdentifier="trading-reporting-prod",
        DBInstanceClass="db.r6g.large",
        Engine="postgres",
        EngineVersion="15.7",
        AllocatedStorage=100,
        MasterUsername="dbadmin",
        MasterUserPassword=_PASSWORD,
        DBSubnetGroupName=group,
        VpcSecurityGroupIds=[here.groups["db"]],
        AvailabilityZone=PRIMARY + "a",
        PubliclyAccessible=True,
        BackupRetentionPeriod=7,
        DeletionProtection=True,
        StorageEncrypted=False,
        Tags=pairs(builder.tags("trading-reporting-prod")),
    )


def _table(builder: Builder, keys: Mapping[str, str]) -> None:
    """A table that the recovery region lacks, without streams, recovery or a key of one's own."""
    plan = TablePlan(
        name="trading-config-prod", keys=keys, counterpart=False, streams=False, recoverable=False, encrypted=False
    )
    build_tables(builder, plan)


# ------------------------------------------------------------------------------------------- load balancers and DNS


def _edge(builder: Builder, primary: Network, recovery: Network) -> None:
    """Load balancers that nothing answers behind, or with a certificate about to expire; DNS that cannot fail over."""
    expiring = import_certificate(builder, PRIMARY, "trading-alb-prod", days_left=10)
    here = build_balancer(builder, primary, "trading-alb-prod", policy=TLS_1_0_UP, certificates=(expiring,))
    missing = ("CostCenter", "MigrationPhase")
    nothing = TargetGroups(colors=("blue",), weights=(100,), targets=UNREACHABLE)
    standing = build_balancer(builder, recovery, "trading-dr-alb-prod", groups=nothing, without_tags=missing)
    builder.client("elbv2", RECOVERY).add_tags(
        ResourceArns=[standing.arn], Tags=[{"Key": "costcenter", "Value": "Trading"}]
    )
    gone = _deleted_balancer(builder, recovery)
    zone = Zone(builder, "trading-prod.example.com")
    zone.alias("api", here, "PRIMARY", zone.health_check("trading-api-primary-prod", here.dns_name))
    plain = {"Type": "HTTP", "Port": 80, "FailureThreshold": 5, "EnableSNI": False}
    zone.alias("app", here, "PRIMARY", zone.health_check("trading-app-primary-prod", here.dns_name, **plain))
    nobody = zone.health_check("trading-app-secondary-prod", "dr.nobody-knows-prod.net")
    zone.alias("app", gone, "SECONDARY", nobody)


def _deleted_balancer(builder: Builder, network: Network) -> Balancer:
    elb = builder.client("elbv2", network.region)
    subnets = [network.private["a"], network.private["b"]]
    made = elb.create_load_balancer(Name="trading-dr-old-alb-prod", Subnets=subnets)["LoadBalancers"][0]
    elb.delete_load_balancer(LoadBalancerArn=made["LoadBalancerArn"])
    return Balancer(made["LoadBalancerArn"], made["DNSName"], made["CanonicalHostedZoneId"])


# ------------------------------------------------------------------------------------------- monitoring and failover


def _monitoring(builder: Builder) -> None:
    """The alarm as the document's own correction has it (TDR 8): on the primary, where no lag is ever published."""
    topic = build_topic(builder, PRIMARY, "trading-alerts-prod", key="", confirmed=False)
    alarm = lag_alarm(PRIMARY, "trading-replication-lag-prod", "trading-ledger-primary-prod", topic, threshold=30000)
    build_alarm(builder, replace(alarm, state="INSUFFICIENT_DATA"))


def _failover(builder: Builder) -> None:
    """The function as the document's own correction has it (TDR 7, 10): python3.9, any database; and unsubscribed."""
    anything = {"Effect": "Allow", "Action": ["rds:FailoverGlobalCluster"], "Resource": "*"}
    name = "trading-failover-prod"
    role = builder.role(name, trusts_service("lambda"), inline=anything, managed=(ADMINISTRATOR,))
    builder.function(RECOVERY, name, role)
    builder.client("lambda", RECOVERY).update_function_configuration(
        FunctionName=name,
        Runtime="python3.9",
        Environment={"Variables": {"DB_USER": "dbadmin", "DB_PASSWORD": _PASSWORD}},
    )


# ------------------------------------------------------------------------------------------- secrets, keys, access


def _secrets(builder: Builder, primary: Site, recovery: Site) -> None:
    """Secrets that rotate too seldom, or cannot; none of them replicated."""
    role = build_rotation_role(builder)
    here = Secrets(builder, PRIMARY, primary.key, role)
    there = Secrets(builder, RECOVERY, recovery.key, role, may_be_invoked=False)
    monthly_by_cron = {"ScheduleExpression": "cron(0 4 1 * ? *)", "Duration": "3h"}
    here.rotate(here.add("trading/prod/orders-db"), monthly_by_cron, last=20)
    gateway = here.add("trading/prod/fix-gateway")
    here.rotate(gateway, {"AutomaticallyAfterDays": 90})
    here.client.untag_resource(SecretId=gateway, TagKeys=["MigrationPhase"])
    old = builder.function(PRIMARY, "trading-rotation-old-prod", role)
    here.rotate(here.add("trading/prod/ledger-db"), _MONTHLY, function=old)
    builder.client("lambda").delete_function(FunctionName=old)
    here.key = "alias/aws/secretsmanager"
    here.rotate(here.add("trading/prod/market-data", age=60), _MONTHLY, last=None, age=60)
    there.rotate(there.add("trading/prod/dr-orders-db"), _MONTHLY)


def _keys(builder: Builder, recovery: Site) -> None:
    """A key that never changes, and one that everybody may use and that is about to go, though a topic needs it."""
    builder.client("kms", RECOVERY).disable_key_rotation(KeyId=recovery.key)
    key = builder.key(PRIMARY, "trading-archive-prod")
    build_topic(builder, PRIMARY, "trading-archive-prod", key=key)
    kms = builder.client("kms")
    everyone = {"Effect": "Allow", "Principal": "*", "Action": ["kms:Decrypt", "kms:PutKeyPolicy"], "Resource": "*"}
    kms.put_key_policy(KeyId=key, PolicyName="default", Policy=document(everyone))
    kms.schedule_key_deletion(KeyId=key.rpartition("/")[2], PendingWindowInDays=7)


def _roles(builder: Builder) -> None:
    """Principals that nobody should trust, a user who may do nearly everything, a role that nobody uses."""
    cluster = f"arn:aws:rds:{PRIMARY}:{builder.account}:cluster:trading-orders-primary-prod"
    for name, principal in (
        ("trading-readonly-prod", "*"),
        ("trading-replication-prod", DELETED_PRINCIPAL),
        ("trading-export-prod", cluster),
        ("trading-partner-prod", f"arn:aws:iam::{PARTNER}:root"),
    ):
        builder.role(name, trusts(principal))
    with builder.days_ago(_OLD_DAYS):
        builder.role("trading-migration-prod", trusts_service("ec2"))
    everything_else = {"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"}
    iam = builder.client("iam")
    iam.create_user(UserName="trading-ci-prod", Tags=pairs(builder.tags("trading-ci-prod")))
    iam.attach_user_policy(
        UserName="trading-ci-prod", PolicyArn=builder.policy("trading-operations-prod", everything_else)
    )


# ------------------------------------------------------------------------------------------- where each shows

_VPC, _DR_VPC = ("trading-vpc-prod", PRIMARY), ("trading-dr-vpc-prod", RECOVERY)
_ALB, _DR_ALB = ("trading-alb-prod", PRIMARY), ("trading-dr-alb-prod", RECOVERY)
_ORDERS, _LEDGER = ("trading-orders-prod", "global"), ("trading-ledger-prod", "global")
_WRITER = ("trading-orders-primary-prod", PRIMARY)
_LEDGER_WRITER, _LEDGER_READER = ("trading-ledger-primary-prod", PRIMARY), ("trading-ledger-dr-prod", RECOVERY)
_REPORTING = ("trading-reporting-prod", PRIMARY)
_TABLE, _TRAILS = ("trading-config-prod", PRIMARY), ("arn:aws:cloudtrail:global:*", "global")
_API, _APP = ("api.trading-prod.example.com.", "global"), ("app.trading-prod.example.com.", "global")
_CHECKS, _KEY, _DR_KEY = ("healthcheck/*", "global"), (":key/*", PRIMARY), (":key/*", RECOVERY)
_FAILOVER, _FUNCTION = ("trading-failover-prod", "global"), ("trading-failover-prod", RECOVERY)
_CI = ("trading-ci-prod", "global")
_DB_SECRET, _GATEWAY = ("trading/prod/orders-db", PRIMARY), ("trading/prod/fix-gateway", PRIMARY)
_MARKET, _LEDGER_SECRET = ("trading/prod/market-data", PRIMARY), ("trading/prod/ledger-db", PRIMARY)
_SPANS, _PAIR, _VERSION = (
    "vpc-spans-too-few-zones",
    "no-complete-failover-pair",
    "global-database-version-unsupported-or-mismatched",
)
_AUTOMATED, _LAG_ALARM, _HEALTH_CHECK = (
    "database-failover-not-automated",
    "replication-lag-alarm-missing-or-unheard",
    "failover-health-check-misconfigured",
)
_TRUST, _INVOCABLE = (
    "role-trusts-unknown-or-unguarded-principal",
    "secret-rotation-function-missing-or-not-invocable",
)
_CODE_ALONE = "what was never deployed leaves no trace; DRF-01 names it, given the state"


def _fault(document: str, what: str, requirement: str, check: str, *places: tuple[str, str]) -> tuple[Fault, ...]:
    """A fault in each place: a resource and its region."""
    return tuple(
        Fault(document=document, what=what, requirements=(requirement,), check=check, resource=name, region=region)
        for name, region in places
    )


_OF_THE_DOCUMENT = (
    Fault(document="TDR 1", what="code that breaks off and cannot be applied", unseen=_CODE_ALONE),
    *_fault("TDR 1", "public subnets in two AZs only", "NET-01", _SPANS, _VPC),
    *_fault(
        "TDR 1",
        "subnet left to the main route table",
        "NET-04",
        "subnet-without-route-table-association",
        ("trading-private-c-prod", PRIMARY),
    ),
    *_fault(
        "TDR 1",
        "a security group for another engine than the database's",
        "NET-11",
        "database-security-group-admits-too-much",
        ("trading-dr-db-prod", RECOVERY),
    ),
    *_fault("TDR 1", "secrets in one region", "SEC-04", "secret-not-in-recovery-region", _DB_SECRET, _GATEWAY),
    *_fault("TDR 2", "no public subnets at all", "NET-01", _SPANS, _DR_VPC),
    *_fault(
        "TDR 2",
        "private subnets without a way out",
        "NET-06",
        "private-subnet-without-working-nat-gateway",
        ("trading-dr-private-a-prod", RECOVERY),
        ("trading-dr-private-c-prod", RECOVERY),
    ),
    *_fault("TDR 2", "no NAT gateways", "NET-06", "nat-gateways-against-strategy", _DR_VPC),
    *_fault(
        "TDR 2",
        "a recovery region that does not mirror the primary one",
        "NET-08",
        "recovery-region-does-not-mirror-primary",
        (RECOVERY, RECOVERY),
    ),
    *_fault("TDR 2", "no DNS host names", "NET-12", "vpc-dns-support-or-hostnames-off", _DR_VPC),
    *_fault("TDR 3", "no transit gateway", "NET-09", "regions-not-connected", _VPC, _DR_VPC),
    *_fault("TDR 3", "both VPCs with one block", "NET-10", "vpc-cidr-overlaps-another", _VPC, _DR_VPC),
    *_fault("TDR 4", "global database without a reader member", "DB-01", "global-database-incomplete", _ORDERS),
    *_fault("TDR 4", "two instances in one AZ", "DB-04", "cluster-without-enough-available-instances", _WRITER),
    *_fault("TDR 4", "one instance", "DB-04", "cluster-without-enough-available-instances", _LEDGER_READER),
    *_fault("TDR 4", "not encrypted", "DB-05", "database-instance-not-encrypted-with-customer-key", _REPORTING),
    *_fault("TDR 4", "backups kept for one day", "DB-06", "cluster-backups-kept-too-short", _WRITER),
    *_fault(
        "TDR 4",
        "no deletion protection in production",
        "DB-07",
        "global-database-deletion-protection-against-environment",
        _LEDGER,
    ),
    *_fault(
        "TDR 4",
        "neither Performance Insights nor enhanced monitoring",
        "DB-09",
        "database-instance-monitoring-off-or-too-coarse",
        _REPORTING,
    ),
    *_fault(
        "TDR 5",
        "a table in one region, without streams",
        "DDB-01",
        "table-without-counterpart-in-recovery-region",
        _TABLE,
    ),
    *_fault("TDR 5", "no point-in-time recovery", "DDB-02", "table-point-in-time-recovery-off", _TABLE),
    *_fault("TDR 6", "PRIMARY record without a SECONDARY", "DNS-02", _PAIR, _API),
    *_fault("TDR 6", "SECONDARY that leads to a deleted load balancer", "DNS-02", _PAIR, _APP),
    *_fault("TDR 6", "endpoint that belongs to nobody", "DNS-03", _HEALTH_CHECK, _CHECKS),
    *_fault("TDR 6", "a health check that fails", "DNS-04", "health-check-not-healthy", _CHECKS),
    *_fault(
        "TDR 6",
        "failover that takes longer than the recovery time objective",
        "DNS-05",
        "failover-exceeds-recovery-time-objective",
        _APP,
    ),
    *_fault("TDR 7", "a function that no topic invokes", "CMP-04", _AUTOMATED, _ORDERS, _LEDGER),
    *_fault(
        "TDR 7",
        "python3.9, as the document's own correction has it",
        "CMP-07",
        "function-runtime-deprecated",
        _FUNCTION,
    ),
    *_fault("TDR 8", "alarm on the writer, as the document's own correction has it", "MON-01", _LAG_ALARM, _LEDGER),
    *_fault("TDR 8", "no reader, and so no lag to watch", "MON-01", _LAG_ALARM, _ORDERS),
    *_fault("TDR 8", "topic without encryption", "MON-02", "topic-unencrypted", ("trading-alerts-prod", PRIMARY)),
    *_fault("TDR 8", "90 s of lag", "DB-12", "global-database-replication-lag-too-long", _LEDGER_READER),
    *_fault("TDR 9", "key that does not rotate", "KMS-01", "customer-key-does-not-rotate", _DR_KEY),
    *_fault("TDR 9", "table under a key of AWS's", "DDB-02", "table-not-encrypted-with-customer-key", _TABLE),
    *_fault("TDR 9", "secret under a key of AWS's", "SEC-06", "secret-not-encrypted-with-customer-key", _MARKET),
    *_fault("TDR 9", "key for everybody", "KMS-02", "key-policy-too-wide", _KEY),
    *_fault(
        "TDR 10",
        "failover of any database, as the document's own correction has it",
        "IAM-02",
        "role-actions-not-confined-to-resources",
        _FAILOVER,
    ),
    *_fault(
        "TDR 10",
        "monitoring role without its policy",
        "IAM-04",
        "instance-monitoring-role-missing-or-without-policy",
        ("trading-orders-primary-prod-1", PRIMARY),
        ("trading-ledger-dr-prod-1", RECOVERY),
    ),
    *_fault("TDR 10", "no trail", "MON-05", "no-sound-trail-of-every-region", _TRAILS),
    *_fault("TDR 11", "load balancers in two AZs", "LB-01", "no-active-internet-facing-load-balancer", _ALB, _DR_ALB),
    *_fault(
        "TDR 11",
        "nothing answers",
        "LB-05",
        "target-group-without-healthy-target",
        ("trading-dr-blue-prod", RECOVERY),
    ),
    *_fault(
        "TDR Conclusion",
        "TLS 1.0",
        "LB-02",
        "tls-listener-allows-old-protocol",
        ("trading-alb-prod:443", PRIMARY),
    ),
    *_fault(
        "TDR Conclusion",
        "unencrypted connections to the database",
        "DB-11",
        "cluster-accepts-unencrypted-connections",
        _LEDGER_WRITER,
    ),
    Fault(
        document="TDR Conclusion",
        what="no outputs",
        unseen="outputs are the code's, not the account's; DRF-04 compares them, given the state",
    ),
)
_FURTHER = (
    *_fault("DRF 1", "backtrack", "DB-03", "global-database-member-with-backtrack", _WRITER),
    *_fault("DRF 2", "no internet gateway", "NET-02", "load-balancer-vpc-without-internet-gateway", _DR_VPC),
    *_fault("DRF 2", "private subnets", "NET-03", "internet-facing-load-balancer-in-private-subnet", _DR_ALB),
    *_fault(
        "DRF 3",
        "reserved domain",
        "DNS-01",
        "hosted-zone-under-reserved-domain",
        ("trading-prod.example.com.", "global"),
    ),
    *_fault("DRF 4", "no global databases", "DB-02", _VERSION, _LEDGER, _LEDGER_WRITER, _LEDGER_READER),
    *_fault("DRF 5", "public subnet", "NET-07", "database-subnets-public-or-in-too-few-zones", _REPORTING),
    *_fault("DRF 5", "public instance", "NET-07", "database-instance-publicly-accessible", _REPORTING),
    *_fault(
        "FTX 2",
        "principals that nobody should trust: anyone, a deleted one, a database, an account without ExternalId",
        "IAM-03",
        _TRUST,
        *((f"trading-{name}-prod", "global") for name in ("readonly", "replication", "export", "partner")),
    ),
    *_fault("PAY 15", "AdministratorAccess", "IAM-01", "role-granted-every-action", _FAILOVER),
    *_fault("PAY 15", "everything but IAM on *", "IAM-01", "user-granted-every-action", _CI),
    *_fault("PAY 15", "AdministratorAccess", "IAM-05", "workload-role-can-raise-its-privileges", _FAILOVER),
    *_fault("PAY 15", "no use for 200 days", "IAM-07", "role-unused-too-long", ("trading-migration-prod", "global")),
    *_fault(
        "TMR 1",
        "password outside Secrets Manager",
        "DB-08",
        "cluster-master-password-outside-secrets-manager",
        _WRITER,
        _LEDGER_WRITER,
    ),
    *_fault(
        "TMR 1",
        "password outside Secrets Manager",
        "DB-08",
        "instance-master-password-outside-secrets-manager",
        _REPORTING,
    ),
    *_fault("TMR 1", "password in a variable", "SEC-05", "lambda-function-with-credentials-in-environment", _FUNCTION),
    *_fault(
        "TMR 2",
        "public addresses against the tier",
        "NET-05",
        "subnet-public-addresses-not-by-tier",
        ("trading-public-b-prod", PRIMARY),
        ("trading-dr-private-a-prod", RECOVERY),
    ),
    *_fault("TMR 5", "every 90 days", "SEC-01", "secret-rotation-off-or-too-slow", _GATEWAY),
    *_fault("TMR 5", "monthly by cron: gaps of 31 days", "SEC-01", "secret-rotation-off-or-too-slow", _DB_SECRET),
    *_fault("TMR 5", "due, never done", "SEC-02", "secret-rotation-overdue", _MARKET),
    *_fault("TMR 5", "function deleted", "SEC-03", _INVOCABLE, _LEDGER_SECRET),
    *_fault("TMR 5", "function that may not be invoked", "SEC-03", _INVOCABLE, ("trading/prod/dr-orders-db", RECOVERY)),
    *_fault("TMR 5", "AdministratorAccess", "IAM-06", "role-with-broad-aws-managed-policy", _FAILOVER),
    *_fault("TMR 6", "HTTP, failure threshold 5", "DNS-03", _HEALTH_CHECK, _CHECKS),
    *_fault(
        "-",
        "certificate about to expire",
        "LB-03",
        "certificate-not-issued-or-expiring",
        ("trading-alb-prod.trading-platform-prod.net", PRIMARY),
    ),
    *_fault("-", "key in use about to be deleted", "KMS-01", "customer-key-pending-deletion-in-use", _KEY),
)
FAULTS: tuple[Fault, ...] = (*_OF_THE_DOCUMENT, *_FURTHER)
