"""Networks: VPCs with public and private subnets, gateways, route tables and security groups."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from auditor.demo.worlds.building import pairs

if TYPE_CHECKING:
    from auditor.demo.worlds.building import Builder

ANYWHERE = "0.0.0.0/0"


@dataclass(frozen=True, slots=True)
class Plan:
    """A VPC as it is to be; the defaults are the documented, correct one."""

    region: str
    name: str
    """What resources' names begin with, like `trading` or `trading-dr`."""
    cidr: str
    public_zones: str = "abc"
    private_zones: str = "abc"
    database_zones: str = ""
    """Zones with a subnet for databases alone, in a tier of its own that has no way out (NET-07)."""
    without_public_addresses: str = ""
    """Zones whose public subnet hands out no public addresses."""
    private_with_public_addresses: str = ""
    """Zones whose private subnet hands out public addresses."""
    without_association: str = ""
    """Zones whose private subnet is left to the main route table."""
    tagged: bool = True
    """Whether the VPC itself carries tags."""
    without_suffix: tuple[str, ...] = ()
    """Roles of security groups (alb, app, db) whose names and tags lack the environment's suffix."""
    single_nat: bool = False
    """One NAT gateway, in the first public zone, for all private subnets, instead of one in each zone."""


@dataclass(frozen=True, slots=True)
class Network:
    """A VPC that stands, with its subnets by zone letter and its security groups by role."""

    region: str
    vpc: str
    public: dict[str, str]
    private: dict[str, str]
    groups: dict[str, str]
    database: dict[str, str] = field(default_factory=dict)


class _Site:
    """Calls on EC2 in one region, for one plan."""

    def __init__(self, builder: Builder, plan: Plan) -> None:
        self.builder = builder
        self.plan = plan
        self.ec2 = builder.client("ec2", plan.region)

    def tags(self, kind: str, name: str) -> list[dict[str, Any]]:
        full = f"{self.plan.name}-{name}-prod"
        return [{"ResourceType": kind, "Tags": pairs(self.builder.tags(full))}]

    def subnet(self, vpc: str, tier: str, zone: str, number: int) -> str:
        first, second, *_ = self.plan.cidr.split(".")
        made = self.ec2.create_subnet(
            VpcId=vpc,
            CidrBlock=f"{first}.{second}.{number}.0/24",
            AvailabilityZone=self.plan.region + zone,
            TagSpecifications=self.tags("subnet", f"{tier}-{zone}"),
        )
        return str(made["Subnet"]["SubnetId"])

    def route_table(self, vpc: str, name: str, target: dict[str, str], *subnets: str) -> None:
        made = self.ec2.create_route_table(VpcId=vpc, TagSpecifications=self.tags("route-table", name))["RouteTable"]
        table = made["RouteTableId"]
        if target:
            self.ec2.create_route(RouteTableId=table, DestinationCidrBlock=ANYWHERE, **target)
        for subnet in subnets:
            self.ec2.associate_route_table(RouteTableId=table, SubnetId=subnet)

    def group(self, vpc: str, role: str, ports: tuple[int, ...], source: dict[str, Any]) -> str:
        name = f"{self.plan.name}-{role}" if role in self.plan.without_suffix else f"{self.plan.name}-{role}-prod"
        tags = [{"ResourceType": "security-group", "Tags": pairs(self.builder.tags(name))}]
        made = self.ec2.create_security_group(GroupName=name, Description=name, VpcId=vpc, TagSpecifications=tags)
        rules = [{"IpProtocol": "tcp", "FromPort": port, "ToPort": port, **source} for port in ports]
        self.ec2.authorize_security_group_ingress(GroupId=made["GroupId"], IpPermissions=rules)
        return str(made["GroupId"])


def build_network(builder: Builder, plan: Plan, database_port: int = 3306) -> Network:
    """Build a VPC to plan: an internet gateway where there are public subnets, a NAT gateway in each of their zones."""
    site = _Site(builder, plan)
    specifications = {"TagSpecifications": site.tags("vpc", "vpc")} if plan.tagged else {}
    vpc = site.ec2.create_vpc(CidrBlock=plan.cidr, **specifications)["Vpc"]["VpcId"]
    site.ec2.modify_vpc_attribute(VpcId=vpc, EnableDnsHostnames={"Value": True})
    public = {zone: site.subnet(vpc, "public", zone, number) for number, zone in enumerate(plan.public_zones)}
    private = {zone: site.subnet(vpc, "private", zone, 10 + number) for number, zone in enumerate(plan.private_zones)}
    if public:
        _open_to_the_internet(site, vpc, public)
    _close_private(site, vpc, public, private)
    closed = {zone: site.subnet(vpc, "database", zone, 20 + number) for number, zone in enumerate(plan.database_zones)}
    if closed:
        site.route_table(vpc, "database", {}, *closed.values())
    for zone in plan.private_with_public_addresses:
        site.ec2.modify_subnet_attribute(SubnetId=private[zone], MapPublicIpOnLaunch={"Value": True})
    _tag_what_comes_with_a_vpc(site, vpc)
    everyone = {"IpRanges": [{"CidrIp": ANYWHERE}]}
    balancer = site.group(vpc, "alb", (80, 443), everyone)
    application = site.group(vpc, "app", (8080,), {"UserIdGroupPairs": [{"GroupId": balancer}]})
    database = site.group(vpc, "db", (database_port,), {"UserIdGroupPairs": [{"GroupId": application}]})
    groups = {"alb": balancer, "app": application, "db": database}
    return Network(plan.region, vpc, public, private, groups, closed)


def _open_to_the_internet(site: _Site, vpc: str, public: dict[str, str]) -> None:
    made = site.ec2.create_internet_gateway(TagSpecifications=site.tags("internet-gateway", "igw"))["InternetGateway"]
    gateway = made["InternetGatewayId"]
    site.ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc)
    site.route_table(vpc, "public", {"GatewayId": gateway}, *public.values())
    for zone, subnet in public.items():
        if zone not in site.plan.without_public_addresses:
            site.ec2.modify_subnet_attribute(SubnetId=subnet, MapPublicIpOnLaunch={"Value": True})


def _close_private(site: _Site, vpc: str, public: dict[str, str], private: dict[str, str]) -> None:
    single = _nat_gateway(site, public, next(iter(public))) if site.plan.single_nat and public else {}
    for zone, subnet in private.items():
        target = single or (_nat_gateway(site, public, zone) if zone in public else {})
        if zone not in site.plan.without_association:
            site.route_table(vpc, f"private-{zone}", target, subnet)


def _nat_gateway(site: _Site, public: dict[str, str], zone: str) -> dict[str, str]:
    """A NAT gateway with an address of its own in a zone's public subnet, as a route's target."""
    address = site.ec2.allocate_address(Domain="vpc", TagSpecifications=site.tags("elastic-ip", f"nat-{zone}"))
    made = site.ec2.create_nat_gateway(
        SubnetId=public[zone],
        AllocationId=address["AllocationId"],
        TagSpecifications=site.tags("natgateway", f"nat-{zone}"),
    )
    return {"NatGatewayId": made["NatGateway"]["NatGatewayId"]}


def _tag_what_comes_with_a_vpc(site: _Site, vpc: str) -> None:
    own = [{"Name": "vpc-id", "Values": [vpc]}]
    tables = site.ec2.describe_route_tables(Filters=[*own, {"Name": "association.main", "Values": ["true"]}])
    groups = site.ec2.describe_security_groups(Filters=[*own, {"Name": "group-name", "Values": ["default"]}])
    lists = site.ec2.describe_network_acls(Filters=own)
    for kind, found in (
        ("main", [table["RouteTableId"] for table in tables["RouteTables"]]),
        ("default", [group["GroupId"] for group in groups["SecurityGroups"]]),
        ("nacl", [entry["NetworkAclId"] for entry in lists["NetworkAcls"]]),
    ):
        site.ec2.create_tags(Resources=found, Tags=pairs(site.builder.tags(f"{site.plan.name}-{kind}-prod")))
