"""AWS KMS. https://docs.aws.amazon.com/kms/latest/APIReference/"""

from __future__ import annotations

from auditor.model import Detail, Table

_CUSTOMER = "KeyManager == 'CUSTOMER'"

TABLES = (
    Table(
        name="kms_keys",
        description="KMS keys, customer-managed and AWS-managed.",
        service="kms",
        operation="ListKeys",
        items="Keys",
        type="AWS::KMS::Key",
        arn="{KeyArn}",
        key=("KeyId",),
        details=(
            Detail(operation="DescribeKey", params={"KeyId": "$KeyId"}, columns={"*": "KeyMetadata"}, always=True),
            Detail(
                operation="GetKeyRotationStatus",
                params={"KeyId": "$KeyId"},
                columns={
                    "KeyRotationEnabled": "KeyRotationEnabled",
                    "RotationPeriodInDays": "RotationPeriodInDays",
                    "NextRotationDate": "NextRotationDate",
                },
                when=_CUSTOMER,
                absent=("UnsupportedOperationException", "KMSInvalidStateException"),
            ),
            Detail(
                operation="GetKeyPolicy",
                params={"KeyId": "$KeyId", "PolicyName": "default"},
                columns={"KeyPolicy": "Policy"},
                types={"KeyPolicy": "JSON"},
                when=_CUSTOMER,
            ),
            Detail(
                operation="ListResourceTags",
                params={"KeyId": "$KeyId"},
                columns={"tags": "Tags"},
                when=_CUSTOMER,
            ),
        ),
        vanished=("NotFoundException",),
    ),
    Table(
        name="kms_aliases",
        description="Aliases of KMS keys.",
        service="kms",
        operation="ListAliases",
        items="Aliases",
        type="AWS::KMS::Alias",
        arn="{AliasArn}",
        key=("AliasArn",),
        name_from="AliasName",
        page_size=100,
        taggable=False,
    ),
)
