"""Changes to keys, tags and roles of the corrected system of financial transactions: each breaks one requirement."""

from __future__ import annotations

import json

import pytest

from auditor.demo.account import ACCOUNT_ID
from auditor.demo.worlds.building import PRIMARY, RECOVERY, document, pairs
from auditor.demo.worlds.transactions import WRITER
from tests.systems import (
    MARKS,
    Break,
    Breaks,
    Change,
    System,
    Variations,
    broken_alone,
    serving,
    stays_satisfied,
)
from tests.transactions import ALERTS, MONITOR, OTHER_MONITOR, another_key, cluster, function, key, topic

pytestmark = MARKS
served = serving("transaction-dr")
BREAKS = Breaks()
FINE = Variations()
OTHER_ACCOUNT = "arn:aws:iam::210987654321:root"
ROTATES, LEAVES = "customer-key-does-not-rotate", "customer-key-pending-deletion-in-use"
WIDE = "key-policy-too-wide"
KEY, OTHER_KEY = (f":kms:{region}:{ACCOUNT_ID}:key/*" for region in (PRIMARY, RECOVERY))
TAGS, PART, ENVIRONMENT = "required-tags-missing", "recovery-role-tag-missing-or-wrong", "environment-tag-wrong"
RAISES = "workload-role-can-raise-its-privileges"


def grant(system: System, role: str, actions: list[str], resource: str = "*", effect: str = "Allow") -> None:
    """One inline policy more for a role."""
    statement = {"Effect": effect, "Action": actions, "Resource": resource}
    name, policy = f"further-{effect.lower()}", document(statement)
    system.client("iam").put_role_policy(RoleName=role, PolicyName=name, PolicyDocument=policy)


def admit_to_key(
    system: System, principal: object, actions: str, condition: object = None, effect: str = "Allow"
) -> None:
    """One statement more in the policy of the primary region's key."""
    kms, own = system.client("kms"), key(system)
    policy = json.loads(kms.get_key_policy(KeyId=own, PolicyName="default")["Policy"])
    statement = {"Effect": effect, "Principal": principal, "Action": actions, "Resource": "*"}
    policy["Statement"].append(statement | ({"Condition": condition} if condition else {}))
    kms.put_key_policy(KeyId=own, PolicyName="default", Policy=json.dumps(policy))


# ------------------------------------------------------------------------------------------- keys


@BREAKS("KMS-01", ROTATES, KEY)
def rotation_switched_off(system: System) -> None:
    system.client("kms").disable_key_rotation(KeyId=key(system))


@BREAKS("KMS-01", ROTATES, ":kms:us-west-2:*", also=("DB-05",))
def no_key_enabled_in_the_recovery_region(system: System) -> None:
    """DB-05 too: the reader is encrypted with that key."""
    system.client("kms", RECOVERY).disable_key(KeyId=key(system, RECOVERY))


@BREAKS("KMS-01", LEAVES, OTHER_KEY)
def key_of_a_topic_about_to_be_deleted(system: System) -> None:
    leaving = another_key(system, RECOVERY)
    system.client("sns", RECOVERY).set_topic_attributes(
        TopicArn=topic(), AttributeName="KmsMasterKeyId", AttributeValue=leaving
    )
    system.client("kms", RECOVERY).schedule_key_deletion(KeyId=leaving, PendingWindowInDays=7)


@BREAKS("KMS-02", WIDE, KEY)
def key_for_everybody(system: System) -> None:
    admit_to_key(system, "*", "kms:Decrypt")


@BREAKS("KMS-02", WIDE, KEY)
def key_for_everybody_through_a_service(system: System) -> None:
    through = {"StringEquals": {"kms:ViaService": "rds.us-east-1.amazonaws.com"}}
    admit_to_key(system, {"AWS": "*"}, "kms:Decrypt", through)


@BREAKS("KMS-02", WIDE, KEY)
def everything_for_another_account(system: System) -> None:
    admit_to_key(system, {"AWS": OTHER_ACCOUNT}, "kms:*")


@BREAKS("KMS-02", WIDE, KEY)
def everything_for_a_service(system: System) -> None:
    admit_to_key(system, {"Service": "rds.amazonaws.com"}, "kms:*")


# ------------------------------------------------------------------------------------------- tags


@BREAKS("TAG-01", TAGS, ALERTS)
def environment_missing(system: System) -> None:
    system.client("sns", RECOVERY).untag_resource(ResourceArn=topic(), TagKeys=["Environment"])


@BREAKS("TAG-01", TAGS, "monitor-prod")
def environment_in_small_letters(system: System) -> None:
    iam = system.client("iam")
    iam.untag_role(RoleName="monitor-prod", TagKeys=["Environment"])
    iam.tag_role(RoleName="monitor-prod", Tags=pairs({"environment": "production"}))


@BREAKS("TAG-01", TAGS, "notices-prod", also=("TAG-04",))
def topic_without_tags(system: System) -> None:
    """TAG-04 too: of the required tags, DR-Role is one."""
    system.client("sns").create_topic(Name="notices-prod", Attributes={"KmsMasterKeyId": key(system)})


@BREAKS("TAG-01", TAGS, "primary-aurora-cluster-prod-1", also=("TAG-02",))
def environment_empty(system: System) -> None:
    """TAG-02 too: an empty value is no environment."""
    instance = f"arn:aws:rds:{PRIMARY}:{ACCOUNT_ID}:db:primary-aurora-cluster-prod-1"
    system.client("rds").add_tags_to_resource(ResourceName=instance, Tags=pairs({"Environment": ""}))


@BREAKS("TAG-02", ENVIRONMENT, WRITER)
def environment_of_another_one(system: System) -> None:
    system.client("rds").add_tags_to_resource(ResourceName=cluster(WRITER, PRIMARY), Tags=pairs({"Environment": "dev"}))


@BREAKS("TAG-02", ENVIRONMENT, MONITOR)
def environment_capitalized(system: System) -> None:
    system.client("lambda").tag_resource(Resource=function(), Tags={"Environment": "Production"})


@BREAKS("TAG-02", ENVIRONMENT, ALERTS)
def suffix_instead_of_the_environment(system: System) -> None:
    system.client("sns", RECOVERY).tag_resource(ResourceArn=topic(), Tags=pairs({"Environment": "prod"}))


@BREAKS("TAG-04", PART, OTHER_MONITOR)
def primary_in_the_recovery_region(system: System) -> None:
    system.client("lambda", RECOVERY).tag_resource(
        Resource=function(OTHER_MONITOR, RECOVERY), Tags={"DR-Role": "primary"}
    )


@BREAKS("TAG-04", PART, "primary-vpc-prod")
def secondary_in_the_primary_region(system: System) -> None:
    vpc = system.named("ec2", "describe_vpcs", "Vpcs", "primary-vpc-prod")["VpcId"]
    system.client("ec2").create_tags(Resources=[vpc], Tags=pairs({"DR-Role": "secondary"}))


@BREAKS("TAG-04", PART, "monitor-prod", also=("TAG-01",))
def role_that_plays_no_part(system: System) -> None:
    """TAG-01 too: DR-Role is one of the required tags."""
    system.client("iam").untag_role(RoleName="monitor-prod", TagKeys=["DR-Role"])


# ------------------------------------------------------------------------------------------- more privilege


@BREAKS("IAM-05", RAISES, "monitor-prod")
def role_writes_its_own_policy(system: System) -> None:
    grant(system, "monitor-prod", ["iam:PutRolePolicy"], f"arn:aws:iam::{ACCOUNT_ID}:role/monitor-prod")


@BREAKS("IAM-05", RAISES, "transactions-rotation-prod")
def role_writes_the_policy_that_it_has(system: System) -> None:
    policy = f"arn:aws:iam::{ACCOUNT_ID}:policy/transactions-rotation-prod-policy"
    grant(system, "transactions-rotation-prod", ["iam:CreatePolicyVersion"], policy)


@BREAKS("IAM-05", RAISES, "monitor-prod", also=("IAM-02",))
def role_runs_functions_as_any_role(system: System) -> None:
    """IAM-02 too: both actions can be confined."""
    grant(system, "monitor-prod", ["iam:PassRole", "lambda:CreateFunction", "lambda:InvokeFunction"])


@BREAKS("IAM-05", RAISES, "monitor-prod", also=("IAM-02",))
def role_becomes_any_role(system: System) -> None:
    """IAM-02 too: sts:AssumeRole can be confined."""
    grant(system, "monitor-prod", ["sts:AssumeRole"])


@pytest.mark.parametrize("one", BREAKS.all, ids=lambda one: one.id)
def test_a_requirement_is_broken_alone(one: Break, served: System) -> None:
    broken_alone(one, served)


# ------------------------------------------------------------------------------------------- what may be


@FINE("KMS-02")
def everybody_in_the_account(system: System) -> None:
    inside = {"StringEquals": {"kms:CallerAccount": ACCOUNT_ID}}
    admit_to_key(system, {"AWS": "*"}, "kms:Decrypt", inside)


@FINE("KMS-02")
def everything_for_a_named_administrator(system: System) -> None:
    admit_to_key(system, {"AWS": f"arn:aws:iam::{ACCOUNT_ID}:role/dr-operations-role-prod"}, "kms:*")


@FINE("KMS-02")
def everybody_denied(system: System) -> None:
    admit_to_key(system, "*", "kms:ScheduleKeyDeletion", effect="Deny")


@FINE("KMS-01")
def asymmetric_key_that_cannot_rotate(system: System) -> None:
    system.client("kms").create_key(KeySpec="RSA_2048", KeyUsage="SIGN_VERIFY")


@FINE("KMS-01")
def unused_key_about_to_be_deleted(system: System) -> None:
    system.client("kms").schedule_key_deletion(KeyId=another_key(system), PendingWindowInDays=7)


@FINE("TAG-04")
def global_resource_of_both_regions(system: System) -> None:
    system.client("iam").tag_role(RoleName="monitor-prod", Tags=pairs({"DR-Role": "both"}))


@FINE("IAM-05")
def privilege_that_is_denied_again(system: System) -> None:
    own = f"arn:aws:iam::{ACCOUNT_ID}:role/monitor-prod"
    grant(system, "monitor-prod", ["iam:PutRolePolicy"], own)
    grant(system, "monitor-prod", ["iam:*"], "*", effect="Deny")


@pytest.mark.parametrize(("requirement", "change"), FINE.all)
def test_what_may_be_breaks_nothing(requirement: str, change: Change, served: System) -> None:
    stays_satisfied(requirement, change, served)
