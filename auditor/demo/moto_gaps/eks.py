"""EKS: the versions that the region knows."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from moto.eks import urls

from auditor.demo.moto_gaps.engine import Call, gap, needs

needs("moto.eks.urls:url_paths", "moto.eks.urls:response")

# moto refuses what it has no path for, before any gap is asked.
urls.url_paths["{0}/cluster-versions$"] = urls.response.dispatch

_VERSIONS = (
    ("1.34", "2025-10-01", "2026-12-02", "2027-12-02"),
    ("1.33", "2025-05-29", "2026-07-29", "2027-07-29"),
    ("1.32", "2025-01-23", "2026-03-23", "2027-03-23"),
    ("1.31", "2024-09-26", "2025-11-26", "2026-11-26"),
    ("1.30", "2024-05-23", "2025-07-23", "2026-07-23"),
    ("1.29", "2024-01-23", "2025-03-23", "2026-03-23"),
    ("1.28", "2023-09-26", "2024-11-26", "2025-11-26"),
)
"""Version, release, ends of standard and extended support (EKS User Guide, "kubernetes-versions")."""
_LASTING = "1.34"
"""Counts as in standard support whatever the day: an ideal cluster is on it."""


@gap("eks", "DescribeClusterVersions")
def describe_cluster_versions(call: Call) -> dict[str, Any]:
    """AWS lists versions with the support that each has (API_DescribeClusterVersions); moto has no such operation."""
    asked = call.params()
    found = [_described(row, call.date) for row in _VERSIONS]
    if not asked.get("includeAll"):
        found = [one for one in found if one["versionStatus"] != "UNSUPPORTED"]
    wanted = asked.get("versionStatus")
    return {"clusterVersions": [one for one in found if wanted in (None, one["versionStatus"])]}


def _described(row: tuple[str, str, str, str], now: datetime) -> dict[str, Any]:
    version, (released, standard, extended) = row[0], (_day(text) for text in row[1:])
    if now < standard or version == _LASTING:
        support = "STANDARD_SUPPORT"
    else:
        support = "EXTENDED_SUPPORT" if now < extended else "UNSUPPORTED"
    return {
        "clusterVersion": version,
        "clusterType": "eks",
        "defaultVersion": version == _LASTING,
        "releaseDate": released,
        "endOfStandardSupportDate": standard,
        "endOfExtendedSupportDate": extended,
        "status": support.lower().replace("_", "-"),
        "versionStatus": support,
    }


def _day(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)
