"""`junit.xml`: valid for Ant's and Jenkins' schemas, every status mapped, counts that add up, hostile names."""

from __future__ import annotations

import copy
import hashlib
import random
import re
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from auditor.reports.junit import OUTCOMES, Junit

if TYPE_CHECKING:
    from collections.abc import Callable

    from auditor.model import Format
    from tests import report_samples as samples
else:
    import report_samples as samples

FORM: Format = Junit()
TESTS = Path(__file__).parent
SCHEMAS = ("junit-ant", "junit-10")
NAMES = [*samples.SAMPLES, "large", "lifelike"]
Element: TypeAlias = Any  # lxml has no types


def schema(name: str) -> Element:
    return etree.XMLSchema(etree.fromstring((TESTS / f"data/schemas/{name}.xsd").read_bytes()))


def render(results: dict[str, Any]) -> str:
    return "".join(FORM.render(results))


def parsed(results: dict[str, Any]) -> Element:
    return etree.fromstring(render(results).encode(), etree.XMLParser(huge_tree=False, resolve_entities=False))


def suite(root: Element, name: str) -> Element:
    (found,) = [one for one in root if one.get("name") == name]
    return found


def outcome(case: Element) -> str:
    return "".join(str(one.tag) for one in case)


def one_finding(status: str, **more: Any) -> dict[str, Any]:  # noqa: ANN401 - parts of a finding
    """A document of one requirement and one finding."""
    found = samples.finding("database-encrypted", "DB-05", status, "orders", **more)
    wanted = samples.requirement("DB-05", "Databases are encrypted", "StorageEncrypted is on.")
    return samples.document([wanted], [samples.check("database-encrypted", "DB-05", "Encrypted")], [found])


# ---------------------------------------------------------------------------------------- schemas and golden files


@pytest.mark.parametrize("name", SCHEMAS)
def test_the_schemas_are_the_published_ones(name: str) -> None:
    said = (TESTS / f"data/schemas/{name}.SOURCE.txt").read_text()
    digest = hashlib.sha256((TESTS / f"data/schemas/{name}.xsd").read_bytes()).hexdigest()
    assert f"SHA-256: {digest}" in said
    assert "Licence: " in said


@pytest.mark.parametrize("name", NAMES)
def test_the_file_is_valid_for_ant_and_for_jenkins(name: str) -> None:
    root = parsed(getattr(samples, name)())
    for one in SCHEMAS:
        schema(one).assertValid(root)


BREAKS: dict[str, tuple[Callable[[Element], object], set[str]]] = {
    # what is broken -> how, and which schemas reject it
    "no tests": (lambda root: root[0].attrib.pop("tests"), {"junit-ant", "junit-10"}),
    "no name": (lambda root: root.find(".//testcase").attrib.pop("name"), {"junit-ant", "junit-10"}),
    "a word for a number": (lambda root: root[0].set("failures", "two"), {"junit-ant"}),
    "a time zone": (lambda root: root[0].set("timestamp", "2026-11-21T10:00:00Z"), {"junit-ant"}),
    "a duration in words": (lambda root: root[0].set("time", "3 s"), {"junit-ant", "junit-10"}),
    "an unknown element": (lambda root: etree.SubElement(root[0], "warning"), {"junit-ant", "junit-10"}),
    "an unknown attribute": (lambda root: root[0].set("colour", "red"), {"junit-ant", "junit-10"}),
    "two outcomes": (
        lambda root: etree.SubElement(root.find(".//testcase[failure]"), "error", type="x"),
        {"junit-ant"},
    ),
    "an element of a later format": (lambda root: root.set("skipped", "1"), {"junit-ant", "junit-10"}),
}


@pytest.mark.parametrize("broken", list(BREAKS))
@pytest.mark.parametrize("name", SCHEMAS)
def test_the_schemas_are_seen_rejecting(name: str, broken: str) -> None:
    root, (breaks, rejected_by) = parsed(samples.typical()), BREAKS[broken]
    breaks(root)
    assert schema(name).validate(root) is (name not in rejected_by)


# ---------------------------------------------------------------------------------------- what a status becomes

BECOMES = {
    "fail": ("failure", {"type": "critical", "message": "orders is fail"}),
    "unknown": ("error", {"type": "unknown", "message": "orders is unknown"}),
    "waived": ("skipped", {"message": "waived by CISO until 2027-01-31 (pilot): orders is waived"}),
    "not_applicable": ("skipped", {"message": "orders is not_applicable"}),
    "pass": ("", {}),
}
WAIVER = {"reason": "pilot", "approved_by": "CISO", "expires": "2027-01-31", "expired": False}


@pytest.mark.parametrize("status", list(BECOMES))
def test_every_status_has_its_outcome(status: str) -> None:
    root = parsed(one_finding(status, **({"waiver": WAIVER} if status == "waived" else {})))
    (case,) = root.iter("testcase")
    element, attributes = BECOMES[status]
    assert outcome(case) == element
    assert [dict(one.attrib) for one in case] == ([attributes] if element else [])
    assert case.get("classname") == "database-encrypted"
    assert case.get("name") == "DBCluster orders (us-east-1, 111122223333)"


def test_no_status_is_forgotten_and_only_a_pass_is_plain() -> None:
    assert set(OUTCOMES) == set(BECOMES) == {"pass", "fail", "unknown", "waived", "not_applicable"}
    assert [status for status, element in OUTCOMES.items() if not element] == ["pass"]
    assert OUTCOMES["unknown"] == "error"


@pytest.mark.parametrize(
    ("status", "expected"), [("unknown", "error"), ("not_applicable", "skipped"), ("fail", "failure")]
)
def test_a_requirement_without_findings_has_one_case_that_says_its_status(status: str, expected: str) -> None:
    results = samples.typical()
    results["findings"] = []
    results["requirements"] = [one | {"status": status, "checks": []} for one in results["requirements"]]
    root = parsed(results)
    assert [outcome(case) for case in root.iter("testcase")] == [expected] * len(results["requirements"])
    assert {case.get("name") for case in root.iter("testcase")} == {"the requirement as a whole"}


def test_a_requirement_without_a_check_turns_a_job_red_and_says_why() -> None:
    found = suite(parsed(samples.typical()), "CMP-04")
    assert found.get("errors") == "1"
    (error,) = found.iter("error")
    assert error.get("message") == "No check evaluates it yet."
    results = samples.typical()
    results["requirements"][5]["reason"] = "No check of this version evaluates it."
    (error,) = suite(parsed(results), "CMP-04").iter("error")
    assert error.get("message") == "No check of this version evaluates it."


def test_what_could_not_be_collected_stands_in_the_suite_that_it_leaves_open() -> None:
    root = parsed(samples.denied())
    said = suite(root, "DB-05").findtext("system-err") or ""
    assert "rds:DescribeDBClusters failed with AccessDenied in us-east-1 of 111122223333: User is not" in said
    assert suite(root, "NET-12").findtext("system-err") == ""
    results = samples.large()
    assert (suite(parsed(results), "DB-05").findtext("system-err") or "").endswith(
        "and 350 more: results.json has them all"
    )


def test_an_expired_waiver_waives_nothing_and_is_told() -> None:
    (failure,) = parsed(one_finding("fail", waiver=WAIVER | {"expired": True})).iter("failure")
    assert "A waiver expired on 2027-01-31: pilot" in (failure.text or "")


# ---------------------------------------------------------------------------------------- counts


@pytest.mark.parametrize("name", NAMES)
def test_counts_are_of_the_cases_that_are_there(name: str) -> None:
    results = getattr(samples, name)()
    root = parsed(results)
    for one in root:
        found = Counter(outcome(case) for case in one.iter("testcase"))
        told = {key: int(one.get(key) or 0) for key in ("tests", "failures", "errors", "skipped")}
        assert told == {
            "tests": found.total(),
            "failures": found["failure"],
            "errors": found["error"],
            "skipped": found["skipped"],
        }
    cases = [case for case in root.iter("testcase") if case.get("name") != "the requirement as a whole"]
    assert Counter(map(outcome, cases)) == Counter(OUTCOMES[one["status"]] for one in results["findings"])
    assert [one.get("id") for one in root] == [str(number) for number in range(len(root))]


@pytest.mark.parametrize("name", NAMES)
def test_a_suite_comes_to_the_status_of_its_requirement(name: str) -> None:
    results = getattr(samples, name)()
    root = parsed(results)
    for one in results["requirements"]:
        found = {outcome(case) for case in suite(root, one["id"]).iter("testcase")}
        worst = next(each for each in ("failure", "error", "skipped", "") if each in found)
        assert worst == OUTCOMES[one["status"]]


def test_a_finding_of_two_requirements_is_listed_once_and_decides_both() -> None:
    results = samples.typical()
    results["findings"] = [one for one in results["findings"] if len(one["requirements"]) == 2]
    root = parsed(results)
    assert [case.get("classname") for case in suite(root, "SEC-01").iter("testcase")] == ["secret-rotates"]
    (case,) = suite(root, "DB-05").iter("testcase")
    assert outcome(case) == "failure"
    assert case[0].get("message") == "Decided by findings that are listed under SEC-01."
    assert "Listed under SEC-01: 1 fail" in (suite(root, "DB-05").findtext("system-out") or "")


def test_a_finding_of_a_requirement_that_the_audit_left_out_is_not_lost() -> None:
    results = one_finding("fail", requirements=["SEC-01", "DB-05"])
    assert [one.get("name") for one in parsed(results)] == ["DB-05"]
    results["findings"][0]["requirements"] = ["SEC-01"]
    root = parsed(results)
    assert [one.get("name") for one in root] == ["DB-05", "SEC-01"]
    assert suite(root, "SEC-01").get("failures") == "1"
    for one in SCHEMAS:
        schema(one).assertValid(root)


# ---------------------------------------------------------------------------------------- names and text


@pytest.mark.parametrize("name", NAMES)
def test_names_are_unique(name: str) -> None:
    cases = [(case.get("classname"), case.get("name")) for case in parsed(getattr(samples, name)()).iter("testcase")]
    assert len(cases) == len(set(cases))


def test_resources_of_the_same_name_are_told_apart() -> None:
    results = one_finding("fail")
    first = results["findings"][0]
    second = copy.deepcopy(first) | {"id": "another"}
    results["findings"].append(second)
    assert {case.get("name") for case in parsed(results).iter("testcase")} == {
        "DBCluster orders (us-east-1, 111122223333) [another]",
        f"DBCluster orders (us-east-1, 111122223333) [{first['id']}]",
    }


@pytest.mark.parametrize("sample", [samples.hostile, samples.large])
def test_hostile_names_stay_text(sample: Callable[[], dict[str, Any]]) -> None:
    text = render(sample())
    root = etree.fromstring(text.encode())
    known = {"testsuites", "testsuite", "properties", "property", "testcase", "failure", "error", "skipped"}
    assert {str(one.tag) for one in root.iter()} <= known | {"system-out", "system-err"}
    assert not re.search(
        "[\x00-\x09\x0b-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2066-\u2069\ufeff\ud800-\udfff]", text
    )
    assert "<!" not in text
    assert text.count("<?") == 1
    if sample is samples.hostile:
        (first,) = [
            one
            for one in root.iter("testcase")
            if (one.get("name") or "").startswith(f"DBCluster {samples.HOSTILE[0]}")
        ]
        assert first[0].get("message") == f"{samples.HOSTILE[0]} is not encrypted"


@given(st.text(alphabet=st.characters()))
def test_whatever_a_resource_is_called_the_file_can_be_read(name: str) -> None:
    results = one_finding("fail", message=name, evidence={name: name}, remediation=name)
    results["findings"][0]["resource"]["name"] = name
    results["requirements"][0] |= {"title": name, "note": name}
    root = parsed(results)
    for one in SCHEMAS:
        schema_of[one].assertValid(root)


schema_of = {name: schema(name) for name in SCHEMAS}


def test_no_resource_can_have_jenkins_attach_a_file() -> None:
    results = one_finding("fail", message="[[ATTACHMENT|/etc/passwd]]")
    results["requirements"][0]["note"] = "[[ATTACHMENT|/etc/passwd]]"
    texts = [one.text or "" for one in parsed(results).iter()]
    assert sum("[ [ATTACHMENT|/etc/passwd]]" in text for text in texts) == 2
    assert not any("[[ATTACHMENT" in text for text in texts)


def test_a_region_as_a_whole_is_called_by_its_own_name() -> None:
    results = one_finding("unknown")
    results["findings"][0]["resource"] |= {
        "arn": f"arn:aws:rds:us-west-2:{samples.TRADING}:*",
        "type": "AWS::Region",
        "region": "us-west-2",
        "name": None,
    }
    (case,) = parsed(results).iter("testcase")
    assert case.get("name") == "region us-west-2 (us-west-2, 111122223333)"


def test_what_is_long_is_cut_and_says_so() -> None:
    long = "long " * 10_000
    results = one_finding("fail", message=long, evidence={"policy": long}, remediation=long, expected=long)
    (case,) = parsed(results).iter("testcase")
    assert len(case[0].get("message") or "") <= 500
    assert len(case[0].text or "") < 8_000
    assert (case[0].text or "").count("…") == 4


def test_evidence_and_remediation_stand_in_a_failure() -> None:
    (failure,) = parsed(one_finding("fail")).iter("failure")
    assert failure.text == (
        "Fail: orders is fail\n"
        "Resource: arn:aws:rds:us-east-1:111122223333:dbcluster/orders (AWS::RDS::DBCluster)\n"
        f"Requirements: DB-05; finding {one_finding('fail')['findings'][0]['id']}\n"
        "Expected: as the requirement says\n"
        'Evidence: {"name": "orders", "encrypted": false, "days": 90, "zones": ["use1-az1"], "key": null}\n'
        "Remediation: Change the setting of the DBCluster and apply it at once."
    )


# ---------------------------------------------------------------------------------------- the whole file


def test_an_audit_of_nothing_has_no_tests() -> None:
    assert render(samples.empty()) == '<?xml version="1.0" encoding="UTF-8"?>\n<testsuites/>\n'


def test_the_timestamp_is_utc_without_a_zone() -> None:
    results = one_finding("pass")
    results["audit"]["started_at"] = "2026-11-21T12:00:00.5+02:00"
    assert {one.get("timestamp") for one in parsed(results)} == {"2026-11-21T10:00:00"}
    results["audit"]["started_at"] = "2026-11-21T10:00:00"
    assert {one.get("timestamp") for one in parsed(results)} == {"2026-11-21T10:00:00"}


def test_a_demonstration_says_that_it_is_one() -> None:
    assert "No real account was looked at" in render(samples.denied())
    assert "No real account was looked at" not in render(samples.typical())


def test_the_reports_address_is_a_property() -> None:
    results = one_finding("pass")
    results["audit"]["report_url"] = "https://reports.example/audit?a=1&b=2"
    found = {one.get("name"): one.get("value") for one in parsed(results).iter("property")}
    assert found["report"] == "https://reports.example/audit?a=1&b=2"


@pytest.mark.parametrize("name", ["typical", "lifelike", "hostile"])
def test_order_does_not_matter_and_the_results_are_left_alone(name: str) -> None:
    results, shuffled = getattr(samples, name)(), getattr(samples, name)()
    for key in ("findings", "requirements", "checks"):
        random.Random(7).shuffle(shuffled[key])  # noqa: S311 - a shuffled deck, not a secret
    random.Random(7).shuffle(shuffled["collection"]["errors"])  # noqa: S311 - as above
    before = copy.deepcopy(shuffled)
    assert render(shuffled) == render(results)
    assert shuffled == before


def test_a_file_of_any_size_is_written_in_small_pieces() -> None:
    sizes = [len(piece) for piece in FORM.render(samples.large())]
    assert len(sizes) > 5000
    assert max(sizes) < 50_000
