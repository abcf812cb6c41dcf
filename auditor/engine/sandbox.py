"""The parent's side of the sandbox: requests to the child process, and its end when one takes too long."""

from __future__ import annotations

import contextlib
import os
import select
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self

import orjson

from auditor import sql
from auditor.model import Check

SECONDS = 60.0
MEMORY_BYTES = 2 * 2**30


class CheckError(Exception):
    """A check that could not be run; its message says why."""


class Sandbox:
    """Runs checks on a database file, one at a time. Use as a context manager."""

    def __init__(
        self, database: Path | None = None, *, seconds: float = SECONDS, memory_bytes: int = MEMORY_BYTES
    ) -> None:
        self._database = database
        self._told = False
        """Whether the child knows of this database."""
        self._seconds = seconds
        self._memory = memory_bytes
        self._child: subprocess.Popen[bytes] | None = None
        self._errors: IO[bytes] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._end()

    def open(self, database: Path) -> None:
        """Change to another database file, of which the child process, which stays, learns with the next question."""
        self._database = database
        self._told = False

    def run(self, check: Check, parameters: Mapping[str, Any]) -> list[dict[str, Any]]:
        """The check's rows, with `__pass` (True, False, None), `__reason` (index or None) and, where the predicate
        could not be computed, `__error`. Raises CheckError.
        """
        facts = sql.read(check.facts).parameters
        predicate: set[str] = set()
        for text in (check.pass_when, *(reason.when for reason in check.reasons)):
            predicate |= sql.read_expression(text).parameters
        unknown = (facts | predicate) - set(parameters)
        if unknown:
            raise CheckError(
                f"the check uses a parameter that the standard does not have: ${', $'.join(sorted(unknown))}"
            )
        return self._ask(
            {
                "facts": check.facts,
                "pass_when": check.pass_when,
                "reasons": [reason.when for reason in check.reasons],
                "parameters": {name: parameters[name] for name in facts | predicate},
                "used": sorted(facts | predicate),
                "used_by_facts": sorted(facts),
                "used_by_predicate": sorted(predicate),
            }
        )

    def _ask(self, request: Mapping[str, Any]) -> list[dict[str, Any]]:
        """The rows that the child answers; the whole answer has one time. Raises CheckError."""
        child = self._child or self._start()
        assert child.stdin is not None and child.stdout is not None  # noqa: S101, PT018 - opened as pipes
        try:
            if not self._told:
                child.stdin.write(orjson.dumps({"database": str(self._database)}, option=orjson.OPT_APPEND_NEWLINE))
                self._told = True
            child.stdin.write(orjson.dumps(request, option=orjson.OPT_APPEND_NEWLINE))
            child.stdin.flush()
        except BrokenPipeError:
            raise self._ended() from None
        rows: list[dict[str, Any]] = []
        for line in self._lines(child.stdout):
            reply = orjson.loads(line)
            if "error" in reply:
                raise CheckError(str(reply["error"]))
            if "last" in reply:
                return rows
            if "restart" in reply:
                rows.clear()
            else:
                rows += [dict(zip(reply["names"], row, strict=True)) for row in reply["rows"]]
        raise self._ended()

    def _ended(self) -> CheckError:
        self._end()
        return CheckError("the check was ended: it takes more memory or files than it may")

    def _lines(self, stdout: IO[bytes]) -> Iterator[bytes]:
        """The lines of an answer within the time; the child is killed when they do not come. Raises CheckError."""
        ends = time.monotonic() + self._seconds
        received = bytearray()
        descriptor = stdout.fileno()
        while True:
            ready, _, _ = select.select([descriptor], [], [], max(0.0, ends - time.monotonic()))
            if not ready:
                self._end()
                raise CheckError(f"the check took longer than {self._seconds:.0f} s and was ended")
            part = os.read(descriptor, 1 << 20)
            if not part:
                return
            received += part
            *whole, rest = received.split(b"\n") if b"\n" in part else (received,)
            received = bytearray(rest)
            yield from map(bytes, whole)

    def _start(self) -> subprocess.Popen[bytes]:
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115 - closed in _end
        root = str(Path(__file__).resolve().parent.parent.parent)
        self._child = subprocess.Popen(
            [sys.executable, "-m", "auditor.engine.worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            env={"PYTHONPATH": root, "LANG": "C.UTF-8"},
            cwd=tempfile.gettempdir(),
            start_new_session=True,
        )
        setup = {
            "database": str(self._database),
            "memory_bytes": self._memory,
            "threads": 2,
            "connected_with": sql.CONNECTED_WITH,
        }
        assert self._child.stdin is not None  # noqa: S101 - opened as a pipe
        self._child.stdin.write(orjson.dumps(setup, option=orjson.OPT_APPEND_NEWLINE))
        self._told = True
        return self._child

    def _end(self) -> None:
        if self._child is not None:
            for pipe in (self._child.stdin, self._child.stdout):
                if pipe is not None:
                    with contextlib.suppress(BrokenPipeError):
                        pipe.close()
            self._child.kill()
            self._child.wait()
            self._child = None
        if self._errors is not None:
            self._errors.close()
            self._errors = None
