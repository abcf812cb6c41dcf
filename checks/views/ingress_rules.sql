-- What security groups let in: a row a source of a rule.
-- source_kind: 'IPv4', 'IPv6', 'group', 'service' or 'prefix list'; source: the block, the group's or the list's id.
-- A rule by a prefix list has a row for each block in it. A list that AWS keeps for a service (S3, CloudFront …) is one row,
-- 'service', and never the world; 'prefix list' is a list that the account's answers lack, or whose blocks they don't tell.
-- protocol: tcp, udp, icmp, icmpv6, all, or a number; from_port, to_port: 0 to 65535 where the protocol is all.
-- prefix_length: of a block. first, last: first and last address of an IPv4 block as a number;
-- ipv6_digits: the address of an IPv6 block as 32 hexadecimal digits. text: the rule in words.
-- is_world: the block is all of the internet or a great part of it: shorter than /8 (so 0.0.0.0/1 and 128.0.0.0/1, the
-- two halves, are too), for IPv6 shorter than /16 (2000::/3 is all that is routed).
WITH permissions AS (
    SELECT arn, account, region, name, GroupId, VpcId, unnest(IpPermissions) AS rule FROM ec2_security_groups
),
by_list AS (
    SELECT arn, account, region, name, GroupId, VpcId, rule, s.item.PrefixListId AS list
    FROM   permissions, unnest(rule.PrefixListIds) AS s(item)
),
listed AS (
    SELECT b.arn, b.account, b.region, b.name, b.GroupId, b.VpcId, b.rule, b.list, l.name AS list_name,
           coalesce(l.OwnerId = 'AWS', false) AS is_service, [e.Cidr for e in l.Entries] AS blocks
    FROM   by_list b
    LEFT JOIN ec2_managed_prefix_lists l ON l.account = b.account AND l.region = b.region AND l.PrefixListId = b.list
),
sources AS (
    SELECT arn, account, region, name, GroupId, VpcId, rule, 'IPv4' AS source_kind, s.item.CidrIp AS source, '' AS told_of
    FROM   permissions, unnest(rule.IpRanges) AS s(item)
    UNION ALL
    SELECT arn, account, region, name, GroupId, VpcId, rule, 'IPv6', s.item.CidrIpv6, ''
    FROM   permissions, unnest(rule.Ipv6Ranges) AS s(item)
    UNION ALL
    SELECT arn, account, region, name, GroupId, VpcId, rule, 'group', s.item.GroupId, ''
    FROM   permissions, unnest(rule.UserIdGroupPairs) AS s(item)
    UNION ALL
    SELECT arn, account, region, name, GroupId, VpcId, rule, CASE WHEN s.block LIKE '%:%' THEN 'IPv6' ELSE 'IPv4' END,
           s.block, ' (' || list || ')'
    FROM   listed, unnest(blocks) AS s(block) WHERE NOT is_service
    UNION ALL
    SELECT arn, account, region, name, GroupId, VpcId, rule, CASE WHEN is_service THEN 'service' ELSE 'prefix list' END,
           list, coalesce(' (' || list_name || ')', '')
    FROM   listed WHERE is_service OR blocks IS NULL
),
parts AS (
    SELECT arn, account, region, name, GroupId, VpcId, source_kind, source, told_of,
           CASE lower(rule.IpProtocol) WHEN '-1' THEN 'all' WHEN '6' THEN 'tcp' WHEN '17' THEN 'udp' WHEN '1' THEN 'icmp'
                WHEN '58' THEN 'icmpv6' ELSE lower(rule.IpProtocol) END AS protocol,
           rule.FromPort AS told_from, rule.ToPort AS told_to,
           TRY_CAST(split_part(source, '/', 2) AS INTEGER) AS prefix_length,
           CASE WHEN source_kind = 'IPv4'
                THEN list_reduce([TRY_CAST(part AS BIGINT) for part in string_split(split_part(source, '/', 1), '.')],
                                 lambda high, low: high * 256 + low) END AS address,
           CASE WHEN source_kind = 'IPv6'
                THEN [part for part in string_split(split_part(split_part(source, '/', 1), '::', 1), ':') if part <> ''] END AS high,
           CASE WHEN source_kind = 'IPv6'
                THEN [part for part in string_split(split_part(split_part(source, '/', 1), '::', 2), ':') if part <> ''] END AS low
    FROM   sources
)
SELECT arn, account, region, name, GroupId, VpcId, source_kind, source, protocol,
       CASE WHEN protocol = 'all' THEN 0 ELSE told_from END AS from_port,
       CASE WHEN protocol = 'all' THEN 65535 ELSE told_to END AS to_port,
       prefix_length,
       address - address % CAST(pow(2, 32 - prefix_length) AS BIGINT) AS first,
       address - address % CAST(pow(2, 32 - prefix_length) AS BIGINT) + CAST(pow(2, 32 - prefix_length) AS BIGINT) - 1 AS last,
       array_to_string([lpad(part, 4, '0') for part in high], '') || repeat('0000', 8 - len(high) - len(low))
           || array_to_string([lpad(part, 4, '0') for part in low], '') AS ipv6_digits,
       CASE source_kind WHEN 'IPv4' THEN prefix_length < 8 WHEN 'IPv6' THEN prefix_length < 16 WHEN 'group' THEN false
            WHEN 'service' THEN false END AS is_world,
       protocol || CASE WHEN protocol = 'all' OR told_from IS NULL THEN '' WHEN told_from = told_to THEN ' ' || told_from
                        ELSE ' ' || told_from || '-' || told_to END || ' from ' || source || told_of AS text
FROM   parts
