"""Global Accelerator, which moto lacks altogether: an account that has no accelerators."""

from __future__ import annotations

from typing import Any

from auditor.demo.moto_gaps.engine import Call, gap, whole_service

whole_service("globalaccelerator")


@gap("globalaccelerator", "ListAccelerators")
def list_accelerators(call: Call) -> dict[str, Any]:  # noqa: ARG001 - a gap's form
    """AWS answers an empty list where there are none (API_ListAccelerators); moto has no such service."""
    return {"Accelerators": []}
