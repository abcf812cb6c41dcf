"""What forms of blocks and lists of blocks are made of. Pure: whatever a state says, nothing is raised."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Mapping
from typing import Any, TypeAlias

from auditor.drift.code.forms.basic import Form, plain
from auditor.drift.values import canonical

Flat: TypeAlias = dict[str, Any]
"""An element of a list, its values text."""


def items(value: Any) -> list[Mapping[str, Any]]:  # noqa: ANN401 - any JSON
    """The objects of a list, without those that are empty; an object alone is a list of one."""
    found = value if isinstance(value, list | tuple) else [value]
    return [item for item in found if isinstance(item, Mapping) and item]


def one(value: Any) -> Mapping[str, Any]:  # noqa: ANN401 - any JSON
    """A block that a list holds alone, or the object itself; empty where there is none."""
    return next(iter(items(value)), {})


def texts(value: Any) -> list[str]:  # noqa: ANN401 - any JSON
    """The values of a list as text, without what is nothing."""
    found = plain(value if isinstance(value, list | tuple) else [value])
    return [item for item in found or () if isinstance(item, str)]


def number(value: Any) -> str | None:  # noqa: ANN401 - any JSON
    """A number as text, 0 too; None where there is none."""
    if value is None or value == "" or isinstance(value, bool):
        return None
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def network(value: Any) -> str:  # noqa: ANN401 - any JSON
    """A CIDR block as AWS writes it: no host bits, IPv6 compressed and in lower case; empty where there is none."""
    text = str(value or "")
    try:
        return str(ipaddress.ip_network(text, strict=False))
    except ValueError:
        return text


def elements(found: Iterable[Flat]) -> list[Flat] | None:
    """Each element once, without members that are nothing; None where there is none."""
    known = [{name: value for name, value in element.items() if value not in (None, "")} for element in found]
    return list({canonical(element): element for element in known}.values()) or None


def block(defaults: Mapping[str, str | None]) -> Form:
    """The form of an object of which these members are compared; one that is not there has the value that AWS takes."""

    def found(value: Any) -> Flat:  # noqa: ANN401 - any JSON
        given = plain(one(value)) or {}
        members = {name: given.get(name, default) for name, default in defaults.items()}
        return {name: member for name, member in members.items() if member is not None}

    return Form(found, found)
