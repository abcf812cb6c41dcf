"""A sample `results.json` that was compared with an earlier audit: every word of the comparison occurs."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests import report_samples as samples
    from tests.report_samples import Document
else:
    import report_samples as samples

SINCE = "2026-09-21T12:00:00+02:00"
"""Since when `still-open` and `gone` were open."""
NAMES = ("new", "still-open", "repaired", "accepted", "newly-unseen", "seen-again", "gone")


def drifted() -> Document:
    """Findings are called after what became of them; `gone` was a failure and its resource is no more.

    What is told of `seen-again`'s beginning is no time.
    """
    waiver = {"reason": "pilot", "approved_by": "CISO", "expires": "2027-01-31", "expired": False}
    now = {
        "new": _finding("new", "fail"),
        "still-open": _finding("still-open", "fail"),
        "repaired": _finding("repaired", "pass"),
        "accepted": _finding("accepted", "waived", waiver=waiver),
        "newly-unseen": _finding("newly-unseen", "unknown"),
        "seen-again": _finding("seen-again", "fail"),
        "unchanged": _finding("unchanged", "pass"),
    }
    results = samples.document(
        [samples.requirement("DB-05", "Databases are encrypted", "StorageEncrypted is on.")],
        [samples.check("database-encrypted", "DB-05", "Databases are encrypted")],
        list(now.values()),
    )
    results["drift"] = {
        "baseline": {
            "id": "2026-11-20T10-00-00Z-trading-dr",
            "started_at": "2026-11-20T10:00:00Z",
            "finished_at": "2026-11-20T10:00:40Z",
        },
        "findings": {
            "new": [_change(now["new"], "absent")],
            "still_open": [_change(now["still-open"], "fail", since=SINCE)],
            "resolved": [
                _change(now["repaired"], "fail"),
                _change(now["accepted"], "fail"),
                _change(_finding("gone", "fail"), "fail", "absent", since=SINCE),
            ],
            "newly_unseen": [_change(now["newly-unseen"], "pass")],
            "seen_again": [_change(now["seen-again"], "unknown", since="no time")],
        },
    }
    return results


def _finding(name: str, status: str, **more: object) -> Document:
    return samples.finding("database-encrypted", "DB-05", status, name, **more)  # type: ignore[arg-type]  # its own keywords


def _change(finding: Document, was: str, now: str = "", **more: str) -> Document:
    told = ("id", "check", "requirements", "severity", "resource", "message")
    return {**{key: finding[key] for key in told}, "was": was, "now": now or finding["status"], **more}
