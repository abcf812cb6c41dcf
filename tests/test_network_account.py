"""An account with two connected networks: as documented it passes, and each fault is found where it is."""

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
from auditor.demo.worlds.building import PRIMARY, RECOVERY, Builder
from auditor.demo.worlds.connections import (
    build_ec2_instance,
    build_endpoints,
    build_flow_logs,
    build_launch_template,
    connect_by_peering,
    connect_by_transit_gateway,
)
from auditor.demo.worlds.data import ClusterPlan, build_cluster, build_monitoring_role, build_subnet_group
from auditor.demo.worlds.edge import build_balancer
from auditor.demo.worlds.network import Network, Plan, build_network

pytestmark = pytest.mark.filterwarnings("ignore")

REQUIREMENTS = ("NET-06", "NET-08", "NET-09", "NET-10", "NET-11", "NET-12", "NET-13", "CMP-01", "TAG-01")
EXITS = "private-subnet-without-working-nat-gateway"
STRATEGY = "nat-gateways-against-strategy"
MIRROR = "recovery-region-does-not-mirror-primary"
CONNECTED = "regions-not-connected"
OVERLAPS = "vpc-cidr-overlaps-another"
DOCUMENTED = "no-vpc-with-the-documented-cidr"
DATABASES = "database-security-group-admits-too-much"
OPEN = "security-group-open-to-the-world"
DNS = "vpc-dns-support-or-hostnames-off"
DISTANCE = "recovery-region-too-near"
IMAGES = "instance-image-missing-unapproved-or-outdated"
TAGS = "required-tags-missing"
Verdicts = Mapping[tuple[str, str], tuple[str, str]]
"""Check and the resource's name -> status and message."""


@dataclass
class Site:
    """What is built, for faults to be put in."""

    builder: Builder
    networks: dict[str, Network]
    peering: str
    attachment: str
    instance: str

    def ec2(self, region: str = PRIMARY) -> Any:  # noqa: ANN401 - boto3 is untyped
        return self.builder.client("ec2", region)

    def private_tables(self, region: str = PRIMARY) -> list[str]:
        own = [{"Name": "association.subnet-id", "Values": list(self.networks[region].private.values())}]
        tables = self.ec2(region).describe_route_tables(Filters=own)["RouteTables"]
        return [str(table["RouteTableId"]) for table in tables]

    def nat_gateways(self, region: str = PRIMARY) -> list[str]:
        own = [{"Name": "vpc-id", "Values": [self.networks[region].vpc]}]
        found = self.ec2(region).describe_nat_gateways(Filters=own)["NatGateways"]
        return [str(one["NatGatewayId"]) for one in found]


def build(kind: str = "both", **further: Any) -> Site:  # noqa: ANN401 - keyword arguments of the building block
    """Two regions with load balancer, database, instance, endpoints and flow logs, joined in both ways, or in one."""
    builder = Builder(boto3.Session(), project="trading", ideal=True, endpoint_url=None)
    networks = {
        PRIMARY: build_network(builder, Plan(PRIMARY, "trading", "10.0.0.0/16")),
        RECOVERY: build_network(builder, Plan(RECOVERY, "trading-dr", "10.1.0.0/16")),
    }
    monitoring = build_monitoring_role(builder)
    instances = []
    for region, network in networks.items():
        name = "trading" if region == PRIMARY else "trading-dr"
        build_balancer(builder, network, f"{name}-alb-prod")
        group = build_subnet_group(builder, region, "trading-db-prod", network.private.values())
        build_cluster(
            builder,
            ClusterPlan(
                region=region,
                name=f"{name}-orders-prod",
                key=builder.key(region, name),
                groups=(network.groups["db"],),
                subnet_group=group,
                monitoring_role=monitoring,
            ),
        )
        instances.append(build_ec2_instance(builder, network, f"{name}-app-prod"))
        build_launch_template(builder, network, f"{name}-template-prod")
        build_endpoints(builder, network, f"{name}-prod")
        build_flow_logs(builder, network, f"{name}-flows-prod")
    ends = networks[PRIMARY], networks[RECOVERY]
    attachment = peering = ""
    if kind == "transit_gateway":
        attachment = connect_by_transit_gateway(builder, *ends, "trading-transit-prod", **further)
    else:
        peering = connect_by_peering(builder, *ends, "trading-peering-prod", **further)
    return Site(builder, networks, peering, attachment, instances[0])


def audit(folder: Path, *checks: str, **parameters: object) -> tuple[Mapping[str, str], Verdicts]:
    """Requirement -> status, and every verdict; of all our checks, or of some."""
    standard = folder / "network.toml"
    chosen: dict[str, object] = {
        "nat_strategy": "per_az",
        "required_tags": ["Environment", "CostCenter"],
        **parameters,
    }
    lines = "".join(f"{name} = {json.dumps(value)}\n" for name, value in chosen.items())
    standard.write_text(
        f'[network]\ntitle = "Network"\nprimary = "{PRIMARY}"\nrecovery = ["{RECOVERY}"]\n'
        f"requirements = {json.dumps(REQUIREMENTS)}\n[network.parameters]\n{lines}"
        f'vpc_cidrs = {{ {PRIMARY} = "10.0.0.0/16", {RECOVERY} = "10.1.0.0/16" }}\n'
    )
    config = folder / "config.toml"
    config.write_text('standard = "network.toml"\nenvironment = "production"\nenvironment_suffix = "prod"\n')
    output = folder / "audit"
    audits.run(Options(config=config, output=output, format=("json",), check=checks, quiet=True), None)
    results = json.loads((output / "results.json").read_bytes())
    assert results["audit"]["complete"], results["collection"]["errors"]
    told = {one["id"]: one["status"] for one in results["requirements"] if one["id"] in REQUIREMENTS}
    return told, {
        (one["check"], one["resource"].get("name") or one["resource"]["arn"]): (one["status"], one["message"])
        for one in results["findings"]
    }


@pytest.fixture
def embedded() -> Iterator[None]:
    with EmbeddedAccount(worlds=()):
        yield


@pytest.mark.usefixtures("embedded")
@pytest.mark.parametrize("kind", ["peering", "transit_gateway"])
def test_as_documented_everything_passes(kind: str, tmp_path: Path) -> None:
    build(kind)
    told, verdicts = audit(tmp_path, connectivity=kind)
    assert {key: said for key, said in verdicts.items() if said[0] != "pass"} == {}
    assert told == dict.fromkeys(REQUIREMENTS, "pass")
    assert {check for check, _ in verdicts} == {
        EXITS, STRATEGY, MIRROR, CONNECTED, OVERLAPS, DOCUMENTED, DATABASES, OPEN, DNS, DISTANCE, IMAGES, TAGS,
    }  # fmt: skip
    assert len([name for check, name in verdicts if check == EXITS]) == 6
    tagged = {name for check, name in verdicts if check == TAGS}
    joined = {"peering": "trading-peering-prod", "transit_gateway": "trading-transit-prod"}[kind]
    assert tagged >= {joined, "trading-app-prod", "trading-template-prod", "trading-prod-s3", "trading-flows-prod"}


# ------------------------------------------------------------------------------------------- faults

Fault = Callable[[Site], None]
FAULTS: dict[str, tuple[Fault, str, str, str]] = {}
"""Name -> what is done, the check that finds it, the resource that fails, and what its message says."""


def fault(check: str, resource: str, says: str) -> Callable[[Fault], Fault]:
    def register(function: Fault) -> Fault:
        FAULTS[function.__name__] = (function, check, resource, says)
        return function

    return register


@fault(EXITS, "trading-private-a-prod", "its route table * has no default route*")
def no_default_route(site: Site) -> None:
    for table in site.private_tables():
        site.ec2().delete_route(RouteTableId=table, DestinationCidrBlock="0.0.0.0/0")


@fault(EXITS, "trading-private-b-prod", "its default route leads to the NAT gateway nat-*")
def a_deleted_nat_gateway(site: Site) -> None:
    for gateway in site.nat_gateways():
        site.ec2().delete_nat_gateway(NatGatewayId=gateway)


@fault(STRATEGY, "trading-vpc-prod", "its private subnets * leave by a NAT gateway of another zone*")
def one_nat_gateway_for_three_zones(site: Site) -> None:
    [first, *_] = site.nat_gateways()
    for table in site.private_tables():
        site.ec2().replace_route(RouteTableId=table, DestinationCidrBlock="0.0.0.0/0", NatGatewayId=first)


@fault(MIRROR, RECOVERY, "does not mirror us-east-1; missing: a security group of a load balancer")
def no_load_balancer_to_recover_with(site: Site) -> None:
    elb = site.builder.client("elbv2", RECOVERY)
    for balancer in elb.describe_load_balancers()["LoadBalancers"]:
        elb.delete_load_balancer(LoadBalancerArn=balancer["LoadBalancerArn"])


@fault(MIRROR, RECOVERY, "*missing: an available NAT gateway*")
def no_nat_gateway_to_recover_with(site: Site) -> None:
    for gateway in site.nat_gateways(RECOVERY):
        site.ec2(RECOVERY).delete_nat_gateway(NatGatewayId=gateway)


@fault(CONNECTED, "trading-vpc-prod", "does not reach vpc-* and back: the VPC peering connection pcx-* is deleted*")
def a_deleted_peering(site: Site) -> None:
    site.ec2().delete_vpc_peering_connection(VpcPeeringConnectionId=site.peering)


@fault(CONNECTED, "trading-dr-vpc-prod", "*the private route table rtb-* has no active route to 10.0.0.0/16 by pcx-*")
def a_route_table_without_the_way_back(site: Site) -> None:
    [first, *_] = site.private_tables(RECOVERY)
    site.ec2(RECOVERY).delete_route(RouteTableId=first, DestinationCidrBlock="10.0.0.0/16")


@fault(OVERLAPS, "trading-vpc-prod", "*10.0.0.0/16 overlaps 10.0.128.0/17 of vpc-* in us-west-2")
def a_vpc_with_the_same_addresses(site: Site) -> None:
    site.ec2(RECOVERY).create_vpc(CidrBlock="10.0.128.0/17")


@fault(DATABASES, "trading-db-prod", "admits the internet to *")
def a_database_open_to_the_world(site: Site) -> None:
    everyone = {"IpProtocol": "tcp", "FromPort": 3306, "ToPort": 3306, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}
    site.ec2().authorize_security_group_ingress(GroupId=site.networks[PRIMARY].groups["db"], IpPermissions=[everyone])


@fault(DATABASES, "trading-db-prod", "admits the internet to *0.0.0.0/0 (pl-*)*")
def a_database_open_by_a_prefix_list(site: Site) -> None:
    entries = [{"Cidr": "10.0.0.0/16"}, {"Cidr": "0.0.0.0/0"}]
    everyone = site.ec2().create_managed_prefix_list(
        PrefixListName="clients", MaxEntries=2, AddressFamily="IPv4", Entries=entries
    )["PrefixList"]["PrefixListId"]
    listed = {"IpProtocol": "tcp", "FromPort": 3306, "ToPort": 3306, "PrefixListIds": [{"PrefixListId": everyone}]}
    site.ec2().authorize_security_group_ingress(GroupId=site.networks[PRIMARY].groups["db"], IpPermissions=[listed])


@fault(DATABASES, "trading-db-prod", "admits tcp 22 from 10.0.0.0/16, only TCP port * may be admitted")
def another_port_of_the_database(site: Site) -> None:
    shell = {"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "IpRanges": [{"CidrIp": "10.0.0.0/16"}]}
    site.ec2().authorize_security_group_ingress(GroupId=site.networks[PRIMARY].groups["db"], IpPermissions=[shell])


@fault(OPEN, "trading-app-prod", "is open to the world (tcp 22 from ::/0) and attached to *")
def an_application_open_to_the_world(site: Site) -> None:
    shell = {"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "Ipv6Ranges": [{"CidrIpv6": "::/0"}]}
    site.ec2().authorize_security_group_ingress(GroupId=site.networks[PRIMARY].groups["app"], IpPermissions=[shell])


@fault(DNS, "trading-vpc-prod", "enableDnsHostnames is off*")
def no_names(site: Site) -> None:
    site.ec2().modify_vpc_attribute(VpcId=site.networks[PRIMARY].vpc, EnableDnsHostnames={"Value": False})


@fault(IMAGES, "trading-app-old-prod", "its image ami-* is 400 days old, at most 365 are allowed")
def an_old_image(site: Site) -> None:
    build_ec2_instance(site.builder, site.networks[PRIMARY], "trading-app-old-prod", image_age=400)


@fault(IMAGES, "trading-app-late-prod", "its image ami-* is deprecated since *")
def a_deprecated_image(site: Site) -> None:
    build_ec2_instance(site.builder, site.networks[PRIMARY], "trading-app-late-prod", image_deprecated=True)


@fault(IMAGES, "trading-app-lost-prod", "no such image in us-east-1: ami-*")
def an_image_that_is_gone(site: Site) -> None:
    build_ec2_instance(site.builder, site.networks[PRIMARY], "trading-app-lost-prod", image_gone=True)


@pytest.mark.usefixtures("embedded")
@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_is_found_where_it_is(name: str, tmp_path: Path) -> None:
    done, check, resource, says = FAULTS[name]
    done(build())
    _, verdicts = audit(tmp_path, check)
    status, message = verdicts[check, resource]
    assert status == "fail", message
    assert fnmatch.fnmatchcase(message, says), message


@pytest.mark.usefixtures("embedded")
@pytest.mark.parametrize(
    ("further", "says"),
    [
        ({"accepted": False}, "*the peering attachment tgw-attach-* is pendingAcceptance, not available*"),
        ({"static_routes": False}, "*the transit gateway route table tgw-rtb-* has no active route to 10.1.0.0/16*"),
        ({"routed_back": False}, "*the private route table rtb-* in us-west-2 has no active route to 10.0.0.0/16*"),
    ],
)
def test_a_fault_of_the_transit_gateways_is_named(further: dict[str, bool], says: str, tmp_path: Path) -> None:
    build("transit_gateway", **further)
    told, verdicts = audit(tmp_path, CONNECTED, connectivity="transit_gateway")
    assert told["NET-09"] == "fail"
    assert fnmatch.fnmatchcase(verdicts[CONNECTED, "trading-vpc-prod"][1], says), verdicts[
        CONNECTED, "trading-vpc-prod"
    ]


@pytest.mark.usefixtures("embedded")
def test_a_single_nat_gateway_is_right_where_it_is_documented(tmp_path: Path) -> None:
    builder = Builder(boto3.Session(), project="trading", ideal=True, endpoint_url=None)
    build_network(builder, Plan(PRIMARY, "trading", "10.0.0.0/16", single_nat=True))
    _, single = audit(tmp_path, STRATEGY, EXITS, nat_strategy="single")
    assert single[STRATEGY, "trading-vpc-prod"][0] == "pass"
    assert single[EXITS, "trading-private-c-prod"][0] == "pass"
