"""`slack.json`: a payload for an incoming webhook, within Block Kit's limits whatever the number of findings.

What changed since the baseline comes first, then drift, then the worst failures, one of each check. Limits:
https://docs.slack.dev/reference/block-kit/blocks (50 blocks a message; header 150, section 3,000 characters; 10 fields
of 2,000; 10 context elements). A text of n characters grows to at most 5 n when it is escaped.
"""

from __future__ import annotations

import datetime
from typing import TYPE_CHECKING, Any

from auditor.reports import differences, summary
from auditor.reports.pieces import json_pieces
from auditor.reports.sanitize import clip, slack_code, slack_escape, slack_prose, visible

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

Block = dict[str, Any]

MAX_NEW = 8
MAX_FAILURES = 12
MAX_GAPS = 8
MAX_DIFFERENCES = 6
MAX_DENIED = 4
MAX_ACCOUNTS = 3
_HEADER = 150
_SECTION = 3000
_FIELD = 60

_LISTED = ("resolved", "newly_unseen", "seen_again")
_COUNTED = {"new": "new", "resolved": "resolved", "still_open": "still open", "newly_unseen": "newly unseen"}


class Slack:
    """The verdict, what changed, the worst failures and what could not be seen."""

    filename = "slack.json"

    def render(self, results: Mapping[str, Any]) -> Iterator[str]:
        """The payload as JSON text."""
        yield from json_pieces(payload(results))


def payload(results: Mapping[str, Any]) -> dict[str, Any]:
    """The payload itself: `text` for notifications, `blocks` for the message."""
    demo = [_section(f":warning: *{slack_prose(summary.DEMO, 300)}*")] if summary.is_demo(results) else []
    said = f"{summary.verdict(results)} {summary.headline(results)}"
    blocks = [
        {"type": "header", "text": _plain(summary.verdict(results), _HEADER)},
        *demo,
        _section(_cover(results)),
        _counts(results),
        *_changes(results),
        *_drift(results),
        *_failures(results),
        *_gaps(results),
        _context(_footer(results)),
    ]
    text = f"{'[Demonstration] ' if demo else ''}{slack_prose(said, 600)}"
    return {"text": text, "blocks": blocks}


def _cover(results: Mapping[str, Any]) -> str:
    audit, accounts = results["audit"], results["scope"]["accounts"]
    names = [slack_prose(name, 45) for name in summary.account_names(results).values()]
    more = [f"and {len(names) - MAX_ACCOUNTS} more"] if len(names) > MAX_ACCOUNTS else []
    regions = sorted({region for account in accounts for region in account["regions"]})
    lines = [
        f"*{slack_prose(summary.headline(results), 160)}*",
        f"Accounts: {', '.join([*names[:MAX_ACCOUNTS], *more]) or 'none'}",
        f"Regions: {slack_prose(', '.join(regions) or 'none', 100)}",
        f"Finished {_moment(audit['finished_at'])}, as {slack_code(audit['identity'], 120)}",
        *_link(summary.report_url(results)),
    ]
    return "\n".join(lines)


def _moment(moment: str) -> str:
    """A time that Slack shows in the reader's own zone (https://docs.slack.dev/messaging/formatting-message-text)."""
    try:
        epoch = int(datetime.datetime.fromisoformat(moment).timestamp())
    except (ValueError, OverflowError):
        return slack_prose(moment, 40)
    utc = datetime.datetime.fromtimestamp(epoch, datetime.UTC)
    return f"<!date^{epoch}^{{date_short_pretty}} {{time}}|{utc:%Y-%m-%d %H:%M} UTC>"


def _link(url: str) -> list[str]:
    """The link to the report, where the configuration gives one."""
    return [f"<{slack_escape(url)}|Open the report>"] if url else []


def _counts(results: Mapping[str, Any]) -> Block:
    fields = []
    for noun in ("requirements", "findings"):
        counts = results["summary"][noun]
        said = ", ".join(
            f"{counts[status]:,} {summary.WORDS[status].lower()}" for status in summary.STATUSES if counts.get(status)
        )
        fields.append(_mrkdwn(f"*{noun.capitalize()}*\n{said or 'none'}"))
    for severity, counts in (results["summary"].get("by_severity") or {}).items():
        if counts.get("fail"):
            fields.append(_mrkdwn(f"*{slack_prose(severity.capitalize(), _FIELD)}*\n{counts['fail']:,} fail"))
    return {"type": "section", "fields": fields[:10]}


def _changes(results: Mapping[str, Any]) -> list[Block]:
    """What changed since the baseline: the counts, new failures one by one, the others in lists."""
    drift = results.get("drift") or {}
    if not drift.get("baseline"):
        return []
    found, names = drift.get("findings") or {}, summary.account_names(results)
    counts = ", ".join(f"{len(found.get(kind) or ()):,} {words}" for kind, words in _COUNTED.items())
    since = _moment(str(drift["baseline"].get("finished_at") or ""))
    new = sorted(found.get("new") or (), key=summary.change_key)
    more = len(new) - MAX_NEW
    lists = [(summary.CHANGES[kind], sorted(found.get(kind) or (), key=summary.change_key)) for kind in _LISTED]
    return [
        {"type": "divider"},
        _section(f"*Since {since}*: {counts}"),
        *([_section(f"*{summary.CHANGES['new']}*")] if new else []),
        *(_failure(one, names, 0) for one in new[:MAX_NEW]),
        *([_context(f"… and {more:,} more new failures.")] if more > 0 else []),
        *(_section(_listed(words, [_changed(one, names) for one in changes])) for words, changes in lists if changes),
    ]


def _changed(change: Mapping[str, Any], names: Mapping[str, str]) -> str:
    resource = change["resource"]
    place = f"{names.get(resource['account'], resource['account'])}, {resource['region']}"
    requirements = slack_prose(", ".join(change["requirements"][:3]), 40)
    became = f"was {_standing(change['was'])}, is {_standing(change['now'])}"
    return f"*{requirements}* {slack_code(label(resource), 80)} {slack_prose(place, 60)}: {became}"


def _drift(results: Mapping[str, Any]) -> list[Block]:
    """Resources against the code and the baseline: a section each, with the figures and the worst few."""
    code, since = summary.from_code(results), summary.since_baseline(results)
    names = summary.account_names(results)
    found = []
    if code is not None:
        title = f"*From the code*: {slack_prose(summary.counted_from_code(code), 300)}"
        found.append(_compared(title, code, summary.FROM_CODE, names))
    if since is not None:
        title = f"*Resources since the baseline*: {slack_prose(summary.counted(since, summary.SINCE_BASELINE), 300)}"
        found.append(_compared(title, since, summary.SINCE_BASELINE, names))
    return [{"type": "divider"}, *found] if found else []


def _compared(title: str, part: Mapping[str, Any], words: Mapping[str, str], names: Mapping[str, str]) -> Block:
    worst = differences.worst(part, MAX_DIFFERENCES)
    lines = [*_not_compared(part, words), *(_difference(summary.short(words[kind]), one, names) for kind, one in worst)]
    return _section(_fitting(title, lines, differences.how_many(part) - len(worst)))


def _difference(word: str, one: Mapping[str, Any], names: Mapping[str, str]) -> str:
    clauses = (
        " ".join(slack_code(text, 60) if is_code else slack_prose(text, 80) for is_code, text in clause)
        for clause in differences.said(one, names)
    )
    return f"*{word}* {'; '.join(clauses)}"


def _not_compared(part: Mapping[str, Any], words: Mapping[str, str]) -> list[str]:
    actions = differences.denied(part)
    told = [f"{slack_code(one, 60) if one else 'for other reasons'} ({n:,})" for one, n in actions[:MAX_DENIED]]
    more = f" and {len(actions) - MAX_DENIED:,} more" if len(actions) > MAX_DENIED else ""
    return [f"*{summary.short(words['unknown'])}* without {', '.join(told)}{more}"] if actions else []


def _standing(standing: str) -> str:
    return slack_prose(summary.STANDINGS.get(standing, standing), 30)


def _listed(title: str, lines: Iterable[str]) -> str:
    """A section's text: as many lines as fit, and how many more there are."""
    return _fitting(f"*{title}*", lines, 0)


def _fitting(text: str, lines: Iterable[str], more: int) -> str:
    """A text, as many of the lines as fit in a section with it, and how many there are besides: `more` and the rest."""
    left = list(lines)
    while left and _units(text) + _units(left[0]) < _SECTION - len("\n… and 1,000,000 more"):
        text += f"\n{left.pop(0)}"
    more += len(left)
    return f"{text}\n… and {more:,} more" if more else text


def _units(text: str) -> int:
    """UTF-16 units, the strictest way to count characters."""
    return len(text.encode("utf-16-le", errors="replace")) // 2


def _failures(results: Mapping[str, Any]) -> list[Block]:
    worst = summary.worst_failures(results)
    if not worst:
        return []
    more = sum(1 + others for _, others in worst[MAX_FAILURES:])
    tail = [_context(f"… and {more:,} more failures: report.html and results.json have them all.")] if more else []
    return [
        {"type": "divider"},
        _section("*Worst failures*"),
        *(_failure(one, summary.account_names(results), others) for one, others in worst[:MAX_FAILURES]),
        *tail,
    ]


def _failure(finding: Mapping[str, Any], names: Mapping[str, str], others: int) -> Block:
    """A failure with its resource, reason and requirement, and how many others the same check has."""
    resource = finding["resource"]
    requirements = slack_prose(", ".join(finding["requirements"][:5]), 60)
    place = f"{names.get(resource['account'], resource['account'])}, {resource['region']}"
    lines = [
        f"*{slack_escape(finding['severity'].upper())}*  *{requirements}*  {slack_code(label(resource), 80)}",
        slack_prose(finding["message"], 240),
        f"{slack_prose(resource['type'], 60)}, {slack_prose(place, 80)}"
        + (f"; {others:,} more like it" if others else ""),
    ]
    return _section("\n".join(lines))


def label(resource: Mapping[str, Any]) -> str:
    """The resource's name, and its id beside it where that is another word."""
    name, tail = summary.resource_label(resource), resource["arn"].split("/")[-1].split(":")[-1]
    return f"{name} ({tail})" if resource.get("name") and tail not in (name, "*", "") else name


def _gaps(results: Mapping[str, Any]) -> list[Block]:
    found = summary.unseen(results)
    if not found:
        return []
    tail = [_context(f"… and {len(found) - MAX_GAPS:,} more actions.")] if len(found) > MAX_GAPS else []
    gaps = [_section(_gap(one)) for one in found[:MAX_GAPS]]
    return [{"type": "divider"}, _section("*What could not be seen*"), *gaps, *tail]


def _gap(gap: summary.Unseen) -> str:
    places = "1 place" if len(gap.places) == 1 else f"{len(gap.places)} places"
    where = ", ".join(sorted({region for _, region in gap.places}))
    touched = f"; leaves {slack_prose(', '.join(gap.requirements), 50)} open" if gap.requirements else ""
    return f"{slack_code(gap.action, 60)} {slack_prose(gap.code, 40)} in {places} ({slack_prose(where, 50)}){touched}"


def _footer(results: Mapping[str, Any]) -> str:
    tool = f"{results['tool']['name']} {results['tool']['version']}"
    audit = slack_prose(results["audit"]["id"], 80)
    return f"{slack_prose(tool, 60)}, audit {audit}. What could not be seen is never a pass."


# ---------------------------------------------------------------------------------------- Block Kit's objects


def _section(text: str) -> Block:
    return {"type": "section", "text": _mrkdwn(text)}


def _context(text: str) -> Block:
    return {"type": "context", "elements": [_mrkdwn(text)]}


def _mrkdwn(text: str) -> Block:
    """Text with markup; `verbatim` keeps Slack from making links and mentions of its own."""
    return {"type": "mrkdwn", "text": text, "verbatim": True}


def _plain(text: str, limit: int) -> Block:
    return {"type": "plain_text", "text": clip(visible(text), limit), "emoji": False}
