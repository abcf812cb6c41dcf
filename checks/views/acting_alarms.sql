-- What metric alarms watch, with what comes of it: alarm_metrics, and acts: the alarm (or a composite alarm that it sets
-- off) has an action that is enabled; NULL where that depends on a rule that cannot be read.
WITH actions AS (
    SELECT account, region, arn, bool_or(fires) AS acts, count(*) > 0 AS may_act
    FROM   alarm_actions WHERE enabled AND action <> ''
    GROUP BY account, region, arn
)
SELECT m.arn, m.account, m.region, m.name, m.Namespace, m.MetricName, m.dimensions, m.metric_account, m.query,
       CASE WHEN a.arn IS NULL THEN false WHEN a.acts THEN true END AS acts
FROM   alarm_metrics m
LEFT JOIN actions a ON a.account = m.account AND a.region = m.region AND a.arn = m.arn
