"""The shape of `config.toml`: which keys there are, which types they have, and how a mistake is worded.

What one value alone can tell is judged here; what takes two values, or the standard, is judged in `auditor.config`.
"""

from __future__ import annotations

import datetime as dt
import re
from typing import TYPE_CHECKING, Annotated, Any, Final
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError
from pydantic_core import PydanticCustomError

from auditor.standards import REGION, did_you_mean

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from auditor.toml_source import Key

ACCOUNT_ID: Final = re.compile(r"\d{12}", re.ASCII)
ROLE_ARN: Final = re.compile(r"arn:aws[a-z-]*:iam::(?P<account>\d{12}):role/[\w+=,.@/-]{1,576}", re.ASCII)
_ROLE_NAME: Final = re.compile(r"(?:[\w+=,.@-]+/)*[\w+=,.@-]{1,64}", re.ASCII)
_UNIT: Final = re.compile(r"ou-[0-9a-z]{4,32}-[0-9a-z]{8,32}|r-[0-9a-z]{4,32}")
_DATE: Final = re.compile(r"\d{4}-\d{2}-\d{2}")

EXAMPLES: Final[Mapping[str, str]] = {
    "standard": '"trading-dr"',
    "environment": '"production"',
    "environment_suffix": '"prod"',
    "aws": "[aws]",
    "aws.profile": '"security-audit"',
    "aws.max_concurrency": "32",
    "aws.read_timeout_seconds": "20",
    "regions": "[regions]",
    "regions.primary": '"us-east-1"',
    "regions.recovery": '["us-west-2"]',
    "regions.also": '["eu-west-1"], or also = "all"',
    "accounts": "[[accounts]]",
    "accounts.id": '"111122223333"',
    "accounts.name": '"trading"',
    "accounts.role": '"auditor-readonly"',
    "accounts.external_id": '"…"',
    "organization": "[organization]",
    "organization.role": '"auditor-readonly"',
    "organization.include": '["ou-ab12-34cd56ef", "111122223333"]',
    "organization.exclude": '["ou-ab12-34cd56ef"]',
    "scope": "[scope]",
    "scope.tags": '{ Project = ["trading"] }',
    "scope.exclude": '["arn:aws:s3:::sandbox-*"]',
    "scope.include_defaults": "false",
    "parameters": "[parameters]",
    "waivers": "[[waivers]]",
    "waivers.requirement": '"NET-06"',
    "waivers.check": '"nat-*"',
    "waivers.resource": '"arn:aws:ec2:us-east-1:111122223333:vpc/*"',
    "waivers.reason": '"single NAT gateway accepted for the pilot"',
    "waivers.approved_by": '"CISO"',
    "waivers.expires": "2027-01-31",
    "report": "[report]",
    "report.formats": '["html", "json", "slack"]',
    "report.organization": '"Example Bank"',
    "report.url": '"https://evidence.example.com/{date}/report.html"',
    "evidence": "[evidence]",
    "evidence.sign": '"audit-key.pem"',
    "evidence.timestamp": '"http://timestamp.example.com"',
    "state": "[state]",
    "state.terraform": '["s3://states/trading/*.tfstate"]',
    "state.pulumi": '["stack.json"]',
    "state.cloudformation": '["trading-*"]',
    "drift": "[drift]",
    "drift.who_changed": "true",
    "drift.ignore": "[[drift.ignore]]",
    "drift.ignore.resource": '"arn:aws:ecs:*:111122223333:service/*"',
    "drift.ignore.attribute": '"desired_count"',
    "drift.ignore.reason": '"autoscaling sets it"',
    "drift.ignore.expires": "2027-01-31",
    "checks": "[checks]",
    "checks.paths": '["./our-checks"]',
}
"""How each key is written, for messages."""

_MISSING: Final[Mapping[str, str]] = {
    "waivers.expires": "a waiver needs an end: add expires = YYYY-MM-DD",
    "waivers.reason": 'a waiver needs a reason: add reason = "…"',
    "waivers.approved_by": 'a waiver needs somebody who answers for it: add approved_by = "…"',
    "waivers.resource": 'a waiver needs a resource: add resource = "arn:…" (globs allowed)',
    "drift.ignore.resource": 'a rule needs a resource: add resource = "arn:…" (globs allowed; or the code\'s address)',
    "drift.ignore.reason": 'a rule needs a reason: add reason = "…"',
    "drift.ignore.expires": "a rule needs an end: add expires = YYYY-MM-DD",
    "organization.role": 'the accounts need a role to assume: add role = "auditor-readonly"',
}
_KINDS: Final[Mapping[str, str]] = {
    "string_type": "must be text in quotes",
    "int_type": "must be a whole number",
    "bool_type": "must be true or false",
    "list_type": "must be a list",
    "dict_type": "must be a table",
    "model_type": "must be a table",
    "date_type": "must be a date without quotes and without a time",
}
_LIMITS: Final[Mapping[str, str]] = {
    "aws.max_concurrency": "must be from 1 to 256",
    "aws.read_timeout_seconds": "must be from 1 to 110",
}


def _wrong(message: str) -> PydanticCustomError:
    """Make a validator's error that is shown as it stands."""
    return PydanticCustomError("auditor", "{message}", {"message": message})


def _matching(fits: Callable[[str], object], message: str) -> AfterValidator:
    """Make a validator for text; `message` may name the {value}."""

    def check(value: str) -> str:
        if not fits(value):
            raise _wrong(message.replace("{value}", value))
        return value

    return AfterValidator(check)


def _starts_like_an_arn(value: str) -> bool:
    """Whether a glob could match an ARN at all."""
    return value.startswith(("arn:", "*", "?", "["))


def _is_url(value: str) -> bool:
    """Whether it is an address on the web."""
    parts = urlsplit(value)
    return parts.scheme in {"https", "http"} and bool(parts.hostname) and value.isprintable() and " " not in value


def _is_report_url(value: str) -> bool:
    """Whether it is one once the audit's date and id are filled in."""
    filled = value.replace("{date}", "2027-01-31").replace("{audit}", "0")
    return _is_url(filled) and not set("{}<>|") & set(filled)


def _known_region(value: str) -> bool:
    """Whether it looks like a region's name."""
    return REGION.fullmatch(value) is not None


def _all_or_list(value: object) -> object:
    """Take `also = "all"` for a list of one."""
    return ["all"] if value == "all" else value


def _plain_date(value: object) -> object:
    """Refuse a date in quotes by saying how it is written without; and one with a time."""
    if isinstance(value, str) and _DATE.fullmatch(value):
        raise _wrong(f"must be a date without quotes: expires = {value}")
    if isinstance(value, dt.datetime):
        raise _wrong(f"must be a date without a time: expires = {value.date()}")
    return value


Text = Annotated[str, _matching(str.strip, "must not be empty")]
Region = Annotated[str, _matching(_known_region, '"{value}" is no region\'s name: write it as in us-east-1')]
RegionOrAll = Annotated[
    str,
    _matching(
        lambda v: v == "all" or _known_region(v),
        '"{value}" is no region\'s name: write it as in us-east-1, or also = "all"',
    ),
]
AccountId = Annotated[str, _matching(ACCOUNT_ID.fullmatch, '"{value}" is no account id: it has 12 digits, in quotes')]
Role = Annotated[
    str,
    _matching(
        lambda v: ROLE_ARN.fullmatch(v) or _ROLE_NAME.fullmatch(v),
        '"{value}" is no role: give its name, or its ARN as in arn:aws:iam::111122223333:role/auditor-readonly',
    ),
]
RoleName = Annotated[
    str, _matching(_ROLE_NAME.fullmatch, '"{value}" is no role\'s name: the same name is assumed in every account')
]
Unit = Annotated[
    str,
    _matching(
        lambda v: ACCOUNT_ID.fullmatch(v) or _UNIT.fullmatch(v),
        '"{value}" is no organizational unit (ou-ab12-34cd56ef) and no account id (12 digits)',
    ),
]
ArnGlob = Annotated[
    str, _matching(_starts_like_an_arn, '"{value}" can match no ARN: begin it with arn: or with *, as in *:vpc/vpc-1')
]
Url = Annotated[str, _matching(_is_url, '"{value}" is no address: it begins with https:// or http://')]
ReportUrl = Annotated[
    str,
    _matching(_is_report_url, '"{value}" is no web address ({date} and {audit} may stand in it)'),
]
Day = Annotated[dt.date, BeforeValidator(_plain_date)]


class _Table(BaseModel):
    """A table that knows all of its keys and converts nothing."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class AwsTable(_Table):
    """`[aws]`: how AWS is asked."""

    profile: Text = ""
    max_concurrency: Annotated[int, Field(ge=1, le=256)] = 32
    read_timeout_seconds: Annotated[int, Field(ge=1, le=110)] = 20


class RegionsTable(_Table):
    """`[regions]`: where to look; what is left out is the standard's own."""

    primary: Region | None = None
    recovery: list[Region] | None = None
    also: Annotated[list[RegionOrAll], BeforeValidator(_all_or_list)] = []


class AccountTable(_Table):
    """`[[accounts]]`."""

    id: AccountId
    name: Text = ""
    role: Role = ""
    external_id: Text = ""


class OrganizationTable(_Table):
    """`[organization]`: every active account of it."""

    role: RoleName
    include: list[Unit] = []
    exclude: list[Unit] = []


class ScopeTable(_Table):
    """`[scope]`: which resources are judged."""

    tags: dict[Text, list[Text]] = {}
    exclude: list[ArnGlob] = []
    include_defaults: bool = False


class WaiverTable(_Table):
    """`[[waivers]]`: a failure that somebody accepts, until a day."""

    requirement: Text = ""
    check: Text = ""
    resource: ArnGlob
    reason: Text
    approved_by: Text
    expires: Day


class ReportTable(_Table):
    """`[report]`."""

    formats: list[Text] | None = None
    organization: Text = ""
    url: ReportUrl = ""


class EvidenceTable(_Table):
    """`[evidence]`: what proves that an audit's files are as they were written."""

    sign: Text = ""
    timestamp: Url = ""


class StateTable(_Table):
    """`[state]`: what the code declares."""

    terraform: list[Text] = []
    pulumi: list[Text] = []
    cloudformation: list[Text] = []


class IgnoreTable(_Table):
    """`[[drift.ignore]]`: a difference that somebody knows of, until a day."""

    resource: Text
    attribute: Text = ""
    reason: Text
    expires: Day


class DriftTable(_Table):
    """`[drift]`: what is told of changes."""

    who_changed: bool = False
    ignore: list[IgnoreTable] = []


class ChecksTable(_Table):
    """`[checks]`: the user's own, beside the built-in ones."""

    paths: list[Text] = []


class File(_Table):
    """The whole of `config.toml`."""

    standard: Text = ""
    environment: Text = "production"
    environment_suffix: Text = ""
    aws: AwsTable = AwsTable()
    regions: RegionsTable = RegionsTable()
    accounts: list[AccountTable] = []
    organization: OrganizationTable | None = None
    scope: ScopeTable = ScopeTable()
    parameters: dict[str, Any] = {}
    waivers: list[WaiverTable] = []
    report: ReportTable = ReportTable()
    evidence: EvidenceTable = EvidenceTable()
    state: StateTable = StateTable()
    drift: DriftTable = DriftTable()
    checks: ChecksTable = ChecksTable()


def read(data: Mapping[str, Any]) -> tuple[File | None, list[tuple[Key, str]]]:
    """Read what a TOML parser made of the file: the tables, or else all that is wrong, as (key, what)."""
    try:
        return File.model_validate(dict(data)), []
    except ValidationError as error:
        return None, [_worded(item["loc"], item["type"], item.get("ctx", {})) for item in error.errors()]


def _worded(place: Key, kind: str, details: Mapping[str, Any]) -> tuple[Key, str]:
    """Word one of pydantic's errors."""
    is_tag = place[:2] == ("scope", "tags") and place[-1] == "[key]"
    key = place[:-1] if is_tag else place
    table = ".".join(part for part in key[:-1] if isinstance(part, str))
    if kind == "auditor":
        return key, str(details["message"])
    if kind == "extra_forbidden":
        return key, f"unknown key{did_you_mean(str(key[-1]), _keys(table), otherwise='there are')}"
    leaf = str(key[-1])
    name = f"{table}.{leaf}" if table else leaf
    example = EXAMPLES.get(name, "")
    if kind == "missing":
        return key, _MISSING.get(name, f"is missing: add {leaf} = {example}")
    if example in {f"[{name}]", f"[[{name}]]"}:
        return key, f"must be a table: write {example} on a line of its own"
    what = _LIMITS.get(name, "") if kind in {"greater_than_equal", "less_than_equal"} else ""
    what = what or _KINDS.get(kind, "is not as it should be")
    return key, f"{what}, as in {leaf} = {example}" if example else what


def _keys(table: str) -> list[str]:
    """Name the keys of a table, which are those with an example (a test finds one without)."""
    prefix = f"{table}." if table else ""
    return [name[len(prefix) :] for name in EXAMPLES if name.startswith(prefix) and "." not in name[len(prefix) :]]
