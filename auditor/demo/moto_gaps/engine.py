"""How moto's answers are put right: one hook in moto's dispatch, and a function for each operation it gets wrong.

A *gap* is a function that stands round one API operation. It gets a `Call`, may let moto answer first (`call.moto()`),
and returns the operation's output in boto3's shape; the hook writes it in the operation's own wire protocol. Because it
sits in `BaseResponse.call_action`, a gap works the same in-process (`mock_aws`) and over HTTP (moto's WSGI
application). To add one: write a decorated function in the service's module beside this one, and name in `needs` what
it takes of moto beyond the answers.

`install` also makes moto safe to use from several threads (one lock round every call), turns what moto has not
implemented into an error as AWS would give it instead of an exception of Python's or an HTML page, and keeps moto from
starting Docker for Lambda or loading thousands of machine images.
"""

from __future__ import annotations

import functools
import importlib
import operator
import os
import re
import threading
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from unittest.mock import patch

import botocore.parsers
from moto.core.botocore_stubber import BotocoreStubber
from moto.core.config import default_user_config
from moto.core.exceptions import ServiceException
from moto.core.parse import PROTOCOL_PARSERS
from moto.core.request import Request, determine_request_protocol, normalize_request
from moto.core.responses import ActionResult, BaseResponse
from moto.core.serialize import get_serializer_class
from moto.core.utils import get_service_model

from auditor.errors import AuditorError

LOCK = threading.RLock()
"""Held round every call into moto, which is not thread-safe, and round every change of its backends."""

DATE_HEADER = "x-demo-date"
"""A request with this header (ISO 8601) is carried out as of that time, where a gap provides for it."""

Gap = Callable[["Call"], dict[str, Any]]

_gaps: dict[tuple[str, str], Gap] = {}
_needs: set[str] = set()
_whole_services: dict[str, str] = {}
"""Signing name -> botocore's service name, of the services that moto does not know at all."""


class MotoChangedError(AuditorError):
    """moto has no longer what a gap builds on, so the embedded account cannot be trusted to answer as AWS does."""


class AwsError(ServiceException):
    """An error as AWS would answer it: code and message. moto would look for its own errors in a module of moto's."""


class _RefusedError(Exception):
    """moto answered with an error, which is passed on as it is."""

    def __init__(self, answer: tuple[int, dict[str, str], Any]) -> None:
        super().__init__("moto answered with an error")
        self.answer = answer


@dataclass(frozen=True, slots=True)
class Call:
    """One request, as a gap sees it."""

    response: Any
    model: Any
    """botocore's model of the operation."""

    @property
    def account(self) -> str:
        """The account that the credentials belong to."""
        return str(self.response.current_account)

    @property
    def region(self) -> str:
        """The region that the request is meant for."""
        return str(self.response.region)

    @property
    def date(self) -> datetime:
        """When the request is carried out: now, unless `DATE_HEADER` says otherwise."""
        asked = self.response.headers.get(DATE_HEADER)
        return datetime.fromisoformat(asked) if asked else datetime.now(UTC)

    def params(self) -> dict[str, Any]:
        """The request's parameters in boto3's shape."""
        request = self.response.normalized_request
        parser = PROTOCOL_PARSERS[determine_request_protocol(self.model.service_model, request.content_type)]
        return dict(
            parser(self.model, map_type=dict).parse(
                {
                    "method": request.method,
                    "values": request.values,
                    "headers": request.headers,
                    "body": request.data,
                    "url_path": request.path,
                    "url_params": self.response.uri_match,
                }
            )
        )

    def backend(self, module: str, *, of_service: str = "", region: str = "") -> Any:  # noqa: ANN401 - moto's own types
        """The state of a service in moto: `call.backend("rds")` is moto's `rds_backends[account][region]`."""
        backends = getattr(importlib.import_module(f"moto.{module}.models"), f"{of_service or module}_backends")
        return backends[self.account][region or self.region]

    def moto(self) -> dict[str, Any]:
        """What moto answers, in boto3's shape. Where moto answers with an error, that is the answer to the request."""
        status, headers, body = _call_action(self.response)
        if int(status) >= 400:  # noqa: PLR2004 - HTTP
            raise _RefusedError((status, headers, body))
        raw = body.encode() if isinstance(body, str) else body
        protocol = self.response.determine_response_protocol(self.model.service_model)
        lowered = {str(key).lower(): str(value) for key, value in headers.items()}
        parsed = botocore.parsers.create_parser(protocol).parse(
            {"status_code": 200, "headers": lowered, "body": raw}, self.model.output_shape
        )
        parsed.pop("ResponseMetadata", None)
        return dict(parsed)


def gap(service: str, *operations: str) -> Callable[[Gap], Gap]:
    """Mark a function as what answers these operations of a service (boto3's names)."""

    def register(function: Gap) -> Gap:
        for operation in operations:
            if (service, operation) in _gaps:
                raise ValueError(f"two gaps for {service}.{operation}")
            _gaps[service, operation] = function
        return function

    return register


def whole_service(service: str, signing_name: str = "") -> None:
    """Make known a service that moto lacks altogether: its operations are those that have a gap."""
    _whole_services[signing_name or service] = service


def needs(*paths: str) -> None:
    """Name what gaps take of moto beside its public answers, as `module:Class.attribute`; `install` checks it."""
    _needs.update(paths)


def check() -> None:
    """Raise `MotoChangedError` unless moto has everything that the gaps build on."""
    for path in sorted(_needs):
        module, _, attribute = path.partition(":")
        try:
            operator.attrgetter(attribute)(importlib.import_module(module))
        except (ImportError, AttributeError) as problem:
            raise MotoChangedError(
                f"moto has no {path} any more, which the embedded account builds on.", "Install moto[server]==5.2.5."
            ) from problem
    for service, operation in sorted(_gaps):
        if operation not in get_service_model(service).operation_names:
            raise MotoChangedError(
                f"botocore knows no operation {service}.{operation}.", "Install moto[server]==5.2.5."
            )


needs(
    "moto.core.responses:BaseResponse.call_action",
    "moto.core.responses:BaseResponse.serialized",
    "moto.core.botocore_stubber:BotocoreStubber.process_request",
)

# ------------------------------------------------------------------------------------------- the hook

_call_action = BaseResponse.call_action
_process_request = BotocoreStubber.process_request
_SCOPE = re.compile(r"Credential=[^/,\s]+/\d{8}/[^/]*/([^/]+)/aws4_request")


def _hooked_call_action(response: Any) -> Any:  # noqa: ANN401 - moto's own types
    """`BaseResponse.call_action`, with the gap for this operation in front of it where there is one."""
    operation = response._get_action()  # noqa: SLF001 - moto has no public name for it
    found = _gaps.get((response.boto3_service_name, operation))
    try:
        return _answer(response, operation, found) if found else _call_action(response)
    except NotImplementedError:
        return _refuse(response, AwsError("UnknownOperationException", f"The embedded account has no {operation}."))


def _answer(response: Any, operation: str, found: Gap) -> Any:  # noqa: ANN401 - moto's own types
    service_model = get_service_model(response.boto3_service_name)
    model = service_model.operation_model(operation)
    try:
        result = found(Call(response, model))
    except _RefusedError as refused:
        return refused.answer
    except ServiceException as error:
        return _refuse(response, error)
    protocol = response.determine_response_protocol(service_model)
    written = get_serializer_class(service_model.service_name, protocol)(operation_model=model).serialize(result)
    headers = {**written["headers"], **response.response_headers}
    return (written["status_code"], *response._enrich_response(headers, written["body"]))  # noqa: SLF001 - as moto does


def _refuse(response: Any, error: ServiceException) -> Any:  # noqa: ANN401 - moto's own types
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # moto warns of codes that botocore's model does not name; AWS has many
        return response.serialized(ActionResult(error))


def answer_whole_service(request: Request) -> Any | None:  # noqa: ANN401 - moto's own types
    """The answer to a request for a service that moto lacks altogether; None where moto has the service."""
    scope = _SCOPE.search(request.headers.get("Authorization", ""))
    service = _whole_services.get(scope.group(1)) if scope else None
    return BaseResponse(service_name=service)._dispatch(request) if service else None  # noqa: SLF001 - as moto does


def _hooked_process_request(stubber: Any, request: Any) -> Any:  # noqa: ANN401 - moto's own types
    """`BotocoreStubber.process_request`, one call at a time, and with the services that moto lacks.

    Normalizing reads a streamed body to its end: moto is to read it again.
    """
    with LOCK:
        answered = answer_whole_service(normalize_request(request))
        if answered is None and hasattr(request.body, "seek"):
            request.body.seek(0)
        return answered if answered is not None else _process_request(stubber, request)


# ------------------------------------------------------------------------------------------- switching it on

_PATCHES = (
    patch.object(BaseResponse, "call_action", functools.wraps(_call_action)(_hooked_call_action)),
    patch.object(BotocoreStubber, "process_request", functools.wraps(_process_request)(_hooked_process_request)),
)
_ENVIRONMENT = {"MOTO_EC2_LOAD_DEFAULT_AMIS": "false"}
_installed = 0
_before: dict[str, str | None] = {}


def install() -> None:
    """Put moto right, until `uninstall` has been called as often."""
    global _installed  # noqa: PLW0603 - moto itself is global to the process
    with LOCK:
        if not _installed:
            check()
            default_user_config["lambda"] = {"use_docker": False}
            _before.update({name: os.environ.get(name) for name in _ENVIRONMENT})
            os.environ.update(_ENVIRONMENT)
            for patched in _PATCHES:
                patched.start()
        _installed += 1


def uninstall() -> None:
    """Leave moto as it was, once called as often as `install`."""
    global _installed  # noqa: PLW0603 - moto itself is global to the process
    with LOCK:
        _installed -= 1
        if _installed:
            return
        for patched in reversed(_PATCHES):
            patched.stop()
        default_user_config.pop("lambda", None)
        for name, value in _before.items():
            os.environ.pop(name, None)
            if value is not None:
                os.environ[name] = value
