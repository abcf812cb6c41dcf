"""Amazon ECS. https://docs.aws.amazon.com/AmazonECS/latest/APIReference/

Accounts keep thousands of ACTIVE revisions of task definitions, each of which is a call of its own to read. Read are
the latest of each family, with which new tasks start, and the one that each service runs, however old; all others are
listed by their ARN alone. Containers' environment, commands and log options are examined, and never stored.
"""

from __future__ import annotations

from auditor.model import Detail, Examine, Table

_CONTAINERS = "taskDefinition.containerDefinitions"
_CREDENTIALS = {"Credentials": Examine(_CONTAINERS, "containers")}
_DEPLOYMENTS = (
    "deployments[].{id: id, status: status, taskDefinition: taskDefinition, desiredCount: desiredCount, "
    "pendingCount: pendingCount, runningCount: runningCount, failedTasks: failedTasks, createdAt: createdAt, "
    "updatedAt: updatedAt, launchType: launchType, capacityProviderStrategy: capacityProviderStrategy, "
    "rolloutState: rolloutState, rolloutStateReason: rolloutStateReason}"
)
"""Without serviceConnectConfiguration, whose log options may hold credentials."""
_GONE = ("ClusterNotFoundException", "ServiceNotFoundException", "ServiceNotActiveException")

TABLES = (
    Table(
        name="ecs_clusters",
        description="ECS clusters, with their settings, capacity providers and counts of tasks.",
        service="ecs",
        operation="ListClusters",
        items="clusterArns",
        value_as="clusterArn",
        type="AWS::ECS::Cluster",
        arn="{clusterArn}",
        key=("clusterArn",),
        name_from="tail(clusterArn)",
        page_size=100,
        details=(
            Detail(
                operation="DescribeClusters",
                params={"clusters": ["$clusterArn"], "include": ["TAGS", "SETTINGS", "CONFIGURATIONS"]},
                columns={"*": "", "tags": "tags"},
                batch=100,
                batch_items="clusters",
                batch_key="clusterArn",
                omit=("statistics", "attachments", "attachmentsStatus"),
                always=True,
            ),
        ),
        vanished=_GONE,
        volatile=(
            "activeServicesCount",
            "pendingTasksCount",
            "registeredContainerInstancesCount",
            "runningTasksCount",
        ),
    ),
    Table(
        name="ecs_services",
        description="Services of ECS clusters: what should run, what runs, and the task definition that they run.",
        service="ecs",
        operation="ListServices",
        items="serviceArns",
        value_as="serviceArn",
        type="AWS::ECS::Service",
        arn="{serviceArn}",
        key=("serviceArn",),
        name_from="tail(serviceArn)",
        columns={"cluster": "parent.clusterArn"},
        page_size=100,
        parent="ecs_clusters",
        parent_params={"cluster": "clusterArn"},
        details=(
            Detail(
                operation="DescribeServices",
                params={"cluster": "$cluster", "services": ["$serviceArn"], "include": ["TAGS"]},
                columns={"*": "", "tags": "tags", "deployments": _DEPLOYMENTS},
                types={"deployments": "JSON"},
                batch=10,
                batch_items="services",
                batch_key="serviceArn",
                omit=("events",),
                always=True,
            ),
            Detail(
                operation="DescribeTaskDefinition",
                params={"taskDefinition": "$taskDefinition"},
                columns={
                    "TaskRoleArn": "taskDefinition.taskRoleArn",
                    "TaskExecutionRoleArn": "taskDefinition.executionRoleArn",
                    "TaskDefinitionStatus": "taskDefinition.status",
                },
                examine=_CREDENTIALS,
                when="taskDefinition",
            ),
        ),
        vanished=_GONE,
        volatile=("deployments", "runningCount", "pendingCount", "taskSets"),
    ),
    Table(
        name="ecs_container_instances",
        description="EC2 instances on which ECS clusters run tasks, with the Availability Zone of each.",
        service="ecs",
        operation="ListContainerInstances",
        items="containerInstanceArns",
        value_as="containerInstanceArn",
        type="AWS::ECS::ContainerInstance",
        arn="{containerInstanceArn}",
        key=("containerInstanceArn",),
        name_from="tail(containerInstanceArn)",
        columns={"cluster": "parent.clusterArn"},
        page_size=100,
        parent="ecs_clusters",
        parent_params={"cluster": "clusterArn"},
        taggable=False,
        details=(
            Detail(
                operation="DescribeContainerInstances",
                params={"cluster": "$cluster", "containerInstances": ["$containerInstanceArn"]},
                columns={
                    "ec2InstanceId": "ec2InstanceId",
                    "status": "status",
                    "agentConnected": "agentConnected",
                    "AvailabilityZone": "attributes[?name=='ecs.availability-zone'].value | [0]",
                },
                types={"AvailabilityZone": "VARCHAR"},
                batch=100,
                batch_items="containerInstances",
                batch_key="containerInstanceArn",
            ),
        ),
        vanished=_GONE,
    ),
    Table(
        name="ecs_task_definitions",
        description="The latest ACTIVE task definition of each family; its ARN is the family's, without a revision.",
        service="ecs",
        operation="ListTaskDefinitionFamilies",
        items="families",
        value_as="family",
        params={"status": "ACTIVE"},
        type="AWS::ECS::TaskDefinition",
        arn="arn:{partition}:ecs:{region}:{account}:task-definition/{family}",
        key=("family",),
        name_from="family",
        page_size=100,
        details=(
            Detail(
                operation="DescribeTaskDefinition",
                params={"taskDefinition": "$family", "include": ["TAGS"]},
                columns={
                    "*": "taskDefinition",
                    "containers": f"{_CONTAINERS}[].{{name: name, image: image, secrets: secrets, "
                    "privileged: privileged, readonlyRootFilesystem: readonlyRootFilesystem, "
                    "portMappings: portMappings, logDriver: logConfiguration.logDriver}",
                    "tags": "tags",
                },
                types={"containers": "JSON"},
                # Docker's volume options and a proxy's properties are free text, in which mounts have their passwords.
                omit=("containerDefinitions", "volumes", "proxyConfiguration"),
                examine=_CREDENTIALS,
                always=True,
            ),
        ),
    ),
    Table(
        name="ecs_task_definition_revisions",
        description="Every ACTIVE revision of every task definition, by its ARN.",
        service="ecs",
        operation="ListTaskDefinitions",
        items="taskDefinitionArns",
        value_as="taskDefinitionArn",
        params={"status": "ACTIVE"},
        type="AWS::ECS::TaskDefinitionRevision",
        arn="{taskDefinitionArn}",
        key=("taskDefinitionArn",),
        name_from="tail(taskDefinitionArn)",
        page_size=100,
        taggable=False,
    ),
)
