"""`config.toml`: what a good one means, and that nothing but a Config or a ConfigError ever comes out."""

from __future__ import annotations

import datetime as dt
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import tomli
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from auditor import config_schema
from auditor.config import Config, Overrides, RegionRole, check_glob_problems, load_config
from auditor.errors import ConfigError
from auditor.model import Ignore, Role, Severity, Waiver
from auditor.standards import load_library
from auditor.toml_source import parse

if TYPE_CHECKING:
    from pydantic import BaseModel

ROOT = Path(__file__).parent.parent
LIBRARY = load_library(ROOT / "checks" / "standards")

EXAMPLE = (ROOT / "tests" / "data" / "config.toml").read_text("utf-8")
ORGANIZATION = """\
[organization]
role = "auditor-readonly"
include = ["ou-ab12-34cd56ef", "111122223333"]
exclude = ["ou-ab12-99cd56ef", "444455556666"]
"""
ACCOUNTS = EXAMPLE[EXAMPLE.index("[[accounts]]") : EXAMPLE.index("[scope]")]


def load_text(text: str, folder: Path, **overrides: Any) -> Config:  # noqa: ANN401 - the fields of Overrides
    """Load a text as `config.toml` of a folder."""
    path = folder / "config.toml"
    path.write_text(text, "utf-8")
    return load_config(path, Overrides(**overrides), LIBRARY)


def problems_of(text: str, folder: Path, **overrides: Any) -> list[str]:  # noqa: ANN401 - the fields of Overrides
    """Load a text that is wrong; the problems without the folder's name."""
    with pytest.raises(ConfigError) as caught:
        load_text(text, folder, **overrides)
    return [problem.removeprefix(f"{folder}/") for problem in caught.value.problems]


# ------------------------------------------------------------------------------------------------ what is right


def test_the_documented_example(tmp_path: Path) -> None:
    config = load_text(EXAMPLE, tmp_path)
    assert (config.standard.name, config.environment, config.environment_suffix) == ("trading-dr", "production", "prod")
    assert (config.aws.profile, config.aws.max_concurrency, config.aws.read_timeout_seconds) == (
        "security-audit",
        32,
        20,
    )
    assert config.regions.explicit() == (RegionRole("us-east-1", Role.PRIMARY), RegionRole("us-west-2", Role.RECOVERY))
    (account,) = config.accounts
    assert (account.id, account.name, account.external_id) == ("111122223333", "trading", "…")
    assert account.role_arn() == "arn:aws:iam::111122223333:role/auditor-readonly"
    assert config.organization is None
    assert config.scope.tags == {"Project": ("trading",)}
    assert config.scope.exclude == ("arn:aws:s3:::sandbox-*",)
    assert config.waivers == (
        Waiver(
            requirement="NET-06",
            check="",
            resource="arn:aws:ec2:us-east-1:111122223333:vpc/*",
            reason="single NAT gateway accepted for the pilot",
            approved_by="CISO",
            expires="2027-01-31",
        ),
    )
    assert (config.report.formats, config.report.organization) == (("html", "json", "slack"), "Example Bank")
    assert config.requirements == LIBRARY.standards["trading-dr"].requirements
    assert config.fail_on is Severity.LOW


def test_paths_are_relative_to_the_configurations_folder(tmp_path: Path) -> None:
    config = load_text(EXAMPLE, tmp_path)
    assert config.state.terraform == ("s3://states/trading/*.tfstate",)
    assert config.state.pulumi == (str(tmp_path / "stack.json"),)
    assert config.state.cloudformation == ("trading-*",)
    assert config.check_paths == (tmp_path / "our-checks",)


def test_rules_for_what_is_known_to_differ(tmp_path: Path) -> None:
    config = load_text(EXAMPLE, tmp_path)
    assert config.drift.who_changed
    assert config.drift.ignores == (
        Ignore(
            resource="arn:aws:ecs:*:*:service/*",
            attribute="desired_count",
            reason="autoscaling sets it",
            expires="2027-01-31",
        ),
    )
    other = EXAMPLE.replace("desired_count", "image")
    assert load_text(other, tmp_path).digest() != config.digest()


def test_an_organization_instead_of_accounts(tmp_path: Path) -> None:
    config = load_text(EXAMPLE.replace(ACCOUNTS, ORGANIZATION), tmp_path)
    assert config.organization is not None
    assert config.organization.include == ("ou-ab12-34cd56ef", "111122223333")
    assert config.accounts == ()


def test_everything_has_a_default_but_the_standard(tmp_path: Path) -> None:
    config = load_text('standard = "trading-multi-region"', tmp_path)
    assert (config.environment, config.environment_suffix) == ("production", "production")
    assert (config.aws.profile, config.aws.max_concurrency, config.aws.read_timeout_seconds) == ("", 32, 20)
    assert (config.regions.primary, config.regions.recovery) == ("us-east-1", ("eu-west-1",))
    assert config.report.formats == ("html", "json", "slack")
    assert not config.state


def test_without_a_file_the_standard_comes_from_the_command_line() -> None:
    config = load_config(None, Overrides(standard="dr-failover"), LIBRARY)
    assert config.standard.name == "dr-failover"
    assert config.source is None
    with pytest.raises(ConfigError) as caught:
        load_config(None, Overrides(), LIBRARY)
    names = "trading-multi-region, trading-dr, dr-failover, transaction-dr, payment-migration"
    how = 'give --standard NAME, or standard = "NAME" in the configuration'
    said = f"no standard is chosen: {how}; NAME is one of {names}, or a path to your own .toml file"
    assert caught.value.problems == [said]


def test_regions_and_parameters_go_into_the_standard(tmp_path: Path) -> None:
    text = """
standard = "trading-dr"
environment_suffix = "blue"
[regions]
primary = "eu-west-1"
recovery = ["eu-central-1", "eu-central-1"]
also = ["eu-west-1", "us-east-1"]
[parameters]
rpo_seconds = 1.5
parameter_prefix = "/{environment}/{environment_suffix}/"
"""
    config = load_text(text, tmp_path)
    assert (config.standard.primary, config.standard.recovery) == ("eu-west-1", ("eu-central-1",))
    assert config.regions.also == ("us-east-1",)
    assert config.standard.parameters["rpo_seconds"] == 1.5
    assert config.standard.parameters["parameter_prefix"] == "/production/blue/"
    assert config.standard.parameters["database_instances_per_region"] == 2


def test_also_all_takes_the_accounts_enabled_regions(tmp_path: Path) -> None:
    config = load_text('standard = "trading-dr"\n[regions]\nalso = "all"', tmp_path)
    enabled = ["us-east-1", "eu-west-1", "ap-south-1"]
    assert [part.region for part in config.regions.of_account(enabled)] == [
        "us-east-1",
        "us-west-2",
        "ap-south-1",
        "eu-west-1",
    ]
    narrowed = load_text('standard = "trading-dr"\n[regions]\nalso = "all"', tmp_path, regions=("eu-west-1",))
    assert narrowed.regions.of_account(enabled) == (RegionRole("eu-west-1", Role.ALSO),)


def test_a_users_own_standard_lies_beside_the_configuration(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    own = '[ours]\ntitle = "Ours"\nprimary = "eu-west-1"\nrecovery = []\nrequirements = ["NET-*"]\n'
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "ours.toml").write_text(own, "utf-8")
    assert load_text('standard = "sub/ours.toml"', tmp_path).standard.name == "ours"
    monkeypatch.chdir(tmp_path / "sub")
    assert load_text('standard = "trading-dr"', tmp_path, standard="ours.toml").standard.name == "ours"
    (tmp_path / "sub" / "ours.toml").write_text(own.replace("NET-*", "NTE-*"), "utf-8")
    assert problems_of('standard = "sub/ours.toml"', tmp_path) == [
        'sub/ours.toml:5: ours.requirements[0]: no requirement matches "NTE-*"; did you mean NET-*?'
    ]


def test_the_shipped_example_loads() -> None:
    config = load_config(ROOT / "config.example.toml", Overrides(), LIBRARY)
    assert config.standard.name == "trading-dr"


def test_the_shipped_example_loads_with_all_of_its_examples_switched_on(tmp_path: Path) -> None:
    text = (ROOT / "config.example.toml").read_text("utf-8")
    text = re.sub(r"^# (\[+[a-z.]+\]+$|[a-z_]+ = )", r"\1", text, flags=re.MULTILINE)
    without_organization = re.sub(r"^\[organization\]\n(.+\n)+", "", text, flags=re.MULTILINE)
    config = load_text(without_organization, tmp_path)
    assert (len(config.accounts), len(config.waivers), bool(config.state)) == (1, 1, True)
    assert (config.drift.who_changed, len(config.drift.ignores)) == (True, 1)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"absent\.toml: cannot be read \(No such file or directory\)"):
        load_config(tmp_path / "absent.toml", Overrides(standard="trading-dr"), LIBRARY)


def test_a_file_without_a_standard_names_the_file(tmp_path: Path) -> None:
    (problem,) = problems_of('environment = "test"', tmp_path)
    assert problem.startswith("config.toml:1: no standard is chosen: give --standard NAME")


def test_an_expired_waiver_is_no_error(tmp_path: Path) -> None:
    assert load_text(EXAMPLE.replace("2027-01-31", "2001-01-31"), tmp_path).waivers[0].expires == "2001-01-31"


# --------------------------------------------------------------------------------------------- the command line


def test_the_command_line_goes_before_the_file(tmp_path: Path) -> None:
    config = load_text(
        EXAMPLE,
        tmp_path,
        standard="dr-failover",
        profile="other",
        regions=("us-west-2",),
        accounts=("111122223333",),
        requirements=("NET-0[12]",),
        checks=("nat-*",),
        formats=("json", "json"),
        fail_on=Severity.HIGH,
        output=Path("out"),
    )
    assert config.standard.name == "dr-failover"
    assert config.aws.profile == "other"
    assert config.regions.explicit() == (RegionRole("us-west-2", Role.RECOVERY),)
    assert config.standard.primary == "us-east-1"
    assert config.requirements == ("NET-01", "NET-02")
    assert config.check_globs == ("nat-*",)
    assert config.report.formats == ("json",)
    assert (config.fail_on, config.output) == (Severity.HIGH, Path("out"))


@pytest.mark.parametrize(
    ("overrides", "problem"),
    [
        (
            {"standard": "trading"},
            (
                '--standard: no standard is called "trading"; did you mean trading-dr? '
                "(or give a path to your own .toml file)"
            ),
        ),
        ({"regions": ("us-west",)}, '--region: "us-west" is no region\'s name: write it as in us-east-1'),
        (
            {"regions": ("eu-west-1",)},
            "--region: eu-west-1 is not in the scope (us-east-1, us-west-2): add it to regions.also",
        ),
        ({"accounts": ("1",)}, '--account: "1" is no account id: it has 12 digits'),
        (
            {"accounts": ("222233334444",)},
            "--account: 222233334444 is not in the scope (111122223333): add it to [[accounts]]",
        ),
        (
            {"requirements": ("TAG-01",)},
            "--requirement: TAG-01 is not in the standard trading-dr: see auditor standards show trading-dr",
        ),
        ({"formats": ("jsn",)}, '--format: no format is called "jsn"; did you mean json?'),
    ],
)
def test_an_option_that_asks_for_what_is_not_there(overrides: dict[str, Any], problem: str, tmp_path: Path) -> None:
    assert problems_of(EXAMPLE, tmp_path, **overrides) == [problem]


def test_problems_of_several_options_are_told_at_once(tmp_path: Path) -> None:
    found = problems_of(EXAMPLE, tmp_path, regions=("x",), accounts=("y",), formats=("z",), requirements=("w",))
    assert [problem.split(":")[0] for problem in found] == ["--region", "--account", "--format", "--requirement"]


def test_accounts_that_only_aws_can_list_are_kept_for_later(tmp_path: Path) -> None:
    text = EXAMPLE.replace(ACCOUNTS, ORGANIZATION)
    assert load_text(text, tmp_path, accounts=("777788889999",)).only_accounts == ("777788889999",)
    assert problems_of(text, tmp_path, accounts=("444455556666",)) == [
        "--account: 444455556666 is not in the scope: organization.exclude names it"
    ]


def test_further_formats_are_known_when_they_are_given(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_text(EXAMPLE.replace('"slack"]', '"csv"]'), "utf-8")
    config = load_config(path, Overrides(), LIBRARY, formats=("html", "json", "csv"))
    assert config.report.formats == ("html", "json", "csv")


def test_check_globs_are_judged_once_the_checks_are_known(tmp_path: Path) -> None:
    text = EXAMPLE.replace('requirement = "NET-06"', 'check = "nat-gatway-*"')
    config = load_text(text, tmp_path, checks=("vpc-*", "xyz"))
    where = f"{tmp_path}/config.toml:30: waivers[0].check"
    known = ("nat-gateway-missing", "vpc-dns-off")
    assert check_glob_problems(config, known) == [
        f'{where}: no check matches "nat-gatway-*"; did you mean nat-gateway-missing?',
        '--check: no check matches "xyz"; there are: nat-gateway-missing, vpc-dns-off',
    ]
    assert check_glob_problems(load_text(EXAMPLE, tmp_path), known) == []


# ------------------------------------------------------------------------------------------------------ the digest


def test_the_digest_stays_where_nothing_changes_that_matters(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    first = load_text(EXAMPLE, tmp_path).digest()
    assert re.fullmatch(r"[0-9a-f]{64}", first)
    assert load_text(f"# moved\n{EXAMPLE}", tmp_path / "elsewhere").digest() == first
    assert load_text(EXAMPLE.replace("= 32", "= 8"), tmp_path, output=Path("x"), formats=("json",)).digest() == first


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("trading-dr", "dr-failover"),
        ("= 30", "= 31"),
        ("2027", "2028"),
        ("stack.json", "other.json"),
        ("also = []", 'also = "all"'),
        ('"prod"', '"test"'),
        ("sandbox", "box"),
    ],
)
def test_the_digest_changes_with_what_matters(before: str, after: str, tmp_path: Path) -> None:
    assert load_text(EXAMPLE.replace(before, after), tmp_path).digest() != load_text(EXAMPLE, tmp_path).digest()


def test_the_digest_changes_with_the_scope_asked_for(tmp_path: Path) -> None:
    digests = {
        load_text(EXAMPLE, tmp_path, **overrides).digest()
        for overrides in (
            {},
            {"regions": ("us-east-1",)},
            {"requirements": ("NET-*",)},
            {"checks": ("a",)},
            {"standard": "dr-failover"},
        )
    }
    assert len(digests) == 5


# ------------------------------------------------------------------------------------------- nothing else comes out


def test_every_key_has_an_example_and_every_example_is_accepted() -> None:
    def keys(model: type[BaseModel], prefix: str) -> set[str]:
        found = set()
        for name, info in model.model_fields.items():
            found.add(prefix + name)
            for inner in re.findall(r"\w+Table", str(info.annotation)):
                found |= keys(getattr(config_schema, inner), f"{prefix}{name}.")
        return found

    assert keys(config_schema.File, "") == set(config_schema.EXAMPLES)
    for name, example in config_schema.EXAMPLES.items():
        table, _, leaf = name.rpartition(".")
        if not example.startswith("[["):
            text = f"{leaf} = {example.partition(', or')[0]}" if table else ""
            assert isinstance(tomli.loads(text), dict)


VALUES: st.SearchStrategy[Any] = st.recursive(
    st.one_of(
        st.booleans(),
        st.integers(-3, 300),
        st.floats(),
        st.text(max_size=8),
        st.dates(min_value=dt.date(1000, 1, 1)),
        st.datetimes(min_value=dt.datetime(1000, 1, 1)),  # noqa: DTZ001 - TOML's local date-time
        st.sampled_from(["us-east-1", "us-west-2", "111122223333", "NET-06", "trading-dr", "all", "html", "arn:aws:x"]),
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(
            st.one_of(
                st.sampled_from([name.rpartition(".")[2] for name in config_schema.EXAMPLES]),
                st.sampled_from(list(LIBRARY.register.defaults)),
                st.text(max_size=4),
                st.just("[key]"),
            ),
            inner,
            max_size=4,
        ),
    ),
    max_leaves=12,
)


def to_toml(value: object) -> str:
    """Write a value as inline TOML."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return '"' + "".join(c if c.isalnum() else f"\\U{ord(c):08x}" for c in value) + '"'
    if isinstance(value, list):
        return f"[{', '.join(to_toml(item) for item in value)}]"
    if isinstance(value, dict):
        return f"{{{', '.join(f'{to_toml(key)} = {to_toml(item)}' for key, item in value.items())}}}"
    if isinstance(value, (dt.date, dt.datetime)):
        return value.isoformat()
    return str(value)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    st.dictionaries(st.sampled_from([name for name in config_schema.EXAMPLES if "." not in name]), VALUES, max_size=5)
)
def test_whatever_a_file_says_it_is_a_config_or_a_config_error(tmp_path: Path, tables: dict[str, Any]) -> None:
    text = "".join(f"{key} = {to_toml(value)}\n" for key, value in tables.items())
    parse(text, Path("x.toml"))
    check_outcome(tmp_path, text)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.data())
def test_an_example_with_something_torn_out_or_put_in(tmp_path: Path, data: st.DataObject) -> None:
    lines = EXAMPLE.splitlines()
    at = data.draw(st.integers(0, len(lines) - 1))
    lines[at] = data.draw(st.one_of(st.just(""), st.text(max_size=10), st.sampled_from(lines)))
    check_outcome(tmp_path, "\n".join(lines))


def check_outcome(folder: Path, text: str) -> None:
    """A Config or a ConfigError whose every problem is one line that begins with the file."""
    path = folder / "config.toml"
    path.write_bytes(text.encode("utf-8", "surrogatepass"))
    problems: list[str] = []
    try:
        assert load_config(path, Overrides(standard="trading-dr"), LIBRARY).digest()
    except ConfigError as error:
        problems = error.problems or [""]
    for problem in problems:
        assert problem.startswith(str(path))
        assert len(problem.splitlines()) == 1
