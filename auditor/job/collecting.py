"""From the checks chosen to a snapshot: begin or go on, call, finish."""

from __future__ import annotations

import contextlib
import gc
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson

from auditor import __version__, files
from auditor.errors import SnapshotError
from auditor.job.choosing import Chosen, plan_of
from auditor.model import Gap
from auditor.snapshot import folder
from auditor.snapshot.read import Snapshot, read_snapshot
from auditor.snapshot.staging import Staging

if TYPE_CHECKING:
    from auditor.collectors.interfaces import Progress, Target
    from auditor.collectors.plan import Plan


_UNITS = "units"


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
