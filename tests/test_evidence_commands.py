"""An audit as evidence, by the command line: signed, chained, bundled, judged again elsewhere, sampled, sent."""

from __future__ import annotations

import http.server
import json
import os
import shutil
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from auditor import reports
from auditor.demo.account import serve
from auditor.errors import AwsError
from auditor.evidence.manifest import write_manifest
from auditor.model import Action
from benchmarks import synthetic
from tests.commands import CONFIG, auditor, refused, results
from tests.evidence import Authority

pytestmark = pytest.mark.network

WANTED = ("--requirement", "NET-01", "--requirement", "SEC-01", "--requirement", "DNS-05")
OWN_CHECK = """title        = "VPCs are tagged with an owner"
description  = "Our own."
requirements = ["NET-01"]
severity     = "low"
resource     = "AWS::EC2::VPC"
facts        = "SELECT v.arn, v.account, v.region, v.name, v.tags['Owner'] AS owner FROM ec2_vpcs v"
pass_when    = "coalesce(owner, '') <> ''"
pass         = "is {owner}'s"
fail         = "has no owner"
expected     = "a tag Owner"
remediation  = "Tag it."
"""
WAIVERS = """
[[waivers]]
requirement = "NET-01"
resource = "*:us-west-2:*"
reason = "the recovery region is under construction"
approved_by = "CISO"
expires = 2099-12-31

[[waivers]]
requirement = "SEC-01"
resource = "arn:aws:secretsmanager:*:secret:no-such-secret*"
reason = "gone"
approved_by = "CISO"
expires = 2099-12-31

[[waivers]]
requirement = "NET-01"
resource = "*:us-east-1:*"
reason = "pilot"
approved_by = "CTO"
expires = 2020-01-31
"""


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder with a configuration, keys and the audit `audits/1` of a served account; the environment leads to it."""
    folder = tmp_path_factory.mktemp("home")
    (folder / "our-checks").mkdir()
    (folder / "our-checks" / "vpc-without-owner.toml").write_text(OWN_CHECK)
    own = '[checks]\npaths = ["our-checks"]\n[report]\nurl = "https://evidence.example.com/{date}/report.html"\n'
    (folder / "config.toml").write_text(CONFIG + own + WAIVERS)
    make_key(folder / "key.pem")
    make_key(folder / "other.pem")
    before = dict(os.environ)
    with serve(ideal=False, worlds=("trading",)) as served:
        for name in [name for name in os.environ if name.startswith("AWS_")]:
            del os.environ[name]
        os.environ |= served.environment
        try:
            ended = run(folder, "1", "--sign", folder / "key.pem")
            assert (ended, (folder / "audits/1/manifest.dsse.json").exists()) == (1, True)
            yield folder
        finally:
            os.environ.clear()
            os.environ |= before


def make_key(path: Path) -> None:
    key = Ed25519PrivateKey.generate()
    form = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    path.write_bytes(key.private_bytes(*form))
    path.chmod(0o600)
    public = (serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    path.with_suffix(".pub").write_bytes(key.public_key().public_bytes(*public))
    path.with_suffix(".pub").chmod(0o600)


def run(home: Path, name: str, *more: object) -> int:
    arguments = ("--config", home / "config.toml", "--output", home / "audits" / name, "--no-progress", *WANTED, *more)
    return auditor("run", *arguments).status


def without_times(document: dict[str, Any]) -> dict[str, Any]:
    about = {name: value for name, value in document["audit"].items() if name != "finished_at"}
    return {**document, "audit": about}


# ---------------------------------------------------------------------------------------- seal and chain


def test_a_signed_audit_is_verified_with_the_right_key_only(home: Path) -> None:
    audit = home / "audits/1"
    ended = auditor("verify", audit, "--key", home / "key.pub")
    assert ended.status == 0
    assert "signed by" in ended.out
    wrong = auditor("verify", audit, "--key", home / "other.pub")
    assert wrong.status == 1
    assert "not by the key given" in wrong.err
    assert "no root certificate" not in wrong.err


def test_nothing_is_added_to_a_signed_audit(home: Path) -> None:
    audit = home / "audits/1"
    assert "is signed: nothing is added to it" in refused("report", audit, "--format", "csv")
    assert auditor("verify", audit).status == 0


def test_audits_of_one_scope_form_a_chain_that_shows_when_it_is_broken(home: Path, tmp_path: Path) -> None:
    assert run(home, "2", "--baseline", "latest") == 1
    chained = Path(shutil.copytree(home / "audits", tmp_path / "audits"))
    previous = json.loads((chained / "2/manifest.json").read_bytes())["previous"]
    assert previous["folder"] == "../1"
    assert previous["audit_id"] == results(chained / "1")["audit"]["id"]
    assert "1 earlier audit found" in auditor("verify", chained / "2").out
    assert "is the audit before 2" in refused("report", _unsigned(chained / "1"), "--format", "csv")
    manifest = chained / "1/manifest.json"
    manifest.write_bytes(manifest.read_bytes().replace(b'"identity": "arn', b'"identity": "Arn'))
    broken = auditor("verify", chained / "2")
    assert broken.status == 1
    assert "chain: 1: manifest.json: changed" in broken.err
    shutil.rmtree(chained / "1")
    assert "is not here" in auditor("verify", chained / "2").out
    assert auditor("verify", chained / "2", "--chain").status == 1


def _unsigned(audit: Path) -> Path:
    (audit / "manifest.dsse.json").unlink()
    return audit


def test_a_key_that_cannot_sign_is_told_before_anything_is_done(home: Path) -> None:
    arguments = ("run", "--config", home / "config.toml", "--output", home / "audits/none", *WANTED)
    assert "cannot be read" in refused(*arguments, "--sign", home / "no.pem")
    assert "openssl genpkey" in refused(*arguments, "--sign", home / "key.pub")
    assert "is no ARN of a KMS key" in refused(*arguments, "--sign", "arn:aws:s3:::bucket")
    assert "timestamp authority" in refused(*arguments, "--timestamp", "ftp://example.com")
    assert not (home / "audits/none").exists()


class _Stamping(http.server.BaseHTTPRequestHandler):
    authority: ClassVar[Authority]

    def do_POST(self) -> None:
        answer = self.authority(self.rfile.read(int(self.headers["Content-Length"])))
        self.send_response(200)
        self.send_header("Content-Type", "application/timestamp-reply")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_: object) -> None:
        pass


def test_an_audit_is_timestamped_and_the_authority_is_verified(home: Path, tmp_path: Path) -> None:
    _Stamping.authority = Authority()
    root, other = tmp_path / "root.pem", tmp_path / "other.pem"
    root.write_bytes(_Stamping.authority.root.public_bytes(serialization.Encoding.PEM))
    other.write_bytes(Authority().root.public_bytes(serialization.Encoding.PEM))
    made = ("evaluate", home / "audits/1", "--output", tmp_path / "made", "--sign", home / "key.pem", "--quiet")
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Stamping) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        assert auditor(*made, "--timestamp", f"http://127.0.0.1:{server.server_port}/").status == 1
        server.shutdown()
    assert (tmp_path / "made/manifest.tsr").exists()
    good = auditor("verify", tmp_path / "made", "--key", home / "key.pub", "--authorities", root)
    assert good.status == 0
    assert "timestamped at" in good.out
    wrong = auditor("verify", tmp_path / "made", "--authorities", other)
    assert wrong.status == 1
    assert "manifest.tsr" in wrong.err


def test_an_audit_that_could_not_be_sealed_goes_on_where_it_was(home: Path) -> None:
    arguments = ("run", "--config", home / "config.toml", "--no-progress", *WANTED, "--quiet")
    output = home / "unsealed"
    assert f"--resume {output}" in refused(*arguments, "--output", output, "--timestamp", "http://127.0.0.1:9/")
    assert {path.name for path in output.iterdir()} == {"snapshot"}
    assert auditor(*arguments, "--resume", output).status == 1
    assert auditor("verify", output).status == 0


def test_an_authority_that_does_not_answer_leaves_nothing_half_written(home: Path, tmp_path: Path) -> None:
    made = ("evaluate", home / "audits/1", "--output", tmp_path / "made", "--timestamp", "http://127.0.0.1:9/")
    assert "gives no timestamp" in refused(*made)
    assert {path.name for path in (tmp_path / "made").iterdir()} == {"snapshot"}


# ---------------------------------------------------------------------------------------- again, elsewhere


def test_a_bundle_is_reproducible_and_gives_the_same_results_on_another_machine(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    audit = home / "audits/1"
    assert auditor("bundle", audit, "--output", tmp_path / "a.zip").status == 0
    assert auditor("bundle", audit, "--output", tmp_path / "b.zip").status == 0
    assert (tmp_path / "a.zip").read_bytes() == (tmp_path / "b.zip").read_bytes()
    assert auditor("verify", tmp_path / "a.zip", "--key", home / "key.pub").status == 0
    monkeypatch.chdir(tmp_path)  # another machine: no configuration, no account, none of the user's own checks
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    own, hidden = home / "our-checks", home / "hidden"
    own.rename(hidden)
    try:
        ended = auditor("evaluate", "a.zip", "--output", "again", "--quiet")
    finally:
        hidden.rename(own)
    assert (ended.status, ended.err) == (1, "")
    assert without_times(results(tmp_path / "again")) == without_times(results(audit))
    assert {one["id"] for one in results(audit)["checks"]} >= {"vpc-without-owner"}
    assert auditor("evaluate", "again", "--output", "once-more", "--quiet").status == 1
    assert without_times(results(tmp_path / "once-more")) == without_times(results(audit))
    assert auditor("query", "a.zip", "SELECT count(*) AS vpcs FROM ec2_vpcs").status == 0
    assert "is a bundle, which stays as it is" in refused("report", "a.zip")
    assert auditor("report", "a.zip", "--format", "csv", "--output", "csv").status == 0


def test_what_changed_since_the_baseline_is_told_and_told_again_offline(home: Path, tmp_path: Path) -> None:
    before = Path(shutil.copytree(home / "audits/1", tmp_path / "before"))
    document = results(before)
    failing = [one for one in document["findings"] if one["status"] == "fail"]
    passing = [one for one in document["findings"] if one["status"] == "pass"]
    failing[0]["status"], passing[0]["status"] = "pass", "fail"
    (before / "results.json").write_text(json.dumps(document))
    assert "is not as it was written (results.json: changed)" in refused(
        *("evaluate", home / "audits/1", "--baseline", before, "--output", tmp_path / "refused")
    )
    for name in ("manifest.json", "manifest.dsse.json"):
        (before / name).unlink()
    ended = auditor("evaluate", home / "audits/1", "--baseline", before, "--output", tmp_path / "now", "--quiet")
    assert ended.status == 1
    drift = results(tmp_path / "now")["drift"]
    assert [one["id"] for one in drift["findings"]["new"]] == [failing[0]["id"]]
    assert [one["id"] for one in drift["findings"]["resolved"]] == [passing[0]["id"]]
    assert len(drift["findings"]["still_open"]) == len(failing) - 1
    shutil.rmtree(before)
    again = auditor("evaluate", tmp_path / "now", "--output", tmp_path / "again", "--quiet")
    assert again.status == 1
    assert results(tmp_path / "again")["drift"] == drift
    page = (tmp_path / "now/report.html").read_text()
    assert "What changed" in page
    assert "Since" in (tmp_path / "now/slack.json").read_text()


def test_a_baseline_that_is_none_is_told_before_aws_is_asked(home: Path) -> None:
    arguments = ("run", "--config", home / "config.toml", "--output", home / "audits/none", *WANTED)
    assert "has no results to compare with" in refused(*arguments, "--baseline", home / "nothing")
    assert not (home / "audits/none").exists()


def test_latest_is_nothing_where_there_is_no_earlier_audit_of_the_scope(home: Path, tmp_path: Path) -> None:
    ended = auditor("evaluate", home / "audits/1", "--baseline", "latest", "--output", tmp_path / "one")
    assert "nothing to compare with" in ended.err
    assert "drift" not in results(tmp_path / "one")


# ---------------------------------------------------------------------------------------- reconciliation


def test_what_does_not_reconcile_is_unknown_and_the_audit_incomplete(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    call = synthetic._call  # noqa: SLF001 - a collection in which AWS answered one secret more than was kept

    def one_more(listing: Action, table: str, region: str, items: int) -> dict[str, Any]:
        lost = (table, region) == ("secretsmanager_secrets", "us-east-1")
        return call(listing, table, region, items + lost)

    monkeypatch.setattr(synthetic, "_call", one_more)
    synthetic.snapshot(tmp_path / "collected", 60)
    arguments = ("evaluate", tmp_path / "collected", "--requirement", "SEC-01", "--output", tmp_path / "audit")
    assert auditor(*arguments, "--quiet").status in (1, 3)
    document = results(tmp_path / "audit")
    assert document["audit"]["complete"] is False
    (error,) = document["collection"]["errors"]
    assert (error["code"], error["action"]) == ("Reconciliation", "secretsmanager:ListSecrets")
    statuses = {one["status"] for one in document["findings"] if one["resource"]["region"] == "us-east-1"}
    assert statuses == {"unknown"}
    (told,) = (one for one in document["collection"]["tables"] if one["table"] == "secretsmanager_secrets")
    assert told["answered"] == told["rows"] + 1
    page = (tmp_path / "audit/report.html").read_text()
    assert "disagrees" in page
    assert "they are not all accounted for" in page


# ---------------------------------------------------------------------------------------- waivers, samples


def test_waivers_are_judged_and_shown_whatever_state_they_are_in(home: Path) -> None:
    document = results(home / "audits/1")
    states = {one["resource"]: (one["state"], one["approved_by"]) for one in document["waivers"]}
    assert states == {
        "*:us-west-2:*": ("in_force", "CISO"),
        "arn:aws:secretsmanager:*:secret:no-such-secret*": ("matches_nothing", "CISO"),
        "*:us-east-1:*": ("expired", "CTO"),
    }
    waived = [one for one in document["findings"] if one["status"] == "waived"]
    assert waived
    assert all(one["waiver"]["reason"] == "the recovery region is under construction" for one in waived)
    page = (home / "audits/1/report.html").read_text()
    assert "matches nothing: remove it" in page
    assert "expired: it covers nothing any more" in page


def test_a_sample_can_be_drawn_again_by_anybody(home: Path, tmp_path: Path) -> None:
    arguments = ("sample", home / "audits/1", "--requirement", "SEC-*", "--seed", "2026-Q4", "--size", "3")
    drawn = json.loads(auditor(*arguments, "--format", "json").out)
    assert len(drawn["findings"]) == 3
    auditor("bundle", home / "audits/1", "--output", tmp_path / "a.zip")
    again = auditor("sample", tmp_path / "a.zip", *arguments[2:], "--format", "json").out
    assert json.loads(again) == drawn
    assert auditor(*arguments).status == 0
    assert auditor(*arguments, "--format", "csv").status == 0
    assert "no requirement" in refused("sample", home / "audits/1", "--requirement", "ZZ-*", "--seed", "x").lower()


# ---------------------------------------------------------------------------------------- Security Hub and Slack


def test_an_audit_is_sent_to_security_hub_of_each_region(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[str, str, int]] = []

    def hub(_session: object, service: str, region: str, operation: str, params: dict[str, Any]) -> dict[str, Any]:
        asked.append((service, region, len(params.get("Findings", ()))))
        if operation == "GetFindings":
            return {"Findings": []}
        return {"SuccessCount": len(params["Findings"]), "FailedCount": 0, "FailedFindings": []}

    monkeypatch.setattr("auditor.collectors.sending.send", hub)
    monkeypatch.chdir(home)
    ended = auditor("report", home / "audits/1", "--notify", "security-hub")
    assert ended.status == 0
    sent = len(json.loads(reports.rendered("asff", results(home / "audits/1"))))
    assert ended.err == f"sent to Security Hub: {sent} findings, 0 archived\n"
    assert {service for service, _, _ in asked} == {"securityhub"}
    assert {region for _, region, count in asked if count} == {"us-east-1", "us-west-2"}
    assert sum(count for _, _, count in asked) == sent


def test_what_security_hub_does_not_take_is_told(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def off(_session: object, service: str, region: str, operation: str, _params: object) -> dict[str, Any]:
        raise AwsError(f"{service}:{operation} was refused in {region}.", "", "InvalidAccessException")

    monkeypatch.setattr("auditor.collectors.sending.send", off)
    monkeypatch.chdir(home)
    ended = auditor("report", home / "audits/1", "--notify", "security-hub")
    assert ended.status == 2
    assert "Enable Security Hub in this account and region." in ended.err


def test_a_demonstration_is_not_sent_where_real_findings_are(home: Path, tmp_path: Path) -> None:
    demo = Path(shutil.copytree(home / "audits/1", tmp_path / "demo"))
    document = results(demo)
    document["audit"]["demo"] = True
    (demo / "results.json").write_text(json.dumps(document))
    (demo / "manifest.dsse.json").unlink()
    (demo / "manifest.json").unlink()
    write_manifest(demo, {})
    assert "is a demonstration" in refused("report", demo, "--notify", "security-hub")


class _Webhook(http.server.BaseHTTPRequestHandler):
    answers: ClassVar[list[int]] = []
    bodies: ClassVar[list[bytes]] = []

    def do_POST(self) -> None:
        self.bodies.append(self.rfile.read(int(self.headers["Content-Length"])))
        status = self.answers.pop(0) if self.answers else 200
        body = b"ok" if status == 200 else b"no_service"
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def webhook(monkeypatch: pytest.MonkeyPatch) -> Iterator[type[_Webhook]]:
    _Webhook.answers, _Webhook.bodies = [], []
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Webhook) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        monkeypatch.setenv("SLACK_WEBHOOK_URL", f"http://127.0.0.1:{server.server_port}/services/T0/B0/s3cret")
        yield _Webhook
        server.shutdown()


def test_an_audit_is_sent_to_slack(home: Path, webhook: type[_Webhook]) -> None:
    ended = auditor("report", home / "audits/1", "--notify", "slack")
    assert (ended.status, ended.err) == (0, "sent to Slack\n")
    (body,) = webhook.bodies
    assert json.loads(body) == json.loads((home / "audits/1/slack.json").read_text())
    assert "https://evidence.example.com/" in body.decode()


def test_what_slack_does_not_take_is_told_without_the_secret(home: Path, webhook: type[_Webhook]) -> None:
    webhook.answers = [404]
    ended = auditor("report", home / "audits/1", "--notify", "slack")
    assert ended.status == 2
    assert "no_service" in ended.err
    assert "s3cret" not in ended.err + ended.out


def test_a_webhook_that_is_missing_is_told_before_anything_is_audited(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SLACK_WEBHOOK_URL", raising=False)
    arguments = ("run", "--config", home / "config.toml", "--output", home / "audits/none", *WANTED)
    assert "SLACK_WEBHOOK_URL is not set" in refused(*arguments, "--notify", "slack")
    assert not (home / "audits/none").exists()
