"""The rules of `design.md` that a program can check: who imports whom, who may print, how long things may be.

Each rule is a function from a file's path and syntax tree to what is wrong with it, and is seen failing below.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from pathlib import Path, PurePosixPath
from typing import Final, TypeAlias

import pytest

ROOT: Final = Path(__file__).parent.parent
ROOMS: Final = frozenset(
    {"collectors", "snapshot", "engine", "drift", "reports", "evidence", "delivery", "history", "demo"}
)
ASSEMBLERS: Final = frozenset({"cli", "__main__", "library", "job"})
"""Where rooms are put together; no room imports one of these."""
AWS: Final = frozenset({"boto3", "botocore", "moto"})
CHILDREN: Final = frozenset({"auditor/engine/worker.py"})
"""Child processes: their standard output is the pipe to their parent, nobody's screen."""
LONGEST_FUNCTION: Final = 60
LONGEST_FILE: Final = 500

Guard: TypeAlias = Callable[[PurePosixPath, str], Iterator[str]]


def room_of(path: PurePosixPath) -> str:
    """The room that a file of `auditor/` is in: a folder's name, or a module's."""
    return path.parts[1].removesuffix(".py")


def imports(path: PurePosixPath, source: str) -> Iterator[tuple[int, str]]:
    """Every module that a file imports, relative imports made absolute, wherever the import stands."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield node.lineno, alias.name
        elif isinstance(node, ast.ImportFrom):
            package = ".".join(path.parts[: len(path.parts) - node.level]) + "." if node.level else ""
            module = f"{package}{node.module or ''}".rstrip(".")
            yield node.lineno, module
            for alias in node.names:
                yield node.lineno, f"{module}.{alias.name}"


def only_some_rooms_know_aws(path: PurePosixPath, source: str) -> Iterator[str]:
    """boto3, botocore and moto are for the collectors and the demo."""
    for line, module in imports(path, source):
        if module.split(".")[0] in AWS and room_of(path) not in {"collectors", "demo"}:
            yield f"{path}:{line}: imports {module}"


def rooms_do_not_import_each_other(path: PurePosixPath, source: str) -> Iterator[str]:
    """Only the assemblers put rooms together; what every room knows (`model`, …) knows no room."""
    here = room_of(path)
    if here in {"cli", "__main__"}:
        return
    above = {"library": {"cli", "job"}, "job": {"cli"}}
    forbidden = above.get(here, (ROOMS | ASSEMBLERS) - {here})
    for line, module in imports(path, source):
        parts = module.split(".")
        if parts[0] == "auditor" and len(parts) > 1 and parts[1] in forbidden:
            yield f"{path}:{line}: imports {module}"


def only_the_cli_speaks(path: PurePosixPath, source: str) -> Iterator[str]:
    """Only `cli` prints, reads the environment or exits; the demo may set the environment."""
    here = room_of(path)
    if here in {"cli", "__main__"}:
        return
    forbidden = {"print", "input", "exit", "quit", "SystemExit", "sys.exit", "sys.stdout", "sys.stderr", "sys.argv"}
    forbidden |= {"os._exit", "os.getenv", "click.echo", "click.secho"}
    if str(path) in CHILDREN:
        forbidden -= {"sys.stdout"}
    if here != "demo":
        forbidden |= {"os.environ", "os.environb", "os.putenv"}
    for node in ast.walk(ast.parse(source)):
        name = ""
        if isinstance(node, ast.Name):
            name = node.id
        elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            name = f"{node.value.id}.{node.attr}"
        elif isinstance(node, ast.ImportFrom) and node.module in {"os", "sys", "click"}:
            name = next((f for f in (f"{node.module}.{alias.name}" for alias in node.names) if f in forbidden), "")
        if name in forbidden and isinstance(node, (ast.Name, ast.Attribute, ast.ImportFrom)):
            yield f"{path}:{node.lineno}: uses {name}"


def nothing_is_too_long(path: PurePosixPath, source: str) -> Iterator[str]:
    """A function fits on a screen or two, a file in a head."""
    lines = len(source.splitlines())
    if lines > LONGEST_FILE:
        yield f"{path}: has {lines} lines"
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            length = (node.end_lineno or node.lineno) - node.lineno + 1
            if length > LONGEST_FUNCTION:
                yield f"{path}:{node.lineno}: {node.name} has {length} lines"


def what_is_public_says_what_it_is(path: PurePosixPath, source: str) -> Iterator[str]:
    """Modules, and public classes, methods and functions, have docstrings."""
    module = ast.parse(source)
    if source.strip() and ast.get_docstring(module) is None:
        yield f"{path}: has no docstring"
    waiting: list[ast.Module | ast.ClassDef] = [module]
    while waiting:
        for node in waiting.pop().body:
            if not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)) or node.name[0] == "_":
                continue
            if ast.get_docstring(node) is None:
                yield f"{path}:{node.lineno}: {node.name} has no docstring"
            if isinstance(node, ast.ClassDef):
                waiting.append(node)


GUARDS: Final[tuple[Guard, ...]] = (
    only_some_rooms_know_aws,
    rooms_do_not_import_each_other,
    only_the_cli_speaks,
    nothing_is_too_long,
    what_is_public_says_what_it_is,
)


@pytest.mark.parametrize("guard", GUARDS, ids=lambda guard: guard.__name__)
def test_the_code_keeps_the_rules(guard: Guard) -> None:
    files = sorted((ROOT / "auditor").rglob("*.py"))
    assert files
    wrong = [
        problem
        for file in files
        for problem in guard(PurePosixPath(file.relative_to(ROOT).as_posix()), file.read_text("utf-8"))
    ]
    assert not wrong, "\n".join(wrong)


LONG: Final = "def f():\n" + "    x = 1\n" * LONGEST_FUNCTION

SEEN_FAILING: Final[list[tuple[Guard, str, str, bool]]] = [
    # rule, file, source, whether it breaks the rule
    (only_some_rooms_know_aws, "auditor/engine/x.py", "import boto3", True),
    (only_some_rooms_know_aws, "auditor/cli.py", "def f():\n    from botocore.config import Config", True),
    (only_some_rooms_know_aws, "auditor/reports/x.py", "import moto.server as m", True),
    (only_some_rooms_know_aws, "auditor/collectors/x.py", "import boto3", False),
    (only_some_rooms_know_aws, "auditor/demo/x.py", "import moto", False),
    (rooms_do_not_import_each_other, "auditor/engine/x.py", "from auditor.snapshot import open", True),
    (rooms_do_not_import_each_other, "auditor/engine/x.py", "from auditor import reports", True),
    (rooms_do_not_import_each_other, "auditor/engine/x.py", "from ..drift import y", True),
    (rooms_do_not_import_each_other, "auditor/engine/x.py", "import auditor.cli", True),
    (rooms_do_not_import_each_other, "auditor/model.py", "from auditor.engine.x import y", True),
    (rooms_do_not_import_each_other, "auditor/engine/x.py", "from . import reports, drift", False),
    (rooms_do_not_import_each_other, "auditor/engine/x.py", "from auditor.model import Check", False),
    (rooms_do_not_import_each_other, "auditor/engine/x.py", "from auditor.engine.y import z", False),
    (rooms_do_not_import_each_other, "auditor/engine/x.py", "from auditor.library import x", True),
    (rooms_do_not_import_each_other, "auditor/library.py", "from auditor.cli import main", True),
    (rooms_do_not_import_each_other, "auditor/library.py", "from auditor.engine import x", False),
    (rooms_do_not_import_each_other, "auditor/cli.py", "import auditor.drift, auditor.engine", False),
    (rooms_do_not_import_each_other, "auditor/cli/run.py", "from auditor.drift import x", False),
    (only_the_cli_speaks, "auditor/engine/x.py", "print('x')", True),
    (only_the_cli_speaks, "auditor/engine/x.py", "import os\nx = os.environ['HOME']", True),
    (only_the_cli_speaks, "auditor/engine/x.py", "from os import path, environ", True),
    (only_the_cli_speaks, "auditor/engine/x.py", "raise SystemExit(1)", True),
    (only_the_cli_speaks, "auditor/engine/x.py", "import sys\nsys.exit(1)", True),
    (only_the_cli_speaks, "auditor/engine/x.py", "import sys\nsys.stderr.write('x')", True),
    (only_the_cli_speaks, "auditor/engine/worker.py", "import sys\nsys.stdout.buffer.write(b'')", False),
    (only_the_cli_speaks, "auditor/engine/worker.py", "print('x')", True),
    (only_the_cli_speaks, "auditor/demo/x.py", "import os\nx = os.getenv('HOME')", True),
    (only_the_cli_speaks, "auditor/demo/x.py", "import os\nos.environ['X'] = 'y'", False),
    (only_the_cli_speaks, "auditor/cli/x.py", "print('x')", False),
    (nothing_is_too_long, "auditor/cli.py", LONG, True),
    (nothing_is_too_long, "auditor/cli.py", LONG.replace("def", "async def"), True),
    (nothing_is_too_long, "auditor/cli.py", LONG[: -len("    x = 1\n")], False),
    (nothing_is_too_long, "auditor/cli.py", "x = 1\n" * (LONGEST_FILE + 1), True),
    (nothing_is_too_long, "auditor/cli.py", "x = 1\n" * LONGEST_FILE, False),
    (what_is_public_says_what_it_is, "auditor/cli.py", "x = 1", True),
    (what_is_public_says_what_it_is, "auditor/cli.py", '"""M."""\ndef f():\n    pass', True),
    (what_is_public_says_what_it_is, "auditor/cli.py", '"""M."""\nclass C:\n    pass', True),
    (what_is_public_says_what_it_is, "auditor/cli.py", '"""M."""\nclass C:\n    """C."""\n    def m(self): ...', True),
    (what_is_public_says_what_it_is, "auditor/cli.py", '"""M."""\ndef _f():\n    pass', False),
    (what_is_public_says_what_it_is, "auditor/cli.py", "", False),
]


@pytest.mark.parametrize(("guard", "file", "source", "breaks"), SEEN_FAILING)
def test_each_rule_is_seen_failing(guard: Guard, file: str, source: str, breaks: bool) -> None:  # noqa: FBT001 - a case
    assert bool(list(guard(PurePosixPath(file), source))) is breaks


def test_every_rule_has_cases_of_both_kinds() -> None:
    assert {(guard, breaks) for guard, _, _, breaks in SEEN_FAILING} == {(g, b) for g in GUARDS for b in (True, False)}
