"""Judging declarations offline against botocore's own models: what a declaration names must exist.

A wrong declaration would otherwise show as an empty column, or a listing that ends after its first page.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from auditor import sql
from auditor.collectors import actions, values
from auditor.collectors.asking import _page_size
from auditor.collectors.catalogue import COMMON, DeclaredCatalogue, detail_fields, paging_rules, service_model
from auditor.collectors.examining import READERS
from auditor.collectors.unit import batched_columns
from auditor.model import Detail, Table

_PATH = re.compile(r"(?<![\w.])[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*(?![\w.]*\()")
_FIELD = re.compile(r"\{([^}]+)\}")
_TOKENS = frozenset({"nexttoken", "marker", "paginationtoken", "pagetoken", "startingtoken", "exclusivestartkey"})
_NAMES = frozenset({"account", "region", "partition"})
_WORDS = frozenset({"now", "account", "region", "Latest", "Default"})
"""What follows a `$` and is no column: the collector's own words, and AWS's own names of launch template versions."""
_INCLUSIVE = re.compile(r"between \d+ and (\d+),? inclusive")
_WHOLE_PAGE = 1000
"""A detail that asks for as many at once has one page: no resource has a thousand tags."""
_VERBS = ("Describe", "Get", "List", "Search")
_OTHER_READS = frozenset({"sts:AssumeRole"})


def declaration_problems(catalogue: DeclaredCatalogue) -> list[str]:
    """What is wrong with the catalogue's declarations, a line each; empty where nothing is."""
    found: list[str] = []
    for name, table in sorted(catalogue.tables().items()):
        found += [f"{name}: {problem}" for problem in _table(table, catalogue)]
    return found


def list_problems(read_only: Iterable[str] = actions.READ_ONLY) -> list[str]:
    """What is wrong with the list of read-only operations."""
    return [f"{name}: {problem}" for name in sorted(read_only) for problem in _allowed(name)]


def _allowed(name: str) -> Iterator[str]:
    service, _, operation = name.partition(":")
    if name in actions.FORBIDDEN:
        yield "reads values or code, and can never be on the list"
    if not operation.startswith(_VERBS) and name not in _OTHER_READS:
        yield "is not called as a read is: Describe…, Get…, List… or Search…"
    if operation not in _operations(service):
        yield "is no operation that botocore knows"


def _table(table: Table, catalogue: DeclaredCatalogue) -> Iterator[str]:
    if not table.description.endswith("."):
        yield "its description is no sentence with a full stop"
    if not table.name.startswith(f"{table.service}_"):
        yield f"its name does not begin with {table.service}_"
    if not re.fullmatch(r"AWS::\w+(::\w+)?", table.type):
        yield f"{table.type} is no CloudFormation type"
    wrong = [*_operation(table.service, table.operation), *_parent(table, catalogue)]
    for detail in table.details:
        wrong += list(_operation(table.service, detail.operation)) or list(_answered(table, detail))
    yield from wrong
    if wrong:
        return
    item = _item(table)
    if item is None:
        yield f"{table.operation} answers no list of structures at {table.items}"
        return
    yield from _members(table, item)
    yield from _collisions(table, item)
    yield from _columns(table, catalogue)
    yield from _request(table, catalogue)
    yield from _paged(table)
    for detail in table.details:
        yield from _detail(table, detail, catalogue)


def _operation(service: str, operation: str) -> Iterator[str]:
    if operation not in _operations(service):
        yield f"{service} has no operation {operation}"
    name = f"{service}:{operation}"
    if name in actions.FORBIDDEN or name not in actions.READ_ONLY:
        yield f"{name} is not on the reviewed list of read-only operations"


def _operations(service: str) -> frozenset[str]:
    return frozenset(service_model(service).operation_names)


def _parent(table: Table, catalogue: DeclaredCatalogue) -> Iterator[str]:
    if not table.parent:
        return
    parent = catalogue.tables().get(table.parent)
    if parent is None:
        yield f"its parent {table.parent} is not declared"
    elif (parent.service, parent.is_global) != (table.service, table.is_global):
        yield f"its parent {table.parent} is not of the same service and kind of region"
    else:
        yield from (
            f"its parent {table.parent} has no column {column}"
            for column in table.parent_params.values()
            if column not in catalogue.columns(table.parent)
        )
        if not table.parent_params:
            yield f"nothing says which row of {table.parent} a call is for"


# ---------------------------------------------------------------------------------------- what is answered


def _members(table: Table, item: Any) -> Iterator[str]:  # noqa: ANN401 - botocore's shapes are untyped
    for member in (*table.renames, *table.json, *table.omit):
        if member not in item.members:
            yield f"its items have no member {member}"
    for what, path in (("tags", table.tags), ("name_from", table.name_from)):
        if any(_at(item, name) is None for name in _paths(path)):
            yield f"{what}: its items have no {path}"
    if table.taggable and not table.tags and not any("tags" in detail.columns for detail in table.details):
        yield "it is taggable, and nothing gives its tags"


def _columns(table: Table, catalogue: DeclaredCatalogue) -> Iterator[str]:
    item, columns = _item(table), catalogue.columns(table.name)
    above = catalogue.columns(table.parent) if table.parent else {}
    for column, examine in table.examine.items():
        yield from _expression(item, table.operation, examine.path)
        if examine.reader not in READERS:
            yield f"{column}: there is no reader {examine.reader}"
    for column, expression in table.columns.items():
        for path in _paths(expression):
            head, _, rest = path.partition(".")
            if (rest.split(".")[0] not in above) if head == "parent" else _at(item, path) is None:
                yield f"column {column}: there is no {path}"
    yield from _volatile_rows(table, columns)
    for column in (*table.key, *table.volatile, *tuple(table.parent_params)[:1]):
        if column not in columns:
            yield f"it has no column {column}"
    for path in _arn_paths(table):
        head, _, rest = path.partition(".")
        known = rest.split(".")[0] in above if head == "parent" else path in _NAMES or path in columns
        if not known and _at(item, path) is None:
            yield f"arn: there is no {path}"
    yield from _twice(table, item)


def _volatile_rows(table: Table, columns: Mapping[str, str]) -> Iterator[str]:
    try:
        read = sql.read_expression(table.volatile_rows or "true")
    except sql.SqlError as error:
        yield f"volatile_rows: {error}"
        return
    known = {column.lower() for column in columns}
    yield from (f"volatile_rows: it has no column {name}" for name in sorted(read.identifiers - known))


def _arn_paths(table: Table) -> list[str]:
    return [path for field in _FIELD.findall(table.arn) for path in field.split("|")]


def _twice(table: Table, item: Any) -> Iterator[str]:  # noqa: ANN401 - botocore's shapes are untyped
    seen: set[str] = set()
    for column in _all_names(table, item):
        if column.lower() in seen:
            yield f"two of its columns are called {column}, or differ in case alone"
        seen.add(column.lower())


def _all_names(table: Table, item: Any) -> Iterator[str]:  # noqa: ANN401 - botocore's shapes are untyped
    yield from (table.renames.get(member, member) for member in item.members if member not in table.omit)
    yield from (*table.columns, *table.examine)
    for detail in table.details:
        if "*" not in detail.columns:
            yield from (column for column in (*detail.columns, *detail.examine) if column != "tags")


def _collisions(table: Table, item: Any) -> Iterator[str]:  # noqa: ANN401 - botocore's shapes are untyped
    """A member that is called as a common column is lost, unless it is that column or is renamed."""
    used = {table.name_from, table.tags, *_arn_paths(table)}
    for member in item.members:
        if member.lower() in COMMON and member not in {*table.renames, *table.omit, *used}:
            yield f"the member {member} is lost: a common column is called so; rename or omit it"
    for column in (*table.renames.values(), *table.columns):
        if column.lower() in COMMON:
            yield f"a common column is called {column}: choose another name"


# ---------------------------------------------------------------------------------------- what is asked


def _request(table: Table, catalogue: DeclaredCatalogue) -> Iterator[str]:
    for variant in table.variants:
        given = {**table.params, **variant, **dict.fromkeys(table.parent_params, "$arn")}
        yield from _parameters(table, table.operation, given, catalogue)


def _parameters(table: Table, operation: str, given: Mapping[str, Any], catalogue: DeclaredCatalogue) -> Iterator[str]:
    shape = service_model(table.service).operation_model(operation).input_shape
    members = shape.members if shape is not None else {}
    required = shape.required_members if shape is not None else []
    for name, value in given.items():
        if name not in members:
            yield f"{operation} takes no {name}"
            continue
        yield from _values(operation, name, members[name], value, {*_WORDS, *catalogue.columns(table.name)})
    for name in required:
        if name not in given:
            yield f"{operation} needs {name}"


def _values(operation: str, name: str, shape: Any, value: object, columns: set[str]) -> Iterator[str]:  # noqa: ANN401 - botocore's shapes are untyped
    """What is wrong with a parameter's value, as deep as it goes."""
    if isinstance(value, Mapping):
        for member, item in value.items():
            if shape.type_name != "structure" or member not in shape.members:
                yield f"{operation} takes no {member} in {name}"
            else:
                yield from _values(operation, member, shape.members[member], item, columns)
    elif isinstance(value, list):
        for item in value:
            yield from _values(operation, name, getattr(shape, "member", shape), item, columns)
    elif isinstance(value, str) and value.startswith("$"):
        if value[1:].split("-")[0] not in columns:
            yield f"{operation}: {value} is no column"
    elif _unknown_word(shape, value):
        yield f"{operation}: {name} cannot be {value}"


def _unknown_word(shape: Any, value: object) -> bool:  # noqa: ANN401 - botocore's shapes are untyped
    words = (shape.member if shape.type_name == "list" else shape).metadata.get("enum")
    return bool(words) and value not in words


def _paged(table: Table) -> Iterator[str]:
    """A listing with pages is followed, and at the largest size that AWS allows."""
    shape = service_model(table.service).operation_model(table.operation).input_shape
    members = shape.members if shape is not None else {}
    settings = paging_rules(table.service, table.operation)
    if settings is None:
        if any(name.lower() in _TOKENS for name in members):
            yield f"{table.operation} has pages, and botocore has no paginator for it"
        return
    limit = settings.get("limit_key")
    if limit is None:
        return
    stated = members[limit].metadata.get("max")
    told = _INCLUSIVE.search(re.sub(r"<[^>]+>", "", members[limit].documentation))
    largest = min(int(stated or told[1]), int(told[1])) if told else stated
    size = _page_size(table, settings)
    if not size:
        yield f"{table.operation}: declare page_size: botocore's model does not say the largest page"
    elif largest is not None and size != largest:
        yield f"{table.operation}: pages of {size}, where AWS allows {largest}"


def _detail(table: Table, detail: Detail, catalogue: DeclaredCatalogue) -> Iterator[str]:
    operation = detail.operation
    yield from _parameters(table, operation, detail.params, catalogue)
    members = service_model(table.service).operation_model(operation).input_shape.members
    whole = detail.params.get("MaxResults", 0) >= _WHOLE_PAGE
    if (
        paging_rules(table.service, operation) is None
        and any(name.lower() in _TOKENS for name in members)
        and not whole
    ):
        yield f"{operation} has pages, and botocore has no paginator for it"
    for column in detail.types:
        if column not in detail_fields(table, detail):
            yield f"{operation}: it fills no column {column}"
    for path in _paths(detail.when):
        if path.split(".")[0] not in catalogue.columns(table.name):
            yield f"{operation}: when: there is no column {path}"


def _answered(table: Table, detail: Detail) -> Iterator[str]:  # noqa: C901 - a list of what can be wrong
    """What a detail's columns are taken from; without it there are no columns to judge further."""
    operation = detail.operation
    answer = service_model(table.service).operation_model(operation).output_shape
    if detail.batch:
        lists = list(batched_columns(detail.params))
        answer = _at(answer, detail.batch_items)
        if len(lists) != 1 or answer is None or answer.type_name != "list" or _at(answer, detail.batch_key) is None:
            yield f"{operation}: a batch needs one list of $columns, batch_items and batch_key that exist"
            return
    for column, path in detail.columns.items():
        if column in detail.types:
            yield from _expression(answer, operation, path)
        elif _at(answer, path) is None:
            yield f"{operation} answers no {path}"
        elif column not in {"*", "tags"} and column.lower() in COMMON:
            yield f"{operation}: a common column is called {column}: choose another name"
    for column, examine in detail.examine.items():
        yield from _expression(answer, operation, examine.path)
        if examine.reader not in READERS:
            yield f"{operation}: {column}: there is no reader {examine.reader}"
    for type_ in detail.types.values():
        if not _is_type(type_):
            yield f"{operation}: {type_} is no type that a declaration may name"


def _expression(answer: Any, operation: str, expression: str) -> Iterator[str]:  # noqa: ANN401 - botocore's shapes are untyped
    """A JMESPath expression begins with what is answered; what it projects further is its own business."""
    head = next((path.split(".")[0] for path in _paths(expression)), None)
    if head is not None and _at(answer, head) is None:
        yield f"{operation} answers no {head}"


# ---------------------------------------------------------------------------------------- shapes


def _is_type(type_: str) -> bool:
    try:
        values.declared(type_)
    except StopIteration:
        return False
    return True


def _paths(expression: str) -> list[str]:
    """Dotted paths in a JMESPath expression; function names and literals are none."""
    return _PATH.findall(re.sub(r"'[^']*'|`[^`]*`", "", expression))


def _item(table: Table) -> Any:  # noqa: ANN401 - botocore's shapes are untyped
    found = _at(service_model(table.service).operation_model(table.operation).output_shape, table.items)
    if found is None or found.type_name != "list":
        return None
    if table.value_as and found.member.type_name == "string":
        return _Text({table.value_as: found.member})
    return found.member if found.member.type_name == "structure" else None


class _Text:
    """The shape of an item that is plain text, as a structure of one member."""

    type_name = "structure"

    def __init__(self, members: Mapping[str, Any]) -> None:
        self.members = members


def _at(shape: Any, path: str) -> Any:  # noqa: ANN401 - botocore's shapes are untyped
    """The shape at a dotted path, through lists; None where there is none."""
    for part in re.findall(r"\w+", path):
        while shape is not None and shape.type_name == "list":
            shape = shape.member
        shape = shape.members.get(part) if shape is not None and shape.type_name == "structure" else None
    return shape
