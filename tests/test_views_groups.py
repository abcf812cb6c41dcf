"""The views over prefix lists, whole regions, and the groups of databases and deployments, on what AWS answers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.test_views_connections import between, group, rule
from tests.test_views_dns_lb import BALANCER, LISTENER, OTHER, OWNER, ask, listener

Items = dict[str, list[dict[str, Any]]]

# ------------------------------------------------------------------------------------------- prefix lists


def prefix_list(name: str, *blocks: str, owner: str = OWNER, **more: object) -> dict[str, Any]:
    arn = f"arn:aws:ec2:us-east-1:{owner.lower()}:prefix-list/{name}"
    entries = {} if owner == "AWS" else {"Entries": [{"Cidr": block} for block in blocks]}
    return {"PrefixListId": name, "PrefixListArn": arn, "OwnerId": owner, **entries, **more}


def test_prefix_lists_are_a_row_a_block(tmp_path: Path) -> None:
    lists = [
        prefix_list("pl-1", "10.0.0.0/8", "0.0.0.0/0"),
        prefix_list("pl-2", "::/0", owner=OTHER),
        prefix_list("pl-3"),
        prefix_list("pl-4", owner="AWS", PrefixListName="com.amazonaws.us-east-1.s3"),
    ]
    permission = rule(PrefixListIds=[{"PrefixListId": f"pl-{number}"} for number in range(1, 6)])
    query = "SELECT source_kind, source, is_world, text FROM ingress_rules"
    assert ask(tmp_path, {"ec2_security_groups": [group(permission)], "ec2_managed_prefix_lists": lists}, query) == [
        ("IPv4", "0.0.0.0/0", True, "tcp 443 from 0.0.0.0/0 (pl-1)"),
        ("IPv4", "10.0.0.0/8", False, "tcp 443 from 10.0.0.0/8 (pl-1)"),
        ("IPv6", "::/0", True, "tcp 443 from ::/0 (pl-2)"),
        ("prefix list", "pl-5", None, "tcp 443 from pl-5"),
        ("service", "pl-4", False, "tcp 443 from pl-4 (com.amazonaws.us-east-1.s3)"),
    ]


LISTED: dict[str, tuple[dict[str, Any], tuple[str | None, str | None, list[str]]]] = {
    "far block": (prefix_list("pl-1", "10.7.0.0/16", "10.1.0.0/16"), ("10.1.0.0/16", "pcx-1", [])),
    "another block": (prefix_list("pl-1", "10.7.0.0/16"), (None, None, [])),
    "empty": (prefix_list("pl-1"), (None, None, [])),
    "AWS's": (prefix_list("pl-1", owner="AWS"), (None, None, [])),
    "untold": ({**prefix_list("pl-1"), "Entries": None}, (None, None, ["pcx-1"])),
}


@pytest.mark.parametrize("name", LISTED)
def test_a_route_by_a_prefix_list_is_one_by_each_block_in_it(tmp_path: Path, name: str) -> None:
    told, expected = LISTED[name]
    listed = {"DestinationPrefixListId": "pl-1", "VpcPeeringConnectionId": "pcx-1", "State": "active"}
    query = "SELECT destination, target, by_prefix_list FROM routes_between_vpcs WHERE VpcId = 'vpc-1'"
    tables = {table: [dict(row) for row in rows] for table, rows in between(listed).items()}
    assert ask(tmp_path, {**tables, "ec2_managed_prefix_lists": [told]}, query) == [expected]


# ------------------------------------------------------------------------------------------- regions


def test_the_regions_of_the_standard_have_an_arn(tmp_path: Path) -> None:
    query = f"SELECT region, role, arn FROM standard_regions WHERE account = '{OWNER}'"  # noqa: S608 - our own text
    assert ask(tmp_path, {}, query) == [
        ("us-east-1", "primary", f"arn:aws:ec2:us-east-1:{OWNER}:*"),
        ("us-west-2", "recovery", f"arn:aws:ec2:us-west-2:{OWNER}:*"),
    ]


def test_a_region_has_what_its_vpcs_in_scope_have(tmp_path: Path) -> None:
    tables: Items = {
        "ec2_vpcs": [{"VpcId": "vpc-1"}, {"VpcId": "vpc-2"}, {"VpcId": "vpc-0", "IsDefault": True}],
        "ec2_subnets": [
            {"SubnetId": "subnet-1", "VpcId": "vpc-1", "AvailabilityZone": "us-east-1a"},
            {"SubnetId": "subnet-2", "VpcId": "vpc-2", "AvailabilityZone": "us-east-1b"},
            {"SubnetId": "subnet-3", "VpcId": "vpc-2", "AvailabilityZone": "us-east-1c"},
            {"SubnetId": "subnet-0", "VpcId": "vpc-0", "AvailabilityZone": "us-east-1d"},
        ],
        "ec2_route_tables": [
            {"RouteTableId": "rtb-1", "VpcId": "vpc-1", "Associations": [{"Main": True}],
             "Routes": [{"DestinationCidrBlock": "0.0.0.0/0", "GatewayId": "igw-1", "State": "active"}]},
            {"RouteTableId": "rtb-2", "VpcId": "vpc-2", "Associations": [{"SubnetId": "subnet-2"}], "Routes": []},
        ],
        "ec2_internet_gateways": [
            {"InternetGatewayId": "igw-1", "Attachments": [{"VpcId": "vpc-1", "State": "available"}]},
            {"InternetGatewayId": "igw-0", "Attachments": [{"VpcId": "vpc-0", "State": "available"}]},
        ],
        "ec2_nat_gateways": [
            {"NatGatewayId": "nat-1", "VpcId": "vpc-1", "State": "available"},
            {"NatGatewayId": "nat-2", "VpcId": "vpc-1", "State": "deleted"},
            {"NatGatewayId": "nat-3", "VpcId": "vpc-2", "State": "available", "ConnectivityType": "private"},
        ],
        "ec2_security_groups": [group(), {**group(name="sg-free"), "VpcId": "vpc-2"}],
        "lambda_functions": [{"FunctionArn": "arn:f", "VpcConfig": {"SecurityGroupIds": ["sg-1"]}}],
    }  # fmt: skip
    query = f"""
    SELECT role, vpcs, public_zones, public_most, private_zones, private_most, internet_gateways, nat_gateways, roles
    FROM region_networks WHERE account = '{OWNER}'
    """  # noqa: S608 - our own text
    assert ask(tmp_path, tables, query) == [
        ("primary", ["vpc-1", "vpc-2"], 1, 2, 1, 2, 1, 1, ["code"]),
        ("recovery", [], 0, 0, 0, 0, 0, 0, []),
    ]


# ------------------------------------------------------------------------------------------- groups


def test_groups_of_databases_have_the_ports_that_these_listen_on(tmp_path: Path) -> None:
    def instance(name: str, engine: str, port: int | None, *groups: dict[str, Any]) -> dict[str, Any]:
        told = {} if port is None else {"Endpoint": {"Port": port}}
        arn = f"arn:aws:rds:us-east-1:{OWNER}:db:{name}"
        return {
            "DBInstanceIdentifier": name,
            "DBInstanceArn": arn,
            "Engine": engine,
            "VpcSecurityGroups": groups,
            **told,
        }

    one, left = {"VpcSecurityGroupId": "sg-1", "Status": "active"}, {"VpcSecurityGroupId": "sg-2", "Status": "removing"}
    cluster = {
        "DBClusterIdentifier": "orders",
        "DBClusterArn": f"arn:aws:rds:us-east-1:{OWNER}:cluster:orders",
        "Engine": "aurora-mysql",
        "Port": 3307,
        "VpcSecurityGroups": [{"VpcSecurityGroupId": "sg-3"}],
    }
    tables: Items = {
        "rds_instances": [
            instance("a", "postgres", 5433, one, left),
            instance("b", "aurora-postgresql", None, one),
            instance("c", "novel", None, {"VpcSecurityGroupId": "sg-4"}),
        ],
        "rds_clusters": [cluster],
    }
    assert ask(tmp_path, tables, "SELECT GroupId, databases, ports FROM database_security_groups") == [
        ("sg-1", ["a", "b"], [5432, 5433]),
        ("sg-3", ["orders"], [3307]),
        ("sg-4", ["c"], [None]),
    ]


def test_groups_of_a_deployment_are_those_that_its_load_balancer_may_use(tmp_path: Path) -> None:
    def targets(name: str, vpc: str, *balancers: str, **tags: str) -> dict[str, Any]:
        arn = f"arn:aws:elasticloadbalancing:us-east-1:{OWNER}:targetgroup/{name}/1"
        return {
            "TargetGroupArn": arn,
            "TargetGroupName": name,
            "VpcId": vpc,
            "LoadBalancerArns": balancers,
            "tags": tags,
        }

    tables: Items = {
        "elbv2_load_balancers": [{"LoadBalancerArn": BALANCER, "LoadBalancerName": "web", "VpcId": "vpc-1"}],
        "elbv2_target_groups": [
            targets("blue", "vpc-1", BALANCER, DeploymentColor="blue"),
            targets("green", "vpc-1", DeploymentColor="green"),
            targets("loud", "vpc-1", deploymentcolor="GREEN"),
            targets("far", "vpc-2", DeploymentColor="green"),
            targets("taken", "vpc-1", f"{BALANCER}x", DeploymentColor="green"),
        ],
        "elbv2_listeners": [
            listener("HTTP", LISTENER, DefaultActions=[
                {"Type": "forward", "TargetGroupArn": targets("blue", "vpc-1")["TargetGroupArn"]}
            ]),
        ],
    }  # fmt: skip
    assert ask(tmp_path, tables, "SELECT name, color, misspelt, receives FROM deployment_groups") == [
        ("blue", "blue", [], True),
        ("green", "green", [], False),
        ("loud", None, ["deploymentcolor=GREEN"], False),
    ]
