-- Listeners of application and network load balancers, with the TLS protocols that their security policy offers.
-- load_balancer: its name, as the ARN has it; load_balancer_kind: app, net or gwy.
-- protocols: as the region's own table of policies says, NULL where that does not know the policy;
-- lowest_version: 1.2 for TLSv1.2, 0 for SSLv3; NULL where one of the protocols cannot be read.
WITH versions AS (
    SELECT p.account, p.region, p.name AS policy, o.offered,
           CASE WHEN o.offered LIKE 'SSL%' THEN 0.0
                ELSE TRY_CAST(regexp_extract(o.offered, '^TLSv(\d+(\.\d+)?)$', 1) AS DECIMAL(4, 2)) END AS version
    FROM   elbv2_ssl_policies p, unnest(p.SslProtocols) AS o(offered)
),
policies AS (
    SELECT account, region, policy, list(offered ORDER BY version, offered) AS protocols,
           CASE WHEN count(*) = count(version) THEN min(version) END AS lowest_version
    FROM   versions GROUP BY ALL
)
SELECT l.arn, l.account, l.region, l.LoadBalancerArn, l.Protocol, l.Port,
       split_part(l.LoadBalancerArn, '/', 2) AS load_balancer_kind,
       split_part(l.LoadBalancerArn, '/', 3) AS load_balancer,
       l.Protocol IN ('HTTPS', 'TLS') AS is_tls,
       l.SslPolicy AS policy, policies.protocols, policies.lowest_version
FROM   elbv2_listeners l
LEFT JOIN policies ON policies.account = l.account AND policies.region = l.region AND policies.policy = l.SslPolicy
