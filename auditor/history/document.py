"""History as a document: what `auditor history --format json` gives out, and what its page is drawn from.

Times are in ISO 8601 in UTC, ages in whole days up to the last audit of the series: no clock is asked, so the same
audits give the same document.
"""

from __future__ import annotations

import datetime
from collections import Counter
from collections.abc import Mapping
from typing import Any, Final

from auditor.history.model import Changes, History, Line, Open, Point, Series, Unusable
from auditor.model import Severity, Status

SCORE: Final = (
    "Score: of the requirements that apply, the percentage that pass, rounded down to a tenth. Unknown and waived "
    "requirements apply, and do not pass."
)
AGE: Final = (
    "Age: from the first audit that saw a failure and after which no audit saw it resolved, to the last audit of the "
    "series. Where it could not be seen it stays open. A waiver resolves it; after the waiver its age begins anew."
)

_AGES: Final = (
    (0, 7, "under 7 days"),
    (7, 30, "7 to 29 days"),
    (30, 90, "30 to 89 days"),
    (90, None, "90 days or more"),
)
"""From and below how many days, in words."""


def document(history: History) -> dict[str, Any]:
    """The whole document."""
    return {
        "schema_version": "1.0",
        "definitions": {"score": SCORE, "age": AGE},
        "series": [_series(one) for one in history.series],
        "unusable": [_unusable(one) for one in history.unusable],
    }


def _series(series: Series) -> dict[str, Any]:
    last = series.last
    moments = [_moment(point.entry.audit.started_at) for point in series.points]
    return {
        "scope": series.scope,
        "standard": last.standard,
        "standard_title": last.standard_title,
        "environment": last.environment,
        "organization": last.organization,
        "demo": last.demo,
        "accounts": [{"id": one.id, "name": one.name, "regions": list(one.regions)} for one in last.accounts],
        "audits": [_point(point) for point in series.points],
        "open": [_open(one) for one in series.open],
        "ages": _ages(series),
        "requirements": {line.id: _line(line, moments) for line in series.requirements},
    }


def _point(point: Point) -> dict[str, Any]:
    audit = point.entry.audit
    return {
        "id": audit.id,
        "folder": point.entry.folder,
        "started_at": _moment(audit.started_at),
        "standard": audit.standard,
        "complete": audit.complete,
        "score": point.score,
        "passed": point.passed,
        "applicable": point.applicable,
        "requirements": _counts(point.requirements),
        "findings": _counts(audit.counts),
        "changes": {name: point.changes[name] for name, _ in Changes().lists()} if point.changes is not None else None,
        "open": point.open,
    }


def _counts(counts: Mapping[Status, int]) -> dict[str, int]:
    return {status.value: counts.get(status, 0) for status in Status}


def _open(one: Open) -> dict[str, Any]:
    finding = one.finding
    return {
        "id": finding.id,
        "check": finding.check,
        "requirements": list(finding.requirements),
        "severity": finding.severity.value,
        "resource": {
            "arn": finding.arn,
            "type": finding.type,
            "name": finding.name or None,
            "account": finding.account,
            "region": finding.region,
        },
        "since": _moment(one.since),
        "last_seen": _moment(one.seen),
        "age_days": one.days,
    }


def _ages(series: Series) -> list[dict[str, Any]]:
    """The open failures by age and severity."""
    told = []
    for least, below, words in _AGES:
        own = [one for one in series.open if least <= one.days and (below is None or one.days < below)]
        counts = Counter(one.finding.severity for one in own)
        by_severity = {severity.value: counts[severity] for severity in Severity}
        told.append(
            {"from_days": least, "below_days": below, "words": words, "open": len(own), "by_severity": by_severity}
        )
    return told


def _line(line: Line, moments: list[str]) -> dict[str, Any]:
    return {
        "title": line.title,
        "severity": line.severity.value,
        "statuses": [status.value if status is not None else None for status in line.statuses],
        "changed_at": moments[line.changed] if line.changed is not None else None,
        "changed_from": line.was.value if line.was is not None else None,
    }


def _unusable(one: Unusable) -> dict[str, Any]:
    return {"folder": one.folder, "why": one.why, "remedy": one.remedy}


def _moment(at: datetime.datetime) -> str:
    return at.isoformat(timespec="milliseconds")
