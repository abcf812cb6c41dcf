"""One command in a process of its own, and what it took."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
_MB = 2**20
_SAMPLE_SECONDS = 0.05
_RSS_FIELD = 1
_LAUNCHER = """
import os, sys, time
began = time.monotonic()
pid = os.posix_spawn(sys.argv[1], sys.argv[1:], os.environ, file_actions=[(os.POSIX_SPAWN_DUP2, 2, 1)])
_, ended, used = os.wait4(pid, 0)
print([ended, time.monotonic() - began, used.ru_utime + used.ru_stime, used.ru_maxrss])
"""


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
    # A process begins with the peak memory of the one that started it: a small one goes between.
    launched = [sys.executable, "-S", "-c", _LAUNCHER, *command]
    with tempfile.TemporaryFile() as said:
        child = subprocess.Popen(
            launched,
            cwd=ROOT,
            env=kept | dict(environment or {}),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=said,
        )
        sampler = _Sampler(child.pid)
        sampler.start()
        told, _ = child.communicate()
        sampler.stop()
        ended, wall, cpu, peak = json.loads(told)
        status = os.waitstatus_to_exitcode(ended)
        if status not in expect:
            said.seek(0)
            raise RuntimeError(f"{' '.join(command)} ended with {status}:\n{said.read().decode()[-2000:]}")
    unit = 1 if sys.platform == "darwin" else 1024
    return Used(status, wall, cpu, peak * unit / _MB, sampler.peak)


class _Sampler(threading.Thread):
    """Adds up the memory of all processes below one, now and then."""

    def __init__(self, pid: int) -> None:
        super().__init__(daemon=True)
        self._pid = pid
        self._over = threading.Event()
        self.peak = 0.0

    def run(self) -> None:
        """Sample until stopped."""
        while not self._over.wait(_SAMPLE_SECONDS):
            self.peak = max(self.peak, sum(map(_resident, _family(self._pid)[1:])) / _MB)

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
