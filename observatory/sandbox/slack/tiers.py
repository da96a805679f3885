"""How often each method may be called: Slack's tiers, as of docs.slack.dev, "Rate limits".

A tier is "so many a minute, and bursts now and then": here a bucket that holds a minute's worth. Limits are an app's,
so each token has its own; posting is limited by channel (see `Pace`) and, over all channels, by workspace.
"""

from collections.abc import Callable
from math import ceil

_MINUTE, _ROUNDING = 60.0, 1e-6
TIER_1, TIER_2, TIER_3, TIER_4 = 1, 20, 50, 100
POSTS_IN_ALL = 300
"""Slack says "several hundred" a minute for a workspace, and no number."""

CALLS_A_MINUTE = {
    "apps.connections.open": TIER_1,
    "chat.delete": TIER_3,
    "chat.postMessage": POSTS_IN_ALL,
    "chat.update": TIER_3,
    "conversations.history": TIER_3,
    "conversations.info": TIER_3,
    "conversations.join": TIER_3,
    "conversations.list": TIER_2,
    "conversations.replies": TIER_3,
    "files.completeUploadExternal": TIER_4,
    "files.getUploadURLExternal": TIER_4,
}
"""chat.getPermalink, auth.test and api.test have limits of their own, of hundreds a minute: none here."""


class Tiers:
    """Counts calls by token and method. `clock` gives Unix seconds."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._full_at: dict[tuple[str, str], float] = {}

    def wait(self, token: str, method: str) -> int | None:
        """Count a call; the seconds to wait before it may be made again when it is one too many."""
        allowed = CALLS_A_MINUTE.get(method)
        if allowed is None:
            return None
        now, each = self._clock(), _MINUTE / allowed
        empty_at = max(self._full_at.get((token, method), 0.0), now)
        too_early = empty_at - now - (allowed - 1) * each
        if too_early > _ROUNDING:
            return ceil(too_early)
        self._full_at[token, method] = empty_at + each
        return None
