"""What joins networks and what stands in them: peering, transit gateways, flow logs, endpoints, instances."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from auditor.demo.worlds.building import pairs, trusts_service

if TYPE_CHECKING:
    from auditor.demo.worlds.building import Builder
    from auditor.demo.worlds.network import Network


def connect_by_peering(
    builder: Builder, primary: Network, recovery: Network, name: str, *, accepted: bool = True, routed_back: bool = True
) -> str:
    """A VPC peering connection with routes in the private route tables of both sides; its id.

    Faults: one that nobody accepted; a recovery side without routes back.
    """
    ec2 = builder.client("ec2", primary.region)
    made = ec2.create_vpc_peering_connection(
        VpcId=primary.vpc,
        PeerVpcId=recovery.vpc,
        PeerRegion=recovery.region,
        TagSpecifications=_tagged(builder, "vpc-peering-connection", name),
    )["VpcPeeringConnection"]
    peering = str(made["VpcPeeringConnectionId"])
    if accepted:
        far = builder.client("ec2", recovery.region)
        far.accept_vpc_peering_connection(VpcPeeringConnectionId=peering)
        far.create_tags(Resources=[peering], Tags=pairs(builder.tags(name)))
    _route(builder, primary, _block(builder, recovery), {"VpcPeeringConnectionId": peering})
    if routed_back:
        _route(builder, recovery, _block(builder, primary), {"VpcPeeringConnectionId": peering})
    return peering


def connect_by_transit_gateway(
    builder: Builder,
    primary: Network,
    recovery: Network,
    name: str,
    *,
    accepted: bool = True,
    static_routes: bool = True,
    routed_back: bool = True,
) -> str:
    """A transit gateway in each region with its VPC attached, peered, and routed in both directions; the peering's id.

    Faults: a peering that nobody accepted; no static routes to it; a recovery VPC without routes back.
    """
    gateways = {network.region: _transit_gateway(builder, network, name) for network in (primary, recovery)}
    ec2 = builder.client("ec2", primary.region)
    made = ec2.create_transit_gateway_peering_attachment(
        TransitGatewayId=gateways[primary.region],
        PeerTransitGatewayId=gateways[recovery.region],
        PeerAccountId=builder.account,
        PeerRegion=recovery.region,
        TagSpecifications=_tagged(builder, "transit-gateway-attachment", name),
    )["TransitGatewayPeeringAttachment"]
    peering = str(made["TransitGatewayAttachmentId"])
    if accepted:
        far = builder.client("ec2", recovery.region)
        far.accept_transit_gateway_peering_attachment(TransitGatewayAttachmentId=peering)
        far.create_tags(Resources=[peering], Tags=pairs(builder.tags(name)))
    for near, far_side in ((primary, recovery), (recovery, primary)):
        if static_routes:
            _route_transit(builder, near.region, gateways[near.region], _block(builder, far_side), peering)
        if routed_back or near is primary:
            _route(builder, near, _block(builder, far_side), {"TransitGatewayId": gateways[near.region]})
    return peering


def _transit_gateway(builder: Builder, network: Network, name: str) -> str:
    ec2 = builder.client("ec2", network.region)
    made = ec2.create_transit_gateway(Description=name, TagSpecifications=_tagged(builder, "transit-gateway", name))
    gateway = str(made["TransitGateway"]["TransitGatewayId"])
    ec2.create_transit_gateway_vpc_attachment(
        TransitGatewayId=gateway,
        VpcId=network.vpc,
        SubnetIds=list(network.private.values()),
        TagSpecifications=_tagged(builder, "transit-gateway-attachment", f"{name}-vpc"),
    )
    for table in _transit_tables(ec2, gateway):
        ec2.create_tags(Resources=[table], Tags=pairs(builder.tags(f"{name}-routes")))
    return gateway


def _transit_tables(ec2: Any, gateway: str) -> list[str]:  # noqa: ANN401 - boto3's clients are untyped
    own = [{"Name": "transit-gateway-id", "Values": [gateway]}]
    tables = ec2.describe_transit_gateway_route_tables(Filters=own)["TransitGatewayRouteTables"]
    return [str(table["TransitGatewayRouteTableId"]) for table in tables]


def _route_transit(builder: Builder, region: str, gateway: str, block: str, attachment: str) -> None:
    ec2 = builder.client("ec2", region)
    for table in _transit_tables(ec2, gateway):
        ec2.create_transit_gateway_route(
            TransitGatewayRouteTableId=table, DestinationCidrBlock=block, TransitGatewayAttachmentId=attachment
        )


def _block(builder: Builder, network: Network) -> str:
    found = builder.client("ec2", network.region).describe_vpcs(VpcIds=[network.vpc])["Vpcs"][0]
    return str(found["CidrBlock"])


def _route(builder: Builder, network: Network, block: str, target: dict[str, str]) -> None:
    """A route to a block in every route table that governs a private subnet."""
    ec2 = builder.client("ec2", network.region)
    private = {*network.private.values(), *network.database.values()}
    tables = ec2.describe_route_tables(Filters=[{"Name": "vpc-id", "Values": [network.vpc]}])["RouteTables"]
    own = {a["SubnetId"] for table in tables for a in table["Associations"] if "SubnetId" in a}
    for table in tables:
        served = {a["SubnetId"] for a in table["Associations"] if "SubnetId" in a}
        main = any(a["Main"] for a in table["Associations"])
        if served & private or (main and private - own):
            ec2.create_route(RouteTableId=table["RouteTableId"], DestinationCidrBlock=block, **target)


def _tagged(builder: Builder, kind: str, name: str) -> list[dict[str, Any]]:
    return [{"ResourceType": kind, "Tags": pairs(builder.tags(name))}]


# ------------------------------------------------------------------------------------------- what stands in a VPC


def build_flow_logs(builder: Builder, network: Network, name: str) -> str:
    """Flow logs of all the VPC's traffic to a log group of their own; their id."""
    logs = builder.client("logs", network.region)
    logs.create_log_group(logGroupName=f"/vpc/{name}", tags=builder.tags(name))
    logs.put_retention_policy(logGroupName=f"/vpc/{name}", retentionInDays=30)
    writes = {
        "Effect": "Allow",
        "Action": ["logs:CreateLogStream", "logs:PutLogEvents"],
        "Resource": f"arn:aws:logs:{network.region}:{builder.account}:log-group:/vpc/{name}:*",
    }
    role = builder.role(f"{name}-{network.region}", trusts_service("vpc-flow-logs"), inline=writes)
    made = builder.client("ec2", network.region).create_flow_logs(
        ResourceType="VPC",
        ResourceIds=[network.vpc],
        TrafficType="ALL",
        LogGroupName=f"/vpc/{name}",
        DeliverLogsPermissionArn=role,
        TagSpecifications=_tagged(builder, "vpc-flow-log", name),
    )
    return str(made["FlowLogIds"][0])


def build_endpoints(builder: Builder, network: Network, name: str) -> tuple[str, str]:
    """A gateway endpoint for S3 and an interface endpoint for Secrets Manager; their ids."""
    ec2 = builder.client("ec2", network.region)
    gateway = ec2.create_vpc_endpoint(
        VpcId=network.vpc,
        VpcEndpointType="Gateway",
        ServiceName=f"com.amazonaws.{network.region}.s3",
        TagSpecifications=_tagged(builder, "vpc-endpoint", f"{name}-s3"),
    )
    interface = ec2.create_vpc_endpoint(
        VpcId=network.vpc,
        VpcEndpointType="Interface",
        ServiceName=f"com.amazonaws.{network.region}.secretsmanager",
        SubnetIds=list(network.private.values()),
        SecurityGroupIds=[network.groups["app"]],
        PrivateDnsEnabled=True,
        TagSpecifications=_tagged(builder, "vpc-endpoint", f"{name}-secrets"),
    )
    return str(gateway["VpcEndpoint"]["VpcEndpointId"]), str(interface["VpcEndpoint"]["VpcEndpointId"])


def build_image(builder: Builder, region: str, name: str, *, age: int = 10, deprecated: bool = False) -> str:
    """An image of the account's own, so many days old; its id."""
    ec2 = builder.client("ec2", region)
    with builder.days_ago(age):
        made = ec2.register_image(
            Name=name,
            Architecture="x86_64",
            RootDeviceName="/dev/xvda",
            TagSpecifications=_tagged(builder, "image", name),
        )
    image = str(made["ImageId"])
    if deprecated:
        ec2.enable_image_deprecation(ImageId=image, DeprecateAt=datetime.now(UTC) - timedelta(days=1))
    return image


def public_image(builder: Builder, region: str) -> str:
    """The latest of Amazon's own images of Amazon Linux 2, looked up in the region as TMR 4 has it; its id."""
    found = builder.client("ec2", region).describe_images(
        Owners=["amazon"], Filters=[{"Name": "name", "Values": ["amzn2-ami-hvm-*-x86_64-gp2"]}]
    )["Images"]
    return str(max(found, key=lambda image: image["CreationDate"])["ImageId"])


def build_ec2_instance(  # noqa: PLR0913 - each is one fault
    builder: Builder,
    network: Network,
    name: str,
    *,
    image_age: int = 10,
    image_deprecated: bool = False,
    image_gone: bool = False,
    image: str = "",
    user_data: str = "#!/bin/sh\nsystemctl start app\n",
    profile: str = "",
) -> str:
    """An instance in a private subnet, from `image` or else from a new one of the account's own; its id.

    Faults: an image that is too old, deprecated, or gone; user data with credentials in it.
    """
    ec2 = builder.client("ec2", network.region)
    if not image:
        image = build_image(builder, network.region, f"{name}-image", age=image_age, deprecated=image_deprecated)
    further = {"IamInstanceProfile": {"Name": profile}} if profile else {}
    made = ec2.run_instances(
        ImageId=image,
        InstanceType="t3.small",
        MinCount=1,
        MaxCount=1,
        SubnetId=next(iter(network.private.values())),
        SecurityGroupIds=[network.groups["app"]],
        UserData=user_data,
        MetadataOptions={"HttpTokens": "required"},
        TagSpecifications=_tagged(builder, "instance", name),
        **further,
    )["Instances"][0]
    interfaces = [one["NetworkInterfaceId"] for one in made["NetworkInterfaces"]]
    ec2.create_tags(Resources=interfaces, Tags=pairs(builder.tags(name)))
    if image_gone:
        ec2.deregister_image(ImageId=image)
    return str(made["InstanceId"])


def build_launch_template(builder: Builder, network: Network, name: str, *, user_data: str = "") -> str:
    """A launch template for the application; its id. `user_data` is in base64, as the API takes it."""
    ec2 = builder.client("ec2", network.region)
    data: dict[str, Any] = {
        "ImageId": build_image(builder, network.region, f"{name}-image"),
        "InstanceType": "t3.small",
        "SecurityGroupIds": [network.groups["app"]],
        "MetadataOptions": {"HttpTokens": "required", "HttpEndpoint": "enabled"},
    }
    made = ec2.create_launch_template(
        LaunchTemplateName=name,
        LaunchTemplateData=data | ({"UserData": user_data} if user_data else {}),
        TagSpecifications=_tagged(builder, "launch-template", name),
    )
    return str(made["LaunchTemplate"]["LaunchTemplateId"])
