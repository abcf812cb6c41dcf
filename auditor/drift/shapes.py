"""SQL for the value of a column in one canonical form, so far as two schemas both have it.

Both sides of a comparison are brought into the common shape of their columns' types: members of a structure that only
one side's schema has (another version of the tool) are left out, lists and maps are sorted.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import duckdb

_NESTED = frozenset({"struct", "list", "map"})
_NUMBERS = frozenset({"tinyint", "smallint", "integer", "bigint", "hugeint", "float", "double"})


@dataclass(frozen=True, slots=True)
class Shape:
    """What two types have in common."""

    kind: Literal["plain", "cast", "json", "list", "map", "struct"]
    to: str = ""
    """The type that a `cast` goes to."""
    parts: tuple[tuple[str, Shape], ...] = ()
    """A structure's members; the element of a list, the value of a map."""


def common_shape(old: str, new: str) -> Shape | None:
    """The common shape of two DuckDB types; None where there is nothing to compare."""
    return _common(duckdb.sqltype(old), duckdb.sqltype(new))


def expression(value: str, shape: Shape, depth: int = 0) -> str:
    """SQL that brings a value (SQL) into the shape."""
    if shape.kind == "cast":
        return f"CAST({value} AS {shape.to})"
    if shape.kind == "json":
        return f"to_json({value})"
    if shape.kind == "list":
        element = f"x{depth}"
        inner = expression(element, shape.parts[0][1], depth + 1)
        items = value if inner == element else f"list_transform({value}, lambda {element}: {inner})"
        return f"list_sort({items})"
    if shape.kind == "map":
        entry = f"x{depth}"
        inner = expression(f"{entry}.value", shape.parts[0][1], depth + 1)
        entries = f"map_entries({value})"
        if inner != f"{entry}.value":
            pair = f'struct_pack("key" := {entry}."key", "value" := {inner})'
            entries = f"list_transform({entries}, lambda {entry}: {pair})"
        return f"map_from_entries(list_sort({entries}))"
    if shape.kind == "struct":
        members = ", ".join(
            f"{identifier(name)} := {expression(f'struct_extract({value}, {literal(name)})', part, depth)}"
            for name, part in shape.parts
        )
        return f"CASE WHEN {value} IS NULL THEN NULL ELSE struct_pack({members}) END"
    return value


def identifier(name: str) -> str:
    """A name as an SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """Text as an SQL string literal."""
    return "'" + text.replace("'", "''") + "'"


def _common(old: Any, new: Any) -> Shape | None:  # noqa: ANN401 - duckdb's own type
    if "JSON" in (str(old), str(new)):
        return Shape("json")
    if old.id == new.id and old.id in _NESTED:
        return _common_parts(old, new)
    if _NESTED & {old.id, new.id}:
        return None
    if str(old) == str(new):
        return Shape("plain")
    return Shape("cast", "DOUBLE" if {old.id, new.id} <= _NUMBERS else "VARCHAR")


def _common_parts(old: Any, new: Any) -> Shape | None:  # noqa: ANN401 - duckdb's own type
    mine, theirs = dict(old.children), dict(new.children)
    names = [name for name in mine if name in theirs and not (old.id == "map" and name == "key")]
    parts = [(name, _common(mine[name], theirs[name])) for name in names]
    known = tuple((name, part) for name, part in parts if part is not None)
    return Shape(old.id, parts=known) if known else None
