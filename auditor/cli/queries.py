"""`auditor query`: any question to a snapshot's tables and views."""

from __future__ import annotations

import csv
import io
import tempfile
from collections.abc import Sequence
from pathlib import Path

import duckdb
import orjson

from auditor import job
from auditor.cli.sealing import unpacked
from auditor.cli.terminal import width
from auditor.errors import UsageError
from auditor.job import kept
from auditor.library import shipped
from auditor.reports.csv import spreadsheet_cell
from auditor.reports.sanitize import visible
from auditor.snapshot.read import read_snapshot
from auditor.sql import CONNECTED_WITH


def query(path: Path, text: str, form: str) -> int:
    """Run one statement and print its rows."""
    with unpacked(path) as source, tempfile.TemporaryDirectory(prefix="auditor-") as temporary:
        snapshot = read_snapshot(source)
        settings, _ = kept.settings_of(snapshot.folder.parent, snapshot)
        database = Path(temporary) / "query.duckdb"
        job.build_database(shipped(), snapshot, settings, database, snapshot.accounts)
        names, rows = _ask(database, text)
    try:
        shown = _RENDER[form](names, rows)
    except TypeError as error:  # a HUGEINT, a map with keys that are none in JSON
        raise UsageError(f"The answer cannot be written as {form} ({error}).", "Cast columns to VARCHAR.") from error
    print(shown, end="")
    return 0


def _ask(database: Path, text: str) -> tuple[list[str], list[tuple[object, ...]]]:
    with duckdb.connect(str(database), read_only=True, config=CONNECTED_WITH) as connection:
        for setting in ("TimeZone = 'UTC'", "enable_external_access = false", "lock_configuration = true"):
            connection.execute(f"SET {setting}")
        try:
            if len(duckdb.extract_statements(text)) != 1:
                raise UsageError("Give one statement.", "A SELECT, or DESCRIBE TABLE.")
            cursor = connection.execute(text)
            return [column[0] for column in cursor.description or ()], cursor.fetchall()
        except duckdb.Error as error:
            raise UsageError(
                f"The query cannot be run ({str(error).splitlines()[0]}).", "SHOW TABLES lists what there is."
            ) from error


def _table(names: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    from tabulate import tabulate

    limit = max(20, width() // max(1, len(names)))
    cells = [["" if v is None else visible(_text(v))[: max(limit, 60)] for v in row] for row in rows]
    return tabulate(cells, headers=[visible(name) for name in names], disable_numparse=True) + f"\n({len(rows)} rows)\n"


def _json(names: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    return orjson.dumps(
        [dict(zip(names, row, strict=True)) for row in rows],
        default=str,
        option=orjson.OPT_INDENT_2 | orjson.OPT_NON_STR_KEYS | orjson.OPT_APPEND_NEWLINE,
    ).decode()


def _csv(names: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow([_cell(name) for name in names])
    writer.writerows([["" if v is None else _cell(v) for v in row] for row in rows])
    return buffer.getvalue()


def _cell(value: object) -> str:
    """Text as a cell that no spreadsheet takes for a formula; a number stays one."""
    text = _text(value)
    return spreadsheet_cell(text) if isinstance(value, str | dict | list) else text


def _text(value: object) -> str:
    if isinstance(value, dict | list):
        return orjson.dumps(value, default=str, option=orjson.OPT_NON_STR_KEYS).decode()
    return str(value)


_RENDER = {"table": _table, "json": _json, "csv": _csv}
