"""Who can raise its privileges, and how (IAM-05): the methods of `iam_methods`, put to all policies of a principal.

What counts as a target:

- the principal itself: its own role, user, groups and attached policies. Who may change what it may do, may do all;
- any: a role, function, instance … whatever its name (`*`, `role/*`; a region or account in the ARN is still any). A
  name, or a part of one (`role/app-*`), confines: then it counts only where
- the policies reach a principal of the same account that can itself raise its privileges on any target, or already has
  them all: a role that is passed (and trusts the service it is passed to), assumed (and trusts whoever assumes it) or
  given another trust policy, a user whose keys can be made, a group that can be joined.

Functions, instances and the like that are named are not followed to their roles. What only a condition confines
(`_confines`) is a row with `confined`, and no finding.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from auditor.model import Derived, Rows
from auditor.snapshot.derived.iam_actions import STRANGER, self_test
from auditor.snapshot.derived.iam_conditions import names_resources
from auditor.snapshot.derived.iam_effective import (
    Decision,
    Effect,
    Ground,
    Permissions,
    accounts,
    covers_action,
    decide,
    granted,
    permissions,
    places,
)
from auditor.snapshot.derived.iam_methods import ACTIONS, METHODS, TARGETS, Method, Need
from auditor.snapshot.derived.iam_proof import prove
from auditor.snapshot.derived.iam_trusts import admits, admitted_services
from auditor.snapshot.derived.policies import EFFECTIVE_INPUTS, MalformedError, Principal, glob, principals

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

_KEYS = frozenset(
    {
        "aws:calledvia",
        "aws:calledviafirst",
        "aws:calledvialast",
        "cloudformation:rolearn",
        "cloudformation:templateurl",
        "ec2:sourceinstancearn",
        "iam:associatedresourcearn",
        "iam:permissionsboundary",
        "iam:policyarn",
        "ssm:sourceinstancearn",
    }
)
_ADMINISTRATOR = "arn:aws:iam::aws:policy/AdministratorAccess"
_NAMED_TARGETS = ("role", "user", "group")
_ITSELF = frozenset(
    {
        "iam:AttachGroupPolicy",
        "iam:AttachRolePolicy",
        "iam:AttachUserPolicy",
        "iam:CreatePolicyVersion",
        "iam:DeleteRolePermissionsBoundary",
        "iam:DeleteUserPermissionsBoundary",
        "iam:PutGroupPolicy",
        "iam:PutRolePermissionsBoundary",
        "iam:PutRolePolicy",
        "iam:PutUserPermissionsBoundary",
        "iam:PutUserPolicy",
        "iam:SetDefaultPolicyVersion",
    }
)
"""Actions by which a principal that is their target gets more; being able to pass or assume itself is nothing."""
_REACHES = frozenset(
    {
        "iam:AddUserToGroup",
        "iam:CreateAccessKey",
        "iam:CreateLoginProfile",
        "iam:PassRole",
        "iam:UpdateAssumeRolePolicy",
        "iam:UpdateLoginProfile",
        "sts:AssumeRole",
    }
)
"""Actions by which a principal gets what their target has."""
_BITS = {action: 1 << number for number, action in enumerate(ACTIONS)}


@dataclass(frozen=True, slots=True)
class _Target:
    """What a method is put to: how a row calls it, and the ARNs that stand for it."""

    label: str
    arns: tuple[str, ...]


@dataclass(slots=True)
class _Subject:
    """A principal while its account is gone through."""

    given: Permissions
    trust: object
    groups: tuple[str, ...]
    """ARNs of a user's groups."""
    possible: tuple[Method, ...]
    """The methods all of whose actions some Allow of its names."""
    found: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    """Method's name -> row, the widest."""
    on_any: bool = False
    """It can raise its privileges on itself or on any target."""

    @property
    def principal(self) -> Principal:
        return self.given.principal


def _confines(key: str, value: str) -> bool:
    """Tell whether a condition leaves so little of an action that it is no way to more privilege."""
    if key == "iam:policyarn" and glob(value)(_ADMINISTRATOR):
        return False
    return names_resources(key, value) or (key in _KEYS and not glob(value)(STRANGER))


# -------------------------------------------------------------------------------------------------------- methods


@lru_cache(maxsize=65_536)
def _named(patterns: tuple[str, ...]) -> int:
    """Return the set of those actions that matter here which patterns mean."""
    found = 0
    for pattern in patterns:
        if pattern in _BITS:
            found |= _BITS[pattern]
        elif "*" in pattern or "?" in pattern or pattern.lower() in _LOWER:
            found |= sum(bit for action, bit in _BITS.items() if glob(pattern)(action))
    return found


_LOWER = frozenset(action.lower() for action in ACTIONS)
_EVERY = sum(_BITS.values())
_MASKS = tuple((method, sum({_BITS[need.action] for need in method.needs})) for method in METHODS)


def _possible(given: Permissions) -> tuple[Method, ...]:
    reach = 0
    for ground in given.allows:
        statement = ground.statement
        if statement.actions is not None:
            reach |= _named(statement.actions)
        else:
            reach |= _EVERY & ~_named(statement.not_actions or ())
    return _with(reach) if reach else ()


@lru_cache(maxsize=1_024)
def _with(reach: int) -> tuple[Method, ...]:
    return tuple(method for method, mask in _MASKS if reach & mask == mask)


def _applies(method: Method, principal: Principal) -> bool:
    return not method.when_bounded or principal.boundary is not None


def _own_targets(subject: _Subject, method: Method) -> Iterator[_Target]:
    """Yield what a principal would change itself by, the first need being about that."""
    need, principal = method.needs[0], subject.principal
    if need.action not in _ITSELF or method.together:
        return
    if need.on == principal.type:
        yield _Target("itself", (principal.arn,))
    elif need.on == "group":
        yield from (_Target(f"its group {arn.rpartition('/')[2]}", (arn,)) for arn in subject.groups)
    elif need.on == "policy":
        for policy in principal.policies:
            if policy.kind == "customer_managed" and policy.arn:
                yield _Target(f"its policy {policy.name}", (policy.arn,))


def _named_targets(subject: _Subject, method: Method) -> Iterator[_Target]:
    """Yield the roles that policies name, whole or in part, for methods that change a role and then use it.

    Service-linked roles cannot be changed. What stands for `role/app-*` is a role of such a name.
    """
    need = method.needs[0]
    seen = {
        pattern
        for ground in subject.given.allows
        if covers_action(ground.statement, need.action)
        for pattern in ground.statement.resources or ()
        if ":role/" in pattern and ":role/aws-service-role/" not in pattern and "${" not in pattern
    }
    for pattern in sorted(seen - {subject.principal.arn}):
        name = pattern.partition(":role/")[2]
        yield _Target(f"role {name}", (pattern.replace("*", STRANGER).replace("?", STRANGER),))


def _any_target(subject: _Subject, need: Need) -> _Target:
    """Return what stands for any target of a kind, in any region, and for roles to assume in any account."""
    principal, given = subject.principal, subject.given
    owners = {principal.account} | (accounts(given, need.action) if need.action == "sts:AssumeRole" else set())
    regions = places(given, need.action) if any("{region}" in each for each in TARGETS[need.on]) else {""}
    return _Target(
        f"any {need.on}",
        tuple(
            template.format(partition=principal.arn.split(":")[1], region=region, account=owner, name=STRANGER)
            for template in TARGETS[need.on]
            for owner in sorted(owners)
            for region in sorted(regions)
        ),
    )


def _decision(subject: _Subject, method: Method, need: Need, target: _Target | None) -> Decision:
    """Return how far a need is met: on a target, or, for what needs none, on anything."""
    given = subject.given
    known = {"iam:passedtoservice": f"{method.passes}.amazonaws.com"} if need.action == "iam:PassRole" else {}
    if target is None:
        found = granted(given, need.action, known=known, confines=_confines)
        best = max((grant.effect for grant in found), default=Effect.DENIED)
        return Decision(best, tuple(dict.fromkeys(grant.ground for grant in found if grant.effect == best)))
    decisions = [decide(given, need.action, arn, known=known, confines=_confines) for arn in target.arns]
    return max(decisions, key=lambda decision: decision.effect)


def _put(subject: _Subject, method: Method, target: _Target | None) -> Mapping[str, Any] | None:
    """Put a method to a principal, its needs with a kind to the target (None: to any); a row, or None."""
    effect, grounds, label = Effect.ALLOWED, list[Ground](), ""
    for number, need in enumerate(method.needs):
        if not need.on:
            aim = None
        elif target is None:
            aim = _any_target(subject, need)
            label = label or aim.label
        else:
            aim = target
        decision = _decision(subject, method, need, aim)
        if not decision.effect:
            return None
        effect = min(effect, decision.effect)
        grounds += decision.grounds
        if number == 0:
            first = decision.grounds
    return _row(subject, method, target.label if target else label or "anything", effect, first, grounds)


def _row(
    subject: _Subject, method: Method, label: str, effect: Effect, first: Sequence[Ground], grounds: Iterable[Ground]
) -> Mapping[str, Any]:
    principal = subject.principal
    return {
        "arn": principal.arn,
        "account": principal.account,
        "principal_type": principal.type,
        "method": method.name,
        "actions": [need.action for need in method.needs],
        "target": label,
        "resources": sorted({text for ground in first for text in _resources(ground)}),
        "policies": sorted({ground.policy.name for ground in grounds}),
        "confined": effect is Effect.CONFINED,
        "problem": subject.given.boundary_problem,
    }


def _resources(ground: Ground) -> Iterable[str]:
    statement = ground.statement
    if statement.resources is not None:
        return statement.resources
    return [f"NotResource {', '.join(statement.not_resources or ())}"]


def _keep(subject: _Subject, method: Method, row: Mapping[str, Any] | None) -> bool:
    """Keep the row of a method unless there is a wider one; tell whether it is unconfined, and so the widest."""
    if row is None:
        return False
    before = subject.found.get(method.name)
    if before is None or (before["confined"] and not row["confined"]):
        subject.found[method.name] = row
    return not row["confined"]


def _raise(subject: _Subject) -> None:
    """Find the ways that need no other principal: by the subject itself, and by any target."""
    for method in subject.possible:
        simpler = subject.found.get(method.needs[0].action) if method.together else None
        if not _applies(method, subject.principal) or (simpler and not simpler["confined"]):
            continue
        own = [*_own_targets(subject, method), *(_named_targets(subject, method) if method.together else ())]
        rows = [_put(subject, method, target) for target in own]
        if not method.together and not method.when_bounded:
            rows.append(_put(subject, method, None))
        kept = [_keep(subject, method, row) for row in rows]
        subject.on_any = subject.on_any or any(kept)


# ------------------------------------------------------------------------------------------------ other principals


def _through(subject: _Subject, powerful: Mapping[str, _Subject]) -> bool:
    """Find the ways through principals of the account, by ARN, that have more; tell whether there is one."""
    found = False
    in_reach: dict[str, list[_Subject]] = {}
    for method in subject.possible:
        before = subject.found.get(method.name)
        need = method.needs[0]
        if need.action not in _REACHES or method.together or (before is not None and not before["confined"]):
            continue
        if need.action not in in_reach:
            in_reach[need.action] = list(_in_reach(subject, need.action, powerful))
        for other in in_reach[need.action]:
            principal = other.principal
            if other is subject or principal.type != need.on or not _lets_in(other, subject, method):
                continue
            target = _Target(f"{principal.type} {principal.arn.rpartition('/')[2]}", (principal.arn,))
            if _keep(subject, method, _put(subject, method, target)):
                found = True
                break
    return found


def _in_reach(subject: _Subject, action: str, powerful: Mapping[str, _Subject]) -> Iterator[_Subject]:
    """Yield those whom the resources of an action name, conditions and Denies aside."""
    patterns = {
        pattern
        for ground in subject.given.allows
        if covers_action(ground.statement, action)
        for pattern in ground.statement.resources or ("*",)
    }
    named = {pattern for pattern in patterns if not set(pattern) & {"*", "?"}}
    yield from (powerful[arn] for arn in sorted(named & powerful.keys()))
    if patterns - named:
        matching = [glob(pattern) for pattern in sorted(patterns - named)]
        yield from (powerful[arn] for arn in powerful if arn not in named and any(match(arn) for match in matching))


def _lets_in(other: _Subject, subject: _Subject, method: Method) -> bool:
    """Tell whether a role's trust policy admits the service that it is passed to, or the principal that assumes it."""
    try:
        if method.passes:
            names = [service.split(".amazonaws.com")[0] for service in admitted_services(other.trust)]
            return any(name == method.passes or name.startswith(f"{method.passes}.") for name in names)
        if method.needs[0].action == "sts:AssumeRole":
            return admits(other.trust, subject.principal.arn, subject.principal.account)
    except MalformedError:
        return False
    return True


def escalations(subjects: Sequence[_Subject]) -> Iterator[Mapping[str, Any]]:
    """Yield the rows of one account's principals."""
    for subject in subjects:
        _raise(subject)
    powerful = [subject for subject in subjects if subject.on_any and not subject.given.boundary_problem]
    candidates = [subject for subject in subjects if any(m.needs[0].action in _REACHES for m in subject.possible)]
    while powerful:
        candidates = [subject for subject in candidates if not subject.on_any]
        by_arn = {subject.principal.arn: subject for subject in powerful}
        powerful = [subject for subject in candidates if _through(subject, by_arn)]
        for subject in powerful:
            subject.on_any = not subject.given.boundary_problem
    for subject in subjects:
        yield from (subject.found[name] for name in sorted(subject.found))
        yield from (_unread(subject, problem) for problem in subject.given.problems)


def _unread(subject: _Subject, problem: str) -> Mapping[str, Any]:
    principal = subject.principal
    row = dict.fromkeys(_COLUMNS)
    return {
        **row,
        "arn": principal.arn,
        "account": principal.account,
        "principal_type": principal.type,
        "problem": problem,
    }


_COLUMNS = {
    "arn": "VARCHAR",
    "account": "VARCHAR",
    "principal_type": "VARCHAR",
    "method": "VARCHAR",
    "actions": "VARCHAR[]",
    "target": "VARCHAR",
    "resources": "VARCHAR[]",
    "policies": "VARCHAR[]",
    "confined": "BOOLEAN",
    "problem": "VARCHAR",
}


def _rows(inputs: Mapping[str, Rows]) -> Iterator[Mapping[str, Any]]:
    trusts = {row["arn"]: row.get("trust") for row in inputs["roles"]}
    groups = {(row["account"], row["GroupName"]): row["arn"] for row in inputs["groups"]}
    member = {
        row["arn"]: tuple(
            groups[row["account"], name] for name in row.get("groups") or () if (row["account"], name) in groups
        )
        for row in inputs["users"]
    }
    by_account: dict[str, list[_Subject]] = defaultdict(list)
    for principal in principals(inputs):
        given = permissions(principal)
        subject = _Subject(given, trusts.get(principal.arn), member.get(principal.arn, ()), _possible(given))
        by_account[principal.account].append(subject)
    for account in sorted(by_account):
        yield from escalations(by_account[account])


def _compute(inputs: Mapping[str, Rows]) -> Iterator[Mapping[str, Any]]:
    self_test()
    prove("iam_escalations", _rows)
    yield from _rows(inputs)


IAM_ESCALATIONS = Derived(
    name="iam_escalations",
    description=(
        "Ways in which roles, users and groups can raise their privileges, by all their policies together, Deny and "
        "boundary included: a row for each method. `target`: what it is done to (itself, any role, a named one that "
        "has more). `confined`: only under a condition that confines it. A policy that cannot be read is a row with "
        "`problem` and no method; with a boundary that cannot be read each row has a `problem`, and is no proof."
    ),
    inputs=EFFECTIVE_INPUTS,
    columns=_COLUMNS,
    compute=_compute,
)
