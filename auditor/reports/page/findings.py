"""The requirements of the report with their findings: which are shown in full, under which requirement, and how each is
addressed.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from auditor.model import Status
from auditor.reports import summary
from auditor.reports.complete import complete_finding
from auditor.reports.page.drawings import Chain, Sides, drawn
from auditor.reports.sanitize import clean, clip

MAX_FINDINGS = 2000
"""Findings that are shown in full; results.json has all."""
MAX_VALUE = 1500
"""Characters of one value of the evidence."""


@dataclass(frozen=True, slots=True)
class Value:
    """A column of the evidence; `code` where the value is structured."""

    name: str
    text: str
    code: bool


@dataclass(frozen=True, slots=True)
class Finding:
    """A finding as it is shown. `remediation` is empty where the requirement says it once for all."""

    id: str
    status: str
    word: str
    severity: str
    check: str
    name: str
    arn: str
    type: str
    account: str
    region: str
    message: str
    expected: str
    evidence: tuple[Value, ...]
    drawing: Chain | Sides | None
    remediation: str
    waiver: Mapping[str, Any] | None
    others: tuple[str, ...]
    since: str
    """Since when it is open, and how long that is; empty where it is not open, or nobody knows."""


@dataclass(frozen=True, slots=True)
class Reference:
    """A finding that is shown in full under another requirement."""

    href: str
    name: str
    message: str
    region: str
    requirement: str


@dataclass(frozen=True, slots=True)
class Group:
    """The findings of a requirement that have one status; `folded` where they are not what a reader came for."""

    status: str
    word: str
    total: int
    findings: tuple[Finding, ...]
    references: tuple[Reference, ...]
    left_out: int
    folded: bool


@dataclass(frozen=True, slots=True)
class Tested:
    """A check of a requirement, and the population that it was put to: `judged` rows of `rows` in scope."""

    id: str
    title: str
    judged: int | None
    rows: int
    left_out: tuple[tuple[str, int], ...]
    """(rule, how many) rows that are out of scope."""


@dataclass(frozen=True, slots=True)
class Section:
    """A requirement with its findings."""

    requirement: Mapping[str, Any]
    word: str
    rank: int
    counts: tuple[tuple[str, str, int], ...]
    """(status, word, count), those that are not 0."""
    remedies: tuple[tuple[str, str], ...]
    """(check, what to do), where all the check's failures have the same remedy; one check needs no name."""
    tested: tuple[Tested, ...]
    reason: str
    """Why there are no findings, where there are none."""
    groups: tuple[Group, ...]


class Plan:
    """Which findings are shown in full, under which requirement, and how each is addressed."""

    def __init__(self, results: Mapping[str, Any]) -> None:
        self.known = {one["id"] for one in results["requirements"]}
        self.names = summary.account_names(results)
        self.checks = {one["id"]: one for one in results["checks"]}
        self.parameters = results["audit"].get("parameters") or {}
        self.since = {key: summary.open_for(results, since) for key, since in summary.open_since(results).items()}
        self.by_requirement: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
        for one in sorted(results["findings"], key=summary.finding_key):
            for requirement in one["requirements"]:
                self.by_requirement[requirement].append(one)
        self.shown = self._shown()

    def _home(self, finding: Mapping[str, Any]) -> str:
        """The requirement under which a finding is shown in full: its first that the audit covers."""
        return str(next((one for one in finding["requirements"] if one in self.known), finding["requirements"][0]))

    def _shown(self) -> set[str]:
        """Worst statuses first, as many as fit; where a status has too many, each requirement gets its share."""
        shown: set[str] = set()
        for status in summary.STATUSES:
            own = {
                requirement: [one["id"] for one in found if one["status"] == status and self._home(one) == requirement]
                for requirement, found in self.by_requirement.items()
                if requirement in self.known
            }
            shares = summary.share({key: len(ids) for key, ids in own.items()}, MAX_FINDINGS - len(shown))
            shown.update(one for key, ids in own.items() for one in ids[: shares[key]])
        return shown

    def link(self, finding: Mapping[str, Any]) -> str:
        """The address of a finding, or of its requirement where it is not shown."""
        if finding["id"] in self.shown:
            return f"#finding-{quote(finding['id'])}"
        return f"#{quote(self._home(finding))}"

    def section(self, requirement: Mapping[str, Any]) -> Section:
        """A requirement with its findings."""
        found = self.by_requirement.get(requirement["id"], [])
        own = [one for one in found if one["id"] in self.shown and self._home(one) == requirement["id"]]
        remedies = _remedies(own)
        titles = {
            check: self.checks.get(check, {}).get("title", check) if len(remedies) > 1 else "" for check in remedies
        }
        groups = [self._group(requirement["id"], status, found, remedies) for status in summary.STATUSES]
        return Section(
            requirement=requirement,
            word=summary.WORDS[requirement["status"]],
            rank=summary.status_rank(requirement["status"]),
            counts=_counts(requirement["counts"]),
            remedies=tuple((titles[check], text) for check, text in remedies.items()),
            tested=tuple(_tested(self.checks[name]) for name in requirement["checks"] if name in self.checks),
            reason="" if found else _reason(requirement),
            groups=tuple(group for group in groups if group.total),
        )

    def _group(
        self, requirement: str, status: Status, found: Iterable[Mapping[str, Any]], remedies: Mapping[str, str]
    ) -> Group:
        members = [one for one in found if one["status"] == status]
        shown = [one for one in members if one["id"] in self.shown]
        full = [self._finding(one, remedies) for one in shown if self._home(one) == requirement]
        return Group(
            status=status.value,
            word=summary.WORDS[status],
            total=len(members),
            findings=tuple(full),
            references=tuple(self._reference(one) for one in shown if self._home(one) != requirement),
            left_out=len(members) - len(shown),
            folded=status in {Status.PASS, Status.NOT_APPLICABLE},
        )

    def _finding(self, finding: Mapping[str, Any], remedies: Mapping[str, str]) -> Finding:
        finding = complete_finding(finding)
        resource, home = finding["resource"], self._home(finding)
        remediation = finding.get("remediation") or ""
        fits = finding["status"] not in {Status.PASS, Status.NOT_APPLICABLE}
        return Finding(
            id=finding["id"],
            status=finding["status"],
            word=summary.WORDS[finding["status"]],
            severity=finding["severity"],
            check=finding["check"],
            name=summary.resource_label(resource),
            arn=resource["arn"],
            type=resource["type"],
            account=self.names.get(resource["account"], resource["account"]),
            region=resource["region"],
            message=finding["message"],
            expected=_text(finding.get("expected") or ""),
            evidence=values(finding.get("evidence") or {}),
            drawing=drawn(self.checks.get(finding["check"], {}).get("drawing"), finding, self.parameters),
            remediation=remediation if fits and finding["check"] not in remedies else "",
            waiver=finding.get("waiver"),
            others=tuple(one for one in finding["requirements"] if one != home and one in self.known),
            since=self.since.get(finding["id"], "") if finding["status"] in {Status.FAIL, Status.UNKNOWN} else "",
        )

    def _reference(self, finding: Mapping[str, Any]) -> Reference:
        finding = complete_finding(finding)
        resource = finding["resource"]
        name = summary.resource_label(resource)
        return Reference(self.link(finding), name, finding["message"], resource["region"], self._home(finding))


def _tested(check: Mapping[str, Any]) -> Tested:
    population = check["population"] or {}
    left_out = population.get("left_out") or check["left_out"] or {}
    return Tested(
        check["id"],
        check["title"],
        population.get("judged"),
        population.get("rows") or 0,
        tuple(sorted(left_out.items())),
    )


def _remedies(findings: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """Check -> remedy, for the checks whose failures and unknowns all have the same one."""
    said: dict[str, set[str]] = defaultdict(set)
    for one in findings:
        if one["status"] in {Status.FAIL, Status.UNKNOWN, Status.WAIVED}:
            said[one["check"]].add(one.get("remediation") or "")
    return {check: clean(min(texts)) for check, texts in sorted(said.items()) if len(texts) == 1 and min(texts)}


def _reason(requirement: Mapping[str, Any]) -> str:
    if requirement["status"] == Status.UNKNOWN and not requirement["checks"]:
        return "No check evaluates this requirement yet, so nothing is known about it. It does not count as passed."
    if requirement["status"] == Status.UNKNOWN:
        return "This could not be evaluated: see “What could not be seen”."
    return "Nothing of this kind was found in the scope, and the requirement does not demand that there be."


def _counts(counts: Mapping[str, int]) -> tuple[tuple[str, str, int], ...]:
    return tuple(
        (status.value, summary.WORDS[status], counts[status]) for status in summary.STATUSES if counts.get(status)
    )


def values(columns: Mapping[str, Any]) -> tuple[Value, ...]:
    """Columns as they are shown."""
    return tuple(Value(str(name), _text(value), isinstance(value, list | dict)) for name, value in columns.items())


def _text(value: object) -> str:
    """A value of the evidence as text, cut where it is very long."""
    if isinstance(value, str):
        text = value
    elif value is None:
        text = "null"
    else:
        text = json.dumps(value, ensure_ascii=False, indent=2 if _deep(value) else None)
    if len(text) > MAX_VALUE:
        return f"{clip(text, MAX_VALUE)} (cut; results.json has all {len(text):,} characters)"
    return text


def _deep(value: object) -> bool:
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return any(isinstance(one, list | dict) for one in inner)
