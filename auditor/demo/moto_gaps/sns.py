"""SNS: subscriptions that wait for their confirmation."""

from __future__ import annotations

from typing import Any

from auditor.demo.moto_gaps.engine import AwsError, Call, gap, needs

needs("moto.sns.models:SNSBackend.list_subscriptions_by_topic", "moto.sns.models:Subscription.get_post_data")

_CONFIRMED_AT_ONCE = frozenset({"lambda", "sqs", "firehose", "application", "sms"})
_PENDING = "PendingConfirmation"


def _is_pending(subscription: Any) -> bool:  # noqa: ANN401 - moto's own types
    return subscription.protocol not in _CONFIRMED_AT_ONCE and not subscription.confirmed


@gap("sns", "Subscribe")
def subscribe(call: Call) -> dict[str, Any]:
    """AWS answers the ARN of a subscription that is pending only where asked to (API_Subscribe); moto always does."""
    answer = call.moto()
    subscription = call.backend("sns").subscriptions[answer["SubscriptionArn"]]
    if _is_pending(subscription) and not call.params().get("ReturnSubscriptionArn"):
        return {"SubscriptionArn": "pending confirmation"}
    return answer


@gap("sns", "ConfirmSubscription")
def confirm_subscription(call: Call) -> dict[str, Any]:
    """AWS confirms the subscription that it sent the token for (API_ConfirmSubscription); moto confirms nothing.

    Since nothing is sent here, a subscription's token is the last part of its ARN.
    """
    asked = call.params()
    for arn, subscription in call.backend("sns").subscriptions.items():
        if subscription.topic_arn == asked["TopicArn"] and arn.rsplit(":", 1)[-1] == asked["Token"]:
            subscription.confirmed = True
            return {"SubscriptionArn": arn}
    raise AwsError("InvalidParameter", "Invalid parameter: Token")


@gap("sns", "ListSubscriptions", "ListSubscriptionsByTopic")
def list_subscriptions(call: Call) -> dict[str, Any]:
    """AWS lists what is not confirmed as `PendingConfirmation` (API_Subscription); moto gives it an ARN."""
    answer = call.moto()
    known = call.backend("sns").subscriptions
    for one in answer["Subscriptions"]:
        if _is_pending(known[one["SubscriptionArn"]]):
            one["SubscriptionArn"] = _PENDING
    return answer


@gap("sns", "GetTopicAttributes")
def get_topic_attributes(call: Call) -> dict[str, Any]:
    """AWS counts subscriptions (API_GetTopicAttributes); moto answers 0."""
    answer = call.moto()
    arn = answer["Attributes"]["TopicArn"]
    pending = [_is_pending(one) for one in call.backend("sns").subscriptions.values() if one.topic_arn == arn]
    answer["Attributes"] |= {
        "SubscriptionsPending": str(sum(pending)),
        "SubscriptionsConfirmed": str(len(pending) - sum(pending)),
    }
    return answer
