-- Member clusters of global databases, one row each, with the cluster that they name.
-- A member that AWS lists without an ARN, as while one is being removed, is left out.
-- arn, name, Status, Engine, EngineVersion: the global database's. is_seen: the audit looks at the member's region.
-- member_exists is NULL where it does not; member_* are NULL where the cluster was not seen.
WITH members AS (
    SELECT arn, account, name, Status, Engine, EngineVersion, unnest(GlobalClusterMembers) AS member
    FROM   global_clusters
),
named AS (
    SELECT arn, account, name, Status, Engine, EngineVersion, member.DBClusterArn AS member_arn,
           split_part(member.DBClusterArn, ':', 4) AS member_region,
           split_part(member.DBClusterArn, ':', 7) AS member_name,
           coalesce(member.IsWriter, false) AS is_writer
    FROM   members
    WHERE  member.DBClusterArn <> ''
)
SELECT n.arn, n.account, 'global' AS region, n.name, n.Status, n.Engine, n.EngineVersion,
       n.member_arn, n.member_region, n.member_name, n.is_writer,
       looked_at.region IS NOT NULL AS is_seen,
       CASE WHEN looked_at.region IS NOT NULL THEN c.arn IS NOT NULL END AS member_exists,
       c.Status AS member_status, c.Engine AS member_engine, c.EngineVersion AS member_version,
       c.BacktrackWindow AS member_backtrack_window
FROM   named n
LEFT JOIN audit_regions looked_at ON looked_at.account = n.account AND looked_at.region = n.member_region
LEFT JOIN rds_clusters c ON c.account = n.account AND c.region = n.member_region AND c.arn = n.member_arn
