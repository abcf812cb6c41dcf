"""From a check's rows to findings: the gap guard, the scope, waivers, what must exist. No SQL, no I/O."""

from __future__ import annotations

import fnmatch
import hashlib
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from auditor.model import (
    GLOBAL,
    Account,
    Check,
    CheckResult,
    Finding,
    Gap,
    Resource,
    Role,
    Rows,
    Status,
    Waiver,
)
from auditor.standards import show

REGIONS_TABLE = "ec2_regions"
"""A gap in it hides no row of the regions that are known: it says that there may be further regions."""

_RESERVED = frozenset({"arn", "account", "region", "name", "type", "part", "__pass", "__reason", "__error", "__row"})
_ACTIONS = 10
"""Further actions that a message names; `collection.errors` has them all."""
_PLACE = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A check with what it takes to judge its rows."""

    check: Check
    requirements: tuple[str, ...]
    """Those of the check's requirements that the audit is about."""
    gaps: tuple[Gap, ...]
    """Gaps in what the check reads."""
    service: str
    """IAM prefix of the population's service."""
    spans: frozenset[str]
    """Where the population lives: `region`, `global`, or both."""
    listed: Mapping[tuple[str, str], frozenset[str]]
    """(account, region) -> ARNs in scope of the population's tables; only where there are gaps."""
    spoilable: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """Table -> its ARNs, for tables in which single rows are spoilt."""
    kinds: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """Table -> types, where every row stands by itself (`resource = "*"`): a gap then bears on its own kind alone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Circumstances:
    """What is the same for every check of an audit."""

    accounts: Sequence[Account]
    roles: Mapping[str, Role]
    parameters: Mapping[str, Any]
    out_of_scope: Mapping[str, str]
    """ARN -> the rule that leaves it out."""
    waivers: Sequence[Waiver] = ()
    today: date = date.max
    gaps: Sequence[Gap] = ()
    """Every gap of the snapshot."""
    doubtful_rules: frozenset[str] = frozenset()
    """Rules that leave out what something unseen might bring in: a gap makes them doubtful."""


def judge(question: Question, rows: Rows, circumstances: Circumstances, seconds: float = 0.0) -> CheckResult:
    """Findings of a check from its rows, sorted by ARN."""
    left_out: Counter[str] = Counter()
    kept = []
    doubtful: set[tuple[str, str]] = set()
    for row in rows:
        rule = circumstances.out_of_scope.get(str(row.get("arn")))
        if rule is None:
            kept.append(row)
        else:
            left_out[rule] += 1
            if rule in circumstances.doubtful_rules:
                doubtful.add((str(row["account"]), str(row["region"])))
    bearing = _Bearing(question)
    findings = [_finding(question, row, bearing, circumstances) for row in kept]
    unseen = list(_unseen(question, kept, circumstances, doubtful))
    findings += unseen
    findings += _missing(question, kept, circumstances, {(f.resource.account, f.resource.region) for f in unseen})
    findings = _distinct(question, [_waived(finding, circumstances) for finding in findings])
    findings.sort(key=lambda f: (f.resource.arn, f.resource.account, f.resource.region, f.id))
    return CheckResult(question.check, tuple(findings), dict(sorted(left_out.items())), seconds, len(kept))


def not_run(question: Question, why: str, circumstances: Circumstances) -> CheckResult:
    """Where a check could not be run at all, what it is about is unknown everywhere."""
    findings = [
        _place_finding(question, account, region, Status.UNKNOWN, f"The check could not be run: {why}", circumstances)
        for account, region in _places(question, circumstances)
    ]
    return CheckResult(question.check, tuple(findings), {}, 0.0)


def finding_id(check: str, arn: str, account: str, region: str, part: str = "") -> str:
    """The same from audit to audit for the same check and resource."""
    text = f"{check}\n{arn}\n{account}\n{region}\n{part}"
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:20]


def fill(template: str, values: Mapping[str, Any]) -> str:
    """Fill `{name}` from facts and parameters; what is NULL reads as `none`."""

    def value(match: re.Match[str]) -> str:
        if match[1] not in values:
            return match[0]
        found = values[match[1]]
        return "none" if found is None else show(found)

    return _PLACE.sub(value, template)


# ---------------------------------------------------------------------------------------- rows


def _finding(question: Question, row: Mapping[str, Any], bearing: _Bearing, circumstances: Circumstances) -> Finding:
    check = question.check
    resource = Resource(
        arn=str(row["arn"]),
        type=row.get("type") or check.resource,
        account=str(row["account"]),
        region=str(row["region"]),
        name=row.get("name"),
    )
    values = {**circumstances.parameters, **row}
    gaps = bearing.on(resource)
    if gaps:
        status, message = Status.UNKNOWN, _not_seen(gaps)
    elif row.get("__error"):
        status, message = Status.UNKNOWN, f"could not be evaluated: {row['__error']}"
    elif row["__pass"] is None:
        status, message = Status.UNKNOWN, _undecided(check, row, values)
    elif row["__pass"]:
        status, message = Status.PASS, fill(check.passed, values)
    else:
        status, message = Status.FAIL, fill(_reason(check, row), values)
    return Finding(
        id=finding_id(check.id, resource.arn, resource.account, resource.region, str(row.get("part") or "")),
        check=check.id,
        requirements=question.requirements,
        severity=check.severity,
        status=status,
        resource=resource,
        message=message,
        expected=fill(check.expected, values),
        evidence={name: value for name, value in row.items() if name not in _RESERVED},
        remediation=fill(check.remediation, values) if status is Status.FAIL else "",
    )


def _reason(check: Check, row: Mapping[str, Any]) -> str:
    index = row.get("__reason")
    return check.reasons[index].say if index is not None else f"does not satisfy: {check.expected}"


def _undecided(check: Check, row: Mapping[str, Any], values: Mapping[str, Any]) -> str:
    if check.unknown:
        return fill(check.unknown, values)
    missing = sorted(name for name, value in row.items() if value is None and name not in _RESERVED)
    return f"cannot be decided: AWS does not tell {', '.join(missing) or 'what it takes'}"


# ---------------------------------------------------------------------------------------- gaps


class _Bearing:
    """Which gaps bear on a row. There may be as many as rows, one for each: they are looked up, not gone through."""

    def __init__(self, question: Question) -> None:
        self._question = question
        self._alike: dict[tuple[bool, str, str, str, str], int] = {}
        """(of one row, table, account, region, action) -> the first gap of this kind."""
        self._of_row: dict[str, dict[str, list[int]]] = defaultdict(lambda: defaultdict(list))
        """Table -> ARN -> the gaps in this row."""
        for number, gap in enumerate(question.gaps):
            self._alike.setdefault((bool(gap.arn), gap.table, gap.account, gap.region, gap.action), number)
            if gap.arn:
                self._of_row[gap.table][gap.arn].append(number)

    def on(self, resource: Resource) -> list[Gap]:
        """The gaps that bear on a row of this resource, one for each action and place.

        A gap in one row of a table spoils that row, and whatever else is no row of the table and may hang on it.
        """
        gaps, spoilable = self._question.gaps, self._question.spoilable
        alike = [
            number
            for (of_row, table, *_), number in self._alike.items()
            if not of_row or resource.arn not in spoilable.get(table, ())
        ]
        own = [number for rows in self._of_row.values() for number in rows.get(resource.arn, ())]
        return [gaps[number] for number in sorted({*alike, *own}) if self._reaches(gaps[number], resource)]

    def _reaches(self, gap: Gap, resource: Resource) -> bool:
        """Whether the resource stands where the gap is, by the check's scope."""
        question = self._question
        if gap.table == REGIONS_TABLE or (question.kinds and resource.type not in question.kinds.get(gap.table, ())):
            return False
        if question.check.scope == "organization":
            return True
        if gap.account != resource.account or question.check.scope == "account":
            return gap.account == resource.account
        return GLOBAL in (gap.region, resource.region) or gap.region == resource.region


def _not_seen(gaps: Sequence[Gap]) -> str:
    """The first gap in full, and which further actions gave no answer."""
    first, further = gaps[0], sorted({gap.action for gap in gaps} - {gaps[0].action})
    where = f"account {first.account}" + ("" if first.region == GLOBAL else f", {first.region}")
    message = f"could not be evaluated: {first.action} gave no answer in {where} ({first.code}: {first.message})"
    if not further:
        return message
    more = f" and {len(further) - _ACTIONS} more actions" if len(further) > _ACTIONS else ""
    return f"{message}; nor did {', '.join(further[:_ACTIONS])}{more}"


def _unseen(
    question: Question, rows: Rows, circumstances: Circumstances, doubtful: set[tuple[str, str]]
) -> Iterable[Finding]:
    """One unknown finding for each account and region where rows may be missing because of a gap."""
    seen: dict[tuple[str, str], set[str]] = defaultdict(set)
    for row in rows:
        seen[str(row["account"]), str(row["region"])].add(str(row["arn"]))
    told: dict[tuple[str, str], list[Gap]] = defaultdict(list)
    for gap in question.gaps:
        for place in _places_of(question, gap, circumstances):
            told[place].append(gap)
    for (account, region), gaps in sorted(told.items()):
        hiding = _hiding(question, gaps, (account, region), seen[account, region] | seen[account, GLOBAL])
        if hiding:
            yield _place_finding(question, account, region, Status.UNKNOWN, _not_seen(hiding), circumstances)
            doubtful.discard((account, region))
    for account, region in sorted(doubtful):
        blind = [gap for gap in circumstances.gaps if gap.account == account]
        if blind:
            message = f"what is in scope here cannot be told in full: {_not_seen(blind)}"
            yield _place_finding(question, account, region, Status.UNKNOWN, message, circumstances)


def _hiding(question: Question, gaps: Sequence[Gap], place: tuple[str, str], arns: set[str]) -> list[Gap]:
    """The gaps behind which there may be rows that are not among these: none where the whole population is."""
    listed = question.listed.get(place)
    whole = listed is not None and listed <= arns
    return [gap for gap in gaps if gap.table == REGIONS_TABLE or not (whole or (gap.arn and gap.arn in arns))]


def _places_of(question: Question, gap: Gap, circumstances: Circumstances) -> list[tuple[str, str]]:
    """The (account, region)s of the check's population in which a gap may hide rows."""
    if gap.table == REGIONS_TABLE:
        return [(gap.account, GLOBAL)]
    own = [place for place in _places(question, circumstances) if place[0] == gap.account]
    same = [place for place in own if place[1] == gap.region]
    return same or (own if gap.region == GLOBAL or question.spans == {GLOBAL} else [])


def _places(question: Question, circumstances: Circumstances) -> list[tuple[str, str]]:
    found = [(account.id, GLOBAL) for account in circumstances.accounts] if GLOBAL in question.spans else []
    if "region" in question.spans:
        found += [
            (account.id, region)
            for account in circumstances.accounts
            for region in account.regions
            if question.check.regions == "all" or circumstances.roles.get(region, Role.ALSO) is not Role.ALSO
        ]
    return found


def _missing(
    question: Question, rows: Rows, circumstances: Circumstances, unseen: set[tuple[str, str]]
) -> Iterable[Finding]:
    """A failure for each place that must have a resource of the kind, was seen, and has none."""
    check = question.check
    if not check.must_exist:
        return
    hidden = unseen | {(account, GLOBAL) for account, _ in unseen}
    there = {(str(row["account"]), str(row["region"])) for row in rows}
    there |= {(account, GLOBAL) for account, _ in there}
    for account in circumstances.accounts:
        regions = [region for region in account.regions if circumstances.roles.get(region, Role.ALSO) is not Role.ALSO]
        for region in regions if check.must_exist == "region" else [GLOBAL]:
            place = (account.id, region)
            if place not in there and place not in hidden:
                yield _place_finding(question, account.id, region, Status.FAIL, check.missing, circumstances)


def _place_finding(
    question: Question, account: str, region: str, status: Status, message: str, circumstances: Circumstances
) -> Finding:
    check = question.check
    arn = f"arn:aws:{question.service}:{region}:{account}:*"
    values = {"arn": "ARN", "name": "NAME", **circumstances.parameters, "account": account, "region": region}
    return Finding(
        id=finding_id(check.id, arn, account, region),
        check=check.id,
        requirements=question.requirements,
        severity=check.severity,
        status=status,
        resource=Resource(arn, "AWS::Account" if region == GLOBAL else "AWS::Region", account, region),
        message=fill(message, values),
        expected=fill(check.expected, values),
        remediation=fill(check.remediation, values) if status is Status.FAIL else "",
    )


# ---------------------------------------------------------------------------------------- waivers and order


def _waived(finding: Finding, circumstances: Circumstances) -> Finding:
    """A failure that waivers cover, for every requirement it serves, is waived while they are in force."""
    if finding.status is not Status.FAIL:
        return finding
    matching = [waiver for waiver in circumstances.waivers if covers(waiver, finding)]
    if not matching:
        return finding
    in_force = [waiver for waiver in matching if circumstances.today <= date.fromisoformat(waiver.expires)]
    covered = all(
        any(waiver.check or fnmatch.fnmatchcase(name, waiver.requirement) for waiver in in_force)
        for name in finding.requirements
    )
    waiver = (in_force or matching)[0]
    told = {
        "requirement": waiver.requirement,
        "check": waiver.check,
        "resource": waiver.resource,
        "reason": waiver.reason,
        "approved_by": waiver.approved_by,
        "expires": waiver.expires,
        "expired": not in_force,
    }
    status = Status.WAIVED if in_force and covered else Status.FAIL
    return replace(finding, status=status, waiver={name: value for name, value in told.items() if value != ""})


def covers(waiver: Waiver, finding: Finding) -> bool:
    """Whether a waiver is about a finding, in force or not."""
    by_check = bool(waiver.check) and fnmatch.fnmatchcase(finding.check, waiver.check)
    by_requirement = bool(waiver.requirement) and any(
        fnmatch.fnmatchcase(name, waiver.requirement) for name in finding.requirements
    )
    return (by_check or by_requirement) and fnmatch.fnmatchcase(finding.resource.arn, waiver.resource)


def _distinct(question: Question, findings: Sequence[Finding]) -> list[Finding]:
    """Findings by id. Two rows for one resource are a mistake in the check: that resource is then unknown."""
    by_id: dict[str, list[Finding]] = defaultdict(list)
    for finding in findings:
        by_id[finding.id].append(finding)
    return [
        same[0]
        if len(same) == 1
        else replace(
            same[0],
            status=Status.UNKNOWN,
            message=f"could not be evaluated: {question.check.id} gives {len(same)} rows for this resource",
            waiver=None,
            remediation="",
        )
        for same in by_id.values()
    ]
