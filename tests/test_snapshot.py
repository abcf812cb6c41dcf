"""A snapshot's folder: units that are whole, files whole or not at all, and a manifest that sees what was changed."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import orjson
import pytest

from auditor import files
from auditor.collectors.catalogue import DeclaredCatalogue
from auditor.errors import SnapshotError
from auditor.job.judging import lost_rows
from auditor.model import Account, Gap
from auditor.snapshot import folder
from auditor.snapshot.database import Population, ordered_views
from auditor.snapshot.read import read_snapshot
from auditor.snapshot.staging import CALLS, GAPS, Staging
from auditor.snapshot.write import finish, literal

ONE, TWO = "111122223333", "444455556666"
CATALOGUE = DeclaredCatalogue()
GAP = Gap(
    account=ONE,
    region="us-east-1",
    service="kms",
    operation="ListKeys",
    code="AccessDenied",
    message="no",
    action="kms:ListKeys",
    table="kms_keys",
)
FACTS = {
    "finished_at": "2026-06-15T12:00:00.000+00:00",
    "accounts": [{"id": ONE, "name": "one", "regions": ["us-east-1"]}],
}


def call(number: int, account: str = ONE, region: str = "us-east-1") -> dict[str, Any]:
    return {
        "account": account,
        "region": region,
        "service": "ec2",
        "operation": "DescribeVpcs",
        "table": "ec2_vpcs",
        "started_at": f"2026-06-15T11:59:0{number}.000+00:00",
        "duration_ms": 5,
        "requests": 2,
        "items": number,
    }


def stage(staging: Staging, account: str, region: str, *names: str) -> None:
    unit = staging.open(f"{account}/{region}/ec2")
    for name in names:
        unit.row("ec2_vpcs", CATALOGUE.row("ec2_vpcs", {"VpcId": name}, account, region))
    unit.call(call(len(names), account, region))
    unit.commit()


@pytest.fixture
def snapshot(tmp_path: Path) -> Path:
    """An audit's folder with a finished snapshot."""
    place = tmp_path / "audit" / folder.SNAPSHOT
    staging = Staging(place / "units")
    stage(staging, ONE, "us-west-2", "vpc-3")
    stage(staging, ONE, "us-east-1", "vpc-2", "vpc-1")
    stage(staging, TWO, "us-east-1", "vpc-4")
    denied = staging.open(f"{ONE}/us-east-1/kms")
    denied.gap(GAP)
    denied.commit()
    collected = {
        "ec2_vpcs": ("DescribeVpcs", "DescribeVpcAttribute", "DescribeVpcAttribute"),
        "kms_keys": ("ListKeys",),
    }
    finish(place, staging, CATALOGUE, collected, FACTS)
    return tmp_path / "audit"


# ---------------------------------------------------------------------------------------------- staging


def test_only_whole_units_are_kept_when_it_is_taken_up_again(tmp_path: Path) -> None:
    staging = Staging(tmp_path)
    stage(staging, ONE, "us-east-1", "vpc-1")
    cut_off = staging.open(f"{ONE}/us-west-2/ec2")
    cut_off.row("ec2_vpcs", {"arn": "half"})
    staging.close()
    again = Staging(tmp_path)
    assert again.has(f"{ONE}/us-east-1/ec2")
    assert not again.has(f"{ONE}/us-west-2/ec2")
    assert [row["VpcId"] for row in again.lines("ec2_vpcs")] == ["vpc-1"]
    stage(again, ONE, "us-west-2", "vpc-2")
    assert [row["VpcId"] for row in again.lines("ec2_vpcs")] == ["vpc-1", "vpc-2"]


def test_a_unit_without_anything_is_whole_too(tmp_path: Path) -> None:
    staging = Staging(tmp_path)
    staging.open("a/b/c").commit()
    assert Staging(tmp_path).has("a/b/c")
    assert list(staging.lines(CALLS)) == []
    assert list(staging.lines(GAPS)) == []


# ---------------------------------------------------------------------------------------------- finishing and reading


def test_a_snapshot_has_a_sorted_parquet_file_per_table_and_account(snapshot: Path) -> None:
    files = sorted(path.relative_to(snapshot).as_posix() for path in snapshot.rglob("*") if path.is_file())
    assert files == [
        "snapshot/ledger.parquet",
        "snapshot/snapshot.json",
        f"snapshot/tables/ec2_vpcs/{ONE}.parquet",
        f"snapshot/tables/ec2_vpcs/{TWO}.parquet",
    ]
    with duckdb.connect() as connection:
        path = snapshot / f"snapshot/tables/ec2_vpcs/{ONE}.parquet"
        rows = connection.execute("SELECT VpcId FROM read_parquet($path)", {"path": str(path)}).fetchall()
    assert rows == [("vpc-1",), ("vpc-2",), ("vpc-3",)]


def test_what_was_written_is_read(snapshot: Path) -> None:
    found = read_snapshot(snapshot)
    assert found.gaps == (GAP,)
    assert found.accounts == (Account(ONE, "one", ("us-east-1",)),)
    assert found.now.isoformat() == "2026-06-15T12:00:00+00:00"
    assert found.operations["ec2_vpcs"] == {"DescribeVpcs", "DescribeVpcAttribute"}
    assert found.columns["ec2_vpcs"] == dict(CATALOGUE.columns("ec2_vpcs"))
    assert set(found.sources) == {"ec2_vpcs", "collection_ledger"}
    assert (found.document["calls"], found.document["items"], found.document["items_answered"]) == (6, 4, 4)
    assert found.document["tables"]["kms_keys"]["rows"] == 0
    assert read_snapshot(snapshot / "snapshot").document == found.document


def test_the_same_units_give_the_same_snapshot(tmp_path: Path) -> None:
    documents = []
    for name, order in (("a", (1, 2)), ("b", (2, 1))):
        staging = Staging(tmp_path / name / "units")
        for number in order:
            stage(staging, ONE, f"eu-west-{number}", f"vpc-{number}")
        finish(tmp_path / name, staging, CATALOGUE, {"ec2_vpcs": ("DescribeVpcs",)}, FACTS)
        documents.append((tmp_path / name / "snapshot.json").read_bytes())
    assert documents[0] == documents[1]


def test_a_snapshot_without_any_answer_can_be_read(tmp_path: Path) -> None:
    finish(tmp_path, Staging(tmp_path / "units"), CATALOGUE, {"ec2_vpcs": ("DescribeVpcs",)}, FACTS)
    assert read_snapshot(tmp_path).sources == {}


def test_an_interrupted_collection_says_how_to_go_on(tmp_path: Path) -> None:
    files.write_whole(tmp_path / folder.SNAPSHOT / folder.RUN, "{}")
    with pytest.raises(SnapshotError, match="interrupted before it was complete") as told:
        read_snapshot(tmp_path)
    assert "--resume" in told.value.remedy


def test_a_folder_without_a_snapshot_is_told_of(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "nowhere"):
        with pytest.raises(SnapshotError, match="holds no snapshot"):
            read_snapshot(path)


@pytest.mark.parametrize(
    "change",
    [
        lambda d: d.pop("gaps"),
        lambda d: d["gaps"][0].pop("columns"),
        lambda d: d["gaps"][0].update(further=1),
        lambda d: d.update(gaps="none"),
        lambda d: d.pop("tables"),
        lambda d: d.update(tables=[]),
        lambda d: d["tables"]["ec2_vpcs"].pop("columns"),
        lambda d: d.pop("accounts"),
        lambda d: d.update(finished_at="noon"),
    ],
)
def test_a_snapshot_that_was_changed_is_an_error_of_its_own(
    change: Callable[[dict[str, Any]], object], snapshot: Path
) -> None:
    path = snapshot / "snapshot/snapshot.json"
    document = orjson.loads(path.read_bytes())
    change(document)
    path.write_bytes(orjson.dumps(document))
    with pytest.raises(SnapshotError, match="cannot be read") as told:
        read_snapshot(snapshot)
    assert "auditor verify" in told.value.remedy


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"\xff", b"null"])
def test_a_snapshot_that_is_no_json_object_is_an_error_of_its_own(content: bytes, snapshot: Path) -> None:
    (snapshot / "snapshot/snapshot.json").write_bytes(content)
    with pytest.raises(SnapshotError, match="cannot be read"):
        read_snapshot(snapshot)


def test_a_path_with_a_quote_in_it_is_no_sql(tmp_path: Path) -> None:
    place = tmp_path / "o'clock"
    staging = Staging(place / "units")
    stage(staging, ONE, "us-east-1", "vpc-1")
    finish(place, staging, CATALOGUE, {"ec2_vpcs": ("DescribeVpcs",)}, FACTS)
    with duckdb.connect() as connection:
        assert len(connection.execute(read_snapshot(place).sources["ec2_vpcs"]).fetchall()) == 1
    assert literal("o'clock") == "'o''clock'"


# ---------------------------------------------------------------------------------------------- the folder


def test_an_empty_or_new_folder_can_be_claimed(tmp_path: Path) -> None:
    folder.claim(tmp_path / "new" / "below")
    folder.claim(tmp_path / "new" / "below")
    assert (tmp_path / "new" / "below").is_dir()


@pytest.mark.parametrize(
    ("name", "told"),
    [
        (folder.MANIFEST, "already holds an audit"),
        (folder.RESULTS, "already holds an audit"),
        (folder.SNAPSHOT, "already holds an audit"),
        ("holiday.jpg", "is not empty"),
    ],
)
def test_a_folder_that_holds_something_is_not_claimed(name: str, told: str, tmp_path: Path) -> None:
    (tmp_path / name).write_text("mine")
    with pytest.raises(SnapshotError, match=told):
        folder.claim(tmp_path)
    assert (tmp_path / name).read_text() == "mine"


def test_a_file_is_no_folder_to_claim(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("mine")
    with pytest.raises(SnapshotError, match="is no folder"):
        folder.claim(file)
    with pytest.raises(SnapshotError, match="cannot be made"):
        folder.claim(file / "below")


def test_a_file_is_written_whole(tmp_path: Path) -> None:
    path = tmp_path / "below" / "file.json"
    files.write_whole(path, "first")
    files.write_whole(path, b"second")
    assert path.read_text() == "second"
    assert [p.name for p in path.parent.iterdir()] == ["file.json"]
    assert path.stat().st_mode & 0o777 == 0o644


@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), KeyboardInterrupt()])
def test_a_file_that_cannot_be_written_leaves_nothing_behind_and_the_old_one_as_it_was(
    error: BaseException, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "file.json"
    files.write_whole(path, "old")

    def full(_descriptor: int) -> None:
        raise error

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises((SnapshotError, KeyboardInterrupt)):
        files.write_whole(path, "new")
    assert path.read_text() == "old"
    assert [p.name for p in tmp_path.iterdir()] == ["file.json"]


# ---------------------------------------------------------------------------------------------- views


def test_views_stand_after_what_they_read_and_a_circle_is_refused() -> None:
    assert ordered_views({"a": "SELECT * FROM b", "b": "SELECT * FROM ec2_vpcs", "c": "SELECT * FROM a, b"}) == [
        "b",
        "a",
        "c",
    ]
    with pytest.raises(ValueError, match="in a circle: a, b"):
        ordered_views({"a": "SELECT * FROM b", "b": "SELECT * FROM a"})


def test_what_aws_answered_twice_is_one_row(tmp_path: Path) -> None:
    staging = Staging(tmp_path / "units")
    unit = staging.open(f"{ONE}/us-east-1/ec2")
    row = CATALOGUE.row("ec2_vpcs", {"VpcId": "vpc-00000001", "CidrBlock": "10.0.0.0/16"}, ONE, "us-east-1")
    for one in (row, row, {**row, "CidrBlock": "10.1.0.0/16"}):
        unit.row("ec2_vpcs", one)
    unit.call(call(3))
    unit.commit()
    finish(tmp_path, staging, CATALOGUE, {"ec2_vpcs": ("DescribeVpcs",)}, {})
    document = orjson.loads((tmp_path / "snapshot.json").read_bytes())
    assert document["tables"]["ec2_vpcs"]["rows"] == 2
    assert document["tables"]["ec2_vpcs"]["reconciliation"] == {
        "answered": 3,
        "unreadable": 0,
        "vanished": 0,
        "repeated": 1,
    }
    assert document["gaps"] == []


@pytest.mark.parametrize("answered", [1, 3])
def test_what_is_not_accounted_for_is_a_gap(answered: int, tmp_path: Path) -> None:
    staging = Staging(tmp_path / "units")
    unit = staging.open(f"{ONE}/us-east-1/ec2")
    for name in ("vpc-1", "vpc-2"):
        unit.row("ec2_vpcs", CATALOGUE.row("ec2_vpcs", {"VpcId": name}, ONE, "us-east-1"))
    unit.call(call(answered))
    unit.commit()
    finish(tmp_path, staging, CATALOGUE, {"ec2_vpcs": ("DescribeVpcs",)}, {})
    (gap,) = orjson.loads((tmp_path / "snapshot.json").read_bytes())["gaps"]
    assert (gap["table"], gap["region"], gap["action"]) == ("ec2_vpcs", "us-east-1", "ec2:DescribeVpcs")
    assert gap["code"] == "Reconciliation"
    assert gap["message"].startswith(f"AWS answered {answered} items, 0 deleted meanwhile, 0 unreadable; 2 were kept")


def test_a_gap_in_one_row_does_not_speak_for_rows_that_are_lost(tmp_path: Path) -> None:
    staging = Staging(tmp_path / "units")
    unit = staging.open(f"{ONE}/us-east-1/ec2")
    row = CATALOGUE.row("ec2_vpcs", {"VpcId": "vpc-1"}, ONE, "us-east-1")
    of_row = dataclasses.replace(GAP, table="ec2_vpcs", arn=row["arn"], columns=())
    unit.row("ec2_vpcs", row)
    unit.gap(of_row)
    unit.call(call(2))
    unit.commit()
    finish(tmp_path, staging, CATALOGUE, {"ec2_vpcs": ("DescribeVpcs",)}, {})
    gaps = orjson.loads((tmp_path / "snapshot.json").read_bytes())["gaps"]
    assert [gap["code"] for gap in gaps if not gap["arn"]] == ["Reconciliation"]


def test_a_listing_that_failed_says_already_that_rows_are_missing(tmp_path: Path) -> None:
    staging = Staging(tmp_path / "units")
    unit = staging.open(f"{ONE}/us-east-1/ec2")
    unit.gap(dataclasses.replace(GAP, table="ec2_vpcs", arn="", columns=()))
    unit.call(call(2))
    unit.commit()
    finish(tmp_path, staging, CATALOGUE, {"ec2_vpcs": ("DescribeVpcs",)}, {})
    gaps = orjson.loads((tmp_path / "snapshot.json").read_bytes())["gaps"]
    assert [gap["code"] for gap in gaps] == [GAP.code]


def test_what_is_dropped_for_a_reason_is_accounted_for(tmp_path: Path) -> None:
    staging = Staging(tmp_path / "units")
    unit = staging.open(f"{ONE}/us-east-1/ec2")
    unit.row("ec2_vpcs", CATALOGUE.row("ec2_vpcs", {"VpcId": "vpc-1"}, ONE, "us-east-1"))
    unit.dropped("ec2_vpcs", "vanished")
    unit.dropped("ec2_vpcs", "unreadable")
    unit.call(call(3))
    unit.commit()
    finish(tmp_path, staging, CATALOGUE, {"ec2_vpcs": ("DescribeVpcs",)}, {})
    document = orjson.loads((tmp_path / "snapshot.json").read_bytes())
    assert document["gaps"] == []
    assert document["tables"]["ec2_vpcs"]["reconciliation"]["vanished"] == 1


def test_what_the_database_does_not_have_of_a_table_is_a_gap_in_each_place(snapshot: Path) -> None:
    read = read_snapshot(snapshot)
    whole, lost = Population(4, 3, {"rule": 1}), Population(4, 2, {"rule": 1})
    assert list(lost_rows(read, {"ec2_vpcs": whole}, CATALOGUE)) == []
    for population in (lost, Population(3, 3, {})):
        gaps = list(lost_rows(read, {"ec2_vpcs": population}, CATALOGUE))
        places = {(account.id, region) for account in read.accounts for region in account.regions}
        assert {(gap.account, gap.region) for gap in gaps} == places
        assert {gap.code for gap in gaps} == {"Reconciliation"}


def test_lines_that_got_lost_on_the_disk_are_a_gap(tmp_path: Path) -> None:
    staging = Staging(tmp_path / "units")
    stage(staging, ONE, "us-east-1", "vpc-1", "vpc-2")
    path = tmp_path / "units" / ONE / "us-east-1" / "ec2" / "ec2_vpcs.ndjson"
    path.write_bytes(path.read_bytes().splitlines(keepends=True)[0])
    finish(tmp_path, staging, CATALOGUE, {"ec2_vpcs": ("DescribeVpcs",)}, {})
    (gap,) = orjson.loads((tmp_path / "snapshot.json").read_bytes())["gaps"]
    assert "2 were kept, 1 read back" in gap["message"]


def test_a_unit_that_was_abandoned_cannot_be_made_whole_by_a_thread_that_still_works_for_it(tmp_path: Path) -> None:
    staging = Staging(tmp_path / "units")
    whole, cut = staging.open(f"{ONE}/us-east-1/ec2"), staging.open(f"{ONE}/us-east-1/kms")
    whole.commit()
    cut.row("kms_keys", {"arn": "first"})
    staging.close()
    cut.row("kms_keys", {"arn": "dropped"})
    cut.commit()
    assert staging.has(f"{ONE}/us-east-1/ec2")
    assert not staging.has(f"{ONE}/us-east-1/kms")
