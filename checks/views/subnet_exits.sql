-- Where the default route of each subnet leads, and whether what it leads to works: a row a subnet.
-- destination: 0.0.0.0/0, or ::/0 for a subnet that has IPv6 addresses only. target, target_kind, route_state: as in
-- default_routes, NULL without a default route. nat_*: of the NAT gateway that it leads to; nat_zones: ids and names of the
-- zones it stands in (a regional one stands in no subnet, and in every zone it has an address in).
-- is_working: true for an active route to a transit gateway, to a public NAT gateway that is available and stands in a
-- public subnet or is regional, or, for IPv6 only, to an egress-only internet gateway; false for any other default route
-- and for none; NULL where it was not seen. A subnet that an audited account shares has its row in that account alone.
WITH placed AS (
    SELECT s.arn, s.account, s.region, s.name, s.SubnetId, s.VpcId, s.OwnerId, s.AvailabilityZone, s.AvailabilityZoneId,
           s.is_public, s.RouteTableId, CASE WHEN s.Ipv6Native THEN '::/0' ELSE '0.0.0.0/0' END AS destination
    FROM   subnets s
    LEFT JOIN ec2_subnets o ON o.account = s.OwnerId AND o.region = s.region AND o.SubnetId = s.SubnetId AND s.account <> s.OwnerId
    WHERE  o.SubnetId IS NULL
),
routed AS (
    SELECT p.account, p.region, p.SubnetId,
           min({'elsewhere': d.account <> p.account, 'target': d.target, 'kind': d.target_kind, 'state': d.State}) AS route
    FROM   placed p
    JOIN   default_routes d ON d.region = p.region AND d.RouteTableId = p.RouteTableId AND d.destination = p.destination
                           AND d.account IN (p.account, p.OwnerId)
    GROUP BY p.account, p.region, p.SubnetId
),
gateways AS (
    SELECT n.account, n.region, n.NatGatewayId, n.SubnetId, n.State, coalesce(n.ConnectivityType, 'public') AS connectivity,
           coalesce(n.AvailabilityMode, 'zonal') = 'regional' AS is_regional, s.is_public AS subnet_is_public,
           CASE WHEN coalesce(n.AvailabilityMode, 'zonal') = 'regional'
                THEN flatten([[a.AvailabilityZoneId, a.AvailabilityZone] for a in n.NatGatewayAddresses
                              if coalesce(a.Status, 'succeeded') = 'succeeded'])
                ELSE [s.AvailabilityZoneId, s.AvailabilityZone] END AS zones
    FROM   ec2_nat_gateways n
    LEFT JOIN subnets s ON s.account = n.account AND s.region = n.region AND s.SubnetId = n.SubnetId
),
joined AS (
    SELECT p.arn, p.account, p.region, p.name, p.SubnetId, p.VpcId, p.OwnerId, p.AvailabilityZone, p.AvailabilityZoneId, p.is_public,
           p.RouteTableId, p.destination, r.route.target AS target, r.route.kind AS target_kind, r.route.state AS route_state,
           g.NatGatewayId IS NOT NULL AS nat_is_seen, g.State AS nat_state, g.connectivity AS nat_connectivity,
           g.is_regional AS nat_is_regional, g.SubnetId AS nat_subnet, g.subnet_is_public AS nat_subnet_is_public,
           [z for z in g.zones if z IS NOT NULL] AS nat_zones
    FROM   placed p
    LEFT JOIN routed r   ON r.account = p.account AND r.region = p.region AND r.SubnetId = p.SubnetId
    LEFT JOIN gateways g ON g.account = p.account AND g.region = p.region AND g.NatGatewayId = r.route.target
)
SELECT arn, account, region, name, SubnetId, VpcId, OwnerId, AvailabilityZone, AvailabilityZoneId, is_public, RouteTableId,
       destination, target, target_kind, route_state, nat_is_seen, nat_state, nat_connectivity, nat_is_regional, nat_subnet,
       nat_subnet_is_public, nat_zones,
       CASE WHEN RouteTableId IS NULL THEN NULL
            WHEN target_kind IS NULL THEN false
            WHEN target_kind = 'transit gateway' OR (target_kind = 'egress-only internet gateway' AND destination = '::/0')
            THEN route_state = 'active'
            WHEN target_kind <> 'NAT gateway' OR route_state <> 'active' THEN false
            WHEN NOT nat_is_seen AND OwnerId <> account THEN NULL
            WHEN NOT nat_is_seen OR nat_connectivity <> 'public' OR nat_state <> 'available' THEN false
            WHEN nat_is_regional THEN route_state = 'active' AND nat_state = 'available'
            ELSE route_state = 'active' AND nat_state = 'available' AND nat_subnet_is_public END AS is_working
FROM   joined
