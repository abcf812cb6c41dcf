"""ECS: whether a service's tasks run.

Nothing runs in the embedded account. So a service counts as running all the tasks that it desires, unless an image of
its task definition has the tag `missing`, which no registry has.
"""

from __future__ import annotations

from typing import Any

from auditor.demo.moto_gaps.engine import Call, gap, needs

needs("moto.ecs.models:EC2ContainerServiceBackend.describe_task_definition")

_MISSING = ":missing"


@gap("ecs", "DescribeServices")
def describe_services(call: Call) -> dict[str, Any]:
    """AWS counts the tasks that run, and tells how a deployment goes (API_Service); moto's services run none."""
    answer = call.moto()
    for service in answer.get("services", []):
        desired = service.get("desiredCount", 0)
        running = 0 if _is_without_image(call, service.get("taskDefinition", "")) else desired
        counts = {"runningCount": running, "pendingCount": desired - running}
        service.update(counts)
        for deployment in service.get("deployments", []):
            deployment.update(counts | {"rolloutState": "COMPLETED" if running == desired else "IN_PROGRESS"})
            deployment.pop("rolloutStateReason", None)
    return answer


def _is_without_image(call: Call, definition: str) -> bool:
    """Whether a task definition names an image that cannot be pulled."""
    if not definition:
        return False
    found = call.backend("ecs").describe_task_definition(definition)
    return any(str(container.get("image", "")).endswith(_MISSING) for container in found.container_definitions)
