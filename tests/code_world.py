"""An account as code made it: resources in an embedded account, and the Terraform state and Pulumi export of them.

The documents are written by hand in the shape that the tools write (provider v5; `pulumi stack export`), with the ids
that AWS, which is moto here, gave.
"""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import boto3

ACCOUNT, EAST = "123456789012", "us-east-1"
TAGS = {"Environment": "production", "Owner": "platform"}
TRUST = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}],
}
READ = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}]}

Json = dict[str, Any]


def client(service: str) -> Any:  # noqa: ANN401 - boto3 is untyped
    """A client of the embedded account."""
    return boto3.client(service, region_name=EAST)


def pairs(tags: Mapping[str, str]) -> list[Json]:
    """Tags in AWS's most usual form."""
    return [{"Key": key, "Value": value} for key, value in tags.items()]


@dataclass
class World:
    """What was made, by the names that tests use, and what code says of it."""

    ids: dict[str, str] = field(default_factory=dict)
    resources: list[tuple[str, str, Json]] = field(default_factory=list)
    """Terraform's type, name and attributes."""

    def declare(self, kind: str, address: str, /, **attributes: Any) -> None:  # noqa: ANN401 - JSON
        """Remember what Terraform's state says of a resource."""
        tags = {"tags": TAGS, "tags_all": TAGS} if kind not in _UNTAGGED and "tags" not in attributes else {}
        self.resources.append((kind, address, attributes | tags))

    def terraform(self, change: Callable[[list[tuple[str, str, Json]]], None] = lambda _: None) -> bytes:
        """The state file; `change` may alter the resources first."""
        resources: list[tuple[str, str, Json]] = json.loads(json.dumps(self.resources))
        change(resources)
        return json.dumps(
            {
                "version": 4,
                "terraform_version": "1.9.5",
                "serial": 7,
                "lineage": "3f1c",
                "outputs": {"vpc_id": {"value": self.ids["vpc"], "type": "string"}},
                "resources": [
                    {
                        "mode": "managed",
                        "type": kind,
                        "name": name,
                        "provider": 'provider["registry.terraform.io/hashicorp/aws"]',
                        "instances": [{"schema_version": 1, "attributes": attributes, "sensitive_attributes": []}],
                    }
                    for kind, name, attributes in resources
                ],
                "check_results": None,
            }
        ).encode()

    def pulumi(self, change: Callable[[list[tuple[str, str, Json]]], None] = lambda _: None) -> bytes:
        """The stack's export; `change` may alter the resources, in Terraform's shape, first."""
        resources: list[tuple[str, str, Json]] = json.loads(json.dumps(self.resources))
        change(resources)
        stack = "urn:pulumi:production::shop::pulumi:pulumi:Stack::shop-production"
        provider = "urn:pulumi:production::shop::pulumi:providers:aws::default_6_50_0"
        return json.dumps(
            {
                "version": 3,
                "deployment": {
                    "manifest": {"time": "2026-01-01T00:00:00Z", "magic": "x", "version": "v3.130.0"},
                    "resources": [
                        {
                            "urn": stack,
                            "custom": False,
                            "type": "pulumi:pulumi:Stack",
                            "outputs": {"vpcId": self.ids["vpc"]},
                        },
                        {
                            "urn": provider,
                            "custom": True,
                            "id": "1",
                            "type": "pulumi:providers:aws",
                            "inputs": {"region": EAST},
                            "outputs": {"region": EAST},
                        },
                        *(
                            {
                                "urn": f"urn:pulumi:production::shop::{PULUMI[kind]}::{name}",
                                "custom": True,
                                "id": attributes["id"],
                                "type": PULUMI[kind],
                                "inputs": {},
                                "outputs": _camel(kind, attributes),
                                "parent": stack,
                                "provider": f"{provider}::1",
                            }
                            for kind, name, attributes in resources
                        ),
                    ],
                },
            }
        ).encode()


_UNTAGGED = frozenset(
    {
        "aws_iam_role_policy",
        "aws_iam_role_policy_attachment",
        "aws_kms_alias",
        "aws_route",
        "aws_route_table_association",
        "aws_s3_bucket_policy",
        "aws_s3_bucket_versioning",
        "aws_security_group_rule",
        "aws_sns_topic_subscription",
    }
)
PULUMI = {
    "aws_vpc": "aws:ec2/vpc:Vpc",
    "aws_subnet": "aws:ec2/subnet:Subnet",
    "aws_internet_gateway": "aws:ec2/internetGateway:InternetGateway",
    "aws_route_table": "aws:ec2/routeTable:RouteTable",
    "aws_route": "aws:ec2/route:Route",
    "aws_route_table_association": "aws:ec2/routeTableAssociation:RouteTableAssociation",
    "aws_security_group": "aws:ec2/securityGroup:SecurityGroup",
    "aws_security_group_rule": "aws:ec2/securityGroupRule:SecurityGroupRule",
    "aws_lb": "aws:lb/loadBalancer:LoadBalancer",
    "aws_lb_target_group": "aws:lb/targetGroup:TargetGroup",
    "aws_lb_listener": "aws:lb/listener:Listener",
    "aws_iam_role": "aws:iam/role:Role",
    "aws_iam_role_policy": "aws:iam/rolePolicy:RolePolicy",
    "aws_iam_role_policy_attachment": "aws:iam/rolePolicyAttachment:RolePolicyAttachment",
    "aws_lambda_function": "aws:lambda/function:Function",
    "aws_kms_key": "aws:kms/key:Key",
    "aws_kms_alias": "aws:kms/alias:Alias",
    "aws_secretsmanager_secret": "aws:secretsmanager/secret:Secret",
    "aws_s3_bucket": "aws:s3/bucketV2:BucketV2",
    "aws_s3_bucket_versioning": "aws:s3/bucketVersioningV2:BucketVersioningV2",
    "aws_dynamodb_table": "aws:dynamodb/table:Table",
    "aws_sns_topic": "aws:sns/topic:Topic",
    "aws_sns_topic_subscription": "aws:sns/topicSubscription:TopicSubscription",
    "aws_cloudwatch_log_group": "aws:cloudwatch/logGroup:LogGroup",
    "aws_cloudwatch_metric_alarm": "aws:cloudwatch/metricAlarm:MetricAlarm",
    "aws_db_subnet_group": "aws:rds/subnetGroup:SubnetGroup",
    "aws_rds_cluster": "aws:rds/cluster:Cluster",
}
"""Terraform's type -> Pulumi's."""
_PLURAL = {"attribute": "attributes", "default_action": "defaultActions", "route": "routes"}
_ONE = frozenset({"point_in_time_recovery", "health_check", "versioning_configuration", "tracing_config", "vpc_config"})
_MAPS = frozenset({"tags", "tags_all", "dimensions"})


def _camel(kind: str, value: Any, name: str = "") -> Any:  # noqa: ANN401 - any JSON
    """Attributes as Pulumi's bridge writes them: camelCase, plural lists, a block that may stand once as an object."""
    if isinstance(value, dict) and name not in _MAPS:
        found = {}
        for key, item in value.items():
            head, *rest = key.split("_")
            camel = _PLURAL.get(key, head + "".join(part.capitalize() for part in rest))
            inner = item[0] if key in _ONE and isinstance(item, list) and item else item
            found[camel] = _camel(kind, inner, key)
        return found
    if isinstance(value, list):
        return [_camel(kind, item, name) for item in value]
    return value


def build() -> World:
    """Make the account's resources, and say what code says of them."""
    world = World()
    _network(world)
    _load_balancer(world)
    _identity(world)
    _data(world)
    _monitoring(world)
    return world


def _network(world: World) -> None:
    ec2, ids = client("ec2"), world.ids
    tags = {kind: [{"ResourceType": kind, "Tags": pairs(TAGS)}] for kind in _EC2_KINDS}
    ids["vpc"] = ec2.create_vpc(CidrBlock="10.20.0.0/16", TagSpecifications=tags["vpc"])["Vpc"]["VpcId"]
    ec2.modify_vpc_attribute(VpcId=ids["vpc"], EnableDnsHostnames={"Value": True})
    world.declare(
        "aws_vpc",
        "main",
        id=ids["vpc"],
        arn=_ec2("vpc", ids["vpc"]),
        cidr_block="10.20.0.0/16",
        enable_dns_hostnames=True,
        enable_dns_support=True,
        instance_tenancy="default",
        owner_id=ACCOUNT,
    )
    for zone in "ab":
        made = ec2.create_subnet(
            VpcId=ids["vpc"],
            CidrBlock=f"10.20.{'ab'.index(zone)}.0/24",
            AvailabilityZone=f"{EAST}{zone}",
            TagSpecifications=tags["subnet"],
        )["Subnet"]
        ids[f"subnet-{zone}"] = made["SubnetId"]
        world.declare(
            "aws_subnet",
            zone,
            id=made["SubnetId"],
            arn=_ec2("subnet", made["SubnetId"]),
            vpc_id=ids["vpc"],
            cidr_block=made["CidrBlock"],
            availability_zone=f"{EAST}{zone}",
            availability_zone_id=made["AvailabilityZoneId"],
            map_public_ip_on_launch=False,
            assign_ipv6_address_on_creation=False,
            ipv6_cidr_block="",
            owner_id=ACCOUNT,
        )
    gateway = ec2.create_internet_gateway(TagSpecifications=tags["internet-gateway"])["InternetGateway"]
    ids["igw"] = gateway["InternetGatewayId"]
    ec2.attach_internet_gateway(VpcId=ids["vpc"], InternetGatewayId=ids["igw"])
    arn = _ec2("internet-gateway", ids["igw"])
    world.declare("aws_internet_gateway", "main", id=ids["igw"], arn=arn, vpc_id=ids["vpc"], owner_id=ACCOUNT)
    _routes(world, tags["route-table"])
    _security_group(world, tags["security-group"])


_EC2_KINDS = ("vpc", "subnet", "internet-gateway", "route-table", "security-group")


def _routes(world: World, tags: list[Json]) -> None:
    ec2, ids = client("ec2"), world.ids
    ids["rtb"] = ec2.create_route_table(VpcId=ids["vpc"], TagSpecifications=tags)["RouteTable"]["RouteTableId"]
    ec2.create_route(RouteTableId=ids["rtb"], DestinationCidrBlock="0.0.0.0/0", GatewayId=ids["igw"])
    association = ec2.associate_route_table(RouteTableId=ids["rtb"], SubnetId=ids["subnet-a"])["AssociationId"]
    arn = _ec2("route-table", ids["rtb"])
    world.declare(
        "aws_route_table",
        "public",
        id=ids["rtb"],
        arn=arn,
        vpc_id=ids["vpc"],
        route=[],
        propagating_vgws=[],
        owner_id=ACCOUNT,
    )
    world.declare(
        "aws_route",
        "internet",
        id=f"r-{ids['rtb']}1080289494",
        route_table_id=ids["rtb"],
        destination_cidr_block="0.0.0.0/0",
        destination_ipv6_cidr_block="",
        destination_prefix_list_id="",
        gateway_id=ids["igw"],
        nat_gateway_id="",
        origin="CreateRoute",
        state="active",
    )
    world.declare(
        "aws_route_table_association",
        "a",
        id=association,
        route_table_id=ids["rtb"],
        subnet_id=ids["subnet-a"],
        gateway_id="",
    )


CIDRS = ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"]


def _security_group(world: World, tags: list[Json]) -> None:
    ec2, ids = client("ec2"), world.ids
    ids["sg"] = ec2.create_security_group(GroupName="web", Description="web", VpcId=ids["vpc"], TagSpecifications=tags)[
        "GroupId"
    ]
    ranges = [{"CidrIp": cidr, "Description": "inside"} for cidr in CIDRS]
    rule = {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443}
    ec2.authorize_security_group_ingress(GroupId=ids["sg"], IpPermissions=[{**rule, "IpRanges": ranges}])
    inside = {
        "from_port": 443,
        "to_port": 443,
        "protocol": "tcp",
        "cidr_blocks": CIDRS,
        "ipv6_cidr_blocks": [],
        "prefix_list_ids": [],
        "security_groups": [],
        "self": False,
        "description": "inside",
    }
    anywhere = {
        **inside,
        "from_port": 0,
        "to_port": 0,
        "protocol": "-1",
        "cidr_blocks": ["0.0.0.0/0"],
        "description": "",
    }
    world.declare(
        "aws_security_group",
        "web",
        id=ids["sg"],
        arn=_ec2("security-group", ids["sg"]),
        name="web",
        name_prefix="",
        description="web",
        vpc_id=ids["vpc"],
        ingress=[inside],
        egress=[anywhere],
        owner_id=ACCOUNT,
        revoke_rules_on_delete=False,
        timeouts=None,
    )


def _ec2(kind: str, id_: str) -> str:
    return f"arn:aws:ec2:{EAST}:{ACCOUNT}:{kind}/{id_}"


def _load_balancer(world: World) -> None:
    elb, ids = client("elbv2"), world.ids
    subnets = [ids["subnet-a"], ids["subnet-b"]]
    made = elb.create_load_balancer(
        Name="web", Subnets=subnets, SecurityGroups=[ids["sg"]], Scheme="internal", Type="application", Tags=pairs(TAGS)
    )["LoadBalancers"][0]
    ids["lb"] = made["LoadBalancerArn"]
    world.declare(
        "aws_lb",
        "web",
        id=ids["lb"],
        arn=ids["lb"],
        arn_suffix=ids["lb"].split("loadbalancer/")[1],
        name="web",
        internal=True,
        load_balancer_type="application",
        ip_address_type="ipv4",
        security_groups=[ids["sg"]],
        subnets=subnets,
        vpc_id=ids["vpc"],
        dns_name=made["DNSName"],
        enable_deletion_protection=False,
    )
    group = elb.create_target_group(
        Name="web",
        Protocol="HTTP",
        Port=8080,
        VpcId=ids["vpc"],
        TargetType="ip",
        HealthCheckPath="/health",
        Tags=pairs(TAGS),
    )["TargetGroups"][0]
    ids["tg"] = group["TargetGroupArn"]
    world.declare(
        "aws_lb_target_group",
        "web",
        id=ids["tg"],
        arn=ids["tg"],
        name="web",
        port=8080,
        protocol="HTTP",
        target_type="ip",
        vpc_id=ids["vpc"],
        health_check=[{"enabled": True, "path": "/health", "protocol": "HTTP", "port": "traffic-port"}],
    )
    listener = elb.create_listener(
        LoadBalancerArn=ids["lb"],
        Protocol="HTTP",
        Port=80,
        DefaultActions=[{"Type": "forward", "TargetGroupArn": ids["tg"]}],
        Tags=pairs(TAGS),
    )["Listeners"][0]
    ids["listener"] = listener["ListenerArn"]
    world.declare(
        "aws_lb_listener",
        "http",
        id=ids["listener"],
        arn=ids["listener"],
        load_balancer_arn=ids["lb"],
        port=80,
        protocol="HTTP",
        ssl_policy="",
        default_action=[{"type": "forward", "order": 1, "target_group_arn": ids["tg"], "redirect": [], "forward": []}],
    )


def _identity(world: World) -> None:
    iam, ids = client("iam"), world.ids
    ids["role"] = iam.create_role(RoleName="app", AssumeRolePolicyDocument=json.dumps(TRUST), Tags=pairs(TAGS))["Role"][
        "Arn"
    ]
    iam.put_role_policy(RoleName="app", PolicyName="read", PolicyDocument=json.dumps(READ))
    basic = "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"
    iam.attach_role_policy(RoleName="app", PolicyArn=basic)
    world.declare(
        "aws_iam_role",
        "app",
        id="app",
        arn=ids["role"],
        name="app",
        path="/",
        description="",
        max_session_duration=3600,
        assume_role_policy=json.dumps(TRUST),
        inline_policy=[],
        managed_policy_arns=[],
        permissions_boundary="",
        force_detach_policies=False,
    )
    world.declare(
        "aws_iam_role_policy", "read", id="app:read", name="read", role="app", policy=json.dumps(READ, indent=2)
    )
    world.declare("aws_iam_role_policy_attachment", "basic", id="app-1", role="app", policy_arn=basic)
    code = io.BytesIO()
    with zipfile.ZipFile(code, "w") as archive:
        archive.writestr("main.py", "def handler(event, context): ...")
    made = client("lambda").create_function(
        FunctionName="app",
        Runtime="python3.12",
        Role=ids["role"],
        Handler="main.handler",
        Code={"ZipFile": code.getvalue()},
        MemorySize=256,
        Timeout=10,
        Tags=TAGS,
    )
    ids["function"] = made["FunctionArn"]
    world.declare(
        "aws_lambda_function",
        "app",
        id="app",
        arn=ids["function"],
        function_name="app",
        runtime="python3.12",
        handler="main.handler",
        role=ids["role"],
        memory_size=256,
        timeout=10,
        package_type="Zip",
        environment=[{"variables": {"PASSWORD": "hunter2-is-secret"}}],
        filename="app.zip",
        reserved_concurrent_executions=-1,
        tracing_config=[{"mode": "PassThrough"}],
        vpc_config=[],
        publish=False,
    )


def _data(world: World) -> None:
    ids, kms = world.ids, client("kms")
    key = kms.create_key(Description="data", Tags=[{"TagKey": k, "TagValue": v} for k, v in TAGS.items()])[
        "KeyMetadata"
    ]
    ids["key"] = key["Arn"]
    kms.enable_key_rotation(KeyId=key["KeyId"])
    kms.create_alias(AliasName="alias/data", TargetKeyId=key["KeyId"])
    world.declare(
        "aws_kms_key",
        "data",
        id=key["KeyId"],
        key_id=key["KeyId"],
        arn=key["Arn"],
        description="data",
        enable_key_rotation=True,
        is_enabled=True,
        key_usage="ENCRYPT_DECRYPT",
        customer_master_key_spec="SYMMETRIC_DEFAULT",
        multi_region=False,
        deletion_window_in_days=30,
    )
    world.declare(
        "aws_kms_alias",
        "data",
        id="alias/data",
        arn=f"arn:aws:kms:{EAST}:{ACCOUNT}:alias/data",
        name="alias/data",
        target_key_id=key["KeyId"],
        target_key_arn=key["Arn"],
    )
    secret = client("secretsmanager").create_secret(
        Name="app/db", SecretString="x", KmsKeyId=key["Arn"], Tags=pairs(TAGS)
    )
    ids["secret"] = secret["ARN"]
    world.declare(
        "aws_secretsmanager_secret",
        "db",
        id=secret["ARN"],
        arn=secret["ARN"],
        name="app/db",
        description="",
        kms_key_id=key["Arn"],
        recovery_window_in_days=30,
        force_overwrite_replica_secret=False,
        replica=[],
        policy="",
    )
    _bucket(world)
    _databases(world)


def _bucket(world: World) -> None:
    s3 = client("s3")
    s3.create_bucket(Bucket="shop-assets-production")
    s3.put_bucket_tagging(Bucket="shop-assets-production", Tagging={"TagSet": pairs(TAGS)})
    s3.put_bucket_versioning(Bucket="shop-assets-production", VersioningConfiguration={"Status": "Enabled"})
    world.ids["bucket"] = "shop-assets-production"
    world.declare(
        "aws_s3_bucket",
        "assets",
        id="shop-assets-production",
        bucket="shop-assets-production",
        arn="arn:aws:s3:::shop-assets-production",
        region=EAST,
        force_destroy=False,
        versioning=[{"enabled": True, "mfa_delete": False}],
        server_side_encryption_configuration=[],
    )
    world.declare(
        "aws_s3_bucket_versioning",
        "assets",
        id="shop-assets-production",
        bucket="shop-assets-production",
        versioning_configuration=[{"status": "Enabled", "mfa_delete": ""}],
    )


def _databases(world: World) -> None:
    ids = world.ids
    table = client("dynamodb").create_table(
        TableName="orders",
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        BillingMode="PAY_PER_REQUEST",
        Tags=pairs(TAGS),
    )["TableDescription"]
    ids["table"] = table["TableArn"]
    world.declare(
        "aws_dynamodb_table",
        "orders",
        id="orders",
        arn=table["TableArn"],
        name="orders",
        hash_key="id",
        range_key=None,
        billing_mode="PAY_PER_REQUEST",
        attribute=[{"name": "id", "type": "S"}],
        stream_enabled=False,
        point_in_time_recovery=[{"enabled": False}],
        global_secondary_index=[],
        replica=[],
    )
    rds = client("rds")
    subnets = [ids["subnet-a"], ids["subnet-b"]]
    group = rds.create_db_subnet_group(
        DBSubnetGroupName="data", DBSubnetGroupDescription="data", SubnetIds=subnets, Tags=pairs(TAGS)
    )["DBSubnetGroup"]
    world.declare(
        "aws_db_subnet_group",
        "data",
        id="data",
        arn=group["DBSubnetGroupArn"],
        name="data",
        description="data",
        subnet_ids=subnets,
        vpc_id=ids["vpc"],
    )
    cluster = rds.create_db_cluster(
        DBClusterIdentifier="orders",
        Engine="aurora-postgresql",
        EngineVersion="15.4",
        MasterUsername="orders",
        MasterUserPassword="not-kept-anywhere",
        DBSubnetGroupName="data",
        BackupRetentionPeriod=7,
        DeletionProtection=True,
        StorageEncrypted=True,
        KmsKeyId=ids["key"],
        Tags=pairs(TAGS),
    )["DBCluster"]
    ids["cluster"] = cluster["DBClusterArn"]
    world.declare(
        "aws_rds_cluster",
        "orders",
        id="orders",
        arn=cluster["DBClusterArn"],
        cluster_identifier="orders",
        engine="aurora-postgresql",
        engine_version="15.4",
        db_subnet_group_name="data",
        backup_retention_period=7,
        deletion_protection=True,
        storage_encrypted=True,
        kms_key_id=ids["key"],
        master_username="orders",
        master_password="not-kept-anywhere",
        skip_final_snapshot=False,
    )


def _monitoring(world: World) -> None:
    ids = world.ids
    topic = client("sns").create_topic(Name="alerts", Tags=pairs(TAGS))["TopicArn"]
    ids["topic"] = topic
    world.declare(
        "aws_sns_topic",
        "alerts",
        id=topic,
        arn=topic,
        name="alerts",
        display_name="",
        kms_master_key_id="",
        fifo_topic=False,
    )
    client("logs").create_log_group(logGroupName="/app/web", tags=TAGS)
    client("logs").put_retention_policy(logGroupName="/app/web", retentionInDays=30)
    world.declare(
        "aws_cloudwatch_log_group",
        "web",
        id="/app/web",
        arn=f"arn:aws:logs:{EAST}:{ACCOUNT}:log-group:/app/web",
        name="/app/web",
        retention_in_days=30,
        kms_key_id="",
        skip_destroy=False,
    )
    client("cloudwatch").put_metric_alarm(
        AlarmName="errors",
        Namespace="AWS/Lambda",
        MetricName="Errors",
        Dimensions=[{"Name": "FunctionName", "Value": "app"}],
        Statistic="Sum",
        Period=60,
        EvaluationPeriods=1,
        Threshold=1.0,
        ComparisonOperator="GreaterThanOrEqualToThreshold",
        TreatMissingData="notBreaching",
        AlarmActions=[topic],
        Tags=pairs(TAGS),
    )
    world.declare(
        "aws_cloudwatch_metric_alarm",
        "errors",
        id="errors",
        arn=f"arn:aws:cloudwatch:{EAST}:{ACCOUNT}:alarm:errors",
        alarm_name="errors",
        namespace="AWS/Lambda",
        metric_name="Errors",
        dimensions={"FunctionName": "app"},
        statistic="Sum",
        period=60,
        evaluation_periods=1,
        threshold=1,
        comparison_operator="GreaterThanOrEqualToThreshold",
        treat_missing_data="notBreaching",
        alarm_actions=[topic],
        ok_actions=[],
        insufficient_data_actions=[],
        actions_enabled=True,
        alarm_description="",
        metric_query=[],
    )
