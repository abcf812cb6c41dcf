"""Changes to the corrected multi-region trading platform, of secrets, roles and names: each breaks one requirement."""

from __future__ import annotations

import base64
import json
from typing import Any

import boto3
import pytest

from auditor.demo.worlds.building import document, trusts_service
from tests.exchange import RECOVERY, TAGS, tagged
from tests.systems import (
    MARKS,
    Break,
    Breaks,
    Change,
    System,
    Variations,
    broken_alone,
    days_ago,
    serving,
    stays_satisfied,
)

pytestmark = MARKS
served = serving("trading-multi-region")
BREAKS = Breaks()
FINE = Variations()
REPLICAS = "secret-not-in-recovery-region"
BROAD = "role-with-broad-aws-managed-policy"
UNUSED = "role-unused-too-long"
SUFFIX = "name-without-environment-suffix"
PASSWORD = "tempPassword123!"  # the document's own
AWS_POLICIES = "arn:aws:iam::aws:policy/"
MASTER_PASSWORD = "exchange/prod/db-master-password"


# ---------------------------------------------------------------------------------------- SEC-04


@BREAKS("SEC-04", REPLICAS, MASTER_PASSWORD)
def secret_loses_its_replica(system: System) -> None:
    secrets = system.client("secretsmanager")
    secrets.remove_regions_from_replication(SecretId=MASTER_PASSWORD, RemoveReplicaRegions=[RECOVERY])


@BREAKS("SEC-04", REPLICAS, MASTER_PASSWORD)
def secret_is_replicated_elsewhere(system: System) -> None:
    secret_loses_its_replica(system)
    secrets = system.client("secretsmanager")
    made = system.client("kms", "us-west-2").create_key(Description="exchange-prod")["KeyMetadata"]["Arn"]
    replica = [{"Region": "us-west-2", "KmsKeyId": made}]
    secrets.replicate_secret_to_regions(SecretId=MASTER_PASSWORD, AddReplicaRegions=replica)


@BREAKS("SEC-04", REPLICAS, "exchange/prod/market-feed")
def secret_loses_its_namesake(system: System) -> None:
    secrets = system.client("secretsmanager", RECOVERY)
    secrets.delete_secret(SecretId="exchange/prod/market-feed", ForceDeleteWithoutRecovery=True)


@FINE("SEC-04")
def replica_gives_way_to_a_secret_of_the_same_name(system: System) -> None:
    secret_loses_its_replica(system)
    secrets = system.client("secretsmanager", RECOVERY)
    secrets.create_secret(Name=MASTER_PASSWORD, SecretString=PASSWORD, Tags=TAGS)


@FINE("SEC-04")
def namesake_gives_way_to_a_replica(system: System) -> None:
    secret_loses_its_namesake(system)
    secrets = system.client("secretsmanager")
    secrets.replicate_secret_to_regions(SecretId="exchange/prod/market-feed", AddReplicaRegions=[{"Region": RECOVERY}])


# ---------------------------------------------------------------------------------------- SEC-05

SETTING = {"Type": "String", "Name": "/exchange/prod/log-level", "Value": "info"}
STACK = {"Resources": {"Setting": {"Type": "AWS::SSM::Parameter", "Properties": SETTING}}}


def give_environment(system: System, region: str = "us-east-1", **variables: str) -> None:
    system.client("lambda", region).update_function_configuration(
        FunctionName="exchange-rotation-prod", Environment={"Variables": variables}
    )


def register_task(system: System, **container: object) -> None:
    system.client("ecs").register_task_definition(
        family="exchange-batch-prod",
        containerDefinitions=[{"name": "app", "image": "nginx", "memory": 128, **container}],
        tags=[{"key": tag["Key"], "value": tag["Value"]} for tag in TAGS],
    )


def stack(system: System, parts: dict[str, Any], **parameters: str) -> None:
    system.client("cloudformation").create_stack(
        StackName="exchange-batch-prod",
        TemplateBody=json.dumps({**STACK, **parts}),
        Parameters=[{"ParameterKey": name, "ParameterValue": value} for name, value in parameters.items()],
        Tags=TAGS,
    )


@BREAKS("SEC-05", "lambda-function-with-credentials-in-environment", "exchange-rotation-prod")
def password_in_a_function_s_environment(system: System) -> None:
    give_environment(system, RECOVERY, LOG_LEVEL="info", DB_PASSWORD=PASSWORD)


@BREAKS("SEC-05", "lambda-function-with-credentials-in-environment", "exchange-rotation-prod")
def password_in_an_address(system: System) -> None:
    give_environment(system, DATABASE_URL=f"postgresql://admin:{PASSWORD}@db.exchange-prod.net:5432/trading")


@BREAKS("SEC-05", "task-definition-with-credentials", "exchange-batch-prod")
def password_in_a_task_definition(system: System) -> None:
    register_task(system, environment=[{"name": "DB_PASSWORD", "value": PASSWORD}])


@BREAKS("SEC-05", "instance-user-data-with-credentials", "exchange-secondary-app-prod")
def password_in_user_data(system: System) -> None:
    ec2 = system.client("ec2", RECOVERY)
    [instance] = ec2.describe_instances()["Reservations"][0]["Instances"]
    script = f"#!/bin/sh\nexport DB_PASSWORD='{PASSWORD}'\n".encode()
    ec2.stop_instances(InstanceIds=[instance["InstanceId"]])
    ec2.modify_instance_attribute(InstanceId=instance["InstanceId"], UserData={"Value": base64.b64encode(script)})
    ec2.start_instances(InstanceIds=[instance["InstanceId"]])


@BREAKS("SEC-05", "launch-template-user-data-with-credentials", "exchange-batch-prod")
def password_in_a_launch_template(system: System) -> None:
    script = f"#!/bin/sh\nexport DB_PASSWORD='{PASSWORD}'\n".encode()
    system.client("ec2").create_launch_template(
        LaunchTemplateName="exchange-batch-prod",
        LaunchTemplateData={"InstanceType": "t3.small", "UserData": base64.b64encode(script).decode()},
        TagSpecifications=tagged("launch-template", "exchange-batch-prod"),
    )


@BREAKS("SEC-05", "parameter-with-credentials-in-plain-string", "/exchange/prod/db-password")
def password_in_a_string_parameter(system: System) -> None:
    system.client("ssm").put_parameter(Name="/exchange/prod/db-password", Value=PASSWORD, Type="String", Tags=TAGS)


@BREAKS("SEC-05", "stack-with-credentials-in-outputs-or-parameters", "exchange-batch-prod")
def password_in_a_stack_s_output(system: System) -> None:
    stack(system, {"Outputs": {"DatabasePassword": {"Value": PASSWORD}}})


@BREAKS("SEC-05", "stack-with-credentials-in-outputs-or-parameters", "exchange-batch-prod")
def password_in_a_stack_s_parameter(system: System) -> None:
    stack(system, {"Parameters": {"DbPassword": {"Type": "String"}}}, DbPassword=PASSWORD)


@FINE("SEC-05")
def reference_in_a_function_s_environment(system: System) -> None:
    arn = system.client("secretsmanager").describe_secret(SecretId=MASTER_PASSWORD)["ARN"]
    resolved = "{{resolve:secretsmanager:exchange/prod/db-master-password:SecretString:password}}"
    give_environment(system, DB_PASSWORD_SECRET=arn, DB_PASSWORD=resolved, DB_PASSWORD_ARN=arn)


@FINE("SEC-05")
def secret_of_a_container(system: System) -> None:
    arn = system.client("secretsmanager").describe_secret(SecretId=MASTER_PASSWORD)["ARN"]
    register_task(system, secrets=[{"name": "DB_PASSWORD", "valueFrom": arn}])


@FINE("SEC-05")
def password_in_a_secure_parameter(system: System) -> None:
    ssm = system.client("ssm")
    ssm.put_parameter(Name="/exchange/prod/db-password", Value=PASSWORD, Type="SecureString", Tags=TAGS)


@FINE("SEC-05")
def parameter_of_a_stack_that_is_not_shown(system: System) -> None:
    stack(system, {"Parameters": {"DbPassword": {"Type": "String", "NoEcho": True}}}, DbPassword=PASSWORD)


# ---------------------------------------------------------------------------------------- IAM-06, IAM-07


def attach(system: System, role: str, policy: str) -> None:
    system.client("iam").attach_role_policy(RoleName=role, PolicyArn=AWS_POLICIES + policy)


# SecretsManagerReadWrite lets its holder run CloudFormation change sets, by whatever role a stack has (IAM-05).
@BREAKS("IAM-06", BROAD, "exchange-rotation-prod", also=("IAM-05",))
def rotation_role_may_do_all_with_secrets(system: System) -> None:
    """TMR 5's own example."""
    attach(system, "exchange-rotation-prod", "SecretsManagerReadWrite")


@BREAKS("IAM-06", BROAD, "exchange-app-prod")
def instances_may_do_all_with_buckets(system: System) -> None:
    attach(system, "exchange-app-prod", "AmazonS3FullAccess")


@FINE("IAM-06")
def instances_may_be_managed(system: System) -> None:
    attach(system, "exchange-app-prod", "AmazonSSMManagedInstanceCore")


def make_role(system: System, name: str, age: int) -> None:
    """A role for instances, made so many days ago."""
    trust = document(trusts_service("ec2"))
    iam = system.client("iam")
    with days_ago(iam, age):
        iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust, Tags=TAGS)


@BREAKS("IAM-07", UNUSED, "exchange-migration-prod")
def role_was_never_used(system: System) -> None:
    make_role(system, "exchange-migration-prod", 91)


@FINE("IAM-07")
def role_is_not_old_enough(system: System) -> None:
    make_role(system, "exchange-migration-prod", 89)


@FINE("IAM-07")
def old_role_was_used_lately(system: System) -> None:
    make_role(system, "exchange-migration-prod", 400)
    arn = system.client("iam").get_role(RoleName="exchange-migration-prod")["Role"]["Arn"]
    sts = system.client("sts")
    keys = sts.assume_role(RoleArn=arn, RoleSessionName="test")["Credentials"]
    boto3.client(
        "sts",
        region_name="us-east-1",
        endpoint_url=sts.meta.endpoint_url,
        aws_access_key_id=keys["AccessKeyId"],
        aws_secret_access_key=keys["SecretAccessKey"],
        aws_session_token=keys["SessionToken"],
    ).get_caller_identity()


# ---------------------------------------------------------------------------------------- TAG-03


def make_group(system: System, group: str, name: str) -> None:
    """A security group that nothing uses."""
    vpc = system.named("ec2", "describe_vpcs", "Vpcs", "exchange-primary-vpc-prod")["VpcId"]
    system.client("ec2").create_security_group(
        GroupName=group, Description=group, VpcId=vpc, TagSpecifications=tagged("security-group", name)
    )


@BREAKS("TAG-03", SUFFIX, "primary-db-sg")
def security_group_without_suffix(system: System) -> None:
    make_group(system, "primary-db-sg", "primary-db-sg")


@BREAKS("TAG-03", SUFFIX, "exchange-production")
def suffix_is_part_of_a_word(system: System) -> None:
    make_group(system, "exchange-production", "products")


@BREAKS("TAG-03", SUFFIX, "exchange-primary-igw")
def gateway_without_suffix(system: System) -> None:
    """Its tag is all the name that it has."""
    gateway = system.named("ec2", "describe_internet_gateways", "InternetGateways", "exchange-primary-igw-prod")
    system.client("ec2").create_tags(
        Resources=[gateway["InternetGatewayId"]], Tags=[{"Key": "Name", "Value": "exchange-primary-igw"}]
    )


@FINE("TAG-03")
def suffix_in_the_tag_alone(system: System) -> None:
    make_group(system, "primary-db-sg", "exchange/primary-db-sg/PROD")


# ---------------------------------------------------------------------------------------- all of them


@pytest.mark.parametrize("one", BREAKS.all, ids=lambda one: one.id)
def test_a_requirement_is_broken_alone(one: Break, served: System) -> None:
    broken_alone(one, served)


@pytest.mark.parametrize(("requirement", "change"), FINE.all)
def test_what_is_done_otherwise_may_be_fine_too(requirement: str, change: Change, served: System) -> None:
    stays_satisfied(requirement, change, served)
