"""The child process that runs checks' SQL: a check pack is somebody else's code.

Reads one JSON line a request from stdin and answers with lines of some rows each, the last of which says that it is.
The database is read-only, external access is off and the configuration locked; memory and files are limited by the
operating system, since DuckDB's own limits do not stop a scalar function. The parent kills it when a request takes too
long.
"""

from __future__ import annotations

import datetime
import decimal
import math
import resource
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import duckdb
import orjson

_ROWS_TABLE = "facts_of_the_check"
_ROWS = 2000


def main() -> None:
    """Serve requests until stdin ends. The first line is `{database, memory_bytes, threads, connected_with}`; a later
    line with a `database` changes to that one.
    """
    setup = orjson.loads(sys.stdin.buffer.readline())
    connection = _opened(setup)
    _limit(int(setup["memory_bytes"]))
    for line in sys.stdin.buffer:
        request = orjson.loads(line)
        if "database" in request:
            connection.close()
            connection = _opened({**setup, **request})
            continue
        try:
            for reply in _run(connection, request):
                _write(reply)
            last: dict[str, Any] = {"last": True}
        except duckdb.Error as error:
            last = {"error": str(error).split("\n")[0][:500]}
        except MemoryError:
            last = {"error": "the check takes more memory than it may"}
        _write(last)


def _write(reply: Mapping[str, Any]) -> None:
    sys.stdout.buffer.write(_encoded(reply))
    sys.stdout.buffer.flush()


def _opened(setup: Mapping[str, Any]) -> duckdb.DuckDBPyConnection:
    """The database, read-only, with everything locked that reaches out of it."""
    connection = duckdb.connect(setup["database"], read_only=True, config=setup["connected_with"])
    for setting in (
        "SET TimeZone = 'UTC'",
        f"SET threads = {int(setup['threads'])}",
        f"SET memory_limit = '{int(setup['memory_bytes']) // 2**20}MiB'",
        "SET temp_directory = ''",
        "SET autoinstall_known_extensions = false",
        "SET autoload_known_extensions = false",
        "SET enable_external_access = false",
        "SET lock_configuration = true",
    ):
        connection.execute(setting)
    return connection


def _encoded(reply: Mapping[str, Any]) -> bytes:
    options = orjson.OPT_APPEND_NEWLINE | orjson.OPT_NON_STR_KEYS
    try:
        return orjson.dumps(reply, default=_plain, option=options)
    except TypeError as error:  # a number beyond 64 bits
        return orjson.dumps({"error": f"a value of the facts cannot be told: {error}"}, option=options)


def _limit(memory: int) -> None:
    statm = Path("/proc/self/statm")
    used = int(statm.read_text(encoding="ascii").split()[0]) * resource.getpagesize() if statm.exists() else 0
    resource.setrlimit(resource.RLIMIT_AS, (used + 2 * memory, used + 2 * memory))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))


def _run(connection: duckdb.DuckDBPyConnection, request: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Facts with the predicate's and the reasons' values, some rows at a time. Where the predicate fails on some rows,
    it begins anew, and those rows alone are told with their error.
    """
    parameters = request["parameters"]
    whole = f"WITH {_ROWS_TABLE} AS (\n{request['facts']}\n)\n{_judged(request)}"
    try:
        yield from _answer(connection.execute(whole, _used(parameters, request["used"])))
    except (duckdb.BinderException, duckdb.ParserException, duckdb.CatalogException):
        raise
    except duckdb.Error:
        yield {"restart": True}
        yield _row_by_row(connection, request)


def _judged(request: Mapping[str, Any], where: str = "") -> str:
    reasons = " ".join(f"WHEN (\n{when}\n) THEN {index}" for index, when in enumerate(request["reasons"]))
    passes = f'CAST((\n{request["pass_when"]}\n) AS BOOLEAN) AS "__pass"'
    return f'SELECT *, {passes}, CASE {reasons} END AS "__reason" FROM {_ROWS_TABLE} {where}'  # noqa: S608 - checked by the parent


def _row_by_row(connection: duckdb.DuckDBPyConnection, request: Mapping[str, Any]) -> dict[str, Any]:
    parameters = request["parameters"]
    numbered = f'SELECT *, row_number() OVER () AS "__row" FROM (\n{request["facts"]}\n)'  # noqa: S608 - checked by the parent
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE {_ROWS_TABLE} AS {numbered}", _used(parameters, request["used_by_facts"])
    )
    names: list[str] = []
    rows: list[Any] = []
    counted = connection.execute(f"SELECT count(*) FROM {_ROWS_TABLE}").fetchone()  # noqa: S608 - our own name
    for number in range(1, (counted[0] if counted else 0) + 1):
        where = f'WHERE "__row" = {number}'
        try:
            used = _used(parameters, request["used_by_predicate"])
            part = next(_answer(connection.execute(_judged(request, where), used)))
        except duckdb.Error as error:
            text = str(error).split("\n")[0][:300].replace("'", "''")
            plain = (
                f'SELECT *, NULL::BOOLEAN AS "__pass", NULL::INTEGER AS "__reason", \'{text}\' AS "__error" '  # noqa: S608 - quoted
                f"FROM {_ROWS_TABLE} {where}"
            )
            part = next(_answer(connection.execute(plain)))
        names = part["names"] if len(part["names"]) > len(names) else names
        rows += part["rows"]
    return {"names": names, "rows": [row + [None] * (len(names) - len(row)) for row in rows]}


def _used(parameters: Mapping[str, Any], used: list[str]) -> dict[str, Any]:
    values = {name: parameters[name] for name in used}
    if isinstance(values.get("now"), str):
        values["now"] = datetime.datetime.fromisoformat(values["now"])
    return values


def _answer(cursor: duckdb.DuckDBPyConnection) -> Iterator[dict[str, Any]]:
    """All rows, so many at a time that neither this process nor its parent holds an answer twice."""
    names = [column[0] for column in cursor.description or ()]
    while rows := cursor.fetchmany(_ROWS):
        yield {"names": names, "rows": [list(row) for row in rows]}


def _plain(value: object) -> object:
    if isinstance(value, datetime.timedelta):
        return value.total_seconds()
    if isinstance(value, decimal.Decimal):
        number = float(value)
        return int(number) if math.isfinite(number) and number == int(number) else number
    if isinstance(value, bytes | bytearray):
        return value.hex()
    if isinstance(value, set | frozenset | tuple):
        return list(value)
    return str(value)


if __name__ == "__main__":
    main()
