"""Amazon RDS and Aurora. https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/"""

from __future__ import annotations

from auditor.model import Detail, Table

_TAGS = Detail(operation="ListTagsForResource", params={"ResourceName": "$arn"}, columns={"tags": "TagList"})
_GROUP_GONE = ("DBParameterGroupNotFound", "DBParameterGroupNotFoundFault")
_ENCRYPTION = "Parameters[?contains(['rds.force_ssl', 'require_secure_transport', 'tls'], ParameterName)]"


def _parameters(operation: str, group: str) -> Detail:
    """What a parameter group says of encrypted connections: of hundreds of parameters, these few are kept.

    The filters of the operation know a parameter's source only, so every page is read. `ParameterCount` tells a group
    without the parameter from an answer without any.
    """
    return Detail(
        operation=operation,
        params={group: "$name"},
        columns={
            "EncryptionParameters": f"{_ENCRYPTION}.{{Key: ParameterName, Value: ParameterValue}}",
            "EncryptionParameterSources": f"{_ENCRYPTION}.{{Key: ParameterName, Value: Source}}",
            "ParameterCount": "Parameters || `[]` | length(@)",
        },
        types={
            "EncryptionParameters": "MAP(VARCHAR, VARCHAR)",
            "EncryptionParameterSources": "MAP(VARCHAR, VARCHAR)",
            "ParameterCount": "BIGINT",
        },
    )


TABLES = (
    Table(
        name="rds_global_clusters",
        description="Aurora global databases, as each region of theirs tells of them.",
        service="rds",
        operation="DescribeGlobalClusters",
        items="GlobalClusters",
        type="AWS::RDS::GlobalCluster",
        arn="{GlobalClusterArn}",
        key=("GlobalClusterArn",),
        name_from="GlobalClusterIdentifier",
        tags="TagList",
        page_size=100,
    ),
    Table(
        name="rds_clusters",
        description="DB clusters (Aurora and Multi-AZ), with their members.",
        service="rds",
        operation="DescribeDBClusters",
        items="DBClusters",
        type="AWS::RDS::DBCluster",
        arn="{DBClusterArn}",
        key=("DBClusterArn",),
        name_from="DBClusterIdentifier",
        tags="TagList",
        page_size=100,
        volatile=(
            "EarliestRestorableTime",
            "LatestRestorableTime",
            "EarliestBacktrackTime",
            "BacktrackConsumedChangeRecords",
        ),
    ),
    Table(
        name="rds_instances",
        description="DB instances, standalone ones and members of clusters.",
        service="rds",
        operation="DescribeDBInstances",
        items="DBInstances",
        type="AWS::RDS::DBInstance",
        arn="{DBInstanceArn}",
        key=("DBInstanceArn",),
        name_from="DBInstanceIdentifier",
        tags="TagList",
        page_size=100,
        volatile=("LatestRestorableTime",),
    ),
    Table(
        name="rds_subnet_groups",
        description="DB subnet groups, with their subnets.",
        service="rds",
        operation="DescribeDBSubnetGroups",
        items="DBSubnetGroups",
        type="AWS::RDS::DBSubnetGroup",
        arn="{DBSubnetGroupArn}",
        key=("DBSubnetGroupArn",),
        name_from="DBSubnetGroupName",
        page_size=100,
        details=(_TAGS,),
        vanished=("DBSubnetGroupNotFoundFault",),
    ),
    Table(
        name="rds_cluster_parameter_groups",
        description="DB cluster parameter groups, AWS's default ones too, with what they say of encrypted connections.",
        service="rds",
        operation="DescribeDBClusterParameterGroups",
        items="DBClusterParameterGroups",
        type="AWS::RDS::DBClusterParameterGroup",
        arn="{DBClusterParameterGroupArn}",
        key=("DBClusterParameterGroupArn",),
        name_from="DBClusterParameterGroupName",
        page_size=100,
        details=(_parameters("DescribeDBClusterParameters", "DBClusterParameterGroupName"), _TAGS),
        vanished=_GROUP_GONE,
    ),
    Table(
        name="rds_parameter_groups",
        description="DB parameter groups, AWS's default ones too, with what they say of encrypted connections.",
        service="rds",
        operation="DescribeDBParameterGroups",
        items="DBParameterGroups",
        type="AWS::RDS::DBParameterGroup",
        arn="{DBParameterGroupArn}",
        key=("DBParameterGroupArn",),
        name_from="DBParameterGroupName",
        page_size=100,
        details=(_parameters("DescribeDBParameters", "DBParameterGroupName"), _TAGS),
        vanished=_GROUP_GONE,
    ),
    Table(
        name="rds_cluster_snapshots",
        description="Snapshots of DB clusters, automated and manual, and those that others share with the account.",
        service="rds",
        operation="DescribeDBClusterSnapshots",
        items="DBClusterSnapshots",
        params={"IncludeShared": True},
        type="AWS::RDS::DBClusterSnapshot",
        arn="{DBClusterSnapshotArn}",
        key=("DBClusterSnapshotArn",),
        name_from="DBClusterSnapshotIdentifier",
        tags="TagList",
        page_size=100,
        volatile=("PercentProgress",),
    ),
    Table(
        name="rds_snapshots",
        description="Snapshots of DB instances, automated and manual, and those that others share with the account.",
        service="rds",
        operation="DescribeDBSnapshots",
        items="DBSnapshots",
        params={"IncludeShared": True},
        type="AWS::RDS::DBSnapshot",
        arn="{DBSnapshotArn}",
        key=("DBSnapshotArn",),
        name_from="DBSnapshotIdentifier",
        tags="TagList",
        page_size=100,
        volatile=("PercentProgress",),
    ),
    Table(
        name="rds_proxies",
        description="RDS proxies, with the secrets by which they log in and whether they demand TLS.",
        service="rds",
        operation="DescribeDBProxies",
        items="DBProxies",
        type="AWS::RDS::DBProxy",
        arn="{DBProxyArn}",
        key=("DBProxyArn",),
        name_from="DBProxyName",
        page_size=100,
        details=(_TAGS,),
        vanished=("DBProxyNotFoundFault",),
    ),
    Table(
        name="rds_engine_versions",
        description="Versions of the Aurora engines that the region knows, deprecated ones too, and what they support.",
        service="rds",
        operation="DescribeDBEngineVersions",
        items="DBEngineVersions",
        params={"IncludeAll": True},
        variants=({"Engine": "aurora-mysql"}, {"Engine": "aurora-postgresql"}),
        type="AWS::RDS::EngineVersion",
        arn="arn:{partition}:rds:{region}:{account}:engine-version/{Engine}/{EngineVersion}",
        key=("Engine", "EngineVersion"),
        name_from="EngineVersion",
        tags="TagList",
        taggable=False,
        page_size=100,
    ),
)
