"""What the system of financial transactions needs of the embedded account beyond moto, and what its faults are."""

from __future__ import annotations

import fnmatch
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from auditor.demo.account import EmbeddedAccount
from auditor.demo.worlds.building import PRIMARY, RECOVERY, Builder
from auditor.demo.worlds.data import build_global_cluster
from auditor.demo.worlds.edge import Zone
from auditor.demo.worlds.transactions import FAULTS
from tests.systems import bad, system

NAME, ENGINE = "ledger-prod", ("aurora-postgresql", "15.3")
pytestmark = pytest.mark.filterwarnings("ignore")


@pytest.fixture
def builder() -> Iterator[Builder]:
    with EmbeddedAccount(ideal=True, worlds=()):
        yield Builder(boto3.Session(), project="transactions", ideal=True, endpoint_url=None)


@pytest.fixture
def members(builder: Builder) -> dict[str, str]:
    """The clusters of a global database, its writer in the primary region: region -> ARN."""
    build_global_cluster(builder, NAME, *ENGINE)
    made = {}
    for region in (PRIMARY, RECOVERY):
        writer = {"MasterUsername": "dbadmin", "MasterUserPassword": "correct-horse-battery-staple-42"}
        made[region] = builder.client("rds", region).create_db_cluster(
            DBClusterIdentifier=f"ledger-{region}",
            Engine=ENGINE[0],
            EngineVersion=ENGINE[1],
            GlobalClusterIdentifier=NAME,
            **(writer if region == PRIMARY else {}),
        )["DBCluster"]["DBClusterArn"]
    return made


def described(builder: Builder, region: str = PRIMARY) -> Any:  # noqa: ANN401 - boto3 is untyped
    return builder.client("rds", region).describe_global_clusters()["GlobalClusters"]


def test_a_global_database_is_protected_and_upgraded_as_a_whole(builder: Builder, members: dict[str, str]) -> None:
    rds = builder.client("rds")
    answer = rds.modify_global_cluster(GlobalClusterIdentifier=NAME, DeletionProtection=False)["GlobalCluster"]
    assert (answer["DeletionProtection"], answer["EngineVersion"]) == (False, "15.3")
    rds.modify_global_cluster(GlobalClusterIdentifier=NAME, EngineVersion="15.7")
    assert [(one["DeletionProtection"], one["EngineVersion"]) for one in described(builder)] == [(False, "15.7")]
    versions = [
        one["EngineVersion"]
        for region in members
        for one in builder.client("rds", region).describe_db_clusters()["DBClusters"]
    ]
    assert versions == ["15.7", "15.7"]
    with pytest.raises(ClientError, match="GlobalClusterNotFoundFault"):
        rds.modify_global_cluster(GlobalClusterIdentifier="none", DeletionProtection=True)


def test_a_switchover_changes_the_writer(builder: Builder, members: dict[str, str]) -> None:
    builder.client("rds").switchover_global_cluster(
        GlobalClusterIdentifier=NAME, TargetDbClusterIdentifier=members[RECOVERY]
    )
    (one,) = described(builder)
    assert {member["DBClusterArn"] for member in one["GlobalClusterMembers"] if member["IsWriter"]} == {
        members[RECOVERY]
    }
    with pytest.raises(ClientError, match="DBClusterNotFoundFault"):
        builder.client("rds").switchover_global_cluster(
            GlobalClusterIdentifier=NAME, TargetDbClusterIdentifier=members[RECOVERY] + "-other"
        )


def test_a_member_of_another_region_is_removed(builder: Builder, members: dict[str, str]) -> None:
    builder.client("rds").remove_from_global_cluster(
        GlobalClusterIdentifier=NAME, DbClusterIdentifier=members[RECOVERY]
    )
    (one,) = described(builder)
    assert [member["DBClusterArn"] for member in one["GlobalClusterMembers"]] == [members[PRIMARY]]
    assert described(builder, RECOVERY) == []
    with pytest.raises(ClientError, match="DBClusterNotFoundFault"):
        builder.client("rds").remove_from_global_cluster(
            GlobalClusterIdentifier=NAME, DbClusterIdentifier=members[RECOVERY]
        )


def test_a_health_check_keeps_the_alarm_that_it_follows(builder: Builder) -> None:
    zone = Zone(builder, "transactions-prod.net")
    follows = zone.alarmed("alarmed-prod", "unreachable-prod", RECOVERY)
    zone.health_check("asked-prod", "api.transactions-prod.net")
    found = {one["Id"]: one["HealthCheckConfig"] for one in zone.route53.list_health_checks()["HealthChecks"]}
    assert found[follows]["AlarmIdentifier"] == {"Region": RECOVERY, "Name": "unreachable-prod"}
    assert found[follows]["InsufficientDataHealthStatus"] == "Unhealthy"
    assert {"Port", "RequestInterval", "FailureThreshold"} & found.pop(follows).keys() == set()
    assert [config["Port"] for config in found.values()] == [443]
    assert "AlarmIdentifier" in zone.route53.get_health_check(HealthCheckId=follows)["HealthCheck"]["HealthCheckConfig"]


@pytest.mark.network
def test_the_faulty_system_fails_for_nothing_that_is_not_meant(tmp_path: Path) -> None:
    with system("transaction-dr", tmp_path, ideal=False) as one:
        status, results = one.audit()
    assert status == 1
    assert [line for line in bad(results) if line.startswith("unknown")] == []
    meant = [(fault.check, fault.region, fault.resource) for fault in FAULTS if fault.check]
    assert [
        (finding["check"], finding["resource"]["region"], finding["resource"]["arn"], finding["message"])
        for finding in results["findings"]
        if finding["status"] == "fail"
        and not any(
            (finding["check"], finding["resource"]["region"]) == (check, region)
            and any(fnmatch.fnmatchcase(name or "", f"*{resource}") for name in _names(finding["resource"]))
            for check, region, resource in meant
        )
    ] == []


def _names(resource: dict[str, str]) -> tuple[str, str]:
    return resource["name"], resource["arn"]
