"""`findings.ocsf.json`: OCSF's own schema, what each status becomes, hostile names, determinism, golden files."""

from __future__ import annotations

import copy
import datetime
import hashlib
import json
import random
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jsonschema
import pytest

from auditor.model import Status
from auditor.reports.ocsf import VERSION, Ocsf
from tests.goldens import golden

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests import report_samples as samples
    from tests.report_drifts import drifted
else:
    import report_samples as samples
    from report_drifts import drifted

Event = dict[str, Any]

HERE = Path(__file__).parent
SCHEMA_FILE = HERE / "data/schemas/ocsf-compliance-finding-1.8.0.json"
SCHEMA = json.loads(SCHEMA_FILE.read_text())
VALIDATOR = jsonschema.Draft202012Validator(SCHEMA)
NAMES = list(samples.SAMPLES)
ALL: dict[str, Callable[[], samples.Document]] = {
    **samples.SAMPLES,
    "lifelike": samples.lifelike,
    "large": lambda: samples.large(400),
    "drifted": drifted,
}


def rendered(results: samples.Document) -> str:
    return "".join(Ocsf().render(results))


def events(results: samples.Document) -> list[Event]:
    found: list[Event] = json.loads(rendered(results))
    return found


def of(results: samples.Document, uid: str) -> Event:
    return next(event for event in events(results) if event["finding_info"]["uid"] == uid)


def test_golden() -> None:
    golden(f"drifted.{Ocsf.filename}", rendered(ALL["drifted"]()))


# ---------------------------------------------------------------------------------------- the schema


def test_the_schema_is_the_one_that_its_note_tells_of() -> None:
    note = SCHEMA_FILE.with_suffix(".SOURCE.txt").read_text()
    assert hashlib.sha256(SCHEMA_FILE.read_bytes()).hexdigest() in note
    assert (
        SCHEMA["$id"] == f"https://schema.ocsf.io/schema/{VERSION}/classes/compliance_finding?profiles=cloud,datetime"
    )


@pytest.mark.parametrize("name", list(ALL))
def test_every_event_follows_the_schema(name: str) -> None:
    for event in events(ALL[name]()):
        VALIDATOR.validate(event)
        assert list(breaches(event)) == []


def _without(event: Event, *path: str) -> None:
    *parents, last = path
    for key in parents:
        event = event[key]
    del event[last]


BROKEN: dict[str, Callable[[Event], object]] = {
    "no finding_info": lambda event: _without(event, "finding_info"),
    "no cloud, which its profile wants": lambda event: _without(event, "cloud"),
    "no schema version": lambda event: _without(event, "metadata", "version"),
    "no stable id": lambda event: _without(event, "finding_info", "uid"),
    "another class": lambda event: event.update(class_uid=2004),
    "a status that is none": lambda event: event.update(status_id=7),
    "a compliance status that is none": lambda event: event["compliance"].update(status_id=4),
    "time as text": lambda event: event.update(time="2026-11-21T10:00:42Z"),
    "a time_dt that is none": lambda event: event.update(time_dt="yesterday"),
    "an attribute that is none": lambda event: event.update(evidence={}),
    "an attribute of another profile": lambda event: event.update(assignee_group={"name": "x"}),
    "a resource without id and name": lambda event: event["resources"].append({"type": "AWS::EC2::VPC"}),
    "a remedy without words": lambda event: event.update(remediation={"references": []}),
    "null": lambda event: event.update(comment=None),
}


@pytest.mark.parametrize("broken", list(BROKEN))
def test_the_schema_is_seen_rejecting(broken: str) -> None:
    event = events(samples.typical())[0]
    VALIDATOR.validate(event)
    BROKEN[broken](event)
    with pytest.raises(jsonschema.ValidationError):
        VALIDATOR.validate(event)


# ---------------------------------------------------------------------------------------- rules that no schema states

CAPTIONS: dict[str, dict[int, str]] = {
    "activity_id": {1: "Create", 2: "Update", 3: "Close"},
    "severity_id": {1: "Informational", 2: "Low", 3: "Medium", 4: "High", 5: "Critical"},
    "status_id": {1: "New", 3: "Suppressed", 4: "Resolved"},
    "compliance.status_id": {0: "Unknown", 1: "Pass", 3: "Fail"},
}
"""OCSF's captions of the values that we use; 99 is Other, with a caption of our own."""
SIBLINGS = {"activity_id": "activity_name", "status_id": "status", "severity_id": "severity"}


def breaches(event: Event) -> Iterator[str]:
    """What an event has wrong by OCSF's prose: derived ids, captions beside ids, twins of times, what is deprecated."""
    if event["type_uid"] != event["class_uid"] * 100 + event["activity_id"]:
        yield "type_uid is not class_uid * 100 + activity_id"
    if event["type_name"] != f"{event['class_name']}: {event['activity_name']}":
        yield "type_name does not name the class and the activity"
    if event["metadata"]["version"] != VERSION:
        yield "metadata.version is not the schema's"
    for where, part in (("", event), ("compliance.", event["compliance"])):
        for name, caption in SIBLINGS.items():
            expected = CAPTIONS.get(f"{where}{name}", {}).get(part.get(name, 99), part.get(caption))
            if part.get(caption) != expected or (name in part and not part.get(caption)):
                yield f"{where}{caption} is not the caption of {where}{name}"
    yield from _walk(event, SCHEMA, "")


def _walk(part: Any, schema: Any, path: str) -> Iterator[str]:  # noqa: ANN401 - JSON
    """Deprecated attributes, empty values, and times that differ from their twin."""
    if "$ref" in schema:
        schema = SCHEMA["$defs"][schema["$ref"].removeprefix("#/$defs/")]
    if part in ("", [], {}):
        yield f"{path} is empty"
    if isinstance(part, list):
        for one in part:
            yield from _walk(one, schema.get("items", {}), path)
    if not isinstance(part, dict) or schema.get("additionalProperties", True):
        return
    for name, given in part.items():
        if schema["properties"][name].get("deprecated"):
            yield f"{path}.{name} is deprecated"
        twin = part.get(f"{name}_dt")
        if twin and datetime.datetime.fromisoformat(twin).timestamp() * 1000 != given:
            yield f"{path}.{name} and its _dt differ"
        yield from _walk(given, schema["properties"][name], f"{path}.{name}")


MISLEADING: dict[str, Callable[[Event], object]] = {
    "type_uid is not": lambda event: event.update(type_uid=200303),
    "type_name does not": lambda event: event.update(type_name="Compliance Finding: Close"),
    "metadata.version is not": lambda event: event["metadata"].update(version="1.5.0"),
    "status is not the caption": lambda event: event.update(status="Resolved"),
    "compliance.status is not the caption": lambda event: event["compliance"].update(status="Pass"),
    "severity is not the caption": lambda event: _without(event, "severity"),
    "status_detail is deprecated": lambda event: event["compliance"].update(status_detail="x"),
    ".message is empty": lambda event: event.update(message=""),
    ".time and its _dt differ": lambda event: event.update(time=event["time"] // 1000),
}


@pytest.mark.parametrize("said", list(MISLEADING))
def test_each_rule_is_seen_failing(said: str) -> None:
    event = events(samples.typical())[0]
    MISLEADING[said](event)
    VALIDATOR.validate(event)
    assert any(said in breach for breach in breaches(event))


# ---------------------------------------------------------------------------------------- what becomes of a status

STATUSES = [
    # ours, compliance.status_id and caption, status_id and caption, severity_id of a critical check
    ("pass", (1, "Pass"), (4, "Resolved"), 1),
    ("fail", (3, "Fail"), (1, "New"), 5),
    ("unknown", (0, "Unknown"), (1, "New"), 5),
    ("waived", (3, "Fail"), (3, "Suppressed"), 5),
    ("not_applicable", (99, "Not Applicable"), (99, "Not Applicable"), 1),
]


@pytest.mark.parametrize(("status", "compliance", "workflow", "severity"), STATUSES)
def test_what_a_finding_of_each_status_becomes(
    status: str, compliance: tuple[int, str], workflow: tuple[int, str], severity: int
) -> None:
    results = samples.typical()
    finding = results["findings"][2]
    finding["status"] = status
    event = of(results, finding["id"])
    check = event["compliance"]["checks"][0]
    assert (event["compliance"]["status_id"], event["compliance"]["status"]) == compliance
    assert (check["status_id"], check["status"]) == compliance
    assert (event["status_id"], event["status"]) == workflow
    assert event["status_code"] == event["compliance"]["status_code"] == status
    assert event["severity_id"] == severity
    assert (check["severity_id"], check["severity"]) == (5, "Critical")


def test_every_status_has_a_meaning() -> None:
    assert {row[0] for row in STATUSES} == {one.value for one in Status}


@pytest.mark.parametrize(("ours", "theirs"), [("critical", 5), ("high", 4), ("medium", 3), ("low", 2)])
def test_what_each_severity_becomes(ours: str, theirs: int) -> None:
    results = samples.typical()
    results["findings"][2]["severity"] = ours
    assert of(results, results["findings"][2]["id"])["severity_id"] == theirs


@pytest.mark.parametrize("name", list(ALL))
def test_pass_is_said_of_what_passed_and_of_nothing_else(name: str) -> None:
    results = ALL[name]()
    passed = {one["id"] for one in results["findings"] if one["status"] == "pass"}
    found = events(results)
    assert {one["finding_info"]["uid"] for one in found if one["compliance"]["status_id"] == 1} == passed
    assert {one["finding_info"]["uid"] for one in found if one["compliance"].get("status") == "Pass"} == passed


@pytest.mark.parametrize("name", list(ALL))
def test_every_finding_and_every_requirement_is_there_once(name: str) -> None:
    results = ALL[name]()
    found = events(results)
    uids = [one["finding_info"]["uid"] for one in found]
    assert len(uids) == len(set(uids)) == len({one["metadata"]["uid"] for one in found})
    assert {one["id"] for one in results["findings"]} <= set(uids)
    assert {name for one in found for name in one["compliance"]["requirements"]} == {
        one["id"] for one in results["requirements"]
    }


def test_a_requirement_without_a_check_is_an_unknown_without_a_resource() -> None:
    event = next(one for one in events(samples.typical()) if one["compliance"]["requirements"] == ["CMP-04"])
    assert event["compliance"]["status"] == "Unknown"
    assert event["message"] == "CMP-04: No check evaluates it."
    assert event["severity"] == "High"
    assert not {"resources", "observables", "evidences"} & event.keys()
    assert event["cloud"] == {"provider": "AWS"}, "two accounts were audited"


def test_a_requirements_event_says_the_reason_and_the_only_account() -> None:
    results = samples.typical()
    results["scope"]["accounts"] = results["scope"]["accounts"][:1]
    unchecked = next(one for one in results["requirements"] if one["id"] == "CMP-04")
    unchecked["reason"] = "No check of this version evaluates it."
    event = next(one for one in events(results) if one["compliance"]["control"] == "CMP-04")
    assert event["message"] == "CMP-04: No check of this version evaluates it."
    assert event["cloud"]["account"]["uid"] == samples.TRADING


def test_a_requirements_id_stays_from_audit_to_audit_and_differs_between_scopes() -> None:
    def uid(**changed: object) -> str:
        results = samples.typical()
        results["audit"] |= changed
        event = next(one for one in events(results) if one["compliance"]["control"] == "CMP-04")
        return str(event["finding_info"]["uid"])

    assert uid() == uid(id="another", finished_at="2026-11-22T10:00:00Z")
    assert len({uid(), uid(environment="staging"), uid(standard="payment-migration")}) == 3


def test_a_waiver_says_who_accepts_until_when_and_why() -> None:
    by_name = {one["resources"][0]["name"]: one for one in events(samples.typical()) if "resources" in one}
    assert by_name["pilot"]["comment"] == "Accepted by CISO until 2027-01-31: pilot until Q1"
    assert by_name["pilot"]["status"] == "Suppressed"
    assert by_name["legacy"]["comment"] == "The waiver by CTO expired on 2026-01-31: was fine once"
    assert by_name["legacy"]["status"] == "New"
    assert "comment" not in by_name["orders"]


# ---------------------------------------------------------------------------------------- what else it says


def test_an_event_tells_of_the_resource_the_check_and_the_evidence() -> None:
    results = samples.typical()
    finding = next(one for one in results["findings"] if one["check"] == "secret-rotates")
    finding["resource"]["arn"] = finding["resource"]["arn"].replace("arn:aws:", "arn:aws-us-gov:")
    results["checks"][2]["references"] = ["https://docs.aws.amazon.com/secretsmanager/"]
    event = of(results, finding["id"])
    assert event["resources"][0]["uid"] == finding["resource"]["arn"]
    assert event["resources"][0]["cloud_partition"] == event["cloud"]["cloud_partition"] == "aws-us-gov"
    assert event["compliance"]["requirements"] == ["SEC-01", "DB-05"]
    assert event["compliance"]["control_parameters"] == [{"name": "secret_rotation_days", "value": "30"}]
    assert event["evidences"] == [{"name": "secret-rotates", "data": finding["evidence"]}]
    assert event["remediation"] == {
        "desc": finding["remediation"],
        "references": ["https://docs.aws.amazon.com/secretsmanager/"],
    }
    assert event["finding_info"]["data_sources"] == ["rds:DescribeDBClusters"]
    assert event["unmapped"]["expected"] == finding["expected"]
    assert event["message"] == "prod/orders: rotates every 90 days, at most 30 are allowed"
    assert event["status_detail"] == "rotates every 90 days, at most 30 are allowed"
    assert event["cloud"]["account"]["name"] == "trading"
    assert (event["start_time_dt"], event["end_time_dt"]) == ("2026-11-21T10:00:00.000Z", "2026-11-21T10:00:31.000Z")
    assert event["time"] == 1795255242000


def test_an_account_without_a_name_of_its_own_has_none() -> None:
    results = samples.typical()
    results["scope"]["accounts"][0]["name"] = samples.TRADING
    assert events(results)[0]["cloud"]["account"] == {"uid": samples.TRADING, "type_id": 10, "type": "AWS Account"}


def test_times_of_another_zone_become_utc() -> None:
    results = samples.typical()
    results["audit"]["finished_at"] = "2026-11-21T11:00:42.250+01:00"
    assert events(results)[0]["time_dt"] == "2026-11-21T10:00:42.250Z"
    assert events(results)[0]["time"] == 1795255242250


def test_numbers_that_json_lacks_become_words() -> None:
    results = samples.typical()
    results["findings"][0]["evidence"] = {"lag": float("nan"), "all": [float("inf")]}
    assert of(results, results["findings"][0]["id"])["evidences"][0]["data"] == {"lag": "NaN", "all": ["Infinity"]}


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://reports.example.test/a/report.html", "https://reports.example.test/a/report.html#DB-05"),
        ("javascript:alert(1)", None),
        ("https://reports.example.test/<script>", None),
        (None, None),
    ],
)
def test_the_source_is_the_report_where_its_address_is_one(url: str | None, expected: str | None) -> None:
    results = samples.typical()
    results["audit"]["report_url"] = url
    assert of(results, results["findings"][2]["id"])["finding_info"].get("src_url") == expected


def test_a_demonstration_is_labelled() -> None:
    assert all(one["metadata"]["labels"] == ["demonstration"] for one in events(samples.denied()))
    assert all(one["unmapped"]["demo"] is True for one in events(samples.denied()))
    assert all("labels" not in one["metadata"] for one in events(samples.typical()))


# ---------------------------------------------------------------------------------------- against a baseline

CHANGES = [
    # the finding, activity, compliance, workflow
    ("new", "Create", "Fail", "New"),
    ("still-open", "Update", "Fail", "New"),
    ("repaired", "Close", "Pass", "Resolved"),
    ("accepted", "Update", "Fail", "Suppressed"),
    ("newly-unseen", "Update", "Unknown", "New"),
    ("seen-again", "Update", "Fail", "New"),
    ("unchanged", "Create", "Pass", "Resolved"),
    ("gone", "Close", "Absent", "Resolved"),
]


@pytest.mark.parametrize(("name", "activity", "compliance", "workflow"), CHANGES)
def test_what_a_comparison_with_the_baseline_becomes(name: str, activity: str, compliance: str, workflow: str) -> None:
    event = next(one for one in events(drifted()) if one["resources"][0]["name"] == name)
    assert (event["activity_name"], event["compliance"]["status"], event["status"]) == (activity, compliance, workflow)
    assert ("created_time" in event["finding_info"]) is (activity == "Create")


def test_since_when_a_finding_is_open_is_told_where_it_is_known() -> None:
    infos = {one["resources"][0]["name"]: one["finding_info"] for one in events(drifted())}
    told = {name: info["first_seen_time_dt"] for name, info in infos.items() if "first_seen_time_dt" in info}
    assert told == dict.fromkeys(("still-open", "gone"), "2026-09-21T10:00:00.000Z")
    assert infos["gone"]["first_seen_time"] == 1_789_984_800_000


def test_a_failure_that_could_not_be_judged_again_is_not_closed() -> None:
    results = drifted()
    gone = results["drift"]["findings"]["resolved"][-1]
    gone["now"] = "not_evaluated"
    assert gone["id"] not in {one["finding_info"]["uid"] for one in events(results)}


# ---------------------------------------------------------------------------------------- text, order, size


def _strings(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, item in value.items():
            yield key
            yield from _strings(item)
    elif isinstance(value, list):
        for item in value:
            yield from _strings(item)


@pytest.mark.parametrize("name", ["hostile", "large"])
def test_hostile_text_has_no_character_that_is_not_seen(name: str) -> None:
    text = rendered(ALL[name]())
    text.encode()
    assert all(one.replace("\n", "").isprintable() for one in _strings(json.loads(text)))
    assert all(
        one["resources"][0]["uid"].isprintable() and one["resources"][0]["name"].isprintable()
        for one in json.loads(text)
        if "resources" in one
    )
    assert "<script>window.hacked = true</script>" in text, "it is text in JSON, as it is"


@pytest.mark.parametrize("name", ["hostile", "lifelike", "drifted"])
def test_the_same_results_give_the_same_bytes_in_whatever_order(name: str) -> None:
    results, shuffled = ALL[name](), ALL[name]()
    before = copy.deepcopy(results)
    dice = random.Random(7)  # noqa: S311 - a shuffled deck, not a secret
    for part in (shuffled["findings"], shuffled["requirements"], shuffled["checks"], shuffled["scope"]["accounts"]):
        dice.shuffle(part)
    for found in (shuffled.get("drift") or {}).get("findings", {}).values():
        dice.shuffle(found)
    assert rendered(shuffled) == rendered(results)
    assert results == before


def test_an_empty_audit_is_an_empty_array() -> None:
    assert events(samples.empty()) == []


def test_the_text_comes_an_event_at_a_time() -> None:
    pieces = list(Ocsf().render(samples.lifelike()))
    found = events(samples.lifelike())
    assert len(pieces) == len(found) + 2
    assert [json.loads(piece.lstrip(",\n")) for piece in pieces[1:-1]] == found
