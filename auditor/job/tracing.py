"""Who changed what changed since the baseline, as far as CloudTrail's event history tells."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from auditor.collectors.event_history import ChangeEvent, History, Lookup
    from auditor.collectors.interfaces import Target

ACTION = "cloudtrail:LookupEvents"
MOST = 40
"""How many resources of an account and region are asked about: CloudTrail answers two calls a second."""
_LISTS = ("changed", "removed", "added")


@dataclass(frozen=True, slots=True)
class _Asked:
    """A resource as it is asked about."""

    arn: str
    name: str | None


def trace(resources: Mapping[str, Any], targets: Sequence[Target], since: str, until: dt.datetime) -> dict[str, Any]:
    """The difference (`document.difference`) with `by` (who changed it) or `by_unknown` (why not known) in each item.

    Asks for about half a second a name, regions side by side. Never raises for what AWS or the network does.
    """
    from auditor.collectors.event_history import event_region

    homes = {target.account.id: target.account.regions[0] for target in targets if target.account.regions}
    wanted: dict[tuple[str, str], list[_Asked]] = defaultdict(list)
    for item in _items(resources):
        if item["account"] in homes:
            region = event_region(item["arn"], item["region"], homes[item["account"]])
            wanted[item["account"], region].append(_Asked(item["arn"], item["name"]))
    told: dict[tuple[str, str], dict[str, Any]] = {}
    with ThreadPoolExecutor(max_workers=max(1, min(16, len(wanted)))) as pool:
        for account, found in pool.map(
            lambda one: _look_up(targets, one[0], one[1], since, until), sorted(wanted.items())
        ):
            told |= {(account, arn): by for arn, by in found.items()}
    return {**resources, **{name: [_with(item, told) for item in resources[name]] for name in _LISTS}}


def _items(resources: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """What differs, what is still there first: of that the events are the most telling."""
    return [item for name in _LISTS for item in resources[name]]


def _look_up(
    targets: Sequence[Target], place: tuple[str, str], asked: Sequence[_Asked], since: str, until: dt.datetime
) -> tuple[str, dict[str, dict[str, Any]]]:
    from auditor.collectors.event_history import who_changed

    account, region = place
    session = next((target.session for target in targets if target.account.id == account), None)
    if session is None:
        return account, {one.arn: {"by_unknown": "there is no session in this account"} for one in asked}
    history = who_changed(session, region, asked, dt.datetime.fromisoformat(since), until, MOST)
    return account, _told(history)


def _told(history: History) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {
        arn: {"by_unknown": f"not looked up: {MOST} resources of a region are"} for arn in history.not_looked_up
    }
    cut = f"; events before {history.since:%Y-%m-%d} are not kept" if history.is_cut else ""
    for one in history.lookups:
        told: dict[str, Any] = {"by": [_event(event) for event in one.events]} if one.events else {}
        if why := _why_not_all(one):
            told["by_unknown"] = why + cut
        found[one.arn] = told
    return found


def _why_not_all(found: Lookup) -> str:
    """Why what is told of a resource is not all; empty where it is."""
    reasons = [
        found.reason or ("" if found.events else "no event names it"),
        "" if found.complete else "there are further events",
        f"{found.unreadable} events could not be read" if found.unreadable else "",
    ]
    return "; ".join(filter(None, reasons))


def _event(event: ChangeEvent) -> dict[str, Any]:
    return {
        "time": event.time.isoformat(),
        "event": event.name,
        "source": event.source,
        "event_id": event.id,
        "who": event.identity_arn or event.username or event.identity_type,
        "username": event.username,
        "from": event.source_address,
        "user_agent": event.user_agent,
    }


def _with(item: Mapping[str, Any], told: Mapping[tuple[str, str], Mapping[str, Any]]) -> dict[str, Any]:
    by = told.get((item["account"], item["arn"]), {"by_unknown": "the account is not audited any more"})
    return {**item, **by}
