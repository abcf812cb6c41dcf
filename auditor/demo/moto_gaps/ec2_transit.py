"""EC2's transit gateways: what is attached to them, by which route table it is served, and where their routes lead.

moto keeps one object for a peering attachment, which both regions share: what each region sees of it is told here from
that region's side, as AWS does (https://docs.aws.amazon.com/vpc/latest/tgw/tgw-peering.html).
"""

from __future__ import annotations

from typing import Any

from auditor.demo.moto_gaps.engine import AwsError, Call, gap, needs

needs(
    "moto.ec2.models.transit_gateway_attachments:TransitGatewayAttachmentBackend.describe_transit_gateway_attachments",
    "moto.ec2.models.transit_gateway_route_tables:TransitGatewayRouteTableBackend.search_transit_gateway_routes",
    "moto.ec2.models.transit_gateway_route_tables:TransitGatewayRouteTableBackend.set_route_table_association",
    "moto.ec2.models.transit_gateway:TransitGateway.DEFAULT_OPTIONS",
    "moto.ec2.models.tags:TagBackend.create_tags",
)

_KINDS = {"vpc": "DescribeTransitGatewayVpcAttachments", "peering": "DescribeTransitGatewayPeeringAttachments"}


def own_tags(call: Call, resource: str) -> list[dict[str, str]]:
    """The tags that a resource has in the region that is asked. What two regions share has tags of its own in each."""
    found = call.backend("ec2").tags.get(resource, {})
    return [{"Key": key, "Value": value} for key, value in sorted(found.items())]


@gap("ec2", "CreateTransitGatewayVpcAttachment")
def create_transit_gateway_vpc_attachment(call: Call) -> dict[str, Any]:
    """AWS takes tags for a transit-gateway-attachment (API_CreateTransitGatewayVpcAttachment); moto drops them."""
    answer = call.moto()
    made = answer["TransitGatewayVpcAttachment"]
    identifier = made["TransitGatewayAttachmentId"]
    for one in call.params().get("TagSpecifications", []):
        if one.get("ResourceType") == "transit-gateway-attachment":
            tags = {tag["Key"]: tag["Value"] for tag in one.get("Tags", [])}
            call.backend("ec2").create_tags([identifier], tags)
    return {"TransitGatewayVpcAttachment": made | {"Tags": own_tags(call, identifier)}}


@gap("ec2", "DescribeTransitGatewayVpcAttachments")
def describe_transit_gateway_vpc_attachments(call: Call) -> dict[str, Any]:
    """AWS lists attachments of VPCs only (API_DescribeTransitGatewayVpcAttachments); moto lists those of every kind."""
    listed = call.moto()["TransitGatewayVpcAttachments"]
    return {"TransitGatewayVpcAttachments": _of_kind(call, "vpc", listed)}


@gap("ec2", "DescribeTransitGatewayPeeringAttachments")
def describe_transit_gateway_peering_attachments(call: Call) -> dict[str, Any]:
    """AWS lists peering attachments only, with the region's own tags; moto lists every kind."""
    listed = call.moto()["TransitGatewayPeeringAttachments"]
    return {"TransitGatewayPeeringAttachments": _of_kind(call, "peering", listed)}


def _of_kind(call: Call, kind: str, listed: list[dict[str, Any]]) -> list[dict[str, Any]]:
    attachments = call.backend("ec2").transit_gateway_attachments
    return [
        one | {"Tags": own_tags(call, one["TransitGatewayAttachmentId"])}
        for one in listed
        if attachments[one["TransitGatewayAttachmentId"]].resource_type == kind
    ]


@gap("ec2", "DescribeTransitGatewayAttachments")
def describe_transit_gateway_attachments(call: Call) -> dict[str, Any]:
    """AWS names the region's own transit gateway, and the route table of it that the attachment is associated with.

    moto names the requester's in both regions, and always its default route table (API_TransitGatewayAttachment).
    """
    backend = call.backend("ec2")
    found = []
    for one in call.moto()["TransitGatewayAttachments"]:
        attachment = backend.transit_gateway_attachments[one["TransitGatewayAttachmentId"]]
        near, far = _sides(call, attachment)
        one |= {"TransitGatewayId": near, "ResourceId": far, "Tags": own_tags(call, attachment.id)}
        table = _associated(backend, attachment, near)
        one.pop("Association", None)
        if table is not None:
            one["Association"] = {"TransitGatewayRouteTableId": table, "State": "associated"}
        found.append(one)
    return {"TransitGatewayAttachments": found}


def _sides(call: Call, attachment: Any) -> tuple[str, str]:  # noqa: ANN401 - moto's own types
    """The transit gateway on the region's own side of an attachment, and what it is attached to."""
    if attachment.resource_type != "peering":
        return attachment.transit_gateway_id, attachment.resource_id
    requester, accepter = attachment.requester_tgw_info, attachment.accepter_tgw_info
    own = (call.account, call.region)
    if (accepter["OwnerId"], accepter["Region"]) == own != (requester["OwnerId"], requester["Region"]):
        requester, accepter = accepter, requester
    return requester["TransitGatewayId"], accepter["TransitGatewayId"]


def _associated(backend: Any, attachment: Any, gateway: str) -> str | None:  # noqa: ANN401 - moto's own types
    """The route table that serves an attachment: by association, or else the transit gateway's default one."""
    if attachment.state != "available" or gateway not in backend.transit_gateways:
        return None
    tables = [t for t in backend.transit_gateways_route_tables.values() if t.transit_gateway_id == gateway]
    chosen = [
        t.id for t in tables if attachment.id in t.route_table_associations and not t.default_association_route_table
    ]
    if chosen:
        return str(chosen[0])
    by_default = backend.transit_gateways[gateway].options.get("DefaultRouteTableAssociation", "enable") == "enable"
    default = [t.id for t in tables if t.default_association_route_table]
    return str(default[0]) if by_default and default else None


@gap("ec2", "SearchTransitGatewayRoutes")
def search_transit_gateway_routes(call: Call) -> dict[str, Any]:
    """AWS lists static routes and those that attached VPCs propagate, each with its attachments. A route whose
    attachment is gone is a blackhole (API_SearchTransitGatewayRoutes). moto has static ones, without attachments.
    """
    asked = call.params()
    backend = call.backend("ec2")
    table = backend.transit_gateways_route_tables.get(asked["TransitGatewayRouteTableId"])
    if table is None:
        told = f"Transit Gateway Route Table {asked['TransitGatewayRouteTableId']} was deleted or does not exist."
        raise AwsError("InvalidRouteTableID.NotFound", told)
    routes = {route["DestinationCidrBlock"]: route for route in _propagated(call, table)}
    for destination, route in table.routes.items():
        named = (route.get("transitGatewayAttachments") or {}).get("transitGatewayAttachmentId")
        routes[destination] = _route(call, destination, "static", named, str(route["state"]))
    wanted = {one["Name"]: one["Values"] for one in asked.get("Filters", [])}
    kept = [
        route
        for route in routes.values()
        if route["State"] in wanted.get("state", [route["State"]])
        and route["Type"] in wanted.get("type", [route["Type"]])
        and route["DestinationCidrBlock"] in wanted.get("route-search.exact-match", [route["DestinationCidrBlock"]])
    ]
    return {"Routes": kept, "AdditionalRoutesAvailable": False}


def _propagated(call: Call, table: Any) -> list[dict[str, Any]]:  # noqa: ANN401 - moto's own types
    backend = call.backend("ec2")
    options = backend.transit_gateways[table.transit_gateway_id].options
    by_default = table.default_propagation_route_table and options.get("DefaultRouteTablePropagation") == "enable"
    named = {one.transitGatewayAttachmentId for one in table.route_table_propagation}
    return [
        _route(call, block, "propagated", attachment.id, "active")
        for attachment in backend.transit_gateway_attachments.values()
        if attachment.resource_type == "vpc" and attachment.state == "available"
        if attachment.transit_gateway_id == table.transit_gateway_id and (by_default or attachment.id in named)
        for block in _blocks(backend.get_vpc(attachment.resource_id))
    ]


def _blocks(vpc: Any) -> list[str]:  # noqa: ANN401 - moto's own types
    return [str(one["cidr_block"]) for one in vpc.get_cidr_block_association_set()]


def _route(call: Call, destination: str, kind: str, named: str | None, state: str) -> dict[str, Any]:
    attachment = call.backend("ec2").transit_gateway_attachments.get(named)
    if attachment is None:
        return {"DestinationCidrBlock": destination, "Type": kind, "State": "blackhole"}
    there = {
        "TransitGatewayAttachmentId": attachment.id,
        "ResourceId": _sides(call, attachment)[1],
        "ResourceType": attachment.resource_type,
    }
    usable = state if attachment.state == "available" else "blackhole"
    return {"DestinationCidrBlock": destination, "Type": kind, "State": usable, "TransitGatewayAttachments": [there]}
