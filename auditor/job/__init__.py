"""The main job, from settings to an audit's folder: choose, plan, collect, judge, write.

The rooms are put together here and in `library`; `cli` gives the settings and shows what comes of it.
"""

from __future__ import annotations

from auditor.job.choosing import Chosen, choose, known_checks, plan_of
from auditor.job.collecting import collect, require_same
from auditor.job.judging import build_database, judge
from auditor.job.settings import Settings, is_demo, settings_of
from auditor.job.writing import Seal, add_to_manifest, scope_digest, write_audit, write_collection

__all__ = [
    "Chosen",
    "Seal",
    "Settings",
    "add_to_manifest",
    "build_database",
    "choose",
    "collect",
    "is_demo",
    "judge",
    "known_checks",
    "plan_of",
    "require_same",
    "scope_digest",
    "settings_of",
    "write_audit",
    "write_collection",
]
