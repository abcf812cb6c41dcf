-- Alarms of the account on AuroraGlobalDBReplicationLag that name a member of a global database: a row a global database
-- and alarm. arn, account, name: the global database's. watches_reader: the member that the alarm names is a reader in the
-- alarm's own region, which is where the metric is published; false for the writer, or for a member in another region;
-- NULL for an alarm on a query that names the metric, in a region with a reader: nobody can tell which members it finds.
WITH watched AS (
    SELECT arn, account, region, name, stat, is_compared, expression, query,
           lower([d.Value for d in dimensions if d.Name = 'DBClusterIdentifier'][1]) AS member_name,
           [d.Value for d in dimensions if d.Name = 'SourceRegion'][1] AS source_region,
           [d.Name for d in dimensions if d.Name NOT IN ('DBClusterIdentifier', 'SourceRegion')] AS further_dimensions
    FROM   alarm_metrics
    WHERE  metric_account = account
      AND  ((Namespace = 'AWS/RDS' AND MetricName = 'AuroraGlobalDBReplicationLag')
            OR contains(query, 'AuroraGlobalDBReplicationLag'))
),
members AS (
    SELECT arn, account, name, lower(member_name) AS member_name, member_arn, member_region, is_writer
    FROM   global_cluster_members
),
writers AS (SELECT account, arn, min(member_region) AS writer_region FROM members WHERE is_writer GROUP BY account, arn),
pairs AS (
    SELECT m.account, m.arn, m.name, w.arn AS alarm_arn, w.region AS alarm_region, w.name AS alarm_name, w.stat,
           w.is_compared, w.expression, w.source_region, w.further_dimensions, w.query, w.member_name,
           bool_or(m.member_region = w.region AND NOT m.is_writer) AS has_reader_here,
           bool_or(m.member_region = w.region AND m.is_writer) AS names_writer,
           list(m.member_region ORDER BY m.member_region) AS member_regions
    FROM   watched w
    JOIN   members m ON m.account = w.account AND (m.member_name = w.member_name OR w.query IS NOT NULL)
    GROUP BY ALL
)
SELECT p.arn, p.account, p.name, p.alarm_arn, p.alarm_region, p.alarm_name, p.member_name,
       CASE WHEN p.query IS NULL OR NOT p.has_reader_here THEN p.has_reader_here END AS watches_reader, p.names_writer,
        p.member_regions, p.source_region, writers.writer_region, p.further_dimensions, p.stat, p.is_compared,
       p.expression, p.query, a.ComparisonOperator, a.Threshold, a.StateValue, coalesce(a.ActionsEnabled, true) AS ActionsEnabled
FROM   pairs p
JOIN   cloudwatch_alarms a ON a.account = p.account AND a.region = p.alarm_region AND a.arn = p.alarm_arn
LEFT JOIN writers ON writers.account = p.account AND writers.arn = p.arn
