"""`results.sarif`: the findings as a SARIF 2.1.0 log of one run.

Source: SARIF 2.1.0, OASIS Standard with Errata 01 (sections are named below); GitHub's subset of it and its limits:
https://docs.github.com/en/code-security/reference/code-scanning/sarif-files/sarif-support-for-code-scanning

Kind and level (3.27.9, 3.27.10), by the finding's status:

| status | kind | level | |
|---|---|---|---|
| fail | fail | by severity | |
| waived | fail | by severity | with an accepted suppression (3.27.23): who, why, until when |
| unknown | open | none | "insufficient information to decide whether a problem exists"; never a pass |
| pass | pass | none | |
| not_applicable | notApplicable | none | |

What could not be collected is a notification of the invocation; where it leaves checks open its level is `error`, which
means that the run must not be taken for complete (3.20.21). A requirement without findings has one result of its own.

GitHub code scanning ignores `kind`, `suppressions` and `baselineState`: it shows every result as an open alert, passes
too (https://github.com/microsoft/PSRule/issues/955). So what is no problem is left out, unless `everything` is asked
for. It refuses a file of more than 10 MB (gzip), 25,000 results or 25,000 rules, shows the 5,000 worst results and 10
tags a rule, and cuts descriptions of rules at 1,024 characters. Nothing is left out here because of that: results come
worst first, and an audit of more is uploaded in parts (`--account`, `--requirement`), each with a category of its own.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from auditor.model import Status
from auditor.reports import summary
from auditor.reports.pieces import json_pieces
from auditor.reports.sanitize import clip, visible
from auditor.reports.sarif_rules import (
    LEVELS,
    LONGEST,
    UNJUDGED,
    bag,
    guid,
    message,
    notifications,
    rules,
    segment,
    taxa,
)
from auditor.reports.slack import label

Object = dict[str, Any]

KINDS: Mapping[str, str] = {
    "fail": "fail",
    "waived": "fail",
    "unknown": "open",
    "pass": "pass",
    "not_applicable": "notApplicable",
}
"""Status -> `result.kind`."""

_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
_REQUIREMENT, _MESSAGE = "requirement", 2000
_KEPT = ("expected", "evidence", "remediation", "waiver")
_RESOURCE = ("type", "account", "region")
_ABSENT, _UPDATED, _UNCHANGED, _NEW = "absent", "updated", "unchanged", "new"
_NOT_PROBLEMS = frozenset({"pass", "not_applicable"})
# An artifact that stands for a place has no text: the region is the empty one at its start. GitHub wants all four.
_REGION: Mapping[str, int] = {"startLine": 1, "startColumn": 1, "endLine": 1, "endColumn": 1}
_GAP, _LEFT_OUT, _DEMO = "collection-gap", "results-left-out", "demonstration-account"
_GAP_ORDER = ("code", "account", "region", "arn", "message")
_NOTIFICATIONS: Mapping[str, tuple[str, str]] = {
    _GAP: ("error", "Something could not be collected: what depends on it is unknown."),
    _LEFT_OUT: ("note", "Results that are no problems are left out of this log."),
    _DEMO: ("note", "No real account was looked at."),
}


class Sarif:
    """Every finding as a result, worst first.

    Without what passes, does not apply or is gone, unless `everything` is asked for; the log says how many it lacks.
    """

    def __init__(self, filename: str = "results.sarif", *, everything: bool = False) -> None:
        self.filename = filename
        self.everything = everything

    def render(self, results: Mapping[str, Any]) -> Iterator[str]:
        """The log as JSON text; results are made one by one."""
        states = _states(results)
        everything = [*results["findings"], *_unjudged(results), *_gone(results)]
        shown = [one for one in everything if self.everything or one["status"] not in _NOT_PROBLEMS]
        left_out = Counter(one["status"] for one in everything) - Counter(one["status"] for one in shown)
        shown.sort(key=summary.finding_key)
        run = _Run.of(results, shown, states)
        yield from json_pieces({"$schema": _SCHEMA, "version": "2.1.0", "runs": [run.document(shown, left_out)]})


# ---------------------------------------------------------------------------------------- what becomes a result


def _unjudged(results: Mapping[str, Any]) -> Iterator[Object]:
    """A finding that stands for each requirement without findings, with the requirement's status."""
    judged = {requirement for one in results["findings"] for requirement in one["requirements"]}
    for one in results["requirements"]:
        if one["id"] not in judged:
            unchecked = "No check evaluates it yet." if not one["checks"] else "Its checks found nothing to judge."
            yield {
                "id": f"{_REQUIREMENT}/{one['id']}",
                "check": UNJUDGED,
                "requirements": [one["id"]],
                "severity": one["severity"],
                "status": one["status"],
                "resource": {
                    "arn": one["id"],
                    "type": _REQUIREMENT,
                    "name": one["id"],
                    "account": "",
                    "region": "",
                },
                "message": f"{one['title']}: {one.get('reason') or unchecked}",
            }


def _compared(results: Mapping[str, Any]) -> bool:
    """Whether the document says what became of an earlier audit's findings."""
    drift = results.get("drift") or {}
    return bool(drift.get("baseline")) and "findings" in drift


def _changes(results: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """(list, change) of the comparison."""
    if _compared(results):
        for name, changes in results["drift"]["findings"].items():
            yield from ((name, change) for change in changes)


def _gone(results: Mapping[str, Any]) -> Iterator[Object]:
    """Findings that the baseline alone has: what is known to be gone does not apply, what was not seen is unknown."""
    present = {one["id"] for one in results["findings"]}
    for _, change in _changes(results):
        if change["id"] not in present:
            gone = change["now"] == _ABSENT
            now = "no longer there" if gone else "not seen in this audit"
            was = summary.WORDS.get(change["was"], "no finding").lower()
            yield {
                **change,
                "status": (Status.NOT_APPLICABLE if gone else Status.UNKNOWN).value,
                "message": f"{now}; {was} in the baseline: {change['message']}",
            }


def _states(results: Mapping[str, Any]) -> Mapping[str, str] | None:
    """Finding -> `baselineState` (3.27.24) of those that the comparison lists; None without a baseline.

    Every result of a run has a state or none has. What the comparison does not list neither failed nor was unknown in
    either audit, or is unknown in both: no change that this tool considers significant, `unchanged`.
    """
    if not _compared(results):
        return None
    present = {one["id"] for one in results["findings"]}
    return {change["id"]: _state(name, change, present=change["id"] in present) for name, change in _changes(results)}


def _state(name: str, change: Mapping[str, Any], *, present: bool) -> str:
    if not present:
        return _ABSENT if change["now"] == _ABSENT else _UPDATED
    if name == "newly_unseen":
        return _UPDATED if change["was"] in KINDS else _NEW
    return {"new": _NEW, "still_open": _UNCHANGED}.get(name, _UPDATED)


# ---------------------------------------------------------------------------------------- the run


@dataclass(frozen=True, slots=True)
class _Run:
    """The run's arrays, and where things stand in them."""

    results: Mapping[str, Any]
    states: Mapping[str, str] | None
    taxonomy: Mapping[str, Any]
    """`toolComponentReference` to the standard."""
    taxa: Mapping[str, int]
    rules: Mapping[str, int]
    artifacts: Mapping[str, int]
    places: Mapping[tuple[str, ...], int]
    """(account,) and (account, region) -> index in `logicalLocations`."""
    since: Mapping[str, datetime]
    """Finding -> since when it is open without a break, where the comparison tells."""

    @classmethod
    def of(
        cls, results: Mapping[str, Any], shown: Sequence[Mapping[str, Any]], states: Mapping[str, str] | None
    ) -> _Run:
        """The indexes of what will be written."""
        name = visible(results["audit"]["standard"])
        errors = results["collection"]["errors"]
        located = [one["resource"] for one in shown if one["resource"]["type"] != _REQUIREMENT]
        places = {(one["account"], one["region"]) for one in (*located, *errors)}
        uris = {_uri(one["resource"]) for one in shown} | {_uri(one) for one in errors}
        return cls(
            results,
            states,
            {"name": name, "index": 0, "guid": guid("standard", name)},
            _indexed(one["id"] for one in results["requirements"]),
            _indexed((*(one["id"] for one in results["checks"]), UNJUDGED)),
            _indexed(uris),
            _indexed(places | {(account,) for account, _ in places}),
            summary.open_since(results),
        )

    def document(self, shown: Sequence[Mapping[str, Any]], left_out: Mapping[str, int]) -> Object:
        """The `run` object (3.14); arrays that may be long are iterators."""
        audit, drift = self.results["audit"], self.results.get("drift") or {}
        path = "/".join(segment(part) for part in (audit["standard"], audit["environment"], audit["id"]))
        baseline = {"baselineGuid": guid("audit", drift["baseline"]["id"])} if self.states is not None else {}
        return {
            "tool": {"driver": _driver(self, shown)},
            "taxonomies": [
                {
                    "name": self.taxonomy["name"],
                    "guid": self.taxonomy["guid"],
                    "shortDescription": {"text": visible(audit.get("standard_title") or audit["standard"])},
                    "taxa": taxa(self.results, self.taxa),
                }
            ],
            "automationDetails": {
                "id": f"auditor/{path}",
                "guid": guid("audit", audit["id"]),
                "description": message(summary.headline(self.results)),
            },
            **baseline,
            "invocations": [_invocation(self, left_out)],
            "columnKind": "unicodeCodePoints",
            "artifacts": [{"location": {"uri": uri}, "description": message(_EXPLAINED)} for uri in self.artifacts],
            "logicalLocations": [_place(self, place) for place in self.places],
            "results": (_result(self, one) for one in shown),
            "properties": _properties(self.results, left_out),
        }

    def taxon(self, requirement: str) -> Object:
        """A `reportingDescriptorReference` (3.52) to a requirement; without an index where it is no part of this."""
        place = {"index": self.taxa[requirement]} if requirement in self.taxa else {}
        return {"id": visible(requirement), **place, "toolComponent": {"index": 0}}

    def rule(self, check: str) -> Object:
        """The same to a check; without an index where the audit did not evaluate it."""
        return {"id": visible(check), **({"index": self.rules[check]} if check in self.rules else {})}


_EXPLAINED = "An address, no file: account, region and kind of the resources, which are logical locations."


def _indexed(keys: Iterable[Any]) -> dict[Any, int]:
    return {key: number for number, key in enumerate(sorted(set(keys)))}


def _driver(run: _Run, shown: Sequence[Mapping[str, Any]]) -> Object:
    """The tool (3.19), its rules and the kinds of its notifications."""
    name, version = (visible(run.results["tool"][key]) for key in ("name", "version"))
    semantic = {"semanticVersion": version} if re.fullmatch(r"\d+\.\d+\.\d+([-+][\w.+-]+)?", version) else {}
    examples: dict[str, Mapping[str, Any]] = {}
    for one in shown:
        if one.get("remediation"):
            examples.setdefault(one["check"], one)
    return {
        "name": name,
        "fullName": f"{name} {version}",
        "version": version,
        **semantic,
        "shortDescription": {"text": "Compliance auditor for live AWS accounts."},
        "supportedTaxonomies": [dict(run.taxonomy)],
        "rules": rules(run.results, run.rules, examples, run.taxon),
        "notifications": notifications(_NOTIFICATIONS),
    }


def _properties(results: Mapping[str, Any], left_out: Mapping[str, int]) -> Object:
    audit, drift = results["audit"], results.get("drift") or {}
    names = ("id", "standard", "environment", "organization", "identity", "demo", "complete", "report_url")
    found = {
        "audit": {name: audit[name] for name in names if name in audit},
        "accounts": sorted(results["scope"]["accounts"], key=lambda one: str(one["id"])),
        "requirements": results["summary"]["requirements"],
        "findings": results["summary"]["findings"],
        "left_out": dict(sorted(left_out.items())),
    }
    if drift.get("baseline"):
        counts = {name: len(changes) for name, changes in (drift.get("findings") or {}).items()}
        found["drift"] = {"baseline": drift["baseline"], "findings": counts}
    whole: Object = bag(found)
    return whole


# ---------------------------------------------------------------------------------------- the invocation


def _invocation(run: _Run, left_out: Mapping[str, int]) -> Object:
    """The collection and evaluation (3.20): successful where nothing that was asked for was denied."""
    audit, errors = run.results["audit"], run.results["collection"]["errors"]
    notes = []
    if left_out:
        counts = ", ".join(f"{count:,} {summary.WORDS[status].lower()}" for status, count in sorted(left_out.items()))
        notes.append(_notification(_LEFT_OUT, "note", message(f"Left out, for they are no problems: {counts}.")))
    if summary.is_demo(run.results):
        notes.append(_notification(_DEMO, "note", message(summary.DEMO)))
    return {
        "executionSuccessful": bool(audit["complete"]),
        "startTimeUtc": _utc(audit["started_at"]),
        "endTimeUtc": _utc(audit["finished_at"]),
        "account": visible(audit["identity"]),
        "toolExecutionNotifications": (_gap(run, one) for one in sorted(errors, key=_gap_key)),
        "toolConfigurationNotifications": notes,
    }


def _gap_key(error: Mapping[str, Any]) -> tuple[str, ...]:
    return (summary.error_action(error), *(str(error.get(key) or "") for key in _GAP_ORDER))


def _gap(run: _Run, error: Mapping[str, Any]) -> Object:
    """What could not be collected: an error where a check needs it, a warning where none is known to."""
    checks = sorted(error["checks"]) if "checks" in error else None
    where = f"{error['region']} of {error['account']}"
    arn, open_ = error.get("arn") or "", f"It leaves open: {', '.join(checks)}." if checks else ""
    said = f"{summary.error_action(error)} failed with {error['code']} in {where}: {error['message']}"
    rule = {"associatedRule": run.rule(checks[0])} if checks and len(checks) == 1 else {}
    kept = ("account", "region", "service", "operation", "action", "code", "arn", "checks")
    return {
        **_notification(_GAP, "warning" if checks == [] else "error", message(_sentence(said), open_)),
        **rule,
        "locations": [_location(run, error, arn, visible(arn.split(":", 5)[-1]))],
        "properties": bag({key: error[key] for key in kept if key in error}),
    }


def _notification(name: str, level: str, message: Object) -> Object:
    index = list(_NOTIFICATIONS).index(name)
    return {"descriptor": {"id": name, "index": index}, "level": level, "message": message}


def _utc(text: str) -> str:
    """3.9: in UTC, with `Z`."""
    moment = datetime.fromisoformat(text)
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


# ---------------------------------------------------------------------------------------- a result


def _result(run: _Run, finding: Mapping[str, Any]) -> Object:
    """A finding as `result` (3.27)."""
    kind, rule, resource = KINDS[finding["status"]], run.rule(finding["check"]), finding["resource"]
    identity = visible(finding["id"])
    return {
        "ruleId": rule["id"],
        **({"ruleIndex": rule["index"]} if "index" in rule else {}),
        "kind": kind,
        "level": LEVELS[finding["severity"]] if kind == "fail" else "none",
        "message": message(*_paragraphs(finding)),
        "locations": [_location(run, resource, resource["arn"], clip(visible(label(resource)), 200))],
        "guid": guid("result", run.results["audit"]["id"], finding["id"]),
        # GitHub reads this one name only, and wants a hash and a number.
        "partialFingerprints": {"findingId/v1": identity, "primaryLocationLineHash": f"{identity}:1"},
        "taxa": [run.taxon(one) for one in finding["requirements"]],
        "suppressions": _suppressions(finding),
        **({"baselineState": run.states.get(finding["id"], _UNCHANGED)} if run.states is not None else {}),
        **_first_detected(run, finding),
        **_hosted(run.results, finding),
        "properties": bag(
            {
                "status": finding["status"],
                "severity": finding["severity"],
                "resource": {key: resource[key] for key in _RESOURCE if key in resource},
                **{key: finding[key] for key in _KEPT if finding.get(key)},
            }
        ),
    }


def _paragraphs(finding: Mapping[str, Any]) -> Iterator[str]:
    """The message, for readers that show nothing else: verdict, resource, place; what is expected; what to do.

    Of the remediation its first line alone: braces, which its commands may have, are doubled in a message.
    """
    resource, status, waiver = finding["resource"], finding["status"], finding.get("waiver")
    places = ", ".join(place for place in (resource["account"], resource["region"]) if place)
    verdict = "" if status == Status.FAIL else f"{summary.WORDS[status]}: "
    where = f"{clip(label(resource), 200)}{f' ({places})' if places else ''}"
    yield _sentence(f"{verdict}{where}: {clip(str(finding['message']), _MESSAGE)}")
    if waiver and status == Status.WAIVED:
        yield _sentence(_waived(waiver))
    elif waiver and waiver.get("expired"):
        yield _sentence(f"A waiver expired on {waiver.get('expires')}: {waiver.get('reason')}")
    if status in {Status.FAIL, Status.WAIVED, Status.UNKNOWN} and finding.get("expected"):
        yield _sentence(f"Expected: {clip(str(finding['expected']), _MESSAGE)}")
    if (finding.get("remediation") or "").strip():
        yield f"Remediation: {clip(finding['remediation'].strip().splitlines()[0], _MESSAGE)}"


def _waived(waiver: Mapping[str, Any]) -> str:
    parts = {key: clip(str(waiver.get(key) or "?"), LONGEST) for key in ("reason", "approved_by", "expires")}
    return f"{parts['reason']} (approved by {parts['approved_by']}, until {parts['expires']})"


def _suppressions(finding: Mapping[str, Any]) -> list[Object]:
    """3.27.23: an array for every result of the run, empty where nothing suppresses it."""
    if finding["status"] != Status.WAIVED:
        return []
    said = visible(_waived(finding.get("waiver") or {}))
    return [{"kind": "external", "status": "accepted", "justification": said}]


def _first_detected(run: _Run, finding: Mapping[str, Any]) -> Object:
    """`provenance`: since when a problem is open, or nobody could see whether it still is."""
    since = run.since.get(finding["id"]) if finding["status"] in {Status.FAIL, Status.UNKNOWN} else None
    return {"provenance": {"firstDetectionTimeUtc": _utc(since.isoformat())}} if since is not None else {}


def _hosted(results: Mapping[str, Any], finding: Mapping[str, Any]) -> Object:
    """`hostedViewerUri` (3.27.28): the report, at the finding."""
    url = summary.report_url(results)
    place = finding["requirements"][0] if finding["check"] == UNJUDGED else f"finding-{finding['id']}"
    return {"hostedViewerUri": f"{url}#{segment(place)}"} if url and "#" not in url else {}


def _sentence(text: str) -> str:
    return text if text.endswith((".", "!", "?", "…")) else f"{text}."


# ---------------------------------------------------------------------------------------- places


def _location(run: _Run, place: Mapping[str, Any], arn: str, name: str) -> Object:
    """Where something is: the resource is a logical location; `place` has `account`, `region` and perhaps `type`.

    GitHub rejects a result without a physical location. Its URI names account, region and kind, nothing that others
    chose: it points to no file of a repository, and stays the same from audit to audit, as fingerprints need it.
    """
    uri = _uri(place)
    physical = {"artifactLocation": {"uri": uri, "index": run.artifacts[uri]}, "region": dict(_REGION)}
    if place.get("type") == _REQUIREMENT:
        logical: Object = {"name": name, "fullyQualifiedName": name, "kind": _REQUIREMENT}
    elif arn:
        parent = run.places[place["account"], place["region"]]
        logical = {"name": name, "fullyQualifiedName": visible(arn), "kind": "resource", "parentIndex": parent}
    else:
        index = run.places[place["account"], place["region"]]
        logical = {**_place(run, (place["account"], place["region"])), "index": index}
    return {"physicalLocation": physical, "logicalLocations": [logical]}


def _place(run: _Run, place: tuple[str, ...]) -> Object:
    """An account, or a region of one, as `logicalLocation` (3.33)."""
    if len(place) == 1:
        return {"name": visible(place[0]), "fullyQualifiedName": visible(place[0]), "kind": "account"}
    return {
        "name": visible(place[1]),
        "fullyQualifiedName": "/".join(visible(part) for part in place),
        "kind": "region",
        "parentIndex": run.places[place[:1]],
    }


def _uri(place: Mapping[str, Any]) -> str:
    """`aws/111122223333/us-east-1/RDS-DBCluster`: a relative reference without dots, that nothing resolves."""
    kind = str(place.get("type", ""))
    if kind == _REQUIREMENT:
        return f"aws/requirements/{segment(place['arn'])}"
    parts = (place["account"], place["region"], kind.removeprefix("AWS::").replace("::", "-"))
    return "/".join(("aws", *(segment(part) for part in parts if part)))
