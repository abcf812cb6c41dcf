"""Lambda: what a list leaves out."""

from __future__ import annotations

from typing import Any

from auditor.demo.moto_gaps.engine import Call, gap

_ONLY_IN_GET = ("State", "StateReason", "StateReasonCode", "LastUpdateStatus", "LastUpdateStatusReason")


@gap("lambda", "ListFunctions")
def list_functions(call: Call) -> dict[str, Any]:
    """AWS leaves State and LastUpdateStatus out of lists (API_ListFunctions); moto lists them."""
    answer = call.moto()
    for function in answer["Functions"]:
        for member in _ONLY_IN_GET:
            function.pop(member, None)
    return answer


@gap("lambda", "GetFunctionConfiguration")
def get_function_configuration(call: Call) -> dict[str, Any]:
    """AWS answers State and LastUpdateStatus (API_GetFunctionConfiguration); moto's are not always there."""
    return {"State": "Active", "LastUpdateStatus": "Successful", **call.moto()}
