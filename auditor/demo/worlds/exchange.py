"""The multi-region trading platform (standard trading-multi-region, document TMR), in us-east-1 and eu-west-1.

In each region a VPC over three zones, an internet-facing load balancer before an instance, and a member of an Aurora
global database; before them Global Accelerator and a failover pair of Route 53. Secrets rotate, and AWS Config records.
As documented, load balancers speak plain HTTP, and so do the health checks. What the faulty variant has wrong is in
`FAULTS`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from auditor.demo.worlds import exchange_faults
from auditor.demo.worlds.accelerator import build_accelerator
from auditor.demo.worlds.building import PRIMARY, pairs, trusts_service
from auditor.demo.worlds.connections import build_ec2_instance, public_image
from auditor.demo.worlds.data import (
    MONITORING_POLICY,
    ClusterPlan,
    Secrets,
    build_cluster,
    build_global_cluster,
    build_rotation_role,
    build_subnet_group,
)
from auditor.demo.worlds.edge import Balancer, TargetGroups, Zone, build_balancer
from auditor.demo.worlds.network import Network, Plan, build_network
from auditor.demo.worlds.trail import build_bucket, build_config_role, build_recorder

if TYPE_CHECKING:
    from collections.abc import Mapping

    from auditor.demo.worlds.building import Builder

RECOVERY = "eu-west-1"
FAULTS = exchange_faults.FAULTS
_HTTP = 80
_POSTGRESQL = 5432
_GLOBAL = "exchange-trading-prod"
_MASTER_PASSWORD = "exchange/prod/db-master-password"
_MONTHLY = {"AutomaticallyAfterDays": 30}
_STARTS = "#!/bin/sh\nyum install -y trading-app\nsystemctl enable --now trading-app\n"


@dataclass(frozen=True, slots=True)
class Site:
    """A region's part of the platform, as far as it stands."""

    region: str
    name: str
    """What its resources' names begin with."""
    network: Network
    key: str
    """The KMS key's ARN."""


def build(builder: Builder, primary: str = PRIMARY, recovery: str = RECOVERY) -> None:
    """Deploy the platform. The faulty variant is that of the documented regions."""
    places = ((primary, "exchange-primary", "10.0.0.0/16"), (recovery, "exchange-secondary", "10.1.0.0/16"))
    sites = [
        Site(region, name, _network(builder, region, name, cidr), builder.key(region, f"{name}-key-prod"))
        for region, name, cidr in places
    ]
    _database(builder, *sites)
    _secrets(builder, *sites)
    profile = _application_profile(builder)
    balancers = {site.region: _application(builder, site, profile) for site in sites}
    _accelerator(builder, balancers, *sites)
    _dns(builder, *(balancers[site.region] for site in sites))
    _recorders(builder, *sites)
    if not builder.ideal:
        exchange_faults.break_networks(builder, *(site.network for site in sites))
        exchange_faults.build_roles(builder)


def _network(builder: Builder, region: str, name: str, cidr: str) -> Network:
    """Public and private subnets over three zones, an internet gateway and NAT gateways (TMR 2, 9)."""
    plan = Plan(region, name, cidr)
    return build_network(builder, plan if builder.ideal else exchange_faults.network(plan), _POSTGRESQL)


# ------------------------------------------------------------------------------------------- database and secrets


def _database(builder: Builder, primary: Site, recovery: Site) -> None:
    """The global database: an instance in two zones of each region, the primary's before the secondary (TMR 7)."""
    managed = (MONITORING_POLICY,)
    monitoring = builder.role("exchange-rds-monitoring-prod", trusts_service("monitoring.rds"), managed=managed)
    ideal = builder.ideal
    version = "14.6" if ideal else exchange_faults.VERSION
    made = build_global_cluster(builder, _GLOBAL, "aurora-postgresql", version, encrypted=ideal)
    for site in (primary, recovery) if ideal else (primary,):
        subnets = list(site.network.private.values())
        build_cluster(
            builder,
            ClusterPlan(
                region=site.region,
                name=f"{site.name}-db-prod",
                key=site.key,
                groups=(site.network.groups["db"],),
                subnet_group=build_subnet_group(
                    builder, site.region, f"{site.name}-db-prod", subnets if ideal else subnets[:2]
                ),
                monitoring_role=monitoring,
                engine="aurora-postgresql",
                version=version,
                zones="ab" if ideal else "",
                encrypted=ideal,
                global_cluster=made,
                reader=site is recovery,
            ),
        )


def _secrets(builder: Builder, primary: Site, recovery: Site) -> None:
    """The master password, replicated, and in each region the market feed's own, all rotating monthly (TMR 1, 5)."""
    role = build_rotation_role(builder)
    if not builder.ideal:
        exchange_faults.build_secrets(builder, role, primary.key, recovery.key)
        return
    here = Secrets(builder, primary.region, primary.key, role, replica_key=recovery.key, replica_region=recovery.region)
    there = Secrets(builder, recovery.region, recovery.key, role)
    here.rotate(here.add(_MASTER_PASSWORD, replicated=True, database=f"{primary.name}-db-prod"), _MONTHLY)
    for secrets in (here, there):
        secrets.rotate(secrets.add("exchange/prod/market-feed"), _MONTHLY)


# ------------------------------------------------------------------------------------------- what answers


def _application_profile(builder: Builder) -> str:
    """The instances' profile, whose role reads the one secret that they need; its name."""
    name, iam = "exchange-app-prod", builder.client("iam")
    reads_its_secret = {
        "Effect": "Allow",
        "Action": ["secretsmanager:GetSecretValue"],
        "Resource": f"arn:aws:secretsmanager:*:{builder.account}:secret:{_MASTER_PASSWORD}-*",
    }
    trusted = "ec2" if builder.ideal else exchange_faults.WRONG_SERVICE
    builder.role(name, trusts_service(trusted), inline=reads_its_secret)
    iam.create_instance_profile(InstanceProfileName=name, Tags=pairs(builder.tags(name)))
    iam.add_role_to_instance_profile(InstanceProfileName=name, RoleName=name)
    return name


def _application(builder: Builder, site: Site, profile: str) -> Balancer:
    """An instance from the image that is looked up (TMR 4); before it the load balancer, in public subnets (TMR 2)."""
    instance = build_ec2_instance(
        builder,
        site.network,
        f"{site.name}-app-prod",
        image=public_image(builder, site.region) if builder.ideal else exchange_faults.IMAGES[site.region],
        user_data=_STARTS if builder.ideal else exchange_faults.STARTS,
        profile=profile,
    )
    targets = "" if builder.ideal else exchange_faults.TARGETS[site.region]
    balancer = build_balancer(
        builder,
        site.network,
        f"{site.name}-alb-prod",
        policy="",
        groups=TargetGroups(colors=("blue",), weights=(100,), targets=targets),
        without_tags=() if builder.ideal else exchange_faults.WITHOUT_TAGS,
    )
    if not targets:
        _register(builder, site.region, balancer, instance)
    return balancer


def _register(builder: Builder, region: str, balancer: Balancer, instance: str) -> None:
    """Make an instance the target behind a load balancer, by its address."""
    found = builder.client("ec2", region).describe_instances(InstanceIds=[instance])
    address = found["Reservations"][0]["Instances"][0]["PrivateIpAddress"]
    elb = builder.client("elbv2", region)
    group = elb.describe_target_groups(LoadBalancerArn=balancer.arn)["TargetGroups"][0]["TargetGroupArn"]
    elb.register_targets(TargetGroupArn=group, Targets=[{"Id": address}])


def _accelerator(builder: Builder, balancers: Mapping[str, Balancer], primary: Site, recovery: Site) -> None:
    """Global Accelerator, with the load balancer of each region (TMR 9)."""
    reached = (primary, recovery) if builder.ideal else (primary,)
    endpoints = {site.region: balancers[site.region].arn for site in reached}
    build_accelerator(builder, "exchange-accelerator-prod", endpoints, port=_HTTP)


def _dns(builder: Builder, primary: Balancer, recovery: Balancer) -> None:
    """A failover pair; each region's health check is HTTP on /health every 30 s, three failures at most (TMR 6)."""
    settings: dict[str, Any] = {"Type": "HTTP", "Port": _HTTP, "EnableSNI": False}
    zone = Zone(builder, "exchange-prod.net" if builder.ideal else exchange_faults.ZONE)
    here = zone.health_check("exchange-primary-health-prod", primary.dns_name, **settings)
    if not builder.ideal:
        exchange_faults.build_dns(zone, primary, recovery, here, settings)
        return
    there = zone.health_check("exchange-secondary-health-prod", recovery.dns_name, **settings)
    zone.alias("app", primary, "PRIMARY", here)
    zone.alias("app", recovery, "SECONDARY", there)


# ------------------------------------------------------------------------------------------- AWS Config


def _recorders(builder: Builder, *sites: Site) -> None:
    """A recorder in each region, whose role has service-role/AWS_ConfigRole (TMR 3)."""
    role = build_config_role(builder, managed=builder.ideal)
    for site in sites:
        bucket = build_bucket(builder, site.region, f"exchange-config-{site.region}-prod", site.key, "config")
        build_recorder(builder, site.region, role, bucket)
