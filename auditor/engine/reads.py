"""What a check reads: which tables, through views and derived tables too, and by which column names."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from auditor import sql
from auditor.model import Catalogue, Check, Derived, Read

EVERY_KIND = "*"
"""The `resource` of a check whose population is every kind of resource that it reads."""


@dataclass(frozen=True, slots=True)
class Schema:
    """The tables that a statement may name."""

    catalogue: Catalogue
    views: Mapping[str, str]
    derived: Mapping[str, Derived]
    system: frozenset[str]
    """Tables that describe the audit itself."""
    scope_needs: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """Table -> further tables that tell which of its rows are in scope."""
    comparisons: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """System tables that a comparison fills, with their columns: cases may give rows of them."""


class UnknownTableError(ValueError):
    """A statement names a table that does not exist, or hides one behind a CTE of the same name."""


def check_reads(check: Check, schema: Schema, *, scope_tags: bool = False) -> dict[str, frozenset[str]]:
    """Collected table -> the column names (lower case) by which the check may read it; `*` where it reads all.

    With `scope_tags` the tags of the check's own population count as read. Raises UnknownTableError, SqlError.
    """
    statement = sql.read(check.facts)
    own = set(statement.identifiers)
    for expression in (check.pass_when, *(reason.when for reason in check.reasons)):
        own |= sql.read_expression(expression).identifiers
    reads = _reads(statement, frozenset(own), schema)
    for table in population(check, schema.catalogue) if check.resource != EVERY_KIND else tuple(reads):
        for needed in schema.scope_needs.get(table, ()):
            reads.setdefault(needed, frozenset())
        if scope_tags:
            reads[table] = reads.get(table, frozenset()) | {"tags"}
    return reads


def statement_reads(text: str, schema: Schema) -> dict[str, frozenset[str]]:
    """The same for any SELECT."""
    statement = sql.read(text)
    return _reads(statement, statement.identifiers, schema)


def reachable(statements: Iterable[str], schema: Schema) -> frozenset[str]:
    """Every table, view and derived table that statements name, through views and derived tables too."""
    waiting = [sql.read(text) for text in statements]
    found: set[str] = set()
    while waiting:
        for name in waiting.pop().tables - found:
            found.add(name)
            if name in schema.views:
                waiting.append(sql.read(schema.views[name]))
            elif name in schema.derived:
                waiting += [sql.read(text) for text in schema.derived[name].inputs.values()]
    return frozenset(found)


def as_reads(reads: Mapping[str, Iterable[str]]) -> list[Read]:
    """What a plan is made from."""
    return [Read(table, frozenset(columns)) for table, columns in sorted(reads.items())]


def population(check: Check, catalogue: Catalogue) -> tuple[str, ...]:
    """The tables whose rows are what the check judges: those of its resource type."""
    return tuple(name for name, table in catalogue.tables().items() if table.type == check.resource)


def _reads(statement: sql.Statement, identifiers: frozenset[str], schema: Schema) -> dict[str, frozenset[str]]:
    found: dict[str, frozenset[str]] = defaultdict(frozenset)
    tables = schema.catalogue.tables()
    known = {*tables, *schema.views, *schema.derived, *schema.system}
    hidden = statement.ctes & known
    if hidden:
        raise UnknownTableError(f"a CTE may not have the name of a table: {', '.join(sorted(hidden))}")
    for name in sorted(statement.tables):
        below: dict[str, frozenset[str]] = {}
        if name in tables:
            below = {name: identifiers}
        elif name in schema.views:
            below = statement_reads(schema.views[name], schema)
        elif name in schema.derived:
            one = schema.derived[name]
            for text in () if one.lookup else one.inputs.values():
                for table, columns in statement_reads(text, schema).items():
                    below[table] = below.get(table, frozenset()) | columns
        elif name not in schema.system:
            raise UnknownTableError(f"there is no table {name}")
        for table, columns in below.items():
            found[table] |= columns
    return dict(found)
