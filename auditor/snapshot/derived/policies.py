"""Policy documents as IAM stores them, normalised: statements, wildcards, and what is attached to a principal.

Grammar: IAM User Guide, "Grammar of the IAM JSON policy language" (reference_policies_grammar.html).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

import orjson

if TYPE_CHECKING:
    from auditor.model import Rows

Condition = Mapping[str, Mapping[str, tuple[str, ...]]]
"""Operator -> condition key -> values, as written."""

_ELEMENTS = ("Action", "NotAction", "Resource", "NotResource")
_ALL_STATEMENT = {"Effect": "Allow", "Action": "*", "Resource": "*"}
# The AWS managed policies whose documents are known here; of the others the account's own collection tells nothing.
KNOWN_AWS_POLICIES: Mapping[str, Mapping[str, Any]] = {
    "AdministratorAccess": {"Version": "2012-10-17", "Statement": [_ALL_STATEMENT]},
    "AWSDenyAll": {"Version": "2012-10-17", "Statement": [{**_ALL_STATEMENT, "Effect": "Deny"}]},
}


class MalformedError(ValueError):
    """A policy document that does not follow the grammar, so that nothing may be concluded from it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """One statement, with scalars as tuples; None where the element is absent."""

    position: int
    """From 0, in the order of the document."""
    sid: str | None
    allows: bool
    """False: it denies."""
    actions: tuple[str, ...] | None
    not_actions: tuple[str, ...] | None
    resources: tuple[str, ...] | None
    not_resources: tuple[str, ...] | None
    principals: Mapping[str, tuple[str, ...]] | None
    """Kind (`AWS`, `Service`, …) -> names; `"*"` is {"AWS": ("*",)}."""
    not_principals: Mapping[str, tuple[str, ...]] | None
    condition: Condition


@dataclass(frozen=True, slots=True)
class Policy:
    """A policy as attached to a principal; `statements` is empty where `problem` is set."""

    name: str
    arn: str | None
    kind: str
    """inline, customer_managed or aws_managed."""
    via: str
    """ARN of the group that it comes through, or empty."""
    statements: tuple[Statement, ...]
    problem: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Principal:
    """A role, user or group with everything that is attached to it."""

    arn: str
    account: str
    type: str
    policies: tuple[Policy, ...]
    boundary: Policy | None


# -------------------------------------------------------------------------------------------------- documents


def parse(document: object) -> tuple[Statement, ...]:
    """Return the statements of a policy document: an object, JSON text, or URL-encoded JSON text.

    Raises MalformedError where the document does not follow the grammar.
    """
    decoded = _decoded(document)
    if not isinstance(decoded, Mapping):
        raise MalformedError("the document is no JSON object")
    statements = _element(decoded, "Statement")
    if isinstance(statements, Mapping):
        statements = [statements]
    if not isinstance(statements, Sequence) or isinstance(statements, str):
        raise MalformedError("the document has no statements")
    return tuple(_statement(position, statement) for position, statement in enumerate(statements))


def _decoded(document: object) -> object:
    if not isinstance(document, str):
        return document
    for text in (document, unquote(document)):
        try:
            return orjson.loads(text)
        except orjson.JSONDecodeError:
            continue
    raise MalformedError("the document is no JSON")


def _element(source: Mapping[str, Any], name: str) -> Any:  # noqa: ANN401 - JSON of whatever form
    """Return an element, whatever the letter case of its name; None where it is absent."""
    found = [value for key, value in source.items() if key.lower() == name.lower()]
    if len(found) > 1:
        raise MalformedError(f"{name} stands there twice")
    return found[0] if found else None


def _statement(position: int, source: object) -> Statement:
    if not isinstance(source, Mapping):
        raise MalformedError(f"statement {position + 1} is no object")
    where = f"statement {position + 1}"
    effect = str(_element(source, "Effect")).lower()
    if effect not in ("allow", "deny"):
        raise MalformedError(f"{where}: Effect is neither Allow nor Deny")
    actions, not_actions, resources, not_resources = (_strings(source, name, where) for name in _ELEMENTS)
    if (actions is None) == (not_actions is None):
        raise MalformedError(f"{where}: there must be either Action or NotAction")
    if resources is not None and not_resources is not None:
        raise MalformedError(f"{where}: there are both Resource and NotResource")
    sid = _element(source, "Sid")
    return Statement(
        position=position,
        sid=None if sid is None else str(sid),
        allows=effect == "allow",
        actions=actions,
        not_actions=not_actions,
        resources=resources,
        not_resources=not_resources,
        principals=_principals(source, "Principal", where),
        not_principals=_principals(source, "NotPrincipal", where),
        condition=_condition(_element(source, "Condition"), where),
    )


def _strings(source: Mapping[str, Any], name: str, where: str) -> tuple[str, ...] | None:
    value = _element(source, name)
    if value is None:
        return None
    values = (value,) if isinstance(value, str) else value
    if not isinstance(values, Sequence) or not all(isinstance(each, str) for each in values):
        raise MalformedError(f"{where}: {name} is neither text nor a list of texts")
    return tuple(values)


def _principals(source: Mapping[str, Any], name: str, where: str) -> Mapping[str, tuple[str, ...]] | None:
    value = _element(source, name)
    if value is None:
        return None
    if isinstance(value, str):
        return {"AWS": (value,)}
    if not isinstance(value, Mapping):
        raise MalformedError(f"{where}: {name} is neither text nor an object")
    return {str(kind): _strings(value, kind, f"{where}: {name}") or () for kind in value}


def _condition(source: object, where: str) -> Condition:
    if source is None:
        return {}
    if not isinstance(source, Mapping) or not all(isinstance(keys, Mapping) for keys in source.values()):
        raise MalformedError(f"{where}: Condition is no object of objects")
    return {
        str(operator): {str(key): _condition_values(values, where) for key, values in keys.items()}
        for operator, keys in source.items()
    }


def _condition_values(source: object, where: str) -> tuple[str, ...]:
    values = source if isinstance(source, list | tuple) else [source]
    if not all(isinstance(value, str | int | float) for value in values):
        raise MalformedError(f"{where}: a condition's value is neither text, number nor true or false")
    return tuple(str(value).lower() if isinstance(value, bool) else str(value) for value in values)


# -------------------------------------------------------------------------------------------------- wildcards


@lru_cache(maxsize=8_192)
def glob(pattern: str) -> Callable[[str], bool]:
    """Return what tells whether a text matches a pattern of `*` and `?`, whatever the letter case.

    Takes time in proportion to text and pattern, whatever the pattern (atomic groups: no backtracking).
    """
    first, *rest = (
        "".join("." if char == "?" else re.escape(char) for char in part) for part in re.split(r"\*+", pattern)
    )
    middle = "".join(f"(?>.*?{part})" for part in rest[:-1])
    last = f".*{rest[-1]}" if rest else ""
    compiled = re.compile(first + middle + last, re.IGNORECASE | re.DOTALL)
    return lambda text: compiled.fullmatch(text) is not None


# ------------------------------------------------------------------------------------------------ attachments

PRINCIPAL_INPUTS: Mapping[str, str] = {
    "roles": (
        "select account, arn, 'role' as principal_type, RolePolicyList as inline, AttachedManagedPolicies as attached, "
        "PermissionsBoundary as boundary, AssumeRolePolicyDocument as trust from iam_roles"
    ),
    "users": (
        "select account, arn, 'user' as principal_type, UserPolicyList as inline, AttachedManagedPolicies as attached, "
        "PermissionsBoundary as boundary, GroupList as groups from iam_users"
    ),
    "groups": (
        "select account, arn, 'group' as principal_type, GroupName, GroupPolicyList as inline, "
        "AttachedManagedPolicies as attached from iam_groups"
    ),
    "policies": "select account, arn, PolicyName, DefaultVersionId, PolicyVersionList from iam_policies",
}
"""What `principals` reads, as the inputs of a derived table."""

EFFECTIVE_INPUTS: Mapping[str, str] = {
    **PRINCIPAL_INPUTS,
    "aws_policies": "select account, arn, PolicyDocument from iam_aws_policies",
}
"""The same, with the documents of the AWS managed policies in use, for what judges all policies of a principal."""


def principals(inputs: Mapping[str, Rows]) -> Iterator[Principal]:
    """Yield every role, user and group with its policies; a user has those of its groups too.

    The documents of AWS managed policies are known as far as `aws_policies` is among the inputs.
    """
    managed = _Managed(inputs)
    groups = {(row["account"], row["GroupName"]): row for row in inputs["groups"]}
    for row in (*inputs["roles"], *inputs["groups"], *inputs["users"]):
        policies = list(_attached(row, managed, via=""))
        for name in row.get("groups") or ():
            group = groups.get((row["account"], name))
            if group is None:
                policies.append(Policy(f"group {name}", None, "inline", name, (), f"group {name} was not collected"))
            else:
                policies.extend(_attached(group, managed, via=group["arn"]))
        boundary = (row.get("boundary") or {}).get("PermissionsBoundaryArn")
        yield Principal(
            arn=row["arn"],
            account=row["account"],
            type=row["principal_type"],
            policies=tuple(policies),
            boundary=managed.policy(boundary, via="") if boundary else None,
        )


class _Managed:
    """Managed policies by ARN, each parsed once however often it is attached."""

    def __init__(self, inputs: Mapping[str, Rows]) -> None:
        self._documents = {row["arn"]: _default_version(row) for row in inputs["policies"]}
        self._of_aws = {
            row["arn"]: row["PolicyDocument"]
            for row in inputs.get("aws_policies", ())
            if row["PolicyDocument"] is not None
        }
        self._policies: dict[str, Policy] = {}

    def policy(self, arn: str, *, via: str) -> Policy:
        if arn not in self._policies:
            self._policies[arn] = self._read(arn)
        policy = self._policies[arn]
        return replace(policy, via=via) if via else policy

    def _read(self, arn: str) -> Policy:
        name = arn.rsplit("/", 1)[-1]
        if ":iam::aws:policy/" in arn:
            document = KNOWN_AWS_POLICIES.get(arn.partition(":policy/")[2]) or self._of_aws.get(arn)
            if document is None:
                return Policy(
                    name, arn, "aws_managed", "", (), "an AWS managed policy, whose document is not collected"
                )
            return _policy(name, arn, "aws_managed", "", document)
        if arn not in self._documents:
            return Policy(name, arn, "customer_managed", "", (), "the policy's document was not collected")
        return _policy(name, arn, "customer_managed", "", self._documents[arn])


def _default_version(row: Mapping[str, Any]) -> object:
    """Return the document in force; None where no version is marked as such."""
    for version in row["PolicyVersionList"] or ():
        if version.get("IsDefaultVersion") or version.get("VersionId") == row["DefaultVersionId"]:
            return version.get("Document")
    return None


def _attached(row: Mapping[str, Any], managed: _Managed, *, via: str) -> Iterator[Policy]:
    for inline in row["inline"] or ():
        yield _policy(inline["PolicyName"], None, "inline", via, inline.get("PolicyDocument"))
    for attached in row["attached"] or ():
        yield managed.policy(attached["PolicyArn"], via=via)


def _policy(name: str, arn: str | None, kind: str, via: str, document: object) -> Policy:
    try:
        return Policy(name, arn, kind, via, _parsed(document))
    except MalformedError as error:
        return Policy(name, arn, kind, via, (), f"the policy cannot be read: {error}")


def _parsed(document: object) -> tuple[Statement, ...]:
    statements = parse(document)
    for statement in statements:
        if statement.resources is None and statement.not_resources is None:
            raise MalformedError(f"statement {statement.position + 1}: there is neither Resource nor NotResource")
        if statement.principals is not None or statement.not_principals is not None:
            raise MalformedError(f"statement {statement.position + 1}: an identity's policy names no Principal")
    return statements
