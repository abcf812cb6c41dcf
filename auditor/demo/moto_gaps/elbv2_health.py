"""Whether what stands behind load balancers answers: the health of targets, and what others see of it.

Nothing runs in the embedded account. So a target counts as answering where its network could reach it: an address in
the load balancer's VPC, or in a network that one of the VPC's routes (but a default route) leads to. An address in
nobody's network is unhealthy, as on AWS, where the health check's request times out.
"""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING, Any

from auditor.demo.moto_gaps.engine import Call, gap, needs

if TYPE_CHECKING:
    from collections.abc import Iterator

needs(
    "moto.elbv2.models:FakeTargetGroup.health_for",
    "moto.elbv2.models:ELBv2Backend.describe_target_health",
    "moto.ec2.models.vpcs:VPC.get_cidr_block_association_set",
)

_UNUSED = {
    "State": "unused",
    "Reason": "Target.NotInUse",
    "Description": "Target group is not configured to receive traffic from the load balancer",
}
_TIMEOUT = {"State": "unhealthy", "Reason": "Target.Timeout", "Description": "Request timed out"}


@gap("elbv2", "DescribeTargetHealth")
def target_health(call: Call) -> dict[str, Any]:
    """AWS tells unused and unreachable targets apart (API_TargetHealth); to moto every registered one is healthy."""
    answer = call.moto()
    group = call.backend("elbv2").target_groups[call.params()["TargetGroupArn"]]
    for described in answer["TargetHealthDescriptions"]:
        health = described["TargetHealth"]
        for member in [name for name, value in health.items() if value is None]:
            del health[member]
        if health["State"] == "healthy":
            described["TargetHealth"] = _state(call, group, described["Target"]["Id"])
    return answer


def _state(call: Call, group: Any, target: str) -> dict[str, str]:  # noqa: ANN401 - moto's own types
    """The health of a registered target that runs."""
    if not group.load_balancer_arns:
        return _UNUSED
    if group.target_type == "ip" and not _reaches(call, group.region_name, group.vpc_id, target):
        return _TIMEOUT
    return {"State": "healthy"}


def _reaches(call: Call, region: str, vpc: str, target: str) -> bool:
    address = ipaddress.ip_address(target)
    return any(address in ipaddress.ip_network(block) for block in _networks(call, region, vpc))


def _networks(call: Call, region: str, vpc: str) -> Iterator[str]:
    """The address blocks of a VPC, and those that its routes lead to."""
    ec2 = call.backend("ec2", region=region)
    for association in ec2.vpcs[vpc].get_cidr_block_association_set():
        yield association["cidr_block"]
    for table in ec2.route_tables.values():
        if table.vpc_id == vpc:
            for route in table.routes:
                block = route.destination_cidr_block
                if block and not block.endswith("/0"):
                    yield block


def answers(call: Call, balancer: str) -> bool | None:
    """Whether a load balancer of the account passes requests on to a healthy target; None where there is none.

    `balancer` is its ARN, or its DNS name in lower case.
    """
    for backend in _backends(call):
        for arn, found in backend.load_balancers.items():
            if balancer in (arn, found.dns_name.lower()):
                return any(_serves(call, backend, target_group) for target_group in _behind(backend, arn))
    return None


def _backends(call: Call) -> Iterator[Any]:
    """The load balancers of the account, a backend of moto's a region."""
    from moto.elbv2.models import elbv2_backends

    yield from list(elbv2_backends[call.account].values())


def _behind(backend: Any, balancer: str) -> Iterator[Any]:  # noqa: ANN401 - moto's own types
    """Target groups that a load balancer forwards to, in a default action or in a rule, with a weight above 0."""
    for listener in backend.load_balancers[balancer].listeners.values():
        for rule in listener.rules.values():
            for action in rule.actions:
                for arn in _forwarded(action.data):
                    if arn in backend.target_groups:
                        yield backend.target_groups[arn]


def _forwarded(action: dict[str, Any]) -> Iterator[str]:
    if action.get("Type") == "forward":
        several = action.get("ForwardConfig", {}).get("TargetGroups", [])
        yield from (group["TargetGroupArn"] for group in several if group.get("Weight", 1))
        if not several and action.get("TargetGroupArn"):
            yield action["TargetGroupArn"]


def _serves(call: Call, backend: Any, group: Any) -> bool:  # noqa: ANN401 - moto's own types
    found = backend.describe_target_health(group.arn, [])
    return any(one.status == "healthy" and _state(call, group, one.instance_id)["State"] == "healthy" for one in found)
