-- The route that each private route table of a VPC has for the primary block of each VPC on the other side (primary and
-- recovery regions, see vpc_pairs): the longest one that covers the whole block. A row a route table and far VPC; target and
-- State are NULL where there is none. A route by a prefix list is one by each block in it; by_prefix_list: targets of routes
-- by lists of which the answers don't say what is in them. Route tables that govern nothing but a transit gateway attachment's own small subnets (/27 at most) are no
-- clients' and not there, unless the VPC has no others.
WITH attachment_subnets AS (
    SELECT DISTINCT account, region, unnest(SubnetIds) AS SubnetId FROM ec2_transit_gateway_vpc_attachments
),
private AS (
    SELECT s.account, s.region, s.VpcId, s.OwnerId, s.RouteTableId,
           bool_and(a.SubnetId IS NOT NULL AND coalesce(TRY_CAST(split_part(s.CidrBlock, '/', 2) AS INTEGER) >= 27, false))
               AS for_attachments
    FROM   subnets s
    LEFT JOIN attachment_subnets a ON a.account = s.account AND a.region = s.region AND a.SubnetId = s.SubnetId
    WHERE  NOT s.is_public AND s.RouteTableId IS NOT NULL
    GROUP BY s.account, s.region, s.VpcId, s.OwnerId, s.RouteTableId
),
chosen AS (
    SELECT account, region, VpcId, OwnerId, RouteTableId
    FROM   private
    QUALIFY NOT for_attachments OR bool_and(for_attachments) OVER (PARTITION BY account, region, VpcId)
),
routes AS (
    SELECT t.account, t.region, t.RouteTableId, u.route.DestinationCidrBlock AS block, u.route.DestinationPrefixListId AS list,
           coalesce(u.route.NatGatewayId, u.route.TransitGatewayId, u.route.VpcPeeringConnectionId, u.route.GatewayId,
                    u.route.NetworkInterfaceId, u.route.InstanceId, u.route.CoreNetworkArn, u.route.LocalGatewayId,
                    u.route.CarrierGatewayId) AS target,
           u.route.State AS State
    FROM   ec2_route_tables t, unnest(t.Routes) AS u(route)
),
told AS (
    SELECT r.account, r.region, r.RouteTableId, r.list, r.target, r.State,
           CASE WHEN r.list IS NULL THEN [r.block] WHEN l.OwnerId = 'AWS' THEN [] ELSE [e.Cidr for e in l.Entries] END AS blocks
    FROM   routes r
    LEFT JOIN ec2_managed_prefix_lists l ON l.account = r.account AND l.region = r.region AND l.PrefixListId = r.list
),
ranges AS (
    SELECT account, region, RouteTableId, u.block AS destination, target, State,
           TRY_CAST(split_part(u.block, '/', 2) AS INTEGER) AS length,
           list_reduce([TRY_CAST(part AS BIGINT) for part in string_split(split_part(u.block, '/', 1), '.')],
                       lambda high, low: high * 256 + low) AS first,
           first + CAST(pow(2, 32 - length) AS BIGINT) - 1 AS last
    FROM   told, unnest(blocks) AS u(block)
    WHERE  u.block LIKE '%.%/%'
),
lists AS (
    SELECT account, region, RouteTableId, list_sort(list(DISTINCT target)) AS by_prefix_list
    FROM   told WHERE blocks IS NULL AND State IS DISTINCT FROM 'blackhole'
    GROUP BY account, region, RouteTableId
),
wanted AS (
    SELECT c.account, c.region, c.VpcId, c.RouteTableId, t.account AS told_by, p.far_account, p.far_region, p.far_vpc, p.far_cidr,
           p.far_first, p.far_last
    FROM   chosen c
    JOIN   vpc_pairs p ON p.account = c.account AND p.region = c.region AND p.VpcId = c.VpcId
    JOIN   (SELECT region, RouteTableId, min(account) AS account FROM ec2_route_tables GROUP BY region, RouteTableId) t
           ON t.region = c.region AND t.RouteTableId = c.RouteTableId
),
best AS (
    SELECT w.account, w.region, w.VpcId, w.RouteTableId, w.far_account, w.far_region, w.far_vpc,
           arg_max({'destination': r.destination, 'target': r.target, 'state': r.State}, r.length) AS route
    FROM   wanted w
    JOIN   ranges r ON r.account = w.told_by AND r.region = w.region AND r.RouteTableId = w.RouteTableId
                   AND r.first <= w.far_first AND w.far_last <= r.last
    GROUP BY w.account, w.region, w.VpcId, w.RouteTableId, w.far_account, w.far_region, w.far_vpc
)
SELECT w.account, w.region, w.VpcId, w.RouteTableId, w.far_account, w.far_region, w.far_vpc, w.far_cidr,
       b.route.destination AS destination, b.route.target AS target, b.route.state AS State,
       coalesce(l.by_prefix_list, []) AS by_prefix_list
FROM   wanted w
LEFT JOIN best b  ON b.account = w.account AND b.region = w.region AND b.VpcId = w.VpcId AND b.RouteTableId = w.RouteTableId
                 AND b.far_account = w.far_account AND b.far_region = w.far_region AND b.far_vpc = w.far_vpc
LEFT JOIN lists l ON l.account = w.told_by AND l.region = w.region AND l.RouteTableId = w.RouteTableId
