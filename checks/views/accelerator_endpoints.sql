-- Where accelerators lead: a row an accelerator, listener, endpoint group and endpoint, as far as there are any.
-- is_active: enabled and DEPLOYED; dial: the group's share of the traffic in percent, 100 unless it is told;
-- weight: 128 unless it is told (AWS's default); endpoint_kind: 'load balancer', or 'other' (an Elastic IP address, an
-- instance); exists_: whether an audited account has that load balancer, NULL where it was not found in another account than
-- the accelerator's, or its region is not audited.
WITH endpoints AS (
    SELECT g.arn AS endpoint_group, g.account, g.ListenerArn, g.EndpointGroupRegion AS group_region,
           coalesce(g.TrafficDialPercentage, 100) AS dial, e.item.EndpointId AS endpoint,
           coalesce(e.item.Weight, 128) AS weight, e.item.HealthState AS health,
           split_part(e.item.EndpointId, ':', 3) = 'elasticloadbalancing'
               AND split_part(e.item.EndpointId, ':', 6) LIKE 'loadbalancer/%' AS is_balancer,
           split_part(e.item.EndpointId, ':', 4) AS endpoint_region,
           split_part(e.item.EndpointId, ':', 5) AS endpoint_account
    FROM   globalaccelerator_endpoint_groups g
    LEFT JOIN (
        SELECT arn, account, unnest(EndpointDescriptions) AS item FROM globalaccelerator_endpoint_groups
    ) e ON e.arn = g.arn AND e.account = g.account
)
SELECT a.arn, a.account, a.region, a.name, a.Enabled AND a.Status = 'DEPLOYED' AS is_active,
       l.arn AS listener, e.endpoint_group, e.group_region, e.dial, e.endpoint, e.weight, e.health,
       CASE WHEN e.endpoint IS NOT NULL THEN CASE WHEN e.is_balancer THEN 'load balancer' ELSE 'other' END END
           AS endpoint_kind,
       CASE WHEN e.endpoint IS NULL THEN NULL
            WHEN NOT e.is_balancer THEN false
            WHEN b.arn IS NOT NULL THEN true
            WHEN audited.region IS NULL OR e.endpoint_account <> a.account THEN NULL
            ELSE false END AS exists_
FROM   globalaccelerator_accelerators a
LEFT JOIN globalaccelerator_listeners l ON l.account = a.account AND l.AcceleratorArn = a.arn
LEFT JOIN endpoints e ON e.account = l.account AND e.ListenerArn = l.arn
LEFT JOIN elbv2_load_balancers b ON b.arn = e.endpoint
LEFT JOIN audit_regions audited ON audited.account = e.endpoint_account AND audited.region = e.endpoint_region
