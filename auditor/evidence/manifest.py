"""manifest.json: what an audit's files were when it was written, and which audit came before it (interface.md).

The signature and the timestamp are made from the manifest afterwards, so it lists neither them nor itself. A link is
listed by where it points and never followed.
"""

from __future__ import annotations

import datetime
import hashlib
import os
import re
import stat
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final, TypeAlias

import orjson

from auditor.errors import IntegrityError, SnapshotError
from auditor.files import to_json, write_whole

MANIFEST: Final = "manifest.json"
SIGNATURE: Final = "manifest.dsse.json"
TIMESTAMP: Final = "manifest.tsr"
RESULTS: Final = "results.json"
NOT_LISTED: Final = frozenset({MANIFEST, SIGNATURE, TIMESTAMP})
"""Names in the audit's folder itself that a manifest never lists."""
LARGEST: Final = 256 * 1024**2
"""Bytes of the largest manifest that is read: room for two million files."""

Said: TypeAlias = tuple[list[str], list[str]]
"""Problems and notes, a line each."""

_DIGEST: Final = re.compile(r"[0-9a-f]{64}")
_BESIDE: Final = re.compile(r"\.\./(?!\.{1,2}\Z)[^/\0]+")
_ELSEWHERE: Final = "Render to another folder: --output DIR."


@dataclass(frozen=True, slots=True)
class Previous:
    """The audit before this one in the chain of audits of the same scope."""

    audit_id: str
    sha256: str
    """SHA-256 of the bytes of its manifest.json, in hexadecimal."""
    folder: str
    """Where it was when this audit was written: `../NAME`, from this audit's folder."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """A manifest.json that was read."""

    content: bytes
    document: Mapping[str, Any]
    files: Mapping[str, Any]
    """Name within the folder -> SHA-256 and size in bytes, or where a link points."""
    previous: Previous | None

    @property
    def sha256(self) -> str:
        """SHA-256 of the file's bytes, in hexadecimal."""
        return hashlib.sha256(self.content).hexdigest()

    @property
    def audit_id(self) -> str:
        """The audit's id; empty where the manifest has none."""
        return self._text("audit_id")

    @property
    def scope_digest(self) -> str:
        """What says that two audits looked at the same scope; empty where the manifest has none."""
        return self._text("scope_digest")

    def _text(self, key: str) -> str:
        value = self.document.get(key)
        return value if isinstance(value, str) else ""


# ---------------------------------------------------------------------------------------- writing


def write_manifest(
    folder: Path, facts: Mapping[str, Any], *, scope_digest: str = "", previous: Previous | None = None
) -> None:
    """Write manifest.json: SHA-256 and size of every other file, with the audit's own facts.

    Raises SnapshotError where the manifest must stay as it is (`require_open`), where something cannot be read, is no
    file or has a name that is not UTF-8, and where the disk refuses.
    """
    require_open(folder)
    before = asdict(previous) if previous else None
    files = {name: _entry(folder, name) for name in _names(folder)}
    document = {**facts, "schema_version": "1.0", "scope_digest": scope_digest, "previous": before, "files": files}
    write_whole(folder / MANIFEST, to_json(document))


def _entry(folder: Path, name: str) -> dict[str, Any]:
    try:
        entry = _state(folder / name)
    except OSError as error:
        raise _unreadable(folder / name, error) from error
    if not _is_utf8(name + entry.get("link", "")):
        raise SnapshotError(f"{folder} holds {shown(name)}, a name or link that is not UTF-8.", "Rename or remove it.")
    if "special" in entry:
        raise SnapshotError(f"{folder} holds {shown(name)}, which is no file.", "Remove it.")
    return entry


def require_open(folder: Path) -> None:
    """Raise SnapshotError where the folder's manifest must stay as it is: it is signed or timestamped, or a later
    audit beside it names it.
    """
    for name, done in ((SIGNATURE, "signed"), (TIMESTAMP, "timestamped")):
        if os.path.lexists(folder / name):
            raise SnapshotError(f"{folder} is {done}: nothing is added to it.", _ELSEWHERE)
    try:
        sha256 = read_manifest(folder).sha256
    except (SnapshotError, IntegrityError):
        return
    this = f"../{folder.resolve().name}"
    for name, later in _beside(folder):
        if later.previous and (later.previous.sha256, later.previous.folder) == (sha256, this):
            raise SnapshotError(f"{folder} is the audit before {shown(name)}: nothing is added to it.", _ELSEWHERE)


def find_previous(folder: Path, scope_digest: str) -> Previous | None:
    """The newest complete audit of the same scope beside `folder`: by when it was written, then by its id.

    Manifests alone are read, and those that cannot be are passed over. None where no such audit is to be seen.
    """
    found = [
        (written, one.audit_id, name, one)
        for name, one in _beside(folder)
        if scope_digest and one.scope_digest == scope_digest and RESULTS in one.files and (written := _written(one))
    ]
    if not found:
        return None
    _, audit_id, name, newest = max(found, key=lambda one: one[:3])
    return Previous(audit_id, newest.sha256, f"../{name}")


def _written(manifest: Manifest) -> datetime.datetime | None:
    try:
        at = datetime.datetime.fromisoformat(manifest.document["written_at"])
        return at.astimezone(datetime.UTC) if at.tzinfo else None
    except (KeyError, TypeError, ValueError, OverflowError):
        return None


def _beside(folder: Path) -> Iterator[tuple[str, Manifest]]:
    """The other folders that stand where this one stands, and have a manifest that can be read."""
    here = folder.resolve()
    try:
        with os.scandir(here.parent) as entries:
            names = [entry.name for entry in entries if entry.is_dir(follow_symlinks=False)]
    except OSError:
        return
    for name in names:
        if name == here.name or not _is_utf8(name):
            continue
        try:
            yield name, read_manifest(here.parent / name)
        except (SnapshotError, IntegrityError):
            continue


# ---------------------------------------------------------------------------------------- reading


def read_manifest(folder: Path) -> Manifest:
    """The folder's manifest.

    Raises SnapshotError where there is none, IntegrityError where it is not in the form in which `write_manifest`
    writes it, to the byte.
    """
    content = _content(folder)
    try:
        document: dict[str, Any] = orjson.loads(content)
        version, files = document["schema_version"], dict(document["files"].items())
        same = to_json(document) == content
    except (orjson.JSONDecodeError, orjson.JSONEncodeError, KeyError, TypeError, AttributeError) as error:
        raise _not_as_written("it cannot be read") from error
    if not isinstance(version, str) or not version.startswith("1."):
        raise _not_as_written(f"schema_version {shown(version)} is none that this version of auditor knows")
    if not same:
        raise _not_as_written("its form was changed")
    return Manifest(content, document, files, _previous(document))


def _content(folder: Path) -> bytes:
    try:
        return read_plain(folder / MANIFEST, LARGEST)
    except (FileNotFoundError, NotADirectoryError) as error:
        if any(os.path.lexists(folder / name) for name in (SIGNATURE, TIMESTAMP)):
            raise IntegrityError(f"{MANIFEST}: missing") from error
        raise SnapshotError(f"{folder} has no {MANIFEST}.", "Give an audit's folder that was completed.") from error
    except OSError as error:
        raise _not_as_written(f"it cannot be read ({error.strerror})") from error


def _previous(document: Mapping[str, Any]) -> Previous | None:
    plain = document.get("previous")
    if plain is None:
        return None
    try:
        previous = Previous(**plain)
        if _DIGEST.fullmatch(previous.sha256) and _BESIDE.fullmatch(previous.folder):
            return previous
    except TypeError:
        pass
    raise _not_as_written("the audit before it is not named as `previous` names one")


def _not_as_written(why: str) -> IntegrityError:
    return IntegrityError(f"{MANIFEST} is not as it was written: {why}.")


def read_plain(path: Path, largest: int) -> bytes:
    """The bytes of a file. Raises OSError where it is a link or no plain file, or has more than `largest` bytes."""
    # Without O_NONBLOCK a named pipe in the file's place would hold up the reader for ever.
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    with os.fdopen(descriptor, "rb") as file:
        state = os.fstat(descriptor)
        if not stat.S_ISREG(state.st_mode):
            raise OSError(0, "it is no plain file")
        if state.st_size > largest:
            raise OSError(0, f"it has more than {largest} bytes")
        return file.read(state.st_size)


# ---------------------------------------------------------------------------------------- comparing


def differences(folder: Path, manifest: Manifest) -> list[str]:
    """How the folder differs from its manifest: a line for each file that is missing, added, changed or unreadable.

    An entry of the manifest that leads outside the folder is a line too, and nothing outside is looked at. Raises
    SnapshotError where a folder cannot be read.
    """
    present, listed = set(_names(folder)), set(manifest.files)
    strange = sorted(name for name in listed if name in NOT_LISTED or not is_inside(name))
    problems = [f"{MANIFEST} names what cannot be a file of the audit: {shown(name)}" for name in strange]
    problems += [f"{shown(name)}: missing" for name in sorted(listed - present - set(strange))]
    problems += [f"{shown(name)}: added" for name in sorted(present - listed)]
    for name in sorted(present & listed):
        try:
            if _state(folder / name) != manifest.files[name]:
                problems.append(f"{shown(name)}: changed")
        except OSError as error:
            problems.append(f"{shown(name)}: cannot be read ({error.strerror})")
    return problems


def is_inside(name: str) -> bool:
    """Whether a name is that of something within a folder: relative, in one form only, leading nowhere else."""
    return not any(part in {"", ".", ".."} or "\0" in part for part in name.split("/"))


def shown(text: object) -> str:
    """`text` on one line, whatever is in it: what cannot be printed becomes an escape."""
    return "".join(
        character if character.isprintable() else character.encode("unicode_escape").decode("ascii")
        for character in str(text)
    )


def _is_utf8(name: str) -> bool:
    return not any("\ud800" <= character <= "\udfff" for character in name)


def _names(folder: Path) -> Iterator[str]:
    """The files of a folder and those below it, and whatever else is no folder, sorted within each folder."""
    waiting = [""]
    while waiting:
        within = waiting.pop()
        try:
            with os.scandir(folder / within) as entries:
                inside = sorted(entries, key=lambda one: one.name)
        except OSError as error:
            raise _unreadable(folder / within, error) from error
        for entry in inside:
            name = within + entry.name
            if entry.is_dir(follow_symlinks=False):
                waiting.append(f"{name}/")
            elif name not in NOT_LISTED:
                yield name


def _unreadable(path: Path, error: OSError) -> SnapshotError:
    return SnapshotError(f"{shown(path)} cannot be read: {error.strerror}.", "Run auditor as a user who may read it.")


def _state(path: Path) -> dict[str, Any]:
    """What a manifest says of a file: its digest and size, or where it points."""
    kind = path.lstat().st_mode
    if stat.S_ISLNK(kind):
        return {"link": str(path.readlink())}
    if not stat.S_ISREG(kind):
        return {"special": stat.S_IFMT(kind)}
    with path.open("rb") as file:
        return {"sha256": hashlib.file_digest(file, "sha256").hexdigest(), "bytes": os.fstat(file.fileno()).st_size}
