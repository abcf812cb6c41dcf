"""The least-privilege IAM policy for exactly the actions that an audit calls, in three forms.

A managed policy holds at most 6,144 characters, white space not counted
(https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html). What does not fit is split into several
statements `AuditorRead1`, `AuditorRead2` …: in Terraform and CloudFormation each becomes a managed policy of its own;
in JSON they stand in one document, each small enough to be a managed policy by itself.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, Literal

from auditor.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["FORMS", "LIMIT", "documents", "render"]

Form = Literal["json", "terraform", "cloudformation"]
FORMS: tuple[Form, ...] = ("json", "terraform", "cloudformation")
LIMIT = 6144

Statement = dict[str, Any]

_ACTION = re.compile(r"[a-z0-9-]+:[A-Za-z0-9]+")


def render(
    actions: Sequence[str],
    fmt: Form,
    *,
    caller: bool = False,
    role_arns: Sequence[str] = (),
    signing_key: str = "",
    states: Sequence[str] = (),
) -> str:
    """The policy that the audited role needs, or with `caller` what the caller needs besides.

    The caller's is `sts:AssumeRole` on `role_arns`, those of `actions` that belong to AWS Organizations, signing with
    the KMS key `signing_key` (an ARN), and reading the `states` (`s3://` addresses, globs allowed).
    """
    signing = {"Action": ["kms:GetPublicKey", "kms:Sign"]}
    statements = _split("AuditorSign", "Resource", [signing_key] if caller and signing_key else [], signing)
    if caller:
        statements += _states(states)
    statements = _statements(actions, caller=caller, role_arns=role_arns, besides=statements)
    name = "auditor-caller" if caller else "auditor-read"
    if fmt == "terraform":
        return _terraform(documents(statements), name)
    if fmt == "cloudformation":
        return _pretty(_cloudformation(documents(statements), name))
    if fmt == "json":
        return _pretty(_document(statements))
    raise UsageError(f"Unknown policy format {fmt!r}.", f"There are: {', '.join(FORMS)}.")


def _states(addresses: Sequence[str]) -> list[Statement]:
    """Reading states from S3: the objects, and for globs the lists of their buckets.

    IAM has `*` and `?` alone, so that `[ab]` and `**` become `*`.
    """
    keys = [re.sub(r"\[[^]]*\]|\*+", "*", address.removeprefix("s3://")) for address in addresses]
    objects = sorted({f"arn:aws:s3:::{key}" for key in keys})
    buckets = sorted({f"arn:aws:s3:::{key.split('/')[0]}" for key in keys if set("*?") & set(key)})
    return [
        *_split("AuditorStates", "Resource", objects, {"Action": ["s3:GetObject"]}),
        *_split("AuditorStateLists", "Resource", buckets, {"Action": ["s3:ListBucket"]}),
    ]


def documents(statements: Sequence[Statement]) -> list[dict[str, Any]]:
    """The statements as managed policies, each within AWS's limit, as few as keeping their order allows."""
    packed: list[list[Statement]] = []
    for statement in statements:
        if packed and _size(_document([*packed[-1], statement])) <= LIMIT:
            packed[-1].append(statement)
        else:
            packed.append([statement])
    return [_document(one) for one in packed]


def _statements(
    actions: Sequence[str], *, caller: bool, role_arns: Sequence[str], besides: Sequence[Statement]
) -> list[Statement]:
    wanted = sorted({action for action in actions if not caller or action.startswith("organizations:")})
    for action in wanted:
        if not _ACTION.fullmatch(action):
            raise ValueError(f"not an IAM action: {action!r}")
    roles = sorted(set(role_arns)) if caller else []
    statements = _split("AuditorAssumeRole", "Resource", roles, {"Action": ["sts:AssumeRole"]})
    statements += _split("AuditorOrganization" if caller else "AuditorRead", "Action", wanted, {"Resource": "*"})
    statements += besides
    if not statements:
        raise UsageError(
            f"There is nothing to permit: {'no role to assume, no organization, no key' if caller else 'no calls'}.",
            "Name roles under [[accounts]] or [organization]." if caller else "Choose at least one check.",
        )
    return statements


def _split(sid: str, key: str, values: Sequence[str], rest: Statement) -> list[Statement]:
    """One statement, or as many as it takes for each to fit into a managed policy."""
    chunks: list[list[str]] = []
    for value in values:
        if chunks and _size(_document([_statement(f"{sid}999", {key: [*chunks[-1], value]}, rest)])) <= LIMIT:
            chunks[-1].append(value)
        else:
            chunks.append([value])
    names = [sid] if len(chunks) == 1 else [f"{sid}{number}" for number in range(1, len(chunks) + 1)]
    return [_statement(name, {key: chunk}, rest) for name, chunk in zip(names, chunks, strict=True)]


def _statement(sid: str, part: Statement, rest: Statement) -> Statement:
    parts = {**part, **rest}
    return {"Sid": sid, "Effect": "Allow", "Action": parts["Action"], "Resource": parts["Resource"]}


def _document(statements: Sequence[Statement]) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": list(statements)}


def _size(document: dict[str, Any]) -> int:
    return len(json.dumps(document, separators=(",", ":")))


def _pretty(document: dict[str, Any]) -> str:
    return json.dumps(document, indent=2) + "\n"


# ---------------------------------------------------------------------------------------- CloudFormation


def _cloudformation(policies: Sequence[dict[str, Any]], name: str) -> dict[str, Any]:
    """https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-iam-managedpolicy.html."""
    resources = {
        logical: {
            "Type": "AWS::IAM::ManagedPolicy",
            "Properties": {"Description": _purpose(name), "PolicyDocument": policy},
        }
        for logical, policy in zip(_numbered("AuditorPolicy", len(policies)), policies, strict=True)
    }
    return {
        "AWSTemplateFormatVersion": "2010-09-09",
        "Description": f"{_purpose(name)}{_attach_all(len(policies))}",
        "Resources": resources,
        "Outputs": {f"{logical}Arn": {"Value": {"Ref": logical}} for logical in resources},
    }


def _numbered(stem: str, count: int) -> list[str]:
    return [stem] if count == 1 else [f"{stem}{number}" for number in range(1, count + 1)]


def _purpose(name: str) -> str:
    if name == "auditor-caller":
        return "What the caller of auditor needs, generated by auditor policy --caller."
    return "Read-only: exactly the actions that auditor calls, generated by auditor policy."


def _attach_all(count: int) -> str:
    if count == 1:
        return ""
    return f" {count} policies, because one managed policy holds {LIMIT} characters: attach all of them."


# ---------------------------------------------------------------------------------------- Terraform


def _terraform(policies: Sequence[dict[str, Any]], name: str) -> str:
    """https://registry.terraform.io/providers/hashicorp/aws/latest/docs/resources/iam_policy."""
    labels = _numbered("auditor", len(policies))
    names = _numbered(name, len(policies))
    header = f"# {_purpose(name)}{_attach_all(len(policies))}\n"
    blocks = [_terraform_policy(*each, _purpose(name)) for each in zip(labels, names, policies, strict=True)]
    return "\n".join([header, *blocks])


def _terraform_policy(label: str, name: str, policy: dict[str, Any], purpose: str) -> str:
    statements = "\n".join(_terraform_statement(statement) for statement in policy["Statement"])
    return f"""data "aws_iam_policy_document" "{label}" {{
{statements}}}

resource "aws_iam_policy" "{label}" {{
  name        = {_hcl(name)}
  description = {_hcl(purpose)}
  policy      = data.aws_iam_policy_document.{label}.json
}}
"""


def _terraform_statement(statement: Statement) -> str:
    resources = [statement["Resource"]] if isinstance(statement["Resource"], str) else statement["Resource"]
    return f"""  statement {{
    sid    = {_hcl(statement["Sid"])}
    effect = "Allow"

    actions = {_hcl_list(statement["Action"])}

    resources = {_hcl_list(resources)}
  }}
"""


def _hcl(text: str) -> str:
    """A quoted HCL string in which `${` and `%{` start no template."""
    return json.dumps(text).replace("${", "$${").replace("%{", "%%{")


def _hcl_list(values: Sequence[str]) -> str:
    return "[\n" + "".join(f"      {_hcl(value)},\n" for value in values) + "    ]"
