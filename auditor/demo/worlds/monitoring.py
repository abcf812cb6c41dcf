"""Monitoring: topics, alarms, dashboards, functions that run by the clock, and automated failover."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from auditor.demo.worlds.building import PRIMARY, pairs, trusts_service
from auditor.demo.worlds.data import LAMBDA_POLICY

if TYPE_CHECKING:
    from auditor.demo.worlds.building import Builder

_PERIOD = 60
_LAG = "AuroraGlobalDBReplicationLag"


def build_topic(
    builder: Builder,
    region: str,
    name: str,
    *,
    key: str,
    emails: Iterable[str] = ("oncall@example.net",),
    confirmed: bool = True,
) -> str:
    """An SNS topic with e-mail subscriptions; its ARN. `key=""` leaves it unencrypted.

    CloudWatch cannot publish to a topic under `alias/aws/sns`, but under a key whose policy lets it.
    """
    sns = builder.client("sns", region)
    attributes = {"KmsMasterKeyId": key} if key else {}
    topic = str(sns.create_topic(Name=name, Attributes=attributes, Tags=pairs(builder.tags(name)))["TopicArn"])
    for email in emails:
        made = sns.subscribe(TopicArn=topic, Protocol="email", Endpoint=email, ReturnSubscriptionArn=True)
        if confirmed:
            sns.confirm_subscription(TopicArn=topic, Token=made["SubscriptionArn"].rsplit(":", 1)[-1])
    return topic


@dataclass(frozen=True, slots=True)
class Alarm:
    """An alarm as it is to be."""

    region: str
    name: str
    namespace: str
    metric: str
    dimensions: Mapping[str, str]
    threshold: float
    topic: str = ""
    """What it notifies; empty: nobody."""
    state: str = "OK"
    comparison: str = "GreaterThanThreshold"
    further: Mapping[str, Any] = field(default_factory=dict)


def build_alarm(builder: Builder, alarm: Alarm) -> None:
    """An alarm, in the state that it has come into."""
    cloudwatch = builder.client("cloudwatch", alarm.region)
    settings: dict[str, Any] = {
        "Statistic": "Maximum",
        "EvaluationPeriods": 2,
        "TreatMissingData": "missing",
        **alarm.further,
    }
    cloudwatch.put_metric_alarm(
        AlarmName=alarm.name,
        AlarmDescription=f"{alarm.metric} of {', '.join(alarm.dimensions.values())}",
        Namespace=alarm.namespace,
        MetricName=alarm.metric,
        Dimensions=[{"Name": name, "Value": value} for name, value in alarm.dimensions.items()],
        Period=_PERIOD,
        Threshold=alarm.threshold,
        ComparisonOperator=alarm.comparison,
        AlarmActions=[alarm.topic] if alarm.topic else [],
        Tags=pairs(builder.tags(alarm.name)),
        **settings,
    )
    cloudwatch.set_alarm_state(AlarmName=alarm.name, StateValue=alarm.state, StateReason="Threshold not crossed")


def lag_alarm(region: str, name: str, cluster: str, topic: str, threshold: float = 5000) -> Alarm:
    """The alarm on a reader cluster's replication lag (milliseconds), to be built in the reader's region."""
    return Alarm(region, name, "AWS/RDS", _LAG, {"DBClusterIdentifier": cluster}, threshold, topic)


def build_service_alarms(
    builder: Builder,
    region: str,
    cluster: str,
    service: str,
    topic: str,
    *,
    metrics: Sequence[str] = ("CPUUtilization", "MemoryUtilization"),
) -> None:
    """The alarms on an ECS service's CPU and memory."""
    dimensions = {"ClusterName": cluster, "ServiceName": service}
    for metric in metrics:
        build_alarm(builder, Alarm(region, f"{service}-{metric}", "AWS/ECS", metric, dimensions, 80, topic))


def build_database_alarms(
    builder: Builder,
    region: str,
    database: str,
    topic: str,
    *,
    dimension: str = "DBClusterIdentifier",
    metrics: Sequence[str] = ("CPUUtilization", "DatabaseConnections"),
) -> None:
    """The alarms on a database's CPU and connections; `dimension` says whether it is a cluster or an instance."""
    for metric in metrics:
        limit = 80 if metric == "CPUUtilization" else 500
        build_alarm(
            builder, Alarm(region, f"{database}-{metric}", "AWS/RDS", metric, {dimension: database}, limit, topic)
        )


# ------------------------------------------------------------------------------------------- dashboards


def build_dashboard(
    builder: Builder,
    name: str,
    *,
    cluster: str = "",
    service: str = "",
    database: str = "",
    balancer: str = "",
    region: str = PRIMARY,
) -> None:
    """A dashboard of an ECS service, a database cluster and a load balancer (`app/NAME/ID`), of what is named."""
    ecs, rds, alb = (
        ("ClusterName", cluster, "ServiceName", service),
        ("DBClusterIdentifier", database),
        (
            "LoadBalancer",
            balancer,
        ),
    )
    widgets = []
    if service:
        widgets.append(_widget(region, "AWS/ECS", ecs, "CPUUtilization", "MemoryUtilization"))
    if database:
        widgets.append(_widget(region, "AWS/RDS", rds, "CPUUtilization", "DatabaseConnections", "FreeableMemory"))
    if balancer:
        metrics = ("TargetResponseTime", "HTTPCode_Target_5XX_Count")
        widgets.append(_widget(region, "AWS/ApplicationELB", alb, *metrics))
    body = json.dumps({"widgets": widgets})
    builder.client("cloudwatch").put_dashboard(DashboardName=name, DashboardBody=body)


def _widget(region: str, namespace: str, dimensions: Sequence[str], *metrics: str) -> dict[str, Any]:
    """A widget of several metrics of one thing, in the shorthand that the console writes."""
    rows = [[namespace, metrics[0], *dimensions]] + [
        [".", metric, *("." for _ in dimensions)] for metric in metrics[1:]
    ]
    return {"type": "metric", "properties": {"metrics": rows, "region": region, "period": _PERIOD, "stat": "Average"}}


# ------------------------------------------------------------------------------------------- functions


def build_function_role(builder: Builder, name: str, *actions: str, resources: Sequence[str] = ("*",)) -> str:
    """A role for functions with the basic permissions, and further actions; its ARN."""
    further = {"Effect": "Allow", "Action": list(actions), "Resource": list(resources)} if actions else None
    return builder.role(name, trusts_service("lambda"), inline=further, managed=(LAMBDA_POLICY,))


def build_monitor(  # noqa: PLR0913 - each can go wrong by itself
    builder: Builder,
    region: str,
    name: str,
    role: str,
    *,
    expression: str = "rate(1 minute)",
    enabled: bool = True,
    concurrency: int | None = 5,
    admitted: bool = True,
) -> str:
    """A function that a rule invokes by the clock, with reserved concurrency; its ARN."""
    function = builder.function(region, name, role)
    functions, events = builder.client("lambda", region), builder.client("events", region)
    if concurrency is not None:
        functions.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=concurrency)
    rule = events.put_rule(
        Name=name,
        ScheduleExpression=expression,
        State="ENABLED" if enabled else "DISABLED",
        Tags=pairs(builder.tags(name)),
    )["RuleArn"]
    events.put_targets(Rule=name, Targets=[{"Id": "monitor", "Arn": function}])
    if admitted:
        _admit(functions, name, "events", str(rule))
    return function


def build_schedule(
    builder: Builder, region: str, name: str, function: str, *, expression: str = "rate(1 minute)"
) -> str:
    """A schedule of EventBridge Scheduler that invokes a function, in a tagged group, and its role; the role's ARN."""
    invokes = {"Effect": "Allow", "Action": "lambda:InvokeFunction", "Resource": [function, f"{function}:*"]}
    role = builder.role(f"{name}-{region}", trusts_service("scheduler"), inline=invokes)
    scheduler = builder.client("scheduler", region)
    scheduler.create_schedule_group(Name=name, Tags=pairs(builder.tags(name)))
    scheduler.create_schedule(
        Name=name,
        GroupName=name,
        ScheduleExpression=expression,
        FlexibleTimeWindow={"Mode": "OFF"},
        Target={"Arn": function, "RoleArn": role},
    )
    return role


def build_failover(  # noqa: PLR0913 - each link can be missing
    builder: Builder,
    region: str,
    name: str,
    topic: str,
    *,
    global_cluster: str,
    clusters: str,
    subscribed: bool = True,
    admitted: bool = True,
    may_fail_over: bool = True,
) -> str:
    """A function that fails a global database over when a topic says so, with its role; its ARN.

    `clusters` is what the names of the global database's clusters have in common, as in `trading-orders-*`.
    """
    resources = [
        f"arn:aws:rds::{builder.account}:global-cluster:{global_cluster}",
        f"arn:aws:rds:*:{builder.account}:cluster:{clusters}",
    ]
    action = "rds:FailoverGlobalCluster" if may_fail_over else "rds:DescribeGlobalClusters"
    role = build_function_role(builder, f"{name}-{region}", action, resources=resources)
    function = builder.function(region, name, role)
    if admitted:
        _admit(builder.client("lambda", region), name, "sns", topic)
    if subscribed:
        builder.client("sns", region).subscribe(TopicArn=topic, Protocol="lambda", Endpoint=function)
    return function


def _admit(functions: Any, name: str, service: str, source: str) -> None:  # noqa: ANN401 - boto3's clients are untyped
    functions.add_permission(
        FunctionName=name,
        StatementId=service,
        Action="lambda:InvokeFunction",
        Principal=f"{service}.amazonaws.com",
        SourceArn=source,
    )


def build_log_group(builder: Builder, region: str, name: str, *, days: int = 30) -> None:
    """A log group that keeps its events for some days."""
    logs = builder.client("logs", region)
    logs.create_log_group(logGroupName=name, tags=builder.tags(name.strip("/").replace("/", "-")))
    logs.put_retention_policy(logGroupName=name, retentionInDays=days)
