"""On what roles may do a few things that other requirements ask for: start a failover, publish, invoke, execute."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from auditor.model import Derived, Rows
from auditor.snapshot.derived.iam_actions import self_test
from auditor.snapshot.derived.iam_effective import Grant, Permissions, granted, permissions
from auditor.snapshot.derived.iam_proof import prove
from auditor.snapshot.derived.policies import EFFECTIVE_INPUTS, principals

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

ACTIONS = (
    "cloudwatch:PutMetricData",
    "dynamodb:UpdateTable",
    "ecs:UpdateService",
    "events:PutEvents",
    "lambda:InvokeFunction",
    "rds:FailoverDBCluster",
    "rds:FailoverGlobalCluster",
    "rds:ModifyDBCluster",
    "rds:RemoveFromGlobalCluster",
    "rds:SwitchoverGlobalCluster",
    "route53:ChangeResourceRecordSets",
    "secretsmanager:GetSecretValue",
    "sns:Publish",
    "sqs:SendMessage",
    "ssm:StartAutomationExecution",
    "states:StartExecution",
    "states:StartSyncExecution",
)
"""The actions that have rows."""


def _may(given: Permissions) -> Iterator[Mapping[str, Any]]:
    owner = {"arn": given.principal.arn, "account": given.principal.account}
    for action in ACTIONS:
        by_condition: dict[bool, list[Grant]] = {False: [], True: []}
        for grant in granted(given, action):
            by_condition[_is_conditioned(grant)].append(grant)
        for conditioned, grants in by_condition.items():
            if not grants:
                continue
            yield {
                **owner,
                "action": action,
                "resources": sorted({grant.pattern for grant in grants}),
                "conditioned": conditioned,
                "policies": sorted({grant.ground.policy.name for grant in grants}),
                "problem": given.boundary_problem,
            }
    for problem in given.problems:
        yield {**dict.fromkeys(_COLUMNS), **owner, "problem": problem}


def _is_conditioned(grant: Grant) -> bool:
    return bool(grant.ground.statement.condition) or grant.effect < 2  # noqa: PLR2004 - Effect.ALLOWED


_COLUMNS = {
    "arn": "VARCHAR",
    "account": "VARCHAR",
    "action": "VARCHAR",
    "resources": "VARCHAR[]",
    "conditioned": "BOOLEAN",
    "policies": "VARCHAR[]",
    "problem": "VARCHAR",
}


def _rows(inputs: Mapping[str, Rows]) -> Iterator[Mapping[str, Any]]:
    for principal in principals({**inputs, "users": (), "groups": ()}):
        yield from _may(permissions(principal))


def _compute(inputs: Mapping[str, Rows]) -> Iterator[Mapping[str, Any]]:
    self_test()
    prove("iam_role_allows", _rows)
    yield from _rows(inputs)


IAM_ROLE_ALLOWS = Derived(
    name="iam_role_allows",
    description=(
        "What roles may do, by all their policies together, Deny and boundary included, of "
        f"{', '.join(ACTIONS)}: a row for each action, with the resource patterns that it is allowed on, and another "
        "for those on which it is allowed under conditions only (`conditioned`). A policy that cannot be read is a "
        "row with `problem` and no action: "
        "more may be allowed, or denied, than the other rows say; with a boundary that cannot be read each row has a "
        "`problem`."
    ),
    inputs={name: EFFECTIVE_INPUTS[name] for name in ("roles", "policies", "aws_policies")},
    columns=_COLUMNS,
    compute=_compute,
)
