"""AWS's own managed policies, against labels that somebody else gave them: privilege escalation, credentials.

The labels (iann0036/iam-dataset) say whether an Allow names an action of a list, whatever its resource and condition,
and take iam:PassRole or iam:CreateServiceLinkedRole alone for escalation. So two things are compared: whether the same
policies are found to name such an action, and whether there is a way to more privilege; each disagreement must have a
known cause.
"""

from __future__ import annotations

import functools
import json
import os
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from auditor.snapshot.derived.iam_aws_attachments import IAM_AWS_ATTACHMENTS, credentials
from auditor.snapshot.derived.iam_effective import Permissions, granted, permissions
from auditor.snapshot.derived.iam_escalations import IAM_ESCALATIONS
from auditor.snapshot.derived.iam_methods import CREDENTIALS
from auditor.snapshot.derived.policies import KNOWN_AWS_POLICIES, principals
from tests.test_iam_derived import ACCOUNT, attach, role
from tests.test_iam_effective import inputs

FOLDER = os.environ.get("AUDITOR_RECORDINGS", "")
pytestmark = [
    pytest.mark.recordings,
    pytest.mark.skipif(not FOLDER, reason="AUDITOR_RECORDINGS names no folder of recordings"),
]

# What the labels count as privilege escalation (the dataset's aws/tags.json, "PrivEsc", and kms:CreateGrant since).
LABELLED = (
    "ec2-instance-connect:SendSSHPublicKey",
    "glue:UpdateDevEndpoint",
    "iam:AddUserToGroup",
    "iam:AttachGroupPolicy",
    "iam:AttachRolePolicy",
    "iam:AttachUserPolicy",
    "iam:CreateAccessKey",
    "iam:CreateLoginProfile",
    "iam:CreatePolicyVersion",
    "iam:CreateServiceLinkedRole",
    "iam:CreateVirtualMFADevice",
    "iam:DeleteRolePermissionsBoundary",
    "iam:DeleteUserPermissionsBoundary",
    "iam:EnableMFADevice",
    "iam:PassRole",
    "iam:PutGroupPolicy",
    "iam:PutRolePermissionsBoundary",
    "iam:PutRolePolicy",
    "iam:PutUserPermissionsBoundary",
    "iam:PutUserPolicy",
    "iam:ResyncMFADevice",
    "iam:SetDefaultPolicyVersion",
    "iam:UpdateAssumeRolePolicy",
    "iam:UpdateLoginProfile",
    "kms:CreateGrant",
)
# Those of them that are no way to more privilege: a service-linked role has what its service needs, and only that may
# use it; a grant gives a key.
NO_WAY = {"iam:CreateServiceLinkedRole", "kms:CreateGrant"}
# What the labels take for credentials by an action that hands out none.
NO_CREDENTIALS = {"AWSFMMemberReadOnlyAccess": "waf:GetChangeToken"}


@functools.cache
def labels() -> dict[str, dict[str, Any]]:
    """The labels of those policies that are recorded in the version which the labels are about."""
    found = json.loads((Path(FOLDER) / "iam_managed" / "labels_iam_dataset.json").read_text())
    return {name: label for name, label in found.items() if label["same_version_as_doc"] and name in documents()}


@functools.cache
def documents() -> dict[str, Any]:
    lines = (Path(FOLDER) / "iam_managed" / "policies.jsonl").read_text().splitlines()
    return {policy["PolicyName"]: policy["Document"] for policy in map(json.loads, lines)}


@functools.cache
def world() -> dict[str, Any]:
    """A role for each policy, which has it attached; each in an account of its own, so that none reaches another."""
    roles = []
    for number, name in enumerate(sorted(documents())):
        owner = f"{int(ACCOUNT) + number}"
        arn = f"arn:aws:iam::{owner}:role/{name}"
        roles.append(role(arn=arn, attached=attach(f"arn:aws:iam::aws:policy/{name}")))
    return inputs(*roles, aws=documents())


@functools.cache
def given() -> dict[str, Permissions]:
    return {principal.arn.rpartition("/")[2]: permissions(principal) for principal in principals(world())}


def ways(*, confined: bool) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for row in IAM_ESCALATIONS.compute(world()):
        assert row["problem"] is None
        if row["confined"] is confined:
            found.setdefault(row["arn"].rpartition("/")[2], set()).add(row["method"])
    return found


def scores(found: set[str], label: str) -> tuple[float, float, set[str], set[str]]:
    """Precision and recall, and what is found without a label and labelled without being found."""
    labelled = {name for name, one in labels().items() if one[label]}
    found = found & set(labels())
    both = len(found & labelled)
    return both / len(found), both / len(labelled), found - labelled, labelled - found


def test_every_recorded_document_is_read() -> None:
    assert len(labels()) > 600
    assert [name for name, one in given().items() if one.problems] == []


def test_the_same_policies_name_an_action_of_the_labels_list() -> None:
    named = {name for name, one in given().items() if any(granted(one, action) for action in LABELLED)}
    precision, recall, more, less = scores(named, "privesc")
    assert (precision, recall, more, less) == (1.0, 1.0, set(), set())


def _cause(name: str, confined: set[str]) -> str:
    """Why a policy that is labelled has no way to more privilege."""
    one = given()[name]
    named = {action: [grant.pattern for grant in granted(one, action)] for action in LABELLED}
    left = {action for action, patterns in named.items() if patterns} - NO_WAY
    if not left:
        return "service-linked roles and key grants only"
    if confined:
        return "confined by conditions"
    anywhere = {action for action in left if any(_is_any(pattern) for pattern in named[action])}
    if not anywhere:
        return "confined to named roles and users"
    return "roles are passed, and nothing can be made to run as one" if anywhere == {"iam:PassRole"} else "unexplained"


def _is_any(pattern: str) -> bool:
    return pattern == "*" or pattern.rpartition(":")[2] in {"role/*", "user/*", "group/*", "policy/*"}


def test_ways_to_more_privilege_against_the_labels() -> None:
    found, confined = ways(confined=False), ways(confined=True)
    precision, recall, more, less = scores(set(found), "privesc")
    assert precision > 0.84
    assert recall > 0.28
    causes = Counter(_cause(name, confined.get(name, set())) for name in less)
    assert causes["unexplained"] == 0
    # What is found beyond the labels takes over what runs already; the labels' list has none of it.
    assert all(not set(method.split(" + ")) & set(LABELLED) for name in more for method in found[name])
    # With those causes set aside, nothing that is labelled is missed.
    assert sum(causes.values()) == len(less)
    assert causes["roles are passed, and nothing can be made to run as one"] < 30


def test_credentials_against_the_labels() -> None:
    handed = {name for name, one in given().items() if credentials(one)}
    precision, recall, more, less = scores(handed, "credentials_exposure")
    assert precision == 1.0
    assert recall > 0.7
    assert more == set()
    # Those that are missed are confined to named roles, users and buckets, or hand out no credentials.
    confined = {name for name in less if any(granted(given()[name], action) for action in CREDENTIALS)}
    assert less - confined == set(NO_CREDENTIALS)


def test_policies_that_are_broad_by_name_or_by_what_they_say() -> None:
    rows = {row["policy_name"]: row for row in IAM_AWS_ATTACHMENTS.compute(world())}
    assert not [name for name, row in rows.items() if row["broad"] is None]
    wide = {"IAMFullAccess", "AmazonS3FullAccess", "AWSDataPipelineRole", "DatabaseAdministrator", "PowerUserAccess"}
    assert {name for name in wide if rows[name]["broad"] is not True} == set()
    narrow = {
        "AWSXRayDaemonWriteAccess",
        "AmazonECSTaskExecutionRolePolicy",
        "AWSLambdaMSKExecutionRole",
        "SecurityAudit",
    }
    assert {name for name in narrow if name in rows and rows[name]["broad"]} == set()
    assert rows["SecretsManagerReadWrite"]["why"] == "grants every action of secretsmanager on every resource"


def test_the_documents_that_are_known_without_collecting_are_what_aws_has() -> None:
    for name, known in KNOWN_AWS_POLICIES.items():
        if name in documents():
            recorded = [{k: v for k, v in one.items() if k != "Sid"} for one in documents()[name]["Statement"]]
            assert recorded == known["Statement"]
