"""What moto lacks or gets wrong of AWS, put right in one place: a module per service, the machinery in `engine`.

Every gap's docstring says what AWS does, with the API page, and what moto 5.2.5 does instead.
"""

from __future__ import annotations

from auditor.demo.moto_gaps import awslambda, ec2, elbv2, globalaccelerator, iam, kms, rds, route53, secretsmanager
from auditor.demo.moto_gaps.engine import (
    DATE_HEADER,
    LOCK,
    MotoChangedError,
    answer_whole_service,
    check,
    install,
    needs,
    uninstall,
)

SERVICES = (awslambda, ec2, elbv2, globalaccelerator, iam, kms, rds, route53, secretsmanager)
"""The modules whose import registers the gaps."""

__all__ = [
    "DATE_HEADER",
    "LOCK",
    "SERVICES",
    "MotoChangedError",
    "answer_whole_service",
    "check",
    "install",
    "needs",
    "uninstall",
]
