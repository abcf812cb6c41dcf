"""Tables that are computed once when a snapshot is opened, for what SQL cannot do (`design.md`, "Evaluating")."""

from __future__ import annotations

from typing import TYPE_CHECKING

from auditor.snapshot.derived.alarm_rules import ALARM_RULES
from auditor.snapshot.derived.dashboards import DASHBOARD_METRICS
from auditor.snapshot.derived.iam_aws_attachments import IAM_AWS_ATTACHMENTS
from auditor.snapshot.derived.iam_confinable import IAM_CONFINABLE
from auditor.snapshot.derived.iam_escalations import IAM_ESCALATIONS
from auditor.snapshot.derived.iam_grants import IAM_BROAD_GRANTS
from auditor.snapshot.derived.iam_role_allows import IAM_ROLE_ALLOWS
from auditor.snapshot.derived.iam_statements import IAM_STATEMENTS
from auditor.snapshot.derived.iam_trusts import IAM_TRUSTS, WORKLOAD_ROLES
from auditor.snapshot.derived.resource_policies import RESOURCE_POLICY_GRANTS, RESOURCE_POLICY_STATEMENTS
from auditor.snapshot.derived.schedules import SCHEDULES

if TYPE_CHECKING:
    from auditor.model import Derived

DERIVED: tuple[Derived, ...] = (
    ALARM_RULES,
    DASHBOARD_METRICS,
    IAM_AWS_ATTACHMENTS,
    IAM_BROAD_GRANTS,
    IAM_CONFINABLE,
    IAM_ESCALATIONS,
    IAM_ROLE_ALLOWS,
    IAM_STATEMENTS,
    IAM_TRUSTS,
    RESOURCE_POLICY_GRANTS,
    RESOURCE_POLICY_STATEMENTS,
    SCHEDULES,
    WORKLOAD_ROLES,
)
"""Every derived table, by name."""
