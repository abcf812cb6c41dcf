"""Amazon EC2: VPCs and what lies in them. https://docs.aws.amazon.com/AWSEC2/latest/APIReference/"""

from __future__ import annotations

from auditor.model import Detail, Table

_TAGS = "Tags"


def _vpc_attribute(name: str, member: str) -> Detail:
    """DescribeVpcAttribute answers one attribute a call."""
    return Detail(
        operation="DescribeVpcAttribute",
        params={"VpcId": "$VpcId", "Attribute": name},
        columns={member: f"{member}.Value"},
    )


TABLES = (
    Table(
        name="ec2_regions",
        description="Regions, with whether the account has opted in to each.",
        service="ec2",
        operation="DescribeRegions",
        items="Regions",
        params={"AllRegions": True},
        type="AWS::Region",
        arn="arn:{partition}:ec2:{RegionName}:{account}:*",
        key=("RegionName",),
        name_from="RegionName",
        taggable=False,
        is_global=True,
    ),
    Table(
        name="ec2_vpcs",
        description="VPCs, with their CIDR blocks and DNS attributes.",
        service="ec2",
        operation="DescribeVpcs",
        items="Vpcs",
        type="AWS::EC2::VPC",
        arn="arn:{partition}:ec2:{region}:{OwnerId|account}:vpc/{VpcId}",
        key=("VpcId",),
        tags=_TAGS,
        details=(
            _vpc_attribute("enableDnsSupport", "EnableDnsSupport"),
            _vpc_attribute("enableDnsHostnames", "EnableDnsHostnames"),
        ),
        vanished=("InvalidVpcID.NotFound",),
    ),
    Table(
        name="ec2_subnets",
        description="Subnets, with their Availability Zone and CIDR blocks.",
        service="ec2",
        operation="DescribeSubnets",
        items="Subnets",
        type="AWS::EC2::Subnet",
        arn="arn:{partition}:ec2:{region}:{OwnerId|account}:subnet/{SubnetId}",
        key=("SubnetId",),
        renames={"Type": "SubnetType"},
        tags=_TAGS,
        volatile=("AvailableIpAddressCount",),
    ),
    Table(
        name="ec2_route_tables",
        description="Route tables, with their routes and associations.",
        service="ec2",
        operation="DescribeRouteTables",
        items="RouteTables",
        type="AWS::EC2::RouteTable",
        arn="arn:{partition}:ec2:{region}:{OwnerId|account}:route-table/{RouteTableId}",
        key=("RouteTableId",),
        tags=_TAGS,
    ),
    Table(
        name="ec2_internet_gateways",
        description="Internet gateways, with the VPCs they are attached to.",
        service="ec2",
        operation="DescribeInternetGateways",
        items="InternetGateways",
        type="AWS::EC2::InternetGateway",
        arn="arn:{partition}:ec2:{region}:{OwnerId|account}:internet-gateway/{InternetGatewayId}",
        key=("InternetGatewayId",),
        tags=_TAGS,
    ),
    Table(
        name="ec2_nat_gateways",
        description="NAT gateways, with their subnet and state.",
        service="ec2",
        operation="DescribeNatGateways",
        items="NatGateways",
        type="AWS::EC2::NatGateway",
        arn="arn:{partition}:ec2:{region}:{account}:natgateway/{NatGatewayId}",
        key=("NatGatewayId",),
        tags=_TAGS,
    ),
    Table(
        name="ec2_security_groups",
        description="Security groups, with the rules that they consist of.",
        service="ec2",
        operation="DescribeSecurityGroups",
        items="SecurityGroups",
        type="AWS::EC2::SecurityGroup",
        arn="arn:{partition}:ec2:{region}:{OwnerId|account}:security-group/{GroupId}",
        key=("GroupId",),
        name_from="GroupName",
        tags=_TAGS,
    ),
)
