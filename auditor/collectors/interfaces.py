"""What the parts of a collection know of each other: whom they ask, where rows go, how far it is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from auditor.collectors.asking import Expiry
from auditor.collectors.catalogue import DeclaredCatalogue
from auditor.collectors.pool import Pool
from auditor.collectors.session import AwsSession, Failure
from auditor.model import Account, Gap


class UnitSink(Protocol):
    """Takes what one unit gives. Thread-safe."""

    def row(self, table: str, row: Mapping[str, Any]) -> None:
        """A row of a table."""

    def call(self, entry: Mapping[str, Any]) -> None:
        """A line of the ledger."""

    def gap(self, gap: Gap) -> None:
        """Something that could not be collected."""

    def dropped(self, table: str, why: str) -> None:
        """An item that AWS answered and that became no row: `unreadable` or `vanished`."""

    def commit(self) -> None:
        """The unit is whole: keep it."""


class Sink(Protocol):
    """Takes what the units give."""

    def has(self, unit: str) -> bool:
        """Whether the unit was committed before."""

    def open(self, unit: str) -> UnitSink:
        """Begin a unit."""


@dataclass(slots=True)
class Progress:
    """How far the collection is. Read by whoever shows it."""

    units: int = 0
    done: int = 0
    calls: int = 0
    items: int = 0


@dataclass(frozen=True, slots=True)
class Target:
    """An account of the scope, with its session or why there is none."""

    account: Account
    session: AwsSession | None
    failure: Failure | None = None


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a unit shares with the others of its collection."""

    catalogue: DeclaredCatalogue
    pool: Pool
    expiry: Expiry
    """Of the unit's account."""
    counted: Callable[[int, int], None]
    """Takes requests sent and items received."""
    ended: Callable[[], None]
    """Called once, when the unit is committed."""
