-- Health checks that something relies on: a row a health check and account of what uses it, with its users.
-- used_by: record sets in scope, and calculated health checks that are themselves in use (three levels of those);
-- a_record: one record set at the top. Record sets may name a health check of another account: arn and owner are NULL
-- where no audited account has it.
WITH RECURSIVE records AS (
    SELECT r.account, r.HealthCheckId AS id, r.name || ' (' || r.RecordType || ')' AS used_by, r.arn AS record
    FROM   route53_record_sets r
    LEFT JOIN out_of_scope own  ON own.arn = r.arn
    LEFT JOIN out_of_scope zone ON zone.arn = split_part(r.arn, '/recordset/', 1)
    WHERE  r.HealthCheckId <> '' AND own.arn IS NULL AND zone.arn IS NULL
),
uses AS (
    SELECT account, id, NULL::VARCHAR AS used_by, min(record) AS record, 0 AS level FROM records GROUP BY account, id
    UNION
    SELECT u.account, c.child, 'health check ' || h.Id, u.record, u.level + 1
    FROM   uses u
    JOIN   route53_health_checks h ON h.Id = u.id, unnest(h.HealthCheckConfig.ChildHealthChecks) AS c(child)
    WHERE  u.level < 3
),
every_use AS (
    SELECT account, id, used_by, record FROM records
    UNION ALL
    SELECT account, id, used_by, record FROM uses WHERE level > 0
),
owners AS (SELECT Id, min(arn) AS arn, min(account) AS owner FROM route53_health_checks GROUP BY Id)
SELECT u.account, u.id, o.arn, o.owner, list(DISTINCT u.used_by ORDER BY u.used_by) AS used_by, min(u.record) AS a_record
FROM   every_use u
LEFT JOIN owners o ON o.Id = u.id
GROUP  BY u.account, u.id, o.arn, o.owner
