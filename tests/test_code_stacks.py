"""Stacks against an account: what they made is there, and their own drift detection says what differs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import botocore.client
import botocore.exceptions
import pytest

from auditor.cli.commands import auditor
from auditor.demo.account import EmbeddedAccount
from tests.code_world import ACCOUNT, EAST, Json, client

TEMPLATE = {
    "Resources": {
        "Vpc": {"Type": "AWS::EC2::VPC", "Properties": {"CidrBlock": "10.9.0.0/16", "EnableDnsHostnames": True}},
        "Assets": {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": "shop-stack-assets"}},
        "Alerts": {"Type": "AWS::SNS::Topic", "Properties": {"TopicName": "stack-alerts", "DisplayName": "alerts"}},
    },
    "Outputs": {"VpcId": {"Value": {"Ref": "Vpc"}}},
}
CONFIG = """
standard = "payment-migration"
[regions]
primary = "us-east-1"
recovery = []
[state]
cloudformation = ["shop-*"]
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Audits `unchecked`, `checked` after drift detection, `changed` after changes and detection, `absent` without,
    `denied` without ListStackResources.
    """
    place = tmp_path_factory.mktemp("stacks")
    (place / "config.toml").write_text(CONFIG)
    (place / "absent.toml").write_text(CONFIG.replace("shop-*", "shp-*"))

    def audit(name: str, config: str = "config") -> None:
        options = ["--config", str(place / f"{config}.toml"), "--output", str(place / name), "--quiet"]
        only = [part for number in range(1, 5) for part in ("--requirement", f"DRF-0{number}")]
        auditor.main(["run", *options, "--format", "json", *only], standalone_mode=False)

    call = botocore.client.BaseClient._make_api_call  # noqa: SLF001 - where every call of boto3 passes

    def denied(self: object, operation: str, params: object) -> object:
        if operation == "ListStackResources":
            raise botocore.exceptions.ClientError({"Error": {"Code": "AccessDenied", "Message": "no"}}, operation)
        return call(self, operation, params)

    with EmbeddedAccount(worlds=()), pytest.MonkeyPatch.context() as patch:
        stacks = client("cloudformation")
        stacks.create_stack(StackName="shop-net", TemplateBody=json.dumps(TEMPLATE))
        audit("unchecked")
        stacks.detect_stack_drift(StackName="shop-net")
        audit("checked")
        client("s3").delete_bucket(Bucket="shop-stack-assets")
        topic = f"arn:aws:sns:{EAST}:{ACCOUNT}:stack-alerts"
        client("sns").set_topic_attributes(TopicArn=topic, AttributeName="DisplayName", AttributeValue="changed")
        client("sns").create_topic(Name="by-hand")
        stacks.detect_stack_drift(StackName="shop-net")
        audit("changed")
        audit("absent", "absent")
        patch.setattr(botocore.client.BaseClient, "_make_api_call", denied)
        audit("denied")
    return place


def code(folder: Path, name: str) -> Json:
    """What an audit says of the code."""
    found: Json = json.loads((folder / name / "results.json").read_text())["drift"]["code"]
    return found


def addresses(found: list[Any]) -> list[str]:
    return [one["claim"]["address"] for one in found]


def test_what_a_stack_made_is_there_and_its_properties_are_unknown_until_somebody_checks(folder: Path) -> None:
    found = code(folder, "unchecked")
    assert found["summary"] | {"unknown": 0} == {"added": 0, "removed": 0, "changed": 0, "unknown": 0, "ignored": 0}
    assert addresses(found["unknown"]) == ["Alerts", "Assets", "Vpc"]
    assert {one["code"] for one in found["unknown"]} == {"NotChecked"}
    assert found["deployed"] == 3
    assert {share["type"]: share["percent"] for share in found["shares"]} == {
        "AWS::EC2::VPC": 100.0,
        "AWS::S3::Bucket": 100.0,
        "AWS::SNS::Topic": 100.0,
    }
    assert [(one["name"], one["verdict"]) for one in found["outputs"]] == [("VpcId", "deployed")]


def test_drift_detection_says_that_nothing_differs(folder: Path) -> None:
    found = code(folder, "checked")
    assert {kind: found["summary"][kind] for kind in ("added", "removed", "changed")} == {
        "added": 0,
        "removed": 0,
        "changed": 0,
    }
    assert "Alerts" not in addresses(found["unknown"])


def test_what_is_gone_differs_or_was_made_by_hand_is_told(folder: Path) -> None:
    found = code(folder, "changed")
    assert addresses(found["removed"]) == ["Assets"]
    assert addresses(found["changed"]) == ["Alerts"]
    assert [(one["path"], one["old"], one["new"]) for one in found["changed"][0]["fields"]] == [
        ("/DisplayName", "alerts", "changed")
    ]
    assert [one["name"] for one in found["added"]] == ["by-hand"]


def test_nothing_is_called_unmanaged_where_the_resources_of_stacks_could_not_be_listed(folder: Path) -> None:
    found = code(folder, "denied")
    assert (found["added"], found["removed"]) == ([], [])
    assert "cloudformation:ListStackResources" in {one["action"] for one in found["unknown"]}
    results = json.loads((folder / "denied" / "results.json").read_text())
    statuses = {one["id"]: one["status"] for one in results["requirements"]}
    assert {name: statuses[name] for name in ("DRF-01", "DRF-02", "DRF-03")} == dict.fromkeys(
        ("DRF-01", "DRF-02", "DRF-03"), "unknown"
    )


def test_a_misspelt_stack_declares_nothing_and_that_is_unknown(folder: Path) -> None:
    results = json.loads((folder / "absent" / "results.json").read_text())
    assert [one["reason"] for one in results["drift"]["code"]["unknown"]] == ["no stack is called shp-*"]
    assert next(one["status"] for one in results["requirements"] if one["id"] == "DRF-01") == "unknown"
    assert {one["resource"]["arn"] for one in results["findings"]} == {f"arn:aws:cloudformation:global:{ACCOUNT}:*"}
