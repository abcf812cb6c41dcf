"""One live row against all that the code says of it: resources, sides of them, and elements of their lists. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, TypeAlias

from auditor.drift.code import paths
from auditor.drift.code.attributes import (
    Elements,
    compare_attributes,
    compare_part,
    declared_value,
    elements,
    live_value,
    part_elements,
    unclaimed,
)
from auditor.drift.code.mapping import Attribute, Mappings, TypeMapping
from auditor.drift.code.model import Declared, Judged, Standing, Tool, Verdict
from auditor.drift.code.states.cloudformation import DETECT, DriftResult, DriftStatus
from auditor.drift.model import Change, Subject, Unknown

Detected: TypeAlias = Mapping[tuple[str, str], DriftResult]
"""(stack's id, logical id) -> what CloudFormation's drift detection last found of it."""
NOT_COMPARED, NOT_CHECKED = "NotCompared", "NotChecked"
_HIDDEN = "(may be a credential: not kept)"


@dataclass(slots=True)
class Claims:
    """What the code says of one live row."""

    resources: list[tuple[Declared, TypeMapping]] = field(default_factory=list)
    beside: list[tuple[Declared, TypeMapping]] = field(default_factory=list)
    """Sides and parts of it."""

    def add(self, declared: Declared, mapping: TypeMapping) -> None:
        """Count a declared resource as one that speaks of this row."""
        (self.resources if mapping.is_resource else self.beside).append((declared, mapping))

    @property
    def kept(self) -> list[tuple[Declared, TypeMapping]]:
        """The resources that are meant to stay."""
        return [(one, mapping) for one, mapping in self.resources if one.standing is not Standing.DEPOSED]


@dataclass(frozen=True, slots=True)
class LiveRow:
    """A row with what could not be seen of it."""

    subject: Subject
    values: Mapping[str, Any]
    columns: Mapping[str, Unknown]
    """Column that could not be collected -> why."""
    spoilt: tuple[Unknown, ...]
    """Why it is not to be relied on at all."""

    def hides(self, columns: Iterable[str]) -> tuple[Unknown, ...]:
        """Why these columns say nothing; empty where they do."""
        hidden = (self.columns[column] for column in sorted(set(columns)) if column in self.columns)
        return tuple(dict.fromkeys((*self.spoilt, *hidden)))


@dataclass(frozen=True, slots=True)
class _Beside:
    """What sides and parts say of a row, so that its resources need not."""

    sides: set[str] = field(default_factory=set)
    """Types."""
    parts: dict[str, list[Elements]] = field(default_factory=lambda: defaultdict(list))
    """Attribute -> elements of its list."""
    undecided: set[str] = field(default_factory=set)
    """Types of parts of which nobody knows what they declare: their lists cannot be judged."""

    def doubts(self, attribute: Attribute) -> bool:
        """Whether an element of this list may be one of those."""
        return bool(self.undecided & set(attribute.held_by))


def judge_row(row: LiveRow, claims: Claims, mappings: Mappings, detected: Detected) -> Iterator[Judged]:
    """What came of everything that the code says of a row."""
    beside = _Beside()
    kept = [(one, mapping) for one, mapping in claims.beside if one.standing is not Standing.DEPOSED]
    for declared, mapping in kept:
        if mapping.part is None:
            beside.sides.add(mapping.kind)
            yield _side(declared, mapping, row)
        else:
            yield _part(declared, mapping, row, mappings, beside)
    for declared, mapping in claims.kept:
        if declared.tool is Tool.CLOUDFORMATION:
            yield _as_detected(declared, row, detected.get((declared.provider, declared.address)))
        else:
            yield _resource(declared, mapping, row, beside)


def _as_detected(declared: Declared, row: LiveRow, found: DriftResult | None) -> Judged:
    """A stack's resource, of which CloudFormation alone knows the properties, and says so only where it was asked."""
    judged = Judged(declared=declared, subject=row.subject, verdict=Verdict.DEPLOYED)
    if row.spoilt:
        return replace(judged, unknown=row.spoilt)
    if found is not None and found.status is DriftStatus.IN_SYNC:
        return replace(judged, equal=1)
    if found is not None and found.status is DriftStatus.MODIFIED:
        hidden = set(found.withheld)
        told = (Change(c.field, _HIDDEN, _HIDDEN) if c.field in hidden else c for c in found.changes)
        return replace(judged, changes=tuple(told))
    stack = declared.state.partition(" in ")[0]
    remedy = f"run {DETECT.format(stack=stack, region=declared.region)}"
    status = found.status.value if found is not None else DriftStatus.NOT_CHECKED.value
    why = f" ({found.reason})" if found is not None and found.reason else ""
    reason = f"CloudFormation's drift detection says {status} of its properties{why}: {remedy}"
    return replace(judged, unknown=(Unknown(row.subject, "cloudformation:DetectStackDrift", NOT_CHECKED, reason),))


def _resource(declared: Declared, mapping: TypeMapping, row: LiveRow, beside: _Beside) -> Judged:
    """A resource's attributes; and what its lists have that neither it nor a part of the code declares."""
    if row.spoilt:
        return Judged(declared=declared, subject=row.subject, verdict=Verdict.DEPLOYED, unknown=row.spoilt)
    further: list[Change] = []
    doubtful = {one.name for one in mapping.attributes if beside.doubts(one)}
    for attribute in mapping.attributes:
        if attribute.name not in beside.parts or attribute.name in doubtful:
            continue
        if not row.hides(paths.members(attribute.live)):
            declared_elements = [*beside.parts[attribute.name], elements(attribute, _own(attribute, declared))]
            further += unclaimed(elements(attribute, live_value(attribute, row.values)), declared_elements)
    judged = _compared(declared, mapping, row, further, beside.sides, {*beside.parts, *doubtful})
    return replace(judged, not_compared=tuple(sorted({*judged.not_compared, *doubtful})))


def _own(attribute: Attribute, declared: Declared) -> Any:  # noqa: ANN401 - any JSON
    return declared_value(attribute, paths.find(attribute.declared, declared.attributes), set())


def _side(declared: Declared, mapping: TypeMapping, row: LiveRow) -> Judged:
    """A side of a resource, as a bucket's policy: there, or not; and its attributes."""
    if hidden := row.hides(paths.members(mapping.exists)):
        return Judged(declared=declared, subject=row.subject, verdict=Verdict.UNKNOWN, unknown=hidden)
    if not paths.find(mapping.exists, row.values):
        return Judged(declared=declared, subject=row.subject, verdict=Verdict.MISSING)
    return _compared(declared, mapping, row)


def _compared(
    declared: Declared,
    mapping: TypeMapping,
    row: LiveRow,
    further: Iterable[Change] = (),
    held: Iterable[str] = (),
    listed: Iterable[str] = (),
) -> Judged:
    compared = compare_attributes(
        mapping, declared, row.values, held=frozenset(held), listed=frozenset(listed), unseen=frozenset(row.columns)
    )
    return Judged(
        declared=declared,
        subject=row.subject,
        verdict=Verdict.DEPLOYED,
        changes=tuple(sorted((*compared.changes, *further), key=lambda change: change.field)),
        equal=compared.equal,
        not_compared=tuple(sorted(compared.not_compared)),
        unknown=row.hides(compared.unseen),
    )


def _part(declared: Declared, mapping: TypeMapping, row: LiveRow, mappings: Mappings, beside: _Beside) -> Judged:
    """An element of a list, as a route of a route table; it is remembered among the parts of that list."""
    subject, not_compared = row.subject, tuple(sorted(declared.unread | declared.withheld))
    own = part_elements(mapping, mappings.by_kind[mapping.part.of], declared) if mapping.part is not None else None
    if own is None or not own.by_key:
        beside.undecided.add(mapping.kind)
        unknown = Unknown(subject, "", NOT_COMPARED, f"{declared.kind} in this form is not compared")
        return Judged(declared=declared, subject=subject, verdict=Verdict.UNKNOWN, unknown=(unknown,))
    beside.parts[own.attribute.name].append(own)
    if hidden := row.hides(paths.members(own.attribute.live)):
        return Judged(declared=declared, subject=subject, verdict=Verdict.UNKNOWN, unknown=hidden)
    changes, none_there = compare_part(own, elements(own.attribute, live_value(own.attribute, row.values)))
    if none_there:
        return Judged(declared=declared, subject=subject, verdict=Verdict.MISSING, not_compared=not_compared)
    return Judged(
        declared=declared,
        subject=subject,
        verdict=Verdict.DEPLOYED,
        changes=changes,
        equal=0 if changes else 1,
        not_compared=not_compared,
    )
