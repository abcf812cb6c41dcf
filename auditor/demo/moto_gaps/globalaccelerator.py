"""Global Accelerator, which moto lacks altogether: accelerators, listeners and endpoint groups, with their health.

https://docs.aws.amazon.com/global-accelerator/latest/api/
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from moto.core.base_backend import BackendDict, BaseBackend
from moto.moto_api._internal import mock_random

from auditor.demo.moto_gaps.elbv2_health import answers
from auditor.demo.moto_gaps.engine import AwsError, Call, gap, needs, whole_service

whole_service("globalaccelerator")
needs("moto.core.base_backend:BackendDict", "moto.moto_api._internal:mock_random.uuid4")

_PAGE = 10
"""How many items a list answers, unless MaxResults says otherwise."""


class _Backend(BaseBackend):
    """What an account has of Global Accelerator."""

    def __init__(self, region_name: str, account_id: str) -> None:
        super().__init__(region_name, account_id)
        self.accelerators: dict[str, dict[str, Any]] = {}
        self.listeners: dict[str, dict[str, Any]] = {}
        self.groups: dict[str, dict[str, Any]] = {}
        self.tags: dict[str, dict[str, str]] = {}


_backends = BackendDict(_Backend, "globalaccelerator", use_boto3_regions=False, additional_regions=["aws"])
"""In moto's own kind of store, so that an account's state is put in place and taken away with all the rest of it."""


def _own(call: Call) -> _Backend:
    found: _Backend = _backends[call.account]["aws"]
    return found


def _there(kept: dict[str, dict[str, Any]], arn: str, kind: str) -> dict[str, Any]:
    if arn not in kept:
        raise AwsError(f"{kind}NotFoundException", f"The {kind.lower()} {arn} does not exist.")
    return kept[arn]


def _page(call: Call, key: str, items: list[dict[str, Any]]) -> dict[str, Any]:
    """A page of a list, and the token for the next one where there is one."""
    params = call.params()
    start, size = int(params.get("NextToken", 0)), params.get("MaxResults", _PAGE)
    more = {"NextToken": str(start + size)} if start + size < len(items) else {}
    return {key: items[start : start + size], **more}


# ------------------------------------------------------------------------------------------- accelerators


@gap("globalaccelerator", "CreateAccelerator")
def create_accelerator(call: Call) -> dict[str, Any]:
    """AWS makes it enabled, with two addresses, and deploys it in minutes (API_CreateAccelerator); here at once."""
    params, own = call.params(), _own(call)
    now = datetime.now(UTC)
    arn = f"arn:aws:globalaccelerator::{call.account}:accelerator/{mock_random.uuid4()}"
    number = len(own.accelerators) + 1
    own.accelerators[arn] = {
        "AcceleratorArn": arn,
        "Name": params["Name"],
        "IpAddressType": params.get("IpAddressType", "IPV4"),
        "Enabled": params.get("Enabled", True),
        "IpSets": [
            {
                "IpFamily": "IPv4",
                "IpAddresses": [f"192.0.2.{number}", f"198.51.100.{number}"],
                "IpAddressFamily": "IPv4",
            }
        ],
        "DnsName": f"a{mock_random.get_random_hex(16)}.awsglobalaccelerator.com",
        "Status": "DEPLOYED",
        "CreatedTime": now,
        "LastModifiedTime": now,
    }
    own.tags[arn] = {tag["Key"]: tag["Value"] for tag in params.get("Tags", [])}
    return {"Accelerator": own.accelerators[arn]}


@gap("globalaccelerator", "UpdateAccelerator")
def update_accelerator(call: Call) -> dict[str, Any]:
    """AWS changes name, kind of addresses and whether it is enabled (API_UpdateAccelerator)."""
    params = call.params()
    found = _there(_own(call).accelerators, params["AcceleratorArn"], "Accelerator")
    found.update({name: params[name] for name in ("Name", "IpAddressType", "Enabled") if name in params})
    return {"Accelerator": found}


@gap("globalaccelerator", "DescribeAccelerator")
def describe_accelerator(call: Call) -> dict[str, Any]:
    """As AWS does (API_DescribeAccelerator)."""
    return {"Accelerator": _there(_own(call).accelerators, call.params()["AcceleratorArn"], "Accelerator")}


@gap("globalaccelerator", "ListAccelerators")
def list_accelerators(call: Call) -> dict[str, Any]:
    """AWS answers an empty list where there are none (API_ListAccelerators)."""
    return _page(call, "Accelerators", list(_own(call).accelerators.values()))


@gap("globalaccelerator", "DeleteAccelerator")
def delete_accelerator(call: Call) -> dict[str, Any]:
    """AWS deletes what is disabled and has no listeners (API_DeleteAccelerator)."""
    own, arn = _own(call), call.params()["AcceleratorArn"]
    if _there(own.accelerators, arn, "Accelerator")["Enabled"]:
        raise AwsError("AcceleratorNotDisabledException", "The accelerator must be disabled before it is deleted.")
    if any(listener.startswith(f"{arn}/") for listener in own.listeners):
        raise AwsError("AssociatedListenerFoundException", "The accelerator has listeners.")
    del own.accelerators[arn], own.tags[arn]
    return {}


# ------------------------------------------------------------------------------------------- listeners, endpoint groups


@gap("globalaccelerator", "CreateListener")
def create_listener(call: Call) -> dict[str, Any]:
    """As AWS does (API_CreateListener): without affinity, unless asked otherwise."""
    params, own = call.params(), _own(call)
    accelerator = _there(own.accelerators, params["AcceleratorArn"], "Accelerator")["AcceleratorArn"]
    arn = f"{accelerator}/listener/{mock_random.get_random_hex(8)}"
    own.listeners[arn] = {
        "ListenerArn": arn,
        "PortRanges": params["PortRanges"],
        "Protocol": params["Protocol"],
        "ClientAffinity": params.get("ClientAffinity", "NONE"),
    }
    return {"Listener": own.listeners[arn]}


@gap("globalaccelerator", "ListListeners")
def list_listeners(call: Call) -> dict[str, Any]:
    """As AWS does (API_ListListeners)."""
    own = _own(call)
    above = _there(own.accelerators, call.params()["AcceleratorArn"], "Accelerator")["AcceleratorArn"]
    return _page(call, "Listeners", [found for arn, found in own.listeners.items() if arn.startswith(f"{above}/")])


@gap("globalaccelerator", "DeleteListener")
def delete_listener(call: Call) -> dict[str, Any]:
    """AWS deletes what has no endpoint groups (API_DeleteListener)."""
    own, arn = _own(call), call.params()["ListenerArn"]
    listener = _there(own.listeners, arn, "Listener")
    if any(_is_under(group, listener) for group in own.groups):
        raise AwsError("AssociatedEndpointGroupFoundException", "The listener has endpoint groups.")
    del own.listeners[arn]
    return {}


@gap("globalaccelerator", "CreateEndpointGroup")
def create_endpoint_group(call: Call) -> dict[str, Any]:
    """As AWS does (API_CreateEndpointGroup): all traffic, weights of 128, TCP health checks, one group a region."""
    params, own = call.params(), _own(call)
    listener = _there(own.listeners, params["ListenerArn"], "Listener")
    region = params["EndpointGroupRegion"]
    if any(_is_under(arn, listener) and found["EndpointGroupRegion"] == region for arn, found in own.groups.items()):
        raise AwsError("EndpointGroupAlreadyExistsException", f"The listener has an endpoint group in {region}.")
    arn = f"{listener['ListenerArn']}/endpoint-group/{mock_random.get_random_hex(12)}"
    own.groups[arn] = {
        "EndpointGroupArn": arn,
        "EndpointGroupRegion": region,
        "EndpointDescriptions": _endpoints(params.get("EndpointConfigurations", [])),
        "TrafficDialPercentage": params.get("TrafficDialPercentage", 100.0),
        "HealthCheckPort": params.get("HealthCheckPort", listener["PortRanges"][0]["FromPort"]),
        "HealthCheckProtocol": params.get("HealthCheckProtocol", "TCP"),
        "HealthCheckIntervalSeconds": params.get("HealthCheckIntervalSeconds", 30),
        "ThresholdCount": params.get("ThresholdCount", 3),
        "PortOverrides": params.get("PortOverrides", []),
    }
    if own.groups[arn]["HealthCheckProtocol"] != "TCP":
        own.groups[arn]["HealthCheckPath"] = params.get("HealthCheckPath", "/")
    return {"EndpointGroup": _with_health(call, own.groups[arn])}


@gap("globalaccelerator", "UpdateEndpointGroup")
def update_endpoint_group(call: Call) -> dict[str, Any]:
    """As AWS does (API_UpdateEndpointGroup); configurations replace those that were there."""
    params = call.params()
    found = _there(_own(call).groups, params["EndpointGroupArn"], "EndpointGroup")
    if "EndpointConfigurations" in params:
        found["EndpointDescriptions"] = _endpoints(params["EndpointConfigurations"])
    kept = ("TrafficDialPercentage", "HealthCheckPort", "HealthCheckProtocol", "HealthCheckPath", "ThresholdCount")
    found.update({name: params[name] for name in (*kept, "HealthCheckIntervalSeconds") if name in params})
    return {"EndpointGroup": _with_health(call, found)}


@gap("globalaccelerator", "DeleteEndpointGroup")
def delete_endpoint_group(call: Call) -> dict[str, Any]:
    """As AWS does (API_DeleteEndpointGroup)."""
    groups, arn = _own(call).groups, call.params()["EndpointGroupArn"]
    _there(groups, arn, "EndpointGroup")
    del groups[arn]
    return {}


@gap("globalaccelerator", "ListEndpointGroups")
def list_endpoint_groups(call: Call) -> dict[str, Any]:
    """As AWS does (API_ListEndpointGroups), with the health of each endpoint as it is now."""
    own = _own(call)
    listener = _there(own.listeners, call.params()["ListenerArn"], "Listener")
    groups = [_with_health(call, found) for arn, found in own.groups.items() if _is_under(arn, listener)]
    return _page(call, "EndpointGroups", groups)


def _is_under(arn: str, listener: dict[str, Any]) -> bool:
    return arn.startswith(f"{listener['ListenerArn']}/")


def _endpoints(asked: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [
        {
            "EndpointId": endpoint["EndpointId"],
            "Weight": endpoint.get("Weight", 128),
            "ClientIPPreservationEnabled": endpoint.get(
                "ClientIPPreservationEnabled", ":loadbalancer/app/" in endpoint["EndpointId"]
            ),
        }
        for endpoint in asked
    ]


def _with_health(call: Call, group: dict[str, Any]) -> dict[str, Any]:
    """A load balancer is healthy where a healthy target stands behind it; Elastic IP addresses and instances answer."""
    described = []
    for endpoint in group["EndpointDescriptions"]:
        is_balancer = ":loadbalancer/" in endpoint["EndpointId"]
        healthy = answers(call, endpoint["EndpointId"]) if is_balancer else True
        described.append({**endpoint, "HealthState": "HEALTHY" if healthy else "UNHEALTHY"})
    return {**group, "EndpointDescriptions": described}


# ------------------------------------------------------------------------------------------- tags


@gap("globalaccelerator", "TagResource", "UntagResource")
def tag_resource(call: Call) -> dict[str, Any]:
    """As AWS does (API_TagResource, API_UntagResource)."""
    params, tags = call.params(), _own(call).tags
    kept = _there(tags, params["ResourceArn"], "Accelerator")
    kept.update({tag["Key"]: tag["Value"] for tag in params.get("Tags", [])})
    for key in params.get("TagKeys", []):
        kept.pop(key, None)
    return {}


@gap("globalaccelerator", "ListTagsForResource")
def list_tags_for_resource(call: Call) -> dict[str, Any]:
    """As AWS does (API_ListTagsForResource)."""
    kept = _there(_own(call).tags, call.params()["ResourceArn"], "Accelerator")
    return {"Tags": [{"Key": key, "Value": value} for key, value in kept.items()]}
