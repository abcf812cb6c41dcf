"""How findings stand in an audit, and what became of them in the next one.

The rule is `auditor.standing`, as for drift (a test compares the two on documents made at random): a finding that is
absent was seen to be gone, or was not seen. What is compared here are two `Audit`s, in a time that
depends on what differs: histories have many audits, and most findings stand as they stood.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping

from auditor.history.model import Audit, Changes, Finding, Place
from auditor.model import GLOBAL, Status
from auditor.standing import ABSENT, NOT_EVALUATED, change
from auditor.unlisted import Unlisted

DECIDED = "decided"
"""It passes, is waived or does not apply."""


class Standings:
    """An audit, as far as it tells how a finding stands."""

    def __init__(self, audit: Audit) -> None:
        self.open: Mapping[str, Finding] = {one.id: one for one in audit.open}
        self.decided: dict[str, Place] = {}
        for group in audit.decided:
            self.decided.update(dict.fromkeys(group.ids, (group.check, group.account, group.region)))
        self._checks = frozenset(audit.checks)
        self._places = {(account.id, region) for account in audit.accounts for region in (*account.regions, GLOBAL)}
        self._unlisted = Unlisted(map(_plain, audit.open))

    def of(self, id_: str, place: Place) -> str:
        """`fail`, `unknown`, `decided`; where the finding is absent, whether it was seen that there is none."""
        if (own := self.open.get(id_)) is not None:
            return own.status.value
        if id_ in self.decided:
            return DECIDED
        check, account, region = place
        if check not in self._checks or (account, region) not in self._places:
            return NOT_EVALUATED
        return Status.UNKNOWN.value if self._unlisted.hides(check, account, region) else ABSENT

    def place_of(self, id_: str) -> Place | None:
        """Where a finding of this audit stands; None where the audit has no such finding."""
        return self.open[id_].place if id_ in self.open else self.decided.get(id_)


def compared(before: Standings, after: Standings) -> Changes:
    """What became of the findings of `before` in `after`, and which are new. Ids, sorted."""
    lists: dict[str, list[str]] = defaultdict(list)
    differs = before.open.keys() | after.open.keys() | (before.decided.keys() ^ after.decided.keys())
    for id_ in sorted(differs):
        place = after.place_of(id_) or before.place_of(id_)
        if place is not None and (kind := change(before.of(id_, place), after.of(id_, place))):
            lists[kind].append(id_)
    return Changes(**{kind: tuple(ids) for kind, ids in lists.items()})


def _plain(finding: Finding) -> Mapping[str, object]:
    """A finding in the form of `results.json`, as far as it tells where others may be missing."""
    where = {"account": finding.account, "region": finding.region, "type": finding.type, "arn": finding.arn}
    return {"status": finding.status, "check": finding.check, "resource": where}
