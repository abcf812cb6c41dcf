"""RDS: engine versions, global databases, and what clusters and instances say of themselves."""

from __future__ import annotations

from typing import Any

from auditor.demo.moto_gaps.engine import AwsError, Call, gap, needs
from auditor.demo.moto_gaps.rds_engines import VERSIONS
from auditor.demo.moto_gaps.rds_parameters import give_default_cluster_group, give_default_group

needs(
    "moto.rds.models:GlobalCluster.global_cluster_members",
    "moto.rds.models:RDSBackend.describe_global_clusters",
    "moto.rds.models:DBCluster.db_subnet_group",
    "moto.rds.models:DBInstance.db_parameter_groups",
    "moto.rds.models:DBSubnetGroup.subnets",
    "moto.kms.models:KmsBackend.describe_key",
)

_KEPT = (
    "EnablePerformanceInsights",
    "PerformanceInsightsKMSKeyId",
    "PerformanceInsightsRetentionPeriod",
    "PubliclyAccessible",
)
_CLUSTER_KEPT = (
    "EnablePerformanceInsights",
    "PerformanceInsightsKMSKeyId",
    "PerformanceInsightsRetentionPeriod",
    "MonitoringInterval",
    "MonitoringRoleArn",
    "DatabaseInsightsMode",
)
_INVENTED_KEY = "default_kms_key_id"
_LEAST_PAGE = 20


@gap("rds", "DescribeDBEngineVersions")
def describe_db_engine_versions(call: Call) -> dict[str, Any]:
    """AWS lists what it offers and what that supports (API_DescribeDBEngineVersions); moto has no such call."""
    asked = call.params()
    limit, start = int(asked.get("MaxRecords", 100)), int(asked.get("Marker", 0))
    if not _LEAST_PAGE <= limit <= 100:  # noqa: PLR2004 - as the API page says
        raise AwsError("InvalidParameterValue", f"Invalid value {limit} for MaxRecords. Must be between 20 and 100")
    wanted = {f["Name"]: f["Values"] for f in asked.get("Filters", [])}
    found = [
        version
        for version in VERSIONS
        if all(
            asked.get(name) in (None, "", version[name])
            for name in ("Engine", "EngineVersion", "DBParameterGroupFamily")
        )
        and all(version.get(_FILTERS[name]) in values for name, values in wanted.items() if name in _FILTERS)
    ]
    answer: dict[str, Any] = {"DBEngineVersions": found[start : start + limit]}
    if start + limit < len(found):
        answer["Marker"] = str(start + limit)
    return answer


_FILTERS = {
    "engine": "Engine",
    "engine-version": "EngineVersion",
    "db-parameter-group-family": "DBParameterGroupFamily",
    "status": "Status",
}


# ------------------------------------------------------------------------------------------- global databases


@gap("rds", "CreateGlobalCluster")
def create_global_cluster(call: Call) -> dict[str, Any]:
    """AWS keeps tags and makes the source cluster the writer (API_CreateGlobalCluster); moto does neither."""
    answer, asked = call.moto(), call.params()
    made = call.backend("rds", region="us-east-1").global_clusters[asked["GlobalClusterIdentifier"]]
    made.tags = asked.get("Tags", [])
    made.created_in = call.region
    for member in made.members:
        member.is_writer = True
        member.global_cluster_identifier = made.global_cluster_identifier
        made.storage_encrypted = bool(member.storage_encrypted)
        made.engine_version = member.engine_version
    answer["GlobalCluster"] |= {"TagList": made.tags, "StorageEncrypted": made.storage_encrypted}
    return answer


@gap("rds", "DescribeGlobalClusters")
def describe_global_clusters(call: Call) -> dict[str, Any]:
    """AWS answers in the members' regions, with their state (API_DescribeGlobalClusters); moto everywhere, without."""
    asked = call.params()
    wanted = asked.get("GlobalClusterIdentifier", "").lower()
    known = call.backend("rds", region="us-east-1").global_clusters
    found = []
    for cluster in call.moto()["GlobalClusters"]:
        identifier = cluster["GlobalClusterIdentifier"]
        regions = {member["DBClusterArn"].split(":")[3] for member in cluster["GlobalClusterMembers"]}
        home = getattr(known.get(identifier), "created_in", call.region)
        if call.region not in (regions or {home}) or wanted not in ("", identifier):
            continue
        cluster["TagList"] = getattr(known.get(identifier), "tags", [])
        for member in cluster["GlobalClusterMembers"]:
            member["SynchronizationStatus"] = "connected"
        found.append(cluster)
    if wanted and not found:
        raise AwsError("GlobalClusterNotFoundFault", f"Global cluster {wanted} not found.")
    return {"GlobalClusters": found}


# ------------------------------------------------------------------------------------------- clusters and instances


@gap("rds", "CreateDBCluster", "DescribeDBClusters", "ModifyDBCluster")
def clusters(call: Call) -> dict[str, Any]:
    """AWS leaves out what is not on (API_DBCluster); moto invents a key, a backtrack window of 0 and more, and drops
    what is to be monitored.
    """
    answer = call.moto()
    known = call.backend("rds").clusters
    if "DBCluster" in answer:
        _keep_cluster_settings(known[answer["DBCluster"]["DBClusterIdentifier"]], call)
    for cluster in [*answer.get("DBClusters", []), *filter(None, [answer.get("DBCluster")])]:
        member = known.get(cluster["DBClusterIdentifier"])
        if member is not None:
            give_default_cluster_group(member, call.backend("rds"))
            cluster["DBClusterParameterGroup"] = member.parameter_group
        _complete_cluster(cluster, getattr(member, "kept_settings", {}), call)
        if cluster.get("GlobalClusterIdentifier") and member is not None and not member.is_writer:
            cluster["GlobalWriteForwardingStatus"] = "disabled"
    return answer


def _keep_cluster_settings(cluster: Any, call: Call) -> None:  # noqa: ANN401 - moto's own types
    asked = call.params()
    kept = getattr(cluster, "kept_settings", {})
    cluster.kept_settings = kept | {name: asked[name] for name in _CLUSTER_KEPT if name in asked}


def _complete_cluster(cluster: dict[str, Any], kept: dict[str, Any], call: Call) -> None:
    if not cluster.get("StorageEncrypted"):
        cluster.pop("KmsKeyId", None)
    elif cluster.get("KmsKeyId") == _INVENTED_KEY:
        cluster["KmsKeyId"] = _key_of_aws(call)
    if not cluster.get("BacktrackWindow"):
        cluster.pop("BacktrackWindow", None)
    if not cluster.get("ScalingConfigurationInfo"):
        cluster.pop("ScalingConfigurationInfo", None)
    if cluster["Engine"].startswith("aurora"):
        cluster.pop("PubliclyAccessible", None)
        cluster["StorageType"] = "aurora"
    cluster |= {name: kept[name] for name in _CLUSTER_KEPT[1:] if name in kept}
    cluster["PerformanceInsightsEnabled"] = bool(kept.get("EnablePerformanceInsights", False))


def _key_of_aws(call: Call) -> str:
    """The ARN of alias/aws/rds, which AWS makes when something is first encrypted without a key of one's own."""
    key = call.backend("kms").describe_key("alias/aws/rds")
    key.key_manager = "AWS"
    return str(key.arn)


@gap("rds", "CreateDBInstance", "ModifyDBInstance")
def keep_instance_settings(call: Call) -> dict[str, Any]:
    """AWS keeps public access and Performance Insights (API_CreateDBInstance); moto drops them on Aurora members."""
    answer, asked = call.moto(), call.params()
    instance = call.backend("rds").databases[asked["DBInstanceIdentifier"]]
    kept = getattr(instance, "kept_settings", {})
    instance.kept_settings = kept | {name: asked[name] for name in _KEPT if name in asked}
    give_default_group(instance, call.backend("rds"))
    _complete_instance(answer["DBInstance"], call)
    return answer


@gap("rds", "DescribeDBInstances")
def describe_db_instances(call: Call) -> dict[str, Any]:
    """AWS answers public access, insights and Aurora members' subnet group (API_DBInstance); moto does not."""
    answer = call.moto()
    for instance in answer["DBInstances"]:
        _complete_instance(instance, call)
    return answer


@gap("rds", "ModifyDBSubnetGroup")
def modify_db_subnet_group(call: Call) -> dict[str, Any]:
    """AWS gives a subnet group other subnets (API_ModifyDBSubnetGroup); moto also forgets the group."""
    groups, name = call.backend("rds").subnet_groups, call.params()["DBSubnetGroupName"]
    if name not in groups:
        raise AwsError("DBSubnetGroupNotFoundFault", f"DB subnet group '{name}' does not exist.")
    group = groups[name]
    answer = call.moto()
    groups[name] = group
    return answer


def _complete_instance(instance: dict[str, Any], call: Call) -> None:
    backend = call.backend("rds")
    known = backend.databases[instance["DBInstanceIdentifier"]]
    kept = getattr(known, "kept_settings", {})
    for group, made in zip(instance.get("DBParameterGroups", []), known.db_parameter_groups(), strict=False):
        group["DBParameterGroupName"] = made.name
    if instance.get("KmsKeyId") == _INVENTED_KEY:
        instance["KmsKeyId"] = _key_of_aws(call)
    instance["PubliclyAccessible"] = bool(kept.get("PubliclyAccessible", False))
    instance["PerformanceInsightsEnabled"] = bool(kept.get("EnablePerformanceInsights", False))
    if instance["PerformanceInsightsEnabled"]:
        instance["PerformanceInsightsRetentionPeriod"] = kept.get("PerformanceInsightsRetentionPeriod", 7)
        if kept.get("PerformanceInsightsKMSKeyId"):
            instance["PerformanceInsightsKMSKeyId"] = kept["PerformanceInsightsKMSKeyId"]
    cluster = backend.clusters.get(instance.get("DBClusterIdentifier", ""))
    if cluster is None:
        return
    instance.setdefault("PromotionTier", 1)
    group = backend.subnet_groups.get(cluster.db_subnet_group)
    if group is not None and "DBSubnetGroup" not in instance:
        instance["DBSubnetGroup"] = {
            "DBSubnetGroupName": group.name,
            "DBSubnetGroupDescription": group.description,
            "VpcId": group.vpc_id,
            "SubnetGroupStatus": group.subnet_group_status,
            "Subnets": group.subnets,
        }
