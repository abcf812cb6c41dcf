"""A check's own cases: AWS's answers in, verdicts and messages out (`NAME.cases.toml` beside the check)."""

from __future__ import annotations

import fnmatch
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, Literal

import pydantic

from auditor import toml_source
from auditor.engine.audit import Audit, evaluate
from auditor.engine.checks import CASES
from auditor.engine.reads import Schema
from auditor.engine.sandbox import Sandbox
from auditor.engine.verdicts import Circumstances
from auditor.errors import ConfigError
from auditor.model import GLOBAL, Account, Catalogue, Check, Finding, Gap, Role
from auditor.standards import did_you_mean, resolve

NOW = datetime(2026, 6, 15, 12, 0, tzinfo=UTC)
"""The time of a case that names none."""
ACCOUNT = "111122223333"
"""The account of a row that names none."""

_Status = Literal["pass", "fail", "unknown", "waived"]


class _Expected(pydantic.BaseModel):
    model_config = pydantic.ConfigDict(extra="forbid")

    resource: str
    """Glob over the ARN, its end, or the name."""
    status: _Status
    message: str = ""
    """Glob over the message; empty: any."""
    region: str = ""


class _GapEntry(pydantic.BaseModel):
    model_config = pydantic.ConfigDict(extra="forbid")

    table: str
    action: str
    region: str = "us-east-1"
    account: str = ACCOUNT
    columns: list[str] = pydantic.Field(default_factory=list)
    arn: str = ""
    code: str = "AccessDenied"


class Case(pydantic.BaseModel):
    """One case: the world in AWS's terms, and what is to be found in it."""

    model_config = pydantic.ConfigDict(extra="forbid")

    name: Annotated[str, pydantic.StringConstraints(min_length=3)]
    now: datetime = NOW
    primary: str = "us-east-1"
    recovery: list[str] = pydantic.Field(default_factory=lambda: ["us-west-2"])
    environment: str = "production"
    environment_suffix: str = "prod"
    parameters: dict[str, Any] = pydantic.Field(default_factory=dict)
    tables: dict[str, list[dict[str, Any]]] = pydantic.Field(default_factory=dict)
    gaps: list[_GapEntry] = pydantic.Field(default_factory=list)
    expect: list[_Expected]


class _File(pydantic.BaseModel):
    model_config = pydantic.ConfigDict(extra="forbid")

    cases: list[Case] = pydantic.Field(min_length=1)


@dataclass(frozen=True, slots=True)
class CaseResult:
    """What came of a case; `problems` is empty where it holds."""

    check: str
    case: str
    problems: tuple[str, ...]


Build = Callable[[Path, Case, Mapping[str, list[dict[str, Any]]], Check], Mapping[str, str]]
"""Writes a database with these rows, as far as the check reads, at the path and gives what is out of scope
(`auditor.snapshot`, put in by the command line)."""


def load_cases(check: Check, folder: Path) -> list[Case]:
    """The check's cases. Raises ConfigError where there are none, or not a pass, a fail and an unknown among them."""
    path = (folder / check.path).with_name(check.id + CASES)
    if not path.exists():
        raise ConfigError([f"{path}: is missing: every check has cases, at least a pass, a fail and an unknown"])
    source = toml_source.load(path)
    try:
        cases = _File.model_validate(source.data).cases
    except pydantic.ValidationError as error:
        raise ConfigError([source.problem(tuple(one["loc"]), one["msg"]) for one in error.errors()]) from error
    seen = {expected.status for case in cases for expected in case.expect}
    lacking = [status for status in ("pass", "fail", "unknown") if status not in seen]
    if lacking:
        raise ConfigError([f"{path}: no case expects {' or '.join(lacking)}: give at least one of each"])
    return cases


def run_case(
    check: Check,
    case: Case,
    schema: Schema,
    defaults: Mapping[str, Any],
    build: Build,
    sandbox: Sandbox | None = None,
) -> CaseResult:
    """Run one case in the same engine that audits use; in a sandbox of its own, unless one is lent."""
    try:
        rows = table_rows(case, schema)
    except ValueError as error:
        return CaseResult(check.id, case.name, (str(error),))
    regions = (case.primary, *case.recovery)
    roles = {region: Role.PRIMARY if region == case.primary else Role.RECOVERY for region in regions}
    accounts = [Account(account, "", regions) for account in _accounts(rows)]
    placeholders = {"environment": case.environment, "environment_suffix": case.environment_suffix}
    with tempfile.TemporaryDirectory() as folder:
        database = Path(folder) / "case.duckdb"
        out_of_scope = build(database, case, rows, check)
        audit = Audit(
            checks=[check],
            requirements=frozenset(check.requirements),
            schema=schema,
            gaps=[_gap(entry) for entry in case.gaps],
            collected={
                name: frozenset({table.operation, *(detail.operation for detail in table.details)})
                for name, table in schema.catalogue.tables().items()
            },
            seen=frozenset((account.id, region) for account in accounts for region in account.regions),
            circumstances=Circumstances(
                accounts=accounts,
                roles=roles,
                parameters={**resolve({**defaults, **case.parameters}, placeholders), **placeholders},
                out_of_scope=out_of_scope,
            ),
            now=case.now if case.now.tzinfo else case.now.replace(tzinfo=UTC),
        )
        findings = evaluate(audit, database, sandbox=sandbox)[0].findings
    return CaseResult(check.id, case.name, tuple(_compare(case.expect, findings)))


def table_rows(case: Case, schema: Schema) -> dict[str, list[dict[str, Any]]]:
    """The case's items as rows, by the same rules as AWS's answers. Raises ValueError for what is no column.

    An item's keys are AWS's members; `account` and `region` say where it stands; further keys are columns that a
    detail call fills (`tags`, `State` …) or that come from a parent.
    """
    rows: dict[str, list[dict[str, Any]]] = {}
    catalogue = schema.catalogue
    for table, items in case.tables.items():
        if table in schema.comparisons:
            rows[table] = [_compared(table, item, case, schema.comparisons[table]) for item in items]
            continue
        if table not in catalogue.tables():
            raise ValueError(f"there is no table {table}{did_you_mean(table, catalogue.tables())}")
        rows[table] = [_row(table, item, case, catalogue) for item in items]
    return rows


def _compared(table: str, item: Mapping[str, Any], case: Case, columns: Mapping[str, str]) -> dict[str, Any]:
    """A row of what a comparison fills."""
    for key in item:
        if key not in columns:
            raise ValueError(f"{table} has no column {key}{did_you_mean(key, columns)}")
    arn = f"arn:aws:ec2:{case.primary}:{ACCOUNT}:vpc/{item.get('name', 'it')}"
    return {"account": ACCOUNT, "region": case.primary, "arn": arn, "type": "AWS::EC2::VPC", **item}


def _row(table: str, item: Mapping[str, Any], case: Case, catalogue: Catalogue) -> dict[str, Any]:
    columns = catalogue.columns(table)
    declared = catalogue.tables()[table]
    lower = {name.lower(): name for name in columns}
    members = {member for member, column in declared.renames.items() if column in columns}
    for key in item:
        if key.lower() not in lower and key not in members and key not in {"Tags", "TagList", "parent"}:
            raise ValueError(f"{table} has no column {key}{did_you_mean(key, columns)}")
    account, region = str(item.get("account", ACCOUNT)), str(item.get("region", case.primary))
    given = {key: value for key, value in item.items() if key not in {"account", "region"}}
    row = catalogue.row(table, {**_named(declared, given), **given}, account, region)
    for key, value in given.items():
        if key in {"arn", "name", "tags"} or (key in columns and (row.get(key) is None or key in declared.examine)):
            row[key] = value
    return row


def _named(declared: Any, given: Mapping[str, Any]) -> dict[str, Any]:  # noqa: ANN401 - a Table
    """Where AWS answers the ARN and a case leaves it out, one made from the case's `name`."""
    template = declared.arn
    if template.startswith("{") and template.endswith("}") and template.count("{") == 1:
        member = template.strip("{}")
        if member not in given:
            return {
                member: given.get("arn") or f"arn:aws:{declared.service}:us-east-1:{ACCOUNT}:{given.get('name', 'it')}"
            }
    return {}


def _accounts(rows: Mapping[str, Sequence[Mapping[str, Any]]]) -> list[str]:
    return sorted({str(row["account"]) for table in rows.values() for row in table} | {ACCOUNT})


def _gap(entry: _GapEntry) -> Gap:
    service, operation = entry.action.split(":")
    return Gap(
        account=entry.account,
        region=entry.region,
        service=service,
        operation=operation,
        code=entry.code,
        message="not authorized",
        action=entry.action,
        table=entry.table,
        columns=tuple(entry.columns),
        arn=entry.arn,
    )


def _compare(expected: Sequence[_Expected], findings: Sequence[Finding]) -> list[str]:
    left = list(findings)
    problems = []
    for one in expected:
        match = next((f for f in left if _is_about(one, f)), None)
        if match is None:
            problems.append(f"no finding about {one.resource}; there are: {_told(left)}")
            continue
        left.remove(match)
        if match.status != one.status:
            problems.append(f"{one.resource}: expected {one.status}, got {match.status}: {match.message}")
        elif one.message and not fnmatch.fnmatchcase(match.message, one.message):
            problems.append(f"{one.resource}: expected the message {one.message!r}, got {match.message!r}")
    if left:
        problems.append(f"not expected: {_told(left)}")
    return problems


def _is_about(expected: _Expected, finding: Finding) -> bool:
    resource = finding.resource
    if expected.region and expected.region != resource.region:
        return False
    names = (resource.arn, resource.arn.rsplit("/", 1)[-1], resource.arn.rsplit(":", 1)[-1], resource.name or "")
    place = GLOBAL if resource.type == "AWS::Account" else resource.region
    if expected.resource in {"AWS::Region", "AWS::Account"}:
        return resource.type == expected.resource and (not expected.region or place == expected.region)
    return any(fnmatch.fnmatchcase(name, expected.resource) for name in names)


def _told(findings: Sequence[Finding]) -> str:
    return "; ".join(f"{f.resource.arn} {f.status}: {f.message}" for f in findings) or "none"
