"""Changes to the networks, DNS and load balancers of the corrected trading platform: each breaks one requirement."""

from __future__ import annotations

from typing import Any

import pytest

from auditor.demo.worlds.building import PRIMARY, RECOVERY
from tests.systems import (
    MARKS,
    Break,
    Breaks,
    Change,
    System,
    Variations,
    broken_alone,
    ec2_id,
    serving,
    stays_satisfied,
)

pytestmark = MARKS
served = serving("trading-dr")
BREAKS = Breaks()
FINE = Variations()
ACCOUNT = "123456789012"
ANYWHERE, PRIMARY_BLOCK, RECOVERY_BLOCK = "0.0.0.0/0", "10.0.0.0/16", "10.1.0.0/16"
CONNECTED = "regions-not-connected"
EXIT = "private-subnet-without-working-nat-gateway"
STRATEGY = "nat-gateways-against-strategy"
PAIR = "no-complete-failover-pair"
HEALTH_CHECK = "failover-health-check-misconfigured"


# ------------------------------------------------------------------------------------------- what stands there


def private_table(system: System, zone: str, region: str = PRIMARY) -> str:
    name = "trading" if region == PRIMARY else "trading-dr"
    return ec2_id(system, "RouteTable", f"{name}-private-{zone}-prod", region)


def peering(system: System) -> Any:  # noqa: ANN401 - boto3 is untyped
    """The peering attachment that is not deleted."""
    found = system.client("ec2").describe_transit_gateway_peering_attachments()["TransitGatewayPeeringAttachments"]
    return next(one for one in found if one["State"] != "deleted")


def transit_table(system: System, region: str) -> str:
    found = system.client("ec2", region).describe_transit_gateway_route_tables()["TransitGatewayRouteTables"]
    return str(found[0]["TransitGatewayRouteTableId"])


def zone_and_records(system: System) -> tuple[str, list[dict[str, Any]]]:
    """The zone's id, and its failover records."""
    route53 = system.client("route53")
    zone = route53.list_hosted_zones()["HostedZones"][0]["Id"]
    records = route53.list_resource_record_sets(HostedZoneId=zone)["ResourceRecordSets"]
    return zone, [record for record in records if "Failover" in record]


def change_records(system: System, action: str, *records: dict[str, Any]) -> None:
    changes = [{"Action": action, "ResourceRecordSet": record} for record in records]
    system.client("route53").change_resource_record_sets(
        HostedZoneId=zone_and_records(system)[0], ChangeBatch={"Changes": changes}
    )


def records(system: System, part: str) -> list[dict[str, Any]]:
    """The records that are PRIMARY, or SECONDARY."""
    return [record for record in zone_and_records(system)[1] if record["Failover"] == part]


# ------------------------------------------------------------------------------------------- subnets and the way out


@BREAKS("NET-05", "subnet-public-addresses-not-by-tier", "trading-public-b-prod")
def public_subnet_hands_out_no_public_addresses(system: System) -> None:
    subnet = ec2_id(system, "Subnet", "trading-public-b-prod")
    system.client("ec2").modify_subnet_attribute(SubnetId=subnet, MapPublicIpOnLaunch={"Value": False})


@BREAKS("NET-05", "subnet-public-addresses-not-by-tier", "trading-dr-private-c-prod")
def private_subnet_hands_out_public_addresses(system: System) -> None:
    subnet = ec2_id(system, "Subnet", "trading-dr-private-c-prod", RECOVERY)
    system.client("ec2", RECOVERY).modify_subnet_attribute(SubnetId=subnet, MapPublicIpOnLaunch={"Value": True})


@BREAKS("NET-06", STRATEGY, "trading-vpc-prod")
def nat_gateway_of_another_zone(system: System) -> None:
    system.client("ec2").replace_route(
        RouteTableId=private_table(system, "b"),
        DestinationCidrBlock=ANYWHERE,
        NatGatewayId=ec2_id(system, "NatGateway", "trading-nat-a-prod"),
    )


@BREAKS("NET-06", STRATEGY, "trading-dr-vpc-prod")
def one_nat_gateway_for_the_recovery_region(system: System) -> None:
    ec2 = system.client("ec2", RECOVERY)
    only = ec2_id(system, "NatGateway", "trading-dr-nat-a-prod", RECOVERY)
    for zone in "bc":
        table = private_table(system, zone, RECOVERY)
        ec2.replace_route(RouteTableId=table, DestinationCidrBlock=ANYWHERE, NatGatewayId=only)
        ec2.delete_nat_gateway(NatGatewayId=ec2_id(system, "NatGateway", f"trading-dr-nat-{zone}-prod", RECOVERY))


@BREAKS("NET-06", EXIT, "trading-dr-private-b-prod")
def nat_gateway_deleted(system: System) -> None:
    gateway = ec2_id(system, "NatGateway", "trading-dr-nat-b-prod", RECOVERY)
    system.client("ec2", RECOVERY).delete_nat_gateway(NatGatewayId=gateway)


# ------------------------------------------------------------------------------------------- transit gateways


@BREAKS("NET-09", CONNECTED, "trading-vpc-prod")
def peering_deleted(system: System) -> None:
    attachment = peering(system)["TransitGatewayAttachmentId"]
    system.client("ec2").delete_transit_gateway_peering_attachment(TransitGatewayAttachmentId=attachment)


@BREAKS("NET-09", CONNECTED, "trading-dr-vpc-prod")
def peering_that_nobody_accepted(system: System) -> None:
    """Everything else is as it should be: the static routes lead to the new attachment."""
    old = peering(system)
    peering_deleted(system)
    new = system.client("ec2").create_transit_gateway_peering_attachment(
        TransitGatewayId=old["RequesterTgwInfo"]["TransitGatewayId"],
        PeerTransitGatewayId=old["AccepterTgwInfo"]["TransitGatewayId"],
        PeerAccountId=ACCOUNT,
        PeerRegion=RECOVERY,
    )["TransitGatewayPeeringAttachment"]["TransitGatewayAttachmentId"]
    for region, block in ((PRIMARY, RECOVERY_BLOCK), (RECOVERY, PRIMARY_BLOCK)):
        table = {"TransitGatewayRouteTableId": transit_table(system, region), "DestinationCidrBlock": block}
        ec2 = system.client("ec2", region)
        ec2.delete_transit_gateway_route(**table)
        ec2.create_transit_gateway_route(**table, TransitGatewayAttachmentId=new)


@BREAKS("NET-09", CONNECTED, "trading-vpc-prod")
def no_route_back_between_the_transit_gateways(system: System) -> None:
    system.client("ec2", RECOVERY).delete_transit_gateway_route(
        TransitGatewayRouteTableId=transit_table(system, RECOVERY), DestinationCidrBlock=PRIMARY_BLOCK
    )


@BREAKS("NET-09", CONNECTED, "trading-vpc-prod")
def transit_route_that_drops_what_comes(system: System) -> None:
    ec2, table = system.client("ec2"), transit_table(system, PRIMARY)
    ec2.delete_transit_gateway_route(TransitGatewayRouteTableId=table, DestinationCidrBlock=RECOVERY_BLOCK)
    ec2.create_transit_gateway_route(
        TransitGatewayRouteTableId=table, DestinationCidrBlock=RECOVERY_BLOCK, Blackhole=True
    )


@BREAKS("NET-09", CONNECTED, "trading-dr-vpc-prod")
def private_route_table_without_a_route(system: System) -> None:
    table = private_table(system, "b", RECOVERY)
    system.client("ec2", RECOVERY).delete_route(RouteTableId=table, DestinationCidrBlock=PRIMARY_BLOCK)


@BREAKS("NET-09", CONNECTED, "trading-dr-vpc-prod")
def recovery_vpc_is_not_attached(system: System) -> None:
    ec2 = system.client("ec2", RECOVERY)
    (found,) = ec2.describe_transit_gateway_vpc_attachments()["TransitGatewayVpcAttachments"]
    ec2.delete_transit_gateway_vpc_attachment(TransitGatewayAttachmentId=found["TransitGatewayAttachmentId"])


# ------------------------------------------------------------------------------------------- DNS


@BREAKS("DNS-02", PAIR, "trading-platform-prod.net.")
def no_secondary_records(system: System) -> None:
    change_records(system, "DELETE", *records(system, "SECONDARY"))


@BREAKS("DNS-02", PAIR, "api.trading-platform-prod.net.")
def secondary_leads_to_the_primary_region(system: System) -> None:
    there = {record["Name"]: record["AliasTarget"] for record in records(system, "PRIMARY")}
    change_records(
        system, "UPSERT", *(one | {"AliasTarget": there[one["Name"]]} for one in records(system, "SECONDARY"))
    )


@BREAKS("DNS-02", PAIR, "trading-platform-prod.net.", also=("DNS-05",))
def primary_without_any_health(system: System) -> None:
    """DNS-05 too: it never fails over."""
    for record in records(system, "PRIMARY"):
        del record["HealthCheckId"]
        blind = record["AliasTarget"] | {"EvaluateTargetHealth": False}
        change_records(system, "UPSERT", record | {"AliasTarget": blind})


@BREAKS("DNS-02", PAIR, "trading-platform-prod.net.")
def secondary_leads_nowhere(system: System) -> None:
    for record in records(system, "SECONDARY"):
        gone = record["AliasTarget"] | {"DNSName": "trading-gone-prod-1.us-west-2.elb.amazonaws.com"}
        change_records(system, "UPSERT", record | {"AliasTarget": gone})


def health_check(system: System, part: str) -> str:
    return str(records(system, part)[0]["HealthCheckId"])


@BREAKS("DNS-03", HEALTH_CHECK, "healthcheck/*")
def health_check_of_another_path(system: System) -> None:
    check = health_check(system, "PRIMARY")
    system.client("route53").update_health_check(HealthCheckId=check, ResourcePath="/")


@BREAKS("DNS-03", HEALTH_CHECK, "healthcheck/*")
def health_check_that_fails_late(system: System) -> None:
    """It still fits in the recovery time: 5 failures of 10 s."""
    check = health_check(system, "PRIMARY")
    system.client("route53").update_health_check(HealthCheckId=check, FailureThreshold=5)


@BREAKS("DNS-03", HEALTH_CHECK, "healthcheck/*", also=("DNS-04",))
def health_check_turned_round(system: System) -> None:
    """DNS-04 too: it reports a failure for as long as all is well."""
    system.client("route53").update_health_check(HealthCheckId=health_check(system, "SECONDARY"), Inverted=True)


@BREAKS("DNS-03", HEALTH_CHECK, "healthcheck/*", also=("DNS-04",))
def health_check_of_nobody(system: System) -> None:
    """DNS-04 too: nothing answers there."""
    check = health_check(system, "SECONDARY")
    system.client("route53").update_health_check(HealthCheckId=check, FullyQualifiedDomainName="nobody-knows-prod.net")


@BREAKS("DNS-03", HEALTH_CHECK, "healthcheck/*")
def health_check_without_encryption(system: System) -> None:
    host = system.client("elbv2").describe_load_balancers()["LoadBalancers"][0]["DNSName"]
    config = {"Type": "HTTP", "Port": 80, "ResourcePath": "/health", "FullyQualifiedDomainName": host}
    made = system.client("route53").create_health_check(CallerReference="plain", HealthCheckConfig=config)
    changed = [record | {"HealthCheckId": made["HealthCheck"]["Id"]} for record in records(system, "PRIMARY")]
    change_records(system, "UPSERT", *changed)


# ------------------------------------------------------------------------------------------- load balancers


@BREAKS("LB-05", "target-group-without-healthy-target", "trading-admin-prod")
def nothing_answers_behind_a_rule(system: System) -> None:
    elb = system.client("elbv2")
    balancer = elb.describe_load_balancers(Names=["trading-alb-prod"])["LoadBalancers"][0]
    listeners = elb.describe_listeners(LoadBalancerArn=balancer["LoadBalancerArn"])["Listeners"]
    listener = next(one["ListenerArn"] for one in listeners if one["Protocol"] == "HTTPS")
    group = elb.create_target_group(
        Name="trading-admin-prod", Protocol="HTTP", Port=8080, VpcId=balancer["VpcId"], TargetType="ip"
    )["TargetGroups"][0]["TargetGroupArn"]
    elb.create_rule(
        ListenerArn=listener,
        Priority=1,
        Conditions=[{"Field": "path-pattern", "Values": ["/admin/*"]}],
        Actions=[{"Type": "forward", "TargetGroupArn": group}],
    )


@BREAKS("LB-05", "target-group-without-healthy-target", "trading-dr-blue-prod")
def targets_that_nobody_reaches(system: System) -> None:
    """The health checks of Route 53 meet the same silence, but what they saw is asked of Route 53 alone."""
    elb = system.client("elbv2", RECOVERY)
    group = elb.describe_target_groups(Names=["trading-dr-blue-prod"])["TargetGroups"][0]["TargetGroupArn"]
    found = elb.describe_target_health(TargetGroupArn=group)["TargetHealthDescriptions"]
    elb.deregister_targets(TargetGroupArn=group, Targets=[one["Target"] for one in found])
    elb.register_targets(TargetGroupArn=group, Targets=[{"Id": "192.168.250.10", "AvailabilityZone": "all"}])


@pytest.mark.parametrize("one", BREAKS.all, ids=lambda one: one.id)
def test_a_requirement_is_broken_alone(one: Break, served: System) -> None:
    broken_alone(one, served)


# ------------------------------------------------------------------------------------------- what may be


@FINE("NET-06")
def one_nat_gateway_more(system: System) -> None:
    ec2 = system.client("ec2")
    ec2.create_nat_gateway(
        SubnetId=ec2_id(system, "Subnet", "trading-public-a-prod"),
        AllocationId=ec2.allocate_address(Domain="vpc")["AllocationId"],
    )


@FINE("NET-06")
def private_subnet_that_leaves_by_the_transit_gateway(system: System) -> None:
    system.client("ec2").replace_route(
        RouteTableId=private_table(system, "b"),
        DestinationCidrBlock=ANYWHERE,
        TransitGatewayId=ec2_id(system, "TransitGateway", "trading-transit-prod"),
    )


@FINE("DNS-02")
def one_name_of_two_fails_over(system: System) -> None:
    api = [record for record in records(system, "SECONDARY") if record["Name"].startswith("api.")]
    change_records(system, "DELETE", *api)


@FINE("LB-05")
def target_group_without_traffic(system: System) -> None:
    elb = system.client("elbv2")
    group = elb.describe_target_groups(Names=["trading-green-prod"])["TargetGroups"][0]["TargetGroupArn"]
    found = elb.describe_target_health(TargetGroupArn=group)["TargetHealthDescriptions"]
    elb.deregister_targets(TargetGroupArn=group, Targets=[one["Target"] for one in found])


@pytest.mark.parametrize(("requirement", "change"), FINE.all)
def test_what_may_be_breaks_nothing(requirement: str, change: Change, served: System) -> None:
    stays_satisfied(requirement, change, served)
