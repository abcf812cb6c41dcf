"""Monitoring, built in the embedded account: the ideal passes, and each fault fails where it is."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import boto3
import pytest

from auditor.cli import audits
from auditor.cli.options import Options
from auditor.demo.account import EmbeddedAccount
from auditor.demo.worlds import monitoring
from auditor.demo.worlds.building import PRIMARY, RECOVERY, Builder
from auditor.demo.worlds.data import build_global_cluster
from tests.together import Fault, changes, judge, label, together

CONFIG = """
standard = "monitoring.toml"
environment = "production"
environment_suffix = "prod"
"""
STANDARD = f"""
[monitoring]
title = "Monitoring and what comes of it"
primary = "{PRIMARY}"
recovery = ["{RECOVERY}"]
requirements = ["MON-01", "MON-02", "MON-03", "MON-04", "CMP-02", "CMP-03", "CMP-04", "CMP-07"]
"""

Verdicts = dict[tuple[str, str], tuple[str, str]]
"""(check, resource) -> (status, message)."""

DATABASE, SERVICE = "trading-orders", "trading-app-prod"
READER = "trading-orders-dr"


class Site:
    """Two regions with what the requirements demand; changes are the faults."""

    def __init__(self) -> None:
        self.builder = Builder(boto3.Session(), project="trading", ideal=True, endpoint_url=None)
        self.key = self.builder.key(RECOVERY, "trading-prod")

    def databases(self) -> None:
        """A global database with a writer and a reader, each with an instance."""
        engine, version = "aurora-mysql", "8.0.mysql_aurora.3.04.0"
        build_global_cluster(self.builder, DATABASE, engine, version)
        for region, name in ((PRIMARY, "trading-orders-primary"), (RECOVERY, READER)):
            rds = self.builder.client("rds", region)
            writer = {"MasterUsername": "dbadmin", "MasterUserPassword": "correct-horse-battery-staple-42"}
            rds.create_db_cluster(
                DBClusterIdentifier=name,
                Engine=engine,
                EngineVersion=version,
                GlobalClusterIdentifier=DATABASE,
                StorageEncrypted=True,
                **(writer if region == PRIMARY else {}),
            )
            rds.create_db_instance(
                DBInstanceIdentifier=f"{name}-1",
                DBInstanceClass="db.r6g.large",
                Engine=engine,
                DBClusterIdentifier=name,
            )

    def service(self) -> None:
        """An ECS service."""
        ecs = self.builder.client("ecs")
        ecs.create_cluster(clusterName="trading-prod")
        container = {"name": "app", "image": "public.ecr.aws/nginx/nginx:1.27", "memory": 128}
        ecs.register_task_definition(family=SERVICE, containerDefinitions=[container])
        ecs.create_service(cluster="trading-prod", serviceName=SERVICE, taskDefinition=SERVICE, desiredCount=1)

    def everything(
        self,
        *,
        topic: dict[str, Any] | None = None,
        alarm: dict[str, Any] | None = None,
        failover: dict[str, Any] | None = None,
        monitor: dict[str, Any] | None = None,
        service: tuple[str, ...] = ("CPUUtilization", "MemoryUtilization"),
        database: tuple[str, ...] = ("CPUUtilization", "DatabaseConnections"),
        dashboard: tuple[str, ...] = ("service", "database", "balancer"),
    ) -> None:
        """All of it, with changes of its parts."""
        builder = self.builder
        self.databases()
        self.service()
        alerts = monitoring.build_topic(builder, RECOVERY, "trading-alerts-prod", **{"key": self.key, **(topic or {})})
        lag = monitoring.lag_alarm(RECOVERY, "trading-replication-lag-prod", READER, alerts)
        monitoring.build_alarm(builder, replace(lag, **(alarm or {})))
        monitoring.build_failover(
            builder,
            RECOVERY,
            "trading-failover-prod",
            alerts,
            global_cluster=DATABASE,
            clusters="trading-orders-*",
            **(failover or {}),
        )
        role = monitoring.build_function_role(builder, "trading-monitor-prod", "rds:DescribeGlobalClusters")
        monitoring.build_monitor(builder, PRIMARY, "trading-monitor-prod", role, **(monitor or {}))
        monitoring.build_monitor(builder, RECOVERY, "trading-monitor-dr-prod", role)
        everyday = monitoring.build_topic(builder, PRIMARY, "trading-everyday-prod", key="alias/aws/sns")
        monitoring.build_service_alarms(builder, PRIMARY, "trading-prod", SERVICE, everyday, metrics=service)
        monitoring.build_database_alarms(builder, PRIMARY, "trading-orders-primary", everyday, metrics=database)
        monitoring.build_database_alarms(builder, RECOVERY, READER, alerts)
        shown = {"service": SERVICE, "database": "trading-orders-primary", "balancer": "app/trading-alb-prod/1"}
        monitoring.build_dashboard(
            builder, "trading-prod", cluster="trading-prod", **{part: shown[part] for part in dashboard}
        )
        monitoring.build_log_group(builder, PRIMARY, "/aws/lambda/trading-monitor-prod")

    def judged(self, folder: Path) -> Verdicts:
        """The verdicts of an audit."""
        (folder / "monitoring.toml").write_text(STANDARD)
        (folder / "config.toml").write_text(CONFIG)
        options = Options(config=folder / "config.toml", output=folder / "audit", format=("json",), quiet=True)
        audits.run(options, None)
        results = json.loads((folder / "audit" / "results.json").read_bytes())
        assert not results["collection"]["errors"]
        return {
            (f["check"], f["resource"]["name"] or f["resource"]["region"]): (f["status"], f["message"])
            for f in results["findings"]
        }


@pytest.fixture
def site() -> Iterator[Site]:
    with EmbeddedAccount(ideal=True, worlds=()):
        yield Site()


LAG, CHAIN = "replication-lag-alarm-missing-or-unheard", "database-failover-not-automated"
CLOCK, RESERVED = (
    "no-function-runs-as-often-as-documented",
    "monitoring-function-reserved-concurrency-not-as-documented",
)
TASKS, CLUSTER = "ecs-service-without-cpu-or-memory-alarm", "database-cluster-without-cpu-or-connections-alarm"
DASHBOARDS = "dashboards-lack-documented-metrics"
MONITOR = "trading-monitor-prod"


def test_the_ideal_passes(site: Site, tmp_path: Path) -> None:
    site.everything()
    verdicts = site.judged(tmp_path)
    assert {what: told for what, told in verdicts.items() if told[0] != "pass"} == {}
    assert {
        LAG,
        CHAIN,
        CLOCK,
        RESERVED,
        TASKS,
        CLUSTER,
        DASHBOARDS,
        "function-runtime-deprecated",
        "no-alarm-with-actions",
        "topic-unencrypted",
    } == {check for check, _ in verdicts}


FAULTS: list[tuple[dict[str, Any], set[tuple[str, str]], str]] = [
    ({"topic": {"key": ""}}, {("topic-unencrypted", "trading-alerts-prod")}, "has no KMS key"),
    (
        {"topic": {"confirmed": False}, "failover": {"subscribed": False}},
        {(LAG, DATABASE), (CHAIN, DATABASE)},
        "which has no confirmed subscription",
    ),
    ({"alarm": {"threshold": 60000}}, {(LAG, DATABASE)}, "its threshold is 60000 ms, at most 30000 ms is demanded"),
    ({"alarm": {"state": "INSUFFICIENT_DATA"}}, {(LAG, DATABASE)}, "it is in INSUFFICIENT_DATA"),
    ({"alarm": {"comparison": "LessThanThreshold"}}, {(LAG, DATABASE)}, "it compares by LessThanThreshold"),
    (
        {"alarm": {"further": {"ActionsEnabled": False}}},
        {(LAG, DATABASE), (CHAIN, DATABASE)},
        "its actions are disabled",
    ),
    ({"alarm": {"topic": ""}}, {(LAG, DATABASE), (CHAIN, DATABASE)}, "it notifies no SNS topic"),
    (
        {"alarm": {"region": PRIMARY, "dimensions": {"DBClusterIdentifier": "trading-orders-primary"}}},
        {(LAG, DATABASE), (CHAIN, DATABASE)},
        "it watches the writer trading-orders-primary in us-east-1, which publishes no replication lag",
    ),
    ({"failover": {"subscribed": False}}, {(CHAIN, DATABASE)}, "no function is subscribed"),
    ({"failover": {"admitted": False}}, {(CHAIN, DATABASE)}, "does not let sns.amazonaws.com invoke it"),
    ({"failover": {"may_fail_over": False}}, {(CHAIN, DATABASE)}, "does not allow rds:FailoverGlobalCluster"),
    ({"monitor": {"concurrency": 10}}, {(RESERVED, MONITOR)}, "has 10 reserved concurrent executions"),
    ({"monitor": {"concurrency": None}}, {(RESERVED, MONITOR)}, "has no reserved concurrent executions"),
    (
        {"monitor": {"enabled": False}},
        {(CLOCK, MONITOR), (RESERVED, PRIMARY)},
        "it is DISABLED",
    ),
    (
        {"monitor": {"expression": "rate(5 minutes)"}},
        {(CLOCK, MONITOR), (RESERVED, PRIMARY)},
        "it runs up to 5 minutes apart",
    ),
    ({"monitor": {"admitted": False}}, {(CLOCK, MONITOR)}, "does not let events.amazonaws.com invoke it"),
    ({"service": ("CPUUtilization",)}, {(TASKS, SERVICE)}, "MemoryUtilization"),
    ({"service": ("MemoryUtilization",)}, {(TASKS, SERVICE)}, "CPUUtilization"),
    ({"database": ("CPUUtilization",)}, {(CLUSTER, "trading-orders-primary")}, "DatabaseConnections"),
    ({"database": ("DatabaseConnections",)}, {(CLUSTER, "trading-orders-primary")}, "CPUUtilization"),
    (
        {"dashboard": ("service", "balancer")},
        {(DASHBOARDS, "trading-prod")},
        "no dashboard shows AWS/RDS CPUUtilization, AWS/RDS DatabaseConnections, AWS/RDS FreeableMemory",
    ),
    ({"dashboard": ("database", "balancer")}, {(DASHBOARDS, "trading-prod")}, "no dashboard shows AWS/ECS"),
]


@pytest.mark.parametrize("faults", together(FAULTS), ids=label)
def test_each_fault_fails_on_its_resource(site: Site, tmp_path: Path, faults: list[Fault]) -> None:
    site.everything(**changes(faults))
    judge(faults, {what: told for what, told in site.judged(tmp_path).items() if told[0] != "pass"})


def test_a_schedule_does_as_well_as_a_rule(site: Site, tmp_path: Path) -> None:
    site.everything(monitor={"enabled": False})
    function = site.builder.client("lambda").get_function_configuration(FunctionName=MONITOR)["FunctionArn"]
    monitoring.build_schedule(site.builder, PRIMARY, "trading-monitor-schedule-prod", function)
    assert {told for told in site.judged(tmp_path).values() if told[0] != "pass"} == set()


def test_a_composite_alarm_does_as_well_as_an_action_of_ones_own(site: Site, tmp_path: Path) -> None:
    site.everything(alarm={"topic": ""})
    cloudwatch, sns = (site.builder.client(service, RECOVERY) for service in ("cloudwatch", "sns"))
    topic = next(one["TopicArn"] for one in sns.list_topics()["Topics"])
    cloudwatch.put_composite_alarm(
        AlarmName="trading-any-prod",
        AlarmRule='ALARM("trading-replication-lag-prod") OR ALARM("another")',
        AlarmActions=[topic],
    )
    assert {told for told in site.judged(tmp_path).values() if told[0] != "pass"} == set()


def test_a_deprecated_runtime_fails(site: Site, tmp_path: Path) -> None:
    site.everything()
    site.builder.client("lambda").update_function_configuration(FunctionName=MONITOR, Runtime="python3.9")
    bad = {what: told for what, told in site.judged(tmp_path).items() if told[0] != "pass"}
    assert bad == {
        ("function-runtime-deprecated", MONITOR): ("fail", "runs on python3.9, which AWS deprecated on 2025-12-15")
    }


def test_an_empty_account_fails_what_must_exist(site: Site, tmp_path: Path) -> None:
    verdicts = site.judged(tmp_path)
    assert {(check, status) for (check, _), (status, _) in verdicts.items()} == {
        (check, "fail") for check in (LAG, CHAIN, CLOCK, RESERVED, DASHBOARDS, "no-alarm-with-actions")
    }


def test_subscriptions_wait_until_they_are_confirmed(site: Site) -> None:
    topic = monitoring.build_topic(site.builder, PRIMARY, "waiting", key="", confirmed=False)
    sns = site.builder.client("sns")
    (waiting,) = sns.list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"]
    assert waiting["SubscriptionArn"] == "PendingConfirmation"
    counts = sns.get_topic_attributes(TopicArn=topic)["Attributes"]
    assert (counts["SubscriptionsPending"], counts["SubscriptionsConfirmed"]) == ("1", "0")
    with pytest.raises(sns.exceptions.ClientError, match="Token"):
        sns.confirm_subscription(TopicArn=topic, Token="wrong")
    further = sns.subscribe(TopicArn=topic, Protocol="email", Endpoint="b@example.net")
    assert further["SubscriptionArn"] == "pending confirmation"


def test_targets_are_paged_one_by_one(site: Site) -> None:
    events = site.builder.client("events")
    events.put_rule(Name="many", ScheduleExpression="rate(1 hour)")
    function = f"arn:aws:lambda:{PRIMARY}:123456789012:function:same"
    events.put_targets(Rule="many", Targets=[{"Id": str(number), "Arn": function} for number in range(5)])
    pages = events.get_paginator("list_targets_by_rule").paginate(Rule="many", PaginationConfig={"PageSize": 2})
    assert [[one["Id"] for one in page["Targets"]] for page in pages] == [["0", "1"], ["2", "3"], ["4"]]
    with pytest.raises(events.exceptions.ResourceNotFoundException):
        events.list_targets_by_rule(Rule="none")


def test_alarms_begin_without_data_and_are_listed_by_type(site: Site) -> None:
    cloudwatch = site.builder.client("cloudwatch")
    settings = {"EvaluationPeriods": 1, "Threshold": 1, "ComparisonOperator": "GreaterThanThreshold"}
    metric = {"Namespace": "AWS/RDS", "MetricName": "CPUUtilization", "Statistic": "Average", "Period": 60}
    cloudwatch.put_metric_alarm(AlarmName="one", **metric, **settings)
    cloudwatch.put_composite_alarm(AlarmName="any", AlarmRule="ALARM(one)")
    (one,) = cloudwatch.describe_alarms()["MetricAlarms"]
    assert one["StateValue"] == "INSUFFICIENT_DATA"
    cloudwatch.set_alarm_state(AlarmName="one", StateValue="ALARM", StateReason="tested")
    cloudwatch.put_metric_alarm(AlarmName="one", **metric, **settings)
    assert cloudwatch.describe_alarms()["MetricAlarms"][0]["StateValue"] == "ALARM"
    composite = cloudwatch.describe_alarms(AlarmTypes=["CompositeAlarm"])
    assert composite["MetricAlarms"] == []
    assert [each["AlarmRule"] for each in composite["CompositeAlarms"]] == ["ALARM(one)"]
    with pytest.raises(cloudwatch.exceptions.ClientError, match="metric alarm"):
        cloudwatch.put_composite_alarm(AlarmName="one", AlarmRule="TRUE")
