"""Optional keys of `results.json` filled in, so that a template may name them and a misspelt one is an error."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from auditor.reports import summary

if TYPE_CHECKING:
    from collections.abc import Mapping

_COUNTS: Mapping[str, Any] = {status.value: 0 for status in summary.STATUSES}
_WAIVER: Mapping[str, Any] = {
    "requirement": "",
    "check": "",
    "resource": "",
    "reason": "",
    "approved_by": "",
    "expires": "",
    "matched": 0,
    "expired": False,
}
_CHECK: Mapping[str, Any] = {
    "description": "",
    "facts": "",
    "pass_when": "",
    "resource": "",
    "reasons": [],
    "tables": [],
    "left_out": {},
}
_COLLECTION: Mapping[str, Any] = {"tables": [], "started_at": "", "finished_at": ""}


def complete(results: Mapping[str, Any]) -> dict[str, Any]:
    """The document with every optional key that the report's templates name."""
    counts = {name: {**_COUNTS, **results["summary"][name]} for name in ("requirements", "findings")}
    collection = {**_COLLECTION, **results["collection"]}
    collection["tables"] = [{"type": "", "description": "", "rows": 0, **one} for one in collection["tables"]]
    return {
        **results,
        "summary": {**results["summary"], **counts},
        "requirements": [_requirement(one) for one in results["requirements"]],
        "checks": [{**_CHECK, **one} for one in results["checks"]],
        "findings": [_finding(one) for one in results["findings"]],
        "collection": collection,
        "waivers": [{**_WAIVER, **one} for one in results.get("waivers") or ()],
    }


def _requirement(one: Mapping[str, Any]) -> dict[str, Any]:
    return {"note": "", "must_exist": False, **one, "counts": {**_COUNTS, **one["counts"]}}


def _finding(one: Mapping[str, Any]) -> dict[str, Any]:
    return {**one, "waiver": {**_WAIVER, **one["waiver"]} if one.get("waiver") else None}
