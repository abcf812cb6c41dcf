"""The checks of an audit, the requirements that they serve, and what has to be asked for them."""

from __future__ import annotations

import dataclasses
import fnmatch
import hashlib
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import orjson

from auditor import sql
from auditor.drift.code.model import State
from auditor.engine.checks import load_checks
from auditor.engine.reads import UnknownTableError, as_reads, check_reads
from auditor.engine.verdicts import REGIONS_TABLE
from auditor.errors import ConfigError
from auditor.job.settings import Settings
from auditor.job.states import reads_of
from auditor.library import Shipped
from auditor.model import Check, Read, Requirement
from auditor.snapshot.database import COMPARISONS
from auditor.sql import SqlError
from auditor.standards import Library, did_you_mean, fill_requirement

if TYPE_CHECKING:
    from auditor.collectors.plan import Plan


@dataclass(frozen=True, slots=True)
class Chosen:
    """The checks of an audit, the requirements they serve, and what they read."""

    settings: Settings
    shipped: Shipped
    checks: tuple[Check, ...]
    requirements: tuple[Requirement, ...]
    """With their placeholders filled."""
    states: tuple[State, ...] = ()
    """What the code declares, as far as files say; stacks are read from the snapshot."""

    @property
    def reads(self) -> list[Read]:
        """What is to be collected."""
        merged: dict[str, frozenset[str]] = {}
        if self.settings.scope.tags:  # what is in scope hangs on who refers to whom, whichever checks are asked
            merged = {name: frozenset({"tags"}) for name in self.shipped.catalogue.tables() if name != REGIONS_TABLE}
        for check in self.checks:
            reads = check_reads(check, self.shipped.engine_schema, scope_tags=bool(self.settings.scope.tags))
            for table, columns in reads.items():
                merged[table] = merged.get(table, frozenset()) | columns
        for table, columns in self.code_reads.items():
            merged[table] = merged.get(table, frozenset()) | columns
        return as_reads(merged)

    @property
    def code_reads(self) -> Mapping[str, frozenset[str]]:
        """What a comparison with the code reads; nothing where no check asks for one, or no code was given."""
        if not (self.states or self.settings.cloudformation):
            return {}
        if "state" not in {kind for check in self.checks for kind in compared(check)}:
            return {}
        known = self.shipped.catalogue.tables()
        return reads_of(self.states, self.settings.cloudformation, self.shipped.mappings, known)

    def judged(self, given: Collection[str]) -> tuple[Check, ...]:
        """The checks that have something to judge where these comparisons are made (`state`, `baseline`)."""
        return tuple(check for check in self.checks if compared(check) <= set(given))

    def checks_digest(self) -> str:
        """SHA-256 over the chosen checks and the views: what was asked."""
        text = orjson.dumps([dataclasses.asdict(check) for check in self.checks], option=orjson.OPT_SORT_KEYS)
        views = orjson.dumps(dict(self.shipped.views), option=orjson.OPT_SORT_KEYS)
        return hashlib.sha256(text + views).hexdigest()


def compared(check: Check) -> frozenset[str]:
    """The comparisons that a check judges: `state`, `baseline`, or none."""
    tables = sql.read(check.facts).tables
    return frozenset(kind for table, kind in COMPARISONS.items() if table in tables)


def known_checks(paths: Iterable[Path], library: Library, shipped: Shipped) -> dict[str, Check]:
    """The shipped checks and the user's own. Raises ConfigError with every problem of their files."""
    folders = [shipped.folder, *paths]
    checks = load_checks(folders, library.register.requirements)
    problems = []
    for check in checks.values():
        try:
            check_reads(check, shipped.engine_schema)
        except (UnknownTableError, SqlError) as error:
            folder_of = next(place for place in folders if (place / check.path).exists())
            problems.append(f"{folder_of / check.path}: facts: {error}: SHOW TABLES in `auditor query` lists them")
    if problems:
        raise ConfigError(problems)
    return checks


def choose(settings: Settings, library: Library, shipped: Shipped, known: Mapping[str, Check] | None = None) -> Chosen:
    """The checks that serve the requirements asked for, out of the `known` ones where they were read already.

    Raises ConfigError with every problem of the check files.
    """
    checks = known if known is not None else known_checks(map(Path, settings.check_paths), library, shipped)
    globs = settings.check_globs
    problems = [
        f"--check {glob}: no check matches{did_you_mean(glob, checks)}"
        for glob in globs
        if not fnmatch.filter(checks, glob)
    ]
    if problems:
        raise ConfigError(problems)
    wanted = set(settings.requirements)
    chosen = [
        check
        for check in checks.values()
        if wanted & set(check.requirements) and (not globs or _matches(check.id, globs))
    ]
    if globs:
        wanted &= {name for check in chosen for name in check.requirements}
        if not wanted:
            serves = {one for name, check in checks.items() if _matches(name, globs) for one in check.requirements}
            what = f"--check {' '.join(globs)}: serves {', '.join(sorted(serves))}, and none of it is asked for"
            raise ConfigError([f"{what}: leave out --requirement, or choose another standard"])
    requirements = [
        fill_requirement(library.register.requirements[name], settings.standard.parameters, settings.placeholders)
        for name in sorted(wanted)
    ]
    return Chosen(settings, shipped, tuple(chosen), tuple(requirements))


def _matches(name: str, globs: Iterable[str]) -> bool:
    return any(fnmatch.fnmatchcase(name, glob) for glob in globs)


def plan_of(chosen: Chosen) -> Plan:
    """What is to be called: checks -> tables -> operations -> IAM actions."""
    from auditor.collectors.plan import make_plan

    return make_plan(chosen.shipped.catalogue, chosen.reads)
