"""CloudTrail's event history: who is told, at what pace, and what becomes of refusals and of what is hostile."""

from __future__ import annotations

import datetime as dt
import json
import os
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import botocore.exceptions
import orjson
import pytest
from botocore.validate import ParamValidator

from auditor.collectors.actions import READ_ONLY
from auditor.collectors.catalogue import service_model
from auditor.collectors.event_history import (
    ALLOWED,
    MOST_EVENTS,
    ChangeEvent,
    Clock,
    History,
    change_event,
    event_region,
    names_of,
    who_changed,
)
from auditor.collectors.session import AwsSession, BadBodyError, RefusedError, TimeUpError, Tuning, open_session
from auditor.demo.account import EmbeddedAccount
from auditor.drift.model import Subject
from auditor.model import GLOBAL

RECORDINGS = os.environ.get("AUDITOR_RECORDINGS", "")
REGION = "us-east-1"
NOW = dt.datetime(2026, 6, 15, 12, tzinfo=dt.UTC)
SINCE = NOW - dt.timedelta(days=10)
SECRET = "correct-Horse7battery"
DATABASE = "arn:aws:rds:us-east-1:111122223333:db:orders"
VPC = "arn:aws:ec2:us-east-1:111122223333:vpc/vpc-0a1b2c3d"
ROLE = "arn:aws:iam::111122223333:role/team/reader"
IDENTITY = "arn:aws:sts::111122223333:assumed-role/admin/alice"


def subject(arn: str, name: str | None = None) -> Subject:
    return Subject("a_table", "111122223333", REGION, arn, "AWS::X::Y", name)


def event(name: str = "ModifyDBInstance", hours: float = 1, **changed: Any) -> dict[str, Any]:  # noqa: ANN401 - AWS's members
    """An event as LookupEvents answers it, some hours ago; members of its record in `record`."""
    record = {
        "userIdentity": {"type": "AssumedRole", "arn": IDENTITY, "accessKeyId": "ASIAIOSFODNN7ABCDEFG"},
        "sourceIPAddress": "192.0.2.1",
        "userAgent": "aws-cli/2",
        "readOnly": False,
        "requestParameters": {"masterUserPassword": SECRET},
        "responseElements": {"secret": SECRET},
        **changed.pop("record", {}),
    }
    return {
        "EventId": f"{name}-{hours}",
        "EventName": name,
        "EventTime": NOW - dt.timedelta(hours=hours),
        "EventSource": "rds.amazonaws.com",
        "ReadOnly": "false",
        "AccessKeyId": "ASIAIOSFODNN7ABCDEFG",
        "Username": "alice",
        "Resources": [{"ResourceType": "AWS::RDS::DBInstance", "ResourceName": "orders"}],
        "CloudTrailEvent": json.dumps(record),
        **changed,
    }


def refused(code: str) -> botocore.exceptions.ClientError:
    return botocore.exceptions.ClientError({"Error": {"Code": code, "Message": "no"}}, "LookupEvents")


@dataclass
class Time:
    """A clock that moves on only when somebody sleeps."""

    seconds: float = 0.0
    slept: list[float] = field(default_factory=list)

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.seconds += seconds

    @property
    def clock(self) -> Clock:
        return Clock(now=lambda: NOW, monotonic=lambda: self.seconds, sleep=self.sleep)


class Trail:
    """A session whose CloudTrail answers by the resource's name: pages, or an error."""

    def __init__(self, **answers: Sequence[Any] | BaseException) -> None:
        self.tuning = Tuning()
        self.answers = answers
        self.asked: list[dict[str, Any]] = []
        self.opened: list[tuple[str, str, Collection[str]]] = []
        self.time = Time()

    def sender(self, service: str, region: str, allowed: Collection[str]) -> Trail:
        self.opened.append((service, region, allowed))
        return self

    def call(self, method: str, _timeout: float, **params: Any) -> Mapping[str, Any]:  # noqa: ANN401 - request members
        assert method == "lookup_events"
        self.asked.append(params)
        [attribute] = params["LookupAttributes"]
        assert attribute["AttributeKey"] == "ResourceName"
        answer = self.answers.get(attribute["AttributeValue"], ([],))
        if isinstance(answer, BaseException):
            raise answer
        number = int(params.get("NextToken", "0"))
        page = answer[number]
        if not isinstance(page, list):
            return cast("Mapping[str, Any]", page)
        more = {"NextToken": str(number + 1)} if number + 1 < len(answer) else {}
        return {"Events": page, **more}

    @property
    def names(self) -> list[str]:
        return [params["LookupAttributes"][0]["AttributeValue"] for params in self.asked]

    def history(self, *subjects: Subject, since: dt.datetime = SINCE, limit: int = 10) -> History:
        session = cast("AwsSession", self)
        return who_changed(session, REGION, subjects, since, NOW, limit, clock=self.time.clock)


# ---------------------------------------------------------------------------------------- one event


def test_of_an_event_who_when_and_what_is_kept_and_no_parameter() -> None:
    kept = change_event(event(), "rds")
    assert kept == ChangeEvent(
        time=NOW - dt.timedelta(hours=1),
        name="ModifyDBInstance",
        source="rds.amazonaws.com",
        id="ModifyDBInstance-1",
        username="alice",
        identity_arn=IDENTITY,
        identity_type="AssumedRole",
        source_address="192.0.2.1",
        user_agent="aws-cli/2",
    )
    assert SECRET not in repr(kept)
    assert "ASIA" not in repr(kept)


@pytest.mark.parametrize(
    ("changed", "is_kept"),
    [
        ({}, True),
        ({"ReadOnly": "true"}, False),
        ({"ReadOnly": "True"}, False),
        ({"ReadOnly": None}, True),
        ({"ReadOnly": None, "record": {"readOnly": True}}, False),
        ({"ReadOnly": None, "record": {"readOnly": None}}, False),
        ({"record": {"errorCode": "AccessDenied"}}, False),
        ({"record": {"errorCode": "Client.DryRunOperation"}}, False),
        ({"record": {"errorMessage": "no"}}, False),
        ({"EventSource": "ec2.amazonaws.com"}, False),
        ({"EventSource": None}, False),
        ({"ReadOnly": "true", "CloudTrailEvent": "{"}, False),
    ],
)
def test_reads_failed_calls_and_other_services_changed_nothing(changed: dict[str, Any], is_kept: bool) -> None:  # noqa: FBT001 - a case
    assert (change_event(event(**changed), "rds") is not None) is is_kept


@pytest.mark.parametrize(
    "hostile",
    [
        None,
        "text",
        [],
        event(CloudTrailEvent=None),
        event(CloudTrailEvent="{"),
        event(CloudTrailEvent="[1]"),
        event(CloudTrailEvent='"\ud800"'),
        event(CloudTrailEvent="[" * 100_000),
        event(EventTime="2026-01-01"),
        event(EventTime=None),
    ],
)
def test_an_event_that_cannot_be_read_is_no_event_without_an_error(hostile: object) -> None:
    with pytest.raises(ValueError, match="an event"):
        change_event(hostile, "rds")


@pytest.mark.parametrize("identity", [None, "root", [], {"arn": 7, "type": {}}])
def test_members_of_other_kinds_are_left_empty(identity: object) -> None:
    kept = change_event(
        event(record={"userIdentity": identity, "sourceIPAddress": 7, "userAgent": None}, Username=None), "rds"
    )
    assert kept is not None
    assert (kept.identity_arn, kept.identity_type, kept.username) == ("", "", "")
    assert (kept.source_address, kept.user_agent) == ("", "")


def test_long_text_is_clipped_and_what_utf_8_cannot_hold_is_replaced() -> None:
    kept = change_event(event(record={"userAgent": "x" * 10_000}, Username="a\ud800b"), "rds")
    assert kept is not None
    assert (len(kept.user_agent), kept.user_agent[-1], kept.username) == (256, "…", "a?b")


def test_a_time_without_a_zone_is_utc() -> None:
    kept = change_event(event(EventTime=dt.datetime(2026, 6, 15, 11)), "rds")  # noqa: DTZ001 - as it may come
    assert kept is not None
    assert kept.time == NOW - dt.timedelta(hours=1)


@pytest.mark.skipif(not RECORDINGS, reason="AUDITOR_RECORDINGS names no folder of recordings")
def test_a_documented_event_is_read() -> None:
    path = Path(RECORDINGS) / "awscli_examples/cloudtrail/lookup-events.json"
    [documented] = [one for answer in orjson.loads(path.read_bytes()) for one in answer["Events"]]
    documented |= {"EventTime": dt.datetime.fromisoformat(documented["EventTime"]), "ReadOnly": "false"}
    documented |= {"EventSource": "signin.amazonaws.com"}
    kept = change_event(documented, "signin")
    assert kept is not None
    assert kept.identity_arn == "arn:aws:sts::123456789012:assumed-role/my-role/my-session-name"
    assert (kept.source_address, kept.time.hour) == ("72.21.198.70", 17)


# ---------------------------------------------------------------------------------------- what is asked


@pytest.mark.parametrize(
    ("arn", "name", "names"),
    [
        (VPC, "trading-prod", ("vpc-0a1b2c3d",)),
        (DATABASE, "orders", (DATABASE, "orders")),
        (ROLE, "reader", (ROLE, "reader")),
        ("arn:aws:s3:::trading", "trading", ("arn:aws:s3:::trading", "trading")),
        (
            "arn:aws:logs:us-east-1:1:log-group:/aws/lambda/x:*",
            "/aws/lambda/x",
            ("arn:aws:logs:us-east-1:1:log-group:/aws/lambda/x:*", "/aws/lambda/x"),
        ),
        ("arn:aws:kms:us-east-1:1:key/0f1e", None, ("arn:aws:kms:us-east-1:1:key/0f1e", "0f1e")),
        (f"arn:aws:rds:us-east-1:1:db:{'x' * 2000}", "orders", ("orders",)),
        ("", None, ()),
    ],
)
def test_a_resource_is_asked_for_by_every_name_that_cloudtrail_may_have(
    arn: str, name: str | None, names: tuple[str, ...]
) -> None:
    assert names_of(arn, name) == names


@pytest.mark.parametrize(
    ("arn", "region", "home", "asked"),
    [
        (DATABASE, "us-west-2", REGION, "us-west-2"),
        (ROLE, GLOBAL, "eu-west-1", "us-east-1"),
        ("arn:aws:globalaccelerator::1:accelerator/a", GLOBAL, REGION, "us-west-2"),
        ("arn:aws-us-gov:iam::1:role/a", GLOBAL, "us-gov-east-1", "us-gov-west-1"),
    ],
)
def test_events_of_what_belongs_to_no_region_are_in_one(arn: str, region: str, home: str, asked: str) -> None:
    assert event_region(arn, region, home) == asked


def test_every_name_is_asked_and_the_events_are_told_once_newest_first() -> None:
    trail = Trail(
        **{DATABASE: [[event("AddTags", 3), event(hours=2)]], "orders": [[event(hours=2), event("Reboot", 1)]]}
    )
    history = trail.history(subject(DATABASE, "orders"))
    [found] = history.lookups
    assert [(one.name, one.time) for one in found.events] == [
        ("Reboot", NOW - dt.timedelta(hours=1)),
        ("ModifyDBInstance", NOW - dt.timedelta(hours=2)),
        ("AddTags", NOW - dt.timedelta(hours=3)),
    ]
    assert (found.arn, found.reason, found.complete, found.unreadable) == (DATABASE, "", True, 0)
    assert trail.names == [DATABASE, "orders"]
    assert trail.opened == [("cloudtrail", REGION, ALLOWED)]
    assert trail.asked[0] == {
        "LookupAttributes": [{"AttributeKey": "ResourceName", "AttributeValue": DATABASE}],
        "StartTime": SINCE,
        "EndTime": NOW,
        "MaxResults": 50,
    }
    assert (history.region, history.since, history.until, history.is_cut) == (REGION, SINCE, NOW, False)


def test_requests_are_as_botocores_model_wants_them() -> None:
    trail = Trail(orders=[[], []])
    trail.history(subject(DATABASE, "orders"))
    shape = service_model("cloudtrail").operation_model("LookupEvents").input_shape
    assert "NextToken" in trail.asked[-1]
    for params in trail.asked:
        assert not ParamValidator().validate(params, shape).has_errors()
    assert ParamValidator().validate({"LookupAttributes": [{}]}, shape).has_errors(), "the guard is seen failing"


def test_requests_are_half_a_second_apart() -> None:
    trail = Trail(**{DATABASE: [[], [event()]]})
    trail.history(subject(DATABASE, "orders"), subject(VPC))
    assert len(trail.asked) == 4
    assert trail.time.slept == [0.5, 0.5, 0.5]


def test_what_is_beyond_the_limit_is_named_and_not_asked() -> None:
    others = [f"{VPC}{number}" for number in range(3)]
    trail = Trail()
    history = trail.history(*(subject(arn) for arn in (VPC, VPC, *others)), limit=2)
    assert [found.arn for found in history.lookups] == [VPC, others[0]]
    assert history.not_looked_up == (others[1], others[2])
    assert trail.names == ["vpc-0a1b2c3d", "vpc-0a1b2c3d0"]
    assert trail.history(subject(VPC), limit=0).not_looked_up == (VPC,)


def test_nothing_is_asked_of_before_ninety_days_and_that_is_told() -> None:
    trail = Trail()
    history = trail.history(subject(VPC), since=NOW - dt.timedelta(days=200))
    assert trail.asked[0]["StartTime"] == history.since == NOW - dt.timedelta(days=90)
    assert history.is_cut
    cast_session = cast("AwsSession", trail)
    then = NOW - dt.timedelta(days=100)
    old = who_changed(cast_session, REGION, [subject(VPC)], then, then, 9, clock=trail.time.clock)
    assert "90 days" in old.lookups[0].reason
    assert len(trail.asked) == 1


def test_events_outside_of_the_window_are_not_told() -> None:
    trail = Trail(orders=[[event(hours=-1), event(hours=1), event(hours=24 * 11)]])
    [found] = trail.history(subject(DATABASE, "orders")).lookups
    assert [one.id for one in found.events] == ["ModifyDBInstance-1"]


# ---------------------------------------------------------------------------------------- pages


def test_pages_are_followed_past_reads_to_the_writes() -> None:
    reads = [event("Describe", hours=number / 10, ReadOnly="true") for number in range(50)]
    trail = Trail(orders=[reads, [*reads, event(hours=9)]])
    [found] = trail.history(subject(DATABASE, "orders")).lookups
    assert ([one.name for one in found.events], found.complete) == (["ModifyDBInstance"], True)


def test_pages_without_end_are_left_and_that_is_told() -> None:
    trail = Trail(orders=[[event("Describe", ReadOnly="true")] for _ in range(100)])
    [found] = trail.history(subject(DATABASE, "orders")).lookups
    assert (found.events, found.complete, found.reason) == ((), False, "")
    assert len(trail.asked) == 6


def test_no_further_page_is_asked_for_once_there_are_enough() -> None:
    trail = Trail(orders=[[event(hours=number + page) for number in range(MOST_EVENTS + 1)] for page in range(5)])
    [found] = trail.history(subject(DATABASE, "orders")).lookups
    assert (len(found.events), found.complete) == (MOST_EVENTS, False)
    assert [one.time for one in found.events] == sorted((one.time for one in found.events), reverse=True)
    assert len(trail.asked) == 2


def test_an_event_that_cannot_be_read_is_counted_once_and_the_others_are_told() -> None:
    broken = event("Broken", CloudTrailEvent="{")
    answers: dict[str, Any] = {DATABASE: [[broken, "text"]], "orders": [[broken, event()]]}
    [found] = Trail(**answers).history(subject(DATABASE, "orders")).lookups
    assert ([one.name for one in found.events], found.unreadable) == (["ModifyDBInstance"], 2)


# ---------------------------------------------------------------------------------------- refusals


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (refused("AccessDeniedException"), "AccessDeniedException: no"),
        (refused("ThrottlingException"), "ThrottlingException: no"),
        (TimeUpError("no answer within 120 s"), "Timeout: no answer within 120 s"),
        (botocore.exceptions.EndpointConnectionError(endpoint_url="https://x"), "ConnectionError: "),
        (botocore.exceptions.NoCredentialsError(), "NoCredentialsError: "),
        (BadBodyError("cut short"), "InvalidResponse: cut short"),
    ],
)
def test_a_refusal_is_told_for_every_resource_and_nothing_more_is_asked(error: BaseException, code: str) -> None:
    trail = Trail(**{DATABASE: error})
    history = trail.history(subject(DATABASE, "orders"), subject(VPC))
    for found in history.lookups:
        assert found.reason.startswith(f"cloudtrail:LookupEvents gave no answer in {REGION} ({code}")
        assert found.events == ()
    assert trail.names == [DATABASE]


def test_a_refused_name_leaves_the_others_and_what_they_tell() -> None:
    answers: dict[str, Any] = {DATABASE: refused("InvalidLookupAttributesException"), "orders": [[event()]]}
    trail = Trail(**answers)
    one, two = trail.history(subject(DATABASE, "orders"), subject(VPC)).lookups
    assert [found.name for found in one.events] == ["ModifyDBInstance"]
    assert "InvalidLookupAttributesException" in one.reason
    assert two.reason == ""


def test_what_came_before_a_refusal_is_kept_with_the_reason() -> None:
    answers: dict[str, Any] = {DATABASE: [[event()]], "orders": refused("ThrottlingException")}
    [found] = Trail(**answers).history(subject(DATABASE, "orders")).lookups
    assert (len(found.events), "ThrottlingException" in found.reason) == (1, True)


@pytest.mark.parametrize("answer", [{}, {"Events": None}, {"Events": {}}])
def test_an_answer_without_a_list_is_a_refusal(answer: dict[str, Any]) -> None:
    [found] = Trail(orders=[answer]).history(subject(DATABASE, "orders")).lookups
    assert "InvalidResponse: the answer has no Events" in found.reason


def test_a_client_that_cannot_be_made_is_a_refusal() -> None:
    class Without(Trail):
        def sender(self, service: str, region: str, allowed: Collection[str]) -> Trail:  # noqa: ARG002 - as its base
            raise botocore.exceptions.NoRegionError

    [found] = Without().history(subject(VPC)).lookups
    assert "NoRegionError" in found.reason


# ---------------------------------------------------------------------------------------- a real session


def test_it_may_call_this_and_nothing_else() -> None:
    assert not ALLOWED & READ_ONLY, "no declared table may read the event history"
    with EmbeddedAccount(worlds=()):
        caller = open_session(None, Tuning()).sender("cloudtrail", REGION, ALLOWED)
        with pytest.raises(RefusedError):
            caller.call("describe_trails", 20)


def test_an_account_without_the_history_is_told_and_no_error() -> None:
    with EmbeddedAccount(worlds=()):
        session = open_session(None, Tuning())
        history = who_changed(session, REGION, [subject(VPC)], SINCE, NOW, 1, clock=Time().clock)
    [found] = history.lookups
    assert "cloudtrail:LookupEvents gave no answer" in found.reason
