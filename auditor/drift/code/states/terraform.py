"""Reading Terraform's and OpenTofu's states, versions 3 and 4. Pure.

https://github.com/hashicorp/terraform/blob/v1.5.7/internal/states/statefile/version4.go
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from typing import Any, Final

import orjson

from auditor.drift.code.mapping import Mappings
from auditor.drift.code.model import Declared, Output, Standing, State, Tool
from auditor.drift.code.states import files
from auditor.drift.code.states.files import Object, Sieve
from auditor.drift.code.states.providers import Place, account_of, own_place, provider_type, region_of, with_places
from auditor.drift.code.states.terraform_v3 import unflattened, upgraded
from auditor.errors import StateError

PULL: Final = "Give the state itself: `terraform state pull > state.json`."
_UPGRADE: Final = "Upgrade it: `terraform init`, then `terraform state pull > state.json`, with a newer Terraform."
_VERSION = re.compile(r"\d+(?:\.\d+){1,2}(?:-[0-9A-Za-z.-]+)?")
DATA: Final = "data source"
_FLAT, _NESTED = 3, 4
"""The versions of the format that are read."""


def read_terraform(data: bytes, name: str, mappings: Mappings) -> State:
    """A state file of Terraform or OpenTofu.

    Raises StateError for what is no state (a plan, the output of `terraform show`), is encrypted, damaged, or of
    another version.
    """
    document = files.json_object(data, name, PULL)
    version = _version(document, name)
    nested = upgraded(document, name) if version == _FLAT else document
    reader = _Reader(name, mappings)
    for number, resource in enumerate(files.a_list(nested.get("resources"), name, "resources")):
        reader.read(files.an_object(resource, name, f"resources[{number}]"), f"resources[{number}]")
    tool_version = files.text(document.get("terraform_version"))
    serial = document.get("serial")
    return State(
        tool=Tool.TERRAFORM,
        name=name,
        digest=hashlib.sha256(data).hexdigest(),
        version=f"{version}, Terraform {tool_version}" if _VERSION.fullmatch(tool_version) else str(version),
        serial=serial if isinstance(serial, int) and not isinstance(serial, bool) else None,
        outputs=tuple(_outputs(nested, name)),
        resources=with_places(reader.resources, reader.configured),
        set_aside=reader.set_aside,
    )


# ---------------------------------------------------------------------------------------- what is no state


_NO_STATE: Final[tuple[tuple[Callable[[Object], bool], str, str], ...]] = (
    (
        lambda document: "encrypted_data" in document,
        "is a state that OpenTofu encrypted",
        "Give it decrypted: `tofu state pull > state.json`.",
    ),
    (
        lambda document: bool({"planned_values", "resource_changes"} & document.keys()),
        "is a plan, not a state",
        PULL,
    ),
    (
        lambda document: "format_version" in document,
        "is what `terraform show -json` prints, not a state",
        PULL,
    ),
    (
        lambda document: bool({"deployment", "checkpoint"} & document.keys()),
        "is a Pulumi stack, not a Terraform state",
        "Give it as `--pulumi-state`.",
    ),
    (
        lambda document: bool({"backend", "remote"} & document.keys()) and not _has_resources(document),
        "only says where the state is kept (`.terraform/terraform.tfstate`)",
        PULL,
    ),
)


def _has_resources(document: Object) -> bool:
    modules = document.get("modules")
    inside = (
        [module.get("resources") for module in modules if isinstance(module, dict)] if isinstance(modules, list) else []
    )
    return bool(document.get("resources")) or any(inside)


def _version(document: Object, name: str) -> int:
    """The version of the format. Raises StateError for what is no state that can be read."""
    for is_it, told, remedy in _NO_STATE:
        if is_it(document):
            raise StateError(f"{name} {told}.", remedy)
    version = document.get("version")
    if not isinstance(version, int) or isinstance(version, bool):
        raise StateError(f"{name} is no Terraform state: it has no version.", PULL)
    if version not in (_FLAT, _NESTED):
        remedy = _UPGRADE if version < _FLAT else "That is newer than this version of auditor: update it."
        raise StateError(f"{name} is a Terraform state of version {version}; 3 and 4 can be read.", remedy)
    return version


# ---------------------------------------------------------------------------------------- resources


class _Reader:
    """The resources of one state, as far as they are read."""

    def __init__(self, name: str, mappings: Mappings) -> None:
        self.name = name
        self.mappings = mappings
        self.resources: list[Declared] = []
        self.set_aside: Counter[str] = Counter()
        self.callers: dict[str, set[str]] = defaultdict(set)
        """Provider configuration -> the accounts that `aws_caller_identity` found with it."""
        self._sieves: dict[str, Sieve] = {}

    @property
    def configured(self) -> dict[str, Place]:
        """What is known of the provider configurations themselves."""
        return {provider: Place(*accounts) for provider, accounts in self.callers.items() if len(accounts) == 1}

    def read(self, resource: Object, place: str) -> None:
        """One entry of `resources`, with its instances."""
        kind = files.a_name(resource.get("type"), self.name, f"{place}.type")
        own_name = files.a_name(resource.get("name"), self.name, f"{place}.name")
        instances = files.a_list(resource.get("instances"), self.name, f"{place}.instances")
        provider = files.text(resource.get("provider"))
        aside = _aside(files.text(resource.get("mode")), kind, provider)
        if (kind, aside) == ("aws_caller_identity", DATA):
            self.callers[provider] |= {_caller(instance) for instance in instances} - {""}
        if aside or not instances:
            self.set_aside[aside or "resource without instances"] += len(instances) or 1
            return
        module = files.text(resource.get("module"))
        address = f"{module}.{kind}.{own_name}" if module else f"{kind}.{own_name}"
        for number, instance in enumerate(instances):
            where = f"{place}.instances[{number}]"
            found = files.an_object(instance, self.name, where)
            self.resources.append(self._declared(found, kind, address, provider, where))

    def _declared(self, instance: Object, kind: str, address: str, provider: str, place: str) -> Declared:
        attributes, lost = self._attributes(instance, place)
        secret = _secret(instance.get("sensitive_attributes"), attributes)
        open_ones = {name: value for name, value in attributes.items() if name not in secret}
        where = _identity_place(instance) | own_place(open_ones)
        sifted = self._sieve(kind).sift(attributes, secret, lost)
        deposed = files.text(instance.get("deposed"))
        key = _index(instance.get("index_key"), self.name, f"{place}.index_key")
        return Declared(
            tool=Tool.TERRAFORM,
            state=self.name,
            address=f"{address}{key} (deposed {deposed})" if deposed else f"{address}{key}",
            kind=kind,
            id=files.identifier(sifted.attributes.get("id")),
            provider=provider,
            account=where.account,
            region=where.region,
            attributes=sifted.attributes,
            withheld=sifted.withheld,
            unread=sifted.unread,
            standing=Standing.DEPOSED if deposed else _standing(instance.get("status")),
        )

    def _attributes(self, instance: Object, place: str) -> tuple[Object, frozenset[str]]:
        """The attributes, and the names of those that cannot be read."""
        flat = instance.get("attributes_flat")
        if instance.get("attributes") is None and flat is not None:
            found = unflattened(files.an_object(flat, self.name, f"{place}.attributes_flat"))
            return found.attributes, found.lost
        attributes = instance.get("attributes")
        return files.an_object_or_nothing(attributes, self.name, f"{place}.attributes"), frozenset()

    def _sieve(self, kind: str) -> Sieve:
        if kind not in self._sieves:
            self._sieves[kind] = Sieve(self.mappings.of(kind))
        return self._sieves[kind]


def _aside(mode: str, kind: str, provider: str) -> str:
    """Why a resource is none that Terraform manages in AWS; empty where it is one."""
    if mode == "data":
        return DATA
    if mode != "managed":
        return "resource of another mode"
    if kind.startswith(("aws_", "awscc_")):
        return ""
    return f"provider {provider_type(provider, kind)}"


def _caller(instance: object) -> str:
    attributes = instance.get("attributes") if isinstance(instance, dict) else None
    return account_of(attributes.get("account_id")) if isinstance(attributes, dict) else ""


def _standing(status: object) -> Standing:
    """`tainted`, or none; of any other status nobody knows whether the resource exists."""
    if status in (None, ""):
        return Standing.MANAGED
    return Standing.TAINTED if status == "tainted" else Standing.PENDING


def _identity_place(instance: Object) -> Place:
    """Account and region in the resource's identity, which Terraform 1.12 and later records."""
    identity = instance.get("identity")
    if not isinstance(identity, dict):
        return Place()
    return Place(account_of(identity.get("account_id")), region_of(identity.get("region")))


def _index(key: object, name: str, place: str) -> str:
    """An instance's key as its address has it: `[0]`, `["a"]`, or nothing."""
    if key is None:
        return ""
    if isinstance(key, str):
        return f"[{_quoted(key)}]"
    if isinstance(key, int | float) and not isinstance(key, bool):
        return f"[{int(key)}]"
    raise StateError(f"{name}: {place} is neither text nor a number.", "The file is damaged, or it is no state.")


def _quoted(key: str) -> str:
    """Text as Terraform's language writes it: quotes, templates and what is not printable are escaped."""
    told = orjson.dumps(key).decode().replace("${", "$${").replace("%{", "%%{")
    return "".join(letter if letter.isprintable() else f"\\u{ord(letter):04x}" for letter in told)


# ---------------------------------------------------------------------------------------- secrets and outputs


def _secret(marks: object, attributes: Object) -> frozenset[str]:
    """The attributes that hold something that the state marks as sensitive: all of them, where its marks are unclear.

    A mark is a path: `[{"type": "get_attr", "value": "password"}]`; early writers had it as text, or base64 of it all.
    """
    if marks is None:
        return frozenset()
    paths = _decoded(marks) if isinstance(marks, str) else marks
    if not isinstance(paths, list):
        return frozenset(attributes)
    names = {_first_step(path) for path in paths}
    return frozenset(attributes) if "" in names else frozenset(names)


def _decoded(marks: str) -> Any:  # noqa: ANN401 - any JSON
    try:
        return orjson.loads(base64.b64decode(marks, validate=True)) if marks else []
    except (binascii.Error, ValueError):
        return None


def _first_step(path: object) -> str:
    step = path[0] if isinstance(path, list) and path else path
    if isinstance(step, dict):
        return files.text(step.get("value")) if step.get("type") == "get_attr" else ""
    return re.split(r"[.\[]", files.text(step), maxsplit=1)[0]


def _outputs(document: Object, name: str) -> Iterator[Output]:
    outputs = files.an_object_or_nothing(document.get("outputs"), name, "outputs")
    for number, (key, output) in enumerate(outputs.items()):
        found = files.an_object(output, name, f"outputs, entry {number + 1},")
        withheld = found.get("sensitive", False) is not False
        yield Output(key, None if withheld else found.get("value"), withheld)
