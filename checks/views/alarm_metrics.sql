-- What metric alarms watch: a row an alarm and metric, those in a metric expression each with its own.
-- metric_account: whose metric it is. is_compared: the threshold is compared with the metric itself (or with the highest
-- of several, this one among them), not with a result of arithmetic; expression: what it is compared with otherwise.
-- query: the text of an alarm on a query (Metrics Insights, PromQL), whose metrics AWS does not tell one by one.
WITH results AS (
    SELECT arn, account, region, [m for m in Metrics if coalesce(m.ReturnData, true)][1] AS result
    FROM   cloudwatch_alarms
    WHERE  len(Metrics) > 0
),
parts AS (
    SELECT a.arn, a.account, a.region, a.name, unnest(a.Metrics) AS part, r.result.Id AS result, r.result.Expression AS expression
    FROM   cloudwatch_alarms a
    JOIN   results r ON r.account = a.account AND r.region = a.region AND r.arn = a.arn
)
SELECT arn, account, region, name, Namespace, MetricName, coalesce(Dimensions, []) AS dimensions,
       account AS metric_account, coalesce(Statistic, ExtendedStatistic) AS stat, true AS is_compared,
       NULL::VARCHAR AS expression, NULL::VARCHAR AS query
FROM   cloudwatch_alarms
WHERE  MetricName IS NOT NULL
UNION ALL
SELECT arn, account, region, name, part.MetricStat.Metric.Namespace, part.MetricStat.Metric.MetricName,
       coalesce(part.MetricStat.Metric.Dimensions, []), coalesce(nullif(part.AccountId, ''), account), part.MetricStat.Stat,
       part.Id = result
       OR coalesce(regexp_full_match(expression, '\s*(' || part.Id || '|FILL\(\s*' || part.Id || '\s*,[^()]*\)|MAX\(\s*(METRICS\(\s*\)|'
                   || part.Id || '|\[(\s*\w+\s*,)*\s*' || part.Id || '\s*(,\s*\w+\s*)*\])\s*\))\s*'), false),
       expression, NULL
FROM   parts
WHERE  part.MetricStat.Metric.MetricName IS NOT NULL
UNION ALL
SELECT arn, account, region, name, NULL, NULL, [], coalesce(nullif(part.AccountId, ''), account), NULL, false, expression,
       part.Expression
FROM   parts
WHERE  regexp_matches(part.Expression, '\b(SELECT|SEARCH)\b', 'i')
UNION ALL
SELECT arn, account, region, name, NULL, NULL, [], account, NULL, false, NULL, EvaluationCriteria.PromQLCriteria.Query
FROM   cloudwatch_alarms
WHERE  EvaluationCriteria.PromQLCriteria.Query IS NOT NULL
