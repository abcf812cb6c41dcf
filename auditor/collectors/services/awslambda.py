"""AWS Lambda. https://docs.aws.amazon.com/lambda/latest/api/

ListFunctions leaves State out, so GetFunctionConfiguration gives it; the environment's values are never stored.
"""

from __future__ import annotations

from auditor.model import Detail, Table

_GONE = "ResourceNotFoundException"

TABLES = (
    Table(
        name="lambda_functions",
        description="Functions, with their state and resource policy; without the values of their environment.",
        service="lambda",
        operation="ListFunctions",
        items="Functions",
        type="AWS::Lambda::Function",
        arn="{FunctionArn}",
        key=("FunctionArn",),
        name_from="FunctionName",
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
            Detail(operation="ListTags", params={"Resource": "$FunctionArn"}, columns={"tags": "Tags"}),
        ),
        vanished=(_GONE,),
    ),
)
