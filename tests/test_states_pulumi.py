"""Reading Pulumi's exports: Terraform's names and shapes, nothing left out without a word, no secret, no surprise."""

from __future__ import annotations

import copy
import dataclasses
import hashlib
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from auditor.drift.code.mapping import Attribute, Mappings, Part, TypeMapping
from auditor.drift.code.model import Declared, Output, Standing, State, Tool
from auditor.drift.code.states.pulumi import FEATURES, read_pulumi
from auditor.drift.code.states.pulumi_names import RENAMED, Names, camel, plurals, singulars, snake
from auditor.drift.code.states.pulumi_values import (
    ARCHIVE,
    ASSET,
    INTEGER,
    OUTPUT,
    REFERENCE,
    SIGNATURE,
    UNKNOWN,
    Fate,
    examined,
)
from auditor.errors import StateError

FOLDER = os.environ.get("AUDITOR_RECORDINGS", "")
recorded = pytest.mark.skipif(not FOLDER, reason="AUDITOR_RECORDINGS names no folder of recordings")

VPC_TYPE = "aws:ec2/vpc:Vpc"
VPC = TypeMapping(
    kind="aws_vpc",
    table="ec2_vpcs",
    row=(("VpcId", "id"),),
    pulumi=(VPC_TYPE,),
    cloudformation="AWS::EC2::VPC",
    attributes=(
        Attribute(name="cidr_block", live="CidrBlock", declared="cidr_block"),
        Attribute(name="instance_tenancy", live="InstanceTenancy", declared="instance_tenancy"),
        Attribute(name="tags", live="tags", declared="not_null(tags_all, tags)", form="tags"),
        Attribute(name="options", live="Options", declared="options"),
    ),
    computed=frozenset({"main_route_table_id"}),
    provider_only=frozenset({"force_destroy"}),
    secret=frozenset({"password"}),
    not_collected=frozenset({"ipam_pool"}),
)
MAPPINGS = Mappings({"aws_vpc": VPC}, {VPC_TYPE: VPC}, {"AWS::EC2::VPC": VPC})
ACCOUNT = "111122223333"
ARN = f"arn:aws:ec2:eu-west-1:{ACCOUNT}:vpc/vpc-1"
MARKER = "Tr0ub4dor"
SECRET: Final = {SIGNATURE: "1b47061264138c4ac30d75fd1eb44270", "ciphertext": MARKER}
PLAINTEXT: Final = {SIGNATURE: "1b47061264138c4ac30d75fd1eb44270", "plaintext": f'"{MARKER}"'}


def urn(kind: str = VPC_TYPE, name: str = "main") -> str:
    return f"urn:pulumi:dev::shop::{kind}::{name}"


def resource(kind: str = VPC_TYPE, name: str = "main", **members: object) -> dict[str, Any]:
    common = {"urn": urn(kind, name), "custom": True, "id": "vpc-1", "type": kind, "outputs": {"id": "vpc-1"}}
    return {**common, **members}


def provider(name: str = "default", **inputs: object) -> dict[str, Any]:
    return resource("pulumi:providers:aws", name, id="p-1", inputs=inputs, outputs=inputs)


def export(*resources: dict[str, Any], **members: object) -> dict[str, Any]:
    manifest = {"time": "2024-01-01T00:00:00Z", "magic": "x", "version": "v3.130.0"}
    return {"version": 3, "deployment": {"manifest": manifest, "resources": [*resources], **members}}


def read(document: object, mappings: Mappings = MAPPINGS) -> State:
    return read_pulumi(document if isinstance(document, bytes) else orjson.dumps(document), "stack.json", mappings)


def one(document: object, mappings: Mappings = MAPPINGS) -> Declared:
    (found,) = read(document, mappings).resources
    return found


def told(value: object) -> str:
    """Everything that a state could be printed as."""
    return repr(value) + orjson.dumps(value, default=_plain).decode()


def _plain(value: object) -> object:
    assert isinstance(value, frozenset)
    return sorted(value)


# ---------------------------------------------------------------------------------------- a stack, in full


def test_a_stack_is_read_with_all_that_it_says_of_itself() -> None:
    stack = resource(
        "pulumi:pulumi:Stack",
        custom=False,
        id=None,
        outputs={"vpc": "vpc-1", "password": SECRET, "list": [1, {"a": 2}]},
    )
    outputs = {"id": "vpc-1", "arn": ARN, "cidrBlock": "10.0.0.0/16", "tagsAll": {"aB": "c"}}
    data = orjson.dumps(export(stack, resource(outputs=outputs, inputs={"__defaults": []})))
    assert read_pulumi(data, "stack.json", MAPPINGS) == State(
        tool=Tool.PULUMI,
        name="stack.json",
        digest=hashlib.sha256(data).hexdigest(),
        version="3, Pulumi v3.130.0",
        outputs=(
            Output("vpc", "vpc-1"),
            Output("password", None, withheld=True),
            Output("list", [1, {"a": 2}]),
        ),
        resources=(
            Declared(
                tool=Tool.PULUMI,
                state="stack.json",
                address=urn(),
                kind=VPC_TYPE,
                id="vpc-1",
                account=ACCOUNT,
                region="eu-west-1",
                attributes={"id": "vpc-1", "arn": ARN, "cidr_block": "10.0.0.0/16", "tags_all": {"aB": "c"}},
            ),
        ),
        set_aside={"component": 1},
    )


def test_a_checkpoint_is_read_like_an_export() -> None:
    exported = export(resource())
    checkpoint = {"version": 3, "checkpoint": {"stack": "dev", "latest": exported["deployment"]}}
    assert read(checkpoint).resources == read(exported).resources
    assert read({"version": 3, "checkpoint": {"stack": "dev", "latest": None}}).resources == ()


def test_a_stack_without_resources_is_read() -> None:
    found = read({"version": 3, "deployment": {"manifest": {"version": "\x1b[31m"}}})
    assert (found.resources, found.outputs, found.version) == ((), (), "3")


def test_version_4_is_version_3_with_features_that_are_known() -> None:
    document = {**export(resource()), "version": 4, "features": sorted(FEATURES)}
    assert len(read(document).resources) == 1
    with pytest.raises(StateError, match="uses 1 of Pulumi's features that this version of auditor does not know"):
        read({**document, "features": ["views", MARKER]})


ENTRIES: Final[list[tuple[dict[str, Any], str]]] = [
    # entry, why it is set aside
    (resource(), ""),
    (resource("aws:s3/bucket:Bucket"), ""),
    (resource("aws-native:ec2:Vpc"), ""),
    (resource(protect=True, retainOnDelete=True, initErrors=["timed out"], importID="vpc-1"), ""),
    (resource("awsx:ec2:Vpc", custom=False, id=None), "component"),
    (resource("pulumi:pulumi:Stack", custom=False, id=None), "component"),
    (resource(custom=False), "component"),
    (resource("pulumi:providers:aws"), "provider configuration"),
    (resource("pulumi:providers:kubernetes"), "provider configuration"),
    (resource(external=True), "external (read, not managed)"),
    (resource(viewOf=urn()), "view of another resource"),
    (resource("kubernetes:core/v1:ConfigMap"), "provider kubernetes"),
    (resource("random:index/randomPassword:RandomPassword"), "provider random"),
    (resource("pulumi-nodejs:dynamic:Resource"), "provider pulumi-nodejs"),
    (resource("pulumi:pulumi:StackReference"), "provider pulumi"),
]


@pytest.mark.parametrize(("entry", "aside"), ENTRIES)
def test_every_entry_is_declared_or_counted(entry: dict[str, Any], aside: str) -> None:
    found = read(export(entry))
    assert dict(found.set_aside) == ({aside: 1} if aside else {})
    assert [one.standing for one in found.resources] == ([] if aside else [Standing.MANAGED])


@pytest.mark.parametrize(
    ("members", "standing", "address"),
    [
        ({"delete": True}, Standing.DEPOSED, f"{urn()} (deposed vpc-1)"),
        ({"taint": True}, Standing.TAINTED, urn()),
        ({"pendingReplacement": True}, Standing.PENDING, urn()),
        ({"delete": False, "taint": False, "initErrors": ["x"]}, Standing.MANAGED, urn()),
    ],
)
def test_a_resource_stands_as_the_state_says(members: dict[str, Any], standing: Standing, address: str) -> None:
    found = one(export(resource(**members)))
    assert (found.standing, found.address) == (standing, address)


# ---------------------------------------------------------------------------------------- operations not ended

OPERATIONS: Final[list[tuple[str, dict[str, Any], list[tuple[str, Standing]], str]]] = [
    # type, resource, what becomes of `main` (id vpc-1) and what is added, in words
    ("updating", resource(), [("vpc-1", Standing.PENDING)], f"updating {VPC_TYPE} main"),
    ("deleting", resource(), [("vpc-1", Standing.PENDING)], f"deleting {VPC_TYPE} main"),
    ("updating", resource(id=None, outputs=None), [("vpc-1", Standing.PENDING)], f"updating {VPC_TYPE} main"),
    ("reading", resource(), [("vpc-1", Standing.MANAGED)], ""),
    (
        "creating",
        resource(name="main2", id=None, outputs=None, inputs={"cidrBlock": "x"}),
        [("vpc-1", Standing.MANAGED), ("", Standing.PENDING)],
        f"creating {VPC_TYPE} main2",
    ),
    (
        "creating",
        resource(id=None, outputs=None),
        [("vpc-1", Standing.MANAGED), ("", Standing.PENDING)],
        f"creating {VPC_TYPE} main",
    ),
    (
        "deleting",
        resource(id="vpc-0", outputs=None),
        [("vpc-1", Standing.MANAGED), ("vpc-0", Standing.PENDING)],
        f"deleting {VPC_TYPE} main",
    ),
    (
        "updating",
        resource(name="mai", id="vpc-2", outputs=None),
        [("vpc-1", Standing.MANAGED), ("vpc-2", Standing.PENDING)],
        f"updating {VPC_TYPE} mai",
    ),
    ("creating", resource("random:index/x:X", "r"), [("vpc-1", Standing.MANAGED)], "creating random:index/x:X r"),
    ("importing", resource(), [("vpc-1", Standing.PENDING)], f"importing {VPC_TYPE} main"),
]


@pytest.mark.parametrize("member", ["pending_operations", "pendingOperations"])
@pytest.mark.parametrize(("verb", "changed", "expected", "words"), OPERATIONS)
def test_of_an_operation_that_was_not_ended_nobody_knows_what_is_there(
    member: str, verb: str, changed: dict[str, Any], expected: list[tuple[str, Standing]], words: str
) -> None:
    found = read(export(resource(), **{member: [{"type": verb, "resource": changed}]}))
    assert [(one.id, one.standing) for one in found.resources] == expected
    assert found.pending == ((words,) if words else ())
    assert len({one.address for one in found.resources}) == len(expected)


def test_an_operation_on_the_old_one_of_a_replacement_leaves_the_new_one_alone() -> None:
    old, new = resource(id="vpc-0", delete=True, outputs=None), resource()
    found = read(export(new, old, pending_operations=[{"type": "deleting", "resource": old}]))
    assert [(one.id, one.standing) for one in found.resources] == [
        ("vpc-1", Standing.MANAGED),
        ("vpc-0", Standing.PENDING),
    ]


def test_a_replacement_that_was_not_ended_is_told() -> None:
    assert read(export(resource(pendingReplacement=True))).pending == (f"replacing {VPC_TYPE} main",)


def test_what_is_being_created_says_what_it_was_meant_to_be() -> None:
    entry = resource(id=None, outputs=None, inputs={"cidrBlock": "10.0.0.0/16", "__defaults": []})
    assert one(export(pending_operations=[{"type": "creating", "resource": entry}])).attributes == {
        "cidr_block": "10.0.0.0/16"
    }


# ---------------------------------------------------------------------------------------- account and region

REFERENCE_TO: Final = f"{urn('pulumi:providers:aws', 'default')}::p-1"


@pytest.mark.parametrize(
    ("inputs", "outputs", "expected"),
    [
        ({}, {}, ("", "")),
        ({"region": "us-west-2"}, {}, ("", "us-west-2")),
        ({"region": "us-west-2"}, {"region": "eu-west-3"}, ("", "eu-west-3")),
        ({"region": "us-west-2"}, {"arn": ARN}, (ACCOUNT, "eu-west-1")),
        ({"region": "us-west-2"}, {"availabilityZone": "eu-west-2a", "ownerId": ACCOUNT}, (ACCOUNT, "eu-west-2")),
        ({"allowedAccountIds": f'["{ACCOUNT}"]'}, {}, (ACCOUNT, "")),
        ({"allowedAccountIds": [ACCOUNT]}, {}, (ACCOUNT, "")),
        ({"allowedAccountIds": f'["{ACCOUNT}","444455556666"]'}, {}, ("", "")),
        ({"allowedAccountIds": "[["}, {}, ("", "")),
        ({"region": SECRET, "allowedAccountIds": SECRET}, {}, ("", "")),
        ({"region": "\x1b[31m"}, {}, ("", "")),
    ],
)
def test_a_provider_configuration_says_where_its_resources_are(
    inputs: dict[str, Any], outputs: dict[str, Any], expected: tuple[str, str]
) -> None:
    found = one(export(provider(**inputs), resource(outputs=outputs, provider=REFERENCE_TO)))
    assert (found.account, found.region) == expected
    assert found.provider == REFERENCE_TO


def test_without_a_region_of_its_own_a_provider_has_that_of_its_resources() -> None:
    with_arn = resource(name="a", outputs={"arn": ARN}, provider=REFERENCE_TO)
    other, iam = resource(name="b", provider=REFERENCE_TO), resource("aws:iam/role:Role", "c", provider=REFERENCE_TO)
    elsewhere = resource(name="d", provider=REFERENCE_TO.replace("default", "other"))
    found = read(export(provider(), with_arn, other, iam, elsewhere)).resources
    assert [(one.account, one.region) for one in found] == [
        (ACCOUNT, "eu-west-1"),
        (ACCOUNT, "eu-west-1"),
        (ACCOUNT, ""),
        ("", ""),
    ]


# ---------------------------------------------------------------------------------------- special values

VALUES: Final[list[tuple[Any, Any, Fate]]] = [
    ("x", "x", Fate.KEPT),
    ([1, {"a": None}], [1, {"a": None}], Fate.KEPT),
    (SECRET, None, Fate.SECRET),
    (PLAINTEXT, None, Fate.SECRET),
    ([{"a": [SECRET]}], None, Fate.SECRET),
    ({SIGNATURE: "of something new", "value": "x"}, None, Fate.SECRET),
    ({SIGNATURE: None}, None, Fate.SECRET),
    ({SIGNATURE: [1]}, None, Fate.SECRET),
    ({SIGNATURE: ASSET, "text": MARKER}, None, Fate.LOST),
    ({SIGNATURE: ARCHIVE, "assets": {"a": {SIGNATURE: ASSET, "text": MARKER}}}, None, Fate.LOST),
    ([{SIGNATURE: ASSET, "path": "./x"}, SECRET], None, Fate.SECRET),
    (UNKNOWN, None, Fate.LOST),
    ({"a": UNKNOWN}, None, Fate.LOST),
    ({SIGNATURE: REFERENCE, "urn": "urn:x", "id": "vpc-1"}, "vpc-1", Fate.KEPT),
    ([{SIGNATURE: REFERENCE, "urn": "urn:x", "id": "vpc-1"}, "a"], ["vpc-1", "a"], Fate.KEPT),
    ({SIGNATURE: REFERENCE, "urn": "urn:x"}, None, Fate.LOST),
    ({SIGNATURE: REFERENCE, "urn": "urn:x", "id": UNKNOWN}, None, Fate.LOST),
    ({SIGNATURE: INTEGER, "value": "7"}, "7", Fate.KEPT),
    ({SIGNATURE: OUTPUT, "value": [1], "dependencies": ["urn:x"]}, [1], Fate.KEPT),
    ({SIGNATURE: OUTPUT, "value": SECRET}, None, Fate.SECRET),
    ({SIGNATURE: OUTPUT, "value": MARKER, "secret": True}, None, Fate.SECRET),
    ({SIGNATURE: OUTPUT}, None, Fate.LOST),
]


@pytest.mark.parametrize(("value", "plain", "fate"), VALUES)
def test_a_special_value_is_unwrapped_lost_or_secret(value: object, plain: object, fate: Fate) -> None:
    assert examined(value) == (plain, fate)


SECRETS: Final[list[tuple[dict[str, Any], set[str]]]] = [
    # members of the resource, what is withheld
    ({"inputs": {"cidrBlock": SECRET}, "outputs": {"cidrBlock": MARKER}}, {"cidr_block"}),
    ({"inputs": {"cidrBlock": MARKER}, "outputs": {"cidrBlock": SECRET}}, {"cidr_block"}),
    ({"inputs": {"cidrBlock": PLAINTEXT}, "outputs": {"cidrBlock": None}}, {"cidr_block"}),
    ({"inputs": {"cidrBlock": SECRET}, "outputs": {}}, {"cidr_block"}),
    ({"outputs": {"tags": {"a": SECRET, "b": MARKER}}}, {"tags"}),
    ({"inputs": {"options": [{"a": [SECRET]}]}, "outputs": {"options": [{"a": [MARKER]}]}}, {"options"}),
    ({"outputs": {"cidrBlock": MARKER}, "additionalSecretOutputs": ["cidrBlock"]}, {"cidr_block"}),
    ({"outputs": {"password": MARKER}}, {"password"}),
    ({"outputs": {"newThing": SECRET}}, {"new_thing"}),
    ({"outputs": {"id": SECRET}, "id": None}, {"id"}),
    ({"outputs": {"cidrBlock": {SIGNATURE: ASSET, "text": MARKER}}}, {"cidr_block"}),
    ({"outputs": {"newThing": {SIGNATURE: ASSET, "text": MARKER}}}, set()),
    ({"outputs": {"forceDestroy": {SIGNATURE: ASSET, "text": MARKER}}}, set()),
    ({"outputs": {"cidrBlock": UNKNOWN}}, {"cidr_block"}),
    (
        {"outputs": {"__meta": MARKER, "__pulumi_raw_state_delta": {"x": MARKER}}, "inputs": {"__internal": MARKER}},
        set(),
    ),
    ({"outputs": {}, "propertyDependencies": {"a": [MARKER]}, "dependencies": [MARKER], "aliases": [MARKER]}, set()),
]


@pytest.mark.parametrize(("members", "withheld"), SECRETS)
def test_what_is_secret_on_either_side_is_withheld_whole(members: dict[str, Any], withheld: set[str]) -> None:
    document = export(resource(**members), secrets_providers={"type": "passphrase", "state": {"salt": MARKER}})
    found = one(document)
    assert found.withheld == withheld
    assert MARKER not in told(read(document))


def test_a_plural_does_not_take_the_place_of_a_property_that_is_there() -> None:
    found = one(export(resource(outputs={"options": [{"a": 1}], "optionses": [MARKER]})))
    assert found.attributes["options"] == [{"a": 1}]
    assert found.unread == {"optionses"}


def test_an_asset_of_an_attribute_that_nobody_knows_is_told() -> None:
    assert one(export(resource(outputs={"newThing": {SIGNATURE: ASSET, "text": "x"}}))).unread == {"new_thing"}


def test_outputs_stand_before_inputs_and_the_rest_has_its_names_told() -> None:
    inputs = {"cidrBlock": "10.0.0.0/8", "instanceTenancy": "default", "ipamPool": MARKER, "newOnes": [MARKER]}
    outputs = {"cidrBlock": "10.0.0.0/16", "mainRouteTableId": "rtb-1", "forceDestroy": True, "off": False, "tags": {}}
    found = one(export(resource(inputs=inputs, outputs=outputs)))
    assert found.attributes == {"id": "vpc-1", "cidr_block": "10.0.0.0/16", "instance_tenancy": "default", "tags": {}}
    assert found.unread == {"ipam_pool", "new_ones"}
    assert MARKER not in told(found)


def test_of_a_type_that_is_not_mapped_id_and_arn_are_kept() -> None:
    found = one(export(resource(outputs={"arn": ARN, "cidrBlock": MARKER})), Mappings())
    assert found.attributes == {"id": "vpc-1", "arn": ARN}
    assert not found.unread | found.withheld
    assert (found.account, found.region) == (ACCOUNT, "eu-west-1")


# ---------------------------------------------------------------------------------------- names and shapes

NAMES: Final[list[tuple[str, str]]] = [
    # Terraform's, Pulumi's: from the schema of terraform-provider-aws 6.0 and the properties of pulumi-aws 7.51
    ("vpc_id", "vpcId"),
    ("enable_dns_support", "enableDnsSupport"),
    ("ipv6_cidr_block", "ipv6CidrBlock"),
    ("s3_bucket_name", "s3BucketName"),
    ("assign_ipv6_address_on_creation", "assignIpv6AddressOnCreation"),
    ("enable_http2", "enableHttp2"),
    ("arn", "arn"),
]


@pytest.mark.parametrize(("terraform", "pulumi"), NAMES)
def test_a_name_is_written_both_ways(terraform: str, pulumi: str) -> None:
    assert (camel(terraform), snake(pulumi)) == (pulumi, terraform)


@pytest.mark.parametrize(
    ("single", "plural"),
    [
        ("route", "routes"),
        ("policy", "policies"),
        ("access_policy", "access_policies"),
        ("alias", "aliases"),
        ("index", "indices"),
        ("index", "indexes"),
        ("ebs_block_device", "ebs_block_devices"),
        ("patch", "patches"),
        ("status", "statuses"),
    ],
)
def test_plurals_lead_to_singulars_and_back(single: str, plural: str) -> None:
    assert plural in plurals(single)
    assert single in singulars(plural)


def mapped(*attributes: tuple[str, str], kind: str = "aws_x", **members: Any) -> TypeMapping:  # noqa: ANN401 - any field
    found = tuple(Attribute(name=name, live=live, declared=name) for name, live in attributes)
    return TypeMapping(kind=kind, table="t", row=(("X", "id"),), attributes=found, **members)


TABLE = mapped(("route", "Routes[].{cidr_block: C}"), ("vpc_id", "VpcId"), ("policy", "P"), ("access_policy", "A"))
ATTRIBUTES: Final[list[tuple[TypeMapping, str, Any, str]]] = [
    (TABLE, "vpcId", "vpc-1", "vpc_id"),
    (TABLE, "routes", [], "route"),
    (TABLE, "routes", None, "route"),
    (TABLE, "policies", [], "policy"),
    (TABLE, "accessPolicies", [{}], "access_policy"),
    (TABLE, "routes", "text", "routes"),
    (TABLE, "somethingElses", [], "something_elses"),
    # a plural that is itself a name is that name
    (mapped(("subnet", "S"), ("subnets", "T")), "subnets", [], "subnets"),
    (mapped(("subnet", "S"), computed=frozenset({"subnets"})), "subnets", [], "subnets"),
    # an underscore before a digit is lost in Pulumi's
    (mapped(("address_line_1", "A")), "addressLine1", "x", "address_line_1"),
    # renamed by hand
    (mapped(("function_name", "F"), kind="aws_lambda_function"), "name", "x", "function_name"),
    (mapped(("alarm_name", "A"), kind="aws_cloudwatch_metric_alarm"), "name", "x", "alarm_name"),
    (mapped(("topic_arn", "T"), kind="aws_sns_topic_subscription"), "topic", "x", "topic_arn"),
    (mapped(("name", "N")), "name", "x", "name"),
]


@pytest.mark.parametrize(("mapping", "name", "value", "expected"), ATTRIBUTES)
def test_a_property_has_the_name_that_its_mapping_knows(
    mapping: TypeMapping, name: str, value: object, expected: str
) -> None:
    assert Names(mapping).attribute(name, value) == expected


@pytest.mark.parametrize(
    ("kind", "pulumi", "terraform"),
    [(kind, pulumi, terraform) for kind, names in RENAMED.items() for pulumi, terraform in names.items()],
)
def test_no_rule_leads_from_a_renamed_property_to_its_name(kind: str, pulumi: str, terraform: str) -> None:
    assert Names(mapped((terraform, "X"), kind=kind)).attribute(pulumi, "x") == terraform
    assert Names(mapped((terraform, "X"))).attribute(pulumi, "x") != terraform


NESTED = mapped(
    ("route", "Routes[].{cidr_block: C, target_group: G[].{arn: A}, command: D}"),
    ("rule", "Rules"),
    ("logging", "[{bucket: B, target_prefix: P}]"),
    ("environment", "[{variables: V}]"),
    ("container", "[{name: N}]"),
)
SHAPES: Final[list[tuple[str, Any, Any]]] = [
    # Pulumi's name, its value, Terraform's
    ("tags", {"Cost Center": "x", "aB": "y", "__defaults": []}, {"Cost Center": "x", "aB": "y"}),
    ("vpcIds", ["vpc-1"], ["vpc-1"]),
    ("logging", {"bucket": "b", "targetPrefix": "p", "__defaults": []}, [{"bucket": "b", "target_prefix": "p"}]),
    ("logging", None, None),
    ("environment", {"variables": {"camelCase": "x"}}, [{"variables": {"camelCase": "x"}}]),
    ("routes", [{"cidrBlock": "x", "__defaults": []}], [{"cidr_block": "x"}]),
    ("routes", [{"targetGroups": [{"arn": "a"}]}], [{"target_group": [{"arn": "a"}]}]),
    ("routes", [{"commands": ["a"]}], [{"command": ["a"]}]),
    ("routes", [{"otherThings": [{"a": 1}]}], [{"other_things": [{"a": 1}]}]),
    ("routes", ["text", None], ["text", None]),
    # what the mapping does not look into may be looked into by its form: lists of blocks have both names
    ("rules", [{"byPolicies": [{"aB": 1}], "names": ["x"]}], [
        {"by_policies": [{"a_b": 1}], "by_policy": [{"a_b": 1}], "names": ["x"]}
    ]),
    ("container", {"logConfiguration": {"options": {"aB": "x"}}}, [{"log_configuration": [{"options": {"aB": "x"}}]}]),
    ("container", {"logConfiguration": {"options": None}}, [{"log_configuration": [{"options": None}]}]),
    ("container", {"options": {"aB": "x"}}, [{"options": [{"a_b": "x"}]}]),
    ("document", {"Version": "1", "Statement": {"Action": "x"}}, {"Version": "1", "Statement": {"Action": "x"}}),
]  # fmt: skip


@pytest.mark.parametrize(("name", "value", "expected"), SHAPES)
def test_a_value_has_terraforms_shape(name: str, value: object, expected: object) -> None:
    names = Names(NESTED)
    assert names.shaped(names.attribute(name, value), name, value) == expected


def test_what_a_form_makes_of_a_value_is_not_what_it_reads() -> None:
    live = "IpPermissions[].{cidr_block: Cidr, rule: Rule}"
    attribute = Attribute(name="ingress", live=live, declared="ingress", form="rules", key=("cidr_block",))
    mapping = TypeMapping(kind="aws_x", table="t", row=(("X", "id"),), attributes=(attribute,))
    shaped = Names(mapping).shaped("ingress", "ingress", [{"cidrBlocks": ["10.0.0.0/8"], "rules": [{"a": 1}]}])
    assert shaped == [{"cidr_blocks": ["10.0.0.0/8"], "rules": [{"a": 1}], "rule": [{"a": 1}]}]


def test_a_document_stays_as_it_is() -> None:
    attribute = Attribute(name="policy", live="Policy", declared="policy", form="json")
    mapping = TypeMapping(kind="aws_x", table="t", row=(("X", "id"),), attributes=(attribute,))
    assert Names(mapping).shaped("policy", "policy", {"camelCase": {"aB": 1}}) == {"camelCase": {"aB": 1}}


def test_a_list_that_pulumi_has_as_text_is_a_list() -> None:
    mapping = mapped(("queues", "Queues"), kind="aws_lambda_event_source_mapping")
    assert Names(mapping).shaped("queues", "queues", "q") == ["q"]
    assert Names(mapping).shaped("queues", "queues", "") == []
    assert Names(NESTED).shaped("queues", "queues", "q") == "q"


def test_what_a_part_reads_is_found_by_its_plural() -> None:
    part = Part("aws_acl", "'rule'", "entry[].{action: rule_action, port: from_port}")
    mapping = TypeMapping(kind="aws_x", table="t", row=(("X", "id"),), part=part)
    names = Names(mapping)
    assert names.attribute("entries", []) == "entry"
    assert names.shaped("entry", "entries", [{"ruleAction": "allow", "fromPorts": [1]}]) == [
        {"rule_action": "allow", "from_port": [1]}
    ]


# ---------------------------------------------------------------------------------------- aws-native


def test_a_native_resource_is_found_by_its_cloudformation_type() -> None:
    assert MAPPINGS.of("aws-native:ec2:Vpc") is VPC
    assert MAPPINGS.of("aws-native:ec2:Subnet") is None


def test_of_a_native_resource_what_has_a_columns_name_is_kept() -> None:
    inputs = {
        "cidrBlock": "10.0.0.0/16",
        "enableDnsSupport": True,
        "instanceTenancy": SECRET,
        "options": {"nested": MARKER},
        "tags": [{"key": "a", "value": "b"}],
        "code": {SIGNATURE: ASSET, "text": MARKER},
        "off": False,
    }
    outputs = {**inputs, "arn": ARN, "vpcId": "vpc-1", "cidrBlockAssociations": [MARKER], "instanceTenancy": MARKER}
    found = one(export(resource("aws-native:ec2:Vpc", inputs=inputs, outputs=outputs)))
    assert found.attributes == {
        "id": "vpc-1",
        "arn": ARN,
        "cidr_block": "10.0.0.0/16",
        "tags": [{"key": "a", "value": "b"}],
    }
    assert found.withheld == {"instance_tenancy"}
    assert found.unread == {"EnableDnsSupport", "Options", "Code"}
    assert (found.account, found.region) == (ACCOUNT, "eu-west-1")
    assert MARKER not in told(found)


def test_of_a_native_resource_that_is_not_mapped_id_and_arn_are_kept() -> None:
    found = one(export(resource("aws-native:x:Y", inputs={"a": 1}, outputs={"arn": ARN, "secret": SECRET})))
    assert found.attributes == {"id": "vpc-1", "arn": ARN}
    assert (found.unread, found.withheld) == (frozenset(), frozenset({"Secret"}))


# ---------------------------------------------------------------------------------------- what is no stack

REFUSED: Final[list[tuple[object, str]]] = [
    (b"", "is empty"),
    (b"{", "cut off"),
    (orjson.dumps(export(resource()))[:-10], "cut off"),
    (b"[" * 10_000 + b"]" * 10_000, "is not JSON"),
    (b'{"version": 3, "deployment": ' + b'{"a":' * 300 + b"1" + b"}" * 301, "levels deep"),
    ([], "is not an object"),
    ({}, "is no Pulumi stack"),
    ({"version": 4, "terraform_version": "1.7.1", "resources": []}, "--terraform-state"),
    ({"version": 4, "lineage": "x", "resources": []}, "--terraform-state"),
    ({"deployment": {}}, "has no version"),
    ({"version": "3", "deployment": {}}, "has no version"),
    ({"version": True, "deployment": {}}, "has no version"),
    ({"version": 1, "deployment": {}}, "of version 1; 3 and 4 can be read. Export it with Pulumi 3"),
    ({"version": 2, "deployment": {}}, "of version 2"),
    ({"version": 5, "deployment": {}}, "update it"),
    ({"version": 3, "deployment": None}, "deployment is not an object"),
    ({"version": 3, "deployment": []}, "deployment is not an object"),
    ({"version": 3, "checkpoint": []}, "checkpoint is not an object"),
    ({"version": 3, "checkpoint": {"latest": 7}}, "checkpoint.latest is not an object"),
    ({"version": 4, "features": 7, "deployment": {}}, "features is not a list"),
    (export(manifest=[]), "manifest is not an object"),
    (export(resources={}), "resources is not a list"),
    (export(resources=["x"]), "resources[0] is not an object"),
    (export(resource(urn=7)), "resources[0].urn is not a name"),
    (export(resource(type=None)), "resources[0].type is not a name"),
    (export(resource(inputs=[])), "resources[0].inputs is not an object"),
    (export(resource(outputs="x")), "resources[0].outputs is not an object"),
    (export(resource(additionalSecretOutputs="x")), "additionalSecretOutputs is not a list"),
    (export(pending_operations={}), "pending_operations is not a list"),
    (export(pending_operations=[7]), "pending_operations[0] is not an object"),
    (export(pending_operations=[{"resource": resource()}]), "pending_operations[0].type is not a name"),
    (export(pending_operations=[{"type": "creating"}]), "pending_operations[0].resource is not an object"),
]


@pytest.mark.parametrize(("document", "why"), REFUSED)
def test_what_is_no_stack_is_refused_in_one_line_with_a_remedy(document: object, why: str) -> None:
    with pytest.raises(StateError) as refused:
        read(document)
    assert why in str(refused.value)
    assert str(refused.value).startswith("stack.json")
    assert refused.value.remedy
    assert str(refused.value).isprintable()


# ---------------------------------------------------------------------------------------- recorded stacks


def recordings() -> list[Path]:
    return sorted(Path(FOLDER).glob("pulumi/*.json"))


COUNTS: Final[dict[str, tuple[int, dict[str, int], int]]] = {
    "awsx_custom-provider.json": (32, {"component": 3, "provider configuration": 3}, 2),
    "awsx_nodejs.json": (9, {"component": 4, "provider configuration": 3}, 0),
    "awsx_ts-ecr-repo.json": (2, {"component": 2, "provider configuration": 3}, 0),
    "awsx_ts-lb-attach-ec2.json": (21, {"component": 4, "provider configuration": 4}, 1),
    "awsx_vpc-multiple-similar-subnet-types.json": (50, {"component": 2, "provider configuration": 3}, 4),
    "awsx_vpc-subnets-with-tags.json": (32, {"component": 2, "provider configuration": 3}, 3),
    "awsx_vpc-with-service-endpoint.json": (33, {"component": 2, "provider configuration": 3}, 4),
    "eks_TestEksAuthModeUpgrade_upgrade.json": (
        27,
        {"component": 5, "provider configuration": 5, "provider kubernetes": 1},
        0,
    ),
    "eks_aws-profile_3.0.0.json": (20, {"component": 5, "provider configuration": 5, "provider kubernetes": 2}, 2),
}


@recorded
def test_every_recorded_stack_is_read_and_every_entry_of_it_counted() -> None:
    counts = {}
    for path in recordings():
        found = read_pulumi(path.read_bytes(), path.name, Mappings())
        counts[path.name] = (len(found.resources), dict(found.set_aside), len(found.outputs))
        entries = orjson.loads(path.read_bytes())["deployment"]["resources"]
        assert len(found.resources) + sum(found.set_aside.values()) == len(entries)
        assert all(one.id and one.account for one in found.resources)
        assert all(one.region or ":iam/" in one.kind for one in found.resources)
    assert counts == COUNTS


@recorded
def test_recorded_properties_have_the_names_that_terraform_records() -> None:
    """Whatever Pulumi's state of a resource says, Terraform's state of one has under the same name."""
    terraform: dict[str, set[str]] = {}
    for path in sorted(Path(FOLDER).glob("tf_resources/*.json")):
        for kind, named in orjson.loads(path.read_bytes()).get("resources", {}).items():
            terraform.setdefault(kind, set()).update(name for attributes in named.values() for name in attributes)
    kinds = {
        "aws:ec2/vpc:Vpc": "aws_vpc",
        "aws:ec2/subnet:Subnet": "aws_subnet",
        "aws:ec2/securityGroup:SecurityGroup": "aws_security_group",
        "aws:ec2/internetGateway:InternetGateway": "aws_internet_gateway",
        "aws:s3/bucket:Bucket": "aws_s3_bucket",
        "aws:iam/role:Role": "aws_iam_role",
        "aws:cloudtrail/trail:Trail": "aws_cloudtrail",
    }
    compared = 0
    for path in recordings():
        for entry in orjson.loads(path.read_bytes())["deployment"]["resources"]:
            kind = kinds.get(entry["type"], "")
            if kind not in terraform:
                continue
            names = Names(mapped(*((name, "X") for name in sorted(terraform[kind])), kind=kind))
            found = {names.attribute(name, value) for name, value in entry["outputs"].items() if name[:2] != "__"}
            assert found <= terraform[kind] | SINCE_REMOVED
            compared += len(found)
    assert compared > 500


SINCE_REMOVED: Final = {"enable_classiclink", "enable_classiclink_dns_support"}


# ---------------------------------------------------------------------------------------- no secret comes through


def planted(value: Any) -> Any:  # noqa: ANN401 - any JSON
    """The same, with the marker in every value."""
    if isinstance(value, dict):
        return {name: item if name == SIGNATURE else planted(item) for name, item in value.items()}
    if isinstance(value, list):
        return [planted(item) for item in value]
    return f"{MARKER} {value}"


def sealed(value: object) -> dict[str, object]:
    """A value that is secret."""
    return {SIGNATURE: SECRET[SIGNATURE], "ciphertext": str(value)}


def _on_inputs(entry: dict[str, Any]) -> None:
    both = entry.get("inputs", {}) | entry.get("outputs", {})
    entry["inputs"] = {name: sealed(value) for name, value in both.items()}
    entry["outputs"] = planted(entry.get("outputs", {}))


def _on_outputs(entry: dict[str, Any]) -> None:
    both = entry.get("inputs", {}) | entry.get("outputs", {})
    entry["outputs"] = {name: {"deep": [sealed(value)]} for name, value in both.items()}
    entry["inputs"] = planted(entry.get("inputs", {}))


def _by_name(entry: dict[str, Any]) -> None:
    both = entry.get("inputs", {}) | entry.get("outputs", {})
    entry |= {"inputs": planted(both), "outputs": planted(both), "additionalSecretOutputs": sorted(both)}


def _as_assets(entry: dict[str, Any]) -> None:
    both = entry.get("inputs", {}) | entry.get("outputs", {})
    asset = {name: [{SIGNATURE: ASSET, "text": MARKER}] for name in both}
    entry |= {"inputs": asset, "outputs": asset}


def _unknown(entry: dict[str, Any]) -> None:
    for side in ("inputs", "outputs"):
        values = entry.get(side, {}).items()
        entry[side] = {name: value if name in {"id", "arn"} else planted(value) for name, value in values}


def everything(document: dict[str, Any]) -> Mappings:
    """Mappings that read every property that the stack has."""
    names: dict[str, set[str]] = {}
    for entry in document["deployment"]["resources"]:
        both = {**entry.get("inputs", {}), **entry.get("outputs", {})}
        names.setdefault(entry["type"], set()).update(snake(name) for name in both if not name.startswith("__"))
    return Mappings(by_pulumi={kind: mapped(*((name, "X") for name in sorted(found))) for kind, found in names.items()})


@recorded
@pytest.mark.parametrize("plant", [_on_inputs, _on_outputs, _by_name, _as_assets, _unknown])
@pytest.mark.parametrize("is_mapped", [True, False])
def test_no_secret_of_a_recorded_stack_comes_through(plant: Any, is_mapped: bool) -> None:  # noqa: ANN401, FBT001 - cases
    for path in recordings():
        document = orjson.loads(path.read_bytes())
        mappings = everything(document) if is_mapped and plant is not _unknown else Mappings()
        for entry in document["deployment"]["resources"]:
            plant(entry)
            entry |= {"propertyDependencies": {"x": [MARKER]}, "initErrors": [MARKER], "customTimeouts": {"x": MARKER}}
            if entry["type"] == "pulumi:pulumi:Stack" and plant is _unknown:
                entry["outputs"] = {name: sealed(MARKER) for name in entry["outputs"]}
        document["deployment"]["secrets_providers"] = {"type": MARKER, "state": {"salt": MARKER}}
        found = read(document, mappings)
        assert MARKER not in told(found)
        assert plant is _unknown or not is_mapped or all(one.withheld for one in found.resources)


@recorded
def test_a_marker_that_is_no_secret_is_seen_coming_through() -> None:
    document = orjson.loads(recordings()[0].read_bytes())
    mappings = everything(document)
    for entry in document["deployment"]["resources"]:
        _unknown(entry)
    assert MARKER in told(read(document, mappings))


# ---------------------------------------------------------------------------------------- damaged documents

SAMPLES: Final = (
    export(
        resource("pulumi:pulumi:Stack", custom=False, outputs={"a": {SIGNATURE: OUTPUT, "value": SECRET}}),
        provider(region="eu-west-1", allowedAccountIds=f'["{ACCOUNT}"]'),
        resource(
            inputs={"cidrBlock": SECRET, "tags": {"a": "b"}},
            outputs={"arn": ARN, "options": [{"aB": [{"c": 1}]}], "tags": {"a": "b"}, "availabilityZone": "x"},
            additionalSecretOutputs=["x"],
            provider=REFERENCE_TO,
            delete=True,
        ),
        resource("aws-native:ec2:Vpc", inputs={"cidrBlock": "x", "tags": [{"key": "a"}]}),
        pending_operations=[
            {"type": "updating", "resource": resource(inputs={"a": {SIGNATURE: REFERENCE, "id": "x"}})}
        ],
    ),
    {"version": 4, "features": ["views"], "checkpoint": {"latest": export(resource())["deployment"]}},
)
JUNK: Final[st.SearchStrategy[Any]] = st.recursive(
    st.sampled_from([None, True, 0, 7, 1e300, 2**70, "", SIGNATURE, UNKNOWN, ARN, SECRET, {SIGNATURE: []}]) | st.text(),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5) | st.just(SIGNATURE), inner, max_size=3)
    ),
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
def test_a_damaged_stack_is_read_or_refused(data: st.DataObject) -> None:
    document = data.draw(st.sampled_from(SAMPLES))
    changed = damaged(document, data.draw(st.sampled_from(list(places(document)))), data.draw(JUNK))
    try:
        found = read(json.dumps(changed).encode())
    except StateError as error:
        assert str(error).isprintable()  # noqa: PT017 - either this or a state
    else:
        told(found)


@settings(deadline=None)
@given(st.binary())
def test_any_bytes_are_refused(data: bytes) -> None:
    with pytest.raises(StateError):
        read(data)


@recorded
@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_a_damaged_recording_is_read_or_refused(data: st.DataObject) -> None:
    document = orjson.loads(data.draw(st.sampled_from(recordings()[:4])).read_bytes())
    path = data.draw(st.sampled_from(list(places(document))))
    try:
        read(json.dumps(damaged(document, path, data.draw(JUNK))).encode())
    except StateError as error:
        assert error.remedy  # noqa: PT017 - either this or a state


def test_what_is_nested_as_deep_as_allowed_is_read() -> None:
    deep: Any = "x"
    for _ in range(90):
        deep = {"a": deep}
    assert one(export(resource(outputs={"options": deep}))).attributes["options"]
    assert dataclasses.asdict(one(export(resource(outputs={"options": deep}))))
