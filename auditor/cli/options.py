"""Options that several commands share."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import click

F = TypeVar("F", bound=Callable[..., Any])

FORMAT_NAMES = ("html", "json", "csv", "markdown", "sarif", "junit", "ocsf", "asff", "oscal", "slack")
"""Those of `auditor.reports.FORMATS` (a test compares them), which takes longer to import."""

_SEVERITIES = ["critical", "high", "medium", "low"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What the command line says, as it says it."""

    config: Path | None = None
    standard: str = ""
    profile: str = ""
    region: tuple[str, ...] = ()
    account: tuple[str, ...] = ()
    requirement: tuple[str, ...] = ()
    check: tuple[str, ...] = ()
    output: Path | None = None
    format: tuple[str, ...] = ()
    fail_on: str | None = None
    quiet: bool = False
    no_progress: bool = False
    log_format: str = "text"
    baseline: str = ""
    sign: str = ""
    timestamp: str = ""
    notify: tuple[str, ...] = ()
    fail_on_drift: bool = False


def _stack(*options: Callable[[F], F]) -> Callable[[F], F]:
    def apply(command: F) -> F:
        for option in reversed(options):
            command = option(command)
        return command

    return apply


_PATH = click.Path(path_type=Path)

choosing = _stack(
    click.option("--config", type=_PATH, help="Configuration file.  [default: ./config.toml]"),
    click.option("--standard", default="", metavar="NAME", help="Standard to audit against, or a .toml of your own."),
    click.option("--requirement", multiple=True, metavar="GLOB", help="Only these requirements (repeatable)."),
    click.option("--check", multiple=True, metavar="GLOB", help="Only these checks (repeatable)."),
)
"""What is asked."""

narrowing = _stack(
    click.option("--profile", default="", metavar="NAME", help="AWS named profile."),
    click.option("--region", multiple=True, metavar="REGION", help="Only these regions of the scope (repeatable)."),
    click.option("--account", multiple=True, metavar="ID", help="Only these accounts of the scope (repeatable)."),
)
"""Where to look."""

speaking = _stack(
    click.option("--quiet", is_flag=True, help="Nothing but errors."),
    click.option("--no-progress", is_flag=True, help="No progress bar."),
    click.option("--log-format", type=click.Choice(["text", "json"]), default="text", show_default=True),
)
"""How much is said."""

reporting = _stack(
    click.option("--output", type=_PATH, metavar="DIR", help="Folder of the audit.  [default: ./audit-TIMESTAMP]"),
    click.option(
        "--format",
        multiple=True,
        metavar="NAME",
        help=f"Report format: {', '.join(FORMAT_NAMES)} (repeatable, commas).",
    ),
    click.option(
        "--fail-on",
        type=click.Choice(_SEVERITIES),
        help="Exit with 1 for failures of this severity or above.  [default: low]",
    ),
)
"""What comes of it."""


comparing = _stack(
    click.option(
        "--baseline",
        default="",
        metavar="AUDIT",
        help="Tell what changed since an earlier audit: its folder, or `latest` for the last one of this scope.",
    ),
    click.option(
        "--fail-on-drift",
        is_flag=True,
        help="Exit with 1 where resources changed since the baseline, or differ from the code.",
    ),
)
"""What it is compared with."""

sealing = _stack(
    click.option("--sign", default="", metavar="KEY", help="Sign with an Ed25519 key file, or a KMS key's ARN."),
    click.option("--timestamp", default="", metavar="URL", help="Have it timestamped by an RFC 3161 authority."),
)
"""What proves it."""

telling = _stack(
    click.option(
        "--notify",
        multiple=True,
        type=click.Choice(["slack", "security-hub"]),
        help="Send it too: to Slack (SLACK_WEBHOOK_URL), to Security Hub (repeatable).",
    ),
)
"""Whom to tell."""


def options(values: dict[str, Any]) -> Options:
    """From click's keyword arguments; `--format html,json` counts as two."""
    known = {name: value for name, value in values.items() if name in Options.__dataclass_fields__}
    formats = tuple(part.strip() for text in known.get("format", ()) for part in text.split(",") if part.strip())
    return Options(**{**known, "format": formats})
