r"""`oscal-assessment-results.json`: NIST's OSCAL Assessment Results, version 1.2.3.

https://pages.nist.gov/OSCAL-Reference/models/v1.2.3/assessment-results/json-reference/. The document needs no other:
what was asked stands in its local definitions (`asked`), what was found in its one result (`found`). A finding's state
is `satisfied` where the requirement passes and nowhere else: what could not be seen, does not apply or is waived is
`not-satisfied`, and the reason and the remarks say why. The UUIDs (version 5) of resources, checks, risks and the tool
stay the same from audit to audit; the others belong to the audit.

OSCAL's prose is Markdown, so text that others wrote is escaped in it (`\*`); the values of properties are plain text.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from auditor.reports import summary
from auditor.reports.oscal import asked, found
from auditor.reports.oscal.audit import Audit, Document, evidence_uuid, plan_uuid, read, resource_uuid, tool_uuid
from auditor.reports.oscal.text import Part, identity, line, moment, prop, value
from auditor.reports.pieces import json_pieces

VERSION = "1.2.3"
"""Of OSCAL."""


class Oscal:
    """The audit for systems of governance, risk and compliance."""

    filename = "oscal-assessment-results.json"

    def render(self, results: Mapping[str, Any]) -> Iterator[str]:
        """The document as JSON text; observations and risks worst first, findings by requirement."""
        yield from json_pieces({"assessment-results": _assessment(read(results))})


def _assessment(audit: Audit) -> Part:
    activities = asked.activities(audit)
    return {
        "uuid": identity("assessment-results", audit.id),
        "metadata": _metadata(audit),
        "import-ap": {
            "href": f"#{plan_uuid(audit)}",
            "remarks": "No OSCAL assessment plan was written; the resource says what was planned.",
        },
        **({"local-definitions": {"activities": activities}} if activities else {}),
        "results": [_result(audit)],
        "back-matter": {"resources": _resources(audit)},
    }


def _metadata(audit: Audit) -> Part:
    results = audit.results
    organization = results["audit"].get("organization")
    party = identity("organization", organization)
    made_for = {
        "roles": [{"id": "prepared-for", "title": "The organization that the audit was made for"}],
        "parties": [{"uuid": party, "type": "organization", "name": value(organization)}],
        "responsible-parties": [{"role-id": "prepared-for", "party-uuids": [party]}],
    }
    return {
        "title": f"Assessment results: {line(summary.headline(results))}",
        "last-modified": audit.finished,
        "version": value(audit.id),
        "oscal-version": VERSION,
        "props": _about(results),
        **(made_for if organization else {}),
        **({"remarks": line(summary.DEMO)} if summary.is_demo(results) else {}),
    }


def _about(results: Document) -> list[Part]:
    about = results["audit"]
    told = {
        "audit-id": about["id"],
        "standard": about["standard"],
        "environment": about["environment"],
        "identity": about["identity"],
        "complete": about["complete"],
        "demonstration": summary.is_demo(results),
    }
    method = {name.replace("_", "-"): given for name, given in (results.get("method") or {}).items() if given}
    return [prop(name, given) for name, given in {**told, **method}.items()]


# ---------------------------------------------------------------------------------------- the result


def _result(audit: Audit) -> Part:
    results = audit.results
    given = results["audit"].get("parameters") or {}
    parameters = [prop(name, given[name], group="parameters") for name in sorted(given)]
    demo = [summary.DEMO] if summary.is_demo(results) else []
    gaps = [] if results["audit"]["complete"] else ["The collection has gaps: the assessment log names them."]
    return {
        "uuid": identity("result", audit.id),
        "title": line(summary.headline(results)),
        "description": line(" ".join([*demo, summary.verdict(results), *gaps])),
        "start": audit.start,
        "end": audit.end,
        **({"props": parameters} if parameters else {}),
        "local-definitions": _assessed(audit),
        "reviewed-controls": asked.reviewed_controls(audit),
        "assessment-log": {"entries": _log(audit)},
        **({"observations": found.observations(audit)} if audit.findings else {}),
        **({"risks": found.risks(audit)} if found.has_risks(audit) else {}),
        **({"findings": found.findings(audit)} if audit.requirements else {}),
    }


def _assessed(audit: Audit) -> Part:
    """The accounts, the resources that findings are about, the tool, and a task for every check."""
    return {
        **({"components": [_account(one) for one in audit.accounts]} if audit.accounts else {}),
        **({"inventory-items": _inventory(audit)} if audit.findings else {}),
        "assessment-assets": _tool(audit),
        **({"tasks": asked.tasks(audit)} if audit.checks else {}),
    }


def _account(account: Document) -> Part:
    return {
        "uuid": identity("account", account["id"]),
        "type": "resource-container",
        "title": line(account.get("name") or account["id"]),
        "description": f"AWS account {line(account['id'])}.",
        "props": [
            prop("account", account["id"]),
            *(prop("region", region) for region in sorted(account["regions"])),
        ],
        "status": {"state": "operational"},
    }


def _inventory(audit: Audit) -> Iterator[Part]:
    """Every resource once."""
    told: set[str] = set()
    for finding in audit.findings:
        resource = finding["resource"]
        uuid = resource_uuid(resource)
        if uuid not in told:
            told.add(uuid)
            yield {"uuid": uuid, "description": line(summary.resource_label(resource)), "props": _asset(resource)}


def _asset(resource: Document) -> list[Part]:
    return [
        {"name": "asset-id", "value": value(resource["arn"])},
        {"name": "asset-type", "value": value(resource["type"])},
        prop("account", resource["account"]),
        prop("region", resource["region"]),
        *([prop("name", resource["name"])] if resource.get("name") else []),
    ]


def _tool(audit: Audit) -> Part:
    tool = audit.results["tool"]
    title = line(f"{tool['name']} {tool['version']}")
    component = {
        "uuid": tool_uuid(audit),
        "type": "software",
        "title": title,
        "description": "Collects what the AWS APIs answer and evaluates checks on it.",
        "props": [prop("version", tool["version"])],
        "status": {"state": "operational"},
    }
    platform = {
        "uuid": identity("platform", tool["name"]),
        "title": title,
        "uses-components": [{"component-uuid": component["uuid"]}],
    }
    return {"components": [component], "assessment-platforms": [platform]}


# ---------------------------------------------------------------------------------------- the assessment log


def _log(audit: Audit) -> list[Part]:
    """When the audit was made and what was collected, what could not be seen, what it was compared with."""
    collection, about = audit.results["collection"], audit.results["audit"]
    said = f"{collection['calls']:,} API requests gave {collection['items']:,} items."
    collecting = (audit.start, audit.end)
    return [
        _entry(audit, "Audit", f"Made as {about['identity']}.", (moment(about["started_at"]), audit.finished)),
        _entry(audit, "Collecting", said, collecting),
        *(_gap(audit, gap, collecting) for gap in summary.unseen(audit.results)),
        *_comparison(audit),
    ]


def _gap(audit: Audit, gap: summary.Unseen, when: tuple[str, str]) -> Part:
    props = [
        prop("action", gap.action),
        prop("code", gap.code),
        *(prop("place", f"{account} {region}") for account, region in gap.places),
        *(prop("resource", arn) for arn in gap.arns),
        *(prop("requirement", one) for one in gap.requirements),
    ]
    return {**_entry(audit, f"Not seen: {gap.action} ({gap.code})", gap.message, when), "props": props}


def _comparison(audit: Audit) -> list[Part]:
    baseline = (audit.results.get("drift") or {}).get("baseline")
    if not baseline:
        return []
    counts = (f"{len(audit.drift[word]):,} {word.replace('_', ' ')}" for word in sorted(audit.drift))
    said = f"Compared with audit {baseline['id']}: {', '.join(counts)}."
    return [_entry(audit, "Comparison with the baseline", said, (audit.finished, audit.finished))]


def _entry(audit: Audit, title: str, said: str, when: tuple[str, str]) -> Part:
    return {
        "uuid": identity("entry", audit.id, title),
        "title": line(title),
        "description": line(said),
        "start": when[0],
        "end": when[1],
    }


# ---------------------------------------------------------------------------------------- the back matter


def _resources(audit: Audit) -> list[Part]:
    """What the document refers to: files of the audit's folder, beside this one."""
    results = {"href": "results.json", "media-type": "application/json"}
    manifest = {"href": "manifest.json", "media-type": "application/json"}
    return [
        {
            "uuid": plan_uuid(audit),
            "title": "What was planned",
            "description": "The standard, its requirements and parameters, the scope and the checks, as the results "
            "repeat them.",
            "props": [{"name": "type", "value": "plan"}],
            "rlinks": [results],
        },
        {
            "uuid": evidence_uuid(audit),
            "title": "The evidence",
            "description": "The snapshot of what AWS answered: the manifest has the digest of each of its files.",
            "props": [{"name": "type", "value": "evidence"}],
            "rlinks": [manifest, results],
        },
    ]
