"""Collecting: each unit (account, region, service) of the plan, page by page, into a sink.

What fails is a gap in the sink's ledger, never a crash; a bug in the tool is raised. `run` returns when every unit is
committed; a unit is committed whole, so that an interrupted collection can be taken up again.
"""

from __future__ import annotations

import threading
from collections import defaultdict, deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from auditor.collectors.asking import Expiry
from auditor.collectors.catalogue import DeclaredCatalogue
from auditor.collectors.interfaces import Progress, Sink, Surroundings, Target
from auditor.collectors.plan import Plan, PlannedTable
from auditor.collectors.pool import Pool
from auditor.collectors.session import CALL_SECONDS
from auditor.collectors.unit import Unit
from auditor.model import GLOBAL

_PER_LANE = 10
_UNITS = 64
"""Units under way at a time."""


class Collection:
    """One collection over accounts and regions."""

    def __init__(self, catalogue: DeclaredCatalogue, plan: Plan, sink: Sink, threads: int) -> None:
        self.catalogue = catalogue
        self.plan = plan
        self.sink = sink
        self.progress = Progress()
        self.pool = Pool(threads, _PER_LANE, CALL_SECONDS + 5)
        self._expiry: dict[str, Expiry] = defaultdict(Expiry)
        self._waiting: deque[_Part] = deque()
        self._under_way = 0
        self._lock = threading.Lock()
        self._here = threading.local()

    def run(self, targets: Sequence[Target], tick: Callable[[Progress], None]) -> None:
        """Collect every unit that the sink does not have yet. `tick` is called in this thread, to show progress and
        to raise where it is to stop.
        """
        self._waiting.extend(part for part in self._parts(targets) if not self.sink.has(part.name))
        self.progress.units = len(self._waiting)
        self._begin_more()
        self.pool.run(lambda: tick(self.progress))
        tick(self.progress)

    def _parts(self, targets: Sequence[Target]) -> Iterator[_Part]:
        for target in targets:
            for service, tables in self.plan.services.items():
                for region in _regions(tables, target.account.regions):
                    own = [planned for planned in tables if planned.table.is_global == (region == GLOBAL)]
                    if own:
                        yield _Part(target, service, region, {planned.table.name: planned for planned in own})

    def _begin_more(self) -> None:
        """Begin waiting units, so many at a time that open files and rows in hand stay few."""
        if getattr(self._here, "beginning", False):
            return  # a unit ended while it was begun: the loop that began it goes on
        self._here.beginning = True
        try:
            while (part := self._next_part()) is not None:
                self._unit(part).begin()
        finally:
            self._here.beginning = False

    def _next_part(self) -> _Part | None:
        with self._lock:
            if not self._waiting or self._under_way >= _UNITS:
                return None
            self._under_way += 1
            return self._waiting.popleft()

    def _unit(self, part: _Part) -> Unit:
        with self._lock:
            expiry = self._expiry[part.target.account.id]
        around = Surroundings(self.catalogue, self.pool, expiry, self._counted, self._ended)
        return Unit(around, part.target, part.service, part.region, part.tables, self.sink.open(part.name))

    def _counted(self, requests: int, items: int) -> None:
        with self._lock:
            self.progress.calls += requests
            self.progress.items += items

    def _ended(self) -> None:
        with self._lock:
            self.progress.done += 1
            self._under_way -= 1
        self._begin_more()


@dataclass(frozen=True, slots=True)
class _Part:
    """A unit that is to be collected."""

    target: Target
    service: str
    region: str
    tables: Mapping[str, PlannedTable]

    @property
    def name(self) -> str:
        return f"{self.target.account.id}/{self.region}/{self.service}"


def _regions(tables: Sequence[PlannedTable], regions: Sequence[str]) -> list[str]:
    everywhere = [GLOBAL] if any(planned.table.is_global for planned in tables) else []
    regional = list(regions) if any(not planned.table.is_global for planned in tables) else []
    return everywhere + regional
