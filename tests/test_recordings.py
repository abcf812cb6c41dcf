"""What AWS really answered, through declarations, Parquet and checks: nothing fails, and nothing is lost.

The recordings are no part of the project: AUDITOR_RECORDINGS names their folder.
"""

from __future__ import annotations

import datetime as dt
import functools
import importlib.util
import os
from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import duckdb
import orjson
import pytest
from botocore import xform_name

from auditor.collectors import values
from auditor.collectors.catalogue import (
    COMMON,
    DeclaredCatalogue,
    _batched,
    detail_fields,
    detail_values,
    find,
    service_model,
)
from auditor.collectors.lint import _item
from auditor.collectors.services import declared
from auditor.engine.audit import Audit, evaluate
from auditor.engine.checks import load_checks
from auditor.engine.verdicts import Circumstances
from auditor.library import shipped
from auditor.model import Account, CheckResult, Detail, Role, Table
from auditor.snapshot.database import Context, build, line
from auditor.snapshot.write import _copy, _lines, _parquet
from auditor.standards import load_library, resolve

FOLDER = os.environ.get("AUDITOR_RECORDINGS", "")
pytestmark = [
    pytest.mark.recordings,
    pytest.mark.skipif(not FOLDER, reason="AUDITOR_RECORDINGS names no folder of recordings"),
    # The recordings' own loader leaves files to the garbage collector.
    pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning"),
]

ACCOUNT, REGION = "644160558196", "us-east-1"
NOW = dt.datetime(2026, 6, 15, 12, tzinfo=dt.UTC)
CATALOGUE = DeclaredCatalogue()
TABLES = declared()


class _Parent(dict[str, str]):
    """The row that a child table's listing was asked for: whatever is taken from it is there."""

    def get(self, column: str, default: object = None) -> Any:  # noqa: ANN401, ARG002 - as a dict's
        return f"arn:aws:{column}:us-east-1:644160558196:recorded/1"


PARENT = _Parent(arn="")
PLACEHOLDERS = {"environment": "production", "environment_suffix": "prod"}
DETAILS = [(name, detail) for name, table in TABLES.items() for detail in table.details]
NOT_RECORDED = {
    "backup_protected_resources",
    "backup_recovery_points",
    "backup_selections",
    "backup_vaults",
    "cloudformation_stack_resources",
    "cloudwatch_composite_alarms",
    "cloudwatch_health_check_metrics",
    "cloudwatch_metrics",
    "ec2_launch_templates",
    "ec2_transit_gateway_attachments",
    "ec2_transit_gateway_route_tables",
    "ec2_transit_gateway_routes",
    "ec2_transit_gateways",
    "ecs_task_definitions",
    "eks_nodegroups",
    "elbv2_rules",
    "elbv2_ssl_policies",
    "elbv2_target_health",
    "globalaccelerator_endpoint_groups",
    "iam_server_certificates",
    "organizations_accounts",
    "route53_health_checks",
    "scheduler_schedule_groups",
    "scheduler_schedules",
    "sns_subscriptions",
}


@functools.cache
def _loader() -> Any:  # noqa: ANN401 - the recordings' own module
    spec = importlib.util.spec_from_file_location("recordings_load", Path(FOLDER) / "load.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@functools.cache
def answers(service: str, operation: str) -> list[Mapping[str, Any]]:
    """Every recorded and every documented answer of an operation."""
    load = _loader()
    found = [
        record["data"] for _, record in load.iter_calls(service, operation) if record["status_code"] in (200, None)
    ]
    shape = service_model(service).operation_model(operation).output_shape
    example = Path(FOLDER) / "awscli_examples" / service / f"{xform_name(operation, '-')}.json"
    if example.exists():
        found += [load.conv(one, shape, service, []) for one in orjson.loads(example.read_bytes())]
    if operation == "GetAccountAuthorizationDetails":
        for path in sorted((Path(FOLDER) / "authz").glob("*.json")):
            found.append(load.conv(orjson.loads(path.read_bytes()), shape, service, []))
    return found


def items(table: Table) -> Iterator[Mapping[str, Any]]:
    for answer in answers(table.service, table.operation):
        yield from (item for item in find(table.items, answer) or [] if not _is_odd(item))


def _is_odd(item: Mapping[str, Any] | str) -> bool:
    """Recorded before RDS told ARNs, or written by hand for AWS CLI's manual, with a structure for a list."""
    if isinstance(item, str):
        return False
    before_arns = any(f"{kind}Identifier" in item and f"{kind}Arn" not in item for kind in ("DBCluster", "DBInstance"))
    in_cluster = "DBClusterIdentifier" in item and "DBInstanceArn" in item
    snapshot = "DBSnapshotArn" in item or "DBClusterSnapshotArn" in item
    return (before_arns and not in_cluster and not snapshot) or isinstance(item.get("AttachedManagedPolicies"), Mapping)


def rows(table: Table) -> Iterator[dict[str, Any]]:
    for item in items(table):
        yield CATALOGUE.row(table.name, item, ACCOUNT, REGION, PARENT if table.parent else None)


def lost(given: Any, kept: Any, shape: Any, path: str) -> Iterator[str]:  # noqa: ANN401 - answers and botocore's shapes
    """Paths of what AWS told and a column does not have."""
    if given is not None and kept is None:
        yield path
    elif given is not None:
        yield from _less(given, kept, shape, path)


def _less(given: Any, kept: Any, shape: Any, path: str) -> Iterator[str]:  # noqa: ANN401 - answers and botocore's shapes
    if shape.type_name == "structure" and isinstance(given, Mapping):
        for name in sorted(given.keys() & shape.members.keys()):
            yield from lost(given[name], kept.get(name), shape.members[name], f"{path}.{name}")
    elif shape.type_name == "list":
        if len(given) != len(kept):
            yield f"{path}: {len(kept)} of {len(given)}"
        for one, other in zip(given, kept, strict=False):
            yield from lost(one, other, shape.member, f"{path}[]")
    elif shape.type_name == "map":
        for name in given:
            yield from lost(given[name], kept.get(values.text(name)), shape.value, f"{path}.{name}")
    elif not _plain(given, kept, shape.type_name):
        yield f"{path}: {kept!r} for {given!r}"


def _plain(given: Any, kept: Any, type_name: str) -> bool:  # noqa: ANN401 - answers
    """Whether a single value was kept."""
    if type_name == "timestamp":
        return not isinstance(given, dt.datetime) or dt.datetime.fromisoformat(kept) == given
    return type_name not in {"integer", "long", "boolean", "double", "float"} or bool(given == kept)


def test_the_guard_sees_what_is_lost() -> None:
    shape = _item(TABLES["ec2_vpcs"])
    given = {"VpcId": "vpc-1", "IsDefault": True, "CidrBlockAssociationSet": [{"CidrBlock": "a"}, {"CidrBlock": "b"}]}
    kept = {"VpcId": "vpc-1", "IsDefault": False, "CidrBlockAssociationSet": [{}]}
    assert sorted(lost(given, kept, shape, "")) == [
        ".CidrBlockAssociationSet: 1 of 2",
        ".CidrBlockAssociationSet[].CidrBlock",
        ".IsDefault: False for True",
    ]


@pytest.mark.parametrize("name", sorted(TABLES))
def test_every_recorded_item_becomes_a_row_and_nothing_of_it_is_lost(name: str) -> None:
    table, shape = TABLES[name], _item(TABLES[name])
    problems: list[str] = []
    common = {"arn", "name", "tags"}
    count = 0
    for item in items(table):
        row = CATALOGUE.row(name, item, ACCOUNT, REGION, PARENT if table.parent else None)
        count += 1
        for member in () if isinstance(item, str) else item.keys() & shape.members.keys() - set(table.omit):
            column = table.renames.get(member, member)
            if column in row and column.lower() not in common:
                problems += lost(item[member], row[column], shape.members[member], member)
            elif not _is_common(table, member, item[member], row):
                problems.append(member)
    assert not problems
    assert (count == 0) == (name in NOT_RECORDED)


def _is_common(table: Table, member: str, value: object, row: Mapping[str, Any]) -> bool:
    """Whether a member is kept as one of the common columns."""
    if member == table.tags:
        return bool(row["tags"] == values.tags(value))
    return row["arn"] == value or (member == table.name_from and row["name"] == value)


@pytest.mark.parametrize(("name", "detail"), DETAILS, ids=[f"{name}-{detail.operation}" for name, detail in DETAILS])
def test_every_recorded_detail_fills_its_columns(name: str, detail: Detail) -> None:
    table = TABLES[name]
    shapes = CATALOGUE.shapes(name)
    for answer in answers(table.service, detail.operation):
        for part in find(detail.batch_items, answer) or [] if detail.batch else [answer]:
            filled = detail_values(table, detail, part, shapes)
            assert set(filled) == set(detail_fields(table, detail))
            line(filled)
            for column, path in detail.columns.items():
                if column != "*" and find(path, part) is not None:
                    assert filled[column] is not None, column
            if "*" in detail.columns:
                assert not list(_lost_of_all(table, detail, part, filled))


def _lost_of_all(table: Table, detail: Detail, part: Mapping[str, Any], filled: Mapping[str, Any]) -> Iterator[str]:
    """What AWS told of a structure that is merged, and a column does not have."""
    merged = find(detail.columns["*"], part) if detail.columns["*"] else part
    members = _batched(table, detail, detail.columns["*"]).members
    for member in merged.keys() & members.keys() & filled.keys() - set(detail.columns) - set(COMMON):
        yield from lost(merged[member], filled[member], members[member], member)


@pytest.mark.parametrize("name", sorted(TABLES))
def test_every_recorded_row_comes_back_from_parquet(name: str, tmp_path: Path) -> None:
    recorded = list(rows(TABLES[name]))
    source = tmp_path / "rows.ndjson"
    source.write_bytes(b"".join(line(row) for row in recorded))
    columns = CATALOGUE.columns(name)
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        _copy(connection, f"SELECT * FROM {_lines([source], columns)}", tmp_path / "rows.parquet")  # noqa: S608 - our own path
        for column in columns:
            there = connection.execute(
                f'SELECT count("{column}") FROM read_parquet($path)',  # noqa: S608 - a declared name
                {"path": str(tmp_path / "rows.parquet")},
            ).fetchone()
            assert there == (sum(row.get(column) is not None for row in recorded),), column


# ---------------------------------------------------------------------------------------------- checks


def completed(table: Table) -> list[dict[str, Any]]:
    """The table's rows by ARN, those details filled that were recorded for the same resource."""
    found = {row["arn"]: row for row in rows(table)}
    by_id: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in found.values():
        for column in table.key:
            by_id[str(row.get(column))].append(row)
    for detail in table.details:
        for answer in answers(table.service, detail.operation):
            for part in find(detail.batch_items, answer) or [] if detail.batch else [answer]:
                told = find(detail.batch_key, part) if detail.batch else None
                for row in by_id.get(str(told), []):
                    row.update(detail_values(table, detail, part, CATALOGUE.shapes(table.name)))
    return list(found.values())


@pytest.fixture(scope="module")
def verdicts(tmp_path_factory: pytest.TempPathFactory) -> list[CheckResult]:
    library = shipped()
    standards = load_library(library.folder / "standards")
    folder = tmp_path_factory.mktemp("recordings")
    sources = {}
    for name, table in TABLES.items():
        path = folder / f"{name}.ndjson"
        path.write_bytes(b"".join(line(row) for row in completed(table)))
        target = folder / f"{name}.parquet"
        with duckdb.connect() as connection:
            connection.execute("SET TimeZone = 'UTC'")
            _parquet(connection, [path], CATALOGUE.columns(name), target)
        sources[name] = f"SELECT * FROM read_parquet('{target}')"  # noqa: S608 - our own path
    accounts = [Account(ACCOUNT, "recorded", (REGION,))]
    roles = {REGION: Role.PRIMARY}
    database = folder / "audit.duckdb"
    left_out = build(database, library.database_schema(), sources, Context(accounts=accounts, roles=roles, now=NOW))
    checks = list(load_checks([library.folder], standards.register.requirements).values())
    audit = Audit(
        checks=checks,
        requirements=frozenset(standards.register.requirements),
        schema=library.engine_schema,
        gaps=[],
        collected={n: frozenset({t.operation, *(d.operation for d in t.details)}) for n, t in TABLES.items()},
        seen=frozenset({(ACCOUNT, REGION)}),
        circumstances=Circumstances(
            accounts=accounts,
            roles=roles,
            parameters={**resolve(standards.register.defaults, PLACEHOLDERS), **PLACEHOLDERS},
            out_of_scope=left_out,
        ),
        now=NOW,
    )
    return evaluate(audit, database)


def test_every_check_runs_over_what_was_recorded(verdicts: list[CheckResult]) -> None:
    broken = [
        f"{result.check.id}: {finding.message}"
        for result in verdicts
        for finding in result.findings
        if "could not be run" in finding.message or "rows for this resource" in finding.message
    ]
    assert not broken


def test_no_recorded_row_breaks_a_predicate(verdicts: list[CheckResult]) -> None:
    broken = [
        f"{result.check.id}: {finding.resource.arn}: {finding.message}"
        for result in verdicts
        for finding in result.findings
        if finding.message.startswith("could not be evaluated")
    ]
    assert not broken


def test_every_message_has_its_places_filled(verdicts: list[CheckResult]) -> None:
    unfilled = {
        f"{result.check.id}: {finding.message}"
        for result in verdicts
        for finding in result.findings
        if "{" in finding.message or "{" in finding.expected
    }
    assert not unfilled
