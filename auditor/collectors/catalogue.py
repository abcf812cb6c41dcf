"""The tables with the types of their columns, and how AWS's item becomes a row. No network.

Types come from botocore's own service models, so that an empty table still has all its columns.
"""

from __future__ import annotations

import functools
import re
import threading
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import botocore.exceptions
import botocore.loaders
import botocore.model
import jmespath
import jmespath.functions

from auditor.collectors import values, withholding
from auditor.collectors.actions import action
from auditor.collectors.examining import examined
from auditor.collectors.services import declared
from auditor.collectors.state_machines import states
from auditor.model import GLOBAL, Action, Detail, Read, Table

COMMON = {
    "account": "VARCHAR",
    "region": "VARCHAR",
    "arn": "VARCHAR",
    "name": "VARCHAR",
    "type": "VARCHAR",
    "tags": "MAP(VARCHAR, VARCHAR)",
}
"""Columns that every table has."""

_FIELD = re.compile(r"\{([^}]+)\}")


_LIST = {"types": ["array", "null"]}
_ANY = {"types": ["string", "number", "boolean", "array", "object", "null"]}


class _Functions(jmespath.functions.Functions):  # type: ignore[misc]  # jmespath has no types
    """JMESPath with `tail('/hostedzone/Z1')` -> `Z1`, `states(definition)` of a state machine, and what `withholding`
    leaves of the answers that may hold credentials.
    """

    @jmespath.functions.signature({"types": ["string", "null"]})  # type: ignore[untyped-decorator]
    def _func_tail(self, text: str | None) -> str | None:
        return text.rsplit("/" if "/" in text else ":", 1)[-1] if text is not None else None

    @jmespath.functions.signature({"types": ["string", "null"]})  # type: ignore[untyped-decorator]
    def _func_states(self, definition: str | None) -> list[dict[str, Any]] | None:
        return states(definition)

    @jmespath.functions.signature(_LIST)  # type: ignore[untyped-decorator]
    def _func_output_names(self, outputs: Any) -> Any:  # noqa: ANN401 - any JSON
        return withholding.output_names(outputs)

    @jmespath.functions.signature(_LIST, _ANY, _ANY, _ANY)  # type: ignore[untyped-decorator]
    def _func_property_differences(self, differences: Any, expected: Any, actual: Any, kind: Any) -> Any:  # noqa: ANN401 - any JSON
        return withholding.property_differences(differences, expected, actual, kind)

    @jmespath.functions.signature(_ANY)  # type: ignore[untyped-decorator]
    def _func_without_credentials(self, sentence: Any) -> Any:  # noqa: ANN401 - any JSON
        return withholding.without_credentials(sentence)


_STRUCTURES = {
    "output_names": withholding.OUTPUT_NAMES,
    "property_differences": withholding.PROPERTY_DIFFERENCES,
}
"""Functions that give no text -> the DuckDB type of what they give."""
_OPTIONS = jmespath.Options(custom_functions=_Functions())


@functools.cache
def compiled(expression: str) -> Any:  # noqa: ANN401 - jmespath has no types
    """A JMESPath expression, parsed once."""
    return jmespath.compile(expression)


def find(expression: str, value: object) -> Any:  # noqa: ANN401 - what AWS answered
    """What a JMESPath expression finds in an answer; a plain member name costs no parsing."""
    if expression.isidentifier() and isinstance(value, Mapping):
        return value.get(expression)
    return compiled(expression).search(value, options=_OPTIONS)


@functools.cache
def loader() -> botocore.loaders.Loader:
    """One loader for every session: service models are read once."""
    return botocore.loaders.create_loader()


_loading = threading.RLock()
_models: dict[str, Any] = {}
_paging: dict[str, Mapping[str, Any]] = {}


def service_model(service: str) -> Any:  # noqa: ANN401 - botocore is untyped
    """The model of a service. Loaded once: threads that each read EC2's model cost hundreds of megabytes."""
    with _loading:
        if service not in _models:
            document = loader().load_service_model(service, "service-2")
            _models[service] = botocore.model.ServiceModel(document, service)
        return _models[service]


def paging_rules(service: str, operation: str) -> Any:  # noqa: ANN401 - botocore's own structure
    """The paging rules of an operation, as botocore has them; None where it has no pages."""
    with _loading:
        if service not in _paging:
            try:
                _paging[service] = loader().load_service_model(service, "paginators-1")["pagination"]
            except botocore.exceptions.UnknownServiceError:
                _paging[service] = {}
        return _paging[service].get(operation) or _untold_pages(service, operation)


@functools.cache
def _untold_pages(service: str, operation: str) -> Mapping[str, Any] | None:
    """The paging rules of an operation that takes and gives a token, and for which botocore has none."""
    model = service_model(service).operation_model(operation)
    taken = model.input_shape.members if model.input_shape is not None else {}
    given = model.output_shape.members if model.output_shape is not None else {}
    token = next((name for name in ("NextToken", "nextToken") if name in taken and name in given), None)
    lists = [name for name, shape in given.items() if shape.type_name == "list"]
    if token is None or not lists:
        return None
    limit = next((name for name in ("MaxResults", "maxResults", "Limit", "limit") if name in taken), None)
    rules: dict[str, Any] = {"input_token": token, "output_token": token, "result_key": lists}
    return rules | ({"limit_key": limit} if limit else {})


class DeclaredCatalogue:
    """`auditor.model.Catalogue` over the declarations in `services/`."""

    def __init__(self, tables: Mapping[str, Table] | None = None) -> None:
        self._tables = dict(tables if tables is not None else declared())
        self._shapes: dict[str, dict[str, values.Column]] = {}
        self._columns: dict[str, Mapping[str, str]] = {}

    def tables(self) -> Mapping[str, Table]:
        """Every table by its name."""
        return self._tables

    def columns(self, table: str) -> Mapping[str, str]:
        """Column -> DuckDB type, the common columns first."""
        if table not in self._columns:
            self._columns[table] = COMMON | {name: column.type for name, column in self.shapes(table).items()}
        return self._columns[table]

    def shapes(self, table: str) -> Mapping[str, values.Column]:
        """Column -> type and how a value is brought into it, the common columns apart."""
        with _loading:
            if table not in self._shapes:
                self._shapes[table] = dict(_columns(self._tables[table]))
            return self._shapes[table]

    def detail_columns(self, table: str) -> Mapping[str, str]:
        """Column -> operation, for the columns that a detail call fills; where several do, the first."""
        filled: dict[str, str] = {}
        for detail in self._tables[table].details:
            for column in detail_fields(self._tables[table], detail):
                filled.setdefault(column, detail.operation)
        return filled

    def details(self, read: Read) -> tuple[Detail, ...]:
        """The detail calls that fill what is read; `*` among its columns reads them all."""
        table = self._tables[read.table]
        wanted = {column.lower() for column in read.columns}
        return tuple(
            detail
            for detail in table.details
            if detail.always or "*" in wanted or wanted & {column.lower() for column in detail_fields(table, detail)}
        )

    def ancestors(self, table: str) -> tuple[str, ...]:
        """The table's parent, its parent's parent and so on."""
        found: list[str] = []
        while parent := self._tables[table].parent:
            found.append(parent)
            table = parent
        return tuple(found)

    def listing(self, table: str) -> Action:
        """The call that lists a table's rows."""
        declared = self._tables[table]
        return action(declared.service, declared.operation)

    def actions(self, read: Read) -> tuple[Action, ...]:
        """What must be called to fill a table as far as it is read, parents included."""
        table = self._tables[read.table]
        called = {action(table.service, table.operation)}
        called |= {action(table.service, detail.operation) for detail in self.details(read)}
        for parent in self.ancestors(read.table):
            called |= set(self.actions(Read(parent)))
        return tuple(sorted(called))

    def row(
        self,
        table: str,
        item: Mapping[str, Any],
        account: str,
        region: str,
        parent: Mapping[str, Any] | None = None,
        problems: list[tuple[str, str]] | None = None,
    ) -> dict[str, Any]:
        """AWS's item -> the table's row. Pure; raises ValueError where the item cannot be a row.

        A value that does not fit its column raises too, unless `problems` is there to take (column, problem).
        """
        declaration = self._tables[table]
        if declaration.value_as and isinstance(item, str):
            item = {declaration.value_as: item}
        if not isinstance(item, Mapping):
            raise ValueError(f"{table}: an item is a {type(item).__name__}, not a structure")
        region = GLOBAL if declaration.is_global else region
        names: dict[str, Any] = {"account": account, "region": region, "partition": partition(region)}
        source: Mapping[str, Any] = {**item, "parent": parent or {}} if parent is not None else item
        row: dict[str, Any] = {}
        for column, shape in self.shapes(table).items():
            found = find(shape.path, source) if shape.path else None
            row[column] = _converted(shape.convert, found, column, problems) if found is not None else None
        arn = fill(declaration.arn, {**source, **{k: v for k, v in row.items() if v is not None}}, names)
        found = find(declaration.tags, item) if declaration.tags else None
        tags = _converted(values.tags, found, "tags", problems) or {}
        name = find(declaration.name_from, item) if declaration.name_from else tags.get("Name")
        row |= {"account": account, "region": region, "arn": arn, "type": declaration.type, "tags": tags}
        row["name"] = values.text(name) if name is not None else None
        return row


def _converted(convert: values.Convert, found: object, column: str, problems: list[tuple[str, str]] | None) -> Any:  # noqa: ANN401 - a value of the column's type
    try:
        return convert(found)
    except (ValueError, TypeError, AttributeError, OverflowError) as error:
        if problems is None:
            raise ValueError(f"{column}: {error}") from error
        problems.append((column, f"{column}: {error}"))
        return None


def detail_fields(table: Table, detail: Detail) -> tuple[str, ...]:
    """The columns that a detail call fills."""
    named = (*(name for name in detail.columns if name != "*"), *detail.examine)
    if "*" not in detail.columns:
        return named
    shape = _batched(table, detail, detail.columns["*"])
    kept = {*_item_members(table), *detail.omit, *named}
    return (*(name for name in shape.members if name not in kept and name.lower() not in COMMON), *named)


def detail_values(
    table: Table, detail: Detail, answer: Mapping[str, Any], shapes: Mapping[str, values.Column]
) -> dict[str, Any]:
    """What a detail call's answer adds to a row. Raises ValueError where a value does not fit its column."""
    filled: dict[str, Any] = {}
    merged = (find(detail.columns["*"], answer) or {}) if detail.columns.get("*") else answer
    for column in detail_fields(table, detail):
        path = detail.examine[column].path if column in detail.examine else detail.columns.get(column)
        found = find(path, answer) if path else merged.get(column)
        if column == "tags":
            filled[column] = values.tags(found)
        else:
            filled[column] = shapes[column].convert(found) if found is not None else None
    return filled


def partition(region: str) -> str:
    """The AWS partition that a region lies in."""
    return "aws-cn" if region.startswith("cn-") else "aws-us-gov" if region.startswith("us-gov-") else "aws"


def fill(template: str, source: Mapping[str, Any], names: Mapping[str, Any]) -> str:
    """`{Member}`, `{Member|fallback}`, `{A.B}` and, where it may be absent, `{Member|}` in an ARN template.

    Raises ValueError where the item lacks what its ARN consists of.
    """

    def value(match: re.Match[str]) -> str:
        alternatives = match.group(1).split("|")
        for alternative in filter(None, alternatives):
            found = names[alternative] if alternative in names else find(alternative, source)
            if found is not None and found != "":
                return values.text(found)
        if "" not in alternatives:
            raise ValueError(f"an item without {alternatives[0]}")
        return ""

    return _FIELD.sub(value, template)


def _output(service: str, operation: str, path: str) -> Any:  # noqa: ANN401 - botocore's shapes are untyped
    """The shape at a dotted path (list projections included) of an operation's answer."""
    shape = service_model(service).operation_model(operation).output_shape
    for part in re.findall(r"[A-Za-z0-9_]+", path):
        while shape.type_name == "list":
            shape = shape.member
        shape = shape.members[part]
    return shape


def _batched(table: Table, detail: Detail, path: str) -> Any:  # noqa: ANN401 - botocore's shapes are untyped
    """The shape at a path of a detail's answer, or of a row's part of it where one call serves several rows."""
    shape = _output(table.service, detail.operation, ".".join(filter(None, (detail.batch_items, path))))
    while shape.type_name == "list" and detail.batch and not path:
        shape = shape.member
    return shape


def _item_members(table: Table) -> Mapping[str, Any]:
    shape = _output(table.service, table.operation, table.items)
    while shape.type_name == "list":
        shape = shape.member
    if table.value_as:
        return {table.value_as: shape}
    return shape.members if shape.type_name == "structure" else {}


def _columns(table: Table) -> Iterator[tuple[str, values.Column]]:
    taken: set[str] = set()
    for name, column in _all_columns(table):
        if name.lower() not in taken and name.lower() not in COMMON:
            taken.add(name.lower())
            yield name, column


def _all_columns(table: Table) -> Iterable[tuple[str, values.Column]]:
    for member, shape in _item_members(table).items():
        if member not in table.omit:
            kind = values.JSON if member in table.json else values.column(shape)
            yield table.renames.get(member, member), values.at(member, kind)
    for name, path in table.columns.items():
        given = _STRUCTURES.get(path.partition("(")[0])
        yield name, values.at(path, values.Column(given, values.clean) if given else values.VARCHAR)
    for name, examine in table.examine.items():
        yield name, values.at(examine.path, examined(examine.reader))
    for detail in table.details:
        for name in detail_fields(table, detail):
            yield name, _detail_column(table, detail, name)


def _detail_column(table: Table, detail: Detail, name: str) -> values.Column:
    if name in detail.examine:
        return examined(detail.examine[name].reader)
    if name in detail.types:
        return values.declared(detail.types[name])
    if name == "tags":
        return values.declared(COMMON["tags"])
    path = detail.columns.get(name) or ".".join(filter(None, (detail.columns["*"], name)))
    return values.at("", values.column(_batched(table, detail, path)))
