"""Server certificates that IAM holds, which load balancers can use as they use ACM's.

https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListServerCertificates.html
"""

from __future__ import annotations

from auditor.model import Detail, Table

TABLES = (
    Table(
        name="iam_server_certificates",
        description="Server certificates uploaded to IAM, with the day they expire.",
        service="iam",
        operation="ListServerCertificates",
        items="ServerCertificateMetadataList",
        type="AWS::IAM::ServerCertificate",
        arn="{Arn}",
        key=("arn",),
        name_from="ServerCertificateName",
        is_global=True,
        details=(
            Detail(
                operation="ListServerCertificateTags",
                params={"ServerCertificateName": "$name"},
                columns={"tags": "Tags"},
            ),
        ),
        vanished=("NoSuchEntity",),
    ),
)
