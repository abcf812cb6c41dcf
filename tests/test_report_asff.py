"""`findings.asff.json`: valid for botocore's own model and the documented limits, and never a pass for what is none."""

from __future__ import annotations

import copy
import functools
import json
import random
import re
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import botocore.loaders
import botocore.model
import botocore.validate
import pytest

from auditor.collectors.services import declared
from auditor.model import Status
from auditor.reports import asff

if TYPE_CHECKING:
    from tests import report_samples as samples
    from tests.report_drifts import drifted
else:
    import report_samples as samples
    from report_drifts import drifted

NAMES = list(samples.SAMPLES)
ALL = [*NAMES, "large", "lifelike"]
Document = dict[str, Any]


def rendered(results: Document) -> str:
    return "".join(asff.Asff().render(results))


def records(results: Document) -> list[Document]:
    return list(asff.records(results))


@functools.cache
def sample(name: str) -> list[Document]:
    return json.loads(rendered(getattr(samples, name)()))  # type: ignore[no-any-return] # an array of objects


# ---------------------------------------------------------------------------------------- what a finding may be


@functools.cache
def model() -> botocore.model.ServiceModel:
    return botocore.model.ServiceModel(botocore.loaders.Loader().load_service_model("securityhub", "service-2"))


@functools.cache
def shape(name: str) -> botocore.model.Shape:
    return model().shape_for(name)


TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:?\d\d)")
NAMESPACES = (
    *("Software and Configuration Checks", "TTPs", "Effects", "Unusual Behaviors"),
    "Sensitive Data Identifications",
)


TIMES = ("FirstObservedAt", "LastObservedAt", "CreatedAt", "UpdatedAt")

RULES: dict[str, Callable[[Document], bool]] = {
    "the schema is the only one": lambda one: one["SchemaVersion"] == "2018-10-08",
    "an account has 12 digits": lambda one: bool(re.fullmatch(r"\d{12}", one["AwsAccountId"])),
    "the product is the account's own": lambda one: bool(
        re.fullmatch(
            r"arn:aws(-[a-z]+)*:securityhub:[a-z0-9-]+:{0}:product/{0}/default".replace("{0}", one["AwsAccountId"]),
            one["ProductArn"],
        )
    ),
    "times have a zone": lambda one: all(TIME.fullmatch(one[name]) for name in TIMES if name in one),
    "a note has a time": lambda one: "Note" not in one or bool(TIME.fullmatch(one["Note"]["UpdatedAt"])),
    "there is a severity": lambda one: bool({"Label", "Normalized"} & one["Severity"].keys()),
    "types are of the taxonomy": lambda one: all(
        kind.split("/")[0] in NAMESPACES and kind.count("/") <= 2 for kind in one["Types"]
    ),
    "1 to 32 resources": lambda one: 1 <= len(one["Resources"]) <= 32,
    "50 ProductFields of 128 and 2,048 characters": lambda one: (
        len(one["ProductFields"]) <= 50
        and all(len(key) <= 128 and len(value) <= 2048 for key, value in one["ProductFields"].items())
    ),
    "aws/ is reserved": lambda one: not [key for key in one["ProductFields"] if key.startswith("aws/")],
    "requirements of 64 characters": lambda one: all(
        len(name) <= 64 for name in one["Compliance"]["RelatedRequirements"]
    ),
    "240 KB": lambda one: len(json.dumps(one)) <= 240_000,
}
"""The rules that stand in prose.

https://docs.aws.amazon.com/securityhub/latest/userguide/asff-required-attributes.html, asff-top-level-attributes.html
and https://docs.aws.amazon.com/securityhub/1.0/APIReference/API_AwsSecurityFinding.html
"""


@functools.cache
def maximum(documentation: str) -> int:
    """The greatest length that AWS's own documentation of a member names; 0 where it names none."""
    told = re.sub("<[^>]+>", "", documentation)
    named = re.search(r"Length Constraints:.*?Maximum (?:length )?of (\d+)", told) or re.search(
        r"Maximum number of (\d+) items", told
    )
    return int(named[1]) if named else 0


def outside(value: Any, kind: botocore.model.Shape, where: str) -> Iterator[str]:  # noqa: ANN401 - JSON
    """What of a value breaks the model's enums and patterns, or the lengths that its documentation names."""
    enum, pattern = kind.metadata.get("enum"), kind.metadata.get("pattern")
    if enum and value not in enum:
        yield f"{where}: {value!r} is none of {enum}"
    if pattern and not re.fullmatch(pattern, value):
        yield f"{where}: {value!r} is not {pattern}"
    if kind.type_name == "structure":
        for name, one in value.items():
            member = kind.members[name]
            if (most := maximum(member.documentation)) and len(one) > most:
                yield f"{where}.{name}: {len(one)} is more than {most}"
            yield from outside(one, member, f"{where}.{name}")
    elif kind.type_name == "list":
        for number, one in enumerate(value):
            yield from outside(one, kind.member, f"{where}[{number}]")
    elif kind.type_name == "map":
        for key, one in value.items():
            yield from outside(one, kind.value, f"{where}[{key}]")


def violations(finding: Document) -> list[str]:
    """What is wrong with a finding: by botocore's model, its documentation, and the rules of the user guide."""
    report = botocore.validate.ParamValidator().validate({"Findings": [finding]}, shape("BatchImportFindingsRequest"))
    if report.has_errors():
        return [report.generate_report()]
    broken = [rule for rule, holds in RULES.items() if not holds(finding)]
    return [*outside(finding, shape("AwsSecurityFinding"), "finding"), *broken]


def test_the_limits_are_read_from_botocores_documentation() -> None:
    finding = shape("AwsSecurityFinding")
    assert {
        name: maximum(finding.members[name].documentation)
        for name in ("Title", "Description", "Id", "GeneratorId", "Types")
    } == {
        "Title": 256,
        "Description": 1024,
        "Id": 512,
        "GeneratorId": 512,
        "Types": 50,
    }
    assert (
        maximum(shape("Recommendation").members["Text"].documentation)
        == maximum(shape("Note").members["Text"].documentation)
        == 512
    )
    assert maximum(shape("Compliance").members["RelatedRequirements"].documentation) == 32
    assert maximum(shape("Resource").members["Region"].documentation) == 16


@pytest.mark.parametrize("name", ALL)
def test_every_record_is_valid(name: str) -> None:
    assert not [problem for one in sample(name) for problem in violations(one)]


@pytest.mark.parametrize("name", ALL)
def test_ids_are_unique(name: str) -> None:
    ids = [one["Id"] for one in sample(name)]
    assert len(set(ids)) == len(ids)


def _set(*path: str | int, value: object) -> Callable[[Document], None]:
    def change(finding: Document) -> None:
        *outer, last = path
        inside: Any = finding
        for step in outer:
            inside = inside[step]
        inside[last] = value

    return change


BROKEN: dict[str, Callable[[Document], None]] = {
    "a required member is missing": lambda one: one.pop("Title"),
    "an unknown member": _set("Colour", value="red"),
    "a number for a text": _set("Title", value=7),
    "an empty text": _set("Description", value=""),
    "a blank text": _set("Title", value="  "),
    "a text of two lines": _set("Title", value="one\ntwo"),
    "too long a title": _set("Title", value="x" * 257),
    "too long a description": _set("Description", value="x" * 1025),
    "too long an id": _set("Id", value="x" * 513),
    "too long a note": _set("Note", value={"Text": "x" * 513, "UpdatedBy": "a", "UpdatedAt": "2026-11-21T10:00:00Z"}),
    "a note without an author": _set("Note", value={"Text": "x", "UpdatedAt": "2026-11-21T10:00:00Z"}),
    "a note at no time": _set("Note", value={"Text": "x", "UpdatedBy": "a", "UpdatedAt": "yesterday"}),
    "too long an advice": _set("Remediation", value={"Recommendation": {"Text": "x" * 513}}),
    "no such compliance": _set("Compliance", "Status", value="UNKNOWN"),
    "a reason without a code": _set("Compliance", "StatusReasons", value=[{"Description": "x"}]),
    "too many requirements": _set("Compliance", "RelatedRequirements", value=["NET-01"] * 33),
    "too long a requirement": _set("Compliance", "RelatedRequirements", value=["x" * 65]),
    "no such workflow": _set("Workflow", "Status", value="ACCEPTED"),
    "no such record state": _set("RecordState", value="CLOSED"),
    "no such severity": _set("Severity", "Label", value="SEVERE"),
    "no severity": _set("Severity", value={"Original": "high"}),
    "no such severity of the provider": _set("FindingProviderFields", "Severity", "Label", value="SEVERE"),
    "no such type": _set("Types", value=["Compliance/DB-05"]),
    "no resource": _set("Resources", value=[]),
    "too many resources": _set("Resources", value=[{"Type": "Other", "Id": "x"}] * 33),
    "a resource without an id": _set("Resources", value=[{"Type": "Other"}]),
    "no such partition": _set("Resources", 0, "Partition", value="aws-mars"),
    "too long a region": _set("Resources", 0, "Region", value="x" * 17),
    "no such details": _set("Resources", 0, "Details", value={"AwsMars": {}}),
    "another schema": _set("SchemaVersion", value="2020-01-01"),
    "no account": _set("AwsAccountId", value="12345"),
    "the product of another account": _set(
        "ProductArn", value="arn:aws:securityhub:us-east-1:444455556666:product/444455556666/default"
    ),
    "a time without a zone": _set("UpdatedAt", value="2026-11-21T10:00:00"),
    "no time": _set("CreatedAt", value="21 November 2026"),
    "too many fields": _set("ProductFields", value={str(number): "x" for number in range(51)}),
    "too long a field": _set("ProductFields", "auditor/Evidence", value="x" * 2049),
    "a field of a number": _set("ProductFields", "auditor/Evidence", value=7),
    "a field of AWS's": _set("ProductFields", "aws/securityhub/FindingId", value="x"),
    "too large": _set("SourceUrl", value="https://x.test/" + "x" * 240_000),
}


@pytest.mark.parametrize("name", BROKEN)
def test_the_validator_rejects(name: str) -> None:
    broken = copy.deepcopy(sample("typical")[0])
    assert not violations(broken)
    BROKEN[name](broken)
    assert violations(broken)


# ---------------------------------------------------------------------------------------- golden files and determinism


def test_an_empty_audit_is_an_empty_array() -> None:
    assert rendered(samples.empty()) == "[]\n"


@pytest.mark.parametrize("name", ["lifelike", "hostile"])
def test_the_order_of_findings_does_not_matter_and_the_results_stay(name: str) -> None:
    results, shuffled = getattr(samples, name)(), getattr(samples, name)()
    for key in ("findings", "requirements", "checks"):
        random.Random(7).shuffle(shuffled[key])  # noqa: S311 - a shuffled deck, not a secret
    before = copy.deepcopy(results)
    assert rendered(shuffled) == rendered(results)
    assert results == before


def test_records_of_one_place_stand_together_worst_first() -> None:
    found = sample("lifelike")
    places = [(one["AwsAccountId"], one["ProductArn"].split(":")[3]) for one in found]
    assert places == sorted(places)
    first = [one for one, place in zip(found, places, strict=True) if place == places[0]]
    statuses = [one["ProductFields"]["auditor/Status"] for one in first if "/requirement/" not in one["Id"]]
    assert set(statuses) >= {"fail", "waived", "pass"}
    assert statuses == sorted(statuses, key=["fail", "unknown", "waived", "pass"].index)


def test_pieces_are_small_whatever_the_number_of_findings() -> None:
    assert max(map(len, asff.Asff().render(samples.large(500)))) < 20_000


def test_hostile_text_cannot_steer_and_is_utf_8() -> None:
    text = rendered(samples.hostile())
    text.encode()
    assert not re.search(
        "[\x00-\x09\x0b-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2066-\u2069\ufeff\ud800-\udfff]", text
    )
    assert "right\\\\u202eto" in text


def test_a_finding_with_everything_too_long_is_valid() -> None:
    results = samples.typical()
    long = "\u7f51\u7edc " * 5000
    results["audit"] |= {
        "standard": long,
        "environment": long,
        "id": long,
        "report_url": f"https://x.test/{'x' * 5000}",
    }
    for check in results["checks"]:
        check["title"] = long
    for finding in results["findings"]:
        finding |= {"message": long, "expected": long, "remediation": long, "evidence": {long: [long]}}
        finding["requirements"] = [f"{long}{number}" for number in range(50)]
        finding["resource"] |= {"name": long, "arn": f"arn:aws:rds:::{long}", "type": long}
        finding["waiver"] = {"reason": long, "approved_by": long, "expires": long}
    found = records(results)
    assert not [problem for one in found for problem in violations(one)]
    assert max(len(json.dumps(one)) for one in found) < 100_000


# ---------------------------------------------------------------------------------------- what becomes of a status

MAPPING = {
    # status: Compliance.Status, Workflow.Status, Severity.Label of a critical check, reason, whether it was observed
    "pass": ("PASSED", "RESOLVED", "INFORMATIONAL", None, True),
    "fail": ("FAILED", "NEW", "CRITICAL", None, True),
    "unknown": ("WARNING", "NEW", "CRITICAL", "NOT_SEEN", False),
    "waived": ("FAILED", "SUPPRESSED", "CRITICAL", "WAIVED", True),
    "not_applicable": ("NOT_AVAILABLE", "NEW", "INFORMATIONAL", "NOT_APPLICABLE", False),
}


def of_status(status: str, **more: Any) -> Document:  # noqa: ANN401 - what `finding` takes
    """The record of one finding."""
    checks = [samples.check("database-encrypted", "DB-05", "Databases are encrypted")]
    found = [samples.finding("database-encrypted", "DB-05", status, "orders", **more)]
    (record,) = records(samples.document([samples.requirement("DB-05", "x", "y")], checks, found))
    return record


@pytest.mark.parametrize("status", MAPPING)
def test_every_status_has_its_place(status: str) -> None:
    record = of_status(status, message="why it is so")
    reasons = record["Compliance"].get("StatusReasons", [{}])
    assert (
        record["Compliance"]["Status"],
        record["Workflow"]["Status"],
        record["Severity"]["Label"],
        reasons[0].get("ReasonCode"),
        "LastObservedAt" in record,
    ) == MAPPING[status]
    assert record["FindingProviderFields"]["Severity"] == record["Severity"]
    assert record["Severity"]["Original"] == "critical"
    assert record["RecordState"] == "ACTIVE"
    assert not violations(record)


def test_the_mapping_knows_every_status() -> None:
    assert MAPPING.keys() == asff.STANDINGS.keys() == set(Status)


@pytest.mark.parametrize("name", ALL)
def test_nothing_but_a_pass_is_passed(name: str) -> None:
    results = getattr(samples, name)()
    passes = {one["id"] for one in results["findings"] if one["status"] == "pass"}
    for record in sample(name):
        is_passed = record["Compliance"]["Status"] == "PASSED" or record["Workflow"]["Status"] == "RESOLVED"
        is_passing = record["ProductFields"]["auditor/FindingId"] in passes
        assert is_passed == is_passing or (record["RecordState"], record["Compliance"]["Status"]) == (
            "ARCHIVED",
            "NOT_AVAILABLE",
        )
    assert len(sample(name)) >= len(results["findings"])


def test_severities_are_those_of_the_check() -> None:
    assert {
        one: of_status("fail", severity=one)["Severity"]["Label"] for one in ("critical", "high", "medium", "low")
    } == {
        "critical": "CRITICAL",
        "high": "HIGH",
        "medium": "MEDIUM",
        "low": "LOW",
    }


def test_an_unknown_says_why() -> None:
    reasons = of_status("unknown", message="rds:DescribeDBClusters was denied")["Compliance"]["StatusReasons"]
    assert reasons == [{"ReasonCode": "NOT_SEEN", "Description": "rds:DescribeDBClusters was denied"}]


# ---------------------------------------------------------------------------------------- waivers

WAIVER = {"reason": "pilot until Q1", "approved_by": "CISO", "expires": "2027-01-31", "expired": False}


def test_a_waived_failure_says_who_accepts_it_until_when_and_why() -> None:
    record = of_status("waived", waiver=WAIVER)
    assert record["Note"] == {
        "Text": "Accepted until 2027-01-31, approved by CISO: pilot until Q1",
        "UpdatedBy": "auditor",
        "UpdatedAt": record["UpdatedAt"],
    }
    assert record["ProductFields"]["auditor/Waiver"] == record["Note"]["Text"]


def test_a_waived_failure_is_a_record_of_its_own_for_each_acceptance() -> None:
    plain = of_status("fail")["Id"]
    ids = [
        of_status("waived", waiver=WAIVER)["Id"],
        of_status("waived", waiver=dict(WAIVER))["Id"],
        of_status("waived", waiver=WAIVER | {"expires": "2028-01-31"})["Id"],
        of_status("waived", waiver=WAIVER | {"approved_by": "CTO"})["Id"],
    ]
    assert ids[0] == ids[1]
    assert len({plain, *ids}) == 4
    assert all(one.startswith(f"{plain}/waived-") for one in ids)


def test_a_failure_with_an_expired_waiver_is_a_failure() -> None:
    record = of_status("fail", waiver=WAIVER | {"expired": True})
    assert record["Id"] == of_status("fail")["Id"]
    assert record["Workflow"] == {"Status": "NEW"}
    assert "Note" not in record
    assert record["ProductFields"]["auditor/Waiver"] == "Expired 2027-01-31, approved by CISO: pilot until Q1"


# ---------------------------------------------------------------------------------------- ids and times


def test_ids_stay_from_audit_to_audit() -> None:
    later = samples.typical()
    later["audit"] |= {"id": "another", "started_at": "2026-11-22T10:00:00Z", "finished_at": "2026-11-22T10:00:42Z"}
    assert {one["Id"] for one in records(later)} == {one["Id"] for one in sample("typical")}


@pytest.mark.parametrize(
    ("about", "other"),
    [
        ({"standard": "payment-dr"}, {}),
        ({"environment": "staging"}, {}),
        ({"environment": "a b"}, {"environment": "a/b"}),
        ({"environment": "x" * 64 + "a"}, {"environment": "x" * 64 + "b"}),
        ({"standard": "a-b", "environment": "c"}, {"standard": "a", "environment": "b-c"}),
    ],
)
def test_another_standard_or_environment_has_other_ids(about: Document, other: Document) -> None:
    one, two = samples.typical(), samples.typical()
    one["audit"] |= about
    two["audit"] |= other
    assert not {each["Id"] for each in records(one)} & {each["Id"] for each in records(two)}


def test_times_are_the_audits() -> None:
    record = of_status("fail")
    assert record["CreatedAt"] == record["UpdatedAt"] == "2026-11-21T10:00:42.000Z"
    assert record["FirstObservedAt"] == record["LastObservedAt"] == "2026-11-21T10:00:31.000Z"


def test_a_failure_was_first_observed_when_it_was_opened() -> None:
    found = {one["ProductFields"]["auditor/ResourceName"]: one for one in records(drifted())}
    told = {name: one["FirstObservedAt"] for name, one in found.items()}
    before, now = "2026-09-21T10:00:00.000Z", "2026-11-21T10:00:31.000Z"
    assert told == dict.fromkeys(told, now) | {"still-open": before, "gone": before}
    assert not [problem for one in found.values() for problem in violations(one)]


def test_what_passes_or_is_not_yet_open_is_observed_now() -> None:
    results = drifted()
    changes = results["drift"]["findings"]
    changes["resolved"][0]["since"] = changes["still_open"][0]["since"]
    changes["still_open"][0]["since"] = "2027-01-01T00:00:00Z"
    found = {one["ProductFields"]["auditor/ResourceName"]: one for one in records(results)}
    told = {found[name]["FirstObservedAt"] for name in ("repaired", "still-open")}
    assert told == {"2026-11-21T10:00:31.000Z"}


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ("2026-11-21T11:00:42+01:00", "2026-11-21T10:00:42.000Z"),
        ("2026-11-21T10:00:42.123456Z", "2026-11-21T10:00:42.123Z"),
        ("2026-11-21T10:00:42", "2026-11-21T10:00:42.000Z"),
    ],
)
def test_times_are_utc(written: str, told: str) -> None:
    results = samples.typical()
    results["audit"]["finished_at"] = written
    assert {one["UpdatedAt"] for one in records(results)} == {told}


def test_an_audit_without_a_time_is_refused() -> None:
    results = samples.typical()
    results["audit"]["finished_at"] = "soon"
    with pytest.raises(ValueError, match="soon"):
        records(results)


def test_a_demonstration_is_a_sample() -> None:
    assert all(one["Sample"] for one in sample("denied"))
    assert not [one for one in sample("typical") if "Sample" in one]


# ---------------------------------------------------------------------------------------- places and resources


@pytest.mark.parametrize(
    ("regions", "accounts", "home"),
    [
        ({"primary": "us-west-2"}, ["us-east-1", "us-west-2"], "us-west-2"),
        ({"primary": "eu-west-1"}, ["us-west-2", "us-east-1"], "us-east-1"),
        ({"primary": None}, ["us-west-2", "us-east-1"], "us-east-1"),
        ({"primary": "us-west-2"}, [], "us-west-2"),
        ({"primary": None}, [], "us-east-1"),
        (None, [], "us-east-1"),
    ],
)
def test_what_is_global_goes_to_the_primary_region_or_the_accounts_first(
    regions: Document | None, accounts: list[str], home: str
) -> None:
    results = samples.document(
        [], [], [samples.finding("c", "IAM-01", "fail", "admin", region="global", kind="AWS::IAM::Role")]
    )
    results["scope"] = {"accounts": [{"id": samples.TRADING, "regions": accounts}], "regions": regions}
    (record,) = records(results)
    assert record["ProductArn"] == f"arn:aws:securityhub:{home}:{samples.TRADING}:product/{samples.TRADING}/default"
    assert record["Resources"][0]["Region"] == home
    assert record["ProductFields"]["auditor/Region"] == "global"


def test_a_region_that_is_none_does_not_get_into_an_arn() -> None:
    arn = of_status("fail", region="us-east-1:x/../*")["ProductArn"]
    assert arn == f"arn:aws:securityhub:us-east-1:{samples.TRADING}:product/{samples.TRADING}/default"


@pytest.mark.parametrize(
    ("region", "partition", "named"),
    [
        ("eu-central-1", "aws", "aws"),
        ("cn-north-1", "aws-cn", "aws-cn"),
        ("us-gov-west-1", "aws-us-gov", "aws-us-gov"),
        ("us-iso-east-1", "aws-iso", None),
        ("us-isob-east-1", "aws-iso-b", None),
        ("eusc-de-east-1", "aws-eusc", None),
    ],
)
def test_partitions_are_the_regions(region: str, partition: str, named: str | None) -> None:
    record = of_status("fail", region=region)
    assert record["ProductArn"].split(":")[1] == partition
    assert record["Resources"][0].get("Partition") == named
    assert not violations(record)


@pytest.mark.parametrize(
    ("role", "region"),
    [("primary", "us-east-1"), ("recovery", "us-west-2"), ("also", "eu-west-1"), ("global", "global")],
)
def test_a_record_tells_the_regions_role(role: str, region: str) -> None:
    assert of_status("fail", region=region)["ProductFields"]["auditor/RegionRole"] == role


TYPES = {
    "AWS::EC2::VPC": "AwsEc2Vpc",
    "AWS::EC2::VPCPeeringConnection": "AwsEc2VpcPeeringConnection",
    "AWS::ElasticLoadBalancingV2::LoadBalancer": "AwsElbv2LoadBalancer",
    "AWS::ElasticLoadBalancing::LoadBalancer": "AwsElbLoadBalancer",
    "AWS::RDS::DBCluster": "AwsRdsDbCluster",
    "AWS::DynamoDB::Table": "AwsDynamoDbTable",
    "AWS::StepFunctions::StateMachine": "AwsStepFunctionStateMachine",
    "AWS::IAM::ManagedPolicy": "AwsIamPolicy",
    "AWS::IAM::Role": "AwsIamRole",
    "AWS::Events::EventBus": "AwsEventsEventbus",
    "AWS::Account": "AwsAccount",
    "AWS::Region": "Other",
    "AWS::RDS::GlobalCluster": "Other",
    "AWS::EC2": "Other",
    "": "Other",
    "AWS::EC2::VPC::MODULE": "Other",
}


@pytest.mark.parametrize("kind", TYPES)
def test_types_are_asffs_own_where_it_has_one(kind: str) -> None:
    assert asff.asff_type(kind) == TYPES[kind]


def test_the_types_are_those_of_botocores_model_and_each_is_reached() -> None:
    known = {name for name in shape("ResourceDetails").members if name.startswith("Aws")}
    assert set(asff._TYPES.values()) == known  # noqa: SLF001 - the table itself is what is compared
    kinds = {table.type for table in declared().values()}
    found = {asff.asff_type(kind) for kind in kinds} - {"Other"}
    assert found <= known
    assert len(found) > 30


def test_an_account_is_called_as_security_hub_calls_it() -> None:
    record = of_status("fail", kind="AWS::Account", region="global")
    assert record["Resources"] == [
        {"Type": "AwsAccount", "Id": f"AWS::::Account:{samples.TRADING}", "Partition": "aws", "Region": "us-east-1"}
    ]


def test_what_asff_has_no_type_for_says_what_it_is() -> None:
    (resource,) = of_status("fail", kind="AWS::RDS::GlobalCluster")["Resources"]
    assert resource["Type"] == "Other"
    assert resource["Details"] == {"Other": {"Type": "AWS::RDS::GlobalCluster", "Name": "orders"}}


# ---------------------------------------------------------------------------------------- links and advice


@pytest.mark.parametrize(
    ("address", "told"),
    [
        ("https://reports.example.test/audit/report.html", "https://reports.example.test/audit/report.html"),
        ("javascript:alert(1)", None),
        ("https://x.test/ y", None),
        ("https://x.test/" + "x" * 3000, None),
        (None, None),
    ],
)
def test_the_report_is_linked_where_it_has_a_web_address(address: str | None, told: str | None) -> None:
    results = samples.typical()
    results["audit"]["report_url"] = address
    assert {one.get("SourceUrl") for one in records(results)} == {told}


def test_advice_has_the_first_reference_that_is_a_web_address() -> None:
    results = samples.typical()
    for check in results["checks"]:
        check["references"] = ["javascript:alert(1)", "https://docs.aws.amazon.com/rds", "https://other.test"]
    advice = [one["Remediation"]["Recommendation"] for one in records(results) if "Remediation" in one]
    assert {one["Url"] for one in advice} == {"https://docs.aws.amazon.com/rds"}
    assert not [one for one in sample("typical") if "Url" in one.get("Remediation", {}).get("Recommendation", {})]


def test_a_finding_without_advice_has_none() -> None:
    assert "Remediation" not in of_status("pass", remediation="")


# ---------------------------------------------------------------------------------------- requirements without findings


def test_a_requirement_that_nothing_evaluates_is_unknown_in_every_account() -> None:
    found = [one for one in sample("typical") if one["GeneratorId"].startswith("auditor/requirement/")]
    assert [(one["GeneratorId"], one["Resources"][0]["Id"]) for one in found] == [
        ("auditor/requirement/CMP-04", f"AWS::::Account:{samples.TRADING}"),
        ("auditor/requirement/CMP-04", f"AWS::::Account:{samples.PAYMENTS}"),
    ]
    assert {one["Compliance"]["Status"] for one in found} == {"WARNING"}
    assert {one["Compliance"]["StatusReasons"][0]["ReasonCode"] for one in found} == {"NOT_EVALUATED"}
    assert {one["Severity"]["Label"] for one in found} == {"HIGH"}


def test_a_requirement_is_told_once_by_its_findings_or_by_itself() -> None:
    results = samples.denied()
    told = {name for one in results["findings"] for name in one["requirements"]}
    alone = {one["Compliance"]["RelatedRequirements"][0] for one in sample("denied") if "/requirement/" in one["Id"]}
    assert told == {"DB-05", "SEC-01", "NET-12"}
    assert alone == {"CMP-04"}


def test_a_requirement_that_does_not_apply_has_no_record() -> None:
    drift = samples.requirement("DRF-01", "No drift", "Nothing differs.") | {"status": "not_applicable"}
    results = samples.document([], [], [])
    results["requirements"] = [drift | {"checks": [], "counts": {}}]
    assert records(results) == []
    results["requirements"][0] |= {"status": "unknown", "reason": "Its checks said nothing of what must exist."}
    assert [one["Compliance"]["StatusReasons"][0]["Description"] for one in records(results)] == [
        "Its checks said nothing of what must exist."
    ] * 2


# ---------------------------------------------------------------------------------------- resolved failures


def resolved(now: str) -> tuple[Document, Document]:
    """An audit with a resolved failure, and the failure as it was."""
    results = samples.typical()
    was = samples.finding("database-encrypted", "DB-05", "fail", "sold", message="is not encrypted")
    if now != "absent":
        more: Document = {"waiver": WAIVER} if now == "waived" else {}
        results["findings"].append(samples.finding("database-encrypted", "DB-05", now, "sold", **more))
    change = {key: was[key] for key in ("id", "check", "requirements", "severity", "resource", "message")}
    results["drift"] = {
        "baseline": {"id": "before", "started_at": "2026-11-20T10:00:00Z", "finished_at": "2026-11-20T10:01:00Z"},
        "findings": {"resolved": [{**change, "was": "fail", "now": now}], "new": [], "still_open": []},
    }
    return results, was


def test_a_failure_whose_resource_is_gone_is_archived() -> None:
    results, was = resolved("absent")
    (record,) = [one for one in records(results) if one["RecordState"] == "ARCHIVED"]
    assert record["Id"] == f"auditor/trading-dr/production/{was['id']}"
    assert record["Compliance"]["Status"] == "NOT_AVAILABLE"
    assert record["Compliance"]["StatusReasons"][0]["ReasonCode"] == "GONE"
    assert not violations(record)


def test_a_failure_that_passes_now_is_one_record_and_passes() -> None:
    results, was = resolved("pass")
    (record,) = [one for one in records(results) if was["id"] in one["Id"]]
    assert (record["RecordState"], record["Compliance"]["Status"]) == ("ACTIVE", "PASSED")


def test_a_failure_that_is_waived_now_leaves_its_own_record_archived() -> None:
    results, was = resolved("waived")
    found = {one["Id"]: one for one in records(results) if was["id"] in one["Id"]}
    plain = f"auditor/trading-dr/production/{was['id']}"
    assert found[plain]["RecordState"] == "ARCHIVED"
    assert found[plain]["Compliance"]["Status"] == "FAILED"
    (waived,) = found.keys() - {plain}
    assert (found[waived]["RecordState"], found[waived]["Workflow"]["Status"]) == ("ACTIVE", "SUPPRESSED")
    assert not [problem for one in found.values() for problem in violations(one)]
