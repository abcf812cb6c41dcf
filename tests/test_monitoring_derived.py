"""Rules of composite alarms and bodies of dashboards: AWS's own examples, every form, and garbage."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from auditor.snapshot.derived.alarm_rules import ALARM_RULES, read_rule
from auditor.snapshot.derived.dashboards import Shown, shown

R = "us-east-1"

# ------------------------------------------------------------------------------------------- rules of composite alarms


@pytest.mark.parametrize(
    ("text", "in_alarm", "holds"),
    [
        # PutCompositeAlarm's own examples
        ("ALARM(cpu) AND ALARM(disk)", {"cpu"}, False),
        ("ALARM(cpu) AND ALARM(disk)", {"cpu", "disk"}, True),
        ("ALARM(cpu) AND NOT ALARM(deploying)", {"cpu"}, True),
        ("ALARM(cpu) AND NOT ALARM(deploying)", {"cpu", "deploying"}, False),
        ("(ALARM(cpu) OR ALARM(disk)) AND OK(net)", {"disk"}, True),
        ("(ALARM(cpu) OR ALARM(disk)) AND OK(net)", {"disk", "net"}, False),
        # what binds how
        ("ALARM(a) OR ALARM(b) AND ALARM(c)", {"a"}, True),
        ("NOT ALARM(a) AND ALARM(b)", {"b"}, True),
        ("NOT (ALARM(a) AND ALARM(b))", {"a"}, True),
        ("not alarm(a) or false", {"a"}, False),
        ("TRUE AND ALARM(a)", {"a"}, True),
        ("INSUFFICIENT_DATA(a)", {"a"}, False),
        # names
        ('ALARM("a b (c)")', {"a b (c)"}, True),
        (r'ALARM("say \"hi\"")', {'say "hi"'}, True),
        ("ALARM(arn:aws:cloudwatch:us-east-1:111122223333:alarm:a)", {"a"}, True),
        ("ALARM(two words)", {"two words"}, True),
        # counting
        ("AT_LEAST(2, ALARM, (a, b, c))", {"a", "c"}, True),
        ("AT_LEAST(2, ALARM, (a, b, c))", {"a"}, False),
        ("AT_LEAST(50%, OK, (a, b, c, d))", {"a", "b"}, True),
        ("AT_LEAST(51%, OK, (a, b, c, d))", {"a", "b"}, False),
        ("AT_LEAST(1, NOT ALARM, (a, b))", {"a", "b"}, False),
    ],
)
def test_rules_are_read_as_cloudwatch_reads_them(text: str, in_alarm: set[str], holds: bool) -> None:  # noqa: FBT001 - expected
    assert read_rule(text).holds(lambda name: "ALARM" if name in in_alarm else "OK") is holds


@pytest.mark.parametrize(
    "text",
    ["", "ALARM", "ALARM(", "ALARM()", "ALARM(a", "ALARM(a))", "ALARM(a) ALARM(b)", "AND ALARM(a)", "WHEN(a)",
     "ALARM(a) OR", 'ALARM("a)', "AT_LEAST(x, ALARM, (a))", "AT_LEAST(1, ALARM, ())", "AT_LEAST(1, a, (b))",
     "NOT " * 100 + "TRUE"],
)  # fmt: skip
def test_what_is_no_rule_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        read_rule(text)


@settings(max_examples=200, deadline=None)
@given(st.text("ALARMOKNT_()\"', ab%12", max_size=60))
def test_garbage_is_read_or_refused(text: str) -> None:
    try:
        rule = read_rule(text)
    except ValueError:
        return
    assert isinstance(rule.holds(lambda _: "OK"), bool)


def test_a_composite_alarm_that_is_in_alarm_anyway_is_not_set_off() -> None:
    inputs = {
        "alarms": [{"account": "1", "region": R, "arn": "arn:a", "name": "a"}],
        "composites": [{"account": "1", "region": R, "arn": "arn:x", "name": "x", "rule": "ALARM(a) OR OK(b)"}],
    }
    (row,) = ALARM_RULES.compute(inputs)
    assert row["fires"] is False


# ------------------------------------------------------------------------------------------- dashboards


def metrics(*rows: list[Any], region: str | None = R) -> dict[str, Any]:
    """A body with one widget of metrics."""
    return {"widgets": [{"type": "metric", "properties": {"region": region, "metrics": list(rows)}}]}


def told(body: object) -> list[tuple[str | None, str | None]]:
    """Namespace and metric of what a body shows; for a problem, neither."""
    return [(one.namespace, one.metric) if one.problem is None else (None, None) for one in shown(body)]


def test_shorthand_stands_for_the_line_above() -> None:
    body = metrics(
        ["AWS/ECS", "CPUUtilization", "ClusterName", "pay", "ServiceName", "api", {"stat": "Average"}],
        [".", "MemoryUtilization", ".", ".", ".", "."],
        ["...", "web"],
        [{"expression": "m1 + m2", "label": "sum"}],
        ["AWS/RDS", "FreeableMemory"],
        [".", "DatabaseConnections", {"region": "eu-west-1"}],
    )
    assert shown(body) == [
        Shown("AWS/ECS", "CPUUtilization", R),
        Shown("AWS/ECS", "MemoryUtilization", R),
        Shown("AWS/RDS", "FreeableMemory", R),
        Shown("AWS/RDS", "DatabaseConnections", "eu-west-1"),
    ]


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        (
            "SEARCH('{AWS/ECS,ClusterName} MetricName=\"CPUUtilization\"', 'Average', 300)",
            [("AWS/ECS", "CPUUtilization")],
        ),
        (
            "SORT(SEARCH('{AWS/RDS} MetricName=(\"A\" OR \"B\")', 'Sum'), MAX, DESC)",
            [("AWS/RDS", "A"), ("AWS/RDS", "B")],
        ),
        ("SEARCH('{AWS/RDS,X} MetricName=A NOT MetricName=\"B\"', 'Sum')", [("AWS/RDS", "A")]),
        ("SEARCH('Namespace=\"AWS/RDS\" MetricName=\"A\"', 'Sum')", [("AWS/RDS", "A")]),
        ("SEARCH('{\"My/Space\",X}', 'Sum')", [("My/Space", None)]),
        ('SEARCH("{AWS/RDS,X} MetricName=\\"A\\"", "Sum")', [("AWS/RDS", "A")]),
        ("SEARCH('{AWS/RDS,X} db-1', 'Sum')", [("AWS/RDS", "db-1"), (None, None)]),
        ("SEARCH('CPUUtilization', 'Sum')", [(None, None)]),
        (
            'SELECT AVG(CPUUtilization) FROM SCHEMA("AWS/ECS", ClusterName) GROUP BY ClusterName',
            [("AWS/ECS", "CPUUtilization")],
        ),
        ('SELECT MAX(A) FROM "AWS/RDS" WHERE x = 1', [("AWS/RDS", "A")]),
        ("m1 / m2 * 100", []),
        ("ANOMALY_DETECTION_BAND(m1, 2)", []),
        ("x" * 5000, [(None, None)]),
    ],
)
def test_expressions_that_name_metrics_show_them(
    expression: str, expected: list[tuple[str | None, str | None]]
) -> None:
    assert told(metrics([{"expression": expression, "id": "e1"}])) == expected


def test_what_is_hidden_shows_where_something_drawn_is_made_of_it() -> None:
    hidden = {"visible": False}
    rows = [["A", "a", {**hidden, "id": "m1"}], ["B", "b", {**hidden, "id": "m2"}], ["C", "c", hidden]]
    assert told(metrics(*rows)) == []
    assert told(metrics(*rows, [{"expression": "m1 * 2"}])) == [("A", "a")]
    chain = [{"expression": "m2 + 1", "id": "e1", **hidden}]
    assert told(metrics(*rows, chain, [{"expression": "e1 / 2"}])) == [("B", "b")]
    assert told(metrics(*rows, chain)) == []
    assert told(metrics(*rows, [{"expression": "SUM(METRICS())"}])) == [("A", "a"), ("B", "b"), ("C", "c")]


def test_the_explorer_names_its_namespaces_by_kinds_of_resources() -> None:
    kinds = {
        "AWS::RDS::DBInstance": "AWS/RDS",
        "AWS::ECS::Service": "AWS/ECS",
        "AWS::ElasticLoadBalancingV2::TargetGroup/ApplicationELB": "AWS/ApplicationELB",
        "AWS::Something::Else": None,
    }
    listed = [{"metricName": "M", "resourceType": kind, "stat": "Sum"} for kind in kinds]
    body = {"widgets": [{"type": "explorer", "properties": {"metrics": listed}}]}
    assert told(body) == [(namespace, "M") for namespace in kinds.values()]


@pytest.mark.parametrize(
    "body",
    [None, "{widgets", [], 7, {"widgets": {}}, {"widgets": [None]},
     {"widgets": [{"type": "metric", "properties": [1]}]}, metrics(["."]), metrics([".", "M"]),
     {"widgets": [{"type": "metric", "properties": {"metrics": [7]}}]}],
)  # fmt: skip
def test_what_cannot_be_read_is_a_problem_and_not_nothing(body: object) -> None:
    assert told(body) == [(None, None)]


def test_an_empty_body_shows_nothing() -> None:
    assert told({}) == told({"widgets": []}) == told({"widgets": [{"type": "text"}, {"type": "metric"}]}) == []


_SCALARS = st.none() | st.booleans() | st.integers(-9, 9) | st.sampled_from([".", "...", "AWS/RDS", "metric", "x"])
_JSON = st.recursive(
    _SCALARS,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["widgets", "type", "properties", "metrics", "expression", "id"]), inner, max_size=4
        )
    ),
    max_leaves=12,
)


@settings(max_examples=200, deadline=None)
@given(_JSON)
def test_any_document_is_read_or_a_problem(body: object) -> None:
    for one in shown(body):
        assert one.problem is None or one.problem
