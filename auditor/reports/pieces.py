"""Text in pieces, so that a report of any size is written without ever being whole in memory."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any


def json_pieces(value: Any) -> Iterator[str]:  # noqa: ANN401 - a JSON document, whatever is in it
    """A JSON document, indented by 2 spaces, with a newline at the end.

    An iterator in it (not a list) is an array whose items are asked for one by one. Raises ValueError for NaN and
    infinity, which JSON has not.
    """
    yield from _pieces(value, "\n")
    yield "\n"


def _pieces(value: Any, line: str) -> Iterator[str]:  # noqa: ANN401 - as above
    """`line` is a line end with the indentation of the value."""
    if isinstance(value, Mapping) and _is_lazy(value):
        inner = line + "  "
        yield "{"
        for number, (key, item) in enumerate(value.items()):
            yield f"{',' if number else ''}{inner}{json.dumps(str(key), ensure_ascii=False)}: "
            yield from _pieces(item, inner)
        yield f"{line}}}" if value else "}"
    elif isinstance(value, Iterator) or (isinstance(value, list) and _is_lazy(value)):
        inner, number = line + "  ", -1
        yield "["
        for number, item in enumerate(value):
            yield f"{',' if number else ''}{inner}"
            yield from _pieces(item, inner)
        yield f"{line}]" if number >= 0 else "]"
    else:
        yield json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False).replace("\n", line)


def _is_lazy(value: object) -> bool:
    """Whether an iterator stands anywhere in a value."""
    if isinstance(value, Iterator):
        return True
    inner = value.values() if isinstance(value, Mapping) else value if isinstance(value, list) else ()
    return any(_is_lazy(one) for one in inner)
