-- What joins a VPC of the primary region to one of a recovery region: a row a VPC peering connection between them, or a
-- pair of transit gateways that they are attached to. Only VPCs in scope that have such a thing are there.
-- kind: 'peering' or 'transit_gateway'; via: its id, or the ids of both attachments. missing: what it lacks, in words, so that
-- either could reach the other: the connection or peering attachment itself in force, an active route in every private
-- route table of both VPCs, and for transit gateways the routes in the route tables of all attachments on the way, there and
-- back. undecided: what could not be told. It works where both are empty.
WITH pairs AS (
    SELECT account AS primary_account, region AS primary_region, VpcId AS primary_vpc, CidrBlock AS primary_cidr,
           far_account AS recovery_account, far_region AS recovery_region, far_vpc AS recovery_vpc, far_cidr AS recovery_cidr
    FROM   vpc_pairs WHERE role = 'primary'
),
peerings AS (
    SELECT VpcPeeringConnectionId AS id, any_value(RequesterVpcInfo.VpcId) AS one, any_value(AccepterVpcInfo.VpcId) AS other,
           bool_or(Status.Code = 'active') AS is_active, min(Status.Code) AS state
    FROM   ec2_vpc_peering_connections GROUP BY VpcPeeringConnectionId
),
attachments AS (
    SELECT region, VpcId, TransitGatewayAttachmentId AS id, TransitGatewayId AS gateway, min(State) AS state
    FROM   ec2_transit_gateway_vpc_attachments
    WHERE  State NOT IN ('deleted', 'failed', 'rejected')
    GROUP BY region, VpcId, TransitGatewayAttachmentId, TransitGatewayId
),
links AS (
    SELECT region, TransitGatewayAttachmentId AS id, RequesterTgwInfo.TransitGatewayId AS one,
           AccepterTgwInfo.TransitGatewayId AS other, min(State) AS state
    FROM   ec2_transit_gateway_peering_attachments
    WHERE  State NOT IN ('deleted', 'failed', 'rejected')
    GROUP BY ALL
),
both_ways AS (
    SELECT region, id, one, other, state FROM links UNION ALL SELECT region, id, other, one, state FROM links
),
candidates AS (
    SELECT p.primary_account, p.primary_region, p.primary_vpc, p.primary_cidr, p.recovery_account, p.recovery_region, p.recovery_vpc,
           p.recovery_cidr, 'peering' AS kind, c.id AS via, c.id AS here, c.id AS there, NULL AS here_in, NULL AS there_in,
           NULL AS here_out, NULL AS there_out, CASE WHEN c.is_active THEN [] ELSE
               ['the VPC peering connection ' || c.id || ' is ' || coalesce(c.state, 'in no known state') || ', not active'] END AS lacks
    FROM   pairs p
    JOIN   peerings c ON (c.one = p.primary_vpc AND c.other = p.recovery_vpc) OR (c.one = p.recovery_vpc AND c.other = p.primary_vpc)
    UNION ALL
    SELECT p.primary_account, p.primary_region, p.primary_vpc, p.primary_cidr, p.recovery_account, p.recovery_region, p.recovery_vpc,
           p.recovery_cidr, 'transit_gateway', a.id || ' and ' || b.id, a.gateway, b.gateway, a.id, b.id,
           coalesce(k.id, m.id), coalesce(m.id, k.id),
           list_concat(list_concat(
               CASE WHEN a.state = 'available' THEN [] ELSE ['the attachment ' || a.id || ' of ' || p.primary_vpc || ' is ' || a.state] END,
               CASE WHEN b.state = 'available' THEN [] ELSE ['the attachment ' || b.id || ' of ' || p.recovery_vpc || ' is ' || b.state] END),
               CASE WHEN k.id IS NULL AND m.id IS NULL
                    THEN ['no peering attachment joins ' || a.gateway || ' in ' || p.primary_region || ' and ' || b.gateway || ' in ' || p.recovery_region]
                    WHEN coalesce(k.state, 'available') = 'available' AND coalesce(m.state, 'available') = 'available' THEN []
                    ELSE ['the peering attachment ' || coalesce(k.id, m.id) || ' is '
                          || CASE WHEN k.state <> 'available' THEN k.state ELSE m.state END || ', not available'] END)
    FROM   pairs p
    JOIN   attachments a    ON a.region = p.primary_region AND a.VpcId = p.primary_vpc
    JOIN   attachments b    ON b.region = p.recovery_region AND b.VpcId = p.recovery_vpc
    LEFT JOIN both_ways k   ON k.region = p.primary_region AND k.one = a.gateway AND k.other = b.gateway
    LEFT JOIN both_ways m   ON m.region = p.recovery_region AND m.one = a.gateway AND m.other = b.gateway
),
directions AS (
    SELECT kind, via, primary_vpc, recovery_vpc, primary_account AS account, primary_region AS region, primary_vpc AS vpc,
           recovery_account AS far_account, recovery_region AS far_region, recovery_vpc AS far_vpc, recovery_cidr AS far_cidr, here AS gateway
    FROM   candidates
    UNION ALL
    SELECT kind, via, primary_vpc, recovery_vpc, recovery_account, recovery_region, recovery_vpc,
           primary_account, primary_region, primary_vpc, primary_cidr, there
    FROM   candidates
),
near_routes AS (
    SELECT d.kind, d.via, d.primary_vpc, d.recovery_vpc, d.vpc, d.region, d.far_cidr, d.gateway, r.RouteTableId,
           coalesce(r.target = d.gateway AND r.State = 'active', false) AS is_there,
           coalesce(list_contains(r.by_prefix_list, d.gateway), false) OR coalesce(r.target = d.gateway AND r.State IS NULL, false) AS may_be,
           r.target, r.State
    FROM   directions d
    LEFT JOIN routes_between_vpcs r ON r.account = d.account AND r.region = d.region AND r.VpcId = d.vpc
                                   AND r.far_account = d.far_account AND r.far_region = d.far_region AND r.far_vpc = d.far_vpc
),
hops AS (
    SELECT via, primary_vpc, recovery_vpc, primary_region AS region, here_in AS comes_in, here_out AS goes_out, recovery_vpc AS far_vpc, recovery_cidr AS far_cidr
    FROM   candidates WHERE kind = 'transit_gateway' AND here_out IS NOT NULL
    UNION ALL
    SELECT via, primary_vpc, recovery_vpc, recovery_region, there_out, there_in, recovery_vpc, recovery_cidr
    FROM   candidates WHERE kind = 'transit_gateway' AND here_out IS NOT NULL
    UNION ALL
    SELECT via, primary_vpc, recovery_vpc, recovery_region, there_in, there_out, primary_vpc, primary_cidr
    FROM   candidates WHERE kind = 'transit_gateway' AND here_out IS NOT NULL
    UNION ALL
    SELECT via, primary_vpc, recovery_vpc, primary_region, here_out, here_in, primary_vpc, primary_cidr
    FROM   candidates WHERE kind = 'transit_gateway' AND here_out IS NOT NULL
),
lacking AS (
    SELECT kind, via, primary_vpc, recovery_vpc, NOT is_there AND may_be AS is_undecided,
           CASE WHEN RouteTableId IS NULL THEN 'no private route table of ' || vpc || ' was found'
                ELSE 'the private route table ' || RouteTableId || ' of ' || vpc || ' in ' || region || ' has no active route to '
                     || far_cidr || ' by ' || gateway
                     || CASE WHEN target = gateway THEN ' (it is ' || coalesce(State, 'in no known state') || ')'
                             WHEN target IS NOT NULL THEN ' (it leads to ' || target || ')' ELSE '' END END AS what
    FROM   near_routes WHERE NOT is_there
    UNION ALL
    SELECT 'transit_gateway', h.via, h.primary_vpc, h.recovery_vpc, NOT coalesce(t.is_told, false),
           CASE WHEN t.RouteTableId IS NULL THEN 'the attachment ' || h.comes_in || ' in ' || h.region || ' is associated with no route table'
                ELSE 'the transit gateway route table ' || t.RouteTableId || ' in ' || h.region || ', which ' || h.comes_in
                     || ' uses, has no active route to ' || h.far_cidr || ' by ' || h.goes_out
                     || CASE WHEN t.State = 'blackhole' THEN ' (it is blackhole)' ELSE '' END END
    FROM   hops h
    LEFT JOIN transit_routes t ON t.region = h.region AND t.attachment = h.comes_in AND t.VpcId = h.far_vpc
    WHERE  NOT coalesce(t.State = 'active' AND list_contains(t.leads_to, h.goes_out), false)
),
summed AS (
    SELECT kind, via, primary_vpc, recovery_vpc, list_sort(list(DISTINCT what) FILTER (NOT is_undecided)) AS missing,
           list_sort(list(DISTINCT what) FILTER (is_undecided)) AS undecided
    FROM   lacking GROUP BY kind, via, primary_vpc, recovery_vpc
)
SELECT c.primary_account, c.primary_region, c.primary_vpc, c.primary_cidr, c.recovery_account, c.recovery_region, c.recovery_vpc,
       c.recovery_cidr, c.kind, c.via, list_concat(c.lacks, coalesce(s.missing, [])) AS missing, coalesce(s.undecided, []) AS undecided
FROM   candidates c
LEFT JOIN summed s ON s.kind = c.kind AND s.via = c.via AND s.primary_vpc = c.primary_vpc AND s.recovery_vpc = c.recovery_vpc
