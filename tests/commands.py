"""Command lines carried out in this process, for the tests of the command line."""

from __future__ import annotations

import contextlib
import io
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from auditor.cli import carry_out

CONFIG = 'standard = "trading-dr"\nenvironment_suffix = "prod"\n'


@dataclass(frozen=True)
class Ended:
    """How a command ended."""

    status: int
    out: str
    err: str

    @property
    def told(self) -> list[str]:
        """Its lines on stderr."""
        return self.err.splitlines()


def auditor(*arguments: object) -> Ended:
    """Carry a command line out in this process."""
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        status = carry_out([str(argument) for argument in arguments])
    return Ended(status, out.getvalue(), err.getvalue())


def refused(*arguments: object) -> str:
    """The one line on stderr of a command that was not carried out."""
    ended = auditor(*arguments)
    assert ended.status == 2, ended
    assert not ended.out
    assert len(ended.told) == 1, ended.err
    assert ended.told[0].startswith("auditor: ")
    return ended.told[0]


def results(folder: Path) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads((folder / "results.json").read_bytes())
    return loaded
