"""Reading SQL without running it: which tables, columns and parameters a statement names (DuckDB's own parser)."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from functools import cache
from typing import Any

import duckdb
import orjson

_TABLE_FUNCTIONS = frozenset({"unnest", "range", "generate_series", "json_each"})
_lock = threading.Lock()

CONNECTED_WITH: dict[str, str | bool | int | float | list[str]] = {"disabled_optimizers": "statistics_propagation"}
"""Configuration of every connection that statements of checks, views and users run on. DuckDB 2.0.0 fails on a filter
over split_part() where the column is NULL in every row ("BindBuiltinScalarFunction did not return …"), unless this
optimizer is off; a test says when that has become needless.
"""


class SqlError(ValueError):
    """A statement that is not one SELECT over tables, or that DuckDB cannot read."""


@dataclass(frozen=True, slots=True)
class Statement:
    """What a SELECT names. Tables and identifiers in lower case, as SQL compares them."""

    tables: frozenset[str]
    ctes: frozenset[str]
    identifiers: frozenset[str]
    """Last parts of column references; `*` where it selects all columns of something."""
    parameters: frozenset[str]


@cache
def read(text: str) -> Statement:
    """Read exactly one SELECT statement. Raises SqlError."""
    answer = _serialized(text)
    if answer.get("error"):
        raise SqlError(str(answer.get("error_message", "no SELECT statement")))
    if len(answer["statements"]) != 1:
        raise SqlError("exactly one SELECT statement is allowed")
    return _statement(answer["statements"][0])


@cache
def read_expression(text: str) -> Statement:
    """Read one expression over columns. Raises SqlError."""
    answer = _serialized(f"SELECT (\n{text}\n)")
    if answer.get("error"):
        raise SqlError(str(answer.get("error_message", "no expression")))
    statements = answer["statements"]
    if len(statements) != 1 or len(statements[0]["node"].get("select_list", ())) != 1:
        raise SqlError("exactly one expression is allowed")
    found = _statement(statements[0])
    if found.tables:
        raise SqlError("the expression may use the facts' columns only")
    return found


def _serialized(text: str) -> dict[str, Any]:
    with _lock:
        row = _connection().execute("SELECT json_serialize_sql($text)", {"text": text}).fetchone()
    assert row is not None  # noqa: S101 - a SELECT of one value gives one row
    parsed: dict[str, Any] = orjson.loads(row[0])
    return parsed


@cache
def _connection() -> duckdb.DuckDBPyConnection:
    return duckdb.connect(config={"threads": 1})


def _statement(tree: dict[str, Any]) -> Statement:
    tables: set[str] = set()
    ctes: set[str] = set()
    identifiers: set[str] = set()
    parameters: set[str] = set()
    nodes = _nodes(tree)
    for node in nodes:
        tables |= _tables(node)
        identifiers |= _identifiers(node)
        if node.get("type") == "VALUE_PARAMETER":
            parameters.add(node["identifier"])
        if isinstance(node.get("cte_map"), dict):
            ctes |= {entry["key"].lower() for entry in node["cte_map"].get("map", ())}
    if _reads_whole_rows(nodes, ctes):
        identifiers.add("*")
    return Statement(frozenset(tables - ctes), frozenset(ctes), frozenset(identifiers), frozenset(parameters))


def _reads_whole_rows(nodes: list[dict[str, Any]], ctes: set[str]) -> bool:
    """Whether rows of a table are read whole without a star: `to_json(t)` over `FROM ec2_vpcs t`, or NATURAL JOIN."""
    names: set[str] = set()
    alone: set[str] = set()
    for node in nodes:
        if node.get("type") == "JOIN" and node.get("ref_type") == "NATURAL":
            return True
        if node.get("type") == "BASE_TABLE" and node["table_name"].lower() not in ctes:
            names.add((node.get("alias") or node["table_name"]).lower())
        if node.get("type") == "COLUMN_REF" and len(node["column_names"]) == 1:
            alone.add(node["column_names"][0].lower())
    return bool(names & alone)


def _tables(node: dict[str, Any]) -> set[str]:
    kind = node.get("type")
    if kind == "BASE_TABLE":
        if node.get("schema_name") or node.get("catalog_name"):
            raise SqlError(f"{node['schema_name']}.{node['table_name']}: tables have no schema here")
        return {node["table_name"].lower()}
    if kind == "TABLE_FUNCTION":
        name = node["function"]["function_name"].lower()
        if name not in _TABLE_FUNCTIONS:
            raise SqlError(f"the table function {name} is not allowed")
    return set()


def _identifiers(node: dict[str, Any]) -> set[str]:
    kind = node.get("type")
    named = {part.lower() for part in node["column_names"]} if kind == "COLUMN_REF" else set()
    using = node.get("using_columns")
    named |= {name.lower() for name in using} if isinstance(using, list) else set()
    return named | ({"*"} if kind == "STAR" else set())


def _nodes(tree: object) -> list[dict[str, Any]]:
    """Every structure in a tree; without recursion, since a view has thousands."""
    found: list[dict[str, Any]] = []
    left = [tree]
    while left:
        value = left.pop()
        if isinstance(value, dict):
            found.append(value)
            left += [part for part in value.values() if isinstance(part, dict | list)]
        elif isinstance(value, list):
            left += [part for part in value if isinstance(part, dict | list)]
    return found
