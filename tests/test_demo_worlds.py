"""The embedded account holds each documented fault, and its ideal variant none: seen through plain boto3 reads."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from auditor.demo.account import ACCOUNT_ID, REGIONS, serve
from auditor.demo.worlds.payment import HOSTILE_NAMES

PRIMARY, RECOVERY = REGIONS
REQUIRED = {"Environment", "CostCenter", "MigrationPhase"}
OLD_PROTOCOLS = {"TLSv1", "TLSv1.1"}


class Account:
    """What is deployed, read through boto3."""

    def __init__(self, url: str) -> None:
        self._session: Any = boto3.Session(aws_access_key_id="testing", aws_secret_access_key="testing")
        self._url = url
        self._clients: dict[tuple[str, str], Any] = {}
        self._answers: dict[tuple[object, ...], Any] = {}

    def client(self, service: str, region: str = PRIMARY) -> Any:  # noqa: ANN401 - boto3 is untyped
        if (service, region) not in self._clients:
            self._clients[service, region] = self._session.client(service, region_name=region, endpoint_url=self._url)
        return self._clients[service, region]

    def every(self, service: str, operation: str, key: str, region: str = PRIMARY, **params: str) -> Any:  # noqa: ANN401
        asked = (service, operation, region, *params.values())
        if asked not in self._answers:
            self._answers[asked] = getattr(self.client(service, region), operation)(**params)[key]
        return self._answers[asked]

    def name(self, resource: dict[str, Any]) -> str:
        tags: dict[str, str] = {t["Key"]: t["Value"] for t in resource.get("Tags", [])}
        return tags.get("Name", "")

    def vpcs(self, region: str) -> dict[str, str]:
        """Non-default VPCs, by id: by CIDR where they have no name."""
        found = [v for v in self.every("ec2", "describe_vpcs", "Vpcs", region) if not v["IsDefault"]]
        return {v["VpcId"]: self.name(v) or v["CidrBlock"] for v in found}

    def subnets(self, region: str) -> dict[str, dict[str, Any]]:
        """Subnets of those VPCs, by id, with `public`, `explicit` and their name."""
        vpcs = self.vpcs(region)
        tables = self.every("ec2", "describe_route_tables", "RouteTables", region)
        own = {a["SubnetId"]: t for t in tables for a in t["Associations"] if "SubnetId" in a}
        main = {t["VpcId"]: t for t in tables for a in t["Associations"] if a["Main"]}
        found = {}
        for subnet in self.every("ec2", "describe_subnets", "Subnets", region):
            if subnet["VpcId"] in vpcs:
                table = own.get(subnet["SubnetId"]) or main[subnet["VpcId"]]
                public = any(r.get("GatewayId", "").startswith("igw-") for r in table["Routes"])
                more = {"public": public, "explicit": subnet["SubnetId"] in own, "name": self.name(subnet)}
                found[subnet["SubnetId"]] = subnet | more
        return found

    def balancers(self, region: str) -> list[dict[str, Any]]:
        return list(self.every("elbv2", "describe_load_balancers", "LoadBalancers", region))


@pytest.fixture(scope="module")
def faulty_url() -> Iterator[str]:
    with serve(False) as served:
        yield served.url


@pytest.fixture(scope="module")
def ideal_url() -> Iterator[str]:
    with serve(True) as served:
        yield served.url


@pytest.fixture(scope="module")
def faulty(faulty_url: str) -> Account:
    return Account(faulty_url)


@pytest.fixture(scope="module")
def ideal(ideal_url: str) -> Account:
    return Account(ideal_url)


# ------------------------------------------------------------------------- what each requirement would object to


def net_01(account: Account) -> set[str]:
    bad: set[str] = set()
    for region in REGIONS:
        subnets, names = account.subnets(region).values(), account.vpcs(region)
        for vpc, name in names.items():
            for public in (True, False):
                zones = {s["AvailabilityZoneId"] for s in subnets if s["VpcId"] == vpc and s["public"] is public}
                bad |= {name} if len(zones) != 3 else set()
    return bad


def net_02(account: Account) -> set[str]:
    bad: set[str] = set()
    for region in REGIONS:
        open_vpcs = {
            r["VpcId"]
            for r in account.every("ec2", "describe_route_tables", "RouteTables", region)
            for route in r["Routes"]
            if route.get("GatewayId", "").startswith("igw-") and route["State"] == "active"
        }
        gateways = account.every("ec2", "describe_internet_gateways", "InternetGateways", region)
        attached = {a["VpcId"] for g in gateways for a in g["Attachments"] if a["State"] in {"available", "attached"}}
        for balancer in account.balancers(region):
            if balancer["Scheme"] == "internet-facing" and balancer["VpcId"] not in open_vpcs & attached:
                bad.add(account.vpcs(region)[balancer["VpcId"]])
    return bad


def net_03(account: Account) -> set[str]:
    return {
        b["LoadBalancerName"]
        for region in REGIONS
        for b in account.balancers(region)
        for zone in b["AvailabilityZones"]
        if not account.subnets(region)[zone["SubnetId"]]["public"]
    }


def net_04(account: Account) -> set[str]:
    return {s["name"] for region in REGIONS for s in account.subnets(region).values() if not s["explicit"]}


def net_05(account: Account) -> set[str]:
    every = [s for region in REGIONS for s in account.subnets(region).values()]
    return {s["name"] for s in every if s["MapPublicIpOnLaunch"] != s["public"]}


def net_07(account: Account) -> set[str]:
    bad: set[str] = set()
    for region in REGIONS:
        subnets = account.subnets(region)
        for group in account.every("rds", "describe_db_subnet_groups", "DBSubnetGroups", region):
            zones = {s["SubnetAvailabilityZone"]["Name"] for s in group["Subnets"]}
            if len(zones) < 3 or any(subnets[s["SubnetIdentifier"]]["public"] for s in group["Subnets"]):
                bad.add("group " + group["DBSubnetGroupName"])
        for instance in account.every("rds", "describe_db_instances", "DBInstances", region):
            bad |= {instance["DBInstanceIdentifier"]} if instance["PubliclyAccessible"] else set()
    return bad


def lb_01(account: Account) -> set[str]:
    return {
        b["LoadBalancerName"]
        for region in REGIONS
        for b in account.balancers(region)
        if len(b["AvailabilityZones"]) < 3 or b["Scheme"] != "internet-facing" or b["State"]["Code"] != "active"
    }


def lb_02(account: Account) -> set[str]:
    bad: set[str] = set()
    for region in REGIONS:
        policies = account.every("elbv2", "describe_ssl_policies", "SslPolicies", region)
        weak = {p["Name"] for p in policies if OLD_PROTOCOLS & set(p["SslProtocols"])}
        for balancer in account.balancers(region):
            arn = balancer["LoadBalancerArn"]
            listeners = account.every("elbv2", "describe_listeners", "Listeners", region, LoadBalancerArn=arn)
            secure = [item for item in listeners if item["Protocol"] == "HTTPS"]
            plain = [item for item in listeners if item["Protocol"] == "HTTP"]
            forwards = any(a["Type"] != "redirect" for item in plain for a in item["DefaultActions"])
            if not secure or forwards or any(item["SslPolicy"] in weak for item in secure):
                bad.add(balancer["LoadBalancerName"])
    return bad


def global_clusters(account: Account) -> list[dict[str, Any]]:
    return list(account.every("rds", "describe_global_clusters", "GlobalClusters"))


def clusters(account: Account) -> list[dict[str, Any]]:
    return [c for region in REGIONS for c in account.every("rds", "describe_db_clusters", "DBClusters", region)]


def standalone(account: Account) -> list[dict[str, Any]]:
    every = [i for region in REGIONS for i in account.every("rds", "describe_db_instances", "DBInstances", region)]
    return [i for i in every if "DBClusterIdentifier" not in i]


def db_01(account: Account) -> set[str]:
    arns = {c["DBClusterArn"] for c in clusters(account) if c["Status"] == "available"}
    bad: set[str] = set()
    for item in global_clusters(account):
        members = {m["DBClusterArn"].split(":")[3]: m for m in item["GlobalClusterMembers"]}
        writers = [region for region, m in members.items() if m["IsWriter"]]
        exist = all(m["DBClusterArn"] in arns for m in members.values())
        if writers != [PRIMARY] or RECOVERY not in members or not exist or item["Status"] != "available":
            bad.add(item["GlobalClusterIdentifier"])
    return bad


def db_02(account: Account) -> set[str]:
    versions = account.every("rds", "describe_db_engine_versions", "DBEngineVersions")
    able = {(v["Engine"], v["EngineVersion"]) for v in versions if v["SupportsGlobalDatabases"]}
    every = [(c["GlobalClusterIdentifier"], c) for c in global_clusters(account)]
    every += [(c["DBClusterIdentifier"], c) for c in clusters(account) if "GlobalClusterIdentifier" in c]
    return {name for name, c in every if (c["Engine"], c["EngineVersion"]) not in able}


def db_03(account: Account) -> set[str]:
    return {c["DBClusterIdentifier"] for c in clusters(account) if c.get("BacktrackWindow")}


def db_04(account: Account) -> set[str]:
    bad: set[str] = set()
    for region in REGIONS:
        instances = account.every("rds", "describe_db_instances", "DBInstances", region)
        for cluster in account.every("rds", "describe_db_clusters", "DBClusters", region):
            own = [i for i in instances if i.get("DBClusterIdentifier") == cluster["DBClusterIdentifier"]]
            zones = {i["AvailabilityZone"] for i in own if i["DBInstanceStatus"] == "available"}
            bad |= {cluster["DBClusterIdentifier"]} if len(zones) < 2 else set()
    return bad


def db_06(account: Account) -> set[str]:
    every = [(c["DBClusterIdentifier"], c) for c in clusters(account)]
    every += [(i["DBInstanceIdentifier"], i) for i in standalone(account)]
    return {name for name, item in every if item["BackupRetentionPeriod"] < 7}


def db_07(account: Account) -> set[str]:
    every = [(c["DBClusterIdentifier"], c) for c in clusters(account)]
    every += [(i["DBInstanceIdentifier"], i) for i in standalone(account)]
    every += [(g["GlobalClusterIdentifier"], g) for g in global_clusters(account)]
    return {name for name, item in every if not item["DeletionProtection"]}


def secrets(account: Account, region: str) -> list[dict[str, Any]]:
    """Primaries, as described."""
    listed = account.every("secretsmanager", "list_secrets", "SecretList", region)
    client = account.client("secretsmanager", region)
    every = [client.describe_secret(SecretId=s["ARN"]) for s in listed]
    return [s for s in every if s.get("PrimaryRegion", region) == region]


def sec_01(account: Account) -> set[str]:
    bad: set[str] = set()
    for region in REGIONS:
        for secret in secrets(account, region):
            rules = secret.get("RotationRules", {})
            often = rules.get("AutomaticallyAfterDays", 0) in range(1, 31)
            often |= rules.get("ScheduleExpression") in {"rate(10 days)", "cron(0 4 ? * SUN *)"}
            bad |= set() if secret.get("RotationEnabled") and often else {secret["Name"]}
    return bad


def sec_02(account: Account) -> set[str]:
    limit = datetime.now(UTC) - timedelta(days=33)
    every = [s for region in REGIONS for s in secrets(account, region) if s.get("RotationEnabled")]
    return {s["Name"] for s in every if s.get("LastRotatedDate", s["CreatedDate"]) < limit}


def sec_03(account: Account) -> set[str]:
    bad: set[str] = set()
    for region in REGIONS:
        client = account.client("lambda", region)
        for secret in secrets(account, region):
            if arn := secret.get("RotationLambdaARN"):
                try:
                    active = client.get_function_configuration(FunctionName=arn)["State"] == "Active"
                    policy = json.loads(client.get_policy(FunctionName=arn)["Policy"])
                    admitted = [s["Principal"] for s in policy["Statement"]]
                    bad |= (
                        set()
                        if active and {"Service": "secretsmanager.amazonaws.com"} in admitted
                        else {secret["Name"]}
                    )
                except ClientError:
                    bad.add(secret["Name"])
    return bad


def records(account: Account) -> Iterator[dict[str, Any]]:
    for zone in account.every("route53", "list_hosted_zones", "HostedZones"):
        yield from account.every("route53", "list_resource_record_sets", "ResourceRecordSets", HostedZoneId=zone["Id"])


def dns_02(account: Account) -> set[str]:
    hosts = {b["DNSName"].lower() + ".": region for region in REGIONS for b in account.balancers(region)}
    pairs: dict[str, dict[str, str | None]] = {}
    for record in records(account):
        if record.get("Failover"):
            region = hosts.get(record["AliasTarget"]["DNSName"].lower())
            pairs.setdefault(record["Name"], {})[record["Failover"]] = region
    return {name for name, pair in pairs.items() if pair != {"PRIMARY": PRIMARY, "SECONDARY": RECOVERY}}


def dns_03(account: Account) -> set[str]:
    hosts = {b["DNSName"] for region in REGIONS for b in account.balancers(region)}
    hosts |= {record["Name"].rstrip(".") for record in records(account)}
    checks = {c["Id"]: c["HealthCheckConfig"] for c in account.every("route53", "list_health_checks", "HealthChecks")}
    used = {r["HealthCheckId"] for r in records(account) if "HealthCheckId" in r}
    bad: set[str] = set()
    for check in used:
        config = checks[check]
        fine = config["Type"] == "HTTPS" and config["RequestInterval"] in {10, 30} and config["FailureThreshold"] <= 3
        fine = fine and config["ResourcePath"] == "/health" and not config["Disabled"] and not config["Inverted"]
        tags = account.client("route53").list_tags_for_resource(ResourceType="healthcheck", ResourceId=check)
        if not fine or config["FullyQualifiedDomainName"] not in hosts:
            bad.add(account.name(tags["ResourceTagSet"]))
    return bad


def broad(document: dict[str, Any]) -> bool:
    for statement in document["Statement"]:
        actions = statement.get("Action", [])
        actions = [actions] if isinstance(actions, str) else actions
        everything = "NotAction" in statement or any(a == "*" or a.endswith(":*") for a in actions)
        if statement["Effect"] == "Allow" and statement["Resource"] == "*" and everything:
            return True
    return False


def iam_01(account: Account) -> set[str]:
    details = account.client("iam").get_account_authorization_details()
    own = {p["Arn"]: p for p in details["Policies"] if f":{ACCOUNT_ID}:" in p["Arn"]}
    bad = {p["PolicyName"] for p in own.values() if broad(p["PolicyVersionList"][0]["Document"])}
    for role in details["RoleDetailList"]:
        attached = {p["PolicyName"] for p in role["AttachedManagedPolicies"]}
        if "AdministratorAccess" in attached or any(broad(p["PolicyDocument"]) for p in role["RolePolicyList"]):
            bad.add(role["RoleName"])
    return bad


def iam_03(account: Account) -> set[str]:
    bad: set[str] = set()
    for role in account.client("iam").get_account_authorization_details()["RoleDetailList"]:
        for statement in role["AssumeRolePolicyDocument"]["Statement"]:
            principal = statement["Principal"].get("AWS")
            if principal and not ("Condition" in statement and principal.endswith(":root")):
                bad.add(role["RoleName"])
    return bad


def tagged(account: Account, region: str) -> Iterator[tuple[str, list[dict[str, str]]]]:
    """(what, tags) of everything taggable in a region; `Name` serves where AWS gives no name of its own."""
    mine = set(account.vpcs(region))
    for operation, key, kind in (
        ("describe_vpcs", "Vpcs", "VpcId"),
        ("describe_subnets", "Subnets", "SubnetId"),
        ("describe_route_tables", "RouteTables", "RouteTableId"),
        ("describe_security_groups", "SecurityGroups", "GroupName"),
        ("describe_network_acls", "NetworkAcls", "NetworkAclId"),
        ("describe_nat_gateways", "NatGateways", "NatGatewayId"),
        ("describe_internet_gateways", "InternetGateways", "InternetGatewayId"),
    ):
        for item in account.every("ec2", operation, key, region):
            if item.get("VpcId", item.get("Attachments", [{}])[0].get("VpcId")) in mine:
                yield item.get("CidrBlock") if kind == "VpcId" else item[kind], item["Tags"]
    for address in account.every("ec2", "describe_addresses", "Addresses", region):
        yield address["AllocationId"], address["Tags"]
    yield from tagged_services(account, region)


def tagged_services(account: Account, region: str) -> Iterator[tuple[str, list[dict[str, str]]]]:
    rds, elb = account.client("rds", region), account.client("elbv2", region)
    for operation, key, arn, name in (
        ("describe_db_clusters", "DBClusters", "DBClusterArn", "DBClusterIdentifier"),
        ("describe_db_instances", "DBInstances", "DBInstanceArn", "DBInstanceIdentifier"),
        ("describe_global_clusters", "GlobalClusters", "GlobalClusterArn", "GlobalClusterIdentifier"),
        ("describe_db_subnet_groups", "DBSubnetGroups", "DBSubnetGroupArn", "DBSubnetGroupName"),
    ):
        for item in getattr(rds, operation)()[key]:
            yield item[name], item.get("TagList") or rds.list_tags_for_resource(ResourceName=item[arn])["TagList"]
    arns = {b["LoadBalancerArn"]: b["LoadBalancerName"] for b in account.balancers(region)}
    for arn in [*arns]:
        for item in elb.describe_listeners(LoadBalancerArn=arn)["Listeners"]:
            arns[item["ListenerArn"]] = f"{arns[arn]} {item['Port']}"
    arns |= {t["TargetGroupArn"]: t["TargetGroupName"] for t in elb.describe_target_groups()["TargetGroups"]}
    for item in elb.describe_tags(ResourceArns=list(arns))["TagDescriptions"]:
        yield arns[item["ResourceArn"]], item["Tags"]
    for secret in account.every("secretsmanager", "list_secrets", "SecretList", region):
        yield secret["Name"], secret["Tags"]
    kms = account.client("kms", region)
    for key in kms.list_keys()["Keys"]:
        if kms.describe_key(KeyId=key["KeyId"])["KeyMetadata"]["KeyManager"] == "CUSTOMER":
            labels = kms.list_resource_tags(KeyId=key["KeyId"])["Tags"]
            yield key["KeyId"], [{"Key": label["TagKey"], "Value": label["TagValue"]} for label in labels]
    functions = account.client("lambda", region)
    for item in functions.list_functions()["Functions"]:
        found = functions.list_tags(Resource=item["FunctionArn"])["Tags"]
        yield item["FunctionName"], [{"Key": k, "Value": v} for k, v in found.items()]


def route53_tags(account: Account, kind: str, resource: str) -> list[dict[str, str]]:
    answer = account.client("route53").list_tags_for_resource(ResourceType=kind, ResourceId=resource)
    return list(answer["ResourceTagSet"]["Tags"])


def tag_01(account: Account) -> set[str]:
    found = [pair for region in REGIONS for pair in tagged(account, region)]
    details = account.client("iam").get_account_authorization_details()
    found += [(r["RoleName"], r["Tags"]) for r in details["RoleDetailList"]]
    found += [(u["UserName"], u["Tags"]) for u in details["UserDetailList"]]
    for policy in details["Policies"]:
        if f":{ACCOUNT_ID}:" in policy["Arn"]:
            tags = account.client("iam").list_policy_tags(PolicyArn=policy["Arn"])["Tags"]
            found.append((policy["PolicyName"], tags))
    for zone in account.every("route53", "list_hosted_zones", "HostedZones"):
        found.append((zone["Name"], route53_tags(account, "hostedzone", zone["Id"].rpartition("/")[2])))
    for check in account.every("route53", "list_health_checks", "HealthChecks"):
        found.append((check["Id"], route53_tags(account, "healthcheck", check["Id"])))
    return {what for what, tags in found if not {t["Key"] for t in tags if t["Value"]} >= REQUIRED}


Objections = Callable[[Account], set[str]]

SEEN_BY: dict[Objections, set[str]] = {
    net_01: {"10.20.0.0/16", "payment-old-vpc-prod", "trading-vpc-prod", "trading-dr-vpc-prod"},
    net_02: {"payment-old-vpc-prod", "trading-dr-vpc-prod"},
    net_03: {"payment-old-alb-prod", "trading-dr-alb-prod"},
    net_04: {"payment-old-private-b-prod", "trading-private-c-prod"},
    net_05: {"trading-public-b-prod", "trading-dr-private-a-prod"},
    net_07: {"group payment-db-prod", "group trading-reporting-prod", "trading-reporting-prod"},
    lb_01: {"payment-alb-prod", "payment-old-alb-prod", "trading-alb-prod", "trading-dr-alb-prod"},
    lb_02: {"payment-alb-prod", "payment-old-alb-prod", "trading-alb-prod"},
    db_01: {"trading-orders-prod"},
    db_02: {"trading-ledger-prod", "trading-ledger-primary-prod", "trading-ledger-dr-prod"},
    db_03: {"trading-orders-primary-prod"},
    db_04: {"payment-aurora-prod", "trading-orders-primary-prod", "trading-ledger-dr-prod"},
    db_06: {"payment-db-prod", "trading-orders-primary-prod"},
    db_07: {"payment-db-prod", "trading-ledger-prod"},
    sec_01: {"payment/prod/db", "trading/prod/orders-db", "trading/prod/fix-gateway"},
    sec_02: {"payment/prod/api", "trading/prod/market-data"},
    sec_03: {"payment/prod/api", "trading/prod/ledger-db", "trading/prod/dr-orders-db"},
    dns_02: {"api.trading-prod.example.com.", "app.trading-prod.example.com."},
    dns_03: {"trading-app-primary-prod", "trading-app-secondary-prod"},
    iam_01: {"payment-task-prod", "trading-failover-prod", "trading-operations-prod"},
    iam_03: {
        "payment-support-prod",
        "trading-readonly-prod",
        "trading-replication-prod",
        "trading-export-prod",
        "trading-partner-prod",
    },
    tag_01: {
        "10.20.0.0/16",
        "payment-alb-prod",
        "payment-blue-prod",
        "payment-legacy-1-prod",
        "payment-legacy-2-prod",
        "payment-legacy-3-prod",
        "trading-dr-alb-prod",
        "trading-dr-blue-prod",
        "trading/prod/fix-gateway",
    },
}


@pytest.mark.network
@pytest.mark.parametrize("objections", SEEN_BY, ids=lambda function: str(function.__name__))
def test_the_faulty_account_has_the_documented_faults(faulty: Account, objections: Objections) -> None:
    assert objections(faulty) == SEEN_BY[objections]


@pytest.mark.network
@pytest.mark.parametrize("objections", SEEN_BY, ids=lambda function: str(function.__name__))
def test_the_ideal_account_has_none(ideal: Account, objections: Objections) -> None:
    assert objections(ideal) == set()


@pytest.mark.network
def test_the_ideal_account_has_what_must_exist_in_each_region(ideal: Account) -> None:
    for region in REGIONS:
        assert ideal.vpcs(region)
        assert ideal.balancers(region)
        assert secrets(ideal, region)
    assert global_clusters(ideal)
    assert [r for r in records(ideal) if "HealthCheckId" in r]


@pytest.mark.network
def test_hostile_names_are_in_the_faulty_account(faulty: Account) -> None:
    groups = faulty.every("ec2", "describe_security_groups", "SecurityGroups")
    assert {faulty.name(group) for group in groups} >= set(HOSTILE_NAMES)
