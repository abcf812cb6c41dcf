"""A unit of a collection: one service in one region of one account, as tasks for the pool.

Pages of listings, then the details of their rows, then the listings below them. The unit is committed when its last
task ends, whatever failed: what failed is a gap.
"""

from __future__ import annotations

import datetime
import re
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from auditor.collectors.actions import action
from auditor.collectors.asking import AWS_ERRORS, Asker
from auditor.collectors.catalogue import detail_fields, detail_values, find
from auditor.collectors.interfaces import Surroundings, Target, UnitSink
from auditor.collectors.plan import PlannedTable
from auditor.collectors.session import CALL_SECONDS, Failure, failure
from auditor.model import Detail, Gap, Table

_DETAIL, _PAGE = 0, 1
_NOW = re.compile(r"\$now(?:-(\d+)([dhm]))?")
_SPANS = {"d": "days", "h": "hours", "m": "minutes"}


class Unit:
    """One service in one region of one account. Committed when its last task ends."""

    def __init__(
        self,
        around: Surroundings,
        target: Target,
        service: str,
        region: str,
        tables: Mapping[str, PlannedTable],
        sink: UnitSink,
    ) -> None:
        self.around = around
        self.target = target
        self.service = service
        self.region = region
        self.tables = tables
        self.sink = sink
        self.lane = (target.account.id, region, service)
        self._session = target.session
        self._lock = threading.Lock()
        self._open = 0
        self._closed = False

    # ------------------------------------------------------------------ tasks

    def begin(self) -> None:
        """List the tables that have no parent; without a session, every table is a gap."""
        self.entered(1)
        for planned in self.tables.values():
            if self._session is None:
                told = self.target.failure or Failure("NoSession", "no session")
                self._no_listing(planned.table, told, assumed=True)
            elif not planned.table.parent:
                for variant in planned.table.variants:
                    self._list(planned, self._request({**planned.table.params, **variant}), None)
        self.entered(-1)

    @property
    def _asker(self) -> Asker:
        """Asks AWS for this unit; only where there is a session to ask with."""
        if self._session is None:
            raise ValueError("there is no session to ask with")
        account = self.target.account
        return Asker(self._session, account.id, self.region, account.regions[0], self.around.expiry, self._noted)

    def _noted(self, entry: Mapping[str, Any]) -> None:
        self.around.counted(entry["requests"], 0)
        self.sink.call(entry)

    def entered(self, by: int) -> None:
        """Count a task in or out; commit after the last."""
        with self._lock:
            self._open += by
            over = self._open == 0 and not self._closed
            self._closed = self._closed or over
        if over:
            self.sink.commit()
            self.around.ended()

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

        self.around.pool.submit(self.lane, urgency, run, give_up)

    # ------------------------------------------------------------------ listing

    def _request(self, declared: Mapping[str, Any]) -> dict[str, Any]:
        names = {"$region": self.region, "$account": self.target.account.id}
        return {
            name: names.get(value, _moment(value)) if isinstance(value, str) else value
            for name, value in declared.items()
        }

    def _list(self, planned: PlannedTable, params: Mapping[str, Any], parent: Mapping[str, Any] | None) -> None:
        self._next_page(planned, self._asker.pages(planned.table, params), parent)

    def _next_page(
        self, planned: PlannedTable, pages: Iterator[Sequence[Any]], parent: Mapping[str, Any] | None
    ) -> None:
        def work() -> None:
            try:
                items = next(pages, None)
            except AWS_ERRORS as error:
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
                row = self.around.catalogue.row(
                    planned.table.name, item, self.target.account.id, self.region, parent, problems
                )
            except ValueError as error:
                self._no_listing(planned.table, Failure("InvalidResponse", str(error)))
                self.sink.dropped(planned.table.name, "unreadable")
                continue
            rows.append(row)
            for column, problem in problems:
                self._malformed(planned.table, planned.table.operation, problem, row["arn"], (column,))
        self.around.counted(0, len(rows))
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
            answer = self._asker.whole(table, detail, _params(detail, rows))
            for row, part in _matched(detail, rows, answer):
                self._take(table, detail, row, part)
        except AWS_ERRORS as error:
            self._no_detail(table, detail, rows, failure(error))
        for row in rows:
            _one_less(row, detail)

    def _take(self, table: Table, detail: Detail, row: dict[str, Any], answer: Mapping[str, Any] | None) -> None:
        if answer is None:
            self._malformed(table, detail.operation, "the answer leaves it out", row["arn"], _spoilt(table, detail))
            return
        shapes = self.around.catalogue.shapes(table.name)
        try:
            row.update(detail_values(table, detail, answer, shapes))
        except (ValueError, TypeError, AttributeError, OverflowError) as error:
            self._malformed(table, detail.operation, str(error), row["arn"], _spoilt(table, detail))

    def _overdue_detail(self, table: Table, detail: Detail, rows: Sequence[dict[str, Any]]) -> None:
        self._no_detail(table, detail, rows, _overdue())
        for row in rows:
            _one_less(row, detail)

    def _no_detail(self, table: Table, detail: Detail, rows: Sequence[dict[str, Any]], told: Failure) -> None:
        """A failed detail: nothing there, the resource gone, or a gap in these rows. A batch is split to find out."""
        if told.code in (*detail.absent, *table.vanished) and detail.batch and len(rows) > 1:
            for row in rows:
                self._call_one(table, detail, row)
            return
        for row in rows:
            if told.code in table.vanished and told.code not in detail.absent:
                row["\0gone"] = True
            elif told.code not in detail.absent:
                self._gap(table, detail.operation, told, _spoilt(table, detail), row["arn"])

    def _call_one(self, table: Table, detail: Detail, row: dict[str, Any]) -> None:
        try:
            answer = self._asker.whole(table, detail, _params(detail, [row]))
            for _, part in _matched(detail, [row], answer):
                self._take(table, detail, row, part)
        except AWS_ERRORS as error:
            self._no_detail(table, detail, [row], failure(error))

    # ------------------------------------------------------------------ writing

    def _write(self, planned: PlannedTable, rows: Sequence[dict[str, Any]]) -> None:
        for row in rows:
            row.pop("\0left", None)
            if row.pop("\0gone", False):
                self.sink.dropped(planned.table.name, "vanished")
                continue
            self.sink.row(planned.table.name, row)
            for child in self.tables.values():
                if child.table.parent == planned.table.name:
                    below = {param: row[column] for param, column in child.table.parent_params.items()}
                    self._list(child, self._request(child.table.params) | below, row)

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

    def _malformed(self, table: Table, operation: str, problem: str, arn: str, columns: tuple[str, ...]) -> None:
        self._gap(table, operation, Failure("InvalidResponse", problem), columns, arn)

    def _gap(
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


def _params(detail: Detail, rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    def value(declared: object) -> object:
        if isinstance(declared, str) and declared.startswith("$"):
            return rows[0][declared[1:]]
        if isinstance(declared, list) and is_batched(declared):
            return list(dict.fromkeys(row[declared[0][1:]] for row in rows))
        if isinstance(declared, list):
            return [value(item) for item in declared]
        if isinstance(declared, Mapping):
            return {name: value(item) for name, item in declared.items()}
        return declared

    return {name: value(declared) for name, declared in detail.params.items()}


def is_batched(declared: object) -> bool:
    """`["$column"]`: where the values of a batch's rows go."""
    return isinstance(declared, list) and len(declared) == 1 and str(declared[0]).startswith("$")


def batched_columns(declared: object) -> Iterator[str]:
    """The columns whose values a batch sends, as deep in the parameters as they stand."""
    if is_batched(declared):
        yield declared[0][1:]  # type: ignore[index]
    elif isinstance(declared, Mapping | list):
        for item in declared.values() if isinstance(declared, Mapping) else declared:
            yield from batched_columns(item)


def _moment(text: str) -> object:
    """`$now` and `$now-1d` (days, hours, minutes) as times; any other text as it is."""
    found = _NOW.fullmatch(text)
    if found is None:
        return text
    before = datetime.timedelta(**{_SPANS[found[2]]: int(found[1])}) if found[1] else datetime.timedelta()
    return datetime.datetime.now(datetime.UTC) - before


def _spoilt(table: Table, detail: Detail) -> tuple[str, ...]:
    """The columns that are not to be relied on where the call failed; empty: the whole row."""
    return () if detail.always else detail_fields(table, detail)


def _matched(
    detail: Detail, rows: Sequence[dict[str, Any]], answer: Mapping[str, Any]
) -> Iterator[tuple[dict[str, Any], Mapping[str, Any] | None]]:
    """Each row with its part of the answer; None where a batch leaves the row out."""
    if not detail.batch:
        yield rows[0], answer
        return
    column = next(batched_columns(detail.params))
    parts = {str(find(detail.batch_key, part)): part for part in find(detail.batch_items, answer) or []}
    for row in rows:
        yield row, parts.get(row[column], {} if detail.partial else None)


def _one_less(row: dict[str, Any], detail: Detail) -> None:
    """Count a detail of the row as done, once: a call that was given up may still end."""
    countdown = row.get("\0left", {}).pop(id(detail), None)
    if countdown is not None:
        countdown.one_less()


def _overdue() -> Failure:
    return Failure("Timeout", f"no answer within {CALL_SECONDS:.0f} s, retries included")
