import jsonschema
import pytest
import yaml
from support.catalogs import SERVICE_YAML, changed, parse_yaml
from support.events import EXCLUDE, JOURNEY, LAUNCH, at

from observatory.catalog import json_schema, parse_catalog
from observatory.catalog.freezes import freezes, frozen_services, last_time, next_time


def parsed(event=LAUNCH, **more):
    return parse_yaml(event=event, **more)


def the_problem(found):
    assert len(found.problems) == 1, "\n".join(map(str, found.problems))
    return found.problems[0]


@pytest.mark.parametrize("text", [LAUNCH, EXCLUDE], ids=["protect", "exclude"])
def test_events_are_read_and_editors_agree(text):
    assert parsed(text).problems == ()
    jsonschema.validate(yaml.safe_load(text), json_schema())


@pytest.mark.parametrize(
    ("text", "old", "new", "path", "says"),
    [
        pytest.param(LAUNCH, "budget: 20%\n", "", "budget", "has a slice", id="no slice"),
        pytest.param(LAUNCH, "20%", "20", "budget", "per cent sign", id="a bare number"),
        pytest.param(LAUNCH, "20%", "120%", "budget", "at most 100%", id="more than all"),
        pytest.param(
            LAUNCH, "mode: protect", "mode: observe", "budget", "belongs to", id="a slice of nothing"
        ),
        pytest.param(
            LAUNCH, "lasts: 6h", "lasts: 6h\nend: 2026-03-10 06:00", "end", "one of lasts and end", id="twice"
        ),
        pytest.param(LAUNCH, "lasts: 6h\n", "", "lasts", "one of lasts and end", id="for how long"),
        pytest.param(
            LAUNCH, "lasts: 6h", "end: 2026-03-09 00:00", "end", "between five minutes", id="ends before"
        ),
        pytest.param(
            LAUNCH, "lasts: 6h", "lasts: 7m", "lasts", "whole five minutes", id="length off the grid"
        ),
        pytest.param(LAUNCH, "00:00", "00:02", "start", "whole five minutes", id="start off the grid"),
        pytest.param(
            LAUNCH, "{services: [playlist]}", "{}", "affects", "about something", id="about nothing"
        ),
        pytest.param(
            LAUNCH, "[playlist]", "[plailist]", "affects.services[0]", "no service", id="no such service"
        ),
        pytest.param(
            LAUNCH,
            "slo: playlist/availability",
            "slo: playlist/speed",
            "traffic.slo",
            "no SLO",
            id="no such SLO",
        ),
        pytest.param(
            LAUNCH, "peak_factor: 3", "peak_factor: 3, per_minute: 5", "traffic", "one of", id="two peaks"
        ),
        pytest.param(LAUNCH, "timezone: UTC", "timezone: Mars", "timezone", "IANA", id="no such zone"),
        pytest.param(LAUNCH, "squad: playlists", "squad: nobody", "squad", "no squad", id="no owner"),
        pytest.param(EXCLUDE, "reason: Moving.\n", "", "reason", "says why", id="no reason"),
        pytest.param(
            LAUNCH, "name: launch", "name: playlist", "name", "taken by", id="a name that a service has"
        ),
        pytest.param(
            LAUNCH,
            "lasts: 6h",
            "lasts: 6h\nrepeat: FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30",
            "repeat",
            "never",
            id="never",
        ),
    ],
)
def test_a_mistake_is_told_with_its_place_and_what_would_be_right(text, old, new, path, says):
    problem = the_problem(parsed(changed(old, new, text=text)))
    assert problem.path == path
    assert says in problem.rule
    assert problem.place.file in ("event.yml", "playlist.yml")


@pytest.mark.parametrize(
    ("lasts", "repeat", "wrong"),
    [
        pytest.param("36h", "", False, id="just as much as may be"),
        pytest.param("37h", "", True, id="too long"),
        pytest.param("9h", "repeat: FREQ=WEEKLY", True, id="too often"),
        pytest.param("7h", "repeat: FREQ=WEEKLY", False, id="four or five times"),
    ],
)
def test_at_most_five_per_cent_of_a_window_may_be_left_out(lasts, repeat, wrong):
    text = changed("lasts: 1h", f"lasts: {lasts}\n{repeat}", text=EXCLUDE)
    found = parsed(text)
    assert bool(found.errors) is wrong
    if wrong:
        assert "at most 5 % of an SLO's window" in the_problem(found).rule


def test_two_exclusions_are_added_up_and_what_they_share_counts_once():
    half = changed("lasts: 1h", "lasts: 20h", text=EXCLUDE)
    other = half.replace("name: upkeep", "name: other")
    assert parsed(half, other=other).problems == ()
    later = other.replace("2026-03-09", "2026-03-14")
    assert {problem.value for problem in parsed(half, other=later).errors} == {"upkeep", "other"}


def test_a_freeze_lasts_longer_than_its_event_and_reaches_the_services_of_a_journey():
    catalog = parsed(
        changed("{services: [playlist]}", "{journeys: [listen]}", text=LAUNCH), journey=JOURNEY
    ).valid()
    (event,) = catalog.events.values()
    assert frozen_services(event, catalog) == ("playlist",)
    frozen = [bool(freezes(catalog, at=at(hour), service="playlist")) for hour in (-2.1, -2, 6.9, 7)]
    assert frozen == [False, True, True, False]
    assert freezes(catalog, at=at(1), service="search") == []


def test_the_next_time_is_the_one_under_way_and_the_last_one_has_begun():
    catalog = parsed().valid()
    (event,) = catalog.events.values()
    assert next_time(event, at=at(-1)).start == next_time(event, at=at(5)).start == at(0)
    assert next_time(event, at=at(6)) is None
    assert last_time(event, at=at(-1)) is None
    assert last_time(event, at=at(100)).end == at(6)


def test_a_service_whose_event_is_wrong_is_still_there():
    found = parse_catalog({"e.yml": LAUNCH.encode(), "s.yml": SERVICE_YAML.encode()})
    assert found.errors
    assert found.catalog.events == {}
