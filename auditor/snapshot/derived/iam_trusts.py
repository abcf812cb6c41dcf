"""Whom the trust policies of roles let in, and what is wrong with that (IAM-03).

Principals: IAM User Guide, reference_policies_elements_principal.html. The confused deputy: confused-deputy.html. What
does not let anybody in is left out: statements without an action that assumes a role (sts:TagSession,
sts:SetSourceIdentity), and principals that a Deny takes away again.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from auditor.model import Derived, Rows
from auditor.snapshot.derived.iam_conditions import Confines, confined_by, is_absolute, is_anything
from auditor.snapshot.derived.policies import MalformedError, Statement, glob, parse

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

_ASSUMING = ("sts:AssumeRole", "sts:AssumeRoleWithSAML", "sts:AssumeRoleWithWebIdentity")
_WORKLOADS = re.compile(r"(lambda|ecs-tasks|ec2|states|events|scheduler|pods\.eks)(\.[a-z]{2}(-[a-z]+)+-\d+)?")
_SERVICE = re.compile(r"[a-z0-9-]+(\.[a-z0-9-]+)*\.(amazonaws\.com(\.cn)?|aws\.internal|c2s\.ic\.gov|sc2s\.sgov\.gov)")
_HOST = re.compile(r"[a-z0-9-]+(\.[a-z0-9-]+)+(/\S*)?", re.IGNORECASE)
_ACCOUNT = re.compile(r"[0-9]{12}")
_UNIQUE_ID = re.compile(r"A[A-Z]{3}[A-Z0-9]{12,}")
_CANONICAL = re.compile(r"[0-9a-f]{64}")
_PARTITION = re.compile(r"aws(-[a-z]+)*")

# Keys that say which organization a caller, or the one on whose behalf a service calls, belongs to.
_ORGANIZATION = frozenset({"aws:principalorgid", "aws:principalorgpaths", "aws:sourceorgid", "aws:sourceorgpaths"})
_CALLERS = frozenset({"aws:principalarn", "aws:principalaccount"})
_SOURCES = frozenset({"aws:sourcearn", "aws:sourceaccount"})
_UNGUARDED = "without sts:ExternalId or an organization condition"


@dataclass(frozen=True, slots=True)
class _Known:
    """What exists in the account of a role: ARNs of roles and users, and names of roles, in lower case."""

    arns: frozenset[str]
    role_names: frozenset[str]


@dataclass(frozen=True, slots=True)
class _Named:
    """A principal as written, and what it is."""

    text: str
    kind: str
    account: str | None = None
    """The account that it belongs to; None where that cannot be told."""
    problem: str | None = None


# -------------------------------------------------------------------------------------------------- principals


def _identify(kind: str, text: str) -> _Named:
    """Return what a principal of a statement is: `kind` is the key that it stands under."""
    if kind == "AWS":
        return _identify_aws(text)
    if kind == "Service":
        good = _SERVICE.fullmatch(text) is not None
        return _Named(text, "service") if good else _malformed(text, "not the name of a service (….amazonaws.com)")
    if kind == "Federated":
        return _identify_provider(text)
    if kind == "CanonicalUser" and _CANONICAL.fullmatch(text):
        return _Named(text, "canonical")
    return _malformed(text, f"{kind} is no kind of principal" if kind != "CanonicalUser" else "no canonical user id")


def _malformed(text: str, problem: str) -> _Named:
    return _Named(text, "malformed", None, problem)


def _identify_aws(text: str) -> _Named:
    if text == "*":
        return _Named(text, "any")
    if _ACCOUNT.fullmatch(text):
        return _Named(text, "account", text)
    if _UNIQUE_ID.fullmatch(text):
        return _Named(text, "deleted", None, "the id of a principal that has been deleted")
    if text.startswith("arn:"):
        return _identify_arn(text)
    return _malformed(text, "no account, role, user, service or provider")


def _identify_arn(text: str) -> _Named:
    parts = text.split(":", 5)
    if len(parts) < 6 or not _PARTITION.fullmatch(parts[1]):  # noqa: PLR2004 - an ARN has six parts
        return _malformed(text, "not a well-formed ARN")
    _, _, service, region, account, resource = parts
    kind = _kind(service, resource)
    if region or not kind:
        what = f"an ARN of {service}" if service not in {"iam", "sts"} else f"an ARN of {service} of another kind"
        return _malformed(text, f"{what}, no account, role, user, service or provider")
    if not _ACCOUNT.fullmatch(account):
        return _malformed(text, f"{account!r} is no account id" if account else "the ARN names no account")
    if "*" in resource or "?" in resource:
        return _malformed(text, "wildcards are not allowed in the ARN of a principal")
    return _Named(text, kind, account)


def _kind(service: str, resource: str) -> str | None:
    if (service, resource) == ("iam", "root"):
        return "account"
    prefix, slash, name = resource.partition("/")
    kinds = {"iam": ("role", "user"), "sts": ("assumed-role", "federated-user")}.get(service, ())
    if prefix not in kinds or not slash or not name:
        return None
    return "federated" if prefix == "federated-user" else prefix


def _identify_provider(text: str) -> _Named:
    if text == "*":
        return _Named(text, "any")
    match = re.fullmatch(r"arn:aws(?:-[a-z]+)*:iam::([0-9]{12}):(?:saml|oidc)-provider/[^*?]+", text)
    if match:
        return _Named(text, "federated", match[1])
    if _HOST.fullmatch(text):
        return _Named(text, "federated")  # Cognito, Google, Facebook and Amazon stand there by their host name
    return _malformed(text, "no identity provider")


# ------------------------------------------------------------------------------------------------------ guards


def _guards_foreign(key: str, value: str) -> bool:
    return (key == "sts:externalid" and not is_anything(value)) or _names_organization(key, value)


def _names_organization(key: str, value: str) -> bool:
    return key in _ORGANIZATION and re.match(r"o-[a-z0-9]", value) is not None


def _guards_any(account: str) -> Confines:
    """Return what tells whether a condition confines `*`: to an organization, to the account, to a source."""

    def confines(key: str, value: str) -> bool:
        if key in _CALLERS:
            return (value.split(":")[4:5] == [account]) if value.startswith("arn:") else value == account
        if key in _SOURCES:
            return _names_source(value)
        return _names_organization(key, value)

    return confines


def _names_caller(key: str, value: str) -> bool:
    """Tell whether a condition on the caller names its account, be it another one."""
    owner = value.split(":")[4:5] if value.startswith("arn:") else [value]
    return key in _CALLERS and bool(owner) and _ACCOUNT.fullmatch(owner[0]) is not None


def _names_source(value: str) -> bool:
    """Tell whether a source is one account, or a resource that is not anybody's."""
    if not value.startswith("arn:"):
        return _ACCOUNT.fullmatch(value) is not None
    parts = value.split(":", 5)
    owner, resource = (parts[4], parts[5]) if len(parts) == 6 else ("*", "")  # noqa: PLR2004 - an ARN has six parts
    return bool(_ACCOUNT.fullmatch(owner)) or (not owner and resource[:1] not in {"", "*", "?"})


# ---------------------------------------------------------------------------------------------------- statements


def _assumes(statement: Statement) -> frozenset[str]:
    """Return the ways of assuming a role that a statement is about."""
    patterns = statement.actions if statement.actions is not None else statement.not_actions
    named = {action for action in _ASSUMING if any(glob(pattern)(action) for pattern in patterns or ())}
    return frozenset(named if statement.actions is not None else set(_ASSUMING) - named)


def _admitted(statement: Statement) -> list[_Named]:
    if statement.principals is not None:
        return [_identify(kind, text) for kind, texts in statement.principals.items() for text in texts]
    text = ", ".join(each for texts in (statement.not_principals or {}).values() for each in texts)
    return [_Named(f"everyone but {text}", "any")]


def _denies(deny: Statement, named: _Named, ways: frozenset[str]) -> bool:
    """Tell whether a Deny, its conditions aside, takes away all of a principal's ways in."""
    if not ways <= _assumes(deny):
        return False
    if deny.principals is None:
        exempt = {each for texts in (deny.not_principals or {}).values() for each in texts}
        return named.text not in exempt
    denied = {each for texts in deny.principals.values() for each in texts}
    account_wide = named.account is not None and named.kind != "federated" and _account_names(named.account) & denied
    return named.text in denied or "*" in deny.principals.get("AWS", ()) or bool(account_wide)


def _account_names(account: str) -> set[str]:
    return {account, *(f"arn:{partition}:iam::{account}:root" for partition in ("aws", "aws-cn", "aws-us-gov"))}


def _judge(
    named: _Named, allow: Statement, denies: Sequence[Statement], account: str, known: _Known
) -> Mapping[str, Any] | None:
    """Return the columns of one principal of an Allow; None where a Deny takes it away."""
    covering = [deny for deny in denies if _denies(deny, named, _assumes(allow))]
    if any(not deny.condition and (named.kind != "any" or deny.not_principals is None) for deny in covering):
        return None
    if named.kind == "any":
        guard = _guard_of_any(allow, covering, account)
    elif named.kind == "service":
        guard = _guard(allow, covering, _guards_any(account))
    else:
        guard = _guard(allow, covering, _guards_foreign)
    # Where the account cannot be told (a canonical user, or a principal that is none) that is NULL.
    foreign = (
        named.account != account
        if named.account
        else {"any": True, "service": False, "federated": False}.get(named.kind)
    )
    return {
        "principal": named.text,
        "kind": named.kind,
        "foreign": foreign,
        "guarded": bool(guard),
        "guard": guard,
        "problem": _problem(named, foreign=foreign, guard=guard, account=account, known=known),
    }


def _guard(allow: Statement, denies: Iterable[Statement], confines: Confines) -> str | None:
    """Return the condition keys that guard an Allow, be it through a Deny unless they hold."""
    keys = list(confined_by(allow.condition, confines))
    for deny in denies:
        if deny.condition and is_absolute(deny, confines):
            keys += [key for operands in deny.condition.values() for key in operands]
    return ", ".join(dict.fromkeys(keys)) or None


def _guard_of_any(allow: Statement, denies: Sequence[Statement], account: str) -> str | None:
    if any(not deny.condition and deny.not_principals is not None for deny in denies):
        return "Deny with NotPrincipal"
    own = _guard(allow, denies, _guards_any(account))
    caller = _guard(allow, denies, _names_caller)
    external = _guard(allow, denies, _guards_foreign)
    return own or (f"{caller}, {external}" if caller and external else None)


def _problem(named: _Named, *, foreign: bool | None, guard: str | None, account: str, known: _Known) -> str | None:
    problem = named.problem
    if problem is None and named.account == account and not _exists(named, known):
        problem = f"no such {named.kind.removeprefix('assumed-')} exists in the account"
    elif named.kind == "any" and not guard:
        problem = "anyone may assume the role, no condition confines it"
    elif named.kind == "canonical" and not guard:
        problem = f"an account that cannot be told, {_UNGUARDED}"
    elif foreign and named.kind == "federated":
        problem = f"an identity provider of another account ({named.account})"
    elif foreign and named.account and not guard:
        problem = f"another account ({named.account}), {_UNGUARDED}"
    return problem


def _exists(named: _Named, known: _Known) -> bool:
    if named.kind in {"role", "user"}:
        return named.text.lower() in known.arns
    if named.kind == "assumed-role":
        return named.text.split("/")[1].lower() in known.role_names
    return True


# -------------------------------------------------------------------------------------------------------- rows

_COLUMNS = {
    "arn": "VARCHAR",
    "account": "VARCHAR",
    "principal": "VARCHAR",
    "kind": "VARCHAR",
    "foreign": "BOOLEAN",
    "guarded": "BOOLEAN",
    "guard": "VARCHAR",
    "problem": "VARCHAR",
    "sound": "BOOLEAN",
}


def _compute_trusts(inputs: Mapping[str, Rows]) -> Iterator[Mapping[str, Any]]:
    known = _known(inputs)
    nothing = _Known(frozenset(), frozenset())
    for role in inputs["roles"]:
        owner = {"arn": role["arn"], "account": role["account"]}
        try:
            found = _trusts(role["trust"], role["account"], known.get(role["account"], nothing))
        except MalformedError:
            yield {**dict.fromkeys(_COLUMNS), **owner, "principal": "", "kind": "malformed document"}
            continue
        for row in found:
            yield {**owner, **row, "sound": row["problem"] is None}


def _known(inputs: Mapping[str, Rows]) -> Mapping[str, _Known]:
    arns: dict[str, set[str]] = {}
    names: dict[str, set[str]] = {}
    for row in (*inputs["roles"], *inputs["users"]):
        arns.setdefault(row["account"], set()).add(row["arn"].lower())
    for row in inputs["roles"]:
        names.setdefault(row["account"], set()).add(row["arn"].rsplit("/", 1)[-1].lower())
    return {account: _Known(frozenset(arns[account]), frozenset(names.get(account, ()))) for account in arns}


def _trusts(document: object, account: str, known: _Known) -> Iterable[Mapping[str, Any]]:
    """Return a row for each principal that is let in; of several statements the one with a problem counts."""
    found: dict[tuple[str, str], Mapping[str, Any]] = {}
    allows, denies = _statements(document)
    for allow in allows:
        for named in _admitted(allow):
            row = _judge(named, allow, denies, account, known)
            if row is None:
                continue
            before = found.get((named.kind, named.text))
            if before is None or (row["problem"] and not before["problem"]):
                found[named.kind, named.text] = row
    return found.values()


def _statements(document: object) -> tuple[list[Statement], list[Statement]]:
    """Return (what allows, what denies) assuming the role."""
    relevant = [statement for statement in parse(document) if _assumes(statement)]
    for statement in relevant:
        if (statement.principals is None) == (statement.not_principals is None):
            raise MalformedError(f"statement {statement.position + 1}: there must be Principal or NotPrincipal")
    return [each for each in relevant if each.allows], [each for each in relevant if not each.allows]


def admitted_services(document: object) -> list[str]:
    """Return the service principals that a trust policy lets in, sorted. Raises MalformedError."""
    allows, denies = _statements(document)
    return sorted(
        {
            named.text
            for allow in allows
            for named in _admitted(allow)
            if named.kind == "service"
            and not any(not deny.condition and _denies(deny, named, _assumes(allow)) for deny in denies)
        }
    )


def admits(document: object, arn: str, account: str) -> bool:
    """Tell whether a trust policy lets a role or user in, be it with its whole account. Raises MalformedError.

    Conditions of an Allow are taken to hold: who is let in can mostly meet them, as by giving an ExternalId.
    """
    allows, denies = _statements(document)
    caller = _Named(arn, "caller", account)
    named = {"*", arn, *_account_names(account)}
    return any(
        each.text in named
        and not any(not deny.condition and _denies(deny, caller, frozenset({_ASSUMING[0]})) for deny in denies)
        for allow in allows
        if _ASSUMING[0] in _assumes(allow)
        for each in _admitted(allow)
    )


def is_workload(document: object) -> bool | None:
    """Tell whether a role is a workload role (register, "Words used throughout"); None: the policy is malformed."""
    try:
        services = admitted_services(document)
    except MalformedError:
        return None
    return any(_WORKLOADS.fullmatch(re.sub(r"\.amazonaws\.com(\.cn)?$", "", service)) for service in services)


def _compute_workloads(inputs: Mapping[str, Rows]) -> Iterator[Mapping[str, Any]]:
    for role in inputs["roles"]:
        workload = is_workload(role["trust"])
        services = None if workload is None else admitted_services(role["trust"])
        yield {"arn": role["arn"], "account": role["account"], "services": services, "is_workload": workload}


_ROLES = "select account, arn, AssumeRolePolicyDocument as trust from iam_roles"

IAM_TRUSTS = Derived(
    name="iam_trusts",
    description=(
        "Principals that the trust policies of roles let in, a row each; none for a role that nobody may assume. "
        "`problem` is NULL where all is well; `sound` says the same as true or false. A trust policy that cannot be "
        "read is one row of kind `malformed document`, with neither: `sound` is NULL, hence unknown."
    ),
    inputs={"roles": _ROLES, "users": "select account, arn from iam_users"},
    columns=_COLUMNS,
    compute=_compute_trusts,
)

WORKLOAD_ROLES = Derived(
    name="workload_roles",
    description=(
        "Every role, the service principals that its trust policy lets in, and whether that makes it a workload role "
        "(lambda, ecs-tasks, ec2, states, events, scheduler, pods.eks). NULL where the trust policy cannot be read."
    ),
    inputs={"roles": _ROLES},
    columns={"arn": "VARCHAR", "account": "VARCHAR", "services": "VARCHAR[]", "is_workload": "BOOLEAN"},
    compute=_compute_workloads,
)
