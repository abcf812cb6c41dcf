"""What moto lacks or gets wrong of AWS, put right in one place: a module per service, the machinery in `engine`.

Every gap's docstring says what AWS does, with the API page, and what moto 5.2.5 does instead.
"""

from __future__ import annotations

from auditor.demo.moto_gaps import (
    acm,
    awslambda,
    backup,
    cloudformation,
    cloudtrail,
    cloudwatch_alarms,
    cloudwatch_metrics,
    config,
    dynamodb,
    ec2,
    ec2_transit,
    ecs,
    eks,
    elbv2,
    elbv2_health,
    events,
    globalaccelerator,
    iam,
    iam_certificates,
    iam_instance_profiles,
    kms,
    rds,
    rds_global,
    rds_parameters,
    route53,
    secretsmanager,
    sns,
)
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

SERVICES = (
    acm,
    awslambda,
    backup,
    cloudformation,
    cloudtrail,
    cloudwatch_alarms,
    cloudwatch_metrics,
    config,
    dynamodb,
    ec2,
    ec2_transit,
    ecs,
    eks,
    elbv2,
    elbv2_health,
    events,
    globalaccelerator,
    iam,
    iam_certificates,
    iam_instance_profiles,
    kms,
    rds,
    rds_global,
    rds_parameters,
    route53,
    secretsmanager,
    sns,
)
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
