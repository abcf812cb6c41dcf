"""`report.pdf`: the page as Chromium prints it, where one is installed."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from auditor.errors import UsageError
from auditor.reports.html import Html

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

BROWSERS = (
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "chrome",
    "microsoft-edge",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
)
"""Programs that print pages in the same way."""
_SECONDS = 300
_ARGUMENTS = (
    "--headless",
    "--disable-gpu",
    "--no-first-run",
    "--disable-extensions",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--host-resolver-rules=MAP * ~NOTFOUND",  # the page asks nobody; the browser shall not either
    "--no-pdf-header-footer",  # the page numbers itself
)


class Pdf:
    """The report for people, on paper."""

    filename = "report.pdf"

    def render(self, results: Mapping[str, Any]) -> Iterator[bytes]:
        """The PDF file. Raises UsageError where there is no browser, or it does not print the page."""
        browser = next((found for name in BROWSERS if (found := shutil.which(name))), None)
        if browser is None:
            raise UsageError("A PDF needs Chromium.", "Install it, or print report.html from a browser.")
        with tempfile.TemporaryDirectory(prefix="auditor-") as temporary:
            page, made = Path(temporary) / "report.html", Path(temporary) / Pdf.filename
            with page.open("w", encoding="utf-8") as file:
                file.writelines(Html().render(results))
            _print(browser, page, made)
            yield made.read_bytes()


def _print(browser: str, page: Path, made: Path) -> None:
    """Chromium's sandbox does not work for root (https://crbug.com/638180); the page's policy lets nothing else run."""
    own = [f"--user-data-dir={page.parent / 'profile'}", f"--print-to-pdf={made}"]
    own += ["--no-sandbox"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []
    try:
        ended = subprocess.run(  # noqa: S603 - a browser of the user's own, and our own page
            [browser, *_ARGUMENTS, *own, page.as_uri()], capture_output=True, timeout=_SECONDS, check=False
        )
    except subprocess.TimeoutExpired:
        raise UsageError(f"{browser} did not print within {_SECONDS} s.", "Print report.html from a browser.") from None
    if ended.returncode != 0 or not made.exists():
        raise UsageError(
            f"{browser} did not print (exit status {ended.returncode}).", "Print report.html from a browser."
        )
