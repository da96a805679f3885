"""What went wrong in the demo world's last month: a few stories per service, so that budgets look like life."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from observatory.sandbox.demo.organisation import SERVICES
from observatory.sandbox.demo.traffic import Condition, Floats

_DAY = 86_400
_HOUR = 3_600
_MINUTE = 60


@dataclass(frozen=True, slots=True)
class Incident:
    """Trouble of one service: `days_ago` and `at` (UTC hour of that day) for so many `minutes`."""

    service: str
    days_ago: int
    at: float
    minutes: int
    failing: float = 0.0
    slowdown: float = 1.0
    demand: float = 1.0
    up: bool = True


INCIDENTS = (
    # Discover lives beyond its means: two bad days of deploys, then an afternoon of timeouts. Its budget is gone.
    Incident("discover", days_ago=17, at=17.0, minutes=180, failing=0.6),
    Incident("discover", days_ago=16, at=10.0, minutes=300, failing=0.4),
    Incident("discover", days_ago=8, at=14.5, minutes=360, failing=0.5),
    # Search had one bad night when hardly anyone was awake, and one bad noon. What is left would not last an outage.
    Incident("search", days_ago=12, at=3.0, minutes=70, failing=0.4),
    Incident("search", days_ago=5, at=12.0, minutes=25, failing=0.8),
    # Playlist had one short outage.
    Incident("playlist", days_ago=21, at=19.5, minutes=6, failing=0.9),
    # Playback was slow for an evening while no request failed: only a latency objective sees it.
    Incident("playback", days_ago=10, at=18.0, minutes=150, slowdown=6.0),
    # Collaboration lost half of its edits for a few minutes.
    Incident("collaboration", days_ago=14, at=15.0, minutes=10, failing=0.5),
    # Lyrics answered 503 for the first time three days ago: a series that was never there before.
    Incident("lyrics", days_ago=3, at=15.0, minutes=20, failing=0.5),
    # A campaign brought discover four times its users for two hours, without harm.
    Incident("discover", days_ago=24, at=20.0, minutes=120, demand=4.0),
    # Lyrics was gone, not failing: nothing could be measured.
    Incident("lyrics", days_ago=6, at=22.0, minutes=12, up=False),
)


def conditions(moments: Floats, *, until: float) -> Mapping[str, Condition]:
    """Each service's own condition at `moments` (Unix seconds), where `until` is the end of history."""
    today = until - until % _DAY
    found = {service.name: Condition.calm(len(moments)) for service in SERVICES}
    for incident in INCIDENTS:
        start = today - incident.days_ago * _DAY + incident.at * _HOUR
        during = (moments >= start) & (moments < start + incident.minutes * _MINUTE)
        before = found[incident.service]
        found[incident.service] = Condition(
            failing=np.where(during, incident.failing, before.failing),
            slowdown=np.where(during, incident.slowdown, before.slowdown),
            demand=np.where(during, incident.demand, before.demand),
            up=np.where(during, incident.up, before.up),
        )
    return found
