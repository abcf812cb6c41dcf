"""What stands in the corrected system of financial transactions, by name."""

from __future__ import annotations

import boto3

from auditor.demo.account import ACCOUNT_ID
from auditor.demo.worlds.building import PRIMARY, RECOVERY, Builder
from tests.systems import System

MONITOR, OTHER_MONITOR = "primary-monitor-prod", "secondary-monitor-prod"
ALARM, ALERTS = "secondary-replication-lag-prod", "secondary-alerts-prod"


def builder(system: System, *services: str) -> Builder:
    """What worlds are built with, in the system's account, for changes that touch these services."""
    system.touched.update(services)
    return Builder(boto3.Session(), project="transactions", ideal=True, endpoint_url=None)


def topic(name: str = ALERTS, region: str = RECOVERY) -> str:
    return f"arn:aws:sns:{region}:{ACCOUNT_ID}:{name}"


def function(name: str = MONITOR, region: str = PRIMARY) -> str:
    return f"arn:aws:lambda:{region}:{ACCOUNT_ID}:function:{name}"


def cluster(name: str, region: str) -> str:
    return f"arn:aws:rds:{region}:{ACCOUNT_ID}:cluster:{name}"


def key(system: System, region: str = PRIMARY) -> str:
    """The id of a region's own key."""
    alias = "alias/primary-key-prod" if region == PRIMARY else "alias/secondary-key-prod"
    return str(system.client("kms", region).describe_key(KeyId=alias)["KeyMetadata"]["KeyId"])


def another_key(system: System, region: str = PRIMARY) -> str:
    """One more key that rotates; its id."""
    return builder(system, "kms").key(region, "spare-key-prod").rpartition("/")[2]
