"""AWS Global Accelerator, whose API stands in us-west-2. https://docs.aws.amazon.com/global-accelerator/latest/api/

Custom routing accelerators lead to subnets, never to load balancers, and are not collected.
"""

from __future__ import annotations

from auditor.model import Detail, Table

_HOME = "us-west-2"

TABLES = (
    Table(
        name="globalaccelerator_accelerators",
        description="Standard accelerators, with their addresses and state of deployment.",
        service="globalaccelerator",
        operation="ListAccelerators",
        items="Accelerators",
        type="AWS::GlobalAccelerator::Accelerator",
        arn="{AcceleratorArn}",
        key=("AcceleratorArn",),
        name_from="Name",
        is_global=True,
        home=_HOME,
        details=(
            Detail(
                operation="ListTagsForResource",
                params={"ResourceArn": "$arn"},
                columns={"tags": "Tags"},
            ),
        ),
        vanished=("AcceleratorNotFoundException",),
        volatile=("Events", "LastModifiedTime"),
    ),
    Table(
        name="globalaccelerator_listeners",
        description="Listeners of accelerators, with their ports.",
        service="globalaccelerator",
        operation="ListListeners",
        items="Listeners",
        type="AWS::GlobalAccelerator::Listener",
        arn="{ListenerArn}",
        key=("ListenerArn",),
        columns={"AcceleratorArn": "parent.arn"},
        parent="globalaccelerator_accelerators",
        parent_params={"AcceleratorArn": "arn"},
        taggable=False,
        is_global=True,
        home=_HOME,
        vanished=("AcceleratorNotFoundException",),
    ),
    Table(
        name="globalaccelerator_endpoint_groups",
        description="Endpoint groups of listeners: a region's endpoints, with their weights and their health.",
        service="globalaccelerator",
        operation="ListEndpointGroups",
        items="EndpointGroups",
        type="AWS::GlobalAccelerator::EndpointGroup",
        arn="{EndpointGroupArn}",
        key=("EndpointGroupArn",),
        columns={
            "ListenerArn": "parent.arn",
            "AcceleratorArn": "parent.AcceleratorArn",
            # What drift compares, since the descriptions tell of health too.
            "EndpointIds": "join(',', EndpointDescriptions[].EndpointId || `[]`)",
            "EndpointWeights": "to_string(EndpointDescriptions[].Weight)",
        },
        parent="globalaccelerator_listeners",
        parent_params={"ListenerArn": "arn"},
        taggable=False,
        is_global=True,
        home=_HOME,
        vanished=("ListenerNotFoundException",),
        volatile=("EndpointDescriptions",),
    ),
)
