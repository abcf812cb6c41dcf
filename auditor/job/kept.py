"""What an audit was judged with, kept beside its snapshot, so that it can be judged again anywhere and at any time.

`AUDIT/evaluation/` holds `settings.json` (the standard with its parameters, scope, waivers …), `checks/` (the user's
own checks; the shipped ones are pinned by the tool's version and a digest), and `baseline.json.gz` (the earlier audit's
findings, where one was given: what changed is told from them).
"""

from __future__ import annotations

import gzip
import shutil
from collections.abc import Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import orjson

from auditor import files
from auditor.drift.code.model import State
from auditor.drift.findings import compare_findings, open_since
from auditor.drift.model import FindingChange
from auditor.engine.checks import check_files
from auditor.errors import SnapshotError
from auditor.job import states
from auditor.job.choosing import Chosen
from auditor.job.settings import Settings, settings_of_snapshot
from auditor.snapshot import folder
from auditor.snapshot.read import Snapshot

_SETTINGS, _CHECKS, _BASELINE, _STATES = "settings.json", "checks", "baseline.json.gz", "states.json.gz"
_ABOUT = ("id", "standard", "environment", "started_at", "finished_at")
_OF_FINDING = ("id", "check", "requirements", "severity", "status", "resource", "message")


def keep(output: Path, chosen: Chosen, baseline: Mapping[str, Any] | None) -> None:
    """Write `output`/evaluation. Raises SnapshotError where the disk refuses."""
    place = output / folder.EVALUATION
    names = []
    for number, source in enumerate(chosen.settings.check_paths):
        names.append(f"{_CHECKS}/{number}")
        for path in check_files(Path(source)):
            files.write_whole(place / names[-1] / path.relative_to(source), path.read_bytes())
    settings = replace(chosen.settings, check_paths=tuple(names)).to_json()
    files.write_whole(place / _SETTINGS, files.to_json({"settings": settings, "checks_digest": chosen.checks_digest()}))
    if chosen.states:
        files.write_whole(place / _STATES, states.to_bytes(chosen.states))
    if baseline is not None:
        files.write_whole(place / _BASELINE, gzip.compress(orjson.dumps(baseline), mtime=0))


def forget(output: Path) -> None:
    """Remove what `keep` wrote."""
    shutil.rmtree(output / folder.EVALUATION, ignore_errors=True)


def settings_of(path: Path, snapshot: Snapshot) -> tuple[Settings, str]:
    """What an audit was judged with, and the digest of its checks; for a snapshot alone, what it was made for.

    Raises SnapshotError where that cannot be read.
    """
    place = path / folder.EVALUATION
    if not (place / _SETTINGS).exists():
        return settings_of_snapshot(snapshot), str(snapshot.document.get("checks_digest", ""))
    try:
        kept = orjson.loads((place / _SETTINGS).read_bytes())
        settings = Settings.from_json(kept["settings"])
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise SnapshotError(
            f"{place / _SETTINGS} cannot be read.", "`auditor verify` says what was changed."
        ) from error
    return replace(settings, check_paths=tuple(str(place / name) for name in settings.check_paths)), str(
        kept.get("checks_digest", "")
    )


def states_of(audit: Path) -> tuple[State, ...]:
    """The states that an audit was compared with. Raises SnapshotError where they cannot be read."""
    path = audit / folder.EVALUATION / _STATES
    return states.from_bytes(path.read_bytes(), path) if path.exists() else ()


# ---------------------------------------------------------------------------------------- the baseline


def baseline_of(audit: Path) -> dict[str, Any]:
    """An earlier audit as far as later ones are compared with it. Raises SnapshotError where it has no results."""
    path = audit / folder.RESULTS
    try:
        results = orjson.loads(path.read_bytes())
        since = open_since(results)
        return {
            "audit": {name: results["audit"][name] for name in _ABOUT},
            "checks": [{"id": check["id"]} for check in results["checks"]],
            "scope": {"accounts": results["scope"]["accounts"]},
            "findings": [
                {name: finding[name] for name in _OF_FINDING}
                | ({"since": since[finding["id"]]} if finding["id"] in since else {})
                for finding in results["findings"]
            ],
        }
    except OSError as error:
        raise SnapshotError(
            f"{audit} has no results to compare with.", "Give the folder of an earlier audit."
        ) from error
    except (KeyError, TypeError, ValueError) as error:
        raise SnapshotError(f"{path} cannot be read.", "`auditor verify` says what was changed.") from error


def kept_baseline(audit: Path) -> dict[str, Any] | None:
    """The baseline that an audit was compared with; None where it was compared with none."""
    path = audit / folder.EVALUATION / _BASELINE
    if not path.exists():
        return None
    try:
        baseline: dict[str, Any] = orjson.loads(gzip.decompress(path.read_bytes()))
    except (OSError, EOFError, ValueError) as error:
        raise SnapshotError(f"{path} cannot be read.", "`auditor verify` says what was changed.") from error
    return baseline


def changes(baseline: Mapping[str, Any], results: Mapping[str, Any]) -> dict[str, Any]:
    """What became of the baseline's findings, and which are new: the `drift` of results.json."""
    found = compare_findings(baseline, results)
    resources = baseline.get("resources")
    return {
        "baseline": dict(baseline["audit"]),
        "findings": {name: [_told(change) for change in changes] for name, changes in found.lists()},
        **({"resources": resources} if resources is not None else {}),
    }


def _told(change: FindingChange) -> dict[str, Any]:
    """A finding's change; since when it is open, where that is known."""
    return {name: value for name, value in asdict(change).items() if name != "since" or value}
