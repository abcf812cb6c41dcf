-- What the account's own, live secrets are called: their names and ARNs (kind 'name') and the values of their tags
-- (kind 'tag'), one row each, with the rotation that governs the secret as in secret_rotation. Left out: secrets that
-- are to be deleted, that a service owns (rds!…), and that are out of scope.
WITH live AS (
    SELECT arn, account, region, name, tags
    FROM   secretsmanager_secrets
    WHERE  DeletedDate IS NULL AND coalesce(OwningService, '') = '' AND arn NOT IN (SELECT arn FROM out_of_scope)
),
called AS (
    SELECT arn, account, region, name, unnest([name, arn]) AS label, 'name' AS kind FROM live
    UNION ALL
    SELECT arn, account, region, name, unnest(map_values(tags)) AS label, 'tag' AS kind FROM live
)
SELECT DISTINCT c.arn, c.account, c.region, c.name, c.kind, c.label, r.replica_of, r.RotationEnabled
FROM   called c
JOIN   secret_rotation r ON r.account = c.account AND r.region = c.region AND r.arn = c.arn
WHERE  c.label <> ''
