"""`findings.csv`: a row per finding for spreadsheets, and a row for every requirement that has none (RFC 4180).

Line ends are CRLF (RFC 4180, section 2.1) and no cell holds one: a record is always one line. The file is UTF-8 with a
byte order mark, without which Excel reads a file that is double-clicked in the computer's own code page; pandas and
DuckDB skip the mark, Python does with the encoding `utf-8-sig`. What is the same for all findings of a check (the
remediation) is not repeated in every row: `results.json` and `report.html` have it.
"""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from auditor.model import Severity, Status
from auditor.reports import summary
from auditor.reports.sanitize import visible

BOM = "\ufeff"
MAX_CELL = 32_767
"""What an Excel cell holds, in UTF-16 units ("Excel specifications and limits", support.microsoft.com)."""

COLUMNS = (
    *("finding_id", "status", "severity", "requirements", "check", "check_title", "account", "account_name", "region"),
    *("resource_type", "resource_name", "arn", "message", "expected", "evidence"),
    *("waiver_state", "waiver_reason", "waiver_approved_by", "waiver_expires", "standard", "audit_id", "finished_at"),
)
"""Several requirements of a finding are separated by spaces, which are a separator of cells in no country."""

_SIGNS = frozenset("=+-@\uff1d\uff0b\uff0d\uff20")
_CELL_START = re.compile(r'(?:^|[;\t\r\n])[;\s"\0\ufeff]*')
_LINE_STARTS = ("\t", "\r", "\n", "\0")


class Csv:
    """Findings worst first; the requirements without findings stand among them, without a `finding_id`."""

    filename = "findings.csv"

    def render(self, results: Mapping[str, Any]) -> Iterator[str]:
        """The mark, the headings, then a record at a time."""
        yield BOM
        yield from records(COLUMNS, _records(results))


def records(columns: Sequence[str], rows: Iterable[Mapping[str, object]]) -> Iterator[str]:
    """The lines of a CSV text, headings first. Each value is made a cell; a column that a row lacks is empty."""
    writer = csv.writer(_Line(), strict=True)
    yield str(writer.writerow(columns))
    for row in rows:
        yield str(writer.writerow([cell(row.get(name)) for name in columns]))


def cell(value: object) -> str:
    """A value as a cell: visible text on one line, no formula, at most `MAX_CELL` long; documents are compact JSON."""
    if value is None or value == "":
        return ""
    return _cut(spreadsheet_cell(visible(value) if isinstance(value, str) else _compact(value)))


def spreadsheet_cell(text: str) -> str:
    """Text that no spreadsheet takes for a formula: an apostrophe stands before what would open one.

    That is a sign at the start of the text, and after a semicolon or tab, where a spreadsheet that separates by those
    would begin a new cell (OWASP, "CSV Injection").
    """
    guarded = _CELL_START.sub(_guarded, text)
    return f"'{guarded}" if text.startswith(_LINE_STARTS) else guarded


def finding_record(finding: Mapping[str, Any]) -> dict[str, object]:
    """What a finding itself gives: the columns that need no other part of the document."""
    resource, waiver = finding["resource"], finding.get("waiver") or {}
    return {
        "finding_id": finding["id"],
        "status": finding["status"],
        "severity": finding["severity"],
        "requirements": " ".join(finding["requirements"]),
        "check": finding["check"],
        "account": resource["account"],
        "region": resource["region"],
        "resource_type": resource["type"],
        "resource_name": resource.get("name"),
        "arn": resource["arn"],
        "message": finding["message"],
        "expected": finding.get("expected"),
        "evidence": finding.get("evidence") or None,
        "waiver_state": _waiver_state(finding["status"], waiver),
        "waiver_reason": waiver.get("reason"),
        "waiver_approved_by": waiver.get("approved_by"),
        "waiver_expires": waiver.get("expires"),
    }


def why_no_finding(requirement: Mapping[str, Any]) -> str:
    """Why a requirement has no finding: the document's own reason, or what its status and checks tell."""
    if requirement.get("reason"):
        return str(requirement["reason"])
    if not requirement["checks"] and requirement["status"] == Status.UNKNOWN:
        return "No check evaluates it."
    return "There was nothing to look at." if requirement["status"] == Status.NOT_APPLICABLE else "It has no finding."


# ---------------------------------------------------------------------------------------- rows


def _records(results: Mapping[str, Any]) -> Iterator[dict[str, object]]:
    audit = results["audit"]
    about = {"standard": audit["standard"], "audit_id": audit["id"], "finished_at": audit["finished_at"]}
    names = {one["id"]: one.get("name") for one in results["scope"]["accounts"]}
    titles = {one["id"]: one["title"] for one in results["checks"]}
    for kind, one in _ordered(results):
        if kind == "finding":
            there = {"check_title": titles.get(one["check"]), "account_name": names.get(one["resource"]["account"])}
            yield finding_record(one) | there | about
        else:
            yield _requirement_record(one) | about


def _ordered(results: Mapping[str, Any]) -> list[tuple[str, Mapping[str, Any]]]:
    """Findings, and requirements that no finding serves, worst first."""
    served = {requirement for one in results["findings"] for requirement in one["requirements"]}
    keyed = [(summary.finding_key(one), "finding", one) for one in results["findings"]]
    keyed += [(_requirement_key(one), "requirement", one) for one in results["requirements"] if one["id"] not in served]
    return [(kind, one) for _, kind, one in sorted(keyed, key=lambda entry: entry[0])]


def _requirement_key(one: Mapping[str, Any]) -> tuple[int, int, str, str, str, str, str]:
    return (summary.status_rank(one["status"]), Severity(one["severity"]).rank, one["id"], "", "", "", "")


def _requirement_record(one: Mapping[str, Any]) -> dict[str, object]:
    return {
        "status": one["status"],
        "severity": one["severity"],
        "requirements": one["id"],
        "message": f"{one['title']}: {why_no_finding(one)}",
        "expected": one["statement"],
    }


def _waiver_state(status: str, waiver: Mapping[str, Any]) -> str:
    if waiver.get("expired"):
        return "expired"
    return "in_force" if waiver and status == Status.WAIVED else ""


# ---------------------------------------------------------------------------------------- cells


class _Line:
    """What `csv.writer` writes to: gives the record back instead of keeping it."""

    def write(self, text: str) -> str:
        return text


def _guarded(start: re.Match[str]) -> str:
    following = start.string[start.end() : start.end() + 1]
    return f"{start.group()}'" if following in _SIGNS else start.group()


def _compact(value: object) -> str:
    """JSON without spaces; what cannot be seen is a JSON escape, NaN and infinity are words."""
    try:
        text = _dumped(value)
    except ValueError:
        text = _dumped(json.loads(json.dumps(value), parse_constant=str))
    if visible(text) == text:
        return text
    return "".join(one if visible(one) == one else json.dumps(one)[1:-1] for one in text)


def _dumped(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))


def _cut(text: str) -> str:
    if len(text) * 2 <= MAX_CELL:  # no character takes more than two units
        return text
    units = text.encode("utf-16-le")
    if len(units) // 2 <= MAX_CELL:
        return text
    mark = f"… [cut: all of its {len(text):,} characters are in results.json]"
    return units[: 2 * (MAX_CELL - len(mark))].decode("utf-16-le", errors="ignore") + mark
