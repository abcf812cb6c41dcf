-- Every resource that can carry tags, of every kind that is collected, with its tags. Global databases, of which each of
-- their regions tells, once, with the region 'global'. What another account shares with this one (subnets, VPCs) is left
-- to its owner: AWS does not tell others its tags.
WITH resources AS (
    SELECT arn, account, region, name, type, tags FROM ec2_internet_gateways
    UNION ALL
    SELECT arn, account, region, name, type, tags FROM standing_nat_gateways
    UNION ALL
    SELECT arn, account, region, name, type, tags FROM ec2_route_tables
    UNION ALL
    SELECT arn, account, region, name, type, tags FROM ec2_security_groups
    UNION ALL
    SELECT arn, account, region, name, type, tags FROM ec2_subnets
    UNION ALL
    SELECT arn, account, region, name, type, tags FROM ec2_vpcs
    UNION ALL
    SELECT arn, account, region, name, type, tags FROM elbv2_listeners
    UNION ALL
    SELECT arn, account, region, name, type, tags FROM elbv2_load_balancers
    UNION ALL
    SELECT arn, account, region, name, type, tags FROM elbv2_rules
    UNION ALL
    SELECT arn, account, region, name, type, tags FROM elbv2_target_groups
    UNION ALL
    SELECT arn, account, region, name, type, tags FROM iam_policies
    UNION ALL
    SELECT arn, account, region, name, type, tags FROM iam_roles
    UNION ALL
    SELECT arn, account, region, name, type, tags FROM iam_users
    UNION ALL
    SELECT arn, account, region, name, type, tags FROM kms_keys
    UNION ALL
    SELECT arn, account, region, name, type, tags FROM lambda_functions
    UNION ALL
    SELECT arn, account, region, name, type, tags FROM rds_clusters
    UNION ALL
    SELECT arn, account, 'global', arg_min(name, region), type, arg_min(tags, region)
    FROM   rds_global_clusters GROUP BY arn, account, type
    UNION ALL
    SELECT arn, account, region, name, type, tags FROM rds_instances
    UNION ALL
    SELECT arn, account, region, name, type, tags FROM rds_subnet_groups
    UNION ALL
    SELECT arn, account, region, name, type, tags FROM route53_health_checks
    UNION ALL
    SELECT arn, account, region, name, type, tags FROM route53_hosted_zones
    UNION ALL
    SELECT arn, account, region, name, type, tags FROM secretsmanager_secrets
)
SELECT arn, account, region, name, type, tags FROM resources WHERE split_part(arn, ':', 5) IN ('', account)
