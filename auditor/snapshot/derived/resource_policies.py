"""Resource policies (of KMS keys, secrets), read: their statements, and whom they let in (KMS-02, SEC-06).

Principals: IAM User Guide, reference_policies_elements_principal.html. Key policies: KMS Developer Guide,
key-policy-overview.html; its condition keys: policy-conditions.html. What a policy does not grant is left out:
statements about other resources, and principals from whom a Deny without conditions takes everything away again. A Deny
of some of it leaves the grant what it is.

To read another service's policies, add its SELECT to `_POLICIES`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from auditor.model import Derived, Rows
from auditor.snapshot.derived.iam_actions import STRANGER, all_meant, universe
from auditor.snapshot.derived.iam_conditions import confined_by, is_absolute
from auditor.snapshot.derived.policies import MalformedError, Statement, glob, parse

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

_POLICIES = {
    "kms": "select account, region, arn, KeyPolicy as policy from kms_keys where KeyPolicy is not null",
    "secretsmanager": (
        "select account, region, arn, ResourcePolicy as policy from secretsmanager_secrets "
        "where ResourcePolicy is not null"
    ),
}
"""IAM prefix -> the policies of its resources."""

_ACCOUNT = re.compile(r"[0-9]{12}")
_ROOT = re.compile(r"arn:aws(?:-[a-z]+)*:iam::([0-9]{12}):root")
_NAMED = re.compile(r"arn:aws(?:-[a-z]+)*:(?:iam|sts)::([0-9]{12}):(role|user|assumed-role|federated-user)/[^*?]+")
_SOME_NAMED = re.compile(r"arn:aws(?:-[a-z]+)*:(?:iam|sts)::[0-9]{12}:(?:role|user|assumed-role)/[^*?].*")
_UNIQUE_ID = re.compile(r"A[A-Z]{3}[A-Z0-9]{12,}")
_NETWORK = re.compile(r"(vpc|vpce)-[0-9a-f]+")

# Condition keys that say who calls, or for whom a service calls: IAM User Guide,
# reference_policies_condition-keys.html; KMS Developer Guide, conditions-kms.html. kms:ViaService says through which
# service a call comes, and that is open to anybody.
_ORGANIZATIONS = frozenset({"aws:principalorgid", "aws:principalorgpaths", "aws:sourceorgid", "aws:sourceorgpaths"})
_ACCOUNTS = frozenset({"aws:principalaccount", "aws:sourceaccount", "aws:sourceowner", "kms:calleraccount"})
_ARNS = frozenset({"aws:principalarn", "aws:sourcearn"})
_NETWORKS = frozenset({"aws:sourcevpc", "aws:sourcevpce"})

_LEVELS = ("named principals", "account", "organization", "another account", "network")
"""What a condition may confine a grant to, narrowest first; what is confined to one is within the wider ones."""


@dataclass(frozen=True, slots=True)
class _Owned:
    """A resource whose policy is read."""

    service: str
    arn: str
    account: str


# -------------------------------------------------------------------------------------------------- principals


def _admitted(statement: Statement) -> list[tuple[str, str, str | None]]:
    """Return (as written, kind, account) of each principal of a statement; NotPrincipal lets in everybody else."""
    if statement.principals is not None:
        return [_identify(kind, text) for kind, texts in statement.principals.items() for text in texts]
    text = ", ".join(each for texts in (statement.not_principals or {}).values() for each in texts)
    return [(f"everyone but {text}", "any", None)]


def _identify(kind: str, text: str) -> tuple[str, str, str | None]:
    """Return (as written, kind, account) of a principal that stands under `AWS`, `Service` and so on."""
    if text == "*":
        return text, "any", None
    if kind != "AWS":
        return text, kind.lower(), None
    root = _ROOT.fullmatch(text)
    if root or _ACCOUNT.fullmatch(text):
        return text, "account", root[1] if root else text
    named = _NAMED.fullmatch(text)
    if named:
        return text, named[2], named[1]
    return text, "deleted" if _UNIQUE_ID.fullmatch(text) else "malformed", None


def _denied(deny: Statement, text: str, kind: str, account: str | None) -> bool:
    """Tell whether a Deny is about a principal, its actions and conditions aside."""
    if deny.principals is None:
        exempt = {each for texts in (deny.not_principals or {}).values() for each in texts}
        return kind != "any" and not exempt & {text, account}
    denied = {each for texts in deny.principals.values() for each in texts}
    if "*" in denied or text in denied:
        return True
    return account is not None and any(_of_account(each, account) for each in denied)


def _of_account(text: str, account: str) -> bool:
    root = _ROOT.fullmatch(text)
    return text == account or (root is not None and root[1] == account)


# -------------------------------------------------------------------------------------------------- conditions


def _meaning(account: str, key: str, value: str) -> str | None:
    """Return the level that a condition value confines to, None where it confines to nothing."""
    if key in _ORGANIZATIONS:
        return "organization" if re.match(r"o-[a-z0-9]", value) else None
    if key in _NETWORKS:
        return "network" if _NETWORK.fullmatch(value) else None
    if key in _ACCOUNTS:
        owner = value
    elif key in _ARNS:
        owner = (value.split(":") + [""] * 5)[4]
    else:
        return None
    if not _ACCOUNT.fullmatch(owner):
        named = key == "aws:sourcearn" and not owner and re.fullmatch(r"arn:[^*?:]+:[^*?:]+:[^*?:]*::[^*?].*", value)
        return "another account" if named else None
    if owner != account:
        return "another account"
    return "named principals" if key == "aws:principalarn" and _SOME_NAMED.fullmatch(value) else "account"


def _confines(account: str, levels: Sequence[str], key: str, value: str) -> bool:
    return _meaning(account, key, value) in levels


def _confined_to(allow: Statement, denies: Sequence[Statement], account: str) -> str | None:
    """Return the narrowest level that the conditions of an Allow, and those of Denies round it, confine it to."""
    if any(not deny.condition and deny.principals is None for deny in denies):
        return "named principals"
    for position, level in enumerate(_LEVELS):
        within = partial(_confines, account, _LEVELS[: position + 1])
        if any(confined_by(allow.condition, within)):
            return level
        if any(deny.condition and is_absolute(deny, within) for deny in denies):
            return level
    return None


# ------------------------------------------------------------------------------------------------------- grants


def _actions(statement: Statement, service: str) -> int:
    """Return the service's actions that a statement is about, as a set of bits."""
    whole = universe().services[service]
    if statement.actions is not None:
        return all_meant(statement.actions) & whole
    return whole & ~all_meant(statement.not_actions or ())


def _is_everything(statement: Statement, service: str) -> bool:
    """Tell whether a statement is about every action, those to come included, or every one but a few (NotAction)."""
    unheard_of = f"{service}:{STRANGER}"
    if statement.actions is None:
        return not any(glob(pattern)(unheard_of) for pattern in statement.not_actions or ())
    if any(glob(pattern)(unheard_of) for pattern in statement.actions):
        return True
    return _actions(statement, service) == universe().services[service]


def _applies(statement: Statement, arn: str) -> bool:
    if statement.not_resources is not None:
        return not any(glob(pattern)(arn) for pattern in statement.not_resources)
    return statement.resources is None or any(glob(pattern)(arn) for pattern in statement.resources)


def _grants(document: object, owned: _Owned) -> Iterator[Mapping[str, Any]]:
    """Yield a row for each principal of each Allow. Raises MalformedError."""
    relevant = [each for each in parse(document) if _applies(each, owned.arn) and _actions(each, owned.service)]
    for statement in relevant:
        if (statement.principals is None) == (statement.not_principals is None):
            raise MalformedError(f"statement {statement.position + 1}: there must be Principal or NotPrincipal")
    denies = [each for each in relevant if not each.allows]
    for allow in relevant:
        for text, kind, account in _admitted(allow) if allow.allows else ():
            row = _grant(allow, denies, owned, (text, kind, account))
            if row is not None:
                yield row


def _grant(
    allow: Statement, denies: Sequence[Statement], owned: _Owned, principal: tuple[str, str, str | None]
) -> Mapping[str, Any] | None:
    """Return the columns of one principal of an Allow; None where a Deny takes it away."""
    granted = _actions(allow, owned.service)
    covering = [each for each in denies if not granted & ~_actions(each, owned.service)]
    if any(not each.condition and _denied(each, *principal) for each in covering):
        return None
    text, kind, account = principal
    # For everybody a Deny counts that everybody is subject to, or everybody but those that it names.
    around = [each for each in covering if _denied(each, *principal) or (kind == "any" and each.principals is None)]
    confined_to = _confined_to(allow, around, owned.account)
    return {
        "statement": allow.sid or str(allow.position + 1),
        "principal": text,
        "kind": kind,
        "principal_account": account,
        "grants_everything": _is_everything(allow, owned.service),
        "conditions": sorted({key for keys in allow.condition.values() for key in keys}),
        "confined_to": confined_to,
    }


# --------------------------------------------------------------------------------------------------------- rows

_OWNER = {"arn": "VARCHAR", "account": "VARCHAR", "region": "VARCHAR", "service": "VARCHAR"}
_GRANT_COLUMNS = {
    **_OWNER,
    "statement": "VARCHAR",
    "principal": "VARCHAR",
    "kind": "VARCHAR",
    "principal_account": "VARCHAR",
    "grants_everything": "BOOLEAN",
    "conditions": "VARCHAR[]",
    "confined_to": "VARCHAR",
    "problem": "VARCHAR",
}
_STATEMENT_COLUMNS = {
    **_OWNER,
    "position": "BIGINT",
    "sid": "VARCHAR",
    "effect": "VARCHAR",
    "principals": "JSON",
    "not_principals": "JSON",
    "actions": "VARCHAR[]",
    "not_actions": "VARCHAR[]",
    "resources": "VARCHAR[]",
    "not_resources": "VARCHAR[]",
    "condition": "JSON",
    "problem": "VARCHAR",
}


def _owners(inputs: Mapping[str, Rows]) -> Iterator[tuple[Mapping[str, Any], _Owned, object]]:
    for service in _POLICIES:
        for row in inputs[service]:
            owned = _Owned(service, row["arn"], row["account"])
            place = {"arn": row["arn"], "account": row["account"], "region": row["region"], "service": service}
            yield place, owned, row["policy"]


def _compute_grants(inputs: Mapping[str, Rows]) -> Iterator[Mapping[str, Any]]:
    for place, owned, document in _owners(inputs):
        try:
            rows = list(_grants(document, owned))
        except MalformedError as error:
            yield {**dict.fromkeys(_GRANT_COLUMNS), **place, "problem": f"the policy cannot be read: {error}"}
            continue
        yield from ({**place, **row, "problem": None} for row in rows)


def _compute_statements(inputs: Mapping[str, Rows]) -> Iterator[Mapping[str, Any]]:
    for place, _, document in _owners(inputs):
        try:
            statements = parse(document)
        except MalformedError as error:
            yield {**dict.fromkeys(_STATEMENT_COLUMNS), **place, "problem": f"the policy cannot be read: {error}"}
            continue
        yield from ({**place, **_columns(statement), "problem": None} for statement in statements)


def _columns(statement: Statement) -> Mapping[str, Any]:
    return {
        "position": statement.position,
        "sid": statement.sid,
        "effect": "Allow" if statement.allows else "Deny",
        "principals": _lists(statement.principals),
        "not_principals": _lists(statement.not_principals),
        "actions": _lower(statement.actions),
        "not_actions": _lower(statement.not_actions),
        "resources": None if statement.resources is None else list(statement.resources),
        "not_resources": None if statement.not_resources is None else list(statement.not_resources),
        "condition": {operator: _lists(keys) for operator, keys in statement.condition.items()} or None,
    }


def _lists(texts: Mapping[str, tuple[str, ...]] | None) -> Mapping[str, list[str]] | None:
    return None if texts is None else {name: list(values) for name, values in texts.items()}


def _lower(actions: tuple[str, ...] | None) -> list[str] | None:
    return None if actions is None else [action.lower() for action in actions]


RESOURCE_POLICY_STATEMENTS = Derived(
    name="resource_policy_statements",
    description=(
        "Statements of the resource policies of KMS keys and secrets. Actions are in lower case, single values are "
        "lists. A policy that cannot be read is one row with `problem`. A check that reads this table names the "
        "policy's own column too, so that it is collected."
    ),
    inputs=_POLICIES,
    columns=_STATEMENT_COLUMNS,
    compute=_compute_statements,
    lookup=True,
)

RESOURCE_POLICY_GRANTS = Derived(
    name="resource_policy_grants",
    description=(
        "Whom the resource policies of KMS keys and secrets let in: a row for each principal of each Allow that no "
        "Deny takes away. `kind`: any, account, role, user, assumed-role, federated-user, service, federated, "
        "canonicaluser, deleted or malformed. `grants_everything`: every action of the service, or all but a few. "
        "`confined_to`: the narrowest of named principals, account (the resource's own), organization, another "
        "account and network that conditions confine it to; NULL where they confine it to nothing. A policy that "
        "cannot be read is one row with `problem`. A check that reads this table names the policy's own column too."
    ),
    inputs=_POLICIES,
    columns=_GRANT_COLUMNS,
    compute=_compute_grants,
    lookup=True,
)
