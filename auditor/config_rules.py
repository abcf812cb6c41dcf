"""Rules of `config.toml` that take two values, the register or the standard to judge."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

from auditor.config_schema import ROLE_ARN
from auditor.standards import did_you_mean, no_requirement, parameter_problems

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from auditor.model import Standard
    from auditor.standards import Library
    from auditor.toml_source import Key


def cross_problems(
    data: Mapping[str, Any], standard: Standard | None, library: Library, formats: Collection[str]
) -> list[tuple[Key, str]]:
    """Judge what takes two values, the register or the standard. Values of a wrong type are the schema's to tell."""
    problems = list(_account_problems(data))
    problems += _region_problems(_table(data, "regions"), standard)
    problems += _waiver_problems(data, library)
    for key, what in parameter_problems(_table(data, "parameters"), library.register.defaults):
        problems.append((("parameters", *key), what))
    for index, name in enumerate(_list(_table(data, "report"), "formats")):
        if isinstance(name, str) and name not in formats:
            problems.append((("report", "formats", index), no_format(name, formats)))
    return problems


def _account_problems(data: Mapping[str, Any]) -> Iterator[tuple[Key, str]]:
    """Judge accounts against each other and against the organization."""
    accounts = [(i, table) for i, table in enumerate(_list(data, "accounts")) if isinstance(table, dict)]
    if "accounts" in data and "organization" in data:
        yield ("organization",), "accounts are given by [[accounts]] or by [organization], not both: remove one of them"
    seen: set[str] = set()
    own: list[str] = []
    for index, table in accounts:
        account, role = table.get("id"), table.get("role")
        if not isinstance(account, str):
            continue
        if account in seen:
            yield ("accounts", index, "id"), f"{account} is listed already: remove one of the two"
        seen.add(account)
        arn = ROLE_ARN.fullmatch(role) if isinstance(role, str) else None
        if arn and arn["account"] != account:
            yield ("accounts", index, "role"), f"is a role of account {arn['account']}, not of {account}"
        if "role" not in table:
            if "external_id" in table:
                yield ("accounts", index, "external_id"), "serves to assume a role: add role, or remove external_id"
            if own:
                what = f"only the caller's own account can do without a role, and {own[0]} has none already: add role"
                yield ("accounts", index, "id"), what
            own.append(account)


def _region_problems(table: Mapping[str, Any], standard: Standard | None) -> Iterator[tuple[Key, str]]:
    """Find a primary region that is a recovery region too; what the file leaves out is the standard's."""
    primary = table.get("primary", standard.primary if standard else None)
    recovery = table.get("recovery", list(standard.recovery) if standard else [])
    if not isinstance(recovery, list) or not isinstance(primary, str) or primary not in recovery:
        return
    if "recovery" in table:
        index = recovery.index(primary)
        yield ("regions", "recovery", index), f"{primary} is the primary region: a region plays one part"
    elif "primary" in table:
        what = f"{primary} is a recovery region of the standard: add recovery = […], a region plays one part"
        yield ("regions", "primary"), what


def _waiver_problems(data: Mapping[str, Any], library: Library) -> Iterator[tuple[Key, str]]:
    """Judge that each waiver covers requirements that exist, or checks, not both."""
    for index, table in enumerate(_list(data, "waivers")):
        if not isinstance(table, dict):
            continue
        if "requirement" in table and "check" in table:
            yield ("waivers", index, "check"), "a waiver is for a requirement or for a check, not both: make it two"
        if "requirement" not in table and "check" not in table:
            yield ("waivers", index), 'a waiver needs what it waives: add requirement = "NET-06" (or check = "…")'
        glob = table.get("requirement")
        if isinstance(glob, str) and glob.strip() and not matches(glob, library.register.requirements):
            yield ("waivers", index, "requirement"), no_requirement(glob, library.register.requirements)


def no_format(name: str, formats: Collection[str]) -> str:
    """Word that a format does not exist."""
    return f'no format is called "{name}"{did_you_mean(name, formats, otherwise="there are")}'


def matches(glob: str, known: Collection[str]) -> bool:
    """Whether a glob matches any id."""
    return any(fnmatchcase(name, glob) for name in known)


def _table(data: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    """Take a table, or an empty one where it is missing or something else."""
    value = data.get(key)
    return value if isinstance(value, dict) else {}


def _list(data: Mapping[str, Any], key: str) -> list[Any]:
    """Take a list, or an empty one where it is missing or something else."""
    value = data.get(key)
    return value if isinstance(value, list) else []
