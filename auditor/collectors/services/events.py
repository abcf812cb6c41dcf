"""Amazon EventBridge: buses, rules and their targets. https://docs.aws.amazon.com/eventbridge/latest/APIReference/

What a target is sent (Input and its relatives, HTTP headers, SQL) may hold credentials, and is never stored.
"""

from __future__ import annotations

from auditor.model import Detail, Table

_TAGS = Detail(operation="ListTagsForResource", params={"ResourceARN": "$arn"}, columns={"tags": "Tags"})
_GONE = ("ResourceNotFoundException",)

TABLES = (
    Table(
        name="events_buses",
        description="Event buses, the default one among them, with their policies.",
        service="events",
        operation="ListEventBuses",
        items="EventBuses",
        type="AWS::Events::EventBus",
        arn="{Arn}",
        key=("arn",),
        name_from="Name",
        json=("Policy",),
        page_size=100,
        details=(_TAGS,),
        vanished=_GONE,
    ),
    Table(
        name="events_rules",
        description="Rules of every event bus: their schedule or event pattern, and whether they are enabled.",
        service="events",
        operation="ListRules",
        items="Rules",
        type="AWS::Events::Rule",
        arn="{Arn}",
        key=("arn",),
        name_from="Name",
        json=("EventPattern",),
        page_size=100,
        columns={"Bus": "parent.name"},
        parent="events_buses",
        parent_params={"EventBusName": "name"},
        details=(_TAGS,),
        vanished=_GONE,
    ),
    Table(
        name="events_targets",
        description="What rules invoke, a row a target; without what is sent to it.",
        service="events",
        operation="ListTargetsByRule",
        items="Targets",
        type="AWS::Events::Target",
        arn="{parent.arn}/{Id}",
        key=("RuleArn", "Id"),
        name_from="Id",
        renames={"Arn": "TargetArn"},
        omit=(
            "Input",
            "InputPath",
            "InputTransformer",
            "RunCommandParameters",
            "HttpParameters",
            "RedshiftDataParameters",
            "SageMakerPipelineParameters",
            "AppSyncParameters",
        ),
        page_size=100,
        columns={"Rule": "parent.name", "RuleArn": "parent.arn", "RuleManagedBy": "parent.ManagedBy"},
        parent="events_rules",
        parent_params={"Rule": "name", "EventBusName": "Bus"},
        taggable=False,
        vanished=_GONE,
    ),
)
