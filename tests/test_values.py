"""How AWS's values become typed columns, and that they come back from Parquet as they went in."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import botocore.model
import duckdb
import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from auditor.collectors import values
from auditor.collectors.catalogue import DeclaredCatalogue
from auditor.snapshot.database import line
from auditor.snapshot.write import _copy, _lines

ACCOUNT, REGION = "111122223333", "us-east-1"
CATALOGUE = DeclaredCatalogue()
NOON = dt.datetime(2026, 6, 15, 12, tzinfo=dt.UTC)

# ---------------------------------------------------------------------------------------------- single values


@pytest.mark.parametrize(
    ("convert", "given_", "expected"),
    [
        (values.text, "plain", "plain"),
        (values.text, "Zürich 🏦", "Zürich 🏦"),
        (values.text, "lone \ud800 surrogate", "lone ? surrogate"),
        (values.text, True, "true"),
        (values.text, 443, "443"),
        (values.text, NOON, "2026-06-15T12:00:00+00:00"),
        (values.integer, "8", 8),
        (values.integer, 8.0, 8),
        (values.integer, 2**63 - 1, 2**63 - 1),
        (values.integer, -(2**63), -(2**63)),
        (values.double, "0.5", 0.5),
        (values.double, 3, 3.0),
        (values.boolean, "True", True),
        (values.boolean, "false", False),
        (values.boolean, False, False),
        (values.timestamp, 1781524800, "2026-06-15T12:00:00+00:00"),
        (values.timestamp, 1781524800.25, "2026-06-15T12:00:00.250000+00:00"),
        (values.timestamp, "2026-06-15T12:00:00Z", "2026-06-15T12:00:00+00:00"),
        (values.timestamp, dt.datetime(2026, 6, 15, 12), "2026-06-15T12:00:00+00:00"),  # noqa: DTZ001 - naive on purpose
        (
            values.timestamp,
            NOON.astimezone(dt.timezone(dt.timedelta(hours=2))),
            "2026-06-15T12:00:00+00:00",
        ),
        (values.blob, b"\x00\xff", "AP8="),
        (values.blob, "already text", "already text"),
        (values.document, '{"Version": "2012-10-17"}', {"Version": "2012-10-17"}),
        (values.document, "not JSON", "not JSON"),
        (values.document, '{"a": "\ud800"}', '{"a": "?"}'),
        (values.document, {"when": NOON, "raw": b"\x01"}, {"when": "2026-06-15T12:00:00+00:00", "raw": "AQ=="}),
        (values.document, {1: 2**70}, {"1": str(2**70)}),
        (values.tags, None, {}),
        (values.tags, [{"Key": "a", "Value": "1"}, {"TagKey": "b", "TagValue": "2"}], {"a": "1", "b": "2"}),
        (values.tags, [{"Key": "empty"}, {"key": "c", "value": None}], {"empty": "", "c": ""}),
        (values.tags, {"d": "4", "e": None}, {"d": "4", "e": ""}),
    ],
)
def test_a_value_is_brought_into_its_column(convert: Callable[[Any], Any], given_: object, expected: object) -> None:
    found = convert(given_)
    assert found == expected
    assert type(found) is type(expected)
    orjson.dumps(found)


@pytest.mark.parametrize(
    ("convert", "given_"),
    [
        (values.text, {"a": 1}),
        (values.text, None),
        (values.integer, True),
        (values.integer, 8.5),
        (values.integer, 2**63),
        (values.integer, -(2**63) - 1),
        (values.integer, str(2**63)),
        (values.integer, 1e300),
        (values.integer, "eight"),
        (values.integer, [8]),
        (values.double, True),
        (values.double, "much"),
        (values.boolean, "yes"),
        (values.boolean, 1),
        (values.timestamp, "yesterday"),
        (values.timestamp, True),
        (values.timestamp, 1e18),
        (values.timestamp, 1e20),
        (values.timestamp, math.nan),
        (values.timestamp, math.inf),
        (values.tags, "Name=web"),
        (values.tags, [{"Value": "no key"}]),
        (values.document, "[" * 300 + "]" * 300),
        (values.document, "[" * 1000 + "]" * 1000),
    ],
)
def test_what_does_not_fit_is_refused(convert: Callable[[Any], Any], given_: object) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - each has its own words
        convert(given_)


@pytest.mark.parametrize("type_", ["VARCHAR", "BIGINT", "DOUBLE", "BOOLEAN", "TIMESTAMPTZ", "JSON"])
def test_a_declaration_may_name_a_type(type_: str) -> None:
    assert values.declared(type_).type == type_


# ---------------------------------------------------------------------------------------------- botocore's shapes

SHAPES: Mapping[str, Any] = {
    "Text": {"type": "string"},
    "Number": {"type": "long"},
    "Flag": {"type": "boolean"},
    "Moment": {"type": "timestamp"},
    "Share": {"type": "double"},
    "Bytes": {"type": "blob"},
    "Texts": {"type": "list", "member": {"shape": "Text"}},
    "Names": {"type": "map", "key": {"shape": "Text"}, "value": {"shape": "Number"}},
    "Inner": {"type": "structure", "members": {"Flag": {"shape": "Flag"}, "Texts": {"shape": "Texts"}}},
    "Inners": {"type": "list", "member": {"shape": "Inner"}},
    "Tree": {"type": "structure", "members": {"Leaf": {"shape": "Text"}, "Below": {"shape": "Trees"}}},
    "Trees": {"type": "list", "member": {"shape": "Tree"}},
    "Twins": {"type": "structure", "members": {"value": {"shape": "Text"}, "Value": {"shape": "Text"}}},
    "Empty": {"type": "structure", "members": {}},
    "Free": {"type": "structure", "members": {}, "document": True},
    "policyDocumentType": {"type": "string"},
}
RESOLVER = botocore.model.ShapeResolver(SHAPES)


def column(name: str) -> values.Column:
    return values.column(RESOLVER.get_shape_by_name(name))


@pytest.mark.parametrize(
    ("shape", "type_"),
    [
        ("Texts", "VARCHAR[]"),
        ("Names", "MAP(VARCHAR, BIGINT)"),
        ("Inner", 'STRUCT("Flag" BOOLEAN, "Texts" VARCHAR[])'),
        ("Inners", 'STRUCT("Flag" BOOLEAN, "Texts" VARCHAR[])[]'),
        ("Tree", 'STRUCT("Leaf" VARCHAR, "Below" JSON[])'),
        ("Twins", "JSON"),
        ("Empty", "JSON"),
        ("Free", "JSON"),
        ("policyDocumentType", "JSON"),
    ],
)
def test_a_shape_has_a_type_and_json_where_it_can_have_none(shape: str, type_: str) -> None:
    assert column(shape).type == type_


def test_members_that_differ_in_case_alone_are_both_kept() -> None:
    assert column("Twins").convert({"value": "a", "Value": "b"}) == {"value": "a", "Value": "b"}


def test_a_recursive_answer_is_kept_whole() -> None:
    tree = {"Leaf": "a", "Below": [{"Leaf": "b", "Below": [{"Leaf": "c"}]}]}
    assert column("Tree").convert(tree) == tree


def test_a_null_within_a_list_or_a_map_stays_null() -> None:
    assert column("Texts").convert(["a", None]) == ["a", None]
    assert column("Names").convert({"a": None}) == {"a": None}


@pytest.mark.parametrize(
    ("shape", "given_"),
    [("Texts", "text"), ("Names", ["a"]), ("Inner", "text"), ("Inner", {"Flag": "maybe"}), ("Names", {"a": "b"})],
)
def test_an_answer_of_another_shape_is_refused(shape: str, given_: object) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - each has its own words
        column(shape).convert(given_)


# ---------------------------------------------------------------------------------------------- through Parquet

ANYTHING = st.text(st.characters(categories=None), max_size=20)
MEMBERS = st.fixed_dictionaries(
    {},
    optional={
        "Text": ANYTHING,
        "Number": st.integers(-(2**63), 2**63 - 1),
        "Flag": st.booleans(),
        "Share": st.floats(allow_nan=False, allow_infinity=False, width=32),
        "Moment": st.datetimes(dt.datetime(1970, 1, 1), dt.datetime(2200, 1, 1)),  # noqa: DTZ001 - Hypothesis asks for naive
        "Texts": st.lists(st.none() | ANYTHING, max_size=3),
        "Names": st.dictionaries(ANYTHING, st.none() | st.integers(-5, 5), max_size=3),
        "Inners": st.lists(
            st.fixed_dictionaries({}, optional={"Flag": st.booleans(), "Texts": st.lists(ANYTHING, max_size=2)}),
            max_size=2,
        ),
        "Free": st.recursive(
            st.booleans() | st.integers(-(2**70), 2**70) | ANYTHING,
            lambda inner: st.lists(inner, max_size=2) | st.dictionaries(ANYTHING, inner, max_size=2),
            max_leaves=4,
        ),
    },
)
COLUMNS = {name: column(name) for name in ("Text", "Number", "Flag", "Share", "Moment", "Texts", "Names", "Inners")}
COLUMNS["Free"] = values.JSON


def through_parquet(rows: list[dict[str, Any]], types: Mapping[str, str], folder: Path) -> list[dict[str, Any]]:
    """Rows written as a collection writes them, and read back."""
    source = folder / "rows.ndjson"
    source.write_bytes(b"".join(line(row) for row in rows))
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        _copy(connection, f"SELECT * FROM {_lines([source], types)} ORDER BY nr", folder / "rows.parquet")  # noqa: S608 - our own path
        cursor = connection.execute("SELECT * FROM read_parquet($path)", {"path": str(folder / "rows.parquet")})
        described = {name: str(kind) for name, kind, *_ in cursor.description or ()}
        assert list(described) == list(types)
        return [dict(zip(described, row, strict=True)) for row in cursor.fetchall()]


def as_read(type_: str, value: Any) -> Any:  # noqa: ANN401 - a value of the column's type
    """What DuckDB gives for what was written."""
    if value is None:
        return None
    if type_ == "JSON":
        return orjson.loads(value)
    if type_ == "TIMESTAMPTZ":
        return value.astimezone(dt.UTC).isoformat()
    if type_.startswith("STRUCT") and type_.endswith("[]"):
        return [{name: part for name, part in item.items() if part is not None} for item in value]
    return value


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(items=st.lists(MEMBERS, min_size=1, max_size=4))
def test_rows_come_back_from_parquet_as_they_went_in(items: list[dict[str, Any]], tmp_path: Path) -> None:
    rows: list[dict[str, Any]] = [
        {"nr": number} | {n: COLUMNS[n].convert(value) for n, value in item.items()}
        for number, item in enumerate(items)
    ]
    types = {"nr": "BIGINT"} | {name: kind.type for name, kind in COLUMNS.items()}
    found = through_parquet(rows, types, tmp_path)
    for row, read in zip(rows, found, strict=True):
        for name, type_ in types.items():
            assert as_read(type_, read[name]) == row.get(name), name


def test_a_row_larger_than_duckdbs_own_limit_comes_back_whole(tmp_path: Path) -> None:
    large = "x" * (20 * 2**20)
    found = through_parquet([{"nr": 1, "Text": large}], {"nr": "BIGINT", "Text": "VARCHAR"}, tmp_path)
    assert found[0]["Text"] == large


# ---------------------------------------------------------------------------------------------- rows


def test_an_absent_member_is_null_and_absent_tags_are_none() -> None:
    row = CATALOGUE.row("ec2_vpcs", {"VpcId": "vpc-1"}, ACCOUNT, REGION)
    assert row["IsDefault"] is None
    assert row["tags"] == {}
    assert row["name"] is None
    assert row["arn"] == f"arn:aws:ec2:{REGION}:{ACCOUNT}:vpc/vpc-1"
    assert set(row) == set(CATALOGUE.columns("ec2_vpcs")) - set(CATALOGUE.detail_columns("ec2_vpcs")) | {
        "EnableDnsSupport",
        "EnableDnsHostnames",
    }


def test_another_accounts_resource_has_its_owners_arn_and_other_partitions_their_own() -> None:
    item = {"VpcId": "vpc-1", "OwnerId": "444455556666"}
    assert CATALOGUE.row("ec2_vpcs", item, ACCOUNT, REGION)["arn"] == "arn:aws:ec2:us-east-1:444455556666:vpc/vpc-1"
    assert CATALOGUE.row("ec2_vpcs", item, ACCOUNT, "cn-north-1")["arn"].startswith("arn:aws-cn:ec2:")
    assert CATALOGUE.row("ec2_vpcs", item, ACCOUNT, "us-gov-west-1")["arn"].startswith("arn:aws-us-gov:ec2:")


def test_a_global_tables_row_is_of_no_region() -> None:
    row = CATALOGUE.row("route53_hosted_zones", {"Id": "/hostedzone/Z1", "Name": "example.org."}, ACCOUNT, REGION)
    assert (row["region"], row["HostedZoneId"]) == ("global", "Z1")


@pytest.mark.parametrize("item", ["text", None, ["a"], 5])
def test_an_item_that_is_no_structure_cannot_be_a_row(item: Any) -> None:  # noqa: ANN401 - anything
    with pytest.raises(ValueError, match="not a structure"):
        CATALOGUE.row("ec2_vpcs", item, ACCOUNT, REGION)


@pytest.mark.parametrize("arn", [None, "", {"a": "b"}])
def test_an_item_without_its_arn_cannot_be_a_row(arn: object) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - each has its own words
        CATALOGUE.row("secretsmanager_secrets", {"ARN": arn, "Name": "a"}, ACCOUNT, REGION)


def test_a_value_that_does_not_fit_spoils_its_column_alone() -> None:
    problems: list[tuple[str, str]] = []
    item = {"VpcId": "vpc-1", "IsDefault": "perhaps", "Tags": [{"Key": "Name", "Value": "web"}]}
    row = CATALOGUE.row("ec2_vpcs", item, ACCOUNT, REGION, problems=problems)
    assert (row["IsDefault"], row["name"]) == (None, "web")
    assert problems == [("IsDefault", "IsDefault: expected true or false, AWS answered 'perhaps'")]
    with pytest.raises(ValueError, match="IsDefault"):
        CATALOGUE.row("ec2_vpcs", item, ACCOUNT, REGION)


def test_whatever_text_an_item_has_its_row_can_be_written() -> None:
    row = CATALOGUE.row("secretsmanager_secrets", {"ARN": "arn:\ud800", "Name": "\udfff"}, ACCOUNT, REGION)
    assert (row["arn"], row["name"]) == ("arn:?", "?")
    line(row)
