"""Definitions of state machines, read before anything is written: their states, and what each task runs.

A definition may have literal values in its parameters, credentials among them. What is kept of a state is its name, its
type, its place and the names of the resources that it works with. https://states-language.net/spec.html
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

import orjson

from auditor.collectors import values

_WORKED_WITH = frozenset(
    {
        "Cluster",
        "FunctionName",
        "ListenerArn",
        "LoadBalancerArn",
        "QueueUrl",
        "StateMachineArn",
        "TableName",
        "TargetGroupArn",
        "TaskDefinition",
        "TopicArn",
    }
)
"""Arguments of service integrations that name a resource."""

_ARN_OR_NAME = re.compile(r"[A-Za-z0-9_:/.$-]{1,2048}")
_DEEPEST = 50
DYNAMIC = "?"
"""The value of an argument that is only known when the machine runs."""


def states(definition: str | None) -> list[dict[str, Any]] | None:
    """Every state of a definition in the Amazon States Language, those inside of Map and Parallel states too.

    A state is {name, type, path} and, of a Task, {resource, arguments}: `path` names the states around it, a slash
    between two; `arguments` maps those members of Parameters or Arguments that name a resource to that name, `?` where
    it is only known at run time. Raises ValueError where the text is no such definition. None for None.
    """
    if definition is None:
        return None
    try:
        machine = orjson.loads(definition)
    except orjson.JSONDecodeError as error:
        raise ValueError("the definition of the state machine is no JSON") from error
    if not isinstance(machine, Mapping) or not isinstance(machine.get("States"), Mapping):
        raise ValueError("the definition of the state machine has no States")
    return list(_within(machine, "", 0))


def _within(machine: Mapping[str, Any], path: str, depth: int) -> Iterator[dict[str, Any]]:
    if depth > _DEEPEST:
        raise ValueError(f"the states are nested deeper than {_DEEPEST} levels")
    for name, state in machine["States"].items():
        if not isinstance(state, Mapping):
            raise ValueError("a state of the definition is no structure")
        kind = str(state.get("Type") or "")
        found: dict[str, Any] = {"name": values.text(name), "type": values.text(kind), "path": values.text(path)}
        if kind == "Task":
            found |= {"resource": _name(state.get("Resource")), "arguments": _arguments(state)}
        yield found
        below = f"{path}/{name}" if path else str(name)
        for inner in (state.get("Iterator"), state.get("ItemProcessor"), *(state.get("Branches") or ())):
            if isinstance(inner, Mapping) and isinstance(inner.get("States"), Mapping):
                yield from _within(inner, below, depth + 1)


def _arguments(state: Mapping[str, Any]) -> dict[str, str]:
    """The resources that a task names, from JSONPath's Parameters or JSONata's Arguments."""
    given = state.get("Arguments", state.get("Parameters"))
    if isinstance(given, str):  # JSONata gives all the arguments at run time.
        return dict.fromkeys(sorted(_WORKED_WITH), DYNAMIC)
    found = {}
    for member, value in given.items() if isinstance(given, Mapping) else ():
        plain = member.removesuffix(".$")
        if plain in _WORKED_WITH:
            found[plain] = DYNAMIC if plain != member else _name(value)
    return found


def _name(value: object) -> str:
    """A resource's ARN, URL or name as it is written; `?` for an expression, and for what cannot be a name."""
    return value if isinstance(value, str) and _ARN_OR_NAME.fullmatch(value) else DYNAMIC
