-- Where failover record sets lead in the end, through up to three further records of hosted zones in scope (of the
-- account, or of another where the account itself has no such name): a row a record set and end.
-- target_*: the load balancer or database endpoint of any audited account that has that name, NULL where none has;
-- role: the part that its region plays; could_be_elsewhere: the end has no such target, but its name tells of a region
-- that the audit does not look at, or of an RDS proxy, which is not collected.
WITH RECURSIVE names AS (SELECT DISTINCT account, dns FROM dns_answers),
answers AS (
    SELECT a.arn, a.account, a.Failover, a.RecordType, a.HostedZoneId, a.dns, a.answer, a.alias_zone,
           own.dns IS NULL AS leaves_account
    FROM   dns_answers a
    LEFT JOIN names own ON own.account = a.account AND own.dns = a.answer
),
walk AS (
    SELECT arn, account, Failover, RecordType, answer, alias_zone, account AS stands_in, leaves_account, 0 AS hops
    FROM   answers WHERE Failover IS NOT NULL
    UNION
    SELECT w.arn, w.account, w.Failover, w.RecordType, next.answer, next.alias_zone, next.account, next.leaves_account,
           w.hops + 1
    FROM   walk w
    JOIN   answers next ON next.dns = w.answer AND (next.account = w.stands_in OR w.leaves_account)
                       AND (w.alias_zone IS NULL OR next.HostedZoneId = w.alias_zone)
                       AND (next.RecordType IN (w.RecordType, 'CNAME') OR w.RecordType = 'CNAME')
    WHERE  w.hops < 3
),
ours AS (SELECT DISTINCT dns FROM names),
ends AS (
    SELECT DISTINCT w.arn, w.account, w.Failover, w.answer,
           coalesce(nullif(regexp_extract(w.answer, '\.([a-z]{2}(-[a-z]+)+-\d+)\.(elb|rds)\.amazonaws\.com(\.cn)?$', 1), ''),
                    nullif(regexp_extract(w.answer, '\.(elb|rds)\.([a-z]{2}(-[a-z]+)+-\d+)\.amazonaws\.com(\.cn)?$', 2), ''))
               AS named_region
    FROM   walk w
    LEFT JOIN ours ON ours.dns = w.answer
    WHERE  ours.dns IS NULL
),
roles AS (SELECT region, min(role) AS role FROM audit_regions GROUP BY region)
SELECT e.arn, e.account, e.Failover, e.answer, e.named_region,
       t.arn AS target_arn, t.kind AS target_kind, t.name AS target_name, t.region AS target_region, found.role,
       t.arn IS NULL AND e.named_region IS NOT NULL AND (named.region IS NULL OR e.answer LIKE '%.proxy-%')
           AS could_be_elsewhere
FROM   ends e
LEFT JOIN dns_targets t ON t.dns = e.answer
LEFT JOIN roles found ON found.region = t.region
LEFT JOIN roles named ON named.region = e.named_region
