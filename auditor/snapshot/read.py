"""Reading a snapshot back: what it holds, what it could not collect, and its tables as SQL sources. Offline."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
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
            if files := self._files(name):
                found[name] = f"SELECT * FROM read_parquet({files})"  # noqa: S608 - paths are quoted
        ledger = self.folder / "ledger.parquet"
        if ledger.exists():
            found["collection_ledger"] = f"SELECT * FROM read_parquet({literal(str(ledger))})"  # noqa: S608 - quoted
        return found

    def require_rows(self) -> None:
        """Raise SnapshotError where a table has not as many rows as were collected: a lost file is no empty table."""
        with duckdb.connect() as connection:
            for name, table in self.document["tables"].items():
                try:
                    rows = _rows(connection, self._files(name))
                except duckdb.Error as error:
                    raise _changed(self.folder / "tables" / name, str(error).splitlines()[0]) from error
                if rows != table["rows"]:
                    raise _changed(self.folder / "tables" / name, f"{rows} rows where {table['rows']} were collected")

    def _files(self, table: str) -> str:
        """A table's files as an SQL list; empty where it has none."""
        paths = sorted((self.folder / "tables" / table).glob("*.parquet"))
        return f"[{', '.join(literal(str(path)) for path in paths)}]" if paths else ""


def _rows(connection: duckdb.DuckDBPyConnection, files: str) -> int:
    if not files:
        return 0
    counted = connection.execute(f"SELECT sum(num_rows)::BIGINT FROM parquet_file_metadata({files})").fetchone()  # noqa: S608 - paths are quoted
    return int(counted[0]) if counted else 0


def _changed(path: Path, what: str) -> SnapshotError:
    return SnapshotError(f"{path} is not as it was collected: {what}.", "Collect again; `auditor verify` names files.")


def read_snapshot(path: Path) -> Snapshot:
    """Read an audit's folder or its `snapshot/`. Raises SnapshotError where there is none that can be read whole."""
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
    found.require_rows()
    return found
