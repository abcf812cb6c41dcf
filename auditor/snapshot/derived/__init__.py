"""Tables that are computed once when a snapshot is opened, for what SQL cannot do (`design.md`, "Evaluating")."""

from __future__ import annotations

from typing import TYPE_CHECKING

from auditor.snapshot.derived.iam_grants import IAM_BROAD_GRANTS
from auditor.snapshot.derived.iam_statements import IAM_STATEMENTS
from auditor.snapshot.derived.iam_trusts import IAM_TRUSTS, WORKLOAD_ROLES
from auditor.snapshot.derived.schedules import SCHEDULES

if TYPE_CHECKING:
    from auditor.model import Derived

DERIVED: tuple[Derived, ...] = (IAM_BROAD_GRANTS, IAM_STATEMENTS, IAM_TRUSTS, SCHEDULES, WORKLOAD_ROLES)
"""Every derived table, by name."""
