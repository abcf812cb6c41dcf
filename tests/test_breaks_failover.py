"""Changes to the corrected failover infrastructure (dr-failover): each breaks one requirement, and no other."""

from __future__ import annotations

import functools
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from auditor.demo.worlds import connections, failover
from auditor.demo.worlds.building import PRIMARY, RECOVERY
from tests.systems import (
    MARKS,
    Break,
    Breaks,
    Change,
    System,
    Variations,
    bad,
    broken_alone,
    ec2_id,
    serving,
    stays_satisfied,
    system,
    verdicts,
)

pytestmark = MARKS
served = serving("dr-failover")
BREAKS = Breaks()
FINE = Variations()
ANYWHERE = "0.0.0.0/0"
EXIT = "private-subnet-without-working-nat-gateway"
STRATEGY = "nat-gateways-against-strategy"
MIRROR = "recovery-region-does-not-mirror-primary"
CONNECTED = "regions-not-connected"
OVERLAPS = "vpc-cidr-overlaps-another"
ADMITS = "database-security-group-admits-too-much"
OPEN = "security-group-open-to-the-world"


# ------------------------------------------------------------------------------------------- what stands there


def group_id(system: System, name: str) -> str:
    return str(system.named("ec2", "describe_security_groups", "SecurityGroups", name)["GroupId"])


def peering_id(system: System) -> str:
    found = system.client("ec2").describe_vpc_peering_connections()["VpcPeeringConnections"]
    return str(found[0]["VpcPeeringConnectionId"])


def associate(system: System, subnet: str, table: str) -> None:
    """Let a subnet be governed by another route table; both by name, in the primary region."""
    ec2, found = system.client("ec2"), ec2_id(system, "Subnet", subnet)
    ec2.disassociate_route_table(AssociationId=association_id(system, found))
    ec2.associate_route_table(SubnetId=found, RouteTableId=ec2_id(system, "RouteTable", table))


def association_id(system: System, subnet: str) -> str:
    tables = system.client("ec2").describe_route_tables()["RouteTables"]
    return str(
        next(a["RouteTableAssociationId"] for t in tables for a in t["Associations"] if a.get("SubnetId") == subnet)
    )


def admit(system: System, group: str, **rule: Any) -> None:  # noqa: ANN401 - as the API takes it
    """Let a security group of the primary region admit one thing more: TCP unless the rule says otherwise."""
    permission = {"IpProtocol": "tcp", **rule}
    system.client("ec2").authorize_security_group_ingress(GroupId=group_id(system, group), IpPermissions=[permission])


def ports(first: int, last: int | None = None, cidr: str = ANYWHERE) -> dict[str, Any]:
    """A rule's ports and block."""
    return {"FromPort": first, "ToPort": last or first, "IpRanges": [{"CidrIp": cidr}]}


def another_network(system: System, cidr: str, region: str = PRIMARY) -> str:
    """A VPC beside those of the system, with nothing in it; its id."""
    ec2 = system.client("ec2", region)
    tags = [{"Key": "Name", "Value": "dr-failover-tools-vpc-prod"}]
    specification = [{"ResourceType": "vpc", "Tags": tags}]
    vpc = ec2.create_vpc(CidrBlock=cidr, TagSpecifications=specification)["Vpc"]["VpcId"]
    ec2.modify_vpc_attribute(VpcId=vpc, EnableDnsHostnames={"Value": True})
    return str(vpc)


def balancer(system: System, name: str, region: str = PRIMARY) -> Any:  # noqa: ANN401 - boto3 is untyped
    return system.client("elbv2", region).describe_load_balancers(Names=[name])["LoadBalancers"][0]


def zone_and_records(system: System) -> tuple[str, dict[str, Any]]:
    """The zone's id, and its failover records by PRIMARY and SECONDARY."""
    route53 = system.client("route53")
    zone = route53.list_hosted_zones()["HostedZones"][0]["Id"]
    records = route53.list_resource_record_sets(HostedZoneId=zone)["ResourceRecordSets"]
    return zone, {record["Failover"]: record for record in records if "Failover" in record}


def change_records(system: System, zone: str, *changes: tuple[str, dict[str, Any]]) -> None:
    made = [{"Action": action, "ResourceRecordSet": record} for action, record in changes]
    system.client("route53").change_resource_record_sets(HostedZoneId=zone, ChangeBatch={"Changes": made})


# ------------------------------------------------------------------------------------------- zones and tiers


@BREAKS("NET-01", "vpc-spans-too-few-zones", "dr-failover-vpc-prod", also=("NET-03",))
def public_subnets_in_two_zones(system: System) -> None:
    """NET-03 too: the load balancer's third subnet is the one that is public no more."""
    ec2, subnet = system.client("ec2"), ec2_id(system, "Subnet", "dr-failover-public-c-prod")
    associate(system, "dr-failover-public-c-prod", "dr-failover-private-c-prod")
    ec2.modify_subnet_attribute(SubnetId=subnet, MapPublicIpOnLaunch={"Value": False})
    ec2.replace_route(
        RouteTableId=ec2_id(system, "RouteTable", "dr-failover-private-c-prod"),
        DestinationCidrBlock=ANYWHERE,
        NatGatewayId=ec2_id(system, "NatGateway", "dr-failover-nat-a-prod"),
    )


@BREAKS("NET-01", "vpc-spans-too-few-zones", "dr-failover-vpc-prod", also=("NET-07",))
def private_subnets_in_two_zones(system: System) -> None:
    """NET-07 too: the database's subnet in the third zone is private no more."""
    for subnet in ("dr-failover-private-c-prod", "dr-failover-database-c-prod"):
        associate(system, subnet, "dr-failover-public-prod")
        system.client("ec2").modify_subnet_attribute(
            SubnetId=ec2_id(system, "Subnet", subnet), MapPublicIpOnLaunch={"Value": True}
        )


@BREAKS("NET-02", "load-balancer-vpc-without-internet-gateway", "dr-failover-vpc-prod")
def internet_gateway_detached(system: System) -> None:
    gateway = ec2_id(system, "InternetGateway", "dr-failover-igw-prod")
    vpc = ec2_id(system, "Vpc", "dr-failover-vpc-prod")
    system.client("ec2").detach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc)


@BREAKS("NET-02", "load-balancer-vpc-without-internet-gateway", "dr-failover-vpc-prod")
def default_route_to_a_gateway_that_is_not_attached(system: System) -> None:
    ec2 = system.client("ec2")
    other = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    table = ec2_id(system, "RouteTable", "dr-failover-public-prod")
    ec2.replace_route(RouteTableId=table, DestinationCidrBlock=ANYWHERE, GatewayId=other)


@BREAKS("NET-03", "internet-facing-load-balancer-in-private-subnet", "dr-failover-alb-prod")
def load_balancer_in_a_private_subnet(system: System) -> None:
    names = ("dr-failover-public-a-prod", "dr-failover-public-b-prod", "dr-failover-private-c-prod")
    subnets = [ec2_id(system, "Subnet", name) for name in names]
    system.client("elbv2").set_subnets(
        LoadBalancerArn=balancer(system, "dr-failover-alb-prod")["LoadBalancerArn"], Subnets=subnets
    )


@BREAKS("NET-04", "subnet-without-route-table-association", "dr-failover-database-a-prod")
def subnet_falls_back_on_the_main_route_table(system: System) -> None:
    """The main route table has all that the subnet's own had, so that only the association is missing."""
    ec2 = system.client("ec2")
    subnet = ec2_id(system, "Subnet", "dr-failover-database-a-prod")
    ec2.disassociate_route_table(AssociationId=association_id(system, subnet))
    main = ec2_id(system, "RouteTable", "dr-failover-main-prod")
    ec2.create_route(RouteTableId=main, DestinationCidrBlock="10.1.0.0/16", VpcPeeringConnectionId=peering_id(system))


# ------------------------------------------------------------------------------------------- the way out


@BREAKS("NET-06", EXIT, "dr-failover-private-b-prod")
def nat_gateway_deleted(system: System) -> None:
    system.client("ec2").delete_nat_gateway(NatGatewayId=ec2_id(system, "NatGateway", "dr-failover-nat-b-prod"))


@BREAKS("NET-06", EXIT, "dr-failover-west-private-c-prod")
def no_default_route_in_the_recovery_region(system: System) -> None:
    table = ec2_id(system, "RouteTable", "dr-failover-west-private-c-prod", RECOVERY)
    system.client("ec2", RECOVERY).delete_route(RouteTableId=table, DestinationCidrBlock=ANYWHERE)


@BREAKS("NET-06", EXIT, "dr-failover-private-a-prod")
def nat_gateway_in_a_private_subnet(system: System) -> None:
    ec2 = system.client("ec2")
    made = ec2.create_nat_gateway(
        SubnetId=ec2_id(system, "Subnet", "dr-failover-private-b-prod"),
        AllocationId=ec2.allocate_address(Domain="vpc")["AllocationId"],
    )
    ec2.replace_route(
        RouteTableId=ec2_id(system, "RouteTable", "dr-failover-private-a-prod"),
        DestinationCidrBlock=ANYWHERE,
        NatGatewayId=made["NatGateway"]["NatGatewayId"],
    )


@BREAKS("NET-06", EXIT, "dr-failover-private-a-prod")
def default_route_to_the_other_region(system: System) -> None:
    system.client("ec2").replace_route(
        RouteTableId=ec2_id(system, "RouteTable", "dr-failover-private-a-prod"),
        DestinationCidrBlock=ANYWHERE,
        VpcPeeringConnectionId=peering_id(system),
    )


@BREAKS("NET-06", STRATEGY, "dr-failover-vpc-prod")
def no_nat_gateway_in_the_primary_region(system: System) -> None:
    for zone in "abc":
        table = ec2_id(system, "RouteTable", f"dr-failover-private-{zone}-prod")
        system.client("ec2").delete_route(RouteTableId=table, DestinationCidrBlock=ANYWHERE)
        gateway = ec2_id(system, "NatGateway", f"dr-failover-nat-{zone}-prod")
        system.client("ec2").delete_nat_gateway(NatGatewayId=gateway)


@BREAKS("NET-08", MIRROR, RECOVERY, also=("NET-06",))
def no_nat_gateway_in_the_recovery_region(system: System) -> None:
    """NET-06 too: the recovery region's private subnets have no way out then."""
    ec2 = system.client("ec2", RECOVERY)
    for gateway in ec2.describe_nat_gateways()["NatGateways"]:
        ec2.delete_nat_gateway(NatGatewayId=gateway["NatGatewayId"])


@BREAKS("NET-08", MIRROR, RECOVERY)
def a_fourth_zone_in_the_primary_region_alone(system: System) -> None:
    ec2 = system.client("ec2")
    subnet = ec2.create_subnet(
        VpcId=ec2_id(system, "Vpc", "dr-failover-vpc-prod"),
        CidrBlock="10.0.30.0/24",
        AvailabilityZone=f"{PRIMARY}d",
    )["Subnet"]["SubnetId"]
    ec2.modify_subnet_attribute(SubnetId=subnet, MapPublicIpOnLaunch={"Value": True})
    ec2.associate_route_table(SubnetId=subnet, RouteTableId=ec2_id(system, "RouteTable", "dr-failover-public-prod"))


@BREAKS("NET-08", MIRROR, RECOVERY)
def nothing_runs_code_in_the_recovery_region(system: System) -> None:
    ec2 = system.client("ec2", RECOVERY)
    found = ec2.describe_instances()["Reservations"]
    ec2.terminate_instances(InstanceIds=[one["InstanceId"] for made in found for one in made["Instances"]])


# ------------------------------------------------------------------------------------------- peering and addresses


@BREAKS("NET-09", CONNECTED, "dr-failover-west-vpc-prod")
def peering_deleted(system: System) -> None:
    system.client("ec2").delete_vpc_peering_connection(VpcPeeringConnectionId=peering_id(system))


@BREAKS("NET-09", CONNECTED, "dr-failover-west-vpc-prod")
def no_route_back(system: System) -> None:
    for tier in ("private-a", "private-b", "private-c", "database"):
        table = ec2_id(system, "RouteTable", f"dr-failover-west-{tier}-prod", RECOVERY)
        system.client("ec2", RECOVERY).delete_route(RouteTableId=table, DestinationCidrBlock="10.0.0.0/16")


@BREAKS("NET-09", CONNECTED, "dr-failover-vpc-prod")
def no_route_from_the_databases(system: System) -> None:
    table = ec2_id(system, "RouteTable", "dr-failover-database-prod")
    system.client("ec2").delete_route(RouteTableId=table, DestinationCidrBlock="10.1.0.0/16")


@BREAKS("NET-10", OVERLAPS, "dr-failover-west-vpc-prod")
def secondary_block_overlaps(system: System) -> None:
    vpc = another_network(system, "10.8.0.0/16")
    system.client("ec2").associate_vpc_cidr_block(VpcId=vpc, CidrBlock="10.1.64.0/18")


@BREAKS("NET-10", OVERLAPS, "dr-failover-tools-vpc-prod")
def two_networks_with_one_block(system: System) -> None:
    another_network(system, "10.0.0.0/16", RECOVERY)


@BREAKS("NET-12", "vpc-dns-support-or-hostnames-off", "dr-failover-west-vpc-prod")
def no_dns_hostnames(system: System) -> None:
    system.client("ec2", RECOVERY).modify_vpc_attribute(
        VpcId=ec2_id(system, "Vpc", "dr-failover-west-vpc-prod", RECOVERY), EnableDnsHostnames={"Value": False}
    )


@BREAKS("NET-12", "vpc-dns-support-or-hostnames-off", "dr-failover-vpc-prod")
def no_dns_support(system: System) -> None:
    system.client("ec2").modify_vpc_attribute(
        VpcId=ec2_id(system, "Vpc", "dr-failover-vpc-prod"), EnableDnsSupport={"Value": False}
    )


# ------------------------------------------------------------------------------------------- security groups


@BREAKS("NET-11", ADMITS, "dr-failover-db-prod")
def database_admits_the_world(system: System) -> None:
    admit(system, "dr-failover-db-prod", **ports(5432))


@BREAKS("NET-11", ADMITS, "dr-failover-db-prod")
def database_admits_the_world_by_ipv6(system: System) -> None:
    admit(system, "dr-failover-db-prod", FromPort=5432, ToPort=5432, Ipv6Ranges=[{"CidrIpv6": "::/0"}])


@BREAKS("NET-11", ADMITS, "dr-failover-db-prod")
def database_admits_another_port(system: System) -> None:
    admit(system, "dr-failover-db-prod", **ports(22, cidr="10.0.0.0/16"))


@BREAKS("NET-11", ADMITS, "dr-failover-db-prod")
def database_admits_every_protocol(system: System) -> None:
    application = {"GroupId": group_id(system, "dr-failover-app-prod")}
    admit(system, "dr-failover-db-prod", IpProtocol="-1", UserIdGroupPairs=[application])


@BREAKS("NET-11", ADMITS, "dr-failover-db-prod")
def database_admits_a_foreign_network(system: System) -> None:
    admit(system, "dr-failover-db-prod", **ports(5432, cidr="192.168.0.0/16"))


@BREAKS("NET-11", OPEN, "dr-failover-app-prod")
def application_is_open_to_the_world(system: System) -> None:
    admit(system, "dr-failover-app-prod", **ports(443))


@BREAKS("NET-11", OPEN, "dr-failover-alb-prod")
def load_balancer_is_open_on_another_port(system: System) -> None:
    admit(system, "dr-failover-alb-prod", **ports(8443))


@BREAKS("NET-11", OPEN, "dr-failover-app-prod")
def application_is_open_to_half_of_the_world(system: System) -> None:
    admit(system, "dr-failover-app-prod", **ports(8080, cidr="128.0.0.0/1"))


# ------------------------------------------------------------------------------------------- DNS


@BREAKS("DNS-01", "hosted-zone-under-reserved-domain", "dr-failover-prod.test.local.")
def zone_as_the_document_corrects_it(system: System) -> None:
    """DRF 3's own remedy, `….test.local`, is a reserved domain as well."""
    system.client("route53").create_hosted_zone(Name="dr-failover-prod.test.local", CallerReference="corrected")


def report(system: System, health_check: str, value: float) -> None:
    """The metric that Route 53 publishes for a health check."""
    then = datetime.now(UTC) - timedelta(minutes=2)
    metric = {"MetricName": "HealthCheckStatus", "Timestamp": then, "Value": value}
    dimensions = [{"Name": "HealthCheckId", "Value": health_check}]
    system.client("cloudwatch").put_metric_data(
        Namespace="AWS/Route53", MetricData=[{**metric, "Dimensions": dimensions}]
    )


@BREAKS("DNS-04", "health-check-not-healthy", "healthcheck/*")
def health_check_reports_a_failure(system: System) -> None:
    report(system, zone_and_records(system)[1]["PRIMARY"]["HealthCheckId"], 0)


@BREAKS("DNS-04", "health-check-not-healthy", "healthcheck/*", also=("LB-05",))
def nothing_answers_in_the_recovery_region(system: System) -> None:
    """LB-05 too: health checks fail because the load balancer has no targets left."""
    elb = system.client("elbv2", RECOVERY)
    group = elb.describe_target_groups()["TargetGroups"][0]["TargetGroupArn"]
    found = elb.describe_target_health(TargetGroupArn=group)["TargetHealthDescriptions"]
    elb.deregister_targets(TargetGroupArn=group, Targets=[one["Target"] for one in found])


@BREAKS("DNS-05", "failover-exceeds-recovery-time-objective", "app.dr-failover-prod.net.")
def answers_are_kept_for_five_minutes(system: System) -> None:
    zone, records = zone_and_records(system)
    names = {
        "PRIMARY": balancer(system, "dr-failover-alb-prod"),
        "SECONDARY": balancer(system, "dr-failover-west-alb-prod", RECOVERY),
    }
    for part, record in records.items():
        kept = {key: value for key, value in record.items() if key != "AliasTarget"}
        slow = kept | {"Type": "CNAME", "TTL": 300, "ResourceRecords": [{"Value": names[part]["DNSName"]}]}
        change_records(system, zone, ("DELETE", record), ("CREATE", slow))


@BREAKS("DNS-05", "failover-exceeds-recovery-time-objective", "app.dr-failover-prod.net.", also=("DNS-03",))
def health_check_fails_late(system: System) -> None:
    """DNS-03 too: it allows three failures at most."""
    check = zone_and_records(system)[1]["PRIMARY"]["HealthCheckId"]
    system.client("route53").update_health_check(HealthCheckId=check, FailureThreshold=5)


@BREAKS("DNS-05", "target-health-failover-exceeds-recovery-time-objective", "app.dr-failover-prod.net.")
def targets_are_looked_at_too_seldom(system: System) -> None:
    """The primary record goes by its target's health alone, which 2 checks of 120 s decide."""
    zone, records = zone_and_records(system)
    without = {key: value for key, value in records["PRIMARY"].items() if key != "HealthCheckId"}
    change_records(system, zone, ("UPSERT", without))
    elb = system.client("elbv2")
    group = elb.describe_target_groups(Names=["dr-failover-blue-prod"])["TargetGroups"][0]["TargetGroupArn"]
    elb.modify_target_group(TargetGroupArn=group, HealthCheckIntervalSeconds=120, UnhealthyThresholdCount=2)


@pytest.mark.parametrize("one", BREAKS.all, ids=lambda one: one.id)
def test_a_requirement_is_broken_alone(one: Break, served: System) -> None:
    broken_alone(one, served)


def test_a_peering_that_nobody_accepted_connects_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Built so, since an accepted peering never waits again."""
    waiting = functools.partial(connections.connect_by_peering, accepted=False)
    monkeypatch.setattr(failover, "connect_by_peering", waiting)
    with system("dr-failover", tmp_path, ideal=True) as one:
        results = one.audit(CONNECTED)[1]
    assert verdicts(results)["NET-09"] == "fail"
    assert len(bad(results)) == 2
    for line in bad(results):
        assert "is pending-acceptance, not active" in line


# ------------------------------------------------------------------------------------------- what may be


@FINE("NET-04")
def open_main_route_table_that_governs_nothing(system: System) -> None:
    ec2 = system.client("ec2")
    ec2.create_route(
        RouteTableId=ec2_id(system, "RouteTable", "dr-failover-main-prod"),
        DestinationCidrBlock=ANYWHERE,
        GatewayId=ec2_id(system, "InternetGateway", "dr-failover-igw-prod"),
    )


@FINE("LB-05")
def load_balancer_that_only_redirects(system: System) -> None:
    elb = system.client("elbv2")
    made = elb.create_load_balancer(
        Name="dr-failover-redirect-prod",
        Subnets=[ec2_id(system, "Subnet", f"dr-failover-public-{zone}-prod") for zone in "ab"],
        SecurityGroups=[group_id(system, "dr-failover-alb-prod")],
        Scheme="internet-facing",
        Type="application",
    )["LoadBalancers"][0]["LoadBalancerArn"]
    to = {"Protocol": "HTTPS", "Port": "443", "Host": "app.dr-failover-prod.net", "StatusCode": "HTTP_301"}
    redirect = {"Type": "redirect", "RedirectConfig": to}
    elb.create_listener(LoadBalancerArn=made, Protocol="HTTP", Port=80, DefaultActions=[redirect])


@FINE("NET-11")
def database_admits_the_peer(system: System) -> None:
    admit(system, "dr-failover-db-prod", **ports(5432, cidr="10.1.0.0/16"))


@FINE("DNS-01")
def private_zone_under_a_reserved_domain(system: System) -> None:
    system.client("route53").create_hosted_zone(
        Name="dr-failover-prod.local",
        CallerReference="private",
        HostedZoneConfig={"PrivateZone": True},
        VPC={"VPCRegion": PRIMARY, "VPCId": ec2_id(system, "Vpc", "dr-failover-vpc-prod")},
    )


@FINE("DNS-01")
def zone_that_only_ends_like_a_reserved_one(system: System) -> None:
    system.client("route53").create_hosted_zone(Name="prod-notexample.com", CallerReference="like")


@pytest.mark.parametrize(("requirement", "change"), FINE.all)
def test_what_may_be_breaks_nothing(requirement: str, change: Change, served: System) -> None:
    stays_satisfied(requirement, change, served)
