"""Changes to the data, failover, trail and access of the corrected trading platform: each breaks one requirement."""

from __future__ import annotations

import pytest

from auditor.demo.worlds.building import PRIMARY, RECOVERY, document
from tests.systems import (
    MARKS,
    Break,
    Breaks,
    Change,
    System,
    Variations,
    broken_alone,
    serving,
    stays_satisfied,
)

pytestmark = MARKS
served = serving("trading-dr")
BREAKS = Breaks()
FINE = Variations()
ACCOUNT = "123456789012"
MONITORED = "database-instance-monitoring-off-or-too-coarse"
ENCRYPTED = "cluster-accepts-unencrypted-connections"
COUNTERPART = "table-without-counterpart-in-recovery-region"
AUTOMATED = "database-failover-not-automated"
TRAIL = "no-sound-trail-of-every-region"
PRIVILEGES = "workload-role-can-raise-its-privileges"
GLOBAL, WRITER, READER = "trading-orders-prod", "trading-orders-primary-prod", "trading-orders-dr-prod"
FUNCTION, ROLE = "trading-failover-prod", "trading-failover-prod-us-west-2"
TABLE = "trading-config-prod"


# ------------------------------------------------------------------------------------------- what stands there


def topic(system: System) -> str:
    return str(system.client("sns", RECOVERY).list_topics()["Topics"][0]["TopicArn"])


def key(system: System, region: str) -> str:
    """The region's own key, by its ARN."""
    found = system.client("kms", region).describe_key(KeyId="alias/trading-prod")
    return str(found["KeyMetadata"]["Arn"])


def allow(actions: str | list[str], resources: str | list[str] = "*") -> str:
    statement = {"Effect": "Allow", "Action": actions, "Resource": resources}
    return document(statement)


def grant(system: System, policy: str) -> None:
    """One inline policy more for the failover function's role."""
    system.client("iam").put_role_policy(RoleName=ROLE, PolicyName="further-prod", PolicyDocument=policy)


def may_do(system: System, policy: str) -> None:
    """Another inline policy instead of the failover function's role's own."""
    iam = system.client("iam")
    (own,) = iam.list_role_policies(RoleName=ROLE)["PolicyNames"]
    iam.put_role_policy(RoleName=ROLE, PolicyName=own, PolicyDocument=policy)


# ------------------------------------------------------------------------------------------- databases


@BREAKS("DB-09", MONITORED, f"{READER}-2")
def performance_insights_off(system: System) -> None:
    system.client("rds", RECOVERY).modify_db_instance(
        DBInstanceIdentifier=f"{READER}-2", EnablePerformanceInsights=False
    )


@BREAKS("DB-09", MONITORED, f"{WRITER}-1")
def enhanced_monitoring_off(system: System) -> None:
    system.client("rds").modify_db_instance(DBInstanceIdentifier=f"{WRITER}-1", MonitoringInterval=0)


@BREAKS("DB-09", MONITORED, f"{WRITER}-1", also=("IAM-04",))
def monitoring_role_deleted(system: System) -> None:
    """IAM-04 too: it demands each role that a resource refers to."""
    iam, name = system.client("iam"), "trading-rds-monitoring-prod"
    for policy in iam.list_attached_role_policies(RoleName=name)["AttachedPolicies"]:
        iam.detach_role_policy(RoleName=name, PolicyArn=policy["PolicyArn"])
    iam.delete_role(RoleName=name)


@BREAKS("DB-11", ENCRYPTED, READER)
def unencrypted_connections_are_accepted(system: System) -> None:
    off = {"ParameterName": "require_secure_transport", "ParameterValue": "OFF", "ApplyMethod": "immediate"}
    system.client("rds", RECOVERY).modify_db_cluster_parameter_group(
        DBClusterParameterGroupName=f"{READER}-parameters", Parameters=[off]
    )


@BREAKS("DB-11", ENCRYPTED, WRITER)
def parameters_of_aws_own(system: System) -> None:
    system.client("rds").modify_db_cluster(
        DBClusterIdentifier=WRITER, DBClusterParameterGroupName="default.aurora-mysql8.0"
    )


# ------------------------------------------------------------------------------------------- tables, secrets, keys


@BREAKS("DDB-01", COUNTERPART, TABLE)
def table_is_missing_in_the_recovery_region(system: System) -> None:
    system.client("dynamodb", RECOVERY).delete_table(TableName=f"{TABLE}-dr")


@BREAKS("DDB-01", COUNTERPART, TABLE)
def stream_off_in_the_recovery_region(system: System) -> None:
    system.client("dynamodb", RECOVERY).update_table(
        TableName=f"{TABLE}-dr", StreamSpecification={"StreamEnabled": False}
    )


@BREAKS("DDB-01", COUNTERPART, TABLE)
def counterpart_billed_otherwise(system: System) -> None:
    system.client("dynamodb", RECOVERY).update_table(
        TableName=f"{TABLE}-dr",
        BillingMode="PROVISIONED",
        ProvisionedThroughput={"ReadCapacityUnits": 5, "WriteCapacityUnits": 5},
    )


@BREAKS("DDB-02", "table-point-in-time-recovery-off", f"{TABLE}-dr")
def no_point_in_time_recovery(system: System) -> None:
    off = {"PointInTimeRecoveryEnabled": False}
    system.client("dynamodb", RECOVERY).update_continuous_backups(
        TableName=f"{TABLE}-dr", PointInTimeRecoverySpecification=off
    )


@BREAKS("DDB-02", "table-not-encrypted-with-customer-key", TABLE)
def table_under_a_key_of_aws(system: System) -> None:
    system.client("dynamodb").update_table(TableName=TABLE, SSESpecification={"Enabled": False})


@BREAKS("DDB-02", "table-not-encrypted-with-customer-key", f"{TABLE}-dr")
def table_under_a_managed_key_of_aws(system: System) -> None:
    system.client("dynamodb", RECOVERY).update_table(TableName=f"{TABLE}-dr", SSESpecification={"Enabled": True})


@BREAKS("SEC-04", "secret-not-in-recovery-region", "trading/prod/orders-db")
def replica_removed(system: System) -> None:
    system.client("secretsmanager").remove_regions_from_replication(
        SecretId="trading/prod/orders-db", RemoveReplicaRegions=[RECOVERY]
    )


@BREAKS("KMS-01", "customer-key-pending-deletion-in-use", ":key/*")
def key_about_to_be_deleted_though_in_use(system: System) -> None:
    kms = system.client("kms")
    made = kms.create_key(Description="trading-archive-prod")["KeyMetadata"]
    kms.enable_key_rotation(KeyId=made["KeyId"])
    system.client("sns").create_topic(Name="trading-archive-prod", Attributes={"KmsMasterKeyId": made["Arn"]})
    kms.schedule_key_deletion(KeyId=made["KeyId"], PendingWindowInDays=7)


@BREAKS("KMS-01", "customer-key-does-not-rotate", ":key/*")
def key_that_does_not_rotate(system: System) -> None:
    system.client("kms", RECOVERY).disable_key_rotation(KeyId=key(system, RECOVERY))


# ------------------------------------------------------------------------------------------- automated failover


@BREAKS("CMP-04", AUTOMATED, GLOBAL)
def function_is_not_subscribed(system: System) -> None:
    sns = system.client("sns", RECOVERY)
    for one in sns.list_subscriptions_by_topic(TopicArn=topic(system))["Subscriptions"]:
        if one["Protocol"] == "lambda":
            sns.unsubscribe(SubscriptionArn=one["SubscriptionArn"])


@BREAKS("CMP-04", AUTOMATED, GLOBAL)
def function_may_not_be_invoked(system: System) -> None:
    system.client("lambda", RECOVERY).remove_permission(FunctionName=FUNCTION, StatementId="sns")


@BREAKS("CMP-04", AUTOMATED, GLOBAL)
def function_admits_another_topic(system: System) -> None:
    function_may_not_be_invoked(system)
    system.client("lambda", RECOVERY).add_permission(
        FunctionName=FUNCTION,
        StatementId="sns",
        Action="lambda:InvokeFunction",
        Principal="sns.amazonaws.com",
        SourceArn=topic(system).replace("alerts", "others"),
    )


@BREAKS("CMP-04", AUTOMATED, GLOBAL)
def function_deleted(system: System) -> None:
    system.client("lambda", RECOVERY).delete_function(FunctionName=FUNCTION)


@BREAKS("CMP-04", AUTOMATED, GLOBAL)
def role_may_only_look(system: System) -> None:
    may_do(system, allow("rds:DescribeGlobalClusters"))


@BREAKS("CMP-04", AUTOMATED, GLOBAL)
def role_may_fail_over_another_database(system: System) -> None:
    may_do(system, allow("rds:FailoverGlobalCluster", f"arn:aws:rds::{ACCOUNT}:global-cluster:trading-ledger-prod"))


@BREAKS("CMP-04", AUTOMATED, GLOBAL)
def role_may_promote_no_reader(system: System) -> None:
    clusters = [
        f"arn:aws:rds::{ACCOUNT}:global-cluster:{GLOBAL}",
        f"arn:aws:rds:{PRIMARY}:{ACCOUNT}:cluster:{WRITER}",
    ]
    may_do(system, allow("rds:FailoverGlobalCluster", clusters))


@BREAKS("CMP-04", AUTOMATED, GLOBAL, also=("MON-01",))
def alarm_does_nothing(system: System) -> None:
    """MON-01 too: nobody hears of it."""
    system.client("cloudwatch", RECOVERY).disable_alarm_actions(AlarmNames=["trading-replication-lag-prod"])


# ------------------------------------------------------------------------------------------- the trail


@BREAKS("MON-05", TRAIL, "trading-trail-prod")
def trail_is_stopped(system: System) -> None:
    system.client("cloudtrail").stop_logging(Name="trading-trail-prod")


@BREAKS("MON-05", TRAIL, "trading-trail-prod")
def trail_of_one_region(system: System) -> None:
    system.client("cloudtrail").update_trail(Name="trading-trail-prod", IsMultiRegionTrail=False)


@BREAKS("MON-05", TRAIL, "trading-trail-prod")
def trail_without_validation(system: System) -> None:
    system.client("cloudtrail").update_trail(Name="trading-trail-prod", EnableLogFileValidation=False)


@BREAKS("MON-05", TRAIL, "trading-trail-prod")
def trail_without_global_events(system: System) -> None:
    system.client("cloudtrail").update_trail(Name="trading-trail-prod", IncludeGlobalServiceEvents=False)


@BREAKS("MON-05", TRAIL, "trading-trail-prod")
def trail_without_encryption(system: System) -> None:
    cloudtrail = system.client("cloudtrail")
    cloudtrail.delete_trail(Name="trading-trail-prod")
    another_trail(system, IsMultiRegionTrail=True, EnableLogFileValidation=True)


@BREAKS("MON-05", TRAIL, "trading-trail-prod")
def trail_of_reads_alone(system: System) -> None:
    system.client("cloudtrail").put_event_selectors(
        TrailName="trading-trail-prod", EventSelectors=[{"ReadWriteType": "ReadOnly", "IncludeManagementEvents": True}]
    )


@BREAKS("MON-05", TRAIL, ":cloudtrail:global:*")
def trail_deleted(system: System) -> None:
    system.client("cloudtrail").delete_trail(Name="trading-trail-prod")


def another_trail(system: System, name: str = "trading-trail-prod", **settings: bool) -> None:
    cloudtrail = system.client("cloudtrail")
    cloudtrail.create_trail(Name=name, S3BucketName="trading-trail-prod", **settings)
    cloudtrail.start_logging(Name=name)


# ------------------------------------------------------------------------------------------- privileges


@BREAKS("IAM-05", PRIVILEGES, ROLE)
def rewrites_a_policy_of_its_own(system: System) -> None:
    """One policy names another one, which is attached to the same role."""
    iam = system.client("iam")
    pushes = allow("ecr:PutImage", f"arn:aws:ecr:{PRIMARY}:{ACCOUNT}:repository/trading-prod")
    attached = iam.create_policy(PolicyName="trading-attached-prod", PolicyDocument=pushes)["Policy"]["Arn"]
    iam.attach_role_policy(RoleName=ROLE, PolicyArn=attached)
    grant(system, allow("iam:CreatePolicyVersion", attached))


@BREAKS("IAM-05", PRIVILEGES, ROLE, also=("IAM-02",))
def passes_any_role_to_a_function_by_two_policies(system: System) -> None:
    """IAM-02 too: either action could be confined to some resources."""
    iam = system.client("iam")
    makes = allow(["lambda:CreateFunction", "lambda:InvokeFunction"])
    attached = iam.create_policy(PolicyName="trading-attached-prod", PolicyDocument=makes)["Policy"]["Arn"]
    iam.attach_role_policy(RoleName=ROLE, PolicyArn=attached)
    grant(system, allow("iam:PassRole"))


@pytest.mark.parametrize("one", BREAKS.all, ids=lambda one: one.id)
def test_a_requirement_is_broken_alone(one: Break, served: System) -> None:
    broken_alone(one, served)


# ------------------------------------------------------------------------------------------- what may be


@FINE("IAM-02")
def describes_every_global_database(system: System) -> None:
    grant(system, allow("rds:DescribeGlobalClusters"))


@FINE("IAM-05")
def passes_a_role_but_makes_nothing(system: System) -> None:
    grant(system, allow("iam:PassRole", f"arn:aws:iam::{ACCOUNT}:role/trading-rotation-prod"))


@FINE("SEC-04")
def secret_with_a_replica(system: System) -> None:
    client, name = system.client("secretsmanager"), "trading/prod/clearing"
    replica = {"Region": RECOVERY, "KmsKeyId": key(system, RECOVERY)}
    client.create_secret(
        Name=name, SecretString="correct-horse", KmsKeyId=key(system, PRIMARY), AddReplicaRegions=[replica]
    )
    function = f"arn:aws:lambda:{PRIMARY}:{ACCOUNT}:function:trading-rotation-prod"
    client.rotate_secret(SecretId=name, RotationLambdaARN=function, RotationRules={"AutomaticallyAfterDays": 7})


@FINE("DDB-01")
def global_table_instead_of_a_second_one(system: System) -> None:
    system.client("dynamodb", RECOVERY).delete_table(TableName=f"{TABLE}-dr")
    replica = {"RegionName": RECOVERY, "KMSMasterKeyId": key(system, RECOVERY)}
    system.client("dynamodb").update_table(TableName=TABLE, ReplicaUpdates=[{"Create": replica}])
    system.client("dynamodb", RECOVERY).update_continuous_backups(
        TableName=TABLE, PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": True}
    )


@FINE("MON-05")
def trail_of_one_region_beside_the_right_one(system: System) -> None:
    another_trail(system, "trading-buckets-prod")


@FINE("CMP-04")
def function_that_any_topic_of_the_account_invokes(system: System) -> None:
    function_may_not_be_invoked(system)
    system.client("lambda", RECOVERY).add_permission(
        FunctionName=FUNCTION,
        StatementId="sns",
        Action="lambda:InvokeFunction",
        Principal="sns.amazonaws.com",
        SourceAccount=ACCOUNT,
    )


@FINE("KMS-01")
def key_about_to_be_deleted_that_nothing_uses(system: System) -> None:
    kms = system.client("kms")
    made = kms.create_key(Description="trading-old-prod")["KeyMetadata"]["KeyId"]
    kms.schedule_key_deletion(KeyId=made, PendingWindowInDays=7)


@pytest.mark.parametrize(("requirement", "change"), FINE.all)
def test_what_may_be_breaks_nothing(requirement: str, change: Change, served: System) -> None:
    stays_satisfied(requirement, change, served)
