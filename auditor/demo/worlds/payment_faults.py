"""What is wrong with the faulty payment platform: the document's faults (PAY), and further ones."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from auditor.demo.worlds.building import PRIMARY, REQUIRED_TAGS, pairs, trusts, trusts_service
from auditor.demo.worlds.edge import TLS_1_0_UP, UNREACHABLE, TargetGroups, build_balancer, import_certificate
from auditor.demo.worlds.faults import Fault
from auditor.demo.worlds.network import ANYWHERE, Plan, build_network

if TYPE_CHECKING:
    from auditor.demo.worlds.building import Builder
    from auditor.demo.worlds.compute import ServicePlan
    from auditor.demo.worlds.data import ClusterPlan, Secrets
    from auditor.demo.worlds.network import Network

HOSTILE_NAMES = ("<script>alert(1)</script>", "=cmd|' /C calc'!A0", "<!channel>")
FOREIGN_FUNCTION = f"arn:aws:lambda:{PRIMARY}:aws:function:SecretsManagerRDSMySQLRotationSingleUser"
READS_ANYTHING = {"Effect": "Allow", "Action": ["s3:*", "secretsmanager:*"], "Resource": "*"}
BALANCER: dict[str, Any] = {
    "policy": "",
    "without_tags": ("CostCenter", "MigrationPhase"),
    "groups": TargetGroups(colors=("blue",), weights=(100,), targets=""),
}
_PASSWORD = "MySecurePassword123!"  # the document's own
_AWS_KEY = "alias/aws/secretsmanager"
_MONTHLY = {"AutomaticallyAfterDays": 30}
_BROAD = "arn:aws:iam::aws:policy/SecretsManagerReadWrite"
_OLD_DAYS = 200


def network(plan: Plan) -> Plan:
    """PAY 1, 16, 18, 19: two zones, a NAT gateway in each, a VPC without tags, a group without suffix."""
    return replace(plan, public_zones="ab", private_zones="ab", single_nat=False, tagged=False, without_suffix=("app",))


def build_secrets(secrets: Secrets, name: str, database: str) -> str:
    """PAY 7: no rotation schedule, and a function in the account `aws`; the ARN of the database's secret."""
    key, secrets.key = secrets.key, _AWS_KEY
    password = secrets.add(name, database=database)
    secrets.key = key
    secrets.rotate_with_foreign_function(secrets.add("payment/prod/api", age=60), _MONTHLY, FOREIGN_FUNCTION)
    return password


def build_instance(builder: Builder, plan: ClusterPlan) -> None:
    """PAY 3, 4, 6: MySQL on an instance, its password written down; the role that monitors it may not."""
    monitors = builder.role("payment-db-monitoring-prod", trusts_service("monitoring.rds"))
    builder.client("rds").create_db_instance(
        DBInstanceIdentifier="payment-db-prod",
        DBInstanceClass="db.t3.medium",
        Engine="mysql",
        EngineVersion="8.0.35",
        AllocatedStorage=20,
        MasterUsername="dbadmin",
        MasterUserPassword=_PASSWORD,
        DBSubnetGroupName=plan.subnet_group,
        VpcSecurityGroupIds=list(plan.groups),
        AvailabilityZone=PRIMARY + "a",
        BackupRetentionPeriod=1,
        DeletionProtection=False,
        StorageEncrypted=False,
        MonitoringInterval=60,
        MonitoringRoleArn=monitors,
        Tags=pairs(builder.tags("payment-db-prod")),
    )


def service(plan: ServicePlan) -> ServicePlan:
    """PAY 3: the password in the task's environment. Its image is missing, and it would run in one zone."""
    written_down = (("DB_USER", "dbadmin"), ("DB_PASSWORD", _PASSWORD))
    return replace(plan, subnets=plan.subnets[:1], starts=False, secret="", environment=written_down)


def break_further(builder: Builder, network: Network, service: str) -> None:
    """Deploy what is wrong as a whole, and spoil what was deployed rightly."""
    _old_network(builder)
    _hostile_names(builder, network)
    _open_database(builder, network)
    _roles(builder)
    builder.client("lambda").update_function_configuration(FunctionName="payment-rotation-prod", Runtime="python3.9")
    builder.client("ecs").tag_resource(resourceArn=service, tags=[{"key": "Environment", "value": "dev"}])


def _old_network(builder: Builder) -> None:
    """A VPC without a way in or out, and an internet-facing load balancer in it, all left over from before."""
    plan = Plan(PRIMARY, "payment-old", "10.21.0.0/16", public_zones="", private_zones="ab", without_association="b")
    made = build_network(builder, plan)
    builder.client("ec2").modify_vpc_attribute(VpcId=made.vpc, EnableDnsHostnames={"Value": False})
    build_balancer(
        builder,
        made,
        "payment-old-alb-prod",
        policy=TLS_1_0_UP,
        certificates=(import_certificate(builder, PRIMARY, "payment-old-prod", days_left=10),),
        groups=TargetGroups(colors=("blue", "green"), targets=UNREACHABLE, differs={"HealthCheckPath": "/ready"}),
    )


def _hostile_names(builder: Builder, network: Network) -> None:
    """PAY 14: groups without the required tags, whose names would do harm where they are not quoted."""
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


def _open_database(builder: Builder, network: Network) -> None:
    everyone = {"IpProtocol": "tcp", "FromPort": 3306, "ToPort": 3306, "IpRanges": [{"CidrIp": ANYWHERE}]}
    builder.client("ec2").authorize_security_group_ingress(GroupId=network.groups["db"], IpPermissions=[everyone])


def _roles(builder: Builder) -> None:
    """A role for each kind of privilege that nobody should have."""
    deploys = {
        "Effect": "Allow",
        "Action": ["iam:PassRole", "lambda:CreateFunction", "lambda:InvokeFunction"],
        "Resource": "*",
    }
    builder.role("payment-deploy-prod", trusts_service("lambda"), inline=deploys)
    builder.role("payment-support-prod", trusts("*"))
    builder.client("iam").attach_role_policy(RoleName="payment-rotation-prod", PolicyArn=_BROAD)
    with builder.days_ago(_OLD_DAYS):
        builder.role("payment-import-prod", trusts_service("ec2"))


# ------------------------------------------------------------------------------------------- where each shows


def _fault(document: str, what: str, requirement: str, check: str, resource: str, region: str = PRIMARY) -> Fault:
    return Fault(
        document=document, what=what, requirements=(requirement,), check=check, resource=resource, region=region
    )


_BALANCER, _OLD_BALANCER = "payment-alb-prod", "payment-old-alb-prod"
_CLUSTER, _INSTANCE, _SERVICE = "payment-aurora-prod", "payment-db-prod", "payment-api-prod"
_LISTENS, _NO_COLOR = "http-listener-does-not-redirect", "no-blue-and-green-target-groups"
_ZONES, _BALANCED = "vpc-spans-too-few-zones", "no-active-internet-facing-load-balancer"
_PASSWORDS = "instance-master-password-outside-secrets-manager"
_DAILY, _RECENT = "database-{}-not-backed-up-daily", "database-{}-without-recent-recovery-point"
_WATCHED = "database-{}-without-cpu-or-connections-alarm"
_TAGS, _CONFINED = "required-tags-missing", "role-actions-not-confined-to-resources"
_RAISES = "workload-role-can-raise-its-privileges"
_EVERYWHERE = "global"

_OF_THE_DOCUMENT = (
    _fault("PAY 1", "two zones instead of three", "NET-01", _ZONES, "vpc/vpc-*"),
    _fault("PAY 1", "load balancer in two zones", "LB-01", _BALANCED, _BALANCER),
    _fault("PAY 1", "databases in two zones", "NET-07", "database-subnets-public-or-in-too-few-zones", _INSTANCE),
    _fault("PAY 2", "one target group", "LB-04", _NO_COLOR, _BALANCER),
    _fault("PAY 3", "password in the task's environment", "SEC-05", "task-definition-with-credentials", _SERVICE),
    _fault("PAY 3", "and so in what runs", "SEC-05", "service-task-definition-with-credentials", _SERVICE),
    _fault("PAY 3", "master password written down", "DB-08", _PASSWORDS, _INSTANCE),
    _fault("PAY 4", "MySQL on an instance", "DB-10", "database-instance-outside-aurora-cluster", _INSTANCE),
    Fault(
        document="PAY 5",
        what="skipFinalSnapshot is false",
        unseen="It is said when a database is deleted, and no API tells it before; DeletionProtection is what shows.",
    ),
    _fault(
        "PAY 5",
        "deletion protection does not follow the environment",
        "DB-07",
        "instance-deletion-protection-against-environment",
        _INSTANCE,
    ),
    _fault("PAY 6", "no secret of the database that is used", "DB-08", _PASSWORDS, _INSTANCE),
    _fault(
        "PAY 6",
        "secret that is not the cluster's rotating one",
        "DB-08",
        "cluster-master-password-outside-secrets-manager",
        _CLUSTER,
    ),
    _fault("PAY 7", "no rotation", "SEC-01", "secret-rotation-off-or-too-slow", "payment/prod/db"),
    _fault(
        "PAY 7",
        "function in the account aws",
        "SEC-03",
        "secret-rotation-function-missing-or-not-invocable",
        "payment/prod/api",
    ),
    _fault("PAY 8", "plain HTTP that forwards", "LB-02", _LISTENS, f"{_BALANCER}:80"),
    _fault("PAY 8", "no HTTPS listener", "LB-02", "load-balancer-without-tls-listener", _BALANCER),
    _fault(
        "PAY 9",
        "ECS on the dashboard alone",
        "MON-04",
        "dashboards-lack-documented-metrics",
        "payment-overview-prod",
        _EVERYWHERE,
    ),
    _fault("PAY 10", "no alarms", "MON-03", "no-alarm-with-actions", ":cloudwatch:global:*", _EVERYWHERE),
    _fault("PAY 10", "none on the service", "MON-03", "ecs-service-without-cpu-or-memory-alarm", _SERVICE),
    _fault("PAY 10", "none on the database", "MON-03", _WATCHED.format("instance"), _INSTANCE),
    _fault("PAY 10", "none on the cluster", "MON-03", _WATCHED.format("cluster"), _CLUSTER),
    _fault("PAY 11", "no plan", "BAK-01", "backup-plan-not-daily-or-kept-too-short", ":backup:global:*", _EVERYWHERE),
    _fault("PAY 11", "database without backups", "BAK-01", _DAILY.format("instance"), _INSTANCE),
    _fault("PAY 11", "cluster without backups", "BAK-01", _DAILY.format("cluster"), _CLUSTER),
    _fault("PAY 11", "no recovery point", "BAK-02", _RECENT.format("instance"), _INSTANCE),
    _fault("PAY 11", "no recovery point", "BAK-02", _RECENT.format("cluster"), _CLUSTER),
    _fault("PAY 12", "no state machine", "CMP-05", "no-sound-cutover-state-machine", ":states:global:*", _EVERYWHERE),
    _fault("PAY 13", "no parameters", "CMP-06", "database-secret-not-named-in-parameter-store", ":ssm:us-east-1:*"),
    _fault("PAY 14", "CostCenter and MigrationPhase missing", "TAG-01", _TAGS, _BALANCER),
    _fault("PAY 14", "CostCenter and MigrationPhase missing", "TAG-01", _TAGS, "payment-blue-prod"),
    _fault("PAY 14", "hostile names instead of tags", "TAG-01", _TAGS, "payment-legacy-?-prod"),
    _fault("PAY 15", "s3:* on everything", "IAM-01", "role-granted-every-action", "payment-task-prod", _EVERYWHERE),
    _fault("PAY 15", "no secret in particular", "IAM-02", _CONFINED, "payment-task-prod", _EVERYWHERE),
    Fault(
        document="PAY 16",
        what="a NAT gateway in each zone",
        unseen='It costs more and is no weakness: nat_strategy is "any" by default; with "single" NET-06 fails.',
    ),
    Fault(
        document="PAY 17",
        what="outputs are missing",
        unseen="A Pulumi stack's outputs stand in its state alone; DRF-04 judges them where that state is given.",
    ),
    _fault("PAY 18", "the VPC has no tags", "TAG-01", _TAGS, "vpc/vpc-*"),
    Fault(
        document="PAY 19",
        what="environmentSuffix is not required",
        unseen="It is a type in the program; what shows is a name without the suffix.",
    ),
    _fault("PAY 19", "name without the suffix", "TAG-03", "name-without-environment-suffix", "payment-app"),
)
_FURTHER = (
    _fault("-", "second VPC without public subnets", "NET-01", _ZONES, "payment-old-vpc-prod"),
    _fault("-", "no internet gateway", "NET-02", "load-balancer-vpc-without-internet-gateway", "payment-old-vpc-prod"),
    _fault("-", "private subnets", "NET-03", "internet-facing-load-balancer-in-private-subnet", _OLD_BALANCER),
    _fault("-", "main route table", "NET-04", "subnet-without-route-table-association", "payment-old-private-b-prod"),
    _fault("-", "no way out", "NET-06", "private-subnet-without-working-nat-gateway", "payment-old-private-a-prod"),
    _fault("-", "no NAT gateway", "NET-06", "nat-gateways-against-strategy", "payment-old-vpc-prod"),
    _fault("-", "database open to all", "NET-11", "database-security-group-admits-too-much", _INSTANCE),
    _fault("-", "port open to all", "NET-11", "security-group-open-to-the-world", _INSTANCE),
    _fault("-", "hosts without names", "NET-12", "vpc-dns-support-or-hostnames-off", "payment-old-vpc-prod"),
    _fault("-", "two zones", "LB-01", _BALANCED, _OLD_BALANCER),
    _fault("-", "TLS 1.0", "LB-02", "tls-listener-allows-old-protocol", f"{_OLD_BALANCER}:443"),
    _fault("-", "ten days left", "LB-03", "certificate-not-issued-or-expiring", "payment-old-prod.*"),
    _fault("-", "blue and green differ", "LB-04", _NO_COLOR, _OLD_BALANCER),
    _fault("-", "no targets", "LB-05", "target-group-without-healthy-target", "payment-blue-prod"),
    _fault("-", "unhealthy targets", "LB-05", "target-group-without-healthy-target", "payment-old-blue-prod"),
    _fault("-", "no instances", "DB-04", "cluster-without-enough-available-instances", _CLUSTER),
    _fault("-", "not encrypted", "DB-05", "database-instance-not-encrypted-with-customer-key", _INSTANCE),
    _fault("-", "backups kept for a day", "DB-06", "instance-backups-kept-too-short", _INSTANCE),
    _fault("-", "rotation never done", "SEC-02", "secret-rotation-overdue", "payment/prod/api"),
    _fault("-", "key of AWS's own", "SEC-06", "secret-not-encrypted-with-customer-key", "payment/prod/db"),
    _fault("-", "deprecated runtime", "CMP-07", "function-runtime-deprecated", "payment-rotation-prod"),
    _fault("-", "image is missing", "CMP-08", "ecs-service-short-of-tasks", _SERVICE),
    _fault("-", "service in one zone", "CMP-08", "ecs-service-in-one-zone", _SERVICE),
    _fault("-", "any role passed", "IAM-02", _CONFINED, "payment-deploy-prod", _EVERYWHERE),
    _fault(
        "-",
        "role that trusts all",
        "IAM-03",
        "role-trusts-unknown-or-unguarded-principal",
        "payment-support-prod",
        _EVERYWHERE,
    ),
    _fault("-", "no policy", "IAM-04", "instance-monitoring-role-missing-or-without-policy", _INSTANCE),
    _fault("-", "any role passed", "IAM-05", _RAISES, "payment-deploy-prod", _EVERYWHERE),
    _fault("-", "by the broad policy", "IAM-05", _RAISES, "payment-rotation-prod", _EVERYWHERE),
    _fault("-", "broad policy", "IAM-06", "role-with-broad-aws-managed-policy", "payment-rotation-prod", _EVERYWHERE),
    _fault("-", "role without use", "IAM-07", "role-unused-too-long", "payment-import-prod", _EVERYWHERE),
    _fault("-", "Environment of another one", "TAG-02", "environment-tag-wrong", _SERVICE),
)
FAULTS: tuple[Fault, ...] = (*_OF_THE_DOCUMENT, *_FURTHER)
