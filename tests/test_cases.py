"""A check's own cases: AWS's answers in, verdicts and messages out; a case that does not hold says why."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import pytest

from auditor.engine.cases import Case, run_case, table_rows
from auditor.engine.checks import load_checks
from auditor.library import shipped
from auditor.model import Check
from auditor.standards import load_library

LIBRARY = shipped()
STANDARDS = load_library(LIBRARY.folder / "standards")
TEXT = """\
title        = "VPCs are not AWS's default"
description  = "Why."
requirements = ["NET-01"]
severity     = "high"
resource     = "AWS::EC2::VPC"
facts        = '''
SELECT arn, account, region, name, InstanceTenancy AS tenancy, $environment AS environment FROM ec2_vpcs'''
pass_when    = "tenancy = 'dedicated'"
pass         = "is {tenancy} in {environment}"
fail         = "is {tenancy}"
expected     = "dedicated"
remediation  = "Make it anew."
"""
VPCS = [
    {"VpcId": "vpc-good", "InstanceTenancy": "dedicated"},
    {"VpcId": "vpc-bad", "InstanceTenancy": "default", "region": "us-west-2"},
    {"VpcId": "vpc-odd"},
]
EXPECT = [
    {"resource": "vpc-good", "status": "pass", "message": "is dedicated in production"},
    {"resource": "*:vpc/vpc-bad", "status": "fail", "region": "us-west-2"},
    {"resource": "vpc-odd", "status": "unknown"},
]


@pytest.fixture
def check(tmp_path: Path) -> Check:
    (tmp_path / "tenancy.toml").write_text(TEXT)
    return load_checks([tmp_path], STANDARDS.register.requirements)["tenancy"]


def run(check: Check, **fields: Any) -> tuple[str, ...]:  # noqa: ANN401 - a case's fields
    case = Case.model_validate({"name": "of the test", "tables": {"ec2_vpcs": VPCS}, "expect": EXPECT, **fields})
    return run_case(check, case, LIBRARY.engine_schema, STANDARDS.register.defaults, LIBRARY.build_case).problems


def test_a_case_that_holds_has_no_problems(check: Check) -> None:
    assert run(check) == ()


def test_each_way_not_to_hold_is_told(check: Check) -> None:
    wrong = [
        {"resource": "vpc-good", "status": "fail"},
        {"resource": "vpc-bad", "status": "fail", "message": "is shared"},
        {"resource": "vpc-none", "status": "pass"},
    ]
    found = run(check, expect=wrong)
    assert [problem.split(":")[0] for problem in found] == [
        "vpc-good",
        "vpc-bad",
        "no finding about vpc-none; there are",
        "not expected",
    ]


def test_an_item_that_aws_could_not_answer_is_told(check: Check) -> None:
    assert "did you mean InstanceTenancy" in run(check, tables={"ec2_vpcs": [{"InstanceTenanzy": "x"}]})[0]
    assert "did you mean ec2_vpcs" in run(check, tables={"ec2_vpc": []})[0]
    assert "true or false" in run(check, tables={"ec2_vpcs": [{"VpcId": "v", "IsDefault": "perhaps"}]})[0]


def test_a_gap_is_part_of_the_world(check: Check) -> None:
    gaps = [{"table": "ec2_vpcs", "action": "ec2:DescribeVpcs"}]
    expect = [
        {"resource": "vpc-good", "status": "unknown", "message": "*ec2:DescribeVpcs*"},
        {"resource": "vpc-odd", "status": "unknown"},
        {"resource": "AWS::Region", "status": "unknown", "region": "us-east-1"},
        {"resource": "vpc-bad", "status": "fail"},
    ]
    assert run(check, gaps=gaps, expect=expect) == ()


def test_what_is_out_of_scope_has_no_finding(check: Check) -> None:
    assert run(check, tables={"ec2_vpcs": [{"VpcId": "vpc-1", "IsDefault": True}]}, expect=[]) == ()


def test_a_check_that_cannot_be_run_is_told(check: Check) -> None:
    broken = dataclasses.replace(check, facts="SELECT arn, account, region, $nothing AS x FROM ec2_vpcs")
    assert any("could not be run" in problem for problem in run(broken))


def test_rows_are_made_by_the_same_rules_as_awss_answers() -> None:
    tables = {
        "elbv2_listeners": [{"name": "web", "LoadBalancerArn": "arn:lb", "tags": {"a": "b"}}],
        "kms_keys": [{"KeyArn": "arn:key", "KeyId": "k", "KeyManager": "AWS", "account": "444455556666"}],
    }
    case = Case.model_validate({"name": "of the test", "tables": tables, "expect": []})
    rows = table_rows(case, LIBRARY.engine_schema)
    [listener], [key] = rows["elbv2_listeners"], rows["kms_keys"]
    assert (listener["tags"], listener["type"]) == ({"a": "b"}, "AWS::ElasticLoadBalancingV2::Listener")
    assert listener["arn"].startswith("arn:aws:elbv2:us-east-1:")
    assert (key["account"], key["KeyManager"]) == ("444455556666", "AWS")
