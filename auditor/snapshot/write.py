"""From a collection's staged units to a snapshot: Parquet tables, the ledger, and what the collection was."""

from __future__ import annotations

import shutil
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import duckdb
import orjson

from auditor.files import to_json, write_whole
from auditor.model import Catalogue
from auditor.snapshot.staging import CALLS, GAPS, Staging

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
    rows = {}
    by_table = _parts(staging)
    for table in sorted(collected):
        columns = catalogue.columns(table)
        accounts = by_table.get(table, {})
        rows[table] = sum(
            _parquet(
                connection, paths, columns, folder / "tables" / table / f"{account}.parquet", "region, arn", once=True
            )
            for account, paths in sorted(accounts.items())
        )
    calls = [unit / f"{CALLS}.ndjson" for unit in staging.units() if (unit / f"{CALLS}.ndjson").exists()]
    if calls:
        _parquet(connection, calls, LEDGER, folder / "ledger.parquet", '"started_at", "account", "region", "operation"')
    requests, items = _totals(staging.lines(CALLS))
    gaps = sorted(staging.lines(GAPS), key=lambda gap: orjson.dumps(gap, option=orjson.OPT_SORT_KEYS))
    tables = {
        name: {"columns": dict(catalogue.columns(name)), "operations": sorted(set(operations)), "rows": rows[name]}
        for name, operations in collected.items()
    }
    document = {
        "schema_version": "1.0",
        **facts,
        "tables": tables,
        "gaps": gaps,
        "calls": requests,
        "items": sum(rows.values()),
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
            if path.stem not in (CALLS, GAPS):
                parts[path.stem][account].append(path)
    return parts


def _parquet(
    connection: duckdb.DuckDBPyConnection,
    paths: Sequence[Path],
    columns: Mapping[str, str],
    target: Path,
    order: str,
    *,
    once: bool = False,
) -> int:
    """Write newline-delimited JSON as one sorted Parquet file with exactly these columns; the number of rows.

    With `once`, what AWS answered twice (an item that moved from page to page, say) is one row.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    typed = ", ".join(f"{literal(name)}: {literal(type_)}" for name, type_ in columns.items())
    files = ", ".join(literal(str(path)) for path in paths)
    temporary = target.with_suffix(".partial")
    distinct = "DISTINCT" if once else ""
    counted = connection.execute(
        f"COPY (SELECT {distinct} * FROM read_json([{files}], format = 'newline_delimited', columns = {{{typed}}}, "  # noqa: S608 - names and paths are our own, quoted
        f"maximum_object_size = {_OBJECT_BYTES}) ORDER BY {order}) TO {literal(str(temporary))} "
        "(FORMAT parquet, COMPRESSION zstd)"
    ).fetchone()
    temporary.rename(target)
    return int(counted[0]) if counted else 0


def literal(text: str) -> str:
    """Text as an SQL string literal."""
    return "'" + text.replace("'", "''") + "'"


def _totals(calls: Iterable[Mapping[str, Any]]) -> tuple[int, int]:
    requests = items = 0
    for call in calls:
        requests += call.get("requests") or 0
        items += call.get("items") or 0
    return requests, items
