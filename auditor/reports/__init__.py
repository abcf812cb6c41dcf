"""Output formats: one module each behind `auditor.model.Format`; `FORMATS` is the list of them.

A new format is a module with a class that has `filename` and `render`, and one line here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from auditor.errors import UsageError
from auditor.reports.asff import Asff
from auditor.reports.csv import Csv
from auditor.reports.html import Html
from auditor.reports.json import Json
from auditor.reports.junit import Junit
from auditor.reports.markdown import Markdown
from auditor.reports.ocsf import Ocsf
from auditor.reports.oscal import Oscal
from auditor.reports.pdf import Pdf
from auditor.reports.sarif import Sarif
from auditor.reports.slack import Slack

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from auditor.model import BinaryFormat, Format

__all__ = ["FORMATS", "ON_REQUEST", "chosen", "chosen_on_request", "named", "rendered"]

FORMATS: Mapping[str, Format] = {
    "html": Html(),
    "json": Json(),
    "csv": Csv(),
    "markdown": Markdown(),
    "sarif": Sarif(),
    "junit": Junit(),
    "ocsf": Ocsf(),
    "asff": Asff(),
    "oscal": Oscal(),
    "slack": Slack(),
}
"""Name on the command line and in `[report] formats` -> format."""


ON_REQUEST: Mapping[str, BinaryFormat] = {"pdf": Pdf()}
"""Formats that take a program besides, so that only `auditor report` makes them."""


def named(name: str) -> Format:
    """The format of that name; UsageError (exit status 2) says which ones there are."""
    if name not in FORMATS:
        raise UsageError(f"Unknown report format {name!r}.", f"There are: {', '.join(sorted(FORMATS))}.")
    return FORMATS[name]


def rendered(name: str, results: Mapping[str, Any]) -> str:
    """The whole text of a format, where it is wanted in one piece."""
    return "".join(named(name).render(results))


def chosen(names: Iterable[str]) -> tuple[Format, ...]:
    """The formats of these names, each once, in the order given; `json` always among them (`interface.md`)."""
    return tuple(named(name) for name in dict.fromkeys([*names, "json"]))


def chosen_on_request(names: Iterable[str]) -> tuple[Format | BinaryFormat, ...]:
    """As `chosen`, with those that only `auditor report` makes."""
    return tuple(ON_REQUEST[name] if name in ON_REQUEST else named(name) for name in dict.fromkeys([*names, "json"]))
