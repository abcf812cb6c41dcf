"""The register, the standards, a user's own standard, placeholders; and TOML files that know their lines."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import tomli
from hypothesis import given
from hypothesis import strategies as st

from auditor.errors import ConfigError
from auditor.model import Severity
from auditor.standards import (
    Library,
    fill,
    fill_requirement,
    load_library,
    load_register,
    load_standards,
    load_user_standard,
    resolve,
    select,
)
from auditor.toml_source import Document, Key, dotted, load, parse

STANDARDS = Path(__file__).parent.parent / "checks" / "standards"


@pytest.fixture(scope="module")
def library() -> Library:
    return load_library(STANDARDS)


def problems_of(text: str, library: Library, folder: Path) -> list[str]:
    """Load a text as a user's standard; the problems without the folder's name."""
    path = folder / "own.toml"
    path.write_text(text, "utf-8")
    with pytest.raises(ConfigError) as caught:
        load_user_standard(path, library.register)
    return [problem.removeprefix(f"{folder}/") for problem in caught.value.problems]


# ------------------------------------------------------------------------------------------------- the built-in ones


def test_the_five_standards_load_with_their_regions(library: Library) -> None:
    assert {name: (s.primary, s.recovery) for name, s in library.standards.items()} == {
        "trading-multi-region": ("us-east-1", ("eu-west-1",)),
        "trading-dr": ("us-east-1", ("us-west-2",)),
        "dr-failover": ("us-east-1", ("us-west-2",)),
        "transaction-dr": ("us-east-1", ("us-west-2",)),
        "payment-migration": ("us-east-1", ()),
    }


def test_requirements_are_expanded_and_sorted_and_drift_is_in_every_standard(library: Library) -> None:
    for standard in library.standards.values():
        assert list(standard.requirements) == sorted(set(standard.requirements))
        assert {f"DRF-0{n}" for n in range(1, 6)} <= set(standard.requirements)
        assert set(standard.requirements) <= set(library.register.requirements)
    assert {"KMS-01", "KMS-02", "NET-13"} <= set(library.standards["trading-dr"].requirements)
    assert "NET-06" not in library.standards["trading-multi-region"].requirements


def test_every_requirement_of_the_register_is_in_a_standard(library: Library) -> None:
    demanded = {name for standard in library.standards.values() for name in standard.requirements}
    assert demanded == set(library.register.requirements)


def test_a_standards_parameters_lie_over_the_defaults(library: Library) -> None:
    parameters = library.standards["transaction-dr"].parameters
    assert parameters["replication_lag_alarm_ms"] == 5000
    assert parameters["vpc_cidrs"] == {"us-east-1": "10.0.0.0/16", "us-west-2": "10.1.0.0/16"}
    assert parameters["rpo_seconds"] == library.register.defaults["rpo_seconds"]


def test_every_statement_can_be_filled_for_every_standard(library: Library) -> None:
    extras = {"environment": "production", "environment_suffix": "prod"}
    for standard in library.standards.values():
        for requirement in select(standard, library.register, ()):
            filled = fill_requirement(requirement, standard.parameters, extras)
            assert "{" not in filled.title + filled.statement


def test_the_register_keeps_what_a_requirement_says(library: Library) -> None:
    requirement = library.register.requirements["DB-07"]
    assert requirement.severity is Severity.HIGH
    assert requirement.sources == ("FTX 4", "PAY 5", "TDR 4")
    assert not requirement.must_exist
    assert requirement.note.startswith("FTX 4 and PAY 5")


# --------------------------------------------------------------------------------------------------------- selection


def test_selection_by_globs_keeps_the_standards_order(library: Library) -> None:
    chosen = select(library.standards["trading-dr"], library.register, ["KMS-*", "DB-0[12]"])
    assert [requirement.id for requirement in chosen] == ["DB-01", "DB-02", "KMS-01", "KMS-02"]


FAMILIES = "NET-*, LB-*, DB-*, DDB-*, SEC-*, DNS-*, CMP-*, MON-*, BAK-*, IAM-*, KMS-*, TAG-*, DRF-*"


@pytest.mark.parametrize(
    ("glob", "problem"),
    [
        ("NTE-01", '--requirement: no requirement matches "NTE-01"; did you mean NET-01?'),
        ("XYZ", f'--requirement: no requirement matches "XYZ"; there are: {FAMILIES}'),
        ("net-06", '--requirement: no requirement matches "net-06"; did you mean NET-06?'),
        (
            "LB-06",
            "--requirement: LB-06 is not in the standard trading-dr: see auditor standards show trading-dr",
        ),
    ],
)
def test_a_glob_that_selects_nothing_is_an_error(library: Library, glob: str, problem: str) -> None:
    with pytest.raises(ConfigError) as caught:
        select(library.standards["trading-dr"], library.register, [glob, "NET-*"])
    assert caught.value.problems == [problem]


# ------------------------------------------------------------------------------------------------------ placeholders


@pytest.mark.parametrize(
    ("text", "filled"),
    [
        ("at most {days} days", "at most 30 days"),
        ("one of {types}", "one of HTTP, HTTPS"),
        ("under {prefix}", "under /payment/prod/"),
        ("exact: {exact}", "exact: true"),
        ("{capacity} ACU, {whole} ACU", "0.5 ACU, 1 ACU"),
        ("{cidrs}", "us-east-1: 10.0.0.0/16"),
        ("outputs: {empty}", "outputs: none"),
        ("braces {} { } {0} stay", "braces {} { } {0} stay"),
        ("{environment_suffix}", "prod"),
    ],
)
def test_fill(text: str, filled: str) -> None:
    parameters = {
        "days": 30,
        "types": ["HTTP", "HTTPS"],
        "prefix": "/payment/{environment_suffix}/",
        "exact": True,
        "capacity": 0.5,
        "whole": 1.0,
        "cidrs": {"us-east-1": "10.0.0.0/16"},
        "empty": [],
    }
    assert fill(text, parameters, {"environment_suffix": "prod"}) == filled


@pytest.mark.parametrize("parameters", [{"secret_days": 1}, {"text": "in a value: {secret_dayz}", "secret_days": 1}])
def test_an_unknown_placeholder_is_an_error(parameters: dict[str, object]) -> None:
    with pytest.raises(ConfigError, match=r"unknown placeholder \{secret_dayz\}"):
        fill("{text} {secret_dayz}", {"text": "", **parameters}, {})


def test_resolve_fills_lists_and_tables_too() -> None:
    parameters = {"a": ["x-{s}"], "b": {"k": "{s}"}, "c": 3, "d": True}
    assert resolve(parameters, {"s": "prod"}) == {"a": ["x-prod"], "b": {"k": "prod"}, "c": 3, "d": True}


# ----------------------------------------------------------------------------------------------- a user's own standard

OWN = """\
[our-own]
title = "Ours"
primary = "eu-central-1"
recovery = ["eu-west-1"]
requirements = ["NET-01", "KMS-*"]
[our-own.parameters]
rpo_seconds = 5.5
"""


def test_a_users_own_standard(library: Library, tmp_path: Path) -> None:
    path = tmp_path / "own.toml"
    path.write_text(OWN, "utf-8")
    standard = load_user_standard(path, library.register)
    assert standard.name == "our-own"
    assert standard.requirements == (*(f"DRF-0{n}" for n in range(1, 6)), "KMS-01", "KMS-02", "NET-01")
    assert standard.parameters["rpo_seconds"] == 5.5
    assert standard.parameters["rto_seconds"] == 300


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        (
            '"KMS-*"',
            '"KMS-9*"',
            'own.toml:5: our-own.requirements[1]: no requirement matches "KMS-9*"; did you mean KMS-*?',
        ),
        ("title =", "titel =", "own.toml:2: our-own.titel: unknown key; did you mean title?"),
        ('recovery = ["eu-west-1"]\n', "", 'own.toml:1: our-own: recovery is missing: add recovery = ["us-west-2"]'),
        ('"eu-central-1"', "3", 'own.toml:3: our-own.primary: must be like primary = "us-east-1"'),
        (
            '"eu-central-1"',
            '"Frankfurt"',
            'own.toml:3: our-own.primary: "Frankfurt" is no region\'s name: write it as in us-east-1',
        ),
        (
            '["eu-west-1"]',
            '["eu-central-1"]',
            "own.toml:4: our-own.recovery[0]: eu-central-1 is named already: a region plays one part",
        ),
        (
            "rpo_seconds = 5.5",
            "rpo_second = 5",
            "own.toml:7: our-own.parameters.rpo_second: no such parameter; did you mean rpo_seconds?",
        ),
        (
            "rpo_seconds = 5.5",
            "rpo_seconds = true",
            "own.toml:7: our-own.parameters.rpo_seconds: must be a number, as in 60",
        ),
    ],
)
def test_a_bad_standard_is_named_with_line_and_key(
    before: str, after: str, expected: str, library: Library, tmp_path: Path
) -> None:
    assert before in OWN
    assert expected in problems_of(OWN.replace(before, after), library, tmp_path)


@pytest.mark.parametrize(("text", "found"), [("", "nothing"), ("title = 'x'", "title"), ("[a]\n[b]\n", "a, b")])
def test_a_standards_file_has_exactly_one_table(text: str, found: str, library: Library, tmp_path: Path) -> None:
    assert problems_of(text, library, tmp_path) == [
        f"own.toml:1: a standard's file has exactly one table, [NAME], with everything in it; found: {found}"
    ]


REGISTER = """\
[defaults]
days = 3

[NET-01]
title = "T {days}"
severity = "high"
sources = ["X 1"]
must_exist = false
statement = "S {environment_suffix}"
"""


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ("{days}", "{dayz}", "5: NET-01.title: unknown placeholder {dayz}; did you mean days?"),
        ('"high"', '"bad"', "6: NET-01.severity: must be one of critical, high, medium, low"),
        ("[NET-01]", "[network]", "4: network: a requirement's id is like NET-01"),
        ("must_exist = false", 'must_exist = "no"', "8: NET-01.must_exist: must be like must_exist = false"),
        ("[defaults]\ndays = 3", "", "1: defaults: is missing: add the table [defaults]"),
        ("[NET-01]", "NET-02 = 3\n[NET-01]", "1: NET-02: must be a table, [NET-02]"),
    ],
)
def test_a_bad_register_is_named_with_line_and_key(before: str, after: str, expected: str, tmp_path: Path) -> None:
    path = tmp_path / "r.toml"
    path.write_text(REGISTER, "utf-8")
    assert load_register(path).requirements["NET-01"].title == "T {days}"
    text = REGISTER.replace(before, after)
    path.write_text(f"{after.splitlines()[0]}\n{REGISTER}" if "NET-02" in after else text, "utf-8")
    with pytest.raises(ConfigError) as caught:
        load_register(path)
    assert f"{path}:{expected}" in caught.value.problems


def test_every_problem_of_a_file_of_standards_is_told_at_once(library: Library, tmp_path: Path) -> None:
    path = tmp_path / "s.toml"
    path.write_text("[a]\n[b]\nx = 1\n", "utf-8")
    with pytest.raises(ConfigError) as caught:
        load_standards(path, library.register)
    assert len(caught.value.problems) == 9  # four missing keys each, and one unknown


# ---------------------------------------------------------------------------------------------------- lines of keys

PLACES = '''\
# a comment with [brackets] and "quotes
title = "x" # another
a.b."c d" = 1

[table.'inner key']
list = [
  "one",  # ] not yet
  { k = 2, deep = [[3], [
      4]] },
]
sql = """
select '[x]' as "y"
"""
after = \'\'\'
it's [[fine]]\'\'\'

[[waivers]]
x = 1
  [[waivers.parts]]
  p = 1
[[waivers]]
expires = 2027-01-31
  [waivers.more]
  m = "a\\"b # c"
  [[waivers.parts]]
  q = {}
'''


@pytest.mark.parametrize(
    ("key", "line"),
    [
        (("title",), 2),
        (("a",), 3),
        (("a", "b", "c d"), 3),
        (("table",), 5),
        (("table", "inner key"), 5),
        (("table", "inner key", "list"), 6),
        (("table", "inner key", "list", 0), 7),
        (("table", "inner key", "list", 1, "k"), 8),
        (("table", "inner key", "list", 1, "deep", 1, 0), 9),
        (("table", "inner key", "sql"), 11),
        (("table", "inner key", "after"), 14),
        (("waivers", 0), 17),
        (("waivers", 0, "x"), 18),
        (("waivers", 0, "parts", 0, "p"), 20),
        (("waivers", 1), 21),
        (("waivers", 1, "expires"), 22),
        (("waivers", 1, "reason"), 21),
        (("waivers", 1, "more", "m"), 24),
        (("waivers", 1, "parts", 0, "q"), 26),
        (("nowhere", "at all"), 1),
    ],
)
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_line_of(key: Key, line: int, newline: str) -> None:
    assert parse(PLACES.replace("\n", newline), Path("x.toml")).line_of(key) == line


def test_every_key_of_the_register_has_a_line_of_its_own() -> None:
    document = load(STANDARDS / "requirements.toml")
    lines = (STANDARDS / "requirements.toml").read_text("utf-8").splitlines()
    for name in document.data:
        assert lines[document.line_of((name,)) - 1].startswith(f"[{name}]")
        for key in document.data[name]:
            assert lines[document.line_of((name, key)) - 1].startswith(f"{key} ")


NO_VALUE = "no value that TOML knows: text stands in quotes, true and false are in small letters"


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("a = 1\na = 2", "x.toml:2: a: not valid TOML: given twice: remove one of the two (column 6)"),
        ("a = [1,\n2", "x.toml:2: not valid TOML: Unclosed array (column 2)"),
        (
            "[[w]]\na = 1\n[[w]]\nexpires = 2027-13-45",
            "x.toml:4: w[1].expires: not a date: write it as YYYY-MM-DD, as in 2027-01-31",
        ),
        ("x = 31.01.2027", "x.toml:1: x: not a date: write it as YYYY-MM-DD, as in 2027-01-31"),
        (
            "[aws]\nprofile = audit",
            f"x.toml:2: aws.profile: not valid TOML: {NO_VALUE} (column 11)",
        ),
        ("a = " + "[" * 9000, "x.toml: nested too deeply: use fewer levels of brackets"),
    ],
)
def test_a_syntax_error_is_one_line(text: str, problem: str) -> None:
    with pytest.raises(ConfigError) as caught:
        parse(text, Path("x.toml"))
    assert caught.value.problems == [problem]


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    latin = tmp_path / "latin.toml"
    latin.write_bytes(b'a = "\xe4"')
    for path, said in [
        (latin, "not UTF-8 text (byte 5): save the file as UTF-8"),
        (tmp_path / "missing.toml", "cannot be read (No such file or directory): check the path and its permissions"),
        (tmp_path, "cannot be read (Is a directory): check the path and its permissions"),
    ]:
        with pytest.raises(ConfigError) as caught:
            load(path)
        assert caught.value.problems == [f"{path}: {said}"]


def test_a_byte_order_mark_is_no_error(tmp_path: Path) -> None:
    path = tmp_path / "bom.toml"
    path.write_bytes(b"\xef\xbb\xbfa = 1")
    assert load(path).data == {"a": 1}


def test_dotted_keys_are_shown_as_they_are_written() -> None:
    assert dotted(("waivers", 0, "expires")) == "waivers[0].expires"
    assert dotted(("parameters", 'a "b"\n')) == 'parameters."a \\"b\\"\\n"'


def test_a_problem_stays_on_one_line() -> None:
    assert Document(Path("x"), {}, "").problem((), "a\nb\x1b[31m") == "x:1: a\\nb\\x1b[31m"


def leaves(value: object, key: Key = ()) -> list[Key]:
    """Every key and index inside of a value."""
    inside: list[tuple[Any, Any]] = []
    if isinstance(value, dict):
        inside = list(value.items())
    elif isinstance(value, list):
        inside = list(enumerate(value))
    return [found for part, item in inside for found in ((*key, part), *leaves(item, (*key, part)))]


TOML_PIECES = st.sampled_from(
    [
        "[",
        "]",
        "[[",
        "]]",
        "a",
        "b.c",
        '"d e"',
        "'f'",
        " = ",
        "\n",
        "\n",
        "1",
        "{",
        "}",
        ", ",
        "#x",
        '"""',
        "'''",
        "\\",
        "[a]\n",
        "[[b]]\n",
        "x = 1\n",
        'y = "z"\n',
        "z = { a = 1, b = [2,\n3] }\n",
        'm = """\n[q]\n"""\n',
        "2027-01-31",
    ]
)


@given(st.one_of(st.text(max_size=60), st.lists(TOML_PIECES, max_size=20).map("".join)))
def test_whatever_tomli_takes_has_lines_and_nothing_else_is_taken(text: str) -> None:
    try:
        expected = tomli.loads(text)
    except tomli.TOMLDecodeError:
        with pytest.raises(ConfigError) as caught:
            parse(text, Path("x.toml"))
        assert len(caught.value.problems) == 1
        return
    document = parse(text, Path("x.toml"))
    assert document.data == expected
    for key in leaves(expected):
        assert key in document.lines
