"""Posting to Slack: against a server on the loopback interface that answers as Slack does, or as it should not."""

from __future__ import annotations

import contextlib
import datetime
import http.server
import json
import logging
import socket
import ssl
import threading
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from auditor.delivery import DeliveryError
from auditor.delivery.slack import send

pytestmark = pytest.mark.network

SECRET = "T000SECRET/B000SECRET/kJx8SecretSecretSecret"
PATH = f"/services/{SECRET}"
PAYLOAD = json.dumps({"text": "1 of 22 requirements fails.", "blocks": [{"type": "divider"}]})

Answer = tuple[int, str] | tuple[int, str, dict[str, str]]


@dataclass
class Slack:
    """What the server was asked, and what it answers: the answers in turn, the last one for ever."""

    port: int = 0
    answers: list[Answer] = field(default_factory=lambda: [(200, "ok")])
    posts: list[tuple[str, str, Any]] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}{PATH}"

    def next(self) -> Answer:
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


def handler(slack: Slack) -> type[http.server.BaseHTTPRequestHandler]:
    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            slack.posts.append((self.command, self.path, json.loads(body)))
            self._answer()

        def do_GET(self) -> None:
            slack.posts.append((self.command, self.path, None))
            self._answer()

        def do_CONNECT(self) -> None:
            slack.posts.append((self.command, self.path, None))
            self.send_error(407, f"not for {SECRET}")

        def _answer(self) -> None:
            status, text, *headers = slack.next()
            if status == 0:
                self.connection.shutdown(socket.SHUT_RDWR)
                self.close_connection = True
                return
            self.send_response(status)
            for name, value in (headers[0] if headers else {}).items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(text.encode())))
            self.end_headers()
            self.wfile.write(text.encode())

        def log_message(self, *_: object) -> None:
            pass

    return Handler


@contextlib.contextmanager
def serving(slack: Slack, context: ssl.SSLContext | None = None) -> Iterator[Slack]:
    class Server(http.server.ThreadingHTTPServer):
        def handle_error(self, *_: object) -> None:
            """A client that does not trust a certificate hangs up: that is no news."""

    with Server(("127.0.0.1", 0), handler(slack)) as server:
        if context is not None:
            server.socket = context.wrap_socket(server.socket, server_side=True)
        slack.port = server.server_port
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield slack
        finally:
            server.shutdown()
            thread.join()


@pytest.fixture(name="slack")
def _slack() -> Iterator[Slack]:
    with serving(Slack()) as slack:
        yield slack


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy", "NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)


@dataclass
class Time:
    """A clock that only sleeping moves."""

    slept: list[float] = field(default_factory=list)

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)

    def clock(self) -> float:
        return 1000.0 + sum(self.slept)


def post(url: str, payload: str = PAYLOAD) -> Time:
    time = Time()
    send(url, payload, sleep=time.sleep, clock=time.clock)
    return time


def refused(url: str, payload: str = PAYLOAD) -> tuple[DeliveryError, Time]:
    """The error that posting ends in, checked for the secret, wherever it could stand."""
    time = Time()
    with pytest.raises(DeliveryError) as caught:
        send(url, payload, sleep=time.sleep, clock=time.clock)
    error = caught.value
    assert_secret_is_kept("".join(traceback.format_exception(error)), str(error), repr(error), repr(vars(error)))
    assert error.__cause__ is None
    assert error.__context__ is None
    assert error.remedy
    return error, time


def assert_secret_is_kept(*texts: str) -> None:
    for text in texts:
        assert not [part for part in ("SECRET", "Secret", "/services/") if part in text]


# ---------------------------------------------------------------------------------------- what Slack answers


def test_ok_is_a_message_posted_once_as_it_is(slack: Slack) -> None:
    assert post(slack.url).slept == []
    assert slack.posts == [("POST", PATH, json.loads(PAYLOAD))]


def test_white_space_round_ok_is_ok(slack: Slack) -> None:
    slack.answers = [(200, "ok\n")]
    post(slack.url)


@pytest.mark.parametrize(
    ("answers", "slept"),
    [
        ([(429, "rate_limited", {"Retry-After": "7"}), (200, "ok")], [7]),
        ([(429, "rate_limited", {"retry-after": "0"}), (200, "ok")], [0]),
        ([(429, "", {"Retry-After": "Wed, 21 Oct 2026 07:28:00 GMT"}), (200, "ok")], [2]),
        ([(429, ""), (200, "ok")], [2]),
        ([(500, "rollup_error"), (502, "<html>"), (200, "ok")], [2, 4]),
        ([(503, ""), (504, ""), (599, ""), (200, "ok")], [2, 4, 8]),
        ([(0, ""), (200, "ok")], [2]),
        ([(500, ""), (429, "", {"Retry-After": "30"}), (200, "ok")], [2, 30]),
    ],
)
def test_what_passes_is_waited_for(slack: Slack, answers: list[Answer], slept: list[float]) -> None:
    slack.answers = answers
    assert post(slack.url).slept == slept
    assert len(slack.posts) == len(slept) + 1


@pytest.mark.parametrize(
    ("answer", "said", "code", "posts"),
    [
        ((500, "rollup_error"), "Slack refuses the message: rollup_error (HTTP 500).", "rollup_error", 4),
        ((502, "<html>"), "Slack itself fails (HTTP 502).", "", 4),
        (
            (429, "rate_limited", {"Retry-After": "9"}),
            "Slack refuses the message: rate_limited (HTTP 429).",
            "rate_limited",
            4,
        ),
        (
            (429, "", {"Retry-After": "9"}),
            "Slack wants fewer messages, and to be left alone for 9 s (HTTP 429).",
            "rate_limited",
            4,
        ),
        ((429, ""), "Slack wants fewer messages (HTTP 429).", "rate_limited", 4),
        (
            (429, "", {"Retry-After": "61"}),
            "Slack wants fewer messages, and to be left alone for 61 s (HTTP 429).",
            "rate_limited",
            1,
        ),
        ((0, ""), "Slack could not be reached (RemoteDisconnected).", "", 4),
    ],
)
def test_what_does_not_pass_is_given_up(slack: Slack, answer: Answer, said: str, code: str, posts: int) -> None:
    slack.answers = [answer]
    error, time = refused(slack.url)
    assert (error.message, error.code, len(slack.posts)) == (said, code, posts)
    assert sum(time.slept) <= 60


def test_no_attempt_begins_after_a_minute(slack: Slack) -> None:
    slack.answers = [(429, "", {"Retry-After": "25"})]
    _, time = refused(slack.url)
    assert time.slept == [25, 25]
    assert len(slack.posts) == 3


@pytest.mark.parametrize(
    ("status", "word", "remedy"),
    [
        (400, "invalid_blocks", "please report it"),
        (400, "invalid_payload", "please report it"),
        (403, "action_prohibited", "administrator"),
        (403, "invalid_token", "new incoming webhook"),
        (404, "channel_not_found", "another one"),
        (404, "no_service", "new incoming webhook"),
        (404, "no_active_hooks", "new incoming webhook"),
        (410, "channel_is_archived", "Unarchive"),
        (200, "no_text", "please report it"),
    ],
)
def test_slacks_word_is_told_with_what_to_do(slack: Slack, status: int, word: str, remedy: str) -> None:
    slack.answers = [(status, word)]
    error, time = refused(slack.url)
    assert error.message == f"Slack refuses the message: {word} (HTTP {status})."
    assert error.code == word
    assert remedy in error.remedy
    assert (len(slack.posts), time.slept) == (1, [])


@pytest.mark.parametrize(
    ("status", "text"),
    [
        (404, f"The requested URL {PATH} was not found"),
        (403, SECRET),
        (200, "<html>Log in to the hotel's network</html>"),
        (200, ""),
        (204, ""),
        (400, "x" * 100_000),
        (400, "\ud83d\ude00\u202e"),
    ],
)
def test_of_what_is_not_slacks_nothing_is_quoted(slack: Slack, status: int, text: str) -> None:
    slack.answers = [(status, text.encode("utf-16", "surrogatepass").decode("utf-16"))]
    error, _ = refused(slack.url)
    assert error.message == f"What answers at the webhook's URL does not say ok (HTTP {status})."


def test_an_answer_in_no_encoding_is_an_error_like_others(slack: Slack) -> None:
    slack.answers = [(400, "x", {"Content-Type": "text/plain; charset=klingon"})]
    error, _ = refused(slack.url)
    assert error.message == "Slack could not be reached (LookupError)."


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_not_followed(slack: Slack, status: int) -> None:
    with serving(Slack()) as elsewhere:
        slack.answers = [(status, "", {"Location": f"http://127.0.0.1:{elsewhere.port}/{SECRET}"})]
        error, _ = refused(slack.url)
    assert error.message == f"The webhook's URL redirects, which is not followed (HTTP {status})."
    assert elsewhere.posts == []
    assert len(slack.posts) == 1


# ---------------------------------------------------------------------------------------- the network


def closed_port() -> int:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        port: int = listening.getsockname()[1]
    return port


def test_a_refused_connection_is_tried_four_times() -> None:
    error, time = refused(f"http://127.0.0.1:{closed_port()}{PATH}")
    assert error.message == "Slack could not be reached (ConnectionRefusedError: Connection refused)."
    assert time.slept == [2, 4, 8]


def test_a_host_that_does_not_exist_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def nowhere(*_: object, **__: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", nowhere)
    error, _ = refused(f"https://hooks.slack.test{PATH}")
    assert error.message == "Slack could not be reached (gaierror: Name or service not known)."


def test_silence_is_not_asked_again_for_the_message_may_be_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("auditor.delivery.slack._TIMEOUT", 0.05)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        error, time = refused(f"http://127.0.0.1:{silent.getsockname()[1]}{PATH}")
    assert error.message == "Slack did not answer in time; the message may have been posted."
    assert time.slept == []


def certificate(folder: Path) -> ssl.SSLContext:
    """A server's context with a certificate that nobody vouches for."""
    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([])
    now = datetime.datetime.now(datetime.UTC)
    builder = x509.CertificateBuilder(name, name, key.public_key(), 1, now, now + datetime.timedelta(days=1))
    pem = builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    (folder / "server.pem").write_bytes(pem + private)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "server.pem")
    return context


def test_a_certificate_that_nobody_vouches_for_is_not_trusted_and_not_tried_again(tmp_path: Path) -> None:
    with serving(Slack(), certificate(tmp_path)) as slack:
        error, time = refused(slack.url.replace("http://", "https://"))
    assert error.message == "Slack could not be reached (its certificate is not trusted: self-signed certificate)."
    assert time.slept == []
    assert slack.posts == []


def test_a_proxy_of_the_environment_is_asked_for_a_tunnel_each_time(
    slack: Slack, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", f"http://somebody:password@127.0.0.1:{slack.port}")
    error, _ = refused(f"https://hooks.slack.test{PATH}")
    assert error.message == "Slack could not be reached (the proxy answers 407)."
    assert [(method, path) for method, path, _ in slack.posts] == [("CONNECT", "hooks.slack.test:443")] * 4


def test_a_proxy_is_not_given_what_is_for_this_machine(slack: Slack, monkeypatch: pytest.MonkeyPatch) -> None:
    with serving(Slack()) as proxy:
        for name in ("HTTPS_PROXY", "HTTP_PROXY", "https_proxy", "http_proxy"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.port}")
        post(slack.url)
    assert len(slack.posts) == 1
    assert proxy.posts == []


def test_a_proxy_is_not_given_what_is_for_this_machine_over_https(
    slack: Slack, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", slack.url)
    with serving(Slack(), certificate(tmp_path)) as secure:
        error, _ = refused(secure.url.replace("http://", "https://"))
    assert "certificate" in error.message
    assert slack.posts == []


# ---------------------------------------------------------------------------------------- what is not sent at all


@pytest.mark.parametrize(
    "url",
    [
        f"http://hooks.slack.com{PATH}",
        f"http://127.0.0.1.example.test{PATH}",
        f"http://10.0.0.1{PATH}",
        f"http://2130706433{PATH}",
        f"ftp://127.0.0.1{PATH}",
        f"file://{PATH}",
    ],
)
def test_only_https_is_taken_but_for_this_machine(url: str) -> None:
    error, _ = refused(url)
    assert "URL" in error.message


@pytest.mark.parametrize(
    "url",
    [
        "",
        PATH,
        "https://",
        f"https://hooks.slack.com:port{PATH}",
        f"https://hooks.slack.com:0{PATH}",
        f"https://user:password@hooks.slack.com{PATH}",
        f"https://[::1{PATH}",
        f"https://hooks.slack.com{PATH} ",
        f"https://hooks.slack.com{PATH}\r\nHost: evil.test",
        f"https://hooks.sl\u0430ck.com{PATH}",
    ],
)
def test_what_is_no_url_is_told_without_it(url: str) -> None:
    error, _ = refused(url)
    assert error.message == "The Slack webhook's URL is no URL of a webhook."


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "127.8.9.10", "[::1]"])
def test_this_machine_may_be_asked_over_http(host: str) -> None:
    error, _ = refused(f"http://{host}:{closed_port()}{PATH}")
    assert "could not be reached" in error.message


@pytest.mark.parametrize("payload", ["", "{", "[]", '"text"', "null", "{}", "7"])
def test_what_is_no_payload_is_not_sent(slack: Slack, payload: str) -> None:
    error, _ = refused(slack.url, payload)
    assert error.message == "What is to be sent to Slack is no JSON object."
    assert slack.posts == []


def test_a_lone_surrogate_is_sent_as_json_has_it(slack: Slack) -> None:
    post(slack.url, '{"text": "lone \\ud800 surrogate"}')
    assert slack.posts[0][2] == {"text": "lone \ud800 surrogate"}


# ---------------------------------------------------------------------------------------- the secret


def _ok(slack: Slack) -> None:
    slack.answers = [(200, "ok")]


def _fails(slack: Slack) -> None:
    slack.answers = [(500, f"{PATH} failed")]


def _cut(slack: Slack) -> None:
    slack.answers = [(0, "")]


def _throttled(slack: Slack) -> None:
    slack.answers = [(429, "", {"Retry-After": "1"})]


def _moved(slack: Slack) -> None:
    slack.answers = [(302, "", {"Location": PATH})]


@pytest.mark.parametrize("prepare", [_ok, _fails, _cut, _throttled, _moved])
def test_no_log_record_names_the_secret_at_any_level(
    slack: Slack,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    prepare: Callable[[Slack], None],
) -> None:
    caplog.set_level(logging.NOTSET)
    for name in (
        "slack_sdk",
        "slack_sdk.webhook",
        "slack_sdk.webhook.client",
        "auditor.delivery.slack",
        "urllib",
        "http",
    ):
        logging.getLogger(name).setLevel(logging.DEBUG)
        monkeypatch.setattr(logging.getLogger(name), "disabled", False)
    logging.getLogger("test").debug("is seen")
    prepare(slack)
    if prepare is _ok:
        post(slack.url)
    else:
        refused(slack.url)
    assert slack.posts
    assert "is seen" in caplog.text
    assert_secret_is_kept(caplog.text, *(repr(vars(record)) for record in caplog.records), *capfd.readouterr())


def test_slack_sdks_own_log_would_have_named_it(slack: Slack, caplog: pytest.LogCaptureFixture) -> None:
    from slack_sdk.webhook import WebhookClient

    caplog.set_level(logging.NOTSET)
    WebhookClient(slack.url, retry_handlers=[]).send_dict({"text": "x"})
    with pytest.raises(AssertionError):
        assert_secret_is_kept(caplog.text)
