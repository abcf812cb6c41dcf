"""CloudWatch: composite alarms, and the state in which alarms begin."""

from __future__ import annotations

from typing import Any

from auditor.demo.moto_gaps.engine import AwsError, Call, gap, needs

needs(
    "moto.cloudwatch.models:CloudWatchBackend.put_metric_alarm",
    "moto.cloudwatch.models:Alarm.update_state",
)

_UNCHECKED = "Unchecked: Initial alarm creation"


@gap("cloudwatch", "PutMetricAlarm")
def put_metric_alarm(call: Call) -> dict[str, Any]:
    """A new alarm is in INSUFFICIENT_DATA, an old one stays as it is (API_PutMetricAlarm); moto's is OK at once."""
    alarms = call.backend("cloudwatch").alarms
    name = call.params()["AlarmName"]
    before = alarms.get(name)
    call.moto()
    alarm = alarms[name]
    alarm.state_value = before.state_value if before else "INSUFFICIENT_DATA"
    alarm.state_reason = before.state_reason if before else _UNCHECKED
    return {}


@gap("cloudwatch", "PutCompositeAlarm")
def put_composite_alarm(call: Call) -> dict[str, Any]:
    """AWS makes or changes a composite alarm (API_PutCompositeAlarm); moto has none."""
    asked = call.params()
    backend = call.backend("cloudwatch")
    before = backend.alarms.get(asked["AlarmName"])
    if before is not None and before.rule is None:
        raise AwsError("ValidationError", f"{asked['AlarmName']} is a metric alarm.")
    unused = (
        "namespace",
        "metric_name",
        "comparison_operator",
        "evaluation_periods",
        "period",
        "threshold",
        "statistic",
    )
    backend.put_metric_alarm(
        **dict.fromkeys(unused),
        name=asked["AlarmName"],
        description=asked.get("AlarmDescription"),
        dimensions=[],
        alarm_actions=asked.get("AlarmActions", []),
        ok_actions=asked.get("OKActions", []),
        insufficient_data_actions=asked.get("InsufficientDataActions", []),
        actions_enabled=asked.get("ActionsEnabled", True),
        rule=asked["AlarmRule"],
        tags=asked.get("Tags", []),
    )
    return {}


@gap("cloudwatch", "DescribeAlarms")
def describe_alarms(call: Call) -> dict[str, Any]:
    """AWS gives the types that are asked for, metric alarms by default (API_DescribeAlarms); moto gives all."""
    answer = call.moto()
    types = call.params().get("AlarmTypes") or ["MetricAlarm"]
    alarms = call.backend("cloudwatch").alarms
    if "MetricAlarm" not in types:
        answer["MetricAlarms"] = []
    composites = answer.get("CompositeAlarms", []) if "CompositeAlarm" in types else []
    answer["CompositeAlarms"] = [{**one, "AlarmRule": alarms[one["AlarmName"]].rule} for one in composites]
    return answer


@gap("cloudwatch", "ListTagsForResource")
def list_tags_for_resource(call: Call) -> dict[str, Any]:
    """AWS refuses an alarm that is not there (API_ListTagsForResource); moto answers that it has no tags."""
    arn = call.params()["ResourceARN"]
    if ":alarm:" in arn and arn.split(":alarm:", 1)[1] not in call.backend("cloudwatch").alarms:
        raise AwsError("ResourceNotFoundException", "Unknown")
    return call.moto()
