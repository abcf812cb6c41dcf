-- Failover names of hosted zones: a row a name and record type, with its PRIMARY and its SECONDARY record set, as far
-- as there are any. arn: the primary's, or else the secondary's.
-- *_ttl: 60 for an alias, as Route 53 has it. Record sets that the audit leaves out, or their zone, are not there.
WITH records AS (
    SELECT r.arn, r.account, r.region, r.HostedZoneId, r.name, r.RecordType, r.Failover, r.SetIdentifier,
           nullif(r.HealthCheckId, '') AS health_check,
           r.AliasTarget.DNSName IS NOT NULL AS is_alias,
           coalesce(r.AliasTarget.EvaluateTargetHealth, false) AS evaluates_target_health,
           CASE WHEN r.AliasTarget.DNSName IS NOT NULL THEN 60 ELSE r.TTL END AS ttl
    FROM   route53_record_sets r
    LEFT JOIN out_of_scope own  ON own.arn = r.arn
    LEFT JOIN out_of_scope zone ON zone.arn = split_part(r.arn, '/recordset/', 1)
    WHERE  r.Failover IN ('PRIMARY', 'SECONDARY') AND own.arn IS NULL AND zone.arn IS NULL
),
names AS (
    SELECT account, region, HostedZoneId, name, RecordType FROM records GROUP BY ALL
)
SELECT coalesce(p.arn, s.arn) AS arn, n.account, n.region, n.HostedZoneId, n.name, n.RecordType,
       p.arn AS primary_arn, p.health_check AS primary_health_check, p.is_alias AS primary_is_alias,
       p.evaluates_target_health AS primary_evaluates_target_health, p.ttl AS primary_ttl,
       s.arn AS secondary_arn, s.health_check AS secondary_health_check, s.is_alias AS secondary_is_alias,
       s.evaluates_target_health AS secondary_evaluates_target_health, s.ttl AS secondary_ttl
FROM   names n
LEFT JOIN records p ON p.account = n.account AND p.HostedZoneId = n.HostedZoneId AND p.name = n.name
                   AND p.RecordType = n.RecordType AND p.Failover = 'PRIMARY'
LEFT JOIN records s ON s.account = n.account AND s.HostedZoneId = n.HostedZoneId AND s.name = n.name
                   AND s.RecordType = n.RecordType AND s.Failover = 'SECONDARY'
