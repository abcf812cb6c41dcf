"""`make bench`: measures this version on this machine, and prints what it took.

All on the loopback interface and in temporary folders; ends by itself.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import orjson

from auditor.cli.options import FORMAT_NAMES
from benchmarks import seed, synthetic
from benchmarks.process import Used, auditor, run
from benchmarks.server import Server

Rows = list[list[str]]

_ANY_VERDICT = (0, 1, 3)
_HELPS = 5
_CHANGED = 100
"""Every so-manyth resource of a later snapshot is gone or changed."""
_FINDINGS_PER_RESOURCE = 3.6
"""Of a synthetic snapshot, about."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure what is asked for."""
    options = _options(arguments)
    print(f"auditor on {_machine()}\n")
    for name in options.only:
        title, part = PARTS[name]
        print(f"{name}: {title}")
        with tempfile.TemporaryDirectory(prefix="auditor-bench-") as folder:
            _print_table(part(options, Path(folder)))
    return 0


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--only", type=_parts, default=list(PARTS), help=f"parts, with commas: {','.join(PARTS)}")
    parser.add_argument("--scales", type=_numbers, default=[1, 10], help="sizes of the emulated account [1,10]")
    parser.add_argument("--latencies", type=_numbers, default=[0, 50], help="ms added to each call [0,50]")
    parser.add_argument("--resources", type=_numbers, default=[1_000, 10_000, 100_000], help="sizes of snapshots")
    parser.add_argument("--findings", type=_numbers, default=[100, 10_000, 100_000], help="sizes of reports, about")
    parser.add_argument("--standard", default="trading-dr")
    return parser.parse_args(arguments)


def _parts(text: str) -> list[str]:
    names = text.split(",")
    unknown = [name for name in names if name not in PARTS]
    if unknown:
        raise argparse.ArgumentTypeError(f"no part {', '.join(unknown)}: there are {', '.join(PARTS)}")
    return names


def _numbers(text: str) -> list[int]:
    return [int(part) for part in text.split(",")]


# ---------------------------------------------------------------------------------------- parts


def bench_help(_options: argparse.Namespace, _folder: Path) -> Rows:
    """Starting: with nothing but Python, and the whole command line."""
    bare = min((run([sys.executable, "-c", "pass"]) for _ in range(_HELPS)), key=lambda used: used.cpu)
    rows = [["", "CPU s", "times Python's own start", "wall s", "peak MB"]]
    for name, arguments in (("python -c pass", None), ("--help", ["--help"]), ("checks list", ["checks", "list"])):
        used = (
            bare if arguments is None else min((auditor(*arguments) for _ in range(_HELPS)), key=lambda used: used.cpu)
        )
        rows.append([name, f"{used.cpu:.2f}", f"{used.cpu / bare.cpu:.1f}", f"{used.wall:.2f}", f"{used.peak_mb:.0f}"])
    return rows


def bench_run(options: argparse.Namespace, folder: Path) -> Rows:
    """`auditor run` over HTTP."""
    headers = ["scale", "latency ms", "wall s", "CPU s", "peak MB", "together MB", "API calls", "in flight"]
    rows = [[*headers, "moto CPU s", "one by one s"]]
    calls: dict[int, float] = {}
    for scale in options.scales:
        with Server() as server:
            made = seed.seed(server.url, server.environment, scale)
            print(f"  scale {scale}: {made}")
            for latency in options.latencies:
                server.latency(latency)
                output = folder / f"{scale}-{latency}"
                arguments = ["run", "--standard", options.standard, "--no-progress", "--output", str(output)]
                used = auditor(*arguments, environment=server.environment, expect=_ANY_VERDICT)
                noticed = server.report()
                calls[scale] = noticed["requests"]
                rows.append([str(scale), str(latency), *_taken(used), *_served(noticed, latency)])
    if len(calls) > 1:
        first, last = min(calls), max(calls)
        print(f"  calls grow {calls[last] / calls[first]:.1f} times where the account grows {last / first:.0f} times")
    return rows


def _taken(used: Used) -> list[str]:
    return [f"{used.wall:.1f}", f"{used.cpu:.1f}", f"{used.peak_mb:.0f}", f"{used.together_mb:.0f}"]


def _served(noticed: dict[str, float], latency: int) -> list[str]:
    """The last figure: how long one client would wait that asks one thing after the other and takes no time itself."""
    alone = noticed["cpu"] + noticed["requests"] * latency / 1000
    return [f"{noticed['requests']:.0f}", f"{noticed['in_flight']:.1f}", f"{noticed['cpu']:.1f}", f"{alone:.1f}"]


def bench_evaluate(options: argparse.Namespace, folder: Path) -> Rows:
    """`auditor evaluate`, offline."""
    rows = [["resources", "wall s", "CPU s", "peak MB", "together MB", "ms a resource", "snapshot MB", "results MB"]]
    for resources in options.resources:
        audit, judged = folder / f"snapshot-{resources}", folder / f"judged-{resources}"
        made = synthetic.snapshot(audit, resources, options.standard)
        arguments = ["evaluate", str(audit), "--no-progress", "--format", "json", "--output", str(judged)]
        used = auditor(*arguments, expect=_ANY_VERDICT)
        sizes = [f"{_size(audit):.1f}", f"{_size(judged / 'results.json'):.1f}"]
        rows.append([str(made), *_taken(used), f"{used.wall / made * 1000:.2f}", *sizes])
    return rows


def bench_drift(options: argparse.Namespace, folder: Path) -> Rows:
    """`auditor drift`, offline: against an earlier audit, and against a Terraform state."""
    rows = [["compared with", "resources", "different", "wall s", "CPU s", "peak MB", "together MB", "ms a resource"]]
    for resources in options.resources:
        old, new, state = (folder / f"{name}-{resources}" for name in ("old", "new", "state"))
        made = synthetic.snapshot(old, resources, options.standard)
        synthetic.snapshot(new, resources, options.standard, later=_CHANGED)
        declared = synthetic.terraform_state(state, resources)
        for what, count, option in (
            ("an audit", made, ["--baseline", str(old)]),
            ("Terraform", declared, ["--terraform-state", str(state)]),
        ):
            output = folder / f"{resources}.json"
            used = auditor("drift", str(new), *option, "--format", "json", "--output", str(output), expect=_ANY_VERDICT)
            summary = orjson.loads(output.read_bytes())["summary"]
            told = sum(summary[kind] for kind in ("added", "removed", "changed"))
            rows.append([what, str(count), str(told), *_taken(used), f"{used.wall / count * 1000:.2f}"])
    return rows


def bench_report(options: argparse.Namespace, folder: Path) -> Rows:
    """Rendering each format, in a process of its own."""
    rows = [["findings", "format", "s", "MB read", "MB more at its height", "file MB", "bytes a finding", "opens in s"]]
    for findings in options.findings:
        audit, judged = folder / f"snapshot-{findings}", folder / f"judged-{findings}"
        synthetic.snapshot(audit, max(1, round(findings / _FINDINGS_PER_RESOURCE)), options.standard)
        arguments = ["evaluate", str(audit), "--no-progress", "--quiet", "--format", "json", "--output", str(judged)]
        auditor(*arguments, expect=_ANY_VERDICT)
        results = judged / "results.json"
        count = len(orjson.loads(results.read_bytes())["findings"])
        rows += [
            [f"{count}", name, *_rendered(results, name, folder / f"{findings}.{name}", count)] for name in FORMAT_NAMES
        ]
    return rows


def _rendered(results: Path, name: str, target: Path, count: int) -> list[str]:
    command = [sys.executable, "-m", "benchmarks.rendering", str(results), name, str(target)]
    took = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    more, size = took["peak_mb"] - took["read_mb"], target.stat().st_size
    told = [f"{took['seconds']:.2f}", f"{took['read_mb']:.0f}", f"{more:.0f}", f"{_size(target):.2f}"]
    return [*told, f"{size / count:.0f}", f"{opening(target):.2f}" if name == "html" else ""]


def opening(page: Path) -> float:
    """Seconds until Chromium has opened a page and its script has run; NaN without a browser."""
    browser = shutil.which("chromium")
    if browser is None:
        return math.nan
    from playwright.sync_api import sync_playwright

    with sync_playwright() as driver:
        started = driver.chromium.launch(executable_path=browser, args=["--no-sandbox", "--disable-gpu"])
        tab = started.new_page()
        tab.goto("about:blank")
        begun = time.monotonic()
        tab.goto(page.as_uri())
        tab.wait_for_selector("#matches", state="attached")
        took = time.monotonic() - begun
        started.close()
    return took


PARTS: dict[str, tuple[str, Callable[[argparse.Namespace, Path], Rows]]] = {
    "help": ("starting the command line, best of five", bench_help),
    "run": ("auditor run over HTTP; peak MB is the largest process, together MB all of them", bench_run),
    "evaluate": ("auditor evaluate over synthetic snapshots", bench_evaluate),
    "drift": ("auditor drift over synthetic snapshots", bench_drift),
    "report": ("rendering each format", bench_report),
}

# ---------------------------------------------------------------------------------------- showing


def _machine() -> str:
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    load = os.getloadavg()[0]
    system = f"{platform.system()} {platform.machine()}, Python {platform.python_version()}"
    return f"{system}, {os.cpu_count()} cores, {memory:.0f} GB; load before: {load:.1f}"


def _size(path: Path) -> float:
    files = [path] if path.is_file() else [one for one in path.rglob("*") if one.is_file()]
    return sum(one.stat().st_size for one in files) / 2**20


def _print_table(rows: Rows) -> None:
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    for row in rows:
        print("  " + "  ".join(cell.rjust(width) for cell, width in zip(row, widths, strict=True)))
    print(flush=True)


if __name__ == "__main__":
    sys.exit(main())
