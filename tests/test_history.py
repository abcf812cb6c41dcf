"""History: which audits are used and which are not, what changed, how old failures are, the index, the command."""

from __future__ import annotations

import datetime
import hashlib
import json
import os
import shutil
import zipfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from auditor.cli import history as command
from auditor.drift.findings import compare_findings
from auditor.errors import SnapshotError, UsageError
from auditor.evidence.bundle import bundle
from auditor.evidence.manifest import read_manifest, write_manifest
from auditor.history import digest
from auditor.history.document import document
from auditor.history.folders import Read, read
from auditor.history.index import FOLDER
from auditor.history.model import Entry, Point, Series
from auditor.history.series import history, series
from auditor.history.standing import Standings, compared
from auditor.model import Status
from auditor.reports import rendered
from tests.goldens import golden

if TYPE_CHECKING:
    from tests import report_samples as samples
    from tests.report_samples import Document
else:
    import report_samples as samples

    Document = dict

SCOPE, OTHER = "ab" * 32, "cd" * 32
START = datetime.datetime(2026, 9, 1, 8, tzinfo=datetime.UTC)


# ---------------------------------------------------------------------------------------- audits to read


def moment(days: float) -> str:
    return (START + datetime.timedelta(days=days)).isoformat(timespec="milliseconds")


def results(
    statuses: Mapping[str, str],
    days: float = 0,
    *,
    checks: Sequence[str] = ("c",),
    hidden: bool = False,
    **about: object,
) -> Document:
    """A document with a finding of check `c` for each name; `hidden`: its rows could not be listed."""
    findings = [samples.finding("c", "DB-05", status, name) for name, status in statuses.items() if status != "absent"]
    if hidden:
        gap = samples.finding("c", "DB-05", "unknown", "gap", kind="AWS::Region")
        gap["resource"]["arn"] = f"arn:aws:rds:us-east-1:{samples.TRADING}:*"
        findings.append(gap)
    asked = [samples.requirement("DB-05", "Databases are encrypted", "On."), samples.requirement("LB-01", "Any", "On.")]
    made = samples.document(asked, [samples.check(name, "DB-05", name) for name in checks], findings)
    made["audit"] |= {"id": f"audit-{days:g}", "started_at": moment(days), "finished_at": moment(days + 0.001)}
    made["audit"] |= about
    return made


def write(folder: Path, made: Document, scope: str = SCOPE) -> Path:
    """An audit's folder with a manifest."""
    folder.mkdir(parents=True)
    (folder / "results.json").write_text(rendered("json", made))
    write_manifest(folder, {"audit_id": made["audit"]["id"]}, scope_digest=scope)
    return folder


def entry(made: Document, folder: str = "a", scope: str = SCOPE) -> Entry:
    return Entry(folder, scope, digest.read(digest.digest(json.dumps(made).encode())))


def line_of(*made: Document) -> Series:
    return series(SCOPE, [entry(one, str(number)) for number, one in enumerate(made)])


def used(directory: Path, *, with_index: bool = True) -> Read:
    return read(directory, read_manifest, with_index=with_index)


def why(found: Read) -> dict[str, str]:
    return {one.folder: one.why for one in found.unusable}


# ---------------------------------------------------------------------------------------- what changed

NAMES = ("a", "b", "c", "d", "e")
STATUSES = ("pass", "fail", "unknown", "waived", "not_applicable", "absent")


@st.composite
def documents(draw: st.DrawFn) -> Document:
    """Findings of two checks in three places, some of which could not be listed, looked at or asked."""
    findings = []
    for number, name in enumerate(NAMES):
        status, check = draw(st.sampled_from(STATUSES)), ("c1", "c2")[number % 2]
        region = ("us-east-1", "us-west-2", "global")[number % 3]
        if status != "absent":
            findings.append(samples.finding(check, "DB-05", status, name, region=region))
    for check, region in draw(st.sets(st.tuples(st.sampled_from(("c1", "c2")), st.sampled_from(samples.REGIONS)))):
        gap = samples.finding(check, "DB-05", "unknown", f"gap {region}", region=region, kind="AWS::Region")
        gap["resource"]["arn"] = f"arn:aws:rds:{region}:{samples.TRADING}:*"
        findings.append(gap)
    asked = sorted(draw(st.sets(st.sampled_from(("c1", "c2")))))
    made = samples.document([], [samples.check(name, "DB-05", name) for name in asked], findings)
    made["scope"]["accounts"][0]["regions"] = sorted(draw(st.sets(st.sampled_from(samples.REGIONS))))
    return made


@given(documents(), documents())
@settings(max_examples=300, deadline=None)
def test_what_changed_is_what_drift_says_in_the_same_words(old: Document, new: Document) -> None:
    told = compared(Standings(entry(old).audit), Standings(entry(new).audit))
    expected = compare_findings(old, new)
    assert dict(told.lists()) == {name: tuple(sorted(one.id for one in found)) for name, found in expected.lists()}


def test_changes_are_counted_against_the_audit_before() -> None:
    told = line_of(
        results({"x": "fail", "y": "pass", "z": "unknown"}),
        results({"x": "fail", "y": "fail", "z": "pass"}, 1),
        results({"x": "unknown", "y": "waived", "z": "pass"}, 2),
    )
    assert told.points[0].changes is None
    assert told.points[1].changes == {"new": 1, "resolved": 0, "still_open": 1, "newly_unseen": 0, "seen_again": 1}
    assert told.points[2].changes == {"new": 0, "resolved": 1, "still_open": 0, "newly_unseen": 1, "seen_again": 0}
    assert [point.open for point in told.points] == [1, 2, 1]


# ---------------------------------------------------------------------------------------- age


def story(*words: str) -> list[Document]:
    """One finding from audit to audit, ten days apart; `unasked`: its check is not evaluated, `hidden`: not listed."""
    made = []
    for number, word in enumerate(words):
        status = "absent" if word in ("unasked", "hidden") else word
        checks = () if word == "unasked" else ("c",)
        made.append(results({"x": status}, number * 10, checks=checks, hidden=word == "hidden"))
    return made


@pytest.mark.parametrize(
    ("words", "since", "seen"),
    [
        (("fail",), 0, 0),
        (("pass", "fail", "fail"), 1, 2),
        (("fail", "unknown", "fail"), 0, 2),
        (("fail", "hidden", "fail"), 0, 2),
        (("fail", "unasked", "fail"), 0, 2),
        (("fail", "unknown", "unasked", "hidden"), 0, 0),
        (("unknown", "fail"), 1, 1),
        (("fail", "pass", "fail"), 2, 2),
        (("fail", "absent", "fail"), 2, 2),
        (("fail", "not_applicable", "fail"), 2, 2),
        (("fail", "waived", "fail"), 2, 2),
        (("fail", "waived", "unknown", "fail"), 3, 3),
        (("fail", "unknown", "pass", "unknown", "fail"), 4, 4),
    ],
)
def test_a_failure_is_as_old_as_the_run_in_which_it_was_not_seen_resolved(
    words: Sequence[str], since: int, seen: int
) -> None:
    told = line_of(*story(*words))
    assert [one.finding.arn.rsplit("/", 1)[-1] for one in told.open] == ["x"]
    assert told.open[0].days == (len(words) - 1 - since) * 10
    assert [told.open[0].since, told.open[0].seen] == [told.points[n].entry.audit.started_at for n in (since, seen)]


@pytest.mark.parametrize("last", ["pass", "waived", "absent", "not_applicable"])
def test_a_failure_that_was_seen_resolved_is_not_open(last: str) -> None:
    assert line_of(*story("fail", "unknown", last)).open == ()
    assert line_of(*story("fail", last, "unknown")).open == ()


@given(st.lists(st.tuples(*[st.sampled_from(STATUSES)] * 3), min_size=1, max_size=5))
@settings(max_examples=60, deadline=None)
def test_every_failure_of_the_last_audit_is_open_and_no_age_is_out_of_range(audits: list[tuple[str, ...]]) -> None:
    told = line_of(*(results(dict(zip(NAMES, row, strict=False)), day) for day, row in enumerate(audits)))
    failing = {one.id for one in told.last.open if one.status is Status.FAIL}
    assert failing == {one.finding.id for one in told.open if one.seen == told.last.started_at}
    assert all(told.points[0].entry.audit.started_at <= one.since <= one.seen for one in told.open)
    assert [one.since for one in told.open] == sorted(one.since for one in told.open)


def test_ages_fall_into_four_groups_by_severity() -> None:
    days = {"a": 0, "b": 84, "c": 83.5, "d": 60, "e": 61, "f": 0.5}
    made = [
        results({name: "fail" if born <= at else "absent" for name, born in days.items()}, at)
        for at in (0, 0.5, 60, 61, 83.5, 84, 90)
    ]
    found = document(history([entry(one, str(number)) for number, one in enumerate(made)]))["series"][0]
    assert [(one["words"], one["open"]) for one in found["ages"]] == [
        ("under 7 days", 2),
        ("7 to 29 days", 1),
        ("30 to 89 days", 2),
        ("90 days or more", 1),
    ]
    assert [one["age_days"] for one in found["open"]] == [90, 89, 30, 29, 6, 6]
    assert found["ages"][0]["by_severity"] == {"critical": 2, "high": 0, "medium": 0, "low": 0}


# ---------------------------------------------------------------------------------------- score, requirements


@pytest.mark.parametrize(
    ("passed", "applicable", "score"), [(0, 0, None), (0, 3, 0.0), (2, 3, 66.6), (1999, 2000, 99.9), (5, 5, 100.0)]
)
def test_the_score_is_rounded_down(passed: int, applicable: int, score: float | None) -> None:
    assert Point(entry(results({})), passed, applicable, {}, None, 0).score == score


def test_unknown_and_waived_requirements_apply_and_do_not_pass() -> None:
    made = results({})
    made["requirements"] = [
        {**made["requirements"][0], "id": status, "status": status}
        for status in ("pass", "fail", "unknown", "waived", "not_applicable")
    ]
    point = line_of(made).points[0]
    assert (point.passed, point.applicable, point.score) == (1, 4, 25.0)


@pytest.mark.parametrize(
    ("statuses", "changed", "was"),
    [
        (("pass",), None, None),
        (("pass", "pass"), None, None),
        (("pass", "fail", "fail"), 1, "pass"),
        (("pass", "fail", "unknown"), 2, "fail"),
        (("fail", "", "pass", "pass"), 2, "fail"),
        (("", "pass"), None, None),
        (("fail", ""), None, None),
    ],
)
def test_a_requirement_tells_when_it_changed_last(
    statuses: Sequence[str], changed: int | None, was: str | None
) -> None:
    made = []
    for number, status in enumerate(statuses):
        made.append(results({}, number))
        made[-1]["requirements"] = [{**made[-1]["requirements"][0], "status": status}] if status else []
    line = line_of(*made).requirements[0]
    assert (line.changed, line.was) == (changed, was)
    assert [status or "" for status in line.statuses] == list(statuses)


# ---------------------------------------------------------------------------------------- series


def test_audits_of_another_scope_are_another_series(tmp_path: Path) -> None:
    write(tmp_path / "a", results({"x": "fail"}))
    write(tmp_path / "b", results({"x": "pass"}, 1), OTHER)
    write(tmp_path / "c", results({"x": "fail"}, 2))
    told = history(used(tmp_path).entries).series
    assert [[point.entry.folder for point in one.points] for one in told] == [["a", "c"], ["b"]]
    assert told[1].points[0].changes is None


def test_without_a_digest_standard_accounts_and_regions_make_the_scope(tmp_path: Path) -> None:
    write(tmp_path / "a", results({}), "")
    write(tmp_path / "b", results({}, 1), "")
    write(tmp_path / "c", results({}, 2, standard="other"), "")
    fewer = results({}, 3)
    fewer["scope"]["accounts"][1]["regions"] = ["us-east-1"]
    write(tmp_path / "d", fewer, "")
    told = history(used(tmp_path).entries).series
    assert [[point.entry.folder for point in one.points] for one in told] == [["d"], ["c"], ["a", "b"]]


def test_audits_are_ordered_by_when_they_were_made_not_by_their_names() -> None:
    made = [entry(results({}, day), name) for name, day in (("z", 1), ("a", 2), ("m", 0))]
    assert [point.entry.folder for point in history(made).series[0].points] == ["m", "z", "a"]


def test_of_several_judgements_of_a_snapshot_the_last_one_counts() -> None:
    first, again = results({"x": "fail"}, 0), results({"x": "pass"}, 0, finished_at=moment(5))
    told = history([entry(again, "again"), entry(first, "first"), entry(results({}, 1), "next")])
    assert [point.entry.folder for point in told.series[0].points] == ["again", "next"]
    assert [(one.folder, one.why) for one in told.unusable] == [
        ("first", "its snapshot was judged again later, in again")
    ]


# ---------------------------------------------------------------------------------------- which audits are used

Spoil = Callable[[Path], None]


def rewrite(path: Path, change: Callable[[Document], None]) -> None:
    """Change results.json, and the manifest so that it fits."""
    made = json.loads((path / "results.json").read_bytes())
    change(made)
    (path / "results.json").write_text(json.dumps(made))
    write_manifest(path, {"audit_id": "x"}, scope_digest=SCOPE)


def unmanifested(path: Path) -> None:
    (path / "manifest.json").unlink()


def interrupted(path: Path) -> None:
    shutil.rmtree(path)
    (path / "snapshot").mkdir(parents=True)


def tampered(path: Path) -> None:
    text = (path / "results.json").read_text()
    (path / "results.json").write_text(text.replace('"fail"', '"pass"'))


def without_results(path: Path) -> None:
    (path / "results.json").unlink()


def linked_results(path: Path) -> None:
    (path / "results.json").rename(path / "other.json")
    (path / "results.json").symlink_to("other.json")


def piped_results(path: Path) -> None:
    (path / "results.json").unlink()
    os.mkfifo(path / "results.json")


def tampered_manifest(path: Path) -> None:
    text = (path / "manifest.json").read_text()
    (path / "manifest.json").write_text(f"{text}\n")


def only_collected(path: Path) -> None:
    without_results(path)
    (path / "snapshot").mkdir()
    write_manifest(path, {"audit_id": "x"}, scope_digest=SCOPE)


def linked(path: Path) -> None:
    path.rename(path.with_name("elsewhere"))
    path.symlink_to("elsewhere")


def garbled(path: Path) -> None:
    (path / "results.json").write_text("no JSON")
    write_manifest(path, {"audit_id": "x"}, scope_digest=SCOPE)


def damaged_bundle(path: Path) -> None:
    bundle(path, path.with_suffix(".zip"))
    shutil.rmtree(path)
    content = path.with_suffix(".zip").read_bytes()
    path.with_suffix(".zip").write_bytes(content[: len(content) // 2])


def archive(*names: str, compress: int = zipfile.ZIP_STORED) -> Spoil:
    def make(path: Path) -> None:
        with zipfile.ZipFile(path.with_suffix(".zip"), "w", compress) as made:
            for name in names:
                made.write(path / name, name)
        shutil.rmtree(path)

    return make


def of_form(change: Callable[[Document], None]) -> Spoil:
    return lambda path: rewrite(path, change)


UNUSABLE: list[tuple[str, Spoil, str]] = [
    ("interrupted", interrupted, "it was interrupted, or is under way: it has no manifest.json"),
    ("without a manifest", unmanifested, "it has no manifest.json, so nothing says that its results are as they were"),
    ("changed results", tampered, "its results.json is not as it was written"),
    ("no results", without_results, "its results.json is missing"),
    ("linked results", linked_results, "it cannot be read: Too many levels of symbolic links"),
    ("a pipe", piped_results, "its results.json is no plain file"),
    ("changed manifest", tampered_manifest, "manifest.json is not as it was written: its form was changed"),
    ("collected only", only_collected, "it has no verdicts: its manifest names no results.json"),
    ("a link", linked, "it is a link, which is not followed"),
    ("no JSON", garbled, "its results.json cannot be used: invalid literal"),
    ("another version", of_form(lambda made: made.update(schema_version="2.0")), "its schema_version is none"),
    ("no findings", of_form(lambda made: made.pop("findings")), "it is not as results.schema.json describes it"),
    ("a status", of_form(lambda made: made["requirements"][0].update(status="fine")), "it is not as results.schema"),
    ("a type", of_form(lambda made: made["audit"].update(id=7)), "it is not as results.schema.json describes it"),
    ("a time", of_form(lambda made: made["audit"].update(started_at="noon")), "Invalid isoformat string: 'noon'"),
    ("a time", of_form(lambda made: made["audit"].update(started_at=7)), "it is not as results.schema.json describes"),
    ("a damaged bundle", damaged_bundle, "it is no archive that can be read, or damaged"),
    ("no bundle", archive("results.json"), "it is no audit's bundle: it has no manifest.json"),
    ("no results in it", archive("manifest.json"), "it is no audit's bundle: it has no results.json"),
    (
        "compressed",
        archive("manifest.json", "results.json", compress=zipfile.ZIP_DEFLATED),
        "it is no audit's bundle: its manifest.json is not stored as bundles store it",
    ),
]


@pytest.mark.parametrize(("spoil", "reason"), [case[1:] for case in UNUSABLE], ids=[case[0] for case in UNUSABLE])
def test_what_cannot_be_trusted_is_named_with_the_reason_and_not_used(
    tmp_path: Path, spoil: Spoil, reason: str
) -> None:
    write(tmp_path / "good", results({"x": "fail"}))
    spoil(write(tmp_path / "spoilt", results({"x": "fail", "y": "fail"}, 1)))
    for _ in range(2):  # with the index as without
        found = used(tmp_path)
        assert [one.folder for one in found.entries if one.folder != "elsewhere"] == ["good"]
        assert len(found.unusable) == 1
        assert found.unusable[0].folder.startswith("spoilt")
        assert reason in found.unusable[0].why


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_bundle_with_a_name_twice_is_not_used(tmp_path: Path) -> None:
    write(tmp_path / "a", results({}))
    archive("manifest.json", "results.json", "results.json")(tmp_path / "a")
    assert why(used(tmp_path)) == {"a.zip": "it is no audit's bundle: it has results.json twice"}


def test_a_folder_that_cannot_be_looked_into_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path / "good", results({}))
    (tmp_path / "closed").mkdir()
    listed = Path.iterdir

    def iterdir(path: Path) -> Any:  # noqa: ANN401 - as Path's
        if path.name == "closed":
            raise PermissionError(13, "Permission denied")
        return listed(path)

    monkeypatch.setattr(Path, "iterdir", iterdir)
    assert why(used(tmp_path)) == {"closed": "it cannot be read: Permission denied"}


def test_a_name_that_is_not_utf_8_is_named(tmp_path: Path) -> None:
    write(tmp_path / "good", results({}))
    os.mkdir(os.fsencode(tmp_path) + b"/\xff")  # noqa: PTH102 - pathlib takes no bytes
    write(tmp_path / "x", results({}, 1)).rename(Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xff/manifest.json")))
    assert why(used(tmp_path)) == {"\\udcff": "its name is not UTF-8"}


def test_what_is_no_audit_is_not_named(tmp_path: Path) -> None:
    write(tmp_path / "audit", results({}))
    (tmp_path / "scripts").mkdir()
    (tmp_path / "notes.txt").write_text("x")
    found = used(tmp_path)
    assert [one.folder for one in found.entries] == ["audit"]
    assert found.unusable == ()


def test_a_bundle_counts_and_a_copy_counts_once(tmp_path: Path) -> None:
    first = write(tmp_path / "first", results({"x": "fail"}))
    bundle(first, tmp_path / "first.zip")
    shutil.copytree(first, tmp_path / "second")
    bundle(write(tmp_path / "third", results({"x": "fail"}, 1)), tmp_path / "later.zip")
    shutil.rmtree(tmp_path / "third")
    for _ in range(2):
        found = used(tmp_path)
        assert [one.folder for one in found.entries] == ["first", "later.zip"]
        assert why(found) == dict.fromkeys(("second", "first.zip"), "it holds the same audit as first")
    assert [one.audit for one in found.entries] == [one.audit for one in used(tmp_path, with_index=False).entries]


@pytest.mark.parametrize("limit", ["auditor.history.folders.LARGEST", "auditor.archive._LARGEST_DIRECTORY"])
def test_what_is_too_large_is_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, limit: str) -> None:
    audit = write(tmp_path / "a", results({}))
    if limit.endswith("_LARGEST_DIRECTORY"):
        bundle(audit, tmp_path / "a.zip")
        shutil.rmtree(audit)
    monkeypatch.setattr(limit, 100)
    reason = why(used(tmp_path))
    assert list(reason.values()) in (
        [["its results.json has more than 100 bytes"], ["it is no archive that can be read, or damaged"]]
    )


# ---------------------------------------------------------------------------------------- the index


@pytest.fixture
def read_anew(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The digests of the results that were read, as they are read."""
    read_: list[str] = []
    make = digest.digest

    def counted(content: bytes) -> bytes:
        read_.append(hashlib.sha256(content).hexdigest())
        return make(content)

    monkeypatch.setattr(digest, "digest", counted)
    return read_


@pytest.fixture
def two(tmp_path: Path) -> Path:
    write(tmp_path / "a", results({"x": "fail", "y": "pass"}))
    bundle(write(tmp_path / "b", results({"x": "pass", "y": "unknown"}, 1)), tmp_path / "b.zip")
    shutil.rmtree(tmp_path / "b")
    return tmp_path


def entries_of(index: Path) -> list[Path]:
    return sorted(index.glob("*.json"))


def test_what_was_read_once_is_not_read_again(two: Path, read_anew: list[str]) -> None:
    first = used(two)
    assert len(read_anew) == len(entries_of(two / FOLDER)) == 2
    assert used(two) == first
    assert len(read_anew) == 2
    shutil.rmtree(two / FOLDER)
    assert used(two) == first
    assert len(read_anew) == 4
    assert used(two, with_index=False) == first
    assert len(read_anew) == 6


def garbage(path: Path) -> None:
    path.write_bytes(b"\xff\x00garbage")


def empty(path: Path) -> None:
    path.write_bytes(b"")


def misshapen(path: Path) -> None:
    head, _, text = path.read_bytes().partition(b"\n")
    path.write_bytes(head + b"\n" + text.replace(b'"fail"', b'"fine"').replace(b'"complete":true', b'"complete":"yes"'))


def of_another(path: Path) -> None:
    other = next(one for one in entries_of(path.parent) if one != path)
    path.write_bytes(other.read_bytes())


def of_another_form(path: Path) -> None:
    path.write_bytes(b"[0" + path.read_bytes()[2:])


def elsewhere(path: Path) -> None:
    path.rename(path.with_suffix(".other"))
    path.symlink_to(path.with_suffix(".other"))


def piped(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


@pytest.mark.parametrize("spoil", [garbage, empty, misshapen, of_another, of_another_form, elsewhere, piped])
def test_an_entry_that_is_not_as_it_was_written_is_made_anew_without_a_word(
    two: Path, read_anew: list[str], spoil: Spoil
) -> None:
    first = used(two)
    spoil(entries_of(two / FOLDER)[0])
    assert used(two) == first
    assert len(read_anew) == 3
    assert used(two) == first
    assert len(read_anew) == 3


def test_a_file_that_was_touched_is_read_again_and_one_that_was_changed_is_not_used(
    two: Path, read_anew: list[str]
) -> None:
    used(two)
    os.utime(two / "a" / "results.json", (1, 1))
    assert len(used(two).entries) == 2
    assert len(read_anew) == 3
    tampered(two / "a")
    assert why(used(two)) == {"a": "its results.json is not as it was written"}


def test_another_manifest_is_not_answered_from_the_index(two: Path, read_anew: list[str]) -> None:
    used(two)
    rewrite(two / "a", lambda made: made["audit"].update(complete=False))
    assert [one.audit.complete for one in used(two).entries] == [False, True]
    assert len(read_anew) == 3
    assert len(entries_of(two / FOLDER)) == 2, "the entry of the old manifest is gone"


def test_what_somebody_else_put_beside_the_entries_stays(two: Path) -> None:
    used(two)
    (two / FOLDER / "notes.txt").write_text("x")
    (two / FOLDER / f"{'0' * 64}.json").write_text("x")
    used(two)
    assert (two / FOLDER / "notes.txt").exists()
    assert not (two / FOLDER / f"{'0' * 64}.json").exists()


def test_a_forged_entry_of_the_right_form_is_the_limit_and_no_index_does_not_ask_it(two: Path) -> None:
    first = used(two)
    for path in entries_of(two / FOLDER):
        path.write_bytes(path.read_bytes().replace(b'"status":"fail"', b'"status":"unknown"'))
    assert used(two) != first
    assert used(two, with_index=False) == first


@pytest.mark.parametrize("kind", ["file", "link"])
def test_where_no_index_can_be_written_everything_works(two: Path, tmp_path: Path, kind: str) -> None:
    (tmp_path / "other").mkdir()
    if kind == "file":
        (two / FOLDER).write_text("x")
    else:
        (two / FOLDER).symlink_to(tmp_path / "other")
    assert len(used(two).entries) == len(used(two).entries) == 2
    assert not list((tmp_path / "other").iterdir())


# ---------------------------------------------------------------------------------------- the command


def told(directory: Path, form: str = "table", output: Path | None = None, *, quiet: bool = False) -> int:
    return command.history(directory, form, output, "", (), with_index=False, quiet=quiet)


def lived(directory: Path) -> None:
    """Four audits of one scope, one of another, and four that are not used."""
    every = {"orders": "fail", "ledger": "pass", "legacy": "fail", "pilot": "waived", "new": "absent"}
    changes: list[dict[str, str]] = [
        {},
        {"orders": "pass", "new": "fail", "ledger": "unknown"},
        {"ledger": "pass", "pilot": "fail", "legacy": "unknown"},
        {"new": "fail", "orders": "fail", "legacy": "unknown"},
    ]
    for number, (change, days) in enumerate(zip(changes, (0, 20, 27.5, 62), strict=True)):
        made = results(every | change, days, complete=number != 1)
        made["requirements"][1] |= {"status": "pass" if number else "not_applicable", "severity": "high"}
        write(directory / f"audit-{number}", made)
    other = results({"x": "pass"}, 3, standard="payment-migration", standard_title="", organization=None, demo=True)
    other["scope"]["accounts"] = [{"id": "123456789012", "name": "123456789012", "regions": ["eu-west-1"]}]
    write(directory / "payments", other, OTHER)
    for spoil, name in ((interrupted, "b-interrupted"), (tampered, "b-tampered"), (linked, "b-linked")):
        spoil(write(directory / name, results({"x": "fail"}, 5 + len(name))))
    shutil.copytree(directory / "audit-0", directory / "b-copy")
    shutil.rmtree(directory / "elsewhere")


@pytest.mark.parametrize(("form", "name"), [("table", "table.txt"), ("json", "json"), ("html", "html")])
def test_golden(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], form: str, name: str
) -> None:
    lived(tmp_path / "audits")
    monkeypatch.chdir(tmp_path)
    assert told(Path("audits"), form) == 0
    golden(f"history.{name}", capsys.readouterr().out)


def test_it_is_written_to_a_file_where_one_is_given(two: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert told(two, "json", output=two / "out" / "history.json") == 0
    assert capsys.readouterr().out == f"{two / 'out' / 'history.json'}\n"
    assert json.loads((two / "out" / "history.json").read_bytes())["schema_version"] == "1.0"
    assert told(two, "json", output=two / "history.json", quiet=True) == 0
    assert capsys.readouterr().out == ""


def test_the_same_audits_give_the_same_document_with_and_without_the_index(tmp_path: Path) -> None:
    lived(tmp_path)
    first = command.gathered(tmp_path)
    assert (tmp_path / FOLDER).is_dir()
    assert command.gathered(tmp_path) == first == command.gathered(tmp_path, with_index=False)


def test_standard_and_account_narrow_to_series(tmp_path: Path) -> None:
    lived(tmp_path)

    def scopes(*arguments: Any) -> list[str]:  # noqa: ANN401 - as the command's
        return [one["scope"] for one in command.gathered(tmp_path, *arguments)["series"]]

    assert scopes() == [SCOPE, OTHER]
    assert scopes("payment-migration") == [OTHER]
    assert scopes("", ("123456789012",)) == [OTHER]
    assert scopes("", ("123456789012", samples.PAYMENTS)) == [SCOPE, OTHER]
    with pytest.raises(UsageError, match=r"no audit of that standard and account\. There are: payment-migration, tra"):
        scopes("trading-dr", ("123456789012",))


def test_the_folder_is_the_argument_or_the_option_or_here() -> None:
    assert [command.folder_of(*pair) for pair in ((None, None), (Path("a"), None), (None, Path("b")))] == [
        Path(),
        Path("a"),
        Path("b"),
    ]
    assert command.folder_of(Path("a"), Path("a")) == Path("a")
    with pytest.raises(UsageError, match=r"^a and --history b are two folders\. Give one of them\.$"):
        command.folder_of(Path("a"), Path("b"))


def test_where_there_is_no_audit_it_says_what_was_there(tmp_path: Path) -> None:
    with pytest.raises(SnapshotError, match=r"holds no audit that can be used\. Give the folder with the audits\.$"):
        told(tmp_path)
    for number in range(5):
        (tmp_path / f"audit-{number}" / "snapshot").mkdir(parents=True)
    with pytest.raises(SnapshotError, match=r"used \(audit-0: it was interrupted, .*; and 2 more\)\. Give the folder"):
        told(tmp_path)
    with pytest.raises(UsageError, match=r"nowhere cannot be read: No such file or directory\. Give the folder with"):
        told(tmp_path / "nowhere")
    write(tmp_path / "audit", results({}))
    with pytest.raises(
        UsageError, match=r"audit is an audit itself\. Give the folder that it stands in: .*/audit/\.\."
    ):
        told(tmp_path / "audit")


@pytest.mark.parametrize("form", ["table", "json"])
def test_hostile_names_steer_no_terminal(tmp_path: Path, capsys: pytest.CaptureFixture[str], form: str) -> None:
    names = [name for name in samples.HOSTILE if "\ud800" not in name]
    made = results(dict.fromkeys(names, "fail"), standard_title=names[8], organization=names[9], environment="\x7f\x1b")
    made["scope"]["accounts"][0]["name"] = "\x1b[31m"
    write(tmp_path / "audit\x1b[2J\u202e", made)
    (tmp_path / "\x9b2J" / "snapshot").mkdir(parents=True)
    assert told(tmp_path, form) == 0
    text = capsys.readouterr().out
    assert not [one for one in text if not (one.isprintable() or one == "\n")]
    assert "\\x1b[2J" in text or "\\u001b[2J" in text
