"""One declared resource against one live row: which attributes differ, and which could not be compared. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from auditor.drift.code import paths
from auditor.drift.code.forms import FORMS
from auditor.drift.code.mapping import Attribute, TypeMapping
from auditor.drift.code.model import Declared
from auditor.drift.fields import NATURAL_KEYS, changes, element_path
from auditor.drift.model import Change
from auditor.drift.values import canonical


@dataclass(slots=True)
class Compared:
    """What came of comparing a resource's attributes."""

    changes: list[Change] = field(default_factory=list)
    """`old` is declared, `new` is live."""
    equal: int = 0
    """Attributes that are as declared."""
    not_compared: set[str] = field(default_factory=set)
    """Attributes that AWS or this tool does not show, and secret ones."""
    unseen: set[str] = field(default_factory=set)
    """Columns that these attributes take, and that could not be collected."""


def compare_attributes(
    mapping: TypeMapping,
    declared: Declared,
    row: Mapping[str, Any],
    *,
    held: frozenset[str] = frozenset(),
    listed: frozenset[str] = frozenset(),
    unseen: frozenset[str] = frozenset(),
) -> Compared:
    """A resource's attributes against the row's.

    `held`: types of which there are resources that hold part of this row, so that attributes they may hold are judged
    there. `listed`: attributes whose lists are judged with the parts that hold elements of them. `unseen`: columns of
    the row that could not be collected.
    """
    found = Compared(not_compared=set(declared.unread | declared.withheld))
    for attribute in mapping.attributes:
        names = paths.members(attribute.declared)
        if names & declared.withheld or held & set(attribute.held_by):
            continue
        if not names & set(declared.attributes) and attribute.form != "tags":
            continue
        if hidden := paths.members(attribute.live) & unseen:
            found.unseen |= hidden
            continue
        if attribute.name in listed:
            continue
        value = paths.find(attribute.declared, declared.attributes)
        canonical_value = declared_value(attribute, value, found.not_compared)
        if canonical_value is not None or not attribute.if_declared:
            differing = tuple(_differing(attribute, value, canonical_value, row))
            found.changes += differing
            found.equal += not differing
    return found


def _differing(
    attribute: Attribute,
    value: Any,  # noqa: ANN401 - any JSON
    declared: Any,  # noqa: ANN401 - any JSON
    row: Mapping[str, Any],
) -> Iterator[Change]:
    """How the live value differs from a declared `value`, which in its form is `declared`."""
    live = live_value(attribute, row, value)
    for change in changes(_empty(declared, live), _empty(live, declared), keys_of(attribute), attribute.name):
        if change.field == attribute.name and not isinstance(change.old or change.new, list | dict):
            shown = _as_written(value, attribute.default, change.old)
            yield Change(
                change.field, shown, _as_written(paths.find(attribute.live, row), attribute.default, change.new)
            )
        else:
            yield change


def _as_written(value: Any, default: Any, canonical_value: Any) -> Any:  # noqa: ANN401 - any JSON
    """A scalar as it is written, not as it is compared: 256 and not "256"."""
    for one in (value, default):
        if one is not None and one != "":
            return one if not isinstance(one, list | dict) else canonical_value
    return None


def _empty(value: Any, other: Any) -> Any:  # noqa: ANN401 - any JSON
    """Nothing as the empty list or map, where the other side has one: what differs are its elements."""
    return value if value is not None else type(other)() if isinstance(other, list | dict) else None


def declared_value(attribute: Attribute, value: Any, left_out: set[str]) -> Any:  # noqa: ANN401 - any JSON
    """A declared value in its form; members that the live side does not build are left out, and named."""
    form = FORMS[attribute.form].declared
    shown = _shaped(value, paths.shape(attribute.live), attribute.name, left_out) if _is_plain(attribute) else value
    found = form(shown)
    return form(attribute.default) if found is None else found


def live_value(attribute: Attribute, row: Mapping[str, Any], declared: Any = None) -> Any:  # noqa: ANN401 - any JSON
    """The live value in its form; without members of which the `declared` value says nothing, not even null."""
    form = FORMS[attribute.form].live
    value = paths.find(attribute.live, row)
    if declared and _is_plain(attribute):
        value = _shaped(value, _said(declared, paths.shape(attribute.live)), "", set())
    found = form(value)
    return form(attribute.default) if found is None else found


def _said(value: Any, shape: Mapping[str, Any] | None) -> Mapping[str, Any] | None:  # noqa: ANN401 - any JSON
    """The part of a shape that a declared value has members for."""
    objects = [one for one in (value if isinstance(value, list | tuple) else [value]) if isinstance(one, Mapping)]
    if shape is None or not objects:
        return shape
    return {
        name: _said([inner for one in objects for inner in _many(one.get(name))], below)
        for name, below in shape.items()
        if any(name in one for one in objects)
    }


def _many(value: Any) -> list[Any]:  # noqa: ANN401 - any JSON
    return list(value) if isinstance(value, list | tuple) else [value]


def keys_of(attribute: Attribute) -> Sequence[tuple[str, ...]]:
    """What tells the elements of an attribute's lists apart, the more telling first."""
    return (attribute.key, *NATURAL_KEYS) if attribute.key else NATURAL_KEYS


def _is_plain(attribute: Attribute) -> bool:
    return attribute.form == "plain"


def _shaped(value: Any, shape: Mapping[str, Any] | None, path: str, left_out: set[str]) -> Any:  # noqa: ANN401 - any JSON
    if shape is None:
        return value
    if isinstance(value, list | tuple):
        return [_shaped(item, shape, path, left_out) for item in value]
    if not isinstance(value, Mapping):
        return value
    left_out |= {f"{path}.{name}" for name in set(value) - set(shape) if FORMS["plain"].declared(value[name])}
    return {name: _shaped(value.get(name), inner, f"{path}.{name}", left_out) for name, inner in shape.items()}


# ---------------------------------------------------------------------------------------- parts


@dataclass(frozen=True, slots=True)
class Elements:
    """The elements of a list, canonical, by what identifies each."""

    attribute: Attribute
    by_key: Mapping[bytes, Mapping[str, Any]]

    def path(self, key: bytes) -> str:
        """How the element reads in a difference."""
        item = self.by_key[key]
        names = self.attribute.key or tuple(sorted(item))
        return element_path(self.attribute.name, item, names)


def elements(attribute: Attribute, canonical_list: Any) -> Elements:  # noqa: ANN401 - any JSON
    """A canonical list by its elements' keys; elements that are no objects stand for themselves."""
    items = canonical_list if isinstance(canonical_list, list) else []
    objects = [item if isinstance(item, Mapping) else {"value": item} for item in items]
    return Elements(attribute, {_key(attribute, item): item for item in objects})


def _key(attribute: Attribute, item: Mapping[str, Any]) -> bytes:
    return canonical({name: item.get(name) for name in attribute.key} if attribute.key else item)


def part_elements(mapping: TypeMapping, owner: TypeMapping, declared: Declared) -> Elements | None:
    """What a part declares as elements of its owner's attribute; None where that attribute is not compared."""
    part = mapping.part
    if part is None:
        return None
    name = paths.find(part.attribute, declared.attributes)
    attribute = next((one for one in owner.attributes if one.name == name), None)
    if attribute is None:
        return None
    value = paths.find(part.elements, declared.attributes)
    return elements(attribute, declared_value(attribute, value, set()))


def compare_part(declared: Elements, live: Elements) -> tuple[tuple[Change, ...], bool]:
    """How a part's elements differ from the live ones, and whether none of them is there."""
    found: list[Change] = []
    for key, item in sorted(declared.by_key.items()):
        other = live.by_key.get(key)
        path = declared.path(key)
        found += changes(item, other, path=path) if other is not None else [Change(path, item, None)]
    return tuple(found), bool(declared.by_key) and not set(declared.by_key) & set(live.by_key)


def unclaimed(live: Elements, claimed: Iterable[Elements]) -> Iterator[Change]:
    """Live elements that nothing declares."""
    known = {key for one in claimed for key in one.by_key}
    for key in sorted(set(live.by_key) - known):
        yield Change(live.path(key), None, live.by_key[key])
