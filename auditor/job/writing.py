"""Writing an audit's folder: reports, what it was judged with, the manifest, and what proves the manifest."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from auditor import __version__, files, reports
from auditor.evidence import manifest, signature, timestamp
from auditor.evidence.manifest import MANIFEST, SIGNATURE, TIMESTAMP
from auditor.job import kept
from auditor.job.choosing import Chosen
from auditor.snapshot.read import Snapshot


@dataclass(frozen=True, slots=True)
class Seal:
    """What proves a manifest: a signature, a timestamp, both or neither."""

    signer: signature.Signer | None = None
    authority: timestamp.Post | None = None
    """Asks the time-stamping authority."""


def write_audit(
    output: Path,
    chosen: Chosen,
    results: Mapping[str, Any],
    formats: Sequence[str],
    baseline: Mapping[str, Any] | None = None,
    seal: Seal = Seal(),
) -> list[Path]:
    """Write the reports, what the audit was judged with, and last the manifest with its seal: all of them or none.

    The paths of the reports. Raises AuditorError where the disk, the signer or the authority refuses.
    """
    written: list[Path] = []
    try:
        kept.keep(output, chosen, baseline)
        for one in reports.chosen(formats):
            path = output / one.filename
            files.write_whole(path, one.render(results))
            written.append(path)
        _write_manifest(output, _facts(results), scope_digest(chosen, results["scope"]["accounts"]))
        _seal(output, seal)
    except BaseException:
        for path in (*written, *(output / name for name in (MANIFEST, SIGNATURE, TIMESTAMP))):
            path.unlink(missing_ok=True)
        kept.forget(output)
        raise
    return written


def write_collection(output: Path, chosen: Chosen, snapshot: Snapshot, seal: Seal) -> None:
    """The manifest of a collection without verdicts. Raises AuditorError where the disk or the seal refuses."""
    document = snapshot.document
    facts = {"audit": {"id": document["id"], "identity": document["identity"]}, "method": _method(chosen)}
    _write_manifest(output, _facts(facts), scope_digest(chosen, document["accounts"]))
    _seal(output, seal)


def add_to_manifest(output: Path, write: Callable[[], list[Path]]) -> list[Path]:
    """Add files to an audit's folder: its manifest is written anew, with the same place in the chain.

    Raises SnapshotError where the manifest must stay as it is.
    """
    manifest.require_open(output)
    before = manifest.read_manifest(output)
    written = write()
    facts = {key: value for key, value in before.document.items() if key not in ("files", "scope_digest", "previous")}
    manifest.write_manifest(output, facts, scope_digest=before.scope_digest, previous=before.previous)
    return written


def scope_digest(chosen: Chosen, accounts: Sequence[Mapping[str, Any]]) -> str:
    """What says that two audits ask the same of the same accounts and regions: they form a chain."""
    settings = chosen.settings
    asked = {
        "standard": settings.standard.name,
        "environment": settings.environment,
        "environment_suffix": settings.environment_suffix,
        "requirements": settings.requirements,
        "checks": settings.check_globs,
        "accounts": sorted((account["id"], sorted(account["regions"])) for account in accounts),
        "scope": settings.to_json()["scope"],
    }
    return hashlib.sha256(files.to_json(asked)).hexdigest()


def _write_manifest(output: Path, facts: Mapping[str, Any], scope: str) -> None:
    previous = manifest.find_previous(output, scope)
    manifest.write_manifest(output, facts, scope_digest=scope, previous=previous)


def _seal(output: Path, seal: Seal) -> None:
    if seal.signer is not None:
        signature.sign_manifest(output, seal.signer)
    if seal.authority is not None:
        timestamp.stamp(output, seal.authority)


def _facts(results: Mapping[str, Any]) -> dict[str, Any]:
    """Who, when and with what (interface.md, "An audit's folder")."""
    method = results.get("method", {})
    return {
        "tool": {"name": "auditor", "version": __version__},
        "audit_id": results["audit"]["id"],
        "identity": results["audit"]["identity"],
        "written_at": files.utc_now(),
        "checks_digest": method.get("checks_digest", ""),
        "config_digest": method.get("config_digest", ""),
    }


def _method(chosen: Chosen) -> dict[str, str]:
    return {"checks_digest": chosen.checks_digest(), "config_digest": chosen.settings.config_digest}
