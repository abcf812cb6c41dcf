"""The picture of a history: the score over time, and below it what was new (up) and what was resolved (down).

Everything lies in percent of the width and in pixels of the height, so that text keeps its size on a narrow screen.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

TOP, BOTTOM = 14.0, 134.0
"""Where 100 % and 0 % lie."""
MIDDLE, REACH = 200.0, 44.0
"""Where the bars stand, and how far the longest goes."""

_LEFT, _RIGHT = 2.0, 98.0
_WIDEST, _NARROWEST = 3.0, 0.5
_APART = 14.0
"""Percent between two dates that are written."""


@dataclass(frozen=True, slots=True)
class Mark:
    """An audit: where its score lies (None: it has none), and its bars. `x`, `left` and `width` in percent."""

    x: str
    y: str | None
    left: str
    width: str
    up: str
    """Height of the bar of new failures."""
    up_y: str
    down: str
    complete: bool
    said: str


@dataclass(frozen=True, slots=True)
class Tick:
    """A date below the picture; `minor` ones leave a narrow screen."""

    x: str
    text: str
    anchor: str
    minor: bool


@dataclass(frozen=True, slots=True)
class Chart:
    """The whole picture; `lines` join the scores of neighbouring audits: x1, y1, x2, y2."""

    marks: tuple[Mark, ...]
    lines: tuple[tuple[str, str, str, str], ...]
    ticks: tuple[Tick, ...]
    most: int
    """What the longest bar stands for; 0: there are no bars."""
    title: str
    said: str


def chart(audits: Sequence[Mapping[str, Any]]) -> Chart:
    """The picture of a series' audits, the oldest first, at least one."""
    places = _places([audit["started_at"] for audit in audits])
    most = max((_changes(audit)[kind] for audit in audits for kind in (0, 1)), default=0)
    width = _width(places)
    marks = tuple(_mark(audit, x, width, most) for audit, x in zip(audits, places, strict=True))
    lines = tuple(
        (one.x, one.y, other.x, other.y) for one, other in pairwise(marks) if one.y is not None and other.y is not None
    )
    span = _span(audits)
    return Chart(marks, lines, tuple(_ticks(audits, places)), most, f"Score and changes, {span}", _said(audits, span))


def _places(moments: Sequence[str]) -> list[float]:
    """Where audits lie between left and right, by their time."""
    times = [datetime.datetime.fromisoformat(at).timestamp() for at in moments]
    whole = times[-1] - times[0]
    if not whole:
        return [(_LEFT + _RIGHT) / 2] * len(times)
    return [_LEFT + (_RIGHT - _LEFT) * (at - times[0]) / whole for at in times]


def _width(places: Sequence[float]) -> float:
    """Of each bar: so that neighbours do not touch, unless that is too narrow to be seen."""
    closest = min((after - before for before, after in pairwise(places)), default=_WIDEST)
    return min(_WIDEST, max(_NARROWEST, 0.7 * closest))


def _changes(audit: Mapping[str, Any]) -> tuple[int, int]:
    """New and resolved."""
    changes = audit["changes"] or {"new": 0, "resolved": 0}
    return changes["new"], changes["resolved"]


def _mark(audit: Mapping[str, Any], x: float, width: float, most: int) -> Mark:
    new, resolved = (REACH * count / most if most else 0 for count in _changes(audit))
    score = audit["score"]
    return Mark(
        x=f"{x:.3f}%",
        y=None if score is None else f"{BOTTOM - (BOTTOM - TOP) * score / 100:.2f}",
        left=f"{x - width / 2:.3f}%",
        width=f"{width:.3f}%",
        up=f"{new:.2f}",
        up_y=f"{MIDDLE - new:.2f}",
        down=f"{resolved:.2f}",
        complete=audit["complete"],
        said=_told(audit),
    )


def _told(audit: Mapping[str, Any]) -> str:
    """`2026-11-21: score 63.6%, 2 new, 1 resolved; collection with gaps`."""
    score = "no score" if audit["score"] is None else f"score {audit['score']:.1f}%"
    new, resolved = _changes(audit)
    changes = f", {new:,} new, {resolved:,} resolved" if audit["changes"] is not None else ", the first audit"
    return f"{audit['started_at'][:10]}: {score}{changes}{'' if audit['complete'] else '; collection with gaps'}"


def _ticks(audits: Sequence[Mapping[str, Any]], places: Sequence[float]) -> Iterator[Tick]:
    """The first and the last date, and those between that have room."""
    first, last = places[0], places[-1]
    dates = [audit["started_at"][:10] for audit in audits]
    if first == last:
        yield Tick(f"{first:.3f}%", dates[-1], "middle", minor=False)
        return
    yield Tick(f"{first:.3f}%", dates[0], "start", minor=False)
    taken = first + _APART / 2
    for x, date in zip(places[1:-1], dates[1:-1], strict=True):
        if x - taken >= _APART and last - _APART / 2 - x >= _APART:
            yield Tick(f"{x:.3f}%", date, "middle", minor=True)
            taken = x
    yield Tick(f"{last:.3f}%", dates[-1], "end", minor=False)


def _span(audits: Sequence[Mapping[str, Any]]) -> str:
    first, last = audits[0]["started_at"][:10], audits[-1]["started_at"][:10]
    return first if first == last else f"{first} to {last}"


def _said(audits: Sequence[Mapping[str, Any]], span: str) -> str:
    """The picture in words."""
    told = f"{len(audits):,} {'audit' if len(audits) == 1 else 'audits'}, {span}."
    scored = [audit for audit in audits if audit["score"] is not None]
    if scored:
        low, high = (pick(scored, key=lambda one: one["score"]) for pick in (min, max))
        told += f" The score was {scored[0]['score']:.1f}% at first and is {scored[-1]['score']:.1f}% at last;"
        told += f" the lowest was {low['score']:.1f}% on {low['started_at'][:10]},"
        told += f" the highest {high['score']:.1f}% on {high['started_at'][:10]}."
    new, resolved = (sum(counts) for counts in zip(*map(_changes, audits), strict=True))
    return f"{told} {new:,} failures were new and {resolved:,} were resolved. The table of audits has every figure."
