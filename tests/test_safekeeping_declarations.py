"""How tables, backups, keys and secrets are asked for, and what is made of AWS's recorded answers."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import orjson
import pytest

from auditor.collectors.catalogue import DeclaredCatalogue, detail_values
from auditor.collectors.lint import declaration_problems
from auditor.collectors.services import declared

TABLES = declared()
CATALOGUE = DeclaredCatalogue()
MINE = tuple(name for name in TABLES if name.startswith(("backup_", "dynamodb_", "kms_", "secretsmanager_")))
FOLDER = os.environ.get("AUDITOR_RECORDINGS", "")


def test_the_declarations_are_sound() -> None:
    assert not declaration_problems(DeclaredCatalogue({name: TABLES[name] for name in MINE}))


def test_tags_in_a_map_are_asked_for_in_one_page() -> None:
    vaults = TABLES["backup_vaults"]
    (tags,) = vaults.details
    assert tags.params["MaxResults"] == 1000
    small = dataclasses.replace(vaults, details=(dataclasses.replace(tags, params={"ResourceArn": "$arn"}),))
    (problem,) = declaration_problems(DeclaredCatalogue({vaults.name: small}))
    assert "ListTags has pages" in problem


def recorded(service: str, operation: str) -> list[Mapping[str, Any]]:
    folder = Path(FOLDER) / "c7n" / service / operation
    answers = [orjson.loads(path.read_bytes()) for path in sorted(folder.glob("*.json"))]
    return [answer["data"] for answer in answers if answer["status_code"] in (200, None)]


@pytest.mark.recordings
@pytest.mark.skipif(not FOLDER, reason="AUDITOR_RECORDINGS names no folder of recordings")
def test_recorded_tables_become_rows() -> None:
    tables, (describe, _, tags) = TABLES["dynamodb_tables"], TABLES["dynamodb_tables"].details
    names = [name for answer in recorded("dynamodb", "ListTables") for name in answer["TableNames"]]
    rows = [CATALOGUE.row("dynamodb_tables", name, "644160558196", "us-east-1") for name in names]
    assert [row["name"] for row in rows] == names
    for answer in recorded("dynamodb", "DescribeTable"):
        filled = detail_values(tables, describe, answer, CATALOGUE.shapes("dynamodb_tables"))
        told = answer["Table"]
        assert filled["KeySchema"] == [
            {**dict.fromkeys(("AttributeName", "KeyType")), **key} for key in told["KeySchema"]
        ]
        assert filled["TableStatus"] == told["TableStatus"]
        billing = filled["BillingModeSummary"]
        assert (billing and billing["BillingMode"]) == told.get("BillingModeSummary", {}).get("BillingMode")
    for answer in recorded("dynamodb", "ListTagsOfResource"):
        filled = detail_values(tables, tags, answer, CATALOGUE.shapes("dynamodb_tables"))
        assert filled["tags"] == {tag["Key"]: tag["Value"] for tag in answer["Tags"]}


@pytest.mark.recordings
@pytest.mark.skipif(not FOLDER, reason="AUDITOR_RECORDINGS names no folder of recordings")
def test_recorded_plans_keep_their_rules() -> None:
    rules = TABLES["backup_plans"].details[0]
    (answer,) = recorded("backup", "GetBackupPlan")
    filled = detail_values(TABLES["backup_plans"], rules, answer, CATALOGUE.shapes("backup_plans"))
    told = [
        (rule["RuleName"], rule["ScheduleExpression"], rule["Lifecycle"]["DeleteAfterDays"]) for rule in filled["Rules"]
    ]
    assert told == [("dev", "cron(0 5 ? * * *)", 21), ("weekly-archive", "cron(0 5 ? * 7 *)", 180)]
