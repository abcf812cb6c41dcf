"""Where a collection puts what its units give, until the snapshot is finished.

`snapshot/units/ACCOUNT/REGION/SERVICE/` holds newline-delimited JSON; a unit that is not whole has the suffix
`.partial` and is thrown away when the collection is taken up again.
"""

from __future__ import annotations

import dataclasses
import shutil
import threading
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO, Any

import orjson

from auditor.model import Gap

CALLS, GAPS, COUNTS = "calls", "gaps", "counts"
"""What a unit has besides rows: lines of the ledger, gaps, and how many items of each table became what."""

STAGED = "staged"
_PARTIAL = ".partial"


class Staging:
    """The sink of a collection (`auditor.collectors.collect.Sink`), on disk."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        for left_over in folder.glob(f"*/*/*{_PARTIAL}"):
            shutil.rmtree(left_over)
        self._opened: list[StagedUnit] = []

    def has(self, unit: str) -> bool:
        """Whether the unit was committed before."""
        return (self.folder / unit).is_dir()

    def open(self, unit: str) -> StagedUnit:
        """Begin a unit."""
        opened = StagedUnit(self.folder / unit)
        self._opened.append(opened)
        return opened

    def close(self) -> None:
        """End what was begun and not committed, as an interruption leaves it: it is collected again."""
        for unit in self._opened:
            unit.abandon()

    def units(self) -> Iterator[Path]:
        """The folders of the committed units, sorted."""
        return iter(sorted(path for path in self.folder.glob("*/*/*") if not path.name.endswith(_PARTIAL)))

    def counts(self) -> Iterator[tuple[str, str, dict[str, Any]]]:
        """Account, region and line of what the units counted."""
        for unit in self.units():
            path = unit / f"{COUNTS}.ndjson"
            for line in path.read_bytes().splitlines() if path.exists() else ():
                yield unit.parent.parent.name, unit.parent.name, orjson.loads(line)

    def lines(self, name: str) -> Iterator[dict[str, Any]]:
        """The lines of one kind (`calls`, `gaps`) over all units."""
        for unit in self.units():
            path = unit / f"{name}.ndjson"
            if path.exists():
                with path.open("rb") as file:
                    for line in file:
                        yield orjson.loads(line)


class StagedUnit:
    """One unit's files. Thread-safe; what arrives after the commit is dropped."""

    def __init__(self, folder: Path) -> None:
        self._final = folder
        self._folder = folder.with_name(folder.name + _PARTIAL)
        self._folder.mkdir(parents=True)
        self._files: dict[str, IO[bytes]] = {}
        self._lock = threading.Lock()
        self._closed = False
        self._abandoned = False
        self._counts: Counter[tuple[str, str]] = Counter()

    def row(self, table: str, row: Mapping[str, Any]) -> None:
        """A row of a table."""
        with self._lock:
            if not self._closed:
                self._write(table, row)
                self._counts[table, STAGED] += 1

    def dropped(self, table: str, why: str) -> None:
        """An item that AWS answered and that became no row: `unreadable` or `vanished`."""
        with self._lock:
            self._counts[table, why] += 1

    def call(self, entry: Mapping[str, Any]) -> None:
        """A line of the ledger."""
        self._line(CALLS, entry)

    def gap(self, gap: Gap) -> None:
        """Something that could not be collected."""
        self._line(GAPS, dataclasses.asdict(gap))

    def commit(self) -> None:
        """The unit is whole: keep it under its own name. One that was abandoned is not: it stays partial."""
        with self._lock:
            if self._abandoned:
                return
            for (table, what), count in sorted(self._counts.items()):
                self._write(COUNTS, {"table": table, "what": what, "count": count})
            self._close()
            self._folder.rename(self._final)

    def abandon(self) -> None:
        """Take nothing further. Threads that still work for the unit cannot make it whole any more."""
        with self._lock:
            self._abandoned = True
            self._close()

    def _close(self) -> None:
        self._closed = True
        for file in self._files.values():
            file.close()

    def _line(self, name: str, value: Mapping[str, Any]) -> None:
        with self._lock:
            if not self._closed:
                self._write(name, value)

    def _write(self, name: str, value: Mapping[str, Any]) -> None:
        if name not in self._files:
            self._files[name] = (self._folder / f"{name}.ndjson").open("wb")
        self._files[name].write(orjson.dumps(value, option=orjson.OPT_APPEND_NEWLINE))
