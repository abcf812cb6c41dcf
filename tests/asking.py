"""Questions to the shipped views, over items as AWS answers them; the database has what the question reads, no more."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import duckdb

from auditor.engine.cases import Case, table_rows
from auditor.library import shipped

LIBRARY = shipped()

Tables = Mapping[str, Sequence[Mapping[str, Any]]]


def records(statement: str, tables: Tables) -> list[dict[str, Any]]:
    """The statement's rows, in its own order, from a database with these items."""
    case = Case(
        name="a view", tables={name: [dict(item) for item in items] for name, items in tables.items()}, expect=[]
    )
    with tempfile.TemporaryDirectory() as folder:
        database = Path(folder) / "view.duckdb"
        LIBRARY.build_case(database, case, table_rows(case, LIBRARY.engine_schema), statement=statement)
        with duckdb.connect(str(database), read_only=True) as connection:
            cursor = connection.execute(statement)
            names = [column[0] for column in cursor.description or ()]
            return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def rows(statement: str, tables: Tables) -> list[tuple[Any, ...]]:
    """The same, as tuples."""
    return [tuple(record.values()) for record in records(statement, tables)]
