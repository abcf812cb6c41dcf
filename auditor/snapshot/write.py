"""From a collection's staged units to a snapshot: Parquet tables, the ledger, and what the collection was."""

from __future__ import annotations

import shutil
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import duckdb
import orjson

from auditor.files import to_json, write_whole
from auditor.model import Catalogue
from auditor.snapshot import reconcile
from auditor.snapshot.reconcile import Place, Tally
from auditor.snapshot.staging import CALLS, COUNTS, GAPS, Staging

_OBJECT_BYTES = 256 * 1024 * 1024
"""The largest row that is read; DuckDB's own limit of 16 MB is too small for an account's largest policies."""

LEDGER = {
    "account": "VARCHAR",
    "region": "VARCHAR",
    "service": "VARCHAR",
    "operation": "VARCHAR",
    "table": "VARCHAR",
    "started_at": "TIMESTAMPTZ",
    "duration_ms": "BIGINT",
    "requests": "BIGINT",
    "request_id": "VARCHAR",
    "items": "BIGINT",
    "code": "VARCHAR",
    "message": "VARCHAR",
}
"""Columns of the ledger: a line a call."""


def finish(
    folder: Path,
    staging: Staging,
    catalogue: Catalogue,
    collected: Mapping[str, Sequence[str]],
    facts: Mapping[str, Any],
) -> None:
    """Turn the staged units into the snapshot in `folder`, and remove them.

    `collected` is table -> operations that were called for it; `facts` (who, when, scope, …) go into snapshot.json.
    """
    connection = duckdb.connect(config={"preserve_insertion_order": False})
    connection.execute("SET TimeZone = 'UTC'")
    written = _tables(connection, folder, staging, catalogue, collected)
    calls = [unit / f"{CALLS}.ndjson" for unit in staging.units() if (unit / f"{CALLS}.ndjson").exists()]
    if calls:
        ordered = f"{_lines(calls, LEDGER)} ORDER BY started_at, account, region, operation"
        _copy(connection, f"SELECT * FROM {ordered}", folder / "ledger.parquet")  # noqa: S608 - our own, quoted
    requests, items = _totals(staging.lines(CALLS))
    listings = {name: catalogue.listing(name) for name in collected}
    tallies = reconcile.tallies(
        staging.lines(CALLS), staging.counts(), written, {name: listed.operation for name, listed in listings.items()}
    )
    told = list(staging.lines(GAPS))
    lost = reconcile.unaccounted(tallies, {name: (one.operation, one.iam) for name, one in listings.items()}, told)
    gaps = sorted(
        [*told, *(asdict(gap) for gap in lost)], key=lambda gap: orjson.dumps(gap, option=orjson.OPT_SORT_KEYS)
    )
    totals = reconcile.by_table(tallies)
    tables = {
        name: {
            "columns": dict(catalogue.columns(name)),
            "operations": sorted(set(operations)),
            "rows": totals.get(name, Tally()).rows,
            "reconciliation": totals.get(name, Tally()).to_json(),
        }
        for name, operations in collected.items()
    }
    document = {
        "schema_version": "1.0",
        **facts,
        "tables": tables,
        "gaps": gaps,
        "calls": requests,
        "items": sum(tally.rows for tally in totals.values()),
        "items_answered": items,
    }
    write_whole(folder / "snapshot.json", to_json(document))
    shutil.rmtree(staging.folder)


def _parts(staging: Staging) -> dict[str, dict[str, list[Path]]]:
    """Table -> account -> the files of its units."""
    parts: dict[str, dict[str, list[Path]]] = defaultdict(lambda: defaultdict(list))
    for unit in staging.units():
        account = unit.parent.parent.name
        for path in sorted(unit.glob("*.ndjson")):
            if path.stem not in (CALLS, GAPS, COUNTS):
                parts[path.stem][account].append(path)
    return parts


def _tables(
    connection: duckdb.DuckDBPyConnection,
    folder: Path,
    staging: Staging,
    catalogue: Catalogue,
    collected: Iterable[str],
) -> dict[Place, tuple[int, int]]:
    """Write each table's Parquet files; for each place, the lines that were read and the rows that were written."""
    by_table, written = _parts(staging), dict[Place, tuple[int, int]]()
    for table in sorted(collected):
        for account, paths in sorted(by_table.get(table, {}).items()):
            target = folder / "tables" / table / f"{account}.parquet"
            lines = _parquet(connection, paths, catalogue.columns(table), target)
            asked = f"SELECT region, count(*) FROM read_parquet({literal(str(target))}) GROUP BY region"  # noqa: S608 - quoted
            rows = dict(connection.execute(asked).fetchall())
            for region in lines | rows:
                written[table, account, region] = (lines.get(region, 0), rows.get(region, 0))
    return written


def _parquet(
    connection: duckdb.DuckDBPyConnection, paths: Sequence[Path], columns: Mapping[str, str], target: Path
) -> dict[str, int]:
    """Write newline-delimited JSON as one sorted Parquet file with exactly these columns; region -> lines read.

    What AWS answered twice (an item that moved from page to page, say) is one row.
    """
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE staged AS SELECT *, count(*) AS lines FROM {_lines(paths, columns)} GROUP BY ALL"  # noqa: S608 - names and paths are our own, quoted
    )
    _copy(connection, "SELECT * EXCLUDE (lines) FROM staged ORDER BY region, arn", target)
    return dict(connection.execute("SELECT region, sum(lines)::BIGINT FROM staged GROUP BY region").fetchall())


def _lines(paths: Sequence[Path], columns: Mapping[str, str]) -> str:
    """Newline-delimited JSON with exactly these columns, as what SQL reads from."""
    typed = ", ".join(f"{literal(name)}: {literal(type_)}" for name, type_ in columns.items())
    files = ", ".join(literal(str(path)) for path in paths)
    return (
        f"read_json([{files}], format = 'newline_delimited', columns = {{{typed}}}, "
        f"maximum_object_size = {_OBJECT_BYTES})"
    )


def _copy(connection: duckdb.DuckDBPyConnection, select: str, target: Path) -> None:
    """Write what is selected as a Parquet file."""
    target.parent.mkdir(parents=True, exist_ok=True)
    temporary = target.with_suffix(".partial")
    connection.execute(f"COPY ({select}) TO {literal(str(temporary))} (FORMAT parquet, COMPRESSION zstd)")
    temporary.rename(target)


def literal(text: str) -> str:
    """Text as an SQL string literal."""
    return "'" + text.replace("'", "''") + "'"


def _totals(calls: Iterable[Mapping[str, Any]]) -> tuple[int, int]:
    requests = items = 0
    for call in calls:
        requests += call.get("requests") or 0
        items += call.get("items") or 0
    return requests, items
