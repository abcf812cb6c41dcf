"""From a `results.json` to what history needs of it.

One way leads from bytes to an `Audit`, whether they come from `results.json` or from the index: a type that does not
fit is an error, never a value that breaks something later.
"""

from __future__ import annotations

import dataclasses
import datetime
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from functools import cache
from sys import intern
from typing import TYPE_CHECKING, Any

import orjson

from auditor.history.model import Audit, Place
from auditor.model import Status

if TYPE_CHECKING:
    from pydantic import TypeAdapter

_OPEN = frozenset({Status.FAIL, Status.UNKNOWN})


def digest(content: bytes) -> bytes:
    """A `results.json` as the JSON text of an `Audit`. Raises ValueError where it is no such document."""
    try:
        results = orjson.loads(content)
        if not str(results["schema_version"]).startswith("1."):
            raise ValueError("its schema_version is none that this version of auditor knows")
        return orjson.dumps(_plain(results))
    except (KeyError, TypeError, AttributeError, OverflowError) as error:
        raise ValueError("it is not as results.schema.json describes it") from error


def read(text: bytes) -> Audit:
    """The audit of a JSON text that `digest` gave. Raises ValueError where the text is none."""
    audit = _adapter().validate_json(text, strict=True)
    shared = (dataclasses.replace(one, ids=tuple(map(intern, one.ids))) for one in audit.decided)
    return dataclasses.replace(audit, decided=tuple(shared))  # most findings stand in all audits of a series


@cache
def _adapter() -> TypeAdapter[Audit]:
    from pydantic import TypeAdapter

    return TypeAdapter(Audit)


def _plain(results: Mapping[str, Any]) -> dict[str, Any]:
    about, findings = results["audit"], results["findings"]
    return {
        **{name: about[name] for name in ("id", "standard", "environment", "complete")},
        **{name: about.get(name) or "" for name in ("standard_title", "organization")},
        "demo": bool(about.get("demo")),
        **{name: _in_utc(about[name]) for name in ("started_at", "finished_at")},
        "accounts": [
            {"id": one["id"], "name": one.get("name") or "", "regions": one["regions"]}
            for one in results["scope"]["accounts"]
        ],
        "checks": [one["id"] for one in results["checks"]],
        "requirements": [
            {name: one[name] for name in ("id", "title", "severity", "status")} for one in results["requirements"]
        ],
        "counts": Counter(one["status"] for one in findings),
        "open": [_finding(one) for one in findings if one["status"] in _OPEN],
        "decided": _decided(one for one in findings if one["status"] not in _OPEN),
    }


def _finding(one: Mapping[str, Any]) -> dict[str, Any]:
    resource = one["resource"]
    return {
        **{name: one[name] for name in ("id", "check", "requirements", "severity", "status")},
        **{name: resource[name] for name in ("arn", "type", "account", "region")},
        "name": resource.get("name") or "",
    }


def _decided(findings: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    ids: dict[Place, list[str]] = defaultdict(list)
    for one in findings:
        ids[one["check"], one["resource"]["account"], one["resource"]["region"]].append(one["id"])
    return [
        {"check": check, "account": account, "region": region, "ids": own}
        for (check, account, region), own in ids.items()
    ]


def _in_utc(text: str) -> datetime.datetime:
    """A time as this tool writes it; UTC where it names no offset."""
    at = datetime.datetime.fromisoformat(text)
    return at.astimezone(datetime.UTC) if at.tzinfo else at.replace(tzinfo=datetime.UTC)
