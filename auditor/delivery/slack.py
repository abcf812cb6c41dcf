"""A payload (`slack.json`) to a Slack incoming webhook.

https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks: Slack answers 200 and `ok`, or a word for
what is wrong. Who has the webhook's URL can post to the channel, so the URL is in no message, log record or traceback:
slack_sdk's log, which names it, is switched off; an error is raised where no other error, which may name it, is being
handled; and of what the other side says, only words that are Slack's are quoted.
"""

from __future__ import annotations

import ipaddress
import json
import logging
import re
import ssl
import time
from collections.abc import Callable, Mapping
from http import HTTPStatus
from http.client import HTTPException, HTTPMessage
from typing import IO, Any
from urllib.error import URLError
from urllib.parse import SplitResult, urlsplit
from urllib.request import (
    HTTPRedirectHandler,
    HTTPSHandler,
    ProxyHandler,
    Request,
    build_opener,
)

from slack_sdk.errors import SlackClientError
from slack_sdk.http_retry import HttpRequest, HttpResponse, RetryHandler, RetryState
from slack_sdk.webhook import WebhookClient, WebhookResponse

from auditor.delivery import DeliveryError

_SECONDS = 60.0
"""After so many no further attempt is begun."""
_TIMEOUT = 10
"""Seconds that one attempt may wait for the network."""
_ATTEMPTS = 4
_BACKOFF = 2.0
_BODY = 4096
_SLACK_HOST = "hooks.slack.com"

_LATER = "Send again later."
_RENEW = "Make a new incoming webhook in the settings of the Slack app, and use its URL."
_REPORT = "The payload is at fault: please report it with the audit's slack.json."
_REMEDIES = {
    "action_prohibited": "An administrator of the workspace forbids it: ask to let the app post there.",
    "channel_is_archived": "Unarchive the channel, or make a webhook for another one.",
    "channel_not_found": "The channel is gone: make a webhook for another one.",
    "invalid_blocks": _REPORT,
    "invalid_blocks_format": _REPORT,
    "invalid_payload": _REPORT,
    "invalid_token": _RENEW,
    "missing_text_or_fallback_or_attachments": _REPORT,
    "no_active_hooks": _RENEW,
    "no_service": _RENEW,
    "no_service_id": _RENEW,
    "no_team": "The workspace is gone: make a webhook in another one.",
    "no_text": _REPORT,
    "posting_to_general_channel_denied": "Who made the webhook may not post to #general: make one for another channel.",
    "rate_limited": _LATER,
    "ratelimited": _LATER,
    "rollup_error": _LATER,
    "team_disabled": "The workspace is disabled: make a webhook in another one.",
    "too_many_attachments": _REPORT,
    "user_not_found": "The user that the webhook posts to is gone: make a webhook for a channel.",
}
"""Slack's words for what is wrong with an incoming webhook or its payload, and what to do."""


def send(
    webhook_url: str,
    payload_text: str,
    *,
    sleep: Callable[[float], None] = time.sleep,
    clock: Callable[[], float] = time.monotonic,
) -> None:
    """Post a payload, four times at most and within about a minute; returns once Slack has said `ok`.

    Asked again: what did not connect or was cut off, 429 after the time that Slack names, 5xx. (A message whose answer
    was cut off may thus come twice.) Not asked again: a connection that stays silent, for the message may be there.
    Raises DeliveryError with Slack's word and a remedy. The URL must be https, but for loopback hosts; redirects are
    not followed; proxies are those of the environment, except for loopback hosts.
    """
    url = _checked(webhook_url)
    payload = _payload(payload_text)
    client = _Client(webhook_url, url, _Patience(sleep, clock))
    answer = _posted(client, payload)
    if isinstance(answer, DeliveryError):
        raise answer
    if answer.status_code != HTTPStatus.OK or answer.body.strip() != "ok":
        raise _refusal(answer)


def _checked(webhook_url: str) -> SplitResult:
    """The URL, taken apart. Raises DeliveryError where the secret in it would go over the network in the clear."""
    try:
        url = urlsplit(webhook_url)
        is_sound = bool(url.hostname) and url.username is None and url.port != 0
    except ValueError:
        is_sound = False
    remedy = f"It is what Slack shows for the webhook, and begins with https://{_SLACK_HOST}/."
    if not is_sound or not re.fullmatch(r"[!-~]+", webhook_url):
        raise DeliveryError("The Slack webhook's URL is no URL of a webhook.", remedy)
    if url.scheme != "https" and not (url.scheme == "http" and _is_loopback(url)):
        raise DeliveryError("The Slack webhook's URL must begin with https://, for it is a secret.", remedy)
    return url


def _is_loopback(url: SplitResult) -> bool:
    try:
        return url.hostname == "localhost" or ipaddress.ip_address(str(url.hostname)).is_loopback
    except ValueError:
        return False


def _payload(text: str) -> dict[str, Any]:
    try:
        payload = json.loads(text)
    except ValueError:
        payload = None
    if not isinstance(payload, dict) or not payload:
        raise DeliveryError("What is to be sent to Slack is no JSON object.", "Render slack.json again.")
    return payload


# ---------------------------------------------------------------------------------------- one post, and its retries


class _NoRedirects(HTTPRedirectHandler):
    """A webhook never moves: what redirects is something else, and is given neither message nor secret."""

    def redirect_request(
        self, req: Request, fp: IO[bytes], code: int, msg: str, headers: HTTPMessage, newurl: str
    ) -> None:
        """No request: urllib then raises the redirect as an HTTPError."""


class _Client(WebhookClient):
    """slack_sdk's client with its log off, no redirects, and a bound on what is read."""

    def __init__(self, webhook_url: str, url: SplitResult, patience: _Patience) -> None:
        silent = logging.Logger(__name__, logging.CRITICAL + 1)  # noqa: LOG001 - what is in no registry nobody switches on
        silent.disabled = True
        super().__init__(webhook_url, timeout=_TIMEOUT, logger=silent, retry_handlers=[patience])
        proxies = {"https": self.proxy} if self.proxy and not _is_loopback(url) else {}
        self._opener = build_opener(ProxyHandler(proxies), HTTPSHandler(), _NoRedirects())

    def _perform_http_request_internal(self, url: str, req: Request) -> WebhookResponse:
        """One attempt. Raises what urllib raises, HTTPError for every status but 200 to 299.

        Each has a Request of its own: urllib sends one that went through a proxy before in the clear.
        """
        request = Request(url, req.data, dict(req.headers), method="POST")  # noqa: S310 - its scheme was looked at
        with self._opener.open(request, timeout=self.timeout) as answer:
            body = answer.read(_BODY).decode("utf-8", "replace")
            return WebhookResponse(url=url, status_code=answer.status, body=body, headers=dict(answer.headers))


class _Patience(RetryHandler):
    """Which failures are worth another attempt, and after how long; together they end within a minute."""

    def __init__(self, sleep: Callable[[float], None], clock: Callable[[], float]) -> None:
        super().__init__(max_retry_count=_ATTEMPTS - 1)
        self._sleep = sleep
        self._clock = clock
        self._begun = clock()

    def _can_retry(
        self,
        *,
        state: RetryState,
        request: HttpRequest,  # noqa: ARG002 - slack_sdk's signature
        response: HttpResponse | None = None,
        error: Exception | None = None,
    ) -> bool:
        if response is not None:
            is_passing = _is_throttled(response.status_code) or _is_slacks_fault(response.status_code)
        else:
            is_passing = isinstance(error, (URLError, ConnectionError)) and not isinstance(
                getattr(error, "reason", None), ssl.SSLCertVerificationError
            )
        return is_passing and self._clock() - self._begun + _wait(state, response) <= _SECONDS

    def prepare_for_next_attempt(
        self,
        *,
        state: RetryState,
        request: HttpRequest,  # noqa: ARG002 - slack_sdk's signature
        response: HttpResponse | None = None,
        error: Exception | None = None,  # noqa: ARG002 - slack_sdk's signature
    ) -> None:
        """Wait, and ask for another attempt."""
        state.next_attempt_requested = True
        self._sleep(_wait(state, response))
        state.increment_current_attempt()


def _wait(state: RetryState, response: HttpResponse | None) -> float:
    """Seconds before the next attempt: those that Slack names with 429; else 2, 4, 8."""
    named = _retry_after(response.headers) if response is not None and _is_throttled(response.status_code) else None
    return float(_BACKOFF * 2**state.current_attempt) if named is None else named


def _retry_after(headers: Mapping[str, Any]) -> float | None:
    """The seconds of a Retry-After header; None where there is none, or where it is a date."""
    named = next((value for key, value in headers.items() if key.lower() == "retry-after"), None)
    text = str(named[0] if isinstance(named, list) and named else named)
    return float(text) if re.fullmatch(r"\d{1,6}", text) else None


def _posted(client: WebhookClient, payload: dict[str, Any]) -> WebhookResponse | DeliveryError:
    """Slack's answer, or why there is none: returned, so that what it came from, which may name the URL, ends here."""
    try:
        return client.send_dict(payload)
    except URLError as error:
        return _unreachable(_said(error.reason if isinstance(error.reason, Exception) else error))
    except TimeoutError:
        return DeliveryError(
            "Slack did not answer in time; the message may have been posted.",
            "Look whether it is there, or send again.",
        )
    except (OSError, HTTPException, SlackClientError, ValueError, LookupError) as error:
        return _unreachable(_said(error))


def _unreachable(said: str) -> DeliveryError:
    return DeliveryError(
        f"Slack could not be reached ({said}).", "Check the network, and HTTPS_PROXY if there is a proxy; send again."
    )


def _said(error: Exception) -> str:
    """What the system calls an error, never what the other side said: that may have the URL in it."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"its certificate is not trusted: {error.verify_message}"
    if tunnel := re.match(r"Tunnel connection failed: (\d{3})\b", str(error)):
        return f"the proxy answers {tunnel[1]}"
    told = error.strerror if isinstance(error, OSError) and error.errno is not None else None
    return f"{type(error).__name__}: {told}" if told else type(error).__name__


def _refusal(answer: WebhookResponse) -> DeliveryError:
    """Slack's refusal, with its word where it is one of the known."""
    word, status = answer.body.strip(), answer.status_code
    if word in _REMEDIES:
        return DeliveryError(f"Slack refuses the message: {word} (HTTP {status}).", _REMEDIES[word], word)
    if _is_throttled(status):
        wait = _retry_after(answer.headers)
        asked = "" if wait is None else f", and to be left alone for {wait:.0f} s"
        return DeliveryError(f"Slack wants fewer messages{asked} (HTTP {status}).", _LATER, "rate_limited")
    if _is_slacks_fault(status):
        return DeliveryError(f"Slack itself fails (HTTP {status}).", _LATER)
    if HTTPStatus.MULTIPLE_CHOICES <= status < HTTPStatus.BAD_REQUEST:
        return DeliveryError(f"The webhook's URL redirects, which is not followed (HTTP {status}).", _RENEW)
    return DeliveryError(
        f"What answers at the webhook's URL does not say ok (HTTP {status}).",
        "Check the URL, and the proxy if there is one.",
    )


def _is_throttled(status: int) -> bool:
    return status == HTTPStatus.TOO_MANY_REQUESTS


def _is_slacks_fault(status: int) -> bool:
    return status >= HTTPStatus.INTERNAL_SERVER_ERROR
