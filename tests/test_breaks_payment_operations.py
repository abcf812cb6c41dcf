"""Changes to the corrected payment platform: each breaks one requirement, and no other. Operations and backups."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from auditor.demo.worlds.compute import CUTOVER_STATES
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
SERVICE, CLUSTER, DATABASE = "payment-api-prod", "payment-prod", "payment-aurora-prod"
MACHINE, SWITCH = "payment-migration-prod", "payment-switch-traffic-prod"
CUTOVER, PARAMETER = "no-sound-cutover-state-machine", "database-secret-not-named-in-parameter-store"
TASKS, ONE_ZONE = "ecs-service-short-of-tasks", "ecs-service-in-one-zone"
SERVICE_ALARMS = "ecs-service-without-cpu-or-memory-alarm"
DATABASE_ALARMS = "database-cluster-without-cpu-or-connections-alarm"
DASHBOARD = "dashboards-lack-documented-metrics"
PLAN, DAILY = "backup-plan-not-daily-or-kept-too-short", "database-cluster-not-backed-up-daily"
RECENT = "database-cluster-without-recent-recovery-point"
ARN = f"arn:aws:rds:{PRIMARY}:123456789012:cluster:{DATABASE}"
NOBODY = "arn:aws:lambda:us-east-1:123456789012:function:nobody"


# ---------------------------------------------------------------------------------------- CMP-05, CMP-06, CMP-08


def machine(system: System) -> tuple[str, dict[str, Any]]:
    """The cut-over's ARN and its definition."""
    states = system.client("stepfunctions")
    [arn] = [one["stateMachineArn"] for one in states.list_state_machines()["stateMachines"]]
    return str(arn), json.loads(states.describe_state_machine(stateMachineArn=arn)["definition"])


def redefine(system: System, **states: dict[str, Any]) -> None:
    """Replace states of the cut-over, or take one away whose definition is empty."""
    arn, definition = machine(system)
    definition["States"] = {name: state for name, state in {**definition["States"], **states}.items() if state}
    system.client("stepfunctions").update_state_machine(stateMachineArn=arn, definition=json.dumps(definition))


@BREAKS("CMP-05", CUTOVER, ":states:global:123456789012:*")
def state_machine_is_gone(system: System) -> None:
    system.client("stepfunctions").delete_state_machine(stateMachineArn=machine(system)[0])


@BREAKS("CMP-05", CUTOVER, MACHINE)
def targets_are_not_validated(system: System) -> None:
    check, _, switch = CUTOVER_STATES
    first = machine(system)[1]["States"][check]
    redefine(system, CheckCurrentDeployment={**first, "Next": switch}, ValidateTargetHealth={})


@BREAKS("CMP-05", CUTOVER, MACHINE)
def function_that_switches_is_gone(system: System) -> None:
    system.client("lambda").delete_function(FunctionName=SWITCH)


@BREAKS("CMP-05", CUTOVER, MACHINE)
def task_names_nobody_s_function(system: System) -> None:
    redefine(system, PerformTrafficSwitch={"Type": "Task", "Resource": NOBODY, "End": True})


@FINE("CMP-05")
def functions_are_named_directly(system: System) -> None:
    arn = system.client("lambda").get_function_configuration(FunctionName=SWITCH)["FunctionArn"]
    redefine(system, PerformTrafficSwitch={"Type": "Task", "Resource": arn, "End": True})


@FINE("CMP-05")
def states_within_a_branch(system: System) -> None:
    _, definition = machine(system)
    branch = {"Type": "Parallel", "Branches": [definition], "End": True}
    arn, outer = machine(system)[0], {"StartAt": "Cutover", "States": {"Cutover": branch}}
    system.client("stepfunctions").update_state_machine(stateMachineArn=arn, definition=json.dumps(outer))


def rename(system: System, *names: str) -> None:
    """Put the parameter that names the secret elsewhere."""
    ssm = system.client("ssm")
    ssm.delete_parameter(Name="/payment/prod/db/secret-arn")
    for name in names:
        ssm.put_parameter(Name=name, Type="String", Value="arn:aws:secretsmanager:us-east-1:123456789012:secret:x")


@BREAKS("CMP-06", PARAMETER, "/payment/prod/*")
def no_parameter_names_the_secret(system: System) -> None:
    rename(system, "/payment/prod/api/secret-arn")


@BREAKS("CMP-06", PARAMETER, "/payment/prod/*")
def parameter_of_another_environment(system: System) -> None:
    rename(system, "/payment/dev/db/secret-arn", "/payment/production/db/secret-arn")


@BREAKS("CMP-06", PARAMETER, ":ssm:us-east-1:*")
def there_are_no_parameters(system: System) -> None:
    ssm = system.client("ssm")
    names = [one["Name"] for one in ssm.describe_parameters()["Parameters"]]
    ssm.delete_parameters(Names=[name for name in names if name.startswith("/payment/")])


@FINE("CMP-06")
def parameter_in_one_word(system: System) -> None:
    rename(system, "/payment/prod/DatabaseSecretArn")


def run(system: System, **changes: object) -> None:
    system.client("ecs").update_service(cluster=CLUSTER, service=SERVICE, **changes)


def subnets_of(system: System, *names: str) -> dict[str, Any]:
    found = [system.named("ec2", "describe_subnets", "Subnets", name)["SubnetId"] for name in names]
    system.touched.discard("ec2")
    return {"awsvpcConfiguration": {"subnets": found}}


@BREAKS("CMP-08", ONE_ZONE, SERVICE)
def service_is_in_one_zone(system: System) -> None:
    run(system, networkConfiguration=subnets_of(system, "payment-private-a-prod", "payment-public-a-prod"))


@BREAKS("CMP-08", TASKS, SERVICE)
def image_is_missing(system: System) -> None:
    ecs = system.client("ecs")
    made = ecs.register_task_definition(
        family=SERVICE, containerDefinitions=[{"name": "app", "image": "payment:missing", "memory": 128}]
    )
    run(system, taskDefinition=made["taskDefinition"]["taskDefinitionArn"])


@FINE("CMP-08")
def service_is_in_two_zones(system: System) -> None:
    run(system, networkConfiguration=subnets_of(system, "payment-private-a-prod", "payment-private-b-prod"))


@FINE("CMP-08")
def service_is_scaled_in(system: System) -> None:
    run(system, desiredCount=0)


# ---------------------------------------------------------------------------------------- MON-03, MON-04


def alarm(system: System, name: str, **changes: object) -> None:
    """Change an alarm, or make another one like it."""
    cloudwatch = system.client("cloudwatch")
    [found] = cloudwatch.describe_alarms(AlarmNames=[name])["MetricAlarms"]
    taken = ("AlarmName", "Namespace", "MetricName", "Dimensions", "Statistic", "Period", "EvaluationPeriods")
    kept = {key: found[key] for key in (*taken, "Threshold", "ComparisonOperator", "AlarmActions")}
    cloudwatch.put_metric_alarm(**{**kept, **changes})


def forget(system: System, *names: str) -> None:
    system.client("cloudwatch").delete_alarms(AlarmNames=list(names))


@BREAKS("MON-03", SERVICE_ALARMS, SERVICE)
def nobody_watches_memory(system: System) -> None:
    forget(system, f"{SERVICE}-MemoryUtilization")


@BREAKS("MON-03", DATABASE_ALARMS, DATABASE)
def nobody_watches_connections(system: System) -> None:
    forget(system, f"{DATABASE}-DatabaseConnections")


@BREAKS("MON-03", DATABASE_ALARMS, DATABASE)
def actions_are_disabled(system: System) -> None:
    system.client("cloudwatch").disable_alarm_actions(AlarmNames=[f"{DATABASE}-CPUUtilization"])


@BREAKS("MON-03", SERVICE_ALARMS, SERVICE)
def alarm_has_no_action(system: System) -> None:
    alarm(system, f"{SERVICE}-CPUUtilization", AlarmActions=[])


@BREAKS("MON-03", DATABASE_ALARMS, DATABASE)
def alarm_watches_another_database(system: System) -> None:
    other = [{"Name": "DBClusterIdentifier", "Value": "payment-legacy-prod"}]
    alarm(system, f"{DATABASE}-CPUUtilization", Dimensions=other)


@BREAKS("MON-03", SERVICE_ALARMS, SERVICE)
def alarm_watches_a_cluster_of_fargate(system: System) -> None:
    """AWS publishes the metrics of whole clusters where tasks run on instances."""
    alarm(system, f"{SERVICE}-CPUUtilization", Dimensions=[{"Name": "ClusterName", "Value": CLUSTER}])


@BREAKS("MON-03", "no-alarm-with-actions", ":cloudwatch:global:123456789012:*")
def there_are_no_alarms(system: System) -> None:
    forget(system, *(one["AlarmName"] for one in system.client("cloudwatch").describe_alarms()["MetricAlarms"]))


@FINE("MON-03")
def alarms_on_an_instance(system: System) -> None:
    for metric in ("CPUUtilization", "DatabaseConnections"):
        instance = [{"Name": "DBInstanceIdentifier", "Value": f"{DATABASE}-1"}]
        alarm(system, f"{DATABASE}-{metric}", Dimensions=instance)


@FINE("MON-03")
def composite_alarm_acts(system: System) -> None:
    name = f"{DATABASE}-CPUUtilization"
    cloudwatch = system.client("cloudwatch")
    [found] = cloudwatch.describe_alarms(AlarmNames=[name])["MetricAlarms"]
    cloudwatch.put_composite_alarm(
        AlarmName="payment-prod", AlarmRule=f'ALARM("{name}")', AlarmActions=found["AlarmActions"]
    )
    alarm(system, name, AlarmActions=[])


def widget(*metrics: list[Any]) -> dict[str, Any]:
    return {"type": "metric", "properties": {"metrics": list(metrics), "region": PRIMARY}}


ECS = ["AWS/ECS", "CPUUtilization", "ClusterName", CLUSTER, "ServiceName", SERVICE]
RDS = ["AWS/RDS", "CPUUtilization", "DBClusterIdentifier", DATABASE]
ALB = ["AWS/ApplicationELB", "TargetResponseTime", "LoadBalancer", "app/payment-alb-prod/1"]
ERRORS = [".", "HTTPCode_Target_5XX_Count", ".", "."]


def show(system: System, *widgets: dict[str, Any], name: str = "payment-overview-prod") -> None:
    body = json.dumps({"widgets": list(widgets)})
    system.client("cloudwatch").put_dashboard(DashboardName=name, DashboardBody=body)


@BREAKS("MON-04", DASHBOARD, "payment-overview-prod")
def dashboard_lacks_the_database(system: System) -> None:
    show(system, widget(ECS), widget(ALB, ERRORS))


@BREAKS("MON-04", DASHBOARD, "payment-overview-prod")
def dashboard_lacks_one_metric(system: System) -> None:
    show(system, widget(ECS), widget(RDS, [".", "FreeableMemory", ".", "."]), widget(ALB, ERRORS))


@BREAKS("MON-04", DASHBOARD, ":cloudwatch:global:123456789012:*")
def there_is_no_dashboard(system: System) -> None:
    system.client("cloudwatch").delete_dashboards(DashboardNames=["payment-overview-prod"])


@FINE("MON-04")
def dashboards_in_shorthand(system: System) -> None:
    """`...` stands for all that is the same as before, `.` for one part of it."""
    rows = [[".", metric, ".", "."] for metric in ("DatabaseConnections", "FreeableMemory")]
    show(system, widget(ECS, ["...", {"stat": "p99"}]), widget(RDS, *rows))
    show(system, widget(ALB, ERRORS), name="payment-front-prod")


# ---------------------------------------------------------------------------------------- BAK-01, BAK-02


def plan(system: System) -> tuple[str, dict[str, Any]]:
    """The backup plan's id, and the plan."""
    backup = system.client("backup")
    [found] = backup.list_backup_plans()["BackupPlansList"]
    return found["BackupPlanId"], backup.get_backup_plan(BackupPlanId=found["BackupPlanId"])["BackupPlan"]


def reschedule(system: System, **changes: object) -> None:
    """Change the plan's one rule."""
    made, what = plan(system)
    kept = {key: value for key, value in what["Rules"][0].items() if key != "RuleId"}
    changed = {"BackupPlanName": what["BackupPlanName"], "Rules": [{**kept, **changes}]}
    system.client("backup").update_backup_plan(BackupPlanId=made, BackupPlan=changed)


def select(system: System, *selections: dict[str, Any]) -> None:
    """Replace the plan's selection by others."""
    made, _ = plan(system)
    backup = system.client("backup")
    [old] = backup.list_backup_selections(BackupPlanId=made)["BackupSelectionsList"]
    backup.delete_backup_selection(BackupPlanId=made, SelectionId=old["SelectionId"])
    for number, selection in enumerate(selections):
        named = {"SelectionName": f"payment-daily-prod-{number}", "IamRoleArn": old["IamRoleArn"], **selection}
        backup.create_backup_selection(BackupPlanId=made, BackupSelection=named)


def tagged(key: str, value: str) -> dict[str, Any]:
    return {"ListOfTags": [{"ConditionType": "STRINGEQUALS", "ConditionKey": key, "ConditionValue": value}]}


@BREAKS("BAK-01", PLAN, "payment-daily-prod")
def backups_are_weekly(system: System) -> None:
    reschedule(system, ScheduleExpression="cron(0 3 ? * SUN *)")


@BREAKS("BAK-01", DAILY, DATABASE)
def backups_are_made_on_weekdays(system: System) -> None:
    reschedule(system, ScheduleExpression="cron(0 3 ? * MON-FRI *)")


@BREAKS("BAK-01", DAILY, DATABASE)
def backups_are_made_every_other_day(system: System) -> None:
    reschedule(system, ScheduleExpression="cron(0 3 */2 * ? *)")


@BREAKS("BAK-01", PLAN, "payment-daily-prod")
def recovery_points_are_kept_for_29_days(system: System) -> None:
    reschedule(system, Lifecycle={"DeleteAfterDays": 29})


@BREAKS("BAK-01", DAILY, DATABASE)
def vault_does_not_exist(system: System) -> None:
    reschedule(system, TargetBackupVaultName="payment-weekly-prod-vault")


@BREAKS("BAK-01", DAILY, DATABASE)
def selection_misses_the_database(system: System) -> None:
    select(system, {"Resources": [ARN.replace("aurora", "legacy")]})


@BREAKS("BAK-01", DAILY, DATABASE)
def selection_is_by_another_tag(system: System) -> None:
    select(system, tagged("Environment", "prod"))


@BREAKS("BAK-01", DAILY, DATABASE)
def selection_is_on_another_condition(system: System) -> None:
    condition = {"ConditionKey": "aws:ResourceTag/Backup", "ConditionValue": "daily"}
    select(system, {"Resources": ["*"], "Conditions": {"StringEquals": [condition]}})


@BREAKS("BAK-01", DAILY, DATABASE)
def selection_excepts_clusters(system: System) -> None:
    select(system, {"Resources": ["*"], "NotResources": ["arn:aws:rds:*:*:cluster:*"]})


@BREAKS("BAK-01", DAILY, DATABASE)
def selection_takes_instances_alone(system: System) -> None:
    """Aurora is backed up as a cluster."""
    select(system, {"Resources": ["arn:aws:rds:*:*:db:*"]})


@BREAKS("BAK-01", DAILY, DATABASE)
def nothing_is_selected(system: System) -> None:
    select(system)


@BREAKS("BAK-01", DAILY, DATABASE)
def daily_rule_and_long_one_are_two_plans(system: System) -> None:
    """What covers the database keeps for a week; what keeps for long covers nothing."""
    _, what = plan(system)
    kept = {key: value for key, value in what["Rules"][0].items() if key != "RuleId"}
    reschedule(system, Lifecycle={"DeleteAfterDays": 7})
    system.client("backup").create_backup_plan(BackupPlan={"BackupPlanName": "payment-long-prod", "Rules": [kept]})


@BREAKS("BAK-01", PLAN, ":backup:global:123456789012:*")
def there_is_no_plan(system: System) -> None:
    select(system)
    system.client("backup").delete_backup_plan(BackupPlanId=plan(system)[0])


@FINE("BAK-01")
def selection_by_wildcard(system: System) -> None:
    select(system, {"Resources": ["arn:aws:rds:*:*:cluster:payment-*"]})


@FINE("BAK-01")
def selection_by_tag(system: System) -> None:
    select(system, tagged("MigrationPhase", "Production"))


@FINE("BAK-01")
def selection_by_condition(system: System) -> None:
    condition = {"ConditionKey": "aws:ResourceTag/Environment", "ConditionValue": "prod*"}
    select(system, {"Resources": ["*"], "Conditions": {"StringLike": [condition]}})


@FINE("BAK-01")
def recovery_points_are_kept_for_ever(system: System) -> None:
    reschedule(system, Lifecycle={}, ScheduleExpression="cron(0 */12 * * ? *)")


def lose(system: System, hours: float) -> None:
    """Delete the recovery points that are younger."""
    backup, vault = system.client("backup"), "payment-daily-prod-vault"
    for point in backup.list_recovery_points_by_backup_vault(BackupVaultName=vault)["RecoveryPoints"]:
        if point["CreationDate"] > datetime.now(UTC) - timedelta(hours=hours):
            backup.delete_recovery_point(BackupVaultName=vault, RecoveryPointArn=point["RecoveryPointArn"])


@BREAKS("BAK-02", RECENT, DATABASE)
def last_night_s_backup_is_missing(system: System) -> None:
    lose(system, 26)


@BREAKS("BAK-02", RECENT, DATABASE)
def there_are_no_recovery_points(system: System) -> None:
    lose(system, 1000)


@FINE("BAK-02")
def recovery_point_of_a_backup_on_demand(system: System) -> None:
    lose(system, 1000)
    backup, vault = system.client("backup"), "payment-daily-prod-vault"
    with days_ago(backup, 25 / 24):
        role = "arn:aws:iam::123456789012:role/payment-backup-prod"
        backup.start_backup_job(BackupVaultName=vault, ResourceArn=ARN, IamRoleArn=role)


# ---------------------------------------------------------------------------------------- all of them


@pytest.mark.parametrize("one", BREAKS.all, ids=lambda one: one.id)
def test_a_requirement_is_broken_alone(one: Break, served: System) -> None:
    broken_alone(one, served)


@pytest.mark.parametrize(("requirement", "change"), FINE.all)
def test_what_may_be_breaks_nothing(requirement: str, change: Change, served: System) -> None:
    stays_satisfied(requirement, change, served)
