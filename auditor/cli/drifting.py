"""`auditor drift`: an audit against an earlier one."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import orjson

from auditor import files
from auditor.collectors.actions import action
from auditor.drift.compare import compare
from auditor.drift.findings import compare_findings
from auditor.drift.model import Changed, Difference, FindingChanges, Only, Rules, Side, Subject, Unknown
from auditor.errors import SnapshotError, UsageError
from auditor.library import shipped
from auditor.model import GLOBAL, Catalogue
from auditor.reports.sanitize import clip, visible
from auditor.snapshot import folder
from auditor.snapshot.read import Snapshot, read_snapshot

_LONGEST = 160
_NOT_ASCII = re.compile(r"[^\x20-\x7e\n]")
_WORDS = {"new": "new", "resolved": "resolved", "still_open": "still open", "newly_unseen": "newly unseen"}
_WORDS |= {"seen_again": "seen again"}


@dataclass(frozen=True, slots=True)
class Drift:
    """Two audits compared."""

    audit: Snapshot
    baseline: Snapshot
    difference: Difference
    findings: FindingChanges | None
    """None where one of them has no results."""

    @property
    def exit_status(self) -> int:
        """1 where something differs, 3 where something could not be compared; 1 beats 3. Findings do not count."""
        return 1 if self.difference.is_drift else 3 if self.difference.unknown else 0


def drift(path: Path, baseline: Path | None, form: str, output: Path | None, *, quiet: bool) -> int:
    """Compare two audits and print what came of it."""
    if baseline is None:
        raise UsageError("Nothing to compare with.", "Give --baseline AUDIT.")
    found = compared(path, baseline, shipped().catalogue)
    text = _RENDER[form](found)
    if output is not None:
        files.write_whole(output, text)
    if not quiet:
        print(output if output is not None else text, end="\n" if output is not None else "")
    return found.exit_status


def compared(path: Path, baseline: Path, catalogue: Catalogue) -> Drift:
    """Two audits' snapshots and findings compared. Raises SnapshotError where one cannot be read."""
    old, new = read_snapshot(baseline), read_snapshot(path)
    try:
        difference = compare(side("baseline", old), side("audit", new), rules(catalogue))
    except (duckdb.Error, orjson.JSONDecodeError) as error:
        raise SnapshotError(
            f"{path} cannot be compared with {baseline}: {str(error).splitlines()[0]}",
            "`auditor verify` says what was changed.",
        ) from error
    before, after = _results(old), _results(new)
    findings = compare_findings(before, after) if before is not None and after is not None else None
    return Drift(new, old, difference, findings)


def side(word: str, snapshot: Snapshot) -> Side:
    """A snapshot as one side of a comparison."""
    return Side(
        word=word,
        sources=snapshot.sources,
        columns=snapshot.columns,
        operations=snapshot.operations,
        places=frozenset(
            (account.id, region) for account in snapshot.accounts for region in (*account.regions, GLOBAL)
        ),
        gaps=snapshot.gaps,
    )


def rules(catalogue: Catalogue) -> dict[str, Rules]:
    """How each declared table is compared."""
    return {
        name: Rules(
            table,
            {
                operation: action(table.service, operation).iam
                for operation in (table.operation, *(detail.operation for detail in table.details))
            },
            catalogue.detail_columns(name),
        )
        for name, table in catalogue.tables().items()
    }


def _results(snapshot: Snapshot) -> Mapping[str, Any] | None:
    """The results beside a snapshot; None where it was only collected."""
    path = snapshot.folder.parent / folder.RESULTS
    if not path.exists():
        return None
    try:
        results: dict[str, Any] = orjson.loads(path.read_bytes())
    except orjson.JSONDecodeError as error:
        raise SnapshotError(f"{path} cannot be read.", "`auditor verify` says what was changed.") from error
    return results


# ---------------------------------------------------------------------------------------- as JSON


def document(found: Drift) -> dict[str, Any]:
    """What `--format json` gives out."""
    difference = found.difference
    lists: dict[str, list[dict[str, Any]]] = {
        "added": [_subject(only.subject) | {"properties": only.properties} for only in difference.added],
        "removed": [_subject(only.subject) | {"properties": only.properties} for only in difference.removed],
        "changed": [_changed(changed) for changed in difference.changed],
        "unknown": [_unknown(unknown) for unknown in difference.unknown],
    }
    return {
        "schema_version": "1.0",
        "audit": _about(found.audit),
        "baseline": _about(found.baseline),
        "summary": {name: len(items) for name, items in lists.items()},
        **lists,
        "findings": None
        if found.findings is None
        else {name: [dataclasses.asdict(one) for one in changes] for name, changes in found.findings.lists()},
    }


def _json(found: Drift) -> str:
    """Every character that is not plain ASCII as an escape: the text is harmless on a terminal."""
    text = orjson.dumps(document(found), option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE).decode()
    return _NOT_ASCII.sub(lambda match: "".join(f"\\u{unit:04x}" for unit in _utf16(match.group())), text)


def _utf16(character: str) -> Iterator[int]:
    units = character.encode("utf-16-be")
    return (int.from_bytes(units[start : start + 2]) for start in range(0, len(units), 2))


def _about(snapshot: Snapshot) -> dict[str, Any]:
    return {name: snapshot.document[name] for name in ("id", "started_at", "finished_at")}


def _subject(subject: Subject) -> dict[str, Any]:
    return {
        "table": subject.table,
        "type": subject.type,
        "arn": subject.arn,
        "account": subject.account,
        "region": subject.region,
        "name": subject.name,
    }


def _changed(changed: Changed) -> dict[str, Any]:
    fields = [{"path": change.field, "old": change.old, "new": change.new} for change in changed.changes]
    return _subject(changed.subject) | {"fields": fields}


def _unknown(unknown: Unknown) -> dict[str, Any]:
    told = {"action": unknown.action, "code": unknown.code, "reason": unknown.reason, "columns": list(unknown.columns)}
    return _subject(unknown.subject) | told


# ---------------------------------------------------------------------------------------- for people


def _table(found: Drift) -> str:
    return "\n".join(_lines(found)) + "\n"


def _lines(found: Drift) -> Iterator[str]:
    """Names, tags and AWS's own messages are shown as text that steers no terminal."""
    difference, about = found.difference, (_about(found.audit), _about(found.baseline))
    audit, baseline = (f"{visible(one['id'])} ({visible(one['finished_at'])})" for one in about)
    yield f"Drift of audit {audit} from baseline {baseline}"
    for sign, title, only in (("+", "Added", difference.added), ("-", "Removed", difference.removed)):
        yield from _section(title, len(only))
        yield from (f"  {sign} {_shown(one)}" for one in only)
    yield from _section("Changed", len(difference.changed))
    for changed in difference.changed:
        yield f"  ~ {_named(changed.subject)}"
        for change in changed.changes:
            yield f"      {visible(change.field)}: {_value(change.old)} -> {_value(change.new)}"
    yield from _section("Could not be compared", len(difference.unknown))
    for unknown in difference.unknown:
        yield f"  ? {_named(unknown.subject)}  {visible(unknown.subject.table)}: {visible(unknown.reason)}"
    yield ""
    if found.findings is not None:
        counts = (f"{len(changes)} {_WORDS[name]}" for name, changes in found.findings.lists())
        yield f"Findings: {', '.join(counts)}"
    yield (
        f"{len(difference.added)} added, {len(difference.removed)} removed, {len(difference.changed)} changed, "
        f"{len(difference.unknown)} could not be compared"
    )


def _section(title: str, count: int) -> Iterator[str]:
    if count:
        yield from ("", f"{title} ({count})")


def _shown(only: Only) -> str:
    return _named(only.subject)


def _named(subject: Subject) -> str:
    name = f"  ({clip(visible(subject.name), _LONGEST)})" if subject.name else ""
    return f"{visible(subject.type)}  {visible(subject.arn)}{name}"


def _value(value: object) -> str:
    return clip(visible(orjson.dumps(value).decode()), _LONGEST) if value is not None else "none"


_RENDER = {"table": _table, "json": _json}
