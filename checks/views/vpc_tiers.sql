-- VPCs with the AZs (ids) that their public and their private subnets lie in; Local and Wavelength Zones are no AZs.
-- undecided_zones: AZs of subnets whose tier cannot be told, and `? SUBNET` for a subnet whose AZ is not known.
-- sees_all is false for a VPC that another account shares, where that account's own subnets were not listed: there may be
-- more than the shared ones.
WITH owned AS (
    SELECT arn, account, region, name, VpcId, coalesce(OwnerId, account) AS OwnerId, coalesce(IsDefault, false) AS is_default
    FROM   ec2_vpcs
),
seen AS (
    SELECT v.account, v.region, v.VpcId, bool_or(s.account = v.OwnerId) AS by_owner,
           list_sort(list(DISTINCT s.AvailabilityZoneId)
                     FILTER (s.is_public AND s.AvailabilityZoneId IS NOT NULL)) AS public_zones,
           list_sort(list(DISTINCT s.AvailabilityZoneId)
                     FILTER (NOT s.is_public AND s.AvailabilityZoneId IS NOT NULL)) AS private_zones,
           list_sort(list(DISTINCT coalesce(s.AvailabilityZoneId, '? ' || s.SubnetId))
                     FILTER (s.is_public IS NULL OR s.AvailabilityZoneId IS NULL)) AS undecided_zones
    FROM   owned v
    JOIN   subnets s ON s.region = v.region AND s.VpcId = v.VpcId
                    AND (s.account = v.account OR s.OwnerId = v.OwnerId) AND NOT s.in_local_zone
    GROUP BY v.account, v.region, v.VpcId
)
SELECT v.arn, v.account, v.region, v.name, v.VpcId, v.OwnerId, v.is_default,
       v.OwnerId = v.account OR coalesce(seen.by_owner, false) AS sees_all,
       coalesce(seen.public_zones, []) AS public_zones, coalesce(seen.private_zones, []) AS private_zones,
       coalesce(seen.undecided_zones, []) AS undecided_zones
FROM   owned v
LEFT JOIN seen ON seen.account = v.account AND seen.region = v.region AND seen.VpcId = v.VpcId
