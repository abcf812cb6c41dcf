-- What listeners do: a row an action, of the default and of every further rule.
-- arn: the listener's; rule: 'default' or the rule's priority; action: forward, redirect, fixed-response …;
-- redirects_to: HTTP or HTTPS, where it redirects (`#{protocol}`, AWS's default, is the listener's own protocol).
WITH actions AS (
    SELECT l.arn, l.account, l.region, 'default' AS rule, d.item.Type AS action,
           d.item.RedirectConfig.Protocol AS target
    FROM   elbv2_listeners l, unnest(l.DefaultActions) AS d(item)
    UNION ALL
    SELECT r.ListenerArn, r.account, r.region, r.Priority, a.item.Type, a.item.RedirectConfig.Protocol
    FROM   elbv2_rules r, unnest(r.Actions) AS a(item)
    WHERE  NOT coalesce(r.IsDefault, r.Priority = 'default')
)
SELECT actions.arn, actions.account, actions.region, l.LoadBalancerArn, l.Protocol, actions.rule, actions.action,
       CASE WHEN actions.action <> 'redirect' THEN NULL
            WHEN coalesce(actions.target, '#{protocol}') = '#{protocol}' THEN upper(l.Protocol)
            ELSE upper(actions.target) END AS redirects_to
FROM   actions
JOIN   elbv2_listeners l ON l.account = actions.account AND l.region = actions.region AND l.arn = actions.arn
