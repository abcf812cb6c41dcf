-- Roles, one row each, with the AWS services that their trust policies let in.
-- services: short names (lambda, ecs-tasks, monitoring.rds) with the one region that they are let in from, NULL for all
-- of them. trusted: the principals as they are written. is_unreadable: the trust policy is malformed, and lets nobody in.
WITH trusted AS (
    SELECT arn, account,
           list(DISTINCT principal ORDER BY principal) FILTER (WHERE kind = 'service') AS principals,
           count(*) FILTER (WHERE kind = 'malformed document') > 0 AS is_unreadable
    FROM   iam_trusts GROUP BY arn, account
)
SELECT r.arn, r.account, r.name, r.Path AS path, coalesce(t.principals, []) AS trusted,
       [{'service': regexp_replace(lower(p), '(\.[a-z]{2}(-[a-z]+)+-\d+)?\.amazonaws\.com(\.cn)?$', ''),
         'region': nullif(regexp_extract(lower(p), '\.([a-z]{2}(-[a-z]+)+-\d+)\.amazonaws\.com(\.cn)?$', 1), '')}
        for p in coalesce(t.principals, [])] AS services,
       coalesce(t.is_unreadable, false) AS is_unreadable,
       [p.PolicyArn for p in coalesce(r.AttachedManagedPolicies, [])] AS managed_policies
FROM   iam_roles r
LEFT JOIN trusted t ON t.account = r.account AND t.arn = r.arn
