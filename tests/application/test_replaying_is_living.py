"""Replaying a span tells what living through it told: to the tick, on real servers, with events and a week that begins."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from support.prometheus import Series
from support.servers import SERVERS, serving
from support.wiring import LAG, MINUTE, Life, seconds, service_yaml

from observatory.adapters.memory.clock import ManualClock
from observatory.application.choosing import choose_all
from observatory.application.past import Span
from observatory.bootstrap import build_backtest
from observatory.bootstrap.metrics import prometheus
from observatory.settings import Settings

MIDNIGHT = datetime(2026, 3, 15, 23, tzinfo=UTC)
"""In Stockholm, where a week begins."""
BEGIN = MIDNIGHT - timedelta(hours=1)
HOURS, DAYS = 3, 10
ALBUM = service_yaml("album", window="{calendar: week, timezone: Europe/Stockholm}")
JOURNEY = """\
apiVersion: observatory/v1
kind: Journey
name: listening
squad: playlists
slos:
  - name: works
    objective: 99.5
    window: 7d
    of: [{slo: playlist/availability}, {slo: album/availability}]
"""
EVENT = """\
apiVersion: observatory/v1
kind: Event
name: {name}
squad: playlists
mode: {mode}
affects: {{services: [{service}]}}
start: {start:%Y-%m-%d %H:%M}
lasts: {lasts}
timezone: UTC
{more}
"""
FAILING = {
    "playlist": ((-300, 20, 0.8), (8, 14, 0.4), (33, 25, 0.9), (100, 6, 0.5), (130, 20, 0.02)),
    "album": ((-2000, 200, 0.01), (40, 9, 0.3), (70, 12, 0.6), (150, 4, 1.0)),
}
"""Minutes from BEGIN, how many, and the ratio of errors."""


def event(name, mode, service, start, lasts, more):
    return EVENT.format(
        name=name, mode=mode, service=service, start=BEGIN + start * MINUTE, lasts=lasts, more=more
    )


EVENTS = {
    "move": event("move", "exclude", "playlist", 40, "35m", "reason: the database moves"),
    "mended": event("mended", "exclude", "playlist", -305, "1h30m", "reason: a router was mended"),
    "launch": event("launch", "protect", "album", 35, "1h30m", "budget: 20%"),
}


def past():
    """What both services counted, minute by minute."""
    minutes = DAYS * 1440
    first = seconds(BEGIN) - minutes * 60 + HOURS * 3600
    times = range(first, first + minutes * 60 + 1, 60)
    for number, (name, failing) in enumerate(FAILING.items()):
        rng = np.random.default_rng([5, number])
        users = rng.poisson(60, minutes)
        failed = rng.binomial(users, 0.0002)
        for start, length, ratio in failing:
            rows = slice(minutes - HOURS * 60 + start, minutes - HOURS * 60 + start + length)
            failed[rows] = rng.binomial(users[rows], ratio)
        for code, counts in (("200", users - failed), ("500", failed)):
            values = [0.0, *np.cumsum(counts).astype(float).tolist()]
            yield Series("http_requests_total", f'job="{name}",code="{code}"', times, values)


@dataclass
class Lived:
    told: dict
    left: dict
    without: dict


@pytest.fixture(scope="module", params=SERVERS)
def world(request, tmp_path_factory):
    """Three hours lived, tick by tick, and the same three hours replayed."""
    folder = tmp_path_factory.mktemp("lives")
    with serving(request.param, folder / "server", past()) as url:
        settings = Settings(catalog=folder / "catalog", prometheus_url=url)
        life = Life(folder, window="7d")
        for name, text in {"album": ALBUM, "listening": JOURNEY, **EVENTS}.items():
            life.write(name, text)
        life.clock, life.metrics = ManualClock(BEGIN + LAG), prometheus(settings)
        life.begin()
        life.minutes(1)
        life.minutes(HOURS * 60, catch_up=False)
        span = Span(seconds(BEGIN), seconds(BEGIN) + HOURS * 3600)
        snapshot = life.observatory.views.board.snapshot
        (version,) = build_backtest(settings)([choose_all(snapshot.catalog, ())], span)
        yield life, snapshot, version


def told(incidents):
    return sorted(
        (one.slo, one.severity, one.announced_at, one.resolved_at, one.reopened)
        for one in incidents
        if one.announced_at is not None
    )


@pytest.mark.slow
def test_the_same_is_told_at_the_same_ticks(world):
    life, _, version = world

    replayed = sorted(
        (one.entry.id, alarm.severity, alarm.told_at, alarm.resolved_at, alarm.reopened)
        for one in version.replays
        for alarm in one.alarms
    )

    assert version.failures == {}
    assert replayed == told(life.alerts.incidents())
    assert {slo for slo, *_ in replayed} >= {
        "playlist/availability",
        "album/availability",
        "listening/works",
        "launch/album:availability",
    }


@pytest.mark.slow
def test_the_same_budget_is_left_with_and_without_what_events_leave_out(world):
    _, snapshot, version = world

    for one in version.replays:
        left = snapshot.status(one.entry.id)
        if left is None:  # the slice of an event that is over
            continue
        assert one.budget[-1].remaining == pytest.approx(left.remaining, abs=1e-9)
    (one,) = (one for one in version.replays if one.adjustment)
    plain = snapshot.adjustments[one.entry.id].unadjusted
    assert one.adjustment.events == ("mended", "move")
    assert one.adjustment.unadjusted.budget[-1].remaining == pytest.approx(plain.remaining, abs=1e-9)
    assert plain.remaining < one.budget[-1].remaining - 1
