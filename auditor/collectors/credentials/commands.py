"""Passwords that are given to programs on a command line: `mysql -pSecret`, `curl -u user:pass`, `chpasswd`. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from auditor.collectors.credentials.formats import Hit
from auditor.collectors.credentials.literals import literal
from auditor.collectors.credentials.names import Kind

_REASON = "password on a command line"
_LINE = re.compile(
    r"(?P<stop>[\n;|&]++)|(?P<word>(?:[^\s\"'|;&\\]|\\.|\"(?:[^\"\\\n]|\\.)*+\"|'[^'\n]*+')++)|\\\r?\n|.", re.DOTALL
)

_CLIENTS = (
    "mysql",
    "mysqldump",
    "mysqladmin",
    "mysqlimport",
    "mysqlsh",
    "mariadb",
    "mariadb-dump",
    "mariadb-admin",
    "7z",
    "7za",
)
_REGISTRIES = ("docker", "podman", "nerdctl", "buildah", "skopeo", "helm", "oras", "crane", "az", "oc", "cf", "ecs-cli")
_ATTACHED = dict.fromkeys((*_CLIENTS, "sshpass"), "-p") | {
    "sqlcmd": "-P",
    "bcp": "-P",
    "redis-cli": "-a",
    "ldapsearch": "-w",
}
"""Program -> the option that its password follows without a space."""
_SPACED = {
    **dict.fromkeys(("sshpass", "mongo", "mongosh", "mongodump", "mongorestore", "mongoexport", "mongoimport"), "-p"),
    **dict.fromkeys(_REGISTRIES, "-p"),
    **dict.fromkeys(("useradd", "usermod", "adduser"), "-p"),
    **dict.fromkeys(("ldapsearch", "ldapadd", "ldapmodify", "ldapdelete", "ldapwhoami", "ldappasswd"), "-w"),
    **dict.fromkeys(("sqlcmd", "bcp", "zip", "unzip", "ipmitool"), "-P"),
    "redis-cli": "-a",
}
"""Program -> the option whose next word is its password."""
_USERS = {
    **dict.fromkeys(("curl",), ("-u", "--user", "-U", "--proxy-user")),
    **dict.fromkeys(("http", "https", "xh"), ("-a", "--auth")),
    **dict.fromkeys(("smbclient", "rpcclient"), ("-U", "--user")),
    **dict.fromkeys(("lftp", "ab"), ("-u", "-A")),
}
"""Program -> the options whose next word is a user with a password."""
_MOST = 9
"""Words of a command, its program among them, that are looked at for a password by its position."""
_FEWEST = 3
"""Arguments that a program takes whose last one is a password."""
_LAST = {"add_user", "change_password"}
_FED = {"--password-stdin", "--stdin", "--passphrase-fd", "-S", "--password-file=-", "--key-file=-"}
_PROGRAMS = frozenset(
    (*_ATTACHED, *_SPACED, *_USERS, "htpasswd", "openssl", "chpasswd", "passwd", "rabbitmqctl", "net", "net.exe")
)
_HINT = re.compile("|".join(sorted(map(re.escape, _PROGRAMS | {"pass:", *_FED}), key=len, reverse=True)))
_USER = re.compile(r"[^\s:%/,]{0,128}[:%,]([^\s]{1,256})")
_DOCUMENT = re.compile(r"chpasswd\b[^\n]{0,64}<<-?[ \t]*[\"']?(\w{1,32}+)[\"']?[^\n]*\n")
_HERE_STRING = re.compile(r"chpasswd\b[^\n<]{0,64}<<<[ \t]*[\"']?([^\s\"':]{1,64}):([^\s\"']{1,256})")
_CLOUD = re.compile(
    r"^([ \t]*+)chpasswd:[ \t]*(?:\{[ \t]*)?(?:\r?\n(?:[ \t]+(?!list:)[^\n]*+\n){0,4}[ \t]*)?list:[ \t]*([^\n]*+)$",
    re.MULTILINE,
)
_ENTRY = re.compile(r"[ \t]*(?:-[ \t]*)?[\"']?([A-Za-z_][\w.-]{0,63}):([^\s\"',\]]{1,256})[\"']?,?[ \t]*\r?")
_INDENTED = re.compile(r"([ \t]*+)([^\n]*+)\n?")
_PGPASS = re.compile(r"(?<![\w.:*-])[\w.*-]{1,253}:(?:\d{2,5}|\*):[\w*-]{1,63}:[\w*-]{1,63}:([^\s\"':]{1,256})")
_DEEPEST = 2
_LONGEST_DOCUMENT = 2048


@dataclass(frozen=True, slots=True)
class _Word:
    start: int
    text: str
    """Without its quotes."""


def on_command_lines(text: str) -> Iterator[Hit]:
    """Every password on a command line or in what is fed to a program that sets passwords."""
    if _HINT.search(text):
        yield from _commands(text, 0, 0)
    if "chpasswd" in text:
        yield from _fed_documents(text)
        yield from _cloud_init(text)
    if "pgpass" in text:
        for match in _PGPASS.finditer(text):
            yield from _hit(match.start(1), match[1], "password in a .pgpass file")


def _hit(start: int, value: str, reason: str = _REASON) -> Iterator[Hit]:
    credential = literal(Kind.PASSWORD, "password", value)
    if credential is not None and not value.startswith("$"):
        at = start + max(value.find(credential), 0)
        yield Hit(at, at + len(credential), reason, credential)


def _commands(text: str, offset: int, depth: int) -> Iterator[Hit]:
    """The commands of a script, and of the scripts that are quoted in them."""
    words: list[_Word] = []
    before: list[_Word] = []
    for match in _LINE.finditer(text):
        if match["word"]:
            words += _unquoted(match["word"], offset + match.start())
            if depth < _DEEPEST and match["word"][0] in "\"'" and " " in match["word"]:
                yield from _commands(match["word"][1:-1], offset + match.start() + 1, depth + 1)
        elif match["stop"]:
            yield from _command(words, before)
            before, words = (words if match["stop"] == "|" else []), []
    yield from _command(words, before)


def _unquoted(word: str, start: int) -> Iterator[_Word]:
    for quote in "\"'":
        if len(word) > 1 and word[0] == word[-1] == quote:
            yield _Word(start + 1, word[1:-1])
            return
    yield _Word(start, word.rstrip("\r"))


def _command(words: Sequence[_Word], before: Sequence[_Word]) -> Iterator[Hit]:
    program = ""
    login = any(word.text == "login" for word in words)
    for position, word in enumerate(words):
        following = words[position + 1] if position + 1 < len(words) else None
        base = word.text.rpartition("/")[2]
        if base in _PROGRAMS:
            program = base
            yield from _positional(program, words[position + 1 : position + _MOST], words[-1])
        if word.text in _FED or (word.text == program == "chpasswd"):
            yield from _echoed(before)
        if word.text.startswith("pass:") and (program == "openssl" or "-pass" in words[position - 1].text):
            yield from _hit(word.start + 5, word.text[5:])
        if program and word.text.startswith("-"):
            yield from _option(program, word, following, login=login)


def _option(program: str, word: _Word, following: _Word | None, *, login: bool) -> Iterator[Hit]:
    attached = _ATTACHED.get(program, "\n")
    if word.text.startswith(attached) and len(word.text) > len(attached):
        value = word.text[len(attached) :].strip("\"'")
        yield from _hit(word.start + word.text.find(value, len(attached)), value)
    elif following and word.text == _SPACED.get(program) and (login or program not in _REGISTRIES):
        yield from _hit(following.start, following.text)
    for option in _USERS.get(program, ()):
        if following and word.text == option:
            yield from _user(following.start, following.text)
        elif word.text.startswith(option) and len(word.text) > len(option) and not option.startswith("--"):
            yield from _user(word.start + len(option), word.text[len(option) :].strip("\"'"))


def _user(start: int, value: str) -> Iterator[Hit]:
    if (both := _USER.fullmatch(value)) is not None:
        yield from _hit(start + both.start(1), both[1])


def _positional(program: str, words: Sequence[_Word], last: _Word) -> Iterator[Hit]:
    """Programs whose password is an argument without an option."""
    said = [word.text for word in words]
    if program == "htpasswd" and len(words) >= _FEWEST and any(re.fullmatch(r"-\w*b\w*", option) for option in said):
        yield from _hit(last.start, last.text)
    if program == "rabbitmqctl" and len(words) >= _FEWEST and said[0] in _LAST:
        yield from _hit(words[2].start, words[2].text)
    if program == "mysqladmin" and "password" in said[:-1]:
        after = words[said.index("password") + 1]
        yield from _hit(after.start, after.text)
    if program in {"net", "net.exe"} and said[:1] == ["user"]:
        arguments = [word for word in words if not word.text.startswith("/")]
        if len(arguments) >= _FEWEST:
            yield from _hit(arguments[2].start, arguments[2].text)


def _echoed(before: Sequence[_Word]) -> Iterator[Hit]:
    """`echo 'user:password' | chpasswd`, `echo password | docker login --password-stdin`."""
    said = [word for word in before if not word.text.startswith("-")]
    names = [word.text for word in said]
    for program in ("echo", "printf"):
        if program in names and names.index(program) + 1 < len(said):
            word = said[names.index(program) + 1]
            user, colon, password = word.text.partition(":")
            start = word.start + (len(user) + 1 if colon else 0)
            yield from _hit(start, (password if colon else user).split("\\n")[0])


def _fed_documents(text: str) -> Iterator[Hit]:
    for match in _HERE_STRING.finditer(text):
        yield from _hit(match.start(2), match[2])
    position = 0
    while opened := _DOCUMENT.search(text, position):
        end = text.find(f"\n{opened[1]}", opened.end() - 1, opened.end() + _LONGEST_DOCUMENT)
        position = max(end, opened.end())
        yield from _entries(text, opened.end(), position)


def _cloud_init(text: str) -> Iterator[Hit]:
    """cloud-init's `chpasswd: list:`, as a block of lines, a list, or one string."""
    for match in _CLOUD.finditer(text):
        if match[2].strip(" \t\r|>-+"):
            yield from _entries(text, match.start(2), match.end(2))
        else:
            yield from _entries(text, match.end() + 1, _end_of_block(text, match.end() + 1, len(match[1])))


def _end_of_block(text: str, start: int, indent: int) -> int:
    """Where the lines end that are indented more than their key, or as much and items of a list."""
    for line in _INDENTED.finditer(text, start):
        deepest = len(line[1]) + line[2].startswith("-")
        if not line[0] or (line[2].strip() and deepest <= indent):
            return line.start()
    return len(text)


def _entries(text: str, start: int, end: int) -> Iterator[Hit]:
    """Lines `user:password`."""
    for line in text[start:end].split("\n"):
        for part in line.split("\\n"):
            opened = len(part) - len(part.lstrip(" \t[\"'|"))
            if match := _ENTRY.match(part, opened):
                yield from _hit(start + match.start(2), match[2])
            start += len(part) + 2
        start -= 1
