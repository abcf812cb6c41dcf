"""What a principal can do: its statements, those of its groups, every Deny and its permissions boundary together.

An action on a resource is

- denied where no Allow gives it, or a Deny without conditions takes it away, or the boundary does not allow it;
- confined where the only Allows that give it have a condition that confines them, or a Deny leaves only that open;
- allowed otherwise. A condition that says when or from where (MFA, an address, a date) confines nothing, and a Deny
  with such a condition takes nothing away.

Conditions on what is known beforehand (who asks, the service that a role is passed to) are decided, not guessed at.
Service control policies, session policies and policies of resources are not seen here. An unknown name is written with
`STRANGER`: what is allowed on a resource of that name is allowed on any.

Evaluation: IAM User Guide, reference_policies_evaluation-logic_policy-eval-basics.html; boundaries:
access_policies_boundaries.html.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from enum import IntEnum
from functools import lru_cache
from typing import TYPE_CHECKING

from auditor.snapshot.derived.iam_actions import STRANGER
from auditor.snapshot.derived.iam_conditions import Confines, confined_by, is_absolute, names_resources
from auditor.snapshot.derived.policies import Condition, Policy, Principal, Statement, glob

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

_ARN_PARTS = 6
_REGION, _ACCOUNT = 3, 4
_OPERATOR = re.compile(
    r"(?:forallvalues:|foranyvalue:)?(?:string|arn)(not)?(?:equals|equalsignorecase|like)(?:ifexists)?"
)
_FILLINGS = ("", STRANGER, f"{STRANGER}:{STRANGER}/{STRANGER * 7}")


class Effect(IntEnum):
    """How far an action is allowed on a resource; the least of several counts."""

    DENIED = 0
    CONFINED = 1
    ALLOWED = 2


@dataclass(frozen=True, slots=True, eq=False)
class Ground:
    """An Allow statement that gives what was asked for, and the policy that it stands in."""

    policy: Policy
    statement: Statement


@dataclass(frozen=True, slots=True)
class Decision:
    """The answer to one question, with the statements that it rests on (none where it is denied)."""

    effect: Effect
    grounds: tuple[Ground, ...] = ()


@dataclass(frozen=True, slots=True)
class Grant:
    """A resource pattern that an action is allowed on."""

    pattern: str
    effect: Effect
    ground: Ground


@dataclass(frozen=True, slots=True)
class Permissions:
    """A principal's statements, ready for questions."""

    principal: Principal
    allows: tuple[Ground, ...]
    denies: tuple[Ground, ...]
    boundary: Permissions | None
    """None: there is none, or it cannot be read (`boundary_problem`)."""
    problems: tuple[str, ...] = ()
    """What is wrong with policies that could not be read: they may allow, or deny, more than is known."""
    boundary_problem: str | None = None
    known: Mapping[str, str] = field(default_factory=dict)
    """Condition keys, in lower case, whose value in every request of the principal is known."""


def permissions(principal: Principal) -> Permissions:
    """Return what a principal's policies say together, its boundary aside where it cannot be read."""
    edge = principal.boundary
    readable = edge is not None and not edge.problem
    return Permissions(
        principal=principal,
        allows=tuple(_grounds(principal.policies, allows=True)),
        denies=tuple(_grounds(principal.policies, allows=False)),
        boundary=permissions(replace(principal, policies=(edge,), boundary=None)) if edge and readable else None,
        problems=tuple(dict.fromkeys(f"{each.name}: {each.problem}" for each in principal.policies if each.problem)),
        boundary_problem=f"permissions boundary {edge.name}: {edge.problem}" if edge and not readable else None,
        known={
            "aws:principalarn": principal.arn,
            "aws:principalaccount": principal.account,
            "aws:principaltype": "User" if principal.type == "user" else "AssumedRole",
        },
    )


def _grounds(policies: Iterable[Policy], *, allows: bool) -> Iterator[Ground]:
    for policy in policies:
        for statement in policy.statements:
            if statement.allows is allows:
                yield Ground(policy, statement)


# ------------------------------------------------------------------------------------------------------ questions


def decide(
    given: Permissions,
    action: str,
    resource: str,
    *,
    known: Mapping[str, str] | None = None,
    confines: Confines = names_resources,
) -> Decision:
    """Return whether an action is allowed on a resource: an ARN, or `*` for actions that know no resources.

    `known` adds condition keys (in lower case) whose value in the request is certain.
    """
    context = {**given.known, **(known or {})}
    found = _one_side(given, action, resource, context, confines)
    if given.boundary is None or not found.effect:
        return found
    edge = _one_side(given.boundary, action, resource, context, confines)
    effect = min(found.effect, edge.effect)
    return Decision(effect, found.grounds if effect else ())


def _one_side(
    given: Permissions, action: str, resource: str, context: Mapping[str, str], confines: Confines
) -> Decision:
    grounds: dict[Effect, list[Ground]] = {Effect.CONFINED: [], Effect.ALLOWED: []}
    for ground in given.allows:
        effect = _allow(ground.statement, action, resource, context, confines)
        if effect:
            grounds[effect].append(ground)
    best = Effect.ALLOWED if grounds[Effect.ALLOWED] else Effect.CONFINED
    if not grounds[best]:
        return Decision(Effect.DENIED)
    effect = best
    for ground in given.denies:
        effect = min(effect, _left_by(ground.statement, action, resource, context, confines))
    return Decision(effect, tuple(grounds[best]) if effect else ())


def _allow(statement: Statement, action: str, resource: str, context: Mapping[str, str], confines: Confines) -> Effect:
    if not (covers_action(statement, action) and covers_resource(statement, resource)):
        return Effect.DENIED
    condition = decided(statement.condition, context)
    if condition is None:
        return Effect.DENIED
    return Effect.CONFINED if any(confined_by(condition, confines)) else Effect.ALLOWED


def _left_by(
    statement: Statement, action: str, resource: str, context: Mapping[str, str], confines: Confines
) -> Effect:
    """Return what a Deny leaves of an action that something allows."""
    if not (covers_action(statement, action) and covers_resource(statement, resource)):
        return Effect.ALLOWED
    condition = decided(statement.condition, context)
    if condition is None:
        return Effect.ALLOWED
    if not condition:
        return Effect.DENIED
    return Effect.CONFINED if is_absolute(replace(statement, condition=condition), confines) else Effect.ALLOWED


def granted(
    given: Permissions,
    action: str,
    *,
    known: Mapping[str, str] | None = None,
    confines: Confines = names_resources,
) -> list[Grant]:
    """Return the resource patterns that an action is allowed on, narrowed by every Deny and by the boundary.

    Of two patterns that overlap without one containing the other, as of an Allow and a boundary, nothing is left; a
    Deny that takes away a part of a pattern leaves the pattern as it is.
    """
    context = {**given.known, **(known or {})}
    found = _granted(given, action, context, confines)
    if given.boundary is None:
        return found
    edges = _granted(given.boundary, action, context, confines)
    narrowed = (_narrowed(grant, edge.pattern, edge.effect) for grant in found for edge in edges)
    return list(dict.fromkeys(grant for grant in narrowed if grant))


def _granted(given: Permissions, action: str, context: Mapping[str, str], confines: Confines) -> list[Grant]:
    found: list[Grant] = []
    for ground in given.allows:
        statement = ground.statement
        condition = decided(statement.condition, context) if covers_action(statement, action) else None
        if condition is not None:
            effect = Effect.CONFINED if any(confined_by(condition, confines)) else Effect.ALLOWED
            found += (Grant(pattern, effect, ground) for pattern in _patterns(statement))
    for ground in given.denies:
        statement = ground.statement
        condition = decided(statement.condition, context) if found and covers_action(statement, action) else None
        if condition is not None:
            found = [left for grant in found for left in _after(grant, statement, condition, confines)]
    return found


def _patterns(statement: Statement) -> Sequence[str]:
    """Return the patterns that a statement is about; for NotResource everything, unless it leaves out everything."""
    if statement.resources is not None:
        return statement.resources
    return () if any(contains(each, "*") for each in statement.not_resources or ()) else ("*",)


def _after(grant: Grant, deny: Statement, condition: Condition, confines: Confines) -> Iterator[Grant]:
    """Yield what a Deny leaves of a grant."""
    left = Effect.DENIED
    if condition:
        absolute = is_absolute(replace(deny, condition=condition), confines)
        left = Effect.CONFINED if absolute else Effect.ALLOWED
    if deny.resources is not None:
        if any(contains(each, grant.pattern) for each in deny.resources):
            grant = replace(grant, effect=min(grant.effect, left))
        if grant.effect:
            yield grant
        return
    spared = (_narrowed(grant, each, Effect.ALLOWED) for each in deny.not_resources or ())
    yield from [each for each in spared if each]
    if left:
        yield replace(grant, effect=min(grant.effect, left))


def _narrowed(grant: Grant, edge: str, effect: Effect) -> Grant | None:
    least = min(grant.effect, effect)
    if contains(edge, grant.pattern):
        return replace(grant, effect=least)
    return replace(grant, pattern=edge, effect=least) if contains(grant.pattern, edge) else None


def places(given: Permissions, action: str, part: int = _REGION) -> set[str]:
    """Return the regions (or, part 4, accounts) that Allows of an action name, and `STRANGER` for any other."""
    found = {STRANGER}
    for ground in given.allows:
        if covers_action(ground.statement, action):
            for pattern in ground.statement.resources or ():
                parts = pattern.split(":", _ARN_PARTS - 1)
                if len(parts) == _ARN_PARTS and parts[part] and not set(parts[part]) & {"*", "?"}:
                    found.add(parts[part])
    return found


def accounts(given: Permissions, action: str) -> set[str]:
    """Return the accounts that Allows of an action name, and `STRANGER` for any other."""
    return places(given, action, _ACCOUNT)


# ------------------------------------------------------------------------------------------------------- matching


def covers_action(statement: Statement, action: str) -> bool:
    """Tell whether a statement is about an action."""
    if statement.actions is not None:
        return _names(statement.actions, action)
    return not _names(statement.not_actions or (), action)


def covers_resource(statement: Statement, resource: str) -> bool:
    """Tell whether a statement is about a resource."""
    if statement.resources is not None:
        return any(glob(pattern)(resource) for pattern in statement.resources)
    return not any(glob(pattern)(resource) for pattern in statement.not_resources or ())


@lru_cache(maxsize=65_536)
def _names(patterns: tuple[str, ...], action: str) -> bool:
    service = action.partition(":")[0].lower()
    return any(_may_name(pattern, service) and glob(pattern)(action) for pattern in patterns)


def _may_name(pattern: str, service: str) -> bool:
    """Tell cheaply whether a pattern can be about a service at all."""
    named = pattern.partition(":")[0].lower()
    return named == service or "*" in named or "?" in named


@lru_cache(maxsize=65_536)
def contains(outer: str, inner: str) -> bool:
    """Tell whether everything that the pattern `inner` means is meant by `outer` too."""
    matches = glob(outer)
    return all(matches(inner.replace("*", filling).replace("?", STRANGER)) for filling in _FILLINGS)


def decided(condition: Condition, known: Mapping[str, str]) -> Condition | None:
    """Return a condition without what is known to be true; None where something in it is known to be false."""
    if not condition:
        return condition
    left: dict[str, Mapping[str, tuple[str, ...]]] = {}
    for operator, keys in condition.items():
        match = _OPERATOR.fullmatch(operator.lower())
        rest = dict(keys)
        for key, values in keys.items():
            if match is None or key.lower() not in known or any("${" in value for value in values):
                continue
            told = any(glob(value)(known[key.lower()]) for value in values)
            if told is bool(match[1]):
                return None
            del rest[key]
        if rest:
            left[operator] = rest
    return left
