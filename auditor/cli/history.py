"""`auditor history`: the audits that stand beside each other in a folder, from date to date."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from tabulate import tabulate

from auditor import files
from auditor.errors import SnapshotError, UsageError
from auditor.evidence.manifest import read_manifest
from auditor.history.document import document
from auditor.history.folders import read
from auditor.history.model import Audit
from auditor.history.series import history as history_of
from auditor.reports import history_page, summary
from auditor.reports.sanitize import clip, visible

_OLDEST: Final = 10
_LONGEST: Final = 60
_TOLD: Final = 3
_ABOVE: Final = ("", "", "", "", "", "", "", "", "Still", "Newly", "Seen", "", "", "")
_HEADINGS: Final = (
    *("Started", "Score", "Pass", "Fail", "Unknown", "Waived", "New", "Resolved", "open", "unseen", "again"),
    *("Open", "Complete", "Audit"),
)
_ALIGNED: Final = ("left", *("right" for _ in _HEADINGS[1:-2]), "left", "left")


def history(
    directory: Path,
    form: str,
    output: Path | None,
    standard: str,
    accounts: Sequence[str],
    *,
    with_index: bool,
    quiet: bool,
) -> int:
    """Read a folder's audits and print their history. Raises UsageError, SnapshotError where there is no audit."""
    found = gathered(directory, standard, accounts, with_index=with_index)
    text = _RENDER[form](found)
    if output is not None:
        files.write_whole(output, text)
    if not quiet:
        print(output if output is not None else text, end="\n" if output is not None else "")
    return 0


def folder_of(argument: Path | None, option: Path | None) -> Path:
    """The folder that is meant, `.` where none is given. Raises UsageError where two are."""
    if argument is not None and option is not None and argument != option:
        raise UsageError(f"{argument} and --history {option} are two folders.", "Give one of them.")
    return argument or option or Path()


def gathered(
    directory: Path, standard: str = "", accounts: Sequence[str] = (), *, with_index: bool = True
) -> dict[str, Any]:
    """The document of a folder's history, narrowed to series of a standard that look at one of these accounts.

    Raises as `history`.
    """

    def wanted(audit: Audit) -> bool:
        looked_at = {one.id for one in audit.accounts}
        return standard in ("", audit.standard) and (not accounts or not looked_at.isdisjoint(accounts))

    there = read(directory, read_manifest, with_index=with_index)
    if not there.entries:
        told = [f"{visible(one.folder)}: {one.why}" for one in there.unusable]
        more = f"; and {len(told) - _TOLD} more" if len(told) > _TOLD else ""
        why = f" ({'; '.join(told[:_TOLD])}{more})" if told else ""
        raise SnapshotError(f"{directory} holds no audit that can be used{why}.", "Give the folder with the audits.")
    found = document(history_of(there.entries, there.unusable, wanted))
    if not found["series"]:
        names = ", ".join(sorted({entry.audit.standard for entry in there.entries}))
        ids = ", ".join(sorted({one.id for entry in there.entries for one in entry.audit.accounts}))
        raise UsageError(
            f"{directory} holds no audit of that standard and account.", f"There are: {names}; of accounts: {ids}."
        )
    return found


# ---------------------------------------------------------------------------------------- as JSON


def _json(found: Mapping[str, Any]) -> str:
    """Every character that is not plain ASCII as an escape: the text is harmless on a terminal."""
    return json.dumps(found, indent=2).replace("\x7f", "\\u007f") + "\n"


# ---------------------------------------------------------------------------------------- for people


def _table(found: Mapping[str, Any]) -> str:
    return "\n".join(_lines(found)) + "\n"


def _lines(found: Mapping[str, Any]) -> Iterator[str]:
    """What others named is shown as text that steers no terminal."""
    for series in found["series"]:
        yield from _of_series(series)
        yield ""
    if found["unusable"]:
        yield f"Not used ({len(found['unusable'])})"
        for one in found["unusable"]:
            yield f"  {visible(one['folder'])}: {visible(one['why'])}. {visible(one['remedy'])}".rstrip()
        yield ""
    yield from found["definitions"].values()


def _of_series(series: Mapping[str, Any]) -> Iterator[str]:
    if series["demo"]:
        yield summary.DEMO
    title = f"{series['standard_title']} ({series['standard']})" if series["standard_title"] else series["standard"]
    owner = f"{series['organization']}: " if series["organization"] else ""
    yield visible(f"{owner}{title}, {series['environment']}")
    yield f"Accounts: {visible(', '.join(_places(series['accounts'])))}. Scope {visible(series['scope'][:12])}."
    yield ""
    rows = [_row(one) for one in series["audits"]]
    dashes = ["-" * max(len(above), len(heading)) for above, heading in zip(_ABOVE, _HEADINGS, strict=True)]
    # The headings as rows: tabulate's own would widen every column by two.
    lines = [_ABOVE, _HEADINGS, dashes, *rows]
    yield tabulate(lines, tablefmt="plain", disable_numparse=True, colalign=_ALIGNED)
    yield ""
    yield from _open(series)


def _places(accounts: Iterable[Mapping[str, Any]]) -> list[str]:
    names = (f"{one['name']} {one['id']}" if one["name"] not in ("", one["id"]) else one["id"] for one in accounts)
    return [f"{name} ({' '.join(one['regions'])})" for name, one in zip(names, accounts, strict=True)]


def _row(one: Mapping[str, Any]) -> list[str]:
    changes = one["changes"] or {}
    return [
        one["started_at"][:16].replace("T", " "),
        f"{one['score']:.1f}%" if one["score"] is not None else "-",
        *(str(one["requirements"][status]) for status in ("pass", "fail", "unknown", "waived")),
        *(str(changes.get(name, "-")) for name in ("new", "resolved", "still_open", "newly_unseen", "seen_again")),
        str(one["open"]),
        "yes" if one["complete"] else "no",
        clip(visible(one["folder"]), _LONGEST),
    ]


def _open(series: Mapping[str, Any]) -> Iterator[str]:
    found = series["open"]
    counted = ", ".join(f"{one['open']} {one['words']}" for one in series["ages"])
    yield f"Open failures: {len(found)} ({counted})"
    yield from (_failure(one, series["audits"][-1]["started_at"]) for one in found[:_OLDEST])
    if len(found) > _OLDEST:
        yield f"  … and {len(found) - _OLDEST:,} more, in --format json"


def _failure(one: Mapping[str, Any], last: str) -> str:
    resource = one["resource"]
    name = clip(visible(summary.resource_label(resource)), _LONGEST)
    place = visible(f"{resource['account']} {resource['region']}")
    unseen = f", last seen {one['last_seen'][:10]}" if one["last_seen"] != last else ""
    what = f"{one['severity']} {visible(one['check'])}  {name}  [{place}]"
    days = f"{one['age_days']} {'day' if one['age_days'] == 1 else 'days'}"
    return f"  {days}  {what}  since {one['since'][:10]}{unseen}"


_RENDER = {"table": _table, "json": _json, "html": history_page.render}
