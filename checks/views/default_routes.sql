-- Default routes (0.0.0.0/0 and ::/0) of route tables, with where they lead.
-- target: the gateway's, attachment's or interface's id; target_kind: its kind in words; State: active or blackhole.
-- A route by prefix list is none of these, even where the list holds 0.0.0.0/0: the answers don't say what is in it.
WITH routes AS (
    SELECT account, region, VpcId, RouteTableId, arn, unnest(Routes) AS route FROM ec2_route_tables
),
led AS (
    SELECT account, region, VpcId, RouteTableId, arn AS route_table_arn,
           CASE WHEN route.DestinationCidrBlock = '0.0.0.0/0' THEN '0.0.0.0/0' ELSE '::/0' END AS destination,
           coalesce(route.NatGatewayId, route.TransitGatewayId, route.EgressOnlyInternetGatewayId,
                    route.VpcPeeringConnectionId, route.CarrierGatewayId, route.LocalGatewayId, route.GatewayId,
                    route.NetworkInterfaceId, route.InstanceId, route.CoreNetworkArn, route.OdbNetworkArn) AS target,
           route.State AS State
    FROM   routes
    WHERE  route.DestinationCidrBlock = '0.0.0.0/0' OR route.DestinationIpv6CidrBlock = '::/0'
)
SELECT account, region, VpcId, RouteTableId, route_table_arn, destination, target,
       CASE WHEN target LIKE 'igw-%'    THEN 'internet gateway'
            WHEN target LIKE 'eigw-%'   THEN 'egress-only internet gateway'
            WHEN target LIKE 'nat-%'    THEN 'NAT gateway'
            WHEN target LIKE 'tgw-%'    THEN 'transit gateway'
            WHEN target LIKE 'pcx-%'    THEN 'VPC peering connection'
            WHEN target LIKE 'vgw-%'    THEN 'virtual private gateway'
            WHEN target LIKE 'cagw-%'   THEN 'carrier gateway'
            WHEN target LIKE 'lgw-%'    THEN 'local gateway'
            WHEN target LIKE 'vpce-%'   THEN 'VPC endpoint'
            WHEN target LIKE 'eni-%' OR target LIKE 'i-%' THEN 'instance'
            WHEN target LIKE 'arn:%'    THEN 'core network'
            ELSE 'other' END AS target_kind,
       State
FROM   led
