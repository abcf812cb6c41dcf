"""AWS CloudFormation. https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/

The values of a stack's parameters and outputs are examined, and never stored.
"""

from __future__ import annotations

from auditor.model import Examine, Table

TABLES = (
    Table(
        name="cloudformation_stacks",
        description="Stacks, with their state, drift and the keys of their outputs, a comma between two.",
        service="cloudformation",
        operation="DescribeStacks",
        items="Stacks",
        type="AWS::CloudFormation::Stack",
        arn="{StackId}",
        key=("StackId",),
        name_from="StackName",
        tags="Tags",
        omit=("Parameters", "Outputs"),
        columns={"OutputKeys": "join(',', Outputs[].OutputKey || `[]`)"},
        examine={"Credentials": Examine("{Parameters: Parameters, Outputs: Outputs}", "stack")},
        volatile=("DriftInformation", "LastOperations"),
    ),
)
