"""Comparisons as rows that checks are put to (DRF-01 to DRF-05): `declared_resources`, `live_resources`, … Pure."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

import orjson

from auditor.drift.code.model import CodeDrift, Judged, OutputFinding, Tool, Verdict
from auditor.drift.model import Change, Place, Subject, Unknown
from auditor.model import GLOBAL

_TOLD, _LONGEST = 3, 80
_OUTPUTS = {
    Tool.TERRAFORM: "Terraform::State::Output",
    Tool.PULUMI: "Pulumi::Stack::Output",
    Tool.CLOUDFORMATION: "AWS::CloudFormation::Stack",
}
"""What an output is called that leads to no resource."""

Rows = Iterable[dict[str, Any]]


def rows(found: CodeDrift, accounts: Iterable[str]) -> dict[str, Rows]:
    """Table -> rows, of a comparison with code. What no account is known of stands in the audit's only one."""
    known = tuple(accounts)
    own = known[0] if len(known) == 1 else ""
    return {
        "declared_resources": (
            *(_declared(one, own) for one in found.judged),
            *(_unseen(unknown, own) for unknown in found.unseen),
        ),
        "live_resources": _live(found, own),
        "declared_outputs": (_output(one, own) for one in found.outputs),
    }


def _declared(one: Judged, own: str) -> dict[str, Any]:
    declared = one.declared
    return {
        **_subject(one.subject, own),
        "tool": declared.tool.value,
        "state": declared.state,
        "address": declared.address,
        "kind": declared.kind,
        "standing": declared.standing.value,
        "deployed": {Verdict.DEPLOYED: True, Verdict.MISSING: False}.get(one.verdict),
        "as_declared": _as_declared(one),
        "reason": "; ".join(dict.fromkeys(unknown.reason for unknown in one.unknown)) or None,
        "differences": [
            {"field": change.field, "declared": _text(change.old), "live": _text(change.new)} for change in one.changes
        ],
        "told": told(one.changes),
        "equal": one.equal,
        "not_compared": list(one.not_compared),
    }


def _unseen(unknown: Unknown, own: str) -> dict[str, Any]:
    subject = _subject(unknown.subject, own)
    told = {"tool": Tool.CLOUDFORMATION.value, "state": "CloudFormation", "address": unknown.subject.table}
    return {**subject, **told, "reason": unknown.reason}


def _as_declared(one: Judged) -> bool | None:
    if one.verdict is not Verdict.DEPLOYED:
        return None
    return False if one.changes else None if one.unknown else True


def told(changes: Iterable[Change]) -> str:
    """The first differences in words."""
    return _first(
        f"{change.field} is {_clipped(change.old)} in the code and {_clipped(change.new)} live" for change in changes
    )


def _first(texts: Iterable[str]) -> str:
    every = list(texts)
    return "; ".join([*every[:_TOLD], *([f"{len(every) - _TOLD} more"] if len(every) > _TOLD else [])])


def _live(found: CodeDrift, own: str) -> Rows:
    for subject in found.managed:
        yield {**_subject(subject, own), "kind": subject.type, "managed": True, "reason": None}
    for one in found.unmanaged:
        yield {**_subject(one.subject, own), "kind": one.subject.type, "managed": False, "reason": None}
    for unknown in found.unseen:
        kind = f"resource ({unknown.subject.table})"
        yield {**_subject(unknown.subject, own), "kind": kind, "managed": None, "reason": unknown.reason}
    for share in found.shares:
        for unknown in share.unlisted:
            yield {**_subject(unknown.subject, own), "kind": share.type, "managed": None, "reason": unknown.reason}


def _output(one: OutputFinding, own: str) -> dict[str, Any]:
    subject = one.subject or Subject("", own, GLOBAL, "", "")
    return {
        **_subject(subject, own),
        "arn": subject.arn or one.names or f"{one.state or one.tool.value}#{one.name}",
        "type": subject.type or _OUTPUTS[one.tool],
        "tool": one.tool.value,
        "state": one.state,
        "output": one.name,
        "names": one.names or None,
        "leads": {Verdict.DEPLOYED: True, Verdict.MISSING: False}.get(one.verdict),
        "reason": one.unknown.reason if one.unknown is not None else None,
    }


def _subject(subject: Subject, own: str) -> dict[str, Any]:
    return {
        "arn": subject.arn,
        "type": subject.type,
        "account": subject.account or own,
        "region": subject.region or GLOBAL,
        "name": subject.name,
    }


def changes_by_place(difference: Mapping[str, Any], places: Iterable[Place], before: Iterable[Place]) -> Rows:
    """The rows of `audit_changes`: a difference (`document.difference`) by account and region of the audit.

    `before`: where the baseline looked.
    """
    counted: dict[Place, Counter[str]] = defaultdict(Counter)
    reasons: dict[Place, list[str]] = defaultdict(list)
    for kind in ("added", "removed", "changed", "unknown"):
        for item in difference[kind]:
            place = (item["account"], item["region"])
            counted[place][kind] += 1
            if kind == "unknown":
                reasons[place].append(item["reason"])
    known = set(before)
    for account, region in sorted({*places, *counted}):
        count = counted[account, region]
        yield {
            "account": account,
            "region": region,
            "arn": f"arn:aws:cloudtrail:{region}:{account}:*",
            "type": "AWS::Account" if region == GLOBAL else "AWS::Region",
            "name": None,
            **{kind: count[kind] for kind in ("added", "removed", "changed", "unknown")},
            "in_baseline": (account, region) in known,
            "reason": _first(sorted(set(reasons[account, region]))) or None,
        }


def _text(value: object) -> str | None:
    return None if value is None else value if isinstance(value, str) else orjson.dumps(value).decode()


def _clipped(value: object) -> str:
    text = _text(value)
    if text is None:
        return "none"
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"
