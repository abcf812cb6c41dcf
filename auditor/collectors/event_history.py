"""Who changed a resource: CloudTrail's event history, asked about resources that are known to differ.

LookupEvents takes one attribute a call, two calls a second in an account and region, and tells the management events of
the last 90 days; a trail is not needed. An event that names a resource and was no read need not have changed what
differs: it is a lead, and is told with who, when and from where. Events come up to a quarter of an hour late.
https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_LookupEvents.html
https://docs.aws.amazon.com/awscloudtrail/latest/userguide/view-cloudtrail-events.html

Of an event only what stands in `ChangeEvent` is kept: request parameters and answers may hold secrets.
"""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import orjson

from auditor.collectors import values
from auditor.collectors.asking import AWS_ERRORS
from auditor.collectors.session import AwsSession, BadBodyError, Caller, failure, home_region
from auditor.model import GLOBAL

ALLOWED = frozenset({"cloudtrail:LookupEvents"})
"""All that is called here; the IAM action has the same name."""

HISTORY = dt.timedelta(days=90)
"""How long CloudTrail keeps the event history."""
MOST_EVENTS = 10
"""How many events are kept of a resource, the newest."""

_SECONDS_A_CALL = 0.5
_PAGE = 50
_MOST_PAGES = 5
_LONGEST_NAME = 1000
"""Of 2,000 characters that an attribute's value may have, some count twice."""
_SOURCES = {"cloudwatch": "monitoring"}
"""A service's name in ARNs -> the one before `.amazonaws.com` in the source of its events, where the two differ."""
_HOMES = {"globalaccelerator": "us-west-2"}
"""Global services whose events are not in the partition's first region.
https://docs.aws.amazon.com/global-accelerator/latest/dg/logging-using-cloudtrail.html
"""
_OF_THIS_NAME = frozenset({"InvalidLookupAttributesException"})
"""Refusals that say nothing of other names."""


class Subject(Protocol):
    """A resource as it is asked about."""

    @property
    def arn(self) -> str:
        """Its ARN, as its row has it."""

    @property
    def name(self) -> str | None:
        """Its own name; where it has none, its tag Name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeEvent:
    """A call that succeeded, was no read and named the resource. Text is AWS's or the caller's, and clipped."""

    time: dt.datetime
    name: str
    """The API's name: `ModifyDBInstance`."""
    source: str
    """`rds.amazonaws.com`."""
    id: str
    username: str
    identity_arn: str
    """Who called; empty for AWS's own services and federated users."""
    identity_type: str
    """`AssumedRole`, `IAMUser`, `Root`, `AWSService`, …"""
    source_address: str
    """An IP address, or an AWS service's name."""
    user_agent: str


@dataclass(frozen=True, slots=True)
class Lookup:
    """What the event history has of one resource."""

    arn: str
    events: tuple[ChangeEvent, ...] = ()
    """The newest first, `MOST_EVENTS` at most."""
    reason: str = ""
    """Why it could not be looked up, or not by all its names; empty where it was."""
    complete: bool = True
    """False: there are further events, which were not read."""
    unreadable: int = 0
    """Events whose record could not be read: whether they changed anything is not known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """What the event history of an account has in one region."""

    region: str
    since: dt.datetime
    """From when on was asked: later than was wanted where that is longer ago than CloudTrail keeps events."""
    until: dt.datetime
    is_cut: bool
    """True: what happened between the moment that was wanted and `since` is not known any more."""
    lookups: tuple[Lookup, ...]
    not_looked_up: tuple[str, ...]
    """ARNs beyond the limit."""


@dataclass(frozen=True, slots=True)
class Clock:
    """Time, as far as it is needed here."""

    now: Callable[[], dt.datetime] = field(default=lambda: dt.datetime.now(dt.UTC))
    monotonic: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep


SYSTEM = Clock()


def who_changed(
    session: AwsSession,
    region: str,
    subjects: Sequence[Subject],
    since: dt.datetime,
    until: dt.datetime,
    limit: int,
    *,
    clock: Clock = SYSTEM,
) -> History:
    """The writes to `limit` resources at most, between two moments, that a region's event history has of them.

    `event_region` says which region that is. Takes about half a second for each name of each resource, and as much for
    each further page. Never raises for what AWS or the network does: that is a lookup's `reason`.
    """
    kept_since = clock.now() - HISTORY
    asker = _Asker(session, region, max(since, kept_since), until, clock)
    by_arn = {subject.arn: subject for subject in subjects}
    asked = list(by_arn.values())[: max(limit, 0)]
    return History(
        region=region,
        since=asker.since,
        until=until,
        is_cut=since < kept_since,
        lookups=tuple(asker.look_up(subject) for subject in asked),
        not_looked_up=tuple(by_arn)[len(asked) :],
    )


def event_region(arn: str, region: str, home: str) -> str:
    """The region in whose event history a resource's events are; `home` is any region of its partition.

    Those of global services (IAM, Route 53, CloudFront) are in us-east-1.
    https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-concepts.html (global service events)
    """
    return region if region != GLOBAL else _HOMES.get(_service(arn), home_region(home))


def names_of(arn: str, name: str | None) -> tuple[str, ...]:
    """What CloudTrail may call a resource: its ARN, its id or name at the ARN's end, its own name.

    Which of them differs by service and call: EC2 has ids (`vpc-…`) alone, RDS identifiers and, for tags, ARNs, IAM
    names and ARNs, Elastic Load Balancing, KMS and SNS mostly ARNs. So each is asked for.
    https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_Resource.html
    """
    resource = arn.split(":", 5)[-1]
    tail = resource.rsplit("/", 1)[-1].rsplit(":", 1)[-1]
    names = (tail,) if _service(arn) == "ec2" else (arn, tail, name or "")
    return tuple(dict.fromkeys(one for one in names if one not in {"", "*"} and len(one) <= _LONGEST_NAME))


class _Asker:
    """Asks one region, no faster than CloudTrail allows, and no further once it refused."""

    def __init__(self, session: AwsSession, region: str, since: dt.datetime, until: dt.datetime, clock: Clock) -> None:
        self.session = session
        self.region = region
        self.since = since
        self.until = until
        self.clock = clock
        self.refused = "" if since <= until else "CloudTrail keeps events for 90 days, and it is longer ago"
        self._next = clock.monotonic()
        self._caller: Caller | None = None

    def look_up(self, subject: Subject) -> Lookup:
        """What the event history has of a resource, by whichever name."""
        events: dict[str, ChangeEvent] = {}
        told, complete, unreadable = self.refused, True, set[str]()
        for name in names_of(subject.arn, subject.name):
            if self.refused:
                break
            try:
                complete &= self._by_name(name, _service(subject.arn), events, unreadable)
            except AWS_ERRORS as error:
                told = self._note(error)
        newest = sorted(events.values(), key=lambda event: (event.time, event.id), reverse=True)
        complete = complete and len(newest) <= MOST_EVENTS
        return Lookup(subject.arn, tuple(newest[:MOST_EVENTS]), told, complete, len(unreadable))

    def _note(self, error: BaseException) -> str:
        told = failure(error)
        reason = f"cloudtrail:LookupEvents gave no answer in {self.region} ({told.code}: {told.message})"
        if told.code not in _OF_THIS_NAME:
            self.refused = reason
        return reason

    def _by_name(self, name: str, service: str, events: dict[str, ChangeEvent], unreadable: set[str]) -> bool:
        """Add the writes that name it; False where further pages are left."""
        found: set[str] = set()
        is_more = False
        for answered, further in self._pages(name):
            is_more = further
            for number, event in enumerate(answered):
                try:
                    change = change_event(event, service)
                except ValueError:
                    told = event.get("EventId") if isinstance(event, Mapping) else None
                    unreadable.add(str(told or f"{name} {number}"))
                    continue
                if change is not None and self.since <= change.time <= self.until:
                    known = change.id or f"{change.time} {change.name}"
                    events[known] = change
                    found.add(known)
            if len(found) > MOST_EVENTS:
                return True  # they come newest first: no older one would be kept
        return not is_more

    def _pages(self, name: str) -> Iterator[tuple[Sequence[Any], bool]]:
        """The pages of events that name something, the newest first, each with whether there is a further one."""
        token: dict[str, str] = {}
        for _ in range(_MOST_PAGES):
            answer = self._call(
                LookupAttributes=[{"AttributeKey": "ResourceName", "AttributeValue": name}],
                StartTime=self.since,
                EndTime=self.until,
                MaxResults=_PAGE,
                **token,
            )
            answered = answer.get("Events")
            if not isinstance(answered, list):
                raise BadBodyError("the answer has no Events")
            following = answer.get("NextToken")
            yield answered, bool(following)
            if not following:
                return
            token = {"NextToken": str(following)}

    def _call(self, **params: Any) -> Mapping[str, Any]:  # noqa: ANN401 - request members
        """One request, when its turn has come."""
        if self._caller is None:
            self._caller = self.session.sender("cloudtrail", self.region, ALLOWED)
        if (early := self._next - self.clock.monotonic()) > 0:
            self.clock.sleep(early)
        try:
            return self._caller.call("lookup_events", self.session.tuning.read_timeout, **params)
        finally:
            self._next = self.clock.monotonic() + _SECONDS_A_CALL


# ---------------------------------------------------------------------------------------- one event

_LONGEST = 256


def change_event(event: Any, service: str) -> ChangeEvent | None:  # noqa: ANN401 - what AWS answered
    """What is kept of an event of LookupEvents; None for a read, a call that failed, or one of another service. Pure.

    A name may be of resources of several services, so that an event counts only if it comes from the resource's own.
    Raises ValueError where the event has no time, or its record (`CloudTrailEvent`) is no JSON object: without it
    nobody knows whether the call succeeded.
    https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html
    """
    if not isinstance(event, Mapping):
        raise ValueError("an event that is no structure")
    source = _text(event.get("EventSource"))
    if source.partition(".")[0] != _SOURCES.get(service, service) or _text(event.get("ReadOnly")).lower() == "true":
        return None
    when = event.get("EventTime")
    record = _record(event.get("CloudTrailEvent"))
    if not isinstance(when, dt.datetime) or record is None:
        raise ValueError("an event without a time or a record")
    is_read = record.get("readOnly") if event.get("ReadOnly") is None else False
    if is_read is not False or record.get("errorCode") or record.get("errorMessage"):
        return None
    found = record.get("userIdentity")
    identity: Mapping[str, Any] = found if isinstance(found, Mapping) else {}
    return ChangeEvent(
        time=when.replace(tzinfo=dt.UTC) if when.tzinfo is None else when.astimezone(dt.UTC),
        name=_text(event.get("EventName")),
        source=source,
        id=_text(event.get("EventId")),
        username=_text(event.get("Username")),
        identity_arn=_text(identity.get("arn"), 2048),
        identity_type=_text(identity.get("type")),
        source_address=_text(record.get("sourceIPAddress")),
        user_agent=_text(record.get("userAgent")),
    )


def _record(text: object) -> Mapping[str, Any] | None:
    try:
        record = orjson.loads(text) if isinstance(text, str) else None
    except orjson.JSONDecodeError:
        return None
    return record if isinstance(record, Mapping) else None


def _text(value: object, longest: int = _LONGEST) -> str:
    """Text that UTF-8 can hold, clipped; empty for what is no text."""
    if not isinstance(value, str):
        return ""
    shown = values.text(value)
    return shown if len(shown) <= longest else f"{shown[: longest - 1]}…"


def _service(arn: str) -> str:
    parts = arn.split(":")
    return parts[2] if len(parts) > 2 else ""  # noqa: PLR2004 - arn:partition:service
