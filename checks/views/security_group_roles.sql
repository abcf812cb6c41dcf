-- What security groups are attached to: a row a group and user.
-- role: 'load balancer', 'database', 'code' (instances, functions, tasks, clusters: anything that runs code) or 'other'
-- (endpoints, mount targets, directories and the like). used_by: the user's ARN or, where only its interface is known,
-- what the interface says of itself. internet_facing: for a load balancer, whether the internet reaches it.
-- Application and network load balancers, databases and functions are known from their own tables, and their interfaces are
-- left to those; services of ECS (they may have no task now) and clusters of EKS too. The rest is known by its interfaces.
WITH interfaces AS (
    SELECT account, region, NetworkInterfaceId, Groups, coalesce(InterfaceType, 'interface') AS kind,
           coalesce(RequesterId, '') AS requester, coalesce(Description, '') AS description,
           coalesce(RequesterManaged, false) AS is_managed, Attachment.InstanceId AS instance,
           Association.PublicIp IS NOT NULL AS is_public
    FROM   ec2_network_interfaces
    WHERE  coalesce(Status, 'in-use') <> 'available'
),
judged AS (
    SELECT account, region, Groups, is_public,
           CASE WHEN kind LIKE '%load_balancer%' OR description LIKE 'ELB %' OR requester = 'amazon-elb' THEN 'load balancer'
                WHEN requester IN ('amazon-rds', 'amazon-redshift', 'amazon-elasticache')
                     OR description IN ('RDSNetworkInterface', 'RedshiftNetworkInterface')
                     OR description LIKE 'ElastiCache %' OR description LIKE 'DAX %' THEN 'database'
                WHEN kind IN ('lambda', 'branch', 'trunk', 'efa', 'efa-only') OR instance IS NOT NULL
                     OR description LIKE 'AWS Lambda VPC ENI%' OR description LIKE 'arn:aws%:ecs:%'
                     OR description LIKE 'Amazon EKS %' OR description LIKE '%CodeBuild%' THEN 'code'
                WHEN kind <> 'interface' OR is_managed THEN 'other'
                ELSE 'code' END AS role,
           coalesce(instance, nullif(description, ''), NetworkInterfaceId) AS used_by
    FROM   interfaces
),
users AS (
    SELECT account, region, unnest(SecurityGroups) AS GroupId, 'load balancer' AS role, arn AS used_by,
           Scheme = 'internet-facing' AS internet_facing
    FROM   elbv2_load_balancers
    UNION ALL
    SELECT c.account, c.region, g.item.VpcSecurityGroupId, 'database', c.arn, NULL
    FROM   rds_clusters c, unnest(c.VpcSecurityGroups) AS g(item)
    WHERE  coalesce(g.item.Status, 'active') IN ('active', 'adding')
    UNION ALL
    SELECT i.account, i.region, g.item.VpcSecurityGroupId, 'database', i.arn, NULL
    FROM   rds_instances i, unnest(i.VpcSecurityGroups) AS g(item)
    WHERE  coalesce(g.item.Status, 'active') IN ('active', 'adding')
    UNION ALL
    SELECT account, region, unnest(VpcConfig.SecurityGroupIds), 'code', arn, NULL FROM lambda_functions
    UNION ALL
    SELECT account, region, unnest(networkConfiguration.awsvpcConfiguration.securityGroups), 'code', arn, NULL
    FROM   ecs_services WHERE coalesce(status, '') <> 'INACTIVE'
    UNION ALL
    SELECT account, region, unnest(list_append(resourcesVpcConfig.securityGroupIds, resourcesVpcConfig.clusterSecurityGroupId)),
           'code', arn, NULL
    FROM   eks_clusters
    UNION ALL
    SELECT j.account, j.region, g.item.GroupId, j.role, j.used_by,
           CASE WHEN j.role = 'load balancer' THEN j.is_public END
    FROM   judged j, unnest(j.Groups) AS g(item)
    WHERE  NOT regexp_matches(j.used_by, '^ELB (app|net|gwy)/') AND j.used_by <> 'RDSNetworkInterface'
      AND  NOT j.used_by LIKE 'AWS Lambda VPC ENI%'
)
SELECT DISTINCT account, region, GroupId, role, used_by, internet_facing FROM users WHERE GroupId IS NOT NULL
