-- Rules of backup plans, a row each, with the vault that they store in and how often they run.
-- longest_gap_hours: the longest time between two runs by the calendar of the rule's own time zone (the hour that
-- daylight saving adds once a year is left out); NULL with schedule_problem where the expression cannot be read.
-- keeps_days: NULL where recovery points are kept for ever. vault_exists, vault_state, is_encrypted: the vault's.
-- described: plan, rule, schedule, keeping and vault in words. schedule_flaw, vault_flaw: why the rule is no daily one, and
-- why its vault keeps nothing safe, in words; NULL where there is nothing to say against it.
WITH rules AS (
    SELECT account, region, arn, name, BackupPlanId, unnest(Rules) AS rule FROM backup_plans
),
found AS (
    SELECT r.account, r.region, r.arn AS plan_arn, r.name AS plan, r.BackupPlanId, r.rule.RuleId AS RuleId,
           r.rule.RuleName AS rule, s.expression AS schedule, s.longest_gap_minutes / 60 AS longest_gap_hours,
           CASE WHEN s.longest_gap_minutes IS NULL THEN coalesce(s.problem, 'it was not seen') END AS schedule_problem,
           CASE WHEN r.rule.Lifecycle.DeleteAfterDays >= 0 THEN r.rule.Lifecycle.DeleteAfterDays END AS keeps_days,
           r.rule.Lifecycle.DeleteAfterEvent AS deleted_after,
           r.rule.TargetBackupVaultName AS vault, v.arn AS vault_arn, v.arn IS NOT NULL AS vault_exists,
           coalesce(v.VaultState, 'AVAILABLE') AS vault_state,
           coalesce(v.EncryptionKeyArn, v.EncryptionKeyType, '') <> '' AS is_encrypted
    FROM   rules r
    LEFT JOIN schedules s ON s.arn = r.arn AND s.part IS NOT DISTINCT FROM r.rule.RuleId
    LEFT JOIN backup_vaults v ON v.account = r.account AND v.region = r.region AND v.BackupVaultName = r.rule.TargetBackupVaultName
)
SELECT account, region, plan_arn, plan, BackupPlanId, RuleId, rule, schedule, longest_gap_hours, schedule_problem, keeps_days,
       deleted_after, vault, vault_arn, vault_exists, vault_state, is_encrypted,
       plan || ', rule ' || rule || ' (' || schedule || ', kept ' || coalesce('for ' || keeps_days || ' days', 'for ever')
           || ' in ' || vault || ')' AS described,
       CASE WHEN longest_gap_hours > 24
            THEN 'leaves up to ' || round(longest_gap_hours, 1)::DECIMAL(18, 1) || ' hours between two runs ('
                 || schedule || ')' END AS schedule_flaw,
       CASE WHEN NOT vault_exists THEN 'stores in the vault ' || vault || ', which does not exist'
            WHEN vault_state <> 'AVAILABLE' THEN 'stores in the vault ' || vault || ', which is ' || vault_state
            WHEN NOT is_encrypted THEN 'stores in the vault ' || vault || ', which is not encrypted' END AS vault_flaw
FROM   found
