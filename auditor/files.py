"""Files written whole or not at all, canonical JSON and the time: what every room that writes needs."""

from __future__ import annotations

import datetime
import os
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import orjson

from auditor.errors import SnapshotError


def write_whole(path: Path, content: bytes | str | Iterable[str] | Iterable[bytes]) -> None:
    """Write a file, whole or in pieces, under a temporary name and rename it.

    Raises SnapshotError where the disk refuses.
    """
    pieces = (content,) if isinstance(content, bytes | str) else content
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        try:
            with os.fdopen(handle, "wb") as file:
                for piece in pieces:
                    file.write(piece.encode() if isinstance(piece, str) else piece)
                file.flush()
                os.fsync(file.fileno())
            Path(temporary).chmod(0o644)
            Path(temporary).rename(path)
        except BaseException:
            Path(temporary).unlink(missing_ok=True)
            raise
    except OSError as error:
        raise SnapshotError(
            f"{path} cannot be written: {error.strerror}.", "Make room, or give another --output."
        ) from error


def to_json(value: object) -> bytes:
    """Sorted, indented JSON with a newline at the end: the same value gives the same bytes."""
    return orjson.dumps(value, option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS | orjson.OPT_APPEND_NEWLINE)


def read_json(path: Path) -> dict[str, Any]:
    """A JSON object from a file of an audit. Raises SnapshotError where it cannot be read."""
    try:
        value = orjson.loads(path.read_bytes())
    except OSError as error:
        raise SnapshotError(f"{path} cannot be read: {error.strerror}.", "Give an audit's folder.") from error
    except orjson.JSONDecodeError as error:
        raise SnapshotError(f"{path} cannot be read.", "`auditor verify` says what was changed.") from error
    if not isinstance(value, dict):
        raise SnapshotError(f"{path} is no JSON object.", "`auditor verify` says what was changed.")
    return value


def utc_now() -> str:
    """Now, in ISO 8601 with milliseconds, in UTC."""
    return datetime.datetime.now(datetime.UTC).isoformat(timespec="milliseconds")
