"""The views over state machines and roles of services: what AWS answers, in their terms."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pytest

from auditor.collectors.state_machines import states
from tests.asking import records

ACCOUNT = "111122223333"
MACHINE = f"arn:aws:states:us-east-1:{ACCOUNT}:stateMachine:cutover"
FUNCTION = f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:check"

Rows = Sequence[Mapping[str, Any]]
Ask = Callable[..., list[dict[str, Any]]]


@pytest.fixture
def ask() -> Ask:
    return lambda statement, **tables: records(statement, tables)


# ------------------------------------------------------------------------------------------------- state machines


def machine(*tasks: Mapping[str, Any], **more: object) -> dict[str, Any]:
    listed = [{"name": f"s{n}", "type": "Task", "path": "", "arguments": {}, **task} for n, task in enumerate(tasks)]
    return {"stateMachineArn": MACHINE, "name": "cutover", "States": listed, "status": "ACTIVE", **more}


def invoke(name: str, integration: str = "arn:aws:states:::lambda:invoke") -> dict[str, Any]:
    return {"resource": integration, "arguments": {"FunctionName": name}}


@pytest.fixture
def judged(ask: Ask) -> Callable[..., list[Any]]:
    def answer(task: Mapping[str, Any], **tables: Rows) -> list[Any]:
        known = {"lambda_functions": [{"FunctionArn": FUNCTION, "FunctionName": "check"}], **tables}
        machines = [machine(task), *known.pop("stepfunctions_state_machines", [])]
        rows = ask(
            "SELECT what, target, target_exists FROM state_machine_tasks ORDER BY what",
            stepfunctions_state_machines=machines,
            **known,
        )
        return [tuple(row.values()) for row in rows]

    return answer


@pytest.mark.parametrize(
    ("task", "exists"),
    [
        ({"resource": FUNCTION}, True),
        ({"resource": f"{FUNCTION}:live"}, True),
        ({"resource": f"{FUNCTION}:$LATEST"}, True),
        ({"resource": FUNCTION.replace("check", "gone")}, False),
        ({"resource": FUNCTION.replace("us-east-1", "us-west-2")}, False),
        ({"resource": FUNCTION.replace(ACCOUNT, "444455556666")}, None),
        (invoke(FUNCTION), True),
        (invoke(f"{FUNCTION}:7"), True),
        (invoke("check"), True),
        (invoke("check:live"), True),
        (invoke(f"{ACCOUNT}:function:check"), True),
        (invoke("444455556666:function:check"), None),
        (invoke("gone"), False),
        (invoke("?"), None),
        (invoke("check", "arn:aws:states:::lambda:invoke.waitForTaskToken"), True),
        (invoke("gone", "arn:aws:states:::aws-sdk:lambda:invoke"), False),
        (invoke("gone", "arn:aws:states:us-east-1:aws:lambda:invoke"), False),
        ({"resource": "arn:aws:states:::lambda:invoke"}, None),
    ],
)
def test_functions_of_tasks(
    judged: Callable[..., list[Any]],
    task: Mapping[str, Any],
    exists: bool | None,  # noqa: FBT001 - a parameter of the test
) -> None:
    (row,) = judged(task)
    assert (row[0], row[2]) == ("function", exists)


@pytest.mark.parametrize(
    ("task", "what", "exists"),
    [
        ({"resource": f"arn:aws:states:us-east-1:{ACCOUNT}:activity:approve"}, "activity", True),
        ({"resource": f"arn:aws:states:us-east-1:{ACCOUNT}:activity:gone"}, "activity", False),
        ({"resource": "?"}, "resource", None),
        ({"resource": "arn:aws:s3:::bucket"}, "resource of no known kind", False),
        (
            {"resource": "arn:aws:states:::states:startExecution.sync:2", "arguments": {"StateMachineArn": MACHINE}},
            "state machine",
            True,
        ),
        (
            {
                "resource": "arn:aws:states:::aws-sdk:sfn:startSyncExecution",
                "arguments": {"StateMachineArn": MACHINE.replace("cutover", "gone") + ":1"},
            },
            "state machine",
            False,
        ),
        (
            {"resource": "arn:aws:states:::sns:publish", "arguments": {"TopicArn": "arn:aws:sns:us-east-1:%s:gone"}},
            "topic",
            False,
        ),
        (
            {
                "resource": "arn:aws:states:::aws-sdk:elasticloadbalancingv2:modifyListener",
                "arguments": {"ListenerArn": f"arn:aws:elasticloadbalancing:us-east-1:{ACCOUNT}:listener/app/a/1/2"},
            },
            "listener",
            True,
        ),
        ({"resource": "arn:aws:states:::dynamodb:getItem", "arguments": {"TableName": "gone"}}, "table", False),
        ({"resource": "arn:aws:states:::sns:publish", "arguments": {"TopicArn": "?"}}, None, True),
        ({"resource": "arn:aws:states:::sqs:sendMessage"}, None, True),
        ({"resource": "arn:aws:states:::aws-sdk:rds:failoverGlobalCluster"}, None, True),
    ],
)
def test_other_resources_of_tasks(
    judged: Callable[..., list[Any]],
    task: Mapping[str, Any],
    what: str | None,
    exists: bool | None,  # noqa: FBT001 - a parameter of the test
) -> None:
    arguments = {name: value.replace("%s", ACCOUNT) for name, value in task.get("arguments", {}).items()}
    listener = f"arn:aws:elasticloadbalancing:us-east-1:{ACCOUNT}:listener/app/a/1/2"
    (row,) = judged(
        {**task, "arguments": arguments},
        stepfunctions_activities=[
            {"activityArn": f"arn:aws:states:us-east-1:{ACCOUNT}:activity:approve", "name": "approve"}
        ],
        elbv2_listeners=[{"ListenerArn": listener}],
    )
    assert (row[0], row[2]) == (what, exists)


@pytest.mark.parametrize(
    ("definition", "exists"),
    [
        (f"arn:aws:ecs:us-east-1:{ACCOUNT}:task-definition/migrate:3", True),
        (f"arn:aws:ecs:us-east-1:{ACCOUNT}:task-definition/migrate", True),
        ("migrate:3", True),
        ("migrate", True),
        ("migrate:2", False),
        ("gone", False),
        ("?", None),
    ],
)
def test_task_definitions_that_tasks_run(
    judged: Callable[..., list[Any]],
    definition: str,
    exists: bool | None,  # noqa: FBT001 - a parameter of the test
) -> None:
    task = {
        "resource": "arn:aws:states:::ecs:runTask.sync",
        "arguments": {"TaskDefinition": definition, "Cluster": "payment"},
    }
    revision = f"arn:aws:ecs:us-east-1:{ACCOUNT}:task-definition/migrate:3"
    rows = judged(
        task,
        ecs_task_definition_revisions=[{"taskDefinitionArn": revision}],
        ecs_clusters=[{"clusterArn": f"arn:aws:ecs:us-east-1:{ACCOUNT}:cluster/payment", "status": "ACTIVE"}],
    )
    assert [(row[0], row[2]) for row in rows] == [("cluster", True), ("task definition", exists)]


def test_a_machine_without_readable_states_has_no_tasks(ask: Ask) -> None:
    rows = ask("SELECT * FROM state_machine_tasks", stepfunctions_state_machines=[machine(States=None)])
    assert rows == []


# ---------------------------------------------------------------------------------------------------- definitions

DEFINITION = """{"StartAt": "A", "States": {
  "A": {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke",
        "Parameters": {"FunctionName": "check", "Payload": {"password": "hunter2"}}},
  "B": {"Type": "Parallel", "Branches": [{"StartAt": "C", "States": {"C": {"Type": "Pass"}}}]},
  "D": {"Type": "Map", "ItemProcessor": {"States": {"E": {"Type": "Task", "Resource": "${Substituted}",
        "Arguments": {"FunctionName": "{% $fn %}", "TopicArn": "t"}}}}},
  "F": {"Type": "Map", "Iterator": {"States": {"G": {"Type": "Task", "Resource": "x",
        "Parameters": {"StateMachineArn.$": "$.arn"}}}}},
  "H": {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "Arguments": "{% $states.input %}"}}}"""


def test_states_of_a_definition() -> None:
    found = states(DEFINITION)
    assert found is not None
    assert [(state["path"], state["name"], state["type"]) for state in found] == [
        ("", "A", "Task"),
        ("", "B", "Parallel"),
        ("B", "C", "Pass"),
        ("", "D", "Map"),
        ("D", "E", "Task"),
        ("", "F", "Map"),
        ("F", "G", "Task"),
        ("", "H", "Task"),
    ]
    by_name = {state["name"]: state for state in found}
    assert by_name["A"]["arguments"] == {"FunctionName": "check"}
    assert by_name["E"] | {} == {
        "name": "E",
        "type": "Task",
        "path": "D",
        "resource": "?",
        "arguments": {"FunctionName": "?", "TopicArn": "t"},
    }
    assert by_name["G"]["arguments"] == {"StateMachineArn": "?"}
    assert set(by_name["H"]["arguments"].values()) == {"?"}
    assert "hunter2" not in str(found)


@pytest.mark.parametrize("text", ["no json", "[]", "{}", '{"States": []}', '{"States": {"A": 1}}', "1"])
def test_what_is_no_definition_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="definition"):
        states(text)


def test_states_that_are_nested_too_deeply_are_refused() -> None:
    definition = '{"States": {}}'
    for _ in range(60):
        definition = '{"States": {"M": {"Type": "Map", "Iterator": %s}}}' % definition  # noqa: UP031 - braces
    with pytest.raises(ValueError, match="deeper"):
        states(definition)


def test_no_definition_has_no_states() -> None:
    assert states(None) is None


# ---------------------------------------------------------------------------------------------- roles of services


def role(name: str, *services: str, **more: object) -> dict[str, Any]:
    statement = {"Effect": "Allow", "Principal": {"Service": list(services)}, "Action": "sts:AssumeRole"}
    return {
        "Arn": f"arn:aws:iam::{ACCOUNT}:role/{name}",
        "RoleName": name,
        "Path": "/",
        "AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": [statement] if services else []},
        **more,
    }


def test_services_that_roles_let_in(ask: Ask) -> None:
    found = ask(
        "SELECT name, services, trusted, is_unreadable FROM service_roles ORDER BY name",
        iam_roles=[
            role("a", "lambda.amazonaws.com", "monitoring.rds.amazonaws.com"),
            role("b", "states.us-east-1.amazonaws.com"),
            role("c", "ec2.amazonaws.com.cn"),
            role("d"),
            role("e", AssumeRolePolicyDocument="no policy"),
            role("f", "ecs-tasks.amazonaws.com"),
        ],
    )
    assert [(row["name"], [tuple(s.values()) for s in row["services"]], row["is_unreadable"]) for row in found] == [
        ("a", [("lambda", None), ("monitoring.rds", None)], False),
        ("b", [("states", "us-east-1")], False),
        ("c", [("ec2", None)], False),
        ("d", [], False),
        ("e", [], True),
        ("f", [("ecs-tasks", None)], False),
    ]


def test_managed_policies_of_roles(ask: Ask) -> None:
    attached = [{"PolicyName": "p", "PolicyArn": "arn:aws:iam::aws:policy/p"}]
    found = ask(
        "SELECT managed_policies FROM service_roles ORDER BY name",
        iam_roles=[role("a", AttachedManagedPolicies=attached), role("b")],
    )
    assert [row["managed_policies"] for row in found] == [["arn:aws:iam::aws:policy/p"], []]
