"""Sample `results.json` documents: every status, gaps, nothing wrong, hostile names, very many findings."""

from __future__ import annotations

import hashlib
import re
import tomllib
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests import report_differences as differences
else:
    import report_differences as differences

ROOT = Path(__file__).resolve().parent.parent
TRADING, PAYMENTS = "111122223333", "444455556666"
REGIONS = ("us-east-1", "us-west-2")

HOSTILE = (
    "<script>window.hacked = true</script>",
    '"><img src=x onerror="window.hacked = true">',
    "'-alert(1)-'",
    "{{ 7 * 7 }} {% raw %}",
    "</style></script><svg onload=window.hacked=true>",
    "<!channel> <@U012AB3CD> <https://evil.test|click> @here #general",
    "*bold* _italic_ ~gone~ `code` ```block``` > quote :aws:",
    "line\nbreak\r\nand\ttab",
    "\x1b[31mred\x1b[0m\x07\x9b2J",
    "right\u202eto\u2066left\u200bzero\ufeff",
    "lone \ud800 surrogate",
    "javascript:alert(1)//https://evil.test/",
    "&lt;b&gt; &amp;#60;",
    "x" * 3000,
    "\u3164",
    "=cmd|' /C calc'!A0",
    "@SUM(1+1)*HYPERLINK(A1)",
    "\U0001f600 \U0002070e \U0001d54f",
)

Document = dict[str, Any]


def finding(  # noqa: PLR0913 - a finding has this many parts
    check: str,
    requirement: str,
    status: str,
    name: str,
    *,
    region: str = "us-east-1",
    account: str = TRADING,
    kind: str = "AWS::RDS::DBCluster",
    severity: str = "critical",
    message: str = "",
    **more: object,
) -> Document:
    service = kind.split("::")[1].lower()
    place = "" if region == "global" else region
    arn = f"arn:aws:{service}:{place}:{account}:{kind.rsplit('::', maxsplit=1)[-1].lower()}/{name}"
    return {
        "id": hashlib.sha256(f"{check} {arn}".encode(errors="replace")).hexdigest()[:16],
        "check": check,
        "requirements": [requirement],
        "severity": severity,
        "status": status,
        "resource": {"arn": arn, "type": kind, "name": name, "account": account, "region": region},
        "message": message or f"{name} is {status}",
        "expected": "as the requirement says",
        "evidence": {"name": name, "encrypted": status == "pass", "days": 90, "zones": ["use1-az1"], "key": None},
        "remediation": f"Change the setting of the {kind.rsplit('::', maxsplit=1)[-1]} and apply it at once.",
        **more,
    }


def check(name: str, requirement: str, title: str, severity: str = "critical") -> Document:
    return {
        "id": name,
        "title": title,
        "severity": severity,
        "requirements": [requirement],
        "description": f"{title}. Read from the account's own answer.",
        "resource": "AWS::RDS::DBCluster",
        "facts": "select arn, name, coalesce(StorageEncrypted, false) as encrypted\nfrom   rds_clusters",
        "pass_when": "encrypted and days <= $secret_rotation_days",
        "reasons": [{"when": "not encrypted", "say": "is not encrypted"}],
        "tables": [
            {
                "table": "rds_clusters",
                "operations": [
                    {"service": "rds", "operation": "DescribeDBClusters", "action": "rds:DescribeDBClusters"}
                ],
            }
        ],
        "left_out": {"scope.include_defaults": 2},
        "population": {
            "tables": ["rds_clusters"],
            "rows": 6,
            "judged": 5,
            "left_out": {"scope.include_defaults": 2},
        },
    }


def requirement(identity: str, title: str, statement: str, severity: str = "critical", **more: object) -> Document:
    return {
        "id": identity,
        "title": title,
        "severity": severity,
        "statement": statement,
        "sources": ["TDR 4", "PAY 6"],
        **more,
    }


def error(action: str, region: str, checks: list[str], account: str = TRADING, **more: object) -> Document:
    service, operation = action.split(":")
    return {
        "account": account,
        "region": region,
        "service": service,
        "operation": operation,
        "code": "AccessDenied",
        "message": f"User is not authorized to perform: {action}",
        "action": action,
        "checks": checks,
        **more,
    }


def table(name: str, kind: str, rows: int, **counted: object) -> Document:
    """A table's reconciliation; without `answered` it was not recorded."""
    dropped = {"unreadable": 0, "vanished": 0, "repeated": 0} if "answered" in counted else {}
    about = {"table": name, "type": kind, "description": f"Each {kind}.", "rows": rows}
    return about | dropped | ({"left_out": {}} if "in_scope" in counted else {}) | counted


def document(
    requirements: list[Document],
    checks: list[Document],
    findings: list[Document],
    errors: list[Document] | None = None,
    **more: object,
) -> Document:
    """A whole document; statuses and counts follow from the findings, as `results.schema.json` says."""
    for one in requirements:
        found = [each["status"] for each in findings if one["id"] in each["requirements"]]
        one["checks"] = [each["id"] for each in checks if one["id"] in each["requirements"]]
        one["counts"] = _counts(found)
        one["status"] = _status(found) if one["checks"] else "unknown"
    for one in checks:
        found = [each["status"] for each in findings if each["check"] == one["id"]]
        one["counts"], one["status"] = _counts(found), _status(found)
    severities = sorted({one["severity"] for one in findings})
    return {
        "schema_version": "1.0",
        "tool": {"name": "auditor", "version": "0.1.0"},
        "audit": {
            "id": "2026-11-21T10-00-00Z-trading-dr",
            "standard": "trading-dr",
            "standard_title": "Cross-region disaster recovery for a trading platform",
            "environment": "production",
            "organization": "Example Bank",
            "started_at": "2026-11-21T10:00:00Z",
            "finished_at": "2026-11-21T10:00:42Z",
            "complete": not errors,
            "identity": f"arn:aws:sts::{TRADING}:assumed-role/auditor-readonly/audit",
            "demo": False,
            "parameters": {"secret_rotation_days": 30, "availability_zones": 3, "database_secrets": {}},
        },
        "scope": {
            "accounts": [
                {"id": TRADING, "name": "trading", "regions": list(REGIONS)},
                {"id": PAYMENTS, "name": "payments", "regions": list(REGIONS)},
            ],
            "regions": {"primary": "us-east-1", "recovery": ["us-west-2"], "also": []},
        },
        "summary": {
            "requirements": _counts([one["status"] for one in requirements]),
            "findings": _counts([one["status"] for one in findings]),
            "by_severity": {
                name: _counts([one["status"] for one in findings if one["severity"] == name]) for name in severities
            },
        },
        "requirements": requirements,
        "checks": checks,
        "findings": findings,
        "collection": {
            "calls": 616,
            "items": 1590,
            "errors": errors or [],
            "started_at": "2026-11-21T10:00:00Z",
            "finished_at": "2026-11-21T10:00:31Z",
            "tables": [
                table("rds_clusters", "AWS::RDS::DBCluster", 4, answered=6, vanished=1, repeated=1, in_scope=4),
                table("ec2_vpcs", "AWS::EC2::VPC", 6, answered=6, in_scope=4, left_out={"AWS's default VPC": 2}),
                table("rds_instances", "AWS::RDS::DBInstance", 3, answered=4, in_scope=3),
                table("kms_keys", "AWS::KMS::Key", 2),
                table("acm_certificates", "AWS::CertificateManager::Certificate", 0, answered=0, in_scope=0),
            ],
        },
        "waivers": [],
        "method": {
            "tool": "auditor 0.1.0",
            "checks_digest": "sha256:" + "ab" * 32,
            "config_digest": "sha256:" + "cd" * 32,
        },
        **more,
    }


def _counts(statuses: list[str]) -> dict[str, int]:
    counted = Counter(statuses)
    return {status: counted[status] for status in ("pass", "fail", "unknown", "waived", "not_applicable")}


def _status(statuses: list[str]) -> str:
    return next((one for one in ("fail", "unknown", "waived", "pass") if one in statuses), "not_applicable")


# ---------------------------------------------------------------------------------------- the samples


def _requirements() -> list[Document]:
    return [
        requirement(
            "NET-01",
            "VPCs span the documented number of Availability Zones",
            "In every region there is a VPC whose subnets lie in at least 3 different AZs.",
            must_exist=True,
        ),
        requirement("DB-05", "Databases are encrypted with a customer-managed key", "StorageEncrypted is on."),
        requirement(
            "SEC-01",
            "Secrets rotate automatically, at least every 30 days",
            "Every secret in scope has rotation enabled with an interval of at most 30 days.",
            note="A monthly cron has a gap of 31 days.",
        ),
        requirement("NET-12", "VPCs resolve DNS names", "enableDnsSupport is on in every VPC in scope.", "low"),
        requirement("DNS-01", "Hosted zones are not under a reserved domain", "No public zone is.", "high"),
        requirement("CMP-04", "Database failover is automated", "A function is subscribed to the topic.", "high"),
    ]


def _checks() -> list[Document]:
    return [
        check("vpc-spans-zones", "NET-01", "VPCs span enough zones"),
        check("database-encrypted", "DB-05", "Databases are encrypted"),
        check("secret-rotates", "SEC-01", "Secrets rotate automatically, often enough"),
        check("vpc-dns", "NET-12", "VPCs resolve names", "low"),
        check("zone-not-reserved", "DNS-01", "Zones are not reserved", "high"),
    ]


def typical() -> Document:
    """All statuses, a finding that serves two requirements, a waiver in force and one that expired."""
    waiver = {"reason": "pilot until Q1", "approved_by": "CISO", "expires": "2027-01-31", "expired": False}
    old = {"reason": "was fine once", "approved_by": "CTO", "expires": "2026-01-31", "expired": True}
    secret, vpc = "AWS::SecretsManager::Secret", "AWS::EC2::VPC"
    findings = [
        finding("vpc-spans-zones", "NET-01", "pass", "trading-prod", kind=vpc, message="covers 3 zones"),
        finding(
            *("vpc-spans-zones", "NET-01", "fail", "region"),
            kind="AWS::Region",
            region="us-west-2",
            message="no VPC here",
        ),
        finding("database-encrypted", "DB-05", "fail", "orders", message="is encrypted with AWS's own key"),
        finding("database-encrypted", "DB-05", "waived", "pilot", message="is not encrypted", waiver=waiver),
        finding("database-encrypted", "DB-05", "fail", "legacy", message="is not encrypted", waiver=old),
        finding("database-encrypted", "DB-05", "pass", "ledger", region="us-west-2", message="is encrypted"),
        finding(
            *("secret-rotates", "SEC-01", "fail", "prod/orders"),
            kind=secret,
            message="rotates every 90 days, at most 30 are allowed",
            requirements=["SEC-01", "DB-05"],
            evidence={"days": 90, "schedule": {"rate": [{"every": 90}]}, "rotated": None, "on": True, "lag": 0.5},
        ),
        finding("vpc-dns", "NET-12", "pass", "trading-prod", kind=vpc, severity="low"),
    ]
    waivers = [
        {"requirement": "DB-05", "resource": "*cluster/pilot", **waiver, "matched": 1},
        {"check": "database-encrypted", "resource": "*cluster/legacy", **old, "matched": 1},
    ]
    return document(_requirements(), _checks(), findings, waivers=waivers)


def spotless() -> Document:
    """Nothing failed."""
    vpc = "AWS::EC2::VPC"
    findings = [
        finding("vpc-spans-zones", "NET-01", "pass", "trading-prod", kind=vpc, message="covers 3 zones"),
        finding("database-encrypted", "DB-05", "pass", "orders", message="is encrypted"),
        finding("secret-rotates", "SEC-01", "pass", "prod/orders", kind="AWS::SecretsManager::Secret"),
        finding("vpc-dns", "NET-12", "pass", "trading-prod", kind=vpc, severity="low"),
    ]
    return document(_requirements()[:5], _checks(), findings)


def empty() -> Document:
    """No requirement, no check, no account: the least that the schema allows."""
    return document([], [], [], scope={"accounts": []}) | {"summary": {"requirements": {}, "findings": {}}}


def denied() -> Document:
    """Calls were refused; an account of the demonstration."""
    missing = {"kind": "AWS::Region", "message": "rds:DescribeDBClusters was denied"}
    findings = [
        finding("database-encrypted", "DB-05", "unknown", "clusters", **missing),
        finding("database-encrypted", "DB-05", "unknown", "clusters", region="us-west-2", **missing),
        finding(
            *("secret-rotates", "SEC-01", "unknown", "secrets"),
            account=PAYMENTS,
            region="us-west-2",
            kind="AWS::Region",
            message="secretsmanager:ListSecrets did not answer",
        ),
        finding("vpc-dns", "NET-12", "pass", "trading-prod", kind="AWS::EC2::VPC", severity="low"),
    ]
    errors = [
        error("rds:DescribeDBClusters", "us-east-1", ["database-encrypted"]),
        error("rds:DescribeDBClusters", "us-west-2", ["database-encrypted"]),
        error("secretsmanager:ListSecrets", "us-west-2", ["secret-rotates"], PAYMENTS, code="Timeout"),
        error("kms:GetKeyPolicy", "us-east-1", [], arn=f"arn:aws:kms:us-east-1:{TRADING}:key/1234"),
    ]
    results = document(_requirements(), _checks(), findings, errors)
    results["audit"]["demo"] = True
    return results


def hostile() -> Document:
    """Names, messages, evidence, waivers and errors by somebody who wants to be executed."""
    findings = []
    for number, name in enumerate(HOSTILE):
        status = ("fail", "waived", "unknown", "pass")[number % 4]
        more: Document = (
            {"waiver": {"reason": name, "approved_by": name, "expires": name}} if status == "waived" else {}
        )
        findings.append(
            finding(
                *("database-encrypted", "DB-05", status, name),
                message=f"{name} is not encrypted",
                evidence={name: name, "tags": {name: [name]}},
                remediation=name,
                **more,
            )
        )
    errors = [error("rds:DescribeDBClusters", name, ["database-encrypted"], message=name) for name in HOSTILE[:8]]
    results = document(_requirements(), _checks(), findings, errors)
    _draw(results)
    _change_hostile(results)
    results["audit"] |= {"organization": HOSTILE[0], "environment": HOSTILE[6], "standard_title": HOSTILE[9]}
    results["scope"]["accounts"][0]["name"] = HOSTILE[5]
    return results


def _change_hostile(results: Document) -> None:
    """Hostile text where the comparison, the drawings, the scope and the waivers take it from others."""
    drawings = [one["drawing"] for one in results["checks"] if "drawing" in one]
    for one, name in zip([part for drawing in drawings for part in drawing["parts"]], HOSTILE, strict=False):
        one["label"] = name
    drawings[0]["limit"] = "rto_seconds"
    results["checks"][1]["drawing"] = {
        **drawings[0],
        "kind": "sides",
        "left": HOSTILE[0],
        "right": "{" + HOSTILE[1] + "}",
        "parts": [{"label": name, "left": name, "right": "tags", "compare": "as_many"} for name in HOSTILE],
    }
    for one, name in zip(results["collection"]["tables"], HOSTILE, strict=False):
        one |= {"table": name, "description": name, "type": name, "left_out": {name: 1}}
    kept = ("id", "check", "requirements", "severity", "resource", "message")
    changes = [{key: one[key] for key in kept} | {"was": "unknown", "now": "fail"} for one in results["findings"]]
    kinds = ("new", "resolved", "still_open", "newly_unseen", "seen_again")
    code, resources = differences.hostile(HOSTILE)
    results["drift"] = {
        "baseline": {"id": HOSTILE[0], "finished_at": "2026-10-21T10:00:40Z"},
        "findings": {kind: changes[number::5] for number, kind in enumerate(kinds)},
        "resources": resources,
        "code": code,
    }
    results["audit"]["report_url"] = f"https://evil.test/|{HOSTILE[5]}"
    results["waivers"] = [
        {"requirement": name, "resource": name, "reason": name, "approved_by": name, "expires": name}
        | {"matched": 1, "expired": False, "covers": {"fail": 1}, "state": "in_force"}
        for name in HOSTILE
    ]


def forged() -> Document:
    """The hostile document, changed by hand: hostile too where the tool itself writes words and times."""
    results = hostile()
    drift = results["drift"]
    drift["code"], drift["resources"] = differences.forged(HOSTILE)
    drift["baseline"]["finished_at"] = HOSTILE[1]
    for number, one in enumerate(one for changes in drift["findings"].values() for one in changes):
        one |= {key: HOSTILE[(number + at) % len(HOSTILE)] for at, key in enumerate(("was", "now", "since"))}
    return results


def large(count: int = 5000) -> Document:
    """Very many failures, with hostile names, in all requirements; very many differences."""
    checks = _checks()
    findings = [
        finding(
            checks[number % len(checks)]["id"],
            checks[number % len(checks)]["requirements"][0],
            ("fail", "fail", "unknown", "pass")[number % 4],
            f"{number} {HOSTILE[number % len(HOSTILE)]}",
            region=(*REGIONS, "global")[number % 3],
            severity=("critical", "high", "medium", "low")[number // 7 % 4],
            message=HOSTILE[number % len(HOSTILE)] * 3,
        )
        for number in range(count)
    ]
    actions = [f"service{number}:DescribeEverything{number}" for number in range(200)]
    errors = [error(action, region, ["database-encrypted"]) for action in actions for region in REGIONS]
    code, resources = differences.very_many(count // 20, HOSTILE)
    drift = {"baseline": {"id": "2026-10-21", "finished_at": "2026-10-21T10:00:40Z"}, "resources": resources}
    return document(_requirements(), checks, findings, errors, drift=drift | {"findings": {}, "code": code})


def changed() -> Document:
    """An audit with a baseline, compared with the code too; a waiver in each state; findings that are drawn."""
    results = typical()
    _draw(results)
    found = {one["resource"]["name"]: one for one in results["findings"]}

    def change(name: str, was: str, now: str, **more: object) -> Document:
        kept = ("id", "check", "requirements", "severity", "resource", "message")
        return {key: found[name][key] for key in kept} | {"was": was, "now": now} | more

    results["audit"]["report_url"] = "https://reports.example-bank.net/2026/report.html?a=1&b=2"
    results["drift"] = {
        "baseline": {
            "id": "2026-10-21T10-00-00Z-trading-dr",
            "started_at": "2026-10-21T10:00:00Z",
            "finished_at": "2026-10-21T10:00:40Z",
        },
        "findings": {
            "new": [change("orders", "absent", "fail"), change("region", "pass", "fail")],
            "resolved": [
                change("ledger", "fail", "pass", since="2026-09-21T10:00:00Z"),
                change("pilot", "fail", "waived"),
            ],
            "still_open": [change("legacy", "fail", "fail", since="2026-08-21T10:00:00Z")],
            "newly_unseen": [change("prod/orders", "fail", "not_evaluated"), change("pilot", "pass", "unknown")],
            "seen_again": [change("trading-prod", "unknown", "absent")],
        },
        "resources": differences.resources(),
        "code": differences.code(),
    }
    about = {"resource": "*", "reason": "pilot", "approved_by": "CISO", "expires": "2027-01-31"}
    states: dict[str, dict[str, int]] = {"in_force": {"waived": 3, "unknown": 1}, "expired": {"fail": 2}}
    states |= {"matches_nothing": {}, "not_needed": {"pass": 1}}
    results["waivers"] = [
        {"requirement": "DB-05", **about, "matched": sum(covers.values()), "state": state, "covers": covers}
        for state, covers in states.items()
    ]
    return results


def _draw(results: Document) -> None:
    """Let the failures of two checks be drawn: a chain of seconds, and two regions side by side."""
    checks = {one["id"]: one for one in results["checks"]}
    results["audit"]["parameters"]["rto_seconds"] = 300
    spans = [("until the health check has failed", "detection"), ("TTL", "ttl"), ("promotion", "promotion")]
    checks["secret-rotates"]["drawing"] = {
        "kind": "chain",
        "limit": "rto_seconds",
        "parts": [{"label": label, "column": column, "compare": ""} for label, column in spans],
    }
    sides = [("AZs", "primary_zones", "zones", "as_many"), ("VPCs", "primary_vpcs", "vpcs", "any")]
    checks["vpc-spans-zones"]["drawing"] = {
        "kind": "sides",
        "left": "{primary} (primary)",
        "right": "{region} (recovery)",
        "parts": [{"label": a, "left": b, "right": c, "compare": d} for a, b, c, d in sides],
    }
    network = {"primary": "us-east-1", "primary_zones": 3, "zones": 0, "primary_vpcs": ["vpc-1"], "vpcs": None}
    for one in results["findings"]:
        if one["check"] == "secret-rotates":
            one["evidence"] = {"detection": 150, "ttl": 60, "promotion": None, **one["evidence"]}
        if one["check"] == "vpc-spans-zones":
            one["evidence"] = {**network, **one["evidence"]}


SAMPLES = {
    "typical": typical,
    "changed": changed,
    "spotless": spotless,
    "empty": empty,
    "denied": denied,
    "hostile": hostile,
}


# ---------------------------------------------------------------------------------------- a lifelike one


def lifelike() -> Document:
    """The register's own requirements of `trading-dr` against two accounts, for looking at."""
    register = tomllib.loads((ROOT / "checks/standards/requirements.toml").read_text())
    standards = tomllib.loads((ROOT / "checks/standards/standards.toml").read_text())
    standard = standards["trading-dr"]
    parameters = {**register["defaults"], **standard["parameters"]}
    wanted = [re.compile(one.replace("*", ".*")) for one in standard["requirements"]]
    names = [name for name in register if any(one.fullmatch(name) for one in wanted)]
    requirements = [_registered(name, register[name], parameters) for name in names]
    checks = [
        check(f"{one['id'].lower()}-{_slug(one['title'])}", one["id"], one["title"], one["severity"])
        for one in requirements
        if one["id"] not in {"NET-13", "DNS-04", "IAM-05"}
    ]
    findings = [each for number, one in enumerate(checks) for each in _lifelike_findings(number, one)]
    results = document(requirements, checks, findings, _lifelike_errors(checks))
    results["audit"]["parameters"] = parameters
    results["waivers"] = [
        {"requirement": "NET-06", "resource": "*", "reason": "single NAT gateway accepted for the pilot"}
        | {"approved_by": "CISO", "expires": "2027-01-31", "matched": 3, "expired": False},
    ]
    return results


def _registered(name: str, entry: Document, parameters: Document) -> Document:
    def filled(text: str) -> str:
        return re.sub(r"\{(\w+)\}", lambda found: str(parameters.get(found[1], found[0])), text)

    return requirement(
        name,
        filled(entry["title"]),
        filled(entry["statement"]),
        entry["severity"],
        must_exist=entry["must_exist"],
        note=entry.get("note", ""),
    ) | {"sources": entry["sources"]}


def _slug(title: str) -> str:
    return "-".join(re.findall(r"[a-z]+", title.lower())[:4])


_KINDS = {
    "NET": ("AWS::EC2::Subnet", "subnet-0a1b2c3d4e5f6a7b", "falls back on the VPC's main route table rtb-0f3e2d1c"),
    "LB": (
        "AWS::ElasticLoadBalancingV2::LoadBalancer",
        "trading-web",
        "ELBSecurityPolicy-2016-08 offers TLSv1 and TLSv1.1",
    ),
    "DB": ("AWS::RDS::DBCluster", "orders-global-primary", "keeps backups for 1 day, at least 7 are required"),
    "DDB": ("AWS::DynamoDB::Table", "sessions", "has no point-in-time recovery"),
    "SEC": ("AWS::SecretsManager::Secret", "prod/orders/master", "rotates every 90 days, at most 30 are allowed"),
    "DNS": (
        "AWS::Route53::RecordSet",
        "api.trading.example-bank.net",
        "needs 330 s to fail over, at most 300 are allowed",
    ),
    "CMP": ("AWS::Lambda::Function", "failover-orchestrator", "runs on python3.9, which AWS no longer supports"),
    "MON": ("AWS::CloudWatch::Alarm", "replication-lag", "has no action: nobody would hear of it"),
    "IAM": ("AWS::IAM::Role", "order-service-task", "is allowed rds:FailoverGlobalCluster on every resource"),
    "KMS": ("AWS::KMS::Key", "9f0c2d5e-1111-4222-8333-444455556666", "does not rotate"),
}


def _lifelike_findings(number: int, one: Document) -> list[Document]:
    identity = one["requirements"][0]
    kind, name, message = _KINDS[identity.split("-")[0]]
    regions = ("global",) if kind.startswith(("AWS::IAM", "AWS::Route53")) else REGIONS
    found = []
    for place, (account, region) in enumerate((a, r) for a in (TRADING, PAYMENTS) for r in regions):
        for copy in range(1 + (number * 3 + place) % 4):
            seed = number * 7 + place * 5 + copy * 3
            status = "fail" if seed % 31 == 0 or (number % 5 == 1 and seed % 3 == 0) else "pass"
            status = "waived" if identity == "NET-06" and seed % 2 else status
            status = "unknown" if identity in {"DB-12", "MON-05"} and account == PAYMENTS else status
            more: Document = {}
            if status == "waived":
                more["waiver"] = {"reason": "single NAT gateway accepted for the pilot", "approved_by": "CISO"}
                more["waiver"] |= {"expires": "2027-01-31", "expired": False}
            said = {"pass": "is as documented", "unknown": "could not be evaluated: access to it was denied"}
            found.append(
                finding(
                    *(one["id"], identity, status, f"{name}-{copy + 1}"),
                    account=account,
                    region=region,
                    kind=kind,
                    severity=one["severity"],
                    message=f"{name}-{copy + 1} {said.get(status, message)}.",
                    **more,
                )
            )
    return found


def _lifelike_errors(checks: list[Document]) -> list[Document]:
    touched = {one["requirements"][0]: one["id"] for one in checks}
    return [
        error("cloudwatch:GetMetricData", "us-west-2", [touched["DB-12"]], PAYMENTS),
        error("cloudwatch:GetMetricData", "us-east-1", [touched["DB-12"]], PAYMENTS),
        error("cloudtrail:GetTrailStatus", "us-east-1", [touched["MON-05"]], PAYMENTS, code="AccessDeniedException"),
        error("kms:GetKeyPolicy", "us-west-2", [touched["KMS-02"]], arn=f"arn:aws:kms:us-west-2:{TRADING}:key/9f0c"),
    ]
