"""What runs: ECS services, EKS clusters, the cut-over's state machine, and the application's parameters."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from auditor.demo.worlds.building import pairs, trusts_service

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from auditor.demo.worlds.building import Builder

EXECUTION_POLICY = "arn:aws:iam::aws:policy/service-role/AmazonECSTaskExecutionRolePolicy"
EKS_POLICY = "arn:aws:iam::aws:policy/AmazonEKSClusterPolicy"
CUTOVER_STATES = ("CheckCurrentDeployment", "ValidateTargetHealth", "PerformTrafficSwitch")
_IMAGE = "public.ecr.aws/docker/library/nginx"


@dataclass(frozen=True, slots=True)
class ServicePlan:
    """An ECS service as it is to be; the defaults are the documented, correct one."""

    region: str
    name: str
    subnets: tuple[str, ...]
    """In more than one Availability Zone."""
    groups: tuple[str, ...]
    role: str
    """The task role's ARN."""
    execution_role: str
    cluster: str = ""
    """Empty: a cluster of the service's own name."""
    tasks: int = 3
    starts: bool = True
    """Whether its image can be pulled, without which no task runs."""
    target_group: str = ""
    secret: str = ""
    """ARN of a secret that the container is given."""
    environment: tuple[tuple[str, str], ...] = (("LOG_LEVEL", "info"),)


def build_task_roles(builder: Builder) -> tuple[str, str]:
    """The roles of a task and of its start; their ARNs."""
    name = f"{builder.project}-task-prod"
    task = builder.role(name, trusts_service("ecs-tasks"))
    start = builder.role(f"{name}-execution", trusts_service("ecs-tasks"), managed=(EXECUTION_POLICY,))
    return task, start


def build_service(builder: Builder, plan: ServicePlan) -> str:
    """A Fargate service with its cluster and task definition; its ARN."""
    ecs, cluster = builder.client("ecs", plan.region), plan.cluster or plan.name
    ecs.create_cluster(
        clusterName=cluster,
        settings=[{"name": "containerInsights", "value": "enabled"}],
        tags=_lower(builder.tags(cluster)),
    )
    container: dict[str, Any] = {
        "name": "app",
        "image": f"{_IMAGE}:{'1.27' if plan.starts else 'missing'}",
        "essential": True,
        "portMappings": [{"containerPort": 8080, "protocol": "tcp"}],
        "environment": [{"name": name, "value": value} for name, value in plan.environment],
        "secrets": [{"name": "DATABASE", "valueFrom": plan.secret}] if plan.secret else [],
    }
    definition = ecs.register_task_definition(
        family=plan.name,
        networkMode="awsvpc",
        taskRoleArn=plan.role,
        executionRoleArn=plan.execution_role,
        requiresCompatibilities=["FARGATE"],
        cpu="256",
        memory="512",
        containerDefinitions=[container],
        tags=_lower(builder.tags(plan.name)),
    )["taskDefinition"]
    balancers = [{"targetGroupArn": plan.target_group, "containerName": "app", "containerPort": 8080}]
    made = ecs.create_service(
        cluster=cluster,
        serviceName=plan.name,
        taskDefinition=definition["taskDefinitionArn"],
        desiredCount=plan.tasks,
        launchType="FARGATE",
        networkConfiguration={
            "awsvpcConfiguration": {"subnets": list(plan.subnets), "securityGroups": list(plan.groups)}
        },
        loadBalancers=balancers if plan.target_group else [],
        tags=_lower(builder.tags(plan.name)),
    )["service"]
    return str(made["serviceArn"])


def build_eks_cluster(
    builder: Builder, region: str, name: str, subnets: Iterable[str], key: str, *, version: str = "1.34", role: str = ""
) -> str:
    """An EKS cluster whose secrets are encrypted; its ARN."""
    made = builder.client("eks", region).create_cluster(
        name=name,
        version=version,
        roleArn=role or builder.role(f"{name}-eks", trusts_service("eks"), managed=(EKS_POLICY,)),
        resourcesVpcConfig={"subnetIds": list(subnets), "endpointPublicAccess": False, "endpointPrivateAccess": True},
        encryptionConfig=[{"resources": ["secrets"], "provider": {"keyArn": key}}],
        tags=builder.tags(name),
    )["cluster"]
    return str(made["arn"])


def build_cutover(
    builder: Builder,
    region: str,
    name: str,
    functions: Mapping[str, str],
    *,
    without: tuple[str, ...] = (),
    service: str = "states",
) -> str:
    """The state machine that switches traffic over, each state invoking its function; its ARN.

    `functions` names the function's ARN for each of `CUTOVER_STATES`; `without` leaves states out; `service` is the one
    that the machine's role trusts.
    """
    states = [state for state in CUTOVER_STATES if state not in without]
    definition = {
        "StartAt": states[0],
        "States": {
            state: {
                "Type": "Task",
                "Resource": "arn:aws:states:::lambda:invoke",
                "Parameters": {"FunctionName": functions[state], "Payload.$": "$"},
                **({"Next": following} if following else {"End": True}),
            }
            for state, following in zip(states, (*states[1:], ""), strict=True)
        },
    }
    invoke = {"Effect": "Allow", "Action": "lambda:InvokeFunction", "Resource": sorted(set(functions.values()))}
    made = builder.client("stepfunctions", region).create_state_machine(
        name=name,
        definition=json.dumps(definition),
        roleArn=builder.role(f"{name}-states", trusts_service(service), inline=invoke),
        tags=_lower(builder.tags(name)),
    )
    return str(made["stateMachineArn"])


def build_parameters(
    builder: Builder, region: str, values: Mapping[str, str], *, prefix: str = "/payment/prod/"
) -> tuple[str, ...]:
    """Parameters below a prefix, by the rest of their names; their names. PAY 13 has `db/secret-arn`."""
    ssm = builder.client("ssm", region)
    for name, value in values.items():
        tags = pairs(builder.tags(f"{builder.project}-{name.replace('/', '-')}-prod"))
        ssm.put_parameter(Name=prefix + name, Value=value, Type="String", Tags=tags)
    return tuple(prefix + name for name in values)


def _lower(tags: Mapping[str, str]) -> list[dict[str, str]]:
    """Tags in the form of ECS and Step Functions."""
    return [{"key": key, "value": value} for key, value in tags.items()]
