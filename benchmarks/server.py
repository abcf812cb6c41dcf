"""The embedded account in a process of its own, with latency in front, and what it noticed.

moto answers one request at a time and is slow: its share is told apart, so that the auditor's figures are honest.
`python -m benchmarks.server` says where it listens, then answers commands, a line each, until its input ends.
"""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self
from unittest.mock import patch

from benchmarks.process import ROOT


@dataclass(slots=True)
class Noticed:
    """What came in since the last reset. Thread-safe."""

    requests: int = 0
    busy: float = 0.0
    """Seconds that requests took, added up."""
    first: float = 0.0
    last: float = 0.0
    cpu: float = field(default_factory=time.process_time)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, began: float, ended: float) -> None:
        """Note one request."""
        with self.lock:
            self.first = self.first or began
            self.last = max(self.last, ended)
            self.requests += 1
            self.busy += ended - began

    def report(self) -> dict[str, float]:
        """The figures: requests, how many of them were in flight on average, and this process's CPU seconds."""
        with self.lock:
            in_flight = self.busy / (self.last - self.first) if self.requests else 0.0
            return {"requests": self.requests, "in_flight": in_flight, "cpu": time.process_time() - self.cpu}


def main() -> None:
    """Serve an empty account on the loopback interface until stdin ends."""
    from auditor.demo import account

    state: dict[str, Any] = {"latency": 0.0, "noticed": Noticed()}

    class Slow(account.Application):
        """The account behind a distance: latencies overlap, answers do not."""

        def __call__(self, environ: dict[str, Any], start_response: Any) -> Any:  # noqa: ANN401 - WSGI
            began, noticed = time.monotonic(), state["noticed"]
            time.sleep(state["latency"])
            try:
                return super().__call__(environ, start_response)
            finally:
                noticed.add(began, time.monotonic())

    with patch.object(account, "Application", Slow), account.serve() as served:
        _say({"url": served.url, "environment": served.environment})
        for line in sys.stdin:
            word, _, value = line.strip().partition(" ")
            if word == "latency":
                state |= {"latency": float(value) / 1000, "noticed": Noticed()}
            _say(state["noticed"].report())


def _say(value: object) -> None:
    print(json.dumps(value), flush=True)


class Server:
    """The parent's side. Use as a context manager."""

    def __enter__(self) -> Self:
        self._child = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.server"],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        where = self._line()
        self.url: str = where["url"]
        self.environment: dict[str, str] = where["environment"]
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._child.stdin is not None:
            self._child.stdin.close()
        self._child.wait()

    def latency(self, milliseconds: int) -> None:
        """From now on each call takes so much longer; the figures begin anew."""
        self._ask(f"latency {milliseconds}")

    def report(self) -> dict[str, float]:
        """The figures since `latency`."""
        return self._ask("report")

    def _ask(self, command: str) -> dict[str, Any]:
        if self._child.stdin is None:
            raise RuntimeError("the server has no input")
        self._child.stdin.write(f"{command}\n")
        self._child.stdin.flush()
        return self._line()

    def _line(self) -> dict[str, Any]:
        line = self._child.stdout.readline() if self._child.stdout is not None else ""
        if not line:
            raise RuntimeError(f"the server ended with {self._child.wait()}")
        answer: dict[str, Any] = json.loads(line)
        return answer


if __name__ == "__main__":
    main()
