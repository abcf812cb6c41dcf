"""EC2: which regions are enabled, and what kind of NAT gateway it is."""

from __future__ import annotations

from typing import Any

from auditor.demo.moto_gaps.engine import Call, gap

_ENABLED = frozenset(
    {
        *("ap-northeast-1", "ap-northeast-2", "ap-northeast-3", "ap-south-1", "ap-southeast-1", "ap-southeast-2"),
        *("ca-central-1", "eu-central-1", "eu-north-1", "eu-west-1", "eu-west-2", "eu-west-3", "sa-east-1"),
        *("us-east-1", "us-east-2", "us-west-1", "us-west-2"),
    }
)
"""Enabled in every account; the others are opt-in (docs.aws.amazon.com/global-infrastructure, "AWS Regions")."""


@gap("ec2", "DescribeRegions")
def describe_regions(call: Call) -> dict[str, Any]:
    """AWS lists enabled regions, unless AllRegions or a name asks (API_DescribeRegions); moto lists all, always."""
    asked = call.params()
    everything = bool(asked.get("AllRegions") or asked.get("RegionNames"))
    regions = call.moto()["Regions"]
    for region in regions:
        enabled = region["RegionName"] in _ENABLED
        region["OptInStatus"] = "opt-in-not-required" if enabled else "not-opted-in"
    wanted = {f["Name"]: f["Values"] for f in asked.get("Filters", [])}.get("opt-in-status")
    return {
        "Regions": [
            region
            for region in regions
            if (everything or region["RegionName"] in _ENABLED) and (not wanted or region["OptInStatus"] in wanted)
        ]
    }


@gap("ec2", "DescribeNatGateways")
def describe_nat_gateways(call: Call) -> dict[str, Any]:
    """AWS says whether a NAT gateway is public or private (API_NatGateway); moto leaves ConnectivityType out."""
    answer = call.moto()
    for gateway in answer["NatGateways"]:
        gateway.setdefault("ConnectivityType", "public")
    return answer
