"""Reading Terraform's and OpenTofu's states: every resource is there or counted, no secret is, damage is told."""

from __future__ import annotations

import base64
import copy
import dataclasses
import hashlib
import json
import os
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from auditor.drift.code.forms.basic import plain
from auditor.drift.code.mapping import Attribute, Mappings, Part, TypeMapping
from auditor.drift.code.model import Declared, Output, Standing, State, Tool
from auditor.drift.code.states.files import DEEPEST, Sieve, is_nothing
from auditor.drift.code.states.providers import Place, own_place, place_of_arn, provider_type, with_places
from auditor.drift.code.states.terraform import read_terraform
from auditor.drift.code.states.terraform_v3 import unflattened
from auditor.errors import StateError

FOLDER = os.environ.get("AUDITOR_RECORDINGS", "")
recorded = pytest.mark.skipif(not FOLDER, reason="AUDITOR_RECORDINGS names no folder of recordings")

VPC = TypeMapping(
    kind="aws_vpc",
    table="ec2_vpcs",
    row=(("VpcId", "id"),),
    attributes=(
        Attribute(name="cidr_block", live="CidrBlock", declared="cidr_block"),
        Attribute(name="tags", live="tags", declared="not_null(tags_all, tags)", form="tags"),
        Attribute(name="master", live="Master", declared="master"),
    ),
    computed=frozenset({"main_route_table_id"}),
    provider_only=frozenset({"force_destroy"}),
    secret=frozenset({"password"}),
    not_collected=frozenset({"ipam_pool"}),
)
MAPPINGS = Mappings({"aws_vpc": VPC})
ARN = "arn:aws:ec2:eu-west-1:111122223333:vpc/vpc-1"
MARKER = "Tr0ub4dor"


def state(*resources: dict[str, Any], **members: object) -> dict[str, Any]:
    return {
        "version": 4,
        "terraform_version": "1.7.1",
        "serial": 7,
        "outputs": {},
        "resources": [*resources],
        **members,
    }


def resource(*instances: dict[str, Any], **members: object) -> dict[str, Any]:
    common = {"mode": "managed", "type": "aws_vpc", "name": "main", "provider": "provider.aws"}
    return {**common, "instances": [*instances], **members}


def instance(**members: object) -> dict[str, Any]:
    return {"schema_version": 1, "attributes": {"id": "vpc-1"}, **members}


def read(document: object, mappings: Mappings = MAPPINGS) -> State:
    return read_terraform(document if isinstance(document, bytes) else orjson.dumps(document), "x.tfstate", mappings)


def one(document: object, mappings: Mappings = MAPPINGS) -> Declared:
    (found,) = read(document, mappings).resources
    return found


def told(value: object) -> str:
    """Everything that a state could be printed as."""
    return repr(value) + orjson.dumps(value, default=_plain).decode()


def _plain(value: object) -> object:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return dataclasses.asdict(value)
    assert isinstance(value, frozenset)
    return sorted(value)


# ---------------------------------------------------------------------------------------- a state, in full


def test_a_state_is_read_with_all_that_it_says_of_itself() -> None:
    data = orjson.dumps(
        state(
            resource(instance(attributes={"id": "vpc-1", "arn": ARN, "cidr_block": "10.0.0.0/16", "tags": {"a": "b"}})),
            outputs={
                "vpc": {"value": "vpc-1", "type": "string"},
                "key": {"value": MARKER, "type": "string", "sensitive": True},
            },
            check_results=[{"object_kind": "output", "status": MARKER}],
        )
    )
    assert read_terraform(data, "x.tfstate", MAPPINGS) == State(
        tool=Tool.TERRAFORM,
        name="x.tfstate",
        digest=hashlib.sha256(data).hexdigest(),
        version="4, Terraform 1.7.1",
        serial=7,
        outputs=(Output("vpc", "vpc-1"), Output("key", None, withheld=True)),
        resources=(
            Declared(
                tool=Tool.TERRAFORM,
                state="x.tfstate",
                address="aws_vpc.main",
                kind="aws_vpc",
                id="vpc-1",
                provider="provider.aws",
                account="111122223333",
                region="eu-west-1",
                attributes={"id": "vpc-1", "arn": ARN, "cidr_block": "10.0.0.0/16", "tags": {"a": "b"}},
            ),
        ),
    )


@pytest.mark.parametrize(
    ("written", "version"),
    [
        ("1.7.1", "4, Terraform 1.7.1"),
        ("0.12.0-beta2", "4, Terraform 0.12.0-beta2"),
        ("invalid", "4"),
        (7, "4"),
        (None, "4"),
    ],
)
def test_a_tool_version_that_is_none_is_no_reason_to_refuse(written: object, version: str) -> None:
    assert read(state(terraform_version=written)).version == version


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_a_state_that_windows_wrote_is_read(encoding: str) -> None:
    data = orjson.dumps(state(resource(instance()))).decode().encode(encoding)
    assert len(read(data).resources) == 1


ADDRESSES: Final[list[tuple[dict[str, Any], dict[str, Any], str]]] = [
    ({}, {}, "aws_vpc.main"),
    ({"each": "list"}, {"index_key": 0}, "aws_vpc.main[0]"),
    ({"each": "list"}, {"index_key": 12.0}, "aws_vpc.main[12]"),
    ({"each": "map"}, {"index_key": "a"}, 'aws_vpc.main["a"]'),
    ({"each": "map"}, {"index_key": "0"}, 'aws_vpc.main["0"]'),
    ({"each": "map"}, {"index_key": 'a"]\n${x}\x1b'}, 'aws_vpc.main["a\\"]\\n$${x}\\u001b"]'),
    ({"each": "map"}, {"index_key": "a\u202eb"}, 'aws_vpc.main["a\\u202eb"]'),
    ({"module": "module.net"}, {}, "module.net.aws_vpc.main"),
    ({"module": 'module.net["k"].module.in[1]'}, {"index_key": "a"}, 'module.net["k"].module.in[1].aws_vpc.main["a"]'),
    ({}, {"deposed": "0a1b2c3d"}, "aws_vpc.main (deposed 0a1b2c3d)"),
]


@pytest.mark.parametrize(("members", "own", "address"), ADDRESSES)
def test_an_address_is_as_terraform_writes_it(members: dict[str, Any], own: dict[str, Any], address: str) -> None:
    assert one(state(resource(instance(**own), **members))).address == address


@pytest.mark.parametrize(
    ("members", "standing"),
    [
        ({}, Standing.MANAGED),
        ({"status": ""}, Standing.MANAGED),
        ({"status": "tainted"}, Standing.TAINTED),
        ({"status": "tainted", "deposed": "0a1b2c3d"}, Standing.DEPOSED),
        ({"deposed": "0a1b2c3d"}, Standing.DEPOSED),
        ({"status": "something new"}, Standing.PENDING),
        ({"create_before_destroy": True}, Standing.MANAGED),
    ],
)
def test_an_instance_stands_as_its_status_says(members: dict[str, Any], standing: Standing) -> None:
    assert one(state(resource(instance(**members)))).standing is standing


def test_a_replacement_that_failed_halfway_gives_both_resources() -> None:
    found = read(state(resource(instance(), instance(deposed="0a1b2c3d", attributes={"id": "vpc-0"})))).resources
    assert [(r.id, r.standing) for r in found] == [("vpc-1", Standing.MANAGED), ("vpc-0", Standing.DEPOSED)]


# ---------------------------------------------------------------------------------------- whose a resource is

QUALIFIED = 'provider["registry.terraform.io/hashicorp/{}"]'
KINDS: Final[list[tuple[str, str, str, str]]] = [
    # mode, type, provider, why it is set aside
    ("managed", "aws_vpc", "provider.aws", ""),
    ("managed", "aws_vpc", "provider.aws.west", ""),
    ("managed", "aws_vpc", "module.a.module.b.provider.aws.west", ""),
    ("managed", "aws_vpc", QUALIFIED.format("aws"), ""),
    ("managed", "aws_vpc", QUALIFIED.format("aws") + ".west", ""),
    ("managed", "aws_vpc", 'module.a.provider["registry.opentofu.org/hashicorp/aws"]', ""),
    ("managed", "aws_vpc", 'provider["registry.opentofu.org/opentofu/aws"]', ""),
    ("managed", "aws_vpc", 'provider["mirror.example.com/fork/aws"]', ""),
    ("managed", "awscc_ec2_vpc", QUALIFIED.format("awscc"), ""),
    ("managed", "random_password", QUALIFIED.format("random"), "provider random"),
    ("managed", "null_resource", "provider.null", "provider null"),
    ("managed", "null_resource", "module.x.provider.null.other", "provider null"),
    ("managed", "terraform_data", 'provider["terraform.io/builtin/terraform"]', "provider terraform"),
    ("managed", "google_x", QUALIFIED.format("google-beta"), "provider google-beta"),
    ("managed", "kubernetes_secret", "", "provider kubernetes"),
    ("data", "aws_vpc", "provider.aws", "data source"),
    ("data", "http", "provider.http", "data source"),
    ("ephemeral", "aws_vpc", "provider.aws", "resource of another mode"),
]


@pytest.mark.parametrize(("mode", "kind", "provider", "aside"), KINDS)
def test_every_entry_is_declared_or_counted(mode: str, kind: str, provider: str, aside: str) -> None:
    found = read(state(resource(instance(), instance(index_key=1), mode=mode, type=kind, provider=provider)))
    assert dict(found.set_aside) == ({aside: 2} if aside else {})
    assert len(found.resources) == (0 if aside else 2)


def test_a_resource_without_instances_is_counted() -> None:
    assert dict(read(state(resource())).set_aside) == {"resource without instances": 1}


@pytest.mark.parametrize(
    ("provider", "expected"), [("aws.west", "aws"), ("aws", "aws"), ("", "random"), ("?", "random")]
)
def test_a_provider_of_old_is_known_by_its_local_name(provider: str, expected: str) -> None:
    assert provider_type(provider, "random_id") == expected


# ---------------------------------------------------------------------------------------- account and region


@pytest.mark.parametrize(
    ("arn", "place"),
    [
        (ARN, Place("111122223333", "eu-west-1")),
        ("arn:aws-us-gov:rds:us-gov-west-1:111122223333:db:x", Place("111122223333", "us-gov-west-1")),
        ("arn:aws:iam::111122223333:role/x", Place("111122223333", "")),
        ("arn:aws:iam::aws:policy/AdministratorAccess", Place("", "")),
        ("arn:aws:s3:::bucket", Place("", "")),
        ("arn:aws:apigateway:us-east-1::/restapis/x", Place("", "us-east-1")),
        ("arn:aws:iam::xxxxxxxxxxxx:user/x", Place("", "")),
        ("arn:aws:ec2:nowhere:111122223333:vpc/x", Place("111122223333", "")),
        ("vpc-1", None),
        (None, None),
        (7, None),
    ],
)
def test_an_arn_says_account_and_region_if_it_has_them(arn: object, place: Place | None) -> None:
    assert place_of_arn(arn) == place


@pytest.mark.parametrize(
    ("attributes", "place"),
    [
        ({"arn": ARN}, Place("111122223333", "eu-west-1")),
        ({"id": ARN}, Place("111122223333", "eu-west-1")),
        ({"arn": ARN, "region": "us-west-2"}, Place("111122223333", "us-west-2")),
        ({"arn": ARN, "owner_id": "999999999999"}, Place("111122223333", "eu-west-1")),
        ({"arn": "arn:aws:s3:::b", "region": "us-west-2"}, Place("", "us-west-2")),
        ({"owner_id": "999999999999", "availability_zone": "ap-southeast-2b"}, Place("999999999999", "ap-southeast-2")),
        ({"availability_zone": "us-west-2-lax-1a"}, Place("", "us-west-2")),
        ({"availability_zone": "us-east-1-wl1-bos-wlz-1"}, Place("", "us-east-1")),
        ({"availability_zone": "us-gov-east-1a"}, Place("", "us-gov-east-1")),
        ({"availability_zone": "us-east-1"}, Place("", "")),
        ({"availability_zone": ["us-east-1a"], "region": {"a": 1}, "owner_id": 7}, Place("", "")),
        ({"account_id": "999999999999"}, Place("", "")),
    ],
)
def test_attributes_say_account_and_region(attributes: dict[str, Any], place: Place) -> None:
    assert own_place(attributes) == place


def declared(kind: str, provider: str, account: str = "", region: str = "", **attributes: object) -> Declared:
    return Declared(
        tool=Tool.TERRAFORM,
        state="x",
        address=kind,
        kind=kind,
        id="x",
        provider=provider,
        account=account,
        region=region,
        attributes=attributes,
    )


A, B = "111122223333", "444455556666"
SIBLINGS: Final[list[tuple[list[Declared], Declared, tuple[str, str]]]] = [
    # siblings, who asks, what is concluded
    ([declared("x", "p", A, "eu-west-1")], declared("aws_eip", "p"), (A, "eu-west-1")),
    ([declared("x", "p", A, ""), declared("x", "p", "", "eu-west-1")], declared("aws_eip", "p"), (A, "eu-west-1")),
    ([declared("x", "p", A, "eu-west-1")], declared("aws_eip", "p.west"), ("", "")),
    ([declared("x", "p", A, "eu-west-1"), declared("x", "p", A, "eu-west-2")], declared("aws_eip", "p"), (A, "")),
    ([declared("x", "p", A), declared("x", "p", B)], declared("aws_eip", "p"), ("", "")),
    ([declared("x", "p", A, "eu-west-1")], declared("aws_eip", "p", B, "eu-west-3"), (B, "eu-west-3")),
    ([declared("x", "p", A, "eu-west-1")], declared("aws_eip", "p", account_id=B), (A, "eu-west-1")),
    ([], declared("aws_eip", "p", account_id=B), (B, "")),
    ([], declared("aws_eip", "p"), ("", "")),
    # what belongs to no region
    ([declared("x", "p", A, "eu-west-1")], declared("aws_iam_role_policy_attachment", "p"), (A, "")),
    ([declared("x", "p", A, "eu-west-1")], declared("aws_route53_record", "p"), (A, "")),
    ([declared("x", "p", A, "eu-west-1")], declared("aws_route53_resolver_rule", "p"), (A, "eu-west-1")),
    ([declared("x", "p", A, "eu-west-1")], declared("aws:iam/rolePolicy:RolePolicy", "p"), (A, "")),
    ([declared("x", "p", A, "eu-west-1")], declared("aws:route53/resolverRule:ResolverRule", "p"), (A, "eu-west-1")),
    ([declared("x", "p", A, "eu-west-1")], declared("aws-native:iam:Role", "p"), (A, "")),
    ([declared("x", "p", A, "eu-west-1")], declared("awscc_iam_role", "p"), (A, "")),
    ([declared("x", "p", A, "eu-west-1")], declared("aws_new", "p", A, arn=f"arn:aws:new::{A}:x"), (A, "")),
    ([declared("x", "p", A, "eu-west-1")], declared("aws_s3_bucket", "p", arn="arn:aws:s3:::b"), (A, "eu-west-1")),
]


@pytest.mark.parametrize(("siblings", "asking", "expected"), SIBLINGS)
def test_resources_of_one_provider_configuration_say_where_the_others_are(
    siblings: list[Declared], asking: Declared, expected: tuple[str, str]
) -> None:
    *others, last = with_places([*siblings, asking])
    assert (last.account, last.region) == expected
    assert [dataclasses.replace(one, account="", region="") for one in others] == [
        dataclasses.replace(one, account="", region="") for one in siblings
    ]


def test_what_the_provider_says_itself_stands_before_its_resources() -> None:
    configured = {"p": Place(B, "us-east-1")}
    found = with_places([declared("x", "p", A, "eu-west-1"), declared("aws_eip", "p")], configured)
    assert [(one.account, one.region) for one in found] == [(A, "eu-west-1"), (B, "us-east-1")]


def test_the_caller_that_a_data_source_found_is_the_account_of_its_provider() -> None:
    caller = resource(
        instance(attributes={"account_id": A}), mode="data", type="aws_caller_identity", provider="provider.aws.west"
    )
    found = read(state(caller, resource(instance(), provider="provider.aws.west"), resource(instance()))).resources
    assert [one.account for one in found] == [A, ""]
    other = resource(instance(attributes={"account_id": B}), mode="data", type="aws_caller_identity")
    assert (
        one(state({**other, "instances": [*other["instances"], *caller["instances"]]}, resource(instance()))).account
        == ""
    )


def test_an_identity_says_account_and_region() -> None:
    found = one(state(resource(instance(identity={"account_id": A, "region": "eu-west-1", "x": MARKER}))))
    assert (found.account, found.region) == (A, "eu-west-1")
    assert MARKER not in told(found)


# ---------------------------------------------------------------------------------------- what is kept


def test_only_what_a_comparison_reads_is_kept_and_of_the_rest_the_names() -> None:
    attributes = {
        "id": "vpc-1",
        "arn": ARN,
        "owner_id": "111122223333",
        "cidr_block": "10.0.0.0/16",
        "tags": None,
        "tags_all": {"a": "b"},
        "main_route_table_id": "rtb-1",
        "force_destroy": True,
        "password": MARKER,
        "ipam_pool": MARKER,
        "unheard_of": [{"x": MARKER}],
        "timeouts": {"create": MARKER},
        "off": False,
        "none": None,
        "empty": [{"x": "", "y": None}],
    }
    found = one(state(resource(instance(attributes=attributes))))
    kept = {"id", "arn", "owner_id", "cidr_block", "tags", "tags_all"}
    assert found.attributes == {name: attributes[name] for name in kept}
    assert found.withheld == {"password"}
    assert found.unread == {"ipam_pool", "unheard_of"}
    assert MARKER not in told(found)


def test_of_a_type_that_is_not_mapped_id_and_arn_are_kept() -> None:
    found = one(state(resource(instance(attributes={"id": "vpc-1", "arn": ARN, "cidr_block": "x"}))), Mappings())
    assert found.attributes == {"id": "vpc-1", "arn": ARN}
    assert not found.unread | found.withheld


def test_what_a_part_and_its_row_read_is_kept() -> None:
    part = Part("aws_route_table", "'route'", "[{cidr_block: destination, gateway_id: gateway}]")
    mapping = TypeMapping(kind="aws_route", table="t", row=(("RouteTableId", "route_table_id"),), part=part)
    attributes = {"id": "r", "route_table_id": "rtb-1", "destination": "0.0.0.0/0", "gateway": "igw-1", "other": 1}
    found = one(state(resource(instance(attributes=attributes), type="aws_route")), Mappings({"aws_route": mapping}))
    assert set(found.attributes) == {"id", "route_table_id", "destination", "gateway"}
    assert found.unread == {"other"}


def _step(*path: object) -> list[dict[str, Any]]:
    return [{"type": "get_attr" if isinstance(step, str) else "index", "value": step} for step in path]


MARKS: Final[list[tuple[object, set[str]]]] = [
    ([], set()),
    (None, set()),
    ("", set()),
    ([_step("master")], {"master"}),
    ([_step("master", 0, "deep")], {"master"}),
    (
        [[{"type": "get_attr", "value": "master"}, {"type": "index", "value": {"value": "k", "type": "string"}}]],
        {"master"},
    ),
    ([_step("master"), _step("cidr_block")], {"master", "cidr_block"}),
    (["master"], {"master"}),
    (["master[0].deep"], {"master"}),
    ([["master", "deep"]], {"master"}),
    (base64.b64encode(orjson.dumps([_step("master")])).decode(), {"master"}),
    ([_step("not_there")], set()),
    # marks that nobody understands: everything may be secret
    ([[]], {"id", "master", "cidr_block"}),
    ([_step(0)], {"id", "master", "cidr_block"}),
    ([[{"type": "new", "value": "master"}]], {"id", "master", "cidr_block"}),
    ([7], {"id", "master", "cidr_block"}),
    ({"master": True}, {"id", "master", "cidr_block"}),
    ("%%%", {"id", "master", "cidr_block"}),
]


@pytest.mark.parametrize(("marks", "withheld"), MARKS)
@pytest.mark.parametrize("form", ["attributes", "attributes_flat"])
def test_what_the_state_marks_is_withheld_whole(marks: object, withheld: set[str], form: str) -> None:
    attributes = {"id": f"{MARKER}-1", "master": f"{MARKER}-2", "cidr_block": f"{MARKER}-3"}
    own = {"attributes": None, form: attributes, "sensitive_attributes": marks}
    found = one(state(resource(instance(**own))))
    assert found.withheld == withheld
    assert found.attributes == {name: value for name, value in attributes.items() if name not in withheld}
    assert found.id == ("" if "id" in withheld else f"{MARKER}-1")
    assert all(attributes[name] not in told(found) for name in withheld)


def test_a_secret_arn_says_nothing() -> None:
    own = {"attributes": {"id": "vpc-1", "arn": ARN}, "sensitive_attributes": [_step("arn")]}
    found = one(state(resource(instance(**own))))
    assert (found.account, found.region) == ("", "")
    assert found.withheld == {"arn"}


@settings(deadline=None)
@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
        lambda x: st.lists(x) | st.dictionaries(st.text(), x),
    )
)
def test_nothing_is_what_the_form_plain_calls_nothing(value: object) -> None:
    assert is_nothing(value) is (plain(value) is None)


# ---------------------------------------------------------------------------------------- version 3

FLAT: Final[list[tuple[dict[str, Any], dict[str, Any], set[str]]]] = [
    # flat, what it is, what contradicts itself
    ({"a": "1", "b": ""}, {"a": "1", "b": ""}, set()),
    ({"tags.%": "0"}, {"tags": {}}, set()),
    ({"tags.%": "2", "tags.Name": "x", "tags.a.b.c": "y"}, {"tags": {"Name": "x", "a.b.c": "y"}}, set()),
    ({"tags.%": "2", "tags.%b": "x", "tags.#": "y"}, {}, {"tags"}),
    ({"l.#": "0"}, {"l": []}, set()),
    ({"l.#": "3", "l.0": "a", "l.2": "c", "l.1": "b"}, {"l": ["a", "b", "c"]}, set()),
    ({"l.#": "11", **{f"l.{n}": str(n) for n in range(11)}}, {"l": [str(n) for n in range(11)]}, set()),
    ({"s.#": "2", "s.3221": "b", "s.117": "a"}, {"s": ["a", "b"]}, set()),
    (
        {
            "ingress.#": "1",
            "ingress.2541437006.from_port": "443",
            "ingress.2541437006.cidr_blocks.#": "2",
            "ingress.2541437006.cidr_blocks.0": "10.0.0.0/8",
            "ingress.2541437006.cidr_blocks.1": "172.16.0.0/12",
            "ingress.2541437006.security_groups.#": "0",
            "ingress.2541437006.labels.%": "1",
            "ingress.2541437006.labels.x.y": "z",
        },
        {
            "ingress": [
                {
                    "from_port": "443",
                    "cidr_blocks": ["10.0.0.0/8", "172.16.0.0/12"],
                    "security_groups": [],
                    "labels": {"x.y": "z"},
                }
            ]
        },
        set(),
    ),
    ({"o.a": "1", "o.b.#": "1", "o.b.0": "x"}, {"o": {"a": "1", "b": ["x"]}}, set()),
    ({"l.#": "1", "l.0.#": "1", "l.0.0": "x"}, {"l": [["x"]]}, set()),
    # counts that lie, and keys that cannot be
    ({"l.#": "3", "l.0": "a", "ok": "1"}, {"ok": "1"}, {"l"}),
    ({"l.#": "0", "l.0": "a"}, {}, {"l"}),
    ({"l.#": "x", "l.0": "a"}, {}, {"l"}),
    ({"l.#": None}, {}, {"l"}),
    ({"tags.%": "5", "tags.a": "x"}, {}, {"tags"}),
    ({"l.#": "1", "l.~123": "a"}, {}, {"l"}),
    ({"l.#": "1", "l.name": "a"}, {}, {"l"}),
    ({"l.#": "1", "l.\u0663": "a"}, {}, {"l"}),
    ({"l.#": "1", f"l.{'9' * 5000}": "a"}, {"l": ["a"]}, set()),
    ({"a": "1", "a.b": "2"}, {}, {"a"}),
    ({"a": "1", "a.": "2"}, {}, {"a"}),
    ({"l.#": "1", "l.%": "1", "l.0": "x"}, {}, {"l"}),
    ({"a": {"b": "c"}}, {}, {"a"}),
    ({"a": ["b"]}, {}, {"a"}),
    ({"a" + ".b" * 5000: "x"}, {}, {"a"}),
    ({"tags.%": "1", "tags" + ".b" * 5000: "x"}, {"tags": {("b." * 5000)[:-1]: "x"}}, set()),
    ({"": "x"}, {"": "x"}, set()),
]


@pytest.mark.parametrize(("flat", "attributes", "lost"), FLAT)
def test_a_flat_map_is_brought_into_the_shape_of_version_4(
    flat: dict[str, Any], attributes: dict[str, Any], lost: set[str]
) -> None:
    found = unflattened(flat)
    assert found.attributes == attributes
    assert found.lost == lost


def test_a_flat_attribute_that_contradicts_itself_is_told_and_not_compared() -> None:
    flat = {"id": "vpc-1", "tags.%": "5", "tags.a": MARKER, "cidr_block": "x", "new.#": "9", "ipam_pool.#": "9"}
    found = one(state(resource(instance(attributes=None, attributes_flat=flat))))
    assert found.attributes == {"id": "vpc-1", "cidr_block": "x"}
    assert found.withheld == {"tags"}
    assert found.unread == {"new", "ipam_pool"}
    assert MARKER not in told(found)


def v3(**modules: dict[str, Any]) -> dict[str, Any]:
    """A state of version 3; modules by their path with `__` between the steps."""
    return {
        "version": 3,
        "terraform_version": "0.11.14",
        "serial": 4,
        "modules": [
            {
                "path": path.split("__"),
                "outputs": {"o": {"value": path, "sensitive": path == "secret"}},
                "resources": found,
            }
            for path, found in modules.items()
        ],
    }


def old(kind: str = "aws_vpc", **members: object) -> dict[str, Any]:
    attributes = {"id": "vpc-1", "arn": ARN, "cidr_block": "10.0.0.0/16", "tags.%": "1", "tags.a.b": "c"}
    primary = {"id": "vpc-1", "attributes": attributes, "meta": {"x": MARKER}, "tainted": False}
    return {"type": kind, "primary": primary, "deposed": [], "provider": "provider.aws", **members}


def test_version_3_is_read_like_version_4() -> None:
    found = read(v3(root={"aws_vpc.main": old()}, root__net={"aws_vpc.main.0": old(), "data.aws_vpc.x": old()}))
    assert (found.version, found.serial) == ("3, Terraform 0.11.14", 4)
    assert [one.address for one in found.resources] == ["aws_vpc.main", "module.net.aws_vpc.main[0]"]
    assert found.resources[0].attributes == {
        "id": "vpc-1",
        "arn": ARN,
        "cidr_block": "10.0.0.0/16",
        "tags": {"a.b": "c"},
    }
    assert (found.resources[0].account, found.resources[0].region) == ("111122223333", "eu-west-1")
    assert dict(found.set_aside) == {"data source": 1}
    assert found.outputs == (Output("o", "root"),)
    assert MARKER not in told(found)


def test_the_outputs_of_other_modules_are_none_of_the_state() -> None:
    assert read(v3(root__net={})).outputs == ()


def test_secret_outputs_of_version_3_are_withheld() -> None:
    document = v3(root={})
    document["modules"][0]["outputs"] = {"a": {"value": MARKER, "sensitive": True}, "b": "text", "c": {"value": [1]}}
    found = read(document)
    assert found.outputs == (Output("a", None, withheld=True), Output("b", "text"), Output("c", [1]))
    assert MARKER not in told(found)


def test_version_3_tells_tainted_and_deposed_resources() -> None:
    entry = old(deposed=[{"id": "vpc-0", "attributes": {"id": "vpc-0"}}])
    entry["primary"]["tainted"] = True
    found = read(v3(root={"aws_vpc.main": entry, "aws_vpc.gone": old(primary=None)}))
    assert [(one.address, one.id, one.standing) for one in found.resources] == [
        ("aws_vpc.main", "vpc-1", Standing.TAINTED),
        ("aws_vpc.main (deposed 00000001)", "vpc-0", Standing.DEPOSED),
    ]
    assert dict(found.set_aside) == {"resource without instances": 1}


def test_the_id_of_an_instance_stands_where_its_attributes_have_none() -> None:
    entry = old(primary={"id": "vpc-9", "attributes": {"cidr_block": "x"}})
    assert one(v3(root={"aws_vpc.main": entry})).id == "vpc-9"


@pytest.mark.parametrize(
    ("provider", "path", "expected"),
    [
        ("provider.aws.west", "root", "provider.aws.west"),
        ("module.net.provider.aws", "root__net", "module.net.provider.aws"),
        ("aws.west", "root__net", "module.net.provider.aws.west"),
        ("", "root", "provider.aws"),
        ("", "root__net", "module.net.provider.aws"),
        (None, "root", "provider.aws"),
    ],
)
def test_a_provider_of_version_3_is_that_of_its_module(provider: object, path: str, expected: str) -> None:
    assert one(v3(**{path: {"aws_vpc.main": old(provider=provider)}})).provider == expected


# ---------------------------------------------------------------------------------------- what is no state

DEEP: Final = b"[" * 10_000 + b"]" * 10_000
GOOD: Final = state(resource(instance()))
REFUSED: Final[list[tuple[object, str]]] = [
    (b"", "is empty"),
    (b" \n", "is empty"),
    (b"PK\x03\x04\x14\x00", "saved plan"),
    (b"{", "cut off"),
    (orjson.dumps(GOOD)[:-20], "cut off (line 1, column "),
    (b"\xff\xfe{\x00\xff", "cannot be decoded"),
    (b"\x80\x81", "is not JSON"),
    (DEEP, "is not JSON"),
    (b'{"version": 4, "resources": ' + b"[" * 200 + b"]" * 200 + b"}", f"more than {DEEPEST} levels"),
    ([], "is not an object"),
    ("text", "is not an object"),
    (None, "is not an object"),
    ({}, "has no version"),
    ({"version": "4", "resources": []}, "has no version"),
    ({"version": True, "resources": []}, "has no version"),
    ({"version": 0}, "of version 0"),
    ({"version": 1, "modules": []}, "with a newer Terraform"),
    ({"version": 2, "modules": []}, "of version 2"),
    ({"version": 5, "resources": []}, "update it"),
    ({"version": 4}, "resources is not a list"),
    ({"version": 4, "modules": []}, "resources is not a list"),
    ({"version": 3}, "modules is not a list"),
    ({"version": 3, "backend": {"type": "s3"}}, "only says where the state is kept"),
    (
        {"version": 3, "backend": {"type": "s3"}, "modules": [{"path": ["root"], "resources": {}}]},
        "terraform state pull",
    ),
    ({"version": 3, "remote": {"type": "s3"}, "modules": None}, "only says where the state is kept"),
    ({"format_version": "1.0", "terraform_version": "1.7.1", "values": {"root_module": {}}}, "terraform show -json"),
    ({"format_version": "1.0", "terraform_version": "1.7.1"}, "terraform state pull"),
    ({"format_version": "1.2", "planned_values": {}, "resource_changes": []}, "is a plan"),
    ({"meta": {}, "encrypted_data": "x", "encryption_version": "v0", "serial": 1}, "tofu state pull"),
    ({"version": 3, "deployment": {"resources": []}}, "--pulumi-state"),
    ({"pytest-terraform": 1, "outputs": {}, "resources": {}}, "has no version"),
    ({**GOOD, "resources": {}}, "resources is not a list"),
    ({**GOOD, "resources": [7]}, "resources[0] is not an object"),
    ({**GOOD, "outputs": []}, "outputs is not an object"),
    ({**GOOD, "outputs": {"\x1b[31m": 7}}, "outputs, entry 1, is not an object"),
    (state(resource(type=7)), "resources[0].type is not a name"),
    (state(resource(name="")), "resources[0].name is not a name"),
    (state(resource(instances=None)), "resources[0].instances is not a list"),
    (state(resource(instances=["x"])), "resources[0].instances[0] is not an object"),
    (state(resource(instance(attributes=[]))), "attributes is not an object"),
    (state(resource(instance(attributes=None, attributes_flat=[]))), "attributes_flat is not an object"),
    (state(resource(instance(index_key={}))), "index_key is neither text nor a number"),
    (state(resource(instance(index_key=True))), "index_key is neither text nor a number"),
    ({"version": 3, "modules": [7]}, "modules[0] is not an object"),
    ({"version": 3, "modules": [{"path": []}]}, "does not begin with root"),
    ({"version": 3, "modules": [{"path": ["x"]}]}, "does not begin with root"),
    ({"version": 3, "modules": [{"path": ["root", 7]}]}, "path is not a name"),
    ({"version": 3, "modules": [{"path": ["root"], "resources": []}]}, "modules[0].resources is not an object"),
    (v3(root={"aws_vpc": old()}), "has no resource's address"),
    (v3(root={"aws_vpc.a.b": old()}), "has no resource's address"),
    (v3(root={"data.aws_vpc.a.0.1": old()}), "has no resource's address"),
    (v3(root={"aws_vpc.a": []}), "entry 1, is not an object"),
    (v3(root={"aws_vpc.a": old(primary=[])}), "primary is not an object"),
    (v3(root={"aws_vpc.a": old(deposed=7)}), "deposed is not a list"),
    (v3(root={"aws_vpc.a": old(primary={"attributes": []})}), "attributes is not an object"),
]


@pytest.mark.parametrize(("document", "why"), REFUSED)
def test_what_is_no_state_is_refused_in_one_line_with_a_remedy(document: object, why: str) -> None:
    with pytest.raises(StateError) as refused:
        read(document)
    assert why in str(refused.value)
    assert str(refused.value).startswith("x.tfstate")
    assert refused.value.remedy
    assert str(refused.value).isprintable()
    assert refused.value.exit_status == 2


def test_an_old_copy_of_a_remote_state_that_has_resources_is_read() -> None:
    assert len(read({**v3(root={"aws_vpc.main": old()}), "remote": {"type": "s3"}}).resources) == 1


# ---------------------------------------------------------------------------------------- recorded states


def recordings() -> list[Path]:
    return sorted(Path(FOLDER).glob("tfstate/*.tfstate"))


def documents() -> Iterator[dict[str, Any]]:
    """Every recorded state of version 4, and the recorded attributes of single resources as one."""
    for path in recordings():
        document = orjson.loads(path.read_bytes())
        if document["version"] == 4:
            yield document
    for path in sorted(Path(FOLDER).glob("tf_resources/*.json")):
        whole = orjson.loads(path.read_bytes())
        by_type = whole.get("resources", {})  # one of them has outputs alone
        found = [(kind, attributes) for kind, named in by_type.items() for attributes in named.values()]
        yield state(*(resource(instance(attributes=attributes), type=kind) for kind, attributes in found))
    for path in sorted(Path(FOLDER).glob("provider_reads/*/*.json")):
        found_one = orjson.loads(path.read_bytes())
        if found_one["attributes"] is not None:  # some were looked for, and were not there
            yield state(resource(instance(attributes=found_one["attributes"]), type=found_one["resource_type"]))


COUNTS: Final[dict[str, tuple[int, dict[str, int], int]]] = {
    "driftctl_aws_lb_listener.tfstate": (6, {"data source": 1}, 0),
    "driftctl_aws_s3_full.tfstate": (26, {}, 0),
    "driftctl_aws_vpc_security_group_rule.tfstate": (11, {}, 0),
    "driftctl_testdata_v4_invalid_version.tfstate": (1, {"data source": 1}, 1),
    "ecspresso_tests_ci_terraform.tfstate": (12, {"data source": 6, "resource without instances": 1}, 2),
    "inframap_aws_state_multiple_hanging_edges.tfstate": (16, {}, 0),
    "inframap_repeated_modules.tfstate": (16, {}, 0),
    "stefunny_testdata_terraform.tfstate": (3, {"data source": 1}, 0),
    "tfstate-lookup_tfstate_roundtrip_v3-grabbag.in.tfstate": (0, {"provider null": 4}, 1),
    "tfstate-lookup_tfstate_roundtrip_v3-simple.in.tfstate": (0, {"provider null": 4}, 1),
    "tfstate-lookup_tfstate_test_terraform.tfstate": (11, {"data source": 6, "resource without instances": 1}, 3),
}


@recorded
def test_every_recorded_state_is_read_and_every_entry_of_it_counted() -> None:
    counts = {}
    for path in recordings():
        document = orjson.loads(path.read_bytes())
        if document["version"] == 1:
            with pytest.raises(StateError, match="of version 1; 3 and 4 can be read"):
                read_terraform(path.read_bytes(), path.name, Mappings())
            continue
        found = read_terraform(path.read_bytes(), path.name, Mappings())
        counts[path.name] = (len(found.resources), dict(found.set_aside), len(found.outputs))
        entries = document.get("resources", [])
        instances = sum(len(entry["instances"]) or 1 for entry in entries)
        assert document["version"] == 3 or len(found.resources) + found.set_aside.total() == instances  # type: ignore[attr-defined]
        assert all(one.id and not one.withheld for one in found.resources)
    assert len(counts) == 62
    assert COUNTS.items() <= counts.items()


@recorded
def test_recorded_resources_are_where_they_were() -> None:
    places: Counter[tuple[str, str]] = Counter()
    for path in recordings():
        if "v1" not in path.name:
            places.update(
                (one.account, one.region) for one in read_terraform(path.read_bytes(), "x", Mappings()).resources
            )
    assert places[("993455555993", "us-east-1")] == 5
    assert places[("123456789012", "ap-northeast-1")] == 13
    assert sum(count for (account, region), count in places.items() if account and region) == 56


# ---------------------------------------------------------------------------------------- no secret comes through


def planted(value: Any) -> Any:  # noqa: ANN401 - any JSON
    """The same, with the marker in every value."""
    if isinstance(value, dict):
        return {name: planted(item) for name, item in value.items()}
    if isinstance(value, list):
        return [planted(item) for item in value]
    return f"{MARKER} {value}"


def _unmapped(found: dict[str, Any]) -> None:
    attributes = found["attributes"] if found.get("attributes") is not None else found["attributes_flat"]
    attributes |= {name: planted(value) for name, value in attributes.items() if name not in {"id", "arn"}}


def _sensitive(found: dict[str, Any]) -> None:
    form = "attributes" if found.get("attributes") is not None else "attributes_flat"
    found[form] = planted(found[form])
    found["sensitive_attributes"] = [_step(name.split(".")[0]) for name in found[form]]


def _unclear(found: dict[str, Any]) -> None:
    _sensitive(found)
    found["sensitive_attributes"] = [_step(7)]


def _everything(document: dict[str, Any]) -> Mappings:
    """Mappings that read every attribute that the state has."""
    names: dict[str, set[str]] = {}
    for entry in document["resources"]:
        for found in entry["instances"]:
            flat = found.get("attributes") or found.get("attributes_flat") or {}
            names.setdefault(entry["type"], set()).update(name.split(".")[0] for name in flat)
    return Mappings(
        {
            kind: TypeMapping(
                kind=kind,
                table="t",
                row=(("x", "id"),),
                attributes=tuple(Attribute(name=name, live="x", declared=f'"{name}"') for name in sorted(found)),
            )
            for kind, found in names.items()
        }
    )


def _secret(document: dict[str, Any]) -> Mappings:
    """Mappings that call every attribute secret."""
    known = _everything(document).by_kind
    return Mappings(
        {
            kind: dataclasses.replace(mapping, secret=frozenset(one.name for one in mapping.attributes))
            for kind, mapping in known.items()
        }
    )


Plant = Callable[[dict[str, Any]], None]
PLANTS: Final[list[tuple[Plant, Callable[[dict[str, Any]], Mappings]]]] = [
    (_unmapped, lambda _: Mappings()),
    (_sensitive, lambda _: Mappings()),
    (_sensitive, _everything),
    (_unclear, _everything),
    (_sensitive, _secret),
]


def _with_markers(document: dict[str, Any], plant: Plant) -> dict[str, Any]:
    marked: dict[str, Any] = copy.deepcopy(document)
    for entry in marked["resources"]:
        for found in entry["instances"]:
            if entry["mode"] == "data":
                found["attributes"] = planted(found["attributes"])
            else:
                plant(found)
            found["private"] = MARKER
            found["dependencies"] = [MARKER]
    marked["outputs"] = {"secret": {"value": planted({"a": [1]}), "type": MARKER, "sensitive": True}}
    return {**marked, "check_results": [MARKER], "lineage": MARKER, "meta": {"key": MARKER}}


@recorded
@pytest.mark.parametrize(("plant", "mappings"), PLANTS)
def test_no_secret_of_a_recorded_state_comes_through(
    plant: Plant, mappings: Callable[[dict[str, Any]], Mappings]
) -> None:
    number = 0
    for document in documents():
        marked = _with_markers(document, plant)
        assert MARKER in orjson.dumps(marked).decode()
        found = read(marked, mappings(document))
        assert MARKER not in told(found), document
        number += len(found.resources)
    assert number > 400


@recorded
def test_a_marker_that_is_no_secret_is_seen_coming_through() -> None:
    document = next(one for one in documents() if one["resources"][0]["type"] == "aws_vpc")
    assert MARKER in told(read(_with_markers(document, _unmapped), _everything(document)))


# ---------------------------------------------------------------------------------------- damaged documents

SAMPLES: Final = (
    state(
        resource(
            instance(
                index_key="a",
                status="tainted",
                identity={"account_id": A},
                attributes={"id": "vpc-1", "arn": ARN, "tags": {"a": "b"}, "x": [{"y": [1]}], "availability_zone": "a"},
                sensitive_attributes=[_step("x", 0, "y")],
            ),
            instance(
                attributes=None, attributes_flat={"id": "x", "tags.%": "1", "tags.a": "b", "l.#": "1", "l.0": "x"}
            ),
        ),
        resource(instance(attributes={"account_id": A}), mode="data", type="aws_caller_identity"),
        resource(instance(), type="random_id", provider='provider["registry.terraform.io/hashicorp/random"].x'),
        outputs={"o": {"value": [1], "type": "string", "sensitive": True}},
    ),
    v3(
        root={"aws_vpc.main": old(deposed=[{"id": "vpc-0", "attributes": {"id": "x"}}])},
        root__net={"aws_vpc.x.0": old()},
    ),
)
JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


def places(value: object, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """The paths of all that is in a document."""
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in inside:
        yield (*path, key)
        yield from places(item, (*path, key))


def damaged(document: Any, path: tuple[str | int, ...], junk: object) -> Any:  # noqa: ANN401 - any JSON
    """A copy of a document with something else at a place."""
    copied = copy.deepcopy(document)
    inside = copied
    for step in path[:-1]:
        inside = inside[step]
    inside[path[-1]] = junk
    return copied


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_a_damaged_state_is_read_or_refused(data: st.DataObject) -> None:
    document = data.draw(st.sampled_from(SAMPLES))
    changed = damaged(document, data.draw(st.sampled_from(sorted(places(document), key=str))), data.draw(JUNK))
    try:
        found = read(json.dumps(changed).encode())
    except StateError as error:
        assert str(error).isprintable()  # noqa: PT017 - either this or a state
    else:
        told(found)


@settings(max_examples=100, deadline=None)
@given(st.sampled_from(SAMPLES), st.integers(min_value=0, max_value=10_000))
def test_a_state_that_is_cut_off_is_refused(document: dict[str, Any], length: int) -> None:
    data = orjson.dumps(document)
    with pytest.raises(StateError):
        read(data[: length % len(data)])


@settings(deadline=None)
@given(st.binary())
def test_any_bytes_are_refused(data: bytes) -> None:
    with pytest.raises(StateError):
        read(data)


@recorded
@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_a_damaged_recording_is_read_or_refused(data: st.DataObject) -> None:
    document = orjson.loads(data.draw(st.sampled_from(recordings())).read_bytes())
    path = data.draw(st.sampled_from(list(places(document))))
    try:
        read(json.dumps(damaged(document, path, data.draw(JUNK))).encode())
    except StateError as error:
        assert error.remedy  # noqa: PT017 - either this or a state


def test_what_is_nested_as_deep_as_allowed_is_read() -> None:
    deep: Any = "x"
    for _ in range(DEEPEST - 10):
        deep = [deep]
    assert one(state(resource(instance(attributes={"id": "vpc-1", "master": deep})))).attributes["master"] == deep


@pytest.mark.parametrize(
    ("member", "is_kept"),
    [("client_secret", False), ("master_password", False), ("authToken", False), ("secret_arn", True), ("name", True)],
)
def test_members_that_hold_secrets_are_dropped_however_deep(member: str, is_kept: bool) -> None:  # noqa: FBT001 - a case
    mapping = TypeMapping(
        kind="aws_x",
        table="t",
        row=(("A", "target"),),
        secret=frozenset({"target.input"}),
    )
    sent = Sieve(mapping).sift({"target": [{"input": MARKER, "arn": "a"}]}, frozenset()).attributes
    assert sent == {"target": [{"arn": "a"}]}
    kept = Sieve(None).sift({"arn": [{"deep": {member: MARKER}}]}, frozenset()).attributes
    assert (MARKER in repr(kept)) == is_kept
