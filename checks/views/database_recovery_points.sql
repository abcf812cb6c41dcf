-- Databases with their recovery points of the last seven days, in any vault of their region, a row a database; none: NULL.
-- completed_at, vault: the latest COMPLETED one's. is_undated: one is COMPLETED, and AWS does not tell since when.
-- other_at, other_status, other_message: the latest one of another state.
WITH points AS (
    SELECT d.arn, d.account, d.region, p.Status AS status, p.StatusMessage AS message, p.BackupVaultName AS vault,
           coalesce(p.CreationDate, p.CompletionDate) AS made_at
    FROM   whole_databases d
    JOIN   backup_recovery_points p ON p.account = d.account AND p.region = d.region
                                   AND (p.ResourceArn = d.arn OR p.ResourceArn = d.id_arn)
),
summed AS (
    SELECT arn, account, region,
           max(made_at) FILTER (WHERE status = 'COMPLETED') AS completed_at,
           arg_max(vault, made_at) FILTER (WHERE status = 'COMPLETED') AS vault,
           bool_or(status = 'COMPLETED' AND made_at IS NULL) AS is_undated,
           max(made_at) FILTER (WHERE status IS DISTINCT FROM 'COMPLETED') AS other_at,
           arg_max({'status': status, 'message': message}, made_at) FILTER (WHERE status IS DISTINCT FROM 'COMPLETED') AS other
    FROM   points GROUP BY arn, account, region
)
SELECT d.arn, d.account, d.region, d.name, d.kind, d.Engine, s.completed_at, s.vault,
       coalesce(s.is_undated, false) AS is_undated, s.other_at, s.other.status AS other_status,
       nullif(s.other.message, '') AS other_message
FROM   whole_databases d
LEFT JOIN summed s ON s.account = d.account AND s.region = d.region AND s.arn = d.arn
