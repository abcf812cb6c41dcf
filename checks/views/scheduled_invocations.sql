-- Whether schedules may invoke the functions that they name: a row a schedule and function of its own account and region.
-- A rule without a role asks the function's resource policy; a role must exist, trust the service, and allow
-- lambda:InvokeFunction on the function. may_invoke is NULL where doubt says why it cannot be told; problem: why not.
WITH pairs AS (
    SELECT DISTINCT schedule_arn, account, region, function_arn, qualifier, target_arn, role_arn, service
    FROM   scheduled_functions WHERE function_arn IS NOT NULL
),
permissions AS (
    SELECT n.schedule_arn, n.account, n.region, n.target_arn, p.allows,
           [CASE c.key WHEN 'aws:sourceaccount' THEN len([t for t in c.patterns if n.account GLOB t]) > 0
                       WHEN 'aws:sourcearn' THEN len([t for t in c.patterns if n.schedule_arn GLOB t]) > 0 END <> c.negated
            for c in p.conditions] AS held
    FROM   pairs n
    JOIN   function_permissions p ON p.account = n.account AND p.region = n.region AND p.arn = n.function_arn
    WHERE  n.role_arn IS NULL AND (p.allows IS NULL OR p.anyone OR list_contains(p.services, n.service))
),
judged AS (
    SELECT schedule_arn, account, region, target_arn, allows,
           CASE WHEN list_contains(held, false) THEN false WHEN len([h for h in held if h IS NULL]) = 0 THEN true END AS holds
    FROM   permissions
),
admitted AS (
    SELECT schedule_arn, account, region, target_arn,
           coalesce(bool_or(allows), false) AS is_named,
           count(*) FILTER (WHERE allows AND holds) > 0 AS is_allowed,
           count(*) FILTER (WHERE (allows AND holds IS NULL) OR allows IS NULL) > 0 AS may_be_allowed,
           count(*) FILTER (WHERE NOT allows AND holds) > 0 AS is_denied,
           count(*) FILTER (WHERE (NOT allows AND holds IS NULL) OR allows IS NULL) > 0 AS may_be_denied
    FROM   judged GROUP BY schedule_arn, account, region, target_arn
),
allowed AS (
    SELECT n.schedule_arn, n.account, n.region, n.target_arn,
           coalesce(bool_or(len([r for r in a.resources if n.target_arn GLOB r]) > 0 AND NOT a.conditioned AND a.problem IS NULL), false)
               AS is_allowed,
           coalesce(bool_or(a.problem IS NOT NULL OR (a.conditioned AND len([r for r in a.resources if n.target_arn GLOB r]) > 0)), false)
               AS may_be_allowed
    FROM   pairs n
    JOIN   iam_role_allows a ON a.account = n.account AND a.arn = n.role_arn AND (a.action = 'lambda:InvokeFunction' OR a.action IS NULL)
    GROUP BY n.schedule_arn, n.account, n.region, n.target_arn
),
told AS (
    SELECT n.schedule_arn, n.account, n.region, n.function_arn, n.target_arn,
           CASE WHEN n.role_arn IS NULL THEN
                CASE WHEN n.qualifier IS NOT NULL OR n.service = 'scheduler.amazonaws.com' THEN NULL
                     WHEN p.is_denied THEN 'whose resource policy denies it to ' || n.service
                     WHEN coalesce(p.is_allowed OR p.may_be_allowed, false) THEN NULL
                     WHEN p.is_named THEN 'whose resource policy lets ' || n.service || ' invoke it, but not for this schedule'
                     ELSE 'whose resource policy does not let ' || n.service || ' invoke it' END
                WHEN string_split(n.role_arn, ':')[5] <> n.account THEN NULL
                WHEN w.arn IS NULL THEN 'but its role ' || n.role_arn || ' does not exist'
                WHEN NOT list_contains(w.services, n.service) THEN 'but its role ' || n.role_arn || ' does not trust ' || n.service
                WHEN coalesce(a.is_allowed OR a.may_be_allowed, false) THEN NULL
                ELSE 'but its role ' || n.role_arn || ' does not allow lambda:InvokeFunction on it' END AS problem,
           CASE WHEN n.role_arn IS NULL THEN
                CASE WHEN n.service = 'scheduler.amazonaws.com' THEN 'AWS does not tell its role'
                     WHEN n.qualifier IS NOT NULL THEN 'who may invoke its version or alias ' || n.qualifier || ' was not collected'
                     WHEN NOT coalesce(p.is_allowed, false) OR p.may_be_denied
                     THEN 'its resource policy has statements or conditions that cannot be judged' END
                WHEN string_split(n.role_arn, ':')[5] <> n.account THEN 'the role ' || n.role_arn || ' is of another account'
                WHEN w.services IS NULL THEN 'the trust policy of ' || n.role_arn || ' cannot be read'
                WHEN NOT coalesce(a.is_allowed, false)
                THEN 'what ' || n.role_arn || ' allows depends on conditions or policies that cannot be judged' END AS doubt
    FROM   pairs n
    LEFT JOIN admitted p ON p.account = n.account AND p.region = n.region AND p.schedule_arn = n.schedule_arn AND p.target_arn = n.target_arn
    LEFT JOIN allowed a  ON a.account = n.account AND a.region = n.region AND a.schedule_arn = n.schedule_arn AND a.target_arn = n.target_arn
    LEFT JOIN workload_roles w ON w.account = n.account AND w.arn = n.role_arn
)
SELECT schedule_arn, account, region, function_arn, target_arn, problem, CASE WHEN problem IS NULL THEN doubt END AS doubt,
       CASE WHEN problem IS NOT NULL THEN false WHEN doubt IS NULL THEN true END AS may_invoke
FROM   told
