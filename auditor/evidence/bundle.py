"""An audit as one file: a ZIP archive with the audit's folder in it, the same bytes for the same folder everywhere.

Files stand in it in the order of their names, with one date, owner and mode, and are stored, not compressed: deflate
leaves it to the implementation which bytes it makes, and zlib and its replacements make different ones. (Parquet is
compressed already; whoever needs a small file compresses the archive.) They lie at its top, so whoever unpacks it by
hand gives it a folder: `unzip NAME.zip -d NAME`, with the folder's old name where later audits are to find it.
The fields are those of https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT (6.3.10).
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import os
import shutil
import stat
import tempfile
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import IO, Any, Final

from auditor.archive import ENCRYPTED, NO_ARCHIVE, Frugal
from auditor.errors import IntegrityError, SnapshotError
from auditor.evidence.manifest import MANIFEST, NOT_LISTED, is_inside, read_manifest, shown
from auditor.evidence.verify import verify

LARGEST: Final = 64 * 1024**3
"""Bytes of all files of a bundle that is unpacked."""

_DATE: Final = (1980, 1, 1, 0, 0, 0)
"""The earliest that the format has."""
_UNIX: Final = 3
_MODE: Final = (stat.S_IFREG | 0o644) << 16
_CHUNK: Final = 1024**2
_UNPACK: Final = "If you trust it, unpack it and give the folder."
_GIVE: Final = "Give an audit's folder that was completed, or its bundle."


# ---------------------------------------------------------------------------------------- making


def bundle(folder: Path, target: Path) -> str:
    """Write an audit's folder as one file, whole or not at all; SHA-256 of the file, in hexadecimal.

    Raises IntegrityError that names what is not as it was written, SnapshotError where the folder has links, where
    `target` exists or lies in the folder, and where the disk refuses.
    """
    if os.path.lexists(target) or target.resolve().is_relative_to(folder.resolve()):
        why = "exists already" if os.path.lexists(target) else f"lies within {folder}, which stays as it is"
        raise SnapshotError(f"{target} {why}.", "Give another --output.")
    problems = verify(folder).problems
    if problems:
        raise IntegrityError("\n".join(problems))
    files = _to_bundle(folder)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=target.parent, prefix=f".{target.name}.") as temporary:
            whole = Path(temporary) / "bundle"
            with whole.open("wb") as file:
                _write(folder, files, file)
                file.flush()
                os.fsync(file.fileno())
            whole.chmod(0o644)
            with whole.open("rb") as file:
                digest = hashlib.file_digest(file, "sha256").hexdigest()
            whole.rename(target)
    except OSError as error:
        raise SnapshotError(f"{target} cannot be written: {error.strerror}.", "Give another --output.") from error
    return digest


def _to_bundle(folder: Path) -> dict[str, Any]:
    """The files in the bundle's order, with what the manifest says of each; nothing, of those that it does not list."""
    files = dict(read_manifest(folder).files)
    links = [name for name, entry in files.items() if "link" in entry]
    if links:
        raise SnapshotError(f"{folder} holds a link, {shown(min(links))}.", "Put the file itself there, audit again.")
    files |= {name: None for name in NOT_LISTED if (folder / name).exists()}
    return dict(sorted(files.items()))


def _write(folder: Path, files: Mapping[str, Any], target: IO[bytes]) -> None:
    with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as archive:
        for name, entry in files.items():
            info = zipfile.ZipInfo(name, _DATE)
            info.create_system, info.external_attr = _UNIX, _MODE
            with (folder / name).open("rb") as file:
                info.file_size = os.fstat(file.fileno()).st_size  # decides whether the entry is one of Zip64
                with archive.open(info, "w") as to:
                    copied = _copy(file, to, info.file_size)
            if entry is not None and copied != entry:
                raise IntegrityError(f"{shown(name)}: changed")


def _copy(source: IO[bytes], target: IO[bytes], size: int) -> dict[str, Any]:
    """Copy at most `size` bytes, in pieces; what a manifest says of what was copied."""
    digest, copied = hashlib.sha256(), 0
    while copied < size and (piece := source.read(min(_CHUNK, size - copied))):
        digest.update(piece)
        target.write(piece)
        copied += len(piece)
    return {"sha256": digest.hexdigest(), "bytes": copied}


# ---------------------------------------------------------------------------------------- opening


@contextlib.contextmanager
def opened(path: Path, *, largest: int = LARGEST) -> Iterator[Path]:
    """The audit's folder: `path` itself, or a bundle unpacked to a temporary folder, which is gone afterwards.

    Raises SnapshotError where `path` is neither, or is an archive that no bundle is: with names that lead elsewhere,
    links, a name twice, compressed or encrypted files, or more than `largest` bytes in all. Raises IntegrityError that
    names a file whose bytes are not those that the archive was made of. The folder is to be verified as any other.
    """
    if path.is_dir():
        yield path
        return
    with contextlib.ExitStack() as stack:
        yield _unpacked(path, stack, largest)


def _unpacked(path: Path, stack: contextlib.ExitStack, largest: int) -> Path:
    if not path.is_file():
        raise SnapshotError(f"{path} has no {MANIFEST}.", _GIVE)
    try:
        file = stack.enter_context(Frugal(io.FileIO(path)))
        archive = stack.enter_context(zipfile.ZipFile(file))
        _require_harmless(path, archive.infolist(), largest)
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="auditor-"))) / "audit"
        for info in archive.infolist():
            _unpack(archive, info, folder / info.filename)
    except OSError as error:
        raise SnapshotError(f"{path} cannot be unpacked: {error.strerror}.", _UNPACK) from error
    except NO_ARCHIVE as error:
        raise SnapshotError(f"{path} has no {MANIFEST}: it is no bundle, or damaged.", _GIVE) from error
    return folder


def _unpack(archive: zipfile.ZipFile, info: zipfile.ZipInfo, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        with archive.open(info) as source, target.open("xb") as to:
            shutil.copyfileobj(source, to, _CHUNK)
    except NO_ARCHIVE as error:
        raise IntegrityError(f"{shown(info.filename)}: changed") from error


def _require_harmless(path: Path, infos: Sequence[zipfile.ZipInfo], largest: int) -> None:
    """Raise SnapshotError where the archive is none that `bundle` makes, before anything is unpacked."""
    names = {info.filename for info in infos}
    folders = {str(above) for name in names for above in PurePosixPath(name).parents}
    strange = [f"{shown(info.orig_filename)}, {why}" for info in infos if (why := _strange(info))]
    strange += [f"{shown(name)}, a file and a folder" for name in sorted(names & folders)]
    if len(names) < len(infos):
        strange.append("a name twice")
    if MANIFEST not in names:
        strange.append(f"no {MANIFEST}")
    if (total := sum(info.file_size for info in infos)) > min(largest, path.stat().st_size):
        strange.append(f"{total} bytes, more than {'it can hold' if total <= largest else f'the {largest} allowed'}")
    if strange:
        raise SnapshotError(f"{path} is no audit's bundle: it holds {strange[0]}.", _UNPACK)


def _strange(info: zipfile.ZipInfo) -> str:
    """What about an entry no bundle has; empty where there is nothing."""
    if info.filename != info.orig_filename or not is_inside(info.filename):
        return "a name that leads elsewhere"
    if stat.S_IFMT(info.external_attr >> 16) not in {0, stat.S_IFREG}:
        return "which is no plain file"
    if info.flag_bits & ENCRYPTED:
        return "which is encrypted"
    if info.compress_type != zipfile.ZIP_STORED or info.compress_size != info.file_size:
        return "which is compressed"
    return ""
