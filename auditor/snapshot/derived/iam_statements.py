"""Every statement of every policy attached to a role, user or group, a row each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from auditor.model import Derived, Rows
from auditor.snapshot.derived.policies import PRINCIPAL_INPUTS, Policy, Statement, principals

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


def _compute(inputs: Mapping[str, Rows]) -> Iterator[Mapping[str, Any]]:
    for principal in principals(inputs):
        owner = {"arn": principal.arn, "account": principal.account, "principal_type": principal.type}
        for policy in principal.policies:
            for statement in policy.statements or (None,):
                if statement is not None or policy.problem:
                    yield {**owner, **_policy_columns(policy), **_statement_columns(statement)}


def _policy_columns(policy: Policy) -> Mapping[str, Any]:
    return {
        "policy_name": policy.name,
        "policy_arn": policy.arn,
        "policy_kind": policy.kind,
        "via": policy.via,
        "problem": policy.problem,
    }


def _statement_columns(statement: Statement | None) -> Mapping[str, Any]:
    names = ("position", "sid", "effect", "actions", "not_actions", "resources", "not_resources", "condition")
    if statement is None:
        return dict.fromkeys(names)
    return {
        "position": statement.position,
        "sid": statement.sid,
        "effect": "Allow" if statement.allows else "Deny",
        "actions": _lower(statement.actions),
        "not_actions": _lower(statement.not_actions),
        "resources": _listed(statement.resources),
        "not_resources": _listed(statement.not_resources),
        "condition": {
            operator: {key: list(values) for key, values in keys.items()}
            for operator, keys in statement.condition.items()
        }
        or None,
    }


def _listed(texts: tuple[str, ...] | None) -> list[str] | None:
    return None if texts is None else list(texts)


def _lower(actions: tuple[str, ...] | None) -> list[str] | None:
    return None if actions is None else [action.lower() for action in actions]


IAM_STATEMENTS = Derived(
    name="iam_statements",
    description=(
        "Statements of the policies attached to roles, users and groups; users have their groups' too (`via`). "
        "Actions are in lower case, single values are lists, condition values are lists of text. A policy that cannot "
        "be read, and an AWS managed policy other than AdministratorAccess and AWSDenyAll, is one row with `problem` "
        "and no effect."
    ),
    inputs=PRINCIPAL_INPUTS,
    columns={
        "arn": "VARCHAR",
        "account": "VARCHAR",
        "principal_type": "VARCHAR",
        "policy_name": "VARCHAR",
        "policy_arn": "VARCHAR",
        "policy_kind": "VARCHAR",
        "via": "VARCHAR",
        "sid": "VARCHAR",
        "position": "BIGINT",
        "effect": "VARCHAR",
        "actions": "VARCHAR[]",
        "not_actions": "VARCHAR[]",
        "resources": "VARCHAR[]",
        "not_resources": "VARCHAR[]",
        "condition": "JSON",
        "problem": "VARCHAR",
    },
    compute=_compute,
)
