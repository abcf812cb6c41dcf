"""Pulumi's names and shapes brought into Terraform's: the bridge between the two, walked backwards. Pure.

The bridge makes camelCase of snake_case, a plural of the name of a list, and an object of a list that holds one block
at most. What it does beyond that is in the tables here, for the services that this tool collects.
https://github.com/pulumi/pulumi-terraform-bridge/blob/v3.60.0/pkg/tfbridge/names.go
"""

from __future__ import annotations

import functools
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import jmespath

from auditor.drift.code import paths
from auditor.drift.code.mapping import Attribute, TypeMapping
from auditor.drift.code.states.files import IDENTITY, Object

RENAMED: Final[Mapping[str, Mapping[str, str]]] = {
    "aws_cloudwatch_log_subscription_filter": {"logGroup": "log_group_name"},
    "aws_cloudwatch_metric_alarm": {"name": "alarm_name"},
    "aws_lambda_function": {"name": "function_name", "code": "filename"},
    "aws_lambda_layer_version": {"code": "filename"},
    "aws_lambda_permission": {"function": "function_name"},
    "aws_sns_topic_subscription": {"topic": "topic_arn"},
}
"""Terraform type -> Pulumi's name -> Terraform's, where no rule leads from one to the other.
Found by comparing the properties of pulumi-aws 7.51 with the schema of terraform-provider-aws 6.
"""
LISTS_OF_ONE: Final = frozenset({("aws_lambda_event_source_mapping", "queues")})
"""Lists of text that hold one at most, which Pulumi has as text."""
MAPS: Final = frozenset(
    {
        "additionalEncryptionContext",
        "additionalVersionWeights",
        "allocationResourceTags",
        "authenticationRequestExtraParams",
        "backupOptions",
        "context",
        "dimensions",
        "driverOpts",
        "encryptionContextEquals",
        "encryptionContextSubset",
        "environmentVariables",
        "globalSettings",
        "headerParameters",
        "inputPaths",
        "labels",
        "outputs",
        "parameterOverrides",
        "parameters",
        "permissions",
        "properties",
        "queryStringParameters",
        "recoveryPointTags",
        "requiredClaims",
        "resourceTypeManagementPreference",
        "resourceTypeOptInPreference",
        "restoreMetadataOverrides",
        "tags",
        "tagsAll",
        "triggers",
        "variables",
        "volumeTags",
    }
)
"""Names of maps, whose keys are the user's; every other object is a block (pulumi-aws 7.51)."""
_MAPS_WITHIN: Final = frozenset(
    {
        ("logConfiguration", "options"),
        ("firelensConfiguration", "options"),
        ("selfManagedEventSource", "endpoints"),
    }
)
"""Blocks and their maps, where the same name is a block's elsewhere."""
_PLACE: Final = frozenset({"availability_zone"})
_DOCUMENTS: Final = frozenset({"policy", "json"})
"""Forms of values that may be JSON objects of the user's own."""


def camel(name: str) -> str:
    """Terraform's name in Pulumi's way: `ipv6_cidr_block` as `ipv6CidrBlock`."""
    first, *rest = name.split("_")
    return first + "".join(part[:1].upper() + part[1:] for part in rest)


@functools.lru_cache(maxsize=10_000)
def snake(name: str) -> str:
    """Pulumi's name in Terraform's way: `ipv6CidrBlock` as `ipv6_cidr_block`."""
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name).removeprefix("_")


def plurals(name: str) -> Iterator[str]:
    """What a name may be in the plural: `routes`, `policies`, `statuses`, `indices` and `indexes`."""
    yield f"{name}s"
    if name.endswith("y"):
        yield f"{name[:-1]}ies"
    if name.endswith(("s", "x", "ch", "sh")):
        yield f"{name}es"
    if name.endswith(("ix", "ex")):
        yield f"{name[:-2]}ices"


def singulars(name: str) -> Iterator[str]:
    """The names of which a name may be the plural."""
    endings = [("ies", "y")] if name.endswith("ies") else [("s", ""), ("es", ""), ("ices", "ex"), ("ices", "ix")]
    for ending, other in endings:
        single = name.removesuffix(ending) + other
        if name.endswith(ending) and name in plurals(single):
            yield single


class Names:
    """The names of a type's properties and of what is nested in them."""

    def __init__(self, mapping: TypeMapping | None) -> None:
        self.kind = mapping.kind if mapping is not None else ""
        known = _known(mapping) if mapping is not None else IDENTITY | _PLACE
        table = _Table.of(known)
        self._single = {**table.single, **RENAMED.get(self.kind, {})}
        self._plural = table.plural
        self._nested = _nested(mapping) if mapping is not None else {}
        self._documents = _documents(mapping) if mapping is not None else frozenset()

    def attribute(self, name: str, value: object) -> str:
        """Terraform's name of a property: that of a list may be a plural (and of null, which may have been a list)."""
        if name in self._single:
            return self._single[name]
        is_list = value is None or isinstance(value, list)
        return self._plural[name] if is_list and name in self._plural else snake(name)

    def shaped(self, attribute: str, name: str, value: Any) -> Any:  # noqa: ANN401 - any JSON
        """A property's value as Terraform has it. `attribute` is Terraform's name, `name` Pulumi's."""
        if attribute in self._documents:
            return value
        if (self.kind, attribute) in LISTS_OF_ONE and isinstance(value, str):
            return [value] if value else []
        return _shaped(value, name, "", self._nested.get(attribute, _Table()))


def _known(mapping: TypeMapping) -> frozenset[str]:
    named = {attribute.name for attribute in mapping.attributes}
    groups = mapping.computed | mapping.provider_only | mapping.secret | mapping.not_collected
    return mapping.read | named | groups | IDENTITY | _PLACE


def _documents(mapping: TypeMapping) -> frozenset[str]:
    found = (paths.members(attribute.declared) for attribute in mapping.attributes if attribute.form in _DOCUMENTS)
    return frozenset().union(*found)


# ---------------------------------------------------------------------------------------- what is nested


@dataclass(frozen=True, slots=True)
class _Table:
    """The names that something looks for, by Pulumi's."""

    single: Mapping[str, str] = field(default_factory=dict)
    plural: Mapping[str, str] = field(default_factory=dict)
    is_whole: bool = False
    """Whether no other names are looked for."""

    @classmethod
    def of(cls, names: frozenset[str], *, is_whole: bool = True) -> _Table:
        """A plural that is itself a name stands for that name alone, as the bridge has it."""
        plural = {camel(many): name for name in sorted(names) for many in plurals(name) if many not in names}
        return cls({camel(name): name for name in names}, plural, is_whole)


def _nested(mapping: TypeMapping) -> dict[str, _Table]:
    """Attribute -> the names that are looked for inside its value: all of them, where its mapping builds the value.

    A form that is not `plain` looks for names of its own.
    """
    wanted: dict[str, set[str]] = defaultdict(set)
    is_open: set[str] = set()
    for attribute in mapping.attributes:
        roots = paths.members(attribute.declared)
        inner = _names_in(attribute) - roots
        for root in roots:
            wanted[root] |= inner
        if attribute.form != "plain" or not inner:
            is_open |= roots
    if mapping.part is not None:
        for root in paths.members(mapping.part.elements):
            wanted[root] |= set(_fields(jmespath.compile(mapping.part.elements).parsed))
    return {root: _Table.of(frozenset(names), is_whole=root not in is_open) for root, names in wanted.items()}


def _names_in(attribute: Attribute) -> frozenset[str]:
    """The names that are read, and where the form leaves them as they are, those that the live side is built with."""
    written = frozenset(_fields(jmespath.compile(attribute.declared).parsed))
    if attribute.form != "plain":
        return written
    return written | frozenset(_members(paths.shape(attribute.live))) | frozenset(attribute.key)


def _fields(node: Mapping[str, Any]) -> Iterator[str]:
    if node["type"] == "field":
        yield node["value"]
    for child in node["children"]:
        if isinstance(child, dict):
            yield from _fields(child)


def _members(shape: Mapping[str, Any] | None) -> Iterator[str]:
    for name, inner in (shape or {}).items():
        yield name
        yield from _members(inner)


def _shaped(value: Any, name: str, within: str, table: _Table) -> Any:  # noqa: ANN401 - any JSON
    if isinstance(value, list):
        return [_block(item, name, table) if isinstance(item, dict) else item for item in value]
    if not isinstance(value, dict):
        return value
    if name in MAPS or (within, name) in _MAPS_WITHIN:
        return {key: item for key, item in value.items() if key != "__defaults"}
    return value if "Statement" in value else [_block(value, name, table)]


def _block(block: Object, within: str, table: _Table) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in block.items():
        if not name.startswith("__"):
            shaped = _shaped(value, name, within, table)
            found |= dict.fromkeys(_names_of(name, value, table), shaped)
    return found


def _names_of(name: str, value: object, table: _Table) -> tuple[str, ...]:
    """A nested name in Terraform's way. A list of blocks is a plural or not: where nothing tells, it has both names."""
    if name in table.single:
        return (table.single[name],)
    if isinstance(value, list) and name in table.plural:
        return (table.plural[name],)
    own = snake(name)
    is_blocks = isinstance(value, list) and bool(value) and all(isinstance(item, dict) for item in value)
    return (own, *singulars(own)) if is_blocks and not table.is_whole else (own,)


# ---------------------------------------------------------------------------------------- CloudFormation's names


def pascal(name: str) -> str:
    """A property of aws-native as CloudFormation has it: `cidrBlock` as `CidrBlock`."""
    return name[:1].upper() + name[1:]


def native_names(mapping: TypeMapping) -> Mapping[str, str]:
    """CloudFormation's property -> the attribute that is compared with the table's column of the same name.

    Only where column and attribute are plain names: a property is then what AWS itself calls it.
    """
    pairs = [*mapping.row, *((attribute.live, attribute.declared) for attribute in mapping.attributes)]
    plain = {live: declared for live, declared in pairs if live.isidentifier() and declared.isidentifier()}
    return plain | ({"Tags": "tags"} if "tags" in mapping.read else {})
