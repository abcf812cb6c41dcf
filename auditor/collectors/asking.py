"""Asking AWS on behalf of one unit: each call with its line in the ledger, listings page by page."""

from __future__ import annotations

import datetime
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import botocore.exceptions
import botocore.paginate
import botocore.parsers
from botocore import xform_name

from auditor.collectors.catalogue import find, paging_rules, service_model
from auditor.collectors.session import AwsSession, BadBodyError, Caller, Failure, TimeUpError, failure, home_region
from auditor.model import GLOBAL, Detail, Table

AWS_ERRORS = (
    botocore.exceptions.BotoCoreError,
    botocore.exceptions.ClientError,
    botocore.parsers.ResponseParserError,
    BadBodyError,
    TimeUpError,
)
"""What a call may raise that is AWS's or the network's doing."""

_EXPIRED = frozenset({"ExpiredToken", "ExpiredTokenException", "RequestExpired", "TokenRefreshRequired"})
_EXPIRED_LIMIT = 3


@dataclass(slots=True)
class Expiry:
    """Notes expired credentials of an account: after a few, it is not asked any more."""

    times: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def note(self, told: Failure) -> None:
        """Count a failure that says so."""
        if told.code in _EXPIRED:
            with self._lock:
                self.times += 1

    def refuse(self) -> None:
        """Raise what AWS would answer, once that is certain."""
        if self.times >= _EXPIRED_LIMIT:
            told = {"Code": "ExpiredToken", "Message": "The credentials expired during the collection; not asked."}
            raise botocore.exceptions.ClientError({"Error": told}, "")


@dataclass(frozen=True, slots=True)
class Asker:
    """Asks one service in one region of one account."""

    session: AwsSession
    account: str
    region: str
    """`global` for a global service, which is then asked in its home region."""
    home: str
    """A region of the account's partition."""
    expiry: Expiry
    note: Callable[[Mapping[str, Any]], None]
    """Takes each call's line of the ledger."""

    def ask(self, table: Table, operation: str, params: Mapping[str, Any]) -> dict[str, Any]:
        """One call, with its line in the ledger. Raises one of AWS_ERRORS."""
        entry: dict[str, Any] = {
            "account": self.account,
            "region": self.region,
            "service": table.service,
            "operation": operation,
            "table": table.name,
            "started_at": datetime.datetime.now(datetime.UTC).isoformat(timespec="milliseconds"),
        }
        clock = time.monotonic()
        Caller.start()
        try:
            self.expiry.refuse()
            caller = self.session.caller(
                table.service, (table.home or home_region(self.home)) if self.region == GLOBAL else self.region
            )
            answer = caller.call(xform_name(operation), self.session.tuning.read_timeout, **params)
            entry["request_id"] = answer.get("ResponseMetadata", {}).get("RequestId")
            _require_result(table, operation, answer)
        except AWS_ERRORS as error:
            told = failure(error)
            self.expiry.note(told)
            entry |= {"code": told.code, "message": told.message}
            raise
        else:
            entry["items"] = _items_in(table, operation, answer)
            return answer
        finally:
            entry |= {"requests": Caller.requests(), "duration_ms": round((time.monotonic() - clock) * 1000)}
            self.note(entry)

    def whole(self, table: Table, detail: Detail, params: Mapping[str, Any]) -> Mapping[str, Any]:
        """A detail call's answer, all pages of it. Raises one of AWS_ERRORS."""
        settings = paging_rules(table.service, detail.operation)
        if settings is None:
            return self.ask(table, detail.operation, params)
        pages = self._paginator(table, detail.operation, settings).paginate(**params)
        merged: Mapping[str, Any] = pages.build_full_result()
        return merged

    def pages(self, table: Table, params: Mapping[str, Any]) -> Iterator[Sequence[Any]]:
        """The items of a listing, page by page at AWS's largest size. Raises one of AWS_ERRORS."""
        settings = paging_rules(table.service, table.operation)
        if settings is None:
            yield find(table.items, self.ask(table, table.operation, params)) or []
            return
        size = _page_size(table, settings)
        paginator = self._paginator(table, table.operation, settings)
        for page in paginator.paginate(**params, PaginationConfig={"PageSize": size} if size else {}):
            found = find(table.items, page)
            yield found if isinstance(found, list) else []

    def _paginator(self, table: Table, operation: str, settings: Mapping[str, Any]) -> Any:  # noqa: ANN401 - botocore is untyped
        """botocore's paginator over `ask`, which follows no token twice."""  # noqa: D403 - its name
        tokens = settings["input_token"]
        names = (tokens,) if isinstance(tokens, str) else tuple(tokens)
        seen: set[str] = set()

        def once(**sent: Any) -> dict[str, Any]:  # noqa: ANN401 - request members
            token = repr([sent.get(name) for name in names])
            if token in seen:
                raise botocore.exceptions.PaginationError(message="AWS gave the same page token twice")
            seen.add(token)
            return self.ask(table, operation, sent)

        model = service_model(table.service).operation_model(operation)
        return botocore.paginate.Paginator(once, settings, model)


def _page_size(table: Table, settings: Mapping[str, Any]) -> int:
    """The largest page that AWS allows, from botocore's model or the declaration; 0: AWS's own default."""
    limit = settings.get("limit_key")
    if table.page_size or limit is None:
        return table.page_size
    shape = service_model(table.service).operation_model(table.operation).input_shape
    return int(shape.members[limit].metadata.get("max", 0))


def _require_result(table: Table, operation: str, answer: Mapping[str, Any]) -> None:
    """A JSON listing without its list is a broken answer, not an empty one."""
    if operation != table.operation or "json" not in service_model(table.service).resolved_protocol:
        return
    found = find(table.items, answer)
    if answer.get(table.items.split(".", maxsplit=1)[0]) is None or not isinstance(found, list | None):
        raise BadBodyError(f"the answer has no {table.items}")


def _items_in(table: Table, operation: str, answer: Mapping[str, Any]) -> int | None:
    found = find(table.items, answer) if operation == table.operation else None
    return len(found) if isinstance(found, list) else None
