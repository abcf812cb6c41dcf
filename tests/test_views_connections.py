"""The views over addresses, security groups and connections between regions, on what AWS answers."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import boto3
import pytest

from tests.asking import rows

ACCOUNT = "111122223333"
OTHER = "444455556666"
Rows = Sequence[Mapping[str, Any]]
Ask = Callable[..., list[tuple[Any, ...]]]


@pytest.fixture
def ask() -> Ask:
    return lambda statement, **tables: sorted(rows(statement, tables), key=str)


def vpc(name: str, block: str = "", *further: str, **more: object) -> dict[str, Any]:
    blocks = [{"CidrBlock": one, "CidrBlockState": {"State": "associated"}} for one in (block, *further) if one]
    return {"VpcId": name, "CidrBlock": block or None, "CidrBlockAssociationSet": blocks, **more}


# ---------------------------------------------------------------------------------------------- addresses


def test_blocks_of_a_vpc_are_numbers(ask: Ask) -> None:
    found = ask(
        "SELECT VpcId, CidrBlock, is_main, first, last FROM vpc_cidrs",
        ec2_vpcs=[vpc("vpc-1", "10.0.0.0/16", "100.64.0.0/10"), vpc("vpc-bare")],
    )
    assert found == [
        ("vpc-1", "10.0.0.0/16", True, 10 << 24, (10 << 24) + 65535),
        ("vpc-1", "100.64.0.0/10", False, 1681915904, 1681915904 + (1 << 22) - 1),
    ]


def test_blocks_that_are_gone_do_not_count(ask: Ask) -> None:
    gone = vpc("vpc-1", "10.0.0.0/16")
    gone["CidrBlockAssociationSet"].append({"CidrBlock": "10.9.0.0/16", "CidrBlockState": {"State": "disassociated"}})
    assert ask("SELECT CidrBlock FROM vpc_cidrs", ec2_vpcs=[gone]) == [("10.0.0.0/16",)]


def rule(protocol: str = "tcp", port: int | None = 443, to: int | None = None, **sources: Rows) -> dict[str, Any]:
    ports = {} if port is None else {"FromPort": port, "ToPort": port if to is None else to}
    return {"IpProtocol": protocol, **ports, **sources}


def group(*rules: Mapping[str, Any], name: str = "sg-1") -> dict[str, Any]:
    return {"GroupId": name, "GroupName": name, "VpcId": "vpc-1", "IpPermissions": list(rules)}


WORLD: dict[str, bool | None] = {
    "0.0.0.0/0": True,
    "0.0.0.0/1": True,
    "128.0.0.0/1": True,
    "64.0.0.0/7": True,
    "10.0.0.0/8": False,
    "203.0.113.7/32": False,
}
WORLD_IPV6 = {"::/0": True, "2000::/3": True, "8000::/1": True, "2600:1f18::/32": False, "fd00::/16": False}


def test_what_is_as_wide_as_the_world(ask: Ask) -> None:
    four = rule(IpRanges=[{"CidrIp": block} for block in WORLD])
    six = rule(Ipv6Ranges=[{"CidrIpv6": block} for block in WORLD_IPV6])
    found = ask("SELECT source, is_world FROM ingress_rules", ec2_security_groups=[group(four, six)])
    assert dict(found) == WORLD | WORLD_IPV6


def test_sources_of_every_kind_are_a_row_each(ask: Ask) -> None:
    mixed = rule(
        IpRanges=[{"CidrIp": "10.0.1.0/24"}],
        Ipv6Ranges=[{"CidrIpv6": "2600:1f18:a::1/128"}],
        UserIdGroupPairs=[{"GroupId": "sg-2", "UserId": OTHER}],
        PrefixListIds=[{"PrefixListId": "pl-1"}],
    )
    query = "SELECT source_kind, source, is_world, first, ipv6_digits FROM ingress_rules"
    assert ask(query, ec2_security_groups=[group(mixed), group(name="sg-none")]) == [
        ("IPv4", "10.0.1.0/24", False, (10 << 24) + 256, None),
        ("IPv6", "2600:1f18:a::1/128", False, None, "26001f18000a00000000000000000001"),
        ("group", "sg-2", False, None, None),
        ("prefix list", "pl-1", None, None, None),
    ]


@pytest.mark.parametrize(
    ("permission", "expected"),
    [
        (rule("tcp", 443), ("tcp", 443, 443, "tcp 443 from 0.0.0.0/0")),
        (rule("6", 80, 90), ("tcp", 80, 90, "tcp 80-90 from 0.0.0.0/0")),
        (rule("17", 53), ("udp", 53, 53, "udp 53 from 0.0.0.0/0")),
        (rule("-1", None), ("all", 0, 65535, "all from 0.0.0.0/0")),
        (rule("icmp", -1), ("icmp", -1, -1, "icmp -1 from 0.0.0.0/0")),
        (rule("50", None), ("50", None, None, "50 from 0.0.0.0/0")),
    ],
)
def test_protocols_and_ports_read_alike(ask: Ask, permission: dict[str, Any], expected: tuple[Any, ...]) -> None:
    permission["IpRanges"] = [{"CidrIp": "0.0.0.0/0"}]
    query = "SELECT protocol, from_port, to_port, text FROM ingress_rules"
    assert ask(query, ec2_security_groups=[group(permission)]) == [expected]


# ---------------------------------------------------------------------------------------------- roles


def interface(name: str, **more: object) -> dict[str, Any]:
    return {"NetworkInterfaceId": name, "Status": "in-use", "Groups": [{"GroupId": f"sg-{name}"}], **more}


INTERFACES: dict[str, tuple[dict[str, Any], str | None]] = {
    "instance": ({"Attachment": {"InstanceId": "i-1"}, "InterfaceType": "interface"}, "code"),
    "own": ({"InterfaceType": "interface"}, "code"),
    "free": ({"InterfaceType": "interface", "Status": "available"}, None),
    "task": ({"Description": f"arn:aws:ecs:us-east-1:{ACCOUNT}:attachment/1", "RequesterManaged": True}, "code"),
    "pod": ({"InterfaceType": "branch", "Description": "aws-k8s-branch-eni"}, "code"),
    "cluster": ({"Description": "Amazon EKS trading", "RequesterManaged": True}, "code"),
    "function": ({"InterfaceType": "lambda", "Description": "AWS Lambda VPC ENI-monitor-1"}, None),
    "classic": (
        {"Description": "ELB web", "RequesterId": "amazon-elb", "Association": {"PublicIp": "1.2.3.4"}},
        "load balancer",
    ),
    "alb": ({"Description": "ELB app/web/1", "RequesterId": "amazon-elb"}, None),
    "database": ({"Description": "RDSNetworkInterface", "RequesterId": "amazon-rds", "RequesterManaged": True}, None),
    "cache": ({"Description": "ElastiCache orders", "RequesterManaged": True}, "database"),
    "endpoint": ({"InterfaceType": "vpc_endpoint", "RequesterManaged": True}, "other"),
    "mount": ({"InterfaceType": "efs", "Description": "EFS mount target for fs-1"}, "other"),
    "directory": ({"Description": "AWS created network interface for d-1", "RequesterManaged": True}, "other"),
    "bare": ({"Status": None}, "code"),
}
"""Interfaces, and the role that they give their group; none where a table of its own tells, or it is unused."""


def test_interfaces_tell_what_a_group_is_for(ask: Ask) -> None:
    rows = [{**interface(name), **more} for name, (more, _) in INTERFACES.items()]
    found: dict[str, str] = dict(ask("SELECT GroupId, role FROM security_group_roles", ec2_network_interfaces=rows))
    assert found == {f"sg-{name}": role for name, (_, role) in INTERFACES.items() if role is not None}


def test_tables_tell_what_a_group_is_for(ask: Ask) -> None:
    found = ask(
        "SELECT GroupId, role, internet_facing FROM security_group_roles",
        elbv2_load_balancers=[
            {"name": "open", "LoadBalancerArn": "arn:open", "Scheme": "internet-facing", "SecurityGroups": ["sg-open"]},
            {"name": "shut", "LoadBalancerArn": "arn:shut", "Scheme": "internal", "SecurityGroups": ["sg-shut"]},
            {"name": "net", "LoadBalancerArn": "arn:net", "Scheme": "internet-facing"},
        ],
        rds_clusters=[{"DBClusterArn": "arn:c", "VpcSecurityGroups": [{"VpcSecurityGroupId": "sg-c"}]}],
        rds_instances=[
            {
                "DBInstanceArn": "arn:i",
                "VpcSecurityGroups": [
                    {"VpcSecurityGroupId": "sg-i", "Status": "active"},
                    {"VpcSecurityGroupId": "sg-left", "Status": "removing"},
                ],
            }
        ],
        lambda_functions=[{"FunctionArn": "arn:f", "VpcConfig": {"SecurityGroupIds": ["sg-f"]}}],
        ecs_services=[
            {
                "serviceArn": "arn:s",
                "status": "ACTIVE",
                "networkConfiguration": {"awsvpcConfiguration": {"securityGroups": ["sg-s"]}},
            }
        ],
        eks_clusters=[
            {
                "clusterName": "k",
                "resourcesVpcConfig": {"securityGroupIds": ["sg-k"], "clusterSecurityGroupId": "sg-kc"},
            }
        ],
    )
    assert found == [
        ("sg-c", "database", None),
        ("sg-f", "code", None),
        ("sg-i", "database", None),
        ("sg-k", "code", None),
        ("sg-kc", "code", None),
        ("sg-open", "load balancer", True),
        ("sg-s", "code", None),
        ("sg-shut", "load balancer", False),
    ]


# ---------------------------------------------------------------------------------------------- neighbours


def peering(state: str = "active", **more: object) -> dict[str, Any]:
    return {
        "VpcPeeringConnectionId": "pcx-1",
        "Status": {"Code": state},
        "RequesterVpcInfo": {"VpcId": "vpc-1", "OwnerId": ACCOUNT, "Region": "us-east-1", "CidrBlock": "10.0.0.0/16"},
        "AccepterVpcInfo": {
            "VpcId": "vpc-2",
            "OwnerId": OTHER,
            "Region": "us-west-2",
            "CidrBlock": "10.1.0.0/16",
            "CidrBlockSet": [{"CidrBlock": "10.1.0.0/16"}, {"CidrBlock": "10.2.0.0/16"}],
        },
        **more,
    }


def test_neighbours_by_peering_while_it_is_active(ask: Ask) -> None:
    query = "SELECT VpcId, kind, neighbour, via, CidrBlock FROM vpc_neighbours"
    own = vpc("vpc-1", "10.0.0.0/16")
    assert ask(query, ec2_vpcs=[own], ec2_vpc_peering_connections=[peering()]) == [
        ("vpc-1", "own", "vpc-1", None, "10.0.0.0/16"),
        ("vpc-1", "peering", "vpc-2", "pcx-1", "10.1.0.0/16"),
        ("vpc-1", "peering", "vpc-2", "pcx-1", "10.2.0.0/16"),
    ]
    assert len(ask(query, ec2_vpcs=[own], ec2_vpc_peering_connections=[peering("pending-acceptance")])) == 1


def test_neighbours_by_transit_gateway_are_those_attached_or_peered(ask: Ask) -> None:
    def attached(name: str, gateway: str, network: str, **more: object) -> dict[str, Any]:
        ids = {"TransitGatewayAttachmentId": name, "TransitGatewayId": gateway, "VpcId": network}
        return {**ids, "State": "available", **more}

    found = ask(
        "SELECT VpcId, neighbour, CidrBlock FROM vpc_neighbours WHERE kind = 'transit gateway'",
        ec2_vpcs=[
            vpc("vpc-1", "10.0.0.0/16"),
            vpc("vpc-2", "10.1.0.0/16", region="us-west-2"),
            vpc("vpc-3", "10.3.0.0/16"),
            vpc("vpc-4", "10.4.0.0/16", account=OTHER),
        ],
        ec2_transit_gateway_vpc_attachments=[
            attached("a-1", "tgw-1", "vpc-1"),
            attached("a-2", "tgw-2", "vpc-2", region="us-west-2"),
            attached("a-3", "tgw-9", "vpc-3"),
            attached("a-4", "tgw-1", "vpc-4", account=OTHER),
        ],
        ec2_transit_gateway_peering_attachments=[
            {
                "TransitGatewayAttachmentId": "a-k",
                "State": "available",
                "RequesterTgwInfo": {"TransitGatewayId": "tgw-1"},
                "AccepterTgwInfo": {"TransitGatewayId": "tgw-2"},
            }
        ],
    )
    assert found == [
        ("vpc-1", "vpc-2", "10.1.0.0/16"),
        ("vpc-1", "vpc-4", "10.4.0.0/16"),
        ("vpc-2", "vpc-1", "10.0.0.0/16"),
        ("vpc-2", "vpc-4", "10.4.0.0/16"),
        ("vpc-4", "vpc-1", "10.0.0.0/16"),
        ("vpc-4", "vpc-2", "10.1.0.0/16"),
    ]


# ---------------------------------------------------------------------------------------------- between regions


def route(
    block: str, target: str, state: str | None = "active", kind: str = "VpcPeeringConnectionId"
) -> dict[str, Any]:
    return {"DestinationCidrBlock": block, kind: target, "State": state}


def between(*routes: Mapping[str, Any], blocks: Sequence[str] = ("10.0.0.0/24",)) -> dict[str, Rows]:
    """vpc-1 in the primary region with these routes in its private route table, and vpc-2 in the recovery region."""
    subnets = [{"SubnetId": f"subnet-{n}", "VpcId": "vpc-1", "CidrBlock": block} for n, block in enumerate(blocks)]
    return {
        "ec2_vpcs": [vpc("vpc-1", "10.0.0.0/16"), vpc("vpc-2", "10.1.0.0/16", "10.2.0.0/16", region="us-west-2")],
        "ec2_subnets": subnets,
        "ec2_route_tables": [
            {"RouteTableId": "rtb-1", "VpcId": "vpc-1", "Associations": [{"Main": True}], "Routes": list(routes)}
        ],
    }


ROUTES: dict[str, tuple[list[dict[str, Any]], tuple[str | None, str | None, str | None]]] = {
    "none": ([], (None, None, None)),
    "exact": ([route("10.1.0.0/16", "pcx-1")], ("10.1.0.0/16", "pcx-1", "active")),
    "wider": ([route("10.0.0.0/8", "pcx-1")], ("10.0.0.0/8", "pcx-1", "active")),
    "part only": ([route("10.1.0.0/17", "pcx-1")], (None, None, None)),
    "longest wins": (
        [route("0.0.0.0/0", "nat-1", kind="NatGatewayId"), route("10.1.0.0/16", "pcx-1"), route("10.0.0.0/8", "pcx-2")],
        ("10.1.0.0/16", "pcx-1", "active"),
    ),
    "blackhole": ([route("10.1.0.0/16", "pcx-1", "blackhole")], ("10.1.0.0/16", "pcx-1", "blackhole")),
    "no state": ([route("10.1.0.0/16", "pcx-1", None)], ("10.1.0.0/16", "pcx-1", None)),
    "secondary block": ([route("10.2.0.0/16", "pcx-1")], (None, None, None)),
    "ipv6": ([{"DestinationIpv6CidrBlock": "::/0", "VpcPeeringConnectionId": "pcx-1"}], (None, None, None)),
}


@pytest.mark.parametrize("name", ROUTES)
def test_the_longest_route_that_covers_the_far_block_counts(ask: Ask, name: str) -> None:
    routes, expected = ROUTES[name]
    query = "SELECT destination, target, State FROM routes_between_vpcs WHERE VpcId = 'vpc-1'"
    assert ask(query, **between(*routes)) == [expected]


def test_targets_of_prefix_lists_are_told(ask: Ask) -> None:
    listed = {"DestinationPrefixListId": "pl-1", "VpcPeeringConnectionId": "pcx-1", "State": "active"}
    found = ask("SELECT target, by_prefix_list FROM routes_between_vpcs", **between(listed))
    assert found == [(None, ["pcx-1"])]


def test_small_subnets_of_an_attachment_need_no_route_where_there_are_others(ask: Ask) -> None:
    tables = between(blocks=("10.0.0.0/24", "10.0.9.0/28"))
    tables["ec2_route_tables"] = [
        *tables["ec2_route_tables"],
        {"RouteTableId": "rtb-2", "VpcId": "vpc-1", "Associations": [{"SubnetId": "subnet-1"}], "Routes": []},
    ]
    attachment = {
        "TransitGatewayAttachmentId": "a-1",
        "TransitGatewayId": "tgw-1",
        "VpcId": "vpc-1",
        "State": "available",
    }
    query = "SELECT RouteTableId FROM routes_between_vpcs"
    small = [{**attachment, "SubnetIds": ["subnet-1"]}]
    assert ask(query, **tables, ec2_transit_gateway_vpc_attachments=small) == [("rtb-1",)]
    both = [{**attachment, "SubnetIds": ["subnet-0", "subnet-1"]}]
    assert ask(query, **tables, ec2_transit_gateway_vpc_attachments=both) == [("rtb-1",)]
    assert ask(query, **tables) == [("rtb-1",), ("rtb-2",)]


def test_pairs_are_of_vpcs_in_scope_in_opposite_regions(ask: Ask) -> None:
    found = ask(
        "SELECT VpcId, far_vpc, primary_vpc, recovery_vpc FROM vpc_pairs",
        ec2_vpcs=[
            vpc("vpc-1", "10.0.0.0/16"),
            vpc("vpc-2", "10.1.0.0/16", region="us-west-2"),
            vpc("vpc-default", "172.31.0.0/16", IsDefault=True),
            vpc("vpc-elsewhere", "10.5.0.0/16", region="eu-west-1"),
        ],
    )
    assert found == [("vpc-1", "vpc-2", "vpc-1", "vpc-2"), ("vpc-2", "vpc-1", "vpc-1", "vpc-2")]


def test_a_connection_is_one_row_though_both_regions_tell_of_it(ask: Ask) -> None:
    tables = between(route("10.1.0.0/16", "pcx-1"))
    query = "SELECT kind, via, missing, undecided FROM region_connections"
    told_twice = [peering(), peering(region="us-west-2")]
    assert ask(query, **tables, ec2_vpc_peering_connections=told_twice) == [
        ("peering", "pcx-1", ["no private route table of vpc-2 was found"], [])
    ]
    assert ask(query, **tables) == []


def test_the_route_table_of_an_attachment_leads_on_by_its_longest_route(ask: Ask) -> None:
    def told(block: str, target: str, state: str = "active") -> dict[str, Any]:
        table = {
            "arn": "arn:aws:ec2:us-east-1:111122223333:transit-gateway-route-table/t",
            "TransitGatewayRouteTableId": "t",
        }
        attachments = [{"TransitGatewayAttachmentId": target}]
        more = {"TransitGatewayRouteTableId": "t", "TransitGatewayAttachments": attachments, "parent": table}
        return {"DestinationCidrBlock": block, "State": state, "RouteType": "static", **more}

    owned = {"TransitGatewayArn": "arn:aws:ec2:us-east-1:111122223333:transit-gateway/tgw-1", "OwnerId": ACCOUNT}
    attachment = {"TransitGatewayId": "tgw-1", "State": "available"}
    tables: dict[str, Rows] = {
        "ec2_vpcs": between()["ec2_vpcs"],
        "ec2_transit_gateway_attachments": [
            {
                **attachment,
                "TransitGatewayAttachmentId": "a-1",
                "Association": {"TransitGatewayRouteTableId": "t", "State": "associated"},
            },
            {**attachment, "TransitGatewayAttachmentId": "a-2"},
        ],
        "ec2_transit_gateway_routes": [
            told("10.0.0.0/8", "a-8"),
            told("10.1.0.0/16", "a-k", "blackhole"),
            told("10.1.0.0/20", "a-20"),
        ],
    }
    query = "SELECT attachment, VpcId, destination, leads_to, State, is_told FROM transit_routes"
    assert ask(query, **tables, ec2_transit_gateways=[{"TransitGatewayId": "tgw-1", **owned}]) == [
        ("a-1", "vpc-1", "10.0.0.0/8", ["a-8"], "active", True),
        ("a-1", "vpc-2", "10.1.0.0/16", ["a-k"], "blackhole", True),
        ("a-2", "vpc-1", None, [], None, True),
        ("a-2", "vpc-2", None, [], None, True),
    ]
    foreign = [{"TransitGatewayId": "tgw-1", **owned, "OwnerId": OTHER}]
    assert {row[-1] for row in ask(query, **tables, ec2_transit_gateways=foreign)} == {False}


def test_a_way_out_is_judged_by_what_it_leads_to(ask: Ask) -> None:
    def leads(name: str, **target: str) -> dict[str, Any]:
        routes = [{"DestinationCidrBlock": "0.0.0.0/0", "State": "active", **target}] if target else []
        return {"RouteTableId": f"rtb-{name}", "VpcId": "vpc-1", "Associations": [{"SubnetId": name}], "Routes": routes}

    tables = {
        "public": {"GatewayId": "igw-1"},
        "nat": {"NatGatewayId": "nat-1"},
        "regional": {"NatGatewayId": "nat-r"},
        "gone": {"NatGatewayId": "nat-9"},
        "transit": {"TransitGatewayId": "tgw-1"},
        "none": {},
    }
    zone = {"VpcId": "vpc-1", "AvailabilityZone": "us-east-1a", "AvailabilityZoneId": "use1-az1"}
    addresses = [
        {"AvailabilityZoneId": "use1-az2", "Status": "succeeded"},
        {"AvailabilityZoneId": "use1-az4", "Status": "failed"},
    ]
    found = ask(
        "SELECT SubnetId, is_working, nat_zones FROM subnet_exits",
        ec2_subnets=[{"SubnetId": name, **zone} for name in (*tables, "untold")],
        ec2_route_tables=[leads(name, **target) for name, target in tables.items()],
        ec2_nat_gateways=[
            {"NatGatewayId": "nat-1", "SubnetId": "public", "State": "available"},
            {
                "NatGatewayId": "nat-r",
                "AvailabilityMode": "regional",
                "State": "available",
                "NatGatewayAddresses": addresses,
            },
        ],
    )
    assert found == [
        ("gone", False, None),
        ("nat", True, ["use1-az1", "us-east-1a"]),
        ("none", False, None),
        ("public", False, None),
        ("regional", True, ["use1-az2"]),
        ("transit", True, None),
        ("untold", None, None),
    ]


# ---------------------------------------------------------------------------------------------- places

_MILES = """
SELECT round(2 * 3958.8 * asin(sqrt(pow(sin(radians(b.latitude - a.latitude) / 2), 2) + cos(radians(a.latitude))
       * cos(radians(b.latitude)) * pow(sin(radians(b.longitude - a.longitude) / 2), 2))))
FROM   region_locations a, region_locations b WHERE a.region = '{}' AND b.region = '{}'
"""


@pytest.mark.parametrize(
    ("one", "other", "miles"),
    [
        ("us-east-1", "us-west-2", 2170),
        ("us-east-1", "eu-west-1", 3380),
        ("eu-west-1", "eu-west-2", 289),
        ("eu-central-1", "eu-central-2", 189),
        ("ap-southeast-2", "us-west-1", 7420),
        ("ap-southeast-1", "ap-southeast-3", 556),
        ("us-east-1", "us-east-1", 0),
    ],
)
def test_places_lie_as_far_apart_as_on_the_map(ask: Ask, one: str, other: str, miles: int) -> None:
    [(found,)] = ask(_MILES.format(one, other))
    assert abs(found - miles) <= max(15, miles * 0.01)


def test_every_region_that_botocore_knows_has_a_place_once(ask: Ask) -> None:
    session = boto3.Session()
    known = {
        region
        for partition in ("aws", "aws-cn", "aws-us-gov", "aws-eusc")
        for region in session.get_available_regions("ec2", partition_name=partition)
    }
    found = [region for (region,) in ask("SELECT region FROM region_locations")]
    assert len(found) == len(set(found))
    assert known <= set(found)
