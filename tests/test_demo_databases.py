"""Where moto's databases and metrics are not as AWS's are: what the embedded account answers instead."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from auditor.demo.account import EmbeddedAccount
from auditor.demo.moto_gaps.rds_parameters import family_of

Clients = Callable[..., Any]
LAG = {"Namespace": "AWS/RDS", "MetricName": "AuroraGlobalDBReplicationLag"}
CLUSTER = {"Name": "DBClusterIdentifier", "Value": "reader"}
SOURCE = {"Name": "SourceRegion", "Value": "us-east-1"}
PASSWORD = {"MasterUsername": "dbadmin", "MasterUserPassword": "correct-horse"}
MYSQL = {"Engine": "aurora-mysql", "EngineVersion": "8.0.mysql_aurora.3.04.0"}


@pytest.fixture(scope="module")
def client() -> Iterator[Clients]:
    with EmbeddedAccount(ideal=True, worlds=()):
        yield boto3.Session(region_name="us-east-1").client


def parameters(rds: Any, group: str, **asked: Any) -> dict[str, dict[str, Any]]:  # noqa: ANN401 - boto3 is untyped
    pages = rds.get_paginator("describe_db_cluster_parameters").paginate(DBClusterParameterGroupName=group, **asked)
    return {one["ParameterName"]: one for page in pages for one in page["Parameters"]}


@pytest.mark.parametrize(
    ("engine", "version", "family"),
    [
        ("aurora-mysql", "8.0.mysql_aurora.3.04.0", "aurora-mysql8.0"),
        ("aurora-postgresql", "15.7", "aurora-postgresql15"),
        ("postgres", "9.6.24", "postgres9.6"),
        ("mysql", "8.4.3", "mysql8.4"),
        ("docdb", "5.0.0", "docdb5.0"),
        ("neptune", "1.3.2.1", "neptune1.3"),
    ],
)
def test_families(engine: str, version: str, family: str) -> None:
    assert family_of(engine, version) == family


def test_a_cluster_has_its_familys_default_group_with_its_parameters(client: Clients) -> None:
    rds = client("rds")
    made = rds.create_db_cluster(
        DBClusterIdentifier="default", Engine="aurora-postgresql", EngineVersion="15.7", **PASSWORD
    )
    assert made["DBCluster"]["DBClusterParameterGroup"] == "default.aurora-postgresql15"
    (group,) = rds.describe_db_cluster_parameter_groups(DBClusterParameterGroupName="default.aurora-postgresql15")[
        "DBClusterParameterGroups"
    ]
    assert group["DBParameterGroupFamily"] == "aurora-postgresql15"
    forced = parameters(rds, "default.aurora-postgresql15")["rds.force_ssl"]
    assert (forced["ParameterValue"], forced["Source"], forced["ApplyType"]) == ("0", "system", "dynamic")
    assert rds.list_tags_for_resource(ResourceName=group["DBClusterParameterGroupArn"])["TagList"] == []


def test_what_somebody_changed_is_theirs_and_the_rest_is_awss(client: Clients) -> None:
    rds = client("rds")
    rds.create_db_cluster_parameter_group(
        DBClusterParameterGroupName="Own", DBParameterGroupFamily="aurora-mysql8.0", Description="own"
    )
    change = {"ParameterName": "require_secure_transport", "ParameterValue": "ON", "ApplyMethod": "immediate"}
    rds.modify_db_cluster_parameter_group(DBClusterParameterGroupName="own", Parameters=[change])
    found = parameters(rds, "own", PaginationConfig={"PageSize": 20})
    assert (found["require_secure_transport"]["ParameterValue"], found["require_secure_transport"]["Source"]) == (
        "ON",
        "user",
    )
    assert "ParameterValue" not in found["tls_version"]
    assert list(parameters(rds, "own", Source="user")) == ["require_secure_transport"]
    with pytest.raises(ClientError, match="DBParameterGroupNotFound"):
        parameters(rds, "nobody")
    with pytest.raises(ClientError, match="Must be between 20 and 100"):
        rds.describe_db_cluster_parameters(DBClusterParameterGroupName="own", MaxRecords=10)


@pytest.mark.parametrize(
    ("engine", "version", "name", "value"),
    [
        ("postgres", "15.7", "rds.force_ssl", "1"),
        ("postgres", "14.12", "rds.force_ssl", "0"),
        ("mysql", "8.0.35", "require_secure_transport", "0"),
        ("mysql", "8.4.3", "require_secure_transport", "1"),
        ("mysql", "5.6.51", "require_secure_transport", None),
    ],
)
def test_an_instances_default_group_has_its_versions_defaults(
    client: Clients, engine: str, version: str, name: str, value: str | None
) -> None:
    rds = client("rds")
    made = rds.create_db_instance(
        DBInstanceIdentifier=f"{engine}-{version.replace('.', '-')}",
        DBInstanceClass="db.r6g.large",
        Engine=engine,
        EngineVersion=version,
        AllocatedStorage=20,
        **PASSWORD,
    )["DBInstance"]
    (group,) = made["DBParameterGroups"]
    found = rds.describe_db_parameters(DBParameterGroupName=group["DBParameterGroupName"])["Parameters"]
    assert {one["ParameterName"]: one.get("ParameterValue") for one in found}.get(name) == value


def test_a_member_has_the_familys_group_and_the_clusters_key(client: Clients) -> None:
    rds = client("rds")
    rds.create_db_cluster(DBClusterIdentifier="keyed", StorageEncrypted=True, **MYSQL, **PASSWORD)
    rds.create_db_instance(
        DBInstanceIdentifier="keyed-1",
        DBInstanceClass="db.r6g.large",
        Engine="aurora-mysql",
        DBClusterIdentifier="keyed",
    )
    (cluster,) = rds.describe_db_clusters(DBClusterIdentifier="keyed")["DBClusters"]
    (instance,) = rds.describe_db_instances(DBInstanceIdentifier="keyed-1")["DBInstances"]
    assert instance["DBParameterGroups"][0]["DBParameterGroupName"] == "default.aurora-mysql8.0"
    assert instance["KmsKeyId"] == cluster["KmsKeyId"]
    key = client("kms").describe_key(KeyId=cluster["KmsKeyId"])["KeyMetadata"]
    assert (key["KeyManager"], key["KeyState"]) == ("AWS", "Enabled")
    names = [group["DBParameterGroupName"] for group in rds.describe_db_parameter_groups()["DBParameterGroups"]]
    assert not [name for name in names if "mysql_aurora" in name]


def test_a_cluster_keeps_what_is_to_be_monitored(client: Clients) -> None:
    rds = client("rds")
    role = "arn:aws:iam::123456789012:role/monitoring"
    rds.create_db_cluster(
        DBClusterIdentifier="watched",
        EnablePerformanceInsights=True,
        MonitoringInterval=30,
        MonitoringRoleArn=role,
        **MYSQL,
        **PASSWORD,
    )
    rds.modify_db_cluster(DBClusterIdentifier="watched", DatabaseInsightsMode="advanced", MonitoringInterval=15)
    (found,) = rds.describe_db_clusters(DBClusterIdentifier="watched")["DBClusters"]
    assert (found["PerformanceInsightsEnabled"], found["MonitoringInterval"], found["MonitoringRoleArn"]) == (
        True,
        15,
        role,
    )
    assert found["DatabaseInsightsMode"] == "advanced"
    rds.create_db_cluster(DBClusterIdentifier="unwatched", **MYSQL, **PASSWORD)
    (found,) = rds.describe_db_clusters(DBClusterIdentifier="unwatched")["DBClusters"]
    assert (found["PerformanceInsightsEnabled"], "MonitoringInterval" in found) == (False, False)


def test_a_metric_is_listed_once_and_measured_by_exactly_its_dimensions(client: Clients) -> None:
    cloudwatch = client("cloudwatch")
    now = datetime.now(UTC)
    for dimensions, value in (([CLUSTER, SOURCE], 900.0), ([CLUSTER], 7.0)):
        cloudwatch.put_metric_data(
            Namespace=LAG["Namespace"],
            MetricData=[
                {
                    "MetricName": LAG["MetricName"],
                    "Dimensions": dimensions,
                    "Timestamp": now - timedelta(hours=hour),
                    "Value": value + hour,
                    "Unit": "Milliseconds",
                }
                for hour in (1, 2, 3)
            ],
        )
    listed = cloudwatch.list_metrics(**LAG)["Metrics"]
    assert sorted(len(metric["Dimensions"]) for metric in listed) == [1, 2]
    window = {"StartTime": now - timedelta(days=1), "EndTime": now, "Period": 3600, "Statistics": ["Maximum"]}
    for dimensions, highest in (([SOURCE, CLUSTER], 903.0), ([CLUSTER], 10.0), ([SOURCE], None)):
        points = cloudwatch.get_metric_statistics(**LAG, Dimensions=dimensions, **window)["Datapoints"]
        assert max((point["Maximum"] for point in points), default=None) == highest
