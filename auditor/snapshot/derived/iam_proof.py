"""A known-bad account that must come out bad before a table of IAM is believed.

A well-known scanner passed every account when its data on actions was broken. So each table is first computed for
this account: what is bad in it must be found, and what is harmless must not, on the user's own install, with its data.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from auditor.errors import AuditorError
from auditor.model import Rows

_ACCOUNT = "000000000000"
_LAMBDA = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
_REMEDY = "Reinstall aws-auditor with the versions that it pins: its data on IAM actions is not what it should be."


def _role(name: str, *statements: Mapping[str, Any], aws: str = "", boundary: str = "") -> Mapping[str, Any]:
    return {
        "account": _ACCOUNT,
        "arn": f"arn:aws:iam::{_ACCOUNT}:role/{name}",
        "principal_type": "role",
        "inline": [{"PolicyName": "own", "PolicyDocument": {"Statement": list(statements)}}],
        "attached": [{"PolicyName": aws, "PolicyArn": f"arn:aws:iam::aws:policy/{aws}"}] if aws else [],
        "boundary": {"PermissionsBoundaryArn": f"arn:aws:iam::aws:policy/{boundary}"} if boundary else None,
        "trust": {"Statement": [_LAMBDA]},
    }


def _allow(action: str | list[str], resource: str = "*") -> Mapping[str, Any]:
    return {"Effect": "Allow", "Action": action, "Resource": resource}


_DENY = {"Effect": "Deny", "Action": "*", "Resource": "*"}
_FAILOVER = "rds:FailoverGlobalCluster"

KNOWN_BAD: Mapping[str, Rows] = {
    "roles": [
        _role("passes", _allow("iam:Pass*"), _allow("lambda:CreateFunction")),
        _role("rewrites", _allow("iam:*Policy*")),
        _role("fails-over", _allow([_FAILOVER, "rds:DescribeGlobalClusters"])),
        _role("reads-secrets", aws="SecretsManagerReadWrite"),
        _role("denied", _allow("*"), _DENY),
        _role("bounded", _allow("*"), boundary="AWSDenyAll"),
        _role(
            "narrow", _allow("s3:GetObject", "arn:aws:s3:::bucket/*"), _allow(["s3:ListAllMyBuckets", "ec2:Describe*"])
        ),
    ],
    "users": [],
    "groups": [],
    "policies": [],
    "aws_policies": [
        {
            "account": _ACCOUNT,
            "arn": "arn:aws:iam::aws:policy/SecretsManagerReadWrite",
            "PolicyDocument": {"Statement": [_allow("secretsmanager:*")]},
        }
    ],
}
"""Roles that are bad, each in its way, and three that are not, as inputs of the derived tables."""

_EXPECTED: Mapping[str, frozenset[tuple[str, str]]] = {
    "iam_escalations": frozenset(
        {("passes", "iam:PassRole + lambda:CreateFunction"), ("rewrites", "iam:CreatePolicyVersion")}
    ),
    "iam_confinable": frozenset({("fails-over", _FAILOVER), ("passes", "iam:PassRole")}),
    "iam_role_allows": frozenset({("fails-over", _FAILOVER)}),
    "iam_aws_attachments": frozenset({("reads-secrets", "SecretsManagerReadWrite")}),
}
_HARMLESS = frozenset({"denied", "bounded", "narrow"})


def prove(table: str, compute: Callable[[Mapping[str, Rows]], Iterable[Mapping[str, Any]]]) -> None:
    """Raise AuditorError where a table's computation does not find what is bad in the known-bad account."""
    found = {(row["arn"].rpartition("/")[2], thing) for row in compute(KNOWN_BAD) for thing in _things(row)}
    missing = _EXPECTED[table] - found
    wrong = {role for role, _ in found} & _HARMLESS
    if missing or wrong:
        told = [f"{role} is not found for {thing}" for role, thing in sorted(missing)]
        told += [f"{role} is found, and is harmless" for role in sorted(wrong)]
        raise AuditorError(f"The table {table} cannot be relied on: {'; '.join(told)}.", _REMEDY)


def _things(row: Mapping[str, Any]) -> Iterable[str]:
    if "method" in row:
        return [str(row["method"])]
    if "patterns" in row:
        return list(row["actions"] or ())
    return [row["action"] if "action" in row else row["policy_name"] if row["broad"] else "not broad"]
