"""The corrected multi-region trading platform, for the tests that change it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from auditor.demo.moto_gaps.engine import DATE_HEADER
from tests.systems import System, bad, system, verdicts

RECOVERY = "eu-west-1"
TAGS = [{"Key": "Environment", "Value": "production"}, {"Key": "CostCenter", "Value": "Trading"}]
Change = Callable[[System], None]


class Variations:
    """Changes that a requirement takes no offence at."""

    def __init__(self) -> None:
        self.all: list[Any] = []

    def __call__(self, requirement: str) -> Callable[[Change], Change]:
        """Register a function that makes one change to the corrected system."""

        def register(change: Change) -> Change:
            self.all.append(pytest.param(requirement, change, id=f"{requirement}-{change.__name__}"))
            return change

        return register


def stays_satisfied(requirement: str, change: Change, system: System) -> None:
    """The requirement is judged, and passes, after the change."""
    with system.changed():
        change(system)
        results = system.audit_of(requirement)
    assert verdicts(results)[requirement] == "pass", bad(results)


def corrected(folder: Path) -> Iterator[System]:
    """The corrected system, served."""
    with system("trading-multi-region", folder, ideal=True) as one:
        yield one


def tagged(kind: str, name: str) -> list[dict[str, Any]]:
    return [{"ResourceType": kind, "Tags": [{"Key": "Name", "Value": name}, *TAGS]}]


@contextmanager
def days_ago(client: Any, days: int) -> Iterator[None]:  # noqa: ANN401 - boto3 is untyped
    """What the client does in this context was done that many days ago."""

    def date(request: Any, **_: object) -> None:  # noqa: ANN401 - botocore is untyped
        request.headers[DATE_HEADER] = (datetime.now(UTC) - timedelta(days=days)).isoformat()

    client.meta.events.register("before-sign", date)
    yield
    client.meta.events.unregister("before-sign", date)
