"""Journeys, times that are left out, and windows of months and years: against the same lists of events."""

from dataclasses import dataclass
from datetime import UTC, datetime
from fractions import Fraction
from zoneinfo import ZoneInfo

import pytest
from conformance.test_oracle import (
    COARSE,
    as_known,
    assert_slo,
    assert_status,
    ats,
    catalogs,
    evaluated,
    in_memory,
    judged,
    promises,
    services_of,
)
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from support.conformance_oracle import DAY, HOUR, Observed
from support.conformance_worlds import ZONES, Event, Life, Promise, Service

from observatory.adapters.memory.clock import ManualClock

pytestmark = pytest.mark.slow
few = settings(max_examples=8, deadline=None, derandomize=True, phases=(Phase.generate, Phase.shrink))


@dataclass(frozen=True)
class Journey:
    """Its components: SLO id, the list of its events, weight, and how good a minute has to be, percent."""

    name: str
    combine: str
    parts: list[tuple[str, Observed, int, str]]
    promise: Promise

    def definition(self):
        of = ", ".join(
            f"{{slo: {slo}, weight: {weight}, good_from: {good}}}" for slo, _, weight, good in self.parts
        )
        one = self.promise
        return (
            f"apiVersion: observatory/v1\nkind: Journey\nname: {self.name}\nsquad: playback\n"
            f"runbook: https://runbooks.example/{self.name}\nslos:\n"
            f"  - {{name: whole, objective: {one.objective}, window: {one.window}, more_windows: {one.more},"
            f" method: {one.method}, rule: {one.rule}, combine: {self.combine}, of: [{of}]}}\n"
        )

    def observed(self, *, at, tick):
        """Every event of a component, as often as its weight says; or ticks, each at its end."""
        known = [observed for _, observed, _, _ in self.parts]
        if self.combine == "worst":
            total, bad = self._ticks(at, tick)
        else:
            total, bad = (
                [
                    moment
                    for _, of, weight, _ in self.parts
                    for moment in getattr(of, kind)
                    for _ in range(weight)
                ]
                for kind in ("total", "bad")
            )
        return Observed(total, bad, lambda moment: all(one.present(moment) for one in known))

    def _ticks(self, at, tick):
        def end(moment):
            return at - int((at - moment) // tick) * tick

        ends, bad = set(), set()
        for _, of, _, good in self.parts:
            events, failed = [end(moment) for moment in of.total], [end(moment) for moment in of.bad]
            ends |= set(events)
            most = 1 - Fraction(good) / 100
            bad |= {one for one in set(failed) if failed.count(one) > events.count(one) * most}
        return sorted(ends), sorted(bad)


components = st.lists(
    st.tuples(st.integers(0, 9), st.integers(1, 3), st.sampled_from(["50", "90", "99.9"])),
    min_size=1,
    max_size=3,
)


@few
@given(
    catalogs,
    st.lists(st.tuples(st.sampled_from(["weighted", "worst"]), components, promises), max_size=2),
    ats,
)
def test_any_journey_gives_what_counting_its_components_event_by_event_gives(rows, drawn, at):
    services = services_of(rows, at)
    known = [(slo, as_known(one)(at)) for one in services for slo in one.slos]
    journeys = []
    for number, (combine, of, promise) in enumerate(drawn):
        chosen = {place % len(known): (weight, good) for place, weight, good in of}
        parts = [(*known[place], weight, good) for place, (weight, good) in chosen.items()]
        journeys.append(Journey(f"journey-{number}", combine, parts, promise))
    moment = datetime.fromtimestamp(at, UTC)
    evaluation = evaluated(
        services,
        moment=moment,
        source=in_memory(services),
        clock=ManualClock(moment),
        tick=COARSE,
        more={one.name: one.definition() for one in journeys},
    )
    for one in journeys:
        end = int(evaluation.at.timestamp())
        assert_slo(evaluation, f"{one.name}/whole", one.observed(at=end, tick=COARSE), tick=COARSE)


upkeeps = st.lists(
    st.tuples(st.integers(0, 8 * DAY // COARSE), st.integers(1, 3), st.sampled_from(ZONES)),
    min_size=1,
    max_size=4,
)
"""How many times five minutes ago it began, how many it lasted (all of them together less than a twentieth of a day), and the
zone in which it is written."""


def upkeep(number, slos, start, until, zone):
    begins = datetime.fromtimestamp(start, ZoneInfo(zone))
    if begins.fold:  # The second of two hours of one name can't be written.
        begins, zone = begins.astimezone(UTC), "UTC"
    return (
        f"apiVersion: observatory/v1\nkind: Event\nname: upkeep-{number}\nsquad: playback\nmode: exclude\n"
        f"reason: storage nodes change\naffects: {{slos: [{', '.join(slos)}]}}\n"
        f"start: {begins:%Y-%m-%d %H:%M}\nlasts: {(until - start) // 60}m\ntimezone: {zone}\n"
    )


@few
@given(catalogs, upkeeps, ats)
def test_what_is_left_out_is_as_if_it_had_not_happened_and_both_numbers_are_told(rows, drawn, at):
    at -= at % COARSE
    services = [one for one in services_of(rows, at) if one.lives[0].start < at - 8 * DAY]
    spans = [(at - ago * COARSE, at - ago * COARSE + length * COARSE) for ago, length, _ in drawn]
    slos = [slo for one in services for slo in one.slos]
    events = {
        f"upkeep-{number}": upkeep(number, slos, *span, zone)
        for number, (span, (_, _, zone)) in enumerate(zip(spans, drawn, strict=True))
    }
    moment = datetime.fromtimestamp(at, UTC)
    found = judged(
        services,
        moment=moment,
        source=in_memory(services),
        clock=ManualClock(moment),
        tick=COARSE,
        more=events if slos else {},
    )
    for one in services:
        observed = as_known(one)(at)
        for slo in one.slos:
            promise, status = found.evaluation.entry(slo).slo, found.evaluation.status(slo)
            plain = found.adjustments[slo].unadjusted if slo in found.adjustments else status
            assert_status(plain, promise, observed, tick=COARSE)
            assert_status(status, promise, observed, tick=COARSE, left_out=spans)


LONG = [
    pytest.param(f"{{calendar: {calendar}, timezone: {zone}}}", at, more, id=f"{calendar}-{zone}-{at:%m-%d}")
    for calendar, zone, at, more in (
        ("quarter", "Europe/Stockholm", datetime(2026, 3, 29, 1, 5, tzinfo=UTC), "[30d]"),
        ("quarter", "America/St_Johns", datetime(2026, 10, 1, 2, 35, tzinfo=UTC), "[7d]"),
        ("year", "Asia/Kathmandu", datetime(2026, 1, 1, 18, 20, tzinfo=UTC), "[90d]"),
        (
            "year",
            "Pacific/Chatham",
            datetime(2026, 9, 26, 14, tzinfo=UTC),
            "[{calendar: quarter, timezone: UTC}]",
        ),
    )
]
"""At and around the hours in which clocks change, and the first of a quarter and of a year."""


@pytest.mark.parametrize(("window", "moment", "more"), LONG)
def test_quarters_and_years_give_what_counting_event_by_event_gives(window, moment, more):
    at = int(moment.timestamp())
    events = [Event(second, second % 7 == 0, 0.1) for second in range(at - 200 * DAY + 61, at + 1, 11 * HOUR)]
    promise = Promise("99", window, "exact", "occurrences", more)
    sliced = Promise("95", window, "classic", "{ratio_timeslices: {slice: 5m}}", more)
    life = Life("a", at - 200 * DAY, at + DAY, events)
    service = Service("search", "bad", [promise, sliced], [life])
    evaluation = evaluated(
        [service], moment=moment, source=in_memory([service]), clock=ManualClock(moment), tick=COARSE
    )
    for slo in service.slos:
        assert_slo(evaluation, slo, as_known(service)(at), tick=COARSE)
