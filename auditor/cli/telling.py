"""`--notify`: an audit sent to Slack and to Security Hub."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from auditor.cli.terminal import Log
from auditor.delivery import DeliveryError
from auditor.errors import AwsError, UsageError
from auditor.reports import asff, rendered, summary

if TYPE_CHECKING:
    from auditor.collectors.interfaces import Target
    from auditor.collectors.session import AwsSession

WEBHOOK = "SLACK_WEBHOOK_URL"
"""The environment variable with the address of Slack's incoming webhook, which is a secret."""

RECEIVERS = ("slack", "security-hub")


def require_ready(receivers: Sequence[str]) -> None:
    """Raise UsageError where a receiver cannot be told, before anything is audited."""
    if "slack" in receivers and not os.environ.get(WEBHOOK):
        raise UsageError(f"--notify slack: {WEBHOOK} is not set.", "Put the incoming webhook's address into it.")


def require_real(receivers: Sequence[str], results: Mapping[str, Any]) -> None:
    """Raise UsageError where a demonstration would go where real findings are."""
    if "security-hub" in receivers and summary.is_demo(results):
        raise UsageError("--notify security-hub: this is a demonstration, no real account.", "Send a real audit.")


def notify(receivers: Sequence[str], results: Mapping[str, Any], targets: Sequence[Target], said: Log) -> bool:
    """Send an audit to each receiver; whether all of them took all of it. What went wrong is told on stderr."""
    done = True
    for receiver in dict.fromkeys(receivers):
        try:
            if receiver == "slack":
                from auditor.delivery import slack

                slack.send(os.environ[WEBHOOK], rendered("slack", results))
                said.info("sent to Slack")
            else:
                done = _security_hub(results, targets, said) and done
        except DeliveryError as error:
            said.error(f"not sent to {receiver}: {error}")
            done = False
    return done


def _security_hub(results: Mapping[str, Any], targets: Sequence[Target], said: Log) -> bool:
    from auditor.collectors.sending import send
    from auditor.delivery import security_hub

    sessions: dict[str, AwsSession] = {one.account.id: one.session for one in targets if one.session is not None}

    def ask(account: str, region: str, operation: str, params: Mapping[str, Any]) -> Mapping[str, Any]:
        if account not in sessions:
            raise DeliveryError(f"There is no session in account {account}.", "See its role.", "NoSession")
        try:
            return send(sessions[account], "securityhub", region, operation, params)
        except AwsError as error:
            raise DeliveryError(error.message, error.remedy, error.code) from error

    delivery = security_hub.send(asff.records(results), ask, results)
    said.info(f"sent to Security Hub: {delivery.sent} findings, {delivery.archived} archived")
    for place in delivery.places:
        for failure in place.failures:
            said.error(
                f"Security Hub in {place.account}/{place.region}: {failure.operation}: {failure.count} not taken "
                f"({failure.code}: {failure.message}). {failure.remedy}".strip()
            )
    return not delivery.failed
