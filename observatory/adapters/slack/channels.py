"""What Slack says of a channel (`conversations.info`; scopes `channels:read` and `groups:read`)."""

from datetime import timedelta
from typing import Any

from observatory.adapters.slack.answers import read
from observatory.adapters.slack.client import TIMEOUT, SlackClient
from observatory.errors import Refused
from observatory.outputs.routes import Reach

_GONE = {"channel_not_found", "not_in_channel"}


class SlackChannels:
    """Asks whether the app may post to a channel."""

    def __init__(self, token: str, *, base_url: str, timeout: timedelta = TIMEOUT) -> None:
        self._client = SlackClient(token, base_url=base_url, timeout=timeout)

    def reach(self, channel: str) -> Reach:
        """Whether messages to this channel would arrive.

        Raises:
            RateLimited, Refused: Slack refuses to say; `missing_scope` names what the app lacks.
            Unavailable: Slack did not answer.
        """
        try:
            answer = read(lambda: self._client.conversations_info(channel=channel))
        except Refused as error:
            if error.code in _GONE:
                return Reach.MISSING
            raise
        return _reach(answer["channel"])


def _reach(channel: dict[str, Any]) -> Reach:
    if channel.get("is_archived"):
        return Reach.ARCHIVED
    if channel.get("is_member"):
        return Reach.JOINED
    return Reach.PRIVATE if channel.get("is_private") else Reach.PUBLIC
