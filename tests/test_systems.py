"""The five documented systems: each visible fault fails on its resource, and the corrected deployment is clean."""

from __future__ import annotations

import fnmatch
from pathlib import Path

import pytest

from auditor.demo.worlds import FAULTS, SYSTEMS
from auditor.demo.worlds.faults import Fault
from tests.systems import Results, bad, system, verdicts

pytestmark = [pytest.mark.network, pytest.mark.filterwarnings("ignore")]
NEED_A_STATE = {"DRF-01", "DRF-02", "DRF-03", "DRF-04", "DRF-05"}
VISIBLE = [
    pytest.param(standard, fault, id=f"{standard}-{number}")
    for standard, faults in FAULTS.items()
    for number, fault in enumerate(faults, start=1)
    if not fault.unseen
]


@pytest.fixture(scope="module")
def faulty(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Results]:
    """Results of the faulty systems, by standard."""
    folder = tmp_path_factory.mktemp("faulty")
    found = {}
    for standard in SYSTEMS:
        with system(standard, folder, ideal=False) as one:
            status, found[standard] = one.audit()
            assert status == 1
    return found


@pytest.mark.parametrize("standard", SYSTEMS)
def test_the_corrected_system_has_no_failure_and_nothing_unknown(standard: str, tmp_path: Path) -> None:
    with system(standard, tmp_path, ideal=True) as one:
        status, results = one.audit()
    assert bad(results) == []
    told = verdicts(results)
    assert {name for name, verdict in told.items() if verdict == "not_applicable"} <= NEED_A_STATE
    assert {verdict for name, verdict in told.items() if name not in NEED_A_STATE} == {"pass"}
    assert status == 0


@pytest.mark.parametrize(("standard", "fault"), VISIBLE)
def test_a_documented_fault_fails_on_its_resource(standard: str, fault: Fault, faulty: dict[str, Results]) -> None:
    told = [
        finding
        for finding in faulty[standard]["findings"]
        if finding["check"] == fault.check and finding["status"] == "fail" and _is(finding["resource"], fault)
    ]
    assert told, f"{fault.document}: {fault.what}"
    assert set(fault.requirements) <= set(told[0]["requirements"])


@pytest.mark.parametrize("standard", SYSTEMS)
def test_a_faulty_system_hides_nothing(standard: str, faulty: dict[str, Results]) -> None:
    assert [line for line in bad(faulty[standard]) if line.startswith("unknown")] == []


def test_a_fault_that_cannot_be_seen_says_why_and_names_no_check() -> None:
    for faults in FAULTS.values():
        for fault in faults:
            assert bool(fault.unseen) != bool(fault.check and fault.resource), fault


def _is(resource: dict[str, str], fault: Fault) -> bool:
    names = (resource["name"] or "", resource["arn"])
    alike = any(fnmatch.fnmatchcase(name, fault.resource) for name in names)
    return (alike or fnmatch.fnmatchcase(names[1], f"*{fault.resource}")) and resource["region"] == fault.region
