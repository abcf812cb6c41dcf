"""Several accounts: roles to assume, one that cannot be assumed, an organization, and every enabled region."""

from __future__ import annotations

import io
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import boto3
import pytest
from werkzeug.wrappers import Response

from auditor.demo import account as demo_account
from auditor.demo.account import ACCOUNT_ID, Application, serve
from tests.commands import CONFIG, Ended, auditor, refused, results

pytestmark = pytest.mark.network

OTHER = "222233334444"
DENIED = (
    '<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><Error><Type>Sender</Type>'
    "<Code>AccessDenied</Code><Message>not authorized</Message></Error><RequestId>r</RequestId></ErrorResponse>"
)
DENIED_JSON = '{"__type": "AccessDeniedException", "Message": "not authorized"}'
DENIED_EC2 = (
    "<Response><Errors><Error><Code>UnauthorizedOperation</Code><Message>not authorized</Message></Error></Errors>"
    "<RequestID>r</RequestID></Response>"
)


@dataclass
class Served:
    """The account, what was asked of it, and what it denies: text in a request -> the answer."""

    url: str = ""
    asked: list[str] = field(default_factory=list)
    denied: dict[str, str] = field(default_factory=dict)


SERVED = Served()


class Denying(Application):
    """An account that denies what `SERVED.denied` names."""

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Any:  # noqa: ANN401 - WSGI
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        environ["wsgi.input"] = io.BytesIO(body)
        text = f"{environ.get('HTTP_X_AMZ_TARGET', '')} {body.decode()}"
        SERVED.asked.append(text)
        for part, answer in SERVED.denied.items():
            if part in text:
                return Response(answer, 403)(environ, start_response)
        return super().__call__(environ, start_response)


@pytest.fixture(scope="module", autouse=True)
def served() -> Iterator[None]:
    """The trading platform's account with an organization of three more; the environment leads to it."""
    before = dict(os.environ)
    patch = pytest.MonkeyPatch()
    patch.setattr(demo_account, "Application", Denying)
    with patch.context(), serve(ideal=False, worlds=("trading",)) as there:
        for name in [name for name in os.environ if name.startswith("AWS_")]:
            del os.environ[name]
        os.environ |= there.environment
        SERVED.url = there.url
        try:
            yield
        finally:
            os.environ.clear()
            os.environ |= before
            patch.undo()


@pytest.fixture(scope="module")
def organization() -> Mapping[str, str]:
    """Ids of the organization's accounts and of the unit that `inside` is in."""
    client = boto3.client("organizations", region_name="us-east-1")
    client.create_organization(FeatureSet="ALL")
    root = client.list_roots()["Roots"][0]["Id"]
    unit = client.create_organizational_unit(ParentId=root, Name="unit")["OrganizationalUnit"]["Id"]
    below = client.create_organizational_unit(ParentId=unit, Name="below")["OrganizationalUnit"]["Id"]
    ids = {"root": root, "unit": unit}
    for name in ("inside", "outside", "closed"):
        status = client.create_account(AccountName=name, Email=f"{name}@example.com")["CreateAccountStatus"]
        ids[name] = status["AccountId"]
    client.move_account(AccountId=ids["inside"], SourceParentId=root, DestinationParentId=below)
    client.close_account(AccountId=ids["closed"])
    return ids


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    SERVED.asked.clear()
    SERVED.denied.clear()
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(text: str, *options: str, requirement: str = "NET-01") -> Ended:
    """An audit with this at the end of the configuration."""
    Path("config.toml").write_text(CONFIG + text)
    return auditor("run", "--requirement", requirement, "--output", "audit", "--quiet", "--format", "json", *options)


def entry(account: str, role: str = "", external_id: str = "") -> str:
    lines = [f'id = "{account}"', *([f'role = "{role}"'] if role else [])]
    return "\n".join(["[[accounts]]", *lines, *([f'external_id = "{external_id}"'] if external_id else [])]) + "\n"


def by_account(home: Path) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for finding in results(home / "audit")["findings"]:
        found.setdefault(finding["resource"]["account"], set()).add(finding["status"])
    return found


# ---------------------------------------------------------------------------------------------- roles


def test_each_account_is_asked_with_its_own_role(home: Path) -> None:
    assert run(entry(ACCOUNT_ID) + entry(OTHER, "path/auditor-readonly", "secret-id")).status == 1
    assert set(by_account(home)) == {ACCOUNT_ID, OTHER}
    assumed = [text for text in SERVED.asked if "Action=AssumeRole&" in text]
    assert assumed
    assert all("ExternalId=secret-id" in text for text in assumed)
    assert all(f"iam%3A%3A{OTHER}%3Arole%2Fpath%2Fauditor-readonly" in text for text in assumed)
    for path in (home / "audit").rglob("*.json"):
        assert "secret-id" not in path.read_text()
    arns = auditor("query", "audit", "SELECT DISTINCT account, split_part(arn, ':', 5) AS own FROM ec2_vpcs").out
    assert arns.count(OTHER) == 2


@pytest.mark.parametrize("waived", [False, True])
def test_an_account_whose_role_cannot_be_assumed_is_unknown_and_the_others_are_audited(
    home: Path, *, waived: bool
) -> None:
    SERVED.denied["no-such-role"] = DENIED
    waiver = '[[waivers]]\nrequirement = "*"\nresource = "*"\nreason = "x"\napproved_by = "x"\nexpires = 2099-01-01\n'
    ended = run(entry(ACCOUNT_ID) + entry(OTHER, "no-such-role") + waiver * waived)
    assert ended.status == (3 if waived else 1)
    assert by_account(home)[OTHER] == {"unknown"}
    assert by_account(home)[ACCOUNT_ID] & {"fail", "waived"}
    errors = results(home / "audit")["collection"]["errors"]
    assert {(error["account"], error["code"], error["operation"]) for error in errors} == {
        (OTHER, "AccessDenied", "AssumeRole")
    }
    assert all(
        "sts:AssumeRole" in f["message"] for f in results(home / "audit")["findings"] if "unknown" in f["status"]
    )
    assert auditor("verify", "audit").status == 0


def test_a_collection_tells_what_it_could_not_see(home: Path) -> None:
    SERVED.denied["no-such-role"] = DENIED
    (home / "config.toml").write_text(CONFIG + entry(ACCOUNT_ID) + entry(OTHER, "no-such-role"))
    ended = auditor("collect", "--requirement", "NET-01", "--output", "audit", "--log-format", "json")
    assert (ended.status, ended.out) == (3, "")
    told = [json.loads(line)["message"] for line in ended.told]
    assert told[0] == "snapshot: audit"
    assert all(line.startswith("not seen: sts:AssumeRole in 222233334444/") for line in told[1:])
    assert auditor("evaluate", "audit", "--output", "judged", "--quiet").status == 1
    assert "unknown" in {finding["status"] for finding in results(home / "judged")["findings"]}


def test_credentials_that_aws_refuses_are_no_audit(home: Path) -> None:
    SERVED.denied["Action=GetCallerIdentity"] = DENIED
    ended = run("")
    assert (ended.status, len(ended.told)) == (2, 1)
    assert "AWS does not accept the credentials, or cannot be asked (AccessDenied: not authorized)" in ended.err
    assert not (home / "audit").exists()


def test_an_account_can_be_chosen_alone(home: Path) -> None:
    accounts = entry(ACCOUNT_ID) + entry(OTHER, f"arn:aws:iam::{OTHER}:role/auditor-readonly")
    run(accounts, "--account", OTHER)
    assert set(by_account(home)) == {OTHER}
    assert "--account: 999999999999 is not in the scope" in refused("run", "--account", "999999999999")


def test_an_account_without_a_role_must_be_the_callers_own(home: Path) -> None:
    ended = run(entry(OTHER))
    assert ended.status == 2
    [told] = ended.told
    assert f"[[accounts]] {OTHER} has no role, and the credentials are of account {ACCOUNT_ID}" in told
    assert not (home / "audit").exists()


def test_roles_and_ids_that_contradict_are_refused(home: Path) -> None:
    Path("config.toml").write_text(CONFIG + entry(OTHER, f"arn:aws:iam::{ACCOUNT_ID}:role/auditor-readonly"))
    assert f"accounts[0].role: is a role of account {ACCOUNT_ID}, not of {OTHER}" in refused("run")
    Path("config.toml").write_text(CONFIG + entry(ACCOUNT_ID) + entry(OTHER))
    assert "accounts[1].id" in refused("run")
    assert not (home / "audit").exists()


def test_the_callers_policy_names_the_roles(home: Path) -> None:
    (home / "config.toml").write_text(CONFIG + entry(ACCOUNT_ID) + entry(OTHER, "auditor-readonly"))
    policy = json.loads(auditor("policy", "--caller").out)
    assert [(s["Action"], s["Resource"]) for s in policy["Statement"]] == [
        (["sts:AssumeRole"], [f"arn:aws:iam::{OTHER}:role/auditor-readonly"])
    ]
    (home / "config.toml").write_text(CONFIG + '[organization]\nrole = "r"\ninclude = ["ou-ab12-34cd56ef"]\n')
    policy = json.loads(auditor("policy", "--caller").out)
    assert {action for s in policy["Statement"] for action in s["Action"]} == {
        "sts:AssumeRole",
        "organizations:ListAccounts",
        "organizations:ListAccountsForParent",
        "organizations:ListOrganizationalUnitsForParent",
    }


# ---------------------------------------------------------------------------------------------- organization


def organized(**lists: Sequence[str]) -> str:
    lines = [f"{name} = {json.dumps(list(ids))}" for name, ids in lists.items()]
    return "\n".join(["[organization]", 'role = "auditor-readonly"', *lines]) + "\n"


def test_every_active_account_of_the_organization_is_audited(home: Path, organization: Mapping[str, str]) -> None:
    assert run(organized()).status == 1
    assert set(by_account(home)) == {ACCOUNT_ID, organization["inside"], organization["outside"]}
    assumed = [text for text in SERVED.asked if "Action=AssumeRole&" in text]
    assert assumed
    assert not any(ACCOUNT_ID in text for text in assumed)  # one's own account is asked with one's own credentials
    names = {one["name"] for one in results(home / "audit")["scope"]["accounts"]}
    assert {"inside", "outside"} < names


@pytest.mark.parametrize(
    ("include", "exclude", "expected"),
    [
        (["unit"], [], {"inside"}),
        (["root"], ["unit", "outside"], {"own"}),
        ([], ["outside", "own"], {"inside"}),
        (["inside", "closed"], [], {"inside"}),
    ],
    ids=["a unit and below", "all but", "excluded alone", "ids"],
)
def test_units_and_ids_narrow_the_organization(
    home: Path, organization: Mapping[str, str], include: Sequence[str], exclude: Sequence[str], expected: set[str]
) -> None:
    ids = {**organization, "own": ACCOUNT_ID}
    run(organized(include=[ids[name] for name in include], exclude=[ids[name] for name in exclude]))
    assert set(by_account(home)) == {ids[name] for name in expected}


def test_an_account_of_the_organization_can_be_chosen_alone(home: Path, organization: Mapping[str, str]) -> None:
    run(organized(), "--account", organization["outside"])
    assert set(by_account(home)) == {organization["outside"]}
    assert "No active account of the organization is left" in refused("run", "--account", organization["closed"])


@pytest.mark.usefixtures("organization")
def test_an_organization_that_cannot_be_read_is_no_audit(home: Path) -> None:
    SERVED.denied["ListAccounts"] = DENIED_JSON
    ended = run(organized())
    assert ended.status == 2
    [told] = ended.told
    assert "The organization's accounts cannot be listed (AccessDeniedException: not authorized)" in told
    assert "auditor policy --caller" in told
    assert not (home / "audit").exists()


def test_a_unit_that_does_not_exist_is_no_audit(home: Path, organization: Mapping[str, str]) -> None:
    assert organization
    ended = run(organized(include=["ou-ab12-34cd56ef"]))
    assert (ended.status, len(ended.told)) == (2, 1)
    assert not (home / "audit").exists()


# ---------------------------------------------------------------------------------------------- regions


ALL = '[regions]\nalso = "all"\n'


def seen(home: Path) -> set[str]:
    return {region for one in results(home / "audit")["scope"]["accounts"] for region in one["regions"]}


def test_every_enabled_region_is_looked_at(home: Path) -> None:
    assert run(ALL).status == 1
    enabled = boto3.client("ec2", region_name="us-east-1").describe_regions()["Regions"]
    assert {region["RegionName"] for region in enabled} <= seen(home) | {"global"}
    Path("config.toml").write_text(CONFIG + ALL)
    assert "ec2:DescribeRegions" in auditor("policy", "--requirement", "NET-01").out


def test_one_of_the_enabled_regions_can_be_chosen(home: Path) -> None:
    run(ALL, "--region", "eu-west-1")
    assert seen(home) == {"eu-west-1"}


def test_where_regions_cannot_be_listed_nothing_passes(home: Path) -> None:
    SERVED.denied["Action=DescribeRegions"] = DENIED_EC2
    assert run(ALL, requirement="SEC-0[123]").status in {1, 3}
    errors = results(home / "audit")["collection"]["errors"]
    assert {(error["operation"], error["code"]) for error in errors} == {("DescribeRegions", "UnauthorizedOperation")}
    assert "pass" not in {one["status"] for one in results(home / "audit")["requirements"]}
