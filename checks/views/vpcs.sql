-- VPCs with who they belong to.
-- sees_all is false for a VPC that another account shares, where that account is not audited: then only the shared subnets
-- are seen, and perhaps not the route tables and gateways.
SELECT v.arn, v.account, v.region, v.name, v.VpcId, coalesce(v.OwnerId, v.account) AS OwnerId,
       coalesce(v.IsDefault, false) AS is_default,
       coalesce(v.OwnerId, v.account) = v.account OR o.VpcId IS NOT NULL AS sees_all
FROM   ec2_vpcs v
LEFT JOIN ec2_vpcs o ON o.account = v.OwnerId AND o.region = v.region AND o.VpcId = v.VpcId
