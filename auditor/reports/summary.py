"""What every format says in the same words: the verdict, the worst failures, what could not be seen."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from auditor.model import GLOBAL, Severity, Status

Document = Mapping[str, Any]

STATUSES = (Status.FAIL, Status.UNKNOWN, Status.WAIVED, Status.PASS, Status.NOT_APPLICABLE)
"""Worst first: the order of every list, and what a group of findings comes to."""

WORDS = {
    "fail": "Fail",
    "unknown": "Unknown",
    "waived": "Waived",
    "pass": "Pass",
    "not_applicable": "Not applicable",
}

CHANGES = {
    "new": "New failures",
    "resolved": "Resolved",
    "newly_unseen": "Newly unseen",
    "seen_again": "Seen again",
    "still_open": "Still open",
}
"""Kinds of change since a baseline, in words and in the order in which they are told."""

STANDINGS = {
    **{status: word.lower() for status, word in WORDS.items()},
    "absent": "not there",
    "not_evaluated": "not asked",
}
"""How a finding stands in an audit, in words: its status, or why it has none."""

DEMO = "Demonstration: this is an audit of an AWS account embedded in the tool. No real account was looked at."

_URL = re.compile(r"https?://[!#-&(-;=?-\[\]_a-z~]+")
"""Printable ASCII without white space, quotes, backslashes and what opens or closes markup."""
_LONGEST_URL = 1000

_RANK = {status.value: rank for rank, status in enumerate(STATUSES)}


def status_rank(status: str) -> int:
    """0 for fail … 4 for not_applicable."""
    return _RANK[status]


def worst(statuses: Iterable[str]) -> str:
    """The worst of some statuses; `not_applicable` of none."""
    return min(statuses, key=status_rank, default=Status.NOT_APPLICABLE.value)


def finding_key(finding: Document) -> tuple[int, int, str, str, str, str, str]:
    """Sorts findings worst first: status, severity, requirement, place, resource."""
    resource = finding["resource"]
    return (
        status_rank(finding["status"]),
        Severity(finding["severity"]).rank,
        finding["requirements"][0],
        resource["account"],
        resource["region"],
        resource["arn"],
        finding["id"],
    )


def change_key(change: Document) -> tuple[int, str, str, str, str, str]:
    """Sorts changes, the most severe first."""
    resource = change["resource"]
    place = (resource["account"], resource["region"], resource["arn"], change["id"])
    return (Severity(change["severity"]).rank, change["requirements"][0], *place)


def failures(results: Document) -> list[Document]:
    """The findings that fail, worst first."""
    return sorted((one for one in results["findings"] if one["status"] == Status.FAIL), key=finding_key)


def worst_failures(results: Document) -> list[tuple[Document, int]]:
    """One failure of each check, and how many more the check has: the most severe first, then those with most."""
    by_check: dict[str, list[Document]] = defaultdict(list)
    for one in failures(results):
        by_check[one["check"]].append(one)
    ordered = sorted(
        by_check.values(), key=lambda own: (Severity(own[0]["severity"]).rank, -len(own), finding_key(own[0]))
    )
    return [(own[0], len(own) - 1) for own in ordered]


def resource_label(resource: Document) -> str:
    """What to call a resource: its name, or what its ARN ends in; a place for what is missing somewhere."""
    if resource["type"] == "AWS::Region":
        return f"region {resource['region']}"
    if resource["type"] == "AWS::Account":
        return f"account {resource['account']}"
    return str(resource.get("name") or resource["arn"].split(":", 5)[-1] or resource["arn"])


def headline(results: Document) -> str:
    """What was audited: `Example Bank: Cross-region disaster recovery (trading-dr), production`."""
    audit = results["audit"]
    title = audit.get("standard_title")
    standard = f"{title} ({audit['standard']})" if title else audit["standard"]
    owner = f"{audit['organization']}: " if audit.get("organization") else ""
    return f"{owner}{standard}, {audit['environment']}"


def report_url(results: Document) -> str:
    """Where the report is to be found, if the audit says so and it is a plain address; empty otherwise."""
    url = results["audit"].get("report_url")
    return url if isinstance(url, str) and len(url) <= _LONGEST_URL and _URL.fullmatch(url) else ""


def is_demo(results: Document) -> bool:
    """Whether the audited account is the embedded one."""
    return bool(results["audit"].get("demo"))


# ---------------------------------------------------------------------------------------- the verdict


def verdict(results: Document) -> str:
    """The audit in one sentence: `14 of 22 requirements fail, 2 could not be seen.`."""
    requirements = results["requirements"]
    counts = Counter(one["status"] for one in requirements)
    unchecked = sum(one["status"] == Status.UNKNOWN and not one["checks"] for one in requirements)
    unseen = counts["unknown"] - unchecked
    if not requirements:
        return "No requirement was evaluated."
    if counts["fail"]:
        parts = [_of(counts["fail"], len(requirements), "fails", "fail"), *_unknowns(unseen, unchecked)]
        return ", ".join(parts) + "."
    if counts["unknown"]:
        parts = [f"Nothing that was seen fails, but of {_count(len(requirements), 'requirement')}"]
        return f"{parts[0]} {' and '.join(_unknowns(unseen, unchecked))}."
    return _all_well(counts, len(requirements)) + ("" if results["audit"]["complete"] else " The collection has gaps.")


def _of(count: int, total: int, one: str, many: str) -> str:
    return f"{count} of {_count(total, 'requirement')} {one if count == 1 else many}"


def _count(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def _unknowns(unseen: int, unchecked: int) -> list[str]:
    parts = [f"{unseen} could not be seen"] if unseen else []
    if unchecked:
        parts.append(f"{unchecked} {'has' if unchecked == 1 else 'have'} no check yet")
    return parts


def _all_well(counts: Mapping[str, int], total: int) -> str:
    applicable = total - counts["not_applicable"]
    if not applicable:
        return f"None of the {_count(total, 'requirement')} applies: there was nothing to look at."
    waived = f", {counts['waived']} of them by waiver" if counts["waived"] else ""
    which = (
        f"All {total} requirements" if applicable == total else f"All {applicable} of {total} requirements that apply"
    )
    if applicable == 1:
        which = "The one requirement that applies"
    return f"{which} {'passes' if applicable == 1 else 'pass'}{waived}."


# ---------------------------------------------------------------------------------------- what could not be seen


@dataclass(frozen=True, slots=True)
class Unseen:
    """An IAM action that failed in the same way, wherever it did."""

    action: str
    code: str
    message: str
    places: tuple[tuple[str, str], ...]
    """(account, region), sorted."""
    arns: tuple[str, ...]
    """The resources that alone are touched; empty: everything of the kind."""
    checks: tuple[str, ...]
    requirements: tuple[str, ...]


def unseen(results: Document) -> list[Unseen]:
    """The gaps of the collection, by action and code; those that touch most requirements first."""
    served = {check["id"]: check["requirements"] for check in results["checks"]}
    groups: dict[tuple[str, str], list[Document]] = defaultdict(list)
    for error in results["collection"]["errors"]:
        groups[error_action(error), error["code"]].append(error)
    found = [_unseen(action, code, errors, served) for (action, code), errors in groups.items()]
    return sorted(found, key=lambda one: (-len(one.requirements), -len(one.places), one.action, one.code))


def error_action(error: Document) -> str:
    """The IAM action that was missing; where the document does not say, the operation's own name."""
    return str(error.get("action") or f"{error['service']}:{error['operation']}")


def _unseen(action: str, code: str, errors: Sequence[Document], served: Mapping[str, Sequence[str]]) -> Unseen:
    checks = sorted({check for error in errors for check in error.get("checks") or ()})
    return Unseen(
        action=action,
        code=code,
        message=min(error["message"] for error in errors),
        places=tuple(sorted({(error["account"], error["region"]) for error in errors})),
        arns=tuple(sorted({error["arn"] for error in errors if error.get("arn")})),
        checks=tuple(checks),
        requirements=tuple(sorted({one for check in checks for one in served.get(check, ())})),
    )


# ---------------------------------------------------------------------------------------- places


def account_names(results: Document) -> dict[str, str]:
    """Account id -> `trading (111122223333)`, or the id alone where the account has no name of its own."""
    names = {one["id"]: one.get("name") for one in results["scope"]["accounts"]}
    return {account: f"{name} ({account})" if name and name != account else account for account, name in names.items()}


def region_order(results: Document) -> list[str]:
    """The regions of the scope: primary, recovery, others by name, then `global`."""
    regions = results["scope"].get("regions") or {}
    first = [regions.get("primary"), *regions.get("recovery", ()), *regions.get("also", ())]
    seen = {region for account in results["scope"]["accounts"] for region in account["regions"]}
    seen |= {finding["resource"]["region"] for finding in results["findings"]}
    ordered = [region for region in first if region and region != "all"]
    return list(dict.fromkeys([*ordered, *sorted(seen - {GLOBAL}), GLOBAL]))
