"""Two snapshots compared, resource by resource, field by field; what was not seen on a side is unknown, never gone.

What makes a comparison impossible, and for what:

- a table, account or region that one side did not collect: the table in that place, once;
- a listing that was denied or broke off: the table in that place, and each resource that the other side has there and
  this one has not; resources that both have are compared;
- a row that is not to be relied on: that resource; or those of its columns that could not be read;
- a detail call that only one side made: its columns, in each place where both sides have rows.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

import orjson

from auditor.drift.fields import changes
from auditor.drift.matching import Matching, Pair, comparable, matching
from auditor.drift.model import Changed, Difference, Only, Place, Rules, Side, Subject, Unknown
from auditor.model import GLOBAL, Gap

NOT_COLLECTED = "NotCollected"
"""The code where nothing was denied: one side did not ask."""
NOT_DECLARED = "NotDeclared"
"""The code of a table that this version of the tool does not know."""


def compare(old: Side, new: Side, rules: Mapping[str, Rules]) -> Difference:
    """What it takes to come from `old` to `new`. Memory grows with what differs, not with what is there."""
    found = _Found(old, new)
    with matching() as matcher:
        for name in sorted({*old.columns, *new.columns, *_gap_tables(old, new)}):
            if name in rules and rules[name].table.volatile_rows == "true":
                continue
            if name in rules:
                _Comparison(found, rules[name], old, new).run(matcher)
            elif name in old.columns or name in new.columns:
                _not_declared(found, name)
    return found.difference()


@dataclass(slots=True)
class _Found:
    """The difference as it grows."""

    old: Side
    new: Side
    added: list[Only] = field(default_factory=list)
    removed: list[Only] = field(default_factory=list)
    changed: list[Changed] = field(default_factory=list)
    unknown: dict[tuple[Subject, str, str, tuple[str, ...], str], set[str]] = field(default_factory=dict)
    """What could not be compared, why -> the sides on which it could not be seen."""

    def not_seen(self, subject: Subject, gap: Gap, side: Side, columns: tuple[str, ...] = ()) -> None:
        why = (subject, gap.action, gap.code, columns, gap.message)
        self.unknown.setdefault(why, set()).add(side.word)

    def difference(self) -> Difference:
        unknown = []
        for (subject, action, code, columns, message), words in self.unknown.items():
            sides = " and ".join(f"the {side.word}" for side in (self.old, self.new) if side.word in words)
            asked = f"{action} gave no answer in {sides} ({code}: {message})"
            reason = f"{message} in {sides}" if code in (NOT_COLLECTED, NOT_DECLARED) else asked
            unknown.append(Unknown(subject, action, code, reason, columns))
        return Difference(
            tuple(sorted(self.added, key=lambda only: (only.subject, only.document))),
            tuple(sorted(self.removed, key=lambda only: (only.subject, only.document))),
            tuple(sorted(self.changed, key=lambda changed: (changed.subject, str(changed.changes)))),
            tuple(sorted(unknown, key=lambda one: (one.subject, one.action, one.columns, one.reason))),
        )


class _Sight:
    """What a side did not see of one table."""

    def __init__(self, side: Side, table: str) -> None:
        self.side = side
        self.listings: dict[Place, list[Gap]] = defaultdict(list)
        """Where rows may be missing."""
        self.rows: dict[tuple[Place, str], list[Gap]] = defaultdict(list)
        """(place, ARN) -> what spoils that row, or columns of it; without ARN, columns of all rows there."""
        for gap in side.gaps:
            if gap.table == table:
                place = (gap.account, gap.region)
                (self.rows[place, gap.arn] if gap.arn or gap.columns else self.listings[place]).append(gap)


class _Comparison:
    """One table."""

    def __init__(self, found: _Found, rules: Rules, old: Side, new: Side) -> None:
        self.found = found
        self.rules = rules
        self.table = rules.table
        self.old = _Sight(old, rules.table.name)
        self.new = _Sight(new, rules.table.name)
        self.both = (self.old, self.new)

    def run(self, matcher: Matching) -> None:
        """Compare the table wherever both sides looked at it; say where not, and what was not seen there."""
        old, new = self.old.side, self.new.side
        how = None
        if self.table.name in old.columns and self.table.name in new.columns:
            how = comparable(self.table, old, new, self._one_sided_columns())
        seen = [self._places(sight.side) for sight in self.both]
        if how is None and seen[0] and seen[1]:
            seen[0] = frozenset()
        shared = seen[0] & seen[1]
        for sight, own in zip(self.both, seen, strict=True):
            for place in (seen[0] | seen[1]) - own:
                self._not_collected(place, sight)
            self._listings(sight, seen[0] ^ seen[1])
        if how is not None and shared:
            matcher.match(how, shared)
            self._match(matcher)

    def _match(self, matcher: Matching) -> None:
        for pair in matcher.pairs(self.table):
            self._pair(pair)
        one_sided = self._one_sided_columns()
        for place in matcher.places_of_both() if one_sided else ():
            self._details(place, one_sided)
        spoilt = sorted({arn for sight in self.both for _, arn in sight.rows})
        names = matcher.names(spoilt) if spoilt else {}
        for sight in self.both:
            for (place, arn), gaps in sight.rows.items():
                for gap in gaps:
                    row = Subject(self.table.name, *place, arn, self.table.type, names.get(arn))
                    subject = row if arn else self._place(place, gap.action)
                    self.found.not_seen(subject, gap, sight.side, tuple(sorted(gap.columns)))

    # ------------------------------------------------------------------ rows

    def _pair(self, pair: Pair) -> None:
        if pair.old is not None and pair.new is not None:
            self._both(pair.subject, orjson.loads(pair.old), orjson.loads(pair.new))
        elif pair.new is not None:
            self._one(pair.subject, pair.new, self.old, self.found.added)
        elif pair.old is not None:
            self._one(pair.subject, pair.old, self.new, self.found.removed)

    def _both(self, subject: Subject, old: Mapping[str, object], new: Mapping[str, object]) -> None:
        gaps = self._spoilt(subject)
        if not all(gap.columns for gap in gaps):
            return
        left_out = {column for gap in gaps for column in gap.columns}
        before, after = ({k: v for k, v in row.items() if k not in left_out} for row in (old, new))
        if found := changes(before, after):
            self.found.changed.append(Changed(subject, found))

    def _one(self, subject: Subject, document: str, other: _Sight, found: list[Only]) -> None:
        """A row that one side has: the other must have been able to see it."""
        if not all(gap.columns for gap in self._spoilt(subject)):
            return
        hidden = other.listings.get((subject.account, subject.region), ())
        for gap in hidden:
            self.found.not_seen(subject, gap, other.side)
        if not hidden:
            found.append(Only(subject, document))

    def _spoilt(self, subject: Subject) -> list[Gap]:
        place = (subject.account, subject.region)
        return [gap for sight in self.both for arn in (subject.arn, "") for gap in sight.rows.get((place, arn), ())]

    # ------------------------------------------------------------------ places

    def _places(self, side: Side) -> frozenset[Place]:
        """Where a side collected the table."""
        if self.table.name not in side.columns:
            return frozenset()
        return frozenset(place for place in side.places if (place[1] == GLOBAL) == self.table.is_global)

    def _listings(self, sight: _Sight, elsewhere: frozenset[Place]) -> None:
        """What a side could not list; where only one side looked, that is told already."""
        for place, gaps in sight.listings.items():
            for gap in gaps if place not in elsewhere else ():
                self.found.not_seen(self._place(place, gap.action), gap, sight.side, tuple(sorted(gap.columns)))

    def _not_collected(self, place: Place, sight: _Sight) -> None:
        action = self.rules.actions[self.table.operation]
        self.found.not_seen(self._place(place, action), self._not_asked(action, "not collected"), sight.side)

    def _details(self, place: Place, one_sided: Iterable[str]) -> None:
        """Columns that one side did not ask for, by the operation that fills them."""
        by_operation: dict[str, list[str]] = defaultdict(list)
        for column in one_sided:
            by_operation[self.rules.filled[column]].append(column)
        for operation, columns in by_operation.items():
            action = self.rules.actions[operation]
            told = f"{', '.join(sorted(columns))} not collected"
            for sight in self.both:
                if operation not in sight.side.operations.get(self.table.name, ()):
                    gap = self._not_asked(action, told)
                    self.found.not_seen(self._place(place, action), gap, sight.side, tuple(sorted(columns)))

    def _one_sided_columns(self) -> frozenset[str]:
        """Columns of details that only one side called for. Those that neither did are empty on both."""
        called = [sight.side.operations.get(self.table.name, frozenset()) for sight in self.both]
        return frozenset(
            column
            for column, operation in self.rules.filled.items()
            if (operation in called[0]) != (operation in called[1])
            and all(column in {*sight.side.columns.get(self.table.name, ()), "tags"} for sight in self.both)
        )

    def _place(self, place: Place, action: str) -> Subject:
        account, region = place
        arn = f"arn:aws:{_service(action)}:{region}:{account}:*"
        return Subject(self.table.name, account, region, arn, "AWS::Account" if region == GLOBAL else "AWS::Region")

    def _not_asked(self, action: str, message: str) -> Gap:
        return _told(self.table.name, action, NOT_COLLECTED, message)


def _not_declared(found: _Found, table: str) -> None:
    """Say once for each account that a table cannot be compared by this version of the tool."""
    for side in (found.old, found.new):
        for account in {account for account, _ in side.places} if table in side.columns else ():
            arn = f"arn:aws:{table.partition('_')[0]}:{GLOBAL}:{account}:*"
            subject = Subject(table, account, GLOBAL, arn, "AWS::Account")
            found.not_seen(subject, _told(table, "", NOT_DECLARED, "not a table of this version; it is"), side)


def _told(table: str, action: str, code: str, message: str) -> Gap:
    """What nobody was denied, in the form of a gap."""
    return Gap(
        account="",
        region="",
        service=_service(action),
        operation="",
        code=code,
        message=message,
        action=action,
        table=table,
    )


def _service(action: str) -> str:
    """The IAM prefix."""
    return action.partition(":")[0]


def _gap_tables(old: Side, new: Side) -> Iterator[str]:
    """Tables that something was to be seen of, though neither side may have collected them."""
    return (gap.table for side in (old, new) for gap in side.gaps)
