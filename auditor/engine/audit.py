"""Putting checks to a database: the gaps that bear on each, its rows from the sandbox, its findings."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Self

import duckdb

from auditor.engine.reads import EVERY_KIND, Schema, check_reads, population
from auditor.engine.sandbox import CheckError, Sandbox
from auditor.engine.verdicts import REGIONS_TABLE, Circumstances, Question, judge, not_run
from auditor.model import GLOBAL, Catalogue, Check, CheckResult, Gap, Read


@dataclass(frozen=True, slots=True, kw_only=True)
class Audit:
    """What is asked of a database, and under which circumstances."""

    checks: Sequence[Check]
    requirements: frozenset[str]
    """Ids of the requirements that the audit is about."""
    schema: Schema
    gaps: Sequence[Gap]
    collected: Mapping[str, frozenset[str]]
    """Table -> operations that were called for it."""
    seen: frozenset[tuple[str, str]]
    """(account, region)s that the snapshot was made of."""
    circumstances: Circumstances
    now: datetime
    scope_tags: bool = False


def evaluate(
    audit: Audit,
    database: Path,
    tick: Callable[[int, int], None] = lambda _done, _of: None,
    sandbox: Sandbox | None = None,
) -> list[CheckResult]:
    """Results of every check, in the order of their ids; in a sandbox of its own, unless one is lent."""
    if sandbox is None:
        with Sandbox() as own:
            return evaluate(audit, database, tick, own)
    sandbox.open(database)
    results = []
    bound = {**audit.circumstances.parameters, "now": audit.now.isoformat()}
    with _Populations(database) as populations:
        for number, check in enumerate(sorted(audit.checks, key=lambda check: check.id)):
            tick(number, len(audit.checks))
            question = _question(audit, check, populations)
            started = time.monotonic()
            try:
                rows = sandbox.run(check, bound)
                _require_columns(check, rows)
            except CheckError as error:
                results.append(not_run(question, str(error), audit.circumstances))
            else:
                results.append(judge(question, rows, audit.circumstances, time.monotonic() - started))
    tick(len(audit.checks), len(audit.checks))
    return results


def gaps_of(check: Check, audit: Audit) -> tuple[Gap, ...]:
    """The gaps in what a check reads: what failed, and what the snapshot was never asked for."""
    reads = check_reads(check, audit.schema, scope_tags=audit.scope_tags)
    found = [gap for gap in audit.gaps if _bears(gap, reads)]
    for table, columns in sorted(reads.items()):
        found += _never_asked(audit, table, columns)
    return tuple(sorted(found, key=lambda gap: (gap.account, gap.region, gap.action, gap.table, gap.arn)))


def _bears(gap: Gap, reads: Mapping[str, frozenset[str]]) -> bool:
    if gap.table == REGIONS_TABLE:
        return True
    columns = reads.get(gap.table)
    if columns is None:
        return False
    return not gap.columns or "*" in columns or bool(columns & {column.lower() for column in gap.columns})


def _never_asked(audit: Audit, table: str, columns: frozenset[str]) -> list[Gap]:
    """Gaps for operations that the check takes and that this snapshot does not have, or not in every place."""
    catalogue = audit.schema.catalogue
    declared = catalogue.tables()[table]
    accounts = audit.circumstances.accounts
    if declared.is_global:
        places = {(account.id, GLOBAL) for account in accounts}
        unseen = {place for place in places if place[0] not in {account for account, _ in audit.seen}}
    else:
        places = {(account.id, region) for account in accounts for region in account.regions}
        unseen = places - audit.seen
    called = audit.collected.get(table)
    filled = catalogue.detail_columns(table)
    needed = {operation for column, operation in filled.items() if "*" in columns or column.lower() in columns}
    missing = needed - called if called is not None else {declared.operation}
    operation = min(missing, default=declared.operation)
    needed_action = next(a for a in catalogue.actions(_all_of(table)) if a.operation == operation)
    return [
        Gap(
            account=account,
            region=region,
            service=needed_action.iam.split(":")[0],
            operation=operation,
            code="NotCollected",
            message="the snapshot was made without it: collect again for these checks and regions",
            action=needed_action.iam,
            table=table,
        )
        for account, region in sorted(places if missing else unseen)
    ]


def _all_of(table: str) -> Read:
    return Read(table, frozenset({"*"}))


def _question(audit: Audit, check: Check, populations: _Populations) -> Question:
    catalogue = audit.schema.catalogue
    reads = check_reads(check, audit.schema, scope_tags=audit.scope_tags)
    tables = tuple(sorted(reads)) if check.resource == EVERY_KIND else population(check, catalogue)
    declared = [catalogue.tables()[name] for name in tables]
    gaps = gaps_of(check, audit)
    service = "tag" if check.resource == EVERY_KIND else _service(check, tables, catalogue)
    unlisted = {(gap.account, gap.region) for gap in gaps if gap.table in tables and not gap.columns and not gap.arn}
    listed = populations.listed(tables, audit) if gaps and tables else {}
    return Question(
        check=check,
        requirements=tuple(name for name in check.requirements if name in audit.requirements),
        gaps=gaps,
        service=service,
        spans=frozenset(GLOBAL if table.is_global else "region" for table in declared) or frozenset({"region"}),
        listed={place: arns for place, arns in listed.items() if place not in unlisted},
        kinds=_kinds(tables, audit.schema) if check.resource == EVERY_KIND else {},
        spoilable={gap.table: populations.arns(gap.table) for gap in gaps if gap.arn},
    )


def _kinds(tables: Sequence[str], schema: Schema) -> Mapping[str, frozenset[str]]:
    """Table -> types of the rows on which a gap in it bears: its own, and those whose scope it tells."""
    types = {name: schema.catalogue.tables()[name].type for name in tables}
    told = {name: {other for other in tables if name in schema.scope_needs.get(other, ())} for name in tables}
    return {name: frozenset({types[name], *(types[other] for other in told[name])}) for name in tables}


def _service(check: Check, tables: Sequence[str], catalogue: Catalogue) -> str:
    """IAM prefix of the service that the population belongs to."""
    if not tables:
        return check.resource.split("::")[1].lower()
    return catalogue.listing(tables[0]).iam.split(":")[0]


class _Populations:
    """The ARNs in a database's tables. It is opened when something is asked, which is where there is a gap."""

    def __init__(self, database: Path) -> None:
        self._database = database
        self._connection: duckdb.DuckDBPyConnection | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._connection is not None:
            self._connection.close()

    def listed(self, tables: Sequence[str], audit: Audit) -> Mapping[tuple[str, str], frozenset[str]]:
        """The population's ARNs by place; a place that was seen and is empty is there too."""
        found: dict[tuple[str, str], set[str]] = defaultdict(set)
        for account in audit.circumstances.accounts:
            for region in (*account.regions, GLOBAL):
                found[account.id, region] = set()
        for table in tables:
            for account_id, region, arn in self._ask(f'SELECT account, region, arn FROM "{table}"'):  # noqa: S608 - declared names
                if arn not in audit.circumstances.out_of_scope:
                    found[account_id, region].add(arn)
        return {place: frozenset(arns) for place, arns in found.items()}

    def arns(self, table: str) -> frozenset[str]:
        """Those of one table."""
        return frozenset(arn for (arn,) in self._ask(f'SELECT arn FROM "{table}"'))  # noqa: S608 - declared names

    def _ask(self, query: str) -> list[tuple[Any, ...]]:
        if self._connection is None:
            self._connection = duckdb.connect(str(self._database), read_only=True)
        return self._connection.execute(query).fetchall()


def _require_columns(check: Check, rows: Sequence[Mapping[str, Any]]) -> None:
    drawn = check.drawing.columns if check.drawing is not None else frozenset()
    for row in rows:
        if missing := sorted(drawn - set(row)):
            raise CheckError(f"{check.id}: its drawing names columns that its facts do not give: {', '.join(missing)}")
        for column in ("arn", "account", "region"):
            if not isinstance(row.get(column), str):
                raise CheckError(f"{check.id}: its facts give a row without {column}")
