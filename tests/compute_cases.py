"""Resources of IAM, Lambda, ECS, EKS, CloudWatch, EventBridge, SNS, Step Functions, CloudTrail, Config and stacks.

Each as a provider writes it into a state with everything set, beside AWS's answer for it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson

from auditor.collectors.catalogue import DeclaredCatalogue, detail_values

CATALOGUE = DeclaredCatalogue()
ACCOUNT, REGION = "111122223333", "eu-west-1"
TAGS = {"Name": "shop", "Stage": "prod"}
PAIRS = [{"Key": key, "Value": value} for key, value in TAGS.items()]
LOWER_PAIRS = [{"key": key, "value": value} for key, value in TAGS.items()]
TAGGED = {"tags": TAGS, "tags_all": TAGS, "timeouts": None}
NOON = dt.datetime(2026, 5, 1, 12, tzinfo=dt.UTC)
KEY = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/0d1f"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/shop"
TOPIC = f"arn:aws:sns:{REGION}:{ACCOUNT}:shop"
TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {"Sid": "", "Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}
    ],
}
READ = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}]}
"""As AWS answers it; providers write `Action` and `Resource` as lists, too."""
READ_WRITTEN = """{
  "Version": "2012-10-17",
  "Statement": {"Effect": "Allow", "Action": ["S3:GetObject"], "Resource": ["*"]}
}"""


def arn(service: str, name: str, region: str = REGION) -> str:
    return f"arn:aws:{service}:{region}:{ACCOUNT}:{name}"


def row_of(
    table: str, item: Mapping[str, Any] | str, parent: Mapping[str, Any] | None = None, **answers: Mapping[str, Any]
) -> dict[str, Any]:
    """The row that AWS's answers come to; `answers`: what further calls gave, by their names."""
    declaration = CATALOGUE.tables()[table]
    row = CATALOGUE.row(table, item, ACCOUNT, REGION, parent)  # type: ignore[arg-type]  # an item may be a name
    for detail in declaration.details:
        if detail.operation in answers:
            row |= detail_values(declaration, detail, answers[detail.operation], CATALOGUE.shapes(table))
    found: dict[str, Any] = orjson.loads(orjson.dumps(row))
    return found


@dataclass(frozen=True)
class Case:
    """A resource with everything set, and its row."""

    kind: str
    state: Mapping[str, Any]
    row: Mapping[str, Any]
    least: tuple[Mapping[str, Any], Mapping[str, Any]] | None = None
    """The same with nothing but what must be there: the state, and the row."""
    beside: Mapping[str, Any] = field(default_factory=dict)
    """Attributes that are declared in resources of their own, in Terraform's shape."""


# ---------------------------------------------------------------------------------------- IAM


def iam_cases() -> Iterator[Case]:
    boundary = {"PermissionsBoundaryType": "Policy", "PermissionsBoundaryArn": arn("iam", "policy/edge", "")}
    attached = [
        {"PolicyName": name, "PolicyArn": f"arn:aws:iam::aws:policy/{name}"} for name in ("ReadOnlyAccess", "Audit")
    ]
    inline = [{"PolicyName": "read", "PolicyDocument": READ}]
    arns = [one["PolicyArn"] for one in reversed(attached)]
    role = {
        "Path": "/shop/",
        "RoleName": "shop",
        "RoleId": "AROA1",
        "Arn": arn("iam", "role/shop/shop", ""),
        "CreateDate": NOON,
        "AssumeRolePolicyDocument": TRUST,
        "InstanceProfileList": [],
        "RolePolicyList": inline,
        "AttachedManagedPolicies": attached,
        "PermissionsBoundary": boundary,
        "Tags": [*PAIRS, {"Key": "aws:cloudformation:stack-name", "Value": "shop"}],
        "RoleLastUsed": {"LastUsedDate": NOON, "Region": REGION},
    }
    bare_role = {
        "Path": "/",
        "RoleName": "bare",
        "RoleId": "AROA2",
        "Arn": arn("iam", "role/bare", ""),
        "CreateDate": NOON,
        "AssumeRolePolicyDocument": TRUST,
        "RolePolicyList": [],
        "AttachedManagedPolicies": [],
        "Tags": [],
    }
    yield Case(
        "aws_iam_role",
        {
            "arn": role["Arn"],
            "id": "shop",
            "name": "shop",
            "name_prefix": "",
            "path": "/shop/",
            "unique_id": "AROA1",
            "description": "for the shop",
            "max_session_duration": 3600,
            "force_detach_policies": True,
            "assume_role_policy": '{"Statement":[{"Action":["sts:AssumeRole"],"Effect":"Allow",'
            '"Principal":{"Service":["ec2.amazonaws.com"]}}],"Version":"2012-10-17"}',
            "permissions_boundary": boundary["PermissionsBoundaryArn"],
            "managed_policy_arns": arns,
            "inline_policy": [{"name": "read", "policy": READ_WRITTEN}],
            **TAGGED,
        },
        row_of("iam_roles", role),
        (
            {
                "id": "bare",
                "name": "bare",
                "path": "/",
                "assume_role_policy": orjson.dumps(TRUST).decode(),
                "permissions_boundary": None,
                "managed_policy_arns": [],
                "inline_policy": [{"name": "", "policy": ""}],
                "tags": None,
                "tags_all": {},
            },
            row_of("iam_roles", bare_role),
        ),
    )
    linked = {
        "Path": "/aws-service-role/ecs.amazonaws.com/",
        "RoleName": "AWSServiceRoleForECS",
        "RoleId": "AROA3",
        "Arn": arn("iam", "role/aws-service-role/ecs.amazonaws.com/AWSServiceRoleForECS", ""),
        "AssumeRolePolicyDocument": TRUST,
        "Tags": PAIRS,
    }
    yield Case(
        "aws_iam_service_linked_role",
        {
            "id": linked["Arn"],
            "arn": linked["Arn"],
            "name": "AWSServiceRoleForECS",
            "path": linked["Path"],
            "aws_service_name": "ecs.amazonaws.com",
            "custom_suffix": "",
            "description": None,
            **TAGGED,
        },
        row_of("iam_roles", linked),
    )
    policy = {
        "PolicyName": "read",
        "PolicyId": "ANPA1",
        "Arn": arn("iam", "policy/shop/read", ""),
        "Path": "/shop/",
        "DefaultVersionId": "v2",
        "AttachmentCount": 1,
        "PolicyVersionList": [
            {"Document": READ, "VersionId": "v2", "IsDefaultVersion": True, "CreateDate": NOON},
            {"Document": TRUST, "VersionId": "v1", "IsDefaultVersion": False, "CreateDate": NOON},
        ],
    }
    yield Case(
        "aws_iam_policy",
        {
            "arn": policy["Arn"],
            "id": policy["Arn"],
            "name": "read",
            "path": "/shop/",
            "policy": READ_WRITTEN,
            "policy_id": "ANPA1",
            "description": "told by GetPolicy alone",
            "attachment_count": 0,
            **TAGGED,
        },
        row_of("iam_policies", policy, ListPolicyTags={"Tags": PAIRS}),
    )
    user = {
        "Path": "/shop/",
        "UserName": "ada",
        "UserId": "AIDA1",
        "Arn": arn("iam", "user/shop/ada", ""),
        "UserPolicyList": inline,
        "GroupList": ["admins", "readers"],
        "AttachedManagedPolicies": attached,
        "PermissionsBoundary": boundary,
        "Tags": PAIRS,
    }
    yield Case(
        "aws_iam_user",
        {
            "arn": user["Arn"],
            "id": "ada",
            "name": "ada",
            "path": "/shop/",
            "unique_id": "AIDA1",
            "force_destroy": False,
            "permissions_boundary": boundary["PermissionsBoundaryArn"],
            **TAGGED,
        },
        row_of("iam_users", user),
        (
            {"id": "eve", "name": "eve", "path": "/", "permissions_boundary": "", "tags": {}},
            row_of("iam_users", {"Path": "/", "UserName": "eve", "Arn": arn("iam", "user/eve", "")}),
        ),
        {
            "groups": ["readers", "admins"],
            "managed_policy_arns": arns,
            "inline_policy": [{"name": "read", "policy": READ_WRITTEN}],
        },
    )
    group = {
        "Path": "/shop/",
        "GroupName": "admins",
        "GroupId": "AGPA1",
        "Arn": arn("iam", "group/shop/admins", ""),
        "GroupPolicyList": inline,
        "AttachedManagedPolicies": attached,
    }
    yield Case(
        "aws_iam_group",
        {"arn": group["Arn"], "id": "admins", "name": "admins", "path": "/shop/", "unique_id": "AGPA1"},
        row_of("iam_groups", group),
        beside={"managed_policy_arns": arns, "inline_policy": [{"name": "read", "policy": READ_WRITTEN}]},
    )
    for owner, row in (("role", role), ("user", user), ("group", group)):
        yield Case(
            f"aws_iam_{owner}_policies_exclusive",
            {f"{owner}_name": row[f"{owner.title()}Name"], "policy_names": ["read"]},
            row_of(f"iam_{owner}s", row),
        )
        yield Case(
            f"aws_iam_{owner}_policy_attachments_exclusive",
            {f"{owner}_name": row[f"{owner.title()}Name"], "policy_arns": arns},
            row_of(f"iam_{owner}s", row),
        )
    profile = {
        "Path": "/shop/",
        "InstanceProfileName": "shop",
        "InstanceProfileId": "AIPA1",
        "Arn": arn("iam", "instance-profile/shop/shop", ""),
        "CreateDate": NOON,
        "Roles": [{"Path": "/", "RoleName": "shop", "RoleId": "AROA1", "Arn": ROLE, "CreateDate": NOON}],
    }
    yield Case(
        "aws_iam_instance_profile",
        {"arn": profile["Arn"], "id": "shop", "name": "shop", "path": "/shop/", "role": "shop", **TAGGED},
        row_of("iam_instance_profiles", profile, ListInstanceProfileTags={"Tags": PAIRS}),
    )
    certificate = {
        "Path": "/cloudfront/",
        "ServerCertificateName": "shop",
        "ServerCertificateId": "ASCA1",
        "Arn": arn("iam", "server-certificate/cloudfront/shop", ""),
        "UploadDate": NOON,
        "Expiration": NOON,
    }
    yield Case(
        "aws_iam_server_certificate",
        {
            "arn": certificate["Arn"],
            "id": "shop",
            "name": "shop",
            "path": "/cloudfront/",
            "private_key": "not to be seen",
            "certificate_body": "-----BEGIN CERTIFICATE-----",
            "expiration": "2026-05-01T12:00:00Z",
            **TAGGED,
        },
        row_of("iam_server_certificates", certificate, ListServerCertificateTags={"Tags": PAIRS}),
    )


# ---------------------------------------------------------------------------------------- Lambda

FUNCTION = arn("lambda", "function:shop")


def lambda_cases() -> Iterator[Case]:
    function = {
        "FunctionName": "shop",
        "FunctionArn": FUNCTION,
        "Runtime": "python3.12",
        "Role": ROLE,
        "Handler": "shop.handler",
        "CodeSize": 352,
        "Description": "sells",
        "Timeout": 30,
        "MemorySize": 512,
        "LastModified": "2026-05-01T12:00:00.000+0000",
        "CodeSha256": "PoaAEeOCmEFZojnrhEJvNzs+jg7/w1lL9GiFYvlM6aw=",
        "Version": "$LATEST",
        "VpcConfig": {
            "SubnetIds": ["subnet-1", "subnet-2"],
            "SecurityGroupIds": ["sg-1"],
            "VpcId": "vpc-1",
            "Ipv6AllowedForDualStack": True,
        },
        "DeadLetterConfig": {"TargetArn": arn("sqs", "dead")},
        "Environment": {"Variables": {"DATABASE_PASSWORD": "not to be seen"}},
        "KMSKeyArn": KEY,
        "TracingConfig": {"Mode": "Active"},
        "Layers": [{"Arn": arn("lambda", "layer:log:3"), "CodeSize": 1}],
        "FileSystemConfigs": [{"Arn": arn("elasticfilesystem", "access-point/fsap-1"), "LocalMountPath": "/mnt/shop"}],
        "PackageType": "Image",
        "ImageConfigResponse": {
            "ImageConfig": {"EntryPoint": ["/run"], "Command": ["shop", "serve"], "WorkingDirectory": "/srv"}
        },
        "Architectures": ["arm64"],
        "EphemeralStorage": {"Size": 1024},
        "SnapStart": {"ApplyOn": "PublishedVersions", "OptimizationStatus": "Off"},
        "LoggingConfig": {
            "LogFormat": "JSON",
            "ApplicationLogLevel": "INFO",
            "SystemLogLevel": "WARN",
            "LogGroup": "/shop/orders",
        },
        "TenancyConfig": {"TenantIsolationMode": "PER_TENANT"},
        "DurableConfig": {"ExecutionTimeout": 600, "RetentionPeriodInDays": 14},
        "CapacityProviderConfig": {
            "LambdaManagedInstancesCapacityProviderConfig": {
                "CapacityProviderArn": arn("lambda", "capacity-provider:shop"),
                "PerExecutionEnvironmentMaxConcurrency": 8,
                "ExecutionEnvironmentMemoryGiBPerVCpu": 2.0,
            }
        },
    }
    policy = {
        "Version": "2012-10-17",
        "Id": "default",
        "Statement": [
            {
                "Sid": "events",
                "Effect": "Allow",
                "Principal": {"Service": "events.amazonaws.com"},
                "Action": "lambda:InvokeFunction",
                "Resource": FUNCTION,
                "Condition": {"ArnLike": {"AWS:SourceArn": arn("events", "rule/hourly")}},
            }
        ],
    }
    yield Case(
        "aws_lambda_function",
        {
            "arn": FUNCTION,
            "id": "shop",
            "function_name": "shop",
            "region": REGION,
            "runtime": "python3.12",
            "role": ROLE,
            "handler": "shop.handler",
            "source_code_size": 352,
            "description": "sells",
            "timeout": 30,
            "memory_size": 512,
            "last_modified": "2026-05-01T11:00:00.000+0000",
            "code_sha256": "PoaAEeOCmEFZojnrhEJvNzs+jg7/w1lL9GiFYvlM6aw=",
            "source_code_hash": "what the code makes of it",
            "filename": None,
            "publish": False,
            "environment": [{"variables": {"DATABASE_PASSWORD": "not to be seen"}}],
            "version": "$LATEST",
            "vpc_config": [
                {
                    "subnet_ids": ["subnet-2", "subnet-1"],
                    "security_group_ids": ["sg-1"],
                    "vpc_id": "vpc-1",
                    "ipv6_allowed_for_dual_stack": True,
                }
            ],
            "dead_letter_config": [{"target_arn": arn("sqs", "dead")}],
            "kms_key_arn": KEY,
            "tracing_config": [{"mode": "Active"}],
            "layers": [arn("lambda", "layer:log:3")],
            "file_system_config": [
                {"arn": arn("elasticfilesystem", "access-point/fsap-1"), "local_mount_path": "/mnt/shop"}
            ],
            "package_type": "Image",
            "image_uri": f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/shop:1",
            "image_config": [{"entry_point": ["/run"], "command": ["shop", "serve"], "working_directory": "/srv"}],
            "architectures": ["arm64"],
            "ephemeral_storage": [{"size": 1024}],
            "snap_start": [{"apply_on": "PublishedVersions", "optimization_status": "On"}],
            "logging_config": [
                {
                    "log_format": "JSON",
                    "application_log_level": "INFO",
                    "system_log_level": "WARN",
                    "log_group": "/shop/orders",
                }
            ],
            "tenancy_config": [{"tenant_isolation_mode": "PER_TENANT"}],
            "durable_config": [{"execution_timeout": 600, "retention_period": 14}],
            "capacity_provider_config": [
                {
                    "lambda_managed_instances_capacity_provider_config": [
                        {
                            "capacity_provider_arn": arn("lambda", "capacity-provider:shop"),
                            "per_execution_environment_max_concurrency": 8,
                            "execution_environment_memory_gib_per_vcpu": 2,
                        }
                    ]
                }
            ],
            "reserved_concurrent_executions": 5,
            **TAGGED,
        },
        row_of(
            "lambda_functions",
            function,
            GetFunctionConcurrency={"ReservedConcurrentExecutions": 5},
            GetPolicy={"Policy": orjson.dumps(policy).decode()},
            ListTags={"Tags": TAGS},
        ),
        (
            {
                "arn": FUNCTION,
                "id": "shop",
                "function_name": "shop",
                "role": ROLE,
                "runtime": "nodejs12.x",
                "handler": "shop.handler",
                "timeout": 3,
                "memory_size": 128,
                "reserved_concurrent_executions": -1,
                "tracing_config": [{"mode": "PassThrough"}],
                "source_code_hash": "lD/UayWBQclNCPtLONanF0NsCwgfVii9QazqWgmwtIE=",
                "architectures": None,
                "ephemeral_storage": [],
                "snap_start": [],
                "vpc_config": [],
                "layers": None,
                "kms_key_arn": "",
                "package_type": "Zip",
                "logging_config": [],
                "tags": None,
            },
            row_of(
                "lambda_functions",
                {
                    "FunctionName": "shop",
                    "FunctionArn": FUNCTION,
                    "Runtime": "nodejs12.x",
                    "Role": ROLE,
                    "Handler": "shop.handler",
                    "Description": "",
                    "Timeout": 3,
                    "MemorySize": 128,
                    "CodeSha256": "lD/UayWBQclNCPtLONanF0NsCwgfVii9QazqWgmwtIE=",
                    "VpcConfig": {"SubnetIds": [], "SecurityGroupIds": [], "VpcId": ""},
                    "TracingConfig": {"Mode": "PassThrough"},
                    "Architectures": ["x86_64"],
                    "EphemeralStorage": {"Size": 512},
                    "SnapStart": {"ApplyOn": "None", "OptimizationStatus": "Off"},
                    "LoggingConfig": {"LogFormat": "Text", "LogGroup": "/aws/lambda/shop"},
                },
                GetFunctionConcurrency={},
            ),
        ),
        {
            "permission": [
                {
                    "Sid": "events",
                    "Effect": "Allow",
                    "Action": "lambda:InvokeFunction",
                    "Principal": "events.amazonaws.com",
                    "Condition": {"ArnLike": {"aws:SourceArn": arn("events", "rule/hourly")}, "StringEquals": None},
                }
            ]
        },
    )
    yield Case(
        "aws_lambda_resource_policy",
        {"resource_arn": FUNCTION, "policy": orjson.dumps({**policy, "Id": "ours"}).decode(), "revision_id": "r1"},
        row_of("lambda_functions", function, GetPolicy={"Policy": orjson.dumps(policy).decode()}),
    )
    kafka = {
        "ConsumerGroupId": "shop",
        "SchemaRegistryConfig": {
            "SchemaRegistryURI": "https://registry.example.com",
            "EventRecordFormat": "JSON",
            "AccessConfigs": [{"Type": "BASIC_AUTH", "URI": arn("secretsmanager", "secret:registry")}],
            "SchemaValidationConfigs": [{"Attribute": "KEY"}],
        },
    }
    written_kafka = [
        {
            "consumer_group_id": "shop",
            "schema_registry_config": [
                {
                    "schema_registry_uri": "https://registry.example.com",
                    "event_record_format": "JSON",
                    "access_config": [{"type": "BASIC_AUTH", "uri": arn("secretsmanager", "secret:registry")}],
                    "schema_validation_config": [{"attribute": "KEY"}],
                }
            ],
        }
    ]
    source = {
        "UUID": "13ff66f8-37eb-4ad6-a0a8-594fea72df4f",
        "StartingPosition": "AT_TIMESTAMP",
        "StartingPositionTimestamp": NOON,
        "BatchSize": 10,
        "MaximumBatchingWindowInSeconds": 5,
        "ParallelizationFactor": 2,
        "EventSourceArn": arn("kinesis", "stream/orders"),
        "FilterCriteria": {"Filters": [{"Pattern": '{"body": {"kind": ["order", "return"]}}'}]},
        "KMSKeyArn": KEY,
        "MetricsConfig": {"Metrics": ["EventCount"]},
        "ScalingConfig": {"MaximumConcurrency": 4},
        "FunctionArn": FUNCTION,
        "State": "Enabled",
        "DestinationConfig": {"OnSuccess": {}, "OnFailure": {"Destination": arn("sqs", "dead")}},
        "Topics": ["orders"],
        "Queues": ["returns"],
        "SourceAccessConfigurations": [{"Type": "SASL_SCRAM_512_AUTH", "URI": arn("secretsmanager", "secret:kafka")}],
        "SelfManagedEventSource": {"Endpoints": {"KAFKA_BOOTSTRAP_SERVERS": ["a.example:9092", "b.example:9092"]}},
        "MaximumRecordAgeInSeconds": 600,
        "BisectBatchOnFunctionError": True,
        "MaximumRetryAttempts": 3,
        "TumblingWindowInSeconds": 30,
        "FunctionResponseTypes": ["ReportBatchItemFailures"],
        "AmazonManagedKafkaEventSourceConfig": kafka,
        "SelfManagedKafkaEventSourceConfig": kafka,
        "DocumentDBEventSourceConfig": {
            "DatabaseName": "shop",
            "CollectionName": "orders",
            "FullDocument": "UpdateLookup",
        },
        "ProvisionedPollerConfig": {"MinimumPollers": 2, "MaximumPollers": 4, "PollerGroupName": "shop"},
    }
    yield Case(
        "aws_lambda_event_source_mapping",
        {
            "id": source["UUID"],
            "uuid": source["UUID"],
            "starting_position": "AT_TIMESTAMP",
            "starting_position_timestamp": "2026-05-01T12:00:00Z",
            "batch_size": 10,
            "maximum_batching_window_in_seconds": 5,
            "parallelization_factor": 2,
            "event_source_arn": source["EventSourceArn"],
            "filter_criteria": [{"filter": [{"pattern": '{"body":{"kind":["return","order"]}}'}]}],
            "kms_key_arn": KEY,
            "metrics_config": [{"metrics": ["EventCount"]}],
            "scaling_config": [{"maximum_concurrency": 4}],
            "function_name": "shop",
            "function_arn": FUNCTION,
            "enabled": True,
            "state": "Enabled",
            "destination_config": [{"on_failure": [{"destination_arn": arn("sqs", "dead")}]}],
            "topics": ["orders"],
            "queues": ["returns"],
            "source_access_configuration": [
                {"type": "SASL_SCRAM_512_AUTH", "uri": arn("secretsmanager", "secret:kafka")}
            ],
            "self_managed_event_source": [{"endpoints": {"KAFKA_BOOTSTRAP_SERVERS": "b.example:9092,a.example:9092"}}],
            "maximum_record_age_in_seconds": 600,
            "bisect_batch_on_function_error": True,
            "maximum_retry_attempts": 3,
            "tumbling_window_in_seconds": 30,
            "function_response_types": ["ReportBatchItemFailures"],
            "amazon_managed_kafka_event_source_config": written_kafka,
            "self_managed_kafka_event_source_config": written_kafka,
            "document_db_event_source_config": [
                {"database_name": "shop", "collection_name": "orders", "full_document": "UpdateLookup"}
            ],
            "provisioned_poller_config": [{"minimum_pollers": 2, "maximum_pollers": 4, "poller_group_name": "shop"}],
            **TAGGED,
        },
        row_of("lambda_event_source_mappings", source, ListTags={"Tags": TAGS}),
        (
            {  # as the provider read a queue's
                "uuid": "u-1",
                "batch_size": 1,
                "bisect_batch_on_function_error": False,
                "destination_config": [],
                "enabled": False,
                "event_source_arn": arn("sqs", "queue1"),
                "function_arn": FUNCTION,
                "function_name": FUNCTION,
                "maximum_batching_window_in_seconds": 0,
                "maximum_record_age_in_seconds": 0,
                "maximum_retry_attempts": 0,
                "parallelization_factor": 0,
                "starting_position": None,
                "starting_position_timestamp": None,
                "filter_criteria": [],
                "amazon_managed_kafka_event_source_config": [],
            },
            row_of(
                "lambda_event_source_mappings",
                {
                    "UUID": "u-1",
                    "BatchSize": 1,
                    "MaximumBatchingWindowInSeconds": 0,
                    "EventSourceArn": arn("sqs", "queue1"),
                    "FunctionArn": FUNCTION,
                    "State": "Disabled",
                    "FunctionResponseTypes": [],
                    "DestinationConfig": {"OnSuccess": {}, "OnFailure": {}},
                    "AmazonManagedKafkaEventSourceConfig": {"ConsumerGroupId": "u-1"},
                },
            ),
        ),
    )


# ---------------------------------------------------------------------------------------- ECS

CLUSTER = arn("ecs", "cluster/shop")
SERVICE = arn("ecs", "service/shop/orders")


def cluster_cases() -> Iterator[Case]:
    answer = {
        "clusterArn": CLUSTER,
        "clusterName": "shop",
        "configuration": {
            "executeCommandConfiguration": {
                "kmsKeyId": KEY,
                "logging": "OVERRIDE",
                "logConfiguration": {
                    "cloudWatchLogGroupName": "/shop/exec",
                    "cloudWatchEncryptionEnabled": True,
                    "s3BucketName": "shop-exec",
                    "s3EncryptionEnabled": True,
                    "s3KeyPrefix": "exec/",
                },
            },
            "managedStorageConfiguration": {"kmsKeyId": KEY, "fargateEphemeralStorageKmsKeyId": KEY},
        },
        "status": "ACTIVE",
        "runningTasksCount": 1,
        "tags": LOWER_PAIRS,
        "settings": [{"name": "containerInsights", "value": "enhanced"}],
        "capacityProviders": ["FARGATE", "FARGATE_SPOT"],
        "defaultCapacityProviderStrategy": [
            {"capacityProvider": "FARGATE", "weight": 1, "base": 2},
            {"capacityProvider": "FARGATE_SPOT", "weight": 3, "base": 0},
        ],
        "serviceConnectDefaults": {"namespace": arn("servicediscovery", "namespace/ns-1")},
    }
    row = row_of("ecs_clusters", CLUSTER, DescribeClusters=answer)
    strategy = [
        {"capacity_provider": "FARGATE_SPOT", "weight": 3, "base": 0},
        {"capacity_provider": "FARGATE", "weight": 1, "base": 2},
    ]
    yield Case(
        "aws_ecs_cluster",
        {
            "arn": CLUSTER,
            "id": CLUSTER,
            "name": "shop",
            "configuration": [
                {
                    "execute_command_configuration": [
                        {
                            "kms_key_id": KEY,
                            "logging": "OVERRIDE",
                            "log_configuration": [
                                {
                                    "cloud_watch_log_group_name": "/shop/exec",
                                    "cloud_watch_encryption_enabled": True,
                                    "s3_bucket_name": "shop-exec",
                                    "s3_bucket_encryption_enabled": True,
                                    "s3_key_prefix": "exec/",
                                }
                            ],
                        }
                    ],
                    "managed_storage_configuration": [{"kms_key_id": KEY, "fargate_ephemeral_storage_kms_key_id": KEY}],
                }
            ],
            "setting": [{"name": "containerInsights", "value": "enhanced"}],
            "service_connect_defaults": [{"namespace": arn("servicediscovery", "namespace/ns-1")}],
            "capacity_providers": ["FARGATE_SPOT", "FARGATE"],
            "default_capacity_provider_strategy": strategy,
            **TAGGED,
        },
        row,
        (
            {"id": CLUSTER, "name": "shop", "configuration": [], "setting": [], "capacity_providers": [], "tags": {}},
            row_of(
                "ecs_clusters",
                CLUSTER,
                DescribeClusters={
                    "clusterArn": CLUSTER,
                    "clusterName": "shop",
                    "status": "ACTIVE",
                    "settings": [{"name": "containerInsights", "value": "disabled"}],
                    "capacityProviders": [],
                    "defaultCapacityProviderStrategy": [],
                    "configuration": {},
                },
            ),
        ),
    )
    yield Case(
        "aws_ecs_cluster_capacity_providers",
        {
            "id": "shop",
            "cluster_name": "shop",
            "capacity_providers": ["FARGATE_SPOT", "FARGATE"],
            "default_capacity_provider_strategy": strategy,
        },
        row,
    )


def service_cases() -> Iterator[Case]:
    answer = {
        "serviceArn": SERVICE,
        "serviceName": "orders",
        "clusterArn": CLUSTER,
        "loadBalancers": [
            {
                "targetGroupArn": arn("elasticloadbalancing", "targetgroup/blue/1"),
                "containerName": "web",
                "containerPort": 8080,
                "advancedConfiguration": {
                    "alternateTargetGroupArn": arn("elasticloadbalancing", "targetgroup/green/2"),
                    "productionListenerRule": arn("elasticloadbalancing", "listener-rule/app/shop/1"),
                    "testListenerRule": arn("elasticloadbalancing", "listener-rule/app/shop/2"),
                    "roleArn": ROLE,
                },
            },
            {"loadBalancerName": "classic", "containerName": "web", "containerPort": 8081},
        ],
        "serviceRegistries": [
            {
                "registryArn": arn("servicediscovery", "service/srv-1"),
                "port": 80,
                "containerName": "web",
                "containerPort": 8080,
            }
        ],
        "status": "ACTIVE",
        "desiredCount": 3,
        "runningCount": 3,
        "launchType": "FARGATE",
        "capacityProviderStrategy": [{"capacityProvider": "FARGATE", "weight": 1, "base": 0}],
        "platformVersion": "1.4.0",
        "taskDefinition": arn("ecs", "task-definition/orders:7"),
        "deploymentConfiguration": {
            "deploymentCircuitBreaker": {"enable": True, "rollback": True},
            "maximumPercent": 200,
            "minimumHealthyPercent": 50,
            "alarms": {"alarmNames": ["errors"], "rollback": True, "enable": True},
            "strategy": "CANARY",
            "bakeTimeInMinutes": 10,
            "lifecycleHooks": [
                {
                    "hookTargetArn": FUNCTION,
                    "roleArn": ROLE,
                    "lifecycleStages": ["PRE_SCALE_UP"],
                    "hookDetails": {"region": REGION},
                    "timeoutConfiguration": {"timeoutInMinutes": 5, "action": "ROLLBACK"},
                }
            ],
            "linearConfiguration": {"stepPercent": 25.0, "stepBakeTimeInMinutes": 2},
            "canaryConfiguration": {"canaryPercent": 5.0, "canaryBakeTimeInMinutes": 3},
        },
        "deployments": [],
        "roleArn": arn("iam", "role/service/ecs", ""),
        "placementConstraints": [{"type": "distinctInstance"}],
        "placementStrategy": [{"type": "spread", "field": "instanceId"}, {"type": "binpack", "field": "MEMORY"}],
        "networkConfiguration": {
            "awsvpcConfiguration": {
                "subnets": ["subnet-1", "subnet-2"],
                "securityGroups": ["sg-1"],
                "assignPublicIp": "ENABLED",
            }
        },
        "healthCheckGracePeriodSeconds": 60,
        "schedulingStrategy": "REPLICA",
        "deploymentController": {"type": "CODE_DEPLOY"},
        "tags": LOWER_PAIRS,
        "enableECSManagedTags": True,
        "propagateTags": "SERVICE",
        "enableExecuteCommand": True,
        "availabilityZoneRebalancing": "ENABLED",
        "taskSets": [
            {
                "id": "ecs-svc/1",
                "taskDefinition": arn("ecs", "task-definition/orders:7"),
                "launchType": "FARGATE",
                "platformVersion": "1.4.0",
                "externalId": "blue",
                "scale": {"value": 100.0, "unit": "PERCENT"},
            }
        ],
    }
    parent = {"clusterArn": CLUSTER}
    yield Case(
        "aws_ecs_service",
        {
            "id": SERVICE,
            "name": "orders",
            "cluster": CLUSTER,
            "load_balancer": [
                {"elb_name": "classic", "target_group_arn": "", "container_name": "web", "container_port": 8081},
                {
                    "elb_name": "",
                    "target_group_arn": arn("elasticloadbalancing", "targetgroup/blue/1"),
                    "container_name": "web",
                    "container_port": 8080,
                    "advanced_configuration": [
                        {
                            "alternate_target_group_arn": arn("elasticloadbalancing", "targetgroup/green/2"),
                            "production_listener_rule": arn("elasticloadbalancing", "listener-rule/app/shop/1"),
                            "test_listener_rule": arn("elasticloadbalancing", "listener-rule/app/shop/2"),
                            "role_arn": ROLE,
                        }
                    ],
                },
            ],
            "service_registries": [
                {
                    "registry_arn": arn("servicediscovery", "service/srv-1"),
                    "port": 80,
                    "container_name": "web",
                    "container_port": 8080,
                }
            ],
            "desired_count": 3,
            "launch_type": "FARGATE",
            "capacity_provider_strategy": [{"capacity_provider": "FARGATE", "weight": 1, "base": 0}],
            "platform_version": "1.4.0",
            "task_definition": "orders:7",
            "deployment_circuit_breaker": [{"enable": True, "rollback": True}],
            "deployment_maximum_percent": 200,
            "deployment_minimum_healthy_percent": 50,
            "alarms": [{"alarm_names": ["errors"], "rollback": True, "enable": True}],
            "deployment_configuration": [
                {
                    "strategy": "CANARY",
                    "bake_time_in_minutes": "10",
                    "lifecycle_hook": [
                        {
                            "hook_target_arn": FUNCTION,
                            "role_arn": ROLE,
                            "lifecycle_stages": ["PRE_SCALE_UP"],
                            "hook_details": f'{{"region": "{REGION}"}}',
                            "timeout_configuration": [{"timeout_in_minutes": "5", "action": "ROLLBACK"}],
                        }
                    ],
                    "linear_configuration": [{"step_percent": 25, "step_bake_time_in_minutes": "2"}],
                    "canary_configuration": [{"canary_percent": 5, "canary_bake_time_in_minutes": "3"}],
                }
            ],
            "iam_role": "/service/ecs",
            "placement_constraints": [{"type": "distinctInstance", "expression": ""}],
            "ordered_placement_strategy": [
                {"type": "binpack", "field": "memory"},
                {"type": "spread", "field": "instanceId"},
            ],
            "network_configuration": [
                {"subnets": ["subnet-2", "subnet-1"], "security_groups": ["sg-1"], "assign_public_ip": True}
            ],
            "health_check_grace_period_seconds": 60,
            "scheduling_strategy": "REPLICA",
            "deployment_controller": [{"type": "CODE_DEPLOY"}],
            "enable_ecs_managed_tags": True,
            "propagate_tags": "SERVICE",
            "enable_execute_command": True,
            "availability_zone_rebalancing": "ENABLED",
            "wait_for_steady_state": True,
            "service_connect_configuration": [],
            **TAGGED,
        },
        row_of("ecs_services", SERVICE, parent, DescribeServices=answer),
        (
            {
                "id": SERVICE,
                "name": "orders",
                "cluster": CLUSTER,
                "task_definition": arn("ecs", "task-definition/orders:7"),
                "scheduling_strategy": "DAEMON",
                "desired_count": None,
                "iam_role": "aws-service-role",
                "deployment_minimum_healthy_percent": 0,
                "deployment_maximum_percent": 100,
                "deployment_controller": [{"type": "ECS"}],
                "deployment_circuit_breaker": [{"enable": False, "rollback": False}],
                "health_check_grace_period_seconds": 0,
                "propagate_tags": "",
                "network_configuration": [],
                "load_balancer": [],
                "platform_version": "",
                "availability_zone_rebalancing": None,
                "deployment_configuration": [],
            },
            row_of(
                "ecs_services",
                SERVICE,
                parent,
                DescribeServices={
                    "serviceArn": SERVICE,
                    "serviceName": "orders",
                    "clusterArn": CLUSTER,
                    "loadBalancers": [],
                    "serviceRegistries": [],
                    "status": "ACTIVE",
                    "desiredCount": 4,
                    "launchType": "EC2",
                    "taskDefinition": arn("ecs", "task-definition/orders:7"),
                    "deploymentConfiguration": {
                        "deploymentCircuitBreaker": {"enable": False, "rollback": False},
                        "maximumPercent": 100,
                        "minimumHealthyPercent": 0,
                        "strategy": "ROLLING",
                    },
                    "roleArn": arn("iam", "role/aws-service-role/ecs.amazonaws.com/AWSServiceRoleForECS", ""),
                    "placementConstraints": [],
                    "placementStrategy": [],
                    "schedulingStrategy": "DAEMON",
                    "propagateTags": "NONE",
                    "availabilityZoneRebalancing": "DISABLED",
                },
            ),
        ),
        {
            "task_set": [
                {
                    "task_set_id": "ecs-svc/1",
                    "task_definition": arn("ecs", "task-definition/orders:7"),
                    "launch_type": "FARGATE",
                    "platform_version": "1.4.0",
                    "external_id": "blue",
                    "scale": {"value": 100, "unit": "PERCENT"},
                }
            ]
        },
    )
    task = {
        "taskDefinitionArn": arn("ecs", "task-definition/orders:7"),
        "containerDefinitions": [{"name": "web", "image": "shop:7", "environment": [{"name": "A", "value": "b"}]}],
        "family": "orders",
        "taskRoleArn": ROLE,
        "executionRoleArn": ROLE,
        "networkMode": "awsvpc",
        "revision": 7,
        "status": "ACTIVE",
        "placementConstraints": [{"type": "memberOf", "expression": "attribute:ecs.os-type == linux"}],
        "runtimePlatform": {"cpuArchitecture": "ARM64", "operatingSystemFamily": "LINUX"},
        "requiresCompatibilities": ["FARGATE"],
        "cpu": "256",
        "memory": "512",
        "inferenceAccelerators": [{"deviceName": "device_1", "deviceType": "eia2.medium"}],
        "pidMode": "task",
        "ipcMode": "none",
        "ephemeralStorage": {"sizeInGiB": 30},
        "enableFaultInjection": True,
    }
    yield Case(
        "aws_ecs_task_definition",
        {
            "arn": task["taskDefinitionArn"],
            "id": "orders",
            "family": "orders",
            "revision": 7,
            "container_definitions": '[{"name": "web", "environment": [{"name": "A", "value": "not to be seen"}]}]',
            "task_role_arn": ROLE,
            "execution_role_arn": ROLE,
            "network_mode": "awsvpc",
            "placement_constraints": [{"type": "memberOf", "expression": "attribute:ecs.os-type == linux"}],
            "runtime_platform": [{"cpu_architecture": "ARM64", "operating_system_family": "LINUX"}],
            "requires_compatibilities": ["FARGATE"],
            "cpu": 256,
            "memory": "512",
            "inference_accelerator": [{"device_name": "device_1", "device_type": "eia2.medium"}],
            "pid_mode": "task",
            "ipc_mode": "none",
            "ephemeral_storage": [{"size_in_gib": 30}],
            "enable_fault_injection": True,
            "volume": [{"name": "data", "docker_volume_configuration": [{"driver_opts": {"password": "x"}}]}],
            "skip_destroy": False,
            **TAGGED,
        },
        row_of("ecs_task_definitions", "orders", DescribeTaskDefinition={"taskDefinition": task, "tags": LOWER_PAIRS}),
    )


# ---------------------------------------------------------------------------------------- EKS


def eks_cases() -> Iterator[Case]:
    cluster = {
        "name": "shop",
        "arn": arn("eks", "cluster/shop"),
        "createdAt": NOON,
        "version": "1.33",
        "endpoint": "https://1.eks.amazonaws.com",
        "roleArn": ROLE,
        "resourcesVpcConfig": {
            "subnetIds": ["subnet-1", "subnet-2"],
            "securityGroupIds": ["sg-1"],
            "clusterSecurityGroupId": "sg-2",
            "vpcId": "vpc-1",
            "endpointPublicAccess": True,
            "endpointPrivateAccess": True,
            "publicAccessCidrs": ["192.0.2.0/24"],
            "controlPlaneEgressMode": "VPC",
        },
        "kubernetesNetworkConfig": {
            "serviceIpv4Cidr": "10.100.0.0/16",
            "serviceIpv6Cidr": "fd00::/108",
            "ipFamily": "ipv4",
            "elasticLoadBalancing": {"enabled": True},
        },
        "logging": {
            "clusterLogging": [{"types": ["api", "audit"], "enabled": True}, {"types": ["scheduler"], "enabled": False}]
        },
        "status": "ACTIVE",
        "encryptionConfig": [{"resources": ["secrets"], "provider": {"keyArn": KEY}}],
        "outpostConfig": {
            "outpostArns": [arn("outposts", "outpost/op-1")],
            "controlPlaneInstanceType": "m5.large",
            "controlPlanePlacement": {"groupName": "shop", "spreadLevel": "host"},
            "etcdInstanceType": "m5.xlarge",
            "etcdPlacement": {"spreadLevel": "rack"},
        },
        "accessConfig": {"bootstrapClusterCreatorAdminPermissions": True, "authenticationMode": "API"},
        "upgradePolicy": {"supportType": "STANDARD"},
        "zonalShiftConfig": {"enabled": True},
        "remoteNetworkConfig": {
            "remoteNodeNetworks": [{"cidrs": ["10.1.0.0/16"]}],
            "remotePodNetworks": [{"cidrs": ["10.2.0.0/16"]}],
        },
        "computeConfig": {"enabled": True, "nodePools": ["system"], "nodeRoleArn": ROLE},
        "storageConfig": {"blockStorage": {"enabled": True}},
        "deletionProtection": True,
        "controlPlaneScalingConfig": {"tier": "tier-xl"},
        "kubeApiServerConfig": {"eventTtl": "2h", "serviceNodePortRange": {"minPort": 30000, "maxPort": 31000}},
        "kubeSchedulerConfig": {
            "nodeResourcesFit": {
                "scoringStrategy": {"type": "MostAllocated", "resources": [{"name": "cpu", "weight": 2}]}
            }
        },
        "kubeControllerManagerConfig": {
            "podGcControllerConfig": {"terminatedPodGcThreshold": 500},
            "horizontalPodAutoscalerControllerConfig": {"horizontalPodAutoscalerSyncPeriod": "30s"},
        },
        "tags": TAGS,
    }
    vpc = {
        "subnet_ids": ["subnet-2", "subnet-1"],
        "security_group_ids": ["sg-1"],
        "cluster_security_group_id": "sg-2",
        "vpc_id": "vpc-1",
        "endpoint_public_access": True,
        "endpoint_private_access": True,
        "public_access_cidrs": ["192.0.2.0/24"],
    }
    yield Case(
        "aws_eks_cluster",
        {
            "arn": cluster["arn"],
            "id": "shop",
            "name": "shop",
            "version": "1.33",
            "role_arn": ROLE,
            "vpc_config": [{**vpc, "control_plane_egress_mode": "VPC"}],
            "kubernetes_network_config": [
                {
                    "service_ipv4_cidr": "10.100.0.0/16",
                    "service_ipv6_cidr": "fd00::/108",
                    "ip_family": "ipv4",
                    "elastic_load_balancing": [{"enabled": True}],
                }
            ],
            "enabled_cluster_log_types": ["audit", "api"],
            "encryption_config": [{"resources": ["secrets"], "provider": [{"key_arn": KEY}]}],
            "outpost_config": [
                {
                    "outpost_arns": [arn("outposts", "outpost/op-1")],
                    "control_plane_instance_type": "m5.large",
                    "control_plane_placement": [{"group_name": "shop", "spread_level": "host"}],
                    "etcd_instance_type": "m5.xlarge",
                    "etcd_placement": [{"spread_level": "rack"}],
                }
            ],
            "access_config": [{"bootstrap_cluster_creator_admin_permissions": False, "authentication_mode": "API"}],
            "upgrade_policy": [{"support_type": "STANDARD"}],
            "zonal_shift_config": [{"enabled": True}],
            "remote_network_config": [
                {
                    "remote_node_networks": [{"cidrs": ["10.1.0.0/16"]}],
                    "remote_pod_networks": [{"cidrs": ["10.2.0.0/16"]}],
                }
            ],
            "compute_config": [{"enabled": True, "node_pools": ["system"], "node_role_arn": ROLE}],
            "storage_config": [{"block_storage": [{"enabled": True}]}],
            "deletion_protection": True,
            "control_plane_scaling_config": [{"tier": "tier-xl"}],
            "kube_api_server_config": [
                {"event_ttl": "2h", "service_node_port_range": [{"min_port": 30000, "max_port": 31000}]}
            ],
            "kube_scheduler_config": [
                {
                    "node_resources_fit": [
                        {"scoring_strategy": [{"type": "MostAllocated", "resources": [{"name": "cpu", "weight": 2}]}]}
                    ]
                }
            ],
            "kube_controller_manager_config": [
                {
                    "pod_gc_controller_config": [{"terminated_pod_gc_threshold": 500}],
                    "horizontal_pod_autoscaler_controller_config": [{"horizontal_pod_autoscaler_sync_period": "30s"}],
                }
            ],
            "status": "ACTIVE",
            **TAGGED,
        },
        row_of("eks_clusters", "shop", DescribeCluster={"cluster": cluster}),
        (
            {  # as a provider wrote it that knew nothing of what AWS has now for every cluster
                "id": "shop",
                "name": "shop",
                "version": "1.33",
                "role_arn": ROLE,
                "vpc_config": [vpc],
                "kubernetes_network_config": [{"service_ipv4_cidr": "10.100.0.0/16"}],
                "enabled_cluster_log_types": None,
                "encryption_config": [],
            },
            row_of(
                "eks_clusters",
                "shop",
                DescribeCluster={
                    "cluster": {
                        **{key: cluster[key] for key in ("name", "version", "roleArn", "resourcesVpcConfig", "status")},
                        "kubernetesNetworkConfig": {"serviceIpv4Cidr": "10.100.0.0/16", "ipFamily": "ipv4"},
                        "logging": {"clusterLogging": [{"types": ["api"], "enabled": False}]},
                        "accessConfig": {"authenticationMode": "CONFIG_MAP"},
                        "upgradePolicy": {"supportType": "EXTENDED"},
                        "zonalShiftConfig": {"enabled": False},
                        "deletionProtection": False,
                        "controlPlaneScalingConfig": {"tier": "standard"},
                    }
                },
            ),
        ),
    )
    group = {
        "nodegroupName": "web",
        "nodegroupArn": arn("eks", "nodegroup/shop/web/1"),
        "clusterName": "shop",
        "version": "1.33",
        "releaseVersion": "1.33.1-20260401",
        "status": "ACTIVE",
        "capacityType": "SPOT",
        "scalingConfig": {"minSize": 1, "maxSize": 5, "desiredSize": 2},
        "instanceTypes": ["m6g.large"],
        "subnets": ["subnet-1", "subnet-2"],
        "remoteAccess": {"ec2SshKey": "shop", "sourceSecurityGroups": ["sg-1"]},
        "amiType": "AL2023_ARM_64_STANDARD",
        "nodeRole": ROLE,
        "labels": {"team": "shop", "spot": "false"},
        "taints": [{"key": "team", "value": "shop", "effect": "NO_SCHEDULE"}],
        "diskSize": 40,
        "updateConfig": {"maxUnavailable": 1, "maxUnavailablePercentage": 20, "updateStrategy": "MINIMAL"},
        "nodeRepairConfig": {
            "enabled": True,
            "maxUnhealthyNodeThresholdCount": 1,
            "maxUnhealthyNodeThresholdPercentage": 2,
            "maxParallelNodesRepairedCount": 3,
            "maxParallelNodesRepairedPercentage": 4,
            "nodeRepairConfigOverrides": [
                {
                    "nodeMonitoringCondition": "NetworkingReady",
                    "nodeUnhealthyReason": "InterfaceNotUp",
                    "minRepairWaitTimeMins": 5,
                    "repairAction": "Reboot",
                }
            ],
        },
        "launchTemplate": {"name": "web", "version": "3", "id": "lt-1"},
        "warmPoolConfig": {"minSize": 1, "maxGroupPreparedCapacity": 4, "poolState": "STOPPED", "reuseOnScaleIn": True},
        "tags": TAGS,
    }
    yield Case(
        "aws_eks_node_group",
        {
            "arn": group["nodegroupArn"],
            "id": "shop:web",
            "cluster_name": "shop",
            "node_group_name": "web",
            "node_group_name_prefix": "",
            "version": "1.33",
            "release_version": "1.33.1-20260401",
            "capacity_type": "SPOT",
            "scaling_config": [{"min_size": 1, "max_size": 5, "desired_size": 2}],
            "instance_types": ["m6g.large"],
            "subnet_ids": ["subnet-2", "subnet-1"],
            "remote_access": [{"ec2_ssh_key": "shop", "source_security_group_ids": ["sg-1"]}],
            "ami_type": "AL2023_ARM_64_STANDARD",
            "node_role_arn": ROLE,
            "labels": {"team": "shop", "spot": "false"},
            "taint": [{"key": "team", "value": "shop", "effect": "NO_SCHEDULE"}],
            "disk_size": 40,
            "update_config": [{"max_unavailable": 1, "max_unavailable_percentage": 20, "update_strategy": "MINIMAL"}],
            "node_repair_config": [
                {
                    "enabled": True,
                    "max_unhealthy_node_threshold_count": 1,
                    "max_unhealthy_node_threshold_percentage": 2,
                    "max_parallel_nodes_repaired_count": 3,
                    "max_parallel_nodes_repaired_percentage": 4,
                    "node_repair_config_overrides": [
                        {
                            "node_monitoring_condition": "NetworkingReady",
                            "node_unhealthy_reason": "InterfaceNotUp",
                            "min_repair_wait_time_mins": 5,
                            "repair_action": "Reboot",
                        }
                    ],
                }
            ],
            "launch_template": [{"name": "web", "version": "3", "id": "lt-1"}],
            "warm_pool_config": [
                {"min_size": 1, "max_group_prepared_capacity": 4, "pool_state": "STOPPED", "reuse_on_scale_in": True}
            ],
            "resources": [{"autoscaling_groups": [{"name": "eks-1"}], "remote_access_security_group_id": ""}],
            **TAGGED,
        },
        row_of("eks_nodegroups", "web", {"clusterName": "shop"}, DescribeNodegroup={"nodegroup": group}),
        (
            {
                "cluster_name": "shop",
                "node_group_name": "web",
                "capacity_type": "",
                "scaling_config": [{"min_size": 0, "max_size": 5, "desired_size": 0}],
                "update_config": [{"max_unavailable": 1, "max_unavailable_percentage": 0}],
                "labels": {},
                "taint": [],
                "node_repair_config": [],
                "remote_access": [],
                "launch_template": [],
                "release_version": None,
                "warm_pool_config": [],
            },
            row_of(
                "eks_nodegroups",
                "web",
                {"clusterName": "shop"},
                DescribeNodegroup={
                    "nodegroup": {
                        "nodegroupName": "web",
                        "clusterName": "shop",
                        "releaseVersion": "1.33.1-20260401",
                        "capacityType": "ON_DEMAND",
                        "scalingConfig": {"minSize": 0, "maxSize": 5, "desiredSize": 0},
                        "updateConfig": {"maxUnavailable": 1, "updateStrategy": "DEFAULT"},
                        "nodeRepairConfig": {"enabled": False},
                        "warmPoolConfig": {"enabled": False},
                    }
                },
            ),
        ),
    )


# ---------------------------------------------------------------------------------------- CloudWatch and Logs


def cloudwatch_cases() -> Iterator[Case]:
    alarm = {
        "AlarmName": "errors",
        "AlarmArn": arn("cloudwatch", "alarm:errors"),
        "AlarmDescription": "orders fail",
        "ActionsEnabled": True,
        "OKActions": [TOPIC],
        "AlarmActions": [TOPIC, arn("sns", "pager")],
        "InsufficientDataActions": [TOPIC],
        "StateValue": "OK",
        "MetricName": "Errors",
        "Namespace": "AWS/Lambda",
        "Statistic": "Sum",
        "ExtendedStatistic": "p99",
        "Dimensions": [{"Name": "FunctionName", "Value": "shop"}, {"Name": "Resource", "Value": "shop:live"}],
        "Period": 60,
        "Unit": "Count",
        "EvaluationPeriods": 3,
        "DatapointsToAlarm": 2,
        "Threshold": 1.0,
        "ComparisonOperator": "GreaterThanThreshold",
        "TreatMissingData": "breaching",
        "EvaluateLowSampleCountPercentile": "ignore",
        "Metrics": [
            {
                "Id": "m1",
                "MetricStat": {
                    "Metric": {
                        "Namespace": "AWS/ApplicationELB",
                        "MetricName": "RequestCount",
                        "Dimensions": [{"Name": "LoadBalancer", "Value": "app/web"}],
                    },
                    "Period": 120,
                    "Stat": "Sum",
                    "Unit": "Count",
                },
                "ReturnData": False,
                "AccountId": ACCOUNT,
            },
            {"Id": "e1", "Expression": "m1 * 2", "Label": "twice", "ReturnData": True, "Period": 60},
        ],
        "ThresholdMetricId": "e1",
        "EvaluationWindow": {"WallClockWindow": {"Timezone": "Europe/Dublin"}},
        "WarmUpConfiguration": {"WarmUpPeriodDurationInMinutes": 10, "OnlyStartEvaluatingAfterWarmUpPeriodEnds": True},
        "EvaluationCriteria": {"PromQLCriteria": {"Query": "up == 0", "PendingPeriod": 60, "RecoveryPeriod": 120}},
        "EvaluationInterval": 60,
    }
    yield Case(
        "aws_cloudwatch_metric_alarm",
        {
            "arn": alarm["AlarmArn"],
            "id": "errors",
            "alarm_name": "errors",
            "alarm_description": "orders fail",
            "actions_enabled": True,
            "ok_actions": [TOPIC],
            "alarm_actions": [arn("sns", "pager"), TOPIC],
            "insufficient_data_actions": [TOPIC],
            "metric_name": "Errors",
            "namespace": "AWS/Lambda",
            "statistic": "Sum",
            "extended_statistic": "p99",
            "dimensions": {"FunctionName": "shop", "Resource": "shop:live"},
            "period": 60,
            "unit": "Count",
            "evaluation_periods": 3,
            "datapoints_to_alarm": 2,
            "threshold": 1,
            "comparison_operator": "GreaterThanThreshold",
            "treat_missing_data": "breaching",
            "evaluate_low_sample_count_percentiles": "ignore",
            "metric_query": [
                {
                    "id": "e1",
                    "expression": "m1 * 2",
                    "label": "twice",
                    "return_data": True,
                    "period": 60,
                    "account_id": "",
                    "metric": [],
                },
                {
                    "id": "m1",
                    "expression": "",
                    "label": "",
                    "return_data": False,
                    "period": 0,
                    "account_id": ACCOUNT,
                    "metric": [
                        {
                            "metric_name": "RequestCount",
                            "namespace": "AWS/ApplicationELB",
                            "dimensions": {"LoadBalancer": "app/web"},
                            "period": 120,
                            "stat": "Sum",
                            "unit": "Count",
                        }
                    ],
                },
            ],
            "threshold_metric_id": "e1",
            "evaluation_window": [{"wall_clock_window": [{"timezone": "Europe/Dublin"}]}],
            "warm_up_configuration": [
                {"warm_up_period_duration_in_minutes": 10, "only_start_evaluating_after_warm_up_period_ends": True}
            ],
            "evaluation_criteria": [
                {"promql_criteria": [{"query": "up == 0", "pending_period": 60, "recovery_period": 120}]}
            ],
            "evaluation_interval": 60,
            **TAGGED,
        },
        row_of("cloudwatch_alarms", alarm, ListTagsForResource={"Tags": PAIRS}),
        (
            {
                "arn": alarm["AlarmArn"],
                "alarm_name": "errors",
                "alarm_description": "",
                "actions_enabled": False,
                "alarm_actions": None,
                "ok_actions": [],
                "dimensions": None,
                "metric_name": "Errors",
                "namespace": "Shop",
                "period": 60,
                "statistic": "Sum",
                "extended_statistic": "",
                "evaluation_periods": 1,
                "datapoints_to_alarm": 0,
                "threshold": 0,
                "comparison_operator": "GreaterThanThreshold",
                "treat_missing_data": "missing",
                "metric_query": [],
                "unit": "",
                "evaluation_interval": None,
            },
            row_of(
                "cloudwatch_alarms",
                {
                    "AlarmName": "errors",
                    "AlarmArn": alarm["AlarmArn"],
                    "ActionsEnabled": False,
                    "OKActions": [],
                    "AlarmActions": [],
                    "MetricName": "Errors",
                    "Namespace": "Shop",
                    "Statistic": "Sum",
                    "Dimensions": [],
                    "Period": 60,
                    "EvaluationPeriods": 1,
                    "Threshold": 0.0,
                    "ComparisonOperator": "GreaterThanThreshold",
                    "EvaluationInterval": 60,
                },
            ),
        ),
    )
    composite = {
        "AlarmName": "shop",
        "AlarmArn": arn("cloudwatch", "alarm:shop"),
        "AlarmDescription": "all of it",
        "ActionsEnabled": True,
        "OKActions": [TOPIC],
        "AlarmActions": [TOPIC],
        "InsufficientDataActions": [TOPIC],
        "AlarmRule": 'ALARM("errors") OR ALARM("latency")',
        "StateValue": "OK",
        "ActionsSuppressor": "deploying",
        "ActionsSuppressorWaitPeriod": 60,
        "ActionsSuppressorExtensionPeriod": 120,
    }
    yield Case(
        "aws_cloudwatch_composite_alarm",
        {
            "arn": composite["AlarmArn"],
            "id": "shop",
            "alarm_name": "shop",
            "alarm_description": "all of it",
            "actions_enabled": True,
            "ok_actions": [TOPIC],
            "alarm_actions": [TOPIC],
            "insufficient_data_actions": [TOPIC],
            "alarm_rule": 'ALARM("errors")\n  OR ALARM("latency")\n',
            "actions_suppressor": [{"alarm": "deploying", "wait_period": 60, "extension_period": 120}],
            **TAGGED,
        },
        row_of("cloudwatch_composite_alarms", composite, ListTagsForResource={"Tags": PAIRS}),
    )
    dashboard = {"DashboardName": "shop", "DashboardArn": arn("cloudwatch", "dashboard/shop", ""), "Size": 5}
    body = {"widgets": [{"type": "text", "x": 0, "properties": {"markdown": "shop"}}]}
    yield Case(
        "aws_cloudwatch_dashboard",
        {
            "id": "shop",
            "dashboard_name": "shop",
            "dashboard_arn": dashboard["DashboardArn"],
            "dashboard_body": orjson.dumps(body, option=orjson.OPT_INDENT_2).decode(),
            "region": REGION,
        },
        row_of("cloudwatch_dashboards", dashboard, GetDashboard={"DashboardBody": orjson.dumps(body).decode()}),
    )
    group = {
        "logGroupName": "/shop/orders",
        "arn": arn("logs", "log-group:/shop/orders:*"),
        "retentionInDays": 30,
        "kmsKeyId": KEY,
        "logGroupClass": "INFREQUENT_ACCESS",
        "dataProtectionStatus": "ACTIVATED",
        "deletionProtectionEnabled": True,
        "storedBytes": 1,
    }
    yield Case(
        "aws_cloudwatch_log_group",
        {
            "arn": arn("logs", "log-group:/shop/orders"),
            "id": "/shop/orders",
            "name": "/shop/orders",
            "name_prefix": "",
            "retention_in_days": 30,
            "kms_key_id": KEY,
            "log_group_class": "INFREQUENT_ACCESS",
            "deletion_protection_enabled": True,
            "skip_destroy": True,
            **TAGGED,
        },
        row_of("logs_log_groups", group, ListTagsForResource={"tags": TAGS}),
        (
            {
                "id": "/shop",
                "name": "/shop",
                "retention_in_days": 0,
                "kms_key_id": "",
                "log_group_class": "",
                "tags": None,
            },
            row_of("logs_log_groups", {"logGroupName": "/shop", "logGroupClass": "STANDARD"}),
        ),
    )
    yield Case(
        "aws_cloudwatch_log_data_protection_policy",
        {"id": "/shop/orders", "log_group_name": "/shop/orders", "policy_document": '{"Name": "cards"}'},
        row_of("logs_log_groups", group),
    )


# ---------------------------------------------------------------------------------------- EventBridge

BUS = arn("events", "event-bus/shop")
RULE = arn("events", "rule/shop/placed")
NETWORK = {
    "awsvpcConfiguration": {
        "Subnets": ["subnet-1", "subnet-2"],
        "SecurityGroups": ["sg-1"],
        "AssignPublicIp": "ENABLED",
    }
}


def event_cases() -> Iterator[Case]:
    statement = {
        "Sid": "partner",
        "Effect": "Allow",
        "Principal": {"AWS": "444455556666"},
        "Action": "events:PutEvents",
        "Resource": BUS,
    }
    policy = {"Version": "2012-10-17", "Statement": [statement]}
    bus = {"Name": "shop", "Arn": BUS, "Description": "orders", "Policy": orjson.dumps(policy).decode()}
    yield Case(
        "aws_cloudwatch_event_bus",
        {
            "arn": BUS,
            "id": "shop",
            "name": "shop",
            "description": "orders",
            "event_source_name": None,
            "kms_key_identifier": "",
            **TAGGED,
        },
        row_of("events_buses", bus, ListTagsForResource={"Tags": PAIRS}),
        beside={
            "permission": [
                {"Sid": "partner", "Effect": "Allow", "Action": "events:PutEvents", "Principal": "444455556666"}
            ]
        },
    )
    yield Case(
        "aws_cloudwatch_event_bus_policy",
        {
            "id": "shop",
            "event_bus_name": "shop",
            "policy": orjson.dumps(
                {
                    "Version": "2012-10-17",
                    "Statement": [
                        {
                            **statement,
                            "Action": ["events:PutEvents"],
                            "Principal": {"AWS": "arn:aws:iam::444455556666:root"},
                        }
                    ],
                }
            ).decode(),
        },
        row_of("events_buses", bus),
    )
    rule = {
        "Name": "placed",
        "Arn": RULE,
        "EventPattern": '{"source": ["shop"], "detail": {"kind": ["order", "return"]}}',
        "State": "DISABLED",
        "Description": "an order is placed",
        "ScheduleExpression": "rate(1 hour)",
        "RoleArn": ROLE,
        "EventBusName": "shop",
    }
    yield Case(
        "aws_cloudwatch_event_rule",
        {
            "arn": RULE,
            "id": "shop/placed",
            "name": "placed",
            "name_prefix": "",
            "event_bus_name": BUS,
            "event_pattern": '{"detail":{"kind":["return","order"]},"source":["shop"]}',
            "is_enabled": None,
            "state": "DISABLED",
            "description": "an order is placed",
            "schedule_expression": "rate(1 hour)",
            "role_arn": ROLE,
            **TAGGED,
        },
        row_of("events_rules", rule, {"name": "shop"}, ListTagsForResource={"Tags": PAIRS}),
        (
            {
                "arn": arn("events", "rule/hourly"),
                "name": "hourly",
                "event_bus_name": "default",
                "event_pattern": None,
                "is_enabled": True,
                "description": "",
                "role_arn": "",
                "schedule_expression": "rate(1 hour)",
            },
            row_of(
                "events_rules",
                {
                    "Name": "hourly",
                    "Arn": arn("events", "rule/hourly"),
                    "State": "ENABLED",
                    "ScheduleExpression": "rate(1 hour)",
                },
                {"name": "default"},
            ),
        ),
    )
    target = {
        "Id": "orders",
        "Arn": CLUSTER,
        "RoleArn": ROLE,
        "Input": '{"password": "not to be seen"}',
        "KinesisParameters": {"PartitionKeyPath": "$.id"},
        "EcsParameters": {
            "TaskDefinitionArn": arn("ecs", "task-definition/orders:7"),
            "TaskCount": 2,
            "LaunchType": "FARGATE",
            "NetworkConfiguration": NETWORK,
            "PlatformVersion": "1.4.0",
            "Group": "shop",
            "CapacityProviderStrategy": [{"capacityProvider": "FARGATE", "weight": 1, "base": 1}],
            "EnableECSManagedTags": True,
            "EnableExecuteCommand": True,
            "PlacementConstraints": [{"type": "memberOf", "expression": "attribute:ecs.os-type == linux"}],
            "PlacementStrategy": [{"type": "spread", "field": "instanceId"}],
            "PropagateTags": "TASK_DEFINITION",
        },
        "BatchParameters": {
            "JobDefinition": arn("batch", "job-definition/orders:1"),
            "JobName": "orders",
            "ArrayProperties": {"Size": 4},
            "RetryStrategy": {"Attempts": 2},
        },
        "SqsParameters": {"MessageGroupId": "orders"},
        "DeadLetterConfig": {"Arn": arn("sqs", "dead")},
        "RetryPolicy": {"MaximumRetryAttempts": 0, "MaximumEventAgeInSeconds": 3600},
    }
    yield Case(
        "aws_cloudwatch_event_target",
        {
            "id": "shop-placed-orders",
            "rule": "placed",
            "event_bus_name": "shop",
            "target_id": "orders",
            "arn": CLUSTER,
            "role_arn": ROLE,
            "input": '{"password": "not to be seen"}',
            "kinesis_target": [{"partition_key_path": "$.id"}],
            "ecs_target": [
                {
                    "task_definition_arn": arn("ecs", "task-definition/orders:7"),
                    "task_count": 2,
                    "launch_type": "FARGATE",
                    "network_configuration": [
                        {"subnets": ["subnet-2", "subnet-1"], "security_groups": ["sg-1"], "assign_public_ip": True}
                    ],
                    "platform_version": "1.4.0",
                    "group": "shop",
                    "capacity_provider_strategy": [{"capacity_provider": "FARGATE", "weight": 1, "base": 1}],
                    "enable_ecs_managed_tags": True,
                    "enable_execute_command": True,
                    "placement_constraint": [{"type": "memberOf", "expression": "attribute:ecs.os-type == linux"}],
                    "ordered_placement_strategy": [{"type": "spread", "field": "instanceId"}],
                    "propagate_tags": "TASK_DEFINITION",
                    "tags": None,
                }
            ],
            "batch_target": [
                {
                    "job_definition": arn("batch", "job-definition/orders:1"),
                    "job_name": "orders",
                    "array_size": 4,
                    "job_attempts": 2,
                }
            ],
            "sqs_target": [{"message_group_id": "orders"}],
            "dead_letter_config": [{"arn": arn("sqs", "dead")}],
            "retry_policy": [{"maximum_retry_attempts": 0, "maximum_event_age_in_seconds": 3600}],
            "http_target": [],
            "force_destroy": False,
        },
        row_of("events_targets", target, {"name": "placed", "arn": RULE}),
        (
            {
                "rule": "hourly",
                "event_bus_name": "default",
                "target_id": "shop",
                "arn": FUNCTION,
                "role_arn": "",
                "ecs_target": [],
                "retry_policy": [],
            },
            row_of(
                "events_targets",
                {"Id": "shop", "Arn": FUNCTION},
                {"name": "hourly", "arn": arn("events", "rule/hourly")},
            ),
        ),
    )


def scheduler_cases() -> Iterator[Case]:
    group = {"Name": "shop", "Arn": arn("scheduler", "schedule-group/shop"), "State": "ACTIVE"}
    yield Case(
        "aws_scheduler_schedule_group",
        {"arn": group["Arn"], "id": "shop", "name": "shop", "name_prefix": "", "state": "ACTIVE", **TAGGED},
        row_of("scheduler_schedule_groups", group, ListTagsForResource={"Tags": PAIRS}),
    )
    schedule = {
        "Name": "nightly",
        "Arn": arn("scheduler", "schedule/shop/nightly"),
        "GroupName": "shop",
        "State": "DISABLED",
        "Target": {"Arn": FUNCTION},
    }
    answer = {
        **schedule,
        "ScheduleExpression": "cron(0 2 * * ? *)",
        "ScheduleExpressionTimezone": "Europe/Dublin",
        "StartDate": NOON,
        "EndDate": NOON + dt.timedelta(days=1),
        "Description": "at night",
        "KmsKeyArn": KEY,
        "FlexibleTimeWindow": {"Mode": "FLEXIBLE", "MaximumWindowInMinutes": 15},
        "ActionAfterCompletion": "DELETE",
        "Target": {"Arn": FUNCTION, "RoleArn": ROLE, "Input": "not to be seen"},
    }
    yield Case(
        "aws_scheduler_schedule",
        {
            "arn": schedule["Arn"],
            "id": "shop/nightly",
            "name": "nightly",
            "group_name": "shop",
            "state": "DISABLED",
            "schedule_expression": "cron(0 2 * * ? *)",
            "schedule_expression_timezone": "Europe/Dublin",
            "start_date": "2026-05-01T12:00:00Z",
            "end_date": "2026-05-02T12:00:00Z",
            "description": "at night",
            "kms_key_arn": KEY,
            "flexible_time_window": [{"mode": "FLEXIBLE", "maximum_window_in_minutes": 15}],
            "action_after_completion": "DELETE",
            "target": [{"arn": FUNCTION, "role_arn": ROLE, "input": "not to be seen"}],
        },
        row_of("scheduler_schedules", schedule, GetSchedule=answer),
        (
            {
                "arn": arn("scheduler", "schedule/default/hourly"),
                "name": "hourly",
                "group_name": "default",
                "schedule_expression": "rate(1 hour)",
                "schedule_expression_timezone": "UTC",
                "start_date": None,
                "state": None,
                "action_after_completion": None,
                "flexible_time_window": [{"mode": "OFF", "maximum_window_in_minutes": None}],
            },
            row_of(
                "scheduler_schedules",
                {
                    "Name": "hourly",
                    "Arn": arn("scheduler", "schedule/default/hourly"),
                    "GroupName": "default",
                    "State": "ENABLED",
                },
                GetSchedule={
                    "ScheduleExpression": "rate(1 hour)",
                    "ScheduleExpressionTimezone": "UTC",
                    "FlexibleTimeWindow": {"Mode": "OFF"},
                    "ActionAfterCompletion": "NONE",
                },
            ),
        ),
    )


# ---------------------------------------------------------------------------------------- SNS and Step Functions


def sns_cases() -> Iterator[Case]:
    statement = {"Sid": "events", "Effect": "Allow", "Principal": "*", "Action": "SNS:Publish", "Resource": TOPIC}
    policy = {"Version": "2008-10-17", "Statement": [statement]}
    attributes = {
        "TopicArn": TOPIC,
        "Policy": orjson.dumps(policy).decode(),
        "DisplayName": "Shop",
        "KmsMasterKeyId": "alias/shop",
        "FifoTopic": "true",
        "SignatureVersion": "2",
        "TracingConfig": "Active",
        "SubscriptionsConfirmed": "1",
        "SubscriptionsPending": "0",
    }
    row = row_of(
        "sns_topics",
        {"TopicArn": TOPIC},
        GetTopicAttributes={"Attributes": attributes},
        ListTagsForResource={"Tags": PAIRS},
    )
    written = orjson.dumps({**policy, "Statement": [{**statement, "Action": ["sns:Publish"]}]}).decode()
    yield Case(
        "aws_sns_topic",
        {
            "arn": TOPIC,
            "id": TOPIC,
            "name": "shop",
            "name_prefix": "",
            "owner": ACCOUNT,
            "policy": written,
            "display_name": "Shop",
            "kms_master_key_id": "alias/shop",
            "fifo_topic": True,
            "signature_version": 2,
            "tracing_config": "Active",
            "delivery_policy": "",
            **TAGGED,
        },
        row,
        (
            {
                "arn": TOPIC,
                "name": "shop",
                "display_name": "",
                "kms_master_key_id": "",
                "fifo_topic": False,
                "signature_version": 0,
                "tracing_config": "",
                "tags": None,
            },
            row_of(
                "sns_topics",
                {"TopicArn": TOPIC},
                GetTopicAttributes={"Attributes": {"TopicArn": TOPIC, "DisplayName": "", "SignatureVersion": "1"}},
            ),
        ),
    )
    yield Case("aws_sns_topic_policy", {"id": TOPIC, "arn": TOPIC, "owner": ACCOUNT, "policy": written}, row)
    subscription = {
        "SubscriptionArn": f"{TOPIC}:5fad161b",
        "Owner": ACCOUNT,
        "Protocol": "sqs",
        "Endpoint": arn("sqs", "orders"),
        "TopicArn": TOPIC,
    }
    yield Case(
        "aws_sns_topic_subscription",
        {
            "arn": subscription["SubscriptionArn"],
            "id": subscription["SubscriptionArn"],
            "topic_arn": TOPIC,
            "protocol": "sqs",
            "endpoint": arn("sqs", "orders"),
            "owner_id": ACCOUNT,
            "pending_confirmation": False,
            "confirmation_timeout_in_minutes": 1,
            "raw_message_delivery": False,
        },
        row_of("sns_subscriptions", subscription, {"TopicArn": TOPIC}),
    )


def state_machine_cases() -> Iterator[Case]:
    machine = {"stateMachineArn": arn("states", "stateMachine:orders"), "name": "orders", "type": "EXPRESS"}
    log = arn("logs", "log-group:/shop/orders:*")
    answer = {
        **machine,
        "status": "ACTIVE",
        "definition": '{"StartAt": "A", "States": {"A": {"Type": "Pass", "End": true}}}',
        "roleArn": ROLE,
        "loggingConfiguration": {
            "level": "ERROR",
            "includeExecutionData": True,
            "destinations": [{"cloudWatchLogsLogGroup": {"logGroupArn": log}}],
        },
        "tracingConfiguration": {"enabled": True},
        "encryptionConfiguration": {"kmsKeyId": KEY, "kmsDataKeyReusePeriodSeconds": 900, "type": "CUSTOMER_MANAGED"},
    }
    yield Case(
        "aws_sfn_state_machine",
        {
            "arn": machine["stateMachineArn"],
            "id": machine["stateMachineArn"],
            "name": "orders",
            "type": "EXPRESS",
            "role_arn": ROLE,
            "definition": "not to be seen",
            "logging_configuration": [{"level": "ERROR", "include_execution_data": True, "log_destination": log}],
            "tracing_configuration": [{"enabled": True}],
            "encryption_configuration": [
                {"kms_key_id": KEY, "kms_data_key_reuse_period_seconds": 900, "type": "CUSTOMER_MANAGED"}
            ],
            "publish": False,
            **TAGGED,
        },
        row_of(
            "stepfunctions_state_machines",
            machine,
            DescribeStateMachine=answer,
            ListTagsForResource={"tags": LOWER_PAIRS},
        ),
        (
            {
                "arn": machine["stateMachineArn"],
                "name": "orders",
                "type": None,
                "role_arn": ROLE,
                "logging_configuration": [],
                "tracing_configuration": [{"enabled": False}],
                "encryption_configuration": [],
            },
            row_of(
                "stepfunctions_state_machines",
                {**machine, "type": "STANDARD"},
                DescribeStateMachine={
                    "roleArn": ROLE,
                    "status": "ACTIVE",
                    "loggingConfiguration": {"level": "OFF", "includeExecutionData": False},
                    "tracingConfiguration": {"enabled": False},
                    "encryptionConfiguration": {"type": "AWS_OWNED_KEY"},
                },
            ),
        ),
    )
    activity = {"activityArn": arn("states", "activity:pick"), "name": "pick", "creationDate": NOON}
    yield Case(
        "aws_sfn_activity",
        {"id": activity["activityArn"], "name": "pick", "creation_date": "2026-05-01T12:00:00Z", **TAGGED},
        row_of("stepfunctions_activities", activity, ListTagsForResource={"tags": LOWER_PAIRS}),
    )


# ---------------------------------------------------------------------------------------- CloudTrail, Config, stacks


def trail_cases() -> Iterator[Case]:
    trail = {
        "Name": "shop",
        "S3BucketName": "shop-trail",
        "S3KeyPrefix": "prod",
        "SnsTopicName": TOPIC,
        "SnsTopicARN": TOPIC,
        "IncludeGlobalServiceEvents": True,
        "IsMultiRegionTrail": True,
        "HomeRegion": REGION,
        "TrailARN": arn("cloudtrail", "trail/shop"),
        "LogFileValidationEnabled": True,
        "CloudWatchLogsLogGroupArn": arn("logs", "log-group:trail:*"),
        "CloudWatchLogsRoleArn": ROLE,
        "KmsKeyId": KEY,
        "HasCustomEventSelectors": True,
        "IsOrganizationTrail": True,
    }
    fields = [
        {
            "Field": "eventCategory",
            "Equals": ["Data"],
            "StartsWith": ["a"],
            "EndsWith": ["b"],
            "NotEquals": ["c"],
            "NotStartsWith": ["d"],
            "NotEndsWith": ["e"],
        }
    ]
    selectors = {
        "EventSelectors": [
            {
                "ReadWriteType": "WriteOnly",
                "IncludeManagementEvents": True,
                "DataResources": [{"Type": "AWS::S3::Object", "Values": ["arn:aws:s3:::shop/"]}],
                "ExcludeManagementEventSources": ["kms.amazonaws.com"],
            }
        ],
        "AdvancedEventSelectors": [{"Name": "data", "FieldSelectors": fields}],
    }
    yield Case(
        "aws_cloudtrail",
        {
            "arn": trail["TrailARN"],
            "id": "shop",
            "name": "shop",
            "home_region": REGION,
            "s3_bucket_name": "shop-trail",
            "s3_key_prefix": "prod",
            "sns_topic_name": "shop",
            "include_global_service_events": True,
            "is_multi_region_trail": True,
            "is_organization_trail": True,
            "enable_log_file_validation": True,
            "enable_logging": True,
            "cloud_watch_logs_group_arn": arn("logs", "log-group:trail:*"),
            "cloud_watch_logs_role_arn": ROLE,
            "kms_key_id": KEY,
            "event_selector": [
                {
                    "read_write_type": "WriteOnly",
                    "include_management_events": True,
                    "data_resource": [{"type": "AWS::S3::Object", "values": ["arn:aws:s3:::shop/"]}],
                    "exclude_management_event_sources": ["kms.amazonaws.com"],
                }
            ],
            "advanced_event_selector": [
                {
                    "name": "data",
                    "field_selector": [
                        {
                            "field": "eventCategory",
                            "equals": ["Data"],
                            "starts_with": ["a"],
                            "ends_with": ["b"],
                            "not_equals": ["c"],
                            "not_starts_with": ["d"],
                            "not_ends_with": ["e"],
                        }
                    ],
                }
            ],
            "insight_selector": [],
            **TAGGED,
        },
        row_of(
            "cloudtrail_trails",
            trail,
            GetTrailStatus={"IsLogging": True},
            GetEventSelectors=selectors,
            ListTags={"TagsList": PAIRS},
        ),
        (
            {
                "arn": trail["TrailARN"],
                "home_region": REGION,
                "name": "shop",
                "s3_bucket_name": "shop-trail",
                "s3_key_prefix": "",
                "sns_topic_name": "",
                "cloud_watch_logs_group_arn": "",
                "kms_key_id": "",
                "enable_logging": True,
                "enable_log_file_validation": False,
                "include_global_service_events": True,
                "is_multi_region_trail": False,
                "event_selector": [],
                "advanced_event_selector": [],
                "tags": None,
            },
            row_of(
                "cloudtrail_trails",
                {
                    "Name": "shop",
                    "S3BucketName": "shop-trail",
                    "IncludeGlobalServiceEvents": True,
                    "IsMultiRegionTrail": False,
                    "HomeRegion": REGION,
                    "TrailARN": trail["TrailARN"],
                    "LogFileValidationEnabled": False,
                },
                GetTrailStatus={"IsLogging": True},
                GetEventSelectors={
                    "EventSelectors": [
                        {
                            "ReadWriteType": "All",
                            "IncludeManagementEvents": True,
                            "DataResources": [],
                            "ExcludeManagementEventSources": [],
                        }
                    ]
                },
            ),
        ),
    )


def config_cases() -> Iterator[Case]:
    recorder = {
        "name": "default",
        "roleARN": ROLE,
        "recordingGroup": {
            "allSupported": True,
            "includeGlobalResourceTypes": True,
            "resourceTypes": ["AWS::EC2::VPC"],
            "exclusionByResourceTypes": {"resourceTypes": ["AWS::EC2::Volume"]},
            "recordingStrategy": {"useOnly": "EXCLUSION_BY_RESOURCE_TYPES"},
        },
        "recordingMode": {
            "recordingFrequency": "DAILY",
            "recordingModeOverrides": [
                {"description": "at once", "resourceTypes": ["AWS::IAM::Role"], "recordingFrequency": "CONTINUOUS"}
            ],
        },
    }
    row = row_of("config_recorders", recorder, DescribeConfigurationRecorderStatus={"recording": True})
    yield Case(
        "aws_config_configuration_recorder",
        {
            "id": "default",
            "name": "default",
            "role_arn": ROLE,
            "recording_group": [
                {
                    "all_supported": True,
                    "include_global_resource_types": True,
                    "resource_types": ["AWS::EC2::VPC"],
                    "exclusion_by_resource_types": [{"resource_types": ["AWS::EC2::Volume"]}],
                    "recording_strategy": [{"use_only": "EXCLUSION_BY_RESOURCE_TYPES"}],
                }
            ],
            "recording_mode": [
                {
                    "recording_frequency": "DAILY",
                    "recording_mode_override": [
                        {
                            "description": "at once",
                            "resource_types": ["AWS::IAM::Role"],
                            "recording_frequency": "CONTINUOUS",
                        }
                    ],
                }
            ],
        },
        row,
        (
            {
                "id": "default",
                "name": "default",
                "role_arn": ROLE,
                "recording_group": [
                    {"all_supported": True, "include_global_resource_types": False, "resource_types": []}
                ],
            },
            row_of(
                "config_recorders",
                {
                    "name": "default",
                    "roleARN": ROLE,
                    "recordingGroup": {
                        "allSupported": True,
                        "includeGlobalResourceTypes": False,
                        "resourceTypes": [],
                        "exclusionByResourceTypes": {"resourceTypes": []},
                        "recordingStrategy": {"useOnly": "ALL_SUPPORTED_RESOURCE_TYPES"},
                    },
                    "recordingMode": {"recordingFrequency": "CONTINUOUS"},
                },
            ),
        ),
    )
    yield Case(
        "aws_config_configuration_recorder_status",
        {"id": "default", "name": "default", "is_enabled": True},
        row,
        ({"name": "default", "is_enabled": False}, row_of("config_recorders", recorder)),
    )
    channel = {
        "name": "default",
        "s3BucketName": "shop-config",
        "s3KeyPrefix": "prod",
        "s3KmsKeyArn": KEY,
        "snsTopicARN": TOPIC,
        "configSnapshotDeliveryProperties": {"deliveryFrequency": "Six_Hours"},
    }
    yield Case(
        "aws_config_delivery_channel",
        {
            "id": "default",
            "name": "default",
            "s3_bucket_name": "shop-config",
            "s3_key_prefix": "prod",
            "s3_kms_key_arn": KEY,
            "sns_topic_arn": TOPIC,
            "snapshot_delivery_properties": [{"delivery_frequency": "Six_Hours"}],
        },
        row_of("config_delivery_channels", channel),
    )


REPOSITORY = "arn:aws:serverlessrepo:us-east-1:297356227824:applications/SecretsManagerRDSRotation"


def stack_cases() -> Iterator[Case]:
    stack = {
        "StackId": arn("cloudformation", "stack/shop/1"),
        "StackName": "shop",
        "StackStatus": "UPDATE_COMPLETE",
        "CreationTime": NOON,
        "DisableRollback": True,
        "NotificationARNs": [TOPIC],
        "TimeoutInMinutes": 30,
        "Capabilities": ["CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"],
        "RoleARN": ROLE,
        "Tags": PAIRS,
        "Parameters": [{"ParameterKey": "Password", "ParameterValue": "not to be seen"}],
    }
    yield Case(
        "aws_cloudformation_stack",
        {
            "id": stack["StackId"],
            "name": "shop",
            "capabilities": ["CAPABILITY_AUTO_EXPAND", "CAPABILITY_IAM"],
            "disable_rollback": True,
            "iam_role_arn": ROLE,
            "notification_arns": [TOPIC],
            "timeout_in_minutes": 30,
            "parameters": {"Password": "not to be seen"},
            "outputs": {"Password": "not to be seen"},
            "template_body": "Resources: {}",
            **TAGGED,
        },
        row_of("cloudformation_stacks", stack),
    )
    application = {
        "StackId": arn("cloudformation", "stack/serverlessrepo-rotation/1"),
        "StackName": "serverlessrepo-rotation",
        "StackStatus": "CREATE_COMPLETE",
        "Capabilities": ["CAPABILITY_IAM"],
        "Tags": [
            *PAIRS,
            {"Key": "serverlessrepo:applicationId", "Value": REPOSITORY},
            {"Key": "serverlessrepo:semanticVersion", "Value": "1.1.60"},
        ],
    }
    yield Case(
        "aws_serverlessapplicationrepository_cloudformation_stack",
        {
            "id": application["StackId"],
            "name": "rotation",
            "application_id": REPOSITORY,
            "capabilities": ["CAPABILITY_RESOURCE_POLICY", "CAPABILITY_IAM"],
            "parameters": {"endpoint": "not to be seen"},
            "semantic_version": "1.1.60",
            "tags": TAGS,
            "tags_all": TAGS,
        },
        row_of("cloudformation_stacks", application),
    )


def gateway_cases() -> Iterator[Case]:
    answer = {
        "serviceArn": SERVICE,
        "serviceName": "orders",
        "clusterArn": CLUSTER,
        "status": "ACTIVE",
        "taskDefinition": arn("ecs", "task-definition/orders:7"),
        "resourceManagementType": "ECS",
        "tags": LOWER_PAIRS,
    }
    task = {"taskRoleArn": ROLE, "executionRoleArn": ROLE, "status": "ACTIVE", "containerDefinitions": []}
    yield Case(
        "aws_ecs_express_gateway_service",
        {
            "service_arn": SERVICE,
            "service_name": "orders",
            "cluster": "shop",
            "execution_role_arn": ROLE,
            "infrastructure_role_arn": ROLE,
            "task_role_arn": ROLE,
            "cpu": "256",
            "memory": "512",
            "primary_container": [{"image": "shop:7", "environment": [{"name": "A", "value": "not to be seen"}]}],
            "scaling_target": [],
            **TAGGED,
        },
        row_of(
            "ecs_services",
            SERVICE,
            {"clusterArn": CLUSTER},
            DescribeServices=answer,
            DescribeTaskDefinition={"taskDefinition": task},
        ),
    )


CASES = {
    case.kind: case
    for cases in (
        iam_cases,
        lambda_cases,
        cluster_cases,
        service_cases,
        gateway_cases,
        eks_cases,
        cloudwatch_cases,
        event_cases,
        scheduler_cases,
        sns_cases,
        state_machine_cases,
        trail_cases,
        config_cases,
        stack_cases,
    )
    for case in cases()
}
