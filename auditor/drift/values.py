"""Values as JSON has them, brought into a form that can be compared. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson


def pruned(value: Any) -> Any:  # noqa: ANN401 - any JSON
    """The value without nulls, in members and lists; whole floats as integers."""
    if isinstance(value, Mapping):
        return {key: pruned(item) for key, item in value.items() if item is not None}
    if isinstance(value, list | tuple):
        return [pruned(item) for item in value if item is not None]
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value


def canonical(value: Any) -> bytes:  # noqa: ANN401 - any JSON
    """A text that two pruned values share exactly where they are the same, the order of lists and members aside."""
    if isinstance(value, Mapping):
        members = (orjson.dumps(key) + b":" + canonical(value[key]) for key in sorted(value))
        return b"{" + b",".join(members) + b"}"
    if isinstance(value, list | tuple):
        return b"[" + b",".join(sorted(canonical(item) for item in value)) + b"]"
    return orjson.dumps(value)
