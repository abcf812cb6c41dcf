"""EventBridge: paging through targets."""

from __future__ import annotations

import base64
import binascii
from typing import Any

from auditor.demo.moto_gaps.engine import AwsError, Call, gap, needs

needs("moto.events.models:EventsBackend.list_targets_by_rule")

_MOST = 1_000_000


@gap("events", "ListTargetsByRule")
def list_targets_by_rule(call: Call) -> dict[str, Any]:
    """AWS pages through targets one by one (API_ListTargetsByRule); moto's token repeats where targets share an ARN."""
    asked = call.params()
    limit, start = asked.get("Limit", 100), _position(asked.get("NextToken"))
    try:
        found, _ = call.backend("events").list_targets_by_rule(
            asked["Rule"], asked.get("EventBusName"), limit=_MOST, next_token=None
        )
    except KeyError as error:
        raise AwsError("ResourceNotFoundException", f"Rule {asked['Rule']} does not exist.") from error
    answer = {"Targets": found[start : start + limit]}
    token = base64.b64encode(str(start + limit).encode()).decode()
    return answer | ({"NextToken": token} if start + limit < len(found) else {})


def _position(token: str | None) -> int:
    try:
        return int(base64.b64decode(token)) if token else 0
    except (binascii.Error, ValueError) as error:
        raise AwsError("ValidationException", "The token is not valid.") from error
