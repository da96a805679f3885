"""Events and journeys in an Observatory that lives minute by minute, from its catalog to what its channels are told."""

import re
from dataclasses import replace
from datetime import timedelta

import pytest
from support.catalogs import changed
from support.events import EXCLUDE, JOURNEY, LAUNCH
from support.wiring import DAY, HOUR, MINUTE, START, Events, Life, seconds, service_yaml

from observatory.application.audit import Deed
from observatory.application.measure import Measure
from observatory.application.scene import Scene
from observatory.application.status import Status
from observatory.evaluation import State

SLO = "playlist/availability"
SLICE = "launch/playlist:availability"


def every_minute(count, first, last):
    """So many events a minute, by the Unix second at which they were counted; (first, last]."""
    return dict.fromkeys(range(seconds(first) + 60, seconds(last) + 1, 60), float(count))


def a_life(folder, *, good, bad, catalog, window="1d"):
    life = Life(folder, window=window)
    for name, text in catalog.items():
        life.write(name, text)
    life.happens("playlist", Events(good, bad))
    life.begin()
    return life


def snapshot(life):
    return life.observatory.views.board.snapshot


def told(life):
    """The texts of all messages that were sent, by channel."""
    return [(one.channel, one.message.text) for one in life.messenger.written]


def deliver(life):
    """Send what is due, and wait for it."""
    while life.observatory.deliver().outcomes or life.observatory.deliver.drain().outcomes:
        life.clock.advance(timedelta(seconds=1))


@pytest.fixture
def maintained(tmp_path):
    """Ten of a hundred events fail in the hour before the last one, which is left out."""
    good = every_minute(100, START - 2 * DAY, START + HOUR)
    bad = every_minute(10, START - 2 * HOUR, START - HOUR)
    life = a_life(tmp_path, good=good, bad=bad, catalog={"upkeep": EXCLUDE})
    life.minutes(3)
    return life


def test_what_is_left_out_is_not_held_against_the_slo_and_both_numbers_are_shown(maintained):
    status, adjustment = snapshot(maintained).statuses[SLO], snapshot(maintained).adjustments[SLO]
    plain = adjustment.unadjusted
    assert (status.bad, status.coverage, status.state) == (0, 1, State.HEALTHY)
    assert (plain.bad, plain.coverage, plain.state) == (600, 1, State.BREACHED)
    assert plain.total - status.total == 60 * 100 + 600
    assert (adjustment.exclusion.seconds, adjustment.exclusion.refused) == (3600, False)
    assert maintained.observatory.views.alerts.incidents() == []


def test_the_command_without_a_service_leaves_out_the_same(maintained):
    life = maintained
    ask = Status(
        life.metrics, Measure(life.metrics, life.clock), life.clock, life.settings.tick, life.settings.lag
    )
    catalog = snapshot(life).catalog
    judged = ask.judge(list(catalog.slos()), catalog, at=snapshot(life).at)
    ours, theirs = judged.evaluation.status(SLO), snapshot(life).statuses[SLO]
    assert (ours.bad, ours.total, ours.state) == (
        0,
        theirs.total - 200,
        theirs.state,
    )  # exactly a day, no boundary
    assert judged.adjustments[SLO].unadjusted.bad == 600


def test_the_hour_that_is_left_out_is_no_drop_in_the_burn_down(maintained):
    points = maintained.observatory.views.burn_down(SLO)
    assert [point.bad for point in points] == [0] * len(points)
    assert sum(point.total for point in points) == pytest.approx(
        snapshot(maintained).statuses[SLO].total, abs=6000
    )


def test_an_event_that_is_taken_back_leaves_nothing_behind(maintained):
    before = snapshot(maintained).statuses[SLO]
    (maintained.folder / "upkeep.yml").unlink()
    maintained.minutes()
    assert snapshot(maintained).statuses[SLO].bad == 600
    assert snapshot(maintained).adjustments == {}
    maintained.write("upkeep", EXCLUDE)
    maintained.minutes()
    assert snapshot(maintained).statuses[SLO].bad == before.bad == 0


def test_who_leaves_something_out_is_in_the_audit_log_once(maintained):
    (maintained.folder / "upkeep.yml").unlink()
    maintained.minutes(2)
    maintained.begin()
    maintained.minutes(2)
    deeds = [(entry.deed, entry.subject) for entry in maintained.alerts.audit()]
    assert deeds == [
        (Deed.EXCLUSION_WITHDRAWN, "event/upkeep"),
        (Deed.EXCLUSION_DECLARED, "event/upkeep"),
    ]
    declared = maintained.alerts.audit()[-1]
    assert "2026-03-09 22:00 UTC for 1h: Moving." in declared.detail
    assert declared.actor.name.endswith("upkeep.yml")


@pytest.mark.parametrize("restarted", [False, True], ids=["at once", "after a restart"])
def test_what_happened_weeks_ago_is_left_out_to_five_minutes(tmp_path, restarted):
    """Long after memory has only hours of it, half an hour inside one of them is told apart."""
    good = every_minute(100, START - 12 * DAY, START + HOUR)
    bad = every_minute(10, START - 10 * DAY, START - 10 * DAY + HOUR)
    life = a_life(tmp_path, good=good, bad=bad, catalog={}, window="14d")
    life.minutes(2)
    assert snapshot(life).statuses[SLO].bad == 600
    text = changed("2026-03-09 22:00", "2026-02-28 00:15", text=EXCLUDE)
    life.write("upkeep", changed("lasts: 1h", "lasts: 30m", text=text))
    if restarted:
        life.begin()
    life.minutes(2)
    assert snapshot(life).statuses[SLO].bad == 300


def test_more_than_may_be_left_out_is_refused_as_a_whole_and_said(tmp_path):
    """The window is shortened after the catalog was checked by another Observatory's eyes."""
    life = a_life(
        tmp_path,
        good=every_minute(100, START - 2 * DAY, START + HOUR),
        bad=every_minute(10, START - 2 * HOUR, START - HOUR),
        catalog={},
    )
    life.write("upkeep", changed("lasts: 1h", "lasts: 2h", text=EXCLUDE))
    life.minutes(2)
    assert "at most 5 %" in life.observatory.views.board.health.catalog_problem
    assert snapshot(life).statuses[SLO].bad == 600


def test_what_burned_when_maintenance_began_stays_open_in_it(tmp_path):
    good = every_minute(100, START - 2 * DAY, START + 4 * HOUR)
    bad = every_minute(100, START - 10 * MINUTE, START)
    during = changed("2026-03-09 22:00", "2026-03-10 00:10", text=EXCLUDE)
    life = a_life(tmp_path, good=good, bad=bad, catalog={"upkeep": during})
    life.minutes(60)
    (page,) = [one for one in life.alerts.incidents() if one.severity.value == "page"]
    assert page.is_open
    assert snapshot(life).adjustments[SLO].exclusion.under_way
    life.minutes(60)
    assert not any(one.is_open for one in life.alerts.incidents() if one.severity.value == "page")


def test_a_journey_counts_what_its_components_count(tmp_path):
    journey = JOURNEY.replace(
        "[playlist/availability]", "[playlist/availability, {slo: search/availability, weight: 3}]"
    )
    life = Life(tmp_path)
    life.write("search", service_yaml("search"))
    life.write("listen", journey)
    life.happens(
        "playlist", Events(every_minute(100, START - DAY, START + HOUR), every_minute(1, START - HOUR, START))
    )
    life.happens(
        "search", Events(every_minute(10, START - DAY, START + HOUR), every_minute(2, START - HOUR, START))
    )
    life.begin()
    life.minutes(2)
    status = snapshot(life).statuses["listen/availability"]
    assert status.bad == 60 * 1 + 3 * 60 * 2
    assert (
        status.total
        == snapshot(life).statuses[SLO].total + 3 * snapshot(life).statuses["search/availability"].total
    )
    worst, other = snapshot(life).contributions["listen/availability"]
    assert (worst.slo, worst.bad, worst.share) == ("search/availability", 360, 360 / 420)
    assert (other.slo, other.bad) == (SLO, 60)
    entry = next(one for one, _ in snapshot(life).entries() if one.id == "listen/availability")
    steps = Scene(status=snapshot(life).statuses.get).steps(entry)
    assert [(one.slo, one.burn > 1) for one in steps] == [("search/availability", True), (SLO, True)]
    assert Scene().steps(entry)[0].burn is None
    assert Scene().steps(entry.parts[0][1]) == ()


@pytest.fixture
def launched(tmp_path):
    """A thousand events a minute instead of a hundred; from the tenth minute on, three of them fail."""
    good = every_minute(100, START - 8 * DAY, START)
    good |= every_minute(1000, START, START + 7 * HOUR)
    bad = every_minute(3, START + 10 * MINUTE, START + 7 * HOUR)
    return a_life(tmp_path, good=good, bad=bad, catalog={"launch": LAUNCH}, window="7d")


def test_a_launch_that_spends_its_slice_tells_its_owner_first_by_ticket_then_by_page(launched):
    life = launched
    life.minutes(31)
    occasion = snapshot(life).occasions[0]
    _, status = occasion.slices[SLICE]
    budget = snapshot(life).statuses[SLO].budget
    assert status.budget == pytest.approx(budget * 0.2)
    assert status.bad == 3 * 20
    assert status.consumed < 0.5
    assert not [one for one in life.alerts.incidents() if one.slo == SLICE]

    while (status := snapshot(life).occasions[0].slices[SLICE][1]).consumed < 0.5:
        life.minutes()
    (ticket,) = [one for one in life.alerts.incidents() if one.slo == SLICE]
    assert (ticket.severity.value, ticket.squad, ticket.tiers) == ("ticket", "playlists", ("slice 50 %",))

    while snapshot(life).occasions[0].slices[SLICE][1].consumed < 1:
        life.minutes()
    page = max((one for one in life.alerts.incidents() if one.slo == SLICE), key=lambda one: one.opened_at)
    assert (page.severity.value, page.tiers) == ("page", ("slice 100 %",))
    deliver(life)
    pages = [text for channel, text in told(life) if channel == "C0PLAYLISTS" and f"PAGE: {SLICE}" in text]
    (text,) = pages
    assert re.search(r"has spent 10\d.% of its slice", text)


def test_a_part_of_a_budget_of_minutes_is_spent_by_minutes(tmp_path):
    good = every_minute(100, START - 8 * DAY, START + HOUR)
    life = a_life(
        tmp_path,
        good=good,
        bad=every_minute(3, START, START + HOUR),
        catalog={
            "launch": LAUNCH,
            "playlist": changed(
                "window: 7d",
                "window: 7d\n    method: {timeslices: {slice: 1m, target: 98}}",
                text=service_yaml("playlist", window="7d"),
            ),
        },
        window="7d",
    )
    life.minutes(31)
    _, status = snapshot(life).occasions[0].slices[SLICE]
    assert status.budget == pytest.approx(7 * 24 * 60 * 0.001 * 0.2)
    assert (status.bad, status.total) == (30, 30)


def test_the_incidents_of_a_slice_end_with_the_event(launched):
    launched.minutes(6 * 60 + 10)
    of_slice = [one for one in launched.alerts.incidents() if one.slo == SLICE]
    assert of_slice
    assert not any(one.is_open for one in of_slice)


def test_the_reports_before_and_after(launched):
    life = launched
    life.clock.advance(-HOUR)
    life.begin()
    life.minutes(3)
    before = life.observatory.views.reports.readiness("launch")
    said = [replace(item, says=item.says.replace("\N{NO-BREAK SPACE}", " ")) for item in before.items]
    found = {(item.subject, item.of): (item.grade.value, item.says) for item in said}
    assert found["budget", SLO] == (
        "ok",
        "100 % of the budget left; the slice takes 20 % of it all: 202 bad events",
    )
    assert found["incidents", "all"][0] == "ok"
    (capacity, endurance) = [item.says for item in said if item.subject == "traffic"]
    assert "300 a minute expected; the busiest hour so far had 100" in capacity
    assert endurance.startswith("at the traffic expected, an outage of ")
    assert found["test alert", "playlists"] == (
        "warn",
        "no test alert in 30 d: observatory drill --squad playlists",
    )
    assert found["on call", "playlists"][0] == "ok"
    assert found["calendar", "launch"] == ("ok", "frozen now, until Tue 10 Mar 07:00 UTC")
    life.clock.advance(timedelta(hours=1, minutes=57))
    life.minutes(4)
    after = life.observatory.views.reports.report("launch")
    (line,) = after.lines
    assert (line.bad, line.total) == (3 * 53, 1000 * 63 + 3 * 53)
    assert after.occasion.traffic.expected == 300
    assert after.paced_slo == SLO
    assert (len(after.paced), after.paced[-1].total, after.paced[-1].bad) == (12, 1003, 3)
    assert after.occasion.traffic.peak == 1003
