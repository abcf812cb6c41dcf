"""What CloudFormation answers and may hold credentials: only what cannot be one is kept. Pure.

The name that a value stands under decides first (`names`), then its form (`credentials`). What is withheld is null, and
that it is withheld is told: a value that nobody shows is not a value that was not there.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

import orjson

from auditor.collectors import values

WITHHELD = "withheld: it may hold a credential"
"""Stands for a sentence that is not kept."""

OUTPUT_NAMES = 'STRUCT("OutputKey" VARCHAR, "Value" VARCHAR)[]'
PROPERTY_DIFFERENCES = (
    'STRUCT("PropertyPath" VARCHAR, "DifferenceType" VARCHAR, "ExpectedValue" VARCHAR, "ActualValue" VARCHAR, '
    '"Withheld" BOOLEAN)[]'
)

_IDS = """
    acl ami aclassoc cgw dopt eigw eipalloc eipassoc eni fl fs fsap i igw lt nat pcx pl rtb rtbassoc sg sgr snap subnet
    tgw tgw-attach tgw-rtb vgw vol vpc vpce vpce-svc vpn
    """
_NAME = re.compile(
    r"arn:aws[a-z-]{0,12}:[a-z0-9-]{2,63}:[a-z0-9-]{0,32}:(?:\d{12}|aws)?:[\w.:/@+=,*-]{1,1024}"
    rf"|(?:{'|'.join(sorted(_IDS.split(), key=len, reverse=True))})-[0-9a-f]{{8}}(?:[0-9a-f]{{9}})?"
    r"|(?=.{1,253}\Z)(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9])?\.)+(?:amazonaws\.com(?:\.cn)?|awsglobalaccelerator\.com)",
    re.ASCII | re.IGNORECASE,
)
"""The whole of a value that can only name a resource: an ARN, an id that EC2 or EFS gave, a DNS name of AWS's.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html and
https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/resource-ids.html
"""

_VALUES = frozenset({"value", "parametervalue", "outputvalue", "optionvalue"})
_NAMES = ("Name", "Key", "ParameterKey", "OutputKey", "OptionName", "name", "key")
"""Members beside a value that name it, as in {Name, Value} of a container's environment."""
_NEVER = frozenset({"userdata"})
"""Properties that are scripts; whatever they hold is not shown."""
_NEVER_OF = frozenset({("AWS::SSM::Parameter", "Value"), ("AWS::SecretsManager::Secret", "SecretString")})
_SWITCHES = frozenset({"", "true", "false"})
"""What stands under a credential's name and is none: `ManageMasterUserPassword` is true."""
_DEEPEST = 40
_WORD = re.compile(r"[A-Za-z][\w.-]*", re.ASCII)


# ---------------------------------------------------------------------------------------- outputs of a stack


def output_names(outputs: Any) -> list[dict[str, str | None]]:  # noqa: ANN401 - what AWS answered
    """Each output's key, with its value where the whole of that is an ARN, an id or a DNS name of AWS's; else null."""
    return [
        {"OutputKey": values.text(output.get("OutputKey") or ""), "Value": _named(output.get("OutputValue"))}
        for output in map(_structure, outputs or ())
    ]


def _named(value: object) -> str | None:
    return value if isinstance(value, str) and _NAME.fullmatch(value) else None


# ---------------------------------------------------------------------------------------- drifted properties


def property_differences(
    differences: Any,  # noqa: ANN401 - what AWS answered
    expected: Any,  # noqa: ANN401 - JSON text
    actual: Any,  # noqa: ANN401 - JSON text
    kind: Any,  # noqa: ANN401 - a CloudFormation type
) -> list[dict[str, Any]]:
    """The properties that drifted, without values that may be credentials: then both are null and `Withheld` is true.

    `expected` and `actual` are all properties of the resource as JSON: they tell what an element of a list is called.
    https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_PropertyDifference.html
    """
    whole = [document for document in map(_parsed, (expected, actual)) if isinstance(document, Mapping)]
    return [_difference(one, whole, kind) for one in map(_structure, differences or ())]


def _difference(one: Mapping[str, Any], whole: list[Mapping[str, Any]], kind: object) -> dict[str, Any]:
    path = values.text(one.get("PropertyPath") or "")
    told = {name: one.get(name) for name in ("ExpectedValue", "ActualValue")}
    withheld = any(_may_not_be_shown(path, value, whole, kind) for value in told.values() if value is not None)
    kept = {
        "PropertyPath": WITHHELD if _holds_credential(path) else path,
        "DifferenceType": values.text(one.get("DifferenceType") or ""),
        **({} if withheld else {name: values.text(value) for name, value in told.items() if value is not None}),
    }
    return {**kept, "Withheld": withheld}


def _may_not_be_shown(path: str, value: object, whole: list[Mapping[str, Any]], kind: object) -> bool:
    segments = [part.replace("~1", "/").replace("~0", "~") for part in path.split("/")[1:]]
    last = next((part for part in reversed(segments) if not part.isdigit()), "")
    if (kind, last) in _NEVER_OF or not _NEVER.isdisjoint(part.lower() for part in segments):
        return True
    names = [part for part in segments if not part.isdigit()]
    if last.lower() in _VALUES:
        beside = [name for document in whole for name in _names_beside(document, segments[:-1])]
        if not beside:
            return True
        names += beside
    document = _parsed(value)
    return any(_is_credential(name, document) for name in names or [""])


def _names_beside(document: Any, segments: list[str]) -> Iterator[str]:  # noqa: ANN401 - any JSON
    """What the structure at a path calls the value that it has; nothing where there is no such structure."""
    for segment in segments:
        if isinstance(document, Mapping):
            document = document.get(segment)
        elif isinstance(document, list) and segment.isdigit() and int(segment) < len(document):
            document = document[int(segment)]
        else:
            return
    if isinstance(document, Mapping):
        yield from (document[name] for name in _NAMES if isinstance(document.get(name), str))


def _is_credential(name: str, value: Any, depth: int = 0) -> bool:  # noqa: ANN401 - any JSON
    """Whether a value may be a credential, or hold one: by its name, by its form; and what is nested too deeply."""
    if depth > _DEEPEST:
        return True
    if isinstance(value, Mapping):
        beside = list(_names_beside(value, []))
        return any(
            _is_credential(inner, item, depth + 1)
            for key, item in value.items()
            for inner in (beside if beside and key.lower() in _VALUES else [key])
        )
    if isinstance(value, list):
        return any(_is_credential(name, item, depth + 1) for item in value)
    return value is not None and _is_secret_text(name, str(value))


def _is_secret_text(name: str, value: str) -> bool:
    from auditor.collectors.credentials import in_pairs
    from auditor.collectors.credentials.names import kind

    if kind(name) is not None and value.lower() not in _SWITCHES:
        return True
    return any(True for _ in in_pairs({name: value}))


def _parsed(value: object) -> Any:  # noqa: ANN401 - any JSON
    """The JSON object or list that a text is; the value itself where it is none."""
    if not isinstance(value, str) or value.lstrip()[:1] not in {"{", "["}:
        return value
    try:
        return orjson.loads(value)
    except orjson.JSONDecodeError:
        return value


# ---------------------------------------------------------------------------------------- sentences


def without_credentials(sentence: Any) -> str | None:  # noqa: ANN401 - what AWS answered
    """A sentence of AWS's, such as why a resource failed; `WITHHELD` where it holds a credential or speaks of one."""
    from auditor.collectors.credentials.names import kind

    if sentence is None:
        return None
    text = values.text(sentence)
    speaks = any(kind(word) is not None for word in _WORD.findall(text))
    return WITHHELD if speaks or _holds_credential(text) else text


def _holds_credential(text: str) -> bool:
    from auditor.collectors.credentials import in_text

    return any(True for _ in in_text(text))


def _structure(value: object) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise ValueError(f"expected a structure, AWS answered {type(value).__name__}")
    return value
