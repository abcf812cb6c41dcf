"""The page of `auditor history`: one self-contained file without any script, drawn from the history's document.

It wears the report's own style, and its Content-Security-Policy allows that style and nothing else.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from auditor.model import Severity
from auditor.reports import summary
from auditor.reports.history_chart import Chart, chart
from auditor.reports.html import asset, content_security_policy, environment
from auditor.reports.page.cover import moment
from auditor.reports.sanitize import clean

MAX_COLUMNS = 16
"""Audits of the matrix: the newest."""
MAX_OPEN = 60
"""Open failures that are listed: the oldest."""
FIRST_OPEN = 10
"""Of those, the ones that are not folded."""

_CHANGES = ("new", "resolved", "still_open", "newly_unseen", "seen_again")

Document = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Cell:
    """A requirement in an audit."""

    status: str
    """Empty where the audit did not ask it."""
    turned: bool
    """Whether it is another one than in the audit before."""
    date: str


@dataclass(frozen=True, slots=True)
class Row:
    """A requirement from audit to audit."""

    id: str
    title: str
    severity: str
    now: str
    changed: str
    """When its status changed last; empty where it never did."""
    was: str
    cells: tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class Matrix:
    """Requirements against audits. `groups` are years with the number of their columns."""

    groups: tuple[tuple[str, int], ...]
    columns: tuple[str, ...]
    rows: tuple[Row, ...]
    left_out: int
    """Earlier audits that are not drawn."""


@dataclass(frozen=True, slots=True)
class Age:
    """The open failures of one age: `width` in percent of the longest bar."""

    words: str
    total: int
    width: str
    counts: tuple[int, ...]
    """Of each severity, the most severe first."""


@dataclass(frozen=True, slots=True)
class Failure:
    """An open failure."""

    severity: str
    check: str
    requirements: tuple[str, ...]
    name: str
    arn: str
    account: str
    region: str
    since: str
    days: int
    unseen: str
    """Since when it could not be seen; empty where the last audit saw it."""


@dataclass(frozen=True, slots=True)
class SeriesView:
    """One series of audits."""

    series: Document
    title: str
    verdict: str
    tiles: tuple[tuple[str, str, str], ...]
    """(kind, figure, words)."""
    accounts: tuple[str, ...]
    chart: Chart
    ages: tuple[Age, ...]
    oldest: tuple[Failure, ...]
    """The open failures, the oldest first; `older` goes on with them."""
    older: tuple[Failure, ...]
    left_out: int
    """Open failures that are not listed."""
    matrix: Matrix


def render(document: Document) -> str:
    """The page of a history's document (`auditor.history.document`)."""
    from markupsafe import Markup

    style = asset("report.css") + asset("history.css")
    shown = clean({**document, "series": [_with_oldest(one) for one in document["series"]]})
    pairs = zip(shown["series"], document["series"], strict=True)
    views = [_series(one, len(whole["open"])) for one, whole in pairs]
    return (
        environment()
        .get_template("history.html")
        .render(
            title=_title(views),
            cover=list(_cover(shown)),
            demo=summary.DEMO if all(one["demo"] for one in shown["series"]) else "",
            demonstration=summary.DEMO,
            views=views,
            unusable=shown["unusable"],
            definitions=shown["definitions"],
            words=[(status.value, summary.WORDS[status]) for status in summary.STATUSES],
            changes=[(kind, summary.CHANGES[kind]) for kind in _CHANGES],
            word_of=summary.WORDS,
            severities=[severity.value for severity in Severity],
            moment=moment,
            style=Markup(style),  # noqa: S704 - our own files; hashed in the policy
            policy=content_security_policy(style, ""),
        )
    )


def _with_oldest(series: Document) -> Document:
    return {**series, "open": series["open"][:MAX_OPEN]}


def _title(views: Sequence[SeriesView]) -> str:
    if len(views) == 1:
        return views[0].verdict
    audits = sum(len(view.series["audits"]) for view in views)
    return f"{audits:,} audits in {len(views):,} series"


def _cover(document: Document) -> Iterator[tuple[str, str]]:
    """What the page rests on: (heading, line)."""
    dates = sorted(audit["started_at"] for series in document["series"] for audit in series["audits"])
    yield "First audit", moment(dates[0])
    yield "Last audit", moment(dates[-1])
    yield "Audits", f"{len(dates):,}"
    yield "Series", f"{len(document['series']):,}"
    yield "Not used", f"{len(document['unusable']):,}" if document["unusable"] else "none"


# ---------------------------------------------------------------------------------------- a series


def _series(series: Document, open_in_all: int) -> SeriesView:
    last = series["audits"][-1]
    failures = tuple(_failure(one, last["started_at"]) for one in series["open"])
    return SeriesView(
        series=series,
        title=_named(series),
        verdict=_verdict(series["audits"]),
        tiles=tuple(_tiles(last)),
        accounts=tuple(_account(one) for one in series["accounts"]),
        chart=chart(series["audits"]),
        ages=tuple(_ages(series["ages"])),
        oldest=failures[:FIRST_OPEN],
        older=failures[FIRST_OPEN:],
        left_out=open_in_all - len(failures),
        matrix=_matrix(series),
    )


def _named(series: Document) -> str:
    title = series["standard_title"]
    standard = f"{title} ({series['standard']})" if title else series["standard"]
    owner = f"{series['organization']}: " if series["organization"] else ""
    return f"{owner}{standard}, {series['environment']}"


def _account(account: Document) -> str:
    name = f"{account['name']} ({account['id']})" if account["name"] not in ("", account["id"]) else account["id"]
    return f"{name}: {', '.join(account['regions'])}"


def _verdict(audits: Sequence[Document]) -> str:
    """`14 of 22 requirements that apply pass, 3 more than at the first audit.`."""
    first, last = audits[0], audits[-1]
    if not last["applicable"]:
        return "No requirement applies."
    text = f"{last['passed']:,} of {last['applicable']:,} requirements that apply pass"
    if len(audits) == 1:
        return f"{text}: the first audit."
    more = last["passed"] - first["passed"]
    compared = f"{abs(more):,} {'more' if more > 0 else 'fewer'} than" if more else "as many as"
    return f"{text}, {compared} at the first audit."


def _tiles(last: Document) -> Iterator[tuple[str, str, str]]:
    yield "score", percent(last["score"]), "score of the last audit"
    yield "open", f"{last['open']:,}", "open failures"
    changes = last["changes"]
    for kind, words in (("new", "new"), ("resolved", "resolved"), ("newly_unseen", "newly unseen")):
        if changes is not None:
            yield kind, f"{changes[kind]:,}", f"{words} since the audit before"


def percent(score: float | None) -> str:
    """`63.6%`; `none` where no requirement applies."""
    return "none" if score is None else f"{score:.1f}%"


def _ages(ages: Sequence[Document]) -> Iterator[Age]:
    longest = max((one["open"] for one in ages), default=0) or 1
    for one in ages:
        counts = tuple(one["by_severity"][severity.value] for severity in Severity)
        yield Age(one["words"], one["open"], f"{100 * one['open'] / longest:.3f}%", counts)


def _failure(one: Document, last: str) -> Failure:
    resource = one["resource"]
    return Failure(
        severity=one["severity"],
        check=one["check"],
        requirements=tuple(one["requirements"]),
        name=summary.resource_label(resource),
        arn=resource["arn"],
        account=resource["account"],
        region=resource["region"],
        since=one["since"][:10],
        days=one["age_days"],
        unseen=one["last_seen"][:10] if one["last_seen"] != last else "",
    )


# ---------------------------------------------------------------------------------------- the matrix


def _matrix(series: Document) -> Matrix:
    moments = [audit["started_at"] for audit in series["audits"]]
    first = max(0, len(moments) - MAX_COLUMNS)
    years: dict[str, int] = {}
    for at in moments[first:]:
        years[at[:4]] = years.get(at[:4], 0) + 1
    rows = tuple(_row(id_, line, moments, first) for id_, line in series["requirements"].items())
    return Matrix(tuple(years.items()), tuple(_labels(moments[first:])), rows, first)


def _labels(moments: Sequence[str]) -> Iterator[str]:
    """`11-21`; with the hour where a day has several audits."""
    days = [at[:10] for at in moments]
    for at in moments:
        yield at[5:10] if days.count(at[:10]) == 1 else f"{at[5:10]} {at[11:16]}"


def _row(id_: str, line: Document, moments: Sequence[str], first: int) -> Row:
    statuses: list[str] = [status or "" for status in line["statuses"]]
    turned = [False, *(bool(was and now) and was != now for was, now in pairwise(statuses))]
    cells = [Cell(*one) for one in zip(statuses, turned, map(moment, moments), strict=True)]
    return Row(
        id=id_,
        title=line["title"],
        severity=line["severity"],
        now=statuses[-1],
        changed=(line["changed_at"] or "")[:10],
        was=line["changed_from"] or "",
        cells=tuple(cells[first:]),
    )
