"""Changes to the corrected system of financial transactions (transaction-dr): each breaks one requirement, no other."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from auditor.demo.account import ACCOUNT_ID
from auditor.demo.worlds.building import PRIMARY, RECOVERY, pairs
from auditor.demo.worlds.data import (
    ClusterPlan,
    InstancePlan,
    build_cluster,
    build_global_cluster,
    build_instance,
    build_replication_lag,
)
from auditor.demo.worlds.monitoring import build_alarm, build_schedule, lag_alarm
from auditor.demo.worlds.transactions import GLOBAL, READER, WRITER
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
from tests.transactions import (
    ALARM,
    ALERTS,
    MONITOR,
    OTHER_MONITOR,
    another_key,
    builder,
    cluster,
    function,
    key,
    topic,
)

pytestmark = MARKS
served = serving("transaction-dr")
BREAKS = Breaks()
FINE = Variations()
CLOCK = "no-function-runs-as-often-as-documented"
RESERVED = "monitoring-function-reserved-concurrency-not-as-documented"
LAG = "replication-lag-alarm-missing-or-unheard"
INCOMPLETE = "global-database-incomplete"
VERSION = "global-database-version-unsupported-or-mismatched"
CLUSTER_KEY, INSTANCE_KEY = (f"{what}-not-encrypted-with-customer-key" for what in ("cluster", "database-instance"))
PROTECTION = "deletion-protection-against-environment"
TOO_LONG = "global-database-replication-lag-too-long"


def alter_alarm(system: System, **changes: object) -> None:
    """Put the lag's alarm anew, changed in these settings."""
    cloudwatch = system.client("cloudwatch", RECOVERY)
    found = cloudwatch.describe_alarms(AlarmNames=[ALARM])["MetricAlarms"][0]
    settings = cloudwatch.meta.service_model.operation_model("PutMetricAlarm").input_shape.members
    cloudwatch.put_metric_alarm(**{name: found[name] for name in settings if found.get(name)} | changes)


def database(system: System, **further: object) -> None:
    """One more instance of its own, as documented but for what is said."""
    settings: dict[str, Any] = {
        "region": PRIMARY,
        "name": "reports-prod",
        "key": key(system),
        "groups": (),
        "subnet_group": "primary-db-subnets-prod",
        "monitoring_role": f"arn:aws:iam::{ACCOUNT_ID}:role/transactions-rds-monitoring-prod",
        "managed_password": True,
        **further,
    }
    build_instance(builder(system, "rds"), InstancePlan(**settings))


# ------------------------------------------------------------------------------------------- monitoring by the clock


@BREAKS("CMP-02", RESERVED, MONITOR)
def more_executions_than_documented(system: System) -> None:
    system.client("lambda").put_function_concurrency(FunctionName=MONITOR, ReservedConcurrentExecutions=10)


@BREAKS("CMP-02", RESERVED, OTHER_MONITOR)
def no_reserved_executions(system: System) -> None:
    system.client("lambda", RECOVERY).delete_function_concurrency(FunctionName=OTHER_MONITOR)


@BREAKS("CMP-02", RESERVED, "checker-prod")
def further_function_of_the_schedule_without_any(system: System) -> None:
    role = f"arn:aws:iam::{ACCOUNT_ID}:role/monitor-prod"
    made = builder(system, "lambda").function(PRIMARY, "checker-prod", role)
    system.client("events").put_targets(Rule=MONITOR, Targets=[{"Id": "checker", "Arn": made}])


@BREAKS("CMP-03", CLOCK, MONITOR, also=("CMP-02",))
def schedule_disabled(system: System) -> None:
    """CMP-02 too: it is about functions that are invoked every minute, and none is left."""
    system.client("events").disable_rule(Name=MONITOR)


@BREAKS("CMP-03", CLOCK, MONITOR, also=("CMP-02",))
def every_two_minutes(system: System) -> None:
    """CMP-02 too, as above."""
    system.client("events").put_rule(Name=MONITOR, ScheduleExpression="rate(2 minutes)")


@BREAKS("CMP-03", CLOCK, OTHER_MONITOR, also=("CMP-02",))
def every_minute_of_working_hours(system: System) -> None:
    """CMP-02 too, as above."""
    system.client("events", RECOVERY).put_rule(Name=OTHER_MONITOR, ScheduleExpression="cron(* 8-18 * * ? *)")


@BREAKS("CMP-03", CLOCK, MONITOR)
def schedule_not_admitted(system: System) -> None:
    system.client("lambda").remove_permission(FunctionName=MONITOR, StatementId="events")


@BREAKS("CMP-03", CLOCK, MONITOR)
def another_schedule_admitted(system: System) -> None:
    functions = system.client("lambda")
    functions.remove_permission(FunctionName=MONITOR, StatementId="events")
    functions.add_permission(
        FunctionName=MONITOR,
        StatementId="events",
        Action="lambda:InvokeFunction",
        Principal="events.amazonaws.com",
        SourceArn=f"arn:aws:events:{PRIMARY}:{ACCOUNT_ID}:rule/another-prod",
    )


@BREAKS("CMP-03", CLOCK, MONITOR, also=("CMP-02",))
def function_deleted(system: System) -> None:
    """CMP-02 too, as above."""
    system.client("lambda").delete_function(FunctionName=MONITOR)


@BREAKS("CMP-03", CLOCK, ":lambda:us-west-2:*", also=("CMP-02",))
def nothing_runs_by_the_clock_in_the_recovery_region(system: System) -> None:
    """CMP-02 too, as above."""
    system.client("events", RECOVERY).remove_targets(Rule=OTHER_MONITOR, Ids=["monitor"])


@BREAKS("CMP-07", "function-runtime-deprecated", "dr-operations-prod")
def deprecated_runtime(system: System) -> None:
    system.client("lambda", RECOVERY).update_function_configuration(
        FunctionName="dr-operations-prod", Runtime="python3.9"
    )


# ------------------------------------------------------------------------------------------- the lag's alarm, topics


@BREAKS("MON-01", LAG, GLOBAL)
def threshold_above_five_seconds(system: System) -> None:
    alter_alarm(system, Threshold=5001.0)


@BREAKS("MON-01", LAG, GLOBAL)
def fires_below_the_threshold(system: System) -> None:
    alter_alarm(system, ComparisonOperator="LessThanThreshold")


@BREAKS("MON-01", LAG, GLOBAL)
def counts_data_points(system: System) -> None:
    alter_alarm(system, Statistic="SampleCount")


@BREAKS("MON-01", LAG, GLOBAL)
def watches_another_cluster(system: System) -> None:
    alter_alarm(system, Dimensions=[{"Name": "DBClusterIdentifier", "Value": "another-cluster-prod"}])


@BREAKS("MON-01", LAG, GLOBAL)
def actions_disabled(system: System) -> None:
    system.client("cloudwatch", RECOVERY).disable_alarm_actions(AlarmNames=[ALARM])


@BREAKS("MON-01", LAG, GLOBAL)
def notifies_no_topic(system: System) -> None:
    alter_alarm(system, AlarmActions=[function("dr-operations-prod", RECOVERY)])


@BREAKS("MON-01", LAG, GLOBAL)
def notifies_on_recovery_only(system: System) -> None:
    alter_alarm(system, AlarmActions=[], OKActions=[topic()])


@BREAKS("MON-01", LAG, GLOBAL)
def subscription_waits_for_its_confirmation(system: System) -> None:
    sns = system.client("sns", RECOVERY)
    for one in sns.list_subscriptions_by_topic(TopicArn=topic())["Subscriptions"]:
        sns.unsubscribe(SubscriptionArn=one["SubscriptionArn"])
    sns.subscribe(TopicArn=topic(), Protocol="email", Endpoint="oncall@example.net")


@BREAKS("MON-01", LAG, GLOBAL)
def topic_deleted(system: System) -> None:
    system.client("sns", RECOVERY).delete_topic(TopicArn=topic())


@BREAKS("MON-01", LAG, GLOBAL)
def alarm_deleted(system: System) -> None:
    system.client("cloudwatch", RECOVERY).delete_alarms(AlarmNames=[ALARM])


@BREAKS("MON-01", LAG, GLOBAL)
def alarm_on_the_writer(system: System) -> None:
    alarm_deleted(system)
    alarm = lag_alarm(PRIMARY, ALARM, WRITER, topic("primary-alerts-prod", PRIMARY))
    build_alarm(builder(system, "cloudwatch"), alarm)


@BREAKS("MON-01", LAG, GLOBAL)
def alarm_in_the_wrong_region(system: System) -> None:
    alarm_deleted(system)
    alarm = lag_alarm(PRIMARY, ALARM, READER, topic("primary-alerts-prod", PRIMARY))
    build_alarm(builder(system, "cloudwatch"), alarm)


@BREAKS("MON-01", LAG, GLOBAL)
def alarm_without_data(system: System) -> None:
    system.client("cloudwatch", RECOVERY).set_alarm_state(
        AlarmName=ALARM, StateValue="INSUFFICIENT_DATA", StateReason="no data"
    )


@BREAKS("MON-02", "topic-unencrypted", ALERTS)
def key_taken_from_a_topic(system: System) -> None:
    system.client("sns", RECOVERY).set_topic_attributes(
        TopicArn=topic(), AttributeName="KmsMasterKeyId", AttributeValue=""
    )


@BREAKS("MON-02", "topic-unencrypted", "notices-prod")
def topic_without_a_key(system: System) -> None:
    system.client("sns").create_topic(Name="notices-prod")


# ------------------------------------------------------------------------------------------- the database


@BREAKS("DB-01", INCOMPLETE, GLOBAL, also=("DB-08", "MON-01"))
def reader_removed(system: System) -> None:
    """MON-01 too, since there is no lag without a reader; DB-08 too: a cluster by itself needs a secret of its own."""
    system.client("rds").remove_from_global_cluster(
        GlobalClusterIdentifier=GLOBAL, DbClusterIdentifier=cluster(READER, RECOVERY)
    )


@BREAKS("DB-01", INCOMPLETE, GLOBAL)
def writer_in_the_recovery_region(system: System) -> None:
    """A switchover after which everything but the way back was seen to: secret, lag and its alarm."""
    system.client("rds").switchover_global_cluster(
        GlobalClusterIdentifier=GLOBAL, TargetDbClusterIdentifier=cluster(READER, RECOVERY)
    )
    secrets = system.client("secretsmanager")
    secrets.tag_resource(SecretId="transactions/prod/database", Tags=pairs({"DBIdentifierSince": READER}))
    build_replication_lag(builder(system, "cloudwatch"), PRIMARY, WRITER, source=RECOVERY)
    build_alarm(builder(system, "cloudwatch"), lag_alarm(PRIMARY, ALARM, WRITER, topic("primary-alerts-prod", PRIMARY)))


@BREAKS("DB-01", INCOMPLETE, "ledger-prod", also=("MON-01",))
def global_database_without_members(system: System) -> None:
    """MON-01 too, since there is no lag without a reader."""
    build_global_cluster(builder(system, "rds"), "ledger-prod", "aurora-postgresql", "15.3")


@BREAKS("DB-01", INCOMPLETE, GLOBAL, also=("DB-04",))
def member_not_available(system: System) -> None:
    """DB-04 too: it wants every cluster available. AWS stops no member, but one may be in other states than that."""
    system.client("rds", RECOVERY).stop_db_cluster(DBClusterIdentifier=READER)


@BREAKS("DB-02", VERSION, READER)
def members_of_two_versions(system: System) -> None:
    system.client("rds", RECOVERY).modify_db_cluster(DBClusterIdentifier=READER, EngineVersion="15.7")


@BREAKS("DB-02", VERSION, GLOBAL)
def version_without_global_databases(system: System) -> None:
    system.client("rds").modify_global_cluster(GlobalClusterIdentifier=GLOBAL, EngineVersion="15.4")


@BREAKS("DB-02", VERSION, WRITER)
def version_that_is_not_listed(system: System) -> None:
    system.client("rds").modify_global_cluster(GlobalClusterIdentifier=GLOBAL, EngineVersion="15.99")


@BREAKS("DB-03", "global-database-member-with-backtrack", WRITER)
def writer_with_backtrack(system: System) -> None:
    """AWS has backtrack for Aurora MySQL only; the requirement is about members of whatever engine."""
    system.client("rds").modify_db_cluster(DBClusterIdentifier=WRITER, BacktrackWindow=86400)


@BREAKS("DB-03", "global-database-member-with-backtrack", READER)
def reader_with_backtrack(system: System) -> None:
    system.client("rds", RECOVERY).modify_db_cluster(DBClusterIdentifier=READER, BacktrackWindow=3600)


@BREAKS("DB-05", CLUSTER_KEY, READER)
def key_of_the_reader_disabled(system: System) -> None:
    another_key(system, RECOVERY)
    system.client("kms", RECOVERY).disable_key(KeyId=key(system, RECOVERY))


@BREAKS("DB-05", CLUSTER_KEY, "reports-cluster-prod")
def unencrypted_cluster(system: System) -> None:
    plan = ClusterPlan(
        region=PRIMARY,
        name="reports-cluster-prod",
        key=key(system),
        groups=(),
        subnet_group="primary-db-subnets-prod",
        monitoring_role=f"arn:aws:iam::{ACCOUNT_ID}:role/transactions-rds-monitoring-prod",
        engine="aurora-postgresql",
        version="15.3",
        encrypted=False,
        managed_password=True,
    )
    build_cluster(builder(system, "rds"), plan)


@BREAKS("DB-05", INSTANCE_KEY, "reports-prod")
def instance_under_a_key_of_aws(system: System) -> None:
    own = builder(system).client("kms").describe_key(KeyId="alias/aws/rds")["KeyMetadata"]["Arn"]
    database(system, key=own)


@BREAKS("DB-05", INSTANCE_KEY, "reports-prod")
def unencrypted_instance(system: System) -> None:
    database(system, encrypted=False)


@BREAKS("DB-07", f"cluster-{PROTECTION}", READER)
def unprotected_cluster(system: System) -> None:
    system.client("rds", RECOVERY).modify_db_cluster(DBClusterIdentifier=READER, DeletionProtection=False)


@BREAKS("DB-07", f"global-database-{PROTECTION}", GLOBAL)
def unprotected_global_database(system: System) -> None:
    system.client("rds").modify_global_cluster(GlobalClusterIdentifier=GLOBAL, DeletionProtection=False)


@BREAKS("DB-07", f"instance-{PROTECTION}", "reports-prod")
def unprotected_instance(system: System) -> None:
    database(system, further={"DeletionProtection": False})


@BREAKS("DB-12", TOO_LONG, READER)
def lag_above_the_objective(system: System) -> None:
    build_replication_lag(builder(system, "cloudwatch"), RECOVERY, READER, seconds=61, hours=1)


@BREAKS("DB-12", TOO_LONG, READER)
def lag_above_the_objective_for_one_source_among_all(system: System) -> None:
    system.client("cloudwatch", RECOVERY).put_metric_data(
        Namespace="AWS/RDS",
        MetricData=[
            {
                "MetricName": "AuroraGlobalDBReplicationLag",
                "Dimensions": [{"Name": "DBClusterIdentifier", "Value": READER}],
                "Timestamp": datetime.now(UTC) - timedelta(minutes=5),
                "Value": 60001,
                "Unit": "Milliseconds",
            }
        ],
    )


@pytest.mark.parametrize("one", BREAKS.all, ids=lambda one: one.id)
def test_a_requirement_is_broken_alone(one: Break, served: System) -> None:
    broken_alone(one, served)


# ------------------------------------------------------------------------------------------- what may be


@FINE("CMP-03")
def cron_instead_of_rate(system: System) -> None:
    system.client("events").put_rule(Name=MONITOR, ScheduleExpression="cron(* * * * ? *)")


@FINE("CMP-03")
def schedule_of_the_scheduler_instead_of_a_rule(system: System) -> None:
    events = system.client("events")
    events.remove_targets(Rule=MONITOR, Ids=["monitor"])
    events.delete_rule(Name=MONITOR)
    system.client("lambda").remove_permission(FunctionName=MONITOR, StatementId="events")
    build_schedule(builder(system, "iam", "scheduler"), PRIMARY, "primary-schedule-prod", function())


@FINE("CMP-03")
def disabled_rule_beside_the_schedule(system: System) -> None:
    events = system.client("events")
    events.put_rule(Name="old-monitor-prod", ScheduleExpression="rate(5 minutes)", State="DISABLED")
    events.put_targets(Rule="old-monitor-prod", Targets=[{"Id": "monitor", "Arn": function()}])


@FINE("MON-01")
def earlier_alarm_at_or_above(system: System) -> None:
    alter_alarm(system, Threshold=1000.0, ComparisonOperator="GreaterThanOrEqualToThreshold")


@FINE("MON-01")
def composite_alarm_that_notifies(system: System) -> None:
    alter_alarm(system, AlarmActions=[])
    system.client("cloudwatch", RECOVERY).put_composite_alarm(
        AlarmName="secondary-any-prod", AlarmRule=f'ALARM("{ALARM}")', AlarmActions=[topic()]
    )


@FINE("DB-12")
def lag_just_within_the_objective(system: System) -> None:
    build_replication_lag(builder(system, "cloudwatch"), RECOVERY, READER, seconds=60, hours=1)


@FINE("MON-02")
def topic_under_the_key_of_sns(system: System) -> None:
    system.client("sns").create_topic(Name="notices-prod", Attributes={"KmsMasterKeyId": "alias/aws/sns"})


@FINE("DB-02")
def every_member_upgraded(system: System) -> None:
    system.client("rds").modify_global_cluster(GlobalClusterIdentifier=GLOBAL, EngineVersion="15.7")


@pytest.mark.parametrize(("requirement", "change"), FINE.all)
def test_what_may_be_breaks_nothing(requirement: str, change: Change, served: System) -> None:
    stays_satisfied(requirement, change, served)
