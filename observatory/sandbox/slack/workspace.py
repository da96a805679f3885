"""The state of a development Slack, and the rules of posting to it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from observatory.sandbox.slack.journal import Journal
from observatory.sandbox.slack.limits import refusal
from observatory.sandbox.slack.model import Channel, Posting


class SlackSaysNoError(Exception):
    """`{"ok": false, "error": code}`; with `retry_after` it is a 429."""

    def __init__(self, code: str, *, retry_after: int | None = None) -> None:
        super().__init__(code)
        self.code = code
        self.retry_after = retry_after


@dataclass(frozen=True, slots=True)
class Pace:
    """Messages a channel takes: `burst` at once, then one in `seconds`. Slack's own is one a second."""

    burst: int = 3
    seconds: float = 1.0


class Workspace:
    """Channels and messages. `clock` gives Unix seconds. Not thread-safe: the server's event loop is its only user."""

    def __init__(
        self, clock: Callable[[], float], *, file: Path | None = None, pace: Pace | None = None
    ) -> None:
        self.channels: dict[str, Channel] = {}
        self.revision = 0
        """Grows with every change; the page asks for it."""
        self._clock, self._pace = clock, pace
        self._journal = Journal(file)
        self._postings: dict[str, dict[str, Posting]] = {}
        self._full_at: dict[str, float] = {}
        self._last_ts = 0
        for change in self._journal.changes():
            self._replay(change)

    def create_channel(self, channel: Channel) -> Channel:
        """Add a channel, or replace what is known of it."""
        self._replay(channel)
        self._journal.channel(channel)
        self.revision += 1
        return channel

    def channel(self, name: str) -> Channel:
        """By id, or by name with or without `#`."""
        if name in self.channels:
            return self.channels[name]
        for channel in self.channels.values():
            if channel.name == name.removeprefix("#"):
                return channel
        raise SlackSaysNoError("channel_not_found")

    def post(self, posting: Posting) -> Posting:
        """Store a message under a new ts; its `channel` may be a name and becomes the id."""
        channel = self._writable(posting.channel)
        self._refuse_content(posting)
        if posting.thread_ts is not None and posting.thread_ts not in self._postings[channel.id]:
            raise SlackSaysNoError("thread_not_found")
        self._wait_your_turn(channel.id)
        return self._store(replace(posting, channel=channel.id, ts=self._next_ts()))

    def update(
        self, channel: str, ts: str, text: str, blocks: list[dict[str, Any]], metadata: dict[str, Any] | None
    ) -> Posting:
        """Replace a message's text and blocks; metadata only when given, as Slack does."""
        old = self.posting(self._writable(channel).id, ts)
        new = replace(old, text=text, blocks=blocks, metadata=metadata or old.metadata, edits=old.edits + 1)
        self._refuse_content(new)
        return self._store(new if blocks else replace(new, edited=self._next_ts()))

    def delete(self, channel: str, ts: str) -> None:
        """Forget a message; replies to it stay."""
        posting = self.posting(self._writable(channel).id, ts)
        self._replay((posting.channel, ts))
        self._journal.deleted(posting.channel, ts)
        self.revision += 1

    def posting(self, channel: str, ts: str) -> Posting:
        """One message."""
        found = self._postings[self.channel(channel).id].get(ts)
        if found is None:
            raise SlackSaysNoError("message_not_found")
        return found

    def timeline(self, channel: str) -> list[Posting]:
        """What a channel shows, oldest first: messages and replies that were sent to the channel as well."""
        return [one for one in self._in_order(channel) if not one.is_reply or one.broadcast]

    def replies(self, channel: str, thread_ts: str) -> list[Posting]:
        """The replies of a thread, oldest first."""
        return [one for one in self._in_order(channel) if one.is_reply and one.thread_ts == thread_ts]

    def _in_order(self, channel: str) -> Iterator[Posting]:
        postings = self._postings[self.channel(channel).id]
        return (postings[ts] for ts in sorted(postings, key=float))

    def _writable(self, name: str) -> Channel:
        channel = self.channel(name)
        if channel.archived:
            raise SlackSaysNoError("is_archived")
        if channel.private and not channel.member:
            raise SlackSaysNoError("not_in_channel")
        return channel

    def _refuse_content(self, posting: Posting) -> None:
        code = refusal(posting.text, posting.blocks, posting.metadata, posting.attachments)
        if code is not None:
            raise SlackSaysNoError(code)

    def _wait_your_turn(self, channel: str) -> None:
        """A leaky bucket for each channel, by the moment at which it will be empty again (GCRA)."""
        if self._pace is None:
            return
        now = self._clock()
        empty_at = max(self._full_at.get(channel, 0.0), now)
        too_early = empty_at - now - (self._pace.burst - 1) * self._pace.seconds
        if too_early > 0:
            raise SlackSaysNoError("ratelimited", retry_after=max(1, round(too_early)))
        self._full_at[channel] = empty_at + self._pace.seconds

    def _next_ts(self) -> str:
        """Unix microseconds, later than every one before."""
        self._last_ts = max(self._last_ts + 1, int(self._clock() * 1_000_000))
        return f"{self._last_ts // 1_000_000}.{self._last_ts % 1_000_000:06d}"

    def _store(self, posting: Posting) -> Posting:
        self._replay(posting)
        self._journal.posting(posting)
        self.revision += 1
        return posting

    def _replay(self, change: Channel | Posting | tuple[str, str]) -> None:
        match change:
            case Channel():
                self.channels[change.id] = change
                self._postings.setdefault(change.id, {})
            case Posting():
                self._postings[change.channel][change.ts] = change
                self._last_ts = max(self._last_ts, int(change.ts.replace(".", "")))
            case (channel, ts):
                self._postings[channel].pop(ts, None)
