"""`auditor drift`: an audit against an earlier one, or against what the code declares."""

from __future__ import annotations

import dataclasses
import re
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import orjson

from auditor import files, job
from auditor.cli.sealing import require_as_written, unpacked
from auditor.cli.setting_up import fetch_states
from auditor.drift.code.outputs import WITHHELD
from auditor.drift.findings import compare_findings
from auditor.drift.ignore import Ignoring
from auditor.errors import UsageError
from auditor.job import comparing, kept, states
from auditor.library import shipped
from auditor.reports import summary
from auditor.reports.sanitize import clip, visible
from auditor.snapshot import folder
from auditor.snapshot.read import Snapshot, read_snapshot

_LONGEST = 160
_NOT_ASCII = re.compile(r"[^\x20-\x7e\n]")
_SIGNS = {"added": "+", "removed": "-", "changed": "~"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What an audit is to be compared with."""

    baseline: Path | None = None
    terraform: tuple[str, ...] = ()
    pulumi: tuple[str, ...] = ()
    cloudformation: tuple[str, ...] = ()

    @property
    def is_code(self) -> bool:
        """Whether states or stacks are given."""
        return bool(self.terraform or self.pulumi or self.cloudformation)


def drift(path: Path, asked: Asked, form: str, output: Path | None, *, quiet: bool) -> int:
    """Compare an audit and print what came of it: 1 where something differs, 3 where something is unknown, else 0."""
    if (asked.baseline is None) == (not asked.is_code):
        raise UsageError(
            "An audit is compared with one thing at a time.",
            "Give --baseline AUDIT; or --terraform-state, --pulumi-state and --cloudformation, as many as there are.",
        )
    with ExitStack() as opened:
        snapshot = _read(opened, path)
        if asked.baseline is not None:
            found = _with_baseline(snapshot, _read(opened, asked.baseline))
        else:
            found = _with_code(snapshot, asked)
    text = _RENDER[form](found)
    if output is not None:
        files.write_whole(output, text)
    if not quiet:
        print(output if output is not None else text, end="\n" if output is not None else "")
    return exit_status(found)


def exit_status(found: Mapping[str, Any]) -> int:
    """1 where something differs, 3 where something could not be compared; 1 beats 3.

    Findings do not count, nor does it that a secret output is not followed.
    """
    counts = found["summary"]
    outputs = {one["verdict"] for one in found.get("outputs", ()) if one["code"] != WITHHELD}
    if counts["added"] or counts["removed"] or counts["changed"] or "missing" in outputs:
        return 1
    return 3 if counts["unknown"] or "unknown" in outputs else 0


# ---------------------------------------------------------------------------------------- what is compared


def _read(opened: ExitStack, path: Path) -> Snapshot:
    """The snapshot of an audit's folder or bundle. Raises SnapshotError where it is not as it was written."""
    snapshot = read_snapshot(opened.enter_context(unpacked(path)))
    for within in (f"{folder.SNAPSHOT}/", f"{folder.EVALUATION}/", folder.RESULTS):
        require_as_written(snapshot.folder.parent, within)
    return snapshot


def _with_baseline(new: Snapshot, old: Snapshot) -> dict[str, Any]:
    settings, _ = kept.settings_of(new.folder.parent, new) if _has_settings(new) else (None, "")
    ignoring = Ignoring(settings.ignores if settings is not None else (), new.now.date())
    resources = comparing.resources_since(old, new, shipped().catalogue, ignoring)
    before, after = _results(old), _results(new)
    findings = None
    if before is not None and after is not None:
        changes = compare_findings(before, after)
        findings = {name: [dataclasses.asdict(one) for one in found] for name, found in changes.lists()}
    return {"schema_version": "1.0", "audit": _about(new), "baseline": _about(old), **resources, "findings": findings}


def _with_code(snapshot: Snapshot, asked: Asked) -> dict[str, Any]:
    what = shipped()
    settings, _ = kept.settings_of(snapshot.folder.parent, snapshot)
    settings = replace(settings, terraform=asked.terraform, pulumi=asked.pulumi, cloudformation=asked.cloudformation)
    read = states.read_states(settings, what.mappings, fetch_states("", settings.standard.primary))
    chosen = job.Chosen(settings, what, (), (), read)
    tables = states.reads_of(read, asked.cloudformation, what.mappings, what.catalogue.tables())
    with tempfile.TemporaryDirectory(prefix="auditor-") as temporary:
        path = Path(temporary) / "drift.duckdb"
        left_out = job.build_database(
            what, snapshot, settings, path, snapshot.accounts, checks=(), further=tuple(tables)
        )
        code = comparing.against_code(chosen, snapshot, path, left_out, snapshot.gaps)
    return {"schema_version": "1.0", "audit": _about(snapshot), "baseline": None, **code.document}


def _has_settings(snapshot: Snapshot) -> bool:
    return bool(snapshot.document.get("settings"))


def _results(snapshot: Snapshot) -> Mapping[str, Any] | None:
    """The results beside a snapshot; None where it was only collected."""
    path = snapshot.folder.parent / folder.RESULTS
    return files.read_json(path) if path.exists() else None


def _about(snapshot: Snapshot) -> dict[str, Any]:
    return {name: snapshot.document[name] for name in ("id", "started_at", "finished_at")}


# ---------------------------------------------------------------------------------------- as JSON


def _json(found: Mapping[str, Any]) -> str:
    """Every character that is not plain ASCII as an escape: the text is harmless on a terminal."""
    text = orjson.dumps(found, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE).decode()
    return _NOT_ASCII.sub(lambda match: "".join(f"\\u{unit:04x}" for unit in _utf16(match.group())), text)


def _utf16(character: str) -> Iterator[int]:
    units = character.encode("utf-16-be")
    return (int.from_bytes(units[start : start + 2]) for start in range(0, len(units), 2))


# ---------------------------------------------------------------------------------------- for people


def _table(found: Mapping[str, Any]) -> str:
    return "\n".join(_lines(found)) + "\n"


def _lines(found: Mapping[str, Any]) -> Iterator[str]:
    """Names, tags and AWS's own messages are shown as text that steers no terminal."""
    is_code, audit = found["baseline"] is None, found["audit"]
    about = f"audit {visible(audit['id'])} ({visible(audit['finished_at'])})"
    if is_code:
        yield f"Drift of {about} from the code"
        yield from (f"  {_state(state)}" for state in found["states"])
    else:
        old = found["baseline"]
        yield f"Drift of {about} from baseline {visible(old['id'])} ({visible(old['finished_at'])})"
    words = summary.FROM_CODE if is_code else summary.SINCE_BASELINE
    for name in (name for name in words if name in _SIGNS):
        yield from _section(words[name], len(found[name]))
        for one in found[name]:
            yield f"  {_SIGNS[name]} {_named(one)}"
            for change in one.get("fields", ()):
                yield f"      {visible(change['path'])}: {_value(change['old'])} -> {_value(change['new'])}"
    yield from _section(words["unknown"], len(found["unknown"]))
    yield from (f"  ? {_named(one)}  {visible(one['table'])}: {visible(one['reason'])}" for one in found["unknown"])
    yield from _ignored(found)
    yield from _of_code(found) if is_code else ()
    yield ""
    yield from _counts(found, is_code=is_code)


def _ignored(found: Mapping[str, Any]) -> Iterator[str]:
    yield from _section(summary.IGNORED, len(found["ignored"]))
    for one in found["ignored"]:
        rule = found["rules"][one["rule"]]
        what = f" {visible(one['fields'][0]['path'])}" if one.get("fields") else ""
        yield f"  / {_named(one)}{what}: {visible(rule['reason'])}, until {rule['expires']}"
    for rule in found["rules"]:
        if rule["expired"] or not rule["matched"]:
            state = f"expired on {rule['expires']}" if rule["expired"] else "matches nothing"
            yield f"  rule for {visible(rule['resource'])} {visible(rule['attribute'] or '')}: {state}"


def _of_code(found: Mapping[str, Any]) -> Iterator[str]:
    """What only a comparison with code has: outputs, what is claimed twice, what was not compared, shares."""
    bad = [one for one in found["outputs"] if one["verdict"] != "deployed"]
    yield from _section(summary.OUTPUTS, len(bad))
    for one in bad:
        names = f" {visible(one['names'])}" if one["names"] else ""
        said = one["reason"] or summary.VERDICTS[one["verdict"]]
        yield f"  {visible(one['state'])} {visible(one['name'])}{names}: {visible(said)}"
    yield from _section(summary.CLAIMED_TWICE, len(found["claimed_twice"]))
    for one in found["claimed_twice"]:
        claims = " and ".join(f"{visible(c['address'])} of {visible(c['state'])}" for c in one["claims"])
        yield f"  {_named(one)}: {claims}"
    yield from _section(summary.NOT_COMPARED, len(found["not_compared"]))
    for one in found["not_compared"]:
        yield f"  {visible(one['kind'])}.{visible(one['attribute'])}  ({one['resources']})"
    yield from _section(summary.MANAGED, len(found["shares"]))
    for share in found["shares"]:
        whole = share["managed"] + share["unmanaged"]
        percent = summary.percentage_of(share)
        yield f"  {visible(share['type'])}: {share['managed']} of {whole} ({percent})"


def _counts(found: Mapping[str, Any], *, is_code: bool) -> Iterator[str]:
    if found.get("findings") is not None:
        counts = (f"{len(items)} {name.replace('_', ' ')}" for name, items in found["findings"].items())
        yield f"Findings: {', '.join(counts)}"
    yield summary.counted_from_code(found) if is_code else summary.counted(found, summary.SINCE_BASELINE)


def _state(state: Mapping[str, Any]) -> str:
    aside = ", ".join(f"{n} {visible(why)}" for why, n in state["set_aside"].items())
    version = f"{visible(state['tool'])} {visible(state['name'])} ({visible(state['version'])})"
    return f"{version}: {state['resources']} resources" + (f"; set aside: {aside}" if aside else "")


def _section(title: str, count: int) -> Iterator[str]:
    if count:
        yield from ("", f"{title} ({count})")


def _named(one: Mapping[str, Any]) -> str:
    name = f"  ({clip(visible(one['name']), _LONGEST)})" if one["name"] else ""
    claim = f"  {visible(one['claim']['address'])}" if one.get("claim") else ""
    return f"{visible(one['type'])}  {visible(one['arn'])}{name}{claim}"


def _value(value: object) -> str:
    return clip(visible(orjson.dumps(value).decode()), _LONGEST) if value is not None else "none"


_RENDER: Mapping[str, Callable[[Mapping[str, Any]], str]] = {"table": _table, "json": _json}
