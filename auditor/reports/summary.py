"""What every format says in the same words: the verdict, the worst failures, what could not be seen."""

from __future__ import annotations

import datetime
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

SINCE_BASELINE = {"added": "Added", "removed": "Removed", "changed": "Changed", "unknown": "Could not be compared"}
"""What became of resources since the baseline, in words."""

FROM_CODE = {
    "removed": "Missing: declared, and not deployed",
    "changed": "Different: declared -> live",
    "added": "Unmanaged: live, and in no given state",
    "unknown": "Could not be compared",
}
"""How resources differ from what the code declares, in words and in the order in which they are told."""

IGNORED = "Ignored by the configuration"
OUTPUTS = "Outputs that lead nowhere, or that could not be followed"
CLAIMED_TWICE = "Declared by several"
NOT_COMPARED = "Not compared (AWS or this tool does not show them, or they are secret)"
MANAGED = "Managed by the code"

VERDICTS = {"missing": "leads nowhere", "unknown": "could not be followed"}
"""What became of an output of the code, in words."""

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

_LEAST, _MOST = 0.1, 99.9
"""Percent: what is told of a share that is nearly none, or nearly all."""

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


# ---------------------------------------------------------------------------------------- drift


def since_baseline(results: Document) -> Document | None:
    """What became of resources since the baseline; None where they were not compared."""
    found: Document | None = (results.get("drift") or {}).get("resources")
    return found


def from_code(results: Document) -> Document | None:
    """How what is deployed differs from the code; None where no code was given."""
    found: Document | None = (results.get("drift") or {}).get("code")
    return found


def counted(part: Document, words: Mapping[str, str]) -> str:
    """A comparison in figures: `1 missing, 0 different, 2 unmanaged, 3 could not be compared, 1 ignored`."""
    told = [f"{part['summary'][kind]:,} {short(said)}" for kind, said in words.items()]
    ignored = part["summary"]["ignored"]
    return ", ".join([*told, *([f"{ignored:,} ignored"] if ignored else [])])


def short(words: str) -> str:
    """A heading's word for use in a sentence: `Missing: declared, and not deployed` -> `missing`."""
    return words.partition(":")[0].lower()


def counted_from_code(code: Document) -> str:
    """A comparison with code in figures, with failing outputs, what is declared twice and the managed share."""
    verdicts = Counter(one["verdict"] for one in code["outputs"])
    outputs = [
        f"{_count(verdicts[name], 'output')} that {_plural(said, verdicts[name])}"
        for name, said in VERDICTS.items()
        if verdicts[name]
    ]
    twice = [f"{len(code['claimed_twice']):,} {CLAIMED_TWICE.lower()}"] if code["claimed_twice"] else []
    figures = ", ".join([counted(code, FROM_CODE), *outputs, *twice])
    share = managed_share(code["shares"])
    return f"{figures}; {share}" if share else figures


def _plural(said: str, count: int) -> str:
    return said.replace("leads ", "lead ") if count != 1 else said


def managed_share(shares: Sequence[Document]) -> str:
    """`82.4 % managed`: of the live resources of these types; empty where there are none.

    Where a type could not be listed, nobody knows.
    """
    if any(one["unlisted"] for one in shares):
        return "managed share not known"
    managed, unmanaged = (sum(one[name] for one in shares) for name in ("managed", "unmanaged"))
    return f"{percentage(managed, unmanaged)} managed" if managed + unmanaged else ""


def percentage_of(share: Document) -> str:
    """How much of a type is managed: in percent, or that nobody knows, or that there is none."""
    if share["unlisted"]:
        return "not known"
    managed, unmanaged = share["managed"], share["unmanaged"]
    return percentage(managed, unmanaged) if managed + unmanaged else "none live"


def percentage(part: int, rest: int) -> str:
    """A part of a whole in percent, to a tenth, and never rounded to none or to all."""
    percent = 100 * part / (part + rest)
    if rest and percent > _MOST:
        return f"more than {_MOST} %"
    return f"less than {_LEAST} %" if part and percent < _LEAST else f"{percent:.1f} %"


def open_since(results: Document) -> dict[str, datetime.datetime]:
    """Finding -> since when it is open without a break, in UTC, where the document says so and it is a time."""
    found = {}
    for change in (one for changes in ((results.get("drift") or {}).get("findings") or {}).values() for one in changes):
        moment = _moment(change.get("since"))
        if moment is not None:
            found[change["id"]] = moment
    return found


def open_for(results: Document, since: datetime.datetime) -> str:
    """`2026-08-21, 92 days`: since when a finding is open, and how many days that is at the start of the audit."""
    started = _moment(results["audit"].get("started_at"))
    if started is None:
        return f"{since:%Y-%m-%d}"
    days = max(0, (started - since).days)
    return f"{since:%Y-%m-%d}, {days:,} day{'' if days == 1 else 's'}"


def _moment(text: object) -> datetime.datetime | None:
    try:
        moment = datetime.datetime.fromisoformat(str(text))
        return moment.replace(tzinfo=moment.tzinfo or datetime.UTC).astimezone(datetime.UTC)
    except (ValueError, OverflowError):
        return None


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


# ---------------------------------------------------------------------------------------- what fits


def share(wanted: Mapping[str, int], budget: int) -> dict[str, int]:
    """Each gets what it wants, or an equal part of what those that want less have left."""
    given: dict[str, int] = {}
    for number, key in enumerate(sorted(wanted, key=lambda one: (wanted[one], one))):
        given[key] = min(wanted[key], budget // (len(wanted) - number))
        budget -= given[key]
    return given


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
