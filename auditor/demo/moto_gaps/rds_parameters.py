"""RDS: parameter groups, AWS's default ones among them, and what they hold.

Of the hundreds of parameters that AWS lists for a family, the ones here are a selection, with AWS's names and defaults:
enough for what encrypts, what logs and what limits connections.
"""

from __future__ import annotations

from typing import Any

from auditor.demo.moto_gaps.engine import AwsError, Call, gap, needs

needs(
    "moto.rds.models:DBClusterParameterGroup.update_cluster_parameters",
    "moto.rds.models:DBInstance.default_db_parameter_group_details",
    "moto.rds.models:DBParameterGroup.update_parameters",
    "moto.rds.models:RDSBackend.create_db_cluster_parameter_group",
    "moto.rds.models:RDSBackend.create_db_parameter_group",
)

_LEAST_PAGE, _LARGEST_PAGE = 20, 100
_ONE_PART_SINCE = 10
"""PostgreSQL's major versions have had one part since 10."""
_FORCED_SINCE = {"aurora-postgresql": 17, "postgres": 15}
"""Since which major version rds.force_ssl is 1 by default (the user guides' pages on security with SSL)."""

# name, value ("" where AWS tells none), apply type, data type, allowed values
_POSTGRESQL = (
    ("application_name", "", "dynamic", "string", ""),
    ("autovacuum", "1", "dynamic", "boolean", "0,1"),
    ("autovacuum_max_workers", "GREATEST({DBInstanceClassMemory/64371566592},3)", "static", "integer", "1-262143"),
    ("client_encoding", "UTF8", "dynamic", "string", ""),
    ("deadlock_timeout", "", "dynamic", "integer", "1-2147483647"),
    ("idle_in_transaction_session_timeout", "86400000", "dynamic", "integer", "0-2147483647"),
    ("log_connections", "", "dynamic", "boolean", "0,1"),
    ("log_disconnections", "", "dynamic", "boolean", "0,1"),
    ("log_min_duration_statement", "", "dynamic", "integer", "-1-2147483647"),
    ("log_statement", "", "dynamic", "list", "none,ddl,mod,all"),
    ("max_connections", "LEAST({DBInstanceClassMemory/9531392},5000)", "static", "integer", "6-262143"),
    ("password_encryption", "", "dynamic", "list", "md5,scram-sha-256"),
    ("rds.log_retention_period", "4320", "dynamic", "integer", "1440-10080"),
    ("rds.logical_replication", "0", "static", "boolean", "0,1"),
    ("shared_preload_libraries", "pg_stat_statements", "static", "list", "auto_explain,pg_cron,pg_stat_statements"),
    ("ssl", "1", "dynamic", "boolean", "0,1"),
    ("ssl_min_protocol_version", "TLSv1.2", "dynamic", "list", "TLSv1.2,TLSv1.3"),
    ("statement_timeout", "", "dynamic", "integer", "0-2147483647"),
    ("timezone", "UTC", "dynamic", "list", "UTC"),
    ("work_mem", "", "dynamic", "integer", "64-2147483647"),
)
_MYSQL = (
    ("binlog_format", "OFF", "static", "list", "ROW,STATEMENT,MIXED,OFF"),
    ("character_set_server", "utf8mb4", "dynamic", "string", ""),
    ("general_log", "", "dynamic", "boolean", "0,1"),
    ("innodb_flush_log_at_trx_commit", "1", "dynamic", "integer", "0-2"),
    ("innodb_print_all_deadlocks", "", "dynamic", "boolean", "0,1"),
    ("local_infile", "", "dynamic", "boolean", "0,1"),
    ("log_bin_trust_function_creators", "", "dynamic", "boolean", "0,1"),
    ("log_output", "FILE", "dynamic", "list", "TABLE,FILE,NONE"),
    ("long_query_time", "", "dynamic", "float", "0-31536000"),
    ("max_connections", "{DBInstanceClassMemory/12582880}", "dynamic", "integer", "1-100000"),
    ("server_audit_logging", "0", "dynamic", "boolean", "0,1"),
    ("slow_query_log", "", "dynamic", "boolean", "0,1"),
    ("sql_mode", "", "dynamic", "list", "ANSI_QUOTES,NO_ENGINE_SUBSTITUTION,STRICT_ALL_TABLES,STRICT_TRANS_TABLES"),
    ("time_zone", "UTC", "dynamic", "string", ""),
    ("tls_version", "", "static", "list", "TLSv1.2,TLSv1.3"),
    ("wait_timeout", "", "dynamic", "integer", "1-31536000"),
)
_DOCUMENTS = (
    ("audit_logs", "disabled", "dynamic", "string", "enabled,disabled,ddl,dml_read,dml_write,all,none"),
    ("change_stream_log_retention_duration", "10800", "dynamic", "integer", "3600-604800"),
    ("profiler", "disabled", "dynamic", "string", "enabled,disabled"),
    ("profiler_sampling_rate", "1.0", "dynamic", "float", "0.0-1.0"),
    ("profiler_threshold_ms", "100", "dynamic", "integer", "50-2147483646"),
    ("tls", "enabled", "static", "string", "disabled,enabled,fips-140-3,tls1.2+,tls1.3+"),
    ("ttl_monitor", "enabled", "dynamic", "string", "disabled,enabled"),
)


def family_of(engine: str, version: str) -> str:
    """The parameter group family of an engine version: `aurora-mysql8.0`, `postgres15`."""
    parts = version.split(".")
    one_part = "postgres" in engine and parts[0].isdigit() and int(parts[0]) >= _ONE_PART_SINCE
    return engine + ".".join(parts[: 1 if one_part else 2])


def give_default_cluster_group(cluster: Any, backend: Any) -> None:  # noqa: ANN401 - moto's own types
    """AWS makes a family's default group when a cluster first uses it; moto has one name for all and no group."""
    if cluster.parameter_group in backend.db_cluster_parameter_groups:
        return
    family = family_of(cluster.engine, cluster.engine_version)
    cluster.parameter_group = f"default.{family}"
    if cluster.parameter_group not in backend.db_cluster_parameter_groups:
        backend.create_db_cluster_parameter_group(
            cluster.parameter_group, family, f"Default cluster parameter group for {family}", []
        )


def give_default_group(instance: Any, backend: Any) -> None:  # noqa: ANN401 - moto's own types
    """AWS names an instance's default group by the family; moto by the version, which for Aurora is another name."""
    family = family_of(instance.engine, instance.engine_version)
    wrong = instance.default_db_parameter_group_details()[1]
    if wrong != f"default.{family}":
        instance.default_db_parameter_group_details = lambda: (family, f"default.{family}")
        backend.db_parameter_groups.pop(wrong, None)


@gap("rds", "DescribeDBClusterParameters")
def describe_db_cluster_parameters(call: Call) -> dict[str, Any]:
    """AWS lists every parameter of the family (API_DescribeDBClusterParameters); moto those that somebody changed."""
    asked = call.params()
    name = asked["DBClusterParameterGroupName"].lower()
    group = call.backend("rds").db_cluster_parameter_groups.get(name)
    if group is None:
        raise AwsError("DBParameterGroupNotFound", f"DBClusterParameterGroup not found: {name}")
    return _page(_parameters(group.db_parameter_group_family, group.parameters), asked)


@gap("rds", "DescribeDBParameters")
def describe_db_parameters(call: Call) -> dict[str, Any]:
    """AWS lists every parameter of the family (API_DescribeDBParameters); moto those that somebody changed."""
    asked = call.params()
    name = asked["DBParameterGroupName"].lower()
    group = call.backend("rds").db_parameter_groups.get(name)
    if group is None:
        raise AwsError("DBParameterGroupNotFound", f"DBParameterGroup not found: {name}")
    return _page(_parameters(group.family, group.parameters), asked)


def _parameters(family: str, changed: dict[str, dict[str, Any]]) -> list[dict[str, Any]]:
    """The family's parameters by name, with what somebody changed."""
    found = {row[0]: _parameter(*row) for row in (*_listed(family), *_encryption(family))}
    for name, change in changed.items():
        known = found.setdefault(name, _parameter(name, "", "dynamic", "string", ""))
        found[name] = known | change | {"Source": "user"}
    return [found[name] for name in sorted(found)]


def _parameter(name: str, value: str, apply_type: str, data_type: str, allowed: str) -> dict[str, Any]:
    told = {"ParameterValue": value, "AllowedValues": allowed}
    return {
        "ParameterName": name,
        "Description": name.replace("_", " ").replace(".", " "),
        "Source": "system" if value else "engine-default",
        "ApplyType": apply_type,
        "DataType": data_type,
        "IsModifiable": True,
        "ApplyMethod": "pending-reboot",
        **{member: text for member, text in told.items() if text},
    }


def _listed(family: str) -> tuple[tuple[str, str, str, str, str], ...]:
    if "postgres" in family:
        return _POSTGRESQL
    if family.startswith("docdb"):
        return _DOCUMENTS
    return _MYSQL if family.startswith(("mysql", "mariadb", "aurora")) else ()


def _encryption(family: str) -> tuple[tuple[str, str, str, str, str], ...]:
    """The parameter that refuses unencrypted connections, with its default; MySQL has had it since 5.7."""
    for engine, since in _FORCED_SINCE.items():
        if family.startswith(engine):
            forced = int(family.removeprefix(engine).split(".")[0]) >= since
            return (("rds.force_ssl", "1" if forced else "0", "dynamic", "boolean", "0,1"),)
    if family.startswith("aurora-mysql"):
        return (("require_secure_transport", "OFF", "dynamic", "boolean", "ON,OFF"),)
    if family.startswith(("mysql", "mariadb")) and family not in {"mysql5.5", "mysql5.6"}:
        forced = family.startswith("mysql8.4")
        return (("require_secure_transport", "1" if forced else "0", "dynamic", "boolean", "0,1"),)
    return ()


def _page(parameters: list[dict[str, Any]], asked: dict[str, Any]) -> dict[str, Any]:
    """Those of the source that is asked for, 20 to 100 at a time."""
    limit, start = int(asked.get("MaxRecords", _LARGEST_PAGE)), int(asked.get("Marker", 0))
    if not _LEAST_PAGE <= limit <= _LARGEST_PAGE:
        raise AwsError("InvalidParameterValue", f"Invalid value {limit} for MaxRecords. Must be between 20 and 100")
    found = [one for one in parameters if asked.get("Source") in (None, "", one["Source"])]
    answer: dict[str, Any] = {"Parameters": found[start : start + limit]}
    if start + limit < len(found):
        answer["Marker"] = str(start + limit)
    return answer
