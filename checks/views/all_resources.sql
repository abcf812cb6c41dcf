-- Every resource that can carry tags, of every kind that is collected, with its tags. Global databases, of which each of
-- their regions tells, once, with the region 'global'. What another account shares with this one (subnets, VPCs) is left
-- to its owner: AWS does not tell others its tags.
WITH resources AS (
    SELECT arn, account, region, name, type, tags FROM acm_certificates
    UNION ALL
    SELECT arn, account, region, name, type, tags FROM backup_plans
    UNION ALL
    SELECT arn, account, region, name, type, tags FROM backup_vaults
    UNION ALL
    SELECT arn, account, region, name, type, tags FROM cloudformation_stacks
    UNION ALL
    SELECT arn, account, region, name, type, tags FROM cloudtrail_trails
    WHERE  HomeRegion = region
    UNION ALL
    SELECT arn, account, region, name, type, tags FROM cloudwatch_alarms
    UNION ALL
    SELECT arn, account, region, name, type, tags FROM cloudwatch_composite_alarms
    UNION ALL
    SELECT arn, account, region, name, type, tags FROM config_recorders
    UNION ALL
    SELECT arn, account, region, name, type, tags FROM dynamodb_tables
    UNION ALL
    SELECT arn, account, region, name, type, tags FROM ec2_addresses
    UNION ALL
    SELECT arn, account, region, name, type, tags FROM ec2_flow_logs
    UNION ALL
    SELECT arn, account, region, name, type, tags FROM ec2_internet_gateways
    UNION ALL
    SELECT arn, account, region, name, type, tags FROM ec2_launch_templates
    UNION ALL
    SELECT arn, account, region, name, type, tags FROM ec2_network_acls
    UNION ALL
    SELECT arn, account, region, name, type, tags FROM ec2_network_interfaces
    UNION ALL
    SELECT arn, account, region, name, type, tags FROM standing_resources
    UNION ALL
    SELECT arn, account, region, name, type, tags FROM ec2_route_tables
    UNION ALL
    SELECT arn, account, region, name, type, tags FROM ec2_security_groups
    UNION ALL
    SELECT arn, account, region, name, type, tags FROM ec2_subnets
    UNION ALL
    SELECT arn, account, region, name, type, tags FROM ec2_vpcs
    UNION ALL
    SELECT arn, account, region, name, type, tags FROM ecs_services
    UNION ALL
    SELECT arn, account, region, name, type, tags FROM ecs_task_definitions
    UNION ALL
    SELECT arn, account, region, name, type, tags FROM eks_clusters
    UNION ALL
    SELECT arn, account, region, name, type, tags FROM eks_nodegroups
    UNION ALL
    SELECT arn, account, region, name, type, tags FROM elbv2_listeners
    UNION ALL
    SELECT arn, account, region, name, type, tags FROM elbv2_load_balancers
    UNION ALL
    SELECT arn, account, region, name, type, tags FROM elbv2_rules
    UNION ALL
    SELECT arn, account, region, name, type, tags FROM elbv2_target_groups
    UNION ALL
    SELECT arn, account, region, name, type, tags FROM events_buses WHERE name <> 'default'
    UNION ALL
    SELECT arn, account, region, name, type, tags FROM events_rules
    UNION ALL
    SELECT arn, account, region, name, type, tags FROM globalaccelerator_accelerators
    UNION ALL
    SELECT arn, account, region, name, type, tags FROM iam_instance_profiles
    UNION ALL
    SELECT arn, account, region, name, type, tags FROM iam_policies
    UNION ALL
    SELECT arn, account, region, name, type, tags FROM iam_roles
    UNION ALL
    SELECT arn, account, region, name, type, tags FROM iam_server_certificates
    UNION ALL
    SELECT arn, account, region, name, type, tags FROM iam_users
    UNION ALL
    SELECT arn, account, region, name, type, tags FROM kms_keys
    UNION ALL
    SELECT arn, account, region, name, type, tags FROM lambda_event_source_mappings
    UNION ALL
    SELECT arn, account, region, name, type, tags FROM lambda_functions
    UNION ALL
    SELECT arn, account, region, name, type, tags FROM logs_log_groups
    UNION ALL
    SELECT arn, account, region, name, type, tags FROM rds_cluster_parameter_groups
    UNION ALL
    SELECT arn, account, region, name, type, tags FROM rds_cluster_snapshots
    UNION ALL
    SELECT arn, account, region, name, type, tags FROM rds_clusters
    UNION ALL
    SELECT arn, account, 'global', arg_min(name, region), type, arg_min(tags, region)
    FROM   rds_global_clusters GROUP BY arn, account, type
    UNION ALL
    SELECT arn, account, region, name, type, tags FROM rds_instances
    UNION ALL
    SELECT arn, account, region, name, type, tags FROM rds_parameter_groups
    UNION ALL
    SELECT arn, account, region, name, type, tags FROM rds_proxies
    UNION ALL
    SELECT arn, account, region, name, type, tags FROM rds_snapshots
    UNION ALL
    SELECT arn, account, region, name, type, tags FROM rds_subnet_groups
    UNION ALL
    SELECT arn, account, region, name, type, tags FROM route53_health_checks
    UNION ALL
    SELECT arn, account, region, name, type, tags FROM route53_hosted_zones
    UNION ALL
    SELECT arn, account, region, name, type, tags FROM s3_buckets
    UNION ALL
    SELECT arn, account, region, name, type, tags FROM scheduler_schedule_groups
    UNION ALL
    SELECT arn, account, region, name, type, tags FROM secretsmanager_secrets
    UNION ALL
    SELECT arn, account, region, name, type, tags FROM sns_topics
    UNION ALL
    SELECT arn, account, region, name, type, tags FROM ssm_parameters
    UNION ALL
    SELECT arn, account, region, name, type, tags FROM stepfunctions_activities
    UNION ALL
    SELECT arn, account, region, name, type, tags FROM stepfunctions_state_machines
)
SELECT arn, account, region, name, type, tags FROM resources WHERE split_part(arn, ':', 5) IN ('', account)
