"""The `Messenger` port over Slack: posting, editing, finding and deleting, each message by its delivery id."""

import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from slack_sdk.web import SlackResponse

from observatory.adapters.slack.answers import Call, read, write
from observatory.adapters.slack.client import TIMEOUT, SlackClient
from observatory.application.ports import Posted
from observatory.errors import Refused, Unavailable
from observatory.outputs.message import Message

EVENT_TYPE = "slo_alert"
_OVERLAP = timedelta(seconds=60)
"""Slack's clock and ours differ; history is read from this much before the attempt."""
_PAGE, _PAGES = 100, 20


class SlackMessenger:
    """The `Messenger` port over Slack's Web API, or the development Slack's."""

    def __init__(self, token: str, *, base_url: str, timeout: timedelta = TIMEOUT) -> None:
        self._client = SlackClient(token, base_url=base_url, timeout=timeout)

    def check(self) -> str:
        """Ask Slack who the token is (`auth.test`): the bot's name and workspace.

        Raises:
            RateLimited, Refused, Unavailable: as `find` does.
        """
        answer = read(self._client.auth_test)
        return f"{answer['user']} in {answer['team']}"

    def post(
        self, channel: str, message: Message, *, delivery_id: str, thread_ts: str | None = None
    ) -> Posted:
        """Post a message; the delivery id travels in `metadata`, where `find` sees it, and as `client_msg_id`."""
        answer = self._as_member(
            channel,
            lambda: self._client.chat_postMessage(
                channel=channel,
                text=message.text,
                blocks=_blocks(message),
                thread_ts=thread_ts,
                metadata=_metadata(delivery_id),
                unfurl_links=False,
                unfurl_media=False,
                client_msg_id=str(uuid.uuid5(uuid.NAMESPACE_URL, delivery_id)),
            ),
            call=write,
        )
        return self._posted(answer["channel"], answer["ts"])

    def update(
        self, channel: str, ts: str, message: Message, *, delivery_id: str, root_id: str | None = None
    ) -> Posted:
        """Edit in place. Blocks and metadata go along every time: Slack drops or keeps old ones otherwise."""
        answer = write(
            lambda: self._client.chat_update(
                channel=channel,
                ts=ts,
                text=message.text,
                blocks=_blocks(message) or [],
                metadata=_metadata(delivery_id, root_id=root_id),
            )
        )
        return Posted(channel=answer["channel"], ts=answer["ts"])

    def find(
        self, channel: str, delivery_id: str, *, since: datetime, thread_ts: str | None = None
    ) -> Posted | None:
        """Read history back to `since` (a thread's when `thread_ts` is given) for the message with this delivery id."""
        found = self._carrying(channel, delivery_id, since=since, thread_ts=thread_ts)
        return self._posted(channel, found[0]) if found else None

    def copies(self, channel: str, delivery_id: str, *, since: datetime) -> Sequence[Posted]:
        """As `find`, and every one."""
        found = self._carrying(channel, delivery_id, since=since, thread_ts=None)
        return [self._posted(channel, ts) for ts in found]

    def _carrying(
        self, channel: str, delivery_id: str, *, since: datetime, thread_ts: str | None
    ) -> Sequence[str]:
        """The `ts` of the messages with this delivery id, oldest first."""
        oldest = f"{(since - _OVERLAP).timestamp():.6f}"
        history = self._history(channel, oldest=oldest, thread_ts=thread_ts)
        return sorted((one["ts"] for one in history if delivery_id in _carried(one)), key=float)

    def delete(self, channel: str, ts: str) -> None:
        """Remove a message of ours."""
        try:
            read(lambda: self._client.chat_delete(channel=channel, ts=ts))  # done twice is done once
        except Refused as error:
            if error.code != "message_not_found":
                raise

    def _as_member(
        self, channel: str, request: Call, *, call: Callable[[Call], SlackResponse]
    ) -> SlackResponse:
        """Make a call; where only membership is missing and the channel is public, join it and try once more."""
        try:
            return call(request)
        except Refused as error:
            if error.code != "not_in_channel" or not self._join(channel):
                raise
            return call(request)

    def _join(self, channel: str) -> bool:
        """Whether we are in the channel now; a private one has to invite us."""
        try:
            read(lambda: self._client.conversations_join(channel=channel))
        except (Refused, Unavailable):
            return False
        return True

    def _history(self, channel: str, *, oldest: str, thread_ts: str | None) -> Iterator[dict[str, Any]]:
        """Every message since `oldest`, page by page.

        Raises:
            Unavailable: there is more than we read, so "not found" would be a guess.
        """
        cursor: str | None = None
        for _ in range(_PAGES):
            request = partial(self._page, channel, oldest, thread_ts, cursor)
            page = self._as_member(channel, request, call=read)
            yield from page["messages"]
            cursor = (page.get("response_metadata") or {}).get("next_cursor")
            if not cursor:
                return
        raise Unavailable(f"more than {_PAGE * _PAGES} messages in {channel} since {oldest}")

    def _page(self, channel: str, oldest: str, thread_ts: str | None, cursor: str | None) -> SlackResponse:
        if thread_ts is None:
            return self._client.conversations_history(
                channel=channel, oldest=oldest, cursor=cursor, limit=_PAGE, include_all_metadata=True
            )
        return self._client.conversations_replies(
            channel=channel,
            ts=thread_ts,
            oldest=oldest,
            cursor=cursor,
            limit=_PAGE,
            include_all_metadata=True,
        )

    def _posted(self, channel: str, ts: str) -> Posted:
        """Where a message is. It has been posted by now, so a permalink that can't be had is no failure."""
        try:
            link = read(lambda: self._client.chat_getPermalink(channel=channel, message_ts=ts))
        except (Refused, Unavailable):
            return Posted(channel=channel, ts=ts)
        return Posted(channel=channel, ts=ts, permalink=link["permalink"])


def _blocks(message: Message) -> list[dict[str, Any]] | None:
    return [dict(block) for block in message.blocks] or None


def _metadata(delivery_id: str, *, root_id: str | None = None) -> dict[str, Any]:
    root = {} if root_id is None else {"root_id": root_id}
    return {"event_type": EVENT_TYPE, "event_payload": {"delivery_id": delivery_id} | root}


def _carried(message: Mapping[str, Any]) -> set[str]:
    """The delivery ids in a message's metadata: its own, and its root's when it has been edited."""
    payload = message.get("metadata", {}).get("event_payload", {})
    return {payload[key] for key in ("delivery_id", "root_id") if key in payload}
