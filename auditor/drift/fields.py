"""Two values of a resource compared field by field. Pure.

A path reads from the outside in: `.` before a member (quoted as JSON where it has other characters than names have),
`[Key="…"]` for the element of a list that has this natural key, `[]` for an element that has none. Lists are sets:
AWS's order means nothing. What is null is not there.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any, TypeAlias

import orjson

from auditor.drift.model import Change
from auditor.drift.values import canonical, pruned

NATURAL_KEYS: tuple[tuple[str, ...], ...] = (
    ("Key",),
    ("TagKey",),
    ("KeyId",),
    ("SecurityGroupRuleId",),
    ("RouteTableAssociationId",),
    ("AssociationId",),
    ("AttachmentId",),
    ("AllocationId",),
    ("NetworkInterfaceId",),
    ("DestinationCidrBlock", "DestinationIpv6CidrBlock", "DestinationPrefixListId"),
    ("IpProtocol", "FromPort", "ToPort"),
    ("CidrIp",),
    ("CidrIpv6",),
    ("PrefixListId",),
    ("UserId", "GroupId", "VpcId"),
    ("VpcSecurityGroupId",),
    ("GroupId",),
    ("ZoneName",),
    ("SubnetIdentifier",),
    ("SubnetId",),
    ("VpcId",),
    ("Sid",),
    ("PolicyArn",),
    ("PolicyName",),
    ("DBClusterArn",),
    ("DBInstanceIdentifier",),
    ("DBParameterGroupName",),
    ("DBClusterParameterGroupName",),
    ("CertificateArn",),
    ("TargetGroupArn",),
    ("Region",),
    ("RegionName",),
    ("Arn",),
    ("ARN",),
    ("Id",),
    ("Name",),
    ("Value",),
)
"""Members by which an element of a list is known, the more telling first; used where they are unique on both sides."""

_PLAIN = re.compile(r"[\w:/@+=-]+")


Keys: TypeAlias = Sequence[tuple[str, ...]]


def changes(old: Any, new: Any, keys: Keys = NATURAL_KEYS, path: str = "") -> tuple[Change, ...]:  # noqa: ANN401 - any JSON
    """What it takes to come from one value, at `path`, to the other, sorted; `keys` tell elements of lists apart."""
    return tuple(_between(pruned(old), pruned(new), path, keys))


def natural_key(old: Sequence[Any], new: Sequence[Any], keys: Keys = NATURAL_KEYS) -> tuple[str, ...]:
    """The members that tell the elements of both lists apart; empty where there are none."""
    if not all(isinstance(item, Mapping) for item in (*old, *new)):
        return ()
    return next((key for key in keys if _tells_apart(key, old) and _tells_apart(key, new)), ())


def element_key(item: Mapping[str, Any], key: Sequence[str]) -> dict[str, Any]:
    """The part of an element by which it is known."""
    return {member: item[member] for member in key if member in item}


def _between(old: Any, new: Any, path: str, keys: Keys) -> Iterator[Change]:  # noqa: ANN401 - any JSON
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        for name in sorted({*old, *new}):
            yield from _between(old.get(name), new.get(name), _member(path, name), keys)
    elif canonical(old) == canonical(new):
        return
    elif isinstance(old, list) and isinstance(new, list):
        yield from _lists(old, new, path, keys)
    else:
        yield Change(path, old, new)


def _lists(old: Sequence[Any], new: Sequence[Any], path: str, keys: Keys) -> Iterator[Change]:
    key = natural_key(old, new, keys)
    if not key:
        yield from _multisets(old, new, f"{path}[]")
        return
    before, after = ({element_path(path, item, key): item for item in items} for items in (old, new))
    for element in sorted({*before, *after}):
        yield from _between(before.get(element), after.get(element), element, keys)


def _multisets(old: Sequence[Any], new: Sequence[Any], path: str) -> Iterator[Change]:
    """The elements of one list that the other has not, or not as often."""
    before, after = (
        {text: list(same) for text, same in groupby(sorted(items, key=canonical), canonical)} for items in (old, new)
    )
    for text in sorted({*before, *after}):
        gone, come = before.get(text, []), after.get(text, [])
        for item in gone[len(come) :]:
            yield Change(path, item, None)
        for item in come[len(gone) :]:
            yield Change(path, None, item)


def _tells_apart(key: Sequence[str], items: Sequence[Mapping[str, Any]]) -> bool:
    found = set()
    for item in items:
        known = element_key(item, key)
        if not known or any(isinstance(value, Mapping | list) for value in known.values()):
            return False
        found.add(canonical(known))
    return len(found) == len(items)


def element_path(path: str, item: Mapping[str, Any], key: Sequence[str]) -> str:
    """The path of a list's element that has this key."""
    known = ",".join(f"{name}={_json(value)}" for name, value in element_key(item, key).items())
    return f"{path}[{known}]"


def _member(path: str, name: str) -> str:
    shown = name if _PLAIN.fullmatch(name) else _json(name)
    return f"{path}.{shown}" if path else shown


def _json(value: object) -> str:
    return orjson.dumps(value).decode()
