"""What proves an audit: whom to sign and timestamp with, and whether a folder is as it was written."""

from __future__ import annotations

import contextlib
import os
import zipfile
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from auditor.cli.options import Options
from auditor.errors import IntegrityError, SnapshotError, UsageError
from auditor.evidence import bundle, manifest, signature, timestamp
from auditor.job import Seal

if TYPE_CHECKING:
    from collections.abc import Mapping

    from auditor.config import Config

PASSPHRASE = "AUDITOR_KEY_PASSPHRASE"  # noqa: S105 - the name of a variable
"""The environment variable with the passphrase of an encrypted signing key."""


def seal_of(options: Options, config: Config | None = None) -> Seal:
    """The signer and the authority that are asked for; a key that cannot sign is told before anything else is done."""
    sign = config.evidence.sign if config is not None else options.sign
    authority = config.evidence.timestamp if config is not None else options.timestamp
    profile = config.aws.profile if config is not None else options.profile
    return Seal(_signer(sign, profile) if sign else None, timestamp.http_post(authority) if authority else None)


def _signer(key: str, profile: str) -> signature.Signer:
    if not key.startswith("arn:"):
        passphrase = os.environ.get(PASSPHRASE)
        return signature.FileSigner.from_file(Path(key), passphrase.encode() if passphrase else None)
    parts = key.split(":")
    if len(parts) < 6 or parts[2] != "kms" or not parts[3]:  # noqa: PLR2004 - arn:partition:service:region:account:resource
        raise UsageError(f"--sign {key} is no ARN of a KMS key.", "Write it as arn:aws:kms:REGION:ACCOUNT:key/ID.")
    from auditor.collectors.sending import send
    from auditor.collectors.session import Tuning, open_session

    session = open_session(profile or None, Tuning())

    def ask(operation: str, params: Mapping[str, Any]) -> Mapping[str, Any]:
        return send(session, "kms", parts[3], operation, params)

    return signature.KmsSigner.from_key(key, ask)


def unpacked(path: Path) -> AbstractContextManager[Path]:
    """The folder to read: the path itself, or what a bundle holds, unpacked for as long as it is read."""
    return bundle.opened(path) if path.is_file() and zipfile.is_zipfile(path) else contextlib.nullcontext(path)


def require_as_written(audit: Path, within: str = "") -> None:
    """Raise SnapshotError where an audit's manifest says that files below `within` were changed: nothing is made of
    such. A folder without a manifest says nothing about itself.
    """
    if not (audit / manifest.MANIFEST).exists():
        return
    try:
        found = manifest.differences(audit, manifest.read_manifest(audit))
    except IntegrityError as error:
        raise SnapshotError(
            error.message, "`auditor verify` says more; an audit's snapshot/ can be judged again."
        ) from error
    wrong = [problem for problem in found if problem.startswith(within)]
    if wrong:
        more = f" and {len(wrong) - 3} more" if len(wrong) > 3 else ""  # noqa: PLR2004 - a line is enough
        raise SnapshotError(
            f"{audit} is not as it was written ({', '.join(wrong[:3])}{more}).",
            "Put it right, or make a new audit; `auditor verify` names every file.",
        )
