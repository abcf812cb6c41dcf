"""OSCAL's data types: UUIDs, tokens, property values, times, and Markdown that says exactly a given text."""

from __future__ import annotations

import datetime
import json
import re
import uuid
from typing import Any

from auditor.reports.sanitize import visible

Part = dict[str, Any]
"""A piece of the document."""

NAMESPACE = "urn:aws-auditor:oscal"
"""Qualifies the names of our own properties, and makes our UUIDs."""

_IDS = uuid.uuid5(uuid.NAMESPACE_URL, NAMESPACE)


def identity(*parts: object) -> str:
    """A UUID of version 5 for what these parts (JSON values) name."""
    return str(uuid.uuid5(_IDS, json.dumps(parts)))


def token(name: str) -> str:
    """A name in the form of an XML NCName: every character that it has not becomes its code, `_x3a_` for a colon."""
    plain = re.sub(r"[^A-Za-z0-9.\-_]", lambda found: f"_x{ord(found[0]):x}_", name)
    return plain if re.match("[A-Za-z_]", plain) else f"_{plain}"


def prop(name: str, given: object, **more: str) -> Part:
    """A property of our own namespace."""
    return {"name": token(name), "ns": NAMESPACE, "value": value(given), **more}


def value(given: object) -> str:
    """A value as one line of plain text without blanks round it; what is not text as JSON."""
    text = given if isinstance(given, str) else json.dumps(given, ensure_ascii=False)
    return visible(text).strip() or "-"


def moment(text: str) -> str:
    """A time in UTC (`Z`): OSCAL knows only offsets in use. ValueError where the text is no time."""
    parsed = datetime.datetime.fromisoformat(text)
    utc = parsed.replace(tzinfo=parsed.tzinfo or datetime.UTC).astimezone(datetime.UTC)
    return utc.isoformat().replace("+00:00", "Z")


def end_of_day(text: object) -> str:
    """The last second of a day, UTC; empty where the text is no day."""
    try:
        day = datetime.date.fromisoformat(str(text))
    except ValueError:
        return ""
    return f"{day.isoformat()}T23:59:59Z"


# ---------------------------------------------------------------------------------------- Markdown

# What CommonMark, or OSCAL's own `~sub~`, `^sup^` and `{{ insert }}`, would take for markup in a line, and what would
# open a block at its beginning. Angle brackets become entities, which are harmless where somebody takes the prose for
# HTML, too. https://pages.nist.gov/metaschema/specification/datatypes/#markup-data-types
_ENTITY = re.compile(r"&(?=#?\w+;)")
_INLINE = re.compile(r"[\\`*\[\]{}~^|$]|(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])")
_BULLET = re.compile(r"^(?=[#+=-])")
_NUMBER = re.compile(r"^(\d+)(?=[.)])")


def line(text: object) -> str:
    """One line of Markdown that says exactly this text; never empty."""
    plain = _ENTITY.sub("&amp;", visible(text).strip()).replace("<", "&lt;").replace(">", "&gt;")
    plain = _INLINE.sub(r"\\\g<0>", plain)
    return _NUMBER.sub(r"\1\\", _BULLET.sub(r"\\", plain)) or "-"


def prose(text: object) -> str:
    """Markdown that says this text, line by line."""
    lines = visible(text, lines=True).split("\n")
    return "\n".join(line(each) if each.strip() else "" for each in lines).strip() or "-"


def code(text: str) -> str:
    """A block of SQL; its fence is longer than any run of backticks in it."""
    plain = visible(text.strip(), lines=True)
    fence = "`" * max(3, 1 + max((len(run) for run in re.findall("`+", plain)), default=0))
    return f"{fence}sql\n{plain}\n{fence}"
