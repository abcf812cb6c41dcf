"""Certificate Manager: validation, renewal, and what a list leaves out."""

from __future__ import annotations

from typing import Any

from auditor.demo.moto_gaps.engine import AwsError, Call, gap, needs

needs("moto.acm.models:CertBundle.check", "moto.acm.models:AWSCertificateManagerBackend.get_certificate")

_LISTED_BY_DEFAULT = ("RSA_1024", "RSA_2048")


@gap("acm", "RequestCertificate")
def request_certificate(call: Call) -> dict[str, Any]:
    """AWS issues a certificate once its domain is validated (API_RequestCertificate), moto after a minute.

    Nobody validates domains in the embedded account: it counts as done.
    """
    answer = call.moto()
    call.backend("acm").get_certificate(answer["CertificateArn"]).status = "ISSUED"
    return answer


@gap("acm", "RevokeCertificate")
def revoke_certificate(call: Call) -> dict[str, Any]:
    """AWS revokes for good what it issued and its owner may export (API_RevokeCertificate); moto has no such call."""
    asked = call.params()
    certificate = call.backend("acm").get_certificate(asked["CertificateArn"])
    if certificate.type != "AMAZON_ISSUED" or certificate.cert_options["Export"] != "ENABLED":
        raise AwsError("InvalidArgsException", "Only certificates that can be exported can be revoked.")
    certificate.status = "REVOKED"
    certificate.auditor_revoked = {"RevokedAt": call.date, "RevocationReason": asked["RevocationReason"]}
    return {"CertificateArn": certificate.arn}


@gap("acm", "DescribeCertificate")
def describe_certificate(call: Call) -> dict[str, Any]:
    """AWS renews what it issued and is in use (API_CertificateDetail); to moto nothing is eligible."""
    answer = call.moto()
    known = call.backend("acm").get_certificate(answer["Certificate"]["CertificateArn"])
    answer["Certificate"] |= getattr(known, "auditor_revoked", {})
    _renewal(answer["Certificate"], in_use=bool(answer["Certificate"].get("InUseBy")))
    return answer


@gap("acm", "ListCertificates")
def list_certificates(call: Call) -> dict[str, Any]:
    """AWS lists RSA_1024 and RSA_2048 only, unless asked for others (API_Filters); moto lists every key type."""
    answer = call.moto()
    wanted = call.params().get("Includes", {}).get("keyTypes", _LISTED_BY_DEFAULT)
    listed = [one for one in answer["CertificateSummaryList"] if one["KeyAlgorithm"] in wanted]
    for summary in listed:
        _renewal(summary, in_use=summary["InUse"])
    return {**answer, "CertificateSummaryList": listed}


def _renewal(certificate: dict[str, Any], *, in_use: bool) -> None:
    if certificate["Type"] == "AMAZON_ISSUED" and in_use:
        certificate["RenewalEligibility"] = "ELIGIBLE"
