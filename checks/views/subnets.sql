-- Subnets with the route table that governs them (their own, or else the VPC's main one) and whether they are public:
-- a default route to an internet gateway (igw-…), whatever that route's state is.
--
-- is_public is NULL where that cannot be told: no route table that governs the subnet was seen, or it leads to an internet
-- gateway by a prefix list, whose entries are not in the answers. has_own_route_table is NULL where no route table was
-- seen. A subnet that another account shares is governed by that account's route tables, from whichever account they were
-- seen. AvailabilityZoneId is the zone's name where AWS gives no id; in_local_zone: a Local or Wavelength Zone, no AZ.
WITH routes AS (
    SELECT account, region, RouteTableId, unnest(Routes) AS route FROM ec2_route_tables
),
by_prefix_list AS (
    SELECT DISTINCT account, region, RouteTableId
    FROM   routes
    WHERE  route.DestinationPrefixListId IS NOT NULL AND route.GatewayId LIKE 'igw-%'
),
by_default AS (
    SELECT DISTINCT account, region, RouteTableId FROM default_routes WHERE target_kind = 'internet gateway'
),
internet AS (
    SELECT t.account, t.region, t.RouteTableId,
           CASE WHEN d.RouteTableId IS NOT NULL THEN true
                WHEN l.RouteTableId IS NOT NULL OR t.Routes IS NULL THEN NULL
                ELSE false END AS has_internet
    FROM   ec2_route_tables t
    LEFT JOIN by_default d     ON d.account = t.account AND d.region = t.region AND d.RouteTableId = t.RouteTableId
    LEFT JOIN by_prefix_list l ON l.account = t.account AND l.region = t.region AND l.RouteTableId = t.RouteTableId
),
associated AS (
    SELECT account, region, coalesce(OwnerId, account) AS owner, VpcId, RouteTableId, unnest(Associations) AS association
    FROM   ec2_route_tables
),
associations AS (
    SELECT account, region, owner, VpcId, RouteTableId, nullif(association.SubnetId, '') AS SubnetId,
           coalesce(association.Main, false) AS is_main
    FROM   associated
    WHERE  coalesce(association.AssociationState.State, 'associated') IN ('associated', 'associating')
),
places AS (
    SELECT arn, account, region, coalesce(OwnerId, account) AS owner, VpcId, SubnetId FROM ec2_subnets
),
own AS (
    SELECT s.account, s.region, s.SubnetId,
           min({'elsewhere': a.account <> s.account, 'id': a.RouteTableId, 'account': a.account}) AS found
    FROM   places s
    JOIN   associations a ON a.region = s.region AND a.SubnetId = s.SubnetId
                         AND (a.account = s.account OR a.owner = s.owner)
    GROUP BY s.account, s.region, s.SubnetId
),
main AS (
    SELECT s.account, s.region, s.SubnetId,
           min({'elsewhere': a.account <> s.account, 'id': a.RouteTableId, 'account': a.account}) AS found
    FROM   places s
    JOIN   associations a ON a.region = s.region AND a.VpcId = s.VpcId AND a.is_main
                         AND (a.account = s.account OR a.owner = s.owner)
    GROUP BY s.account, s.region, s.SubnetId
),
governed AS (
    SELECT s.arn, s.account, s.region, s.SubnetId, coalesce(own.found, main.found) AS governing,
           CASE WHEN own.found IS NOT NULL THEN true WHEN main.found IS NOT NULL THEN false END AS has_own_route_table
    FROM   places s
    LEFT JOIN own  ON own.account = s.account AND own.region = s.region AND own.SubnetId = s.SubnetId
    LEFT JOIN main ON main.account = s.account AND main.region = s.region AND main.SubnetId = s.SubnetId
),
zones AS (
    SELECT account, region, AvailabilityZone, min(AvailabilityZoneId) AS id
    FROM   ec2_subnets GROUP BY account, region, AvailabilityZone
)
SELECT s.arn, s.account, s.region, s.name, s.SubnetId, s.VpcId, coalesce(s.OwnerId, s.account) AS OwnerId, s.CidrBlock,
       s.AvailabilityZone, coalesce(s.AvailabilityZoneId, z.id, s.AvailabilityZone) AS AvailabilityZoneId,
       coalesce(starts_with(s.AvailabilityZone, s.region || '-'), false) AS in_local_zone,
       s.MapPublicIpOnLaunch, s.AssignIpv6AddressOnCreation, s.Ipv6Native, s.DefaultForAz,
       g.governing.id AS RouteTableId, g.has_own_route_table, internet.has_internet AS is_public
FROM   ec2_subnets s
JOIN   governed g ON g.account = s.account AND g.region = s.region AND g.SubnetId = s.SubnetId
LEFT JOIN zones z ON z.account = s.account AND z.region = s.region AND z.AvailabilityZone = s.AvailabilityZone
LEFT JOIN internet ON internet.account = g.governing.account AND internet.region = s.region
                  AND internet.RouteTableId = g.governing.id
