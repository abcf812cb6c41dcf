-- Each two VPCs in scope of which one stands in the primary region and one in a recovery region: a row in each direction,
-- from near to far, with their primary IPv4 blocks. primary_vpc, recovery_vpc: which of both is which.
WITH standing AS (
    SELECT c.arn, c.account, c.region, c.VpcId, c.OwnerId, c.CidrBlock, c.first, c.last, r.role
    FROM   vpc_cidrs c
    JOIN   audit_regions r ON r.account = c.account AND r.region = c.region AND r.role IN ('primary', 'recovery')
    LEFT JOIN out_of_scope o ON o.arn = c.arn
    LEFT JOIN ec2_vpcs own   ON own.account = c.OwnerId AND own.region = c.region AND own.VpcId = c.VpcId AND c.account <> c.OwnerId
    WHERE  c.is_main AND o.arn IS NULL AND own.VpcId IS NULL
)
SELECT near.account, near.region, near.VpcId, near.OwnerId, near.CidrBlock, near.role, near.first, near.last,
       far.account AS far_account, far.region AS far_region, far.VpcId AS far_vpc, far.CidrBlock AS far_cidr,
       far.first AS far_first, far.last AS far_last,
       CASE near.role WHEN 'primary' THEN near.VpcId ELSE far.VpcId END AS primary_vpc,
       CASE near.role WHEN 'primary' THEN far.VpcId ELSE near.VpcId END AS recovery_vpc
FROM   standing near
JOIN   standing far ON far.role <> near.role
