"""Two audits' findings compared. Pure: two `results.json` documents in, changes out.

A finding's id is the same from audit to audit. One that is absent was either seen to be gone, or not seen: its check
was not evaluated, its account or region not looked at, or its kind could not be listed there.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from auditor.drift.model import FindingChange, FindingChanges
from auditor.model import GLOBAL, Status
from auditor.standing import ABSENT, NOT_EVALUATED, change
from auditor.unlisted import Unlisted


def compare_findings(old: Mapping[str, Any], new: Mapping[str, Any]) -> FindingChanges:
    """What became of the findings of `old` in `new`, and which are new."""
    before, after = _Audit(old), _Audit(new)
    lists: dict[str, list[FindingChange]] = defaultdict(list)
    for id_ in {**before.findings, **after.findings}:
        finding = after.findings.get(id_) or before.findings[id_]
        was, now = before.standing(finding), after.standing(finding)
        if kind := change(was, now):
            since = "" if kind == "new" else before.since.get(id_, "")
            lists[kind].append(_change(finding, was, now, since))
    return FindingChanges(**{kind: tuple(sorted(found, key=_order)) for kind, found in lists.items()})


def open_since(results: Mapping[str, Any]) -> dict[str, str]:
    """Finding -> the start of the first audit of an unbroken run in which it is open.

    What an audit was itself compared with is carried on: open before, and not seen to be resolved since.
    """
    carried = {
        one["id"]: one["since"]
        for name in ("still_open", "newly_unseen", "seen_again")
        for one in results.get("drift", {}).get("findings", {}).get(name, ())
        if one.get("since")
    }
    started = results.get("audit", {}).get("started_at", "")
    found = {}
    for finding in results["findings"]:
        since = finding.get("since") or carried.get(finding["id"])
        if finding["status"] == Status.FAIL:
            found[finding["id"]] = since or started
        elif finding["status"] == Status.UNKNOWN and since:
            found[finding["id"]] = since
    return found


class _Audit:
    """A results document, as far as it tells how a finding stands."""

    def __init__(self, results: Mapping[str, Any]) -> None:
        self.findings: dict[str, Mapping[str, Any]] = {finding["id"]: finding for finding in results["findings"]}
        self.since = open_since(results)
        self._checks = {check["id"] for check in results["checks"]}
        accounts = results["scope"]["accounts"]
        self._places = {(account["id"], region) for account in accounts for region in (*account["regions"], GLOBAL)}
        self._unlisted = Unlisted(self.findings.values())

    def standing(self, finding: Mapping[str, Any]) -> str:
        """The status of a finding here; where it has none, whether it was seen that there is none."""
        own = self.findings.get(finding["id"])
        if own is not None:
            return str(own["status"])
        account, region = finding["resource"]["account"], finding["resource"]["region"]
        if finding["check"] not in self._checks or (account, region) not in self._places:
            return NOT_EVALUATED
        return Status.UNKNOWN.value if self._unlisted.hides(finding["check"], account, region) else ABSENT


def _change(finding: Mapping[str, Any], was: str, now: str, since: str) -> FindingChange:
    return FindingChange(
        id=finding["id"],
        check=finding["check"],
        requirements=tuple(finding["requirements"]),
        severity=finding["severity"],
        resource=finding["resource"],
        message=finding["message"],
        since=since,
        was=was,
        now=now,
    )


def _order(change: FindingChange) -> tuple[str, str, str, str, str]:
    resource = change.resource
    return (change.check, resource["account"], resource["region"], resource["arn"], change.id)
