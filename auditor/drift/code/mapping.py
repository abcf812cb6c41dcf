"""How the types of Terraform, Pulumi and CloudFormation correspond to AWS's: data, in `mappings/*.toml`.

A file has a table per Terraform type. `mappings/README.md` describes the keys; the classes here are what they become.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any

import pydantic

from auditor import toml_source
from auditor.drift.code import paths
from auditor.drift.code.forms import FORMS
from auditor.errors import ConfigError

_Text = Annotated[str, pydantic.StringConstraints(strip_whitespace=True, min_length=1)]


# ---------------------------------------------------------------------------------------- what a mapping is


@dataclass(frozen=True, slots=True, kw_only=True)
class Attribute:
    """One attribute of a type, and where its live value is found."""

    name: str
    live: str
    """JMESPath over the table's row (over the element, where the type is a part)."""
    declared: str
    """JMESPath over the resource's attributes; its own name, mostly."""
    form: str = "plain"
    default: Any = None
    """What the provider takes where the code says nothing."""
    if_declared: bool = False
    """True: compared only where the code says something."""
    key: tuple[str, ...] = ()
    """The members by which an element of its list is known."""
    held_by: tuple[str, ...] = ()
    """Types that may hold the same in resources of their own."""


@dataclass(frozen=True, slots=True)
class Part:
    """A resource that is an element of another type's attribute: `aws_route` of `aws_route_table`'s `route`."""

    of: str
    attribute: str
    """JMESPath over the resource's attributes that gives that attribute's name: `'route'`; `type`, where it tells."""
    elements: str
    """JMESPath over the resource's attributes: a list of elements as that attribute's value has them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TypeMapping:
    """A Terraform type with its counterparts."""

    kind: str
    also: tuple[str, ...] = ()
    """Other names of the same type: `aws_alb`."""
    table: str
    row: tuple[tuple[str, str], ...]
    """(JMESPath over the row, JMESPath over the resource's attributes): which row it is."""
    pulumi: tuple[str, ...] = ()
    cloudformation: str = ""
    ref: str = ""
    """JMESPath over the row: what CloudFormation's Ref (the physical id) gives; the first of `row`, where empty."""
    exists: str = ""
    """JMESPath over the row: the resource is there where this finds something. It is a side of a resource, not one."""
    gone: str = ""
    """JMESPath over the row: true where it is deleted already, or is being deleted (terminated, scheduled)."""
    by_aws: str = ""
    """JMESPath over the row: true where AWS made it with something else, so that no code declares it."""
    covers: str = ""
    """JMESPath over the row: ARNs of further rows that the same resource of the code makes (a table's replicas)."""
    part: Part | None = None
    attributes: tuple[Attribute, ...] = ()
    computed: frozenset[str] = frozenset()
    """AWS or the provider makes them up; nobody declares them."""
    provider_only: frozenset[str] = frozenset()
    """Instructions to the provider, which AWS never sees: `force_destroy`, `timeouts`. Write-only ones too."""
    secret: frozenset[str] = frozenset()
    """May hold secrets: neither kept nor compared."""
    not_collected: frozenset[str] = frozenset()
    """AWS has them, and this tool does not ask for them: told as not compared."""

    @property
    def is_resource(self) -> bool:
        """Whether a live row is one of these; False for sides and parts of one."""
        return not self.exists and self.part is None

    @property
    def identifying(self) -> frozenset[str]:
        """The columns of the table that tell which row it is, and whether it is there."""
        expressions = [expression for expression, _ in self.row]
        expressions += [text for text in (self.exists, self.ref, self.gone, self.by_aws, self.covers) if text]
        return _members(expressions)

    @property
    def columns(self) -> frozenset[str]:
        """The columns of the table that it reads."""
        return self.identifying | _members(attribute.live for attribute in self.attributes)

    @property
    def read(self) -> frozenset[str]:
        """The attributes of a resource that a comparison reads; no others are ever kept."""
        expressions = [expression for _, expression in self.row]
        expressions += [attribute.declared for attribute in self.attributes]
        if self.part is not None:
            expressions += [self.part.elements, self.part.attribute]
        return _members(expressions) - self.secret


def _members(expressions: Iterable[str]) -> frozenset[str]:
    return frozenset(name for expression in expressions for name in paths.members(expression))


@dataclass(frozen=True, slots=True)
class Mappings:
    """All of them, by what each tool calls a type."""

    by_kind: Mapping[str, TypeMapping] = field(default_factory=dict)
    """Terraform type, other names included."""
    by_pulumi: Mapping[str, TypeMapping] = field(default_factory=dict)
    by_cloudformation: Mapping[str, TypeMapping] = field(default_factory=dict)

    def of(self, kind: str) -> TypeMapping | None:
        """By whatever name a tool has for the type; None where there is none."""
        if kind.startswith("aws-native:"):
            return self._of_native(kind)
        return self.by_kind.get(kind) or self.by_pulumi.get(kind) or self.by_cloudformation.get(kind)

    def _of_native(self, kind: str) -> TypeMapping | None:
        """`aws-native:ec2:Vpc` by `AWS::EC2::VPC`: Pulumi has CloudFormation's types, in letters of its own."""
        name = kind.replace("aws-native:", "aws:", 1).replace(":", "::").lower()
        return next((mapping for one, mapping in self.by_cloudformation.items() if one.lower() == name), None)


# ---------------------------------------------------------------------------------------- how it is written


class _Attribute(pydantic.BaseModel):
    model_config = pydantic.ConfigDict(extra="forbid", strict=True)

    live: _Text
    declared: str = ""
    form: str = "plain"
    default: Any = None
    if_declared: bool = False
    key: list[_Text] = []
    held_by: list[_Text] = []


class _Part(pydantic.BaseModel):
    model_config = pydantic.ConfigDict(extra="forbid", strict=True)

    of: _Text
    attribute: _Text
    elements: _Text


class _Type(pydantic.BaseModel):
    model_config = pydantic.ConfigDict(extra="forbid", strict=True)

    also: list[_Text] = []
    table: _Text
    row: dict[str, _Text] = pydantic.Field(min_length=1)
    pulumi: list[_Text] = []
    cloudformation: str = ""
    ref: str = ""
    exists: str = ""
    gone: str = ""
    by_aws: str = ""
    covers: str = ""
    part: _Part | None = None
    attributes: dict[str, _Text | _Attribute] = {}
    computed: list[_Text] = []
    provider_only: list[_Text] = []
    secret: list[_Text] = []
    not_collected: list[_Text] = []


def load_mappings(folder: Path) -> Mappings:
    """Every mapping of a folder's TOML files. Raises ConfigError with every problem of every file."""
    found: dict[str, TypeMapping] = {}
    problems: list[str] = []
    for path in sorted(folder.glob("*.toml")):
        for kind, value in toml_source.load(path).data.items():
            try:
                mapping = _mapping(kind, _Type.model_validate(value))
            except pydantic.ValidationError as error:
                problems += [f"{path}: {kind}.{_place(item['loc'])}: {item['msg']}" for item in error.errors()]
                continue
            problems += [f"{path}: {kind}.{told}" for told in _problems(mapping)]
            problems += [f"{path}: {name} is mapped twice" for name in (kind, *mapping.also) if name in found]
            found |= dict.fromkeys((kind, *mapping.also), mapping)
    problems += list(_between(found))
    if problems:
        raise ConfigError(problems)
    return Mappings(
        found,
        {name: mapping for mapping in found.values() for name in mapping.pulumi},
        {mapping.cloudformation: mapping for mapping in found.values() if mapping.cloudformation},
    )


def _mapping(kind: str, written: _Type) -> TypeMapping:
    part = written.part
    return TypeMapping(
        kind=kind,
        also=tuple(written.also),
        table=written.table,
        row=tuple(written.row.items()),
        pulumi=tuple(written.pulumi),
        cloudformation=written.cloudformation,
        ref=written.ref,
        exists=written.exists,
        gone=written.gone,
        by_aws=written.by_aws,
        covers=written.covers,
        part=Part(part.of, part.attribute, part.elements) if part is not None else None,
        attributes=tuple(_attribute(name, value) for name, value in written.attributes.items()),
        computed=frozenset(written.computed),
        provider_only=frozenset({"timeouts", *written.provider_only}),
        secret=frozenset(written.secret),
        not_collected=frozenset(written.not_collected),
    )


def _attribute(name: str, written: str | _Attribute) -> Attribute:
    if isinstance(written, str):
        return Attribute(name=name, live=written, declared=name)
    return Attribute(
        name=name,
        live=written.live,
        declared=written.declared or name,
        form=written.form,
        default=written.default,
        if_declared=written.if_declared,
        key=tuple(written.key),
        held_by=tuple(written.held_by),
    )


def _problems(mapping: TypeMapping) -> Iterator[str]:
    """What is wrong with a mapping by itself."""
    for number, (live, declared) in enumerate(mapping.row):
        yield from _unreadable(f"row ({number + 1})", live, declared)
    for name in ("exists", "ref", "gone", "by_aws", "covers"):
        yield from _unreadable(name, getattr(mapping, name))
    if mapping.part is not None:
        yield from _unreadable("part", mapping.part.attribute, mapping.part.elements)
    for attribute in mapping.attributes:
        yield from _unreadable(f"attributes.{attribute.name}", attribute.live, attribute.declared)
        if attribute.form not in FORMS:
            yield f"attributes.{attribute.name}.form: there is no form {attribute.form}: there are {', '.join(FORMS)}"
    groups = [{a.name for a in mapping.attributes}, mapping.computed, mapping.provider_only, mapping.secret]
    groups.append(mapping.not_collected)
    for name in sorted(set().union(*groups)):
        if sum(name in group for group in groups) > 1:
            yield f"{name}: stands in two of attributes, computed, provider_only, secret and not_collected"


def _unreadable(place: str, *expressions: str) -> Iterator[str]:
    for expression in filter(None, expressions):
        if told := paths.problem(expression):
            yield f"{place}: {expression}: {told}"


def _between(found: Mapping[str, TypeMapping]) -> Iterator[str]:
    """What is wrong between mappings: names of types and attributes that there are not."""
    for kind, mapping in found.items():
        if mapping.part is not None and mapping.part.of not in found:
            yield f"{kind}.part.of: {mapping.part.of} is not mapped"
        for attribute in mapping.attributes:
            for other in attribute.held_by:
                if other not in found:
                    yield f"{kind}.attributes.{attribute.name}.held_by: {other} is not mapped"


def _place(location: Iterable[int | str]) -> str:
    return ".".join(str(part) for part in location)
