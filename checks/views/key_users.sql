-- What uses which KMS key, a row for each use: databases (storage, insights, master password) and their snapshots, secrets,
-- parameters, DynamoDB tables, functions, buckets, log groups, EKS clusters, backup vaults, topics, trails. arn, name, type:
-- the user's; purpose: what the key is for.
-- key_arn is NULL where the reference is to no key that was seen.
WITH uses AS (
    SELECT arn, account, region, name, type, 'storage' AS purpose, KmsKeyId AS reference FROM rds_clusters
    UNION ALL
    SELECT arn, account, region, name, type, 'insights', PerformanceInsightsKMSKeyId FROM rds_clusters
    UNION ALL
    SELECT arn, account, region, name, type, 'master password', MasterUserSecret.KmsKeyId FROM rds_clusters
    UNION ALL
    SELECT arn, account, region, name, type, 'storage', KmsKeyId FROM rds_instances
    UNION ALL
    SELECT arn, account, region, name, type, 'insights', PerformanceInsightsKMSKeyId FROM rds_instances
    UNION ALL
    SELECT arn, account, region, name, type, 'master password', MasterUserSecret.KmsKeyId FROM rds_instances
    UNION ALL
    SELECT arn, account, region, name, type, 'snapshot', KmsKeyId FROM rds_cluster_snapshots
    UNION ALL
    SELECT arn, account, region, name, type, 'snapshot', KmsKeyId FROM rds_snapshots
    UNION ALL
    SELECT arn, account, region, name, type, 'secret', KmsKeyId FROM secretsmanager_secrets
    UNION ALL
    SELECT arn, account, region, name, type, 'parameter', KeyId FROM ssm_parameters
    UNION ALL
    SELECT arn, account, region, name, type, 'table', SSEDescription.KMSMasterKeyArn FROM dynamodb_tables
    UNION ALL
    SELECT arn, account, region, name, type, 'environment', KMSKeyArn FROM lambda_functions
    UNION ALL
    SELECT arn, account, region, name, type, 'objects', unnest(EncryptionRules).ApplyServerSideEncryptionByDefault.KMSMasterKeyID
    FROM   s3_buckets
    UNION ALL
    SELECT arn, account, region, name, type, 'logs', kmsKeyId FROM logs_log_groups
    UNION ALL
    SELECT arn, account, region, name, type, 'Kubernetes secrets', unnest(encryptionConfig).provider.keyArn FROM eks_clusters
    UNION ALL
    SELECT arn, account, region, name, type, 'vault', EncryptionKeyArn FROM backup_vaults
    UNION ALL
    SELECT arn, account, region, name, type, 'messages', KmsMasterKeyId FROM sns_topics
    UNION ALL
    SELECT arn, account, region, name, type, 'logs', KmsKeyId FROM cloudtrail_trails
)
SELECT u.arn, u.account, u.region, u.name, u.type, u.purpose, u.reference, k.arn AS key_arn
FROM   uses u
LEFT JOIN kms_key_names k
       ON k.label = u.reference
      AND k.region = CASE WHEN u.reference LIKE 'arn:%' THEN split_part(u.reference, ':', 4) ELSE u.region END
      AND k.account = CASE WHEN u.reference LIKE 'arn:%' THEN split_part(u.reference, ':', 5) ELSE u.account END
WHERE  u.reference <> ''
