"""Names with values in scripts, configuration, YAML, JSON, XML and SQL: `NAME=value`, `--name value`, … Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator

from auditor.collectors.credentials.formats import Hit
from auditor.collectors.credentials.literals import is_reference, literal, names_a_variable
from auditor.collectors.credentials.names import STEM, Kind, kind

_ASSIGNED = re.compile(
    r"(?<![\w.-])-{0,3}+(?P<name>[A-Za-z_][\w.-]{0,127}+)(?P<closed>\\{0,2}[\"']?)\]?"
    r"(?:(?P<gap>[ \t]{0,8}+)(?P<sign>:=|=>|={1,3}|::|:)[ \t]{0,16}+)"
)
_OPTION = re.compile(r"(?<![\w.-])--?(?P<name>[A-Za-z][\w.-]{1,63}+)[ \t]{1,8}+(?=[^\s-])")
_SPACED = re.compile(
    r"^[ \t]*+(?:ENV|SetEnv|setx|setenv|fastcgi_param|machine[ \t]+\S{1,128}[ \t]+login[ \t]+\S{1,128})[ \t]+"
    r"(?P<name>[A-Za-z_][\w.-]{0,127}+)[ \t]+(?=\S)",
    re.MULTILINE,
)
_DIRECTIVE = re.compile(r"^[ \t]*+(?P<name>requirepass|bindpw|rootpw)[ \t]+(?:--\w{1,16}[ \t]+)?(?=\S)", re.MULTILINE)
"""Lines of redis.conf, ldap.conf and kickstart files."""
_CONFIGURED = re.compile(
    r"\bconfig(?:ure)?[ \t]+(?:set[ \t]+|--\w{1,32}[ \t]+){0,3}(?P<name>[\w.:/@-]{2,200}+)[ \t]+(?=\S)"
)
_CALL = re.compile(
    r"(?:define|[sS]et\w{0,32}|put|add|env|config)\([ \t]*[\"'](?P<name>[\w.-]{1,128}+)[\"'][ \t]*,[ \t]*(?=[\"'])"
)
_NAME_AND_VALUE = re.compile(
    r"(?:name|key)\\{0,2}[\"']?\s{0,4}[:=]\s{0,4}\\{0,2}[\"']?(?P<name>[A-Za-z_][\w.-]{0,127}+)\\{0,2}[\"']?,?\s{0,64}+"
    r"\\{0,2}[\"']?(?:Parameter|Output)?value\\{0,2}[\"']?\s{0,4}[:=]\s{0,4}(?=\S)",
    re.IGNORECASE,
)
_ELEMENT = re.compile(
    r"<(?P<name>[A-Za-z_][\w.:-]{0,127}+)(?:[ \t][^<>\n]{0,128}+)?>(?:[ \t\r\n]{0,32}<Value>)?(?=[^<\s])"
)
_SQL = re.compile(
    r"\b(?:identified[ \t]+(?:with[ \t]+\S{1,64}[ \t]+)?by|password)[ \t]{1,4}\(?(?=['\"])", re.IGNORECASE
)
_SECURE_STRING = re.compile(
    r"ConvertTo-SecureString[ \t]+(?:-String[ \t]+)?(?=[\"'])|-AsPlainText[ \t]+(?=\\?[\"'])", re.IGNORECASE
)
_HINT = re.compile("identified|securestring|asplaintext", re.IGNORECASE)
_REPLACED = re.compile(r"(?<!\w)s([/|#@~])")

_QUOTED = re.compile(r"(?P<escape>\\{0,3})(?P<quote>[\"'])")
_BARE = re.compile(r"[^\s\"'`;,&|<>(){}\[\]]{1,4096}+")
_DEFAULT = re.compile(r"[-=]([^{}\n]{1,4096}+)\}")
_WHOLE = re.compile(r"[^\s\"'`]{1,4096}+(?=[ \t\r]*(?:$|[ \t]#))", re.MULTILINE)
_VARIABLE = re.compile(r"!?\$?(?:pass|passw(?:or)?d|passphrase|secret|token|key)[;,)]?[ \t\r]*(?:$|\n)", re.IGNORECASE)
_CODE = re.compile(r"[A-Za-z_][\w.]*+\(")
_PROSE = re.compile(r"[a-z]+[,.]?[ \t]+[A-Za-z]")
_LONGEST = 4096
_LONGEST_SAID = 200


def by_name(text: str) -> Iterator[Hit]:
    """Every value under a credential's name; the more particular spellings first."""
    if not STEM.search(text) and not _HINT.search(text):
        return
    yield from _phrases(text)
    for pattern in (_NAME_AND_VALUE, _SPACED, _DIRECTIVE, _CONFIGURED, _CALL, _ELEMENT, _OPTION):
        position = 0
        while match := pattern.search(text, position):
            position = match.end()
            hit = _judged(
                text, match["name"], position, line=pattern in {_SPACED, _DIRECTIVE}, is_option=pattern is _OPTION
            )
            if hit:
                yield hit
                position = max(position, hit.end)
    yield from _assignments(text)
    yield from _replacements(text)


def _assignments(text: str) -> Iterator[Hit]:
    position = 0
    while match := _ASSIGNED.search(text, position):
        position = match.end()
        name, sign = match["name"], match["sign"]
        if not STEM.search(name):
            continue
        before = text[max(0, match.start() - 2) : match.start()]
        if before == "${":
            hit = _judged_default(text, name, position)
        elif sign == ":" and before.endswith(":"):
            continue  # a part of an ARN
        elif (match["gap"] and sign != ":" and _VARIABLE.match(text, position)) or _is_label(text, match):
            continue
        else:
            is_line = not match["gap"] and _starts_line(text, match.start())
            is_code = bool(match["gap"]) or sign not in {"=", "==", "==="}
            hit = _judged(text, name, position, line=is_line, is_code=is_code)
        if hit:
            yield hit
            position = max(position, hit.end)


def _is_label(text: str, match: re.Match[str]) -> bool:
    """`"Password: "`: the quote after the sign closes the text that the name stands in."""
    before = text[match.start() - 1] if match.start() else ""
    return not match["closed"] and before in {'"', "'"} and text.startswith(before, match.end())


def _judged_default(text: str, name: str, start: int) -> Hit | None:
    """The shell's `${NAME:-value}`."""
    match = _DEFAULT.match(text, start)
    found = kind(name)
    credential = literal(found, name, match[1]) if found and match else None
    return Hit(match.start(1), match.end(1), f"{found} by its name", credential) if match and credential else None


def _starts_line(text: str, start: int) -> bool:
    before = text[max(0, start - 24) : start].rpartition("\n")[2].strip()
    return before in {"", "export", "set", "ENV", "ARG", "-", "declare -x", "Environment=", "#", "$"}


def _judged(
    text: str, name: str, start: int, *, line: bool = False, is_code: bool = False, is_option: bool = False
) -> Hit | None:
    """The hit of the value that begins at `start`, if its name says that it is a credential and it is one."""
    found = kind(name)
    if found is None or (is_option and found is Kind.CONNECTION):
        return None
    begin, value, is_quoted = _value(text, start, line=line)
    if is_option and found is Kind.CREDENTIALS and ":" not in value:
        return None
    if value[:1].isspace() or (not is_quoted and _is_code(text, begin, value, is_code=is_code)):
        return None
    credential = literal(found, name, value)
    if credential is None:
        return None
    said = (
        f"{found} on a command line"
        if is_option
        else f"{found} by {'their' if found is Kind.CREDENTIALS else 'its'} name"
    )
    return Hit(begin, begin + len(value), said, credential)


def _is_code(text: str, begin: int, value: str, *, is_code: bool) -> bool:
    """Whether an unquoted value is a variable, a call or the first word of a sentence."""
    after = text[begin + len(value) : begin + len(value) + 1]
    if after in {"(", "["} or _CODE.match(value) or names_a_variable(value):
        return True
    return is_code and bool(_PROSE.match(text, begin, begin + _LONGEST_SAID))


def _value(text: str, start: int, *, line: bool) -> tuple[int, str, bool]:
    """Where the value at `start` begins, the value, and whether it is quoted; an empty one where there is none."""
    opened = _QUOTED.match(text, start)
    if opened is None:
        bare = (line and _WHOLE.match(text, start)) or _BARE.match(text, start)
        value = bare[0] if bare else ""
        return start, value.rstrip(".:") if not line else value, False
    begin = opened.end()
    closing = opened["escape"] + opened["quote"]
    limit = begin + _LONGEST
    newline = text.find("\n", begin, limit)
    stop = text.find(closing, begin, newline if newline >= 0 else limit)
    while not opened["escape"] and stop > begin and text[stop - 1] == "\\" and stop + 1 < limit:
        stop = text.find(closing, stop + 1, newline if newline >= 0 else limit)
    return begin, text[begin:stop] if stop > begin else "", True


def _phrases(text: str) -> Iterator[Hit]:
    """SQL's `IDENTIFIED BY '…'` and PowerShell's secure strings made of plain text."""
    for pattern, reason in ((_SQL, "password in SQL"), (_SECURE_STRING, "password on a command line")):
        for match in pattern.finditer(text):
            begin, value, _ = _value(text, match.end(), line=False)
            credential = literal(Kind.PASSWORD, "password", value)
            if credential is not None:
                yield Hit(begin, begin + len(value), reason, credential)


def _replacements(text: str) -> Iterator[Hit]:
    """`sed s/password_here/value/`."""
    for match in _REPLACED.finditer(text):
        limit = match.end() + _LONGEST_SAID
        middle = text.find(match[1], match.end(), limit)
        stop = text.find(match[1], middle + 1, limit + _LONGEST_SAID) if middle > 0 else -1
        if stop < 0 or "\n" in text[match.end() : stop]:
            continue
        pattern, value = text[match.end() : middle].strip("^$ {}_<>%@.*"), text[middle + 1 : stop]
        name = re.fullmatch(r"[\w.-]{2,64}", pattern)
        said = kind(pattern.removesuffix("_here").removesuffix("-here")) if name else None
        if said and not is_reference(value or "-") and (credential := literal(said, pattern, value)):
            yield Hit(middle + 1, stop, f"{said} by its name", credential)
