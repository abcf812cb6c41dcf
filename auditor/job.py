"""The main job, from settings to an audit's folder: choose, plan, collect, evaluate, report.

The rooms are put together here and in `library`; `cli` gives the settings and shows what comes of it.
"""

from __future__ import annotations

import contextlib
import dataclasses
import fnmatch
import gc
import hashlib
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson

from auditor import __version__, files, reports
from auditor.engine.checks import load_checks
from auditor.engine.reads import UnknownTableError, as_reads, check_reads
from auditor.engine.verdicts import REGIONS_TABLE
from auditor.errors import ConfigError, SnapshotError
from auditor.library import Shipped
from auditor.model import Check, Gap, Read, Requirement, Role, Standard, Waiver
from auditor.snapshot import folder
from auditor.snapshot.read import Snapshot, read_snapshot
from auditor.snapshot.scope import ScopeRules
from auditor.snapshot.staging import Staging
from auditor.sql import SqlError
from auditor.standards import Library, did_you_mean, fill_requirement

if TYPE_CHECKING:
    from auditor.collectors.interfaces import Progress, Target
    from auditor.collectors.plan import Plan
    from auditor.config import Config

_UNITS = "units"


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """All that decides what is asked and how it is judged; kept in the snapshot, so that it can be judged again."""

    standard: Standard
    requirements: tuple[str, ...]
    check_globs: tuple[str, ...]
    check_paths: tuple[str, ...]
    environment: str
    environment_suffix: str
    roles: Mapping[str, Role]
    scope: ScopeRules
    waivers: tuple[Waiver, ...]
    formats: tuple[str, ...]
    organization: str
    config_digest: str
    demo: bool = False

    @property
    def placeholders(self) -> dict[str, str]:
        """What messages and SQL may name besides parameters."""
        return {"environment": self.environment, "environment_suffix": self.environment_suffix}

    def to_json(self) -> dict[str, Any]:
        """As plain JSON."""
        plain: dict[str, Any] = orjson.loads(orjson.dumps(dataclasses.asdict(self)))
        return plain

    @staticmethod
    def from_json(plain: Mapping[str, Any]) -> Settings:
        """From `to_json`; raises KeyError or TypeError where it is something else."""
        standard = plain["standard"]
        scope = plain["scope"]
        return Settings(
            **{
                **plain,
                "standard": Standard(
                    **{
                        **standard,
                        "recovery": tuple(standard["recovery"]),
                        "requirements": tuple(standard["requirements"]),
                    }
                ),
                "requirements": tuple(plain["requirements"]),
                "check_globs": tuple(plain["check_globs"]),
                "check_paths": tuple(plain["check_paths"]),
                "formats": tuple(plain["formats"]),
                "roles": {region: Role(role) for region, role in plain["roles"].items()},
                "scope": ScopeRules(
                    {key: tuple(values) for key, values in scope["tags"].items()},
                    tuple(scope["exclude"]),
                    scope["include_defaults"],
                ),
                "waivers": tuple(Waiver(**waiver) for waiver in plain["waivers"]),
            }
        )


def settings_of_snapshot(snapshot: Snapshot) -> Settings:
    """What a snapshot was made for. Raises SnapshotError where it does not say."""
    try:
        return Settings.from_json(snapshot.document["settings"])
    except (KeyError, TypeError, ValueError) as error:
        raise SnapshotError(
            f"{snapshot.folder} does not say what it was made for.", "Give --config or --standard."
        ) from error


def is_demo(snapshot: Snapshot) -> bool:
    """Whether the snapshot is of the embedded account: whatever is made of it says so."""
    return bool(snapshot.document.get("settings", {}).get("demo"))


def settings_of(config: Config, *, demo: bool = False) -> Settings:
    """The part of the configuration that decides verdicts."""
    return Settings(
        standard=config.standard,
        requirements=config.requirements,
        check_globs=config.check_globs,
        check_paths=tuple(str(path) for path in config.check_paths),
        environment=config.environment,
        environment_suffix=config.environment_suffix,
        roles={part.region: part.role for part in config.regions.explicit()},
        scope=ScopeRules(dict(config.scope.tags), config.scope.exclude, config.scope.include_defaults),
        waivers=config.waivers,
        formats=config.report.formats,
        organization=config.report.organization,
        config_digest=config.digest(),
        demo=demo,
    )


@dataclass(frozen=True, slots=True)
class Chosen:
    """The checks of an audit, the requirements they serve, and what they read."""

    settings: Settings
    shipped: Shipped
    checks: tuple[Check, ...]
    requirements: tuple[Requirement, ...]
    """With their placeholders filled."""

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
        return as_reads(merged)

    def checks_digest(self) -> str:
        """SHA-256 over the chosen checks and the views: what was asked."""
        text = orjson.dumps([dataclasses.asdict(check) for check in self.checks], option=orjson.OPT_SORT_KEYS)
        views = orjson.dumps(dict(self.shipped.views), option=orjson.OPT_SORT_KEYS)
        return hashlib.sha256(text + views).hexdigest()


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


# ---------------------------------------------------------------------------------------- collecting


def collect(
    chosen: Chosen,
    output: Path,
    identity: str,
    targets: Sequence[Target],
    gaps: Sequence[Gap],
    threads: int,
    tick: Callable[[Progress], None],
) -> Snapshot:
    """Collect into `output`/snapshot, or go on with a collection that was interrupted there."""
    from auditor.collectors.collect import Collection

    place = output / folder.SNAPSHOT
    begun = _begin(chosen, place, identity, targets)
    staging = Staging(place / _UNITS)
    plan = plan_of(chosen)
    try:
        with _less_garbage_collection():
            Collection(chosen.shipped.catalogue, plan, staging, threads).run(targets, tick)
    finally:
        staging.close()
    if gaps and not staging.has(f"{targets[0].account.id}/global/regions"):
        beside = staging.open(f"{targets[0].account.id}/global/regions")
        for gap in gaps:
            beside.gap(gap)
        beside.commit()
    _finish(chosen, place, begun, staging, plan)
    return read_snapshot(output)


@contextlib.contextmanager
def _less_garbage_collection() -> Iterator[None]:
    """Look for cycles seldom while answers are parsed: they make many objects and hardly a cycle."""
    before = gc.get_threshold()
    gc.set_threshold(50_000, 20, 100)
    try:
        yield
    finally:
        gc.set_threshold(*before)


def _begin(chosen: Chosen, place: Path, identity: str, targets: Sequence[Target]) -> dict[str, Any]:
    """What the collection is begun with; where one was begun before, that, if it was the same."""
    facts = {
        "settings": chosen.settings.to_json(),
        "checks_digest": chosen.checks_digest(),
        "accounts": [{"id": t.account.id, "name": t.account.name, "regions": list(t.account.regions)} for t in targets],
    }
    path = place / folder.RUN
    if path.exists():
        begun: dict[str, Any] = orjson.loads(path.read_bytes())
        require_same(chosen, begun, place.parent)
        if begun["accounts"] != facts["accounts"]:
            raise _begun_otherwise(place.parent, "scope")
        return begun
    begun = {
        **facts,
        "id": str(uuid.uuid4()),
        "identity": identity,
        "started_at": files.utc_now(),
        "tool": {"name": "auditor", "version": __version__},
    }
    files.write_whole(path, files.to_json(begun))
    return begun


def require_same(chosen: Chosen, begun: Mapping[str, Any], output: Path) -> None:
    """Raise SnapshotError where a collection was begun with what gives other verdicts."""
    for_reports = {"formats": None}
    before, now = {**begun["settings"], **for_reports}, {**chosen.settings.to_json(), **for_reports}
    if before != now:
        raise _begun_otherwise(output, "configuration")
    if begun["checks_digest"] != chosen.checks_digest():
        raise _begun_otherwise(output, "set of checks")


def _begun_otherwise(output: Path, what: str) -> SnapshotError:
    return SnapshotError(
        f"{output} was begun with another {what}.",
        "Continue it with the same, or begin a new audit with another --output.",
    )


def _finish(chosen: Chosen, place: Path, begun: Mapping[str, Any], staging: Staging, plan: Plan) -> None:
    from auditor.snapshot.write import finish

    collected = {planned.table.name: planned.operations for planned in plan.tables}
    finish(place, staging, chosen.shipped.catalogue, collected, {**begun, "finished_at": files.utc_now()})
    (place / folder.RUN).unlink()


# ---------------------------------------------------------------------------------------- reporting


def write_audit(output: Path, results: Mapping[str, Any], formats: Sequence[str]) -> list[Path]:
    """Write results.json, the reports and last the manifest; the paths of the reports. All of them or none."""
    written: list[Path] = []
    try:
        for one in reports.chosen(formats):
            path = output / one.filename
            files.write_whole(path, one.render(results))
            written.append(path)
        write_manifest(output, results)
    except BaseException:
        for path in written:
            path.unlink(missing_ok=True)
        raise
    return written


def write_manifest(output: Path, results: Mapping[str, Any]) -> None:
    """The manifest over all files of the audit."""
    method = results.get("method", {})
    folder.write_manifest(
        output,
        {
            "tool": {"name": "auditor", "version": __version__},
            "audit_id": results["audit"]["id"],
            "identity": results["audit"]["identity"],
            "written_at": files.utc_now(),
            "checks_digest": method.get("checks_digest", ""),
            "config_digest": method.get("config_digest", ""),
            "previous": None,
        },
    )
