"""Findings that are drawn: spans of seconds against a limit, two places side by side (`drawing` of a check)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

_NAME = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True, slots=True)
class Span:
    """A step of a chain; `seconds` is None where nobody knows. `x` and `width` are in percent of the drawing."""

    label: str
    seconds: float | None
    x: str
    width: str


@dataclass(frozen=True, slots=True)
class Chain:
    """Seconds one after the other, and how many are allowed."""

    spans: tuple[Span, ...]
    total: float | None
    """None where a span is not known."""
    limit: float
    limit_x: str
    said: str
    """The whole drawing in words."""


@dataclass(frozen=True, slots=True)
class Line:
    """What both sides have of one thing; `short`: the right one has too little."""

    label: str
    left: str
    right: str
    short: bool


@dataclass(frozen=True, slots=True)
class Sides:
    """Two places side by side."""

    left: str
    right: str
    lines: tuple[Line, ...]


def drawn(
    drawing: Mapping[str, Any] | None, finding: Mapping[str, Any], parameters: Mapping[str, Any]
) -> Chain | Sides | None:
    """A finding's drawing; None where its check has none, or the finding is about a place and has no evidence."""
    evidence = finding.get("evidence") or {}
    if not drawing or not evidence:
        return None
    values = {
        **parameters,
        **evidence,
        **{name: finding["resource"].get(name) for name in ("account", "region", "name")},
    }
    if drawing["kind"] == "chain":
        return _chain(drawing, values)
    lines = tuple(_line(part, values) for part in drawing["parts"])
    return Sides(_filled(drawing["left"], values), _filled(drawing["right"], values), lines)


def _chain(drawing: Mapping[str, Any], values: Mapping[str, Any]) -> Chain | None:
    limit = values.get(drawing["limit"])
    if not isinstance(limit, int | float):
        return None
    known = [(part["label"], _seconds(values.get(part["column"]))) for part in drawing["parts"]]
    sum_known = sum(seconds or 0 for _, seconds in known)
    total = sum_known if all(seconds is not None for _, seconds in known) else None
    whole, x, spans = max(sum_known, limit) or 1, 0.0, []
    for label, seconds in known:
        width = 100 * (seconds or 0) / whole
        spans.append(Span(label, seconds, f"{x:.3f}%", f"{width:.3f}%"))
        x += width
    steps = "; ".join(f"{number(seconds)} {label}" for label, seconds in known)
    said = f"{steps}; {number(total)} in all, {number(limit)} are allowed"
    return Chain(tuple(spans), total, limit, f"{100 * limit / whole:.3f}%", said)


def number(seconds: float | None) -> str:
    """`150 s`, or that it is not known."""
    return "not known" if seconds is None else f"{seconds:g} s"


def _seconds(value: object) -> float | None:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def _line(part: Mapping[str, Any], values: Mapping[str, Any]) -> Line:
    left, right = values.get(part["left"]), values.get(part["right"])
    return Line(part["label"], _shown(left), _shown(right), _falls_short(part.get("compare") or "", left, right))


def _falls_short(compare: str, left: object, right: object) -> bool:
    """Whether the right one has less than the left (`as_many`), or nothing where the left has something (`any`)."""
    if compare == "any":
        return bool(left) and not right
    if compare != "as_many":
        return False
    if isinstance(left, list):
        return not {str(one) for one in left} <= {str(one) for one in (right if isinstance(right, list) else ())}
    return isinstance(left, int | float) and (not isinstance(right, int | float) or right < left)


def _shown(value: object) -> str:
    if value is None or value == []:
        return "none"
    return ", ".join(str(one) for one in value) if isinstance(value, list) else str(value)


def _filled(template: str, values: Mapping[str, Any]) -> str:
    return _NAME.sub(lambda found: _shown(values.get(found[1])), template)
