"""Reading Pulumi's states: `pulumi stack export`, and checkpoint files. Pure.

https://github.com/pulumi/pulumi/blob/v3.130.0/sdk/go/common/apitype/core.go
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, Final

import orjson

from auditor.drift.code.mapping import Mappings, TypeMapping
from auditor.drift.code.model import Declared, Output, Standing, State, Tool
from auditor.drift.code.states import files
from auditor.drift.code.states.files import Object, Sieve, Sifted
from auditor.drift.code.states.providers import Place, account_of, own_place, region_of, with_places
from auditor.drift.code.states.pulumi_names import Names, native_names, pascal, snake
from auditor.drift.code.states.pulumi_values import Fate, examined
from auditor.errors import StateError

EXPORT: Final = "Give what `pulumi stack export` prints."
FEATURES: Final = frozenset(
    {
        "byteString",
        "hooks",
        "outputDependencies",
        "refreshBeforeUpdate",
        "replaceWith",
        "snippets-prototype",
        "taint",
        "views",
    }
)
"""What a deployment of version 4 may use beyond version 3: none changes how resources read."""
_VERSIONS: Final = (3, 4)
_PLACE: Final = files.IDENTITY | {"availability_zone"}
_STACK: Final = "pulumi:pulumi:Stack"
_PROVIDERS: Final = "pulumi:providers:"
_BRIDGED, _NATIVE = "aws:", "aws-native:"


def read_pulumi(data: bytes, name: str, mappings: Mappings) -> State:
    """A stack that Pulumi exported, or a checkpoint of it.

    Raises StateError for what is neither, is damaged, or is of another version.
    """
    deployment, version = _deployment(files.json_object(data, name, EXPORT), name)
    resources = _resources(deployment, name)
    reader = _Reader(name, mappings)
    for resource in resources:
        reader.read(resource)
    for operation in _operations(deployment, name):
        reader.begun(operation)
    manifest = files.an_object_or_nothing(deployment.get("manifest"), name, "deployment.manifest")
    tool_version = files.text(manifest.get("version"))
    is_told = 0 < len(tool_version) < 40 and tool_version.isprintable()  # noqa: PLR2004 - a version, no essay
    return State(
        tool=Tool.PULUMI,
        name=name,
        digest=hashlib.sha256(data).hexdigest(),
        version=f"{version}, Pulumi {tool_version}" if is_told else str(version),
        outputs=tuple(output for resource in resources for output in _outputs(resource)),
        resources=with_places(reader.resources, reader.configured),
        set_aside=reader.set_aside,
        pending=tuple(reader.pending),
    )


def _deployment(document: Object, name: str) -> tuple[Object, int]:
    """The deployment, and the version of its format. Raises StateError for what is none."""
    if "terraform_version" in document or "lineage" in document:
        raise StateError(f"{name} is a Terraform state, not a Pulumi stack.", "Give it as `--terraform-state`.")
    if not {"deployment", "checkpoint"} & document.keys():
        raise StateError(f"{name} is no Pulumi stack.", EXPORT)
    version = document.get("version")
    if not isinstance(version, int) or isinstance(version, bool):
        raise StateError(f"{name} is no Pulumi stack: it has no version.", EXPORT)
    if version not in _VERSIONS:
        remedy = "Export it with Pulumi 3." if version < _VERSIONS[0] else "That is newer than auditor: update it."
        raise StateError(f"{name} is a Pulumi stack of version {version}; 3 and 4 can be read.", remedy)
    features = files.a_list_or_nothing(document.get("features"), name, "features")
    if strange := sum(feature not in FEATURES for feature in map(files.text, features)):
        told = f"{name} uses {strange} of Pulumi's features that this version of auditor does not know."
        raise StateError(told, "Update auditor.")
    if "deployment" in document:
        return files.an_object(document["deployment"], name, "deployment"), version
    checkpoint = files.an_object(document["checkpoint"], name, "checkpoint")
    return files.an_object_or_nothing(checkpoint.get("latest"), name, "checkpoint.latest"), version


# ---------------------------------------------------------------------------------------- its resources


@dataclass(frozen=True, slots=True, kw_only=True)
class _Resource:
    """One entry of a deployment."""

    urn: str
    type: str
    id: str
    provider: str
    inputs: Object
    outputs: Object
    secret: frozenset[str]
    """Outputs that are secret although nothing in the state marks their values."""
    is_custom: bool
    is_external: bool
    is_view: bool
    is_replaced: bool
    """Deleted to be made anew, and not made yet."""
    standing: Standing

    @property
    def aside(self) -> str:
        """Why it is no resource that Pulumi manages in AWS; empty where it is one."""
        if self.type.startswith(_PROVIDERS):
            return "provider configuration"
        if not self.is_custom:
            return "component"
        if self.is_external:
            return "external (read, not managed)"
        if self.is_view:
            return "view of another resource"
        return "" if self.type.startswith((_BRIDGED, _NATIVE)) else f"provider {self.type.partition(':')[0]}"


@dataclass(frozen=True, slots=True)
class _Operation:
    """Something that was begun and not ended."""

    verb: str
    resource: _Resource

    @property
    def words(self) -> str:
        """`creating aws:ec2/vpc:Vpc main`."""
        return f"{self.verb} {self.resource.type} {self.resource.urn.rpartition('::')[2]}"


def _resources(deployment: Object, name: str) -> list[_Resource]:
    entries = files.a_list_or_nothing(deployment.get("resources"), name, "resources")
    return [_resource(entry, name, f"resources[{number}]") for number, entry in enumerate(entries)]


def _operations(deployment: Object, name: str) -> Iterator[_Operation]:
    for key in ("pending_operations", "pendingOperations"):
        for number, entry in enumerate(files.a_list_or_nothing(deployment.get(key), name, key)):
            place = f"{key}[{number}]"
            operation = files.an_object(entry, name, place)
            verb = files.a_name(operation.get("type"), name, f"{place}.type")
            yield _Operation(verb, _resource(operation.get("resource"), name, f"{place}.resource"))


def _resource(entry: object, name: str, place: str) -> _Resource:
    resource = files.an_object(entry, name, place)
    secret = files.a_list_or_nothing(resource.get("additionalSecretOutputs"), name, f"{place}.additionalSecretOutputs")
    return _Resource(
        urn=files.a_name(resource.get("urn"), name, f"{place}.urn"),
        type=files.a_name(resource.get("type"), name, f"{place}.type"),
        id=files.identifier(resource.get("id")),
        provider=files.text(resource.get("provider")),
        inputs=files.an_object_or_nothing(resource.get("inputs"), name, f"{place}.inputs"),
        outputs=files.an_object_or_nothing(resource.get("outputs"), name, f"{place}.outputs"),
        secret=frozenset(map(files.text, secret)),
        is_custom=resource.get("custom") is True,
        is_external=resource.get("external") is True,
        is_view=bool(resource.get("viewOf")),
        is_replaced=resource.get("pendingReplacement") is True,
        standing=_standing(resource),
    )


def _standing(resource: Object) -> Standing:
    if resource.get("delete") is True:
        return Standing.DEPOSED
    if resource.get("pendingReplacement") is True:
        return Standing.PENDING
    return Standing.TAINTED if resource.get("taint") is True else Standing.MANAGED


class _Reader:
    """The resources of one stack, as far as they are read."""

    def __init__(self, name: str, mappings: Mappings) -> None:
        self.name = name
        self.mappings = mappings
        self.resources: list[Declared] = []
        self.set_aside: Counter[str] = Counter()
        self.configured: dict[str, Place] = {}
        """Provider, as resources refer to it -> where it works."""
        self.pending: list[str] = []
        self._urns: list[str] = []
        """Of `resources`."""
        self._takers: dict[str, _Taker] = {}

    def read(self, resource: _Resource) -> None:
        """One entry of `resources`."""
        if resource.aside:
            self.set_aside[resource.aside] += 1
        if resource.type.startswith(_PROVIDERS):
            self.configured[f"{resource.urn}::{resource.id}"] = _configured(resource)
        if not resource.aside:
            self._add(resource, self._declared(resource))
            if resource.is_replaced:
                self.pending.append(_Operation("replacing", resource).words)

    def begun(self, operation: _Operation) -> None:
        """One of the operations that were begun and not ended: whether its resource is there, nobody knows."""
        resource = operation.resource
        if operation.verb == "reading":
            return
        self.pending.append(operation.words)
        if resource.aside:
            return
        same = [number for number, urn in enumerate(self._urns) if urn == resource.urn]
        found = [number for number in same if resource.id in ("", self.resources[number].id)]
        if found and operation.verb != "creating":
            for number in found:
                self.resources[number] = replace(self.resources[number], standing=Standing.PENDING)
            return
        address = f"{resource.urn} (pending)" if same else resource.urn
        self._add(resource, replace(self._declared(resource), address=address, standing=Standing.PENDING))

    def _add(self, resource: _Resource, declared: Declared) -> None:
        self._urns.append(resource.urn)
        self.resources.append(declared)

    def _declared(self, resource: _Resource) -> Declared:
        sifted, place = self._taker(resource.type).take(resource)
        own_id = files.identifier(sifted.attributes.get("id"))
        is_old = resource.standing is Standing.DEPOSED
        return Declared(
            tool=Tool.PULUMI,
            state=self.name,
            address=f"{resource.urn} (deposed {own_id})" if is_old else resource.urn,
            kind=resource.type,
            id=own_id,
            provider=resource.provider,
            account=place.account,
            region=place.region,
            attributes=sifted.attributes,
            withheld=sifted.withheld,
            unread=sifted.unread,
            standing=resource.standing,
        )

    def _taker(self, kind: str) -> _Taker:
        if kind not in self._takers:
            taker = _NativeTaker if kind.startswith(_NATIVE) else _Taker
            self._takers[kind] = taker(self.mappings.of(kind))
        return self._takers[kind]


def _configured(resource: _Resource) -> Place:
    """The region and the only account of a provider configuration; its values may be JSON that is written as text."""
    given = {name: examined(value)[0] for name, value in {**resource.inputs, **resource.outputs}.items()}
    accounts = given.get("allowedAccountIds")
    if isinstance(accounts, str):
        try:
            accounts = orjson.loads(accounts)
        except orjson.JSONDecodeError:
            accounts = None
    only = accounts[0] if isinstance(accounts, list) and len(accounts) == 1 else None
    return Place(account_of(only), region_of(given.get("region")))


# ---------------------------------------------------------------------------------------- what is kept of them


class _Taker:
    """Takes the attributes of resources of one bridged type, by Terraform's names."""

    def __init__(self, mapping: TypeMapping | None) -> None:
        self.names = Names(mapping)
        self.sieve = Sieve(mapping)

    def take(self, resource: _Resource) -> tuple[Sifted, Place]:
        """What is kept of a resource, and where it is as far as it says so itself."""
        attributes: dict[str, object] = {"id": resource.id} if resource.id else {}
        fates: dict[str, Fate] = {}
        for name, value, fate in _properties(resource):
            attribute = self.names.attribute(name, value)
            if attribute in fates:  # a plural of a property that is there itself
                attribute = snake(name)
            fates[attribute] = max(fate, fates.get(attribute, Fate.KEPT))
            attributes.setdefault(attribute, self._taken(attribute, name, value, fate))
        secret = frozenset(name for name, fate in fates.items() if fate is Fate.SECRET)
        lost = frozenset(name for name, fate in fates.items() if fate is Fate.LOST)
        place = own_place({name: value for name, value in attributes.items() if name not in secret | lost})
        return self.sieve.sift(attributes, secret, lost), place

    def _taken(self, attribute: str, name: str, value: object, fate: Fate) -> object:
        """The value in Terraform's shape; of what is not kept, whether it says something."""
        if fate is not Fate.KEPT:
            return True
        is_kept = attribute in self.sieve.kept or attribute in _PLACE
        return self.names.shaped(attribute, name, value) if is_kept else not files.is_nothing(value)


def _properties(resource: _Resource) -> Iterator[tuple[str, Any, Fate]]:
    """Every property by Pulumi's name, sorted, with its value and fate."""
    for name in sorted(resource.inputs.keys() | resource.outputs.keys()):
        if not name.startswith("__"):
            yield name, *_property(resource, name)


def _property(resource: _Resource, name: str) -> tuple[Any, Fate]:
    """A property's value and fate: the output's, else the input's. A secret on either side makes it secret."""
    given, given_fate = examined(resource.inputs.get(name))
    value, fate = examined(resource.outputs[name]) if name in resource.outputs else (given, given_fate)
    if Fate.SECRET in (fate, given_fate) or name in resource.secret:
        return None, Fate.SECRET
    return value, fate


class _NativeTaker(_Taker):
    """Takes the attributes of resources of one type of aws-native, whose properties are CloudFormation's.

    Kept are those that a mapping compares with a column of the same name, and that are text, numbers, or lists of
    these: what is nested differs between CloudFormation and AWS's answers.
    """

    def __init__(self, mapping: TypeMapping | None) -> None:
        super().__init__(mapping)
        self.native = native_names(mapping) if mapping is not None else {}

    def take(self, resource: _Resource) -> tuple[Sifted, Place]:
        """What is kept of a resource; of the rest, the names of inputs alone: outputs repeat what AWS made up."""
        attributes: dict[str, object] = {"id": resource.id} if resource.id else {}
        secret: set[str] = set()
        left: set[str] = set()
        for name, value, fate in _properties(resource):
            native = pascal(name)
            attribute = self.native.get(native, name if name == "arn" else native)
            if fate is Fate.SECRET:
                secret.add(attribute)
            elif fate is Fate.KEPT and attribute != native and _is_flat(native, value):
                attributes.setdefault(attribute, value)
            elif name in resource.inputs and not (fate is Fate.KEPT and files.is_nothing(value)):
                left.add(native)
        open_ones = {name: value for name, value in attributes.items() if name not in secret}
        sifted = self.sieve.sift(attributes, frozenset(secret))
        withheld = sifted.withheld | secret
        unread = sifted.unread | left if self.sieve.is_mapped else sifted.unread
        return replace(sifted, withheld=withheld, unread=unread - withheld), own_place(open_ones)


def _is_flat(name: str, value: object) -> bool:
    if name == "Tags":
        return True
    items = value if isinstance(value, list) else [value]
    return not any(isinstance(item, dict | list) for item in items)


# ---------------------------------------------------------------------------------------- outputs


def _outputs(resource: _Resource) -> Iterator[Output]:
    """The outputs of the stack, which its root resource has."""
    if resource.type != _STACK:
        return
    for name in resource.outputs:
        value, fate = _property(resource, name)
        yield Output(name, value, withheld=fate is not Fate.KEPT)
