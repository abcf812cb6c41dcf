"""Sending to Security Hub: against a hub that keeps AWS's documented rules, and against moto's through boto3."""

from __future__ import annotations

import copy
import datetime
import functools
import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import boto3
import botocore.exceptions
import botocore.loaders
import botocore.model
import botocore.validate
import moto
import pytest

from auditor.delivery import DeliveryError
from auditor.delivery.fates import ARCHIVED, Evaluated, Fate, evaluated, fate
from auditor.delivery.security_hub import ACTIONS, Delivery, Failure, send
from auditor.reports import asff
from auditor.unlisted import Unlisted

if TYPE_CHECKING:
    from tests import report_samples as samples
else:
    import report_samples as samples

Document = dict[str, Any]
Place = tuple[str, str]
EAST, WEST = (samples.TRADING, "us-east-1"), (samples.TRADING, "us-west-2")
SERIES = "trading-dr/production"
CHECK = "database-encrypted"
WAIVER = {"reason": "pilot", "approved_by": "CISO", "expires": "2027-01-31", "expired": False}


@functools.cache
def shape(operation: str) -> botocore.model.Shape:
    model = botocore.loaders.Loader().load_service_model("securityhub", "service-2")
    return botocore.model.ServiceModel(model).operation_model(operation).input_shape


class Hubs:
    """Security Hub in every account and region, by the rules of its user guide.

    https://docs.aws.amazon.com/securityhub/latest/userguide/finding-update-batchimportfindings.html and
    https://docs.aws.amazon.com/securityhub/latest/userguide/finding-workflow-status.html
    """

    def __init__(self) -> None:
        self.records: dict[Place, dict[str, Document]] = {}
        self.asked: list[tuple[str, str, str, Mapping[str, Any]]] = []
        self.off: set[Place] = set()
        self.denied: set[str] = set()
        self.refused: set[str] = set()
        self.page = 100
        self.aggregates: Place | None = None
        """The place that lists the findings of all others too."""

    def ask(self, account: str, region: str, operation: str, params: Mapping[str, Any]) -> Mapping[str, Any]:
        self.asked.append((account, region, operation, params))
        report = botocore.validate.ParamValidator().validate(params, shape(operation))
        assert not report.has_errors(), report.generate_report()
        if (account, region) in self.off:
            raise DeliveryError("not subscribed to AWS Security Hub", code="InvalidAccessException")
        if operation in self.denied:
            raise DeliveryError(f"not authorized to perform {operation}", code="AccessDeniedException")
        place = (account, region)
        return self._import(place, params) if operation == "BatchImportFindings" else self._list(place, params)

    def _import(self, place: Place, params: Mapping[str, Any]) -> Document:
        found = params["Findings"]
        assert 1 <= len(found) <= 100
        assert len(json.dumps(params)) <= 6_000_000
        failed = [each for each in (self._take(place, one) for one in found) if each]
        return {"FailedCount": len(failed), "SuccessCount": len(found) - len(failed), "FailedFindings": failed}

    def _take(self, place: Place, one: Document) -> Document | None:
        account, region = place
        product = f":securityhub:{region}:{account}:product/{account}/default"
        is_own = one["AwsAccountId"] == account and one["ProductArn"].endswith(product)
        if not is_own or one["Id"] in self.refused:
            return {"Id": one["Id"], "ErrorCode": "InvalidInput", "ErrorMessage": "is refused"}
        hub = self.records.setdefault(place, {})
        was = hub.get(one["Id"])
        if was is None:
            taken = {"Workflow": {"Status": "NEW"}, "RecordState": "ACTIVE", **copy.deepcopy(one)}
        elif one["UpdatedAt"] < was["UpdatedAt"]:
            return None
        else:
            customers: Document = {name: was[name] for name in ("Note", "UserDefinedFields") if name in was}
            own = {name: value for name, value in copy.deepcopy(one).items() if name != "Note"}
            taken = {**own, **customers, "Workflow": self._workflow(was, one)}
        taken |= {"Region": region, "ProductName": "Default", "CompanyName": "Personal", "WorkflowState": "NEW"}
        taken["ProductFields"]["aws/securityhub/FindingId"] = f"{one['ProductArn']}/{one['Id']}"
        taken["Severity"]["Normalized"] = 1
        hub[one["Id"]] = taken
        return None

    @staticmethod
    def _workflow(was: Document, now: Document) -> Document:
        is_reopened = was["RecordState"] == "ARCHIVED" and now["RecordState"] == "ACTIVE"
        is_worse = was["Compliance"]["Status"] == "PASSED" != now["Compliance"]["Status"]
        if was["Workflow"]["Status"] in {"NOTIFIED", "RESOLVED"} and (is_reopened or is_worse):
            return {"Status": "NEW"}
        return dict(was["Workflow"])

    def _list(self, place: Place, params: Mapping[str, Any]) -> Document:
        filters = dict(params["Filters"])
        places = list(self.records) if self.aggregates == place else [place]
        if self.aggregates == place:
            filters.pop("Region")
            filters.pop("AwsAccountId")
        found = [one for each in places for one in self.records.get(each, {}).values()]
        found = [one for one in found if all(_matches(str(one[name]), rules) for name, rules in filters.items())]
        begin = int(params.get("NextToken", "0"))
        end = begin + min(self.page, params["MaxResults"])
        more = {"NextToken": str(end)} if end < len(found) else {}
        return {"Findings": copy.deepcopy(found[begin:end])} | more

    def active(self, place: Place = EAST) -> dict[str, tuple[str, str]]:
        """The records of findings that count: by the last part of their id, Compliance.Status and Workflow.Status."""
        return {
            id_.removeprefix(f"auditor/{SERIES}/"): (one["Compliance"]["Status"], one["Workflow"]["Status"])
            for id_, one in sorted(self.records.get(place, {}).items())
            if one["RecordState"] == "ACTIVE"
        }

    def states(self, place: Place = EAST) -> dict[str, str]:
        return {
            one["ProductFields"]["auditor/ResourceName"]: one["RecordState"] for one in self.records[place].values()
        }


def _matches(value: str, rules: Sequence[Mapping[str, str]]) -> bool:
    return any(
        value == rule["Value"] or (rule["Comparison"] == "PREFIX" and value.startswith(rule["Value"])) for rule in rules
    )


def finding(name: str, status: str = "fail", check: str = CHECK, requirement: str = "DB-05", **more: Any) -> Document:  # noqa: ANN401 - what `finding` takes
    return samples.finding(check, requirement, status, name, **more)


def gap(region: str = "us-east-1", check: str = CHECK, account: str = samples.TRADING) -> Document:
    """An unknown finding about a whole place."""
    kind = "AWS::Account" if region == "global" else "AWS::Region"
    told = finding("*", "unknown", check, kind=kind, region=region, account=account)
    told["resource"]["arn"] = f"arn:aws:rds:{region}:{account}:*"
    return told


def audit(*findings: Document, day: int = 21, checks: Sequence[str] = (CHECK,), **about: str) -> Document:
    """An audit of that day of November 2026."""
    results = samples.document(
        [samples.requirement("DB-05", "Databases are encrypted", "They are.")],
        [samples.check(name, "DB-05", name) for name in checks],
        list(findings),
    )
    finished = {"started_at": f"2026-11-{day}T10:00:00Z", "finished_at": f"2026-11-{day}T10:00:42Z"}
    results["audit"] |= finished | about
    results["collection"] |= finished
    return results


def deliver(hubs: Hubs, results: Document) -> Delivery:
    return send(asff.records(results), hubs.ask, results)


def told(delivery: Delivery, place: Place = EAST) -> Document:
    (one,) = [each for each in delivery.places if (each.account, each.region) == place]
    return {"sent": one.sent, "archived": one.archived, "kept": dict(one.kept), "failures": one.failures}


# ---------------------------------------------------------------------------------------- sending


def test_every_finding_goes_to_the_hub_of_its_account_and_region() -> None:
    hubs, results = Hubs(), samples.typical()
    delivery = deliver(hubs, results)
    assert (delivery.sent, delivery.archived, delivery.failed) == (10, 0, 0)
    assert {place: len(hub) for place, hub in hubs.records.items()} == {
        EAST: 7,
        WEST: 2,
        (samples.PAYMENTS, "us-east-1"): 1,
    }
    assert [(one.account, one.region) for one in delivery.places] == sorted(
        (account["id"], region) for account in results["scope"]["accounts"] for region in account["regions"]
    )


def test_the_actions_are_those_of_the_operations() -> None:
    hubs = Hubs()
    deliver(hubs, samples.typical())
    assert {f"securityhub:{operation}" for *_, operation, _ in hubs.asked} == set(ACTIONS)


def test_many_findings_go_in_few_calls() -> None:
    hubs, results = Hubs(), samples.large(1000)
    assert deliver(hubs, results).sent == 1000 + 2
    imports = [params for *_, operation, params in hubs.asked if operation == "BatchImportFindings"]
    assert len(imports) == 12, "7 and 4 batches of 100 at most, and one of what no check evaluates"


def test_a_call_is_never_larger_than_security_hub_takes() -> None:
    hubs, results = Hubs(), audit(*(finding(str(number)) for number in range(60)))
    found = [one | {"SourceUrl": "https://x.test/" + "x" * 200_000} for one in asff.records(results)]
    assert send(found, hubs.ask, results).sent == 60
    assert len([1 for *_, operation, _ in hubs.asked if operation == "BatchImportFindings"]) == 3


def test_sending_again_changes_nothing() -> None:
    hubs, results = Hubs(), samples.typical()
    deliver(hubs, results)
    before = copy.deepcopy(hubs.records)
    assert deliver(hubs, results).failed == 0
    assert hubs.records == before


def test_the_order_of_the_findings_does_not_matter() -> None:
    hubs, shuffled, first = Hubs(), Hubs(), audit(finding("a"), finding("b"), finding("c", region="us-west-2"))
    deliver(hubs, first)
    deliver(shuffled, first)
    second = audit(finding("a", "pass"), finding("d"), finding("e", region="us-west-2"), day=22)
    delivery = deliver(hubs, second)
    by_name = {one["ProductFields"]["auditor/ResourceName"]: one for one in asff.records(second)}
    found = [by_name["d"], by_name["e"], by_name["a"]]
    assert [one["ProductArn"].split(":")[3] for one in found] == ["us-east-1", "us-west-2", "us-east-1"]
    assert send(found, shuffled.ask, second) == delivery
    assert shuffled.records == hubs.records


def test_creation_and_first_observation_stay_and_a_new_status_is_observed_anew() -> None:
    hubs = Hubs()
    deliver(hubs, audit(finding("stays"), finding("turns")))
    deliver(hubs, audit(finding("stays"), finding("turns", "pass"), day=22))
    days = {
        one["ProductFields"]["auditor/ResourceName"]: [
            one[name][8:10] for name in ("CreatedAt", "FirstObservedAt", "LastObservedAt", "UpdatedAt")
        ]
        for one in hubs.records[EAST].values()
    }
    assert days == {"stays": ["21", "21", "22", "22"], "turns": ["21", "22", "22", "22"]}


def test_an_older_audit_overwrites_nothing_and_says_so() -> None:
    hubs = Hubs()
    deliver(hubs, audit(finding("a", "pass"), finding("b"), day=22))
    before = copy.deepcopy(hubs.records)
    assert told(deliver(hubs, audit(finding("a"), finding("c"), day=21))) == {
        "sent": 1,
        "archived": 0,
        "kept": {Fate.LATER: 2},
        "failures": (),
    }
    assert {id_: hubs.records[EAST][id_] for id_ in before[EAST]} == before[EAST]


def test_findings_of_several_audits_are_refused() -> None:
    one, other = audit(finding("a")), audit(finding("a"), environment="staging")
    hubs = Hubs()
    with pytest.raises(ValueError, match=r"several audits: trading-dr/production, trading-dr/staging"):
        send([*asff.records(one), *asff.records(other)], hubs.ask, one)


# ---------------------------------------------------------------------------------------- refusals


def test_a_refused_finding_is_counted_and_named_and_stops_no_other() -> None:
    hubs, results = Hubs(), audit(finding("a"), finding("b"), finding("c"))
    (bad,) = [one["Id"] for one in asff.records(results) if one["Title"].endswith(": b")]
    hubs.refused = {bad}
    delivery = deliver(hubs, results)
    assert (delivery.sent, delivery.failed) == (2, 1)
    assert told(delivery)["failures"] == (Failure("BatchImportFindings", "InvalidInput", "is refused", 1, (bad,)),)


def test_many_refused_findings_are_one_failure_that_names_ten() -> None:
    hubs, results = Hubs(), audit(*(finding(str(number)) for number in range(150)))
    hubs.refused = {one["Id"] for one in asff.records(results)}
    (failure,) = told(deliver(hubs, results))["failures"]
    assert failure.count == 150
    assert failure.ids == tuple(sorted(hubs.refused)[:10])


def test_a_place_where_security_hub_is_off_stops_no_other_and_says_what_to_do() -> None:
    hubs = Hubs()
    hubs.off = {EAST}
    delivery = deliver(hubs, audit(finding("a"), finding("b"), finding("c", region="us-west-2")))
    assert told(delivery, WEST)["sent"] == 1
    assert told(delivery)["sent"] == 0
    assert [(one.operation, one.code, one.count) for one in told(delivery)["failures"]] == [
        ("BatchImportFindings", "InvalidAccessException", 2),
        ("GetFindings", "InvalidAccessException", 1),
    ]
    assert {one.remedy for one in told(delivery)["failures"]} == {"Enable Security Hub in this account and region."}


def test_a_place_where_security_hub_is_off_and_nothing_is_to_be_sent_is_no_failure() -> None:
    hubs = Hubs()
    hubs.off = {WEST}
    assert deliver(hubs, audit(finding("a"))).failed == 0


def test_a_refused_call_is_the_places_last() -> None:
    hubs, results = Hubs(), audit(*(finding(str(number)) for number in range(250)))
    hubs.denied = {"BatchImportFindings"}
    delivery = deliver(hubs, results)
    assert (delivery.sent, delivery.failed) == (0, 250)
    assert len([1 for *_, operation, _ in hubs.asked if operation == "BatchImportFindings"]) == 1
    (failure,) = told(delivery)["failures"]
    assert failure.remedy == f"Allow the role that is used there {ACTIONS[0]} and {ACTIONS[1]}."


def test_where_security_hub_cannot_be_read_findings_are_sent_and_nothing_is_archived() -> None:
    hubs = Hubs()
    deliver(hubs, audit(finding("gone"), finding("stays")))
    hubs.denied = {"GetFindings"}
    delivery = deliver(hubs, audit(finding("stays", "pass"), day=22))
    assert told(delivery)["sent"] == 1
    assert told(delivery)["archived"] == 0
    assert [one.operation for one in told(delivery)["failures"]] == ["GetFindings"]
    assert hubs.states() == {"gone": "ACTIVE", "stays": "ACTIVE"}


def test_half_a_list_is_none() -> None:
    hubs = Hubs()
    deliver(hubs, audit(finding("gone"), finding("stays")))
    hubs.page = 1

    def ask(account: str, region: str, operation: str, params: Mapping[str, Any]) -> Mapping[str, Any]:
        if "NextToken" in params:
            raise DeliveryError("slow down", code="TooManyRequestsException")
        return hubs.ask(account, region, operation, params)

    results = audit(finding("stays"), day=22)
    delivery = send(asff.records(results), ask, results)
    assert (delivery.sent, delivery.archived, delivery.failed) == (1, 0, 1)
    assert hubs.states() == {"gone": "ACTIVE", "stays": "ACTIVE"}


def test_what_fails_otherwise_is_not_caught() -> None:
    def ask(*_: object) -> Document:
        raise ZeroDivisionError

    results = audit(finding("a"))
    with pytest.raises(ZeroDivisionError):
        send(asff.records(results), ask, results)


def test_too_large_a_finding_is_told_and_not_sent() -> None:
    hubs, results = Hubs(), audit(finding("a"), finding("b"))
    large, small = asff.records(results)
    delivery = send([{**large, "SourceUrl": "https://x.test/" + "x" * 240_000}, small], hubs.ask, results)
    assert (delivery.sent, delivery.failed) == (1, 1)
    assert told(delivery)["failures"][0].code == "TooLarge"


def test_failures_that_security_hub_does_not_name_are_counted_and_nothing_is_taken_as_replaced() -> None:
    hubs = Hubs()
    deliver(hubs, audit(finding("a")))

    def ask(account: str, region: str, operation: str, params: Mapping[str, Any]) -> Mapping[str, Any]:
        if operation == "BatchImportFindings":
            return {"FailedCount": 1, "SuccessCount": 0}
        return hubs.ask(account, region, operation, params)

    results = audit(finding("a", "waived", waiver=WAIVER), day=22)
    delivery = send(asff.records(results), ask, results)
    assert (delivery.sent, delivery.archived, delivery.failed) == (0, 0, 1)
    assert told(delivery)["kept"] == {Fate.UNREPLACED: 1}


def test_every_page_is_read_and_a_page_that_comes_again_is_an_error() -> None:
    hubs = Hubs()
    deliver(hubs, audit(*(finding(str(number)) for number in range(250)), finding("stays")))
    assert told(deliver(hubs, audit(finding("stays"), day=22)))["archived"] == 250

    def ask(*_: object) -> Document:
        return {"Findings": [], "NextToken": "again"}

    results = audit(day=22)
    delivery = send([], ask, results)
    assert {failure.code for place in delivery.places for failure in place.failures} == {"Pagination"}


# ---------------------------------------------------------------------------------------- archiving


def test_what_is_gone_is_archived_as_gone() -> None:
    hubs = Hubs()
    deliver(hubs, audit(finding("gone"), finding("stays")))
    delivery = deliver(hubs, audit(finding("stays"), day=22))
    assert told(delivery) == {"sent": 1, "archived": 1, "kept": {}, "failures": ()}
    assert hubs.states() == {"gone": "ARCHIVED", "stays": "ACTIVE"}
    (gone,) = [one for one in hubs.records[EAST].values() if one["RecordState"] == "ARCHIVED"]
    assert gone["Compliance"]["Status"] == "NOT_AVAILABLE"
    assert gone["Compliance"]["StatusReasons"] == [
        {"ReasonCode": "GONE", "Description": "What it was about is no longer there."}
    ]
    assert (gone["CreatedAt"], gone["UpdatedAt"]) == ("2026-11-21T10:00:42.000Z", "2026-11-22T10:00:42.000Z")


def test_an_archived_record_is_sent_back_without_what_is_not_its_providers() -> None:
    hubs = Hubs()
    deliver(hubs, audit(finding("gone"), finding("stays")))
    for one in hubs.records[EAST].values():
        one |= {"Workflow": {"Status": "NOTIFIED"}, "UserDefinedFields": {"ticket": "7"}, "Criticality": 9}
        one["Resources"][0] |= {"Tags": {"a": "b"}, "ApplicationName": "x"}
    deliver(hubs, audit(finding("stays"), day=22))
    (sent,) = [
        one
        for *_, operation, params in hubs.asked
        if operation == "BatchImportFindings"
        for one in params["Findings"]
        if one["RecordState"] == "ARCHIVED"
    ]
    assert not {"Workflow", "Note", "UserDefinedFields", "Criticality", "Region", "ProductName", "WorkflowState"} & set(
        sent
    )
    assert set(sent["Resources"][0]) == {"Type", "Id", "Partition", "Region"}
    assert not [key for key in sent["ProductFields"] if key.startswith("aws/")]
    assert sent["Severity"].keys() == {"Label", "Original"}


NOT_LOOKED_AT: dict[str, Document] = {
    "another check": audit(finding("stays"), checks=["other"], day=22),
    "the check found a gap there": audit(finding("stays"), gap(), day=22),
    "the check found a gap in the account": audit(finding("stays"), gap("global"), day=22),
    "another standard": audit(finding("stays"), day=22, standard="payment-dr"),
    "another environment": audit(finding("stays"), day=22, environment="staging"),
    "fewer regions": audit(finding("stays"), day=22),
    "fewer accounts": audit(finding("stays"), day=22),
    "another role of the region": audit(finding("stays"), day=22),
    "the same day": audit(finding("stays"), day=21),
    "the day before": audit(finding("stays"), day=20),
}
NOT_LOOKED_AT["fewer regions"]["scope"]["accounts"][0]["regions"] = ["us-west-2"]
NOT_LOOKED_AT["fewer accounts"]["scope"]["accounts"] = [{"id": samples.PAYMENTS, "regions": ["us-east-1"]}]
NOT_LOOKED_AT["another role of the region"]["scope"]["regions"] = {"primary": "us-west-2", "recovery": ["us-east-1"]}


@pytest.mark.parametrize("why", NOT_LOOKED_AT)
def test_what_was_not_looked_at_or_not_seen_is_not_archived(why: str) -> None:
    hubs = Hubs()
    deliver(hubs, audit(finding("gone"), finding("stays")))
    delivery = deliver(hubs, NOT_LOOKED_AT[why])
    assert delivery.archived == 0
    assert {one["RecordState"] for one in hubs.records[EAST].values()} == {"ACTIVE"}


@pytest.mark.parametrize("elsewhere", [gap("us-west-2"), gap(check="other"), gap(account=samples.PAYMENTS)])
def test_a_gap_elsewhere_keeps_nothing(elsewhere: Document) -> None:
    hubs = Hubs()
    deliver(hubs, audit(finding("gone"), finding("stays")))
    assert told(deliver(hubs, audit(finding("stays"), elsewhere, day=22)))["archived"] == 1


def test_an_aggregating_hub_does_not_archive_what_is_elsewhere() -> None:
    hubs = Hubs()
    deliver(hubs, audit(finding("a"), finding("west", region="us-west-2")))
    hubs.aggregates = EAST
    delivery = deliver(hubs, audit(finding("a"), finding("west", region="us-west-2"), day=22))
    assert (delivery.sent, delivery.archived, delivery.failed) == (2, 0, 0)
    assert hubs.states(WEST) == {"west": "ACTIVE"}


def test_the_findings_of_others_are_left_alone() -> None:
    hubs, results = Hubs(), audit(finding("gone"), finding("stays"))
    deliver(hubs, results)
    theirs = copy.deepcopy(next(iter(hubs.records[EAST].values())))
    theirs |= {"Id": "theirs", "ProductFields": {"ProviderName": "another auditor"}}
    hubs.records[EAST]["theirs"] = theirs
    unrelated = copy.deepcopy(theirs) | {"Id": "unrelated", "GeneratorId": "prowler-rds"}
    hubs.records[EAST]["unrelated"] = unrelated
    assert told(deliver(hubs, audit(finding("stays"), day=22)))["kept"] == {Fate.FOREIGN: 1}
    assert hubs.records[EAST]["theirs"] == theirs
    assert hubs.records[EAST]["unrelated"] == unrelated


def test_an_audit_without_findings_archives_nothing() -> None:
    hubs = Hubs()
    deliver(hubs, audit(finding("a")))
    assert deliver(hubs, audit(day=22)).archived == 0
    assert set(hubs.states().values()) == {"ACTIVE"}


def test_a_region_that_has_no_finding_any_more_is_cleared_too() -> None:
    hubs = Hubs()
    deliver(hubs, audit(finding("stays"), finding("gone", region="us-west-2")))
    assert told(deliver(hubs, audit(finding("stays"), day=22)), WEST)["archived"] == 1


def test_what_returns_is_active_again_and_new() -> None:
    hubs = Hubs()
    deliver(hubs, audit(finding("returns", "pass"), finding("stays")))
    deliver(hubs, audit(finding("stays"), day=22))
    deliver(hubs, audit(finding("returns"), finding("stays"), day=23))
    assert hubs.active()[finding("returns")["id"]] == ("FAILED", "NEW")


# ---------------------------------------------------------------------------------------- waivers, over time


def statuses(*days: Document) -> list[list[tuple[str, str]]]:
    """What counts for one finding after each audit: (Compliance.Status, Workflow.Status) of the active records."""
    hubs, found = Hubs(), []
    for day, one in enumerate(days, 21):
        assert deliver(hubs, audit(one, finding("other", "pass"), day=day)).failed == 0
        own = {id_: status for id_, status in hubs.active().items() if id_.startswith(one["id"])}
        found.append(list(own.values()))
    return found


FAIL, PASS, UNKNOWN = finding("db"), finding("db", "pass"), finding("db", "unknown")
WAIVED = finding("db", "waived", waiver=WAIVER)
RENEWED = finding("db", "waived", waiver=WAIVER | {"expires": "2028-01-31"})


@pytest.mark.parametrize(
    ("days", "expected"),
    [
        ((FAIL, PASS), [[("FAILED", "NEW")], [("PASSED", "NEW")]]),
        ((PASS, FAIL), [[("PASSED", "RESOLVED")], [("FAILED", "NEW")]]),
        ((PASS, UNKNOWN), [[("PASSED", "RESOLVED")], [("WARNING", "NEW")]]),
        ((FAIL, UNKNOWN), [[("FAILED", "NEW")], [("WARNING", "NEW")]]),
        ((UNKNOWN, PASS), [[("WARNING", "NEW")], [("PASSED", "NEW")]]),
        ((FAIL, WAIVED), [[("FAILED", "NEW")], [("FAILED", "SUPPRESSED")]]),
        ((WAIVED, FAIL), [[("FAILED", "SUPPRESSED")], [("FAILED", "NEW")]]),
        ((WAIVED, RENEWED, FAIL), [[("FAILED", "SUPPRESSED")], [("FAILED", "SUPPRESSED")], [("FAILED", "NEW")]]),
        ((FAIL, WAIVED, FAIL, WAIVED), [[("FAILED", one)] for one in ("NEW", "SUPPRESSED", "NEW", "SUPPRESSED")]),
        ((WAIVED, PASS, FAIL), [[("FAILED", "SUPPRESSED")], [("PASSED", "RESOLVED")], [("FAILED", "NEW")]]),
        # What could not be seen is not archived: the suppressed record stays beside the one that says unknown.
        ((WAIVED, UNKNOWN), [[("FAILED", "SUPPRESSED")], [("WARNING", "NEW"), ("FAILED", "SUPPRESSED")]]),
    ],
)
def test_no_old_suppression_hides_a_failure(days: Sequence[Document], expected: list[list[tuple[str, str]]]) -> None:
    assert statuses(*days) == expected


def test_a_renewed_waiver_has_its_own_note() -> None:
    hubs = Hubs()
    deliver(hubs, audit(WAIVED))
    deliver(hubs, audit(RENEWED, day=22))
    notes = {one["RecordState"]: one["Note"]["Text"] for one in hubs.records[EAST].values()}
    assert notes["ACTIVE"].startswith("Accepted until 2028-01-31")
    assert notes["ARCHIVED"].startswith("Accepted until 2027-01-31")


def test_what_replaces_a_record_must_have_been_taken_before_the_record_is_archived() -> None:
    hubs, now = Hubs(), audit(WAIVED, finding("other", "pass"), day=22)
    deliver(hubs, audit(FAIL, finding("other", "pass")))
    hubs.refused = {one["Id"] for one in asff.records(now) if "/waived-" in one["Id"]}
    assert told(deliver(hubs, now))["kept"] == {Fate.UNREPLACED: 1}
    assert hubs.active()[FAIL["id"]] == ("FAILED", "NEW")


# ---------------------------------------------------------------------------------------- requirements, drift


def test_a_requirement_that_is_evaluated_now_has_its_record_archived() -> None:
    hubs, unevaluated = Hubs(), samples.requirement("NET-13", "Regions are apart", "They are.")
    first = audit(finding("db"))
    first["requirements"].append(unevaluated | {"status": "unknown", "counts": {}, "checks": []})
    deliver(hubs, first)
    narrowed = audit(finding("db"), day=22)
    assert told(deliver(hubs, narrowed))["kept"] == {Fate.NOT_LOOKED_AT: 1}
    second = audit(finding("db"), finding("apart", "pass", "regions-apart", "NET-13"), day=23)
    second["requirements"].append(unevaluated | {"status": "pass", "counts": {}, "checks": ["regions-apart"]})
    assert told(deliver(hubs, second))["archived"] == 1
    assert deliver(hubs, second).archived == 0


def resolved() -> Document:
    """An audit that says what became of a failure of its baseline."""
    results, was = audit(finding("stays"), day=22), finding("sold")
    change = {key: was[key] for key in ("id", "check", "requirements", "severity", "resource", "message")}
    results["drift"] = {"findings": {"resolved": [{**change, "was": "fail", "now": "absent"}]}}
    return results


def test_a_resolved_failure_is_archived_where_security_hub_has_it() -> None:
    hubs, without = Hubs(), Hubs()
    deliver(hubs, audit(finding("sold"), finding("stays")))
    assert told(deliver(hubs, resolved())) == {"sent": 1, "archived": 1, "kept": {}, "failures": ()}
    assert hubs.states() == {"sold": "ARCHIVED", "stays": "ACTIVE"}
    assert told(deliver(without, resolved())) == {"sent": 1, "archived": 0, "kept": {}, "failures": ()}
    assert without.states() == {"stays": "ACTIVE"}


def test_a_resolved_failure_is_archived_where_security_hub_cannot_be_read() -> None:
    hubs = Hubs()
    deliver(hubs, audit(finding("sold"), finding("stays")))
    hubs.denied = {"GetFindings"}
    deliver(hubs, resolved())
    assert hubs.states() == {"sold": "ARCHIVED", "stays": "ACTIVE"}


# ---------------------------------------------------------------------------------------- fates

HIDDEN = {"type": "AWS::Region", "arn": "arn:aws:rds:us-east-1:1:*", "account": "1", "region": "us-east-1"}
AUDIT = Evaluated(
    finished=datetime.datetime(2026, 11, 22, 10, tzinfo=datetime.UTC),
    checks=frozenset({"c", "d"}),
    requirements={"NET-01": True, "NET-13": False},
    roles={("1", "us-east-1"): "primary", ("1", "us-west-2"): "recovery", ("1", "global"): "global"},
    unlisted=Unlisted([{"check": "d", "status": "unknown", "resource": HIDDEN}]),
    statuses={"seen": "pass", "lost": "unknown", "open": "fail"},
)


def former(finding: str, check: str = "c", region: str = "us-east-1", role: str = "primary", **more: Any) -> Document:  # noqa: ANN401 - members of a record
    return {
        "Id": f"auditor/s/{finding}",
        "GeneratorId": f"auditor/{check}",
        "AwsAccountId": "1",
        "UpdatedAt": "2026-11-21T10:00:00.000Z",
        "ProductFields": {
            "auditor/Series": "s",
            "auditor/Check": check,
            "auditor/FindingId": finding,
            "auditor/Region": region,
            "auditor/RegionRole": role,
        },
    } | more


FATES: list[tuple[Document, Fate]] = [
    (former("gone"), Fate.GONE),
    (former("gone", region="us-west-2", role="recovery"), Fate.GONE),
    (former("gone", region="global", role="global"), Fate.GONE),
    (former("gone", check="d", region="us-west-2", role="recovery"), Fate.GONE),
    (former("sent"), Fate.CURRENT),
    (former("seen"), Fate.SUPERSEDED),
    (former("open"), Fate.UNREPLACED),
    (former("lost"), Fate.NOT_SEEN),
    (former("gone", check="d"), Fate.NOT_SEEN),
    (former("gone", check="d", region="global", role="global"), Fate.NOT_SEEN),
    (former("gone", check="e"), Fate.NOT_LOOKED_AT),
    (former("gone", AwsAccountId="2"), Fate.NOT_LOOKED_AT),
    (former("gone", region="eu-west-1", role="also"), Fate.NOT_LOOKED_AT),
    (former("gone", role="recovery"), Fate.NOT_LOOKED_AT),
    (former("x", check="requirement/NET-01", region="global", role="global"), Fate.EVALUATED),
    (former("x", check="requirement/NET-13", region="global", role="global"), Fate.NOT_LOOKED_AT),
    (former("x", check="requirement/NET-02", region="global", role="global"), Fate.NOT_LOOKED_AT),
    (former("x", check="requirement/NET-01", AwsAccountId="2"), Fate.NOT_LOOKED_AT),
    (former("gone", UpdatedAt="2026-11-22T10:00:00Z"), Fate.LATER),
    (former("gone", UpdatedAt="2026-11-22T12:00:00+01:00"), Fate.LATER),
    (former("gone", UpdatedAt="2026-11-22T10:30:00+01:00"), Fate.GONE),
    (former("gone", UpdatedAt="soon"), Fate.LATER),
    (former("gone", UpdatedAt=None), Fate.LATER),
    (former("gone", GeneratorId="prowler"), Fate.FOREIGN),
    (former("gone", GeneratorId=None), Fate.FOREIGN),
    (former("gone", ProductFields={}), Fate.FOREIGN),
    (former("gone", ProductFields=None), Fate.FOREIGN),
    (former("gone", ProductFields={"auditor/Series": "t"}), Fate.FOREIGN),
    (former("gone", ProductFields={"auditor/Series": "s"}), Fate.NOT_LOOKED_AT),
]


@pytest.mark.parametrize(("record", "expected"), FATES)
def test_the_fate_of_a_record(record: Document, expected: Fate) -> None:
    assert fate(record, "s", AUDIT, sent={"auditor/s/sent"}, taken={"seen"}) == expected


def test_the_table_has_every_fate_and_three_archive() -> None:
    assert {expected for _, expected in FATES} == set(Fate)
    assert {Fate.GONE, Fate.SUPERSEDED, Fate.EVALUATED} == ARCHIVED


def test_what_a_document_says_was_looked_at() -> None:
    results = samples.denied()
    results["findings"].append(gap("global", account=samples.PAYMENTS))
    found = evaluated(results)
    assert found.finished == datetime.datetime(2026, 11, 21, 10, 0, 42, tzinfo=datetime.UTC)
    assert found.checks == {one["id"] for one in results["checks"]}
    assert found.requirements["CMP-04"] is False
    assert found.requirements["NET-12"] is True
    assert found.roles[EAST] == "primary"
    assert found.roles[samples.PAYMENTS, "us-west-2"] == "recovery"
    assert found.roles[samples.PAYMENTS, "global"] == "global"
    assert found.unlisted.hides(CHECK, samples.PAYMENTS, "us-east-1")
    assert not found.unlisted.hides(CHECK, samples.TRADING, "us-east-1")
    assert len(found.statuses) == len(results["findings"])


def test_a_document_without_regions_has_no_roles_but_also() -> None:
    results = audit()
    results["scope"] = {"accounts": [{"id": "1", "regions": ["us-east-1"]}]}
    assert evaluated(results).roles == {("1", "us-east-1"): "also", ("1", "global"): "global"}


@pytest.mark.parametrize("region", ["us-east-1", "us-west-2", "eu-west-1", "global"])
def test_the_role_that_a_record_tells_is_the_one_that_is_looked_for(region: str) -> None:
    results = audit(finding("a", region=region))
    results["scope"]["accounts"][0]["regions"].append("eu-west-1")
    (record,) = asff.records(results)
    roles = evaluated(results).roles
    assert roles[samples.TRADING, region] == record["ProductFields"]["auditor/RegionRole"]


# ---------------------------------------------------------------------------------------- through boto3

ACCOUNT = "123456789012"


@pytest.fixture(name="ask")
def _ask(monkeypatch: pytest.MonkeyPatch) -> Any:  # noqa: ANN401 - a generator of a callable
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    with moto.mock_aws():
        client = functools.cache(lambda region: boto3.client("securityhub", region_name=region))

        def ask(account: str, region: str, operation: str, params: Mapping[str, Any]) -> Mapping[str, Any]:
            assert account == ACCOUNT
            method = {"BatchImportFindings": "batch_import_findings", "GetFindings": "get_findings"}[operation]
            try:
                answer: Mapping[str, Any] = getattr(client(region), method)(**params)
            except botocore.exceptions.ClientError as error:
                told = error.response["Error"]
                raise DeliveryError(told["Message"], code=told["Code"]) from error
            return answer

        yield ask


def ours(*findings: Document, day: int = 21) -> Document:
    results = audit(*findings, day=day)
    results["scope"]["accounts"] = [{"id": ACCOUNT, "name": "mine", "regions": ["us-east-1", "us-west-2"]}]
    return results


def test_through_boto3_findings_are_sent_and_archived(ask: Any) -> None:  # noqa: ANN401 - the fixture's callable
    names = [str(number) for number in range(120)]
    first = ours(
        *(finding(name, account=ACCOUNT) for name in names), finding("west", account=ACCOUNT, region="us-west-2")
    )
    assert send(asff.records(first), ask, first).sent == 121
    second = ours(finding("0", "pass", account=ACCOUNT), day=22)
    delivery = send(asff.records(second), ask, second)
    assert (delivery.sent, delivery.archived, delivery.failed) == (1, 120, 0)
    found = boto3.client("securityhub", region_name="us-east-1").get_findings(MaxResults=100)["Findings"]
    assert {(one["Compliance"]["Status"], one["RecordState"]) for one in found} == {
        ("PASSED", "ACTIVE"),
        ("NOT_AVAILABLE", "ARCHIVED"),
    }
    third = send(asff.records(second), ask, second)
    assert (third.sent, third.archived, third.failed) == (1, 0, 0)
