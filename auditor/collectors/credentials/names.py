"""What a name says of its value: `dbPassword` is a password, `DB_SECRET_ARN` is not. Pure."""

from __future__ import annotations

import re
import unicodedata
from enum import StrEnum

from auditor.collectors.credentials import vocabulary


class Kind(StrEnum):
    """What a value is, by its name."""

    PASSWORD = "password"  # noqa: S105 - a kind, not a password
    SECRET = "secret"  # noqa: S105
    TOKEN = "token"  # noqa: S105
    KEY = "key"
    CREDENTIALS = "credentials"
    CONNECTION = "connection string"


STEM = re.compile(r"pass|pwd|pw|secret|token|key|cred|auth|conn|parol|wort|contras|senha", re.IGNORECASE)
"""Every name that says anything contains one of these: a quick test before the thorough one."""

_WORD = re.compile(r"[A-Z]++(?![a-z])|[A-Z]?[a-z]++|[A-Z]")
_LONGEST = 256
_ENDINGS = tuple(vocabulary.JOINED)
_CREDENTIALS = frozenset(("cred", "credential", "credentials", "creds", "userpass"))
_BEFORE_AUTH = frozenset(("", "basic", "elastic", "http", "proxy", "redis", "registry", "smtp"))


def words(name: str) -> list[str]:
    """The words of a name in camelCase, snake_case, kebab-case or dotted, in lower case, without digits."""
    name = name[:_LONGEST]
    if not name.isascii():
        name = "".join(c for c in unicodedata.normalize("NFKD", name) if not unicodedata.combining(c))
    found: list[str] = []
    for match in _WORD.finditer(name):
        found += _parts(match[0].lower())
    return found


def _parts(word: str) -> tuple[str, ...]:
    if not word.endswith(_ENDINGS) or word in vocabulary.NO_COMPOUND:
        return (word,)
    joined = next(joined for joined in _ENDINGS if word.endswith(joined))
    before = word[: -len(joined)]
    return (before, *vocabulary.JOINED[joined]) if before else vocabulary.JOINED[joined]


def kind(name: str) -> Kind | None:
    """What a value of this name is, or None where the name does not say that it is a credential."""
    return kind_of(words(name)) if STEM.search(name[:_LONGEST]) else None


def kind_of(said: list[str]) -> Kind | None:
    """`kind` of a name's words: the last of them that counts decides."""
    for end in range(len(said), 0, -1):
        found, start = _term(said, end)
        if found is None:
            continue
        about = vocabulary.ABOUT | {"public"} if found is Kind.KEY else vocabulary.ABOUT
        if not about.isdisjoint(said[end:]) or (start and _is_other(said[start - 1], found)):
            continue
        if said[end - 1] in {"pass", "pw"} and not vocabulary.GENERIC.issuperset(said[end:]):
            continue
        return found
    return None


def _is_other(before: str, found: Kind) -> bool:
    return before in vocabulary.NOT_BEFORE or (found is Kind.TOKEN and before in vocabulary.NOT_BEFORE_TOKEN)


def _term(said: list[str], end: int) -> tuple[Kind | None, int]:
    """The kind that the words up to `end` close with, and where its words begin."""
    last = said[end - 1]
    before = said[end - 2] if end > 1 else ""
    found: Kind | None = None
    start = end - 1
    if last in vocabulary.PASSWORDS:
        found = Kind.PASSWORD
    elif last in {"secret", "token"}:
        found = Kind(last)
    elif last == "key" and before in vocabulary.KEYS and "kms" not in said:
        found, start = (Kind.SECRET if before == "secret" else Kind.KEY), end - 2
    elif last in _CREDENTIALS or (last == "auth" and before in _BEFORE_AUTH):
        found = Kind.CREDENTIALS
    elif last in {"string", "str"} and before in {"connection", "conn"}:
        found, start = Kind.CONNECTION, end - 2
    return found, start


def is_application_secret(name: str) -> bool:
    """Whether a "secret" of this name is one itself (`JWT_SECRET`), and not perhaps the name of one (`DB_SECRET`)."""
    said = words(name)
    return not vocabulary.APPLICATION_SECRETS.isdisjoint(said)


# ------------------------------------------------------------------------------------------ by names alone

_TEXT_WORD = re.compile(r"[A-Za-z]++")
_REACH = 8
"""How many words before a credential's may still turn a description into one of something about it."""


def by_name(name: str, description: str) -> str | None:
    """Why a named value of which nothing else is known is a credential, or None."""
    segments = [part for part in re.split(r"[/:]", name[:4096]) if part]
    said = [words(part) for part in segments]
    while len(said) > 1 and said[-1] and vocabulary.GENERIC.issuperset(said[-1]):
        said.pop()
    last = said[-1] if said else []
    if (found := kind_of(last)) is not None:
        return f"{found} by its name"
    if last and not vocabulary.HARMLESS.isdisjoint(last[-1:]):
        return None
    if len(said) > 1 and _is_safe(said[-2]):
        return f"kept among {' '.join(_TEXT_WORD.findall(segments[len(said) - 2])).lower()}, by its name"
    if (found := _described(description)) is not None:
        return f"{found} by its description"
    return None


def _is_safe(segment: list[str]) -> bool:
    return bool(segment) and (
        segment[-1] in vocabulary.KEPT_IN or segment[-2:] in (["api", "keys"], ["private", "keys"])
    )


def _described(description: str) -> Kind | None:
    """The credential that a description speaks of: not "ARN of the secret", "token endpoint", "not a password"."""
    said: list[str] = []
    for match in _TEXT_WORD.finditer(description[:4096]):
        said += _parts(match[0].lower())
    for end in range(1, len(said) + 1):
        found, start = _term(said, end)
        if found is None or (found is Kind.CREDENTIALS and said[end - 1] == "auth"):
            continue
        before = said[max(0, start - _REACH) : start]
        if end < len(said) and said[end] in vocabulary.ABOUT:
            continue
        if (
            vocabulary.DENIED.isdisjoint(before)
            and (vocabulary.ABOUT - {"key"}).isdisjoint(before)
            and not (before and before[-1] in vocabulary.NOT_BEFORE)
        ):
            return found
    return None
