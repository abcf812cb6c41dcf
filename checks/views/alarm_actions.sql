-- What metric alarms set off when they go into ALARM: a row an alarm and action, its own or those of a composite alarm
-- that it sets off by itself (through: that one's name). enabled: the actions of the alarm that has them are enabled.
-- fires: NULL where the composite alarm's rule cannot be read.
SELECT arn, account, region, name, NULL::VARCHAR AS through, unnest(AlarmActions) AS action,
       coalesce(ActionsEnabled, true) AS enabled, true AS fires
FROM   cloudwatch_alarms
UNION ALL
SELECT a.arn, a.account, a.region, a.name, c.name, unnest(c.AlarmActions), coalesce(c.ActionsEnabled, true), r.fires
FROM   alarm_rules r
JOIN   cloudwatch_alarms a ON a.account = r.account AND a.region = r.region AND a.arn = r.alarm_arn
JOIN   cloudwatch_composite_alarms c ON c.account = r.account AND c.region = r.region AND c.arn = r.composite_arn
WHERE  r.fires IS NOT false
