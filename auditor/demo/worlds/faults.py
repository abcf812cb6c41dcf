"""The faults that the documents describe, and where each shows in a world."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """A fault of a document: what is wrong, which requirement it breaks, and which finding tells of it.

    `document` is the register's way of naming the place ("PAY 8"). A fault that leaves no trace in a live account has
    no check, and `unseen` says why.
    """

    document: str
    what: str
    requirements: tuple[str, ...] = ()
    check: str = ""
    resource: str = ""
    """The finding's resource: its name, or the end of its ARN; `*` and `?` stand for any text and any letter."""
    region: str = "us-east-1"
    unseen: str = ""
