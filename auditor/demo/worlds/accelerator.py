"""Global accelerators in front of load balancers in several regions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from auditor.demo.worlds.building import pairs

if TYPE_CHECKING:
    from collections.abc import Mapping

    from auditor.demo.worlds.building import Builder

HOME = "us-west-2"
"""Where Global Accelerator's API stands."""
_HTTP = 80


def build_accelerator(
    builder: Builder,
    name: str,
    endpoints: Mapping[str, str],
    *,
    enabled: bool = True,
    port: int = 443,
    dials: Mapping[str, float] | None = None,
    weights: Mapping[str, int] | None = None,
) -> str:
    """An accelerator for HTTPS, or HTTP on `port` 80, with an endpoint group in each region of `endpoints`; its ARN.

    `endpoints` names the region's endpoint by its ARN or id; `dials` and `weights` are those of a region, where they
    are not AWS's own 100 % and 128.
    """
    client = builder.client("globalaccelerator", HOME)
    made = client.create_accelerator(Name=name, Enabled=enabled, IdempotencyToken=name, Tags=pairs(builder.tags(name)))[
        "Accelerator"
    ]
    listener = client.create_listener(
        AcceleratorArn=made["AcceleratorArn"],
        Protocol="TCP",
        PortRanges=[{"FromPort": port, "ToPort": port}],
        IdempotencyToken=name,
    )["Listener"]
    for region, endpoint in endpoints.items():
        client.create_endpoint_group(
            ListenerArn=listener["ListenerArn"],
            EndpointGroupRegion=region,
            EndpointConfigurations=[{"EndpointId": endpoint, "Weight": (weights or {}).get(region, 128)}],
            TrafficDialPercentage=(dials or {}).get(region, 100.0),
            HealthCheckProtocol="HTTP" if port == _HTTP else "HTTPS",
            HealthCheckPath="/health",
            HealthCheckPort=port,
            IdempotencyToken=f"{name}-{region}",
        )
    return str(made["AcceleratorArn"])
