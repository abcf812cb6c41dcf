-- Databases and the selections of backup plans of their account and region, a row a pair, and whether it covers it.
-- A selection takes what its Resources or its ListOfTags name (everything, where both are empty), but nothing of its
-- NotResources, and only what meets all of its Conditions. In ARNs and in StringLike values * stands for any characters.
-- covers is NULL where AWS's documentation does not tell: a StringNotEquals on a tag that the database does not have.
WITH pairs AS (
    SELECT d.arn, d.account, d.region, d.name, d.type, d.kind, d.labels,
           s.arn AS selection_arn, s.name AS selection, s.BackupPlanId,
           coalesce(s.Resources, []) AS included, coalesce(s.NotResources, []) AS excluded,
           coalesce(s.ListOfTags, []) AS any_of,
           flatten([
               coalesce([{'operator': 'equals', 'key': c.ConditionKey, 'value': c.ConditionValue}
                         for c in s.Conditions.StringEquals], []),
               coalesce([{'operator': 'not equals', 'key': c.ConditionKey, 'value': c.ConditionValue}
                         for c in s.Conditions.StringNotEquals], []),
               coalesce([{'operator': 'like', 'key': c.ConditionKey, 'value': c.ConditionValue}
                         for c in s.Conditions.StringLike], []),
               coalesce([{'operator': 'not like', 'key': c.ConditionKey, 'value': c.ConditionValue}
                         for c in s.Conditions.StringNotLike], [])
           ]) AS conditions
    FROM   whole_databases d
    JOIN   backup_selections s ON s.account = d.account AND s.region = d.region
),
compared AS (
    SELECT arn, account, region, name, type, kind, selection_arn, selection, BackupPlanId,
           len(included) = 0 AND len(any_of) = 0 AS takes_everything,
           len([p for p in included if regexp_full_match(arn, replace(regexp_escape(p), '\*', '.*'), 's')]) > 0 AS by_arn,
           len([p for p in excluded if regexp_full_match(arn, replace(regexp_escape(p), '\*', '.*'), 's')]) > 0 AS is_excluded,
           len([t for t in any_of if labels[replace(t.ConditionKey, 'aws:ResourceTag/', '')] = t.ConditionValue]) > 0 AS by_tag,
           [CASE c.operator
                WHEN 'equals' THEN coalesce(labels[replace(c.key, 'aws:ResourceTag/', '')] = c.value, false)
                WHEN 'not equals' THEN labels[replace(c.key, 'aws:ResourceTag/', '')] <> c.value
                WHEN 'like' THEN coalesce(regexp_full_match(labels[replace(c.key, 'aws:ResourceTag/', '')],
                                                            replace(regexp_escape(c.value), '\*', '.*'), 's'), false)
                ELSE NOT regexp_full_match(labels[replace(c.key, 'aws:ResourceTag/', '')],
                                           replace(regexp_escape(c.value), '\*', '.*'), 's') END
            for c in conditions] AS held
    FROM   pairs
)
SELECT c.arn, c.account, c.region, c.name, c.type, c.kind, c.selection_arn, c.selection, c.BackupPlanId,
       b.arn AS plan_arn, b.name AS plan,
       CASE WHEN c.is_excluded OR NOT (c.takes_everything OR c.by_arn OR c.by_tag) OR list_contains(c.held, false) THEN false
            WHEN len([h for h in c.held if h IS NULL]) = 0 THEN true END AS covers
FROM   compared c
LEFT JOIN backup_plans b ON b.account = c.account AND b.region = c.region AND b.BackupPlanId = c.BackupPlanId
