"""Optional keys of `results.json` filled in, so that a template may name them and a misspelt one is an error."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from auditor.reports import summary
from auditor.reports.sanitize import clean, visible

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
    "covers": {},
    "state": "",
}
_CHECK: Mapping[str, Any] = {
    "description": "",
    "facts": "",
    "pass_when": "",
    "resource": "",
    "reasons": [],
    "tables": [],
    "left_out": {},
    "drawing": None,
    "population": None,
}
_TABLE: Mapping[str, Any] = {
    "type": "",
    "description": "",
    "rows": 0,
    "answered": None,
    "in_scope": None,
    "left_out": {},
}
_COLLECTION: Mapping[str, Any] = {"tables": [], "started_at": "", "finished_at": ""}


def complete(results: Mapping[str, Any]) -> dict[str, Any]:
    """The document, clean (`sanitize.clean`), with every optional key that the report's templates name.

    Findings are left as they are where the words that they are found by are clean: of very many, few are shown, and
    those are made clean where they are (`complete_finding`); so are compared resources (`page.drift`).
    """
    findings, drift = results["findings"], results.get("drift") or {}
    words = {word for one in findings for word in _words(one)}
    compared = {name: drift[name] for name in ("resources", "code") if name in drift}
    results = {**results, "drift": {name: part for name, part in drift.items() if name not in compared}}
    if all(visible(word) == word for word in words):
        results = clean({**results, "findings": []}) | {"findings": findings}
    else:
        results = clean(results)
    counts = {name: {**_COUNTS, **results["summary"][name]} for name in ("requirements", "findings")}
    collection = {**_COLLECTION, **results["collection"]}
    collection["tables"] = [{**_TABLE, **one} for one in collection["tables"]]
    return {
        **results,
        "drift": {**results["drift"], **compared},
        "summary": {**results["summary"], **counts},
        "requirements": [_requirement(one) for one in results["requirements"]],
        "checks": [{**_CHECK, **one} for one in results["checks"]],
        "collection": collection,
        "waivers": [{**_WAIVER, **one} for one in results.get("waivers") or ()],
    }


def _requirement(one: Mapping[str, Any]) -> dict[str, Any]:
    return {"note": "", "must_exist": False, **one, "counts": {**_COUNTS, **one["counts"]}}


def _words(one: Mapping[str, Any]) -> tuple[str, ...]:
    return (one["id"], one["check"], one["resource"]["account"], one["resource"]["region"], *one["requirements"])


def complete_finding(one: Mapping[str, Any]) -> dict[str, Any]:
    """A finding, clean and with every optional key."""
    one = clean(one)
    return {**one, "waiver": {**_WAIVER, **one["waiver"]} if one.get("waiver") else None}
