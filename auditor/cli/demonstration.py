"""The demo's configuration, and the embedded account behind a message that says how to get it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from auditor.errors import UsageError
from auditor.resources import data_dir

if TYPE_CHECKING:
    from contextlib import AbstractContextManager


def CONFIG() -> Path:  # noqa: N802 - it is a constant that needs the installation to be found
    """The demo's configuration file."""
    return data_dir("checks") / "standards" / "demo" / "config.toml"


def embedded_account(standard: str, *, ideal: bool) -> AbstractContextManager[object]:
    """The embedded account, with the system that a built-in standard is about; for any other standard, with the demo's
    own two. Raises UsageError where the extra `demo` is not installed.
    """
    try:
        from auditor.demo.account import EmbeddedAccount
        from auditor.demo.worlds import SYSTEMS, WORLDS
    except ImportError as error:
        raise UsageError(f"The demo needs moto ({error}).", "Install it: pip install 'aws-auditor[demo]'") from error
    return EmbeddedAccount(ideal=ideal, worlds=(SYSTEMS[standard],) if standard in SYSTEMS else WORLDS)
