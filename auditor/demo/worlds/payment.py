"""The payment platform (standard payment-migration, document PAY), in us-east-1.

A VPC over three zones with one NAT gateway; a load balancer with TLS before blue and green target groups; an ECS
service on Fargate; Aurora Serverless v2, whose password is a secret that rotates; a state machine that switches traffic
over; parameters, dashboard, alarms and daily backups. What the faulty variant has wrong is listed in `payment_faults`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from auditor.demo.worlds import payment_faults
from auditor.demo.worlds.backups import BackupPlan, back_up, build_backup_plan, build_backup_role
from auditor.demo.worlds.building import PRIMARY, document, put_key_policy, trusts_service
from auditor.demo.worlds.compute import (
    CUTOVER_STATES,
    EXECUTION_POLICY,
    ServicePlan,
    build_cutover,
    build_parameters,
    build_service,
)
from auditor.demo.worlds.data import (
    ClusterPlan,
    Secrets,
    build_cluster,
    build_monitoring_role,
    build_rotation_role,
    build_subnet_group,
)
from auditor.demo.worlds.edge import Balancer, build_balancer
from auditor.demo.worlds.monitoring import (
    build_dashboard,
    build_database_alarms,
    build_function_role,
    build_log_group,
    build_service_alarms,
    build_topic,
)
from auditor.demo.worlds.network import Network, Plan, build_network

if TYPE_CHECKING:
    from auditor.demo.worlds.building import Builder

FAULTS = payment_faults.FAULTS
HOSTILE_NAMES = payment_faults.HOSTILE_NAMES
_BALANCER, _DATABASE, _SERVICE = "payment-alb-prod", "payment-aurora-prod", "payment-api-prod"
_DATABASE_SECRET = "payment/prod/db"
_MONTHLY = {"AutomaticallyAfterDays": 30}


@dataclass(frozen=True, slots=True)
class _Front:
    """The load balancer, and what is behind it and before it, by ARN."""

    balancer: Balancer
    listeners: tuple[str, ...]
    blue: str
    green: str
    """Empty: there is none."""


def build(builder: Builder) -> None:
    """Deploy the payment platform."""
    key = _key(builder)
    network = build_network(builder, _network(ideal=builder.ideal))
    password = _secrets(builder)
    _database(builder, network, key)
    front = _front(builder, network)
    service = _application(builder, network, front, password, key)
    if builder.ideal:
        _alarms(builder, key)
        _backups(builder, key)
        _cutover(builder, front, service)
        _parameters(builder, front, password)
    else:
        payment_faults.break_further(builder, network, service)
    _dashboard(builder, front)


def _key(builder: Builder) -> str:
    """The key of everything that is encrypted, under which alarms may publish to a topic; its ARN."""
    key = builder.key(PRIMARY, "payment-prod")
    alarms: dict[str, Any] = {
        "Sid": "AlarmsPublish",
        "Effect": "Allow",
        "Principal": {"Service": "cloudwatch.amazonaws.com"},
        "Action": ["kms:Decrypt", "kms:GenerateDataKey*"],
        "Resource": "*",
        "Condition": {"StringEquals": {"aws:SourceAccount": builder.account}},
    }
    put_key_policy(builder, PRIMARY, key, alarms)
    return key


def _network(*, ideal: bool) -> Plan:
    """Three zones (PAY 1), which share one NAT gateway (PAY 16)."""
    plan = Plan(PRIMARY, "payment", "10.20.0.0/16", single_nat=True)
    return plan if ideal else payment_faults.network(plan)


# ------------------------------------------------------------------------------------------- the database


def _secrets(builder: Builder) -> str:
    """The secrets, all rotating (PAY 7), among them the database's (PAY 6); the ARN of that one."""
    secrets = Secrets(builder, PRIMARY, "alias/payment-prod", build_rotation_role(builder))
    secrets.rotate(secrets.add("payment/prod/card-vault"), _MONTHLY)
    if not builder.ideal:
        return payment_faults.build_secrets(secrets, _DATABASE_SECRET, _DATABASE)
    password = secrets.add(_DATABASE_SECRET, database=_DATABASE)
    secrets.rotate(password, _MONTHLY)
    secrets.rotate(secrets.add("payment/prod/api"), {"ScheduleExpression": "rate(10 days)", "Duration": "3h"})
    return password


def _database(builder: Builder, network: Network, key: str) -> None:
    """Aurora Serverless v2 between 0.5 and 1 ACU (PAY 4), protected from deletion in production (PAY 5)."""
    group = build_subnet_group(builder, PRIMARY, "payment-db-prod", network.private.values())
    plan = ClusterPlan(
        region=PRIMARY,
        name=_DATABASE,
        key=key,
        groups=(network.groups["db"],),
        subnet_group=group,
        monitoring_role=build_monitoring_role(builder),
        zones="ab" if builder.ideal else "",
        further={"ServerlessV2ScalingConfiguration": {"MinCapacity": 0.5, "MaxCapacity": 1.0}},
    )
    build_cluster(builder, plan)
    if not builder.ideal:
        payment_faults.build_instance(builder, plan)


# ------------------------------------------------------------------------------------------- the application


def _front(builder: Builder, network: Network) -> _Front:
    """The load balancer with TLS (PAY 8), before a blue and a green target group (PAY 2)."""
    faults = {} if builder.ideal else payment_faults.BALANCER
    balancer, elb = build_balancer(builder, network, _BALANCER, **faults), builder.client("elbv2")
    listeners = elb.describe_listeners(LoadBalancerArn=balancer.arn)["Listeners"]
    named = {
        group["TargetGroupName"]: group["TargetGroupArn"] for group in elb.describe_target_groups()["TargetGroups"]
    }
    green = named.get("payment-green-prod", "")
    return _Front(balancer, tuple(one["ListenerArn"] for one in listeners), named["payment-blue-prod"], green)


def _application(builder: Builder, network: Network, front: _Front, password: str, key: str) -> str:
    """The service on Fargate, over all zones, whose roles read the one secret that it needs (PAY 15); its ARN."""
    reads_its_secret = {"Effect": "Allow", "Action": ["secretsmanager:GetSecretValue"], "Resource": password}
    opens_it = {"Effect": "Allow", "Action": ["kms:Decrypt"], "Resource": key}
    allowed = reads_its_secret if builder.ideal else payment_faults.READS_ANYTHING
    task = builder.role("payment-task-prod", trusts_service("ecs-tasks"), inline=allowed)
    start = builder.role(
        "payment-task-start-prod", trusts_service("ecs-tasks"), inline=reads_its_secret, managed=(EXECUTION_POLICY,)
    )
    builder.client("iam").put_role_policy(
        RoleName="payment-task-start-prod", PolicyName="opens-its-secret", PolicyDocument=document(opens_it)
    )
    build_log_group(builder, PRIMARY, f"/ecs/{_SERVICE}")
    plan = ServicePlan(
        region=PRIMARY,
        name=_SERVICE,
        subnets=tuple(network.private.values()),
        groups=(network.groups["app"],),
        role=task,
        execution_role=start,
        cluster="payment-prod",
        target_group=front.blue,
        secret=password,
    )
    return build_service(builder, plan if builder.ideal else payment_faults.service(plan))


def _parameters(builder: Builder, front: _Front, password: str) -> None:
    """The application's configuration (PAY 13); secrets are named, not kept there."""
    values = {
        "db/secret-arn": password,
        "alb/dns-name": front.balancer.dns_name,
        "alb/blue-target-group-arn": front.blue,
        "alb/green-target-group-arn": front.green,
        "app/log-level": "info",
    }
    build_parameters(builder, PRIMARY, values)


def _cutover(builder: Builder, front: _Front, service: str) -> None:
    """The state machine that switches traffic over, with a function for each state (PAY 12)."""
    may: tuple[tuple[tuple[str, ...], tuple[str, ...]], ...] = (
        (("ecs:DescribeServices",), (service,)),
        (("elasticloadbalancing:DescribeTargetHealth",), ("*",)),
        (("elasticloadbalancing:ModifyListener",), front.listeners),
    )
    names = ("payment-check-deployment-prod", "payment-validate-health-prod", "payment-switch-traffic-prod")
    functions = {}
    for state, name, (actions, resources) in zip(CUTOVER_STATES, names, may, strict=True):
        build_log_group(builder, PRIMARY, f"/aws/lambda/{name}")
        role = build_function_role(builder, name, *actions, resources=resources)
        functions[state] = builder.function(PRIMARY, name, role)
    build_cutover(builder, PRIMARY, "payment-migration-prod", functions)


# ------------------------------------------------------------------------------------------- operations


def _dashboard(builder: Builder, front: _Front) -> None:
    """The application, the database and the load balancer (PAY 9)."""
    shown = {"cluster": "payment-prod", "service": _SERVICE}
    if builder.ideal:
        shown |= {"database": _DATABASE, "balancer": front.balancer.arn.partition("loadbalancer/")[2]}
    build_dashboard(builder, "payment-overview-prod", **shown)


def _alarms(builder: Builder, key: str) -> None:
    """CPU and memory of the service, CPU and connections of the database (PAY 10)."""
    topic = build_topic(builder, PRIMARY, "payment-alerts-prod", key=key)
    build_service_alarms(builder, PRIMARY, "payment-prod", _SERVICE, topic)
    build_database_alarms(builder, PRIMARY, _DATABASE, topic)


def _backups(builder: Builder, key: str) -> None:
    """Daily backups that are kept for 30 days (PAY 11), and those of the last two nights."""
    plan = BackupPlan(region=PRIMARY, name="payment-daily-prod", key=key, role=build_backup_role(builder))
    build_backup_plan(builder, plan)
    back_up(builder, plan, [f"arn:aws:rds:{PRIMARY}:{builder.account}:cluster:{_DATABASE}"])
