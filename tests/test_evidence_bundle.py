"""An audit as one file: the same bytes everywhere, opened without harm whatever is in it."""

from __future__ import annotations

import hashlib
import io
import os
import shutil
import stat
import struct
import subprocess
import sys
import tracemalloc
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from auditor.errors import IntegrityError, SnapshotError
from auditor.evidence import bundle as room
from auditor.evidence.bundle import bundle, opened
from auditor.evidence.manifest import MANIFEST, SIGNATURE, TIMESTAMP, write_manifest
from auditor.evidence.signature import FileSigner, PublicKey, sign_manifest
from auditor.evidence.timestamp import stamp
from auditor.evidence.verify import verify
from tests.evidence import CONTENT, Authority, ed25519_key, make_audit

ROOT = Path(__file__).parent.parent


@pytest.fixture
def audit(tmp_path: Path) -> Path:
    return make_audit(tmp_path / "audits/one")


def content(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


# ---------------------------------------------------------------------------------------------- round trip


def test_what_is_bundled_is_opened_as_it_was(audit: Path, tmp_path: Path) -> None:
    sign_manifest(audit, FileSigner(ed25519_key()))
    authority = Authority()
    stamp(audit, authority)
    target = tmp_path / "to/one.zip"
    assert bundle(audit, target) == hashlib.sha256(target.read_bytes()).hexdigest()
    with opened(target) as folder:
        assert content(folder) == content(audit)
        assert set(content(folder)) == {*CONTENT, MANIFEST, SIGNATURE, TIMESTAMP}
        found = verify(folder, PublicKey.of(ed25519_key().public_key()), [authority.root])
        assert found.problems == ()
    assert not folder.exists()
    assert sorted(path.name for path in target.parent.iterdir()) == ["one.zip"]


def test_a_folder_is_opened_as_it_is(audit: Path) -> None:
    with opened(audit) as folder:
        assert folder == audit
    assert audit.exists()


def test_what_was_unpacked_goes_even_after_an_error(audit: Path, tmp_path: Path) -> None:
    bundle(audit, tmp_path / "one.zip")
    with pytest.raises(KeyError), opened(tmp_path / "one.zip") as folder:
        raise KeyError
    assert not folder.exists()


def test_names_in_every_script_survive(audit: Path, tmp_path: Path) -> None:
    for name in ("é", "日本", "a\nb", "back\\slash", "x" * 200):
        (audit / name).write_text(name)
    write_manifest(audit, {})
    bundle(audit, tmp_path / "one.zip")
    with opened(tmp_path / "one.zip") as folder:
        assert content(folder) == content(audit)


@pytest.mark.skipif(not shutil.which("unzip"), reason="needs unzip")
def test_other_programs_open_it(audit: Path, tmp_path: Path) -> None:
    bundle(audit, tmp_path / "one.zip")
    subprocess.run(["unzip", "-q", "one.zip", "-d", "out"], cwd=tmp_path, check=True)  # noqa: S607 - whichever there is
    assert content(tmp_path / "out") == content(audit)


# ---------------------------------------------------------------------------------------------- the same bytes


def test_the_bytes_are_these(audit: Path, tmp_path: Path) -> None:
    """Where this fails, the format or Python's zipfile has changed, and digests that users kept are wrong."""
    assert bundle(audit, tmp_path / "one.zip") == "53e8312c519ffa182b18c234d2ea2af5d438ef401d57651ffe72b6842f94bffe"


def test_neither_dates_nor_modes_nor_owners_nor_order_matter(audit: Path, tmp_path: Path) -> None:
    first = bundle(audit, tmp_path / "one.zip")
    other = tmp_path / "other"
    for name in sorted(content(audit), reverse=True):
        (other / name).parent.mkdir(parents=True, exist_ok=True)
        (other / name).write_bytes((audit / name).read_bytes())
        (other / name).chmod(0o600)
        os.utime(other / name, (2_000_000_000, 2_000_000_000))
    (other / "another/empty/folder").mkdir(parents=True)
    before = os.umask(0o077)
    try:
        assert bundle(other, tmp_path / "other.zip") == first
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "other.zip").stat().st_mode) == 0o644


BUNDLING = (
    "import sys, pathlib; from auditor.evidence.bundle import bundle; print(bundle(*map(pathlib.Path, sys.argv[1:])))"
)


def test_neither_time_zone_nor_locale_nor_hash_seed_matter(audit: Path, tmp_path: Path) -> None:
    first = bundle(audit, tmp_path / "one.zip")
    strange = {
        "TZ": "Pacific/Kiritimati",
        "LC_ALL": "C",
        "PYTHONHASHSEED": "7",
        "PYTHONUTF8": "0",
        "SOURCE_DATE_EPOCH": "5",
    }
    command = [sys.executable, "-c", BUNDLING, str(audit), str(tmp_path / "other.zip")]
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), **strange}
    ended = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    assert ended.stdout.strip() == first
    assert (tmp_path / "other.zip").read_bytes() == (tmp_path / "one.zip").read_bytes()


def test_nothing_is_compressed(audit: Path, tmp_path: Path) -> None:
    bundle(audit, tmp_path / "one.zip")
    with zipfile.ZipFile(tmp_path / "one.zip") as archive:
        infos = archive.infolist()
    assert [info.filename for info in infos] == sorted(content(audit))
    assert {(info.compress_type, info.date_time, info.create_system) for info in infos} == {
        (0, (1980, 1, 1, 0, 0, 0), 3)
    }
    assert {stat.filemode(info.external_attr >> 16) for info in infos} == {"-rw-r--r--"}


def test_large_files_are_written_and_read_in_pieces(audit: Path, tmp_path: Path) -> None:
    with (audit / "large").open("wb") as file:
        file.truncate(64 * 1024**2)
    write_manifest(audit, {})
    tracemalloc.start()
    bundle(audit, tmp_path / "one.zip")
    with opened(tmp_path / "one.zip") as folder:
        assert (folder / "large").stat().st_size == 64 * 1024**2
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 8 * 1024**2


def test_files_too_large_for_plain_zip_are_written_as_zip64(
    audit: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(zipfile, "ZIP64_LIMIT", 1000)
    bundle(audit, tmp_path / "one.zip")
    assert b"PK\x06\x06" in (tmp_path / "one.zip").read_bytes(), "the end of a Zip64 archive (APPNOTE.TXT, 4.3.14)"
    monkeypatch.undo()
    with opened(tmp_path / "one.zip") as folder:
        assert content(folder) == content(audit)


# ---------------------------------------------------------------------------------------------- what is not bundled


def test_a_folder_that_is_not_as_it_was_written_is_not_bundled(audit: Path, tmp_path: Path) -> None:
    (audit / "results.json").write_text("changed")
    (audit / "added").touch()
    with pytest.raises(IntegrityError) as refused:
        bundle(audit, tmp_path / "one.zip")
    assert refused.value.message.splitlines() == ["added: added", "results.json: changed"]
    (audit / MANIFEST).unlink()
    with pytest.raises(SnapshotError, match=r"has no manifest\.json"):
        bundle(audit, tmp_path / "one.zip")
    assert [path.name for path in tmp_path.iterdir()] == ["audits"]


def test_a_folder_with_a_link_is_not_bundled(audit: Path, tmp_path: Path) -> None:
    (audit / "link").symlink_to("/etc/passwd")
    write_manifest(audit, {})
    with pytest.raises(SnapshotError, match="holds a link, link"):
        bundle(audit, tmp_path / "one.zip")


def test_nothing_is_overwritten_and_nothing_put_into_the_folder(audit: Path, tmp_path: Path) -> None:
    (tmp_path / "one.zip").write_text("mine")
    (tmp_path / "link.zip").symlink_to("nowhere")
    for taken in ("one.zip", "link.zip", "audits"):
        with pytest.raises(SnapshotError, match="exists already"):
            bundle(audit, tmp_path / taken)
    with pytest.raises(SnapshotError, match="lies within"):
        bundle(audit, audit / "snapshot/one.zip")
    with pytest.raises(SnapshotError, match=r"cannot be written: (Not a directory|File exists)"):
        bundle(audit, tmp_path / "one.zip/two.zip")
    assert (tmp_path / "one.zip").read_text() == "mine"


def test_a_file_that_changes_while_it_is_bundled_leaves_nothing(
    audit: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy = room._copy  # noqa: SLF001 - the moment between verifying and copying

    def changing(source: io.BufferedReader, target: io.BytesIO, size: int) -> object:
        (audit / "results.json").write_bytes(b"x" * len(CONTENT["results.json"]))
        return copy(source, target, size)

    monkeypatch.setattr(room, "_copy", changing)
    with pytest.raises(IntegrityError, match=r"results\.json: changed"):
        bundle(audit, tmp_path / "one.zip")
    assert [path.name for path in tmp_path.iterdir()] == ["audits"]


def test_a_disk_that_is_full_leaves_nothing(audit: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(SnapshotError, match="cannot be written: No space left on device"):
        bundle(audit, tmp_path / "one.zip")
    assert [path.name for path in tmp_path.iterdir()] == ["audits"]


# ---------------------------------------------------------------------------------------------- hostile archives


def archive(
    path: Path, entries: list[tuple[str | zipfile.ZipInfo, bytes]], compression: int = zipfile.ZIP_STORED
) -> Path:
    with zipfile.ZipFile(path, "w", compression) as made:
        for name, body in [(MANIFEST, b"{}"), *entries]:
            made.writestr(name, body)
    return path


def typed(name: str, kind: int) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name)
    info.create_system, info.external_attr = 3, (kind | 0o777) << 16
    return info


def patched(path: Path, old: bytes, new: bytes) -> None:
    body = path.read_bytes()
    assert old in body
    path.write_bytes(body.replace(old, new))


def encrypted(path: Path) -> None:
    """The flag alone, in both headers: APPNOTE.TXT, 4.4.4."""
    archive(path, [("secret", b"x")])
    body = bytearray(path.read_bytes())
    for signature, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        body[body.rindex(signature) + offset] |= 1
    path.write_bytes(bytes(body))


def overlapping(path: Path) -> None:
    """Two entries of the list of files that are one in the archive."""
    archive(path, [("a", b"x" * 5000)])
    body = path.read_bytes()
    start = body.index(b"PK\x01\x02", body.index(b"PK\x01\x02") + 1)
    entry, end = body[start : body.index(b"PK\x05\x06")], bytearray(body[body.index(b"PK\x05\x06") :])
    struct.pack_into("<HHL", end, 8, 3, 3, struct.unpack_from("<L", end, 12)[0] + len(entry))
    path.write_bytes(body[: len(body) - len(end)] + entry[:46] + b"b" + entry[47:] + bytes(end))


def claiming(path: Path) -> None:
    """A file that says to be larger than the archive."""
    archive(path, [("a", b"x" * 10)])
    body = bytearray(path.read_bytes())
    struct.pack_into("<LL", body, body.rindex(b"PK\x01\x02") + 20, 10**9, 10**9)
    path.write_bytes(bytes(body))


def nul(path: Path) -> None:
    archive(path, [("aXb", b"x")])
    patched(path, b"aXb", b"a\0b")


ENDLESS = b"PK\x05\x06" + struct.pack("<HHHHLLH", 0, 0, 60000, 60000, 2**31, 0, 0)

HOSTILE: dict[str, tuple[Callable[[Path], object], str]] = {
    "above": (lambda path: archive(path, [("../outside", b"x")]), "../outside, a name that leads elsewhere"),
    "within": (lambda path: archive(path, [("a/../../outside", b"x")]), "a/../../outside, a name that leads"),
    "absolute": (lambda path: archive(path, [("/outside", b"x")]), "/outside, a name that leads elsewhere"),
    "folder": (lambda path: archive(path, [("folder/", b"")]), "folder/, a name that leads elsewhere"),
    "dot": (lambda path: archive(path, [("./results.json", b"x")]), "./results.json, a name that leads elsewhere"),
    "NUL": (nul, r"a\x00b, a name that leads elsewhere"),
    "control": (lambda path: archive(path, [("../\x1b[2J\u202e", b"x")]), r"../\x1b[2J\u202e, a name"),
    "link": (lambda path: archive(path, [(typed("link", stat.S_IFLNK), b"/etc")]), "link, which is no plain file"),
    "device": (lambda path: archive(path, [(typed("null", stat.S_IFCHR), b"")]), "null, which is no plain file"),
    "twice": (lambda path: archive(path, [("a", b"1"), ("a", b"2")]), "a name twice"),
    "file and folder": (lambda path: archive(path, [("a", b"1"), ("a/b", b"2")]), "a, a file and a folder"),
    "compressed": (
        lambda path: archive(path, [("a", bytes(10**6))], compression=zipfile.ZIP_DEFLATED),
        "manifest.json, which is compressed",
    ),
    "encrypted": (encrypted, "secret, which is encrypted"),
    "overlapping": (overlapping, "10002 bytes, more than it can hold"),
    "claiming": (claiming, "1000000002 bytes, more than it can hold"),
    "no audit": (lambda path: zipfile.ZipFile(path, "w").close(), "no manifest.json"),
}


@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize("case", HOSTILE)
def test_an_archive_that_no_bundle_is_is_refused_before_anything_is_unpacked(
    case: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make, told = HOSTILE[case]
    make(tmp_path / "hostile.zip")
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "tmp"))
    (tmp_path / "tmp").mkdir()
    with pytest.raises(SnapshotError) as refused, opened(tmp_path / "hostile.zip"):
        pass
    assert refused.value.message.startswith(f"{tmp_path / 'hostile.zip'} is no audit's bundle: it holds {told}")
    assert refused.value.remedy
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["hostile.zip", "tmp"]


def test_more_than_is_allowed_is_refused(audit: Path, tmp_path: Path) -> None:
    bundle(audit, tmp_path / "one.zip")
    total = sum(map(len, content(audit).values()))
    with opened(tmp_path / "one.zip", largest=total) as folder:
        assert folder.is_dir()
    told = f"holds {total} bytes, more than the {total - 1} allowed"
    with pytest.raises(SnapshotError, match=told), opened(tmp_path / "one.zip", largest=total - 1):
        pass


def written(body: bytes) -> Callable[[Path], object]:
    return lambda path: path.write_bytes(body)


@pytest.mark.parametrize(
    "make",
    [
        written(b""),
        written(b"config"),
        written(b"PK\x03\x04" + bytes(100)),
        written(ENDLESS),
        os.mkfifo,
        lambda path: path.with_name("none").exists(),
    ],
    ids=["empty", "text", "start", "endless", "pipe", "nothing"],
)
def test_what_is_neither_folder_nor_archive_is_told(make: Callable[[Path], object], tmp_path: Path) -> None:
    make(tmp_path / "x.zip")
    with pytest.raises(SnapshotError, match=r"x\.zip has no manifest\.json") as refused, opened(tmp_path / "x.zip"):
        pass
    assert "bundle" in refused.value.remedy


def test_a_list_of_files_without_end_is_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("auditor.archive._LARGEST_DIRECTORY", 1000)
    many = archive(tmp_path / "many.zip", [(f"{number}", b"") for number in range(30)])
    with pytest.raises(SnapshotError, match="is no bundle, or damaged"), opened(many):
        pass


def test_a_temporary_folder_that_is_full_is_told(audit: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bundle(audit, tmp_path / "one.zip")

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(shutil, "copyfileobj", full)
    told = "cannot be unpacked: No space left on device"
    with pytest.raises(SnapshotError, match=told), opened(tmp_path / "one.zip"):
        pass


# ---------------------------------------------------------------------------------------------- damaged bundles


def test_a_changed_byte_is_refused_named_or_changes_nothing(audit: Path, tmp_path: Path) -> None:
    bundle(audit, tmp_path / "one.zip")
    body, expected, unseen, told = (tmp_path / "one.zip").read_bytes(), content(audit), 0, []
    places = range(0, len(body), 13)
    for place in places:
        (tmp_path / "one.zip").write_bytes(body[:place] + bytes([body[place] ^ 1 << place % 8]) + body[place + 1 :])
        try:
            with opened(tmp_path / "one.zip") as folder:
                assert verify(folder).problems or content(folder) == expected
                unseen += not verify(folder).problems
        except (SnapshotError, IntegrityError) as error:
            told.append(str(error))
    assert all("\n" not in line for line in told)
    assert unseen < len(places) // 6, "dates, modes and the like in the archive's own fields"


def test_a_bundle_that_is_cut_is_refused(audit: Path, tmp_path: Path) -> None:
    bundle(audit, tmp_path / "one.zip")
    body = (tmp_path / "one.zip").read_bytes()
    for cut in range(0, len(body), 97):
        (tmp_path / "one.zip").write_bytes(body[:cut])
        with pytest.raises(SnapshotError), opened(tmp_path / "one.zip"):
            pass


@pytest.mark.parametrize("name", sorted({*CONTENT, MANIFEST} - {"snapshot/empty"}))
def test_a_damaged_file_of_a_bundle_is_named(name: str, audit: Path, tmp_path: Path) -> None:
    bundle(audit, tmp_path / "one.zip")
    with zipfile.ZipFile(tmp_path / "one.zip") as archive:
        start = archive.getinfo(name).header_offset
    body = bytearray((tmp_path / "one.zip").read_bytes())
    body[start + 30 + len(name)] ^= 1  # the first byte after the header and the name: APPNOTE.TXT, 4.3.7
    (tmp_path / "one.zip").write_bytes(bytes(body))
    with pytest.raises(IntegrityError, match=f"^{name}: changed$"), opened(tmp_path / "one.zip"):
        pass
