"""Amazon EKS. https://docs.aws.amazon.com/eks/latest/APIReference/

The certificate of a cluster and a connector's activation code are never stored.
"""

from __future__ import annotations

from auditor.model import Detail, Table

_GONE = ("ResourceNotFoundException",)

TABLES = (
    Table(
        name="eks_clusters",
        description="EKS clusters, with their version, state, network, role and encryption.",
        service="eks",
        operation="ListClusters",
        items="clusters",
        value_as="clusterName",
        type="AWS::EKS::Cluster",
        arn="arn:{partition}:eks:{region}:{account}:cluster/{clusterName}",
        key=("clusterName",),
        name_from="clusterName",
        details=(
            Detail(
                operation="DescribeCluster",
                params={"name": "$clusterName"},
                columns={"*": "cluster", "tags": "cluster.tags"},
                omit=("certificateAuthority", "clientRequestToken", "connectorConfig"),
                always=True,
            ),
        ),
        vanished=_GONE,
    ),
    Table(
        name="eks_nodegroups",
        description="Managed node groups of EKS clusters; nodegroupArn is AWS's own ARN, which ends in an id.",
        service="eks",
        operation="ListNodegroups",
        items="nodegroups",
        value_as="nodegroupName",
        type="AWS::EKS::Nodegroup",
        arn="arn:{partition}:eks:{region}:{account}:nodegroup/{cluster}/{nodegroupName}",
        key=("cluster", "nodegroupName"),
        name_from="nodegroupName",
        columns={"cluster": "parent.clusterName"},
        parent="eks_clusters",
        parent_params={"clusterName": "clusterName"},
        details=(
            Detail(
                operation="DescribeNodegroup",
                params={"clusterName": "$cluster", "nodegroupName": "$nodegroupName"},
                columns={"*": "nodegroup", "tags": "nodegroup.tags"},
                always=True,
            ),
        ),
        vanished=_GONE,
    ),
    Table(
        name="eks_cluster_versions",
        description="Kubernetes versions that EKS knows in the region, with the support that each of them has.",
        service="eks",
        operation="DescribeClusterVersions",
        items="clusterVersions",
        params={"includeAll": True},
        type="AWS::EKS::ClusterVersion",
        arn="arn:{partition}:eks:{region}:{account}:cluster-version/{clusterType}/{clusterVersion}",
        key=("clusterType", "clusterVersion"),
        name_from="clusterVersion",
        taggable=False,
        volatile_rows="true",
    ),
)
