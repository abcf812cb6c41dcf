"""What every room knows: the words of `interface.md` as frozen types. No I/O, no boto3, no SQL."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Protocol

GLOBAL = "global"
"""The `region` of what belongs to no region: IAM, Route 53 and the like."""

Rows = Sequence[Mapping[str, Any]]


class Status(StrEnum):
    """A verdict. What could not be seen is never a pass."""

    PASS = "pass"  # noqa: S105 - a verdict, not a password
    FAIL = "fail"
    UNKNOWN = "unknown"
    WAIVED = "waived"
    NOT_APPLICABLE = "not_applicable"


class Severity(StrEnum):
    """How much a failure matters, worst first."""

    CRITICAL = "critical"
    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"

    @property
    def rank(self) -> int:
        """0 for critical … 3 for low, so that sorting puts the worst first."""
        return list(Severity).index(self)


class Role(StrEnum):
    """The part that a region plays in a standard."""

    PRIMARY = "primary"
    RECOVERY = "recovery"
    ALSO = "also"


# ---------------------------------------------------------------------------------------- what is demanded


@dataclass(frozen=True, slots=True)
class Requirement:
    """Something that a document demands of the deployed system (`checks/standards/requirements.toml`)."""

    id: str
    title: str
    severity: Severity
    sources: tuple[str, ...]
    statement: str
    must_exist: bool
    note: str = ""


@dataclass(frozen=True, slots=True)
class Standard:
    """A named set of requirements with parameters and region roles (`checks/standards/standards.toml`)."""

    name: str
    title: str
    primary: str
    recovery: tuple[str, ...]
    requirements: tuple[str, ...]
    """Ids, expanded and sorted."""
    parameters: Mapping[str, Any]
    """The register's defaults, overlaid with the standard's own."""


@dataclass(frozen=True, slots=True)
class Reason:
    """One way to fail: where `when` (SQL over the facts) is true, `say` (a template of facts) is the message."""

    when: str
    say: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """A declarative test: facts, then one predicate. The id is the file's name."""

    id: str
    path: str
    title: str
    description: str
    requirements: tuple[str, ...]
    severity: Severity
    resource: str
    """CloudFormation type of the population: what a row of the facts is."""
    scope: str
    """Which collection gaps touch a row: `region`, `account` or `organization`."""
    regions: str
    """Which regions its rows are of: `all`, or those of the `standard` (primary and recovery)."""
    must_exist: str
    """Where the resource kind must be found: `region` (each of the standard), `account`, or empty."""
    missing: str
    """The message where it is not found: a template of {region}, {account} and parameters."""
    facts: str
    pass_when: str
    passed: str
    reasons: tuple[Reason, ...]
    unknown: str
    expected: str
    remediation: str
    references: tuple[str, ...] = ()
    drawing: Drawing | None = None


@dataclass(frozen=True, slots=True)
class Part:
    """A line of a drawing: of a `chain` its `column` holds seconds; of `sides`, `left` and `right` are columns."""

    label: str
    column: str = ""
    left: str = ""
    right: str = ""
    compare: str = ""
    """Of `sides`: the right one falls short with less (`as_many`) or with nothing (`any`); empty: it is only shown."""

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns of the facts that it draws."""
        return tuple(name for name in (self.column, self.left, self.right) if name)


@dataclass(frozen=True, slots=True)
class Drawing:
    """How the report draws a finding, where that says more than a table of its evidence."""

    kind: str
    """`chain`: spans of seconds one after the other, against a limit; `sides`: two places side by side."""
    parts: tuple[Part, ...]
    left: str = ""
    """Of `sides`: the heading, as a template of columns."""
    right: str = ""
    limit: str = ""
    """Of a `chain`: the parameter with the seconds that are allowed."""

    @property
    def columns(self) -> frozenset[str]:
        """The columns of the facts that it draws."""
        return frozenset(name for part in self.parts for name in part.columns)


# ---------------------------------------------------------------------------------------- what is collected


@dataclass(frozen=True, slots=True, kw_only=True)
class Detail:
    """A call that completes rows of a table: `DescribeSecret` for each of `ListSecrets`, tags for twenty at once."""

    operation: str
    params: Mapping[str, Any]
    """Request parameters; a string that starts with `$` is the row's column (`$arn`), however deep it stands."""
    columns: Mapping[str, str]
    """Column -> JMESPath in the answer. `{"*": "KeyMetadata"}` merges a structure's members as columns."""
    types: Mapping[str, str] = field(default_factory=dict)
    """DuckDB types of columns whose path botocore's model does not type (projections, documents)."""
    absent: tuple[str, ...] = ()
    """Error codes that mean "there is none" for this row: an empty column, not a gap."""
    omit: tuple[str, ...] = ()
    """Members of what `*` merges that are never stored."""
    examine: Mapping[str, Examine] = field(default_factory=dict)
    """Column -> text that may hold credentials: examined, and never stored."""
    batch: int = 0
    """How many rows one call serves; 0: one call a row. The batched parameter's value is a one-element list."""
    batch_items: str = ""
    """JMESPath of the answers within a batch's answer."""
    batch_key: str = ""
    """JMESPath in such an answer of the value that equals the batched column's."""
    partial: bool = False
    """True: a row that a batch's answer leaves out has none of it; False: the answer is incomplete, which is a gap."""
    when: str = ""
    """JMESPath on the row: the call is made only where this is true."""
    always: bool = False
    """True: made for every plan (it gives what the row is identified by); False: where a check reads its columns."""


@dataclass(frozen=True, slots=True)
class Examine:
    """Text that may hold credentials (SEC-05). What is stored of it is a list of {place, reason, fingerprint}."""

    path: str
    """JMESPath of the text in the answer."""
    reader: str
    """How it is read: a name in `auditor.collectors.examining.READERS`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """One kind of resource, declared: where it comes from and how a row comes about (`design.md`, "Collecting")."""

    name: str
    description: str
    service: str
    """botocore's service name."""
    operation: str
    items: str
    """JMESPath of the items in the answer."""
    value_as: str = ""
    """The column that an item becomes, where the items are plain text (names, ARNs) and no structures."""
    type: str
    """CloudFormation type."""
    arn: str
    """Template over the item's members and {partition} {region} {account}, or `{Member}` where AWS answers the ARN."""
    key: tuple[str, ...]
    """Columns that identify a row within account and region."""
    name_from: str = ""
    """JMESPath of the resource's own name in the item; the tag Name serves where it is empty or absent."""
    tags: str = ""
    """JMESPath of the tags in the item, in any of AWS's forms."""
    taggable: bool = True
    params: Mapping[str, Any] = field(default_factory=dict)
    """Request parameters; `$region`, `$account`, `$now`, `$now-1d`, `$now-2h`, `$now-5m` stand for what they say."""
    variants: tuple[Mapping[str, Any], ...] = ({},)
    """The operation is called once with each of these parameters."""
    page_size: int = 0
    """Largest page AWS allows, where botocore's model does not say."""
    renames: Mapping[str, str] = field(default_factory=dict)
    """AWS's member -> column, where the name is already a common column's (`Type` -> `LoadBalancerType`)."""
    json: tuple[str, ...] = ()
    """Members that are documents (policies)."""
    omit: tuple[str, ...] = ()
    """Members that are never stored."""
    examine: Mapping[str, Examine] = field(default_factory=dict)
    """Column -> text that may hold credentials: examined, and never stored."""
    columns: Mapping[str, str] = field(default_factory=dict)
    """Further columns: name -> JMESPath in the item (`"HostedZoneId": "parent.Id"`)."""
    volatile: tuple[str, ...] = ()
    """Columns that drift leaves out."""
    volatile_rows: str = ""
    """SQL over the columns: rows that come and go without anybody's doing, or that AWS offers to everyone: drift leaves
    them out. `true`: all of them.
    """
    is_global: bool = False
    """Called once an account, in the service's home region; rows have region `global`."""
    home: str = ""
    """The home region of a global service, where it is not the partition's first one (us-east-1)."""
    parent: str = ""
    """The table each of whose rows gives one call of this one."""
    parent_params: Mapping[str, str] = field(default_factory=dict)
    """Request parameter -> column of the parent's row."""
    details: tuple[Detail, ...] = ()
    vanished: tuple[str, ...] = ()
    """Error codes that mean that a listed resource was deleted meanwhile: the row is left out."""


@dataclass(frozen=True, slots=True)
class Action:
    """An API operation and what it takes: botocore's service name, the API's name, the IAM action."""

    service: str
    operation: str
    iam: str

    def __lt__(self, other: Action) -> bool:
        return (self.iam, self.service, self.operation) < (other.iam, other.service, other.operation)


@dataclass(frozen=True, slots=True)
class Read:
    """A table and the columns of its details that something reads."""

    table: str
    columns: frozenset[str] = frozenset()


class Catalogue(Protocol):
    """The tables that can be collected, with the types of their columns."""

    def tables(self) -> Mapping[str, Table]:
        """Every table by its name."""

    def columns(self, table: str) -> Mapping[str, str]:
        """Column -> DuckDB type, the common columns first."""

    def listing(self, table: str) -> Action:
        """The call that lists a table's rows."""

    def actions(self, read: Read) -> tuple[Action, ...]:
        """What must be called to fill a table as far as it is read, parents included."""

    def detail_columns(self, table: str) -> Mapping[str, str]:
        """Column -> operation, for the columns that a detail call fills."""

    def row(
        self,
        table: str,
        item: Mapping[str, Any],
        account: str,
        region: str,
        parent: Mapping[str, Any] | None = None,
        problems: list[tuple[str, str]] | None = None,
    ) -> dict[str, Any]:
        """AWS's item -> the table's row. Pure; raises ValueError where the item cannot be a row.

        A value that does not fit its column raises too, unless `problems` is there to take (column, problem).
        """


@dataclass(frozen=True, slots=True, kw_only=True)
class Derived:
    """A table that is computed once when a snapshot is opened, for what SQL cannot do (schedules, IAM)."""

    name: str
    description: str
    inputs: Mapping[str, str]
    """Name -> a SELECT over collected tables; `compute` gets its rows, JSON columns decoded."""
    columns: Mapping[str, str]
    """Column -> DuckDB type."""
    compute: Callable[[Mapping[str, Rows]], Iterable[Mapping[str, Any]]]
    lookup: bool = False
    """True: each row is a function of one row that a check reads anyway, so it asks for no collecting of its own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """Something that could not be collected. `arn` is set where only that row is spoilt."""

    account: str
    region: str
    service: str
    """IAM prefix."""
    operation: str
    code: str
    message: str
    action: str
    """The IAM action that it takes."""
    table: str
    columns: tuple[str, ...] = ()
    """Empty: all of them. Without `arn` rows may be missing; with it, that row is not to be relied on."""
    arn: str = ""


@dataclass(frozen=True, slots=True)
class Account:
    """An account of the scope and the regions that are looked at in it."""

    id: str
    name: str
    regions: tuple[str, ...]


# ---------------------------------------------------------------------------------------- what is found


@dataclass(frozen=True, slots=True)
class Resource:
    """What a finding is about."""

    arn: str
    type: str
    account: str
    region: str
    name: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One check's verdict on one resource."""

    id: str
    check: str
    requirements: tuple[str, ...]
    severity: Severity
    status: Status
    resource: Resource
    message: str
    expected: str = ""
    evidence: Mapping[str, Any] = field(default_factory=dict)
    remediation: str = ""
    waiver: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiver:
    """A failure that somebody accepts, until a day (inclusive)."""

    requirement: str
    check: str
    resource: str
    reason: str
    approved_by: str
    expires: str
    """ISO date."""


@dataclass(frozen=True, slots=True)
class CheckResult:
    """What came of one check: its findings, how many rows the scope left out (by rule), and what it read."""

    check: Check
    findings: tuple[Finding, ...]
    left_out: Mapping[str, int]
    seconds: float
    judged: int = 0
    """Rows of its facts that are in scope: its population."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ignore:
    """A difference that somebody knows of and does not want to be told, until a day (inclusive)."""

    resource: str
    """Glob: an ARN, or the address that the code has for it."""
    attribute: str
    """Glob over the field that differs; empty: whatever it is, that it is missing or unmanaged too."""
    reason: str
    expires: str
    """ISO date."""


class Format(Protocol):
    """An output format: results in, text out. No clock, no terminal, sorted input."""

    filename: str

    def render(self, results: Mapping[str, Any]) -> Iterator[str]:
        """The file's text, from a `results.json` document, in pieces."""


class BinaryFormat(Protocol):
    """An output format that is no text."""

    filename: str

    def render(self, results: Mapping[str, Any]) -> Iterator[bytes]:
        """The file, from a `results.json` document, in pieces."""
