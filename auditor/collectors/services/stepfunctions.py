"""AWS Step Functions. https://docs.aws.amazon.com/step-functions/latest/apireference/

A definition is read before anything is written: its states and what their tasks run are kept, and its text is examined.
One that is encrypted with a customer's key takes kms:Decrypt, which the auditor never has: that is a gap.
"""

from __future__ import annotations

from auditor.model import Detail, Examine, Table

_TAGS = Detail(operation="ListTagsForResource", params={"resourceArn": "$arn"}, columns={"tags": "tags"})
_GONE = ("StateMachineDoesNotExist", "ResourceNotFound")

TABLES = (
    Table(
        name="stepfunctions_state_machines",
        description="State machines, with their status, role, logging, and the states of their definition.",
        service="stepfunctions",
        operation="ListStateMachines",
        items="stateMachines",
        type="AWS::StepFunctions::StateMachine",
        arn="{stateMachineArn}",
        key=("stateMachineArn",),
        name_from="name",
        renames={"type": "StateMachineType"},
        details=(
            Detail(
                operation="DescribeStateMachine",
                params={"stateMachineArn": "$stateMachineArn", "includedData": "METADATA_ONLY"},
                columns={
                    "status": "status",
                    "roleArn": "roleArn",
                    "loggingConfiguration": "loggingConfiguration",
                    "tracingConfiguration": "tracingConfiguration",
                    "encryptionConfiguration": "encryptionConfiguration",
                },
            ),
            Detail(
                operation="DescribeStateMachine",
                params={"stateMachineArn": "$stateMachineArn", "includedData": "ALL_DATA"},
                columns={"States": "states(definition)"},
                types={"States": "JSON"},
                examine={"Credentials": Examine("definition", "text")},
            ),
            _TAGS,
        ),
        vanished=_GONE,
    ),
    Table(
        name="stepfunctions_activities",
        description="Activities, at which workers outside of Step Functions ask for tasks.",
        service="stepfunctions",
        operation="ListActivities",
        items="activities",
        type="AWS::StepFunctions::Activity",
        arn="{activityArn}",
        key=("activityArn",),
        name_from="name",
        details=(_TAGS,),
        vanished=_GONE,
    ),
)
