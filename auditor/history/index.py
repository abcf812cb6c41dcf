"""The index: what history needs of each audit, so that no large `results.json` is read twice.

It is a folder of its own beside the audits, and derived: it may be deleted at any time, and is made anew without a
word; where it cannot be written, everything works without it. An entry is used only for the manifest that it was made
of (by SHA-256; the manifest names that of results.json) and while size and time of change of results.json (or of the
bundle) are those of then. Whoever may write the index may write false digests into it: `--no-index` asks the audits.
"""

from __future__ import annotations

import contextlib
import os
import re
import stat
from pathlib import Path
from typing import Final, TypeAlias

import orjson

from auditor import files
from auditor.errors import SnapshotError
from auditor.history import digest
from auditor.history.model import Audit

FOLDER: Final = ".auditor-history"
FORMAT: Final = 1
"""Entries of another form are made anew."""

Stamp: TypeAlias = tuple[int, int]
"""Size in bytes and time of change in nanoseconds."""

_NAME: Final = re.compile(r"[0-9a-f]{64}\.json")


class Index:
    """The index of one folder of audits."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._usable = not folder.is_symlink()
        self._used: set[str] = set()

    def get(self, manifest: str, stamp: Stamp) -> Audit | None:
        """The audit of a manifest; None where the index does not have it, or it was made of something else."""
        self._used.add(f"{manifest}.json")
        content = self._content(manifest)
        head, _, text = content.partition(b"\n")
        if head != _head(manifest, stamp):
            return None
        try:
            return digest.read(text)
        except ValueError:
            return None

    def put(self, manifest: str, stamp: Stamp, text: bytes) -> None:
        """Keep what `digest` gave; nothing happens where that cannot be written."""
        if self._usable:
            with contextlib.suppress(SnapshotError):
                files.write_whole(self._folder / f"{manifest}.json", _head(manifest, stamp) + b"\n" + text)

    def forget_others(self) -> None:
        """Remove the entries of audits that were not asked for: they are gone, or their manifest is another now."""
        if not self._usable:
            return
        with contextlib.suppress(OSError):
            for path in list(self._folder.iterdir()):
                if _NAME.fullmatch(path.name) and path.name not in self._used:
                    path.unlink()

    def _content(self, manifest: str) -> bytes:
        if not self._usable:
            return b""
        try:
            descriptor = os.open(self._folder / f"{manifest}.json", os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
            with os.fdopen(descriptor, "rb") as file:
                return file.read() if stat.S_ISREG(os.fstat(descriptor).st_mode) else b""
        except OSError:
            return b""


def _head(manifest: str, stamp: Stamp) -> bytes:
    return orjson.dumps([FORMAT, manifest, *stamp])
