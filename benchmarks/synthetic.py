"""Snapshots of any size without AWS: rows made from what AWS would answer, written as every snapshot is.

A unit is a VPC with all that stands in it in one region, with secrets and functions, and some roles: about forty-six
resources. Every second unit has faults.
"""

from __future__ import annotations

import itertools
import json
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from auditor import __version__, job
from auditor.config import Overrides, load_config
from auditor.library import shipped
from auditor.model import Action
from auditor.snapshot import folder
from auditor.snapshot.staging import Staging
from auditor.snapshot.write import finish
from auditor.standards import load_library

ACCOUNT = "123456789012"
REGIONS = ("us-east-1", "us-west-2")
_NOW = "2026-01-31T12:00:00.000+00:00"
_TLS = "ELBSecurityPolicy-TLS13-1-2-2021-06"
_OLD_TLS = "ELBSecurityPolicy-2016-08"

Row = tuple[str, str, dict[str, Any], dict[str, Any]]
"""Table, region, AWS's item, columns that detail calls fill."""


def snapshot(output: Path, resources: int, standard: str = "trading-dr", *, later: int = 0) -> int:
    """Write an audit's folder with a snapshot of about so many resources; how many there are.

    With `later` it is the same account some time later: every so-manyth resource is gone or has another tag.
    """
    what = shipped()
    library = load_library(what.folder / "standards")
    chosen = job.choose(job.settings_of(load_config(None, Overrides(standard=standard), library)), library, what)
    kept = output / folder.SNAPSHOT
    staging = Staging(kept / "units")
    units = {region: staging.open(f"{ACCOUNT}/{region}/synthetic") for region in (*REGIONS, "global")}
    written = 0
    answered: Counter[tuple[str, str]] = Counter()
    tables = what.catalogue.tables()
    for table, region, item, details in _later(itertools.islice(_rows(), resources), later):
        row = what.catalogue.row(table, item, ACCOUNT, region) | details
        place = "global" if tables[table].is_global else region
        units[place].row(table, row)
        answered[place, table] += 1
        written += 1
    for (place, table), count in sorted(answered.items()):
        units[place].call(_call(what.catalogue.listing(table), table, place, count))
    for unit in units.values():
        unit.commit()
    collected = {planned.table.name: planned.operations for planned in job.plan_of(chosen).tables}
    for name in collected.keys() & set(_TYPES):  # the tags of what the checks do not ask of, too: states declare them
        operations = (detail.operation for detail in tables[name].details)
        collected[name] = tuple(dict.fromkeys([*collected[name], *operations]))
    finish(kept, staging, what.catalogue, collected, _facts(chosen))
    return written


def _later(rows: Iterator[Row], every: int) -> Iterator[Row]:
    for number, (table, region, item, details) in enumerate(rows):
        if not every or number % every:
            yield table, region, item, details
        elif number // every % 2:
            told = [*_tags(number), {"Key": "Changed", "Value": str(number)}]
            member = next((name for name in ("Tags", "TagList") if name in item), "")
            yield (
                table,
                region,
                item | ({member: told} if member else {}),
                details | ({} if member else {"tags": {"Changed": str(number)}}),
            )


_TYPES: Mapping[str, tuple[str, str, Mapping[str, str]]] = {
    "ec2_vpcs": ("aws_vpc", "VpcId", {"cidr_block": "CidrBlock"}),
    "ec2_internet_gateways": ("aws_internet_gateway", "InternetGatewayId", {}),
    "ec2_subnets": ("aws_subnet", "SubnetId", {"vpc_id": "VpcId", "availability_zone": "AvailabilityZone"}),
    "ec2_route_tables": ("aws_route_table", "RouteTableId", {"vpc_id": "VpcId"}),
    "elbv2_load_balancers": ("aws_lb", "LoadBalancerArn", {"name": "LoadBalancerName"}),
    "elbv2_listeners": ("aws_lb_listener", "ListenerArn", {"port": "Port", "protocol": "Protocol"}),
    "rds_clusters": (
        "aws_rds_cluster",
        "DBClusterIdentifier",
        {"engine": "Engine", "cluster_identifier": "DBClusterIdentifier"},
    ),
    "rds_instances": (
        "aws_rds_cluster_instance",
        "DBInstanceIdentifier",
        {"engine": "Engine", "identifier": "DBInstanceIdentifier"},
    ),
    "secretsmanager_secrets": ("aws_secretsmanager_secret", "ARN", {"name": "Name"}),
    "lambda_functions": (
        "aws_lambda_function",
        "FunctionName",
        {"function_name": "FunctionName", "runtime": "Runtime"},
    ),
    "iam_roles": ("aws_iam_role", "RoleName", {"name": "RoleName"}),
}
"""Table -> Terraform's type, the member that is its id, and attributes with their members."""


def terraform_state(path: Path, resources: int) -> int:
    """Write a Terraform state that declares what a snapshot of so many resources has; how many it declares."""
    catalogue = shipped().catalogue
    written = 0
    found = []
    for number, (table, region, item, details) in enumerate(itertools.islice(_rows(), resources)):
        if table in _TYPES:
            kind, id_, members = _TYPES[table]
            row = catalogue.row(table, item, ACCOUNT, region) | details
            tags = {tag["Key"]: tag["Value"] for tag in (item.get("Tags") or item.get("TagList") or ())} or row["tags"]
            attributes = {"id": item[id_], "arn": row["arn"], "tags": tags, "tags_all": tags}
            attributes |= {name: item.get(member) for name, member in members.items()}
            instance = {"schema_version": 0, "attributes": attributes, "sensitive_attributes": []}
            provider = f'provider["registry.terraform.io/hashicorp/aws"].{region}'
            found.append(
                {"mode": "managed", "type": kind, "name": f"r{number}", "provider": provider, "instances": [instance]}
            )
            written += 1
    state = {"version": 4, "terraform_version": "1.9.0", "serial": 1, "lineage": "synthetic", "outputs": {}}
    path.write_text(json.dumps(state | {"resources": found}))
    return written


def _call(listing: Action, table: str, region: str, items: int) -> dict[str, Any]:
    """The line of the ledger: one call that answered them all."""
    place = {"account": ACCOUNT, "region": region, "service": listing.service, "operation": listing.operation}
    return place | {"table": table, "started_at": _NOW, "duration_ms": 0, "requests": 1, "items": items}


def _facts(chosen: job.Chosen) -> dict[str, Any]:
    return {
        "settings": chosen.settings.to_json(),
        "checks_digest": chosen.checks_digest(),
        "accounts": [{"id": ACCOUNT, "name": "synthetic", "regions": list(REGIONS)}],
        "id": "00000000-0000-0000-0000-000000000000",
        "identity": f"arn:aws:iam::{ACCOUNT}:user/synthetic",
        "started_at": _NOW,
        "finished_at": _NOW,
        "tool": {"name": "auditor", "version": __version__},
    }


def _rows() -> Iterator[Row]:
    for region in REGIONS:
        for name, protocols in ((_TLS, ["TLSv1.2", "TLSv1.3"]), (_OLD_TLS, ["TLSv1", "TLSv1.1", "TLSv1.2"])):
            yield "elbv2_ssl_policies", region, {"Name": name, "SslProtocols": protocols}, {}
        group = {"DBClusterParameterGroupName": "tls", "DBParameterGroupFamily": "aurora-postgresql15"}
        group |= {"DBClusterParameterGroupArn": f"arn:aws:rds:{region}:{ACCOUNT}:cluster-pg:tls"}
        yield "rds_cluster_parameter_groups", region, group, _TLS_ONLY | {"ParameterCount": 400}
    for number in itertools.count():
        region = REGIONS[number % 2]
        yield from _network(number, region)
        yield from _load_balancer(number, region)
        yield from _database(number, region)
        yield from _secrets(number, region)
        yield from _roles(number)


_RESOLVES = {"EnableDnsSupport": True, "EnableDnsHostnames": True}
_TLS_ONLY = {"EncryptionParameters": {"rds.force_ssl": "1"}, "EncryptionParameterSources": {"rds.force_ssl": "user"}}


def _network(n: int, region: str) -> Iterator[Row]:
    vpc, gateway = f"vpc-{n:017x}", f"igw-{n:017x}"
    base: dict[str, Any] = {"VpcId": vpc, "OwnerId": ACCOUNT, "Tags": _tags(n)}
    yield "ec2_vpcs", region, {**base, "CidrBlock": "10.0.0.0/16", "State": "available", "IsDefault": False}, _RESOLVES
    attached = [{"VpcId": vpc, "State": "available"}]
    owned = {"OwnerId": ACCOUNT, "Tags": _tags(n)}
    yield "ec2_internet_gateways", region, {**owned, "InternetGatewayId": gateway, "Attachments": attached}, {}
    subnets = [f"subnet-{n:015x}{j:02x}" for j in range(6)]
    for j, subnet in enumerate(subnets):
        arn = f"arn:aws:ec2:{region}:{ACCOUNT}:subnet/{subnet}"
        zone = j % (3 if n % 2 == 0 else 2)
        item = {**base, "SubnetId": subnet, "SubnetArn": arn, "AvailabilityZone": f"{region}{'abc'[zone]}"}
        item |= {"AvailabilityZoneId": f"az{zone}", "MapPublicIpOnLaunch": j < 3, "State": "available"}  # noqa: PLR2004 - three of six are public
        yield "ec2_subnets", region, item, {}
    for j, target in enumerate(({"GatewayId": gateway}, {"NatGatewayId": f"nat-{n:017x}"})):
        route = {"DestinationCidrBlock": "0.0.0.0/0", "State": "active", **target}
        associations = [{"SubnetId": subnet, "Main": False} for subnet in subnets[3 * j : 3 * j + 3]]
        item = {**base, "RouteTableId": f"rtb-{n:015x}{j:02x}", "Routes": [route], "Associations": associations}
        yield "ec2_route_tables", region, item, {}


def _load_balancer(n: int, region: str) -> Iterator[Row]:
    arn = f"arn:aws:elasticloadbalancing:{region}:{ACCOUNT}:loadbalancer/app/alb-{n}/{n:016x}"
    zones = [{"ZoneName": f"{region}{z}", "SubnetId": f"subnet-{n:015x}{j:02x}"} for j, z in enumerate("abc")]
    item: dict[str, Any] = {"LoadBalancerArn": arn, "LoadBalancerName": f"alb-{n}", "Type": "application"}
    item |= {"Scheme": "internet-facing", "State": {"Code": "active"}, "VpcId": f"vpc-{n:017x}"}
    item |= {"AvailabilityZones": zones, "DNSName": f"alb-{n}.{region}.elb.amazonaws.com"}
    yield "elbv2_load_balancers", region, item, {"tags": {"Environment": "prod"}}
    redirect = {"Type": "redirect", "RedirectConfig": {"Protocol": "HTTPS", "Port": "443", "StatusCode": "HTTP_301"}}
    forward = {
        "Type": "forward",
        "TargetGroupArn": f"arn:aws:elasticloadbalancing:{region}:{ACCOUNT}:targetgroup/t/{n}",
    }
    policy = _TLS if n % 2 == 0 else _OLD_TLS
    for port, protocol, action in ((443, "HTTPS", forward), (80, "HTTP", redirect)):
        listener = f"{arn.replace('loadbalancer/', 'listener/')}/{port:016x}"
        item = {"ListenerArn": listener, "LoadBalancerArn": arn, "Port": port, "Protocol": protocol}
        item |= {"DefaultActions": [action], **({"SslPolicy": policy} if protocol == "HTTPS" else {})}
        yield "elbv2_listeners", region, item, {"tags": {}}


def _database(n: int, region: str) -> Iterator[Row]:
    prefix, engine = f"arn:aws:rds:{region}:{ACCOUNT}", {"Engine": "aurora-postgresql", "EngineVersion": "15.4"}
    group = f"group-{n}"
    subnets = [{"SubnetIdentifier": f"subnet-{n:015x}{j:02x}", "SubnetStatus": "Active"} for j in range(3, 6)]
    item: dict[str, Any] = {"DBSubnetGroupName": group, "DBSubnetGroupArn": f"{prefix}:subgrp:{group}"}
    item |= {"VpcId": f"vpc-{n:017x}", "Subnets": subnets}
    yield "rds_subnet_groups", region, item, {"tags": {"Environment": "prod"}}
    members = [{"DBInstanceIdentifier": f"db-{n}-{j}", "IsClusterWriter": j == 0} for j in range(2)]
    item = {
        "DBClusterIdentifier": f"db-{n}",
        "DBClusterArn": f"{prefix}:cluster:db-{n}",
        "Status": "available",
        **engine,
    }
    item |= {"DBSubnetGroup": group, "DBClusterMembers": members, "BackupRetentionPeriod": 7 if n % 2 == 0 else 1}
    item |= {"DBClusterParameterGroup": "tls"}
    yield "rds_clusters", region, item | {"DeletionProtection": n % 2 == 0, "TagList": _tags(n)}, {}
    for j in range(2):
        item = {"DBInstanceIdentifier": f"db-{n}-{j}", "DBInstanceArn": f"{prefix}:db:db-{n}-{j}", **engine}
        item |= {"DBInstanceStatus": "available", "AvailabilityZone": f"{region}{'ab'[j]}", "TagList": _tags(n)}
        item |= {
            "DBClusterIdentifier": f"db-{n}",
            "PubliclyAccessible": False,
            "DBSubnetGroup": {"DBSubnetGroupName": group},
        }
        yield "rds_instances", region, item, {}


def _secrets(n: int, region: str) -> Iterator[Row]:
    prefix = f"arn:aws:lambda:{region}:{ACCOUNT}:function"
    statement = {"Effect": "Allow", "Principal": {"Service": "secretsmanager.amazonaws.com"}}
    for j in range(4):
        arn = f"{prefix}:rotate-{n}-{j}"
        allowed = {**statement, "Action": "lambda:InvokeFunction", "Resource": arn}
        item: dict[str, Any] = {"FunctionName": f"rotate-{n}-{j}", "FunctionArn": arn, "Runtime": "python3.12"}
        filled = {"State": "Active", "ResourcePolicy": {"Version": "2012-10-17", "Statement": [allowed]}}
        yield "lambda_functions", region, item, filled | {"tags": {"Environment": "prod"}}
    for j in range(10):
        arn = f"arn:aws:secretsmanager:{region}:{ACCOUNT}:secret:app-{n}-{j}-abcdef"
        item = {"ARN": arn, "Name": f"app-{n}-{j}", "Tags": _tags(j)}
        rules: dict[str, Any] = {
            "RotationRules": {"ScheduleExpression": "rate(30 days)" if j % 4 == 0 else "cron(0 4 1 */3 ? *)"}
        }
        rules |= {"RotationLambdaARN": f"{prefix}:rotate-{n}-{j % 4}", "LastRotatedDate": "2026-01-20T00:00:00Z"}
        yield "secretsmanager_secrets", region, item | ({"RotationEnabled": True, **rules} if j % 2 == 0 else {}), {}


def _roles(n: int) -> Iterator[Row]:
    service = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
    for j in range(10):
        name = f"app-{n}-{j}"
        action, resource = ("s3:GetObject", f"arn:aws:s3:::bucket-{n}/*") if (n + j) % 4 else ("s3:*", "*")
        inline = _document({"Effect": "Allow", "Action": action, "Resource": resource})
        item: dict[str, Any] = {
            "RoleName": name,
            "Arn": f"arn:aws:iam::{ACCOUNT}:role/{name}",
            "Path": "/",
            "Tags": _tags(j),
        }
        item |= {"RoleId": f"AROA{n:012d}{j:04d}", "AssumeRolePolicyDocument": _document(service)}
        item |= {"CreateDate": "2026-01-02T00:00:00Z"}
        policies = [{"PolicyName": "inline", "PolicyDocument": inline}]
        yield "iam_roles", "global", item | {"RolePolicyList": policies, "AttachedManagedPolicies": []}, {}


def _document(statement: Mapping[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def _tags(number: int) -> list[dict[str, str]]:
    kept = {"Environment": "prod", "Owner": "platform"} if number % 2 == 0 else {"Owner": "platform"}
    return [{"Key": key, "Value": value} for key, value in kept.items()]
