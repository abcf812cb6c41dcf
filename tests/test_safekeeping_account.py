"""Keys, secrets, tables, backups and tags in the embedded account: the ideal passes, each fault fails where it is."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import boto3
import pytest

from auditor.cli import audits
from auditor.cli.options import Options
from auditor.demo.account import ACCOUNT_ID, EmbeddedAccount
from auditor.demo.worlds.backups import BackupPlan, back_up, build_backup_plan, build_backup_role
from auditor.demo.worlds.building import PRIMARY, RECOVERY, Builder, document, pairs
from auditor.demo.worlds.data import Secrets, build_rotation_role
from auditor.demo.worlds.tables import TablePlan, build_tables
from tests.together import Fault, changes, judge, label, together

CONFIG = """
standard = "safekeeping.toml"
environment = "production"
environment_suffix = "prod"
"""
STANDARD = f"""
[safekeeping]
title = "Keys, secrets, tables, backups and tags"
primary = "{PRIMARY}"
recovery = ["{RECOVERY}"]
requirements = ["KMS-*", "SEC-04", "SEC-06", "DDB-*", "BAK-*"%s]
"""
TAGS = ', "TAG-02", "TAG-03"'
CHECKS = {
    "backup-plan-not-daily-or-kept-too-short",
    "customer-key-does-not-rotate",
    "customer-key-pending-deletion-in-use",
    "database-cluster-not-backed-up-daily",
    "database-cluster-without-recent-recovery-point",
    "database-instance-not-backed-up-daily",
    "database-instance-without-recent-recovery-point",
    "environment-tag-wrong",
    "key-policy-too-wide",
    "name-without-environment-suffix",
    "secret-not-encrypted-with-customer-key",
    "secret-not-in-recovery-region",
    "secret-policy-open-to-everyone",
    "table-not-encrypted-with-customer-key",
    "table-point-in-time-recovery-off",
    "table-without-counterpart-in-recovery-region",
}
CLUSTER = f"arn:aws:rds:{PRIMARY}:{ACCOUNT_ID}:cluster:trading-orders-prod"
INSTANCE = f"arn:aws:rds:{PRIMARY}:{ACCOUNT_ID}:db:trading-reports-prod"

Verdicts = dict[tuple[str, str, str], tuple[str, str]]
"""(check, resource, region) -> (status, message)."""
Change = Callable[["Site"], None]


class Site:
    """Two regions with what the requirements demand; faults are done to it afterwards, or given as plans' fields."""

    def __init__(self) -> None:
        self.builder = Builder(boto3.Session(), project="trading", ideal=True, endpoint_url=None)
        self.keys = {region: self.builder.key(region, f"trading-{region}-prod") for region in (PRIMARY, RECOVERY)}

    def client(self, service: str, region: str = PRIMARY) -> Any:  # noqa: ANN401 - boto3 is untyped
        """A client of the account."""
        return self.builder.client(service, region)

    def called(self, arn: str) -> str:
        """A key's word in these tests, since AWS gives keys no names; any other ARN as it is."""
        return {key: f"key {region}" for region, key in self.keys.items()}.get(arn, arn)

    def everything(
        self,
        *,
        table: dict[str, Any] | None = None,
        plan: dict[str, Any] | None = None,
        secret: dict[str, Any] | None = None,
        hours: tuple[int, ...] = (9, 33),
    ) -> None:
        """All of it, with changes of its parts."""
        tables = TablePlan(name="trading-config-prod", keys=self.keys)
        build_tables(self.builder, replace(tables, **(table or {})))
        build_tables(self.builder, replace(tables, name="trading-sessions-prod", as_global_table=True))
        role = build_rotation_role(self.builder)
        secrets = Secrets(self.builder, PRIMARY, self.keys[PRIMARY], role, replica_key=self.keys[RECOVERY])
        secrets.add("trading/prod/api", **{"replicated": True, **(secret or {})})
        self._databases()
        backups = BackupPlan(
            region=PRIMARY, name="trading-daily-prod", key=self.keys[PRIMARY], role=build_backup_role(self.builder)
        )
        build_backup_plan(self.builder, replace(backups, vault_exists=True, **(plan or {})))
        if hours:
            back_up(self.builder, backups, (CLUSTER, INSTANCE), hours=hours)

    def _databases(self) -> None:
        rds = self.client("rds")
        own = {"StorageEncrypted": True, "KmsKeyId": self.keys[PRIMARY]}
        named = {"MasterUsername": "dbadmin", "MasterUserPassword": "correct-horse-battery-staple-42"}
        rds.create_db_cluster(
            DBClusterIdentifier="trading-orders-prod",
            Engine="aurora-postgresql",
            EngineVersion="15.7",
            Tags=pairs(self.builder.tags("trading-orders-prod")),
            **own,
            **named,
        )
        rds.create_db_instance(
            DBInstanceIdentifier="trading-orders-1-prod",
            DBInstanceClass="db.r6g.large",
            Engine="aurora-postgresql",
            DBClusterIdentifier="trading-orders-prod",
            Tags=pairs(self.builder.tags("trading-orders-1-prod")),
        )
        rds.create_db_instance(
            DBInstanceIdentifier="trading-reports-prod",
            DBInstanceClass="db.r6g.large",
            Engine="postgres",
            AllocatedStorage=100,
            Tags=pairs(self.builder.tags("trading-reports-prod")),
            **own,
            **named,
        )

    def judged(self, folder: Path, further: str = "") -> Verdicts:
        """The verdicts of an audit; tags, for which every kind of resource is listed, only where asked."""
        (folder / "safekeeping.toml").write_text(STANDARD % further)
        (folder / "config.toml").write_text(CONFIG)
        options = Options(config=folder / "config.toml", output=folder / "audit", format=("json",), quiet=True)
        audits.run(options, None)
        results = json.loads((folder / "audit" / "results.json").read_bytes())
        assert not results["collection"]["errors"]
        return {
            (f["check"], f["resource"]["name"] or self.called(f["resource"]["arn"]), f["resource"]["region"]): (
                f["status"],
                f["message"],
            )
            for f in results["findings"]
        }


@pytest.fixture
def site() -> Iterator[Site]:
    with EmbeddedAccount(ideal=True, worlds=()):
        yield Site()


def failures(verdicts: Verdicts) -> dict[tuple[str, str], str]:
    bad = {what: told for what, told in verdicts.items() if told[0] != "pass"}
    assert {status for status, _ in bad.values()} <= {"fail"}, bad
    return {(check, resource): message for (check, resource, _), (_, message) in bad.items()}


def test_the_ideal_passes(site: Site, tmp_path: Path) -> None:
    site.everything()
    verdicts = site.judged(tmp_path, TAGS)
    assert failures(verdicts) == {}
    assert {check for check, _, _ in verdicts} == CHECKS
    judged = {(resource, region) for check, resource, region in verdicts if check.startswith("table-point")}
    assert judged == {
        ("trading-config-prod", PRIMARY),
        ("trading-config-prod-dr", RECOVERY),
        ("trading-sessions-prod", PRIMARY),
        ("trading-sessions-prod", RECOVERY),
    }
    told = verdicts["table-without-counterpart-in-recovery-region", "trading-sessions-prod", PRIMARY]
    assert told[1].startswith("has the counterparts trading-sessions-prod in us-west-2, with the keys id HASH (S), ")


COUNTERPART, PAIR = "table-without-counterpart-in-recovery-region", ("trading-config-prod", "trading-config-prod-dr")
BACKED_UP = {("database-cluster-not-backed-up-daily", "trading-orders-prod")} | {
    ("database-instance-not-backed-up-daily", "trading-reports-prod")
}
RECENT = {("database-cluster-without-recent-recovery-point", "trading-orders-prod")} | {
    ("database-instance-without-recent-recovery-point", "trading-reports-prod")
}
BY_ANOTHER_TAG = {"ConditionKey": "aws:ResourceTag/Backup", "ConditionValue": "daily"}
PLAN = {("backup-plan-not-daily-or-kept-too-short", "trading-daily-prod")}


FAULTS: list[tuple[dict[str, Any], set[tuple[str, str]], str]] = [
    ({"table": {"counterpart": False}}, {(COUNTERPART, PAIR[0])}, "there is neither a replica nor a table"),
    ({"table": {"streams": False}}, {(COUNTERPART, PAIR[0])}, "its own stream is off"),
    ({"table": {"counterpart_billing": "PROVISIONED"}}, {(COUNTERPART, PAIR[0])}, "is billed PROVISIONED"),
    ({"table": {"counterpart_range": "at"}}, {(COUNTERPART, PAIR[0])}, "has the keys id HASH (S), at RANGE (S)"),
    ({"table": {"recoverable": False}}, {("table-point-in-time-recovery-off", one) for one in PAIR}, "DISABLED"),
    (
        {"table": {"encrypted": False}},
        {("table-not-encrypted-with-customer-key", one) for one in PAIR},
        "a key that AWS owns",
    ),
    (
        {"secret": {"replicated": False}},
        {("secret-not-in-recovery-region", "trading/prod/api")},
        "nothing in us-west-2",
    ),
    ({"plan": {"schedule": "cron(0 3 ? * SUN *)"}}, BACKED_UP | PLAN, "leaves up to 168.0 hours"),
    ({"plan": {"keep_days": 7}}, BACKED_UP | PLAN, "keeps recovery points for 7 days"),
    ({"plan": {"keep_days": None}}, set(), ""),
    ({"plan": {"resources": ()}}, BACKED_UP, "no selection of the backup plans"),
    ({"plan": {"resources": (INSTANCE,)}}, {min(BACKED_UP)}, "no selection of the backup plans"),
    ({"plan": {"conditions": {"StringEquals": [BY_ANOTHER_TAG]}}}, BACKED_UP, "no selection of the backup plans"),
    ({"hours": (30,)}, RECENT, "30 hours old, at most 26 are allowed"),
    ({"hours": (400,)}, RECENT, "no COMPLETED recovery point of the last seven days"),
    ({"hours": ()}, RECENT, "no COMPLETED recovery point of the last seven days"),
]


@pytest.mark.parametrize("faults", together(FAULTS), ids=label)
def test_a_fault_in_the_building_fails_on_its_resource(site: Site, tmp_path: Path, faults: list[Fault]) -> None:
    site.everything(**changes(faults))
    judge(faults, {what: ("fail", message) for what, message in failures(site.judged(tmp_path)).items()})


def open_key(site: Site) -> None:
    opened = {"Sid": "All", "Effect": "Allow", "Principal": "*", "Action": "kms:*", "Resource": "*"}
    site.client("kms").put_key_policy(KeyId=site.keys[PRIMARY], PolicyName="default", Policy=document(opened))


def open_secret(site: Site) -> None:
    opened = {"Effect": "Allow", "Principal": "*", "Action": "secretsmanager:GetSecretValue", "Resource": "*"}
    client = site.client("secretsmanager")
    client.put_resource_policy(SecretId="trading/prod/api", ResourcePolicy=document(opened), BlockPublicPolicy=False)


def stop_rotation(site: Site) -> None:
    site.client("kms", RECOVERY).disable_key_rotation(KeyId=site.keys[RECOVERY])


def retag(site: Site) -> None:
    site.client("rds").add_tags_to_resource(ResourceName=CLUSTER, Tags=[{"Key": "Environment", "Value": "dev"}])


def rename(site: Site) -> None:
    arn = site.client("dynamodb").describe_table(TableName="trading-config-prod")["Table"]["TableArn"]
    site.client("dynamodb").tag_resource(ResourceArn=arn, Tags=[{"Key": "Name", "Value": "trading-config"}])
    site.client("kms").tag_resource(KeyId=site.keys[PRIMARY], Tags=[{"TagKey": "Name", "TagValue": "trading"}])


def test_a_key_policy_and_a_secret_open_to_everyone(site: Site, tmp_path: Path) -> None:
    site.everything()
    open_key(site)
    open_secret(site)
    bad = failures(site.judged(tmp_path))
    assert {check: told for (check, _), told in bad.items()} == {
        "key-policy-too-wide": "statement All grants kms:* to *, not to named administrators, "
        "statement All lets in * without a condition",
        "secret-policy-open-to-everyone": "statement 1 lets in * without a condition",
    }


@pytest.mark.parametrize(
    ("change", "failing"),
    [
        (stop_rotation, {("customer-key-does-not-rotate", "key us-west-2")}),
        # Backups are selected by the tag, so the cluster is no longer covered either.
        (retag, {("environment-tag-wrong", "trading-orders-prod"), min(BACKED_UP)}),
        # The table's own name still has the suffix; a key has no name but the tag.
        (rename, {("name-without-environment-suffix", "trading")}),
    ],
)
def test_a_change_fails_on_its_resource(
    site: Site, tmp_path: Path, change: Change, failing: set[tuple[str, str]]
) -> None:
    site.everything()
    change(site)
    assert set(failures(site.judged(tmp_path, TAGS))) == failing


def test_a_key_that_leaves_while_it_is_used(site: Site, tmp_path: Path) -> None:
    site.everything()
    site.client("kms").schedule_key_deletion(KeyId=site.keys[PRIMARY].split("/")[1], PendingWindowInDays=7)
    bad = failures(site.judged(tmp_path))
    told = bad["customer-key-pending-deletion-in-use", "key us-east-1"]
    used = ("cluster:trading-orders-prod (storage)", "db:trading-reports-prod (storage)", "backup-vault:trading-daily")
    assert all(part in told for part in (*used, "secret:trading/prod/api", "table/trading-config-prod (table)"))
    assert {check for check, _ in bad} == {
        "customer-key-pending-deletion-in-use",
        "secret-not-encrypted-with-customer-key",
        "table-not-encrypted-with-customer-key",
        "customer-key-does-not-rotate",
    }


def test_replicas_of_keys_take_their_primarys_rotation(site: Site, tmp_path: Path) -> None:
    site.everything()
    kms = site.client("kms")
    tags = [{"TagKey": key, "TagValue": value} for key, value in site.builder.tags("trading-everywhere-prod").items()]
    made = kms.create_key(MultiRegion=True, Tags=tags)["KeyMetadata"]
    kms.replicate_key(KeyId=made["KeyId"], ReplicaRegion=RECOVERY)
    kinds = [
        site.client("kms", region).describe_key(KeyId=made["KeyId"])["KeyMetadata"]["MultiRegionConfiguration"]
        for region in (PRIMARY, RECOVERY)
    ]
    assert [kind["MultiRegionKeyType"] for kind in kinds] == ["PRIMARY", "REPLICA"]
    kms.enable_key_rotation(KeyId=made["KeyId"], RotationPeriodInDays=90)
    assert failures(site.judged(tmp_path)) == {}


def test_a_replica_under_awss_own_key_fails(site: Site, tmp_path: Path) -> None:
    site.everything(secret={"replicated": False})
    client = site.client("secretsmanager")
    client.replicate_secret_to_regions(SecretId="trading/prod/api", AddReplicaRegions=[{"Region": RECOVERY}])
    bad = failures(site.judged(tmp_path))
    assert set(bad) == {("secret-not-encrypted-with-customer-key", "trading/prod/api")}


def test_a_table_under_awss_managed_key_fails(site: Site, tmp_path: Path) -> None:
    site.everything(table={"encrypted": False})
    site.client("dynamodb").update_table(
        TableName="trading-config-prod",
        SSESpecification={"Enabled": True, "SSEType": "KMS", "KMSMasterKeyId": "alias/aws/dynamodb"},
    )
    bad = failures(site.judged(tmp_path))
    told = bad["table-not-encrypted-with-customer-key", "trading-config-prod"]
    assert told.endswith("which AWS manages: a customer-managed key is demanded")
