"""What the HTML templates loop over: every decision about the report is taken here, none in a template."""

from __future__ import annotations

import json
import re
from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from auditor.model import Severity, Status
from auditor.reports import summary
from auditor.reports.matrix import Matrix, matrix
from auditor.reports.sanitize import clip

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

MAX_FINDINGS = 2000
"""Findings that are shown in full; results.json has all."""
MAX_VALUE = 1500
"""Characters of one value of the evidence."""
MAX_GAP_PLACES = 12


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
    remediation: str
    waiver: Mapping[str, Any] | None
    others: tuple[str, ...]


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
class Section:
    """A requirement with its findings."""

    requirement: Mapping[str, Any]
    word: str
    rank: int
    counts: tuple[tuple[str, str, int], ...]
    """(status, word, count), those that are not 0."""
    remedies: tuple[tuple[str, str], ...]
    """(check, what to do), where all the check's failures have the same remedy; one check needs no name."""
    reason: str
    """Why there are no findings, where there are none."""
    groups: tuple[Group, ...]


@dataclass(frozen=True, slots=True)
class Bar:
    """A severity's line in the picture: (status, word, count, x, width), the last two in percent of the longest."""

    severity: str
    total: int
    parts: tuple[tuple[str, str, int, str, str], ...]
    counts: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Gap:
    """A line of "What could not be seen"."""

    action: str
    code: str
    message: str
    places: tuple[str, ...]
    more_places: int
    resources: int
    checks: tuple[str, ...]
    requirements: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Method:
    """A check as it was carried out."""

    check: Mapping[str, Any]
    word: str
    reasons: tuple[tuple[str, str], ...]
    parameters: tuple[Value, ...]
    tables: tuple[tuple[str, str], ...]
    left_out: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class View:
    """The whole report."""

    results: Mapping[str, Any]
    demo: str
    headline: str
    verdict: str
    tone: str
    cover: tuple[tuple[str, tuple[str, ...]], ...]
    matrix: Matrix
    bars: tuple[Bar, ...]
    gaps: tuple[Gap, ...]
    sections: tuple[Section, ...]
    methods: tuple[Method, ...]
    parameters: tuple[Value, ...]
    digests: tuple[tuple[str, str], ...]
    accounts: tuple[str, ...]
    regions: tuple[str, ...]
    shown: int
    total: int


def view(results: Mapping[str, Any]) -> View:
    """The view of a document whose strings are clean (`sanitize.clean`)."""
    statuses = [one["status"] for one in results["requirements"]]
    plan = _Plan(results)
    return View(
        results=results,
        demo=summary.DEMO if summary.is_demo(results) else "",
        headline=summary.headline(results),
        verdict=summary.verdict(results),
        tone=summary.worst(statuses),
        cover=tuple(_cover(results)),
        matrix=matrix(results, plan.link),
        bars=tuple(_bars(results)),
        gaps=tuple(_gap(one, summary.account_names(results)) for one in summary.unseen(results)),
        sections=tuple(plan.section(one) for one in results["requirements"]),
        methods=tuple(_method(one, results) for one in results["checks"]),
        parameters=_values(results["audit"].get("parameters") or {}),
        digests=tuple((str(key), str(value)) for key, value in (results.get("method") or {}).items()),
        accounts=tuple(summary.account_names(results).values()),
        regions=tuple(summary.region_order(results)),
        shown=len(plan.shown),
        total=len(results["findings"]),
    )


# ---------------------------------------------------------------------------------------- findings


class _Plan:
    """Which findings are shown in full, under which requirement, and how each is addressed."""

    def __init__(self, results: Mapping[str, Any]) -> None:
        self.known = {one["id"] for one in results["requirements"]}
        self.names = summary.account_names(results)
        self.checks = {one["id"]: one for one in results["checks"]}
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
            shares = _share({key: len(ids) for key, ids in own.items()}, MAX_FINDINGS - len(shown))
            shown.update(one for key, ids in own.items() for one in ids[: shares[key]])
        return shown

    def link(self, finding: Mapping[str, Any]) -> str:
        if finding["id"] in self.shown:
            return f"#finding-{quote(finding['id'])}"
        return f"#{quote(self._home(finding))}"

    def section(self, requirement: Mapping[str, Any]) -> Section:
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
            evidence=_values(finding.get("evidence") or {}),
            remediation=remediation if fits and finding["check"] not in remedies else "",
            waiver=finding.get("waiver"),
            others=tuple(one for one in finding["requirements"] if one != home and one in self.known),
        )

    def _reference(self, finding: Mapping[str, Any]) -> Reference:
        resource = finding["resource"]
        name = summary.resource_label(resource)
        return Reference(self.link(finding), name, finding["message"], resource["region"], self._home(finding))


def _share(wanted: Mapping[str, int], budget: int) -> dict[str, int]:
    """Each gets what it wants, or an equal part of what those that want less have left."""
    given: dict[str, int] = {}
    for number, key in enumerate(sorted(wanted, key=lambda one: (wanted[one], one))):
        given[key] = min(wanted[key], budget // (len(wanted) - number))
        budget -= given[key]
    return given


def _remedies(findings: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """Check -> remedy, for the checks whose failures and unknowns all have the same one."""
    said: dict[str, set[str]] = defaultdict(set)
    for one in findings:
        if one["status"] in {Status.FAIL, Status.UNKNOWN, Status.WAIVED}:
            said[one["check"]].add(one.get("remediation") or "")
    return {check: min(texts) for check, texts in sorted(said.items()) if len(texts) == 1 and min(texts)}


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


def _values(columns: Mapping[str, Any]) -> tuple[Value, ...]:
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


# ---------------------------------------------------------------------------------------- cover, picture, gaps


def _cover(results: Mapping[str, Any]) -> Iterable[tuple[str, tuple[str, ...]]]:
    audit, scope, regions = results["audit"], results["scope"], results["scope"].get("regions") or {}
    if audit.get("organization"):
        yield "Organization", (audit["organization"],)
    yield "Standard", (audit.get("standard_title") or audit["standard"],)
    yield "Environment", (audit["environment"],)
    yield _plural("Account", len(scope["accounts"])), tuple(summary.account_names(results).values()) or ("none",)
    parts = [("primary", [regions["primary"]])] if regions.get("primary") else []
    parts += [(role, list(regions.get(role) or [])) for role in ("recovery", "also")]
    words = {"primary": "primary", "recovery": "recovery", "also": "looked at too"}
    named = tuple(f"{region} ({words[role]})" for role, group in parts for region in group)
    plain = tuple(sorted({region for one in scope["accounts"] for region in one["regions"]}))
    yield "Regions", named or plain or ("none",)
    yield "When", _span(_moment(audit["started_at"]), _moment(audit["finished_at"]))
    yield "Identity", (audit["identity"],)
    yield "Tool", (f"{results['tool']['name']} {results['tool']['version']}",)
    yield "Audit", (audit["id"],)


def _plural(noun: str, count: int) -> str:
    return noun if count == 1 else f"{noun}s"


def _moment(moment: str) -> str:
    """`2026-11-21T10:00:00Z` -> `2026-11-21 10:00:00 UTC`; anything else stays as it is."""
    found = re.fullmatch(r"(\d{4}-\d\d-\d\d)T(\d\d:\d\d:\d\d)(?:\.\d+)?(?:Z|\+00:00)", moment)
    return f"{found[1]} {found[2]} UTC" if found else moment


def _span(start: str, end: str) -> tuple[str, ...]:
    """From and to, in one line where both are of the same day."""
    day, finished = start[:11], end[11:]
    if start.startswith(day) and end.startswith(day) and day.endswith(" ") and finished:
        return (start.removesuffix(" UTC"), f"to {finished}")
    return (start, f"to {end}")


def _bars(results: Mapping[str, Any]) -> Iterable[Bar]:
    statuses = [status.value for status in summary.STATUSES[:4]]
    counted: Mapping[str, Mapping[str, int]] = results["summary"].get("by_severity") or _by_severity(
        results["findings"]
    )
    rows = {one.value: [(counted.get(one.value) or {}).get(status, 0) for status in statuses] for one in Severity}
    longest = max((sum(counts) for counts in rows.values()), default=0) or 1
    for severity, counts in rows.items():
        parts, x = [], 0.0
        for status, count in zip(statuses, counts, strict=True):
            width = 100 * count / longest
            if count:
                parts.append((status, summary.WORDS[status], count, f"{x:.3f}%", f"{width:.3f}%"))
            x += width
        yield Bar(severity, sum(counts), tuple(parts), tuple(counts))


def _by_severity(findings: Iterable[Mapping[str, Any]]) -> Mapping[str, Mapping[str, int]]:
    counted: dict[str, Counter[str]] = defaultdict(Counter)
    for one in findings:
        counted[one["severity"]][one["status"]] += 1
    return counted


def _gap(gap: summary.Unseen, names: Mapping[str, str]) -> Gap:
    places = [f"{names.get(account, account)}, {region}" for account, region in gap.places]
    return Gap(
        action=gap.action,
        code=gap.code,
        message=gap.message,
        places=tuple(places[:MAX_GAP_PLACES]),
        more_places=max(0, len(places) - MAX_GAP_PLACES),
        resources=len(gap.arns),
        checks=gap.checks,
        requirements=gap.requirements,
    )


# ---------------------------------------------------------------------------------------- method


def _method(check: Mapping[str, Any], results: Mapping[str, Any]) -> Method:
    reasons = [one if isinstance(one, dict) else {"when": "", "say": str(one)} for one in check.get("reasons") or ()]
    sql = " ".join([check.get("facts") or "", check.get("pass_when") or "", *(str(one.get("when")) for one in reasons)])
    used = set(re.findall(r"\$(\w+)", sql))
    known = results["audit"].get("parameters") or {}
    return Method(
        check=check,
        word=summary.WORDS[check["status"]],
        reasons=tuple((str(one.get("when") or ""), str(one.get("say") or "")) for one in reasons),
        parameters=_values({name: known[name] for name in sorted(used) if name in known}),
        tables=tuple((one["table"], _operations(one.get("operations") or ())) for one in check.get("tables") or ()),
        left_out=tuple(sorted((check.get("left_out") or {}).items())),
    )


def _operations(operations: Sequence[Mapping[str, Any]]) -> str:
    return ", ".join(sorted({str(one.get("action") or one.get("operation")) for one in operations}))
