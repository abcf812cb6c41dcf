"""That nothing was lost on the way: items that AWS answered = rows of the snapshot, and what became of the others.

Each number is counted at another point: `answered` in the ledger, call by call; `staged` where a collector gives a
row; `lines` where DuckDB reads what was staged; `rows` in the finished Parquet file. An item that became no row has a
reason: its resource was deleted meanwhile, it could not be read (a gap tells of it), or AWS answered it twice.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from auditor.model import Gap

CODE = "Reconciliation"
"""The code of the gap where the numbers do not agree."""

Place = tuple[str, str, str]
"""Table, account, region."""


@dataclass(slots=True)
class Tally:
    """What became of the items of one table, in one place or in all."""

    answered: int = 0
    unreadable: int = 0
    vanished: int = 0
    staged: int = 0
    lines: int = 0
    rows: int = 0

    @property
    def repeated(self) -> int:
        """Items that AWS answered twice, as when one moves from page to page: they are one row."""
        return self.lines - self.rows

    @property
    def agrees(self) -> bool:
        """Whether every item is accounted for."""
        return self.answered - self.unreadable - self.vanished == self.staged == self.lines

    def add(self, other: Tally) -> None:
        """Add the numbers of another place."""
        for name, number in asdict(other).items():
            setattr(self, name, getattr(self, name) + number)

    def to_json(self) -> dict[str, int]:
        """As the snapshot keeps it."""
        return {
            "answered": self.answered,
            "unreadable": self.unreadable,
            "vanished": self.vanished,
            "repeated": self.repeated,
        }


def tallies(
    calls: Iterable[Mapping[str, Any]],
    counts: Iterable[tuple[str, str, Mapping[str, Any]]],
    written: Mapping[Place, tuple[int, int]],
    listings: Mapping[str, str],
) -> dict[Place, Tally]:
    """The numbers of each place that has any.

    `calls` is the ledger, `counts` are (account, region, line) of the units, `written` the lines that were read and the
    rows that were written of each place, `listings` table -> the operation that lists it.
    """
    found: dict[Place, Tally] = defaultdict(Tally)
    for call in calls:
        if call.get("items") and listings.get(call["table"]) == call["operation"]:
            found[call["table"], call["account"], call["region"]].answered += call["items"]
    for account, region, line in counts:
        tally = found[line["table"], account, region]
        setattr(tally, line["what"], getattr(tally, line["what"]) + line["count"])
    for place, (lines, rows) in written.items():
        found[place].lines, found[place].rows = lines, rows
    return found


def by_table(found: Mapping[Place, Tally]) -> dict[str, Tally]:
    """The numbers of each table, over all places."""
    added: dict[str, Tally] = defaultdict(Tally)
    for (table, _, _), tally in found.items():
        added[table].add(tally)
    return added


def unaccounted(
    found: Mapping[Place, Tally], listings: Mapping[str, tuple[str, str]], gaps: Iterable[Mapping[str, Any]]
) -> Iterator[Gap]:
    """A gap for each place in which the numbers do not agree, and no gap says already that rows are missing.

    `listings` is table -> the operation that lists it and its IAM action.
    """
    told = {(gap["table"], gap["account"], gap["region"]) for gap in gaps if not (gap["columns"] or gap["arn"])}
    for place, tally in sorted(found.items()):
        if tally.agrees or place in told:
            continue
        table, account, region = place
        operation, action = listings[table]
        yield mismatch(table, account, region, operation, action, _said(tally))


def mismatch(table: str, account: str, region: str, operation: str, action: str, message: str) -> Gap:
    """The gap that makes what a table's numbers put in doubt unknown."""
    return Gap(
        account=account,
        region=region,
        service=action.split(":", maxsplit=1)[0],
        operation=operation,
        code=CODE,
        message=message,
        action=action,
        table=table,
    )


def _said(tally: Tally) -> str:
    """The numbers, in the order in which they should agree."""
    dropped = f", {tally.vanished} deleted meanwhile, {tally.unreadable} unreadable"
    kept = f"{tally.staged} were kept, {tally.lines} read back"
    return f"AWS answered {tally.answered} items{dropped}; {kept}: they are not all accounted for"
