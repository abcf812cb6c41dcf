"""The signature of a manifest: DSSE, keys in files and in AWS KMS, and that nothing else passes for one."""

from __future__ import annotations

import base64
import hashlib
import shutil
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import orjson
import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, padding, rsa, utils, x25519
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes

from auditor.errors import AuditorError, IntegrityError, SnapshotError, UsageError
from auditor.evidence.manifest import MANIFEST, SIGNATURE, TIMESTAMP
from auditor.evidence.signature import (
    PAYLOAD_TYPE,
    FileSigner,
    KmsSigner,
    PublicKey,
    pae,
    read_envelope,
    sign_manifest,
)
from auditor.evidence.verify import verify
from auditor.files import to_json
from tests.evidence import Authority, Kms, ed25519_key, make_audit, pem, public_pem, rsa_key, write_key

MINE = PublicKey.of(ed25519_key(1).public_key())
OTHER = PublicKey.of(ed25519_key(2).public_key())


@pytest.fixture
def audit(tmp_path: Path) -> Path:
    return make_audit(tmp_path / "audit")


@pytest.fixture
def signed(audit: Path) -> Path:
    sign_manifest(audit, FileSigner(ed25519_key(1)))
    return audit


def envelope(folder: Path) -> dict[str, Any]:
    document: dict[str, Any] = orjson.loads((folder / SIGNATURE).read_bytes())
    return document


def rewrite(folder: Path, change: Callable[[Any], object]) -> None:
    document = envelope(folder)
    change(document)
    (folder / SIGNATURE).write_bytes(to_json(document))


def encoded(content: bytes) -> str:
    return base64.b64encode(content).decode()


# ---------------------------------------------------------------------------------------------- DSSE


def test_what_is_signed_is_encoded_as_the_protocol_says() -> None:
    # protocol.md, "Test Vectors"
    kind, body = "http://example.com/HelloWorld", b"hello world"
    assert pae(kind, body) == b"DSSEv1 29 http://example.com/HelloWorld 11 hello world"
    assert pae(kind, b"") == b"DSSEv1 29 http://example.com/HelloWorld 0 "
    assert pae("application/vnd.exämple+json", b"").startswith(b"DSSEv1 29 "), "bytes are counted, not characters"


def test_a_published_ecdsa_signature_is_good() -> None:
    # protocol.md, "Test Vectors": the signature is r and s one after the other, ours are DER
    x = 46950820868899156662930047687818585632848591499744589407958293238635476079160
    y = 5640078356564379163099075877009565129882514886557779369047442380624545832820
    key = PublicKey.of(ec.EllipticCurvePublicNumbers(x, y, ec.SECP256R1()).public_key())
    raw = base64.b64decode("A3JqsQGtVsJ2O2xqrI5IcnXip5GToJ3F+FnZ+O88SjtR6rDAajabZKciJTfUiHqJPcIAriEGAHTVeCUjW2JIZA==")
    der = utils.encode_dss_signature(int.from_bytes(raw[:32]), int.from_bytes(raw[32:]))
    assert key.signed(pae("http://example.com/HelloWorld", b"hello world"), der)
    assert not key.signed(pae("http://example.com/HelloWorld", b"hello World"), der)


def test_a_published_ed25519_signature_is_made() -> None:
    # testvectors/vectors.json, "single-signature", with the key of RFC 8032, 7.1, TEST 1
    seed = "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60"
    signer = FileSigner(ed25519.Ed25519PrivateKey.from_private_bytes(bytes.fromhex(seed)))
    made = signer.sign(pae("application/vnd.in-toto+json", b'{"_type":"https://in-toto.io/Statement/v1"}'))
    published = "2WAfaHm5jluo0w+0rk8uVkluELJYWjSmU9x7EUzx+AyteDGJ4/nqyJXfmAUVFIAoQafWm7AxBZNw5M9ixNHiCA=="
    assert encoded(made) == published


def test_an_envelope_holds_the_manifest_and_no_key(signed: Path) -> None:
    manifest = (signed / MANIFEST).read_bytes()
    der = (
        ed25519_key(1)
        .public_key()
        .public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    )
    document = envelope(signed)
    (signature,) = document.pop("signatures")
    assert document == {"payload": encoded(manifest), "payloadType": PAYLOAD_TYPE}
    assert signature.pop("keyid") == hashlib.sha256(der).hexdigest() == MINE.keyid
    ed25519_key(1).public_key().verify(base64.b64decode(signature.pop("sig")), pae(PAYLOAD_TYPE, manifest))
    assert signature == {}


def test_both_alphabets_of_base64_are_read() -> None:
    content, signature = b"\xfb\xff\xbf>?", b"\xff" * 63 + b"\x01"
    for encode in (base64.b64encode, base64.urlsafe_b64encode):
        plain = {
            "payload": encode(content).decode(),
            "payloadType": "x",
            "signatures": [{"sig": encode(signature).decode()}],
        }
        read = read_envelope(to_json(plain))
        assert (read.payload, read.signatures[0].sig, read.signatures[0].keyid) == (content, signature, "")


def test_fields_that_nobody_knows_are_ignored(signed: Path) -> None:
    rewrite(signed, lambda document: document.update(more=1) or document["signatures"][0].update(extension={}))
    assert verify(signed, MINE).problems == ()


# ---------------------------------------------------------------------------------------------- what verifying says


def test_signed_and_good(signed: Path) -> None:
    assert verify(signed, MINE).notes == (f"signed by key {MINE.keyid} (Ed25519)",)
    assert verify(signed, MINE).problems == ()
    assert verify(signed).notes == (f"signed by key {MINE.keyid}, which was not checked: no public key was given",)


def test_one_good_signature_of_several_is_enough(signed: Path) -> None:
    other = {"keyid": OTHER.keyid, "sig": encoded(ed25519_key(2).sign(b"something else"))}
    rewrite(signed, lambda document: document["signatures"].insert(0, other))
    assert verify(signed, MINE).problems == ()
    assert verify(signed, OTHER).problems == (f"manifest.dsse.json: the signature by key {OTHER.keyid} is wrong",)
    told = f"signed by key {OTHER.keyid}, {MINE.keyid}, which was not checked: no public key was given"
    assert verify(signed).notes == (told,)


def forge(folder: Path) -> None:
    """Somebody who has no key writes another manifest, and its envelope."""
    document = orjson.loads((folder / MANIFEST).read_bytes())
    (folder / MANIFEST).write_bytes(to_json({**document, "identity": "nobody"}))
    payload = encoded((folder / MANIFEST).read_bytes())
    rewrite(folder, lambda document: document.update(payload=payload))


def sign_by_another(folder: Path) -> None:
    (folder / SIGNATURE).unlink()
    sign_manifest(folder, FileSigner(ed25519_key(2)))


def write_another_manifest(folder: Path) -> None:
    document = orjson.loads((folder / MANIFEST).read_bytes())
    (folder / MANIFEST).write_bytes(to_json({**document, "identity": "nobody"}))


def first(change: Mapping[str, object]) -> Callable[[Path], None]:
    return lambda folder: rewrite(folder, lambda document: document["signatures"][0].update(change))


def whole(change: Mapping[str, object]) -> Callable[[Path], None]:
    return lambda folder: rewrite(folder, lambda document: document.update(change))


WRONG: dict[str, tuple[Callable[[Path], object], str]] = {
    "removed": (
        lambda folder: (folder / SIGNATURE).unlink(),
        f"missing, so nothing is signed by the key given, {MINE.keyid}",
    ),
    "another key": (sign_by_another, f"signed by key {OTHER.keyid}, not by the key given, {MINE.keyid}"),
    "forged": (forge, f"the signature by key {MINE.keyid} is wrong"),
    "another manifest": (write_another_manifest, "signs another manifest.json than the one here"),
    "wrong": (first({"sig": encoded(bytes(64))}), f"the signature by key {MINE.keyid} is wrong"),
    "short": (first({"sig": encoded(b"x")}), f"the signature by key {MINE.keyid} is wrong"),
    "renamed": (first({"keyid": "x\n"}), rf"names key x\n, but the signature is by key {MINE.keyid}"),
    "another type": (
        whole({"payloadType": "text/plain\u202e"}),
        r"signs something else than a manifest (text/plain\u202e)",
    ),
    "no JSON": (lambda folder: (folder / SIGNATURE).write_bytes(b"{"), "no DSSE envelope: it is no JSON"),
    "no UTF-8": (lambda folder: (folder / SIGNATURE).write_bytes(b"\xff"), "no DSSE envelope: it is no JSON"),
    "a list": (
        lambda folder: (folder / SIGNATURE).write_bytes(b"[]"),
        "no DSSE envelope: something in it has a wrong type",
    ),
    "no payload": (
        lambda folder: rewrite(folder, lambda document: document.pop("payload")),
        "no DSSE envelope: it has no payload",
    ),
    "no signature": (whole({"signatures": []}), "no DSSE envelope: it has no signature"),
    "signatures": (whole({"signatures": 5}), "no DSSE envelope: something in it has a wrong type"),
    "a signature": (whole({"signatures": ["x"]}), "no DSSE envelope: something in it has a wrong type"),
    "sig": (first({"sig": None}), "no DSSE envelope: something in it has a wrong type"),
    "keyid": (first({"keyid": 5}), "no DSSE envelope: keyid is no text"),
    "hint": (first({"hint": []}), "no DSSE envelope: hint is no text"),
    "type": (whole({"payloadType": 5}), "no DSSE envelope: payloadType is no text"),
    "base64": (whole({"payload": "***"}), "no DSSE envelope: something in it is no base64"),
    "padding": (whole({"payload": "QQ"}), "no DSSE envelope: something in it is no base64"),
    "spare bits": (whole({"payload": "QR=="}), "no DSSE envelope: something in it is no base64"),
    "characters": (whole({"payload": "QQ==é"}), "no DSSE envelope: something in it is no base64"),
    "line ends": (whole({"payload": "QQ==\n"}), "no DSSE envelope: something in it is no base64"),
}


NEEDS_A_KEY = {"removed", "another key", "forged", "wrong", "short", "renamed"}
"""Cases that nobody can tell from a good signature who has no key."""


@pytest.mark.parametrize("case", WRONG)
def test_what_is_no_good_signature_of_this_manifest_is_named(case: str, signed: Path) -> None:
    change, told = WRONG[case]
    change(signed)
    found = verify(signed, MINE)
    assert found.problems == (f"manifest.dsse.json: {told}",)
    assert found.notes == ()


@pytest.mark.parametrize("case", sorted(WRONG.keys() - NEEDS_A_KEY))
def test_an_envelope_that_is_none_is_named_without_a_key_too(case: str, signed: Path) -> None:
    WRONG[case][0](signed)
    assert verify(signed).problems == (f"manifest.dsse.json: {WRONG[case][1]}",)


def test_a_good_signature_without_a_name_counts(signed: Path) -> None:
    rewrite(signed, lambda document: document["signatures"][0].pop("keyid"))
    assert verify(signed, MINE).problems == ()
    assert verify(signed).notes == ("signed by key without a name, which was not checked: no public key was given",)


# ---------------------------------------------------------------------------------------------- signing once


def test_a_folder_is_signed_once_and_before_its_timestamp(signed: Path) -> None:
    before = (signed / SIGNATURE).read_bytes()
    with pytest.raises(SnapshotError, match="is signed already"):
        sign_manifest(signed, FileSigner(ed25519_key(2)))
    assert (signed / SIGNATURE).read_bytes() == before
    (signed / SIGNATURE).rename(signed / TIMESTAMP)
    with pytest.raises(SnapshotError, match="is timestamped already"):
        sign_manifest(signed, FileSigner(ed25519_key(2)))


def test_only_a_manifest_is_signed(audit: Path) -> None:
    (audit / MANIFEST).write_text("{}")
    with pytest.raises(IntegrityError, match="not as it was written"):
        sign_manifest(audit, FileSigner(ed25519_key()))
    (audit / MANIFEST).unlink()
    with pytest.raises(SnapshotError, match=r"has no manifest\.json"):
        sign_manifest(audit, FileSigner(ed25519_key()))
    assert not (audit / SIGNATURE).exists()


# ---------------------------------------------------------------------------------------------- keys in files


@pytest.mark.parametrize("passphrase", [None, b"a pass phrase"])
def test_a_key_is_read_from_a_file(passphrase: bytes | None, audit: Path, tmp_path: Path) -> None:
    private = write_key(tmp_path / "key.pem", pem(ed25519_key(3), passphrase))
    public = write_key(tmp_path / "public.pem", public_pem(ed25519_key(3)), 0o644)
    sign_manifest(audit, FileSigner.from_file(private, passphrase))
    assert verify(audit, PublicKey.from_file(public)).problems == ()
    assert FileSigner.from_file(private, passphrase).keyid == PublicKey.from_file(public).keyid


def test_a_passphrase_that_is_not_needed_does_no_harm(tmp_path: Path) -> None:
    path = write_key(tmp_path / "key.pem", pem(ed25519_key()))
    assert FileSigner.from_file(path, b"not needed").keyid == MINE.keyid


def traditional(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
    )


def openssh(key: ed25519.Ed25519PrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.OpenSSH, serialization.NoEncryption()
    )


P256 = ec.generate_private_key(ec.SECP256R1())
ED448 = ed448.Ed448PrivateKey.generate()
BROKEN = b"-----BEGIN %b KEY-----\nQUJD\n-----END %b KEY-----\n"
WEAK_RSA = rsa.generate_private_key(65537, 1024)  # noqa: S505 - which is why it is refused
FILES: dict[str, bytes] = {
    "RSA": pem(rsa_key()),
    "P-256": pem(P256),
    "P-256, encrypted": pem(P256, b"right"),
    "P-256, not in PKCS#8": traditional(P256),
    "Ed448": pem(ED448),
    "Ed25519": pem(ed25519_key()),
    "Ed25519, encrypted": pem(ed25519_key(), b"right"),
    "Ed25519, of OpenSSH": openssh(ed25519_key()),
    "broken": BROKEN % (b"PRIVATE", b"PRIVATE"),
    "empty": b"",
    "certificate": Authority().root.public_bytes(serialization.Encoding.PEM),
    "public Ed25519": public_pem(ed25519_key()),
    "public Ed448": public_pem(ED448),
    "public X25519": public_pem(x25519.X25519PrivateKey.generate()),
    "public secp256k1": public_pem(ec.generate_private_key(ec.SECP256K1())),
    "public RSA of 1024 bits": public_pem(WEAK_RSA),
    "public broken": BROKEN % (b"PUBLIC", b"PUBLIC"),
}
GENERATE = "openssl genpkey -algorithm ed25519"


@pytest.mark.parametrize(
    ("name", "passphrase", "told", "remedy"),
    [
        ("RSA", None, "holds another kind of key than Ed25519", GENERATE),
        ("P-256", None, "holds another kind of key than Ed25519", GENERATE),
        ("P-256, encrypted", b"right", "holds another kind of key than Ed25519", GENERATE),
        ("P-256, not in PKCS#8", None, "holds no private key in PKCS#8 PEM", GENERATE),
        ("Ed448", None, "holds another kind of key than Ed25519", GENERATE),
        ("Ed25519, encrypted", b"wrong", "cannot be decrypted with this passphrase", "the right one"),
        ("Ed25519, encrypted", None, "is encrypted", "Give its passphrase"),
        ("Ed25519, of OpenSSH", None, "holds no private key in PKCS#8 PEM", GENERATE),
        ("broken", None, "cannot be read as a private key", GENERATE),
        ("empty", None, "holds no private key in PKCS#8 PEM", GENERATE),
        ("certificate", None, "holds no private key in PKCS#8 PEM", GENERATE),
        ("public Ed25519", None, "holds no private key in PKCS#8 PEM", GENERATE),
    ],
)
def test_a_file_that_holds_no_key_to_sign_with_is_refused(
    name: str, passphrase: bytes | None, told: str, remedy: str, tmp_path: Path
) -> None:
    path = write_key(tmp_path / "key.pem", FILES[name])
    with pytest.raises(UsageError) as refused:
        FileSigner.from_file(path, passphrase)
    assert f"{path} {told}." == refused.value.message
    assert remedy in refused.value.remedy
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("mode", [0o604, 0o640, 0o620, 0o601, 0o644])
def test_a_key_that_others_can_use_is_refused(mode: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write_key(tmp_path / "key.pem", pem(ed25519_key()), mode)
    with pytest.raises(UsageError, match=f"can be used by others .mode {mode:04o}.") as refused:
        FileSigner.from_file(path)
    assert refused.value.remedy == f"chmod 600 {path}"
    monkeypatch.setattr("os.getuid", lambda: 12345)
    assert FileSigner.from_file(path).keyid == MINE.keyid, "as ssh: a file of another user is that user's business"


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    for read in (FileSigner.from_file, PublicKey.from_file):
        with pytest.raises(UsageError, match="cannot be read: No such file or directory"):
            read(tmp_path / "none")
        with pytest.raises(UsageError, match="cannot be read: Is a directory"):
            read(tmp_path)


# ---------------------------------------------------------------------------------------------- keys to verify with


def signature_by(key: PrivateKeyTypes, message: bytes) -> bytes:
    """As any other tool signs with a key of that kind."""
    if isinstance(key, ed25519.Ed25519PrivateKey):
        return key.sign(message)
    if isinstance(key, ec.EllipticCurvePrivateKey):
        return key.sign(
            message, ec.ECDSA({256: hashes.SHA256(), 384: hashes.SHA384(), 521: hashes.SHA512()}[key.key_size])
        )
    assert isinstance(key, rsa.RSAPrivateKey)
    return key.sign(message, padding.PSS(padding.MGF1(hashes.SHA256()), 32), hashes.SHA256())


KINDS: dict[str, PrivateKeyTypes] = {
    "Ed25519": ed25519_key(),
    "ECDSA P-256": P256,
    "ECDSA P-384": ec.generate_private_key(ec.SECP384R1()),
    "ECDSA P-521": ec.generate_private_key(ec.SECP521R1()),
    "RSA-PSS": rsa_key(),
}


@pytest.mark.parametrize("kind", KINDS)
def test_a_key_of_every_kind_verifies(kind: str, tmp_path: Path) -> None:
    key = PublicKey.from_file(write_key(tmp_path / "public.pem", public_pem(KINDS[kind])))
    good = signature_by(KINDS[kind], b"message")
    assert key.scheme.name == kind
    assert key.signed(b"message", good)
    assert not key.signed(b"massage", good)
    assert not key.signed(b"message", good[:-1] + bytes([good[-1] ^ 1]))
    for other in KINDS.keys() - {kind}:
        assert not key.signed(b"message", signature_by(KINDS[other], b"message"))


def test_a_key_signs_in_one_way_only() -> None:
    wrong = P256.sign(b"message", ec.ECDSA(hashes.SHA384()))
    assert not PublicKey.of(P256.public_key()).signed(b"message", wrong)
    for how in (padding.PKCS1v15(), padding.PSS(padding.MGF1(hashes.SHA256()), padding.PSS.MAX_LENGTH)):
        assert not PublicKey.of(rsa_key().public_key()).signed(
            b"message", rsa_key().sign(b"message", how, hashes.SHA256())
        )


@pytest.mark.parametrize(
    ("name", "told", "remedy"),
    [
        ("Ed25519", "holds a private key", "openssl pkey -in {path} -pubout"),
        ("P-256, encrypted", "holds a private key", "openssl pkey -in {path} -pubout"),
        ("P-256, not in PKCS#8", "holds a private key", "openssl pkey -in {path} -pubout"),
        ("Ed25519, of OpenSSH", "holds a private key", "openssl pkey -in {path} -pubout"),
        ("certificate", "holds a certificate", "openssl x509 -in {path} -pubkey"),
        ("empty", "holds no public key to verify with", "BEGIN PUBLIC KEY"),
        ("public broken", "holds no public key to verify with", "BEGIN PUBLIC KEY"),
        ("public X25519", "holds no public key to verify with", "Ed25519"),
        ("public Ed448", "holds no public key to verify with", "Ed25519"),
        ("public secp256k1", "holds no public key to verify with", "P-256"),
        ("public RSA of 1024 bits", "holds no public key to verify with", "2048 bits"),
    ],
)
def test_a_file_that_holds_no_key_to_verify_with_is_refused(name: str, told: str, remedy: str, tmp_path: Path) -> None:
    path = write_key(tmp_path / "public.pem", FILES[name])
    with pytest.raises(UsageError) as refused:
        PublicKey.from_file(path)
    assert told in refused.value.message
    assert remedy.format(path=path) in refused.value.remedy
    assert "\n" not in str(refused.value)


# ---------------------------------------------------------------------------------------------- AWS KMS


def kms(kind: str) -> Kms:
    algorithms = {
        "ECDSA P-256": ("ECDSA_SHA_256",),
        "ECDSA P-384": ("ECDSA_SHA_384",),
        "ECDSA P-521": ("ECDSA_SHA_512",),
        "RSA-PSS": ("RSASSA_PKCS1_V1_5_SHA_256", "RSASSA_PSS_SHA_256", "RSASSA_PSS_SHA_384"),
        "Ed25519": ("ED25519_SHA_512", "ED25519_PH_SHA_512"),
    }
    key = KINDS[kind]
    assert isinstance(key, (ec.EllipticCurvePrivateKey, rsa.RSAPrivateKey, ed25519.Ed25519PrivateKey))
    return Kms(key, algorithms[kind])


@pytest.mark.parametrize("kind", ["ECDSA P-256", "ECDSA P-384", "ECDSA P-521", "RSA-PSS"])
def test_what_kms_signs_is_verified_with_the_public_key_alone(kind: str, audit: Path, tmp_path: Path) -> None:
    service = kms(kind)
    sign_manifest(audit, KmsSigner.from_key("alias/audits", service))
    key = PublicKey.from_file(write_key(tmp_path / "public.pem", public_pem(KINDS[kind])))
    message = pae(PAYLOAD_TYPE, (audit / MANIFEST).read_bytes())
    asked, told = service.asked[1]
    assert service.asked[0] == ("GetPublicKey", {"KeyId": "alias/audits"})
    assert (asked, told["KeyId"], told["MessageType"]) == ("Sign", service.arn, "DIGEST")
    assert told["Message"] == hashlib.new(key.scheme.hash.name, message).digest()
    assert verify(audit, key).problems == ()
    assert verify(audit, key).notes == (
        f"signed by key {key.keyid} ({kind}); it says of itself, unsigned: {service.arn}",
    )
    assert envelope(audit)["signatures"][0]["hint"] == service.arn


@pytest.mark.parametrize(
    ("service", "told"),
    [
        (kms("Ed25519"), "KMS signs at most 4096 bytes with an Ed25519 key, and manifests are larger"),
        (Kms(P256, ("ECDH",)), "ECDSA_SHA_256 is not among its signing algorithms"),
        (Kms(rsa_key(), ()), "RSASSA_PSS_SHA_256 is not among its signing algorithms"),
        (Kms(ec.generate_private_key(ec.SECP256K1()), ("ECDSA_SHA_256",)), "signs no manifests"),
        (Kms(P256, ("ECDSA_SHA_256",), answers=lambda _: {}), "signs no manifests"),
        (Kms(P256, ("ECDSA_SHA_256",), answers=lambda answer: {**answer, "PublicKey": b"x"}), "signs no manifests"),
        (Kms(P256, ("ECDSA_SHA_256",), answers=lambda answer: {**answer, "PublicKey": "x"}), "signs no manifests"),
    ],
)
def test_a_kms_key_that_signs_no_manifests_is_refused_before_anything_is_signed(service: Kms, told: str) -> None:
    with pytest.raises(UsageError) as refused:
        KmsSigner.from_key("alias/x\n", service)
    assert told in refused.value.message
    assert "--key-spec ECC_NIST_P256" in refused.value.remedy
    assert r"alias/x\n" in str(refused.value)
    assert "\n" not in str(refused.value)
    assert [operation for operation, _ in service.asked] == ["GetPublicKey"]


def test_the_key_of_the_test_is_that_strict() -> None:
    """The stand-in for KMS refuses what KMS refuses, so that a test with it means something."""
    asked = {"KeyId": "x", "SigningAlgorithm": "ECDSA_SHA_256"}
    for wrong in ({"Message": b"x" * 4097, "MessageType": "RAW"}, {"Message": b"x" * 31, "MessageType": "DIGEST"}):
        with pytest.raises(AssertionError):
            kms("ECDSA P-256")("Sign", {**asked, **wrong})


@pytest.mark.parametrize("signature", [None, "text", b"", b"nonsense", "of something else"])
def test_an_answer_that_is_no_signature_is_never_written(signature: object, audit: Path) -> None:
    def answers(answer: Mapping[str, Any]) -> Mapping[str, Any]:
        return {**answer, "Signature": of_another if signature == "of something else" else signature}

    of_another = signature_by(P256, b"something else")

    service = Kms(P256, ("ECDSA_SHA_256",), answers=answers)
    with pytest.raises(AuditorError, match="KMS answered no signature by arn:aws:kms"):
        sign_manifest(audit, KmsSigner.from_key("alias/audits", service))
    assert not (audit / SIGNATURE).exists()


# ---------------------------------------------------------------------------------------------- other tools


@pytest.mark.skipif(not shutil.which("openssl"), reason="needs openssl")
@pytest.mark.parametrize("kind", ["ECDSA P-256", "RSA-PSS"])
def test_openssl_verifies_what_kms_signed(kind: str, audit: Path, tmp_path: Path) -> None:
    sign_manifest(audit, KmsSigner.from_key("alias/audits", kms(kind)))
    write_key(tmp_path / "public.pem", public_pem(KINDS[kind]))
    (tmp_path / "message").write_bytes(pae(PAYLOAD_TYPE, (audit / MANIFEST).read_bytes()))
    (tmp_path / "sig").write_bytes(base64.b64decode(envelope(audit)["signatures"][0]["sig"]))
    pss = ["-sigopt", "rsa_padding_mode:pss", "-sigopt", "rsa_pss_saltlen:digest"] if kind == "RSA-PSS" else []
    command = ["openssl", "dgst", "-sha256", "-verify", "public.pem", *pss, "-signature", "sig", "message"]
    ended = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert ended.stdout == "Verified OK\n", ended.stderr


@pytest.mark.skipif(not shutil.which("openssl"), reason="needs openssl")
def test_a_key_that_openssl_makes_signs(audit: Path, tmp_path: Path) -> None:
    for command in (
        "openssl genpkey -algorithm ed25519 -out key.pem",
        "openssl pkey -in key.pem -pubout -out public.pem",
    ):
        subprocess.run(command.split(), cwd=tmp_path, check=True, capture_output=True)
    (tmp_path / "key.pem").chmod(0o600)
    sign_manifest(audit, FileSigner.from_file(tmp_path / "key.pem"))
    assert verify(audit, PublicKey.from_file(tmp_path / "public.pem")).problems == ()
