"""What the code declares: states read from files and S3, kept with an audit, and the tables that they are about."""

from __future__ import annotations

import glob
import gzip
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import orjson

from auditor.drift.code.mapping import Mappings
from auditor.drift.code.model import Declared, Output, Standing, State, Tool
from auditor.drift.code.outputs import named, tables_of
from auditor.drift.code.states.pulumi import read_pulumi
from auditor.drift.code.states.terraform import read_terraform
from auditor.errors import SnapshotError, StateError
from auditor.job.settings import Settings

Fetch = Callable[[str], Iterable[tuple[str, bytes]]]
"""An `s3://` address, globs allowed -> (address, content) of each object."""

_READERS = {Tool.TERRAFORM: read_terraform, Tool.PULUMI: read_pulumi}
STACKS = ("cloudformation_stacks", "cloudformation_stack_resources", "cloudformation_stack_resource_drifts")
"""The tables that stacks are read from."""


def read_states(settings: Settings, mappings: Mappings, fetch: Fetch, base: Path = Path()) -> tuple[State, ...]:
    """Every Terraform and Pulumi state of the settings, each once. Raises StateError for one that cannot be read.

    Files are called by their path from `base`: findings name them, and are the same wherever that folder lies.
    """
    found: dict[tuple[Tool, str], State] = {}
    for tool, patterns in ((Tool.TERRAFORM, settings.terraform), (Tool.PULUMI, settings.pulumi)):
        for pattern in patterns:
            for name, content in fetch(pattern) if pattern.startswith("s3://") else _files(pattern):
                called = _called(name, base)
                if (tool, called) not in found:
                    found[tool, called] = _without_values(_READERS[tool](content, called, mappings))
    return tuple(found.values())


def _called(name: str, base: Path) -> str:
    path = Path(name)
    return str(path.relative_to(base)) if path.is_relative_to(base) else name


def _without_values(state: State) -> State:
    """The state with of each output only the ids, ARNs and endpoints that it names, or that it is given.

    Outputs may hold secrets that nobody marked: an EKS cluster's kubeconfig.
    """
    return replace(state, outputs=tuple(replace(one, value=_names_in(one.value)) for one in state.outputs))


def _names_in(value: object) -> list[str] | bool:
    return [one.text for one in named(value)] or value not in (None, "", [], {})


def _files(pattern: str) -> Iterator[tuple[str, bytes]]:
    names = sorted(glob.glob(pattern, recursive=True)) if glob.has_magic(pattern) else [pattern]  # noqa: PTH207 - absolute patterns too
    names = [name for name in names if not Path(name).is_dir()] if glob.has_magic(pattern) else names
    if not names:
        raise StateError(f"{pattern}: no state file matches.", "Give a file, a glob, or an s3:// address that has one.")
    for name in names:
        try:
            yield name, Path(name).read_bytes()
        except OSError as error:
            raise StateError(
                f"{name} cannot be read: {error.strerror}.", "Give a file that is there and may be read."
            ) from error


# ---------------------------------------------------------------------------------------- what it takes to compare


def reads_of(
    states: Sequence[State], stacks: Sequence[str], mappings: Mappings, known: Iterable[str]
) -> dict[str, frozenset[str]]:
    """Table -> columns that a comparison with the states reads.

    What stacks hold is only known once they are collected: every type that CloudFormation has is listed then.
    """
    reads: dict[str, frozenset[str]] = {name: frozenset() for name in tables_of(states)}
    mapped = {declared.kind for state in states for declared in state.resources}
    for mapping in filter(None, map(mappings.of, sorted(mapped))):
        reads[mapping.table] = reads.get(mapping.table, frozenset()) | _lower(mapping.columns)
        if mapping.part is not None:
            owner = mappings.by_kind[mapping.part.of]
            reads[owner.table] = reads.get(owner.table, frozenset()) | _lower(owner.columns)
    if stacks:
        reads |= {name: reads.get(name, frozenset()) | {"*"} for name in STACKS}
        for mapping in mappings.by_cloudformation.values():
            reads[mapping.table] = reads.get(mapping.table, frozenset()) | _lower(mapping.identifying)
    tables = set(known)
    return {name: columns for name, columns in reads.items() if name in tables}


def _lower(columns: Iterable[str]) -> frozenset[str]:
    return frozenset(column.lower() for column in columns)


# ---------------------------------------------------------------------------------------- kept


def to_bytes(states: Sequence[State]) -> bytes:
    """States as they are kept with an audit: what is compared, without secrets. The same states, the same bytes."""
    plain = [asdict(state) for state in states]
    text = orjson.dumps(plain, option=orjson.OPT_SORT_KEYS, default=sorted)
    return gzip.compress(text, mtime=0)


def from_bytes(content: bytes, path: Path) -> tuple[State, ...]:
    """States that were kept. Raises SnapshotError where they are not as they were written."""
    try:
        return tuple(_state(plain) for plain in orjson.loads(gzip.decompress(content)))
    except (OSError, EOFError, ValueError, TypeError, KeyError) as error:
        raise SnapshotError(f"{path} cannot be read.", "`auditor verify` says what was changed.") from error


def _state(plain: Mapping[str, Any]) -> State:
    return State(
        **{
            **plain,
            "tool": Tool(plain["tool"]),
            "outputs": tuple(Output(**output) for output in plain["outputs"]),
            "resources": tuple(_declared(one) for one in plain["resources"]),
            "pending": tuple(plain["pending"]),
        }
    )


def _declared(plain: Mapping[str, Any]) -> Declared:
    return Declared(
        **{
            **plain,
            "tool": Tool(plain["tool"]),
            "standing": Standing(plain["standing"]),
            **{name: frozenset(plain[name]) for name in ("withheld", "unread")},
        }
    )
