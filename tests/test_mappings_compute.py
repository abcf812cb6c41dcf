"""Mappings of IAM, Lambda, ECS, EKS, CloudWatch, EventBridge, SNS, Step Functions, CloudTrail, Config, CloudFormation.

Each type has a resource with everything set and AWS's answer for it (`compute_cases`): equal, and different wherever
the answer is changed. What AWS, Terraform and Pulumi really wrote is in AUDITOR_RECORDINGS.
"""

from __future__ import annotations

import copy
import os
import urllib.parse
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import orjson
import pytest

from auditor.drift.code import paths
from auditor.drift.code.attributes import (
    Elements,
    compare_attributes,
    compare_part,
    elements,
    live_value,
    part_elements,
    unclaimed,
)
from auditor.drift.code.forms import FORMS, compute
from auditor.drift.code.live import identity
from auditor.drift.code.mapping import Attribute, TypeMapping, load_mappings
from auditor.drift.code.model import Declared, Tool
from auditor.drift.code.states.files import Sieve
from auditor.drift.code.states.pulumi import read_pulumi
from auditor.drift.code.states.pulumi_names import singulars, snake
from auditor.drift.model import Change
from auditor.drift.values import canonical, pruned
from auditor.resources import data_dir
from tests.compute_cases import (
    ACCOUNT,
    CASES,
    FUNCTION,
    KEY,
    READ,
    READ_WRITTEN,
    REGION,
    ROLE,
    TAGS,
    TOPIC,
    TRUST,
    Case,
    row_of,
)

MAPPINGS = load_mappings(data_dir("mappings"))
SERVICES = (
    "iam",
    "lambda",
    "ecs",
    "eks",
    "cloudwatch",
    "logs",
    "events",
    "scheduler",
    "sns",
    "stepfunctions",
    "cloudtrail",
    "config",
    "cloudformation",
)
OWN = {kind: mapping for kind, mapping in MAPPINGS.by_kind.items() if mapping.table.partition("_")[0] in SERVICES}


PARTS = {kind for kind, mapping in OWN.items() if mapping.part is not None}


def declared(kind: str, attributes: Mapping[str, Any]) -> Declared:
    """A resource of a state, with no more of its attributes than the mapping reads."""
    mapping = MAPPINGS.of(kind)
    assert mapping is not None, kind
    sifted = Sieve(mapping).sift(dict(attributes), frozenset())
    return Declared(
        tool=Tool.TERRAFORM,
        state="prod.tfstate",
        address=f"{kind}.shop",
        kind=kind,
        id=str(attributes.get("id", "")),
        attributes=sifted.attributes,
        withheld=sifted.withheld,
    )


def differences(kind: str, attributes: Mapping[str, Any], row: Mapping[str, Any]) -> list[Change]:
    mapping = MAPPINGS.of(kind)
    assert mapping is not None, kind
    return compare_attributes(mapping, declared(kind, attributes), row).changes


def is_that_row(kind: str, attributes: Mapping[str, Any], row: Mapping[str, Any]) -> bool:
    mapping = MAPPINGS.by_kind[kind]
    return all(
        identity(live, row) == identity(expression, attributes) != "" for live, expression in mapping.row
    ) and not (mapping.gone and paths.find(mapping.gone, row))


def of_each(case: Case) -> str:
    return case.kind


# ---------------------------------------------------------------------------------------- each type


def test_every_type_has_a_case() -> None:
    assert set(CASES) == set(OWN) - PARTS


@pytest.mark.parametrize("case", CASES.values(), ids=of_each)
def test_what_is_as_declared_has_no_difference(case: Case) -> None:
    assert is_that_row(case.kind, case.state, case.row)
    assert differences(case.kind, case.state, case.row) == []
    if case.least is not None:
        state, row = case.least
        assert is_that_row(case.kind, state, row)
        assert differences(case.kind, state, row) == []


@pytest.mark.parametrize("case", CASES.values(), ids=of_each)
def test_every_attribute_differs_where_the_live_value_does(case: Case) -> None:
    mapping = OWN[case.kind]
    everything = {**case.state, **case.beside}
    assert compare_attributes(mapping, widened(case), case.row).changes == []
    for attribute in mapping.attributes:
        columns = paths.members(attribute.live)
        assert paths.members(attribute.declared) & set(everything), f"the case does not set {attribute.name}"
        found = [
            {change.field for change in compare_attributes(mapping, widened(case), changed).changes}
            for column in columns
            for changed in variations(case.row, column)
        ]
        own = [fields for fields in found if any(is_of(field_, attribute) for field_ in fields)]
        assert own, f"{attribute.name} is the same whatever {columns} is"
        reading = [other for other in mapping.attributes if paths.members(other.live) & columns]
        for field_ in set().union(*found):
            assert any(is_of(field_, other) for other in reading), field_


def widened(case: Case) -> Declared:
    """The case's resource with what resources of their own declare of it."""
    one = declared(case.kind, case.state)
    return replace(one, attributes={**one.attributes, **case.beside})


def is_of(path: str, attribute: Attribute) -> bool:
    rest = path.removeprefix(attribute.name)
    return path.startswith(attribute.name) and (not rest or rest[0] in ".[")


OTHERS: Mapping[type, tuple[Any, ...]] = {str: ("changed", "Disabled"), int: (7,), float: (7.5,)}


def variations(row: Mapping[str, Any], column: str) -> Iterator[dict[str, Any]]:
    """The row with a column that is not there, and with each of its values another."""
    yield {**row, column: None}
    for value in within(row[column]):
        yield {**row, column: value}


def within(value: Any) -> Iterator[Any]:  # noqa: ANN401 - any JSON
    if isinstance(value, Mapping):
        for name, item in value.items():
            yield from ({**value, name: other} for other in within(item))
    elif isinstance(value, list):
        for number, item in enumerate(value):
            yield [*value[:number], *value[number + 1 :]]
            yield from ([*value[:number], other, *value[number + 1 :]] for other in within(item))
    elif isinstance(value, bool):
        yield not value
    else:
        yield from OTHERS.get(type(value), ())


# ---------------------------------------------------------------------------------------- parts

READ_INLINE = {"name": "read", "policy": READ_WRITTEN}
PLACES: Mapping[
    str, Mapping[str, list[tuple[str, Mapping[str, Any]]]]
] = {  # owner's column -> the elements of its list, as resources of their own
    "aws_iam_role": {
        "RolePolicyList": [("aws_iam_role_policy", {"role": "shop", "id": "shop:read", **READ_INLINE})],
        "AttachedManagedPolicies": [
            ("aws_iam_role_policy_attachment", {"role": "shop", "policy_arn": "arn:aws:iam::aws:policy/Audit"}),
            (
                "aws_iam_policy_attachment",
                {"roles": ["shop"], "users": [], "policy_arn": "arn:aws:iam::aws:policy/ReadOnlyAccess"},
            ),
        ],
    },
    "aws_iam_user": {
        "UserPolicyList": [("aws_iam_user_policy", {"user": "ada", **READ_INLINE})],
        "AttachedManagedPolicies": [
            ("aws_iam_user_policy_attachment", {"user": "ada", "policy_arn": f"arn:aws:iam::aws:policy/{name}"})
            for name in ("Audit", "ReadOnlyAccess")
        ],
        "GroupList": [
            ("aws_iam_user_group_membership", {"user": "ada", "groups": ["readers"]}),
            ("aws_iam_group_membership", {"users": ["ada"], "group": "admins", "name": "all"}),
        ],
    },
    "aws_iam_group": {
        "GroupPolicyList": [("aws_iam_group_policy", {"group": "admins", **READ_INLINE})],
        "AttachedManagedPolicies": [
            ("aws_iam_group_policy_attachment", {"group": "admins", "policy_arn": f"arn:aws:iam::aws:policy/{name}"})
            for name in ("Audit", "ReadOnlyAccess")
        ],
    },
    "aws_lambda_function": {
        "ResourcePolicy": [
            (
                "aws_lambda_permission",
                {
                    "function_name": FUNCTION,
                    "statement_id": "events",
                    "statement_id_prefix": "",
                    "action": "lambda:InvokeFunction",
                    "principal": "events.amazonaws.com",
                    "source_arn": f"arn:aws:events:{REGION}:{ACCOUNT}:rule/hourly",
                    "source_account": "",
                    "qualifier": "",
                    "invoked_via_function_url": False,
                },
            )
        ]
    },
    "aws_cloudwatch_event_bus": {
        "Policy": [
            (
                "aws_cloudwatch_event_permission",
                {
                    "event_bus_name": "shop",
                    "statement_id": "partner",
                    "action": "events:PutEvents",
                    "principal": "444455556666",
                    "condition": [],
                },
            )
        ]
    },
    "aws_ecs_service": {
        "taskSets": [
            (
                "aws_ecs_task_set",
                {
                    "service": "orders",
                    "cluster": "arn:aws:ecs:eu-west-1:111122223333:cluster/shop",
                    "task_set_id": "ecs-svc/1",
                    "task_definition": "arn:aws:ecs:eu-west-1:111122223333:task-definition/orders:7",
                    "launch_type": "FARGATE",
                    "platform_version": "1.4.0",
                    "external_id": "blue",
                    "scale": [{"value": 100, "unit": "PERCENT"}],
                },
            )
        ]
    },
}
LISTS = [(owner, column) for owner, columns in PLACES.items() for column in columns]


def test_every_part_is_tried() -> None:
    assert {kind for columns in PLACES.values() for parts in columns.values() for kind, _ in parts} == PARTS


def parts_of(owner: str, column: str) -> list[tuple[Elements, Attribute]]:
    found = []
    for kind, attributes in PLACES[owner][column]:
        mapping = OWN[kind]
        assert is_that_row(kind, attributes, CASES[owner].row)
        own = part_elements(mapping, OWN[owner], declared(kind, attributes))
        assert own is not None
        assert own.by_key
        found.append((own, own.attribute))
    return found


def judged(owner: str, column: str, row: Mapping[str, Any]) -> tuple[list[Change], list[Change]]:
    """What differs in the parts of a list, and what the list has besides them."""
    parts = parts_of(owner, column)
    live = elements(parts[0][1], live_value(parts[0][1], row))
    differing = [change for own, _ in parts for change in compare_part(own, live)[0]]
    return differing, list(unclaimed(live, [own for own, _ in parts]))


def in_list(value: Any, change: Callable[[list[Any]], list[Any]]) -> Any:  # noqa: ANN401 - any JSON
    return {**value, "Statement": change(value["Statement"])} if isinstance(value, dict) else change(value)


@pytest.mark.parametrize(("owner", "column"), LISTS)
def test_the_parts_of_a_list_are_the_list(owner: str, column: str) -> None:
    row = CASES[owner].row
    assert judged(owner, column, row) == ([], [])
    turned = {**row, column: in_list(row[column], lambda items: items[::-1])}
    assert judged(owner, column, turned) == ([], [])


@pytest.mark.parametrize(("owner", "column"), LISTS)
def test_a_part_that_is_not_there_is_missing(owner: str, column: str) -> None:
    row = CASES[owner].row
    without = {**row, column: in_list(row[column], lambda items: items[1:])}
    differing, further = judged(owner, column, without)
    assert len(differing) == 1
    assert differing[0].new is None
    assert further == []
    parts = [own for own, _ in parts_of(owner, column)]
    nothing = elements(parts[0].attribute, None)
    assert all(compare_part(own, nothing)[1] for own in parts), "none of it is there"


@pytest.mark.parametrize(("owner", "column"), LISTS)
def test_what_a_list_has_besides_its_parts_is_told(owner: str, column: str) -> None:
    row = CASES[owner].row
    more = {**row, column: in_list(row[column], lambda items: [*items, renamed(items[0])])}
    differing, further = judged(owner, column, more)
    assert differing == []
    assert len(further) == 1
    assert further[0].old is None
    assert "another" in further[0].field


def renamed(item: Any) -> Any:  # noqa: ANN401 - any JSON
    if isinstance(item, str):
        return "another"
    name = next(key for key in ("Sid", "PolicyArn", "PolicyName", "id") if key in item)
    return {**item, name: "another"}


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("shop", "shop"),
        ("shop:live", "shop"),
        ("111122223333:function:shop", "shop"),
        (FUNCTION, "shop"),
        (f"{FUNCTION}:live", "shop"),
    ],
)
def test_a_permission_finds_its_function_however_it_is_written(written: str, name: str) -> None:
    ((_, expression),) = OWN["aws_lambda_permission"].row
    assert paths.find(expression, {"function_name": written}) == name
    assert paths.find(expression, {"function": written}) == name


STATEMENT = {"Sid": "s", "Effect": "Allow", "Action": "lambda:InvokeFunction", "Resource": FUNCTION}
PERMISSION = {"function_name": "shop", "statement_id": "s", "action": "lambda:InvokeFunction"}


@pytest.mark.parametrize(
    ("attributes", "statement"),
    [
        ({"principal": "*"}, {"Principal": "*"}),
        ({"principal": "*"}, {"Principal": {"AWS": "*"}}),
        ({"principal": "444455556666"}, {"Principal": {"AWS": "arn:aws:iam::444455556666:root"}}),
        ({"principal": "arn:aws:iam::444455556666:root"}, {"Principal": {"AWS": "444455556666"}}),
        ({"principal": ROLE}, {"Principal": {"AWS": ROLE}}),
        (
            {"principal": "s3.amazonaws.com", "source_account": ACCOUNT, "source_arn": "arn:aws:s3:::shop"},
            {
                "Principal": {"Service": "s3.amazonaws.com"},
                "Condition": {
                    "StringEquals": {"AWS:SourceAccount": ACCOUNT},
                    "ArnLike": {"AWS:SourceArn": "arn:aws:s3:::shop"},
                },
            },
        ),
        (
            {"principal": "*", "principal_org_id": "o-1"},
            {"Principal": "*", "Condition": {"StringEquals": {"aws:PrincipalOrgID": "o-1"}}},
        ),
        (
            {"principal": "alexa-appkit.amazon.com", "event_source_token": "amzn1.ask.skill.1"},
            {
                "Principal": {"Service": "alexa-appkit.amazon.com"},
                "Condition": {"StringEquals": {"lambda:EventSourceToken": "amzn1.ask.skill.1"}},
            },
        ),
        (
            {"principal": "*", "function_url_auth_type": "NONE", "invoked_via_function_url": True},
            {
                "Principal": "*",
                "Condition": {
                    "StringEquals": {"lambda:FunctionUrlAuthType": "NONE"},
                    "Bool": {"lambda:InvokedViaFunctionUrl": "true"},
                },
            },
        ),
    ],
)
def test_a_permission_is_the_statement_that_it_makes(
    attributes: Mapping[str, Any], statement: Mapping[str, Any]
) -> None:
    owner = next(one for one in OWN["aws_lambda_function"].attributes if one.name == "permission")
    own = part_elements(
        OWN["aws_lambda_permission"],
        OWN["aws_lambda_function"],
        declared("aws_lambda_permission", {**PERMISSION, **attributes}),
    )
    assert own is not None

    def against(answer: Mapping[str, Any]) -> tuple[tuple[Change, ...], bool]:
        row = {"ResourcePolicy": {"Statement": [answer]}}
        return compare_part(own, elements(owner, live_value(owner, row)))

    assert against({**STATEMENT, **statement}) == ((), False)
    opened = {**STATEMENT, **statement, "Principal": {"AWS": "arn:aws:iam::999999999999:root"}}
    assert against(opened)[0][0].field.startswith('permission[statement_id="s"].principal')
    assert against({**STATEMENT, **statement, "Effect": "Deny"})[0][0].new == "Deny"
    assert against({**STATEMENT, **statement, "Action": "lambda:*"})[0]
    free = {**STATEMENT, **statement, "Condition": {}}
    assert bool(against(free)[0]) == ("Condition" in statement), "a condition that is gone is told"
    narrowed = {**STATEMENT, **statement, "Condition": {"Bool": {"aws:SecureTransport": "false"}}}
    assert against(narrowed)[0], "a condition that nobody wrote is told"
    ((key, element),) = own.by_key.items()
    assert against({**STATEMENT, **statement, "Sid": "other"}) == ((Change(own.path(key), element, None),), True)


def test_a_permission_of_an_alias_is_not_compared() -> None:
    """Its statement stands in the alias's own policy, which is not collected."""
    attributes = {**PERMISSION, "principal": "s3.amazonaws.com", "qualifier": "live"}
    own = part_elements(
        OWN["aws_lambda_permission"], OWN["aws_lambda_function"], declared("aws_lambda_permission", attributes)
    )
    assert own is not None
    assert not own.by_key


def test_a_bus_may_be_open_to_an_organization() -> None:
    bus = OWN["aws_cloudwatch_event_bus"]
    condition = {"key": "aws:PrincipalOrgID", "type": "StringEquals", "value": "o-1"}
    attributes = {"statement_id": "org", "action": None, "principal": "*", "condition": [condition]}
    statement = {
        "Sid": "org",
        "Effect": "Allow",
        "Principal": "*",
        "Action": "events:PutEvents",
        "Resource": "arn:aws:events:eu-west-1:111122223333:event-bus/default",
        "Condition": {"StringEquals": {"aws:PrincipalOrgID": "o-1"}},
    }
    assert is_that_row("aws_cloudwatch_event_permission", attributes, {"name": "default"})
    for one in (attributes, {**attributes, "condition": condition}):
        own = part_elements(
            OWN["aws_cloudwatch_event_permission"], bus, declared("aws_cloudwatch_event_permission", one)
        )
        assert own is not None
        for policy in (
            {"Statement": [statement]},
            {"Statement": statement},
            orjson.dumps({"Statement": statement}).decode(),
        ):
            live = elements(own.attribute, live_value(own.attribute, {"Policy": policy}))
            assert compare_part(own, live) == ((), False)
            assert list(unclaimed(live, [own])) == []
        other = {**statement, "Condition": {"StringEquals": {"aws:PrincipalOrgID": "o-2"}}}
        live = elements(own.attribute, live_value(own.attribute, {"Policy": {"Statement": [other]}}))
        fields = {change.field for change in compare_part(own, live)[0]}
        assert fields == {'permission[statement_id="org"].condition.StringEquals.aws:principalorgid[]'}


def test_one_that_attaches_to_several_is_not_taken_for_one() -> None:
    """Which row it is cannot be told; so it is unknown, and never missing."""
    for kind, attributes in (
        ("aws_iam_policy_attachment", {"roles": ["a", "b"]}),
        ("aws_iam_policy_attachment", {"roles": [], "users": ["ada"]}),
        ("aws_iam_group_membership", {"users": ["ada", "eve"]}),
    ):
        assert identity(OWN[kind].row[0][1], attributes) == ""


def test_a_target_is_found_on_its_bus() -> None:
    row = {"Id": "t", "Rule": "r", "RuleArn": "arn:aws:events:eu-west-1:111122223333:rule/r"}
    partner = {**row, "RuleArn": "arn:aws:events:eu-west-1:111122223333:rule/aws.partner/shop.example/1/r"}
    target = {"target_id": "t", "rule": "r"}
    assert is_that_row("aws_cloudwatch_event_target", target, row)
    assert is_that_row("aws_cloudwatch_event_target", {**target, "event_bus_name": "default"}, row)
    assert not is_that_row("aws_cloudwatch_event_target", {**target, "event_bus_name": "shop"}, row)
    assert is_that_row(
        "aws_cloudwatch_event_target", {**target, "event_bus_name": "aws.partner/shop.example/1"}, partner
    )
    assert not is_that_row("aws_cloudwatch_event_target", target, partner)


@pytest.mark.parametrize(
    ("kind", "row", "ref"),
    [
        ("aws_eks_node_group", {"cluster": "shop", "nodegroupName": "web"}, "shop/web"),
        ("aws_cloudwatch_event_rule", {"Bus": "default", "name": "hourly"}, "hourly"),
        ("aws_cloudwatch_event_rule", {"Bus": "shop", "name": "placed"}, "shop|placed"),
        ("aws_cloudtrail", {"HomeRegion": REGION, "region": REGION, "name": "shop"}, "shop"),
        ("aws_cloudtrail", {"HomeRegion": REGION, "region": "us-east-1", "name": "shop"}, ""),
    ],
)
def test_what_cloudformation_calls_it(kind: str, row: Mapping[str, Any], ref: str) -> None:
    assert identity(OWN[kind].ref, row) == ref


@pytest.mark.parametrize(
    ("kind", "row", "is_by_aws"),
    [
        ("aws_iam_role", {"Path": "/aws-service-role/ecs.amazonaws.com/"}, True),
        ("aws_iam_role", {"Path": "/aws-reserved/sso.amazonaws.com/"}, True),
        ("aws_iam_role", {"Path": "/service-role/"}, False),
        ("aws_cloudwatch_metric_alarm", {"AlarmName": "TargetTracking-service/shop/orders-AlarmHigh-1"}, True),
        ("aws_cloudwatch_metric_alarm", {"AlarmName": "errors"}, False),
        ("aws_cloudwatch_log_group", {"logGroupName": "/aws/lambda/shop"}, True),
        ("aws_cloudwatch_log_group", {"logGroupName": "/shop"}, False),
        ("aws_cloudwatch_event_bus", {"name": "default"}, True),
        ("aws_cloudwatch_event_bus", {"name": "shop"}, False),
        ("aws_cloudwatch_event_rule", {"ManagedBy": "autoscaling.amazonaws.com"}, True),
        ("aws_cloudwatch_event_rule", {"ManagedBy": None}, False),
        ("aws_scheduler_schedule_group", {"name": "default"}, True),
        ("aws_scheduler_schedule_group", {"name": "shop"}, False),
        ("aws_cloudformation_stack", {"ParentId": "arn:aws:cloudformation:eu-west-1:111122223333:stack/a/1"}, True),
        ("aws_cloudformation_stack", {"ParentId": None}, False),
        ("aws_cloudtrail", {"HomeRegion": "a", "region": "b", "TrailARN": "arn:1", "account": "1"}, True),
        ("aws_cloudtrail", {"HomeRegion": "a", "region": "a", "TrailARN": "arn:2", "account": "1"}, True),
        ("aws_cloudtrail", {"HomeRegion": "a", "region": "a", "TrailARN": "arn:1", "account": "1"}, False),
    ],
)
def test_what_aws_makes_by_itself(kind: str, row: Mapping[str, Any], is_by_aws: bool) -> None:  # noqa: FBT001 - a table
    assert bool(paths.find(OWN[kind].by_aws, row)) == is_by_aws


@pytest.mark.parametrize(
    ("kind", "row", "is_gone"),
    [
        ("aws_ecs_cluster", {"status": "INACTIVE"}, True),
        ("aws_ecs_cluster", {"status": "ACTIVE"}, False),
        ("aws_ecs_service", {"status": "DRAINING"}, True),
        ("aws_ecs_service", {"status": "ACTIVE"}, False),
        ("aws_eks_cluster", {"status": "DELETING"}, True),
        ("aws_eks_node_group", {"status": "DELETING"}, True),
        ("aws_eks_node_group", {"status": "DELETE_FAILED"}, False),
        ("aws_lambda_event_source_mapping", {"State": "Deleting"}, True),
        ("aws_lambda_event_source_mapping", {"State": "Disabled"}, False),
        ("aws_sfn_state_machine", {"status": "DELETING"}, True),
        ("aws_scheduler_schedule_group", {"State": "DELETING"}, True),
        ("aws_cloudformation_stack", {"StackStatus": "DELETE_IN_PROGRESS"}, True),
        ("aws_cloudformation_stack", {"StackStatus": "DELETE_FAILED"}, False),
        ("aws_cloudformation_stack", {"StackStatus": "ROLLBACK_COMPLETE"}, False),
    ],
)
def test_what_is_being_deleted(kind: str, row: Mapping[str, Any], is_gone: bool) -> None:  # noqa: FBT001 - a table
    assert bool(paths.find(OWN[kind].gone, row)) == is_gone


def test_a_side_is_there_or_not() -> None:
    for kind, row in (
        ("aws_sns_topic_policy", {"TopicPolicy": None}),
        ("aws_lambda_resource_policy", {"ResourcePolicy": None}),
        ("aws_cloudwatch_event_bus_policy", {"Policy": None}),
        ("aws_cloudwatch_log_data_protection_policy", {"dataProtectionStatus": "DISABLED"}),
        ("aws_cloudwatch_log_data_protection_policy", {"dataProtectionStatus": None}),
    ):
        assert not paths.find(OWN[kind].exists, row)
        assert paths.find(OWN[kind].exists, CASES[kind].row)


# ---------------------------------------------------------------------------------------- what only seems to differ


@pytest.mark.parametrize(
    ("kind", "change", "row", "fields"),
    [
        # No reserved concurrency at all throttles a function; no reservation does not.
        ("aws_lambda_function", {"reserved_concurrent_executions": -1}, {"ReservedConcurrentExecutions": None}, []),
        (
            "aws_lambda_function",
            {"reserved_concurrent_executions": -1},
            {"ReservedConcurrentExecutions": 0},
            ["reserved_concurrent_executions"],
        ),
        ("aws_lambda_function", {"reserved_concurrent_executions": 0}, {"ReservedConcurrentExecutions": 0}, []),
        # Older providers have no `code_sha256`: what AWS answers is `source_code_hash` there.
        ("aws_lambda_function", {"code_sha256": None, "source_code_hash": "x"}, {}, ["code_sha256"]),
        ("aws_lambda_function", {"code_sha256": None, "source_code_hash": None}, {}, []),
        ("aws_lambda_event_source_mapping", {"enabled": False}, {}, ["enabled"]),
        ("aws_lambda_event_source_mapping", {"enabled": False}, {"State": "Disabling"}, []),
        ("aws_lambda_event_source_mapping", {"enabled": True}, {"State": "Updating"}, []),
        ("aws_cloudwatch_metric_alarm", {"actions_enabled": None}, {}, []),
        ("aws_cloudwatch_metric_alarm", {"actions_enabled": False}, {}, ["actions_enabled"]),
        ("aws_cloudwatch_metric_alarm", {"threshold": 1.5}, {"Threshold": 1.5}, []),
        ("aws_cloudwatch_event_rule", {"state": None, "is_enabled": False}, {}, []),
        ("aws_cloudwatch_event_rule", {"state": None, "is_enabled": True}, {}, ["state"]),
        ("aws_cloudwatch_event_rule", {"state": None, "is_enabled": True}, {"State": "ENABLED"}, []),
        ("aws_cloudtrail", {"enable_logging": False}, {}, ["enable_logging"]),
        ("aws_cloudtrail", {"enable_logging": False}, {"IsLogging": False}, []),
        ("aws_cloudtrail", {"sns_topic_name": TOPIC}, {}, []),
        (
            "aws_cloudtrail",
            {"event_selector": [{"read_write_type": "All", "include_management_events": True, "data_resource": []}]},
            {"EventSelectors": None},
            [],
        ),
        ("aws_config_configuration_recorder_status", {"is_enabled": False}, {}, ["is_enabled"]),
        ("aws_config_configuration_recorder_status", {"is_enabled": True}, {"recording": None}, ["is_enabled"]),
        ("aws_ecs_service", {"deployment_minimum_healthy_percent": 0}, {}, ["deployment_minimum_healthy_percent"]),
        ("aws_ecs_service", {"cluster": "shop"}, {}, []),
        (
            "aws_ecs_service",
            {"cluster": None},
            {"clusterArn": "arn:aws:ecs:eu-west-1:111122223333:cluster/default"},
            [],
        ),
        ("aws_ecs_service", {"task_definition": "orders:8"}, {}, ["task_definition"]),
        ("aws_ecs_service", {"iam_role": "ecs"}, {}, []),
        ("aws_ecs_service", {"desired_count": 0}, {}, ["desired_count"]),
        ("aws_cloudformation_stack", {"disable_rollback": False, "on_failure": "DO_NOTHING"}, {}, []),
        ("aws_cloudformation_stack", {"disable_rollback": False, "on_failure": "DELETE"}, {}, ["disable_rollback"]),
        ("aws_ecs_task_definition", {"revision": 6}, {}, ["revision"]),
        ("aws_cloudwatch_event_target", {"retry_policy": []}, {"RetryPolicy": None}, []),
        (
            "aws_cloudwatch_event_target",
            {"retry_policy": [{"maximum_retry_attempts": 185, "maximum_event_age_in_seconds": 3600}]},
            {},
            ["retry_policy.maximum_retry_attempts"],
        ),
        ("aws_eks_node_group", {"labels": {"team": "shop"}}, {}, ["labels.spot"]),
        ("aws_iam_role", {"permissions_boundary": None}, {}, ["permissions_boundary"]),
        ("aws_sfn_state_machine", {"logging_configuration": [{"level": "OFF"}]}, {"loggingConfiguration": None}, []),
    ],
)
def test_what_the_provider_and_aws_say_in_their_own_ways(
    kind: str, change: Mapping[str, Any], row: Mapping[str, Any], fields: list[str]
) -> None:
    found = differences(kind, {**CASES[kind].state, **change}, {**CASES[kind].row, **row})
    assert [difference.field for difference in found] == fields


def test_a_list_is_judged_with_what_holds_it_beside() -> None:
    for kind, holder, attribute in (
        ("aws_iam_role", "aws_iam_role_policy_attachment", "managed_policy_arns"),
        ("aws_iam_role", "aws_iam_role_policy_attachments_exclusive", "managed_policy_arns"),
        ("aws_iam_role", "aws_iam_role_policy", "inline_policy"),
        ("aws_sns_topic", "aws_sns_topic_policy", "policy"),
        ("aws_ecs_cluster", "aws_ecs_cluster_capacity_providers", "capacity_providers"),
        ("aws_ecs_cluster", "aws_ecs_cluster_capacity_providers", "default_capacity_provider_strategy"),
    ):
        bare = declared(kind, {**CASES[kind].state, attribute: []})
        alone = compare_attributes(OWN[kind], bare, CASES[kind].row)
        changed = next(one for one in OWN[kind].attributes if one.name == attribute)
        assert alone.changes
        assert all(is_of(change.field, changed) for change in alone.changes)
        held = compare_attributes(OWN[kind], bare, CASES[kind].row, held=frozenset({holder}))
        assert held.changes == []


def test_no_secret_is_read() -> None:
    for kind, name in (
        ("aws_lambda_function", "environment"),
        ("aws_ecs_task_definition", "container_definitions"),
        ("aws_ecs_task_definition", "volume"),
        ("aws_cloudwatch_event_target", "input"),
        ("aws_scheduler_schedule", "target.input"),
        ("aws_sns_topic_subscription", "endpoint"),
        ("aws_sfn_state_machine", "definition"),
        ("aws_cloudformation_stack", "parameters"),
        ("aws_cloudformation_stack", "outputs"),
        ("aws_iam_server_certificate", "private_key"),
    ):
        one = declared(kind, CASES[kind].state)
        assert name.split(".")[0] in CASES[kind].state
        assert name in one.withheld
        assert name in compare_attributes(OWN[kind], one, CASES[kind].row).not_compared
        assert "not to be seen" not in repr(one)


# ---------------------------------------------------------------------------------------- forms

FORM_CASES: Mapping[str, tuple[list[list[Any]], list[list[Any]]]] = {
    # form: (values that are the same, list by list; pairs that are not)
    "flag": ([[True, "true", "True"], [False, "false"], [None, "", "maybe"]], [[True, False], [False, None]]),
    "figures": (
        [[0, "0", 0.0], [3, "3", 3.0], [None, ""], [{"a": 0, "b": None}, {"a": "0"}], [{}, {"a": None}, None]],
        [[0, None], [0, 1], [{"a": 0}, {"a": 1}], [{"a": 0}, {}], [1.5, 1]],
    ),
    "spaced": ([["A OR\n  B", " A OR B "], ["", "  ", None]], [["A OR B", "A AND B"], ["AB", "A B"]]),
    "after_slash": (
        [["arn:aws:ecs:eu-west-1:1:task-definition/app:7", "app:7"], ["", None]],
        [["app:7", "app:8"], ["app:7", "web:7"]],
    ),
    "service_role": (
        [
            ["aws-service-role", "/aws-service-role/ecs.amazonaws.com/AWSServiceRoleForECS", None, ""],
            ["arn:aws:iam::1:role/aws-service-role/ecs.amazonaws.com/AWSServiceRoleForECS", "AWSServiceRoleForECS"],
            ["arn:aws:iam::1:role/a/ecs", "/a/ecs", "ecs"],
        ],
        [["ecs", None], ["ecs", "other"]],
    ),
    "rule_state": (
        [[True, "ENABLED"], [False, "DISABLED"], [None, ""]],
        [[True, False], ["ENABLED", "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS"], [False, None]],
    ),
    "texts": (
        [
            [{"a": "1", "b": ""}, {"b": "", "a": 1}, [{"Name": "b", "Value": ""}, {"Name": "a", "Value": "1"}]],
            [None, {}, [], "text"],
        ],
        [[{"a": ""}, {}], [{"a": "false"}, {"a": "true"}], [{"a": "1"}, {"a": "2"}]],
    ),
    "application_tags": (
        [
            [{"a": "", "serverlessrepo:applicationId": "arn", "aws:x": "y"}, {"a": ""}, [{"Key": "a", "Value": ""}]],
            [{"serverlessrepo:applicationId": "arn"}, {}, None],
        ],
        [[{"a": "1"}, {"a": "2"}]],
    ),
    "inline_policies": (
        [
            [[{"name": "a", "policy": READ}], [{"name": "a", "policy": READ_WRITTEN}], {"name": "a", "policy": READ}],
            [None, [], [{"name": "", "policy": ""}], [{}]],
        ],
        [
            [[{"name": "a", "policy": READ}], [{"name": "b", "policy": READ}]],
            [[{"name": "a", "policy": READ}], [{"name": "a", "policy": TRUST}]],
            [[{"name": "a", "policy": READ}], []],
        ],
    ),
    "metric_queries": (
        [
            [
                [{"id": "a", "metric": [{"metric_name": "m", "dimensions": {"d": "1"}}], "expression": ""}],
                [{"id": "a", "metric": {"metric_name": "m", "dimensions": {"d": "1"}}}],
                [
                    {
                        "Id": "a",
                        "MetricStat": {"Metric": {"MetricName": "m", "Dimensions": [{"Name": "d", "Value": "1"}]}},
                    }
                ],
            ],
            [None, [], {}],
        ],
        [
            [[{"Id": "a", "Expression": "b"}], [{"id": "a", "expression": "c"}]],
            [
                [{"id": "a", "metric": [{"dimensions": {"d": "1"}}]}],
                [{"Id": "a", "MetricStat": {"Metric": {"Dimensions": [{"Name": "d", "Value": "2"}]}}}],
            ],
        ],
    ),
    "statements": (
        [
            [
                [STATEMENT],
                STATEMENT,
                orjson.dumps([STATEMENT]).decode(),
                [{**STATEMENT, "Action": ["lambda:invokefunction"]}],
                [{**STATEMENT, "Resource": "another", "Condition": {}}],
                [{**STATEMENT, "Condition": {"Bool": {"a": False, "b": None, "c": ""}}}],
            ],
            [
                [{"Condition": {"StringLike": {"AWS:SourceArn": "arn"}}}],
                [{"Condition": {"ArnLike": {"aws:SourceArn": ["arn"]}}}],
                [{"Condition": [{"type": "ArnEquals", "key": "aws:SourceArn", "value": "arn"}]}],
            ],
            [None, [], "not read", 7],
        ],
        [
            [[STATEMENT], [{**STATEMENT, "Effect": "Deny"}]],
            [[STATEMENT], [{**STATEMENT, "NotAction": "a"}]],
            [[STATEMENT], [{**STATEMENT, "Condition": {"Bool": {"aws:SecureTransport": "false"}}}]],
            [
                [{"Condition": {"StringEquals": {"aws:SourceArn": "arn"}}}],
                [{"Condition": {"ArnLike": {"aws:SourceArn": "arn"}}}],
            ],
            [[{"Principal": "s3.amazonaws.com"}], [{"Principal": "*"}]],
        ],
    ),
}


def test_every_form_of_these_services_is_tried() -> None:
    assert set(FORM_CASES) == set(compute.FORMS)


@pytest.mark.parametrize("name", FORM_CASES)
def test_a_form_tells_what_is_the_same_from_what_is_not(name: str) -> None:
    same, different = FORM_CASES[name]
    form = FORMS[name]
    for values in same:
        forms = [canonical(pruned(side(value))) for value in values for side in (form.declared, form.live)]
        assert len(set(forms)) == 1, values
    for one, other in different:
        assert canonical(pruned(form.declared(one))) != canonical(pruned(form.live(other))), (one, other)


@pytest.mark.parametrize("name", FORM_CASES)
def test_a_form_gives_what_it_is_given_again_whatever_that_is(name: str) -> None:
    """States are written by others: no value stops a comparison."""
    anything = [None, True, 0, 1.5, "", "text", [], {}, [None], [[1]], [{"a": [1]}], {"a": {"b": None}}, "[", "{}"]
    names = ("Name", "id", "Id", "name", "policy", "metric", "MetricStat", "Sid", "Principal", "Action", "Condition")
    odd = [[{"Id": "a", "name": "a", name: value}] for name in names for value in anything]
    for value in (*anything, *odd):
        canonical(pruned(FORMS[name].declared(value)))
        canonical(pruned(FORMS[name].live(value)))
    if name not in ("metric_queries", "statements"):  # whose form has other names than what it is made of
        for values in FORM_CASES[name][0]:
            for value in values:
                once = FORMS[name].declared(value)
                assert FORMS[name].declared(once) == once


# ---------------------------------------------------------------------------------------- Pulumi's spelling


def from_pulumi(kind: str, token: str, name: str, outputs: Mapping[str, Any]) -> list[Change]:
    """What differs between a case's row and a resource of an export, as the reader has it."""
    resource = {
        "urn": f"urn:pulumi:prod::shop::{token}::{name}",
        "custom": True,
        "type": token,
        "id": outputs.get("arn", name),
        "inputs": {},
        "outputs": outputs,
    }
    export = {"version": 3, "deployment": {"manifest": {}, "resources": [resource]}}
    (read,) = read_pulumi(orjson.dumps(export), "prod.json", MAPPINGS).resources
    mapping = MAPPINGS.of(token)
    assert mapping is OWN[kind]
    assert is_that_row(kind, {"id": read.id, **read.attributes}, CASES[kind].row)
    compared = compare_attributes(mapping, read, CASES[kind].row)
    assert compared.not_compared <= mapping.secret | mapping.not_collected
    assert compared.equal
    return compared.changes


PULUMI: Mapping[str, tuple[str, Mapping[str, Any]]] = {
    "aws_iam_role": (
        "aws:iam/role:Role",
        {
            "name": "shop",
            "path": "/shop/",
            "assumeRolePolicy": TRUST,
            "permissionsBoundary": f"arn:aws:iam::{ACCOUNT}:policy/edge",
            "managedPolicyArns": ["arn:aws:iam::aws:policy/ReadOnlyAccess", "arn:aws:iam::aws:policy/Audit"],
            "inlinePolicies": [{"name": "read", "policy": READ_WRITTEN}],
            "forceDetachPolicies": False,
            "maxSessionDuration": 3600,
            "tags": TAGS,
            "tagsAll": TAGS,
        },
    ),
    "aws_lambda_function": (
        "aws:lambda/function:Function",
        {
            "arn": FUNCTION,
            "name": "shop",
            "runtime": "python3.12",
            "role": ROLE,
            "handler": "shop.handler",
            "description": "sells",
            "timeout": 30,
            "memorySize": 512,
            "codeSha256": "PoaAEeOCmEFZojnrhEJvNzs+jg7/w1lL9GiFYvlM6aw=",
            "vpcConfig": {
                "subnetIds": ["subnet-1", "subnet-2"],
                "securityGroupIds": ["sg-1"],
                "vpcId": "vpc-1",
                "ipv6AllowedForDualStack": True,
            },
            "deadLetterConfig": {"targetArn": f"arn:aws:sqs:{REGION}:{ACCOUNT}:dead"},
            "kmsKeyArn": KEY,
            "tracingConfig": {"mode": "Active"},
            "layers": [f"arn:aws:lambda:{REGION}:{ACCOUNT}:layer:log:3"],
            "fileSystemConfig": {
                "arn": f"arn:aws:elasticfilesystem:{REGION}:{ACCOUNT}:access-point/fsap-1",
                "localMountPath": "/mnt/shop",
            },
            "packageType": "Image",
            "imageConfig": {"entryPoints": ["/run"], "commands": ["shop", "serve"], "workingDirectory": "/srv"},
            "architectures": ["arm64"],
            "ephemeralStorage": {"size": 1024},
            "snapStart": {"applyOn": "PublishedVersions", "optimizationStatus": "Off"},
            "loggingConfig": {
                "logFormat": "JSON",
                "applicationLogLevel": "INFO",
                "systemLogLevel": "WARN",
                "logGroup": "/shop/orders",
            },
            "tenancyConfig": {"tenantIsolationMode": "PER_TENANT"},
            "durableConfig": {"executionTimeout": 600, "retentionPeriod": 14},
            "reservedConcurrentExecutions": 5,
            "tags": TAGS,
            "tagsAll": TAGS,
        },
    ),
    "aws_ecs_service": (
        "aws:ecs/service:Service",
        {
            "arn": "arn:aws:ecs:eu-west-1:111122223333:service/shop/orders",
            "name": "orders",
            "cluster": "arn:aws:ecs:eu-west-1:111122223333:cluster/shop",
            "taskDefinition": "arn:aws:ecs:eu-west-1:111122223333:task-definition/orders:7",
            "desiredCount": 3,
            "schedulingStrategy": "REPLICA",
            "loadBalancers": [
                {"elbName": "classic", "targetGroupArn": "", "containerName": "web", "containerPort": 8081},
                {
                    "targetGroupArn": "arn:aws:elasticloadbalancing:eu-west-1:111122223333:targetgroup/blue/1",
                    "containerName": "web",
                    "containerPort": 8080,
                    "advancedConfiguration": {
                        "alternateTargetGroupArn": (
                            "arn:aws:elasticloadbalancing:eu-west-1:111122223333:targetgroup/green/2"
                        ),
                        "productionListenerRule": (
                            "arn:aws:elasticloadbalancing:eu-west-1:111122223333:listener-rule/app/shop/1"
                        ),
                        "testListenerRule": (
                            "arn:aws:elasticloadbalancing:eu-west-1:111122223333:listener-rule/app/shop/2"
                        ),
                        "roleArn": ROLE,
                    },
                },
            ],
            "networkConfiguration": {
                "subnets": ["subnet-1", "subnet-2"],
                "securityGroups": ["sg-1"],
                "assignPublicIp": True,
            },
            "capacityProviderStrategies": [{"capacityProvider": "FARGATE", "weight": 1, "base": 0}],
            "serviceRegistries": {
                "registryArn": "arn:aws:servicediscovery:eu-west-1:111122223333:service/srv-1",
                "port": 80,
                "containerName": "web",
                "containerPort": 8080,
            },
            "orderedPlacementStrategies": [
                {"type": "spread", "field": "instanceId"},
                {"type": "binpack", "field": "memory"},
            ],
            "deploymentCircuitBreaker": {"enable": True, "rollback": True},
            "deploymentController": {"type": "CODE_DEPLOY"},
            "alarms": {"alarmNames": ["errors"], "enable": True, "rollback": True},
            "tags": TAGS,
            "tagsAll": TAGS,
        },
    ),
    "aws_eks_node_group": (
        "aws:eks/nodeGroup:NodeGroup",
        {
            "clusterName": "shop",
            "nodeGroupName": "web",
            "scalingConfig": {"minSize": 1, "maxSize": 5, "desiredSize": 2},
            "labels": {"team": "shop", "spot": "false"},
            "taints": [{"key": "team", "value": "shop", "effect": "NO_SCHEDULE"}],
            "launchTemplate": {"name": "web", "version": "3", "id": "lt-1"},
            "tags": TAGS,
            "tagsAll": TAGS,
        },
    ),
    "aws_cloudwatch_metric_alarm": (
        "aws:cloudwatch/metricAlarm:MetricAlarm",
        {
            "arn": f"arn:aws:cloudwatch:{REGION}:{ACCOUNT}:alarm:errors",
            "name": "errors",
            "dimensions": {"FunctionName": "shop", "Resource": "shop:live"},
            "metricQueries": [
                {"id": "e1", "expression": "m1 * 2", "label": "twice", "returnData": True, "period": 60},
                {
                    "id": "m1",
                    "accountId": ACCOUNT,
                    "metric": {
                        "metricName": "RequestCount",
                        "namespace": "AWS/ApplicationELB",
                        "dimensions": {"LoadBalancer": "app/web"},
                        "period": 120,
                        "stat": "Sum",
                        "unit": "Count",
                    },
                },
            ],
            "tags": TAGS,
            "tagsAll": TAGS,
        },
    ),
    "aws_cloudwatch_event_target": (
        "aws:cloudwatch/eventTarget:EventTarget",
        {
            "rule": "placed",
            "eventBusName": "shop",
            "targetId": "orders",
            "arn": "arn:aws:ecs:eu-west-1:111122223333:cluster/shop",
            "retryPolicy": {"maximumRetryAttempts": 0, "maximumEventAgeInSeconds": 3600},
            "deadLetterConfig": {"arn": f"arn:aws:sqs:{REGION}:{ACCOUNT}:dead"},
            "ecsTarget": {
                "taskDefinitionArn": "arn:aws:ecs:eu-west-1:111122223333:task-definition/orders:7",
                "taskCount": 2,
                "launchType": "FARGATE",
                "networkConfiguration": {
                    "subnets": ["subnet-1", "subnet-2"],
                    "securityGroups": ["sg-1"],
                    "assignPublicIp": True,
                },
                "platformVersion": "1.4.0",
                "group": "shop",
                "capacityProviderStrategies": [{"capacityProvider": "FARGATE", "weight": 1, "base": 1}],
                "enableEcsManagedTags": True,
                "enableExecuteCommand": True,
                "placementConstraints": [{"type": "memberOf", "expression": "attribute:ecs.os-type == linux"}],
                "orderedPlacementStrategies": [{"type": "spread", "field": "instanceId"}],
                "propagateTags": "TASK_DEFINITION",
            },
        },
    ),
    "aws_cloudtrail": (
        "aws:cloudtrail/trail:Trail",
        {
            "arn": f"arn:aws:cloudtrail:{REGION}:{ACCOUNT}:trail/shop",
            "name": "shop",
            "homeRegion": REGION,
            "eventSelectors": [
                {
                    "readWriteType": "WriteOnly",
                    "includeManagementEvents": True,
                    "dataResources": [{"type": "AWS::S3::Object", "values": ["arn:aws:s3:::shop/"]}],
                    "excludeManagementEventSources": ["kms.amazonaws.com"],
                }
            ],
            "advancedEventSelectors": [
                {
                    "name": "data",
                    "fieldSelectors": [
                        {
                            "field": "eventCategory",
                            "equals": ["Data"],
                            "startsWiths": ["a"],
                            "endsWiths": ["b"],
                            "notEquals": ["c"],
                            "notStartsWiths": ["d"],
                            "notEndsWiths": ["e"],
                        }
                    ],
                }
            ],
            "tags": TAGS,
            "tagsAll": TAGS,
        },
    ),
    "aws_config_configuration_recorder": (
        "aws:cfg/recorder:Recorder",
        {
            "name": "default",
            "roleArn": ROLE,
            "recordingGroup": {
                "allSupported": True,
                "includeGlobalResourceTypes": True,
                "resourceTypes": ["AWS::EC2::VPC"],
                "exclusionByResourceTypes": [{"resourceTypes": ["AWS::EC2::Volume"]}],
                "recordingStrategies": [{"useOnly": "EXCLUSION_BY_RESOURCE_TYPES"}],
            },
            "recordingMode": {
                "recordingFrequency": "DAILY",
                "recordingModeOverride": {
                    "description": "at once",
                    "resourceTypes": ["AWS::IAM::Role"],
                    "recordingFrequency": "CONTINUOUS",
                },
            },
        },
    ),
    "aws_sns_topic_subscription": (
        "aws:sns/topicSubscription:TopicSubscription",
        {"arn": f"{TOPIC}:5fad161b", "topic": TOPIC, "protocol": "sqs", "endpoint": "not to be seen"},
    ),
    "aws_lambda_event_source_mapping": (
        "aws:lambda/eventSourceMapping:EventSourceMapping",
        {
            "uuid": "13ff66f8-37eb-4ad6-a0a8-594fea72df4f",
            "functionName": "shop",
            "functionArn": FUNCTION,
            "filterCriteria": {"filters": [{"pattern": '{"body":{"kind":["return","order"]}}'}]},
            "destinationConfig": {"onFailure": {"destinationArn": f"arn:aws:sqs:{REGION}:{ACCOUNT}:dead"}},
            "queues": "returns",
            "topics": ["orders"],
            "sourceAccessConfigurations": [
                {
                    "type": "SASL_SCRAM_512_AUTH",
                    "uri": f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:kafka",
                }
            ],
            "selfManagedEventSource": {"endpoints": {"KAFKA_BOOTSTRAP_SERVERS": "a.example:9092,b.example:9092"}},
            "selfManagedKafkaEventSourceConfig": {
                "consumerGroupId": "shop",
                "schemaRegistryConfig": {
                    "schemaRegistryUri": "https://registry.example.com",
                    "eventRecordFormat": "JSON",
                    "accessConfigs": [
                        {"type": "BASIC_AUTH", "uri": f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:registry"}
                    ],
                    "schemaValidationConfigs": [{"attribute": "KEY"}],
                },
            },
            "tags": TAGS,
            "tagsAll": TAGS,
        },
    ),
}


@pytest.mark.parametrize("kind", PULUMI)
def test_pulumis_spelling_is_understood(kind: str) -> None:
    token, outputs = PULUMI[kind]
    assert from_pulumi(kind, token, "shop", outputs) == []


# ---------------------------------------------------------------------------------------- what was recorded

FOLDER = os.environ.get("AUDITOR_RECORDINGS", "")
recorded = pytest.mark.skipif(not FOLDER, reason="AUDITOR_RECORDINGS names no folder of recordings")


def states() -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    """(file, type, attributes) of every resource that Terraform wrote into a state or read from AWS."""
    for path in sorted(Path(FOLDER, "tfstate").iterdir()):
        try:
            document = orjson.loads(path.read_bytes())
        except orjson.JSONDecodeError:
            continue  # some are broken on purpose
        for resource in document.get("resources") or []:
            if resource.get("mode") == "managed":
                for instance in resource.get("instances", []):
                    yield path.name, resource["type"], instance.get("attributes") or {}
    for path in sorted(Path(FOLDER, "tf_resources").iterdir()):
        for kind, resources in (orjson.loads(path.read_bytes()).get("resources") or {}).items():
            yield from ((path.name, kind, attributes) for attributes in resources.values())
    for path in sorted(Path(FOLDER, "provider_reads").glob("*/*.json")):
        read = orjson.loads(path.read_bytes())
        yield path.name, path.name.partition("-")[0], read.get("attributes", read)


def explained(mapping: TypeMapping) -> frozenset[str]:
    named = {attribute.name for attribute in mapping.attributes}
    return mapping.read | named | mapping.computed | mapping.provider_only | mapping.secret | mapping.not_collected


@recorded
def test_every_recorded_attribute_of_terraform_is_explained() -> None:
    seen = [(file, kind, name) for file, kind, attributes in states() if kind in OWN for name in attributes]
    assert len({kind for _, kind, _ in seen}) >= 15
    assert [one for one in seen if one[2] not in explained(OWN[one[1]])] == []


@recorded
def test_every_recorded_attribute_of_pulumi_is_explained() -> None:
    seen, offenders = 0, []
    for path in sorted(Path(FOLDER, "pulumi").iterdir()):
        for resource in orjson.loads(path.read_bytes())["deployment"]["resources"]:
            mapping = MAPPINGS.by_pulumi.get(resource["type"])
            if mapping is None or mapping.kind not in OWN:
                continue
            for name in resource.get("outputs") or {}:
                own = snake(name)
                seen += 1
                if not name.startswith("__") and not {own, *singulars(own)} & explained(mapping):
                    offenders.append((path.name, resource["type"], name))
    assert seen > 100
    assert offenders == []


def recorded_answer(path: str) -> Any:  # noqa: ANN401 - any JSON
    return orjson.loads(Path(FOLDER, "c7n", f"{path}.json").read_bytes())["data"]


def resources(file: str, kind: str) -> dict[str, Mapping[str, Any]]:
    found: dict[str, Mapping[str, Any]] = orjson.loads(Path(FOLDER, "tf_resources", file).read_bytes())["resources"]
    return dict(found[kind])


@recorded
def test_recorded_log_groups_are_as_declared() -> None:
    """Their tags are those of before the test that recorded them renamed some."""
    listed = recorded_answer("resourcegroupstaggingapi/GetResources/test_log_group_rename_tag_1")
    tags = {
        one["ResourceARN"]: {tag["Key"]: tag["Value"] for tag in one["Tags"]}
        for one in listed["ResourceTagMappingList"]
    }
    answers = recorded_answer("logs/DescribeLogGroups/test_log_group_rename_tag_1")["logGroups"]
    rows = [row_of("logs_log_groups", {**item, "creationTime": 0}) for item in answers]
    compared = 0
    for attributes in resources("log_group_rename_tag.json", "aws_cloudwatch_log_group").values():
        (row,) = (row for row in rows if is_that_row("aws_cloudwatch_log_group", attributes, row))
        assert differences("aws_cloudwatch_log_group", attributes, {**row, "tags": tags[attributes["arn"]]}) == []
        renamed_tags = recorded_answer("logs/ListTagsForResource/test_log_group_rename_tag_3")["tags"]
        found = differences("aws_cloudwatch_log_group", attributes, {**row, "tags": renamed_tags})
        assert {change.field for change in found} == {"tags.App", *(f"tags.{name}" for name in attributes["tags"])}
        compared += 1
    assert compared == 4


@recorded
def test_a_recorded_role_is_as_declared_with_what_is_attached_to_it() -> None:
    answer = recorded_answer("iam/GetRole/test_iam_role_delete_1")["Role"]
    trust = orjson.loads(urllib.parse.unquote(answer["AssumeRolePolicyDocument"]))
    attached = recorded_answer("iam/ListAttachedRolePolicies/test_iam_role_delete_1")["AttachedPolicies"]
    names = recorded_answer("iam/ListRolePolicies/test_iam_role_delete_1")["PolicyNames"]
    (role,) = resources("iam_role_delete.json", "aws_iam_role").values()
    (inline,) = resources("iam_role_delete.json", "aws_iam_role_policy").values()
    (attachment,) = resources("iam_role_delete.json", "aws_iam_role_policy_attachment").values()
    document = orjson.loads(inline["policy"])  # ListRolePolicies gives no documents
    row = row_of(
        "iam_roles",
        {
            **{name: answer[name] for name in ("Path", "RoleName", "RoleId", "Arn", "Tags")},
            "AssumeRolePolicyDocument": trust,
            "AttachedManagedPolicies": attached,
            "RolePolicyList": [{"PolicyName": name, "PolicyDocument": document} for name in names],
        },
    )
    held = frozenset({"aws_iam_role_policy", "aws_iam_role_policy_attachment"})
    assert compare_attributes(OWN["aws_iam_role"], declared("aws_iam_role", role), row, held=held).changes == []
    for kind, one in (("aws_iam_role_policy", inline), ("aws_iam_role_policy_attachment", attachment)):
        assert is_that_row(kind, one, row)
        own = part_elements(OWN[kind], OWN["aws_iam_role"], declared(kind, one))
        assert own is not None
        live = elements(own.attribute, live_value(own.attribute, row))
        assert compare_part(own, live) == ((), False)
        assert list(unclaimed(live, [own])) == []


@recorded
def test_a_recorded_trail_differs_in_what_was_edited_in_the_recording() -> None:
    """Whoever recorded it gave it, its bucket and its roles other names; nothing else differs."""
    (state,) = resources("cloudtrail_fail_include_management_events.json", "aws_cloudtrail").values()
    flight = "test_cloudtrail_fail_include_management_events_1"
    row = row_of(
        "cloudtrail_trails",
        recorded_answer(f"cloudtrail/DescribeTrails/{flight}")["trailList"][0],
        GetEventSelectors=recorded_answer(f"cloudtrail/GetEventSelectors/{flight}"),
        GetTrailStatus={"IsLogging": recorded_answer(f"cloudtrail/GetTrailStatus/{flight}")["IsLogging"]},
        ListTags={"TagsList": [{"Key": "c7n", "Value": "true"}]},
    )
    changes = differences("aws_cloudtrail", state, row)
    assert [change.field for change in changes] == ["name", "s3_bucket_name", "event_selector[]", "event_selector[]"]
    bucket = f"arn:aws:s3:::{row['S3BucketName']}/"
    named = orjson.loads(orjson.dumps(state).replace(state["s3_bucket_name"].encode(), row["S3BucketName"].encode()))
    assert bucket in str(named)
    assert [change.field for change in differences("aws_cloudtrail", named, row)] == ["name"]


@recorded
def test_a_recorded_alarm_differs_in_the_name_that_was_edited() -> None:
    (state,) = resources("cloudtrail_fail_log_metric_filter_no_sns.json", "aws_cloudwatch_metric_alarm").values()
    answer = recorded_answer("cloudwatch/DescribeAlarmsForMetric/test_cloudtrail_fail_log_metric_filter_no_sns_1")
    item = {
        name: value for name, value in answer["MetricAlarms"][0].items() if not isinstance(value, dict)
    }  # times apart
    row = row_of("cloudwatch_alarms", item, ListTagsForResource={"Tags": [{"Key": "c7n", "Value": "true"}]})
    assert [change.field for change in differences("aws_cloudwatch_metric_alarm", state, row)] == ["alarm_name"]


@recorded
def test_recorded_eks_clusters_of_pulumi_are_as_eks_would_answer() -> None:
    """The exports hold what EKS answered; here it is in EKS's own words."""
    compared = 0
    for path in sorted(Path(FOLDER, "pulumi").glob("eks_*.json")):
        for one in read_pulumi(path.read_bytes(), path.name, MAPPINGS).resources:
            if one.kind != "aws:eks/cluster:Cluster":
                continue
            text = path.read_bytes()
            (outputs,) = (
                resource["outputs"]
                for resource in orjson.loads(text)["deployment"]["resources"]
                if resource["type"] == one.kind
            )
            vpc = outputs["vpcConfig"]
            answer = {
                "name": outputs["name"],
                "version": outputs["version"],
                "roleArn": outputs["roleArn"],
                "resourcesVpcConfig": vpc,
                "kubernetesNetworkConfig": outputs["kubernetesNetworkConfig"],
                "logging": {"clusterLogging": [{"types": ["api"], "enabled": False}]},
                "accessConfig": outputs["accessConfig"],
                "upgradePolicy": {"supportType": "EXTENDED"},
                "zonalShiftConfig": {"enabled": False},
                "tags": outputs["tags"],
            }
            row = row_of("eks_clusters", outputs["name"], DescribeCluster={"cluster": answer})
            mapping = OWN["aws_eks_cluster"]
            assert compare_attributes(mapping, one, row).changes == []
            opened = copy.deepcopy(row)
            opened["resourcesVpcConfig"]["publicAccessCidrs"] = ["192.0.2.0/24"]
            assert {change.field for change in compare_attributes(mapping, one, opened).changes} == {
                "vpc_config.public_access_cidrs[]"
            }
            compared += 1
    assert compared == 2
