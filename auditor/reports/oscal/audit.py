"""The audit as the parts of the OSCAL document ask about it, and the identifiers that they share."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from auditor.model import Status
from auditor.reports import summary
from auditor.reports.oscal.text import identity, moment, token

Document = Mapping[str, Any]

RISK = {Status.FAIL.value: "open", Status.WAIVED.value: "deviation-approved"}
"""The findings that are risks, and the status of the risk."""

_GONE = frozenset({Status.PASS.value, "absent"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Audit:
    """A results document, sorted, with times in OSCAL's form."""

    results: Document
    requirements: Sequence[Document]
    checks: Sequence[Document]
    check_ids: frozenset[str]
    accounts: Sequence[Document]
    findings: Sequence[Document]
    """Worst first."""
    of_requirement: Mapping[str, Sequence[Document]]
    """Requirement -> its findings, worst first."""
    drift: Mapping[str, Sequence[Document]]
    """What became of a finding since the baseline (`new`, `resolved` …) -> the findings."""
    resolved: Sequence[Document]
    """The failures of the baseline that are no more: the resource passes, or is gone."""
    start: str
    end: str
    """Of the collecting."""
    finished: str

    @property
    def id(self) -> str:
        """The audit's own id."""
        return str(self.results["audit"]["id"])


def read(results: Document) -> Audit:
    """Ask a results document; ValueError where a time in it is none."""
    about, collection = results["audit"], results["collection"]
    findings = sorted(results["findings"], key=summary.finding_key)
    grouped: dict[str, list[Document]] = defaultdict(list)
    for finding in findings:
        for name in finding["requirements"]:
            grouped[name].append(finding)
    drift = (results.get("drift") or {}).get("findings") or {}
    return Audit(
        results=results,
        requirements=sorted(results["requirements"], key=_by_id),
        checks=sorted(results["checks"], key=_by_id),
        check_ids=frozenset(one["id"] for one in results["checks"]),
        accounts=sorted(results["scope"]["accounts"], key=_by_id),
        findings=findings,
        of_requirement=grouped,
        drift=drift,
        resolved=_resolved(findings, drift.get("resolved") or ()),
        start=moment(collection.get("started_at") or about["started_at"]),
        end=moment(collection.get("finished_at") or about["finished_at"]),
        finished=moment(about["finished_at"]),
    )


def _resolved(findings: Sequence[Document], resolved: Sequence[Document]) -> list[Document]:
    risks = {one["id"] for one in findings if one["status"] in RISK}
    return sorted((one for one in resolved if one["now"] in _GONE and one["id"] not in risks), key=_by_id)


def _by_id(one: Document) -> str:
    return str(one["id"])


# ---------------------------------------------------------------------------------------- identifiers


def objective_id(requirement: str) -> str:
    """The assessment objective of a requirement, as NIST names those of its catalogue (`ac-6.1_obj`)."""
    return f"{token(requirement)}_obj"


def resource_uuid(resource: Document) -> str:
    """The inventory item of a resource: the same in every audit."""
    return identity("resource", *(resource[key] for key in ("account", "region", "type", "arn")))


def tool_uuid(audit: Audit) -> str:
    """The component that is the tool: the same in every audit."""
    return identity("tool", audit.results["tool"]["name"])


def activity_uuid(check: str) -> str:
    """The activity that a check is: the same in every audit."""
    return identity("activity", check)


def task_uuid(audit: Audit, check: str) -> str:
    """A check's being carried out in this audit."""
    return identity("task", audit.id, check)


def evidence_uuid(audit: Audit) -> str:
    """The resource of the back matter that leads to the evidence."""
    return identity("evidence", audit.id)


def plan_uuid(audit: Audit) -> str:
    """The resource of the back matter that stands for the assessment plan."""
    return identity("plan", audit.id)
