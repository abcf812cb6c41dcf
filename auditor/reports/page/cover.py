"""The cover of the report and the counts by severity."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from auditor.model import Severity
from auditor.reports import summary
from auditor.reports.sanitize import clip

_DIGEST = 17
"""Characters of a digest on the cover; "Method" has all of it."""


@dataclass(frozen=True, slots=True)
class Bar:
    """A severity's line in the picture: (status, word, count, x, width), the last two in percent of the longest."""

    severity: str
    total: int
    parts: tuple[tuple[str, str, int, str, str], ...]
    counts: tuple[int, ...]


def cover(results: Mapping[str, Any]) -> Iterable[tuple[str, tuple[str, ...]]]:
    """What was audited, when, by whom and with what: (heading, lines)."""
    audit, scope, regions = results["audit"], results["scope"], results["scope"].get("regions") or {}
    if audit.get("organization"):
        yield "Organization", (audit["organization"],)
    yield "Standard", (audit.get("standard_title") or audit["standard"],)
    yield "Environment", (audit["environment"],)
    yield _plural("Account", len(scope["accounts"])), tuple(summary.account_names(results).values()) or ("none",)
    parts = [("primary", [regions["primary"]])] if regions.get("primary") else []
    parts += [(role, list(regions.get(role) or [])) for role in ("recovery", "also")]
    words = {"primary": "primary", "recovery": "recovery", "also": "looked at too"}
    named = tuple(f"{region} ({words[role]})" for role, group in parts for region in group)
    plain = tuple(sorted({region for one in scope["accounts"] for region in one["regions"]}))
    yield "Regions", named or plain or ("none",)
    yield "When", _span(moment(audit["started_at"]), moment(audit["finished_at"]))
    yield "Identity", (audit["identity"],)
    digest = str((results.get("method") or {}).get("checks_digest") or "")
    checks = (f"checks {clip(digest, _DIGEST)}",) if digest else ()
    yield "Tool", (f"{results['tool']['name']} {results['tool']['version']}", *checks)
    yield "Audit", (audit["id"],)


def _plural(noun: str, count: int) -> str:
    return noun if count == 1 else f"{noun}s"


def moment(moment: str) -> str:
    """`2026-11-21T10:00:00Z` -> `2026-11-21 10:00:00 UTC`; anything else stays as it is."""
    found = re.fullmatch(r"(\d{4}-\d\d-\d\d)T(\d\d:\d\d:\d\d)(?:\.\d+)?(?:Z|\+00:00)", moment)
    return f"{found[1]} {found[2]} UTC" if found else moment


def _span(start: str, end: str) -> tuple[str, ...]:
    """From and to, in one line where both are of the same day."""
    day, finished = start[:11], end[11:]
    if start.startswith(day) and end.startswith(day) and day.endswith(" ") and finished:
        return (start.removesuffix(" UTC"), f"to {finished}")
    return (start, f"to {end}")


def bars(results: Mapping[str, Any]) -> Iterable[Bar]:
    """The findings of each severity, the most severe first."""
    statuses = [status.value for status in summary.STATUSES[:4]]
    counted: Mapping[str, Mapping[str, int]] = results["summary"].get("by_severity") or _by_severity(
        results["findings"]
    )
    rows = {one.value: [(counted.get(one.value) or {}).get(status, 0) for status in statuses] for one in Severity}
    longest = max((sum(counts) for counts in rows.values()), default=0) or 1
    for severity, counts in rows.items():
        parts, x = [], 0.0
        for status, count in zip(statuses, counts, strict=True):
            width = 100 * count / longest
            if count:
                parts.append((status, summary.WORDS[status], count, f"{x:.3f}%", f"{width:.3f}%"))
            x += width
        yield Bar(severity, sum(counts), tuple(parts), tuple(counts))


def _by_severity(findings: Iterable[Mapping[str, Any]]) -> Mapping[str, Mapping[str, int]]:
    counted: dict[str, Counter[str]] = defaultdict(Counter)
    for one in findings:
        counted[one["severity"]][one["status"]] += 1
    return counted
