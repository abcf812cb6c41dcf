"""Commands that make, judge, render and verify audits."""

from __future__ import annotations

import datetime
import sys
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import orjson

from auditor import files, job, judging, reports
from auditor.cli.options import Options
from auditor.cli.setting_up import Setting, reach, set_up, standards_library
from auditor.cli.terminal import Log, Shown, width
from auditor.errors import IntegrityError, SnapshotError, UsageError
from auditor.library import shipped
from auditor.model import Format, Severity, Status
from auditor.reports.terminal import render as render_summary
from auditor.snapshot import folder
from auditor.snapshot.read import Snapshot, read_snapshot
from auditor.standards import select

_GAPS_TOLD = 20


def run(options: Options, resume: Path | None) -> int:
    """Collect, evaluate, report."""
    return _audit(set_up(options), options, resume)


def collect(options: Options, resume: Path | None) -> int:
    """Make a snapshot only; 3 where something could not be collected."""
    setting = set_up(options)
    output, snapshot = _collect(setting, options, resume)
    _write_collection(output, snapshot, setting)
    said = Log.of(options)
    said.info(f"snapshot: {output}")
    for gap in snapshot.gaps[:_GAPS_TOLD]:
        said.info(f"not seen: {gap.action} in {gap.account}/{gap.region}: {gap.code}")
    if len(snapshot.gaps) > _GAPS_TOLD:
        said.info(f"… and {len(snapshot.gaps) - _GAPS_TOLD} more, in {output / folder.SNAPSHOT / 'snapshot.json'}")
    return 3 if snapshot.gaps else 0


def evaluate(path: Path, options: Options) -> int:
    """Put checks to an existing snapshot."""
    snapshot = read_snapshot(path)
    folder.require_as_written(snapshot.folder)
    chosen, fail_on, formats = _chosen_for(snapshot, options)
    output = options.output or _timestamped()
    folder.require_outside(output, snapshot.folder)
    folder.claim(output)
    results = _judge(chosen, snapshot, options)
    folder.copy_snapshot(snapshot.folder, output)
    written = job.write_audit(output, results, formats)
    return _show(results, written, options, fail_on)


def report(path: Path, options: Options) -> int:
    """Render an existing audit again: in its own folder, or in `--output`."""
    results = _verified(path)
    wanted = reports.chosen(options.format or ("html",))
    output = options.output or path
    if output.resolve() == path.resolve():
        written = _write(output, [one for one in wanted if one.filename != folder.RESULTS], results)
        job.write_manifest(path, results)
    else:
        folder.require_outside(output, path / folder.SNAPSHOT)
        _require_no_other_audit(output, results)
        written = _write(output, wanted, results)
    for file in written:
        Log.of(options).info(f"{file}")
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

    output = options.output or _timestamped("demo-audit")
    chosen = replace(options, output=output)
    setting = set_up(chosen, demo=True, config_file=CONFIG())
    folder.claim(output)
    with embedded_account(setting.config.standard.name, ideal=ideal):
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
        _must_be_interrupted(resume, options.output)
        if (resume / folder.SNAPSHOT / "snapshot.json").exists():
            snapshot = read_snapshot(resume)
            job.require_same(setting.chosen, snapshot.document, resume)
            return resume, snapshot
    reached = reach(setting.config)
    if resume is None:
        folder.claim(output)
    with Shown(options).phase("Collecting") as shown:
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


def _must_be_interrupted(path: Path, output: Path | None) -> None:
    if output is not None and output.resolve() != path.resolve():
        raise UsageError(f"--resume {path} goes on in place, --output {output} is another folder.", "Give one of them.")
    if folder.is_complete(path):
        raise SnapshotError(f"{path} is complete.", "`auditor evaluate` judges it again, `auditor report` renders it.")
    if not any((path / folder.SNAPSHOT / name).exists() for name in (folder.RUN, "snapshot.json")):
        raise SnapshotError(f"{path} holds no interrupted audit.", "Begin one: auditor run --output DIR")


def _judge(chosen: job.Chosen, snapshot: Snapshot, options: Options) -> dict[str, Any]:
    with Shown(options).phase("Evaluating") as shown:
        return judging.judge(chosen, snapshot, shown.judged)


def _chosen_for(snapshot: Snapshot, options: Options) -> tuple[job.Chosen, Severity, tuple[str, ...]]:
    """The checks that the options ask for, or else those that the snapshot was made for."""
    if options.config is not None or options.standard:
        setting = set_up(options, demo=job.is_demo(snapshot))
        return setting.chosen, setting.config.fail_on, setting.config.report.formats
    settings = job.settings_of_snapshot(snapshot)
    what = shipped()
    library = standards_library(what)
    if options.requirement:
        names = tuple(r.id for r in select(settings.standard, library.register, options.requirement))
        settings = replace(settings, requirements=names)
    settings = replace(settings, check_globs=options.check or settings.check_globs)
    formats = options.format or settings.formats
    reports.chosen(formats)  # one that does not exist is told before anything is written
    return job.choose(settings, library, what), Severity(options.fail_on or "low"), formats


def _write_collection(output: Path, snapshot: Snapshot, setting: Setting) -> None:
    about = {"id": snapshot.document["id"], "identity": snapshot.document["identity"]}
    method = {"checks_digest": setting.chosen.checks_digest(), "config_digest": setting.config.digest()}
    job.write_manifest(output, {"audit": about, "method": method})


def _verified(path: Path) -> dict[str, Any]:
    """The results of an audit whose files are as they were written."""
    if not (path / folder.RESULTS).exists() and (path / folder.SNAPSHOT / "snapshot.json").exists():
        raise SnapshotError(f"{path} has no results.", f"Judge its snapshot: auditor evaluate {path}")
    try:
        folder.verify(path)
    except IntegrityError as error:
        raise SnapshotError(
            f"{path} is not as it was written ({', '.join(str(error).splitlines()[:3])}).",
            "Put it right, or judge its snapshot again: auditor evaluate.",
        ) from error
    results: dict[str, Any] = orjson.loads((path / folder.RESULTS).read_bytes())
    return results


def _require_no_other_audit(output: Path, results: Mapping[str, Any]) -> None:
    """Reports may be added to earlier ones of the same audit, never written over another's."""
    there = output / folder.RESULTS
    if not folder.is_audit(output) or not output.is_dir():
        return
    if folder.is_complete(output) or not there.exists() or there.read_text() != reports.rendered("json", results):
        raise SnapshotError(f"{output} already holds an audit.", "Give another --output.")


def _write(output: Path, wanted: Iterable[Format], results: Mapping[str, Any]) -> list[Path]:
    for one in wanted:
        files.write_whole(output / one.filename, one.render(results))
    return [output / one.filename for one in wanted]


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
