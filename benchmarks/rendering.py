"""Renders one format in a process of its own and says what it took: RESULTS FORMAT FILE."""

from __future__ import annotations

import json
import re
import sys
import time
from pathlib import Path

import orjson

from auditor import files, reports


def main(results: Path, name: str, target: Path) -> None:
    """Read, render and write; a line of JSON with the seconds of rendering and the memory before and at its height."""
    document = orjson.loads(results.read_bytes())
    _forget_height()
    before, started = _megabytes("VmRSS"), time.monotonic()
    files.write_whole(target, reports.named(name).render(document))
    took = time.monotonic() - started
    print(json.dumps({"seconds": took, "read_mb": before, "peak_mb": max(before, _megabytes("VmHWM"))}))


def _forget_height() -> None:
    """Let VmHWM begin anew (Linux: proc_pid_clear_refs(5)): reading took more than rendering will."""
    if Path("/proc/self/clear_refs").exists():
        Path("/proc/self/clear_refs").write_text("5", encoding="ascii")


def _megabytes(field: str) -> float:
    """Of this process alone; 0 without /proc. (getrusage would begin with the parent's height.)"""
    status = Path("/proc/self/status")
    found = re.search(rf"{field}:\s+(\d+) kB", status.read_text(encoding="ascii")) if status.exists() else None
    return int(found[1]) / 1024 if found else 0.0


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], Path(sys.argv[3]))
