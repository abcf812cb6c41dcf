"""EC2 in the embedded account answers as AWS does where moto alone would not, and nothing of user data is kept."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from auditor.collectors.catalogue import DeclaredCatalogue, detail_values
from auditor.demo.account import EmbeddedAccount
from auditor.demo.worlds.building import PRIMARY, RECOVERY, Builder
from auditor.demo.worlds.connections import (
    build_ec2_instance,
    build_endpoints,
    build_image,
    connect_by_peering,
    connect_by_transit_gateway,
)
from auditor.demo.worlds.network import Network, Plan, build_network

pytestmark = pytest.mark.filterwarnings("ignore")

SECRET = "export DB_PASSWORD=Xk9v2LqT7mZr4wPn8sYb\n"


@pytest.fixture
def builder() -> Iterator[Builder]:
    with EmbeddedAccount(worlds=()):
        yield Builder(boto3.Session(), project="trading", ideal=True, endpoint_url=None)


def networks(builder: Builder) -> tuple[Network, Network]:
    return (
        build_network(builder, Plan(PRIMARY, "trading", "10.0.0.0/16", "a", "a")),
        build_network(builder, Plan(RECOVERY, "trading-dr", "10.1.0.0/16", "a", "a")),
    )


def test_each_region_sees_a_peering_attachment_from_its_own_side(builder: Builder) -> None:
    primary, recovery = networks(builder)
    peering = connect_by_transit_gateway(builder, primary, recovery, "trading-transit-prod")
    gateways = {}
    for region in (PRIMARY, RECOVERY):
        ec2 = builder.client("ec2", region)
        gateways[region] = ec2.describe_transit_gateways()["TransitGateways"][0]["TransitGatewayId"]
    for region, other in ((PRIMARY, RECOVERY), (RECOVERY, PRIMARY)):
        ec2 = builder.client("ec2", region)
        [vpc] = ec2.describe_transit_gateway_vpc_attachments()["TransitGatewayVpcAttachments"]
        [link] = ec2.describe_transit_gateway_peering_attachments()["TransitGatewayPeeringAttachments"]
        [table] = ec2.describe_transit_gateway_route_tables()["TransitGatewayRouteTables"]
        every = ec2.describe_transit_gateway_attachments()["TransitGatewayAttachments"]
        by_kind = {one["ResourceType"]: one for one in every}
        assert vpc["VpcId"] == {PRIMARY: primary, RECOVERY: recovery}[region].vpc
        assert {tag["Key"] for tag in vpc["Tags"]} >= {"Name", "Environment"}
        assert (link["TransitGatewayAttachmentId"], link["State"]) == (peering, "available")
        assert by_kind["peering"]["TransitGatewayId"] == gateways[region]
        assert by_kind["peering"]["ResourceId"] == gateways[other]
        assert {one["Association"]["TransitGatewayRouteTableId"] for one in every} == {
            table["TransitGatewayRouteTableId"]
        }
        assert {tag["Key"] for tag in by_kind["peering"]["Tags"]} >= {"Name", "Environment"}


def test_routes_of_a_transit_gateway_are_static_and_propagated(builder: Builder) -> None:
    primary, recovery = networks(builder)
    connect_by_transit_gateway(builder, primary, recovery, "trading-transit-prod")
    ec2 = builder.client("ec2")
    [table] = ec2.describe_transit_gateway_route_tables()["TransitGatewayRouteTables"]
    name = table["TransitGatewayRouteTableId"]

    def search(*states: str) -> set[tuple[str, ...]]:
        filters = [{"Name": "state", "Values": list(states)}]
        routes = ec2.search_transit_gateway_routes(TransitGatewayRouteTableId=name, Filters=filters)["Routes"]
        kinds = {r["DestinationCidrBlock"]: [a["ResourceType"] for a in r["TransitGatewayAttachments"]] for r in routes}
        return {(r["DestinationCidrBlock"], r["Type"], *kinds[r["DestinationCidrBlock"]]) for r in routes}

    assert search("active") == {("10.0.0.0/16", "propagated", "vpc"), ("10.1.0.0/16", "static", "peering")}
    assert search("blackhole") == set()
    with pytest.raises(ClientError, match=r"InvalidRouteTableID\.NotFound"):
        ec2.search_transit_gateway_routes(TransitGatewayRouteTableId="tgw-rtb-0123456789abcdef0", Filters=[])


def test_a_peering_has_all_blocks_and_each_region_s_own_tags(builder: Builder) -> None:
    primary, recovery = networks(builder)
    builder.client("ec2").associate_vpc_cidr_block(VpcId=primary.vpc, CidrBlock="100.64.0.0/16")
    connect_by_peering(builder, primary, recovery, "trading-peering-prod")
    builder.client("ec2", RECOVERY).delete_tags(Resources=_peerings(builder, RECOVERY), Tags=[{"Key": "CostCenter"}])
    [here] = builder.client("ec2").describe_vpc_peering_connections()["VpcPeeringConnections"]
    [there] = builder.client("ec2", RECOVERY).describe_vpc_peering_connections()["VpcPeeringConnections"]
    blocks = [one["CidrBlock"] for one in here["RequesterVpcInfo"]["CidrBlockSet"]]
    assert sorted(blocks) == ["10.0.0.0/16", "100.64.0.0/16"]
    assert "CostCenter" in {tag["Key"] for tag in here["Tags"]}
    assert "CostCenter" not in {tag["Key"] for tag in there["Tags"]}


def _peerings(builder: Builder, region: str) -> list[str]:
    found = builder.client("ec2", region).describe_vpc_peering_connections()["VpcPeeringConnections"]
    return [one["VpcPeeringConnectionId"] for one in found]


def test_interfaces_of_services_are_no_user_s(builder: Builder) -> None:
    primary, _ = networks(builder)
    build_endpoints(builder, primary, "trading-prod")
    build_ec2_instance(builder, primary, "trading-app-prod")
    found = builder.client("ec2").describe_network_interfaces()["NetworkInterfaces"]
    kinds = {(one["InterfaceType"], one["RequesterManaged"], bool(one["Groups"])) for one in found}
    assert kinds == {("nat_gateway", True, False), ("vpc_endpoint", True, True), ("interface", False, True)}


def test_images_have_an_age_and_a_deprecation_time(builder: Builder) -> None:
    ec2 = builder.client("ec2")
    old = build_image(builder, PRIMARY, "old-image", age=400)
    late = build_image(builder, PRIMARY, "late-image", deprecated=True)
    gone = build_image(builder, PRIMARY, "gone-image")
    off = build_image(builder, PRIMARY, "disabled-image")
    ec2.deregister_image(ImageId=gone)
    ec2.disable_image(ImageId=off)

    def ask(**further: Any) -> dict[str, Any]:  # noqa: ANN401 - request parameters
        wanted = [{"Name": "image-id", "Values": [old, late, gone, off]}]
        return {one["ImageId"]: one for one in ec2.describe_images(Filters=wanted, **further)["Images"]}

    assert set(ask()) == {old, late}
    found = ask(IncludeDeprecated=True, IncludeDisabled=True)
    assert set(found) == {old, late, off}
    assert datetime.fromisoformat(found[old]["CreationDate"]) < datetime.now(UTC) - timedelta(days=399)
    assert datetime.fromisoformat(found[late]["DeprecationTime"]) < datetime.now(UTC)
    assert "DeprecationTime" not in found[old]


# ------------------------------------------------------------------------------------------- user data


def test_an_instance_takes_its_own_interface_with_it(builder: Builder) -> None:
    network, _ = networks(builder)
    ec2 = builder.client("ec2")
    instance = build_ec2_instance(builder, network, "trading-app-prod")
    own = [{"Name": "attachment.instance-id", "Values": [instance]}]
    [interface] = ec2.describe_network_interfaces(Filters=own)["NetworkInterfaces"]
    assert interface["Attachment"]["DeleteOnTermination"] is True
    kept = ec2.create_network_interface(SubnetId=network.private["a"])["NetworkInterface"]["NetworkInterfaceId"]
    other = ec2.run_instances(
        ImageId=build_image(builder, PRIMARY, "trading-other-prod"),
        MinCount=1,
        MaxCount=1,
        NetworkInterfaces=[{"DeviceIndex": 0, "NetworkInterfaceId": kept}],
    )["Instances"][0]["InstanceId"]
    ec2.terminate_instances(InstanceIds=[instance, other])
    left = {one["NetworkInterfaceId"] for one in ec2.describe_network_interfaces()["NetworkInterfaces"]}
    assert kept in left
    assert interface["NetworkInterfaceId"] not in left


def test_user_data_of_launch_templates_is_examined_and_not_kept() -> None:
    encoded = base64.b64encode(SECRET.encode()).decode()
    item = {
        "LaunchTemplateId": "lt-1",
        "VersionNumber": 2,
        "LaunchTemplateData": {"UserData": encoded, "ImageId": "ami-1", "MetadataOptions": {"HttpTokens": "required"}},
    }
    row = DeclaredCatalogue().row("ec2_launch_template_versions", item, "111122223333", PRIMARY)
    assert (row["ImageId"], row["HttpTokens"]) == ("ami-1", "required")
    assert row["UserDataCredentials"]
    assert encoded not in repr(row)
    assert "Xk9v2LqT7mZr4wPn8sYb" not in repr(row)


def test_user_data_of_instances_is_examined_and_not_kept() -> None:
    catalogue = DeclaredCatalogue()
    table = catalogue.tables()["ec2_instances"]
    [detail] = [one for one in table.details if one.operation == "DescribeInstanceAttribute"]
    encoded = base64.b64encode(SECRET.encode()).decode()
    filled = detail_values(table, detail, {"UserData": {"Value": encoded}}, catalogue.shapes("ec2_instances"))
    assert set(filled) == {"UserDataCredentials"}
    assert filled["UserDataCredentials"]
    assert encoded not in repr(filled)
    assert "Xk9v2LqT7mZr4wPn8sYb" not in repr(filled)
