"""Databases built in the embedded account: the ideal ones pass, and each fault fails, on the right resource."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import boto3
import pytest

from auditor.cli import audits
from auditor.cli.options import Options
from auditor.demo.account import EmbeddedAccount
from auditor.demo.worlds import data
from auditor.demo.worlds.building import PRIMARY, RECOVERY, Builder
from auditor.demo.worlds.network import Network, Plan, build_network

CONFIG = """
standard = "databases.toml"
environment = "production"
environment_suffix = "prod"
"""
STANDARD = f"""
[databases]
title = "Databases"
primary = "{PRIMARY}"
recovery = ["{RECOVERY}"]
requirements = ["DB-05", "DB-08", "DB-09", "DB-10", "DB-11", "DB-12"]
"""
MYSQL = ("aurora-mysql", "8.0.mysql_aurora.3.04.0")
SERVERLESS = {"ServerlessV2ScalingConfiguration": {"MinCapacity": 0.5, "MaxCapacity": 1.0}}
MONTHLY = {"AutomaticallyAfterDays": 30}

Verdicts = dict[tuple[str, str], tuple[str, str]]
"""(check, resource) -> (status, message)."""


class Site:
    """Two regions with what databases need; `build` puts databases into them."""

    def __init__(self) -> None:
        self.builder = Builder(boto3.Session(), project="trading", ideal=True, endpoint_url=None)
        self.keys = {region: self.builder.key(region, "trading-prod") for region in (PRIMARY, RECOVERY)}
        self.role = data.build_monitoring_role(self.builder)
        self.networks = {
            region: build_network(self.builder, Plan(region, "trading", cidr))
            for region, cidr in ((PRIMARY, "10.0.0.0/16"), (RECOVERY, "10.1.0.0/16"))
        }
        self.groups = {region: self._group(region, network) for region, network in self.networks.items()}
        rotation = data.build_rotation_role(self.builder)
        self.secrets = data.Secrets(self.builder, PRIMARY, self.keys[PRIMARY], rotation)

    def _group(self, region: str, network: Network) -> str:
        return data.build_subnet_group(self.builder, region, "trading-db-prod", network.private.values())

    def cluster(self, region: str, name: str, **changes: Any) -> None:  # noqa: ANN401 - a plan's fields
        """A serverless Aurora cluster, ideal but for the changes."""
        ideal = data.ClusterPlan(
            region=region,
            name=name,
            key=self.keys[region],
            groups=(self.networks[region].groups["db"],),
            subnet_group=self.groups[region],
            monitoring_role=self.role,
            engine=MYSQL[0],
            version=MYSQL[1],
            further=SERVERLESS,
        )
        data.build_cluster(self.builder, replace(ideal, **changes))

    def instance(self, name: str, **changes: Any) -> None:  # noqa: ANN401 - a plan's fields
        """A standalone instance in the primary region."""
        ideal = data.InstancePlan(
            region=PRIMARY,
            name=name,
            key=self.keys[PRIMARY],
            groups=(self.networks[PRIMARY].groups["db"],),
            subnet_group=self.groups[PRIMARY],
            monitoring_role=self.role,
        )
        data.build_instance(self.builder, replace(ideal, **changes))

    def secret_for(self, database: str, *, rotates: bool = True) -> None:
        """A secret with the database's identifier in a tag."""
        made = self.secrets.add(f"trading/prod/{database}", database=database)
        if rotates:
            self.secrets.rotate(made, MONTHLY)

    def judged(self, folder: Path) -> Verdicts:
        """The verdicts of an audit."""
        (folder / "databases.toml").write_text(STANDARD)
        (folder / "config.toml").write_text(CONFIG)
        options = Options(config=folder / "config.toml", output=folder / "audit", format=("json",), quiet=True)
        audits.run(options, None)
        results = json.loads((folder / "audit" / "results.json").read_bytes())
        return {
            (f["check"], f["resource"]["name"] or f["resource"]["region"]): (f["status"], f["message"])
            for f in results["findings"]
        }


@pytest.fixture
def site() -> Iterator[Site]:
    with EmbeddedAccount(ideal=True, worlds=()):
        yield Site()


def test_ideal_databases_pass(site: Site, tmp_path: Path) -> None:
    made = data.build_global_cluster(site.builder, "orders-prod", *MYSQL)
    site.cluster(PRIMARY, "orders-primary-prod", global_cluster=made)
    site.cluster(RECOVERY, "orders-dr-prod", global_cluster=made, reader=True)
    site.secret_for("orders-primary-prod")
    data.build_replication_lag(site.builder, RECOVERY, "orders-dr-prod", seconds=59)
    site.cluster(PRIMARY, "ledger-prod", managed_password=True, engine="aurora-postgresql", version="15.7")
    verdicts = site.judged(tmp_path)
    assert {status for status, _ in verdicts.values()} == {"pass"}, verdicts
    checks = {check for check, _ in verdicts}
    assert checks == {
        "cluster-accepts-unencrypted-connections",
        "cluster-master-password-outside-secrets-manager",
        "cluster-not-encrypted-with-customer-key",
        "cluster-not-serverless-v2-in-capacity",
        "database-instance-monitoring-off-or-too-coarse",
        "database-instance-not-encrypted-with-customer-key",
        "database-instance-outside-aurora-cluster",
        "global-database-not-encrypted",
        "global-database-replication-lag-too-long",
    }
    assert verdicts["global-database-replication-lag-too-long", "orders-dr-prod"][1].startswith(
        "lagged by 59 s at most"
    )
    assert ("cluster-master-password-outside-secrets-manager", "orders-dr-prod") not in verdicts


KEYS = "cluster-not-encrypted-with-customer-key"
INSTANCE_KEYS = "database-instance-not-encrypted-with-customer-key"
PASSWORD = "cluster-master-password-outside-secrets-manager"
INSTANCE_PASSWORD = "instance-master-password-outside-secrets-manager"
MONITORING = "database-instance-monitoring-off-or-too-coarse"
CAPACITY = "cluster-not-serverless-v2-in-capacity"
CONNECTIONS = "cluster-accepts-unencrypted-connections"
INSTANCE_CONNECTIONS = "instance-accepts-unencrypted-connections"
STANDALONE = "database-instance-outside-aurora-cluster"
LARGE = {"ServerlessV2ScalingConfiguration": {"MinCapacity": 0.5, "MaxCapacity": 4}}
MYSQL_8 = {"engine": "mysql", "version": "8.0.35"}

CLUSTERS: dict[str, dict[str, Any]] = {
    "plain": {"encrypted": False},
    "aws-key": {"key": "alias/aws/rds"},
    "no-password": {"managed_password": False},
    "still-secret": {"managed_password": False},
    "no-insights": {"insights": False},
    "no-monitoring": {"monitoring_interval": 0},
    "role-gone": {"monitoring_role": "arn:aws:iam::123456789012:role/gone"},
    "large": {"further": LARGE},
    "provisioned": {"further": {}},
    "pretends": {"instance_class": "db.r6g.large"},
    "tls-off": {"forces_tls": False},
    "tls-default": {"forces_tls": None},
    "fine": {},
}
INSTANCES: dict[str, dict[str, Any]] = {
    "alone": {},
    "alone-default": {"forces_tls": None},
    "alone-plain": {"encrypted": False},
    "alone-no-password": {"managed_password": False},
    "alone-mysql": {**MYSQL_8, "forces_tls": None},
    "alone-mysql-tls": MYSQL_8,
    "alone-blind": {"insights": False, "monitoring_interval": 0},
}
FAULTS = {
    (KEYS, "plain"): "is not encrypted",
    (INSTANCE_KEYS, "plain-1"): "is not encrypted",
    (KEYS, "aws-key"): "which AWS manages",
    (INSTANCE_KEYS, "aws-key-1"): "which AWS manages",
    (KEYS, "disabled-key"): "which is Disabled, not Enabled",
    (INSTANCE_KEYS, "disabled-key-1"): "which is Disabled, not Enabled",
    (KEYS, "foreign-key"): f"a key of {RECOVERY} and not of {PRIMARY}",
    (INSTANCE_KEYS, "foreign-key-1"): f"a key of {RECOVERY} and not of {PRIMARY}",
    (PASSWORD, "no-password"): "no secret of the account belongs to it",
    (PASSWORD, "still-secret"): "lives in trading/prod/still-secret, which does not rotate",
    (MONITORING, "no-insights-1"): "Performance Insights is off",
    (MONITORING, "no-monitoring-1"): "enhanced monitoring is off",
    (MONITORING, "role-gone-1"): "role/gone, does not exist",
    (CAPACITY, "large"): "scales between 0.5 and 4 ACUs",
    (CAPACITY, "provisioned"): "has no ServerlessV2ScalingConfiguration",
    (CAPACITY, "pretends"): "none of its instances is serverless: db.r6g.large",
    (CONNECTIONS, "tls-off"): "require_secure_transport is OFF in tls-off-parameters (source: user)",
    (CONNECTIONS, "tls-default"): "require_secure_transport is OFF in default.aurora-mysql8.0 (source: system)",
    **{(STANDALONE, name): "is a standalone" for name in INSTANCES},
    (INSTANCE_KEYS, "alone-plain"): "is not encrypted",
    (INSTANCE_PASSWORD, "alone-no-password"): "no secret of the account belongs to it",
    (INSTANCE_CONNECTIONS, "alone-mysql"): "require_secure_transport is 0 in default.mysql8.0 (source: system)",
    (MONITORING, "alone-blind"): "neither Performance Insights nor enhanced monitoring is on",
    (CAPACITY, RECOVERY): f"no Aurora Serverless v2 cluster in {RECOVERY}",
}


def test_each_fault_fails_on_its_resource_and_nothing_else_does(site: Site, tmp_path: Path) -> None:
    for name, changes in CLUSTERS.items():
        site.cluster(PRIMARY, name, **{"managed_password": True, "zones": "a", **changes})
    for name, changes in INSTANCES.items():
        site.instance(name, **{"managed_password": True, **changes})
    site.secret_for("still-secret", rotates=False)
    disabled = site.builder.key(PRIMARY, "trading-old-prod")
    site.builder.client("kms", PRIMARY).disable_key(KeyId=disabled.rsplit("/", 1)[-1])
    for name, key in (("disabled-key", disabled), ("foreign-key", site.keys[RECOVERY])):
        site.cluster(PRIMARY, name, managed_password=True, zones="a", key=key)
    bad = {what: told for what, told in site.judged(tmp_path).items() if told[0] != "pass"}
    assert {what: status for what, (status, _) in bad.items()} == dict.fromkeys(FAULTS, "fail")
    assert [what for what, part in FAULTS.items() if part not in bad[what][1]] == []


def test_lag_beyond_the_objective_fails_and_silence_is_unknown(site: Site, tmp_path: Path) -> None:
    made = data.build_global_cluster(site.builder, "orders-prod", *MYSQL)
    site.cluster(PRIMARY, "orders-primary-prod", global_cluster=made)
    site.cluster(RECOVERY, "slow-prod", global_cluster=made, reader=True, zones="a")
    site.cluster(RECOVERY, "silent-prod", global_cluster=made, reader=True, zones="a")
    data.build_replication_lag(site.builder, RECOVERY, "slow-prod", seconds=90, hours=3)
    verdicts = site.judged(tmp_path)
    status, message = verdicts["global-database-replication-lag-too-long", "slow-prod"]
    assert (status, message.startswith("lagged by 90 s in the hour from")) == ("fail", True)
    assert verdicts["global-database-replication-lag-too-long", "silent-prod"][0] == "unknown"
    assert verdicts["cluster-master-password-outside-secrets-manager", "orders-primary-prod"][0] == "fail"
