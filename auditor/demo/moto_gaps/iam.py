"""IAM: the AWS managed policies, and what the account's authorization details say of policies."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

from auditor.demo.moto_gaps.engine import Call, gap, needs

needs(
    "moto.iam.aws_managed_policies:aws_managed_policies_data",
    "moto.iam.models:AWSManagedPolicy.from_data",
    "moto.iam.models:IAMBackend.attach_role_policy",
)

_AWS_POLICY = "arn:aws:iam::aws:policy/"


@cache
def _catalogue() -> dict[str, Any]:
    from moto.iam.aws_managed_policies import aws_managed_policies_data

    policies: dict[str, Any] = json.loads(aws_managed_policies_data)
    return policies


def _backend(call: Call) -> Any:  # noqa: ANN401 - moto's own types
    return call.backend("iam", region="aws")


@gap(
    "iam",
    "AttachRolePolicy",
    "AttachUserPolicy",
    "AttachGroupPolicy",
    "GetPolicy",
    "GetPolicyVersion",
    "ListEntitiesForPolicy",
)
def know_managed_policy(call: Call) -> dict[str, Any]:
    """AWS has its managed policies in every account (API_AttachRolePolicy); moto loads all 1,500, in 2 s, or none."""
    from moto.iam.models import AWSManagedPolicy

    backend, arn = _backend(call), call.params().get("PolicyArn", "")
    name = arn.rpartition("/")[2]
    if arn.startswith(_AWS_POLICY) and arn not in backend.managed_policies and name in _catalogue():
        policy = AWSManagedPolicy.from_data(name, backend.account_id, backend.region_name, _catalogue()[name])
        if policy.arn == arn:
            backend.aws_managed_policies.append(policy)
            backend.managed_policies[arn] = policy
    return call.moto()


@gap("iam", "GetAccountAuthorizationDetails")
def get_account_authorization_details(call: Call) -> dict[str, Any]:
    """AWS names policies and counts boundaries (API_ManagedPolicyDetail); moto has no PolicyName and PolicyId."""
    answer = call.moto()
    known = _backend(call).managed_policies
    for policy in answer.get("Policies", []):
        policy["PolicyName"] = known[policy["Arn"]].name
        policy["PolicyId"] = known[policy["Arn"]].id
        policy.setdefault("PermissionsBoundaryUsageCount", 0)
        if not policy.get("Description"):
            policy.pop("Description", None)
    return answer
