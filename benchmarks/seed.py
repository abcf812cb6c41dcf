"""Fills an emulated account for measuring: every second thing is as it should be, every other one is not.

Scale multiplies all but the global databases (one per ten units), and the hosted zones (one per five).
"""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import threading
import zipfile
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config

REGIONS = ("us-east-1", "us-west-2")
_ANYWHERE = "0.0.0.0/0"


def seed(url: str, environment: Mapping[str, str], scale: int) -> str:
    """Fill the account behind a URL; says with what. The seeder of AUDITOR_SHARED_TOOLS is used where that is set."""
    tools = os.environ.get("AUDITOR_SHARED_TOOLS")
    if tools:
        script = Path(tools) / "seed_account.py"
        command = [
            sys.executable,
            str(script),
            "--endpoint",
            url,
            "--scale",
            str(scale),
            "--regions",
            ",".join(REGIONS),
        ]
        done = subprocess.run(command, check=True, capture_output=True, text=True, env={**os.environ, **environment})
        return f"{json.loads(done.stdout)['total']} objects of seed_account.py"
    seeder = Seeder(url, environment, scale)
    seeder.globally()
    with ThreadPoolExecutor(len(REGIONS)) as pool:
        list(pool.map(seeder.networks, REGIONS))
        list(pool.map(seeder.keys_functions_secrets, REGIONS))
    seeder.databases()
    return f"{seeder.made} objects"


class Seeder:
    """Calls that create things."""

    def __init__(self, url: str, environment: Mapping[str, str], scale: int) -> None:
        self._session = boto3.Session(environment["AWS_ACCESS_KEY_ID"], environment["AWS_SECRET_ACCESS_KEY"])
        self._url = url
        self._scale = scale
        self._lock = threading.Lock()
        self._private: dict[str, list[str]] = {}
        self._account = self._client("sts", REGIONS[0]).get_caller_identity()["Account"]
        self.made = 0

    def _client(self, service: str, region: str) -> Any:  # noqa: ANN401 - boto3's clients are untyped
        config = Config(retries={"max_attempts": 2})
        with self._lock:
            return self._session.client(service, region_name=region, endpoint_url=self._url, config=config)

    # ------------------------------------------------------------------ global

    def globally(self) -> None:
        """Roles with policies, hosted zones with failover pairs."""
        iam, trust = (
            self._client("iam", REGIONS[0]),
            _policy("sts:AssumeRole", Principal={"Service": "lambda.amazonaws.com"}),
        )
        for i in range(20 * self._scale):
            name = f"app-role-{i}"
            iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust, Tags=_tags(i))
            allowed = ["s3:GetObject", "sqs:SendMessage"] if i % 2 == 0 else "*"
            document = _policy(allowed, Resource=f"arn:aws:s3:::bucket-{i}/*" if i % 2 == 0 else "*")
            arn = iam.create_policy(PolicyName=f"app-policy-{i}", PolicyDocument=document)["Policy"]["Arn"]
            iam.attach_role_policy(RoleName=name, PolicyArn=arn)
            self.made += 2
        for zone in range(max(1, self._scale // 5)):
            self._zone(zone)

    def _zone(self, number: int) -> None:
        route53 = self._client("route53", REGIONS[0])
        domain = f"example{number}.com"
        zone = route53.create_hosted_zone(Name=domain, CallerReference=f"z{number}")["HostedZone"]["Id"]
        for k in range(min(5, self._scale)):
            changes = []
            for kind in ("PRIMARY", "SECONDARY"):
                health = {"Type": "HTTPS", "Port": 443, "ResourcePath": "/health", "FailureThreshold": 3}
                health |= {"FullyQualifiedDomainName": f"{kind.lower()}.app{k}.{domain}", "RequestInterval": 30}
                made = route53.create_health_check(CallerReference=f"{number}-{k}-{kind}", HealthCheckConfig=health)
                record = {
                    "Name": f"app{k}.{domain}",
                    "Type": "CNAME",
                    "TTL": 60,
                    "SetIdentifier": kind,
                    "Failover": kind,
                }
                record |= {"HealthCheckId": made["HealthCheck"]["Id"], "ResourceRecords": [{"Value": f"alb.{domain}"}]}
                changes.append({"Action": "CREATE", "ResourceRecordSet": record})
            route53.change_resource_record_sets(HostedZoneId=zone, ChangeBatch={"Changes": changes})
            self.made += 4
        self.made += 1

    # ------------------------------------------------------------------ regional

    def networks(self, region: str) -> None:
        """VPCs with subnets, routes, gateways and security groups, and a load balancer in each."""
        ec2 = self._client("ec2", region)
        requested = self._client("acm", region).request_certificate(DomainName="app.example0.com")
        for v in range(self._scale):
            cidr = f"10.{v % 200}"
            vpc = ec2.create_vpc(CidrBlock=f"{cidr}.0.0/16", TagSpecifications=_specified("vpc", v))["Vpc"]["VpcId"]
            gateway = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
            ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc)
            subnets = [self._subnet(ec2, region, vpc, f"{cidr}.{j}.0/24", j) for j in range(6)]
            address = ec2.allocate_address(Domain="vpc")["AllocationId"]
            nat = ec2.create_nat_gateway(SubnetId=subnets[0], AllocationId=address)["NatGateway"]["NatGatewayId"]
            for part, target in ((subnets[:3], {"GatewayId": gateway}), (subnets[3:], {"NatGatewayId": nat})):
                table = ec2.create_route_table(VpcId=vpc)["RouteTable"]["RouteTableId"]
                ec2.create_route(RouteTableId=table, DestinationCidrBlock=_ANYWHERE, **target)
                for subnet in part:
                    ec2.associate_route_table(RouteTableId=table, SubnetId=subnet)
            self._private.setdefault(region, []).extend(subnets[3:] if v == 0 else [])
            self._load_balancer(region, v, vpc, subnets[:3], requested["CertificateArn"])
            self.made += 12

    def _subnet(self, ec2: Any, region: str, vpc: str, cidr: str, number: int) -> str:  # noqa: ANN401 - a client
        zone, tags = f"{region}{'abc'[number % 3]}", _specified("subnet", number)
        made = ec2.create_subnet(VpcId=vpc, CidrBlock=cidr, AvailabilityZone=zone, TagSpecifications=tags)
        return str(made["Subnet"]["SubnetId"])

    def _load_balancer(self, region: str, v: int, vpc: str, subnets: Sequence[str], certificate: str) -> None:
        ec2, elb = self._client("ec2", region), self._client("elbv2", region)
        group = ec2.create_security_group(GroupName=f"alb-{v}", Description="load balancer", VpcId=vpc)["GroupId"]
        made = elb.create_load_balancer(Name=f"alb-{v}", Subnets=list(subnets), SecurityGroups=[group], Tags=_tags(v))
        arn = made["LoadBalancers"][0]["LoadBalancerArn"]
        target = elb.create_target_group(Name=f"tg-{v}", Protocol="HTTP", Port=80, VpcId=vpc, HealthCheckPath="/health")
        forward = {"Type": "forward", "TargetGroupArn": target["TargetGroups"][0]["TargetGroupArn"]}
        redirect = {
            "Type": "redirect",
            "RedirectConfig": {"Protocol": "HTTPS", "Port": "443", "StatusCode": "HTTP_301"},
        }
        elb.create_listener(
            LoadBalancerArn=arn,
            Protocol="HTTPS",
            Port=443,
            SslPolicy="ELBSecurityPolicy-TLS13-1-2-2021-06" if v % 2 == 0 else "ELBSecurityPolicy-2016-08",
            Certificates=[{"CertificateArn": certificate}],
            DefaultActions=[forward],
        )
        elb.create_listener(LoadBalancerArn=arn, Protocol="HTTP", Port=80, DefaultActions=[redirect])
        self.made += 5

    def keys_functions_secrets(self, region: str) -> None:
        """KMS keys, functions, and secrets every second of which rotates."""
        kms, functions, secrets = (self._client(name, region) for name in ("kms", "lambda", "secretsmanager"))
        for i in range(4 * self._scale):
            key = kms.create_key(Description=f"key {i}")["KeyMetadata"]["KeyId"]
            kms.create_alias(AliasName=f"alias/app-{i}", TargetKeyId=key)
        rotator = ""
        for i in range(4 * self._scale):
            made = functions.create_function(
                FunctionName=f"fn-{i}",
                Runtime="python3.12",
                Role=f"arn:aws:iam::{self._account}:role/app-role-0",
                Handler="index.handler",
                Code={"ZipFile": _code()},
            )
            rotator = rotator or made["FunctionArn"]
        for i in range(10 * self._scale):
            arn = secrets.create_secret(Name=f"app-{i}", SecretString="{}", Tags=_tags(i))["ARN"]
            if i % 2 == 0:
                rules = {"AutomaticallyAfterDays": 30 if i % 4 == 0 else 90}
                secrets.rotate_secret(SecretId=arn, RotationLambdaARN=rotator, RotationRules=rules)
        self.made += 18 * self._scale

    def databases(self) -> None:
        """Global databases with a cluster of two instances in each region."""
        clients = {region: self._client("rds", region) for region in REGIONS}
        for region, rds in clients.items():
            rds.create_db_subnet_group(
                DBSubnetGroupName="private", DBSubnetGroupDescription="private", SubnetIds=self._private[region]
            )
        for v in range(max(1, self._scale // 10)):
            about = {"Engine": "aurora-postgresql", "EngineVersion": "15.4", "DeletionProtection": v % 2 == 0}
            clients[REGIONS[0]].create_global_cluster(GlobalClusterIdentifier=f"global-{v}", **about)
            for region, rds in clients.items():
                cluster = f"aurora-{region}-{v}"
                rds.create_db_cluster(
                    **about,
                    DBClusterIdentifier=cluster,
                    GlobalClusterIdentifier=f"global-{v}",
                    MasterUsername="root",
                    MasterUserPassword="hunter2hunter2",
                    BackupRetentionPeriod=7 if v % 2 == 0 else 1,
                    DBSubnetGroupName="private",
                )
                for j in range(2):
                    rds.create_db_instance(
                        DBInstanceIdentifier=f"{cluster}-{j}",
                        DBInstanceClass="db.r6g.large",
                        Engine="aurora-postgresql",
                        DBClusterIdentifier=cluster,
                    )
            self.made += 7


def _policy(action: str | list[str], **rest: object) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": action, **rest}]})


def _tags(number: int) -> list[dict[str, str]]:
    kept = {"Environment": "prod", "Owner": "platform"} if number % 2 == 0 else {"Owner": "platform"}
    return [{"Key": key, "Value": value} for key, value in kept.items()]


def _specified(kind: str, number: int) -> list[dict[str, Any]]:
    return [{"ResourceType": kind, "Tags": _tags(number)}]


def _code() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("index.py", "def handler(event, context):\n    return 1\n")
    return buffer.getvalue()
