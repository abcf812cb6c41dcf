"""`[[drift.ignore]]`: differences that somebody knows of, until a day. They are shown and counted, apart. Pure.

What could not be compared stays unknown whatever a rule says; only a type that is not looked for at all can be ignored.
"""

from __future__ import annotations

import fnmatch
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date

from auditor.drift.code.compare import NOT_MAPPED
from auditor.drift.code.model import CodeDrift, Judged, Share, Verdict
from auditor.drift.model import Change, Changed, Difference, Only, Subject
from auditor.model import Ignore


@dataclass(frozen=True, slots=True)
class Ignored:
    """A difference that a rule covers."""

    subject: Subject
    kind: str
    """The list that it would be in: `added`, `removed`, `changed`, `unknown`."""
    rule: int
    """The rule's place in the configuration."""
    change: Change | None = None
    address: str = ""


class Ignoring:
    """The rules, and what they covered so far."""

    def __init__(self, rules: Sequence[Ignore], today: date) -> None:
        self.rules = tuple(rules)
        self.expired = tuple(date.fromisoformat(rule.expires) < today for rule in rules)
        self.covered: list[Ignored] = []
        self.would_cover: Counter[int] = Counter()
        """Rule that has expired -> differences that it would cover."""

    def ignores(self, subject: Subject, kind: str, change: Change | None = None, addresses: Iterable[str] = ()) -> bool:
        """Whether a rule in force covers a difference; then it is among the `covered`."""
        names = [subject.arn, *addresses]
        for number, rule in enumerate(self.rules):
            if not any(_matches(name, rule.resource) for name in names) or not _is_about(rule, change):
                continue
            if self.expired[number]:
                self.would_cover[number] += 1
                continue
            self.covered.append(Ignored(subject, kind, number, change, next(iter(addresses), "")))
            return True
        return False

    def difference(self, found: Difference) -> Difference:
        """Two snapshots' difference without what the rules cover."""

        def kept(only: Iterable[Only], kind: str) -> tuple[Only, ...]:
            return tuple(one for one in only if not self.ignores(one.subject, kind))

        changed = []
        for one in found.changed:
            changes = tuple(change for change in one.changes if not self.ignores(one.subject, "changed", change))
            changed += [Changed(one.subject, changes)] if changes else []
        return replace(
            found, added=kept(found.added, "added"), removed=kept(found.removed, "removed"), changed=tuple(changed)
        )

    def code(self, found: CodeDrift) -> CodeDrift:
        """A comparison with code without what the rules cover."""
        unmanaged = tuple(one for one in found.unmanaged if not self.ignores(one.subject, "added"))
        gone = Counter(one.subject.type for one in found.unmanaged) - Counter(one.subject.type for one in unmanaged)
        judged = [self._judged(one) for one in found.judged]
        return replace(
            found,
            judged=tuple(one for one in judged if one is not None),
            unmanaged=unmanaged,
            shares=tuple(_without(share, gone[share.type]) for share in found.shares),
        )

    def _judged(self, one: Judged) -> Judged | None:
        subject, address = one.subject, (one.declared.address,)
        if one.verdict is Verdict.MISSING:
            return None if self.ignores(subject, "removed", None, address) else one
        if one.verdict is Verdict.UNKNOWN and all(unknown.code == NOT_MAPPED for unknown in one.unknown):
            return None if self.ignores(subject, "unknown", None, address) else one
        changes = tuple(change for change in one.changes if not self.ignores(subject, "changed", change, address))
        return one if changes == one.changes else replace(one, changes=changes)


def _without(share: Share, ignored: int) -> Share:
    return replace(share, unmanaged=share.unmanaged - ignored, ignored=ignored)


def _is_about(rule: Ignore, change: Change | None) -> bool:
    if not rule.attribute:
        return True
    if change is None:
        return False
    whole = change.field
    return _matches(whole, rule.attribute) or any(whole.startswith(f"{rule.attribute}{mark}") for mark in (".", "["))


def _matches(name: str, glob: str) -> bool:
    return name == glob or fnmatch.fnmatchcase(name, glob)
