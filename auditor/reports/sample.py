"""A random sample of findings for somebody else's own re-testing, drawn so that anybody can draw it again.

An outside auditor names requirements, a size and a seed. The order is that of SHA-256 over the seed and each finding's
id, so that neither the tool nor the audited organization chooses, the same seed gives the same sample on any machine,
and a larger sample begins with the smaller one.
"""

from __future__ import annotations

import hashlib
import json
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from typing import Any

from tabulate import tabulate

from auditor.errors import UsageError
from auditor.model import Status
from auditor.reports import csv, summary
from auditor.reports.sanitize import clip, visible

Document = Mapping[str, Any]

_HEADINGS = ("No", "Finding", "Status", "Severity", "Requirements", "Place", "Resource")
_NARROWEST_RESOURCE = 16
_COLUMNS = (
    *("number", "digest", "finding_id", "status", "severity", "requirements", "check", "account", "region"),
    *("resource_type", "resource_name", "arn", "message", "expected", "evidence"),
    *("waiver_state", "waiver_reason", "waiver_approved_by", "waiver_expires"),
    *("population", "seed", "standard", "audit_id", "finished_at"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """Findings drawn from an audit, and how: enough to draw them again."""

    audit: Mapping[str, str]
    """`id`, `standard` and `finished_at` of the audit."""
    requirements: tuple[str, ...]
    """The ids that the globs matched, sorted."""
    statuses: tuple[str, ...]
    """The statuses that the population was limited to; empty: all."""
    seed: str
    size: int
    """How many were asked for."""
    population: int
    by_requirement: Mapping[str, int]
    """How many of the population serve each requirement; a finding that serves two counts in both."""
    findings: tuple[Document, ...]
    """In the order in which they were drawn."""
    method: str
    """How they were drawn, in words."""

    @property
    def is_whole(self) -> bool:
        """Whether the sample is all of the population."""
        return len(self.findings) == self.population


def sample(
    results: Document, requirements_globs: Sequence[str], size: int, seed: str | int, statuses: Sequence[str] = ()
) -> Sample:
    """Draw `size` of the findings that serve a requirement matched by any of the globs, whatever their status.

    `statuses` limits the population. Where there are fewer than `size`, all of them are drawn, and the method says so.
    Raises UsageError where a glob matches no requirement, the size is below 1, the seed is empty or no text, a status
    is none, or no finding is in the population.
    """
    _require_sound(size, str(seed), statuses)
    matched = _matched(results, requirements_globs)
    population = _population(results, matched, statuses)
    if not population:
        told = {one["id"]: one["status"] for one in results["requirements"]}
        raise UsageError(
            f"There is nothing to draw from: {visible(_served_by(matched, statuses, 'no finding serves'))}.",
            f"As a whole: {visible(', '.join(f'{name} is {told[name]}' for name in matched))}.",
        )
    drawn = tuple(sorted(population, key=lambda one: digest(seed, one["id"]))[:size])
    made = Sample(
        audit={name: str(results["audit"][name]) for name in ("id", "standard", "finished_at")},
        requirements=matched,
        statuses=tuple(dict.fromkeys(statuses)),
        seed=str(seed),
        size=size,
        population=len(population),
        by_requirement={name: sum(name in one["requirements"] for one in population) for name in matched},
        findings=drawn,
        method="",
    )
    return replace(made, method=_method(made))


def digest(seed: str | int, finding_id: str) -> str:
    """What a finding is ordered by: SHA-256 of `SEED`, a line feed and `ID` as UTF-8, in lower-case hexadecimal."""
    return hashlib.sha256(f"{seed}\n{finding_id}".encode()).hexdigest()


# ---------------------------------------------------------------------------------------- drawing


def _require_sound(size: int, seed: str, statuses: Sequence[str]) -> None:
    if size < 1:
        raise UsageError(f"A sample of {size} is none.", "Give a size of at least 1.")
    if not seed or not seed.isprintable():
        raise UsageError("The seed is empty or holds characters that cannot be seen.", "Give a word or a number.")
    for status in statuses:
        if status not in set(Status):
            raise UsageError(f"{visible(status)} is no status.", f"There are: {', '.join(Status)}.")


def _matched(results: Document, globs: Sequence[str]) -> tuple[str, ...]:
    """The requirements that match any of the globs; each glob must match one."""
    there = sorted(one["id"] for one in results["requirements"])
    for glob in globs or ("",):
        if not any(fnmatchcase(name, glob) for name in there):
            said = f"No requirement of the audit matches {glob!r}." if glob else "No requirement was named."
            raise UsageError(visible(said), f"There are: {visible(', '.join(there)) or 'none'}.")
    return tuple(name for name in there if any(fnmatchcase(name, glob) for glob in globs))


def _population(results: Document, requirements: Sequence[str], statuses: Sequence[str]) -> list[Document]:
    wanted = set(requirements)
    found = {
        one["id"]: one
        for one in results["findings"]
        if not wanted.isdisjoint(one["requirements"]) and (not statuses or one["status"] in statuses)
    }
    return list(found.values())


def _served_by(requirements: Sequence[str], statuses: Sequence[str], words: str) -> str:
    having = f" with the status {' or '.join(statuses)}" if statuses else ""
    return f"{words} {', '.join(requirements)}{having}"


def _method(drawn: Sample) -> str:
    """How the sample was drawn, so that it can be drawn again without this tool."""
    empty = [name for name, count in drawn.by_requirement.items() if not count]
    whole = f": all of it, as {drawn.size:,} were asked for" if drawn.is_whole else ""
    sentences = (
        f"The population is {drawn.population:,} of the findings of audit {drawn.audit['id']}, each once:",
        _served_by(drawn.requirements, drawn.statuses, "those that serve any of") + ".",
        *([_served_by(empty, drawn.statuses, "No finding serves") + "."] if empty else []),
        "" if drawn.statuses else "Findings of every status are in it, passes too.",
        "Each has a digest: SHA-256 over the seed, one line feed (0x0A) and the finding's id, in UTF-8, written in",
        'lower-case hexadecimal (printf \'%s\\n%s\' "$SEED" "$ID" | sha256sum).',
        f"The sample is the first {len(drawn.findings):,} of the population in the order of the digests{whole}.",
    )
    return " ".join(filter(None, sentences))


# ---------------------------------------------------------------------------------------- showing


def table(drawn: Sample, width: int) -> str:
    """Text for a terminal of `width` columns: how the sample was drawn, then a line for each finding."""
    counts = ", ".join(f"{name} {count:,}" for name, count in drawn.by_requirement.items())
    head = (
        f"{len(drawn.findings):,} of {drawn.population:,} findings, seed {visible(drawn.seed)}",
        f"The population by requirement: {visible(counts)}",
        visible(drawn.method),
    )
    lines = [line for text in head for line in textwrap.wrap(text, max(width, 40), break_on_hyphens=False)]
    return "\n".join([*lines, "", _tabulated(drawn, width)]) + "\n"


def as_csv(drawn: Sample) -> str:
    """The sample as CSV for a working paper (`auditor.reports.csv`), without a byte order mark, for pipes."""
    about = {"population": str(drawn.population), "seed": drawn.seed, "standard": drawn.audit["standard"]}
    about |= {"audit_id": drawn.audit["id"], "finished_at": drawn.audit["finished_at"]}
    rows = ({**csv.finding_record(finding), **drawing, **about} for drawing, finding in _numbered(drawn))
    return "".join(csv.records(_COLUMNS, rows))


def as_json(drawn: Sample) -> str:
    """The sample as JSON with the whole findings, evidence too; plain ASCII, so that it is harmless on a terminal."""
    document = {
        "schema_version": "1.0",
        "audit": dict(drawn.audit),
        "requirements": list(drawn.requirements),
        "statuses": list(drawn.statuses),
        "seed": drawn.seed,
        "size": drawn.size,
        "population": drawn.population,
        "by_requirement": dict(drawn.by_requirement),
        "whole_population": drawn.is_whole,
        "method": drawn.method,
        "findings": [{**drawing, **finding} for drawing, finding in _numbered(drawn)],
    }
    return json.dumps(document, indent=2, allow_nan=False) + "\n"


def _numbered(drawn: Sample) -> Iterator[tuple[dict[str, str | int], Document]]:
    for number, finding in enumerate(drawn.findings, start=1):
        yield {"number": number, "digest": digest(drawn.seed, finding["id"])}, finding


def _tabulated(drawn: Sample, width: int) -> str:
    """The headings as the first row: tabulate's own would widen every column by two."""
    rows = [_row(number, finding) for number, finding in enumerate(drawn.findings, start=1)]
    bare = _plain([_HEADINGS[:-1], *(row[:-1] for row in rows)])
    room = max(_NARROWEST_RESOURCE, width - max(map(len, bare.splitlines())) - len("  "))
    return _plain([_HEADINGS, *([*row[:-1], clip(row[-1], room)] for row in rows)])


def _row(number: int, finding: Document) -> list[str]:
    resource = finding["resource"]
    return [
        str(number),
        visible(finding["id"]),
        summary.WORDS[finding["status"]],
        finding["severity"],
        visible(", ".join(finding["requirements"])),
        visible(f"{resource['account']} {resource['region']}"),
        visible(summary.resource_label(resource)),
    ]


def _plain(rows: Sequence[Sequence[str]]) -> str:
    return tabulate(rows, tablefmt="plain", disable_numparse=True)
