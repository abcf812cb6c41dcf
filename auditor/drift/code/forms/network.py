"""Forms of networks. Pure.

Rules, routes and entries become lists of flat objects with one name for each thing, whichever of the provider's
resources or of AWS's answers says it, and without what AWS adds by itself.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from auditor.drift.code.forms import load_balancing
from auditor.drift.code.forms.basic import Form, plain
from auditor.drift.code.forms.blocks import Flat, block, elements, items, network, number, one, texts
from auditor.drift.code.paths import dns_name

# ---------------------------------------------------------------------------------------- security groups

_PROTOCOLS = {"all": "-1", "1": "icmp", "6": "tcp", "17": "udp", "58": "icmpv6"}
_ICMP = ("icmp", "icmpv6")
_WITH_PORTS = ("tcp", "udp", *_ICMP)
SELF = "self"
"""The group of the rule itself, as a source."""


def declared_rules(value: Any) -> list[Flat] | None:  # noqa: ANN401 - any JSON
    """Rules as `aws_security_group` has them, one for each source.

    https://registry.terraform.io/providers/hashicorp/aws/latest/docs/resources/security_group: a rule with the group's
    own id as source is `self` there, and has the id elsewhere: `owner` tells it. A group of another account has the
    account before its id.
    """
    return elements(rule for given in items(value) for rule in _declared_rules_of(given))


def _declared_rules_of(given: Mapping[str, Any]) -> Iterator[Flat]:
    about = _rule(given.get("protocol"), given.get("from_port"), given.get("to_port"), given.get("description"))
    for member in ("cidr_block", "ipv6_cidr_block"):
        for cidr in _of_each(given, member):
            yield about | {member: network(cidr)}
    for prefix_list in _of_each(given, "prefix_list_id"):
        yield about | {"prefix_list_id": prefix_list}
    for group in _of_each(given, "security_group"):
        yield about | {"security_group": _source(group.rsplit("/", 1)[-1], given.get("owner"))}
    if plain(given.get("self")) == "true":
        yield about | {"security_group": SELF}


def _of_each(given: Mapping[str, Any], member: str) -> list[str]:
    """What a rule lists: the provider's name is a plural, and an element's a singular."""
    return texts(given.get(f"{member}s") or given.get(member))


def live_rules(value: Any) -> list[Flat] | None:  # noqa: ANN401 - any JSON
    """The same of `{group, rules}`: a group's id and its IpPermissions or IpPermissionsEgress.

    https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_IpPermission.html
    """
    whole = one(value)
    permissions = items(whole.get("rules"))
    return elements(rule for permission in permissions for rule in _live_rules_of(permission, whole.get("group")))


def _live_rules_of(permission: Mapping[str, Any], owner: Any) -> Iterator[Flat]:  # noqa: ANN401 - any JSON
    span = (permission.get("IpProtocol"), permission.get("FromPort"), permission.get("ToPort"))
    for source in items(permission.get("IpRanges")):
        yield _rule(*span, source.get("Description")) | {"cidr_block": network(source.get("CidrIp"))}
    for source in items(permission.get("Ipv6Ranges")):
        yield _rule(*span, source.get("Description")) | {"ipv6_cidr_block": network(source.get("CidrIpv6"))}
    for source in items(permission.get("PrefixListIds")):
        yield _rule(*span, source.get("Description")) | {"prefix_list_id": source.get("PrefixListId")}
    for source in items(permission.get("UserIdGroupPairs")):
        group = _source(source.get("GroupId") or source.get("GroupName"), owner)
        yield _rule(*span, source.get("Description")) | {"security_group": group}


def _source(group: Any, owner: Any) -> Any:  # noqa: ANN401 - any JSON
    return SELF if owner and group == owner else group


def _rule(protocol: Any, first: Any, last: Any, description: Any) -> Flat:  # noqa: ANN401 - any JSON
    name = str(protocol).lower()
    name = _PROTOCOLS.get(name, name)
    rule = {"protocol": name, "description": description}
    if name in _WITH_PORTS:
        every = "-1" if name in _ICMP else None
        rule |= {"from_port": number(first) or every, "to_port": number(last) or every}
    return rule


# ---------------------------------------------------------------------------------------- route tables

_ROUTE = {
    "cidr_block": "DestinationCidrBlock",
    "ipv6_cidr_block": "DestinationIpv6CidrBlock",
    "destination_prefix_list_id": "DestinationPrefixListId",
    "carrier_gateway_id": "CarrierGatewayId",
    "core_network_arn": "CoreNetworkArn",
    "egress_only_gateway_id": "EgressOnlyInternetGatewayId",
    "gateway_id": "GatewayId",
    "local_gateway_id": "LocalGatewayId",
    "nat_gateway_id": "NatGatewayId",
    "transit_gateway_id": "TransitGatewayId",
    "vpc_peering_connection_id": "VpcPeeringConnectionId",
    "odb_network_arn": "OdbNetworkArn",
    "network_interface_id": "NetworkInterfaceId",
    "instance_id": "InstanceId",
}
"""The provider's name -> AWS's. AWS tells the interface with the gateway or instance that has it."""
_TARGETS = ("vpc_endpoint_id", *(name for name in _ROUTE if name.endswith(("_id", "_arn")) and "prefix" not in name))
"""What a route may lead to, the more telling first."""
_OF_THE_VPC = ("local", "VpcLattice")


def declared_routes(value: Any) -> list[Flat] | None:  # noqa: ANN401 - any JSON
    """Routes by destination, with the id of what they lead to as `target`; the VPC's own local ones left out.

    https://registry.terraform.io/providers/hashicorp/aws/latest/docs/resources/route_table
    """
    found = [(route, next((route[name] for name in _TARGETS if route.get(name)), None)) for route in items(value)]
    return elements(
        {
            "cidr_block": network(route.get("cidr_block")),
            "ipv6_cidr_block": network(route.get("ipv6_cidr_block")),
            "destination_prefix_list_id": route.get("destination_prefix_list_id"),
            "target": target,
        }
        for route, target in found
        if target not in _OF_THE_VPC
    )


def live_routes(value: Any) -> list[Flat] | None:  # noqa: ANN401 - any JSON
    """The same of DescribeRouteTables, without routes that come of a virtual private gateway or a gateway endpoint.

    https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_Route.html
    """
    made = [route for route in items(value) if not _comes_of_something_else(route)]
    return declared_routes([{name: route.get(member) for name, member in _ROUTE.items()} for route in made])


def _comes_of_something_else(route: Mapping[str, Any]) -> bool:
    through_endpoint = str(route.get("GatewayId")).startswith("vpce-") and bool(route.get("DestinationPrefixListId"))
    return through_endpoint or route.get("Origin") == "EnableVgwRoutePropagation"


# ---------------------------------------------------------------------------------------- network ACLs

_NUMBERS = {
    "all": "-1",
    "icmp": "1",
    "tcp": "6",
    "udp": "17",
    "esp": "50",
    "ah": "51",
    "icmpv6": "58",
    "ipv6-icmp": "58",
    "vrrp": "112",
}
"""IANA's names of protocols that the provider takes. AWS answers numbers."""
_LAST = ("32767", "32768")
"""AWS's own entries, which deny what is left: IPv4, IPv6."""


def declared_entries(value: Any) -> list[Flat] | None:  # noqa: ANN401 - any JSON
    """Entries as `aws_network_acl` has them: ports only where the protocol has them, types only with ICMP.

    https://registry.terraform.io/providers/hashicorp/aws/latest/docs/resources/network_acl
    """
    return elements(_entry(given) for given in items(value))


def live_entries(value: Any) -> list[Flat] | None:  # noqa: ANN401 - any JSON
    """The same of DescribeNetworkAcls, without the last entries, which are AWS's own.

    https://docs.aws.amazon.com/vpc/latest/userguide/default-network-acl.html
    """
    return declared_entries(
        [
            {
                "rule_no": entry.get("RuleNumber"),
                "action": entry.get("RuleAction"),
                "protocol": entry.get("Protocol"),
                "cidr_block": entry.get("CidrBlock"),
                "ipv6_cidr_block": entry.get("Ipv6CidrBlock"),
                "from_port": one(entry.get("PortRange")).get("From"),
                "to_port": one(entry.get("PortRange")).get("To"),
                "icmp_type": one(entry.get("IcmpTypeCode")).get("Type"),
                "icmp_code": one(entry.get("IcmpTypeCode")).get("Code"),
            }
            for entry in items(value)
            if number(entry.get("RuleNumber")) not in _LAST
        ]
    )


def _entry(given: Mapping[str, Any]) -> Flat:
    name = str(given.get("protocol")).lower()
    entry: Flat = {
        "rule_no": number(given.get("rule_no")),
        "action": str(given.get("action")).lower(),
        "protocol": _NUMBERS.get(name, name),
        "cidr_block": network(given.get("cidr_block")),
        "ipv6_cidr_block": network(given.get("ipv6_cidr_block")),
    }
    members: tuple[str, ...] = ()
    if entry["protocol"] in (_NUMBERS["tcp"], _NUMBERS["udp"]):
        members = ("from_port", "to_port")
    if entry["protocol"] in (_NUMBERS["icmp"], _NUMBERS["icmpv6"]):
        members = ("icmp_type", "icmp_code")
    return entry | {member: number(given.get(member)) or "0" for member in members}


# ---------------------------------------------------------------------------------------- values


def log_group_arn(value: Any) -> Any:  # noqa: ANN401 - any JSON
    """ARNs, those of log groups without the `:*` that some of AWS's answers have at the end."""
    found = plain(value)
    return found.removesuffix(":*") if isinstance(found, str) else found


def dns_names(value: Any) -> list[str] | None:  # noqa: ANN401 - any JSON
    """DNS names, each once."""
    return sorted({dns_name(text) for text in texts(value)}) or None


def key_algorithm(value: Any) -> Any:  # noqa: ANN401 - any JSON
    """ACM lists `RSA_2048` and describes `RSA-2048`."""
    found = plain(value)
    return found.replace("-", "_") if isinstance(found, str) else found


FORMS: Mapping[str, Form] = {
    **load_balancing.FORMS,
    "security_group_rules": Form(declared_rules, live_rules),
    "routes": Form(declared_routes, live_routes),
    "network_acl_entries": Form(declared_entries, live_entries),
    "metadata_options": block(
        {
            "http_endpoint": "enabled",
            "http_tokens": "optional",
            "http_put_response_hop_limit": "1",
            "http_protocol_ipv6": "disabled",
            "instance_metadata_tags": "disabled",
        }
    ),
    "log_group_arn": Form(log_group_arn, log_group_arn),
    "dns_names": Form(dns_names, dns_names),
    "key_algorithm": Form(key_algorithm, key_algorithm),
}
"""By the name that mappings call them."""
