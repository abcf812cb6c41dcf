"""Route 53: the form of names in aliases."""

from __future__ import annotations

from typing import Any

from auditor.demo.moto_gaps.engine import Call, gap


@gap("route53", "ListResourceRecordSets")
def list_resource_record_sets(call: Call) -> dict[str, Any]:
    """AWS ends an alias target's DNSName with a dot (API_ListResourceRecordSets); moto answers what was sent."""
    answer = call.moto()
    for record in answer["ResourceRecordSets"]:
        alias = record.get("AliasTarget")
        if alias and not alias["DNSName"].endswith("."):
            alias["DNSName"] += "."
    return answer
