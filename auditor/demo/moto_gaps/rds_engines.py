"""The engine versions that the embedded account offers, as DescribeDBEngineVersions words them.

Which versions do global databases is AWS's to say and changes; here 15.4 does not and 15.7 does, as the documents have
it ("Incorrect Aurora PostgreSQL Engine Version"), and no engine but Aurora does at all.
"""

from __future__ import annotations

from typing import Any

_AURORA_MYSQL = (
    "5.7.mysql_aurora.2.11.5",
    "5.7.mysql_aurora.2.12.3",
    "8.0.mysql_aurora.3.04.0",
    "8.0.mysql_aurora.3.04.1",
    "8.0.mysql_aurora.3.04.2",
    "8.0.mysql_aurora.3.04.3",
    "8.0.mysql_aurora.3.05.2",
    "8.0.mysql_aurora.3.07.1",
    "8.0.mysql_aurora.3.08.0",
)
_AURORA_POSTGRESQL = ("13.9", "14.6", "14.9", "15.2", "15.3", "15.4", "15.5", "15.7", "16.1", "16.4")
_WITHOUT_GLOBAL = frozenset({("aurora-postgresql", "15.4")})
_OTHERS = {
    "mariadb": ("10.6.16", "10.11.8"),
    "mysql": ("8.0.33", "8.0.35", "8.0.39", "8.4.3"),
    "postgres": ("14.12", "15.4", "15.7", "16.3"),
}
_DESCRIPTIONS = {
    "aurora-mysql": "Aurora MySQL",
    "aurora-postgresql": "Aurora PostgreSQL",
    "mariadb": "MariaDB Community Edition",
    "mysql": "MySQL Community Edition",
    "postgres": "PostgreSQL",
}
_LOGS = {
    "aurora-mysql": ["audit", "error", "general", "slowquery"],
    "aurora-postgresql": ["postgresql"],
    "mariadb": ["audit", "error", "general", "slowquery"],
    "mysql": ["audit", "error", "general", "slowquery"],
    "postgres": ["postgresql", "upgrade"],
}


def _version(engine: str, version: str) -> dict[str, Any]:
    parts = version.split(".")
    major = parts[0] if "postgres" in engine else ".".join(parts[:2])
    aurora = engine.startswith("aurora")
    return {
        "Engine": engine,
        "MajorEngineVersion": major,
        "EngineVersion": version,
        "DBParameterGroupFamily": f"{engine}{major}",
        "DBEngineDescription": _DESCRIPTIONS[engine],
        "DBEngineVersionDescription": f"{_DESCRIPTIONS[engine]} {version}",
        "ValidUpgradeTarget": [],
        "ExportableLogTypes": _LOGS[engine],
        "SupportsLogExportsToCloudwatchLogs": True,
        "SupportsReadReplica": not aurora,
        "SupportedEngineModes": ["provisioned"],
        "SupportedFeatureNames": [],
        "Status": "available",
        "SupportsParallelQuery": engine == "aurora-mysql",
        "SupportsGlobalDatabases": aurora and (engine, version) not in _WITHOUT_GLOBAL,
        "SupportsBabelfish": engine == "aurora-postgresql",
        "SupportsLimitlessDatabase": False,
        "SupportsCertificateRotationWithoutRestart": True,
        "SupportsLocalWriteForwarding": engine == "aurora-mysql",
        "SupportsIntegrations": False,
        "TagList": [],
    }


VERSIONS = tuple(
    _version(engine, version)
    for engine, versions in sorted(
        {"aurora-mysql": _AURORA_MYSQL, "aurora-postgresql": _AURORA_POSTGRESQL, **_OTHERS}.items()
    )
    for version in versions
)
