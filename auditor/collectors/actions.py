"""Which operations may be called at all, and the IAM action that each takes.

The list is reviewed by hand: an operation that is not on it is refused before it is sent (`session.py`), whatever a
declaration says. What reads a secret's or a parameter's value can never be on it.
"""

from __future__ import annotations

from auditor.model import Action

READ_ONLY: frozenset[str] = frozenset(
    {
        "ec2:DescribeInternetGateways",
        "ec2:DescribeNatGateways",
        "ec2:DescribeRegions",
        "ec2:DescribeRouteTables",
        "ec2:DescribeSecurityGroups",
        "ec2:DescribeSubnets",
        "ec2:DescribeVpcAttribute",
        "ec2:DescribeVpcs",
        "elbv2:DescribeListeners",
        "elbv2:DescribeLoadBalancerAttributes",
        "elbv2:DescribeLoadBalancers",
        "elbv2:DescribeRules",
        "elbv2:DescribeSSLPolicies",
        "elbv2:DescribeTags",
        "elbv2:DescribeTargetGroups",
        "elbv2:DescribeTargetHealth",
        "iam:GetAccountAuthorizationDetails",
        "iam:ListPolicyTags",
        "kms:DescribeKey",
        "kms:GetKeyPolicy",
        "kms:GetKeyRotationStatus",
        "kms:ListAliases",
        "kms:ListKeys",
        "kms:ListResourceTags",
        "lambda:GetFunctionConfiguration",
        "lambda:GetPolicy",
        "lambda:ListFunctions",
        "lambda:ListTags",
        "organizations:ListAccounts",
        "organizations:ListAccountsForParent",
        "organizations:ListOrganizationalUnitsForParent",
        "rds:DescribeDBClusters",
        "rds:DescribeDBEngineVersions",
        "rds:DescribeDBInstances",
        "rds:DescribeDBSubnetGroups",
        "rds:DescribeGlobalClusters",
        "rds:ListTagsForResource",
        "route53:ListHealthChecks",
        "route53:ListHostedZones",
        "route53:ListResourceRecordSets",
        "route53:ListTagsForResources",
        "secretsmanager:DescribeSecret",
        "secretsmanager:GetResourcePolicy",
        "secretsmanager:ListSecrets",
        "sts:AssumeRole",
        "sts:GetCallerIdentity",
    }
)
"""`service:Operation`, with botocore's service names."""

FORBIDDEN: frozenset[str] = frozenset(
    {
        "secretsmanager:GetSecretValue",
        "secretsmanager:BatchGetSecretValue",
        "ssm:GetParameter",
        "ssm:GetParameters",
        "ssm:GetParametersByPath",
        "ssm:GetParameterHistory",
        "lambda:GetFunction",
        "kms:Decrypt",
        "s3:GetObject",
    }
)
"""Operations that read values or code; a test keeps them off the list."""

_PREFIX = {"elbv2": "elasticloadbalancing"}
"""botocore's service name -> IAM prefix, where the two differ (Service Authorization Reference)."""


def iam_prefix(service: str) -> str:
    """The IAM prefix of botocore's service name: `elbv2` -> `elasticloadbalancing`."""
    return _PREFIX.get(service, service)


def action(service: str, operation: str) -> Action:
    """The operation with the IAM action that it takes (Service Authorization Reference)."""
    return Action(service, operation, f"{iam_prefix(service)}:{operation}")
