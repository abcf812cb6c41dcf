"""The embedded account answers as AWS does where moto does not, keeps to itself, and leaves no trace."""

from __future__ import annotations

import http.client
import os
import threading
from typing import TYPE_CHECKING, Any
from urllib.parse import urlparse

import boto3
import pytest
from botocore.exceptions import ClientError, EndpointConnectionError
from moto import mock_aws
from moto.core.botocore_stubber import BotocoreStubber
from moto.core.responses import BaseResponse

from auditor.demo import moto_gaps
from auditor.demo.account import ACCOUNT_ID, EmbeddedAccount, Served, serve
from auditor.demo.moto_gaps import engine
from auditor.demo.worlds import build

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Clients = Callable[..., Any]

PRIMARY, RECOVERY = "us-east-1", "us-west-2"


@pytest.fixture(scope="module")
def empty() -> Iterator[Served]:
    with serve(None) as served:
        yield served


@pytest.fixture(scope="module", params=["in-process", "over HTTP"])
def client(request: pytest.FixtureRequest) -> Iterator[Clients]:
    """Makes clients of an account in which nothing is deployed."""
    session: Any = boto3.Session(aws_access_key_id="testing", aws_secret_access_key="testing")
    if request.param == "over HTTP":
        with serve(None) as served:
            yield lambda service, region=PRIMARY: session.client(service, region, endpoint_url=served.url)
    else:
        with EmbeddedAccount(worlds=()):
            yield lambda service, region=PRIMARY: session.client(service, region)


def code(refused: pytest.ExceptionInfo[ClientError]) -> str:
    return str(refused.value.response["Error"]["Code"])


# ------------------------------------------------------------------------------------------- gaps


def test_engine_versions_say_which_support_global_databases(client: Clients) -> None:
    found = client("rds").describe_db_engine_versions(Engine="aurora-postgresql")["DBEngineVersions"]
    supported = {version["EngineVersion"]: version["SupportsGlobalDatabases"] for version in found}
    assert supported["15.4"] is False
    assert supported["15.7"] is True
    mysql = client("rds").describe_db_engine_versions(Engine="aurora-mysql", EngineVersion="8.0.mysql_aurora.3.04.0")
    assert [version["SupportsGlobalDatabases"] for version in mysql["DBEngineVersions"]] == [True]


def test_engine_versions_come_in_pages(client: Clients) -> None:
    pages = client("rds").get_paginator("describe_db_engine_versions").paginate(PaginationConfig={"PageSize": 20})
    sizes = [len(page["DBEngineVersions"]) for page in pages]
    whole = client("rds").describe_db_engine_versions()["DBEngineVersions"]
    assert sizes[0] == 20
    assert sum(sizes) == len(whole)
    with pytest.raises(ClientError) as refused:
        client("rds").describe_db_engine_versions(MaxRecords=5)
    assert code(refused) == "InvalidParameterValue"


def global_database(client: Clients, name: str) -> None:
    rds = client("rds")
    rds.create_global_cluster(
        GlobalClusterIdentifier=name,
        Engine="aurora-mysql",
        EngineVersion="8.0.mysql_aurora.3.04.0",
        Tags=[{"Key": "Environment", "Value": "test"}],
    )
    for region, more in ((PRIMARY, {"MasterUsername": "root", "MasterUserPassword": "not-a-real-one"}), (RECOVERY, {})):
        client("rds", region).create_db_cluster(
            DBClusterIdentifier=f"{name}-{region}",
            Engine="aurora-mysql",
            EngineVersion="8.0.mysql_aurora.3.04.0",
            GlobalClusterIdentifier=name,
            **more,
        )


def test_global_databases_are_seen_where_their_members_are(client: Clients) -> None:
    global_database(client, "seen")
    for region in (PRIMARY, RECOVERY):
        (found,) = client("rds", region).describe_global_clusters(GlobalClusterIdentifier="seen")["GlobalClusters"]
        assert [member["IsWriter"] for member in found["GlobalClusterMembers"]] == [True, False]
        assert {member["SynchronizationStatus"] for member in found["GlobalClusterMembers"]} == {"connected"}
        assert found["GlobalClusterMembers"][0]["Readers"] == [found["GlobalClusterMembers"][1]["DBClusterArn"]]
        assert found["TagList"] == [{"Key": "Environment", "Value": "test"}]
        assert found["Status"] == "available"
    assert client("rds", "eu-west-1").describe_global_clusters()["GlobalClusters"] == []
    with pytest.raises(ClientError) as refused:
        client("rds").describe_global_clusters(GlobalClusterIdentifier="nobody")
    assert code(refused) == "GlobalClusterNotFoundFault"


def test_a_global_database_made_from_a_cluster_has_it_as_its_writer(client: Clients) -> None:
    rds = client("rds")
    arn = rds.create_db_cluster(
        DBClusterIdentifier="source",
        Engine="aurora-mysql",
        EngineVersion="8.0.mysql_aurora.3.04.1",
        MasterUsername="root",
        MasterUserPassword="not-a-real-one",
        StorageEncrypted=True,
    )["DBCluster"]["DBClusterArn"]
    rds.create_global_cluster(GlobalClusterIdentifier="grown", SourceDBClusterIdentifier=arn)
    (found,) = rds.describe_global_clusters(GlobalClusterIdentifier="grown")["GlobalClusters"]
    assert [(member["DBClusterArn"], member["IsWriter"]) for member in found["GlobalClusterMembers"]] == [(arn, True)]
    assert found["StorageEncrypted"] is True
    assert found["EngineVersion"] == "8.0.mysql_aurora.3.04.1"


def test_clusters_leave_out_what_is_not_on(client: Clients) -> None:
    global_database(client, "plain")
    (reader,) = client("rds", RECOVERY).describe_db_clusters(DBClusterIdentifier=f"plain-{RECOVERY}")["DBClusters"]
    assert reader["GlobalWriteForwardingStatus"] == "disabled"
    assert not {"KmsKeyId", "BacktrackWindow", "ScalingConfigurationInfo", "PubliclyAccessible"} & reader.keys()


def test_aurora_instances_say_what_aws_says(client: Clients) -> None:
    rds = client("rds")
    subnets = client("ec2").describe_subnets(Filters=[{"Name": "default-for-az", "Values": ["true"]}])["Subnets"]
    ids = [subnet["SubnetId"] for subnet in subnets][:2]
    rds.create_db_subnet_group(DBSubnetGroupName="pair", DBSubnetGroupDescription="pair", SubnetIds=ids)
    rds.create_db_cluster(
        DBClusterIdentifier="insights",
        Engine="aurora-mysql",
        MasterUsername="root",
        MasterUserPassword="not-a-real-one",
        DBSubnetGroupName="pair",
    )
    instance = {"DBInstanceClass": "db.r6g.large", "Engine": "aurora-mysql", "DBClusterIdentifier": "insights"}
    rds.create_db_instance(DBInstanceIdentifier="quiet", **instance)
    rds.create_db_instance(
        DBInstanceIdentifier="open",
        PubliclyAccessible=True,
        EnablePerformanceInsights=True,
        PromotionTier=3,
        **instance,
    )
    quiet, wide = (rds.describe_db_instances(DBInstanceIdentifier=n)["DBInstances"][0] for n in ("quiet", "open"))
    assert (quiet["PubliclyAccessible"], quiet["PerformanceInsightsEnabled"], quiet["PromotionTier"]) == (
        False,
        False,
        1,
    )
    assert (wide["PubliclyAccessible"], wide["PerformanceInsightsEnabled"], wide["PromotionTier"]) == (True, True, 3)
    assert {subnet["SubnetIdentifier"] for subnet in quiet["DBSubnetGroup"]["Subnets"]} == set(ids)


def secret(client: Clients, name: str, **settings: Any) -> Any:  # noqa: ANN401 - boto3 is untyped
    return client("secretsmanager").create_secret(Name=name, SecretString="nothing", **settings)["ARN"]


FUNCTION = f"arn:aws:lambda:{PRIMARY}:{ACCOUNT_ID}:function:rotation"


def test_a_rotation_schedule_is_kept(client: Clients) -> None:
    arn = secret(client, "scheduled")
    rules = {"ScheduleExpression": "rate(10 days)", "Duration": "3h"}
    client("secretsmanager").rotate_secret(SecretId=arn, RotationLambdaARN=FUNCTION, RotationRules=rules)
    found = client("secretsmanager").describe_secret(SecretId="scheduled")
    assert (found["RotationEnabled"], found["RotationRules"]) == (True, rules)
    assert (found["NextRotationDate"] - found["LastRotatedDate"]).days == 10
    listed = client("secretsmanager").list_secrets(Filters=[{"Key": "name", "Values": ["scheduled"]}])["SecretList"]
    assert listed[0]["RotationRules"] == rules


def test_a_rotation_that_is_not_immediate_has_not_happened(client: Clients) -> None:
    arn = secret(client, "later")
    rules = {"AutomaticallyAfterDays": 30}
    client("secretsmanager").rotate_secret(
        SecretId=arn, RotationLambdaARN=FUNCTION, RotationRules=rules, RotateImmediately=False
    )
    found = client("secretsmanager").describe_secret(SecretId=arn)
    assert found["RotationEnabled"] is True
    assert "LastRotatedDate" not in found
    assert 29 <= (found["NextRotationDate"] - found["CreatedDate"]).days <= 30


def test_a_secret_without_rotation_says_nothing_of_it(client: Clients) -> None:
    found = client("secretsmanager").describe_secret(SecretId=secret(client, "still"))
    assert not {"RotationEnabled", "RotationRules", "NextRotationDate", "PrimaryRegion"} & found.keys()


def test_replicas_name_their_primary_and_do_not_rotate_themselves(client: Clients) -> None:
    arn = secret(client, "copied", AddReplicaRegions=[{"Region": RECOVERY}])
    client("secretsmanager").rotate_secret(
        SecretId=arn, RotationLambdaARN=FUNCTION, RotationRules={"AutomaticallyAfterDays": 7}
    )
    assert client("secretsmanager").describe_secret(SecretId=arn)["PrimaryRegion"] == PRIMARY
    copy = client("secretsmanager", RECOVERY).describe_secret(SecretId=arn.replace(PRIMARY, RECOVERY))
    assert copy["PrimaryRegion"] == PRIMARY
    assert "RotationEnabled" not in copy
    with pytest.raises(ClientError) as refused:
        client("secretsmanager", RECOVERY).rotate_secret(SecretId=copy["ARN"])
    assert code(refused) == "InvalidRequestException"


def test_only_enabled_regions_are_listed_unless_all_are_asked_for(client: Clients) -> None:
    ec2 = client("ec2")
    enabled = ec2.describe_regions()["Regions"]
    every = {region["RegionName"]: region["OptInStatus"] for region in ec2.describe_regions(AllRegions=True)["Regions"]}
    assert {region["OptInStatus"] for region in enabled} == {"opt-in-not-required"}
    assert len(enabled) == 17
    assert every["af-south-1"] == "not-opted-in"


def test_managed_policies_can_be_attached_and_are_named(client: Clients) -> None:
    iam = client("iam")
    iam.create_role(RoleName="admin", AssumeRolePolicyDocument='{"Version": "2012-10-17", "Statement": []}')
    iam.attach_role_policy(RoleName="admin", PolicyArn="arn:aws:iam::aws:policy/AdministratorAccess")
    found = iam.get_account_authorization_details()["Policies"]
    assert [(p["PolicyName"], p["AttachmentCount"], p["IsAttachable"]) for p in found] == [
        ("AdministratorAccess", 1, True)
    ]
    assert found[0]["PolicyId"].startswith("A")
    with pytest.raises(ClientError) as refused:
        iam.attach_role_policy(RoleName="admin", PolicyArn="arn:aws:iam::aws:policy/NoSuchPolicy")
    assert code(refused) == "NoSuchEntity"


def test_load_balancers_have_their_defaults(client: Clients) -> None:
    elb = client("elbv2")
    subnets = client("ec2").describe_subnets(Filters=[{"Name": "default-for-az", "Values": ["true"]}])["Subnets"][:2]
    made = elb.create_load_balancer(Name="defaults", Subnets=[s["SubnetId"] for s in subnets])["LoadBalancers"][0]
    group = elb.create_target_group(Name="defaults", Protocol="HTTP", Port=80, VpcId=subnets[0]["VpcId"])
    target = group["TargetGroups"][0]["TargetGroupArn"]
    forward = [{"Type": "forward", "TargetGroupArn": target}]
    arn = made["LoadBalancerArn"]
    elb.create_listener(LoadBalancerArn=arn, Protocol="HTTP", Port=80, DefaultActions=forward)
    (action,) = elb.describe_listeners(LoadBalancerArn=arn)["Listeners"][0]["DefaultActions"]
    attributes = elb.describe_load_balancer_attributes(LoadBalancerArn=arn)["Attributes"]
    assert made["Scheme"] == "internet-facing"
    assert made["CanonicalHostedZoneId"] == "Z35SXDOTRQ7X7K"
    assert action["Order"] == 1
    assert action["ForwardConfig"]["TargetGroups"] == [{"TargetGroupArn": target, "Weight": 1}]
    assert {"Key": "idle_timeout.timeout_seconds", "Value": "60"} in attributes


def test_keys_say_how_often_they_rotate(client: Clients) -> None:
    kms = client("kms")
    key = kms.create_key()["KeyMetadata"]
    assert "RotationPeriodInDays" not in kms.get_key_rotation_status(KeyId=key["KeyId"])
    kms.enable_key_rotation(KeyId=key["KeyId"], RotationPeriodInDays=180)
    status = kms.get_key_rotation_status(KeyId=key["KeyId"])
    assert (status["KeyId"], status["RotationPeriodInDays"]) == (key["Arn"], 180)
    assert "NextRotationDate" in status


def test_a_service_that_moto_lacks_answers(client: Clients) -> None:
    assert client("globalaccelerator", RECOVERY).list_accelerators()["Accelerators"] == []


def test_what_is_not_implemented_is_an_error_as_aws_would_give_it(client: Clients) -> None:
    with pytest.raises(ClientError) as refused:
        client("globalaccelerator", RECOVERY).list_custom_routing_accelerators()
    assert code(refused) == "UnknownOperationException"
    with pytest.raises(ClientError) as refused:
        client("rds").describe_db_recommendations()
    assert code(refused) == "UnknownOperationException"


# ------------------------------------------------------------------------------------------- the account itself


def environment() -> dict[str, str]:
    """But for what pytest itself changes from one phase of a test to the next."""
    return {name: value for name, value in os.environ.items() if name != "PYTEST_CURRENT_TEST"}


def test_an_embedded_account_leaves_no_trace(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_PROFILE", "a-profile-that-does-not-exist")
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://192.0.2.1")
    before = environment()
    with EmbeddedAccount(worlds=("payment",)):
        assert "AWS_PROFILE" not in os.environ
        assert boto3.client("sts").get_caller_identity()["Account"] == ACCOUNT_ID
        assert len(boto3.client("ec2").describe_vpcs()["Vpcs"]) == 3  # the default one, the platform's, and an old one
    assert environment() == before


def test_a_failure_leaves_no_trace_either(monkeypatch: pytest.MonkeyPatch) -> None:
    before = environment()
    monkeypatch.setattr("auditor.demo.account.build", lambda *_, **__: 1 / 0)
    with pytest.raises(ZeroDivisionError), EmbeddedAccount():
        pass
    assert environment() == before


def test_nothing_leaves_this_machine() -> None:
    with EmbeddedAccount(worlds=()):
        elsewhere: Any = boto3.client("ec2", endpoint_url="http://192.0.2.1")
        with pytest.raises(EndpointConnectionError):
            elsewhere.describe_vpcs()


def test_accounts_keep_their_own_state() -> None:
    with mock_aws():
        boto3.client("sns", PRIMARY).create_topic(Name="outer")
        with EmbeddedAccount(worlds=()), serve(None) as served:
            inner, other = boto3.client("sns", PRIMARY), boto3.client("sns", PRIMARY, endpoint_url=served.url)
            inner.create_topic(Name="inner")
            assert other.list_topics()["Topics"] == []
            other.create_topic(Name="one")
            other.create_topic(Name="two")
            assert len(inner.list_topics()["Topics"]) == 1
        (topic,) = boto3.client("sns", PRIMARY).list_topics()["Topics"]
        assert topic["TopicArn"].endswith(":outer")


def test_accounts_have_buckets_of_their_own() -> None:
    session: Any = boto3.Session(aws_access_key_id="testing", aws_secret_access_key="testing")
    with serve(None) as one, serve(None) as other:
        clients = [session.client("s3", RECOVERY, endpoint_url=served.url) for served in (one, other)]
        where = {"LocationConstraint": RECOVERY}
        for number, client in enumerate(clients):
            client.create_bucket(Bucket="trail-prod", CreateBucketConfiguration=where)
            tags = [{"Key": "number", "Value": str(number)}]
            client.put_bucket_tagging(Bucket="trail-prod", Tagging={"TagSet": tags})
        found = [client.get_bucket_tagging(Bucket="trail-prod")["TagSet"][0]["Value"] for client in clients]
        assert found == ["0", "1"]


def test_a_system_can_be_deployed_through_an_endpoint(empty: Served) -> None:
    session: Any = boto3.Session(aws_access_key_id="testing", aws_secret_access_key="testing")
    build(session, worlds=("trading",), endpoint_url=empty.url)
    client = session.client("rds", RECOVERY, endpoint_url=empty.url)
    assert [c["DBClusterIdentifier"] for c in client.describe_db_clusters()["DBClusters"]] == ["trading-ledger-dr-prod"]


def test_many_threads_may_ask_at_once() -> None:
    answers = []
    with EmbeddedAccount(worlds=()):
        client: Any = boto3.client("ec2")

        def ask() -> None:
            client.create_vpc(CidrBlock="10.0.0.0/16")
            answers.append(len(client.describe_vpcs()["Vpcs"]))

        threads = [threading.Thread(target=ask) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert max(answers) == 9


def test_connections_are_kept_alive(empty: Served) -> None:
    connection = http.client.HTTPConnection(str(urlparse(empty.url).netloc))
    local = set()
    for _ in range(2):
        connection.request(
            "POST",
            "/",
            "Action=GetCallerIdentity&Version=2011-06-15",
            {"Content-Type": "application/x-www-form-urlencoded", "Authorization": SIGNED},
        )
        answer = connection.getresponse()
        assert answer.status == 200
        assert ACCOUNT_ID.encode() in answer.read()
        local.add(connection.sock.getsockname())
    connection.close()
    assert len(local) == 1


SIGNED = "AWS4-HMAC-SHA256 Credential=testing/20260101/us-east-1/sts/aws4_request, SignedHeaders=host, Signature=0"


def test_moto_is_left_as_it_was_found() -> None:
    with EmbeddedAccount(worlds=()):
        assert BaseResponse.call_action is not engine._call_action  # noqa: SLF001 - what is put back
    if not engine._installed:  # noqa: SLF001 - an account of another test may still be served
        assert BaseResponse.call_action is engine._call_action  # noqa: SLF001 - what is put back
        assert BotocoreStubber.process_request is engine._process_request  # noqa: SLF001 - what is put back


def test_a_moto_that_has_changed_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "_needs", {"moto.rds.models:GlobalCluster.no_such_thing"})
    with pytest.raises(moto_gaps.MotoChangedError, match="no_such_thing"):
        moto_gaps.check()


def test_every_gap_cites_the_page_that_it_follows() -> None:
    undocumented = [key for key, gap in engine._gaps.items() if not gap.__doc__]  # noqa: SLF001 - the register
    assert undocumented == []
