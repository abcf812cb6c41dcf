"""Fixtures that several test modules share."""

from __future__ import annotations

from tests.faults import faulty

__all__ = ["faulty"]
