"""AWS Config: what came of recording and delivering, and recorders' ARNs and tags."""

from __future__ import annotations

import zlib
from typing import Any

from auditor.demo.moto_gaps.engine import Call, gap, needs

_SERVICE = "config.amazonaws.com"
needs("moto.config.models:ConfigRecorderStatus.start", "moto.config.models:ConfigBackend.put_configuration_recorder")


@gap("config", "DescribeConfigurationRecorderStatus")
def recorder_status(call: Call) -> dict[str, Any]:
    """On AWS a recorder soon succeeds, if it can assume its role (API_ConfigurationRecorderStatus).

    moto's stay PENDING.
    """
    answer = call.moto()
    for status in answer.get("ConfigurationRecordersStatus", []):
        if status.get("recording"):
            sound = _can_assume_role(call, status["name"])
            status["lastStatus"] = "SUCCESS" if sound else "FAILURE"
            if not sound:
                status |= {"lastErrorCode": "AccessDenied", "lastErrorMessage": "The role cannot be assumed."}
    return answer


def _can_assume_role(call: Call, recorder: str) -> bool:
    role = call.backend("config").recorders[recorder].role_arn
    known = call.backend("iam", region="aws").roles.values()
    return any(one.arn == role and _SERVICE in one.assume_role_policy_document for one in known)


@gap("config", "PutConfigurationRecorder")
def put_configuration_recorder(call: Call) -> dict[str, Any]:
    """AWS keeps a recorder's tags (API_PutConfigurationRecorder); moto drops them."""
    answer, asked = call.moto(), call.params()
    recorder = call.backend("config").recorders[asked["ConfigurationRecorder"].get("name") or "default"]
    recorder.demo_tags = asked.get("Tags") or getattr(recorder, "demo_tags", [])
    return answer


@gap("config", "DescribeConfigurationRecorders")
def describe_configuration_recorders(call: Call) -> dict[str, Any]:
    """AWS tells the ARN, which ends in an id (API_ConfigurationRecorder); moto does not."""
    answer = call.moto()
    for recorder in answer.get("ConfigurationRecorders", []):
        recorder |= {"arn": _arn(call, recorder["name"]), "recordingScope": "PAID"}
    return answer


@gap("config", "ListTagsForResource")
def list_tags(call: Call) -> dict[str, Any]:
    """AWS tells recorders' tags (API_ListTagsForResource); moto knows those of rules and aggregators only."""
    asked = call.params()["ResourceArn"]
    for name, recorder in call.backend("config").recorders.items():
        if _arn(call, name) == asked:
            return {"Tags": getattr(recorder, "demo_tags", [])}
    return call.moto()


def _arn(call: Call, recorder: str) -> str:
    token = f"{zlib.crc32(f'{call.account}{call.region}{recorder}'.encode()):08x}"
    return f"arn:aws:config:{call.region}:{call.account}:configuration-recorder/{recorder}/{token}"


@gap("config", "DescribeDeliveryChannelStatus")
def channel_status(call: Call) -> dict[str, Any]:
    """AWS tells what came of the last deliveries (API_DeliveryChannelStatus); moto has no such operation."""
    names = call.params().get("DeliveryChannelNames")
    delivered = {"lastStatus": "SUCCESS", "lastAttemptTime": call.date, "lastSuccessfulTime": call.date}
    return {
        "DeliveryChannelsStatus": [
            {
                "name": name,
                "configHistoryDeliveryInfo": delivered,
                "configSnapshotDeliveryInfo": delivered,
                "configStreamDeliveryInfo": {"lastStatus": "SUCCESS", "lastStatusChangeTime": call.date},
            }
            for name in call.backend("config").delivery_channels
            if not names or name in names
        ]
    }
