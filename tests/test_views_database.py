"""The views over databases, secrets and functions: what AWS answers, in their terms."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pytest

from tests.asking import records

ACCOUNT = "111122223333"
GLOBAL_DATABASE = f"arn:aws:rds::{ACCOUNT}:global-cluster:trading"
FUNCTION = f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:rotate"
SECRETS = "secretsmanager.amazonaws.com"

Rows = Sequence[Mapping[str, Any]]
Ask = Callable[..., list[dict[str, Any]]]


@pytest.fixture
def ask() -> Ask:
    return lambda statement, **tables: records(statement, tables)


# ---------------------------------------------------------------------------------------------- global databases


def cluster_arn(region: str, name: str) -> str:
    return f"arn:aws:rds:{region}:{ACCOUNT}:cluster:{name}"


def global_database(*members: Mapping[str, Any], region: str = "us-east-1", **more: object) -> dict[str, Any]:
    known = {"GlobalClusterArn": GLOBAL_DATABASE, "GlobalClusterIdentifier": "trading", "Status": "available"}
    return {"region": region, **known, "GlobalClusterMembers": list(members), **more}


def member(region: str, name: str, **more: object) -> dict[str, Any]:
    return {"DBClusterArn": cluster_arn(region, name), **more}


def test_a_global_database_is_one_row_though_each_region_tells_of_it(ask: Ask) -> None:
    found = ask(
        "SELECT arn, region, name, Status FROM global_clusters",
        rds_global_clusters=[global_database(), global_database(region="us-west-2")],
    )
    assert found == [{"arn": GLOBAL_DATABASE, "region": "global", "name": "trading", "Status": "available"}]


def test_global_databases_of_different_accounts_stay_apart(ask: Ask) -> None:
    other = GLOBAL_DATABASE.replace(ACCOUNT, "444455556666")
    found = ask(
        "SELECT account, arn FROM global_clusters ORDER BY account",
        rds_global_clusters=[global_database(), global_database(account="444455556666", GlobalClusterArn=other)],
    )
    assert [(row["account"], row["arn"]) for row in found] == [(ACCOUNT, GLOBAL_DATABASE), ("444455556666", other)]


def test_members_with_the_clusters_that_they_name(ask: Ask) -> None:
    members = [
        member("us-east-1", "primary", IsWriter=True),
        member("us-west-2", "west"),
        member("us-west-2", "gone", IsWriter=False),
        {"DBClusterArn": "", "IsWriter": False},
        {"IsWriter": True},
        member("sa-east-1", "far"),
    ]
    clusters = [
        {"DBClusterArn": cluster_arn("us-east-1", "primary"), "DBClusterIdentifier": "primary", "Status": "available"},
        {
            "region": "us-west-2",
            "DBClusterArn": cluster_arn("us-west-2", "west"),
            "DBClusterIdentifier": "west",
            "Status": "stopped",
            "EngineVersion": "15.7",
            "BacktrackWindow": 60,
        },
    ]
    found = ask(
        "SELECT member_name, member_region, is_writer, is_seen, member_exists, member_status, member_version, "
        "member_backtrack_window FROM global_cluster_members ORDER BY member_region DESC, member_name DESC",
        rds_global_clusters=[global_database(*members), global_database(*members, region="us-west-2")],
        rds_clusters=clusters,
    )
    assert [tuple(row.values()) for row in found] == [
        ("west", "us-west-2", False, True, True, "stopped", "15.7", 60),
        ("gone", "us-west-2", False, True, False, None, None, None),
        ("primary", "us-east-1", True, True, True, "available", None, None),
        ("far", "sa-east-1", False, False, None, None, None, None),
    ]


def test_a_database_without_members_has_none(ask: Ask) -> None:
    assert ask("SELECT arn FROM global_cluster_members", rds_global_clusters=[global_database()]) == []


# ------------------------------------------------------------------------------------------------------- secrets


def secret(name: str, region: str = "us-east-1", **more: object) -> dict[str, Any]:
    arn = f"arn:aws:secretsmanager:{region}:{ACCOUNT}:secret:{name}-AbCdEf"
    return {"region": region, "ARN": arn, "Name": name, **more}


def test_rotation_is_the_primarys_for_replicas(ask: Ask) -> None:
    found = ask(
        "SELECT name, region, replica_of, is_known, RotationEnabled, RotationLambdaARN FROM secret_rotation "
        "ORDER BY name, region",
        secretsmanager_secrets=[
            secret("db", PrimaryRegion="us-east-1", RotationEnabled=True, RotationLambdaARN=FUNCTION),
            secret("db", "us-west-2", PrimaryRegion="us-east-1"),
            secret("far", PrimaryRegion="sa-east-1"),
            secret("off"),
            secret("off", "us-west-2", RotationEnabled=True),
        ],
    )
    assert [tuple(row.values()) for row in found] == [
        ("db", "us-east-1", None, True, True, FUNCTION),
        ("db", "us-west-2", "us-east-1", True, True, FUNCTION),
        ("far", "us-east-1", "sa-east-1", False, None, None),
        ("off", "us-east-1", None, True, False, None),
        ("off", "us-west-2", None, True, True, None),
    ]


def test_secrets_of_one_name_stay_apart(ask: Ask) -> None:
    again = secret("db", RotationEnabled=True)
    again["ARN"] = again["ARN"].replace("AbCdEf", "GhIjKl")
    found = ask(
        "SELECT RotationEnabled FROM secret_rotation ORDER BY arn", secretsmanager_secrets=[secret("db"), again]
    )
    assert [row["RotationEnabled"] for row in found] == [False, True]


# ---------------------------------------------------------------------------------------- permissions of functions


def statement(**more: object) -> dict[str, Any]:
    base = {
        "Effect": "Allow",
        "Principal": {"Service": SECRETS},
        "Action": "lambda:InvokeFunction",
        "Resource": FUNCTION,
    }
    return {key: value for key, value in {**base, **more}.items() if value is not None}


def policy(*statements: object) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": list(statements)}


@pytest.fixture
def permissions(ask: Ask) -> Ask:
    def answer(document: object) -> list[dict[str, Any]]:
        function = {"FunctionArn": FUNCTION, "FunctionName": "rotate", "ResourcePolicy": document}
        found: list[dict[str, Any]] = ask(
            "SELECT allows, anyone, services, conditions FROM function_permissions", lambda_functions=[function]
        )
        return found

    return answer


@pytest.mark.parametrize(
    "given",
    [
        statement(),
        statement(Principal={"Service": [SECRETS.upper()]}, Action=["lambda:GetFunction", "Lambda:InvokeFunction"]),
        statement(Resource=["arn:aws:s3:::bucket", "arn:aws:lambda:*:*:function:rotate"]),
        statement(Resource=None, Action="*"),
        statement(Action="lambda:Invoke*", Condition={}),
    ],
)
@pytest.mark.parametrize("scalar", [True, False])
def test_a_statement_that_lets_a_service_invoke(permissions: Ask, given: Mapping[str, Any], scalar: bool) -> None:  # noqa: FBT001
    document = {"Statement": given} if scalar else policy(given)
    assert permissions(document) == [{"allows": True, "anyone": False, "services": [SECRETS], "conditions": []}]


@pytest.mark.parametrize(
    "given",
    [
        statement(Action="lambda:GetFunction"),
        statement(Action="lambda:InvokeFunctionUrl", Principal="*"),
        statement(Action=["s3:*", "iam:*"]),
        statement(Resource=f"{FUNCTION}:live"),
        statement(Resource=FUNCTION + "-2"),
        statement(Principal="*", Condition={"StringEquals": {"lambda:FunctionUrlAuthType": "NONE"}}),
        statement(Principal="*", Condition={"Bool": {"lambda:InvokedViaFunctionUrl": "true"}}),
    ],
)
def test_a_statement_about_something_else(permissions: Ask, given: Mapping[str, Any]) -> None:
    assert permissions(policy(given)) == []


@pytest.mark.parametrize(
    ("principal", "anyone", "services"),
    [
        ("*", True, []),
        ({"AWS": "*"}, True, []),
        ({"AWS": [ACCOUNT, "*"]}, True, []),
        ({"Service": "*"}, True, ["*"]),
        ({"AWS": ACCOUNT, "Service": [SECRETS, "events.amazonaws.com"]}, False, [SECRETS, "events.amazonaws.com"]),
        ({"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, False, []),
    ],
)
def test_principals(permissions: Ask, principal: object, anyone: bool, services: list[str]) -> None:  # noqa: FBT001
    (found,) = permissions(policy(statement(Principal=principal, Effect="Deny")))
    assert (found["allows"], found["anyone"], found["services"]) == (False, anyone, services)


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ({"StringEquals": {"AWS:SourceAccount": ACCOUNT}}, ("aws:sourceaccount", False, [ACCOUNT])),
        ({"StringEqualsIfExists": {"aws:SourceAccount": [ACCOUNT]}}, ("aws:sourceaccount", False, [ACCOUNT])),
        ({"ForAnyValue:StringLike": {"aws:SourceArn": "arn:*"}}, ("aws:sourcearn", False, ["arn:*"])),
        ({"ArnLike": {"aws:SourceArn": ["arn:a*", "arn:b"]}}, ("aws:sourcearn", False, ["arn:a*", "arn:b"])),
        ({"ArnNotEquals": {"aws:SourceArn": "arn:a*"}}, ("aws:sourcearn", True, ["arn:a*"])),
        ({"StringNotEquals": {"aws:SourceAccount": ACCOUNT}}, ("aws:sourceaccount", True, [ACCOUNT])),
        # StringEquals compares word for word: an asterisk is none of a real value's characters
        ({"StringEquals": {"aws:SourceArn": ["arn:*", "arn:b"]}}, ("aws:sourcearn", False, ["arn:b"])),
        ({"Bool": {"aws:SecureTransport": True}}, ("aws:securetransport", False, None)),
        ({"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}, ("aws:sourceip", False, None)),
    ],
)
def test_conditions(
    permissions: Ask, condition: Mapping[str, Any], expected: tuple[str, bool, list[str] | None]
) -> None:
    (found,) = permissions(policy(statement(Condition=condition)))
    (one,) = found["conditions"]
    assert (one["key"], one["negated"], one["patterns"]) == expected


def test_every_condition_of_a_statement_counts(permissions: Ask) -> None:
    condition = {
        "StringEquals": {"aws:SourceAccount": ACCOUNT, "aws:SourceOrgID": "o-1"},
        "ArnLike": {"aws:SourceArn": "arn:*"},
    }
    (found,) = permissions(policy(statement(Condition=condition)))
    assert sorted(one["key"] for one in found["conditions"]) == [
        "aws:sourceaccount",
        "aws:sourcearn",
        "aws:sourceorgid",
    ]


@pytest.mark.parametrize(
    "document",
    [
        "no policy",
        {},
        {"Version": "2012-10-17"},
        policy("no statement"),
        policy(statement(Effect="Perhaps")),
        policy(statement(Effect=None)),
        policy(statement(Principal=None)),
        policy(statement(Principal=None, NotPrincipal={"AWS": ACCOUNT})),
        policy(statement(Action=None, NotAction="s3:*")),
        policy(statement(Resource=None, NotResource="arn:aws:s3:::bucket")),
        policy(statement(Condition="none")),
        policy(statement(Condition={"StringEquals": "aws:SourceAccount"})),
    ],
)
def test_what_cannot_be_judged_is_told(permissions: Ask, document: object) -> None:
    (found,) = permissions(document)
    assert found["allows"] is None


@pytest.mark.parametrize("document", [None, policy()])
def test_functions_without_a_statement_have_no_row(permissions: Ask, document: object) -> None:
    assert permissions(document) == []
