"""`summary.md`: the audit on one page of GitHub Flavored Markdown, for pull requests, wikis and chat.

GitHub takes comments of 65,536 characters; this stays below `LIMIT` UTF-8 bytes, the strictest way to count, whatever
the number of findings: each list has its room, and says how much it leaves out.

What others wrote is text and stays text. Markdown's own signs are escaped (GFM specification, "Backslash escapes").
What GitHub makes of text afterwards (mentions, issues, commits, addresses, emoji, formulas) takes no heed of escapes
(github/cmark-gfm, issue 181), only of code: a word that could become one of these is shown as inline code, unchanged.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any
from urllib.parse import quote, urlsplit

from auditor.model import Severity, Status
from auditor.reports import differences, summary
from auditor.reports.csv import why_no_finding
from auditor.reports.sanitize import clip, visible

Document = Mapping[str, Any]

LIMIT = 64_000
"""UTF-8 bytes. The rooms below, and five bytes for each clipped character elsewhere, add up to less."""
MAX_FAILURES = 25
MAX_CHANGES = 15
MAX_GAPS = 15
MAX_WAIVERS = 25
MAX_ACCOUNTS = 5
MAX_REGIONS = 8
MAX_PLACES = 6
MAX_DIFFERENCES = 10
_ROOM = {"requirements": 12_500, "failures": 9_000, "changes": 3_000, "drift": 3_500, "gaps": 4_000, "waivers": 4_000}
_LONGEST_URL = 2_000

_COUNTED = ("fail", "unknown", "waived", "pass")
_MARKED = frozenset({"fail", "unknown"})
_STATES = {
    "expired": "**expired**",
    "matches_nothing": "**matches nothing**",
    "not_needed": "**not needed**",
    "in_force": "in force",
}
_DIGESTS = {"checks_digest": "checks", "config_digest": "configuration"}


class Markdown:
    """Verdict, counts, changes, requirements, worst failures, what could not be seen, waivers."""

    filename = "summary.md"

    def render(self, results: Document) -> Iterator[str]:
        """A line at a time."""
        sections = (_head, _counts, _changes, _drift, _requirements, _failures, _gaps, _waivers, _verification)
        for number, section in enumerate(sections):
            lines = list(section(results))
            if lines:
                yield from (["\n"] if number else [])
                yield from (f"{line}\n" for line in lines)


# ---------------------------------------------------------------------------------------- text that stays text

# What GitHub, and GitLab, make of plain text: https://docs.github.com/get-started/writing-on-github
# ("Autolinked references and URLs", "Basic writing and formatting syntax", "Writing mathematical expressions").
_ALIVE = re.compile(
    r"""[@\#](?=\w)                      # mention, issue, e-mail address
      | \$ | (?<!\w)[!%~&^](?=\w)        # formula; GitLab's references
      | \b(?:GH|GHSA|CVE)-\w             # issue, advisory
      | \b[0-9a-f]{7,40}\b               # commit
      | // | \bwww\. | \w\.[a-z]{2}      # address, with or without scheme
      | :[\w+-]+:                        # emoji
    """,
    re.VERBOSE | re.IGNORECASE,
)
_SIGNS = re.compile(r"[\\`*\[\]|~#]|(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])")
_BLOCK_START = re.compile(r"^(?:(?=[-+=])|(\d{1,9})(?=[.)](?:\s|$)))")
_HTML = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})
_LEADING, _TRAILING = "(", ",.;:!?)"
_URL = "%/:?#@!$&+,;=~.-_"
"""What stays as it is in a link's destination: RFC 3986's characters without brackets, quotes and asterisks."""


def prose(text: object, limit: int) -> str:
    """Text for anywhere in a line or table cell, at most `limit` characters (5 bytes each) before it is escaped."""
    line = " ".join(_word(word) for word in clip(visible(text), limit).split())
    return _BLOCK_START.sub(r"\1\\", line)


def code(text: object, limit: int) -> str:
    """A name as inline code, in which nothing is interpreted; a `-` where it is empty.

    A pipe would end a table's cell even there: it stands between two pieces of code.
    """
    plain = " ".join(clip(visible(text), limit).split())
    return r"\|".join(_span(piece) for piece in plain.split("|")) or r"\-"


def _word(word: str) -> str:
    if not _ALIVE.search(word):
        return _literal(word)
    core = word.lstrip(_LEADING).rstrip(_TRAILING)
    before, _, after = word.partition(core)
    return before + code(core, len(core)) + after


def _literal(text: str) -> str:
    return _SIGNS.sub(r"\\\g<0>", text).translate(_HTML)


def _span(text: str) -> str:
    """The fence is longer than any run of backticks within (CommonMark specification, "Code spans")."""
    if not text.strip():
        return text
    fence = "`" * (1 + max(map(len, re.findall("`+", text)), default=0))
    pad = " " if text.startswith(("`", " ")) or text.endswith(("`", " ")) else ""
    return f"{fence}{pad}{text}{pad}{fence}"


def link(text: str, address: str) -> str:
    """A link to an http or https address; what is no such address is shown as inline code."""
    try:
        parts = urlsplit(address)
    except ValueError:
        parts = urlsplit("")
    target = quote(address, safe=_URL, errors="replace").replace("&", "&amp;")
    if parts.scheme not in {"http", "https"} or not parts.netloc or len(target) > _LONGEST_URL:
        return f"{text}: {code(address, 200)}"
    return f"[{text}]({target})"


# ---------------------------------------------------------------------------------------- sections


def _head(results: Document) -> Iterator[str]:
    audit = results["audit"]
    yield f"# {prose(summary.headline(results), 240)}"
    yield ""
    if summary.is_demo(results):
        yield from (f"**{prose(summary.DEMO, 240)}**", "")
    yield f"**{prose(summary.verdict(results), 240)}**"
    yield ""
    yield f"Looked at: {_scope(results)}."
    said = f"Finished {code(audit['finished_at'], 40)}, as {code(audit['identity'], 200)}."
    url = summary.report_url(results)
    yield f"{said} {link('The whole report', url)}." if url else said


def _scope(results: Document) -> str:
    names = [prose(name, 60) for name in summary.account_names(results).values()]
    more = [f"{len(names) - MAX_ACCOUNTS:,} more accounts"] if len(names) > MAX_ACCOUNTS else []
    regions = list(dict.fromkeys(region for one in results["scope"]["accounts"] for region in one["regions"]))
    places = [code(region, 40) for region in regions[:MAX_REGIONS]]
    left = [f"{len(regions) - MAX_REGIONS:,} more regions"] if len(regions) > MAX_REGIONS else []
    if not names:
        return "no account"
    return f"{', '.join([*names[:MAX_ACCOUNTS], *more])}; {', '.join([*places, *left]) or 'no region'}"


def _counts(results: Document) -> Iterator[str]:
    """Requirements, findings, and findings by severity, worst status first."""
    rows = {noun.capitalize(): results["summary"][noun] for noun in ("requirements", "findings")}
    by_severity = results["summary"].get("by_severity") or {}
    rows |= {f"… {one.value}": by_severity[one.value] for one in Severity if one.value in by_severity}
    yield from _table("Count of", *(f"{summary.WORDS[status]}:" for status in summary.STATUSES))
    for noun, counts in rows.items():
        yield _row(noun, *(f"{counts.get(status, 0):,}" for status in summary.STATUSES))


def _changes(results: Document) -> Iterator[str]:
    """What became of the findings since the baseline; those still open are only counted, as they stand below."""
    drift = results.get("drift") or {}
    found = drift.get("findings")
    if found is None:
        return
    baseline = drift.get("baseline") or {}
    when = f", finished {code(baseline['finished_at'], 40)}" if baseline.get("finished_at") else ""
    yield "## Since the baseline"
    yield ""
    yield f"Compared with {code(baseline.get('id', ''), 100)}{when}."
    yield ""
    yield from _table(*(f"{words}:" for words in summary.CHANGES.values()))
    yield _row(*(f"{len(found.get(kind) or ()):,}" for kind in summary.CHANGES))
    names = summary.account_names(results)
    for kind, words in summary.CHANGES.items():
        changes = sorted(found.get(kind) or (), key=summary.change_key)
        if changes and kind != "still_open":
            yield from ("", f"### {words}", "")
            lines = (_change(one, names) for one in changes[:MAX_CHANGES])
            yield from _bounded(lines, "changes", partial(_more, len(changes), "finding"))


def _change(change: Document, names: Mapping[str, str]) -> str:
    became = f"{_standing(change['was'])} → {_standing(change['now'])}"
    return f"- {became}: {_finding(change, names)}"


def _standing(word: str) -> str:
    return summary.STANDINGS.get(word) or prose(word, 30)


def _drift(results: Document) -> Iterator[str]:
    """Resources against the code and the baseline: in figures, then the worst, and what was denied."""
    code, since = summary.from_code(results), summary.since_baseline(results)
    if code is None and since is None:
        return
    yield "## Drift"
    names = summary.account_names(results)
    if code is not None:
        yield from ("", f"**From the code:** {summary.counted_from_code(code)}.")
        yield from _differences(code, summary.FROM_CODE, names)
    if since is not None:
        yield from ("", f"**Since the baseline:** {summary.counted(since, summary.SINCE_BASELINE)}.")
        yield from _differences(since, summary.SINCE_BASELINE, names)


def _differences(part: Document, words: Mapping[str, str], names: Mapping[str, str]) -> Iterator[str]:
    worst = differences.worst(part, MAX_DIFFERENCES)
    unknown = [_not_compared(part, words)] if part["unknown"] else []
    lines = [*unknown, *(_difference(summary.short(words[kind]), one, names) for kind, one in worst)]
    if lines:
        yield ""
        yield from _bounded(lines, "drift", partial(_more, differences.how_many(part) + len(unknown), "difference"))


def _difference(word: str, one: Document, names: Mapping[str, str]) -> str:
    clauses = (
        " ".join(code(text, 80) if is_code else prose(text, 100) for is_code, text in clause)
        for clause in differences.said(one, names)
    )
    return f"- **{word}** {'; '.join(clauses)}"


def _not_compared(part: Document, words: Mapping[str, str]) -> str:
    actions = differences.denied(part)
    told = [
        f"{code(action, 60) if action else 'for other reasons'} ({count:,})" for action, count in actions[:MAX_PLACES]
    ]
    more = f" and {len(actions) - MAX_PLACES:,} more" if len(actions) > MAX_PLACES else ""
    return f"- **{summary.short(words['unknown'])}** without {', '.join(told)}{more}"


def _requirements(results: Document) -> Iterator[str]:
    ordered = sorted(
        results["requirements"],
        key=lambda one: (summary.status_rank(one["status"]), Severity(one["severity"]).rank, one["id"]),
    )
    if not ordered:
        return
    yield from ("## Requirements", "")
    yield from _table("Id", "Severity", "Status", *(f"{summary.WORDS[one]}:" for one in _COUNTED), "Requirement")
    yield from _bounded(map(_requirement, ordered), "requirements", partial(_left_out, ordered))


def _requirement(one: Document) -> str:
    status, counts = one["status"], one["counts"]
    word = summary.WORDS[status]
    why = "" if any(counts.values()) else f" *{prose(why_no_finding(one), 120)}*"
    return _row(
        prose(one["id"], 40),
        one["severity"],
        f"**{word}**" if status in _MARKED else word,
        *(f"{counts.get(counted, 0):,}" for counted in _COUNTED),
        prose(one["title"], 120) + why,
    )


def _left_out(requirements: Sequence[Document], shown: int) -> str:
    counts = Counter(one["status"] for one in requirements[shown:])
    said = ", ".join(f"{counts[one]:,} {summary.WORDS[one].lower()}" for one in summary.STATUSES if counts[one])
    more = _more(len(requirements), "requirement", shown)
    return more and f"{more} They are: {said}."


def _failures(results: Document) -> Iterator[str]:
    """A failure of each check, so that one check's many failures do not hide the others."""
    worst = summary.worst_failures(results)
    if not worst:
        return
    names = summary.account_names(results)
    yield from ("## Worst failures", "")
    lines = (_failure(one, others, names) for one, others in worst[:MAX_FAILURES])
    yield from _bounded(lines, "failures", partial(_other_failures, worst))


def _failure(one: Document, others: int, names: Mapping[str, str]) -> str:
    more = f" ({others:,} more like it)" if others else ""
    return f"- {_finding(one, names)}{more}"


def _other_failures(worst: Sequence[tuple[Document, int]], shown: int) -> str:
    return _more(sum(1 + others for _, others in worst[shown:]), "failure", 0)


def _finding(one: Document, names: Mapping[str, str]) -> str:
    resource = one["resource"]
    place = f"{names.get(resource['account'], resource['account'])}, {resource['region']}"
    requirements = prose(", ".join(one["requirements"]), 60)
    name = code(summary.resource_label(resource), 80)
    return f"**{one['severity']}** {requirements} {name} in {prose(place, 100)}: {prose(one['message'], 240)}"


def _gaps(results: Document) -> Iterator[str]:
    found = summary.unseen(results)
    said = [*_unknowns(results)] or ([] if results["audit"]["complete"] and not found else ["The collection has gaps."])
    if not said:
        return
    yield from ("## What could not be seen", "", "What could not be seen is never a pass.", *said)
    if found:
        names = summary.account_names(results)
        yield ""
        lines = (_gap(one, names) for one in found[:MAX_GAPS])
        yield from _bounded(lines, "gaps", partial(_more, len(found), "action"))


def _unknowns(results: Document) -> Iterator[str]:
    """What is unknown, a sentence for each way to be so: findings, checks that said nothing, no check at all."""
    requirements = sorted(results["requirements"], key=lambda one: str(one["id"]))
    count = sum(one["status"] == Status.UNKNOWN for one in results["findings"])
    served = [one["id"] for one in requirements if one["counts"].get(Status.UNKNOWN.value)]
    bare = [one for one in requirements if one["status"] == Status.UNKNOWN and one["id"] not in served]
    silent, unchecked = ([one["id"] for one in bare if bool(one["checks"]) is checked] for checked in (True, False))
    if count:
        where = f", in {prose(', '.join(served), 300)}" if served else ""
        yield f"{count:,} finding{'s are' if count > 1 else ' is'} unknown{where}."
    if silent:
        yield f"The checks of {prose(', '.join(silent), 200)} found nothing to judge."
    if unchecked:
        yield f"No check of this version evaluates {prose(', '.join(unchecked), 200)}."


def _gap(gap: summary.Unseen, names: Mapping[str, str]) -> str:
    places = [prose(f"{names.get(account, account)} {region}", 80) for account, region in gap.places[:MAX_PLACES]]
    more = f" and {len(gap.places) - MAX_PLACES:,} more places" if len(gap.places) > MAX_PLACES else ""
    only = f", {len(gap.arns):,} resource{'s' * (len(gap.arns) > 1)} only" if gap.arns else ""
    leaves = f"; leaves {prose(', '.join(gap.requirements), 100)} open" if gap.requirements else ""
    return f"- {code(gap.action, 80)} {prose(gap.code, 60)} in {'; '.join(places)}{more}{only}{leaves}"


def _waivers(results: Document) -> Iterator[str]:
    found = sorted(results.get("waivers") or (), key=_waiver_key)
    if not found:
        return
    yield from ("## Waivers", "")
    yield from _table("State", "Covers", "Waives", "Resource", "Reason", "Approved by", "Until")
    lines = map(_waiver, found[:MAX_WAIVERS])
    yield from _bounded(lines, "waivers", partial(_more, len(found), "waiver"))


def _waiver_key(waiver: Document) -> tuple[int, str, str, str, str]:
    wanted = (waiver.get("requirement") or "", waiver.get("check") or "", waiver.get("resource") or "")
    return (list(_STATES).index(_state(waiver)), *wanted, f"{waiver.get('expires')} {waiver.get('reason')}")


def _state(waiver: Document) -> str:
    if waiver.get("state") in _STATES:
        return str(waiver["state"])
    if waiver.get("expired"):
        return "expired"
    return "in_force" if waiver.get("matched", 1) else "matches_nothing"


def _waiver(waiver: Document) -> str:
    covers = waiver.get("covers") or {}
    said = ", ".join(f"{covers[one]:,} {summary.WORDS[one].lower()}" for one in summary.STATUSES if covers.get(one))
    return _row(
        _STATES[_state(waiver)],
        said or f"{waiver.get('matched', 0):,}",
        code(waiver.get("requirement") or waiver.get("check") or "", 60),
        code(waiver.get("resource") or "", 120),
        prose(waiver.get("reason") or "", 200),
        prose(waiver.get("approved_by") or "", 80),
        prose(waiver.get("expires") or "", 40),
    )


def _verification(results: Document) -> Iterator[str]:
    method = results.get("method") or {}
    tool = f"{results['tool']['name']} {results['tool']['version']}"
    about = [f"Audit {code(results['audit']['id'], 100)}", f"made by {prose(tool, 60)}"]
    digests = [f"{words} {code(method[key], 80)}" for key, words in _DIGESTS.items() if method.get(key)]
    yield "## How to verify"
    yield ""
    yield f"{', '.join([*about, *digests])}."
    yield ""
    yield "- `auditor verify AUDIT` says whether the audit's files are as they were written."
    yield "- `auditor evaluate AUDIT --output DIR` judges the kept evidence again, offline, without credentials."
    yield "- `results.json` has every finding, passes too, with its evidence; this page is a summary of it."


# ---------------------------------------------------------------------------------------- tables and lists


def _table(*headings: str) -> Iterator[str]:
    """A table's first two lines; a heading that ends in a colon is a column of numbers."""
    yield _row(*(heading.rstrip(":") for heading in headings))
    yield _row(*("---:" if heading.endswith(":") else "---" for heading in headings))


def _row(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"


def _bounded(lines: Iterable[str], name: str, rest: Callable[[int], str]) -> Iterator[str]:
    """As many lines as there is room for; `rest` says what is left out after so many, or nothing."""
    room, shown = _ROOM[name], 0
    for line in lines:
        room -= len(line.encode()) + 1
        if room < 0:
            break
        shown += 1
        yield line
    if left := rest(shown):
        yield from ("", left)


def _more(total: int, noun: str, shown: int) -> str:
    left = total - shown
    return f"… and {left:,} more {noun}{'s' * (left > 1)}, in `results.json`." if left else ""
