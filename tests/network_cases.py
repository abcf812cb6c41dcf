"""Resources of EC2, load balancing and ACM as the provider writes them into a state, and AWS's answers for the same.

Each has everything set that the mapping compares. `least` is one with nothing but what must be there.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from auditor.collectors.catalogue import DeclaredCatalogue

CATALOGUE = DeclaredCatalogue()
ACCOUNT, OTHER, REGION = "111122223333", "444455556666", "eu-west-1"
TAGS = {"Name": "shop", "Stage": "prod"}
PAIRS = [*({"Key": key, "Value": value} for key, value in TAGS.items()), {"Key": "aws:x", "Value": "AWS's own"}]
TAGGED = {"tags": TAGS, "tags_all": TAGS, "timeouts": None}
Json = dict[str, Any]


def arn(service: str, name: str) -> str:
    """An ARN in the account of these cases."""
    return f"arn:aws:{service}:{REGION}:{ACCOUNT}:{name}"


def row_of(table: str, item: Mapping[str, Any], **columns: Any) -> Json:  # noqa: ANN401 - any JSON
    """The row that AWS's answer comes to; `columns`: what further calls gave."""
    parent = {"arn": "arn:parent", **columns} if CATALOGUE.tables()[table].parent else None
    row = CATALOGUE.row(table, item, ACCOUNT, REGION, parent) | columns
    found: Json = orjson.loads(orjson.dumps(row, default=str))
    return found


@dataclass(frozen=True)
class Case:
    """A resource, and its row."""

    kind: str
    state: Mapping[str, Any]
    row: Mapping[str, Any]
    name: str = "full"


def cases() -> Iterator[Case]:
    """All of them."""
    for of_service in (_vpcs, _subnets, _gateways, _tables, _groups, _acls, _endpoints, _peerings, _transit, _logs):
        yield from of_service()
    for of_service in (_prefix_lists, _instances, _interfaces, _addresses, _balancers, _listeners, _targets, _acm):
        yield from of_service()


# ---------------------------------------------------------------------------------------- VPCs


def _vpcs() -> Iterator[Case]:
    answer = {
        "VpcId": "vpc-1",
        "OwnerId": ACCOUNT,
        "CidrBlock": "10.0.0.0/16",
        "InstanceTenancy": "dedicated",
        "DhcpOptionsId": "dopt-1",
        "IsDefault": False,
        "CidrBlockAssociationSet": [
            {"CidrBlock": "10.0.0.0/16", "CidrBlockState": {"State": "associated"}},
            {"CidrBlock": "10.9.0.0/16", "CidrBlockState": {"State": "disassociated"}},
        ],
        "Ipv6CidrBlockAssociationSet": [
            {
                "Ipv6CidrBlock": "2a05:d018::/56",
                "Ipv6CidrBlockState": {"State": "associated"},
                "NetworkBorderGroup": REGION,
                "Ipv6Pool": "Amazon",
            },
        ],
        "Tags": PAIRS,
    }
    full = {
        "id": "vpc-1",
        "arn": arn("ec2", "vpc/vpc-1"),
        "owner_id": ACCOUNT,
        "cidr_block": "10.0.0.0/16",
        "instance_tenancy": "dedicated",
        "enable_dns_support": True,
        "enable_dns_hostnames": True,
        "enable_classiclink": None,
        "assign_generated_ipv6_cidr_block": True,
        "ipv6_cidr_block": "2a05:d018::/56",
        "ipv6_cidr_block_network_border_group": REGION,
        "ipv6_netmask_length": 0,
        "main_route_table_id": "rtb-1",
        **TAGGED,
    }
    row = row_of("ec2_vpcs", answer, EnableDnsSupport=True, EnableDnsHostnames=True)
    yield Case("aws_vpc", full, row)
    yield Case("aws_default_vpc", {**full, "existing_default_vpc": True, "force_destroy": False}, row)
    old = {"VpcId": "vpc-2", "CidrBlock": "10.2.0.0/16", "InstanceTenancy": "default"}
    yield Case(
        "aws_vpc",
        {
            "id": "vpc-2",
            "cidr_block": "10.2.0.0/16",
            "instance_tenancy": "default",
            "enable_dns_support": True,
            "enable_dns_hostnames": False,
            "assign_generated_ipv6_cidr_block": False,
            "ipv6_cidr_block": "",
            "ipv6_cidr_block_network_border_group": "",
            "tags": None,
        },
        row_of("ec2_vpcs", old, EnableDnsSupport=True, EnableDnsHostnames=False),
        "least",
    )
    yield Case("aws_vpc_dhcp_options_association", {"vpc_id": "vpc-1", "dhcp_options_id": "dopt-1", "id": "x"}, row)


def _subnets() -> Iterator[Case]:
    answer = {
        "SubnetId": "subnet-1",
        "OwnerId": ACCOUNT,
        "VpcId": "vpc-1",
        "CidrBlock": "10.0.1.0/24",
        "AvailabilityZone": "eu-west-1a",
        "AvailabilityZoneId": "euw1-az1",
        "AssignIpv6AddressOnCreation": True,
        "MapPublicIpOnLaunch": True,
        "MapCustomerOwnedIpOnLaunch": True,
        "CustomerOwnedIpv4Pool": "ipv4pool-coip-1",
        "OutpostArn": arn("outposts", "outpost/op-1"),
        "EnableDns64": True,
        "EnableLniAtDeviceIndex": 1,
        "Ipv6Native": True,
        "PrivateDnsNameOptionsOnLaunch": {
            "HostnameType": "ip-name",
            "EnableResourceNameDnsARecord": True,
            "EnableResourceNameDnsAAAARecord": True,
        },
        "Ipv6CidrBlockAssociationSet": [
            {"Ipv6CidrBlock": "2a05:d018::/64", "Ipv6CidrBlockState": {"State": "associated"}},
            {"Ipv6CidrBlock": "2a05:d019::/64", "Ipv6CidrBlockState": {"State": "disassociated"}},
        ],
        "Tags": PAIRS,
    }
    full = {
        "id": "subnet-1",
        "arn": arn("ec2", "subnet/subnet-1"),
        "vpc_id": "vpc-1",
        "cidr_block": "10.0.1.0/24",
        "availability_zone": "eu-west-1a",
        "availability_zone_id": "euw1-az1",
        "assign_ipv6_address_on_creation": True,
        "map_public_ip_on_launch": True,
        "map_customer_owned_ip_on_launch": True,
        "customer_owned_ipv4_pool": "ipv4pool-coip-1",
        "outpost_arn": arn("outposts", "outpost/op-1"),
        "enable_dns64": True,
        "enable_lni_at_device_index": 1,
        "enable_resource_name_dns_a_record_on_launch": True,
        "enable_resource_name_dns_aaaa_record_on_launch": True,
        "private_dns_hostname_type_on_launch": "ip-name",
        "ipv6_native": True,
        "ipv6_cidr_block": "2a05:d018::/64",
        **TAGGED,
    }
    row = row_of("ec2_subnets", answer)
    yield Case("aws_subnet", full, row)
    yield Case("aws_default_subnet", {**full, "existing_default_subnet": True, "force_destroy": False}, row)
    bare = {"SubnetId": "subnet-2", "VpcId": "vpc-1", "CidrBlock": "10.0.2.0/24", "AvailabilityZone": "eu-west-1b"}
    nothing = dict.fromkeys(full, None) | {"ipv6_cidr_block": "", "customer_owned_ipv4_pool": "", "ipv6_native": False}
    given = {"id": "subnet-2", "vpc_id": "vpc-1", "cidr_block": "10.0.2.0/24", "availability_zone": "eu-west-1b"}
    yield Case("aws_subnet", {**nothing, **given}, row_of("ec2_subnets", bare), "least")


def _gateways() -> Iterator[Case]:
    attached = [{"VpcId": "vpc-1", "State": "available"}]
    internet = row_of("ec2_internet_gateways", {"InternetGatewayId": "igw-1", "Attachments": attached, "Tags": PAIRS})
    yield Case("aws_internet_gateway", {"id": "igw-1", "vpc_id": "vpc-1", **TAGGED}, internet)
    yield Case(
        "aws_internet_gateway_attachment",
        {"id": "igw-1:vpc-1", "internet_gateway_id": "igw-1", "vpc_id": "vpc-1"},
        internet,
    )
    nat = {
        "NatGatewayId": "nat-1",
        "VpcId": "vpc-1",
        "SubnetId": "subnet-1",
        "State": "available",
        "ConnectivityType": "private",
        "AvailabilityMode": "zonal",
        "NatGatewayAddresses": [
            {"AllocationId": "eipalloc-1", "PrivateIp": "10.0.1.4", "NetworkInterfaceId": "eni-1", "IsPrimary": True},
            {"AllocationId": "eipalloc-2", "PrivateIp": "10.0.1.5", "NetworkInterfaceId": "eni-1", "IsPrimary": False},
        ],
        "Tags": PAIRS,
    }
    zonal = {
        "id": "nat-1",
        "vpc_id": "vpc-1",
        "subnet_id": "subnet-1",
        "allocation_id": "eipalloc-1",
        "private_ip": "10.0.1.4",
        "public_ip": "198.51.100.4",
        "connectivity_type": "private",
        "availability_mode": "zonal",
        "availability_zone_address": [],
        "secondary_allocation_ids": ["eipalloc-2"],
        "secondary_private_ip_addresses": ["10.0.1.5"],
        **TAGGED,
    }
    yield Case("aws_nat_gateway", zonal, row_of("ec2_nat_gateways", nat))
    regional = {
        **{name: value for name, value in nat.items() if name not in ("SubnetId", "ConnectivityType")},
        "AvailabilityMode": "regional",
        "NatGatewayAddresses": [{"AllocationId": "eipalloc-1", "AvailabilityZone": "eu-west-1a", "IsPrimary": True}],
    }
    yield Case(
        "aws_nat_gateway",
        {
            **zonal,
            "subnet_id": None,
            "allocation_id": None,
            "private_ip": None,
            "connectivity_type": "public",
            "availability_mode": "regional",
            "availability_zone_address": [{"allocation_ids": ["eipalloc-1"], "availability_zone": "eu-west-1a"}],
            "secondary_allocation_ids": [],
            "secondary_private_ip_addresses": [],
        },
        row_of("ec2_nat_gateways", regional),
        "regional",
    )
    first = {"NatGatewayAddresses": [{"AllocationId": "eipalloc-1", "PrivateIp": "10.0.1.4"}]}
    yield Case(
        "aws_nat_gateway",
        {"id": "nat-2", "subnet_id": "subnet-1", "allocation_id": "eipalloc-1", "private_ip": "10.0.1.4", "tags": {}},
        row_of("ec2_nat_gateways", {"NatGatewayId": "nat-2", "SubnetId": "subnet-1", "State": "available", **first}),
        "least",
    )


def _tables() -> Iterator[Case]:
    answer = {
        "RouteTableId": "rtb-1",
        "VpcId": "vpc-1",
        "OwnerId": ACCOUNT,
        "PropagatingVgws": [{"GatewayId": "vgw-1"}],
        "Associations": [{"Main": True, "RouteTableAssociationId": "rtbassoc-1", "RouteTableId": "rtb-1"}],
        "Routes": [
            {"DestinationCidrBlock": "10.0.0.0/16", "GatewayId": "local", "Origin": "CreateRouteTable"},
            {"DestinationCidrBlock": "0.0.0.0/0", "NatGatewayId": "nat-1", "Origin": "CreateRoute"},
            {
                "DestinationCidrBlock": "10.7.0.0/16",
                "InstanceId": "i-1",
                "InstanceOwnerId": ACCOUNT,
                "NetworkInterfaceId": "eni-1",
                "Origin": "CreateRoute",
            },
            {"DestinationIpv6CidrBlock": "::/0", "EgressOnlyInternetGatewayId": "eigw-1", "Origin": "CreateRoute"},
            {"DestinationPrefixListId": "pl-1", "TransitGatewayId": "tgw-1", "Origin": "CreateRoute"},
            {"DestinationPrefixListId": "pl-s3", "GatewayId": "vpce-1", "Origin": "CreateRoute"},
            {"DestinationCidrBlock": "10.8.0.0/16", "GatewayId": "vpce-2", "Origin": "CreateRoute"},
            {"DestinationCidrBlock": "172.16.0.0/12", "GatewayId": "vgw-1", "Origin": "EnableVgwRoutePropagation"},
        ],
        "Tags": PAIRS,
    }
    empty = dict.fromkeys(("ipv6_cidr_block", "destination_prefix_list_id", "gateway_id", "local_gateway_id"), "")
    state = {
        "id": "rtb-1",
        "arn": arn("ec2", "route-table/rtb-1"),
        "vpc_id": "vpc-1",
        "propagating_vgws": ["vgw-1"],
        "route": [
            {**empty, "cidr_block": "10.7.0.0/16", "instance_id": "i-1", "network_interface_id": "eni-1"},
            {**empty, "cidr_block": "0.0.0.0/0", "nat_gateway_id": "nat-1"},
            {**empty, "cidr_block": "", "destination_prefix_list_id": "pl-1", "transit_gateway_id": "tgw-1"},
            {**empty, "cidr_block": "10.8.0.0/16", "vpc_endpoint_id": "vpce-2"},
            {**empty, "cidr_block": "", "ipv6_cidr_block": "0::/0", "egress_only_gateway_id": "eigw-1"},
            {**empty, "cidr_block": "10.0.0.0/16", "gateway_id": "local"},
        ],
        **TAGGED,
    }
    row = row_of("ec2_route_tables", answer)
    yield Case("aws_route_table", state, row)
    yield Case("aws_default_route_table", {**state, "default_route_table_id": "rtb-1"}, row)
    yield Case(
        "aws_main_route_table_association", {"id": "rtbassoc-1", "route_table_id": "rtb-1", "vpc_id": "vpc-1"}, row
    )


# ---------------------------------------------------------------------------------------- rules


def _groups() -> Iterator[Case]:
    answer = {
        "GroupId": "sg-1",
        "GroupName": "shop",
        "Description": "of the shop",
        "VpcId": "vpc-1",
        "OwnerId": ACCOUNT,
        "IpPermissions": [
            {
                "IpProtocol": "tcp",
                "FromPort": 443,
                "ToPort": 443,
                "IpRanges": [
                    {"CidrIp": "10.0.0.0/8", "Description": "inside"},
                    {"CidrIp": "192.168.0.0/16", "Description": "inside"},
                    {"CidrIp": "203.0.113.7/32"},
                ],
                "Ipv6Ranges": [{"CidrIpv6": "2001:db8::/32", "Description": "inside"}],
                "PrefixListIds": [{"PrefixListId": "pl-1"}],
                "UserIdGroupPairs": [
                    {"GroupId": "sg-2", "UserId": ACCOUNT},
                    {"GroupId": "sg-9", "UserId": OTHER, "VpcPeeringConnectionId": "pcx-1", "PeeringStatus": "active"},
                ],
            },
            {"IpProtocol": "icmp", "FromPort": 8, "ToPort": 0, "IpRanges": [{"CidrIp": "10.0.0.0/8"}]},
            {"IpProtocol": "50", "IpRanges": [{"CidrIp": "10.0.0.0/8"}]},
            {"IpProtocol": "-1", "UserIdGroupPairs": [{"GroupId": "sg-1", "UserId": ACCOUNT}]},
        ],
        "IpPermissionsEgress": [
            {"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}], "Ipv6Ranges": [{"CidrIpv6": "::/0"}]}
        ],
        "Tags": PAIRS,
    }
    none: Json = {
        "description": "",
        "self": False,
        "ipv6_cidr_blocks": [],
        "prefix_list_ids": [],
        "security_groups": [],
    }
    none["cidr_blocks"] = []
    https = {**none, "protocol": "tcp", "from_port": 443, "to_port": 443}
    inside = ["192.168.0.0/16", "10.0.0.0/8"]
    every = {**none, "protocol": "-1", "from_port": 0, "to_port": 0}
    state = {
        "id": "sg-1",
        "arn": arn("ec2", "security-group/sg-1"),
        "name": "shop",
        "name_prefix": "",
        "description": "of the shop",
        "vpc_id": "vpc-1",
        "revoke_rules_on_delete": False,
        "ingress": [
            {**every, "self": True},
            {**https, "description": "inside", "cidr_blocks": inside, "ipv6_cidr_blocks": ["2001:DB8::/32"]},
            {**https, "cidr_blocks": ["203.0.113.7/32"], "prefix_list_ids": ["pl-1"]},
            {**https, "security_groups": ["sg-2", f"{OTHER}/sg-9"]},
            {**none, "protocol": "icmp", "from_port": 8, "to_port": 0, "cidr_blocks": ["10.0.0.0/8"]},
            {**every, "protocol": "50", "cidr_blocks": ["10.0.0.0/8"]},
        ],
        "egress": [{**every, "protocol": "all", "cidr_blocks": ["0.0.0.0/0"], "ipv6_cidr_blocks": ["::/0"]}],
        **TAGGED,
    }
    row = row_of("ec2_security_groups", answer)
    yield Case("aws_security_group", state, row)
    yield Case("aws_default_security_group", state, row)
    bare = {"GroupId": "sg-3", "GroupName": "bare", "Description": "Managed by Terraform", "VpcId": "vpc-1"}
    given: Json = {"id": "sg-3", "name": "bare", "description": "", "vpc_id": "vpc-1", "ingress": [], "egress": None}
    yield Case("aws_security_group", given, row_of("ec2_security_groups", bare), "least")


def _acls() -> Iterator[Case]:
    deny: Json = {"CidrBlock": "0.0.0.0/0", "Protocol": "-1", "RuleAction": "deny", "RuleNumber": 32767}
    allow: Json = {"CidrBlock": "0.0.0.0/0", "Protocol": "-1", "RuleAction": "allow", "RuleNumber": 100}
    tcp = {"Protocol": "6", "PortRange": {"From": 443, "To": 443}, "RuleAction": "allow"}
    icmp = {"Protocol": "58", "IcmpTypeCode": {"Type": 128, "Code": 0}, "RuleAction": "allow"}
    answer = {
        "NetworkAclId": "acl-1",
        "VpcId": "vpc-1",
        "OwnerId": ACCOUNT,
        "IsDefault": False,
        "Associations": [{"NetworkAclAssociationId": "aclassoc-1", "NetworkAclId": "acl-1", "SubnetId": "subnet-1"}],
        "Entries": [
            {**deny, "Egress": True},
            {**deny, "Egress": False},
            {"Egress": False, "Ipv6CidrBlock": "::/0", "Protocol": "-1", "RuleAction": "deny", "RuleNumber": 32768},
            {**tcp, "Egress": False, "CidrBlock": "10.0.0.0/8", "RuleNumber": 100},
            {**icmp, "Egress": False, "Ipv6CidrBlock": "2001:db8::/32", "RuleNumber": 110},
            {**allow, "Egress": True},
        ],
        "Tags": PAIRS,
    }
    none = {"cidr_block": "", "ipv6_cidr_block": "", "from_port": 0, "to_port": 0, "icmp_type": 0, "icmp_code": 0}
    state = {
        "id": "acl-1",
        "vpc_id": "vpc-1",
        "subnet_ids": ["subnet-1"],
        "ingress": [
            {**none, "rule_no": 110, "action": "allow", "protocol": "icmpv6", "icmp_type": 128}
            | {"ipv6_cidr_block": "2001:db8::/32"},
            {**none, "rule_no": 100, "action": "ALLOW", "protocol": "tcp", "cidr_block": "10.0.0.0/8"}
            | {"from_port": 443, "to_port": 443, "icmp_type": None},
        ],
        "egress": [{**none, "rule_no": 100, "action": "allow", "protocol": "-1", "cidr_block": "0.0.0.0/0"}],
        **TAGGED,
    }
    row = row_of("ec2_network_acls", answer)
    yield Case("aws_network_acl", state, row)
    yield Case("aws_default_network_acl", {**state, "default_network_acl_id": "acl-1", "subnet_ids": []}, row)


# ---------------------------------------------------------------------------------------- connections


def _endpoints() -> Iterator[Case]:
    answer = {
        "VpcEndpointId": "vpce-1",
        "VpcId": "vpc-1",
        "OwnerId": ACCOUNT,
        "ServiceName": f"com.amazonaws.{REGION}.sqs",
        "ServiceRegion": REGION,
        "ServiceNetworkArn": arn("vpc-lattice", "servicenetwork/sn-1"),
        "ResourceConfigurationArn": arn("vpc-lattice", "resourceconfiguration/rcfg-1"),
        "VpcEndpointType": "Interface",
        "State": "available",
        "IpAddressType": "ipv4",
        "PolicyDocument": '{"Statement": [{"Action": "sqs:*", "Effect": "Allow", "Principal": "*", "Resource": "*"}]}',
        "PrivateDnsEnabled": True,
        "RouteTableIds": ["rtb-2", "rtb-1"],
        "SubnetIds": ["subnet-1", "subnet-2"],
        "Groups": [{"GroupId": "sg-1", "GroupName": "shop"}],
        "DnsOptions": {"DnsRecordIpType": "ipv4", "PrivateDnsOnlyForInboundResolverEndpoint": False},
        "Tags": PAIRS,
    }
    policy = '{"Statement":{"Action":["SQS:*"],"Effect":"Allow","Principal":"*","Resource":["*"]}}'
    state = {
        "id": "vpce-1",
        "vpc_id": "vpc-1",
        "service_name": f"com.amazonaws.{REGION}.sqs",
        "service_region": REGION,
        "service_network_arn": answer["ServiceNetworkArn"],
        "resource_configuration_arn": answer["ResourceConfigurationArn"],
        "vpc_endpoint_type": "Interface",
        "ip_address_type": "ipv4",
        "policy": policy,
        "private_dns_enabled": True,
        "route_table_ids": ["rtb-1", "rtb-2"],
        "subnet_ids": ["subnet-2", "subnet-1"],
        "security_group_ids": ["sg-1"],
        "dns_options": [{"dns_record_ip_type": "ipv4", "private_dns_only_for_inbound_resolver_endpoint": False}],
        "auto_accept": None,
        **TAGGED,
    }
    row = row_of("ec2_vpc_endpoints", answer)
    yield Case("aws_vpc_endpoint", state, row)
    gateway = {"VpcEndpointId": "vpce-2", "VpcId": "vpc-1", "ServiceName": "s3", "VpcEndpointType": "Gateway"}
    old = {"id": "vpce-2", "vpc_id": "vpc-1", "service_name": "s3", "vpc_endpoint_type": "", "policy": None}
    row_of_gateway = row_of("ec2_vpc_endpoints", {**gateway, "IpAddressType": "ipv4", "PolicyDocument": "{}"})
    yield Case("aws_vpc_endpoint", {**old, "dns_options": [], "ip_address_type": ""}, row_of_gateway, "least")
    yield Case("aws_vpc_endpoint_policy", {"id": "vpce-1", "vpc_endpoint_id": "vpce-1", "policy": policy}, row)
    yield Case("aws_vpc_endpoint_private_dns", {"vpc_endpoint_id": "vpce-1", "private_dns_enabled": True}, row)


def _peerings() -> Iterator[Case]:
    options = {
        "AllowDnsResolutionFromRemoteVpc": True,
        "AllowEgressFromLocalClassicLinkToRemoteVpc": False,
        "AllowEgressFromLocalVpcToRemoteClassicLink": False,
    }
    answer = {
        "VpcPeeringConnectionId": "pcx-1",
        "RequesterVpcInfo": {"VpcId": "vpc-1", "OwnerId": ACCOUNT, "Region": REGION, "PeeringOptions": options},
        "AccepterVpcInfo": {"VpcId": "vpc-9", "OwnerId": OTHER, "Region": "us-east-1", "PeeringOptions": options},
        "Status": {"Code": "active"},
        "Tags": PAIRS,
    }
    block = [{"allow_remote_vpc_dns_resolution": True, "allow_classic_link_to_remote_vpc": False}]
    sides = {"accepter": block, "requester": block}
    row = row_of("ec2_vpc_peering_connections", answer)
    yield Case(
        "aws_vpc_peering_connection",
        {
            "id": "pcx-1",
            "vpc_id": "vpc-1",
            "peer_vpc_id": "vpc-9",
            "peer_owner_id": OTHER,
            "peer_region": "us-east-1",
            "accept_status": "active",
            "auto_accept": None,
            **sides,
            **TAGGED,
        },
        row,
    )
    accepter = {"id": "pcx-1", "vpc_peering_connection_id": "pcx-1", "vpc_id": "vpc-9", "auto_accept": True}
    yield Case("aws_vpc_peering_connection_accepter", {**accepter, **sides, **TAGGED}, row)
    yield Case("aws_vpc_peering_connection_options", {"vpc_peering_connection_id": "pcx-1", **sides}, row)


def _transit() -> Iterator[Case]:
    switches = {
        "AmazonSideAsn": 64513,
        "AutoAcceptSharedAttachments": "enable",
        "DefaultRouteTableAssociation": "disable",
        "DefaultRouteTablePropagation": "disable",
        "AssociationDefaultRouteTableId": "tgw-rtb-1",
        "PropagationDefaultRouteTableId": "tgw-rtb-2",
        "DnsSupport": "disable",
        "MulticastSupport": "enable",
        "SecurityGroupReferencingSupport": "enable",
        "VpnEcmpSupport": "disable",
        "TransitGatewayCidrBlocks": ["10.99.0.0/24"],
        "EncryptionSupport": {"EncryptionState": "enabled"},
    }
    gateway = {
        "TransitGatewayId": "tgw-1",
        "TransitGatewayArn": arn("ec2", "transit-gateway/tgw-1"),
        "State": "available",
        "OwnerId": ACCOUNT,
        "Description": "hub",
        "Options": switches,
        "Tags": PAIRS,
    }
    row = row_of("ec2_transit_gateways", gateway)
    state = {
        "id": "tgw-1",
        "description": "hub",
        "amazon_side_asn": 64513,
        "auto_accept_shared_attachments": "enable",
        "default_route_table_association": "disable",
        "default_route_table_propagation": "disable",
        "dns_support": "disable",
        "encryption_support": "enable",
        "multicast_support": "enable",
        "security_group_referencing_support": "enable",
        "vpn_ecmp_support": "disable",
        "transit_gateway_cidr_blocks": ["10.99.0.0/24"],
        **TAGGED,
    }
    yield Case("aws_ec2_transit_gateway", state, row)
    plain_row = row_of("ec2_transit_gateways", {**gateway, "Description": "", "Options": {"DnsSupport": "enable"}})
    yield Case("aws_ec2_transit_gateway", {"id": "tgw-1", "dns_support": None, **TAGGED}, plain_row, "least")
    for what, table in (("association", "tgw-rtb-1"), ("propagation", "tgw-rtb-2")):
        default = {"transit_gateway_id": "tgw-1", "transit_gateway_route_table_id": table}
        yield Case(f"aws_ec2_transit_gateway_default_route_table_{what}", default, row)
    yield from _transit_attachments()
    route_table = {"TransitGatewayRouteTableId": "tgw-rtb-1", "TransitGatewayId": "tgw-1", "State": "available"}
    row = row_of("ec2_transit_gateway_route_tables", {**route_table, "Tags": PAIRS})
    yield Case("aws_ec2_transit_gateway_route_table", {"id": "tgw-rtb-1", "transit_gateway_id": "tgw-1", **TAGGED}, row)
    whole = {"transit_gateway_route_table_id": "tgw-rtb-1", "destination_cidr_block": "10.0.0.0/8"}
    for blackhole in (False, True):
        leads_to = [] if blackhole else [{"TransitGatewayAttachmentId": "tgw-attach-1", "ResourceType": "vpc"}]
        route: Json = {"DestinationCidrBlock": "10.0.0.0/8", "Type": "static", "TransitGatewayAttachments": leads_to}
        route["State"] = "blackhole" if blackhole else "active"
        to = {"blackhole": blackhole, "transit_gateway_attachment_id": "" if blackhole else "tgw-attach-1"}
        row = row_of("ec2_transit_gateway_routes", route, TransitGatewayRouteTableId="tgw-rtb-1")
        yield Case("aws_ec2_transit_gateway_route", {**whole, **to}, row, "blackhole" if blackhole else "full")


def _transit_attachments() -> Iterator[Case]:
    known = {"TransitGatewayAttachmentId": "tgw-attach-1", "State": "available", "Tags": PAIRS}
    options = {
        "DnsSupport": "disable",
        "SecurityGroupReferencingSupport": "enable",
        "Ipv6Support": "enable",
        "ApplianceModeSupport": "enable",
    }
    answer = {"TransitGatewayId": "tgw-1", "VpcId": "vpc-1", "VpcOwnerId": ACCOUNT, "SubnetIds": ["subnet-1"]}
    state: Json = {
        "transit_gateway_id": "tgw-1",
        "vpc_id": "vpc-1",
        "subnet_ids": ["subnet-1"],
        "appliance_mode_support": "enable",
        "dns_support": "disable",
        "ipv6_support": "enable",
        "security_group_referencing_support": "enable",
        "transit_gateway_default_route_table_association": True,
        **TAGGED,
    }
    row = row_of("ec2_transit_gateway_vpc_attachments", {**known, **answer, "Options": options})
    yield Case("aws_ec2_transit_gateway_vpc_attachment", {"id": "tgw-attach-1", **state}, row)
    accepter = {"id": "tgw-attach-1", "transit_gateway_attachment_id": "tgw-attach-1", **state}
    yield Case("aws_ec2_transit_gateway_vpc_attachment_accepter", accepter, row)
    peering = {
        "RequesterTgwInfo": {"TransitGatewayId": "tgw-1", "OwnerId": ACCOUNT, "Region": REGION},
        "AccepterTgwInfo": {"TransitGatewayId": "tgw-9", "OwnerId": OTHER, "Region": "us-east-1"},
        "Options": {"DynamicRouting": "enable"},
    }
    row = row_of("ec2_transit_gateway_peering_attachments", {**known, **peering})
    state = {
        "id": "tgw-attach-1",
        "transit_gateway_id": "tgw-1",
        "peer_account_id": OTHER,
        "peer_region": "us-east-1",
        "peer_transit_gateway_id": "tgw-9",
        "options": [{"dynamic_routing": "enable"}],
        **TAGGED,
    }
    yield Case("aws_ec2_transit_gateway_peering_attachment", state, row)
    accepter = {"id": "tgw-attach-1", "transit_gateway_attachment_id": "tgw-attach-1", "transit_gateway_id": "tgw-9"}
    yield Case("aws_ec2_transit_gateway_peering_attachment_accepter", {**accepter, **TAGGED}, row)
    associated = {
        "ResourceType": "vpc",
        "ResourceId": "vpc-1",
        "Association": {"TransitGatewayRouteTableId": "tgw-rtb-1", "State": "associated"},
    }
    state = {
        "transit_gateway_attachment_id": "tgw-attach-1",
        "transit_gateway_route_table_id": "tgw-rtb-1",
        "resource_id": "vpc-1",
        "resource_type": "vpc",
    }
    row = row_of("ec2_transit_gateway_attachments", {**known, **associated})
    yield Case("aws_ec2_transit_gateway_route_table_association", state, row)


def _logs() -> Iterator[Case]:
    group = arn("logs", "log-group:flow")
    answer = {
        "FlowLogId": "fl-1",
        "TrafficType": "REJECT",
        "LogDestinationType": "cloud-watch-logs",
        "LogDestination": group,
        "LogGroupName": "flow",
        "LogFormat": "${version}",
        "DeliverLogsPermissionArn": "arn:aws:iam::111122223333:role/flow",
        "DeliverCrossAccountRole": "arn:aws:iam::444455556666:role/flow",
        "MaxAggregationInterval": 60,
        "ResourceId": "vpc-1",
        "DestinationOptions": {"FileFormat": "parquet", "HiveCompatiblePartitions": True, "PerHourPartition": False},
        "TagFieldSpecifications": [{"ResourceType": "instance", "TagKeys": ["Name"]}],
        "Tags": PAIRS,
    }
    state: Json = {
        "id": "fl-1",
        "traffic_type": "REJECT",
        "log_destination_type": "",
        "log_destination": f"{group}:*",
        "log_group_name": "flow",
        "log_format": "${version}",
        "iam_role_arn": "arn:aws:iam::111122223333:role/flow",
        "deliver_cross_account_role": "arn:aws:iam::444455556666:role/flow",
        "max_aggregation_interval": 60,
        "vpc_id": "vpc-1",
        "destination_options": [{"file_format": "parquet", "hive_compatible_partitions": True}],
        "tag_field_specifications": [{"resource_type": "instance", "tag_keys": ["Name"]}],
        **TAGGED,
    }
    of = dict.fromkeys(
        (
            "vpc_id",
            "subnet_id",
            "eni_id",
            "transit_gateway_id",
            "transit_gateway_attachment_id",
            "regional_nat_gateway_id",
        )
    )
    ids = ("vpc-1", "subnet-1", "eni-1", "tgw-1", "tgw-attach-1", "nat-1")
    for name, resource in zip(of, ids, strict=True):
        row = row_of("ec2_flow_logs", {**answer, "ResourceId": resource})
        yield Case("aws_flow_log", {**state, **of, name: resource}, row, "full" if name == "vpc_id" else name)
    bare = {"FlowLogId": "fl-2", "TrafficType": "ALL", "ResourceId": "vpc-1", "MaxAggregationInterval": 600}
    least = {"id": "fl-2", "traffic_type": "ALL", "vpc_id": "vpc-1", "destination_options": [], "log_destination": ""}
    yield Case("aws_flow_log", {**least, "max_aggregation_interval": 600}, row_of("ec2_flow_logs", bare), "least")


def _prefix_lists() -> Iterator[Case]:
    answer = {
        "PrefixListId": "pl-1",
        "PrefixListArn": arn("ec2", "prefix-list/pl-1"),
        "PrefixListName": "offices",
        "AddressFamily": "IPv4",
        "MaxEntries": 5,
        "State": "modify-complete",
        "Version": 3,
        "OwnerId": ACCOUNT,
        "Tags": PAIRS,
    }
    entries = [{"Cidr": "192.0.2.0/24", "Description": "Lyon"}, {"Cidr": "198.51.100.0/24"}]
    state = {
        "id": "pl-1",
        "arn": answer["PrefixListArn"],
        "name": "offices",
        "address_family": "IPv4",
        "max_entries": 5,
        "version": 2,
        "entry": [{"cidr": "198.51.100.0/24", "description": ""}, {"cidr": "192.0.2.0/24", "description": "Lyon"}],
        **TAGGED,
    }
    yield Case("aws_ec2_managed_prefix_list", state, row_of("ec2_managed_prefix_lists", answer, Entries=entries))


# ---------------------------------------------------------------------------------------- instances


def _instances() -> Iterator[Case]:
    interface = {
        "NetworkInterfaceId": "eni-1",
        "Attachment": {"DeviceIndex": 0, "DeleteOnTermination": True, "NetworkCardIndex": 0},
        "SourceDestCheck": True,
        "PrivateIpAddress": "10.0.1.9",
        "PrivateIpAddresses": [
            {"Primary": True, "PrivateIpAddress": "10.0.1.9"},
            {"Primary": False, "PrivateIpAddress": "10.0.1.10"},
        ],
        "Ipv6Addresses": [{"Ipv6Address": "2a05:d018::9"}],
    }
    second = {"NetworkInterfaceId": "eni-2", "Attachment": {"DeviceIndex": 1, "DeleteOnTermination": False}}
    answer = {
        "InstanceId": "i-1",
        "ImageId": "ami-1",
        "InstanceType": "t3.micro",
        "SubnetId": "subnet-1",
        "VpcId": "vpc-1",
        "KeyName": "ops",
        "State": {"Name": "running", "Code": 16},
        "PrivateIpAddress": "10.0.1.9",
        "SecurityGroups": [{"GroupId": "sg-2", "GroupName": "b"}, {"GroupId": "sg-1", "GroupName": "a"}],
        "IamInstanceProfile": {"Arn": "arn:aws:iam::111122223333:instance-profile/shop/web", "Id": "AIPA1"},
        "Monitoring": {"State": "enabled"},
        "EbsOptimized": True,
        "HibernationOptions": {"Configured": True},
        "Placement": {
            "AvailabilityZone": "eu-west-1a",
            "Tenancy": "host",
            "GroupName": "near",
            "GroupId": "pg-1",
            "PartitionNumber": 2,
            "HostId": "h-1",
            "HostResourceGroupArn": arn("resource-groups", "group/hosts"),
        },
        "CpuOptions": {"CoreCount": 2, "ThreadsPerCore": 1, "AmdSevSnp": "enabled"},
        "MetadataOptions": {
            "State": "applied",
            "HttpEndpoint": "enabled",
            "HttpTokens": "required",
            "HttpPutResponseHopLimit": 2,
            "HttpProtocolIpv6": "disabled",
            "InstanceMetadataTags": "enabled",
        },
        "EnclaveOptions": {"Enabled": True},
        "MaintenanceOptions": {"AutoRecovery": "disabled"},
        "PrivateDnsNameOptions": {"HostnameType": "ip-name", "EnableResourceNameDnsARecord": True},
        "CapacityReservationSpecification": {
            "CapacityReservationPreference": "open",
            "CapacityReservationTarget": {"CapacityReservationId": "cr-1"},
        },
        "NetworkInterfaces": [second, interface],
        "Tags": PAIRS,
    }
    first = {"network_interface_id": "eni-1", "delete_on_termination": True}
    state: Json = {
        "id": "i-1",
        "arn": arn("ec2", "instance/i-1"),
        "ami": "ami-1",
        "instance_type": "t3.micro",
        "instance_state": "running",
        "availability_zone": "eu-west-1a",
        "subnet_id": "subnet-1",
        "vpc_security_group_ids": ["sg-1", "sg-2"],
        "security_groups": [],
        "key_name": "ops",
        "iam_instance_profile": "web",
        "private_ip": "10.0.1.9",
        "public_ip": "",
        "associate_public_ip_address": False,
        "monitoring": True,
        "ebs_optimized": True,
        "hibernation": True,
        "tenancy": "host",
        "placement_group": "near",
        "placement_group_id": "pg-1",
        "placement_partition_number": 2,
        "host_id": "h-1",
        "host_resource_group_arn": arn("resource-groups", "group/hosts"),
        "cpu_core_count": 2,
        "cpu_threads_per_core": 1,
        "cpu_options": [{"core_count": 2, "threads_per_core": 1, "amd_sev_snp": "enabled"}],
        "metadata_options": [
            {"http_endpoint": "enabled", "http_tokens": "required", "http_put_response_hop_limit": 2}
            | {"instance_metadata_tags": "enabled"}
        ],
        "enclave_options": [{"enabled": True}],
        "maintenance_options": [{"auto_recovery": "disabled"}],
        "private_dns_name_options": [{"hostname_type": "ip-name", "enable_resource_name_dns_a_record": True}],
        "capacity_reservation_specification": [
            {
                "capacity_reservation_preference": "open",
                "capacity_reservation_target": [{"capacity_reservation_id": "cr-1"}],
            }
        ],
        "source_dest_check": True,
        "secondary_private_ips": ["10.0.1.10"],
        "ipv6_addresses": ["2a05:d018::9"],
        "network_interface": [{**first, "device_index": 0}],
        "primary_network_interface": [first],
        "root_block_device": [{"volume_size": 8}],
        "user_data": "da39a3ee",
        **TAGGED,
    }
    row = row_of("ec2_instances", answer)
    yield Case("aws_instance", state, row)
    yield Case("aws_spot_instance_request", {**state, "id": "sir-1", "spot_instance_id": "i-1"}, row)
    yield Case("aws_ec2_instance_state", {"id": "i-1", "instance_id": "i-1", "state": "running", "force": False}, row)
    bare: Json = {"InstanceId": "i-2", "ImageId": "ami-1", "InstanceType": "t3.micro", "State": {"Name": "stopped"}}
    bare |= {"Placement": {"AvailabilityZone": "eu-west-1a", "Tenancy": "default"}, "SourceDestCheck": False}
    bare |= {"Monitoring": {"State": "disabled"}, "MetadataOptions": {"HttpTokens": "optional"}}
    nothing: Json = {name: [] if isinstance(value, list) else None for name, value in state.items()}
    given = {"id": "i-2", "ami": "ami-1", "instance_type": "t3.micro", "source_dest_check": False, "monitoring": False}
    given |= {"iam_instance_profile": "", "metadata_options": [{"http_tokens": "optional"}]}
    yield Case("aws_instance", {**nothing, **given}, row_of("ec2_instances", bare), "least")
    template = {
        "LaunchTemplateId": "lt-1",
        "LaunchTemplateName": "web",
        "DefaultVersionNumber": 1,
        "LatestVersionNumber": 3,
        "CreatedBy": "arn:aws:iam::111122223333:user/ada",
        "Tags": PAIRS,
    }
    known = {"id": "lt-1", "name": "web", "name_prefix": "", "default_version": 1, "latest_version": 3}
    content = {"image_id": "ami-1", "user_data": "IyEvYmluL3No", "update_default_version": None}
    yield Case("aws_launch_template", {**known, **content, **TAGGED}, row_of("ec2_launch_templates", template))


def _interfaces() -> Iterator[Case]:
    answer = {
        "NetworkInterfaceId": "eni-3",
        "SubnetId": "subnet-1",
        "VpcId": "vpc-1",
        "OwnerId": ACCOUNT,
        "Description": "floating",
        "InterfaceType": "efa",
        "SourceDestCheck": True,
        "PrivateIpAddress": "10.0.1.20",
        "PrivateIpAddresses": [
            {"Primary": True, "PrivateIpAddress": "10.0.1.20"},
            {"Primary": False, "PrivateIpAddress": "10.0.1.21"},
        ],
        "Ipv4Prefixes": [{"Ipv4Prefix": "10.0.1.32/28"}],
        "Ipv6Prefixes": [{"Ipv6Prefix": "2a05:d018:0:1::/80"}],
        "Ipv6Addresses": [{"Ipv6Address": "2a05:d018::20"}],
        "Groups": [{"GroupId": "sg-1", "GroupName": "shop"}],
        "Attachment": {
            "AttachmentId": "eni-attach-1",
            "InstanceId": "i-1",
            "DeviceIndex": 1,
            "NetworkCardIndex": 1,
            "Status": "attached",
            "DeleteOnTermination": False,
        },
        "ConnectionTrackingConfiguration": {"TcpEstablishedTimeout": 600},
        "TagSet": PAIRS,
    }
    attachment = {"attachment_id": "eni-attach-1", "instance": "i-1", "device_index": 1, "network_card_index": 1}
    state: Json = {
        "id": "eni-3",
        "subnet_id": "subnet-1",
        "description": "floating",
        "interface_type": "efa",
        "source_dest_check": True,
        "private_ip": "10.0.1.20",
        "private_ips": ["10.0.1.21", "10.0.1.20"],
        "private_ips_count": 1,
        "ipv4_prefixes": ["10.0.1.32/28"],
        "ipv6_prefixes": ["2a05:d018:0:1::/80"],
        "ipv6_addresses": ["2a05:d018::20"],
        "security_groups": ["sg-1"],
        "attachment": [attachment],
        "connection_tracking_specification": [{"tcp_established_timeout": 600}],
        **TAGGED,
    }
    row = row_of("ec2_network_interfaces", answer)
    yield Case("aws_network_interface", state, row)
    yield Case("aws_network_interface", {**state, "attachment": []}, row, "attached since")
    to = {"network_interface_id": "eni-3", "instance_id": "i-1", "device_index": 1, "network_card_index": 1}
    yield Case("aws_network_interface_attachment", to, row)


def _addresses() -> Iterator[Case]:
    answer = {
        "AllocationId": "eipalloc-1",
        "AssociationId": "eipassoc-1",
        "PublicIp": "198.51.100.4",
        "Domain": "vpc",
        "InstanceId": "i-1",
        "NetworkInterfaceId": "eni-1",
        "PrivateIpAddress": "10.0.1.9",
        "PublicIpv4Pool": "amazon",
        "NetworkBorderGroup": REGION,
        "CustomerOwnedIpv4Pool": "ipv4pool-coip-1",
        "Tags": PAIRS,
    }
    known = {
        "id": "eipalloc-1",
        "allocation_id": "eipalloc-1",
        "public_ip": "198.51.100.4",
        "domain": "vpc",
        "vpc": True,
        "public_ipv4_pool": "amazon",
        "network_border_group": REGION,
        "customer_owned_ipv4_pool": "ipv4pool-coip-1",
        "address": None,
        **TAGGED,
    }
    row = row_of("ec2_addresses", answer)
    at = {"instance": "i-1", "network_interface": "eni-1", "associate_with_private_ip": "10.0.1.9"}
    yield Case("aws_eip", {**known, **at}, row)
    free = {"instance": "", "network_interface": "", "associate_with_private_ip": "10.0.0.11"}
    yield Case("aws_eip", {**known, **free}, row, "associated since")
    association = {
        "id": "eipassoc-1",
        "allocation_id": "eipalloc-1",
        "instance_id": "i-1",
        "network_interface_id": "eni-1",
        "private_ip_address": "10.0.1.9",
        "public_ip": "198.51.100.4",
        "allow_reassociation": None,
    }
    yield Case("aws_eip_association", association, row)


# ---------------------------------------------------------------------------------------- load balancers

BALANCER = arn("elasticloadbalancing", "loadbalancer/app/web/1")
LISTENER = arn("elasticloadbalancing", "listener/app/web/1/2")
BLUE, GREEN = (arn("elasticloadbalancing", f"targetgroup/{name}/1") for name in ("blue", "green"))
CERTIFICATE = arn("acm", "certificate/1")


def _balancers() -> Iterator[Case]:
    answer = {
        "LoadBalancerArn": BALANCER,
        "LoadBalancerName": "web",
        "Type": "network",
        "Scheme": "internal",
        "VpcId": "vpc-1",
        "IpAddressType": "dualstack",
        "SecurityGroups": ["sg-1"],
        "CustomerOwnedIpv4Pool": "ipv4pool-coip-1",
        "EnforceSecurityGroupInboundRulesOnPrivateLinkTraffic": "off",
        "EnablePrefixForIpv6SourceNat": "on",
        "IpamPools": {"Ipv4IpamPoolId": "ipam-pool-1"},
        "AvailabilityZones": [
            {
                "ZoneName": "eu-west-1b",
                "SubnetId": "subnet-2",
                "LoadBalancerAddresses": [{"AllocationId": "eipalloc-1"}],
            },
            {"ZoneName": "eu-west-1a", "SubnetId": "subnet-1", "LoadBalancerAddresses": [{"IpAddress": "10.0.1.5"}]},
        ],
    }
    on = {
        "deletion_protection.enabled": "enable_deletion_protection",
        "load_balancing.cross_zone.enabled": "enable_cross_zone_load_balancing",
        "zonal_shift.config.enabled": "enable_zonal_shift",
        "routing.http.drop_invalid_header_fields.enabled": "drop_invalid_header_fields",
        "routing.http.preserve_host_header.enabled": "preserve_host_header",
        "routing.http.x_amzn_tls_version_and_cipher_suite.enabled": "enable_tls_version_and_cipher_suite_headers",
        "routing.http.xff_client_port.enabled": "enable_xff_client_port",
        "waf.fail_open.enabled": "enable_waf_fail_open",
    }
    other = {
        "idle_timeout.timeout_seconds": ("idle_timeout", 120),
        "client_keep_alive.seconds": ("client_keep_alive", 600),
        "routing.http2.enabled": ("enable_http2", False),
        "routing.http.desync_mitigation_mode": ("desync_mitigation_mode", "strictest"),
        "routing.http.xff_header_processing.mode": ("xff_header_processing_mode", "remove"),
        "dns_record.client_routing_policy": ("dns_record_client_routing_policy", "availability_zone_affinity"),
        "secondary_ips.auto_assigned.per_subnet": ("secondary_ips_auto_assigned_per_subnet", 2),
    }
    attributes = dict.fromkeys(on, "true") | {key: str(value).lower() for key, (_, value) in other.items()}
    logs = ("access_logs", "connection_logs", "health_check_logs")
    for kind in logs:
        attributes |= {f"{kind}.s3.enabled": "true", f"{kind}.s3.bucket": kind, f"{kind}.s3.prefix": "web"}
    none = {"ipv6_address": "", "private_ipv4_address": "", "outpost_id": "", "allocation_id": ""}
    state: Json = {
        "id": BALANCER,
        "arn": BALANCER,
        "name": "web",
        "name_prefix": None,
        "internal": True,
        "load_balancer_type": "network",
        "ip_address_type": "dualstack",
        "security_groups": ["sg-1"],
        "subnets": ["subnet-1", "subnet-2"],
        "subnet_mapping": [
            {**none, "subnet_id": "subnet-1"},
            {**none, "subnet_id": "subnet-2", "allocation_id": "eipalloc-1"},
        ],
        "customer_owned_ipv4_pool": "ipv4pool-coip-1",
        "enforce_security_group_inbound_rules_on_private_link_traffic": "off",
        "enable_prefix_for_ipv6_source_nat": "on",
        "ipam_pools": [{"ipv4_ipam_pool_id": "ipam-pool-1"}],
        **dict.fromkeys(on.values(), True),
        **dict(other.values()),
        **{kind: [{"bucket": kind, "enabled": True, "prefix": "web"}] for kind in logs},
        **TAGGED,
    }
    yield Case("aws_lb", state, row_of("elbv2_load_balancers", answer, tags=TAGS, Attributes=attributes))
    bare = {"LoadBalancerArn": BALANCER, "LoadBalancerName": "web", "Type": "application", "Scheme": "internet-facing"}
    said = {"idle_timeout.timeout_seconds": "60", "routing.http2.enabled": "true", "access_logs.s3.enabled": "false"}
    said |= {"load_balancing.cross_zone.enabled": "true", "access_logs.s3.bucket": "", "access_logs.s3.prefix": ""}
    row = row_of("elbv2_load_balancers", {**bare, "AvailabilityZones": [], "IpAddressType": "ipv4"}, Attributes=said)
    nothing: Json = {name: [] if isinstance(value, list) else None for name, value in state.items()}
    least = {"id": BALANCER, "name": "web", "load_balancer_type": "application", "enable_http2": True}
    off = [{"bucket": "never-used", "enabled": False, "prefix": ""}]
    yield Case("aws_lb", {**nothing, **least, "access_logs": off, "tags_all": {}}, row, "least")


def _listeners() -> Iterator[Case]:
    live = [
        {
            "Type": "authenticate-oidc",
            "Order": 1,
            "AuthenticateOidcConfig": {
                "Issuer": "https://login.example.com",
                "AuthorizationEndpoint": "https://login.example.com/authorize",
                "TokenEndpoint": "https://login.example.com/token",
                "UserInfoEndpoint": "https://login.example.com/userinfo",
                "ClientId": "web",
                "SessionCookieName": "AWSELBAuthSessionCookie",
                "Scope": "openid",
                "SessionTimeout": 604800,
                "OnUnauthenticatedRequest": "authenticate",
                "AuthenticationRequestExtraParams": {"Prompt": "login"},
            },
        },
        {
            "Type": "forward",
            "Order": 2,
            "ForwardConfig": {
                "TargetGroups": [{"TargetGroupArn": GREEN, "Weight": 0}, {"TargetGroupArn": BLUE, "Weight": 1}],
                "TargetGroupStickinessConfig": {"Enabled": True, "DurationSeconds": 600},
            },
        },
    ]
    oidc = {
        "issuer": "https://login.example.com",
        "authorization_endpoint": "https://login.example.com/authorize",
        "token_endpoint": "https://login.example.com/token",
        "user_info_endpoint": "https://login.example.com/userinfo",
        "client_id": "web",
        "client_secret": "never compared",
        "authentication_request_extra_params": {"Prompt": "login"},
    }
    groups = [{"arn": BLUE, "weight": 1}, {"arn": GREEN, "weight": 0}]
    sticky = [{"enabled": True, "duration": 600}]
    actions = [
        {"type": "forward", "order": 2, "forward": [{"target_group": groups, "stickiness": sticky}], "redirect": []},
        {"type": "authenticate-oidc", "order": 1, "authenticate_oidc": [oidc], "forward": []},
    ]
    answer: Json = {
        "ListenerArn": LISTENER,
        "LoadBalancerArn": BALANCER,
        "Port": 443,
        "Protocol": "HTTPS",
        "SslPolicy": "ELBSecurityPolicy-TLS13-1-2-2021-06",
        "AlpnPolicy": ["HTTP2Preferred"],
        "Certificates": [{"CertificateArn": CERTIFICATE}],
        "DefaultActions": live,
        "MutualAuthentication": {"Mode": "verify", "TrustStoreArn": "arn:trust", "AdvertiseTrustStoreCaNames": "off"},
    }
    state: Json = {
        "id": LISTENER,
        "arn": LISTENER,
        "load_balancer_arn": BALANCER,
        "port": 443,
        "protocol": "HTTPS",
        "ssl_policy": "ELBSecurityPolicy-TLS13-1-2-2021-06",
        "alpn_policy": "HTTP2Preferred",
        "certificate_arn": CERTIFICATE,
        "default_action": actions,
        "mutual_authentication": [{"mode": "verify", "trust_store_arn": "arn:trust"}],
        **TAGGED,
    }
    listed = [{"CertificateArn": CERTIFICATE, "IsDefault": True}]
    yield Case("aws_lb_listener", state, row_of("elbv2_listeners", answer, tags=TAGS, ListenerCertificates=listed))
    to_one = {
        "TargetGroups": [{"TargetGroupArn": BLUE, "Weight": 1}],
        "TargetGroupStickinessConfig": {"Enabled": False},
    }
    forward = {"Type": "forward", "TargetGroupArn": BLUE, "ForwardConfig": to_one}
    http = {"ListenerArn": LISTENER, "LoadBalancerArn": BALANCER, "Port": 80, "Protocol": "HTTP"}
    least = {"id": LISTENER, "load_balancer_arn": BALANCER, "port": 80, "protocol": "HTTP", "ssl_policy": ""}
    least |= {"certificate_arn": None, "alpn_policy": None, "mutual_authentication": []}
    by_arn = [{"type": "forward", "order": 1, "target_group_arn": BLUE, "forward": []}]
    row = row_of("elbv2_listeners", {**http, "DefaultActions": [forward]})
    yield Case("aws_lb_listener", {**least, "default_action": by_arn}, row, "least")
    rule = arn("elasticloadbalancing", "listener-rule/app/web/1/2/3")
    conditions = [
        {"Field": "host-header", "Values": ["a.example"], "HostHeaderConfig": {"Values": ["a.example"]}},
        {"Field": "http-header", "HttpHeaderConfig": {"HttpHeaderName": "X-Stage", "Values": ["blue"]}},
        {"Field": "query-string", "QueryStringConfig": {"Values": [{"Key": "v", "Value": "2"}, {"Value": "beta"}]}},
        {"Field": "path-pattern", "PathPatternConfig": {"RegexValues": ["^/v2"]}},
        {"Field": "source-ip", "SourceIpConfig": {"Values": ["10.0.0.0/8"]}},
        {"Field": "http-request-method", "HttpRequestMethodConfig": {"Values": ["GET", "HEAD"]}},
    ]
    redirect = {"Protocol": "HTTPS", "Port": "443", "Host": "#{host}", "Path": "/#{path}", "StatusCode": "HTTP_301"}
    rewrite = {"Type": "url-rewrite", "UrlRewriteConfig": {"Rewrites": [{"Regex": "^/a", "Replace": "/b"}]}}
    answer = {
        "RuleArn": rule,
        "Priority": "100",
        "IsDefault": False,
        "Conditions": conditions,
        "Actions": [{"Type": "redirect", "RedirectConfig": {**redirect, "Query": "#{query}"}}],
        "Transforms": [rewrite],
    }
    state = {
        "id": rule,
        "arn": rule,
        "listener_arn": LISTENER,
        "priority": 100,
        "action": [
            {
                "type": "redirect",
                "order": 0,
                "redirect": [{"protocol": "HTTPS", "port": "443", "status_code": "HTTP_301"}],
            }
        ],
        "condition": [
            {"source_ip": [{"values": ["10.0.0.0/8"]}], "host_header": [], "query_string": []},
            {"host_header": [{"values": ["a.example"], "regex_values": []}]},
            {"http_header": [{"http_header_name": "X-Stage", "values": ["blue"]}]},
            {"http_request_method": [{"values": ["HEAD", "GET"]}], "path_pattern": [{"regex_values": ["^/v2"]}]},
            {"query_string": [{"key": "", "value": "beta"}, {"key": "v", "value": "2"}]},
        ],
        "transform": [
            {
                "type": "url-rewrite",
                "host_header_rewrite_config": [],
                "url_rewrite_config": [{"rewrite": [{"regex": "^/a", "replace": "/b"}]}],
            }
        ],
        **TAGGED,
    }
    yield Case("aws_lb_listener_rule", state, row_of("elbv2_rules", answer, tags=TAGS, ListenerArn=LISTENER))


def _targets() -> Iterator[Case]:
    answer = {
        "TargetGroupArn": BLUE,
        "TargetGroupName": "blue",
        "Protocol": "HTTP",
        "ProtocolVersion": "HTTP1",
        "Port": 8080,
        "VpcId": "vpc-1",
        "TargetType": "ip",
        "IpAddressType": "ipv4",
        "TargetControlPort": 9000,
        "HealthCheckEnabled": True,
        "HealthCheckIntervalSeconds": 30,
        "HealthCheckTimeoutSeconds": 5,
        "HealthyThresholdCount": 5,
        "UnhealthyThresholdCount": 2,
        "HealthCheckPath": "/health",
        "HealthCheckPort": "traffic-port",
        "HealthCheckProtocol": "HTTP",
        "Matcher": {"HttpCode": "200-299"},
    }
    health = {
        "enabled": True,
        "interval": 30,
        "timeout": 5,
        "healthy_threshold": 5,
        "unhealthy_threshold": 2,
        "path": "/health",
        "port": "traffic-port",
        "protocol": "HTTP",
        "matcher": "200-299",
    }
    state = {
        "id": BLUE,
        "arn": BLUE,
        "name": "blue",
        "protocol": "HTTP",
        "protocol_version": "HTTP1",
        "port": 8080,
        "vpc_id": "vpc-1",
        "target_type": "ip",
        "ip_address_type": "ipv4",
        "target_control_port": 9000,
        "health_check": [health],
        "stickiness": [{"enabled": False, "type": "lb_cookie"}],
        **TAGGED,
    }
    yield Case("aws_lb_target_group", state, row_of("elbv2_target_groups", answer, tags=TAGS))
    target = {"Id": "10.0.1.9", "Port": 8080, "AvailabilityZone": "eu-west-1a", "QuicServerId": "0x1"}
    row = row_of("elbv2_target_health", {"Target": target, "TargetHealth": {"State": "healthy"}}, TargetGroupArn=BLUE)
    attached = {"id": "x", "target_group_arn": BLUE, "target_id": "10.0.1.9"}
    to = {"port": 8080, "availability_zone": "eu-west-1a", "quic_server_id": "0x1"}
    yield Case("aws_lb_target_group_attachment", {**attached, **to}, row)
    yield Case("aws_lb_target_group_attachment", {**attached, "port": None, "availability_zone": None}, row, "least")


def _acm() -> Iterator[Case]:
    listed = {
        "CertificateArn": CERTIFICATE,
        "DomainName": "shop.example",
        "SubjectAlternativeNameSummaries": ["shop.example", "*.shop.example"],
        "Status": "ISSUED",
        "Type": "AMAZON_ISSUED",
        "KeyAlgorithm": "RSA_2048",
        "InUse": False,
        "ExportOption": "ENABLED",
    }
    state = {
        "id": CERTIFICATE,
        "arn": CERTIFICATE,
        "domain_name": "Shop.example",
        "subject_alternative_names": ["*.shop.example"],
        "key_algorithm": "RSA_2048",
        "options": [{"export": "ENABLED", "certificate_transparency_logging_preference": "ENABLED"}],
        "validation_method": "DNS",
        "private_key": None,
        **TAGGED,
    }
    row = row_of("acm_certificates", listed, tags=TAGS)
    yield Case("aws_acm_certificate", state, row)
    described = {**row, "KeyAlgorithm": "RSA-2048", "SubjectAlternativeNames": ["shop.example", "*.shop.example"]}
    both = ["shop.example", "*.shop.example"]
    yield Case("aws_acm_certificate", {**state, "subject_alternative_names": both, "options": []}, described, "in use")
    yield Case("aws_acm_certificate_validation", {"id": "x", "certificate_arn": CERTIFICATE}, row)
