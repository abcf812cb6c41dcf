"""An audit's folder: files written whole or not at all, and the manifest that proves it (interface.md)."""

from __future__ import annotations

import shutil
from pathlib import Path

from auditor.errors import SnapshotError

MANIFEST = "manifest.json"
RESULTS = "results.json"
SNAPSHOT = "snapshot"
EVALUATION = "evaluation"
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
