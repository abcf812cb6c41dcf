"""Code against an account from end to end: exactly what was changed is told, from Terraform and from Pulumi alike."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import botocore.client
import botocore.exceptions
import pytest

from auditor.cli.commands import auditor
from auditor.demo.account import EmbeddedAccount
from tests import code_world
from tests.code_world import Json, World, client
from tests.commands import auditor as carried_out
from tests.commands import refused

SECRETS = ("hunter2-is-secret", "not-kept-anywhere")
CONFIG = """
standard = "payment-migration"
environment = "production"
[regions]
primary = "us-east-1"
recovery = []
[state]
terraform = ["net.tfstate"]
"""
Resources = list[tuple[str, str, Json]]


def reordered(resources: Resources) -> None:
    """Every list of every resource the other way round."""
    for _, _, attributes in resources:
        for value in list(attributes.values()):
            _reverse(value)


def _reverse(value: object) -> None:
    if isinstance(value, list):
        value.reverse()
        for item in value:
            _reverse(item)
    elif isinstance(value, dict):
        for item in value.values():
            _reverse(item)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Audits `clean`, `changed` (five changes later) and `denied` (the same without two APIs), with the states."""
    place = tmp_path_factory.mktemp("code")
    (place / "config.toml").write_text(CONFIG)
    call = botocore.client.BaseClient._make_api_call  # noqa: SLF001 - where every call of boto3 passes

    def denied(self: object, operation: str, params: object) -> object:
        if operation in ("DescribeLogGroups", "ListSecrets"):
            raise botocore.exceptions.ClientError({"Error": {"Code": "AccessDenied", "Message": "no"}}, operation)
        return call(self, operation, params)

    def audit(name: str) -> None:
        options = ["--config", str(place / "config.toml"), "--output", str(place / name), "--quiet"]
        only = [part for number in range(1, 5) for part in ("--requirement", f"DRF-0{number}")]
        auditor.main(["run", *options, "--format", "json,html,slack,csv", *only], standalone_mode=False)

    with EmbeddedAccount(worlds=()), pytest.MonkeyPatch.context() as patch:
        world = code_world.build()
        (place / "net.tfstate").write_bytes(world.terraform())
        (place / "reordered.tfstate").write_bytes(world.terraform(reordered))
        (place / "stack.json").write_bytes(world.pulumi())
        (place / "reordered.json").write_bytes(world.pulumi(reordered))
        audit("clean")
        _change(world)
        audit("changed")
        patch.setattr(botocore.client.BaseClient, "_make_api_call", denied)
        audit("denied")
    return place


def _change(world: World) -> None:
    """One resource removed, one attribute changed, one tag changed, one unmanaged resource added."""
    client("logs").delete_log_group(logGroupName="/app/web")
    client("lambda").update_function_configuration(FunctionName="app", MemorySize=512)
    client("ec2").create_tags(Resources=[world.ids["vpc"]], Tags=[{"Key": "Owner", "Value": "somebody"}])
    client("ec2").create_security_group(GroupName="by-hand", Description="by hand", VpcId=world.ids["vpc"])


def drift(folder: Path, audit: str, *options: str) -> tuple[int, Json]:
    """`auditor drift`: exit status and document."""
    output = folder / "drift.json"
    arguments = ["drift", str(folder / audit), *options, "--format", "json", "--output", str(output), "--quiet"]
    status: int = auditor.main(arguments, standalone_mode=False)
    document: Json = json.loads(output.read_text())
    return status, document


STATES = {
    "terraform": ("--terraform-state", "net.tfstate"),
    "terraform, lists reordered": ("--terraform-state", "reordered.tfstate"),
    "pulumi": ("--pulumi-state", "stack.json"),
    "pulumi, lists reordered": ("--pulumi-state", "reordered.json"),
}
each_state = pytest.mark.parametrize("state", STATES.values(), ids=STATES)


def told(found: Mapping[str, Any]) -> dict[str, list[str]]:
    """What a document tells, in short."""
    return {
        "added": [f"{one['type']} {one['name']}" for one in found["added"]],
        "removed": [f"{one['type']} {one['name']}" for one in found["removed"]],
        "changed": sorted(
            f"{one['type']} {field['path']}: {field['old']} -> {field['new']}"
            for one in found["changed"]
            for field in one["fields"]
        ),
        "unknown": [
            f"{one['claim']['kind'] if one.get('claim') else one['type']} {one['action']}" for one in found["unknown"]
        ],
    }


NOTHING: dict[str, list[str]] = {"added": [], "removed": [], "changed": [], "unknown": []}


@each_state
def test_an_account_as_the_code_declares_it_has_no_drift(folder: Path, state: tuple[str, str]) -> None:
    status, found = drift(folder, "clean", state[0], str(folder / state[1]))
    assert told(found) == NOTHING
    assert status == 0
    assert found["claimed_twice"] == []
    assert {share["percent"] for share in found["shares"]} == {100.0}
    assert [(one["name"], one["verdict"]) for one in found["outputs"]] in (
        [("vpc_id", "deployed")],
        [("vpcId", "deployed")],
    )


@each_state
def test_exactly_what_was_changed_is_told(folder: Path, state: tuple[str, str]) -> None:
    status, found = drift(folder, "changed", state[0], str(folder / state[1]))
    assert status == 1
    assert told(found) == {
        "added": ["AWS::EC2::SecurityGroup by-hand"],
        "removed": ["AWS::Logs::LogGroup /app/web"],
        "changed": [
            "AWS::EC2::VPC tags.Owner: platform -> somebody",
            "AWS::Lambda::Function memory_size: 256 -> 512",
        ],
        "unknown": [],
    }
    (groups,) = [share for share in found["shares"] if share["type"] == "AWS::EC2::SecurityGroup"]
    assert (groups["managed"], groups["unmanaged"], groups["percent"]) == (1, 1, 50.0)


@each_state
def test_what_was_denied_is_unknown_and_neither_missing_nor_managed(folder: Path, state: tuple[str, str]) -> None:
    status, found = drift(folder, "denied", state[0], str(folder / state[1]))
    assert status == 1
    assert told(found)["removed"] == []
    assert {one["action"] for one in found["unknown"]} == {"logs:DescribeLogGroups", "secretsmanager:ListSecrets"}
    shares = {share["type"]: share["percent"] for share in found["shares"]}
    assert shares["AWS::Logs::LogGroup"] is None
    assert shares["AWS::SecretsManager::Secret"] is None


def test_the_audit_itself_judges_the_code(folder: Path) -> None:
    clean, changed, denied = (
        json.loads((folder / name / "results.json").read_text()) for name in ("clean", "changed", "denied")
    )

    def statuses(results: Json) -> dict[str, str]:
        return {one["id"]: one["status"] for one in results["requirements"]}

    assert statuses(clean) == {"DRF-01": "pass", "DRF-02": "pass", "DRF-03": "pass", "DRF-04": "pass"}
    assert statuses(changed) == {"DRF-01": "fail", "DRF-02": "fail", "DRF-03": "fail", "DRF-04": "pass"}
    assert statuses(denied) == {"DRF-01": "unknown", "DRF-02": "fail", "DRF-03": "fail", "DRF-04": "pass"}
    messages = {one["message"] for one in changed["findings"] if one["status"] == "fail"}
    assert any("memory_size is 256 in the code and 512 live" in message for message in messages)
    assert told(changed["drift"]["code"]) == told(
        drift(folder, "changed", "--terraform-state", str(folder / "net.tfstate"))[1]
    )


def test_states_that_no_check_asks_for_are_not_compared(folder: Path, tmp_path: Path) -> None:
    def requirements(audit: Path, output: Path, *only: str) -> Json:
        arguments = ["evaluate", str(audit), "--output", str(output), "--format", "json", "--quiet", *only]
        auditor.main(arguments, standalone_mode=False)
        found: Json = json.loads((output / "results.json").read_text())
        return found

    narrow = requirements(folder / "clean", tmp_path / "narrow", "--requirement", "DRF-05")
    assert "code" not in narrow.get("drift", {})
    wide = requirements(tmp_path / "narrow", tmp_path / "wide", "--requirement", "DRF-01", "--check", "*")
    assert [one["status"] for one in wide["requirements"]] == ["pass"], "the states are handed on"


def test_the_policy_has_what_the_code_and_the_changes_take(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    Path("traced.toml").write_text(CONFIG + "[drift]\nwho_changed = true\n")
    for config, requirement, wanted, unwanted in (
        ("config.toml", "DRF-01", "logs:DescribeLogGroups", "cloudtrail:LookupEvents"),
        ("traced.toml", "DRF-01", "cloudtrail:LookupEvents", "eks:ListClusters"),
        ("config.toml", "NET-01", "ec2:DescribeVpcs", "logs:DescribeLogGroups"),
    ):
        said = carried_out("policy", "--config", config, "--requirement", requirement).out
        assert wanted in said
        assert unwanted not in said


def test_a_state_is_called_by_its_path_from_the_configuration(folder: Path) -> None:
    findings = json.loads((folder / "changed" / "results.json").read_text())["findings"]
    assert {one["evidence"].get("state") for one in findings} == {"net.tfstate", None}


def test_no_secret_of_a_state_is_anywhere_in_an_audit(folder: Path) -> None:
    assert all(secret in (folder / "net.tfstate").read_text() for secret in SECRETS)
    for path in (folder / "changed").rglob("*"):
        if path.is_file():
            content = path.read_bytes()
            if path.suffix == ".gz":
                import gzip

                content = gzip.decompress(content)
            assert not any(secret.encode() in content for secret in SECRETS), path


def test_an_audit_is_judged_again_with_the_states_that_it_keeps(folder: Path, tmp_path: Path) -> None:
    arguments = [
        "evaluate",
        str(folder / "changed"),
        "--output",
        str(tmp_path / "again"),
        "--format",
        "json",
        "--quiet",
    ]
    assert auditor.main(arguments, standalone_mode=False) == 1
    before, after = (
        json.loads((place / "results.json").read_text()) for place in (folder / "changed", tmp_path / "again")
    )
    for results in (before, after):
        results["audit"].pop("finished_at")
    assert before == after


@pytest.mark.parametrize(
    ("options", "remedy"),
    [
        ([], "Give --baseline"),
        (["--baseline", "clean", "--terraform-state", "x"], "one thing at a time"),
        (["--terraform-state", "absent.tfstate"], "absent.tfstate cannot be read"),
        (["--terraform-state", "*.nothing"], "no state file matches"),
        (["--pulumi-state", "net.tfstate"], "net.tfstate"),
        (["--terraform-state", "stack.json"], "stack.json"),
    ],
)
def test_what_cannot_be_compared_says_why_in_a_line(
    folder: Path, options: list[str], remedy: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folder)
    assert remedy in refused("drift", "clean", *options)


def test_what_is_told_in_a_terminal(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    state = ["--terraform-state", str(folder / "net.tfstate")]
    assert auditor.main(["drift", str(folder / "changed"), *state], standalone_mode=False) == 1
    text = capsys.readouterr().out
    for part in (
        "Unmanaged: live, and in no given state (1)",
        "Missing: declared, and not deployed (1)",
        "Different: declared -> live (2)",
        "memory_size: 256 -> 512",
        "AWS::EC2::SecurityGroup: 1 of 2 (50.0 %)",
        "1 missing, 2 different, 1 unmanaged, 0 could not be compared",
    ):
        assert part in text
