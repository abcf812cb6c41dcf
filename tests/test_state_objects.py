"""States in S3: addresses, globs, pages, redirects, sizes, and what is told where one cannot be read."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import boto3
import botocore.exceptions
import pytest
from botocore.awsrequest import AWSResponse
from moto.s3.models import s3_backends

from auditor.collectors import state_objects
from auditor.collectors.actions import READ_ONLY
from auditor.collectors.session import AwsSession, RefusedError, Tuning, open_session
from auditor.collectors.state_objects import ALLOWED, read_objects
from auditor.demo.account import ACCOUNT_ID, EmbeddedAccount
from auditor.errors import StateError

REGION = "us-east-1"
SECRET = b'{"password": "correct-Horse7battery"}'
KEYS = (
    "app/prod.tfstate",
    "app/test.tfstate",
    "app/network/prod.tfstate",
    "app/network/deep/prod.tfstate",
    "app/README.md",
    "app/[x].tfstate",
    "prod.tfstate",
)


def put(key: str, content: bytes) -> None:
    """An object of the embedded account's bucket."""
    s3_backends[ACCOUNT_ID]["aws"].put_object("states", key, content)


@pytest.fixture
def session() -> Iterator[AwsSession]:
    with EmbeddedAccount(worlds=()):
        client = boto3.client("s3", REGION)
        client.create_bucket(Bucket="states")
        for key in KEYS:
            put(key, f"content of {key}".encode())
        yield open_session(None, Tuning(threads=4))


Answer = tuple[int, Mapping[str, str], bytes]


def answering(session: AwsSession, answer: Callable[[str], Answer]) -> list[str]:
    """Have the session's S3 answer from a function of the URL; the URLs that are asked."""
    asked: list[str] = []

    def send(request: Any, **_: object) -> AWSResponse:  # noqa: ANN401 - botocore's own
        asked.append(request.url)
        status, headers, body = answer(request.url)
        told = {"Content-Length": str(len(body)), **headers}
        kept = {name: value for name, value in told.items() if value}
        return AWSResponse(request.url, status, kept, _Raw(body))

    caller = session.sender("s3", REGION, ALLOWED)
    caller._client.meta.events.register_first("before-send.s3", send)  # noqa: SLF001 - as moto does
    return asked


class _Raw:
    """The body of an answer, as botocore reads it."""

    def __init__(self, body: bytes) -> None:
        self.body = body

    def read(self, size: int | None = None, **_: object) -> bytes:
        taken, self.body = self.body[:size], self.body[len(self.body[:size]) :]
        return taken

    def stream(self, *_: object, **__: object) -> Iterator[bytes]:
        yield self.read()

    def close(self) -> None:
        """Nothing is open."""


def error(status: int, code: str, **headers: str) -> Answer:
    body = f"<Error><Code>{code}</Code><Message>Not today</Message></Error>".encode()
    return status, {name.replace("_", "-"): value for name, value in headers.items()}, body


# ---------------------------------------------------------------------------------------- what is read


@pytest.mark.parametrize(
    ("address", "keys"),
    [
        ("s3://states/prod.tfstate", ["prod.tfstate"]),
        ("s3://states/app/*.tfstate", ["app/[x].tfstate", "app/prod.tfstate", "app/test.tfstate"]),
        ("s3://states/app/prod.*", ["app/prod.tfstate"]),
        ("s3://states/app/?est.tfstate", ["app/test.tfstate"]),
        ("s3://states/app/[pt]*.tfstate", ["app/prod.tfstate", "app/test.tfstate"]),
        ("s3://states/app/[[]x].tfstate", ["app/[x].tfstate"]),
        ("s3://states/*/prod.tfstate", ["app/prod.tfstate"]),
        ("s3://states/*/*/prod.tfstate", ["app/network/prod.tfstate"]),
        ("s3://states/**/network/*.tfstate", ["app/network/prod.tfstate"]),
        (
            "s3://states/**/prod.tfstate",
            ["app/network/deep/prod.tfstate", "app/network/prod.tfstate", "app/prod.tfstate", "prod.tfstate"],
        ),
        ("s3://states/app/network/**", ["app/network/deep/prod.tfstate", "app/network/prod.tfstate"]),
    ],
)
def test_what_matches_is_read(session: AwsSession, address: str, keys: list[str]) -> None:
    found = list(read_objects(session, REGION, address))
    assert found == [(f"s3://states/{key}", f"content of {key}".encode()) for key in keys]


def test_objects_are_read_one_after_the_other(session: AwsSession) -> None:
    reading = read_objects(session, REGION, "s3://states/**")
    next(reading)
    boto3.client("s3", REGION).delete_object(Bucket="states", Key="prod.tfstate")
    with pytest.raises(StateError, match=r"s3://states/prod\.tfstate cannot be read: there is no such object"):
        list(reading)


def test_every_page_is_followed(session: AwsSession) -> None:
    def answer(url: str) -> Answer:
        if "list-type" not in url:
            return 200, {}, b"{}"
        last = "continuation-token=t1" in url
        key = "a/2.json" if last else "a/1.json"
        more = "<IsTruncated>false</IsTruncated>"
        if not last:
            more = "<IsTruncated>true</IsTruncated><NextContinuationToken>t1</NextContinuationToken>"
        return 200, {}, f"<ListBucketResult>{more}<Contents><Key>{key}</Key></Contents></ListBucketResult>".encode()

    asked = answering(session, answer)
    assert [name for name, _ in read_objects(session, REGION, "s3://states/a/*")] == [
        "s3://states/a/1.json",
        "s3://states/a/2.json",
    ]
    assert sum("prefix=a%2F" in url for url in asked) == 2


@pytest.mark.parametrize("token", ["", "<NextContinuationToken>t1</NextContinuationToken>"])
def test_a_page_token_that_leads_nowhere_is_told(session: AwsSession, token: str) -> None:
    body = f"<ListBucketResult><IsTruncated>true</IsTruncated>{token}</ListBucketResult>".encode()
    answering(session, lambda _: (200, {}, body))
    with pytest.raises(StateError, match="Pagination"):
        list(read_objects(session, REGION, "s3://states/a/*"))


def test_a_redirect_to_the_buckets_own_region_is_followed(session: AwsSession) -> None:
    def answer(url: str) -> Answer:
        if "eu-west-1" not in url:
            return error(301, "PermanentRedirect", x_amz_bucket_region="eu-west-1")
        return 200, {}, b"from Ireland"

    asked = answering(session, answer)
    assert list(read_objects(session, REGION, "s3://states/a")) == [("s3://states/a", b"from Ireland")]
    assert len(asked) == 2


def test_a_redirect_that_names_no_region_has_the_bucket_asked_for_it(session: AwsSession) -> None:
    asked: list[str] = []

    def answer(url: str) -> Answer:
        if "eu-west-1" in url:
            return 200, {}, b"from Ireland"
        if url.endswith("/a"):
            return error(301, "PermanentRedirect")
        return 403, {"x-amz-bucket-region": "eu-west-1"}, b""

    asked = answering(session, answer)
    assert list(read_objects(session, REGION, "s3://states/a")) == [("s3://states/a", b"from Ireland")]
    assert len(asked) == 3


# ---------------------------------------------------------------------------------------- what is refused


@pytest.mark.parametrize(
    "address",
    [
        "s3://states",
        "s3://states/",
        "s3:///key",
        "s3://",
        "states/key",
        "https://states.s3.amazonaws.com/key",
        "s3://*/key",
        "s3://a b/key",
        "s3://arn:aws:s3:us-east-1:1:accesspoint/x/key",
    ],
)
def test_an_address_that_is_none_is_refused_before_anything_is_asked(session: AwsSession, address: str) -> None:
    asked = answering(session, lambda _: (200, {}, b""))
    with pytest.raises(StateError, match="is no address of an object in S3") as caught:
        list(read_objects(session, REGION, address))
    assert "s3://BUCKET/KEY" in caught.value.remedy
    assert asked == []


@pytest.mark.parametrize("address", ["s3://states/none/*.tfstate", "s3://states/app/*.json", "s3://states/APP/*"])
def test_nothing_that_matches_is_an_error(session: AwsSession, address: str) -> None:
    with pytest.raises(StateError, match="no object matches") as caught:
        list(read_objects(session, REGION, address))
    assert "aws s3 ls s3://states/" in caught.value.remedy


@pytest.mark.parametrize(
    ("address", "answer", "told", "remedy"),
    [
        ("s3://states/a", error(403, "AccessDenied"), "AccessDenied: Not today", "Allow s3:GetObject on arn:aws:s3:::"),
        ("s3://states/a", error(403, "AccessDenied"), "s3://states/a cannot be read", "kms:Decrypt"),
        ("s3://states/a/*", error(403, "AccessDenied"), "AccessDenied", "Allow s3:ListBucket on arn:aws:s3:::states."),
        ("s3://states/a", error(404, "NoSuchBucket"), "there is no such bucket", "Correct the address"),
        ("s3://states/a", error(404, "NoSuchKey"), "there is no such object", "Correct the address"),
        ("s3://states/a", error(403, "InvalidObjectState"), "InvalidObjectState", "restore it"),
        ("s3://states/a", error(400, "ExpiredToken"), "ExpiredToken", "check the credentials and the network"),
    ],
)  # fmt: skip
def test_a_refusal_is_told_with_what_to_allow(
    session: AwsSession, address: str, answer: Answer, told: str, remedy: str
) -> None:
    answering(session, lambda _: answer)
    with pytest.raises(StateError) as caught:
        list(read_objects(session, REGION, address))
    assert told in caught.value.message
    assert remedy in caught.value.remedy
    assert caught.value.exit_status == 2


def test_a_bucket_that_there_is_not_is_told(session: AwsSession) -> None:
    for address in ("s3://nowhere/key", "s3://nowhere/*"):
        with pytest.raises(StateError, match="there is no such bucket"):
            list(read_objects(session, REGION, address))


def test_a_network_that_fails_is_told(session: AwsSession, monkeypatch: pytest.MonkeyPatch) -> None:
    def sender(*_: object) -> None:
        raise botocore.exceptions.EndpointConnectionError(endpoint_url="https://states")

    monkeypatch.setattr(session, "sender", sender)
    with pytest.raises(StateError, match="ConnectionError"):
        list(read_objects(session, REGION, "s3://states/a"))


def test_a_key_cannot_add_a_line_to_what_is_told(session: AwsSession) -> None:
    answering(session, lambda _: error(403, "AccessDenied"))
    with pytest.raises(StateError) as caught:
        list(read_objects(session, REGION, "s3://states/a\nauditor: all is well"))
    assert "\n" not in str(caught.value)


# ---------------------------------------------------------------------------------------- sizes


def test_what_is_larger_than_a_state_may_be_is_refused_unread(
    session: AwsSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(state_objects, "LARGEST", 10)
    put("fits", b"x" * 10)
    put("large", b"x" * 11)
    assert list(read_objects(session, REGION, "s3://states/fits")) == [("s3://states/fits", b"x" * 10)]
    with pytest.raises(StateError, match="s3://states/large has 11 bytes, where a state may have 10"):
        list(read_objects(session, REGION, "s3://states/large"))


def test_an_answer_without_its_length_is_read_no_further_than_that(
    session: AwsSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(state_objects, "LARGEST", 10)
    monkeypatch.setattr(state_objects, "_PIECE", 4)
    answering(session, lambda _: (200, {"Content-Length": ""}, b"x" * 50))
    with pytest.raises(StateError, match="has 12 bytes"):
        list(read_objects(session, REGION, "s3://states/a"))


def test_a_body_that_is_cut_short_is_told_and_not_given(session: AwsSession) -> None:
    answering(session, lambda _: (200, {"Content-Length": "50"}, b"x" * 20))
    with pytest.raises(StateError, match="IncompleteReadError"):
        list(read_objects(session, REGION, "s3://states/a"))


# ---------------------------------------------------------------------------------------- what it may not do


def test_it_may_call_these_and_nothing_else(session: AwsSession) -> None:
    assert not ALLOWED & READ_ONLY, "no declared table may read objects"
    caller = session.sender("s3", REGION, ALLOWED)
    for method, params in (("put_object", {"Key": "x"}), ("delete_object", {"Key": "x"}), ("get_bucket_policy", {})):
        with pytest.raises(RefusedError):
            caller.call(method, 20, Bucket="states", **params)


def test_what_is_read_is_neither_logged_nor_written(
    session: AwsSession, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.chdir(tmp_path)
    put("secret", SECRET)
    caplog.clear()
    caplog.set_level(logging.DEBUG, "auditor")
    assert list(read_objects(session, REGION, "s3://states/secret")) == [("s3://states/secret", SECRET)]
    assert not list(tmp_path.iterdir())
    assert "battery" not in caplog.text
