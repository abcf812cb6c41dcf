"""Which accounts are asked, with whose credentials, in which regions."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

import botocore.exceptions
import botocore.parsers

from auditor.collectors.actions import action
from auditor.collectors.catalogue import partition
from auditor.collectors.interfaces import Target
from auditor.collectors.session import AwsSession, BadBodyError, Failure, TimeUpError, failure, home_region
from auditor.errors import CredentialsError
from auditor.model import GLOBAL, Account, Gap

_AWS_ERRORS = (
    KeyError,  # an answer without what it is about
    botocore.exceptions.BotoCoreError,
    botocore.exceptions.ClientError,
    botocore.parsers.ResponseParserError,
    BadBodyError,
    TimeUpError,
)


@dataclass(frozen=True, slots=True)
class Wanted:
    """An account that is to be audited; `role_arn` empty: with the caller's own credentials."""

    id: str
    name: str
    role_arn: str
    external_id: str = ""


def organization_accounts(
    session: AwsSession, region: str, role: str, include: Collection[str], exclude: Collection[str], own: str
) -> list[Wanted]:
    """Every active account of the organization, narrowed by organizational units and account ids; the caller's own
    account is asked with its own credentials. Raises CredentialsError where the organization cannot be read: without
    it nobody knows what there is to audit.
    """
    try:
        caller = session.caller("organizations", home_region(region))
        everyone = _listed(session, caller.call, "list_accounts", "Accounts")
        chosen = _below(session, caller.call, include) if include else {account["Id"] for account in everyone}
        chosen -= _below(session, caller.call, exclude)
    except _AWS_ERRORS as error:
        told = failure(error)
        raise CredentialsError(
            f"The organization's accounts cannot be listed ({told.code}: {told.message}).",
            "Run it in the management or a delegated account, with the rights that `auditor policy --caller` prints.",
        ) from error
    return [
        Wanted(
            account["Id"],
            account.get("Name", account["Id"]),
            "" if account["Id"] == own else _role(role, account["Id"], region),
        )
        for account in sorted(everyone, key=lambda account: str(account["Id"]))
        if account["Id"] in chosen and account.get("Status", "ACTIVE") == "ACTIVE"
    ]


def targets(
    session: AwsSession,
    own: str,
    wanted: Sequence[Wanted],
    regions: Callable[[Collection[str]], tuple[str, ...]],
    *,
    every_region: bool,
    home: str,
) -> tuple[list[Target], list[Gap]]:
    """Each account with its session and regions, and the gaps that arose on the way.

    `regions` gives an account's regions from those it has enabled. Raises CredentialsError for an account without a
    role that is not the caller's own.
    """
    found: list[Target] = []
    gaps: list[Gap] = []
    for account in wanted:
        if not account.role_arn and account.id != own:
            raise CredentialsError(
                f"[[accounts]] {account.id} has no role, and the credentials are of account {own}.",
                "Give it a role to assume.",
            )
        its_session, told = _session(session, account, home)
        enabled: Collection[str] = ()
        if every_region and its_session is not None:
            try:
                enabled = _enabled(its_session, home)
            except _AWS_ERRORS as error:
                gaps.append(_regions_gap(account.id, failure(error)))
        found.append(Target(Account(account.id, account.name, regions(enabled)), its_session, told))
    return found, gaps


def _session(session: AwsSession, account: Wanted, home: str) -> tuple[AwsSession | None, Failure | None]:
    if not account.role_arn:
        return session, None
    try:
        assumed = session.assume(account.role_arn, account.external_id or None, home)
        assumed.caller("sts", home).call("get_caller_identity", session.tuning.read_timeout)
    except _AWS_ERRORS as error:
        return None, failure(error)
    return assumed, None


def _enabled(session: AwsSession, home: str) -> list[str]:
    answer = session.caller("ec2", home).call("describe_regions", session.tuning.read_timeout, AllRegions=True)
    return [
        region["RegionName"]
        for region in answer["Regions"]
        if region.get("OptInStatus", "opt-in-not-required") in {"opt-in-not-required", "opted-in"}
    ]


def _regions_gap(account: str, told: Failure) -> Gap:
    needed = action("ec2", "DescribeRegions")
    return Gap(
        account=account,
        region=GLOBAL,
        service="ec2",
        operation="DescribeRegions",
        code=told.code,
        message=told.message,
        action=needed.iam,
        table="ec2_regions",
    )


def _role(role: str, account: str, home: str) -> str:
    return role if role.startswith("arn:") else f"arn:{partition(home)}:iam::{account}:role/{role}"


def _listed(session: AwsSession, call: Callable[..., dict], method: str, key: str, **params: str) -> list[dict]:  # type: ignore[type-arg]  # AWS's answers
    items: list[dict] = []  # type: ignore[type-arg]  # AWS's answers
    token: dict[str, str] = {}
    while True:
        answer = call(method, session.tuning.read_timeout, **params, **token)
        items += answer[key]
        if not answer.get("NextToken"):
            return items
        token = {"NextToken": answer["NextToken"]}


def _below(session: AwsSession, call: Callable[..., dict], units: Collection[str]) -> set[str]:  # type: ignore[type-arg]  # AWS's answers
    """Ids of the accounts named, and of those in the organizational units and roots named, however deep."""
    found = {unit for unit in units if unit.isdigit()}
    waiting = [unit for unit in units if not unit.isdigit()]
    while waiting:
        unit = waiting.pop()
        found |= {a["Id"] for a in _listed(session, call, "list_accounts_for_parent", "Accounts", ParentId=unit)}
        children = _listed(session, call, "list_organizational_units_for_parent", "OrganizationalUnits", ParentId=unit)
        waiting += [child["Id"] for child in children]
    return found
