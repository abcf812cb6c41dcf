"""The embedded AWS account: in this process (`EmbeddedAccount`), or over HTTP on the loopback interface (`serve`).

Both hold moto's state apart from everybody else's: the backends of an account are put in place for its own calls and
taken away afterwards. So a faulty and an ideal account can be served at once, beside one that is embedded.
"""

from __future__ import annotations

import json
import os
import socket
import threading
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, Self
from unittest.mock import patch
from urllib.parse import urlparse

import boto3
from botocore.exceptions import EndpointConnectionError
from botocore.httpsession import URLLib3Session
from moto import mock_aws
from moto.core.base_backend import BackendDict
from moto.core.request import Request
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from werkzeug.wrappers import Response

from auditor.demo import moto_gaps
from auditor.demo.worlds import WORLDS, build

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import TracebackType

moto_gaps.needs("moto.core.base_backend:BackendDict._instances", "moto.s3.models:s3_backends.bucket_accounts")

ACCOUNT_ID = "123456789012"
REGIONS = ("us-east-1", "us-west-2")
_POLL_SECONDS = 0.02
_LONGEST_LINE = 65537
_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
_CREDENTIALS = {
    "AWS_ACCESS_KEY_ID": "FOOBARKEY",
    "AWS_SECRET_ACCESS_KEY": "FOOBARSECRET",
    "AWS_DEFAULT_REGION": REGIONS[0],
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    "AWS_EC2_METADATA_DISABLED": "true",
}

State = dict[Any, dict[Any, Any]]
"""moto's backends that are in use, with what they hold: backends of a service -> account -> region."""


def _backends_in_use() -> list[Any]:
    instances: list[Any] = vars(BackendDict)["_instances"]  # moto has no public name for it
    return instances


def _swap(incoming: State) -> State:
    """Put an account's state into moto's global backends; the state that was there is the answer."""
    instances = _backends_in_use()
    outgoing = {backends: dict(backends) for backends in instances}
    for backends in instances:
        backends.clear()
        _name_buckets(backends)
    instances[:] = incoming
    for backends, accounts in incoming.items():
        backends.update(accounts)
        _name_buckets(backends)
    return outgoing


def _name_buckets(backends: Any) -> None:  # noqa: ANN401 - moto's own types
    """Say whose each bucket is: S3 keeps that apart from its buckets, as all accounts share their names."""
    if hasattr(backends, "bucket_accounts"):
        backends.bucket_accounts = {
            name: (partition, account)
            for account, places in backends.items()
            for partition, place in places.items()
            for name in (*place.buckets, *place.table_buckets)
        }


def _fence_off(session: Any, request: Any) -> Any:  # noqa: ANN401 - botocore's own types
    """`URLLib3Session.send` while an account is embedded: nothing leaves this machine."""
    if urlparse(request.url).hostname not in _LOOPBACK:
        raise EndpointConnectionError(endpoint_url=request.url)
    return _send(session, request)


_send = URLLib3Session.send


class EmbeddedAccount:
    """Account 123456789012 in this process, with the systems of `worlds` deployed: as documented faulty, or ideal.

    While the context is open, boto3 needs no credentials and no network: every session made within it, in whatever
    thread, meets the embedded account, calls to an address outside this machine fail, and environment variables and
    configuration files of the user's have no say. Afterwards everything is as it was.
    """

    def __init__(self, ideal: bool = False, worlds: tuple[str, ...] = WORLDS) -> None:  # noqa: FBT001, FBT002 - promised
        self.ideal = ideal
        self.worlds = worlds
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            stack.callback(_restore_environment, {k: v for k, v in os.environ.items() if k.startswith("AWS_")})
            for name in [name for name in os.environ if name.startswith("AWS_")]:
                del os.environ[name]
            os.environ.update(_CREDENTIALS)
            moto_gaps.install()
            stack.callback(moto_gaps.uninstall)
            stack.enter_context(_own_backends({}))
            stack.enter_context(mock_aws(config={"lambda": {"use_docker": False}}))
            os.environ.update(_CREDENTIALS)
            stack.enter_context(patch.object(URLLib3Session, "send", _fence_off))
            build(boto3.Session(), ideal=self.ideal, worlds=self.worlds)
            self._stack = stack.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._stack.__exit__(kind, value, traceback)

    def state(self) -> State:
        """Everything that is deployed, taken out of moto: the account is empty from then on."""
        with moto_gaps.LOCK:
            return _swap({})


def _restore_environment(before: dict[str, str]) -> None:
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        del os.environ[name]
    os.environ.update(before)


@contextmanager
def _own_backends(state: State) -> Iterator[None]:
    with moto_gaps.LOCK:
        outer = _swap(state)
    try:
        yield
    finally:
        with moto_gaps.LOCK:
            _swap(outer)


# ------------------------------------------------------------------------------------------- over HTTP


@dataclass(frozen=True, slots=True)
class Served:
    """An account that is served: where, and what a process needs in its environment to meet it."""

    url: str
    application: Application
    """The account itself: its state can be taken and put back."""

    @property
    def environment(self) -> dict[str, str]:
        """Variables for a client in another process."""
        return {**_CREDENTIALS, "AWS_ENDPOINT_URL": self.url}


class Application:
    """An account as a WSGI application, for `serve` or to stand behind another layer. One request at a time."""

    def __init__(self, state: State) -> None:
        self.state = state
        self._moto = DomainDispatcherApplication(create_backend_app)

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Any:  # noqa: ANN401 - WSGI
        """Carry out one request on this account's own state."""
        with moto_gaps.LOCK:
            outer = _swap(self.state)
            try:
                return self._answer(environ)(environ, start_response)
            finally:
                self.state = _swap(outer)

    def _answer(self, environ: dict[str, Any]) -> Any:  # noqa: ANN401 - WSGI
        answered = moto_gaps.answer_whole_service(Request(environ))
        if answered is not None:
            status, headers, body = answered
            return Response(body, int(status), {str(name): str(value) for name, value in headers.items()})
        try:
            return Response.from_app(self._moto, environ, buffered=True)
        except Exception as problem:  # noqa: BLE001 - moto raises whatever it likes at a service that it does not know
            unknown = {"__type": "UnknownOperationException", "message": f"The embedded account: {problem!r}"}
            return Response(json.dumps(unknown), 400, {"Content-Type": "application/x-amz-json-1.1"})


class _Handler(BaseHTTPRequestHandler):
    """HTTP/1.1 with connections that are kept alive, which werkzeug's server does not do, and no log."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1
    server: _Server

    def handle_one_request(self) -> None:
        """Read one request, have the application answer it, and write the answer."""
        self.raw_requestline = self.rfile.readline(_LONGEST_LINE)
        if not self.raw_requestline or not self.parse_request():
            self.close_connection = True
            return
        url = f"http://{self.headers.get('Host', 'localhost')}{self.path}"
        request = Request.from_primitives(self.command, url, self.headers, self._body())
        request.environ["RAW_URI"] = self.path
        answer = Response.from_app(self.server.application, request.environ, buffered=True)
        answer.headers.setdefault("Content-Length", str(len(answer.get_data())))
        self.send_response_only(answer.status_code)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(answer.get_data())
        self.wfile.flush()

    def _body(self) -> bytes:
        if "chunked" not in self.headers.get("Transfer-Encoding", ""):
            return self.rfile.read(int(self.headers.get("Content-Length") or 0))
        body = b""
        while size := int(self.rfile.readline(_LONGEST_LINE).split(b";")[0], 16):
            body += self.rfile.read(size)
            self.rfile.readline(_LONGEST_LINE)
        self.rfile.readline(_LONGEST_LINE)
        return body

    def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002 - the base class's own name
        """Say nothing."""


class _Server(ThreadingHTTPServer):
    """A thread for each connection; on closing, those still open are cut off."""

    daemon_threads = True
    request_queue_size = 128
    """An audit opens dozens of connections at once; one that is not taken waits a second before it asks again."""

    def __init__(self, port: int, application: Application) -> None:
        super().__init__(("127.0.0.1", port), _Handler)
        self.application = application
        self._connections: set[Any] = set()

    def process_request(self, request: Any, client_address: Any) -> None:  # noqa: ANN401 - socketserver's own types
        """Remember the connection."""
        self._connections.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:  # noqa: ANN401 - socketserver's own types
        """Forget the connection, which is over."""
        self._connections.discard(request)
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ANN401 - socketserver's own types
        """A connection that breaks is its client's business."""

    def server_close(self) -> None:
        """Cut off what is still open."""
        super().server_close()
        for connection in list(self._connections):
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)


@contextmanager
def serve(ideal: bool | None = None, worlds: tuple[str, ...] = WORLDS, port: int = 0) -> Iterator[Served]:  # noqa: FBT001 - promised
    """Serve an account on the loopback interface while the context is open; `ideal=None` serves an empty one.

    Clients take any credentials, and `url` as `AWS_ENDPOINT_URL`.
    """
    state: State = {}
    if ideal is not None:
        with EmbeddedAccount(ideal, worlds) as account:
            state = account.state()
    moto_gaps.install()
    server = _Server(port, Application(state))
    thread = threading.Thread(target=server.serve_forever, args=(_POLL_SECONDS,), name="embedded-account", daemon=True)
    thread.start()
    try:
        yield Served(f"http://127.0.0.1:{server.server_port}", server.application)
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
        moto_gaps.uninstall()
