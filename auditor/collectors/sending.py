"""The few calls that are no collecting, each made only where the user asks for it: signing, and sending findings on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from botocore import xform_name

from auditor.collectors.asking import AWS_ERRORS
from auditor.collectors.session import AwsSession, failure
from auditor.errors import AwsError

ALLOWED = frozenset(
    {
        "kms:GetPublicKey",
        "kms:Sign",
        "securityhub:BatchImportFindings",
        "securityhub:GetFindings",
    }
)
"""service:operation. `kms:Sign` changes nothing; the findings go to Security Hub, which the user named."""


def send(
    session: AwsSession, service: str, region: str, operation: str, params: Mapping[str, Any]
) -> Mapping[str, Any]:
    """Call one of the allowed operations. Raises AwsError with AWS's own code where it is refused or not answered."""
    try:
        caller = session.sender(service, region, ALLOWED)
        return caller.call(xform_name(operation), session.tuning.read_timeout, **params)
    except AWS_ERRORS as error:
        told = failure(error)
        raise AwsError(
            f"{service}:{operation} was refused in {region} ({told.code}: {told.message}).",
            f"Allow {service}:{operation}, or check the network.",
            told.code,
        ) from error
