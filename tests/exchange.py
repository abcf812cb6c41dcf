"""What stands in the corrected multi-region trading platform, and what is added to it."""

from __future__ import annotations

from typing import Any

RECOVERY = "eu-west-1"
TAGS = [{"Key": "Environment", "Value": "production"}, {"Key": "CostCenter", "Value": "Trading"}]


def tagged(kind: str, name: str) -> list[dict[str, Any]]:
    """The tags of a resource of this kind, as EC2 takes them."""
    return [{"ResourceType": kind, "Tags": [{"Key": "Name", "Value": name}, *TAGS]}]
