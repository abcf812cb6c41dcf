"""Differences between resources as text, the same in every format: values, names, places, who changed what."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any, TypeAlias

from auditor.reports import summary
from auditor.reports.sanitize import visible

Document = Mapping[str, Any]

NONE = "none"
"""What stands for a value that is not there. As JSON, no other value reads like it."""
NOWHERE = "place not known"
Piece: TypeAlias = tuple[bool, str]
"""Whether it is a name, value or path (code, in formats that have it), and the text."""

FIELDS = 2
"""Fields that are told where there is a line for each difference."""
WORST_FIRST = ("removed", "changed", "added")
"""The order in which differences are told where few can be."""


def value_text(value: object) -> str:
    """A value of a field as JSON on one line; `none` where there is none."""
    return NONE if value is None else visible(json.dumps(value, ensure_ascii=False))


def name_of(one: Document) -> str:
    """What to call a resource of a comparison: its name, or what its ARN ends in; a table in a place for all of it."""
    label = visible(summary.resource_label(one)) or visible(one["type"])
    return f"{visible(one['table'])} in {label}" if _is_place(one) else label


def _is_place(one: Document) -> bool:
    return bool(one["table"]) and one["type"] in {"AWS::Account", "AWS::Region"}


def place_of(one: Document, names: Mapping[str, str]) -> str:
    """`trading (111122223333), us-east-1`; code does not always say where a resource is."""
    parts = (names.get(one["account"], one["account"]), one["region"])
    return visible(", ".join(part for part in parts if part)) or NOWHERE


def worst(part: Document, limit: int) -> list[tuple[str, Document]]:
    """At most so many differences of a comparison, each with its kind: each kind has its share, the worst is first."""
    shares = summary.share({kind: len(part[kind]) for kind in WORST_FIRST}, limit)
    return [(kind, one) for kind in WORST_FIRST for one in part[kind][: shares[kind]]]


def how_many(part: Document) -> int:
    """How many differences there are in all."""
    return sum(len(part[kind]) for kind in WORST_FIRST)


def said(one: Document, names: Mapping[str, str]) -> Iterator[tuple[Piece, ...]]:
    """A difference clause by clause: what it is and where, how it is declared, the first fields, who changed it."""
    yield (True, name_of(one)), (False, f"{visible(one['type'])}, {place_of(one, names)}")
    if one.get("claim"):
        yield (False, "declared as"), (True, visible(one["claim"]["address"]))
    fields = one.get("fields") or ()
    for field in fields[:FIELDS]:
        old, new = (value_text(field[side]) for side in ("old", "new"))
        yield (True, visible(field["path"])), (True, old), (False, "→"), (True, new)
    if more := max(0, len(fields) - FIELDS):
        yield ((False, f"and {more:,} more field{'s' if more > 1 else ''}"),)
    for change in (one.get("by") or ())[:1]:
        yield (False, "by"), (True, visible(change["who"])), (False, f"({visible(change['event'])})")


def denied(part: Document) -> list[tuple[str, int]]:
    """The IAM actions for want of which something could not be compared, with how many resources or places each.

    The most frequent first; what has another reason comes last, under no name.
    """
    counts = Counter(visible(one["action"]) for one in part["unknown"])
    return sorted(counts.items(), key=lambda count: (not count[0], -count[1], count[0]))
