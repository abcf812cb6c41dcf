"""What an audit leaves out, by which rule; relations still see all of it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from auditor.engine.cases import Case, table_rows
from auditor.library import shipped
from auditor.model import Account, Role
from auditor.snapshot.database import Context, build, json_source, line
from auditor.snapshot.scope import TAG_RULE, ScopeRules

LIBRARY = shipped()
ACCOUNT, REGION = "111122223333", "us-east-1"
LeftOut = Callable[..., dict[str, str]]
MINE = {"Project": "trading"}
ASKED = ScopeRules(tags={"Project": ("trading", "shared")})


@pytest.fixture
def left_out(tmp_path: Path) -> LeftOut:
    """The ends of ARNs that are out of scope, with the rule."""

    def ask(rules: ScopeRules | None = None, **tables: list[dict[str, Any]]) -> dict[str, str]:
        case = Case.model_validate({"name": "scope", "tables": tables, "expect": []})
        schema = replace(LIBRARY.database_schema(), derived=(), views={})
        sources = {}
        for name, rows in table_rows(case, LIBRARY.engine_schema).items():
            path = tmp_path / f"{name}.ndjson"
            path.write_bytes(b"".join(line(row) for row in rows))
            sources[name] = json_source([path], schema.columns[name])
        context = Context(
            accounts=[Account(ACCOUNT, "", (REGION,))],
            roles={REGION: Role.PRIMARY},
            now=dt.datetime(2026, 6, 15, tzinfo=dt.UTC),
            scope=rules or ScopeRules(),
        )
        found = build(tmp_path / "scope.duckdb", schema, sources, context)
        return {arn.split("/", 1)[-1].rsplit(":", 1)[-1]: rule for arn, rule in found.items()}

    return ask


# ---------------------------------------------------------------------------------------------- AWS's defaults

WORLD: Mapping[str, list[dict[str, Any]]] = {
    "ec2_vpcs": [{"VpcId": "vpc-0default1", "IsDefault": True}, {"VpcId": "vpc-0own00001", "IsDefault": False}],
    "ec2_subnets": [
        {"SubnetId": "subnet-default", "VpcId": "vpc-0default1", "DefaultForAz": True},
        {"SubnetId": "subnet-added", "VpcId": "vpc-0default1", "DefaultForAz": False},
        {"SubnetId": "subnet-own", "VpcId": "vpc-0own00001"},
    ],
    "ec2_route_tables": [
        {"RouteTableId": "rtb-main", "VpcId": "vpc-0default1", "Associations": [{"Main": True}]},
        {"RouteTableId": "rtb-added", "VpcId": "vpc-0default1", "Associations": [{"Main": False}]},
        {"RouteTableId": "rtb-own", "VpcId": "vpc-0own00001", "Associations": [{"Main": True}]},
    ],
    "ec2_internet_gateways": [
        {"InternetGatewayId": "igw-default", "Attachments": [{"VpcId": "vpc-0default1"}]},
        {"InternetGatewayId": "igw-own", "Attachments": [{"VpcId": "vpc-0own00001"}]},
        {"InternetGatewayId": "igw-loose", "Attachments": []},
    ],
    "ec2_security_groups": [
        {"GroupId": "sg-default", "GroupName": "default", "VpcId": "vpc-0default1"},
        {"GroupId": "sg-added", "GroupName": "web", "VpcId": "vpc-0default1"},
        {"GroupId": "sg-own", "GroupName": "default", "VpcId": "vpc-0own00001"},
    ],
    "iam_roles": [
        {"Arn": f"arn:aws:iam::{ACCOUNT}:role/aws-service-role/x/linked", "Path": "/aws-service-role/x/"},
        {"Arn": f"arn:aws:iam::{ACCOUNT}:role/own", "Path": "/"},
    ],
    "kms_keys": [
        {"KeyArn": f"arn:aws:kms:{REGION}:{ACCOUNT}:key/of-aws", "KeyId": "of-aws", "KeyManager": "AWS"},
        {"KeyArn": f"arn:aws:kms:{REGION}:{ACCOUNT}:key/own", "KeyId": "own", "KeyManager": "CUSTOMER"},
        {"KeyArn": f"arn:aws:kms:{REGION}:{ACCOUNT}:key/unread", "KeyId": "unread"},
    ],
    "rds_subnet_groups": [
        {"DBSubnetGroupArn": f"arn:aws:rds:{REGION}:{ACCOUNT}:subgrp:default", "DBSubnetGroupName": "default"},
        {"DBSubnetGroupArn": f"arn:aws:rds:{REGION}:{ACCOUNT}:subgrp:own", "DBSubnetGroupName": "own"},
    ],
    "secretsmanager_secrets": [
        {"ARN": f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:rds!x", "Name": "rds!x", "OwningService": "rds"},
        {"ARN": f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:own-1", "Name": "own"},
    ],
}


def test_what_aws_itself_puts_into_accounts_is_left_out_and_nothing_else(left_out: LeftOut) -> None:
    assert left_out(**WORLD) == {
        "vpc-0default1": "AWS's default VPC",
        "subnet-default": "subnet of AWS's default VPC",
        "rtb-main": "main route table of AWS's default VPC",
        "igw-default": "internet gateway of AWS's default VPC",
        "sg-default": "default security group of AWS's default VPC",
        "aws-service-role/x/linked": "service-linked role",
        "of-aws": "AWS-managed key",
        "default": "AWS's default DB subnet group",
        "rds!x": "secret that a service owns",
    }


def test_the_configuration_may_ask_for_them(left_out: LeftOut) -> None:
    assert left_out(ScopeRules(include_defaults=True), **WORLD) == {}


# ---------------------------------------------------------------------------------------------- globs


def test_what_a_glob_matches_is_left_out_with_the_glob_as_its_rule(left_out: LeftOut) -> None:
    rules = ScopeRules(exclude=("arn:aws:ec2:*:vpc/vpc-0own*", "*:role/OWN"), include_defaults=True)
    assert left_out(rules, **WORLD) == {"vpc-0own00001": "scope.exclude arn:aws:ec2:*:vpc/vpc-0own*"}


def test_of_several_rules_the_first_is_told(left_out: LeftOut) -> None:
    assert left_out(ScopeRules(exclude=("*",)), **WORLD)["vpc-0default1"] == "AWS's default VPC"


def test_parts_follow_their_whole(left_out: LeftOut) -> None:
    lb = f"arn:aws:elasticloadbalancing:{REGION}:{ACCOUNT}:loadbalancer/app/sandbox/1"
    found = left_out(
        ScopeRules(exclude=("*loadbalancer/app/sandbox/*",)),
        elbv2_load_balancers=[{"LoadBalancerArn": lb, "LoadBalancerName": "sandbox"}],
        elbv2_listeners=[{"ListenerArn": "arn:x/listener-1", "LoadBalancerArn": lb}],
        elbv2_rules=[
            {"RuleArn": "arn:x/rule-1", "ListenerArn": "arn:x/listener-1"},
            {"RuleArn": "arn:x/rule-2", "ListenerArn": "arn:x/listener-2"},
        ],
    )
    assert set(found) == {"app/sandbox/1", "listener-1", "rule-1"}
    assert len(set(found.values())) == 1


# ---------------------------------------------------------------------------------------------- tags


def test_only_what_is_tagged_as_asked_is_in_scope(left_out: LeftOut) -> None:
    found = left_out(
        ASKED,
        ec2_vpcs=[
            {"VpcId": "vpc-0000001", "Tags": [{"Key": "Project", "Value": "trading"}]},
            {"VpcId": "vpc-0000002", "Tags": [{"Key": "Project", "Value": "shared"}]},
            {"VpcId": "vpc-0000003", "Tags": [{"Key": "Project", "Value": "payments"}]},
            {"VpcId": "vpc-0000004", "Tags": [{"Key": "project", "Value": "trading"}]},
            {"VpcId": "vpc-0000005"},
        ],
    )
    assert found == {f"vpc-000000{number}": TAG_RULE for number in (3, 4, 5)}


def test_all_tags_that_are_asked_for_must_be_there(left_out: LeftOut) -> None:
    rules = ScopeRules(tags={"Project": ("trading",), "Stage": ("prod",)})
    found = left_out(
        rules,
        ec2_vpcs=[{"VpcId": "vpc-0000001", "tags": MINE}, {"VpcId": "vpc-0000002", "tags": {**MINE, "Stage": "prod"}}],
    )
    assert set(found) == {"vpc-0000001"}


def test_what_tagged_resources_refer_to_is_in_scope_however_far(left_out: LeftOut) -> None:
    found = left_out(
        ASKED,
        rds_instances=[
            {
                "DBInstanceArn": f"arn:aws:rds:{REGION}:{ACCOUNT}:db:mine",
                "DBInstanceIdentifier": "mine",
                "tags": MINE,
                "KmsKeyId": f"arn:aws:kms:{REGION}:{ACCOUNT}:key/mine",
                "DBSubnetGroup": {"DBSubnetGroupName": "mine-group"},
            }
        ],
        rds_subnet_groups=[
            {
                "DBSubnetGroupArn": f"arn:aws:rds:{REGION}:{ACCOUNT}:subgrp:mine-group",
                "DBSubnetGroupName": "mine-group",
                "Subnets": [{"SubnetIdentifier": "subnet-0000001"}],
            }
        ],
        ec2_subnets=[
            {"SubnetId": "subnet-0000001", "VpcId": "vpc-0000001"},
            {"SubnetId": "subnet-0000002", "VpcId": "vpc-0000001"},
        ],
        ec2_vpcs=[{"VpcId": "vpc-0000001"}, {"VpcId": "vpc-0000002"}],
        kms_keys=[
            {"KeyArn": f"arn:aws:kms:{REGION}:{ACCOUNT}:key/mine", "KeyId": "mine", "KeyManager": "CUSTOMER"},
            {"KeyArn": f"arn:aws:kms:{REGION}:{ACCOUNT}:key/other", "KeyId": "other", "KeyManager": "CUSTOMER"},
        ],
    )
    assert set(found) == {"subnet-0000002", "vpc-0000002", "other"}


def test_parts_of_a_tagged_resource_are_in_scope(left_out: LeftOut) -> None:
    lb = f"arn:aws:elasticloadbalancing:{REGION}:{ACCOUNT}:loadbalancer/app/%s/1"
    found = left_out(
        ASKED,
        elbv2_load_balancers=[
            {"LoadBalancerArn": lb % "mine", "LoadBalancerName": "mine", "tags": MINE},
            {"LoadBalancerArn": lb % "other", "LoadBalancerName": "other"},
        ],
        elbv2_listeners=[
            {"ListenerArn": "arn:x/of-mine", "LoadBalancerArn": lb % "mine"},
            {"ListenerArn": "arn:x/of-other", "LoadBalancerArn": lb % "other"},
        ],
        elbv2_rules=[
            {"RuleArn": "arn:x/rule-of-mine", "ListenerArn": "arn:x/of-mine"},
            {"RuleArn": "arn:x/rule-of-other", "ListenerArn": "arn:x/of-other"},
        ],
    )
    assert set(found) == {"app/other/1", "of-other", "rule-of-other"}


def test_record_sets_of_a_tagged_zone_and_what_they_point_to_are_in_scope(left_out: LeftOut) -> None:
    found = left_out(
        ASKED,
        route53_hosted_zones=[
            {"Id": "/hostedzone/Z0MINE0001", "HostedZoneId": "Z0MINE0001", "Name": "mine.example.", "tags": MINE},
            {"Id": "/hostedzone/Z0OTHER001", "HostedZoneId": "Z0OTHER001", "Name": "other.example."},
        ],
        route53_record_sets=[
            {
                "HostedZoneId": "Z0MINE0001",
                "Name": "a.mine.example.",
                "Type": "A",
                "AliasTarget": {"DNSName": "dualstack.LB-1.us-east-1.elb.amazonaws.com.", "HostedZoneId": "Z35"},
            },
            {"HostedZoneId": "Z0OTHER001", "Name": "a.other.example.", "Type": "A"},
        ],
        elbv2_load_balancers=[
            {
                "LoadBalancerArn": f"arn:aws:elasticloadbalancing:{REGION}:{ACCOUNT}:loadbalancer/app/one/1",
                "LoadBalancerName": "one",
                "DNSName": "lb-1.us-east-1.elb.amazonaws.com",
            }
        ],
    )
    assert {name.split("/")[0] for name in found} == {"Z0OTHER001"}
    assert len(found) == 2


def test_tags_of_another_resource_are_no_reference(left_out: LeftOut) -> None:
    found = left_out(
        ASKED,
        ec2_vpcs=[
            {"VpcId": "vpc-0000001", "tags": {**MINE, "note": "vpc-0000002"}},
            {"VpcId": "vpc-0000002", "tags": {"Project": "other"}},
        ],
    )
    assert set(found) == {"vpc-0000002"}
