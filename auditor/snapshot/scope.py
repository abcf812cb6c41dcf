"""What an audit leaves out: AWS's own defaults, what the configuration excludes, what is not tagged as asked.

The table `out_of_scope` names each such resource with the rule that leaves it out. Relations still see everything:
only findings about these resources are not made.
"""

from __future__ import annotations

import fnmatch
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import duckdb
import orjson

_DEFAULTS = {
    "ec2_vpcs": ("AWS's default VPC", "IsDefault"),
    "ec2_subnets": ("subnet of AWS's default VPC", "DefaultForAz"),
    "ec2_route_tables": (
        "main route table of AWS's default VPC",
        "VpcId IN (SELECT VpcId FROM ec2_vpcs WHERE IsDefault) AND len([a for a in Associations if a.Main]) > 0",
    ),
    "ec2_internet_gateways": (
        "internet gateway of AWS's default VPC",
        "list_has_any([a.VpcId for a in Attachments], (SELECT list(VpcId) FROM ec2_vpcs WHERE IsDefault))",
    ),
    "ec2_security_groups": (
        "default security group of AWS's default VPC",
        "name = 'default' AND VpcId IN (SELECT VpcId FROM ec2_vpcs WHERE IsDefault)",
    ),
    "ec2_network_acls": (
        "default network ACL of AWS's default VPC",
        "IsDefault AND VpcId IN (SELECT VpcId FROM ec2_vpcs WHERE IsDefault)",
    ),
    "ec2_network_interfaces": (
        "interface that a service manages",
        (
            "RequesterManaged OR Operator.Managed OR Attachment.InstanceOwnerId LIKE 'amazon-%' "
            "OR InterfaceType NOT IN ('interface', 'efa', 'efa-only', 'trunk')"
        ),
    ),
    "ec2_managed_prefix_lists": ("AWS's own prefix list", "OwnerId = 'AWS'"),
    "ec2_vpc_endpoints": ("endpoint that a service manages", "RequesterManaged"),
    "ec2_addresses": ("address that a service manages", "coalesce(ServiceManaged, '') <> ''"),
    "events_rules": ("rule that an AWS service manages", "coalesce(ManagedBy, '') <> ''"),
    "scheduler_schedule_groups": ("AWS's default schedule group", "name = 'default'"),
    "rds_cluster_parameter_groups": ("AWS's default DB cluster parameter group", "name LIKE 'default.%'"),
    "rds_cluster_snapshots": ("snapshot that AWS took by itself", "SnapshotType IN ('automated', 'awsbackup')"),
    "rds_parameter_groups": ("AWS's default DB parameter group", "name LIKE 'default.%'"),
    "rds_snapshots": ("snapshot that AWS took by itself", "SnapshotType IN ('automated', 'awsbackup')"),
    "rds_subnet_groups": ("AWS's default DB subnet group", "name = 'default'"),
    "iam_aws_policies": ("AWS-managed policy", "true"),
    "iam_roles": ("service-linked role", "Path LIKE '/aws-service-role/%'"),
    "backup_plans": ("backup plan that a service made", "BackupPlanName LIKE 'aws/%'"),
    "backup_vaults": (
        "backup vault that AWS or a service made",
        "BackupVaultName = 'Default' OR BackupVaultName LIKE 'aws/%'",
    ),
    "kms_keys": ("AWS-managed key", "KeyManager = 'AWS'"),
    "elbv2_rules": ("default rule of a listener", "IsDefault"),
    "secretsmanager_secrets": ("secret that a service owns", "coalesce(OwningService, '') <> ''"),
}
"""Table -> rule, and the rows it leaves out (requirements.toml, "in scope")."""


TAG_RULE = "not tagged as scope.tags asks, nor referred to by what is"
"""The rule of what `scope.tags` leaves out."""

NEEDS: Mapping[str, frozenset[str]] = {
    table: frozenset({"ec2_vpcs"})
    for table in ("ec2_route_tables", "ec2_internet_gateways", "ec2_security_groups", "ec2_network_acls")
}
"""Table -> other tables without which nobody can tell which of its rows are AWS's defaults."""


@dataclass(frozen=True, slots=True)
class Part:
    """A table whose rows are parts of another's: listeners of load balancers, record sets of zones."""

    parent: str
    column: str
    """The column of the part that equals …"""
    parent_column: str
    """… this one of its whole."""


@dataclass(frozen=True, slots=True)
class ScopeRules:
    """[scope] of the configuration."""

    tags: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    exclude: tuple[str, ...] = ()
    include_defaults: bool = False


def mark_out_of_scope(
    connection: duckdb.DuckDBPyConnection,
    rules: ScopeRules,
    columns: Mapping[str, Mapping[str, str]],
    keys: Mapping[str, tuple[str, ...]],
    parents: Mapping[str, Part],
) -> None:
    """Fill `out_of_scope`; a resource that several rules leave out has the first one."""
    marks = [] if rules.include_defaults else [*_defaults(connection, columns)]
    marks += _excluded(connection, rules.exclude, columns)
    if rules.tags:
        marks += ((arn, TAG_RULE) for arn in _not_reached(connection, rules.tags, columns, keys, parents))
    marked: dict[str, str] = {}
    for arn, rule in marks:
        marked.setdefault(arn, rule)
    if marked:
        connection.executemany("INSERT INTO out_of_scope VALUES (?, ?)", sorted(marked.items()))
    for table in sorted(parents, key=lambda name: _depth(name, parents)):
        _leave_out_parts(connection, table, parents[table])


def _depth(table: str, parents: Mapping[str, Part]) -> int:
    return 1 + _depth(parents[table].parent, parents) if table in parents else 0


def _leave_out_parts(connection: duckdb.DuckDBPyConnection, table: str, part: Part) -> None:
    """What a resource that is left out consists of is left out by the same rule."""
    connection.execute(
        f'INSERT INTO out_of_scope SELECT DISTINCT ON (p.arn) p.arn, o.rule FROM "{table}" p '  # noqa: S608 - declared names
        f'JOIN "{part.parent}" w ON w.account = p.account AND w.region = p.region '
        f'AND w."{part.parent_column}" = p."{part.column}" '
        "JOIN out_of_scope o ON o.arn = w.arn WHERE p.arn NOT IN (SELECT arn FROM out_of_scope)"
    )


def _defaults(
    connection: duckdb.DuckDBPyConnection, columns: Mapping[str, Mapping[str, str]]
) -> Iterator[tuple[str, str]]:
    """What AWS itself puts into accounts."""
    for table, (rule, condition) in _DEFAULTS.items():
        if {table, *NEEDS.get(table, ())} <= set(columns):
            for (arn,) in connection.execute(f'SELECT arn FROM "{table}" WHERE {condition}').fetchall():  # noqa: S608 - our own text
                yield arn, rule


def _excluded(
    connection: duckdb.DuckDBPyConnection, globs: Sequence[str], columns: Mapping[str, Mapping[str, str]]
) -> Iterator[tuple[str, str]]:
    """What the configuration excludes by ARN."""
    for table in columns if globs else ():
        for (arn,) in connection.execute(f'SELECT arn FROM "{table}"').fetchall():  # noqa: S608 - our own text
            for glob in globs:
                if fnmatch.fnmatchcase(arn, glob):
                    yield arn, f"scope.exclude {glob}"


def _not_reached(
    connection: duckdb.DuckDBPyConnection,
    tags: Mapping[str, tuple[str, ...]],
    columns: Mapping[str, Mapping[str, str]],
    keys: Mapping[str, tuple[str, ...]],
    parents: Mapping[str, Part],
) -> Iterator[str]:
    """Resources that are neither tagged as asked, nor part of one that is, nor referred to by one, however far."""
    names: dict[str, set[str]] = defaultdict(set)
    said: dict[str, set[str]] = {}
    children: dict[str, set[str]] = defaultdict(set)
    reached: list[str] = []
    table_of: dict[str, str] = {}
    for table in columns:
        for row in _rows(connection, table):
            arn, service = row["arn"], table.split("_")[0]
            table_of[arn] = table
            for name in _own_names(row, keys.get(table, ()), service):
                names[name].add(arn)
            said[arn] = set(_strings(row, service)) - {arn}
            if all(row["tags"].get(key) in values for key, values in tags.items()):
                reached.append(arn)
    for arn, texts in said.items():
        for other in (other for text in texts for other in names.get(text, ())):
            part = parents.get(table_of[arn])
            if part is not None and part.parent == table_of[other]:
                children[other].add(arn)
    found = set(reached)
    while reached:
        arn = reached.pop()
        further = {other for text in said.get(arn, ()) for other in names.get(text, ())} | children[arn]
        reached += further - found
        found |= further
    yield from sorted(set(said) - found)


def _rows(connection: duckdb.DuckDBPyConnection, table: str) -> Iterator[dict[str, Any]]:
    for (text,) in connection.execute(f'SELECT to_json(t) FROM "{table}" t').fetchall():  # noqa: S608 - our own text
        row: dict[str, Any] = orjson.loads(text)
        row["tags"] = row.get("tags") or {}
        yield row


def _own_names(row: Mapping[str, Any], key: Iterable[str], service: str) -> Iterator[str]:
    """The strings by which others refer to a resource: its ARN, its id, its DNS names, its name within the service."""
    yield row["arn"]
    for column in key:
        if isinstance(row.get(column), str) and _is_id(row[column]):
            yield row[column]
    for column in ("DNSName", "Endpoint", "ReaderEndpoint"):
        value = row.get(column)
        address = value.get("Address") if isinstance(value, dict) else value
        if isinstance(address, str):
            yield _dns(address)
    if row.get("name"):
        yield f"{service}:{row['region']}:{row['name']}"


def _strings(row: Mapping[str, Any], service: str) -> Iterator[str]:
    """Every string in a row, tags apart, as something it may refer to."""
    for column, value in row.items():
        if column not in ("tags", "account", "region", "type", "name", "arn"):
            for text in _leaves(value):
                yield text
                yield _dns(text)
                yield f"{service}:{row['region']}:{text}"


def _leaves(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for item in value.values():
            yield from _leaves(item)
    elif isinstance(value, list):
        for item in value:
            yield from _leaves(item)


def _is_id(text: str) -> bool:
    """An id that AWS made, and so is not somebody else's word: vpc-0a1b, a UUID, a hosted zone's Z…."""
    return bool(re.search(r"[0-9]", text)) and len(text) >= 8  # noqa: PLR2004 - vpc-0a1b has eight


def _dns(text: str) -> str:
    return "dns:" + text.lower().rstrip(".").removeprefix("dualstack.")
