"""Comparisons as plain JSON: what `auditor drift --format json` prints, and the `drift` of results.json. Pure.

Both comparisons have the same lists: `added` (live and not in the baseline; not in the code), `removed` (in the
baseline, or the code, and not live), `changed` (`old` is the baseline's, or the code's), `unknown`, and `ignored`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from auditor.drift.code.model import CodeDrift, Declared, Judged, OutputFinding, Share, State, Verdict
from auditor.drift.ignore import Ignored, Ignoring
from auditor.drift.model import Change, Changed, Difference, Subject, Unknown

LISTS = ("added", "removed", "changed", "unknown")


def difference(found: Difference, ignoring: Ignoring) -> dict[str, Any]:
    """Two snapshots compared."""
    return _with_summary(
        {
            "added": [_subject(only.subject) | {"properties": only.properties} for only in found.added],
            "removed": [_subject(only.subject) | {"properties": only.properties} for only in found.removed],
            "changed": [_changed(one) for one in found.changed],
            "unknown": [_unknown(unknown.subject, unknown) for unknown in found.unknown],
        },
        ignoring,
    )


def code(found: CodeDrift, ignoring: Ignoring) -> dict[str, Any]:
    """States compared with a snapshot."""
    lists = {
        "added": [_subject(one.subject) for one in found.unmanaged],
        "removed": [_judged(one) for one in found.judged if one.verdict is Verdict.MISSING],
        "changed": [_judged(one) | {"fields": _fields(one.changes)} for one in found.judged if one.changes],
        "unknown": [
            *(_judged(one) | _why(unknown) for one in found.judged for unknown in one.unknown),
            *(_unknown(unknown.subject, unknown) for unknown in found.unseen),
            *(_unlisted(share, unknown) for share in found.shares for unknown in share.unlisted),
        ],
    }
    return {
        "states": [_state(state) for state in found.states],
        "deployed": sum(one.verdict is Verdict.DEPLOYED for one in found.judged),
        **_with_summary(lists, ignoring),
        "shares": [_share(share) for share in found.shares],
        "outputs": [_output(one) for one in found.outputs],
        "claimed_twice": [
            _subject(one.subject) | {"claims": [_claim(claim) for claim in one.claims]} for one in found.claimed_twice
        ],
        "not_compared": _not_compared(found.judged),
    }


def _with_summary(lists: Mapping[str, list[dict[str, Any]]], ignoring: Ignoring) -> dict[str, Any]:
    ignored = [_ignored(one) for one in ignoring.covered]
    counted = {name: len(items) for name, items in lists.items()} | {"ignored": len(ignored)}
    return {"summary": counted, **lists, "ignored": ignored, "rules": rules(ignoring)}


def rules(ignoring: Ignoring) -> list[dict[str, Any]]:
    """Each rule of the configuration with how many differences it covers, or would, had it not expired."""
    covered = Counter(one.rule for one in ignoring.covered)
    return [
        {
            "resource": rule.resource,
            "attribute": rule.attribute or None,
            "reason": rule.reason,
            "expires": rule.expires,
            "expired": ignoring.expired[number],
            "matched": covered[number] or ignoring.would_cover[number],
        }
        for number, rule in enumerate(ignoring.rules)
    ]


def _subject(subject: Subject) -> dict[str, Any]:
    return {
        "table": subject.table,
        "type": subject.type,
        "arn": subject.arn,
        "account": subject.account,
        "region": subject.region,
        "name": subject.name,
    }


def _fields(changes: Iterable[Change]) -> list[dict[str, Any]]:
    return [{"path": change.field, "old": change.old, "new": change.new} for change in changes]


def _changed(changed: Changed) -> dict[str, Any]:
    return _subject(changed.subject) | {"fields": _fields(changed.changes)}


def _why(unknown: Unknown) -> dict[str, Any]:
    return {
        "action": unknown.action,
        "code": unknown.code,
        "reason": unknown.reason,
        "columns": list(unknown.columns),
    }


def _unknown(subject: Subject, unknown: Unknown) -> dict[str, Any]:
    return _subject(subject) | _why(unknown)


def _claim(declared: Declared) -> dict[str, Any]:
    return {
        "tool": declared.tool.value,
        "state": declared.state,
        "address": declared.address,
        "kind": declared.kind,
        "standing": declared.standing.value,
    }


def _judged(one: Judged) -> dict[str, Any]:
    return _subject(one.subject) | {"claim": _claim(one.declared)}


def _unlisted(share: Share, unknown: Unknown) -> dict[str, Any]:
    return _unknown(unknown.subject, unknown) | {"reason": f"unmanaged {share.type}: {unknown.reason}"}


def _ignored(one: Ignored) -> dict[str, Any]:
    told: dict[str, Any] = _subject(one.subject) | {"kind": one.kind, "rule": one.rule}
    if one.address:
        told["address"] = one.address
    if one.change is not None:
        told["fields"] = _fields([one.change])
    return told


def _state(state: State) -> dict[str, Any]:
    return {
        "tool": state.tool.value,
        "name": state.name,
        "version": state.version,
        "serial": state.serial,
        "digest": state.digest,
        "resources": len(state.resources),
        "set_aside": dict(sorted(state.set_aside.items())),
        "pending": list(state.pending),
    }


def _share(share: Share) -> dict[str, Any]:
    whole = share.managed + share.unmanaged
    return {
        "type": share.type,
        "managed": share.managed,
        "unmanaged": share.unmanaged,
        "ignored": share.ignored,
        "percent": round(100 * share.managed / whole, 1) if whole and not share.unlisted else None,
        "unlisted": [unknown.reason for unknown in share.unlisted],
    }


def _output(one: OutputFinding) -> dict[str, Any]:
    return {
        "tool": one.tool.value,
        "state": one.state,
        "name": one.name,
        "names": one.names or None,
        "verdict": one.verdict.value,
        "resource": _subject(one.subject) if one.subject is not None else None,
        "code": one.unknown.code if one.unknown is not None else None,
        "reason": one.unknown.reason if one.unknown is not None else None,
    }


def _not_compared(judged: Sequence[Judged]) -> list[dict[str, Any]]:
    """Attributes that say something and were not compared, by type: how many resources have them."""
    counted = Counter((one.declared.kind, name) for one in judged for name in one.not_compared)
    return [{"kind": kind, "attribute": name, "resources": n} for (kind, name), n in sorted(counted.items())]
