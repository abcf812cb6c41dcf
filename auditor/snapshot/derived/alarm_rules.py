"""Rules of composite alarms, read: which of them an alarm sets off by itself (MON-01, MON-03).

Syntax: CloudWatch, PutCompositeAlarm (AlarmRule) and "Combining alarms" (alarm-combining.html): ALARM, OK and
INSUFFICIENT_DATA of an alarm's name or ARN, TRUE, FALSE, AND, OR, NOT, parentheses, and
`AT_LEAST(2 or 50%, [NOT] ALARM, (first, second, …))`.
"""

from __future__ import annotations

import math
import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from auditor.model import Derived, Rows

_States = Callable[[str], str]
"""An alarm's name -> its state."""
_Holds = Callable[[_States], bool]

_ALARM, _OK = "ALARM", "OK"
_WORDS = (_ALARM, _OK, "INSUFFICIENT_DATA")
_TOKEN = re.compile(r'\s*("(?:[^"\\]|\\.)*"|[(),]|[^\s(),"]+)')
_DEEPEST = 60


@dataclass(frozen=True, slots=True)
class Rule:
    """A composite alarm's rule: which alarms it names, and whether it holds given their states."""

    names: frozenset[str]
    holds: _Holds


def read_rule(text: str) -> Rule:
    """Return a rule, read. Raises ValueError where it is none."""
    reader = _Reader(_TOKEN.findall(text) if _TOKEN.sub("", text).strip() == "" else [])
    holds = reader.either(0)
    if reader.left():
        raise ValueError(f"the rule {text[:80]!r} goes on where it should end")
    return Rule(frozenset(reader.names), holds)


class _Reader:
    """Reads a rule from left to right: OR binds least, then AND, then NOT."""

    def __init__(self, tokens: Sequence[str]) -> None:
        self._tokens = list(tokens)
        self._at = 0
        self.names: set[str] = set()

    def left(self) -> bool:
        return self._at < len(self._tokens)

    def either(self, depth: int) -> _Holds:
        parts = [self._both(depth)]
        while self._follows("OR"):
            parts.append(self._both(depth))
        return parts[0] if len(parts) == 1 else lambda states: any(part(states) for part in parts)

    def _both(self, depth: int) -> _Holds:
        parts = [self._one(depth)]
        while self._follows("AND"):
            parts.append(self._one(depth))
        return parts[0] if len(parts) == 1 else lambda states: all(part(states) for part in parts)

    def _one(self, depth: int) -> _Holds:
        if depth > _DEEPEST:
            raise ValueError("the rule is nested too deeply")
        word = self._next()
        if word.upper() == "NOT":
            inner = self._one(depth + 1)
            return lambda states: not inner(states)
        if word == "(":
            inner = self.either(depth + 1)
            self._expect(")")
            return inner
        if word.upper() in {"TRUE", "FALSE"}:
            return lambda _states: word.upper() == "TRUE"
        self._expect("(")
        if word.upper() == "AT_LEAST":
            return self._at_least()
        name, state = self._name(), _state(word)
        self._expect(")")
        return lambda states: states(name) == state

    def _at_least(self) -> _Holds:
        wanted = self._next()
        self._expect(",")
        word = self._next()
        negated = word.upper() == "NOT"
        state = _state(self._next() if negated else word)
        self._expect(",")
        self._expect("(")
        names = [self._name()]
        while self._follows(","):
            names.append(self._name())
        self._expect(")")
        self._expect(")")
        count = _count(wanted, len(names))
        return lambda states: sum((states(name) == state) is not negated for name in names) >= count

    def _name(self) -> str:
        words = [self._next()]
        if words[0] in {"(", ")", ","}:
            raise ValueError("the rule lacks an alarm's name")
        while self.left() and self._tokens[self._at] not in {"(", ")", ","}:
            words.append(self._next())
        text = " ".join(words)
        if text.startswith('"') and text.endswith('"') and len(text) > 1:
            text = re.sub(r"\\(.)", r"\1", text[1:-1])
        name = text.split(":alarm:", 1)[-1] if text.startswith("arn:") else text
        self.names.add(name)
        return name

    def _next(self) -> str:
        if not self.left():
            raise ValueError("the rule ends too early")
        self._at += 1
        return self._tokens[self._at - 1]

    def _follows(self, word: str) -> bool:
        found = self.left() and self._tokens[self._at].upper() == word
        self._at += found
        return found

    def _expect(self, word: str) -> None:
        if self._next() != word:
            raise ValueError(f"the rule lacks a {word!r}")


def _state(word: str) -> str:
    if word.upper() not in _WORDS:
        raise ValueError(f"the rule has {word[:80]!r} where a state is meant")
    return word.upper()


def _count(text: str, of: int) -> int:
    match = re.fullmatch(r"([0-9]{1,3})(%?)", text)
    if match is None:
        raise ValueError(f"{text[:80]!r} is neither a number nor a percentage")
    return math.ceil(int(match[1]) * of / 100) if match[2] else int(match[1])


# ------------------------------------------------------------------------------------------------------- table


class _Place:
    """The composite alarms of one account and region."""

    def __init__(self, composites: Rows) -> None:
        self.arns = {row["name"]: row["arn"] for row in composites}
        self.rules: dict[str, Rule] = {}
        self.problems: dict[str, tuple[str, str]] = {}
        self.above: dict[str, set[str]] = defaultdict(set)
        for row in composites:
            text = row["rule"] or ""
            try:
                self.rules[row["name"]] = rule = read_rule(text)
            except ValueError as error:
                self.problems[row["name"]] = (text, str(error))
            else:
                for name in rule.names:
                    self.above[name].add(row["name"])

    def reached(self, alarm: str) -> set[str]:
        """Composite alarms whose rule names the alarm, or another such composite alarm."""
        found: set[str] = set()
        waiting = [alarm]
        while waiting:
            further = self.above[waiting.pop()] - found
            found |= further
            waiting += further
        return found - {alarm}

    def fires(self, composite: str, alarm: str) -> bool:
        """Whether it goes into ALARM when the alarm does and all others, but composite ones, are OK."""
        before, after = ({alarm: state} for state in (_OK, _ALARM))
        return not self._holds(composite, before, frozenset()) and self._holds(composite, after, frozenset())

    def _holds(self, composite: str, known: dict[str, str], within: frozenset[str]) -> bool:
        def states(name: str) -> str:
            if name not in known and name in self.rules and name not in within:
                known[name] = _ALARM if self._holds(name, known, within | {composite}) else _OK
            return known.get(name, _OK)

        return self.rules[composite].holds(states)


def _compute(inputs: Mapping[str, Rows]) -> Iterator[Mapping[str, Any]]:
    by_place: dict[tuple[str, str], list[Mapping[str, Any]]] = defaultdict(list)
    for row in inputs["composites"]:
        by_place[row["account"], row["region"]].append(row)
    places = {key: _Place(rows) for key, rows in by_place.items()}
    for alarm in inputs["alarms"]:
        place = places.get((alarm["account"], alarm["region"]))
        if place is None:
            continue
        row = {"account": alarm["account"], "region": alarm["region"], "alarm_arn": alarm["arn"]}
        for name in sorted(place.reached(alarm["name"])):
            fires = place.fires(name, alarm["name"])
            yield {**row, "composite_arn": place.arns[name], "composite_name": name, "fires": fires, "problem": None}
        for name, (text, problem) in sorted(place.problems.items()):
            if alarm["name"] in text:
                told = {"composite_arn": place.arns[name], "composite_name": name, "fires": None, "problem": problem}
                yield {**row, **told}


ALARM_RULES = Derived(
    name="alarm_rules",
    description=(
        "Composite alarms that depend on a metric alarm, directly or through others: a row a pair. `fires`: the "
        "composite alarm goes into ALARM when this alarm does and all others are OK. Where its rule cannot be read, "
        "`fires` is NULL and `problem` says why."
    ),
    inputs={
        "alarms": "select account, region, arn, name from cloudwatch_alarms",
        "composites": "select account, region, arn, name, AlarmRule as rule from cloudwatch_composite_alarms",
    },
    columns={
        "account": "VARCHAR",
        "region": "VARCHAR",
        "alarm_arn": "VARCHAR",
        "composite_arn": "VARCHAR",
        "composite_name": "VARCHAR",
        "fires": "BOOLEAN",
        "problem": "VARCHAR",
    },
    compute=_compute,
)
