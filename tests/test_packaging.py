"""What a fresh machine installs, and from what."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import tomli

ROOT = Path(__file__).parent.parent
LOCKS = ("requirements.lock", "requirements-dev.lock")
PINNED = re.compile(r"^([a-z0-9-]+)==([^ ]+)(?: ;.*)? \\$", re.MULTILINE)


def pins(lock: str) -> set[tuple[str, str]]:
    """Names and versions in a lock file."""
    return {(match[1], match[2]) for match in PINNED.finditer((ROOT / lock).read_text("utf-8"))}


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_file_has_pins_with_hashes_and_no_host_or_path(lock: str) -> None:
    for line in (ROOT / lock).read_text("utf-8").splitlines():
        assert re.fullmatch(r"#.*|[a-z0-9-]+==\S+( ; [^/@]+)? \\|    --hash=sha256:[0-9a-f]{64}( \\)?", line), line
        assert "://" not in line


def test_the_developers_lock_file_has_all_that_the_users_has() -> None:
    assert pins("requirements.lock") < pins("requirements-dev.lock")


def test_the_lock_files_have_what_pyproject_asks_for() -> None:
    project = tomli.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    asked = [*project["project"]["dependencies"], *project["project"]["optional-dependencies"]["demo"]]
    tools = [*project["dependency-groups"]["dev"], *project["build-system"]["requires"]]
    for lock, wanted in (("requirements.lock", asked), ("requirements-dev.lock", asked + tools)):
        names = {name for name, _ in pins(lock)}
        assert {re.split(r"[\[<>=]", item)[0] for item in wanted} <= names


def test_the_licence_is_the_one_that_is_named() -> None:
    text = (ROOT / "LICENSE").read_text("utf-8")
    assert "Apache License\n" in text
    assert "END OF TERMS AND CONDITIONS" in text


def test_the_changelog_has_a_place_for_what_comes() -> None:
    assert "## Unreleased" in (ROOT / "CHANGELOG.md").read_text("utf-8")
