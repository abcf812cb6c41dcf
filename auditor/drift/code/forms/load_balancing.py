"""Forms of load balancers' actions, conditions and attributes. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from auditor.drift.code.forms.basic import Form, plain
from auditor.drift.code.forms.blocks import Flat, block, elements, items, number, one, texts

# ---------------------------------------------------------------------------------------- actions

_AUTHENTICATION = {
    "authentication_request_extra_params": None,
    "on_unauthenticated_request": "authenticate",
    "scope": "openid",
    "session_cookie_name": "AWSELBAuthSessionCookie",
    "session_timeout": "604800",
}
_ACTIONS: Mapping[str, Mapping[str, str | None]] = {
    "redirect": {
        "host": "#{host}",
        "path": "/#{path}",
        "port": "#{port}",
        "protocol": "#{protocol}",
        "query": "#{query}",
        "status_code": None,
    },
    "fixed_response": dict.fromkeys(("content_type", "message_body", "status_code")),
    "authenticate_cognito": {
        **_AUTHENTICATION,
        **dict.fromkeys(("user_pool_arn", "user_pool_client_id", "user_pool_domain")),
    },
    "authenticate_oidc": {
        **_AUTHENTICATION,
        **dict.fromkeys(("authorization_endpoint", "client_id", "issuer", "token_endpoint", "user_info_endpoint")),
    },
    "jwt_validation": dict.fromkeys(("additional_claim", "issuer", "jwks_endpoint")),
}
"""What an action of each type consists of, and what AWS takes where it is not given. A client's secret is not among it.
https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_Action.html"""


def declared_actions(value: Any) -> list[Flat] | None:  # noqa: ANN401 - any JSON
    """Actions as `aws_lb_listener` has them; forwarding to one target group is the same in both ways to write it.

    https://registry.terraform.io/providers/hashicorp/aws/latest/docs/resources/lb_listener
    """
    actions = [action for _, action in sorted(enumerate(items(value), 1), key=lambda at: _place(*at))]
    if len(actions) == 1:
        return [_action(actions[0])]
    return [_action(action) | {"order": str(place)} for place, action in enumerate(actions, 1)] or None


def _place(position: int, action: Mapping[str, Any]) -> tuple[int, int]:
    """Where an action stands among others: as its order says, or else where it is."""
    order = number(action.get("order")) or ""
    return (int(order) if order.isdecimal() and order != "0" else position, position)


def live_actions(value: Any) -> list[Flat] | None:  # noqa: ANN401 - any JSON
    """The same of DescribeListeners and DescribeRules."""
    return declared_actions([_as_declared(action) for action in items(value)])


def _action(action: Mapping[str, Any]) -> Flat:
    kind = str(action.get("type"))
    name = kind.replace("-", "_")
    if name == "forward":
        return {"type": kind, **_forward(action)}
    given = one(action.get(name))
    found: Flat = {}
    for member, default in _ACTIONS.get(name, {}).items():
        found[member] = plain(given.get(member, given.get(f"{member}s"))) or default
    return {"type": kind, name: {member: value for member, value in found.items() if value is not None}}


def _forward(action: Mapping[str, Any]) -> Flat:
    forward = one(action.get("forward"))
    groups = items(forward.get("target_group")) or items(forward.get("target_groups"))
    weights = {str(group.get("arn")): number(group.get("weight")) or "1" for group in groups}
    found: Flat = {"target_group": weights}
    if len(weights) <= 1:
        found = {"target_group_arn": next(iter(weights), None) or plain(action.get("target_group_arn"))}
    sticky = plain(one(forward.get("stickiness"))) or {}
    return found | ({"stickiness": sticky.get("duration")} if sticky.get("enabled") == "true" else {})


def _as_declared(action: Mapping[str, Any]) -> Flat:
    forward = one(action.get("ForwardConfig"))
    sticky = one(forward.get("TargetGroupStickinessConfig"))
    groups = items(forward.get("TargetGroups"))
    found: Flat = {
        "type": action.get("Type"),
        "order": action.get("Order"),
        "target_group_arn": action.get("TargetGroupArn"),
        "forward": {
            "target_group": [{"arn": group.get("TargetGroupArn"), "weight": group.get("Weight")} for group in groups],
            "stickiness": {"enabled": sticky.get("Enabled"), "duration": sticky.get("DurationSeconds")},
        },
    }
    for name in _ACTIONS:
        member = "".join(part.capitalize() for part in name.split("_")) + "Config"
        found[name] = _snake(action.get(member))
    return found


def _snake(value: Any) -> Any:  # noqa: ANN401 - any JSON
    """AWS's names of an action's members in the provider's way; values that are maps of the user's own as they are."""
    if isinstance(value, list | tuple):
        return [_snake(item) for item in value]
    if not isinstance(value, Mapping):
        return value
    return {
        re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower(): item if name.endswith("ExtraParams") else _snake(item)
        for name, item in value.items()
    }


# ---------------------------------------------------------------------------------------- conditions

_CONDITIONS = {
    "host-header": ("host_header", "HostHeaderConfig"),
    "http-header": ("http_header", "HttpHeaderConfig"),
    "http-request-method": ("http_request_method", "HttpRequestMethodConfig"),
    "path-pattern": ("path_pattern", "PathPatternConfig"),
    "query-string": ("query_string", "QueryStringConfig"),
    "source-ip": ("source_ip", "SourceIpConfig"),
}
"""AWS's field -> the provider's block, AWS's structure."""


def declared_conditions(value: Any) -> list[Flat] | None:  # noqa: ANN401 - any JSON
    """A rule's conditions by field, their values as lists.

    https://registry.terraform.io/providers/hashicorp/aws/latest/docs/resources/lb_listener_rule: a condition block may
    have several fields, each a condition; versions before 3 have `field` and `values` instead.
    """
    return elements(found for given in items(value) for found in _declared_conditions_of(given))


def _declared_conditions_of(condition: Mapping[str, Any]) -> Iterator[Flat]:
    for field, (name, _) in _CONDITIONS.items():
        given = condition.get(name) or condition.get(f"{name}s")
        if field == "query-string" and items(given):
            yield _condition(field, [f"{pair.get('key') or ''}={pair.get('value') or ''}" for pair in items(given)])
        elif one(given):
            config = one(given)
            yield _condition(field, config.get("values"), config.get("regex_values"), config.get("http_header_name"))
    if condition.get("field"):
        yield _condition(str(condition["field"]), condition.get("values"))


def live_conditions(value: Any) -> list[Flat] | None:  # noqa: ANN401 - any JSON
    """The same of DescribeRules.

    https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_RuleCondition.html
    """
    return elements(_live_condition(condition) for condition in items(value))


def _live_condition(condition: Mapping[str, Any]) -> Flat:
    field = str(condition.get("Field"))
    config = one(condition.get(_CONDITIONS.get(field, ("", ""))[1]))
    values = config.get("Values") or condition.get("Values")
    regexes = config.get("RegexValues") or condition.get("RegexValues")
    if field == "query-string":
        values = [f"{pair.get('Key') or ''}={pair.get('Value') or ''}" for pair in items(values)]
    return _condition(field, values, regexes, config.get("HttpHeaderName"))


def _condition(field: str, values: Any, regexes: Any = None, header: Any = None) -> Flat:  # noqa: ANN401 - any JSON
    found: Flat = {"field": field, "http_header_name": header, "values": texts(values) or None}
    return found | {"regex_values": texts(regexes) or None}


# ---------------------------------------------------------------------------------------- attributes


def log_delivery(value: Any) -> Flat | None:  # noqa: ANN401 - any JSON
    """Where logs are delivered to; nothing where delivery is off, whatever bucket is written down."""
    given = plain(one(value)) or {}
    if given.get("enabled") != "true":
        return None
    return {name: given[name] for name in ("bucket", "enabled", "prefix") if name in given}


def on_by_default(value: Any) -> str:  # noqa: ANN401 - any JSON
    """A switch that is on where nothing is said."""
    return "false" if value is False or str(value).lower() == "false" else "true"


FORMS: Mapping[str, Form] = {
    "load_balancer_actions": Form(declared_actions, live_actions),
    "load_balancer_conditions": Form(declared_conditions, live_conditions),
    "log_delivery": Form(log_delivery, log_delivery),
    "mutual_authentication": block(
        {
            "mode": "off",
            "trust_store_arn": None,
            "ignore_client_certificate_expiry": None,
            "advertise_trust_store_ca_names": "off",
        }
    ),
    "on_by_default": Form(on_by_default, on_by_default),
}
"""By the name that mappings call them."""
