"""The views over keys, backups and names: what AWS answers, in their terms."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from auditor.cli.setting_up import standards_library
from auditor.engine.reads import check_reads
from auditor.job import known_checks
from tests.asking import LIBRARY, rows

ACCOUNT, OTHER = "111122223333", "444455556666"
CLUSTER = f"arn:aws:rds:us-east-1:{ACCOUNT}:cluster:orders"

Ask = Callable[..., list[tuple[Any, ...]]]
Item = Mapping[str, Any]


@pytest.fixture
def ask() -> Ask:
    return lambda statement, **tables: rows(statement, tables)


# ---------------------------------------------------------------------------------------------------------- keys


def key(name: str, region: str = "us-east-1", account: str = ACCOUNT, **more: object) -> dict[str, Any]:
    arn = f"arn:aws:kms:{region}:{account}:key/{name}"
    return {"account": account, "region": region, "KeyArn": arn, "KeyId": name, "KeyManager": "CUSTOMER", **more}


def alias(name: str, target: str | None, region: str = "us-east-1") -> dict[str, Any]:
    arn = f"arn:aws:kms:{region}:{ACCOUNT}:alias/{name}"
    return {"region": region, "AliasArn": arn, "AliasName": f"alias/{name}", "TargetKeyId": target}


def test_a_key_has_a_row_for_each_of_its_labels(ask: Ask) -> None:
    found = ask(
        "SELECT region, label, KeyId FROM kms_key_names ORDER BY region, label",
        kms_keys=[key("one"), key("one", "us-west-2")],
        kms_aliases=[alias("main", "one"), alias("gone", "deleted"), alias("aws/unused", None)],
    )
    assert found == [
        ("us-east-1", "alias/main", "one"),
        ("us-east-1", f"arn:aws:kms:us-east-1:{ACCOUNT}:alias/main", "one"),
        ("us-east-1", f"arn:aws:kms:us-east-1:{ACCOUNT}:key/one", "one"),
        ("us-east-1", "one", "one"),
        ("us-west-2", f"arn:aws:kms:us-west-2:{ACCOUNT}:key/one", "one"),
        ("us-west-2", "one", "one"),
    ]


def test_a_key_that_an_alias_of_awss_leads_to_is_awss(ask: Ask) -> None:
    found = ask(
        "SELECT DISTINCT KeyId, KeyManager FROM kms_key_names ORDER BY KeyId",
        kms_keys=[key("mine"), key("theirs")],
        kms_aliases=[alias("aws/dynamodb", "theirs"), alias("awsome", "mine")],
    )
    assert found == [("mine", "CUSTOMER"), ("theirs", "AWS")]


def test_what_uses_which_key(ask: Ask) -> None:
    far = f"arn:aws:kms:us-east-1:{OTHER}:key/far"
    found = ask(
        "SELECT name, purpose, split_part(key_arn, '/', 2) FROM key_users ORDER BY name, purpose",
        kms_keys=[key("one"), key("one", "us-west-2"), key("far", account=OTHER)],
        kms_aliases=[alias("main", "one")],
        rds_clusters=[
            {"DBClusterArn": CLUSTER, "DBClusterIdentifier": "orders", "KmsKeyId": "one"}
            | {"PerformanceInsightsKMSKeyId": "alias/main", "MasterUserSecret": {"KmsKeyId": far}}
        ],
        rds_instances=[{"DBInstanceArn": "arn:db", "DBInstanceIdentifier": "bare"}],
        s3_buckets=[
            {"Name": "bare"},
            {"Name": "plain", "EncryptionRules": [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}]},
            {"Name": "records", "EncryptionRules": [{"ApplyServerSideEncryptionByDefault": {"KMSMasterKeyID": "one"}}]},
        ],
        eks_clusters=[
            {"clusterName": "bare"},
            {"clusterName": "main", "encryptionConfig": [{"provider": {"keyArn": far}}]},
        ],
        secretsmanager_secrets=[{"ARN": "arn:secret", "Name": "lost", "KmsKeyId": "deleted"}],
        cloudtrail_trails=[
            # a trail of another region, as this one tells of it
            {"region": "us-west-2", "TrailARN": "arn:trail", "Name": "all", "KmsKeyId": key("one")["KeyArn"]}
        ],
    )
    assert found == [
        ("all", "logs", "one"),
        ("lost", "secret", None),
        ("main", "Kubernetes secrets", "far"),
        ("orders", "insights", "one"),
        ("orders", "master password", "far"),
        ("orders", "storage", "one"),
        ("records", "objects", "one"),
    ]


# ------------------------------------------------------------------------------------------------------- backups


def plan(*rules: Item, region: str = "us-east-1") -> dict[str, Any]:
    arn = f"arn:aws:backup:{region}:{ACCOUNT}:backup-plan:p"
    known = {"BackupPlanArn": arn, "BackupPlanId": "p", "BackupPlanName": "daily"}
    return {"region": region, **known, "Rules": list(rules)}


def rule(name: str, **more: object) -> dict[str, Any]:
    return {"RuleId": name, "RuleName": name, "TargetBackupVaultName": "main", **more}


def vault(name: str, **more: object) -> dict[str, Any]:
    arn = f"arn:aws:backup:us-east-1:{ACCOUNT}:backup-vault:{name}"
    return {"BackupVaultArn": arn, "BackupVaultName": name, **more}


def test_rules_with_their_schedule_and_vault(ask: Ask) -> None:
    found = ask(
        "SELECT rule, longest_gap_hours, schedule_problem IS NULL, keeps_days, vault_exists, is_encrypted "
        "FROM backup_rules ORDER BY rule",
        backup_plans=[
            plan(
                rule("bare"),
                rule("copied", Lifecycle={"DeleteAfterDays": -1}),
                rule("daily", ScheduleExpression="cron(0 3 * * ? *)", Lifecycle={"DeleteAfterDays": 30}),
                rule("garbled", ScheduleExpression="daily", TargetBackupVaultName="plain"),
                rule("weekly", ScheduleExpression="cron(0 3 ? * 7 *)", TargetBackupVaultName="gone"),
            )
        ],
        backup_vaults=[vault("main", EncryptionKeyArn="arn:key"), vault("plain")],
    )
    assert found == [
        ("bare", 24.0, True, None, True, True),
        ("copied", 24.0, True, None, True, True),
        ("daily", 24.0, True, 30, True, True),
        ("garbled", None, False, None, True, False),
        ("weekly", 168.0, True, None, False, False),
    ]


def test_rules_say_what_speaks_against_them(ask: Ask) -> None:
    found = ask(
        "SELECT rule, described, schedule_flaw, vault_flaw FROM backup_rules ORDER BY rule",
        backup_plans=[
            plan(
                rule("daily", ScheduleExpression="rate(1 day)", Lifecycle={"DeleteAfterDays": 30}),
                rule("garbled", ScheduleExpression="daily", TargetBackupVaultName="plain"),
                rule("lost", ScheduleExpression="rate(3 days)", TargetBackupVaultName="gone"),
                rule("making", TargetBackupVaultName="new"),
            )
        ],
        backup_vaults=[
            vault("main", EncryptionKeyArn="arn:key"),
            vault("plain"),
            vault("new", EncryptionKeyArn="arn:key", VaultState="CREATING"),
        ],
    )
    assert found == [
        ("daily", "daily, rule daily (rate(1 day), kept for 30 days in main)", None, None),
        (
            "garbled",
            "daily, rule garbled (daily, kept for ever in plain)",
            None,
            "stores in the vault plain, which is not encrypted",
        ),
        (
            "lost",
            "daily, rule lost (rate(3 days), kept for ever in gone)",
            "leaves up to 72.0 hours between two runs (rate(3 days))",
            "stores in the vault gone, which does not exist",
        ),
        (
            "making",
            "daily, rule making (cron(0 5 ? * * *), kept for ever in new)",
            None,
            "stores in the vault new, which is CREATING",
        ),
    ]


def test_databases_are_clusters_and_instances_in_none(ask: Ask) -> None:
    found = ask(
        "SELECT name, kind, id_arn FROM whole_databases ORDER BY name",
        rds_clusters=[{"DBClusterArn": CLUSTER, "DBClusterIdentifier": "orders", "DbClusterResourceId": "cluster-A"}],
        rds_instances=[
            {"DBInstanceArn": "arn:1", "DBInstanceIdentifier": "orders-1", "DBClusterIdentifier": "orders"},
            {"DBInstanceArn": f"arn:aws:rds:us-east-1:{ACCOUNT}:db:reports", "DBInstanceIdentifier": "reports"},
        ],
    )
    assert found == [("orders", "cluster", CLUSTER.replace("orders", "cluster-A")), ("reports", "instance", None)]


def equals(name: str, value: str, operator: str = "StringEquals") -> dict[str, Any]:
    return {operator: [{"ConditionKey": name, "ConditionValue": value}]}


TAG = "aws:ResourceTag/Environment"
BY_TAG = [{"ConditionType": "STRINGEQUALS", "ConditionKey": "Environment", "ConditionValue": "prod"}]
ANY = {"Resources": ["*"]}


@pytest.mark.parametrize(
    ("selection", "covers"),
    [
        # Resources: ARNs in which * stands for any characters, and nothing else is special
        ({"Resources": [CLUSTER]}, True),
        ({"Resources": ["arn:aws:rds:*:*:cluster:*"]}, True),
        ({"Resources": ["arn:aws:rds:*"]}, True),
        ({"Resources": ["arn:aws:rds:*:*:db:*"]}, False),
        ({"Resources": ["arn:aws:rds:*:*:cluster:order"]}, False),
        ({"Resources": ["arn:aws:rds:us-east-1:1111?2223333:cluster:orders"]}, False),
        ({"Resources": ["arn.aws.rds.*"]}, False),
        ({"Resources": ["arn:aws:ec2:*:*:volume/*", CLUSTER]}, True),
        ({"Resources": ["arn:aws:rds:*:*:cluster:[a-z]*"]}, False),
        # NotResources take away
        ({"Resources": ["*"], "NotResources": ["arn:aws:rds:*:*:cluster:ord*"]}, False),
        ({"Resources": ["*"], "NotResources": ["arn:aws:rds:*:*:db:*"]}, True),
        ({"ListOfTags": BY_TAG, "NotResources": [CLUSTER]}, False),
        # ListOfTags: any of them, or Resources
        ({"ListOfTags": BY_TAG}, True),
        ({"ListOfTags": [{**BY_TAG[0], "ConditionValue": "Prod"}]}, False),
        ({"ListOfTags": [{**BY_TAG[0], "ConditionKey": "environment"}]}, False),
        ({"ListOfTags": [{**BY_TAG[0], "ConditionKey": TAG}]}, True),
        ({"ListOfTags": [{**BY_TAG[0], "ConditionValue": "dev"}, *BY_TAG]}, True),
        ({"ListOfTags": [{**BY_TAG[0], "ConditionValue": "dev"}], "Resources": [CLUSTER]}, True),
        ({"ListOfTags": BY_TAG, "Resources": ["arn:aws:rds:*:*:db:*"]}, True),
        # Conditions: all of them
        ({**ANY, "Conditions": equals(TAG, "prod")}, True),
        ({**ANY, "Conditions": equals("Environment", "prod")}, True),
        ({**ANY, "Conditions": equals(TAG, "dev")}, False),
        ({**ANY, "Conditions": equals("aws:ResourceTag/Absent", "x")}, False),
        ({**ANY, "Conditions": equals(TAG, "pr*", "StringLike")}, True),
        ({**ANY, "Conditions": equals(TAG, "*ro*", "StringLike")}, True),
        ({**ANY, "Conditions": equals(TAG, "pr.d", "StringLike")}, False),
        ({**ANY, "Conditions": equals(TAG, "pr*")}, False),
        ({**ANY, "Conditions": equals(TAG, "dev", "StringNotEquals")}, True),
        ({**ANY, "Conditions": equals(TAG, "prod", "StringNotEquals")}, False),
        ({**ANY, "Conditions": equals(TAG, "d*", "StringNotLike")}, True),
        ({**ANY, "Conditions": equals(TAG, "p*", "StringNotLike")}, False),
        ({**ANY, "Conditions": equals("aws:ResourceTag/Absent", "x", "StringNotEquals")}, None),
        ({**ANY, "Conditions": equals("aws:ResourceTag/Absent", "x*", "StringNotLike")}, None),
        ({**ANY, "Conditions": equals(TAG, "prod") | equals("aws:ResourceTag/Team", "pay", "StringLike")}, True),
        ({**ANY, "Conditions": equals(TAG, "prod") | equals("aws:ResourceTag/Team", "web", "StringLike")}, False),
        (
            {**ANY, "Conditions": equals(TAG, "dev") | equals("aws:ResourceTag/Absent", "x", "StringNotEquals")},
            False,
        ),
        ({"Resources": ["arn:aws:rds:*:*:db:*"], "Conditions": equals(TAG, "prod")}, False),
        ({"Conditions": equals(TAG, "prod")}, True),
        # nothing in particular is everything
        ({}, True),
        ({"Resources": [], "ListOfTags": [], "NotResources": [], "Conditions": {}}, True),
    ],
)
def test_what_a_selection_covers(ask: Ask, selection: Item, covers: bool | None) -> None:  # noqa: FBT001
    found = ask(
        "SELECT name, selection, plan, covers FROM backup_coverage",
        rds_clusters=[
            {"DBClusterArn": CLUSTER, "DBClusterIdentifier": "orders"}
            | {"TagList": [{"Key": "Environment", "Value": "prod"}, {"Key": "Team", "Value": "pay"}]}
        ],
        backup_plans=[plan()],
        backup_selections=[selected(**selection), selected("us-west-2", SelectionName="elsewhere")],
    )
    assert found == [("orders", "databases", "daily", covers)]


def test_a_plan_covers_where_one_of_its_selections_does(ask: Ask) -> None:
    absent = equals("aws:ResourceTag/Absent", "x", "StringNotEquals")
    found = ask(
        "SELECT name, plan, c.covers, may_cover, selections, len(doubts) "
        "FROM backup_plan_coverage c JOIN whole_databases USING (arn) ORDER BY name",
        rds_clusters=[{"DBClusterArn": CLUSTER, "DBClusterIdentifier": "orders"}],
        rds_instances=[
            {"DBInstanceArn": "arn:aws:rds:us-east-1:111122223333:db:reports", "DBInstanceIdentifier": "reports"}
        ],
        backup_plans=[plan()],
        backup_selections=[
            selected(SelectionId="1", SelectionName="clusters", Resources=["arn:aws:rds:*:*:cluster:*"]),
            selected(SelectionId="2", SelectionName="all", Resources=["*"], NotResources=["arn:aws:rds:*:*:db:*"]),
            selected(SelectionId="3", SelectionName="perhaps", Resources=["*"], Conditions=absent),
        ],
    )
    assert found == [
        ("orders", "daily", True, True, ["all", "clusters"], 1),
        ("reports", "daily", False, True, None, 1),
    ]


def test_the_latest_recovery_points_of_a_database(ask: Ask) -> None:
    def point(number: int, status: str, hour: int | None, of: str = CLUSTER, **more: object) -> dict[str, Any]:
        made = {} if hour is None else {"CreationDate": f"2026-06-15T{hour:02}:00:00Z"}
        known = {"RecoveryPointArn": f"arn:aws:backup:point-{number}", "BackupVaultName": f"v{number}"}
        return {**known, "ResourceArn": of, "Status": status, **made, **more}

    by_id = CLUSTER.replace("orders", "cluster-A")
    found = ask(
        "SELECT name, kind, hour(completed_at AT TIME ZONE 'UTC'), vault, is_undated, other_status, other_message "
        "FROM database_recovery_points ORDER BY name",
        rds_clusters=[
            {"DBClusterArn": CLUSTER, "DBClusterIdentifier": "orders", "DbClusterResourceId": "cluster-A"},
            {"DBClusterArn": CLUSTER + "-2", "DBClusterIdentifier": "orders-2"},
        ],
        rds_instances=[{"DBInstanceArn": "arn:undated", "DBInstanceIdentifier": "undated"}],
        backup_recovery_points=[
            point(1, "COMPLETED", 3),
            point(2, "COMPLETED", 5, by_id),
            point(3, "AVAILABLE", 9),
            point(4, "PARTIAL", 10, StatusMessage="a copy failed"),
            point(5, "COMPLETED", 11, region="us-west-2"),
            point(6, "COMPLETED", None, "arn:undated"),
        ],
    )
    assert found == [
        ("orders", "cluster", 5, "v2", False, "PARTIAL", "a copy failed"),
        ("orders-2", "cluster", None, None, False, None, None),
        ("undated", "instance", None, None, True, None, None),
    ]


@pytest.mark.parametrize("kind", ["cluster", "instance"])
def test_backups_ask_for_nothing_that_does_not_bear_on_them(kind: str) -> None:
    check = known_checks([], standards_library(LIBRARY), LIBRARY)[f"database-{kind}-not-backed-up-daily"]
    reads = check_reads(check, LIBRARY.engine_schema)
    assert set(reads) == {"backup_plans", "backup_selections", "backup_vaults", "rds_clusters", "rds_instances"}
    assert not {"tags", "*"} & (reads["backup_plans"] | reads["backup_vaults"])


def selected(region: str = "us-east-1", **more: object) -> dict[str, Any]:
    parent = {"BackupPlanArn": f"arn:aws:backup:{region}:{ACCOUNT}:backup-plan:p"}
    known = {"SelectionId": "s", "SelectionName": "databases", "BackupPlanId": "p"}
    return {"region": region, "parent": parent, **known, **more}


# --------------------------------------------------------------------------------------------------------- names


def test_names_that_the_owner_gave(ask: Ask) -> None:
    named = [{"Key": "Name", "Value": "web"}]
    group = {"OwnerId": ACCOUNT, "VpcId": "vpc-1"}
    found = ask(
        "SELECT split_part(arn, '/', -1), own_name, tag_name FROM resource_names ORDER BY 1",
        ec2_security_groups=[
            {**group, "GroupId": "sg-both", "GroupName": "front", "Tags": named},
            {**group, "GroupId": "sg-default", "GroupName": "default"},
            {**group, "GroupId": "sg-same", "GroupName": "web", "Tags": named},
        ],
        ec2_vpcs=[
            {"OwnerId": ACCOUNT, "VpcId": "vpc-bare"},
            {"OwnerId": ACCOUNT, "VpcId": "vpc-blank", "Tags": [{"Key": "Name", "Value": "  "}]},
            {"OwnerId": ACCOUNT, "VpcId": "vpc-named", "Tags": named},
        ],
        iam_roles=[
            {"Arn": f"arn:aws:iam::{ACCOUNT}:role/AWSReservedSSO_Admin_1", "RoleName": "AWSReservedSSO_Admin_1"},
            {"Arn": f"arn:aws:iam::{ACCOUNT}:role/deploy", "RoleName": "deploy"},
        ],
        ec2_launch_templates=[
            {"LaunchTemplateId": "lt-eks", "LaunchTemplateName": "eks-0a1b2c3d-1234-1234-1234-0123456789ab"}
        ],
    )
    assert found == [
        ("AWSReservedSSO_Admin_1", None, None),
        ("deploy", "deploy", None),
        ("lt-eks", None, None),
        ("sg-both", "front", "web"),
        ("sg-default", None, None),
        ("sg-same", None, "web"),
        ("vpc-bare", None, None),
        ("vpc-blank", None, None),
        ("vpc-named", None, "web"),
    ]
