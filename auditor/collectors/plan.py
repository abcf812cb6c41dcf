"""What is to be called: from what the checks read to tables, operations and IAM actions."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from auditor.collectors.catalogue import DeclaredCatalogue
from auditor.model import Action, Detail, Read, Table


@dataclass(frozen=True, slots=True)
class PlannedTable:
    """A table, and the detail calls that what is read of it takes."""

    table: Table
    details: tuple[Detail, ...]

    @property
    def operations(self) -> tuple[str, ...]:
        """Its listing and its details, as the API names them."""
        return (self.table.operation, *(detail.operation for detail in self.details))


@dataclass(frozen=True, slots=True)
class Plan:
    """The tables of an audit by service, parents before children."""

    services: Mapping[str, tuple[PlannedTable, ...]]
    actions: tuple[Action, ...]

    @property
    def tables(self) -> tuple[PlannedTable, ...]:
        """Every planned table."""
        return tuple(planned for tables in self.services.values() for planned in tables)


def make_plan(catalogue: DeclaredCatalogue, reads: Iterable[Read]) -> Plan:
    """The least that fills what is read: nothing else is called."""
    wanted: dict[str, set[str]] = defaultdict(set)
    for read in reads:
        wanted[read.table] |= read.columns
        for ancestor in catalogue.ancestors(read.table):
            wanted.setdefault(ancestor, set())
    services: dict[str, list[PlannedTable]] = defaultdict(list)
    actions: set[Action] = set()
    for name in sorted(wanted, key=lambda name: (len(catalogue.ancestors(name)), name)):
        read = Read(name, frozenset(wanted[name]))
        table = catalogue.tables()[name]
        services[table.service].append(PlannedTable(table, catalogue.details(read)))
        actions |= set(catalogue.actions(read))
    return Plan({service: tuple(services[service]) for service in sorted(services)}, tuple(sorted(actions)))
