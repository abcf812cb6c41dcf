"""Schedule expressions: AWS's own examples, a naive oracle, and garbage."""

from __future__ import annotations

import time
from calendar import monthrange
from datetime import date, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from auditor.snapshot.derived import DERIVED
from auditor.snapshot.derived.schedules import SCHEDULES, longest_gap

DAY = timedelta(days=1)
HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)


@pytest.mark.parametrize(
    ("expression", "gap"),
    [
        # EventBridge, Scheduler, Secrets Manager and AWS Backup: the examples of their documentation
        ("rate(1 minute)", MINUTE),
        ("rate(5 minutes)", 5 * MINUTE),
        ("rate(1 hour)", HOUR),
        ("rate(4 hours)", 4 * HOUR),
        ("rate(1 day)", DAY),
        ("rate(10 days)", 10 * DAY),
        ("cron(0 10 * * ? *)", DAY),
        ("cron(15 12 * * ? *)", DAY),
        ("cron(0 18 ? * MON-FRI *)", 3 * DAY),
        ("cron(0 8 1 * ? *)", 31 * DAY),
        ("cron(0/15 * * * ? *)", 15 * MINUTE),
        ("cron(0/10 * ? * MON-FRI *)", 2 * DAY + 10 * MINUTE),
        ("cron(0/5 8-17 ? * MON-FRI *)", 2 * DAY + 14 * HOUR + 5 * MINUTE),
        ("cron(0/30 20-2 ? * MON-FRI *)", 2 * DAY + 30 * MINUTE),
        ("cron(0 5 ? * * *)", DAY),
        ("cron(0 3 * * ? *)", DAY),
        ("cron(0 8/8 * * ? *)", 16 * HOUR),
        ("cron(0 4/12 * * ? *)", 12 * HOUR),
        ("cron(0 2/10 * * ? *)", 10 * HOUR),
        ("cron(0 18 * * ? *)", DAY),
        ("cron(0 8 1/7 * ? *)", 7 * DAY),
        ("cron(0 16 1,15 * ? *)", 17 * DAY),
        ("cron(0 16 L * ? *)", 31 * DAY),
        ("cron(0 0 ? * SUN#1 *)", 35 * DAY),
        ("cron(0 0 1 1/2 ? *)", 62 * DAY),
        ("cron(0 0 1 JAN,APR,JUL,OCT ? *)", 92 * DAY),
        ("cron(0 0 ? * 2#1 *)", 35 * DAY),
        ("cron(15 10 ? * 6L *)", 35 * DAY),
        ("cron(0 5 ? * 7 *)", 7 * DAY),
        # the calendar's corners
        ("cron(0 0 L * ? *)", 31 * DAY),
        ("cron(0 0 31 * ? *)", 61 * DAY),
        ("cron(0 0 30 * ? *)", 60 * DAY),
        ("cron(0 0 29 2 ? *)", 1461 * DAY),
        ("cron(0 0 1 1 ? *)", 366 * DAY),
        ("cron(0 0 1 1 ? */2)", 731 * DAY),
        ("cron(0 0 1 1 ? 2024/100)", 36_524 * DAY),
        ("cron(0 0 15W * ? *)", 32 * DAY),
        ("cron(0 0 LW * ? *)", 33 * DAY),
        ("cron(0 0 L-3 * ? *)", 31 * DAY),
        ("cron(0 0 ? * SUN#5 *)", 119 * DAY),
        ("cron(0 0 ? * L *)", 7 * DAY),
        ("cron(0 0 ? * SUNL *)", 35 * DAY),
        # forms
        ("cron(0 22-2 ? * FRI-MON *)", 3 * DAY + HOUR),
        ("cron(* * * * ? *)", MINUTE),
        ("cron(59 23 * * ? *)", DAY),
        ("cron(0,1 0 * * ? *)", DAY - MINUTE),
        ("cron(0 3 * * ?)", DAY),
        ("  CRON( 0  3 * *  ? * ) ", DAY),
        ("Rate(1 Days)", DAY),
        ("cron(0 0 ? * mon *)", 7 * DAY),
        ("cron(0 0 1 * ? 1970-2199)", 31 * DAY),
    ],
)
def test_longest_gap(expression: str, gap: timedelta) -> None:
    assert longest_gap(expression) == gap


@pytest.mark.parametrize(
    ("expression", "says"),
    [
        ("", "no rate"),
        ("every day", "no rate"),
        ("rate(1 day) or so", "no rate"),
        ("rate(0 days)", "never"),
        ("rate(-1 days)", "whole number"),
        ("rate(1.5 hours)", "whole number"),
        ("rate(1 week)", "whole number"),
        ("rate(5minutes)", "whole number"),
        ("rate(999999999999 days)", "whole number"),
        ("rate(٣ days)", "whole number"),
        ("at(2030-01-01T00:00:00)", "runs once"),
        ("cron()", "six fields"),
        ("cron(0 00 12 ? * SUN *)", "six fields"),  # Systems Manager's seven, as recorded
        ("cron(0 3 * *)", "six fields"),
        ("cron(0 3 * * * *)", "must be ?"),
        ("cron(0 3 ? * ? *)", "must be ?"),
        ("cron(0 3 1 * MON *)", "must be ?"),
        ("cron(60 3 * * ? *)", "minutes"),
        ("cron(? 3 * * ? *)", "minutes"),
        ("cron(0 24 * * ? *)", "hours"),
        ("cron(0 3 0 * ? *)", "day-of-month"),
        ("cron(0 3 32 * ? *)", "day-of-month"),
        ("cron(0 3 W * ? *)", "day-of-month"),
        ("cron(0 3 32W * ? *)", "day-of-month"),
        ("cron(0 3 1,? * ? *)", "day-of-month"),
        ("cron(0 3 * 13 ? *)", "month"),
        ("cron(0 3 * JANUARY ? *)", "month"),
        ("cron(0 3 ? * 0 *)", "day-of-week"),
        ("cron(0 3 ? * 8 *)", "day-of-week"),
        ("cron(0 3 ? * 2#6 *)", "day-of-week"),
        ("cron(0 3 ? * MON#0 *)", "day-of-week"),
        ("cron(0/0 3 * * ? *)", "step"),
        ("cron(0/ 3 * * ? *)", "step"),
        ("cron(0,,5 3 * * ? *)", "minutes"),
        ("cron(-5 3 * * ? *)", "minutes"),
        ("cron(0 3 * * ? 1969)", "year"),
        ("cron(0 3 * * ? 2030-2026)", "backwards"),
        ("cron(0 3 * * ? 2024-2030)", "ends in 2030"),
        ("cron(0 3 * * ? 2024/200)", "ends in 2024"),
        ("cron(0 3 * * ? 2150/1)", "before 2150"),
        ("cron(0 3 30 2 ? *)", "twice"),
        ("cron(0 3 31 4,6,9,11 ? *)", "twice"),
    ],
)
def test_what_has_no_gap_is_refused(expression: str, says: str) -> None:
    with pytest.raises(ValueError, match=says.replace("?", r"\?")):
        longest_gap(expression)


# ------------------------------------------------------------------------------------------ against an oracle


def _brute(minutes: set[int], hours: set[int], months: set[int], days: list[date]) -> timedelta | None:
    runs = [
        datetime(day.year, day.month, day.day, hour, minute)  # noqa: DTZ001 - a schedule's own time zone
        for day in days
        if day.month in months
        for hour in sorted(hours)
        for minute in sorted(minutes)
    ]
    return max((b - a for a, b in pairwise(runs)), default=None)


def _every_day() -> list[date]:
    return [date(2004, 1, 1) + timedelta(days=n) for n in range(366 * 33)]


def _of_month(text: str, day: date) -> bool:
    length = monthrange(day.year, day.month)[1]
    if text == "L":
        return day.day == length
    if text.endswith("W"):
        wanted = length if text == "LW" else int(text[:-1])
        if wanted > length:
            return False
        near = [d for d in range(1, length + 1) if date(day.year, day.month, d).isoweekday() <= 5]
        return day.day == min(near, key=lambda d: abs(d - wanted))
    return str(day.day) in text.split(",")


def _of_week(text: str, day: date) -> bool:
    number = day.isoweekday() % 7 + 1
    if "#" in text:
        return f"{number}#{(day.day + 6) // 7}" == text
    if text.endswith("L"):
        return f"{number}L" == text and (day + timedelta(days=7)).month != day.month
    return str(number) in text.split(",")


def _numbers(low: int, high: int, most: int) -> st.SearchStrategy[set[int]]:
    return st.sets(st.integers(low, high), min_size=1, max_size=most)


def _comma(values: set[int]) -> str:
    return ",".join(str(value) for value in sorted(values))


_MONTH_DAYS = st.one_of(
    _numbers(1, 31, 4).map(_comma), st.just("L"), st.just("LW"), st.integers(1, 31).map(lambda n: f"{n}W")
)
_WEEK_DAYS = st.one_of(
    _numbers(1, 7, 3).map(_comma),
    st.tuples(st.integers(1, 7), st.integers(1, 5)).map(lambda pair: f"{pair[0]}#{pair[1]}"),
    st.integers(1, 7).map(lambda n: f"{n}L"),
)


@settings(max_examples=40, deadline=None)
@given(
    minutes=_numbers(0, 59, 2),
    hours=_numbers(0, 23, 2),
    months=st.one_of(st.just(set(range(1, 13))), _numbers(1, 12, 3)),
    days=st.one_of(_MONTH_DAYS.map(lambda text: (text, "?")), _WEEK_DAYS.map(lambda text: ("?", text))),
)
def test_agrees_with_counting_every_run(
    minutes: set[int], hours: set[int], months: set[int], days: tuple[str, str]
) -> None:
    of_month, of_week = days
    matching = [day for day in _every_day() if (_of_month(of_month, day) if of_week == "?" else _of_week(of_week, day))]
    expected = _brute(minutes, hours, months, matching)
    expression = f"cron({_comma(minutes)} {_comma(hours)} {of_month} {_comma(months)} {of_week} *)"
    if expected is None or not any(day.month in months for day in matching):
        with pytest.raises(ValueError, match="twice"):
            longest_gap(expression)
    else:
        assert longest_gap(expression) == expected


@given(start=st.integers(0, 59), step=st.integers(1, 80))
def test_steps_are_the_list_that_they_stand_for(start: int, step: int) -> None:
    spelled = _comma(set(range(start, 60, step)))
    assert longest_gap(f"cron({start}/{step} 3 * * ? *)") == longest_gap(f"cron({spelled} 3 * * ? *)")


@given(st.integers(1, 12), st.integers(1, 12))
def test_ranges_run_over_the_end_of_the_year(first: int, last: int) -> None:
    spelled = {(first - 1 + n) % 12 + 1 for n in range((last - first) % 12 + 1)}
    assert longest_gap(f"cron(0 3 1 {first}-{last} ? *)") == longest_gap(f"cron(0 3 1 {_comma(spelled)} ? *)")


@given(st.one_of(st.text(), st.text("0123456789*?,-/LW#MONSUAT ", max_size=40).map(lambda text: f"cron({text})")))
def test_garbage_is_refused_with_a_value_error_or_read(text: str) -> None:
    try:
        gap = longest_gap(text)
    except ValueError:
        return
    assert gap > timedelta(0)


@pytest.mark.parametrize("expression", ["cron(* * * * ? *)", "cron(* * ? * * *)", "cron(0-59/1 * LW,1W,L * ? */1)"])
def test_is_fast(expression: str) -> None:
    started = time.process_time()
    longest_gap(expression)
    assert time.process_time() - started < 0.5  # 10 ms of CPU; the rest is for a slower machine


# ---------------------------------------------------------------------------------------------------- the table


def _row(expression: str | None, days: int | None) -> dict[str, object]:
    (row,) = SCHEDULES.compute({"secrets": [{"arn": "a", "expression": expression, "days": days}]})
    assert set(row) == set(SCHEDULES.columns)
    return dict(row)


def test_the_expression_counts_before_the_days() -> None:
    row = _row("rate(4 hours)", 1)
    assert (row["expression"], row["longest_gap_minutes"], row["problem"]) == ("rate(4 hours)", 240.0, None)


def test_days_alone_are_a_rate() -> None:
    row = _row(None, 30)
    assert (row["expression"], row["longest_gap_days"]) == ("rate(30 days)", 30.0)


@pytest.mark.parametrize(
    ("expression", "days", "problem"),
    [("nonsense", 1, "no rate"), (None, None, "no rotation rules"), (None, 0, "never runs")],
)
def test_what_cannot_be_read_is_no_gap_but_a_problem(expression: str | None, days: int | None, problem: str) -> None:
    row = _row(expression, days)
    assert row["longest_gap_days"] is None
    assert row["longest_gap_minutes"] is None
    assert problem in str(row["problem"])


def test_derived_tables_are_listed_by_name() -> None:
    names = [derived.name for derived in DERIVED]
    assert names == sorted(set(names))
    assert "schedules" in names
