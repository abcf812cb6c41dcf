"""Resource Groups Tagging API. https://docs.aws.amazon.com/resourcegroupstagging/latest/APIReference/

What it lists are other services' resources: it is no kind of its own, and so none that could lack tags.
"""

from __future__ import annotations

from auditor.model import Table

TABLES = (
    Table(
        name="resourcegroupstaggingapi_resources",
        description="Whatever has tags in the region, or once had, of every service that takes part.",
        service="resourcegroupstaggingapi",
        operation="GetResources",
        items="ResourceTagMappingList",
        type="AWS::ResourceGroups::TaggedResource",
        arn="{ResourceARN}",
        key=("ResourceARN",),
        tags="Tags",
        taggable=False,
        page_size=100,
    ),
)
