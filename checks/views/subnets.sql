-- Subnets with the route table that governs them (their own, or else the VPC's main one) and whether they are public:
-- a default route to an internet gateway (igw-…), whatever that route's state is.
-- is_public is NULL where no route table governs the subnet, as far as could be seen.
WITH associations AS (
    SELECT t.account, t.region, t.VpcId, t.RouteTableId, a.association.SubnetId AS SubnetId,
           coalesce(a.association.Main, false) AS is_main
    FROM   ec2_route_tables t, unnest(t.Associations) AS a(association)
    WHERE  coalesce(a.association.AssociationState.State, 'associated') IN ('associated', 'associating')
),
own AS (
    SELECT account, region, SubnetId, min(RouteTableId) AS RouteTableId
    FROM associations WHERE SubnetId IS NOT NULL GROUP BY ALL
),
main AS (
    SELECT account, region, VpcId, min(RouteTableId) AS RouteTableId
    FROM associations WHERE is_main GROUP BY ALL
),
internet AS (
    SELECT account, region, RouteTableId, bool_or(target LIKE 'igw-%') AS has_internet
    FROM default_routes GROUP BY ALL
)
SELECT s.arn, s.account, s.region, s.name, s.SubnetId, s.VpcId, s.CidrBlock, s.AvailabilityZone,
       coalesce(s.AvailabilityZoneId, s.AvailabilityZone) AS AvailabilityZoneId, s.MapPublicIpOnLaunch, s.DefaultForAz,
       coalesce(own.RouteTableId, main.RouteTableId) AS RouteTableId,
       own.RouteTableId IS NOT NULL AS has_own_route_table,
       CASE WHEN coalesce(own.RouteTableId, main.RouteTableId) IS NULL THEN NULL
            ELSE coalesce(internet.has_internet, false) END AS is_public
FROM   ec2_subnets s
LEFT JOIN own  ON own.account = s.account AND own.region = s.region AND own.SubnetId = s.SubnetId
LEFT JOIN main ON main.account = s.account AND main.region = s.region AND main.VpcId = s.VpcId
LEFT JOIN internet ON internet.account = s.account AND internet.region = s.region
                  AND internet.RouteTableId = coalesce(own.RouteTableId, main.RouteTableId)
