"""What the worlds are built with: API clients, tags, dates in the past, roles and keys."""

from __future__ import annotations

import functools
import io
import json
import zipfile
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from auditor.demo.moto_gaps.engine import DATE_HEADER

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

PRIMARY = "us-east-1"
RECOVERY = "us-west-2"
REQUIRED_TAGS = ("Environment", "CostCenter", "MigrationPhase")
_COST_CENTERS = {"payment": "FinTech", "trading": "Trading", "exchange": "Trading"}
_PART = "{part}"
"""In a tag's value: `primary` or `secondary`, by the region that the request goes to (FTX 5, TAG-04)."""


class Builder:
    """One world under construction: whose it is, whether it is the ideal one, and how to reach the account."""

    def __init__(self, session: Any, *, project: str, ideal: bool, endpoint_url: str | None) -> None:  # noqa: ANN401
        self.project = project
        self.ideal = ideal
        self._session = session
        self._endpoint_url = endpoint_url
        self._clients: dict[tuple[str, str], Any] = {}
        self._date: datetime | None = None

    def client(self, service: str, region: str = PRIMARY) -> Any:  # noqa: ANN401 - boto3's clients are untyped
        """The client for a service in a region, made once."""
        if (service, region) not in self._clients:
            made = self._session.client(service, region_name=region, endpoint_url=self._endpoint_url)
            made.meta.events.register("before-sign", self._backdate)
            made.meta.events.register("provide-client-params", functools.partial(_say_part, region == PRIMARY))
            self._clients[service, region] = made
        return self._clients[service, region]

    @property
    def account(self) -> str:
        """The account that is built in."""
        return str(self.client("sts").get_caller_identity()["Account"])

    @contextmanager
    def days_ago(self, days: float) -> Iterator[None]:
        """What is done in this context was done that many days ago, where the account lets itself be told so."""
        self._date = datetime.now(UTC) - timedelta(days=days)
        yield
        self._date = None

    def _backdate(self, request: Any, **_: object) -> None:  # noqa: ANN401 - botocore is untyped
        if self._date is not None:
            request.headers[DATE_HEADER] = self._date.isoformat()

    def tags(self, name: str, *, without: tuple[str, ...] = (), **further: str) -> dict[str, str]:
        """The tags of a resource: Project, Name and the required ones."""
        tags = {
            "Project": self.project,
            "Name": name,
            "Environment": "production",
            "CostCenter": _COST_CENTERS.get(self.project, self.project.title()),
            "MigrationPhase": "Production",
            "DR-Role": _PART,
            **further,
        }
        return {key: value for key, value in tags.items() if key not in without}

    def key(self, region: str, name: str) -> str:
        """A customer-managed key that rotates; its ARN."""
        kms = self.client("kms", region)
        tags = [{"TagKey": key, "TagValue": value} for key, value in self.tags(name).items()]
        made = kms.create_key(Description=name, Tags=tags)["KeyMetadata"]
        kms.create_alias(AliasName=f"alias/{name}", TargetKeyId=made["KeyId"])
        kms.enable_key_rotation(KeyId=made["KeyId"])
        return str(made["Arn"])

    def role(
        self,
        name: str,
        trust: Mapping[str, Any],
        *,
        inline: Mapping[str, Any] | None = None,
        managed: tuple[str, ...] = (),
    ) -> str:
        """A role with its trust statement, an inline policy's statement, and managed policies; its ARN."""
        iam = self.client("iam")
        made = iam.create_role(
            RoleName=name, AssumeRolePolicyDocument=document(trust), Tags=pairs(self.tags(name)), Description=name
        )
        if inline is not None:
            iam.put_role_policy(RoleName=name, PolicyName=f"{name}-inline", PolicyDocument=document(inline))
        for arn in managed:
            iam.attach_role_policy(RoleName=name, PolicyArn=arn)
        return str(made["Role"]["Arn"])

    def policy(self, name: str, statement: Mapping[str, Any]) -> str:
        """A customer-managed policy of one statement; its ARN."""
        tags = pairs(self.tags(name))
        made = self.client("iam").create_policy(PolicyName=name, PolicyDocument=document(statement), Tags=tags)
        return str(made["Policy"]["Arn"])

    def function(self, region: str, name: str, role: str) -> str:
        """A Lambda function; its ARN."""
        made = self.client("lambda", region).create_function(
            FunctionName=name,
            Runtime="python3.13",
            Role=role,
            Handler="index.handler",
            Code={"ZipFile": _CODE},
            Tags=self.tags(name),
        )
        return str(made["FunctionArn"])


def _say_part(is_primary: bool, params: Any, **_: object) -> Any:  # noqa: ANN401, FBT001 - botocore is untyped
    """The request's parameters with the part that its region plays."""
    if isinstance(params, dict):
        return {name: _say_part(is_primary, value) for name, value in params.items()}
    if isinstance(params, list):
        return [_say_part(is_primary, value) for value in params]
    return params if params != _PART else "primary" if is_primary else "secondary"


def pairs(tags: Mapping[str, str]) -> list[dict[str, str]]:
    """Tags in the form that most services take."""
    return [{"Key": key, "Value": value} for key, value in tags.items()]


def document(*statements: Mapping[str, Any]) -> str:
    """A policy document of these statements."""
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def put_key_policy(builder: Builder, region: str, key: str, *statements: Mapping[str, Any]) -> None:
    """A key's policy of these statements, and of the one without which nobody could administer it."""
    own = {
        "Sid": "TheAccountAdministers",
        "Effect": "Allow",
        "Principal": {"AWS": f"arn:aws:iam::{builder.account}:root"},
        "Action": "kms:*",
        "Resource": "*",
    }
    policy = document(own, *statements)
    builder.client("kms", region).put_key_policy(KeyId=key, PolicyName="default", Policy=policy)


def trusts_service(*services: str) -> dict[str, Any]:
    """The trust statement for AWS services, by their short names."""
    names = [f"{service}.amazonaws.com" for service in services]
    return {"Effect": "Allow", "Principal": {"Service": names}, "Action": "sts:AssumeRole"}


def trusts(principal: str, condition: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """The trust statement for an AWS principal."""
    statement: dict[str, Any] = {"Effect": "Allow", "Principal": {"AWS": principal}, "Action": "sts:AssumeRole"}
    return statement | ({"Condition": dict(condition)} if condition else {})


def _zipped(source: str) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("index.py", source)
    return packed.getvalue()


_CODE = _zipped("def handler(event, context):\n    return None\n")
