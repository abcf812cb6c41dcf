"""Which AWS managed policies roles carry, and which of them are broader than any workload needs (IAM-06).

A policy is broad by what it says: every action of a service, or of all, on every resource. And it is broad by what
AWS calls it: FullAccess, PowerUserAccess and …PowerUser, AdministratorAccess, SecretsManagerReadWrite, ReadOnlyAccess
(which reads every object and table of the account), and the job functions that are made for people who administer. Of a
policy whose document is not at hand the name may say that it is broad, but not that it is not: `broad` is NULL then.
https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_job-functions.html
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from auditor.model import Derived, Rows
from auditor.snapshot.derived.iam_actions import self_test, universe
from auditor.snapshot.derived.iam_effective import Effect, Permissions, granted, permissions
from auditor.snapshot.derived.iam_grants import services_granted
from auditor.snapshot.derived.iam_methods import CREDENTIALS
from auditor.snapshot.derived.iam_proof import prove
from auditor.snapshot.derived.iam_resource_level import resource_level, unconfined
from auditor.snapshot.derived.policies import EFFECTIVE_INPUTS, Policy, Principal, principals

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_BROAD_NAMES = re.compile(
    r".*full_?access.*|poweruseraccess|.*poweruser|administratoraccess.*|secretsmanagerreadwrite|readonlyaccess"
    r"|(database|network|system)administrator|datascientist",
    re.IGNORECASE,
)
_SHOWN = 5


def credentials(given: Permissions) -> tuple[str, ...]:
    """Return the actions that answer credentials and are allowed, under no confining condition, on any resource."""
    return tuple(action for action in CREDENTIALS if _on_any(given, action))


def _on_any(given: Permissions, action: str) -> bool:
    patterns = {grant.pattern for grant in granted(given, action) if grant.effect is Effect.ALLOWED}
    bit = universe().bits[action.lower()]
    if not patterns or not bit & resource_level().actions:
        return bool(patterns)
    partition = given.principal.arn.split(":")[1]
    return bool(bit & unconfined(tuple(sorted(patterns)), partition, given.principal.account))


def _judged(policy: Policy) -> tuple[bool | None, str | None, tuple[str, ...]]:
    """Return whether a policy is broad, why, and what hands out credentials; wherever it is attached, the same."""
    owner = Principal(
        arn="arn:aws:iam::000000000000:role/any", account="0" * 12, type="role", policies=(), boundary=None
    )
    named = bool(_BROAD_NAMES.fullmatch(policy.name))
    if policy.problem:
        return (True, "its name says so", ()) if named else (None, policy.problem, ())
    given = permissions(replace(owner, policies=(policy,)))
    services = sorted(services_granted(policy.statements, owner))
    why = None
    if "*" in services:
        why = "grants every action on every resource"
    elif services:
        more = f" and {len(services) - _SHOWN} more" if len(services) > _SHOWN else ""
        why = f"grants every action of {', '.join(services[:_SHOWN])}{more} on every resource"
    elif named:
        why = "its name says so"
    return why is not None, why, credentials(given)


def _rows(inputs: Mapping[str, Rows]) -> Iterator[Mapping[str, Any]]:
    judged: dict[str | None, tuple[bool | None, str | None, tuple[str, ...]]] = {}
    for principal in principals({**inputs, "users": (), "groups": ()}):
        for policy in principal.policies:
            if policy.kind == "aws_managed":
                if policy.arn not in judged:
                    judged[policy.arn] = _judged(policy)
                broad, why, handed = judged[policy.arn]
                yield {
                    "arn": principal.arn,
                    "account": principal.account,
                    "policy_name": policy.name,
                    "policy_arn": policy.arn,
                    "broad": broad,
                    "why": why,
                    "credentials": list(handed),
                }


def _compute(inputs: Mapping[str, Rows]) -> Iterator[Mapping[str, Any]]:
    self_test()
    prove("iam_aws_attachments", _rows)
    yield from _rows(inputs)


IAM_AWS_ATTACHMENTS = Derived(
    name="iam_aws_attachments",
    description=(
        "AWS managed policies attached to roles, a row each: whether one is broader than a workload needs, and why. "
        "`broad` is NULL where its document was not collected and its name does not tell. `credentials`: actions that "
        "answer keys, tokens or passwords and that it allows on any resource."
    ),
    inputs={name: EFFECTIVE_INPUTS[name] for name in ("roles", "policies", "aws_policies")},
    columns={
        "arn": "VARCHAR",
        "account": "VARCHAR",
        "policy_name": "VARCHAR",
        "policy_arn": "VARCHAR",
        "broad": "BOOLEAN",
        "why": "VARCHAR",
        "credentials": "VARCHAR[]",
    },
    compute=_compute,
)
