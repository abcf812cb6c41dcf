"""AWS CloudFormation. https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/

The values of a stack's parameters are examined, and never stored; of its outputs' those that name a resource are. Drift
is what AWS last detected: detection is never started, as it reads every resource of the stack with the caller's rights.
"""

from __future__ import annotations

from auditor.model import Examine, Table

_GONE = ("ValidationError",)
"""CloudFormation's code for "Stack with id … does not exist". The name that is asked for is what AWS itself answered,
so that the request cannot be wrong otherwise.
https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/CommonErrors.html
"""

TABLES = (
    Table(
        name="cloudformation_stacks",
        description=(
            "Stacks, with their state, drift and the keys of their outputs, a comma between two; `OutputNames` has the "
            "value of an output only where all of it names a resource."
        ),
        service="cloudformation",
        operation="DescribeStacks",
        items="Stacks",
        type="AWS::CloudFormation::Stack",
        arn="{StackId}",
        key=("StackId",),
        name_from="StackName",
        tags="Tags",
        omit=("Parameters", "Outputs"),
        columns={
            "OutputKeys": "join(',', Outputs[].OutputKey || `[]`)",
            "OutputNames": "output_names(Outputs)",
        },
        examine={"Credentials": Examine("{Parameters: Parameters, Outputs: Outputs}", "stack")},
        volatile=("DriftInformation", "LastOperations"),
    ),
    Table(
        name="cloudformation_stack_resources",
        description="Resources of stacks, deleted ones too, each with the id that AWS gave it and what became of it.",
        service="cloudformation",
        operation="ListStackResources",
        items="StackResourceSummaries",
        type="AWS::CloudFormation::StackResource",
        arn="{parent.StackId}/resource/{LogicalResourceId}",
        key=("StackId", "LogicalResourceId"),
        name_from="LogicalResourceId",
        omit=("ResourceStatusReason",),
        columns={
            "StackId": "parent.StackId",
            "StackName": "parent.StackName",
            "ResourceStatusReason": "without_credentials(ResourceStatusReason)",
        },
        parent="cloudformation_stacks",
        parent_params={"StackName": "StackName"},
        taggable=False,
        vanished=_GONE,
        volatile=("DriftInformation",),
    ),
    Table(
        name="cloudformation_stack_resource_drifts",
        description=(
            "What drift detection last found of stacks' resources; one that was never checked, or whose type has no "
            "drift detection, is not among them. A difference whose values may be credentials is `Withheld`."
        ),
        service="cloudformation",
        operation="DescribeStackResourceDrifts",
        items="StackResourceDrifts",
        type="AWS::CloudFormation::StackResourceDrift",
        arn="{StackId}/drift/{LogicalResourceId}",
        key=("StackId", "LogicalResourceId"),
        name_from="LogicalResourceId",
        omit=("ExpectedProperties", "ActualProperties", "PropertyDifferences", "DriftStatusReason"),
        columns={
            "StackName": "parent.StackName",
            "PropertyDifferences": (
                "property_differences(PropertyDifferences, ExpectedProperties, ActualProperties, ResourceType)"
            ),
            "DriftStatusReason": "without_credentials(DriftStatusReason)",
        },
        parent="cloudformation_stacks",
        parent_params={"StackName": "StackName"},
        page_size=100,
        taggable=False,
        vanished=_GONE,
        volatile=("Timestamp", "DriftStatusReason"),
    ),
)
