"""Calls over real sockets: bodies cut short, values of no type, deadlines, refusals, and writes that are never sent."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import botocore.config
import botocore.credentials
import botocore.session
import pytest

from auditor.collectors import session as sessions
from auditor.collectors.session import AwsSession, BadBodyError, RefusedError, TimeUpError, Tuning, failure
from auditor.errors import CredentialsError

pytestmark = pytest.mark.network
SECRETS = b'{"SecretList": [{"ARN": "arn:aws:secretsmanager:us-east-1:111122223333:secret:a-1", "Name": "a"}]}'
CALLER = (
    b"<GetCallerIdentityResponse><GetCallerIdentityResult><Arn>arn:aws:iam::111122223333:user/a</Arn>"
    b"<Account>111122223333</Account></GetCallerIdentityResult></GetCallerIdentityResponse>"
)


class Server:
    """Answers every request with the next of its answers, the last one again and again."""

    def __init__(self) -> None:
        self.answers: list[Callable[[BaseHTTPRequestHandler], None]] = []
        self.requests: list[str] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                self.rfile.read(int(self.headers.get("Content-Length", 0)))
                answer = outer.answers[min(len(outer.requests), len(outer.answers) - 1)]
                outer.requests.append(self.path)
                answer(self)

            do_GET = do_POST  # noqa: N815 - the library's name

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the library's name
                pass

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.http.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.http.server_address[1]}"


def answer(body: bytes, status: int = 200, promised: int | None = None) -> Callable[[BaseHTTPRequestHandler], None]:
    def send(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        handler.send_header("Content-Length", str(len(body) if promised is None else promised))
        handler.send_header("Connection", "close")
        handler.end_headers()
        handler.wfile.write(body)
        handler.close_connection = True

    return send


@pytest.fixture
def server() -> Iterator[Server]:
    made = Server()
    thread = threading.Thread(target=lambda: made.http.serve_forever(poll_interval=0.02), daemon=True)
    thread.start()
    yield made
    made.http.shutdown()
    made.http.server_close()
    thread.join()


@pytest.fixture
def session(server: Server, monkeypatch: pytest.MonkeyPatch) -> AwsSession:
    monkeypatch.setenv("AWS_ENDPOINT_URL", server.url)
    return made_session()


def made_session(read_timeout: float = 5.0) -> AwsSession:
    core = botocore.session.Session()
    core.set_credentials("AKIAIOSFODNN7EXAMPLE", "not-a-secret")
    return AwsSession(core, Tuning(threads=2, read_timeout=read_timeout))


def list_secrets(session: AwsSession) -> object:
    return session.caller("secretsmanager", "us-east-1").call("list_secrets", 1.0)["SecretList"]


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    """Retries without pauses, and few."""
    monkeypatch.setattr(
        sessions,
        "_config",
        lambda tuning: botocore.config.Config(
            retries={"mode": "standard", "total_max_attempts": 2},
            read_timeout=tuning.read_timeout,
            connect_timeout=1,
            parameter_validation=False,
        ),
    )
    monkeypatch.setattr("botocore.retries.standard.ExponentialBackoff.delay_amount", lambda _self, _context: 0)


# ---------------------------------------------------------------------------------------------- bodies


@pytest.mark.parametrize(
    "bad",
    [
        answer(SECRETS[:40], promised=len(SECRETS)),
        answer(b'{"SecretList": []}', promised=len(SECRETS)),
        answer(SECRETS[:40]),
        answer(b""),
        answer(b'{"SecretList": [{"ARN": "a", "LastChangedDate": "garbage"}]}'),
        answer(b'{"SecretList": [["a"]]}'),
        answer(b'["a"]'),
        answer(b"<html>a proxy's page</html>"),
    ],
    ids=[
        "fewer bytes than promised",
        "fewer bytes, and JSON all the same",
        "no JSON",
        "nothing",
        "no time",
        "no structure",
        "no object",
        "HTML",
    ],
)
def test_a_broken_answer_is_asked_for_again_and_never_taken_for_none(
    bad: Callable[[BaseHTTPRequestHandler], None], server: Server, session: AwsSession
) -> None:
    server.answers = [bad]
    with pytest.raises((BadBodyError, Exception)) as raised:
        list_secrets(session)
    assert failure(raised.value).code == "InvalidResponse"
    assert len(server.requests) == 3
    server.answers = [*[bad] * 4, answer(SECRETS)]
    assert list_secrets(session) != []


def test_an_xml_answer_cut_short_is_broken(server: Server, session: AwsSession) -> None:
    for bad in (answer(CALLER[:60]), answer(CALLER[:60], promised=len(CALLER))):
        server.answers = [bad]
        with pytest.raises(CredentialsError, match="AWS does not accept the credentials"):
            sessions.identity(session, "us-east-1")


def test_a_whole_answer_is_given(server: Server, session: AwsSession) -> None:
    server.answers = [answer(CALLER)]
    assert sessions.identity(session, "us-east-1") == ("111122223333", "arn:aws:iam::111122223333:user/a")


def test_an_error_answer_has_awss_own_code(server: Server, session: AwsSession) -> None:
    server.answers = [answer(b'{"__type": "com.amazonaws#AccessDeniedException", "message": "not\\nallowed"}', 400)]
    with pytest.raises(Exception, match="not") as raised:
        list_secrets(session)
    told = failure(raised.value)
    assert (told.code, told.message) == ("AccessDeniedException", "not allowed")


# ---------------------------------------------------------------------------------------------- refusals and deadlines


@pytest.mark.parametrize(
    ("service", "method", "params"),
    [
        ("secretsmanager", "get_secret_value", {"SecretId": "a"}),
        ("secretsmanager", "delete_secret", {"SecretId": "a"}),
        ("lambda", "get_function", {"FunctionName": "a"}),
        ("iam", "create_user", {"UserName": "a"}),
        ("rds", "describe_db_security_groups", {}),
    ],
)
def test_what_is_not_on_the_list_is_never_sent(
    service: str, method: str, params: dict[str, str], server: Server, session: AwsSession
) -> None:
    server.answers = [answer(b"{}")]
    with pytest.raises(RefusedError, match="not on the list of operations"):
        session.caller(service, "us-east-1").call(method, 1.0, **params)
    assert server.requests == []


def test_no_call_takes_longer_than_its_time(
    server: Server, session: AwsSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sessions, "CALL_SECONDS", 11.05)

    def slow_failure(handler: BaseHTTPRequestHandler) -> None:
        time.sleep(0.1)
        answer(b'{"__type": "InternalServiceError"}', 500)(handler)

    server.answers = [slow_failure]
    with pytest.raises(TimeUpError) as raised:
        list_secrets(session)
    assert failure(raised.value).code == "Timeout"
    assert len(server.requests) == 1


def test_a_server_that_says_nothing_is_a_timeout(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", server.url)
    over = threading.Event()
    server.answers = [lambda _: (over.wait(5), None)[1]]
    with pytest.raises(Exception, match="timeout") as raised:
        list_secrets(made_session(read_timeout=0.1))
    over.set()
    assert failure(raised.value).code == "Timeout"


def test_nobody_there_is_a_connection_error(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{free.getsockname()[1]}")
    with pytest.raises(Exception, match="connect") as raised:
        list_secrets(made_session())
    assert failure(raised.value).code == "ConnectionError"


def test_a_connection_that_is_cut_is_a_connection_error(server: Server, session: AwsSession) -> None:
    server.answers = [lambda handler: handler.connection.shutdown(socket.SHUT_RDWR)]
    with pytest.raises(Exception, match=r".") as raised:
        list_secrets(session)
    assert failure(raised.value).code == "ConnectionError"


def test_a_bug_is_no_failure_of_awss() -> None:
    with pytest.raises(TypeError, match="no AWS failure"):
        failure(ZeroDivisionError())


# ---------------------------------------------------------------------------------------------- credentials


def test_a_session_without_credentials_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(botocore.session.Session, "get_credentials", lambda _self: None)
    with pytest.raises(CredentialsError, match="aws sso login"):
        sessions.open_session(None, Tuning())


def test_a_profile_that_does_not_exist_says_how_to_list_them() -> None:
    with pytest.raises(CredentialsError, match="list-profiles"):
        sessions.open_session("no-such-profile", Tuning())


def test_clients_are_made_once(session: AwsSession) -> None:
    assert session.caller("sts", "us-east-1") is session.caller("sts", "us-east-1")
    assert session.caller("sts", "us-east-1") is not session.caller("sts", "us-west-2")


@pytest.mark.parametrize(
    ("region", "home"),
    [("eu-central-1", "us-east-1"), ("cn-northwest-1", "cn-north-1"), ("us-gov-east-1", "us-gov-west-1")],
)
def test_a_partition_has_its_home(region: str, home: str) -> None:
    assert sessions.home_region(region) == home
