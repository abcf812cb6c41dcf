"""Elastic Load Balancing v2. https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/"""

from __future__ import annotations

import dataclasses

from auditor.model import Detail, Table

_TAGS = Detail(
    operation="DescribeTags",
    params={"ResourceArns": ["$arn"]},
    columns={"tags": "Tags"},
    batch=20,
    batch_items="TagDescriptions",
    batch_key="ResourceArn",
)

TABLES = (
    Table(
        name="elbv2_load_balancers",
        description="Application, network and gateway load balancers.",
        service="elbv2",
        operation="DescribeLoadBalancers",
        items="LoadBalancers",
        type="AWS::ElasticLoadBalancingV2::LoadBalancer",
        arn="{LoadBalancerArn}",
        key=("LoadBalancerArn",),
        name_from="LoadBalancerName",
        renames={"Type": "LoadBalancerType"},
        details=(
            _TAGS,
            Detail(
                operation="DescribeLoadBalancerAttributes",
                params={"LoadBalancerArn": "$arn"},
                columns={"Attributes": "Attributes"},
                types={"Attributes": "MAP(VARCHAR, VARCHAR)"},
            ),
        ),
        vanished=("LoadBalancerNotFound",),
    ),
    Table(
        name="elbv2_listeners",
        description="Listeners of load balancers, with their default actions.",
        service="elbv2",
        operation="DescribeListeners",
        items="Listeners",
        type="AWS::ElasticLoadBalancingV2::Listener",
        arn="{ListenerArn}",
        key=("ListenerArn",),
        parent="elbv2_load_balancers",
        parent_params={"LoadBalancerArn": "arn"},
        details=(
            _TAGS,
            Detail(
                operation="DescribeListenerCertificates",
                params={"ListenerArn": "$arn"},
                columns={"ListenerCertificates": "Certificates"},
                when="Protocol == 'HTTPS' || Protocol == 'TLS'",
            ),
        ),
        vanished=("LoadBalancerNotFound", "ListenerNotFound"),
    ),
    Table(
        name="elbv2_rules",
        description="Rules of listeners, the default one too.",
        service="elbv2",
        operation="DescribeRules",
        items="Rules",
        type="AWS::ElasticLoadBalancingV2::ListenerRule",
        arn="{RuleArn}",
        key=("RuleArn",),
        columns={"ListenerArn": "parent.arn"},
        parent="elbv2_listeners",
        parent_params={"ListenerArn": "arn"},
        details=(dataclasses.replace(_TAGS, when="!IsDefault"),),
        vanished=("ListenerNotFound", "RuleNotFound"),
    ),
    Table(
        name="elbv2_ssl_policies",
        description="The region's own table of TLS security policies, with the protocols that each offers.",
        service="elbv2",
        operation="DescribeSSLPolicies",
        items="SslPolicies",
        type="AWS::ElasticLoadBalancingV2::SslPolicy",
        arn="arn:{partition}:elasticloadbalancing:{region}:{account}:ssl-policy/{Name}",
        key=("name",),
        name_from="Name",
        taggable=False,
    ),
    Table(
        name="elbv2_target_groups",
        description="Target groups, with their health check and the load balancers that use them.",
        service="elbv2",
        operation="DescribeTargetGroups",
        items="TargetGroups",
        type="AWS::ElasticLoadBalancingV2::TargetGroup",
        arn="{TargetGroupArn}",
        key=("TargetGroupArn",),
        name_from="TargetGroupName",
        details=(_TAGS,),
        vanished=("TargetGroupNotFound",),
    ),
    Table(
        name="elbv2_target_health",
        description="Targets of target groups, with the state of their health.",
        service="elbv2",
        operation="DescribeTargetHealth",
        items="TargetHealthDescriptions",
        type="AWS::ElasticLoadBalancingV2::TargetHealth",
        arn="{parent.arn}/target/{Target.Id}/{Target.Port|}",
        key=("TargetGroupArn", "Target"),
        columns={"TargetGroupArn": "parent.arn"},
        parent="elbv2_target_groups",
        parent_params={"TargetGroupArn": "arn"},
        taggable=False,
        vanished=("TargetGroupNotFound",),
        volatile=("TargetHealth",),
    ),
)
