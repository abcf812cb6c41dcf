"""Which conditions confine a statement: the keys, the operators and the values that do.

An operator confines where the key must be present and be one of the values:

- StringEquals, StringLike, ArnEquals, ArnLike and the like do, also with ForAnyValue;
- the same with IfExists or ForAllValues do not: they are true where the key is absent;
- negated ones (StringNotEquals, ArnNotLike) do not: everything else remains;
- Bool, Null, Date, Numeric and IpAddress do not: they say when or from where, not on what.

A value that matches everything (`*`, `?*`, an ARN with nothing but a wildcard for its resource) confines nothing.

Operators: IAM User Guide, reference_policies_elements_condition_operators.html; set operators:
reference_policies_condition-single-vs-multi-valued-context-keys.html.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from auditor.snapshot.derived.iam_actions import STRANGER
from auditor.snapshot.derived.policies import Condition, Statement, glob

Confines = Callable[[str, str], bool]
"""(condition key in lower case, one of its values) -> whether the value narrows what the key may be."""

_POSITIVE = re.compile(r"(foranyvalue:)?(string(equals|equalsignorecase|like)|arn(equals|like))")
_NEGATIVE = re.compile(r"(string(notequals|notequalsignorecase|notlike)|arn(notequals|notlike))(ifexists)?")

# Keys that name particular resources. A region, an organization, an account, the network that a call comes from, MFA,
# encryption in transit, a tag in the request or the caller's own name leave "every resource" as it is.
# Service Authorization Reference, condition keys of the services; global keys: reference_policies_condition-keys.html.
_RESOURCE_TAG = re.compile(r"([a-z0-9-]+:)(resourcetag|existingobjecttag|db-tag|cluster-tag)/.+")
_RESOURCE_KEYS = frozenset(
    {
        "dynamodb:leadingkeys",
        "ec2:subnet",
        "ec2:vpc",
        "ecs:cluster",
        "elasticfilesystem:accesspointarn",
        "kms:requestalias",
        "kms:resourcealiases",
        "lambda:functionarn",
        "s3:dataaccesspointarn",
        "secretsmanager:secretid",
    }
)


def names_resources(key: str, value: str) -> bool:
    """Tell whether a condition on the key with this value confines a grant to particular resources (IAM-01)."""
    return (key in _RESOURCE_KEYS or bool(_RESOURCE_TAG.fullmatch(key))) and not is_anything(value)


def is_anything(value: str) -> bool:
    """Tell whether a value is empty or matches whatever there is: `*`, `?*`, `arn:aws:lambda:*`."""
    if not value:
        return True
    matches = glob(value)
    arn = f"arn:aws:{STRANGER}:{STRANGER}:{STRANGER}:{STRANGER}"
    return matches(STRANGER) or matches(arn) or bool(re.fullmatch(r"arn(:[^:]*){0,4}:[*?:]*[*?]", value))


def confined_by(condition: Condition, confines: Confines) -> Iterator[str]:
    """Yield the condition keys of an Allow that confine it, as written."""
    for operator, keys in condition.items():
        for key, values in keys.items():
            if _POSITIVE.fullmatch(operator.lower()) and _narrow(key, values, confines):
                yield key


def is_absolute(deny: Statement, confines: Confines) -> bool:
    """Tell whether a Deny leaves nothing open but what a confining condition would leave.

    So it does without conditions. With conditions (all must be true for it to apply) it does where each is the
    negation of a confining one: Deny unless aws:ResourceTag/team is x leaves what is tagged so, or none at all. A
    negated operator is true where the key is absent, so `IfExists` changes nothing; set operators are not relied on.
    """
    return all(
        _NEGATIVE.fullmatch(operator.lower()) and _narrow(key, values, confines)
        for operator, keys in deny.condition.items()
        for key, values in keys.items()
    )


def _narrow(key: str, values: tuple[str, ...], confines: Confines) -> bool:
    return bool(values) and all(confines(key.lower(), value) for value in values)
