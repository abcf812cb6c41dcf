"""CloudFormation's stacks as declared state, from the rows that were collected of them. Pure.

A stack tells which resources it made and what each is called in AWS (the physical id, which is what `Ref` gives), and
not with which properties: those are compared by CloudFormation itself, where somebody ran its drift detection. So a
resource declares that it is there, and `drift_results` has what CloudFormation last found of its properties.
https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_StackResourceSummary.html
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from fnmatch import fnmatchcase
from typing import Any

import orjson

from auditor.drift.code.model import Declared, Output, Standing, State, Tool
from auditor.drift.model import Change

VERSION = "CloudFormation"
DETECT = "aws cloudformation detect-stack-drift --stack-name {stack} --region {region}"
"""The command that has CloudFormation compare a stack's resources with its template."""

Rows = Sequence[Mapping[str, Any]]
"""Rows of a table, as plain JSON."""


# ---------------------------------------------------------------------------------------- stacks


def read_stacks(stacks: Rows, resources: Rows, drifts: Rows, patterns: Sequence[str]) -> tuple[State, ...]:
    """The stacks whose name or id matches one of the globs, and those nested in them, each as a state; sorted.

    Rows are those of `cloudformation_stacks`, `cloudformation_stack_resources` and
    `cloudformation_stack_resource_drifts`. Deleted stacks are left out. What was not collected is not among the rows:
    the caller knows the gaps.
    """
    belonging = _by_stack(resources)
    checked = _by_stack(drifts)
    chosen = [stack for stack in _chosen(stacks, patterns) if stack["StackStatus"] != "DELETE_COMPLETE"]
    found = (_state(stack, belonging[stack["StackId"]], checked[stack["StackId"]]) for stack in chosen)
    return tuple(sorted(found, key=lambda state: state.name))


def unmatched(stacks: Rows, patterns: Sequence[str]) -> tuple[str, ...]:
    """The globs that no stack matches: a misspelt one would otherwise declare nothing, unnoticed."""
    there = [stack for stack in stacks if stack["StackStatus"] != "DELETE_COMPLETE"]
    return tuple(pattern for pattern in patterns if not any(_matches(stack, pattern) for stack in there))


def _chosen(stacks: Rows, patterns: Sequence[str]) -> list[Mapping[str, Any]]:
    """The matching stacks and, however deep, those nested in them.

    https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_Stack.html (ParentId, RootId)
    """
    nested: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
    for stack in stacks:
        for above in {stack.get("ParentId"), stack.get("RootId")} - {None, stack["StackId"]}:
            nested[str(above)].append(stack)
    waiting = [stack for stack in stacks if any(_matches(stack, pattern) for pattern in patterns)]
    found: dict[str, Mapping[str, Any]] = {}
    while waiting:
        stack = waiting.pop()
        if stack["StackId"] not in found:
            found[stack["StackId"]] = stack
            waiting += nested[stack["StackId"]]
    return list(found.values())


def _matches(stack: Mapping[str, Any], pattern: str) -> bool:
    return fnmatchcase(stack["StackName"], pattern) or fnmatchcase(stack["StackId"], pattern)


def _by_stack(rows: Rows) -> dict[str, list[Mapping[str, Any]]]:
    found: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
    for row in rows:
        found[row["StackId"]].append(row)
    return found


def _state(stack: Mapping[str, Any], resources: Rows, drifts: Rows) -> State:
    name = f"{stack['StackName']} in {stack['account']}/{stack['region']}"
    resources = sorted(resources, key=lambda row: str(row["LogicalResourceId"]))
    drifts = sorted(drifts, key=lambda row: str(row["LogicalResourceId"]))
    declared = [(row, _why_set_aside(row)) for row in resources]
    return State(
        tool=Tool.CLOUDFORMATION,
        name=name,
        digest=_digest([stack, *resources, *drifts]),
        version=VERSION,
        outputs=tuple(_outputs(stack)),
        resources=tuple(_declared(row, stack, name) for row, why in declared if not why),
        set_aside=Counter(why for _, why in declared if why),
        pending=tuple(_pending(stack, resources)),
    )


def _digest(rows: Rows) -> str:
    """SHA-256 over the rows as JSON, a line each, with sorted members."""
    lines = (orjson.dumps(row, option=orjson.OPT_SORT_KEYS | orjson.OPT_APPEND_NEWLINE) for row in rows)
    return hashlib.sha256(b"".join(lines)).hexdigest()


def _pending(stack: Mapping[str, Any], resources: Rows) -> Iterator[str]:
    """An operation that is under way; and that a stack shows no resource, though each has one at least.

    https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-cfn-describing-stacks.html (status codes)
    """
    status = str(stack["StackStatus"])
    if status.endswith("_IN_PROGRESS"):
        yield f"the stack is in {status}"
    elif not resources:
        yield "no resource of the stack was listed"


# ---------------------------------------------------------------------------------------- resources

_STANDING = {
    "CREATE_COMPLETE": Standing.MANAGED,
    "UPDATE_COMPLETE": Standing.MANAGED,
    "IMPORT_COMPLETE": Standing.MANAGED,
    "UPDATE_ROLLBACK_COMPLETE": Standing.MANAGED,
    "UPDATE_FAILED": Standing.MANAGED,
    "UPDATE_ROLLBACK_FAILED": Standing.MANAGED,
    "DELETE_FAILED": Standing.DEPOSED,
}
"""What a resource's status says. Any other (`…_IN_PROGRESS`, `CREATE_FAILED`, `IMPORT_FAILED`, `EXPORT_COMPLETE`, one
that AWS adds) does not tell whether it exists and is the stack's. A failed update leaves the resource, or rolls it back
to its last stable state; one that failed to be created may be there until the next operation deletes it; one that
failed to be deleted is still to be.
https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/stack-failure-options.html
"""
_LEFT = {
    "DELETE_COMPLETE": "resource that was deleted",
    "DELETE_SKIPPED": "resource that was retained and is no longer the stack's",
}
"""Statuses of what a stack does not manage any more. DELETE_SKIPPED comes of `DeletionPolicy: Retain`.
https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-attribute-deletionpolicy.html
"""
_NO_RESOURCES = {
    "AWS::CDK::Metadata": "metadata",
    "AWS::CloudFormation::CustomResource": "custom resource",
    "AWS::CloudFormation::WaitCondition": "wait condition",
    "AWS::CloudFormation::WaitConditionHandle": "wait condition",
}
"""Types of which nothing stays in AWS, or nobody but a function of the user's knows what."""


def _why_set_aside(row: Mapping[str, Any]) -> str:
    """Why a stack's entry is no resource that it manages in AWS; empty where it is one."""
    kind, status = str(row.get("ResourceType") or ""), str(row.get("ResourceStatus") or "")
    if status in _LEFT:
        return _LEFT[status]
    if kind in _NO_RESOURCES:
        return _NO_RESOURCES[kind]
    provider = kind.partition("::")[0]
    if provider == "Custom":
        return "custom resource"
    return "" if provider in ("AWS", "") else f"type of {provider}"


def _declared(row: Mapping[str, Any], stack: Mapping[str, Any], name: str) -> Declared:
    """A stack's resource; `provider` is the stack's id, by which `drift_results` knows it together with its address."""
    physical = str(row.get("PhysicalResourceId") or "")
    return Declared(
        tool=Tool.CLOUDFORMATION,
        state=name,
        address=str(row["LogicalResourceId"]),
        kind=str(row.get("ResourceType") or ""),
        id=physical,
        provider=str(stack["StackId"]),
        account=str(stack["account"]),
        region=str(stack["region"]),
        attributes={"ref": physical},
        standing=_STANDING.get(str(row.get("ResourceStatus") or ""), Standing.PENDING),
    )


# ---------------------------------------------------------------------------------------- outputs


def _outputs(stack: Mapping[str, Any]) -> Iterator[Output]:
    """The stack's outputs; the value of one is known only where it names a resource, and was not kept otherwise."""
    kept = {one["OutputKey"]: one.get("Value") for one in stack.get("OutputNames") or ()}
    keys = [key for key in str(stack.get("OutputKeys") or "").split(",") if key]
    for key in sorted({*keys, *kept}):
        value = kept.get(key)
        yield Output(key, value, withheld=value is None)


# ---------------------------------------------------------------------------------------- what drift detection found


class DriftStatus(StrEnum):
    """What CloudFormation last found of a resource's properties.

    https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_StackResourceDrift.html
    """

    IN_SYNC = "IN_SYNC"
    MODIFIED = "MODIFIED"
    DELETED = "DELETED"
    NOT_CHECKED = "NOT_CHECKED"
    """Never checked, skipped, or of a type without drift detection."""
    UNKNOWN = "UNKNOWN"
    """CloudFormation could not check it; `reason` says why."""
    UNSUPPORTED = "UNSUPPORTED"


@dataclass(frozen=True, slots=True, kw_only=True)
class DriftResult:
    """The last result of drift detection for a resource."""

    status: DriftStatus
    checked: str = ""
    """When, in ISO 8601."""
    changes: tuple[Change, ...] = ()
    """`old` is what the template has, `new` what was live then. Of what is withheld both are None."""
    withheld: tuple[str, ...] = ()
    """Paths of properties that differ and whose values may be credentials."""
    reason: str = ""


LATEST = dt.timedelta(days=1)
"""How long before the snapshot drift detection may have run, for its result to be of the snapshot's time."""


def still_true(
    results: Mapping[tuple[str, str], DriftResult], stacks: Rows, now: dt.datetime
) -> Mapping[tuple[str, str], DriftResult]:
    """The results as far as they say something of `now`: one that is older than `LATEST`, or than the stack's last
    update, becomes NOT_CHECKED with the reason.
    """
    updated = {str(stack["StackId"]): _moment(stack.get("LastUpdatedTime")) for stack in stacks}
    return {
        key: _aged(result, why) if (why := _why_old(result, updated.get(key[0]), now)) else result
        for key, result in results.items()
    }


def _why_old(result: DriftResult, updated: dt.datetime | None, now: dt.datetime) -> str:
    checked = _moment(result.checked)
    if result.status not in (DriftStatus.IN_SYNC, DriftStatus.MODIFIED):
        return ""
    if checked is None:
        return "without saying when"
    if updated is not None and checked < updated:
        return f"on {checked:%Y-%m-%d %H:%M}, before the stack's last update"
    return f"on {checked:%Y-%m-%d %H:%M}, more than a day before this snapshot" if now - checked > LATEST else ""


def _aged(result: DriftResult, why: str) -> DriftResult:
    return DriftResult(
        status=DriftStatus.NOT_CHECKED, checked=result.checked, reason=f"it said {result.status.value} {why}"
    )


def _moment(text: object) -> dt.datetime | None:
    """A time of AWS's; without a zone, UTC."""
    try:
        found = dt.datetime.fromisoformat(str(text)) if text else None
    except ValueError:
        return None
    return found.replace(tzinfo=dt.UTC) if found is not None and found.tzinfo is None else found


def drift_results(drifts: Iterable[Mapping[str, Any]]) -> Mapping[tuple[str, str], DriftResult]:
    """(stack's id, logical id) -> what drift detection last found; a resource that is not there was never checked.

    CloudFormation compares what the template sets, and no default values.
    https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-cfn-stack-drift.html
    """
    return {(str(row["StackId"]), str(row["LogicalResourceId"])): _result(row) for row in drifts}


def _result(row: Mapping[str, Any]) -> DriftResult:
    told = str(row.get("StackResourceDriftStatus") or "")
    differences = row.get("PropertyDifferences") or ()
    changes = (Change(str(one["PropertyPath"]), _value(one, "Expected"), _value(one, "Actual")) for one in differences)
    return DriftResult(
        status=DriftStatus(told) if told in DriftStatus.__members__ else DriftStatus.UNKNOWN,
        checked=str(row.get("Timestamp") or ""),
        changes=tuple(sorted(changes, key=lambda change: change.field)),
        withheld=tuple(sorted(str(one["PropertyPath"]) for one in differences if one.get("Withheld"))),
        reason=str(row.get("DriftStatusReason") or ""),
    )


def _value(difference: Mapping[str, Any], side: str) -> Any:  # noqa: ANN401 - any JSON
    """A property's value; JSON objects and lists are read, other values stay text, as CloudFormation writes them."""
    value = difference.get(f"{side}Value")
    if not isinstance(value, str) or value.lstrip()[:1] not in {"{", "["}:
        return value
    try:
        return orjson.loads(value)
    except orjson.JSONDecodeError:
        return value
