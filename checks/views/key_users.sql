-- What uses which KMS key, a row for each use: databases (storage, insights, master password), secrets, DynamoDB tables,
-- functions, backup vaults, topics, trails. arn, name, type: the user's; purpose: what the key is for. Other services
-- that take keys are left out: each one more makes one more listing whose denial leaves every key in doubt.
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
    SELECT arn, account, region, name, type, 'secret', KmsKeyId FROM secretsmanager_secrets
    UNION ALL
    SELECT arn, account, region, name, type, 'table', SSEDescription.KMSMasterKeyArn FROM dynamodb_tables
    UNION ALL
    SELECT arn, account, region, name, type, 'environment', KMSKeyArn FROM lambda_functions
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
