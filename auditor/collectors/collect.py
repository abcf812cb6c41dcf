"""Collecting: each unit (account, region, service) of the plan, page by page, into a sink.

What fails is a gap in the sink's ledger, never a crash; a bug in the tool is raised. `run` returns when every unit is
committed; a unit is committed whole, so that an interrupted collection can be taken up again.
"""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from auditor.collectors.asking import Expiry
from auditor.collectors.catalogue import DeclaredCatalogue
from auditor.collectors.plan import Plan, PlannedTable
from auditor.collectors.pool import Pool
from auditor.collectors.session import CALL_SECONDS, AwsSession, Failure
from auditor.collectors.unit import Unit
from auditor.model import GLOBAL, Account, Gap

_PER_LANE = 10


class UnitSink(Protocol):
    """Takes what one unit gives. Thread-safe."""

    def row(self, table: str, row: Mapping[str, Any]) -> None:
        """A row of a table."""

    def call(self, entry: Mapping[str, Any]) -> None:
        """A line of the ledger."""

    def gap(self, gap: Gap) -> None:
        """Something that could not be collected."""

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


class Collection:
    """One collection over accounts and regions."""

    def __init__(self, catalogue: DeclaredCatalogue, plan: Plan, sink: Sink, threads: int) -> None:
        self.catalogue = catalogue
        self.plan = plan
        self.sink = sink
        self.progress = Progress()
        self.pool = Pool(threads, _PER_LANE, CALL_SECONDS + 5)
        self.expired: dict[str, Expiry] = defaultdict(Expiry)
        self._lock = threading.Lock()

    def run(self, targets: Sequence[Target], tick: Callable[[Progress], None]) -> None:
        """Collect every unit that the sink does not have yet. `tick` is called in this thread, to show progress and
        to raise where it is to stop.
        """
        for target in targets:
            for service, tables in self.plan.services.items():
                for region in _regions(tables, target.account.regions):
                    self._begin(target, service, region, tables)
        self.pool.run(lambda: tick(self.progress))
        tick(self.progress)

    def _begin(self, target: Target, service: str, region: str, tables: Sequence[PlannedTable]) -> None:
        own = [planned for planned in tables if planned.table.is_global == (region == GLOBAL)]
        name = f"{target.account.id}/{region}/{service}"
        if not own or self.sink.has(name):
            return
        self.progress.units += 1
        unit = Unit(
            self, target, service, region, {planned.table.name: planned for planned in own}, self.sink.open(name)
        )
        unit.begin()

    def count(self, requests: int, items: int, *, done: bool = False) -> None:
        """Add to the progress."""
        with self._lock:
            self.progress.calls += requests
            self.progress.items += items
            self.progress.done += done


def _regions(tables: Sequence[PlannedTable], regions: Sequence[str]) -> list[str]:
    everywhere = [GLOBAL] if any(planned.table.is_global for planned in tables) else []
    regional = list(regions) if any(not planned.table.is_global for planned in tables) else []
    return everywhere + regional
