"""Every check file loads, binds and passes its own cases: the folder is the registry."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from auditor.engine.cases import load_cases, run_case
from auditor.engine.checks import load_checks
from auditor.engine.sandbox import Sandbox
from auditor.library import shipped
from auditor.standards import load_library

LIBRARY = shipped()
STANDARDS = load_library(LIBRARY.folder / "standards")
CHECKS = load_checks([LIBRARY.folder], STANDARDS.register.requirements)


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox() as one:
        yield one


@pytest.mark.parametrize("name", sorted(CHECKS))
def test_check_passes_its_cases(name: str, sandbox: Sandbox) -> None:
    check = CHECKS[name]
    problems = []
    for case in load_cases(check, LIBRARY.folder):
        result = run_case(check, case, LIBRARY.engine_schema, STANDARDS.register.defaults, LIBRARY.build_case, sandbox)
        problems += [f"{case.name}: {problem}" for problem in result.problems]
    assert not problems, "\n".join(problems)
