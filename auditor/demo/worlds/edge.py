"""What traffic meets first: load balancers with their listeners, and DNS with its health checks."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID

from auditor.demo.worlds.building import PRIMARY, pairs

if TYPE_CHECKING:
    from collections.abc import Mapping

    from auditor.demo.worlds.building import Builder
    from auditor.demo.worlds.network import Network

TLS_1_2_UP = "ELBSecurityPolicy-TLS13-1-2-2021-06"
TLS_1_0_UP = "ELBSecurityPolicy-2016-08"
REACHABLE = "reachable"
UNREACHABLE = "unreachable"
_TO_HTTPS = {"Type": "redirect", "RedirectConfig": {"Protocol": "HTTPS", "Port": "443", "StatusCode": "HTTP_301"}}


@dataclass(frozen=True, slots=True)
class Balancer:
    """A load balancer that stands."""

    arn: str
    dns_name: str
    zone: str


@dataclass(frozen=True, slots=True)
class TargetGroups:
    """The target groups behind a load balancer as they are to be; the defaults are the documented, correct ones."""

    colors: tuple[str, ...] = ("blue", "green")
    """The tag DeploymentColor of each."""
    weights: tuple[int, ...] = (100, 0)
    """What share of the traffic each gets."""
    forwards: bool = True
    """Whether the listener forwards at all."""
    targets: str = REACHABLE
    """REACHABLE, UNREACHABLE, or empty: none are registered."""
    differs: Mapping[str, object] = field(default_factory=dict)
    """Settings in which those after the first differ from it (`{"HealthCheckPath": "/ready"}`)."""


def build_balancer(
    builder: Builder,
    network: Network,
    name: str,
    *,
    policy: str = TLS_1_2_UP,
    certificates: tuple[str, ...] = (),
    groups: TargetGroups | None = None,
    without_tags: tuple[str, ...] = (),
) -> Balancer:
    """An internet-facing application load balancer; with no `policy` it forwards plain HTTP, else HTTPS alone.

    It stands in every public subnet, or in two private ones of a network that has none. The first of `certificates` is
    the listener's default, the others are for further names; without any, one is requested. The ideal world has a blue
    and a green target group, the other one blue alone, unless `groups` says so.
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
    plan = groups or TargetGroups(colors=("blue", "green") if builder.ideal else ("blue",))
    forward = _target_groups(builder, network, name, plan, without_tags)
    if policy:
        _listener(builder, network, arn, name, Protocol="HTTP", Port=80, DefaultActions=[_TO_HTTPS])
        own = certificates or (request_certificate(builder, network.region, name),)
        secure = {"SslPolicy": policy, "Certificates": [{"CertificateArn": own[0]}]}
        made_listener = _listener(
            builder, network, arn, name, Protocol="HTTPS", Port=443, DefaultActions=[forward], **secure
        )
        if own[1:]:
            further = [{"CertificateArn": one} for one in own[1:]]
            elb.add_listener_certificates(ListenerArn=made_listener, Certificates=further)
    else:
        _listener(builder, network, arn, name, Protocol="HTTP", Port=80, DefaultActions=[forward])
    return Balancer(arn, made["DNSName"], made["CanonicalHostedZoneId"])


def _listener(builder: Builder, network: Network, balancer: str, name: str, **settings: object) -> str:
    tags = pairs(builder.tags(f"{name}-{str(settings['Protocol']).lower()}"))
    elb = builder.client("elbv2", network.region)
    return str(elb.create_listener(LoadBalancerArn=balancer, Tags=tags, **settings)["Listeners"][0]["ListenerArn"])


def _target_groups(
    builder: Builder, network: Network, name: str, plan: TargetGroups, without_tags: tuple[str, ...]
) -> dict[str, Any]:
    """Target groups to plan, with their targets; the action that forwards to them."""
    arns = []
    for number, color in enumerate(plan.colors):
        own = name.replace("-alb-", f"-{color.lower()}-") + (f"-{number}" if color in plan.colors[:number] else "")
        settings = {"Port": 8080, "HealthCheckPath": "/health", **(plan.differs if number else {})}
        arn = _target_group(
            builder, network, own, builder.tags(own, without=without_tags, DeploymentColor=color), settings
        )
        if plan.targets:
            _register(builder, network, arn, plan.targets, number)
        arns.append(arn)
    if not plan.forwards:
        return {"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "503"}}
    weighed = [{"TargetGroupArn": arn, "Weight": weight} for arn, weight in zip(arns, plan.weights, strict=False)]
    return {"Type": "forward", "ForwardConfig": {"TargetGroups": weighed}}


def _target_group(
    builder: Builder, network: Network, name: str, tags: dict[str, str], settings: Mapping[str, object]
) -> str:
    made = builder.client("elbv2", network.region).create_target_group(
        Name=name, Protocol="HTTP", VpcId=network.vpc, TargetType="ip", Tags=pairs(tags), **settings
    )
    return str(made["TargetGroups"][0]["TargetGroupArn"])


def _register(builder: Builder, network: Network, group: str, targets: str, number: int) -> None:
    """Two addresses of the network's own, of private subnets where there are any, or one of nobody's network."""
    elb = builder.client("elbv2", network.region)
    if targets == UNREACHABLE:
        elb.register_targets(TargetGroupArn=group, Targets=[{"Id": "192.168.250.10", "AvailabilityZone": "all"}])
        return
    chosen = list(network.private.values() or network.public.values())[:2]
    found = builder.client("ec2", network.region).describe_subnets(SubnetIds=chosen)["Subnets"]
    addresses = [str(ipaddress.ip_network(subnet["CidrBlock"])[20 + number]) for subnet in found]
    elb.register_targets(TargetGroupArn=group, Targets=[{"Id": address} for address in addresses])


# ------------------------------------------------------------------------------------------- certificates


def request_certificate(builder: Builder, region: str, name: str) -> str:
    """A certificate that Certificate Manager issues and renews; its ARN."""
    made = builder.client("acm", region).request_certificate(
        DomainName=f"{name}.trading-platform-prod.net", ValidationMethod="DNS", Tags=pairs(builder.tags(name))
    )
    return str(made["CertificateArn"])


def import_certificate(builder: Builder, region: str, name: str, *, days_left: int = 365) -> str:
    """A certificate of one's own in Certificate Manager, valid for so many days more; its ARN."""
    certificate, key = _self_signed(name, days_left)
    made = builder.client("acm", region).import_certificate(
        Certificate=certificate, PrivateKey=key, Tags=pairs(builder.tags(name))
    )
    return str(made["CertificateArn"])


def upload_server_certificate(builder: Builder, name: str, *, days_left: int = 365) -> str:
    """A certificate of one's own in IAM, valid for so many days more, which may be less than none; its ARN."""
    certificate, key = _self_signed(name, days_left)
    made = builder.client("iam").upload_server_certificate(
        ServerCertificateName=name,
        CertificateBody=certificate.decode(),
        PrivateKey=key.decode(),
        Tags=pairs(builder.tags(name)),
    )
    return str(made["ServerCertificateMetadata"]["Arn"])


def _self_signed(name: str, days_left: int) -> tuple[bytes, bytes]:
    """A certificate that ends in the middle of a day, so that the days left are the same all through the next hours."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"{name}.trading-platform-prod.net")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=400))
        .not_valid_after(now + timedelta(days=days_left, hours=12))
        .sign(key, hashes.SHA256())
    )
    plain = (serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption())
    return certificate.public_bytes(serialization.Encoding.PEM), key.private_bytes(*plain)


# ------------------------------------------------------------------------------------------- DNS


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
        self._create(record, failover, health_check)

    def cname(self, label: str, target: str, failover: str = "", health_check: str = "", *, ttl: int = 60) -> None:
        """A CNAME record for a database endpoint or any other name, of a failover pair where `failover` says so."""
        record: dict[str, Any] = {
            "Name": f"{label}.{self.name}",
            "Type": "CNAME",
            "TTL": ttl,
            "ResourceRecords": [{"Value": target}],
        }
        self._create(record, failover, health_check)

    def calculated(self, name: str, children: tuple[str, ...], *, threshold: int = 1) -> str:
        """A health check that is healthy while so many of its children are; its id."""
        made = self.route53.create_health_check(
            CallerReference=name,
            HealthCheckConfig={"Type": "CALCULATED", "HealthThreshold": threshold, "ChildHealthChecks": list(children)},
        )["HealthCheck"]["Id"]
        self._tag("healthcheck", made, name)
        return str(made)

    def alarmed(self, name: str, alarm: str, region: str) -> str:
        """A health check that follows a CloudWatch alarm, for what no checker can reach from outside; its id."""
        made = self.route53.create_health_check(
            CallerReference=name,
            HealthCheckConfig={
                "Type": "CLOUDWATCH_METRIC",
                "AlarmIdentifier": {"Region": region, "Name": alarm},
                "InsufficientDataHealthStatus": "Unhealthy",
            },
        )["HealthCheck"]["Id"]
        self._tag("healthcheck", made, name)
        return str(made)

    def measure(self, health_check: str, *, healthy: bool = True) -> None:
        """The metric that Route 53 itself publishes for a health check, as of two minutes ago."""
        self.builder.client("cloudwatch", PRIMARY).put_metric_data(
            Namespace="AWS/Route53",
            MetricData=[
                {
                    "MetricName": "HealthCheckStatus",
                    "Dimensions": [{"Name": "HealthCheckId", "Value": health_check}],
                    "Timestamp": datetime.now(UTC) - timedelta(minutes=2),
                    "Value": float(healthy),
                }
            ],
        )

    def _create(self, record: dict[str, Any], failover: str, health_check: str) -> None:
        if failover:
            record |= {"SetIdentifier": failover.lower(), "Failover": failover}
        if health_check:
            record["HealthCheckId"] = health_check
        changes = [{"Action": "CREATE", "ResourceRecordSet": record}]
        self.route53.change_resource_record_sets(HostedZoneId=self.id, ChangeBatch={"Changes": changes})
