"""What AWS really answered about containers, state machines, trails, parameters and buckets: all of it becomes rows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from auditor.collectors.catalogue import COMMON, _batched, detail_fields, detail_values, find
from auditor.collectors.lint import _item
from auditor.model import Detail
from auditor.snapshot.database import line
from tests.test_recordings import ACCOUNT, CATALOGUE, REGION, TABLES, answers, lost, pytestmark  # noqa: F401 - a mark

SERVICES = (
    "cloudformation",
    "cloudtrail",
    "config",
    "ecs",
    "eks",
    "organizations",
    "resourcegroupstaggingapi",
    "s3",
    "ssm",
    "stepfunctions",
)
MINE = [name for name, table in TABLES.items() if table.service in SERVICES] + ["iam_instance_profiles"]
PARENTS: Mapping[str, Mapping[str, str]] = {
    "ecs_container_instances": {"clusterArn": "arn:aws:ecs:us-east-1:644160558196:cluster/recorded"},
    "ecs_services": {"clusterArn": "arn:aws:ecs:us-east-1:644160558196:cluster/recorded"},
    "eks_nodegroups": {"clusterName": "recorded"},
}
DETAILS = [(name, detail) for name in MINE for detail in TABLES[name].details]
NOT_RECORDED = {"cloudformation_stack_resources", "ecs_task_definitions", "eks_nodegroups", "organizations_accounts"}


def _row(name: str, item: Any) -> dict[str, Any]:  # noqa: ANN401 - what AWS answered
    return CATALOGUE.row(name, item, ACCOUNT, REGION, PARENTS.get(name, {}))


@pytest.mark.parametrize("name", MINE)
def test_every_item_becomes_a_row_and_nothing_of_it_is_lost(name: str) -> None:
    table, shape = TABLES[name], _item(TABLES[name])
    problems: list[str] = []
    count = 0
    for answer in answers(table.service, table.operation):
        for item in find(table.items, answer) or []:
            row, count = _row(name, item), count + 1
            line(row)
            for member in () if isinstance(item, str) else item.keys() & shape.members.keys() - set(table.omit):
                column = table.renames.get(member, member)
                if column in row and column.lower() not in COMMON:
                    problems += lost(item[member], row[column], shape.members[member], member)
    assert not problems
    assert (count == 0) == (name in NOT_RECORDED)


@pytest.mark.parametrize(("name", "detail"), DETAILS, ids=[f"{name}-{detail.operation}" for name, detail in DETAILS])
def test_every_detail_fills_its_columns_and_nothing_of_it_is_lost(name: str, detail: Detail) -> None:
    table = TABLES[name]
    problems: list[str] = []
    for answer in answers(table.service, detail.operation):
        for part in find(detail.batch_items, answer) or [] if detail.batch else [answer]:
            filled = detail_values(table, detail, part, CATALOGUE.shapes(name))
            assert set(filled) == set(detail_fields(table, detail))
            line(filled)
            if "*" in detail.columns:
                merged = find(detail.columns["*"], part) if detail.columns["*"] else part
                members = _batched(table, detail, detail.columns["*"]).members
                kept = merged.keys() & members.keys() & filled.keys() - set(detail.columns)
                for member in kept - set(COMMON):
                    problems += lost(merged[member], filled[member], members[member], member)
    assert not problems


def test_what_may_hold_credentials_is_not_stored() -> None:
    for name in ("ecs_services", "ecs_task_definitions", "cloudformation_stacks", "stepfunctions_state_machines"):
        columns = {column.lower() for column in CATALOGUE.columns(name)}
        assert not columns & {"containerdefinitions", "parameters", "outputs", "definition", "events", "volumes"}


def test_definitions_are_read() -> None:
    table = TABLES["stepfunctions_state_machines"]
    detail = next(detail for detail in table.details if "States" in detail.columns)
    shapes = CATALOGUE.shapes(table.name)
    states = [
        state
        for answer in answers(table.service, detail.operation)
        for state in detail_values(table, detail, answer, shapes)["States"]
    ]
    assert {state["name"] for state in states} >= {"HelloWorld", "Lambda Invoke", "wait_using_seconds"}
    invoked = {state["arguments"]["FunctionName"] for state in states if state.get("arguments")}
    assert invoked == {"arn:aws:lambda:us-east-1:644160558196:function:test-pratyush:$LATEST"}
