"""Instance profiles, through which EC2 instances have a role.

https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListInstanceProfiles.html
"""

from __future__ import annotations

from auditor.model import Detail, Table

TABLES = (
    Table(
        name="iam_instance_profiles",
        description="Instance profiles, with the role in each.",
        service="iam",
        operation="ListInstanceProfiles",
        items="InstanceProfiles",
        type="AWS::IAM::InstanceProfile",
        arn="{Arn}",
        key=("arn",),
        name_from="InstanceProfileName",
        omit=("Tags",),
        page_size=1000,
        is_global=True,
        details=(
            Detail(
                operation="ListInstanceProfileTags",
                params={"InstanceProfileName": "$name"},
                columns={"tags": "Tags"},
            ),
        ),
        vanished=("NoSuchEntity",),
    ),
)
