"""Commands that make, judge, render and verify audits."""

from __future__ import annotations

import datetime
import shutil
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import orjson

from auditor import job
from auditor.cli.options import Options
from auditor.cli.setting_up import Setting, reach, set_up, standards_library
from auditor.cli.terminal import Log, Shown, interruptible, width
from auditor.errors import SnapshotError
from auditor.library import shipped
from auditor.model import Severity, Status
from auditor.reports.terminal import render as render_summary
from auditor.snapshot import folder
from auditor.snapshot.read import Snapshot, read_snapshot


def run(options: Options, resume: Path | None) -> int:
    """Collect, evaluate, report."""
    setting = set_up(options)
    with interruptible():
        return _audit(setting, options, resume)


def collect(options: Options, resume: Path | None) -> int:
    """Make a snapshot only; 3 where something could not be collected."""
    setting = set_up(options)
    with interruptible():
        output, snapshot = _collect(setting, options, resume)
        _write_collection(output, snapshot, setting)
    _log(options).info(f"snapshot: {output}")
    for gap in snapshot.gaps[:20]:
        _log(options).info(f"not seen: {gap.action} in {gap.account}/{gap.region}: {gap.code}")
    return 3 if snapshot.gaps else 0


def evaluate(path: Path, options: Options) -> int:
    """Put checks to an existing snapshot."""
    snapshot = read_snapshot(path)
    chosen, fail_on, formats = _chosen_for(snapshot, options)
    output = options.output or _timestamped()
    folder.claim(output)
    with interruptible():
        results = _judge(chosen, snapshot, options)
        shutil.copytree(snapshot.folder, output / folder.SNAPSHOT)
        written = job.write_audit(output, results, formats)
    return _show(results, written, options, fail_on)


def report(path: Path, options: Options) -> int:
    """Render an existing audit again: in its own folder, or in `--output`."""
    folder.verify(path)
    results = _results(path)
    formats = options.format or ("html",)
    if options.output is not None and options.output.resolve() != path.resolve():
        from auditor.reports import chosen

        for one in chosen(formats):
            folder.write_whole(options.output / one.filename, one.render(results))
            _log(options).info(f"{options.output / one.filename}")
        return 0
    from auditor.reports import chosen

    for one in chosen(formats):
        if one.filename != folder.RESULTS:
            folder.write_whole(path / one.filename, one.render(results))
            _log(options).info(f"{path / one.filename}")
    job.write_manifest(path, results)
    return 0


def verify(path: Path, options: Options) -> int:
    """Check an audit's files against its manifest."""
    count = folder.verify(path)
    if not options.quiet:
        print(f"{path}: {count} files are as they were written")
    return 0


def demo(options: Options, *, ideal: bool) -> int:
    """Audit the embedded account."""
    from auditor.cli.demonstration import CONFIG, embedded_account

    chosen = replace(options, output=options.output or _timestamped("demo-audit"))
    setting = set_up(chosen, demo=True, config_file=None if options.standard else CONFIG())
    with embedded_account(ideal=ideal), interruptible():
        return _audit(setting, chosen, None)


# ---------------------------------------------------------------------------------------- steps


def _audit(setting: Setting, options: Options, resume: Path | None) -> int:
    output, snapshot = _collect(setting, options, resume)
    results = _judge(setting.chosen, snapshot, options)
    written = job.write_audit(output, results, setting.config.report.formats)
    return _show(results, written, options, setting.config.fail_on)


def _collect(setting: Setting, options: Options, resume: Path | None) -> tuple[Path, Snapshot]:
    output = resume or options.output or _timestamped()
    if resume is not None:
        _must_be_interrupted(resume)
        if (resume / folder.SNAPSHOT / "snapshot.json").exists():
            return resume, read_snapshot(resume)
    reached = reach(setting.config)
    if resume is None:
        folder.claim(output)
    with Shown(wanted=not (options.quiet or options.no_progress)).phase("Collecting") as shown:
        snapshot = job.collect(
            setting.chosen,
            output,
            reached.identity,
            reached.targets,
            reached.gaps,
            setting.config.aws.max_concurrency,
            shown.collected,
        )
    return output, snapshot


def _must_be_interrupted(path: Path) -> None:
    if (path / folder.MANIFEST).exists():
        raise SnapshotError(f"{path} is complete.", "`auditor evaluate` judges it again, `auditor report` renders it.")
    if not (path / folder.SNAPSHOT).is_dir():
        raise SnapshotError(f"{path} holds no interrupted audit.", "Begin one: auditor run --output DIR")


def _judge(chosen: job.Chosen, snapshot: Snapshot, options: Options) -> dict[str, Any]:
    with Shown(wanted=not (options.quiet or options.no_progress)).phase("Evaluating") as shown:
        return job.judge(chosen, snapshot, shown.judged)


def _chosen_for(snapshot: Snapshot, options: Options) -> tuple[job.Chosen, Severity, tuple[str, ...]]:
    """The checks that the options ask for, or else those that the snapshot was made for."""
    if options.config is not None or options.standard:
        setting = set_up(options)
        return setting.chosen, setting.config.fail_on, setting.config.report.formats
    try:
        settings = job.Settings.from_json(snapshot.document["settings"])
    except (KeyError, TypeError, ValueError) as error:
        raise SnapshotError(
            f"{snapshot.folder} does not say what it was made for.", "Give --config or --standard."
        ) from error
    what = shipped()
    library = standards_library(what)
    if options.requirement:
        from auditor.standards import select

        names = tuple(r.id for r in select(settings.standard, library.register, options.requirement))
        settings = replace(settings, requirements=names)
    settings = replace(settings, check_globs=options.check or settings.check_globs)
    return (
        job.choose(settings, library, what),
        Severity(options.fail_on or "low"),
        options.format or settings.formats,
    )


def _write_collection(output: Path, snapshot: Snapshot, setting: Setting) -> None:
    about = {"id": snapshot.document["id"], "identity": snapshot.document["identity"]}
    method = {"checks_digest": setting.chosen.checks_digest(), "config_digest": setting.config.digest()}
    job.write_manifest(output, {"audit": about, "method": method})


def _results(path: Path) -> dict[str, Any]:
    try:
        results: dict[str, Any] = orjson.loads((path / folder.RESULTS).read_bytes())
    except FileNotFoundError as error:
        raise SnapshotError(f"{path} has no results.", f"Judge its snapshot: auditor evaluate {path}") from error
    except orjson.JSONDecodeError as error:
        raise SnapshotError(
            f"{path / folder.RESULTS} cannot be read.", "`auditor verify` says what was changed."
        ) from error
    return results


def _show(results: Mapping[str, Any], written: list[Path], options: Options, fail_on: Severity) -> int:
    if not options.quiet:
        colour = sys.stdout.isatty()
        print(render_summary(results, colour=colour, width=width()))
        for path in written:
            print(f"{path}")
    return exit_status(results, fail_on)


def exit_status(results: Mapping[str, Any], fail_on: Severity) -> int:
    """0, 1 or 3 (interface.md, "Exit status"): 1 beats 3."""
    findings = results["findings"]
    if any(f["status"] == Status.FAIL and Severity(f["severity"]).rank <= fail_on.rank for f in findings):
        return 1
    unknown = any(f["status"] == Status.UNKNOWN for f in (*findings, *results["requirements"]))
    return 3 if unknown or results["collection"]["errors"] else 0


def _timestamped(stem: str = "audit") -> Path:
    return Path(f"{stem}-{datetime.datetime.now(datetime.UTC):%Y%m%dT%H%M%SZ}")


def _log(options: Options) -> Log:
    return Log(options.log_format == "json", options.quiet)
