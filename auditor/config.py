"""`config.toml` and the command line -> one frozen Config, or every problem that they have.

The file's shape is `auditor.config_schema`'s business; what takes two values to judge is `auditor.config_rules`'s.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from auditor import config_schema
from auditor.config_rules import cross_problems, matches, no_format
from auditor.config_schema import ACCOUNT_ID
from auditor.errors import ConfigError
from auditor.model import Ignore, Role, Severity, Standard, Waiver
from auditor.standards import (
    REGION,
    Library,
    did_you_mean,
    load_user_standard,
    resolve,
    select,
)
from auditor.toml_source import Document, load

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

FORMATS: Final = ("html", "json", "slack")
"""The formats of an audit whose configuration names none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Overrides:
    """What the command line says; what is left empty is the configuration's to say."""

    standard: str = ""
    """A name, or a path (from the current folder) to a .toml file."""
    profile: str = ""
    regions: tuple[str, ...] = ()
    accounts: tuple[str, ...] = ()
    requirements: tuple[str, ...] = ()
    checks: tuple[str, ...] = ()
    formats: tuple[str, ...] = ()
    fail_on: Severity | None = None
    output: Path | None = None
    sign: str = ""
    timestamp: str = ""


@dataclass(frozen=True, slots=True)
class Aws:
    """How AWS is asked."""

    profile: str
    """Empty: the default credentials."""
    max_concurrency: int
    read_timeout_seconds: int


@dataclass(frozen=True, slots=True)
class RegionRole:
    """A region and the part it plays."""

    region: str
    role: Role


@dataclass(frozen=True, slots=True)
class Regions:
    """Where to look, and the parts that the regions play."""

    primary: str
    recovery: tuple[str, ...]
    also: tuple[str, ...]
    all_enabled: bool
    """True: every enabled region of each account besides."""
    only: tuple[str, ...] = ()
    """`--region`: nothing but these; empty: all of them."""

    def explicit(self) -> tuple[RegionRole, ...]:
        """Every region that is named, primary first, narrowed by `--region`."""
        named = [RegionRole(self.primary, Role.PRIMARY)]
        named += [RegionRole(region, Role.RECOVERY) for region in self.recovery]
        named += [RegionRole(region, Role.ALSO) for region in self.also]
        if self.all_enabled:
            known = {part.region for part in named}
            named += [RegionRole(region, Role.ALSO) for region in self.only if region not in known]
        return tuple(part for part in named if not self.only or part.region in self.only)

    def of_account(self, enabled: Collection[str]) -> tuple[RegionRole, ...]:
        """The explicit regions and, for `also = "all"`, the account's enabled ones (those of `--region` only)."""
        explicit = self.explicit()
        if not self.all_enabled or self.only:
            return explicit
        known = {part.region for part in explicit}
        return explicit + tuple(RegionRole(region, Role.ALSO) for region in sorted(enabled) if region not in known)


@dataclass(frozen=True, slots=True)
class AuditedAccount:
    """An account of the configuration."""

    id: str
    name: str
    """The id, where the configuration gives no name."""
    role: str
    """A role's name or ARN; empty: the caller's own account."""
    external_id: str = field(default="", repr=False)

    def role_arn(self, partition: str = "aws") -> str:
        """The ARN to assume; empty for the caller's own account."""
        if not self.role or self.role.startswith("arn:"):
            return self.role
        return f"arn:{partition}:iam::{self.id}:role/{self.role}"


@dataclass(frozen=True, slots=True)
class Organization:
    """Every active account of the organization, narrowed by units and ids."""

    role: str
    include: tuple[str, ...]
    exclude: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Scope:
    """Which resources are judged."""

    tags: Mapping[str, tuple[str, ...]]
    """Tag key -> accepted values; empty: everything."""
    exclude: tuple[str, ...]
    """ARN globs."""
    include_defaults: bool


@dataclass(frozen=True, slots=True)
class Report:
    """What the report is to be."""

    formats: tuple[str, ...]
    organization: str
    url: str
    """Where the report will be found; {date} and {audit} stand for the audit's. Empty: nobody says."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """What proves that an audit's files are as they were written."""

    sign: str
    """An Ed25519 private key's file, or the ARN of a KMS key; empty: not signed."""
    timestamp: str
    """Address of an RFC 3161 time-stamping authority; empty: none."""


@dataclass(frozen=True, slots=True)
class State:
    """What the code declares: files (paths or s3:// addresses, globs allowed) and stack names."""

    terraform: tuple[str, ...]
    pulumi: tuple[str, ...]
    cloudformation: tuple[str, ...]

    def __bool__(self) -> bool:
        return bool(self.terraform or self.pulumi or self.cloudformation)


@dataclass(frozen=True, slots=True)
class Drift:
    """What is told of changes."""

    ignores: tuple[Ignore, ...]
    who_changed: bool
    """True: CloudTrail's event history is asked who changed what changed since the baseline."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """All that decides an audit."""

    standard: Standard
    """With the configuration's regions and parameters, their placeholders filled."""
    environment: str
    environment_suffix: str
    aws: Aws
    regions: Regions
    accounts: tuple[AuditedAccount, ...]
    """Empty: the account of the credentials, or the organization's."""
    organization: Organization | None
    only_accounts: tuple[str, ...]
    """`--account`, for the accounts that only AWS can list."""
    scope: Scope
    waivers: tuple[Waiver, ...]
    report: Report
    evidence: Evidence
    state: State
    drift: Drift
    check_paths: tuple[Path, ...]
    requirements: tuple[str, ...]
    """Ids of the standard's requirements that `--requirement` leaves."""
    check_globs: tuple[str, ...] = ()
    """`--check`; empty: all."""
    fail_on: Severity = Severity.LOW
    output: Path | None = None
    source: Document | None = field(default=None, repr=False, compare=False)
    """The file, for messages that name its lines."""

    def placeholders(self) -> Mapping[str, str]:
        """What fills `{environment}` and `{environment_suffix}`."""
        return {"environment": self.environment, "environment_suffix": self.environment_suffix}

    def digest(self) -> str:
        """SHA-256 of all that bears on what is audited and how it is judged.

        Left out: where the results go, how fast AWS is asked, and on which folder the file lies.
        """
        parts = {name: getattr(self, name) for name in _DIGESTED}
        if self.source:  # paths as the file gives them, so that the folder it lies in does not matter
            parts |= {name: self.source.data.get(name, {}) for name in ("state", "checks")}
        text = json.dumps(parts, default=asdict, sort_keys=True)
        return hashlib.sha256(text.encode("ascii")).hexdigest()

    def with_overrides(self, overrides: Overrides, library: Library, formats: Collection[str] = FORMATS) -> Config:
        """Narrow the scope and replace what the command line gives (all but its standard).

        Raises ConfigError with a line for each option that asks for what is not there.
        """
        problems = [*self._scope_problems(overrides), *_format_problems(overrides.formats, formats)]
        requirements = self.requirements
        try:
            if overrides.requirements:
                requirements = tuple(r.id for r in select(self.standard, library.register, overrides.requirements))
        except ConfigError as error:
            problems += error.problems
        if problems:
            raise ConfigError(problems)
        return replace(
            self,
            aws=replace(self.aws, profile=overrides.profile or self.aws.profile),
            regions=replace(self.regions, only=overrides.regions or self.regions.only),
            accounts=tuple(a for a in self.accounts if not overrides.accounts or a.id in overrides.accounts),
            only_accounts=() if self.accounts else overrides.accounts or self.only_accounts,
            report=replace(self.report, formats=_unique(overrides.formats) or self.report.formats),
            evidence=Evidence(overrides.sign or self.evidence.sign, overrides.timestamp or self.evidence.timestamp),
            requirements=requirements,
            check_globs=overrides.checks or self.check_globs,
            fail_on=overrides.fail_on or self.fail_on,
            output=overrides.output or self.output,
        )

    def _scope_problems(self, overrides: Overrides) -> Iterator[str]:
        """Say which of the regions and accounts asked for are not in the scope."""
        in_scope = {part.region for part in self.regions.explicit()}
        for region in overrides.regions:
            if not REGION.fullmatch(region):
                yield f'--region: "{region}" is no region\'s name: write it as in us-east-1'
            elif region not in in_scope and not self.regions.all_enabled:
                yield f"--region: {region} is not in the scope ({', '.join(sorted(in_scope))}): add it to regions.also"
        ids = {account.id for account in self.accounts}
        for account in overrides.accounts:
            if not ACCOUNT_ID.fullmatch(account):
                yield f'--account: "{account}" is no account id: it has 12 digits'
            elif ids and account not in ids:
                yield f"--account: {account} is not in the scope ({', '.join(sorted(ids))}): add it to [[accounts]]"
            elif self.organization and account in self.organization.exclude:
                yield f"--account: {account} is not in the scope: organization.exclude names it"


_DIGESTED: Final = (
    "standard",
    "environment",
    "environment_suffix",
    "regions",
    "accounts",
    "organization",
    "only_accounts",
    "scope",
    "waivers",
    "drift",
    "requirements",
    "check_globs",
)


def load_config(
    path: Path | None, overrides: Overrides, library: Library, *, formats: Collection[str] = FORMATS
) -> Config:
    """Read a configuration (None: defaults) and lay the command line over it.

    Raises ConfigError with every problem of the file, or else with every problem of the options.
    """
    source = load(path) if path else None
    document = source or Document(Path("config.toml"), {}, "")
    problems: list[str] = []
    standard = _find_standard(document, overrides, library, problems)
    file, wrong = config_schema.read(document.data)
    wrong += cross_problems(document.data, standard, library, formats)
    wrong.sort(key=lambda item: document.line_of(item[0]))
    problems += [document.problem(key, what) for key, what in wrong]
    if problems or file is None or standard is None:
        raise ConfigError(problems)
    return _build(file, standard, source).with_overrides(overrides, library, formats)


def check_glob_problems(config: Config, known: Collection[str]) -> list[str]:
    """Say which check globs (of waivers and of `--check`) match none of the known checks' ids."""
    problems = []
    for index, waiver in enumerate(config.waivers):
        if waiver.check and not matches(waiver.check, known):
            what = f'no check matches "{waiver.check}"{did_you_mean(waiver.check, known, otherwise="there are")}'
            key = ("waivers", index, "check")
            problems.append(config.source.problem(key, what) if config.source else what)
    problems += [
        f'--check: no check matches "{glob}"{did_you_mean(glob, known, otherwise="there are")}'
        for glob in config.check_globs
        if not matches(glob, known)
    ]
    return problems


# ----------------------------------------------------------------------------------------------------- the standard


def _find_standard(document: Document, overrides: Overrides, library: Library, problems: list[str]) -> Standard | None:
    """Take the standard that the command line or the file names: a built-in one, or the user's own file."""
    in_file = document.data.get("standard")
    asked = overrides.standard or in_file
    names = ", ".join(library.standards)
    if asked is None:
        how = f'give --standard NAME, or standard = "NAME" in the configuration; NAME is one of {names}, or a path'
        what = f"no standard is chosen: {how} to your own .toml file"
        problems.append(document.problem((), what) if document.text else what)
    if not isinstance(asked, str) or not asked.strip():
        return None
    if asked in library.standards:
        return library.standards[asked]
    if asked.endswith(".toml"):
        base = Path() if overrides.standard else document.path.parent
        try:
            return load_user_standard(base / asked, library.register)
        except ConfigError as error:
            problems += error.problems
            return None
    suggestion = did_you_mean(asked, library.standards, otherwise="there are")
    what = f'no standard is called "{asked}"{suggestion} (or give a path to your own .toml file)'
    problems.append(f"--standard: {what}" if overrides.standard else document.problem(("standard",), what))
    return None


def _format_problems(asked: Collection[str], formats: Collection[str]) -> Iterator[str]:
    """Say which formats of the command line do not exist."""
    return (f"--format: {no_format(name, formats)}" for name in asked if name not in formats)


# --------------------------------------------------------------------------------------------------------- building


def _build(file: config_schema.File, standard: Standard, source: Document | None) -> Config:
    """Turn the validated tables into a Config."""
    base = source.path.parent if source else Path()
    suffix = file.environment_suffix or file.environment
    placeholders = {"environment": file.environment, "environment_suffix": suffix}
    regions = _regions(file.regions, standard)
    return Config(
        standard=replace(
            standard,
            primary=regions.primary,
            recovery=regions.recovery,
            parameters=resolve({**standard.parameters, **file.parameters}, placeholders),
        ),
        environment=file.environment,
        environment_suffix=suffix,
        aws=Aws(file.aws.profile, file.aws.max_concurrency, file.aws.read_timeout_seconds),
        regions=regions,
        accounts=tuple(AuditedAccount(a.id, a.name or a.id, a.role, a.external_id) for a in file.accounts),
        organization=_organization(file.organization),
        only_accounts=(),
        scope=Scope(
            {key: tuple(values) for key, values in file.scope.tags.items()},
            tuple(file.scope.exclude),
            file.scope.include_defaults,
        ),
        waivers=tuple(_waiver(waiver) for waiver in file.waivers),
        report=Report(
            _unique(file.report.formats) if file.report.formats is not None else FORMATS,
            file.report.organization,
            file.report.url,
        ),
        evidence=Evidence(_key(file.evidence.sign, base), file.evidence.timestamp),
        state=State(
            tuple(_located(text, base) for text in file.state.terraform),
            tuple(_located(text, base) for text in file.state.pulumi),
            tuple(file.state.cloudformation),
        ),
        drift=Drift(tuple(_ignore(rule) for rule in file.drift.ignore), file.drift.who_changed),
        check_paths=tuple(base / text for text in file.checks.paths),
        requirements=standard.requirements,
        source=source,
    )


def _regions(table: config_schema.RegionsTable, standard: Standard) -> Regions:
    """Lay the file's regions over the standard's."""
    primary = table.primary or standard.primary
    recovery = _unique(table.recovery if table.recovery is not None else standard.recovery)
    also = tuple(region for region in _unique(table.also) if region not in {"all", primary, *recovery})
    return Regions(primary, recovery, also, all_enabled="all" in table.also)


def _organization(table: config_schema.OrganizationTable | None) -> Organization | None:
    """Freeze `[organization]`."""
    return Organization(table.role, tuple(table.include), tuple(table.exclude)) if table else None


def _waiver(table: config_schema.WaiverTable) -> Waiver:
    """Freeze one of `[[waivers]]`."""
    return Waiver(
        requirement=table.requirement,
        check=table.check,
        resource=table.resource,
        reason=table.reason,
        approved_by=table.approved_by,
        expires=table.expires.isoformat(),
    )


def _ignore(table: config_schema.IgnoreTable) -> Ignore:
    """Freeze one of `[[drift.ignore]]`."""
    return Ignore(
        resource=table.resource,
        attribute=table.attribute,
        reason=table.reason,
        expires=table.expires.isoformat(),
    )


def _key(text: str, base: Path) -> str:
    """Make a key file's path relative to the configuration's folder; a KMS key's ARN stays as it is."""
    return text if not text or text.startswith("arn:") else str(base / text)


def _located(text: str, base: Path) -> str:
    """Make a state file's path relative to the configuration's folder; addresses such as s3:// stay as they are."""
    return text if "://" in text else str(base / text)


def _unique(values: Collection[str]) -> tuple[str, ...]:
    """Drop what is said twice, keeping the order."""
    return tuple(dict.fromkeys(values))
