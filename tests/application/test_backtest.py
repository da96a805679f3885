"""Definitions replayed over the past: what a service that had run all the time would have told."""

from dataclasses import dataclass, field
from datetime import timedelta

import numpy as np
import pytest
from support.catalogs import events
from support.evaluations import entry
from support.minutes import Minutes
from support.wiring import DAY, LAG, MINUTE, START, seconds

from observatory.adapters.memory.history import MemoryHistory
from observatory.application.backtest import Backtest
from observatory.application.choosing import Chosen
from observatory.application.past import Past, Span
from observatory.catalog import Catalog, Timeslices
from observatory.errors import DefinitionError
from observatory.measurement import Measurement, QueryFailure, coarser, without
from observatory.planning import plan

PAST_DAYS = 35
SLO = "playlist/availability"
HOUR = 3600


BAD_TIMES = ((500, 30, 0.5), (1100, 200, 0.02), (1400, 3, 1.0))
"""Minutes after START, how many, and the ratio of errors."""


def minutes_of(*names, days=3, seed=7, bad_times=BAD_TIMES):
    """Services from `PAST_DAYS` before START on."""
    bad, total = {}, {}
    for number, name in enumerate(names):
        rng = np.random.default_rng([seed, number])
        count = (PAST_DAYS + days) * 1440
        users = rng.poisson(30, count).astype(float)
        failed = rng.binomial(users.astype(int), 0.0003).astype(float)
        for start, length, ratio in bad_times:
            during = slice(PAST_DAYS * 1440 + start, PAST_DAYS * 1440 + start + length)
            failed[during] = rng.binomial(users[during].astype(int), ratio)
        bad[f"{name}/availability"], total[f"{name}/availability"] = failed, users
    return Minutes(START - PAST_DAYS * DAY, bad, total)


SPAN = Span(seconds(START), seconds(START) + 36 * HOUR)


@dataclass
class Asked:
    """A measure that remembers what it was asked."""

    measure: Minutes
    failing: frozenset[str] = frozenset()
    spans: list[tuple[tuple[str, ...], int, int]] = field(default_factory=list)

    def __call__(self, queries, *, after, until):
        self.spans.append((queries.slos, after, until))
        found = self.measure(queries, after=after, until=until)
        failures = [QueryFailure((slo,), "up{", "parse error") for slo in queries.slos if slo in self.failing]
        return Measurement(found.buckets, failures)


def replays(measure, *versions, store=None, span=SPAN):
    chosen = [one if isinstance(one, Chosen) else Chosen(Catalog(), tuple(one)) for one in versions]
    return Backtest(Past(measure, 60, store), LAG)(chosen, span)


def told(alarms):
    return sorted((one.told_at, one.severity, one.resolved_at, one.reopened) for one in alarms)


def test_an_alarm_says_since_when_it_burned_and_what_was_gone():
    (version,) = replays(minutes_of("playlist"), [entry()])

    page = version.replays[0].alarms[0]
    assert page.severity == "page"
    assert page.burning_since == START + 500 * MINUTE
    assert timedelta(minutes=1) < page.delay <= timedelta(minutes=6)
    assert "fast" in page.tiers
    assert 0 < page.consumed < 1
    assert page.bad > 10


def test_two_versions_that_count_the_same_are_asked_for_once():
    measure = Asked(minutes_of("playlist"))

    strict, lax = replays(measure, [entry()], [entry(objective="95")])

    assert len(strict.replays[0].alarms) > len(lax.replays[0].alarms)
    covered = sum(until - after for _, after, until in measure.spans)
    assert covered == SPAN.until - min(after for _, after, _ in measure.spans)


def test_a_version_that_counts_otherwise_is_asked_for_itself():
    measure = Asked(minutes_of("playlist"))

    replays(measure, [entry()], [entry(sli=events(bad='http_requests_total{code="500"}'))])

    starts = [after for _, after, _ in measure.spans]
    assert len(starts) == 2 * len(set(starts))


def test_slices_are_counted_as_slices():
    sliced = entry(method=Timeslices(slice=timedelta(minutes=5), target=99))

    (version,) = replays(minutes_of("playlist"), [sliced])

    (replayed,) = version.replays
    assert replayed.budget[-1].remaining < 0.5
    assert [alarm.severity for alarm in replayed.alarms]


def test_what_prometheus_refuses_is_named_and_the_others_are_replayed():
    measure = Asked(minutes_of("playlist", "search"), failing=frozenset({SLO}))

    (version,) = replays(measure, [entry("playlist"), entry("search")])

    assert version.failures == {SLO: "parse error"}
    assert [one.entry.id for one in version.replays] == ["search/availability"]


def test_hours_of_the_store_serve_before_the_span_and_change_nothing():
    measure = minutes_of("playlist", "search")
    one, other = entry("playlist"), entry("search")
    begin = SPAN.after - 31 * 24 * HOUR
    store = MemoryHistory()
    known = measure(plan([one], tick=60), after=begin, until=SPAN.after).buckets
    store.save(coarser(known, HOUR))
    store.mark_covered([one.id], since=begin)
    asked = Asked(measure)

    (with_store,) = replays(asked, [one, other], store=store)
    (without_store,) = replays(measure, [one, other])

    assert [told(of.alarms) for of in with_store.replays] == [told(of.alarms) for of in without_store.replays]
    long_ago = SPAN.after - 10 * 24 * HOUR
    assert {slos for slos, _, until in asked.spans if until < long_ago} == {("search/availability",)}


def test_where_prometheus_has_forgotten_the_replay_says_from_when_it_knows():
    measure = minutes_of("playlist")
    forgotten = PAST_DAYS * 1440 + 300

    def short_memory(queries, *, after, until):
        found = measure(queries, after=after, until=until).buckets
        gone = found.ends <= seconds(measure.start) + forgotten * 60
        for name in ("bad", "total", "measured", "idle", "bad_ticks", "clumping"):
            getattr(found, name)[gone] = 0
        return Measurement(without(found, ()))

    (version,) = replays(short_memory, [entry()])

    (replayed,) = version.replays
    assert replayed.since == START + 301 * MINUTE
    assert replayed.alarms


def test_a_span_is_whole_hours():
    until = START + 90 * MINUTE
    assert Span.ending(until, length=timedelta(days=1)) == Span(
        seconds(START) - 23 * HOUR, seconds(START) + HOUR
    )
    with pytest.raises(DefinitionError, match="at least an hour"):
        Span.ending(until, length=timedelta(minutes=59))
