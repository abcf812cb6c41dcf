"""The timestamp of a manifest: obtained, verified offline, and that nothing else passes for one."""

from __future__ import annotations

import copy
import datetime
import hashlib
import shutil
import socket
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from asn1crypto import tsp
from cryptography.hazmat.primitives import serialization
from cryptography.x509.oid import ExtendedKeyUsageOID

from auditor.errors import AuditorError, SnapshotError, UsageError
from auditor.evidence import timestamp
from auditor.evidence.manifest import MANIFEST, SIGNATURE, TIMESTAMP
from auditor.evidence.signature import FileSigner, sign_manifest
from auditor.evidence.timestamp import Roots, http_post, read_roots, read_stamp, stamp
from auditor.evidence.verify import verify
from tests.evidence import NOW, Authority, ed25519_key, make_audit, write_key

AUTHORITY = Authority()
ROOTS = (AUTHORITY.root,)
STAMPED = "timestamped at 2026-08-01T12:00:00+00:00 by CN=Time Stamping 1"
UNCHECKED = (
    "timestamped at 2026-08-01T12:00:00+00:00 by what calls itself CN=Time Stamping 1, which was not checked: "
    "no root certificate was given"
)
ELSEWHERE = "is wrong, or does not lead to the root certificates given"


@pytest.fixture
def audit(tmp_path: Path) -> Path:
    return make_audit(tmp_path / "audit")


@pytest.fixture
def stamped(audit: Path) -> Path:
    stamp(audit, AUTHORITY, ROOTS)
    return audit


def like(**changes: object) -> Authority:
    """The authority of the other tests, with the same keys, but for what is changed."""
    other = copy.copy(AUTHORITY)
    for name, value in changes.items():
        setattr(other, name, value)
    return other


def problems(folder: Path, roots: Roots = ROOTS) -> tuple[str, ...]:
    return verify(folder, roots=roots).problems


# ---------------------------------------------------------------------------------------------- obtaining


def test_a_signature_is_timestamped_or_else_the_manifest(audit: Path, tmp_path: Path) -> None:
    assert stamp(audit, AUTHORITY, ROOTS) == NOW
    signed = make_audit(tmp_path / "elsewhere/signed")
    sign_manifest(signed, FileSigner(ed25519_key()))
    assert stamp(signed, AUTHORITY) == NOW
    for folder, name in ((audit, MANIFEST), (signed, SIGNATURE)):
        over = hashlib.sha256((folder / name).read_bytes()).digest()
        assert read_stamp((folder / TIMESTAMP).read_bytes()).imprint == over
        assert verify(folder, roots=ROOTS).problems == ()
        assert verify(folder, roots=ROOTS).notes[1] == STAMPED
        assert verify(folder).notes[1] == UNCHECKED


def test_a_request_has_a_nonce_and_asks_for_the_certificate(audit: Path) -> None:
    asked = []

    def post(request: bytes) -> bytes:
        asked.append(tsp.TimeStampReq.load(request))
        return AUTHORITY(request)

    stamp(audit, post)
    (request,) = asked
    over = hashlib.sha256((audit / MANIFEST).read_bytes()).digest()
    imprint = request["message_imprint"]
    assert (imprint["hash_algorithm"]["algorithm"].native, imprint["hashed_message"].native) == ("sha256", over)
    assert request["nonce"].native.bit_length() > 32
    assert request["cert_req"].native is True


def test_a_folder_is_timestamped_once(stamped: Path) -> None:
    before = (stamped / TIMESTAMP).read_bytes()
    with pytest.raises(SnapshotError, match="is timestamped already"):
        stamp(stamped, AUTHORITY)
    assert (stamped / TIMESTAMP).read_bytes() == before


def test_only_an_audit_is_timestamped(audit: Path) -> None:
    (audit / SIGNATURE).mkdir()
    with pytest.raises(SnapshotError, match=r"manifest\.dsse\.json cannot be read: Is a directory"):
        stamp(audit, AUTHORITY)
    (audit / SIGNATURE).rmdir()
    (audit / MANIFEST).unlink()
    with pytest.raises(SnapshotError, match=r"has no manifest\.json"):
        stamp(audit, AUTHORITY)


ANOTHER = {"hash_algorithm": {"algorithm": "sha256"}, "hashed_message": bytes(32)}
SHA384 = {"hash_algorithm": {"algorithm": "sha384"}, "hashed_message": bytes(48)}


@pytest.mark.parametrize(
    ("post", "roots", "told"),
    [
        (like(refuses="Not today.\n"), (), r"it says REJECTION: Not today.\n"),
        (like(status="granted_with_mods"), (), "it says GRANTED_WITH_MODS"),
        (like(info={"nonce": 5}), (), "it answers another request"),
        (like(info={"nonce": None}), (), "it answers another request"),
        (like(info={"message_imprint": ANOTHER}), (), "it is over other bytes"),
        (like(info={"message_imprint": SHA384}), (), "it is over other bytes"),
        (lambda _: b"", (), "it is no RFC 3161 answer that can be read"),
        (lambda _: b"<html>", (), "it is no RFC 3161 answer that can be read"),
        (lambda request: AUTHORITY(request)[:-1], (), "it is no RFC 3161 answer that can be read"),
        (lambda request: AUTHORITY(request) + b"\0", (), "it is no RFC 3161 answer that can be read"),
        (lambda request: request, (), "it is no RFC 3161 answer that can be read"),
        (AUTHORITY, (Authority().root,), ELSEWHERE),
    ],
)
def test_an_answer_that_is_no_timestamp_is_never_written(
    post: Callable[[bytes], bytes], roots: Roots, told: str, audit: Path
) -> None:
    with pytest.raises(AuditorError) as refused:
        stamp(audit, post, roots)
    assert told in refused.value.message
    assert refused.value.remedy
    assert "\n" not in str(refused.value)
    assert not (audit / TIMESTAMP).exists()


# ---------------------------------------------------------------------------------------------- verifying


def test_no_timestamp_where_one_is_demanded_is_a_problem(audit: Path) -> None:
    assert problems(audit) == ("manifest.tsr: missing, though an authority's root certificate was given",)
    assert verify(audit).problems == ()


def test_a_timestamp_over_other_bytes_is_refused(stamped: Path, tmp_path: Path) -> None:
    other = make_audit(tmp_path / "elsewhere/audit", 2)
    shutil.copy(stamped / TIMESTAMP, other / TIMESTAMP)
    told = "manifest.tsr: no timestamp of this manifest.json: it is over other bytes"
    assert problems(other) == problems(other, ()) == (told,)


def test_a_signature_after_the_timestamp_or_removed_since_is_seen(stamped: Path, tmp_path: Path) -> None:
    signed = make_audit(tmp_path / "elsewhere/signed")
    sign_manifest(signed, FileSigner(ed25519_key()))
    shutil.copy(signed / SIGNATURE, stamped)
    told = "manifest.tsr: no timestamp of this manifest.dsse.json: it is over other bytes"
    assert problems(stamped) == (told,)
    stamp(signed, AUTHORITY)
    (signed / SIGNATURE).unlink()
    assert problems(signed) == (told.replace("manifest.dsse.json", "manifest.json"),)


@pytest.mark.parametrize("content", [b"", b"nonsense", b"\x30\x03\x02\x01\x00", b"\x30\x05\x30\x03\x02\x01\x63"])
def test_a_file_that_is_no_timestamp_is_named(content: bytes, stamped: Path) -> None:
    (stamped / TIMESTAMP).write_bytes(content)
    told = "manifest.tsr: no timestamp of this manifest.json: it is no RFC 3161 answer that can be read"
    assert problems(stamped) == problems(stamped, ()) == (told,)


WRONG = "manifest.tsr: no timestamp of this manifest.json: the signature by CN=Time Stamping 1 " + ELSEWHERE


@pytest.mark.parametrize(
    "authority",
    [
        Authority(purpose=ExtendedKeyUsageOID.CODE_SIGNING),
        Authority(until=NOW - datetime.timedelta(days=1)),
        Authority(at=NOW + datetime.timedelta(days=900)),
    ],
    ids=["of another purpose", "expired before", "expired since"],
)
def test_an_authority_that_may_not_is_refused(authority: Authority, audit: Path) -> None:
    stamp(audit, authority)
    assert problems(audit, (authority.root,)) == (WRONG,)


def test_an_authority_that_nobody_trusts_is_named(stamped: Path) -> None:
    stranger = Authority()
    assert problems(stamped, (stranger.root,)) == (WRONG,), "of the same name, with another key"
    namesakes = [Authority().root for _ in range(5)]
    assert problems(stamped, (*namesakes, *ROOTS)) == ()
    assert problems(stamped, namesakes) == (WRONG,)
    assert problems(stamped, (AUTHORITY.leaf,)) == (WRONG,), "a certificate of the authority itself is no root"


def test_an_authority_may_stand_below_others(audit: Path) -> None:
    authority = Authority(intermediate=True)
    stamp(audit, authority, (authority.root,))
    assert problems(audit, (authority.root,)) == ()
    assert problems(audit, authority.certificates[1:]) == (WRONG,), "what is between is no root"


def test_a_timestamp_stays_good_when_the_certificate_has_expired(audit: Path) -> None:
    expired = Authority(at=NOW - datetime.timedelta(days=300), until=NOW - datetime.timedelta(days=200))
    stamp(audit, expired)
    assert problems(audit, (expired.root,)) == ()


def test_names_of_authorities_stay_on_one_line(audit: Path) -> None:
    stamp(audit, Authority(name="Evil\n\u202e"))
    assert r"calls itself CN=Evil\n\u202e, which was not checked" in verify(audit).notes[1]
    stamp_, evil = audit / TIMESTAMP, Authority(name="Evil\n\u202e")
    stamp_.unlink()
    stamp(audit, evil)
    assert r"by CN=Evil\n\u202e is wrong" in problems(audit)[0]


def test_an_authority_without_a_certificate_has_no_name(audit: Path) -> None:
    nameless = Authority()
    nameless.certificates = []
    stamp(audit, nameless)
    assert "by what calls itself an authority without a name" in verify(audit).notes[1]
    assert "the signature by an authority without a name is wrong" in problems(audit, (nameless.root,))[0]


def test_a_changed_byte_is_named_or_changes_nothing_that_is_said(stamped: Path) -> None:
    content = (stamped / TIMESTAMP).read_bytes()
    signed = content.index(hashlib.sha256((stamped / MANIFEST).read_bytes()).digest())
    unseen = 0
    for place in range(0, len(content), 5):
        (stamped / TIMESTAMP).write_bytes(content[:place] + bytes([content[place] ^ 4]) + content[place + 1 :])
        found = verify(stamped, roots=ROOTS)
        assert found.problems or found.notes[1] == STAMPED
        assert found.problems or not signed <= place < signed + 32
        assert all(line.startswith("manifest.tsr: no timestamp of this manifest.json") for line in found.problems)
        unseen += not found.problems
    assert unseen < len(content) // 5 // 20, "all but a few bytes are covered by the signature"


# ---------------------------------------------------------------------------------------------- root certificates


def test_root_certificates_are_read_from_a_file(tmp_path: Path, stamped: Path) -> None:
    pem = b"".join(one.public_bytes(serialization.Encoding.PEM) for one in (Authority().root, AUTHORITY.root))
    roots = read_roots(write_key(tmp_path / "roots.pem", b"# two of them\n" + pem))
    assert len(roots) == 2
    assert problems(stamped, roots) == ()


NO_ROOTS = {
    "empty": b"",
    "text": b"text",
    "broken": b"-----BEGIN CERTIFICATE-----\nQUJD\n-----END CERTIFICATE-----\n",
    "authority": AUTHORITY.leaf.public_bytes(serialization.Encoding.PEM),
}


@pytest.mark.parametrize("content", NO_ROOTS)
def test_a_file_without_root_certificates_is_refused(content: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"roots\.pem holds no root certificate"):
        read_roots(write_key(tmp_path / "roots.pem", NO_ROOTS[content]))
    with pytest.raises(UsageError, match="cannot be read: No such file or directory"):
        read_roots(tmp_path / "none")


# ---------------------------------------------------------------------------------------------- HTTP

Answer = Callable[[BaseHTTPRequestHandler, bytes], None]


@contextmanager
def served(answer: Answer) -> Iterator[str]:
    """The address of a server on the loopback interface that answers so."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            answer(self, self.rfile.read(int(self.headers["Content-Length"])))

        def log_message(self, *_: object) -> None:
            """Nothing: tests are quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/tsa"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def send(
    handler: BaseHTTPRequestHandler, body: bytes, kind: str = "application/timestamp-reply", status: int = 200
) -> None:
    handler.send_response(status)
    handler.send_header("Content-Type", kind)
    handler.end_headers()
    handler.wfile.write(body)


@pytest.mark.network
def test_a_timestamp_is_obtained_over_http(audit: Path) -> None:
    seen = []

    def answer(handler: BaseHTTPRequestHandler, request: bytes) -> None:
        seen.append((handler.path, handler.headers["Content-Type"], handler.headers["Accept"]))
        send(handler, AUTHORITY(request))

    with served(answer) as url:
        assert stamp(audit, http_post(url), ROOTS) == NOW
    assert seen == [("/tsa", "application/timestamp-query", "application/timestamp-reply")]
    assert problems(audit) == ()


def trickle(handler: BaseHTTPRequestHandler, _: bytes) -> None:
    send(handler, b"")
    done = threading.Event()
    while not done.wait(0.02):
        try:
            handler.wfile.write(b"x")
        except OSError:
            return


def hang(handler: BaseHTTPRequestHandler, _: bytes) -> None:
    handler.connection.settimeout(5)
    handler.rfile.read(1)


@pytest.mark.network
@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (lambda handler, _: send(handler, b"", status=503), "HTTP status 503"),
        (lambda handler, _: send(handler, b"<html>", "text/html; charset=utf-8"), "it answers text/html"),
        (lambda handler, _: send(handler, bytes(2000)), "it answers more than 1000 bytes"),
        (lambda handler, _: handler.wfile.write(b"nonsense\r\n\r\n"), "nonsense"),
        (lambda _handler, _: None, "Remote end closed connection without response"),
        (trickle, "timed out"),
        (hang, "timed out"),
    ],
    ids=["status", "kind", "large", "no HTTP", "closed", "trickle", "hang"],
)
def test_an_authority_that_does_not_answer_is_told(answer: Answer, told: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timestamp, "LARGEST_ANSWER", 1000)
    with served(answer) as url, pytest.raises(AuditorError) as refused:
        http_post(url, 0.3)(b"request")
    assert refused.value.message == f"The timestamp authority {url} gives no timestamp: {told}."
    assert refused.value.remedy


@pytest.mark.network
def test_an_authority_that_nobody_finds_is_told() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        url = f"http://127.0.0.1:{taken.getsockname()[1]}"
    with pytest.raises(AuditorError, match="gives no timestamp: Connection refused"):
        http_post(url)(b"request")
    for nowhere in ("http://127.0.0.1:x/", "http://[::1", "http://127.0.0.1:1/\n"):
        with pytest.raises(AuditorError, match="gives no timestamp"):
            http_post(nowhere)(b"request")


@pytest.mark.parametrize("url", ["", "file:///etc/passwd", "ftp://example.com", "example.com", "http://", "https:///x"])
def test_an_address_that_is_none_is_refused(url: str) -> None:
    with pytest.raises(UsageError, match="is no timestamp authority's address"):
        http_post(url)


# ---------------------------------------------------------------------------------------------- other tools


@pytest.mark.skipif(not shutil.which("openssl"), reason="needs openssl")
def test_openssl_verifies_the_timestamp(stamped: Path, tmp_path: Path) -> None:
    write_key(tmp_path / "root.pem", AUTHORITY.root.public_bytes(serialization.Encoding.PEM))
    command = ["openssl", "ts", "-verify", "-in", TIMESTAMP, "-data", MANIFEST, "-CAfile", str(tmp_path / "root.pem")]
    ended = subprocess.run(command, cwd=stamped, capture_output=True, text=True, check=False)
    assert "Verification: OK" in ended.stdout, ended.stderr
