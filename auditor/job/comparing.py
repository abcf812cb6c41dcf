"""Comparisons put together: an audit with an earlier one, and with what the code declares."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import orjson

from auditor.collectors.actions import action
from auditor.drift import document, tables
from auditor.drift.code.compare import compare_code
from auditor.drift.code.live import Live, Row, Table
from auditor.drift.code.model import CodeDrift, State
from auditor.drift.code.outputs import check_outputs
from auditor.drift.code.rows import Detected
from auditor.drift.code.states.cloudformation import drift_results, read_stacks, still_true, unmatched
from auditor.drift.compare import compare
from auditor.drift.ignore import Ignoring
from auditor.drift.model import Place, Rules, Side, Subject, Unknown
from auditor.errors import SnapshotError
from auditor.job.choosing import Chosen, compared
from auditor.job.states import STACKS
from auditor.model import GLOBAL, Catalogue, Gap
from auditor.snapshot import database
from auditor.snapshot.read import Snapshot

# ---------------------------------------------------------------------------------------- an earlier audit


def resources_since(old: Snapshot, new: Snapshot, catalogue: Catalogue, ignoring: Ignoring) -> dict[str, Any]:
    """What became of the resources of an earlier snapshot. Raises SnapshotError where one cannot be compared."""
    try:
        found = compare(side("baseline", old), side("audit", new), rules(catalogue))
    except (duckdb.Error, orjson.JSONDecodeError) as error:
        raise SnapshotError(
            f"{new.folder} cannot be compared with {old.folder}: {str(error).splitlines()[0]}",
            "`auditor verify` says what was changed.",
        ) from error
    return document.difference(ignoring.difference(found), ignoring)


def side(word: str, snapshot: Snapshot) -> Side:
    """A snapshot as one side of a comparison."""
    return Side(
        word=word,
        sources=snapshot.sources,
        columns=snapshot.columns,
        operations=snapshot.operations,
        places=places(snapshot),
        gaps=snapshot.gaps,
    )


def places(snapshot: Snapshot) -> frozenset[Place]:
    """Where a snapshot looked: account and region, `global` of each account among them."""
    return frozenset((account.id, region) for account in snapshot.accounts for region in (*account.regions, GLOBAL))


def rules(catalogue: Catalogue) -> dict[str, Rules]:
    """How each declared table is compared."""
    return {
        name: Rules(
            table,
            {
                operation: action(table.service, operation).iam
                for operation in (table.operation, *(detail.operation for detail in table.details))
            },
            catalogue.detail_columns(name),
        )
        for name, table in catalogue.tables().items()
    }


# ---------------------------------------------------------------------------------------- code


@dataclass(frozen=True, slots=True)
class Code:
    """What came of comparing states with a snapshot."""

    drift: CodeDrift
    ignoring: Ignoring

    @property
    def document(self) -> dict[str, Any]:
        """As plain JSON."""
        return document.code(self.drift, self.ignoring)


def given(chosen: Chosen, baseline: Mapping[str, Any] | None) -> frozenset[str]:
    """Which comparisons are asked for and can be made: with the `state`, with the `baseline`."""
    asked = frozenset(kind for check in chosen.checks for kind in compared(check))
    has_code = bool(chosen.states or chosen.settings.cloudformation)
    has_resources = baseline is not None and baseline.get("resources") is not None
    return asked & frozenset([*(["state"] if has_code else []), *(["baseline"] if has_resources else [])])


def against_code(
    chosen: Chosen, snapshot: Snapshot, path: Path, out_of_scope: Mapping[str, str], gaps: Sequence[Gap]
) -> Code:
    """The states, and the stacks, against the database at `path`, which has the tables that they are about."""
    settings, shipped = chosen.settings, chosen.shipped
    with duckdb.connect(str(path), read_only=True) as connection:
        connection.execute("SET TimeZone = 'UTC'")
        live = Live(
            rows=_rows(connection),
            rules=rules(shipped.catalogue),
            operations=snapshot.operations,
            places=places(snapshot),
            gaps=tuple(gaps),
            out_of_scope=out_of_scope,
        )
        stacks, detected, unseen = _stacks(settings.cloudformation, live, snapshot.now)
        states = (*chosen.states, *stacks)
        found = _without_doubt(compare_code(states, shipped.mappings, live, detected), unseen)
        required = settings.standard.parameters.get("required_outputs", ())
        outputs = check_outputs(states, required, live) if states else ()
    ignoring = Ignoring(settings.ignores, snapshot.now.date())
    return Code(ignoring.code(dataclasses.replace(found, outputs=outputs)), ignoring)


def _without_doubt(found: CodeDrift, unseen: tuple[Unknown, ...]) -> CodeDrift:
    """What is known although parts of the code could not be seen: a resource may be theirs, so none is unmanaged."""
    hidden = tuple(unknown for unknown in unseen if unknown.action)
    if not hidden:
        return dataclasses.replace(found, unseen=unseen)
    shares = tuple(
        dataclasses.replace(share, unmanaged=0, unlisted=(*share.unlisted, *hidden)) for share in found.shares
    )
    return dataclasses.replace(found, unseen=unseen, unmanaged=(), shares=shares)


def _stacks(
    patterns: Sequence[str], live: Live, now: dt.datetime
) -> tuple[tuple[State, ...], Detected, tuple[Unknown, ...]]:
    """The stacks of these names, from what was collected of them; what CloudFormation found to differ in them; and what
    could not be seen of them.
    """
    if not patterns:
        return (), {}, ()
    unseen = tuple(dict.fromkeys(unknown for name in STACKS for unknown in Table(live, name).unlisted()))
    stacks, resources, drifts = (
        [orjson.loads(text) for *_, text in live.rows(name)] if name in live.operations else [] for name in STACKS
    )
    if not unseen:
        account = min((account for account, _ in live.places), default="")
        everywhere = Subject(STACKS[0], account, GLOBAL, f"arn:aws:cloudformation:{GLOBAL}:{account}:*", "AWS::Account")
        if absent := unmatched(stacks, patterns):
            unseen = (Unknown(everywhere, "", "NoStack", f"no stack is called {' or '.join(absent)}"),)
    detected = still_true(drift_results(drifts), stacks, now)
    return read_stacks(stacks, resources, drifts, patterns), detected, unseen


def _rows(connection: duckdb.DuckDBPyConnection) -> Callable[[str], Iterator[Row]]:
    def rows(table: str) -> Iterator[Row]:
        cursor = connection.cursor()
        cursor.execute("SET TimeZone = 'UTC'")
        cursor.execute(
            f'SELECT account, region, arn, name, to_json(t)::VARCHAR FROM "{table}" t ORDER BY account, region, arn'  # noqa: S608 - declared names
        )
        while batch := cursor.fetchmany(1000):
            yield from batch

    return rows


# ---------------------------------------------------------------------------------------- what checks are put to


def fill(path: Path, snapshot: Snapshot, code: Code | None, baseline: Mapping[str, Any] | None) -> None:
    """Write the rows that DRF checks judge into the database."""
    filled: dict[str, Any] = {}
    if code is not None:
        filled |= tables.rows(code.drift, (account.id for account in snapshot.accounts))
    if baseline is not None and baseline.get("resources") is not None:
        before = [(account["id"], region) for account in baseline["scope"]["accounts"] for region in account["regions"]]
        before += [(account["id"], GLOBAL) for account in baseline["scope"]["accounts"]]
        filled["audit_changes"] = tables.changes_by_place(baseline["resources"], places(snapshot), before)
    with duckdb.connect(str(path)) as connection:
        for name, rows in filled.items():
            database.insert(connection, name, database.SYSTEM_TABLES[name], rows)
