"""Loading check files: every problem of every file at once, each with file, line and key."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

import pydantic

from auditor import sql, toml_source
from auditor.errors import ConfigError
from auditor.model import Check, Drawing, Part, Reason, Severity
from auditor.standards import did_you_mean

CASES = ".cases.toml"
_NOT_CHECKS = frozenset({"standards", "views"})
_Text = Annotated[str, pydantic.StringConstraints(strip_whitespace=True, min_length=1)]


class _Reason(pydantic.BaseModel):
    model_config = pydantic.ConfigDict(extra="forbid", strict=True)

    when: _Text
    say: _Text


class _Span(pydantic.BaseModel):
    model_config = pydantic.ConfigDict(extra="forbid", strict=True)

    label: _Text
    column: _Text


class _Chain(pydantic.BaseModel):
    model_config = pydantic.ConfigDict(extra="forbid", strict=True)

    kind: Literal["chain"]
    limit: _Text
    parts: list[_Span] = pydantic.Field(min_length=1)


class _Side(pydantic.BaseModel):
    model_config = pydantic.ConfigDict(extra="forbid", strict=True)

    label: _Text
    left: _Text
    right: _Text
    compare: Literal["", "as_many", "any"] = ""


class _Sides(pydantic.BaseModel):
    model_config = pydantic.ConfigDict(extra="forbid", strict=True)

    kind: Literal["sides"]
    left: _Text
    right: _Text
    parts: list[_Side] = pydantic.Field(min_length=1)


class _File(pydantic.BaseModel):
    model_config = pydantic.ConfigDict(extra="forbid", strict=True)

    title: _Text
    description: _Text
    requirements: list[_Text] = pydantic.Field(min_length=1)
    severity: Literal["critical", "high", "medium", "low"]
    resource: Annotated[str, pydantic.StringConstraints(pattern=r"^AWS::\w+::\w+(::\w+)?$|^\*$")]
    scope: Literal["region", "account", "organization"] = "region"
    regions: Literal["all", "standard"] = "all"
    must_exist: Literal["region", "account"] | None = None
    missing: str = ""
    facts: _Text
    pass_when: _Text
    passed: _Text = pydantic.Field(alias="pass")
    fail: _Text | Annotated[list[_Reason], pydantic.Field(min_length=1)]
    unknown: str = ""
    expected: _Text
    remediation: _Text
    references: list[_Text] = pydantic.Field(default_factory=list)
    drawing: Annotated[_Chain | _Sides, pydantic.Field(discriminator="kind")] | None = None


def load_checks(folders: Sequence[Path], requirements: Iterable[str]) -> dict[str, Check]:
    """Every check below the folders, by id. Raises ConfigError with all problems of all files."""
    known = frozenset(requirements)
    problems: list[str] = []
    checks: dict[str, Check] = {}
    for folder in folders:
        if not folder.is_dir():
            problems.append(f"{folder}: no such folder of checks: give one that exists in [checks] paths")
            continue
        for path in check_files(folder):
            try:
                check = load_check(path, folder, known)
            except ConfigError as error:
                problems += error.problems
                continue
            if check.id in checks:
                problems.append(f"{path}:1: {check.id} is already the name of {checks[check.id].path}: rename one")
            checks[check.id] = check
    if problems:
        raise ConfigError(problems)
    return dict(sorted(checks.items()))


def check_files(folder: Path) -> list[Path]:
    """The check files below a folder, sorted; standards, views and cases are none."""
    found = []
    for path in sorted(folder.rglob("*.toml")):
        inside = path.relative_to(folder).parts
        if not path.name.endswith(CASES) and inside[0] not in _NOT_CHECKS:
            found.append(path)
    return found


def load_check(path: Path, folder: Path, requirements: frozenset[str]) -> Check:
    """One check file. Raises ConfigError with all of its problems."""
    source = toml_source.load(path)
    try:
        file = _File.model_validate(source.data)
    except pydantic.ValidationError as error:
        told = [dict(one) for one in error.errors() if _is_told(one["loc"], source.data)]
        raise ConfigError([_worded(source, one) for one in told]) from error
    problems = [*_requirement_problems(source, file, requirements), *_sql_problems(source, file)]
    if bool(file.must_exist) != bool(file.missing):
        problems.append(source.problem(("missing",), "must_exist and missing go together: give both, or neither"))
    if problems:
        raise ConfigError(problems)
    reasons = (
        tuple(Reason(reason.when, reason.say) for reason in file.fail)
        if isinstance(file.fail, list)
        else (Reason("true", file.fail),)
    )
    return Check(
        id=path.stem,
        path=path.relative_to(folder).as_posix(),
        title=file.title,
        description=file.description,
        requirements=tuple(sorted(set(file.requirements))),
        severity=Severity(file.severity),
        resource=file.resource,
        scope=file.scope,
        regions=file.regions,
        must_exist=file.must_exist or "",
        missing=file.missing,
        facts=file.facts,
        pass_when=file.pass_when,
        passed=file.passed,
        reasons=reasons,
        unknown=file.unknown,
        expected=file.expected,
        remediation=file.remediation,
        references=tuple(file.references),
        drawing=_drawing(file.drawing),
    )


def _drawing(file: _Chain | _Sides | None) -> Drawing | None:
    if file is None:
        return None
    told = file.model_dump()
    return Drawing(**{**told, "parts": tuple(Part(**part) for part in told["parts"])})


def _requirement_problems(source: toml_source.Document, file: _File, known: frozenset[str]) -> Iterable[str]:
    for index, name in enumerate(file.requirements):
        if name not in known:
            yield source.problem(("requirements", index), f"no requirement {name!r}{did_you_mean(name, known)}")


def _sql_problems(source: toml_source.Document, file: _File) -> Iterable[str]:
    try:
        sql.read(file.facts)
    except sql.SqlError as error:
        yield source.problem(("facts",), f"give one SELECT statement: {error}")
    expressions: dict[tuple[str | int, ...], str] = {("pass_when",): file.pass_when}
    if isinstance(file.fail, list):
        expressions |= {("fail", index, "when"): reason.when for index, reason in enumerate(file.fail)}
    for key, text in expressions.items():
        try:
            sql.read_expression(text)
        except sql.SqlError as error:
            yield source.problem(key, f"give one SQL expression over the facts' columns: {error}")


def _is_told(place: Sequence[str | int], data: Mapping[str, Any]) -> bool:
    """`fail` is text or a list; what is wrong with it is told as of the one that it looks like."""
    if place[0] != "fail" or len(place) == 1:
        return True
    return str(place[1]).startswith("list[") == isinstance(data["fail"], list)


def _worded(source: toml_source.Document, error: Mapping[str, Any]) -> str:
    place = error["loc"]
    key = (place[0], *place[2:]) if place[0] == "fail" else place
    kind = error["type"]
    if kind == "missing":
        return source.problem(key, "is missing: every check has it")
    if kind == "extra_forbidden":
        file = _Reason if len(key) > 1 else _File
        names = [field.alias or name for name, field in file.model_fields.items()]
        return source.problem(key, f"is no key here{did_you_mean(str(key[-1]), names)}")
    return source.problem(key, str(error["msg"]))
