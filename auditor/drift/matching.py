"""Which rows of a table differ between two sides: found in DuckDB, so that only those come to Python.

A row's identity is its account, region and declared key, as typed JSON; rows of the same identity are compared by the
SHA-256 of their canonical columns (`shapes`). A row that AWS answered twice counts once.
"""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import duckdb

from auditor import sql
from auditor.drift.model import Place, Side, Subject
from auditor.drift.shapes import Shape, common_shape, expression, identifier
from auditor.model import Table

OLD, NEW = "old", "new"
_BATCH = 500
_ALWAYS = dict.fromkeys(("account", "region", "arn", "name"), "VARCHAR")


@dataclass(frozen=True, slots=True)
class Pair:
    """The rows of one identity, where they differ, as JSON text; None where a side has none."""

    subject: Subject
    old: str | None
    new: str | None


@dataclass(frozen=True, slots=True)
class Comparable:
    """How the rows of a table are compared."""

    table: Table
    key: Mapping[str, Shape]
    compared: Mapping[str, Shape]
    sources: Mapping[str, str]
    """`old` and `new` -> the SELECT of its rows."""


def comparable(table: Table, old: Side, new: Side, uncompared: Iterable[str] = ()) -> Comparable | None:
    """How a table is compared in the columns that both sides have; None where one lacks a column of the key."""
    types = [_ALWAYS | dict(side.columns[table.name]) for side in (old, new)]
    shapes = {name: common_shape(types[0][name], types[1][name]) for name in types[0] if name in types[1]}
    known = {name: shape for name, shape in shapes.items() if shape is not None}
    if not set(table.key) <= set(known):
        return None
    left_out = {
        "account",
        "region",
        "type",
        "arn",
        *table.volatile,
        *_fingerprints(table),
        *uncompared,
        *_repeating(table, known),
    }
    return Comparable(
        table,
        {name: known[name] for name in table.key},
        {name: shape for name, shape in known.items() if name not in left_out - set(table.key)},
        {
            word: _lasting(table, side.sources.get(table.name) or _nothing(its), its)
            for word, side, its in zip((OLD, NEW), (old, new), types, strict=True)
        },
    )


@contextlib.contextmanager
def matching() -> Iterator[Matching]:
    """A DuckDB connection of its own, that spills to a temporary folder."""
    with (
        tempfile.TemporaryDirectory(prefix="auditor-drift-") as folder,
        duckdb.connect(config={"preserve_insertion_order": False, "temp_directory": folder}) as connection,
    ):
        connection.execute("SET TimeZone = 'UTC'")
        yield Matching(connection)


class Matching:
    """Matches the rows of one table after the other."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self._connection = connection

    def match(self, how: Comparable, places: Iterable[Place]) -> None:
        """Match a table's rows in these places; the other methods tell what came of it."""
        self._do("CREATE OR REPLACE TABLE places (account VARCHAR, region VARCHAR)")
        if rows := [list(place) for place in sorted(places)]:
            self._connection.executemany("INSERT INTO places VALUES (?, ?)", rows)
        for word in (OLD, NEW):
            self._digest(word, how)
        self._do(
            "CREATE OR REPLACE TABLE pairs AS SELECT identity, o.digest AS old_digest, n.digest AS new_digest, "
            "coalesce(n.account, o.account) AS account, coalesce(n.region, o.region) AS region, "
            "coalesce(n.arn, o.arn) AS arn, coalesce(n.name, o.name) AS name "
            "FROM old_rows o FULL JOIN new_rows n USING (identity, nth)"
        )
        self._do("CREATE OR REPLACE TABLE differing AS FROM pairs WHERE old_digest IS DISTINCT FROM new_digest")
        for word in (OLD, NEW):
            self._documents(word, how)

    def pairs(self, table: Table) -> Iterator[Pair]:
        """The identities whose rows differ. To be read to its end before anything else is asked."""
        self._connection.execute(
            "SELECT d.account, d.region, d.arn, d.name, o.document, n.document FROM differing d "
            "LEFT JOIN old_documents o ON o.identity = d.identity AND o.digest = d.old_digest "
            "LEFT JOIN new_documents n ON n.identity = d.identity AND n.digest = d.new_digest"
        )
        while rows := self._connection.fetchmany(_BATCH):
            for account, region, arn, name, old, new in rows:
                yield Pair(Subject(table.name, account, region, arn, table.type, name), old, new)

    def places_of_both(self) -> list[Place]:
        """Where there are rows that both sides have."""
        return self._rows(
            "SELECT DISTINCT account, region FROM pairs "
            "WHERE old_digest IS NOT NULL AND new_digest IS NOT NULL ORDER BY ALL"
        )

    def names(self, arns: Sequence[str]) -> Mapping[str, str | None]:
        """ARN -> name, for those of the ARNs that either side has."""
        return dict(
            self._connection.execute(
                "SELECT arn, max(name) FROM pairs WHERE arn IN (SELECT unnest($arns)) GROUP BY arn",
                {"arns": list(arns)},
            ).fetchall()
        )

    def _digest(self, word: str, how: Comparable) -> None:
        """The table `old_rows` or `new_rows`: identity, digest, and what it takes to name the row."""
        self._do(
            f"CREATE OR REPLACE TABLE {word}_rows AS "  # noqa: S608 - our own text, names and paths quoted
            "SELECT *, row_number() OVER (PARTITION BY identity ORDER BY digest) AS nth FROM ("
            f"SELECT {_identity(how)} AS identity, sha256({_document(how)}) AS digest, any_value(account) AS account, "
            "any_value(region) AS region, min(arn) AS arn, min(name) AS name "
            f"FROM ({how.sources[word]}) SEMI JOIN places USING (account, region) GROUP BY 1, 2)"
        )

    def _documents(self, word: str, how: Comparable) -> None:
        """The table `old_documents` or `new_documents`: the canonical columns of the rows that differ."""
        self._do(
            f"CREATE OR REPLACE TABLE {word}_documents AS "  # noqa: S608 - our own text, names and paths quoted
            "SELECT DISTINCT identity, sha256(document) AS digest, document FROM "
            f"(SELECT {_identity(how)} AS identity, {_document(how)} AS document FROM ({how.sources[word]})) "
            "SEMI JOIN differing USING (identity)"
        )

    def _do(self, statement: str) -> None:
        self._connection.execute(statement)

    def _rows(self, statement: str) -> list[Any]:
        return self._connection.execute(statement).fetchall()


def _lasting(table: Table, source: str, columns: Mapping[str, str]) -> str:
    """The rows that do not come and go by themselves, so far as the columns are there that tell."""
    if not table.volatile_rows or not sql.read_expression(table.volatile_rows).identifiers <= {
        name.lower() for name in columns
    }:
        return source
    return f"SELECT * FROM ({source}) WHERE NOT coalesce({table.volatile_rows}, false)"  # noqa: S608 - declared


def _nothing(columns: Mapping[str, str]) -> str:
    """The SELECT of a table without rows."""
    typed = (f"NULL::{duckdb.sqltype(type_)} AS {identifier(name)}" for name, type_ in columns.items())
    return f"SELECT {', '.join(typed)} WHERE false"


def _identity(how: Comparable) -> str:
    key = ", ".join(f"k{number} := {_column(name, shape)}" for number, (name, shape) in enumerate(how.key.items()))
    return f"to_json(struct_pack(account := account, region := region, {key}))::VARCHAR"


def _document(how: Comparable) -> str:
    members = ", ".join(f"{identifier(name)} := {_column(name, shape)}" for name, shape in how.compared.items())
    return f"to_json(struct_pack({members}))::VARCHAR"


def _column(name: str, shape: Shape) -> str:
    return expression(identifier(name), shape)


def _fingerprints(table: Table) -> set[str]:
    """Columns of examined text: their fingerprints are made with a key that no two audits share."""
    return {*table.examine, *(column for detail in table.details for column in detail.examine)}


def _repeating(table: Table, columns: Iterable[str]) -> Iterator[str]:
    """The column `name`, where it only says again what a tag or another column says."""
    if not table.name_from or table.name_from in columns:
        yield "name"
