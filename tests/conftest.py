"""Fixtures that several test modules share."""

from __future__ import annotations

import atexit
import functools
from pathlib import Path
from unittest import mock

from botocore.loaders import JSONFileLoader

from auditor.engine import audit
from auditor.engine.sandbox import Sandbox
from tests.faults import everything, faulty

__all__ = ["everything", "faulty"]


def _read_models_once() -> None:
    """botocore reads AWS's API models anew in every session; the tests make hundreds, so a process reads each once."""
    load = JSONFileLoader.load_file
    loader = JSONFileLoader()
    read = functools.cache(lambda path: load(loader, path))
    mock.patch.object(JSONFileLoader, "load_file", lambda _self, path: read(path)).start()


class _Lent(Sandbox):
    """A sandbox that audits do not end: its child process serves many of a test process."""

    audits = 0

    def open(self, database: Path) -> None:
        """Begin anew now and then: a child's address space grows by each database, and is limited."""
        self.audits += 1
        if self.audits % 50 == 0:
            self._end()
        super().open(database)

    def __exit__(self, *_: object) -> None:
        """Stay."""


def _lend_a_sandbox() -> None:
    sandbox = _Lent()
    atexit.register(Sandbox.__exit__, sandbox, None, None, None)
    mock.patch.object(audit, "Sandbox", return_value=sandbox).start()


_read_models_once()
_lend_a_sandbox()
