"""One command in a process of its own, and what it took."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
_MB = 2**20
_SAMPLE_SECONDS = 0.05
_RSS_FIELD = 1


@dataclass(frozen=True, slots=True)
class Used:
    """What a command took. CPU seconds are its own and its children's."""

    status: int
    wall: float
    cpu: float
    peak_mb: float
    """Peak RSS of the largest single process."""
    together_mb: float
    """Largest sum of RSS of the process and its children, sampled; shared pages count twice. 0 without /proc."""


def auditor(*arguments: str, environment: Mapping[str, str] | None = None, expect: Sequence[int] = (0,)) -> Used:
    """Run `auditor` of this folder. Raises RuntimeError, with what it said, where it ends otherwise than expected."""
    return run([sys.executable, "-m", "auditor", *arguments], environment, expect)


def run(command: Sequence[str], environment: Mapping[str, str] | None = None, expect: Sequence[int] = (0,)) -> Used:
    """Run a command in this project's folder and measure it."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    with tempfile.TemporaryFile() as said:
        started = time.monotonic()
        child = subprocess.Popen(
            command, cwd=ROOT, env=kept | dict(environment or {}), stdin=subprocess.DEVNULL, stdout=said, stderr=said
        )
        sampler = _Sampler(child.pid)
        sampler.start()
        _, ended, usage = os.wait4(child.pid, 0)
        wall = time.monotonic() - started
        child.returncode = os.waitstatus_to_exitcode(ended)
        sampler.stop()
        if child.returncode not in expect:
            said.seek(0)
            raise RuntimeError(f"{' '.join(command)} ended with {child.returncode}:\n{said.read().decode()[-2000:]}")
    unit = 1 if sys.platform == "darwin" else 1024
    return Used(child.returncode, wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * unit / _MB, sampler.peak)


class _Sampler(threading.Thread):
    """Adds up the memory of a process and of all below it, now and then."""

    def __init__(self, pid: int) -> None:
        super().__init__(daemon=True)
        self._pid = pid
        self._over = threading.Event()
        self.peak = 0.0

    def run(self) -> None:
        """Sample until stopped."""
        while not self._over.wait(_SAMPLE_SECONDS):
            self.peak = max(self.peak, sum(map(_resident, _family(self._pid))) / _MB)

    def stop(self) -> None:
        """End, and wait for it."""
        self._over.set()
        self.join()


def _family(pid: int) -> list[int]:
    found = [pid]
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        try:
            below = task.read_text("ascii").split()
        except OSError:
            continue
        found += [one for child in below for one in _family(int(child))]
    return found


def _resident(pid: int) -> int:
    try:
        pages = int(Path(f"/proc/{pid}/statm").read_text("ascii").split()[_RSS_FIELD])
    except (OSError, IndexError):
        return 0
    return pages * os.sysconf("SC_PAGE_SIZE")
