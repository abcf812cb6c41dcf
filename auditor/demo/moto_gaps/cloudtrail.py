"""CloudTrail: what a trail records, in each region in which it shows."""

from __future__ import annotations

from typing import Any

from auditor.demo.moto_gaps.engine import AwsError, Call, gap, needs

needs("moto.cloudtrail.models:Trail.get_event_selectors")

_EVERYTHING = {
    "ReadWriteType": "All",
    "IncludeManagementEvents": True,
    "DataResources": [],
    "ExcludeManagementEventSources": [],
}


@gap("cloudtrail", "GetEventSelectors")
def get_event_selectors(call: Call) -> dict[str, Any]:
    """AWS answers its default, all management events, for a trail without selectors of its own, in every region
    (API_GetEventSelectors); moto answers none, and knows a trail in its own region only.
    """
    named = call.params()["TrailName"]
    for backend in _backends(call):
        for trail in backend.trails.values():
            if named in (trail.arn, trail.trail_name):
                selectors, advanced = trail.get_event_selectors()
                if advanced:
                    return {"TrailARN": trail.arn, "AdvancedEventSelectors": advanced}
                return {"TrailARN": trail.arn, "EventSelectors": selectors or [_EVERYTHING]}
    raise AwsError("TrailNotFoundException", f"Unknown trail: {named} for the user: {call.account}")


@gap("cloudtrail", "DescribeTrails")
def describe_trails(call: Call) -> dict[str, Any]:
    """AWS tells whether a trail was given selectors (API_Trail, HasCustomEventSelectors); to moto none ever was."""
    answer = call.moto()
    given = {trail.arn for backend in _backends(call) for trail in backend.trails.values() if any(_selectors(trail))}
    for trail in answer.get("trailList", []):
        trail["HasCustomEventSelectors"] = trail["TrailARN"] in given
    return answer


def _selectors(trail: Any) -> tuple[Any, Any]:  # noqa: ANN401 - moto's own types
    selectors, advanced = trail.get_event_selectors()
    return selectors, advanced


def _backends(call: Call) -> list[Any]:
    """The account's trails, a backend of moto's a region, the request's own first."""
    from moto.cloudtrail.models import cloudtrail_backends

    own = call.backend("cloudtrail")
    return [own, *(backend for backend in list(cloudtrail_backends[call.account].values()) if backend is not own)]
