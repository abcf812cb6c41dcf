"""The picture at the top of the report: requirements against accounts and regions, the worst status in each cell."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from auditor.model import GLOBAL, Status
from auditor.reports import summary

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

Place = tuple[str, str]

MAX_COLUMNS = 24
MAX_ACCOUNTS = 48


@dataclass(frozen=True, slots=True)
class Cell:
    """One requirement in one place. `count` is how many findings have that status; `href` leads to the first."""

    status: str
    count: int
    href: str
    place: str


@dataclass(frozen=True, slots=True)
class Row:
    """A requirement's line."""

    id: str
    title: str
    severity: str
    status: str
    cells: tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class Matrix:
    """`groups` are the accounts with the number of their columns; `note` says what was drawn together or left out."""

    groups: tuple[tuple[str, int], ...]
    columns: tuple[str, ...]
    rows: tuple[Row, ...]
    note: str


def matrix(results: Mapping[str, Any], link: Callable[[Mapping[str, Any]], str]) -> Matrix:
    """The matrix of a document; `link` gives a finding's address, or that of its requirement where it is not shown."""
    columns, note = _columns(_places(results))
    names = summary.account_names(results)
    drawing = _Drawing(_by_cell(results, columns), _blind(results), names, link)
    rows = tuple(
        Row(one["id"], one["title"], one["severity"], one["status"], tuple(drawing.cell(one, each) for each in columns))
        for one in results["requirements"]
    )
    heads = tuple("all regions" if region == "*" else region for _, region in columns)
    return Matrix(_groups(columns, names), heads, rows, note)


def _label(column: Place, names: Mapping[str, str]) -> str:
    account = names.get(column[0], column[0])
    return account if column[1] == "*" else f"{account} {column[1]}"


def _groups(columns: Sequence[Place], names: Mapping[str, str]) -> tuple[tuple[str, int], ...]:
    spans: dict[str, int] = {}
    for account, _ in columns:
        spans[account] = spans.get(account, 0) + 1
    return tuple((names.get(account, account), span) for account, span in spans.items())


def _places(results: Mapping[str, Any]) -> list[Place]:
    """Account by account: its regions in the scope's order, then `global`."""
    order = {region: rank for rank, region in enumerate(summary.region_order(results))}
    places = {(one["id"], region) for one in results["scope"]["accounts"] for region in [*one["regions"], GLOBAL]}
    places |= {(one["resource"]["account"], one["resource"]["region"]) for one in results["findings"]}
    accounts = {one["id"]: rank for rank, one in enumerate(results["scope"]["accounts"])}
    return sorted(places, key=lambda place: (accounts.get(place[0], len(accounts)), place[0], order[place[1]]))


def _columns(places: Sequence[Place]) -> tuple[list[Place], str]:
    if len(places) <= MAX_COLUMNS:
        return list(places), ""
    accounts = list(dict.fromkeys(account for account, _ in places))
    shown = [(account, "*") for account in accounts[:MAX_ACCOUNTS]]
    note = "With this many places, each column is a whole account: the worst status of its regions."
    if len(accounts) > MAX_ACCOUNTS:
        note += f" {len(accounts) - MAX_ACCOUNTS:,} further accounts are not drawn; their findings stand below."
    return shown, note


def _by_cell(results: Mapping[str, Any], columns: Sequence[Place]) -> dict[tuple[str, Place], list[Mapping[str, Any]]]:
    merged = any(region == "*" for _, region in columns)
    cells: dict[tuple[str, Place], list[Mapping[str, Any]]] = defaultdict(list)
    for one in results["findings"]:
        where = one["resource"]
        column = (where["account"], "*" if merged else where["region"])
        for requirement in one["requirements"]:
            cells[requirement, column].append(one)
    return cells


def _blind(results: Mapping[str, Any]) -> set[tuple[str, Place]]:
    """(check, place) of the gaps in which a kind of resource could not be listed at all."""
    errors = [one for one in results["collection"]["errors"] if not one.get("arn")]
    return {(check, (one["account"], one["region"])) for one in errors for check in one.get("checks") or ()}


@dataclass(frozen=True, slots=True)
class _Drawing:
    found: Mapping[tuple[str, Place], list[Mapping[str, Any]]]
    blind: set[tuple[str, Place]]
    names: Mapping[str, str]
    link: Callable[[Mapping[str, Any]], str]

    def cell(self, requirement: Mapping[str, Any], column: Place) -> Cell:
        label, findings = _label(column, self.names), self.found.get((requirement["id"], column))
        if findings:
            status = summary.worst(one["status"] for one in findings)
            same = [one for one in findings if one["status"] == status]
            return Cell(status, len(same), self.link(min(same, key=summary.finding_key)), label)
        unchecked = not requirement["checks"] and requirement["status"] == Status.UNKNOWN
        unseen = unchecked or any((check, column) in self.blind for check in requirement["checks"])
        return Cell("unknown" if unseen else "not_applicable", 0, "", label)
