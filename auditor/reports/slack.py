"""`slack.json`: a payload for an incoming webhook, within Block Kit's limits whatever the number of findings.

Limits: https://docs.slack.dev/reference/block-kit/blocks (50 blocks a message; header 150, section 3,000 characters;
10 fields of 2,000; 10 context elements). A text of n characters grows to at most 5 n when it is escaped.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from auditor.reports import summary
from auditor.reports.pieces import json_pieces
from auditor.reports.sanitize import clip, slack_code, slack_escape, slack_prose, visible

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

Block = dict[str, Any]

MAX_FAILURES = 15
MAX_GAPS = 8
MAX_ACCOUNTS = 3
_HEADER = 150
_FIELD = 60


class Slack:
    """The verdict, the counts, the worst failures and what could not be seen."""

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
        f"Finished {slack_prose(audit['finished_at'], 40)}, as {slack_code(audit['identity'], 120)}",
    ]
    return "\n".join(lines)


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


def _failures(results: Mapping[str, Any]) -> list[Block]:
    found = summary.failures(results)
    if not found:
        return []
    more = len(found) - MAX_FAILURES
    tail = [_context(f"… and {more:,} more failures: report.html and results.json have them all.")] if more > 0 else []
    return [
        {"type": "divider"},
        _section("*Worst failures*"),
        *(_failure(one, summary.account_names(results)) for one in found[:MAX_FAILURES]),
        *tail,
    ]


def _failure(finding: Mapping[str, Any], names: Mapping[str, str]) -> Block:
    resource = finding["resource"]
    requirements = slack_prose(", ".join(finding["requirements"][:5]), 60)
    place = f"{names.get(resource['account'], resource['account'])}, {resource['region']}"
    lines = [
        f"*{slack_escape(finding['severity'].upper())}*  *{requirements}*  {slack_code(label(resource), 80)}",
        slack_prose(finding["message"], 240),
        f"{slack_prose(resource['type'], 60)}, {slack_prose(place, 80)}",
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
