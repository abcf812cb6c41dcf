"""TOML files that know on which line each of their keys stands, so that every message about a file can name it.

tomli (like every TOML parser on PyPI that was tried: tomlkit, rtoml) keeps no positions. So tomli parses, and decides
alone what is valid; a small scanner then walks over the same, by now known to be valid, text and notes the keys.
"""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import tomli

from auditor.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

Key: TypeAlias = tuple[str | int, ...]
"""Where a value stands: `("waivers", 0, "expires")`."""

_BARE_KEY: Final = re.compile(r"[A-Za-z0-9_-]+")
_BLANK: Final = re.compile(r"(?:[ \t\n]|#[^\n]*)*")
_SPACE: Final = re.compile(r"[ \t]*")
_SCALAR: Final = re.compile(r"[^,\]}#\n]*")
_BASIC: Final = re.compile(r'"(?:[^"\\\n]|\\.)*"')
_LITERAL: Final = re.compile(r"'[^'\n]*'")
_LONG_BASIC: Final = re.compile(r'"""(?:[^"\\]|\\.|"(?!""))*"{3,5}', re.DOTALL)
_LONG_LITERAL: Final = re.compile(r"'''(?:[^']|'(?!''))*'{3,5}", re.DOTALL)
_STRINGS: Final = (_LONG_BASIC, _LONG_LITERAL, _BASIC, _LITERAL)
_DATE_LIKE: Final = re.compile(r"[^=]*=\s*[\"']?\d{1,4}[-/.]\d")
_PLAINER: Final = {
    "Cannot overwrite a value": "given twice: remove one of the two",
    "Invalid value": "no value that TOML knows: text stands in quotes, true and false are in small letters",
    "Expected newline or end of document after a statement": "unexpected text after the value: text stands in quotes",
}


@dataclass(frozen=True)
class Document:
    """A TOML file: what it says, and where."""

    path: Path
    """As the user named it; messages begin with it."""
    data: Mapping[str, Any]
    text: str = field(repr=False)

    @cached_property
    def lines(self) -> Mapping[Key, int]:
        """Key -> line, from 1. Found when it is asked for: nearly always there is nothing to complain of."""
        scanner = _Scanner(self.text)
        with suppress(RecursionError):  # tomli bears more levels of brackets
            scanner.run()
        return scanner.lines

    def line_of(self, key: Key) -> int:
        """Line (from 1) of the key, or of the nearest table around it where the key is not in the file."""
        while key and key not in self.lines:
            key = key[:-1]
        return self.lines.get(key, 1)

    def problem(self, key: Key, what: str) -> str:
        """One line for a `ConfigError`: `config.toml:12: waivers[0].expires: what`."""
        name = f"{dotted(key)}: " if key else ""
        return f"{self.path}:{self.line_of(key)}: {name}{_printable(what)}"


def load(path: Path) -> Document:
    """Read a TOML file; raises ConfigError with one line where it cannot be read or is not TOML."""
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ConfigError([f"{path}: not UTF-8 text (byte {error.start}): save the file as UTF-8"]) from error
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise ConfigError([f"{path}: cannot be read ({reason}): check the path and its permissions"]) from error
    return parse(text, path)


def parse(text: str, path: Path) -> Document:
    """Parse TOML that is at hand; `path` is for messages."""
    text = text.replace("\r\n", "\n")
    try:
        data = tomli.loads(text)
    except tomli.TOMLDecodeError as error:
        raise ConfigError([_syntax_problem(text, path, error)]) from error
    except RecursionError as error:
        raise ConfigError([f"{path}: nested too deeply: use fewer levels of brackets"]) from error
    except ValueError as error:  # an integer of thousands of digits
        raise ConfigError([f"{path}: a value is out of range ({error})"]) from error
    return Document(path, data, text)


def _printable(text: str) -> str:
    """Keep a message on one line and free of control characters, whatever the file has in its strings."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in text)


def dotted(key: Key) -> str:
    """Show a key as TOML's users write it: `waivers[0].expires`, `parameters."a b"`."""
    shown = ""
    for part in key:
        if isinstance(part, int):
            shown += f"[{part}]"
        else:
            escaped = part.replace("\\", "\\\\").replace('"', '\\"')
            name = part if _BARE_KEY.fullmatch(part) else f'"{_printable(escaped)}"'
            shown += f".{name}" if shown else name
    return shown


def _syntax_problem(text: str, path: Path, error: tomli.TOMLDecodeError) -> str:
    """Word a syntax error in one line; the key is named where the line has one."""
    line = text.split("\n")[error.lineno - 1]
    what = _PLAINER.get(error.msg, error.msg)
    assignment = re.match(r"\s*([A-Za-z0-9_.-]+)\s*=", line)
    if assignment is None:
        return f"{path}:{error.lineno}: not valid TOML: {what} (column {error.colno})"
    key = (*_table_at(text, error.lineno), *assignment[1].split("."))
    if _DATE_LIKE.match(line):
        return f"{path}:{error.lineno}: {dotted(key)}: not a date: write it as YYYY-MM-DD, as in 2027-01-31"
    return f"{path}:{error.lineno}: {dotted(key)}: not valid TOML: {what} (column {error.colno})"


def _table_at(text: str, line: int) -> Key:
    """Say which table the line belongs to, as far as the text before it tells."""
    scanner = _Scanner("".join(f"{before}\n" for before in text.split("\n")[: line - 1]))
    try:
        scanner.run()
    except (IndexError, ValueError, RecursionError):  # the text before it is not valid either
        return ()
    return scanner.table


class _Scanner:
    """Walks over valid TOML and notes the line of every key; what a value is worth is tomli's business."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.counted_to = 0
        self.line = 1
        self.table: Key = ()
        self.lines: dict[Key, int] = {}
        self.arrays: dict[Key, int] = {}

    def run(self) -> None:
        """Scan the whole text: headers and assignments."""
        self.skip(_BLANK)
        while self.at < len(self.text):
            if self.text.startswith("[", self.at):
                self.header()
            else:
                self.assignment(self.table)
            self.skip(_BLANK)

    def skip(self, pattern: re.Pattern[str]) -> str:
        """Go past what matches here (which may be nothing)."""
        match = pattern.match(self.text, self.at)
        if match is None:
            raise ValueError(f"unexpected text at {self.at}")
        self.at = match.end()
        return match[0]

    def note(self, key: Key) -> None:
        """Remember where a key, and each table that it opens, was first seen."""
        self.line += self.text.count("\n", self.counted_to, self.at)
        self.counted_to = self.at
        for length in range(1, len(key) + 1):
            self.lines.setdefault(key[:length], self.line)

    def header(self) -> None:
        """`[a.b]`, or `[[a.b]]`, which opens the array's next table."""
        is_array = self.text.startswith("[[", self.at)
        self.at += 2 if is_array else 1
        parts = self.key()
        self.at += 2 if is_array else 1
        table: Key = ()
        for part in parts[:-1]:
            table = self.inside((*table, part))
        table = (*table, parts[-1])
        if is_array:
            self.arrays[table] = self.arrays.get(table, -1) + 1
        self.table = self.inside(table)
        self.note(self.table)

    def inside(self, table: Key) -> Key:
        """Step into an array of tables' latest one."""
        return (*table, self.arrays[table]) if table in self.arrays else table

    def key(self) -> Key:
        """A bare, quoted or dotted key, with the space around it."""
        parts: list[str] = []
        while True:
            self.skip(_SPACE)
            if self.text[self.at] in "\"'":
                quoted = self.skip(_BASIC if self.text[self.at] == '"' else _LITERAL)
                parts.append(str(tomli.loads(f"key = {quoted}")["key"]))
            else:
                parts.append(self.skip(_BARE_KEY))
            self.skip(_SPACE)
            if not self.text.startswith(".", self.at):
                return tuple(parts)
            self.at += 1

    def assignment(self, table: Key) -> None:
        """`key = value`."""
        start = self.at
        parts = self.key()
        end, self.at = self.at, start
        key = (*table, *parts)
        self.note(key)
        self.at = end + 1
        self.skip(_SPACE)
        self.value(key)

    def value(self, key: Key) -> None:
        """Any value; only arrays and inline tables have keys inside."""
        opening = self.text[self.at : self.at + 1]
        if opening == "[":
            self.array(key)
        elif opening == "{":
            self.inline_table(key)
        elif opening in ('"', "'"):
            self.string()
        else:
            self.skip(_SCALAR)

    def string(self) -> None:
        """Go past a string of any of the four kinds."""
        for pattern in _STRINGS:
            if pattern.match(self.text, self.at):
                self.skip(pattern)
                return
        raise ValueError(f"unfinished string at {self.at}")

    def array(self, key: Key) -> None:
        """`[value, …]`; an item's key is its index."""
        self.at += 1
        index = 0
        self.skip(_BLANK)
        while self.text[self.at] != "]":
            self.note((*key, index))
            self.value((*key, index))
            index += 1
            self.separator()
        self.at += 1

    def inline_table(self, key: Key) -> None:
        """`{ key = value, … }`."""
        self.at += 1
        self.skip(_BLANK)
        while self.text[self.at] != "}":
            self.assignment(key)
            self.separator()
        self.at += 1

    def separator(self) -> None:
        """Blank space around a comma, or before the closing bracket."""
        self.skip(_BLANK)
        if self.text[self.at] == ",":
            self.at += 1
            self.skip(_BLANK)
