"""Route 53: the form of names in aliases, which record sets a deletion takes, and what health checkers see."""

from __future__ import annotations

from typing import Any

from auditor.demo.moto_gaps.elbv2_health import answers
from auditor.demo.moto_gaps.engine import AwsError, Call, gap, needs

needs(
    "moto.route53.models:Route53Backend.get_health_check",
    "moto.route53.models:RecordSet.resource_records",
    "moto.route53.models:FakeZone.delete_rrset_by_id",
)

_CHECKERS = (
    ("us-east-1", "15.177.2."),
    ("us-west-1", "15.177.6."),
    ("us-west-2", "15.177.10."),
    ("eu-west-1", "15.177.14."),
    ("ap-southeast-1", "15.177.18."),
    ("ap-southeast-2", "15.177.22."),
    ("ap-northeast-1", "15.177.26."),
    ("sa-east-1", "15.177.30."),
)
"""The regions of the checkers (API_HealthCheckObservation) and the beginnings of their addresses, two a region."""

_FOLLOWS = ("AlarmIdentifier", "InsufficientDataHealthStatus")
_OF_ENDPOINTS = ("Port", "RequestInterval", "FailureThreshold", "MeasureLatency", "EnableSNI")
_SUCCESS = "Success: HTTP Status Code 200, OK"
_UNAVAILABLE = "Failure: HTTP Status Code 503, Service Unavailable. Response body: <html></html>"
_UNRESOLVED = "Failure: DNS resolution failed: Rcode NXDomain(3)"
_HOPS = 4


@gap("route53", "ListResourceRecordSets")
def list_resource_record_sets(call: Call) -> dict[str, Any]:
    """AWS ends an alias target's DNSName with a dot (API_ListResourceRecordSets); moto answers what was sent."""
    answer = call.moto()
    for record in answer["ResourceRecordSets"]:
        alias = record.get("AliasTarget")
        if alias and not alias["DNSName"].endswith("."):
            alias["DNSName"] += "."
    return answer


@gap("route53", "ChangeResourceRecordSets")
def change_resource_record_sets(call: Call) -> dict[str, Any]:
    """AWS deletes the record set of that name, type and identifier (API_ResourceRecordSet); moto deletes every one of
    the zone with that identifier.
    """
    asked = call.params()
    zone = _backend(call).zones.get(asked["HostedZoneId"].rpartition("/")[2])
    before = list(zone.rrsets) if zone else []
    answer = call.moto()
    if zone:
        changed = [change["ResourceRecordSet"] for change in asked["ChangeBatch"]["Changes"]]
        named = {_which(one["Name"], one["Type"], one.get("SetIdentifier")) for one in changed}
        standing = {id(record) for record in zone.rrsets}
        zone.rrsets += [
            record
            for record in before
            if id(record) not in standing and _which(record.name, record.type, record.set_identifier) not in named
        ]
    return answer


def _which(name: str, kind: str, identifier: str | None) -> tuple[str, str, str]:
    return name.lower().rstrip("."), kind, identifier or ""


@gap("route53", "CreateHealthCheck", "GetHealthCheck", "ListHealthChecks")
def follow_alarms(call: Call) -> dict[str, Any]:
    """AWS keeps the alarm that a check follows instead of an endpoint (API_HealthCheckConfig); moto drops it, and
    answers a port and intervals.
    """
    answer = call.moto()
    if call.model.name == "CreateHealthCheck":
        asked = call.params()["HealthCheckConfig"]
        made = _backend(call).get_health_check(answer["HealthCheck"]["Id"])
        made.follows = {name: asked[name] for name in _FOLLOWS if name in asked}
    for one in [*answer.get("HealthChecks", []), *filter(None, [answer.get("HealthCheck")])]:
        config = one["HealthCheckConfig"]
        if config["Type"] == "CLOUDWATCH_METRIC":
            for name in _OF_ENDPOINTS:
                config.pop(name, None)
            config |= getattr(_backend(call).get_health_check(one["Id"]), "follows", {})
    return answer


@gap("route53", "GetHealthCheckStatus")
def get_health_check_status(call: Call) -> dict[str, Any]:
    """AWS answers what checkers in up to eight regions saw of the endpoint, and nothing for checks that have none
    (API_GetHealthCheckStatus); to moto one checker always succeeds. Here they see the account's own load balancers, by
    their names or through its records, and succeed where a healthy target stands behind them.
    """
    found = _backend(call).get_health_check(call.params()["HealthCheckId"])
    if found.type_ in ("CALCULATED", "CLOUDWATCH_METRIC", "RECOVERY_CONTROL"):
        raise AwsError("InvalidInput", f"There is no status of health checks of type {found.type_}.")
    if found.disabled:
        return {"HealthCheckObservations": []}
    seen = {"Status": _seen(call, found.fqdn, found.ip_address), "CheckedTime": call.date}
    return {
        "HealthCheckObservations": [
            {"Region": region, "IPAddress": address + str(number), "StatusReport": seen}
            for region, address in _CHECKERS
            for number in (10, 138)
            if not found.regions or region in found.regions
        ]
    }


def _backend(call: Call) -> Any:  # noqa: ANN401 - moto's own types
    return call.backend("route53", region="aws")


def _seen(call: Call, name: str | None, address: str | None, hops: int = 0) -> str:
    """What a checker sees of a name, or of an address: that of a record of the account answers, any other does not."""
    if address:
        known = any(address in (record.records or []) for record in _records(call))
        return _SUCCESS if known else "Failure: Connection timed out. The endpoint or the internet connection is down."
    plain = (name or "").lower().rstrip(".").removeprefix("dualstack.")
    serves = answers(call, plain)
    if serves is not None:
        return _SUCCESS if serves else _UNAVAILABLE
    for record in _records(call):
        if record.name.lower().rstrip(".") == plain and hops < _HOPS:
            if record.alias_target:
                return _seen(call, record.alias_target["DNSName"], None, hops + 1)
            if record.type == "CNAME" and record.records:
                return _seen(call, record.records[0], None, hops + 1)
            if record.type in ("A", "AAAA"):
                return _SUCCESS
    return _UNRESOLVED


def _records(call: Call) -> list[Any]:
    return [record for zone in _backend(call).zones.values() for record in zone.rrsets]
