"""An audit's findings to Security Hub, and what is not there any more archived.

The account that a finding is about must itself call BatchImportFindings, in the region that the product's ARN names:
https://docs.aws.amazon.com/securityhub/latest/userguide/finding-update-batchimportfindings.html. In each of these
places Security Hub takes 100 findings and 6 MB a call, 240 KB a finding, and an update only where its UpdatedAt is
later: https://docs.aws.amazon.com/securityhub/latest/partnerguide/guidelines-batchimportfindings.html
"""

from __future__ import annotations

import datetime
import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

from auditor.delivery import DeliveryError
from auditor.delivery.fates import ARCHIVED, MINE, Evaluated, Fate, Place, Record, evaluated, fate, moment

ACTIONS = ("securityhub:BatchImportFindings", "securityhub:GetFindings")
"""The IAM actions that sending takes, in every account of the audit. No audit needs them."""

Ask = Callable[[str, str, str, Mapping[str, Any]], Mapping[str, Any]]
"""(account, region, API operation, parameters) -> AWS's answer. Retries what is throttled; raises DeliveryError."""

IMPORT, LIST = "BatchImportFindings", "GetFindings"

_BATCH, _PAGE = 100, 100
_BATCH_BYTES = 5_500_000
_RECORD_BYTES = 240_000
_NAMED = 10
_OFF = "InvalidAccessException"
_ENABLE = "Enable Security Hub in this account and region."
_ALLOW = f"Allow the role that is used there {' and '.join(ACTIONS)}."
_REMEDIES = {"InvalidAccess": _ENABLE, _OFF: _ENABLE, "AccessDenied": _ALLOW, "AccessDeniedException": _ALLOW}


# ---------------------------------------------------------------------------------------- what became of it


@dataclass(frozen=True, slots=True)
class Failure:
    """Findings that were refused in the same way, or a call that was."""

    operation: str
    code: str
    """AWS's own, or the sender's: `TooLarge`."""
    message: str
    count: int
    ids: tuple[str, ...] = ()
    """The first ten of the findings, where they are known."""

    @property
    def remedy(self) -> str:
        """What to do about it; empty where the message must do."""
        return _REMEDIES.get(self.code, "")


@dataclass(frozen=True, slots=True)
class PlaceDelivery:
    """What the Security Hub of one account and region took."""

    account: str
    region: str
    sent: int
    archived: int
    kept: Mapping[str, int]
    """Why records that it had were left as they are (`Fate`) -> how many."""
    failures: tuple[Failure, ...]


@dataclass(frozen=True, slots=True)
class Delivery:
    """What came of sending an audit: its places, sorted."""

    places: tuple[PlaceDelivery, ...]

    @property
    def sent(self) -> int:
        """Findings that were taken, and are active."""
        return sum(place.sent for place in self.places)

    @property
    def archived(self) -> int:
        """Records that were archived."""
        return sum(place.archived for place in self.places)

    @property
    def failed(self) -> int:
        """Findings that were refused, and calls that listed nothing; 0: all is as it should be."""
        return sum(failure.count for place in self.places for failure in place.failures)


# ---------------------------------------------------------------------------------------- sending


def send(findings: Iterable[Record], ask: Ask, results: Mapping[str, Any]) -> Delivery:
    """Send an audit's findings, archive what is not there any more, and say what became of it.

    `findings` are those of `results`, best with those of one place together: one place's are held at a time. What is
    refused, finding by finding or a place as a whole, is told in the answer and stops nothing else. Where Security Hub
    cannot be read, findings are sent and nothing is archived; nor is anything by an audit without findings. Raises
    ValueError for findings of several audits, and for a document without a time.
    """
    sending = _Sending(ask, evaluated(results))
    for place, records in groupby(findings, key=_place):
        sending.deliver(place, list(records))
    for account in results["scope"]["accounts"]:
        for region in account["regions"]:
            sending.read((account["id"], region))
    sending.archive()
    return Delivery(tuple(hub.told(*place) for place, hub in sorted(sending.hubs.items(), key=lambda item: item[0])))


@dataclass(frozen=True, slots=True)
class _Known:
    """What Security Hub has of a record that is sent again."""

    created: str
    observed: str
    status: str
    is_later: bool
    """Written after this audit: Security Hub would ignore what it is sent."""


@dataclass(slots=True)
class _Hub:
    """One Security Hub while an audit is sent to it."""

    is_read: bool = False
    known: dict[str, _Known] = field(default_factory=dict)
    """Its active records by id."""
    former: dict[str, Record] = field(default_factory=dict)
    """Those of them that this audit has not sent, as yet."""
    ids: set[str] = field(default_factory=set)
    sent: int = 0
    archived: int = 0
    kept: Counter[str] = field(default_factory=Counter)
    refused: dict[tuple[str, str, str], list[str]] = field(default_factory=dict)
    """(operation, code, message) -> the findings; an empty id for what is about none that is named."""

    def refuse(self, operation: str, code: str, message: str, ids: Iterable[str]) -> None:
        """Note a refusal."""
        self.refused.setdefault((operation, code, message), []).extend(ids)

    def told(self, account: str, region: str) -> PlaceDelivery:
        """What became of it."""
        failures = [
            Failure(*key, len(ids), tuple(sorted(filter(None, ids))[:_NAMED]))
            for key, ids in sorted(self.refused.items())
        ]
        kept = {why: count for why, count in sorted(self.kept.items()) if count}
        return PlaceDelivery(account, region, self.sent, self.archived, kept, tuple(failures))


class _Sending:
    """The sending of one audit."""

    def __init__(self, ask: Ask, audit: Evaluated) -> None:
        self._ask = ask
        self._audit = audit
        self._series: set[str] = set()
        self._taken: set[str] = set()
        self.hubs: dict[Place, _Hub] = {}

    def deliver(self, place: Place, records: Sequence[Record]) -> None:
        """Send the records of a place; those of resolved failures only where Security Hub has them."""
        self._series |= {str(record["ProductFields"][f"{MINE}Series"]) for record in records}
        if len(self._series) > 1:
            raise ValueError(f"findings of several audits: {', '.join(sorted(self._series))}")
        hub = self.read(place, {record["Id"] for record in records})
        later = {id_ for id_, known in hub.known.items() if known.is_later}
        hub.kept[Fate.LATER] += sum(record["Id"] in later for record in records)
        fresh = [_continued(one, hub.known.get(one["Id"])) for one in records if one["Id"] not in later]
        hub.sent += self._import(place, [one for one in fresh if one["RecordState"] == "ACTIVE"], self._taken)
        resolved = [one for one in fresh if one["RecordState"] != "ACTIVE"]
        there = [one for one in resolved if one["Id"] in hub.known or not hub.is_read]
        hub.archived += self._import(place, there, set())

    def read(self, place: Place, ids: Iterable[str] = ()) -> _Hub:
        """The hub of a place, its active records listed once. `ids` are sent to it now, so they are no former ones."""
        sent = set(ids)
        if place not in self.hubs:
            self.hubs[place] = _Hub()
            self._list(place, self.hubs[place], sent)
        hub = self.hubs[place]
        hub.ids |= sent
        for one in sent:
            hub.former.pop(one, None)
        return hub

    def _list(self, place: Place, hub: _Hub, sent: set[str]) -> None:
        try:
            for record in self._active(place):
                hub.known[record["Id"]] = _known(record, self._audit)
                if record["Id"] not in sent:
                    hub.former[record["Id"]] = record
            hub.is_read = True
        except DeliveryError as error:
            hub.known.clear()
            hub.former.clear()
            if sent or error.code != _OFF:  # a Security Hub that is off has nothing to archive
                hub.refuse(LIST, error.code, error.message, [""])

    def _active(self, place: Place) -> Iterator[Record]:
        """Our active records in a place. The filters hold here too: an aggregating hub has other places' as well."""
        account, region = place
        params: dict[str, Any] = {
            "Filters": {
                "AwsAccountId": [{"Value": account, "Comparison": "EQUALS"}],
                "Region": [{"Value": region, "Comparison": "EQUALS"}],
                "GeneratorId": [{"Value": MINE, "Comparison": "PREFIX"}],
                "RecordState": [{"Value": "ACTIVE", "Comparison": "EQUALS"}],
            },
            "MaxResults": _PAGE,
        }
        tokens: set[str] = set()
        while True:
            answer = self._ask(account, region, LIST, params)
            for record in answer.get("Findings") or ():
                is_ours = str(record.get("GeneratorId")).startswith(MINE) and record.get("RecordState") == "ACTIVE"
                if is_ours and _place(record) == place:
                    yield record
            token = answer.get("NextToken")
            if not token:
                return
            if token in tokens:
                raise DeliveryError(f"{LIST} gives the same page again and again.", code="Pagination")
            tokens.add(token)
            params = {**params, "NextToken": token}

    def _import(self, place: Place, records: Sequence[Record], taken: set[str]) -> int:
        """Send records; how many were taken. Their findings go into `taken`. A refused call is the place's last."""
        hub, count, asked = self.hubs[place], 0, 0
        if large := [record["Id"] for record in records if _size(record) > _RECORD_BYTES]:
            hub.refuse(IMPORT, "TooLarge", f"A finding has at most {_RECORD_BYTES:,} bytes.", large)
        small = [record for record in records if _size(record) <= _RECORD_BYTES]
        for batch in _batches(small):
            try:
                answer = self._ask(*place, IMPORT, {"Findings": batch})
            except DeliveryError as error:
                hub.refuse(IMPORT, error.code, error.message, [record["Id"] for record in small[asked:]])
                break
            asked += len(batch)
            failures = answer.get("FailedFindings") or ()
            count += len(batch) - max(answer.get("FailedCount") or 0, len(failures))
            taken |= _taken(batch, answer, hub)
        return count

    def archive(self) -> None:
        """Archive the former records whose fate it is, now that it is known what was taken everywhere."""
        if not self._series:
            return
        (series,) = self._series
        for place, hub in self.hubs.items():
            fates = {id_: fate(one, series, self._audit, hub.ids, self._taken) for id_, one in hub.former.items()}
            hub.kept.update(one.value for one in fates.values() if one not in ARCHIVED)
            over = [(hub.former[id_], one) for id_, one in sorted(fates.items()) if one in ARCHIVED]
            hub.archived += self._import(place, [_archived(*each, self._audit.finished) for each in over], set())


# ---------------------------------------------------------------------------------------- records


def _place(record: Record) -> Place:
    """Account and region of the Security Hub that a record belongs to: the region is the ProductArn's."""
    return str(record.get("AwsAccountId")), f"{record.get('ProductArn')}:::".split(":")[3]


def _known(record: Record, audit: Evaluated) -> _Known:
    try:
        is_later = moment(record.get("UpdatedAt")) > audit.finished
    except ValueError:
        is_later = False
    status = (record.get("Compliance") or {}).get("Status") or ""
    return _Known(record.get("CreatedAt") or "", record.get("FirstObservedAt") or "", status, is_later)


def _continued(record: Record, known: _Known | None) -> Record:
    """A record with the time of its creation and, where its status is what it was, of its first observation.

    Security Hub takes both as they are sent; ASFF wants them to stay.
    """
    if known is None:
        return record
    told = {"CreatedAt": known.created}
    if known.status == record["Compliance"]["Status"]:
        told["FirstObservedAt"] = known.observed
    return {**record, **{key: value for key, value in told.items() if value}}


def _taken(batch: Sequence[Record], answer: Mapping[str, Any], hub: _Hub) -> set[str]:
    """The findings of a batch that were certainly taken; what was refused is noted."""
    failures: Sequence[Mapping[str, str]] = answer.get("FailedFindings") or ()
    for failure in failures:
        hub.refuse(IMPORT, failure["ErrorCode"], failure["ErrorMessage"], [failure["Id"]])
    unnamed = (answer.get("FailedCount") or 0) - len(failures)
    if unnamed > 0:
        hub.refuse(IMPORT, "", "Security Hub does not say which findings failed, nor why.", [""] * unnamed)
        return set()
    refused = {failure["Id"] for failure in failures}
    return {record["ProductFields"][f"{MINE}FindingId"] for record in batch if record["Id"] not in refused}


_OWN = (
    *("SchemaVersion", "Id", "ProductArn", "GeneratorId", "AwsAccountId", "Types", "FindingProviderFields"),
    *("FirstObservedAt", "LastObservedAt", "CreatedAt", "Title", "Description", "Remediation", "SourceUrl"),
    *("Compliance", "Sample"),
)
"""The members of a record that are its provider's; the others are Security Hub's and its customers'."""


def _archived(record: Record, why: Fate, finished: datetime.datetime) -> Record:
    """A record of Security Hub as it is sent back, archived: the whole finding, without what is not its provider's."""
    told: dict[str, Any] = {key: record[key] for key in _OWN if record.get(key)}
    severity = record.get("Severity") or {}
    told["Severity"] = {key: value for key, value in severity.items() if key in {"Label", "Original"}}
    told["Resources"] = [
        {key: value for key, value in one.items() if key in {"Type", "Id", "Partition", "Region", "Details"}}
        for one in record["Resources"]
    ]
    fields = record["ProductFields"]
    told["ProductFields"] = {key: value for key, value in fields.items() if not key.startswith("aws/")}
    if why is Fate.GONE:
        reason = {"ReasonCode": "GONE", "Description": "What it was about is no longer there."}
        told["Compliance"] = {**told.get("Compliance", {}), "Status": "NOT_AVAILABLE", "StatusReasons": [reason]}
    updated = finished.astimezone(datetime.UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return told | {"UpdatedAt": updated, "RecordState": "ARCHIVED"}


def _batches(records: Sequence[Record]) -> Iterator[list[Record]]:
    """The records in order, as many at a time as one call takes."""
    batch: list[Record] = []
    size = 0
    for record in records:
        more = _size(record)
        if batch and (len(batch) == _BATCH or size + more > _BATCH_BYTES):
            yield batch
            batch, size = [], 0
        batch.append(record)
        size += more
    if batch:
        yield batch


def _size(record: Record) -> int:
    """Bytes of a record on the wire, where JSON escapes all that is not ASCII."""
    return len(json.dumps(record))
