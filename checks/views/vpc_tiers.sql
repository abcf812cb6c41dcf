-- VPCs with the AZs (ids) that their public and their private subnets lie in; Local and Wavelength Zones are no AZs.
-- undecided_zones: AZs of subnets whose tier cannot be told, with `?` for a subnet whose AZ is not known either.
-- sees_all is false for a VPC that an account shares which is not audited: only the shared subnets are seen.
WITH vpcs AS (
    SELECT arn, account, region, name, VpcId, coalesce(OwnerId, account) AS OwnerId, coalesce(IsDefault, false) AS is_default
    FROM   ec2_vpcs
),
seen AS (
    SELECT v.account, v.region, v.VpcId,
           list_sort(list(DISTINCT s.AvailabilityZoneId) FILTER (s.is_public)) AS public_zones,
           list_sort(list(DISTINCT s.AvailabilityZoneId) FILTER (NOT s.is_public)) AS private_zones,
           list_sort(list(DISTINCT coalesce(s.AvailabilityZoneId, '?'))
                     FILTER (s.is_public IS NULL OR s.AvailabilityZoneId IS NULL)) AS undecided_zones
    FROM   vpcs v
    JOIN   subnets s ON s.region = v.region AND s.VpcId = v.VpcId
                    AND (s.account = v.account OR s.OwnerId = v.OwnerId) AND NOT s.in_local_zone
    GROUP BY v.account, v.region, v.VpcId
)
SELECT v.arn, v.account, v.region, v.name, v.VpcId, v.OwnerId, v.is_default,
       v.OwnerId = v.account OR owners.VpcId IS NOT NULL AS sees_all,
       coalesce(list_filter(seen.public_zones, lambda zone: zone IS NOT NULL), []) AS public_zones,
       coalesce(list_filter(seen.private_zones, lambda zone: zone IS NOT NULL), []) AS private_zones,
       coalesce(seen.undecided_zones, []) AS undecided_zones
FROM   vpcs v
LEFT JOIN seen ON seen.account = v.account AND seen.region = v.region AND seen.VpcId = v.VpcId
LEFT JOIN vpcs owners ON owners.account = v.OwnerId AND owners.region = v.region AND owners.VpcId = v.VpcId
