"""Commands about what can be asked: checks, standards, and the policy that asking takes."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, cast

from auditor.cli.options import Options
from auditor.cli.setting_up import set_up, standards_library, with_states
from auditor.cli.skeleton import CASES_TEXT, CHECK_TEXT
from auditor.config import Overrides, load_config
from auditor.engine.cases import load_cases, run_case
from auditor.engine.checks import CASES
from auditor.engine.reads import check_reads
from auditor.engine.sandbox import Sandbox
from auditor.errors import UsageError
from auditor.job import known_checks, plan_of
from auditor.job.tracing import ACTION
from auditor.library import shipped
from auditor.model import Check, Read
from auditor.standards import did_you_mean, show

if TYPE_CHECKING:
    from auditor.reports.policy import Form


def policy(options: Options, form: str, *, caller: bool) -> int:
    """Print the policy for exactly what the chosen audit calls."""
    from auditor.reports.policy import render

    setting = set_up(options) if caller else with_states(set_up(options))
    config = setting.config
    actions = sorted({action.iam for action in plan_of(setting.chosen).actions})
    if caller:
        roles = [account.role_arn() for account in config.accounts if account.role]
        if config.organization is not None:
            role = config.organization.role
            roles = [role if role.startswith("arn:") else f"arn:aws:iam::*:role/{role}"]
            actions = ["organizations:ListAccounts"]
            if config.organization.include or config.organization.exclude:
                actions += ["organizations:ListAccountsForParent", "organizations:ListOrganizationalUnitsForParent"]
        key = config.evidence.sign if config.evidence.sign.startswith("arn:") else ""
        states = [address for address in (*config.state.terraform, *config.state.pulumi) if address.startswith("s3://")]
        print(render(actions, cast("Form", form), caller=True, role_arns=roles, signing_key=key, states=states), end="")
        return 0
    if config.drift.who_changed:
        actions = sorted({*actions, ACTION})
    if config.regions.all_enabled:
        actions = sorted({*actions, "ec2:DescribeRegions"})
    print(render(actions, cast("Form", form)), end="")
    return 0


def list_checks(options: Options) -> int:
    """List the checks, narrowed where the options say so."""
    from tabulate import tabulate

    if options.standard or options.config or options.requirement or options.check:
        chosen = list(set_up(options).chosen.checks)
    else:
        chosen = list(_all_checks(None).values())
    rows = [[check.id, check.severity, ", ".join(check.requirements), check.title] for check in chosen]
    print(tabulate(rows, headers=["check", "severity", "requirements", "title"]))
    return 0


def show_check(name: str, config: Path | None) -> int:
    """Show one check."""
    check = _one(name, _all_checks(config))
    what = shipped()
    print(f"{check.id}: {check.title}\n")
    print(f"severity: {check.severity}   requirements: {', '.join(check.requirements)}   resource: {check.resource}\n")
    print(f"{check.description.strip()}\n\nFacts:\n{check.facts.strip()}\n\nPasses when: {check.pass_when}\n")
    print("Reads:")
    for table, columns in sorted(check_reads(check, what.engine_schema).items()):
        actions = ", ".join(action.iam for action in what.catalogue.actions(Read(table, columns)))
        print(f"  {table}: {actions}")
    print(f"\nRemediation:\n{check.remediation.strip()}")
    for reference in check.references:
        print(f"  {reference}")
    return 0


def test_checks(names: tuple[str, ...], config: Path | None) -> int:
    """Run checks' own cases; 1 where one does not hold."""
    what = shipped()
    library = standards_library(what)
    folders = [what.folder, *_own_folders(config)]
    known = known_checks(folders[1:], library, what)
    chosen = [_one(name, known) for name in names] or list(known.values())
    failed = total = 0
    with Sandbox() as sandbox:
        for check in chosen:
            folder = next(folder for folder in folders if (folder / check.path).exists())
            for case in load_cases(check, folder):
                result = run_case(check, case, what.engine_schema, library.register.defaults, what.build_case, sandbox)
                total += 1
                failed += bool(result.problems)
                for problem in result.problems:
                    print(f"{check.id}: {case.name}: {problem}")
    print(f"{total - failed} of {total} cases of {len(chosen)} checks hold")
    return 1 if failed else 0


def new_check(name: str, folder: Path) -> int:
    """Write a skeleton that loads and whose cases hold, to be changed."""
    if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", name):
        raise UsageError(f"{name!r} is no check id.", "Use small letters, digits and hyphens: bucket-versioning-off")
    folder.mkdir(parents=True, exist_ok=True)  # the configuration may name it already
    path = folder / f"{name}.toml"
    if path.exists() or name in _all_checks(None):
        raise UsageError(f"There is already a check {name}.", "Choose another id.")
    path.write_text(CHECK_TEXT)
    path.with_name(name + CASES).write_text(CASES_TEXT)
    print(f"{path}\n{path.with_name(name + CASES)}")
    print(
        f'Change both; then name the folder in config.toml ([checks] paths = ["{folder}"]) '
        f"and run: auditor checks test {name}"
    )
    return 0


def list_standards() -> int:
    """List the built-in standards."""
    from tabulate import tabulate

    library = standards_library(shipped())
    rows = [
        [s.name, s.primary, ", ".join(s.recovery), len(s.requirements), s.title] for s in library.standards.values()
    ]
    print(tabulate(rows, headers=["standard", "primary", "recovery", "requirements", "title"]))
    return 0


def show_standard(name: str) -> int:
    """Show one standard: its requirements with severities and checks, and its parameters."""
    from tabulate import tabulate

    what = shipped()
    library = standards_library(what)
    config = load_config(None, Overrides(standard=name), library)
    standard = config.standard
    checks = known_checks((), library, what)
    print(
        f"{standard.name}: {standard.title}\n"
        f"primary {standard.primary}, recovery {', '.join(standard.recovery) or 'none'}\n"
    )
    rows = []
    for one in standard.requirements:
        requirement = library.register.requirements[one]
        serving = sorted(check.id for check in checks.values() if one in check.requirements)
        rows.append([one, requirement.severity, ", ".join(serving) or "none yet", requirement.title])
    print(tabulate(rows, headers=["requirement", "severity", "checks", "title"], maxcolwidths=[None, None, 44, 70]))
    print("\nParameters:")
    for key, value in sorted(standard.parameters.items()):
        print(f"  {key} = {show(value)}")
    return 0


def _own_folders(config: Path | None) -> list[Path]:
    path = config or (Path("config.toml") if Path("config.toml").exists() else None)
    if path is None:
        return []
    return list(load_config(path, Overrides(), standards_library(shipped())).check_paths)


def _all_checks(config: Path | None) -> dict[str, Check]:
    what = shipped()
    return known_checks(_own_folders(config), standards_library(what), what)


def _one(name: str, known: dict[str, Check]) -> Check:
    if name not in known:
        raise UsageError(f"There is no check {name}{did_you_mean(name, known)}.", "`auditor checks list` lists them.")
    return known[name]
