-- What record sets answer with: a row a value, or the name that an alias leads to. Names in lower case, without the
-- trailing dot and without the `dualstack.` that the console puts before load balancers' names.
-- dns: the record's own name; answer: a name (alias, CNAME) or an address; alias_zone: the zone an alias leads into.
-- Record sets that the audit leaves out, by themselves or with their hosted zone, are not there.
WITH answers AS (
    SELECT r.arn, r.account, r.HostedZoneId, r.name, r.RecordType, r.Failover, v.item.Value AS text,
           NULL::VARCHAR AS alias_zone
    FROM   route53_record_sets r, unnest(r.ResourceRecords) AS v(item)
    WHERE  r.RecordType IN ('A', 'AAAA', 'CNAME')
    UNION ALL
    SELECT arn, account, HostedZoneId, name, RecordType, Failover, AliasTarget.DNSName, AliasTarget.HostedZoneId
    FROM   route53_record_sets
    WHERE  AliasTarget.DNSName IS NOT NULL
)
SELECT a.arn, a.account, a.HostedZoneId, a.RecordType, a.Failover, a.alias_zone,
       rtrim(lower(a.name), '.') AS dns,
       regexp_replace(rtrim(lower(a.text), '.'), '^dualstack\.', '') AS answer
FROM   answers a
LEFT JOIN out_of_scope own  ON own.arn = a.arn
LEFT JOIN out_of_scope zone ON zone.arn = split_part(a.arn, '/recordset/', 1)
WHERE  own.arn IS NULL AND zone.arn IS NULL
