"""Amazon Route 53. https://docs.aws.amazon.com/Route53/latest/APIReference/"""

from __future__ import annotations

from auditor.model import Detail, Table


def _tags(resource_type: str, column: str) -> Detail:
    """ListTagsForResources serves ten resources a call."""
    return Detail(
        operation="ListTagsForResources",
        params={"ResourceType": resource_type, "ResourceIds": [f"${column}"]},
        columns={"tags": "Tags"},
        batch=10,
        batch_items="ResourceTagSets",
        batch_key="ResourceId",
    )


_OBSERVED = " && ".join(
    f"HealthCheckConfig.Type != '{type_}'" for type_ in ("CALCULATED", "CLOUDWATCH_METRIC", "RECOVERY_CONTROL")
)
"""Health checks that Route 53's checkers make. GetHealthCheckStatus serves no others."""

TABLES = (
    Table(
        name="route53_hosted_zones",
        description="Hosted zones, public and private.",
        service="route53",
        operation="ListHostedZones",
        items="HostedZones",
        type="AWS::Route53::HostedZone",
        arn="arn:{partition}:route53:::hostedzone/{HostedZoneId}",
        key=("HostedZoneId",),
        name_from="Name",
        columns={"HostedZoneId": "tail(Id)"},
        page_size=100,
        is_global=True,
        details=(_tags("hostedzone", "HostedZoneId"),),
        vanished=("NoSuchHostedZone",),
    ),
    Table(
        name="route53_record_sets",
        description="Record sets of hosted zones.",
        service="route53",
        operation="ListResourceRecordSets",
        items="ResourceRecordSets",
        type="AWS::Route53::RecordSet",
        arn="arn:{partition}:route53:::hostedzone/{HostedZoneId}/recordset/{Name}/{RecordType}/{SetIdentifier|}",
        key=("HostedZoneId", "name", "RecordType", "SetIdentifier"),
        name_from="Name",
        renames={"Type": "RecordType", "Region": "RoutingRegion"},
        columns={"HostedZoneId": "parent.HostedZoneId"},
        page_size=300,
        is_global=True,
        taggable=False,
        parent="route53_hosted_zones",
        parent_params={"HostedZoneId": "HostedZoneId"},
        vanished=("NoSuchHostedZone",),
    ),
    Table(
        name="route53_health_checks",
        description="Health checks, with their configuration and what the checkers last saw.",
        service="route53",
        operation="ListHealthChecks",
        items="HealthChecks",
        type="AWS::Route53::HealthCheck",
        arn="arn:{partition}:route53:::healthcheck/{Id}",
        key=("Id",),
        page_size=1000,
        is_global=True,
        details=(
            _tags("healthcheck", "Id"),
            Detail(
                operation="GetHealthCheckStatus",
                params={"HealthCheckId": "$Id"},
                columns={"HealthCheckObservations": "HealthCheckObservations"},
                when=_OBSERVED,
            ),
        ),
        vanished=("NoSuchHealthCheck",),
        volatile=("HealthCheckObservations",),
    ),
)
