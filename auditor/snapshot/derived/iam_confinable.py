"""What workload roles are allowed on every resource although it could be confined (IAM-02).

Judged are the Allow statements of customer-managed and inline policies. All policies are taken together in that a
Deny, of whichever policy, cancels what it covers on every resource, and the permissions boundary leaves only what it
allows on every resource itself. `iam_resource_level` says which actions can be confined and which patterns confine
nothing; NotResource is everything, unless it leaves out all resources of the action. A condition confines where it
names resources (`iam_conditions`), or, for what is being made, the tags that it must have.

`ec2:Describe*` and the like mean listings that know no resources, and among them a few that do (the attributes of one
instance): those are a finding where they are named, not where such a pattern means them too. S3's `List*` is no such
pattern: what it lists is the content of buckets.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from auditor.model import Derived, Rows
from auditor.snapshot.derived.iam_actions import all_meant, meant, self_test
from auditor.snapshot.derived.iam_conditions import confined_by, is_absolute, is_anything, names_resources
from auditor.snapshot.derived.iam_effective import Permissions, decided, permissions
from auditor.snapshot.derived.iam_proof import prove
from auditor.snapshot.derived.iam_resource_level import resource_level, unconfined
from auditor.snapshot.derived.iam_trusts import is_workload
from auditor.snapshot.derived.policies import EFFECTIVE_INPUTS, Policy, Principal, Statement, principals

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

MOST_ACTIONS = 20
"""So many actions are named in a row; `action_count` says how many there are."""

_KEYS = frozenset(
    {
        "ec2:createaction",
        "ec2:instanceid",
        "ec2:sourceinstancearn",
        "ec2:volumeid",
        "ecs:service",
        "iam:associatedresourcearn",
        "iam:policyarn",
        "kms:grantconstrainttype",
        "ssm:sourceinstancearn",
    }
)
_LISTINGS = re.compile(r"(?!s3:)[a-z0-9-]+:(describe|list)[a-z]*[*?]+", re.IGNORECASE)
_REQUEST_TAG = re.compile(r"(aws:requesttag|[a-z0-9-]+:req-tag)/.+")


def _confines(key: str, value: str) -> bool:
    """Tell whether a condition confines an action to particular resources."""
    own = key in _KEYS or bool(_REQUEST_TAG.fullmatch(key))
    return names_resources(key, value) or (own and not is_anything(value))


def _actions(statement: Statement) -> int:
    """Return the confinable actions that a statement is about."""
    known = resource_level()
    if statement.actions is None:
        return known.actions & ~all_meant(statement.not_actions or ())
    if not statement.allows:
        return known.actions & all_meant(statement.actions)
    found = 0
    for pattern in statement.actions:
        found |= meant(pattern) & (known.actions & ~known.listings if _LISTINGS.fullmatch(pattern) else known.actions)
    return found


def _everywhere(statement: Statement, principal: Principal) -> int:
    """Return the confinable actions that a statement, an Allow or a Deny, is about on every resource."""
    partition = principal.arn.split(":")[1]
    actions = _actions(statement)
    if not actions:
        return 0
    if statement.resources is not None:
        return actions & unconfined(statement.resources, partition, principal.account)
    # All but some: for a Deny that leaves just those, and so confines.
    return actions & ~unconfined(statement.not_resources or (), partition, principal.account)


def _denied(given: Permissions) -> int:
    found = 0
    for ground in given.denies:
        condition = decided(ground.statement.condition, given.known)
        if condition is not None and is_absolute(replace(ground.statement, condition=condition), _confines):
            found |= _everywhere(ground.statement, given.principal)
    return found


def _allowed(given: Permissions) -> int:
    """Return what a boundary allows on every resource."""
    found = 0
    for ground in given.allows:
        found |= _open(ground.statement, given)
    return found & ~_denied(given)


def _open(statement: Statement, given: Permissions) -> int:
    condition = decided(statement.condition, given.known)
    if condition is None or any(confined_by(condition, _confines)):
        return 0
    return _everywhere(statement, given.principal)


def _findings(given: Permissions) -> Iterator[Mapping[str, Any]]:
    left = ~_denied(given)
    if given.boundary is not None:
        left &= _allowed(given.boundary)
    for ground in given.allows:
        if ground.policy.kind != "aws_managed":
            found = _open(ground.statement, given) & left
            if found:
                yield _row(given, ground.policy, ground.statement, found)


def _row(given: Permissions, policy: Policy, statement: Statement, found: int) -> Mapping[str, Any]:
    names = resource_level().names
    bits = [bit for bit in _bits(found) if bit in names]
    if statement.actions is not None:
        patterns = [each for each in statement.actions if all_meant((each,)) & found]
    else:
        patterns = [f"NotAction {', '.join(statement.not_actions or ())}"]
    if statement.resources is not None:
        resources = list(statement.resources)
    else:
        resources = [f"NotResource {', '.join(statement.not_resources or ())}"]
    return {
        **_owner(given.principal),
        "policy_name": policy.name,
        "policy_arn": policy.arn,
        "position": statement.position,
        "sid": statement.sid,
        "patterns": patterns,
        "actions": sorted(names[bit] for bit in bits)[:MOST_ACTIONS],
        "action_count": len(bits),
        "resources": resources,
        "problem": given.boundary_problem,
    }


def _bits(found: int) -> Iterator[int]:
    while found:
        lowest = found & -found
        yield lowest
        found ^= lowest


def _owner(principal: Principal) -> Mapping[str, Any]:
    return {"arn": principal.arn, "account": principal.account}


_COLUMNS = {
    "arn": "VARCHAR",
    "account": "VARCHAR",
    "policy_name": "VARCHAR",
    "policy_arn": "VARCHAR",
    "position": "BIGINT",
    "sid": "VARCHAR",
    "patterns": "VARCHAR[]",
    "actions": "VARCHAR[]",
    "action_count": "BIGINT",
    "resources": "VARCHAR[]",
    "problem": "VARCHAR",
}


def _rows(inputs: Mapping[str, Rows]) -> Iterator[Mapping[str, Any]]:
    workloads = {row["arn"] for row in inputs["roles"] if is_workload(row["trust"]) is not False}
    for principal in principals({**inputs, "users": (), "groups": ()}):
        if principal.arn not in workloads:
            continue
        given = permissions(principal)
        yield from _findings(given)
        for policy in principal.policies:
            if policy.problem and policy.kind != "aws_managed":
                unread = {**dict.fromkeys(_COLUMNS), **_owner(principal)}
                yield {**unread, "policy_name": policy.name, "problem": f"{policy.name}: {policy.problem}"}


def _compute(inputs: Mapping[str, Rows]) -> Iterator[Mapping[str, Any]]:
    self_test()
    prove("iam_confinable", _rows)
    yield from _rows(inputs)


IAM_CONFINABLE = Derived(
    name="iam_confinable",
    description=(
        "Statements of customer-managed and inline policies by which a workload role (or one whose trust policy cannot "
        "be read) is allowed on every resource what could be confined to some: a row each. `patterns` are the actions "
        "as written, `actions` the first of what they mean, `action_count` how many. A policy that cannot be read is a "
        "row with `problem` and no actions; with a boundary that cannot be read each row has a `problem`, and is no "
        "proof."
    ),
    inputs={name: EFFECTIVE_INPUTS[name] for name in ("roles", "policies", "aws_policies")},
    columns=_COLUMNS,
    compute=_compute,
)
