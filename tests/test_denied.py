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

pytestmark = MARKS
TOGETHER = 3
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


NARROW = [action for action, checks in readers().items() if checks]
WIDE = [action for action, checks in readers().items() if not checks and action.iam != UNTOLD]
"""What is called for no check but those about every kind: several at a time, since each such audit calls everything."""
GROUPS = [WIDE[start::TOGETHER] for start in range(TOGETHER)]
"""Neighbours apart: a list and what is asked of its items."""


def test_every_operation_is_called(everything: Account) -> None:
    """Otherwise a denial of it would prove nothing."""
    assert {(action.service, action.operation) for action in (*NARROW, *WIDE)} <= everything.called


def deny(account: Account, denied: Sequence[Action], checks: tuple[str, ...] = ()) -> None:
    rules = [{"match": {"service": a.service, "operation": a.operation}, "error": "AccessDenied"} for a in denied]
    names = {action.iam for action in denied}
    status, results = account.audit(*rules, checks=checks)
    assert status in {1, 3}
    assert not dishonest(account.undisturbed, results)
    assert not results["audit"]["complete"]
    assert {error["action"] for error in results["collection"]["errors"]} == names
    before = {finding["id"] for finding in account.undisturbed["findings"] if finding["status"] == "unknown"}
    unknown = [f["message"] for f in results["findings"] if f["status"] == "unknown" and f["id"] not in before]
    assert all(any(name in message for name in names) for message in unknown)
    assert all(any(name in message for message in unknown) for name in names)


@pytest.mark.parametrize("action", NARROW, ids=[action.iam for action in NARROW])
def test_a_denied_operation_makes_unknown_and_is_named(everything: Account, action: Action) -> None:
    deny(everything, [action], tuple(sorted(readers()[action])))


@pytest.mark.parametrize("denied", GROUPS, ids=[group[0].iam + "-and-others" for group in GROUPS])
def test_denied_operations_that_only_checks_of_every_kind_take(everything: Account, denied: Sequence[Action]) -> None:
    deny(everything, denied, ("required-tags-missing",))


def test_all_checks_bear_a_denied_operation(everything: Account) -> None:
    deny(everything, [next(action for action in NARROW if action.iam == "ec2:DescribeVpcs")])
