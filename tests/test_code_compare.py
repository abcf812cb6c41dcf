"""States against live rows: each way a declared resource can stand, and what is told of it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from random import Random
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor.drift import document, tables
from auditor.drift.code.compare import compare_code
from auditor.drift.code.live import Live, Row
from auditor.drift.code.mapping import Attribute, Mappings, Part, TypeMapping
from auditor.drift.code.model import CodeDrift, Declared, Output, Standing, State, Tool, Verdict
from auditor.drift.code.outputs import check_outputs, named
from auditor.drift.code.states.cloudformation import DriftResult, DriftStatus
from auditor.drift.ignore import Ignoring
from auditor.drift.model import Change, Rules
from auditor.job.comparing import rules as rules_of
from auditor.library import shipped
from auditor.model import Gap, Ignore
from auditor.snapshot.database import SYSTEM_TABLES

ACCOUNT, EAST, WEST = "111122223333", "us-east-1", "us-west-2"
RULES: Mapping[str, Rules] = rules_of(shipped().catalogue)


def attribute(name: str, live: str, **more: Any) -> Attribute:  # noqa: ANN401 - JSON
    return Attribute(name=name, live=live, declared=more.pop("declared", name), **more)


VPC = TypeMapping(
    kind="aws_vpc",
    table="ec2_vpcs",
    row=(("VpcId", "id"),),
    by_aws="IsDefault",
    attributes=(
        attribute("cidr_block", "CidrBlock"),
        attribute("enable_dns_support", "EnableDnsSupport"),
        attribute("tags", "tags", form="tags"),
    ),
)
TABLE = TypeMapping(
    kind="aws_route_table",
    table="ec2_route_tables",
    row=(("RouteTableId", "id"),),
    attributes=(
        attribute("vpc_id", "VpcId"),
        attribute(
            "route",
            "Routes[?Origin=='CreateRoute'].{cidr_block: DestinationCidrBlock, gateway_id: GatewayId}",
            key=("cidr_block",),
            held_by=("aws_route",),
        ),
    ),
)
ROUTE = TypeMapping(
    kind="aws_route",
    table="ec2_route_tables",
    row=(("RouteTableId", "route_table_id"),),
    part=Part("aws_route_table", "'route'", "[{cidr_block: destination_cidr_block, gateway_id: gateway_id}]"),
)
BUCKET = TypeMapping(
    kind="aws_s3_bucket",
    table="s3_buckets",
    row=(("name", "id"),),
    attributes=(attribute("versioning", "Versioning.Status", held_by=("aws_s3_bucket_versioning",)),),
)
VERSIONING = TypeMapping(
    kind="aws_s3_bucket_versioning",
    table="s3_buckets",
    row=(("name", "bucket"),),
    exists="Versioning",
    attributes=(attribute("status", "Versioning.Status"),),
)
INSTANCE = TypeMapping(
    kind="aws_instance",
    table="ec2_instances",
    row=(("InstanceId", "id"),),
    gone="State.Name=='terminated'",
    attributes=(attribute("instance_type", "InstanceType"),),
)
GROUP = TypeMapping(
    kind="aws_security_group",
    table="ec2_security_groups",
    row=(("GroupId", "id"),),
    attributes=tuple(
        attribute(name, f"{column}[].{{port: FromPort}}", key=("port",), held_by=("aws_security_group_rule",))
        for name, column in (("ingress", "IpPermissions"), ("egress", "IpPermissionsEgress"))
    ),
)
RULE = TypeMapping(
    kind="aws_security_group_rule",
    table="ec2_security_groups",
    row=(("GroupId", "security_group_id"),),
    part=Part("aws_security_group", "type", "[{port: port}]"),
)
EVERY = (VPC, TABLE, ROUTE, BUCKET, VERSIONING, INSTANCE, GROUP, RULE)
MAPPINGS = Mappings({mapping.kind: mapping for mapping in EVERY})


def declared(kind: str, address: str = "", **attributes: Any) -> Declared:  # noqa: ANN401 - JSON
    known: dict[str, Any] = {"account": ACCOUNT, "region": EAST, "state": "net.tfstate", "standing": Standing.MANAGED}
    known |= {name: attributes.pop(f"_{name}") for name in (*known, "withheld", "unread") if f"_{name}" in attributes}
    return Declared(
        tool=Tool.TERRAFORM,
        address=address or f"{kind}.it",
        kind=kind,
        id=attributes.get("id", ""),
        attributes=attributes,
        **known,
    )


def state(*resources: Declared, outputs: Sequence[Output] = ()) -> State:
    return State(
        tool=Tool.TERRAFORM, name="net.tfstate", digest="", version="4", resources=resources, outputs=tuple(outputs)
    )


def row(table: str, arn: str, region: str = EAST, **columns: Any) -> tuple[str, dict[str, Any]]:  # noqa: ANN401 - JSON
    return table, {"account": ACCOUNT, "region": region, "arn": arn, "name": None, "tags": {}, **columns}


def vpc(id_: str = "vpc-1", region: str = EAST, **columns: Any) -> tuple[str, dict[str, Any]]:  # noqa: ANN401 - JSON
    arn = f"arn:{id_}" if region == EAST else f"arn:{region}:{id_}"
    return row("ec2_vpcs", arn, region, VpcId=id_, CidrBlock="10.0.0.0/16", EnableDnsSupport=True, **columns)


def live(
    rows: Iterable[tuple[str, dict[str, Any]]],
    *gaps: Gap,
    regions: Sequence[str] = (EAST, WEST),
    not_called: Iterable[str] = (),
    out_of_scope: Mapping[str, str] | None = None,
) -> Live:
    by_table: dict[str, list[Row]] = {}
    for table, one in rows:
        text = orjson.dumps(one).decode()
        by_table.setdefault(table, []).append((one["account"], one["region"], one["arn"], one["name"], text))
    operations = {name: frozenset(rule.actions) - set(not_called) for name, rule in RULES.items()}
    return Live(
        rows=lambda table: by_table.get(table, ()),
        rules=RULES,
        operations={name: called for name, called in operations.items() if name not in set(not_called)},
        places=frozenset((ACCOUNT, region) for region in (*regions, "global")),
        gaps=gaps,
        out_of_scope=out_of_scope or {},
    )


def gap(table: str, region: str = EAST, columns: tuple[str, ...] = (), arn: str = "") -> Gap:
    return Gap(
        account=ACCOUNT,
        region=region,
        service="ec2",
        operation="DescribeX",
        code="AccessDenied",
        message="no",
        action="ec2:DescribeX",
        table=table,
        columns=columns,
        arn=arn,
    )


def compare(*resources: Declared, to: Live) -> CodeDrift:
    return compare_code([state(*resources)], MAPPINGS, to)


def told(found: CodeDrift) -> list[str]:
    """Each declared resource: verdict, differences, why unknown."""
    return [
        " ".join(
            [
                one.verdict.value,
                *(f"{change.field}:{change.old}->{change.new}" for change in one.changes),
                *(unknown.code for unknown in one.unknown),
            ]
        )
        for one in found.judged
    ]


SAME: dict[str, Any] = {"id": "vpc-1", "cidr_block": "10.0.0.0/16", "enable_dns_support": True, "tags": {}}
DENIED_TABLE, DENIED_ROW = gap("ec2_vpcs"), gap("ec2_vpcs", arn="arn:vpc-1")
DENIED_COLUMN = gap("ec2_vpcs", columns=("EnableDnsSupport",), arn="arn:vpc-1")


@pytest.mark.parametrize(
    ("resource", "to", "expected"),
    [
        (declared("aws_vpc", **SAME), live([vpc()]), "deployed"),
        (declared("aws_vpc", **{**SAME, "tags": None}), live([vpc()]), "deployed"),
        (
            declared("aws_vpc", **{**SAME, "cidr_block": "10.1.0.0/16"}),
            live([vpc()]),
            "deployed cidr_block:10.1.0.0/16->10.0.0.0/16",
        ),
        (declared("aws_vpc", **SAME), live([vpc(tags={"A": "b", "aws:x": "y"})]), "deployed tags.A:None->b"),
        (declared("aws_vpc", **SAME), live([vpc("vpc-2")]), "missing"),
        (declared("aws_vpc", **SAME), live([vpc(region=WEST)]), "missing"),
        (declared("aws_vpc", _region="", **SAME), live([vpc(region=WEST)]), "deployed"),
        (declared("aws_vpc", _region="", **SAME), live([vpc(), vpc(region=WEST)]), "unknown Ambiguous"),
        (declared("aws_vpc", **SAME), live([], DENIED_TABLE), "unknown AccessDenied"),
        (declared("aws_vpc", **SAME), live([vpc()], DENIED_TABLE), "deployed"),
        (declared("aws_vpc", **SAME), live([], gap("ec2_vpcs", WEST)), "missing"),
        (declared("aws_vpc", _region="", **SAME), live([], gap("ec2_vpcs", WEST)), "unknown AccessDenied"),
        (declared("aws_vpc", _region="eu-west-1", **SAME), live([]), "unknown NotCollected"),
        (declared("aws_vpc", _account="999999999999", **SAME), live([]), "unknown NotCollected"),
        (declared("aws_vpc", **SAME), live([], not_called=["ec2_vpcs"]), "unknown NotCollected"),
        (declared("aws_vpc", **SAME), live([vpc()], DENIED_ROW), "deployed AccessDenied"),
        (declared("aws_vpc", **SAME), live([vpc()], DENIED_COLUMN), "deployed AccessDenied"),
        (
            declared("aws_vpc", **{**SAME, "cidr_block": "x"}),
            live([vpc()], DENIED_COLUMN),
            "deployed cidr_block:x->10.0.0.0/16 AccessDenied",
        ),
        (declared("aws_vpc", **SAME), live([vpc()], not_called=["DescribeVpcAttribute"]), "deployed NotCollected"),
        (declared("aws_vpc", _standing=Standing.PENDING, **SAME), live([vpc()]), "unknown Pending"),
        (declared("aws_vpc", _standing=Standing.TAINTED, **SAME), live([]), "missing"),
        (declared("aws_vpc", cidr_block="10.0.0.0/16"), live([vpc()]), "unknown NoId"),
        (declared("aws_thing", id="x"), live([]), "unknown NotMapped"),
        (
            declared("aws_instance", id="i-1", instance_type="m"),
            live([row("ec2_instances", "arn:i-1", InstanceId="i-1", InstanceType="m", State={"Name": "terminated"})]),
            "missing",
        ),
    ],
)
def test_a_declared_resource_is_told_as_it_stands(resource: Declared, to: Live, expected: str) -> None:
    assert told(compare(resource, to=to)) == [expected]


@pytest.mark.parametrize(
    ("arn", "denied", "expected"),
    [
        ("arn:aws:logs:us-east-1:111122223333:log-group:/app", [gap("ec2_vpcs", WEST)], "unknown AccessDenied"),
        ("arn:aws:logs:us-east-1:111122223333:log-group:/app", [], "deployed"),
        ("arn:aws:ec2:us-east-1:111122223333:vpc/vpc-0a1b2c3d", [gap("ec2_vpcs", WEST)], "deployed"),
    ],
)
def test_a_name_that_another_region_may_have_too_is_not_taken_for_it(
    arn: str, denied: list[Gap], expected: str
) -> None:
    there = row("ec2_vpcs", arn, VpcId="vpc-1", CidrBlock="10.0.0.0/16", EnableDnsSupport=True)
    assert told(compare(declared("aws_vpc", _region="", **SAME), to=live([there], *denied))) == [expected]


def test_a_list_that_could_not_be_read_is_unknown_of_its_owner_too() -> None:
    hidden = gap("ec2_route_tables", columns=("Routes",), arn="arn:rtb-1")
    found = compare(route(), route_table(), to=live([LIVE_TABLE], hidden))
    assert told(found) == ["unknown AccessDenied", "deployed AccessDenied"]


def test_what_is_still_to_be_destroyed_is_neither_missing_nor_compared_nor_unmanaged() -> None:
    old = declared("aws_vpc", "aws_vpc.it (deposed 1)", **{**SAME, "cidr_block": "other"}, _standing=Standing.DEPOSED)
    there = compare(old, to=live([vpc()]))
    assert (there.judged, there.unmanaged) == ((), ())
    assert compare(old, to=live([])).judged == ()


# ---------------------------------------------------------------------------------------- parts and sides

ROUTES = [
    {"DestinationCidrBlock": "10.0.0.0/16", "GatewayId": "local", "Origin": "CreateRouteTable"},
    {"DestinationCidrBlock": "0.0.0.0/0", "GatewayId": "igw-1", "Origin": "CreateRoute"},
]
LIVE_TABLE = row("ec2_route_tables", "arn:rtb-1", RouteTableId="rtb-1", VpcId="vpc-1", Routes=ROUTES)


def route(cidr: str = "0.0.0.0/0", gateway: str = "igw-1") -> Declared:
    return declared(
        "aws_route", f"aws_route.{cidr}", route_table_id="rtb-1", destination_cidr_block=cidr, gateway_id=gateway
    )


def route_table(*routes: tuple[str, str]) -> Declared:
    own = [{"cidr_block": cidr, "gateway_id": gateway} for cidr, gateway in routes]
    return declared("aws_route_table", id="rtb-1", vpc_id="vpc-1", route=own)


@pytest.mark.parametrize(
    ("resources", "expected"),
    [
        ([route_table(("0.0.0.0/0", "igw-1"))], ["deployed"]),
        ([route_table()], ['deployed route[cidr_block="0.0.0.0/0"]:None->{...}']),
        ([route_table(("0.0.0.0/0", "nat-1"))], ['deployed route[cidr_block="0.0.0.0/0"].gateway_id:nat-1->igw-1']),
        ([route_table(), route()], ["deployed", "deployed"]),
        ([route_table(("0.0.0.0/0", "igw-1")), route()], ["deployed", "deployed"]),
        ([route()], ["deployed"]),
        ([route(gateway="nat-1")], ['deployed route[cidr_block="0.0.0.0/0"].gateway_id:nat-1->igw-1']),
        ([route("10.9.0.0/16")], ["missing"]),
        (
            [route_table(), route("10.9.0.0/16")],
            ["missing", 'deployed route[cidr_block="0.0.0.0/0"]:None->{...}'],
        ),
    ],
)
def test_routes_may_stand_in_their_table_or_by_themselves(resources: list[Declared], expected: list[str]) -> None:
    found = [
        text.split("{")[0] + ("{...}" if "{" in text else "")
        for text in told(compare(*resources, to=live([LIVE_TABLE])))
    ]
    assert sorted(found) == sorted(expected)


def group_rule(port: int | None, kind: str = "ingress", **more: Any) -> Declared:  # noqa: ANN401 - JSON
    address = f"aws_security_group_rule.{kind}{port}"
    return declared("aws_security_group_rule", address, security_group_id="sg-1", type=kind, port=port, **more)


@pytest.mark.parametrize(
    ("beside", "expected"),
    [
        ([], ['deployed egress[port="9"] ingress[port="1"]']),
        ([group_rule(1)], ["deployed", 'deployed egress[port="9"]']),
        ([group_rule(1), group_rule(9, "egress")], ["deployed", "deployed", "deployed"]),
        ([group_rule(1, _standing=Standing.DEPOSED)], ['deployed egress[port="9"] ingress[port="1"]']),
        ([group_rule(1, "sideways")], ["deployed ? egress, ingress", "unknown"]),
    ],
)
def test_a_rule_of_one_list_says_nothing_of_the_other(beside: list[Declared], expected: list[str]) -> None:
    group = declared("aws_security_group", id="sg-1", ingress=[], egress=[])
    rules: dict[str, Any] = {"IpPermissions": [{"FromPort": 1}], "IpPermissionsEgress": [{"FromPort": 9}]}
    to = live([row("ec2_security_groups", "arn:sg-1", GroupId="sg-1", **rules)])
    found = []
    for one in compare(group, *beside, to=to).judged:
        undecided = [f"? {', '.join(one.not_compared)}"] if one.not_compared else []
        found.append(" ".join([one.verdict.value, *(change.field for change in one.changes), *undecided]))
    assert sorted(found) == expected


def test_a_part_alone_manages_no_resource() -> None:
    found = compare(route(), to=live([LIVE_TABLE]))
    assert (found.managed, found.unmanaged, found.shares) == ((), (), ())


def test_the_parts_of_what_is_gone_are_missing_and_of_what_is_hidden_unknown() -> None:
    assert told(compare(route(), to=live([]))) == ["missing"]
    assert told(compare(route(), to=live([], gap("ec2_route_tables")))) == ["unknown AccessDenied"]
    hidden = gap("ec2_route_tables", arn="arn:rtb-1")
    assert told(compare(route(), route_table(), to=live([LIVE_TABLE], hidden))) == [
        "unknown AccessDenied",
        "deployed AccessDenied",
    ]


def test_a_side_is_there_differs_or_is_missing_and_its_owner_leaves_it_to_it() -> None:
    bucket = declared("aws_s3_bucket", id="b", versioning="Suspended")
    side = declared("aws_s3_bucket_versioning", bucket="b", status="Enabled")
    on = row("s3_buckets", "arn:b", name="b", Versioning={"Status": "Enabled"})
    off = row("s3_buckets", "arn:b", name="b", Versioning=None)
    assert told(compare(bucket, side, to=live([on]))) == ["deployed", "deployed"]
    assert told(compare(bucket, to=live([on]))) == ["deployed versioning:Suspended->Enabled"]
    assert told(compare(bucket, side, to=live([off]))) == ["deployed", "missing"]
    changed = row("s3_buckets", "arn:b", name="b", Versioning={"Status": "Suspended"})
    assert told(compare(side, to=live([changed]))) == ["deployed status:Enabled->Suspended"]


# ---------------------------------------------------------------------------------------- the rest


def test_what_no_code_speaks_of_is_unmanaged_for_the_types_that_the_code_has() -> None:
    rows = [
        vpc(),
        vpc("vpc-2"),
        vpc("vpc-3", IsDefault=True),
        vpc("vpc-4"),
        row("ec2_instances", "arn:i-1", InstanceId="i-1"),
    ]
    found = compare(declared("aws_vpc", **SAME), to=live(rows, out_of_scope={"arn:vpc-4": "rule"}))
    assert [one.subject.arn for one in found.unmanaged] == ["arn:vpc-2"]
    (share,) = found.shares
    assert (share.type, share.managed, share.unmanaged, share.unlisted) == ("AWS::EC2::VPC", 1, 1, ())


def test_a_share_is_not_known_where_a_listing_was_denied() -> None:
    found = compare(declared("aws_vpc", **SAME), to=live([vpc()], gap("ec2_vpcs", WEST)))
    (share,) = document.code(found, Ignoring((), dt.date.min))["shares"]
    assert share["percent"] is None
    assert share["unlisted"] == [f"ec2:DescribeX gave no answer in {ACCOUNT}/{WEST} (AccessDenied: no)"]


def test_a_resource_that_two_states_claim_is_told() -> None:
    other = replace(declared("aws_vpc", **SAME), state="other.tfstate")
    found = compare_code([state(declared("aws_vpc", **SAME)), state(other)], MAPPINGS, live([vpc()]))
    (twice,) = found.claimed_twice
    assert [one.state for one in twice.claims] == ["net.tfstate", "other.tfstate"]
    assert told(found) == ["deployed", "deployed"]


def test_secret_and_unread_attributes_are_named_and_not_compared() -> None:
    resource = declared("aws_vpc", **SAME, _withheld=frozenset({"cidr_block"}), _unread=frozenset({"ipam"}))
    resource = replace(resource, attributes={**resource.attributes, "cidr_block": "other"})
    (one,) = compare(resource, to=live([vpc()])).judged
    assert (one.changes, one.not_compared) == ((), ("cidr_block", "ipam"))


# ---------------------------------------------------------------------------------------- stacks

STACK = "arn:aws:cloudformation:us-east-1:111122223333:stack/net/1"


def of_stack(kind: str = "AWS::EC2::VPC", id_: str = "vpc-1") -> Declared:
    return Declared(
        tool=Tool.CLOUDFORMATION,
        state="net in 111122223333/us-east-1",
        address="Vpc",
        kind=kind,
        id=id_,
        provider=STACK,
        account=ACCOUNT,
        region=EAST,
        attributes={"ref": id_},
    )


@pytest.mark.parametrize(
    ("resource", "result", "expected"),
    [
        (of_stack(), DriftResult(status=DriftStatus.IN_SYNC), "deployed"),
        (of_stack(), None, "deployed NotChecked"),
        (of_stack(), DriftResult(status=DriftStatus.NOT_CHECKED), "deployed NotChecked"),
        (of_stack(), DriftResult(status=DriftStatus.DELETED), "deployed NotChecked"),
        (
            of_stack(),
            DriftResult(status=DriftStatus.MODIFIED, changes=(Change("/CidrBlock", "a", "b"),)),
            "deployed /CidrBlock:a->b",
        ),
        (
            of_stack(),
            DriftResult(
                status=DriftStatus.MODIFIED, changes=(Change("/Password", None, None),), withheld=("/Password",)
            ),
            "deployed /Password:(may be a credential: not kept)->(may be a credential: not kept)",
        ),
        (of_stack(id_="vpc-2"), None, "missing"),
        (of_stack("AWS::EC2::Route", "rtb-1|0.0.0.0/0"), None, "unknown NotCompared"),
        (of_stack("AWS::Foo::Bar"), None, "unknown NotMapped"),
    ],
)
def test_a_stack_says_what_is_there_and_drift_detection_what_differs(
    resource: Declared, result: DriftResult | None, expected: str
) -> None:
    stacks = {**MAPPINGS.by_kind}
    mappings = Mappings(stacks, {}, {"AWS::EC2::VPC": VPC, "AWS::EC2::Route": ROUTE})
    detected = {(STACK, "Vpc"): result} if result is not None else {}
    found = compare_code([state(resource)], mappings, live([vpc(tags={"Anything": "else"})]), detected)
    assert told(found) == [expected]
    assert bool(found.managed) == expected.startswith("deployed")


def test_a_resource_of_a_stack_is_unknown_with_the_command_that_would_tell() -> None:
    mappings = Mappings({"aws_vpc": VPC}, {}, {"AWS::EC2::VPC": VPC})
    (one,) = compare_code([state(of_stack())], mappings, live([vpc()])).judged
    assert one.unknown[0].reason.endswith(
        "run aws cloudformation detect-stack-drift --stack-name net --region us-east-1"
    )


# ---------------------------------------------------------------------------------------- properties

_vpcs = st.dictionaries(
    st.sampled_from([f"vpc-{n}" for n in range(6)]),
    st.fixed_dictionaries(
        {
            "cidr": st.sampled_from(["10.0.0.0/16", "10.1.0.0/16"]),
            "tags": st.dictionaries(st.sampled_from(["A", "B"]), st.sampled_from(["", "x", "y"])),
        }
    ),
)


@given(_vpcs, _vpcs, st.randoms())
def test_what_differs_is_told_and_nothing_else(code: dict[str, Any], deployed: dict[str, Any], random: Random) -> None:
    resources = [
        declared("aws_vpc", f"aws_vpc.{id_}", id=id_, cidr_block=one["cidr"], tags=one["tags"])
        for id_, one in code.items()
    ]
    rows = [
        row("ec2_vpcs", f"arn:{id_}", VpcId=id_, CidrBlock=one["cidr"], tags=one["tags"])
        for id_, one in deployed.items()
    ]
    random.shuffle(resources)
    random.shuffle(rows)
    found = compare(*resources, to=live(rows))
    missing = {one.declared.id for one in found.judged if one.verdict is Verdict.MISSING}
    different = {one.declared.id for one in found.judged if one.changes}
    assert missing == set(code) - set(deployed)
    assert {one.subject.arn[4:] for one in found.unmanaged} == (set(deployed) - set(code) if code else set())
    assert different == {id_ for id_ in set(code) & set(deployed) if code[id_] != deployed[id_]}
    assert found.is_drift == bool(missing or different or found.unmanaged)


# ---------------------------------------------------------------------------------------- outputs


def test_what_outputs_name_is_found_in_any_text() -> None:
    value = {
        "ids": ["vpc-0a1b2c3d", "subnet-0123456789abcdef0", "not-vpc-0a1b2c3d", "sg-xyz"],
        "url": "https://web-1.us-east-1.elb.amazonaws.com/path",
        "arn": "arn:aws:sns:us-east-1:111122223333:alerts",
        "unknown": "arn:aws:foo:us-east-1:111122223333:bar/1",
    }
    assert [(one.text, one.table) for one in named(value)] == [
        ("arn:aws:foo:us-east-1:111122223333:bar/1", ""),
        ("arn:aws:sns:us-east-1:111122223333:alerts", "sns_topics"),
        ("subnet-0123456789abcdef0", "ec2_subnets"),
        ("vpc-0a1b2c3d", "ec2_vpcs"),
        ("web-1.us-east-1.elb.amazonaws.com", "elbv2_load_balancers"),
    ]


def test_outputs_are_followed_to_live_resources() -> None:
    outputs = [
        Output("vpc", "vpc-0a1b2c3d"),
        Output("gone", "vpc-0a1b2c3e"),
        Output("password", None, withheld=True),
        Output("lb", "web-1.us-east-1.elb.amazonaws.com"),
        Output("empty", ""),
    ]
    lb = row("elbv2_load_balancers", "arn:lb", type="AWS::X", DNSName="WEB-1.us-east-1.elb.amazonaws.com", key=None)
    rows = [vpc("vpc-0a1b2c3d", type="AWS::EC2::VPC"), lb]
    found = check_outputs([state(outputs=outputs)], ["vpc", "empty", "endpoint", "password"], live(rows))
    assert [(one.name, one.names, one.verdict.value) for one in found] == [
        ("empty", "", "missing"),
        ("endpoint", "", "missing"),
        ("gone", "vpc-0a1b2c3e", "missing"),
        ("lb", "web-1.us-east-1.elb.amazonaws.com", "deployed"),
        ("password", "", "deployed"),
        ("password", "", "unknown"),
        ("vpc", "", "deployed"),
        ("vpc", "vpc-0a1b2c3d", "deployed"),
    ]
    elsewhere = declared("aws_vpc", id="vpc-0a1b2c3e", _region="eu-west-1")
    not_looked_at = check_outputs([state(elsewhere, outputs=outputs[1:2])], [], live(rows))
    assert [one.verdict.value for one in not_looked_at] == ["unknown"]
    hidden = check_outputs([state(outputs=outputs[1:2])], [], live([], gap("ec2_vpcs")))
    assert [(one.verdict.value, one.unknown.action if one.unknown else "") for one in hidden] == [
        ("unknown", "ec2:DescribeX")
    ]


# ---------------------------------------------------------------------------------------- ignore rules, rows


def rule(resource: str, attribute: str = "", expires: str = "2027-01-01") -> Ignore:
    return Ignore(resource=resource, attribute=attribute, reason="known", expires=expires)


@pytest.mark.parametrize(
    ("ignore", "left"),
    [
        (rule("arn:vpc-1"), {"added": 1, "removed": 1, "changed": 0, "unknown": 1, "ignored": 2}),
        (rule("arn:vpc-1", "tags"), {"added": 1, "removed": 1, "changed": 1, "unknown": 1, "ignored": 1}),
        (rule("aws_vpc.first", "cidr_*"), {"added": 1, "removed": 1, "changed": 1, "unknown": 1, "ignored": 1}),
        (rule("arn:vpc-9"), {"added": 0, "removed": 1, "changed": 1, "unknown": 1, "ignored": 1}),
        (rule("aws_vpc.gone"), {"added": 1, "removed": 0, "changed": 1, "unknown": 1, "ignored": 1}),
        (rule("aws_thing.*"), {"added": 1, "removed": 1, "changed": 1, "unknown": 0, "ignored": 1}),
        (rule("*"), {"added": 0, "removed": 0, "changed": 0, "unknown": 0, "ignored": 5}),
        (rule("*", expires="2026-01-01"), {"added": 1, "removed": 1, "changed": 1, "unknown": 1, "ignored": 0}),
        (rule("arn:nothing"), {"added": 1, "removed": 1, "changed": 1, "unknown": 1, "ignored": 0}),
    ],
)
def test_rules_leave_out_what_they_say_until_they_expire(ignore: Ignore, left: dict[str, int]) -> None:
    resources = [
        declared("aws_vpc", "aws_vpc.first", id="vpc-1", cidr_block="other", tags={"A": "1"}),
        declared("aws_vpc", "aws_vpc.gone", id="vpc-8"),
        declared("aws_thing", "aws_thing.it", id="x"),
    ]
    ignoring = Ignoring([ignore], dt.date(2026, 6, 1))
    found = ignoring.code(compare(*resources, to=live([vpc(), vpc("vpc-9")])))
    told_of = document.code(found, ignoring)
    assert told_of["summary"] == left
    expired = ignore.expires < "2026-06-01"
    matched = 0 if ignore.resource == "arn:nothing" else 5 if expired else left["ignored"]
    assert [(one["expired"], one["matched"]) for one in told_of["rules"]] == [(expired, matched)]


def test_what_was_denied_stays_unknown_whatever_a_rule_says() -> None:
    ignoring = Ignoring([rule("*")], dt.date(2026, 6, 1))
    found = ignoring.code(compare(declared("aws_vpc", **SAME), to=live([], DENIED_TABLE)))
    assert document.code(found, ignoring)["summary"]["unknown"] == 2  # the resource, and what else there may be


def test_rows_for_checks_have_the_columns_of_their_tables() -> None:
    resources = [declared("aws_vpc", **{**SAME, "cidr_block": "x" * 200}), declared("aws_vpc", "b", id="vpc-8")]
    found = compare(*resources, to=live([vpc(), vpc("vpc-9")], gap("ec2_vpcs", WEST)))
    found = replace(found, outputs=check_outputs([state(outputs=[Output("a", "vpc-1234abcd")])], ["b"], live([])))
    for name, rows in tables.rows(found, [ACCOUNT]).items():
        every = list(rows)
        assert every
        for one in every:
            assert set(one) <= set(SYSTEM_TABLES[name]), name
            assert one["arn"]
    first = next(iter(tables.rows(found, [ACCOUNT])["declared_resources"]))
    assert first["told"] == f"cidr_block is {'x' * 79}… in the code and 10.0.0.0/16 live"
