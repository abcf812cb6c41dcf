"""Credentials in plain text, recognized before anything is written (SEC-05). Pure, and linear in time.

Three things tell one: its form (an issuer's published format, `formats`), the name that it stands under (`names`,
`literals`, `assignments`), and the command that it is given to (`commands`). Nothing is guessed from randomness alone.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import re
import zlib
from bisect import bisect_left
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from auditor.collectors.credentials import vocabulary
from auditor.collectors.credentials.assignments import by_name as _by_name
from auditor.collectors.credentials.commands import on_command_lines
from auditor.collectors.credentials.formats import Hit, by_format, is_mixed, is_sample
from auditor.collectors.credentials.literals import is_reference, literal
from auditor.collectors.credentials.names import Kind, kind, words
from auditor.collectors.credentials.names import by_name as _by_name_alone

__all__ = ["MOST", "Suspect", "fingerprint", "in_names", "in_pairs", "in_text"]

MOST = 50
"""How many suspects of one text or one set of pairs are given; the last one says where there are more."""

_BASE64 = re.compile(r"(?<![A-Za-z0-9+/=_-])[A-Za-z0-9+/]{24,}+={0,2}(?![A-Za-z0-9+/=])")
_BLOCK = re.compile(
    r"(?:^[ \t]*+[A-Za-z0-9+/]{56,128}+\r?\n){2,}+(?:[ \t]*+[A-Za-z0-9+/]{1,128}+={0,2})?", re.MULTILINE
)
_POINTER = re.compile(
    r"arn:aws[a-z-]{0,12}:(?:secretsmanager|ssm):[\w+.@/:!-]{1,2048}+|\{\{resolve:[^{}\n]{1,2048}+\}\}", re.ASCII
)
"""ARNs of secrets and parameters, and CloudFormation's dynamic references: in them `prod/db-password:SecretString` says
where a credential is.
"""
_AUTH = frozenset({"auth", "authorization"})
_SCHEME = re.compile(r"\s*basic\s+", re.IGNORECASE)
_GZIP = b"\x1f\x8b"
_LARGEST = 65_536
_PRINTABLE = 0.95
_DEEPEST = 16
_LENGTH_OF_AN_AWS_SECRET = 40
_LONGEST_PLACE = 512


@dataclass(frozen=True, slots=True)
class Suspect:
    """Something that looks like a credential in plain text."""

    place: str
    """Where it stands: `DB_PASSWORD`, `container app: environment DB_PASSWORD`, `line 12`; never the credential."""
    reason: str
    """What it looks like: "AWS access key id", "password by its name", "password on a command line"."""
    value: str = field(repr=False)
    """The credential itself: make a fingerprint of it and drop it."""


def fingerprint(value: str, key: bytes) -> str:
    """The first 16 hexadecimal digits of HMAC-SHA256: tells equal values from different ones, and nothing else."""
    return hmac.new(key, value.encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()[:16]


def in_names(name: str, description: str = "") -> str | None:
    """Why a value that is not at hand is a credential, by its name and description alone; None where it is not."""
    return _by_name_alone(name, description)


def in_text(text: str, place: str = "") -> Iterator[Suspect]:
    """The credentials of a script, command line, YAML or .env file, in order; `place` is completed by the line."""
    ends = [match.start() for match in re.finditer("\n", text)]
    prefix = f"{place} " if place else ""
    found = ((f"{prefix}line {bisect_left(ends, hit.start) + 1}", hit) for hit in _scan(text))
    yield from _limited(Suspect(where, hit.reason, hit.value) for where, hit in found)


def in_pairs(pairs: Mapping[str, str], place: str = "") -> Iterator[Suspect]:
    """The credentials among named values, by name: environments, parameters, outputs. JSON values are looked into."""
    prefix = f"{place} " if place else ""
    found = (
        Suspect(prefix + where, hit.reason, hit.value)
        for number, name in enumerate(sorted(pairs), 1)
        for where, hit in _named(name, pairs[name], number)
    )
    yield from _limited(found)


def _limited(found: Iterator[Suspect]) -> Iterator[Suspect]:
    """Without duplicates, and at most MOST of them."""
    seen: set[tuple[str, str]] = set()
    first: list[Suspect] = []
    for one in found:
        if (one.place, one.value) not in seen:
            seen.add((one.place, one.value))
            first.append(one)
        if len(first) > MOST:
            break
    if len(first) > MOST:
        last = first[MOST - 1]
        first[MOST - 1 :] = [
            Suspect(last.place, f"{last.reason}; there are more, the first {MOST} are listed", last.value)
        ]
    yield from first


# ------------------------------------------------------------------------------------------------- one text


def _scan(text: str, *, is_decoded: bool = False) -> list[Hit]:
    """The hits in a text, by position; of those that overlap the most certain one."""
    text = _POINTER.sub(_without_names, text)
    taken = bytearray(len(text))
    hits: list[Hit] = []
    readers = (
        (by_format, on_command_lines, _by_name) if is_decoded else (by_format, _encoded, on_command_lines, _by_name)
    )
    for reader in readers:
        previous = (-1, -1)
        for hit in reader(text):
            is_beside = reader is _encoded and (hit.start, hit.end) == previous
            if is_beside or (hit.end > hit.start and taken.find(1, hit.start, hit.end) < 0):
                taken[hit.start : hit.end] = b"\x01" * (hit.end - hit.start)
                previous = (hit.start, hit.end)
                hits.append(hit)
    return sorted(hits, key=lambda hit: (hit.start, hit.end))


def _without_names(pointer: re.Match[str]) -> str:
    """A reference of the same length that names nothing."""
    return f"{pointer[0][:7]}{'.' * (len(pointer[0]) - 9)}{pointer[0][-2:]}"


def _encoded(text: str) -> Iterator[Hit]:
    """Base64 of text that holds a credential itself: one level, compressed text included."""
    for pattern in (_BLOCK, _BASE64):
        for match in pattern.finditer(text):
            inner = _decoded(match[0])
            for hit in _scan(inner, is_decoded=True) if inner else ():
                yield Hit(match.start(), match.end(), f"{hit.reason} (in base64)", hit.value)


def _decoded(value: str) -> str | None:
    """The text that base64 stands for, or None where it is not base64 or not text."""
    compact = "".join(value.split())
    try:
        raw = base64.b64decode(compact + "=" * (-len(compact) % 4), validate=True)
        if raw.startswith(_GZIP):
            raw = zlib.decompressobj(wbits=31).decompress(raw, _LARGEST)
        text = raw.decode()
    except (binascii.Error, zlib.error, ValueError):
        return None
    readable = sum(c.isprintable() or c in "\r\n\t" for c in text)
    return text if text and readable >= _PRINTABLE * len(text) else None


# ------------------------------------------------------------------------------------------------ named values


def _named(name: str, value: str, number: int) -> Iterator[tuple[str, Hit]]:
    """What a named value holds, with its place. A name that is a credential itself is not repeated."""
    place = name[:_LONGEST_PLACE]
    if slips := _scan(name):
        place = f"name {number}"
        yield from ((place, hit) for hit in slips)
    document = _document(value)
    if document is None:
        yield from ((place, hit) for hit in _value(name, value))
        return
    for path, leaf in _leaves(document, ""):
        inner = f"{place}: {path[:_LONGEST_PLACE]}"
        if path and _scan(path):
            inner = place
        last = path.rpartition(".")[2]
        yield from ((inner, hit) for hit in _value(last if kind(last) else name if not path else last, leaf))


def _value(name: str, value: str) -> list[Hit]:
    """The hits in a named value: by their form or place in it, else the whole of it by its name."""
    if hits := _scan(value):
        return hits
    if (user := _basic(name, value)) is not None:
        return [user]
    found = kind(name)
    credential = literal(found, name, value) if found else None
    if found and credential is not None:
        whose = "their" if found is Kind.CREDENTIALS else "its"
        return [Hit(0, len(value), f"{found} by {whose} name", credential)]
    stripped = value.strip()
    is_key = len(stripped) == _LENGTH_OF_AN_AWS_SECRET and re.fullmatch(r"[A-Za-z0-9/+]+", stripped)
    if is_key and is_mixed(stripped) and not is_sample(stripped) and not vocabulary.AWS.isdisjoint(words(name)):
        return [Hit(0, len(value), "AWS secret access key", stripped)]
    return []


def _basic(name: str, value: str) -> Hit | None:
    """Docker's `"auth": base64 of user:password`, and other basic authentication (`Authorization: Basic …`)."""
    if _AUTH.isdisjoint(words(name)) or (both := _decoded(_SCHEME.sub("", value))) is None:
        return None
    user, colon, password = both.partition(":")
    if not colon or not user or " " in both or is_reference(password or "-"):
        return None
    return Hit(0, len(value), "basic authentication", password)


def _document(value: str) -> object | None:
    """The JSON object or list that a value is, or None."""
    if value.lstrip()[:1] not in {"{", "["}:
        return None
    try:
        return json.loads(value)  # type: ignore[no-any-return]
    except (ValueError, RecursionError):
        return None


def _leaves(document: object, path: str, depth: int = 0) -> Iterator[tuple[str, str]]:
    """Every text and number of a document with its path; {name, value} structures as the pairs that they mean."""
    if depth > _DEEPEST:
        return
    if isinstance(document, str | int | float) and not isinstance(document, bool):
        yield path, str(document)
    elif isinstance(document, list):
        for item in document:
            yield from _leaves(item, path, depth + 1)
    elif isinstance(document, dict):
        lower = {str(key).lower(): item for key, item in document.items()}
        if isinstance(lower.get("name"), str) and isinstance(lower.get("value"), str):
            yield f"{path}.{lower['name']}" if path else lower["name"], lower["value"]
            return
        for key, item in document.items():
            yield from _leaves(item, f"{path}.{key}" if path else str(key), depth + 1)
