"""Each operation denied in turn: unknown, named, and no verdict the better for it."""

from __future__ import annotations

from typing import Any

import pytest

from tests.faults import ACTIONS, MARKS, Account, dishonest

pytestmark = MARKS


def readers(faulty: Account, action: str) -> tuple[str, ...]:
    """The checks that take the action; the one about tags, which reads everything, only where no other does."""
    found = [
        check["id"]
        for check in faulty.undisturbed["checks"]
        for table in check["tables"]
        if action in {operation["action"] for operation in table["operations"]}
    ]
    return tuple(sorted(set(found) - {"required-tags-missing"} or set(found)))


@pytest.mark.parametrize("action", ACTIONS, ids=[action.iam for action in ACTIONS])
def test_a_denied_operation_makes_unknown_and_is_named(faulty: Account, action: Any) -> None:  # noqa: ANN401 - an Action
    denied = {"match": {"service": action.service, "operation": action.operation}, "error": "AccessDenied"}
    status, results = faulty.audit(denied, checks=readers(faulty, action.iam))
    assert not dishonest(faulty.undisturbed, results)
    if (action.service, action.operation) not in faulty.called:  # there is nothing of which it would be asked
        assert results["audit"]["complete"]
        return
    assert status in {1, 3}
    assert not results["audit"]["complete"]
    assert {error["action"] for error in results["collection"]["errors"]} == {action.iam}
    unknown = [f for f in results["findings"] if f["status"] == "unknown"]
    assert unknown
    assert all(action.iam in finding["message"] for finding in unknown)


def test_all_checks_bear_a_denied_operation(faulty: Account) -> None:
    denied = {"match": {"service": "ec2", "operation": "DescribeVpcs"}, "error": "UnauthorizedOperation"}
    status, results = faulty.audit(denied)
    assert status == 1
    assert not dishonest(faulty.undisturbed, results)
