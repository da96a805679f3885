"""An album launch, an upkeep and a journey around the service `playlist`; times are counted in hours from START."""

from datetime import UTC, datetime, timedelta

START = datetime(2026, 3, 10, tzinfo=UTC)

LAUNCH = """\
apiVersion: observatory/v1
kind: Event
name: launch
squad: playlists
description: The album of the year.
mode: protect
affects: {services: [playlist]}
start: 2026-03-10 00:00
lasts: 6h
timezone: UTC
budget: 20%
traffic: {slo: playlist/availability, peak_factor: 3}
freeze: {before: 2h, after: 1h}
"""

EXCLUDE = """\
apiVersion: observatory/v1
kind: Event
name: upkeep
squad: playlists
mode: exclude
reason: Moving.
affects: {services: [playlist]}
start: 2026-03-09 22:00
lasts: 1h
timezone: UTC
"""

JOURNEY = """\
apiVersion: observatory/v1
kind: Journey
name: listen
squad: playlists
slos:
  - name: availability
    objective: 99
    window: 1d
    of: [playlist/availability]
"""


def at(hours: float) -> datetime:
    """So many hours after the launch begins."""
    return START + timedelta(hours=hours)
