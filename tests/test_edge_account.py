"""An account with load balancers, DNS and an accelerator: as documented it passes, each fault is found where it is."""

from __future__ import annotations

import fnmatch
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import pytest

from auditor.cli import audits
from auditor.cli.options import Options
from auditor.demo.account import EmbeddedAccount
from auditor.demo.worlds.accelerator import build_accelerator
from auditor.demo.worlds.building import PRIMARY, RECOVERY, Builder
from auditor.demo.worlds.edge import (
    UNREACHABLE,
    Balancer,
    TargetGroups,
    Zone,
    build_balancer,
    import_certificate,
    upload_server_certificate,
)
from auditor.demo.worlds.network import Network, Plan, build_network

pytestmark = pytest.mark.filterwarnings("ignore")

REQUIREMENTS = ("LB-03", "LB-04", "LB-05", "LB-06", "DNS-01", "DNS-04", "DNS-05")
CERTIFICATES = "certificate-not-issued-or-expiring"
COLORS = "no-blue-and-green-target-groups"
TARGETS = "target-group-without-healthy-target"
ACCELERATOR = "no-accelerator-to-load-balancers-in-each-region"
DOMAIN = "hosted-zone-under-reserved-domain"
HEALTH = "health-check-not-healthy"
RTO = "failover-exceeds-recovery-time-objective"
RTO_BY_TARGETS = "target-health-failover-exceeds-recovery-time-objective"
Verdicts = Mapping[tuple[str, str], tuple[str, str]]
"""Check and the resource's name -> status and message."""


@dataclass
class Site:
    """What is built, for faults to be put in."""

    builder: Builder
    networks: dict[str, Network]
    balancers: dict[str, Balancer]
    zone: Zone

    def client(self, service: str, region: str = PRIMARY) -> Any:  # noqa: ANN401 - boto3 is untyped
        return self.builder.client(service, region)


def build() -> Site:
    """The ideal edge: two regions, an accelerator over both, a failover name with health checks of two kinds."""
    builder = Builder(boto3.Session(), project="trading", ideal=True, endpoint_url=None)
    networks = {
        PRIMARY: build_network(builder, Plan(PRIMARY, "trading", "10.0.0.0/16")),
        RECOVERY: build_network(builder, Plan(RECOVERY, "trading-dr", "10.1.0.0/16")),
    }
    balancers = {
        PRIMARY: build_balancer(builder, networks[PRIMARY], "trading-alb-prod"),
        RECOVERY: build_balancer(builder, networks[RECOVERY], "trading-dr-alb-prod"),
    }
    zone = Zone(builder, "trading-platform-prod.net")
    zone.alias("dr", balancers[RECOVERY])
    first = zone.health_check("trading-primary-prod", balancers[PRIMARY].dns_name, RequestInterval=10)
    second = zone.health_check("trading-dr-prod", "dr.trading-platform-prod.net")
    both = zone.calculated("trading-any-prod", (first, second))
    zone.measure(both)
    zone.alias("api", balancers[PRIMARY], "PRIMARY", first)
    zone.alias("api", balancers[RECOVERY], "SECONDARY", second)
    zone.cname("db", "orders.us-east-1.rds.amazonaws.com", "PRIMARY", both)
    zone.cname("db", "orders.us-west-2.rds.amazonaws.com", "SECONDARY")
    zone.alias("app", balancers[PRIMARY], "PRIMARY")
    zone.alias("app", balancers[RECOVERY], "SECONDARY")
    build_accelerator(builder, "trading-prod", {region: balancer.arn for region, balancer in balancers.items()})
    return Site(builder, networks, balancers, zone)


def audit(folder: Path, *checks: str) -> tuple[Mapping[str, str], Verdicts]:
    """Requirement -> status, and every verdict; of all our checks, or of some."""
    standard = folder / "edge.toml"
    standard.write_text(
        f'[edge]\ntitle = "Edge"\nprimary = "{PRIMARY}"\nrecovery = ["{RECOVERY}"]\n'
        f"requirements = {json.dumps(REQUIREMENTS)}\n"
    )
    config = folder / "config.toml"
    config.write_text('standard = "edge.toml"\nenvironment = "production"\nenvironment_suffix = "prod"\n')
    output = folder / "audit"
    audits.run(Options(config=config, output=output, format=("json",), check=checks, quiet=True), None)
    results = json.loads((output / "results.json").read_bytes())
    assert results["audit"]["complete"], results["collection"]["errors"]
    told = {one["id"]: one["status"] for one in results["requirements"]}
    findings = results["findings"]
    return told, {
        (one["check"], one["resource"].get("name") or one["resource"]["arn"]): (one["status"], one["message"])
        for one in findings
    }


@pytest.fixture
def site() -> Iterator[Site]:
    with EmbeddedAccount(worlds=()):
        yield build()


def test_as_documented_everything_passes(site: Site, tmp_path: Path) -> None:
    told, verdicts = audit(tmp_path)
    assert {name: status for name, status in told.items() if name in REQUIREMENTS} == dict.fromkeys(
        REQUIREMENTS, "pass"
    )
    assert {check for check, _ in verdicts} == {
        CERTIFICATES, COLORS, TARGETS, ACCELERATOR, DOMAIN, HEALTH, RTO, RTO_BY_TARGETS,
    }  # fmt: skip
    assert {status for status, _ in verdicts.values()} == {"pass"}
    assert len([name for check, name in verdicts if check == TARGETS]) == len(site.balancers)
    assert len([name for check, name in verdicts if check == HEALTH]) == 3


# ------------------------------------------------------------------------------------------- faults

Fault = Callable[[Site], None]
FAULTS: dict[str, tuple[Fault, str, str, str]] = {}
"""Name -> what is done, the check that finds it, the resource that fails, and what its message says."""


def fault(check: str, resource: str, says: str) -> Callable[[Fault], Fault]:
    def register(function: Fault) -> Fault:
        FAULTS[function.__name__] = (function, check, resource, says)
        return function

    return register


def _listener(site: Site, region: str = PRIMARY, port: int = 443) -> str:
    listeners = site.client("elbv2", region).describe_listeners(LoadBalancerArn=site.balancers[region].arn)["Listeners"]
    return str(next(one["ListenerArn"] for one in listeners if one["Port"] == port))


def _group(site: Site, name: str, region: str = PRIMARY) -> str:
    found = site.client("elbv2", region).describe_target_groups(Names=[name])["TargetGroups"][0]
    return str(found["TargetGroupArn"])


def _deregister(site: Site, name: str, region: str = PRIMARY) -> None:
    elb, group = site.client("elbv2", region), _group(site, name, region)
    health = elb.describe_target_health(TargetGroupArn=group)["TargetHealthDescriptions"]
    elb.deregister_targets(TargetGroupArn=group, Targets=[one["Target"] for one in health])


@fault(
    CERTIFICATES,
    "old.trading-platform-prod.net",
    "is valid for 12 more days only, *imported certificates; on trading-alb-prod:443",
)
def default_certificate_about_to_expire(site: Site) -> None:
    certificate = import_certificate(site.builder, PRIMARY, "old", days_left=12)
    site.client("elbv2").modify_listener(ListenerArn=_listener(site), Certificates=[{"CertificateArn": certificate}])


@fault(CERTIFICATES, "sni.trading-platform-prod.net", "is valid for 3 more days only, *")
def certificate_for_a_further_name_about_to_expire(site: Site) -> None:
    certificate = import_certificate(site.builder, PRIMARY, "sni", days_left=3)
    site.client("elbv2").add_listener_certificates(
        ListenerArn=_listener(site), Certificates=[{"CertificateArn": certificate}]
    )


@fault(
    CERTIFICATES, "legacy-prod", "expired on *, and AWS does not renew imported certificates; on legacy-alb-prod:443"
)
def certificate_of_iam_expired(site: Site) -> None:
    certificate = upload_server_certificate(site.builder, "legacy-prod", days_left=-5)
    build_balancer(site.builder, site.networks[PRIMARY], "legacy-alb-prod", certificates=(certificate,))


@fault(COLORS, "single-alb-prod", "it has no target group tagged DeploymentColor=green")
def blue_alone(site: Site) -> None:
    groups = TargetGroups(colors=("blue",))
    build_balancer(site.builder, site.networks[RECOVERY], "single-alb-prod", groups=groups)


@fault(COLORS, "capital-alb-prod", "it has no target group tagged DeploymentColor=green; tagged in another spelling: *")
def color_in_capitals(site: Site) -> None:
    groups = TargetGroups(colors=("blue", "Green"))
    build_balancer(site.builder, site.networks[PRIMARY], "capital-alb-prod", groups=groups)


@fault(COLORS, "twice-alb-prod", "it has no target group tagged DeploymentColor=green")
def blue_twice(site: Site) -> None:
    groups = TargetGroups(colors=("blue", "blue"))
    build_balancer(site.builder, site.networks[PRIMARY], "twice-alb-prod", groups=groups)


@fault(
    COLORS,
    "uneven-alb-prod",
    "uneven-blue-prod and uneven-green-prod differ in port (8080, 9090), health check path (/health, /ready)",
)
def green_differs(site: Site) -> None:
    groups = TargetGroups(differs={"Port": 9090, "HealthCheckPath": "/ready"})
    build_balancer(site.builder, site.networks[PRIMARY], "uneven-alb-prod", groups=groups)


@fault(COLORS, "idle-alb-prod", "no listener forwards to idle-blue-prod or idle-green-prod")
def nobody_forwards(site: Site) -> None:
    build_balancer(site.builder, site.networks[PRIMARY], "idle-alb-prod", groups=TargetGroups(forwards=False))


@fault(TARGETS, "trading-blue-prod", "receives traffic from trading-alb-prod, but has no targets")
def no_targets(site: Site) -> None:
    _deregister(site, "trading-blue-prod")


@fault(TARGETS, "far-blue-prod", "*but none of its 1 targets is healthy: unhealthy (Target.Timeout)")
def targets_in_nobodys_network(site: Site) -> None:
    groups = TargetGroups(targets=UNREACHABLE)
    build_balancer(site.builder, site.networks[PRIMARY], "far-alb-prod", groups=groups)


@fault(TARGETS, "trading-green-prod", "*but has no targets")
def a_rule_forwards_to_an_empty_group(site: Site) -> None:
    _deregister(site, "trading-green-prod")
    site.client("elbv2").create_rule(
        ListenerArn=_listener(site),
        Priority=10,
        Conditions=[{"Field": "path-pattern", "Values": ["/next/*"]}],
        Actions=[{"Type": "forward", "TargetGroupArn": _group(site, "trading-green-prod")}],
    )


def _accelerator(site: Site) -> Any:  # noqa: ANN401 - AWS's answer
    return site.client("globalaccelerator", RECOVERY).list_accelerators()["Accelerators"][0]


def _endpoint_group(site: Site, region: str) -> str:
    client = site.client("globalaccelerator", RECOVERY)
    listener = client.list_listeners(AcceleratorArn=_accelerator(site)["AcceleratorArn"])["Listeners"][0]
    groups = client.list_endpoint_groups(ListenerArn=listener["ListenerArn"])["EndpointGroups"]
    return str(next(one["EndpointGroupArn"] for one in groups if one["EndpointGroupRegion"] == region))


def _change_group(site: Site, region: str, **changes: object) -> None:
    client = site.client("globalaccelerator", RECOVERY)
    client.update_endpoint_group(EndpointGroupArn=_endpoint_group(site, region), **changes)


@fault(ACCELERATOR, "trading-prod", "*: it is disabled")
def accelerator_disabled(site: Site) -> None:
    client = site.client("globalaccelerator", RECOVERY)
    client.update_accelerator(AcceleratorArn=_accelerator(site)["AcceleratorArn"], Enabled=False)


@fault(ACCELERATOR, "trading-prod", "*: the traffic dial of us-west-2 is at 0 %")
def accelerator_dialled_down(site: Site) -> None:
    _change_group(site, RECOVERY, TrafficDialPercentage=0)


@fault(ACCELERATOR, "trading-prod", "*: in us-west-2 these endpoints are no load balancers: eipalloc-0123456789abcdef0")
def accelerator_to_an_address(site: Site) -> None:
    _change_group(site, RECOVERY, EndpointConfigurations=[{"EndpointId": "eipalloc-0123456789abcdef0"}])


@fault(ACCELERATOR, "trading-prod", "*: in us-west-2 these load balancers do not exist: gone; *")
def accelerator_to_a_deleted_load_balancer(site: Site) -> None:
    gone = site.balancers[RECOVERY].arn.replace("/trading-dr-alb-prod/", "/gone/")
    _change_group(site, RECOVERY, EndpointConfigurations=[{"EndpointId": gone}])


@fault(ACCELERATOR, "trading-prod", "*: in us-west-2 these endpoints are not healthy: trading-dr-alb-prod (UNHEALTHY)")
def accelerator_to_an_unhealthy_load_balancer(site: Site) -> None:
    _deregister(site, "trading-dr-blue-prod", RECOVERY)


@fault(DOMAIN, "dr-failover-prod.example.com.", "*is under the reserved domain example.com*")
def reserved_domain(site: Site) -> None:
    Zone(site.builder, "dr-failover-prod.example.com")


@fault(HEALTH, "a health check", "not healthy: 0 of 16 checkers succeed; one says: Failure: HTTP Status Code 503*")
def nothing_behind_the_primary(site: Site) -> None:
    _deregister(site, "trading-blue-prod")


@fault(HEALTH, "a health check", "*one says: Failure: DNS resolution failed: Rcode NXDomain(3)")
def health_check_of_a_name_that_does_not_exist(site: Site) -> None:
    site.zone.alias(
        "web", site.balancers[PRIMARY], "PRIMARY", site.zone.health_check("trading-nobody-prod", "no.such.net")
    )


@fault(HEALTH, "a health check", "not healthy: the metric HealthCheckStatus is 0")
def metric_says_unhealthy(site: Site) -> None:
    fallen = site.zone.health_check("trading-fallen-prod", site.balancers[PRIMARY].dns_name)
    site.zone.measure(fallen, healthy=False)
    site.zone.alias("web", site.balancers[PRIMARY], "PRIMARY", fallen)


@fault(RTO, "slow.trading-platform-prod.net.", "takes 480 s to fail over: 30 s x 10 until *, 60 s TTL, 120 s *")
def slow_health_check(site: Site) -> None:
    slow = site.zone.health_check("trading-slow-prod", site.balancers[PRIMARY].dns_name, FailureThreshold=10)
    site.zone.alias("slow", site.balancers[PRIMARY], "PRIMARY", slow)
    site.zone.alias("slow", site.balancers[RECOVERY], "SECONDARY")


@fault(RTO, "kept.trading-platform-prod.net.", "takes 450 s to fail over: 10 s x 3 until *, 300 s TTL, 120 s *")
def long_ttl(site: Site) -> None:
    fast = site.zone.health_check("trading-fast-prod", site.balancers[PRIMARY].dns_name, RequestInterval=10)
    site.zone.cname("kept", "one.us-east-1.rds.amazonaws.com", "PRIMARY", fast, ttl=300)
    site.zone.cname("kept", "two.us-west-2.rds.amazonaws.com", "SECONDARY", ttl=300)


@fault(
    RTO_BY_TARGETS,
    "app.trading-platform-prod.net.",
    "takes 1380 s to fail over: 300 s x 4 until the targets of trading-blue-prod *",
)
def slow_target_group(site: Site) -> None:
    site.client("elbv2").modify_target_group(
        TargetGroupArn=_group(site, "trading-blue-prod"), HealthCheckIntervalSeconds=300, UnhealthyThresholdCount=4
    )


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_is_found_where_it_is(site: Site, tmp_path: Path, name: str) -> None:
    put_in, check, resource, says = FAULTS[name]
    put_in(site)
    _, verdicts = audit(tmp_path, check)
    failed = {what: told for (which, what), (status, told) in verdicts.items() if status == "fail" and which == check}
    assert list(map(_plain, failed)) == [resource]
    (message,) = failed.values()
    assert fnmatch.fnmatchcase(message, says), message


def _plain(name: str) -> str:
    """Health checks have no name of their own: their ARN ends in an id that is another one each time."""
    return "a health check" if ":healthcheck/" in name else name
