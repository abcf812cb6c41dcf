"""What the embedded account puts right of moto at the edge: targets, certificates, health checkers, accelerators."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from auditor.collectors.services import declared
from auditor.demo.account import EmbeddedAccount, serve
from auditor.demo.worlds.accelerator import build_accelerator
from auditor.demo.worlds.building import PRIMARY, Builder
from auditor.demo.worlds.edge import Balancer, Zone, import_certificate, request_certificate, upload_server_certificate

pytestmark = pytest.mark.filterwarnings("ignore")


@pytest.fixture(params=[pytest.param("in-process"), pytest.param("over HTTP", marks=pytest.mark.network)])
def builder(request: pytest.FixtureRequest) -> Iterator[Builder]:
    """Builds in an account in which nothing is deployed."""
    session: Any = boto3.Session(aws_access_key_id="testing", aws_secret_access_key="testing")
    if request.param == "over HTTP":
        with serve(None) as served:
            yield Builder(session, project="trading", ideal=True, endpoint_url=served.url)
    else:
        with EmbeddedAccount(worlds=()):
            yield Builder(session, project="trading", ideal=True, endpoint_url=None)


def code(refused: pytest.ExceptionInfo[ClientError]) -> str:
    return str(refused.value.response["Error"]["Code"])


class Front:
    """A load balancer in a VPC of its own, for target groups to be put behind."""

    def __init__(self, builder: Builder) -> None:
        self.ec2, self.elb = builder.client("ec2"), builder.client("elbv2")
        self.vpc = self.ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
        subnets = [
            self.ec2.create_subnet(VpcId=self.vpc, CidrBlock=f"10.0.{n}.0/24", AvailabilityZone=PRIMARY + zone)[
                "Subnet"
            ]
            for n, zone in enumerate("ab")
        ]
        made = self.elb.create_load_balancer(Name="web", Subnets=[one["SubnetId"] for one in subnets])
        self.arn = made["LoadBalancers"][0]["LoadBalancerArn"]
        self.name = made["LoadBalancers"][0]["DNSName"]

    def group(self, name: str, *addresses: str) -> str:
        made = self.elb.create_target_group(Name=name, Protocol="HTTP", Port=80, VpcId=self.vpc, TargetType="ip")
        arn = str(made["TargetGroups"][0]["TargetGroupArn"])
        if addresses:
            self.elb.register_targets(TargetGroupArn=arn, Targets=[{"Id": address} for address in addresses])
        return arn

    def listen(self, *groups: str, port: int = 80, **more: object) -> str:
        action = {"Type": "forward", "ForwardConfig": {"TargetGroups": [{"TargetGroupArn": arn} for arn in groups]}}
        settings = {"Protocol": "HTTP", "Port": port, "DefaultActions": [action], **more}
        return str(self.elb.create_listener(LoadBalancerArn=self.arn, **settings)["Listeners"][0]["ListenerArn"])

    def health(self, group: str) -> list[tuple[str, str | None]]:
        found = self.elb.describe_target_health(TargetGroupArn=group)["TargetHealthDescriptions"]
        return [(one["TargetHealth"]["State"], one["TargetHealth"].get("Reason")) for one in found]


# ------------------------------------------------------------------------------------------- load balancers


def test_targets_are_healthy_where_the_network_reaches_them(builder: Builder) -> None:
    front = Front(builder)
    inside, outside = front.group("in", "10.0.1.10"), front.group("out", "10.9.1.10")
    unused = front.group("un", "10.0.1.11")
    front.listen(inside, outside)
    assert front.health(inside) == [("healthy", None)]
    assert front.health(outside) == [("unhealthy", "Target.Timeout")]
    assert front.health(unused) == [("unused", "Target.NotInUse")]
    gateway = front.ec2.create_transit_gateway()["TransitGateway"]["TransitGatewayId"]
    table = front.ec2.describe_route_tables(Filters=[{"Name": "vpc-id", "Values": [front.vpc]}])["RouteTables"][0]
    route = {"DestinationCidrBlock": "10.9.0.0/16", "TransitGatewayId": gateway}
    front.ec2.create_route(RouteTableId=table["RouteTableId"], **route)
    assert front.health(outside) == [("healthy", None)]


def test_a_target_group_names_its_load_balancer_once(builder: Builder) -> None:
    front = Front(builder)
    group = front.group("in")
    front.listen(group)
    front.listen(group, port=8080)
    (found,) = front.elb.describe_target_groups(TargetGroupArns=[group])["TargetGroups"]
    assert found["LoadBalancerArns"] == [front.arn]


def test_a_listener_tells_its_default_certificate_alone(builder: Builder) -> None:
    front = Front(builder)
    first, second = (import_certificate(builder, PRIMARY, name) for name in ("first", "second"))
    listener = front.listen(front.group("in"), port=443, Protocol="HTTPS", Certificates=[{"CertificateArn": first}])
    front.elb.add_listener_certificates(ListenerArn=listener, Certificates=[{"CertificateArn": second}])
    (told,) = front.elb.describe_listeners(ListenerArns=[listener])["Listeners"]
    assert told["Certificates"] == [{"CertificateArn": first}]
    every = front.elb.describe_listener_certificates(ListenerArn=listener)["Certificates"]
    assert {one["CertificateArn"]: one["IsDefault"] for one in every} == {first: True, second: False}


# ------------------------------------------------------------------------------------------- certificates


def test_a_requested_certificate_is_issued_and_an_imported_one_has_its_own_dates(builder: Builder) -> None:
    acm = builder.client("acm")
    requested = request_certificate(builder, PRIMARY, "ours")
    imported = import_certificate(builder, PRIMARY, "own", days_left=9)
    listed = {one["CertificateArn"]: one for one in acm.list_certificates()["CertificateSummaryList"]}
    assert (listed[requested]["Status"], listed[requested]["Type"]) == ("ISSUED", "AMAZON_ISSUED")
    assert (listed[imported]["Status"], listed[imported]["Type"]) == ("ISSUED", "IMPORTED")
    assert (listed[imported]["NotAfter"] - datetime.now(UTC)).days == 9
    front = Front(builder)
    front.listen(front.group("in"), port=443, Protocol="HTTPS", Certificates=[{"CertificateArn": requested}])
    told = acm.describe_certificate(CertificateArn=requested)["Certificate"]
    assert (told["Status"], told["RenewalEligibility"], len(told["InUseBy"])) == ("ISSUED", "ELIGIBLE", 1)


def test_other_key_types_are_listed_only_when_they_are_asked_for(builder: Builder) -> None:
    table = declared()["acm_certificates"]
    acm = builder.client("acm")
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "curved.net")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
        .serial_number(1).not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=90))
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    pem = serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
    acm.import_certificate(Certificate=certificate.public_bytes(pem[0]), PrivateKey=key.private_bytes(*pem))
    assert acm.list_certificates()["CertificateSummaryList"] == []
    (found,) = acm.list_certificates(**table.params)["CertificateSummaryList"]
    assert found["KeyAlgorithm"] == "EC_prime256v1"


def test_server_certificates_have_their_dates_and_tags(builder: Builder) -> None:
    arn = upload_server_certificate(builder, "legacy", days_left=-3)
    iam = builder.client("iam")
    (found,) = iam.list_server_certificates()["ServerCertificateMetadataList"]
    assert (found["Arn"], found["ServerCertificateName"]) == (arn, "legacy")
    assert (found["Expiration"] - datetime.now(UTC)).days == -3
    tags = iam.list_server_certificate_tags(ServerCertificateName="legacy")["Tags"]
    assert {"Key": "Name", "Value": "legacy"} in tags
    with pytest.raises(ClientError) as refused:
        iam.list_server_certificate_tags(ServerCertificateName="nobody")
    assert code(refused) == "NoSuchEntity"


# ------------------------------------------------------------------------------------------- health checkers


def test_checkers_see_the_load_balancer_that_a_name_leads_to(builder: Builder) -> None:
    front = Front(builder)
    group = front.group("in")
    front.listen(group)
    zone = Zone(builder, "shop.net")
    zone.cname("www", "API.shop.net.")
    zone.alias("api", Balancer(front.arn, front.name, "Z35SXDOTRQ7X7K"))
    checks = {name: zone.health_check(name, name) for name in (front.name, "www.shop.net", "no.shop.net")}
    checks["disabled"] = zone.health_check("disabled", front.name, Disabled=True)
    checks["narrow"] = zone.health_check("narrow", front.name, Regions=["us-east-1", "eu-west-1", "us-west-2"])
    checks["own"] = zone.health_check("own", "own.shop.net", IPAddress="192.0.2.7")
    assert seen(builder, checks) == {
        front.name: (16, "Failure: HTTP Status Code 503"),
        "www.shop.net": (16, "Failure: HTTP Status Code 503"),
        "no.shop.net": (16, "Failure: DNS resolution failed"),
        "disabled": (0, ""),
        "narrow": (6, "Failure: HTTP Status Code 503"),
        "own": (16, "Failure: Connection timed out."),
    }
    front.elb.register_targets(TargetGroupArn=group, Targets=[{"Id": "10.0.1.10"}])
    after = seen(builder, checks)
    assert after[front.name] == after["www.shop.net"] == (16, "Success: HTTP Status Code 200")


def seen(builder: Builder, checks: dict[str, str]) -> dict[str, tuple[int, str]]:
    """How many checkers there are for each check, and the beginning of what all of them say."""
    found = {}
    for name, check in checks.items():
        told = builder.client("route53").get_health_check_status(HealthCheckId=check)["HealthCheckObservations"]
        (said,) = {one["StatusReport"]["Status"] for one in told} or {""}
        assert len({one["IPAddress"] for one in told}) == len(told)
        found[name] = (len(told), re.split(r",| The|: Rcode", said)[0].rstrip())
    return found


def test_calculated_checks_have_no_status_of_checkers(builder: Builder) -> None:
    zone = Zone(builder, "shop.net")
    check = zone.calculated("any", (zone.health_check("one", "one.shop.net"),))
    with pytest.raises(ClientError) as refused:
        builder.client("route53").get_health_check_status(HealthCheckId=check)
    assert code(refused) == "InvalidInput"


# ------------------------------------------------------------------------------------------- accelerators


def test_accelerators_are_built_and_read_as_on_aws(builder: Builder) -> None:
    front = Front(builder)
    front.listen(front.group("in", "10.0.1.10"))
    arn = build_accelerator(builder, "world", {PRIMARY: front.arn, "us-west-2": f"{front.arn}x"}, dials={PRIMARY: 40})
    client = builder.client("globalaccelerator", "us-west-2")
    found = client.describe_accelerator(AcceleratorArn=arn)["Accelerator"]
    assert (found["Name"], found["Enabled"], found["Status"]) == ("world", True, "DEPLOYED")
    (listener,) = client.list_listeners(AcceleratorArn=arn)["Listeners"]
    groups = client.list_endpoint_groups(ListenerArn=listener["ListenerArn"])["EndpointGroups"]
    told = {
        one["EndpointGroupRegion"]: (one["TrafficDialPercentage"], one["EndpointDescriptions"][0]["HealthState"])
        for one in groups
    }
    assert told == {PRIMARY: (40.0, "HEALTHY"), "us-west-2": (100.0, "UNHEALTHY")}
    assert {"Key": "Name", "Value": "world"} in client.list_tags_for_resource(ResourceArn=arn)["Tags"]
    client.untag_resource(ResourceArn=arn, TagKeys=["Name"])
    client.tag_resource(ResourceArn=arn, Tags=[{"Key": "Name", "Value": "globe"}])
    assert {"Key": "Name", "Value": "globe"} in client.list_tags_for_resource(ResourceArn=arn)["Tags"]


def test_accelerators_come_in_pages(builder: Builder) -> None:
    for number in range(12):
        build_accelerator(builder, f"a{number}", {})
    client = builder.client("globalaccelerator", "us-west-2")
    first = client.list_accelerators()
    second = client.list_accelerators(NextToken=first["NextToken"])
    assert (len(first["Accelerators"]), len(second["Accelerators"]), "NextToken" in second) == (10, 2, False)
    assert len(client.list_accelerators(MaxResults=100)["Accelerators"]) == 12


def test_what_is_not_there_or_not_allowed_is_an_error_of_aws(builder: Builder) -> None:
    client = builder.client("globalaccelerator", "us-west-2")
    arn = build_accelerator(builder, "world", {PRIMARY: "eipalloc-1"})
    (listener,) = client.list_listeners(AcceleratorArn=arn)["Listeners"]
    again = {"ListenerArn": listener["ListenerArn"], "EndpointGroupRegion": PRIMARY, "IdempotencyToken": "again"}
    refusals: dict[str, Callable[[], Any]] = {
        "AcceleratorNotFoundException": lambda: client.list_listeners(AcceleratorArn=f"{arn}x"),
        "ListenerNotFoundException": lambda: client.list_endpoint_groups(ListenerArn="x"),
        "EndpointGroupNotFoundException": lambda: client.update_endpoint_group(EndpointGroupArn="x"),
        "EndpointGroupAlreadyExistsException": lambda: client.create_endpoint_group(**again),
        "AcceleratorNotDisabledException": lambda: client.delete_accelerator(AcceleratorArn=arn),
    }
    for expected, ask in refusals.items():
        with pytest.raises(ClientError) as refused:
            ask()
        assert code(refused) == expected
    client.update_accelerator(AcceleratorArn=arn, Enabled=False)
    with pytest.raises(ClientError) as refused:
        client.delete_accelerator(AcceleratorArn=arn)
    assert code(refused) == "AssociatedListenerFoundException"
    bare = client.create_accelerator(Name="bare", Enabled=False, IdempotencyToken="bare")["Accelerator"]
    client.delete_accelerator(AcceleratorArn=bare["AcceleratorArn"])
    assert [one["Name"] for one in client.list_accelerators()["Accelerators"]] == ["world"]
