"""How a finding stands from one audit to the next: the rule by which drift and history tell what became of it."""

from __future__ import annotations

from auditor.model import Status

ABSENT, NOT_EVALUATED = "absent", "not_evaluated"
"""Beside the statuses: its check was evaluated and did not have it; it was not evaluated there."""


def change(was: str, now: str) -> str:
    """The list that a finding belongs in (`new`, `resolved`, …); empty where there is nothing to tell.

    What was not seen is neither resolved nor open.
    """
    if now == NOT_EVALUATED:
        return "newly_unseen" if was == Status.FAIL else ""
    if now == Status.UNKNOWN:
        return "newly_unseen" if was != Status.UNKNOWN else ""
    if was == Status.UNKNOWN:
        return "seen_again"
    if now == Status.FAIL:
        return "still_open" if was == Status.FAIL else "new"
    return "resolved" if was == Status.FAIL else ""
