"""What the verdicts rest on: what could not be seen, what was collected, waivers, changes, how each check was done."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from auditor.reports import summary
from auditor.reports.page.cover import moment
from auditor.reports.page.findings import Value, values

MAX_GAP_PLACES = 12
MAX_CHANGES = 100
"""Findings of one kind of change that are listed; results.json has all."""

_OPEN = frozenset({"fail", "unknown", "not_evaluated"})
"""How a finding stands that nobody has seen resolved."""

STATES = {
    "in_force": "in force",
    "expired": "expired: it covers nothing any more",
    "matches_nothing": "matches nothing: remove it, or correct its resource",
    "not_needed": "not needed any more: what it covers passes",
}


@dataclass(frozen=True, slots=True)
class Gap:
    """A line of "What could not be seen"."""

    action: str
    code: str
    message: str
    places: tuple[str, ...]
    more_places: int
    resources: int
    checks: tuple[str, ...]
    requirements: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Change:
    """A finding that stands otherwise than in the baseline; `href` is empty where it is not in this audit any more."""

    href: str
    status: str
    name: str
    message: str
    requirements: tuple[str, ...]
    severity: str
    place: str
    was: str
    now: str
    since: str
    """Since when it is, or was, open, and how long that is; empty where nobody knows."""


@dataclass(frozen=True, slots=True)
class Changes:
    """What changed since the baseline: `counts` are (kind, words, number), `lists` (words, changes, how many more)."""

    baseline: str
    when: str
    counts: tuple[tuple[str, str, int], ...]
    lists: tuple[tuple[str, tuple[Change, ...], int], ...]


@dataclass(frozen=True, slots=True)
class Waiver:
    """A waiver, what state it is in, and how many findings of which status it is about."""

    waiver: Mapping[str, Any]
    subject: str
    state: str
    said: str
    covers: tuple[tuple[str, str, int], ...]


@dataclass(frozen=True, slots=True)
class Table:
    """A table's reconciliation. `steps` lead from AWS's answers to rows: (count or None where it is not recorded)."""

    table: Mapping[str, Any]
    dropped: tuple[tuple[str, int], ...]
    """(why, how many) items that became no row."""
    left_out: tuple[tuple[str, int], ...]
    """(rule, how many) rows that are out of scope."""
    agrees: bool


@dataclass(frozen=True, slots=True)
class Method:
    """A check as it was carried out."""

    check: Mapping[str, Any]
    word: str
    reasons: tuple[tuple[str, str], ...]
    parameters: tuple[Value, ...]
    tables: tuple[tuple[str, str], ...]
    left_out: tuple[tuple[str, int], ...]


def gap(gap: summary.Unseen, names: Mapping[str, str]) -> Gap:
    """A line of "What could not be seen"."""
    places = [f"{names.get(account, account)}, {region}" for account, region in gap.places]
    return Gap(
        action=gap.action,
        code=gap.code,
        message=gap.message,
        places=tuple(places[:MAX_GAP_PLACES]),
        more_places=max(0, len(places) - MAX_GAP_PLACES),
        resources=len(gap.arns),
        checks=gap.checks,
        requirements=gap.requirements,
    )


# ---------------------------------------------------------------------------------------- changes, waivers, tables


def changes(results: Mapping[str, Any], link: Callable[[Mapping[str, Any]], str]) -> Changes | None:
    """What changed since the baseline; None where there is none. `link` gives a finding's address."""
    drift = results.get("drift") or {}
    if not drift.get("baseline"):
        return None
    found, names, since = drift.get("findings") or {}, summary.account_names(results), summary.open_since(results)
    present = {one["id"]: one for one in results["findings"]}

    def change(one: Mapping[str, Any]) -> Change:
        open_ = "open since" if one["now"] in _OPEN else "was open since"
        said = f"{open_} {summary.open_for(results, since[one['id']])}" if one["id"] in since else ""
        return _change(one, present.get(one["id"]), link, names, said)

    lists = []
    for kind in summary.CHANGES:
        ordered = sorted(found.get(kind) or (), key=summary.change_key)
        if kind == "still_open":  # the oldest first
            ordered.sort(key=lambda one: (one["id"] not in since, since.get(one["id"])))
        shown = tuple(change(one) for one in ordered[:MAX_CHANGES])
        if shown:
            lists.append((summary.CHANGES[kind], shown, len(ordered) - len(shown)))
    counts = tuple((kind, words, len(found.get(kind) or ())) for kind, words in summary.CHANGES.items())
    baseline = drift["baseline"]
    return Changes(str(baseline.get("id") or ""), moment(str(baseline.get("finished_at") or "")), counts, tuple(lists))


def _change(
    one: Mapping[str, Any],
    present: Mapping[str, Any] | None,
    link: Callable[[Mapping[str, Any]], str],
    names: Mapping[str, str],
    since: str,
) -> Change:
    resource = one["resource"]
    now = one["now"] if one["now"] in summary.WORDS else "not_applicable"
    return Change(
        href=link(present) if present is not None else "",
        status=now,
        name=summary.resource_label(resource),
        message=one["message"],
        requirements=tuple(one["requirements"]),
        severity=one["severity"],
        place=f"{names.get(resource['account'], resource['account'])}, {resource['region']}",
        was=summary.STANDINGS.get(one["was"], one["was"]),
        now=summary.STANDINGS.get(one["now"], one["now"]),
        since=since,
    )


def waiver(one: Mapping[str, Any]) -> Waiver:
    """A waiver of the document."""
    state = one["state"] or ("expired" if one["expired"] else "in_force")
    counted = one["covers"] or {"waived": one["matched"]}
    covers = tuple((status, summary.WORDS[status], counted[status]) for status in summary.WORDS if counted.get(status))
    return Waiver(one, one["requirement"] or one["check"] or "every requirement", state, STATES[state], covers)


def holds(one: Mapping[str, Any]) -> bool:
    """Whether AWS answered anything for a table, or something about it does not agree."""
    return bool(one["rows"] or one.get("answered") or not _agrees(one))


def table(one: Mapping[str, Any]) -> Table:
    """A table of the document with what became of AWS's items."""
    why = {"vanished": "deleted meanwhile", "unreadable": "could not be read", "repeated": "answered twice"}
    dropped = tuple((said, one[name]) for name, said in why.items() if one.get(name))
    return Table(one, dropped, tuple(sorted((one["left_out"] or {}).items())), _agrees(one))


def _agrees(one: Mapping[str, Any]) -> bool:
    """Items that AWS answered = rows = rows in scope and those left out, as far as each was counted."""
    left = sum((one["left_out"] or {}).values())
    if one["in_scope"] is not None and one["in_scope"] + left != one["rows"]:
        return False
    dropped = sum(one.get(name) or 0 for name in ("vanished", "unreadable", "repeated"))
    return one["answered"] is None or one["answered"] - dropped == one["rows"]


# ---------------------------------------------------------------------------------------- method


def method(check: Mapping[str, Any], results: Mapping[str, Any]) -> Method:
    """A check as it was carried out, with the parameters that its SQL names."""
    reasons = [one if isinstance(one, dict) else {"when": "", "say": str(one)} for one in check.get("reasons") or ()]
    sql = " ".join([check.get("facts") or "", check.get("pass_when") or "", *(str(one.get("when")) for one in reasons)])
    used = set(re.findall(r"\$(\w+)", sql))
    known = results["audit"].get("parameters") or {}
    return Method(
        check=check,
        word=summary.WORDS[check["status"]],
        reasons=tuple((str(one.get("when") or ""), str(one.get("say") or "")) for one in reasons),
        parameters=values({name: known[name] for name in sorted(used) if name in known}),
        tables=tuple((one["table"], _operations(one.get("operations") or ())) for one in check.get("tables") or ()),
        left_out=tuple(sorted((check.get("left_out") or {}).items())),
    )


def _operations(operations: Sequence[Mapping[str, Any]]) -> str:
    return ", ".join(sorted({str(one.get("action") or one.get("operation")) for one in operations}))
