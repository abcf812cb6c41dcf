"""Forms of IAM, compute and monitoring. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from auditor.drift.code.forms import basic
from auditor.drift.code.forms.basic import Form, plain
from auditor.drift.code.paths import find, parsed_json

# ---------------------------------------------------------------------------------------- scalars that `plain` loses


def flag(value: Any) -> Any:  # noqa: ANN401 - any JSON
    """A boolean of which false says something: it is on where nobody says otherwise, as an alarm's actions are.

    https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html (ActionsEnabled)
    """
    text = str(value).lower()
    return text if text in ("true", "false") else None


def figures(value: Any) -> Any:  # noqa: ANN401 - any JSON
    """Numbers of which 0 says something, alone or as the members of an object.

    A function with no reserved concurrency at all is throttled; without a reservation it is not.
    https://docs.aws.amazon.com/lambda/latest/dg/configuration-concurrency.html
    """
    if isinstance(value, Mapping):
        members = {str(name): figures(item) for name, item in value.items()}
        return {name: item for name, item in members.items() if item is not None} or None
    if value is None or value == "" or isinstance(value, bool):
        return None
    try:
        number = float(str(value))
    except ValueError:
        return plain(value)
    return str(int(number)) if number.is_integer() else str(number)


def spaced(value: Any) -> Any:  # noqa: ANN401 - any JSON
    """Text in which the width of white space means nothing: an alarm's rule, written over several lines or in one.

    https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutCompositeAlarm.html
    """
    return plain(" ".join(value.split()) if isinstance(value, str) else value)


# ---------------------------------------------------------------------------------------- names


def after_slash(value: Any) -> Any:  # noqa: ANN401 - any JSON
    """What follows the last `/`: a task definition's `family:revision`, whether or not it is an ARN.

    https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_Service.html (taskDefinition)
    """
    return plain(value.rsplit("/", 1)[-1] if isinstance(value, str) else value)


def service_role(value: Any) -> Any:  # noqa: ANN401 - any JSON
    """The name of the role of an ECS service; its service-linked role, which ECS takes by itself, as none.

    The provider writes that one as `aws-service-role`, as a path, or as an ARN.
    https://docs.aws.amazon.com/AmazonECS/latest/developerguide/using-service-linked-roles.html
    """
    is_linked = isinstance(value, str) and ("aws-service-role" in value or value.endswith("AWSServiceRoleForECS"))
    return None if is_linked else after_slash(value)


_RULE_STATES = {True: "ENABLED", False: "DISABLED"}


def rule_state(value: Any) -> Any:  # noqa: ANN401 - any JSON
    """The state of an EventBridge rule, which older providers call `is_enabled`.

    https://registry.terraform.io/providers/hashicorp/aws/latest/docs/resources/cloudwatch_event_rule
    """
    return _RULE_STATES[value] if isinstance(value, bool) else plain(value)


# ---------------------------------------------------------------------------------------- maps and lists


def texts(value: Any) -> Any:  # noqa: ANN401 - any JSON
    """A map of texts, of which an empty one and `false` say something; AWS has some as lists of Name and Value.

    https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_Dimension.html
    """
    if isinstance(value, list):
        value = {str(item.get("Name")): item.get("Value") for item in value if isinstance(item, Mapping)}
    return (basic.exact(value) or None) if isinstance(value, Mapping) else None


def application_tags(value: Any) -> Any:  # noqa: ANN401 - any JSON
    """Tags without those with which the Serverless Application Repository says what it deployed.

    https://docs.aws.amazon.com/serverlessrepo/latest/devguide/serverlessrepo-how-to-consume.html
    """
    found = basic.tags(value) or {}
    return {key: text for key, text in found.items() if not key.startswith("serverlessrepo:")} or None


def inline_policies(value: Any) -> Any:  # noqa: ANN401 - any JSON
    """Inline policies by name, each with its document in the form of policies.

    `inline_policy {}` without a name says that there shall be none.
    https://registry.terraform.io/providers/hashicorp/aws/latest/docs/resources/iam_role
    """
    found = [item for item in _many(value) if isinstance(item, Mapping) and item.get("name")]
    return [{"name": str(item["name"]), "policy": basic.policy(item.get("policy"))} for item in found] or None


def metric_queries(value: Any) -> Any:  # noqa: ANN401 - any JSON
    """The queries of an alarm over metrics, by id, as the provider has them: `metric` a block, dimensions a map.

    https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_MetricDataQuery.html
    """
    return plain([_query(item) for item in _many(value) if isinstance(item, Mapping)])


_QUERY_OF_AWS = """{
    id: Id, expression: Expression, label: Label, return_data: ReturnData, period: Period, account_id: AccountId,
    metric: MetricStat.{metric_name: Metric.MetricName, namespace: Metric.Namespace, dimensions: Metric.Dimensions,
                        period: Period, stat: Stat, unit: Unit}
}"""


def _query(item: Mapping[str, Any]) -> dict[str, Any]:
    query = dict(find(_QUERY_OF_AWS, item)) if "Id" in item else dict(item)
    metric = find("one(metric)", query)
    if isinstance(metric, Mapping):
        query["metric"] = {**metric, "dimensions": texts(metric.get("dimensions"))}
    return query


# ---------------------------------------------------------------------------------------- statements


def statements(value: Any) -> Any:  # noqa: ANN401 - any JSON
    """The statements of a function's or an event bus's policy, as the call that adds one takes it.

    The resource is left out, being the one that has the policy. ArnEquals and StringLike of a source's ARN count as
    ArnLike, which AddPermission has written at one time or another.
    https://docs.aws.amazon.com/lambda/latest/api/API_AddPermission.html
    https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutPermission.html
    """
    return [_statement(item) for item in _many(value) if isinstance(item, Mapping)] or None


def _statement(item: Mapping[str, Any]) -> dict[str, Any]:
    known = {"Sid", "Effect", "Action", "Principal", "Condition", "Resource"}
    found = {
        "statement_id": plain(item.get("Sid")),
        "effect": item.get("Effect") if item.get("Effect") != "Allow" else None,
        "action": [str(one).lower() for one in _many(item.get("Action"))],
        "principal": _principal(item.get("Principal")),
        "condition": _condition(item.get("Condition")),
        "further": basic.exact({name: value for name, value in item.items() if name not in known}),
    }
    return {name: value for name, value in found.items() if value}


def _principal(value: Any) -> Any:  # noqa: ANN401 - any JSON
    """Principals as `kind: [name]`; `*` and `{"AWS": "*"}` are the same, and so are an account and its root."""
    if isinstance(value, Mapping):
        return {str(kind): sorted(_account(str(one)) for one in _many(names)) for kind, names in value.items()}
    if not isinstance(value, str):
        return None
    is_service = value != "*" and not value.isdigit() and not value.startswith("arn:")
    return {"Service" if is_service else "AWS": [_account(value)]}


def _account(name: str) -> str:
    return f"arn:aws:iam::{name}:root" if name.isdigit() else name


def _condition(value: Any) -> Any:  # noqa: ANN401 - any JSON
    """Conditions as `operator: {key: [value]}`, from a policy's or from a block with type, key and value.

    What an attribute leaves open (null, "", a boolean false) is no condition; the text `false` is one.
    """
    if isinstance(value, list) or (isinstance(value, Mapping) and "type" in value):
        blocks = [block for block in _many(value) if isinstance(block, Mapping)]
        value = {str(block.get("type")): {str(block.get("key")): block.get("value")} for block in blocks}
    found: dict[str, dict[str, Any]] = {}
    for operator, keys in value.items() if isinstance(value, Mapping) else ():
        for key, values in keys.items() if isinstance(keys, Mapping) else ():
            said = [one for one in _many(values) if one is not None and one is not False and one != ""]
            if said:
                found.setdefault(_operator(str(operator), str(key)), {})[str(key).lower()] = basic.exact(said)
    return found


def _operator(operator: str, key: str) -> str:
    is_arn = key.lower() == "aws:sourcearn" and operator in ("ArnEquals", "StringLike")
    return "ArnLike" if is_arn else operator


def _many(value: Any) -> list[Any]:  # noqa: ANN401 - any JSON
    """A list, from text that is JSON, from a lone value, or from nothing."""
    value = parsed_json(value) if isinstance(value, str) and value.startswith(("[", "{")) else value
    return value if isinstance(value, list) else [] if value is None else [value]


def _same(canonical: Callable[[Any], Any]) -> Form:
    return Form(canonical, canonical)


FORMS: Mapping[str, Form] = {
    "flag": _same(flag),
    "figures": _same(figures),
    "spaced": _same(spaced),
    "after_slash": _same(after_slash),
    "service_role": _same(service_role),
    "rule_state": _same(rule_state),
    "texts": _same(texts),
    "application_tags": _same(application_tags),
    "inline_policies": _same(inline_policies),
    "metric_queries": _same(metric_queries),
    "statements": _same(statements),
}
