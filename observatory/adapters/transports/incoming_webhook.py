"""A Slack incoming webhook: an app of its own, which goes on when our token is refused.

It takes a message and says `ok`; where the message is it does not say, so there are no edits and no threads
(docs.slack.dev, "Sending messages using incoming webhooks").
"""

import json
from datetime import timedelta

from observatory.adapters.transports.posting import post
from observatory.adapters.transports.unalterable import Unalterable
from observatory.application.ports import Posted
from observatory.outputs.message import Message


class IncomingWebhook(Unalterable):
    """The `Messenger` port over one webhook's address, which is a secret."""

    def __init__(self, url: str, *, timeout: timedelta = timedelta(seconds=10)) -> None:
        self._url, self._timeout = url, timeout

    def post(
        self,
        channel: str,
        message: Message,
        *,
        delivery_id: str,
        thread_ts: str | None = None,  # noqa: ARG002 - it has no threads
    ) -> Posted:
        """Post a message; buttons that need an answer are left out, for this app would get it."""
        blocks = [dict(block) for block in message.blocks if block.get("type") != "actions"]
        body = {"text": message.text, **({"blocks": blocks} if blocks else {})}
        post(
            self._url,
            json.dumps(body).encode(),
            headers={},
            timeout=self._timeout,
            place="the Slack incoming webhook",
        )
        return Posted(channel=channel, ts=delivery_id)
