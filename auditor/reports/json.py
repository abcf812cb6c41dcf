"""`results.json`, canonical: the same results give the same bytes (`results.schema.json`)."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from typing import Any

from auditor.reports.pieces import json_pieces

# Reading order; keys that are not here follow by name. Evidence keeps the order of the check's columns.
_ORDER = (
    *("schema_version", "tool", "audit", "scope", "summary", "requirements", "checks", "findings", "collection"),
    *("drift", "waivers", "method", "id", "name", "version", "table", "check", "title", "type", "arn", "account"),
    *("region", "service", "operation", "action", "code", "message", "description", "severity", "status", "resource"),
    *(
        "statement",
        "sources",
        "must_exist",
        "note",
        "counts",
        "expected",
        "actual",
        "evidence",
        "remediation",
        "waiver",
    ),
    *("primary", "recovery", "also", "critical", "high", "medium", "low"),
    *("pass", "fail", "unknown", "waived", "not_applicable", "accounts", "regions", "facts", "pass_when", "reasons"),
)
_RANK = {key: rank for rank, key in enumerate(_ORDER)}
_SETS = frozenset({"requirements", "checks", "findings", "accounts", "regions", "errors", "tables", "operations"})
_IDENTITY = ("id", "table", "account", "region", "service", "operation", "action", "code", "arn", "message")
_VERBATIM = frozenset({"evidence", "expected", "actual", "properties", "fields"})
"""What AWS or the code says of a resource, in the order in which it was said."""
_UNSEEN = re.compile(
    "[\x7f-\x9f\xad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ud800-\udfff\ufeff\ufff9-\ufffb]"
)


class Json:
    """The machine-readable results, complete."""

    filename = "results.json"

    def render(self, results: Mapping[str, Any]) -> Iterator[str]:
        """Keys in reading order, lists that are sets sorted, 2 spaces, a newline at the end.

        Characters that steer a terminal, and lone surrogates, which UTF-8 cannot hold, are written as JSON escapes.
        """
        findings = (_canonical(one) for one in sorted(results["findings"], key=_identity))
        ordered = _canonical({**results, "findings": []})
        for piece in json_pieces({**ordered, "findings": findings}):
            yield _UNSEEN.sub(lambda found: f"\\u{ord(found.group()):04x}", piece)


def _canonical(value: Any, key: str = "") -> Any:  # noqa: ANN401 - a JSON document, whatever is in it
    if key in _VERBATIM:
        return _finite(value)
    if isinstance(value, Mapping):
        keys = sorted(value, key=lambda name: (_RANK.get(name, len(_RANK)), name))
        return {name: _canonical(value[name], name) for name in keys}
    if isinstance(value, list | tuple):
        items = [_canonical(item) for item in value]
        return sorted(items, key=_identity) if key in _SETS else items
    return _finite(value)


def _identity(item: object) -> tuple[str, ...]:
    if not isinstance(item, Mapping):
        return (str(item),)
    if isinstance(item.get("resource"), Mapping):
        where = item["resource"]
        return (item["check"], where["account"], where["region"], where["arn"], item["id"])
    return tuple(str(item.get(key) or "") for key in _IDENTITY)


def _finite(value: Any) -> Any:  # noqa: ANN401 - a JSON document, whatever is in it
    """JSON has no NaN and no infinity: they become words."""
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    if isinstance(value, Mapping):
        return {key: _finite(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(item) for item in value]
    return value
