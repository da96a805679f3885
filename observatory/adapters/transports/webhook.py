"""A webhook of one's own: JSON, signed, delivered at least once; docs/transports.md shows how to receive it.

The signature covers the time and the raw body, as Slack's and Stripe's do, so that an old request can't be sent again;
the delivery id is the key by which a receiver leaves out what it has already.
"""

import hashlib
import hmac
import json
from datetime import timedelta
from typing import Any

from observatory.adapters.transports.posting import post
from observatory.adapters.transports.unalterable import Unalterable
from observatory.application.ports import Clock, Posted
from observatory.outputs.letter import letter
from observatory.outputs.message import Message

VERSION = "1"


class Webhook(Unalterable):
    """The `Messenger` port over one address that others listen at."""

    def __init__(
        self, url: str, *, secret: str, clock: Clock, timeout: timedelta = timedelta(seconds=10)
    ) -> None:
        self._url, self._secret, self._clock, self._timeout = url, secret, clock, timeout

    def post(
        self, channel: str, message: Message, *, delivery_id: str, thread_ts: str | None = None
    ) -> Posted:
        """Send the message as JSON; a reply names the delivery that it answers."""
        body = json.dumps(payload(channel, message, delivery_id=delivery_id, answers=thread_ts)).encode()
        timestamp = str(int(self._clock.now().timestamp()))
        headers = {
            "Idempotency-Key": delivery_id,
            "X-Observatory-Timestamp": timestamp,
            "X-Observatory-Signature": signature(self._secret, timestamp, body),
        }
        post(self._url, body, headers=headers, timeout=self._timeout, place=channel)
        return Posted(channel=channel, ts=delivery_id)


def payload(channel: str, message: Message, *, delivery_id: str, answers: str | None) -> dict[str, Any]:
    """The body; its schema is docs/webhook.schema.json."""
    words = letter(message)
    about = message.about
    return {
        "version": VERSION,
        "delivery_id": delivery_id,
        "destination": channel,
        "answers": answers,
        "subject": words.subject,
        "text": words.body,
        "incident": None
        if about is None
        else {
            "id": about.incident,
            "service": about.service,
            "slo": about.slo,
            "squad": about.squad,
            "severity": about.severity,
            "state": about.state,
            "url": about.url,
        },
    }


def signature(secret: str, timestamp: str, body: bytes) -> str:
    """`v1=` and the hexadecimal HMAC-SHA256 of `v1:timestamp:body`."""
    signed = b"v1:" + timestamp.encode() + b":" + body
    return f"v1={hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()}"
