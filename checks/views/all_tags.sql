-- Every tag of every resource: a row a tag.
SELECT r.arn, r.account, r.region, r.name, r.type, t.tag.key AS key, t.tag.value AS value
FROM   all_resources r, unnest(map_entries(r.tags)) AS t(tag)
