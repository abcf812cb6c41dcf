-- Databases as they are backed up: clusters (Aurora, Multi-AZ, Neptune, DocumentDB), and instances that are in none.
-- id_arn: the ARN with AWS's own id in place of the name, by which AWS Backup may know it. labels: the tags, under a name
-- that does not ask for those of other resources which a statement reads beside.
SELECT arn, account, region, name, type, coalesce(tags, MAP {}::MAP(VARCHAR, VARCHAR)) AS labels, Engine, 'cluster' AS kind,
       regexp_replace(arn, '[^:]*$', '') || DbClusterResourceId AS id_arn
FROM   rds_clusters
UNION ALL
SELECT arn, account, region, name, type, coalesce(tags, MAP {}::MAP(VARCHAR, VARCHAR)) AS labels, Engine, 'instance' AS kind,
       regexp_replace(arn, '[^:]*$', '') || DbiResourceId AS id_arn
FROM   rds_instances
WHERE  coalesce(DBClusterIdentifier, '') = ''
