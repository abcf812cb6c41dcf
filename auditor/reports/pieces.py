"""Text in pieces, so that a report of any size is written without ever being whole in memory."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

import orjson


def json_pieces(value: Any) -> Iterator[str]:  # noqa: ANN401 - a JSON document, whatever is in it
    """A JSON document, indented by 2 spaces, with a newline at the end.

    An iterator in it (not a list) is an array whose items are asked for one by one. NaN and infinity, which JSON has
    not, become null.
    """
    yield from _pieces(value, "\n")
    yield "\n"


def _pieces(value: Any, line: str) -> Iterator[str]:  # noqa: ANN401 - as above
    """`line` is a line end with the indentation of the value."""
    try:
        yield orjson.dumps(value, option=orjson.OPT_INDENT_2).decode().replace("\n", line)
    except TypeError:
        yield from _difficult(value, line)


def _difficult(value: Any, line: str) -> Iterator[str]:  # noqa: ANN401 - as above
    """What orjson does not write: iterators, lone surrogates, integers of more than 64 bits."""
    inner, number = line + "  ", -1
    if isinstance(value, Mapping):
        yield "{"
        for number, (key, item) in enumerate(value.items()):
            yield f"{',' if number else ''}{inner}{json.dumps(str(key), ensure_ascii=False)}: "
            yield from _pieces(item, inner)
        yield f"{line}}}" if number >= 0 else "}"
    elif isinstance(value, Iterator | list | tuple):
        yield "["
        for number, item in enumerate(value):
            yield f"{',' if number else ''}{inner}"
            yield from _pieces(item, inner)
        yield f"{line}]" if number >= 0 else "]"
    else:
        yield json.dumps(value, ensure_ascii=False)
