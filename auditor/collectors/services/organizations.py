"""AWS Organizations. https://docs.aws.amazon.com/organizations/latest/APIReference/

An account that is in no organization has no rows; in a member account the call is denied, which is a gap.
"""

from __future__ import annotations

from auditor.model import Table

TABLES = (
    Table(
        name="organizations_accounts",
        description="Accounts of the organization, as its management account or a delegated one sees them.",
        service="organizations",
        operation="ListAccounts",
        items="Accounts",
        type="AWS::Organizations::Account",
        arn="{Arn}",
        key=("Id",),
        name_from="Name",
        omit=("Email",),
        taggable=False,
        is_global=True,
        vanished=("AWSOrganizationsNotInUseException",),
    ),
)
