"""Commands that make, judge, render and verify audits."""

from __future__ import annotations

import datetime
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from auditor import files, job, reports
from auditor.cli import telling
from auditor.cli.options import Options
from auditor.cli.sealing import require_as_written, seal_of, unpacked
from auditor.cli.setting_up import Setting, reach, set_up, standards_library, with_states
from auditor.cli.terminal import Log, Shown, width
from auditor.drift.ignore import Ignoring
from auditor.errors import AuditorError, SnapshotError, UsageError
from auditor.evidence import manifest
from auditor.job import kept
from auditor.job.comparing import resources_since
from auditor.job.tracing import trace
from auditor.library import shipped
from auditor.model import BinaryFormat, Format, Severity, Status
from auditor.reports.terminal import render as render_summary
from auditor.snapshot import folder
from auditor.snapshot.read import Snapshot, read_snapshot
from auditor.standards import select

if TYPE_CHECKING:
    from auditor.collectors.interfaces import Target

_GAPS_TOLD = 20
LATEST = "latest"
NOT_TOLD = 3
"""The exit status of an audit in which all is well, but of which somebody could not be told who was to be."""


def run(options: Options, resume: Path | None) -> int:
    """Collect, evaluate, report."""
    return _audit(with_states(set_up(options)), options, resume)


def collect(options: Options, resume: Path | None) -> int:
    """Make a snapshot only; 3 where something could not be collected."""
    setting = with_states(set_up(options))
    seal = seal_of(options, setting.config)
    output, snapshot, _ = _collect(setting, options, resume)
    job.write_collection(output, setting.chosen, snapshot, seal)
    said = Log.of(options)
    said.info(f"snapshot: {output}")
    for gap in snapshot.gaps[:_GAPS_TOLD]:
        said.info(f"not seen: {gap.action} in {gap.account}/{gap.region}: {gap.code}")
    if len(snapshot.gaps) > _GAPS_TOLD:
        said.info(f"… and {len(snapshot.gaps) - _GAPS_TOLD} more, in {output / folder.SNAPSHOT / 'snapshot.json'}")
    return 3 if snapshot.gaps else 0


def evaluate(path: Path, options: Options) -> int:
    """Put checks to an existing snapshot: an audit's folder, its snapshot/, or a bundle."""
    seal = seal_of(options)
    with unpacked(path) as source:
        snapshot = read_snapshot(source)
        audit = snapshot.folder.parent
        require_as_written(audit, f"{folder.SNAPSHOT}/")
        require_as_written(audit, f"{folder.EVALUATION}/")
        chosen, fail_on, formats = _chosen_for(snapshot, options)
        output = options.output or _timestamped()
        folder.require_outside(output, snapshot.folder)
        folder.claim(output)
        baseline = _baseline(chosen, snapshot, output, options) or kept.kept_baseline(audit)
        results = _judge(chosen, snapshot, baseline, options)
        folder.copy_snapshot(snapshot.folder, output)
        written = job.write_audit(output, chosen, results, formats, baseline, seal)
    return _show(results, written, options, fail_on)


def report(path: Path, options: Options) -> int:
    """Render an existing audit again, in its own folder or in `--output`, or send it."""
    telling.require_ready(options.notify)
    with unpacked(path) as audit:
        results = _verified(audit, path)
        telling.require_real(options.notify, results)
        wanted = reports.chosen_on_request(options.format or (() if options.notify else ("html",)))
        output = options.output or path
        if output.resolve() == audit.resolve():
            new = [one for one in wanted if one.filename != folder.RESULTS]
            written = job.add_to_manifest(audit, lambda: _write(audit, new, results)) if new else []
        elif output == path:
            raise UsageError(f"{path} is a bundle, which stays as it is.", "Give --output DIR.")
        else:
            folder.require_outside(output, audit / folder.SNAPSHOT)
            _require_no_other_audit(output, results)
            written = _write(output, wanted, results)
    said = Log.of(options)
    for file in written:
        said.info(f"{file}")
    targets = reach(set_up(options).config).targets if "security-hub" in options.notify else ()
    return 0 if telling.notify(options.notify, results, targets, said) else 2


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
    config = setting.config
    telling.require_ready(options.notify)
    seal = seal_of(options, config)
    if options.baseline not in ("", LATEST):
        kept.baseline_of(Path(options.baseline))  # one that cannot be read is told before AWS is asked
    output, snapshot, targets = _collect(setting, options, resume)
    baseline = _baseline(setting.chosen, snapshot, output, options)
    if config.drift.who_changed and baseline is not None and baseline.get("resources"):
        since, asked = baseline["audit"]["started_at"], targets or reach(config).targets
        baseline |= {"resources": trace(baseline["resources"], asked, since, snapshot.now)}
    results = _judge(setting.chosen, snapshot, baseline, options)
    try:
        written = job.write_audit(output, setting.chosen, results, config.report.formats, baseline, seal)
    except AuditorError as error:
        error.remedy += f" What was collected is kept: auditor run --resume {output}"
        raise
    status = _show(results, written, options, config.fail_on)
    told = telling.notify(options.notify, results, targets, Log.of(options))
    return status if told else status or NOT_TOLD


def _baseline(chosen: job.Chosen, snapshot: Snapshot, output: Path, options: Options) -> dict[str, Any] | None:
    """The earlier audit that is asked for; None where none is, or `latest` finds none."""
    if not options.baseline:
        return None
    if options.baseline != LATEST:
        require_as_written(Path(options.baseline), folder.RESULTS)
        return _since(Path(options.baseline), chosen, snapshot)
    found = manifest.find_previous(output, job.scope_digest(chosen, snapshot.document["accounts"]))
    if found is None:
        Log.of(options).info(f"no earlier audit of this scope beside {output}: nothing to compare with")
        return None
    audit = output.resolve().parent / found.folder.removeprefix("../")
    require_as_written(audit, folder.RESULTS)
    return _since(audit, chosen, snapshot)


def _since(audit: Path, chosen: job.Chosen, snapshot: Snapshot) -> dict[str, Any]:
    """An earlier audit with what became of its resources; without, where only its results are there."""
    if not (audit / folder.SNAPSHOT).exists():
        return kept.baseline_of(audit)
    require_as_written(audit, f"{folder.SNAPSHOT}/")
    ignoring = Ignoring(chosen.settings.ignores, snapshot.now.date())
    resources = resources_since(read_snapshot(audit), snapshot, chosen.shipped.catalogue, ignoring)
    return kept.baseline_of(audit) | {"resources": resources}


def _collect(setting: Setting, options: Options, resume: Path | None) -> tuple[Path, Snapshot, Sequence[Target]]:
    output = resume or options.output or _timestamped()
    if resume is not None:
        _must_be_interrupted(resume, options.output)
        if (resume / folder.SNAPSHOT / "snapshot.json").exists():
            snapshot = read_snapshot(resume)
            job.require_same(setting.chosen, snapshot.document, resume)
            targets = reach(setting.config).targets if "security-hub" in options.notify else ()
            return resume, snapshot, targets
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
    return output, snapshot, reached.targets


def _must_be_interrupted(path: Path, output: Path | None) -> None:
    if output is not None and output.resolve() != path.resolve():
        raise UsageError(f"--resume {path} goes on in place, --output {output} is another folder.", "Give one of them.")
    if folder.is_complete(path):
        raise SnapshotError(f"{path} is complete.", "`auditor evaluate` judges it again, `auditor report` renders it.")
    if not any((path / folder.SNAPSHOT / name).exists() for name in (folder.RUN, "snapshot.json")):
        raise SnapshotError(f"{path} holds no interrupted audit.", "Begin one: auditor run --output DIR")


def _judge(
    chosen: job.Chosen, snapshot: Snapshot, baseline: Mapping[str, Any] | None, options: Options
) -> dict[str, Any]:
    with Shown(options).phase("Evaluating") as shown:
        return job.judge(chosen, snapshot, shown.judged, baseline)


def _chosen_for(snapshot: Snapshot, options: Options) -> tuple[job.Chosen, Severity, tuple[str, ...]]:
    """The checks that the options ask for, or else those that the audit was judged with before."""
    if options.config is not None or options.standard:
        setting = with_states(set_up(options, demo=job.is_demo(snapshot)))
        return setting.chosen, setting.config.fail_on, setting.config.report.formats
    settings, digest = kept.settings_of(snapshot.folder.parent, snapshot)
    what = shipped()
    library = standards_library(what)
    if options.requirement:
        names = tuple(r.id for r in select(settings.standard, library.register, options.requirement))
        settings = replace(settings, requirements=names)
    settings = replace(settings, check_globs=options.check or settings.check_globs)
    formats = options.format or settings.formats
    reports.chosen(formats)  # one that does not exist is told before anything is written
    chosen = replace(job.choose(settings, library, what), states=kept.states_of(snapshot.folder.parent))
    if digest not in ("", chosen.checks_digest()) and not (options.requirement or options.check):
        Log.of(options).info("the checks are not those that this was judged with before: verdicts may differ")
    return chosen, Severity(options.fail_on or "low"), formats


def _verified(audit: Path, path: Path) -> dict[str, Any]:
    """The results of an audit whose files are as they were written."""
    if not (audit / folder.RESULTS).exists() and (audit / folder.SNAPSHOT / "snapshot.json").exists():
        raise SnapshotError(f"{path} has no results.", f"Judge its snapshot: auditor evaluate {path}")
    if not (audit / manifest.MANIFEST).exists():
        raise SnapshotError(f"{path} has no {manifest.MANIFEST}.", "Give an audit's folder that was completed.")
    require_as_written(audit)
    return files.read_json(audit / folder.RESULTS)


def _require_no_other_audit(output: Path, results: Mapping[str, Any]) -> None:
    """Reports may be added to earlier ones of the same audit, never written over another's."""
    there = output / folder.RESULTS
    if not folder.is_audit(output) or not output.is_dir():
        return
    if folder.is_complete(output) or not there.exists() or there.read_text() != reports.rendered("json", results):
        raise SnapshotError(f"{output} already holds an audit.", "Give another --output.")


def _write(output: Path, wanted: Iterable[Format | BinaryFormat], results: Mapping[str, Any]) -> list[Path]:
    for one in wanted:
        files.write_whole(output / one.filename, one.render(results))
    return [output / one.filename for one in wanted]


def _show(results: Mapping[str, Any], written: list[Path], options: Options, fail_on: Severity) -> int:
    if not options.quiet:
        colour = sys.stdout.isatty()
        print(render_summary(results, colour=colour, width=width()))
        for path in written:
            print(f"{path}")
    drifts = options.fail_on_drift and has_drift(results)
    return 1 if drifts else exit_status(results, fail_on)


def has_drift(results: Mapping[str, Any]) -> bool:
    """Whether resources are known to differ from the baseline, or from the code; what is ignored does not count."""
    drift = results.get("drift", {})
    return any(
        drift.get(part, {}).get("summary", {}).get(kind)
        for part in ("resources", "code")
        for kind in ("added", "removed", "changed")
    )


def exit_status(results: Mapping[str, Any], fail_on: Severity) -> int:
    """0, 1 or 3 (interface.md, "Exit status"): 1 beats 3."""
    findings = results["findings"]
    if any(f["status"] == Status.FAIL and Severity(f["severity"]).rank <= fail_on.rank for f in findings):
        return 1
    unknown = any(f["status"] == Status.UNKNOWN for f in (*findings, *results["requirements"]))
    return 3 if unknown or results["collection"]["errors"] else 0


def _timestamped(stem: str = "audit") -> Path:
    return Path(f"{stem}-{datetime.datetime.now(datetime.UTC):%Y%m%dT%H%M%SZ}")
