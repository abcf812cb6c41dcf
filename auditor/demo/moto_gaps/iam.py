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
    "CreateRole",
    "GetPolicy",
    "GetPolicyVersion",
    "ListEntitiesForPolicy",
    "PutRolePermissionsBoundary",
)
def know_managed_policy(call: Call) -> dict[str, Any]:
    """AWS has its managed policies in every account (API_AttachRolePolicy); moto loads all 1,500, in 2 s, or none."""
    from moto.iam.models import AWSManagedPolicy

    params = call.params()
    backend, arn = _backend(call), params.get("PolicyArn") or params.get("PermissionsBoundary") or ""
    name = arn.rpartition("/")[2]
    if arn.startswith(_AWS_POLICY) and arn not in backend.managed_policies and name in _catalogue():
        policy = AWSManagedPolicy.from_data(name, backend.account_id, backend.region_name, _catalogue()[name])
        if policy.arn == arn:
            backend.aws_managed_policies.append(policy)
            backend.managed_policies[arn] = policy
    answer = call.moto()
    if call.model.name == "CreateRole":
        created = next(role for role in backend.roles.values() if role.name == params["RoleName"])
        created.create_date = call.date
        answer["Role"]["CreateDate"] = call.date
    return answer


@gap("iam", "ListPolicies")
def list_policies(call: Call) -> dict[str, Any]:
    """AWS tells what is in use as a boundary from what is attached (API_ListPolicies); moto takes no PolicyUsageFilter.

    moto keeps the boundaries of roles only.
    """
    answer = call.moto()
    boundaries = [role.permissions_boundary_arn for role in _backend(call).roles.values()]
    for policy in answer.get("Policies", []):
        policy["PermissionsBoundaryUsageCount"] = boundaries.count(policy["Arn"])
    asked = {"PermissionsBoundary": "PermissionsBoundaryUsageCount", "PermissionsPolicy": "AttachmentCount"}
    count = asked.get(call.params().get("PolicyUsageFilter", ""))
    if count:
        answer["Policies"] = [policy for policy in answer.get("Policies", []) if policy.get(count)]
    return answer


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
