"""Changes to who may do what in the corrected failover infrastructure: each breaks one requirement, and no other."""

from __future__ import annotations

from typing import Any

import pytest

from auditor.demo.worlds.building import document, trusts
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

pytestmark = MARKS
served = serving("dr-failover")
BREAKS = Breaks()
FINE = Variations()
OPERATORS = "dr-failover-operators-prod"
OTHER_ACCOUNT = "arn:aws:iam::210987654321:root"
ADMINISTRATOR = "arn:aws:iam::aws:policy/AdministratorAccess"
TRUST = "role-trusts-unknown-or-unguarded-principal"
CONFINED = "role-actions-not-confined-to-resources"


def grant(system: System, role: str, *statements: dict[str, Any]) -> None:
    """One inline policy more for a role."""
    policy = document(*statements)
    system.client("iam").put_role_policy(RoleName=role, PolicyName="further-prod", PolicyDocument=policy)


def allow(actions: str | list[str], resources: str | list[str] = "*", effect: str = "Allow") -> dict[str, Any]:
    return {"Effect": effect, "Action": actions, "Resource": resources}


def trust(system: System, *statements: dict[str, Any]) -> None:
    system.client("iam").update_assume_role_policy(RoleName=OPERATORS, PolicyDocument=document(*statements))


@BREAKS("IAM-01", "role-granted-every-action", OPERATORS)
def every_action_of_a_service(system: System) -> None:
    grant(system, OPERATORS, allow("rds:*"))


@BREAKS("IAM-01", "role-granted-every-action", OPERATORS)
def everything_but_one_service(system: System) -> None:
    grant(system, OPERATORS, {"Effect": "Allow", "NotAction": "iam:*", "NotResource": "arn:aws:s3:::nobody-prod"})


@BREAKS("IAM-01", "role-granted-every-action", OPERATORS)
def every_action_in_several_statements(system: System) -> None:
    halves = ([f"sqs:{letter}*" for letter in letters] for letters in ("ABCDEFGHIJKLM", "NOPQRSTUVWXYZ"))
    grant(system, OPERATORS, *(allow(half) for half in halves))


@BREAKS("IAM-01", "role-granted-every-action", "dr-failover-promote-prod")
def administrator_access_of_a_workload(system: System) -> None:
    system.client("iam").attach_role_policy(RoleName="dr-failover-promote-prod", PolicyArn=ADMINISTRATOR)


@BREAKS("IAM-01", "user-granted-every-action", "dr-failover-ci-prod")
def every_action_of_a_user_by_an_attached_policy(system: System) -> None:
    iam = system.client("iam")
    made = iam.create_policy(PolicyName="dr-failover-ci-prod", PolicyDocument=document(allow("*")))["Policy"]
    iam.create_user(UserName="dr-failover-ci-prod")
    iam.attach_user_policy(UserName="dr-failover-ci-prod", PolicyArn=made["Arn"])


@BREAKS("IAM-02", CONFINED, "dr-failover-promote-prod")
def failover_of_every_global_database(system: System) -> None:
    grant(system, "dr-failover-promote-prod", allow("rds:FailoverGlobalCluster"))


@BREAKS("IAM-02", CONFINED, "dr-failover-app-prod")
def every_object_of_every_bucket(system: System) -> None:
    grant(system, "dr-failover-app-prod", allow(["s3:GetObject"], ["arn:aws:s3:::*"]))


@BREAKS("IAM-02", CONFINED, "dr-failover-app-prod")
def every_secret_but_one(system: System) -> None:
    but = "arn:aws:secretsmanager:us-east-1:123456789012:secret:root-*"
    grant(
        system,
        "dr-failover-app-prod",
        {"Effect": "Allow", "Action": "secretsmanager:GetSecretValue", "NotResource": but},
    )


@BREAKS("IAM-03", TRUST, OPERATORS)
def trusts_another_account_without_a_guard(system: System) -> None:
    trust(system, trusts(OTHER_ACCOUNT))


@BREAKS("IAM-03", TRUST, OPERATORS)
def trusts_everyone(system: System) -> None:
    trust(system, trusts("*"))


@BREAKS("IAM-03", TRUST, OPERATORS)
def trusts_a_principal_that_was_deleted(system: System) -> None:
    trust(system, trusts("AROAIIAV4DD2EXAMPLE5X"))


@BREAKS("IAM-03", TRUST, OPERATORS)
def trusts_a_database_cluster(system: System) -> None:
    trust(system, trusts("arn:aws:rds:us-east-1:123456789012:cluster:dr-failover-primary-prod"))


@BREAKS("IAM-03", TRUST, OPERATORS)
def trusts_a_role_that_does_not_exist(system: System) -> None:
    trust(system, trusts("arn:aws:iam::123456789012:role/gone-prod"))


@pytest.mark.parametrize("one", BREAKS.all, ids=lambda one: one.id)
def test_a_requirement_is_broken_alone(one: Break, served: System) -> None:
    broken_alone(one, served)


# ------------------------------------------------------------------------------------------- what may be


@FINE("IAM-01")
def deny_that_cancels_a_broad_allow(system: System) -> None:
    grant(system, OPERATORS, allow("rds:*"), allow(["rds:*"], effect="Deny"))


@FINE("IAM-02")
def scalar_action_that_supports_no_resource(system: System) -> None:
    grant(system, "dr-failover-promote-prod", allow("rds:DescribeGlobalClusters"))


@FINE("IAM-02")
def scalar_action_and_resource(system: System) -> None:
    member = "arn:aws:rds:us-west-2:123456789012:cluster:dr-failover-secondary-prod"
    grant(system, "dr-failover-promote-prod", allow("rds:FailoverGlobalCluster", member))


@FINE("IAM-03")
def other_account_of_the_same_organization(system: System) -> None:
    trust(system, trusts(OTHER_ACCOUNT, {"StringEquals": {"aws:PrincipalOrgID": "o-a1b2c3d4e5"}}))


@pytest.mark.parametrize(("requirement", "change"), FINE.all)
def test_what_may_be_breaks_nothing(requirement: str, change: Change, served: System) -> None:
    stays_satisfied(requirement, change, served)
