"""The documentation says what is so: generated pages, commands that are shown, links, and the example configuration."""

from __future__ import annotations

import importlib.util
import re
import shlex
from functools import cache
from pathlib import Path
from typing import Any

import click
import pytest

from auditor.cli.commands import auditor
from auditor.config import Overrides, load_config
from auditor.library import shipped
from auditor.reports import FORMATS
from auditor.standards import load_library

ROOT = Path(__file__).parent.parent
README = ROOT / "README.md"
PAGES = sorted({README, ROOT / "CHANGELOG.md", *(ROOT / "docs").glob("*.md")})
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
BLOCK = re.compile(r"^```(?:sh|console)\n(.*?)^```", re.MULTILINE | re.DOTALL)
CALL = re.compile(r"^(?:\$ )?(auditor .*?)(?:\s+#.*|\s*>.*)?$", re.MULTILINE)
CODE = re.compile(r"```.*?```|`[^`\n]*`", re.DOTALL)
SPAN = re.compile(r"`(auditor(?: [^`]+)?)`")


def _load_generator() -> Any:  # noqa: ANN401 - a script, loaded by its path
    spec = importlib.util.spec_from_file_location("generate_docs", ROOT / "tools" / "generate_docs.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


GENERATOR = _load_generator()


@cache
def made() -> dict[str, str]:
    pages: dict[str, str] = GENERATOR.pages()
    return pages


def anchors(path: Path) -> set[str]:
    """The anchors that GitHub gives a page's headings."""
    titles = re.findall(r"^#+ (.+)$", CODE.sub(_emptied, path.read_text("utf-8")), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


def _emptied(match: re.Match[str]) -> str:
    """Blocks of code have no headings; spans keep their text."""
    return "" if match[0].startswith("```") else match[0].strip("`")


def command_of(words: list[str]) -> tuple[click.Command | None, list[str]]:
    """The command that a line calls, and what follows its name."""
    command: click.Command = auditor
    rest = words[1:]
    while isinstance(command, click.Group) and rest and not rest[0].startswith("-"):
        found = command.commands.get(rest[0])
        if found is None:
            return None, rest
        command, rest = found, rest[1:]
    return command, rest


def problem_of(line: str) -> str:
    """What is wrong with a command line that documentation shows; empty where nothing is."""
    words = shlex.split(line.replace("…", ""))
    command, rest = command_of(words)
    if command is None:
        return f"there is no command {line!r}"
    known = {name for parameter in command.params for name in parameter.opts} | {"--help", "-h"}
    unknown = [word for word in rest if word.startswith("--") and word.split("=")[0] not in known]
    return f"{line!r}: no option {', '.join(unknown)}" if unknown else ""


# ---------------------------------------------------------------------------------------- generated pages


@pytest.mark.parametrize("name", sorted(GENERATOR.PAGES))
def test_generated_page_is_up_to_date(name: str) -> None:
    stale = GENERATOR.stale({name: made()[name]})
    assert not stale, f"docs/{name} is stale, since tables, checks, register or commands changed: run `make docs`"


def test_generating_is_deterministic() -> None:
    assert GENERATOR.pages() == made()


def test_a_stale_or_missing_page_is_named(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text("old", "utf-8")
    (tmp_path / "b.md").write_text("same", "utf-8")
    assert GENERATOR.stale({"a.md": "new", "b.md": "same", "c.md": "new"}, tmp_path) == ["a.md", "c.md"]


def test_every_table_view_check_requirement_and_command_has_its_heading() -> None:
    what = shipped()
    library = load_library(what.folder / "standards")
    headings = {name: set(re.findall(r"^##+ (.+)$", text, re.MULTILINE)) for name, text in made().items()}
    schema = what.engine_schema
    assert {*what.catalogue.tables(), *schema.views, *schema.derived, *schema.system} <= headings["tables.md"]
    assert set(library.register.requirements) <= headings["requirements.md"]
    assert set(GENERATOR.Material().checks) <= headings["checks.md"]
    assert set(GENERATOR.commands()) == headings["commands.md"]


def test_every_command_and_option_says_what_it_does() -> None:
    for name in GENERATOR.commands():
        command, _ = command_of(name.split())
        assert command is not None
        assert command.help, f"{name} says nothing"


# ---------------------------------------------------------------------------------------- what is shown


def test_every_command_is_in_the_readme_or_the_commands_page() -> None:
    text = README.read_text("utf-8") + made()["commands.md"]
    for name in GENERATOR.commands():
        assert name in text


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_commands_that_are_shown_exist(page: Path) -> None:
    text = page.read_text("utf-8")
    lines = [call[1] for block in BLOCK.finditer(text) for call in CALL.finditer(block[1])]
    lines += [span[1] for span in SPAN.finditer(text)]
    problems = [problem_of(line) for line in lines]
    assert not [problem for problem in problems if problem]


def test_a_command_that_does_not_exist_is_noticed() -> None:
    assert problem_of("auditor rn --output audit") == "there is no command 'auditor rn --output audit'"
    assert problem_of("auditor run --outputs audit") == "'auditor run --outputs audit': no option --outputs"
    assert not problem_of("auditor checks show ID")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    broken = []
    for target in LINK.findall(CODE.sub("", page.read_text("utf-8"))):
        if re.match(r"[a-z]+:", target):
            continue
        path, _, anchor = target.partition("#")
        file = (page.parent / path).resolve() if path else page
        if not file.exists() or (anchor and anchor not in anchors(file)):
            broken.append(target)
    assert not broken


def test_the_picture_is_small() -> None:
    assert (ROOT / "docs" / "report.png").stat().st_size < 200_000


def test_the_readme_tells_how_many_requirements_have_checks() -> None:
    material = GENERATOR.Material()
    register = material.library.register.requirements
    served = sum(bool(material.serving(name)) for name in register)
    text = README.read_text("utf-8")
    assert f"The register has {len(register)} requirements; **{served} of them have checks" in text


def test_the_example_configuration_loads() -> None:
    library = load_library(ROOT / "checks" / "standards")
    config = load_config(ROOT / "config.example.toml", Overrides(), library, formats=tuple(FORMATS))
    assert config.standard.name in library.standards
