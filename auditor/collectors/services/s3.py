"""Amazon S3: buckets, listed by the region that they lie in. https://docs.aws.amazon.com/AmazonS3/latest/API/"""

from __future__ import annotations

from collections.abc import Mapping

from auditor.model import Detail, Table


def _detail(operation: str, columns: Mapping[str, str], *absent: str, types: Mapping[str, str] | None = None) -> Detail:
    return Detail(
        operation=operation,
        params={"Bucket": "$name"},
        columns=columns,
        types=types or {},
        absent=absent,
    )


TABLES = (
    Table(
        name="s3_buckets",
        description="Buckets, with their encryption, versioning, policy, public access block and logging.",
        service="s3",
        operation="ListBuckets",
        items="Buckets",
        params={"BucketRegion": "$region"},
        type="AWS::S3::Bucket",
        arn="arn:{partition}:s3:::{Name}",
        key=("name",),
        name_from="Name",
        details=(
            _detail(
                "GetBucketEncryption",
                {"EncryptionRules": "ServerSideEncryptionConfiguration.Rules"},
                "ServerSideEncryptionConfigurationNotFoundError",
            ),
            _detail("GetBucketVersioning", {"VersioningStatus": "Status", "MFADelete": "MFADelete"}),
            _detail(
                "GetBucketPolicy", {"BucketPolicy": "Policy"}, "NoSuchBucketPolicy", types={"BucketPolicy": "JSON"}
            ),
            _detail("GetBucketPolicyStatus", {"IsPublic": "PolicyStatus.IsPublic"}, "NoSuchBucketPolicy"),
            _detail(
                "GetPublicAccessBlock",
                {"PublicAccessBlock": "PublicAccessBlockConfiguration"},
                "NoSuchPublicAccessBlockConfiguration",
            ),
            _detail("GetBucketLogging", {"LoggingEnabled": "LoggingEnabled"}),
            _detail("GetBucketLifecycleConfiguration", {"LifecycleRules": "Rules"}, "NoSuchLifecycleConfiguration"),
            _detail("GetBucketTagging", {"tags": "TagSet"}, "NoSuchTagSet"),
        ),
        vanished=("NoSuchBucket",),
    ),
)
