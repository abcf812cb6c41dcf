"""EC2: which regions are enabled, what kind NAT gateways and interfaces are of, and how old images are."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from auditor.demo.moto_gaps.ec2_public_images import know_public_images
from auditor.demo.moto_gaps.ec2_transit import own_tags
from auditor.demo.moto_gaps.engine import AwsError, Call, gap, needs

needs(
    "moto.ec2.models.amis:AmiBackend.describe_images",
    "moto.ec2.models.instances:InstanceBackend.get_instance",
    "moto.ec2.models.nat_gateways:NatGatewayBackend.create_nat_gateway",
    "moto.ec2.models.vpc_peering_connections:VPCPeeringConnectionBackend.describe_vpc_peering_connections",
)

_ENABLED = frozenset(
    {
        *("ap-northeast-1", "ap-northeast-2", "ap-northeast-3", "ap-south-1", "ap-southeast-1", "ap-southeast-2"),
        *("ca-central-1", "eu-central-1", "eu-north-1", "eu-west-1", "eu-west-2", "eu-west-3", "sa-east-1"),
        *("us-east-1", "us-east-2", "us-west-1", "us-west-2"),
    }
)
"""Enabled in every account; the others are opt-in (docs.aws.amazon.com/global-infrastructure, "AWS Regions")."""


@gap("ec2", "DescribeRegions")
def describe_regions(call: Call) -> dict[str, Any]:
    """AWS lists enabled regions, unless AllRegions or a name asks (API_DescribeRegions); moto lists all, always."""
    asked = call.params()
    everything = bool(asked.get("AllRegions") or asked.get("RegionNames"))
    regions = call.moto()["Regions"]
    for region in regions:
        enabled = region["RegionName"] in _ENABLED
        region["OptInStatus"] = "opt-in-not-required" if enabled else "not-opted-in"
    wanted = {f["Name"]: f["Values"] for f in asked.get("Filters", [])}.get("opt-in-status")
    return {
        "Regions": [
            region
            for region in regions
            if (everything or region["RegionName"] in _ENABLED) and (not wanted or region["OptInStatus"] in wanted)
        ]
    }


@gap("ec2", "DescribeNatGateways")
def describe_nat_gateways(call: Call) -> dict[str, Any]:
    """AWS says whether a NAT gateway is public or private (API_NatGateway); moto leaves ConnectivityType out."""
    answer = call.moto()
    for gateway in answer["NatGateways"]:
        gateway.setdefault("ConnectivityType", "public")
    return answer


@gap("ec2", "DescribeNetworkInterfaces")
def describe_network_interfaces(call: Call) -> dict[str, Any]:
    """AWS says which interfaces a service manages and what for (API_NetworkInterface); to moto all are a user's own."""
    backend = call.backend("ec2")
    gateways = {
        gateway._eni.id: gateway.id  # noqa: SLF001 - moto has no public name for it
        for gateway in backend.nat_gateways.values()
    }
    endpoints = {
        name: endpoint for endpoint in backend.vpc_end_points.values() for name in endpoint.network_interface_ids
    }
    answer = call.moto()
    for interface in answer["NetworkInterfaces"]:
        name = interface["NetworkInterfaceId"]
        if name in gateways:
            _managed(interface, "nat_gateway", f"Interface for NAT Gateway {gateways[name]}")
            interface["Groups"] = []
        elif name in endpoints:
            endpoint = endpoints[name]
            _managed(interface, "vpc_endpoint", f"VPC Endpoint Interface {endpoint.id}")
            named = endpoint.security_group_ids or []
            interface["Groups"] = [
                {"GroupId": group, "GroupName": backend.get_security_group_from_id(group).name} for group in named
            ]
    return answer


def _managed(interface: dict[str, Any], kind: str, description: str) -> None:
    """Make an interface one that AWS runs for a service."""
    attachment = {"InstanceOwnerId": "amazon-aws", "Status": "attached", "DeviceIndex": 1, "DeleteOnTermination": False}
    interface |= {
        "InterfaceType": kind,
        "Description": description,
        "RequesterManaged": True,
        "RequesterId": "144885832301",
        "Status": "in-use",
        "Attachment": attachment,
    }


@gap("ec2", "RunInstances")
def run_instances(call: Call) -> dict[str, Any]:
    """AWS deletes an interface that it made for an instance along with it, unless told not to
    (API_InstanceNetworkInterfaceSpecification, DeleteOnTermination); moto keeps it, attached to what is gone.
    """
    asked = {one.get("DeviceIndex", 0): one for one in call.params().get("NetworkInterfaces", [])}
    answer = call.moto()
    for told in answer["Instances"]:
        for index, interface in call.backend("ec2").get_instance(told["InstanceId"]).nics.items():
            wanted = asked.get(index, {})
            interface.delete_on_termination = wanted.get("DeleteOnTermination", not wanted.get("NetworkInterfaceId"))
        for one in told.get("NetworkInterfaces", []):
            made = call.backend("ec2").enis[one["NetworkInterfaceId"]]
            one["Attachment"]["DeleteOnTermination"] = made.delete_on_termination
    return answer


@gap("ec2", "DescribeVpcPeeringConnections")
def describe_vpc_peering_connections(call: Call) -> dict[str, Any]:
    """AWS lists all blocks of both VPCs while the connection stands, and the tags of the region that is asked.

    moto gives each VPC's primary block only, and the requester's tags (API_VpcPeeringConnectionVpcInfo).
    """
    answer = call.moto()
    for connection in answer["VpcPeeringConnections"]:
        connection["Tags"] = own_tags(call, connection["VpcPeeringConnectionId"])
        for side in (connection["RequesterVpcInfo"], connection["AccepterVpcInfo"]):
            if connection["Status"]["Code"] == "active" and side.get("OwnerId") == call.account:
                vpc = call.backend("ec2", region=side.get("Region", call.region)).vpcs.get(side["VpcId"])
                blocks = vpc.get_cidr_block_association_set() if vpc is not None else []
                side["CidrBlockSet"] = [{"CidrBlock": one["cidr_block"]} for one in blocks]
    return answer


@gap("ec2", "RegisterImage")
def register_image(call: Call) -> dict[str, Any]:
    """AWS registers what it is told (API_RegisterImage); moto takes the name only. Dated as `DATE_HEADER` says."""
    asked = call.params()
    answer = call.moto()
    image = call.backend("ec2").amis[answer["ImageId"]]
    image.creation_date = call.date
    image.architecture = asked.get("Architecture", "x86_64")
    image.virtualization_type = asked.get("VirtualizationType", "hvm")
    image.root_device_name = asked.get("RootDeviceName", image.root_device_name)
    image.root_device_type = "ebs"
    for one in asked.get("TagSpecifications", []):
        if one.get("ResourceType") == "image":
            image.add_tags({tag["Key"]: tag["Value"] for tag in one.get("Tags", [])})
    return answer


@gap("ec2", "EnableImageDeprecation")
def enable_image_deprecation(call: Call) -> dict[str, Any]:
    """AWS notes when an image is deprecated, to the minute (API_EnableImageDeprecation); moto has no such call."""
    asked = call.params()
    image = call.backend("ec2").amis.get(asked["ImageId"])
    if image is None:
        raise AwsError("InvalidAMIID.NotFound", f"The image id '[{asked['ImageId']}]' does not exist")
    moment = asked["DeprecateAt"]
    when = moment if isinstance(moment, datetime) else datetime.fromisoformat(str(moment))
    image.deprecation_time = when.strftime("%Y-%m-%dT%H:%M:00.000Z")
    return {"Return": True}


@gap("ec2", "DescribeImages")
def describe_images(call: Call) -> dict[str, Any]:
    """AWS says when an image is deprecated, and from then on lists it to others than its owner only where
    IncludeDeprecated asks; disabled ones where IncludeDisabled does (API_DescribeImages). moto knows neither.
    """
    asked = call.params()
    know_public_images(call)
    images = call.backend("ec2").amis
    now = call.date.strftime("%Y-%m-%dT%H:%M:%S")
    found = []
    for image in call.moto()["Images"]:
        deprecated = getattr(images.get(image["ImageId"]), "deprecation_time", None)
        own = image.get("OwnerId") == call.account
        hidden = deprecated is not None and deprecated <= now and not own and not asked.get("IncludeDeprecated")
        if hidden or (image.get("State") == "disabled" and not asked.get("IncludeDisabled")):
            continue
        found.append(image | ({"DeprecationTime": deprecated} if deprecated else {}))
    return {"Images": found}
