-- Address blocks that a VPC's traffic comes from without crossing the internet: a row a VPC and block.
-- kind: 'own' (secondary blocks too), 'peering' (the other side of an active VPC peering connection) or 'transit gateway' (a
-- VPC attached to the same transit gateway, or to one peered with it, as far as audited accounts or the transit gateway's
-- routes tell); neighbour: the VPC whose block it is; via: the connection or transit gateway.
-- first, last: of an IPv4 block, as numbers. ipv6_digits: the address of an IPv6 block as 32 hexadecimal digits.
WITH connections AS (
    SELECT account, region, VpcPeeringConnectionId AS via, RequesterVpcInfo AS near, AccepterVpcInfo AS far
    FROM   ec2_vpc_peering_connections WHERE Status.Code = 'active'
    UNION ALL
    SELECT account, region, VpcPeeringConnectionId, AccepterVpcInfo, RequesterVpcInfo
    FROM   ec2_vpc_peering_connections WHERE Status.Code = 'active'
),
sides AS (
    SELECT account, region, via, near.VpcId AS VpcId, far.VpcId AS neighbour,
           [b.CidrBlock for b in far.CidrBlockSet] AS several, far.CidrBlock AS single,
           [b.Ipv6CidrBlock for b in far.Ipv6CidrBlockSet] AS ipv6
    FROM   connections
    WHERE  coalesce(near.Region, region) = region AND coalesce(near.OwnerId, account) = account
),
attached AS (
    SELECT DISTINCT account, region, VpcId, TransitGatewayId
    FROM   ec2_transit_gateway_vpc_attachments WHERE State = 'available'
),
peered AS (
    SELECT DISTINCT RequesterTgwInfo.TransitGatewayId AS one, AccepterTgwInfo.TransitGatewayId AS other
    FROM   ec2_transit_gateway_peering_attachments WHERE State = 'available'
),
joined_gateways AS (
    SELECT DISTINCT TransitGatewayId AS one, TransitGatewayId AS other FROM attached
    UNION
    SELECT one, other FROM peered
    UNION
    SELECT other, one FROM peered
),
told_by_routes AS (
    SELECT DISTINCT t.TransitGatewayId, a.item.ResourceId AS VpcId, r.DestinationCidrBlock AS block
    FROM   ec2_transit_gateway_routes r
    JOIN   ec2_transit_gateway_route_tables t ON t.account = r.account AND t.region = r.region
                                             AND t.TransitGatewayRouteTableId = r.TransitGatewayRouteTableId
         , unnest(r.TransitGatewayAttachments) AS a(item)
    WHERE  r.State = 'active' AND r.RouteType = 'propagated' AND a.item.ResourceType = 'vpc'
),
blocks AS (
    SELECT account, region, VpcId, 'own' AS kind, VpcId AS neighbour, NULL AS via, CidrBlock AS block FROM vpc_cidrs
    UNION
    SELECT v.account, v.region, v.VpcId, 'own', v.VpcId, NULL, a.item.Ipv6CidrBlock
    FROM   ec2_vpcs v, unnest(v.Ipv6CidrBlockAssociationSet) AS a(item)
    WHERE  coalesce(a.item.Ipv6CidrBlockState.State, 'associated') IN ('associated', 'associating')
    UNION
    SELECT account, region, VpcId, 'peering', neighbour, via,
           unnest(list_distinct(list_concat(list_append(several, single), ipv6)))
    FROM   sides
    UNION
    SELECT a.account, a.region, a.VpcId, 'transit gateway', c.VpcId, a.TransitGatewayId, c.CidrBlock
    FROM   attached a
    JOIN   joined_gateways j ON j.one = a.TransitGatewayId
    JOIN   attached b        ON b.TransitGatewayId = j.other AND b.VpcId <> a.VpcId
    JOIN   vpc_cidrs c       ON c.account = b.account AND c.region = b.region AND c.VpcId = b.VpcId
    UNION
    SELECT a.account, a.region, a.VpcId, 'transit gateway', r.VpcId, a.TransitGatewayId, r.block
    FROM   attached a
    JOIN   joined_gateways j ON j.one = a.TransitGatewayId
    JOIN   told_by_routes r  ON r.TransitGatewayId = j.other AND r.VpcId <> a.VpcId
),
parts AS (
    SELECT account, region, VpcId, kind, neighbour, via, block, TRY_CAST(split_part(block, '/', 2) AS INTEGER) AS prefix_length,
           CASE WHEN block LIKE '%.%'
                THEN list_reduce([TRY_CAST(part AS BIGINT) for part in string_split(split_part(block, '/', 1), '.')],
                                 lambda high, low: high * 256 + low) END AS address,
           [part for part in string_split(split_part(split_part(block, '/', 1), '::', 1), ':') if part <> ''] AS high,
           [part for part in string_split(split_part(split_part(block, '/', 1), '::', 2), ':') if part <> ''] AS low
    FROM   blocks WHERE block IS NOT NULL
)
SELECT account, region, VpcId, kind, neighbour, via, block AS CidrBlock, prefix_length,
       address - address % CAST(pow(2, 32 - prefix_length) AS BIGINT) AS first,
       address - address % CAST(pow(2, 32 - prefix_length) AS BIGINT) + CAST(pow(2, 32 - prefix_length) AS BIGINT) - 1 AS last,
       CASE WHEN block LIKE '%:%' THEN array_to_string([lpad(part, 4, '0') for part in high], '')
            || repeat('0000', 8 - len(high) - len(low)) || array_to_string([lpad(part, 4, '0') for part in low], '') END AS ipv6_digits
FROM   parts
