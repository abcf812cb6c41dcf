"""The command line as a user meets it: every command, bad input of every kind, exit status and the audit's folder."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import jsonschema
import pytest

from auditor.config_schema import File
from auditor.demo.account import serve
from auditor.errors import Interrupted
from auditor.resources import data_dir
from tests.commands import CONFIG, Ended, auditor, refused, results

pytestmark = pytest.mark.network

SCHEMA = json.loads((Path(__file__).parent.parent / "auditor" / "reports" / "results.schema.json").read_text())
PUBLIC = ("--check", "database-instance-publicly-accessible")
"""A check that is quick to collect for; some databases of the faulty account fail it."""
REGISTERED = {"NET-01", "SEC-01"}
WAIVER = '[[waivers]]\n{what}\nresource = "*"\nreason = "accepted"\napproved_by = "CISO"\nexpires = {expires}\n'


def statuses(folder: Path) -> dict[str, str]:
    return {finding["id"]: finding["status"] for finding in results(folder)["findings"]}


def files(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture(scope="module")
def account() -> Iterator[str]:
    """The faulty account, served; the environment leads to it."""
    before = dict(os.environ)
    with serve(ideal=False, worlds=("trading",)) as served:
        for name in [name for name in os.environ if name.startswith("AWS_")]:
            del os.environ[name]
        os.environ |= served.environment
        try:
            yield served.url
        finally:
            os.environ.clear()
            os.environ |= before


@pytest.fixture(scope="module")
def made(account: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An audit of a few requirements, not to be changed."""
    assert account
    folder = tmp_path_factory.mktemp("made")
    (folder / "config.toml").write_text(CONFIG)
    wanted = [part for name in sorted(REGISTERED) for part in ("--requirement", name)]
    ended = auditor("run", "--config", folder / "config.toml", "--output", folder / "audit", *wanted)
    assert (ended.status, ended.err) == (1, "")
    return folder / "audit"


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder to work in, with a configuration."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "config.toml").write_text(CONFIG)
    return tmp_path


@pytest.fixture
def copy(made: Path, home: Path) -> Path:
    """A copy of the audit, to be changed."""
    return Path(shutil.copytree(made, home / "copy"))


# ---------------------------------------------------------------------------------------------- usage


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["runn"], "No such command 'runn'. Did you mean 'run'? See: auditor --help"),
        (["run", "--nonsense"], "No such option '--nonsense'."),
        (["run", "--fail-on", "worst"], "--fail-on"),
        (["run", "--log-format", "xml"], "--log-format"),
        (["query", "audit"], "Missing argument 'SQL'"),
        (["policy", "--format", "yaml"], "--format"),
        (["run", "--config", "none.toml"], "none.toml: cannot be read (No such file or directory)"),
        (["run", "--config", "."], "cannot be read (Is a directory)"),
        (["run", "--standard", "nonsuch"], '--standard: no standard is called "nonsuch"'),
        (["run", "--standard", "own.toml"], "own.toml: cannot be read"),
        (["run", "--requirement", "NOPE-1"], '--requirement: no requirement matches "NOPE-1"'),
        (["run", "--check", "zz*"], '--check: no check matches "zz*"'),
        (["run", "--format", "pdf"], '--format: no format is called "pdf"'),
        (["run", "--region", "eu-west-1"], "--region: eu-west-1 is not in the scope (us-east-1, us-west-2)"),
        (["run", "--region", "here"], '--region: "here" is no region\'s name'),
        (["run", "--account", "12"], '--account: "12" is no account id'),
        (["run", "--account", "999999999999"], "--account: the credentials are of account 123456789012 alone"),
        (["run", *PUBLIC, "--requirement", "IAM-*"], "serves NET-07, and none of it is asked for"),
        (["run", "--output", "config.toml"], "config.toml is no folder"),
        (["run", "--output", "config.toml/in"], "config.toml/in cannot be made: Not a directory"),
        (["run", "--output", "."], "is not empty"),
        (["run", "--resume", "none"], "none holds no interrupted audit"),
        (["run", "--resume", "a", "--output", "b"], "Give one of them"),
        (["evaluate", "none"], "none holds no snapshot"),
        (["evaluate", "config.toml"], "config.toml holds no snapshot"),
        (["report", "none"], "none has no manifest.json"),
        (["verify", "none"], "none has no manifest.json"),
        (["verify", "config.toml"], "config.toml has no manifest.json"),
        (["query", "none", "SELECT 1"], "none holds no snapshot"),
        (["checks", "show", "nonsuch"], "There is no check nonsuch"),
        (["checks", "test", "nonsuch"], "There is no check nonsuch"),
        (["checks", "new", "Not_An_Id"], "'Not_An_Id' is no check id"),
        (["checks", "new", "a", "--folder", "config.toml"], "config.toml: File exists"),
        (["checks", "new", "internet-facing-load-balancer-in-private-subnet"], "There is already a check"),
        (["standards", "show", "nonsuch"], 'no standard is called "nonsuch"'),
        (["policy", "--caller"], "There is nothing to permit: no role to assume"),
    ],
    ids=lambda part: " ".join(part) if isinstance(part, list) else "",
)
def test_what_cannot_be_carried_out_is_told_in_one_line(
    account: str, home: Path, arguments: Sequence[str], told: str
) -> None:
    assert account
    before = files(home)
    assert told in refused(*arguments)
    assert {name: text for name, text in files(home).items() if not name.startswith("our-checks")} == before


def test_mistakes_are_json_too_where_json_is_asked_for(home: Path) -> None:
    assert home
    for arguments in (["run", "--nonsense"], ["run", "--standard", "nonsuch"], ["verify", "none"]):
        ended = auditor(*arguments, "--log-format", "json")
        assert ended.status == 2
        assert [json.loads(line)["level"] for line in ended.told] == ["error"]


def test_every_problem_of_the_configuration_is_told_with_file_line_and_key(home: Path) -> None:
    (home / "config.toml").write_text(CONFIG + 'colour = "blue"\n[aws]\nmax_concurrency = "many"\n')
    ended = auditor("run")
    assert ended.status == 2
    assert ended.told == [
        f"auditor: config.toml:3: colour: unknown key; there are: {', '.join(File.model_fields)}",
        "auditor: config.toml:5: aws.max_concurrency: must be a whole number, as in max_concurrency = 32",
    ]


def test_a_waiver_without_an_end_and_one_for_a_check_that_does_not_exist_are_refused(home: Path) -> None:
    (home / "config.toml").write_text(
        CONFIG + WAIVER.format(what='check = "x-*"', expires="").replace("expires = ", "")
    )
    assert "config.toml:3: waivers[0].expires: a waiver needs an end" in refused("run")
    (home / "config.toml").write_text(CONFIG + WAIVER.format(what='check = "zz-*"', expires="2099-01-01"))
    assert 'waivers[0].check: no check matches "zz-*"' in refused("run")


def test_what_the_user_named_cannot_steer_the_terminal(home: Path) -> None:
    assert home
    assert "\\x1b" in refused("run", "--standard", "\x1b[31m")


def test_help_is_given_without_what_is_heavy() -> None:
    script = (
        "import sys; from auditor.cli import carry_out\n"
        "for a in ([], ['run'], ['checks', 'new'], ['drift']): assert carry_out([*a, '--help']) == 0\n"
        "heavy = {'boto3', 'botocore', 'duckdb', 'pydantic', 'jinja2', 'moto', 'rich', 'orjson', 'tabulate'}\n"
        "sys.exit(', '.join(heavy & set(sys.modules)) or 0)"
    )
    ended = subprocess.run([sys.executable, "-c", script], check=False, capture_output=True, text=True)
    assert (ended.returncode, ended.stderr) == (0, "")
    assert "Collect, evaluate, report" in ended.stdout


@pytest.mark.parametrize("group", [[], ["checks"], ["standards"]], ids=["auditor", "checks", "standards"])
def test_without_a_command_the_commands_are_listed(group: Sequence[str]) -> None:
    ended = auditor(*group)
    assert (ended.status, ended.out) == (2, "")
    assert "Commands:" in ended.err


# ---------------------------------------------------------------------------------------------- credentials


@pytest.mark.parametrize(
    ("environment", "told"),
    [
        ({"AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": ""}, "No AWS credentials were found"),
        ({"AWS_PROFILE": "nobody"}, "The config profile (nobody) could not be found"),
        ({"AWS_CONFIG_FILE": "config.toml"}, "Unable to parse config file: config.toml"),
        ({"AWS_ENDPOINT_URL": "http://127.0.0.1:9"}, "ConnectionError: Could not connect"),
        ({"AWS_ENDPOINT_URL": "nonsense"}, "Invalid endpoint: nonsense"),
        ({"AWS_ENDPOINT_URL": "http://"}, "Invalid endpoint: http://"),
    ],
    ids=["none", "profile", "file", "refused", "no URL", "no host"],
)
def test_without_usable_credentials_nothing_is_audited(
    account: str, home: Path, monkeypatch: pytest.MonkeyPatch, environment: Mapping[str, str], told: str
) -> None:
    assert account
    (home / "config.toml").write_text("x = [\n") if "AWS_CONFIG_FILE" in environment else None
    monkeypatch.setattr("auditor.collectors.session._ATTEMPTS", 1)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert told in refused("run", "--standard", "trading-dr", "--config", _config(home / "of"), "--output", "audit")
    assert not (home / "audit").exists()


def _config(folder: Path, text: str = CONFIG) -> Path:
    folder.mkdir(exist_ok=True)
    (folder / "config.toml").write_text(text)
    return folder / "config.toml"


def test_a_profile_that_does_not_exist_is_named(account: str, home: Path) -> None:
    assert account
    assert home
    assert "(nobody)" in refused("run", "--profile", "nobody")


# ---------------------------------------------------------------------------------------------- the audit


def test_an_audits_folder_has_the_promised_files(made: Path) -> None:
    names = {"results.json", "report.html", "slack.json", "snapshot", "evaluation", "manifest.json"}
    assert {path.name for path in made.iterdir()} == names
    assert {path.name for path in (made / "snapshot").iterdir()} == {"snapshot.json", "ledger.parquet", "tables"}
    manifest = json.loads((made / "manifest.json").read_bytes())
    assert set(manifest["files"]) == set(files(made)) - {"manifest.json"}
    assert manifest["identity"] == results(made)["audit"]["identity"]


def test_the_results_are_as_their_schema_says(made: Path) -> None:
    jsonschema.validate(results(made), SCHEMA, format_checker=jsonschema.FormatChecker())
    assert {one["id"] for one in results(made)["requirements"]} == REGISTERED


def test_an_audit_is_never_written_over(made: Path, home: Path) -> None:
    before = files(made)
    for arguments in (["run"], ["collect"], ["evaluate", made], ["demo"]):
        assert f"{made} already holds an audit" in refused(*arguments, "--output", made)
    assert "already holds an audit" in refused("report", Path(shutil.copytree(made, home / "a")), "--output", made)
    assert files(made) == before


def test_two_audits_of_the_same_account_find_the_same(made: Path, home: Path) -> None:
    wanted = [part for name in REGISTERED for part in ("--requirement", name)]
    ended = auditor("run", *wanted, "--output", "again", "--quiet", "--no-progress", "--format", "json")
    assert ended == Ended(1, "", "")
    assert results(home / "again")["findings"] == results(made)["findings"]
    assert {path.name for path in (home / "again").iterdir()} == {
        "results.json",
        "snapshot",
        "evaluation",
        "manifest.json",
    }


def test_without_output_the_folder_is_named_after_the_time(account: str, home: Path) -> None:
    assert account
    ended = auditor("run", *PUBLIC, "--format", "html,slack", "--format", "json", "--log-format", "json")
    assert ended.status == 1
    assert not ended.err
    [folder] = home.glob("audit-*Z")
    assert {path.name for path in folder.iterdir()} > {"results.json", "report.html", "slack.json"}
    assert f"{folder.name}/report.html" in ended.out


def test_waivers_in_force_and_severities_below_the_one_given_do_not_count(account: str, home: Path) -> None:
    assert account
    (home / "config.toml").write_text(CONFIG + WAIVER.format(what='requirement = "NET-07"', expires="2099-01-01"))
    assert auditor("run", *PUBLIC, "--output", "waived", "--quiet").status == 0
    assert {*statuses(home / "waived").values()} == {"pass", "waived"}
    (home / "config.toml").write_text(CONFIG + WAIVER.format(what='requirement = "NET-07"', expires="2020-01-01"))
    assert auditor("run", *PUBLIC, "--output", "expired", "--quiet").status == 1
    assert [waiver["expired"] for waiver in results(home / "expired")["waivers"]] == [True]
    assert auditor("run", "--requirement", "SEC-03", "--output", "high", "--quiet", "--fail-on", "critical").status == 0
    assert {f["severity"] for f in results(home / "high")["findings"] if f["status"] == "fail"} == {"high"}


def test_a_region_or_an_account_narrows_the_scope(account: str, home: Path) -> None:
    assert account
    narrowed = ("--region", "us-west-2", "--account", "123456789012")
    auditor("run", "--requirement", "NET-01", *narrowed, "--output", "west", "--quiet")
    assert {finding["resource"]["region"] for finding in results(home / "west")["findings"]} == {"us-west-2"}


def test_tags_and_exclusions_narrow_what_is_judged(account: str, home: Path) -> None:
    assert account
    (home / "config.toml").write_text(CONFIG + '[scope]\nexclude = ["arn:aws:ec2:*:vpc/*"]\n')
    auditor("run", "--requirement", "NET-01", "--output", "without", "--quiet")
    types = {finding["resource"]["type"] for finding in results(home / "without")["findings"]}
    assert "AWS::EC2::VPC" not in types
    (home / "config.toml").write_text(CONFIG + '[scope]\ntags = { Project = ["nothing-has-this"] }\n')
    auditor("run", "--requirement", "SEC-01", "--output", "tagged", "--quiet")
    assert "fail" not in {f["status"] for f in results(home / "tagged")["findings"] if f["resource"]["name"]}


# ---------------------------------------------------------------------------------------------- evaluate


def test_evaluating_the_snapshot_again_gives_the_same_results_but_for_the_time(made: Path, home: Path) -> None:
    for number, path in enumerate((made, made / "snapshot")):
        assert auditor("evaluate", path, "--output", home / str(number), "--quiet") == Ended(1, "", "")
        again, before = results(home / str(number)), results(made)
        assert again["audit"].pop("finished_at") >= before["audit"].pop("finished_at")
        assert again == before
        assert auditor("verify", home / str(number)).status == 0


def test_evaluating_takes_neither_credentials_nor_network(
    made: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    assert auditor("evaluate", made, "--output", home / "again", "--requirement", "NET-01").status == 1
    assert {one["id"] for one in results(home / "again")["requirements"]} == {"NET-01"}


def test_what_a_snapshot_lacks_is_unknown_and_never_a_pass(made: Path, home: Path) -> None:
    assert auditor("evaluate", made, "--output", home / "tables", "--requirement", "IAM-01", "--quiet").status == 3
    assert set(statuses(home / "tables").values()) == {"unknown"}
    assert {error["code"] for error in results(home / "tables")["collection"]["errors"]} <= {"NotCollected"}
    _config(home, CONFIG + '[regions]\nrecovery = ["eu-west-1"]\n')
    auditor("evaluate", made, "--config", "config.toml", "--requirement", "NET-01", "--output", "regions", "--quiet")
    there = [f for f in results(home / "regions")["findings"] if f["resource"]["region"] == "eu-west-1"]
    assert {finding["status"] for finding in there} == {"unknown"}
    assert all("ec2:Describe" in finding["message"] for finding in there)


def test_another_standard_can_be_put_to_a_snapshot(made: Path, home: Path) -> None:
    ended = auditor("evaluate", made, "--standard", "payment-migration", "--output", home / "other", "--quiet")
    assert ended.status == 1
    assert results(home / "other")["audit"]["standard"] == "payment-migration"


@pytest.mark.parametrize("options", [["--format", "pdf"], ["--check", "zz*"], ["--requirement", "NOPE-1"]], ids=str)
def test_an_evaluation_that_cannot_be_carried_out_leaves_nothing(
    made: Path, home: Path, options: Sequence[str]
) -> None:
    refused("evaluate", made, "--output", home / "out", *options)
    assert not (home / "out").exists()


@pytest.mark.parametrize("inside", ["in", "snapshot/in"])
def test_nothing_is_written_into_an_audit_that_is_read(copy: Path, inside: str) -> None:
    before = files(copy)
    for command in ("evaluate", "report"):
        assert "stays as it is" in refused(command, copy, "--output", copy / inside)
    assert "stays as it is" in refused("evaluate", copy / "snapshot", "--output", copy / inside)
    assert files(copy) == before


def _lose(snapshot: Path) -> None:
    next(snapshot.glob("tables/ec2_vpcs/*.parquet")).unlink()


def _spoil(snapshot: Path) -> None:
    next(snapshot.glob("tables/ec2_vpcs/*.parquet")).write_bytes(b"no parquet")


def _empty(snapshot: Path) -> None:
    (snapshot / "snapshot.json").write_text("{}")


def _garble(snapshot: Path) -> None:
    (snapshot / "snapshot.json").write_text("{")


def _forget(snapshot: Path) -> None:
    document = json.loads((snapshot / "snapshot.json").read_text())
    (snapshot / "snapshot.json").write_text(json.dumps({**document, "settings": {}}))


@pytest.mark.parametrize("change", [_lose, _spoil, _empty, _garble, _forget])
def test_a_snapshot_that_is_not_whole_gives_no_verdict(copy: Path, home: Path, change: Callable[[Path], None]) -> None:
    change(copy / "snapshot")
    told = refused("evaluate", copy, "--output", home / "out")
    assert re.search(r"copy/snapshot|\(snapshot/", told)
    (copy / "manifest.json").unlink()
    shutil.rmtree(copy / "evaluation")
    refused("evaluate", copy / "snapshot", "--output", home / "out")
    refused("query", copy, "SELECT 1")
    assert not (home / "out").exists()


def test_a_collection_is_evaluated_later(account: str, home: Path) -> None:
    assert account
    ended = auditor("collect", "--requirement", "NET-01", "--output", "collected")
    assert ended == Ended(0, "", "snapshot: collected\n")
    assert {path.name for path in (home / "collected").iterdir()} == {"snapshot", "manifest.json"}
    assert auditor("verify", "collected").status == 0
    assert "collected has no results. Judge its snapshot: auditor evaluate collected" in refused("report", "collected")
    assert auditor("evaluate", "collected", "--output", "audit", "--quiet").status == 1
    assert auditor("verify", "audit").status == 0


# ---------------------------------------------------------------------------------------------- interrupted


def test_an_interrupted_audit_goes_on_only_as_it_was_begun(copy: Path, made: Path) -> None:
    for path in copy.glob("*.*"):
        path.unlink()
    wanted = [part for name in sorted(REGISTERED) for part in ("--requirement", name)]
    assert "begun with another configuration" in refused("run", "--resume", copy)
    assert "begun with another configuration" in refused("run", "--resume", copy, *wanted, "--region", "us-east-1")
    assert not (copy / "results.json").exists()
    assert auditor("run", "--resume", copy, "--format", "json", *wanted, "--quiet").status == 1
    assert statuses(copy) == statuses(made)
    assert "is complete" in refused("run", "--resume", copy)


def test_a_folder_that_holds_something_else_is_not_taken_for_an_audit(account: str, home: Path) -> None:
    assert account
    (home / "other" / "snapshot").mkdir(parents=True)
    assert "holds no interrupted audit" in refused("run", "--resume", "other")
    assert "holds no interrupted audit" in refused("collect", "--resume", "other")
    (home / "other" / "snapshot" / "run.json").write_text("{}")
    assert "was interrupted" in refused("evaluate", "other")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_early_signal_ends_it_at_once(home: Path, number: int) -> None:
    fifo = home / "slow.toml"
    os.mkfifo(fifo)
    command = [sys.executable, "-m", "auditor", "run", "--config", str(fifo)]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        with fifo.open("w"):  # opened when the command reads it
            process.send_signal(number)
            assert process.wait(timeout=10) == 128 + number
        assert process.stderr is not None
        assert "Traceback" not in process.stderr.read()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_is_an_interruption_whatever_a_library_makes_of_it(
    home: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    def interrupted(*_: object, **__: object) -> None:
        try:
            signal.raise_signal(number)
        except Interrupted as error:
            raise RuntimeError("Query interrupted") from error

    monkeypatch.setattr("auditor.cli.audits.set_up", interrupted)
    assert home
    assert auditor("run") == Ended(128 + number, "", "auditor: Interrupted. What was collected is kept.\n")


def test_a_reader_that_goes_away_is_no_bug(home: Path) -> None:
    command = f"{sys.executable} -m auditor checks list | head -1"
    ended = subprocess.run(command, shell=True, check=False, capture_output=True, text=True, cwd=home)  # noqa: S602 - no user's text
    assert not ended.stderr


# ---------------------------------------------------------------------------------------------- report and verify


def test_a_report_is_rendered_again(copy: Path, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (copy / "report.html").unlink()
    assert "report.html: missing" in refused("report", copy)
    fresh = home / "fresh"
    assert auditor("evaluate", copy, "--format", "json", "--output", fresh, "--quiet").status == 1
    assert auditor("report", fresh, "--format", "slack").told == [f"{fresh / 'slack.json'}"]
    assert auditor("verify", fresh).status == 0
    assert auditor("report", fresh, "--output", home / "away").status == 0
    assert auditor("report", fresh, "--output", home / "away", "--format", "slack,json").status == 0
    assert {path.name for path in (home / "away").iterdir()} == {"report.html", "results.json", "slack.json"}
    assert "There are: asff, csv, html, json, junit" in refused("report", fresh, "--format", "pdx")
    monkeypatch.setattr("auditor.reports.pdf.shutil.which", lambda _: None)
    assert "A PDF needs Chromium" in refused("report", fresh, "--format", "pdf")
    assert auditor("verify", fresh).status == 0
    assert "cannot be written" in refused("report", fresh, "--output", home / "config.toml")


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda audit: (audit / "results.json").write_text("{}"), "results.json: changed"),
        (lambda audit: (audit / "snapshot" / "ledger.parquet").unlink(), "snapshot/ledger.parquet: missing"),
        (lambda audit: (audit / "notes.txt").write_text("x"), "notes.txt: added"),
        (lambda audit: (audit / "manifest.json").write_text("{"), "manifest.json is not as it was written"),
    ],
    ids=["changed", "removed", "added", "manifest"],
)
def test_verify_names_what_is_not_as_it_was_written(copy: Path, change: Callable[[Path], object], told: str) -> None:
    assert auditor("verify", copy).out.startswith(f"{copy}: {len(files(copy)) - 1} files are as they were written\n")
    assert auditor("verify", copy, "--quiet") == Ended(0, "", "")
    change(copy)
    ended = auditor("verify", copy)
    assert (ended.status, ended.out, len(ended.told)) == (1, "", 1)
    assert told in ended.err
    refused("report", copy)


# ---------------------------------------------------------------------------------------------- query


def test_a_question_is_answered_in_three_forms(made: Path) -> None:
    text = "SELECT region, count(*) AS vpcs FROM ec2_vpcs GROUP BY region ORDER BY region"
    as_json = json.loads(auditor("query", made, text, "--format", "json").out)
    assert [row["region"] for row in as_json] == ["us-east-1", "us-west-2"]
    assert auditor("query", made, text, "--format", "csv").out.startswith("region,vpcs\nus-east-1,")
    assert "(2 rows)" in auditor("query", made, text).out


@pytest.mark.parametrize(
    "text",
    [
        "",
        "SELEC 1",
        "SELECT 1; SELECT 2",
        "SELECT * FROM nonsuch",
        "SELECT $x",
        "CREATE TABLE x (a INT)",
        "DELETE FROM ec2_vpcs",
        "COPY (SELECT 1) TO 'written'",
        "SELECT * FROM read_text('config.toml')",
        "ATTACH 'other.db'",
        "SET enable_external_access = true",
        "INSTALL httpfs",
        "SELECT [170141183460469231731687303715884105727] AS huge",
    ],
)
def test_a_question_that_cannot_be_answered_is_told(made: Path, home: Path, text: str) -> None:
    before = files(made)
    refused("query", made, text, "--format", "json")
    assert files(made) == before
    assert set(files(home)) == {"config.toml"}


def test_answers_are_harmless_on_a_terminal_and_in_a_spreadsheet(made: Path) -> None:
    text = "SELECT chr(27) || '[31m' AS \"=a\", '=1+1' AS b, '-2' AS c, -2 AS d, chr(10) || '@x' AS e, ['=x'] AS f"
    assert "\x1b" not in auditor("query", made, text).out
    assert "\x1b" not in auditor("query", made, text, "--format", "json").out
    assert auditor("query", made, text, "--format", "csv").out == (
        '\'=a,b,c,d,e,f\n\x1b[31m,\'=1+1,\'-2,-2,"\'\n\'@x","[""=x""]"\n'
    )


# ---------------------------------------------------------------------------------------------- catalogue


def test_a_check_of_ones_own_from_skeleton_to_verdict(account: str, home: Path) -> None:
    assert account
    own = '[checks]\npaths = ["./our-checks"]\n'
    (home / "config.toml").write_text(CONFIG + own)
    assert auditor("checks", "new", "our-own").status == 0
    assert "There is already a check our-own" in refused("checks", "new", "our-own")
    assert auditor("checks", "test", "our-own").out == "1 of 1 cases of 1 checks hold\n"
    assert "our-own" in auditor("checks", "list").out
    assert "ec2_vpcs: ec2:DescribeVpcs" in auditor("checks", "show", "our-own").out
    assert auditor("run", "--check", "our-*", "--output", "audit", "--quiet").status == 0
    assert {finding["check"] for finding in results(home / "audit")["findings"]} == {"our-own"}
    path = home / "our-checks" / "our-own.toml"
    text = path.read_text()
    path.write_text(text.replace("= 'available'", "= 'pending'"))
    ended = auditor("checks", "test", "our-own")
    assert ended.status == 1
    assert "expected pass, got fail" in ended.out
    path.write_text(text.replace("v.State", "v.NoSuch"))
    assert auditor("run", "--check", "our-*", "--output", "broken", "--quiet").status == 3
    path.write_text(text.replace("ec2_vpcs", "ec2_vpc"))
    for command in (["run"], ["checks", "test"], ["checks", "list"], ["checks", "show", "our-own"], ["policy"]):
        assert "our-checks/our-own.toml: facts: there is no table ec2_vpc" in refused(*command)


def test_a_folder_of_checks_that_the_configuration_names_can_be_begun(home: Path) -> None:
    (home / "config.toml").write_text(CONFIG + '[checks]\npaths = ["./our-checks"]\n')
    assert "our-checks: no such folder of checks" in refused("checks", "list")
    assert auditor("checks", "new", "our-own").status == 0
    assert auditor("checks", "list").status == 0


def test_the_catalogue_is_listed_and_shown(home: Path) -> None:
    assert home
    listed = auditor("checks", "list", "--requirement", "SEC-*")
    assert "SEC-01" in listed.out
    assert "NET-01" not in listed.out
    assert "trading-dr" in auditor("standards", "list").out
    shown = auditor("standards", "show", "payment-migration")
    assert "backup_retention_days" in shown.out
    assert "NET-01" in shown.out


def test_a_standard_of_ones_own(account: str, home: Path) -> None:
    assert account
    own = data_dir("checks") / "standards" / "demo" / "demo.toml"
    shutil.copy2(own, home / "own.toml")
    assert auditor("standards", "show", "own.toml").status == 0
    assert auditor("run", "--standard", "own.toml", *PUBLIC, "--output", "audit", "--quiet").status == 1
    (home / "own.toml").write_text(own.read_text().replace("requirements", "requirement", 1))
    assert "own.toml" in auditor("run", "--standard", "own.toml").err


@pytest.mark.parametrize("form", ["json", "terraform", "cloudformation"])
def test_the_policy_has_exactly_what_is_called(account: str, home: Path, form: str) -> None:
    assert account
    assert home
    ended = auditor("policy", *PUBLIC, "--format", form)
    assert (ended.status, ended.err) == (0, "")
    assert "rds:DescribeDBInstances" in ended.out
    assert "secretsmanager" not in ended.out
    assert ":*" not in ended.out


# ---------------------------------------------------------------------------------------------- demo


def test_the_demo_says_that_it_is_one_and_needs_no_credentials(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_PROFILE", "nobody")
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    ended = auditor("demo", "--ideal", *PUBLIC, "--output", "demo")
    assert (ended.status, ended.err) == (0, "")
    assert results(home / "demo")["audit"]["demo"] is True
    assert auditor("evaluate", "demo", "--standard", "trading-dr", *PUBLIC, "--output", "again").status == 0
    assert results(home / "again")["audit"]["demo"] is True
    assert os.environ["AWS_PROFILE"] == "nobody"


# ---------------------------------------------------------------------------------------------- the tool itself


def test_a_bug_is_told_and_nothing_is_given_out(made: Path, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("two\nlines")

    monkeypatch.setattr("auditor.job.judge", fail)
    ended = auditor("evaluate", made, "--output", home / "out")
    assert (ended.status, ended.out) == (4, "")
    assert ended.told[-1].startswith("auditor: auditor itself failed (RuntimeError: two\\nlines)")
    assert not files(home / "out")
    as_json = auditor("evaluate", made, "--output", home / "out", "--log-format", "json")
    assert [json.loads(line)["level"] for line in as_json.told] == ["error"]


def test_a_full_disk_is_told_and_nothing_is_half_written(
    made: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("auditor.files.os.fsync", full)
    assert "cannot be written: No space left on device" in refused("evaluate", made, "--output", home / "out")
    assert [path.name for path in (home / "out").iterdir()] == ["snapshot"]
    monkeypatch.undo()
    monkeypatch.setattr("auditor.snapshot.folder.shutil.copytree", full)
    assert "cannot be copied" in refused("evaluate", made, "--output", home / "other")
    assert not list((home / "other").iterdir())
