"""The values of Pulumi's states that are no plain JSON: secrets, assets, references, what is not known yet. Pure.

https://github.com/pulumi/pulumi/blob/v3.130.0/sdk/go/common/apitype/property-values.json
"""

from __future__ import annotations

from enum import IntEnum
from typing import Any, Final

from auditor.drift.code.states.files import Object

SIGNATURE: Final = "4dabf18193072939515e22adb298388d"
"""The member that marks such a value; what it says tells which."""
ASSET: Final = "c44067f5952c0a294b673a41bacd8c17"
ARCHIVE: Final = "0def7320c3a5731c473e5ecbe6d01bc7"
REFERENCE: Final = "5cf8f73096256a8f31e491e813e4eb8e"
OUTPUT: Final = "d0e6a833031e9bbcd3f4e8bde6ca49a4"
INTEGER: Final = "7eb310220ed6211bd6f147f2a75bfbb6"
UNKNOWN: Final = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
"""Text that stands for a value that was not known when the state was written."""


class Fate(IntEnum):
    """What becomes of a value; the highest of its parts' is that of the whole."""

    KEPT = 0
    LOST = 1
    """An asset, or not known: no secret, and nothing to compare."""
    SECRET = 2


def examined(value: Any) -> tuple[Any, Fate]:  # noqa: ANN401 - any JSON
    """A value without its wrappers, and its fate; None where it is not kept. A reference becomes the id it names."""
    return _unwrapped(value) if _has_wrappers(value) else (value, Fate.KEPT)


def _has_wrappers(value: object) -> bool:
    if isinstance(value, dict):
        return SIGNATURE in value or any(map(_has_wrappers, value.values()))
    if isinstance(value, list):
        return any(map(_has_wrappers, value))
    return value == UNKNOWN


def _unwrapped(value: Any) -> tuple[Any, Fate]:  # noqa: ANN401 - any JSON
    if isinstance(value, dict):
        return _marked(value) if SIGNATURE in value else _object(value)
    if isinstance(value, list):
        items = [_unwrapped(item) for item in value]
        return _whole([item for item, _ in items], [fate for _, fate in items])
    return (None, Fate.LOST) if value == UNKNOWN else (value, Fate.KEPT)


def _object(value: Object) -> tuple[Any, Fate]:
    members = {name: _unwrapped(item) for name, item in value.items()}
    return _whole({name: item for name, (item, _) in members.items()}, [fate for _, fate in members.values()])


def _whole(value: Any, fates: list[Fate]) -> tuple[Any, Fate]:  # noqa: ANN401 - any JSON
    fate = max(fates, default=Fate.KEPT)
    return (value if fate is Fate.KEPT else None, fate)


def _marked(value: Object) -> tuple[Any, Fate]:
    """A value with a signature: a secret, unless it is known to be something else."""
    kind = value[SIGNATURE]
    if kind in (ASSET, ARCHIVE):
        return None, Fate.LOST
    if kind == REFERENCE:
        name = value.get("id")
        return (name, Fate.KEPT) if isinstance(name, str) and name != UNKNOWN else (None, Fate.LOST)
    if kind == INTEGER or (kind == OUTPUT and value.get("secret", False) is False):
        return _unwrapped(value["value"]) if "value" in value else (None, Fate.LOST)
    return None, Fate.SECRET
