"""What the HTML templates loop over: every decision about the report is taken here, none in a template."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from auditor.reports import summary
from auditor.reports.page import record
from auditor.reports.page.cover import Bar, bars, cover, moment
from auditor.reports.page.drift import Drift, drift
from auditor.reports.page.findings import Plan, Section, Value, values
from auditor.reports.page.matrix import Matrix, matrix

MANY = 600
"""Findings that a browser lays out at once in well under a second."""


@dataclass(frozen=True, slots=True)
class View:
    """The whole report."""

    results: Mapping[str, Any]
    demo: str
    headline: str
    verdict: str
    tone: str
    cover: tuple[tuple[str, tuple[str, ...]], ...]
    matrix: Matrix
    bars: tuple[Bar, ...]
    gaps: tuple[record.Gap, ...]
    changes: record.Changes | None
    drift: Drift | None
    sections: tuple[Section, ...]
    waivers: tuple[record.Waiver, ...]
    tables: tuple[record.Table, ...]
    collected: tuple[str, str]
    """From when to when."""
    empty_tables: tuple[str, ...]
    """Those that AWS answered nothing for."""
    methods: tuple[record.Method, ...]
    parameters: tuple[Value, ...]
    digests: tuple[tuple[str, str], ...]
    accounts: tuple[str, ...]
    regions: tuple[str, ...]
    shown: int
    total: int
    many: bool
    """Findings are so many that they are laid out only when they come into view."""


def view(results: Mapping[str, Any]) -> View:
    """The view of a document that is `complete`."""
    statuses = [one["status"] for one in results["requirements"]]
    plan = Plan(results)
    return View(
        results=results,
        demo=summary.DEMO if summary.is_demo(results) else "",
        headline=summary.headline(results),
        verdict=summary.verdict(results),
        tone=summary.worst(statuses),
        cover=tuple(cover(results)),
        matrix=matrix(results, plan.link),
        bars=tuple(bars(results)),
        gaps=tuple(record.gap(one, summary.account_names(results)) for one in summary.unseen(results)),
        changes=record.changes(results, plan.link),
        drift=drift(results),
        sections=tuple(plan.section(one) for one in results["requirements"]),
        waivers=tuple(record.waiver(one) for one in results["waivers"]),
        tables=tuple(record.table(one) for one in results["collection"]["tables"] if record.holds(one)),
        collected=(moment(results["collection"]["started_at"]), moment(results["collection"]["finished_at"])),
        empty_tables=tuple(one["table"] for one in results["collection"]["tables"] if not record.holds(one)),
        methods=tuple(record.method(one, results) for one in results["checks"]),
        parameters=values(results["audit"].get("parameters") or {}),
        digests=tuple((str(key), str(value)) for key, value in (results.get("method") or {}).items()),
        accounts=tuple(summary.account_names(results).values()),
        regions=tuple(summary.region_order(results)),
        shown=len(plan.shown),
        total=len(results["findings"]),
        many=len(plan.shown) > MANY,
    )
