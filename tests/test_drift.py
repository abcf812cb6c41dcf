"""Drift between two snapshots: its laws, field by field and over whole tables, and what a gap makes of them."""

from __future__ import annotations

import json
import random
import re
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from auditor.drift.compare import NOT_COLLECTED, NOT_DECLARED, compare
from auditor.drift.fields import NATURAL_KEYS, changes, element_key
from auditor.drift.model import Change, Changed, Difference, Rules, Side, Subject, Unknown
from auditor.drift.values import canonical, pruned
from auditor.job.comparing import rules as shipped_rules
from auditor.library import shipped
from auditor.model import Detail, Gap, Table
from auditor.snapshot.database import json_source, line

Json = Any
Row = dict[str, Any]

# ---------------------------------------------------------------------------------------- field by field

_SCALARS = st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(max_size=5) | st.floats(-1e6, 1e6)
_NAMES = st.sampled_from(["Key", "Value", "GroupId", "FromPort", "IpProtocol", "a.b", 'q"]', "", "x/y:z"])
_VALUES = st.recursive(
    _SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_NAMES, inner, max_size=4), max_leaves=12
)
_OBJECTS = st.dictionaries(_NAMES, _VALUES, max_size=5)
_STEP = re.compile(r'\.?(?P<name>[\w:/@+=-]+)|\.?(?P<quoted>"(?:[^"\\]|\\.)*")|(?P<open>\[)')


def steps(path: str) -> Iterator[str | Row]:
    """A path, read: member names, and the natural keys of elements ({} where an element has none)."""
    at = 0
    while at < len(path):
        found = _STEP.match(path, at)
        assert found, path[at:]
        at = found.end()
        if found["open"] is None:
            yield found["name"] if found["name"] is not None else json.loads(found["quoted"])
            continue
        known = {}
        while path[at] != "]":
            name, _, _ = path[at:].lstrip(",").partition("=")
            at = path.index("=", at) + 1
            known[name], at = json.JSONDecoder().raw_decode(path, at)
        at += 1
        yield known


def element(items: Sequence[Json], known: Row) -> int | None:
    """The index of the one element that a natural key tells."""
    for key in (key for key in NATURAL_KEYS if set(known) <= set(key)):
        at = [n for n, item in enumerate(items) if isinstance(item, Mapping) and element_key(item, key) == known]
        if len(at) == 1:
            return at[0]
    return None


def applied(value: Json, found: Sequence[Change]) -> Json:
    """The old value with the changes made."""
    root = [pruned(value)]
    for change in found:
        *way, last = steps(change.field)
        parent = root[0]
        for step in way:
            at = element(parent, step) if isinstance(step, dict) else step
            parent = parent[at]
        if isinstance(last, str):
            assert canonical(parent.get(last)) == canonical(change.old)
            parent.pop(last, None)
            parent |= {} if change.new is None else {last: change.new}
            continue
        if change.old is not None:
            texts = [canonical(item) for item in parent]
            del parent[texts.index(canonical(change.old))]
        if change.new is not None:
            parent.append(change.new)
    return root[0]


def shuffled(value: Json, chance: random.Random) -> Json:
    if isinstance(value, dict):
        return {key: shuffled(value[key], chance) for key in chance.sample(list(value), len(value))}
    if isinstance(value, list):
        return chance.sample([shuffled(item, chance) for item in value], len(value))
    return value


@given(_OBJECTS)
def test_nothing_differs_from_itself(value: Row) -> None:
    assert changes(value, value) == ()


@given(_OBJECTS, _OBJECTS)
def test_the_changes_lead_from_the_old_to_the_new(old: Row, new: Row) -> None:
    assert canonical(applied(old, changes(old, new))) == canonical(pruned(new))


@given(_OBJECTS, _OBJECTS)
def test_the_way_back_has_the_same_fields(old: Row, new: Row) -> None:
    there, back = changes(old, new), changes(new, old)
    assert sorted(map(repr, there)) == sorted(repr(Change(c.field, c.new, c.old)) for c in back)


@given(_OBJECTS, st.randoms(use_true_random=False))
def test_order_is_no_change(value: Row, chance: random.Random) -> None:
    assert changes(value, shuffled(value, chance)) == ()


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ({"tags": {"Owner": "a"}}, {"tags": {"Owner": "b"}}, [("tags.Owner", "a", "b")]),
        ({"tags": {}}, {"tags": {"a.b": "c"}}, [('tags."a.b"', None, "c")]),
        (
            {"VpcConfig": {"SubnetIds": ["s-1", "s-2"]}},
            {"VpcConfig": {"SubnetIds": ["s-3", "s-1"]}},
            [("VpcConfig.SubnetIds[]", "s-2", None), ("VpcConfig.SubnetIds[]", None, "s-3")],
        ),
        (
            {
                "Routes": [
                    {"DestinationCidrBlock": "0.0.0.0/0", "GatewayId": "igw-1"},
                    {"DestinationIpv6CidrBlock": "::"},
                ]
            },
            {"Routes": [{"DestinationIpv6CidrBlock": "::"}, {"DestinationCidrBlock": "0.0.0.0/0", "NatId": "n"}]},
            [
                ('Routes[DestinationCidrBlock="0.0.0.0/0"].GatewayId', "igw-1", None),
                ('Routes[DestinationCidrBlock="0.0.0.0/0"].NatId', None, "n"),
            ],
        ),
        ({"A": "team|red"}, {"A": ["team", "red"]}, [("A", "team|red", ["team", "red"])]),
        ({"A": 1}, {"A": True}, [("A", 1, True)]),
        ({"A": 1.0}, {"A": 1}, []),
        ({"A": None}, {}, []),
        ({"A": None}, {"A": ""}, [("A", None, "")]),
        ({"A": ["x", "x"]}, {"A": ["x"]}, [("A[]", "x", None)]),
        ({"A": [{"Key": "k", "V": 1}]}, {"A": [{"Key": "k", "V": 2}]}, [('A[Key="k"].V', 1, 2)]),
        ({"A": [{"Key": "k"}]}, {"A": [{"Key": "k"}, {"Key": "k"}]}, [("A[]", None, {"Key": "k"})]),
    ],
)
def test_a_change_says_where_and_what(old: Row, new: Row, expected: list[tuple[str, Json, Json]]) -> None:
    assert [(change.field, change.old, change.new) for change in changes(old, new)] == expected


# ---------------------------------------------------------------------------------------- snapshots

ACCOUNT, EAST, WEST = "111122223333", "us-east-1", "us-west-2"
_DETAIL = Detail(operation="DescribeThing", params={}, columns={"Policy": "Policy"})
TABLE = Table(
    name="things",
    description="Things.",
    service="ec2",
    operation="ListThings",
    items="Things",
    type="AWS::EC2::Thing",
    arn="{Arn}",
    key=("Id", "Set"),
    volatile=("Seen",),
    details=(_DETAIL,),
)
RULES = {
    "things": Rules(
        TABLE, {"ListThings": "ec2:ListThings", "DescribeThing": "ec2:DescribeThing"}, {"Policy": "DescribeThing"}
    )
}
COLUMNS = {
    "account": "VARCHAR",
    "region": "VARCHAR",
    "arn": "VARCHAR",
    "name": "VARCHAR",
    "type": "VARCHAR",
    "tags": "MAP(VARCHAR, VARCHAR)",
    "Id": "VARCHAR",
    "Set": "VARCHAR",
    "Seen": "BIGINT",
    "Text": "VARCHAR",
    "Config": 'STRUCT("Ids" VARCHAR[], "Rules" STRUCT("Port" BIGINT, "Cidrs" VARCHAR[])[])',
    "Policy": "JSON",
}


def row(id_: str, region: str = EAST, **columns: Json) -> Row:
    arn = f"arn:aws:ec2:{region}:{ACCOUNT}:thing/{id_}/{columns.get('Set', '')}"
    return {"account": ACCOUNT, "region": region, "arn": arn, "type": TABLE.type, "Id": id_, "tags": {}} | columns


_KEYS = st.tuples(
    st.sampled_from(["a", "b", "a|b", "c"]), st.sampled_from([None, "", "b"]), st.sampled_from([EAST, WEST])
)
_CONTENT = st.fixed_dictionaries(
    {"tags": st.dictionaries(st.sampled_from(["Owner", "a.b", "Name"]), st.sampled_from(["x", "x|y", ""]), max_size=2)},
    optional={
        "Seen": st.integers(0, 3),
        "Text": st.none() | st.sampled_from(["", "x", "x|y"]),
        "Config": st.none()
        | st.fixed_dictionaries(
            {},
            optional={
                "Ids": st.lists(st.sampled_from(["i", "j"]), max_size=3),
                "Rules": st.lists(
                    st.fixed_dictionaries(
                        {"Port": st.integers(0, 2), "Cidrs": st.lists(st.sampled_from("xy"), max_size=2)}
                    ),
                    max_size=2,
                ),
            },
        ),
        "Policy": st.none() | st.dictionaries(st.sampled_from(["Statement", "x"]), _VALUES, max_size=2),
    },
)
_ROWS = st.dictionaries(_KEYS, _CONTENT, max_size=4).map(
    lambda found: [row(id_, region, Set=set_, **content) for (id_, set_, region), content in found.items()]
)


def diff(
    old: Sequence[Row],
    new: Sequence[Row],
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
) -> Difference:
    """The difference of two snapshots of one table; `before` and `after` say what else is special about a side."""
    with tempfile.TemporaryDirectory() as folder:
        sides = []
        for word, rows, special in (("baseline", old, before or {}), ("audit", new, after or {})):
            side = Side(
                word=word,
                sources={},
                columns={"things": COLUMNS},
                operations={"things": frozenset({"ListThings", "DescribeThing"})},
                places=frozenset({(ACCOUNT, EAST), (ACCOUNT, WEST), (ACCOUNT, "global")}),
            )
            side = replace(side, **special)
            if rows and "things" in side.columns:
                path = Path(folder) / f"{word}.ndjson"
                path.write_bytes(b"".join(line(one) for one in rows))
                side = replace(side, sources={"things": json_source([path], side.columns["things"])})
            sides.append(side)
        return compare(sides[0], sides[1], RULES)


def _documents(one: Row) -> Json:
    """A row as the snapshot gives it back: without NULL, and an empty structure as a structure."""
    return {k: v for k, v in pruned(one).items() if k not in ("account", "region", "arn", "name")}


def test_the_same_rows_are_no_difference_whatever_their_order() -> None:
    rows = [
        row("a", Config={"Ids": ["x", "y"], "Rules": [{"Port": 1, "Cidrs": ["p", "q"]}, {"Port": 2}]}),
        row("b", WEST),
    ]
    other = [
        row("b", WEST, Seen=9),
        row("a", Config={"Ids": ["y", "x"], "Rules": [{"Port": 2}, {"Port": 1, "Cidrs": ["q", "p"]}]}),
    ]
    assert diff(rows, other) == Difference()
    assert diff([], []) == Difference()
    assert diff(rows, [*other, other[0]]) == Difference(), "AWS answered a row twice"


@pytest.mark.parametrize(
    ("volatile_rows", "added"),
    [("", ["made", "taken"]), ("Text = 'automated'", ["made"]), ("true", []), ("Absent = 1", ["made", "taken"])],
)
def test_rows_that_come_and_go_by_themselves_do_not_count(
    volatile_rows: str, added: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(RULES, "things", replace(RULES["things"], table=replace(TABLE, volatile_rows=volatile_rows)))
    found = diff([], [row("made", Text="manual"), row("taken", Text="automated")])
    assert [one.properties["Id"] for one in found.added] == added


@settings(max_examples=15, deadline=None)
@given(_ROWS, _ROWS, st.randoms(use_true_random=False))
def test_the_laws_of_a_difference(old: list[Row], new: list[Row], chance: random.Random) -> None:
    there, back = diff(old, new), diff(new, old)
    assert there.unknown == back.unknown == ()
    assert (there.added, there.removed) == (back.removed, back.added)
    assert [one.subject for one in there.changed] == [one.subject for one in back.changed]
    assert diff(old, chance.sample([shuffled(one, chance) for one in old], len(old))) == Difference()
    after = {_identity(one): _documents(one) for one in old}
    for only in there.removed:
        del after[_identity(only.properties, only.subject.region)]
    for only in there.added:
        after[_identity(only.properties, only.subject.region)] = only.properties
    by_arn = {one["arn"]: _identity(one) for one in old}
    for one in there.changed:
        identity = by_arn[one.subject.arn]
        after[identity] = applied(after[identity], one.changes)
    wanted = {_identity(one): canonical(_columns(one)) for one in new}
    assert {identity: canonical(_columns(content)) for identity, content in after.items()} == wanted


def _identity(one: Mapping[str, Any], region: str = "") -> str:
    return json.dumps([region or one["region"], one["Id"], one.get("Set")])


def _columns(one: Mapping[str, Any]) -> Row:
    left_out = {"account", "region", "arn", "name", "type", "Seen"}
    return {name: value for name, value in pruned(one).items() if name not in left_out}


def test_identity_is_typed_and_zero_rows_are_rows() -> None:
    assert [one.subject.arn for one in diff([], [row("a")]).added] == [row("a")["arn"]]
    found = diff([row("a", Set="b|c")], [row("a|b", Set="c")])
    assert (len(found.added), len(found.removed), len(found.changed)) == (1, 1, 0)
    found = diff([row("a", Set=None, name="x")], [row("a", Set="", name="x")])
    assert (len(found.added), len(found.removed)) == (1, 1)


def test_a_changed_resource_has_its_fields() -> None:
    found = diff([row("a", tags={"Owner": "x"}, Text="t")], [row("a", tags={"Owner": "y"}, Text="t", Seen=3)])
    subject = Subject("things", ACCOUNT, EAST, row("a")["arn"], TABLE.type)
    assert found == Difference(changed=(Changed(subject, (Change("tags.Owner", "x", "y"),)),))
    assert found.is_drift


def test_what_only_one_version_of_the_tool_collects_is_no_change() -> None:
    newer = COLUMNS | {"More": "VARCHAR", "Config": 'STRUCT("Ids" VARCHAR[], "Later" BIGINT)', "Seen": "DOUBLE"}
    old = [row("a", Config={"Ids": ["x"]}, Text="5")]
    new = [row("a", Config={"Ids": ["x"], "Later": 1}, More="m", Text="5")]
    assert diff(old, new, after={"columns": {"things": newer}}) == Difference()
    assert diff(new, old, before={"columns": {"things": newer}}) == Difference()
    number = COLUMNS | {"Text": "BIGINT"}
    assert diff(old, [row("a", Config={"Ids": ["x"]}, Text=5)], after={"columns": {"things": number}}) == Difference()


# ---------------------------------------------------------------------------------------- what was not seen


def gap(region: str = EAST, columns: tuple[str, ...] = (), arn: str = "", operation: str = "ListThings") -> Gap:
    return Gap(
        account=ACCOUNT,
        region=region,
        service="ec2",
        operation=operation,
        code="AccessDenied",
        message="no",
        action=f"ec2:{operation}",
        table="things",
        columns=columns,
        arn=arn,
    )


def place(region: str = EAST, action: str = "ec2:ListThings", code: str = NOT_COLLECTED, **more: Any) -> Unknown:  # noqa: ANN401 - fields
    subject = Subject("things", ACCOUNT, region, f"arn:aws:ec2:{region}:{ACCOUNT}:*", "AWS::Region")
    return Unknown(subject, action, code, **more)


DENIED = "ec2:ListThings gave no answer in the {} (AccessDenied: no)"


def test_a_denied_listing_makes_unknown_what_the_other_side_has() -> None:
    rows, fewer = [row("a"), row("b", Text="x"), row("c", WEST)], [row("b", Text="y")]
    found = diff(rows, fewer, after={"gaps": (gap(),)})
    assert [one.subject.arn for one in found.removed] == [row("c", WEST)["arn"]]
    assert [one.subject.arn for one in found.changed] == [row("b")["arn"]], "seen by both, so compared"
    reason = DENIED.format("audit")
    here = Subject("things", ACCOUNT, EAST, row("a")["arn"], TABLE.type)
    expected = [place(code="AccessDenied", reason=reason), Unknown(here, "ec2:ListThings", "AccessDenied", reason)]
    assert list(found.unknown) == expected
    found = diff(fewer, rows, before={"gaps": (gap(),)})
    assert [one.subject.arn for one in found.added] == [row("c", WEST)["arn"]]
    assert {one.reason for one in found.unknown} == {DENIED.format("baseline")}
    found = diff(fewer, rows, after={"gaps": (gap(),)})
    assert len(found.added) == 2, "the baseline was whole: what the audit did see is new"


def test_a_listing_denied_on_both_sides_is_told_once() -> None:
    found = diff([], [], {"gaps": (gap(),)}, {"gaps": (gap(),)})
    assert found == Difference(unknown=(place(code="AccessDenied", reason=DENIED.format("baseline and the audit")),))


@pytest.mark.parametrize("arn", [row("a")["arn"], ""])
def test_a_column_that_was_not_read_is_not_compared(arn: str) -> None:
    old, new = [row("a", Policy={"x": 1}, Text="x")], [row("a", Policy=None, Text="y")]
    found = diff(old, new, after={"gaps": (gap(columns=("Policy",), arn=arn, operation="DescribeThing"),)})
    assert [change.field for one in found.changed for change in one.changes] == ["Text"]
    (unknown,) = found.unknown
    assert (unknown.action, unknown.columns) == ("ec2:DescribeThing", ("Policy",))
    assert unknown.subject.arn == (arn or f"arn:aws:ec2:{EAST}:{ACCOUNT}:*")


def test_a_row_that_is_not_to_be_relied_on_is_unknown() -> None:
    spoilt = {"gaps": (gap(arn=row("a")["arn"]),)}
    for old, new in (([row("a", Text="x", name="n")], [row("a", name="n")]), ([], [row("a", name="n")])):
        found = diff(old, new, after=spoilt)
        assert not found.is_drift
        assert [(one.subject.arn, one.subject.name) for one in found.unknown] == [(row("a")["arn"], "n")]


def test_a_place_or_table_that_one_side_did_not_collect_is_unknown() -> None:
    rows = [row("a"), row("b", WEST)]
    narrow = {"places": frozenset({(ACCOUNT, EAST), (ACCOUNT, "global")})}
    for found, word in (
        (diff(rows, rows[:1], after=narrow), "audit"),
        (diff(rows[:1], rows, before=narrow), "baseline"),
    ):
        assert found == Difference(unknown=(place(WEST, reason=f"not collected in the {word}"),))
    found = diff(rows, [], after={"columns": {}, "operations": {}})
    assert found == Difference(
        unknown=tuple(place(region, reason="not collected in the audit") for region in (EAST, WEST))
    )


def test_a_detail_that_one_side_did_not_ask_for_is_unknown() -> None:
    less = {"operations": {"things": frozenset({"ListThings"})}}
    found = diff([row("a", Policy={"x": 1})], [row("a", Text="t")], after=less)
    assert [change.field for one in found.changed for change in one.changes] == ["Text"]
    reason = "Policy not collected in the audit"
    assert found.unknown == (place(action="ec2:DescribeThing", reason=reason, columns=("Policy",)),)
    assert diff([], [row("a")], before=less).unknown == (), "nothing to compare"


def test_a_table_without_key_or_declaration_is_unknown() -> None:
    keyless = {"columns": {"things": {name: type_ for name, type_ in COLUMNS.items() if name != "Set"}}}
    assert [one.code for one in diff([row("a")], [row("a")], before=keyless).unknown] == [NOT_COLLECTED] * 2
    gone = {"columns": {"things": COLUMNS, "ec2_gone": COLUMNS}}
    (unknown,) = diff([], [], before=gone).unknown
    assert (unknown.subject.table, unknown.code) == ("ec2_gone", NOT_DECLARED)


def test_every_declared_table_can_be_compared() -> None:
    catalogue = shipped().catalogue
    names = catalogue.tables()
    columns = {name: catalogue.columns(name) for name in names}
    side = Side(
        word="audit",
        sources={},
        columns=columns,
        operations={},
        places=frozenset({(ACCOUNT, EAST), (ACCOUNT, "global")}),
    )
    assert compare(side, side, shipped_rules(catalogue)) == Difference()
