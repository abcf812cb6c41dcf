-- SNS topics that metric alarms notify when they go into ALARM: a row an alarm and topic, and the composite alarm through
-- which (NULL: directly). enabled, fires: as in alarm_actions. topic_exists is NULL where the audit does not look at the
-- topic's account and region; confirmed: how many confirmed subscriptions it has.
WITH named AS (
    SELECT DISTINCT arn, account, region, name, through, enabled, fires, action AS topic_arn,
           string_split(action, ':')[4] AS topic_region, string_split(action, ':')[5] AS topic_account
    FROM   alarm_actions
    WHERE  string_split(action, ':')[3] = 'sns'
),
confirmed AS (
    SELECT account, region, TopicArn, count(*) AS subscriptions
    FROM   sns_subscriptions WHERE starts_with(SubscriptionArn, 'arn:')
    GROUP BY account, region, TopicArn
)
SELECT n.arn, n.account, n.region, n.name, n.through, n.enabled, n.fires, n.topic_arn,
       CASE WHEN looked_at.region IS NOT NULL THEN t.arn IS NOT NULL END AS topic_exists,
       CASE WHEN t.arn IS NOT NULL THEN coalesce(c.subscriptions, 0) END AS confirmed
FROM   named n
LEFT JOIN audit_regions looked_at ON looked_at.account = n.topic_account AND looked_at.region = n.topic_region
LEFT JOIN sns_topics t ON t.account = n.topic_account AND t.region = n.topic_region AND t.arn = n.topic_arn
LEFT JOIN confirmed c  ON c.account = n.topic_account AND c.region = n.topic_region AND c.TopicArn = n.topic_arn
