"""From what the command line says to settings, checks and accounts."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from auditor.cli.options import Options
from auditor.config import Config, Overrides, check_glob_problems, load_config
from auditor.errors import ConfigError, UsageError
from auditor.job import Chosen, choose, known_checks, settings_of
from auditor.job.choosing import compared
from auditor.job.states import Fetch, read_states
from auditor.library import Shipped, shipped
from auditor.model import Gap, Severity
from auditor.reports import FORMATS
from auditor.standards import Library, load_library

if TYPE_CHECKING:
    from auditor.collectors.interfaces import Target

_DEFAULT_CONFIG = Path("config.toml")


@dataclass(frozen=True, slots=True)
class Setting:
    """What is shipped, the standards, and the configuration in force."""

    shipped: Shipped
    library: Library
    config: Config
    chosen: Chosen


def standards_library(what: Shipped) -> Library:
    """The register and the built-in standards."""
    return load_library(what.folder / "standards")


def set_up(options: Options, *, demo: bool = False, config_file: Path | None = None) -> Setting:
    """Read the configuration and choose the checks. Raises ConfigError with every problem."""
    what = shipped()
    library = standards_library(what)
    path = config_file or options.config or (_DEFAULT_CONFIG if _DEFAULT_CONFIG.exists() and not demo else None)
    config = load_config(path, overrides(options), library, formats=tuple(FORMATS))
    known = known_checks(config.check_paths, library, what)
    problems = check_glob_problems(config, tuple(known))
    if problems:
        raise ConfigError(problems)
    return Setting(what, library, config, choose(settings_of(config, demo=demo), library, what, known))


def overrides(options: Options) -> Overrides:
    """The command line's part of the configuration."""
    return Overrides(
        standard=options.standard,
        profile=options.profile,
        regions=options.region,
        accounts=options.account,
        requirements=options.requirement,
        checks=options.check,
        formats=options.format,
        fail_on=Severity(options.fail_on) if options.fail_on else None,
        output=options.output,
        sign=options.sign,
        timestamp=options.timestamp,
    )


def with_states(setting: Setting) -> Setting:
    """The setting with what the code declares, as `[state]` says; read where a check asks for it.

    Raises StateError for a state that cannot be read, CredentialsError where S3 cannot be asked.
    """
    chosen = setting.chosen
    settings = chosen.settings
    if not (settings.terraform or settings.pulumi) or not any("state" in compared(check) for check in chosen.checks):
        return setting
    fetch = fetch_states(setting.config.aws.profile, setting.config.regions.primary)
    source = setting.config.source
    base = source.path.parent if source is not None else Path()
    found = read_states(chosen.settings, setting.shipped.mappings, fetch, base)
    return replace(setting, chosen=replace(chosen, states=found))


def fetch_states(profile: str, home: str) -> Fetch:
    """What gets states from S3, with the caller's own credentials; AWS is asked when the first one is fetched.

    `home` is the region that is asked first; a bucket elsewhere says where.
    """

    def fetch(address: str) -> Iterable[tuple[str, bytes]]:
        from auditor.collectors.session import Tuning, open_session
        from auditor.collectors.state_objects import read_objects

        return read_objects(open_session(profile or None, Tuning()), home, address)

    return fetch


@dataclass(frozen=True, slots=True)
class Reach:
    """Who asks, and whom."""

    identity: str
    targets: list[Target]
    gaps: list[Gap]


def reach(config: Config) -> Reach:
    """Find the accounts and their sessions. Raises CredentialsError where nobody can be asked."""
    from auditor.collectors.catalogue import partition
    from auditor.collectors.session import Tuning, identity, open_session
    from auditor.collectors.targets import Wanted, organization_accounts, targets

    home = config.regions.primary
    tuning = Tuning(config.aws.max_concurrency, config.aws.read_timeout_seconds)
    session = open_session(config.aws.profile or None, tuning)
    own, arn = identity(session, home)
    if config.organization is not None:
        organization = config.organization
        wanted = organization_accounts(
            session, home, organization.role, organization.include, organization.exclude, own
        )
    else:
        named = [Wanted(a.id, a.name, a.role_arn(partition(home)), a.external_id) for a in config.accounts]
        wanted = named or [Wanted(own, own, "")]
    wanted = [account for account in wanted if not config.only_accounts or account.id in config.only_accounts]
    if not wanted and config.organization is not None:
        raise UsageError("No active account of the organization is left.", "See --account and [organization].")
    if not wanted:
        raise UsageError(f"--account: the credentials are of account {own} alone.", "Name others under [[accounts]].")

    def regions(enabled: Collection[str]) -> tuple[str, ...]:
        return tuple(part.region for part in config.regions.of_account(enabled))

    found, gaps = targets(session, own, wanted, regions, every_region=config.regions.all_enabled, home=home)
    return Reach(arn, found, gaps)
