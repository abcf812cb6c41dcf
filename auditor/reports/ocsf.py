"""`findings.ocsf.json`: a JSON array of Compliance Finding events of the Open Cybersecurity Schema Framework.

https://schema.ocsf.io/1.8.0/classes/compliance_finding, with the profiles `cloud` and `datetime`. There is an event
for every finding, for every requirement that has no finding (no check, nothing to look at), and for every failure of
the baseline whose resource is gone. Only a pass is shown as `Pass`; what could not be seen is `Unknown`, a waived
failure is `Fail` and suppressed. A pass is Resolved, as Security Hub has it
(https://docs.aws.amazon.com/securityhub/latest/userguide/controls-overall-status.html), and Informational, which is
OCSF's word for "no action required"; the severity that a failure would have stands in `compliance.checks`. Times are
milliseconds since 1970, and RFC 3339 in their `_dt` twins.
"""

from __future__ import annotations

import datetime
import json
import re
import uuid
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from auditor.model import Status
from auditor.reports import summary
from auditor.reports.sanitize import clean, visible

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

Event = dict[str, Any]

VERSION = "1.8.0"
"""Of the schema."""
_CATEGORY, _CLASS = 2, 2003
_PRODUCT = "aws-auditor"
_IDS = uuid.uuid5(uuid.NAMESPACE_URL, "urn:aws-auditor:ocsf")
_ABSENT = "absent"

_COMPLIANCE = {
    Status.PASS.value: (1, "Pass"),
    Status.FAIL.value: (3, "Fail"),
    Status.UNKNOWN.value: (0, "Unknown"),
    Status.WAIVED.value: (3, "Fail"),
    Status.NOT_APPLICABLE.value: (99, "Not Applicable"),
    _ABSENT: (99, "Absent"),
}
"""Our status -> `compliance.status_id` and its caption; 99 is Other, whose caption is the source's own word."""
_WORKFLOW = {
    Status.PASS.value: (4, "Resolved"),
    Status.FAIL.value: (1, "New"),
    Status.UNKNOWN.value: (1, "New"),
    Status.WAIVED.value: (3, "Suppressed"),
    Status.NOT_APPLICABLE.value: (99, "Not Applicable"),
    _ABSENT: (4, "Resolved"),
}
"""Our status -> the event's `status_id` and its caption."""
_SEVERITY = {"critical": (5, "Critical"), "high": (4, "High"), "medium": (3, "Medium"), "low": (2, "Low")}
_INFORMATIONAL = (1, "Informational")
_NO_ACTION = frozenset({Status.PASS.value, Status.NOT_APPLICABLE.value, _ABSENT})
"""What is Informational, "no action required"; the rest keeps the severity of the failure that it is or may be."""

_CREATE, _UPDATE, _CLOSE = (1, "Create"), (2, "Update"), (3, "Close")
_UPDATES = frozenset({"still_open", "newly_unseen", "seen_again"})
_ACCOUNT_TYPE = (10, "AWS Account")
_RESOURCE_UID, _ACCOUNT_UID = (10, "Resource UID"), (35, "Account Object: uid")
_PARAMETER = re.compile(r"\$(\w+)")


class Ocsf:
    """The findings for a security lake or a SIEM."""

    filename = "findings.ocsf.json"

    def render(self, results: Mapping[str, Any]) -> Iterator[str]:
        """The array as JSON text, an event a line; the worst findings first, what has no finding after them."""
        yield "["
        for number, event in enumerate(_events(results)):
            yield f"{',' if number else ''}\n{json.dumps(clean(event), ensure_ascii=False, allow_nan=False)}"
        yield "\n]\n"


def _events(results: Mapping[str, Any]) -> Iterator[Event]:
    audit = _audit(results)
    for finding in sorted(results["findings"], key=summary.finding_key):
        yield _event(audit, _of_finding(finding))
    seen = {one for finding in results["findings"] for one in finding["requirements"]}
    for identity in sorted(audit.requirements.keys() - seen):
        yield _event(audit, _of_requirement(audit, audit.requirements[identity]))
    present = {finding["id"] for finding in results["findings"]}
    for one in sorted(audit.drift.get("resolved") or (), key=lambda one: one["id"]):
        if one["now"] == _ABSENT and one["id"] not in present:
            yield _event(audit, _of_absence(one))


# ---------------------------------------------------------------------------------------- what an event is made of


@dataclass(frozen=True, slots=True, kw_only=True)
class _Audit:
    """What all events of an audit share."""

    results: Mapping[str, Any]
    checks: Mapping[str, Mapping[str, Any]]
    requirements: Mapping[str, Mapping[str, Any]]
    accounts: Mapping[str, str]
    """Account id -> name, where it has one."""
    drift: Mapping[str, Any]
    changes: Mapping[str, str]
    """Finding id -> what became of it since the baseline (`still_open` …)."""
    since: Mapping[str, datetime.datetime]
    """Finding id -> since when it is open without a break, where a comparison with a baseline tells."""
    finished: datetime.datetime
    collected: tuple[datetime.datetime, datetime.datetime]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Verdict:
    """What an event reports: a finding, a requirement without findings, or a failure that went away."""

    uid: str
    status: str
    severity: str
    message: str
    check: str
    requirements: tuple[str, ...]
    resource: Mapping[str, Any] = field(default_factory=dict)
    finding: Mapping[str, Any] = field(default_factory=dict)


def _audit(results: Mapping[str, Any]) -> _Audit:
    about, collection = results["audit"], results["collection"]
    drift = (results.get("drift") or {}).get("findings") or {}
    return _Audit(
        results=results,
        checks={one["id"]: one for one in results["checks"]},
        requirements={one["id"]: one for one in results["requirements"]},
        accounts={one["id"]: _own_name(one) for one in results["scope"]["accounts"]},
        drift=drift,
        changes={one["id"]: word for word in sorted(drift) for one in drift[word]},
        since=summary.open_since(results),
        finished=_moment(about["finished_at"]),
        collected=(
            _moment(collection.get("started_at") or about["started_at"]),
            _moment(collection.get("finished_at") or about["finished_at"]),
        ),
    )


def _own_name(account: Mapping[str, Any]) -> str:
    name = account.get("name") or ""
    return name if name != account["id"] else ""


def _of_finding(finding: Mapping[str, Any]) -> _Verdict:
    return _Verdict(
        uid=finding["id"],
        status=finding["status"],
        severity=finding["severity"],
        message=finding["message"],
        check=finding["check"],
        requirements=tuple(finding["requirements"]),
        resource=finding["resource"],
        finding=finding,
    )


def _of_requirement(audit: _Audit, requirement: Mapping[str, Any]) -> _Verdict:
    """The id is the same from audit to audit of the same standard, environment and accounts."""
    about = audit.results["audit"]
    scope = [about["standard"], about["environment"], sorted(audit.accounts)]
    default = "Its checks gave no verdict." if requirement["checks"] else "No check evaluates it."
    if requirement["status"] == Status.NOT_APPLICABLE:
        default = "There was nothing to look at."
    return _Verdict(
        uid=_uuid("requirement", requirement["id"], scope),
        status=requirement["status"],
        severity=requirement["severity"],
        message=f"{requirement['id']}: {requirement.get('reason') or default}",
        check="",
        requirements=(requirement["id"],),
    )


def _of_absence(one: Mapping[str, Any]) -> _Verdict:
    return _Verdict(
        uid=one["id"],
        status=_ABSENT,
        severity=one["severity"],
        message=f"The resource is gone. It was {one['was']}: {one['message']}",
        check=one["check"],
        requirements=tuple(one["requirements"]),
        resource=one["resource"],
    )


# ---------------------------------------------------------------------------------------- the event


def _event(audit: _Audit, one: _Verdict) -> Event:
    activity_id, activity = _activity(audit, one)
    status_id, status = _WORKFLOW[one.status]
    severity_id, severity = _INFORMATIONAL if one.status in _NO_ACTION else _SEVERITY[one.severity]
    return _given(
        metadata=_metadata(audit, one),
        activity_id=activity_id,
        activity_name=activity,
        category_uid=_CATEGORY,
        category_name="Findings",
        class_uid=_CLASS,
        class_name="Compliance Finding",
        type_uid=_CLASS * 100 + activity_id,
        type_name=f"Compliance Finding: {activity}",
        **_times(time=audit.finished, start_time=audit.collected[0], end_time=audit.collected[1]),
        severity_id=severity_id,
        severity=severity,
        status_id=status_id,
        status=status,
        status_code=one.status,
        status_detail=one.message,
        message=_message(one),
        comment=_comment(one.finding.get("waiver")),
        compliance=_compliance(audit, one),
        finding_info=_finding_info(audit, one, activity_id),
        cloud=_cloud(audit, one.resource),
        resources=_resources(one.resource),
        evidences=_evidences(one),
        remediation=_remediation(audit, one),
        observables=_observables(one.resource),
        unmapped=_unmapped(audit, one),
    )


def _activity(audit: _Audit, one: _Verdict) -> tuple[int, str]:
    """Create, unless the comparison with a baseline says that the finding is an old one."""
    change = audit.changes.get(one.uid)
    if change == "resolved" and one.status in _NO_ACTION:
        return _CLOSE
    return _UPDATE if change in _UPDATES or change == "resolved" else _CREATE


def _metadata(audit: _Audit, one: _Verdict) -> Event:
    tool, about = audit.results["tool"], audit.results["audit"]
    return _given(
        version=VERSION,
        product={"uid": _PRODUCT, "name": tool["name"], "vendor_name": _PRODUCT, "version": tool["version"]},
        profiles=["cloud", "datetime"],
        uid=_uuid("event", about["id"], one.uid),
        correlation_uid=about["id"],
        event_code=one.check,
        log_name=tool["name"],
        log_provider=tool["name"],
        log_version=audit.results["schema_version"],
        labels=["demonstration"] if summary.is_demo(audit.results) else [],
    )


def _compliance(audit: _Audit, one: _Verdict) -> Event:
    status_id, status = _COMPLIANCE[one.status]
    about = audit.results["audit"]
    demanded = [audit.requirements[name] for name in one.requirements if name in audit.requirements]
    check = audit.checks.get(one.check, {})
    return _given(
        standards=[about["standard"]],
        control=one.check or one.requirements[0],
        requirements=list(one.requirements),
        desc="\n".join(f"{each['id']}: {each['statement']}" for each in demanded),
        status_id=status_id,
        status=status,
        status_code=one.status,
        status_details=[one.message],
        control_parameters=_parameters(check, about.get("parameters") or {}),
        checks=[_check(audit, one)] if one.check else [],
    )


def _check(audit: _Audit, one: _Verdict) -> Event:
    """The check's verdict on this resource, with the severity that its failures have."""
    status_id, status = _COMPLIANCE[one.status]
    severity_id, severity = _SEVERITY[one.severity]
    check = audit.checks.get(one.check, {})
    return _given(
        uid=one.check,
        name=check.get("title"),
        desc=check.get("description"),
        standards=[audit.results["audit"]["standard"]],
        severity_id=severity_id,
        severity=severity,
        status_id=status_id,
        status=status,
    )


def _parameters(check: Mapping[str, Any], values: Mapping[str, Any]) -> list[Event]:
    """The parameters that the check's SQL names."""
    named = set(_PARAMETER.findall(f"{check.get('facts', '')} {check.get('pass_when', '')}"))
    return [{"name": name, "value": _text(values[name])} for name in sorted(named & values.keys())]


def _finding_info(audit: _Audit, one: _Verdict, activity_id: int) -> Event:
    check = audit.checks.get(one.check, {})
    requirement = audit.requirements.get(one.requirements[0], {})
    times = {"modified_time": audit.finished}
    times |= {"created_time": audit.finished} if activity_id == _CREATE[0] else {}
    times |= {"last_seen_time": audit.collected[1]} if one.finding else {}
    times |= {"first_seen_time": audit.since[one.uid]} if one.uid in audit.since else {}
    return _given(
        uid=one.uid,
        title=check.get("title") or requirement.get("title") or one.check,
        desc=check.get("description") or requirement.get("statement"),
        analytic=_analytic(one.check, check),
        data_sources=sorted(set(_actions(check))),
        src_url=_source(audit, one.requirements[0]),
        **_times(**times),
    )


def _analytic(name: str, check: Mapping[str, Any]) -> Event:
    return (
        _given(uid=name, name=check.get("title"), type_id=1, type="Rule", desc=check.get("pass_when")) if name else {}
    )


def _actions(check: Mapping[str, Any]) -> Iterable[str]:
    """The IAM actions of the calls that the check's facts come from."""
    for table in check.get("tables") or ():
        yield from (operation["action"] for operation in table.get("operations") or ())


def _cloud(audit: _Audit, resource: Mapping[str, Any]) -> Event:
    """Without a resource: the audit's account, where it has only one. `global` is what AWS Config writes too."""
    only = next(iter(audit.accounts)) if len(audit.accounts) == 1 else ""
    return _given(
        provider="AWS",
        account=_account(audit, resource.get("account") or only),
        region=resource.get("region"),
        cloud_partition=_partition(resource),
    )


def _account(audit: _Audit, account: str) -> Event:
    if not account:
        return {}
    type_id, caption = _ACCOUNT_TYPE
    return _given(uid=account, name=audit.accounts.get(account), type_id=type_id, type=caption)


def _partition(resource: Mapping[str, Any]) -> str:
    parts = resource.get("arn", "").split(":")
    return parts[1] if parts[0] == "arn" and len(parts) > 1 else ""


def _resources(resource: Mapping[str, Any]) -> list[Event]:
    if not resource:
        return []
    one = _given(
        uid=visible(resource["arn"]),
        name=visible(resource.get("name") or ""),
        type=visible(resource["type"]),
        region=resource["region"],
        cloud_partition=_partition(resource),
        role_id=1,
        role="Target",
    )
    return [one]


def _evidences(one: _Verdict) -> list[Event]:
    """The columns of the check's facts; JSON has no NaN and no infinity, so they become words."""
    evidence = one.finding.get("evidence")
    return [{"name": one.check, "data": json.loads(json.dumps(evidence), parse_constant=str)}] if evidence else []


def _remediation(audit: _Audit, one: _Verdict) -> Event:
    text = one.finding.get("remediation")
    return _given(desc=text, references=audit.checks.get(one.check, {}).get("references")) if text else {}


def _observables(resource: Mapping[str, Any]) -> list[Event]:
    if not resource:
        return []
    found = (
        ("resources[].uid", _RESOURCE_UID, visible(resource["arn"])),
        ("cloud.account.uid", _ACCOUNT_UID, resource["account"]),
    )
    return [
        {"name": name, "type_id": type_id, "type": caption, "value": value} for name, (type_id, caption), value in found
    ]


def _unmapped(audit: _Audit, one: _Verdict) -> Event:
    about = audit.results["audit"]
    return _given(
        audit_id=about["id"],
        environment=about["environment"],
        organization=about.get("organization"),
        identity=about["identity"],
        expected=one.finding.get("expected"),
        waiver=one.finding.get("waiver"),
        drift=audit.changes.get(one.uid),
        demo=True if summary.is_demo(audit.results) else None,
    )


def _message(one: _Verdict) -> str:
    """The verdict with the name of what it is about, so that it can be read alone."""
    return f"{visible(summary.resource_label(one.resource))}: {one.message}" if one.resource else one.message


def _comment(waiver: Mapping[str, Any] | None) -> str:
    """Who accepts the failure, until when and why; or that the acceptance has run out."""
    if not waiver:
        return ""
    said = "Accepted by {} until {}: {}" if not waiver.get("expired") else "The waiver by {} expired on {}: {}"
    return said.format(*(waiver.get(key) or "-" for key in ("approved_by", "expires", "reason")))


# ---------------------------------------------------------------------------------------- small things


def _given(**values: Any) -> Event:  # noqa: ANN401 - JSON values
    """What has a value; OCSF leaves out what is not known."""
    return {name: value for name, value in values.items() if value not in (None, "", [], {})}


def _times(**moments: datetime.datetime) -> Event:
    told: Event = {}
    for name, moment in moments.items():
        told[name] = int(moment.timestamp() * 1000)
        told[f"{name}_dt"] = moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return told


def _moment(text: str) -> datetime.datetime:
    """A time of the document, in UTC; ValueError where it is none."""
    moment = datetime.datetime.fromisoformat(text)
    return moment.replace(tzinfo=moment.tzinfo or datetime.UTC).astimezone(datetime.UTC)


def _source(audit: _Audit, requirement: str) -> str:
    """Where the report tells of the requirement; empty where the report's address is not known or is none."""
    url = summary.report_url(audit.results)
    return f"{url}#{quote(requirement, safe='')}" if url else ""


def _text(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _uuid(*parts: object) -> str:
    return str(uuid.uuid5(_IDS, json.dumps(parts)))
