-- What each listener of an accelerator lacks in each primary and recovery region: a row a listener and region.
-- labels: names of the load balancers that its endpoint group there leads to. problems: why it does not send traffic to
-- existing, healthy load balancers there, in words; doubts: what could not be told. Both are empty where it does.
WITH wanted AS (SELECT DISTINCT region FROM audit_regions WHERE role IN ('primary', 'recovery')),
paths AS (
    SELECT e.arn, e.account, e.listener, e.endpoint_group, e.group_region, e.dial, e.endpoint, e.weight, e.health,
           e.endpoint_kind, e.exists_, regexp_replace(e.endpoint, '^.*:loadbalancer/(app|net)/([^/]+)/.*$', '\2') AS label
    FROM   accelerator_endpoints e
    WHERE  e.listener IS NOT NULL
),
groups AS (
    SELECT account, listener, group_region, max(dial) AS dial, count(endpoint) AS endpoints, max(weight) FILTER (endpoint IS NOT NULL) AS weight,
           list(label ORDER BY label) FILTER (endpoint IS NOT NULL) AS labels,
           list(label ORDER BY label) FILTER (endpoint_kind = 'other') AS others,
           list(label ORDER BY label) FILTER (endpoint_kind = 'load balancer' AND exists_ IS FALSE) AS gone,
           list(label ORDER BY label) FILTER (endpoint_kind = 'load balancer' AND exists_ IS NULL) AS unseen,
           list(label || ' (' || health || ')' ORDER BY label) FILTER (endpoint IS NOT NULL AND health NOT IN ('HEALTHY', 'INITIAL')) AS unhealthy,
           list(label || ' (' || coalesce(health, 'no state') || ')' ORDER BY label)
               FILTER (endpoint IS NOT NULL AND coalesce(health, 'INITIAL') = 'INITIAL') AS undecided
    FROM   paths WHERE endpoint_group IS NOT NULL
    GROUP  BY account, listener, group_region
)
SELECT l.arn, l.account, l.listener, w.region, g.labels,
       list_filter([
           CASE WHEN g.listener IS NULL THEN 'no endpoint group in ' || w.region END,
           CASE WHEN g.endpoints = 0 THEN 'no endpoint in ' || w.region END,
           CASE WHEN g.dial <= 0 THEN 'the traffic dial of ' || w.region || ' is at 0 %' END,
           CASE WHEN g.weight <= 0 THEN 'every endpoint in ' || w.region || ' has the weight 0' END,
           CASE WHEN len(g.others) > 0 THEN 'in ' || w.region || ' these endpoints are no load balancers: ' || array_to_string(g.others, ', ') END,
           CASE WHEN len(g.gone) > 0 THEN 'in ' || w.region || ' these load balancers do not exist: ' || array_to_string(g.gone, ', ') END,
           CASE WHEN len(g.unhealthy) > 0 THEN 'in ' || w.region || ' these endpoints are not healthy: ' || array_to_string(g.unhealthy, ', ') END
       ], lambda problem: problem IS NOT NULL) AS problems,
       list_filter([
           CASE WHEN len(g.unseen) > 0 THEN array_to_string(g.unseen, ', ') || ' in ' || w.region || ' was not found: it is another account''s, or in a region that is not audited' END,
           CASE WHEN len(g.undecided) > 0 THEN 'the health of ' || array_to_string(g.undecided, ', ') || ' in ' || w.region || ' is not known yet' END
       ], lambda problem: problem IS NOT NULL) AS doubts
FROM   (SELECT DISTINCT arn, account, listener FROM paths) l
CROSS JOIN wanted w
LEFT JOIN groups g ON g.account = l.account AND g.listener = l.listener AND g.group_region = w.region
