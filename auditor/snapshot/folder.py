"""An audit's folder: files written whole or not at all, and the manifest that proves it (interface.md)."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import orjson

from auditor.errors import IntegrityError, SnapshotError
from auditor.files import to_json, write_whole

MANIFEST = "manifest.json"
RESULTS = "results.json"
SNAPSHOT = "snapshot"
RUN = "run.json"
"""Beside the units of a collection that is under way: what it was begun with, so that it can be taken up again."""


def claim(folder: Path) -> None:
    """Make the folder ready for a new audit. Raises SnapshotError where it holds one, or something else."""
    if folder.exists() and not folder.is_dir():
        raise SnapshotError(f"{folder} is no folder.", "Give another --output.")
    if folder.exists() and any(folder.iterdir()):
        kind = "already holds an audit" if is_audit(folder) else "is not empty"
        remedy = (
            "Give another --output; `auditor run --resume` continues one that was interrupted."
            if kind.startswith("already")
            else "Give another --output."
        )
        raise SnapshotError(f"{folder} {kind}.", remedy)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise SnapshotError(f"{folder} cannot be made: {error.strerror}.", "Give another --output.") from error


def is_audit(folder: Path) -> bool:
    """Whether the folder holds an audit, finished or interrupted."""
    return any((folder / name).exists() for name in (MANIFEST, RESULTS, SNAPSHOT))


def is_complete(folder: Path) -> bool:
    """Whether the folder holds an audit or a collection that was finished."""
    return (folder / MANIFEST).exists()


def require_outside(output: Path, snapshot: Path) -> None:
    """Raise SnapshotError where `output` lies within a snapshot, or within the finished audit that it belongs to."""
    around = snapshot.parent if is_complete(snapshot.parent) else snapshot
    if output.resolve().is_relative_to(around.resolve()) and output.resolve() != around.resolve():
        raise SnapshotError(f"{output} lies within {around}, which stays as it is.", "Give another --output.")


def require_as_written(snapshot: Path) -> None:
    """Raise SnapshotError where the manifest beside a snapshot says that it was changed: no verdicts from that."""
    if not is_complete(snapshot.parent):
        return
    _, problems = _differences(snapshot.parent)
    wrong = [problem for problem in problems if problem.startswith(f"{SNAPSHOT}/")]
    if wrong:
        raise SnapshotError(f"{snapshot} is not as it was written ({', '.join(wrong[:3])}).", "Collect again.")


def copy_snapshot(snapshot: Path, output: Path) -> None:
    """Copy a snapshot into an audit's folder, whole or not at all. Raises SnapshotError where the disk refuses."""
    temporary = output / f".{SNAPSHOT}"
    try:
        shutil.copytree(snapshot, temporary)
        temporary.rename(output / SNAPSHOT)
    except BaseException as error:
        shutil.rmtree(temporary, ignore_errors=True)
        if isinstance(error, OSError):
            raise SnapshotError(
                f"{snapshot} cannot be copied: {error}.", "Make room, or give another --output."
            ) from error
        raise


def snapshot_of(path: Path) -> Path:
    """The snapshot's folder, for an audit's folder or the snapshot itself. Raises SnapshotError where there is none."""
    for candidate in (path / SNAPSHOT, path):
        if (candidate / "snapshot.json").exists():
            return candidate
    if (path / SNAPSHOT / RUN).exists() or (path / RUN).exists():
        raise SnapshotError(
            f"{path} was interrupted before it was complete.", f"Continue it: auditor run --resume {path}"
        )
    raise SnapshotError(f"{path} holds no snapshot.", "Give an audit's folder, or its snapshot/.")


def write_manifest(folder: Path, facts: Mapping[str, Any]) -> None:
    """Write manifest.json: SHA-256 and size of every other file, with the audit's own facts."""
    files = {name: _digest(folder / name) for name in _files(folder)}
    write_whole(folder / MANIFEST, to_json({"schema_version": "1.0", **facts, "files": files}))


def verify(folder: Path) -> int:
    """Check every file against the manifest; the number of files. Raises IntegrityError that names what is not as it
    was written, SnapshotError where there is no manifest.
    """
    count, problems = _differences(folder)
    if problems:
        raise IntegrityError("\n".join(problems))
    return count


def _differences(folder: Path) -> tuple[int, list[str]]:
    """How many files the manifest lists, and how the folder differs from it."""
    path = folder / MANIFEST
    try:
        manifest = orjson.loads(path.read_bytes())
        listed: dict[str, dict[str, Any]] = dict(manifest["files"].items())
    except (FileNotFoundError, NotADirectoryError) as error:
        raise SnapshotError(f"{folder} has no {MANIFEST}.", "Give an audit's folder that was completed.") from error
    except (orjson.JSONDecodeError, KeyError, TypeError, AttributeError) as error:
        raise IntegrityError(f"{path} is not as it was written: it cannot be read.") from error
    present = set(_files(folder))
    problems = [f"{name}: missing" for name in sorted(set(listed) - present)]
    problems += [f"{name}: added" for name in sorted(present - set(listed))]
    problems += [f"{name}: changed" for name in sorted(present & set(listed)) if _digest(folder / name) != listed[name]]
    return len(listed), problems


def _files(folder: Path) -> Iterator[str]:
    for path in sorted(folder.rglob("*")):
        if path.is_symlink() or path.is_file():
            name = path.relative_to(folder).as_posix()
            if name != MANIFEST:
                yield name


def _digest(path: Path) -> dict[str, Any]:
    if path.is_symlink():
        return {"link": str(path.readlink())}
    with path.open("rb") as file:
        return {"sha256": hashlib.file_digest(file, "sha256").hexdigest(), "bytes": path.stat().st_size}
