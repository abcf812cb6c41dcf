-- Target groups that may serve a load balancer: attached to it, or in its VPC and attached to none. A row a load balancer and
-- target group, both in scope. color: the tag DeploymentColor; misspelt: tags that are that, blue or green, in other letters
-- (key=value). settings: what two groups that take each other's place have alike, each with its value in words; receives:
-- whether a listener of the load balancer forwards to the group with a weight above 0.
WITH balancers AS (
    SELECT b.arn, b.account, b.region, b.VpcId AS vpc
    FROM   elbv2_load_balancers b
    LEFT JOIN out_of_scope o ON o.arn = b.arn
    WHERE  o.arn IS NULL
),
standing AS (
    SELECT g.arn, g.account, g.region, g.name, g.VpcId AS vpc, coalesce(g.LoadBalancerArns, []) AS attached_to,
           g.tags['DeploymentColor'] AS color,
           list_filter([t.key || '=' || t.value for t in map_entries(g.tags)],
                       lambda tag: lower(tag) IN ('deploymentcolor=blue', 'deploymentcolor=green')
                                   AND tag NOT IN ('DeploymentColor=blue', 'DeploymentColor=green')) AS misspelt,
           [{'what': 'protocol', 'value': coalesce(g.Protocol, 'none') || coalesce('/' || g.ProtocolVersion, '')},
            {'what': 'port', 'value': coalesce(g.Port::VARCHAR, 'none')},
            {'what': 'VPC', 'value': coalesce(g.VpcId, 'none')},
            {'what': 'health check protocol', 'value': coalesce(g.HealthCheckProtocol, 'none')},
            {'what': 'health check port', 'value': coalesce(g.HealthCheckPort, 'none')},
            {'what': 'health check enabled', 'value': coalesce(g.HealthCheckEnabled, true)::VARCHAR},
            {'what': 'health check path', 'value': coalesce(g.HealthCheckPath, 'none')},
            {'what': 'health check interval', 'value': coalesce(g.HealthCheckIntervalSeconds::VARCHAR, 'none')},
            {'what': 'health check timeout', 'value': coalesce(g.HealthCheckTimeoutSeconds::VARCHAR, 'none')},
            {'what': 'healthy threshold', 'value': coalesce(g.HealthyThresholdCount::VARCHAR, 'none')},
            {'what': 'unhealthy threshold', 'value': coalesce(g.UnhealthyThresholdCount::VARCHAR, 'none')},
            {'what': 'health check matcher', 'value': coalesce(g.Matcher.HttpCode, g.Matcher.GrpcCode, 'none')}] AS settings
    FROM   elbv2_target_groups g
    LEFT JOIN out_of_scope o ON o.arn = g.arn
    WHERE  o.arn IS NULL
)
SELECT b.arn AS balancer, g.account, g.region, g.arn, g.name, g.color, g.misspelt, g.settings, u.arn IS NOT NULL AS receives
FROM   balancers b
JOIN   standing g ON g.account = b.account AND g.region = b.region
                 AND (list_contains(g.attached_to, b.arn) OR (g.vpc = b.vpc AND len(g.attached_to) = 0))
LEFT JOIN target_groups_in_use u ON u.account = g.account AND u.region = g.region AND u.arn = g.arn AND u.LoadBalancerArn = b.arn
