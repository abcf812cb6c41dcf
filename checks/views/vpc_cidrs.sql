-- IPv4 blocks of VPCs, primary and secondary ones, that are in force: a row a block. first, last: its first and last
-- address as a number. is_main: the VPC's primary block. A VPC that is shared has its rows in each account that sees it.
WITH associated AS (
    SELECT arn, account, region, name, VpcId, coalesce(OwnerId, account) AS OwnerId, CidrBlock AS main, CidrBlock AS block
    FROM   ec2_vpcs
    UNION
    SELECT v.arn, v.account, v.region, v.name, v.VpcId, coalesce(v.OwnerId, v.account), v.CidrBlock, a.item.CidrBlock
    FROM   ec2_vpcs v, unnest(v.CidrBlockAssociationSet) AS a(item)
    WHERE  coalesce(a.item.CidrBlockState.State, 'associated') IN ('associated', 'associating')
),
numbers AS (
    SELECT arn, account, region, name, VpcId, OwnerId, main, block,
           list_reduce([TRY_CAST(part AS BIGINT) for part in string_split(split_part(block, '/', 1), '.')],
                       lambda high, low: high * 256 + low) AS address,
           CAST(pow(2, 32 - TRY_CAST(split_part(block, '/', 2) AS INTEGER)) AS BIGINT) AS size
    FROM   associated
    WHERE  block LIKE '%.%/%'
)
SELECT arn, account, region, name, VpcId, OwnerId, block AS CidrBlock, block = main AS is_main,
       address - address % size AS first, address - address % size + size - 1 AS last
FROM   numbers
