"""The views about networks, on what AWS answers: which route table governs a subnet, and whether it is public."""

from __future__ import annotations

from typing import Any

import pytest

from tests.asking import rows

OWNER = "111122223333"
PARTICIPANT = "444455556666"
Items = dict[str, list[dict[str, Any]]]


def ask(tables: Items, query: str) -> list[tuple[Any, ...]]:
    """The query's rows, sorted, from a database with these items."""
    return sorted(rows(query, tables), key=str)


def subnet(name: str, zone: str = "us-east-1a", **more: object) -> dict[str, Any]:
    """A subnet of vpc-1."""
    return {"SubnetId": name, "VpcId": "vpc-1", "AvailabilityZone": zone, **more}


def table(name: str, routes: list[dict[str, str]], *subnets: str, main: bool = False, **more: object) -> dict[str, Any]:
    """A route table of vpc-1."""
    associations: list[dict[str, Any]] = [
        {"Main": False, "SubnetId": one, "AssociationState": {"State": "associated"}} for one in subnets
    ]
    if main:
        associations.append({"Main": True, "AssociationState": {"State": "associated"}})
    return {"RouteTableId": name, "VpcId": "vpc-1", "Routes": [LOCAL, *routes], "Associations": associations, **more}


def default(target: str, kind: str = "GatewayId", **more: str) -> dict[str, str]:
    """A default route."""
    return {"DestinationCidrBlock": "0.0.0.0/0", kind: target, "State": "active", **more}


LOCAL = {"DestinationCidrBlock": "10.0.0.0/16", "GatewayId": "local", "State": "active"}
IPV6 = {"DestinationIpv6CidrBlock": "::/0", "State": "active"}
TO_INTERNET = default("igw-1")
PREFIX_LIST = {"DestinationPrefixListId": "pl-63a5400a", "State": "active"}


ROUTES: dict[str, tuple[list[dict[str, str]], bool | None]] = {
    "none": ([], False),
    "internet": ([TO_INTERNET], True),
    "blackhole": ([default("igw-1", State="blackhole")], True),
    "no-state": ([{"DestinationCidrBlock": "0.0.0.0/0", "GatewayId": "igw-1"}], True),
    "ipv6": ([{**IPV6, "GatewayId": "igw-1"}], True),
    "egress-only": ([{**IPV6, "EgressOnlyInternetGatewayId": "eigw-1"}], False),
    "nat-and-ipv6": ([default("nat-1", "NatGatewayId"), {**IPV6, "GatewayId": "igw-1"}], True),
    "nat-and-egress-only": (
        [default("nat-1", "NatGatewayId"), {**IPV6, "EgressOnlyInternetGatewayId": "eigw-1"}],
        False,
    ),
    "nat": ([default("nat-1", "NatGatewayId")], False),
    "transit": ([default("tgw-1", "TransitGatewayId")], False),
    "peering": ([default("pcx-1", "VpcPeeringConnectionId")], False),
    "vpn": ([default("vgw-1")], False),
    "interface": ([default("eni-1", "NetworkInterfaceId", State="blackhole")], False),
    "carrier": ([default("cagw-1", "CarrierGatewayId")], False),
    "part-of-the-internet": ([{"DestinationCidrBlock": "8.8.8.0/24", "GatewayId": "igw-1", "State": "active"}], False),
    "endpoint": ([{**PREFIX_LIST, "GatewayId": "vpce-1"}], False),
    "prefix-list": ([{**PREFIX_LIST, "GatewayId": "igw-1"}], None),
    "prefix-list-and-default": ([{**PREFIX_LIST, "GatewayId": "igw-1"}, TO_INTERNET], True),
}
"""Route tables, and whether they make a subnet public."""


def test_public_is_a_default_route_to_an_internet_gateway_in_whatever_state() -> None:
    tables: Items = {
        "ec2_subnets": [subnet(name) for name in ROUTES],
        "ec2_route_tables": [table(f"rtb-{name}", routes, name) for name, (routes, _) in ROUTES.items()],
    }
    found = dict(ask(tables, "SELECT SubnetId, is_public FROM subnets"))
    assert found == {name: is_public for name, (_, is_public) in ROUTES.items()}


def test_a_subnet_s_own_route_table_goes_before_the_main_one() -> None:
    tables: Items = {
        "ec2_subnets": [subnet("own"), subnet("none")],
        "ec2_route_tables": [table("rtb-main", [TO_INTERNET], main=True), table("rtb-own", [], "own")],
    }
    found = ask(tables, "SELECT SubnetId, RouteTableId, has_own_route_table, is_public FROM subnets")
    assert found == [("none", "rtb-main", False, True), ("own", "rtb-own", True, False)]


def test_an_association_counts_while_it_is_in_force() -> None:
    states = ("associated", "associating", "disassociating", "disassociated", "failed")
    own = [table(f"rtb-{state}", [], state) for state in states]
    for one, state in zip(own, states, strict=True):
        one["Associations"][0]["AssociationState"]["State"] = state
    tables: Items = {
        "ec2_subnets": [subnet(state) for state in states],
        "ec2_route_tables": [*own, table("rtb-main", [TO_INTERNET], main=True)],
    }
    found = ask(tables, "SELECT SubnetId, is_public FROM subnets WHERE has_own_route_table")
    assert found == [("associated", False), ("associating", False)]
    assert ask(tables, "SELECT count(*) FROM subnets WHERE is_public") == [(3,)]


def test_old_answers_have_neither_states_nor_owners_nor_zone_ids() -> None:
    tables: Items = {
        "ec2_subnets": [subnet("subnet-1", OwnerId=OWNER)],
        "ec2_route_tables": [
            {
                "RouteTableId": "rtb-1",
                "VpcId": "vpc-1",
                "Routes": [TO_INTERNET],
                "Associations": [{"SubnetId": "subnet-1"}],
            }
        ],
    }
    found = ask(tables, "SELECT has_own_route_table, is_public, AvailabilityZoneId FROM subnets")
    assert found == [(True, True, "us-east-1a")]


@pytest.mark.parametrize(
    "tables",
    [
        [],
        [table("rtb-gateway", [TO_INTERNET]) | {"Associations": [{"GatewayId": "igw-1", "Main": False}]}],
        [table("rtb-other", [TO_INTERNET], main=True) | {"VpcId": "vpc-2"}],
        [table("rtb-main", [TO_INTERNET], main=True, region="us-west-2")],
        [table("rtb-main", [TO_INTERNET], main=True, account=PARTICIPANT)],
        [{"RouteTableId": "rtb-bare", "VpcId": "vpc-1"}],
    ],
)
def test_without_a_route_table_that_governs_it_nothing_is_said(tables: list[dict[str, Any]]) -> None:
    found = ask(
        {"ec2_subnets": [subnet("subnet-1")], "ec2_route_tables": tables},
        "SELECT RouteTableId, has_own_route_table, is_public FROM subnets",
    )
    assert found == [(None, None, None)]


def test_a_route_table_without_routes_in_the_answer_is_not_private() -> None:
    bare = table("rtb-1", [], "subnet-1")
    del bare["Routes"]
    tables: Items = {"ec2_subnets": [subnet("subnet-1")], "ec2_route_tables": [bare]}
    assert ask(tables, "SELECT has_own_route_table, is_public FROM subnets") == [(True, None)]


def test_a_shared_subnet_is_governed_by_its_owner_s_route_tables() -> None:
    shared = subnet("subnet-1", OwnerId=OWNER)
    tables: Items = {
        "ec2_subnets": [shared, {**shared, "account": PARTICIPANT}],
        "ec2_route_tables": [
            table("rtb-1", [TO_INTERNET], "subnet-1", OwnerId=OWNER),
            table("rtb-main", [], main=True, OwnerId=OWNER),
            table("rtb-main", [], main=True, OwnerId=OWNER, account=PARTICIPANT),
        ],
    }
    found = ask(tables, "SELECT account, RouteTableId, is_public FROM subnets")
    assert found == [(OWNER, "rtb-1", True), (PARTICIPANT, "rtb-1", True)]


def test_accounts_with_the_same_ids_stay_apart() -> None:
    tables: Items = {
        "ec2_subnets": [subnet("subnet-1"), subnet("subnet-1", account=PARTICIPANT)],
        "ec2_route_tables": [
            table("rtb-1", [TO_INTERNET], "subnet-1"),
            table("rtb-1", [], "subnet-1", account=PARTICIPANT),
        ],
    }
    found = ask(tables, "SELECT account, is_public FROM subnets")
    assert found == [(OWNER, True), (PARTICIPANT, False)]


def test_each_subnet_is_one_row_however_many_routes_and_associations() -> None:
    several = [TO_INTERNET, {**IPV6, "GatewayId": "igw-1"}, {**PREFIX_LIST, "GatewayId": "vpce-1"}]
    twice = table("rtb-1", several, "subnet-1", "subnet-1", main=True)
    tables: Items = {"ec2_subnets": [subnet("subnet-1"), subnet("subnet-2")], "ec2_route_tables": [twice]}
    assert ask(tables, "SELECT SubnetId, is_public FROM subnets") == [("subnet-1", True), ("subnet-2", True)]


def test_default_routes_say_where_they_lead() -> None:
    routes = [
        default("nat-1", "NatGatewayId"),
        {**IPV6, "EgressOnlyInternetGatewayId": "eigw-1"},
        {"DestinationCidrBlock": "10.9.0.0/16", "TransitGatewayId": "tgw-1", "State": "active"},
    ]
    interface = default("eni-1", "NetworkInterfaceId", InstanceId="i-1", State="blackhole")
    tables: Items = {"ec2_route_tables": [table("rtb-1", routes), table("rtb-2", [interface])]}
    found = ask(tables, "SELECT RouteTableId, destination, target, target_kind, State FROM default_routes")
    assert found == [
        ("rtb-1", "0.0.0.0/0", "nat-1", "NAT gateway", "active"),
        ("rtb-1", "::/0", "eigw-1", "egress-only internet gateway", "active"),
        ("rtb-2", "0.0.0.0/0", "eni-1", "instance", "blackhole"),
    ]


def test_attachments_of_internet_gateways() -> None:
    gateways = [
        {"InternetGatewayId": f"igw-{state}", "Attachments": [{"VpcId": "vpc-1", "State": state}]}
        for state in ("available", "attached", "detaching")
    ]
    gateways += [
        {"InternetGatewayId": "igw-free", "Attachments": []},
        {"InternetGatewayId": "igw-untold", "Attachments": [{"VpcId": "vpc-1"}]},
    ]
    query = "SELECT InternetGatewayId, is_attached FROM internet_gateway_attachments"
    assert ask({"ec2_internet_gateways": gateways}, query) == [
        ("igw-attached", True),
        ("igw-available", True),
        ("igw-detaching", False),
        ("igw-untold", None),
    ]


def test_tiers_count_zones_by_id_and_leave_local_zones_out() -> None:
    tables: Items = {
        "ec2_vpcs": [{"VpcId": "vpc-1"}, {"VpcId": "vpc-empty"}],
        "ec2_subnets": [
            subnet("public-1", AvailabilityZoneId="use1-az1"),
            subnet("public-2", AvailabilityZoneId="use1-az1"),
            subnet("public-local", "us-east-1-bos-1a", AvailabilityZoneId="use1-bos1-az1"),
            subnet("private-1"),
            subnet("private-2", "us-east-1b", AvailabilityZoneId="use1-az2"),
            subnet("untold", "us-east-1c", AvailabilityZoneId="use1-az4"),
            {"SubnetId": "nowhere", "VpcId": "vpc-1"},
        ],
        "ec2_route_tables": [
            table("rtb-public", [TO_INTERNET], "public-1", "public-2", "public-local", "nowhere"),
            table("rtb-private", [], "private-1", "private-2"),
        ],
    }
    query = "SELECT VpcId, public_zones, private_zones, undecided_zones FROM vpc_tiers"
    assert ask(tables, query) == [
        ("vpc-1", ["use1-az1"], ["use1-az1", "use1-az2"], ["? nowhere", "use1-az4"]),
        ("vpc-empty", [], [], []),
    ]


def test_a_shared_vpc_spans_what_its_owner_sees() -> None:
    seen: Items = {
        "ec2_vpcs": [{"VpcId": "vpc-1", "OwnerId": OWNER, "account": PARTICIPANT}],
        "ec2_subnets": [subnet("private", OwnerId=OWNER, account=PARTICIPANT)],
        "ec2_route_tables": [table("rtb-private", [], "private", OwnerId=OWNER, account=PARTICIPANT)],
    }
    query = "SELECT account, sees_all, public_zones, private_zones FROM vpc_tiers"
    assert ask(seen, query) == [(PARTICIPANT, False, [], ["us-east-1a"])]
    seen["ec2_vpcs"].append({"VpcId": "vpc-1", "OwnerId": OWNER})
    seen["ec2_subnets"] += [subnet("private", OwnerId=OWNER), subnet("public", "us-east-1b", OwnerId=OWNER)]
    seen["ec2_route_tables"] += [
        table("rtb-private", [], "private", OwnerId=OWNER),
        table("rtb-public", [TO_INTERNET], "public", OwnerId=OWNER),
    ]
    assert ask(seen, query) == [
        (OWNER, True, ["us-east-1b"], ["us-east-1a"]),
        (PARTICIPANT, True, ["us-east-1b"], ["us-east-1a"]),
    ]
