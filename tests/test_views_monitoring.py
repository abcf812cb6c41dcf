"""The views about alarms, topics, schedules and functions, on what AWS answers."""

from __future__ import annotations

import importlib.util
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from auditor.collectors.catalogue import service_model
from auditor.snapshot.derived.schedules import SCHEDULES
from tests.asking import LIBRARY, rows

RECORDINGS = os.environ.get("AUDITOR_RECORDINGS", "")
OWNER = "111122223333"
R = "us-east-1"
Items = dict[str, list[dict[str, Any]]]

recorded = pytest.mark.skipif(not RECORDINGS, reason="AUDITOR_RECORDINGS is not set")


def ask(tables: Items, query: str) -> list[tuple[Any, ...]]:
    """The query's rows, sorted, from a database with these items."""
    return sorted(rows(query, tables), key=str)


def alarm(name: str, **more: object) -> dict[str, Any]:
    """An alarm on the replication lag of the cluster b."""
    metric = {
        "Namespace": "AWS/RDS",
        "MetricName": "AuroraGlobalDBReplicationLag",
        "Statistic": "Maximum",
        "Dimensions": [{"Name": "DBClusterIdentifier", "Value": "b"}],
    }
    arn = f"arn:aws:cloudwatch:{R}:{OWNER}:alarm:{name}"
    return {"AlarmName": name, "AlarmArn": arn, **({} if "Metrics" in more else metric), **more}


def composite(name: str, rule: str, **more: object) -> dict[str, Any]:
    """A composite alarm."""
    arn = f"arn:aws:cloudwatch:{R}:{OWNER}:alarm:{name}"
    return {"AlarmName": name, "AlarmArn": arn, "AlarmRule": rule, **more}


def data(name: str, metric: str = "AuroraGlobalDBReplicationLag", **more: object) -> dict[str, Any]:
    """A metric of a metric expression."""
    return {
        "Id": name,
        "MetricStat": {"Metric": {"Namespace": "AWS/RDS", "MetricName": metric}, "Period": 60, "Stat": "Maximum"},
        "ReturnData": False,
        **more,
    }


# ------------------------------------------------------------------------------------------- alarms


@pytest.mark.parametrize(
    ("expression", "is_compared"),
    [
        ("m1", True),
        (" m1 ", True),
        ("FILL(m1, 0)", True),
        ("FILL(m1,REPEAT)", True),
        ("MAX(METRICS())", True),
        ("MAX([m1])", True),
        ("MAX([ m0 , m1, m2 ])", True),
        ("MAX([m11, m2])", False),
        ("MIN([m1, m2])", False),
        ("AVG(METRICS())", False),
        ("m1 / 1000", False),
        ("m1 > 5", False),
        ("FILL(m2, 0)", False),
        ("FILL(RATE(m1), 0)", False),
        ("m1; m1", False),
    ],
)
def test_only_what_leaves_a_metric_as_it_is_compares_it(expression: str, is_compared: bool) -> None:  # noqa: FBT001 - expected
    metrics = [data("m1"), {"Id": "e1", "Expression": expression, "ReturnData": True}]
    query = "SELECT MetricName, is_compared, expression FROM alarm_metrics"
    assert ask({"cloudwatch_alarms": [alarm("a", Metrics=metrics)]}, query) == [
        ("AuroraGlobalDBReplicationLag", is_compared, expression)
    ]


def test_every_kind_of_alarm_has_a_row_for_each_metric() -> None:
    tables: Items = {
        "cloudwatch_alarms": [
            alarm("plain"),
            alarm("percentile", Statistic=None, ExtendedStatistic="p99"),
            alarm(
                "math",
                Metrics=[data("m1"), data("m2", "X", AccountId="444455556666"), {"Id": "e1", "Expression": "m1+m2"}],
            ),
            alarm("returned", Metrics=[data("m1", ReturnData=True)]),
            alarm("query", Metrics=[{"Id": "q1", "Expression": 'SELECT MAX(X) FROM "AWS/RDS"', "ReturnData": True}]),
            alarm("promql", Metrics=[], EvaluationCriteria={"PromQLCriteria": {"Query": "up == 0"}}),
            {"AlarmArn": f"arn:aws:cloudwatch:{R}:{OWNER}:alarm:bare"},
        ]
    }
    query = "SELECT name, MetricName, stat, metric_account, is_compared, query FROM alarm_metrics"
    lag = "AuroraGlobalDBReplicationLag"
    assert ask(tables, query) == [
        ("math", lag, "Maximum", OWNER, False, None),
        ("math", "X", "Maximum", "444455556666", False, None),
        ("percentile", lag, "p99", OWNER, True, None),
        ("plain", lag, "Maximum", OWNER, True, None),
        ("promql", None, None, OWNER, False, "up == 0"),
        ("query", None, None, OWNER, False, 'SELECT MAX(X) FROM "AWS/RDS"'),
        ("returned", lag, "Maximum", OWNER, True, None),
    ]


def test_actions_are_an_alarms_own_and_those_of_composite_alarms_that_it_sets_off() -> None:
    tables: Items = {
        "cloudwatch_alarms": [alarm("a", AlarmActions=["one", "two"]), alarm("b", ActionsEnabled=False), alarm("c")],
        "cloudwatch_composite_alarms": [
            composite("any", "ALARM(a) OR ALARM(b)", AlarmActions=["three"]),
            composite("both", "ALARM(a) AND ALARM(b)", AlarmActions=["four"]),
            composite("above", 'ALARM("any")', AlarmActions=["five"], ActionsEnabled=False),
            composite("odd", "c!", AlarmActions=["six"]),
            composite("silent", "ALARM(c)"),
        ],
    }
    assert ask(tables, "SELECT name, through, action, enabled, fires FROM alarm_actions") == [
        ("a", "above", "five", False, True),
        ("a", "any", "three", True, True),
        ("a", None, "one", True, True),
        ("a", None, "two", True, True),
        ("b", "above", "five", False, True),
        ("b", "any", "three", True, True),
        ("c", "odd", "six", True, None),
    ]
    tables["cloudwatch_alarms"][0]["MetricName"] = "CPUUtilization"
    assert ask(tables, "SELECT name, acts FROM acting_alarms") == [("a", True), ("b", True), ("c", None)]


def test_composite_alarms_that_name_each_other_end() -> None:
    tables: Items = {
        "cloudwatch_alarms": [alarm("a")],
        "cloudwatch_composite_alarms": [composite("x", "ALARM(a) OR ALARM(y)"), composite("y", "ALARM(x)")],
    }
    assert ask(tables, "SELECT composite_name, fires FROM alarm_rules") == [("x", True), ("y", True)]


def test_topics_exist_only_where_they_were_seen() -> None:
    here, gone = f"arn:aws:sns:{R}:{OWNER}:here", f"arn:aws:sns:{R}:{OWNER}:gone"
    elsewhere, foreign = f"arn:aws:sns:eu-west-1:{OWNER}:x", f"arn:aws:sns:{R}:999988887777:x"
    tables: Items = {
        "cloudwatch_alarms": [
            alarm("a", AlarmActions=[here, gone, elsewhere, foreign, f"arn:aws:lambda:{R}:{OWNER}:function:f"])
        ],
        "sns_topics": [{"TopicArn": here}],
        "sns_subscriptions": [
            {"TopicArn": here, "SubscriptionArn": f"{here}:1", "Protocol": "email"},
            {"TopicArn": here, "SubscriptionArn": "PendingConfirmation", "Protocol": "email"},
            {"TopicArn": here, "SubscriptionArn": "Deleted", "Protocol": "email"},
        ],
    }
    assert ask(tables, "SELECT topic_arn, topic_exists, confirmed FROM alarm_topics") == [
        (elsewhere, None, None),
        (gone, False, None),
        (here, True, 1),
        (foreign, None, None),
    ]


def test_an_alarm_watches_a_reader_only_in_the_readers_region() -> None:
    members = [
        {"DBClusterArn": f"arn:aws:rds:{R}:{OWNER}:cluster:a", "IsWriter": True},
        {"DBClusterArn": f"arn:aws:rds:us-west-2:{OWNER}:cluster:b"},
    ]
    west = {"region": "us-west-2", "AlarmArn": f"arn:aws:cloudwatch:us-west-2:{OWNER}:alarm:west"}
    question = [{"Id": "q", "Expression": "SELECT MAX(AuroraGlobalDBReplicationLag) FROM x", "ReturnData": True}]
    tables: Items = {
        "rds_global_clusters": [
            {"GlobalClusterArn": f"arn:aws:rds::{OWNER}:global-cluster:g", "GlobalClusterMembers": members}
        ],
        "cloudwatch_alarms": [
            alarm("west", **west, Threshold=5000.0),
            alarm("east"),
            alarm(
                "upper",
                **{**west, "AlarmArn": west["AlarmArn"] + "2"},
                Dimensions=[{"Name": "DBClusterIdentifier", "Value": "B"}],
            ),
            alarm("writer", Dimensions=[{"Name": "DBClusterIdentifier", "Value": "a"}]),
            alarm("other", Dimensions=[{"Name": "DBClusterIdentifier", "Value": "c"}]),
            alarm("none", Dimensions=[]),
            alarm("query east", Metrics=question),
            alarm("query west", **{**west, "AlarmArn": west["AlarmArn"] + "3"}, Metrics=question),
        ],
    }
    query = "SELECT alarm_name, watches_reader, names_writer, member_regions, Threshold FROM lag_alarms"
    assert ask(tables, query) == [
        ("east", False, False, ["us-west-2"], None),
        ("query east", False, True, [R, "us-west-2"], None),
        ("query west", None, False, [R, "us-west-2"], None),
        ("upper", True, False, ["us-west-2"], None),
        ("west", True, False, ["us-west-2"], 5000.0),
        ("writer", False, True, [R], None),
    ]


# ------------------------------------------------------------------------------------------- schedules and functions


def rule(name: str, expression: str | None = "rate(1 minute)", bus: str = "default", **more: object) -> dict[str, Any]:
    """A rule of EventBridge."""
    arn = f"arn:aws:events:{R}:{OWNER}:rule/{name}"
    held = {"ScheduleExpression": expression} if expression else {}
    return {"Name": name, "Arn": arn, "State": "ENABLED", "EventBusName": bus, "parent": {"name": bus}, **held, **more}


def target(name: str, arn: str, number: int = 1, **more: object) -> dict[str, Any]:
    """A target of a rule."""
    parent = {"arn": f"arn:aws:events:{R}:{OWNER}:rule/{name}", "name": name}
    return {"Id": str(number), "Arn": arn, "parent": parent, **more}


FUNCTION = f"arn:aws:lambda:{R}:{OWNER}:function:f"


def test_rules_and_schedules_that_invoke_functions() -> None:
    flexible = {"Mode": "FLEXIBLE", "MaximumWindowInMinutes": 15}
    schedule = {"Arn": f"arn:aws:scheduler:{R}:{OWNER}:schedule/default/s", "Name": "s", "State": "ENABLED"}
    tables: Items = {
        "events_rules": [rule("r"), rule("p", None), rule("off", State="DISABLED"), rule("b", bus="mine"),
                         rule("odd", "often"), rule("all", State="ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS")],
        "events_targets": [
            target("r", FUNCTION),
            target("r", f"{FUNCTION}:live", 2),
            target("r", f"arn:aws:sns:{R}:{OWNER}:t", 3),
            *(target(name, FUNCTION) for name in ("p", "off", "b", "odd", "all")),
        ],
        "scheduler_schedules": [
            {**schedule, "TargetArn": FUNCTION, "ScheduleExpression": "rate(1 hour)", "FlexibleTimeWindow": flexible},
            {**schedule, "Arn": schedule["Arn"] + "2", "TargetArn": "arn:aws:scheduler:::aws-sdk:lambda:invoke"},
            {**schedule, "Arn": schedule["Arn"] + "3", "TargetArn": "arn:aws:scheduler:::aws-sdk:sqs:sendMessage"},
        ],
    }  # fmt: skip
    query = (
        "SELECT schedule_name, is_enabled, longest_gap_minutes, schedule_problem IS NOT NULL, function_arn, qualifier "
        "FROM scheduled_functions"
    )
    assert ask(tables, query) == [
        ("all", True, 1.0, False, FUNCTION, None),
        ("b", False, 1.0, False, FUNCTION, None),
        ("odd", True, None, True, FUNCTION, None),
        ("off", False, 1.0, False, FUNCTION, None),
        ("r", True, 1.0, False, FUNCTION, "live"),
        ("r", True, 1.0, False, FUNCTION, None),
        ("s", True, 75.0, False, FUNCTION, None),
        ("s", True, None, False, None, None),
    ]


def test_schedules_of_every_kind_are_read_in_one_table() -> None:
    inputs: Mapping[str, Any] = {
        "rules": [{"arn": "r", "expression": "rate(5 minutes)"}],
        "schedules": [
            {"arn": "s", "expression": "cron(0 10 * * ? *)"},
            {"arn": "o", "expression": "at(2030-01-01T00:00:00)"},
        ],
    }
    rows = {row["arn"]: row for row in SCHEDULES.compute(inputs)}
    assert {name: row["longest_gap_minutes"] for name, row in rows.items()} == {"r": 5.0, "s": 1440.0, "o": None}
    assert "runs once" in rows["o"]["problem"]
    assert all(set(row) <= set(SCHEDULES.columns) for row in rows.values())


def test_functions_subscribed_to_topics() -> None:
    topic = f"arn:aws:sns:{R}:{OWNER}:t"

    def subscription(endpoint: str, number: int, **more: object) -> dict[str, Any]:
        held = {
            "TopicArn": topic,
            "SubscriptionArn": f"{topic}:{number}",
            "Protocol": "lambda",
            "EndpointArn": endpoint,
        }
        return {**held, **more}

    def statement(**condition: object) -> dict[str, Any]:
        held = {"Effect": "Allow", "Principal": {"Service": "sns.amazonaws.com"}, "Action": "lambda:InvokeFunction"}
        return {"Statement": [{**held, "Condition": condition} if condition else held]}

    def function(name: str, policy: dict[str, Any] | None = None) -> dict[str, Any]:
        arn = FUNCTION[:-1] + name
        return {
            "FunctionArn": arn,
            "FunctionName": name,
            "State": "Active",
            **({"ResourcePolicy": policy} if policy else {}),
        }

    names = ("open", "this", "other", "closed", "gone")
    tables: Items = {
        "sns_topics": [{"TopicArn": topic}],
        "sns_subscriptions": [
            *(subscription(FUNCTION[:-1] + name, number) for number, name in enumerate(names)),
            subscription(FUNCTION[:-1] + "open:live", 7),
            subscription(f"arn:aws:lambda:eu-west-1:{OWNER}:function:far", 8),
            subscription(FUNCTION[:-1] + "waiting", 9, SubscriptionArn="PendingConfirmation"),
            subscription(f"arn:aws:sqs:{R}:{OWNER}:q", 10, Protocol="sqs"),
        ],
        "lambda_functions": [
            function("open", statement()),
            function("this", statement(ArnLike={"aws:SourceArn": topic})),
            function("other", statement(ArnLike={"aws:SourceArn": topic + "x"})),
            function("closed"),
        ],
    }
    query = "SELECT string_split(endpoint, 'function:')[2], function_exists, may_invoke FROM topic_functions"
    assert ask(tables, query) == [
        ("closed", True, False),
        ("far", None, None),
        ("gone", False, False),
        ("open", True, True),
        ("open:live", True, None),
        ("other", True, False),
        ("this", True, True),
    ]


def test_the_views_answer_with_nothing_in_any_table() -> None:
    views = ("acting_alarms", "alarm_actions", "alarm_metrics", "alarm_topics", "lag_alarms", "scheduled_functions",
             "scheduled_invocations", "topic_functions")  # fmt: skip
    for view in views:
        assert ask({}, f"SELECT * FROM {view}") == []  # noqa: S608 - our own names


# ------------------------------------------------------------------------------------------- runtimes


def test_every_runtime_that_botocore_knows_has_its_day() -> None:
    rows = ask({}, "SELECT runtime, deprecated_on::VARCHAR FROM lambda_runtimes")
    days = dict(rows)
    assert len(days) == len(rows)
    known = set(service_model("lambda").shape_for("Runtime").enum) - {"custom"}
    assert known <= set(days)
    assert {runtime for runtime, day in days.items() if day is None} == {"nodejs26.x", "python3.15"}
    assert days["python3.9"] == "2025-12-15"


# ------------------------------------------------------------------------------------------- what AWS answered


@recorded
@pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning")
def test_recorded_subscriptions_and_targets_lose_what_may_be_secret() -> None:
    spec = importlib.util.spec_from_file_location("recordings_load", Path(RECORDINGS) / "load.py")
    assert spec is not None
    assert spec.loader is not None
    load = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(load)
    catalogue = LIBRARY.catalogue
    (answer,) = [record["data"] for _, record in load.iter_calls("sns", "ListSubscriptions")]
    for item in answer["Subscriptions"]:
        row = catalogue.row("sns_subscriptions", item, OWNER, R)
        assert row["SubscriptionArn"] == item["SubscriptionArn"]
        assert row["EndpointArn"] is None
        assert item["Endpoint"] not in json.dumps(row)
    count = 0
    for _, record in load.iter_calls("events", "ListTargetsByRule"):
        for item in record["data"].get("Targets", []):
            parent = {"arn": f"arn:aws:events:{R}:{OWNER}:rule/r", "name": "r"}
            row = catalogue.row("events_targets", item, OWNER, R, parent)
            assert (row["TargetArn"], row["RuleArn"], row["Rule"]) == (item["Arn"], parent["arn"], "r")
            assert not {"Input", "InputTransformer", "HttpParameters"} & set(row)
            count += 1
    assert count > 5


@pytest.mark.parametrize(
    ("protocol", "endpoint", "kept"),
    [
        ("lambda", FUNCTION, True),
        ("sqs", f"arn:aws:sqs:{R}:{OWNER}:q", True),
        ("firehose", f"arn:aws:firehose:{R}:{OWNER}:deliverystream/d", True),
        ("https", "https://hooks.example.net/?token=abcdef", False),
        ("http", "http://user:password@example.net/", False),
        ("email", "somebody@example.net", False),
        ("sms", "+15550100", False),
    ],
)
def test_only_endpoints_that_are_arns_are_stored(protocol: str, endpoint: str, kept: bool) -> None:  # noqa: FBT001 - expected
    item = {"SubscriptionArn": "PendingConfirmation", "Protocol": protocol, "Endpoint": endpoint, "TopicArn": "t"}
    row = LIBRARY.catalogue.row("sns_subscriptions", item, OWNER, R)
    assert row["EndpointArn"] == (endpoint if kept else None)
    assert kept or endpoint not in json.dumps(row)
