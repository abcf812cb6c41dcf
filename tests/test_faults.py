"""Whole audits over HTTP with faults in between: what could not be seen is never a pass."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from auditor.cli.demonstration import CONFIG
from auditor.engine.reads import EVERY_KIND
from tests.faults import MARKS, Account, actions, dishonest, verdicts

pytestmark = MARKS
KNOWN = {"operation": ["Describe*", "Get[A-Z]*", "List*", "Search*"]}
"""Operations that the proxy can tell; it does not know a path that ends in an ARN with a slash."""


@pytest.mark.parametrize("code", ["ThrottlingException", "RequestLimitExceeded"])
def test_throttling_changes_no_verdict(faulty: Account, code: str) -> None:
    status, results = faulty.audit({"match": {}, "probability": 0.2, "error": code})
    assert status == 1
    assert verdicts(results) == verdicts(faulty.undisturbed)
    assert results["collection"]["calls"] > faulty.undisturbed["collection"]["calls"]


def test_small_pages_and_empty_ones_change_no_verdict(faulty: Account) -> None:
    _, results = faulty.audit({"match": KNOWN, "paginate": {"page_size": 1, "empty_first": True}})
    assert verdicts(results) == verdicts(faulty.undisturbed)


@pytest.mark.parametrize(
    ("page", "codes"),
    [
        ({"page_size": 1, "loop": True}, {"Pagination"}),
        ({"page_size": 1, "expire_after": 1}, {"InvalidNextToken", "InvalidPaginationToken"}),
    ],
    ids=["the same page for ever", "tokens that expire"],
)
def test_paging_that_goes_wrong_is_unknown(faulty: Account, page: Mapping[str, Any], codes: set[str]) -> None:
    _, results = faulty.audit({"match": KNOWN, "paginate": page})
    assert not dishonest(faulty.undisturbed, results)
    assert {error["code"] for error in results["collection"]["errors"]} <= codes
    assert results["collection"]["errors"]


def readers(account: Account, service: str) -> tuple[str, ...]:
    """The checks of resources that read a service."""
    return tuple(
        check["id"]
        for check in account.undisturbed["checks"]
        if check["resource"] != EVERY_KIND
        and any(one["action"].startswith(f"{service}:") for table in check["tables"] for one in table["operations"])
    )


@pytest.mark.parametrize("mode", ["short", "clean"])
@pytest.mark.parametrize("service", ["secretsmanager", "kms", "lambda", "ec2", "route53"])
def test_an_answer_that_is_cut_short_is_no_empty_answer(faulty: Account, service: str, mode: str) -> None:
    cut = {"match": {"service": service}, "truncate": 0.5, "truncate_mode": mode}
    _, results = faulty.audit(cut, checks=readers(faulty, service))
    assert not dishonest(faulty.undisturbed, results)
    assert {error["code"] for error in results["collection"]["errors"]} == {"InvalidResponse"}


def test_an_answer_that_is_cut_short_once_is_asked_for_again(faulty: Account) -> None:
    _, results = faulty.audit({"match": {"service": "secretsmanager"}, "truncate": 0.5, "every": 2})
    assert verdicts(results) == verdicts(faulty.undisturbed)


def test_connections_that_are_reset_are_a_gap(faulty: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("auditor.collectors.session._ATTEMPTS", 3)
    _, results = faulty.audit({"match": {"service": "rds", "operation": "DescribeDBClusters"}, "reset": True})
    assert not dishonest(faulty.undisturbed, results)
    assert {error["code"] for error in results["collection"]["errors"]} == {"ConnectionError"}


def test_credentials_that_expire_on_the_way_are_a_gap(faulty: Account) -> None:
    expired = {"match": {}, "skip": 100, "error": {"code": "ExpiredToken", "status": 403}}
    status, results = faulty.audit(expired)
    assert status == 1
    assert not dishonest(faulty.undisturbed, results)
    assert {error["code"] for error in results["collection"]["errors"]} == {"ExpiredToken"}
    assert faulty.server.count() < len(actions(CONFIG())) * 2  # nothing more is asked once that is certain


def test_a_region_that_is_not_enabled_is_a_gap(faulty: Account) -> None:
    _, results = faulty.audit({"match": {"region": "us-west-2"}, "error": {"code": "AuthFailure", "status": 401}})
    assert not dishonest(faulty.undisturbed, results)
    places = {(error["region"], error["service"]) for error in results["collection"]["errors"]}
    at_home_there = {("global", "globalaccelerator")}
    assert {place for place in places if place[0] != "us-west-2"} == at_home_there
    assert len(places) > len(at_home_there)


def test_a_hang_ends_in_time(faulty: Account, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("auditor.collectors.session.CALL_SECONDS", 13.0)
    config = tmp_path / "config.toml"
    config.write_text(CONFIG().read_text().replace('"demo.toml"', f'"{CONFIG().parent / "demo.toml"}"'))
    config.write_text(config.read_text() + "\n[aws]\nread_timeout_seconds = 1\n")
    hang = {"match": {"service": "secretsmanager", "region": "us-west-2"}, "hang": 60}
    started = time.monotonic()
    _, results = faulty.audit(hang, config=config)
    faulty.server.app.release.set()
    assert time.monotonic() - started < 40
    assert not dishonest(faulty.undisturbed, results)
    assert {error["code"] for error in results["collection"]["errors"]} == {"Timeout"}


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_audit_keeps_what_it_has_and_goes_on(faulty: Account, tmp_path: Path, number: int) -> None:
    output = tmp_path / "audit"
    command = [sys.executable, "-m", "auditor", "run", "--config", str(CONFIG()), "--quiet"]
    faulty.server.set_rules([{"match": {}, "latency_ms": 300}, {"match": {"service": "kms"}, "hang": 60}])
    with subprocess.Popen([*command, "--output", str(output)], stderr=subprocess.PIPE) as process:
        units = output / "snapshot" / "units"
        while not list(units.glob("*/*/ec2")):
            time.sleep(0.05)
        process.send_signal(number)
        asked = time.monotonic()
        assert process.wait() == 128 + number
        assert time.monotonic() - asked < 10
    assert [path.name for path in output.iterdir()] == ["snapshot"]
    faulty.server.app.release.set()
    faulty.server.set_rules([])
    faulty.server.reset_counts()
    resumed = subprocess.run([*command, "--resume", str(output)], check=False, stderr=subprocess.PIPE)
    assert resumed.returncode == 1, resumed.stderr
    results = json.loads((output / "results.json").read_bytes())
    assert verdicts(results) == verdicts(faulty.undisturbed)
    assert faulty.server.count() < faulty.undisturbed["collection"]["calls"]


def test_nothing_but_reads_is_sent(faulty: Account) -> None:
    faulty.audit()
    assert faulty.server.counts()["non_read_operations"] == []


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_during_the_first_call_is_not_taken_for_the_networks_fault(
    faulty: Account, tmp_path: Path, number: int
) -> None:
    faulty.server.set_rules([{"match": {"service": "sts"}, "hang": 60}])
    faulty.server.reset_counts()
    command = [sys.executable, "-m", "auditor", "run", "--config", str(CONFIG()), "--output", str(tmp_path / "audit")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        while not faulty.server.count():
            time.sleep(0.05)
        process.send_signal(number)
        try:
            assert process.wait(timeout=10) == 128 + number
        finally:
            process.kill()
    faulty.server.app.release.set()
    assert not (tmp_path / "audit" / "results.json").exists()
