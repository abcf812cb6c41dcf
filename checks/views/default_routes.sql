-- Default routes (0.0.0.0/0 and ::/0) of route tables, with where they lead.
-- target: the gateway's or attachment's id; State: active or blackhole.
SELECT t.account, t.region, t.VpcId, t.RouteTableId, t.arn AS route_table_arn,
       coalesce(r.route.DestinationCidrBlock, r.route.DestinationIpv6CidrBlock) AS destination,
       coalesce(r.route.NatGatewayId, r.route.TransitGatewayId, r.route.GatewayId, r.route.EgressOnlyInternetGatewayId,
                r.route.VpcPeeringConnectionId, r.route.NetworkInterfaceId, r.route.InstanceId) AS target,
       r.route.State AS State
FROM   ec2_route_tables t, unnest(t.Routes) AS r(route)
WHERE  r.route.DestinationCidrBlock = '0.0.0.0/0' OR r.route.DestinationIpv6CidrBlock = '::/0'
