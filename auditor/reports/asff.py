"""`findings.asff.json`: an array in the AWS Security Finding Format, for BatchImportFindings of Security Hub (CSPM).

Fields: https://docs.aws.amazon.com/securityhub/latest/userguide/securityhub-findings-format.html; their limits:
https://docs.aws.amazon.com/securityhub/1.0/APIReference/API_AwsSecurityFinding.html. After a finding was created,
BatchImportFindings changes neither its Workflow nor its Note
(https://docs.aws.amazon.com/securityhub/latest/userguide/finding-update-batchimportfindings.html): a failure that is
accepted is therefore a record of its own, with an id of its own. When its waiver ends, no suppression of old hides
the failure, whose own record was never suppressed.
"""

from __future__ import annotations

import datetime
import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from auditor.model import GLOBAL, Role, Status
from auditor.reports import summary
from auditor.reports.pieces import json_pieces
from auditor.reports.sanitize import clean, clip, visible

Record = dict[str, Any]
Document = Mapping[str, Any]

ACTIVE, ARCHIVED = "ACTIVE", "ARCHIVED"

_TITLE, _DESCRIPTION, _ADVICE, _NOTE, _FIELD, _ARN, _URL = 256, 1024, 512, 512, 1024, 2048, 2048
_REQUIREMENTS = 32
_REQUIREMENT = 64
_REGION = re.compile(r"[a-z]{2,}(-[a-z0-9]+){1,3}")
_PREFIXES = (
    ("cn-", "aws-cn"),
    ("us-gov-", "aws-us-gov"),
    ("us-iso-", "aws-iso"),
    ("us-isob-", "aws-iso-b"),
    ("eusc-", "aws-eusc"),
)
_NAMED_PARTITIONS = frozenset({"aws", "aws-cn", "aws-us-gov"})
"""Those that a resource's Partition can name as their ARNs do; of the others ASFF has other names, or none."""


@dataclass(frozen=True, slots=True)
class Standing:
    """What a status becomes: Compliance.Status, Workflow.Status, the code of the reason, whether severity counts."""

    compliance: str
    workflow: str
    code: str = ""
    grave: bool = True


STANDINGS: Mapping[str, Standing] = {
    Status.PASS: Standing("PASSED", "RESOLVED", grave=False),
    Status.FAIL: Standing("FAILED", "NEW"),
    Status.UNKNOWN: Standing("WARNING", "NEW", "NOT_SEEN"),
    Status.WAIVED: Standing("FAILED", "SUPPRESSED", "WAIVED"),
    Status.NOT_APPLICABLE: Standing("NOT_AVAILABLE", "NEW", "NOT_APPLICABLE", grave=False),
}
"""WARNING is AWS's word for what is neither passed nor failed, and for its own denied calls (CONFIG_ACCESS_DENIED): a
control with one is Unknown, never Passed. https://docs.aws.amazon.com/securityhub/latest/userguide/controls-overall-status.html

`unknown` keeps the check's severity, for INFORMATIONAL says "no issue was found" (API_Severity.html). What does not
apply stays NEW: Security Hub reopens RESOLVED only where the status was PASSED before."""

UNEVALUATED = Standing("WARNING", "NEW", "NOT_EVALUATED")
"""A requirement that no check evaluates."""

GONE = Standing("NOT_AVAILABLE", "RESOLVED", "GONE")
"""An archived record of what no longer exists; AWS gives the findings of deleted resources the same status."""

_TYPE_NAMES = """
AwsAmazonMqBroker AwsApiGatewayRestApi AwsApiGatewayStage AwsApiGatewayV2Api AwsApiGatewayV2Stage
AwsAppSyncGraphQlApi AwsAthenaWorkGroup AwsAutoScalingAutoScalingGroup AwsAutoScalingLaunchConfiguration
AwsBackupBackupPlan AwsBackupBackupVault AwsBackupRecoveryPoint AwsCertificateManagerCertificate
AwsCloudFormationStack AwsCloudFrontDistribution AwsCloudTrailTrail AwsCloudWatchAlarm AwsCodeBuildProject
AwsDmsEndpoint AwsDmsReplicationInstance AwsDmsReplicationTask AwsDynamoDbTable AwsEc2ClientVpnEndpoint
AwsEc2Eip AwsEc2Instance AwsEc2LaunchTemplate AwsEc2NetworkAcl AwsEc2NetworkInterface AwsEc2RouteTable
AwsEc2SecurityGroup AwsEc2Subnet AwsEc2TransitGateway AwsEc2Volume AwsEc2Vpc AwsEc2VpcEndpointService
AwsEc2VpcPeeringConnection AwsEc2VpnConnection AwsEcrContainerImage AwsEcrRepository AwsEcsCluster
AwsEcsContainer AwsEcsService AwsEcsTask AwsEcsTaskDefinition AwsEfsAccessPoint AwsEksCluster
AwsElasticBeanstalkEnvironment AwsElasticsearchDomain AwsElbLoadBalancer AwsElbv2LoadBalancer
AwsEventSchemasRegistry AwsEventsEndpoint AwsEventsEventbus AwsGuardDutyDetector AwsIamAccessKey AwsIamGroup
AwsIamPolicy AwsIamRole AwsIamUser AwsKinesisStream AwsKmsKey AwsLambdaFunction AwsLambdaLayerVersion
AwsMskCluster AwsNetworkFirewallFirewall AwsNetworkFirewallFirewallPolicy AwsNetworkFirewallRuleGroup
AwsOpenSearchServiceDomain AwsRdsDbCluster AwsRdsDbClusterSnapshot AwsRdsDbInstance AwsRdsDbSecurityGroup
AwsRdsDbSnapshot AwsRdsEventSubscription AwsRedshiftCluster AwsRoute53HostedZone AwsS3AccessPoint
AwsS3AccountPublicAccessBlock AwsS3Bucket AwsS3Object AwsSageMakerNotebookInstance AwsSecretsManagerSecret
AwsSnsTopic AwsSqsQueue AwsSsmPatchCompliance AwsStepFunctionStateMachine AwsWafRateBasedRule
AwsWafRegionalRateBasedRule AwsWafRegionalRule AwsWafRegionalRuleGroup AwsWafRegionalWebAcl AwsWafRule
AwsWafRuleGroup AwsWafWebAcl AwsWafv2RuleGroup AwsWafv2WebAcl AwsXrayEncryptionConfig
"""
_TYPES = {name.lower(): name for name in _TYPE_NAMES.split()}
"""ASFF's own resource types (members of ResourceDetails), by their lower case."""

_SERVICES = {"elasticloadbalancing": "elb", "elasticloadbalancingv2": "elbv2", "stepfunctions": "stepfunction"}
_KINDS = {"awsiammanagedpolicy": "awsiampolicy"}


class Asff:
    """Every finding as a Security Hub finding, and every requirement that none speaks of."""

    filename = "findings.asff.json"

    def render(self, results: Document) -> Iterator[str]:
        """The array as JSON text: by account and Security Hub's region, there the worst first."""
        yield from json_pieces(records(results))


def records(results: Document) -> Iterator[Record]:
    """The findings one by one, those of one (account, region) together: what Security Hub is sent at once.

    Raises ValueError where the audit has no time.
    """
    audit = _audit(results)
    for *_, kind, item in sorted(_entries(results, audit), key=lambda entry: entry[:-1]):
        yield _MAKERS[kind](audit, item)


# ---------------------------------------------------------------------------------------- the audit


@dataclass(frozen=True, slots=True)
class _Audit:
    """What every record of an audit is told."""

    id: str
    standard: str
    environment: str
    series: str
    """Standard and environment, fit for an id: records of one series replace each other, audit for audit."""
    demo: bool
    provider: Mapping[str, str]
    updated: str
    observed: str
    url: str
    checks: Mapping[str, Document]
    since: Mapping[str, datetime.datetime]
    """Finding -> since when it is open without a break, where a comparison with a baseline tells."""
    homes: Mapping[str, str]
    """Account -> the region whose Security Hub takes what belongs to no region."""
    primary: str
    roles: Mapping[str, Role]

    def home(self, resource: Document) -> str:
        """The region that a record about a resource is sent to."""
        region = str(resource["region"])
        if region != GLOBAL and _REGION.fullmatch(region):
            return region
        return self.homes.get(resource["account"], self.primary)

    def role(self, region: str) -> str:
        """The part a region plays in the standard; `global` for what belongs to no region."""
        return GLOBAL if region == GLOBAL else self.roles.get(region, Role.ALSO).value


def _audit(results: Document) -> _Audit:
    audit, collection, tool = results["audit"], results["collection"], results["tool"]
    regions = results["scope"].get("regions") or {}
    primary = regions.get("primary")
    accounts = results["scope"]["accounts"]
    first = str(primary or next((region for one in accounts for region in sorted(one["regions"])), "us-east-1"))
    roles = dict.fromkeys(regions.get("recovery") or (), Role.RECOVERY)
    return _Audit(
        id=_text(audit["id"], 128),
        standard=_text(audit["standard"], 128),
        environment=_text(audit["environment"], 128),
        series=f"{_slug(audit['standard'])}/{_slug(audit['environment'])}",
        demo=summary.is_demo(results),
        provider={"ProviderName": _text(tool["name"], 64), "ProviderVersion": _text(tool["version"], 64)},
        updated=_utc(audit["finished_at"]),
        observed=_utc(collection.get("finished_at") or audit["finished_at"]),
        url=_url(summary.report_url(results)),
        checks={one["id"]: one for one in results["checks"]},
        since=summary.open_since(results),
        homes={one["id"]: first if first in one["regions"] else min(one["regions"], default=first) for one in accounts},
        primary=first,
        roles={**roles, primary: Role.PRIMARY} if primary else roles,
    )


_Entry = tuple[str, str, int, tuple[Any, ...], str, Any]
"""Account, region of Security Hub, rank of the kind, order within it, kind, what it is made from."""


def _entries(results: Document, audit: _Audit) -> Iterator[_Entry]:
    for finding in results["findings"]:
        resource = finding["resource"]
        yield resource["account"], audit.home(resource), 0, summary.finding_key(finding), "finding", finding
    for requirement in _unevaluated(results):
        for account in results["scope"]["accounts"]:
            subject = {"account": account["id"], "region": GLOBAL}
            yield account["id"], audit.home(subject), 1, (requirement["id"],), "requirement", (requirement, subject)
    for change in _resolved(results):
        resource = change["resource"]
        yield resource["account"], audit.home(resource), 2, (change["check"], change["id"]), "resolved", change


def _unevaluated(results: Document) -> list[Document]:
    """The requirements that are unknown without a finding that says so."""
    told = {name for finding in results["findings"] for name in finding["requirements"]}
    return [one for one in results["requirements"] if one["status"] == Status.UNKNOWN and one["id"] not in told]


def _resolved(results: Document) -> list[Document]:
    """Failures of the baseline whose record this audit does not continue: what failed is gone, or is waived."""
    changes = ((results.get("drift") or {}).get("findings") or {}).get("resolved") or []
    continued = {one["id"] for one in results["findings"] if one["status"] != Status.WAIVED}
    return [one for one in changes if one["id"] not in continued]


# ---------------------------------------------------------------------------------------- records


def _finding(audit: _Audit, finding: Document) -> Record:
    """The record of a finding."""
    standing = STANDINGS[finding["status"]]
    record = _record(audit, finding, standing)
    if finding["status"] in (Status.PASS, Status.FAIL, Status.WAIVED):
        record["LastObservedAt"] = audit.observed
    if advice := _advice(finding, audit.checks.get(finding["check"], {})):
        record["Remediation"] = {"Recommendation": advice}
    if finding["status"] == Status.WAIVED:
        record["Id"] += f"/waived-{_digest(finding.get('waiver'))}"
        record["Note"] = {"Text": _waiver(finding), "UpdatedBy": "auditor", "UpdatedAt": audit.updated}
    return record


def _requirement(audit: _Audit, item: tuple[Document, Document]) -> Record:
    """The record of a requirement that nothing evaluated, against an account."""
    requirement, subject = item
    told = {
        "id": f"requirement/{requirement['id']}/{subject['account']}",
        "check": f"requirement/{requirement['id']}",
        "requirements": [requirement["id"]],
        "severity": requirement["severity"],
        "status": Status.UNKNOWN,
        "resource": {"arn": "", "type": "AWS::Account", **subject},
        "message": requirement.get("reason") or "No check of this version evaluates it.",
        "expected": requirement["statement"],
    }
    return _record(audit, told, UNEVALUATED, requirement["title"])


def _archived(audit: _Audit, change: Document) -> Record:
    """The record that a resolved failure had, archived."""
    gone = change.get("now") != Status.WAIVED
    record = _record(audit, {**change, "status": Status.FAIL}, GONE if gone else STANDINGS[Status.FAIL])
    return record | {"RecordState": ARCHIVED}


_MAKERS: Mapping[str, Any] = {"finding": _finding, "requirement": _requirement, "resolved": _archived}


def _record(audit: _Audit, finding: Document, standing: Standing, title: str = "") -> Record:
    """What records of all kinds have."""
    resource, check = finding["resource"], audit.checks.get(finding["check"], {})
    account, home = resource["account"], audit.home(resource)
    name = _text(title or check.get("title") or finding["check"], 160)
    severity = {
        "Label": finding["severity"].upper() if standing.grave else "INFORMATIONAL",
        "Original": finding["severity"],
    }
    types = [f"Software and Configuration Checks/Industry and Regulatory Standards/{_slug(audit.standard)}"]
    record: Record = {
        "SchemaVersion": "2018-10-08",
        "Id": f"auditor/{audit.series}/{_text(finding['id'], 256)}",
        "ProductArn": f"arn:{_partition(home)}:securityhub:{home}:{account}:product/{account}/default",
        "GeneratorId": clip(f"auditor/{visible(finding['check'])}", 512),
        "AwsAccountId": account,
        "Title": _text(f"{finding['requirements'][0]} {name}: {summary.resource_label(resource)}", _TITLE),
        "Description": _described(finding),
        "Types": types,
        "Severity": severity,
        "FindingProviderFields": {"Severity": dict(severity), "Types": list(types)},
        "FirstObservedAt": _first_observed(audit, finding),
        "CreatedAt": audit.updated,
        "UpdatedAt": audit.updated,
        "Compliance": _compliance(audit, finding, standing),
        "Workflow": {"Status": standing.workflow},
        "RecordState": ACTIVE,
        "Resources": [_resource(resource, home)],
        "ProductFields": _fields(audit, finding),
    }
    return record | ({"SourceUrl": audit.url} if audit.url else {}) | ({"Sample": True} if audit.demo else {})


def _first_observed(audit: _Audit, finding: Document) -> str:
    """When an issue was first seen, if it is one that was there before; a pass or waiver is seen anew each time."""
    since = audit.since.get(finding["id"])
    is_open = finding["status"] in {Status.FAIL, Status.UNKNOWN}
    return min(_stamp(since), audit.observed) if since is not None and is_open else audit.observed


def _described(finding: Document) -> str:
    label = _text(summary.resource_label(finding["resource"]), 200)
    expected = f" Expected: {finding['expected']}" if finding.get("expected") else ""
    return _text(f"{label}: {_text(finding['message'], 600).rstrip('.')}.{expected}", _DESCRIPTION)


def _compliance(audit: _Audit, finding: Document, standing: Standing) -> Record:
    """Free ids in the object that Security Hub's own controls use: providers may fill it (API_Compliance.html)."""
    compliance: Record = {
        "Status": standing.compliance,
        "RelatedRequirements": [_text(name, _REQUIREMENT) for name in finding["requirements"][:_REQUIREMENTS]],
        "SecurityControlId": _text(finding["check"], 256),
        "AssociatedStandards": [{"StandardsId": _slug(audit.standard)}],
    }
    if standing.code:
        said = "What it was about is no longer there." if standing is GONE else finding["message"]
        said = _waiver(finding) if finding["status"] == Status.WAIVED else said
        compliance["StatusReasons"] = [{"ReasonCode": standing.code, "Description": _text(said, _FIELD)}]
    return compliance


def _advice(finding: Document, check: Document) -> dict[str, str]:
    references = (_url(one) for one in check.get("references") or ())
    url = next((one for one in references if one), "")
    advice = {"Text": _text(finding["remediation"], _ADVICE)} if finding.get("remediation") else {}
    return advice | ({"Url": url} if advice and url else {})


def _fields(audit: _Audit, finding: Document) -> dict[str, str]:
    """ProductFields: what a sender needs to tell this record's place in a later audit, and the evidence in short."""
    resource = finding["resource"]
    fields = {
        "AuditId": audit.id,
        "Series": audit.series,
        "Standard": audit.standard,
        "Environment": audit.environment,
        "Check": finding["check"],
        "FindingId": finding["id"],
        "Status": finding["status"],
        "Requirements": ", ".join(finding["requirements"]),
        "Region": resource["region"],
        "RegionRole": audit.role(resource["region"]),
        "ResourceArn": resource["arn"],
        "ResourceType": resource["type"],
        "ResourceName": resource.get("name"),
        "Expected": finding.get("expected"),
        "Evidence": _evidence(finding.get("evidence")),
        "Waiver": _waiver(finding) if finding.get("waiver") else "",
    }
    return {**audit.provider, **{f"auditor/{key}": _text(value, _FIELD) for key, value in fields.items() if value}}


def _evidence(evidence: object) -> str:
    return json.dumps(clean(evidence), ensure_ascii=False, default=str) if evidence else ""


def _waiver(finding: Document) -> str:
    """Who accepts a failure, until when and why; an expired waiver says that it is."""
    waiver = finding.get("waiver") or {}
    until = "Expired" if waiver.get("expired") else "Accepted until"
    who = _text(waiver.get("approved_by") or "nobody named", 120)
    return _text(f"{until} {_text(waiver.get('expires'), 40)}, approved by {who}: {waiver.get('reason') or ''}", _NOTE)


def _digest(waiver: object) -> str:
    """Of one acceptance: another reason, approver or end makes another record, for its Note can be given once."""
    return hashlib.sha256(json.dumps(waiver, sort_keys=True, default=str).encode()).hexdigest()[:12]


# ---------------------------------------------------------------------------------------- resources and text


def _resource(resource: Document, home: str) -> Record:
    """The one resource of a record; an account is called as Security Hub's own findings call it."""
    kind, partition = asff_type(resource["type"]), _partition(home)
    account = f"AWS::::Account:{resource['account']}"
    told: Record = {"Type": kind, "Id": account if kind == "AwsAccount" else clip(visible(resource["arn"]), _ARN)}
    if partition in _NAMED_PARTITIONS:
        told["Partition"] = partition
    told["Region"] = home
    if kind == "Other":
        other = {"Type": resource["type"], "Name": resource.get("name")}
        told["Details"] = {"Other": {key: _text(value, 256) for key, value in other.items() if value}}
    return told


def asff_type(kind: str) -> str:
    """ASFF's name of a CloudFormation type: `AWS::EC2::VPC` -> `AwsEc2Vpc`; `Other` where ASFF has none."""
    if kind == "AWS::Account":
        return "AwsAccount"
    parts = kind.lower().split("::")
    name = "".join([*parts[:1], *(_SERVICES.get(part, part) for part in parts[1:2]), *parts[2:]])
    return _TYPES.get(_KINDS.get(name, name), "Other")


def _partition(region: str) -> str:
    return next((partition for prefix, partition in _PREFIXES if region.startswith(prefix)), "aws")


def _text(value: object, limit: int) -> str:
    """One line of harmless text that is not empty: AWS's pattern for these members is one line with something in it."""
    return clip(visible(" ".join(str("" if value is None else value).split())), limit).strip() or "-"


def _slug(text: object) -> str:
    """Text fit for a part of an id; another text never gives the same one."""
    plain = str(text)
    slug = re.sub(r"[^A-Za-z0-9._-]+", "-", plain)[:64] or "-"
    changed = "" if slug == plain else f"-{hashlib.sha256(plain.encode(errors='replace')).hexdigest()[:8]}"
    return slug + changed


def _url(text: object) -> str:
    """A web address, or nothing."""
    plain = str(text or "")
    return plain if len(plain) <= _URL and re.fullmatch(r"https?://[!-~]+", plain) else ""


def _utc(text: str) -> str:
    """A time as ASFF writes it: 2026-11-21T10:00:42.000Z."""
    moment = datetime.datetime.fromisoformat(text)
    return _stamp(moment.replace(tzinfo=datetime.UTC) if moment.tzinfo is None else moment.astimezone(datetime.UTC))


def _stamp(moment: datetime.datetime) -> str:
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
