"""Server certificates of IAM: their dates and tags."""

from __future__ import annotations

from typing import Any

from cryptography import x509

from auditor.demo.moto_gaps.engine import Call, gap, needs

needs("moto.iam.models:IAMBackend.get_server_certificate")


@gap("iam", "UploadServerCertificate")
def upload_server_certificate(call: Call) -> dict[str, Any]:
    """AWS tells when the certificate ends, and keeps tags (API_UploadServerCertificate); moto's all end in 2012."""
    answer = call.moto()
    params = call.params()
    _certificate(call, params["ServerCertificateName"]).demo_tags = params.get("Tags", [])
    answer["ServerCertificateMetadata"].update(_dates(call, params["ServerCertificateName"]))
    return answer


@gap("iam", "ListServerCertificates")
def list_server_certificates(call: Call) -> dict[str, Any]:
    """As for UploadServerCertificate (API_ListServerCertificates)."""
    answer = call.moto()
    for metadata in answer["ServerCertificateMetadataList"]:
        metadata.update(_dates(call, metadata["ServerCertificateName"]))
    return answer


@gap("iam", "ListServerCertificateTags")
def list_server_certificate_tags(call: Call) -> dict[str, Any]:
    """AWS answers a certificate's tags (API_ListServerCertificateTags); moto has no such operation."""
    found = _certificate(call, call.params()["ServerCertificateName"])
    return {"Tags": getattr(found, "demo_tags", []), "IsTruncated": False}


def _certificate(call: Call, name: str) -> Any:  # noqa: ANN401 - moto's own types
    """Raises moto's NoSuchEntity where there is none."""
    return call.backend("iam", region="aws").get_server_certificate(name)


def _dates(call: Call, name: str) -> dict[str, Any]:
    read = x509.load_pem_x509_certificate(_certificate(call, name).cert_body.encode())
    return {"UploadDate": read.not_valid_before_utc, "Expiration": read.not_valid_after_utc}
