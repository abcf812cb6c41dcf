"""Checks put to a database that lacks what they take: never a pass, and the finding names what was not collected."""

from __future__ import annotations

import dataclasses
import datetime as dt
from pathlib import Path
from typing import Any

import pytest

from auditor.engine.audit import Audit, evaluate, gaps_of
from auditor.engine.cases import Case, table_rows
from auditor.engine.checks import load_checks
from auditor.engine.verdicts import Circumstances
from auditor.library import shipped
from auditor.model import Account, Check, Drawing, Finding, Gap, Part, Reason, Role, Severity, Status
from auditor.standards import load_library

LIBRARY = shipped()
STANDARDS = load_library(LIBRARY.folder / "standards")
ACCOUNT, EAST, WEST = "111122223333", "us-east-1", "us-west-2"
TAGS = load_checks([LIBRARY.folder], STANDARDS.register.requirements)["required-tags-missing"]
CHECK = Check(
    id="keys",
    path="keys.toml",
    title="",
    description="",
    requirements=("NET-01",),
    severity=Severity.LOW,
    resource="AWS::KMS::Key",
    scope="region",
    regions="all",
    must_exist="",
    missing="",
    facts="SELECT arn, account, region, KeyRotationEnabled AS rotates FROM kms_keys",
    pass_when="coalesce(rotates, true)",
    passed="",
    reasons=(Reason("true", "fails"),),
    unknown="",
    expected="",
    remediation="",
)
PLAIN = dataclasses.replace(CHECK, facts="SELECT arn, account, region FROM kms_keys", pass_when="true")
EVERYTHING = {
    name: frozenset({table.operation, *(detail.operation for detail in table.details)})
    for name, table in LIBRARY.catalogue.tables().items()
}
KEYS = [
    {"KeyArn": f"arn:aws:kms:{EAST}:{ACCOUNT}:key/one", "KeyId": "one", "KeyManager": "CUSTOMER"},
    {"KeyArn": f"arn:aws:kms:{WEST}:{ACCOUNT}:key/two", "KeyId": "two", "KeyManager": "CUSTOMER", "region": WEST},
]


def audit(**fields: Any) -> Audit:  # noqa: ANN401 - an audit's fields
    accounts = [Account(ACCOUNT, "", (EAST, WEST))]
    known: dict[str, Any] = {
        "checks": [CHECK],
        "requirements": frozenset({"NET-01", *TAGS.requirements}),
        "schema": LIBRARY.engine_schema,
        "gaps": (),
        "collected": EVERYTHING,
        "seen": frozenset({(ACCOUNT, EAST), (ACCOUNT, WEST)}),
        "circumstances": Circumstances(
            accounts=accounts,
            roles={EAST: Role.PRIMARY, WEST: Role.RECOVERY},
            parameters=STANDARDS.register.defaults,
            out_of_scope={},
        ),
        "now": dt.datetime(2026, 6, 15, tzinfo=dt.UTC),
    }
    return Audit(**{**known, **fields})


@pytest.fixture
def database(tmp_path: Path) -> Path:
    case = Case.model_validate({"name": "keys", "tables": {"kms_keys": KEYS}, "expect": []})
    LIBRARY.build_case(tmp_path / "audit.duckdb", case, table_rows(case, LIBRARY.engine_schema))
    return tmp_path / "audit.duckdb"


def findings(made: Audit, database: Path) -> list[Finding]:
    return [finding for result in evaluate(made, database) for finding in result.findings]


def statuses(made: Audit, database: Path) -> dict[str, str]:
    return {finding.resource.arn.rsplit("/", 1)[-1]: finding.status.value for finding in findings(made, database)}


def test_what_was_collected_is_judged(database: Path) -> None:
    assert statuses(audit(), database) == {"one": "pass", "two": "pass"}


def test_a_table_that_was_never_asked_for_is_unknown_everywhere(database: Path) -> None:
    lacking = {name: operations for name, operations in EVERYTHING.items() if name != "kms_keys"}
    found = findings(audit(collected=lacking), database)
    assert {finding.status for finding in found} == {Status.UNKNOWN}
    assert {f.resource.region for f in found if f.resource.type == "AWS::Region"} == {EAST, WEST}
    assert all("kms:ListKeys" in finding.message and "NotCollected" in finding.message for finding in found)


def test_a_detail_that_was_never_asked_for_matters_to_checks_that_read_it(database: Path) -> None:
    lacking = {**EVERYTHING, "kms_keys": frozenset({"ListKeys", "DescribeKey"})}
    found = findings(audit(collected=lacking), database)
    assert {finding.status for finding in found} == {Status.UNKNOWN}
    assert all("kms:GetKeyRotationStatus" in finding.message for finding in found)
    assert statuses(audit(collected=lacking, checks=[PLAIN]), database) == {"one": "pass", "two": "pass"}


def test_a_region_that_the_snapshot_was_not_made_of_is_unknown(database: Path) -> None:
    found = findings(audit(seen=frozenset({(ACCOUNT, EAST)})), database)
    assert [(f.resource.region, f.status.value) for f in found if f.resource.type == "AWS::Region"] == [
        (WEST, "unknown")
    ]
    assert [f.status.value for f in found if f.resource.region == EAST] == ["pass"]


def test_a_global_table_needs_the_account_to_have_been_seen() -> None:
    check = dataclasses.replace(CHECK, facts="SELECT arn, account, region FROM iam_roles", pass_when="true")
    assert gaps_of(check, audit()) == ()
    [gap] = gaps_of(check, audit(seen=frozenset()))
    assert (gap.region, gap.code, gap.action) == ("global", "NotCollected", "iam:GetAccountAuthorizationDetails")


def test_a_drawing_of_columns_that_the_facts_do_not_give_leaves_the_check_unknown(database: Path) -> None:
    drawing = Drawing("chain", (Part("seconds", "nonsuch"),), limit="rto_seconds")
    found = findings(audit(checks=[dataclasses.replace(CHECK, drawing=drawing)]), database)
    assert {finding.status for finding in found} == {Status.UNKNOWN}
    assert all("its drawing names columns that its facts do not give: nonsuch" in one.message for one in found)


def gap(table: str, *columns: str) -> Gap:
    return Gap(
        account=ACCOUNT,
        region=EAST,
        service="kms",
        operation="Any",
        code="AccessDenied",
        message="no",
        action="kms:Any",
        table=table,
        columns=columns,
    )


@pytest.mark.parametrize(
    ("found", "bears"),
    [
        (gap("kms_keys"), True),
        (gap("kms_keys", "KeyRotationEnabled"), True),
        (gap("kms_keys", "KeyPolicy"), False),
        (gap("kms_aliases"), False),
        (gap("ec2_regions"), True),
    ],
)
def test_only_gaps_in_what_a_check_reads_bear_on_it(found: Gap, *, bears: bool) -> None:
    assert (found in gaps_of(CHECK, audit(gaps=[found]))) is bears


def test_a_check_of_every_kind_is_unknown_for_the_kind_that_was_not_seen(database: Path) -> None:
    denied = gap("kms_keys", "tags")
    found = findings(audit(checks=[TAGS], gaps=[denied]), database)
    by_key = {f.resource.arn.rsplit("/", 1)[-1]: f.status.value for f in found if f.resource.type == "AWS::KMS::Key"}
    assert by_key == {"one": "unknown", "two": "fail"}


@pytest.mark.parametrize(
    "facts",
    [
        "SELECT arn, account, NULL AS region FROM kms_keys",
        "SELECT arn, account FROM kms_keys",
        "SELECT 1 AS arn, account, region FROM kms_keys",
    ],
)
def test_facts_without_who_and_where_are_the_checks_error(facts: str, database: Path) -> None:
    found = findings(audit(checks=[dataclasses.replace(PLAIN, facts=facts)]), database)
    assert {(f.status, f.resource.type) for f in found} == {(Status.UNKNOWN, "AWS::Region")}
    assert all("could not be run" in f.message for f in found)


def test_one_check_that_cannot_be_run_does_not_touch_the_others(database: Path) -> None:
    broken = dataclasses.replace(PLAIN, id="a-broken", facts="SELECT arn, account, region, 1 / 'x' AS y FROM kms_keys")
    found = findings(audit(checks=[CHECK, broken]), database)
    assert {f.status.value for f in found if f.check == "a-broken"} == {"unknown"}
    assert {f.status.value for f in found if f.check == CHECK.id} == {"pass"}
