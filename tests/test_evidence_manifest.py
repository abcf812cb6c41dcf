"""The manifest of an audit, the chain of audits, and that every change to either is named."""

from __future__ import annotations

import contextlib
import hashlib
import itertools
import os
import shutil
import time
import tracemalloc
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import orjson
import pytest

from auditor.errors import IntegrityError, SnapshotError
from auditor.evidence import manifest as room
from auditor.evidence.manifest import (
    MANIFEST,
    SIGNATURE,
    TIMESTAMP,
    Previous,
    find_previous,
    is_inside,
    read_manifest,
    read_plain,
    require_open,
    shown,
    write_manifest,
)
from auditor.evidence.signature import FileSigner, PublicKey, sign_manifest
from auditor.evidence.timestamp import stamp
from auditor.evidence.verify import Verification, verify
from auditor.files import to_json
from tests.evidence import CONTENT, SCOPE, Authority, ed25519_key, make_audit

UNSIGNED = "not signed: whoever can write the files can write another manifest.json for them"
KEY = PublicKey.of(ed25519_key().public_key())


@pytest.fixture
def audit(tmp_path: Path) -> Path:
    return make_audit(tmp_path / "audits/one")


@pytest.fixture
def signed(audit: Path) -> Path:
    sign_manifest(audit, FileSigner(ed25519_key()))
    return audit


def problems(folder: Path, *, key: PublicKey | None = None, demand_chain: bool = False) -> list[str]:
    return list(verify(folder, key, demand_chain=demand_chain).problems)


def rewrite(folder: Path, change: Callable[[dict[str, Any]], object]) -> None:
    """Change a manifest as somebody who knows how it is written."""
    document = orjson.loads((folder / MANIFEST).read_bytes())
    change(document)
    (folder / MANIFEST).write_bytes(to_json(document))


# ---------------------------------------------------------------------------------------------- writing


def test_a_manifest_says_what_the_interface_promises(audit: Path) -> None:
    (audit / "link").symlink_to("results.json")
    write_manifest(audit, {"tool": {"name": "auditor"}, "previous": "nonsense"}, scope_digest=SCOPE)
    document = orjson.loads((audit / MANIFEST).read_bytes())
    assert document.pop("files") == {"link": {"link": "results.json"}} | {
        name: {"bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}
        for name, content in CONTENT.items()
    }
    assert document == {
        "schema_version": "1.0",
        "tool": {"name": "auditor"},
        "scope_digest": SCOPE,
        "previous": None,
    }


def test_the_same_folder_gives_the_same_manifest(tmp_path: Path) -> None:
    first, second = make_audit(tmp_path / "a/one"), make_audit(tmp_path / "b/two")
    assert (first / MANIFEST).read_bytes() == (second / MANIFEST).read_bytes()


def test_what_is_made_from_the_manifest_is_not_in_it(signed: Path) -> None:
    stamp(signed, Authority())
    listed = set(read_manifest(signed).files)
    assert {path.relative_to(signed).as_posix() for path in signed.rglob("*") if path.is_file()} == listed | {
        MANIFEST,
        SIGNATURE,
        TIMESTAMP,
    }
    (signed / "snapshot" / MANIFEST).write_text("a file as any other below the audit's folder itself")
    assert problems(signed) == ["snapshot/manifest.json: added"]


@pytest.mark.parametrize(
    ("add", "told"),
    [
        (lambda folder: os.mkfifo(folder / "pipe"), "pipe, which is no file"),
        (lambda folder: Path(os.fsdecode(os.fsencode(folder) + b"/\xff")).touch(), r"\udcff, a name or link that is"),
        (lambda folder: (folder / "a").symlink_to("\udcff"), "a, a name or link that is not UTF-8"),
    ],
    ids=["pipe", "name", "link"],
)
def test_what_no_manifest_can_list_is_refused(add: Callable[[Path], object], told: str, tmp_path: Path) -> None:
    folder = tmp_path / "audit"
    folder.mkdir()
    add(folder)
    with pytest.raises(SnapshotError) as refused:
        write_manifest(folder, {})
    assert told in refused.value.message
    assert refused.value.remedy
    assert not (folder / MANIFEST).exists()


def deny(monkeypatch: pytest.MonkeyPatch, owner: object, function: str, name: str) -> None:
    """What the kernel says to a user who may not read; root may read everything."""
    real: Callable[..., object] = getattr(owner, function)

    def denied(path: Path, *arguments: object) -> object:
        if path.name == name:
            raise PermissionError(13, "Permission denied")
        return real(path, *arguments)

    monkeypatch.setattr(owner, function, denied)


def test_a_file_that_cannot_be_read_is_no_pass(audit: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    deny(monkeypatch, Path, "open", "report.html")
    assert problems(audit) == ["report.html: cannot be read (Permission denied)"]
    with pytest.raises(SnapshotError, match=r"report\.html cannot be read: Permission denied"):
        write_manifest(audit, {})


def test_a_folder_that_cannot_be_read_is_no_pass(audit: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    deny(monkeypatch, os, "scandir", "data")
    with pytest.raises(SnapshotError, match="snapshot/data cannot be read: Permission denied"):
        verify(audit)
    with pytest.raises(SnapshotError, match="snapshot/data cannot be read: Permission denied"):
        write_manifest(audit, {})


def test_large_files_are_not_held_in_memory(tmp_path: Path) -> None:
    with (tmp_path / "large").open("wb") as file:
        file.truncate(64 * 1024**2)
    tracemalloc.start()
    write_manifest(tmp_path, {})
    assert verify(tmp_path).problems == ()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 4 * 1024**2


# ---------------------------------------------------------------------------------------------- closed for good


@pytest.mark.parametrize(("name", "told"), [(SIGNATURE, "is signed"), (TIMESTAMP, "is timestamped")])
def test_a_sealed_manifest_stays_as_it_is(name: str, told: str, audit: Path) -> None:
    require_open(audit)
    (audit / name).touch()
    before = (audit / MANIFEST).read_bytes()
    with pytest.raises(SnapshotError, match=told):
        require_open(audit)
    with pytest.raises(SnapshotError, match=told) as refused:
        write_manifest(audit, {})
    assert "--output" in refused.value.remedy
    assert (audit / MANIFEST).read_bytes() == before


def test_an_audit_that_a_later_one_names_stays_as_it_is(audit: Path) -> None:
    later = make_audit(audit.parent / "two", 2)
    with pytest.raises(SnapshotError, match="is the audit before two"):
        write_manifest(audit, {})
    write_manifest(shutil.copytree(audit, audit.parent / "copy"), {})
    write_manifest(later, {})


# ---------------------------------------------------------------------------------------------- the audit before


def test_the_previous_audit_is_the_newest_of_the_same_scope_beside(tmp_path: Path) -> None:
    for name, number, scope in (("a", 2, SCOPE), ("b", 3, SCOPE), ("c", 1, SCOPE), ("d", 9, "another")):
        make_audit(tmp_path / name, number, scope=scope, chained=False)
    new = tmp_path / "new"
    new.mkdir()
    digest = hashlib.sha256((tmp_path / "b" / MANIFEST).read_bytes()).hexdigest()
    assert find_previous(new, SCOPE) == Previous("00000000-0000-4000-8000-000000000003", digest, "../b")
    found = find_previous(tmp_path / "b", SCOPE)
    assert found is not None
    assert found.folder == "../a", "an audit is never before itself"
    assert find_previous(new, "a scope of nobody") is None
    make_audit(tmp_path / "e", 9, scope="", chained=False)
    assert find_previous(new, "") is None, "audits that do not say what they looked at form no chain"


def test_of_two_written_at_once_the_greater_id_is_the_newer(tmp_path: Path) -> None:
    for name, number in (("a", 1), ("b", 2), ("c", 1)):
        make_audit(tmp_path / name, number, chained=False)
        rewrite(tmp_path / name, lambda document: document.update(written_at="2026-01-01T00:00:00+00:00"))
    found = find_previous(tmp_path / "new", SCOPE)
    assert found is not None
    assert (found.audit_id[-1], found.folder) == ("2", "../b")


def test_times_are_compared_and_not_their_texts(tmp_path: Path) -> None:
    for name, at in (("a", "2026-01-01T23:00:00+00:00"), ("b", "2026-01-02T00:30:00+02:00")):
        rewrite(make_audit(tmp_path / name, chained=False), partial(dict.update, written_at=at))
    found = find_previous(tmp_path / "new", SCOPE)
    assert found is not None
    assert found.folder == "../a"


def unreadable(folder: Path) -> None:
    (folder / MANIFEST).write_text("{")


def interrupted(folder: Path) -> None:
    (folder / MANIFEST).unlink()


def no_audit(folder: Path) -> None:
    rewrite(folder, lambda document: document["files"].pop("results.json"))


def undated(folder: Path) -> None:
    rewrite(folder, lambda document: document.update(written_at="yesterday"))


def without_zone(folder: Path) -> None:
    rewrite(folder, lambda document: document.update(written_at="2026-09-01T00:00:00"))


def without_date(folder: Path) -> None:
    rewrite(folder, lambda document: document.pop("written_at"))


def reformatted(folder: Path) -> None:
    (folder / MANIFEST).write_bytes((folder / MANIFEST).read_bytes() + b"\n")


def link(folder: Path) -> None:
    folder.rename(folder.parent.parent / "elsewhere")
    folder.symlink_to(folder.parent.parent / "elsewhere")


def unnameable(folder: Path) -> None:
    folder.rename(folder.parent / "\udcff")


@pytest.mark.parametrize(
    "change", [unreadable, interrupted, no_audit, undated, without_zone, without_date, reformatted, link, unnameable]
)
def test_what_is_no_complete_audit_is_passed_over(change: Callable[[Path], None], tmp_path: Path) -> None:
    make_audit(tmp_path / "audits/old", 1)
    change(make_audit(tmp_path / "audits/newer", 2))
    found = find_previous(tmp_path / "audits/new", SCOPE)
    assert found is not None
    assert found.folder == "../old"


def test_where_nobody_may_look_no_earlier_audit_is_found(audit: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    deny(monkeypatch, os, "scandir", audit.parent.name)
    assert find_previous(audit.parent / "new", SCOPE) is None
    assert find_previous(audit.parent.parent / "not/yet", SCOPE) is None


def test_thousands_of_earlier_audits_are_looked_through_at_once(tmp_path: Path) -> None:
    document = orjson.loads((make_audit(tmp_path / "audits/0000") / MANIFEST).read_bytes())
    for number in range(1, 2000):
        folder = tmp_path / f"audits/{number:04}"
        folder.mkdir()
        document |= {"audit_id": f"{number:04}"}
        (folder / MANIFEST).write_bytes(to_json(document))
        os.mkfifo(folder / "results.json")  # whoever reads more than the manifest, waits for ever
    began = time.process_time()
    found = find_previous(tmp_path / "audits/new", SCOPE)
    assert time.process_time() - began < 2
    assert found is not None
    assert found.audit_id == "1999"


# ---------------------------------------------------------------------------------------------- files


def test_an_untouched_audit_is_as_it_was_written(audit: Path) -> None:
    assert verify(audit) == Verification(len(CONTENT), (), (UNSIGNED,))
    (audit / "snapshot/another/empty/folder").mkdir(parents=True)
    os.utime(audit / "results.json", (0, 0))
    (audit / "results.json").chmod(0o600)
    assert verify(audit).problems == (), "empty folders, dates and modes are no content"


def swap(folder: Path) -> None:
    one, other = folder / "results.json", folder / "report.html"
    content = one.read_bytes()
    one.write_bytes(other.read_bytes())
    other.write_bytes(content)


def replace_by(make: Callable[[Path], object]) -> Callable[[Path], None]:
    def replace(folder: Path) -> None:
        (folder / "results.json").unlink()
        make(folder / "results.json")

    return replace


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda folder: (folder / "extra").touch(), ["extra: added"]),
        (lambda folder: (folder / ".extra").touch(), [".extra: added"]),
        (lambda folder: (folder / "snapshot/data/x.parquet").touch(), ["snapshot/data/x.parquet: added"]),
        (lambda folder: (folder / "none").symlink_to("/etc"), ["none: added"]),
        (lambda folder: (folder / "a\nb\u202e").touch(), [r"a\nb\u202e: added"]),
        (lambda folder: os.mkfifo(folder / "pipe"), ["pipe: added"]),
        (
            lambda folder: (folder / "report.html").rename(folder / "index.html"),
            ["report.html: missing", "index.html: added"],
        ),
        (
            lambda folder: shutil.rmtree(folder / "snapshot/data"),
            ["snapshot/data/ec2_vpcs.parquet: missing"],
        ),
        (swap, ["report.html: changed", "results.json: changed"]),
        (replace_by(lambda path: path.symlink_to("report.html")), ["results.json: changed"]),
        (replace_by(os.mkfifo), ["results.json: changed"]),
        (replace_by(lambda path: path.mkdir()), ["results.json: missing"]),
    ],
)
def test_what_is_not_as_it_was_written_is_named(change: Callable[[Path], object], told: list[str], audit: Path) -> None:
    change(audit)
    assert problems(audit) == told


@pytest.mark.parametrize("name", CONTENT)
def test_a_file_that_is_gone_cut_or_longer_is_named(name: str, audit: Path) -> None:
    path = audit / name
    content = path.read_bytes()
    for cut in {content[:-1], content[: len(content) // 2], content + b"\n"} - {content}:
        path.write_bytes(cut)
        assert problems(audit) == [f"{name}: changed"]
    path.unlink()
    assert problems(audit) == [f"{name}: missing"]


def flips(content: bytes) -> list[bytes]:
    """The content with one bit of one byte changed, at a dozen places over its length."""
    places = sorted({place * (len(content) - 1) // 11 for place in range(12)}) if content else []
    return [
        content[:place] + bytes([content[place] ^ 1 << bit]) + content[place + 1 :]
        for place, bit in itertools.product(places, (0, 3, 7))
    ]


def test_a_byte_that_is_changed_anywhere_is_named(signed: Path) -> None:
    assert problems(signed, key=KEY) == []
    for path in sorted(path for path in signed.rglob("*") if path.is_file()):
        name, content = path.relative_to(signed).as_posix(), path.read_bytes()
        for changed in flips(content):
            path.write_bytes(changed)
            told = problems(signed, key=KEY)
            assert any(name in line for line in told), (name, changed)
            assert len(told) == 1 or name in {MANIFEST, SIGNATURE}
        path.write_bytes(content)
    assert problems(signed, key=KEY) == []


def test_every_byte_of_a_signed_manifest_counts(signed: Path) -> None:
    content = (signed / MANIFEST).read_bytes()
    for place in range(0, len(content), 7):
        (signed / MANIFEST).write_bytes(content[:place] + bytes([content[place] ^ 2]) + content[place + 1 :])
        assert problems(signed, key=KEY)


# ---------------------------------------------------------------------------------------------- the manifest itself


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "it cannot be read"),
        (b"{}", "it cannot be read"),
        (b"[]", "it cannot be read"),
        (b"\xff", "it cannot be read"),
        (b"[" * 100_000, "it cannot be read"),
        (b'{"files": ["results.json"]}', "it cannot be read"),
        (b'{"files": ["results.json"], "schema_version": "1.0"}', "it cannot be read"),
        (b'{"files": 5, "schema_version": "1.0"}', "it cannot be read"),
        (b'{"files": {}, "schema_version": "1.0"}', "its form was changed"),
        (b'{"files": {}, "schema_version": "2.0"}', "schema_version 2.0 is none that this version of auditor knows"),
        (b'{"files": {}, "schema_version": 1.5}', "schema_version 1.5 is none that this version of auditor knows"),
    ],
)
def test_a_manifest_that_is_none_is_not_as_it_was_written(content: bytes, told: str, audit: Path) -> None:
    (audit / MANIFEST).write_bytes(content)
    assert problems(audit) == [f"manifest.json is not as it was written: {told}."]


def test_a_key_that_stands_twice_is_seen(audit: Path) -> None:
    content = (audit / MANIFEST).read_bytes()
    (audit / MANIFEST).write_bytes(content.replace(b'"identity"', b'"identity": "somebody else",\n  "identity"'))
    assert problems(audit) == ["manifest.json is not as it was written: its form was changed."]


@pytest.mark.parametrize(
    "name", ["../secret", "/etc/passwd", "snapshot/../../secret", ".", "..", "", "a//b", "./results.json", "a/", "a\0b"]
)
def test_an_entry_that_leads_outside_is_refused_and_nothing_outside_is_read(
    name: str, audit: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (audit.parent / "secret").write_text("secret")
    rewrite(audit, lambda document: document["files"].update({name: {"bytes": 6, "sha256": "0" * 64}}))
    state, looked_at = room._state, []  # noqa: SLF001 - where files are read

    def watched(path: Path) -> dict[str, Any]:
        looked_at.append(path)
        return state(path)

    monkeypatch.setattr(room, "_state", watched)
    assert not is_inside(name)
    assert problems(audit) == [f"manifest.json names what cannot be a file of the audit: {shown(name)}"]
    assert {path.relative_to(audit).as_posix() for path in looked_at} == set(CONTENT)


@pytest.mark.parametrize("name", [MANIFEST, SIGNATURE, TIMESTAMP])
def test_a_manifest_that_lists_what_is_made_from_it_is_refused(name: str, audit: Path) -> None:
    rewrite(audit, lambda document: document["files"].update({name: {"bytes": 1, "sha256": "0" * 64}}))
    assert problems(audit) == [f"manifest.json names what cannot be a file of the audit: {name}"]


@pytest.mark.parametrize("entry", [None, 5, "x", [], {}, {"link": "x"}, {"sha256": 5, "bytes": 0}])
def test_an_entry_of_another_form_is_no_match(entry: object, audit: Path) -> None:
    rewrite(audit, lambda document: document["files"].update({"snapshot/empty": entry}))
    assert problems(audit) == ["snapshot/empty: changed"]


@pytest.mark.parametrize("name", [MANIFEST, SIGNATURE, TIMESTAMP])
def test_a_link_in_the_place_of_evidence_is_not_followed(name: str, signed: Path, tmp_path: Path) -> None:
    stamp(signed, Authority())
    (signed / name).rename(tmp_path / "elsewhere")
    (signed / name).symlink_to(tmp_path / "elsewhere")
    (told,) = problems(signed)
    assert told.startswith(name)
    assert "Too many levels of symbolic links" in told


def test_a_pipe_in_the_place_of_a_manifest_holds_nobody_up(audit: Path) -> None:
    (audit / MANIFEST).unlink()
    os.mkfifo(audit / MANIFEST)
    assert problems(audit) == ["manifest.json is not as it was written: it cannot be read (it is no plain file)."]


def test_a_file_that_is_too_large_is_not_read(audit: Path) -> None:
    assert read_plain(audit / "snapshot/ledger.parquet", 4) == b"PAR1"
    with pytest.raises(OSError, match="more than 3 bytes"):
        read_plain(audit / "snapshot/ledger.parquet", 3)


def test_a_folder_without_a_manifest_is_no_audit(audit: Path) -> None:
    (audit / MANIFEST).unlink()
    for folder in (audit, audit / "none", audit / "results.json"):
        with pytest.raises(SnapshotError, match=r"has no manifest\.json"):
            verify(folder)


def test_a_manifest_whose_signature_is_there_is_missed(signed: Path) -> None:
    (signed / MANIFEST).unlink()
    assert problems(signed) == ["manifest.json: missing"]


def test_what_an_unsigned_manifest_cannot_prove(audit: Path) -> None:
    rewrite(audit, lambda document: document.update(identity="arn:aws:iam::111122223333:user/b"))
    assert verify(audit) == Verification(len(CONTENT), (), (UNSIGNED,))
    assert problems(audit, key=KEY), "with a key given, it is no pass"


# ---------------------------------------------------------------------------------------------- the chain


@pytest.fixture
def chain(audit: Path) -> Path:
    """The third of three audits."""
    make_audit(audit.parent / "two", 2)
    return make_audit(audit.parent / "three", 3)


def chain_notes(folder: Path, *, demand_chain: bool = False) -> tuple[str, ...]:
    return tuple(note for note in verify(folder, demand_chain=demand_chain).notes if note.startswith("chain"))


def test_a_chain_is_followed_to_its_beginning(chain: Path) -> None:
    for demand_chain in (False, True):
        assert problems(chain, demand_chain=demand_chain) == []
        ends = "chain: 2 earlier audits found, ends at 00000000-0000-4000-8000-000000000001"
        assert chain_notes(chain, demand_chain=demand_chain) == (ends,)
    one = "chain: 1 earlier audit found, ends at 00000000-0000-4000-8000-000000000001"
    assert chain_notes(chain.parent / "two") == (one,)
    assert verify(chain.parent / "one", demand_chain=True) == Verification(len(CONTENT), (), (UNSIGNED,))


def test_an_earlier_audit_that_is_not_here_is_a_note_or_a_problem(chain: Path, tmp_path: Path) -> None:
    first = "00000000-0000-4000-8000-000000000001"
    missing = f"chain: the earlier audit {first} is not here: give its folder, one, beside this one"
    (chain.parent / "one").rename(tmp_path / "one")
    found = "chain: 1 earlier audit found, ends at 00000000-0000-4000-8000-000000000002"
    assert problems(chain) == []
    assert chain_notes(chain) == (found, missing)
    assert problems(chain, demand_chain=True) == [missing]
    (chain.parent / "two").rename(tmp_path / "two")
    assert chain_notes(chain) == (missing.replace("001 is", "002 is").replace("one, beside", "two, beside"),)
    assert verify(chain, demand_chain=True, beside=tmp_path).problems == ()


def test_a_folder_elsewhere_may_have_the_name_of_an_earlier_audit(chain: Path, tmp_path: Path) -> None:
    """As a bundle that was unpacked has, with its earlier audits beside the bundle."""
    copy = shutil.copytree(chain, tmp_path / "unpacked/one")
    assert verify(copy, demand_chain=True, beside=chain.parent).problems == ()
    assert len(verify(copy, demand_chain=True).problems) == 1


def change_previous(folder: Path) -> None:
    rewrite(folder, lambda document: document.update(identity="somebody else"))


def reform_previous(folder: Path) -> None:
    (folder / MANIFEST).write_bytes(b" " + (folder / MANIFEST).read_bytes())


def remove_manifest(folder: Path) -> None:
    (folder / MANIFEST).unlink()


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (change_previous, "manifest.json: changed since the audit after it was written"),
        (reform_previous, "manifest.json is not as it was written: its form was changed."),
        (remove_manifest, "manifest.json: missing"),
    ],
)
@pytest.mark.parametrize("name", ["one", "two"])
def test_a_chain_that_is_broken_is_named(name: str, change: Callable[[Path], None], told: str, chain: Path) -> None:
    change(chain.parent / name)
    assert problems(chain) == problems(chain, demand_chain=True) == [f"chain: {name}: {told}"]


def test_two_earlier_audits_that_change_places_are_named(chain: Path) -> None:
    (chain.parent / "one").rename(chain.parent / "x")
    (chain.parent / "two").rename(chain.parent / "one")
    (chain.parent / "x").rename(chain.parent / "two")
    assert problems(chain) == ["chain: two: manifest.json: changed since the audit after it was written"]


def test_an_audit_of_another_scope_is_none_before_this_one(audit: Path) -> None:
    other = read_manifest(make_audit(audit.parent / "other", 2, scope="another"))
    before = {"audit_id": other.audit_id, "sha256": other.sha256, "folder": "../other"}
    rewrite(audit, lambda document: document.update(previous=before))
    assert problems(audit) == ["chain: other: an audit of another scope"]
    rewrite(audit, lambda document: document["previous"].update(audit_id="another"))
    assert problems(audit) == ["chain: other: manifest.json: changed since the audit after it was written"]


def test_a_circle_is_named(audit: Path) -> None:
    two = make_audit(audit.parent / "two", 2)
    back = {"audit_id": "x", "sha256": "0" * 64, "folder": "../two"}
    rewrite(audit, lambda document: document.update(previous=back))
    digest = read_manifest(audit).sha256
    rewrite(two, lambda document: document["previous"].update(sha256=digest))
    assert problems(two) == ["chain: two is named again by an audit before it"]
    rewrite(audit, lambda document: document.update(previous={**back, "folder": "../one"}))
    assert problems(audit) == ["chain: one is named again by an audit before it"]


@pytest.mark.parametrize(
    "change",
    [
        {"folder": "/etc"},
        {"folder": "../../x"},
        {"folder": "../.."},
        {"folder": "../."},
        {"folder": ".."},
        {"folder": "../a/b"},
        {"folder": "x"},
        {"folder": "../a\0"},
        {"folder": 5},
        {"sha256": "0" * 63},
        {"sha256": "Z" * 64},
        {"sha256": None},
        {"more": 1},
    ],
)
def test_a_previous_audit_that_leads_elsewhere_is_refused(change: Mapping[str, object], chain: Path) -> None:
    rewrite(chain, lambda document: document["previous"].update(change))
    told = "manifest.json is not as it was written: the audit before it is not named as `previous` names one."
    assert problems(chain) == [told]


@pytest.mark.parametrize("previous", [[], "x", {}, 5, {"folder": "../one"}])
def test_a_previous_audit_of_another_form_is_refused(previous: object, chain: Path) -> None:
    rewrite(chain, lambda document: document.update(previous=previous))
    with pytest.raises(IntegrityError, match="the audit before it"):
        read_manifest(chain)


def test_a_long_chain_is_followed(tmp_path: Path) -> None:
    before: Previous | None = None
    for number in range(300):
        folder = tmp_path / f"audits/{number}"
        folder.mkdir(parents=True)
        with contextlib.suppress(SnapshotError):
            before = before or find_previous(folder, SCOPE)
        write_manifest(folder, {"audit_id": str(number)}, scope_digest=SCOPE, previous=before)
        before = Previous(str(number), read_manifest(folder).sha256, f"../{number}")
    assert chain_notes(folder) == ("chain: 299 earlier audits found, ends at 0",)


def test_names_of_others_stay_on_one_line() -> None:
    assert shown("a\nb\x1b[31m\u202e\udcff\u200b é") == r"a\nb\x1b[31m\u202e\udcff\u200b é"
