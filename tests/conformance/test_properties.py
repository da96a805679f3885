"""What holds for every catalog, through files, queries and evaluation as `observatory status` runs them."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from conformance.test_oracle import AT, COARSE, catalogs, evaluated, in_memory, services_of
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from support.conformance_oracle import DAY, HOUR
from support.conformance_worlds import Event, Life, Promise, Service

from observatory.adapters.memory.clock import ManualClock
from observatory.adapters.memory.history import MemoryHistory
from observatory.application.measure import Measure
from observatory.application.recorder import Recorder
from observatory.catalog import parse_catalog
from observatory.evaluation import Provenance, evaluate, windows_for
from observatory.planning import plan

few = settings(max_examples=10, deadline=None, derandomize=True, phases=(Phase.generate, Phase.shrink))
END = AT - AT % COARSE


def at_end(services):
    moment = datetime.fromtimestamp(END, UTC)
    return evaluated(
        services, moment=moment, source=in_memory(services), clock=ManualClock(moment), tick=COARSE
    )


def numbers(status):
    return replace(status, slo="")


@few
@given(catalogs, st.lists(st.integers(1, 4 * DAY), min_size=1, max_size=20))
def test_more_good_events_never_raise_a_burn_rate_or_spend_a_budget(rows, moments):
    services = services_of(rows, END)
    good = [
        replace(
            one,
            lives=[
                replace(
                    life,
                    events=sorted(
                        [
                            *life.events,
                            *(
                                Event(END - ago, bad=False, seconds=0.1)
                                for ago in moments
                                if END - ago > life.start
                            ),
                        ],
                        key=lambda event: event.at,
                    ),
                )
                for life in one.lives
            ],
        )
        for one in services
    ]
    before, after = at_end(services), at_end(good)
    for slo, status in before.statuses().items():
        better = after.status(slo)
        for window, burn in status.burn.items():
            assert (better.burn[window] or 0) <= (burn or 0) + 1e-12
        assert (better.bad, better.consumed or 0) <= (status.bad, (status.consumed or 0) + 1e-12)


@few
@given(catalogs)
def test_the_order_of_slos_and_their_neighbours_change_nothing(rows):
    services = services_of(rows, END)
    together = at_end(services)
    for one in reversed(services):
        alone = at_end([one, *services[:1]] if one is not services[0] else [one])
        for slo in one.slos:
            assert alone.status(slo) == together.status(slo)


@few
@given(catalogs)
def test_living_tick_by_tick_with_a_restart_gives_what_asking_for_all_of_it_gives(rows):
    services = services_of(rows, END)
    files = {f"{one.name}.yml": one.definition().encode() for one in services}
    entries = list(parse_catalog({"squad.yml": SQUAD, **files}).valid().slos())
    clock = ManualClock(datetime.fromtimestamp(END, UTC))
    measure, store = Measure(in_memory(services), clock), MemoryHistory()
    asked, begin = plan(entries, tick=COARSE), END // HOUR * HOUR - 6 * HOUR
    lived = []
    for after, until in ((begin, END - 2 * HOUR), (END - 2 * HOUR, END)):
        recorder = Recorder(store, tick=COARSE)
        recorder.load(now=datetime.fromtimestamp(after, UTC))
        for end in range(after + COARSE, until + 1, COARSE):
            recorder.fit(entries, now=datetime.fromtimestamp(end, UTC))
            recorder.append(measure(asked, after=end - COARSE, until=end).buckets)
        lived.append(recorder)
    filled = Recorder(MemoryHistory(), tick=COARSE)
    filled.fit(entries, now=clock.now())
    filled.append(measure(asked, after=begin, until=END).buckets)
    one, other = (statuses(entries, recorder) for recorder in (lived[-1], filled))
    for slo, status in other.items():
        assert numbers(one[slo]) == numbers(status)


SQUAD = b"apiVersion: observatory/v1\nkind: Squad\nname: playback\nslack: {channel: C0PLAYBACK0}\n"


def statuses(entries, recorder):
    at = datetime.fromtimestamp(END, UTC)
    sums = recorder.history.sums(windows_for(entries), now=END)
    return evaluate(entries, sums, Provenance(at, at, history_since=recorder.since)).statuses()


SHARES = (0.02, 0.05, 1 / 7, 3 / 7)
"""Of a week's budget: the slower tiers of a week burn at 1, and have spent more by then."""


@pytest.mark.parametrize("window", ["7d", "{calendar: week, timezone: Asia/Kathmandu}"])
@pytest.mark.parametrize("method", ["occurrences", "{ratio_timeslices: {slice: 5m}}"])
def test_a_tier_fires_when_its_share_of_the_budget_is_gone(window, method):
    """Even traffic for eight days, of which the last minutes fail wholly."""
    promise = Promise("99", window, "classic", method)
    for minutes in (0, 5, 10, 15, 40, 45, 60):
        since = END - minutes * 60
        events = [Event(moment, moment > since, 0.1) for moment in range(END - 8 * DAY + 30, END, 30)]
        service = Service("search", "bad", [promise], [Life("a", END - 8 * DAY, END + DAY, events)])
        tiers = at_end([service]).status("search/promise-0").tiers
        gone = minutes / (0.01 * 7 * 1440)
        assert [tier.firing for tier in tiers] == [gone >= share for share in SHARES], minutes
