"""The known ways from some privileges to more: which actions they take, and on what (IAM-05).

Sources: Rhino Security Labs, "AWS IAM privilege escalation: methods and mitigation" (21 methods), and what others have
added since (Bishop Fox, "IAM vulnerable"; Datadog, pathfinding.cloud), without AWS CodeStar's, which is shut down. The
actions' names and resources are those of the Service Authorization Reference.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

TARGETS: Mapping[str, tuple[str, ...]] = {
    "role": ("arn:{partition}:iam::{account}:role/{name}", "arn:{partition}:iam::{account}:role/{name}/{name}"),
    "user": ("arn:{partition}:iam::{account}:user/{name}", "arn:{partition}:iam::{account}:user/{name}/{name}"),
    "group": ("arn:{partition}:iam::{account}:group/{name}", "arn:{partition}:iam::{account}:group/{name}/{name}"),
    "policy": ("arn:{partition}:iam::{account}:policy/{name}", "arn:{partition}:iam::{account}:policy/{name}/{name}"),
    "function": ("arn:{partition}:lambda:{region}:{account}:function:{name}",),
    "instance": ("arn:{partition}:ec2:{region}:{account}:instance/i-{name}",),
    "managed instance": ("arn:{partition}:ssm:{region}:{account}:managed-instance/mi-{name}",),
    "shell document": ("arn:{partition}:ssm:{region}::document/AWS-RunShellScript",),
    "launch template": ("arn:{partition}:ec2:{region}:{account}:launch-template/lt-{name}",),
    "stack": ("arn:{partition}:cloudformation:{region}:{account}:stack/{name}/{name}",),
    "dev endpoint": ("arn:{partition}:glue:{region}:{account}:devEndpoint/{name}",),
    "glue job": ("arn:{partition}:glue:{region}:{account}:job/{name}",),
    "notebook": ("arn:{partition}:sagemaker:{region}:{account}:notebook-instance/{name}",),
    "user profile": ("arn:{partition}:sagemaker:{region}:{account}:user-profile/{name}/{name}",),
    "build project": ("arn:{partition}:codebuild:{region}:{account}:project/{name}",),
    "task": ("arn:{partition}:ecs:{region}:{account}:task/{name}/{name}",),
    "state machine": ("arn:{partition}:states:{region}:{account}:stateMachine:{name}",),
    "pipeline": ("arn:{partition}:datapipeline:{region}:{account}:pipeline/{name}",),
    "app runner service": ("arn:{partition}:apprunner:{region}:{account}:service/{name}/{name}",),
    "emr cluster": ("arn:{partition}:elasticmapreduce:{region}:{account}:cluster/{name}",),
    "code interpreter": ("arn:{partition}:bedrock-agentcore:{region}:{account}:code-interpreter-custom/{name}",),
}
"""Kind of target -> ARNs of one with a name that nobody has heard of: what is allowed on it is allowed on any."""


@dataclass(frozen=True, slots=True)
class Need:
    """An action that a method takes, and the kind of target that it must be allowed on; empty: on anything at all."""

    action: str
    on: str = ""


@dataclass(frozen=True, slots=True)
class Method:
    """A way to more privilege: all its needs together."""

    needs: tuple[Need, ...]
    passes: str = ""
    """The service (`lambda`) that a role is passed to, where iam:PassRole is one of the needs."""
    together: bool = False
    """True: the needs are about one and the same role, which may be any that the policies name, be it in part."""
    when_bounded: bool = False
    """True: a way only for who has a permissions boundary, which it takes off."""

    @property
    def name(self) -> str:
        """The actions, as `iam:PassRole + lambda:CreateFunction`."""
        return " + ".join(need.action for need in self.needs)


def _on(kind: str, *actions: str) -> Method:
    return Method(tuple(Need(action, kind) for action in actions))


def _pass(service: str, *actions: str) -> Method:
    return Method((Need("iam:PassRole", "role"), *(Need(action) for action in actions)), passes=service)


def _with_changed_role(then: Method) -> tuple[Method, ...]:
    """Return the ways of giving more to a role of one's own choice, and then using it by a method on a role."""
    return tuple(
        Method((Need(change, "role"), *then.needs), passes=then.passes, together=True)
        for change in ("iam:PutRolePolicy", "iam:AttachRolePolicy")
    )


_CHANGES_IDENTITIES = (
    _on("policy", "iam:CreatePolicyVersion"),
    _on("policy", "iam:SetDefaultPolicyVersion"),
    _on("role", "iam:PutRolePolicy"),
    _on("role", "iam:AttachRolePolicy"),
    _on("role", "iam:UpdateAssumeRolePolicy"),
    _on("user", "iam:PutUserPolicy"),
    _on("user", "iam:AttachUserPolicy"),
    _on("user", "iam:CreateAccessKey"),
    _on("user", "iam:CreateLoginProfile"),
    _on("user", "iam:UpdateLoginProfile"),
    _on("group", "iam:AddUserToGroup"),
    _on("group", "iam:PutGroupPolicy"),
    _on("group", "iam:AttachGroupPolicy"),
    _on("role", "sts:AssumeRole"),
    Method((Need("iam:DeleteRolePermissionsBoundary", "role"),), when_bounded=True),
    Method((Need("iam:PutRolePermissionsBoundary", "role"),), when_bounded=True),
    Method((Need("iam:DeleteUserPermissionsBoundary", "user"),), when_bounded=True),
    Method((Need("iam:PutUserPermissionsBoundary", "user"),), when_bounded=True),
    Method((Need("sso:CreateAccountAssignment"), Need("sso:PutInlinePolicyToPermissionSet"))),
    Method((Need("sso:CreateAccountAssignment"), Need("sso:AttachManagedPolicyToPermissionSet"))),
)

_PASSES_A_ROLE = (
    _pass("lambda", "lambda:CreateFunction"),
    _pass("lambda", "lambda:UpdateFunctionConfiguration", "lambda:UpdateFunctionCode"),
    _pass("ec2", "ec2:RunInstances"),
    _pass("ec2", "ec2:RequestSpotInstances"),
    _pass("ec2", "ec2:AssociateIamInstanceProfile"),
    _pass("ec2", "ec2:ReplaceIamInstanceProfileAssociation"),
    _pass("ec2", "iam:AddRoleToInstanceProfile"),
    _pass("ec2", "autoscaling:CreateLaunchConfiguration", "autoscaling:CreateAutoScalingGroup"),
    _pass("ec2", "autoscaling:CreateLaunchConfiguration", "autoscaling:UpdateAutoScalingGroup"),
    _pass("cloudformation", "cloudformation:CreateStack"),
    _pass("cloudformation", "cloudformation:UpdateStack"),
    _pass("cloudformation", "cloudformation:CreateChangeSet", "cloudformation:ExecuteChangeSet"),
    _pass("cloudformation", "cloudformation:CreateStackSet", "cloudformation:CreateStackInstances"),
    _pass("cloudformation", "cloudformation:UpdateStackSet"),
    _pass("glue", "glue:CreateDevEndpoint"),
    _pass("glue", "glue:CreateJob", "glue:StartJobRun"),
    _pass("glue", "glue:CreateJob", "glue:CreateTrigger"),
    _pass("glue", "glue:UpdateJob", "glue:StartJobRun"),
    _pass("glue", "glue:CreateSession", "glue:RunStatement"),
    _pass("datapipeline", "datapipeline:CreatePipeline", "datapipeline:PutPipelineDefinition"),
    _pass("sagemaker", "sagemaker:CreateNotebookInstance"),
    _pass("sagemaker", "sagemaker:CreateTrainingJob"),
    _pass("sagemaker", "sagemaker:CreateProcessingJob"),
    _pass("sagemaker", "sagemaker:CreateUserProfile", "sagemaker:CreatePresignedDomainUrl"),
    _pass("codebuild", "codebuild:CreateProject", "codebuild:StartBuild"),
    _pass("codebuild", "codebuild:UpdateProject", "codebuild:StartBuild"),
    _pass("codebuild", "codebuild:CreateProject", "codebuild:StartBuildBatch"),
    _pass("codepipeline", "codepipeline:CreatePipeline"),
    _pass("ecs-tasks", "ecs:RunTask"),
    _pass("ecs-tasks", "ecs:StartTask"),
    _pass("ecs-tasks", "ecs:RegisterTaskDefinition", "ecs:CreateService"),
    _pass("ecs-tasks", "ecs:RegisterTaskDefinition", "ecs:UpdateService"),
    _pass("ecs-tasks", "batch:RegisterJobDefinition", "batch:SubmitJob"),
    _pass("pods.eks", "eks:CreatePodIdentityAssociation"),
    _pass("states", "states:CreateStateMachine"),
    _pass("states", "states:UpdateStateMachine"),
    _pass("events", "events:PutTargets"),
    _pass("scheduler", "scheduler:CreateSchedule"),
    _pass("scheduler", "scheduler:UpdateSchedule"),
    _pass("pipes", "pipes:CreatePipe"),
    _pass("ssm", "ssm:StartAutomationExecution"),
    _pass("tasks.apprunner", "apprunner:CreateService"),
    _pass("ec2", "elasticmapreduce:RunJobFlow"),
    _pass("emr-serverless", "emr-serverless:CreateApplication", "emr-serverless:StartJobRun"),
    _pass("bedrock-agentcore", "bedrock-agentcore:CreateCodeInterpreter", "bedrock-agentcore:InvokeCodeInterpreter"),
    _pass("bedrock-agentcore", "bedrock-agentcore:CreateAgentRuntime", "bedrock-agentcore:InvokeAgentRuntime"),
    _pass("cognito-identity", "cognito-identity:SetIdentityPoolRoles"),
    _pass("rolesanywhere", "rolesanywhere:CreateTrustAnchor", "rolesanywhere:CreateProfile"),
)

_TAKES_OVER_WHAT_RUNS = (
    _on("function", "lambda:UpdateFunctionCode"),
    _on("function", "lambda:UpdateFunctionConfiguration"),
    _on("instance", "ec2:ModifyInstanceAttribute", "ec2:StopInstances", "ec2:StartInstances"),
    _on("launch template", "ec2:CreateLaunchTemplateVersion", "ec2:ModifyLaunchTemplate"),
    _on("instance", "ec2-instance-connect:SendSSHPublicKey"),
    _on("instance", "ec2-instance-connect:SendSerialConsoleSSHPublicKey"),
    Method((Need("ssm:SendCommand", "instance"), Need("ssm:SendCommand", "shell document"))),
    Method((Need("ssm:SendCommand", "managed instance"), Need("ssm:SendCommand", "shell document"))),
    _on("instance", "ssm:StartSession"),
    _on("managed instance", "ssm:StartSession"),
    Method((Need("ssm:CreateAssociation", "instance"), Need("ssm:CreateAssociation", "shell document"))),
    _on("stack", "cloudformation:UpdateStack"),
    _on("stack", "cloudformation:CreateChangeSet", "cloudformation:ExecuteChangeSet"),
    _on("dev endpoint", "glue:UpdateDevEndpoint"),
    _on("glue job", "glue:UpdateJob"),
    _on("notebook", "sagemaker:CreatePresignedNotebookInstanceUrl"),
    _on(
        "notebook",
        "sagemaker:StopNotebookInstance",
        "sagemaker:UpdateNotebookInstance",
        "sagemaker:StartNotebookInstance",
    ),
    _on("user profile", "sagemaker:CreatePresignedDomainUrl"),
    _on("build project", "codebuild:StartBuild"),
    _on("build project", "codebuild:StartBuildBatch"),
    _on("build project", "codebuild:UpdateProject"),
    _on("task", "ecs:ExecuteCommand"),
    _on("state machine", "states:UpdateStateMachine"),
    _on("pipeline", "datapipeline:PutPipelineDefinition"),
    _on("app runner service", "apprunner:UpdateService"),
    _on("emr cluster", "elasticmapreduce:AddJobFlowSteps"),
    _on(
        "code interpreter",
        "bedrock-agentcore:StartCodeInterpreterSession",
        "bedrock-agentcore:InvokeCodeInterpreter",
    ),
)

_CHANGES_A_ROLE_AND_USES_IT = tuple(
    method for then in (_on("role", "sts:AssumeRole"), *_PASSES_A_ROLE) for method in _with_changed_role(then)
)

METHODS: tuple[Method, ...] = (
    *_CHANGES_IDENTITIES,
    *_PASSES_A_ROLE,
    *_TAKES_OVER_WHAT_RUNS,
    *_CHANGES_A_ROLE_AND_USES_IT,
)
"""Every method. Invoking what was made is left out where others, or the service itself, may do it."""

ACTIONS: tuple[str, ...] = tuple(sorted({need.action for method in METHODS for need in method.needs}))
"""Every action that some method takes."""

CREDENTIALS: tuple[str, ...] = (
    "sts:AssumeRole",
    "iam:CreateAccessKey",
    "iam:CreateLoginProfile",
    "sts:GetFederationToken",
    "appsync:ListApiKeys",
    "chime:CreateApiKey",
    "chime:RegenerateSecurityToken",
    "codeartifact:GetAuthorizationToken",
    "codepipeline:PollForJobs",
    "cognito-identity:GetCredentialsForIdentity",
    "cognito-identity:GetOpenIdToken",
    "cognito-identity:GetOpenIdTokenForDeveloperIdentity",
    "cognito-idp:DescribeUserPoolClient",
    "connect:GetFederationToken",
    "ec2-instance-connect:SendSSHPublicKey",
    "ec2:GetPasswordData",
    "ecr-public:GetAuthorizationToken",
    "ecr:GetAuthorizationToken",
    "elasticmapreduce:GetClusterSessionCredentials",
    "gamelift:GetComputeAuthToken",
    "gamelift:GetInstanceAccess",
    "gamelift:RequestUploadCredentials",
    "iam:CreateServiceSpecificCredential",
    "iam:ResetServiceSpecificCredential",
    "iam:UpdateAccessKey",
    "lightsail:DownloadDefaultKeyPair",
    "lightsail:GetBucketAccessKeys",
    "lightsail:GetInstanceAccessDetails",
    "lightsail:GetRelationalDatabaseMasterUserPassword",
    "mediapackage:RotateChannelCredentials",
    "mediapackage:RotateIngestEndpointCredentials",
    "rds-db:connect",
    "redshift-serverless:GetCredentials",
    "redshift:GetClusterCredentials",
    "redshift:GetClusterCredentialsWithIAM",
    "s3:GetDataAccess",
    "snowball:GetJobUnlockCode",
    "storagegateway:DescribeChapCredentials",
    "sts:AssumeRoleWithSAML",
    "sts:AssumeRoleWithWebIdentity",
    "sts:GetSessionToken",
)
"""Actions whose answers are credentials: keys, tokens, passwords, or a login that takes nothing else.

What gives most stands first.
"""
