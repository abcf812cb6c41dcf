-- Every resource that can carry tags, with the names that its owner gave it: own_name, and the tag Name (tag_name).
-- own_name is NULL where the kind has no name of its own, and where AWS gave it: `default` (security groups of VPCs, event
-- buses, recorders), domains of certificates, log groups and buckets that services name, roles of IAM Identity Center,
-- alarms of target tracking, launch templates of EKS.
SELECT arn, account, region, type, nullif(trim(tags['Name']), '') AS tag_name,
       CASE WHEN name IS NULL OR trim(name) = '' OR name IS NOT DISTINCT FROM tags['Name'] OR lower(name) = 'default' THEN NULL
            WHEN type = 'AWS::CertificateManager::Certificate' THEN NULL
            WHEN type = 'AWS::IAM::Role' AND starts_with(name, 'AWSReservedSSO_') THEN NULL
            WHEN type = 'AWS::CloudWatch::Alarm' AND starts_with(name, 'TargetTracking-') THEN NULL
            WHEN type = 'AWS::Logs::LogGroup' AND (starts_with(name, '/aws/') OR name = 'RDSOSMetrics') THEN NULL
            WHEN type = 'AWS::S3::Bucket' AND starts_with(name, 'cf-templates-') THEN NULL
            WHEN type = 'AWS::EC2::LaunchTemplate' AND regexp_full_match(name, 'eks-[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}')
            THEN NULL
            ELSE name END AS own_name
FROM   all_resources
