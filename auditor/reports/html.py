"""`report.html`: one self-contained file that asks nobody for anything.

Its Content-Security-Policy (https://www.w3.org/TR/CSP3/) allows exactly the report's own style and script, by hash, so
that nothing that an audited account contributes can run or be fetched, even if it got past Jinja's escaping.
"""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from typing import TYPE_CHECKING, Any

from auditor.reports import summary
from auditor.reports.complete import complete
from auditor.reports.page import view
from auditor.resources import data_dir

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from jinja2 import Environment


_WORDS_OF_DRIFT = {
    "code": summary.FROM_CODE,
    "since": summary.SINCE_BASELINE,
    "ignored": summary.IGNORED,
    "outputs": summary.OUTPUTS,
    "claimed_twice": summary.CLAIMED_TWICE,
    "not_compared": summary.NOT_COMPARED,
    "managed": summary.MANAGED,
}


class Html:
    """The report for people."""

    filename = "report.html"

    def render(self, results: Mapping[str, Any]) -> Iterator[str]:
        """The page, complete with style and script."""
        from markupsafe import Markup

        style, script = asset("report.css"), asset("report.js")
        yield from (
            environment()
            .get_template("report.html")
            .generate(
                view=view(complete(results)),
                words=[(status.value, summary.WORDS[status]) for status in summary.STATUSES],
                word_of=summary.WORDS,
                words_of=_WORDS_OF_DRIFT,
                style=Markup(style),  # noqa: S704 - our own file; hashed in the policy
                script=Markup(script),  # noqa: S704 - our own file; hashed in the policy
                policy=content_security_policy(style, script),
            )
        )


def content_security_policy(style: str, script: str) -> str:
    """Nothing may be loaded or sent; this style and this script, and no other, apply."""
    return "; ".join(
        [
            "default-src 'none'",
            f"style-src '{_digest(style)}'",
            f"script-src '{_digest(script)}'",
            "img-src data:",
            "base-uri 'none'",
            "form-action 'none'",
        ]
    )


def _digest(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


@cache
def asset(name: str) -> str:
    """A style or script of `report_templates/`, to stand within a page."""
    return "\n" + (data_dir("report_templates") / name).read_text(encoding="utf-8")


@cache
def environment() -> Environment:
    """Jinja over `report_templates/`: everything is escaped, and what is missing is an error."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    return Environment(
        loader=FileSystemLoader(data_dir("report_templates")),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
