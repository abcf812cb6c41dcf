"""Bodies of CloudWatch dashboards, read: which metrics they show (MON-04).

Syntax: CloudWatch, "Dashboard Body Structure and Syntax" (CloudWatch-Dashboard-Body-Structure.html); of searches,
search-expression-syntax.html; of Metrics Insights, cloudwatch-metrics-insights-querylanguage.html.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from auditor.model import Derived, Rows

_SAME, _REST = ".", "..."
_SEARCH = re.compile(
    r"\bSEARCH\s*\(\s*(?P<quote>['\"])(?P<text>.*?)(?<!\\)(?P=quote)\s*[,)]", re.IGNORECASE | re.DOTALL
)
_SCHEMA = re.compile(r'^\s*\{\s*"?([^",}]+?)"?\s*[,}]')
_NAMED = re.compile(r'\bNamespace\s*=\s*"?([\w/.:#-]+)"?', re.IGNORECASE)
_METRIC = re.compile(r"\bMetricName\s*=\s*(?:\(([^)]*)\)|\"([^\"]+)\"|([^\s\"()]+))", re.IGNORECASE)
_NOT = re.compile(r"\bNOT\s+(?:\w+\s*=\s*)?(?:\([^)]*\)|\"[^\"]*\"|\S+)")
_OTHER_TERM = re.compile(r"\b[\w-]+\s*=\s*(?:\([^)]*\)|\"[^\"]*\"|\S+)")
_WORD = re.compile(r'"([^"]+)"|([A-Za-z0-9_:.-]+)')
_SELECT = re.compile(
    r'\bSELECT\s+\w+\s*\(\s*"?(?P<metric>[^")]+?)"?\s*\)\s*FROM\s+(?:SCHEMA\s*\(\s*)?"?(?P<space>[^",()\s]+)"?',
    re.IGNORECASE,
)
_EXPLORED = {prefix: f"AWS/{prefix.split('::')[1]}" for prefix in ("AWS::EC2::", "AWS::ECS::", "AWS::RDS::")}
_CONNECTIVES = frozenset({"AND", "OR"})
_LONGEST = 4096
"""Characters of an expression; beyond it nothing is read (a search has 1,024 at most)."""


@dataclass(frozen=True, slots=True)
class Shown:
    """A metric that a dashboard shows: `metric` is None where it is every one of the namespace."""

    namespace: str | None
    metric: str | None
    region: str | None = None
    problem: str | None = None


def shown(body: object) -> list[Shown]:
    """Return the metrics that a dashboard's body shows, and what of it cannot be read, as `problem`."""
    if not isinstance(body, Mapping) or not isinstance(body.get("widgets", []), list):
        return [Shown(None, None, problem="its body is no JSON with a list of widgets")]
    found: list[Shown] = []
    for number, widget in enumerate(body.get("widgets", []), start=1):
        try:
            found += _widget(widget)
        except (ValueError, TypeError, AttributeError, IndexError) as error:
            found.append(Shown(None, None, problem=f"its widget {number} cannot be read: {error}"))
    return list(dict.fromkeys(found))


def _widget(widget: Mapping[str, Any]) -> Iterator[Shown]:
    properties = widget.get("properties") or {}
    if widget.get("type") == "metric":
        yield from _metrics(properties.get("metrics") or [], properties.get("region"))
    elif widget.get("type") == "explorer":
        for metric in properties.get("metrics") or []:
            namespace = _explored(str(metric.get("resourceType")))
            yield Shown(namespace, metric.get("metricName"), properties.get("region"))


def _explored(kind: str) -> str | None:
    if kind.endswith(("/ApplicationELB", "/NetworkELB")):
        return f"AWS/{kind.rsplit('/', 1)[1]}"
    return next((namespace for prefix, namespace in _EXPLORED.items() if kind.startswith(prefix)), None)


# ---------------------------------------------------------------------------------------------- metrics


@dataclass(frozen=True, slots=True)
class _Line:
    """A line of a widget's metrics: a metric or an expression, its id, and whether it is drawn."""

    fields: Sequence[str]
    expression: str
    name: str
    region: str | None
    visible: bool


def _metrics(rows: Sequence[Sequence[Any]], region: str | None) -> Iterator[Shown]:
    for line in _drawn(list(_lines(rows, region))):
        if line.expression:
            yield from _expressed(line.expression, line.region)
        elif len(line.fields) > 1:
            yield Shown(line.fields[0], line.fields[1], line.region)


def _lines(rows: Sequence[Sequence[Any]], region: str | None) -> Iterator[_Line]:
    before: Sequence[str] = ()
    for row in rows:
        options = next((each for each in row if isinstance(each, Mapping)), {})
        fields = _spelled_out([str(each) for each in row if not isinstance(each, Mapping)], before)
        before = fields or before
        yield _Line(
            fields,
            str(options.get("expression") or ""),
            str(options.get("id") or ""),
            options.get("region") or region,
            options.get("visible", True) is not False,
        )


def _spelled_out(fields: Sequence[str], before: Sequence[str]) -> list[str]:
    """`.` stands for the same place of the line before, `...` for as many places as are missing."""
    full: list[str] = []
    for at, field in enumerate(fields):
        if field == _REST:
            full += before[len(full) : len(before) - (len(fields) - at - 1)]
        elif field == _SAME:
            if len(full) >= len(before):
                raise ValueError("a '.' with nothing above it")
            full.append(before[len(full)])
        else:
            full.append(field)
    return full


def _drawn(lines: Sequence[_Line]) -> list[_Line]:
    """The lines that are visible, and those that an expression which is drawn is made of, be it through others."""
    drawn = [line for line in lines if line.visible]
    for line in drawn:
        if line.expression:
            named = set(re.findall(r"\w+", line.expression))
            every = re.search(r"\bMETRICS\s*\(", line.expression)
            drawn += [each for each in lines if each not in drawn and (every or each.name in named)]
    return drawn


# ------------------------------------------------------------------------------------------ expressions


def _expressed(expression: str, region: str | None) -> Iterator[Shown]:
    """The metrics that an expression names by itself; those of other lines have their own."""
    if len(expression) > _LONGEST:
        raise ValueError(f"an expression of {len(expression)} characters")
    for match in _SEARCH.finditer(expression):
        yield from _searched(match["text"].replace('\\"', '"').replace("\\'", "'"), region)
    for match in _SELECT.finditer(expression):
        yield Shown(match["space"], match["metric"], region)


def _searched(text: str, region: str | None) -> Iterator[Shown]:
    schema = _SCHEMA.match(text)
    rest = _NOT.sub(" ", text[text.index("}") + 1 :] if schema else text)
    spaces: list[str | None] = [schema[1].strip()] if schema else list(_NAMED.findall(rest))
    if not spaces:
        yield Shown(None, None, region, f"the search {text[:80]!r} names no namespace")
    names = [word for match in _METRIC.finditer(rest) for word in _words(next(filter(None, match.groups()), ""))]
    loose = [] if names else _words(_OTHER_TERM.sub(" ", rest))
    every: Sequence[str | None] = names or loose or [None]
    for space in spaces:
        yield from (Shown(space, name, region) for name in every)
        if loose:
            yield Shown(space, None, region, f"the search {text[:80]!r} may find more than it is clear about")


def _words(text: str) -> list[str]:
    found = [match[1] or match[2] for match in _WORD.finditer(text)]
    return [word for word in found if word not in _CONNECTIVES]


# ------------------------------------------------------------------------------------------------ table


def _compute(inputs: Mapping[str, Rows]) -> Iterator[Mapping[str, Any]]:
    for row in inputs["dashboards"]:
        for one in shown(row["body"]):
            yield {
                "account": row["account"],
                "dashboard_arn": row["arn"],
                "namespace": one.namespace,
                "metric": one.metric,
                "metric_region": one.region,
                "problem": one.problem,
            }


DASHBOARD_METRICS = Derived(
    name="dashboard_metrics",
    description=(
        "Metrics that dashboards show, a row each: widgets of metrics (with their shorthand), search expressions, "
        "Metrics Insights and the metrics explorer. `metric` is NULL where every metric of the namespace is shown; "
        "where `problem` is set, there is more that could not be read. Hidden metrics count where an expression "
        "that is drawn is made of them."
    ),
    inputs={"dashboards": "select account, arn, DashboardBody as body from cloudwatch_dashboards"},
    columns={
        "account": "VARCHAR",
        "dashboard_arn": "VARCHAR",
        "namespace": "VARCHAR",
        "metric": "VARCHAR",
        "metric_region": "VARCHAR",
        "problem": "VARCHAR",
    },
    compute=_compute,
)
