"""AWS IAM, through GetAccountAuthorizationDetails: one call where eight a role would do.

https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetAccountAuthorizationDetails.html

AWS's own managed policies are more than a thousand, whether anything uses them or not. Those in use are listed by
ListPolicies, and each one's document is one call more: a few dozen, where GetAccountAuthorizationDetails would send
megabytes. https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListPolicies.html
"""

from __future__ import annotations

from auditor.model import Detail, Table


def _principals(name: str, description: str, kind: str, items: str, name_from: str, *, taggable: bool) -> Table:
    return Table(
        name=name,
        description=description,
        service="iam",
        operation="GetAccountAuthorizationDetails",
        params={"Filter": [kind]},
        items=items,
        type=f"AWS::IAM::{kind}",
        arn="{Arn}",
        key=("arn",),
        name_from=name_from,
        tags="Tags" if taggable else "",
        taggable=taggable,
        is_global=True,
        volatile=("RoleLastUsed",) if kind == "Role" else (),
    )


TABLES = (
    Table(
        name="iam_aws_policies",
        description=(
            "AWS managed policies that a role, user or group has attached or as its permissions boundary, with the "
            "document in force."
        ),
        service="iam",
        operation="ListPolicies",
        params={"Scope": "AWS"},
        # OnlyAttached leaves out what is in use as a boundary alone.
        variants=({"OnlyAttached": True}, {"PolicyUsageFilter": "PermissionsBoundary"}),
        items="Policies",
        type="AWS::IAM::ManagedPolicy",
        arn="{Arn}",
        key=("arn",),
        name_from="PolicyName",
        taggable=False,
        is_global=True,
        volatile=("AttachmentCount", "PermissionsBoundaryUsageCount"),
        omit=("Tags",),
        details=(
            Detail(
                operation="GetPolicyVersion",
                params={"PolicyArn": "$arn", "VersionId": "$DefaultVersionId"},
                columns={"PolicyDocument": "PolicyVersion.Document"},
                types={"PolicyDocument": "JSON"},
            ),
        ),
        vanished=("NoSuchEntity",),
    ),
    _principals(
        "iam_roles",
        "Roles, with their trust policy, inline and attached policies, and last use.",
        "Role",
        "RoleDetailList",
        "RoleName",
        taggable=True,
    ),
    _principals(
        "iam_users", "Users, with their policies and groups.", "User", "UserDetailList", "UserName", taggable=True
    ),
    _principals("iam_groups", "Groups, with their policies.", "Group", "GroupDetailList", "GroupName", taggable=False),
    Table(
        name="iam_policies",
        description="Customer-managed policies, with their versions.",
        service="iam",
        operation="GetAccountAuthorizationDetails",
        params={"Filter": ["LocalManagedPolicy"]},
        items="Policies",
        type="AWS::IAM::ManagedPolicy",
        arn="{Arn}",
        key=("arn",),
        name_from="PolicyName",
        is_global=True,
        details=(
            Detail(
                operation="ListPolicyTags",
                params={"PolicyArn": "$arn"},
                columns={"tags": "Tags"},
            ),
        ),
        vanished=("NoSuchEntity",),
    ),
)
