"""The parts of a SARIF log that say what was asked: rules (the checks), their help, the standard as a taxonomy.

Here too: how text and values become SARIF's, for `sarif.py`.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote
from uuid import NAMESPACE_URL, uuid5

from auditor.model import Severity
from auditor.reports.sanitize import clean, clip, visible
from auditor.reports.slack import label

Object = dict[str, Any]

LEVELS: Mapping[str, str] = {"critical": "error", "high": "error", "medium": "warning", "low": "note"}
"""Severity -> `result.level` of what fails."""

SCORES: Mapping[str, str] = {"critical": "9.5", "high": "8.0", "medium": "5.5", "low": "2.0"}
"""Severity -> `security-severity`, a number of the range that GitHub calls by the same word."""

UNJUDGED = "requirement-without-findings"
"""Rule of the results that stand for a requirement of which no check said anything."""

LONGEST = 1024
"""Characters that GitHub takes of a rule's description."""

_TAGS = 10
"""Tags of a rule that GitHub shows."""


def rules(
    results: Mapping[str, Any],
    order: Iterable[str],
    examples: Mapping[str, Mapping[str, Any]],
    taxon: Callable[[str], Object],
) -> Iterator[Object]:
    """Each check as `reportingDescriptor` (3.49), and `UNJUDGED`.

    `examples` has a finding of a check that says how it is remedied; `taxon` makes a reference to a requirement.
    """
    checks = {one["id"]: one for one in results["checks"]}
    for name in order:
        yield _unjudged(results) if name == UNJUDGED else _rule(results, checks[name], examples.get(name), taxon)


def taxa(results: Mapping[str, Any], order: Iterable[str]) -> Iterator[Object]:
    """The standard's requirements, as taxa (3.19.3)."""
    requirements = {one["id"]: one for one in results["requirements"]}
    kept = ("severity", "status", "reason", "counts", "sources", "must_exist", "note")
    for name in order:
        one = requirements[name]
        yield {
            "id": visible(name),
            **_described(one["title"], one["statement"]),
            "defaultConfiguration": {"level": LEVELS[one["severity"]]},
            "properties": bag({key: one[key] for key in kept if key in one}),
        }


def _rule(
    results: Mapping[str, Any],
    check: Mapping[str, Any],
    example: Mapping[str, Any] | None,
    taxon: Callable[[str], Object],
) -> Object:
    severity, requirements = check["severity"], sorted(check["requirements"])
    link = next((one for one in check.get("references") or () if is_link(one)), "")
    return {
        "id": visible(check["id"]),
        "name": pascal(check["id"]),
        **_described(check["title"], check.get("description") or check["title"]),
        **({"helpUri": link} if link else {}),
        "help": _help(_sections(results, check, example)),
        "defaultConfiguration": {"level": LEVELS[severity]},
        "relationships": [{"target": taxon(one), "kinds": ["relevant"]} for one in requirements],
        "properties": {
            "tags": ["security", "compliance", *map(visible, requirements)][:_TAGS],
            "precision": "high",
            "security-severity": SCORES[severity],
            "severity": severity,
            "requirements": [visible(one) for one in requirements],
            "resource": visible(check.get("resource", "")),
        },
    }


def _unjudged(results: Mapping[str, Any]) -> Object:
    """The rule is as severe as the worst requirement: GitHub takes the severity of an alert from its rule."""
    judged = {requirement for one in results["findings"] for requirement in one["requirements"]}
    severities = [Severity(one["severity"]) for one in results["requirements"] if one["id"] not in judged]
    worst = min(severities, key=lambda one: one.rank, default=Severity.LOW).value
    said = "A requirement of which no check said anything is not known to be met."
    return {
        "id": UNJUDGED,
        "name": pascal(UNJUDGED),
        **_described("A requirement has no findings", said),
        "help": _help([_Section("", f"{said} Evaluate it by hand, or write a check for it.")]),
        "defaultConfiguration": {"level": LEVELS[worst]},
        "properties": {"tags": ["security", "compliance"], "precision": "high", "security-severity": SCORES[worst]},
    }


def notifications(kinds: Mapping[str, tuple[str, str]]) -> Iterator[Object]:
    """Kinds of notifications, (level, text) each, as `reportingDescriptor`."""
    for name, (level, text) in kinds.items():
        yield {
            "id": name,
            "name": pascal(name),
            **_described(text, text),
            "help": _help([_Section("", text)]),
            "defaultConfiguration": {"level": level},
        }


def _described(title: str, description: str) -> Object:
    return {
        "shortDescription": {"text": clip(visible(title), LONGEST)},
        "fullDescription": {"text": clip(visible(description.strip(), lines=True), LONGEST)},
    }


# ---------------------------------------------------------------------------------------- help


@dataclass(frozen=True, slots=True)
class _Section:
    """A part of a rule's help: prose, or text whose lines stay as they are."""

    heading: str
    text: str
    code: bool = False


def _sections(
    results: Mapping[str, Any], check: Mapping[str, Any], example: Mapping[str, Any] | None
) -> Iterator[_Section]:
    yield _Section("", check.get("description") or check["title"])
    for one in sorted(results["requirements"], key=lambda one: str(one["id"])):
        if one["id"] in check["requirements"]:
            yield _Section(f"{one['id']}: {one['title']}", one["statement"])
    yield _Section("Passes when", check.get("pass_when") or "", code=True)
    if check.get("remediation"):
        yield _Section("Remediation", check["remediation"], code=True)
    elif example:
        whose = clip(label(example["resource"]), 200)
        yield _Section(f"Remediation, for example of {whose}", example["remediation"], code=True)
    yield _Section("References", "\n".join(one for one in check.get("references") or () if is_link(one)), code=True)


def _help(sections: Iterable[_Section]) -> Object:
    """Plain text, and Markdown that gives what others wrote as it is: escaped, or in a code fence."""
    plain, marked = [], []
    for section in sections:
        said = visible(section.text.strip(), lines=True)
        if said:
            plain.append(f"{visible(section.heading)}\n{said}" if section.heading else said)
            marked += [f"## {_escaped(visible(section.heading))}"] if section.heading else []
            marked.append(_fenced(said) if section.code else _escaped(said))
    return {"text": "\n\n".join(plain), "markdown": "\n\n".join(marked)}


def _fenced(text: str) -> str:
    """A fence is longer than any run of backticks in it (CommonMark 4.5)."""
    fence = "`" * max([3, *(len(run) + 1 for run in re.findall("`+", text))])
    return f"{fence}text\n{text}\n{fence}"


def _escaped(text: str) -> str:
    """Text in which GitHub Flavored Markdown finds no markup, link, mention or HTML (backslashes: GFM 6.1)."""
    return re.sub(r"[\\`*_\[\]{}<>#&|~!@^=+]|(?<=:)/|(?<=www)\.", r"\\\g<0>", text, flags=re.IGNORECASE)


# ---------------------------------------------------------------------------------------- SARIF's text and values


def is_link(text: object) -> bool:
    """Whether a text is an absolute web address that needs no escaping anywhere."""
    return isinstance(text, str) and re.fullmatch(r"https?://[\w!#$%&()*+,\-./:;=?@~]+", text, re.ASCII) is not None


def message(*paragraphs: str) -> Object:
    """A `message` (3.11): braces are doubled (3.11.5), and nothing becomes an embedded link (3.11.6)."""
    text = "\n\n".join(visible(one, lines=True) for one in paragraphs if one)
    return {"text": text.replace("{", "{{").replace("}", "}}").replace("](", "] (")}


def pascal(name: str) -> str:
    """`VpcSpansZones` from `vpc-spans-zones`: what SARIF and its readers take for a friendly name (3.49.7)."""
    return "".join(part[0].upper() + part[1:] for part in re.findall("[A-Za-z0-9]+", name))[:255] or "Unnamed"


def segment(text: object) -> str:
    """Text as one segment of a URI's path, and never `.` or `..`."""
    return quote(visible(text), safe="").replace(".", "%2E")


def guid(*parts: str) -> str:
    """A UUID of version 5 (RFC 9562): the same parts give the same one."""
    return str(uuid5(NAMESPACE_URL, "urn:auditor:" + ":".join(segment(part) for part in parts)))


def bag(value: Any) -> Any:  # noqa: ANN401 - a property bag, whatever is in it
    """Values as JSON has them (NaN and infinity become words), every string in them harmless."""
    if isinstance(value, Mapping):
        return {visible(key): bag(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [bag(item) for item in value]
    return str(value) if isinstance(value, float) and not math.isfinite(value) else clean(value)
