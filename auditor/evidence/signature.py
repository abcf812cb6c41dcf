"""manifest.dsse.json: the manifest signed, as a DSSE envelope.

DSSE 1.0 (https://github.com/secure-systems-lab/dsse: protocol.md, envelope.md): what is signed is the payload and its
type, encoded by `pae`. Each kind of key signs in one way, so that a public key alone is enough to verify:

| key | signature | AWS KMS |
|---|---|---|
| Ed25519 | RFC 8032, over the encoding itself | not (see `KmsSigner`) |
| ECDSA P-256, P-384, P-521 | DER, over its SHA-256, SHA-384, SHA-512 | `ECDSA_SHA_256`, `_384`, `_512` |
| RSA of 2048 bits or more | PSS, MGF1 and salt as long as the hash, over its SHA-256 | `RSASSA_PSS_SHA_256` |

The envelope holds no public key: one that travels with the evidence proves nothing about who signed it.
"""

from __future__ import annotations

import base64
import hashlib
import os
import stat
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Protocol, TypeAlias

import orjson
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.types import PublicKeyTypes

from auditor.errors import AuditorError, SnapshotError, UsageError
from auditor.evidence.manifest import MANIFEST, SIGNATURE, TIMESTAMP, Said, read_manifest, shown
from auditor.files import to_json, write_whole

PAYLOAD_TYPE: Final = "application/vnd.aws-auditor.manifest+json"

Ask: TypeAlias = Callable[[str, Mapping[str, Any]], Mapping[str, Any]]
"""Asks AWS KMS: the operation's name and parameters in, its answer out. What it raises, goes to the caller."""

_MAKE: Final = "Make one: openssl genpkey -algorithm ed25519 -out key.pem && chmod 600 key.pem"
_GIVE_PUBLIC: Final = (
    "Give a PEM file (-----BEGIN PUBLIC KEY-----) with an Ed25519 key, one on P-256, P-384 or P-521, or an RSA key of "
    "2048 bits or more."
)
_MAKE_IN_KMS: Final = "Make one: aws kms create-key --key-usage SIGN_VERIFY --key-spec ECC_NIST_P256"
_LARGEST_KEY: Final = 64 * 1024
_SMALLEST_RSA: Final = 2048


def pae(payload_type: str, payload: bytes) -> bytes:
    """What a DSSE signature is over: protocol.md, "Pre-Authentication Encoding"."""
    kind = payload_type.encode()
    return b"DSSEv1 %d %b %d %b" % (len(kind), kind, len(payload), payload)


# ---------------------------------------------------------------------------------------- keys


@dataclass(frozen=True, slots=True)
class _Scheme:
    """The one way in which a kind of key signs."""

    name: str
    hash: hashes.HashAlgorithm
    kms: str = ""


_CURVES: Final[Mapping[type[ec.EllipticCurve], _Scheme]] = {
    ec.SECP256R1: _Scheme("ECDSA P-256", hashes.SHA256(), "ECDSA_SHA_256"),
    ec.SECP384R1: _Scheme("ECDSA P-384", hashes.SHA384(), "ECDSA_SHA_384"),
    ec.SECP521R1: _Scheme("ECDSA P-521", hashes.SHA512(), "ECDSA_SHA_512"),
}
_RSA: Final = _Scheme("RSA-PSS", hashes.SHA256(), "RSASSA_PSS_SHA_256")
_ED25519: Final = _Scheme("Ed25519", hashes.SHA512())


@dataclass(frozen=True, slots=True)
class PublicKey:
    """A key that signatures are verified with."""

    key: ed25519.Ed25519PublicKey | ec.EllipticCurvePublicKey | rsa.RSAPublicKey
    scheme: _Scheme

    @classmethod
    def of(cls, key: PublicKeyTypes) -> PublicKey:
        """Raises ValueError where it is of no kind that signs manifests."""
        if isinstance(key, ed25519.Ed25519PublicKey):
            return cls(key, _ED25519)
        if isinstance(key, ec.EllipticCurvePublicKey) and type(key.curve) in _CURVES:
            return cls(key, _CURVES[type(key.curve)])
        if isinstance(key, rsa.RSAPublicKey) and key.key_size >= _SMALLEST_RSA:
            return cls(key, _RSA)
        raise ValueError("a key of no kind that signs manifests")

    @classmethod
    def from_file(cls, path: Path) -> PublicKey:
        """From a PEM file. Raises UsageError that says what to give instead."""
        pem = _read_key(path)
        if b"PRIVATE KEY-----" in pem:
            remedy = f"Give its public half: openssl pkey -in {shown(path)} -pubout -out public.pem"
            raise UsageError(f"{shown(path)} holds a private key, which no verifier should have.", remedy)
        if b"-----BEGIN CERTIFICATE-----" in pem:
            remedy = f"Give its key: openssl x509 -in {shown(path)} -pubkey -noout > public.pem"
            raise UsageError(f"{shown(path)} holds a certificate.", remedy)
        try:
            return cls.of(serialization.load_pem_public_key(pem))
        except (ValueError, UnsupportedAlgorithm) as error:
            raise UsageError(f"{shown(path)} holds no public key to verify with.", _GIVE_PUBLIC) from error

    @property
    def keyid(self) -> str:
        """SHA-256 of the DER of the SubjectPublicKeyInfo (RFC 5280, 4.1.2.7), in hexadecimal."""
        der = self.key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
        return hashlib.sha256(der).hexdigest()

    def signed(self, message: bytes, signature: bytes) -> bool:
        """Whether the signature is this key's over the message."""
        algorithm = self.scheme.hash
        try:
            if isinstance(self.key, ed25519.Ed25519PublicKey):
                self.key.verify(signature, message)
            elif isinstance(self.key, ec.EllipticCurvePublicKey):
                self.key.verify(signature, message, ec.ECDSA(algorithm))
            else:
                pss = padding.PSS(padding.MGF1(algorithm), padding.PSS.DIGEST_LENGTH)
                self.key.verify(signature, message, pss, algorithm)
        except InvalidSignature:
            return False
        return True


class Signer(Protocol):
    """What signs a manifest."""

    @property
    def keyid(self) -> str:
        """`PublicKey.keyid` of the key that signs."""

    @property
    def hint(self) -> str:
        """Where the key is to be found, for people; not signed. May be empty."""

    def sign(self, message: bytes) -> bytes:
        """The signature over a message, in the key's one way."""


@dataclass(frozen=True, slots=True)
class FileSigner:
    """Signs with an Ed25519 key from a file."""

    key: ed25519.Ed25519PrivateKey
    hint: str = ""

    @classmethod
    def from_file(cls, path: Path, passphrase: bytes | None = None) -> FileSigner:
        """From a PKCS#8 PEM file, as `openssl genpkey -algorithm ed25519` writes it, encrypted or not.

        Raises UsageError where it is another kind of key, where the passphrase is not its own, and, as ssh does,
        where the file is this user's and others may read or write it.
        """
        pem = _read_key(path, private=True)
        encrypted = b"-----BEGIN ENCRYPTED PRIVATE KEY-----" in pem
        if not encrypted and b"-----BEGIN PRIVATE KEY-----" not in pem:
            raise UsageError(f"{shown(path)} holds no private key in PKCS#8 PEM.", _MAKE)
        if encrypted and not passphrase:
            raise UsageError(f"{shown(path)} is encrypted.", "Give its passphrase.")
        try:
            key = serialization.load_pem_private_key(pem, passphrase if encrypted else None)
        except (ValueError, UnsupportedAlgorithm) as error:
            why = "cannot be decrypted with this passphrase" if encrypted else "cannot be read as a private key"
            raise UsageError(f"{shown(path)} {why}.", "Give the right one." if encrypted else _MAKE) from error
        if not isinstance(key, ed25519.Ed25519PrivateKey):
            raise UsageError(f"{shown(path)} holds another kind of key than Ed25519.", _MAKE)
        return cls(key)

    @property
    def keyid(self) -> str:
        """`PublicKey.keyid` of the key's public half."""
        return PublicKey.of(self.key.public_key()).keyid

    def sign(self, message: bytes) -> bytes:
        """64 bytes, the same for the same message."""
        return self.key.sign(message)


@dataclass(frozen=True, slots=True)
class KmsSigner:
    """Signs with an asymmetric key in AWS KMS; needs kms:GetPublicKey and kms:Sign on it.

    KMS signs messages of 4,096 bytes at most, and manifests are larger, so it is given the digest of the message
    (`MessageType` `DIGEST`), which it does not hash again: the signature is the same as one over the whole message, and
    any tool verifies it with the public key. With an Ed25519 key that is impossible: Ed25519 wants the whole message,
    and `ED25519_PH_SHA_512` is another algorithm, for which KMS besides hashes the digest once more. So such keys are
    refused before an audit begins, not after it. https://docs.aws.amazon.com/kms/latest/APIReference/API_Sign.html
    """

    key: PublicKey
    hint: str
    """The key's ARN."""
    ask: Ask

    @classmethod
    def from_key(cls, key_id: str, ask: Ask) -> KmsSigner:
        """From a key's id, ARN or alias. Raises UsageError where it is none that signs manifests."""
        answer = ask("GetPublicKey", {"KeyId": key_id})
        try:
            key, arn = PublicKey.of(serialization.load_der_public_key(answer["PublicKey"])), str(answer["KeyId"])
        except (ValueError, KeyError, TypeError, UnsupportedAlgorithm) as error:
            raise _unsuited(key_id, "its kind signs none") from error
        if not key.scheme.kms:
            raise _unsuited(key_id, "KMS signs at most 4096 bytes with an Ed25519 key, and manifests are larger")
        if key.scheme.kms not in (answer.get("SigningAlgorithms") or ()):
            raise _unsuited(key_id, f"{key.scheme.kms} is not among its signing algorithms")
        return cls(key, arn, ask)

    @property
    def keyid(self) -> str:
        """`PublicKey.keyid` of the key's public half."""
        return self.key.keyid

    def sign(self, message: bytes) -> bytes:
        """Raises AuditorError where KMS answers something that is no signature by the key."""
        scheme = self.key.scheme
        asked = {"KeyId": self.hint, "MessageType": "DIGEST", "SigningAlgorithm": scheme.kms}
        digest = hashlib.new(scheme.hash.name, message).digest()
        signature = self.ask("Sign", {**asked, "Message": digest}).get("Signature")
        if not isinstance(signature, bytes) or not self.key.signed(message, signature):
            raise AuditorError(f"KMS answered no signature by {shown(self.hint)}.", "Try again, or use another key.")
        return signature


def _unsuited(key_id: str, why: str) -> UsageError:
    return UsageError(f"The KMS key {shown(key_id)} signs no manifests: {why}.", _MAKE_IN_KMS)


def _read_key(path: Path, *, private: bool = False) -> bytes:
    try:
        with path.open("rb") as file:
            if private:
                _require_private(path, os.fstat(file.fileno()))
            return file.read(_LARGEST_KEY)
    except OSError as error:
        raise UsageError(f"{shown(path)} cannot be read: {error.strerror}.", "Give a PEM file with a key.") from error


def _require_private(path: Path, state: os.stat_result) -> None:
    """As ssh: a file of another user is that user's business (authfile.c, `sshkey_perm_ok`)."""
    if state.st_uid == os.getuid() and state.st_mode & 0o077:
        mode = stat.S_IMODE(state.st_mode)
        raise UsageError(f"{shown(path)} can be used by others (mode {mode:04o}).", f"chmod 600 {shown(path)}")


# ---------------------------------------------------------------------------------------- envelopes


@dataclass(frozen=True, slots=True)
class Signature:
    """A signature in an envelope; `keyid` and `hint` are not signed, and may be empty."""

    sig: bytes
    keyid: str
    hint: str


@dataclass(frozen=True, slots=True)
class Envelope:
    """A DSSE envelope that was read."""

    payload: bytes
    payload_type: str
    signatures: tuple[Signature, ...]


def sign_manifest(folder: Path, signer: Signer) -> None:
    """Write manifest.dsse.json over the folder's manifest.json.

    Raises SnapshotError where the folder is signed or timestamped already, and what reading the manifest, the signer
    and the disk raise.
    """
    for name, done in ((SIGNATURE, "signed"), (TIMESTAMP, "timestamped")):
        if os.path.lexists(folder / name):
            raise SnapshotError(f"{folder} is {done} already.", f"Remove {name} first, if it is to be signed anew.")
    payload = read_manifest(folder).content
    signature = {"keyid": signer.keyid, "sig": _encoded(signer.sign(pae(PAYLOAD_TYPE, payload)))}
    if signer.hint:
        signature["hint"] = signer.hint
    envelope = {"payload": _encoded(payload), "payloadType": PAYLOAD_TYPE, "signatures": [signature]}
    write_whole(folder / SIGNATURE, to_json(envelope))


def read_envelope(content: bytes) -> Envelope:
    """A DSSE envelope (envelope.md, "Parsing rules"), in either alphabet of base64.

    Raises ValueError that says why it is none.
    """
    try:
        document = orjson.loads(content)
        signatures = tuple(
            Signature(_decoded(one["sig"]), _optional(one, "keyid"), _optional(one, "hint"))
            for one in document["signatures"]
        )
        envelope = Envelope(_decoded(document["payload"]), document["payloadType"], signatures)
    except orjson.JSONDecodeError as error:
        raise ValueError("it is no JSON") from error
    except KeyError as error:
        raise ValueError(f"it has no {error.args[0]}") from error
    except (TypeError, AttributeError) as error:
        raise ValueError("something in it has a wrong type") from error
    if not isinstance(envelope.payload_type, str) or not signatures:
        raise ValueError("it has no signature" if not signatures else "payloadType is no text")
    return envelope


def _encoded(content: bytes) -> str:
    return base64.b64encode(content).decode("ascii")


def _decoded(text: str) -> bytes:
    """Raises ValueError also where the text is not the one that encodes its bytes."""
    standard = text.replace("-", "+").replace("_", "/")
    try:
        content = base64.b64decode(standard)
    except ValueError as error:
        raise ValueError("something in it is no base64") from error
    if _encoded(content) != standard:
        raise ValueError("something in it is no base64")
    return content


def _optional(signature: Mapping[str, Any], key: str) -> str:
    value = signature.get(key, "")
    if not isinstance(value, str):
        raise ValueError(f"{key} is no text")
    return value


# ---------------------------------------------------------------------------------------- verifying


def examine(content: bytes | None, manifest: bytes, key: PublicKey | None) -> Said:
    """What is wrong with an envelope, and what it says, given the bytes of manifest.json.

    A signature counts by the key alone, whatever its keyid says (protocol.md: it "MUST NOT be used for security
    decisions"). `content` is None where there is no envelope.
    """
    if content is None:
        if key:
            return [f"{SIGNATURE}: missing, so nothing is signed by the key given, {key.keyid}"], []
        return [], [f"not signed: whoever can write the files can write another {MANIFEST} for them"]
    try:
        envelope = read_envelope(content)
    except ValueError as error:
        return [f"{SIGNATURE}: no DSSE envelope: {error}"], []
    if envelope.payload_type != PAYLOAD_TYPE:
        return [f"{SIGNATURE}: signs something else than a manifest ({shown(envelope.payload_type)})"], []
    problems = [] if envelope.payload == manifest else [f"{SIGNATURE}: signs another {MANIFEST} than the one here"]
    if key is None:
        notes = [f"signed by key {_names(envelope.signatures)}, which was not checked: no public key was given"]
    else:
        wrong, notes = _by(envelope, key)
        problems += wrong
    return problems, [] if problems else notes


def _by(envelope: Envelope, key: PublicKey) -> Said:
    """Whether the envelope has a signature by the key."""
    message = pae(envelope.payload_type, envelope.payload)
    good = [one for one in envelope.signatures if key.signed(message, one.sig)]
    if good and good[0].keyid in {"", key.keyid}:
        hint = f"; it says of itself, unsigned: {shown(good[0].hint)}" if good[0].hint else ""
        return [], [f"signed by key {key.keyid} ({key.scheme.name}){hint}"]
    if good:
        return [f"{SIGNATURE}: names key {shown(good[0].keyid)}, but the signature is by key {key.keyid}"], []
    if any(one.keyid == key.keyid for one in envelope.signatures):
        return [f"{SIGNATURE}: the signature by key {key.keyid} is wrong"], []
    return [f"{SIGNATURE}: signed by key {_names(envelope.signatures)}, not by the key given, {key.keyid}"], []


def _names(signatures: tuple[Signature, ...]) -> str:
    return ", ".join(shown(one.keyid) or "without a name" for one in signatures)
