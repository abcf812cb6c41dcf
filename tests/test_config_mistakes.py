"""Each mistake that a `config.toml` can have, and the exact line that tells it."""

from __future__ import annotations

from pathlib import Path

import pytest

from auditor.config import Overrides, load_config
from auditor.errors import ConfigError
from auditor.standards import load_library

ROOT = Path(__file__).parent.parent
LIBRARY = load_library(ROOT / "checks" / "standards")
EXAMPLE = (ROOT / "tests" / "data" / "config.toml").read_text("utf-8")
ACCOUNTS = EXAMPLE[EXAMPLE.index("[[accounts]]") : EXAMPLE.index("[scope]")]
OWN_PATH = "(or give a path to your own .toml file)"


def problems_of(text: str, folder: Path) -> list[str]:
    """Load a text that is wrong; the problems without the folder's name."""
    path = folder / "config.toml"
    path.write_text(text, "utf-8")
    with pytest.raises(ConfigError) as caught:
        load_config(path, Overrides(), LIBRARY)
    return [problem.removeprefix(f"{folder}/") for problem in caught.value.problems]


WRONG = [
    # before, after, the line
    ('standard = "trading-dr"', 'standrd = "trading-dr"', "1: standrd: unknown key; did you mean standard?"),
    (
        '"trading-dr"',
        '"trading-rd"',
        '1: standard: no standard is called "trading-rd"; did you mean trading-dr? ' + OWN_PATH,
    ),
    ('"trading-dr"', "3", '1: standard: must be text in quotes, as in standard = "trading-dr"'),
    ('"trading-dr"', '" "', "1: standard: must not be empty"),
    ('environment = "production"', 'environment = ""', "2: environment: must not be empty"),
    ("[aws]", "[awz]", "5: awz: unknown key; did you mean aws?"),
    (
        "max_concurrency = 32",
        "max_concurrency = 0",
        "7: aws.max_concurrency: must be from 1 to 256, as in max_concurrency = 32",
    ),
    (
        "max_concurrency = 32",
        "max_concurrency = 257",
        "7: aws.max_concurrency: must be from 1 to 256, as in max_concurrency = 32",
    ),
    (
        "max_concurrency = 32",
        "max_concurrency = true",
        "7: aws.max_concurrency: must be a whole number, as in max_concurrency = 32",
    ),
    (
        "seconds = 20",
        "seconds = 111",
        "8: aws.read_timeout_seconds: must be from 1 to 110, as in read_timeout_seconds = 20",
    ),
    ("max_concurrency", "concurrency", "7: aws.concurrency: unknown key; did you mean max_concurrency?"),
    (
        'primary = "us-east-1"',
        'primary = "us-east"',
        '11: regions.primary: "us-east" is no region\'s name: write it as in us-east-1',
    ),
    (
        'recovery = ["us-west-2"]',
        'recovery = "us-west-2"',
        '12: regions.recovery: must be a list, as in recovery = ["us-west-2"]',
    ),
    ('"us-west-2"', "7", "12: regions.recovery[0]: must be text in quotes"),
    ('"us-west-2"', '"us-east-1"', "12: regions.recovery[0]: us-east-1 is the primary region: a region plays one part"),
    (
        'primary = "us-east-1"\nrecovery = ["us-west-2"]',
        'primary = "us-west-2"',
        (
            "11: regions.primary: us-west-2 is a recovery region of the standard: "
            "add recovery = […], a region plays one part"
        ),
    ),
    (
        "also = []",
        'also = "al"',
        '13: regions.also: must be a list, as in also = ["eu-west-1"], or also = "all"',
    ),
    (
        "also = []",
        'also = ["every"]',
        '13: regions.also[0]: "every" is no region\'s name: write it as in us-east-1, or also = "all"',
    ),
    (
        '"111122223333"\nname',
        '"1111"\nname',
        '16: accounts[0].id: "1111" is no account id: it has 12 digits, in quotes',
    ),
    (
        '"111122223333"\nname',
        "111122223333\nname",
        '16: accounts[0].id: must be text in quotes, as in id = "111122223333"',
    ),
    ('id = "111122223333"\nname', "name", '15: accounts[0].id: is missing: add id = "111122223333"'),
    (
        '"auditor-readonly"',
        '"auditor readonly"',
        (
            '18: accounts[0].role: "auditor readonly" is no role: give its name, or its ARN as in '
            "arn:aws:iam::111122223333:role/auditor-readonly"
        ),
    ),
    (
        '"auditor-readonly"',
        '"arn:aws:iam::999922223333:role/x"',
        "18: accounts[0].role: is a role of account 999922223333, not of 111122223333",
    ),
    (
        'role = "auditor-readonly"\n',
        "",
        "18: accounts[0].external_id: serves to assume a role: add role, or remove external_id",
    ),
    (
        "[scope]",
        '[[accounts]]\nid = "111122223333"\nrole = "r"\n[scope]',
        "22: accounts[1].id: 111122223333 is listed already: remove one of the two",
    ),
    (
        ACCOUNTS,
        '[[accounts]]\nid = "111122223333"\n[[accounts]]\nid = "222233334444"\n',
        (
            "18: accounts[1].id: only the caller's own account can do without a role, and 111122223333 has none "
            "already: add role"
        ),
    ),
    (
        "[scope]",
        "[organization]\nrole = 'r'\n[scope]",
        "21: organization: accounts are given by [[accounts]] or by [organization], not both: remove one of them",
    ),
    ("[[accounts]]", "[accounts]", "15: accounts: must be a table: write [[accounts]] on a line of its own"),
    (
        ACCOUNTS,
        '[organization]\ninclude = ["ou-x"]\n',
        '15: organization.role: the accounts need a role to assume: add role = "auditor-readonly"',
    ),
    (
        ACCOUNTS,
        '[organization]\nrole = "r"\ninclude = ["ou-x"]\n',
        (
            '17: organization.include[0]: "ou-x" is no organizational unit (ou-ab12-34cd56ef) '
            "and no account id (12 digits)"
        ),
    ),
    (
        ACCOUNTS,
        '[organization]\nrole = "arn:aws:iam::111122223333:role/x"\n',
        (
            '16: organization.role: "arn:aws:iam::111122223333:role/x" is no role\'s name: '
            "the same name is assumed in every account"
        ),
    ),
    ('["trading"]', '"trading"', "22: scope.tags.Project: must be a list"),
    ("Project =", '"" =', '22: scope.tags."": must not be empty'),
    (
        '"arn:aws:s3:::sandbox-*"',
        '"sandbox-*"',
        '23: scope.exclude[0]: "sandbox-*" can match no ARN: begin it with arn: or with *, as in *:vpc/vpc-1',
    ),
    (
        "include_defaults = false",
        'include_defaults = "no"',
        "24: scope.include_defaults: must be true or false, as in include_defaults = false",
    ),
    (
        "secret_rotation_days",
        "secret_rotation_day",
        "27: parameters.secret_rotation_day: no such parameter; did you mean secret_rotation_days?",
    ),
    ("_days = 30", "_days = true", "27: parameters.secret_rotation_days: must be a number, as in 30"),
    ("_days = 30", "_days = -1", "27: parameters.secret_rotation_days: must be a number of 0 or more"),
    ("_days = 30", "_days = nan", "27: parameters.secret_rotation_days: must be a number of 0 or more"),
    (
        "secret_rotation_days = 30",
        'nat_strategy = "none"',
        '27: parameters.nat_strategy: must be one of "per_az", "single", "any"',
    ),
    (
        "secret_rotation_days = 30",
        "connectivity = 'vpn'",
        '27: parameters.connectivity: must be one of "transit_gateway", "peering", "any"',
    ),
    (
        "secret_rotation_days = 30",
        "health_check_intervals = [10, 20]",
        "27: parameters.health_check_intervals[1]: must be one of 10, 30",
    ),
    (
        "secret_rotation_days = 30",
        'required_tags = "Environment"',
        '27: parameters.required_tags: must be a list, as in required_tags = ["Environment"]',
    ),
    (
        "secret_rotation_days = 30",
        "required_tags = [1]",
        '27: parameters.required_tags[0]: must be text in quotes, as in "Environment"',
    ),
    (
        "secret_rotation_days = 30",
        "vpc_cidrs = 1",
        '27: parameters.vpc_cidrs: must be a table, as in vpc_cidrs = { key = "…" }',
    ),
    (
        "secret_rotation_days = 30",
        "vpc_cidrs = { us-east-1 = 1 }",
        '27: parameters.vpc_cidrs.us-east-1: must be text in quotes, as in "…"',
    ),
    (
        "secret_rotation_days = 30",
        "availability_zones_exact = 1",
        "27: parameters.availability_zones_exact: must be true or false",
    ),
    (
        "secret_rotation_days = 30",
        'parameter_prefix = "/{env}/"',
        (
            "27: parameters.parameter_prefix: unknown placeholder {env}: "
            "a value can have {environment} and {environment_suffix}"
        ),
    ),
    ('"NET-06"', '"NET-99"', '30: waivers[0].requirement: no requirement matches "NET-99"; did you mean NET-09?'),
    (
        'requirement = "NET-06"\n',
        "",
        '29: waivers[0]: a waiver needs what it waives: add requirement = "NET-06" (or check = "…")',
    ),
    (
        "resource = ",
        'check = "x"\nresource = ',
        "31: waivers[0].check: a waiver is for a requirement or for a check, not both: make it two",
    ),
    ("expires = 2027-01-31\n", "", "29: waivers[0].expires: a waiver needs an end: add expires = YYYY-MM-DD"),
    (
        "2027-01-31",
        '"2027-01-31"',
        "34: waivers[0].expires: must be a date without quotes: expires = 2027-01-31",
    ),
    (
        "2027-01-31",
        '"next year"',
        "34: waivers[0].expires: must be a date without quotes and without a time, as in expires = 2027-01-31",
    ),
    (
        "2027-01-31",
        "2027-01-31T10:00:00Z",
        "34: waivers[0].expires: must be a date without a time: expires = 2027-01-31",
    ),
    ("2027-01-31", "2027-02-30", "34: waivers[0].expires: not a date: write it as YYYY-MM-DD, as in 2027-01-31"),
    ('reason = "', 'raison = "', "32: waivers[0].raison: unknown key; did you mean reason?"),
    (
        'approved_by = "CISO"\n',
        "",
        '29: waivers[0].approved_by: a waiver needs somebody who answers for it: add approved_by = "…"',
    ),
    (
        'resource = "arn:aws:ec2:us-east-1:111122223333:vpc/*"\n',
        "",
        '29: waivers[0].resource: a waiver needs a resource: add resource = "arn:…" (globs allowed)',
    ),
    ('"CISO"', '""', "33: waivers[0].approved_by: must not be empty"),
    ('"slack"]', '"slak"]', '37: report.formats[2]: no format is called "slak"; did you mean slack?'),
    ('"slack"]', '"xml"]', '37: report.formats[2]: no format is called "xml"; there are: html, json, slack'),
    (
        "[report]",
        '[report]\nurl = "report.html"',
        '37: report.url: "report.html" is no web address ({date} and {audit} may stand in it)',
    ),
    (
        "[report]",
        '[report]\nurl = "https://a.example.com/{when}"',
        '37: report.url: "https://a.example.com/{when}" is no web address ({date} and {audit} may stand in it)',
    ),
    (
        "[state]",
        '[evidence]\ntimestamp = "tsa.example.com"\n[state]',
        '41: evidence.timestamp: "tsa.example.com" is no address: it begins with https:// or http://',
    ),
    ("[state]", "[evidence]\nkey = 1\n[state]", "41: evidence.key: unknown key; there are: sign, timestamp"),
    ("[report]", "[report]\nlogo = 1", "37: report.logo: unknown key; there are: formats, organization, url"),
    ('pulumi = ["', 'pulimi = ["', "42: state.pulimi: unknown key; did you mean pulumi?"),
    (
        "who_changed = true",
        'who_changed = "yes"',
        "46: drift.who_changed: must be true or false, as in who_changed = true",
    ),
    ("who_changed", "who_change", "46: drift.who_change: unknown key; did you mean who_changed?"),
    ('reason = "autoscaling', 'raison = "autoscaling', "51: drift.ignore[0].raison: unknown key; did you mean reason?"),
    (
        'reason = "autoscaling sets it"\n',
        "",
        '48: drift.ignore[0].reason: a rule needs a reason: add reason = "…"',
    ),
    (
        'resource = "arn:aws:ecs:*:*:service/*"\n',
        "",
        (
            "48: drift.ignore[0].resource: a rule needs a resource: add resource = "
            '"arn:…" (globs allowed; or the code\'s address)'
        ),
    ),
    (
        'sets it"\nexpires = 2027-01-31\n',
        'sets it"\n',
        "48: drift.ignore[0].expires: a rule needs an end: add expires = YYYY-MM-DD",
    ),
    (
        "[[drift.ignore]]",
        "[drift.ignore]",
        "48: drift.ignore: must be a table: write [[drift.ignore]] on a line of its own",
    ),
    ('["./our-checks"]', "[3]", "55: checks.paths[0]: must be text in quotes"),
]


@pytest.mark.parametrize(("before", "after", "line"), WRONG, ids=[line for _, _, line in WRONG])
def test_each_mistake_is_one_line_that_says_what_would_be_right(
    before: str, after: str, line: str, tmp_path: Path
) -> None:
    assert before in EXAMPLE
    found = problems_of(EXAMPLE.replace(before, after, 1), tmp_path)
    assert f"config.toml:{line}" in found
    assert len(found) <= 2, found


def test_all_mistakes_are_told_at_once_in_the_files_order(tmp_path: Path) -> None:
    text = EXAMPLE.replace("32", '"32"').replace("2027-01-31", "true").replace('"slack"]', '"xml"]')
    text = text.replace('"NET-06"', '"NTE-06"').replace("secret_rotation_days", "secrets")
    found = [problem.split(": ")[:2] for problem in problems_of(text, tmp_path)]
    assert found == [
        ["config.toml:7", "aws.max_concurrency"],
        ["config.toml:27", "parameters.secrets"],
        ["config.toml:30", "waivers[0].requirement"],
        ["config.toml:34", "waivers[0].expires"],
        ["config.toml:37", "report.formats[2]"],
        ["config.toml:52", "drift.ignore[0].expires"],
    ]
