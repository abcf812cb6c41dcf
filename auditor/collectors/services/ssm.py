"""AWS Systems Manager Parameter Store. https://docs.aws.amazon.com/systems-manager/latest/APIReference/

Parameters' values are never asked for: what reads them is not on the list of operations that may be called.
"""

from __future__ import annotations

from auditor.model import Detail, Examine, Table

TABLES = (
    Table(
        name="ssm_parameters",
        description="Parameters: their names, types, keys and descriptions, without their values.",
        service="ssm",
        operation="DescribeParameters",
        items="Parameters",
        type="AWS::SSM::Parameter",
        # AWS has told ARNs since 2024; a name without a path has its slash in the ARN all the same.
        arn="arn:{partition}:ssm:{region}:{account}:parameter{Path}",
        key=("name",),
        name_from="Name",
        renames={"ARN": "ParameterArn", "Type": "ParameterType"},
        columns={"Path": "(starts_with(Name, '/') && Name) || join('', ['/', Name])"},
        omit=("Policies",),
        examine={"Credentials": Examine("@", "parameter")},
        details=(
            Detail(
                operation="ListTagsForResource",
                params={"ResourceType": "Parameter", "ResourceId": "$name"},
                columns={"tags": "TagList"},
            ),
        ),
        vanished=("InvalidResourceId",),
    ),
)
