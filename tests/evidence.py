"""Small audits, keys, an AWS KMS and a timestamp authority for the tests of the evidence room."""

from __future__ import annotations

import datetime
import functools
import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from asn1crypto import cms, core, tsp
from asn1crypto import x509 as asn1_x509
from botocore.loaders import Loader
from botocore.model import ServiceModel
from botocore.validate import validate_parameters
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa, utils
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from auditor.evidence.manifest import find_previous, write_manifest

SCOPE: Final = hashlib.sha256(b"the scope").hexdigest()
NOW: Final = datetime.datetime(2026, 8, 1, 12, tzinfo=datetime.UTC)
YEAR: Final = datetime.timedelta(days=365)
CONTENT: Final[Mapping[str, bytes]] = {
    ".hidden": b"hidden\n",
    "report.html": b"<!doctype html>\n",
    "results.json": b'{"schema_version":"1.0"}\n',
    "snapshot/data/ec2_vpcs.parquet": bytes(range(256)) * 8,
    "snapshot/ledger.parquet": b"PAR1",
    "snapshot/snapshot.json": b"{}\n",
    "snapshot/empty": b"",
}


def make_audit(folder: Path, number: int = 1, *, scope: str = SCOPE, chained: bool = True) -> Path:
    """An audit's folder, after those of the same scope beside it."""
    for name, content in CONTENT.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    (folder / "snapshot/none").mkdir()
    facts = {
        "tool": {"name": "auditor", "version": "0.1.0"},
        "audit_id": f"00000000-0000-4000-8000-{number:012}",
        "identity": "arn:aws:iam::111122223333:user/a",
        "written_at": (NOW + datetime.timedelta(days=number)).isoformat(timespec="milliseconds"),
        "checks_digest": "c" * 64,
        "config_digest": "d" * 64,
    }
    previous = find_previous(folder, scope) if chained else None
    write_manifest(folder, facts, scope_digest=scope, previous=previous)
    return folder


# ---------------------------------------------------------------------------------------------- keys


def pem(key: PrivateKeyTypes, passphrase: bytes | None = None) -> bytes:
    """A private key in PKCS#8."""
    how = serialization.BestAvailableEncryption(passphrase) if passphrase else serialization.NoEncryption()
    return key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, how)


def public_pem(key: PrivateKeyTypes) -> bytes:
    """Its public half."""
    form = serialization.PublicFormat.SubjectPublicKeyInfo
    return key.public_key().public_bytes(serialization.Encoding.PEM, form)


def write_key(path: Path, content: bytes, mode: int = 0o600) -> Path:
    """A file for a key."""
    path.write_bytes(content)
    path.chmod(mode)
    return path


def ed25519_key(number: int = 1) -> ed25519.Ed25519PrivateKey:
    """Always the same one of that number."""
    return ed25519.Ed25519PrivateKey.from_private_bytes(bytes([number]) * 32)


@functools.cache
def rsa_key() -> rsa.RSAPrivateKey:
    """One for all tests of a process: they are slow to make."""
    return rsa.generate_private_key(65537, 2048)


# ---------------------------------------------------------------------------------------------- AWS KMS


@functools.cache
def _kms_model() -> ServiceModel:
    return ServiceModel(Loader().load_service_model("kms", "service-2"))


_HASHES: Final[Mapping[str, hashes.HashAlgorithm]] = {
    "256": hashes.SHA256(),
    "384": hashes.SHA384(),
    "512": hashes.SHA512(),
}


@dataclass
class Kms:
    """One key in AWS KMS, which signs as its documentation says (API_Sign, asymmetric-key-specs)."""

    key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey | ed25519.Ed25519PrivateKey
    algorithms: tuple[str, ...]
    arn: str = "arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"
    answers: Callable[[Mapping[str, Any]], Mapping[str, Any]] = lambda answer: answer
    asked: list[tuple[str, Mapping[str, Any]]] = field(default_factory=list)

    def __call__(self, operation: str, params: Mapping[str, Any]) -> Mapping[str, Any]:
        validate_parameters(dict(params), _kms_model().operation_model(operation).input_shape)
        self.asked.append((operation, params))
        answer = {"GetPublicKey": self.public_key, "Sign": self.sign}[operation](params)
        return self.answers({"KeyId": self.arn, **answer})

    def public_key(self, _params: Mapping[str, Any]) -> dict[str, Any]:
        form = serialization.PublicFormat.SubjectPublicKeyInfo
        der = self.key.public_key().public_bytes(serialization.Encoding.DER, form)
        return {"PublicKey": der, "KeySpec": "A_SPEC", "SigningAlgorithms": list(self.algorithms)}

    def sign(self, params: Mapping[str, Any]) -> dict[str, Any]:
        message, algorithm = params["Message"], params["SigningAlgorithm"]
        hashed = _HASHES[algorithm[-3:]]
        assert algorithm in self.algorithms
        assert 1 <= len(message) <= 4096
        assert (params["MessageType"], len(message)) == ("DIGEST", hashed.digest_size)
        given = utils.Prehashed(hashed)
        if isinstance(self.key, rsa.RSAPrivateKey):
            pss = padding.PSS(padding.MGF1(hashed), hashed.digest_size)
            return {"Signature": self.key.sign(message, pss, given)}
        assert isinstance(self.key, ec.EllipticCurvePrivateKey)
        return {"Signature": self.key.sign(message, ec.ECDSA(given))}


# ---------------------------------------------------------------------------------------------- a timestamp authority


def _named(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def _certificate(
    name: str,
    key: ec.EllipticCurvePrivateKey,
    issuer: tuple[str, ec.EllipticCurvePrivateKey],
    *,
    authority: bool = False,
    purpose: x509.ObjectIdentifier = ExtendedKeyUsageOID.TIME_STAMPING,
    until: datetime.datetime = NOW + YEAR,
) -> x509.Certificate:
    builder = x509.CertificateBuilder(_named(issuer[0]), _named(name), key.public_key(), x509.random_serial_number())
    builder = builder.not_valid_before(NOW - YEAR).not_valid_after(until)
    builder = builder.add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
    if not authority:
        builder = builder.add_extension(x509.ExtendedKeyUsage([purpose]), critical=True)
    return builder.sign(issuer[1], hashes.SHA256())


class _Refusal(core.Sequence):  # type: ignore[misc]  # it has no types
    """A TimeStampResp without a token, which asn1crypto's own cannot be."""

    _fields = [("status", tsp.PKIStatusInfo)]  # noqa: RUF012 - asn1crypto wants a list


def _der(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.DER)


@dataclass
class Authority:
    """A timestamp authority (RFC 3161): an instance answers requests, `root` is what it is trusted by."""

    name: str = "Time Stamping 1"
    at: datetime.datetime = NOW
    refuses: str = ""
    intermediate: bool = False
    info: dict[str, Any] = field(default_factory=dict)
    """Fields of TSTInfo that are not as they should be."""
    purpose: x509.ObjectIdentifier = ExtendedKeyUsageOID.TIME_STAMPING
    until: datetime.datetime = NOW + YEAR
    status: str = "granted"

    def __post_init__(self) -> None:
        root, middle, self.key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(3))
        self.root = _certificate("Root", root, ("Root", root), authority=True)
        issuer = ("Middle", middle) if self.intermediate else ("Root", root)
        self.leaf = _certificate(self.name, self.key, issuer, purpose=self.purpose, until=self.until)
        between = _certificate("Middle", middle, ("Root", root), authority=True)
        self.certificates = [self.leaf, between] if self.intermediate else [self.leaf]

    def __call__(self, request: bytes) -> bytes:
        if self.refuses:
            return bytes(_Refusal({"status": {"status": "rejection", "status_string": [self.refuses]}}).dump())
        token = {"content_type": "signed_data", "content": self._signed(self._told(request))}
        return bytes(tsp.TimeStampResp({"status": {"status": self.status}, "time_stamp_token": token}).dump())

    def _told(self, request: bytes) -> bytes:
        asked = tsp.TimeStampReq.load(request)
        assert asked["cert_req"].native
        told = {
            "version": "v1",
            "policy": "1.2.3.4.1",
            "message_imprint": asked["message_imprint"],
            "serial_number": 7,
            "gen_time": self.at,
            "nonce": asked["nonce"],
        }
        return bytes(tsp.TSTInfo({**told, **self.info}).dump())

    def _signed(self, told: bytes) -> cms.SignedData:
        leaf = asn1_x509.Certificate.load(_der(self.leaf))
        mine = tsp.ESSCertIDv2({"cert_hash": hashlib.sha256(_der(self.leaf)).digest()})
        attributes = cms.CMSAttributes(
            [
                {"type": "content_type", "values": ["tst_info"]},
                {"type": "message_digest", "values": [hashlib.sha256(told).digest()]},
                {"type": "signing_certificate_v2", "values": [tsp.SigningCertificateV2({"certs": [mine]})]},
            ]
        )
        by = {"issuer": leaf.issuer, "serial_number": leaf.serial_number}
        signer = {
            "version": "v1",
            "sid": cms.SignerIdentifier({"issuer_and_serial_number": by}),
            "digest_algorithm": {"algorithm": "sha256"},
            "signed_attrs": attributes,
            "signature_algorithm": {"algorithm": "sha256_ecdsa"},
            "signature": self.key.sign(attributes.dump(), ec.ECDSA(hashes.SHA256())),
        }
        return cms.SignedData(
            {
                "version": "v3",
                "digest_algorithms": [{"algorithm": "sha256"}],
                "encap_content_info": {"content_type": "tst_info", "content": core.ParsableOctetString(told)},
                "certificates": [asn1_x509.Certificate.load(_der(one)) for one in self.certificates],
                "signer_infos": [signer],
            }
        )
