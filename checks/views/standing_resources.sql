-- What AWS goes on listing for a while after it was deleted or terminated, without what is gone: NAT gateways, instances,
-- transit gateways, endpoints, prefix lists, peering connections, ECS clusters.
SELECT arn, account, region, name, type, tags FROM ec2_instances
WHERE  coalesce(State.Name, '') <> 'terminated'
UNION ALL
SELECT arn, account, region, name, type, tags FROM ec2_managed_prefix_lists
WHERE  coalesce(State, '') <> 'delete-complete'
UNION ALL
SELECT arn, account, region, name, type, tags FROM ec2_nat_gateways
WHERE  coalesce(State, '') <> 'deleted'
UNION ALL
SELECT arn, account, region, name, type, tags FROM ec2_transit_gateway_attachments
WHERE  coalesce(State, '') NOT IN ('deleted', 'failed', 'rejected')
UNION ALL
SELECT arn, account, region, name, type, tags FROM ec2_transit_gateway_route_tables
WHERE  coalesce(State, '') <> 'deleted'
UNION ALL
SELECT arn, account, region, name, type, tags FROM ec2_transit_gateways
WHERE  coalesce(State, '') <> 'deleted'
UNION ALL
SELECT arn, account, region, name, type, tags FROM ec2_vpc_endpoints
WHERE  lower(coalesce(State, '')) <> 'deleted'
UNION ALL
SELECT arn, account, region, name, type, tags FROM ec2_vpc_peering_connections
WHERE  coalesce(Status.Code, '') NOT IN ('deleted', 'rejected', 'failed', 'expired')
UNION ALL
SELECT arn, account, region, name, type, tags FROM ecs_clusters
WHERE  coalesce(status, '') <> 'INACTIVE'
