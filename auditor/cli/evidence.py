"""Commands for whoever relies on an audit: verify, bundle, sample."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from auditor.cli.sealing import require_as_written, unpacked
from auditor.cli.terminal import width
from auditor.errors import IntegrityError, SnapshotError
from auditor.evidence import bundle as bundles
from auditor.evidence.signature import PublicKey
from auditor.evidence.timestamp import read_roots
from auditor.evidence.verify import verify as check
from auditor.files import read_json
from auditor.reports import sample as samples
from auditor.reports.sanitize import visible
from auditor.snapshot import folder


def verify(path: Path, key: Path | None, authorities: Path | None, *, chain: bool, quiet: bool) -> int:
    """Check an audit's files, signature, timestamp and chain. Raises IntegrityError that names what is wrong."""
    public, roots = PublicKey.from_file(key) if key else None, read_roots(authorities) if authorities else None
    with unpacked(path) as audit:
        found = check(audit, public, roots, demand_chain=chain, beside=path.resolve().parent)
    if found.problems:
        raise IntegrityError("\n".join(found.problems))
    if not quiet:
        print(f"{path}: {found.files} files are as they were written")
        for note in found.notes:
            print(visible(note))
    return 0


def bundle(path: Path, output: Path | None, *, quiet: bool) -> int:
    """Write an audit as one archive and say its digest."""
    target = output or path.resolve().with_name(f"{path.resolve().name}.zip")
    digest = bundles.bundle(path, target)
    if not quiet:
        print(f"{digest}  {target}")
    return 0


def sample(path: Path, requirements: Sequence[str], statuses: Sequence[str], size: int, seed: str, form: str) -> int:
    """Draw findings and print them."""
    with unpacked(path) as audit:
        require_as_written(audit, folder.RESULTS)
        if not (audit / folder.RESULTS).exists():
            raise SnapshotError(f"{path} has no results.", f"Judge its snapshot: auditor evaluate {path}")
        drawn = samples.sample(read_json(audit / folder.RESULTS), requirements, size, seed, statuses)
    if form == "table":
        print(samples.table(drawn, width()), end="")
    else:
        print({"json": samples.as_json, "csv": samples.as_csv}[form](drawn), end="")
    return 0
