"""CloudFormation: parameters that are not shown."""

from __future__ import annotations

from typing import Any

from auditor.demo.moto_gaps.engine import Call, gap, needs

needs(
    "moto.cloudformation.models:CloudFormationBackend.describe_stacks",
    "moto.cloudformation.parsing:ResourceMap.load_parameters",
)


@gap("cloudformation", "DescribeStacks")
def describe_stacks(call: Call) -> dict[str, Any]:
    """AWS answers asterisks for a parameter with NoEcho (API_Parameter); moto answers its value."""
    answer = call.moto()
    known = {stack.stack_id: stack for stack in call.backend("cloudformation").stacks.values()}
    for described in answer["Stacks"]:
        stack = known.get(described["StackId"])
        hidden = stack.resource_map.no_echo_parameter_keys if stack else []
        for parameter in described.get("Parameters", []):
            if parameter["ParameterKey"] in hidden:
                parameter["ParameterValue"] = "****"
    return answer
