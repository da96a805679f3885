"""What a service's trouble probably comes from, and tickets that wait for it."""

from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.conversations import CALM, COOLING, PAGE, TICKET, World, catalog_of, shown
from support.evaluations import AT

from observatory.alerting import IncidentState, NotificationKind, Reason
from observatory.alerting.dependencies import GRACE, Upstream
from observatory.catalog import Catalog

CHAIN = {"web": ["playlist"], "playlist": ["search"], "search": []}
CIRCLE = {"web": ["playlist"], "playlist": ["search"], "search": ["web"]}
DIAMOND = {"web": ["left", "right"], "left": ["search"], "right": ["search"], "search": []}


def causes(depends, service, **paging):
    since = {name: AT + timedelta(minutes=minute) for name, minute in paging.items()}
    return Upstream(catalog_of(depends), since).causes(service)


@pytest.mark.parametrize(
    ("depends", "service", "paging", "found"),
    [
        pytest.param(CHAIN, "playlist", {"search": 0}, ("search",), id="what it calls"),
        pytest.param(CHAIN, "web", {"search": 0}, ("search",), id="through another"),
        pytest.param(CHAIN, "web", {"search": 0, "playlist": 0}, ("search",), id="only where it begins"),
        pytest.param(CHAIN, "web", {"playlist": 0}, ("playlist",), id="the middle alone"),
        pytest.param(CHAIN, "search", {"web": 0, "playlist": 0}, (), id="not upwards"),
        pytest.param(CHAIN, "search", {"search": 0}, (), id="not itself"),
        pytest.param(CHAIN, "playlist", {"search": 9, "playlist": 0}, ("search",), id="though noticed later"),
        pytest.param(CHAIN, "web", {}, (), id="nothing pages"),
        pytest.param(DIAMOND, "web", {"left": 0, "right": 0}, ("left", "right"), id="two of them"),
        pytest.param(DIAMOND, "web", {"left": 0, "right": 0, "search": 5}, ("search",), id="below both"),
        pytest.param(CIRCLE, "web", {"search": 0}, ("search",), id="a circle, one pages"),
        pytest.param(CIRCLE, "web", {"search": 0, "web": 1}, ("search",), id="a circle, the first one pages"),
        pytest.param(CIRCLE, "search", {"search": 0, "web": 1}, (), id="a circle, nobody before it"),
        pytest.param(
            CIRCLE, "playlist", {"search": 0, "web": 0}, ("search",), id="a circle, at once: by name"
        ),
        pytest.param({"web": ["gone"], "gone": []}, "unknown", {"gone": 0}, (), id="not in the catalog"),
    ],
)
def test_the_cause_is_the_first_burning_dependency_that_none_other_explains(depends, service, paging, found):
    assert causes(depends, service, **paging) == found


NAMES = [f"s{number}" for number in range(6)]
GRAPHS = st.fixed_dictionaries({name: st.lists(st.sampled_from(NAMES), max_size=3) for name in NAMES})


@given(GRAPHS, st.dictionaries(st.sampled_from(NAMES), st.integers(0, 3)))
def test_however_services_depend_on_each_other_causes_page_and_none_is_explained_twice(graph, paging):
    depends = {name: [one for one in upon if one != name] for name, upon in graph.items()}
    since = {name: AT + timedelta(minutes=minute) for name, minute in paging.items()}
    upstream = Upstream(catalog_of(depends), since)
    found = {name: upstream.causes(name) for name in NAMES}
    for name, its in found.items():
        assert name not in its
        assert set(its) <= set(paging)
        assert not any(set(found[one]) & set(its) for one in its)
    # Somebody is to blame for himself: not everyone can point at another.
    assert not paging or any(not found[name] for name in paging)


def test_a_cause_is_named_at_once_and_taken_back_when_it_is_over():
    world = World(catalog_of(CHAIN))
    world.tick(playlist_0=PAGE, search_0=PAGE)
    assert world.of("playlist_0").causes == ("search",)
    for _ in range(3):
        told = world.tick(playlist_0=PAGE)
    assert world.of("search_0").state is IncidentState.RESOLVED
    assert world.of("playlist_0").causes == ()
    assert [(one.kind, one.incident) for one in told if one.destination == "C0PLAYLIST"] == [
        (NotificationKind.UPDATE, world.of("playlist_0").id)
    ]


def test_a_cause_that_turns_up_later_is_an_edit_and_calls_nobody():
    world = World(catalog_of(CHAIN))
    world.tick(playlist_0=PAGE)
    told = world.tick(playlist_0=PAGE, search_0=PAGE)
    assert [(one.kind.value, one.mention) for one in told if one.destination == "C0PLAYLIST"] == [
        ("update", False)
    ]
    assert world.of("playlist_0").causes == ("search",)


HOLDING = {"hold_tickets_for_dependencies": True}


@pytest.mark.parametrize(("wanted", "told"), [(HOLDING, []), ({}, [("root", "playlist", False)])])
def test_a_new_ticket_waits_while_a_dependency_pages_if_the_squad_wants_it(wanted, told):
    world = World(catalog_of(CHAIN, **wanted))
    world.tick(search_0=PAGE)
    assert shown(world.tick(search_0=PAGE, playlist_0=TICKET)) == told


def test_a_ticket_that_opens_with_its_dependencys_page_waits_as_well():
    world = World(catalog_of(CHAIN, **HOLDING))
    assert shown(world.tick(search_0=PAGE, playlist_0=TICKET)) == [("root", "search", True)]
    assert world.told[0][1].reason is Reason.TIER_FIRED


def test_a_page_never_waits():
    world = World(catalog_of(CHAIN, **HOLDING))
    assert ("root", "playlist", True) in shown(world.tick(search_0=PAGE, playlist_0=PAGE))


def test_a_ticket_that_was_told_before_goes_on():
    world = World(catalog_of(CHAIN, **HOLDING))
    world.tick(playlist_0=TICKET)
    world.tick(playlist_0=TICKET, search_0=PAGE)
    assert not world.of("playlist_0", TICKET).inhibited


def test_a_held_ticket_is_told_a_grace_after_the_dependency_has_recovered():
    world = World(catalog_of(CHAIN, **HOLDING))
    world.tick(search_0=PAGE, playlist_0=TICKET)
    while world.of("search_0").is_open:
        world.tick(playlist_0=TICKET)
    recovered = world.minute
    while not shown(world.tick(playlist_0=TICKET)):
        assert world.minute - recovered < 60
    assert timedelta(minutes=world.minute - recovered) == GRACE
    assert shown([one for _, _, one in world.told])[-1] == ("root", "playlist", False)


def test_a_held_ticket_that_is_over_before_is_never_told():
    world = World(catalog_of(CHAIN, **HOLDING))
    world.tick(search_0=PAGE, playlist_0=TICKET)
    told = [note for _ in range(6) for note in world.tick(search_0=PAGE) if note.destination == "C0PLAYLIST"]
    assert told == []
    assert world.of("playlist_0", TICKET).state is IncidentState.RESOLVED


SLOS = [f"{name}/slo-{number}" for name in CIRCLE for number in range(2)]
STORIES = st.lists(
    st.fixed_dictionaries({slo: st.sampled_from([PAGE, TICKET, COOLING, CALM]) for slo in SLOS}), max_size=12
)


@settings(max_examples=60, deadline=None)
@given(STORIES, st.booleans())
def test_dependencies_change_nothing_of_what_pages_tell_and_when(story, holding):
    """The same story among services that know nothing of each other calls the same people at the same minutes."""
    wanted = HOLDING if holding else {}
    worlds = [World(catalog_of(graph, **wanted)) for graph in (CIRCLE, dict.fromkeys(CIRCLE, ()))]
    for world in worlds:
        for states in story:
            world.tick_all(states)
    with_, without = (
        [
            (minute, one.destination, one.kind, one.mention, one.not_before)
            for minute, step, one in world.told
            if step.incident.severity == PAGE and one.kind is not NotificationKind.UPDATE
        ]
        for world in worlds
    )
    assert with_ == without


def test_an_empty_catalog_has_no_causes():
    assert Upstream(Catalog(), {"search": AT}).causes("web") == ()
