"""What is wrong in the faulty multi-region trading platform, and which findings tell of it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from auditor.demo.worlds.building import PRIMARY, trusts, trusts_service
from auditor.demo.worlds.data import Secrets
from auditor.demo.worlds.edge import UNREACHABLE
from auditor.demo.worlds.faults import Fault
from auditor.demo.worlds.network import ANYWHERE

if TYPE_CHECKING:
    from auditor.demo.worlds.building import Builder
    from auditor.demo.worlds.edge import Balancer, Zone
    from auditor.demo.worlds.network import Network, Plan

_RECOVERY = "eu-west-1"
VERSION = "15.4"
ZONE = "exchange-prod.example.com"
WRONG_SERVICE = "lambda"
WITHOUT_TAGS = ("CostCenter",)
_PASSWORD = "tempPassword123!"  # the document's own
STARTS = f"#!/bin/sh\nexport DB_PASSWORD='{_PASSWORD}'\nsystemctl enable --now trading-app\n"
IMAGES = {PRIMARY: "ami-0c55b159cbfafe1f0", _RECOVERY: "ami-0d71ea30463e0ff8d"}
"""The images whose ids the document writes down: the first is gone, the second is old and deprecated."""
TARGETS = {PRIMARY: "", _RECOVERY: UNREACHABLE}
"""What else than the instance stands behind a region's load balancer."""
_AMAZON_KEY = "alias/aws/secretsmanager"
_MONTHLY = {"AutomaticallyAfterDays": 30}
_BROAD = "arn:aws:iam::aws:policy/SecretsManagerReadWrite"
_OLD_DAYS = 200


def network(plan: Plan) -> Plan:
    """The plan without internet gateway, public subnets and route tables, and more that is wrong."""
    if plan.region == PRIMARY:
        return replace(plan, public_zones="", without_association="abc", without_suffix=("db",))
    return replace(plan, public_zones="", private_zones="ab", private_with_public_addresses="a")


def break_networks(builder: Builder, primary: Network, recovery: Network) -> None:
    """The primary database admits the world, and the recovery region's VPC gives its hosts no names."""
    rule = {
        "IpProtocol": "tcp",
        "FromPort": 5432,
        "ToPort": 5432,
        "IpRanges": [{"CidrIp": ANYWHERE, "Description": "everyone"}],
    }
    ec2 = builder.client("ec2", primary.region)
    ec2.authorize_security_group_ingress(GroupId=primary.groups["db"], IpPermissions=[rule])
    far = builder.client("ec2", recovery.region)
    far.modify_vpc_attribute(VpcId=recovery.vpc, EnableDnsHostnames={"Value": False})


def build_secrets(builder: Builder, role: str, key: str, far_key: str) -> None:
    """Secrets that nobody rotates or replicates, and functions with a password in their environment (TMR 1, 5)."""
    here = Secrets(builder, PRIMARY, _AMAZON_KEY, role)
    here.add("exchange/prod/db-master-password")
    sound = Secrets(builder, _RECOVERY, far_key, role)
    here.key = key
    here.rotate(here.add("exchange/prod/market-feed", age=60), _MONTHLY, last=None, age=60)
    old = builder.function(PRIMARY, "exchange-rotation-old-prod", role)
    here.rotate(here.add("exchange/prod/fix-gateway"), _MONTHLY, function=old)
    builder.client("lambda").delete_function(FunctionName=old)
    for name in ("market-feed", "fix-gateway"):
        sound.rotate(sound.add(f"exchange/prod/{name}"), _MONTHLY)
    builder.client("lambda").update_function_configuration(
        FunctionName=here.function,
        Runtime="python3.9",
        Environment={"Variables": {"DB_USER": "admin", "DB_PASSWORD": _PASSWORD}},
    )
    builder.client("iam").attach_role_policy(RoleName="exchange-rotation-prod", PolicyArn=_BROAD)


def build_dns(zone: Zone, primary: Balancer, recovery: Balancer, sound: str, settings: dict[str, Any]) -> None:
    """A PRIMARY without a SECONDARY, and a pair that stays in its region, whose health check is slow, and fails."""
    slow = zone.health_check("exchange-secondary-health-prod", recovery.dns_name, **settings, FailureThreshold=5)
    zone.alias("api", primary, "PRIMARY", sound)
    zone.alias("app", primary, "PRIMARY", sound)
    zone.alias("app", primary, "SECONDARY", slow)


def build_roles(builder: Builder) -> None:
    """A role for each kind of privilege that nobody should have."""
    operates = {"Effect": "Allow", "Action": "secretsmanager:*", "Resource": "*"}
    builder.role("exchange-operations-prod", trusts_service("ec2"), inline=operates)
    deploys = {
        "Effect": "Allow",
        "Action": ["iam:PassRole", "lambda:CreateFunction", "lambda:InvokeFunction"],
        "Resource": "*",
    }
    builder.role("exchange-deploy-prod", trusts_service("lambda"), inline=deploys)
    builder.role("exchange-readonly-prod", trusts("*"))
    with builder.days_ago(_OLD_DAYS):
        builder.role("exchange-migration-prod", trusts_service("ec2"))


# ------------------------------------------------------------------------------------------- where they show

_BALANCERS = "exchange-*-alb-prod"
FAULTS = (
    Fault(
        document="TMR 1",
        what="the cluster's master password is written down, and no secret belongs to it",
        requirements=("DB-08",),
        check="cluster-master-password-outside-secrets-manager",
        resource="exchange-primary-db-prod",
    ),
    Fault(
        document="TMR 1",
        what="the password in a function's environment",
        requirements=("SEC-05",),
        check="lambda-function-with-credentials-in-environment",
        resource="exchange-rotation-prod",
    ),
    *(
        Fault(
            document="TMR 1",
            what="the password in an instance's user data",
            requirements=("SEC-05",),
            check="instance-user-data-with-credentials",
            resource="exchange-*-app-prod",
            region=region,
        )
        for region in (PRIMARY, _RECOVERY)
    ),
    *(
        Fault(
            document="TMR 2",
            what="internet-facing load balancer in private subnets",
            requirements=("NET-03",),
            check="internet-facing-load-balancer-in-private-subnet",
            resource=_BALANCERS,
            region=region,
        )
        for region in (PRIMARY, _RECOVERY)
    ),
    *(
        Fault(
            document="TMR 2",
            what="no public subnets",
            requirements=("NET-01",),
            check="vpc-spans-too-few-zones",
            resource="exchange-*-vpc-prod",
            region=region,
        )
        for region in (PRIMARY, _RECOVERY)
    ),
    *(
        Fault(
            document="TMR 3",
            what="the recorder's role has no managed policy: it was named without service-role/",
            requirements=("MON-06",),
            check="config-recorder-off-or-incomplete",
            resource="default",
            region=region,
        )
        for region in (PRIMARY, _RECOVERY)
    ),
    Fault(
        document="TMR 4",
        what="an image's id is written down, and the image is gone",
        requirements=("CMP-01",),
        check="instance-image-missing-unapproved-or-outdated",
        resource="exchange-primary-app-prod",
    ),
    Fault(
        document="TMR 4",
        what="another image's id is written down, and the image is old and deprecated",
        requirements=("CMP-01",),
        check="instance-image-missing-unapproved-or-outdated",
        resource="exchange-secondary-app-prod",
        region=_RECOVERY,
    ),
    Fault(
        document="TMR 5",
        what="a secret does not rotate",
        requirements=("SEC-01",),
        check="secret-rotation-off-or-too-slow",
        resource="exchange/prod/db-master-password",
    ),
    Fault(
        document="TMR 5",
        what="SecretsManagerReadWrite on the rotation function's role, as the document's own correction has it",
        requirements=("IAM-06",),
        check="role-with-broad-aws-managed-policy",
        resource="exchange-rotation-prod",
        region="global",
    ),
    Fault(
        document="TMR 5",
        what="python3.9, as the document's own correction has it",
        requirements=("CMP-07",),
        check="function-runtime-deprecated",
        resource="exchange-rotation-prod",
    ),
    Fault(
        document="TMR 6",
        what="a health check interval of 10 s",
        unseen="Route 53 takes an interval of 10 or 30 s and refuses any other, and the register allows both.",
    ),
    Fault(
        document="TMR 7",
        what="the secondary cluster was never made, since the primary was not ready",
        requirements=("DB-01",),
        check="global-database-incomplete",
        resource="exchange-trading-prod",
        region="global",
    ),
    Fault(
        document="TMR 7",
        what="the primary cluster has no instance",
        requirements=("DB-04",),
        check="cluster-without-enough-available-instances",
        resource="exchange-primary-db-prod",
    ),
    Fault(
        document="TMR 8",
        what="a security group without the suffix in its name",
        requirements=("TAG-03",),
        check="name-without-environment-suffix",
        resource="exchange-primary-db",
    ),
    *(
        Fault(
            document="TMR 9",
            what="no internet gateway",
            requirements=("NET-02",),
            check="load-balancer-vpc-without-internet-gateway",
            resource="exchange-*-vpc-prod",
            region=region,
        )
        for region in (PRIMARY, _RECOVERY)
    ),
    Fault(
        document="TMR 9",
        what="subnets left to the main route table",
        requirements=("NET-04",),
        check="subnet-without-route-table-association",
        resource="exchange-primary-private-c-prod",
    ),
    # What the register demands besides: obvious faults.
    Fault(
        document="-",
        what="the accelerator has no endpoint group in the recovery region",
        requirements=("LB-06",),
        check="no-accelerator-to-load-balancers-in-each-region",
        resource="exchange-accelerator-prod",
        region="global",
    ),
    Fault(
        document="-",
        what="a private subnet hands out public addresses",
        requirements=("NET-05",),
        check="subnet-public-addresses-not-by-tier",
        resource="exchange-secondary-private-a-prod",
        region=_RECOVERY,
    ),
    Fault(
        document="-",
        what="databases in two zones",
        requirements=("NET-07",),
        check="database-subnets-public-or-in-too-few-zones",
        resource="exchange-primary-db-prod",
    ),
    Fault(
        document="-",
        what="fewer zones in the recovery region",
        requirements=("NET-08",),
        check="recovery-region-does-not-mirror-primary",
        resource=_RECOVERY,
        region=_RECOVERY,
    ),
    Fault(
        document="-",
        what="the database admits the world",
        requirements=("NET-11",),
        check="database-security-group-admits-too-much",
        resource="exchange-primary-db",
    ),
    Fault(
        document="-",
        what="hosts have no DNS names",
        requirements=("NET-12",),
        check="vpc-dns-support-or-hostnames-off",
        resource="exchange-secondary-vpc-prod",
        region=_RECOVERY,
    ),
    Fault(
        document="-",
        what="a recovery region next door",
        requirements=("NET-13",),
        unseen="Which regions play which part is the standard's to say, not the account's.",
    ),
    *(
        Fault(
            document="-",
            what="load balancer in two zones",
            requirements=("LB-01",),
            check="no-active-internet-facing-load-balancer",
            resource=_BALANCERS,
            region=region,
        )
        for region in (PRIMARY, _RECOVERY)
    ),
    Fault(
        document="-",
        what="the only target is unreachable",
        requirements=("LB-05",),
        check="target-group-without-healthy-target",
        resource="exchange-secondary-blue-prod",
        region=_RECOVERY,
    ),
    Fault(
        document="-",
        what="a version without global databases",
        requirements=("DB-02",),
        check="global-database-version-unsupported-or-mismatched",
        resource="exchange-trading-prod",
        region="global",
    ),
    Fault(
        document="-",
        what="the cluster is not encrypted, as the document has it",
        requirements=("DB-05",),
        check="cluster-not-encrypted-with-customer-key",
        resource="exchange-primary-db-prod",
    ),
    Fault(
        document="-",
        what="the global database is not encrypted, as the document has it",
        requirements=("DB-05",),
        check="global-database-not-encrypted",
        resource="exchange-trading-prod",
        region="global",
    ),
    Fault(
        document="-",
        what="rotation due, never done",
        requirements=("SEC-02",),
        check="secret-rotation-overdue",
        resource="exchange/prod/market-feed",
    ),
    Fault(
        document="-",
        what="the rotation function is deleted",
        requirements=("SEC-03",),
        check="secret-rotation-function-missing-or-not-invocable",
        resource="exchange/prod/fix-gateway",
    ),
    Fault(
        document="-",
        what="a secret that the recovery region lacks",
        requirements=("SEC-04",),
        check="secret-not-in-recovery-region",
        resource="exchange/prod/db-master-password",
    ),
    Fault(
        document="-",
        what="a secret under AWS's own key",
        requirements=("SEC-06",),
        check="secret-not-encrypted-with-customer-key",
        resource="exchange/prod/db-master-password",
    ),
    Fault(
        document="-",
        what="a zone under a reserved domain",
        requirements=("DNS-01",),
        check="hosted-zone-under-reserved-domain",
        resource=f"{ZONE}.",
        region="global",
    ),
    Fault(
        document="-",
        what="a PRIMARY record without a SECONDARY",
        requirements=("DNS-02",),
        check="no-complete-failover-pair",
        resource=f"api.{ZONE}.",
        region="global",
    ),
    Fault(
        document="-",
        what="a SECONDARY record that leads to the primary region",
        requirements=("DNS-02",),
        check="no-complete-failover-pair",
        resource=f"app.{ZONE}.",
        region="global",
    ),
    Fault(
        document="-",
        what="failure threshold 5",
        requirements=("DNS-03",),
        check="failover-health-check-misconfigured",
        resource="healthcheck/*",
        region="global",
    ),
    Fault(
        document="-",
        what="a health check that fails",
        requirements=("DNS-04",),
        check="health-check-not-healthy",
        resource="healthcheck/*",
        region="global",
    ),
    Fault(
        document="-",
        what="secretsmanager:* on *",
        requirements=("IAM-01",),
        check="role-granted-every-action",
        resource="exchange-operations-prod",
        region="global",
    ),
    Fault(
        document="-",
        what="actions on * that could be confined",
        requirements=("IAM-02",),
        check="role-actions-not-confined-to-resources",
        resource="exchange-deploy-prod",
        region="global",
    ),
    Fault(
        document="-",
        what="a role trusts everybody",
        requirements=("IAM-03",),
        check="role-trusts-unknown-or-unguarded-principal",
        resource="exchange-readonly-prod",
        region="global",
    ),
    Fault(
        document="-",
        what="the instances' role does not trust EC2",
        requirements=("IAM-04",),
        check="instance-profile-missing-or-not-trusting-ec2",
        resource="exchange-primary-app-prod",
    ),
    Fault(
        document="-",
        what="PassRole and CreateFunction together",
        requirements=("IAM-05",),
        check="workload-role-can-raise-its-privileges",
        resource="exchange-deploy-prod",
        region="global",
    ),
    Fault(
        document="-",
        what="a role that nobody has used in 200 days",
        requirements=("IAM-07",),
        check="role-unused-too-long",
        resource="exchange-migration-prod",
        region="global",
    ),
    *(
        Fault(
            document="-",
            what="load balancers without CostCenter",
            requirements=("TAG-01",),
            check="required-tags-missing",
            resource=_BALANCERS,
            region=region,
        )
        for region in (PRIMARY, _RECOVERY)
    ),
)
