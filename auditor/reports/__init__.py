"""Output formats: one module each behind `auditor.model.Format`; `FORMATS` is the list of them.

A new format is a module with a class that has `filename` and `render`, and one line here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from auditor.errors import UsageError
from auditor.reports.html import Html
from auditor.reports.json import Json
from auditor.reports.slack import Slack

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from auditor.model import Format

__all__ = ["FORMATS", "chosen", "named", "rendered"]

FORMATS: Mapping[str, Format] = {"html": Html(), "json": Json(), "slack": Slack()}
"""Name on the command line and in `[report] formats` -> format."""


def named(name: str) -> Format:
    """The format of that name; UsageError (exit status 2) says which ones there are."""
    try:
        return FORMATS[name]
    except KeyError:
        raise UsageError(f"Unknown report format {name!r}.", f"There are: {', '.join(sorted(FORMATS))}.") from None


def rendered(name: str, results: Mapping[str, Any]) -> str:
    """The whole text of a format, where it is wanted in one piece."""
    return "".join(named(name).render(results))


def chosen(names: Iterable[str]) -> tuple[Format, ...]:
    """The formats of these names, each once, in the order given; `json` always among them (`interface.md`)."""
    return tuple(named(name) for name in dict.fromkeys([*names, "json"]))
