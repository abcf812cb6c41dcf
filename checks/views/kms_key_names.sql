-- KMS keys by every label that something may refer to them by: the ARN, the id, an alias, the alias's ARN. A row a label.
-- arn: the key's. An alias that leads to no key that was seen has no row. A key that an alias of AWS's (alias/aws/…, which
-- nobody else may make) leads to is AWS's own.
WITH labels AS (
    SELECT account, region, arn AS label, KeyId FROM kms_keys
    UNION ALL
    SELECT account, region, KeyId, KeyId FROM kms_keys
    UNION ALL
    SELECT account, region, AliasName, TargetKeyId FROM kms_aliases
    UNION ALL
    SELECT account, region, AliasArn, TargetKeyId FROM kms_aliases
),
reserved AS (
    SELECT DISTINCT account, region, TargetKeyId FROM kms_aliases WHERE AliasName LIKE 'alias/aws/%'
)
SELECT l.account, l.region, l.label, k.arn, k.name, k.type, k.KeyId,
       CASE WHEN r.TargetKeyId IS NOT NULL THEN 'AWS' ELSE k.KeyManager END AS KeyManager, k.KeyState
FROM   labels l
JOIN   kms_keys k ON k.account = l.account AND k.region = l.region AND k.KeyId = l.KeyId
LEFT JOIN reserved r ON r.account = k.account AND r.region = k.region AND r.TargetKeyId = k.KeyId
WHERE  l.label <> ''
