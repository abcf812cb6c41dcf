"""Changes to the corrected payment platform: each breaks one requirement, and no other. Databases and secrets."""

from __future__ import annotations

from typing import Any

import pytest

from auditor.demo.worlds.building import document
from tests.systems import (
    MARKS,
    PRIMARY,
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
served = serving("payment-migration")
BREAKS = Breaks()
FINE = Variations()
DATABASE, GROUP = "payment-aurora-prod", "payment-db-prod"
SECRET, VAULT, API = "payment/prod/db", "payment/prod/card-vault", "payment/prod/api"
FUNCTION = "payment-rotation-prod"
SUBNETS = "database-subnets-public-or-in-too-few-zones"
INSTANCES, KEPT = "cluster-without-enough-available-instances", "cluster-backups-kept-too-short"
PASSWORD = "cluster-master-password-outside-secrets-manager"
CAPACITY, STANDALONE = "cluster-not-serverless-v2-in-capacity", "database-instance-outside-aurora-cluster"
ROTATION, OVERDUE = "secret-rotation-off-or-too-slow", "secret-rotation-overdue"
ROTATES = "secret-rotation-function-missing-or-not-invocable"
KEY, POLICY = "secret-not-encrypted-with-customer-key", "secret-policy-open-to-everyone"
ARN = f"arn:aws:rds:{PRIMARY}:123456789012:cluster:{DATABASE}"
MONTHLY = {"AutomaticallyAfterDays": 30}


# ---------------------------------------------------------------------------------------- NET-07


def subnet(system: System, name: str) -> str:
    found = system.named("ec2", "describe_subnets", "Subnets", f"payment-{name}-prod")["SubnetId"]
    system.touched.discard("ec2")  # it was only read
    return str(found)


def stand_in(system: System, *subnets: str) -> None:
    """Let the database's subnet group have these."""
    chosen = [subnet(system, name) for name in subnets]
    system.client("rds").modify_db_subnet_group(DBSubnetGroupName=GROUP, SubnetIds=chosen)


@BREAKS("NET-07", SUBNETS, GROUP)
def database_is_in_a_public_subnet(system: System) -> None:
    stand_in(system, "public-a", "private-b", "private-c")


@BREAKS("NET-07", SUBNETS, GROUP)
def database_is_in_two_zones(system: System) -> None:
    stand_in(system, "private-a", "private-b")


@BREAKS("NET-07", "database-instance-publicly-accessible", f"{DATABASE}-1")
def database_is_publicly_accessible(system: System) -> None:
    system.client("rds").modify_db_instance(DBInstanceIdentifier=f"{DATABASE}-1", PubliclyAccessible=True)


# ---------------------------------------------------------------------------------------- DB-04, DB-06, DB-10


def modify(system: System, **changes: object) -> None:
    system.client("rds").modify_db_cluster(DBClusterIdentifier=DATABASE, ApplyImmediately=True, **changes)


def scale(system: System, lowest: float, highest: float) -> None:
    modify(system, ServerlessV2ScalingConfiguration={"MinCapacity": lowest, "MaxCapacity": highest})


@BREAKS("DB-04", INSTANCES, DATABASE)
def cluster_has_no_instance(system: System) -> None:
    for number in (1, 2):
        system.client("rds").delete_db_instance(DBInstanceIdentifier=f"{DATABASE}-{number}", SkipFinalSnapshot=True)


@BREAKS("DB-04", INSTANCES, DATABASE)
def cluster_is_stopped(system: System) -> None:
    system.client("rds").stop_db_cluster(DBClusterIdentifier=DATABASE)


@FINE("DB-04")
def one_instance_is_enough(system: System) -> None:
    system.client("rds").delete_db_instance(DBInstanceIdentifier=f"{DATABASE}-2", SkipFinalSnapshot=True)


@BREAKS("DB-06", KEPT, DATABASE)
def backups_are_kept_for_six_days(system: System) -> None:
    modify(system, BackupRetentionPeriod=6)


@BREAKS("DB-10", CAPACITY, DATABASE)
def cluster_scales_too_far(system: System) -> None:
    scale(system, 0.5, 4)


@BREAKS("DB-10", CAPACITY, DATABASE)
def cluster_sleeps(system: System) -> None:
    scale(system, 0, 1)


@BREAKS("DB-10", CAPACITY, DATABASE)
def instances_are_of_a_fixed_size(system: System) -> None:
    for number in (1, 2):
        system.client("rds").modify_db_instance(
            DBInstanceIdentifier=f"{DATABASE}-{number}", DBInstanceClass="db.r6g.large", ApplyImmediately=True
        )


# A database more also needs alarms (MON-03), and has no recovery point yet (BAK-02).
@BREAKS("DB-10", STANDALONE, "payment-reports-prod", also=("BAK-02", "MON-03"))
def instance_outside_the_cluster(system: System) -> None:
    rds = system.client("rds")
    [cluster] = rds.describe_db_clusters()["DBClusters"]
    parameters = {"DBParameterGroupName": "payment-reports-prod", "Description": "TLS"}
    rds.create_db_parameter_group(DBParameterGroupFamily="postgres15", **parameters)
    rds.create_db_instance(
        DBInstanceIdentifier="payment-reports-prod",
        DBInstanceClass="db.t4g.medium",
        Engine="postgres",
        EngineVersion="15.7",
        AllocatedStorage=20,
        MasterUsername="dbadmin",
        ManageMasterUserPassword=True,
        DBSubnetGroupName=GROUP,
        VpcSecurityGroupIds=[cluster["VpcSecurityGroups"][0]["VpcSecurityGroupId"]],
        BackupRetentionPeriod=7,
        DeletionProtection=True,
        StorageEncrypted=True,
        KmsKeyId=cluster["KmsKeyId"],
        Tags=[{"Key": "Environment", "Value": "production"}],
    )


@FINE("DB-10")
def cluster_scales_less(system: System) -> None:
    scale(system, 0.5, 0.5)


# ---------------------------------------------------------------------------------------- DB-08


def label(system: System, key: str, value: str) -> None:
    """Tag the database's secret otherwise."""
    secrets = system.client("secretsmanager")
    secrets.untag_resource(SecretId=SECRET, TagKeys=["DBIdentifier"])
    secrets.tag_resource(SecretId=SECRET, Tags=[{"Key": key, "Value": value}])


@BREAKS("DB-08", PASSWORD, DATABASE)
def secret_is_another_database_s(system: System) -> None:
    label(system, "DBIdentifier", "payment-legacy-prod")


@BREAKS("DB-08", PASSWORD, DATABASE)
def secret_is_about_to_be_deleted(system: System) -> None:
    system.client("secretsmanager").delete_secret(SecretId=SECRET, RecoveryWindowInDays=7)


# A secret that does not rotate is SEC-01's too.
@BREAKS("DB-08", PASSWORD, DATABASE, also=("SEC-01",))
def password_no_longer_rotates(system: System) -> None:
    system.client("secretsmanager").cancel_rotate_secret(SecretId=SECRET)


@FINE("DB-08")
def secret_has_the_cluster_s_arn(system: System) -> None:
    label(system, "database", ARN)


@FINE("DB-08")
def rds_manages_the_password(system: System) -> None:
    label(system, "DBIdentifier", "none")
    modify(system, ManageMasterUserPassword=True)


# ---------------------------------------------------------------------------------------- SEC-01 to SEC-03, SEC-06


def rotate(system: System, secret: str, rules: dict[str, Any], *, last: float = 1, function: str = "") -> None:
    """Give a secret other rules; it last rotated that many days ago."""
    secrets = system.client("secretsmanager")
    chosen = {"RotationLambdaARN": function} if function else {}
    with days_ago(secrets, last):
        secrets.rotate_secret(SecretId=secret, RotationRules=rules, **chosen)


@BREAKS("SEC-01", ROTATION, VAULT)
def rotation_is_off(system: System) -> None:
    system.client("secretsmanager").cancel_rotate_secret(SecretId=VAULT)


@BREAKS("SEC-01", ROTATION, VAULT)
def rotation_every_31_days(system: System) -> None:
    rotate(system, VAULT, {"AutomaticallyAfterDays": 31})


@BREAKS("SEC-01", ROTATION, VAULT)
def rotation_every_800_hours(system: System) -> None:
    rotate(system, VAULT, {"ScheduleExpression": "rate(800 hours)"})


@BREAKS("SEC-01", ROTATION, VAULT)
def rotation_on_the_first_of_the_month(system: System) -> None:
    """31 days go by between the first of January and the first of February."""
    rotate(system, VAULT, {"ScheduleExpression": "cron(0 4 1 * ? *)"})


@FINE("SEC-01")
def rotation_every_15_days(system: System) -> None:
    rotate(system, VAULT, {"ScheduleExpression": "rate(15 days)"})


@FINE("SEC-01")
def rotation_twice_a_month(system: System) -> None:
    rotate(system, VAULT, {"ScheduleExpression": "cron(0 4 1,15 * ? *)"})


@BREAKS("SEC-02", OVERDUE, VAULT)
def rotation_has_stopped(system: System) -> None:
    rotate(system, VAULT, MONTHLY, last=34)


@BREAKS("SEC-02", OVERDUE, "payment/prod/webhooks")
def rotation_has_never_happened(system: System) -> None:
    never_rotated(system, 40)


def never_rotated(system: System, age: int) -> None:
    """A secret more, whose rotation was configured when it was made."""
    secrets = system.client("secretsmanager")
    like = secrets.describe_secret(SecretId=VAULT)
    with days_ago(secrets, age):
        secrets.create_secret(Name="payment/prod/webhooks", SecretString="not told", KmsKeyId=like["KmsKeyId"])
        secrets.rotate_secret(
            SecretId="payment/prod/webhooks",
            RotationLambdaARN=like["RotationLambdaARN"],
            RotationRules=MONTHLY,
            RotateImmediately=False,
        )


@FINE("SEC-02")
def rotation_is_not_due_yet(system: System) -> None:
    never_rotated(system, 20)


@FINE("SEC-02")
def rotation_is_within_the_grace_days(system: System) -> None:
    rotate(system, VAULT, MONTHLY, last=32)


@BREAKS("SEC-03", ROTATES, VAULT)
def rotation_function_is_gone(system: System) -> None:
    system.client("lambda").delete_function(FunctionName=FUNCTION)


@BREAKS("SEC-03", ROTATES, VAULT)
def rotation_function_may_not_be_invoked(system: System) -> None:
    system.client("lambda").remove_permission(FunctionName=FUNCTION, StatementId="secretsmanager")


@BREAKS("SEC-03", ROTATES, VAULT)
def rotation_function_admits_another_account(system: System) -> None:
    admit(system, SourceAccount="210987654321")


@BREAKS("SEC-03", ROTATES, API)
def rotation_function_admits_one_secret(system: System) -> None:
    admit(system, SourceArn=system.client("secretsmanager").describe_secret(SecretId=VAULT)["ARN"])


def admit(system: System, **condition: str) -> None:
    """Let Secrets Manager invoke the function, on a condition alone."""
    rotation_function_may_not_be_invoked(system)
    system.client("lambda").add_permission(
        FunctionName=FUNCTION,
        StatementId="secretsmanager",
        Action="lambda:InvokeFunction",
        Principal="secretsmanager.amazonaws.com",
        **condition,
    )


@BREAKS("SEC-03", ROTATES, VAULT)
def rotation_function_is_of_the_account_aws(system: System) -> None:
    """PAY 7's own example."""
    name = "SecretsManagerRDSMySQLRotationSingleUser"
    rotate(system, VAULT, MONTHLY, function=f"arn:aws:lambda:{PRIMARY}:aws:function:{name}")


@FINE("SEC-03")
def rotation_function_admits_the_platform_s_secrets(system: System) -> None:
    admit(system, SourceArn=f"arn:aws:secretsmanager:{PRIMARY}:123456789012:secret:payment/*")


@BREAKS("SEC-06", KEY, VAULT)
def secret_is_under_amazon_s_key(system: System) -> None:
    system.client("secretsmanager").update_secret(SecretId=VAULT, KmsKeyId="alias/aws/secretsmanager")


@BREAKS("SEC-06", KEY, VAULT)
def secret_is_under_a_disabled_key(system: System) -> None:
    kms = system.client("kms")
    key = kms.create_key(Description="payment-old-prod")["KeyMetadata"]["KeyId"]
    kms.disable_key(KeyId=key)
    system.client("secretsmanager").update_secret(SecretId=VAULT, KmsKeyId=key)


def share(system: System, condition: dict[str, Any] | None = None) -> None:
    """Let everybody read a secret, on a condition or none."""
    statement: dict[str, Any] = {
        "Effect": "Allow",
        "Principal": "*",
        "Action": "secretsmanager:GetSecretValue",
        "Resource": "*",
        **({"Condition": condition} if condition else {}),
    }
    system.client("secretsmanager").put_resource_policy(SecretId=VAULT, ResourcePolicy=document(statement))


@BREAKS("SEC-06", POLICY, VAULT)
def secret_is_shared_with_the_world(system: System) -> None:
    share(system)


@BREAKS("SEC-06", POLICY, VAULT)
def secret_is_shared_over_tls(system: System) -> None:
    """A condition that confines nobody."""
    share(system, {"Bool": {"aws:SecureTransport": "true"}})


@FINE("SEC-06")
def secret_is_shared_within_the_organization(system: System) -> None:
    share(system, {"StringEquals": {"aws:PrincipalOrgID": "o-a1b2c3d4e5"}})


# ---------------------------------------------------------------------------------------- all of them


@pytest.mark.parametrize("one", BREAKS.all, ids=lambda one: one.id)
def test_a_requirement_is_broken_alone(one: Break, served: System) -> None:
    broken_alone(one, served)


@pytest.mark.parametrize(("requirement", "change"), FINE.all)
def test_what_may_be_breaks_nothing(requirement: str, change: Change, served: System) -> None:
    stays_satisfied(requirement, change, served)
