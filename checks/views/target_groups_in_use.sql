-- Target groups that receive traffic: a row a load balancer and target group, with the largest weight of a listener's
-- default action or of a rule that forwards to it. A weight of 0 sends nothing, so that such a group has no row for it.
-- arn: the target group's, which need not exist; listeners: ARNs of the listeners that forward to it.
WITH actions AS (
    SELECT l.arn AS listener, l.account, l.region, l.LoadBalancerArn, a.item AS action
    FROM   elbv2_listeners l, unnest(l.DefaultActions) AS a(item)
    UNION ALL
    SELECT l.arn, l.account, l.region, l.LoadBalancerArn, a.item
    FROM   elbv2_rules r
    JOIN   elbv2_listeners l ON l.account = r.account AND l.region = r.region AND l.arn = r.ListenerArn,
           unnest(r.Actions) AS a(item)
    WHERE  NOT coalesce(r.IsDefault, r.Priority = 'default')
),
forwarded AS (
    SELECT listener, account, region, LoadBalancerArn, g.item.TargetGroupArn AS arn,
           coalesce(g.item.Weight, 1) AS weight
    FROM   actions, unnest(action.ForwardConfig.TargetGroups) AS g(item)
    WHERE  action.Type = 'forward'
    UNION ALL
    SELECT listener, account, region, LoadBalancerArn, action.TargetGroupArn, 1
    FROM   actions
    WHERE  action.Type = 'forward' AND coalesce(len(action.ForwardConfig.TargetGroups), 0) = 0
)
SELECT arn, account, region, LoadBalancerArn, max(weight) AS weight,
       list(DISTINCT listener ORDER BY listener) AS listeners
FROM   forwarded
WHERE  arn IS NOT NULL AND weight > 0
GROUP  BY arn, account, region, LoadBalancerArn
