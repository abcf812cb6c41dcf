"""Reading the audits that stand beside each other in a folder: each an audit's folder, or a bundle.

An audit is used where its manifest is as it was written and its `results.json` has the digest that the manifest says.
Whatever else looks like an audit is named with the reason why it is not used: never dropped, never trusted.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import os
import stat
import tempfile
import zipfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Protocol, TypeAlias

import orjson

from auditor.archive import ENCRYPTED, NO_ARCHIVE, Frugal
from auditor.errors import AuditorError, SnapshotError, UsageError
from auditor.history import digest
from auditor.history.index import FOLDER, Index, Stamp
from auditor.history.model import Audit, Entry, Unusable

MANIFEST: Final = "manifest.json"
RESULTS: Final = "results.json"
SNAPSHOT: Final = "snapshot"
_PARTS: Final = frozenset({MANIFEST, RESULTS, SNAPSHOT})
LARGEST: Final = 4 * 1024**3
"""Bytes of the largest results.json that is read, and of the largest manifest in a bundle."""

_VERIFY: Final = "`auditor verify` says what was changed."


class Manifest(Protocol):
    """What history asks of an audit's manifest (`auditor.evidence.manifest.Manifest`)."""

    @property
    def scope_digest(self) -> str:
        """What says that two audits looked at the same scope; empty where the manifest has none."""

    @property
    def sha256(self) -> str:
        """SHA-256 of the file's bytes, in hexadecimal."""

    @property
    def files(self) -> Mapping[str, Any]:
        """Name within the folder -> SHA-256 and size in bytes."""


ReadManifest: TypeAlias = Callable[[Path], Manifest]
"""Reads the manifest of a folder; raises AuditorError where it is not as it was written."""


@dataclass(frozen=True, slots=True)
class Read:
    """What stands in a folder."""

    entries: tuple[Entry, ...]
    unusable: tuple[Unusable, ...]


def read(directory: Path, read_manifest: ReadManifest, *, with_index: bool = True) -> Read:
    """The audits in `directory`, by name, folders before bundles; one `results.json` is in memory at a time.

    Raises UsageError where `directory` cannot be listed or is an audit itself.
    """
    if (directory / MANIFEST).is_file():
        raise UsageError(f"{directory} is an audit itself.", f"Give the folder that it stands in: {directory}/..")
    index = Index(directory / FOLDER) if with_index else None
    reader = _Reader(read_manifest, index)
    for path in _looks_like_audits(directory):
        reader.add(path)
    if index is not None:
        index.forget_others()
    return Read(tuple(reader.entries), tuple(reader.unusable))


def _looks_like_audits(directory: Path) -> list[Path]:
    """Folders with something of an audit in them, then archives; links to such are among them."""
    try:
        names = sorted(_names(directory) - {FOLDER})
    except OSError as error:
        raise UsageError(
            f"{directory} cannot be read: {error.strerror}.", "Give the folder with the audits."
        ) from error
    paths = [directory / name for name in names]
    folders = [path for path in paths if path.is_dir() and _may_be_audit(path)]
    return [*folders, *(path for path in paths if path.suffix.lower() == ".zip" and path.is_file())]


def _may_be_audit(folder: Path) -> bool:
    try:
        return not _PARTS.isdisjoint(_names(folder))
    except OSError:  # nobody can say that it is none
        return True


def _names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


class _Reader:
    def __init__(self, read_manifest: ReadManifest, index: Index | None) -> None:
        self.entries: list[Entry] = []
        self.unusable: list[Unusable] = []
        self._read_manifest = read_manifest
        self._index = index
        self._seen: dict[str, str] = {}
        """SHA-256 of a results.json that was read -> where."""

    def add(self, path: Path) -> None:
        """An audit, used or not."""
        name = path.name.encode("utf-8", "backslashreplace").decode()
        try:
            if name != path.name:
                raise SnapshotError("its name is not UTF-8", "Rename it.")
            if path.is_symlink():
                raise SnapshotError("it is a link, which is not followed")
            self.entries.append(self._entry(path))
        except AuditorError as error:
            self.unusable.append(Unusable(name, error.message.rstrip("."), error.remedy))
        except OSError as error:
            self.unusable.append(Unusable(name, f"it cannot be read: {error.strerror or error}"))

    def _entry(self, path: Path) -> Entry:
        manifest = self._manifest(path)
        stated = manifest.files.get(RESULTS)
        if not isinstance(stated, Mapping) or not isinstance(stated.get("sha256"), str):
            raise SnapshotError("it has no verdicts: its manifest names no results.json", f"auditor evaluate {path}")
        if (other := self._seen.get(stated["sha256"])) is not None:
            raise SnapshotError(f"it holds the same audit as {other}")
        audit = self._audit(path, manifest.sha256, stated["sha256"])
        self._seen[stated["sha256"]] = path.name
        return Entry(path.name, manifest.scope_digest or _scope(audit), audit)

    def _manifest(self, path: Path) -> Manifest:
        if not path.is_dir():
            with _taken_out(path, MANIFEST) as folder:
                return self._read_manifest(folder)
        there = _names(path)
        if MANIFEST not in there and RESULTS in there:
            raise SnapshotError("it has no manifest.json, so nothing says that its results are as they were written")
        if MANIFEST not in there:
            raise SnapshotError(
                "it was interrupted, or is under way: it has no manifest.json", f"auditor run --resume {path}"
            )
        return self._read_manifest(path)

    def _audit(self, path: Path, manifest: str, sha256: str) -> Audit:
        """The audit from the index, or else from its `results.json`."""
        source = path if not path.is_dir() else path / RESULTS
        stamp = _stamp(source)
        if self._index is not None and (known := self._index.get(manifest, stamp)) is not None:
            return known
        with _folder_with_results(path) as folder:
            content = _plain_file(folder / RESULTS)
        if hashlib.sha256(content).hexdigest() != sha256:
            raise SnapshotError("its results.json is not as it was written", _VERIFY)
        try:
            text = digest.digest(content)
            audit = digest.read(text)
        except ValueError as error:
            raise SnapshotError(f"its results.json cannot be used: {_reason(error)}") from error
        if self._index is not None:
            self._index.put(manifest, stamp, text)
        return audit


def _reason(error: ValueError) -> str:
    """One line; pydantic's own list of errors names values, which may be long."""
    text = str(error)
    return text if "\n" not in text else "it is not as results.schema.json describes it"


def _scope(audit: Audit) -> str:
    """The scope of an audit whose manifest does not say it: the same standard, accounts and regions."""
    accounts = sorted((one.id, sorted(one.regions)) for one in audit.accounts)
    return hashlib.sha256(orjson.dumps([audit.standard, audit.environment, accounts])).hexdigest()


# ---------------------------------------------------------------------------------------- files


def _stamp(path: Path) -> Stamp:
    try:
        state = path.stat(follow_symlinks=False)
    except FileNotFoundError:
        raise SnapshotError(f"its {RESULTS} is missing", _VERIFY) from None
    return state.st_size, state.st_mtime_ns


def _plain_file(path: Path) -> bytes:
    """The bytes of a file. Raises OSError where it is a link or no plain file, or is too large."""
    # Without O_NONBLOCK a named pipe in the file's place would hold up the reader for ever.
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    with os.fdopen(descriptor, "rb") as file:
        state = os.fstat(descriptor)
        if not stat.S_ISREG(state.st_mode):
            raise SnapshotError(f"its {path.name} is no plain file")
        if state.st_size > LARGEST:
            raise SnapshotError(f"its {path.name} has more than {LARGEST} bytes")
        return file.read(state.st_size)


# ---------------------------------------------------------------------------------------- bundles


@contextlib.contextmanager
def _folder_with_results(path: Path) -> Iterator[Path]:
    if path.is_dir():
        yield path
    else:
        with _taken_out(path, RESULTS) as folder:
            yield folder


@contextlib.contextmanager
def _taken_out(path: Path, name: str) -> Iterator[Path]:
    """A temporary folder with one file of a bundle."""
    with tempfile.TemporaryDirectory(prefix="auditor-") as temporary:
        folder = Path(temporary)
        try:
            with Frugal(io.FileIO(path)) as file, zipfile.ZipFile(file) as archive:
                info = _the_only(archive, name, path.stat().st_size)
                with archive.open(info) as source, (folder / name).open("xb") as target:
                    while piece := source.read(1024**2):
                        target.write(piece)
        except NO_ARCHIVE as error:
            raise SnapshotError("it is no archive that can be read, or damaged") from error
        yield folder


def _the_only(archive: zipfile.ZipFile, name: str, size: int) -> zipfile.ZipInfo:
    """The entry of that name, where it is one that a bundle may have."""
    found = [info for info in archive.infolist() if info.filename == name]
    if not found:
        raise SnapshotError(f"it is no audit's bundle: it has no {name}")
    if len(found) > 1:
        raise SnapshotError(f"it is no audit's bundle: it has {name} twice")
    stored = found[0].compress_type == zipfile.ZIP_STORED and not found[0].flag_bits & ENCRYPTED
    if not stored or found[0].file_size > min(size, LARGEST):
        raise SnapshotError(f"it is no audit's bundle: its {name} is not stored as bundles store it")
    return found[0]
