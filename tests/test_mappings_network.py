"""Mappings of EC2, Elastic Load Balancing and ACM: what is as declared is equal, what was changed is told, exactly.

`network_cases.py` has a resource of each type as the provider writes it, and AWS's answer. What AWS, Terraform and
Pulumi really wrote is in AUDITOR_RECORDINGS.
"""

from __future__ import annotations

import csv
import os
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import orjson
import pytest

from auditor.drift.code import paths
from auditor.drift.code.attributes import (
    Elements,
    compare_attributes,
    compare_part,
    elements,
    live_value,
    part_elements,
    unclaimed,
)
from auditor.drift.code.forms.basic import plain
from auditor.drift.code.live import identity
from auditor.drift.code.mapping import Mappings, load_mappings
from auditor.drift.code.model import Declared, State, Tool
from auditor.drift.code.states.pulumi import read_pulumi
from auditor.drift.code.states.terraform import read_terraform
from auditor.drift.model import Change
from auditor.errors import StateError
from auditor.resources import data_dir
from tests.network_cases import (
    ACCOUNT,
    BALANCER,
    BLUE,
    CATALOGUE,
    CERTIFICATE,
    GREEN,
    LISTENER,
    OTHER,
    Case,
    Json,
    cases,
    row_of,
)

MAPPINGS = load_mappings(data_dir("mappings"))
SERVICES = ("ec2_", "elbv2_", "acm_")
OWN = {kind: mapping for kind, mapping in MAPPINGS.by_kind.items() if mapping.table.startswith(SERVICES)}
CASES = list(cases())
BESIDE = {"association", "certificate"}
"""Attributes that no resource has: they are made of parts alone."""
EVER = {"domain_name", "enable_cross_zone_load_balancing", "load_balancer_type", "subject_alternative_names"}
EVER |= {"tags", "tags_all"}
"""Attributes that every version of the provider writes, and that are compared together with others."""


def declared(kind: str, attributes: Mapping[str, Any]) -> Declared:
    """A resource of a state, with no more of its attributes than the mapping reads."""
    return Declared(
        tool=Tool.TERRAFORM,
        state="prod.tfstate",
        address=f"{kind}.shop",
        kind=kind,
        id=str(attributes.get("id", "")),
        attributes={name: value for name, value in attributes.items() if name in OWN[kind].read},
    )


def differences(kind: str, attributes: Mapping[str, Any], row: Mapping[str, Any], *unseen: str) -> list[Change]:
    found = compare_attributes(OWN[kind], declared(kind, attributes), row, unseen=frozenset(unseen))
    assert found.unseen <= set(unseen)
    return found.changes


def is_that_row(kind: str, attributes: Mapping[str, Any], row: Mapping[str, Any]) -> bool:
    return all(identity(live, row) == identity(name, attributes) != "" for live, name in OWN[kind].row)


def of_case(case: Case) -> str:
    return f"{case.kind}-{case.name}"


def case_of(kind: str) -> Case:
    return next(case for case in CASES if case.kind == kind)


# ---------------------------------------------------------------------------------------- as declared, and changed


@pytest.mark.parametrize("case", CASES, ids=of_case)
def test_what_is_as_declared_is_equal(case: Case) -> None:
    mapping = OWN[case.kind]
    assert is_that_row(case.kind, case.state, case.row)
    assert not (mapping.gone and paths.find(mapping.gone, case.row))
    assert not mapping.exists or paths.find(mapping.exists, case.row)
    assert differences(case.kind, case.state, case.row) == []


def test_every_type_has_a_case() -> None:
    assert {mapping.kind for mapping in OWN.values() if mapping.part is None} == {case.kind for case in CASES}
    assert {mapping.kind for mapping in OWN.values() if mapping.part is not None} == set(PARTS)


def changed(value: object) -> Iterator[object]:
    """The value with each of its leaves changed, and each element of its lists left out, one at a time."""
    if isinstance(value, dict):
        for name, item in value.items():
            yield from ({**value, name: other} for other in changed(item))
    elif isinstance(value, list):
        for place, item in enumerate(value):
            yield [*value[:place], *value[place + 1 :]]
            yield from ([*value[:place], other, *value[place + 1 :]] for other in changed(item))
    elif isinstance(value, bool):
        yield not value
    elif isinstance(value, int):
        yield value + 1
    elif value in ("true", "false"):
        yield "false" if value == "true" else "true"
    elif isinstance(value, str):
        yield from (f"{value}x", "pending")


@pytest.mark.parametrize("kind", sorted({case.kind for case in CASES}))
def test_a_changed_answer_changes_what_is_read_of_it_and_each_attribute_can_change(kind: str) -> None:
    told: set[str] = set()
    for case in (case for case in CASES if case.kind == kind):
        for column in OWN[kind].columns:
            reads = {one.name for one in OWN[kind].attributes if column in paths.members(one.live)}
            for value in changed(case.row.get(column)):
                names = {change.field for change in differences(kind, case.state, {**case.row, column: value})}
                assert all(any(name.startswith(attribute) for attribute in reads) for name in names), names
                told |= {attribute for attribute in reads if any(name.startswith(attribute) for name in names)}
    assert told >= {one.name for one in OWN[kind].attributes} - BESIDE


@pytest.mark.parametrize("case", [case for case in CASES if case.name == "least"], ids=of_case)
@pytest.mark.parametrize("nothing", ["", [], {}, None], ids=str)
def test_nothing_is_nothing_however_it_is_written(case: Case, nothing: object) -> None:
    state = {name: nothing if value in (None, "", [], {}) else value for name, value in case.state.items()}
    assert differences(case.kind, state, case.row) == []


@pytest.mark.parametrize("case", CASES, ids=of_case)
def test_attributes_that_an_older_provider_does_not_have_are_not_compared(case: Case) -> None:
    identifying = {name for _, expression in OWN[case.kind].row for name in paths.members(expression)}
    for name in set(case.state) - identifying - EVER:
        assert differences(case.kind, {key: value for key, value in case.state.items() if key != name}, case.row) == []


EXACTLY: list[tuple[str, Json, list[Change]]] = [
    # type, the row's columns that were changed, what is told
    ("aws_vpc", {"EnableDnsHostnames": False}, [Change("enable_dns_hostnames", "true", None)]),
    (
        "aws_vpc",
        {
            "CidrBlockAssociationSet": [
                {"CidrBlock": cidr, "CidrBlockState": {"State": "associated"}}
                for cidr in ("10.0.0.0/16", "100.64.0.0/16")
            ]
        },
        [Change("cidr_block[]", None, "100.64.0.0/16")],
    ),
    ("aws_vpc", {"tags": {"Name": "shop", "aws:x": "1"}}, [Change("tags.Stage", "prod", None)]),
    ("aws_subnet", {"MapPublicIpOnLaunch": False}, [Change("map_public_ip_on_launch", "true", None)]),
    (
        "aws_default_route_table",
        {
            "Routes": [
                {"DestinationCidrBlock": "10.0.0.0/16", "GatewayId": "local", "Origin": "CreateRouteTable"},
                {"DestinationCidrBlock": "0.0.0.0/0", "GatewayId": "igw-9", "Origin": "CreateRoute"},
            ]
        },
        [
            Change('route[cidr_block="0.0.0.0/0"].target', "nat-1", "igw-9"),
            Change('route[cidr_block="10.7.0.0/16"]', {"cidr_block": "10.7.0.0/16", "target": "eni-1"}, None),
            Change('route[cidr_block="10.8.0.0/16"]', {"cidr_block": "10.8.0.0/16", "target": "vpce-2"}, None),
            Change(
                'route[destination_prefix_list_id="pl-1"]',
                {"destination_prefix_list_id": "pl-1", "target": "tgw-1"},
                None,
            ),
            Change('route[ipv6_cidr_block="::/0"]', {"ipv6_cidr_block": "::/0", "target": "eigw-1"}, None),
        ],
    ),
    (
        "aws_security_group",
        {"IpPermissionsEgress": [{"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0", "Description": "all"}]}]},
        [
            Change('egress[protocol="-1",cidr_block="0.0.0.0/0"].description', None, "all"),
            Change('egress[protocol="-1",ipv6_cidr_block="::/0"]', {"protocol": "-1", "ipv6_cidr_block": "::/0"}, None),
        ],
    ),
    (
        "aws_network_acl",
        {
            "Entries": [
                {"Egress": False, "CidrBlock": "10.0.0.0/8", "RuleNumber": 100, "RuleAction": "deny", "Protocol": "6"}
                | {"PortRange": {"From": 443, "To": 443}},
                *(entry for entry in case_of("aws_network_acl").row["Entries"] if entry["RuleNumber"] != 100),
                {"Egress": True, "CidrBlock": "0.0.0.0/0", "RuleNumber": 100, "RuleAction": "allow", "Protocol": "-1"},
            ]
        },
        [Change('ingress[rule_no="100"].action', "allow", "deny")],
    ),
    (
        "aws_ec2_managed_prefix_list",
        {"Entries": [{"Cidr": "192.0.2.0/24", "Description": "Lyon"}]},
        [Change('entry[cidr="198.51.100.0/24"]', {"cidr": "198.51.100.0/24"}, None)],
    ),
    ("aws_instance", {"IamInstanceProfile": None}, [Change("iam_instance_profile", "web", None)]),
    (
        "aws_instance",
        {"MetadataOptions": {"HttpEndpoint": "enabled", "HttpTokens": "optional", "HttpPutResponseHopLimit": 2}},
        [
            Change("metadata_options.http_tokens", "required", "optional"),
            Change("metadata_options.instance_metadata_tags", "enabled", "disabled"),
        ],
    ),
    ("aws_launch_template", {"LatestVersionNumber": 4}, [Change("latest_version", "3", "4")]),
    (
        "aws_lb",
        {"Attributes": {**case_of("aws_lb").row["Attributes"], "access_logs.s3.enabled": "false"}},
        [
            Change("access_logs.bucket", "access_logs", None),
            Change("access_logs.enabled", "true", None),
            Change("access_logs.prefix", "web", None),
        ],
    ),
    (
        "aws_lb",
        {"Attributes": {**case_of("aws_lb").row["Attributes"], "routing.http2.enabled": "true"}},
        [Change("enable_http2", None, "true")],
    ),
    (
        "aws_lb_listener",
        {
            "DefaultActions": [
                case_of("aws_lb_listener").row["DefaultActions"][0],
                {
                    "Type": "forward",
                    "Order": 2,
                    "ForwardConfig": {
                        "TargetGroups": [
                            {"TargetGroupArn": BLUE, "Weight": 0},
                            {"TargetGroupArn": GREEN, "Weight": 1},
                        ],
                        "TargetGroupStickinessConfig": {"Enabled": True, "DurationSeconds": 600},
                    },
                },
            ]
        },
        [
            Change(f'default_action[type="forward"].target_group.{BLUE}', "1", "0"),
            Change(f'default_action[type="forward"].target_group.{GREEN}', "0", "1"),
        ],
    ),
    (
        "aws_lb_listener_rule",
        {"Conditions": case_of("aws_lb_listener_rule").row["Conditions"][1:]},
        [Change('condition[field="host-header"]', {"field": "host-header", "values": ["a.example"]}, None)],
    ),
    ("aws_lb_target_group", {"HealthCheckPath": "/"}, [Change("health_check.path", "/health", "/")]),
    (
        "aws_acm_certificate",
        {"SubjectAlternativeNameSummaries": ["shop.example"]},
        [Change("subject_alternative_names[]", "*.shop.example", None)],
    ),
]


@pytest.mark.parametrize(
    ("kind", "columns", "told"), EXACTLY, ids=lambda value: value if isinstance(value, str) else ""
)
def test_exactly_what_was_changed_is_told(kind: str, columns: Json, told: list[Change]) -> None:
    case = case_of(kind)
    found = differences(kind, case.state, {**case.row, **columns})
    assert [Change(one.field, compared(one.old), compared(one.new)) for one in found] == told


def compared(shown: object) -> object:
    """A value of a difference as it is compared: scalars are shown as they are written."""
    return plain(shown) if isinstance(shown, bool | int) else shown


# ---------------------------------------------------------------------------------------- parts

RULES = case_of("aws_security_group").row
ROUTES = row_of(
    "ec2_route_tables",
    {
        "RouteTableId": "rtb-1",
        "PropagatingVgws": [{"GatewayId": "vgw-1"}, {"GatewayId": "vgw-2"}],
        "Associations": [
            {"Main": True, "RouteTableId": "rtb-1"},
            {"Main": False, "SubnetId": "subnet-1", "AssociationState": {"State": "associated"}},
            {"Main": False, "GatewayId": "igw-1"},
            {"Main": False, "SubnetId": "subnet-9", "AssociationState": {"State": "disassociated"}},
        ],
        "Routes": case_of("aws_route_table").row["Routes"],
    },
)
LISTED = [{"CertificateArn": f"{CERTIFICATE}{n}", "IsDefault": not n} for n in range(3)]
VPC = {
    "VpcId": "vpc-1",
    "CidrBlock": "10.0.0.0/16",
    "CidrBlockAssociationSet": [
        {"CidrBlock": f"10.{n}.0.0/16", "CidrBlockState": {"State": "associated"}} for n in (0, 1)
    ],
    "Ipv6CidrBlockAssociationSet": [
        {"Ipv6CidrBlock": "2a05:d018::/56", "Ipv6CidrBlockState": {"State": "associated"}, "Ipv6Pool": "Amazon"}
    ],
}
ADDRESSES = [{"AllocationId": f"eipalloc-{n}", "IsPrimary": n == 0} for n in range(3)]
ENDPOINT = case_of("aws_vpc_endpoint").row
NO_ROUTE: Json = {"route_table_id": "rtb-1", "destination_cidr_block": "", "destination_ipv6_cidr_block": ""}
OF_GROUP = {"security_group_id": "sg-1"}
TCP = {**OF_GROUP, "from_port": 443, "to_port": 443, "protocol": "tcp", "self": False}
ONE = {**OF_GROUP, "from_port": 443, "to_port": 443, "ip_protocol": "tcp", "description": None}
ENTRY = {"network_acl_id": "acl-1", "cidr_block": "", "ipv6_cidr_block": None, "icmp_code": None, "icmp_type": None}
INTERFACE = row_of(
    "ec2_network_interfaces", {"NetworkInterfaceId": "eni-3", "Groups": [{"GroupId": "sg-1"}, {"GroupId": "sg-2"}]}
)

PARTS: dict[str, tuple[str, Mapping[str, Any], list[Json], int]] = {
    # type: attribute, row, the resources that make up all of it, how many elements of it others are (of the owner)
    "aws_vpc_ipv4_cidr_block_association": (
        "cidr_block",
        row_of("ec2_vpcs", VPC),
        [{"vpc_id": "vpc-1", "cidr_block": "10.1.0.0/16"}],
        1,
    ),
    "aws_vpc_ipv6_cidr_block_association": (
        "ipv6_cidr_block",
        row_of("ec2_vpcs", VPC),
        [{"vpc_id": "vpc-1", "ipv6_cidr_block": "2a05:d018::/56", "assign_generated_ipv6_cidr_block": True}],
        0,
    ),
    "aws_nat_gateway_eip_association": (
        "secondary_allocation_ids",
        row_of("ec2_nat_gateways", {"NatGatewayId": "nat-1", "NatGatewayAddresses": ADDRESSES}),
        [{"nat_gateway_id": "nat-1", "allocation_id": f"eipalloc-{n}"} for n in (1, 2)],
        0,
    ),
    "aws_route": (
        "route",
        ROUTES,
        [
            {**NO_ROUTE, "destination_cidr_block": "0.0.0.0/0", "nat_gateway_id": "nat-1", "gateway_id": ""},
            {
                **NO_ROUTE,
                "destination_cidr_block": "10.7.0.0/16",
                "instance_id": "i-1",
                "network_interface_id": "eni-1",
            },
            {**NO_ROUTE, "destination_ipv6_cidr_block": "::/0", "egress_only_gateway_id": "eigw-1"},
            {**NO_ROUTE, "destination_prefix_list_id": "pl-1", "transit_gateway_id": "tgw-1"},
            {**NO_ROUTE, "destination_cidr_block": "10.8.0.0/16", "vpc_endpoint_id": "vpce-2", "origin": "CreateRoute"},
        ],
        0,
    ),
    "aws_route_table_association": (
        "association",
        ROUTES,
        [
            {"route_table_id": "rtb-1", "subnet_id": "subnet-1", "gateway_id": ""},
            {"route_table_id": "rtb-1", "subnet_id": None, "gateway_id": "igw-1"},
        ],
        0,
    ),
    "aws_vpn_gateway_route_propagation": (
        "propagating_vgws",
        ROUTES,
        [{"route_table_id": "rtb-1", "vpn_gateway_id": f"vgw-{n}"} for n in (1, 2)],
        0,
    ),
    "aws_security_group_rule": (
        "ingress",
        RULES,
        [
            {**TCP, "type": "ingress", "description": "inside", "cidr_blocks": ["192.168.0.0/16", "10.0.0.0/8"]}
            | {"ipv6_cidr_blocks": ["2001:db8::/32"]},
            {
                **TCP,
                "type": "ingress",
                "description": "",
                "cidr_blocks": ["203.0.113.7/32"],
                "prefix_list_ids": ["pl-1"],
            },
            {**TCP, "type": "ingress", "source_security_group_id": "sg-2", "cidr_blocks": None},
            {**TCP, "type": "ingress", "source_security_group_id": f"{OTHER}/sg-9"},
            {**TCP, "type": "ingress", "protocol": "icmp", "from_port": 8, "to_port": 0, "cidr_blocks": ["10.0.0.0/8"]},
            {**TCP, "type": "ingress", "protocol": "50", "cidr_blocks": ["10.0.0.0/8"]},
            {**TCP, "type": "ingress", "protocol": "-1", "from_port": 0, "to_port": 0, "self": True},
        ],
        0,
    ),
    "aws_vpc_security_group_ingress_rule": (
        "ingress",
        RULES,
        [
            {**ONE, "cidr_ipv4": "10.0.0.0/8", "description": "inside"},
            {**ONE, "cidr_ipv4": "192.168.0.0/16", "description": "inside"},
            {**ONE, "cidr_ipv4": "203.0.113.7/32"},
            {**ONE, "cidr_ipv6": "2001:db8::/32", "description": "inside"},
            {**ONE, "prefix_list_id": "pl-1"},
            {**ONE, "referenced_security_group_id": "sg-2"},
            {**ONE, "referenced_security_group_id": f"{OTHER}/sg-9"},
            {**ONE, "ip_protocol": "icmp", "from_port": 8, "to_port": 0, "cidr_ipv4": "10.0.0.0/8"},
            {**OF_GROUP, "ip_protocol": "50", "cidr_ipv4": "10.0.0.0/8", "from_port": None, "to_port": None},
            {**OF_GROUP, "ip_protocol": "-1", "referenced_security_group_id": "sg-1"},
        ],
        0,
    ),
    "aws_vpc_security_group_egress_rule": (
        "egress",
        RULES,
        [
            {**OF_GROUP, "ip_protocol": "-1", "cidr_ipv4": "0.0.0.0/0", "tags": {"Name": "not collected"}},
            {**OF_GROUP, "ip_protocol": "-1", "cidr_ipv6": "::/0"},
        ],
        0,
    ),
    "aws_network_acl_rule": (
        "ingress",
        case_of("aws_network_acl").row,
        [
            {**ENTRY, "rule_number": 100, "rule_action": "allow", "protocol": "6", "cidr_block": "10.0.0.0/8"}
            | {"egress": False, "from_port": 443, "to_port": 443},
            {**ENTRY, "rule_number": 110, "rule_action": "allow", "protocol": "58", "ipv6_cidr_block": "2001:db8::/32"}
            | {"egress": "false", "icmp_type": 128, "icmp_code": 0},
        ],
        0,
    ),
    "aws_network_acl_association": (
        "subnet_ids",
        case_of("aws_network_acl").row,
        [{"network_acl_id": "acl-1", "subnet_id": "subnet-1"}],
        0,
    ),
    "aws_vpc_endpoint_route_table_association": (
        "route_table_ids",
        ENDPOINT,
        [{"vpc_endpoint_id": "vpce-1", "route_table_id": f"rtb-{n}"} for n in (1, 2)],
        0,
    ),
    "aws_vpc_endpoint_subnet_association": (
        "subnet_ids",
        ENDPOINT,
        [{"vpc_endpoint_id": "vpce-1", "subnet_id": f"subnet-{n}"} for n in (1, 2)],
        0,
    ),
    "aws_vpc_endpoint_security_group_association": (
        "security_group_ids",
        ENDPOINT,
        [{"vpc_endpoint_id": "vpce-1", "security_group_id": "sg-1", "replace_default_association": True}],
        0,
    ),
    "aws_ec2_managed_prefix_list_entry": (
        "entry",
        case_of("aws_ec2_managed_prefix_list").row,
        [
            {"prefix_list_id": "pl-1", "cidr": "192.0.2.0/24", "description": "Lyon"},
            {"prefix_list_id": "pl-1", "cidr": "198.51.100.0/24", "description": ""},
        ],
        0,
    ),
    "aws_network_interface_sg_attachment": (
        "security_groups",
        INTERFACE,
        [{"network_interface_id": "eni-3", "security_group_id": f"sg-{n}"} for n in (1, 2)],
        0,
    ),
    "aws_lb_listener_certificate": (
        "certificate",
        row_of("elbv2_listeners", {"ListenerArn": LISTENER}, ListenerCertificates=LISTED),
        [{"listener_arn": LISTENER, "certificate_arn": f"{CERTIFICATE}{n}"} for n in (1, 2)],
        0,
    ),
}


def parts_of(kind: str) -> tuple[list[Elements], Elements]:
    """What each resource of a type declares, and what is live."""
    attribute, row, resources, _ = PARTS[kind]
    mapping = OWN[kind]
    assert mapping.part is not None
    owner = MAPPINGS.by_kind[mapping.part.of]
    found = [part_elements(mapping, owner, declared(kind, resource)) for resource in resources]
    known = [own for own in found if own is not None]
    assert len(known) == len(resources)
    assert all(own.by_key and own.attribute.name == attribute for own in known)
    assert all(is_that_row(kind, resource, row) for resource in resources)
    assert kind in known[0].attribute.held_by
    return known, elements(known[0].attribute, live_value(known[0].attribute, row))


@pytest.mark.parametrize("kind", PARTS)
def test_parts_are_the_elements_of_what_they_are_parts_of(kind: str) -> None:
    declares, live = parts_of(kind)
    assert [compare_part(own, live) for own in declares] == [((), False)] * len(declares)
    assert len(list(unclaimed(live, declares))) == PARTS[kind][3]


@pytest.mark.parametrize("kind", PARTS)
def test_a_part_that_is_not_there_and_an_element_that_no_part_declares_are_told(kind: str) -> None:
    declares, live = parts_of(kind)
    for number, own in enumerate(declares):
        rest = Elements(live.attribute, {key: item for key, item in live.by_key.items() if key not in own.by_key})
        changes, none_there = compare_part(own, rest)
        assert none_there
        assert {change.new for change in changes} == {None}
        others = [*declares[:number], *declares[number + 1 :]]
        told = {change.field for change in unclaimed(live, others)} - {one.field for one in unclaimed(live, declares)}
        assert told == {own.path(key) for key in own.by_key}


@pytest.mark.parametrize(
    ("kind", "changed_to", "told"),
    [
        ("aws_route", {"nat_gateway_id": "nat-9"}, [Change('route[cidr_block="0.0.0.0/0"].target', "nat-9", "nat-1")]),
        (
            "aws_vpc_security_group_ingress_rule",
            {"description": "outside"},
            [
                Change(
                    'ingress[protocol="tcp",from_port="443",to_port="443",cidr_block="10.0.0.0/8"].description',
                    "outside",
                    "inside",
                )
            ],
        ),
        ("aws_network_acl_rule", {"rule_action": "deny"}, [Change('ingress[rule_no="100"].action', "deny", "allow")]),
        (
            "aws_ec2_managed_prefix_list_entry",
            {"description": "Paris"},
            [Change('entry[cidr="192.0.2.0/24"].description', "Paris", "Lyon")],
        ),
    ],
)
def test_a_part_that_was_changed_is_told_with_what_differs(kind: str, changed_to: Json, told: list[Change]) -> None:
    _, row, resources, _ = PARTS[kind]
    mapping = OWN[kind]
    assert mapping.part is not None
    own = part_elements(mapping, MAPPINGS.by_kind[mapping.part.of], declared(kind, {**resources[0], **changed_to}))
    assert own is not None
    changes, none_there = compare_part(own, elements(own.attribute, live_value(own.attribute, row)))
    assert (list(changes), none_there) == (told, False)


@pytest.mark.parametrize(
    ("kind", "attributes"),
    [
        ("aws_route", {"route_table_id": "rtb-1", "destination_cidr_block": "10.0.0.0/16", "gateway_id": "local"}),
        ("aws_security_group_rule", {"security_group_id": "sg-1", "source_security_group_id": "sg-2"}),
        ("aws_security_group_rule", {"security_group_id": "sg-1", "type": "ingress", "protocol": "tcp"}),
    ],
)
def test_a_part_that_declares_nothing_to_be_found_is_no_element(kind: str, attributes: Json) -> None:
    """A VPC's own route, and states that do not say what the rule is: told as not compared."""
    mapping = OWN[kind]
    assert mapping.part is not None
    own = part_elements(mapping, MAPPINGS.by_kind[mapping.part.of], declared(kind, attributes))
    assert own is None or not own.by_key


# ---------------------------------------------------------------------------------------- gone, and by AWS


@pytest.mark.parametrize(
    ("kind", "row", "is_gone", "by_aws"),
    [
        ("aws_nat_gateway", {"State": "deleted"}, True, None),
        ("aws_nat_gateway", {"State": "failed"}, False, None),
        ("aws_vpc_endpoint", {"State": "Deleting"}, True, None),
        ("aws_vpc_peering_connection", {"Status": {"Code": "rejected"}}, True, None),
        ("aws_vpc_peering_connection", {"Status": {"Code": "pending-acceptance"}}, False, None),
        ("aws_instance", {"State": {"Name": "terminated"}}, True, False),
        ("aws_instance", {"State": {"Name": "stopped"}, "tags": {"aws:autoscaling:groupName": "web"}}, False, True),
        ("aws_instance", {"tags": {"autoscaling:groupName": "web"}}, False, False),
        ("aws_lb_target_group_attachment", {"TargetHealth": {"State": "draining"}}, True, None),
        ("aws_ec2_transit_gateway", {"State": "deleted", "OwnerId": ACCOUNT, "account": ACCOUNT}, True, False),
        ("aws_ec2_transit_gateway", {"State": "available", "OwnerId": OTHER, "account": ACCOUNT}, False, True),
        ("aws_ec2_transit_gateway_vpc_attachment", {"VpcOwnerId": OTHER, "account": ACCOUNT}, False, True),
        ("aws_ec2_transit_gateway_route", {"RouteType": "propagated"}, None, True),
        ("aws_ec2_transit_gateway_route", {"RouteType": "static"}, None, False),
        ("aws_ec2_transit_gateway_route_table", {"DefaultAssociationRouteTable": True}, False, True),
        (
            "aws_ec2_managed_prefix_list",
            {"State": "delete-complete", "OwnerId": ACCOUNT, "account": ACCOUNT},
            True,
            False,
        ),
        ("aws_vpc", {"OwnerId": OTHER, "account": ACCOUNT}, None, True),
        ("aws_vpc", {"account": ACCOUNT}, None, False),
        ("aws_subnet", {"OwnerId": ACCOUNT, "account": ACCOUNT}, None, False),
        ("aws_security_group", {"GroupName": "default", "OwnerId": ACCOUNT, "account": ACCOUNT}, None, True),
        ("aws_security_group", {"GroupName": "shop", "OwnerId": ACCOUNT, "account": ACCOUNT}, None, False),
        ("aws_security_group", {"GroupName": "x", "tags": {"aws:eks:cluster-name": "shop"}}, None, True),
        ("aws_network_acl", {"IsDefault": True}, None, True),
        ("aws_network_interface", {"Attachment": {"InstanceId": "i-1", "DeleteOnTermination": True}}, None, True),
        ("aws_network_interface", {"Attachment": {"InstanceId": "i-1", "DeleteOnTermination": False}}, None, False),
        ("aws_network_interface", {"RequesterManaged": True}, None, True),
        ("aws_lb_listener_rule", {"IsDefault": True}, None, True),
        ("aws_launch_template", {"CreatedBy": "arn:aws:sts::1:assumed-role/AWSServiceRoleForAmazonEKS/x"}, None, True),
        ("aws_launch_template", {"CreatedBy": "arn:aws:iam::1:user/AWSServiceRoleForMe"}, None, False),
        ("aws_acm_certificate", {"ManagedBy": "CLOUDFRONT"}, None, True),
        ("aws_default_route_table", {"Associations": [{"Main": True}], "Routes": [{"GatewayId": "local"}]}, None, True),
        ("aws_default_route_table", {"Associations": [{"Main": False}], "Routes": []}, None, False),
        (
            "aws_default_route_table",
            {"Associations": [{"Main": True}], "Routes": [{"GatewayId": "igw-1", "Origin": "CreateRoute"}]},
            None,
            False,
        ),
        (
            "aws_default_route_table",
            {"Associations": [{"Main": True}], "Routes": [{"GatewayId": "vpce-1", "Origin": "CreateRoute"}]},
            None,
            True,
        ),
    ],
)
def test_what_is_gone_and_what_aws_made_is_told_by_the_row(
    kind: str,
    row: Json,
    is_gone: bool | None,  # noqa: FBT001 - a case
    by_aws: bool | None,  # noqa: FBT001 - a case
) -> None:
    """None: the type says nothing of the kind."""
    for expression, expected in ((OWN[kind].gone, is_gone), (OWN[kind].by_aws, by_aws)):
        assert bool(expression) is (expected is not None)
        assert bool(expression and paths.find(expression, row)) is bool(expected)


# ---------------------------------------------------------------------------------------- Pulumi


def exported(kind: str, outputs: Json) -> Declared:
    """A resource as `pulumi stack export` has it, read."""
    resource = {
        "urn": f"urn:pulumi:prod::shop::{kind}::it",
        "custom": True,
        "id": outputs.get("id", "it"),
        "type": kind,
        "inputs": {"__defaults": []},
        "outputs": {"__meta": "{}", **outputs},
    }
    document = {"version": 3, "deployment": {"manifest": {}, "resources": [resource]}}
    (found,) = read_pulumi(orjson.dumps(document), "stack.json", MAPPINGS).resources
    return found


PULUMI: list[tuple[str, Json, str, set[str]]] = [
    # type, outputs, the row of which type's case, what is compared
    (
        "aws:ec2/vpc:Vpc",
        {
            "id": "vpc-1",
            "cidrBlock": "10.0.0.0/16",
            "enableDnsSupport": True,
            "enableDnsHostnames": True,
            "instanceTenancy": "dedicated",
            "assignGeneratedIpv6CidrBlock": True,
            "ipv6CidrBlock": "2a05:d018::/56",
            "mainRouteTableId": "rtb-1",
            "tagsAll": {"Name": "shop", "Stage": "prod"},
        },
        "aws_vpc",
        {"cidr_block", "ipv6_cidr_block", "assign_generated_ipv6_cidr_block", "enable_dns_hostnames", "tags"},
    ),
    (
        "aws:ec2/subnet:Subnet",
        {
            "id": "subnet-1",
            "vpcId": "vpc-1",
            "mapPublicIpOnLaunch": True,
            "enableDns64": True,
            "enableResourceNameDnsAaaaRecordOnLaunch": True,
            "privateDnsHostnameTypeOnLaunch": "ip-name",
            "customerOwnedIpv4Pool": "ipv4pool-coip-1",
            "tags": {"Name": "shop", "Stage": "prod"},
        },
        "aws_subnet",
        {
            "vpc_id",
            "map_public_ip_on_launch",
            "enable_dns64",
            "enable_resource_name_dns_aaaa_record_on_launch",
            "private_dns_hostname_type_on_launch",
            "customer_owned_ipv4_pool",
        },
    ),
    (
        "aws:ec2/routeTable:RouteTable",
        {
            "id": "rtb-1",
            "vpcId": "vpc-1",
            "propagatingVgws": ["vgw-1"],
            "routes": [
                {"cidrBlock": "0.0.0.0/0", "natGatewayId": "nat-1", "gatewayId": "", "ipv6CidrBlock": ""},
                {"cidrBlock": "10.7.0.0/16", "networkInterfaceId": "eni-1"},
                {"cidrBlock": "10.8.0.0/16", "vpcEndpointId": "vpce-2"},
                {"ipv6CidrBlock": "::/0", "egressOnlyGatewayId": "eigw-1"},
                {"destinationPrefixListId": "pl-1", "transitGatewayId": "tgw-1"},
            ],
            "tags": {"Name": "shop", "Stage": "prod"},
        },
        "aws_route_table",
        {"vpc_id", "propagating_vgws", "route", "tags"},
    ),
    (
        "aws:ec2/securityGroup:SecurityGroup",
        {
            "id": "sg-1",
            "name": "shop",
            "description": "of the shop",
            "vpcId": "vpc-1",
            "ingress": [
                {"protocol": "-1", "fromPort": 0, "toPort": 0, "self": True, "cidrBlocks": []},
                {"protocol": "icmp", "fromPort": 8, "toPort": 0, "cidrBlocks": ["10.0.0.0/8"], "self": False},
                {"protocol": "50", "fromPort": 0, "toPort": 0, "cidrBlocks": ["10.0.0.0/8"]},
                {
                    "protocol": "tcp",
                    "fromPort": 443,
                    "toPort": 443,
                    "description": "inside",
                    "cidrBlocks": ["10.0.0.0/8", "192.168.0.0/16"],
                    "ipv6CidrBlocks": ["2001:db8::/32"],
                },
                {
                    "protocol": "tcp",
                    "fromPort": 443,
                    "toPort": 443,
                    "description": "",
                    "cidrBlocks": ["203.0.113.7/32"],
                    "prefixListIds": ["pl-1"],
                    "securityGroups": ["sg-2", f"{OTHER}/sg-9"],
                },
            ],
            "egress": [{"protocol": "-1", "cidrBlocks": ["0.0.0.0/0"], "ipv6CidrBlocks": ["::/0"]}],
            "tags": {"Name": "shop", "Stage": "prod"},
        },
        "aws_security_group",
        {"name", "description", "vpc_id", "ingress", "egress", "tags"},
    ),
    (
        "aws:ec2/networkAcl:NetworkAcl",
        {
            "id": "acl-1",
            "vpcId": "vpc-1",
            "subnetIds": ["subnet-1"],
            "egress": [{"action": "allow", "cidrBlock": "0.0.0.0/0", "protocol": "-1", "ruleNo": 100, "fromPort": 0}],
            "tags": {"Name": "shop", "Stage": "prod"},
        },
        "aws_network_acl",
        {"vpc_id", "subnet_ids", "egress"},
    ),
    (
        "aws:ec2/vpcEndpoint:VpcEndpoint",
        {
            "id": "vpce-1",
            "dnsOptions": {"dnsRecordIpType": "ipv4", "privateDnsOnlyForInboundResolverEndpoint": False},
            "policy": '{"Statement":[{"Action":"sqs:*","Effect":"Allow","Principal":"*","Resource":"*"}]}',
            "routeTableIds": ["rtb-1", "rtb-2"],
            "securityGroupIds": ["sg-1"],
            "subnetIds": ["subnet-1", "subnet-2"],
            "networkInterfaceIds": ["eni-1"],
            "tags": {"Name": "shop", "Stage": "prod"},
        },
        "aws_vpc_endpoint",
        {"dns_options", "policy", "route_table_ids", "security_group_ids", "subnet_ids"},
    ),
    (
        "aws:ec2/vpcPeeringConnection:VpcPeeringConnection",
        {
            "id": "pcx-1",
            "vpcId": "vpc-1",
            "peerVpcId": "vpc-9",
            "accepter": {"allowRemoteVpcDnsResolution": True},
            "requester": {"allowRemoteVpcDnsResolution": True},
            "tags": {"Name": "shop", "Stage": "prod"},
        },
        "aws_vpc_peering_connection",
        {"vpc_id", "peer_vpc_id", "accepter", "requester"},
    ),
    (
        "aws:ec2/managedPrefixList:ManagedPrefixList",
        {
            "id": "pl-1",
            "entries": [{"cidr": "192.0.2.0/24", "description": "Lyon"}, {"cidr": "198.51.100.0/24"}],
            "maxEntries": 5,
            "tags": {"Name": "shop", "Stage": "prod"},
        },
        "aws_ec2_managed_prefix_list",
        {"entry", "max_entries"},
    ),
    (
        "aws:ec2/instance:Instance",
        {
            "id": "i-1",
            "ami": "ami-1",
            "vpcSecurityGroupIds": ["sg-1", "sg-2"],
            "capacityReservationSpecification": {
                "capacityReservationPreference": "open",
                "capacityReservationTarget": {"capacityReservationId": "cr-1"},
            },
            "cpuOptions": {"amdSevSnp": "enabled", "coreCount": 2, "threadsPerCore": 1},
            "enclaveOptions": {"enabled": True},
            "maintenanceOptions": {"autoRecovery": "disabled"},
            "metadataOptions": {
                "httpEndpoint": "enabled",
                "httpPutResponseHopLimit": 2,
                "httpTokens": "required",
                "instanceMetadataTags": "enabled",
            },
            "networkInterfaces": [{"deviceIndex": 0, "networkInterfaceId": "eni-1", "deleteOnTermination": True}],
            "privateDnsNameOptions": {"enableResourceNameDnsARecord": True, "hostnameType": "ip-name"},
            "secondaryPrivateIps": ["10.0.1.10"],
            "userData": "IyEvYmluL3No",
            "tags": {"Name": "shop", "Stage": "prod"},
        },
        "aws_instance",
        {
            "vpc_security_group_ids",
            "capacity_reservation_specification",
            "cpu_options",
            "enclave_options",
            "maintenance_options",
            "metadata_options",
            "network_interface",
            "private_dns_name_options",
            "secondary_private_ips",
        },
    ),
    (
        "aws:ec2/networkInterface:NetworkInterface",
        {
            "id": "eni-3",
            "attachments": [{"attachmentId": "eni-attach-1", "deviceIndex": 1, "instance": "i-1"}],
            "privateIps": ["10.0.1.20", "10.0.1.21"],
            "securityGroups": ["sg-1"],
            "tags": {"Name": "shop", "Stage": "prod"},
        },
        "aws_network_interface",
        {"attachment", "private_ips", "security_groups"},
    ),
    (
        "aws:lb/loadBalancer:LoadBalancer",
        {
            "id": BALANCER,
            "loadBalancerType": "network",
            "accessLogs": {"bucket": "access_logs", "enabled": True, "prefix": "web"},
            "enableHttp2": False,
            "enableCrossZoneLoadBalancing": True,
            "idleTimeout": 120,
            "subnets": ["subnet-1", "subnet-2"],
            "subnetMappings": [{"allocationId": "eipalloc-1", "ipv6Address": "", "subnetId": "subnet-2"}],
            "tags": {"Name": "shop", "Stage": "prod"},
        },
        "aws_lb",
        {"access_logs", "enable_http2", "idle_timeout", "subnets", "subnet_mapping"},
    ),
    (
        "aws:alb/listener:Listener",
        {
            "id": LISTENER,
            "loadBalancerArn": BALANCER,
            "mutualAuthentication": {"mode": "verify", "trustStoreArn": "arn:trust"},
            "defaultActions": [
                {
                    "type": "authenticate-oidc",
                    "order": 1,
                    "forward": None,
                    "authenticateOidc": {
                        "issuer": "https://login.example.com",
                        "authorizationEndpoint": "https://login.example.com/authorize",
                        "tokenEndpoint": "https://login.example.com/token",
                        "userInfoEndpoint": "https://login.example.com/userinfo",
                        "clientId": "web",
                        "authenticationRequestExtraParams": {"Prompt": "login"},
                    },
                },
                {
                    "type": "forward",
                    "order": 2,
                    "redirect": None,
                    "forward": {
                        "stickiness": {"duration": 600, "enabled": True},
                        "targetGroups": [{"arn": GREEN, "weight": 0}, {"arn": BLUE, "weight": 1}],
                    },
                },
            ],
            "tags": {"Name": "shop", "Stage": "prod"},
        },
        "aws_lb_listener",
        {"load_balancer_arn", "default_action", "mutual_authentication"},
    ),
    (
        "aws:lb/listenerRule:ListenerRule",
        {
            "id": case_of("aws_lb_listener_rule").state["id"],
            "listenerArn": LISTENER,
            "actions": [
                {"type": "redirect", "redirect": {"port": "443", "protocol": "HTTPS", "statusCode": "HTTP_301"}}
            ],
            "conditions": [
                {"hostHeader": {"values": ["a.example"]}, "httpHeader": None},
                {"httpHeader": {"httpHeaderName": "X-Stage", "values": ["blue"]}},
                {"httpRequestMethod": {"values": ["GET", "HEAD"]}},
                {"pathPattern": {"regexValues": ["^/v2"]}},
                {"queryStrings": [{"key": "v", "value": "2"}, {"value": "beta"}]},
                {"sourceIp": {"values": ["10.0.0.0/8"]}},
            ],
            "transforms": [{"type": "url-rewrite", "urlRewriteConfig": {"rewrite": {"regex": "^/a", "replace": "/b"}}}],
            "tags": {"Name": "shop", "Stage": "prod"},
        },
        "aws_lb_listener_rule",
        {"listener_arn", "action", "condition", "transform"},
    ),
    (
        "aws:lb/targetGroup:TargetGroup",
        {
            "id": BLUE,
            "healthCheck": {"enabled": True, "interval": 30, "matcher": "200-299", "path": "/health"},
            "targetFailovers": [None],
            "stickiness": {"type": "lb_cookie"},
            "tags": {"Name": "shop", "Stage": "prod"},
        },
        "aws_lb_target_group",
        {"health_check"},
    ),
    (
        "aws:acm/certificate:Certificate",
        {
            "id": CERTIFICATE,
            "domainName": "shop.example",
            "subjectAlternativeNames": ["*.shop.example"],
            "options": {"export": "ENABLED"},
            "tags": {"Name": "shop", "Stage": "prod"},
        },
        "aws_acm_certificate",
        {"domain_name", "subject_alternative_names", "options"},
    ),
]


@pytest.mark.parametrize(("pulumi", "outputs", "kind", "names"), PULUMI, ids=[kind for kind, *_ in PULUMI])
def test_what_pulumi_writes_is_compared_alike(pulumi: str, outputs: Json, kind: str, names: set[str]) -> None:
    mapping = MAPPINGS.of(pulumi)
    assert mapping is OWN[kind]
    resource = exported(pulumi, outputs)
    row = {**case_of(kind).row}
    if kind == "aws_network_acl":
        row["Entries"] = [entry for entry in row["Entries"] if entry["Egress"]]
    assert compare_attributes(mapping, resource, row).changes == []
    told = set()
    for column in mapping.columns:
        for value in changed(row.get(column)):
            found = compare_attributes(mapping, resource, {**row, column: value}).changes
            told |= {name for change in found for name in names if change.field.startswith(name)}
    assert told == names


@pytest.mark.parametrize(
    ("pulumi", "outputs", "row"),
    [
        (
            "aws:ec2/route:Route",
            {"routeTableId": "rtb-1", "destinationCidrBlock": "0.0.0.0/0", "natGatewayId": "nat-1", "gatewayId": ""},
            ROUTES,
        ),
        (
            "aws:ec2/securityGroupRule:SecurityGroupRule",
            {"securityGroupId": "sg-1", "type": "ingress", "protocol": "tcp", "fromPort": 443, "toPort": 443}
            | {"cidrBlocks": ["192.168.0.0/16", "10.0.0.0/8"], "description": "inside", "self": False},
            RULES,
        ),
        (
            "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule",
            {"securityGroupId": "sg-1", "ipProtocol": "-1", "cidrIpv4": "0.0.0.0/0"},
            RULES,
        ),
        (
            "aws:ec2/networkAclRule:NetworkAclRule",
            {"networkAclId": "acl-1", "egress": True, "protocol": "-1", "ruleAction": "allow", "ruleNumber": 100}
            | {"cidrBlock": "0.0.0.0/0", "fromPort": 0, "toPort": 0},
            case_of("aws_network_acl").row,
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_parts_that_pulumi_writes_are_elements_alike(pulumi: str, outputs: Json, row: Json) -> None:
    mapping = MAPPINGS.of(pulumi)
    assert mapping is not None
    assert mapping.part is not None
    own = part_elements(mapping, MAPPINGS.by_kind[mapping.part.of], exported(pulumi, outputs))
    assert own is not None
    assert own.by_key
    assert compare_part(own, elements(own.attribute, live_value(own.attribute, row))) == ((), False)


def test_every_name_that_pulumi_has_for_a_type_leads_to_it() -> None:
    assert {name for mapping in OWN.values() for name in mapping.pulumi} <= set(MAPPINGS.by_pulumi)
    assert all(mapping.pulumi for mapping in OWN.values())
    assert MAPPINGS.of("aws_alb") is MAPPINGS.of("aws:elasticloadbalancingv2/loadBalancer:LoadBalancer")


# ---------------------------------------------------------------------------------------- recorded

FOLDER = Path(os.environ.get("AUDITOR_RECORDINGS", ""))
recorded = pytest.mark.skipif(
    not os.environ.get("AUDITOR_RECORDINGS"), reason="AUDITOR_RECORDINGS names no folder of recordings"
)
OF_A_DATA_SOURCE = {"filter", "state", "default", "cidr_block_associations"}
"""What only the data source of a VPC has: the recording does not tell it from a resource."""


def attributes_recorded() -> Iterator[tuple[str, str, Json]]:
    """File, type and attributes of resources that were recorded outside of states."""
    for path in sorted((FOLDER / "tf_resources").glob("*.json")):
        resources = orjson.loads(path.read_bytes()).get("resources", {})
        for kind, instances in resources.items():
            yield from ((path.name, kind, attributes) for attributes in instances.values())
    for path in sorted((FOLDER / "provider_reads").glob("*/*.json")):
        read = orjson.loads(path.read_bytes())
        yield path.name, read["resource_type"], read["attributes"]


@pytest.mark.recordings
@recorded
def test_every_recorded_attribute_is_explained() -> None:
    unexplained, count = set(), 0
    for name, kind, attributes in attributes_recorded():
        if kind in OWN and not (kind == "aws_vpc" and set(attributes) >= OF_A_DATA_SOURCE):
            mapping = OWN[kind]
            known = mapping.read | mapping.computed | mapping.provider_only | mapping.secret | mapping.not_collected
            known |= {attribute.name for attribute in mapping.attributes}
            unexplained |= {(name, kind, attribute) for attribute in set(attributes) - known}
            count += 1
    assert not unexplained
    assert count > 80


@pytest.mark.recordings
@recorded
@pytest.mark.parametrize(("folder", "read"), [("tfstate", read_terraform), ("pulumi", read_pulumi)])
def test_no_attribute_of_a_recorded_state_is_unread(folder: str, read: Callable[[bytes, str, Mappings], State]) -> None:
    unread, count = set(), 0
    for path in sorted((FOLDER / folder).iterdir()):
        try:
            resources = read(path.read_bytes(), path.name, MAPPINGS).resources
        except StateError:  # of a version that cannot be read
            continue
        for resource in resources:
            mapping = MAPPINGS.of(resource.kind)
            if mapping is not None and mapping.kind in OWN:
                unread |= {(path.name, mapping.kind, name) for name in resource.unread - mapping.not_collected}
                count += 1
    assert not unread
    assert count > 60


def answers(flight: str, operation: str) -> Iterator[Json]:
    """What AWS answered in a recorded run of a test, page by page."""
    with (FOLDER / "c7n" / "index.csv").open(encoding="utf-8") as index:
        for entry in csv.DictReader(index):
            if (entry["flight"], entry["operation"]) == (flight, operation):
                yield orjson.loads((FOLDER / entry["path"].partition("/")[2]).read_bytes())["data"]


FLIGHTS: list[tuple[str, str, dict[str, str], int, list[tuple[str, str]]]] = [
    # flight, Terraform's resources of it, operation -> table, resources with an answer, what differs
    (
        "ec2_igw_subnet",
        "ec2_igw_subnet.json",
        {
            "DescribeInstances": "ec2_instances",
            "DescribeRouteTables": "ec2_route_tables",
            "DescribeSubnets": "ec2_subnets",
        },
        11,
        [],
    ),
    (
        "ec2_security_group_filter_multi_enis",
        "ec2_security_group_filter_multi_enis.json",
        {"DescribeInstances": "ec2_instances", "DescribeSecurityGroups": "ec2_security_groups"},
        5,
        [],
    ),
    ("test_vpc_delete", "vpc_delete.json", {"DescribeVpcs": "ec2_vpcs"}, 1, []),
]
NOT_ASKED = ("EnableDnsSupport", "EnableDnsHostnames")
"""Columns of calls that the recorded runs did not make."""


@pytest.mark.recordings
@recorded
@pytest.mark.parametrize(("flight", "name", "tables", "count", "differing"), FLIGHTS, ids=[one[0] for one in FLIGHTS])
def test_what_terraform_made_is_what_aws_answered(
    flight: str, name: str, tables: dict[str, str], count: int, differing: list[tuple[str, str]]
) -> None:
    rows: dict[str, list[Json]] = defaultdict(list)
    for operation, table in tables.items():
        items = CATALOGUE.tables()[table].items
        for answer in answers(flight, operation):
            rows[table] += [row_of(table, item) for item in paths.find(items, answer)]
    found, told = 0, []
    for _, kind, attributes in (one for one in attributes_recorded() if one[0] == name and one[1] in OWN):
        mapping = OWN[kind]
        for row in (row for row in rows[mapping.table] if is_that_row(kind, attributes, row)):
            found += 1
            if mapping.part is None:
                told += [(kind, change.field) for change in differences(kind, attributes, row, *NOT_ASKED)]
                continue
            own = part_elements(mapping, MAPPINGS.by_kind[mapping.part.of], declared(kind, attributes))
            assert own is not None
            assert compare_part(own, elements(own.attribute, live_value(own.attribute, row))) == ((), False)
    assert (told, found) == (differing, count)


@pytest.mark.recordings
@recorded
def test_whatever_aws_answered_is_read_and_no_rule_of_a_group_is_lost() -> None:
    tables = {
        (one.service, one.operation): one for name, one in CATALOGUE.tables().items() if name.startswith(SERVICES)
    }
    count, rules = 0, 0
    with (FOLDER / "c7n" / "index.csv").open(encoding="utf-8") as index:
        entries = [one for one in csv.DictReader(index) if (one["service"], one["operation"]) in tables]
    for entry in (one for one in entries if one["status"] == "200"):
        table = tables[entry["service"], entry["operation"]]
        answer = orjson.loads((FOLDER / entry["path"].partition("/")[2]).read_bytes())["data"]
        for item in paths.find(table.items, answer) or ():
            row = row_of(table.name, item)
            for mapping in (mapping for mapping in OWN.values() if mapping.table == table.name):
                values = {attribute.name: live_value(attribute, row) for attribute in mapping.attributes}
                assert identity(mapping.row[0][0], row)
                if mapping.kind == "aws_security_group":
                    rules += len(values["ingress"] or ())
                    assert len(values["ingress"] or ()) == sources(item["IpPermissions"])
                    assert len(values["egress"] or ()) == sources(item["IpPermissionsEgress"])
            count += 1
    assert count > 300
    assert rules > 100


def sources(permissions: list[Json]) -> int:
    """How many sources or destinations these permissions have."""
    lists = ("IpRanges", "Ipv6Ranges", "PrefixListIds", "UserIdGroupPairs")
    return sum(len(permission.get(name, ())) for permission in permissions for name in lists)
