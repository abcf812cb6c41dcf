"""From rows to findings: gaps, the scope, waivers, what must exist. Nothing that was not seen is a pass."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from datetime import date
from typing import Any

import pytest

from auditor.engine.verdicts import Circumstances, Question, fill, judge, not_run
from auditor.model import (
    GLOBAL,
    Account,
    Check,
    CheckResult,
    Finding,
    Gap,
    Reason,
    Role,
    Severity,
    Status,
    Waiver,
)

ONE, TWO = "111122223333", "444455556666"
EAST, WEST, OTHER = "us-east-1", "us-west-2", "eu-west-1"
VPC = "AWS::EC2::VPC"

CHECK = Check(
    id="vpc-check",
    path="network/vpc-check.toml",
    title="VPCs are well",
    description="",
    requirements=("NET-01", "NET-02"),
    severity=Severity.HIGH,
    resource=VPC,
    scope="region",
    regions="all",
    must_exist="",
    missing="",
    facts="",
    pass_when="",
    passed="has {zones} zones of {needed}",
    reasons=(Reason("zones = 0", "has none"), Reason("true", "has only {zones} zones")),
    unknown="",
    expected="{needed} zones",
    remediation="Add zones in {region}.",
)
CIRCUMSTANCES = Circumstances(
    accounts=(Account(ONE, "one", (EAST, WEST, OTHER)), Account(TWO, "two", (EAST,))),
    roles={EAST: Role.PRIMARY, WEST: Role.RECOVERY, OTHER: Role.ALSO},
    parameters={"needed": 3},
    out_of_scope={},
    today=date(2026, 6, 15),
)


def arn(name: str, region: str = EAST, account: str = ONE) -> str:
    return f"arn:aws:ec2:{region}:{account}:vpc/{name}"


def row(name: str = "vpc-1", region: str = EAST, account: str = ONE, **more: Any) -> dict[str, Any]:  # noqa: ANN401 - facts
    known = {"arn": arn(name, region, account), "account": account, "region": region, "name": name, "zones": 3}
    return {**known, "__pass": True, "__reason": None, **more}


def gap(region: str = EAST, account: str = ONE, table: str = "ec2_vpcs", **more: Any) -> Gap:  # noqa: ANN401 - a gap's fields
    known: dict[str, Any] = {
        "service": "ec2",
        "operation": "DescribeVpcs",
        "code": "AccessDenied",
        "message": "no",
        "action": "ec2:DescribeVpcs",
    }
    return Gap(account=account, region=region, table=table, **{**known, **more})


def question(*gaps: Gap, check: Check = CHECK, **more: Any) -> Question:  # noqa: ANN401 - a question's fields
    known: dict[str, Any] = {"spans": frozenset({"region"}), "listed": {}, "requirements": check.requirements}
    return Question(check=check, gaps=gaps, service="ec2", **{**known, **more})


def changed(**fields: Any) -> Check:  # noqa: ANN401 - a check's fields
    return dataclasses.replace(CHECK, **fields)


def told(result: CheckResult) -> list[tuple[str, str]]:
    return [(finding.resource.arn, finding.status.value) for finding in result.findings]


def only(result: CheckResult) -> Finding:
    [finding] = result.findings
    return finding


# ---------------------------------------------------------------------------------------------- rows


def test_a_pass_a_fail_and_an_unknown() -> None:
    rows = [
        row("vpc-1"),
        row("vpc-2", zones=0, __pass=False, __reason=0),
        row("vpc-3", zones=2, __pass=False, __reason=1),
        row("vpc-4", zones=None, other=None, __pass=None),
        row("vpc-5", __pass=False),
        row("vpc-6", __error="Conversion Error", __pass=None),
    ]
    found = judge(question(), rows, CIRCUMSTANCES).findings
    assert [(f.status.value, f.message) for f in found] == [
        ("pass", "has 3 zones of 3"),
        ("fail", "has none"),
        ("fail", "has only 2 zones"),
        ("unknown", "cannot be decided: AWS does not tell other, zones"),
        ("fail", "does not satisfy: 3 zones"),
        ("unknown", "could not be evaluated: Conversion Error"),
    ]
    assert [bool(f.remediation) for f in found] == [False, True, True, False, True, False]
    assert found[1].remediation == "Add zones in us-east-1."
    assert found[0].evidence == {"zones": 3}
    assert found[0].expected == "3 zones"


def test_an_unknown_says_what_the_check_says_of_it() -> None:
    check = changed(unknown="zones are {zones}")
    assert only(judge(question(check=check), [row(zones=None, __pass=None)], CIRCUMSTANCES)).message == "zones are none"


def test_ids_are_the_same_from_audit_to_audit_and_differ_by_part_account_and_region() -> None:
    rows = [row(), row(part="b"), row(region=WEST), row(account=TWO)]
    first, again = (judge(question(), rows, CIRCUMSTANCES).findings for _ in range(2))
    assert [f.id for f in first] == [f.id for f in again]
    assert len({f.id for f in first}) == 4
    moved = judge(question(), [row(zones=7)], CIRCUMSTANCES)
    assert only(moved).id in {f.id for f in first}


def test_two_rows_for_one_resource_are_a_mistake_and_never_a_pass() -> None:
    found = only(judge(question(), [row(), row(__pass=False, __reason=1)], CIRCUMSTANCES))
    assert (found.status, found.remediation) == (Status.UNKNOWN, "")
    assert "gives 2 rows" in found.message


def test_only_requirements_that_are_asked_for_are_named() -> None:
    assert only(judge(question(requirements=("NET-02",)), [row()], CIRCUMSTANCES)).requirements == ("NET-02",)


def test_a_template_shows_none_for_null_and_leaves_what_it_does_not_know() -> None:
    assert fill("{a} {b} {c} {{x}} ${HOME}", {"a": None, "b": ["x", 1]}) == "none x, 1 {c} {{x}} ${HOME}"
    assert fill("{a}", {"a": "{b}", "b": "no"}) == "{b}", "a value is never a template"


# ---------------------------------------------------------------------------------------------- gaps by scope


def places(*gaps: Gap, scope: str) -> set[tuple[str, str]]:
    """Where rows become unknown."""
    everywhere = [row("v", region, ONE) for region in (EAST, WEST, OTHER)] + [row("v", EAST, TWO)]
    asked = question(*gaps, check=changed(scope=scope))
    found = judge(asked, everywhere, CIRCUMSTANCES).findings
    return {
        (f.resource.account, f.resource.region) for f in found if f.status is Status.UNKNOWN and f.resource.type == VPC
    }


@pytest.mark.parametrize(
    ("scope", "region", "expected"),
    [
        ("region", EAST, {(ONE, EAST)}),
        ("region", GLOBAL, {(ONE, EAST), (ONE, WEST), (ONE, OTHER)}),
        ("account", EAST, {(ONE, EAST), (ONE, WEST), (ONE, OTHER)}),
        ("organization", EAST, {(ONE, EAST), (ONE, WEST), (ONE, OTHER), (TWO, EAST)}),
    ],
)
def test_a_gap_makes_unknown_what_the_checks_scope_says(
    scope: str, region: str, expected: set[tuple[str, str]]
) -> None:
    assert places(gap(region), scope=scope) == expected


def test_a_row_of_no_region_is_touched_by_a_gap_in_any() -> None:
    found = judge(question(gap(WEST)), [row(region=GLOBAL)], CIRCUMSTANCES).findings
    assert {f.status for f in found if f.resource.type == VPC} == {Status.UNKNOWN}


def test_an_unknown_names_the_action_the_place_and_the_code() -> None:
    found = judge(question(gap()), [row()], CIRCUMSTANCES).findings[-1]
    assert found.message == (
        "could not be evaluated: ec2:DescribeVpcs gave no answer in account 111122223333, us-east-1 (AccessDenied: no)"
    )


def test_a_failure_is_no_failure_where_something_was_not_seen() -> None:
    found = judge(question(gap()), [row(__pass=False, __reason=1)], CIRCUMSTANCES)
    assert {finding.status for finding in found.findings} == {Status.UNKNOWN}


def test_a_gap_in_one_row_spoils_that_row_alone() -> None:
    spoilt = gap(arn=arn("vpc-1"), columns=("State",))
    asked = question(spoilt, spoilable={"ec2_vpcs": frozenset({arn("vpc-1"), arn("vpc-2")})})
    assert told(judge(asked, [row("vpc-1"), row("vpc-2")], CIRCUMSTANCES)) == [
        (arn("vpc-1"), "unknown"),
        (arn("vpc-2"), "pass"),
    ]


def test_a_gap_in_a_row_of_another_table_spoils_what_may_hang_on_it() -> None:
    spoilt = gap(table="ec2_subnets", arn="arn:subnet-1")
    asked = question(
        spoilt,
        spoilable={"ec2_subnets": frozenset({"arn:subnet-1"})},
        listed={(ONE, EAST): frozenset({arn("vpc-1")}), (ONE, WEST): frozenset({arn("vpc-2", WEST)})},
    )
    found = judge(asked, [row("vpc-1"), row("vpc-2", WEST)], CIRCUMSTANCES)
    assert told(found) == [(arn("vpc-1"), "unknown"), (arn("vpc-2", WEST), "pass")]


# ---------------------------------------------------------------------------------------------- what may be missing


def test_a_place_where_rows_may_be_missing_has_one_unknown_of_its_own() -> None:
    found = only(judge(question(gap(WEST), gap(WEST, table="ec2_subnets")), [], CIRCUMSTANCES))
    assert dataclasses.astuple(found.resource) == (f"arn:aws:ec2:{WEST}:{ONE}:*", "AWS::Region", ONE, WEST, None)
    assert found.status is Status.UNKNOWN
    assert found.id == only(judge(question(gap(WEST)), [], CIRCUMSTANCES)).id


def test_a_global_population_has_its_unknown_in_the_account() -> None:
    asked = question(gap(GLOBAL, action="iam:GetAccountAuthorizationDetails"), spans=frozenset({GLOBAL}))
    found = only(judge(asked, [], CIRCUMSTANCES))
    assert (found.resource.type, found.resource.region) == ("AWS::Account", GLOBAL)
    assert found.resource.arn == f"arn:aws:ec2:{GLOBAL}:{ONE}:*"


def test_a_regional_gap_hides_rows_of_a_global_population() -> None:
    asked = question(gap(WEST), spans=frozenset({GLOBAL}))
    assert only(judge(asked, [], CIRCUMSTANCES)).resource.region == GLOBAL


def test_a_global_gap_hides_rows_in_every_region_of_its_account() -> None:
    found = judge(question(gap(GLOBAL)), [], CIRCUMSTANCES).findings
    assert sorted(f.resource.region for f in found) == sorted([EAST, WEST, OTHER])


def test_a_population_known_to_be_complete_has_no_unknown_besides_its_rows() -> None:
    columns = gap(columns=("Tags",))
    complete = question(columns, listed={(ONE, EAST): frozenset({arn("vpc-1")})})
    assert told(judge(complete, [row("vpc-1")], CIRCUMSTANCES)) == [(arn("vpc-1"), "unknown")]
    lacking = question(columns, listed={(ONE, EAST): frozenset({arn("vpc-1"), arn("vpc-2")})})
    assert told(judge(lacking, [row("vpc-1")], CIRCUMSTANCES)) == [
        (f"arn:aws:ec2:{EAST}:{ONE}:*", "unknown"),
        (arn("vpc-1"), "unknown"),
    ]


def test_a_gap_in_a_row_that_is_there_does_not_speak_for_a_gap_that_hides_rows() -> None:
    denied = gap(table="ec2_subnets", action="ec2:DescribeSubnets")
    of_one_row = gap(arn=arn("vpc-1"), action="ec2:DescribeVpcAttribute")
    found = judge(question(of_one_row, denied), [row()], CIRCUMSTANCES).findings
    [place] = [finding for finding in found if finding.resource.type == "AWS::Region"]
    assert "ec2:DescribeSubnets gave no answer" in place.message
    assert "ec2:DescribeVpcAttribute" not in place.message


def test_every_action_that_gave_no_answer_is_named_up_to_a_number() -> None:
    gaps = [gap(action=f"ec2:Describe{letter}") for letter in "CABB"]
    [of_row, of_place] = judge(question(*gaps), [row()], CIRCUMSTANCES).findings
    for finding in (of_row, of_place):
        assert finding.message.endswith("ec2:DescribeC gave no answer in account 111122223333, us-east-1 "
                                        "(AccessDenied: no); nor did ec2:DescribeA, ec2:DescribeB")  # fmt: skip
    many = judge(question(*(gap(action=f"ec2:{number:02}") for number in range(21))), [row()], CIRCUMSTANCES).findings
    assert many[0].message.endswith("ec2:10 and 10 more actions")


def test_a_gap_in_the_list_of_regions_touches_no_row_and_is_an_unknown_of_the_account() -> None:
    asked = question(gap(GLOBAL, table="ec2_regions"), listed={(ONE, GLOBAL): frozenset()})
    found = judge(asked, [row()], CIRCUMSTANCES)
    assert told(found) == [(f"arn:aws:ec2:{GLOBAL}:{ONE}:*", "unknown"), (arn("vpc-1"), "pass")]


def test_what_could_not_be_run_is_unknown_everywhere() -> None:
    found = not_run(question(), "it took too long", CIRCUMSTANCES)
    assert sorted((f.resource.account, f.resource.region) for f in found.findings) == sorted(
        [(ONE, EAST), (ONE, WEST), (ONE, OTHER), (TWO, EAST)]
    )
    assert {(f.status, f.message) for f in found.findings} == {
        (Status.UNKNOWN, "The check could not be run: it took too long")
    }


# ---------------------------------------------------------------------------------------------- every kind of resource


def test_where_every_row_stands_by_itself_a_gap_bears_on_its_own_kind_alone() -> None:
    kinds = {"ec2_vpcs": frozenset({VPC}), "kms_keys": frozenset({"AWS::KMS::Key"})}
    asked = question(gap(table="kms_keys"), check=changed(resource="*"), kinds=kinds)
    found = judge(asked, [row("vpc-1", type=VPC), row("key", type="AWS::KMS::Key")], CIRCUMSTANCES)
    statuses = {f.resource.type: f.status.value for f in found.findings}
    assert statuses == {VPC: "pass", "AWS::KMS::Key": "unknown", "AWS::Region": "unknown"}


@pytest.mark.parametrize(("region", "expected"), [(EAST, [EAST]), (GLOBAL, [GLOBAL])])
def test_gaps_of_every_kind_have_their_unknown_where_they_are(region: str, expected: list[str]) -> None:
    asked = question(gap(region), check=changed(resource="*"), spans=frozenset({GLOBAL, "region"}))
    found = judge(asked, [], CIRCUMSTANCES).findings
    assert [f.resource.region for f in found] == expected


# ---------------------------------------------------------------------------------------------- what must exist

MUST = changed(must_exist="region", missing="no VPC in {region} of {account}, {needed} zones are needed")


def test_what_must_exist_fails_in_each_region_of_the_standard_that_has_none() -> None:
    found = judge(question(check=MUST), [row(region=EAST, account=ONE)], CIRCUMSTANCES).findings
    missing = [(f.resource.account, f.resource.region) for f in found if f.status is Status.FAIL]
    assert missing == [(TWO, EAST), (ONE, WEST)], "not in a region that is only looked at besides"
    assert f"no VPC in {WEST} of {ONE}, 3 zones are needed" in [f.message for f in found]
    assert {f.resource.type for f in found if f.status is Status.FAIL} == {"AWS::Region"}


def test_what_must_exist_in_the_account_may_be_in_any_region() -> None:
    check = dataclasses.replace(MUST, must_exist="account")
    found = judge(question(check=check), [row(region=OTHER, account=ONE)], CIRCUMSTANCES).findings
    assert [(f.resource.account, f.resource.type) for f in found if f.status is Status.FAIL] == [(TWO, "AWS::Account")]


def test_a_gap_in_another_region_is_no_matter_to_a_check_of_the_standards_regions() -> None:
    unseen = question(gap(OTHER), check=changed(regions="standard"))
    assert [f.status for f in judge(unseen, [row()], CIRCUMSTANCES).findings] == [Status.PASS]
    everywhere = question(gap(OTHER), check=changed())
    assert Status.UNKNOWN in {f.status for f in judge(everywhere, [row()], CIRCUMSTANCES).findings}


def test_a_failing_resource_exists() -> None:
    rows = [row(region=region, __pass=False, __reason=1) for region in (EAST, WEST)] + [row(account=TWO)]
    found = judge(question(check=MUST), rows, CIRCUMSTANCES).findings
    assert {f.resource.type for f in found} == {VPC}


@pytest.mark.parametrize("region", [WEST, GLOBAL])
def test_what_could_not_be_seen_is_not_missing(region: str) -> None:
    rows = [row(), row(account=TWO)]
    found = judge(question(gap(region), check=MUST), rows, CIRCUMSTANCES).findings
    assert [f.status for f in found if f.resource.region == WEST] == [Status.UNKNOWN]
    assert all("gave no answer" in f.message for f in found if f.status is Status.UNKNOWN)
    assert Status.FAIL not in {f.status for f in found}


def test_missing_although_something_else_was_not_seen() -> None:
    """The list was seen and is empty; only a detail of nothing at all failed."""
    everywhere = {(ONE, EAST): frozenset[str](), (ONE, WEST): frozenset[str](), (TWO, EAST): frozenset[str]()}
    asked = question(gap(WEST, columns=("Tags",)), check=MUST, listed=everywhere)
    found = judge(asked, [], CIRCUMSTANCES).findings
    assert {f.status for f in found} == {Status.FAIL}
    assert len(found) == 3


# ---------------------------------------------------------------------------------------------- scope and waivers


def test_what_is_out_of_scope_is_counted_by_rule_and_not_judged() -> None:
    scoped = dataclasses.replace(
        CIRCUMSTANCES, out_of_scope={arn("vpc-1"): "default", arn("vpc-2"): "default", arn("vpc-3"): "excluded"}
    )
    result = judge(question(), [row(f"vpc-{n}") for n in range(1, 5)], scoped)
    assert told(result) == [(arn("vpc-4"), "pass")]
    assert result.left_out == {"default": 2, "excluded": 1}


def test_what_is_out_of_scope_does_not_exist_for_must_exist() -> None:
    scoped = dataclasses.replace(CIRCUMSTANCES, out_of_scope={arn("vpc-1"): "default"})
    found = judge(question(check=MUST), [row("vpc-1")], scoped).findings
    assert (ONE, EAST) in {(f.resource.account, f.resource.region) for f in found if f.status is Status.FAIL}


def test_what_is_left_out_by_a_doubtful_rule_is_unknown_where_something_was_not_seen() -> None:
    scoped = dataclasses.replace(
        CIRCUMSTANCES,
        out_of_scope={arn("vpc-1"): "by tags"},
        doubtful_rules=frozenset({"by tags"}),
        gaps=(gap(GLOBAL, table="route53_hosted_zones"),),
    )
    found = only(judge(question(), [row("vpc-1")], scoped))
    assert (found.status, found.resource.type) == (Status.UNKNOWN, "AWS::Region")
    certain = dataclasses.replace(scoped, gaps=())
    assert judge(question(), [row("vpc-1")], certain).findings == ()


def waiver(**fields: str) -> Waiver:
    known = {
        "requirement": "",
        "check": "",
        "resource": "*",
        "reason": "pilot",
        "approved_by": "CISO",
        "expires": "2026-12-31",
    }
    return Waiver(**{**known, **fields})


def waived(*waivers: Waiver, requirements: Sequence[str] = ("NET-01",), **facts: Any) -> Finding:  # noqa: ANN401 - facts
    circumstances = dataclasses.replace(CIRCUMSTANCES, waivers=waivers)
    failing = {"__pass": False, "__reason": 1, **facts}
    return only(judge(question(requirements=tuple(requirements)), [row(**failing)], circumstances))


@pytest.mark.parametrize(
    "fields",
    [
        {"requirement": "NET-01"},
        {"requirement": "NET-*"},
        {"check": "vpc-check"},
        {"check": "vpc-*"},
        {"requirement": "NET-01", "resource": f"arn:aws:ec2:{EAST}:{ONE}:vpc/*"},
        {"requirement": "NET-01", "expires": "2026-06-15"},
    ],
)
def test_a_waiver_in_force_covers(fields: dict[str, str]) -> None:
    found = waived(waiver(**fields))
    assert found.status is Status.WAIVED
    assert found.waiver is not None
    assert (found.waiver["expired"], found.waiver["approved_by"]) == (False, "CISO")


@pytest.mark.parametrize(
    "fields",
    [
        {"requirement": "NET-02"},
        {"requirement": "net-01"},
        {"check": "vpc"},
        {"requirement": "NET-01", "resource": f"arn:aws:ec2:{WEST}:*"},
    ],
)
def test_a_waiver_for_something_else_does_not_cover(fields: dict[str, str]) -> None:
    found = waived(waiver(**fields))
    assert (found.status, found.waiver) == (Status.FAIL, None)


def test_an_expired_waiver_does_not_cover_and_is_told_of() -> None:
    found = waived(waiver(requirement="NET-01", expires="2026-06-14"))
    assert found.status is Status.FAIL
    assert found.waiver is not None
    assert found.waiver["expired"] is True


def test_a_waiver_in_force_wins_over_an_expired_one() -> None:
    found = waived(waiver(requirement="NET-01", expires="2020-01-01"), waiver(check="vpc-check"))
    assert found.status is Status.WAIVED


def test_a_finding_for_two_requirements_is_waived_only_when_both_are() -> None:
    both = ("NET-01", "NET-02")
    assert waived(waiver(requirement="NET-01"), requirements=both).status is Status.FAIL
    assert waived(waiver(requirement="NET-01"), waiver(requirement="NET-02"), requirements=both).status is Status.WAIVED
    assert waived(waiver(check="vpc-check"), requirements=both).status is Status.WAIVED


def test_a_waiver_never_covers_what_is_unknown_or_passes() -> None:
    assert waived(waiver(check="*"), __pass=None).status is Status.UNKNOWN
    assert waived(waiver(check="*"), __pass=True).status is Status.PASS


def test_a_waiver_may_cover_what_is_missing() -> None:
    circumstances = dataclasses.replace(CIRCUMSTANCES, waivers=(waiver(check="vpc-check", resource=f"*:{WEST}:*"),))
    found = judge(question(check=MUST), [row(), row(account=TWO)], circumstances).findings
    assert [f.status.value for f in found if f.resource.region == WEST] == ["waived"]
