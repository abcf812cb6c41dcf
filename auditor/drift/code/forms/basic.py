"""Forms that are not about a single service, and what others are made of. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from auditor.drift.code.paths import dns_name, parsed_json

Canonical: TypeAlias = Callable[[Any], Any]


@dataclass(frozen=True, slots=True)
class Form:
    """How the two sides are brought into one form."""

    declared: Canonical
    live: Canonical


def plain(value: Any) -> Any:  # noqa: ANN401 - any JSON
    """Scalars as text (`8`, `"8"` and `8.0` are the same, and so are `true` and `"true"`), without what is nothing."""
    if isinstance(value, Mapping):
        members = {str(name): plain(item) for name, item in value.items()}
        return {name: item for name, item in members.items() if item is not None} or None
    if isinstance(value, list | tuple):
        return [item for item in map(plain, value) if item is not None] or None
    return _scalar(value)


def _scalar(value: Any) -> Any:  # noqa: ANN401 - any JSON
    if value is None or value is False or value in ("", "false", "0"):
        return None
    if value is True:
        return "true"
    if isinstance(value, int | float):
        number = int(value) if isinstance(value, float) and value.is_integer() else value
        return str(number) if number else None
    return str(value)


def tags(value: Any) -> Any:  # noqa: ANN401 - any JSON
    """Tags as a map, whichever of AWS's forms they have; those that AWS sets itself (`aws:…`) left out.

    An empty value is a value: a tag without one is a tag.
    """
    if isinstance(value, list):
        pairs = {_tag_part(tag, "key"): _tag_part(tag, "value") for tag in value if isinstance(tag, Mapping)}
    else:
        pairs = dict(value) if isinstance(value, Mapping) else {}
    kept = {str(key): _text(text) for key, text in pairs.items() if not str(key).lower().startswith("aws:")}
    return kept or None


def _tag_part(tag: Mapping[str, Any], name: str) -> Any:  # noqa: ANN401 - any JSON
    return next((tag[key] for key in (name.capitalize(), name, f"Tag{name.capitalize()}") if key in tag), None)


def _text(text: Any) -> str:  # noqa: ANN401 - any JSON
    return "" if text is None else ("true" if text else "false") if isinstance(text, bool) else str(text)


def json_text(value: Any) -> Any:  # noqa: ANN401 - any JSON
    """A document, written as text or not; in it `false` and `0` are values."""
    return exact(parsed_json(value)) or None


def exact(value: Any) -> Any:  # noqa: ANN401 - any JSON
    """Scalars as text, and nothing left out but null."""
    if isinstance(value, Mapping):
        return {str(name): exact(item) for name, item in value.items() if item is not None}
    if isinstance(value, list | tuple):
        return [exact(item) for item in value if item is not None]
    return None if value is None else _text(value)


_MEMBERS_OF_ONE = ("Action", "NotAction", "Resource", "NotResource")


def policy(value: Any) -> Any:  # noqa: ANN401 - any JSON
    """An IAM policy document: a lone statement, action, resource or principal as a list of one; actions in lower case.

    An account's number and the ARN of its root are the same principal.
    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html
    """
    document = parsed_json(value)
    if not isinstance(document, Mapping):
        return exact(document) or None
    statements = _many(document.get("Statement"))
    return exact({**document, "Statement": [_statement(one) for one in statements]})


def _statement(statement: Any) -> Any:  # noqa: ANN401 - any JSON
    if not isinstance(statement, Mapping):
        return statement
    found = {name: value for name, value in statement.items() if name != "Sid" or value}
    for member in _MEMBERS_OF_ONE:
        if member in found:
            found[member] = _many(found[member])
            if member.endswith("Action"):
                found[member] = [str(action).lower() for action in found[member]]
    for member in ("Principal", "NotPrincipal"):
        if member in found:
            found[member] = _principal(found[member])
    condition = found.get("Condition")
    if isinstance(condition, Mapping):
        found["Condition"] = {
            str(operator): {str(key).lower(): [_text(one) for one in _many(values)] for key, values in keys.items()}
            if isinstance(keys, Mapping)
            else keys
            for operator, keys in condition.items()
        }
    return found


def _principal(principal: Any) -> Any:  # noqa: ANN401 - any JSON
    if not isinstance(principal, Mapping):
        return principal
    return {kind: [_account(one) for one in _many(values)] for kind, values in principal.items()}


def _account(principal: Any) -> Any:  # noqa: ANN401 - any JSON
    if isinstance(principal, str) and principal.isdigit():
        return f"arn:aws:iam::{principal}:root"
    return principal


def _many(value: Any) -> list[Any]:  # noqa: ANN401 - any JSON
    return value if isinstance(value, list) else [] if value is None else [value]


def lower(value: Any) -> Any:  # noqa: ANN401 - any JSON
    """Text in which case means nothing."""
    return plain(_each(value, str.lower))


def dns(value: Any) -> Any:  # noqa: ANN401 - any JSON
    r"""DNS names: case and trailing dot mean nothing, and `\052` is `*`."""
    return plain(_each(value, dns_name))


def tail(value: Any) -> Any:  # noqa: ANN401 - any JSON
    """ARNs or paths and names, of which the last part alone is compared: one side says the ARN, the other the name."""
    return plain(_each(value, lambda text: text.rsplit("/" if "/" in text else ":", 1)[-1]))


def _each(value: Any, change: Callable[[str], str]) -> Any:  # noqa: ANN401 - any JSON
    if isinstance(value, list | tuple):
        return [_each(item, change) for item in value]
    return change(value) if isinstance(value, str) else value


def _same(canonical: Canonical) -> Form:
    return Form(canonical, canonical)


FORMS: Mapping[str, Form] = {
    "plain": _same(plain),
    "tags": _same(tags),
    "json": _same(json_text),
    "policy": _same(policy),
    "lower": _same(lower),
    "dns": _same(dns),
    "tail": _same(tail),
}
"""Those that any mapping may name."""
