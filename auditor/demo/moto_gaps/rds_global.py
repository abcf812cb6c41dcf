"""RDS: what is done to global databases that stand."""

from __future__ import annotations

from typing import Any

from auditor.demo.moto_gaps.engine import AwsError, Call, gap, needs

needs("moto.rds.models:GlobalCluster.global_cluster_members", "moto.rds.models:GlobalCluster.readers")


def _named(call: Call, identifier: str) -> Any:  # noqa: ANN401 - moto's own types
    """The global database of that identifier, as moto keeps it: in us-east-1, whatever its regions."""
    known = call.backend("rds", region="us-east-1").global_clusters
    if identifier.lower() not in known:
        raise AwsError("GlobalClusterNotFoundFault", f"Global cluster {identifier} not found.")
    return known[identifier.lower()]


def _told(cluster: Any) -> dict[str, Any]:  # noqa: ANN401 - moto's own types
    return {
        "GlobalCluster": {
            "GlobalClusterIdentifier": cluster.global_cluster_identifier,
            "GlobalClusterArn": cluster.arn,
            "Status": cluster.status,
            "Engine": cluster.engine,
            "EngineVersion": cluster.engine_version,
            "StorageEncrypted": cluster.storage_encrypted,
            "DeletionProtection": cluster.deletion_protection,
            "GlobalClusterMembers": cluster.global_cluster_members,
        }
    }


@gap("rds", "ModifyGlobalCluster")
def modify_global_cluster(call: Call) -> dict[str, Any]:
    """AWS switches protection, and upgrades every member at once (API_ModifyGlobalCluster); moto has no such call."""
    asked = call.params()
    cluster = _named(call, asked["GlobalClusterIdentifier"])
    if "DeletionProtection" in asked:
        cluster.deletion_protection = asked["DeletionProtection"]
    if "EngineVersion" in asked:
        for one in (cluster, *cluster.members):
            one.engine_version = asked["EngineVersion"]
    return _told(cluster)


@gap("rds", "FailoverGlobalCluster", "SwitchoverGlobalCluster")
def change_writer(call: Call) -> dict[str, Any]:
    """AWS makes a reader member the writer, and the writer a reader (API_SwitchoverGlobalCluster); moto cannot."""
    asked = call.params()
    cluster = _named(call, asked["GlobalClusterIdentifier"])
    target = asked["TargetDbClusterIdentifier"]
    if target not in {member.db_cluster_arn for member in cluster.members}:
        raise AwsError("DBClusterNotFoundFault", f"{target} is no member of {cluster.global_cluster_identifier}.")
    for member in cluster.members:
        member.is_writer = member.db_cluster_arn == target
    return _told(cluster)


@gap("rds", "RemoveFromGlobalCluster")
def remove_member(call: Call) -> dict[str, Any]:
    """AWS removes a member of whatever region, which then stands alone (API_RemoveFromGlobalCluster); moto only one of
    the region that is asked.
    """
    asked = call.params()
    cluster = _named(call, asked["GlobalClusterIdentifier"])
    leaving = [member for member in cluster.members if member.db_cluster_arn == asked["DbClusterIdentifier"]]
    if not leaving:
        raise AwsError("DBClusterNotFoundFault", f"{asked['DbClusterIdentifier']} is no member.")
    for member in leaving:
        cluster.members.remove(member)
        member.global_cluster_identifier = None
        member.is_writer = True
    return _told(cluster)
