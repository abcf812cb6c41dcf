"""Whose a resource is: the provider that it names, and the account and region that the state lets conclude. Pure.

States do not say in which account and region a resource is. Most ARNs do; where there is none, the resources of the
same provider configuration do, if they agree.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

from auditor.drift.code.model import Declared
from auditor.drift.code.states.files import text

_QUALIFIED = re.compile(r'provider\["(?:[^"]*/)?([^"/]+)"\](?:\.[^.]+)?$')
"""`module.x.provider["registry.terraform.io/hashicorp/aws"].west`: Terraform 0.13 and later, OpenTofu."""
_LEGACY = re.compile(r"(?:^|\.)provider\.([^.]+)(?:\.[^.]+)?$")
"""`module.x.provider.aws.west`: Terraform 0.12 and earlier."""
_COMPACT = re.compile(r"([\w-]+)(?:\.[^.]+)?")
"""`aws.west`: Terraform 0.10 and earlier."""
_ARN = re.compile(r"arn:aws[\w-]*:[\w.-]+:([\w-]*):(\w*):.+", re.DOTALL)
_ACCOUNT = re.compile(r"\d{12}")
_REGION = re.compile(r"[a-z]{2,4}(?:-(?:gov|de|iso[a-z]?))?-[a-z]+-\d{1,2}")
_ZONE = re.compile(rf"({_REGION.pattern})(?:[a-z]|-[\w-]+)")
"""`us-east-1a`, the Local Zone `us-west-2-lax-1a`, the Wavelength Zone `us-east-1-wl1-bos-wlz-1`.
https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/using-regions-availability-zones.html
"""
_CAPITAL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")

REGIONLESS: Final = (
    "aws_account_",
    "aws_budgets_",
    "aws_ce_",
    "aws_cloudfront_",
    "aws_cur_",
    "aws_globalaccelerator_",
    "aws_iam_",
    "aws_networkmanager_",
    "aws_organizations_",
    "aws_route53_",
    "aws_route53domains_",
    "aws_route53recoverycontrolconfig_",
    "aws_route53recoveryreadiness_",
    "aws_s3_account_public_access_block",
    "aws_shield_",
    "aws_waf_",
)
"""Types that belong to no region: the provider gives them no `region` argument.
https://registry.terraform.io/providers/hashicorp/aws/latest/docs/guides/enhanced-region-support
"""
_REGIONAL: Final = ("aws_route53_resolver_", "aws_route53_profiles_")


def provider_type(provider: str, kind: str) -> str:
    """The type of a provider (`aws`, `random`) as a Terraform state names it; empty for none, then the resource tells.

    Its namespace is not looked at: mirrors and forks of a provider make the same resources.
    """
    match = _QUALIFIED.search(provider) or _LEGACY.search(provider) or _COMPACT.fullmatch(provider)
    return match[1] if match else kind.partition("_")[0]


@dataclass(frozen=True, slots=True)
class Place:
    """Account and region; empty where they are not known."""

    account: str = ""
    region: str = ""

    def __or__(self, other: Place) -> Place:
        """What this one lacks is taken from the other."""
        return Place(self.account or other.account, self.region or other.region)


def account_of(value: object) -> str:
    """An account id of twelve digits; empty for anything else, as `aws` in the ARN of a policy that AWS manages."""
    found = text(value)
    return found if _ACCOUNT.fullmatch(found) else ""


def region_of(value: object) -> str:
    """The name of a region; empty for anything else."""
    found = text(value)
    return found if _REGION.fullmatch(found) else ""


def place_of_arn(arn: object) -> Place | None:
    """The account and region in an ARN, as far as it has them (S3 has neither); None for what is no ARN."""
    match = _ARN.fullmatch(text(arn))
    return Place(account_of(match[2]), region_of(match[1])) if match else None


def own_place(attributes: Mapping[str, Any]) -> Place:
    """What a resource's attributes, by Terraform's names, say of its account and region.

    `region` (provider version 6 and later) stands before the ARN, and that before the zone. `account_id` is not looked
    at: many a resource names another account by it.
    """
    given = Place(account_of(attributes.get("owner_id")), region_of(attributes.get("region")))
    arn = place_of_arn(attributes.get("arn")) or place_of_arn(attributes.get("id")) or Place()
    zone = _ZONE.fullmatch(text(attributes.get("availability_zone")))
    region = given.region or arn.region or (region_of(zone[1]) if zone else "")
    return Place(arn.account or given.account, region)


def is_regionless(kind: str, attributes: Mapping[str, Any]) -> bool:
    """Whether a resource belongs to no region: by its type, whatever the tool's name of it, or by its ARN."""
    arn = place_of_arn(attributes.get("arn")) or place_of_arn(attributes.get("id"))
    name = _terraform_like(kind)
    by_type = name.startswith(REGIONLESS) and not name.startswith(_REGIONAL)
    return by_type or (arn is not None and bool(arn.account) and not arn.region)


def _terraform_like(kind: str) -> str:
    """`aws:iam/role:Role`, `aws-native:iam:Role` and `awscc_iam_role` as `aws_iam_role`."""
    if ":" not in kind:
        return kind.replace("awscc_", "aws_", 1)
    module, _, name = kind.partition(":")[2].rpartition(":")
    return f"aws_{module.partition('/')[0]}_{_CAPITAL.sub('_', name).lower()}"


@dataclass(slots=True)
class _Known:
    """What the resources of one provider configuration say."""

    accounts: set[str] = field(default_factory=set)
    regions: set[str] = field(default_factory=set)

    @property
    def place(self) -> Place:
        return Place(_only(self.accounts), _only(self.regions))


def _only(values: set[str]) -> str:
    return next(iter(values)) if len(values) == 1 else ""


def with_places(resources: Iterable[Declared], configured: Mapping[str, Place] | None = None) -> tuple[Declared, ...]:
    """The resources with the account and region that they lack, where they can be concluded.

    From what their provider configuration says itself (`configured`), else from its other resources, if all that say
    something say the same; two regions found, and it stays open. What belongs to no region gets none.
    """
    waiting = tuple(resources)
    known: dict[str, _Known] = defaultdict(_Known)
    for one in waiting:
        known[one.provider].accounts |= {one.account} - {""}
        known[one.provider].regions |= {one.region} - {""}
    return tuple(
        _settled(one, (configured or {}).get(one.provider, Place()) | known[one.provider].place) for one in waiting
    )


def _settled(one: Declared, concluded: Place) -> Declared:
    account = one.account or concluded.account or account_of(one.attributes.get("account_id"))
    region = one.region or ("" if is_regionless(one.kind, one.attributes) else concluded.region)
    return one if (account, region) == (one.account, one.region) else replace(one, account=account, region=region)
