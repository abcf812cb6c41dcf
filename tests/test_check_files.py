"""Check files: every mistake is one line that names file, line and key, and all files are read before it is told."""

from __future__ import annotations

from pathlib import Path

import pytest

from auditor.engine.cases import load_cases
from auditor.engine.checks import check_files, load_checks
from auditor.errors import ConfigError
from auditor.model import Check, Reason

KNOWN = ("NET-01", "NET-02")
GOOD = """\
title        = "VPCs are well"
description  = "Why."
requirements = ["NET-02", "NET-01"]
severity     = "high"
resource     = "AWS::EC2::VPC"
facts        = "SELECT arn, account, region FROM ec2_vpcs"
pass_when    = "true"
pass         = "is well"
fail         = "is not well"
expected     = "well"
remediation  = "Make it well."
"""
CASES = """\
[[cases]]
name = "all three"
[[cases.expect]]
resource = "a"
status = "pass"
[[cases.expect]]
resource = "b"
status = "fail"
[[cases.expect]]
resource = "c"
status = "unknown"
"""


def write(folder: Path, text: str, name: str = "network/well.toml") -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def problems(*folders: Path) -> list[str]:
    with pytest.raises(ConfigError) as raised:
        load_checks(folders, KNOWN)
    return raised.value.problems


def test_a_good_file_is_a_check(tmp_path: Path) -> None:
    write(tmp_path, GOOD)
    [check] = load_checks([tmp_path], KNOWN).values()
    assert (check.id, check.path, check.scope) == ("well", "network/well.toml", "region")
    assert check.requirements == ("NET-01", "NET-02")
    assert check.reasons == (Reason("true", "is not well"),)


def test_reasons_are_kept_in_their_order(tmp_path: Path) -> None:
    fail = 'fail = [{ when = "a", say = "first" }, { when = "true", say = "second" }]'
    write(tmp_path, GOOD.replace('fail         = "is not well"', fail))
    assert load_checks([tmp_path], KNOWN)["well"].reasons == (Reason("a", "first"), Reason("true", "second"))


def test_a_drawing_is_read(tmp_path: Path) -> None:
    parts = 'parts = [{ label = "AZs", left = "a", right = "b", compare = "as_many" }]'
    write(tmp_path, GOOD + f'\n[drawing]\nkind = "sides"\nleft = "{{region}}"\nright = "there"\n{parts}\n')
    drawing = load_checks([tmp_path], KNOWN)["well"].drawing
    assert drawing is not None
    assert (drawing.kind, drawing.left, drawing.columns) == ("sides", "{region}", frozenset({"a", "b"}))


@pytest.mark.parametrize(
    "text",
    [
        'kind = "pie"\nparts = [{ label = "a", column = "b" }]',
        'kind = "chain"\nparts = [{ label = "a", column = "b" }]',
        'kind = "chain"\nlimit = "rto_seconds"\nparts = []',
        'kind = "chain"\nlimit = "rto_seconds"\nparts = [{ label = "a", left = "b", right = "c" }]',
        'kind = "sides"\nleft = "a"\nright = "b"\nparts = [{ label = "a", left = "b", right = "c", compare = "x" }]',
    ],
)
def test_a_drawing_that_cannot_be_drawn_is_told(text: str, tmp_path: Path) -> None:
    write(tmp_path, f"{GOOD}\n[drawing]\n{text}\n")
    assert all("drawing" in problem for problem in problems(tmp_path))


MISTAKES = {
    "no title": (("title        = ", "# "), 1, "title", "is missing"),
    "empty title": (('"VPCs are well"', '"  "'), 1, "title", "at least 1 character"),
    "no pass": (("pass         = ", "# "), 1, "pass", "is missing"),
    "unknown key": (("severity     =", 'severty = "low"\nseverity ='), 4, "severty", "did you mean severity"),
    "unknown requirement": (('"NET-01"', '"NET-99"'), 3, "requirements[1]", "no requirement 'NET-99'"),
    "no requirements": (('["NET-02", "NET-01"]', "[]"), 3, "requirements", "at least 1 item"),
    "wrong type": (('["NET-02", "NET-01"]', '"NET-01"'), 3, "requirements", "list"),
    "severity": (('"high"', '"grave"'), 4, "severity", "'critical', 'high', 'medium' or 'low'"),
    "resource": (('"AWS::EC2::VPC"', '"vpc"'), 5, "resource", "pattern"),
    "scope": (('expected     = "well"', 'expected = "well"\nscope = "zone"'), 11, "scope", "'region', 'account'"),
    "two statements": (("SELECT arn", "SELECT 1; SELECT arn"), 6, "facts", "exactly one SELECT"),
    "no select": (("SELECT arn, account, region FROM ec2_vpcs", "DROP TABLE t"), 6, "facts", "SELECT"),
    "syntax": (("SELECT arn", "SELEC arn"), 6, "facts", "syntax error"),
    "reads files": (("FROM ec2_vpcs", "FROM read_csv('x')"), 6, "facts", "read_csv is not allowed"),
    "predicate": (('"true"', '"arn ="'), 7, "pass_when", "syntax error"),
    "predicate reads tables": (('"true"', '"(SELECT true FROM t)"'), 7, "pass_when", "facts' columns only"),
    "reason": (('"is not well"', '[{ when = "arn =", say = "x" }]'), 9, "fail[0].when", "syntax error"),
    "missing without must_exist": (
        ('expected     = "well"', 'expected = "well"\nmissing = "none"'),
        11,
        "missing",
        "go together",
    ),
    "must_exist without missing": (
        ('expected     = "well"', 'expected = "well"\nmust_exist = "region"'),
        1,
        "missing",
        "go together",
    ),
    "no TOML": (('"high"', '"high'), 4, "severity", "not valid TOML"),
    "key twice": (("severity     =", 'title = "again"\nseverity ='), 4, "title", "given twice"),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_one_line_with_file_line_and_key(mistake: str, tmp_path: Path) -> None:
    (old, new), line, key, told = MISTAKES[mistake]
    assert old in GOOD
    path = write(tmp_path, GOOD.replace(old, new, 1))
    [problem] = problems(tmp_path)
    assert "\n" not in problem
    assert problem.startswith(f"{path}:{line}: {key}: "), problem
    assert told in problem


@pytest.mark.parametrize(
    ("fail", "told"),
    [
        ("[]", "fail: List should have at least 1 item"),
        ("3", "fail: Input should be a valid string"),
        ('""', "fail: String should have at least 1 character"),
        ('[{ when = "true" }]', "fail[0].say: is missing"),
        ('[{ when = "true", say = "x", why = "y" }]', "fail[0].why: is no key here; known: when, say"),
    ],
)
def test_a_fail_that_says_nothing_is_refused(fail: str, told: str, tmp_path: Path) -> None:
    path = write(tmp_path, GOOD.replace('"is not well"', fail))
    [problem] = problems(tmp_path)
    assert problem.startswith(f"{path}:9: {told}")


def test_a_table_that_does_not_exist_is_found_before_anything_is_collected(tmp_path: Path) -> None:
    from auditor.engine.reads import UnknownTableError, check_reads
    from auditor.library import shipped

    write(tmp_path, GOOD.replace("ec2_vpcs", "ec2_vpcz"))
    check = load_checks([tmp_path], KNOWN)["well"]
    with pytest.raises(UnknownTableError, match="there is no table ec2_vpcz"):
        check_reads(check, shipped().engine_schema)


def test_all_problems_of_all_files_are_told_at_once(tmp_path: Path) -> None:
    write(tmp_path, GOOD.replace('"high"', '"grave"').replace('"is well"', '""'), "a/first.toml")
    write(tmp_path, GOOD.replace('"NET-01"', '"NET-98"').replace('"true"', '"("'), "b/second.toml")
    write(tmp_path, GOOD, "b/third.toml")
    found = problems(tmp_path, tmp_path / "nowhere")
    assert [problem.split(":")[0].rsplit("/", 1)[-1] for problem in found] == [
        "first.toml",
        "first.toml",
        "second.toml",
        "second.toml",
        "nowhere",
    ]


def test_an_id_belongs_to_one_file_in_all_folders(tmp_path: Path) -> None:
    write(tmp_path / "ours", GOOD)
    second = write(tmp_path / "theirs", GOOD, "other/well.toml")
    assert problems(tmp_path / "ours", tmp_path / "theirs") == [
        f"{second}:1: well is already the name of network/well.toml: rename one"
    ]


def test_cases_views_and_standards_are_no_checks(tmp_path: Path) -> None:
    for name in ("network/well.toml", "network/well.cases.toml", "standards/mine.toml", "views/v.toml"):
        write(tmp_path, GOOD, name)
    assert [path.name for path in check_files(tmp_path)] == ["well.toml"]


# ---------------------------------------------------------------------------------------------- cases


def the_check(folder: Path) -> Check:
    write(folder, GOOD)
    return load_checks([folder], KNOWN)["well"]


def case_problems(folder: Path, text: str) -> list[str]:
    check = the_check(folder)
    write(folder, text, "network/well.cases.toml")
    with pytest.raises(ConfigError) as raised:
        load_cases(check, folder)
    return raised.value.problems


def test_a_check_without_cases_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"well\.cases\.toml: is missing"):
        load_cases(the_check(tmp_path), tmp_path)


def test_cases_with_a_pass_a_fail_and_an_unknown_are_enough(tmp_path: Path) -> None:
    check = the_check(tmp_path)
    write(tmp_path, CASES, "network/well.cases.toml")
    assert [case.name for case in load_cases(check, tmp_path)] == ["all three"]


@pytest.mark.parametrize("status", ["pass", "fail", "unknown"])
def test_cases_that_lack_a_status_are_refused(status: str, tmp_path: Path) -> None:
    [problem] = case_problems(tmp_path, CASES.replace(f'"{status}"', '"waived"'))
    assert problem.endswith(f"no case expects {status}: give at least one of each")


@pytest.mark.parametrize(
    ("old", "new", "line", "key"),
    [
        ('name = "all three"', 'name = "x"', 2, "cases[0].name"),
        ('status = "pass"', 'status = "passed"', 5, "cases[0].expect[0].status"),
        ('resource = "a"', 'resourse = "a"', 4, "cases[0].expect[0].resourse"),
        ('name = "all three"', 'name = "all three"\nnow = "someday"', 3, "cases[0].now"),
    ],
)
def test_a_mistake_in_a_case_names_file_line_and_key(old: str, new: str, line: int, key: str, tmp_path: Path) -> None:
    found = case_problems(tmp_path, CASES.replace(old, new, 1))
    assert any(f"well.cases.toml:{line}: {key}: " in problem for problem in found), found
