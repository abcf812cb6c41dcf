"""One module of declarations per AWS service; the folder is the registry.

A module's `TABLES` says which tables the service gives, from which calls. Nothing here talks to AWS.
"""

from __future__ import annotations

import importlib
import pkgutil

from auditor.model import Table


def declared() -> dict[str, Table]:
    """Every declared table by its name, sorted; raises ValueError where two modules declare the same name."""
    tables: dict[str, Table] = {}
    for module in pkgutil.iter_modules(__path__):
        for table in importlib.import_module(f"{__name__}.{module.name}").TABLES:
            if table.name in tables:
                raise ValueError(f"{table.name} is declared twice, again in {module.name}")
            tables[table.name] = table
    return dict(sorted(tables.items()))
