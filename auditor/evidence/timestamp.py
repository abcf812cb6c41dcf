"""manifest.tsr: when the manifest existed at the latest, by an authority that has no part in the audit (RFC 3161).

The timestamp is over the SHA-256 of manifest.dsse.json where the manifest is signed, else of manifest.json. The file is
the authority's answer as it came (TimeStampResp, DER), so other tools read it too:
`openssl ts -verify -in manifest.tsr -data manifest.dsse.json -CAfile root.pem`. Certificates must have been valid when
the timestamp was made; whether one was revoked is not asked, for that needs a network.
"""

from __future__ import annotations

import hashlib
import http.client
import os
import re
import time
import urllib.error
import urllib.request
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final, TypeAlias

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from rfc3161_client import (
    HashAlgorithm,
    PKIStatus,
    TimestampRequestBuilder,
    TimeStampResponse,
    VerificationError,
    VerifierBuilder,
    decode_timestamp_response,
)

from auditor.errors import AuditorError, SnapshotError, UsageError
from auditor.evidence.manifest import LARGEST, SIGNATURE, TIMESTAMP, Said, read_manifest, read_plain, shown
from auditor.files import write_whole

Post: TypeAlias = Callable[[bytes], bytes]
"""Sends a TimeStampReq to the authority (DER) and gives what it answers."""
Roots: TypeAlias = Sequence[x509.Certificate]

LARGEST_ANSWER: Final = 1024**2
"""Bytes; answers have a few thousand, most of them the authority's certificates."""

_SHA256: Final = x509.ObjectIdentifier("2.16.840.1.101.3.4.2.1")
_REMEDY: Final = "Ask again, or another authority, or leave the timestamp out."
_GIVE_ROOT: Final = "Give a PEM file with the root certificate of the timestamp authority, which is its own issuer."
_CHUNK: Final = 65536


@dataclass(frozen=True, slots=True)
class Stamp:
    """What a timestamp says, whoever signed it."""

    response: TimeStampResponse
    at: datetime
    """UTC."""
    imprint: bytes
    nonce: int | None
    authority: str
    """The subject of the certificate that it says it was signed with (RFC 4514); not checked."""


# ---------------------------------------------------------------------------------------- obtaining


def stamp(folder: Path, post: Post, roots: Roots = ()) -> datetime:
    """Have the folder's signature, or else its manifest, timestamped, and write manifest.tsr; the time in it.

    Raises SnapshotError where the folder has a timestamp or no manifest, and AuditorError where the authority refuses,
    or answers something else than was asked: other bytes, another nonce (RFC 3161, 2.4.2), or a signature that does
    not lead to `roots`, where they are given.
    """
    if os.path.lexists(folder / TIMESTAMP):
        raise SnapshotError(f"{folder} is timestamped already.", f"Remove {TIMESTAMP} first, if it is to be anew.")
    over = _over(folder)
    request = TimestampRequestBuilder(over, HashAlgorithm.SHA256).build()
    answer = post(request.as_bytes())
    try:
        one = read_stamp(answer)
        if one.nonce != request.nonce:
            raise ValueError("it answers another request")  # noqa: TRY301 - one place tells it, whatever it is
        _check(one, over, roots)
    except ValueError as error:
        raise AuditorError(f"The timestamp authority gave no timestamp: {error}.", _REMEDY) from error
    write_whole(folder / TIMESTAMP, answer)
    return one.at


def _over(folder: Path) -> bytes:
    """What a timestamp of the folder is over."""
    manifest = read_manifest(folder).content
    try:
        return read_plain(folder / SIGNATURE, 2 * LARGEST)
    except FileNotFoundError:
        return manifest
    except OSError as error:
        raise SnapshotError(f"{folder / SIGNATURE} cannot be read: {error.strerror}.", "Sign anew.") from error


def http_post(url: str, timeout_seconds: float = 30) -> Post:
    """Sends over HTTP or HTTPS (RFC 3161, 3.4); plain HTTP is no danger, for the answer is signed itself.

    What it gives raises AuditorError where there is no answer within the time, or one that is no timestamp. Raises
    UsageError where the URL is neither.
    """
    if not re.match(r"https?://[^/]", url):
        raise UsageError(f"{shown(url)} is no timestamp authority's address.", "Give a URL with http or https.")

    def post(request: bytes) -> bytes:
        headers = {"Content-Type": "application/timestamp-query", "Accept": "application/timestamp-reply"}
        deadline = time.monotonic() + timeout_seconds
        try:
            asked = urllib.request.Request(url, request, headers)  # noqa: S310 - the scheme was looked at above
            with urllib.request.urlopen(asked, timeout=timeout_seconds) as answer:  # noqa: S310 - and here too
                kind = answer.headers.get_content_type()
                if kind != "application/timestamp-reply":
                    raise _no_answer(url, f"it answers {shown(kind)}")
                return _read(url, answer, deadline)
        except urllib.error.HTTPError as error:
            error.close()
            raise _no_answer(url, f"HTTP status {error.code}") from error
        except (OSError, ValueError, http.client.HTTPException) as error:
            reason = getattr(error, "reason", None) or error
            raise _no_answer(url, str(getattr(reason, "strerror", None) or reason).strip()) from error

    return post


def _read(url: str, answer: http.client.HTTPResponse, deadline: float) -> bytes:
    content = b""
    while piece := answer.read1(_CHUNK):
        content += piece
        if len(content) > LARGEST_ANSWER:
            raise _no_answer(url, f"it answers more than {LARGEST_ANSWER} bytes")
        if time.monotonic() > deadline:
            raise _no_answer(url, "timed out")
    return content


def _no_answer(url: str, why: str) -> AuditorError:
    return AuditorError(f"The timestamp authority {shown(url)} gives no timestamp: {shown(why)}.", _REMEDY)


# ---------------------------------------------------------------------------------------- reading


def read_stamp(content: bytes) -> Stamp:
    """A timestamp from the bytes of a TimeStampResp. Raises ValueError that says why it is none."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a certificate that merely breaks a rule is warned of on stderr
        try:
            response = decode_timestamp_response(content)
            status = PKIStatus(response.status)
            words = [shown(text) for text in response.status_string]
            said = _told(response) if status is PKIStatus.GRANTED else None
        except Exception as error:  # the library does not say what malformed bytes raise: KeyError is among it
            raise ValueError("it is no RFC 3161 answer that can be read") from error
    if said is None:
        raise ValueError(": ".join([f"it says {status.name}", *words]))
    return said


def _told(response: TimeStampResponse) -> Stamp:
    info = response.tst_info
    (signer,) = response.signed_data.signer_infos
    certificates = [x509.load_der_x509_certificate(der) for der in response.signed_data.certificates]
    names = [
        one.subject.rfc4514_string()
        for one in certificates
        if (one.issuer, one.serial_number) == (signer.issuer, signer.serial_number)
    ]
    return Stamp(response, info.gen_time, info.message_imprint.message, info.nonce, "".join(names[:1]))


def read_roots(path: Path) -> tuple[x509.Certificate, ...]:
    """The certificates in a PEM file: roots, and what may stand between them and an authority.

    Raises UsageError where no root is among them.
    """
    try:
        roots = tuple(x509.load_pem_x509_certificates(path.read_bytes()))
    except OSError as error:
        raise UsageError(f"{shown(path)} cannot be read: {error.strerror}.", _GIVE_ROOT) from error
    except ValueError:
        roots = ()
    if not any(one.issuer == one.subject for one in roots):
        raise UsageError(f"{shown(path)} holds no root certificate.", _GIVE_ROOT)
    return roots


# ---------------------------------------------------------------------------------------- verifying


def examine(content: bytes | None, name: str, over: bytes, roots: Roots) -> Said:
    """What is wrong with a timestamp over the bytes of the file `name`, and what it says.

    `content` is None where there is no timestamp. Without `roots` nothing says that the authority's signature is good.
    Certificates that the authority put beside its own, and that lead to no root, are not covered by anything.
    """
    if content is None:
        return [f"{TIMESTAMP}: missing, though an authority's root certificate was given"] * bool(roots), []
    try:
        one = read_stamp(content)
        _check(one, over, roots)
    except ValueError as error:
        return [f"{TIMESTAMP}: no timestamp of this {name}: {error}"], []
    by = shown(one.authority) or "an authority without a name"
    when = one.at.isoformat(timespec="seconds")
    if roots:
        return [], [f"timestamped at {when} by {by}"]
    return [], [
        f"timestamped at {when} by what calls itself {by}, which was not checked: no root certificate was given"
    ]


def _check(one: Stamp, over: bytes, roots: Roots) -> None:
    """Raise ValueError where the timestamp is over other bytes, or does not lead to the roots."""
    algorithm = one.response.tst_info.message_imprint.hash_algorithm
    if (algorithm, one.imprint) != (_SHA256, hashlib.sha256(over).digest()):
        raise ValueError("it is over other bytes")
    if roots and not any(_leads_to(root, one, over, roots) for root in roots):
        by = shown(one.authority) or "an authority without a name"
        raise ValueError(f"the signature by {by} is wrong, or does not lead to the root certificates given")


def _leads_to(root: x509.Certificate, one: Stamp, over: bytes, roots: Roots) -> bool:
    """Whether the signature is good and leads to this root: one at a time, for two may have the same name."""
    between = [other for other in roots if other.issuer != other.subject]
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return VerifierBuilder(roots=[root], intermediates=between).build().verify_message(one.response, over)
    except (VerificationError, UnsupportedAlgorithm, ValueError, TypeError, KeyError):  # the last four: malformed
        return False
