"""What a comparison needs, and what comes of it. Frozen; no I/O."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import orjson

from auditor.drift.values import pruned
from auditor.model import Gap, Table

Place: TypeAlias = tuple[str, str]
"""(account, region); what belongs to no region is in `global`."""


# ---------------------------------------------------------------------------------------- what is compared


@dataclass(frozen=True, slots=True)
class Rules:
    """A declared table with what its comparison must know besides."""

    table: Table
    actions: Mapping[str, str]
    """Operation -> IAM action, for the table's listing and its details."""
    filled: Mapping[str, str] = field(default_factory=dict)
    """Column -> the detail's operation that fills it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """One of the two pictures: a snapshot's rows, and what it could not see."""

    word: str
    """What it is called in reasons: `baseline`, `audit`."""
    sources: Mapping[str, str]
    """Table -> the SELECT that gives its rows; tables without rows may be left out."""
    columns: Mapping[str, Mapping[str, str]]
    """Table -> column -> DuckDB type, for every table that was collected."""
    operations: Mapping[str, frozenset[str]]
    """Table -> operations that were called for it."""
    places: frozenset[Place]
    """What was looked at."""
    gaps: tuple[Gap, ...] = ()


# ---------------------------------------------------------------------------------------- what comes of it


@dataclass(frozen=True, slots=True)
class Change:
    """One field: `VpcConfig.SubnetIds[]`, `tags.Owner`, `Routes[DestinationCidrBlock="0.0.0.0/0"].GatewayId`.

    None stands for what is not there. `fields.py` says how a path reads.
    """

    field: str
    old: Any
    new: Any


@dataclass(frozen=True, slots=True, order=True)
class Subject:
    """A resource, or the place of several, in sorting order."""

    table: str
    account: str
    region: str
    arn: str
    type: str
    name: str | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Only:
    """A resource that one side has and the other is known not to have."""

    subject: Subject
    document: str
    """Its compared columns as JSON text: thousands of these are kept."""

    @property
    def properties(self) -> dict[str, Any]:
        """Its compared columns, without what is NULL."""
        values: dict[str, Any] = pruned(orjson.loads(self.document))
        return values


@dataclass(frozen=True, slots=True)
class Changed:
    """A resource that both sides have, and the fields in which it differs."""

    subject: Subject
    changes: tuple[Change, ...]


@dataclass(frozen=True, slots=True)
class Unknown:
    """What could not be compared: a resource (or some of its columns), or all of a table in a place."""

    subject: Subject
    action: str
    """The IAM action that was denied, or that was not asked for."""
    code: str
    reason: str
    columns: tuple[str, ...] = ()
    """Empty: all of them."""


@dataclass(frozen=True, slots=True)
class Difference:
    """Two pictures compared. Sorted."""

    added: tuple[Only, ...] = ()
    removed: tuple[Only, ...] = ()
    changed: tuple[Changed, ...] = ()
    unknown: tuple[Unknown, ...] = ()

    @property
    def is_drift(self) -> bool:
        """Whether anything is known to differ."""
        return bool(self.added or self.removed or self.changed)


@dataclass(frozen=True, slots=True)
class FindingChange:
    """A finding whose standing changed, or that is still open."""

    id: str
    check: str
    requirements: tuple[str, ...]
    severity: str
    resource: Mapping[str, Any]
    message: str
    since: str
    """The start of the first audit of an unbroken run in which it is open; empty where it is not open."""
    was: str
    """A status, `absent` (its check was evaluated and did not have it), or `not_evaluated`."""
    now: str


@dataclass(frozen=True, slots=True)
class FindingChanges:
    """Two audits' findings compared; each finding is in one list at most. Sorted."""

    new: tuple[FindingChange, ...] = ()
    """Fails now, and did not fail before."""
    resolved: tuple[FindingChange, ...] = ()
    """Failed before; now it passes, is waived, or what it was about is known to be gone."""
    still_open: tuple[FindingChange, ...] = ()
    """Failed before and fails now."""
    newly_unseen: tuple[FindingChange, ...] = ()
    """Was decided before, and cannot be decided now: neither resolved nor open."""
    seen_again: tuple[FindingChange, ...] = ()
    """Could not be decided before, and is decided now."""

    def lists(self) -> Iterator[tuple[str, tuple[FindingChange, ...]]]:
        """Each list by its name, in reading order."""
        for name in ("new", "resolved", "still_open", "newly_unseen", "seen_again"):
            yield name, getattr(self, name)
