-- Secrets with the rotation that governs them: their own, or for replicas that of their primary.
-- replica_of: the primary's region, NULL for what is no replica. is_known: the primary was seen. Then RotationEnabled is
-- true or false (AWS leaves it out where rotation was never on); else it and all that follows is NULL.
SELECT s.arn, s.account, s.region, s.name, s.type,
       nullif(s.PrimaryRegion, s.region) AS replica_of,
       source.arn IS NOT NULL AS is_known,
       source.arn AS source_arn,
       CASE WHEN source.arn IS NOT NULL THEN coalesce(source.RotationEnabled, false) END AS RotationEnabled,
       nullif(source.RotationLambdaARN, '') AS RotationLambdaARN,
       source.LastRotatedDate, source.CreatedDate, source.LastChangedDate
FROM   secretsmanager_secrets s
LEFT JOIN secretsmanager_secrets source
       ON source.account = s.account AND source.name = s.name
      AND source.region = coalesce(nullif(s.PrimaryRegion, ''), s.region)
      AND (source.region <> s.region OR source.arn = s.arn)
