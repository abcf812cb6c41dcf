"""From a snapshot's tables to the database that checks and queries are put to: tables, derived tables, scope, views."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
import orjson

from auditor import sql
from auditor.model import Account, Derived, Role, Rows
from auditor.snapshot.scope import Part, ScopeRules, mark_out_of_scope
from auditor.snapshot.write import LEDGER, literal

_SUBJECT = {"arn": "VARCHAR", "type": "VARCHAR", "account": "VARCHAR", "region": "VARCHAR", "name": "VARCHAR"}

SYSTEM_TABLES = {
    "audit_regions": {"account": "VARCHAR", "region": "VARCHAR", "role": "VARCHAR"},
    "audit_environment": {"environment": "VARCHAR", "environment_suffix": "VARCHAR", "standard": "VARCHAR"},
    "out_of_scope": {"arn": "VARCHAR", "rule": "VARCHAR"},
    "collection_ledger": LEDGER,
    "declared_resources": {
        **_SUBJECT,
        "tool": "VARCHAR",
        "state": "VARCHAR",
        "address": "VARCHAR",
        "kind": "VARCHAR",
        "standing": "VARCHAR",
        "deployed": "BOOLEAN",
        "as_declared": "BOOLEAN",
        "reason": "VARCHAR",
        "differences": "STRUCT(field VARCHAR, declared VARCHAR, live VARCHAR)[]",
        "told": "VARCHAR",
        "equal": "BIGINT",
        "not_compared": "VARCHAR[]",
    },
    "live_resources": {**_SUBJECT, "kind": "VARCHAR", "managed": "BOOLEAN", "reason": "VARCHAR"},
    "declared_outputs": {
        **_SUBJECT,
        "tool": "VARCHAR",
        "state": "VARCHAR",
        "output": "VARCHAR",
        "names": "VARCHAR",
        "leads": "BOOLEAN",
        "reason": "VARCHAR",
    },
    "audit_changes": {
        **_SUBJECT,
        "added": "BIGINT",
        "removed": "BIGINT",
        "changed": "BIGINT",
        "unknown": "BIGINT",
        "in_baseline": "BOOLEAN",
        "reason": "VARCHAR",
    },
}
"""Tables that describe the audit itself; no API call fills them."""

COMPARISONS: Mapping[str, str] = {
    "declared_resources": "state",
    "live_resources": "state",
    "declared_outputs": "state",
    "audit_changes": "baseline",
}
"""System tables that a comparison fills -> what it takes: without that, checks that read them have nothing to judge."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """What an audit is about, besides what AWS answered."""

    accounts: Sequence[Account]
    roles: Mapping[str, Role]
    """Region -> its role."""
    now: datetime
    environment: str = ""
    environment_suffix: str = ""
    standard: str = ""
    scope: ScopeRules = field(default_factory=ScopeRules)


@dataclass(frozen=True, slots=True)
class Schema:
    """What the database is made of."""

    columns: Mapping[str, Mapping[str, str]]
    """Collected table -> column -> DuckDB type."""
    keys: Mapping[str, tuple[str, ...]]
    """Collected table -> its key columns."""
    parents: Mapping[str, Part]
    """Collected table -> what its rows are a part of, where they are."""
    derived: Sequence[Derived]
    views: Mapping[str, str]
    """View -> its SELECT."""


@dataclass(frozen=True, slots=True)
class Population:
    """A table's rows in the database, and what became of them."""

    rows: int
    in_scope: int
    left_out: Mapping[str, int]
    """Rule -> rows that it leaves out."""


def build(
    target: Path,
    schema: Schema,
    sources: Mapping[str, str],
    context: Context,
) -> Mapping[str, str]:
    """Write the database file: every table (empty where there is no source), derived tables, scope, views.

    What is out of scope: ARN -> the rule that leaves it out. All is one transaction, which is several times faster than
    a transaction each.
    """
    with duckdb.connect(str(target), config={"default_block_size": "16384", **sql.CONNECTED_WITH}) as connection:
        connection.execute("SET TimeZone = 'UTC'")
        connection.begin()
        for table, columns in {**schema.columns, **SYSTEM_TABLES}.items():
            typed = ", ".join(f'"{name}" {type_}' for name, type_ in columns.items())
            if table in sources:
                connection.execute(f'CREATE TABLE "{table}" AS {sources[table]}')
            else:
                connection.execute(f'CREATE TABLE "{table}" ({typed})')
        _describe_audit(connection, context)
        for one in _in_order(schema.derived):
            _derive(connection, one)
        mark_out_of_scope(connection, context.scope, schema.columns, schema.keys, schema.parents)
        for name in ordered_views(schema.views):
            connection.execute(f'CREATE VIEW "{name}" AS {schema.views[name]}')
        left_out = dict(connection.execute("SELECT arn, rule FROM out_of_scope").fetchall())
        connection.commit()
    return left_out


def populations(database: Path, tables: Iterable[str]) -> dict[str, Population]:
    """Those of the tables that a database has, counted in two ways: all rows, and each row with the rule that leaves it
    out, or none.
    """
    counted: dict[str, dict[str | None, int]] = {}
    with duckdb.connect(str(database), read_only=True) as connection:
        there = {name for (name,) in connection.execute("SELECT table_name FROM duckdb_tables()").fetchall()}
        for table in sorted(there & set(tables)):
            whole = f"SELECT '', count(*) FROM \"{table}\""  # noqa: S608 - declared names
            joined = f'SELECT o.rule, count(*) FROM "{table}" t LEFT JOIN out_of_scope o USING (arn) GROUP BY o.rule'  # noqa: S608 - declared names
            counted[table] = dict(connection.execute(f"{whole} UNION ALL {joined}").fetchall())
    return {
        table: Population(
            by_rule.pop("", 0), by_rule.pop(None, 0), dict(sorted((str(rule), n) for rule, n in by_rule.items()))
        )
        for table, by_rule in counted.items()
    }


def ordered_views(views: Mapping[str, str]) -> list[str]:
    """Views after those that they read. Raises ValueError for a circle."""
    return _after_their_needs({name: set(sql.read(text).tables) for name, text in views.items()})


def _after_their_needs(needs: Mapping[str, set[str]]) -> list[str]:
    done: list[str] = []
    left = {name: below & set(needs) for name, below in sorted(needs.items())}
    while left:
        ready = [name for name, below in left.items() if below <= set(done)]
        if not ready:
            raise ValueError(f"these read each other in a circle: {', '.join(left)}")
        done += ready
        left = {name: below for name, below in left.items() if name not in ready}
    return done


def insert(
    connection: duckdb.DuckDBPyConnection, table: str, columns: Mapping[str, str], rows: Iterable[Mapping[str, Any]]
) -> None:
    """Insert rows of plain values into a table, through newline-delimited JSON with explicit types."""
    with tempfile.NamedTemporaryFile(suffix=".ndjson") as file:
        count = 0
        for row in rows:
            file.write(line(row))
            count += 1
        file.flush()
        if count:
            connection.execute(f'INSERT INTO "{table}" {json_source([Path(file.name)], columns)}')


def line(row: Mapping[str, Any]) -> bytes:
    """A row as a line of JSON."""
    return orjson.dumps(row, option=orjson.OPT_APPEND_NEWLINE)


def json_source(paths: Sequence[Path], columns: Mapping[str, str]) -> str:
    """The SELECT that reads newline-delimited JSON with exactly these columns."""
    typed = ", ".join(f"{literal(name)}: {literal(type_)}" for name, type_ in columns.items())
    files = ", ".join(literal(str(path)) for path in paths)
    return f"SELECT * FROM read_json([{files}], format = 'newline_delimited', columns = {{{typed}}})"  # noqa: S608 - quoted


def _describe_audit(connection: duckdb.DuckDBPyConnection, context: Context) -> None:
    regions = [
        {"account": account.id, "region": region, "role": context.roles.get(region, Role.ALSO).value}
        for account in context.accounts
        for region in account.regions
    ]
    insert(connection, "audit_regions", SYSTEM_TABLES["audit_regions"], regions)
    about = {
        "environment": context.environment,
        "environment_suffix": context.environment_suffix,
        "standard": context.standard,
    }
    insert(connection, "audit_environment", SYSTEM_TABLES["audit_environment"], [about])


def _in_order(derived: Sequence[Derived]) -> list[Derived]:
    """Derived tables after those that they read."""
    by_name = {one.name: one for one in derived}
    reads = {
        name: {table for text in one.inputs.values() for table in sql.read(text).tables}
        for name, one in by_name.items()
    }
    return [by_name[name] for name in _after_their_needs(reads)]


def _derive(connection: duckdb.DuckDBPyConnection, derived: Derived) -> None:
    typed = ", ".join(f'"{name}" {type_}' for name, type_ in derived.columns.items())
    connection.execute(f'CREATE TABLE "{derived.name}" ({typed})')
    inputs: dict[str, Rows] = {name: rows_of(connection, text) for name, text in derived.inputs.items()}
    insert(connection, derived.name, derived.columns, derived.compute(inputs))


def rows_of(connection: duckdb.DuckDBPyConnection, text: str) -> list[dict[str, Any]]:
    """A query's rows as dicts, JSON columns decoded."""
    cursor = connection.execute(text)
    names = [column[0] for column in cursor.description or ()]
    documents = {name for name, kind in ((c[0], str(c[1])) for c in cursor.description or ()) if kind == "JSON"}
    return [
        {n: orjson.loads(v) if n in documents and v is not None else v for n, v in zip(names, row, strict=True)}
        for row in cursor.fetchall()
    ]
