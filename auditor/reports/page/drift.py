"""The section "Drift": the code and the baseline against what is there, a picture first."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from auditor.reports import summary
from auditor.reports.differences import name_of, place_of
from auditor.reports.page.differences import (
    MAX_FIELDS,
    MAX_LISTED,
    MAX_VALUE,
    Claim,
    Ignored,
    Listed,
    NotCompared,
    Rule,
    Shown,
    Some,
    claim,
    ignored,
    rules,
    some,
)
from auditor.reports.sanitize import clip, visible

Document = Mapping[str, Any]

MAX_TYPES = 40
"""Types in the picture; of more, those of which least is managed."""
MAX_WHY = 2
"""Reasons why not all of a type could be listed that are told there; "Could not be compared" has them too."""
MANY = 100
"""Resources that a browser lays out at once in no time."""
_DIGEST = 12
"""Characters of a digest that tell states apart; results.json has all of it."""


@dataclass(frozen=True, slots=True)
class Bar:
    """How much of a type the code manages: parts are (status whose colour they have, word, count, x, width in percent).

    Where the type could not be listed, the bar is one unknown part: `why` says what was denied.
    """

    type: str
    parts: tuple[tuple[str, str, int, str, str], ...]
    managed: int
    unmanaged: int
    ignored: int
    share: str
    why: Some[str]
    said: str


@dataclass(frozen=True, slots=True)
class State:
    """A state or stack that was read."""

    tool: str
    name: str
    version: str
    serial: str
    digest: str
    resources: int
    set_aside: tuple[tuple[str, int], ...]
    pending: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Output:
    """An output that leads nowhere, or that could not be followed."""

    status: str
    name: str
    names: str
    state: str
    said: str


@dataclass(frozen=True, slots=True)
class Twice:
    """A live resource that several resources of the code say they manage."""

    name: str
    type: str
    place: str
    claims: tuple[Claim, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """What both comparisons have."""

    figures: tuple[tuple[str, str, int], ...]
    """(kind, words, how many)"""
    unknown: Some[NotCompared]
    unknowns: int
    """Resources, and all of a table somewhere; `unknown` has them by reason."""
    ignored: Some[Ignored]
    many: bool
    """Resources are so many that they are laid out only when they come into view."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Since(Part):
    """What became of resources since the baseline."""

    baseline: str
    lists: tuple[Listed, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Code(Part):
    """How what is deployed differs from the code."""

    share: str
    bars: Some[Bar]
    missing: Listed
    different: Listed
    unmanaged: Some[Listed]
    unmanaged_total: int
    outputs: Some[Output]
    followed: int
    """Outputs that lead to something live."""
    twice: Some[Twice]
    not_compared: Some[tuple[str, str]]
    """(the provider's type, its attributes)"""
    states: Some[State]


@dataclass(frozen=True, slots=True)
class Drift:
    """The section; a comparison that was not made is None."""

    code: Code | None
    since: Since | None
    rules: tuple[Rule, ...]


def drift(results: Mapping[str, Any]) -> Drift | None:
    """The section of a document; None where resources were compared with nothing."""
    code, since = summary.from_code(results), summary.since_baseline(results)
    if code is None and since is None:
        return None
    shown = Shown(summary.account_names(results))
    baseline = str(((results.get("drift") or {}).get("baseline") or {}).get("id") or "")
    return Drift(
        _code(code, shown) if code is not None else None,
        _since(since, baseline, shown) if since is not None else None,
        rules(part for part in (code, since) if part is not None),
    )


# ---------------------------------------------------------------------------------------- the two comparisons


def _part(part: Document, words: Mapping[str, str], shown: Shown) -> dict[str, Any]:
    counts = part["summary"]
    figures = [(kind, summary.short(said), counts[kind]) for kind, said in words.items()]
    return {
        "figures": (*figures, ("ignored", "ignored", counts["ignored"])),
        "unknown": shown.not_compared(part["unknown"]),
        "unknowns": len(part["unknown"]),
        "ignored": ignored(part, words),
        "many": sum(min(len(part[kind]), MAX_LISTED) for kind in ("added", "removed", "changed")) > MANY,
    }


def _since(part: Document, baseline: str, shown: Shown) -> Since:
    words = summary.SINCE_BASELINE
    kinds = ("changed", "removed", "added")
    return Since(
        **_part(part, words, shown),
        baseline=visible(baseline),
        lists=tuple(shown.listed(kind, words[kind], part[kind]) for kind in kinds),
    )


def _code(part: Document, shown: Shown) -> Code:
    words = summary.FROM_CODE
    failing = [one for one in part["outputs"] if one["verdict"] != "deployed"]
    common = _part(part, words, shown)
    deployed = ("deployed", "declared and deployed", part["deployed"])
    return Code(
        **common | {"figures": (deployed, *common["figures"])},
        share=summary.managed_share(part["shares"]),
        bars=some(sorted(part["shares"], key=_least_managed), _bar, MAX_TYPES),
        missing=shown.listed("removed", words["removed"], part["removed"]),
        different=shown.listed("changed", words["changed"], part["changed"]),
        unmanaged=shown.by_type("added", part["added"]),
        unmanaged_total=len(part["added"]),
        outputs=some(failing, _output),
        followed=len(part["outputs"]) - len(failing),
        twice=some(part["claimed_twice"], lambda one: _twice(one, shown)),
        not_compared=_not_compared(part["not_compared"]),
        states=some(part["states"], _state),
    )


# ---------------------------------------------------------------------------------------- the picture


def _bar(one: Document) -> Bar:
    counts = (
        ("pass", "managed", one["managed"]),
        ("fail", "unmanaged", one["unmanaged"]),
        ("waived", "ignored", one["ignored"]),
    )
    parts = _parts(counts) if not one["unlisted"] else (("unknown", "not known how many", 0, "0%", "100%"),)
    kind = visible(one["type"])
    seen = ", ".join(f"{count:,} {word}" for _, word, count in counts if count) or "none seen"
    return Bar(
        clip(kind, MAX_VALUE),
        parts,
        one["managed"],
        one["unmanaged"],
        one["ignored"],
        summary.percentage_of(one),
        some(one["unlisted"], lambda why: clip(visible(why), MAX_VALUE), MAX_WHY),
        f"{clip(kind, MAX_VALUE)}: {seen}{'; not all could be listed' if one['unlisted'] else ''}",
    )


def _parts(counts: Sequence[tuple[str, str, int]]) -> tuple[tuple[str, str, int, str, str], ...]:
    """What there is of each, one after the other."""
    whole, x, parts = sum(count for *_, count in counts), 0.0, []
    for status, word, count in counts:
        if count:
            parts.append((status, word, count, f"{x:.3f}%", f"{100 * count / whole:.3f}%"))
            x += 100 * count / whole
    return tuple(parts)


def _least_managed(one: Document) -> tuple[int, float, str]:
    whole = one["managed"] + one["unmanaged"]
    status = "unknown" if one["unlisted"] else "not_applicable" if not whole else "fail" if one["unmanaged"] else "pass"
    return summary.status_rank(status), one["managed"] / whole if whole else 0, one["type"]


# ---------------------------------------------------------------------------------------- what the code says besides


def _output(one: Document) -> Output:
    verdict = one["verdict"]
    said = one["reason"] or summary.VERDICTS.get(verdict, verdict)
    return Output(
        "fail" if verdict == "missing" else "unknown",
        clip(visible(one["name"]), MAX_VALUE),
        clip(visible(one["names"] or ""), MAX_VALUE),
        clip(visible(one["state"]), MAX_VALUE),
        clip(visible(said), MAX_VALUE),
    )


def _twice(one: Document, shown: Shown) -> Twice:
    claims = tuple(claim(each) for each in one["claims"])
    return Twice(clip(name_of(one), MAX_VALUE), visible(one["type"]), place_of(one, shown.names), claims)


def _not_compared(items: Sequence[Document]) -> Some[tuple[str, str]]:
    by_kind: dict[str, list[str]] = defaultdict(list)
    for one in items:
        by_kind[visible(one["kind"])].append(f"{visible(one['attribute'])} ({one['resources']:,})")
    kinds = sorted(by_kind)
    shown = tuple((clip(kind, MAX_VALUE), _attributes(by_kind[kind])) for kind in kinds[:MAX_LISTED])
    return Some(shown, len(kinds) - len(shown))


def _attributes(names: Sequence[str]) -> str:
    more = f", and {len(names) - MAX_FIELDS:,} more" if len(names) > MAX_FIELDS else ""
    return ", ".join(clip(name, MAX_VALUE) for name in names[:MAX_FIELDS]) + more


def _state(one: Document) -> State:
    return State(
        visible(one["tool"]),
        clip(visible(one["name"]), MAX_VALUE),
        visible(one["version"]),
        "" if one["serial"] is None else str(one["serial"]),
        visible(one["digest"])[:_DIGEST],
        one["resources"],
        tuple((visible(why), count) for why, count in sorted(one["set_aside"].items())),
        tuple(visible(operation) for operation in one["pending"]),
    )
