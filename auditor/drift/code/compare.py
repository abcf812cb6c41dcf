"""States compared with a snapshot: what is missing, what differs, what no code speaks of, what could not be told.

A declared resource is found by the identity that its mapping gives, in the account and region that the state gives as
far as it does. It is missing only where it would have been seen. Several states are one declaration: what any of them
manages is managed.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from auditor.drift.code import paths
from auditor.drift.code.live import Live, Table, identity
from auditor.drift.code.mapping import Mappings, TypeMapping
from auditor.drift.code.model import (
    ClaimedTwice,
    CodeDrift,
    Declared,
    Judged,
    Share,
    Standing,
    State,
    Tool,
    Unmanaged,
    Verdict,
)
from auditor.drift.code.paths import dns_name
from auditor.drift.code.rows import NOT_COMPARED, Claims, Detected, LiveRow, judge_row
from auditor.drift.model import Rules, Subject, Unknown
from auditor.model import GLOBAL

NOT_MAPPED, NO_ID, AMBIGUOUS, PENDING = "NotMapped", "NoId", "Ambiguous", "Pending"
NOTHING: Detected = {}


def compare_code(states: Sequence[State], mappings: Mappings, live: Live, detected: Detected = NOTHING) -> CodeDrift:
    """The states against the snapshot. Memory grows with the tables that they are about, one at a time.

    `detected`: what CloudFormation's own drift detection last found of stacks' resources.
    """
    by_table: dict[str, list[tuple[Declared, TypeMapping]]] = defaultdict(list)
    judged: list[Judged] = []
    for declared in (resource for state in states for resource in state.resources):
        mapping = mappings.of(declared.kind)
        if mapping is None:
            judged.append(_undecided(declared, _named(declared, None), NOT_MAPPED, "a type that is not looked for"))
        else:
            by_table[mapping.table].append((declared, mapping))
    found = [_OneTable(Table(live, name), mappings, by_table[name], detected).compare() for name in sorted(by_table)]
    return CodeDrift(
        states=tuple(states),
        judged=tuple(sorted([*judged, *(one for each in found for one in each.judged)], key=_order)),
        managed=tuple(subject for each in found for subject in each.managed),
        unmanaged=tuple(Unmanaged(subject) for each in found for subject in each.unmanaged),
        shares=tuple(each.share for each in found if each.share is not None),
        claimed_twice=tuple(one for each in found for one in each.claimed_twice),
    )


def _order(judged: Judged) -> tuple[str, str, str]:
    return (judged.declared.tool, judged.declared.state, judged.declared.address)


@dataclass(slots=True)
class _Found:
    """What came of one table."""

    judged: list[Judged] = field(default_factory=list)
    managed: list[Subject] = field(default_factory=list)
    unmanaged: list[Subject] = field(default_factory=list)
    claimed_twice: list[ClaimedTwice] = field(default_factory=list)
    share: Share | None = None


class _OneTable:
    """All that is declared of one table, against its rows."""

    def __init__(
        self,
        table: Table,
        mappings: Mappings,
        declared: Iterable[tuple[Declared, TypeMapping]],
        detected: Detected,
    ) -> None:
        self.table = table
        self.detected = detected
        self.mappings = mappings
        self.declared = list(declared)
        own = [mapping for mapping in mappings.by_kind.values() if mapping.table == table.rules.table.name]
        self.gone = sorted({mapping.gone for mapping in own if mapping.gone})
        self.by_aws = sorted({mapping.by_aws for mapping in own if mapping.by_aws})
        self.claims: dict[int, Claims] = defaultdict(Claims)
        self.managed: set[str] = set()
        """ARNs; what has one of them in another region is the same resource (a global cluster)."""
        self.found = _Found()

    def compare(self) -> _Found:
        """What came of it."""
        for declared, mapping in self.declared:
            self._place(declared, mapping)
        for number, claims in sorted(self.claims.items()):
            columns, spoilt = self.table.unseen(number)
            subject = self.table.subjects[number]
            row = LiveRow(subject, self.table.row(number), columns, tuple(spoilt))
            self.found.judged += judge_row(row, claims, self.mappings, self.detected)
            if claims.resources:
                self.found.managed.append(subject)
                self.managed |= {subject.arn, *self._covered(claims, row)}
            if len({(one.state, one.address) for one, _ in claims.kept}) > 1:
                self.found.claimed_twice.append(ClaimedTwice(subject, tuple(one for one, _ in claims.kept)))
        if any(mapping.is_resource for _, mapping in self.declared):
            self._what_is_left()
        return self.found

    def _place(self, declared: Declared, mapping: TypeMapping) -> None:
        """Find the row of a declared resource, or say that there is none, or why nobody knows."""
        subject = _named(declared, self.table.rules)
        if declared.standing is Standing.PENDING:
            self._give_up(declared, subject, PENDING, "an operation on it was begun and not ended")
            return
        if declared.tool is Tool.CLOUDFORMATION and not mapping.is_resource:
            self._give_up(declared, subject, NOT_COMPARED, "part of another resource; a stack does not say which")
            return
        ways = list(_identities(declared, mapping))
        if not ways:
            self._give_up(declared, subject, NO_ID, "the state does not say which it is")
            return
        found = (self.table.find(*way, declared.account, declared.region) for way in ways)
        numbers = next(filter(None, found), [])
        if not numbers and declared.tool is Tool.CLOUDFORMATION and "|" in declared.id:
            self._give_up(declared, subject, NOT_COMPARED, "its physical id is made of several, in no documented order")
            return
        if len({self.table.subjects[number].arn for number in numbers}) > 1:
            self._give_up(
                declared, subject, AMBIGUOUS, "several resources may be meant, and the state does not say which"
            )
        elif numbers and (hidden := self._doubts(declared, numbers[0])):
            self.found.judged.append(
                Judged(declared=declared, subject=subject, verdict=Verdict.UNKNOWN, unknown=tuple(hidden))
            )
        elif numbers and not self._is(self.gone, numbers[0]):
            self.claims[numbers[0]].add(declared, mapping)
        elif hidden := [] if numbers else self.table.hidden(declared.account, declared.region):
            self.found.judged.append(
                Judged(declared=declared, subject=subject, verdict=Verdict.UNKNOWN, unknown=tuple(hidden))
            )
        elif declared.standing is not Standing.DEPOSED:
            self.found.judged.append(Judged(declared=declared, subject=subject, verdict=Verdict.MISSING))

    def _doubts(self, declared: Declared, number: int) -> list[Unknown]:
        """Why the row that was found may be another's: by name alone, and not every place was seen where it may be."""
        known = declared.account and (declared.region or self.table.rules.table.is_global)
        if known or _UNIQUE.search(self.table.subjects[number].arn):
            return []
        return self.table.hidden(declared.account, declared.region)

    def _give_up(self, declared: Declared, subject: Subject, code: str, why: str) -> None:
        self.found.judged.append(_undecided(declared, subject, code, why))

    def _what_is_left(self) -> None:
        """The rows in scope of which no code speaks."""
        out_of_scope, managed = self.table.live.out_of_scope, 0
        for number, subject in self.table.rows():
            if subject.arn in out_of_scope:
                continue
            if self.claims.get(number, _NOTHING).resources:
                managed += 1
            elif subject.arn in self.managed:
                continue
            elif not self._is(self.gone, number) and not self._is(self.by_aws, number):
                self.found.unmanaged.append(subject)
        table = self.table.rules.table
        unlisted = tuple(self.table.unlisted())
        self.found.share = Share(table.type, managed, len(self.found.unmanaged), unlisted=unlisted)

    def _covered(self, claims: Claims, row: LiveRow) -> Iterator[str]:
        for _, mapping in claims.resources:
            found = paths.find(mapping.covers, row.values) if mapping.covers else ()
            yield from (arn for arn in found or () if isinstance(arn, str))

    def _is(self, expressions: Sequence[str], number: int) -> bool:
        return bool(expressions) and any(paths.find(one, self.table.row(number)) for one in expressions)


_NOTHING = Claims()
_UNIQUE = re.compile(r"[/:][a-z]+(?:-[a-z]+)*-[0-9a-f]{8,}$|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
"""The end of an ARN with an id that AWS gives to no other resource, wherever that is."""


def _identities(declared: Declared, mapping: TypeMapping) -> Iterator[tuple[tuple[str, ...], tuple[str, ...]]]:
    """What identifies the row, and the values that it must have: the likeliest way first, none where none is known.

    Of a stack's resource only its physical id is known, which is an id, a name or an ARN by type.
    """
    if declared.tool is Tool.CLOUDFORMATION:
        likely = dict.fromkeys([mapping.ref, mapping.row[0][0], "arn", "name"])
        for expression in filter(None, likely) if declared.id else ():
            yield (expression,), (dns_name(declared.id) if expression.startswith("dns(") else declared.id,)
        return
    attributes = {"id": declared.id, **declared.attributes}
    values = tuple(identity(expression, attributes) for _, expression in mapping.row)
    if values[0]:
        yield tuple(expression for expression, _ in mapping.row), values


def _undecided(declared: Declared, subject: Subject, code: str, why: str) -> Judged:
    unknown = Unknown(subject, "", code, f"{declared.kind}: {why}")
    return Judged(declared=declared, subject=subject, verdict=Verdict.UNKNOWN, unknown=(unknown,))


def _named(declared: Declared, rules: Rules | None) -> Subject:
    """What the state says of a resource of which no row is known; without an ARN, one is made of its id."""
    arn = str(declared.attributes.get("arn") or declared.id or declared.address)
    name = declared.attributes.get("name")
    shown = name if isinstance(name, str) else None
    if rules is None:
        return Subject("", declared.account, declared.region, arn, declared.kind, shown)
    table = rules.table
    region = GLOBAL if table.is_global else declared.region
    if not arn.startswith("arn:"):
        service = rules.actions[table.operation].partition(":")[0]
        arn = f"arn:aws:{service}:{region}:{declared.account}:{arn}"
    return Subject(table.name, declared.account, region, arn, table.type, shown)
