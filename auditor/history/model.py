"""What history needs of an audit, and what comes of it. Frozen; no I/O."""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from auditor.model import Severity, Status

Place: TypeAlias = tuple[str, str, str]
"""(check, account, region): where a finding stands, as far as its absence is judged by it."""


# ---------------------------------------------------------------------------------------- an audit


@dataclass(frozen=True, slots=True)
class Account:
    """An account that was looked at."""

    id: str
    name: str
    regions: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Requirement:
    """A requirement and what an audit made of it."""

    id: str
    title: str
    severity: Severity
    status: Status


@dataclass(frozen=True, slots=True)
class Finding:
    """A finding that fails, or could not be decided."""

    id: str
    check: str
    requirements: tuple[str, ...]
    severity: Severity
    status: Status
    arn: str
    type: str
    name: str
    """Empty where the resource has none."""
    account: str
    region: str

    @property
    def place(self) -> Place:
        """Where it stands."""
        return (self.check, self.account, self.region)


@dataclass(frozen=True, slots=True)
class Decided:
    """The findings of one place that pass, are waived or do not apply: nothing is kept of them but their ids."""

    check: str
    account: str
    region: str
    ids: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Audit:
    """A `results.json`, as far as history needs it."""

    id: str
    standard: str
    standard_title: str
    environment: str
    organization: str
    demo: bool
    complete: bool
    started_at: datetime.datetime
    """In UTC; when its collection began."""
    finished_at: datetime.datetime
    """In UTC; when its verdicts were made."""
    accounts: tuple[Account, ...]
    checks: tuple[str, ...]
    requirements: tuple[Requirement, ...]
    counts: Mapping[Status, int]
    """Findings of each status."""
    open: tuple[Finding, ...]
    """The findings that fail or are unknown."""
    decided: tuple[Decided, ...]


@dataclass(frozen=True, slots=True)
class Entry:
    """An audit that is used, and where it was read."""

    folder: str
    """The name of its folder or bundle."""
    scope: str
    """What says that two audits asked the same of the same accounts and regions."""
    audit: Audit


@dataclass(frozen=True, slots=True)
class Unusable:
    """What looks like an audit and is not used."""

    folder: str
    why: str
    remedy: str = ""


# ---------------------------------------------------------------------------------------- what comes of them


@dataclass(frozen=True, slots=True)
class Changes:
    """What became of findings since the audit before: the words of `auditor.drift.model.FindingChanges`, and ids."""

    new: tuple[str, ...] = ()
    resolved: tuple[str, ...] = ()
    still_open: tuple[str, ...] = ()
    newly_unseen: tuple[str, ...] = ()
    seen_again: tuple[str, ...] = ()

    def lists(self) -> Iterator[tuple[str, tuple[str, ...]]]:
        """Each list by its name, in reading order."""
        for name in ("new", "resolved", "still_open", "newly_unseen", "seen_again"):
            yield name, getattr(self, name)


@dataclass(frozen=True, slots=True)
class Point:
    """An audit within its series."""

    entry: Entry
    passed: int
    """Requirements that pass."""
    applicable: int
    """Requirements that apply."""
    requirements: Mapping[Status, int]
    changes: Mapping[str, int] | None
    """How many findings are in each list of `Changes`; None for the first audit of a series."""
    open: int
    """Findings that failed and were not seen resolved since: those that fail now, and those that are not seen now."""

    @property
    def score(self) -> float | None:
        """Percent of the requirements that apply, in tenths, rounded down: 100 is all. None where none applies."""
        return self.passed * 1000 // self.applicable / 10 if self.applicable else None


@dataclass(frozen=True, slots=True)
class Open:
    """A failure that was not seen resolved."""

    finding: Finding
    """As it was seen last."""
    since: datetime.datetime
    """When the first audit began of the run in which it was not seen resolved."""
    seen: datetime.datetime
    """When the last audit began that saw it fail."""
    days: int
    """Whole days from `since` to the last audit of the series."""


@dataclass(frozen=True, slots=True)
class Line:
    """A requirement from audit to audit."""

    id: str
    title: str
    severity: Severity
    statuses: tuple[Status | None, ...]
    """One for each audit of the series; None where it was not asked."""
    changed: int | None
    """The audit in which the last change of its status was seen; None where it never changed."""
    was: Status | None
    """The status before that change."""


@dataclass(frozen=True, slots=True)
class Series:
    """The audits of one scope, the oldest first."""

    scope: str
    points: tuple[Point, ...]
    open: tuple[Open, ...]
    """The oldest first, then the most severe."""
    requirements: tuple[Line, ...]

    @property
    def last(self) -> Audit:
        """The newest audit: it names the series."""
        return self.points[-1].entry.audit


@dataclass(frozen=True, slots=True)
class History:
    """Every series, the one with the newest audit first, and what was not used."""

    series: tuple[Series, ...]
    unusable: tuple[Unusable, ...] = field(default=())
