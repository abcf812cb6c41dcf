"""Resource policies read: their statements, whom they let in, and what conditions confine that to."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor.snapshot.derived.resource_policies import RESOURCE_POLICY_GRANTS, RESOURCE_POLICY_STATEMENTS

ACCOUNT, FOREIGN = "111122223333", "444455556666"
KEY = f"arn:aws:kms:us-east-1:{ACCOUNT}:key/one"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/admin"
ORGANIZATION = {"StringEquals": {"aws:PrincipalOrgID": "o-a1b2c3d4e5"}}

Item = Mapping[str, Any]


def allow(principal: object = "*", action: object = "kms:Decrypt", **more: object) -> dict[str, Any]:
    return {"Sid": "S", "Effect": "Allow", "Principal": principal, "Action": action, "Resource": "*", **more}


def deny(principal: object = "*", action: object = "kms:*", **more: object) -> dict[str, Any]:
    return {**allow(principal, action, **more), "Effect": "Deny"}


def without(name: str, statement: Item, **more: object) -> dict[str, Any]:
    return {**{key: value for key, value in statement.items() if key != name}, **more}


def inputs(document: object, service: str = "kms") -> dict[str, list[dict[str, Any]]]:
    row = {"account": ACCOUNT, "region": "us-east-1", "arn": KEY, "policy": document}
    return {"kms": [], "secretsmanager": [], service: [row]}


def grants(*statements: object, service: str = "kms") -> list[dict[str, Any]]:
    return [dict(row) for row in RESOURCE_POLICY_GRANTS.compute(inputs({"Statement": list(statements)}, service))]


def only(*statements: object) -> dict[str, Any]:
    (row,) = grants(*statements)
    assert set(row) == set(RESOURCE_POLICY_GRANTS.columns)
    return row


@pytest.mark.parametrize(
    ("principal", "expected"),
    [
        ("*", [("*", "any", None)]),
        ({"AWS": "*"}, [("*", "any", None)]),
        ({"AWS": ACCOUNT}, [(ACCOUNT, "account", ACCOUNT)]),
        ({"AWS": f"arn:aws:iam::{FOREIGN}:root"}, [(f"arn:aws:iam::{FOREIGN}:root", "account", FOREIGN)]),
        ({"AWS": ROLE}, [(ROLE, "role", ACCOUNT)]),
        ({"AWS": [ROLE, "*"]}, [(ROLE, "role", ACCOUNT), ("*", "any", None)]),
        (
            {"AWS": f"arn:aws:sts::{ACCOUNT}:assumed-role/a/b"},
            [(f"arn:aws:sts::{ACCOUNT}:assumed-role/a/b", "assumed-role", ACCOUNT)],
        ),
        ({"AWS": "AIDAEXAMPLEEXAMPLE123"}, [("AIDAEXAMPLEEXAMPLE123", "deleted", None)]),
        ({"AWS": f"arn:aws:iam::{ACCOUNT}:role/*"}, [(f"arn:aws:iam::{ACCOUNT}:role/*", "malformed", None)]),
        ({"Service": "sns.amazonaws.com"}, [("sns.amazonaws.com", "service", None)]),
    ],
)
def test_principals(principal: object, expected: list[tuple[str, str, str | None]]) -> None:
    found = grants(allow(principal))
    assert [(row["principal"], row["kind"], row["principal_account"]) for row in found] == expected


def test_not_principal_lets_in_everybody_else() -> None:
    row = only(without("Principal", allow(), NotPrincipal={"AWS": [ACCOUNT, FOREIGN]}))
    assert (row["principal"], row["kind"]) == (f"everyone but {ACCOUNT}, {FOREIGN}", "any")


@pytest.mark.parametrize(
    ("statement", "everything"),
    [
        (allow(action="kms:*"), True),
        (allow(action="*"), True),
        (allow(action=["kms:Decrypt", "KMS:*"]), True),
        (allow(action=[f"kms:{letter}*" for letter in "ABCDEFGHIJKLMNOPQRSTUVWXYZ"]), True),
        (without("Action", allow(), NotAction="kms:DeleteAlias"), True),
        (without("Action", allow(), NotAction="s3:*"), True),
        (allow(), False),
        (allow(action=["kms:Describe*", "kms:Get*"]), False),
        (allow(action="kms:*Key"), False),
    ],
)
def test_what_is_every_action(statement: Item, everything: bool) -> None:  # noqa: FBT001
    assert only(statement)["grants_everything"] is everything


@pytest.mark.parametrize(
    "statement",
    [
        allow(action="s3:GetObject"),
        without("Action", allow(), NotAction="*"),
        without("Action", allow(), NotAction="kms:*"),
        allow(Resource="arn:aws:kms:us-east-1:111122223333:key/another"),
        without("Resource", allow(), NotResource="arn:aws:kms:*"),
        allow([]) | {"Principal": {"AWS": []}},
    ],
)
def test_what_grants_nothing_here(statement: Item) -> None:
    assert grants(statement) == []


def equals(key: str, *values: str, operator: str = "StringEquals") -> dict[str, Any]:
    return {operator: {key: list(values)}}


@pytest.mark.parametrize(
    ("condition", "confined_to"),
    [
        (equals("kms:CallerAccount", ACCOUNT), "account"),
        (equals("AWS:PrincipalAccount", ACCOUNT), "account"),
        (equals("aws:SourceAccount", ACCOUNT), "account"),
        (equals("aws:SourceArn", f"arn:aws:sns:us-east-1:{ACCOUNT}:*", operator="ArnLike"), "account"),
        (equals("aws:PrincipalArn", f"arn:aws:iam::{ACCOUNT}:role/a*", operator="ArnLike"), "named principals"),
        (equals("aws:PrincipalArn", f"arn:aws:iam::{ACCOUNT}:*", operator="ArnLike"), "account"),
        (ORGANIZATION, "organization"),
        (equals("aws:PrincipalOrgPaths", "o-a1b2c3d4e5/r-ab12/*", operator="ForAnyValue:StringLike"), "organization"),
        (equals("kms:CallerAccount", FOREIGN), "another account"),
        (equals("kms:CallerAccount", ACCOUNT, FOREIGN), "another account"),
        (equals("aws:SourceArn", "arn:aws:s3:::bucket", operator="ArnLike"), "another account"),
        (equals("aws:SourceVpce", "vpce-0a1b2c3d"), "network"),
        (equals("aws:SourceVpc", "vpc-0a1b2c3d"), "network"),
        (equals("aws:SourceVpce", "vpce-0a1b2c3d") | {"StringLike": {"kms:CallerAccount": ACCOUNT}}, "account"),
        ({}, None),
        (equals("kms:ViaService", "s3.us-east-1.amazonaws.com"), None),
        (equals("kms:CallerAccount", "*"), None),
        (equals("kms:CallerAccount", ACCOUNT, "*"), None),
        (equals("kms:CallerAccount", "1111*", operator="StringLike"), None),
        (equals("kms:CallerAccount", ACCOUNT, operator="StringNotEquals"), None),
        (equals("kms:CallerAccount", ACCOUNT, operator="StringEqualsIfExists"), None),
        (equals("kms:CallerAccount", ACCOUNT, operator="ForAllValues:StringEquals"), None),
        (equals("aws:PrincipalOrgID", "*", operator="StringLike"), None),
        (equals("aws:PrincipalOrgID", "o-*", operator="StringLike"), None),
        (equals("aws:SourceArn", "arn:aws:sns:*:*:*", operator="ArnLike"), None),
        (equals("aws:SourceArn", "arn:aws:s3:::*", operator="ArnLike"), None),
        (equals("aws:PrincipalArn", "arn:aws:iam::*:role/admin", operator="ArnLike"), None),
        (equals("aws:SourceVpce", "*", operator="StringLike"), None),
        ({"Bool": {"aws:SecureTransport": "true"}}, None),
        ({"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}, None),
        ({"Null": {"aws:PrincipalOrgID": "false"}}, None),
    ],
)
def test_what_a_condition_confines_to(condition: Item, confined_to: str | None) -> None:
    row = only(allow(Condition=condition))
    assert row["confined_to"] == confined_to
    assert row["conditions"] == sorted(key for keys in condition.values() for key in keys)


@pytest.mark.parametrize(
    ("statements", "confined_to"),
    [
        ((allow(), deny(action="kms:Encrypt")), None),
        ((allow(), deny({"AWS": FOREIGN})), None),
        ((allow(), deny(Condition={"StringNotEquals": {"aws:PrincipalOrgID": "o-a1b2c3d4e5"}})), "organization"),
        ((allow(), deny(Condition={"StringNotEqualsIfExists": {"kms:CallerAccount": ACCOUNT}})), "account"),
        ((allow(), deny(Condition={"Bool": {"aws:SecureTransport": "false"}})), None),
        ((allow(), without("Principal", deny(), NotPrincipal={"AWS": ROLE})), "named principals"),
        ((allow({"AWS": FOREIGN}, "kms:*"), deny({"AWS": FOREIGN}, "kms:PutKeyPolicy")), None),
    ],
)
def test_denies_that_leave_something(statements: tuple[Item, ...], confined_to: str | None) -> None:
    assert only(*statements)["confined_to"] == confined_to


@pytest.mark.parametrize(
    "statements",
    [
        (allow(), deny()),
        (allow(), deny({"AWS": "*"}, "kms:Dec*")),
        (allow({"AWS": ROLE}), deny({"AWS": ROLE})),
        (allow({"AWS": ROLE}), deny({"AWS": ACCOUNT})),
        (allow({"AWS": FOREIGN}), deny({"AWS": f"arn:aws:iam::{FOREIGN}:root"})),
        (allow({"AWS": FOREIGN}), without("Principal", deny(), NotPrincipal={"AWS": ACCOUNT})),
        (allow({"AWS": FOREIGN}, "kms:*"), without("Action", deny(), NotAction="s3:*")),
    ],
)
def test_a_deny_that_takes_everything_away(statements: tuple[Item, ...]) -> None:
    assert grants(*statements) == []


def test_each_services_own_actions_count() -> None:
    (row,) = grants(allow(action=["kms:*", "secretsmanager:GetSecretValue"]), service="secretsmanager")
    assert (row["service"], row["grants_everything"]) == ("secretsmanager", False)


@pytest.mark.parametrize(
    "document",
    [
        "no policy",
        {},
        {"Statement": "x"},
        {"Statement": [allow(Effect="Perhaps")]},
        {"Statement": without("Principal", allow())},
    ],
)
def test_what_cannot_be_read_is_told(document: object) -> None:
    (row,) = RESOURCE_POLICY_GRANTS.compute(inputs(document))
    assert row["kind"] is None
    assert "cannot be read" in str(row["problem"])


def test_statements_are_normalised() -> None:
    condition = {"StringEquals": {"kms:CallerAccount": ACCOUNT}}
    document = {"Statement": allow({"Service": "sns.amazonaws.com"}, "KMS:Decrypt", Condition=condition)}
    (row,) = RESOURCE_POLICY_STATEMENTS.compute(inputs(document))
    assert set(row) == set(RESOURCE_POLICY_STATEMENTS.columns)
    told = {name: row[name] for name in ("sid", "effect", "principals", "not_principals", "actions", "resources")}
    assert told == {
        "sid": "S",
        "effect": "Allow",
        "principals": {"Service": ["sns.amazonaws.com"]},
        "not_principals": None,
        "actions": ["kms:decrypt"],
        "resources": ["*"],
    }
    assert row["condition"] == {"StringEquals": {"kms:CallerAccount": [ACCOUNT]}}


def test_a_statement_that_cannot_be_read_is_told() -> None:
    (row,) = RESOURCE_POLICY_STATEMENTS.compute(inputs("no policy"))
    assert "cannot be read" in str(row["problem"])


JSON = st.recursive(
    st.none() | st.booleans() | st.text(max_size=8) | st.sampled_from(["Allow", "Deny", "*", "kms:*", ACCOUNT]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from([*allow(), "AWS", "x"]), inner),
    max_leaves=12,
)


@given(JSON)
def test_any_document_is_read_or_told(document: object) -> None:
    for derived in (RESOURCE_POLICY_GRANTS, RESOURCE_POLICY_STATEMENTS):
        for row in derived.compute(inputs({"Statement": document})):
            assert set(row) == set(derived.columns)
