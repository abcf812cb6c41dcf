r"""Making text that others wrote (names, tags, messages) harmless in each medium.

Whoever can name a resource in an audited account writes into the report. `visible` turns what a reader cannot see,
or what would steer a terminal or reverse a line (control, bidirectional and zero-width characters), into an escape
like `\u202e` that can be seen. Media add their own: HTML is escaped by Jinja, Slack's markup here.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

# Assigned and "printable" for Unicode, yet drawn as nothing: fillers, joiners, variation selectors.
_BLANK = re.compile("[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef]")


_PLAIN, _PLAIN_LINES = re.compile("[ -~]*"), re.compile("[ -~\n]*")


def visible(text: object, *, lines: bool = False) -> str:
    """`text` with every invisible or steering character as an escape; with `lines`, line ends and tabs stay."""
    plain = str(text)
    if (_PLAIN_LINES if lines else _PLAIN).fullmatch(plain):  # nearly all text, and ten times as fast
        return plain
    if lines:
        plain = plain.replace("\r\n", "\n").expandtabs(4)
        return "\n".join(visible(line) for line in plain.split("\n"))
    if plain.isprintable() and not _BLANK.search(plain):
        return plain
    return "".join(
        character if character.isprintable() and not _BLANK.match(character) else _escape(character)
        for character in plain
    )


def _escape(character: str) -> str:
    return character.encode("unicode_escape").decode("ascii")


def clean(value: Any) -> Any:  # noqa: ANN401 - a JSON document, whatever is in it
    """A JSON document with `visible` applied to every string in it, keys too; line ends stay."""
    if isinstance(value, str):
        return visible(value, lines=True)
    if isinstance(value, Mapping):
        return {visible(key): clean(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [clean(item) for item in value]
    return value


def clip(text: str, limit: int) -> str:
    """At most `limit` characters; an ellipsis says that something was cut."""
    return text if len(text) <= limit else text[: limit - 1].rstrip() + "…"


# Slack's mrkdwn has no escape for its formatting characters, so in prose they are replaced by signs that look alike.
# https://docs.slack.dev/messaging/formatting-message-text
_LOOKALIKES = str.maketrans({"*": "\u2217", "~": "\u223c", "`": "\u02cb"})
_LOOSE_UNDERSCORE = re.compile(r"(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])")
_MENTION = re.compile(r"(?<![\w.+-])[@#](?=\w)")
_EMOJI = re.compile(r":(?=[0-9_+'-]*[a-z][a-z0-9_+'-]*:)")
_ARN = re.compile(r"(arn:aws[a-z-]*:[^\s`]+)")


def slack_escape(text: str) -> str:
    """The three characters that Slack wants escaped, everywhere: they open mentions and links."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def slack_prose(text: object, limit: int) -> str:
    """Text for mrkdwn that stays text: no formatting, mention, emoji or link; at most 5 * `limit` characters.

    ARNs in it become inline code, so that they can be copied.
    """
    parts = _ARN.split(clip(visible(text), limit))
    return "".join(slack_code(part, limit) if number % 2 else _prose(part) for number, part in enumerate(parts))


def _prose(text: str) -> str:
    plain = text.translate(_LOOKALIKES).replace("://", ":\u2215\u2215")
    plain = _LOOSE_UNDERSCORE.sub("\uff3f", plain)
    plain = _MENTION.sub(lambda found: {"@": "\uff20", "#": "\uff03"}[found.group()], plain)
    return slack_escape(_EMOJI.sub("\u2236", plain))


def slack_code(text: object, limit: int) -> str:
    """A name or ARN as inline code, where Slack interprets nothing and copying gives the original."""
    plain = clip(visible(text), limit).replace("`", "\u02cb").strip()
    return f"`{slack_escape(plain) or '-'}`"
