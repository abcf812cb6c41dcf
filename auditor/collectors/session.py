"""Sessions and clients: who asks AWS, how a call is guarded, and what its failure is called.

One botocore session an account over one shared loader, clients made lazily under a lock (design.md, "Collecting").
"""

from __future__ import annotations

import threading
import time
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

import botocore.config
import botocore.credentials
import botocore.exceptions
import botocore.parsers
import botocore.session
import orjson

from auditor import __version__
from auditor.collectors.actions import READ_ONLY
from auditor.collectors.catalogue import loader, partition
from auditor.errors import CredentialsError

CALL_SECONDS = 120.0
"""No call holds up its unit for longer than this, retries included (interface.md, [aws])."""

_HOME = {"aws": "us-east-1", "aws-cn": "cn-north-1", "aws-us-gov": "us-gov-west-1"}
_ATTEMPTS = 10
_CONNECT_SECONDS = 10.0
_BODY_ATTEMPTS = 3


@dataclass(frozen=True, slots=True)
class Tuning:
    """How hard AWS is asked. Seconds; `threads` bounds the calls in flight."""

    threads: int = 32
    read_timeout: float = 20.0


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a call gave nothing: AWS's own code, or Timeout, ConnectionError, InvalidResponse, Pagination."""

    code: str
    message: str


class BadBodyError(Exception):
    """A body that is cut short or is no answer to the call."""


class TimeUpError(Exception):
    """The call used up its time, retries included."""


class RefusedError(Exception):
    """An operation that is not on the reviewed list. A declaration is wrong: nothing was sent."""


_state = threading.local()


class Caller:
    """Calls one AWS operation under guard: a deadline, the read-only list, and a body that is whole.

    Thread-safe. `requests` of the calling thread's last call tells how many requests were sent for it.
    """

    def __init__(self, client: Any, service: str, allowed: Collection[str] = READ_ONLY) -> None:  # noqa: ANN401 - botocore's clients are untyped
        self._client = client
        self.service = service
        self._allowed = allowed
        events = client.meta.events
        events.register("before-call", self._refuse_others)
        events.register("request-created", _count_and_time)
        events.register("before-parse", _whole_body)

    def call(self, method: str, timeout: float, **params: Any) -> dict[str, Any]:  # noqa: ANN401 - request members
        """Call and return the parsed answer; a broken body is asked for again. Raises what botocore raises."""
        _state.ends = time.monotonic() + CALL_SECONDS - timeout - _CONNECT_SECONDS
        for attempt in range(_BODY_ATTEMPTS):
            try:
                answer: dict[str, Any] = getattr(self._client, method)(**params)
            except (BadBodyError, botocore.parsers.ResponseParserError):
                if attempt == _BODY_ATTEMPTS - 1:
                    raise
            except (ValueError, TypeError, AttributeError, KeyError, OverflowError) as error:
                if not _raised_by_parser(error):
                    raise
                if attempt == _BODY_ATTEMPTS - 1:
                    raise BadBodyError(f"the answer is not as AWS describes it: {error}") from error
            else:
                return answer
        raise AssertionError("the loop returns or raises")

    def _refuse_others(self, model: Any, **_: object) -> None:  # noqa: ANN401 - botocore's models are untyped
        name = f"{model.service_model.service_name}:{model.name}"
        if name not in self._allowed:
            raise RefusedError(f"{name} is not on the list of operations that may be called")

    @staticmethod
    def start() -> None:
        """Begin counting requests for this thread."""
        _state.requests = 0

    @staticmethod
    def requests() -> int:
        """Requests that this thread sent since `start`, retries included."""
        return int(getattr(_state, "requests", 0))


class AwsSession:
    """The credentials of one account, and its clients."""

    def __init__(self, core: botocore.session.Session, tuning: Tuning) -> None:
        self._core = core
        self.tuning = tuning
        self._lock = threading.Lock()
        self._callers: dict[tuple[str, str], Caller] = {}
        self._senders: dict[tuple[str, str], Caller] = {}

    def caller(self, service: str, region: str) -> Caller:
        """The caller for a service in a region; made once. Raises botocore's NoCredentialsError and its kin."""
        with self._lock:
            key = (service, region)
            if key not in self._callers:
                self._callers[key] = Caller(
                    self._core.create_client(service, region_name=region, config=_config(self.tuning)), service
                )
            return self._callers[key]

    def sender(self, service: str, region: str, allowed: Collection[str]) -> Caller:
        """A caller that may call these operations and no other (`service:Operation`), for what is no collecting."""
        with self._lock:
            key = (service, region)
            if key not in self._senders:
                client = self._core.create_client(service, region_name=region, config=_config(self.tuning))
                self._senders[key] = Caller(client, service, allowed)
            return self._senders[key]

    def assume(self, role_arn: str, external_id: str | None, region: str) -> AwsSession:
        """A session with a role's temporary credentials, which botocore renews. Asked for at the first call."""
        extra: dict[str, Any] = {"RoleSessionName": "auditor"}
        if external_id:
            extra["ExternalId"] = external_id

        def client(name: str, **settings: Any) -> Any:  # noqa: ANN401 - botocore's clients are untyped
            settings |= {"config": _config(self.tuning), "region_name": region}
            return self._core.create_client(name, **settings)

        fetcher = botocore.credentials.AssumeRoleCredentialFetcher(
            client_creator=client,
            source_credentials=self._core.get_credentials(),
            role_arn=role_arn,
            extra_args=extra,
        )
        core = _core_session(None)
        core._credentials = botocore.credentials.DeferredRefreshableCredentials(  # noqa: SLF001 - botocore has no setter for renewable credentials
            refresh_using=fetcher.fetch_credentials, method="assume-role"
        )
        return AwsSession(core, self.tuning)


def open_session(profile: str | None, tuning: Tuning) -> AwsSession:
    """The caller's own session: environment, `~/.aws`, IMDS, as every AWS tool. Raises CredentialsError."""
    try:
        core = _core_session(profile)
        if core.get_credentials() is None:
            raise CredentialsError(
                "No AWS credentials were found.", "Set AWS_PROFILE, log in (`aws sso login`), or give --profile."
            )
    except botocore.exceptions.ProfileNotFound as error:
        raise CredentialsError(f"{error}.", "`aws configure list-profiles` lists those there are.") from error
    except botocore.exceptions.BotoCoreError as error:
        raise CredentialsError(f"The AWS configuration cannot be used: {error}.", "See `aws configure`.") from error
    return AwsSession(core, tuning)


def identity(session: AwsSession, region: str) -> tuple[str, str]:
    """The caller's account id and ARN, as STS names them. Raises CredentialsError where STS does not answer."""
    try:
        answer = session.caller("sts", region).call("get_caller_identity", session.tuning.read_timeout)
        return answer["Account"], answer["Arn"]
    except (
        botocore.exceptions.BotoCoreError,
        botocore.exceptions.ClientError,
        botocore.parsers.ResponseParserError,
        BadBodyError,
        TimeUpError,
        KeyError,
        ValueError,  # botocore's for an endpoint that is no URL
    ) as error:
        told = failure(error)
        raise CredentialsError(
            f"AWS does not accept the credentials, or cannot be asked ({told.code}: {told.message}).",
            "Log in again, or check AWS_PROFILE, AWS_ENDPOINT_URL, AWS_CA_BUNDLE and the network.",
        ) from error


def home_region(region: str) -> str:
    """The region that a partition's global services are called in."""
    return _HOME[partition(region)]


def failure(error: BaseException) -> Failure:
    """What an error is called in the ledger (interface.md, "Gaps"). Raises TypeError for one that is a bug."""
    if isinstance(error, botocore.exceptions.ClientError):
        told = error.response.get("Error", {})
        return Failure(str(told.get("Code") or "InvalidResponse"), _line(told.get("Message") or str(error)))
    if isinstance(error, TimeUpError | botocore.exceptions.ReadTimeoutError | botocore.exceptions.ConnectTimeoutError):
        return Failure("Timeout", _line(str(error)))
    if isinstance(error, botocore.exceptions.PaginationError):
        return Failure("Pagination", _line(str(error)))
    if isinstance(error, BadBodyError | botocore.parsers.ResponseParserError | ValueError | KeyError):
        return Failure("InvalidResponse", _line(str(error)))
    if isinstance(error, botocore.exceptions.HTTPClientError | botocore.exceptions.ConnectionError):
        return Failure("ConnectionError", _line(str(error)))
    if isinstance(error, botocore.exceptions.BotoCoreError):
        return Failure(type(error).__name__, _line(str(error)))
    raise TypeError(f"no AWS failure: {error!r}") from error


def _line(text: str) -> str:
    return " ".join(text.split())[:500]


def _core_session(profile: str | None) -> botocore.session.Session:
    core = botocore.session.Session(profile=profile)
    core.register_component("data_loader", loader())
    return core


def _config(tuning: Tuning) -> botocore.config.Config:
    return botocore.config.Config(
        retries={"mode": "adaptive", "total_max_attempts": _ATTEMPTS},
        max_pool_connections=tuning.threads,
        read_timeout=tuning.read_timeout,
        connect_timeout=min(_CONNECT_SECONDS, tuning.read_timeout),
        user_agent_extra=f"auditor/{__version__}",
        parameter_validation=False,
    )


def _count_and_time(**_: object) -> None:
    _state.requests = getattr(_state, "requests", 0) + 1
    if time.monotonic() > getattr(_state, "ends", float("inf")):
        raise TimeUpError(f"no answer within {CALL_SECONDS:.0f} s, retries included")


def _raised_by_parser(error: BaseException) -> bool:
    """Whether botocore's parser stumbled over a value, such as a time that is none: AWS's doing, no bug here."""
    trace = error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_globals.get("__name__") == botocore.parsers.__name__:
            return True
        trace = trace.tb_next
    return False


def _whole_body(operation_model: Any, response_dict: Mapping[str, Any], **_: object) -> None:  # noqa: ANN401 - botocore's models are untyped
    """Botocore takes a JSON body cut short for an empty success: compare its length, and read it."""
    body = response_dict.get("body")
    if not isinstance(body, bytes) or operation_model.http.get("method") == "HEAD":
        return
    promised = response_dict["headers"].get("content-length")
    if promised is not None and promised.isdigit() and int(promised) != len(body):
        raise BadBodyError(f"the answer has {len(body)} bytes where {promised} were promised")
    if response_dict["status_code"] < 300 and "json" in operation_model.service_model.resolved_protocol:  # noqa: PLR2004 - HTTP success
        try:
            orjson.loads(body)
        except orjson.JSONDecodeError as error:
            raise BadBodyError(f"the answer is no JSON: {error}") from error
