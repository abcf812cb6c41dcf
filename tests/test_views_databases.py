"""The views over what databases depend on: secrets by what they are called, parameters by engine."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from tests.asking import rows

ACCOUNT = "111122223333"

Ask = Callable[..., list[tuple[Any, ...]]]


@pytest.fixture
def ask() -> Ask:
    return lambda statement, **tables: rows(statement, tables)


def secret(name: str, region: str = "us-east-1", **more: object) -> dict[str, Any]:
    arn = f"arn:aws:secretsmanager:{region}:{ACCOUNT}:secret:{name}-AbCdEf"
    return {"region": region, "ARN": arn, "Name": name, **more}


def test_a_secret_is_called_by_its_name_its_arn_and_its_tags_values(ask: Ask) -> None:
    tags = [{"Key": "Database", "Value": "orders"}, {"Key": "Also", "Value": "orders"}, {"Key": "Empty", "Value": ""}]
    found = ask(
        "SELECT kind, label, RotationEnabled, replica_of FROM secret_labels ORDER BY kind, label",
        secretsmanager_secrets=[secret("db", RotationEnabled=True, Tags=tags)],
    )
    assert found == [
        ("name", f"arn:aws:secretsmanager:us-east-1:{ACCOUNT}:secret:db-AbCdEf", True, None),
        ("name", "db", True, None),
        ("tag", "orders", True, None),
    ]


def test_replicas_rotate_as_their_primary_does(ask: Ask) -> None:
    found = ask(
        "SELECT name, region, RotationEnabled, replica_of FROM secret_labels WHERE label = name ORDER BY name, region",
        secretsmanager_secrets=[
            secret("db", PrimaryRegion="us-east-1", RotationEnabled=True),
            secret("db", "us-west-2", PrimaryRegion="us-east-1"),
            secret("far", PrimaryRegion="sa-east-1"),
            secret("still"),
        ],
    )
    assert found == [
        ("db", "us-east-1", True, None),
        ("db", "us-west-2", True, "us-east-1"),
        ("far", "us-east-1", None, "sa-east-1"),
        ("still", "us-east-1", False, None),
    ]


@pytest.mark.parametrize("more", [{"DeletedDate": "2026-06-14T12:00:00Z"}, {"OwningService": "rds"}])
def test_secrets_that_do_not_count(ask: Ask, more: Mapping[str, str]) -> None:
    assert ask("SELECT label FROM secret_labels", secretsmanager_secrets=[secret("db", **more)]) == []


@pytest.mark.parametrize(
    ("engine", "parameter"),
    [
        ("aurora-postgresql", "rds.force_ssl"),
        ("postgres", "rds.force_ssl"),
        ("sqlserver-se", "rds.force_ssl"),
        ("aurora-mysql", "require_secure_transport"),
        ("aurora", "require_secure_transport"),
        ("mysql", "require_secure_transport"),
        ("mariadb", "require_secure_transport"),
        ("docdb", "tls"),
    ],
)
def test_an_engine_has_one_parameter(ask: Ask, engine: str, parameter: str) -> None:
    found = ask(f"SELECT parameter FROM encryption_parameters WHERE regexp_full_match('{engine}', engines)")  # noqa: S608 - a known word
    assert found == [(parameter,)]


@pytest.mark.parametrize("engine", ["oracle-ee", "db2-se", "neptune", "custom-sqlserver-se", ""])
def test_other_engines_have_none(ask: Ask, engine: str) -> None:
    assert ask(f"SELECT 1 FROM encryption_parameters WHERE regexp_full_match('{engine}', engines)") == []  # noqa: S608 - a known word
