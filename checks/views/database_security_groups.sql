-- Security groups that databases use: a row a group. databases: names of the DB instances and clusters.
-- ports: those on which they listen, as AWS tells them or else their engine's own; NULL among them where neither is known.
WITH told AS (
    SELECT i.account, i.region, i.name, g.item.VpcSecurityGroupId AS GroupId, g.item.Status AS status, i.Engine AS engine,
           coalesce(i.Endpoint.Port, nullif(i.DbInstancePort, 0)) AS port
    FROM   rds_instances i, unnest(i.VpcSecurityGroups) AS g(item)
    UNION ALL
    SELECT c.account, c.region, c.name, g.item.VpcSecurityGroupId, g.item.Status, c.Engine, c.Port
    FROM   rds_clusters c, unnest(c.VpcSecurityGroups) AS g(item)
)
SELECT account, region, GroupId, list_sort(list(DISTINCT name)) AS databases,
       list_sort(list(DISTINCT coalesce(nullif(port, 0), CASE
           WHEN engine LIKE '%postgres%' THEN 5432 WHEN engine LIKE '%mysql%' OR engine LIKE 'mariadb%' OR engine = 'aurora' THEN 3306
           WHEN engine LIKE '%oracle%' THEN 1521 WHEN engine LIKE '%sqlserver%' THEN 1433 WHEN engine LIKE 'db2%' THEN 50000
           WHEN engine LIKE 'docdb%' THEN 27017 WHEN engine LIKE 'neptune%' THEN 8182 END))) AS ports
FROM   told
WHERE  coalesce(status, 'active') IN ('active', 'adding')
GROUP BY account, region, GroupId
