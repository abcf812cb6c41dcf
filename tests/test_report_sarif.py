"""`results.sarif`: valid for the schema and what the standard says beside it, every status mapped, GitHub's limits."""

from __future__ import annotations

import copy
import hashlib
import json
import random
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor.reports.sarif import KINDS, Sarif
from auditor.reports.sarif_rules import LEVELS, SCORES, UNJUDGED
from tests.goldens import golden

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from auditor.model import Format
    from tests import report_samples as samples
    from tests.report_drifts import drifted
else:
    import report_samples as samples
    from report_drifts import drifted

Log = dict[str, Any]
FORM: Format = Sarif("everything.sarif", everything=True)
PROBLEMS: Format = Sarif()
TESTS = Path(__file__).parent
SCHEMA = json.loads((TESTS / "data/schemas/sarif-2.1.0.json").read_text())
VALIDATOR = jsonschema.Draft4Validator(SCHEMA, format_checker=jsonschema.FormatChecker())
STATUSES = ("pass", "fail", "unknown", "waived", "not_applicable")
WAIVER = {"reason": "pilot until Q1", "approved_by": "CISO", "expires": "2027-01-31", "expired": False}


def drifting() -> Log:
    """`typical`, compared with an earlier audit: each list has what is there now, and what is not."""
    results = samples.typical()
    ids = {one["resource"]["name"]: one for one in results["findings"]}

    def change(name: str, was: str, now: str) -> Log:
        known = ids.get(name) or samples.finding(
            "database-encrypted", "DB-05", "fail", name, message="is not encrypted"
        )
        keys = ("id", "check", "requirements", "severity", "resource", "message")
        return {key: known[key] for key in keys} | {"was": was, "now": now}

    results["drift"] = {
        "baseline": {"id": "earlier", "started_at": "2026-11-14T10:00:00Z", "finished_at": "2026-11-14T10:00:40Z"},
        "findings": {
            "new": [change("region", "absent", "fail")],
            "resolved": [change("ledger", "fail", "pass"), change("removed", "fail", "absent")],
            "still_open": [change("orders", "fail", "fail")],
            "newly_unseen": [change("hidden", "fail", "not_evaluated"), change("unlisted", "fail", "unknown")],
            "seen_again": [change("legacy", "unknown", "fail"), change("gone", "unknown", "absent")],
        },
    }
    return results


EVERYTHING: dict[str, Callable[[], Log]] = {
    **samples.SAMPLES,
    "lifelike": samples.lifelike,
    "large": lambda: samples.large(600),
    "drift": drifting,
}


def log(results: Log, form: Format = FORM) -> Log:
    made: Log = json.loads("".join(form.render(results)))
    return made


def run(results: Log, form: Format = FORM) -> Log:
    (only,) = log(results, form)["runs"]
    found: Log = only
    return found


def one_finding(status: str, **more: Any) -> Log:  # noqa: ANN401 - parts of a finding
    """A document of one requirement and one finding."""
    found = samples.finding("database-encrypted", "DB-05", status, "orders", **more)
    wanted = samples.requirement("DB-05", "Databases are encrypted", "StorageEncrypted is on.")
    return samples.document([wanted], [samples.check("database-encrypted", "DB-05", "Encrypted")], [found])


def only_result(results: Log, form: Format = FORM) -> Log:
    (found,) = run(results, form)["results"]
    result: Log = found
    return result


# ---------------------------------------------------------------------------------------- schema and golden files


@pytest.mark.parametrize("name", ["typical", "drift"])
def test_golden_of_everything(name: str) -> None:
    golden(f"{name}.everything.sarif", "".join(FORM.render(EVERYTHING[name]())))


def test_the_schema_is_the_published_one() -> None:
    digest = hashlib.sha256((TESTS / "data/schemas/sarif-2.1.0.json").read_bytes()).hexdigest()
    said = (TESTS / "data/schemas/sarif-2.1.0.SOURCE.txt").read_text()
    assert f"SHA-256: {digest}" in said
    assert "Licence: " in said
    jsonschema.Draft4Validator.check_schema(SCHEMA)


@pytest.mark.parametrize("form", [FORM, PROBLEMS], ids=["all", "problems"])
@pytest.mark.parametrize("name", list(EVERYTHING))
def test_the_log_is_valid(name: str, form: Format) -> None:
    VALIDATOR.validate(log(EVERYTHING[name](), form))


def breaking(path: str, value: object) -> Callable[[Log], None]:
    """Sets what stands at a path (`runs/0/results/0/level`); deletes it where the value is `...`."""

    def broken(made: Log) -> None:
        place: Any = made
        *steps, last = [int(step) if step.isdigit() else step for step in path.split("/")]
        for step in steps:
            place = place[step]
        if value is ...:
            del place[last]
        else:
            place[last] = value

    return broken


INVALID = {
    "no version": breaking("version", ...),
    "another version": breaking("version", "2.2.0"),
    "no runs": breaking("runs", ...),
    "no tool": breaking("runs/0/tool", ...),
    "a result without a message": breaking("runs/0/results/0/message", ...),
    "a message without text": breaking("runs/0/results/0/message", {}),
    "an unknown kind": breaking("runs/0/results/0/kind", "unknown"),
    "an unknown level": breaking("runs/0/results/0/level", "critical"),
    "an unknown state": breaking("runs/0/results/0/baselineState", "resolved"),
    "a suppression without a kind": breaking("runs/0/results/0/suppressions", [{"status": "accepted"}]),
    "a guid that is none": breaking("runs/0/results/0/guid", "finding-1"),
    "an unknown key": breaking("runs/0/results/0/severity", "high"),
    "a URI with spaces": breaking(
        "runs/0/results/0/locations/0/physicalLocation/artifactLocation/uri", "no file at all"
    ),
    "a line 0": breaking("runs/0/results/0/locations/0/physicalLocation/region/startLine", 0),
    "an invocation that does not say how it ended": breaking("runs/0/invocations/0/executionSuccessful", ...),
    "a moment that is none": breaking("runs/0/invocations/0/startTimeUtc", "yesterday"),
    "the same tag twice": breaking("runs/0/tool/driver/rules/0/properties/tags", ["security", "security"]),
}


@pytest.mark.parametrize("name", list(INVALID))
def test_the_validator_is_seen_rejecting(name: str) -> None:
    made = log(samples.typical())
    VALIDATOR.validate(made)
    INVALID[name](made)
    with pytest.raises(jsonschema.ValidationError):
        VALIDATOR.validate(made)


# ---------------------------------------------------------------------------------------- what the schema cannot say


def mistakes(made: Log) -> Iterator[str]:
    """What a log has against sections of the standard that its schema does not express."""
    (only,) = made["runs"]
    yield from _of_the_rules(only)
    yield from _of_all_results(only["results"], only)
    for one in only["results"]:
        yield from _of_a_result(one)
        yield from _of_references(only, one)
        yield from _of_a_location(only, one["locations"])
    for one in only["invocations"]:
        yield from _of_an_invocation(only, one)


def _of_the_rules(only: Log) -> Iterator[str]:
    rules, taxa = only["tool"]["driver"]["rules"], only["taxonomies"][0]["taxa"]
    if len({one["id"] for one in rules}) < len(rules):
        yield "3.49.3: two rules have the same id"
    targets = [each["target"] for one in rules for each in one.get("relationships", ())]
    if any("index" in one and taxa[one["index"]]["id"] != one["id"] for one in targets):
        yield "3.53: a relationship's index leads to another taxon"


def _of_all_results(results: list[Log], only: Log) -> Iterator[str]:
    if len({one["guid"] for one in results}) < len(results):
        yield "3.27.3: two results have the same guid"
    for key in ("suppressions", "baselineState"):
        if len({key in one for one in results}) > 1:
            yield f"3.27.23, 3.27.24: some results have {key}, some have not"
    if any("baselineState" in one for one in results) and "baselineGuid" not in only:
        yield "3.14.5: no baseline run is named"


def _of_references(only: Log, one: Log) -> Iterator[str]:
    rules, taxa = only["tool"]["driver"]["rules"], only["taxonomies"][0]["taxa"]
    if "ruleIndex" in one and rules[one["ruleIndex"]]["id"] != one["ruleId"]:
        yield "3.27.6: ruleIndex leads to another rule"
    if any("index" in each and taxa[each["index"]]["id"] != each["id"] for each in one["taxa"]):
        yield "3.52.5: a taxon's index leads to another one"


def _of_a_result(one: Log) -> Iterator[str]:
    if (one["kind"] == "fail") is (one["level"] == "none"):
        yield "3.27.10: the level is none exactly where nothing fails"
    text = one["message"]["text"]
    if re.search(r"[{}]", re.sub(r"\{\{|\}\}", "", text)) or "](" in text:
        yield "3.11.5, 3.11.6: a placeholder or a link in a message"
    if any(each["kind"] not in {"inSource", "external"} for each in one.get("suppressions", ())):
        yield "3.35.2: an unknown kind of suppression"


def _of_a_location(only: Log, locations: list[Log]) -> Iterator[str]:
    if not locations:
        yield "3.27.12: no location"
    for one in locations:
        place = one["physicalLocation"]["artifactLocation"]
        if only["artifacts"][place["index"]]["location"]["uri"] != place["uri"]:
            yield "3.4.5: an artifact's index leads to another one"
        if ".." in place["uri"] or not re.fullmatch(r"aws/[\w%/~-]+", place["uri"], re.ASCII):
            yield "the address is none of ours"
        for each in one["logicalLocations"]:
            parent = only["logicalLocations"][each["parentIndex"]] if "parentIndex" in each else None
            if parent is None and each["fullyQualifiedName"] != each["name"]:
                yield "3.33.5: a nested location has no parent"


def _of_an_invocation(only: Log, one: Log) -> Iterator[str]:
    if one["executionSuccessful"] and any(each["level"] == "error" for each in one["toolExecutionNotifications"]):
        yield "3.20.21: a run with an error is no success"
    for each in (*one["toolExecutionNotifications"], *one["toolConfigurationNotifications"]):
        if only["tool"]["driver"]["notifications"][each["descriptor"]["index"]]["id"] != each["descriptor"]["id"]:
            yield "3.58.2: a notification's index leads to another kind"
        if "locations" in each:
            yield from _of_a_location(only, each["locations"])


@pytest.mark.parametrize("form", [FORM, PROBLEMS], ids=["all", "problems"])
@pytest.mark.parametrize("name", list(EVERYTHING))
def test_the_log_keeps_what_the_standard_says_beside_the_schema(name: str, form: Format) -> None:
    assert set(mistakes(log(EVERYTHING[name](), form))) == set()


MISTAKEN = {
    "3.27.6": breaking("runs/0/results/0/ruleIndex", 3),
    "3.52.5": breaking("runs/0/results/0/taxa/0/index", 0),
    "3.27.23, 3.27.24: some results have suppressions": breaking("runs/0/results/0/suppressions", ...),
    "3.27.23, 3.27.24: some results have baselineState": breaking("runs/0/results/0/baselineState", ...),
    "3.14.5": breaking("runs/0/baselineGuid", ...),
    "3.53": breaking("runs/0/tool/driver/rules/0/relationships/0/target/index", 0),
    "3.49.3": breaking("runs/0/tool/driver/rules/0/id", "vpc-dns"),
    "3.27.3": breaking("runs/0/results/0/guid", "00000000-0000-5000-8000-000000000000"),
    "3.27.10": breaking("runs/0/results/0/level", "none"),
    "3.11.5, 3.11.6: a placeholder": breaking("runs/0/results/0/message/text", "is {0} encrypted"),
    "3.11.5, 3.11.6: a placeholder or a link": breaking("runs/0/results/0/message/text", "is [not](https://evil.test)"),
    "3.35.2": breaking("runs/0/results/0/suppressions", [{"kind": "waived"}]),
    "3.27.12": breaking("runs/0/results/0/locations", []),
    "3.4.5": breaking("runs/0/results/0/locations/0/physicalLocation/artifactLocation/index", 0),
    "the address": breaking("runs/0/artifacts/1/location/uri", "aws/../../etc/passwd"),
    "3.33.5": breaking("runs/0/results/0/locations/0/logicalLocations/0/parentIndex", ...),
    "3.20.21": breaking(
        "runs/0/invocations/0/toolExecutionNotifications",
        [{"level": "error", "descriptor": {"id": "collection-gap", "index": 0}}],
    ),
    "3.58.2": breaking(
        "runs/0/invocations/0/toolConfigurationNotifications",
        [{"level": "note", "descriptor": {"id": "collection-gap", "index": 1}}],
    ),
}


@pytest.mark.parametrize("section", list(MISTAKEN))
def test_every_mistake_is_seen(section: str) -> None:
    made = log(drifting())
    MISTAKEN[section](made)
    if section == "3.27.3":
        made["runs"][0]["results"][1]["guid"] = made["runs"][0]["results"][0]["guid"]
    if section == "the address":
        made["runs"][0]["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"] |= {
            "uri": "aws/../../etc/passwd",
            "index": 1,
        }
    assert any(one.startswith(section) for one in mistakes(made))


# ---------------------------------------------------------------------------------------- what a status becomes

BECOMES = {
    "fail": ("fail", "error", [], "orders (111122223333, us-east-1): orders is fail."),
    "waived": (
        "fail",
        "error",
        [
            {
                "kind": "external",
                "status": "accepted",
                "justification": "pilot until Q1 (approved by CISO, until 2027-01-31)",
            }
        ],
        "Waived: orders (111122223333, us-east-1): orders is waived.",
    ),
    "unknown": ("open", "none", [], "Unknown: orders (111122223333, us-east-1): orders is unknown."),
    "pass": ("pass", "none", [], "Pass: orders (111122223333, us-east-1): orders is pass."),
    "not_applicable": (
        "notApplicable",
        "none",
        [],
        "Not applicable: orders (111122223333, us-east-1): orders is not_applicable.",
    ),
}


@pytest.mark.parametrize("status", STATUSES)
def test_every_status_has_its_kind(status: str) -> None:
    result = only_result(one_finding(status, **({"waiver": WAIVER} if status == "waived" else {})))
    told = (result["kind"], result["level"], result["suppressions"], result["message"]["text"].split("\n\n")[0])
    assert told == BECOMES[status]
    assert result["properties"]["status"] == status


def test_no_status_is_forgotten_and_what_was_not_seen_never_passes() -> None:
    assert set(KINDS) == set(BECOMES) == set(STATUSES)
    assert [status for status, kind in KINDS.items() if kind == "pass"] == ["pass"]
    assert [status for status, kind in KINDS.items() if kind == "notApplicable"] == ["not_applicable"]
    assert {one["kind"] for one in run(samples.denied())["results"] if one["properties"]["status"] == "unknown"} == {
        "open"
    }


@pytest.mark.parametrize(
    ("severity", "level", "low", "high"),
    [
        ("critical", "error", 9.0, 10.0),
        ("high", "error", 7.0, 8.9),
        ("medium", "warning", 4.0, 6.9),
        ("low", "note", 0.1, 3.9),
    ],
)
def test_every_severity_has_its_level_and_githubs_score(severity: str, level: str, low: float, high: float) -> None:
    results = one_finding("fail", severity=severity)
    results["checks"][0]["severity"] = severity
    found = run(results)
    assert found["results"][0]["level"] == level
    (rule,) = [one for one in found["tool"]["driver"]["rules"] if one["id"] == "database-encrypted"]
    assert rule["defaultConfiguration"]["level"] == level
    assert low < float(rule["properties"]["security-severity"]) <= high
    assert set(LEVELS) == set(SCORES) == {"critical", "high", "medium", "low"}


def test_every_finding_is_a_result_worst_first() -> None:
    results = samples.lifelike()
    found = run(results)["results"]
    told = {one["partialFingerprints"]["findingId/v1"] for one in found if one["ruleId"] != UNJUDGED}
    assert told == {one["id"] for one in results["findings"]}
    kinds = [(one["kind"], bool(one["suppressions"])) for one in found]
    assert list(dict.fromkeys(kinds)) == [("fail", False), ("open", False), ("fail", True), ("pass", False)]


@pytest.mark.parametrize(("status", "kind"), [("unknown", "open"), ("not_applicable", "notApplicable")])
def test_a_requirement_without_findings_has_a_result_of_its_own(status: str, kind: str) -> None:
    results = one_finding("pass")
    results["findings"] = []
    results["requirements"][0] |= {"status": status, "checks": [], "severity": "high", "reason": "Nobody looked"}
    found = run(results)
    (result,) = found["results"]
    assert (result["ruleId"], result["kind"], result["level"]) == (UNJUDGED, kind, "none")
    assert "DB-05: Databases are encrypted: Nobody looked." in result["message"]["text"]
    assert [one["id"] for one in result["taxa"]] == ["DB-05"]
    assert result["locations"][0]["logicalLocations"] == [
        {"name": "DB-05", "fullyQualifiedName": "DB-05", "kind": "requirement"}
    ]
    rule = found["tool"]["driver"]["rules"][result["ruleIndex"]]
    assert rule["properties"]["security-severity"] == SCORES["high"]


def test_a_requirement_without_a_check_says_so() -> None:
    (result,) = [one for one in run(samples.typical())["results"] if one["taxa"][0]["id"] == "CMP-04"]
    assert result["kind"] == "open"
    assert result["message"]["text"].startswith("Unknown: CMP-04: Database failover is automated: No check evaluates")


def test_what_is_waived_says_who_why_and_until_when_to_readers_that_know_no_suppressions() -> None:
    text = only_result(one_finding("waived", waiver=WAIVER))["message"]["text"]
    assert "pilot until Q1 (approved by CISO, until 2027-01-31)." in text.split("\n\n")
    expired = only_result(one_finding("fail", waiver=WAIVER | {"expired": True}))
    assert expired["suppressions"] == []
    assert "A waiver expired on 2027-01-31: pilot until Q1." in expired["message"]["text"].split("\n\n")


def test_a_waived_finding_without_its_waiver_is_suppressed_by_nobody_known() -> None:
    (suppression,) = only_result(one_finding("waived"))["suppressions"]
    assert suppression["justification"] == "? (approved by ?, until ?)"


# ---------------------------------------------------------------------------------------- what could not be seen


def test_every_gap_is_a_notification_and_the_run_is_no_success() -> None:
    results = samples.denied()
    (invocation,) = run(results)["invocations"]
    assert invocation["executionSuccessful"] is False
    notes = invocation["toolExecutionNotifications"]
    assert len(notes) == len(results["collection"]["errors"]) == 4
    assert [(one["level"], one["properties"]["action"], one["properties"]["region"]) for one in notes] == [
        ("warning", "kms:GetKeyPolicy", "us-east-1"),
        ("error", "rds:DescribeDBClusters", "us-east-1"),
        ("error", "rds:DescribeDBClusters", "us-west-2"),
        ("error", "secretsmanager:ListSecrets", "us-west-2"),
    ]
    assert notes[1]["associatedRule"]["id"] == "database-encrypted"
    assert notes[1]["message"]["text"] == (
        "rds:DescribeDBClusters failed with AccessDenied in us-east-1 of 111122223333: User is not authorized to "
        "perform: rds:DescribeDBClusters.\n\nIt leaves open: database-encrypted."
    )


def test_a_gap_of_which_nobody_says_what_it_leaves_open_is_an_error() -> None:
    results = samples.denied()
    for one in results["collection"]["errors"]:
        del one["checks"]
        del one["action"]
    notes = run(results)["invocations"][0]["toolExecutionNotifications"]
    assert {one["level"] for one in notes} == {"error"}
    assert notes[0]["message"]["text"].startswith("kms:GetKeyPolicy failed")


def test_a_complete_collection_is_a_success_with_its_times() -> None:
    results = samples.spotless()
    results["audit"]["started_at"] = "2026-11-21T12:00:00.25+02:00"
    results["audit"]["finished_at"] = "2026-11-21T10:00:42"
    (invocation,) = run(results)["invocations"]
    assert invocation["executionSuccessful"] is True
    assert invocation["toolExecutionNotifications"] == []
    assert invocation["startTimeUtc"] == "2026-11-21T10:00:00.250Z"
    assert invocation["endTimeUtc"] == "2026-11-21T10:00:42.000Z"
    assert invocation["account"] == results["audit"]["identity"]


def test_a_demonstration_says_that_it_is_one() -> None:
    (note,) = run(samples.denied())["invocations"][0]["toolConfigurationNotifications"]
    assert "No real account was looked at" in note["message"]["text"]
    assert run(samples.typical())["invocations"][0]["toolConfigurationNotifications"] == []


# ---------------------------------------------------------------------------------------- an earlier audit


def test_every_result_says_what_became_of_it_since_the_baseline() -> None:
    found = {
        one["locations"][0]["logicalLocations"][0]["fullyQualifiedName"].split("/", 1)[-1]: (
            one["baselineState"],
            one["kind"],
        )
        for one in run(drifting())["results"]
        if one["ruleId"] in {"database-encrypted", "vpc-spans-zones"}
    }
    assert found == {
        "region": ("new", "fail"),
        "orders": ("unchanged", "fail"),
        "legacy": ("updated", "fail"),
        "ledger": ("updated", "pass"),
        "pilot": ("unchanged", "fail"),
        "trading-prod": ("unchanged", "pass"),
        "removed": ("absent", "notApplicable"),
        "gone": ("absent", "notApplicable"),
        "hidden": ("updated", "open"),
        "unlisted": ("updated", "open"),
    }


def test_since_when_a_problem_is_open_is_told_where_it_is_known() -> None:
    results = drifted()
    results["drift"]["findings"]["resolved"][0]["since"] = "2026-09-21T10:00:00Z"
    log = run(results)
    told = {
        one["locations"][0]["logicalLocations"][0]["name"]: one["provenance"]["firstDetectionTimeUtc"]
        for one in log["results"]
        if "provenance" in one
    }
    assert told == {"still-open": "2026-09-21T10:00:00.000Z"}
    VALIDATOR.validate(json.loads("".join(FORM.render(results))))


@pytest.mark.parametrize(
    ("name", "was", "state"),
    [
        ("new", "absent", "new"),
        ("new", "pass", "new"),
        ("new", "not_evaluated", "new"),
        ("still_open", "fail", "unchanged"),
        ("resolved", "fail", "updated"),
        ("newly_unseen", "fail", "updated"),
        ("newly_unseen", "absent", "new"),
        ("newly_unseen", "not_evaluated", "new"),
        ("seen_again", "unknown", "updated"),
    ],
)
def test_each_list_of_the_comparison_has_its_state(name: str, was: str, state: str) -> None:
    results = one_finding("fail")
    (change,) = copy.deepcopy(results["findings"])
    lists: dict[str, list[Log]] = {key: [] for key in ("new", "resolved", "still_open", "newly_unseen", "seen_again")}
    results["drift"] = {
        "baseline": {"id": "earlier"},
        "findings": lists | {name: [change | {"was": was, "now": "fail"}]},
    }
    assert only_result(results)["baselineState"] == state


def test_what_is_gone_and_what_was_not_seen_say_what_they_were() -> None:
    texts = {one["partialFingerprints"]["findingId/v1"]: one for one in run(drifting())["results"]}
    said = [one["message"]["text"] for one in texts.values() if one["baselineState"] == "absent"]
    assert (
        "Not applicable: removed (111122223333, us-east-1): no longer there; fail in the baseline: is not encrypted."
        in said
    )
    unseen = [
        one["message"]["text"]
        for one in texts.values()
        if one["kind"] == "open" and "baseline" in one["message"]["text"]
    ]
    assert (
        "Unknown: hidden (111122223333, us-east-1): not seen in this audit; fail in the baseline: is not encrypted."
        in unseen
    )


def test_the_baseline_is_the_run_that_it_was() -> None:
    earlier = samples.typical()
    earlier["audit"]["id"] = "earlier"
    assert run(drifting())["baselineGuid"] == run(earlier)["automationDetails"]["guid"]


@pytest.mark.parametrize("drift", [None, {}, {"findings": {"new": [{}]}}, {"baseline": {"id": "earlier"}}])
def test_without_a_comparison_no_result_has_a_state(drift: object) -> None:
    found = run(one_finding("fail") | {"drift": drift})
    assert "baselineGuid" not in found
    assert not any("baselineState" in one for one in found["results"])


# ---------------------------------------------------------------------------------------- rules and requirements


def test_checks_are_rules_and_requirements_a_taxonomy() -> None:
    results = samples.typical()
    found = run(results)
    assert [one["id"] for one in found["tool"]["driver"]["rules"]] == sorted(
        [*(one["id"] for one in results["checks"]), UNJUDGED]
    )
    (taxonomy,) = found["taxonomies"]
    assert taxonomy["name"] == "trading-dr"
    assert [one["id"] for one in taxonomy["taxa"]] == sorted(one["id"] for one in results["requirements"])
    assert taxonomy["taxa"][1]["properties"]["status"] == "fail"
    (result,) = [one for one in found["results"] if one["ruleId"] == "secret-rotates"]
    assert [one["id"] for one in result["taxa"]] == ["SEC-01", "DB-05"]


def test_a_rules_help_has_what_is_demanded_and_what_to_do() -> None:
    results = one_finding("fail", remediation="aws rds ```modify```\n<b>")
    link = "https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/Overview.Encryption.html"
    results["checks"][0]["references"] = ["see the manual", link]
    (rule, _) = run(results)["tool"]["driver"]["rules"]
    assert rule["name"] == "DatabaseEncrypted"
    assert rule["helpUri"] == link
    assert rule["help"]["text"].endswith(
        f"Remediation, for example of orders\naws rds ```modify```\n<b>\n\nReferences\n{link}"
    )
    assert (
        "## Remediation, for example of orders\n\n````text\naws rds ```modify```\n<b>\n````" in rule["help"]["markdown"]
    )
    results["checks"][0]["remediation"] = "Encrypt it."
    (rule, _) = run(results)["tool"]["driver"]["rules"]
    assert "\n\nRemediation\nEncrypt it.\n\n" in rule["help"]["text"]


def test_markdown_of_others_is_no_markup() -> None:
    results = one_finding("fail")
    results["checks"][0]["description"] = (
        "*a* [b](https://evil.test) <img> www.evil.test @user #1 `c` https://evil.test"
    )
    (rule, _) = run(results)["tool"]["driver"]["rules"]
    assert rule["help"]["markdown"].split("\n\n")[0] == (
        r"\*a\* \[b\](https:\//evil.test) \<img\> www\.evil.test \@user \#1 \`c\` https:\//evil.test"
    )


def test_a_finding_of_what_the_audit_left_out_has_no_index() -> None:
    results = one_finding("fail", requirements=["SEC-01", "DB-05"])
    results["checks"] = []
    result = only_result(results)
    assert "ruleIndex" not in result
    assert [one.get("index") for one in result["taxa"]] == [None, 0]
    VALIDATOR.validate(log(results))


def test_the_reports_address_leads_to_the_finding() -> None:
    results = one_finding("fail")
    results["audit"]["report_url"] = "https://reports.example/audit.html?a=1"
    identity = results["findings"][0]["id"]
    assert only_result(results)["hostedViewerUri"] == f"https://reports.example/audit.html?a=1#finding-{identity}"
    VALIDATOR.validate(log(results))


@pytest.mark.parametrize("url", ["javascript:alert(1)", "reports/audit.html", "https://a b/", "https://x/#y", None, 3])
def test_an_address_that_is_none_leads_nowhere(url: object) -> None:
    results = one_finding("fail")
    results["audit"]["report_url"] = url
    assert "hostedViewerUri" not in only_result(results)


# ---------------------------------------------------------------------------------------- GitHub


@pytest.mark.parametrize("form", [FORM, PROBLEMS], ids=["all", "problems"])
@pytest.mark.parametrize("name", list(EVERYTHING))
def test_github_can_take_it(name: str, form: Format) -> None:
    """What its documentation marks as required, and the lengths and numbers at which it cuts."""
    found = run(EVERYTHING[name](), form)
    for rule in found["tool"]["driver"]["rules"]:
        assert 0 < len(rule["shortDescription"]["text"]) <= 1024
        assert 0 < len(rule["fullDescription"]["text"]) <= 1024
        assert 0 < len(rule["name"]) <= 255
        assert rule["help"]["text"]
        assert len(rule["properties"]["tags"]) <= 10
        assert "security" in rule["properties"]["tags"]
    for one in found["results"]:
        assert one["message"]["text"]
        assert one["partialFingerprints"]["primaryLocationLineHash"]
        (location,) = one["locations"]
        assert set(location["physicalLocation"]["region"]) == {"startLine", "startColumn", "endLine", "endColumn"}
    assert found["automationDetails"]["id"].count("/") == 3


def test_a_rule_of_very_many_requirements_has_ten_tags_and_all_requirements() -> None:
    results = one_finding("fail")
    results["checks"][0]["requirements"] = [f"DB-{number:02}" for number in range(1, 30)]
    rule = run(results)["tool"]["driver"]["rules"][0]
    assert len(rule["properties"]["tags"]) == 10
    assert len(rule["properties"]["requirements"]) == 29


def test_problems_only_leaves_out_what_is_none_and_says_how_much() -> None:
    found = run(drifting(), PROBLEMS)
    assert {one["kind"] for one in found["results"]} == {"fail", "open"}
    assert "absent" not in {one["baselineState"] for one in found["results"]}
    assert any(one["suppressions"] for one in found["results"])
    assert found["properties"]["left_out"] == {"not_applicable": 3, "pass": 3}
    (note,) = found["invocations"][0]["toolConfigurationNotifications"]
    assert note["message"]["text"] == "Left out, for they are no problems: 3 not applicable, 3 pass."
    assert PROBLEMS.filename == "results.sarif"
    assert run(drifting())["properties"]["left_out"] == {}


def test_the_same_finding_has_the_same_fingerprint_and_address_in_every_audit() -> None:
    results = one_finding("fail")
    first = only_result(results)
    results["audit"]["id"] = "another"
    second = only_result(results)
    assert first["partialFingerprints"] == second["partialFingerprints"]
    assert first["locations"] == second["locations"]
    assert first["guid"] != second["guid"]


# ---------------------------------------------------------------------------------------- text and size


def _strings(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        yield from value
        for item in value.values():
            yield from _strings(item)
    elif isinstance(value, list):
        for item in value:
            yield from _strings(item)


@pytest.mark.parametrize("sample", [samples.hostile, lambda: samples.large(300)])
def test_hostile_names_stay_text(sample: Callable[[], Log]) -> None:
    made = log(sample())
    assert all(text.replace("\n", "").isprintable() for text in _strings(made))
    for one in made["runs"][0]["results"]:
        uri = one["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
        assert re.fullmatch(r"aws/(\d{12}/(us-east-1|us-west-2|global)/[\w-]+|requirements/[\w-]+)", uri)


@given(st.text(alphabet=st.characters()))
def test_whatever_a_resource_is_called_the_log_can_be_read(name: str) -> None:
    results = one_finding("fail", message=name, evidence={name: name}, remediation=name, waiver={"reason": name})
    results["findings"][0]["resource"] |= {"name": name, "arn": f"arn:aws:s3:::{name}"}
    results["findings"][0]["resource"]["region"] = name
    results["audit"]["environment"] = name
    results["collection"]["errors"] = [samples.error("s3:ListBuckets", name, ["x"], message=name, arn=name)]
    made = log(results)
    assert set(mistakes(made)) <= {"3.20.21: a run with an error is no success"}
    VALIDATOR.validate(made)


def test_evidence_keeps_its_values_and_json_has_them_all() -> None:
    found = {"lag": float("nan"), "all": [float("inf"), 1.5, None, True], "nested": {"x": [{"y": 1}]}}
    bag = only_result(one_finding("fail", evidence=found))["properties"]
    assert bag["evidence"] == {"lag": "nan", "all": ["inf", 1.5, None, True], "nested": {"x": [{"y": 1}]}}


def test_the_message_has_what_to_do_in_a_line_and_the_properties_have_it_whole() -> None:
    result = only_result(one_finding("fail", remediation="Encrypt it.\nTerraform: resource {\n}\n"))
    assert result["message"]["text"].endswith("\n\nRemediation: Encrypt it.")
    assert result["properties"]["remediation"] == "Encrypt it.\nTerraform: resource {\n}\n"
    assert "Remediation" not in only_result(one_finding("fail", remediation=" \n"))["message"]["text"]


def test_long_messages_are_cut_and_say_so() -> None:
    text = only_result(one_finding("fail", message="long " * 10_000, remediation="long " * 10_000))["message"]["text"]
    assert len(text) < 5000
    assert text.count("…") == 2


def test_an_audit_of_nothing_has_no_results_and_is_no_error() -> None:
    found = run(samples.empty())
    assert found["results"] == []
    assert found["taxonomies"][0]["taxa"] == []
    assert [one["id"] for one in found["tool"]["driver"]["rules"]] == [UNJUDGED]


@pytest.mark.parametrize("name", ["typical", "lifelike", "hostile", "drift"])
def test_order_does_not_matter_and_the_results_are_left_alone(name: str) -> None:
    results, shuffled = EVERYTHING[name](), EVERYTHING[name]()
    for key in ("findings", "requirements", "checks"):
        random.Random(7).shuffle(shuffled[key])  # noqa: S311 - a shuffled deck, not a secret
    random.Random(7).shuffle(shuffled["collection"]["errors"])  # noqa: S311 - as above
    random.Random(7).shuffle(shuffled["scope"]["accounts"])  # noqa: S311 - as above
    before = copy.deepcopy(shuffled)
    assert "".join(FORM.render(shuffled)) == "".join(FORM.render(results))
    assert shuffled == before


def test_a_log_of_any_size_is_written_in_small_pieces() -> None:
    sizes = [len(piece) for piece in FORM.render(samples.large())]
    assert len(sizes) > 5000
    assert max(sizes) < 50_000
