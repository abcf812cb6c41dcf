"""CloudFormation's stacks, their resources and drift: collected without secrets, and read as declared state."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import boto3
import botocore.exceptions
import orjson
import pytest

from auditor.collectors.catalogue import DeclaredCatalogue
from auditor.collectors.collect import Collection
from auditor.collectors.interfaces import Target
from auditor.collectors.plan import make_plan
from auditor.collectors.session import Tuning, open_session
from auditor.collectors.withholding import WITHHELD, output_names, property_differences, without_credentials
from auditor.demo.account import ACCOUNT_ID, EmbeddedAccount
from auditor.drift.code.model import Declared, Output, Standing, State, Tool
from auditor.drift.code.states.cloudformation import (
    DriftResult,
    DriftStatus,
    drift_results,
    read_stacks,
    unmatched,
)
from auditor.drift.model import Change
from auditor.model import Account, Read
from auditor.snapshot.staging import Staging
from tests.test_collecting import ACCOUNT, REGION, Collected, Script, collect, read, refused

__all__ = ["collect"]

CATALOGUE = DeclaredCatalogue()
RECORDINGS = os.environ.get("AUDITOR_RECORDINGS", "")
PASSWORD = "correct-Horse7battery"
STACKS, RESOURCES, DRIFTS = (
    "cloudformation_stacks",
    "cloudformation_stack_resources",
    "cloudformation_stack_resource_drifts",
)


def stack_id(name: str) -> str:
    return f"arn:aws:cloudformation:{REGION}:{ACCOUNT}:stack/{name}/0f1e"


# ---------------------------------------------------------------------------------------- what is withheld


@pytest.mark.parametrize(
    ("value", "is_kept"),
    [
        ("arn:aws:iam::111122223333:role/path/trading", True),
        ("arn:aws:s3:::trading-prod", True),
        ("arn:aws-us-gov:rds:us-gov-west-1:111122223333:cluster:orders", True),
        ("arn:aws:iam::aws:policy/ReadOnlyAccess", True),
        ("vpc-0a1b2c3d", True),
        ("tgw-attach-0123456789abcdef0", True),
        ("orders.cluster-abc123.us-east-1.rds.amazonaws.com", True),
        ("a1b2.awsglobalaccelerator.com", True),
        ("internal-x-1.us-east-1.elb.amazonaws.com", True),
        ("vpc-0a1b2c3", False),
        ("vpc-0a1b2c3d,vpc-0a1b2c3e", False),
        ("vpc-0a1b2c3d\n", False),
        ("prod-0a1b2c3d", False),
        (f"https://user:{PASSWORD}@x.us-east-1.rds.amazonaws.com", False),
        ("x.us-east-1.rds.amazonaws.com:5432", False),
        ("x.amazonaws.com.evil.org", False),
        (f"arn:aws:rds:us-east-1:111122223333:db:x {PASSWORD}", False),
        ("arn:aws:rds:us-east-1:11112222333:db:x", False),
        (PASSWORD, False),
        ("", False),
        (None, False),
        (7, False),
    ],
)
def test_an_output_keeps_its_value_only_where_all_of_it_names_a_resource(value: object, is_kept: bool) -> None:  # noqa: FBT001 - a case
    [kept] = output_names([{"OutputKey": "Name", "OutputValue": value}])
    assert kept == {"OutputKey": "Name", "Value": value if is_kept else None}


def test_a_long_output_is_read_in_no_time() -> None:
    assert output_names([{"OutputKey": "Long", "OutputValue": "a." * 50_000 + "amazonaws"}])[0]["Value"] is None


def difference(path: str, expected: object, actual: object = None, **whole: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
    """What is kept of one drifted property; `whole` has the resource's properties and its type."""
    told = {"PropertyPath": path, "ExpectedValue": expected, "ActualValue": actual, "DifferenceType": "NOT_EQUAL"}
    kind = whole.pop("kind", "AWS::X::Y")
    [kept] = property_differences([told], json.dumps(whole) if whole else None, None, kind)
    return kept


ENVIRONMENT = {
    "ContainerDefinitions": [{"Environment": [{"Name": "STAGE"}, {"Name": "DB_PASSWORD"}, {"Name": "DSN"}]}],
    "Tags": [{"Key": "team", "Value": "a"}],
}
WITHHOLDING: Mapping[str, tuple[bool, dict[str, Any]]] = {
    "a number": (False, difference("/MemorySize", "128", "256")),
    "a password's name": (True, difference("/MasterUserPassword", PASSWORD, "****")),
    "a placeholder under a password's name": (True, difference("/MasterUserPassword", "changeme")),
    "a password's name further up": (True, difference("/LoginProfile/Password/0", PASSWORD)),
    "a switch under a password's name": (False, difference("/ManageMasterUserPassword", "true", "false")),
    "a password's settings": (False, difference("/GenerateSecretString/PasswordLength", "32", "16")),
    "a key's id": (False, difference("/KmsKeyId", "arn:aws:kms:us-east-1:111122223333:key/1", "alias/x")),
    "a variable by its name": (True, difference("/Environment/Variables/API_KEY", "q8ZkPw3XvB71")),
    "a harmless variable": (False, difference("/Environment/Variables/STAGE", "prod", "test")),
    "a variable by its form": (True, difference("/Environment/Variables/DSN", f"postgres://app:{PASSWORD}@db/x")),
    "actual alone": (True, difference("/Environment/Variables/X", None, "AKIAIOSFODNN7ABCDEFG")),
    "an access key": (True, difference("/Description", "AKIAIOSFODNN7ABCDEFG", "x")),
    "an element named beside it": (
        True,
        difference("/ContainerDefinitions/0/Environment/1/Value", "x", **ENVIRONMENT),
    ),
    "a harmless element": (False, difference("/ContainerDefinitions/0/Environment/0/Value", "x", **ENVIRONMENT)),
    "a tag": (False, difference("/Tags/0/Value", "a", "b", **ENVIRONMENT)),
    "an element that nothing names": (True, difference("/ContainerDefinitions/0/Environment/7/Value", "x")),
    "an index beyond": (True, difference("/ContainerDefinitions/0/Environment/9/Value", "x", **ENVIRONMENT)),
    "a whole structure": (True, difference("/Environment", json.dumps({"Variables": {"DB_PASSWORD": "test"}}))),
    "a structure with names and values": (
        True,
        difference("/Environment/0", json.dumps({"Name": "DB_PASSWORD", "Value": "test"})),
    ),
    "a harmless structure": (False, difference("/Tags/0", json.dumps({"Key": "team", "Value": "a"}))),
    "a list of structures": (True, difference("/Environment", json.dumps([{"name": "TOKEN", "value": PASSWORD}]))),
    "user data": (True, difference("/LaunchTemplateData/UserData", "ZWNobyBoZWxsbwo=")),
    "a parameter's value": (True, difference("/Value", "prod", kind="AWS::SSM::Parameter", Name="/stage")),
    "a secret's value": (True, difference("/SecretString", "{}", kind="AWS::SecretsManager::Secret")),
    "nested too deeply": (True, difference("/X", "[" * 60 + "]" * 60)),
    "a pointer's escapes": (True, difference("/Map/db~1password", "test")),
    "no path": (False, difference("", "a", "b")),
}


@pytest.mark.parametrize("case", WITHHOLDING)
def test_a_drifted_value_that_may_be_a_credential_is_withheld(case: str) -> None:
    is_withheld, kept = WITHHOLDING[case]
    assert kept["Withheld"] is is_withheld
    assert ({"ExpectedValue", "ActualValue"} & set(kept) == set()) is is_withheld
    assert PASSWORD not in json.dumps(kept)


def test_a_credential_that_stands_in_a_path_is_no_part_of_what_is_kept() -> None:
    kept = difference("/Map/AKIAIOSFODNN7ABCDEFG", "x")
    assert (kept["PropertyPath"], kept["Withheld"]) == (WITHHELD, True)


@pytest.mark.parametrize("wrong", [["text"], [None], [{"PropertyPath": {"a": 1}}]])
def test_differences_that_are_none_are_refused(wrong: list[Any]) -> None:
    with pytest.raises(ValueError, match="AWS answered"):
        property_differences(wrong, None, None, None)


@pytest.mark.parametrize(
    ("sentence", "kept"),
    [
        ("Resource creation cancelled", "Resource creation cancelled"),
        (None, None),
        (f"Value '{PASSWORD}' at 'masterUserPassword' failed to satisfy constraint", WITHHELD),
        ("the key AKIAIOSFODNN7ABCDEFG is not known", WITHHELD),
    ],
)
def test_a_sentence_that_may_hold_a_credential_is_withheld(sentence: str | None, kept: str | None) -> None:
    assert without_credentials(sentence) == kept


# ---------------------------------------------------------------------------------------- collected from a script

DRIFTED = {
    "StackId": stack_id("trading"),
    "LogicalResourceId": "Database",
    "PhysicalResourceId": "orders",
    "ResourceType": "AWS::RDS::DBInstance",
    "StackResourceDriftStatus": "MODIFIED",
    "Timestamp": "2026-01-02T03:04:05Z",
    "ExpectedProperties": json.dumps({"MasterUserPassword": PASSWORD, "Engine": "postgres"}),
    "ActualProperties": json.dumps({"MasterUserPassword": PASSWORD + "2"}),
    "PropertyDifferences": [
        {"PropertyPath": "/MasterUserPassword", "ExpectedValue": PASSWORD, "DifferenceType": "REMOVE"},
        {"PropertyPath": "/MultiAZ", "ExpectedValue": "true", "ActualValue": "false", "DifferenceType": "NOT_EQUAL"},
    ],
    "DriftStatusReason": f"the password {PASSWORD} was refused",
}


def resource(logical: str, **fields: Any) -> dict[str, Any]:  # noqa: ANN401 - a row or an item
    return {
        "LogicalResourceId": logical,
        "PhysicalResourceId": f"id-of-{logical}",
        "ResourceType": "AWS::EC2::VPC",
        "ResourceStatus": "CREATE_COMPLETE",
        **fields,
    }


def stacks_named(*names: str) -> dict[str, Any]:
    return {
        "Stacks": [
            {
                "StackId": stack_id(name),
                "StackName": name,
                "StackStatus": "CREATE_COMPLETE",
                "Outputs": [
                    {"OutputKey": "Vpc", "OutputValue": "vpc-0a1b2c3d"},
                    {"OutputKey": "Text", "OutputValue": PASSWORD},
                ],
            }
            for name in names
        ]
    }


def everything(**changed: Any) -> Script:  # noqa: ANN401 - answers
    answers: dict[str, Any] = {
        "describe_stacks": stacks_named("trading"),
        "list_stack_resources": {"StackResourceSummaries": [resource("Vpc", ResourceStatusReason=PASSWORD)]},
        "describe_stack_resource_drifts": {"StackResourceDrifts": [DRIFTED]},
    }
    return Script(**{**answers, **changed})


ALL = (read(STACKS), read(RESOURCES), read(DRIFTS))
Collecting = Callable[..., Collected]


def test_resources_and_drifts_are_asked_for_each_stack_and_nothing_secret_is_written(
    collect: Collecting,
    tmp_path: Path,
) -> None:
    session = everything(list_stack_resources=lambda _: {"StackResourceSummaries": [resource("Vpc")]})
    found = collect(session, *ALL)
    assert found.gaps == []
    [row] = found.rows(RESOURCES)
    assert (row["StackId"], row["StackName"], row["name"]) == (stack_id("trading"), "trading", "Vpc")
    assert row["arn"] == f"{stack_id('trading')}/resource/Vpc"
    [drift] = found.rows(DRIFTS)
    assert drift["PropertyDifferences"] == [
        {"PropertyPath": "/MasterUserPassword", "DifferenceType": "REMOVE", "Withheld": True},
        {
            "PropertyPath": "/MultiAZ",
            "DifferenceType": "NOT_EQUAL",
            "ExpectedValue": "true",
            "ActualValue": "false",
            "Withheld": False,
        },
    ]
    assert (drift["DriftStatusReason"], drift["StackName"]) == (WITHHELD, "trading")
    assert not {"ExpectedProperties", "ActualProperties"} & set(drift)
    [stack] = found.rows(STACKS)
    assert stack["OutputNames"] == [{"OutputKey": "Vpc", "Value": "vpc-0a1b2c3d"}, {"OutputKey": "Text", "Value": None}]
    assert stack["OutputKeys"] == "Vpc,Text"
    assert session.calls("list_stack_resources") == [{"StackName": "trading"}]
    assert session.calls("describe_stack_resource_drifts") == [{"StackName": "trading", "MaxResults": 100}]
    written = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    assert b"/MasterUserPassword" in written
    assert PASSWORD.encode() not in written


def test_every_page_of_both_is_followed(collect: Collecting) -> None:
    session = everything(
        list_stack_resources=[
            {"StackResourceSummaries": [resource("A")], "NextToken": "1"},
            {"StackResourceSummaries": [resource("B")]},
        ],
        describe_stack_resource_drifts=[
            {"StackResourceDrifts": [], "NextToken": "1"},
            {"StackResourceDrifts": [DRIFTED]},
        ],
    )
    found = collect(session, *ALL)
    assert found.names(RESOURCES) == ["A", "B"]
    assert found.names(DRIFTS) == ["Database"]


@pytest.mark.parametrize(
    ("method", "table"), [("list_stack_resources", RESOURCES), ("describe_stack_resource_drifts", DRIFTS)]
)
def test_a_denied_listing_is_a_gap_and_the_other_tables_are_whole(
    collect: Collecting,
    method: str,
    table: str,
) -> None:
    found = collect(everything(**{method: refused("AccessDenied")}), *ALL)
    assert found.told == {(table, "AccessDenied", "")}
    assert [gap["action"] for gap in found.gaps] == [f"cloudformation:{method.title().replace('_', '')}"]
    assert {name: len(found.rows(name)) for name in (STACKS, RESOURCES, DRIFTS) if name != table} == dict.fromkeys(
        {STACKS, RESOURCES, DRIFTS} - {table}, 1
    )


def test_denied_stacks_leave_a_gap_in_what_belongs_to_them_too(collect: Collecting) -> None:
    found = collect(everything(describe_stacks=refused("AccessDenied")), *ALL)
    assert {(table, code) for table, code, _ in found.told} == {
        (name, "AccessDenied") for name in (STACKS, RESOURCES, DRIFTS)
    }


def test_a_stack_that_is_deleted_meanwhile_is_no_gap(collect: Collecting) -> None:
    gone = refused("ValidationError", "Stack with id trading does not exist")
    found = collect(everything(list_stack_resources=gone, describe_stack_resource_drifts=gone), *ALL)
    assert (found.gaps, found.rows(RESOURCES), found.rows(DRIFTS)) == ([], [], [])


# ---------------------------------------------------------------------------------------- what AWS documents


@pytest.mark.skipif(not RECORDINGS, reason="AUDITOR_RECORDINGS names no folder of recordings")
def test_what_aws_documents_becomes_drift_results() -> None:
    path = Path(RECORDINGS) / "awscli_examples/cloudformation/describe-stack-resource-drifts.json"
    items = [item for answer in orjson.loads(path.read_bytes()) for item in answer["StackResourceDrifts"]]
    parent = {"StackId": items[0]["StackId"], "StackName": "my-stack", "arn": items[0]["StackId"]}
    found = drift_results(CATALOGUE.row(DRIFTS, item, ACCOUNT, REGION, parent) for item in items)
    assert found == {
        (items[0]["StackId"], "function"): DriftResult(
            status=DriftStatus.MODIFIED,
            checked="2019-10-02T05:54:44.064000+00:00",
            changes=(Change("/MemorySize", "128", "256"), Change("/Timeout", "900", "22")),
        )
    }


@pytest.mark.skipif(not RECORDINGS, reason="AUDITOR_RECORDINGS names no folder of recordings")
def test_recorded_stacks_are_read() -> None:
    folder = Path(RECORDINGS) / "c7n/cloudformation/DescribeStacks"
    items = [
        item for path in sorted(folder.glob("*.json")) for item in orjson.loads(path.read_bytes())["data"]["Stacks"]
    ]
    rows = {item["StackId"]: CATALOGUE.row(STACKS, item, ACCOUNT, REGION) for item in items}
    found = read_stacks(list(rows.values()), [], [], ["*"])
    assert len(found) == sum(row["StackStatus"] != "DELETE_COMPLETE" for row in rows.values())
    assert {state.pending for state in found} >= {
        ("no resource of the stack was listed",),
        ("the stack is in UPDATE_IN_PROGRESS",),
    }


# ---------------------------------------------------------------------------------------- the embedded account

TEMPLATE = {
    "Parameters": {"Name": {"Type": "String", "Default": "orders"}},
    "Resources": {
        "Topic": {
            "Type": "AWS::SNS::Topic",
            "Properties": {"TopicName": {"Ref": "Name"}, "DisplayName": "Orders"},
        },
        "Vpc": {"Type": "AWS::EC2::VPC", "Properties": {"CidrBlock": "10.0.0.0/16"}},
        "Bucket": {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": "trading-orders"}},
        "Queue": {"Type": "AWS::SQS::Queue"},
    },
    "Outputs": {"VpcId": {"Value": {"Ref": "Vpc"}}, "Text": {"Value": PASSWORD}},
}


@pytest.fixture
def cloudformation() -> Iterator[Any]:
    with EmbeddedAccount(worlds=()):
        client = boto3.client("cloudformation", REGION)
        client.create_stack(StackName="trading-orders", TemplateBody=json.dumps(TEMPLATE))
        yield client


def statuses(client: Any, name: str = "trading-orders") -> dict[str, str]:  # noqa: ANN401 - boto3 is untyped
    found = client.describe_stack_resource_drifts(StackName=name)["StackResourceDrifts"]
    return {one["LogicalResourceId"]: one["StackResourceDriftStatus"] for one in found}


def test_drift_is_what_was_last_detected(cloudformation: Any) -> None:  # noqa: ANN401 - boto3 is untyped
    assert statuses(cloudformation) == {}
    [stack] = cloudformation.describe_stacks()["Stacks"]
    assert stack["DriftInformation"] == {"StackDriftStatus": "NOT_CHECKED"}
    detection = cloudformation.detect_stack_drift(StackName="trading-orders")["StackDriftDetectionId"]
    assert statuses(cloudformation) == {"Topic": "IN_SYNC", "Vpc": "IN_SYNC", "Bucket": "IN_SYNC"}
    told = cloudformation.describe_stack_drift_detection_status(StackDriftDetectionId=detection)
    assert (told["DetectionStatus"], told["StackDriftStatus"]) == ("DETECTION_COMPLETE", "IN_SYNC")
    topics = boto3.client("sns", REGION)
    [topic] = topics.list_topics()["Topics"]
    topics.set_topic_attributes(TopicArn=topic["TopicArn"], AttributeName="DisplayName", AttributeValue="Other")
    boto3.client("s3", REGION).delete_bucket(Bucket="trading-orders")
    assert set(statuses(cloudformation).values()) == {"IN_SYNC"}, "AWS does not look by itself"
    cloudformation.detect_stack_drift(StackName="trading-orders")
    assert statuses(cloudformation) == {"Topic": "MODIFIED", "Vpc": "IN_SYNC", "Bucket": "DELETED"}
    [stack] = cloudformation.describe_stacks()["Stacks"]
    assert stack["DriftInformation"]["StackDriftStatus"] == "DRIFTED"
    summaries = cloudformation.list_stack_resources(StackName="trading-orders")["StackResourceSummaries"]
    assert {one["LogicalResourceId"]: one["DriftInformation"]["StackResourceDriftStatus"] for one in summaries} == {
        "Topic": "MODIFIED",
        "Vpc": "IN_SYNC",
        "Bucket": "DELETED",
        "Queue": "NOT_CHECKED",
    }


def test_drifts_come_in_pages_and_by_status(cloudformation: Any) -> None:  # noqa: ANN401 - boto3 is untyped
    cloudformation.detect_stack_drift(StackName="trading-orders")
    first = cloudformation.describe_stack_resource_drifts(StackName="trading-orders", MaxResults=2)
    rest = cloudformation.describe_stack_resource_drifts(StackName="trading-orders", NextToken=first["NextToken"])
    assert [len(page["StackResourceDrifts"]) for page in (first, rest)] == [2, 1]
    assert "NextToken" not in rest
    none = cloudformation.describe_stack_resource_drifts(
        StackName="trading-orders", StackResourceDriftStatusFilters=["DELETED"]
    )
    assert none["StackResourceDrifts"] == []


@pytest.mark.parametrize(
    ("operation", "params"),
    [
        ("describe_stack_resource_drifts", {"StackName": "none"}),
        ("detect_stack_drift", {"StackName": "none"}),
        ("describe_stack_drift_detection_status", {"StackDriftDetectionId": "none"}),
    ],
)
def test_what_does_not_exist_is_refused_as_aws_does(
    cloudformation: Any,  # noqa: ANN401 - boto3 is untyped
    operation: str,
    params: dict[str, str],
) -> None:
    with pytest.raises(botocore.exceptions.ClientError, match=r"ValidationError.*does not exist"):
        getattr(cloudformation, operation)(**params)


def test_an_embedded_stack_is_collected_and_declares_what_it_made(cloudformation: Any, tmp_path: Path) -> None:  # noqa: ANN401 - boto3 is untyped
    cloudformation.detect_stack_drift(StackName="trading-orders")
    staging = Staging(tmp_path / "units")
    target = Target(Account(ACCOUNT_ID, "", (REGION,)), open_session(None, Tuning(threads=4)))
    plan = make_plan(CATALOGUE, [Read(name, frozenset({"*"})) for name in (STACKS, RESOURCES, DRIFTS)])
    try:
        Collection(CATALOGUE, plan, staging, threads=4).run([target], lambda _progress: None)
    finally:
        staging.close()
    found = Collected(staging)
    assert found.gaps == []
    [state] = read_stacks(found.rows(STACKS), found.rows(RESOURCES), found.rows(DRIFTS), ["trading-*"])
    assert state.name == f"trading-orders in {ACCOUNT_ID}/{REGION}"
    declared = {one.address: one for one in state.resources}
    assert sorted(declared) == ["Bucket", "Queue", "Topic", "Vpc"]
    assert declared["Bucket"].id == "trading-orders"
    [vpc_output, text] = sorted(state.outputs, key=lambda output: output.withheld)
    assert (vpc_output.name, vpc_output.value) == ("VpcId", declared["Vpc"].id)
    assert text == Output("Text", None, withheld=True)
    results = drift_results(found.rows(DRIFTS))
    assert {
        address: results[one.provider, address].status
        for address, one in declared.items()
        if (one.provider, address) in results
    } == dict.fromkeys(("Bucket", "Topic", "Vpc"), DriftStatus.IN_SYNC)
    assert PASSWORD.encode() not in b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())


# ---------------------------------------------------------------------------------------- read as declared state

Row = dict[str, Any]


def stack(name: str, **fields: Any) -> Row:  # noqa: ANN401 - a row
    """A row of `cloudformation_stacks`."""
    return {
        "account": ACCOUNT,
        "region": REGION,
        "StackId": stack_id(name),
        "StackName": name,
        "StackStatus": "CREATE_COMPLETE",
        "OutputKeys": "",
        "OutputNames": [],
        **fields,
    }


def belongs(name: str, logical: str, **fields: Any) -> Row:  # noqa: ANN401 - a row
    """A row of `cloudformation_stack_resources`."""
    place = {"StackId": stack_id(name), "StackName": name, "account": ACCOUNT, "region": REGION}
    return resource(logical, **{**place, **fields})


def one_state(*resources: Row, **fields: Any) -> State:  # noqa: ANN401 - a row
    [state] = read_stacks([stack("a", **fields)], resources, [], ["a"])
    return state


def test_a_resource_is_declared_by_its_physical_id_in_its_stack() -> None:
    state = one_state(belongs("a", "Vpc"))
    assert state.resources == (
        Declared(
            tool=Tool.CLOUDFORMATION,
            state=f"a in {ACCOUNT}/{REGION}",
            address="Vpc",
            kind="AWS::EC2::VPC",
            id="id-of-Vpc",
            provider=stack_id("a"),
            account=ACCOUNT,
            region=REGION,
            attributes={"ref": "id-of-Vpc"},
        ),
    )
    assert (state.tool, state.version, state.pending) == (Tool.CLOUDFORMATION, "CloudFormation", ())


@pytest.mark.parametrize(
    ("status", "standing"),
    [
        ("CREATE_COMPLETE", Standing.MANAGED),
        ("UPDATE_COMPLETE", Standing.MANAGED),
        ("IMPORT_COMPLETE", Standing.MANAGED),
        ("UPDATE_ROLLBACK_COMPLETE", Standing.MANAGED),
        ("UPDATE_FAILED", Standing.MANAGED),
        ("DELETE_FAILED", Standing.DEPOSED),
        ("CREATE_IN_PROGRESS", Standing.PENDING),
        ("UPDATE_IN_PROGRESS", Standing.PENDING),
        ("DELETE_IN_PROGRESS", Standing.PENDING),
        ("CREATE_FAILED", Standing.PENDING),
        ("IMPORT_FAILED", Standing.PENDING),
        ("IMPORT_ROLLBACK_COMPLETE", Standing.PENDING),
        ("EXPORT_COMPLETE", Standing.PENDING),
        ("SOMETHING_NEW", Standing.PENDING),
        (None, Standing.PENDING),
    ],
)
def test_a_status_says_how_a_resource_stands(status: str | None, standing: Standing) -> None:
    [declared] = one_state(belongs("a", "Vpc", ResourceStatus=status)).resources
    assert declared.standing is standing


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"ResourceStatus": "DELETE_COMPLETE"}, "resource that was deleted"),
        ({"ResourceStatus": "DELETE_SKIPPED"}, "resource that was retained and is no longer the stack's"),
        ({"ResourceType": "Custom::Seed"}, "custom resource"),
        ({"ResourceType": "AWS::CloudFormation::CustomResource"}, "custom resource"),
        ({"ResourceType": "AWS::CloudFormation::WaitCondition"}, "wait condition"),
        ({"ResourceType": "AWS::CloudFormation::WaitConditionHandle"}, "wait condition"),
        ({"ResourceType": "AWS::CDK::Metadata"}, "metadata"),
        ({"ResourceType": "Datadog::Monitors::Monitor"}, "type of Datadog"),
    ],
)
def test_what_is_no_resource_of_the_stacks_is_set_aside_and_counted(fields: dict[str, str], why: str) -> None:
    state = one_state(belongs("a", "Vpc"), belongs("a", "X", **fields), belongs("a", "Y", **fields))
    assert [one.address for one in state.resources] == ["Vpc"]
    assert state.set_aside == {why: 2}


@pytest.mark.parametrize("kind", ["AWS::CloudFormation::Stack", "AWS::New::Kind", "", None])
def test_every_other_type_is_kept_even_one_that_nobody_knows(kind: str | None) -> None:
    [declared] = one_state(belongs("a", "X", ResourceType=kind)).resources
    assert declared.kind == (kind or "")


def test_a_resource_without_an_id_is_declared_without_one() -> None:
    [declared] = one_state(belongs("a", "X", PhysicalResourceId=None)).resources
    assert (declared.id, declared.attributes) == ("", {"ref": ""})


@pytest.mark.parametrize(
    ("status", "resources", "pending"),
    [
        ("CREATE_COMPLETE", 1, ()),
        ("UPDATE_ROLLBACK_FAILED", 1, ()),
        ("UPDATE_IN_PROGRESS", 1, ("the stack is in UPDATE_IN_PROGRESS",)),
        ("UPDATE_COMPLETE_CLEANUP_IN_PROGRESS", 1, ("the stack is in UPDATE_COMPLETE_CLEANUP_IN_PROGRESS",)),
        ("REVIEW_IN_PROGRESS", 0, ("the stack is in REVIEW_IN_PROGRESS",)),
        ("CREATE_COMPLETE", 0, ("no resource of the stack was listed",)),
    ],
)
def test_what_is_under_way_or_was_not_listed_is_told(status: str, resources: int, pending: tuple[str, ...]) -> None:
    rows = [belongs("a", str(number)) for number in range(resources)]
    assert one_state(*rows, StackStatus=status).pending == pending


FAMILY = [
    stack("trading"),
    stack("trading-network", ParentId=stack_id("trading"), RootId=stack_id("trading")),
    stack("deep", ParentId=stack_id("trading-network"), RootId=stack_id("trading")),
    stack("payment"),
    stack("trading-gone", StackStatus="DELETE_COMPLETE"),
]


@pytest.mark.parametrize(
    ("patterns", "names"),
    [
        (["trading"], ["deep", "trading", "trading-network"]),
        (["trading-*"], ["deep", "trading-network"]),
        (["deep"], ["deep"]),
        (["pay*", "deep"], ["deep", "payment"]),
        ([stack_id("payment")], ["payment"]),
        (["arn:aws:cloudformation:*:stack/payment/*"], ["payment"]),
        (["*"], ["deep", "payment", "trading", "trading-network"]),
        (["Trading"], []),
        ([], []),
    ],
)
def test_stacks_are_chosen_by_name_or_id_with_those_nested_in_them(patterns: list[str], names: list[str]) -> None:
    rows = [belongs(one["StackName"], "Vpc") for one in FAMILY]
    states = read_stacks(FAMILY, rows, [], patterns)
    assert [state.name.split(" ")[0] for state in states] == names
    assert all(len(state.resources) == 1 for state in states)


def test_a_pattern_that_no_stack_matches_is_named() -> None:
    assert unmatched(FAMILY, ["trading", "tarding", "trading-gone"]) == ("tarding", "trading-gone")


def test_stacks_of_one_name_in_two_regions_are_two_states() -> None:
    west = stack("a", region="us-west-2", StackId=stack_id("a").replace(REGION, "us-west-2"))
    rows = [belongs("a", "East"), belongs("a", "West", StackId=west["StackId"])]
    east_state, west_state = read_stacks([west, stack("a")], rows, [], ["a"])
    assert [one.address for one in east_state.resources] == ["East"]
    assert [(one.address, one.region) for one in west_state.resources] == [("West", "us-west-2")]


def test_the_digest_is_of_all_that_was_read_whatever_its_order() -> None:
    rows = [belongs("a", "One"), belongs("a", "Two")]
    drifts = [{"StackId": stack_id("a"), "LogicalResourceId": "One", "StackResourceDriftStatus": "IN_SYNC"}]

    def digest(resources: Sequence[Row], checked: Sequence[Row], **fields: Any) -> str:  # noqa: ANN401 - a row
        [state] = read_stacks([stack("a", **fields)], resources, checked, ["a"])
        return state.digest

    first = digest(rows, drifts)
    assert first == digest(rows[::-1], drifts)
    others = {
        digest(rows[:1], drifts),
        digest(rows, []),
        digest(rows, drifts, StackStatus="UPDATE_COMPLETE"),
        digest([rows[0], {**rows[1], "PhysicalResourceId": "other"}], drifts),
    }
    assert len(others | {first}) == 5


def test_outputs_without_a_kept_value_are_withheld() -> None:
    kept = [{"OutputKey": "Vpc", "Value": "vpc-0a1b2c3d"}, {"OutputKey": "Text", "Value": None}]
    state = one_state(OutputKeys="Vpc,Text,Older", OutputNames=kept)
    assert state.outputs == (
        Output("Older", None, withheld=True),
        Output("Text", None, withheld=True),
        Output("Vpc", "vpc-0a1b2c3d"),
    )
    assert one_state(OutputKeys=None, OutputNames=None).outputs == ()


# ---------------------------------------------------------------------------------------- drift results


def drift(logical: str, status: str | None, *differences: Row, **fields: Any) -> Row:  # noqa: ANN401 - a row
    return {
        "StackId": stack_id("a"),
        "LogicalResourceId": logical,
        "StackResourceDriftStatus": status,
        "Timestamp": "2026-01-02T03:04:05+00:00",
        "PropertyDifferences": list(differences),
        **fields,
    }


@pytest.mark.parametrize(
    ("told", "status"),
    [
        ("IN_SYNC", DriftStatus.IN_SYNC),
        ("DELETED", DriftStatus.DELETED),
        ("NOT_CHECKED", DriftStatus.NOT_CHECKED),
        ("UNKNOWN", DriftStatus.UNKNOWN),
        ("UNSUPPORTED", DriftStatus.UNSUPPORTED),
        ("SOMETHING_NEW", DriftStatus.UNKNOWN),
        (None, DriftStatus.UNKNOWN),
    ],
)
def test_a_drift_status_is_never_taken_for_in_sync(told: str | None, status: DriftStatus) -> None:
    [result] = drift_results([drift("X", told)]).values()
    assert (result.status, result.changes) == (status, ())


def test_differences_become_changes_and_withheld_ones_are_named() -> None:
    found = drift_results(
        [
            drift(
                "X",
                "MODIFIED",
                {"PropertyPath": "/Size", "ExpectedValue": "1", "ActualValue": "2", "Withheld": False},
                {"PropertyPath": "/Password", "ExpectedValue": None, "ActualValue": None, "Withheld": True},
                {"PropertyPath": "/Ports/0", "ExpectedValue": None, "ActualValue": '{"From": 22}'},
                {"PropertyPath": "/Broken", "ExpectedValue": "{", "ActualValue": "[1]"},
            ),
            drift("Y", "UNKNOWN", DriftStatusReason="no rights", PropertyDifferences=None, Timestamp=None),
        ]
    )
    result = found[stack_id("a"), "X"]
    assert result.changes == (
        Change("/Broken", "{", [1]),
        Change("/Password", None, None),
        Change("/Ports/0", None, {"From": 22}),
        Change("/Size", "1", "2"),
    )
    assert (result.withheld, result.checked) == (("/Password",), "2026-01-02T03:04:05+00:00")
    assert found[stack_id("a"), "Y"] == DriftResult(status=DriftStatus.UNKNOWN, reason="no rights")
    assert (stack_id("a"), "Z") not in found, "never checked"
