"""Fixtures that several test modules share."""

from __future__ import annotations

import atexit
import functools
import gc
from pathlib import Path
from unittest import mock

from botocore.loaders import JSONFileLoader

from auditor.engine import audit
from auditor.engine.sandbox import Sandbox
from tests.faults import everything, faulty

__all__ = ["everything", "faulty"]


def _read_models_once() -> None:
    """botocore reads AWS's API models anew in every session; the tests make hundreds, so a process reads each once.

    All but the one that botocore changes: a client of S3 takes the bucket out of the paths of its model.
    """
    load, loader = JSONFileLoader.load_file, JSONFileLoader()
    read = functools.cache(lambda path: load(loader, path))

    def load_file(_self: JSONFileLoader, path: str) -> object:
        return load(loader, path) if "s3" in Path(path).parts else read(path)

    mock.patch.object(JSONFileLoader, "load_file", load_file).start()


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


def pytest_collection_finish() -> None:
    """What is imported stays: garbage is looked for in what tests make, and seldom. It saves a tenth of the time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(100_000, 50, 100)


def pytest_sessionfinish() -> None:
    """Libraries that count their objects at the end find them gone."""
    gc.unfreeze()


_read_models_once()
_lend_a_sandbox()
