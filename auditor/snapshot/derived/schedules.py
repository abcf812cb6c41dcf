"""Schedule expressions of AWS, read exactly: how long it may be between two runs (SEC-01).

Syntax: EventBridge, "Setting a schedule pattern for scheduled rules" (eb-scheduled-rule-pattern.html); EventBridge
Scheduler, "Schedule types" (schedule-types.html); Secrets Manager, "Rotation schedules" (rotate-secrets_schedule.html).
"""

from __future__ import annotations

import calendar
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from itertools import pairwise
from typing import Any

from auditor.model import Derived, Rows

_FIRST_YEAR, _LAST_YEAR = 1970, 2199
# Calendars repeat every 28 years between 2000 and 2099; 2100 alone, which is no leap year, would break the rhythm.
_HORIZON = range(2000, 2100)
_DAY_MINUTES = 24 * 60
_MONTHS = {name.upper(): number for number, name in enumerate(calendar.month_abbr) if number}
_DAYS = {name: number for number, name in enumerate(("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"), start=1)}
_UNITS = {"minute": 1, "hour": 60, "day": _DAY_MINUTES}
_FRIDAY, _SATURDAY, _SUNDAY, _WEEK = 6, 7, 1, 7
_WEEKS_OF_MONTH = 5

_EXPRESSION = re.compile(r"\s*(rate|cron|at)\s*\((.*)\)\s*", re.IGNORECASE | re.DOTALL)
_RATE = re.compile(r"\s*([0-9]{1,8})\s+(minute|hour|day)s?\s*", re.IGNORECASE)
_NUMBER = re.compile(r"[0-9]{1,4}")

_Matcher = Callable[[int, int], Iterable[int]]
"""(days of the month, weekday of its first day with 1 = Sunday) -> days of the month that match."""


@dataclass(frozen=True, slots=True)
class _Field:
    """A field of a cron expression: its name, its smallest and largest value, and names of values."""

    name: str
    low: int
    high: int
    names: Mapping[str, int]
    wraps: bool = True
    """True: a range may run over the end (`FRI-MON`, `22-2`), as in Quartz."""


_MINUTE = _Field("minutes", 0, 59, {})
_HOUR = _Field("hours", 0, 23, {})
_DAY_OF_MONTH = _Field("day-of-month", 1, 31, {})
_MONTH = _Field("month", 1, 12, _MONTHS)
_DAY_OF_WEEK = _Field("day-of-week", 1, 7, _DAYS)
_YEAR = _Field("year", _FIRST_YEAR, _LAST_YEAR, {}, wraps=False)


def longest_gap(expression: str) -> timedelta:
    """Return the longest time between two consecutive runs of a schedule, exact to the minute.

    Reads `rate(N minutes|hours|days)` and `cron(minutes hours day-of-month month day-of-week [year])` with
    `* ? , - / L W #`. Cron counts in its own time zone: what daylight saving adds or takes is left out. Raises
    ValueError where there is no such time: what is not AWS's syntax, what runs once (`at`), never, or no longer after
    some year before 2100.
    """
    match = _EXPRESSION.fullmatch(expression)
    if not match:
        raise ValueError(f"{_shown(expression)} is no rate(), cron() or at() expression")
    kind, body = match[1].lower(), match[2]
    if kind == "at":
        raise ValueError(f"{_shown(expression)} runs once: there is no next run")
    return _rate_gap(body) if kind == "rate" else _cron_gap(body)


def _shown(text: str) -> str:
    limit = 80
    return repr(text if len(text) <= limit else f"{text[:limit]}…")


def _rate_gap(body: str) -> timedelta:
    match = _RATE.fullmatch(body)
    if not match:
        raise ValueError(f"rate({body.strip()[:80]}) is not a whole number and minutes, hours or days")
    if not int(match[1]):
        raise ValueError(f"rate({body.strip()}) never runs")
    return timedelta(minutes=int(match[1]) * _UNITS[match[2].lower()])


def _cron_gap(body: str) -> timedelta:
    fields = body.upper().split()
    if len(fields) not in (5, 6):
        raise ValueError(f"cron has six fields (minutes hours day-of-month month day-of-week year), not {len(fields)}")
    minutes = sorted(_values(fields[0], _MINUTE))
    hours = sorted(_values(fields[1], _HOUR))
    days = _days(fields[2], fields[4])
    months = sorted(_values(fields[3], _MONTH))
    years = _years(fields[5] if len(fields) == 6 else "*")  # noqa: PLR2004 - the sixth field is the year
    day_gap = _longest_day_gap(days, months, years)
    over_night = day_gap * _DAY_MINUTES + (hours[0] * 60 + minutes[0]) - (hours[-1] * 60 + minutes[-1])
    within_hour = max((b - a for a, b in pairwise(minutes)), default=0)
    between_hours = max(((b - a) * 60 + minutes[0] - minutes[-1] for a, b in pairwise(hours)), default=0)
    return timedelta(minutes=max(over_night, within_hour, between_hours))


# ------------------------------------------------------------------------------------------------ plain fields


def _values(text: str, field: _Field) -> set[int]:
    """Return the values of a field that is made of numbers, names, ranges and steps."""
    values: set[int] = set()
    for item in text.split(","):
        values.update(_item(item, field))
    return values


def _item(item: str, field: _Field) -> Iterable[int]:
    span, slash, step_text = item.partition("/")
    step = _number(step_text, _Field(f"{field.name} step", 1, 9999, {})) if slash else 1
    if span == "*":
        return range(field.low, field.high + 1, step)
    first_text, dash, last_text = span.partition("-")
    first = _number(first_text, field)
    if not dash:
        return range(first, field.high + 1, step) if slash else (first,)
    last = _number(last_text, field)
    if first <= last:
        return range(first, last + 1, step)
    if not field.wraps:
        raise ValueError(f"cron: {field.name} {item!r} runs backwards")
    size = field.high - field.low + 1
    return ((value - field.low) % size + field.low for value in range(first, last + size + 1, step))


def _number(text: str, field: _Field) -> int:
    value = field.names.get(text)
    if value is None and _NUMBER.fullmatch(text):
        value = int(text)
    if value is None or not field.low <= value <= field.high:
        raise ValueError(f"cron: {field.name} cannot be {_shown(text)}; it goes from {field.low} to {field.high}")
    return value


def _years(text: str) -> list[int]:
    """Return the years that count: those before 2100, and the next one; a schedule that ends earlier is refused."""
    years = sorted(_values(text, _YEAR))
    if years[-1] < _HORIZON.stop:
        raise ValueError(f"cron: the schedule ends in {years[-1]}, after that it does not run")
    if years[0] >= _HORIZON.stop:
        raise ValueError(f"cron: the schedule does not run before {years[0]}")
    return [*(year for year in years if year in _HORIZON), next(year for year in years if year >= _HORIZON.stop)]


# -------------------------------------------------------------------------------------------------------- days


def _days(of_month: str, of_week: str) -> _Matcher:
    """Return what tells the days of a month; AWS wants `?` in exactly one of the two fields."""
    if (of_month == "?") == (of_week == "?"):
        raise ValueError("cron: either day-of-month or day-of-week must be ?, and only one of them")
    text, reader = (of_month, _day_of_month) if of_week == "?" else (of_week, _day_of_week)
    matchers = [reader(item) for item in text.split(",")]

    @cache
    def matching(length: int, first_weekday: int) -> tuple[int, ...]:
        found = {day for matcher in matchers for day in matcher(length, first_weekday)}
        return tuple(sorted(day for day in found if 1 <= day <= length))

    return matching


def _day_of_month(item: str) -> _Matcher:
    if item == "LW":
        return lambda length, first: (_nearest_weekday(length, length, first),)
    if item.endswith("W"):
        near = _number(item[:-1], _DAY_OF_MONTH)
        return lambda length, first: (_nearest_weekday(near, length, first),) if near <= length else ()
    if item == "L" or item.startswith("L-"):
        before = _number(item[2:], _Field("day-of-month", 0, 30, {})) if item != "L" else 0
        return lambda length, _first: (length - before,)
    values = frozenset(_item(item, _DAY_OF_MONTH))
    return lambda _length, _first: values


def _weekday(day: int, first_weekday: int) -> int:
    return (first_weekday + day - 2) % _WEEK + 1


def _nearest_weekday(day: int, length: int, first_weekday: int) -> int:
    """Return the Monday to Friday that is nearest to a day, within its month."""
    weekday = _weekday(day, first_weekday)
    if weekday == _SATURDAY:
        return day - 1 if day > 1 else day + 2
    if weekday == _SUNDAY:
        return day + 1 if day < length else day - 2
    return day


def _day_of_week(item: str) -> _Matcher:
    if "#" in item:
        name, _, nth_text = item.partition("#")
        weekday, nth = _number(name, _DAY_OF_WEEK), _number(nth_text, _Field("day-of-week #", 1, _WEEKS_OF_MONTH, {}))
        return lambda _length, first: ((weekday - first) % _WEEK + 1 + _WEEK * (nth - 1),)
    if item.endswith("L") and item != "L":
        weekday = _number(item[:-1], _DAY_OF_WEEK)
        return lambda length, first: (length - (_weekday(length, first) - weekday) % _WEEK,)
    # A bare L is the last day of the week, Saturday.
    values = frozenset(_item("SAT" if item == "L" else item, _DAY_OF_WEEK))
    return lambda length, first: (day for day in range(1, length + 1) if _weekday(day, first) in values)


def _longest_day_gap(days: _Matcher, months: Sequence[int], years: Sequence[int]) -> int:
    """Return the most days between two consecutive days with a run; ValueError where there are not two."""
    longest, previous, runs = 0, 0, 0
    for first_day, matching in _months(days, months, years):
        if previous:
            longest = max(longest, first_day + matching[0] - previous)
        longest = max(longest, *(b - a for a, b in pairwise(matching)), 0)
        previous, runs = first_day + matching[-1], runs + len(matching)
    if runs < 2:  # noqa: PLR2004 - a gap lies between two
        raise ValueError("cron: no such day comes twice")
    return longest


def _months(days: _Matcher, months: Sequence[int], years: Sequence[int]) -> Iterator[tuple[int, tuple[int, ...]]]:
    """Yield, for each month with a run, the ordinal of the day before its first, and its days."""
    for year in years:
        for month in months:
            first = date(year, month, 1)
            matching = tuple(days(calendar.monthrange(year, month)[1], first.isoweekday() % _WEEK + 1))
            if matching:
                yield first.toordinal() - 1, matching


# ------------------------------------------------------------------------------------------------------- table


def _compute(inputs: Mapping[str, Rows]) -> Iterator[Mapping[str, Any]]:
    for rows in inputs.values():
        for row in rows:
            told = {"part": None, **row}
            days = told.pop("days", None)
            expression = row["expression"] or (f"rate({days} days)" if days is not None else None)
            yield {**told, "expression": expression, **_gap_columns(expression)}


def _gap_columns(expression: str | None) -> Mapping[str, Any]:
    gap, problem = None, None
    try:
        if expression is None:
            problem = "AWS tells no rotation rules"
        else:
            gap = longest_gap(expression)
    except ValueError as error:
        problem = str(error)
    return {
        "longest_gap_days": gap and gap / timedelta(days=1),
        "longest_gap_minutes": gap and gap / timedelta(minutes=1),
        "problem": problem,
    }


SCHEDULES = Derived(
    name="schedules",
    description=(
        "Schedules, read: the longest time between two runs. Of secrets' rotation the schedule expression counts "
        "where there is one, else AutomaticallyAfterDays; a rotation window (Duration) adds nothing. Of backup plans "
        "there is a row for each rule, `part` being its RuleId; a rule without an expression runs daily. Rules of "
        "EventBridge and schedules of EventBridge Scheduler have one where they have an expression; a flexible time "
        "window adds nothing. Where `problem` is set, the gap is NULL."
    ),
    inputs={
        "secrets": (
            "select arn, RotationRules.ScheduleExpression as expression, RotationRules.AutomaticallyAfterDays as days "
            "from secretsmanager_secrets where RotationEnabled or RotationRules.ScheduleExpression is not null "
            "or RotationRules.AutomaticallyAfterDays is not null"
        ),
        # Without an expression AWS Backup takes this one (API_BackupRule).
        "backup_rules": (
            "select arn, rule.RuleId as part, coalesce(rule.ScheduleExpression, 'cron(0 5 ? * * *)') as expression "
            "from (select arn, unnest(Rules) as rule from backup_plans)"
        ),
        "rules": "select arn, ScheduleExpression as expression from events_rules where ScheduleExpression <> ''",
        "schedules": (
            "select arn, ScheduleExpression as expression from scheduler_schedules where ScheduleExpression <> ''"
        ),
    },
    columns={
        "arn": "VARCHAR",
        "part": "VARCHAR",
        "expression": "VARCHAR",
        "longest_gap_days": "DOUBLE",
        "longest_gap_minutes": "DOUBLE",
        "problem": "VARCHAR",
    },
    compute=_compute,
    lookup=True,
)
