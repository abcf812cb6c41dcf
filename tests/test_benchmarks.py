"""What is measured is what it is said to be: synthetic snapshots are judged, commands are measured as they end."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from auditor import job
from auditor.config import Overrides, load_config
from auditor.library import shipped
from auditor.snapshot.read import read_snapshot
from auditor.standards import load_library
from benchmarks.__main__ import PARTS, main
from benchmarks.process import run
from benchmarks.synthetic import snapshot

ENOUGH = 100


def test_a_synthetic_snapshot_has_passes_and_failures_and_nothing_unknown(tmp_path: Path) -> None:
    assert snapshot(tmp_path, ENOUGH) == ENOUGH
    what = shipped()
    library = load_library(what.folder / "standards")
    settings = job.settings_of(load_config(None, Overrides(standard="trading-dr"), library))
    counts = job.judge(job.choose(settings, library, what), read_snapshot(tmp_path))["summary"]["findings"]
    assert counts["pass"] > ENOUGH / 2
    assert counts["fail"] > ENOUGH / 10
    assert counts["unknown"] == 0


def test_a_command_is_measured() -> None:
    used = run(
        [sys.executable, "-c", "x = b'x' * 50_000_000; sum(range(10_000_000)); raise SystemExit(3)"], expect=(3,)
    )
    assert used.status == 3
    assert 0.05 < used.cpu <= used.wall + 0.1
    assert 50 < used.peak_mb < 100


def test_a_command_that_ends_otherwise_is_told_with_what_it_said() -> None:
    with pytest.raises(RuntimeError, match="ended with 5:\nno luck"):
        run([sys.executable, "-c", "import sys; print('no luck'); sys.exit(5)"])


def test_a_part_that_does_not_exist_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--only", "help,nothing"])
    assert f"no part nothing: there are {', '.join(PARTS)}" in capsys.readouterr().err
