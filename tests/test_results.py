"""The results document: valid, complete, and never better than what was seen. And the exit status that comes of it."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import jsonschema
import orjson
import pytest

import auditor.reports
from auditor.cli.audits import exit_status
from auditor.engine.checks import load_checks
from auditor.engine.results import About, document, status_of
from auditor.engine.verdicts import finding_id
from auditor.library import shipped
from auditor.model import (
    Account,
    Check,
    CheckResult,
    Finding,
    Gap,
    Requirement,
    Resource,
    Role,
    Severity,
    Standard,
    Status,
    Waiver,
)
from auditor.standards import load_library

LIBRARY = shipped()
STANDARDS = load_library(LIBRARY.folder / "standards")
CHECK: Check = load_checks([LIBRARY.folder], STANDARDS.register.requirements)["cluster-backups-kept-too-short"]
SCHEMA = orjson.loads((Path(auditor.reports.__file__).parent / "results.schema.json").read_bytes())
ACCOUNT, REGION = "111122223333", "us-east-1"
GAP = Gap(
    account=ACCOUNT,
    region=REGION,
    service="rds",
    operation="DescribeDBClusters",
    code="AccessDenied",
    message="no",
    action="rds:DescribeDBClusters",
    table="rds_clusters",
)
ABOUT = About(
    id="a-1",
    standard=Standard("trading-dr", "Trading", REGION, ("us-west-2",), ("DB-06",), {}),
    environment="production",
    started_at="2026-06-15T12:00:00+00:00",
    finished_at="2027-06-15T12:05:00+00:00",
    identity=f"arn:aws:iam::{ACCOUNT}:user/a",
    parameters={"backup_retention_days": 7},
    accounts=[Account(ACCOUNT, "one", (REGION, "us-west-2"))],
    roles={REGION: Role.PRIMARY, "us-west-2": Role.RECOVERY},
    calls=3,
    items=2,
    collected_from="2026-06-15T12:00:00+00:00",
    collected_to="2026-06-15T12:01:00+00:00",
    tables={"rds_clusters": {"rows": 2, "answered": 3, "vanished": 1, "in_scope": 1, "left_out": {"rule": 1}}},
    gaps=(),
)


def requirement(name: str = "DB-06", *, must_exist: bool = False) -> Requirement:
    return Requirement(name, "Title", Severity.CRITICAL, ("DOC",), "Statement.", must_exist)


def finding(status: Status, name: str = "c", severity: Severity = Severity.CRITICAL, **more: Any) -> Finding:  # noqa: ANN401 - a finding's fields
    arn = f"arn:aws:rds:{REGION}:{ACCOUNT}:cluster:{name}"
    return Finding(
        id=finding_id(CHECK.id, arn, ACCOUNT, REGION),
        check=CHECK.id,
        requirements=("DB-06",),
        severity=severity,
        status=status,
        resource=Resource(arn, "AWS::RDS::DBCluster", ACCOUNT, REGION, name),
        message=f"is {status}",
        **more,
    )


def results(
    *findings: Finding, about: About = ABOUT, requirements: tuple[Requirement, ...] = (requirement(),)
) -> dict[str, Any]:
    made = document(about, requirements, [CheckResult(CHECK, findings, {"rule": 1}, 0.1)], LIBRARY.engine_schema)
    plain: dict[str, Any] = orjson.loads(orjson.dumps(made))
    jsonschema.validate(plain, SCHEMA, format_checker=jsonschema.FormatChecker())
    return plain


def test_the_schema_is_one_and_refuses_what_is_none() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    broken = results(finding(Status.PASS))
    broken["findings"][0]["status"] = "ok"
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(broken, SCHEMA)


def test_every_status_and_every_field_is_valid() -> None:
    waived = finding(Status.WAIVED, "w", waiver={"resource": "*", "requirement": "DB-06", "reason": "r"})
    unnamed = dataclasses.replace(finding(Status.FAIL, "f"), resource=Resource("arn:x", "AWS::Region", ACCOUNT, REGION))
    found = results(waived, unnamed, finding(Status.PASS, "p", remediation="x"), finding(Status.UNKNOWN, "u"))
    assert found["summary"]["findings"] == {"pass": 1, "fail": 1, "unknown": 1, "waived": 1, "not_applicable": 0}
    assert found["summary"]["by_severity"]["critical"] == found["summary"]["findings"]
    assert found["summary"]["by_severity"]["low"]["fail"] == 0
    assert found["checks"][0]["left_out"] == {"rule": 1}
    assert found["checks"][0]["tables"][0]["operations"][0]["action"] == "rds:DescribeDBClusters"
    assert [f["resource"]["arn"] for f in found["findings"]] == sorted(f["resource"]["arn"] for f in found["findings"])


@pytest.mark.parametrize(
    ("statuses", "expected"),
    [
        ([], Status.NOT_APPLICABLE),
        ([Status.PASS], Status.PASS),
        ([Status.PASS, Status.WAIVED], Status.WAIVED),
        ([Status.PASS, Status.WAIVED, Status.UNKNOWN], Status.UNKNOWN),
        ([Status.PASS, Status.WAIVED, Status.UNKNOWN, Status.FAIL], Status.FAIL),
    ],
)
def test_a_requirement_is_as_bad_as_its_worst_finding(statuses: list[Status], expected: Status) -> None:
    findings = [finding(status, str(number)) for number, status in enumerate(statuses)]
    assert status_of(findings) is expected
    assert results(*findings)["requirements"][0]["status"] == expected


def test_a_requirement_that_no_check_serves_is_unknown() -> None:
    [told] = results(requirements=(requirement("NET-99"),))["requirements"]
    assert (told["status"], told["reason"]) == ("unknown", "No check of this version evaluates it.")


def test_drift_without_anything_to_compare_with_is_not_applicable() -> None:
    [told] = results(requirements=(requirement("DRF-01"),))["requirements"]
    assert told["status"] == "not_applicable"
    assert told["reason"]


def test_nothing_found_where_something_must_exist_is_unknown() -> None:
    assert results(requirements=(requirement(must_exist=True),))["requirements"][0]["status"] == "unknown"
    assert results(requirements=(requirement(),))["requirements"][0]["status"] == "not_applicable"


def test_what_could_not_be_collected_is_told_once_per_place_and_operation() -> None:
    gaps = (GAP, dataclasses.replace(GAP, arn="arn:a"), dataclasses.replace(GAP, region="us-west-2"))
    found = results(about=dataclasses.replace(ABOUT, gaps=gaps))
    assert found["audit"]["complete"] is False
    errors = found["collection"]["errors"]
    assert [(e["region"], e["operation"], e.get("resources")) for e in errors] == [
        (REGION, "DescribeDBClusters", 1),
        ("us-west-2", "DescribeDBClusters", None),
    ]
    assert errors[0]["checks"] == [CHECK.id]
    assert results()["audit"]["complete"] is True


WAIVER = Waiver(requirement="DB-06", check="", resource="*", reason="pilot", approved_by="CISO", expires="2026-06-15")


def test_a_waiver_expires_by_the_snapshots_clock_whenever_it_is_judged() -> None:
    about = dataclasses.replace(ABOUT, waivers=(WAIVER, dataclasses.replace(WAIVER, expires="2026-06-14")))
    told = {"requirement": "DB-06", "resource": "*", "reason": "pilot", "approved_by": "CISO"}
    covered = finding(Status.WAIVED, waiver=told)
    in_force, expired = results(covered, about=about)["waivers"]
    assert (in_force["expired"], in_force["matched"]) == (False, 1)
    assert expired["expired"] is True
    assert "check" not in in_force


def test_a_waiver_says_what_it_covers_and_whether_it_is_needed() -> None:
    def waiver(resource: str, **more: str) -> Waiver:
        return dataclasses.replace(WAIVER, resource=resource, **more)

    told = {"requirement": "DB-06", "resource": "*"}
    found = (
        finding(Status.WAIVED, "waived", waiver=told),
        finding(Status.UNKNOWN, "unseen"),
        finding(Status.PASS, "passing"),
    )
    waivers = (
        waiver("*waived*"),
        waiver("*unseen*"),
        waiver("*passing*"),
        waiver("*nobody*"),
        waiver("*", expires="2026-06-14"),
    )
    document = results(*found, about=dataclasses.replace(ABOUT, waivers=waivers))
    assert [one["state"] for one in document["waivers"]] == [
        "in_force",
        "in_force",
        "not_needed",
        "matches_nothing",
        "expired",
    ]
    assert document["waivers"][1]["covers"]["unknown"] == 1
    assert document["waivers"][1]["matched"] == 0
    assert [one["status"] for one in document["findings"] if one["resource"]["name"] == "unseen"] == ["unknown"]


# ---------------------------------------------------------------------------------------------- exit status


@pytest.mark.parametrize(
    ("findings", "fail_on", "expected"),
    [
        ([Status.PASS], Severity.LOW, 0),
        ([Status.PASS, Status.WAIVED], Severity.LOW, 0),
        ([Status.FAIL], Severity.LOW, 1),
        ([Status.FAIL], Severity.CRITICAL, 1),
        ([Status.FAIL, Status.UNKNOWN], Severity.LOW, 1),
        ([Status.PASS, Status.UNKNOWN], Severity.LOW, 3),
    ],
)
def test_the_exit_status(findings: list[Status], fail_on: Severity, expected: int) -> None:
    found = results(*(finding(status, str(number)) for number, status in enumerate(findings)))
    assert exit_status(found, fail_on) == expected


def test_a_failure_below_the_severity_asked_for_is_none() -> None:
    found = results(finding(Status.FAIL, severity=Severity.MEDIUM))
    assert [exit_status(found, severity) for severity in Severity] == [0, 0, 1, 1]
    both = results(finding(Status.FAIL, severity=Severity.LOW), finding(Status.UNKNOWN, "u"))
    assert exit_status(both, Severity.HIGH) == 3


def test_what_could_not_be_seen_is_never_a_zero() -> None:
    assert exit_status(results(about=dataclasses.replace(ABOUT, gaps=(GAP,))), Severity.LOW) == 3
    assert exit_status(results(requirements=(requirement("NET-99"),)), Severity.LOW) == 3
