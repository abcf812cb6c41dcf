"""What becomes of the records that Security Hub has from earlier audits. Pure: it asks nothing.

A record is archived where the audit looked and saw that there is nothing left of what it says, or says it anew in
another record. **What could not be seen is never archived**, nor what the audit is not about: it may be narrower than
the one that wrote the record (fewer accounts, regions, checks), of another standard, or earlier.
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from auditor.model import GLOBAL, Role, Status
from auditor.unlisted import Unlisted

MINE = "auditor/"
"""What GeneratorId and the names of our ProductFields begin with (`auditor.reports.asff`)."""

Record = Mapping[str, Any]
"""A finding in the AWS Security Finding Format."""

Place = tuple[str, str]
"""Account and region."""

_REQUIREMENT = "requirement/"


class Fate(StrEnum):
    """What becomes of a record, and why."""

    CURRENT = "is sent anew by this audit"
    GONE = "its check looked where it was, and it is not there any more"
    SUPERSEDED = "this audit has the finding in another record, which was taken"
    UNREPLACED = "this audit has the finding in another record, which was not taken"
    EVALUATED = "the requirement is evaluated now"
    FOREIGN = "belongs to another standard, environment or product"
    LATER = "is not older than this audit"
    NOT_LOOKED_AT = "its check or place is no part of this audit"
    NOT_SEEN = "could not be seen in this audit"


ARCHIVED = frozenset({Fate.GONE, Fate.SUPERSEDED, Fate.EVALUATED})
"""The fates of records that are archived."""


@dataclass(frozen=True, slots=True)
class Evaluated:
    """What an audit looked at and saw, as far as that decides about the records of earlier audits."""

    finished: datetime.datetime
    checks: frozenset[str]
    requirements: Mapping[str, bool]
    """Requirement -> whether anything evaluated it."""
    roles: Mapping[Place, str]
    """(account, region) looked at -> the region's part in the standard; `global` for what belongs to no region."""
    unlisted: Unlisted
    statuses: Mapping[str, str]
    """Finding -> status."""


def evaluated(results: Mapping[str, Any]) -> Evaluated:
    """What a `results.json` document says of its audit. Raises ValueError where it has no time."""
    findings = results["findings"]
    told = {name for finding in findings for name in finding["requirements"]}
    return Evaluated(
        finished=moment(results["audit"]["finished_at"]),
        checks=frozenset(check["id"] for check in results["checks"]),
        requirements={
            one["id"]: one["id"] in told or one["status"] != Status.UNKNOWN for one in results["requirements"]
        },
        roles=_roles(results["scope"]),
        unlisted=Unlisted(findings),
        statuses={finding["id"]: finding["status"] for finding in findings},
    )


def _roles(scope: Mapping[str, Any]) -> dict[Place, str]:
    regions = scope.get("regions") or {}
    roles = dict.fromkeys(regions.get("recovery") or (), Role.RECOVERY.value)
    roles |= {str(regions.get("primary")): Role.PRIMARY.value, GLOBAL: GLOBAL}
    return {
        (account["id"], region): roles.get(region, Role.ALSO.value)
        for account in scope["accounts"]
        for region in (*account["regions"], GLOBAL)
    }


def moment(text: object) -> datetime.datetime:
    """A time as AWS and this tool write it; UTC where it names no offset. Raises ValueError for what is none."""
    read = datetime.datetime.fromisoformat(str(text))
    return read if read.tzinfo else read.replace(tzinfo=datetime.UTC)


def fate(record: Record, series: str, audit: Evaluated, sent: AbstractSet[str], taken: AbstractSet[str]) -> Fate:
    """What becomes of a record that is active in Security Hub.

    `series` names the audit's standard and environment; `sent` are the ids that it sends to the record's place, `taken`
    the findings of which Security Hub took a record, in whatever place.
    """
    fields = record.get("ProductFields") or {}
    if not str(record.get("GeneratorId")).startswith(MINE) or fields.get(f"{MINE}Series") != series:
        return Fate.FOREIGN
    if record["Id"] in sent:
        return Fate.CURRENT
    if not _is_older(record, audit):
        return Fate.LATER
    finding = str(fields.get(f"{MINE}FindingId"))
    status = audit.statuses.get(finding)
    if status is None:
        return _fate_of_absent(record["AwsAccountId"], fields, audit)
    if status == Status.UNKNOWN:
        return Fate.NOT_SEEN
    return Fate.SUPERSEDED if finding in taken else Fate.UNREPLACED


def _fate_of_absent(account: str, fields: Mapping[str, str], audit: Evaluated) -> Fate:
    """What becomes of a record whose finding the audit has not."""
    check, place = str(fields.get(f"{MINE}Check")), (account, str(fields.get(f"{MINE}Region")))
    if check.startswith(_REQUIREMENT):
        answered = place in audit.roles and audit.requirements.get(check.removeprefix(_REQUIREMENT))
        return Fate.EVALUATED if answered else Fate.NOT_LOOKED_AT
    if check not in audit.checks or place not in audit.roles or audit.roles[place] != fields.get(f"{MINE}RegionRole"):
        return Fate.NOT_LOOKED_AT
    return Fate.NOT_SEEN if audit.unlisted.hides(check, *place) else Fate.GONE


def _is_older(record: Record, audit: Evaluated) -> bool:
    """Whether a record was written before the audit; one without a time was not."""
    try:
        return moment(record.get("UpdatedAt")) < audit.finished
    except ValueError:
        return False
