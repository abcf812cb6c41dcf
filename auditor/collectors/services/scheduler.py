"""Amazon EventBridge Scheduler. https://docs.aws.amazon.com/scheduler/latest/APIReference/

Tags belong to groups of schedules. What a target is sent may hold credentials, and is never stored.
"""

from __future__ import annotations

from auditor.model import Detail, Table

_GONE = ("ResourceNotFoundException",)

TABLES = (
    Table(
        name="scheduler_schedule_groups",
        description="Groups of schedules, the default one among them.",
        service="scheduler",
        operation="ListScheduleGroups",
        items="ScheduleGroups",
        type="AWS::Scheduler::ScheduleGroup",
        arn="{Arn}",
        key=("arn",),
        name_from="Name",
        details=(Detail(operation="ListTagsForResource", params={"ResourceArn": "$arn"}, columns={"tags": "Tags"}),),
        vanished=_GONE,
        page_size=100,
    ),
    Table(
        name="scheduler_schedules",
        description="Schedules: when, in which time zone and until when they run, what they invoke and as which role.",
        service="scheduler",
        operation="ListSchedules",
        items="Schedules",
        type="AWS::Scheduler::Schedule",
        arn="{Arn}",
        key=("arn",),
        name_from="Name",
        columns={"TargetArn": "Target.Arn"},
        omit=("Target",),
        details=(
            Detail(
                operation="GetSchedule",
                params={"Name": "$name", "GroupName": "$GroupName"},
                columns={
                    "ScheduleExpression": "ScheduleExpression",
                    "ScheduleExpressionTimezone": "ScheduleExpressionTimezone",
                    "StartDate": "StartDate",
                    "EndDate": "EndDate",
                    "Description": "Description",
                    "KmsKeyArn": "KmsKeyArn",
                    "FlexibleTimeWindow": "FlexibleTimeWindow",
                    "ActionAfterCompletion": "ActionAfterCompletion",
                    "RoleArn": "Target.RoleArn",
                    "DeadLetterConfig": "Target.DeadLetterConfig",
                    "RetryPolicy": "Target.RetryPolicy",
                    "EcsParameters": "Target.EcsParameters",
                },
            ),
        ),
        taggable=False,
        vanished=_GONE,
        page_size=100,
    ),
)
