"""The summary that a terminal shows: the verdict, the requirements, the worst failures, what could not be seen."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING, Any

from tabulate import tabulate

from auditor.model import Severity
from auditor.reports import summary
from auditor.reports.sanitize import clip, visible

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

MAX_FAILURES = 20
MAX_GAPS = 20

_COLOURS = {"fail": "1;31", "unknown": "35", "waived": "33", "pass": "32", "not_applicable": "2"}
_COUNTED = ("fail", "unknown", "waived", "pass")
_OTHER_COLUMNS = 66  # what the table takes beside the titles, at its widest
_NARROWEST_TITLE = 16


def render(results: Mapping[str, Any], *, colour: bool, width: int) -> str:
    """Plain text for a terminal of `width` columns; `colour` adds ANSI colours, and says nothing that words do not."""
    paint = _Paint(colour=colour)
    parts = [
        *([paint(summary.DEMO, "1")] if summary.is_demo(results) else []),
        visible(summary.headline(results)),
        paint(visible(summary.verdict(results)), "1"),
        "",
        _table(results, paint, width),
        *_failures(results, paint, width),
        *_gaps(results, width),
    ]
    return "\n".join(parts) + "\n"


class _Paint:
    """Puts ANSI colours round a text, or leaves it alone."""

    def __init__(self, *, colour: bool) -> None:
        self.colour = colour

    def __call__(self, text: str, code: str) -> str:
        return f"\x1b[{code}m{text}\x1b[0m" if self.colour else text


def _table(results: Mapping[str, Any], paint: _Paint, width: int) -> str:
    room = max(_NARROWEST_TITLE, width - _OTHER_COLUMNS)
    ordered = sorted(
        results["requirements"],
        key=lambda one: (summary.status_rank(one["status"]), Severity(one["severity"]).rank, one["id"]),
    )
    rows = [
        [
            visible(one["id"]),
            one["severity"],
            paint(summary.WORDS[one["status"]], _COLOURS[one["status"]]),
            *(one["counts"].get(status, 0) for status in _COUNTED),
            clip(visible(one["title"]), room),
        ]
        for one in ordered
    ]
    headers = ["Id", "Severity", "Status", *(summary.WORDS[status] for status in _COUNTED), "Title"]
    return tabulate(rows, headers=headers, tablefmt="simple", disable_numparse=True, colalign=_ALIGN if rows else None)


_ALIGN = ("left", "left", "left", "right", "right", "right", "right", "left")


def _failures(results: Mapping[str, Any], paint: _Paint, width: int) -> Iterable[str]:
    found = summary.failures(results)
    if not found:
        return
    names = summary.account_names(results)
    yield from ("", f"Worst failures ({min(len(found), MAX_FAILURES)} of {len(found):,})")
    for one in found[:MAX_FAILURES]:
        resource = one["resource"]
        name = clip(visible(summary.resource_label(resource)), 100)
        place = visible(f"{names.get(resource['account'], resource['account'])} {resource['region']}")
        requirements = visible(", ".join(one["requirements"]))
        yield f"  {paint(one['severity'], _COLOURS['fail'])} {requirements}  {name}  [{place}]"
        yield from _wrapped(clip(visible(one["message"]), 400), width)
    if len(found) > MAX_FAILURES:
        yield f"  … and {len(found) - MAX_FAILURES:,} more, in results.json and report.html"


def _gaps(results: Mapping[str, Any], width: int) -> Iterable[str]:
    found = summary.unseen(results)
    if not found:
        return
    names = summary.account_names(results)
    yield from ("", "What could not be seen")
    for one in found[:MAX_GAPS]:
        yield f"  {visible(one.action)}  {visible(one.code)}"
        yield from _wrapped(visible("; ".join(_places(one.places, names))), width)
        if one.requirements:
            yield from _wrapped(visible(f"leaves open: {', '.join(one.requirements)}"), width)
    if len(found) > MAX_GAPS:
        yield f"  … and {len(found) - MAX_GAPS:,} more, in results.json and report.html"


def _places(places: Sequence[tuple[str, str]], names: Mapping[str, str]) -> list[str]:
    by_account: dict[str, list[str]] = {}
    for account, region in places:
        by_account.setdefault(account, []).append(region)
    return [f"{names.get(account, account)}: {', '.join(regions)}" for account, regions in by_account.items()]


def _wrapped(text: str, width: int) -> list[str]:
    return textwrap.wrap(
        text,
        width=max(width, 40),
        initial_indent="      ",
        subsequent_indent="      ",
        break_on_hyphens=False,
    )
