"""The summary that a terminal shows: the verdict, drift in figures, requirements, worst failures, what was not seen."""

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
_NARROWEST_TITLE = 16
_HEADINGS = ["Id", "Severity", "Status", *(summary.WORDS[status] for status in _COUNTED), "Title"]
_ALIGN = ("left", "left", "left", "right", "right", "right", "right", "left")


def render(results: Mapping[str, Any], *, colour: bool, width: int) -> str:
    """Plain text for a terminal of `width` columns; `colour` adds ANSI colours, and says nothing that words do not."""
    paint = _Paint(colour=colour)
    parts = [
        *([paint(summary.DEMO, "1")] if summary.is_demo(results) else []),
        visible(summary.headline(results)),
        paint(visible(summary.verdict(results)), "1"),
        *_drift(results, width),
        "",
        _table(results, paint, width),
        *_failures(results, paint, width),
        *_gaps(results, width),
    ]
    return "\n".join(parts) + "\n"


def _drift(results: Mapping[str, Any], width: int) -> Iterable[str]:
    """A line for each comparison of resources that was made."""
    since, code = summary.since_baseline(results), summary.from_code(results)
    if since is not None:
        yield from _filled(f"Since the baseline: {summary.counted(since, summary.SINCE_BASELINE)}", width)
    if code is not None:
        yield from _filled(f"From the code: {summary.counted_from_code(code)}", width)


def _filled(text: str, width: int) -> list[str]:
    return textwrap.wrap(text, width=max(width, 40), subsequent_indent="  ", break_on_hyphens=False)


class _Paint:
    """Puts ANSI colours round a text, or leaves it alone."""

    def __init__(self, *, colour: bool) -> None:
        self.colour = colour

    def __call__(self, text: str, code: str) -> str:
        return f"\x1b[{code}m{text}\x1b[0m" if self.colour else text


def _table(results: Mapping[str, Any], paint: _Paint, width: int) -> str:
    """The requirements, worst first; titles get what the other columns leave of the width."""
    ordered = sorted(
        results["requirements"],
        key=lambda one: (summary.status_rank(one["status"]), Severity(one["severity"]).rank, one["id"]),
    )
    bare = _tabulated([_row(one, _Paint(colour=False)) for one in ordered])
    room = max(_NARROWEST_TITLE, width - max(map(len, bare.splitlines())) - len("  "))
    return _tabulated([[*_row(one, paint), clip(visible(one["title"]), room)] for one in ordered])


def _row(requirement: Mapping[str, Any], paint: _Paint) -> list[str]:
    status, counts = requirement["status"], requirement["counts"]
    return [
        visible(requirement["id"]),
        requirement["severity"],
        paint(summary.WORDS[status], _COLOURS[status]),
        *(str(counts.get(counted, 0)) for counted in _COUNTED),
    ]


def _tabulated(rows: Sequence[Sequence[str]]) -> str:
    """The headings as the first row: tabulate's own would widen every column by two."""
    width = max(map(len, rows), default=len(_HEADINGS))
    lines = [_HEADINGS[:width], ["-" * len(heading) for heading in _HEADINGS[:width]], *rows]
    return tabulate(lines, tablefmt="plain", disable_numparse=True, colalign=_ALIGN[:width])


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
