"""What the command line says on stderr: progress, a log, and errors; signals become an exception."""

from __future__ import annotations

import contextlib
import json
import shutil
import signal
import sys
import traceback
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from auditor.errors import Interrupted

if TYPE_CHECKING:
    from types import FrameType

    from auditor.cli.options import Options
    from auditor.collectors.interfaces import Progress


@dataclass(frozen=True, slots=True)
class Log:
    """Lines on stderr, as text or as JSON."""

    as_json: bool = False
    quiet: bool = False

    @staticmethod
    def from_arguments(arguments: Sequence[str]) -> Log:
        """From the raw command line, so that even its own mistakes are told in the form asked for."""
        joined = " ".join(arguments)
        return Log("--log-format json" in joined or "--log-format=json" in joined, "--quiet" in arguments)

    @staticmethod
    def of(options: Options) -> Log:
        """As the options say."""
        return Log(options.log_format == "json", options.quiet)

    def info(self, message: str, **facts: object) -> None:
        """Something worth knowing; nothing with --quiet."""
        if not self.quiet:
            self._line("info", message, facts)

    def error(self, message: str, **facts: object) -> None:
        """Why the command ends, and what to do."""
        self._line("error", message, facts)

    def bug(self, error: BaseException) -> None:
        """The tool itself failed."""
        if not self.as_json:
            traceback.print_exception(error, file=sys.stderr)
        self.error(
            f"auditor itself failed ({type(error).__name__}: {error}); no result is given out. Please report it.",
        )

    def _line(self, level: str, message: str, facts: dict[str, object]) -> None:
        if self.as_json:
            print(json.dumps({"level": level, "message": message, **facts}, default=str), file=sys.stderr)
        else:
            from auditor.reports.sanitize import visible

            text = visible(message)
            print(f"auditor: {text}" if level == "error" else text, file=sys.stderr)


@contextlib.contextmanager
def interruptible() -> Iterator[None]:
    """SIGINT and SIGTERM raise Interrupted in the main thread, whatever a library makes of it on the way."""
    arrived: list[int] = []

    def handle(number: int, _frame: FrameType | None) -> None:
        arrived.append(number)
        raise Interrupted(number)

    before = {number: signal.signal(number, handle) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    except Exception as error:
        if arrived and not isinstance(error, Interrupted):  # DuckDB's is RuntimeError("Query interrupted")
            raise Interrupted(arrived[0]) from error
        raise
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


class Shown:
    """Progress on stderr: only on a terminal, and not among JSON."""

    def __init__(self, options: Options) -> None:
        unwanted = options.quiet or options.no_progress or options.log_format == "json"
        self._wanted = sys.stderr.isatty() and not unwanted

    @contextlib.contextmanager
    def phase(self, title: str) -> Iterator[_Phase]:
        """One phase with its own bar."""
        if not self._wanted:
            yield _Phase(None, None)
            return
        from rich.console import Console
        from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

        with Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            TextColumn("{task.fields[told]}"),
            TimeElapsedColumn(),
            console=Console(stderr=True),
            transient=True,
        ) as bar:
            yield _Phase(bar, bar.add_task(title, total=None, told=""))


class _Phase:
    def __init__(self, bar: object, task: object) -> None:
        self._bar = bar
        self._task = task

    def collected(self, progress: Progress) -> None:
        """How far a collection is."""
        self._update(progress.done, progress.units, f"{progress.calls} calls, {progress.items} items")

    def judged(self, done: int, of: int) -> None:
        """How many checks are done."""
        self._update(done, of, f"{done} of {of} checks")

    def _update(self, done: int, of: int, told: str) -> None:
        if self._bar is not None:
            self._bar.update(self._task, completed=done, total=of or None, told=told)  # type: ignore[attr-defined]  # rich is imported late


def width() -> int:
    """Columns of the terminal, 100 where there is none."""
    return shutil.get_terminal_size((100, 24)).columns
