"""What reading a state of any tool needs: its JSON, its members, and the sieve that keeps secrets out. Pure."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

import orjson

from auditor.drift.code import paths
from auditor.drift.code.forms.basic import plain
from auditor.drift.code.mapping import TypeMapping
from auditor.errors import StateError

Object: TypeAlias = Mapping[str, Any]

DEEPEST: Final = 100
"""Levels of nesting: states of real resources have about twenty."""
IDENTITY: Final = frozenset({"id", "arn", "region", "owner_id", "account_id"})
"""Attributes that tell which resource it is, and where; they are kept whatever a mapping reads."""
_UNMAPPED: Final = frozenset({"id", "arn"})
_EXPLAINED: Final = frozenset({"id", "arn", "region", "owner_id", "timeouts"})
"""Attributes that say nothing that could be compared: id and place of a resource, instructions to the provider."""


# ---------------------------------------------------------------------------------------- its JSON


def json_object(data: bytes, name: str, remedy: str) -> Object:
    """A state's document. Raises StateError for what is no JSON object, is cut off, or is nested beyond all sense.

    UTF-16 is accepted: `>` of Windows PowerShell writes it.
    """
    if not data.strip():
        raise StateError(f"{name} is empty.", remedy)
    if data.startswith(b"PK\x03\x04"):
        raise StateError(f"{name} is a saved plan (a ZIP file), not a state.", remedy)
    try:
        document = orjson.loads(_utf8(data))
    except orjson.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        raise StateError(f"{name} is not JSON, or it is cut off ({where}).", remedy) from None
    except UnicodeDecodeError:
        raise StateError(f"{name} is not JSON: its text cannot be decoded.", remedy) from None
    if _is_deeper(document, DEEPEST):
        raise StateError(f"{name} is nested more than {DEEPEST} levels deep: no tool writes such a state.", remedy)
    return an_object(document, name, "the document")


def _utf8(data: bytes) -> bytes:
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return data.decode("utf-16").encode()
    return data.removeprefix(codecs.BOM_UTF8)


def _is_deeper(value: object, levels: int) -> bool:
    level: list[object] = [value]
    for _ in range(levels + 1):
        level = [child for item in level for child in _children(item)]
        if not level:
            return False
    return True


def _children(value: object) -> Iterable[object]:
    if isinstance(value, dict):
        return value.values()
    return value if isinstance(value, list) else ()


def an_object(value: object, name: str, place: str) -> Object:
    """A member that must be an object. Raises StateError that names file and place."""
    if isinstance(value, dict):
        return value
    raise StateError(f"{name}: {place} is not an object.", "The file is damaged, or it is no state.")


def an_object_or_nothing(value: object, name: str, place: str) -> Object:
    """A member that may be left out, or null: then it is empty. Raises StateError for what else is no object."""
    return {} if value is None else an_object(value, name, place)


def a_list(value: object, name: str, place: str) -> list[Any]:
    """A member that must be a list. Raises StateError that names file and place."""
    if isinstance(value, list):
        return value
    raise StateError(f"{name}: {place} is not a list.", "The file is damaged, or it is no state.")


def a_list_or_nothing(value: object, name: str, place: str) -> list[Any]:
    """A member that may be left out, or null: then it is empty. Raises StateError for what else is no list."""
    return [] if value is None else a_list(value, name, place)


def a_name(value: object, name: str, place: str) -> str:
    """A member that must be text, and some. Raises StateError that names file and place."""
    if isinstance(value, str) and value:
        return value
    raise StateError(f"{name}: {place} is not a name.", "The file is damaged, or it is no state.")


def text(value: object) -> str:
    """A member that is text; empty for anything else."""
    return value if isinstance(value, str) else ""


def identifier(value: object) -> str:
    """An id: text, or a number as text; empty for anything else."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return ""
    return str(int(value) if isinstance(value, float) and value.is_integer() else value)


# ---------------------------------------------------------------------------------------- what is kept of a resource


def is_nothing(value: object) -> bool:
    """Whether a value says no more than that there is none: null, "", [], {}, false, 0, as the form `plain` has it."""
    if isinstance(value, dict | list):
        return all(map(is_nothing, _children(value)))
    return plain(value) is None


@dataclass(frozen=True, slots=True)
class Sifted:
    """A resource's attributes as far as they are kept, and the names of others."""

    attributes: Object
    withheld: frozenset[str]
    unread: frozenset[str]


class Sieve:
    """Keeps of a resource what a comparison reads, and nothing else: states are full of secrets."""

    def __init__(self, mapping: TypeMapping | None) -> None:
        self.is_mapped = mapping is not None
        secret = mapping.secret if mapping is not None else frozenset()
        self.secret = frozenset(name for name in secret if "." not in name)
        self.members = secret - self.secret
        """Members of blocks that may hold secrets: `target.input`."""
        self.kept = (IDENTITY | mapping.read if mapping is not None else _UNMAPPED) - self.secret
        self.explained = _explained(mapping) if mapping is not None else frozenset()

    def sift(self, attributes: Object, secret: frozenset[str], lost: frozenset[str] = frozenset()) -> Sifted:
        """Take what is kept from all attributes of a resource, by Terraform's names.

        `secret`: those that the state marks. `lost`: those whose value has no form that can be read, and that may be
        missing in `attributes`.
        """
        told = {name for name, value in attributes.items() if not is_nothing(value)} | lost
        withheld = told & (secret | self.secret | (lost & self.kept))
        unread = told - withheld - self.explained if self.is_mapped else frozenset()
        kept = {
            name: _harmless(value, name, self.members)
            for name, value in attributes.items()
            if name in self.kept and name not in secret and name not in lost
        }
        dropped = {path for name in kept for path in _secret_members(attributes[name], name, self.members)}
        return Sifted(kept, frozenset(withheld | dropped), frozenset(unread))


_SECRET = re.compile(
    r".*(?:password|passphrase|client_?secret|private_?key|auth_?token|secret_?(?:string|key|value))", re.IGNORECASE
)
"""Members that hold secrets wherever they stand: `client_secret` of a listener's `authenticate_oidc`."""


def _secret_members(value: object, path: str, secret: frozenset[str]) -> Iterator[str]:
    """The paths of a value's members that `_harmless` drops, and that say something."""
    if isinstance(value, list):
        for item in value:
            yield from _secret_members(item, path, secret)
    elif isinstance(value, dict):
        for name, item in value.items():
            if f"{path}.{name}" not in secret and not _SECRET.fullmatch(name):
                yield from _secret_members(item, f"{path}.{name}", secret)
            elif not is_nothing(item):
                yield f"{path}.{name}"


def _harmless(value: Any, path: str, secret: frozenset[str]) -> Any:  # noqa: ANN401 - any JSON
    """A value without members that hold secrets, or that a mapping says may."""
    if isinstance(value, dict):
        return {
            name: _harmless(item, f"{path}.{name}", secret)
            for name, item in value.items()
            if f"{path}.{name}" not in secret and not _SECRET.fullmatch(name)
        }
    return [_harmless(item, path, secret) for item in value] if isinstance(value, list) else value


def _explained(mapping: TypeMapping) -> frozenset[str]:
    compared = frozenset().union(*(paths.members(attribute.declared) for attribute in mapping.attributes))
    named = compared | {attribute.name for attribute in mapping.attributes} | mapping.read
    known = named | mapping.computed | mapping.provider_only | mapping.secret | _EXPLAINED
    return known - mapping.not_collected
