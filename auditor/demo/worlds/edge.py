"""What traffic meets first: load balancers with their listeners, and DNS with its health checks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from auditor.demo.worlds.building import pairs

if TYPE_CHECKING:
    from auditor.demo.worlds.building import Builder
    from auditor.demo.worlds.network import Network

TLS_1_2_UP = "ELBSecurityPolicy-TLS13-1-2-2021-06"
TLS_1_0_UP = "ELBSecurityPolicy-2016-08"
_TO_HTTPS = {"Type": "redirect", "RedirectConfig": {"Protocol": "HTTPS", "Port": "443", "StatusCode": "HTTP_301"}}


@dataclass(frozen=True, slots=True)
class Balancer:
    """A load balancer that stands."""

    arn: str
    dns_name: str
    zone: str


def build_balancer(
    builder: Builder,
    network: Network,
    name: str,
    *,
    policy: str = TLS_1_2_UP,
    without_tags: tuple[str, ...] = (),
) -> Balancer:
    """An internet-facing application load balancer; with no `policy` it forwards plain HTTP, else HTTPS alone.

    It stands in every public subnet, or in two private ones of a network that has none.
    """
    elb = builder.client("elbv2", network.region)
    made = elb.create_load_balancer(
        Name=name,
        Subnets=list(network.public.values()) or list(network.private.values())[:2],
        SecurityGroups=[network.groups["alb"]],
        Scheme="internet-facing",
        Type="application",
        Tags=pairs(builder.tags(name, without=without_tags)),
    )["LoadBalancers"][0]
    arn = made["LoadBalancerArn"]
    blue = _target_group(builder, network, name, "blue", without_tags)
    if builder.ideal:
        _target_group(builder, network, name, "green", without_tags)
    forward = {"Type": "forward", "TargetGroupArn": blue}
    if policy:
        _listener(builder, network, arn, name, Protocol="HTTP", Port=80, DefaultActions=[_TO_HTTPS])
        certificate = builder.client("acm", network.region).request_certificate(
            DomainName=f"{name}.trading-platform-prod.net", ValidationMethod="DNS", Tags=pairs(builder.tags(name))
        )
        secure = {"SslPolicy": policy, "Certificates": [{"CertificateArn": certificate["CertificateArn"]}]}
        _listener(builder, network, arn, name, Protocol="HTTPS", Port=443, DefaultActions=[forward], **secure)
    else:
        _listener(builder, network, arn, name, Protocol="HTTP", Port=80, DefaultActions=[forward])
    return Balancer(arn, made["DNSName"], made["CanonicalHostedZoneId"])


def _listener(builder: Builder, network: Network, balancer: str, name: str, **settings: object) -> None:
    tags = pairs(builder.tags(f"{name}-{str(settings['Protocol']).lower()}"))
    builder.client("elbv2", network.region).create_listener(LoadBalancerArn=balancer, Tags=tags, **settings)


def _target_group(builder: Builder, network: Network, name: str, color: str, without: tuple[str, ...]) -> str:
    own = name.replace("-alb-", f"-{color}-")
    made = builder.client("elbv2", network.region).create_target_group(
        Name=own,
        Protocol="HTTP",
        Port=8080,
        VpcId=network.vpc,
        TargetType="ip",
        HealthCheckPath="/health",
        Tags=pairs(builder.tags(own, without=without, DeploymentColor=color)),
    )
    return str(made["TargetGroups"][0]["TargetGroupArn"])


class Zone:
    """A hosted zone to which records and health checks are added."""

    def __init__(self, builder: Builder, name: str) -> None:
        self.builder = builder
        self.name = name
        self.route53 = builder.client("route53")
        made = self.route53.create_hosted_zone(Name=name, CallerReference=name)
        self.id = made["HostedZone"]["Id"].rpartition("/")[2]
        self._tag("hostedzone", self.id, name)

    def _tag(self, kind: str, resource: str, name: str) -> None:
        tags = pairs(self.builder.tags(name))
        self.route53.change_tags_for_resource(ResourceType=kind, ResourceId=resource, AddTags=tags)

    def health_check(self, name: str, endpoint: str, **settings: object) -> str:
        """A health check, HTTPS on /health every 30 seconds unless `settings` say otherwise; its id."""
        documented = {"Type": "HTTPS", "Port": 443, "ResourcePath": "/health", "RequestInterval": 30}
        made = self.route53.create_health_check(
            CallerReference=name,
            HealthCheckConfig={
                **documented,
                "FailureThreshold": 3,
                "EnableSNI": True,
                "FullyQualifiedDomainName": endpoint,
                **settings,
            },
        )["HealthCheck"]["Id"]
        self._tag("healthcheck", made, name)
        return str(made)

    def alias(self, label: str, balancer: Balancer, failover: str = "", health_check: str = "") -> None:
        """An alias record for a load balancer, of a failover pair where `failover` is PRIMARY or SECONDARY."""
        record: dict[str, Any] = {
            "Name": f"{label}.{self.name}" if label else self.name,
            "Type": "A",
            "AliasTarget": {
                "HostedZoneId": balancer.zone,
                "DNSName": balancer.dns_name,
                "EvaluateTargetHealth": bool(failover),
            },
        }
        if failover:
            record |= {"SetIdentifier": failover.lower(), "Failover": failover}
        if health_check:
            record["HealthCheckId"] = health_check
        changes = [{"Action": "CREATE", "ResourceRecordSet": record}]
        self.route53.change_resource_record_sets(HostedZoneId=self.id, ChangeBatch={"Changes": changes})
