"""The scanner for credentials in plain text: what it finds, what it leaves, and that no text makes it slow."""

from __future__ import annotations

import base64
import json
import os
import time
from collections.abc import Iterable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from auditor.collectors import credentials
from auditor.collectors.credentials import MOST, Suspect, fingerprint, in_names, in_pairs, in_text
from tests import credential_samples as samples
from tests.credential_texts import TEXTS

RECORDINGS = os.environ.get("AUDITOR_RECORDINGS", "")


def _values(suspects: Iterable[Suspect]) -> list[str]:
    return [suspect.value for suspect in suspects]


# ------------------------------------------------------------------------------------------------- the table


@pytest.mark.parametrize(("name", "value", "expected"), samples.PAIRS)
def test_a_named_value_is_a_credential_or_not(name: str, value: str, expected: str) -> None:
    assert _values(in_pairs({name: value})) == ([expected] if expected else [])


@pytest.mark.parametrize(("text", "expected"), TEXTS)
def test_a_text_holds_a_credential_or_not(text: str, expected: str) -> None:
    assert _values(in_text(text)) == ([expected] if expected else [])


@pytest.mark.parametrize(("name", "description", "expected"), samples.NAMES)
def test_a_name_and_description_tell_of_a_credential_or_not(name: str, description: str, *, expected: bool) -> None:
    assert bool(in_names(name, description)) is expected


def test_the_table_is_large_enough_and_balanced() -> None:
    labels = [expected for *_, expected in (*samples.PAIRS, *TEXTS)]
    assert len(labels) >= 400
    assert 0.35 < sum(map(bool, labels)) / len(labels) < 0.6


# ------------------------------------------------------------------------------------- places, reasons, order


def test_places_and_reasons_are_named() -> None:
    script = f"#!/bin/sh\nexport DB_PASSWORD=hunter2\nmysql -pS3cret99\naws_key={samples.AWS_ID}\n"
    assert [(one.place, one.reason) for one in in_text(script, "user data")] == [
        ("user data line 2", "password by its name"),
        ("user data line 3", "password on a command line"),
        ("user data line 4", "AWS access key id"),
    ]
    assert [one.place for one in in_pairs({"DB_PASSWORD": "hunter2"}, "container app: environment")] == [
        "container app: environment DB_PASSWORD"
    ]
    nested = {"CONFIG": '{"db": {"password": "x1y2z3", "host": "db"}}'}
    assert [one.place for one in in_pairs(nested)] == ["CONFIG: db.password"]


def test_an_access_key_and_its_secret_are_both_found_wherever_they_stand() -> None:
    text = f"{samples.AWS_ID} {samples.AWS_SECRET}"
    assert _values(in_text(text)) == [samples.AWS_ID, samples.AWS_SECRET]
    assert [one.reason for one in in_text(text)] == ["AWS access key id", "AWS secret access key"]


def test_all_credentials_of_an_encoded_text_are_found() -> None:
    inner = "export DB_PASSWORD=hunter2\nexport API_TOKEN=a1b2c3d4e5\n"
    found = list(in_text(f"echo {samples.base64_of(inner)} | base64 -d | sh"))
    assert _values(found) == ["hunter2", "a1b2c3d4e5"]
    assert {one.reason for one in found} == {"password by its name (in base64)", "token by its name (in base64)"}
    twice = samples.base64_of(samples.base64_of(inner))
    assert list(in_text(twice)) == []


def test_pairs_come_in_the_order_of_their_names_whatever_the_mappings() -> None:
    pairs = {"Z_PASSWORD": "hunter2", "A_PASSWORD": "hunter3", "M": "no"}
    assert list(in_pairs(pairs)) == list(in_pairs(dict(reversed(pairs.items()))))
    assert [one.place for one in in_pairs(pairs)] == ["A_PASSWORD", "Z_PASSWORD"]


def test_the_same_credential_in_one_place_is_told_once() -> None:
    assert len(list(in_text("curl -u a:S3cret99 x; curl -u a:S3cret99 y"))) == 1
    assert len(list(in_text("DB_PASSWORD=hunter2\nDB_PASSWORD=hunter2\n"))) == 2


def test_there_are_at_most_so_many_and_the_last_one_says_so() -> None:
    text = "\n".join(f"password=hunter{number}" for number in range(MOST + 20))
    found = list(in_text(text))
    assert len(found) == MOST
    assert found[-1].reason == "password by its name; there are more, the first 50 are listed"
    assert found[-1].value == f"hunter{MOST - 1}"
    exactly = list(in_text("\n".join(f"password=hunter{number}" for number in range(MOST))))
    assert len(exactly) == MOST
    assert exactly[-1].reason == "password by its name"


def test_a_name_that_is_a_credential_itself_does_not_become_a_place() -> None:
    pairs = {f"AWS_SECRET_ACCESS_KEY={samples.AWS_SECRET}": "", samples.AWS_ID: "x", "B": "y"}
    found = list(in_pairs(pairs, "environment"))
    assert _values(found) == [samples.AWS_ID, samples.AWS_SECRET]
    assert [one.place for one in found] == ["environment name 1", "environment name 2"]
    inner = json.dumps({samples.GITHUB: {"password": "hunter2"}})
    assert [one.place for one in in_pairs({"CONFIG": inner})] == ["CONFIG"]


def test_hostile_names_come_through_as_they_are() -> None:
    name = "<script>alert(1)</script>_PASSWORD\u202e"
    assert [one.place for one in in_pairs({name: "hunter2"})] == [name]


def test_a_suspects_value_is_not_in_its_representation() -> None:
    assert "hunter2" not in repr(Suspect("DB_PASSWORD", "password by its name", "hunter2"))


def test_fingerprints_tell_equal_from_different_values_and_depend_on_the_key() -> None:
    one = fingerprint("hunter2", b"key")
    assert one == "05d210d8af05129c"
    assert one == fingerprint("hunter2", b"key")
    assert one != fingerprint("hunter3", b"key")
    assert one != fingerprint("hunter2", b"other")
    assert set(one) <= set("0123456789abcdef")
    assert fingerprint("\ud800", b"key")


# --------------------------------------------------------------------------------------------- any text at all

_PIECES = st.sampled_from(
    [
        "password",
        "=",
        ":",
        "${",
        "}",
        "'",
        '"',
        "\\",
        "\n",
        " ",
        "://",
        "@",
        "-p",
        "mysql ",
        "{",
        "[",
        "eyJ",
        "secret",
        "a1B2",
        "$",
        "|",
        "chpasswd",
    ]
)


@settings(max_examples=300, deadline=None)
@given(st.one_of(st.text(max_size=200), st.lists(_PIECES, max_size=60).map("".join)))
def test_any_text_is_scanned_the_same_way_twice(text: str) -> None:
    found = list(in_text(text, "here"))
    assert found == list(in_text(text, "here"))
    assert len({(one.place, one.value) for one in found}) == len(found)
    for one in (*found, *in_pairs({text: text, "DB_PASSWORD": text, "X": text})):
        assert one.value
        assert fingerprint(one.value, b"key")
    in_names(text, text)


def test_lone_surrogates_and_deep_documents_do_no_harm() -> None:
    assert _values(in_pairs({"DB_PASSWORD": "hunter\ud8002"})) == ["hunter\ud8002"]
    assert list(in_pairs({"X": "[" * 100_000})) == []
    assert list(in_pairs({"X": '{"a":' * 50_000 + "1" + "}" * 50_000})) == []
    assert list(in_pairs({"X": '{"n": ' + "9" * 5000 + "}"})) == []


# -------------------------------------------------------------------------------------------------------- time

_HOSTILE = (
    *(
        "a",
        "password",
        "password=",
        "password=$x ",
        "password: ",
        "password ",
        "password='",
        "key=",
        "a.",
        "a-a ",
        "-a",
    ),
    *(
        '"password":"',
        "${password:-",
        "://a:",
        "://a:b",
        "eyJ",
        "eyJaaaaaaaaaaa.",
        "-eyJ",
        "AKIA",
        "QUtJ",
        "gl",
        "xoxb-",
    ),
    *(
        "-----BEGIN PRIVATE KEY-----",
        "mysql ",
        "mysql -p",
        "mysql \"'",
        "curl -u a:b ",
        "openssl pass:",
        "net user a b ",
    ),
    *(
        "chpasswd <<EOF\n",
        "chpasswd:\n list: a:b\n",
        "echo a:b|chpasswd|",
        "s/password",
        "<password>",
        "<password ",
        "\\",
    ),
    *(
        "name: a, value: ",
        "name:password value",
        "config set a ",
        'define("password",',
        "identified with a ",
        "{",
        "[",
        "$",
    ),
    *("ENV password ", "ConvertTo-SecureString ", "a:1:a:a:a pgpass", "authorization: bearer ", "$2b$12$aaaa", "{SHA}"),
    *(
        "A" * 64 + "\n",
        "A" * 40 + " ",
        "PASSWORD_",
        "PaSsWoRd",
        "a.webhook.office.com/webhookb2/",
        "\n",
        " ",
        "'",
        '"',
        "é",
    ),
)


def _seconds(text: str) -> float:
    """Processor time of a scan, the best of three: other work on the machine does not count."""
    best = float("inf")
    for _ in range(3):
        start = time.process_time()
        list(in_text(text))
        best = min(best, time.process_time() - start)
    return best


@pytest.mark.parametrize("piece", _HOSTILE)
def test_time_is_linear_on_hostile_text(piece: str) -> None:
    short, long = (piece * (size // len(piece) + 1) for size in (16_384, 65_536))
    once = _seconds(short)
    assert once < 0.1  # a fifth of that is usual: 16 KB are the most that user data has
    assert _seconds(long) < max(8 * once, 0.02)


def test_a_full_environment_takes_no_time() -> None:
    pairs = {f"VARIABLE_{number}": f"https://service-{number}.internal/api?x={number}" for number in range(80)}
    start = time.process_time()
    assert list(in_pairs(pairs)) == []
    assert time.process_time() - start < 0.1


# -------------------------------------------------------------------------------------------------- recordings


@pytest.mark.recordings
@pytest.mark.skipif(not RECORDINGS, reason="AUDITOR_RECORDINGS is not set")
def test_recorded_user_data_gives_away_what_is_in_it() -> None:
    path = Path(RECORDINGS) / "c7n/ec2/DescribeInstanceAttribute/test_ec2_userdata_1.json"
    answer = json.loads(path.read_text(encoding="utf-8"))
    text = base64.b64decode(answer["data"]["UserData"]["Value"]).decode()
    found = list(in_text(text))
    assert [int(one.place.split()[1]) for one in found] == [1, 2, 3, 4, 5, 7, 8, 11, 12, 13, 13, 13, 14, 15]
    assert "mypassword" in _values(found)


@pytest.mark.recordings
@pytest.mark.skipif(not RECORDINGS, reason="AUDITOR_RECORDINGS is not set")
def test_nothing_else_in_the_recordings_is_taken_for_a_credential() -> None:
    alarms = [
        f"{path.name} {one.place}: {one.reason}"
        for folder in ("c7n", "awscli_examples", "tfstate", "pulumi")
        for path in sorted((Path(RECORDINGS) / folder).rglob("*.*"))
        if path.suffix in {".json", ".tfstate"} and "userdata" not in path.name
        for one in in_text(path.read_text(encoding="utf-8"))
    ]
    assert alarms == []


def test_the_package_gives_what_its_users_need() -> None:
    assert set(credentials.__all__) == {"MOST", "Suspect", "fingerprint", "in_names", "in_pairs", "in_text"}
