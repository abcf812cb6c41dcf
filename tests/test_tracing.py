"""Who changed what changed: each difference has who CloudTrail names, or why nobody knows."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

import pytest

from auditor.collectors import event_history
from auditor.collectors.event_history import ChangeEvent, History, Lookup
from auditor.collectors.interfaces import Target
from auditor.collectors.session import Failure
from auditor.job import tracing
from auditor.model import Account

ACCOUNT, OTHER, EAST = "111122223333", "444455556666", "us-east-1"
UNTIL = dt.datetime(2026, 11, 2, tzinfo=dt.UTC)
SINCE = "2026-11-01T00:00:00+00:00"
EVENT = ChangeEvent(
    time=dt.datetime(2026, 11, 1, 12, tzinfo=dt.UTC),
    name="CreateTags",
    source="ec2.amazonaws.com",
    id="e-1",
    username="red",
    identity_arn=f"arn:aws:sts::{ACCOUNT}:assumed-role/admin/red",
    identity_type="AssumedRole",
    source_address="198.51.100.7",
    user_agent="console",
)


def item(name: str, account: str = ACCOUNT, region: str = EAST, service: str = "ec2") -> dict[str, Any]:
    return {"arn": f"arn:aws:{service}:{region}:{account}:x/{name}", "account": account, "region": region, "name": None}


def difference(**lists: Sequence[dict[str, Any]]) -> dict[str, Any]:
    return {"added": [], "removed": [], "changed": [], "unknown": [], **lists}


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, list[str], int]]:
    """What was asked of the event history: region, ARNs, limit. It knows of `known`, is denied `denied`."""
    calls = []

    def who_changed(
        _session: object, region: str, subjects: Sequence[Any], since: dt.datetime, until: dt.datetime, limit: int
    ) -> History:
        calls.append((region, [one.arn for one in subjects], limit))
        lookups = [
            Lookup(one.arn, (EVENT,))
            if one.arn.endswith("known")
            else Lookup(one.arn, reason="cloudtrail:LookupEvents gave no answer" if "denied" in one.arn else "")
            for one in subjects[:limit]
        ]
        beyond = tuple(one.arn for one in subjects[limit:])
        return History(
            region=region, since=since, until=until, is_cut=False, lookups=tuple(lookups), not_looked_up=beyond
        )

    monkeypatch.setattr(event_history, "who_changed", who_changed)
    return calls


def targets() -> list[Target]:
    session: Any = object()
    return [
        Target(Account(ACCOUNT, "", (EAST, "us-west-2")), session),
        Target(Account(OTHER, "", (EAST,)), None, Failure("AccessDenied", "no")),
    ]


def test_each_difference_has_who_or_why_nobody_knows(asked: list[tuple[str, list[str], int]]) -> None:
    found = tracing.trace(
        difference(
            changed=[item("known"), item("denied")],
            removed=[item("nobody"), item("theirs", OTHER)],
            added=[item("gone", "777788889999"), item("known", region="global", service="iam")],
        ),
        targets(),
        SINCE,
        UNTIL,
    )
    (known, denied), (nobody, theirs), (gone, role) = (found[name] for name in ("changed", "removed", "added"))
    assert known["by"] == [
        {
            "time": "2026-11-01T12:00:00+00:00",
            "event": "CreateTags",
            "source": "ec2.amazonaws.com",
            "event_id": "e-1",
            "who": f"arn:aws:sts::{ACCOUNT}:assumed-role/admin/red",
            "username": "red",
            "from": "198.51.100.7",
            "user_agent": "console",
        }
    ]
    assert "by_unknown" not in known
    assert denied["by_unknown"] == "cloudtrail:LookupEvents gave no answer"
    assert nobody["by_unknown"] == "no event names it"
    assert theirs["by_unknown"] == "there is no session in this account"
    assert gone["by_unknown"] == "the account is not audited any more"
    assert role["by"][0]["event"] == "CreateTags"
    assert sorted(region for region, _, _ in asked) == [EAST]
    assert found["unknown"] == []


def test_what_is_beyond_the_limit_is_told(asked: list[tuple[str, list[str], int]]) -> None:
    many = [item(f"{number} known") for number in range(tracing.MOST + 3)]
    found = tracing.trace(difference(changed=many), targets(), SINCE, UNTIL)["changed"]
    assert [limit for _, _, limit in asked] == [tracing.MOST]
    assert sum("by" in one for one in found) == tracing.MOST
    assert {one["by_unknown"] for one in found if "by" not in one} == {"not looked up: 40 resources of a region are"}
