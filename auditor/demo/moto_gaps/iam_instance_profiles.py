"""Instance profiles of IAM: their tags."""

from __future__ import annotations

from typing import Any

from auditor.demo.moto_gaps.engine import Call, gap, needs

needs("moto.iam.models:IAMBackend.get_instance_profile")


@gap("iam", "ListInstanceProfileTags")
def list_instance_profile_tags(call: Call) -> dict[str, Any]:
    """AWS answers a profile's tags (API_ListInstanceProfileTags); moto has no such operation."""
    found = call.backend("iam", region="aws").get_instance_profile(call.params()["InstanceProfileName"])
    tags = found.tags if isinstance(found.tags, dict) else {tag["Key"]: tag["Value"] for tag in found.tags or []}
    return {"Tags": [{"Key": key, "Value": value} for key, value in tags.items()], "IsTruncated": False}
