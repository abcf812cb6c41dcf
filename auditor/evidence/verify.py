"""Whether an audit's files are as they were written, offline: manifest, signature, timestamp and chain together.

What a manifest alone cannot prove: whoever can write the files can write another manifest for them. In one that is not
signed, a change is seen only where it contradicts the files, the earlier audit or the form of the manifest itself; who
audited, when and with which tool can be rewritten. A later audit of the chain, a signature by a key that is kept
elsewhere, or a timestamp ends that: each holds the digest of the manifest as it was. No chain shows that its newest
audits were removed.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from auditor.errors import IntegrityError, SnapshotError
from auditor.evidence.manifest import (
    LARGEST,
    MANIFEST,
    SIGNATURE,
    TIMESTAMP,
    Manifest,
    Said,
    differences,
    read_manifest,
    read_plain,
    shown,
)

if TYPE_CHECKING:
    from auditor.evidence.signature import PublicKey
    from auditor.evidence.timestamp import Roots


@dataclass(frozen=True, slots=True)
class Verification:
    """What was found; nothing is wrong where there are no problems."""

    files: int
    """Files that the manifest lists."""
    problems: tuple[str, ...]
    """What is not as it was written, a line each: files, then signature, timestamp and chain."""
    notes: tuple[str, ...]
    """What was found besides, and what could not be looked at, a line each."""


def verify(
    folder: Path,
    public_key: PublicKey | None = None,
    roots: Roots | None = None,
    *,
    demand_chain: bool = False,
    beside: Path | None = None,
) -> Verification:
    """Compare an audit's folder with its manifest, the manifest with its signature, timestamp and earlier audits.

    A public key demands a signature by it, `roots` (an authority's root certificates) a timestamp that leads to one of
    them, `demand_chain` every earlier audit; without these, what is not there is a note. Earlier audits are looked for
    where the folder stands, or in `beside`; of each the manifest alone is read. Raises SnapshotError where the folder
    has no manifest or a folder in it cannot be read.
    """
    try:
        manifest = read_manifest(folder)
    except IntegrityError as error:
        return Verification(0, (str(error),), ())
    said = [
        (differences(folder, manifest), []),
        *_attested(folder, manifest, public_key, roots or ()),
        _chain(manifest, folder.resolve(), (beside or folder.resolve().parent).resolve(), demand_chain=demand_chain),
    ]
    problems = tuple(line for wrong, _ in said for line in wrong)
    return Verification(len(manifest.files), problems, tuple(line for _, notes in said for line in notes))


def _attested(folder: Path, manifest: Manifest, key: PublicKey | None, roots: Roots) -> list[Said]:
    """What the signature and the timestamp say."""
    from auditor.evidence import signature, timestamp

    try:
        envelope, stamp = _optional(folder / SIGNATURE), _optional(folder / TIMESTAMP)
    except SnapshotError as error:
        return [([error.message], [])]
    name, over = (MANIFEST, manifest.content) if envelope is None else (SIGNATURE, envelope)
    return [signature.examine(envelope, manifest.content, key), timestamp.examine(stamp, name, over, roots)]


def _optional(path: Path) -> bytes | None:
    try:
        return read_plain(path, 2 * LARGEST)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise SnapshotError(f"{path.name}: cannot be read ({error.strerror})") from error


def _chain(manifest: Manifest, folder: Path, place: Path, *, demand_chain: bool) -> Said:
    """Follow the earlier audits, each named by the one after it, as far as they are there."""
    seen, found = {folder}, 0
    while manifest.previous:
        audit_id, name = manifest.previous.audit_id, manifest.previous.folder.removeprefix("../")
        if place / name in seen:
            return [f"chain: {shown(name)} is named again by an audit before it"], _count(found, manifest)
        if not (place / name).is_dir():
            line = f"the earlier audit {shown(audit_id)} is not here: give its folder, {shown(name)}, beside this one"
            line = f"chain: {line}"
            return ([line], []) if demand_chain else ([], [*_count(found, manifest), line])
        try:
            manifest = _earlier(place / name, manifest)
        except IntegrityError as error:
            return [f"chain: {shown(name)}: {error.message}"], _count(found, manifest)
        seen.add(place / name)
        found += 1
    return [], _count(found, manifest)


def _earlier(folder: Path, later: Manifest) -> Manifest:
    """The manifest of the audit before `later`. Raises IntegrityError where it is not the one that `later` names."""
    try:
        earlier = read_manifest(folder)
    except SnapshotError as error:
        raise IntegrityError(f"{MANIFEST}: missing") from error
    named = later.previous
    if named is None or (earlier.sha256, earlier.audit_id) != (named.sha256, named.audit_id):
        raise IntegrityError(f"{MANIFEST}: changed since the audit after it was written")
    if earlier.scope_digest != later.scope_digest:
        raise IntegrityError("an audit of another scope")
    return earlier


def _count(found: int, last: Manifest) -> list[str]:
    if not found:
        return []
    return [f"chain: {found} earlier audit{'s' * (found > 1)} found, ends at {shown(last.audit_id)}"]
