r"""JMESPath as mappings use it, with a few functions of their own. Pure.

`tail(x)`: what follows the last `/` of an ARN or path (the last `:` where there is none); `lower(x)`; `dns(x)`: a DNS
name as it is compared (lower case, no trailing dot, `\052` for `*` undone); `one(x)`: a block that a list holds alone;
`number(x)`: a number that is written as text; `document(x)`: JSON that is written as text; `split(x, by)`.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator, Mapping
from typing import Any

import jmespath
import jmespath.functions
import orjson

_PLAIN = re.compile(r"[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*")
_ESCAPED = re.compile(r"\\([0-7]{3})")
_TEXT = {"types": ["string", "number", "boolean", "array", "object", "null"]}


class _Functions(jmespath.functions.Functions):  # type: ignore[misc]  # jmespath has no types
    """What JMESPath lacks; each gives null for null."""

    @jmespath.functions.signature(_TEXT)  # type: ignore[untyped-decorator]
    def _func_tail(self, text: Any) -> Any:  # noqa: ANN401 - any JSON
        return text.rsplit("/" if "/" in text else ":", 1)[-1] if isinstance(text, str) else text

    @jmespath.functions.signature(_TEXT)  # type: ignore[untyped-decorator]
    def _func_lower(self, text: Any) -> Any:  # noqa: ANN401 - any JSON
        return text.lower() if isinstance(text, str) else text

    @jmespath.functions.signature(_TEXT)  # type: ignore[untyped-decorator]
    def _func_dns(self, text: Any) -> Any:  # noqa: ANN401 - any JSON
        return dns_name(text) if isinstance(text, str) else text

    @jmespath.functions.signature(_TEXT)  # type: ignore[untyped-decorator]
    def _func_one(self, value: Any) -> Any:  # noqa: ANN401 - any JSON
        return (value[0] if len(value) == 1 else None) if isinstance(value, list) else value

    @jmespath.functions.signature(_TEXT)  # type: ignore[untyped-decorator]
    def _func_number(self, text: Any) -> Any:  # noqa: ANN401 - any JSON
        if not isinstance(text, str):
            return text
        try:
            value = float(text)
        except ValueError:
            return text
        return int(value) if value.is_integer() else value

    @jmespath.functions.signature(_TEXT)  # type: ignore[untyped-decorator]
    def _func_document(self, text: Any) -> Any:  # noqa: ANN401 - any JSON
        return parsed_json(text)

    @jmespath.functions.signature(_TEXT, {"types": ["string"]})  # type: ignore[untyped-decorator]
    def _func_split(self, text: Any, by: str) -> Any:  # noqa: ANN401 - any JSON
        return text.split(by) if isinstance(text, str) else text


_OPTIONS = jmespath.Options(custom_functions=_Functions())


@functools.cache
def _names(expression: str) -> tuple[str, ...]:
    """The members of an expression that consists of members alone; empty for others."""
    return tuple(expression.split(".")) if _PLAIN.fullmatch(expression) else ()


@functools.cache
def _compiled(expression: str) -> Any:  # noqa: ANN401 - jmespath has no types
    return jmespath.compile(expression)


def find(expression: str, value: Any) -> Any:  # noqa: ANN401 - any JSON
    """What an expression finds in a value; members alone (`A.B`) cost no parsing. None where it does not apply."""
    if names := _names(expression):
        for name in names:
            if not isinstance(value, dict):
                return None
            value = value.get(name)
        return value
    try:
        return _compiled(expression).search(value, options=_OPTIONS)
    except (jmespath.exceptions.JMESPathTypeError, TypeError):  # null for a function, text compared with a number
        return None


def problem(expression: str) -> str:
    """What is wrong with an expression; empty where it can be read."""
    try:
        _compiled(expression).search({}, options=_OPTIONS)
    except jmespath.exceptions.JMESPathTypeError:
        return ""  # a function of JMESPath's own that was given null: the expression itself reads well
    except jmespath.exceptions.JMESPathError as error:
        return str(error).splitlines()[0]
    return ""


@functools.cache
def members(expression: str) -> frozenset[str]:
    """The members of the value itself that an expression reads: columns of a row, attributes of a resource."""
    return frozenset(_members(_compiled(expression).parsed))


def _members(node: Any) -> Iterator[str]:  # noqa: ANN401 - jmespath's own tree
    kind, children = node["type"], node["children"]
    if kind == "field":
        yield node["value"]
    elif kind in ("subexpression", "index_expression", "projection", "value_projection", "filter_projection", "pipe"):
        yield from _members(children[0])
    else:
        for child in children:
            yield from _members(child)


@functools.cache
def shape(expression: str) -> Mapping[str, Any] | None:
    """The members that an expression gives its objects (`{a: A, b: {c: C}}`), nested; None where it makes none."""
    return _shape(_compiled(expression).parsed)


def _shape(node: Any) -> Mapping[str, Any] | None:  # noqa: ANN401 - jmespath's own tree
    kind, children = node["type"], node["children"]
    if kind == "multi_select_dict":
        return {pair["value"]: _shape(pair["children"][0]) for pair in children}
    if kind in ("projection", "value_projection", "filter_projection", "pipe", "subexpression", "flatten"):
        return _shape(children[1] if kind == "filter_projection" else children[-1])
    if kind == "multi_select_list" and len(children) == 1:
        return _shape(children[0])
    if kind in ("and_expression", "or_expression"):
        return _shape(children[1]) or _shape(children[0])
    return None


def dns_name(text: str) -> str:
    r"""A DNS name as it is compared: Route 53 answers a trailing dot and writes `*` as `\052` (RFC 1035, 5.1)."""
    return _ESCAPED.sub(lambda match: chr(int(match[1], 8)), text).lower().rstrip(".")


def parsed_json(text: object) -> Any:  # noqa: ANN401 - any JSON
    """A document that is written as text; what is no JSON stays as it is."""
    if not isinstance(text, str):
        return text
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        return text
