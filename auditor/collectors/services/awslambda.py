"""AWS Lambda. https://docs.aws.amazon.com/lambda/latest/api/

ListFunctions leaves State out, so GetFunctionConfiguration gives it. The environment is examined, and never stored.
"""

from __future__ import annotations

from auditor.model import Detail, Examine, Table

_GONE = "ResourceNotFoundException"

TABLES = (
    Table(
        name="lambda_functions",
        description=(
            "Functions, with their state, reserved concurrency and resource policy. Of the environment only what looks "
            "like a credential; where `EnvironmentError` is set, AWS could not decrypt it, and it was not seen."
        ),
        service="lambda",
        operation="ListFunctions",
        items="Functions",
        type="AWS::Lambda::Function",
        arn="{FunctionArn}",
        key=("FunctionArn",),
        name_from="FunctionName",
        columns={"EnvironmentError": "Environment.Error.ErrorCode"},
        examine={"Credentials": Examine("Environment.Variables || `{}`", "pairs")},
        omit=("Environment", "State", "StateReason", "StateReasonCode", "LastUpdateStatus"),
        details=(
            Detail(
                operation="GetFunctionConfiguration",
                params={"FunctionName": "$FunctionArn"},
                columns={
                    "State": "State",
                    "StateReasonCode": "StateReasonCode",
                    "LastUpdateStatus": "LastUpdateStatus",
                },
            ),
            Detail(
                operation="GetPolicy",
                params={"FunctionName": "$FunctionArn"},
                columns={"ResourcePolicy": "Policy"},
                types={"ResourcePolicy": "JSON"},
                absent=(_GONE,),
            ),
            Detail(
                operation="GetFunctionConcurrency",
                params={"FunctionName": "$FunctionArn"},
                columns={"ReservedConcurrentExecutions": "ReservedConcurrentExecutions"},
            ),
            Detail(operation="ListTags", params={"Resource": "$FunctionArn"}, columns={"tags": "Tags"}),
        ),
        vanished=(_GONE,),
    ),
    Table(
        name="lambda_event_source_mappings",
        description="What functions poll: queues, streams and topics, with the state of the mapping.",
        service="lambda",
        operation="ListEventSourceMappings",
        items="EventSourceMappings",
        type="AWS::Lambda::EventSourceMapping",
        arn="arn:{partition}:lambda:{region}:{account}:event-source-mapping:{UUID}",
        key=("UUID",),
        page_size=10000,
        details=(Detail(operation="ListTags", params={"Resource": "$arn"}, columns={"tags": "Tags"}),),
        vanished=(_GONE,),
        volatile=("LastModified", "LastProcessingResult"),
    ),
)
