"""Fixtures that several test modules share."""

from __future__ import annotations

import functools

from botocore.loaders import JSONFileLoader

from tests.faults import everything, faulty

__all__ = ["everything", "faulty"]


def _read_models_once() -> None:
    """botocore reads AWS's API models anew in every session; the tests make hundreds, so a process reads each once."""
    load = JSONFileLoader.load_file
    loader = JSONFileLoader()
    read = functools.cache(lambda path: load(loader, path))
    JSONFileLoader.load_file = lambda _self, path: read(path)


_read_models_once()
