"""Signs of our own life besides the ticks': each is written by one lane, and read by whoever wants to know."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True, slots=True)
class SelfTest:
    """How the newest message to the canary channel fared."""

    at: datetime
    """When it was begun."""
    latency: timedelta | None = None
    """Until Slack had taken it; None: it failed."""
    problem: str | None = None


@dataclass(slots=True)
class Vitals:
    """What is known of it."""

    leads: Callable[[], bool] = lambda: True
    """Whether this replica evaluates."""
    delivered_at: datetime | None = None
    """When the newest round of delivery began of which nothing is wrong with the store or the token."""
    slack_problem: str | None = None
    """Slack's code when it refuses our token: nothing goes out to it."""
    loop_at: datetime | None = None
    """When we last saw the whole loop done: measured, decided, delivered."""
    self_test: SelfTest | None = None
    listens: Callable[[], bool] | None = None
    """Whether Slack can tell us of pressed buttons in Socket Mode; None without it."""
    heard: Callable[[], Mapping[str, datetime]] = dict
    """When each watchdog was heard last; raises Unavailable."""
