"""The errors that a user can meet: each says what happened and what to do next.

Rooms raise them; only `auditor.cli` turns them into an exit status (`interface.md`, "Exit status").
"""

from __future__ import annotations


class AuditorError(Exception):
    """Base of every error that is told to the user in one line.

    `message` says what is wrong (with file and key where there is one), `remedy` what to do about it.
    """

    exit_status = 2

    def __init__(self, message: str, remedy: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.remedy = remedy

    def __str__(self) -> str:
        return f"{self.message} {self.remedy}".strip()


class UsageError(AuditorError):
    """A command line that cannot be carried out: exit status 2."""


class ConfigError(AuditorError):
    """One or several errors in files the user wrote: configuration, standards, checks, cases.

    `problems` has one line each: file, line where known, key, what is wrong and what would be right.
    """

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


class CredentialsError(AuditorError):
    """No usable credentials, so nothing was audited: exit status 2."""


class AwsError(AuditorError):
    """AWS refused something that the user asked for besides the audit: signing, sending findings on."""

    def __init__(self, message: str, remedy: str, code: str) -> None:
        super().__init__(message, remedy)
        self.code = code
        """AWS's own, or Timeout, ConnectionError, InvalidResponse."""


class SnapshotError(AuditorError):
    """A snapshot or audit folder that cannot be read or written: exit status 2."""


class StateError(AuditorError):
    """A state that cannot be read: exit status 2."""


class IntegrityError(AuditorError):
    """Files of an audit are not as they were written: exit status 1."""

    exit_status = 1


class Interrupted(BaseException):
    """SIGINT or SIGTERM arrived: what was collected is kept. Exit status 130 or 143.

    No Exception, as KeyboardInterrupt is none: botocore takes any Exception in a call for the network's and asks again.
    """

    def __init__(self, signal_number: int) -> None:
        super().__init__("Interrupted. What was collected is kept.")
        self.exit_status = 128 + signal_number
