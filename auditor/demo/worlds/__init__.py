"""The systems that the embedded account holds, as their documents describe them: with the faults, or as corrected."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from auditor.demo.worlds import exchange, failover, payment, trading, transactions
from auditor.demo.worlds.building import Builder

if TYPE_CHECKING:
    from auditor.demo.worlds.faults import Fault

_MODULES: dict[str, Any] = {
    "exchange": exchange,
    "failover": failover,
    "payment": payment,
    "trading": trading,
    "transactions": transactions,
}
SYSTEMS = {
    "dr-failover": "failover",
    "payment-migration": "payment",
    "trading-dr": "trading",
    "trading-multi-region": "exchange",
    "transaction-dr": "transactions",
}
"""Built-in standard -> the world that it is about."""
FAULTS: dict[str, tuple[Fault, ...]] = {standard: _MODULES[world].FAULTS for standard, world in SYSTEMS.items()}
"""Built-in standard -> the faults of its documents, and where they show."""
WORLDS = ("payment", "trading")
"""What `auditor demo` shows where no standard is named: the payment platform and the trading platform."""


def build(
    session: Any,  # noqa: ANN401 - boto3's sessions are untyped
    *,
    ideal: bool = False,
    worlds: tuple[str, ...] = WORLDS,
    endpoint_url: str | None = None,
) -> None:
    """Deploy systems by plain API calls, so that it works in-process and, with an endpoint, against any moto server."""
    for world in worlds:
        _MODULES[world].build(Builder(session, project=world, ideal=ideal, endpoint_url=endpoint_url))
