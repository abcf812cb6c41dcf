"""Faults that have nothing to do with each other, in one account: it is built and audited once for several."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple, TypeVar

Item = TypeVar("Item")


class Fault(NamedTuple):
    """A part that is built otherwise, and what fails for it."""

    changes: Mapping[str, Any]
    failing: set[tuple[str, str]]
    """Check and the resource's name."""
    message: str
    """A part of what is said of each."""


def grouped(items: Iterable[Item], apart: Callable[[Item, Item], bool]) -> list[list[Item]]:
    """Groups of items any two of which are apart: each goes to the first group that takes it."""
    groups: list[list[Item]] = []
    for item in items:
        free = (group for group in groups if all(apart(item, other) for other in group))
        found = next(free, None)
        if found is None:
            groups.append([item])
        else:
            found.append(item)
    return groups


def together(faults: Sequence[tuple[Mapping[str, Any], set[tuple[str, str]], str]]) -> list[list[Fault]]:
    """Groups of faults that change different parts and fail different checks."""
    return grouped((Fault(*one) for one in faults), _apart)


def _apart(one: Fault, other: Fault) -> bool:
    checks = {check for check, _ in one.failing} & {check for check, _ in other.failing}
    return not checks and not set(one.changes) & set(other.changes)


def changes(faults: Sequence[Fault]) -> dict[str, Any]:
    """What these faults change."""
    return {part: changed for fault in faults for part, changed in fault.changes.items()}


def judge(faults: Sequence[Fault], bad: Mapping[tuple[str, str], tuple[str, str]]) -> None:
    """Whether what does not pass, with status and message, is what these faults make fail."""
    expected = dict.fromkeys((what for fault in faults for what in fault.failing), "fail")
    assert {what: status for what, (status, _) in bad.items()} == expected, bad
    for fault in faults:
        told = [bad[what][1] for what in fault.failing]
        assert not told or any(fault.message in message for message in told), (fault, bad)


def label(faults: Sequence[Fault]) -> str:
    """A test's name."""
    return "-".join(part for fault in faults for part in fault.changes)
