"""CloudFormation: parameters that are not shown, and drift detection."""

from __future__ import annotations

import copy
import json
import uuid
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from moto.cloudformation.parsing import clean_json

from auditor.demo.moto_gaps.engine import AwsError, Call, gap, needs

needs(
    "moto.cloudformation.models:CloudFormationBackend.describe_stacks",
    "moto.cloudformation.models:CloudFormationBackend.get_stack",
    "moto.cloudformation.models:Stack.stack_resources",
    "moto.cloudformation.parsing:ResourceMap.load_parameters",
    "moto.cloudformation.parsing:clean_json",
    "moto.ec2.models.vpcs:VPCBackend.describe_vpcs",
    "moto.s3.models:S3Backend.get_bucket",
    "moto.sns.models:SNSBackend.get_topic",
)

_CHECKED = "drifts_last_detected"
"""The attribute of moto's stack that holds what drift detection last found: (detection's id, its time, results)."""

Properties = dict[str, Any]

# ------------------------------------------------------------------------------------------- stacks


@gap("cloudformation", "DescribeStacks")
def describe_stacks(call: Call) -> dict[str, Any]:
    """AWS answers asterisks for a parameter with NoEcho (API_Parameter); moto answers its value. AWS tells when drift
    was last detected and what of it came (API_StackDriftInformation); moto does not.
    """
    answer = call.moto()
    known = {stack.stack_id: stack for stack in call.backend("cloudformation").stacks.values()}
    for described in answer["Stacks"]:
        stack = known.get(described["StackId"])
        hidden = stack.resource_map.no_echo_parameter_keys if stack else []
        for parameter in described.get("Parameters", []):
            if parameter["ParameterKey"] in hidden:
                parameter["ParameterValue"] = "****"
        described["DriftInformation"] = _of_stack(stack)
    return answer


@gap("cloudformation", "ListStackResources")
def list_stack_resources(call: Call) -> dict[str, Any]:
    """AWS tells of each resource whether it drifted (API_StackResourceSummary); moto does not."""
    answer = call.moto()
    stack = call.backend("cloudformation").get_stack(call.params()["StackName"])
    found = {result["LogicalResourceId"]: result for result in _results(stack)}
    for summary in answer["StackResourceSummaries"]:
        result = found.get(summary["LogicalResourceId"])
        summary["DriftInformation"] = (
            {
                "StackResourceDriftStatus": result["StackResourceDriftStatus"],
                "LastCheckTimestamp": result["Timestamp"],
            }
            if result
            else {"StackResourceDriftStatus": "NOT_CHECKED"}
        )
    return answer


def _of_stack(stack: Any) -> dict[str, Any]:  # noqa: ANN401 - moto's own types
    _, when, results = getattr(stack, _CHECKED, ("", None, ()))
    if when is None:
        return {"StackDriftStatus": "NOT_CHECKED"}
    in_sync = all(result["StackResourceDriftStatus"] == "IN_SYNC" for result in results)
    return {"StackDriftStatus": "IN_SYNC" if in_sync else "DRIFTED", "LastCheckTimestamp": when}


def _results(stack: Any) -> list[dict[str, Any]]:  # noqa: ANN401 - moto's own types
    return list(getattr(stack, _CHECKED, ("", None, ()))[2])


# ------------------------------------------------------------------------------------------- drift detection


@gap("cloudformation", "DetectStackDrift")
def detect_stack_drift(call: Call) -> dict[str, Any]:
    """AWS compares each resource of a type that has drift detection with what the template sets, within minutes
    (API_DetectStackDrift); moto has no drift detection. The embedded account compares at once, and only resources of
    `_LIVE`'s types whose template sets nothing but properties that are compared there; others it does not check, as AWS
    does not those of types without drift detection.
    """
    stack = call.backend("cloudformation").get_stack(call.params()["StackName"])
    detection = str(uuid.uuid4())
    results = [result for resource in stack.stack_resources if (result := _result(call, stack, resource))]
    setattr(stack, _CHECKED, (detection, call.date, results))
    return {"StackDriftDetectionId": detection}


@gap("cloudformation", "DescribeStackDriftDetectionStatus")
def describe_stack_drift_detection_status(call: Call) -> dict[str, Any]:
    """AWS tells how far a detection is (API_DescribeStackDriftDetectionStatus); here it is complete at once."""
    asked = call.params()["StackDriftDetectionId"]
    for stack in call.backend("cloudformation").stacks.values():
        detection, when, results = getattr(stack, _CHECKED, ("", None, ()))
        if detection == asked:
            drifted = sum(result["StackResourceDriftStatus"] != "IN_SYNC" for result in results)
            return {
                "StackId": stack.stack_id,
                "StackDriftDetectionId": detection,
                "StackDriftStatus": _of_stack(stack)["StackDriftStatus"],
                "DetectionStatus": "DETECTION_COMPLETE",
                "DriftedStackResourceCount": drifted,
                "Timestamp": when,
            }
    raise AwsError("ValidationError", f"The drift detection {asked} does not exist")


@gap("cloudformation", "DescribeStackResourceDrifts")
def describe_stack_resource_drifts(call: Call) -> dict[str, Any]:
    """AWS answers what drift detection last found, and nothing of resources that were never checked
    (API_DescribeStackResourceDrifts); moto does not have it.
    """
    params = call.params()
    results = _results(call.backend("cloudformation").get_stack(params["StackName"]))
    wanted = params.get("StackResourceDriftStatusFilters") or ()
    results = [result for result in results if not wanted or result["StackResourceDriftStatus"] in wanted]
    start, size = int(params.get("NextToken") or 0), int(params.get("MaxResults") or 100)
    more = {"NextToken": str(start + size)} if start + size < len(results) else {}
    return {"StackResourceDrifts": results[start : start + size], **more}


def _result(call: Call, stack: Any, resource: Any) -> dict[str, Any] | None:  # noqa: ANN401 - moto's own types
    """What became of one resource; None where it cannot be compared here."""
    kind, logical = resource.cf_resource_type, resource.logical_resource_id
    if kind not in _LIVE:
        return None
    written = stack.template_dict["Resources"][logical].get("Properties") or {}
    expected: Properties = clean_json(copy.deepcopy(written), stack.resource_map)
    actual = _LIVE[kind](call, str(resource.physical_resource_id))
    found = {
        "StackId": stack.stack_id,
        "LogicalResourceId": logical,
        "PhysicalResourceId": str(resource.physical_resource_id),
        "ResourceType": kind,
        "Timestamp": call.date,
    }
    if actual is None:
        return {**found, "StackResourceDriftStatus": "DELETED"}
    if not set(expected) <= set(actual):
        return None
    differences = list(_differences(expected, actual))
    return {
        **found,
        "StackResourceDriftStatus": "MODIFIED" if differences else "IN_SYNC",
        "ExpectedProperties": _json(expected),
        "ActualProperties": _json({name: actual[name] for name in expected}),
        "PropertyDifferences": differences,
    }


def _differences(expected: Properties, actual: Mapping[str, Any]) -> Iterator[dict[str, str]]:
    for name, value in sorted(expected.items()):
        if str(value) != str(actual[name]):
            yield {
                "PropertyPath": f"/{name}",
                "ExpectedValue": str(value),
                "ActualValue": str(actual[name]),
                "DifferenceType": "NOT_EQUAL",
            }


def _json(properties: Mapping[str, Any]) -> str:
    return json.dumps(properties, default=str, sort_keys=True)


def _bucket(call: Call, name: str) -> Properties | None:
    return {"BucketName": name} if name in call.backend("s3", region="aws").buckets else None


def _topic(call: Call, arn: str) -> Properties | None:
    topics = call.backend("sns").topics
    if arn not in topics:
        return None
    return {"TopicName": topics[arn].name, "DisplayName": topics[arn].display_name}


def _vpc(call: Call, vpc_id: str) -> Properties | None:
    vpcs = {vpc.id: vpc for vpc in call.backend("ec2").describe_vpcs()}
    return {"CidrBlock": vpcs[vpc_id].cidr_block} if vpc_id in vpcs else None


_LIVE: Mapping[str, Callable[[Call, str], Properties | None]] = {
    "AWS::EC2::VPC": _vpc,
    "AWS::S3::Bucket": _bucket,
    "AWS::SNS::Topic": _topic,
}
"""Types whose drift is detected -> the properties that are compared, as they are live; None for a deleted resource."""
