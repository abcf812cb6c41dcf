"""Collecting: each unit (account, region, service) of the plan, page by page, into a sink.

What fails is a gap in the sink's ledger, never a crash; a bug in the tool is raised. `run` returns when every unit is
committed; a unit is committed whole, so that an interrupted collection can be taken up again.
"""

from __future__ import annotations

import datetime
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import botocore.exceptions
import botocore.paginate
from botocore import xform_name

from auditor.collectors.actions import action
from auditor.collectors.catalogue import DeclaredCatalogue, detail_fields, detail_values, find, loader, service_model
from auditor.collectors.plan import Plan, PlannedTable
from auditor.collectors.pool import Pool
from auditor.collectors.session import (
    CALL_SECONDS,
    AwsSession,
    BadBodyError,
    Caller,
    Failure,
    TimeUpError,
    failure,
    home_region,
)
from auditor.model import GLOBAL, Account, Detail, Gap, Table

_PER_LANE = 10
_DETAIL, _PAGE = 0, 1
_AWS_ERRORS = (
    botocore.exceptions.BotoCoreError,
    botocore.exceptions.ClientError,
    botocore.parsers.ResponseParserError,
    BadBodyError,
    TimeUpError,
)
_EXPIRED = frozenset({"ExpiredToken", "ExpiredTokenException", "RequestExpired", "TokenRefreshRequired"})
_EXPIRED_LIMIT = 3


class UnitSink(Protocol):
    """Takes what one unit gives. Thread-safe."""

    def row(self, table: str, row: Mapping[str, Any]) -> None:
        """A row of a table."""

    def call(self, entry: Mapping[str, Any]) -> None:
        """A line of the ledger."""

    def gap(self, gap: Gap) -> None:
        """Something that could not be collected."""

    def commit(self) -> None:
        """The unit is whole: keep it."""


class Sink(Protocol):
    """Takes what the units give."""

    def has(self, unit: str) -> bool:
        """Whether the unit was committed before."""

    def open(self, unit: str) -> UnitSink:
        """Begin a unit."""


@dataclass(slots=True)
class Progress:
    """How far the collection is. Read by whoever shows it."""

    units: int = 0
    done: int = 0
    calls: int = 0
    items: int = 0


@dataclass(frozen=True, slots=True)
class Target:
    """An account of the scope, with its session or why there is none."""

    account: Account
    session: AwsSession | None
    failure: Failure | None = None


class Collection:
    """One collection over accounts and regions."""

    def __init__(self, catalogue: DeclaredCatalogue, plan: Plan, sink: Sink, threads: int) -> None:
        self.catalogue = catalogue
        self.plan = plan
        self.sink = sink
        self.progress = Progress()
        self.pool = Pool(threads, _PER_LANE, CALL_SECONDS + 5)
        self.expired: dict[str, int] = {}
        self._lock = threading.Lock()

    def run(self, targets: Sequence[Target], tick: Callable[[Progress], None]) -> None:
        """Collect every unit that the sink does not have yet. `tick` is called in this thread, to show progress and
        to raise where it is to stop.
        """
        for target in targets:
            for service, tables in self.plan.services.items():
                for region in _regions(tables, target.account.regions):
                    self._begin(target, service, region, tables)
        self.pool.run(lambda: tick(self.progress))
        tick(self.progress)

    def _begin(self, target: Target, service: str, region: str, tables: Sequence[PlannedTable]) -> None:
        own = [planned for planned in tables if planned.table.is_global == (region == GLOBAL)]
        name = f"{target.account.id}/{region}/{service}"
        if not own or self.sink.has(name):
            return
        self.progress.units += 1
        unit = Unit(self, target, service, region, {planned.table.name: planned for planned in own}, self.sink.open(name))
        unit.begin()

    def count(self, requests: int, items: int, *, done: bool = False) -> None:
        """Add to the progress."""
        with self._lock:
            self.progress.calls += requests
            self.progress.items += items
            self.progress.done += done


def _regions(tables: Sequence[PlannedTable], regions: Sequence[str]) -> list[str]:
    everywhere = [GLOBAL] if any(planned.table.is_global for planned in tables) else []
    regional = list(regions) if any(not planned.table.is_global for planned in tables) else []
    return everywhere + regional


class Unit:
    """One service in one region of one account. Committed when its last task ends."""

    def __init__(
        self,
        collection: Collection,
        target: Target,
        service: str,
        region: str,
        tables: Mapping[str, PlannedTable],
        sink: UnitSink,
    ) -> None:
        self.collection = collection
        self.target = target
        self.service = service
        self.region = region
        self.tables = tables
        self.sink = sink
        self.lane = (target.account.id, region, service)
        self._lock = threading.Lock()
        self._open = 0
        self._closed = False

    # ------------------------------------------------------------------ tasks

    def begin(self) -> None:
        """List the tables that have no parent; without a session, every table is a gap."""
        with self._task():
            for planned in self.tables.values():
                if self.target.session is None:
                    self._no_listing(planned.table, self.target.failure or Failure("NoSession", "no session"), assumed=True)
                elif not planned.table.parent:
                    for variant in planned.table.variants:
                        self._list(planned, dict(planned.table.params) | dict(variant), None)

    def _task(self) -> _Open:
        return _Open(self)

    def entered(self, by: int) -> None:
        """Count a task in or out; commit after the last."""
        with self._lock:
            self._open += by
            over = self._open == 0 and not self._closed
            self._closed = self._closed or over
        if over:
            self.sink.commit()
            self.collection.count(0, 0, done=True)

    def _submit(self, urgency: int, work: Callable[[], None], overdue: Callable[[], None]) -> None:
        """Queue work of this unit. What a thread that was given up still asks for, after the unit's end, is dropped."""
        if self._closed:
            return
        self.entered(1)
        ended = threading.Lock()

        def run() -> None:
            work()
            if ended.acquire(blocking=False):
                self.entered(-1)

        def give_up() -> None:
            if ended.acquire(blocking=False):
                overdue()
                self.entered(-1)

        self.collection.pool.submit(self.lane, urgency, run, give_up)

    # ------------------------------------------------------------------ listing

    def _list(self, planned: PlannedTable, params: Mapping[str, Any], parent: Mapping[str, Any] | None) -> None:
        pages = _Pages(self, planned.table, params)
        self._next_page(planned, pages, parent)

    def _next_page(self, planned: PlannedTable, pages: _Pages, parent: Mapping[str, Any] | None) -> None:
        def work() -> None:
            try:
                items = pages.next()
            except _AWS_ERRORS as error:
                told = failure(error)
                if told.code not in planned.table.vanished:
                    self._no_listing(planned.table, told)
                return
            if items is not None:
                self._rows(planned, items, parent)
                self._next_page(planned, pages, parent)

        self._submit(_PAGE, work, lambda: self._no_listing(planned.table, _overdue()))

    def _rows(self, planned: PlannedTable, items: Sequence[Any], parent: Mapping[str, Any] | None) -> None:
        rows = []
        for item in items:
            problems: list[tuple[str, str]] = []
            try:
                row = self.collection.catalogue.row(
                    planned.table.name, item, self.target.account.id, self.region, parent, problems
                )
            except ValueError as error:
                self._malformed(planned.table, planned.table.operation, str(error))
                continue
            rows.append(row)
            for column, problem in problems:
                self._malformed(planned.table, planned.table.operation, problem, row["arn"], (column,))
        self.collection.count(0, len(rows))
        self._complete(planned, rows, planned.details)

    # ------------------------------------------------------------------ details

    def _complete(self, planned: PlannedTable, rows: Sequence[dict[str, Any]], details: Sequence[Detail]) -> None:
        """Fill the rows' details, those that are always asked for first; then write the rows and list below them."""
        if not rows:
            return
        first = [detail for detail in details if detail.always] or list(details)
        if not first:
            self._write(planned, rows)
            return
        rest = [detail for detail in details if detail not in first]
        for row in rows:
            left = _Countdown(len(first), lambda row=row: self._complete(planned, [row], rest))  # type: ignore[misc]
            for detail in first:
                row.setdefault("\0left", {})[id(detail)] = left
        for detail in first:
            self._fill(planned, detail, rows)

    def _fill(self, planned: PlannedTable, detail: Detail, rows: Sequence[dict[str, Any]]) -> None:
        chosen = [row for row in rows if not detail.when or find(detail.when, row)]
        for row in rows:
            if not any(row is other for other in chosen):
                _one_less(row, detail)
        size = detail.batch or 1
        for start in range(0, len(chosen), size):
            part = chosen[start : start + size]
            self._submit(
                _DETAIL,
                lambda part=part: self._call_detail(planned.table, detail, part),  # type: ignore[misc]
                lambda part=part: self._overdue_detail(planned.table, detail, part),  # type: ignore[misc]
            )

    def _call_detail(self, table: Table, detail: Detail, rows: Sequence[dict[str, Any]]) -> None:
        try:
            answer = self._whole(table, detail, _params(detail, rows))
            for row, part in _matched(detail, rows, answer):
                self._take(table, detail, row, part)
        except _AWS_ERRORS as error:
            self._no_detail(table, detail, rows, failure(error))
        for row in rows:
            _one_less(row, detail)

    def _take(self, table: Table, detail: Detail, row: dict[str, Any], answer: Mapping[str, Any]) -> None:
        shapes = self.collection.catalogue.shapes(table.name)
        try:
            row.update(detail_values(table, detail, answer, shapes))
        except (ValueError, TypeError, AttributeError, OverflowError) as error:
            self._malformed(table, detail.operation, str(error), row["arn"], detail_fields(table, detail))

    def _overdue_detail(self, table: Table, detail: Detail, rows: Sequence[dict[str, Any]]) -> None:
        self._no_detail(table, detail, rows, _overdue())
        for row in rows:
            _one_less(row, detail)

    def _no_detail(self, table: Table, detail: Detail, rows: Sequence[dict[str, Any]], told: Failure) -> None:
        """A failed detail: nothing there, the resource gone, or a gap in these rows. A batch is split to find out."""
        if told.code in detail.absent and detail.batch and len(rows) > 1:
            for row in rows:
                self._call_one(table, detail, row)
            return
        for row in rows:
            if told.code in table.vanished and told.code not in detail.absent:
                row["\0gone"] = True
            elif told.code not in detail.absent:
                self._gap(table, detail.operation, told, detail_fields(table, detail), row["arn"])

    def _call_one(self, table: Table, detail: Detail, row: dict[str, Any]) -> None:
        try:
            answer = self._whole(table, detail, _params(detail, [row]))
            for _, part in _matched(detail, [row], answer):
                self._take(table, detail, row, part)
        except _AWS_ERRORS as error:
            self._no_detail(table, detail, [row], failure(error))

    def _whole(self, table: Table, detail: Detail, params: Mapping[str, Any]) -> Mapping[str, Any]:
        """A detail call's answer, all pages of it."""
        method = xform_name(detail.operation)
        settings = _paging(table.service, detail.operation)
        ask = self._asker(table, detail.operation, method)
        if settings is None:
            return ask(**params)
        model = service_model(table.service).operation_model(detail.operation)
        whole: Mapping[str, Any] = botocore.paginate.Paginator(ask, settings, model).paginate(**params).build_full_result()
        return whole

    # ------------------------------------------------------------------ writing

    def _write(self, planned: PlannedTable, rows: Sequence[dict[str, Any]]) -> None:
        for row in rows:
            row.pop("\0left", None)
            if row.pop("\0gone", False):
                continue
            self.sink.row(planned.table.name, row)
            for child in self.tables.values():
                if child.table.parent == planned.table.name:
                    below = {param: row[column] for param, column in child.table.parent_params.items()}
                    self._list(child, dict(child.table.params) | below, row)

    # ------------------------------------------------------------------ calling

    def _asker(self, table: Table, operation: str, method: str) -> Callable[..., dict[str, Any]]:
        def ask(**params: Any) -> dict[str, Any]:  # noqa: ANN401 - request members
            return self.ask(table, operation, method, params)

        return ask

    def ask(self, table: Table, operation: str, method: str, params: Mapping[str, Any]) -> dict[str, Any]:
        """One call, with its line in the ledger. Raises what botocore raises."""
        session = self.target.session
        assert session is not None  # noqa: S101 - begin() lists nothing without one
        region = home_region(self.region if self.region != GLOBAL else self.target.account.regions[0])
        started = datetime.datetime.now(datetime.UTC)
        clock = time.monotonic()
        entry: dict[str, Any] = {
            "account": self.target.account.id,
            "region": self.region,
            "service": self.service,
            "operation": operation,
            "table": table.name,
            "started_at": started.isoformat(timespec="milliseconds"),
        }
        Caller.start()
        try:
            self._refuse_expired()
            caller = session.caller(self.service, region if self.region == GLOBAL else self.region)
            answer = caller.call(method, session.tuning.read_timeout, **params)
            entry["request_id"] = answer.get("ResponseMetadata", {}).get("RequestId")
            _require_result(table, operation, answer)
        except _AWS_ERRORS as error:
            told = failure(error)
            entry |= {"code": told.code, "message": told.message}
            self._note_expired(told)
            raise
        else:
            entry["items"] = _items_in(table, operation, answer)
            return answer
        finally:
            entry |= {"requests": Caller.requests(), "duration_ms": round((time.monotonic() - clock) * 1000)}
            self.collection.count(Caller.requests(), 0)
            self.sink.call(entry)

    def _refuse_expired(self) -> None:
        if self.collection.expired.get(self.target.account.id, 0) >= _EXPIRED_LIMIT:
            raise botocore.exceptions.ClientError(
                {"Error": {"Code": "ExpiredToken", "Message": "The credentials expired during the collection; not asked."}},
                "",
            )

    def _note_expired(self, told: Failure) -> None:
        if told.code in _EXPIRED:
            expired = self.collection.expired
            expired[self.target.account.id] = expired.get(self.target.account.id, 0) + 1

    # ------------------------------------------------------------------ gaps

    def _no_listing(self, table: Table, told: Failure, *, assumed: bool = False) -> None:
        """A listing that failed leaves its table and the tables below it without (some) rows."""
        self._gap(table, table.operation, told, (), "", assumed=assumed)
        for child in self.tables.values():
            if child.table.parent == table.name and not assumed:
                self._below(child.table, table, told)

    def _below(self, table: Table, failed: Table, told: Failure) -> None:
        self._gap(failed, failed.operation, told, (), "", spoilt=table)
        for child in self.tables.values():
            if child.table.parent == table.name:
                self._below(child.table, failed, told)

    def _malformed(
        self, table: Table, operation: str, problem: str, arn: str = "", columns: tuple[str, ...] = ()
    ) -> None:
        self._gap(table, operation, Failure("InvalidResponse", problem), columns, arn)

    def _gap(  # noqa: PLR0913 - a gap has that many facts
        self,
        table: Table,
        operation: str,
        told: Failure,
        columns: tuple[str, ...],
        arn: str,
        *,
        spoilt: Table | None = None,
        assumed: bool = False,
    ) -> None:
        needed = action("sts", "AssumeRole") if assumed else action(self.service, operation)
        self.sink.gap(
            Gap(
                account=self.target.account.id,
                region=self.region,
                service=needed.iam.split(":")[0],
                operation=needed.operation,
                code=told.code,
                message=told.message,
                action=needed.iam,
                table=(spoilt or table).name,
                columns=columns,
                arn=arn,
            )
        )


class _Open:
    """Keeps a unit open while tasks are being submitted."""

    def __init__(self, unit: Unit) -> None:
        self._unit = unit

    def __enter__(self) -> None:
        self._unit.entered(1)

    def __exit__(self, *_: object) -> None:
        self._unit.entered(-1)


class _Countdown:
    """Calls `then` when as many details as were asked for are in."""

    def __init__(self, left: int, then: Callable[[], None]) -> None:
        self._left = left
        self._then = then
        self._lock = threading.Lock()

    def one_less(self) -> None:
        with self._lock:
            self._left -= 1
            over = self._left == 0
        if over:
            self._then()


class _Pages:
    """The pages of a listing, one at a time, each token followed once only."""

    def __init__(self, unit: Unit, table: Table, params: Mapping[str, Any]) -> None:
        self._unit = unit
        self._table = table
        self._seen: set[str] = set()
        self._tokens: tuple[str, ...] = ()
        self._pages = self._iterate(dict(params))

    def next(self) -> Sequence[Any] | None:
        """The items of the next page; None after the last. Raises what botocore raises."""
        for page in self._pages:
            found = find(self._table.items, page)
            return found if isinstance(found, list) else []
        return None

    def _iterate(self, params: dict[str, Any]) -> Iterator[Mapping[str, Any]]:
        table = self._table
        settings = _paging(table.service, table.operation)
        ask = self._unit._asker(table, table.operation, xform_name(table.operation))  # noqa: SLF001 - one module
        if settings is None:
            return _once(ask, params)
        tokens = settings["input_token"]
        self._tokens = (tokens,) if isinstance(tokens, str) else tuple(tokens)

        def guarded(**sent: Any) -> dict[str, Any]:  # noqa: ANN401 - request members
            token = repr([sent.get(name) for name in self._tokens])
            if token in self._seen:
                raise botocore.exceptions.PaginationError(message="AWS gave the same page token twice")
            self._seen.add(token)
            return ask(**sent)

        model = service_model(table.service).operation_model(table.operation)
        paging = {"PageSize": _page_size(table, settings, model)}
        pages = botocore.paginate.Paginator(guarded, settings, model)
        return iter(pages.paginate(**params, PaginationConfig={k: v for k, v in paging.items() if v}))


def _once(ask: Callable[..., dict[str, Any]], params: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    yield ask(**params)


def _paging(service: str, operation: str) -> Any:  # noqa: ANN401 - botocore's own structure
    """botocore's paging rules of an operation; None where it has no pages."""
    if service not in _PAGING:
        try:
            _PAGING[service] = loader().load_service_model(service, "paginators-1")["pagination"]
        except botocore.exceptions.UnknownServiceError:
            _PAGING[service] = {}
    return _PAGING[service].get(operation)


_PAGING: dict[str, Any] = {}


def _page_size(table: Table, settings: Mapping[str, Any], model: Any) -> int:  # noqa: ANN401 - botocore's models are untyped
    """The largest page that AWS allows, from botocore's model or the declaration; 0: AWS's own default."""
    limit = settings.get("limit_key")
    if table.page_size or limit is None:
        return table.page_size
    return int(model.input_shape.members[limit].metadata.get("max", 0))


def _require_result(table: Table, operation: str, answer: Mapping[str, Any]) -> None:
    """A JSON listing without its list is a broken answer, not an empty one."""
    if operation != table.operation or "json" not in service_model(table.service).resolved_protocol:
        return
    if table.items.split(".")[0] not in answer:
        raise BadBodyError(f"the answer has no {table.items}")


def _items_in(table: Table, operation: str, answer: Mapping[str, Any]) -> int | None:
    found = find(table.items, answer) if operation == table.operation else None
    return len(found) if isinstance(found, list) else None


def _params(detail: Detail, rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    def value(declared: object) -> object:
        if isinstance(declared, str) and declared.startswith("$"):
            return rows[0][declared[1:]]
        if isinstance(declared, list):
            return [row[declared[0][1:]] for row in rows]
        return declared

    return {name: value(declared) for name, declared in detail.params.items()}


def _matched(
    detail: Detail, rows: Sequence[dict[str, Any]], answer: Mapping[str, Any]
) -> Iterator[tuple[dict[str, Any], Mapping[str, Any]]]:
    """Each row with its part of the answer; raises BadBodyError where a batch leaves a row out."""
    if not detail.batch:
        yield rows[0], answer
        return
    column = next(value[0][1:] for value in detail.params.values() if isinstance(value, list))
    parts = {find(detail.batch_key, part): part for part in find(detail.batch_items, answer) or []}
    for row in rows:
        if row[column] not in parts:
            raise BadBodyError(f"the answer leaves out {row[column]}")
        yield row, parts[row[column]]


def _one_less(row: dict[str, Any], detail: Detail) -> None:
    row["\0left"][id(detail)].one_less()


def _overdue() -> Failure:
    return Failure("Timeout", f"no answer within {CALL_SECONDS:.0f} s, retries included")
