-- Global databases, one row each: every region of theirs tells of the same ARN. The region is 'global'.
SELECT DISTINCT ON (account, arn)
       arn, account, 'global' AS region, name, type, Status, Engine, EngineVersion, StorageEncrypted, DeletionProtection,
       GlobalClusterMembers
FROM   rds_global_clusters
ORDER BY account, arn, rds_global_clusters.region
