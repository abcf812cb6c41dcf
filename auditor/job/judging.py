"""From a snapshot to verdicts: the database, the checks put to it, the results document."""

from __future__ import annotations

import dataclasses
import hashlib
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from auditor import __version__
from auditor.engine import results as results_document
from auditor.engine.audit import Audit, evaluate
from auditor.engine.verdicts import Circumstances
from auditor.files import utc_now
from auditor.job import comparing, kept
from auditor.job.choosing import Chosen
from auditor.job.settings import Settings
from auditor.library import Shipped
from auditor.model import GLOBAL, Account, Catalogue, Check, Gap, Role
from auditor.snapshot import database
from auditor.snapshot.read import Snapshot
from auditor.snapshot.reconcile import mismatch
from auditor.snapshot.scope import TAG_RULE


def judge(
    chosen: Chosen,
    snapshot: Snapshot,
    tick: Callable[[int, int], None] = lambda _done, _of: None,
    baseline: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """The results document of the chosen checks over a snapshot, compared with the code and with a baseline."""
    settings = chosen.settings
    given = comparing.given(chosen, baseline)
    checks = chosen.judged(given)
    accounts = _with_regions(snapshot.accounts, settings.roles)
    with tempfile.TemporaryDirectory(prefix="auditor-") as temporary:
        path = Path(temporary) / "audit.duckdb"
        left_out = build_database(
            chosen.shipped, snapshot, settings, path, accounts, checks, further=tuple(chosen.code_reads)
        )
        populations = database.populations(path, snapshot.columns)
        lost = tuple(lost_rows(snapshot, populations, chosen.shipped.catalogue))
        gaps = (*snapshot.gaps, *lost)
        code = comparing.against_code(chosen, snapshot, path, left_out, gaps) if "state" in given else None
        comparing.fill(path, snapshot, code, baseline)
        audit = Audit(
            checks=checks,
            requirements=frozenset(requirement.id for requirement in chosen.requirements),
            schema=chosen.shipped.engine_schema,
            gaps=gaps,
            collected=snapshot.operations,
            seen=frozenset((account.id, region) for account in snapshot.accounts for region in account.regions),
            circumstances=Circumstances(
                accounts=accounts,
                roles=settings.roles,
                parameters={**settings.standard.parameters, **settings.placeholders},
                out_of_scope=left_out,
                waivers=settings.waivers,
                today=snapshot.now.date(),
                gaps=gaps,
                doubtful_rules=frozenset({TAG_RULE}),
            ),
            now=snapshot.now,
            scope_tags=bool(settings.scope.tags),
        )
        found = evaluate(audit, path, tick)
    about = _about(chosen, snapshot, accounts, gaps, populations)
    results = results_document.document(about, chosen.requirements, found, audit.schema)
    changed = kept.changes(baseline, results) if baseline is not None else {}
    drift = {**changed, **({"code": code.document} if code is not None else {})}
    return {**results, "drift": drift} if drift else results


def lost_rows(
    snapshot: Snapshot, populations: Mapping[str, database.Population], catalogue: Catalogue
) -> Iterator[Gap]:
    """A gap in every place of a table whose rows in the database are not those of the snapshot."""
    for name, population in populations.items():
        collected = snapshot.document["tables"][name]["rows"]
        if collected == population.rows == population.in_scope + sum(population.left_out.values()):
            continue
        listing = catalogue.listing(name)
        told = f"{collected} rows were collected, {population.rows} are in the database, {population.in_scope} in scope"
        for account in snapshot.accounts:
            for region in (GLOBAL,) if catalogue.tables()[name].is_global else account.regions:
                yield mismatch(name, account.id, region, listing.operation, listing.iam, told)


def build_database(
    shipped: Shipped,
    snapshot: Snapshot,
    settings: Settings,
    path: Path,
    accounts: Sequence[Account],
    checks: Sequence[Check] | None = None,
    further: Sequence[str] = (),
) -> Mapping[str, str]:
    """Write the database that checks and queries are put to: as far as these checks read (and `further` tables), or
    all of it.

    What is out of scope: ARN -> the rule that leaves it out.
    """
    if checks is None:
        schema = shipped.database_schema(snapshot.columns)
    else:
        schema = shipped.narrowed_schema(checks, snapshot.columns, further=further)
        if settings.scope.tags:  # who refers to whom is asked of every table
            whole = shipped.database_schema(snapshot.columns)
            schema = dataclasses.replace(schema, columns=whole.columns, parents=whole.parents)
    context = database.Context(
        accounts=accounts,
        roles=settings.roles,
        now=snapshot.now,
        environment=settings.environment,
        environment_suffix=settings.environment_suffix,
        standard=settings.standard.name,
        scope=settings.scope,
    )
    return database.build(path, schema, snapshot.sources, context)


def _with_regions(accounts: Sequence[Account], roles: Mapping[str, Role]) -> tuple[Account, ...]:
    """The snapshot's accounts with the regions that are asked for now besides: those were not seen."""
    return tuple(
        dataclasses.replace(account, regions=tuple(dict.fromkeys([*account.regions, *roles]))) for account in accounts
    )


def _about(
    chosen: Chosen,
    snapshot: Snapshot,
    accounts: Sequence[Account],
    gaps: Sequence[Gap],
    populations: Mapping[str, database.Population],
) -> results_document.About:
    document, settings = snapshot.document, chosen.settings
    return results_document.About(
        id=document["id"],
        standard=settings.standard,
        environment=settings.environment,
        started_at=document["started_at"],
        finished_at=utc_now(),
        identity=document["identity"],
        parameters=settings.standard.parameters,
        accounts=accounts,
        roles=settings.roles,
        calls=document["calls"],
        items=document["items"],
        collected_from=document["started_at"],
        collected_to=document["finished_at"],
        tables={
            name: {"rows": table["rows"], **table.get("reconciliation", {}), **_populated(populations.get(name))}
            for name, table in document["tables"].items()
        },
        gaps=gaps,
        waivers=settings.waivers,
        organization=settings.organization,
        report_url=settings.report_url.replace("{date}", document["started_at"][:10]).replace(
            "{audit}", document["id"]
        ),
        demo=settings.demo,
        method={
            "checks_digest": chosen.checks_digest(),
            "config_digest": settings.config_digest,
            "snapshot_digest": hashlib.sha256((snapshot.folder / "snapshot.json").read_bytes()).hexdigest(),
            "tool": f"auditor {__version__}",
        },
    )


def _populated(population: database.Population | None) -> dict[str, Any]:
    """In scope, and left out by which rule; nothing of a table that no chosen check reads."""
    return {} if population is None else {"in_scope": population.in_scope, "left_out": population.left_out}
