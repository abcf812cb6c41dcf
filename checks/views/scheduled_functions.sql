-- What EventBridge invokes by the clock: a row a scheduled rule, or a schedule of EventBridge Scheduler, and function.
-- function_arn: without version or alias (qualifier); NULL where it stands in the schedule's input, which is not stored.
-- is_enabled: and on the default bus, the only one where scheduled rules run. longest_gap_minutes: between two runs,
-- flexible time window included; NULL where schedule_problem says why there is none. role_arn: as whom it invokes; NULL:
-- as the service itself.
WITH invoked AS (
    SELECT r.arn AS schedule_arn, r.account, r.region, r.name AS schedule_name, r.type AS schedule_type,
           starts_with(r.State, 'ENABLED') AND r.Bus = 'default' AS is_enabled, r.State AS state, r.Bus AS bus,
           NULL::TIMESTAMPTZ AS starts, NULL::TIMESTAMPTZ AS ends, 0 AS flexible_minutes,
           t.TargetArn AS target_arn, nullif(t.RoleArn, '') AS role_arn, 'events.amazonaws.com' AS service
    FROM   events_rules r
    JOIN   events_targets t ON t.account = r.account AND t.region = r.region AND t.RuleArn = r.arn
    WHERE  r.ScheduleExpression <> ''
    UNION ALL
    SELECT arn, account, region, name, type, State = 'ENABLED', State, 'default', StartDate, EndDate,
           CASE WHEN FlexibleTimeWindow.Mode = 'FLEXIBLE' THEN coalesce(FlexibleTimeWindow.MaximumWindowInMinutes, 0) ELSE 0 END,
           TargetArn, RoleArn, 'scheduler.amazonaws.com'
    FROM   scheduler_schedules
),
functions AS (
    SELECT schedule_arn, account, region, schedule_name, schedule_type, is_enabled, state, bus, starts, ends,
           flexible_minutes, target_arn, role_arn, service, string_split(target_arn, ':') AS parts,
           regexp_matches(target_arn, '^arn:[\w-]+:scheduler:::aws-sdk:lambda:invoke') AS is_hidden
    FROM   invoked
    WHERE  string_split(target_arn, ':')[3] = 'lambda' OR regexp_matches(target_arn, '^arn:[\w-]+:scheduler:::aws-sdk:lambda:invoke')
)
SELECT f.schedule_arn, f.account, f.region, f.schedule_name, f.schedule_type, f.is_enabled, f.state, f.bus, f.starts, f.ends,
       s.expression, s.longest_gap_minutes + f.flexible_minutes AS longest_gap_minutes, s.problem AS schedule_problem,
       f.target_arn, f.role_arn, f.service, CASE WHEN NOT f.is_hidden THEN array_to_string(f.parts[1:7], ':') END AS function_arn,
       CASE WHEN NOT f.is_hidden THEN nullif(f.parts[8], '') END AS qualifier
FROM   functions f
LEFT JOIN schedules s ON s.arn = f.schedule_arn
