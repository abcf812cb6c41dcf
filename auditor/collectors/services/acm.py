"""AWS Certificate Manager. https://docs.aws.amazon.com/acm/latest/APIReference/"""

from __future__ import annotations

from auditor.model import Detail, Table

_KEY_TYPES = [
    "RSA_1024",
    "RSA_2048",
    "RSA_3072",
    "RSA_4096",
    "EC_prime256v1",
    "EC_secp384r1",
    "EC_secp521r1",
]
"""Every key type: without a filter ListCertificates answers RSA_1024 and RSA_2048 only."""

TABLES = (
    Table(
        name="acm_certificates",
        description="Certificates of every key type, with their status and validity; for those in use, their renewal.",
        service="acm",
        operation="ListCertificates",
        items="CertificateSummaryList",
        params={"Includes": {"keyTypes": _KEY_TYPES}},
        type="AWS::CertificateManager::Certificate",
        arn="{CertificateArn}",
        key=("CertificateArn",),
        name_from="DomainName",
        renames={"Type": "CertificateType"},
        details=(
            Detail(
                operation="DescribeCertificate",
                params={"CertificateArn": "$arn"},
                # What the list tells too, but did not always: the details are sure to.
                columns={
                    "*": "Certificate",
                    "CertificateStatus": "Certificate.Status",
                    "ValidFrom": "Certificate.NotBefore",
                    "ValidUntil": "Certificate.NotAfter",
                },
                when="InUse != `false`",
            ),
            Detail(
                operation="ListTagsForCertificate",
                params={"CertificateArn": "$arn"},
                columns={"tags": "Tags"},
            ),
        ),
        vanished=("ResourceNotFoundException",),
        volatile=("InUse", "InUseBy", "RenewalSummary", "Exported"),
    ),
)
