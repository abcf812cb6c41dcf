"""What was found: an observation for every finding, a risk for every failure, a finding for every requirement."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from auditor.model import Status
from auditor.reports import summary
from auditor.reports.oscal.audit import (
    RISK,
    Audit,
    Document,
    evidence_uuid,
    objective_id,
    resource_uuid,
    task_uuid,
    tool_uuid,
)
from auditor.reports.oscal.text import Part, end_of_day, identity, line, prop, prose, value

_NIST = "http://csrc.nist.gov/ns/oscal"
_STATE = {
    Status.PASS.value: ("satisfied", "pass"),
    Status.FAIL.value: ("not-satisfied", "fail"),
    Status.UNKNOWN.value: ("not-satisfied", "other"),
    Status.WAIVED.value: ("not-satisfied", "fail"),
    Status.NOT_APPLICABLE.value: ("not-satisfied", "other"),
}
"""A requirement's status -> `state` and `reason` of the finding's target."""
_WHY = {
    Status.PASS.value: "Everything that was looked at passes.",
    Status.FAIL.value: "At least one resource fails.",
    Status.UNKNOWN.value: "It could not be evaluated completely, and what could not be seen is no pass.",
    Status.WAIVED.value: "Resources fail, and waivers in force accept all of these failures.",
    Status.NOT_APPLICABLE.value: "There was nothing to look at: it is neither met nor violated.",
}


def observations(audit: Audit) -> Iterator[Part]:
    """What each check said of each resource, with the facts."""
    return (_observation(audit, one) for one in audit.findings)


def _observation(audit: Audit, finding: Document) -> Part:
    """`discovery` is an observation of potential risk; OSCAL 1.2 has deprecated the type `finding` in its favour."""
    evidence = [prop(name, given) for name, given in (finding.get("evidence") or {}).items()]
    relevant = {
        "href": f"#{evidence_uuid(audit)}",
        "description": "The facts that were judged.",
        "props": evidence,
    }
    expected = finding.get("expected")
    return {
        "uuid": _observation_uuid(audit, finding),
        "title": line(f"{summary.resource_label(finding['resource'])}: {finding['status'].replace('_', ' ')}"),
        "description": line(finding["message"]),
        "props": [
            prop("status", finding["status"]),
            prop("finding-id", finding["id"]),
            prop("check", finding["check"]),
            prop("severity", finding["severity"]),
            *([prop("expected", expected)] if expected else []),
        ],
        "methods": ["TEST"],
        "types": ["control-objective", *(["discovery"] if finding["status"] in RISK else [])],
        "origins": [_origin(audit, finding)],
        "subjects": [{"subject-uuid": resource_uuid(finding["resource"]), "type": "inventory-item"}],
        **({"relevant-evidence": [relevant]} if evidence else {}),
        "collected": audit.end,
    }


def _observation_uuid(audit: Audit, finding: Document) -> str:
    return identity("observation", audit.id, finding["id"])


def _origin(audit: Audit, finding: Document) -> Part:
    """The tool, carrying out a check; one that only the baseline had is no task of this audit."""
    actors = [{"type": "tool", "actor-uuid": tool_uuid(audit)}]
    tasks = [{"task-uuid": task_uuid(audit, finding["check"])}] if finding["check"] in audit.check_ids else []
    return {"actors": actors, **({"related-tasks": tasks} if tasks else {})}


# ---------------------------------------------------------------------------------------- risks


def has_risks(audit: Audit) -> bool:
    """Whether there is any."""
    return bool(audit.resolved) or any(one["status"] in RISK for one in audit.findings)


def risks(audit: Audit) -> Iterator[Part]:
    """An open or accepted risk for every failure, a closed one for every failure that was resolved.

    Their UUIDs come from the findings' ids, which are the same from audit to audit.
    """
    statements = {one["id"]: one["statement"] for one in audit.requirements}
    changes = {one["id"]: word for word in sorted(audit.drift) for one in audit.drift[word]}
    present = {one["id"] for one in audit.findings}
    for finding in (*(one for one in audit.findings if one["status"] in RISK), *audit.resolved):
        change = changes.get(finding["id"])
        yield {
            **_risk(audit, finding, statements),
            "props": [prop("check", finding["check"]), *_waiver(finding), *([prop("drift", change)] if change else [])],
            **_treatment(finding),
            **({"related-observations": [_seen(audit, finding)]} if finding["id"] in present else {}),
        }


def _risk(audit: Audit, finding: Document, statements: Mapping[str, str]) -> Part:
    broken = (f"{name}: {statements.get(name, 'a requirement of the baseline.')}" for name in finding["requirements"])
    severity = {"name": "severity", "system": _NIST, "value": value(finding["severity"])}
    return {
        "uuid": _risk_uuid(finding),
        "title": line(f"{', '.join(finding['requirements'])}: {summary.resource_label(finding['resource'])}"),
        "description": line(finding["message"]),
        "statement": "\n\n".join(prose(one) for one in broken),
        "status": RISK.get(finding.get("status", ""), "closed"),
        "characterizations": [{"origin": _origin(audit, finding), "facets": [severity]}],
    }


def _risk_uuid(finding: Document) -> str:
    return identity("risk", finding["id"])


def _seen(audit: Audit, finding: Document) -> Part:
    return {"observation-uuid": _observation_uuid(audit, finding)}


def _waiver(finding: Document) -> list[Part]:
    """Who accepts the failure, why, until when, and whether that day is over."""
    waiver = finding.get("waiver") or {}
    told = ("reason", "approved_by", "expires", "expired")
    return [prop(f"waiver-{name.replace('_', '-')}", waiver[name]) for name in told if name in waiver]


def _treatment(finding: Document) -> Part:
    """What is recommended, and for a waived failure its acceptance; the deadline is the last day's end, UTC."""
    remedy = finding.get("remediation")
    responses = [_response(finding, "recommendation", "Remediation", prose(remedy))] if remedy else []
    if finding.get("status") != Status.WAIVED:
        return {"remediations": responses} if responses else {}
    waiver = finding.get("waiver") or {}
    who, until, why = (waiver.get(key) or "-" for key in ("approved_by", "expires", "reason"))
    said = f"Accepted by {who} until {until}: {why}"
    accepted = _response(finding, "planned", "Acceptance", line(said))
    deadline = end_of_day(waiver.get("expires"))
    return {
        **({"deadline": deadline} if deadline else {}),
        "remediations": [*responses, {**accepted, "props": [{"name": "type", "value": "accept"}]}],
    }


def _response(finding: Document, lifecycle: str, title: str, said: str) -> Part:
    return {
        "uuid": identity("response", finding["id"], title),
        "lifecycle": lifecycle,
        "title": title,
        "description": said,
    }


# ---------------------------------------------------------------------------------------- findings


def findings(audit: Audit) -> Iterator[Part]:
    """What came of each requirement."""
    return (_finding(audit, one) for one in audit.requirements)


def _finding(audit: Audit, requirement: Document) -> Part:
    name = requirement["id"]
    found = audit.of_requirement.get(name, ())
    risky = [one for one in found if one["status"] in RISK]
    return {
        "uuid": identity("finding", audit.id, name),
        "title": line(f"{name} {requirement['title']}"),
        "description": line(_counted(found)),
        "props": [prop("status", requirement["status"]), prop("severity", requirement["severity"])],
        "target": _target(requirement),
        **({"related-observations": (_seen(audit, one) for one in found)} if found else {}),
        **({"related-risks": ({"risk-uuid": _risk_uuid(one)} for one in risky)} if risky else {}),
    }


def _target(requirement: Document) -> Part:
    """`satisfied` where the requirement passes, and nowhere else."""
    status = requirement["status"]
    state, reason = _STATE[status]
    unchecked = "" if requirement["checks"] or status == Status.NOT_APPLICABLE else "No check evaluates it."
    remarks = line(" ".join(filter(None, (_WHY[status], requirement.get("reason") or unchecked))))
    inapplicable = {"implementation-status": {"state": "not-applicable", "remarks": remarks}}
    sources = [prop("source", one) for one in requirement["sources"]]
    return {
        "type": "objective-id",
        "target-id": objective_id(requirement["id"]),
        "title": line(requirement["title"]),
        "description": prose(requirement["statement"]),
        **({"props": sources} if sources else {}),
        "status": {"state": state, "reason": reason, "remarks": remarks},
        **(inapplicable if status == Status.NOT_APPLICABLE else {}),
        **({"remarks": prose(requirement["note"])} if requirement.get("note") else {}),
    }


def _counted(found: Sequence[Document]) -> str:
    counts = {word: sum(one["status"] == status for one in found) for status, word in summary.WORDS.items()}
    said = ", ".join(f"{count:,} {word.lower()}" for word, count in counts.items() if count)
    return f"Findings: {said}." if said else "No findings."
