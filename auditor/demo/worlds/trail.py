"""The audit trail: CloudTrail with its bucket, AWS Config with its channel and role."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from auditor.demo.worlds.building import PRIMARY, pairs, trusts_service

if TYPE_CHECKING:
    from auditor.demo.worlds.building import Builder

CONFIG_POLICY = "arn:aws:iam::aws:policy/service-role/AWS_ConfigRole"


@dataclass(frozen=True, slots=True)
class TrailPlan:
    """A trail as it is to be; the defaults are the documented, correct one."""

    name: str
    bucket: str
    key: str
    """The KMS key's ARN; empty: not encrypted with one."""
    region: str = PRIMARY
    every_region: bool = True
    global_events: bool = True
    validated: bool = True
    logging: bool = True
    management: bool = True
    """Whether it records management events: if not, those of a bucket's objects alone."""


def build_bucket(builder: Builder, region: str, name: str, key: str, *services: str) -> str:
    """A private, encrypted bucket that services of AWS may write to; its name."""
    s3 = builder.client("s3", region)
    where = {} if region == PRIMARY else {"CreateBucketConfiguration": {"LocationConstraint": region}}
    s3.create_bucket(Bucket=name, **where)
    s3.put_bucket_tagging(Bucket=name, Tagging={"TagSet": pairs(builder.tags(name))})
    encrypted = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": key}}
    s3.put_bucket_encryption(Bucket=name, ServerSideEncryptionConfiguration={"Rules": [encrypted]})
    s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
    blocked = ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets")
    s3.put_public_access_block(Bucket=name, PublicAccessBlockConfiguration=dict.fromkeys(blocked, True))
    policy = {"Version": "2012-10-17", "Statement": [_may_write(builder, name, service) for service in services]}
    if services:
        s3.put_bucket_policy(Bucket=name, Policy=json.dumps(policy))
    return name


def _may_write(builder: Builder, bucket: str, service: str) -> dict[str, object]:
    return {
        "Sid": service,
        "Effect": "Allow",
        "Principal": {"Service": f"{service}.amazonaws.com"},
        "Action": ["s3:GetBucketAcl", "s3:ListBucket", "s3:PutObject"],
        "Resource": [f"arn:aws:s3:::{bucket}", f"arn:aws:s3:::{bucket}/*"],
        "Condition": {"StringEquals": {"aws:SourceAccount": builder.account}},
    }


def build_trail(builder: Builder, plan: TrailPlan) -> str:
    """A trail that writes to a bucket; its ARN."""
    cloudtrail = builder.client("cloudtrail", plan.region)
    made = cloudtrail.create_trail(
        Name=plan.name,
        S3BucketName=plan.bucket,
        IncludeGlobalServiceEvents=plan.global_events,
        IsMultiRegionTrail=plan.every_region,
        EnableLogFileValidation=plan.validated,
        TagsList=pairs(builder.tags(plan.name)),
        **({"KmsKeyId": plan.key} if plan.key else {}),
    )
    if not plan.management:
        objects = {"Type": "AWS::S3::Object", "Values": [f"arn:aws:s3:::{plan.bucket}/"]}
        selector = {"ReadWriteType": "All", "IncludeManagementEvents": False, "DataResources": [objects]}
        cloudtrail.put_event_selectors(TrailName=plan.name, EventSelectors=[selector])
    if plan.logging:
        cloudtrail.start_logging(Name=plan.name)
    return str(made["TrailARN"])


def build_config_role(builder: Builder, *, managed: bool = True, service: str = "config") -> str:
    """The role of AWS Config, with its managed policy; its ARN. It serves every region."""
    policies = (CONFIG_POLICY,) if managed else ()
    return builder.role(f"{builder.project}-config-prod", trusts_service(service), managed=policies)


def build_recorder(
    builder: Builder,
    region: str,
    role: str,
    bucket: str,
    *,
    types: tuple[str, ...] = (),
    channel: bool = True,
    recording: bool = True,
) -> None:
    """AWS Config in a region, with a delivery channel to a bucket. `types`: only these are recorded.

    Without a channel nothing can be recorded: AWS does not start such a recorder.
    """
    config, name = builder.client("config", region), "default"
    recorded = (
        {"allSupported": False, "resourceTypes": list(types)}
        if types
        else {"allSupported": True, "includeGlobalResourceTypes": region == PRIMARY}
    )
    config.put_configuration_recorder(
        ConfigurationRecorder={"name": name, "roleARN": role, "recordingGroup": recorded},
        Tags=pairs(builder.tags(f"{builder.project}-recorder-prod")),
    )
    if channel:
        config.put_delivery_channel(DeliveryChannel={"name": name, "s3BucketName": bucket})
    if recording and channel:
        config.start_configuration_recorder(ConfigurationRecorderName=name)
