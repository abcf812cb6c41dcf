"""AWS managed policies in use: how the embedded account answers for them, and how they become rows."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest

from auditor.collectors.catalogue import DeclaredCatalogue, detail_values
from auditor.collectors.services import declared
from auditor.demo.account import EmbeddedAccount

AWS = "arn:aws:iam::aws:policy/"
TABLE = declared()["iam_aws_policies"]


@pytest.fixture
def iam() -> Iterator[Any]:
    """A client of an account with a role that has a policy of AWS attached, and another one as its boundary."""
    with EmbeddedAccount(worlds=()):
        session: Any = boto3.Session(aws_access_key_id="testing", aws_secret_access_key="testing")
        client = session.client("iam", "us-east-1")
        trust = json.dumps({"Version": "2012-10-17", "Statement": []})
        client.create_role(RoleName="one", AssumeRolePolicyDocument=trust, PermissionsBoundary=f"{AWS}PowerUserAccess")
        client.create_role(RoleName="two", AssumeRolePolicyDocument=trust)
        client.attach_role_policy(RoleName="one", PolicyArn=f"{AWS}SecretsManagerReadWrite")
        client.attach_role_policy(RoleName="two", PolicyArn=f"{AWS}SecretsManagerReadWrite")
        client.put_role_permissions_boundary(RoleName="two", PermissionsBoundary=f"{AWS}ReadOnlyAccess")
        client.get_policy(PolicyArn=f"{AWS}AdministratorAccess")  # known, and nobody's
        yield client


def listed(client: Any, **params: object) -> dict[str, tuple[int, int]]:  # noqa: ANN401 - a client
    found = client.list_policies(**TABLE.params, **params)["Policies"]
    return {each["PolicyName"]: (each["AttachmentCount"], each["PermissionsBoundaryUsageCount"]) for each in found}


def test_what_is_in_use_is_listed_by_use(iam: Any) -> None:  # noqa: ANN401 - a client
    attached, boundaries = (listed(iam, **variant) for variant in TABLE.variants)
    assert attached == {"SecretsManagerReadWrite": (2, 0)}
    assert boundaries == {"PowerUserAccess": (0, 1), "ReadOnlyAccess": (0, 1)}


def test_the_document_in_force_becomes_a_column(iam: Any) -> None:  # noqa: ANN401 - a client
    catalogue = DeclaredCatalogue()
    (item,) = iam.list_policies(**TABLE.params, **TABLE.variants[0])["Policies"]
    row = catalogue.row(TABLE.name, item, "111122223333", "global")
    assert (row["arn"], row["name"]) == (f"{AWS}SecretsManagerReadWrite", "SecretsManagerReadWrite")
    (detail,) = TABLE.details
    answer = iam.get_policy_version(PolicyArn=row["arn"], VersionId=row["DefaultVersionId"])
    filled = detail_values(TABLE, detail, answer, catalogue.shapes(TABLE.name))
    assert "secretsmanager:*" in json.dumps(filled["PolicyDocument"])
