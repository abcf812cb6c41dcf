"""What is wrong with the faulty system of financial transactions: the document's faults, and further ones."""

from __future__ import annotations

from typing import TYPE_CHECKING

from auditor.demo.worlds.building import PRIMARY, RECOVERY, pairs, trusts_service
from auditor.demo.worlds.data import ClusterPlan, build_cluster, build_global_cluster
from auditor.demo.worlds.faults import Fault
from auditor.demo.worlds.monitoring import build_log_group, build_topic
from auditor.demo.worlds.network import Plan, build_network

if TYPE_CHECKING:
    from collections.abc import Mapping

    from auditor.demo.worlds.building import Builder
    from auditor.demo.worlds.data import Secrets
    from auditor.demo.worlds.network import Network

REPORTING = "reporting-aurora-cluster-prod"
_MYSQL = ("aurora-mysql", "8.0.mysql_aurora.3.04.0")
_RDS_FULL_ACCESS = "arn:aws:iam::aws:policy/AmazonRDSFullAccess"


def break_further(builder: Builder, primary: Network, recovery: Network, secrets: Secrets) -> None:
    """Deploy what is wrong as a whole, and spoil what was deployed rightly."""
    _half_a_global_database(builder, primary, secrets)
    _the_same_block_again(builder, recovery)
    _key_about_to_be_deleted(builder)
    _roles(builder)
    _functions(builder)
    _tags(builder)


def _half_a_global_database(builder: Builder, network: Network, secrets: Secrets) -> None:
    """One whose secondary cluster was never made (Deployment Summary), and with a backtrack window (DRF 1)."""
    build_global_cluster(builder, "reporting-global-prod", *_MYSQL)
    plan = ClusterPlan(
        region=PRIMARY,
        name=REPORTING,
        key=secrets.key,
        groups=(network.groups["db"],),
        subnet_group="primary-db-subnets-prod",
        monitoring_role=f"arn:aws:iam::{builder.account}:role/{builder.project}-rds-monitoring-prod",
        engine=_MYSQL[0],
        version=_MYSQL[1],
        global_cluster="reporting-global-prod",
        further={"BacktrackWindow": 259200},
    )
    build_cluster(builder, plan)
    secrets.rotate(secrets.add("transactions/prod/reporting", database=REPORTING), {"AutomaticallyAfterDays": 30})


def _the_same_block_again(builder: Builder, recovery: Network) -> None:
    """FTX 5: code with its block written into it, used a second time; and a VPC that resolves no names."""
    build_network(builder, Plan(PRIMARY, "analytics", "10.0.0.0/16", public_zones="", private_zones="ab"))
    builder.client("ec2", RECOVERY).modify_vpc_attribute(VpcId=recovery.vpc, EnableDnsHostnames={"Value": False})


def _key_about_to_be_deleted(builder: Builder) -> None:
    key = builder.key(PRIMARY, "archive-key-prod")
    build_topic(builder, PRIMARY, "archive-notices-prod", key=key)
    builder.client("kms").schedule_key_deletion(KeyId=key.rpartition("/")[2], PendingWindowInDays=7)


def _roles(builder: Builder) -> None:
    def allows(*actions: str) -> Mapping[str, object]:
        return {"Effect": "Allow", "Action": list(actions), "Resource": "*"}

    trust = trusts_service("lambda")
    builder.role("transactions-deploy-prod", trust, inline=allows("rds:*"))
    builder.role("transactions-jobs-prod", trust, inline=allows("iam:PassRole", "lambda:CreateFunction"))
    builder.role("transactions-export-prod", trust, managed=(_RDS_FULL_ACCESS,))
    with builder.days_ago(200):
        builder.role("transactions-migration-prod", trust)


def _functions(builder: Builder) -> None:
    """A runtime that AWS has given up, and the failover function's role, whose creation failed (FTX 2)."""
    builder.client("lambda", RECOVERY).update_function_configuration(
        FunctionName="secondary-monitor-prod", Runtime="python3.9"
    )
    iam, role = builder.client("iam"), f"dr-operations-prod-{RECOVERY}"
    for policy in iam.list_role_policies(RoleName=role)["PolicyNames"]:
        iam.delete_role_policy(RoleName=role, PolicyName=policy)
    for attached in iam.list_attached_role_policies(RoleName=role)["AttachedPolicies"]:
        iam.detach_role_policy(RoleName=role, PolicyArn=attached["PolicyArn"])
    iam.delete_role(RoleName=role)


def _tags(builder: Builder) -> None:
    """FTX 7: an Environment that is another one's, a part that was copied, a tag that is missing; a name of `dev`."""
    rds = builder.client("rds", RECOVERY)
    group = rds.describe_db_subnet_groups(DBSubnetGroupName="secondary-db-subnets-prod")["DBSubnetGroups"][0]
    rds.add_tags_to_resource(
        ResourceName=group["DBSubnetGroupArn"], Tags=pairs({"Environment": "dev", "DR-Role": "primary"})
    )
    topic = f"arn:aws:sns:{PRIMARY}:{builder.account}:primary-alerts-prod"
    builder.client("sns").untag_resource(ResourceArn=topic, TagKeys=["Environment"])
    build_log_group(builder, PRIMARY, "/aws/lambda/primary-monitor-dev")


# ------------------------------------------------------------------------------------------- where each shows


def _fault(document: str, what: str, requirement: str, check: str, resource: str, region: str = PRIMARY) -> Fault:
    return Fault(
        document=document, what=what, requirements=(requirement,), check=check, resource=resource, region=region
    )


_WRITER, _READER = "primary-aurora-cluster-prod", "secondary-aurora-cluster-prod"
_GLOBAL, _HALF = "aurora-global-prod", "reporting-global-prod"
_SUBNETS, _KEY = "secondary-db-subnets-prod", ":key/*"
_VERSION = "global-database-version-unsupported-or-mismatched"
_PROTECTION = "deletion-protection-against-environment"
_LAG = "replication-lag-alarm-missing-or-unheard"
_RESERVED = "monitoring-function-reserved-concurrency-not-as-documented"
_CLOCK = "no-function-runs-as-often-as-documented"
_PAIR, _NAME = "no-complete-failover-pair", "db.transactions-prod.example.com."
_TRUST, _OPERATIONS = "role-trusts-unknown-or-unguarded-principal", "dr-operations-role-prod"
_BLOCK, _OVERLAP, _NO_NAMES = (
    "no-vpc-with-the-documented-cidr",
    "vpc-cidr-overlaps-another",
    "vpc-dns-support-or-hostnames-off",
)
_SUMMARY = "FTX Deployment Summary"
_TRAINING = "FTX Training Value Justification"

_OF_THE_DOCUMENT = (
    _fault("FTX 1", "version without global databases", "DB-02", _VERSION, _GLOBAL, "global"),
    _fault("FTX 1", "the writer runs it", "DB-02", _VERSION, _WRITER),
    _fault("FTX 1", "the reader runs it", "DB-02", _VERSION, _READER, RECOVERY),
    _fault("FTX 1", "DNS without the database that it should fail over to", "DNS-02", _PAIR, _NAME, "global"),
    _fault("FTX 2", "role that trusts a database cluster", "IAM-03", _TRUST, _OPERATIONS, "global"),
    _fault("FTX 3", "two reserved executions instead of five", "CMP-02", _RESERVED, "primary-monitor-prod"),
    _fault("FTX 3", "monitoring every five minutes", "CMP-03", _CLOCK, "secondary-monitor-prod", RECOVERY),
    _fault("FTX 3", "no function that runs every minute", "CMP-02", _RESERVED, ":lambda:us-west-2:*", RECOVERY),
    _fault("FTX 3", "alarm above 30 s of lag, that nobody confirmed", "MON-01", _LAG, _GLOBAL, "global"),
    _fault("FTX 4", "unprotected in production", "DB-07", f"global-database-{_PROTECTION}", _GLOBAL, "global"),
    _fault("FTX 4", "unprotected in production", "DB-07", f"cluster-{_PROTECTION}", _WRITER),
    _fault("FTX 5", "another block than the documented one", "NET-10", _BLOCK, RECOVERY, RECOVERY),
    _fault("FTX 5", "block written into code that serves twice", "NET-10", _OVERLAP, "analytics-vpc-prod"),
    _fault("FTX 5", "the block that it overlaps", "NET-10", _OVERLAP, "primary-vpc-prod"),
    _fault("FTX 5", "no DNS host names", "NET-12", _NO_NAMES, "secondary-vpc-prod", RECOVERY),
    _fault("FTX 5", "part of the other region", "TAG-04", "recovery-role-tag-missing-or-wrong", _SUBNETS, RECOVERY),
    Fault(
        document="FTX 6",
        what="failover records without weights",
        unseen="the document itself finds them right: failover routing knows no weights",
    ),
    _fault("FTX 7", "environment of another one", "TAG-02", "environment-tag-wrong", _SUBNETS, RECOVERY),
    _fault("FTX 7", "environment not told", "TAG-01", "required-tags-missing", "primary-alerts-prod"),
    _fault("FTX 7", "named for dev", "TAG-03", "name-without-environment-suffix", "aws-lambda-primary-monitor-dev"),
    _fault(_SUMMARY, "secondary cluster not made", "DB-01", "global-database-incomplete", _HALF, "global"),
    _fault(_SUMMARY, "no reader, and so no lag to watch", "MON-01", _LAG, _HALF, "global"),
    _fault(
        _SUMMARY,
        "role of the failover function not made",
        "IAM-04",
        "function-role-missing-or-not-trusting-lambda",
        "dr-operations-prod",
        RECOVERY,
    ),
    Fault(
        document=_SUMMARY,
        what="role for disaster recovery not made",
        unseen="a role that nothing refers to leaves no trace by its absence; DRF-01 names it, given the state",
    ),
    _fault(_SUMMARY, "peering without a way back", "NET-09", "regions-not-connected", "primary-vpc-prod"),
    _fault(_SUMMARY, "peering without a way back", "NET-09", "regions-not-connected", "secondary-vpc-prod", RECOVERY),
    _fault(
        _SUMMARY,
        "EKS gone out of support",
        "CMP-08",
        "eks-cluster-not-active-or-unsupported",
        "secondary-eks-prod",
        RECOVERY,
    ),
    _fault(_TRAINING, "key of AWS's own", "DB-05", "cluster-not-encrypted-with-customer-key", _READER, RECOVERY),
    _fault(_TRAINING, "key that does not rotate", "KMS-01", "customer-key-does-not-rotate", _KEY, RECOVERY),
)
_FURTHER = (
    _fault("-", "subnets in two zones", "NET-01", "vpc-spans-too-few-zones", "secondary-vpc-prod", RECOVERY),
    _fault(
        "-", "fewer zones than the primary", "NET-08", "recovery-region-does-not-mirror-primary", RECOVERY, RECOVERY
    ),
    _fault("-", "further VPC that is not connected", "NET-09", "regions-not-connected", "analytics-vpc-prod"),
    _fault("-", "backtrack", "DB-03", "global-database-member-with-backtrack", REPORTING),
    _fault("-", "no instance", "DB-04", "cluster-without-enough-available-instances", _READER, RECOVERY),
    _fault("-", "password that does not rotate", "DB-08", "cluster-master-password-outside-secrets-manager", _WRITER),
    _fault("-", "90 s of lag", "DB-12", "global-database-replication-lag-too-long", _READER, RECOVERY),
    _fault(
        "-",
        "reserved domain",
        "DNS-01",
        "hosted-zone-under-reserved-domain",
        "transactions-prod.example.com.",
        "global",
    ),
    _fault("-", "unhealthy primary", "DNS-04", "health-check-not-healthy", "healthcheck/*", "global"),
    _fault("-", "deprecated runtime", "CMP-07", "function-runtime-deprecated", "secondary-monitor-prod", RECOVERY),
    _fault("-", "unencrypted topic", "MON-02", "topic-unencrypted", "primary-alerts-prod"),
    _fault("-", "every action of RDS", "IAM-01", "role-granted-every-action", "transactions-deploy-prod", "global"),
    _fault(
        "-",
        "every action of RDS",
        "IAM-02",
        "role-actions-not-confined-to-resources",
        "transactions-deploy-prod",
        "global",
    ),
    _fault(
        "-", "any role passed", "IAM-02", "role-actions-not-confined-to-resources", "transactions-jobs-prod", "global"
    ),
    _fault(
        "-", "any role passed", "IAM-05", "workload-role-can-raise-its-privileges", "transactions-jobs-prod", "global"
    ),
    _fault("-", "full access", "IAM-06", "role-with-broad-aws-managed-policy", "transactions-export-prod", "global"),
    _fault("-", "role without use", "IAM-07", "role-unused-too-long", "transactions-migration-prod", "global"),
    _fault("-", "key for everybody", "KMS-02", "key-policy-too-wide", _KEY),
    _fault("-", "key in use about to be deleted", "KMS-01", "customer-key-pending-deletion-in-use", _KEY),
)
FAULTS: tuple[Fault, ...] = (*_OF_THE_DOCUMENT, *_FURTHER)
