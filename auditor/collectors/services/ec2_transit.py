"""Amazon EC2: transit gateways. https://docs.aws.amazon.com/vpc/latest/tgw/

An attachment's route table association stands in `ec2_transit_gateway_attachments`, and propagated routes are among the
routes, so neither takes a call of its own. Attachments of VPCs and peering attachments are among the attachments too,
and judged there by their tags.
"""

from __future__ import annotations

from auditor.model import Table

_TAGS = "Tags"
_ATTACHMENT = "arn:{partition}:ec2:{region}:{account}:transit-gateway-attachment/{TransitGatewayAttachmentId}"

TABLES = (
    Table(
        name="ec2_transit_gateways",
        description="Transit gateways, shared ones too, with their options.",
        service="ec2",
        operation="DescribeTransitGateways",
        items="TransitGateways",
        type="AWS::EC2::TransitGateway",
        arn="{TransitGatewayArn}",
        key=("TransitGatewayArn",),
        tags=_TAGS,
    ),
    Table(
        name="ec2_transit_gateway_attachments",
        description="Attachments to transit gateways of every kind, with the route table each is associated with.",
        service="ec2",
        operation="DescribeTransitGatewayAttachments",
        items="TransitGatewayAttachments",
        type="AWS::EC2::TransitGatewayAttachment",
        arn=_ATTACHMENT,
        key=("TransitGatewayAttachmentId",),
        tags=_TAGS,
    ),
    Table(
        name="ec2_transit_gateway_vpc_attachments",
        description="Attachments of VPCs to transit gateways, with the subnets they use.",
        service="ec2",
        operation="DescribeTransitGatewayVpcAttachments",
        items="TransitGatewayVpcAttachments",
        type="AWS::EC2::TransitGatewayVpcAttachment",
        arn=_ATTACHMENT,
        key=("TransitGatewayAttachmentId",),
        tags=_TAGS,
        taggable=False,
    ),
    Table(
        name="ec2_transit_gateway_peering_attachments",
        description="Peering attachments between transit gateways, as each of their regions tells of them.",
        service="ec2",
        operation="DescribeTransitGatewayPeeringAttachments",
        items="TransitGatewayPeeringAttachments",
        type="AWS::EC2::TransitGatewayPeeringAttachment",
        arn=_ATTACHMENT,
        key=("TransitGatewayAttachmentId",),
        tags=_TAGS,
        taggable=False,
    ),
    Table(
        name="ec2_transit_gateway_route_tables",
        description="Route tables of the account's own transit gateways.",
        service="ec2",
        operation="DescribeTransitGatewayRouteTables",
        items="TransitGatewayRouteTables",
        type="AWS::EC2::TransitGatewayRouteTable",
        arn="arn:{partition}:ec2:{region}:{account}:transit-gateway-route-table/{TransitGatewayRouteTableId}",
        key=("TransitGatewayRouteTableId",),
        tags=_TAGS,
    ),
    Table(
        name="ec2_transit_gateway_routes",
        description="Active and blackhole routes of transit gateways' route tables, static and propagated.",
        service="ec2",
        operation="SearchTransitGatewayRoutes",
        items="Routes",
        params={"Filters": [{"Name": "state", "Values": ["active", "blackhole"]}]},
        type="AWS::EC2::TransitGatewayRoute",
        arn="{parent.arn}/route/{DestinationCidrBlock|PrefixListId}",
        key=("TransitGatewayRouteTableId", "DestinationCidrBlock", "PrefixListId"),
        renames={"Type": "RouteType"},
        columns={"TransitGatewayRouteTableId": "parent.TransitGatewayRouteTableId"},
        parent="ec2_transit_gateway_route_tables",
        parent_params={"TransitGatewayRouteTableId": "TransitGatewayRouteTableId"},
        page_size=1000,
        taggable=False,
        vanished=("InvalidRouteTableID.NotFound",),
    ),
)
