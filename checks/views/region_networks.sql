-- What the network of each primary and recovery region consists of, all VPCs in scope of the account together: a row an account
-- and region. arn: of the region as a whole, role: primary or recovery.
-- public_zones, private_zones: number of AZs with such subnets; public_most, private_most: the same, had every subnet whose
-- tier or zone cannot be told that tier and a zone of its own; sees_all: as in vpc_tiers. internet_gateways: attached ones;
-- nat_gateways: available public ones. roles: of attached security groups ('load balancer', 'database', 'code').
WITH standing AS (
    SELECT v.account, v.region, v.VpcId, v.sees_all, v.public_zones, v.private_zones, v.undecided_zones
    FROM   vpc_tiers v
    LEFT JOIN out_of_scope o ON o.arn = v.arn
    WHERE  o.arn IS NULL
),
tiers AS (
    SELECT account, region, list_sort(list(VpcId)) AS vpcs, bool_and(sees_all) AS sees_all,
           list_distinct(flatten(list(public_zones))) AS public_zones, list_distinct(flatten(list(private_zones))) AS private_zones,
           list_distinct(flatten(list(undecided_zones))) AS undecided
    FROM   standing GROUP BY account, region
),
gateways AS (
    SELECT s.account, s.region, count(DISTINCT g.InternetGatewayId) FILTER (g.is_attached) AS number
    FROM   standing s
    JOIN   internet_gateway_attachments g ON g.account = s.account AND g.region = s.region AND g.VpcId = s.VpcId
    GROUP BY s.account, s.region
),
nats AS (
    SELECT s.account, s.region, count(DISTINCT n.NatGatewayId) AS number
    FROM   standing s
    JOIN   ec2_nat_gateways n ON n.account = s.account AND n.region = s.region AND n.VpcId = s.VpcId
    WHERE  n.State = 'available' AND coalesce(n.ConnectivityType, 'public') = 'public'
    GROUP BY s.account, s.region
),
roles AS (
    SELECT s.account, s.region, list_distinct(list(u.role)) AS roles
    FROM   standing s
    JOIN   ec2_security_groups g  ON g.account = s.account AND g.region = s.region AND g.VpcId = s.VpcId
    JOIN   security_group_roles u ON u.account = g.account AND u.region = g.region AND u.GroupId = g.GroupId
    WHERE  u.role IN ('load balancer', 'database', 'code')
    GROUP BY s.account, s.region
)
SELECT a.arn, a.account, a.region, a.role, coalesce(t.vpcs, []) AS vpcs, coalesce(t.sees_all, true) AS sees_all,
       len(coalesce(t.public_zones, [])) AS public_zones, len(coalesce(t.private_zones, [])) AS private_zones,
       len(list_distinct(list_concat(coalesce(t.public_zones, []), coalesce(t.undecided, [])))) AS public_most,
       len(list_distinct(list_concat(coalesce(t.private_zones, []), coalesce(t.undecided, [])))) AS private_most,
       coalesce(g.number, 0) AS internet_gateways, coalesce(n.number, 0) AS nat_gateways, list_sort(coalesce(r.roles, [])) AS roles
FROM   standard_regions a
LEFT JOIN tiers t    ON t.account = a.account AND t.region = a.region
LEFT JOIN gateways g ON g.account = a.account AND g.region = a.region
LEFT JOIN nats n     ON n.account = a.account AND n.region = a.region
LEFT JOIN roles r    ON r.account = a.account AND r.region = a.region
