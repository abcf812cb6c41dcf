"""Drift as users meet it: what became of findings, and the command over snapshots of a real (embedded) account."""

from __future__ import annotations

import functools
import json
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import boto3
import botocore.client
import botocore.exceptions
import pytest

from auditor.cli import audits as audits_module
from auditor.cli.commands import auditor
from auditor.cli.drifting import exit_status
from auditor.demo.account import EmbeddedAccount
from auditor.drift.findings import compare_findings
from auditor.errors import SnapshotError, UsageError

Row = dict[str, Any]
ACCOUNT, EAST, WEST = "111122223333", "us-east-1", "us-west-2"

# ---------------------------------------------------------------------------------------- findings


def results(
    status: str | None, *, checks: Sequence[str] = ("c",), regions: Sequence[str] = (EAST,), unlisted: str = ""
) -> Row:
    """A results document with one finding of that status, or none."""

    def finding(id_: str, arn: str, type_: str, region: str, status: str) -> Row:
        resource = {"arn": arn, "type": type_, "account": ACCOUNT, "region": region, "name": None}
        return {"id": id_, "check": "c", "requirements": [], "severity": "low", "message": "m", "status": status} | {
            "resource": resource
        }

    found = [finding("1", "arn:x", "AWS::X", EAST, status)] if status else []
    if unlisted:
        found.append(finding("2", f"arn:aws:ec2:{unlisted}:{ACCOUNT}:*", "AWS::Region", unlisted, "unknown"))
    scope = {"accounts": [{"id": ACCOUNT, "regions": list(regions)}]}
    return {"findings": found, "checks": [{"id": name} for name in checks], "scope": scope}


@pytest.mark.parametrize(
    ("old", "new", "kind", "was_now"),
    [
        (results("pass"), results("fail"), "new", "pass fail"),
        (results(None), results("fail"), "new", "absent fail"),
        (results("waived"), results("fail"), "new", "waived fail"),
        (results(None, checks=()), results("fail"), "new", "not_evaluated fail"),
        (results("fail"), results("pass"), "resolved", "fail pass"),
        (results("fail"), results("waived"), "resolved", "fail waived"),
        (results("fail"), results(None), "resolved", "fail absent"),
        (results("fail"), results("fail"), "still_open", "fail fail"),
        (results("pass"), results("unknown"), "newly_unseen", "pass unknown"),
        (results(None), results("unknown"), "newly_unseen", "absent unknown"),
        (results("fail"), results(None, checks=()), "newly_unseen", "fail not_evaluated"),
        (results("fail"), results(None, regions=(WEST,)), "newly_unseen", "fail not_evaluated"),
        (results("fail", unlisted=EAST), results(None, unlisted=EAST), "newly_unseen", "fail unknown"),
        (results("fail", unlisted=WEST), results(None, unlisted=WEST), "resolved", "fail absent"),
        (results("unknown"), results("fail"), "seen_again", "unknown fail"),
        (results("unknown"), results(None), "seen_again", "unknown absent"),
        (results(None, unlisted=EAST), results("fail", unlisted=EAST), "seen_again", "unknown fail"),
        (results("pass"), results("pass"), "", ""),
        (results("pass"), results(None, checks=()), "", ""),
        (results("unknown"), results("unknown"), "", ""),
    ],
)
def test_what_became_of_a_finding(old: Row, new: Row, kind: str, was_now: str) -> None:
    found = {
        name: [f"{one.was} {one.now}" for one in ones] for name, ones in compare_findings(old, new).lists() if ones
    }
    assert found == ({kind: [was_now]} if kind else {})


# ---------------------------------------------------------------------------------------- the command


@pytest.fixture(scope="module")
def audits(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Audits of an account: `a`, `same`; `b` after three changes; `denied` as `b`, without ListSecrets."""
    folder = tmp_path_factory.mktemp("drift")
    (folder / "config.toml").write_text('standard = "payment-migration"\nenvironment = "production"\n')
    call = botocore.client.BaseClient._make_api_call  # noqa: SLF001 - where every call of boto3 passes

    def denied(self: object, operation: str, params: object) -> object:
        if operation == "ListSecrets":
            raise botocore.exceptions.ClientError({"Error": {"Code": "AccessDenied", "Message": "no"}}, operation)
        return call(self, operation, params)

    def audit(name: str) -> None:
        options = [
            "--config",
            str(folder / "config.toml"),
            "--output",
            str(folder / name),
            "--format",
            "json",
            "--quiet",
        ]
        checks = ["--check", "secret-*", "--check", "vpc-*"]
        auditor.main(["run", *options, *checks], standalone_mode=False)

    with EmbeddedAccount(worlds=()), pytest.MonkeyPatch.context() as patch:
        ec2, secrets = (boto3.client(name, region_name=EAST) for name in ("ec2", "secretsmanager"))
        vpc = ec2.create_vpc(CidrBlock="10.1.0.0/16")["Vpc"]["VpcId"]
        ec2.create_tags(
            Resources=[vpc], Tags=[{"Key": "Owner", "Value": "red"}, {"Key": "Name", "Value": "evil\u202e\u200b"}]
        )
        secrets.create_secret(Name="kept", SecretString="x")
        secrets.create_secret(Name="doomed", SecretString="x")
        audit("a")
        audit("same")
        ec2.create_tags(Resources=[vpc], Tags=[{"Key": "Owner", "Value": "red|blue"}])
        ec2.create_vpc(CidrBlock="10.2.0.0/16")
        secrets.delete_secret(SecretId="doomed", ForceDeleteWithoutRecovery=True)
        audit("b")
        patch.setattr(botocore.client.BaseClient, "_make_api_call", denied)
        audit("denied")
    return folder


def drift(audits: Path, name: str, *more: str) -> int:
    status: int = auditor.main(
        ["drift", str(audits / name), "--baseline", str(audits / "a"), *more], standalone_mode=False
    )
    return status


def test_two_audits_of_the_same_do_not_drift(audits: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert drift(audits, "same") == 0
    assert "0 added, 0 removed, 0 changed, 0 could not be compared" in capsys.readouterr().out


def test_exactly_what_was_done_is_told(audits: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert drift(audits, "b", "--format", "json") == 1
    text = capsys.readouterr().out
    found = json.loads(text)
    assert text.isascii()
    assert "\u202e" not in text
    tables = {one["table"] for one in found["added"]}
    assert [one["properties"]["CidrBlock"] for one in found["added"] if one["table"] == "ec2_vpcs"] == ["10.2.0.0/16"]
    assert tables <= {"ec2_vpcs", "ec2_route_tables", "ec2_security_groups"}, "what AWS makes with a VPC"
    assert [(one["type"], one["name"]) for one in found["removed"]] == [("AWS::SecretsManager::Secret", "doomed")]
    (changed,) = found["changed"]
    assert (changed["table"], changed["name"]) == ("ec2_vpcs", "evil\u202e\u200b")
    assert changed["fields"] == [{"path": "tags.Owner", "old": "red", "new": "red|blue"}]
    assert found["unknown"] == []
    assert found["audit"]["id"] == json.loads((audits / "b/results.json").read_text())["audit"]["id"]
    assert {"new", "resolved", "still_open", "newly_unseen", "seen_again"} == set(found["findings"])
    assert all(one["now"] == "fail" for one in found["findings"]["new"])


def test_what_was_denied_is_unknown_and_never_removed(audits: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert drift(audits, "denied", "--format", "json") == 1, "the VPCs did change"
    found = json.loads(capsys.readouterr().out)
    assert found["removed"] == []
    secrets = {(one["name"], one["action"]) for one in found["unknown"] if one["table"] == "secretsmanager_secrets"}
    assert secrets == {(name, "secretsmanager:ListSecrets") for name in ("kept", "doomed", None)}
    assert found["findings"]["resolved"] == []
    status = auditor.main(["drift", str(audits / "denied"), "--baseline", str(audits / "b")], standalone_mode=False)
    assert status == 3
    assert "secretsmanager:ListSecrets gave no answer in the audit" in capsys.readouterr().out


def test_the_table_steers_no_terminal_and_goes_to_a_file(
    audits: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    target = tmp_path / "drift.txt"
    assert drift(audits, "b", "--output", str(target), "--quiet") == 1
    assert capsys.readouterr().out == ""
    text = target.read_text()
    assert 'tags.Owner: "red" -> "red|blue"' in text
    assert "(evil\\u202e\\u200b)" in text
    assert "\u202e" not in text


def judged(audits: Path, name: str, baseline: Path, output: Path, *more: str) -> tuple[int, Row]:
    """An audit of the fixture judged again, against a baseline."""
    arguments = ["evaluate", str(audits / name), "--baseline", str(baseline), "--output", str(output), *more]
    checks = ["--check", "secret-*", "--check", "vpc-*", "--check", "change-since-*", "--config"]
    options = [*checks, str(audits / "config.toml"), "--format", "json", "--quiet"]
    status: int = auditor.main([*arguments, *options], standalone_mode=False)
    return status, json.loads((output / "results.json").read_text())


def test_an_audit_tells_what_became_of_resources_since_its_baseline(audits: Path, tmp_path: Path) -> None:
    _, found = judged(audits, "b", audits / "a", tmp_path / "b")
    resources = found["drift"]["resources"]
    assert drift(audits, "b", "--format", "json", "--output", str(tmp_path / "drift.json"), "--quiet") == 1
    alone = json.loads((tmp_path / "drift.json").read_text())
    for kind in ("added", "removed", "changed", "unknown"):
        assert resources[kind] == alone[kind]
    (known,) = [one for one in found["requirements"] if one["id"] == "DRF-05"]
    assert known["status"] == "pass"
    messages = {one["message"] for one in found["findings"] if one["check"].startswith("change-since")}
    assert any("1 removed, 1 changed since the baseline" in message for message in messages)
    _, found = judged(audits, "denied", audits / "b", tmp_path / "denied")
    (known,) = [one for one in found["requirements"] if one["id"] == "DRF-05"]
    assert known["status"] == "unknown"
    assert "secretsmanager:ListSecrets" in " ".join(one["message"] for one in found["findings"])


def test_a_finding_is_open_since_the_first_audit_that_had_it(audits: Path, tmp_path: Path) -> None:
    started = json.loads((audits / "a" / "results.json").read_text())["audit"]["started_at"]
    for name, baseline in (("one", audits / "a"), ("two", tmp_path / "one"), ("three", tmp_path / "two")):
        _, found = judged(audits, "same", baseline, tmp_path / name)
        still_open = found["drift"]["findings"]["still_open"]
        assert still_open
        assert {one["since"] for one in still_open} == {started}


@pytest.mark.parametrize(("name", "more", "status"), [("b", ["--fail-on-drift"], 1), ("same", ["--fail-on-drift"], 3)])
def test_drift_alone_can_fail_an_audit(
    name: str, more: list[str], status: int, audits: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(audits_module, "exit_status", lambda *_: 3)
    assert judged(audits, name, audits / "a", tmp_path / name, *more)[0] == status


def test_a_baseline_of_which_only_the_results_are_there_tells_of_findings_alone(audits: Path, tmp_path: Path) -> None:
    shutil.copytree(audits / "a", tmp_path / "a")
    shutil.rmtree(tmp_path / "a" / "snapshot")
    _, found = judged(audits, "b", tmp_path / "a", tmp_path / "b")
    assert "resources" not in found["drift"]
    assert found["drift"]["findings"]["still_open"]
    (known,) = [one for one in found["requirements"] if one["id"] == "DRF-05"]
    assert known["status"] == "not_applicable"
    assert known["reason"].startswith("No earlier audit")


def test_an_ignored_change_is_no_drift_and_is_counted(audits: Path, tmp_path: Path) -> None:
    config = tmp_path / "config.toml"
    rule = '[[drift.ignore]]\nresource = "*:vpc/*"\nattribute = "tags.Owner"\nreason = "known"\nexpires = 2999-01-01\n'
    config.write_text((audits / "config.toml").read_text() + rule)
    arguments = ["evaluate", str(audits / "b"), "--baseline", str(audits / "a"), "--output", str(tmp_path / "c")]
    checks = ["--config", str(config), "--check", "vpc-*", "--format", "json", "--quiet"]
    auditor.main([*arguments, *checks], standalone_mode=False)
    resources = json.loads((tmp_path / "c" / "results.json").read_text())["drift"]["resources"]
    assert resources["changed"] == []
    assert [one["fields"][0]["path"] for one in resources["ignored"]] == ["tags.Owner"]
    assert [(one["matched"], one["expired"]) for one in resources["rules"]] == [(1, False)]


def test_a_command_that_cannot_be_carried_out_says_why(audits: Path, tmp_path: Path) -> None:
    run = functools.partial(auditor.main, standalone_mode=False)
    with pytest.raises(UsageError, match="Give --baseline AUDIT"):
        run(["drift", str(audits / "b")])
    with pytest.raises(SnapshotError, match="holds no snapshot"):
        run(["drift", str(audits / "b"), "--baseline", str(tmp_path)])


def test_a_snapshot_that_was_only_collected_has_no_findings(
    audits: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "snapshot").symlink_to(audits / "a" / "snapshot")
    assert (
        auditor.main(
            ["drift", str(tmp_path), "--baseline", str(audits / "a"), "--format", "json"], standalone_mode=False
        )
        == 0
    )
    assert json.loads(capsys.readouterr().out)["findings"] is None


def test_a_broken_file_is_told_in_one_line(audits: Path, tmp_path: Path) -> None:
    shutil.copytree(audits / "a", tmp_path / "broken")
    for path in (tmp_path / "broken/snapshot/tables/ec2_vpcs").iterdir():
        path.write_bytes(b"PAR1")
    with pytest.raises(SnapshotError, match="is not as it was collected"):
        drift(audits, str(tmp_path / "broken"))


def test_a_bundle_is_compared_as_its_folder_is_and_what_was_changed_is_not(audits: Path, tmp_path: Path) -> None:
    for name in ("a", "b"):
        bundled = ["bundle", str(audits / name), "--output", str(tmp_path / f"{name}.zip"), "--quiet"]
        assert auditor.main(bundled, standalone_mode=False) == 0
    arguments = ["drift", str(tmp_path / "b.zip"), "--baseline", str(tmp_path / "a.zip"), "--format", "json"]
    outputs = [tmp_path / "bundles.json", tmp_path / "folders.json"]
    assert auditor.main([*arguments, "--output", str(outputs[0]), "--quiet"], standalone_mode=False) == 1
    assert drift(audits, "b", "--format", "json", "--output", str(outputs[1]), "--quiet") == 1
    assert outputs[0].read_text() == outputs[1].read_text()
    shutil.copytree(audits / "a", tmp_path / "changed")
    results = tmp_path / "changed" / "results.json"
    results.write_text(results.read_text().replace("fail", "pass"))
    with pytest.raises(SnapshotError, match="is not as it was written"):
        auditor.main(["drift", str(audits / "b"), "--baseline", str(tmp_path / "changed")], standalone_mode=False)


@pytest.mark.parametrize(
    ("outputs", "unknown", "status"),
    [
        ([], 0, 0),
        ([("deployed", None)], 0, 0),
        ([("unknown", "Withheld")], 0, 0),
        ([("unknown", "AccessDenied")], 0, 3),
        ([("missing", None), ("unknown", "AccessDenied")], 0, 1),
        ([], 1, 3),
    ],
)
def test_an_output_that_leads_nowhere_is_drift_and_a_secret_one_is_not(
    outputs: list[tuple[str, str | None]], unknown: int, status: int
) -> None:
    summary = {"added": 0, "removed": 0, "changed": 0, "unknown": unknown, "ignored": 0}
    found = {"summary": summary, "outputs": [{"verdict": verdict, "code": code} for verdict, code in outputs]}
    assert exit_status(found) == status
