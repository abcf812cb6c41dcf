"""What the project ships for everyone: views, tables' schema, checks and how cases are put to them.

The one place where rooms are put together besides `cli`; tests and the documentation use it too.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from auditor import sql
from auditor.collectors.catalogue import DeclaredCatalogue
from auditor.drift.code.mapping import Mappings, load_mappings
from auditor.engine.cases import Case
from auditor.engine.reads import Schema, check_reads, reachable
from auditor.model import Account, Check, Role
from auditor.resources import data_dir
from auditor.snapshot import database
from auditor.snapshot.derived import DERIVED
from auditor.snapshot.scope import NEEDS, Part


@dataclass(frozen=True)
class Shipped:
    """Tables, derived tables and views, put together."""

    folder: Path

    @cached_property
    def catalogue(self) -> DeclaredCatalogue:
        """The tables that can be collected."""
        return DeclaredCatalogue()

    @cached_property
    def views(self) -> Mapping[str, str]:
        """View -> its SELECT. Raises SqlError where a file is not one SELECT."""
        texts = {path.stem: path.read_text() for path in sorted((self.folder / "views").glob("*.sql"))}
        for name, text in texts.items():
            try:
                sql.read(text)
            except sql.SqlError as error:
                raise sql.SqlError(f"{self.folder / 'views' / name}.sql: {error}") from error
        return texts

    @cached_property
    def mappings(self) -> Mappings:
        """How the types of Terraform, Pulumi and CloudFormation correspond to AWS's. Raises ConfigError."""
        return load_mappings(data_dir("mappings"))

    @cached_property
    def engine_schema(self) -> Schema:
        """What statements may name."""
        derived = {one.name: one for one in DERIVED}
        filled = {name: database.SYSTEM_TABLES[name] for name in database.COMPARISONS}
        return Schema(self.catalogue, self.views, derived, frozenset(database.SYSTEM_TABLES), NEEDS, filled)

    def database_schema(
        self, collected: Mapping[str, Mapping[str, str]] | None = None, names: Collection[str] | None = None
    ) -> database.Schema:
        """What a database is made of, or as much of it as is named; `collected` has the columns of tables as a snapshot
        has them.
        """
        tables = self.catalogue.tables()
        kept = {*tables, *self.views, *(one.name for one in DERIVED)} if names is None else set(names)
        return database.Schema(
            columns={
                name: (collected or {}).get(name) or self.catalogue.columns(name) for name in tables if name in kept
            },
            keys={name: table.key for name, table in tables.items()},
            parents={
                name: Part(table.parent, *next(iter(table.parent_params.items())))
                for name, table in tables.items()
                if table.parent and {name, table.parent} <= kept
            },
            derived=[one for one in DERIVED if one.name in kept],
            views={name: text for name, text in self.views.items() if name in kept},
        )

    def narrowed_schema(
        self,
        checks: Sequence[Check] = (),
        collected: Mapping[str, Mapping[str, str]] | None = None,
        statements: Sequence[str] = (),
        further: Collection[str] = (),
    ) -> database.Schema:
        """What a database is made of that these checks and statements alone are put to, with `further` tables."""
        names = set(further) | set(reachable([*(check.facts for check in checks), *statements], self.engine_schema))
        for check in checks:
            names |= set(check_reads(check, self.engine_schema))
        names |= {above for name in names & set(self.catalogue.tables()) for above in self.catalogue.ancestors(name)}
        names |= {needed for name in names for needed in NEEDS.get(name, ())}
        return self.database_schema(collected, names)

    def build_case(
        self,
        target: Path,
        case: Case,
        rows: Mapping[str, list[dict[str, Any]]],
        check: Check | None = None,
        *,
        statement: str = "",
    ) -> Mapping[str, str]:
        """`auditor.engine.cases.Build`: a database with a case's rows, as far as the check or the statement reads; what
        is out of scope in it. Without either it has every table and view.
        """
        if check is not None:
            schema = self.narrowed_schema([check])
        else:
            schema = self.narrowed_schema(statements=[statement]) if statement else self.database_schema()
        sources = {}
        columns = {**schema.columns, **self.engine_schema.comparisons}
        for name, items in ((name, items) for name, items in rows.items() if name in columns):
            path = target.with_name(f"{name}.ndjson")
            path.write_bytes(b"".join(database.line(item) for item in items))
            sources[name] = database.json_source([path], columns[name])
        regions = (case.primary, *case.recovery)
        found = sorted({str(row["account"]) for items in rows.values() for row in items} | {"111122223333"})
        context = database.Context(
            accounts=[Account(account, "", regions) for account in found],
            roles={region: Role.PRIMARY if region == case.primary else Role.RECOVERY for region in regions},
            now=case.now,
            environment=case.environment,
            environment_suffix=case.environment_suffix,
        )
        return database.build(target, schema, sources, context)


def shipped() -> Shipped:
    """What this installation ships."""
    return Shipped(data_dir("checks"))
