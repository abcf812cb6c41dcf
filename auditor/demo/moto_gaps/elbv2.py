"""Elastic Load Balancing v2: defaults that AWS fills in."""

from __future__ import annotations

from typing import Any

from auditor.demo.moto_gaps.engine import Call, gap

_ZONES = {
    "us-east-1": "Z35SXDOTRQ7X7K",
    "us-east-2": "Z3AADJGX6KTTL2",
    "us-west-1": "Z368ELLRRE2KJ0",
    "us-west-2": "Z1H1FL5HABSF5",
    "eu-west-1": "Z32O12XQLNTSW2",
    "eu-central-1": "Z215JYRZR1TBD5",
}
"""Hosted zones of application load balancers (AWS General Reference, "Elastic Load Balancing endpoints and quotas")."""

_ATTRIBUTES = {
    "access_logs.s3.enabled": "false",
    "connection_logs.s3.enabled": "false",
    "connection_logs.s3.bucket": "",
    "connection_logs.s3.prefix": "",
    "client_keep_alive.seconds": "3600",
    "idle_timeout.timeout_seconds": "60",
    "ipv6.deny_all_igw_traffic": "false",
    "routing.http.desync_mitigation_mode": "defensive",
    "routing.http.drop_invalid_header_fields.enabled": "false",
    "routing.http.preserve_host_header.enabled": "false",
    "routing.http.x_amzn_tls_version_and_cipher_suite.enabled": "false",
    "routing.http.xff_client_port.enabled": "false",
    "routing.http.xff_header_processing.mode": "append",
    "routing.http2.enabled": "true",
    "waf.fail_open.enabled": "false",
    "zonal_shift.config.enabled": "false",
}


@gap("elbv2", "CreateLoadBalancer", "DescribeLoadBalancers")
def load_balancers(call: Call) -> dict[str, Any]:
    """AWS makes load balancers internet-facing by default, in its own zones (API_LoadBalancer); moto has no default."""
    answer = call.moto()
    for balancer in answer.get("LoadBalancers", []):
        balancer.setdefault("Scheme", "internet-facing")
        if balancer.get("Type") == "application":
            balancer["CanonicalHostedZoneId"] = _ZONES.get(call.region, balancer["CanonicalHostedZoneId"])
        for zone in balancer.get("AvailabilityZones", []):
            zone.setdefault("LoadBalancerAddresses", [])
    return answer


@gap("elbv2", "DescribeLoadBalancerAttributes")
def load_balancer_attributes(call: Call) -> dict[str, Any]:
    """AWS answers every attribute, with its default (API_LoadBalancerAttribute); moto four, cross-zone off."""
    answer = call.moto()
    said = {attribute["Key"]: attribute["Value"] for attribute in answer["Attributes"]}
    if ":loadbalancer/app/" in call.params()["LoadBalancerArn"]:
        said = {**_ATTRIBUTES, **said, "load_balancing.cross_zone.enabled": "true"}
    return {"Attributes": [{"Key": key, "Value": value} for key, value in sorted(said.items())]}


@gap("elbv2", "CreateListener", "DescribeListeners", "ModifyListener")
def listeners(call: Call) -> dict[str, Any]:
    """AWS spells a forward out as ForwardConfig and numbers actions (API_Action); moto answers what was sent.

    AWS describes a listener with its default certificate alone (API_Listener); moto with those for further names too.
    """
    answer = call.moto()
    for listener in answer.get("Listeners", []):
        _spell_out(listener.get("DefaultActions", []))
        if not listener.get("AlpnPolicy"):
            listener.pop("AlpnPolicy", None)
        if listener.get("Certificates"):
            listener["Certificates"] = listener["Certificates"][:1]
    return answer


@gap("elbv2", "DescribeTargetGroups")
def target_groups(call: Call) -> dict[str, Any]:
    """AWS names a load balancer once, however many rules of it forward (API_TargetGroup); moto names it each time."""
    answer = call.moto()
    for group in answer.get("TargetGroups", []):
        group["LoadBalancerArns"] = list(dict.fromkeys(group.get("LoadBalancerArns", [])))
    return answer


@gap("elbv2", "CreateRule", "DescribeRules", "ModifyRule")
def rules(call: Call) -> dict[str, Any]:
    """As for listeners (API_Rule)."""
    answer = call.moto()
    for rule in answer.get("Rules", []):
        _spell_out(rule.get("Actions", []))
    return answer


def _spell_out(actions: list[dict[str, Any]]) -> None:
    for order, action in enumerate(actions, start=1):
        action.setdefault("Order", order)
        if action.get("Type") == "forward" and action.get("TargetGroupArn"):
            action.setdefault(
                "ForwardConfig", {"TargetGroups": [{"TargetGroupArn": action["TargetGroupArn"], "Weight": 1}]}
            )
        if action.get("ForwardConfig"):
            action["ForwardConfig"].setdefault("TargetGroupStickinessConfig", {"Enabled": False})
