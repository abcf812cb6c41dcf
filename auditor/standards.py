"""The register of requirements and the standards that choose from it (`checks/standards/`, or a user's own file)."""

from __future__ import annotations

import difflib
import math
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any, Final

from auditor.errors import ConfigError
from auditor.model import Requirement, Severity, Standard
from auditor.toml_source import Document, Key, load

if TYPE_CHECKING:
    from pathlib import Path

ALWAYS: Final = "DRF-*"
"""Requirements of every standard: judged wherever a state or a baseline is given."""

CHOICES: Final[Mapping[str, tuple[Any, ...]]] = {
    "nat_strategy": ("per_az", "single", "any"),
    "connectivity": ("transit_gateway", "peering", "any"),
    "minimum_tls_version": ("1.0", "1.1", "1.2", "1.3"),
    "health_check_intervals": (10, 30),
    "health_check_types": (
        "HTTP",
        "HTTPS",
        "TCP",
        "HTTP_STR_MATCH",
        "HTTPS_STR_MATCH",
        "CALCULATED",
        "CLOUDWATCH_METRIC",
        "RECOVERY_CONTROL",
    ),
}
"""Parameters whose value, or each of whose values, is one of a few."""

FILLED_LATER: Final = ("environment", "environment_suffix")
"""Placeholders that are no parameters: the audit's configuration gives them."""

_PLACEHOLDER: Final = re.compile(r"\{([A-Za-z_][A-Za-z0-9_]*)\}")
_REQUIREMENT_ID: Final = re.compile(r"[A-Z]+-\d{2,}")
_MANY: Final = 15
REGION: Final = re.compile(r"[a-z]{2,4}(-[a-z]+)+-\d{1,2}")
"""What AWS's region names look like; which ones exist is AWS's to say."""


@dataclass(frozen=True, slots=True)
class Register:
    """Every requirement, and the defaults of the parameters that their statements name."""

    requirements: Mapping[str, Requirement]
    defaults: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Library:
    """The register and the built-in standards."""

    register: Register
    standards: Mapping[str, Standard]


def load_library(folder: Path) -> Library:
    """Read `requirements.toml` and `standards.toml` of a folder (`checks/standards`)."""
    register = load_register(folder / "requirements.toml")
    return Library(register, load_standards(folder / "standards.toml", register))


def load_register(path: Path) -> Register:
    """Read the register of requirements; raises ConfigError with every problem that it has."""
    document = load(path)
    reading = _Reading(document, [])
    defaults = document.data.get("defaults")
    if not isinstance(defaults, dict):
        defaults = {}
        reading.problem(("defaults",), "is missing: add the table [defaults]")
    names = [name for name in document.data if name != "defaults"]
    found = {name: _requirement(reading, name, defaults) for name in names}
    reading.finish()
    return Register({name: requirement for name, requirement in found.items() if requirement}, defaults)


def load_standards(path: Path, register: Register) -> Mapping[str, Standard]:
    """Read a file of standards, in the file's order; raises ConfigError with every problem that it has."""
    return _standards(load(path), register)


def load_user_standard(path: Path, register: Register) -> Standard:
    """Read a user's own standard: a file with exactly one table, whose name is the standard's."""
    document = load(path)
    if len(document.data) != 1 or not all(isinstance(table, dict) for table in document.data.values()):
        found = ", ".join(document.data) or "nothing"
        what = f"a standard's file has exactly one table, [NAME], with everything in it; found: {found}"
        raise ConfigError([document.problem((), what)])
    return next(iter(_standards(document, register).values()))


def select(standard: Standard, register: Register, globs: Sequence[str]) -> tuple[Requirement, ...]:
    """Choose the requirements of a standard that match any of the globs; none given: all of them.

    Raises ConfigError where a glob matches nothing.
    """
    problems = []
    for glob in globs:
        if any(fnmatchcase(name, glob) for name in standard.requirements):
            continue
        if any(fnmatchcase(name, glob) for name in register.requirements):
            where = f"auditor standards show {standard.name}"
            problems.append(f"--requirement: {glob} is not in the standard {standard.name}: see {where}")
        else:
            problems.append(f"--requirement: {no_requirement(glob, register.requirements)}")
    if problems:
        raise ConfigError(problems)
    return tuple(
        register.requirements[name]
        for name in standard.requirements
        if not globs or any(fnmatchcase(name, glob) for glob in globs)
    )


def no_requirement(glob: str, known: Collection[str]) -> str:
    """Word that an id or glob matches no requirement."""
    families = list(dict.fromkeys(f"{name.partition('-')[0]}-*" for name in known))
    close = difflib.get_close_matches(glob.upper(), families if "*" in glob else known, n=1, cutoff=0.6)
    hint = f"did you mean {close[0]}?" if close else f"there are: {', '.join(families)}"
    return f'no requirement matches "{glob}"; {hint}'


def did_you_mean(word: str, known: Iterable[str], *, otherwise: str = "known") -> str:
    """End a message about an unknown word: the closest known one, or else all of them (some, where they are many)."""
    by_folded = {name.casefold(): name for name in known}
    close = difflib.get_close_matches(word.casefold(), by_folded, n=1, cutoff=0.6)
    if close:
        return f"; did you mean {by_folded[close[0]]}?"
    names = list(by_folded.values())
    rest = f" and {len(names) - _MANY} more" if len(names) > _MANY else ""
    return f"; {otherwise}: {', '.join(names[:_MANY])}{rest}" if names else ""


# ------------------------------------------------------------------------------------------- text with placeholders


def fill(text: str, parameters: Mapping[str, Any], extras: Mapping[str, Any] | None = None) -> str:
    """Fill `{name}` placeholders from parameters and extras (say, environment_suffix), also those inside of values.

    Braces round anything but a name stay as they are. Raises ConfigError for a name that neither has.
    """
    extras = extras or {}

    def value(match: re.Match[str]) -> str:
        name = match[1]
        if name in extras:
            return show(extras[name])
        if name in parameters:
            return fill(show(parameters[name]), {}, extras)
        known = sorted({*parameters, *extras})
        raise ConfigError([f'unknown placeholder {{{name}}} in "{text}"{did_you_mean(name, known)}'])

    return _PLACEHOLDER.sub(value, text)


def resolve(parameters: Mapping[str, Any], extras: Mapping[str, str]) -> Mapping[str, Any]:
    """Fill the placeholders inside of parameters' values, lists and tables included."""

    def filled(value: object) -> Any:  # noqa: ANN401 - a parameter's value is whatever TOML can say
        if isinstance(value, str):
            return fill(value, {}, extras)
        if isinstance(value, (list, tuple)):
            return [filled(item) for item in value]
        if isinstance(value, Mapping):
            return {key: filled(item) for key, item in value.items()}
        return value

    return {name: filled(value) for name, value in parameters.items()}


def fill_requirement(requirement: Requirement, parameters: Mapping[str, Any], extras: Mapping[str, Any]) -> Requirement:
    """Fill the placeholders in a requirement's title and statement."""
    return replace(
        requirement,
        title=fill(requirement.title, parameters, extras),
        statement=fill(requirement.statement, parameters, extras),
    )


def show(value: object) -> str:
    """Show a parameter's value to a reader: `a, b` for lists, `key: value` for tables, `none` for empty ones."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        return f"{value:g}"
    if isinstance(value, Mapping):
        return ", ".join(f"{key}: {show(item)}" for key, item in value.items()) or "none"
    if isinstance(value, (list, tuple)):
        return ", ".join(show(item) for item in value) or "none"
    return str(value)


# ------------------------------------------------------------------------------------------------------- parameters


def parameter_problems(values: Mapping[str, Any], defaults: Mapping[str, Any]) -> list[tuple[Key, str]]:
    """Say what is wrong with parameters: unknown ones, wrong types, values out of range, as (key, what)."""
    problems: list[tuple[Key, str]] = []
    for name, value in values.items():
        if name not in defaults:
            problems.append(((name,), f"no such parameter{did_you_mean(name, defaults, otherwise='there are')}"))
        else:
            problems.extend(((name, *key), what) for key, what in _value_problems(name, value, defaults[name]))
    return problems


def _value_problems(name: str, value: object, default: object) -> list[tuple[Key, str]]:
    """Judge one parameter by its default, which says what type it has."""
    if isinstance(default, list):
        if not isinstance(value, list):
            return [((), f"must be a list, as in {name} = {_toml(default or ['…'])}")]
        example = default[0] if default else "…"
        return [((i,), what) for i, item in enumerate(value) if (what := _single_problem(name, item, example))]
    if isinstance(default, Mapping):
        if not isinstance(value, Mapping):
            return [((), f'must be a table, as in {name} = {{ key = "…" }}')]
        example = next(iter(default.values()), "…")
        return [((key,), what) for key, item in value.items() if (what := _single_problem(name, item, example))]
    what = _single_problem(name, value, default)
    return [((), what)] if what else []


def _single_problem(name: str, value: object, example: object) -> str:
    """Judge a value that is no list or table: its type, then its range."""
    if isinstance(example, bool):
        return "" if isinstance(value, bool) else "must be true or false"
    problem = _number_problem(value, example) if isinstance(example, (int, float)) else _text_problem(value, example)
    choices = CHOICES.get(name)
    if not problem and choices and value not in choices:
        return f"must be one of {', '.join(_toml(choice) for choice in choices)}"
    return problem


def _number_problem(value: object, example: object) -> str:
    """Judge what should be a number: days, seconds, counts, none of them negative."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return f"must be a number, as in {_toml(example)}"
    return "" if math.isfinite(value) and value >= 0 else "must be a number of 0 or more"


def _text_problem(value: object, example: object) -> str:
    """Judge what should be text."""
    if not isinstance(value, str) or not value.strip():
        return f"must be text in quotes, as in {_toml(example)}"
    unknown = [found for found in _PLACEHOLDER.findall(value) if found not in FILLED_LATER]
    if unknown:
        return f"unknown placeholder {{{unknown[0]}}}: a value can have {{environment}} and {{environment_suffix}}"
    return ""


def _toml(value: object) -> str:
    """Spell a value as it stands in TOML."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        return f"[{', '.join(_toml(item) for item in value)}]"
    return f'"{value}"' if isinstance(value, str) else str(value)


# ---------------------------------------------------------------------------------------------------- reading tables

_FIELDS: Final[Mapping[str, tuple[type, str]]] = {
    "title": (str, '"…"'),
    "severity": (str, '"high"'),
    "sources": (list, '["TDR 2"]'),
    "must_exist": (bool, "false"),
    "statement": (str, '"…"'),
    "note": (str, '"…"'),
    "primary": (str, '"us-east-1"'),
    "recovery": (list, '["us-west-2"]'),
    "requirements": (list, '["NET-01", "DB-*"]'),
    "parameters": (dict, "{}"),
}
_REQUIREMENT_KEYS: Final = ("title", "severity", "sources", "must_exist", "statement")
_STANDARD_KEYS: Final = ("title", "primary", "recovery", "requirements")


@dataclass(frozen=True, slots=True)
class _Reading:
    """A file that is being read, and what was wrong with it so far."""

    document: Document
    problems: list[str]

    def problem(self, key: Key, what: str) -> None:
        """Note a problem; reading goes on."""
        self.problems.append(self.document.problem(key, what))

    def table(self, name: str, needed: Collection[str], optional: str) -> dict[str, Any] | None:
        """Check the keys of a table and their types; None where they are not as they should be."""
        table = self.document.data[name]
        if not isinstance(table, dict):
            self.problem((name,), f"must be a table, [{name}]")
            return None
        before = len(self.problems)
        known = (*needed, optional)
        for key in table:
            if key not in known:
                self.problem((name, key), f"unknown key{did_you_mean(key, known)}")
        for key in known:
            kind, example = _FIELDS[key]
            if key in table and not _is_a(table[key], kind):
                self.problem((name, key), f"must be like {key} = {example}")
            elif key not in table and key in needed:
                self.problem((name,), f"{key} is missing: add {key} = {example}")
        return table if len(self.problems) == before else None

    def finish(self) -> None:
        """Raise ConfigError if there was any problem."""
        if self.problems:
            raise ConfigError(self.problems)


def _is_a(value: object, kind: type) -> bool:
    """Whether a value has the type: non-empty text, a list of such texts, a table, true or false."""
    if kind is list:
        return isinstance(value, list) and all(_is_a(item, str) for item in value)
    return isinstance(value, kind) and not (isinstance(value, str) and not value.strip())


def _requirement(reading: _Reading, name: str, defaults: Mapping[str, Any]) -> Requirement | None:
    """Read one requirement of the register."""
    if not _REQUIREMENT_ID.fullmatch(name):
        reading.problem((name,), "a requirement's id is like NET-01")
    read = reading.table(name, _REQUIREMENT_KEYS, "note")
    if read is None:
        return None
    for key in ("title", "statement"):
        for found in _PLACEHOLDER.findall(read[key]):
            if found not in defaults and found not in FILLED_LATER:
                reading.problem((name, key), f"unknown placeholder {{{found}}}{did_you_mean(found, defaults)}")
    if read["severity"] not in list(Severity):
        reading.problem((name, "severity"), f"must be one of {', '.join(Severity)}")
        return None
    return Requirement(
        id=name,
        title=read["title"],
        severity=Severity(read["severity"]),
        sources=tuple(read["sources"]),
        statement=read["statement"],
        must_exist=read["must_exist"],
        note=read.get("note", ""),
    )


def _standards(document: Document, register: Register) -> Mapping[str, Standard]:
    """Read every table of a file as a standard."""
    reading = _Reading(document, [])
    found = {name: _standard(reading, name, register) for name in document.data}
    reading.finish()
    return {name: standard for name, standard in found.items() if standard}


def _standard(reading: _Reading, name: str, register: Register) -> Standard | None:
    """Read one standard, its globs expanded and its parameters laid over the register's defaults."""
    read = reading.table(name, _STANDARD_KEYS, "parameters")
    if read is None:
        return None
    parameters = read.get("parameters", {})
    for key, what in parameter_problems(parameters, register.defaults):
        reading.problem((name, "parameters", *key), what)
    _check_regions(reading, name, read)
    chosen = {known for known in register.requirements if fnmatchcase(known, ALWAYS)}
    for index, glob in enumerate(read["requirements"]):
        matching = {known for known in register.requirements if fnmatchcase(known, glob)}
        if not matching:
            reading.problem((name, "requirements", index), no_requirement(glob, register.requirements))
        chosen |= matching
    return Standard(
        name=name,
        title=read["title"],
        primary=read["primary"],
        recovery=tuple(read["recovery"]),
        requirements=tuple(sorted(chosen)),
        parameters={**register.defaults, **parameters},
    )


def _check_regions(reading: _Reading, name: str, read: Mapping[str, Any]) -> None:
    """Check that the regions of a standard are well-formed and play one part each."""
    places: list[tuple[Key, str]] = [((name, "primary"), read["primary"])]
    places += [((name, "recovery", index), region) for index, region in enumerate(read["recovery"])]
    seen: set[str] = set()
    for key, region in places:
        if not REGION.fullmatch(region):
            reading.problem(key, f'"{region}" is no region\'s name: write it as in us-east-1')
        elif region in seen:
            reading.problem(key, f"{region} is named already: a region plays one part")
        seen.add(region)
