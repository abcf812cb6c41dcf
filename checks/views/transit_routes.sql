-- The route that the route table of each attachment to a transit gateway has for the primary block of each VPC in the
-- primary and recovery regions: the longest one that covers the whole block. A row an attachment and VPC.
-- attachment: the one that traffic comes in by; leads_to: ids of the attachments that it goes out by; State: active or
-- blackhole; both NULL where there is no such route. is_told is false where neither the attachment's association nor its
-- transit gateway's route tables are to be seen: the transit gateway belongs to an account that is not audited.
WITH gateways AS (
    SELECT DISTINCT t.region, t.TransitGatewayId
    FROM   ec2_transit_gateways t
    JOIN   audit_regions r ON r.account = t.OwnerId AND r.region = t.region
),
associated AS (
    SELECT a.region, a.TransitGatewayAttachmentId AS attachment, a.TransitGatewayId,
           max(a.Association.TransitGatewayRouteTableId)
               FILTER (coalesce(a.Association.State, 'associated') = 'associated') AS RouteTableId
    FROM   ec2_transit_gateway_attachments a
    GROUP BY a.region, a.TransitGatewayAttachmentId, a.TransitGatewayId
),
ranges AS (
    SELECT account, region, TransitGatewayRouteTableId AS RouteTableId, State,
           [a.TransitGatewayAttachmentId for a in TransitGatewayAttachments] AS leads_to,
           DestinationCidrBlock AS destination, TRY_CAST(split_part(DestinationCidrBlock, '/', 2) AS INTEGER) AS length,
           list_reduce([TRY_CAST(part AS BIGINT) for part in string_split(split_part(DestinationCidrBlock, '/', 1), '.')],
                       lambda high, low: high * 256 + low) AS first
    FROM   ec2_transit_gateway_routes
    WHERE  DestinationCidrBlock LIKE '%.%/%'
),
blocks AS (SELECT DISTINCT region, VpcId, CidrBlock, first, last FROM vpc_pairs),
best AS (
    SELECT a.region, a.attachment, b.VpcId,
           arg_max({'destination': r.destination, 'leads_to': r.leads_to, 'state': r.State}, r.length) AS route
    FROM   associated a
    JOIN   ranges r ON r.region = a.region AND r.RouteTableId = a.RouteTableId
    JOIN   blocks b ON r.first <= b.first AND b.last <= r.first + CAST(pow(2, 32 - r.length) AS BIGINT) - 1
    GROUP BY a.region, a.attachment, b.VpcId
)
SELECT a.region, a.attachment, a.TransitGatewayId, a.RouteTableId, b.VpcId, b.CidrBlock,
       found.route.destination AS destination, coalesce(found.route.leads_to, []) AS leads_to, found.route.state AS State,
       g.TransitGatewayId IS NOT NULL AS is_told
FROM   associated a
JOIN   blocks b            ON true
LEFT JOIN gateways g       ON g.region = a.region AND g.TransitGatewayId = a.TransitGatewayId
LEFT JOIN best found       ON found.region = a.region AND found.attachment = a.attachment AND found.VpcId = b.VpcId
