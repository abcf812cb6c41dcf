-- The DNS names of load balancers and database endpoints, with what they belong to.
-- dns: in lower case, without trailing dot; kind: 'load balancer' or 'database';
-- region: 'global' for the writer endpoint of a global database, which moves with its writer.
WITH names AS (
    SELECT arn, account, region, name, 'load balancer' AS kind, DNSName AS dns FROM elbv2_load_balancers
    UNION ALL
    SELECT arn, account, region, name, 'database', Endpoint FROM rds_clusters
    UNION ALL
    SELECT arn, account, region, name, 'database', ReaderEndpoint FROM rds_clusters
    UNION ALL
    SELECT c.arn, c.account, c.region, c.name, 'database', e.address
    FROM   rds_clusters c, unnest(c.CustomEndpoints) AS e(address)
    UNION ALL
    SELECT arn, account, region, name, 'database', Endpoint.Address FROM rds_instances
    UNION ALL
    SELECT arn, account, region, name, 'database', ListenerEndpoint.Address FROM rds_instances
    UNION ALL
    SELECT arn, account, 'global', name, 'database', Endpoint FROM rds_global_clusters
)
SELECT DISTINCT arn, account, region, name, kind, rtrim(lower(dns), '.') AS dns
FROM   names
WHERE  dns <> ''
