"""What a state declares, and what came of comparing it with a snapshot. Frozen; no I/O."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from auditor.drift.model import Change, Subject, Unknown

# ---------------------------------------------------------------------------------------- what is declared


class Tool(StrEnum):
    """What made a state."""

    TERRAFORM = "terraform"
    PULUMI = "pulumi"
    CLOUDFORMATION = "cloudformation"


class Standing(StrEnum):
    """What a state says of one of its resources."""

    MANAGED = "managed"
    """The tool made it and keeps it."""
    TAINTED = "tainted"
    """Terraform: it is there, and the next apply replaces it."""
    DEPOSED = "deposed"
    """Terraform: the old one of a replacement, still to be destroyed. Pulumi: `delete` is set."""
    PENDING = "pending"
    """An operation on it was begun and not ended: whether it exists cannot be told from the state."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Declared:
    """One resource instance of a state, as the state has it.

    `attributes` are Terraform-shaped whatever the tool: snake_case names, nested blocks as lists, lists for sets. What
    the state marks as secret is not among them: its attribute's name is in `withheld`.
    """

    tool: Tool
    state: str
    """Which state: a file's name, an `s3://` address, a stack."""
    address: str
    """Terraform's address (`module.vpc.aws_subnet.private["a"]`), Pulumi's URN, CloudFormation's logical id."""
    kind: str
    """The provider's type: `aws_subnet`, `aws:ec2/subnet:Subnet`, `AWS::EC2::Subnet`."""
    id: str
    """The provider's id; empty where the state has none yet."""
    provider: str = ""
    """The provider configuration, alias included: its resources share account and region."""
    account: str = ""
    """Empty: the state does not say."""
    region: str = ""
    attributes: Mapping[str, Any] = field(default_factory=dict)
    withheld: frozenset[str] = frozenset()
    """Names of attributes whose values are not kept: secret, or in no form that can be read."""
    unread: frozenset[str] = frozenset()
    """Names of attributes that say something, and that no mapping compares or explains."""
    standing: Standing = Standing.MANAGED


@dataclass(frozen=True, slots=True)
class Output:
    """An output of a state's root module or stack."""

    name: str
    value: Any
    """None where it is withheld."""
    withheld: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """A state file or stack, read."""

    tool: Tool
    name: str
    digest: str
    """SHA-256 of what was read."""
    version: str
    """Of the format, and of the tool where it says so: `4, Terraform 1.7.1`."""
    serial: int | None = None
    outputs: tuple[Output, ...] = ()
    resources: tuple[Declared, ...] = ()
    """Of AWS only, in the state's order."""
    set_aside: Mapping[str, int] = field(default_factory=Counter)
    """Why -> how many of its entries are no resources that it manages in AWS: `data source`, `provider random`, …"""
    pending: tuple[str, ...] = ()
    """Operations that were begun and not ended, in words."""


# ---------------------------------------------------------------------------------------- what came of it


class Verdict(StrEnum):
    """Whether a declared resource is deployed."""

    DEPLOYED = "deployed"
    MISSING = "missing"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """A declared resource with what the snapshot shows of it."""

    declared: Declared
    subject: Subject
    """The live resource; for a part or a side, what it belongs to; where none was found, what the state says of it."""
    verdict: Verdict
    changes: tuple[Change, ...] = ()
    """Attributes that differ: `old` is declared, `new` is live."""
    equal: int = 0
    """Attributes that were compared and are as declared."""
    not_compared: tuple[str, ...] = ()
    """Attributes that AWS or this tool does not show, or that are secret."""
    unknown: tuple[Unknown, ...] = ()
    """Why it, or some of its attributes, could not be compared."""


@dataclass(frozen=True, slots=True)
class Unmanaged:
    """A live resource, of a type that the code declares others of, and of which no code speaks."""

    subject: Subject


@dataclass(frozen=True, slots=True)
class Share:
    """How much of a type's live resources in scope the code manages."""

    type: str
    managed: int
    unmanaged: int
    ignored: int = 0
    """Unmanaged ones that a rule of the configuration covers."""
    unlisted: tuple[Unknown, ...] = ()
    """Where they could not be listed: with any, the share is not known."""


@dataclass(frozen=True, slots=True)
class ClaimedTwice:
    """A live resource that several resources of the code say they manage."""

    subject: Subject
    claims: tuple[Declared, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class OutputFinding:
    """What became of an output, or of one thing that it names."""

    state: str
    tool: Tool
    name: str
    names: str = ""
    """The id, ARN or endpoint; empty where the output itself is meant."""
    subject: Subject | None = None
    """The live resource that it leads to."""
    verdict: Verdict
    unknown: Unknown | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeDrift:
    """States compared with a snapshot. Sorted."""

    states: tuple[State, ...]
    judged: tuple[Judged, ...] = ()
    managed: tuple[Subject, ...] = ()
    """Live resources that the code manages."""
    unmanaged: tuple[Unmanaged, ...] = ()
    shares: tuple[Share, ...] = ()
    claimed_twice: tuple[ClaimedTwice, ...] = ()
    outputs: tuple[OutputFinding, ...] = ()
    unseen: tuple[Unknown, ...] = ()
    """What could not be read of the code itself: stacks that could not be listed."""

    @property
    def is_drift(self) -> bool:
        """Whether anything is known to differ from the code."""
        return bool(self.unmanaged) or any(one.verdict is Verdict.MISSING or one.changes for one in self.judged)
