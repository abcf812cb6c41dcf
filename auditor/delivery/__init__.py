"""Sending an audit to where people look: Security Hub and Slack.

What is sent is given: records and texts that `auditor.reports` made, and a function that asks AWS.
"""

from __future__ import annotations

from auditor.errors import AuditorError

__all__ = ["DeliveryError"]


class DeliveryError(AuditorError):
    """Something could not be sent. `code` is the receiver's own word for it: AWS's error code, or Slack's.

    No secret is in it, nor in what it was raised from.
    """

    def __init__(self, message: str, remedy: str = "", code: str = "") -> None:
        super().__init__(message, remedy)
        self.code = code
