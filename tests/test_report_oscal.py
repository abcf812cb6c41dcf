"""`oscal-assessment-results.json`: NIST's schema and constraints, what each status becomes, hostile names, order."""

from __future__ import annotations

import copy
import hashlib
import json
import random
import re
import uuid
from collections import Counter, defaultdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from auditor.model import Status
from auditor.reports.oscal import VERSION, Oscal
from auditor.reports.oscal.text import code, identity, line, moment, prose, token, value
from auditor.reports.sanitize import visible
from tests.goldens import golden

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests import report_samples as samples
    from tests.report_drifts import drifted
else:
    import report_samples as samples
    from report_drifts import drifted

Part = dict[str, Any]

HERE = Path(__file__).parent
SCHEMA_FILE = HERE / "data/schemas/oscal_assessment-results_schema.json"
# Python's regular expressions have no Unicode classes: these are what they mean.
SCHEMA = json.loads(SCHEMA_FILE.read_text().replace(r"\\p{L}", r"[^\\W\\d_]").replace(r"\\p{N}", r"\\d"))
VALIDATOR = jsonschema.Draft7Validator(SCHEMA, format_checker=jsonschema.FormatChecker())
MARKDOWN = MarkdownIt("commonmark")
NAMES = list(samples.SAMPLES)
ALL: dict[str, Callable[[], samples.Document]] = {
    **samples.SAMPLES,
    "lifelike": samples.lifelike,
    "large": lambda: samples.large(300),
    "drifted": drifted,
}


def rendered(results: samples.Document) -> str:
    return "".join(Oscal().render(results))


def document(results: samples.Document) -> Part:
    found: Part = json.loads(rendered(results))
    return found


def result(results: samples.Document) -> Part:
    found: Part = document(results)["assessment-results"]["results"][0]
    return found


def props(part: Part) -> dict[str, str]:
    return {one["name"]: one["value"] for one in part.get("props", [])}


def test_golden() -> None:
    golden(f"drifted.{Oscal.filename}", rendered(ALL["drifted"]()))


# ---------------------------------------------------------------------------------------- the schema


def test_the_schema_is_the_one_that_its_note_tells_of() -> None:
    note = SCHEMA_FILE.with_suffix(".SOURCE.txt").read_text()
    assert hashlib.sha256(SCHEMA_FILE.read_bytes()).hexdigest() in note
    assert SCHEMA["$id"] == f"http://csrc.nist.gov/ns/oscal/{VERSION}/oscal-ar-schema.json"


@pytest.mark.parametrize("name", list(ALL))
def test_every_document_follows_the_schema_and_the_constraints(name: str) -> None:
    found = document(ALL[name]())
    VALIDATOR.validate(found)
    assert list(breaches(found)) == []


def _first(found: Part, *path: str) -> Part:
    part: Any = found["assessment-results"]
    for key in path:
        part = part[key]
        part = part[0] if isinstance(part, list) else part
    return dict(part) if not isinstance(part, dict) else part


def _result(found: Part, *path: str) -> Part:
    return _first(found, "results", *path)


INVALID: dict[str, Callable[[Part], object]] = {
    "no plan": lambda found: found["assessment-results"].pop("import-ap"),
    "no reviewed controls": lambda found: _result(found).pop("reviewed-controls"),
    "no result": lambda found: found["assessment-results"].update(results=[]),
    "an array of nothing": lambda found: _result(found).update(risks=[]),
    "a UUID of version 1": lambda found: _result(found).update(uuid="c232ab00-9414-11ec-b3c8-9f68deced846"),
    "a time without a zone": lambda found: _result(found).update(start="2026-11-21T10:00:00"),
    "a state that is none": lambda found: _result(found, "findings", "target", "status").update(state="unknown"),
    "a target that is none": lambda found: _result(found, "findings", "target").update(type="control-id"),
    "a target that is no token": lambda found: _result(found, "findings", "target").update({"target-id": "NET 01"}),
    "a property of two lines": lambda found: _result(found, "observations", "props").update(value="one\ntwo"),
    "a property of blanks": lambda found: _result(found, "observations", "props").update(value=" "),
    "a title of two lines": lambda found: _result(found, "risks").update(title="one\ntwo"),
    "an attribute that is none": lambda found: _result(found, "observations").update(evidence=[]),
    "a relative namespace": lambda found: _result(found, "observations", "props").update(ns="auditor"),
}


@pytest.mark.parametrize("broken", list(INVALID))
def test_the_schema_is_seen_rejecting(broken: str) -> None:
    found = document(samples.typical())
    VALIDATOR.validate(found)
    INVALID[broken](found)
    with pytest.raises(jsonschema.ValidationError):
        VALIDATOR.validate(found)


# ---------------------------------------------------------------------------------------- NIST's constraints
#
# The JSON Schema says nothing of uniqueness, of references, or of closed lists of values (it allows any token beside
# them). NIST's metaschemas do: oscal_{metadata,implementation-common,assessment-common}_metaschema.xml, 1.2.3.

KEYS = {
    "observation-uuid": "observations",
    "risk-uuid": "risks",
    "task-uuid": "tasks",
    "activity-uuid": "activities",
    "component-uuid": "components",
    "actor-uuid": "components",
    "party-uuids": "parties",
    "role-id": "roles",
    "control-id": "include-controls",
    "target-id": "include-objectives",
}
"""A key that refers to something -> the list that must have it."""
NAMED_BY = {"roles": "id", "include-objectives": "objective-id"}
SUBJECTS = {"inventory-item": "inventory-items", "component": "components"}
VALUES = {
    ("status", "state"): {"satisfied", "not-satisfied", "operational"},
    ("status", "reason"): {"pass", "fail", "other"},
    ("implementation-status", "state"): {"not-applicable"},
    ("risks", "status"): {"open", "investigating", "deviation-approved", "closed"},
    ("remediations", "lifecycle"): {"recommendation", "planned", "completed"},
    ("observations", "methods"): {"EXAMINE", "INTERVIEW", "TEST"},
    ("observations", "types"): {"ssp-statement-issue", "control-objective", "mitigation", "discovery", "historic"},
    ("actors", "type"): {"tool", "assessment-platform", "party"},
    ("components", "type"): {"software", "service", "region", "resource-container", "network"},
    ("tasks", "type"): {"milestone", "action"},
    ("facets", "name"): {"likelihood", "impact", "risk", "severity"},
    ("facets", "system"): {"http://csrc.nist.gov/ns/oscal"},
}
"""(Parent, key) -> NIST's values, the deprecated ones left out (`finding` as an observation's type)."""
NIST_PROPS: dict[str, dict[str, set[str]]] = {
    "activities": {"method": {"TEST", "EXAMINE", "INTERVIEW"}},
    "inventory-items": {"asset-id": set(), "asset-type": set()},
    "remediations": {"type": {"accept", "avoid", "mitigate", "transfer"}},
    "resources": {"type": {"plan", "evidence"}},
}
"""Parent -> properties that are NIST's own and their values (none: any); all others need a namespace."""


def _parts(part: Any, parent: str = "") -> Iterator[tuple[str, Part]]:  # noqa: ANN401 - JSON
    """Every object of the document, with the key that it stands under."""
    if isinstance(part, list):
        for one in part:
            yield from _parts(one, parent)
    elif isinstance(part, dict):
        yield parent, part
        for key, one in part.items():
            yield from _parts(one, key)


def breaches(found: Part) -> Iterator[str]:
    """What a document has wrong by NIST's constraints."""
    known: dict[str, set[str]] = defaultdict(set)
    uuids: Counter[str] = Counter()
    for parent, part in _parts(found["assessment-results"]):
        if "uuid" in part:
            uuids[part["uuid"]] += 1
        known[parent].add(part.get(NAMED_BY.get(parent, "uuid"), ""))
    reviewed = found["assessment-results"]["results"][0]["reviewed-controls"]
    known["include-controls"] = {part["control-id"] for _, part in _parts(reviewed) if "control-id" in part}
    yield from (f"{one} is used twice" for one, count in uuids.items() if count > 1)
    for parent, part in _parts(found["assessment-results"]):
        yield from _dangling(part, known)
        yield from _foreign(parent, part)
        if part.get("end", "9") < part.get("start", ""):
            yield f"{parent} ends before it starts"


def _dangling(part: Part, known: dict[str, set[str]]) -> Iterator[str]:
    for key, where in KEYS.items():
        for one in [part[key]] if isinstance(part.get(key), str) else part.get(key, []):
            if one not in known[where]:
                yield f"{key} {one} leads nowhere"
    if "subject-uuid" in part and part["subject-uuid"] not in known[SUBJECTS[part["type"]]]:
        yield f"subject-uuid {part['subject-uuid']} leads nowhere"
    if part.get("href", "").startswith("#") and part["href"][1:] not in known["resources"]:
        yield f"href {part['href']} leads nowhere"


def _foreign(parent: str, part: Part) -> Iterator[str]:
    for key, said in part.items():
        for one in said if isinstance(said, list) else [said]:
            if isinstance(one, str) and one not in VALUES.get((parent, key), {one}):
                yield f"{parent}.{key} has no value {one}"
    for one in part.get("props", []):
        allowed = NIST_PROPS.get(parent, {})
        if "ns" in one:
            continue
        if one["name"] not in allowed:
            yield f"{parent} has no property {one['name']}"
        elif one["value"] not in (allowed[one["name"]] or {one["value"]}):
            yield f"{parent}.{one['name']} has no value {one['value']}"


BREAKING: dict[str, Callable[[Part], object]] = {
    "is used twice": lambda found: _result(found, "risks").update(uuid=_result(found)["uuid"]),
    "observation-uuid": lambda found: _result(found)["observations"].pop(0),
    "risk-uuid": lambda found: _result(found)["risks"].pop(0),
    "task-uuid": lambda found: _result(found)["local-definitions"]["tasks"].pop(0),
    "activity-uuid": lambda found: found["assessment-results"]["local-definitions"]["activities"].pop(0),
    "actor-uuid": lambda found: _result(found)["local-definitions"]["assessment-assets"]["components"].pop(0),
    "party-uuids": lambda found: found["assessment-results"]["metadata"].pop("parties"),
    "role-id": lambda found: found["assessment-results"]["metadata"].pop("roles"),
    "control-id": lambda found: _result(found)["reviewed-controls"]["control-selections"][0]["include-controls"].pop(1),
    "target-id": lambda found: _result(found, "findings", "target").update({"target-id": "NET-99_obj"}),
    "subject-uuid": lambda found: _result(found)["local-definitions"]["inventory-items"].pop(0),
    "href": lambda found: found["assessment-results"]["back-matter"]["resources"].pop(0),
    "observations.types": lambda found: _result(found, "observations").update(types=["finding"]),
    "risks.status": lambda found: _result(found, "risks").update(status="accepted"),
    "activities.method": lambda found: _first(found, "local-definitions", "activities", "props").update(value="LOOK"),
    "has no property": lambda found: _result(found, "risks", "props").pop("ns"),
    "ends before": lambda found: _result(found).update(end="2025-01-01T00:00:00Z"),
}


@pytest.mark.parametrize("said", list(BREAKING))
def test_each_constraint_is_seen_failing(said: str) -> None:
    found = document(samples.typical())
    BREAKING[said](found)
    assert any(said in breach for breach in breaches(found))


# ---------------------------------------------------------------------------------------- what becomes of a status

STATUSES = [
    # a finding's status; the requirement's state and reason; the observation's types; the risk's status
    ("pass", ("satisfied", "pass"), ["control-objective"], None),
    ("fail", ("not-satisfied", "fail"), ["control-objective", "discovery"], "open"),
    ("unknown", ("not-satisfied", "other"), ["control-objective"], None),
    ("waived", ("not-satisfied", "fail"), ["control-objective", "discovery"], "deviation-approved"),
    ("not_applicable", ("not-satisfied", "other"), ["control-objective"], None),
]


@pytest.mark.parametrize(("status", "state", "types", "risk"), STATUSES)
def test_what_each_status_becomes(status: str, state: tuple[str, str], types: list[str], risk: str | None) -> None:
    finding = samples.finding("database-encrypted", "DB-05", status, "orders")
    check = samples.check("database-encrypted", "DB-05", "Encrypted")
    results = samples.document([samples.requirement("DB-05", "Encrypted", "It is.")], [check], [finding])
    assert results["requirements"][0]["status"] == status
    found = result(results)
    target = found["findings"][0]["target"]
    assert (target["status"]["state"], target["status"]["reason"]) == state
    assert target["status"]["remarks"]
    assert props(found["findings"][0])["status"] == props(found["observations"][0])["status"] == status
    assert found["observations"][0]["types"] == types
    assert [one["status"] for one in found.get("risks", [])] == ([risk] if risk else [])
    assert ("related-risks" in found["findings"][0]) is bool(risk)


def test_every_status_has_a_meaning() -> None:
    assert {row[0] for row in STATUSES} == {one.value for one in Status}


@pytest.mark.parametrize("name", list(ALL))
def test_satisfied_is_said_of_what_passes_and_of_nothing_else(name: str) -> None:
    results = ALL[name]()
    found = result(results).get("findings", [])
    satisfied = {one["target"]["target-id"] for one in found if one["target"]["status"]["state"] == "satisfied"}
    assert satisfied == {f"{one['id']}_obj" for one in results["requirements"] if one["status"] == "pass"}
    assert len(found) == len(results["requirements"])


@pytest.mark.parametrize("name", list(ALL))
def test_every_finding_is_an_observation_and_leads_to_its_requirements(name: str) -> None:
    results = ALL[name]()
    found = result(results)
    seen = {one["uuid"]: props(one)["finding-id"] for one in found.get("observations", [])}
    assert sorted(seen.values()) == sorted(one["id"] for one in results["findings"])
    for requirement, finding in zip(
        sorted(results["requirements"], key=lambda one: one["id"]), found.get("findings", []), strict=True
    ):
        related = {seen[one["observation-uuid"]] for one in finding.get("related-observations", [])}
        assert related == {one["id"] for one in results["findings"] if requirement["id"] in one["requirements"]}


def test_a_requirement_without_a_check_says_so() -> None:
    why = "It could not be evaluated completely, and what could not be seen is no pass. No check evaluates it."
    target = next(one["target"] for one in result(samples.typical())["findings"] if "CMP-04" in one["title"])
    assert target["status"] == {"state": "not-satisfied", "reason": "other", "remarks": why}


def test_a_requirement_that_does_not_apply_is_marked_as_such_with_the_reason() -> None:
    results = samples.typical()
    unused = next(one for one in results["requirements"] if one["id"] == "DNS-01")
    unused["reason"] = "No state was given to compare with."
    targets = [one["target"] for one in result(results)["findings"]]
    marked = [one for one in targets if "implementation-status" in one]
    assert [one["target-id"] for one in marked] == ["DNS-01_obj"]
    assert marked[0]["implementation-status"]["state"] == "not-applicable"
    assert marked[0]["status"]["remarks"].endswith("No state was given to compare with.")


def test_a_waived_failure_is_a_risk_that_is_accepted_until_a_day() -> None:
    risks = {one["title"]: one for one in result(samples.typical())["risks"]}
    accepted, over, plain = risks["DB-05: pilot"], risks["DB-05: legacy"], risks["DB-05: orders"]
    assert (accepted["status"], accepted["deadline"]) == ("deviation-approved", "2027-01-31T23:59:59Z")
    assert accepted["remediations"][-1]["description"] == "Accepted by CISO until 2027-01-31: pilot until Q1"
    assert accepted["remediations"][-1]["props"] == [{"name": "type", "value": "accept"}]
    assert props(accepted)["waiver-approved-by"] == "CISO"
    assert (over["status"], props(over)["waiver-expired"]) == ("open", "true")
    assert [one["lifecycle"] for one in over["remediations"]] == ["recommendation"]
    assert "deadline" not in over
    assert plain["characterizations"][0]["facets"][0]["value"] == "critical"
    assert plain["statement"] == "DB-05: StorageEncrypted is on."
    assert plain["remediations"][0]["description"] == "Change the setting of the DBCluster and apply it at once."


def test_a_waiver_without_a_real_day_has_no_deadline() -> None:
    waived = [one for one in result(samples.hostile())["risks"] if one["status"] == "deviation-approved"]
    assert len(waived) == sum(one["status"] == "waived" for one in samples.hostile()["findings"])
    assert all("deadline" not in one for one in waived)


# ---------------------------------------------------------------------------------------- what else it says


def test_the_document_says_who_what_when_and_with_which_parameters() -> None:
    results = samples.typical()
    found = document(results)["assessment-results"]
    told = props(found["metadata"])
    assert told["identity"] == results["audit"]["identity"]
    assert told["checks-digest"] == results["method"]["checks_digest"]
    assert (told["complete"], told["demonstration"]) == ("true", "false")
    assert found["metadata"]["parties"][0]["name"] == "Example Bank"
    made = found["results"][0]
    assert (made["start"], made["end"]) == ("2026-11-21T10:00:00Z", "2026-11-21T10:00:31Z")
    assert props(made)["secret_rotation_days"] == "30"
    assert made["local-definitions"]["components"][1]["description"] == f"AWS account {samples.PAYMENTS}."
    assert made["observations"][0]["collected"] == made["end"]


def test_an_audit_for_nobody_in_particular_has_no_party() -> None:
    results = samples.typical()
    results["audit"]["organization"] = None
    metadata = document(results)["assessment-results"]["metadata"]
    assert not {"parties", "roles", "responsible-parties"} & metadata.keys()


def test_the_plan_is_a_resource_of_the_back_matter() -> None:
    found = document(samples.typical())["assessment-results"]
    plan = next(one for one in found["back-matter"]["resources"] if f"#{one['uuid']}" == found["import-ap"]["href"])
    assert plan["rlinks"] == [{"href": "results.json", "media-type": "application/json"}]


def test_a_checks_facts_and_its_predicate_are_the_steps_of_an_activity() -> None:
    found = document(samples.typical())["assessment-results"]
    activity = next(
        one for one in found["local-definitions"]["activities"] if props(one)["check"] == "database-encrypted"
    )
    facts, judged = (one["description"] for one in activity["steps"][1:])
    assert activity["steps"][0]["description"] == "rds:DescribeDBClusters"
    assert facts.startswith("```sql\nselect arn, name, coalesce(StorageEncrypted, false)")
    assert judged == "```sql\nencrypted and days <= $secret_rotation_days\n```"


def test_a_task_says_how_large_its_population_is() -> None:
    results = samples.typical()
    results["checks"][1]["population"] = {
        "tables": ["rds_clusters"],
        "rows": 7,
        "judged": 5,
        "left_out": {"scope.exclude": 2},
    }
    del results["checks"][3]["population"]
    tasks = {one["title"]: one for one in result(results)["local-definitions"]["tasks"]}
    assert props(tasks["Databases are encrypted"]) == {"rows": "7", "judged": "5", "left-out.scope.exclude": "2"}
    assert props(tasks["VPCs resolve names"]) == {"left-out.scope.include_defaults": "2"}


def test_the_evidence_is_the_facts_as_they_are() -> None:
    found = result(samples.typical())["observations"]
    secret = next(one for one in found if props(one)["check"] == "secret-rotates")
    evidence = secret["relevant-evidence"][0]
    assert props(evidence) == {
        "days": "90",
        "schedule": '{"rate": [{"every": 90}]}',
        "rotated": "null",
        "on": "true",
        "lag": "0.5",
    }


def test_the_log_names_what_could_not_be_seen() -> None:
    found = result(samples.denied())
    entries = {one["title"]: one for one in found["assessment-log"]["entries"]}
    gap = entries["Not seen: rds:DescribeDBClusters (AccessDenied)"]
    assert [one["value"] for one in gap["props"] if one["name"] == "place"] == [
        f"{samples.TRADING} us-east-1",
        f"{samples.TRADING} us-west-2",
    ]
    assert props(gap)["requirement"] == "DB-05"
    assert "The collection has gaps" in found["description"]
    assert entries["Collecting"]["description"] == "616 API requests gave 1,590 items."


def test_a_demonstration_is_called_one() -> None:
    found = document(samples.denied())["assessment-results"]
    assert "No real account was looked at" in found["metadata"]["remarks"]
    assert found["results"][0]["description"].startswith("Demonstration")
    assert props(found["metadata"])["demonstration"] == "true"
    assert "remarks" not in document(samples.typical())["assessment-results"]["metadata"]


def test_an_empty_audit_reviews_everything_and_finds_nothing() -> None:
    found = result(samples.empty())
    assert found["reviewed-controls"]["control-selections"][0]["include-all"] == {}
    assert not {"observations", "risks", "findings"} & found.keys()
    assert "local-definitions" not in document(samples.empty())["assessment-results"]


# ---------------------------------------------------------------------------------------- against a baseline


def test_what_a_comparison_with_the_baseline_becomes() -> None:
    found = result(drifted())
    risks = {one["title"].removeprefix("DB-05: "): one for one in found["risks"]}
    assert {name: (one["status"], props(one).get("drift")) for name, one in risks.items()} == {
        "new": ("open", "new"),
        "still-open": ("open", "still_open"),
        "seen-again": ("open", "seen_again"),
        "accepted": ("deviation-approved", "resolved"),
        "repaired": ("closed", "resolved"),
        "gone": ("closed", "resolved"),
    }
    assert "related-observations" in risks["repaired"]
    assert "related-observations" not in risks["gone"]
    assert found["assessment-log"]["entries"][-1]["description"] == (
        "Compared with audit 2026-11-20T10-00-00Z-trading-dr: "
        "1 new, 1 newly unseen, 3 resolved, 1 seen again, 1 still open."
    )


def test_a_failure_that_could_not_be_judged_again_is_not_closed() -> None:
    results = drifted()
    for one in results["drift"]["findings"]["resolved"]:
        one["now"] = "not_evaluated"
    assert "closed" not in {one["status"] for one in result(results)["risks"]}


def test_resources_checks_and_risks_keep_their_ids_from_audit_to_audit() -> None:
    one, other = samples.typical(), samples.typical()
    other["audit"]["id"] = "the next one"
    first, second = result(one), result(other)
    for part in ("inventory-items", "components"):
        assert first["local-definitions"][part] == second["local-definitions"][part]
    assert [risk["uuid"] for risk in first["risks"]] == [risk["uuid"] for risk in second["risks"]]
    for part in ("observations", "findings"):
        assert not {each["uuid"] for each in first[part]} & {each["uuid"] for each in second[part]}


# ---------------------------------------------------------------------------------------- text, order, size

PROSE = {"title", "description", "remarks", "statement"}


@pytest.mark.parametrize("name", ["hostile", "large", "lifelike"])
def test_hostile_text_is_no_markup_and_has_no_character_that_is_not_seen(name: str) -> None:
    text = rendered(ALL[name]())
    text.encode()
    for parent, part in _parts(json.loads(text)):
        for key, said in part.items():
            if not isinstance(said, str):
                continue
            assert said.replace("\n", "").isprintable()
            assert "\n" not in said or key in PROSE
            if key in PROSE and parent != "steps":
                assert "<" not in said
                assert set(re.findall(r"<(\w+)", MARKDOWN.render(said))) <= {"p"}


@given(st.text(alphabet=st.characters(), min_size=1))
def test_markdown_says_exactly_the_text(text: str) -> None:
    made = line(text)
    assert "\n" not in made
    tokens = MARKDOWN.parse(made)
    assert [one.type for one in tokens] == ["paragraph_open", "inline", "paragraph_close"]
    said = "".join(one.content for one in tokens[1].children or [])
    assert {one.type for one in tokens[1].children or []} <= {"text", "text_special"}
    assert said == (visible(text).strip() or "-")


OPENERS = [
    *(
        "# heading",
        "- item",
        "+ item",
        "1. one",
        "12) twelve",
        "===",
        "---",
        "> quote",
        "***",
        "    code",
        "```",
        "~~~",
    ),
    *("[a]: /b", "![x](y)", "[x](javascript:alert(1))", "<b>", "&lt;", "a_b_c", "_a_", "{{ insert: param, x }}", "|a|"),
]


@pytest.mark.parametrize("text", OPENERS)
def test_what_would_open_a_block_or_a_link_stays_text(text: str) -> None:
    tokens = MARKDOWN.parse(line(text))
    assert [one.type for one in tokens] == ["paragraph_open", "inline", "paragraph_close"]
    assert "".join(one.content for one in tokens[1].children or []) == text.strip()


def test_what_only_oscal_takes_for_markup_is_escaped_too() -> None:
    assert line("H~2~O, x^2^, {{ insert: param, p1 }}") == r"H\~2\~O, x\^2\^, \{\{ insert: param, p1 \}\}"


def test_prose_keeps_its_lines_and_code_its_fence() -> None:
    assert prose("Do *this*:\r\n\r\n1. now\n") == "Do \\*this\\*:\n\n1\\. now"
    assert prose(" ") == "-"
    fenced = code("select '```' -- a fence\n")
    assert fenced.splitlines()[0] == "````sql"
    assert [one.type for one in MARKDOWN.parse(fenced)] == ["fence"]


def test_tokens_values_and_ids_are_what_oscal_wants() -> None:
    assert token("NET-01") == "NET-01"
    assert token("our:own rule") == "our_x3a_own_x20_rule"
    assert token("4-eyes") == "_4-eyes"
    assert value("  two\nlines ") == "two\\nlines"
    assert value(" ") == value("") == "-"
    assert value({"a": [1, None]}) == '{"a": [1, null]}'
    assert uuid.UUID(identity("risk", "lone \ud800")).version == 5
    assert identity("a", "b") != identity("ab")
    assert moment("2026-11-21T11:00:42+01:00") == moment("2026-11-21T10:00:42") == "2026-11-21T10:00:42Z"
    with pytest.raises(ValueError, match="Invalid isoformat"):
        moment("yesterday")


@pytest.mark.parametrize("name", ["hostile", "lifelike", "drifted"])
def test_the_same_results_give_the_same_bytes_in_whatever_order(name: str) -> None:
    results, shuffled = ALL[name](), ALL[name]()
    before = copy.deepcopy(results)
    dice = random.Random(7)  # noqa: S311 - a shuffled deck, not a secret
    parts = [shuffled["findings"], shuffled["requirements"], shuffled["checks"], shuffled["scope"]["accounts"]]
    for part in (*parts, shuffled["collection"]["errors"]):
        dice.shuffle(part)
    for found in (shuffled.get("drift") or {}).get("findings", {}).values():
        dice.shuffle(found)
    assert rendered(shuffled) == rendered(results)
    assert results == before


def test_the_text_comes_in_pieces() -> None:
    pieces = list(Oscal().render(samples.lifelike()))
    assert len(pieces) > len(samples.lifelike()["findings"])
    assert max(map(len, pieces)) < len("".join(pieces)) / 3
