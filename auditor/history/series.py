"""Audits of one scope from date to date: their score, what changed, how old failures are. Pure.

A failure is open from the first audit that saw it fail until one that saw it gone, passing, waived or not applicable.
Where it was not seen in between, it stays open: fail, unknown, fail is one run and keeps its first date; fail, pass,
fail is two. A waiver ends the run, as it counts as resolved where audits are compared; after the waiver's end the run
begins with the first audit that sees the failure again.
"""

from __future__ import annotations

import datetime
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from itertools import pairwise

from auditor.history.model import Audit, Entry, Finding, History, Line, Open, Point, Series, Unusable
from auditor.history.standing import Standings, compared
from auditor.model import Status
from auditor.standing import NOT_EVALUATED

_UNSEEN = frozenset({Status.UNKNOWN.value, NOT_EVALUATED})


def history(
    entries: Iterable[Entry], unusable: Iterable[Unusable] = (), wanted: Callable[[Audit], bool] = lambda _audit: True
) -> History:
    """Every series whose newest audit is `wanted`, and what was not used.

    Of several judgements of one snapshot the last one counts; the others are among what is not used.
    """
    groups: dict[str, list[Entry]] = defaultdict(list)
    for entry in entries:
        groups[entry.scope].append(entry)
    superseded: list[Unusable] = []
    found = []
    for scope, own in groups.items():
        kept, older = _last_judgements(own)
        superseded += older
        found.append(series(scope, kept))
    found.sort(key=lambda one: (-one.last.started_at.timestamp(), one.last.standard, one.scope))
    left_out = sorted((*unusable, *superseded), key=lambda one: one.folder)
    return History(tuple(one for one in found if wanted(one.last)), tuple(left_out))


def _last_judgements(entries: Iterable[Entry]) -> tuple[list[Entry], list[Unusable]]:
    """One entry for each snapshot, the oldest first, and those that were judged again later."""
    by_snapshot: dict[str, Entry] = {}
    older = []
    for entry in sorted(entries, key=lambda one: (one.audit.finished_at, one.folder)):
        if (before := by_snapshot.get(entry.audit.id)) is not None:
            older.append(Unusable(before.folder, f"its snapshot was judged again later, in {entry.folder}"))
        by_snapshot[entry.audit.id] = entry
    return sorted(by_snapshot.values(), key=lambda one: (one.audit.started_at, one.folder)), older


def series(scope: str, entries: Sequence[Entry]) -> Series:
    """The series of some audits of one scope, the oldest first, at least one."""
    points: list[Point] = []
    failures = _Failures()
    before: Standings | None = None
    for entry in entries:
        now = Standings(entry.audit)
        failures.see(now, entry.audit.started_at)
        points.append(_point(entry, before, now, len(failures.runs)))
        before = now
    return Series(scope, tuple(points), failures.open(entries[-1].audit.started_at), tuple(_lines(entries)))


def _point(entry: Entry, before: Standings | None, now: Standings, failures: int) -> Point:
    counts = Counter(one.status for one in entry.audit.requirements)
    changes = {name: len(ids) for name, ids in compared(before, now).lists()} if before else None
    applicable = counts.total() - counts[Status.NOT_APPLICABLE]
    return Point(entry, counts[Status.PASS], applicable, counts, changes, failures)


# ---------------------------------------------------------------------------------------- open failures


class _Failures:
    """The failures that are open after the audits seen so far."""

    def __init__(self) -> None:
        self.runs: dict[str, Open] = {}

    def see(self, now: Standings, at: datetime.datetime) -> None:
        """The next audit, which began at `at`."""
        self.runs = {id_: run for id_, run in self.runs.items() if self._lasts(id_, run.finding, now)}
        for id_, finding in now.open.items():
            if finding.status is Status.FAIL:
                since = self.runs[id_].since if id_ in self.runs else at
                self.runs[id_] = Open(finding, since, at, 0)

    @staticmethod
    def _lasts(id_: str, finding: Finding, now: Standings) -> bool:
        standing = now.of(id_, finding.place)
        return standing == Status.FAIL or standing in _UNSEEN

    def open(self, until: datetime.datetime) -> tuple[Open, ...]:
        """All of them with their age."""
        aged = (replace(run, days=(until - run.since).days) for run in self.runs.values())
        return tuple(sorted(aged, key=_order))


def _order(one: Open) -> tuple[datetime.datetime, int, str, str, str, str, str]:
    finding = one.finding
    place = (finding.check, finding.account, finding.region, finding.arn, finding.id)
    return (one.since, finding.severity.rank, *place)


# ---------------------------------------------------------------------------------------- requirements


def _lines(entries: Sequence[Entry]) -> Iterable[Line]:
    """Every requirement of any of the audits, by its id."""
    judged = [{one.id: one for one in entry.audit.requirements} for entry in entries]
    for id_ in sorted({id_ for own in judged for id_ in own}):
        newest = next(own[id_] for own in reversed(judged) if id_ in own)
        statuses = tuple(own[id_].status if id_ in own else None for own in judged)
        changed, was = _last_change(statuses)
        yield Line(id_, newest.title, newest.severity, statuses, changed, was)


def _last_change(statuses: Sequence[Status | None]) -> tuple[int | None, Status | None]:
    """The place of the last status that is not the one before, and that one; audits that did not ask say nothing."""
    asked = [(number, status) for number, status in enumerate(statuses) if status is not None]
    for (_, was), (number, status) in reversed(list(pairwise(asked))):
        if was is not status:
            return number, was
    return None, None
