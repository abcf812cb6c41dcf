-- What Route 53's health checks report: a row a health check.
-- metric: the latest HealthCheckStatus of the last ten minutes (1: healthy), NULL where there is none;
-- successes, observations: of the checkers' latest reports, 0 where Route 53 gives none;
-- is_healthy: by the metric, or else by what more than half of the checkers saw, turned round where the check is
-- inverted; NULL where neither decides, and for a disabled check, which looks at nothing and counts as healthy.
WITH metrics AS (
    SELECT account, d.id, arg_max(Minimum, Timestamp) AS metric, max(Timestamp) AS measured_at
    FROM   cloudwatch_health_check_statistics, unnest(string_split(DimensionValues, ',')) AS d(id)
    WHERE  Namespace = 'AWS/Route53' AND MetricName = 'HealthCheckStatus'
    GROUP  BY account, d.id
),
reports AS (
    SELECT h.arn, h.account, count(*) AS observations,
           count(*) FILTER (o.item.StatusReport.Status LIKE 'Success%') AS successes,
           count(*) FILTER (o.item.StatusReport.Status NOT LIKE 'Success%') AS failures,
           min(o.item.StatusReport.Status) FILTER (o.item.StatusReport.Status NOT LIKE 'Success%') AS a_failure
    FROM   route53_health_checks h, unnest(h.HealthCheckObservations) AS o(item)
    GROUP  BY h.arn, h.account
),
seen AS (
    SELECT h.arn, h.account, h.region, h.name, h.type, h.Id, h.HealthCheckConfig.Type AS check_type,
           coalesce(h.HealthCheckConfig.Disabled, false) AS is_disabled,
           coalesce(h.HealthCheckConfig.Inverted, false) AS is_inverted,
           m.metric, m.measured_at, coalesce(r.observations, 0) AS observations, coalesce(r.successes, 0) AS successes,
           r.a_failure,
           CASE WHEN r.successes * 2 > r.observations THEN true
                WHEN r.failures * 2 >= r.observations THEN false END AS most_succeed
    FROM   route53_health_checks h
    LEFT JOIN metrics m ON m.account = h.account AND m.id = h.Id
    LEFT JOIN reports r ON r.account = h.account AND r.arn = h.arn
)
SELECT arn, account, region, name, type, Id, check_type, is_disabled, is_inverted, metric, measured_at, observations,
       successes, a_failure,
       CASE WHEN is_disabled THEN NULL
            WHEN metric IS NOT NULL THEN metric >= 1
            ELSE most_succeed <> is_inverted END AS is_healthy
FROM   seen
