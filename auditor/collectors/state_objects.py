"""States that are kept in S3: `s3://bucket/key`, globs in the key. What is read is given on, and kept nowhere here.

A bucket in another region than is asked first answers with a redirect that names its own, which botocore follows.
https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html
https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from fnmatch import fnmatchcase
from typing import Any, NoReturn

from botocore import xform_name

from auditor.collectors.asking import AWS_ERRORS
from auditor.collectors.catalogue import partition
from auditor.collectors.session import AwsSession, Failure, failure
from auditor.errors import StateError

ALLOWED = frozenset({"s3:GetObject", "s3:HeadBucket", "s3:ListObjectsV2"})
"""All that is called here: HeadBucket is how botocore asks for a bucket's region, where a redirect does not tell it."""

LARGEST = 256 * 1024 * 1024
"""Bytes of a state at most: it is held in memory."""

_ADDRESS = re.compile(r"s3://([^/]*)/?(.*)", re.DOTALL)
_BUCKET = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{1,253}[A-Za-z0-9]", re.ASCII)
_MAGIC = re.compile(r"[*?\[]")
_PIECE = 1024 * 1024
_DENIED = frozenset({"AccessDenied", "403", "Forbidden", "AllAccessDisabled"})
_ABSENT = {
    "NoSuchBucket": "there is no such bucket",
    "NoSuchKey": "there is no such object",
    "404": "there is no such object",
}
_ARCHIVED = "InvalidObjectState"


def read_objects(session: AwsSession, home_region: str, address: str) -> Iterator[tuple[str, bytes]]:
    """The address and content of each object that matches, one after the other, in S3's order.

    In a key, `*` and `?` stand for characters of one name between slashes, `[…]` for one of several, and a name `**`
    for any number of names, as for local files. A key without them is read as it is, which takes no right to list.
    Raises StateError where nothing matches, where an object is larger than `LARGEST`, and for whatever AWS refuses.
    """
    match = _ADDRESS.fullmatch(address)
    bucket, key = (match[1], match[2]) if match else ("", "")
    if not _BUCKET.fullmatch(bucket) or not key:
        raise StateError(
            f"{address} is no address of an object in S3.", "Write s3://BUCKET/KEY; globs may stand in the key."
        )
    objects = _Bucket(session, home_region, bucket)
    prefix = _MAGIC.split(key, maxsplit=1)[0]
    found = False
    for name in objects.keys(prefix, key.split("/")) if prefix != key else (key,):
        found = True
        yield f"s3://{bucket}/{name}", objects.content(name)
    if not found:
        raise StateError(f"{address}: no object matches.", f"`aws s3 ls s3://{bucket}/{prefix}` lists what there is.")


class _Bucket:
    """A bucket's objects."""

    def __init__(self, session: AwsSession, region: str, bucket: str) -> None:
        self.session = session
        self.region = region
        self.bucket = bucket

    def keys(self, prefix: str, wanted: Sequence[str]) -> Iterator[str]:
        """The matching keys below a prefix, of all pages. Raises StateError."""
        token: dict[str, str] = {}
        while True:
            answer = self._ask("ListObjectsV2", prefix, Prefix=prefix, **token)
            for listed in answer.get("Contents") or ():
                if _matches(wanted, str(listed["Key"]).split("/")):
                    yield str(listed["Key"])
            if not answer.get("IsTruncated"):
                return
            following = str(answer.get("NextContinuationToken") or "")
            if following in ("", token.get("ContinuationToken")):
                self._refuse("ListObjectsV2", prefix, Failure("Pagination", "S3 gave no further page token"))
            token = {"ContinuationToken": following}

    def content(self, key: str) -> bytes:
        """An object's content, whole. Raises StateError."""
        answer = self._ask("GetObject", key, Key=key)
        body = answer["Body"]
        size = int(answer.get("ContentLength") or 0)
        content = bytearray()
        try:
            while size <= LARGEST and len(content) <= LARGEST and (piece := body.read(_PIECE)):
                content += piece
        except AWS_ERRORS as error:
            self._refuse("GetObject", key, failure(error))
        finally:
            body.close()
        size = max(size, len(content))
        if size > LARGEST:
            raise StateError(
                f"{self._called(key)} has {size:,} bytes, where a state may have {LARGEST:,}.",
                "Name the state's own object, or split the state.",
            )
        return bytes(content)

    def _ask(self, operation: str, key: str, **params: Any) -> Mapping[str, Any]:  # noqa: ANN401 - request members
        try:
            caller = self.session.sender("s3", self.region, ALLOWED)
            timeout = self.session.tuning.read_timeout
            return caller.call(xform_name(operation), timeout, Bucket=self.bucket, **params)
        except AWS_ERRORS as error:
            self._refuse(operation, key, failure(error))

    def _refuse(self, operation: str, key: str, told: Failure) -> NoReturn:
        """Raise what came of a call, with what to do about it."""
        why = _ABSENT.get(told.code, f"{told.code}: {told.message}")
        raise StateError(f"{self._called(key)} cannot be read: {why}.", self._remedy(operation, told))

    def _called(self, key: str) -> str:
        """An object's address on one line, whatever its key has."""
        return " ".join(f"s3://{self.bucket}/{key}".split())

    def _remedy(self, operation: str, told: Failure) -> str:
        if told.code in _ABSENT:
            return "Correct the address, or take credentials of the account that has it."
        if told.code == _ARCHIVED:
            return "The object is archived: restore it, or name another."
        arn = f"arn:{partition(self.region)}:s3:::{self.bucket}"
        action = f"Allow s3:ListBucket on {arn}"
        if operation == "GetObject":
            action = f"Allow s3:GetObject on {arn}/*, and kms:Decrypt where the object is encrypted with a key"
        return f"{action}." if told.code in _DENIED else f"{action}, or check the credentials and the network."


def _matches(wanted: Sequence[str], names: Sequence[str]) -> bool:
    """Whether the names of a key, between its slashes, are as a glob wants them."""
    reached = {0}
    for pattern in wanted:
        if pattern == "**":
            reached = set(range(min(reached), len(names) + 1)) if reached else reached
        else:
            reached = {at + 1 for at in reached if at < len(names) and fnmatchcase(names[at], pattern)}
    return len(names) in reached
