"""`junit.xml`: a test suite per requirement, a test case per finding, for CI systems and their dashboards.

There is no standard. The file is valid for the two schemas that readers go by: that of Ant's task, where the format
comes from (windyroad/JUnit-Schema, the stricter one), and that of Jenkins (`junit-10.xsd` of its xUnit plugin). Both
together leave `testsuites` without attributes, and test cases without an output of their own.

| status | outcome | |
|---|---|---|
| fail | failure | |
| unknown | error | what could not be seen turns a job red, and is counted apart from failures |
| waived | skipped | the message says who accepted it, why and until when |
| not_applicable | skipped | |
| pass | passed | |

A finding that serves several requirements is listed once, under the first of them, so that the cases of all suites add
up to the findings. Where a suite's own cases do not come to the requirement's status (it has none, or the finding that
decides it is listed under another requirement), one case more stands for the requirement as a whole.

A case is known by `classname` (the check) and `name` (resource and place): GitLab ignores a second one of the same
names, so those that would be equal have the finding's id too. It reads files of less than 30 MB
(https://docs.gitlab.com/ci/testing/unit_test_reports), so what is long is cut here, visibly; `results.json` is whole.
Evaluation takes no time worth telling: every `time` is 0, and a suite's `timestamp` is the audit's beginning, in UTC.
"""

from __future__ import annotations

import html
import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from auditor.model import Status
from auditor.reports import summary
from auditor.reports.sanitize import clean, clip, visible
from auditor.reports.slack import label

Document = Mapping[str, Any]

OUTCOMES: Mapping[str, str] = {
    "fail": "failure",
    "unknown": "error",
    "waived": "skipped",
    "not_applicable": "skipped",
    "pass": "",
}
"""Status -> the element that a test case has; empty: none, it passed."""

_PLACES = frozenset({"AWS::Region", "AWS::Account"})
_NAME, _ATTRIBUTE, _TEXT, _EVIDENCE = 200, 500, 2000, 1000
_GAPS = 50


class Junit:
    """Every finding as a test case, the requirements by id."""

    filename = "junit.xml"

    def render(self, results: Mapping[str, Any]) -> Iterator[str]:
        """The document, a test case at a time."""
        yield '<?xml version="1.0" encoding="UTF-8"?>\n'
        suites = _suites(results)
        names = Counter(_key(one) for one in results["findings"])
        yield "<testsuites>\n" if suites else "<testsuites/>\n"
        for number, suite in enumerate(suites):
            yield from _suite(results, suite, number, names)
        if suites:
            yield "</testsuites>\n"


# ---------------------------------------------------------------------------------------- what goes where


@dataclass(frozen=True, slots=True)
class _Suite:
    """A requirement with the findings that are listed under it, and how many are listed elsewhere."""

    requirement: Document
    findings: Sequence[Document]
    elsewhere: Mapping[tuple[str, str], int]
    """(requirement, status) -> findings."""

    @property
    def as_a_whole(self) -> bool:
        """Whether the requirement needs a case of its own."""
        own = summary.worst(one["status"] for one in self.findings)
        return not self.findings or own != self.requirement["status"]

    def outcomes(self) -> Counter[str]:
        """Outcome -> test cases."""
        whole = [self.requirement["status"]] if self.as_a_whole else []
        return Counter(OUTCOMES[status] for status in (*(one["status"] for one in self.findings), *whole))


def _suites(results: Document) -> list[_Suite]:
    """A suite per requirement, by id; one that only a finding names is there too."""
    requirements = {one["id"]: one for one in results["requirements"]}
    listed: dict[str, list[Document]] = defaultdict(list)
    elsewhere: dict[str, Counter[tuple[str, str]]] = defaultdict(Counter)
    for one in sorted(results["findings"], key=summary.finding_key):
        home = next((name for name in one["requirements"] if name in requirements), one["requirements"][0])
        listed[home].append(one)
        for name in one["requirements"]:
            if name != home:
                elsewhere[name][home, one["status"]] += 1
    for name, findings in listed.items():
        worst = summary.worst(one["status"] for one in findings)
        requirements.setdefault(name, {"id": name, "title": name, "statement": "", "status": worst})
    return [_Suite(requirements[name], listed[name], elsewhere[name]) for name in sorted(requirements)]


def _key(finding: Document) -> tuple[str, str]:
    """`classname` and `name`: the check; kind, name and place of the resource. The same from audit to audit."""
    resource = finding["resource"]
    kind = "" if resource["type"] in _PLACES else resource["type"].rsplit("::", maxsplit=1)[-1]
    name = clip(_token(f"{kind} {label(resource)}"), _NAME)
    return _token(finding["check"]), f"{name} ({_token(resource['region'])}, {_token(resource['account'])})"


# ---------------------------------------------------------------------------------------- elements


def _suite(results: Document, suite: _Suite, number: int, names: Mapping[tuple[str, str], int]) -> Iterator[str]:
    requirement, outcomes = suite.requirement, suite.outcomes()
    attributes = {
        "name": _token(requirement["id"]),
        "package": _token(results["audit"]["standard"]),
        "id": number,
        "hostname": "localhost",
        "timestamp": _local(results["audit"]["started_at"]),
        "time": 0,
        "tests": outcomes.total(),
        "failures": outcomes["failure"],
        "errors": outcomes["error"],
        "skipped": outcomes["skipped"],
    }
    yield f"  <testsuite{_attributes(attributes)}>\n    <properties>\n"
    for name, value in _properties(results, requirement):
        yield f"      <property{_attributes({'name': name, 'value': value})}/>\n"
    yield "    </properties>\n"
    for one in suite.findings:
        check, name = _key(one)
        yield _case(check, f"{name} [{_token(one['id'])}]" if names[check, name] > 1 else name, one["status"], one)
    if suite.as_a_whole:
        yield _case(_token(requirement["id"]), "the requirement as a whole", requirement["status"], _whole(suite))
    yield f"    <system-out>{_text(_about(suite))}</system-out>\n"
    yield f"    <system-err>{_text(_gaps(results, requirement))}</system-err>\n  </testsuite>\n"


def _properties(results: Document, requirement: Document) -> Iterator[tuple[str, object]]:
    audit = results["audit"]
    yield "tool", f"{results['tool']['name']} {results['tool']['version']}"
    yield "audit", audit["id"]
    yield "finished", audit["finished_at"]
    yield "standard", summary.headline(results)
    if summary.is_demo(results):
        yield "demonstration", summary.DEMO
    if url := summary.report_url(results):
        yield "report", url
    for name in ("title", "severity", "status"):
        yield f"requirement.{name}", requirement.get(name, "")
    yield "requirement.sources", "; ".join(requirement.get("sources") or ())


def _case(check: str, name: str, status: str, finding: Document) -> str:
    """A `testcase`; what passed has no content."""
    opening = f"    <testcase{_attributes({'classname': check, 'name': name, 'time': 0})}"
    outcome = OUTCOMES[status]
    if not outcome:
        return f"{opening}/>\n"
    kind = {"failure": {"type": finding["severity"]}, "error": {"type": status}}.get(outcome, {})
    attributes = {**kind, "message": clip(visible(_said(finding, status)), _ATTRIBUTE)}
    inner = f"      <{outcome}{_attributes(attributes)}>{_text(_details(finding, status))}</{outcome}>\n"
    return f"{opening}>\n{inner}    </testcase>\n"


def _said(finding: Document, status: str) -> str:
    """The message; of what is waived, who accepts it first: it may be cut."""
    if status != Status.WAIVED:
        return str(finding["message"])
    waiver = finding.get("waiver") or {}
    who, until, why = (clip(str(waiver.get(key) or "?"), 100) for key in ("approved_by", "expires", "reason"))
    return f"waived by {who} until {until} ({why}): {finding['message']}"


def _details(finding: Document, status: str) -> Iterator[str]:
    """The lines of a case's text."""
    yield f"{summary.WORDS[status]}: {clip(_said(finding, status), _TEXT)}"
    resource, waiver = finding.get("resource"), finding.get("waiver") or {}
    if resource:
        yield f"Resource: {clip(resource['arn'], _TEXT)} ({resource['type']})"
        yield f"Requirements: {', '.join(finding['requirements'])}; finding {finding['id']}"
    if waiver.get("expired"):
        yield f"A waiver expired on {waiver.get('expires')}: {clip(str(waiver.get('reason')), _ATTRIBUTE)}"
    if finding.get("expected"):
        yield f"Expected: {clip(str(finding['expected']), _TEXT)}"
    if finding.get("evidence"):
        found = json.dumps(clean(finding["evidence"]), ensure_ascii=False)
        yield f"Evidence: {clip(found, _EVIDENCE)}"
    if finding.get("remediation"):
        yield f"Remediation: {clip(finding['remediation'].strip(), _TEXT)}"


def _whole(suite: _Suite) -> Document:
    """The requirement, as a finding about itself."""
    requirement = suite.requirement
    reason = requirement.get("reason") or "Its checks found nothing to judge."
    if not requirement.get("checks"):
        reason = requirement.get("reason") or "No check evaluates it yet."
    if suite.elsewhere:
        reason = (
            f"Decided by findings that are listed under {', '.join(sorted({name for name, _ in suite.elsewhere}))}."
        )
    return {"severity": requirement["severity"], "message": reason, "expected": requirement["statement"]}


def _about(suite: _Suite) -> Iterator[str]:
    """A suite's `system-out`: what is demanded, and which findings bear on it elsewhere."""
    requirement = suite.requirement
    yield f"{requirement['id']}: {requirement['title']}"
    yield str(requirement["statement"]).strip()
    if requirement.get("note"):
        yield f"Note: {requirement['note']}"
    for (name, status), count in sorted(suite.elsewhere.items()):
        yield f"Listed under {name}: {count:,} {summary.WORDS[status].lower()}"


def _gaps(results: Document, requirement: Document) -> Iterator[str]:
    """A suite's `system-err`: what could not be collected that its checks need."""
    own = set(requirement.get("checks") or ())
    lines = sorted(
        f"{summary.error_action(one)} failed with {one['code']} in {one['region']} of {one['account']}: "
        f"{clip(str(one['message']), _ATTRIBUTE)}"
        for one in results["collection"]["errors"]
        if own & set(one.get("checks") or ())
    )
    yield from lines[:_GAPS]
    if len(lines) > _GAPS:
        yield f"and {len(lines) - _GAPS:,} more: results.json has them all"


# ---------------------------------------------------------------------------------------- XML


def _attributes(values: Mapping[str, object]) -> str:
    return "".join(f' {name}="{html.escape(visible(value))}"' for name, value in values.items())


def _text(lines: Iterable[str]) -> str:
    """Lines as the text of an element. `visible` leaves no character that XML 1.0 has not (section 2.2).

    Nor is there a directive of the Jenkins plugin JUnit Attachments, which would attach a file of the workspace.
    """
    text = "\n".join(visible(line, lines=True) for line in lines)
    return html.escape(text.replace("[[ATTACHMENT", "[ [ATTACHMENT"))


def _token(text: object) -> str:
    """Visible text without spaces at its ends or two together, and never empty: `xs:token`."""
    return " ".join(visible(text).split()) or "?"


def _local(text: str) -> str:
    """A moment in UTC, without a time zone, which Ant's schema does not allow."""
    moment = datetime.fromisoformat(text)
    return (moment.astimezone(UTC) if moment.tzinfo else moment).replace(tzinfo=None).isoformat(timespec="seconds")
