-- Functions that are subscribed to SNS topics of their account: a row a confirmed subscription. function_exists is NULL
-- where the audit does not look at the function's account and region. may_invoke: the function's resource policy lets SNS
-- invoke it for this topic; NULL where that cannot be told. role: the function's.
WITH pairs AS (
    SELECT DISTINCT s.account, s.region, s.TopicArn AS topic_arn, s.EndpointArn AS endpoint,
           string_split(s.EndpointArn, ':')[5] AS function_account, string_split(s.EndpointArn, ':')[4] AS function_region,
           array_to_string(string_split(s.EndpointArn, ':')[1:7], ':') AS function_arn,
           nullif(string_split(s.EndpointArn, ':')[8], '') AS qualifier
    FROM   sns_subscriptions s
    WHERE  s.Protocol = 'lambda' AND starts_with(s.SubscriptionArn, 'arn:') AND s.EndpointArn IS NOT NULL
),
permissions AS (
    SELECT n.topic_arn, n.endpoint, p.allows,
           [CASE c.key WHEN 'aws:sourceaccount' THEN len([t for t in c.patterns if n.account GLOB t]) > 0
                       WHEN 'aws:sourcearn' THEN len([t for t in c.patterns if n.topic_arn GLOB t]) > 0 END <> c.negated
            for c in p.conditions] AS held
    FROM   pairs n
    JOIN   function_permissions p ON p.account = n.function_account AND p.region = n.function_region AND p.arn = n.function_arn
    WHERE  p.allows IS NULL OR p.anyone OR list_contains(p.services, 'sns.amazonaws.com')
),
judged AS (
    SELECT topic_arn, endpoint, allows,
           CASE WHEN list_contains(held, false) THEN false WHEN len([h for h in held if h IS NULL]) = 0 THEN true END AS holds
    FROM   permissions
),
admitted AS (
    SELECT topic_arn, endpoint,
           count(*) FILTER (WHERE allows AND holds) > 0 AS is_allowed,
           count(*) FILTER (WHERE (allows AND holds IS NULL) OR allows IS NULL) > 0 AS may_be_allowed,
           count(*) FILTER (WHERE NOT allows AND holds) > 0 AS is_denied,
           count(*) FILTER (WHERE (NOT allows AND holds IS NULL) OR allows IS NULL) > 0 AS may_be_denied
    FROM   judged GROUP BY topic_arn, endpoint
)
SELECT n.account, n.region, n.topic_arn, n.endpoint, n.function_arn, n.function_account, n.function_region, n.qualifier,
       CASE WHEN looked_at.region IS NOT NULL THEN f.arn IS NOT NULL END AS function_exists, f.State AS state, f.Role AS role,
       CASE WHEN n.qualifier IS NOT NULL OR looked_at.region IS NULL THEN NULL
            WHEN a.is_denied THEN false
            WHEN a.is_allowed AND NOT a.may_be_denied THEN true
            WHEN coalesce(a.is_allowed OR a.may_be_allowed, false) THEN NULL
            ELSE false END AS may_invoke
FROM   pairs n
LEFT JOIN audit_regions looked_at ON looked_at.account = n.function_account AND looked_at.region = n.function_region
LEFT JOIN lambda_functions f ON f.account = n.function_account AND f.region = n.function_region AND f.arn = n.function_arn
LEFT JOIN admitted a ON a.topic_arn = n.topic_arn AND a.endpoint = n.endpoint
