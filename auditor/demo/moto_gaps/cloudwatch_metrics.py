"""CloudWatch: which metrics there are, and what they measured."""

from __future__ import annotations

from typing import Any

from auditor.demo.moto_gaps.engine import Call, gap, needs

needs(
    "moto.cloudwatch.models:CloudWatchBackend.get_metric_statistics",
    "moto.cloudwatch.models:MetricDatumBase.filter",
)


@gap("cloudwatch", "ListMetrics")
def list_metrics(call: Call) -> dict[str, Any]:
    """AWS lists a metric once (API_ListMetrics); moto once for every value that was put, if it has two dimensions."""
    answer = call.moto()
    answer["Metrics"] = list({_identity(metric): metric for metric in answer["Metrics"]}.values())
    return answer


def _identity(metric: dict[str, Any]) -> tuple[object, ...]:
    dimensions = sorted((one["Name"], one["Value"]) for one in metric.get("Dimensions", []))
    return (metric["Namespace"], metric["MetricName"], *dimensions)


@gap("cloudwatch", "GetMetricStatistics")
def get_metric_statistics(call: Call) -> dict[str, Any]:
    """AWS takes exactly the dimensions asked for (API_GetMetricStatistics); moto also metrics that have more."""
    wanted = sorted((one["Name"], one["Value"]) for one in call.params().get("Dimensions", []))
    backend = call.backend("cloudwatch")
    everything = backend.metric_data
    backend.metric_data = [
        one for one in everything if sorted((dimension.name, dimension.value) for dimension in one.dimensions) == wanted
    ]
    try:
        return call.moto()
    finally:
        backend.metric_data = everything
