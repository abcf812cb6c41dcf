"""Reading a snapshot back: what it holds, what it could not collect, and its tables as SQL sources. Offline."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import orjson

from auditor.errors import SnapshotError
from auditor.model import Account, Gap
from auditor.snapshot.folder import snapshot_of
from auditor.snapshot.write import literal


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What AWS answered in one collection."""

    folder: Path
    document: Mapping[str, Any]
    """snapshot.json."""
    gaps: tuple[Gap, ...]

    @property
    def accounts(self) -> tuple[Account, ...]:
        """The accounts of the scope with their regions."""
        return tuple(Account(a["id"], a["name"], tuple(a["regions"])) for a in self.document["accounts"])

    @property
    def now(self) -> datetime:
        """The time of the snapshot: the clock of its checks."""
        return datetime.fromisoformat(self.document["finished_at"])

    @property
    def operations(self) -> Mapping[str, frozenset[str]]:
        """Table -> operations that were called for it."""
        return {name: frozenset(table["operations"]) for name, table in self.document["tables"].items()}

    @property
    def columns(self) -> Mapping[str, Mapping[str, str]]:
        """Table -> column -> DuckDB type, as collected."""
        return {name: table["columns"] for name, table in self.document["tables"].items()}

    @property
    def sources(self) -> Mapping[str, str]:
        """Table -> the SELECT that gives its rows; tables without rows are left out."""
        found = {}
        for name in self.document["tables"]:
            paths = sorted((self.folder / "tables" / name).glob("*.parquet"))
            if paths:
                files = ", ".join(literal(str(path)) for path in paths)
                found[name] = f"SELECT * FROM read_parquet([{files}])"  # noqa: S608 - paths are quoted
        ledger = self.folder / "ledger.parquet"
        if ledger.exists():
            found["collection_ledger"] = f"SELECT * FROM read_parquet({literal(str(ledger))})"  # noqa: S608 - quoted
        return found


def read_snapshot(path: Path) -> Snapshot:
    """Read an audit's folder or its `snapshot/`. Raises SnapshotError where there is none that can be read."""
    folder = snapshot_of(path)
    try:
        document = orjson.loads((folder / "snapshot.json").read_bytes())
        gaps = tuple(Gap(**{**gap, "columns": tuple(gap["columns"])}) for gap in document["gaps"])
        found = Snapshot(folder, document, gaps)
        _ = found.accounts, found.now, found.operations, found.columns, found.sources
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise SnapshotError(
            f"{folder / 'snapshot.json'} cannot be read: {error}.", "`auditor verify` says what was changed."
        ) from error
    return found
