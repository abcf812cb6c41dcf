"""Terraform's state version 3 (0.7 to 0.11), and the flat maps of attributes that version 4 may still hold. Pure.

https://github.com/hashicorp/terraform/blob/v1.5.7/internal/states/statefile/version3_upgrade.go
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeAlias, TypeVar

from auditor.drift.code.states import files
from auditor.drift.code.states.files import DEEPEST, Object
from auditor.errors import StateError

_KEY = re.compile(r"(data\.)?([^.]+)\.([^.]+)(?:\.(\d{1,9}))?")
"""`aws_instance.web.0`, `data.aws_ami.debian`."""
_LOCAL_PROVIDER = re.compile(r"[\w-]+(?:\.[\w-]+)?")
"""`aws.west`: a provider of the resource's own module, as Terraform 0.10 and earlier wrote it."""
_Member = TypeVar("_Member")
_DAMAGED: Final = "The file is damaged, or it is no state."


# ---------------------------------------------------------------------------------------- version 3 as version 4


def upgraded(document: Object, name: str) -> Object:
    """A state of version 3 in the shape of version 4, as a newer Terraform would upgrade it.

    Each instance becomes a resource entry of its own; attributes stay flat. Raises StateError.
    """
    modules = files.a_list(document.get("modules"), name, "modules")
    resources: list[Object] = []
    outputs: Object = {}
    for number, module in enumerate(modules):
        place = f"modules[{number}]"
        files.an_object(module, name, place)
        path = _path(module.get("path"), name, f"{place}.path")
        if not path:
            outputs = _outputs(module, name, place)
        entries = files.an_object_or_nothing(module.get("resources"), name, f"{place}.resources")
        resources += [
            _resource(key, entry, path, name, f"{place}.resources, entry {position},")
            for position, (key, entry) in enumerate(entries.items(), 1)
        ]
    return {**document, "version": 4, "outputs": outputs, "resources": resources}


def _path(value: object, name: str, place: str) -> str:
    steps = [files.a_name(step, name, place) for step in files.a_list(value, name, place)]
    if not steps or steps[0] != "root":
        raise StateError(f"{name}: {place} does not begin with root.", _DAMAGED)
    return ".".join(f"module.{step}" for step in steps[1:])


def _outputs(module: Object, name: str, place: str) -> Object:
    outputs = files.an_object_or_nothing(module.get("outputs"), name, f"{place}.outputs")
    return {key: value if isinstance(value, dict) else {"value": value} for key, value in outputs.items()}


def _resource(key: str, entry: object, path: str, name: str, place: str) -> Object:
    match = _KEY.fullmatch(key)
    if match is None:
        raise StateError(f"{name}: {place} has no resource's address.", _DAMAGED)
    resource = files.an_object(entry, name, place)
    data, kind, own_name, index = match.groups()
    return {
        "module": path,
        "mode": "data" if data else "managed",
        "type": kind,
        "name": own_name,
        "provider": _provider(files.text(resource.get("provider")), kind, path),
        "instances": list(_instances(resource, None if index is None else int(index), name, place)),
    }


def _provider(provider: str, kind: str, path: str) -> str:
    if "provider." in provider:
        return provider
    local = provider if _LOCAL_PROVIDER.fullmatch(provider) else kind.partition("_")[0]
    return ".".join(part for part in (path, "provider", local) if part)


def _instances(resource: Object, index: int | None, name: str, place: str) -> Iterator[Object]:
    primary = resource.get("primary")
    if primary is not None:
        yield _instance(files.an_object(primary, name, f"{place} primary"), index, "", name, place)
    for number, old in enumerate(files.a_list_or_nothing(resource.get("deposed"), name, f"{place} deposed")):
        deposed = files.an_object(old, name, f"{place} deposed[{number}]")
        yield _instance(deposed, index, f"{number + 1:08x}", name, place)


def _instance(instance: Object, index: int | None, deposed: str, name: str, place: str) -> Object:
    flat = dict(files.an_object_or_nothing(instance.get("attributes"), name, f"{place} attributes"))
    if not flat.get("id"):
        flat["id"] = instance.get("id")
    return {
        "index_key": index,
        "deposed": deposed,
        "status": "tainted" if instance.get("tainted") is True else "",
        "attributes_flat": flat,
    }


# ---------------------------------------------------------------------------------------- flat maps


@dataclass(frozen=True, slots=True)
class Unflattened:
    """Attributes as version 4 has them; scalars are text still."""

    attributes: dict[str, Any]
    lost: frozenset[str]
    """Names of attributes that contradict themselves, as a list whose count does not fit its elements."""


class _ContradictionError(ValueError):
    """A flat attribute that contradicts itself."""


def unflattened(flat: Object) -> Unflattened:
    """The attributes of a flat map: `tags.%` counts a map, `ingress.#` a list or a set.

    A list's elements are in the order of their index, a set's in that of their hash. What follows a map's name is its
    key, dots and all: `tags.a.b` is the tag `a.b`.
    """
    attributes: dict[str, Any] = {}
    lost: set[str] = set()
    for name, node in _grouped(flat).items():
        try:
            attributes[name] = _value(node, DEEPEST)
        except _ContradictionError:
            lost.add(name)
    return Unflattened(attributes, frozenset(lost))


_Node: TypeAlias = Mapping[str | None, Any]
"""What follows a name in its keys -> value; None for the name alone."""


def _grouped(flat: Mapping[str, Any]) -> Mapping[str, _Node]:
    groups: dict[str, dict[str | None, Any]] = {}
    for key, value in flat.items():
        head, dot, rest = key.partition(".")
        groups.setdefault(head, {})[rest if dot else None] = value
    return groups


def _value(node: _Node, levels: int) -> Any:  # noqa: ANN401 - any JSON
    if levels == 0 or any(isinstance(value, dict | list) for value in node.values()):
        raise _ContradictionError
    if set(node) == {None}:
        return node[None]
    members = {key: value for key, value in node.items() if key is not None and key not in ("%", "#")}
    if None in node or {"%", "#"} <= set(node):
        raise _ContradictionError
    if "%" in node:
        return _counted(members, node["%"])
    if "#" in node:
        return _list(_counted(_grouped(members), node["#"]), levels)
    return {name: _value(inner, levels - 1) for name, inner in _grouped(members).items()}


def _list(elements: Mapping[str, _Node], levels: int) -> list[Any]:
    if not all(_is_index(index) for index in elements):
        raise _ContradictionError
    ordered = sorted(elements, key=lambda index: (len(index), index))
    return [_value(elements[index], levels - 1) for index in ordered]


def _is_index(index: str) -> bool:
    """A list's index, or a set's hash: digits. (A hash that is not known yet has a `~`.)"""
    return index.isascii() and index.isdigit()


def _counted(members: Mapping[str, _Member], count: object) -> Mapping[str, _Member]:
    if str(count) != str(len(members)):
        raise _ContradictionError
    return members
