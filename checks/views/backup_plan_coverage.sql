-- Databases and the backup plans of their account and region, a row a pair, and whether a selection of the plan covers it.
-- covers, may_cover: one does, and of one it cannot be told (backup_coverage). selections: those that do; doubts: why not.
SELECT arn, account, region, kind, plan_arn, plan,
       bool_or(coalesce(covers, false)) AS covers, bool_or(covers IS NULL) AS may_cover,
       list(selection ORDER BY selection) FILTER (WHERE covers) AS selections,
       coalesce(list('whether selection ' || selection || ' of plan ' || plan
                     || ' covers it: a condition excludes a value of a tag that it does not have' ORDER BY selection)
                    FILTER (WHERE covers IS NULL), []) AS doubts
FROM   backup_coverage
GROUP BY arn, account, region, kind, plan_arn, plan
