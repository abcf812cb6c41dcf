-- Task states of state machines, one row for each resource that a task works with, or that it runs.
-- arn, account, region, name, status: the machine's. task, path: the task's state, and the states around it. what: function,
-- activity, state machine, task definition, cluster, topic, table, listener, target group, load balancer; NULL for a task
-- that works with none of these: its service's API, which is always there. target: as the definition names it.
-- target_exists is NULL where that cannot be told: it is only known at run time, or belongs to another account. What a
-- task merely hands on (topics, tables, what is behind a load balancer) and is only known at run time has no row.
-- Step Functions reaches no other region (Developer Guide, "Accessing resources in other AWS accounts").
WITH machines AS (
    SELECT arn, account, region, name, status, unnest(States -> '$[*]') AS content FROM stepfunctions_state_machines
),
tasks AS (
    SELECT arn, account, region, name, status, content ->> '$.name' AS task, content ->> '$.path' AS path,
           content ->> '$.resource' AS integration,
           try_cast(content -> '$.arguments' AS MAP(VARCHAR, VARCHAR)) AS given
    FROM   machines WHERE content ->> '$.type' = 'Task'
),
services AS (
    SELECT arn, account, region, name, status, task, path, integration, given,
           regexp_extract(integration, '^arn:[a-z-]+:states:[a-z0-9-]*:(aws)?:(aws-sdk:)?([a-z0-9-]+):', 3) AS called,
           lower(regexp_extract(integration, '([A-Za-z]+)(\.[A-Za-z]+(:\d+)?)?$', 1)) AS operation
    FROM   tasks
),
kinds AS (
    SELECT 'lambda' AS called, 'FunctionName' AS member, 'function' AS what, true AS is_run
    UNION ALL SELECT 'states', 'StateMachineArn', 'state machine', true
    UNION ALL SELECT 'sfn', 'StateMachineArn', 'state machine', true
    UNION ALL SELECT 'ecs', 'TaskDefinition', 'task definition', true
    UNION ALL SELECT 'ecs', 'Cluster', 'cluster', false
    UNION ALL SELECT 'sns', 'TopicArn', 'topic', false
    UNION ALL SELECT 'dynamodb', 'TableName', 'table', false
    UNION ALL SELECT 'elasticloadbalancingv2', 'ListenerArn', 'listener', false
    UNION ALL SELECT 'elasticloadbalancingv2', 'TargetGroupArn', 'target group', false
    UNION ALL SELECT 'elasticloadbalancingv2', 'LoadBalancerArn', 'load balancer', false
),
targets AS (
    SELECT s.arn, s.account, s.region, s.name, s.status, s.task, s.path, k.what, s.given[k.member] AS target
    FROM   services s
    JOIN   kinds k ON k.called = s.called
    WHERE  (k.is_run AND s.operation IN ('invoke', 'startexecution', 'startsyncexecution', 'runtask'))
       OR  s.given[k.member] <> '?'
    UNION ALL
    SELECT arn, account, region, name, status, task, path,
           CASE WHEN integration GLOB 'arn:*:lambda:*:function:*' THEN 'function'
                WHEN integration GLOB 'arn:*:states:*:activity:*' THEN 'activity'
                WHEN integration = '?' THEN 'resource' ELSE 'resource of no known kind' END, integration
    FROM   services WHERE called = ''
),
named AS (
    SELECT arn, account, region, name, status, task, path, what, nullif(coalesce(target, '?'), '?') AS target,
           -- split_part of a column that is NULL throughout, compared with another, is an error of DuckDB 2.0.0's.
           CASE WHEN target LIKE 'arn:%' THEN split_part(coalesce(target, ''), ':', 4) ELSE region END AS target_region,
           CASE WHEN target LIKE 'arn:%' THEN split_part(coalesce(target, ''), ':', 5)
                WHEN what = 'function'
                THEN coalesce(nullif(regexp_extract(target, '^(\d{12}):function:', 1), ''), account)
                ELSE account END AS target_account,
           -- The name without ARN and qualifier: function:NAME:ALIAS, stateMachine:NAME:VERSION.
           CASE what WHEN 'function' THEN regexp_extract(target, '^(?:(?:arn:.*:|\d{12}:)?function:)?([^:]+)', 1)
                     WHEN 'activity' THEN regexp_extract(target, ':activity:([^:]+)', 1)
                     WHEN 'state machine' THEN regexp_extract(target, ':stateMachine:([^:/]+)', 1)
                     WHEN 'task definition' THEN regexp_extract(target, '^(?:arn:.*:task-definition/)?(.+)$', 1)
                     WHEN 'cluster' THEN regexp_extract(target, '^(?:arn:.*:cluster/)?(.+)$', 1)
                     WHEN 'topic' THEN regexp_extract(target, '([^:]+)$', 1)
                     WHEN 'table' THEN regexp_extract(target, '^(?:arn:.*:table/)?([^/]+)', 1)
                     ELSE target END AS target_name
    FROM   targets
),
existing AS (
    SELECT 'function' AS what, account, region, name AS called_name FROM lambda_functions
    UNION ALL SELECT 'activity', account, region, name FROM stepfunctions_activities
    UNION ALL SELECT 'state machine', account, region, name FROM stepfunctions_state_machines
    UNION ALL SELECT 'task definition', account, region, name FROM ecs_task_definition_revisions
    UNION ALL SELECT DISTINCT 'task definition', account, region, regexp_replace(name, ':\d+$', '')
              FROM ecs_task_definition_revisions
    UNION ALL SELECT 'cluster', account, region, name FROM ecs_clusters WHERE coalesce(status, 'ACTIVE') <> 'INACTIVE'
    UNION ALL SELECT 'topic', account, region, regexp_extract(arn, '([^:]+)$', 1) FROM sns_topics
    UNION ALL SELECT 'table', account, region, name FROM dynamodb_tables
    UNION ALL SELECT 'listener', account, region, arn FROM elbv2_listeners
    UNION ALL SELECT 'target group', account, region, arn FROM elbv2_target_groups
    UNION ALL SELECT 'load balancer', account, region, arn FROM elbv2_load_balancers
)
SELECT n.arn, n.account, n.region, n.name, n.status, n.task, n.path, n.what, n.target,
       CASE WHEN n.target IS NULL THEN NULL
            WHEN n.what = 'resource of no known kind' OR n.target_region <> n.region THEN false
            WHEN n.target_account <> n.account THEN NULL
            ELSE e.called_name IS NOT NULL END AS target_exists
FROM   named n
LEFT JOIN existing e
       ON e.what = n.what AND e.account = n.account AND e.region = n.region AND e.called_name = n.target_name
UNION ALL
SELECT s.arn, s.account, s.region, s.name, s.status, s.task, s.path, NULL, NULL, true
FROM   services s
LEFT JOIN targets t ON t.arn = s.arn AND t.account = s.account AND t.task = s.task AND t.path = s.path
WHERE  s.called <> '' AND t.arn IS NULL
