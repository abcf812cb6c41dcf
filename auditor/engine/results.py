"""The document that an audit gives out: `results.json` (results.schema.json describes it). Pure."""

from __future__ import annotations

import datetime
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from auditor import __version__
from auditor.engine.reads import Schema, check_reads, population
from auditor.engine.verdicts import covers
from auditor.model import (
    Account,
    Check,
    CheckResult,
    Finding,
    Gap,
    Read,
    Requirement,
    Role,
    Severity,
    Standard,
    Status,
    Waiver,
)

_DRIFT = "DRF-"
_NOTHING_GIVEN = {"DRF-05": "No earlier audit was given to compare with: see --baseline."}


@dataclass(frozen=True, slots=True, kw_only=True)
class About:
    """What a results document says of its audit, besides verdicts."""

    id: str
    standard: Standard
    environment: str
    started_at: str
    finished_at: str
    identity: str
    parameters: Mapping[str, Any]
    accounts: Sequence[Account]
    roles: Mapping[str, Role]
    calls: int
    items: int
    collected_from: str
    collected_to: str
    tables: Mapping[str, Mapping[str, Any]]
    """Table -> rows, what became of the items that AWS answered (`reconcile.Tally`), its population in scope."""
    gaps: Sequence[Gap]
    waivers: Sequence[Waiver] = ()
    organization: str = ""
    report_url: str = ""
    """Where the report will be found; empty: nobody says."""
    demo: bool = False
    method: Mapping[str, Any] = field(default_factory=dict)


def document(
    about: About, requirements: Sequence[Requirement], results: Sequence[CheckResult], schema: Schema
) -> dict[str, Any]:
    """The whole document. `requirements` have their placeholders filled."""
    findings = sorted((f for result in results for f in result.findings), key=lambda f: (f.check, f.resource.arn, f.id))
    judged = [_requirement(requirement, results) for requirement in sorted(requirements, key=lambda r: r.id)]
    return {
        "schema_version": "1.0",
        "tool": {"name": "auditor", "version": __version__},
        "audit": {
            "id": about.id,
            "standard": about.standard.name,
            "standard_title": about.standard.title,
            "environment": about.environment,
            "started_at": about.started_at,
            "finished_at": about.finished_at,
            "complete": not about.gaps,
            "identity": about.identity,
            "organization": about.organization or None,
            "report_url": about.report_url or None,
            "demo": about.demo,
            "parameters": dict(about.parameters),
        },
        "scope": {
            "accounts": [{"id": a.id, "name": a.name, "regions": list(a.regions)} for a in about.accounts],
            "regions": {role.value: _with_role(about.roles, role) for role in (Role.RECOVERY, Role.ALSO)}
            | {"primary": next(iter(_with_role(about.roles, Role.PRIMARY)), None)},
        },
        "summary": _summary(judged, findings),
        "requirements": judged,
        "checks": [_check(result, schema, about.tables) for result in results],
        "findings": [_finding(finding) for finding in findings],
        "collection": _collection(about, results, schema),
        "waivers": [_waiver(waiver, findings, about.collected_to) for waiver in about.waivers],
        "method": dict(about.method),
    }


def status_of(findings: Iterable[Finding]) -> Status:
    """The worst of findings: fail, unknown, waived, pass; not_applicable where there are none."""
    found = {finding.status for finding in findings}
    return next(
        (status for status in (Status.FAIL, Status.UNKNOWN, Status.WAIVED, Status.PASS) if status in found),
        Status.NOT_APPLICABLE,
    )


def _requirement(requirement: Requirement, results: Sequence[CheckResult]) -> dict[str, Any]:
    serving = [result for result in results if requirement.id in result.check.requirements]
    findings = [finding for result in serving for finding in result.findings]
    status = status_of(findings)
    reason = ""
    if not serving and requirement.id.startswith(_DRIFT):
        reason = _NOTHING_GIVEN.get(requirement.id, "No state was given to compare with: see [state].")
    elif not serving:
        status, reason = Status.UNKNOWN, "No check of this version evaluates it."
    elif not findings and requirement.must_exist:
        status, reason = Status.UNKNOWN, "Its checks said nothing of what must exist."
    told = {
        "id": requirement.id,
        "title": requirement.title,
        "severity": requirement.severity.value,
        "statement": requirement.statement,
        "sources": list(requirement.sources),
        "must_exist": requirement.must_exist,
        "note": requirement.note,
        "status": status.value,
        "reason": reason,
        "counts": _counts(finding.status for finding in findings),
        "checks": sorted(result.check.id for result in serving),
    }
    return {name: value for name, value in told.items() if value != "" or name == "statement"}


def _check(result: CheckResult, schema: Schema, tables: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    check = result.check
    own = [name for name in population(check, schema.catalogue) if name in tables]
    return {
        "id": check.id,
        "title": check.title,
        "description": check.description,
        "severity": check.severity.value,
        "requirements": list(check.requirements),
        "resource": check.resource,
        "status": status_of(result.findings).value,
        "counts": _counts(finding.status for finding in result.findings),
        "facts": check.facts.strip(),
        "pass_when": check.pass_when,
        "reasons": [{"when": reason.when, "say": reason.say} for reason in check.reasons],
        "references": list(check.references),
        "tables": _tables(check, schema),
        **({"drawing": asdict(check.drawing)} if check.drawing is not None else {}),
        "left_out": dict(result.left_out),
        "population": {
            "tables": own,
            "rows": sum(tables[name].get("in_scope", 0) for name in own),
            "judged": result.judged,
            "left_out": dict(result.left_out),
        },
    }


def _tables(check: Check, schema: Schema) -> list[dict[str, Any]]:
    return [
        {
            "table": table,
            "operations": [
                {"service": action.iam.split(":")[0], "operation": action.operation, "action": action.iam}
                for action in schema.catalogue.actions(Read(table, columns))
            ],
        }
        for table, columns in sorted(check_reads(check, schema).items())
    ]


def _finding(finding: Finding) -> dict[str, Any]:
    told: dict[str, Any] = {
        "id": finding.id,
        "check": finding.check,
        "requirements": list(finding.requirements),
        "severity": finding.severity.value,
        "status": finding.status.value,
        "resource": {
            "arn": finding.resource.arn,
            "type": finding.resource.type,
            "name": finding.resource.name,
            "account": finding.resource.account,
            "region": finding.resource.region,
        },
        "message": finding.message,
        "expected": finding.expected,
        "actual": finding.message,
        "evidence": dict(finding.evidence),
    }
    if finding.remediation:
        told["remediation"] = finding.remediation.strip()
    if finding.waiver is not None:
        told["waiver"] = dict(finding.waiver)
    return told


def _collection(about: About, results: Sequence[CheckResult], schema: Schema) -> dict[str, Any]:
    tables = schema.catalogue.tables()
    return {
        "calls": about.calls,
        "items": about.items,
        "started_at": about.collected_from,
        "finished_at": about.collected_to,
        "errors": _errors(about.gaps, results, schema),
        "tables": [
            {
                "table": name,
                "type": tables[name].type if name in tables else "",
                "description": tables[name].description if name in tables else "",
                **counted,
            }
            for name, counted in sorted(about.tables.items())
        ],
    }


def _errors(gaps: Sequence[Gap], results: Sequence[CheckResult], schema: Schema) -> list[dict[str, Any]]:
    """One entry per account, region and operation, with the checks that it bears on."""
    reads = {result.check.id: set(check_reads(result.check, schema)) for result in results}
    entries: dict[tuple[str, str, str, str], dict[str, Any]] = {}
    touched: dict[tuple[str, str, str, str], set[str]] = {}
    for gap in gaps:
        key = (gap.account, gap.region, gap.service, gap.operation)
        entries.setdefault(
            key,
            {
                "account": gap.account,
                "region": gap.region,
                "service": gap.service,
                "operation": gap.operation,
                "code": gap.code,
                "message": gap.message,
                "action": gap.action,
            },
        )
        if gap.arn:
            entries[key]["resources"] = entries[key].get("resources", 0) + 1
        touched.setdefault(key, set()).update(name for name, tables in reads.items() if gap.table in tables)
    return [entries[key] | {"checks": sorted(touched[key])} for key in sorted(entries)]


def _waiver(waiver: Waiver, findings: Sequence[Finding], collected_to: str) -> dict[str, Any]:
    """A waiver with what it covers: failures (waived or, where it does not waive them, not), and what needs none."""
    told = {
        "requirement": waiver.requirement,
        "check": waiver.check,
        "resource": waiver.resource,
        "reason": waiver.reason,
        "approved_by": waiver.approved_by,
        "expires": waiver.expires,
    }
    counted = _counts(finding.status for finding in findings if covers(waiver, finding))
    expired = datetime.date.fromisoformat(waiver.expires) < datetime.datetime.fromisoformat(collected_to).date()
    failures = counted[Status.FAIL] + counted[Status.WAIVED]
    if expired:
        state = "expired"
    elif not any(counted.values()):
        state = "matches_nothing"
    else:
        state = "in_force" if failures or counted[Status.UNKNOWN] else "not_needed"
    about = {"matched": failures, "covers": counted, "expired": expired, "state": state}
    return {name: value for name, value in told.items() if value} | about


def _summary(requirements: Sequence[Mapping[str, Any]], findings: Sequence[Finding]) -> dict[str, Any]:
    return {
        "requirements": _counts(Status(requirement["status"]) for requirement in requirements),
        "findings": _counts(finding.status for finding in findings),
        "by_severity": {
            severity.value: _counts(finding.status for finding in findings if finding.severity is severity)
            for severity in Severity
        },
    }


def _counts(statuses: Iterable[Status]) -> dict[str, int]:
    counted = Counter(statuses)
    return {status.value: counted[status] for status in Status}


def _with_role(roles: Mapping[str, Role], role: Role) -> list[str]:
    return [region for region, found in roles.items() if found is role]
