"""Mappings of databases, secrets, keys, buckets, names and backups: states that are as deployed, and ones that are not.

The recorded states are no part of the project: AUDITOR_RECORDINGS names their folder.
"""

from __future__ import annotations

import csv
import functools
import importlib.util
import json
import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from auditor.collectors.services import declared as tables
from auditor.drift.code import paths
from auditor.drift.code.attributes import (
    Compared,
    compare_attributes,
    compare_part,
    declared_value,
    elements,
    live_value,
    part_elements,
    unclaimed,
)
from auditor.drift.code.forms import FORMS
from auditor.drift.code.forms.data import ENCRYPTION_PARAMETERS
from auditor.drift.code.mapping import Attribute, TypeMapping, load_mappings
from auditor.drift.code.model import Declared, Tool
from auditor.drift.code.states.pulumi import read_pulumi
from auditor.library import shipped
from auditor.resources import data_dir
from auditor.toml_source import load

FOLDER = os.environ.get("AUDITOR_RECORDINGS", "")
recorded = pytest.mark.skipif(not FOLDER, reason="AUDITOR_RECORDINGS names no folder of recordings")
# The recordings' own loader leaves files to the garbage collector.
pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning")

SERVICES = (
    "backup",
    "docdb",
    "dynamodb",
    "globalaccelerator",
    "kms",
    "neptune",
    "rds",
    "route53",
    "s3",
    "secretsmanager",
    "ssm",
)
MAPPINGS = load_mappings(data_dir("mappings"))
KINDS = [kind for name in SERVICES for kind in load(data_dir("mappings") / f"{name}.toml").data]
CATALOGUE = shipped().catalogue
ACCOUNT = "111122223333"
KEY = f"arn:aws:kms:us-east-1:{ACCOUNT}:key/1c3a8a6e-5d2f-4a0e-9b39-6f1d3f6f0a01"
OTHER_KEY = f"arn:aws:kms:us-east-1:{ACCOUNT}:key/9f1d3f6f-5d2f-4a0e-9b39-1c3a8a6e0a02"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/orders"
POLICY = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, "Action": "*", "Resource": "*"}
    ],
}
LIVE_POLICY = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"AWS": ACCOUNT}, "Action": ["*"], "Resource": ["*"]}],
}
TAGS = {"tags": {"Name": "orders"}, "tags_all": {"Name": "orders", "Owner": "payments"}}
LIVE_TAGS = {"tags": {"Name": "orders", "Owner": "payments", "aws:cloudformation:stack-name": "x"}}

MANUAL = {"SnapshotType": "manual", "DBSnapshotArn": f"arn:aws:rds:us-east-1:{ACCOUNT}:snapshot:orders-1"}
MANUAL_CLUSTER = {"SnapshotType": "manual", "DBClusterSnapshotArn": f"arn:aws:rds:us-east-1:{ACCOUNT}:x:ledger-1"}

Example = tuple[str, Mapping[str, Any], Mapping[str, Any]]


def secret_arn(name: str) -> str:
    return f"arn:aws:secretsmanager:us-east-1:{ACCOUNT}:secret:{name}-AbCdEf"


def of(kind: str) -> TypeMapping:
    return MAPPINGS.by_kind[kind]


def declaration(kind: str, attributes: Mapping[str, Any]) -> Declared:
    """A resource of a state as its reader keeps it: what the mapping reads, and no more."""
    kept = {name: value for name, value in attributes.items() if name in of(kind).read}
    return Declared(
        tool=Tool.TERRAFORM, state="s", address="a", kind=kind, id=str(attributes.get("id")), attributes=kept
    )


def compared(kind: str, attributes: Mapping[str, Any], row: Mapping[str, Any], *held: str) -> Compared:
    unknown = set(row) - set(CATALOGUE.columns(of(kind).table))
    assert not unknown, "the example has columns that there are not"
    return compare_attributes(of(kind), declaration(kind, attributes), row, held=frozenset(held))


def changed(kind: str, attributes: Mapping[str, Any], row: Mapping[str, Any], *held: str) -> dict[str, Any]:
    """Path -> (declared, live)."""
    return {one.field: (one.old, one.new) for one in compared(kind, attributes, row, *held).changes}


# ---------------------------------------------------------------------------------------- lifelike pairs

# fmt: off
EXAMPLES: list[Example] = [
    # ------------------------------------------------------------------------------------ RDS
    (
        "aws_db_instance",
        {
            "allocated_storage": 100, "auto_minor_version_upgrade": True, "availability_zone": "us-east-1a",
            "backup_retention_period": 7, "backup_target": "region", "backup_window": "03:00-03:30",
            "ca_cert_identifier": "rds-ca-rsa2048-g1", "character_set_name": "AL32UTF8", "copy_tags_to_snapshot": True,
            "custom_iam_instance_profile": "AWSRDSCustom", "customer_owned_ip_enabled": True,
            "database_insights_mode": "advanced", "db_name": "ORDERS", "db_subnet_group_name": "Orders",
            "dedicated_log_volume": True, "deletion_protection": True, "domain": "d-1234567890",
            "domain_auth_secret_arn": secret_arn("ad"), "domain_dns_ips": ["10.0.0.2", "10.0.0.3"],
            "domain_fqdn": "Corp.example.com", "domain_iam_role_name": "rds-ad", "domain_ou": "OU=db,DC=corp",
            "enabled_cloudwatch_logs_exports": ["audit", "alert"], "engine": "oracle-ee",
            "engine_lifecycle_support": "open-source-rds-extended-support",
            "engine_version": "19.0.0.0.ru-2024-04.rur-2024-04.r1", "iam_database_authentication_enabled": True,
            "identifier": "orders", "instance_class": "db.m6i.large", "iops": 3000, "kms_key_id": KEY,
            "license_model": "bring-your-own-license", "maintenance_window": "Mon:04:00-Mon:04:30",
            "manage_master_user_password": True,
            "master_user_secret_kms_key_id": "1c3a8a6e-5d2f-4a0e-9b39-6f1d3f6f0a01", "max_allocated_storage": 0,
            "monitoring_interval": 60, "monitoring_role_arn": ROLE, "multi_az": False,
            "nchar_character_set_name": "UTF8", "network_type": "DUAL", "option_group_name": "Orders-19",
            "parameter_group_name": "orders-19", "performance_insights_enabled": True,
            "performance_insights_kms_key_id": KEY, "performance_insights_retention_period": 731, "port": 1521,
            "publicly_accessible": True, "replica_mode": "mounted",
            "replicate_source_db": f"arn:aws:rds:us-west-2:{ACCOUNT}:db:orders-west",
            "security_group_names": ["classic"], "storage_encrypted": True, "storage_throughput": 125,
            "storage_type": "gp3", **TAGS, "timezone": "UTC", "upgrade_rollout_order": "first", "username": "admin",
            "vpc_security_group_ids": ["sg-1", "sg-2"],
        },
        {
            "AllocatedStorage": 100, "AutoMinorVersionUpgrade": True, "AvailabilityZone": "us-east-1a",
            "BackupRetentionPeriod": 7, "BackupTarget": "region", "PreferredBackupWindow": "03:00-03:30",
            "CACertificateIdentifier": "rds-ca-rsa2048-g1", "CharacterSetName": "AL32UTF8", "CopyTagsToSnapshot": True,
            "CustomIamInstanceProfile": "AWSRDSCustom", "CustomerOwnedIpEnabled": True,
            "DatabaseInsightsMode": "advanced", "DBName": "ORDERS", "DBSubnetGroup": {"DBSubnetGroupName": "orders"},
            "DedicatedLogVolume": True, "DeletionProtection": True,
            "DomainMemberships": [
                {
                    "Domain": "d-1234567890", "AuthSecretArn": secret_arn("ad"), "DnsIps": ["10.0.0.3", "10.0.0.2"],
                    "FQDN": "corp.example.com", "IAMRoleName": "rds-ad", "OU": "OU=db,DC=corp",
                },
            ],
            "EnabledCloudwatchLogsExports": ["alert", "audit"], "Engine": "oracle-ee",
            "EngineLifecycleSupport": "open-source-rds-extended-support",
            "EngineVersion": "19.0.0.0.ru-2024-04.rur-2024-04.r1", "IAMDatabaseAuthenticationEnabled": True,
            "DBInstanceIdentifier": "orders", "DBInstanceClass": "db.m6i.large", "Iops": 3000, "KmsKeyId": KEY,
            "LicenseModel": "bring-your-own-license", "PreferredMaintenanceWindow": "mon:04:00-mon:04:30",
            "MasterUserSecret": {"SecretArn": secret_arn("rds!db-1"), "KmsKeyId": KEY}, "MonitoringInterval": 60,
            "MonitoringRoleArn": ROLE, "MultiAZ": False, "NcharCharacterSetName": "UTF8", "NetworkType": "DUAL",
            "OptionGroupMemberships": [{"OptionGroupName": "orders-19", "Status": "in-sync"}],
            "DBParameterGroups": [{"DBParameterGroupName": "orders-19", "ParameterApplyStatus": "in-sync"}],
            "PerformanceInsightsEnabled": True, "PerformanceInsightsKMSKeyId": KEY,
            "PerformanceInsightsRetentionPeriod": 731,
            "Endpoint": {"Address": "orders.abc.us-east-1.rds.amazonaws.com", "Port": 1521}, "DbInstancePort": 0,
            "PubliclyAccessible": True, "ReplicaMode": "mounted",
            "ReadReplicaSourceDBInstanceIdentifier": "orders-west",
            "DBSecurityGroups": [{"DBSecurityGroupName": "classic"}], "StorageEncrypted": True,
            "StorageThroughput": 125, "StorageType": "gp3", **LIVE_TAGS, "Timezone": "UTC",
            "UpgradeRolloutOrder": "first", "MasterUsername": "admin",
            "VpcSecurityGroups": [{"VpcSecurityGroupId": "sg-2"}, {"VpcSecurityGroupId": "sg-1"}],
        },
    ),
    # RDS grows the storage, moves the instance between zones and takes the newest minor version.
    (
        "aws_db_instance",
        {
            "allocated_storage": "100", "max_allocated_storage": "1000", "availability_zone": "us-east-1a",
            "multi_az": "true", "engine": "postgres", "engine_version": "15", "name": "orders", "kms_key_id": "",
            "parameter_group_name": "",
        },
        {
            "AllocatedStorage": 180, "MaxAllocatedStorage": 1000, "AvailabilityZone": "us-east-1b", "MultiAZ": True,
            "Engine": "postgres", "EngineVersion": "15.7", "DBName": "orders", "KmsKeyId": KEY,
            "DBParameterGroups": [{"DBParameterGroupName": "default.postgres15"}],
        },
    ),
    (
        "aws_db_instance",
        {"engine_version": "15.7", "identifier": "orders"},
        {"EngineVersion": "15.7", "DBInstanceIdentifier": "orders"},
    ),
    (
        "aws_db_instance",
        {"engine_version": "8.0.35", "identifier": "orders"},
        {"EngineVersion": "8.0.35", "DBInstanceIdentifier": "orders"},
    ),
    (
        "aws_rds_instance_state",
        {"identifier": "orders", "state": "stopped"},
        {"DBInstanceIdentifier": "orders", "DBInstanceStatus": "stopped"},
    ),
    (
        "aws_rds_cluster",
        {
            "allocated_storage": 1, "auto_minor_version_upgrade": True,
            "availability_zones": ["us-east-1a", "us-east-1b", "us-east-1c"], "backtrack_window": 3600,
            "backup_retention_period": 35, "ca_certificate_identifier": "rds-ca-rsa2048-g1",
            "cluster_identifier": "ledger", "cluster_scalability_type": "limitless", "copy_tags_to_snapshot": True,
            "database_insights_mode": "advanced", "database_name": "ledger",
            "db_cluster_instance_class": "db.r6gd.large", "db_cluster_parameter_group_name": "ledger",
            "db_subnet_group_name": "ledger", "db_system_id": "LEDGER", "deletion_protection": True, "domain": "d-1",
            "domain_iam_role_name": "rds-ad", "enable_global_write_forwarding": True, "enable_http_endpoint": True,
            "enable_local_write_forwarding": True, "enabled_cloudwatch_logs_exports": ["postgresql"],
            "engine": "aurora-mysql", "engine_lifecycle_support": "open-source-rds-extended-support",
            "engine_mode": "serverless", "engine_version": "8.0.mysql_aurora.3.05.2",
            "global_cluster_identifier": "ledger-global", "iam_database_authentication_enabled": True,
            "iam_roles": [ROLE], "iops": 1000, "kms_key_id": KEY, "manage_master_user_password": True,
            "master_user_secret_kms_key_id": KEY, "master_username": "root", "monitoring_interval": 30,
            "monitoring_role_arn": ROLE, "network_type": "DUAL", "performance_insights_enabled": True,
            "performance_insights_kms_key_id": KEY, "performance_insights_retention_period": 7, "port": 3306,
            "preferred_backup_window": "07:00-09:00", "preferred_maintenance_window": "Wed:04:00-Wed:04:30",
            "publicly_accessible": True,
            "replication_source_identifier": f"arn:aws:rds:us-west-2:{ACCOUNT}:cluster:ledger",
            "scaling_configuration": [
                {
                    "auto_pause": True, "max_capacity": 16, "min_capacity": 2, "seconds_before_timeout": 300,
                    "seconds_until_auto_pause": 600, "timeout_action": "RollbackCapacityChange",
                },
            ],
            "serverlessv2_scaling_configuration": [
                {"max_capacity": 1.0, "min_capacity": 0.5, "seconds_until_auto_pause": 300},
            ],
            "storage_encrypted": True, "storage_type": "aurora-iopt1", **TAGS, "upgrade_rollout_order": "last",
            "vpc_security_group_ids": ["sg-1"],
        },
        {
            "AllocatedStorage": 1, "AutoMinorVersionUpgrade": True,
            "AvailabilityZones": ["us-east-1c", "us-east-1a", "us-east-1b"], "BacktrackWindow": 3600,
            "BackupRetentionPeriod": 35, "CertificateDetails": {"CAIdentifier": "rds-ca-rsa2048-g1"},
            "DBClusterIdentifier": "ledger", "ClusterScalabilityType": "limitless", "CopyTagsToSnapshot": True,
            "DatabaseInsightsMode": "advanced", "DatabaseName": "ledger", "DBClusterInstanceClass": "db.r6gd.large",
            "DBClusterParameterGroup": "ledger", "DBSubnetGroup": "ledger", "DBSystemId": "LEDGER",
            "DeletionProtection": True, "DomainMemberships": [{"Domain": "d-1", "IAMRoleName": "rds-ad"}],
            "GlobalWriteForwardingRequested": True, "HttpEndpointEnabled": True,
            "LocalWriteForwardingStatus": "enabled", "EnabledCloudwatchLogsExports": ["postgresql"],
            "Engine": "aurora-mysql", "EngineLifecycleSupport": "open-source-rds-extended-support",
            "EngineMode": "serverless", "EngineVersion": "8.0.mysql_aurora.3.05.2",
            "GlobalClusterIdentifier": "ledger-global", "IAMDatabaseAuthenticationEnabled": True,
            "AssociatedRoles": [{"RoleArn": ROLE, "Status": "ACTIVE", "FeatureName": "s3Import"}], "Iops": 1000,
            "KmsKeyId": KEY, "MasterUserSecret": {"SecretArn": secret_arn("rds!cluster-1"), "KmsKeyId": KEY},
            "MasterUsername": "root", "MonitoringInterval": 30, "MonitoringRoleArn": ROLE, "NetworkType": "DUAL",
            "PerformanceInsightsEnabled": True, "PerformanceInsightsKMSKeyId": KEY,
            "PerformanceInsightsRetentionPeriod": 7, "Port": 3306, "PreferredBackupWindow": "07:00-09:00",
            "PreferredMaintenanceWindow": "wed:04:00-wed:04:30", "PubliclyAccessible": True,
            "ReplicationSourceIdentifier": f"arn:aws:rds:us-west-2:{ACCOUNT}:cluster:ledger",
            "ScalingConfigurationInfo": {
                "MinCapacity": 2, "MaxCapacity": 16, "AutoPause": True, "SecondsUntilAutoPause": 600,
                "TimeoutAction": "RollbackCapacityChange", "SecondsBeforeTimeout": 300,
            },
            "ServerlessV2ScalingConfiguration": {"MinCapacity": 0.5, "MaxCapacity": 1.0, "SecondsUntilAutoPause": 300},
            "StorageEncrypted": True, "StorageType": "aurora-iopt1", **LIVE_TAGS, "UpgradeRolloutOrder": "last",
            "VpcSecurityGroups": [{"VpcSecurityGroupId": "sg-1", "Status": "active"}],
        },
    ),
    (
        "aws_rds_cluster",
        {"engine_version": "15", "storage_type": "", "scaling_configuration": [], "engine_mode": "provisioned"},
        {
            "EngineVersion": "15.4", "StorageType": "aurora", "EngineMode": "provisioned",
            "CertificateDetails": {"CAIdentifier": "x"},
        },
    ),
    ("aws_rds_cluster", {"engine_version": "15.4"}, {"EngineVersion": "15.4"}),
    ("aws_rds_cluster", {"engine_version": "8.0.35"}, {"EngineVersion": "8.0.35"}),
    (
        "aws_rds_cluster_activity_stream",
        {"resource_arn": f"arn:aws:rds:us-east-1:{ACCOUNT}:cluster:ledger", "mode": "async", "kms_key_id": KEY},
        {
            "DBClusterArn": f"arn:aws:rds:us-east-1:{ACCOUNT}:cluster:ledger", "ActivityStreamMode": "async",
            "ActivityStreamKmsKeyId": KEY, "ActivityStreamStatus": "started",
        },
    ),
    (
        "aws_rds_cluster_instance",
        {
            "auto_minor_version_upgrade": True, "availability_zone": "us-east-1a",
            "ca_cert_identifier": "rds-ca-rsa2048-g1", "cluster_identifier": "ledger", "copy_tags_to_snapshot": True,
            "custom_iam_instance_profile": "AWSRDSCustom", "db_parameter_group_name": "ledger",
            "db_subnet_group_name": "ledger", "engine": "aurora-mysql", "engine_version": "8.0.mysql_aurora.3.04.0",
            "identifier": "ledger-0", "instance_class": "db.r6g.large", "monitoring_interval": 60,
            "monitoring_role_arn": ROLE, "performance_insights_enabled": True, "performance_insights_kms_key_id": KEY,
            "performance_insights_retention_period": 7, "preferred_backup_window": "07:00-09:00",
            "preferred_maintenance_window": "WED:04:00-WED:04:30", "promotion_tier": 1, "publicly_accessible": True,
            **TAGS,
        },
        {
            "AutoMinorVersionUpgrade": True, "AvailabilityZone": "us-east-1a",
            "CACertificateIdentifier": "rds-ca-rsa2048-g1", "DBClusterIdentifier": "ledger",
            "CopyTagsToSnapshot": True, "CustomIamInstanceProfile": "AWSRDSCustom",
            "DBParameterGroups": [{"DBParameterGroupName": "ledger"}],
            "DBSubnetGroup": {"DBSubnetGroupName": "ledger"}, "Engine": "aurora-mysql",
            "EngineVersion": "8.0.mysql_aurora.3.05.2", "DBInstanceIdentifier": "ledger-0",
            "DBInstanceClass": "db.r6g.large", "MonitoringInterval": 60, "MonitoringRoleArn": ROLE,
            "PerformanceInsightsEnabled": True, "PerformanceInsightsKMSKeyId": KEY,
            "PerformanceInsightsRetentionPeriod": 7, "PreferredBackupWindow": "07:00-09:00",
            "PreferredMaintenanceWindow": "wed:04:00-wed:04:30", "PromotionTier": 1, "PubliclyAccessible": True,
            **LIVE_TAGS,
        },
    ),
    (
        "aws_rds_global_cluster",
        {
            "database_name": "ledger", "deletion_protection": True, "engine": "aurora-mysql",
            "engine_lifecycle_support": "open-source-rds-extended-support",
            "engine_version": "8.0.mysql_aurora.3.05.2", "global_cluster_identifier": "ledger-global",
            "storage_encrypted": True, **TAGS,
        },
        {
            "DatabaseName": "ledger", "DeletionProtection": True, "Engine": "aurora-mysql",
            "EngineLifecycleSupport": "open-source-rds-extended-support", "EngineVersion": "8.0.mysql_aurora.3.05.2",
            "GlobalClusterIdentifier": "ledger-global", "StorageEncrypted": True, **LIVE_TAGS,
        },
    ),
    *(("aws_rds_global_cluster", {"engine_version": v}, {"EngineVersion": "15.4.1"}) for v in ("15", "15.4", "15.4.1")),
    (
        "aws_db_subnet_group",
        {"name": "orders", "description": "Managed by Terraform", "subnet_ids": ["subnet-1", "subnet-2"], **TAGS},
        {
            "DBSubnetGroupName": "orders", "DBSubnetGroupDescription": "Managed by Terraform",
            "Subnets": [{"SubnetIdentifier": "subnet-2"}, {"SubnetIdentifier": "subnet-1"}], **LIVE_TAGS,
        },
    ),
    *(
        (
            kind,
            {
                "name": "orders", "description": "Managed by Terraform", "family": "postgres15",
                "parameter": [
                    {"name": "rds.force_ssl", "value": "1", "apply_method": "pending-reboot"},
                    {"name": "tls", "value": "enabled", "apply_method": "pending-reboot"},
                    {"name": "max_connections", "value": "100", "apply_method": "pending-reboot"},
                ],
                **TAGS,
            },
            {
                column: "orders", "Description": "Managed by Terraform", "DBParameterGroupFamily": "postgres15",
                "EncryptionParameters": {"rds.force_ssl": "1", "tls": "enabled", "require_secure_transport": "OFF"},
                "EncryptionParameterSources": {
                    "rds.force_ssl": "user", "tls": "user", "require_secure_transport": "engine-default",
                },
                **LIVE_TAGS,
            },
        )
        for kind, column in (
            ("aws_db_parameter_group", "DBParameterGroupName"),
            ("aws_rds_cluster_parameter_group", "DBClusterParameterGroupName"),
            ("aws_docdb_cluster_parameter_group", "DBClusterParameterGroupName"),
            ("aws_neptune_cluster_parameter_group", "DBClusterParameterGroupName"),
            ("aws_neptune_parameter_group", "DBParameterGroupName"),
        )
    ),
    (
        "aws_db_proxy",
        {
            "auth": [
                {
                    "auth_scheme": "SECRETS", "client_password_auth_type": "POSTGRES_SCRAM_SHA_256",
                    "description": "the service", "iam_auth": "REQUIRED", "secret_arn": secret_arn("db"),
                    "username": "service",
                },
                {
                    "auth_scheme": "", "client_password_auth_type": "POSTGRES_MD5", "iam_auth": None,
                    "secret_arn": secret_arn("db2"),
                },
            ],
            "debug_logging": True, "default_auth_scheme": "NONE", "endpoint_network_type": "DUAL",
            "engine_family": "POSTGRESQL", "idle_client_timeout": 900, "name": "orders", "require_tls": True,
            "role_arn": ROLE, "target_connection_network_type": "IPV6", "vpc_security_group_ids": ["sg-1"],
            "vpc_subnet_ids": ["subnet-1", "subnet-2"], **TAGS,
        },
        {
            "Auth": [
                {
                    "AuthScheme": "SECRETS", "SecretArn": secret_arn("db2"), "IAMAuth": "DISABLED",
                    "ClientPasswordAuthType": "POSTGRES_MD5",
                },
                {
                    "AuthScheme": "SECRETS", "Description": "the service", "UserName": "service",
                    "SecretArn": secret_arn("db"), "IAMAuth": "REQUIRED",
                    "ClientPasswordAuthType": "POSTGRES_SCRAM_SHA_256",
                },
            ],
            "DebugLogging": True, "DefaultAuthScheme": None, "EndpointNetworkType": "DUAL",
            "EngineFamily": "POSTGRESQL", "IdleClientTimeout": 900, "DBProxyName": "orders", "RequireTLS": True,
            "RoleArn": ROLE, "TargetConnectionNetworkType": "IPV6", "VpcSecurityGroupIds": ["sg-1"],
            "VpcSubnetIds": ["subnet-2", "subnet-1"], **LIVE_TAGS,
        },
    ),
    (
        "aws_db_snapshot",
        {"db_instance_identifier": "orders", "db_snapshot_identifier": "orders-1", "kms_key_id": "", **TAGS},
        {"DBInstanceIdentifier": "orders", "DBSnapshotIdentifier": "orders-1", "KmsKeyId": KEY, **LIVE_TAGS, **MANUAL},
    ),
    (
        "aws_db_snapshot_copy",
        {"target_db_snapshot_identifier": "copy", "kms_key_id": KEY, "option_group_name": "Orders", **TAGS},
        {"DBSnapshotIdentifier": "copy", "KmsKeyId": KEY, "OptionGroupName": "orders", **LIVE_TAGS},
    ),
    (
        "aws_db_cluster_snapshot",
        {"db_cluster_identifier": "ledger", "db_cluster_snapshot_identifier": "ledger-1", **TAGS},
        {"DBClusterIdentifier": "ledger", "DBClusterSnapshotIdentifier": "ledger-1", **LIVE_TAGS, **MANUAL_CLUSTER},
    ),
    (
        "aws_rds_cluster_snapshot_copy",
        {"target_db_cluster_snapshot_identifier": "copy", "kms_key_id": KEY, **TAGS},
        {"DBClusterSnapshotIdentifier": "copy", "KmsKeyId": KEY, **LIVE_TAGS},
    ),
    # ------------------------------------------------------------------------------------ DocumentDB, Neptune
    (
        "aws_docdb_cluster",
        {
            "availability_zones": ["us-east-1a"], "backup_retention_period": 5, "cluster_identifier": "docs",
            "db_cluster_parameter_group_name": "docs", "db_subnet_group_name": "docs", "deletion_protection": True,
            "enabled_cloudwatch_logs_exports": ["audit"], "engine": "docdb", "engine_version": "5.0.0",
            "kms_key_id": KEY, "manage_master_user_password": True, "master_username": "root", "network_type": "IPV4",
            "port": 27017, "preferred_backup_window": "07:00-09:00",
            "preferred_maintenance_window": "Wed:04:00-Wed:04:30",
            "serverless_v2_scaling_configuration": [{"max_capacity": 16, "min_capacity": 0.5}],
            "storage_encrypted": True, "storage_type": None, "vpc_security_group_ids": ["sg-1"], **TAGS,
        },
        {
            "AvailabilityZones": ["us-east-1a"], "BackupRetentionPeriod": 5, "DBClusterIdentifier": "docs",
            "DBClusterParameterGroup": "docs", "DBSubnetGroup": "docs", "DeletionProtection": True,
            "EnabledCloudwatchLogsExports": ["audit"], "Engine": "docdb", "EngineVersion": "5.0.0", "KmsKeyId": KEY,
            "MasterUserSecret": {"SecretArn": secret_arn("rds!cluster-2"), "KmsKeyId": KEY}, "MasterUsername": "root",
            "NetworkType": "IPV4", "Port": 27017, "PreferredBackupWindow": "07:00-09:00",
            "PreferredMaintenanceWindow": "wed:04:00-wed:04:30",
            "ServerlessV2ScalingConfiguration": {"MinCapacity": 0.5, "MaxCapacity": 16.0}, "StorageEncrypted": True,
            "StorageType": "standard", "VpcSecurityGroups": [{"VpcSecurityGroupId": "sg-1"}], **LIVE_TAGS,
        },
    ),
    *(("aws_docdb_cluster", {"engine_version": v}, {"EngineVersion": "5.0.0.1"}) for v in ("5", "5.0", "5.0.0.1")),
    (
        "aws_docdb_cluster_instance",
        {
            "auto_minor_version_upgrade": True, "availability_zone": "us-east-1a",
            "ca_cert_identifier": "rds-ca-rsa2048-g1", "cluster_identifier": "docs", "copy_tags_to_snapshot": True,
            "enable_performance_insights": True, "engine": "docdb", "identifier": "docs-0",
            "instance_class": "db.r6g.large", "performance_insights_kms_key_id": KEY,
            "preferred_maintenance_window": "Wed:04:00-Wed:04:30", "promotion_tier": 1, **TAGS,
        },
        {
            "AutoMinorVersionUpgrade": True, "AvailabilityZone": "us-east-1a",
            "CACertificateIdentifier": "rds-ca-rsa2048-g1", "DBClusterIdentifier": "docs", "CopyTagsToSnapshot": True,
            "PerformanceInsightsEnabled": True, "Engine": "docdb", "DBInstanceIdentifier": "docs-0",
            "DBInstanceClass": "db.r6g.large", "PerformanceInsightsKMSKeyId": KEY,
            "PreferredMaintenanceWindow": "wed:04:00-wed:04:30", "PromotionTier": 1, **LIVE_TAGS,
        },
    ),
    (
        "aws_docdb_cluster_snapshot",
        {"db_cluster_identifier": "docs", "db_cluster_snapshot_identifier": "docs-1"},
        {"DBClusterIdentifier": "docs", "DBClusterSnapshotIdentifier": "docs-1"},
    ),
    *(
        (
            kind, {"name": "docs", "description": "x", "subnet_ids": ["subnet-1"], **TAGS},
            {
                "DBSubnetGroupName": "docs", "DBSubnetGroupDescription": "x",
                "Subnets": [{"SubnetIdentifier": "subnet-1"}], **LIVE_TAGS,
            },
        )
        for kind in ("aws_docdb_subnet_group", "aws_neptune_subnet_group")
    ),
    (
        "aws_neptune_cluster",
        {
            "availability_zones": ["us-east-1a"], "backup_retention_period": 5, "cluster_identifier": "graph",
            "copy_tags_to_snapshot": True, "deletion_protection": True, "enable_cloudwatch_logs_exports": ["audit"],
            "engine": "neptune", "engine_version": "1.3.2.1", "iam_database_authentication_enabled": True,
            "iam_roles": [ROLE], "kms_key_arn": KEY, "neptune_cluster_parameter_group_name": "graph",
            "neptune_subnet_group_name": "graph", "port": 8182, "preferred_backup_window": "07:00-09:00",
            "preferred_maintenance_window": "Wed:04:00-Wed:04:30",
            "replication_source_identifier": f"arn:aws:rds:us-west-2:{ACCOUNT}:cluster:graph",
            "serverless_v2_scaling_configuration": [{"max_capacity": 128, "min_capacity": 2.5}],
            "storage_encrypted": True, "storage_type": "iopt1", "vpc_security_group_ids": ["sg-1"], **TAGS,
        },
        {
            "AvailabilityZones": ["us-east-1a"], "BackupRetentionPeriod": 5, "DBClusterIdentifier": "graph",
            "CopyTagsToSnapshot": True, "DeletionProtection": True, "EnabledCloudwatchLogsExports": ["audit"],
            "Engine": "neptune", "EngineVersion": "1.3.2.1", "IAMDatabaseAuthenticationEnabled": True,
            "AssociatedRoles": [{"RoleArn": ROLE}], "KmsKeyId": KEY, "DBClusterParameterGroup": "graph",
            "DBSubnetGroup": "graph", "Port": 8182, "PreferredBackupWindow": "07:00-09:00",
            "PreferredMaintenanceWindow": "wed:04:00-wed:04:30",
            "ReplicationSourceIdentifier": f"arn:aws:rds:us-west-2:{ACCOUNT}:cluster:graph",
            "ServerlessV2ScalingConfiguration": {"MinCapacity": 2.5, "MaxCapacity": 128.0}, "StorageEncrypted": True,
            "StorageType": "iopt1", "VpcSecurityGroups": [{"VpcSecurityGroupId": "sg-1"}], **LIVE_TAGS,
        },
    ),
    *(("aws_neptune_cluster", {"engine_version": v}, {"EngineVersion": "1.3.2.1"}) for v in ("1", "1.3", "1.3.2")),
    (
        "aws_neptune_cluster_instance",
        {
            "auto_minor_version_upgrade": True, "availability_zone": "us-east-1a", "cluster_identifier": "graph",
            "engine": "neptune", "identifier": "graph-0", "instance_class": "db.r6g.large",
            "neptune_parameter_group_name": "graph", "neptune_subnet_group_name": "graph", "port": 8182,
            "preferred_backup_window": "07:00-09:00", "preferred_maintenance_window": "Wed:04:00-Wed:04:30",
            "promotion_tier": 1, "publicly_accessible": True, **TAGS,
        },
        {
            "AutoMinorVersionUpgrade": True, "AvailabilityZone": "us-east-1a", "DBClusterIdentifier": "graph",
            "Engine": "neptune", "DBInstanceIdentifier": "graph-0", "DBInstanceClass": "db.r6g.large",
            "DBParameterGroups": [{"DBParameterGroupName": "graph"}], "DBSubnetGroup": {"DBSubnetGroupName": "graph"},
            "Endpoint": {"Port": 8182}, "PreferredBackupWindow": "07:00-09:00",
            "PreferredMaintenanceWindow": "wed:04:00-wed:04:30", "PromotionTier": 1, "PubliclyAccessible": True,
            **LIVE_TAGS,
        },
    ),
    (
        "aws_neptune_cluster_snapshot",
        {"db_cluster_identifier": "graph", "db_cluster_snapshot_identifier": "graph-1"},
        {"DBClusterIdentifier": "graph", "DBClusterSnapshotIdentifier": "graph-1"},
    ),
    # ------------------------------------------------------------------------------------ DynamoDB
    (
        "aws_dynamodb_table",
        {
            "attribute": [{"name": "UserId", "type": "S"}, {"name": "GameTitle", "type": "S"}],
            "billing_mode": "PROVISIONED", "deletion_protection_enabled": True,
            "global_secondary_index": [
                {
                    "name": "GameTitleIndex", "hash_key": "GameTitle", "range_key": "UserId",
                    "key_schema": [
                        {"attribute_name": "GameTitle", "key_type": "HASH"},
                        {"attribute_name": "UserId", "key_type": "RANGE"},
                    ],
                    "projection_type": "INCLUDE", "non_key_attributes": ["Score", "Wins"], "read_capacity": 10,
                    "write_capacity": 10,
                    "on_demand_throughput": [{"max_read_request_units": -1, "max_write_request_units": 5}],
                    "warm_throughput": [],
                },
            ],
            "global_table_witness": [{"region_name": "us-east-2"}], "hash_key": "UserId",
            "local_secondary_index": [
                {"name": "ByWins", "range_key": "Wins", "projection_type": "ALL", "non_key_attributes": []},
            ],
            "name": "GameScores",
            "on_demand_throughput": [{"max_read_request_units": 100, "max_write_request_units": -1}],
            "point_in_time_recovery": [{"enabled": True, "recovery_period_in_days": 35}], "range_key": "GameTitle",
            "read_capacity": 20,
            "replica": [
                {"region_name": "us-west-2", "kms_key_arn": "", "propagate_tags": False, "arn": "x", "stream_arn": ""},
                {"region_name": "eu-west-1"},
            ],
            "server_side_encryption": [{"enabled": True, "kms_key_arn": KEY}], "stream_enabled": True,
            "stream_view_type": "NEW_AND_OLD_IMAGES", "table_class": "STANDARD_INFREQUENT_ACCESS",
            "write_capacity": 20, **TAGS,
        },
        {
            "AttributeDefinitions": [
                {"AttributeName": "GameTitle", "AttributeType": "S"},
                {"AttributeName": "UserId", "AttributeType": "S"},
            ],
            "BillingModeSummary": None, "DeletionProtectionEnabled": True,
            "GlobalSecondaryIndexes": [
                {
                    "IndexName": "GameTitleIndex",
                    "KeySchema": [
                        {"AttributeName": "GameTitle", "KeyType": "HASH"},
                        {"AttributeName": "UserId", "KeyType": "RANGE"},
                    ],
                    "Projection": {"ProjectionType": "INCLUDE", "NonKeyAttributes": ["Wins", "Score"]},
                    "ProvisionedThroughput": {"ReadCapacityUnits": 10, "WriteCapacityUnits": 10},
                    "OnDemandThroughput": {"MaxReadRequestUnits": -1, "MaxWriteRequestUnits": 5},
                    "WarmThroughput": {"ReadUnitsPerSecond": 10, "WriteUnitsPerSecond": 10}, "IndexStatus": "ACTIVE",
                },
            ],
            "GlobalTableWitnesses": [{"RegionName": "us-east-2", "WitnessStatus": "ACTIVE"}],
            "KeySchema": [
                {"AttributeName": "UserId", "KeyType": "HASH"}, {"AttributeName": "GameTitle", "KeyType": "RANGE"},
            ],
            "LocalSecondaryIndexes": [
                {
                    "IndexName": "ByWins",
                    "KeySchema": [
                        {"AttributeName": "UserId", "KeyType": "HASH"}, {"AttributeName": "Wins", "KeyType": "RANGE"},
                    ],
                    "Projection": {"ProjectionType": "ALL"},
                },
            ],
            "TableName": "GameScores", "OnDemandThroughput": {"MaxReadRequestUnits": 100, "MaxWriteRequestUnits": -1},
            "PointInTimeRecoveryStatus": "ENABLED", "RecoveryPeriodInDays": 35,
            "ProvisionedThroughput": {"ReadCapacityUnits": 20, "WriteCapacityUnits": 20},
            "Replicas": [
                {"RegionName": "eu-west-1", "ReplicaStatus": "ACTIVE"},
                {"RegionName": "us-west-2", "ReplicaStatus": "ACTIVE"},
            ],
            "SSEDescription": {"Status": "ENABLED", "SSEType": "KMS", "KMSMasterKeyArn": KEY},
            "StreamSpecification": {"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"},
            "TableClassSummary": {"TableClass": "STANDARD_INFREQUENT_ACCESS"}, **LIVE_TAGS,
        },
    ),
    (
        "aws_dynamodb_table",
        {
            "billing_mode": "PAY_PER_REQUEST", "read_capacity": 1, "write_capacity": 1, "table_class": "",
            "point_in_time_recovery": [{"enabled": False, "recovery_period_in_days": 0}], "server_side_encryption": [],
            "stream_view_type": "",
        },
        {
            "BillingModeSummary": {"BillingMode": "PAY_PER_REQUEST"},
            "ProvisionedThroughput": {"ReadCapacityUnits": 0, "WriteCapacityUnits": 0},
            "TableClassSummary": {"TableClass": "STANDARD"}, "PointInTimeRecoveryStatus": "DISABLED",
        },
    ),
    (
        "aws_dynamodb_table_replica",
        {
            "deletion_protection_enabled": True,
            "global_table_arn": f"arn:aws:dynamodb:us-east-1:{ACCOUNT}:table/GameScores", "kms_key_arn": KEY,
            "point_in_time_recovery": True, "table_class_override": "STANDARD", **TAGS,
        },
        {
            "TableName": "GameScores", "DeletionProtectionEnabled": True,
            "SSEDescription": {"Status": "ENABLED", "KMSMasterKeyArn": KEY}, "PointInTimeRecoveryStatus": "ENABLED",
            "TableClassSummary": {"TableClass": "STANDARD"}, **LIVE_TAGS,
        },
    ),
    (
        "aws_dynamodb_tag",
        {"resource_arn": f"arn:aws:dynamodb:us-east-1:{ACCOUNT}:table/GameScores", "key": "a", "value": "b"},
        {"arn": f"arn:aws:dynamodb:us-east-1:{ACCOUNT}:table/GameScores", "tags": {"a": "b"}},
    ),
    ("AWS::DynamoDB::GlobalTable", {"name": "GameScores"}, {"TableName": "GameScores"}),
    # ------------------------------------------------------------------------------------ Secrets Manager, SSM
    (
        "aws_secretsmanager_secret",
        {
            "description": "database password", "kms_key_id": "1c3a8a6e-5d2f-4a0e-9b39-6f1d3f6f0a01",
            "name": "prod/db", "policy": json.dumps(POLICY),
            "replica": [
                {"region": "us-west-2", "kms_key_id": "", "last_accessed_date": "", "status": "InSync"},
                {"region": "eu-west-1", "kms_key_id": KEY, "last_accessed_date": "", "status": "InSync"},
            ],
            "rotation_lambda_arn": f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:rotate",
            "rotation_rules": [{"automatically_after_days": 30, "duration": "2h", "schedule_expression": ""}],
            "type": "SalesforceClientSecret", **TAGS,
        },
        {
            "Description": "database password", "KmsKeyId": KEY, "name": "prod/db", "ResourcePolicy": LIVE_POLICY,
            "ReplicationStatus": [
                {"Region": "eu-west-1", "KmsKeyId": KEY, "Status": "InSync"},
                {"Region": "us-west-2", "KmsKeyId": "alias/aws/secretsmanager", "Status": "InSync"},
            ],
            "RotationLambdaARN": f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:rotate",
            "RotationRules": {"AutomaticallyAfterDays": 30, "Duration": "2h"}, "SecretType": "SalesforceClientSecret",
            **LIVE_TAGS,
        },
    ),
    (
        "aws_secretsmanager_secret",
        {"kms_key_id": "alias/aws/secretsmanager", "policy": "{}", "rotation_rules": [], "rotation_lambda_arn": ""},
        {"KmsKeyId": None, "ResourcePolicy": None, "RotationRules": None, "RotationLambdaARN": None},
    ),
    (
        "aws_secretsmanager_secret_rotation",
        {
            "external_secret_rotation_metadata": [{"key": "org", "value": "x"}],
            "external_secret_rotation_role_arn": ROLE, "rotation_enabled": True,
            "rotation_lambda_arn": f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:rotate",
            "rotation_rules": [
                {"automatically_after_days": 0, "duration": "", "schedule_expression": "cron(0 8 1 * ? *)"},
            ],
        },
        {
            "ExternalSecretRotationMetadata": [{"Key": "org", "Value": "x"}], "ExternalSecretRotationRoleArn": ROLE,
            "RotationEnabled": True, "RotationLambdaARN": f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:rotate",
            "RotationRules": {"AutomaticallyAfterDays": 31, "ScheduleExpression": "cron(0 8 1 * ? *)"},
        },
    ),
    (
        "aws_secretsmanager_secret_policy",
        {"secret_arn": secret_arn("db"), "policy": json.dumps(POLICY)},
        {"arn": secret_arn("db"), "ResourcePolicy": json.dumps(LIVE_POLICY)},
    ),
    (
        "aws_secretsmanager_secret_version",
        {"arn": secret_arn("db"), "secret_string": "hunter2", "version_stages": ["AWSCURRENT"]},
        {"arn": secret_arn("db"), "SecretVersionsToStages": {"v1": ["AWSCURRENT"]}},
    ),
    (
        "aws_secretsmanager_tag",
        {"secret_id": secret_arn("db"), "key": "a", "value": "b"},
        {"arn": secret_arn("db"), "tags": {"a": "b"}},
    ),
    (
        "aws_ssm_parameter",
        {
            "allowed_pattern": ".*", "data_type": "aws:ec2:image", "description": "the image", "key_id": KEY,
            "name": "/app/image", "tier": "Advanced", "type": "SecureString", "value": "ami-1", **TAGS,
        },
        {
            "AllowedPattern": ".*", "DataType": "aws:ec2:image", "Description": "the image", "KeyId": KEY,
            "name": "/app/image", "Tier": "Advanced", "ParameterType": "SecureString", **LIVE_TAGS,
        },
    ),
    (
        "aws_ssm_parameter",
        {"key_id": "", "tier": "Intelligent-Tiering", "data_type": None},
        {"KeyId": "alias/aws/ssm", "Tier": "Standard", "DataType": "text"},
    ),
    # ------------------------------------------------------------------------------------ KMS
    (
        "aws_kms_key",
        {
            "custom_key_store_id": "cks-1", "customer_master_key_spec": "RSA_4096", "description": "orders",
            "enable_key_rotation": True, "is_enabled": True, "key_id": "1c3a8a6e", "key_usage": "SIGN_VERIFY",
            "multi_region": True, "policy": json.dumps(POLICY), "rotation_period_in_days": 90, "xks_key_id": "xks-1",
            **TAGS,
        },
        {
            "CustomKeyStoreId": "cks-1", "KeySpec": "RSA_4096", "CustomerMasterKeySpec": "RSA_4096",
            "Description": "orders", "KeyRotationEnabled": True, "Enabled": True, "KeyId": "1c3a8a6e",
            "KeyUsage": "SIGN_VERIFY", "MultiRegion": True, "KeyPolicy": LIVE_POLICY, "RotationPeriodInDays": 90,
            "XksKeyConfiguration": {"Id": "xks-1"}, **LIVE_TAGS,
        },
    ),
    (
        "aws_kms_key",
        {"enable_key_rotation": True, "rotation_period_in_days": 0, "is_enabled": False, "policy": None},
        {"KeyRotationEnabled": True, "RotationPeriodInDays": 365, "Enabled": False, "KeyPolicy": LIVE_POLICY},
    ),
    *(
        (
            kind,
            {
                "description": "orders", "enabled": True, "key_id": "mrk-1", "key_spec": "HMAC_256",
                "key_usage": "GENERATE_VERIFY_MAC", "multi_region": True, "policy": json.dumps(POLICY),
                "primary_key_arn": KEY, "valid_to": "2027-01-01T00:00:00Z", **TAGS,
            },
            {
                "Description": "orders", "Enabled": True, "KeyId": "mrk-1", "KeySpec": "HMAC_256",
                "KeyUsage": "GENERATE_VERIFY_MAC", "MultiRegion": True, "KeyPolicy": LIVE_POLICY,
                "MultiRegionConfiguration": {"MultiRegionKeyType": "REPLICA", "PrimaryKey": {"Arn": KEY}},
                "ValidTo": "2027-01-01T01:00:00+01:00", **LIVE_TAGS,
            },
        )
        for kind in ("aws_kms_external_key", "aws_kms_replica_key", "aws_kms_replica_external_key")
    ),
    (
        "aws_kms_key_policy",
        {"key_id": KEY, "policy": json.dumps(POLICY)},
        {"KeyId": KEY.rpartition("/")[2], "KeyPolicy": LIVE_POLICY},
    ),
    (
        "aws_kms_alias",
        {"id": "alias/orders", "name": "alias/orders", "target_key_id": KEY},
        {"AliasName": "alias/orders", "TargetKeyId": KEY.rpartition("/")[2]},
    ),
    # ------------------------------------------------------------------------------------ S3
    (
        "aws_s3_bucket",
        {
            "bucket": "orders",
            "lifecycle_rule": [
                {
                    "id": "logs", "enabled": True, "prefix": "logs/", "tags": {"kind": "log"},
                    "abort_incomplete_multipart_upload_days": 7,
                    "expiration": [{"date": "", "days": 90, "expired_object_delete_marker": False}],
                    "noncurrent_version_expiration": [{"days": 30}],
                    "noncurrent_version_transition": [{"days": 10, "storage_class": "GLACIER"}],
                    "transition": [
                        {"date": "", "days": 30, "storage_class": "STANDARD_IA"},
                        {"date": "2027-01-12", "days": 0, "storage_class": "GLACIER"},
                    ],
                },
            ],
            "logging": [{"target_bucket": "logs", "target_prefix": "orders/"}], "policy": json.dumps(POLICY),
            "server_side_encryption_configuration": [
                {
                    "rule": [
                        {
                            "apply_server_side_encryption_by_default": [
                                {"kms_master_key_id": KEY, "sse_algorithm": "aws:kms"},
                            ],
                            "bucket_key_enabled": True,
                        },
                    ],
                },
            ],
            "versioning": [{"enabled": True, "mfa_delete": True}], "request_payer": "BucketOwner", **TAGS,
        },
        {
            "name": "orders",
            "LifecycleRules": [
                {
                    "ID": "logs", "Status": "Enabled",
                    "Filter": {"Prefix": None, "And": {"Prefix": "logs/", "Tags": [{"Key": "kind", "Value": "log"}]}},
                    "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 7}, "Expiration": {"Days": 90},
                    "NoncurrentVersionExpiration": {"NoncurrentDays": 30},
                    "NoncurrentVersionTransitions": [{"NoncurrentDays": 10, "StorageClass": "GLACIER"}],
                    "Transitions": [
                        {"Date": "2027-01-12T00:00:00+00:00", "StorageClass": "GLACIER"},
                        {"Days": 30, "StorageClass": "STANDARD_IA"},
                    ],
                },
            ],
            "LoggingEnabled": {"TargetBucket": "logs", "TargetPrefix": "orders/"}, "BucketPolicy": LIVE_POLICY,
            "EncryptionRules": [
                {
                    "ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": KEY},
                    "BucketKeyEnabled": True, "BlockedEncryptionTypes": {"EncryptionType": ["SSE-C"]},
                },
            ],
            "VersioningStatus": "Enabled", "MFADelete": "Enabled", **LIVE_TAGS,
        },
    ),
    # A bucket of which the code says nothing: S3 encrypts it all the same since 2023.
    (
        "aws_s3_bucket",
        {
            "bucket": "plain", "policy": None, "logging": [], "lifecycle_rule": [],
            "server_side_encryption_configuration": [], "versioning": [{"enabled": False, "mfa_delete": False}],
        },
        {
            "name": "plain",
            "EncryptionRules": [
                {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}, "BucketKeyEnabled": False},
            ],
        },
    ),
    (
        "aws_s3_bucket_policy",
        {"bucket": "orders", "policy": json.dumps(POLICY)},
        {"name": "orders", "BucketPolicy": json.dumps(LIVE_POLICY)},
    ),
    (
        "aws_s3_bucket_versioning",
        {"bucket": "orders", "versioning_configuration": [{"status": "Enabled", "mfa_delete": "Enabled"}]},
        {"name": "orders", "VersioningStatus": "Enabled", "MFADelete": "Enabled"},
    ),
    (
        "aws_s3_bucket_versioning",
        {"bucket": "orders", "versioning_configuration": [{"status": "Disabled", "mfa_delete": ""}]},
        {"name": "orders", "VersioningStatus": None, "MFADelete": None},
    ),
    (
        "aws_s3_bucket_server_side_encryption_configuration",
        {
            "bucket": "orders",
            "rule": [
                {
                    "apply_server_side_encryption_by_default": [
                        {"kms_master_key_id": KEY, "sse_algorithm": "aws:kms"},
                    ],
                    "blocked_encryption_types": ["SSE-C"], "bucket_key_enabled": True,
                },
            ],
        },
        {
            "name": "orders",
            "EncryptionRules": [
                {
                    "ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": KEY},
                    "BucketKeyEnabled": True, "BlockedEncryptionTypes": {"EncryptionType": ["SSE-C"]},
                },
            ],
        },
    ),
    (
        "aws_s3_bucket_public_access_block",
        {
            "bucket": "orders", "block_public_acls": True, "block_public_policy": True, "ignore_public_acls": True,
            "restrict_public_buckets": True,
        },
        {
            "name": "orders",
            "PublicAccessBlock": {
                "BlockPublicAcls": True, "BlockPublicPolicy": True, "IgnorePublicAcls": True,
                "RestrictPublicBuckets": True,
            },
        },
    ),
    (
        "aws_s3_bucket_logging",
        {
            "bucket": "orders", "target_bucket": "logs",
            "target_grant": [
                {
                    "permission": "READ",
                    "grantee": [
                        {"id": "36b2", "type": "CanonicalUser", "uri": "", "email_address": "", "display_name": "x"},
                    ],
                },
                {"permission": "FULL_CONTROL", "grantee": [{"type": "Group", "uri": "http://acs.amazonaws.com/groups/x"}]},
                {
                    "permission": "WRITE",
                    "grantee": [{"type": "AmazonCustomerByEmail", "email_address": "a@example.com"}],
                },
            ],
            "target_object_key_format": [
                {"partitioned_prefix": [{"partition_date_source": "EventTime"}], "simple_prefix": []},
            ],
            "target_prefix": "orders/",
        },
        {
            "name": "orders",
            "LoggingEnabled": {
                "TargetBucket": "logs", "TargetPrefix": "orders/",
                "TargetGrants": [
                    {
                        "Permission": "WRITE",
                        "Grantee": {"Type": "AmazonCustomerByEmail", "EmailAddress": "a@example.com"},
                    },
                    {"Permission": "FULL_CONTROL", "Grantee": {"Type": "Group", "URI": "http://acs.amazonaws.com/groups/x"}},
                    {"Permission": "READ", "Grantee": {"ID": "36b2", "Type": "CanonicalUser", "DisplayName": "x"}},
                ],
                "TargetObjectKeyFormat": {"PartitionedPrefix": {"PartitionDateSource": "EventTime"}},
            },
        },
    ),
    (
        "aws_s3_bucket_lifecycle_configuration",
        {
            "bucket": "orders",
            "rule": [
                {
                    "id": "old", "status": "Enabled", "prefix": "",
                    "filter": [{"and": [], "object_size_greater_than": None, "prefix": "evaluations/", "tag": []}],
                    "abort_incomplete_multipart_upload": [{"days_after_initiation": 3}],
                    "expiration": [{"date": None, "days": 0, "expired_object_delete_marker": True}],
                    "noncurrent_version_expiration": [{"newer_noncurrent_versions": 2, "noncurrent_days": 10}],
                    "noncurrent_version_transition": [],
                    "transition": [{"date": None, "days": 0, "storage_class": "INTELLIGENT_TIERING"}],
                },
                {
                    "id": "by tag", "status": "Disabled",
                    "filter": [{"and": [], "prefix": None, "tag": [{"key": "kind", "value": "tmp"}]}],
                    "expiration": [{"days": 1}],
                },
                {
                    "id": "large", "status": "Enabled",
                    "filter": [
                        {"and": [{"object_size_greater_than": 500, "prefix": "x", "tags": {"a": "b"}}], "tag": []},
                    ],
                    "expiration": [{"date": "2027-06-01T00:00:00Z"}],
                    "noncurrent_version_transition": [
                        {"noncurrent_days": 5, "newer_noncurrent_versions": 2, "storage_class": "GLACIER"},
                    ],
                },
                {
                    "id": "small", "status": "Enabled", "filter": [{"object_size_less_than": 64}],
                    "expiration": [{"days": 9}],
                },
            ],
        },
        {
            "name": "orders",
            "LifecycleRules": [
                {
                    "ID": "large", "Status": "Enabled",
                    "Filter": {
                        "And": {"Prefix": "x", "ObjectSizeGreaterThan": 500, "Tags": [{"Key": "a", "Value": "b"}]},
                    },
                    "Expiration": {"Date": "2027-06-01T00:00:00+00:00"},
                    "NoncurrentVersionTransitions": [
                        {"NoncurrentDays": 5, "NewerNoncurrentVersions": 2, "StorageClass": "GLACIER"},
                    ],
                },
                {"ID": "small", "Status": "Enabled", "Filter": {"ObjectSizeLessThan": 64}, "Expiration": {"Days": 9}},
                {
                    "ID": "old", "Status": "Enabled", "Filter": {"Prefix": "evaluations/"},
                    "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 3},
                    "Expiration": {"ExpiredObjectDeleteMarker": True},
                    "NoncurrentVersionExpiration": {"NoncurrentDays": 10, "NewerNoncurrentVersions": 2},
                    "Transitions": [{"Days": 0, "StorageClass": "INTELLIGENT_TIERING"}],
                },
                {
                    "ID": "by tag", "Status": "Disabled", "Filter": {"Tag": {"Key": "kind", "Value": "tmp"}},
                    "Expiration": {"Days": 1},
                },
            ],
        },
    ),
    # ------------------------------------------------------------------------------------ Route 53
    (
        "aws_route53_zone",
        {
            "zone_id": "Z1", "name": "example.com", "comment": "Managed by Terraform",
            "enable_accelerated_recovery": True, **TAGS,
        },
        {
            "HostedZoneId": "Z1", "name": "example.com.",
            "Config": {"Comment": "Managed by Terraform", "PrivateZone": False},
            "Features": {"AcceleratedRecoveryStatus": "ENABLED"}, **LIVE_TAGS,
        },
    ),
    (
        "aws_route53_record",
        {
            "zone_id": "Z1", "name": "*.Apps", "fqdn": "*.Apps.example.com", "type": "A",
            "alias": [
                {
                    "name": "LB-1.us-east-1.elb.amazonaws.com", "zone_id": "Z35SXDOTRQ7X7K",
                    "evaluate_target_health": True,
                },
            ],
            "failover_routing_policy": [{"type": "PRIMARY"}], "set_identifier": "primary", "health_check_id": "hc-1",
            "ttl": 0, "records": [],
        },
        {
            "HostedZoneId": "Z1", "name": "\\052.apps.example.com.", "RecordType": "A",
            "AliasTarget": {
                "HostedZoneId": "Z35SXDOTRQ7X7K", "DNSName": "dualstack.lb-1.us-east-1.elb.amazonaws.com.",
                "EvaluateTargetHealth": True,
            },
            "Failover": "PRIMARY", "SetIdentifier": "primary", "HealthCheckId": "hc-1",
        },
    ),
    (
        "aws_route53_record",
        {
            "zone_id": "/hostedzone/Z1", "name": "mail.example.com", "type": "MX", "ttl": "300",
            "records": ["10 Mail-1.example.com", "20 mail-2.example.com."],
            "weighted_routing_policy": [{"weight": 10}], "multivalue_answer_routing_policy": True,
            "latency_routing_policy": [{"region": "us-east-1"}],
            "geolocation_routing_policy": [{"continent": "", "country": "US", "subdivision": "CA"}],
            "geoproximity_routing_policy": [
                {
                    "aws_region": "us-east-1", "bias": 5, "local_zone_group": "us-west-2-lax-1",
                    "coordinates": [{"latitude": "49.22", "longitude": "-74.01"}],
                },
            ],
            "cidr_routing_policy": [{"collection_id": "c-1", "location_name": "office"}],
        },
        {
            "HostedZoneId": "Z1", "name": "mail.example.com.", "RecordType": "MX", "TTL": 300,
            "ResourceRecords": [{"Value": "20 mail-2.example.com."}, {"Value": "10 mail-1.example.com."}],
            "Weight": 10, "MultiValueAnswer": True, "RoutingRegion": "us-east-1",
            "GeoLocation": {"CountryCode": "US", "SubdivisionCode": "CA"},
            "GeoProximityLocation": {
                "AWSRegion": "us-east-1", "Bias": 5, "LocalZoneGroup": "us-west-2-lax-1",
                "Coordinates": {"Latitude": "49.22", "Longitude": "-74.01"},
            },
            "CidrRoutingConfig": {"CollectionId": "c-1", "LocationName": "office"},
        },
    ),
    (
        "aws_route53_traffic_policy_instance",
        {"id": "t-1", "hosted_zone_id": "Z1", "name": "www.example.com", "ttl": 60},
        {
            "TrafficPolicyInstanceId": "t-1", "HostedZoneId": "Z1", "name": "www.example.com.", "TTL": 60,
            "RecordType": "A",
        },
    ),
    (
        "aws_route53_health_check",
        {
            "child_health_threshold": 1, "child_healthchecks": ["hc-2", "hc-3"], "cloudwatch_alarm_name": "errors",
            "cloudwatch_alarm_region": "us-east-1", "disabled": True, "enable_sni": True, "failure_threshold": 3,
            "fqdn": "Api.example.com", "insufficient_data_health_status": "Healthy", "invert_healthcheck": True,
            "ip_address": "192.0.2.1", "measure_latency": True, "port": 443,
            "regions": ["us-east-1", "us-west-1", "eu-west-1"], "request_interval": 30, "resource_path": "/health",
            "routing_control_arn": f"arn:aws:route53-recovery-control::{ACCOUNT}:controlpanel/1/routingcontrol/2",
            "search_string": "ok", "type": "HTTPS_STR_MATCH", **TAGS,
        },
        {
            "HealthCheckConfig": {
                "HealthThreshold": 1, "ChildHealthChecks": ["hc-3", "hc-2"],
                "AlarmIdentifier": {"Name": "errors", "Region": "us-east-1"}, "Disabled": True, "EnableSNI": True,
                "FailureThreshold": 3, "FullyQualifiedDomainName": "api.example.com",
                "InsufficientDataHealthStatus": "Healthy", "Inverted": True, "IPAddress": "192.0.2.1",
                "MeasureLatency": True, "Port": 443, "Regions": ["eu-west-1", "us-east-1", "us-west-1"],
                "RequestInterval": 30, "ResourcePath": "/health",
                "RoutingControlArn": f"arn:aws:route53-recovery-control::{ACCOUNT}:controlpanel/1/routingcontrol/2",
                "SearchString": "ok", "Type": "HTTPS_STR_MATCH",
            },
            **LIVE_TAGS,
        },
    ),
    # ------------------------------------------------------------------------------------ Global Accelerator
    (
        "aws_globalaccelerator_accelerator",
        {"name": "edge", "enabled": True, "ip_address_type": "DUAL_STACK", **TAGS},
        {"name": "edge", "Enabled": True, "IpAddressType": "DUAL_STACK", **LIVE_TAGS},
    ),
    (
        "aws_globalaccelerator_listener",
        {
            "accelerator_arn": f"arn:aws:globalaccelerator::{ACCOUNT}:accelerator/1", "client_affinity": "SOURCE_IP",
            "port_range": [{"from_port": 443, "to_port": 443}, {"from_port": 80, "to_port": 81}], "protocol": "TCP",
        },
        {
            "AcceleratorArn": f"arn:aws:globalaccelerator::{ACCOUNT}:accelerator/1", "ClientAffinity": "SOURCE_IP",
            "PortRanges": [{"FromPort": 80, "ToPort": 81}, {"FromPort": 443, "ToPort": 443}], "Protocol": "TCP",
        },
    ),
    (
        "aws_globalaccelerator_endpoint_group",
        {
            "endpoint_configuration": [
                {"endpoint_id": "lb-1", "weight": 128, "client_ip_preservation_enabled": True, "attachment_arn": ""},
                {"endpoint_id": "lb-2", "weight": 0, "client_ip_preservation_enabled": False},
            ],
            "endpoint_group_region": "us-east-1", "health_check_interval_seconds": 10, "health_check_path": "/health",
            "health_check_port": 8080, "health_check_protocol": "HTTP",
            "listener_arn": f"arn:aws:globalaccelerator::{ACCOUNT}:accelerator/1/listener/2",
            "port_override": [{"endpoint_port": 8443, "listener_port": 443}], "threshold_count": 5,
            "traffic_dial_percentage": 50,
        },
        {
            "EndpointDescriptions": [
                {"EndpointId": "lb-2", "Weight": 0, "HealthState": "HEALTHY", "ClientIPPreservationEnabled": False},
                {"EndpointId": "lb-1", "Weight": 128, "HealthState": "HEALTHY", "ClientIPPreservationEnabled": True},
            ],
            "EndpointGroupRegion": "us-east-1", "HealthCheckIntervalSeconds": 10, "HealthCheckPath": "/health",
            "HealthCheckPort": 8080, "HealthCheckProtocol": "HTTP",
            "ListenerArn": f"arn:aws:globalaccelerator::{ACCOUNT}:accelerator/1/listener/2",
            "PortOverrides": [{"ListenerPort": 443, "EndpointPort": 8443}], "ThresholdCount": 5,
            "TrafficDialPercentage": 50.0,
        },
    ),
    # ------------------------------------------------------------------------------------ Backup
    (
        "aws_backup_plan",
        {
            "advanced_backup_setting": [{"resource_type": "EC2", "backup_options": {"WindowsVSS": "enabled"}}],
            "name": "daily",
            "rule": [
                {
                    "rule_name": "daily", "target_vault_name": "main", "schedule": "cron(0 5 ? * * *)",
                    "start_window": 60, "completion_window": 180, "enable_continuous_backup": True,
                    "recovery_point_tags": {"kind": "daily"},
                    "lifecycle": [{"cold_storage_after": 0, "delete_after": 35}],
                    "copy_action": [
                        {
                            "destination_vault_arn": f"arn:aws:backup:us-west-2:{ACCOUNT}:backup-vault:main",
                            "lifecycle": [{"cold_storage_after": 0, "delete_after": 90}],
                        },
                    ],
                    "scan_action": [{"malware_scanner": "GUARDDUTY", "scan_mode": "FULL_SCAN"}],
                },
                {
                    "rule_name": "yearly", "target_vault_name": "main", "schedule_expression_timezone": "Europe/Berlin",
                    "target_logically_air_gapped_backup_vault_arn": "gap",
                    "lifecycle": [
                        {
                            "cold_storage_after": 30, "delete_after": 365,
                            "opt_in_to_archive_for_supported_resources": True,
                        },
                    ],
                },
            ],
            **TAGS,
        },
        {
            "AdvancedBackupSettings": [{"ResourceType": "EC2", "BackupOptions": {"WindowsVSS": "enabled"}}],
            "BackupPlanName": "daily",
            "Rules": [
                {
                    "RuleName": "daily", "RuleId": "r-1", "TargetBackupVaultName": "main",
                    "ScheduleExpression": "cron(0 5 ? * * *)", "ScheduleExpressionTimezone": "Etc/UTC",
                    "StartWindowMinutes": 60, "CompletionWindowMinutes": 180, "EnableContinuousBackup": True,
                    "RecoveryPointTags": {"kind": "daily"}, "Lifecycle": {"DeleteAfterDays": 35},
                    "CopyActions": [
                        {
                            "DestinationBackupVaultArn": f"arn:aws:backup:us-west-2:{ACCOUNT}:backup-vault:main",
                            "Lifecycle": {"DeleteAfterDays": 90},
                        },
                    ],
                    "ScanActions": [{"MalwareScanner": "GUARDDUTY", "ScanMode": "FULL_SCAN"}],
                },
                {
                    "RuleName": "yearly", "TargetBackupVaultName": "main",
                    "ScheduleExpressionTimezone": "Europe/Berlin",
                    "TargetLogicallyAirGappedBackupVaultArn": "gap",
                    "Lifecycle": {
                        "MoveToColdStorageAfterDays": 30, "DeleteAfterDays": 365,
                        "OptInToArchiveForSupportedResources": True,
                    },
                },
            ],
            **LIVE_TAGS,
        },
    ),
    (
        "aws_backup_selection",
        {
            "condition": [
                {
                    "string_equals": [{"key": "aws:ResourceTag/env", "value": "prod"}],
                    "string_like": [{"key": "aws:ResourceTag/app", "value": "pay*"}],
                    "string_not_equals": [{"key": "aws:ResourceTag/tmp", "value": "yes"}],
                    "string_not_like": [{"key": "aws:ResourceTag/x", "value": "y*"}],
                },
            ],
            "iam_role_arn": ROLE, "name": "prod", "not_resources": ["arn:aws:ec2:*:*:volume/vol-1"], "plan_id": "p-1",
            "resources": ["*"], "selection_tag": [{"key": "backup", "type": "STRINGEQUALS", "value": "daily"}],
        },
        {
            "Conditions": {
                "StringEquals": [{"ConditionKey": "aws:ResourceTag/env", "ConditionValue": "prod"}],
                "StringLike": [{"ConditionKey": "aws:ResourceTag/app", "ConditionValue": "pay*"}],
                "StringNotEquals": [{"ConditionKey": "aws:ResourceTag/tmp", "ConditionValue": "yes"}],
                "StringNotLike": [{"ConditionKey": "aws:ResourceTag/x", "ConditionValue": "y*"}],
            },
            "IamRoleArn": ROLE, "SelectionName": "prod", "NotResources": ["arn:aws:ec2:*:*:volume/vol-1"],
            "BackupPlanId": "p-1", "Resources": ["*"],
            "ListOfTags": [{"ConditionType": "STRINGEQUALS", "ConditionKey": "backup", "ConditionValue": "daily"}],
        },
    ),
    (
        "aws_backup_vault",
        {"name": "main", "kms_key_arn": KEY, **TAGS},
        {"BackupVaultName": "main", "EncryptionKeyArn": KEY, **LIVE_TAGS},
    ),
    (
        "aws_backup_vault_lock_configuration",
        {"backup_vault_name": "main", "min_retention_days": 7, "max_retention_days": 365, "changeable_for_days": 3},
        {"BackupVaultName": "main", "Locked": True, "MinRetentionDays": 7, "MaxRetentionDays": 365},
    ),
    (
        "aws_backup_logically_air_gapped_vault",
        {"name": "gap", "encryption_key_arn": KEY, "min_retention_days": 7, "max_retention_days": 30, **TAGS},
        {
            "BackupVaultName": "gap", "EncryptionKeyArn": KEY, "MinRetentionDays": 7, "MaxRetentionDays": 30,
            **LIVE_TAGS,
        },
    ),
]
# fmt: on


def named(example: Example) -> str:
    return example[0]


@pytest.mark.parametrize("example", EXAMPLES, ids=named)
def test_what_is_as_declared_is_no_drift(example: Example) -> None:
    kind, attributes, row = example
    assert not changed(kind, attributes, row)
    full = {"account": ACCOUNT, "region": "us-east-1", **row}
    assert not of(kind).exists or paths.find(of(kind).exists, full)
    assert not of(kind).gone or not paths.find(of(kind).gone, full)
    assert not of(kind).by_aws or not paths.find(of(kind).by_aws, full)


# ---------------------------------------------------------------------------------------- every attribute may differ


def mutations(value: Any) -> Iterator[Any]:  # noqa: ANN401 - any JSON
    """The value with something changed, at one place each."""
    yield "x" if value is None else None
    if isinstance(value, bool):
        yield not value
    elif isinstance(value, int | float):
        yield value + 7
    elif isinstance(value, str):
        yield from (f"{value}x", f"9{value}")
    elif isinstance(value, list):
        yield value[1:]
        yield from ([*value[:i], other, *value[i + 1 :]] for i, item in enumerate(value) for other in mutations(item))
    elif isinstance(value, Mapping):
        yield from ({**value, name: other} for name, item in value.items() for other in mutations(item))


def differing(attribute: Attribute, kind: str, attributes: Mapping[str, Any], row: Mapping[str, Any]) -> bool:
    """Whether some change of the live columns is a change of this attribute."""
    rows = (
        {**row, column: other}
        for column in sorted(paths.members(attribute.live) & set(row))
        for other in mutations(row[column])
    )
    return any(_is_of(attribute, field) for other in rows for field in changed(kind, attributes, other))


def _is_of(attribute: Attribute, field: str) -> bool:
    return field == attribute.name or field.startswith((f"{attribute.name}.", f"{attribute.name}["))


def exercised(example: Example) -> list[Attribute]:
    """The attributes of which an example says something."""
    kind, attributes, _ = example
    kept = declaration(kind, attributes).attributes
    found = [(one, declared_value(one, paths.find(one.declared, kept), set())) for one in of(kind).attributes]
    return [one for one, value in found if value is not None and paths.members(one.declared) & set(kept)]


BY_PARTS = {
    "aws_db_instance": {"associated_role"},
    "aws_rds_cluster": {"custom_endpoint"},
    "aws_neptune_cluster": {"custom_endpoint"},
}
"""What the type itself cannot declare: other types are elements of it."""


@pytest.mark.parametrize("kind", KINDS)
def test_every_attribute_is_seen_differing(kind: str) -> None:
    seen = {
        one.name for example in EXAMPLES if example[0] == kind for one in exercised(example) if differing(one, *example)
    }
    assert {one.name for one in of(kind).attributes} - seen == BY_PARTS.get(kind, set())


def leaves(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:  # noqa: ANN401 - any JSON
    """(where, the whole value with something else there) for each scalar that says something."""
    if isinstance(value, Mapping):
        for name, item in value.items():
            yield from ((where, {**value, name: other}) for where, other in leaves(item, f"{path}.{name}"))
    elif isinstance(value, list):
        for i, item in enumerate(value):
            yield from ((where, [*value[:i], other, *value[i + 1 :]]) for where, other in leaves(item, f"{path}[{i}]"))
    elif value not in (None, "", False, 0):
        yield from ((path, other) for other in mutations(value) if other is not None)


NOT_DECLARED = {
    ".replica[0].arn",
    ".replica[0].status",
    ".replica[1].status",
    ".target_grant[0].grantee[0].display_name",
    ".global_secondary_index[0].hash_key",
    ".global_secondary_index[0].key_schema[0].key_type",
    ".global_secondary_index[0].key_schema[1].key_type",
    ".global_secondary_index[0].range_key",
}
"""What the provider makes up, what stands in an index's keys twice."""
INSTRUCTIONS = {
    ("aws_db_instance", ".allocated_storage"),
    ("aws_db_instance", ".availability_zone"),
    ("aws_db_instance", ".multi_az"),
    ("aws_db_instance", ".max_allocated_storage"),
    ("aws_rds_cluster_instance", ".engine_version"),
    ("aws_dynamodb_table", ".read_capacity"),
    ("aws_dynamodb_table", ".write_capacity"),
    ("aws_ssm_parameter", ".tier"),
}
"""Tells how another attribute is compared, or is not compared beside another."""


@pytest.mark.parametrize("example", EXAMPLES, ids=named)
def test_whatever_is_declared_counts(example: Example) -> None:
    """No member of a block is silently left out: another value is a change, or is told as not compared."""
    kind, attributes, row = example
    identifying = frozenset().union(*(paths.members(own) for _, own in of(kind).row))
    doubled = {"tags"} if "tags_all" in attributes else set()
    left_out = identifying | of(kind).not_collected | doubled
    read = {name: value for name, value in attributes.items() if name in of(kind).read - left_out}
    counted: dict[str, bool] = {}
    for where, other in leaves(read):
        found = compared(kind, {**attributes, **other}, row)
        counted[where] = counted.get(where, False) or bool(found.changes or found.not_compared)
    silent = {where for where, counts in counted.items() if not counts} - NOT_DECLARED
    silent -= {where for one, where in INSTRUCTIONS if one == kind}
    assert not silent


def test_every_type_has_a_lifelike_pair() -> None:
    parts = {kind for kind in KINDS if of(kind).part is not None}
    assert {kind for kind, _, _ in EXAMPLES} | parts == set(KINDS)


HOSTILE: list[Any] = [
    "9x",
    -1,
    1e400,
    True,
    [],
    [None],
    ["x"],
    [[{}]],
    {},
    {"a": 1},
    [{"name": 1, "value": []}],
    "\u202e\x00",
    "[",
    "{",
]


@pytest.mark.parametrize("value", HOSTILE, ids=repr)
def test_whatever_a_state_has_nothing_breaks(value: object) -> None:
    for kind, attributes, row in EXAMPLES:
        declared = declaration(kind, dict.fromkeys(attributes, value))
        compare_attributes(of(kind), declared, row)
        compare_attributes(of(kind), declared, dict.fromkeys(row, value))
        for _, own in of(kind).row:
            paths.find(own, declared.attributes)


# ---------------------------------------------------------------------------------------- what is told as what

# fmt: off
CHANGES: list[tuple[str, Mapping[str, Any], Mapping[str, Any], dict[str, Any]]] = [
    (
        "aws_db_instance",
        {"engine_version": "15", "publicly_accessible": False, "storage_encrypted": True, "kms_key_id": KEY},
        {"EngineVersion": "16.1", "PubliclyAccessible": True, "StorageEncrypted": True, "KmsKeyId": OTHER_KEY},
        {
            "engine_version:1": ("15", "16"), "publicly_accessible": (None, "true"),
            "kms_key_id": (KEY.rpartition("/")[2], OTHER_KEY.rpartition("/")[2]),
        },
    ),
    (
        "aws_db_instance",
        {"engine_version": "15.4", "allocated_storage": 100, "max_allocated_storage": 0},
        {"EngineVersion": "15.5", "AllocatedStorage": 200},
        {"engine_version:2": ("15.4", "15.5"), "allocated_storage": ("100", "200")},
    ),
    (
        "aws_db_instance",
        {"engine_version": "8.0.35", "manage_master_user_password": None},
        {"EngineVersion": "8.0.36", "MasterUserSecret": {"SecretArn": secret_arn("rds!db-1")}},
        {"engine_version:3": ("8.0.35", "8.0.36"), "manage_master_user_password": (None, "true")},
    ),
    (
        "aws_rds_cluster",
        {"engine_version": "8.0.mysql_aurora.3.04.0", "backup_retention_period": 35, "deletion_protection": True},
        {"EngineVersion": "8.0.mysql_aurora.3.05.2", "BackupRetentionPeriod": 1, "DeletionProtection": False},
        {
            "engine_version": ("8.0.mysql_aurora.3.04.0", "8.0.mysql_aurora.3.05.2"),
            "backup_retention_period": ("35", "1"), "deletion_protection": ("true", None),
        },
    ),
    (
        "aws_db_parameter_group",
        {"parameter": [{"name": "rds.force_ssl", "value": "1"}]},
        {
            "EncryptionParameters": {"rds.force_ssl": "0", "tls": "disabled"},
            "EncryptionParameterSources": {"rds.force_ssl": "user", "tls": "user"},
        },
        {
            'parameter:encryption[name="rds.force_ssl"].value': ("on", "off"),
            'parameter:encryption[name="tls"]': (None, {"name": "tls", "value": "off"}),
        },
    ),
    (
        "aws_dynamodb_table",
        {
            "replica": [{"region_name": "us-west-2"}], "point_in_time_recovery": [{"enabled": True}],
            "billing_mode": "PAY_PER_REQUEST",
        },
        {"Replicas": [], "PointInTimeRecoveryStatus": "DISABLED", "BillingModeSummary": None},
        {
            'replica[region_name="us-west-2"]': ({"region_name": "us-west-2"}, None),
            "point_in_time_recovery": ("true", None), "billing_mode": ("PAY_PER_REQUEST", "PROVISIONED"),
        },
    ),
    (
        "aws_secretsmanager_secret_rotation",
        {"rotation_enabled": True, "rotation_rules": [{"automatically_after_days": 30}]},
        {"RotationEnabled": False, "RotationRules": {"AutomaticallyAfterDays": 90}},
        {"rotation_enabled": ("true", None), "rotation_rules.automatically_after_days": ("30", "90")},
    ),
    (
        "aws_kms_key",
        {"enable_key_rotation": True, "rotation_period_in_days": 90},
        {"KeyRotationEnabled": False, "RotationPeriodInDays": None},
        {"enable_key_rotation": ("true", None), "rotation_period_in_days": ("90", "365")},
    ),
    (
        "aws_s3_bucket",
        {"server_side_encryption_configuration": [], "versioning": [{"enabled": False}], "policy": ""},
        {
            "EncryptionRules": [
                {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": KEY}},
            ],
            "VersioningStatus": "Enabled",
        },
        {
            "server_side_encryption_configuration.kms_master_key_id": (None, KEY.rpartition("/")[2]),
            "server_side_encryption_configuration.sse_algorithm": ("AES256", "aws:kms"), "versioning": (None, "true"),
        },
    ),
    (
        "aws_s3_bucket_versioning",
        {"versioning_configuration": [{"status": "Enabled", "mfa_delete": "Disabled"}]},
        {"VersioningStatus": "Suspended"},
        {"versioning_configuration": ("Enabled", "Suspended")},
    ),
    (
        "aws_s3_bucket_lifecycle_configuration",
        {"rule": [{"id": "old", "status": "Enabled", "filter": [{"prefix": "a/"}], "expiration": [{"days": 30}]}]},
        {
            "LifecycleRules": [
                {"ID": "old", "Status": "Disabled", "Filter": {"Prefix": ""}, "Expiration": {"Days": 60}},
            ],
        },
        {
            'rule[id="old"].expiration.days': ("30", "60"), 'rule[id="old"].prefix': ("a/", None),
            'rule[id="old"].status': ("Enabled", "Disabled"),
        },
    ),
    (
        "aws_route53_record",
        {"type": "TXT", "records": ["v=spf1 -all", 'first" "second'], "ttl": 300},
        {
            "RecordType": "TXT",
            "ResourceRecords": [{"Value": '"v=spf1 -all"'}, {"Value": '"first""second"'}, {"Value": '"x"'}], "TTL": 60,
        },
        {"records[]": (None, "x"), "ttl": ("300", "60")},
    ),
    (
        "aws_backup_plan",
        {"rule": [{"rule_name": "daily", "target_vault_name": "main", "lifecycle": [{"delete_after": 35}]}]},
        {"Rules": [{"RuleName": "daily", "TargetBackupVaultName": "main", "Lifecycle": {"DeleteAfterDays": 7}}]},
        {'rule[rule_name="daily"].lifecycle.delete_after': ("35", "7")},
    ),
]
# fmt: on


@pytest.mark.parametrize(("kind", "attributes", "row", "expected"), CHANGES, ids=[case[0] for case in CHANGES])
def test_a_difference_says_where_and_what(
    kind: str, attributes: Mapping[str, Any], row: Mapping[str, Any], expected: dict[str, Any]
) -> None:
    found = changed(kind, {**attributes, "tags": {}}, row)
    assert as_compared(kind, found) == as_compared(kind, expected)
    assert found.keys() == expected.keys()


def as_compared(kind: str, found: Mapping[str, tuple[Any, Any]]) -> dict[str, tuple[Any, Any]]:
    """Differences in the form in which they were found, however they are shown."""
    forms = {one.name: FORMS[one.form] for one in of(kind).attributes}
    either = {field: forms.get(field, FORMS["plain"]) for field in found}
    return {field: (either[field].declared(old), either[field].live(new)) for field, (old, new) in found.items()}


def test_what_an_index_has_besides_is_told_as_not_compared() -> None:
    index = {"name": "i", "hash_key": "h", "warm_throughput": [{"read_units_per_second": 20000}]}
    row = {"GlobalSecondaryIndexes": [{"IndexName": "i", "KeySchema": [{"AttributeName": "h", "KeyType": "HASH"}]}]}
    found = compared("aws_dynamodb_table", {"global_secondary_index": [index]}, row)
    assert found.not_compared == {"global_secondary_index.warm_throughput"}
    assert not found.changes


def test_several_keys_of_an_index_are_compared() -> None:
    keys = [{"attribute_name": name, "key_type": kind} for name, kind in (("a", "HASH"), ("b", "HASH"), ("c", "RANGE"))]
    live = [{"AttributeName": one["attribute_name"], "KeyType": one["key_type"]} for one in keys]
    attributes = {"global_secondary_index": [{"name": "i", "key_schema": keys, "hash_key": "", "range_key": "c"}]}
    assert not changed(
        "aws_dynamodb_table", attributes, {"GlobalSecondaryIndexes": [{"IndexName": "i", "KeySchema": live}]}
    )
    found = changed(
        "aws_dynamodb_table", attributes, {"GlobalSecondaryIndexes": [{"IndexName": "i", "KeySchema": live[1:]}]}
    )
    assert found == {'global_secondary_index[name="i"].hash_key[]': ("a", None)}


# ---------------------------------------------------------------------------------------- secrets

SECRETS = {
    "aws_db_instance": {"password", "password_wo"},
    "aws_rds_cluster": {"master_password", "master_password_wo"},
    "aws_docdb_cluster": {"master_password", "master_password_wo"},
    "aws_db_snapshot_copy": {"presigned_url"},
    "aws_rds_cluster_snapshot_copy": {"presigned_url"},
    "aws_secretsmanager_secret_version": {"secret_string", "secret_binary", "secret_string_wo"},
    "aws_ssm_parameter": {"value", "insecure_value", "value_wo"},
    "aws_kms_external_key": {"key_material_base64"},
    "aws_kms_replica_external_key": {"key_material_base64"},
    "aws_s3_bucket_versioning": {"mfa"},
}


def test_what_may_be_a_secret_is_never_read() -> None:
    assert {kind: set(of(kind).secret) for kind in KINDS if of(kind).secret} == SECRETS
    for kind in KINDS:
        suspicious = {name for name in of(kind).read if "password" in name or "secret_string" in name}
        assert suspicious <= {"manage_master_user_password"}


# ---------------------------------------------------------------------------------------- gone, AWS's own, which row

# fmt: off
STANDINGS: list[tuple[str, str, Mapping[str, Any], bool]] = [
    ("aws_db_instance", "gone", {"DBInstanceStatus": "deleting"}, True),
    ("aws_db_instance", "gone", {"DBInstanceStatus": "available"}, False),
    ("aws_db_instance", "by_aws", {"DBInstanceIdentifier": "application-autoscaling-1"}, True),
    (
        "aws_db_instance",
        "by_aws",
        {"DBInstanceIdentifier": "x", "DBClusterIdentifier": "multi-az", "Engine": "mysql"},
        True,
    ),
    (
        "aws_db_instance",
        "by_aws",
        {"DBInstanceIdentifier": "x", "DBClusterIdentifier": "c", "Engine": "aurora-mysql"},
        False,
    ),
    ("aws_db_instance", "by_aws", {"DBInstanceIdentifier": "x", "Engine": "mysql"}, False),
    ("aws_rds_cluster", "gone", {"Status": "deleting"}, True),
    ("aws_db_subnet_group", "by_aws", {"DBSubnetGroupName": "default-vpc-1"}, True),
    ("aws_db_subnet_group", "by_aws", {"DBSubnetGroupName": "default-orders"}, False),
    ("aws_db_parameter_group", "by_aws", {"DBParameterGroupName": "default.postgres15"}, True),
    ("aws_rds_cluster_parameter_group", "by_aws", {"DBClusterParameterGroupName": "default.docdb5.0"}, True),
    (
        "aws_db_snapshot",
        "by_aws",
        {"SnapshotType": "automated", "DBSnapshotArn": "a:b:c:d:1:s:n", "account": "1"},
        True,
    ),
    ("aws_db_snapshot", "by_aws", {"SnapshotType": "manual", "DBSnapshotArn": "a:b:c:d:2:s:n", "account": "1"}, True),
    ("aws_db_snapshot", "by_aws", {"SnapshotType": "manual", "DBSnapshotArn": "a:b:c:d:1:s:n", "account": "1"}, False),
    ("aws_dynamodb_table", "gone", {"TableStatus": "DELETING"}, True),
    ("aws_secretsmanager_secret", "gone", {"DeletedDate": "2026-01-01T00:00:00Z"}, True),
    ("aws_secretsmanager_secret", "by_aws", {"OwningService": "rds"}, True),
    ("aws_secretsmanager_secret", "by_aws", {"PrimaryRegion": "us-east-1", "region": "us-west-2"}, True),
    ("aws_secretsmanager_secret", "by_aws", {"PrimaryRegion": "us-east-1", "region": "us-east-1"}, False),
    ("aws_secretsmanager_secret", "by_aws", {"region": "us-east-1"}, False),
    ("aws_kms_key", "gone", {"KeyState": "PendingDeletion"}, True),
    ("aws_kms_key", "gone", {"KeyState": "Disabled"}, False),
    ("aws_kms_key", "by_aws", {"KeyManager": "AWS"}, True),
    ("aws_kms_alias", "by_aws", {"AliasName": "alias/aws/ebs"}, True),
    ("aws_kms_alias", "by_aws", {"AliasName": "alias/awesome"}, False),
    ("aws_route53_zone", "by_aws", {"LinkedService": {"ServicePrincipal": "servicediscovery.amazonaws.com"}}, True),
    ("aws_route53_record", "by_aws", {"RecordType": "SOA", "TTL": 900}, True),
    ("aws_route53_record", "by_aws", {"RecordType": "NS", "TTL": 172800}, True),
    ("aws_route53_record", "by_aws", {"RecordType": "NS", "TTL": 300}, False),
    ("aws_backup_plan", "by_aws", {"BackupPlanId": "aws/efs/73d9"}, True),
    ("aws_backup_plan", "gone", {"DeletionDate": None}, False),
    ("aws_backup_vault", "by_aws", {"BackupVaultName": "aws/efs/automatic-backup-vault"}, True),
    ("aws_backup_vault", "by_aws", {"BackupVaultName": "main"}, False),
]
# fmt: on


@pytest.mark.parametrize(("kind", "name", "row", "expected"), STANDINGS)
def test_what_is_gone_or_made_by_aws(kind: str, name: str, row: Mapping[str, Any], expected: bool) -> None:  # noqa: FBT001 - a case
    assert set(row) <= set(CATALOGUE.columns(of(kind).table))
    assert bool(paths.find(getattr(of(kind), name), row)) is expected


# fmt: off
EXISTENCE: list[tuple[str, Mapping[str, Any], bool]] = [
    ("aws_secretsmanager_secret_rotation", {"RotationEnabled": None}, False),
    ("aws_secretsmanager_secret_rotation", {"RotationEnabled": False}, True),
    ("aws_secretsmanager_secret_policy", {"ResourcePolicy": None}, False),
    ("aws_secretsmanager_secret_version", {"SecretVersionsToStages": {}}, False),
    ("aws_rds_cluster_activity_stream", {"ActivityStreamStatus": "stopped"}, False),
    ("aws_rds_cluster_activity_stream", {"ActivityStreamStatus": None}, False),
    ("aws_s3_bucket_policy", {"BucketPolicy": None}, False),
    ("aws_s3_bucket_public_access_block", {"PublicAccessBlock": None}, False),
    ("aws_s3_bucket_logging", {"LoggingEnabled": None}, False),
    ("aws_s3_bucket_lifecycle_configuration", {"LifecycleRules": []}, False),
    ("aws_s3_bucket_server_side_encryption_configuration", {"EncryptionRules": []}, False),
    ("aws_s3_bucket_versioning", {"name": "never versioned", "VersioningStatus": None}, True),
    ("aws_kms_key_policy", {"KeyPolicy": None}, False),
    ("aws_backup_vault_lock_configuration", {"Locked": False}, False),
    ("aws_dynamodb_tag", {"tags": {}}, False),
]
# fmt: on


@pytest.mark.parametrize(("kind", "row", "expected"), EXISTENCE)
def test_a_side_is_there_or_not(kind: str, row: Mapping[str, Any], expected: bool) -> None:  # noqa: FBT001 - a case
    assert bool(paths.find(of(kind).exists, row)) is expected


# fmt: off
ROWS: list[tuple[str, Mapping[str, Any], Mapping[str, Any]]] = [
    # since provider 5, the id of an instance is its resource id
    ("aws_db_instance", {"id": "db-ABC", "identifier": "orders"}, {"DBInstanceIdentifier": "orders"}),
    (
        "aws_kms_alias",
        {"id": "alias/baz20210225", "name": None, "name_prefix": "alias/baz"},
        {"AliasName": "alias/baz20210225"},
    ),
    ("aws_kms_key_policy", {"key_id": KEY}, {"KeyId": KEY.rpartition("/")[2]}),
    ("aws_kms_key_policy", {"key_id": "mrk-1"}, {"KeyId": "mrk-1"}),
    (
        "aws_route53_record",
        {"zone_id": "Z1", "name": "*.Apps", "fqdn": "*.Apps.example.com", "type": "A", "set_identifier": None},
        {"HostedZoneId": "Z1", "name": "\\052.apps.example.com.", "RecordType": "A", "SetIdentifier": None},
    ),
    (
        "aws_route53_record",
        {"zone_id": "Z1", "name": "www.example.com", "type": "A", "set_identifier": "blue"},
        {"HostedZoneId": "Z1", "name": "www.example.com.", "RecordType": "A", "SetIdentifier": "blue"},
    ),
    ("aws_secretsmanager_secret_rotation", {"id": secret_arn("db"), "secret_id": "db"}, {"arn": secret_arn("db")}),
    ("aws_backup_selection", {"id": "s-1", "plan_id": "p-1"}, {"SelectionId": "s-1", "BackupPlanId": "p-1"}),
]
# fmt: on


@pytest.mark.parametrize(("kind", "attributes", "row"), ROWS)
def test_a_resource_finds_its_row(kind: str, attributes: Mapping[str, Any], row: Mapping[str, Any]) -> None:
    found = [(paths.find(live, row), paths.find(own, attributes)) for live, own in of(kind).row]
    assert all(live == own for live, own in found), found
    assert found[0][0]


# ---------------------------------------------------------------------------------------- beside the owner

# fmt: off
HELD: list[tuple[str, Mapping[str, Any], Mapping[str, Any], str]] = [
    (
        "aws_s3_bucket",
        {"versioning": [{"enabled": False}]},
        {"VersioningStatus": "Enabled"},
        "aws_s3_bucket_versioning",
    ),
    ("aws_s3_bucket", {"policy": ""}, {"BucketPolicy": LIVE_POLICY}, "aws_s3_bucket_policy"),
    (
        "aws_s3_bucket",
        {"logging": []},
        {"LoggingEnabled": {"TargetBucket": "logs", "TargetPrefix": ""}},
        "aws_s3_bucket_logging",
    ),
    (
        "aws_s3_bucket",
        {"lifecycle_rule": []},
        {"LifecycleRules": [{"ID": "x", "Status": "Enabled", "Expiration": {"Days": 1}}]},
        "aws_s3_bucket_lifecycle_configuration",
    ),
    (
        "aws_s3_bucket",
        {"server_side_encryption_configuration": []},
        {"EncryptionRules": [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms"}}]},
        "aws_s3_bucket_server_side_encryption_configuration",
    ),
    ("aws_secretsmanager_secret", {"policy": ""}, {"ResourcePolicy": LIVE_POLICY}, "aws_secretsmanager_secret_policy"),
    (
        "aws_secretsmanager_secret",
        {"rotation_rules": [], "rotation_lambda_arn": ""},
        {"RotationRules": {"AutomaticallyAfterDays": 30}, "RotationLambdaARN": "f"},
        "aws_secretsmanager_secret_rotation",
    ),
    ("aws_kms_key", {"policy": json.dumps({"Statement": []})}, {"KeyPolicy": LIVE_POLICY}, "aws_kms_key_policy"),
    ("aws_dynamodb_table", {"tags": {}}, {"tags": {"a": "b"}}, "aws_dynamodb_tag"),
    ("aws_secretsmanager_secret", {"tags": {}}, {"tags": {"a": "b"}}, "aws_secretsmanager_tag"),
]
# fmt: on


@pytest.mark.parametrize(("kind", "attributes", "row", "side"), HELD, ids=[case[3] for case in HELD])
def test_what_a_side_holds_is_judged_there(
    kind: str, attributes: Mapping[str, Any], row: Mapping[str, Any], side: str
) -> None:
    assert changed(kind, attributes, row)
    assert not changed(kind, attributes, row, side)


Part = tuple[str, list[Mapping[str, Any]], Mapping[str, Any], Mapping[str, Any]]
ENDPOINTS: tuple[list[Mapping[str, Any]], Mapping[str, Any], Mapping[str, Any]] = (
    [{"endpoint": "Readers.cluster-custom-1.rds.amazonaws.com"}, {"endpoint": "b"}],
    {"CustomEndpoints": ["b", "readers.cluster-custom-1.rds.amazonaws.com"]},
    {"CustomEndpoints": ["readers.cluster-custom-1.rds.amazonaws.com", "c"]},
)
# fmt: off
PARTS: list[Part] = [
    # type, two resources, the row that has both, and one that has the first and another
    (
        "aws_db_instance_role_association",
        [{"role_arn": ROLE, "feature_name": "s3Import"}, {"role_arn": ROLE, "feature_name": "Lambda"}],
        {
            "AssociatedRoles": [
                {"RoleArn": ROLE, "FeatureName": "Lambda", "Status": "ACTIVE"},
                {"RoleArn": ROLE, "FeatureName": "s3Import", "Status": "ACTIVE"},
            ],
        },
        {"AssociatedRoles": [{"RoleArn": ROLE, "FeatureName": "s3Import"}, {"RoleArn": ROLE, "FeatureName": "other"}]},
    ),
    (
        "aws_rds_cluster_role_association",
        [{"role_arn": ROLE}, {"role_arn": f"{ROLE}-2"}],
        {"AssociatedRoles": [{"RoleArn": f"{ROLE}-2"}, {"RoleArn": ROLE}]},
        {"AssociatedRoles": [{"RoleArn": ROLE}, {"RoleArn": f"{ROLE}-3"}]},
    ),
    ("aws_rds_cluster_endpoint", *ENDPOINTS),
    ("aws_neptune_cluster_endpoint", *ENDPOINTS),
    (
        "aws_dynamodb_global_secondary_index",
        [
            {
                "index_name": "a", "key_schema": [{"attribute_name": "h", "key_type": "HASH", "attribute_type": "S"}],
                "projection": [{"projection_type": "INCLUDE", "non_key_attributes": ["n"]}],
                "provisioned_throughput": [{"read_capacity_units": 5, "write_capacity_units": 6}],
                "on_demand_throughput": [],
            },
            {
                "index_name": "b",
                "key_schema": [
                    {"attribute_name": "h", "key_type": "HASH"}, {"attribute_name": "r", "key_type": "RANGE"},
                ],
                "projection": [{"projection_type": "ALL"}], "on_demand_throughput": [{"max_read_request_units": 7}],
            },
        ],
        {
            "GlobalSecondaryIndexes": [
                {
                    "IndexName": "b",
                    "KeySchema": [
                        {"AttributeName": "h", "KeyType": "HASH"}, {"AttributeName": "r", "KeyType": "RANGE"},
                    ],
                    "Projection": {"ProjectionType": "ALL"},
                    "OnDemandThroughput": {"MaxReadRequestUnits": 7, "MaxWriteRequestUnits": -1},
                },
                {
                    "IndexName": "a", "KeySchema": [{"AttributeName": "h", "KeyType": "HASH"}],
                    "Projection": {"ProjectionType": "INCLUDE", "NonKeyAttributes": ["n"]},
                    "ProvisionedThroughput": {"ReadCapacityUnits": 5, "WriteCapacityUnits": 6},
                },
            ],
        },
        {
            "GlobalSecondaryIndexes": [
                {
                    "IndexName": "a", "KeySchema": [{"AttributeName": "h", "KeyType": "HASH"}],
                    "Projection": {"ProjectionType": "INCLUDE", "NonKeyAttributes": ["n"]},
                    "ProvisionedThroughput": {"ReadCapacityUnits": 5, "WriteCapacityUnits": 6},
                },
                {"IndexName": "c", "KeySchema": [{"AttributeName": "h", "KeyType": "HASH"}]},
            ],
        },
    ),
]
# fmt: on


@pytest.mark.parametrize("case", PARTS, ids=[case[0] for case in PARTS])
def test_parts_are_elements_of_their_owners_list(case: Part) -> None:
    kind, resources, row, other = case
    part = of(kind).part
    assert part is not None
    owner = of(part.of)
    assert set(row) <= set(CATALOGUE.columns(owner.table))
    own = [part_elements(of(kind), owner, declaration(kind, one)) for one in resources]
    first, second = own
    assert first is not None
    assert second is not None
    assert kind in first.attribute.held_by

    live = elements(first.attribute, live_value(first.attribute, row))
    assert [compare_part(one, live) for one in (first, second)] == [((), False), ((), False)]
    assert not list(unclaimed(live, [first, second]))
    assert len(list(unclaimed(live, [first]))) == 1, "the second is removed from the code"

    live = elements(first.attribute, live_value(first.attribute, other))
    assert compare_part(first, live) == ((), False)
    changes, none_there = compare_part(second, live)
    assert none_there
    assert changes
    assert [change.old for change in unclaimed(live, [first, second])] == [None], "one live element more"


def test_a_part_that_differs_says_where() -> None:
    kind, resources, row, _ = PARTS[-1]
    owner = of("aws_dynamodb_table")
    provisioned = [{"read_capacity_units": 50, "write_capacity_units": 6}]
    own = part_elements(of(kind), owner, declaration(kind, {**resources[0], "provisioned_throughput": provisioned}))
    assert own is not None
    changes, none_there = compare_part(own, elements(own.attribute, live_value(own.attribute, row)))
    assert not none_there
    assert [(one.field, one.old, one.new) for one in changes] == [
        ('global_secondary_index[name="a"].read_capacity', "50", "5")
    ]


# ---------------------------------------------------------------------------------------- forms

# fmt: off
EQUAL: list[tuple[str, Any, Any]] = [
    # form, declared, live
    ("kms_key", KEY, KEY.rpartition("/")[2]),
    ("kms_key", f"arn:aws:kms:eu-west-1:{ACCOUNT}:alias/team/orders", "alias/team/orders"),
    ("kms_key", "", None),
    ("moment", "2027-01-12", "2027-01-12T00:00:00Z"),
    ("moment", "2027-01-12T00:00:00Z", "2027-01-12 01:00:00+01:00"),
    ("moment", "never", "never"), ("moment", "0001-01-01T00:00:00+14:00", "0001-01-01T00:00:00+14:00"),
    ("moment", "", None),
    ("engine_version_1", "15", "15.4"),
    ("engine_version_2", "8.0", "8.0.35"),
    ("engine_version_3", "5.7.44", "5.7.44-RDS.20240408"),
    ("engine_version", "8.0.mysql_aurora.3.05.2", "8.0.mysql_aurora.3.05.2"),
    (
        "db_parameters",
        [{"name": "REQUIRE_SECURE_TRANSPORT", "value": "ON"}],
        {"values": {"require_secure_transport": "1"}, "sources": {"require_secure_transport": "user"}},
    ),
    ("db_parameters", [{"name": "max_connections", "value": "5"}], {"values": None, "sources": None}),
    ("db_parameters", None, {"values": {"tls": "enabled"}, "sources": {"tls": "system"}}),
    ("throughput", [{"max_read_request_units": -1}], None),
    ("throughput", {"max_read_request_units": 5}, {"MaxReadRequestUnits": 5, "MaxWriteRequestUnits": -1}),
    ("rotation_rules", [{"automatically_after_days": "30"}], {"AutomaticallyAfterDays": 30}),
    (
        "rotation_rules",
        {"schedule_expression": "rate(4 hours)"},
        {"AutomaticallyAfterDays": 1, "ScheduleExpression": "rate(4 hours)"},
    ),
    ("rotation_rules", [], None),
    ("secret_replicas", [{"region": "us-west-2"}], [{"Region": "us-west-2", "KmsKeyId": "alias/aws/secretsmanager"}]),
    ("bucket_encryption", [], [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}]),
    (
        "bucket_encryption",
        [{"apply_server_side_encryption_by_default": {"sse_algorithm": "aws:kms"}}],
        [
            {
                "ApplyServerSideEncryptionByDefault": {
                    "SSEAlgorithm": "aws:kms", "KMSMasterKeyID": f"arn:aws:kms:us-east-1:{ACCOUNT}:alias/aws/s3",
                },
            },
        ],
    ),
    ("lifecycle_rules", [], None),
    (
        "lifecycle_rules",
        [{"id": "x", "enabled": "false"}],
        [{"ID": "x", "Status": "Disabled", "Filter": {"Prefix": ""}}],
    ),
    (
        "lifecycle_rules",
        [{"id": "x", "status": "Enabled", "filter": [], "prefix": "a"}],
        [{"ID": "x", "Status": "Enabled", "Prefix": "a"}],
    ),
    ("log_grants", [], None),
    (
        "dns_records",
        {"type": "CNAME", "values": ["WWW.example.com"]},
        {"type": "CNAME", "values": ["www.example.com."]},
    ),
    ("dns_records", {"type": "TXT", "values": ["Case Matters"]}, {"type": "TXT", "values": ['"Case Matters"']}),
    ("dns_records", {"type": "TXT", "values": ['a""b']}, {"type": "TXT", "values": ['"a" "b"']}),
    ("dns_records", {"type": "AAAA", "values": ["2001:db8::1"]}, {"type": "AAAA", "values": ["2001:0DB8:0:0::1"]}),
    ("dns_records", {"type": "AAAA", "values": ["nonsense"]}, {"type": "AAAA", "values": ["nonsense"]}),
    ("dns_records", {"type": "A", "values": None}, {"type": "A"}),
    (
        "dns_alias",
        [{"name": "lb.example.com", "zone_id": "Z", "evaluate_target_health": "false"}],
        {"DNSName": "dualstack.LB.example.com.", "HostedZoneId": "Z", "EvaluateTargetHealth": False},
    ),
    ("dns_alias", [], None),
    ("proxy_auth", [{"secret_arn": "s"}], [{"SecretArn": "s", "AuthScheme": "SECRETS", "IAMAuth": "DISABLED"}]),
    (
        "backup_rules",
        [{"rule_name": "r", "lifecycle": []}],
        [{"RuleName": "r", "ScheduleExpressionTimezone": "Etc/UTC"}],
    ),
]
# fmt: on
# fmt: off
DIFFERENT: list[tuple[str, Any, Any]] = [
    ("kms_key", KEY, OTHER_KEY),
    ("kms_key", "alias/a/x", "alias/b/x"),
    ("moment", "2027-01-12T00:00:00Z", "2027-01-12T00:00:00+01:00"),
    ("engine_version_1", "15", "16.1"),
    ("engine_version_2", "8.0", "8.4.3"),
    ("engine_version_3", "8.0.35", "8.0.36"),
    ("engine_version", "8.0.mysql_aurora.3.05.2", "8.0.mysql_aurora.3.05.1"),
    (
        "db_parameters",
        [{"name": "tls", "value": "enabled"}],
        {"values": {"tls": "disabled"}, "sources": {"tls": "user"}},
    ),
    (
        "db_parameters",
        [{"name": "tls", "value": "enabled"}],
        {"values": {"tls": "enabled"}, "sources": {"tls": "system"}},
    ),
    ("throughput", {"max_read_request_units": 5}, {"MaxReadRequestUnits": 6}),
    (
        "rotation_rules",
        [{"automatically_after_days": 30}],
        {"AutomaticallyAfterDays": 30, "ScheduleExpression": "rate(30 days)"},
    ),
    ("secret_replicas", [{"region": "us-west-2"}], [{"Region": "us-west-2", "KmsKeyId": KEY}]),
    ("bucket_encryption", [], [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms"}}]),
    (
        "bucket_encryption",
        [{"apply_server_side_encryption_by_default": [{"sse_algorithm": "aws:kms"}], "bucket_key_enabled": False}],
        [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms"}, "BucketKeyEnabled": True}],
    ),
    ("lifecycle_rules", [{"id": "x", "enabled": True}], [{"ID": "x", "Status": "Disabled"}]),
    (
        "log_grants",
        [{"permission": "READ", "grantee": [{"id": "a"}]}],
        [{"Permission": "READ", "Grantee": {"ID": "b"}}],
    ),
    ("dns_records", {"type": "TXT", "values": ["Case"]}, {"type": "TXT", "values": ['"case"']}),
    ("dns_records", {"type": "A", "values": ["192.0.2.1"]}, {"type": "A", "values": ["192.0.2.2"]}),
    ("dns_alias", [{"name": "a", "zone_id": "Z"}], {"DNSName": "b.", "HostedZoneId": "Z"}),
    ("proxy_auth", [{"secret_arn": "s"}], [{"SecretArn": "s", "IAMAuth": "REQUIRED"}]),
    ("backup_rules", [{"rule_name": "r"}], [{"RuleName": "r", "ScheduleExpressionTimezone": "Europe/Berlin"}]),
]
# fmt: on


def both(form: str, declared: object, live: object) -> tuple[Any, Any]:
    return FORMS[form].declared(declared), FORMS[form].live(live)


@pytest.mark.parametrize(("form", "declared", "live"), EQUAL)
def test_what_is_only_written_differently_is_the_same(form: str, declared: object, live: object) -> None:
    one, other = both(form, declared, live)
    assert one == other


@pytest.mark.parametrize(("form", "declared", "live"), DIFFERENT)
def test_what_is_different_stays_different(form: str, declared: object, live: object) -> None:
    one, other = both(form, declared, live)
    assert one != other


def test_every_form_of_this_module_has_cases_of_both_kinds() -> None:
    from auditor.drift.code.forms import data

    assert {case[0] for case in EQUAL} == {case[0] for case in DIFFERENT} == set(data.FORMS)


def members(value: Any) -> Iterator[str]:  # noqa: ANN401 - any JSON
    """The names of all members in a value."""
    for item in value.values() if isinstance(value, Mapping) else value if isinstance(value, list) else ():
        yield from members(item)
    yield from value if isinstance(value, Mapping) else ()


NAMES = sorted({name for cases in (EXAMPLES, EQUAL) for _, *sides in cases for side in sides for name in members(side)})
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=4),
    max_leaves=8,
)


@pytest.mark.parametrize("form", sorted({case[0] for case in EQUAL}))
@settings(max_examples=25)
@given(value=ANYTHING)
def test_no_value_breaks_a_form(form: str, value: object) -> None:
    """A state, and an answer, may have anything anywhere."""
    json.dumps([FORMS[form].declared(value), FORMS[form].live(value)])


@pytest.mark.parametrize("nothing", [None, "", [], {}])
@pytest.mark.parametrize("form", sorted({case[0] for case in EQUAL} - {"bucket_encryption"}))
def test_nothing_is_nothing(form: str, nothing: object) -> None:
    """Default encryption aside, which every bucket has."""
    assert both(form, nothing, nothing) == (None, None)


@pytest.mark.parametrize("table", ["rds_parameter_groups", "rds_cluster_parameter_groups"])
def test_the_parameters_that_are_compared_are_those_that_are_collected(table: str) -> None:
    expression = tables()[table].details[0].columns["EncryptionParameters"]
    assert set(re.findall(r"'([^']*)'", expression)) == ENCRYPTION_PARAMETERS


# ---------------------------------------------------------------------------------------- order means nothing


def reordered(value: Any) -> Any:  # noqa: ANN401 - any JSON
    if isinstance(value, list):
        return [reordered(item) for item in reversed(value)]
    return {name: reordered(item) for name, item in value.items()} if isinstance(value, Mapping) else value


@pytest.mark.parametrize("example", EXAMPLES, ids=named)
def test_the_order_of_lists_means_nothing(example: Example) -> None:
    kind, attributes, row = example
    # AWS keeps which parameter group and which directory come first
    kept = {"DBParameterGroups", "OptionGroupMemberships", "DomainMemberships"}
    shuffled = {column: value if column in kept else reordered(value) for column, value in row.items()}
    assert not changed(kind, attributes, shuffled)


# ---------------------------------------------------------------------------------------- Pulumi

# fmt: off
PULUMI: list[Example] = [
    # type, outputs as an export has them, and the live row
    (
        "aws:s3/bucket:Bucket",
        {
            "bucket": "orders", "versioning": {"enabled": True, "mfaDelete": False},
            "loggings": [{"targetBucket": "logs", "targetPrefix": ""}],
            "serverSideEncryptionConfiguration": {
                "rule": {"applyServerSideEncryptionByDefault": {"sseAlgorithm": "aws:kms", "kmsMasterKeyId": KEY}},
            },
            "lifecycleRules": [
                {
                    "id": "x", "enabled": True, "expiration": {"days": 30}, "noncurrentVersionExpiration": {"days": 5},
                    "noncurrentVersionTransitions": [{"days": 1, "storageClass": "GLACIER"}],
                    "transitions": [{"days": 3, "storageClass": "GLACIER"}],
                },
            ],
            "policy": POLICY,
        },
        {
            "name": "orders", "VersioningStatus": "Enabled",
            "LoggingEnabled": {"TargetBucket": "logs", "TargetPrefix": ""},
            "EncryptionRules": [
                {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": KEY}},
            ],
            "LifecycleRules": [
                {
                    "ID": "x", "Status": "Enabled", "Filter": {"Prefix": ""}, "Expiration": {"Days": 30},
                    "NoncurrentVersionExpiration": {"NoncurrentDays": 5},
                    "NoncurrentVersionTransitions": [{"NoncurrentDays": 1, "StorageClass": "GLACIER"}],
                    "Transitions": [{"Days": 3, "StorageClass": "GLACIER"}],
                },
            ],
            "BucketPolicy": LIVE_POLICY,
        },
    ),
    (
        "aws:s3/bucketPolicy:BucketPolicy", {"bucket": "orders", "policy": POLICY},
        {"name": "orders", "BucketPolicy": LIVE_POLICY},
    ),
    (
        "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration",
        {
            "bucket": "orders",
            "rules": [
                {
                    "applyServerSideEncryptionByDefault": {"sseAlgorithm": "aws:kms"},
                    "blockedEncryptionTypes": ["SSE-C"],
                },
            ],
        },
        {
            "name": "orders",
            "EncryptionRules": [
                {
                    "ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms"},
                    "BlockedEncryptionTypes": {"EncryptionType": ["SSE-C"]},
                },
            ],
        },
    ),
    (
        "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration",
        {
            "bucket": "orders",
            "rules": [
                {
                    "id": "x", "status": "Enabled", "filter": {"and": {"prefix": "p", "tags": {"Key": "Value"}}},
                    "transitions": [{"days": 3, "storageClass": "GLACIER"}],
                    "abortIncompleteMultipartUpload": {"daysAfterInitiation": 2},
                },
            ],
        },
        {
            "name": "orders",
            "LifecycleRules": [
                {
                    "ID": "x", "Status": "Enabled",
                    "Filter": {"And": {"Prefix": "p", "Tags": [{"Key": "Key", "Value": "Value"}]}},
                    "Transitions": [{"Days": 3, "StorageClass": "GLACIER"}],
                    "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 2},
                },
            ],
        },
    ),
    (
        "aws:s3/bucketLogging:BucketLogging",
        {
            "bucket": "orders",
            "targetGrants": [{"permission": "READ", "grantee": {"id": "a", "type": "CanonicalUser"}}],
            "targetObjectKeyFormat": {"partitionedPrefix": {"partitionDateSource": "EventTime"}},
        },
        {
            "name": "orders",
            "LoggingEnabled": {
                "TargetGrants": [{"Permission": "READ", "Grantee": {"ID": "a", "Type": "CanonicalUser"}}],
                "TargetObjectKeyFormat": {"PartitionedPrefix": {"PartitionDateSource": "EventTime"}},
            },
        },
    ),
    (
        "aws:dynamodb/table:Table",
        {
            "attributes": [{"name": "h", "type": "S"}], "name": "t", "globalTableWitness": {"regionName": "us-east-2"},
            "serverSideEncryption": {"enabled": True, "kmsKeyArn": KEY},
            "pointInTimeRecovery": {"enabled": True, "recoveryPeriodInDays": 7},
            "onDemandThroughput": {"maxReadRequestUnits": 5}, "replicas": [{"regionName": "us-west-2"}],
            "globalSecondaryIndexes": [
                {
                    "name": "i", "keySchemas": [{"attributeName": "h", "keyType": "HASH"}], "projectionType": "INCLUDE",
                    "nonKeyAttributes": ["a"], "onDemandThroughput": {"maxReadRequestUnits": 9},
                },
            ],
        },
        {
            "TableName": "t", "AttributeDefinitions": [{"AttributeName": "h", "AttributeType": "S"}],
            "GlobalTableWitnesses": [{"RegionName": "us-east-2"}],
            "SSEDescription": {"Status": "ENABLED", "KMSMasterKeyArn": KEY},
            "PointInTimeRecoveryStatus": "ENABLED", "RecoveryPeriodInDays": 7,
            "OnDemandThroughput": {"MaxReadRequestUnits": 5, "MaxWriteRequestUnits": -1},
            "Replicas": [{"RegionName": "us-west-2", "ReplicaStatus": "ACTIVE"}],
            "GlobalSecondaryIndexes": [
                {
                    "IndexName": "i", "KeySchema": [{"AttributeName": "h", "KeyType": "HASH"}],
                    "Projection": {"ProjectionType": "INCLUDE", "NonKeyAttributes": ["a"]},
                    "OnDemandThroughput": {"MaxReadRequestUnits": 9},
                },
            ],
        },
    ),
    (
        "aws:secretsmanager/secret:Secret", {"name": "s", "replicas": [{"region": "us-west-2"}]},
        {"name": "s", "ReplicationStatus": [{"Region": "us-west-2", "KmsKeyId": "alias/aws/secretsmanager"}]},
    ),
    (
        "aws:secretsmanager/secretRotation:SecretRotation",
        {
            "rotationRules": {"automaticallyAfterDays": 30},
            "externalSecretRotationMetadatas": [{"key": "a", "value": "b"}],
        },
        {
            "RotationRules": {"AutomaticallyAfterDays": 30},
            "ExternalSecretRotationMetadata": [{"Key": "a", "Value": "b"}],
        },
    ),
    (
        "aws:rds/cluster:Cluster",
        {
            "serverlessv2ScalingConfiguration": {"maxCapacity": 1, "minCapacity": 0.5}, "iamRoles": [ROLE],
            "scalingConfiguration": {"autoPause": True, "maxCapacity": 2},
        },
        {
            "ServerlessV2ScalingConfiguration": {"MaxCapacity": 1.0, "MinCapacity": 0.5},
            "AssociatedRoles": [{"RoleArn": ROLE}], "ScalingConfigurationInfo": {"AutoPause": True, "MaxCapacity": 2},
        },
    ),
    (
        "aws:rds/proxy:Proxy",
        {"auths": [{"secretArn": "s", "iamAuth": "REQUIRED", "clientPasswordAuthType": "MYSQL_NATIVE_PASSWORD"}]},
        {"Auth": [{"SecretArn": "s", "IAMAuth": "REQUIRED", "ClientPasswordAuthType": "MYSQL_NATIVE_PASSWORD"}]},
    ),
    (
        "aws:rds/parameterGroup:ParameterGroup", {"parameters": [{"name": "rds.force_ssl", "value": "1"}]},
        {"EncryptionParameters": {"rds.force_ssl": "1"}, "EncryptionParameterSources": {"rds.force_ssl": "user"}},
    ),
    (
        "aws:route53/record:Record",
        {
            "zoneId": "Z1", "name": "www.example.com", "type": "A", "failoverRoutingPolicies": [{"type": "PRIMARY"}],
            "weightedRoutingPolicies": [{"weight": 3}], "latencyRoutingPolicies": [{"region": "us-east-1"}],
            "aliases": [{"name": "lb.example.com", "zoneId": "Z2", "evaluateTargetHealth": True}],
            "geolocationRoutingPolicies": [{"country": "US"}],
            "geoproximityRoutingPolicy": {"bias": 1, "coordinates": [{"latitude": "1", "longitude": "2"}]},
            "cidrRoutingPolicy": {"collectionId": "c", "locationName": "l"},
        },
        {
            "HostedZoneId": "Z1", "name": "www.example.com.", "RecordType": "A", "Failover": "PRIMARY", "Weight": 3,
            "RoutingRegion": "us-east-1", "GeoLocation": {"CountryCode": "US"},
            "AliasTarget": {"DNSName": "lb.example.com.", "HostedZoneId": "Z2", "EvaluateTargetHealth": True},
            "GeoProximityLocation": {"Bias": 1, "Coordinates": {"Latitude": "1", "Longitude": "2"}},
            "CidrRoutingConfig": {"CollectionId": "c", "LocationName": "l"},
        },
    ),
    (
        "aws:globalaccelerator/endpointGroup:EndpointGroup",
        {
            "endpointConfigurations": [{"endpointId": "lb", "weight": 5}],
            "portOverrides": [{"endpointPort": 1, "listenerPort": 2}],
        },
        {
            "EndpointDescriptions": [{"EndpointId": "lb", "Weight": 5, "HealthState": "HEALTHY"}],
            "PortOverrides": [{"EndpointPort": 1, "ListenerPort": 2}],
        },
    ),
    (
        "aws:globalaccelerator/listener:Listener", {"portRanges": [{"fromPort": 1, "toPort": 2}]},
        {"PortRanges": [{"FromPort": 1, "ToPort": 2}]},
    ),
    (
        "aws:backup/plan:Plan",
        {
            "advancedBackupSettings": [{"backupOptions": {"WindowsVSS": "enabled"}, "resourceType": "EC2"}],
            "rules": [
                {
                    "ruleName": "r", "lifecycle": {"deleteAfter": 5}, "recoveryPointTags": {"camelCase": "x"},
                    "copyActions": [{"destinationVaultArn": "v", "lifecycle": {"deleteAfter": 1}}],
                },
            ],
        },
        {
            "AdvancedBackupSettings": [{"BackupOptions": {"WindowsVSS": "enabled"}, "ResourceType": "EC2"}],
            "Rules": [
                {
                    "RuleName": "r", "Lifecycle": {"DeleteAfterDays": 5}, "RecoveryPointTags": {"camelCase": "x"},
                    "CopyActions": [{"DestinationBackupVaultArn": "v", "Lifecycle": {"DeleteAfterDays": 1}}],
                },
            ],
        },
    ),
    (
        "aws:backup/selection:Selection",
        {
            "conditions": [
                {
                    "stringEquals": [], "stringLikes": [{"key": "k", "value": "v"}],
                    "stringNotLikes": [{"key": "a", "value": "b"}],
                },
            ],
            "selectionTags": [{"key": "k", "type": "STRINGEQUALS", "value": "v"}],
        },
        {
            "Conditions": {
                "StringLike": [{"ConditionKey": "k", "ConditionValue": "v"}],
                "StringNotLike": [{"ConditionKey": "a", "ConditionValue": "b"}],
            },
            "ListOfTags": [{"ConditionKey": "k", "ConditionType": "STRINGEQUALS", "ConditionValue": "v"}],
        },
    ),
]
# fmt: on


def exported(token: str, outputs: Mapping[str, Any]) -> Declared:
    """A resource of an export, read."""
    resource = {"urn": f"urn:pulumi:dev::x::{token}::a", "custom": True, "type": token, "id": "i", "outputs": outputs}
    document = {"version": 3, "deployment": {"manifest": {"version": "v3.100.0"}, "resources": [resource]}}
    (declared,) = read_pulumi(json.dumps(document).encode(), "export.json", MAPPINGS).resources
    return declared


@pytest.mark.parametrize("example", PULUMI, ids=named)
def test_pulumis_spelling_is_understood(example: Example) -> None:
    token, outputs, row = example
    declared, kind = exported(token, outputs), MAPPINGS.by_pulumi[token].kind
    attributes = dict(declared.attributes)
    found = compare_attributes(of(kind), declared, row)
    assert not found.changes
    said = exercised((kind, attributes, row))
    assert {one.partition(":")[0] for one in (attribute.name for attribute in said)} >= set(attributes) - {"id"}
    assert all(differing(one, kind, attributes, row) for one in said)


REFS = {
    "AWS::Backup::BackupPlan": "BackupPlanId",
    "AWS::Backup::BackupSelection": "SelectionId",
    "AWS::Backup::BackupVault": "BackupVaultName",
    "AWS::Backup::LogicallyAirGappedBackupVault": "BackupVaultName",
    "AWS::DocDB::DBCluster": "DBClusterIdentifier",
    "AWS::DocDB::DBClusterParameterGroup": "DBClusterParameterGroupName",
    "AWS::DocDB::DBInstance": "DBInstanceIdentifier",
    "AWS::DocDB::DBSubnetGroup": "DBSubnetGroupName",
    "AWS::DynamoDB::GlobalTable": "TableName",
    "AWS::DynamoDB::Table": "TableName",
    "AWS::GlobalAccelerator::Accelerator": "AcceleratorArn",
    "AWS::GlobalAccelerator::EndpointGroup": "EndpointGroupArn",
    "AWS::GlobalAccelerator::Listener": "ListenerArn",
    "AWS::KMS::Alias": "AliasName",
    "AWS::KMS::Key": "KeyId",
    "AWS::KMS::ReplicaKey": "KeyId",
    "AWS::Neptune::DBCluster": "DBClusterIdentifier",
    "AWS::Neptune::DBClusterParameterGroup": "DBClusterParameterGroupName",
    "AWS::Neptune::DBInstance": "DBInstanceIdentifier",
    "AWS::Neptune::DBParameterGroup": "DBParameterGroupName",
    "AWS::Neptune::DBSubnetGroup": "DBSubnetGroupName",
    "AWS::RDS::DBCluster": "DBClusterIdentifier",
    "AWS::RDS::DBClusterParameterGroup": "DBClusterParameterGroupName",
    "AWS::RDS::DBInstance": "DBInstanceIdentifier",
    "AWS::RDS::DBParameterGroup": "DBParameterGroupName",
    "AWS::RDS::DBProxy": "DBProxyName",
    "AWS::RDS::DBSubnetGroup": "DBSubnetGroupName",
    "AWS::RDS::GlobalCluster": "GlobalClusterIdentifier",
    "AWS::Route53::HealthCheck": "Id",
    "AWS::Route53::HostedZone": "HostedZoneId",
    "AWS::Route53::RecordSet": "dns(name)",
    "AWS::S3::Bucket": "name",
    "AWS::S3::BucketPolicy": "",
    "AWS::SSM::Parameter": "name",
    "AWS::SecretsManager::ResourcePolicy": "",
    "AWS::SecretsManager::RotationSchedule": "arn",
    "AWS::SecretsManager::Secret": "arn",
}
"""What Ref gives, says the CloudFormation template reference; nothing for sides that are told as not compared.
https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-template-resource-type-ref.html
"""


def test_cloudformations_types_are_found_by_what_ref_gives() -> None:
    mapped = [of(kind) for kind in KINDS if of(kind).cloudformation]
    found = {one.cloudformation: one.ref or (one.row[0][0] if one.is_resource else "") for one in mapped}
    assert len(found) == len(mapped)
    assert found == REFS


# ---------------------------------------------------------------------------------------- recorded

Recorded = tuple[str, str, Mapping[str, Any]]
"""(file, type, attributes)"""


@functools.cache
def states() -> list[Recorded]:
    """Every recorded resource of the types that are mapped here."""
    return [one for one in _states() if one[1] in KINDS]


def _states() -> Iterator[Recorded]:
    for path in sorted((Path(FOLDER) / "tfstate").iterdir()):
        document = json.loads(path.read_text("utf-8"))
        for resource in document.get("resources") or ():
            for instance in resource["instances"] if resource["mode"] == "managed" else ():
                yield path.name, resource["type"], instance.get("attributes") or {}
    for path in sorted((Path(FOLDER) / "tf_resources").iterdir()):
        for kind, resources in json.loads(path.read_text("utf-8")).get("resources", {}).items():
            yield from ((path.name, kind, attributes) for attributes in resources.values())
    for path in sorted((Path(FOLDER) / "provider_reads").glob("*/*.json")):
        document = json.loads(path.read_text("utf-8"))
        yield path.name, document["resource_type"], document["attributes"] or {}


def explained(mapping: TypeMapping) -> frozenset[str]:
    named = mapping.read | {attribute.name for attribute in mapping.attributes}
    return named | mapping.computed | mapping.provider_only | mapping.secret | mapping.not_collected


@recorded
def test_every_attribute_of_a_recorded_state_is_explained() -> None:
    assert len(states()) >= 65
    offenders = {
        f"{file}: {kind}.{name}"
        for file, kind, attributes in states()
        for name in set(attributes) - explained(of(kind))
    }
    assert not offenders


@functools.cache
def _loader() -> Any:  # noqa: ANN401 - the recordings' own module
    spec = importlib.util.spec_from_file_location("recordings_load", Path(FOLDER) / "load.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def answer(flight: str, service: str, operation: str) -> Mapping[str, Any]:
    """The first answer of an operation in a recorded flight."""
    with (Path(FOLDER) / "c7n" / "index.csv").open(encoding="utf-8") as file:
        found = [
            line["path"].partition("/")[2]
            for line in csv.DictReader(file)
            if (line["flight"], line["service"], line["operation"], line["n"]) == (flight, service, operation, "1")
        ]
    data: Mapping[str, Any] = _loader().load(found[0])["data"]
    return data


def recorded_state(file: str, kind: str) -> Mapping[str, Any]:
    return next(attributes for name, found, attributes in states() if (name, found) == (file, kind))


@recorded
def test_a_recorded_zone_and_its_record_are_as_declared() -> None:
    flight, file = "test_route53_hostedzone_delete", "route53_hostedzone_delete.json"
    tags = answer(flight, "route53", "ListTagsForResources")["ResourceTagSets"][0]["Tags"]
    (zone,) = answer(flight, "route53", "ListHostedZones")["HostedZones"]
    row = {**CATALOGUE.row("route53_hosted_zones", zone, ACCOUNT, "us-east-1"), "tags": tags}
    assert not changed("aws_route53_zone", recorded_state(file, "aws_route53_zone"), row)

    sets = answer(flight, "route53", "ListResourceRecordSets")["ResourceRecordSets"]
    parent = {"HostedZoneId": row["HostedZoneId"]}
    rows = [CATALOGUE.row("route53_record_sets", one, ACCOUNT, "us-east-1", parent) for one in sets]
    mapping, attributes = of("aws_route53_record"), recorded_state(file, "aws_route53_record")
    same = [
        row
        for row in rows
        if all((paths.find(live, row) or None) == paths.find(own, attributes) for live, own in mapping.row)
    ]
    assert len(same) == 1
    assert not changed("aws_route53_record", attributes, same[0])
    left = [row for row in rows if row not in same]
    assert [(row["RecordType"], bool(paths.find(mapping.by_aws, row))) for row in left] == [("NS", True), ("SOA", True)]


@recorded
def test_a_recorded_key_is_as_declared() -> None:
    key = answer("test_sqs_set_encryption", "kms", "DescribeKey")["KeyMetadata"]
    row = {column: value for column, value in key.items() if column in CATALOGUE.columns("kms_keys")}
    assert not changed(
        "aws_kms_key", recorded_state("sqs_set_encryption.json", "aws_kms_key"), {**row, "KeyPolicy": POLICY_OF_DEFAULT}
    )


POLICY_OF_DEFAULT = {
    "Version": "2012-10-17",
    "Id": "key-default-1",
    "Statement": [
        {
            "Sid": "Enable IAM User Permissions",
            "Effect": "Allow",
            "Principal": {"AWS": "arn:aws:iam::644160558196:root"},
            "Action": "kms:*",
            "Resource": "*",
        }
    ],
}
"""AWS's default key policy, which the flight did not ask for."""


@recorded
def test_recorded_buckets_of_an_export_are_as_declared() -> None:
    state = read_pulumi((Path(FOLDER) / "pulumi" / "awsx_nodejs.json").read_bytes(), "awsx_nodejs.json", MAPPINGS)
    buckets = [one for one in state.resources if one.kind == "aws:s3/bucket:Bucket"]
    policies = [one for one in state.resources if one.kind == "aws:s3/bucketPolicy:BucketPolicy"]
    assert len(buckets) == len(policies) == 3
    for bucket, policy in zip(buckets, policies, strict=True):
        algorithm = "aws:kms" if "kms" in bucket.id else "AES256"
        rules = [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": algorithm}, "BucketKeyEnabled": False}]
        row = {"name": bucket.id, "EncryptionRules": rules, "BucketPolicy": policy.attributes["policy"], "tags": {}}
        found = compare_attributes(of("aws_s3_bucket"), bucket, row)
        assert (found.changes, found.not_compared) == ([], {"acl", "request_payer"})
        found = compare_attributes(of("aws_s3_bucket_policy"), policy, row)
        assert (found.changes, found.equal) == ([], 2)


@recorded
def test_two_readings_of_an_instance_differ_in_what_was_changed_between_them() -> None:
    """The provider read an instance that had been made anew: its windows and its log exports had changed."""
    declared = recorded_state("driftctl_aws_db_instance.tfstate", "aws_db_instance")
    read = next(a for f, k, a in states() if k == "aws_db_instance" and f.startswith("aws_db_instance-"))
    row = {
        "AllocatedStorage": read["allocated_storage"],
        "AutoMinorVersionUpgrade": read["auto_minor_version_upgrade"],
        "AvailabilityZone": read["availability_zone"],
        "PreferredBackupWindow": read["backup_window"],
        "CACertificateIdentifier": read["ca_cert_identifier"],
        "DBName": read["name"],
        "DBSubnetGroup": {"DBSubnetGroupName": read["db_subnet_group_name"]},
        "EnabledCloudwatchLogsExports": read["enabled_cloudwatch_logs_exports"],
        "Engine": read["engine"],
        "EngineVersion": read["engine_version"],
        "DBInstanceIdentifier": read["identifier"],
        "DBInstanceClass": read["instance_class"],
        "LicenseModel": read["license_model"],
        "PreferredMaintenanceWindow": read["maintenance_window"],
        "OptionGroupMemberships": [{"OptionGroupName": read["option_group_name"]}],
        "DBParameterGroups": [{"DBParameterGroupName": read["parameter_group_name"]}],
        "Endpoint": {"Port": read["port"]},
        "StorageType": read["storage_type"],
        "MasterUsername": read["username"],
        "VpcSecurityGroups": [{"VpcSecurityGroupId": one} for one in read["vpc_security_group_ids"]],
    }
    assert changed("aws_db_instance", declared, row).keys() == {
        "backup_window",
        "enabled_cloudwatch_logs_exports[]",
        "maintenance_window",
    }
