-- Statements of functions' resource policies that are about invoking the function itself (not one of its versions or
-- aliases, nor its URL): who may, under which conditions.
--
-- allows: false for a Deny; NULL where the statement cannot be judged (no JSON object, NotAction, NotPrincipal, …).
-- anyone: principal *. services: in lower case. conditions: all must hold; the value matches one of the patterns (for
-- GLOB), or none of them where negated; patterns is NULL where the operator compares no texts, and cannot be judged.
-- Whether service S may invoke for its resource X of account A takes a statement that names it
-- (anyone OR list_contains(services, S)) and whose conditions all hold:
--   [CASE c.key WHEN 'aws:sourceaccount' THEN len([p for p in c.patterns if A GLOB p]) > 0
--               WHEN 'aws:sourcearn'     THEN len([p for p in c.patterns if X GLOB p]) > 0 END <> c.negated
--    for c in conditions]
WITH documents AS (
    SELECT account, region, arn, name, ResourcePolicy -> '$.Statement' AS content
    FROM   lambda_functions
    WHERE  ResourcePolicy IS NOT NULL
),
statements AS (
    SELECT account, region, arn, name,
           unnest(CASE json_type(content) WHEN 'ARRAY' THEN content -> '$[*]' ELSE [content] END) AS statement
    FROM   documents
),
elements AS (
    SELECT account, region, arn, name, statement ->> '$.Sid' AS Sid, lower(statement ->> '$.Effect') AS effect,
           statement -> '$.Principal.AWS' AS aws, statement -> '$.Principal.Service' AS service,
           CASE json_type(statement -> '$.Principal') WHEN 'VARCHAR' THEN statement ->> '$.Principal' END AS whoever,
           statement -> '$.Action' AS action, statement -> '$.Resource' AS resource,
           statement -> '$.Condition' AS condition,
           try_cast(condition AS MAP(VARCHAR, MAP(VARCHAR, JSON))) AS operators,
           coalesce(json_type(statement -> '$.Principal') NOT IN ('OBJECT', 'VARCHAR'), true)
               OR coalesce(json_type(action) NOT IN ('ARRAY', 'VARCHAR'), true)
               OR (condition IS NOT NULL AND operators IS NULL)
               OR coalesce(len([o for o in map_entries(operators) if o.value IS NULL]) > 0, false)
               OR json_exists(statement, '$.NotResource') AS is_odd
    FROM   statements
),
lists AS (
    SELECT account, region, arn, name, Sid, effect, is_odd, whoever,
           CASE json_type(aws) WHEN 'ARRAY' THEN aws ->> '$[*]' ELSE [aws ->> '$'] END AS accounts,
           CASE json_type(service) WHEN 'ARRAY' THEN service ->> '$[*]' ELSE [service ->> '$'] END AS services,
           CASE json_type(action) WHEN 'ARRAY' THEN action ->> '$[*]' ELSE [action ->> '$'] END AS actions,
           CASE json_type(resource) WHEN 'ARRAY' THEN resource ->> '$[*]' ELSE [coalesce(resource ->> '$', '*')] END AS resources,
           coalesce(flatten([[{'operator': regexp_replace(lower(o.key), '^for(any|all)values?:|ifexists$', '', 'g'),
                               'key': lower(k.key),
                               'texts': CASE json_type(k.value) WHEN 'ARRAY' THEN k.value ->> '$[*]' ELSE [k.value ->> '$'] END}
                              for k in map_entries(o.value)] for o in map_entries(operators)]), []) AS compared
    FROM   elements
)
SELECT account, region, arn, name, Sid,
       CASE WHEN is_odd THEN NULL WHEN effect = 'allow' THEN true WHEN effect = 'deny' THEN false END AS allows,
       whoever IS NOT DISTINCT FROM '*' OR list_contains(accounts, '*') OR list_contains(services, '*') AS anyone,
       [lower(s) for s in services if s IS NOT NULL] AS services,
       [{'key': c.key, 'negated': regexp_matches(c.operator, '^(string|arn)not'),
         'patterns': CASE WHEN regexp_matches(c.operator, '^(string(not)?like|arn(not)?(like|equals))$') THEN c.texts
                          WHEN regexp_matches(c.operator, '^string(not)?equals$')
                          THEN [t for t in c.texts if NOT regexp_matches(t, '[*?\[]')] END}
        for c in compared] AS conditions
FROM   lists
WHERE  (is_odd OR len([a for a in actions if 'lambda:invokefunction' GLOB lower(a)]) > 0)
  AND  len([r for r in resources if arn GLOB r]) > 0
  AND  len([c for c in compared if c.key = 'lambda:functionurlauthtype'
            OR (c.key = 'lambda:invokedviafunctionurl' AND lower(c.texts[1]) = 'true')]) = 0
