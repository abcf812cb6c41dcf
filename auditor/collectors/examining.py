"""Text that may hold credentials, examined before anything is written (SEC-05).

What is stored of it is where something was found, what it looks like and a keyed fingerprint: the key is made anew for
each process and never stored, so that equal values can be told within an audit, and none can be guessed from it.
"""

from __future__ import annotations

import base64
import binascii
import functools
import secrets
import zlib
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from auditor.collectors import values

if TYPE_CHECKING:
    from auditor.collectors.credentials import Suspect

TYPE = "STRUCT(place VARCHAR, reason VARCHAR, fingerprint VARCHAR)[]"
"""The DuckDB type of an examined column; an empty list where nothing was found."""

_KEY = secrets.token_bytes(32)
_GZIP = b"\x1f\x8b"
_LARGEST = 1 << 20


def examined(reader: str) -> values.Column:
    """The column that holds what a reader finds; raises KeyError for a reader that there is not."""
    return values.Column(TYPE, functools.partial(_convert, READERS[reader]))


def _convert(reader: Callable[[Any], Iterator[Suspect]], value: object) -> list[dict[str, str]]:
    from auditor.collectors.credentials import fingerprint

    return [
        {
            "place": values.text(found.place),
            "reason": values.text(found.reason),
            "fingerprint": fingerprint(found.value, _KEY) if found.value else "",
        }
        for found in reader(value)
    ]


def _pairs(value: Any, place: str = "") -> Iterator[Suspect]:  # noqa: ANN401 - what AWS answered
    """Names with values: a map, or a list of {name, value} in any of AWS's spellings."""
    from auditor.collectors.credentials import in_pairs

    if isinstance(value, list):
        told = [(str(_first(item, _NAMES)), str(item[one])) for item in value for one in _VALUES if item.get(one)]
        for name, text in sorted(told):
            yield from in_pairs({name: text}, place)
    elif isinstance(value, Mapping):
        yield from in_pairs({str(name): str(text) for name, text in value.items() if text is not None}, place)


_NAMES = ("name", "ParameterKey", "OutputKey")
_VALUES = ("value", "ParameterValue", "ResolvedValue", "OutputValue")


def _first(item: Mapping[str, Any], names: tuple[str, ...]) -> Any:  # noqa: ANN401 - what AWS answered
    return next((item[name] for name in names if item.get(name) is not None), None)


def _text(value: Any, place: str = "") -> Iterator[Suspect]:  # noqa: ANN401 - what AWS answered
    """A script or any other text."""
    from auditor.collectors.credentials import in_text

    if value:
        yield from in_text(str(value), place)


def _user_data(value: Any) -> Iterator[Suspect]:  # noqa: ANN401 - what AWS answered
    """User data: base64 of a script or of cloud-init's YAML, which may be compressed."""
    if not value:
        return
    try:
        raw = base64.b64decode(value)
    except (binascii.Error, ValueError):
        raw = str(value).encode()
    if raw.startswith(_GZIP):
        try:
            unpacking = zlib.decompressobj(wbits=31)
            raw = unpacking.decompress(raw, _LARGEST)
        except zlib.error as error:
            raise ValueError("the user data is compressed, and cannot be unpacked") from error
        if unpacking.unconsumed_tail:
            raise ValueError(f"the user data is compressed, and unpacks to more than {_LARGEST} bytes")
    yield from _text(raw.decode("utf-8", "replace"))


def _containers(value: Any) -> Iterator[Suspect]:  # noqa: ANN401 - what AWS answered
    """Container definitions of a task: environment, command, entry point, health check, log options, labels."""
    for container in value or []:
        place = f"container {container.get('name', '')}"
        yield from _pairs(container.get("environment"), f"{place}: environment")
        for member in ("entryPoint", "command"):
            yield from _text(" ".join(container.get(member) or []), f"{place}: {member}")
        check = (container.get("healthCheck") or {}).get("command") or []
        yield from _text(" ".join(check), f"{place}: healthCheck")
        logs = (container.get("logConfiguration") or {}).get("options")
        yield from _pairs(logs, f"{place}: logConfiguration")
        yield from _pairs(container.get("dockerLabels"), f"{place}: dockerLabels")
        yield from _pairs(
            (container.get("firelensConfiguration") or {}).get("options"), f"{place}: firelensConfiguration"
        )


def _stack(value: Any) -> Iterator[Suspect]:  # noqa: ANN401 - what AWS answered
    """The parameters and outputs of a CloudFormation stack."""
    yield from _pairs(value.get("Parameters"), "parameter")
    yield from _pairs(value.get("Outputs"), "output")


def _parameter(value: Any) -> Iterator[Suspect]:  # noqa: ANN401 - what AWS answered
    """A parameter's name and description: its value is never fetched. SecureString is not plain text."""
    from auditor.collectors.credentials import Suspect, in_names

    if value.get("Type") in {"String", "StringList"}:
        reason = in_names(str(value.get("Name") or ""), str(value.get("Description") or ""))
        if reason:
            yield Suspect(place=str(value.get("Name")), reason=reason, value="")


READERS: Mapping[str, Callable[[Any], Iterator[Suspect]]] = {
    "pairs": _pairs,
    "text": _text,
    "user_data": _user_data,
    "containers": _containers,
    "stack": _stack,
    "parameter": _parameter,
}
"""How text is read, by name."""
