"""The live side of a comparison with code: the rows of a snapshot's tables, and what could not be seen of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import orjson

from auditor.drift.code import paths
from auditor.drift.code.forms.basic import exact
from auditor.drift.model import Place, Rules, Subject, Unknown
from auditor.model import GLOBAL, Gap

NOT_COLLECTED = "NotCollected"


Row: TypeAlias = tuple[str, str, str, str | None, str]
"""account, region, ARN, name, and the whole row as JSON text."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Live:
    """A snapshot as code is compared with it."""

    rows: Callable[[str], Iterable[Row]]
    """Table -> its rows."""
    rules: Mapping[str, Rules]
    """Every table that this version of the tool knows."""
    operations: Mapping[str, frozenset[str]]
    """Table -> operations that were called for it; one that is not there was not collected."""
    places: frozenset[Place]
    """What was looked at, `global` for each account among them."""
    gaps: tuple[Gap, ...] = ()
    out_of_scope: Mapping[str, str] = field(default_factory=dict)
    """ARN -> the rule that leaves it out."""


class Table:
    """The rows of one table, found by what identifies them, and what hides others."""

    def __init__(self, live: Live, name: str) -> None:
        self.live = live
        self.rules = live.rules[name]
        self.subjects: list[Subject] = []
        self._texts: list[str] = []
        self._indexes: dict[tuple[str, ...], dict[tuple[str, ...], list[int]]] = {}
        self._unlisted: dict[Place, list[Gap]] = defaultdict(list)
        self._columns: dict[tuple[Place, str], list[Gap]] = defaultdict(list)
        """(place, ARN) -> gaps in that row or some of its columns; without ARN, in columns of all rows there."""
        for gap in live.gaps:
            if gap.table == name:
                place = (gap.account, gap.region)
                (self._columns[place, gap.arn] if gap.arn or gap.columns else self._unlisted[place]).append(gap)
        if self.is_collected:
            self._read()

    @property
    def is_collected(self) -> bool:
        """Whether the snapshot has this table at all."""
        return self.rules.table.name in self.live.operations

    def row(self, number: int) -> dict[str, Any]:
        """A row, in full."""
        row: dict[str, Any] = orjson.loads(self._texts[number])
        return row

    def find(self, expressions: tuple[str, ...], values: tuple[str, ...], account: str, region: str) -> list[int]:
        """The rows in which these expressions have these values, in a place as far as it is known."""
        if expressions not in self._indexes:
            self._indexes[expressions] = self._index(expressions)
        found = self._indexes[expressions].get(values, [])
        region = GLOBAL if self.rules.table.is_global else region
        return [
            number
            for number in found
            if account in ("", self.subjects[number].account) and region in ("", self.subjects[number].region)
        ]

    def hidden(self, account: str, region: str) -> list[Unknown]:
        """Why a resource that is not among the rows may be there all the same; empty where that was seen."""
        places = sorted(place for place in self.live.places if self._is_its_own(place))
        if account or region:
            asked = GLOBAL if self.rules.table.is_global else region
            places = [place for place in places if account in ("", place[0]) and asked in ("", place[1])]
        if not places:
            where = "/".join(part for part in (account, GLOBAL if self.rules.table.is_global else region) if part)
            return [self._not_collected(account, region, f"{where} was not looked at")]
        if not self.is_collected:
            return [self._not_collected(*places[0], "not collected")]
        return [self._unknown(place, gap) for place in places for gap in self._unlisted.get(place, ())]

    def unlisted(self) -> list[Unknown]:
        """The places in which rows may be missing."""
        return self.hidden("", "")

    def unseen(self, number: int) -> tuple[dict[str, Unknown], list[Unknown]]:
        """Of a row, the columns that could not be collected, each with why; and why it is not to be relied on."""
        subject = self.subjects[number]
        place = (subject.account, subject.region)
        called = self.live.operations.get(self.rules.table.name, frozenset())
        columns = {
            column: self._not_collected(*place, f"{column} not collected", operation)
            for column, operation in self.rules.filled.items()
            if operation not in called
        }
        spoilt = []
        for arn in (subject.arn, ""):
            for gap in self._columns.get((place, arn), ()):
                told = self._unknown(place, gap)
                columns |= dict.fromkeys(gap.columns, told)
                if not gap.columns:
                    spoilt.append(told)
        return columns, spoilt

    def rows(self) -> Iterator[tuple[int, Subject]]:
        """Every row by its number."""
        return enumerate(self.subjects)

    def _read(self) -> None:
        table = self.rules.table
        for account, region, arn, name, text in self.live.rows(table.name):
            self._texts.append(text)
            self.subjects.append(Subject(table.name, account, region, arn, table.type, name))

    def _index(self, expressions: tuple[str, ...]) -> dict[tuple[str, ...], list[int]]:
        index: dict[tuple[str, ...], list[int]] = defaultdict(list)
        for number, text in enumerate(self._texts):
            row = orjson.loads(text)
            index[tuple(identity(expression, row) for expression in expressions)].append(number)
        return index

    def _is_its_own(self, place: Place) -> bool:
        return (place[1] == GLOBAL) == self.rules.table.is_global

    def _not_collected(self, account: str, region: str, message: str, operation: str = "") -> Unknown:
        action = self.rules.actions[operation or self.rules.table.operation]
        return Unknown(self._place(account, region), action, NOT_COLLECTED, f"{message} ({action})")

    def _unknown(self, place: Place, gap: Gap) -> Unknown:
        reason = f"{gap.action} gave no answer in {place[0]}/{place[1]} ({gap.code}: {gap.message})"
        return Unknown(self._place(*place), gap.action, gap.code, reason, gap.columns)

    def _place(self, account: str, region: str) -> Subject:
        table = self.rules.table
        service = self.rules.actions[table.operation].partition(":")[0]
        region = GLOBAL if table.is_global else region
        kind = "AWS::Account" if region == GLOBAL else "AWS::Region"
        return Subject(table.name, account, region, f"arn:aws:{service}:{region}:{account}:*", kind)


def identity(expression: str, value: Mapping[str, Any]) -> str:
    """What an expression finds, as text that identifies; empty for nothing."""
    found = exact(paths.find(expression, value))
    return found if isinstance(found, str) else "" if found is None else orjson.dumps(found).decode()
