"""Amazon SNS. https://docs.aws.amazon.com/sns/latest/api/

Endpoints of subscriptions are people's addresses and telephone numbers, or URLs that may carry tokens: only those that
are ARNs (functions, queues, streams) are stored.
"""

from __future__ import annotations

from auditor.model import Detail, Table

_GONE = ("NotFound", "NotFoundException", "ResourceNotFound", "ResourceNotFoundException")
_WITH_ARNS = '`["lambda", "sqs", "firehose"]`'

TABLES = (
    Table(
        name="sns_topics",
        description="SNS topics, with their encryption key and policy, and how many confirmed subscriptions they have.",
        service="sns",
        operation="ListTopics",
        items="Topics",
        type="AWS::SNS::Topic",
        arn="{TopicArn}",
        key=("TopicArn",),
        name_from="tail(TopicArn)",
        details=(
            Detail(
                operation="GetTopicAttributes",
                params={"TopicArn": "$TopicArn"},
                columns={
                    "KmsMasterKeyId": "Attributes.KmsMasterKeyId",
                    "TopicPolicy": "Attributes.Policy",
                    "DisplayName": "Attributes.DisplayName",
                    "FifoTopic": "Attributes.FifoTopic",
                    "SignatureVersion": "Attributes.SignatureVersion",
                    "TracingConfig": "Attributes.TracingConfig",
                    "SubscriptionsConfirmed": "Attributes.SubscriptionsConfirmed",
                    "SubscriptionsPending": "Attributes.SubscriptionsPending",
                },
                types={
                    "KmsMasterKeyId": "VARCHAR",
                    "TopicPolicy": "JSON",
                    "DisplayName": "VARCHAR",
                    "FifoTopic": "BOOLEAN",
                    "SignatureVersion": "VARCHAR",
                    "TracingConfig": "VARCHAR",
                    "SubscriptionsConfirmed": "BIGINT",
                    "SubscriptionsPending": "BIGINT",
                },
            ),
            Detail(operation="ListTagsForResource", params={"ResourceArn": "$TopicArn"}, columns={"tags": "Tags"}),
        ),
        vanished=_GONE,
        volatile=("SubscriptionsConfirmed", "SubscriptionsPending"),
    ),
    Table(
        name="sns_subscriptions",
        description=(
            "Subscriptions to the account's topics, other accounts' among them. Until it is confirmed, a "
            "subscription's ARN is `PendingConfirmation`."
        ),
        service="sns",
        operation="ListSubscriptionsByTopic",
        items="Subscriptions",
        type="AWS::SNS::Subscription",
        arn="{SubscriptionArn}",
        key=("TopicArn", "SubscriptionArn", "Protocol", "EndpointArn"),
        omit=("Endpoint",),
        columns={"EndpointArn": f"contains({_WITH_ARNS}, Protocol) && Endpoint || `null`"},
        parent="sns_topics",
        parent_params={"TopicArn": "TopicArn"},
        taggable=False,
        vanished=_GONE,
    ),
)
