"""Each operation denied in turn: unknown, named, and no verdict the better for it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache

import pytest

from auditor.cli.options import Options
from auditor.cli.setting_up import set_up
from auditor.engine.reads import EVERY_KIND, as_reads, check_reads
from auditor.model import Action
from tests.faults import EVERYTHING, MARKS, Account, actions, dishonest
from tests.together import grouped

pytestmark = MARKS
TOGETHER = 3  # a list and what is asked of its items are neighbours, and so apart
UNTOLD = "scheduler:ListTagsForResource"
"""The proxy does not know a path that ends in an ARN with a slash."""


@cache
def readers() -> Mapping[Action, frozenset[str]]:
    """Operation -> the checks that take it, those about every kind of resource apart: these take nearly everything."""
    chosen = set_up(Options(config=EVERYTHING), demo=True).chosen
    schema = chosen.shipped.engine_schema
    found: dict[Action, set[str]] = {action: set() for action in actions(EVERYTHING)}
    for check in chosen.checks:
        if check.resource != EVERY_KIND:
            for read in as_reads(check_reads(check, schema)):
                for action in schema.catalogue.actions(read):
                    if action in found:
                        found[action].add(check.id)
    return {action: frozenset(checks) for action, checks in found.items()}


def apart(denied: Sequence[Action]) -> list[list[Action]]:
    """Groups in which no check takes two operations: denied together, they are to each check as if denied alone."""
    by_size = sorted(denied, key=lambda action: (-len(readers()[action]), action))
    return grouped(by_size, lambda one, other: readers()[one].isdisjoint(readers()[other]))


NARROW = [action for action, checks in readers().items() if checks]
WIDE = [action for action, checks in readers().items() if not checks and action.iam != UNTOLD]
"""What is called for no check but those about every kind: several at a time, since each such audit calls everything."""


def test_every_operation_is_called(everything: Account) -> None:
    """Otherwise a denial of it would prove nothing."""
    assert {(action.service, action.operation) for action in (*NARROW, *WIDE)} <= everything.called


def audited(account: Account, denied: Sequence[Action], *checks: str) -> Mapping[str, list[str]]:
    """Check -> the messages of what became unknown."""
    rules = [{"match": {"service": a.service, "operation": a.operation}, "error": "AccessDenied"} for a in denied]
    status, results = account.audit(*rules, checks=checks)
    assert status in {1, 3}
    assert not dishonest(account.undisturbed, results)
    assert not results["audit"]["complete"]
    assert {error["action"] for error in results["collection"]["errors"]} == {action.iam for action in denied}
    before = {finding["id"] for finding in account.undisturbed["findings"] if finding["status"] == "unknown"}
    unknown: dict[str, list[str]] = {}
    for finding in results["findings"]:
        if finding["status"] == "unknown" and finding["id"] not in before:
            unknown.setdefault(finding["check"], []).append(finding["message"])
    return unknown


@pytest.mark.parametrize("denied", apart(NARROW), ids=lambda group: f"{group[0].iam}-and-{len(group) - 1}-more")
def test_a_denied_operation_makes_unknown_and_is_named(everything: Account, denied: Sequence[Action]) -> None:
    unknown = audited(everything, denied, *sorted({check for action in denied for check in readers()[action]}))
    for action in denied:
        messages = [message for check in readers()[action] for message in unknown.get(check, ())]
        assert messages, action.iam
        assert all(action.iam in message for message in messages), action.iam


@pytest.mark.parametrize("denied", [WIDE[start::TOGETHER] for start in range(TOGETHER)])
def test_denied_operations_that_only_checks_of_every_kind_take(everything: Account, denied: Sequence[Action]) -> None:
    [messages] = audited(everything, denied, "required-tags-missing").values()
    for action in denied:
        assert any(action.iam in message for message in messages), action.iam
    assert all(any(action.iam in message for action in denied) for message in messages)


def test_all_checks_bear_a_denied_operation(everything: Account) -> None:
    unknown = audited(everything, [next(action for action in NARROW if action.iam == "ec2:DescribeVpcs")])
    assert all("ec2:DescribeVpcs" in message for messages in unknown.values() for message in messages)
