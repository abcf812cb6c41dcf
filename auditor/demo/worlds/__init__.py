"""The systems that the embedded account holds, as their documents describe them: with the faults, or as corrected."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from auditor.demo.worlds import payment, trading
from auditor.demo.worlds.building import Builder

if TYPE_CHECKING:
    from collections.abc import Callable

_BUILDERS: dict[str, Callable[[Builder], None]] = {"payment": payment.build, "trading": trading.build}
WORLDS = tuple(_BUILDERS)
"""The payment platform (standard payment-migration) and the trading platform (trading-dr)."""


def build(
    session: Any,  # noqa: ANN401 - boto3's sessions are untyped
    *,
    ideal: bool = False,
    worlds: tuple[str, ...] = WORLDS,
    endpoint_url: str | None = None,
) -> None:
    """Deploy systems by plain API calls, so that it works in-process and, with an endpoint, against any moto server."""
    for world in worlds:
        _BUILDERS[world](Builder(session, project=world, ideal=ideal, endpoint_url=endpoint_url))
