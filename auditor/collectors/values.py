"""How a value that AWS answered is brought into a typed column. Pure."""

from __future__ import annotations

import base64
import dataclasses
import datetime
from collections.abc import Callable, Mapping
from typing import Any

import orjson

Convert = Callable[[Any], Any]

_BIGINT = 2**63
_DEEPEST = 200
"""Levels of a document; beyond it neither Python nor orjson follows."""


@dataclasses.dataclass(frozen=True, slots=True)
class Column:
    """A DuckDB type, how a value is brought into it, and the JMESPath in the item (empty: a detail fills it)."""

    type: str
    convert: Convert
    path: str = ""


def at(path: str, column: Column) -> Column:
    """The column, filled from a path of the item."""
    return dataclasses.replace(column, path=path)


def text(value: object) -> str:
    """A string that UTF-8 can hold: a lone surrogate becomes `?`. Numbers and booleans that a service sends for a
    string are written out; anything else raises ValueError.
    """
    if isinstance(value, str):
        return value if value.isascii() else value.encode("utf-8", "replace").decode("utf-8")
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return str(value)
    if isinstance(value, datetime.datetime):
        return timestamp(value)
    raise ValueError(f"expected text, AWS answered {type(value).__name__}")


def integer(value: object) -> int:
    """A whole number within 64 bits; raises ValueError otherwise."""
    if isinstance(value, bool) or not isinstance(value, int | str | float):
        raise ValueError(f"expected a whole number, AWS answered {type(value).__name__}")
    number = int(value)
    if not -_BIGINT <= number < _BIGINT or (isinstance(value, float) and number != value):
        raise ValueError(f"{value!r} is no 64-bit whole number")
    return number


def double(value: object) -> float:
    """A number; raises ValueError otherwise."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise ValueError(f"expected a number, AWS answered {type(value).__name__}")
    return float(value)


def boolean(value: object) -> bool:
    """A truth value, `"true"` and `"false"` included; raises ValueError otherwise."""
    if isinstance(value, bool):
        return value
    if isinstance(value, str) and value.lower() in {"true", "false"}:
        return value.lower() == "true"
    raise ValueError(f"expected true or false, AWS answered {value!r}")


def timestamp(value: object) -> str:
    """A moment as ISO 8601 in UTC; a naive one is taken for UTC. Raises ValueError for anything else."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        try:
            value = datetime.datetime.fromtimestamp(value, datetime.UTC)
        except (OverflowError, OSError) as error:
            raise ValueError(f"{value!r} is no time") from error
    if isinstance(value, str):
        value = datetime.datetime.fromisoformat(value)
    if not isinstance(value, datetime.datetime):
        raise ValueError(f"expected a time, AWS answered {type(value).__name__}")
    aware = value.replace(tzinfo=datetime.UTC) if value.tzinfo is None else value.astimezone(datetime.UTC)
    return aware.isoformat()


def document(value: object) -> Any:  # noqa: ANN401 - any JSON
    """A document: JSON text is read; what is no JSON stays a string, so that a reader can say so."""
    if isinstance(value, str):
        try:
            return clean(orjson.loads(value))
        except orjson.JSONDecodeError:
            return text(value)
    return clean(value)


def clean(value: object, depth: int = 0) -> Any:  # noqa: ANN401 - any JSON
    """Any answer as what JSON can hold. Raises ValueError where it is nested too deeply."""
    if depth > _DEEPEST:
        raise ValueError(f"nested deeper than {_DEEPEST} levels")
    if isinstance(value, Mapping):
        return {text(key): clean(item, depth + 1) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [clean(item, depth + 1) for item in value]
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    if value is None or isinstance(value, bool | float) or (isinstance(value, int) and -_BIGINT <= value < _BIGINT):
        return value
    return text(value)


def blob(value: object) -> str:
    """Bytes in base64."""
    return base64.b64encode(value).decode() if isinstance(value, bytes) else text(value)


def tags(value: object) -> dict[str, str]:
    """Tags in any of AWS's forms ({Key, Value}, {TagKey, TagValue}, a map) as a map. A tag without value is ''."""
    if value is None:
        return {}
    if isinstance(value, Mapping):
        return {text(key): text("" if item is None else item) for key, item in value.items()}
    if not isinstance(value, list):
        raise ValueError(f"expected tags, AWS answered {type(value).__name__}")
    pairs = {}
    for tag in value:
        key = tag.get("Key", tag.get("TagKey", tag.get("key")))
        item = tag.get("Value", tag.get("TagValue", tag.get("value")))
        pairs[text(key)] = text("" if item is None else item)
    return pairs


VARCHAR = Column("VARCHAR", text)
JSON = Column("JSON", document)
_SIMPLE = {
    "string": VARCHAR,
    "character": VARCHAR,
    "integer": Column("BIGINT", integer),
    "long": Column("BIGINT", integer),
    "float": Column("DOUBLE", double),
    "double": Column("DOUBLE", double),
    "boolean": Column("BOOLEAN", boolean),
    "timestamp": Column("TIMESTAMPTZ", timestamp),
    "blob": Column("VARCHAR", blob),
}


def declared(type_: str) -> Column:
    """A column whose type a declaration names."""
    if type_ == "JSON":
        return JSON
    if type_ == "MAP(VARCHAR, VARCHAR)":
        return Column(type_, tags)
    return next(column for column in _SIMPLE.values() if column.type == type_)


def column(shape: Any, above: tuple[str, ...] = ()) -> Column:  # noqa: ANN401 - botocore's shapes are untyped
    """The column for a botocore shape. A recursive or free-form shape, and a policy document, is JSON."""
    if shape.name in above or shape.name == "policyDocumentType" or getattr(shape, "is_document_type", False):
        return JSON
    above = (*above, shape.name)
    if shape.type_name == "structure":
        return _structure(shape, above)
    if shape.type_name == "list":
        return _list(column(shape.member, above))
    if shape.type_name == "map":
        return _map(column(shape.value, above))
    return _SIMPLE[shape.type_name]


def _structure(shape: Any, above: tuple[str, ...]) -> Column:  # noqa: ANN401 - botocore's shapes are untyped
    members = {name: column(member, above) for name, member in shape.members.items()}
    if not members or len({name.lower() for name in members}) < len(members):
        return JSON
    fields = ", ".join(f'"{name}" {member.type}' for name, member in members.items())

    def convert(value: object) -> dict[str, Any]:
        if not isinstance(value, Mapping):
            raise ValueError(f"expected {shape.name}, AWS answered {type(value).__name__}")
        return {n: m.convert(value[n]) for n, m in members.items() if value.get(n) is not None}

    return Column(f"STRUCT({fields})", convert)


def _list(member: Column) -> Column:
    def convert(value: object) -> list[Any]:
        if not isinstance(value, list | tuple):
            raise ValueError(f"expected a list, AWS answered {type(value).__name__}")
        return [member.convert(item) if item is not None else None for item in value]

    return Column(f"{member.type}[]", convert)


def _map(member: Column) -> Column:
    def convert(value: object) -> dict[str, Any]:
        if not isinstance(value, Mapping):
            raise ValueError(f"expected a map, AWS answered {type(value).__name__}")
        return {text(k): member.convert(v) if v is not None else None for k, v in value.items()}

    return Column(f"MAP(VARCHAR, {member.type})", convert)
