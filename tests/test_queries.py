"""`auditor query`: one statement over a read-only database, in a form that is safe to show, pipe and open."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Any

import duckdb
import orjson
import pytest

from auditor.cli import queries
from auditor.errors import UsageError

Answer = tuple[list[str], list[tuple[object, ...]]]


@pytest.fixture
def database(tmp_path: Path) -> Path:
    path = tmp_path / "query.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute("CREATE TABLE t (arn VARCHAR, tags MAP(VARCHAR, VARCHAR), seen TIMESTAMPTZ, n BIGINT)")
        connection.execute("INSERT INTO t VALUES ('=cmd()', MAP {'k': 'v'}, '2026-06-15 12:00:00+02', -5)")
        connection.execute("INSERT INTO t VALUES (NULL, NULL, NULL, NULL)")
    return path


def ask(database: Path, text: str) -> Answer:
    return queries._ask(database, text)  # noqa: SLF001 - without a snapshot around it


def shown(form: str, answer: Answer) -> str:
    return queries._RENDER[form](*answer)  # noqa: SLF001 - without a snapshot around it


def test_rows_come_with_their_names_in_utc(database: Path) -> None:
    names, rows = ask(database, "SELECT n, seen::VARCHAR AS seen FROM t ORDER BY n NULLS LAST")
    assert (names, rows) == (["n", "seen"], [(-5, "2026-06-15 10:00:00+00"), (None, None)])


@pytest.mark.parametrize("text", ["DESCRIBE t", "SHOW TABLES", "SUMMARIZE t", "FROM t", "WITH x AS (FROM t) FROM x"])
def test_questions_about_the_tables_themselves_are_answered(text: str, database: Path) -> None:
    assert ask(database, text)[1]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "SELECT 1; SELECT 2",
        "SELECT nothing FROM t",
        "SELEC 1",
        "DELETE FROM t",
        "CREATE TABLE u (a INTEGER)",
        "DROP TABLE t",
        "COPY t TO '{file}'",
        "SELECT * FROM read_csv('{file}')",
        "SELECT * FROM '{file}'",
        "ATTACH '{file}'",
        "SET enable_external_access = true",
        "INSTALL httpfs",
    ],
)
def test_what_is_no_question_is_refused_and_changes_nothing(text: str, database: Path, tmp_path: Path) -> None:
    file = tmp_path / "file.csv"
    file.write_text("a\n1\n")
    before = database.read_bytes()
    with pytest.raises(UsageError):
        ask(database, text.replace("{file}", str(file)))
    assert database.read_bytes() == before
    assert file.read_text() == "a\n1\n"


def test_an_error_says_what_there_is_in_one_line(database: Path) -> None:
    with pytest.raises(UsageError) as told:
        ask(database, "SELECT * FROM nowhere")
    assert "\n" not in told.value.message
    assert "SHOW TABLES" in told.value.remedy


def test_json_is_json(database: Path) -> None:
    found: list[dict[str, Any]] = orjson.loads(shown("json", ask(database, "FROM t ORDER BY n")))
    assert found[0]["tags"] == {"k": "v"}
    assert found[1] == {"arn": None, "tags": None, "seen": None, "n": None}


def test_a_cell_of_a_csv_is_no_formula_and_a_number_stays_one(database: Path) -> None:
    text = shown("csv", ask(database, "SELECT arn, n FROM t ORDER BY n"))
    assert list(csv.reader(io.StringIO(text))) == [["arn", "n"], ["'=cmd()", "-5"], ["", ""]]


def test_a_table_shows_no_control_characters(database: Path) -> None:
    text = shown("table", ask(database, "SELECT chr(27) || '[31mred' AS word"))
    assert "\x1b" not in text
    assert "(1 rows)" in text
