"""The views about certificates, target groups in use, accelerators and health checks, on what AWS answers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from auditor import sql
from auditor.engine.reads import as_reads, statement_reads
from auditor.model import Read
from tests.test_views_dns_lb import BALANCER, CATALOGUE, LIBRARY, LISTENER, OTHER, OWNER, RULE, ask, listener, record

Items = dict[str, list[dict[str, Any]]]
CERTIFICATE = f"arn:aws:acm:us-east-1:{OWNER}:certificate/"
GROUP = f"arn:aws:elasticloadbalancing:us-east-1:{OWNER}:targetgroup/"
ACCELERATOR = f"arn:aws:globalaccelerator::{OWNER}:accelerator/a"
VIEWS = ("accelerator_endpoints", "accelerator_regions", "health_check_status", "health_checks_in_use",
         "listener_certificates", "target_groups_in_use")  # fmt: skip


def forward(*weighed: tuple[str, int | None]) -> dict[str, Any]:
    """A forward action, with weights where there are any."""
    tuples = [
        {"TargetGroupArn": GROUP + name, **({} if weight is None else {"Weight": weight})} for name, weight in weighed
    ]
    return {"Type": "forward", "ForwardConfig": {"TargetGroups": tuples}}


def rule(number: int, *actions: dict[str, Any], default: bool = False) -> dict[str, Any]:
    """A rule of the listener."""
    priority = "default" if default else str(number)
    return {"RuleArn": f"{RULE}/{number}", "ListenerArn": LISTENER, "Priority": priority, "IsDefault": default,
            "Actions": list(actions)}  # fmt: skip


# ------------------------------------------------------------------------------------------- certificates


def test_each_certificate_of_a_listener_is_there_once(tmp_path: Path) -> None:
    default, further = {"CertificateArn": CERTIFICATE + "default"}, {"CertificateArn": CERTIFICATE + "further"}
    tables: Items = {
        "elbv2_listeners": [
            listener("HTTPS", LISTENER, Port=443, Certificates=[default],
                     ListenerCertificates=[{**default, "IsDefault": True}, {**default, "IsDefault": False}, further]),
            listener("HTTPS", f"{LISTENER}b", Port=8443, Certificates=[default]),
            listener("TLS", f"{LISTENER}c", Port=444, ListenerCertificates=[{**further, "IsDefault": False}]),
            listener("HTTP", f"{LISTENER}d"),
            listener("HTTPS", f"{LISTENER}e", Certificates=[{}]),
        ]
    }  # fmt: skip
    query = "SELECT listener, certificate, is_default FROM listener_certificates"
    assert ask(tmp_path, tables, query) == [
        ("web:443", CERTIFICATE + "default", True),
        ("web:443", CERTIFICATE + "further", False),
        ("web:444", CERTIFICATE + "further", False),
        ("web:8443", CERTIFICATE + "default", True),
    ]


# ------------------------------------------------------------------------------------------- target groups


def test_target_groups_in_use_get_traffic_by_a_default_action_or_a_rule(tmp_path: Path) -> None:
    tables: Items = {
        "elbv2_listeners": [
            listener("HTTP", LISTENER, DefaultActions=[forward(("blue", 90), ("green", 0), ("third", None))]),
            listener("HTTPS", f"{LISTENER}s", DefaultActions=[
                {"Type": "authenticate-oidc"}, {"Type": "forward", "TargetGroupArn": GROUP + "blue"}]),
            listener("TCP", f"{LISTENER}t", DefaultActions=[{"Type": "redirect"}, {"Type": "forward"}]),
            listener("TCP", f"{LISTENER}u"),
        ],
        "elbv2_rules": [
            rule(1, forward(("ruled", 1))),
            rule(2, forward(("green", 0)), forward(("ruled", 5))),
            rule(3, forward(("default", 1)), default=True),
            {**rule(4, forward(("stray", 1))), "ListenerArn": f"{LISTENER}gone"},
        ],
    }  # fmt: skip
    query = f"""
    SELECT replace(arn, '{GROUP}', ''), weight, [replace(one, '{LISTENER}', '') for one in listeners]
    FROM target_groups_in_use WHERE LoadBalancerArn = '{BALANCER}'
    """  # noqa: S608 - our own text
    assert ask(tmp_path, tables, query) == [
        ("blue", 90, ["", "s"]),
        ("ruled", 5, [""]),
        ("third", 1, [""]),
    ]


# ------------------------------------------------------------------------------------------- accelerators


def _endpoint_group(number: int, *endpoints: dict[str, Any], **more: object) -> dict[str, Any]:
    described = {"EndpointDescriptions": list(endpoints)} if endpoints else {}
    above = {"AcceleratorArn": ACCELERATOR, "ListenerArn": f"{ACCELERATOR}/listener/l"}
    arn = f"{ACCELERATOR}/listener/l/endpoint-group/{number}"
    return {**above, "EndpointGroupArn": arn, "EndpointGroupRegion": "us-east-1", **described, **more}


def test_each_endpoint_is_told_with_what_it_is(tmp_path: Path) -> None:
    there = {"LoadBalancerArn": BALANCER, "LoadBalancerName": "web"}
    theirs = BALANCER.replace(OWNER, OTHER)
    unseen = BALANCER.replace(OWNER, "999988887777")
    far = BALANCER.replace("us-east-1", "ap-south-1")
    tables: Items = {
        "elbv2_load_balancers": [there],
        "globalaccelerator_accelerators": [
            {"AcceleratorArn": ACCELERATOR, "Name": "a", "Enabled": True, "Status": "DEPLOYED"},
            {"AcceleratorArn": f"{ACCELERATOR}b", "Name": "b", "Enabled": True, "Status": "IN_PROGRESS"},
            {"AcceleratorArn": f"{ACCELERATOR}c", "Name": "c"},
        ],
        "globalaccelerator_listeners": [
            {"ListenerArn": f"{ACCELERATOR}/listener/l", "AcceleratorArn": ACCELERATOR},
            {"ListenerArn": f"{ACCELERATOR}b/listener/l", "AcceleratorArn": f"{ACCELERATOR}b"},
        ],
        "globalaccelerator_endpoint_groups": [
            _endpoint_group(1, {"EndpointId": BALANCER, "HealthState": "HEALTHY"},
                            {"EndpointId": f"{BALANCER}x", "Weight": 0, "HealthState": "UNHEALTHY"}),
            _endpoint_group(2, {"EndpointId": "eipalloc-1"}, TrafficDialPercentage=0.0),
            _endpoint_group(3),
            _endpoint_group(4, {"EndpointId": theirs}, {"EndpointId": unseen}, {"EndpointId": far}),
        ],
    }  # fmt: skip
    query = """
    SELECT name, is_active, right(endpoint_group, 1), dial, endpoint, weight, health, endpoint_kind, exists_
    FROM accelerator_endpoints
    """
    assert ask(tmp_path, tables, query) == sorted(
        [
            ("a", True, "1", 100.0, BALANCER, 128, "HEALTHY", "load balancer", True),
            ("a", True, "1", 100.0, f"{BALANCER}x", 0, "UNHEALTHY", "load balancer", False),
            ("a", True, "2", 0.0, "eipalloc-1", 128, None, "other", False),
            ("a", True, "3", 100.0, None, 128, None, None, None),
            ("a", True, "4", 100.0, theirs, 128, None, "load balancer", None),
            ("a", True, "4", 100.0, unseen, 128, None, "load balancer", None),
            ("a", True, "4", 100.0, far, 128, None, "load balancer", None),
            ("b", False, None, None, None, None, None, None, None),
            ("c", None, None, None, None, None, None, None, None),
        ],
        key=str,
    )


def test_what_a_listener_lacks_in_each_region_is_said(tmp_path: Path) -> None:
    tables: Items = {
        "elbv2_load_balancers": [{"LoadBalancerArn": BALANCER, "LoadBalancerName": "web"}],
        "globalaccelerator_accelerators": [{"AcceleratorArn": ACCELERATOR, "Name": "a"}],
        "globalaccelerator_listeners": [
            {"ListenerArn": f"{ACCELERATOR}/listener/l", "AcceleratorArn": ACCELERATOR},
            {"ListenerArn": f"{ACCELERATOR}/listener/m", "AcceleratorArn": ACCELERATOR},
        ],
        "globalaccelerator_endpoint_groups": [
            _endpoint_group(1, {"EndpointId": BALANCER, "HealthState": "HEALTHY"}),
            _endpoint_group(
                2,
                {"EndpointId": "i-1", "HealthState": "UNHEALTHY"},
                {"EndpointId": BALANCER, "HealthState": "INITIAL"},
                EndpointGroupRegion="us-west-2",
                TrafficDialPercentage=0.0,
            ),
        ],
    }  # fmt: skip
    query = "SELECT right(listener, 1), region, labels, problems, doubts FROM accelerator_regions"
    assert ask(tmp_path, tables, query) == [
        ("l", "us-east-1", ["web"], [], []),
        (
            "l", "us-west-2", ["i-1", "web"],
            [
                "the traffic dial of us-west-2 is at 0 %",
                "in us-west-2 these endpoints are no load balancers: i-1",
                "in us-west-2 these endpoints are not healthy: i-1 (UNHEALTHY)",
            ],
            ["the health of web (INITIAL) in us-west-2 is not known yet"],
        ),
        ("m", "us-east-1", None, ["no endpoint group in us-east-1"], []),
        ("m", "us-west-2", None, ["no endpoint group in us-west-2"], []),
    ]  # fmt: skip


# ------------------------------------------------------------------------------------------- health checks


def _check(name: str, *reports: str | None, kind: str = "HTTPS", **config: object) -> dict[str, Any]:
    observed = [{"StatusReport": {"Status": told}} if told else {} for told in reports]
    return {"Id": name, "HealthCheckConfig": {"Type": kind, **config}, "HealthCheckObservations": observed}


def _measured(value: float, minute: int, dimensions: str) -> dict[str, Any]:
    return {"region": "global", "parent": {"arn": f"metric/{dimensions}"}, "Namespace": "AWS/Route53",
            "MetricName": "HealthCheckStatus", "DimensionValues": dimensions, "Minimum": value,
            "Timestamp": f"2026-06-15T11:{minute}:00Z"}  # fmt: skip


GOOD, BAD = "Success: HTTP Status Code 200, OK", "Failure: Connection timed out."
STATUS = {
    "most": (_check("id", GOOD, GOOD, BAD), [], True),
    "half": (_check("id", GOOD, BAD), [], False),
    "none": (_check("id", BAD), [], False),
    "no report": (_check("id"), [], None),
    "undecided": (_check("id", GOOD, None), [], None),
    "undecided, but half fail": (_check("id", BAD, None), [], False),
    "inverted": (_check("id", BAD, Inverted=True), [], True),
    "disabled": (_check("id", GOOD, Disabled=True), [_measured(1, 58, "id")], None),
    "the metric first": (_check("id", BAD), [_measured(1, 58, "id")], True),
    "its latest value": (_check("id", GOOD), [_measured(1, 57, "id"), _measured(0, 58, "id")], False),
    "with further dimensions": (_check("id", BAD), [_measured(1, 58, "id,us-east-1")], True),
    "another's metric": (_check("id", BAD), [_measured(1, 58, "other")], False),
    "calculated": (_check("id", kind="CALCULATED"), [], None),
    "calculated, with a metric": (_check("id", kind="CALCULATED"), [_measured(0, 58, "id")], False),
}


@pytest.mark.parametrize("name", STATUS)
def test_a_health_check_is_healthy_by_its_metric_or_by_most_checkers(tmp_path: Path, name: str) -> None:
    check, measured, healthy = STATUS[name]
    tables: Items = {"route53_health_checks": [check], "cloudwatch_health_check_statistics": measured}
    assert ask(tmp_path, tables, "SELECT Id, is_healthy FROM health_check_status") == [("id", healthy)]


def test_health_checks_in_use_are_those_of_records_and_below_them(tmp_path: Path) -> None:
    tables: Items = {
        "route53_hosted_zones": [{"Id": "/hostedzone/Z2", "Name": "example.net."}],
        "route53_health_checks": [
            _check("top", kind="CALCULATED", ChildHealthChecks=["middle", "leaf"]),
            _check("middle", kind="CALCULATED", ChildHealthChecks=["top", "deep"]),
            _check("leaf"),
            _check("deep"),
            _check("unused", kind="CALCULATED", ChildHealthChecks=["alone"]),
            _check("alone"),
            {**_check("theirs"), "account": OTHER},
        ],
        "route53_record_sets": [
            record("a.example.org.", HealthCheckId="top"),
            record("b.example.org.", HealthCheckId="leaf"),
            record("c.example.org.", HealthCheckId="theirs"),
            record("d.example.org.", HealthCheckId="gone"),
            record("e.example.org.", HealthCheckId=""),
            record("f.example.org."),
            record("g.example.net.", zone="Z2", HealthCheckId="unused"),
        ],
    }
    query = "SELECT id, owner, used_by FROM health_checks_in_use"
    found = ask(tmp_path, tables, query, ("arn:aws:route53:::hostedzone/Z2",))
    assert found == [
        ("deep", OWNER, ["health check middle"]),
        ("gone", None, ["d.example.org. (A)"]),
        ("leaf", OWNER, ["b.example.org. (A)", "health check top"]),
        ("middle", OWNER, ["health check top"]),
        ("theirs", OTHER, ["c.example.org. (A)"]),
        ("top", OWNER, ["a.example.org. (A)", "health check middle"]),
    ]


# ------------------------------------------------------------------------------------------- what they take


@pytest.mark.parametrize(
    ("view", "details"),
    [
        ("accelerator_endpoints", set()),
        ("accelerator_regions", set()),
        ("health_check_status", {"GetHealthCheckStatus"}),
        ("health_checks_in_use", set()),
        ("listener_certificates", {"DescribeListenerCertificates"}),
        ("target_groups_in_use", set()),
    ],
)
def test_views_ask_for_no_more_than_they_need(view: str, details: set[str]) -> None:
    asked: set[str] = set()
    for read in as_reads(statement_reads(f"SELECT 1 FROM {view}", LIBRARY.engine_schema)):  # noqa: S608 - our own names
        asked |= {action.operation for action in CATALOGUE.actions(read)}
        asked -= {action.operation for action in CATALOGUE.actions(Read(read.table))}
    assert asked == details


def test_no_view_of_ours_selects_everything() -> None:
    for name in VIEWS:
        assert "*" not in sql.read(LIBRARY.views[name]).identifiers, name
