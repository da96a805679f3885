"""Conversations: one message for what burns in one service at a time, and nothing that goes untold."""

from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.conversations import CALM, COOLING, PAGE, TICKET, World, catalog_of, escalating, shown
from support.people import a_silence

from observatory.alerting import IncidentState, NotificationKind, Reason, acknowledge, still
from observatory.alerting.grouping import gather, members

ROOT, REPLY, UPDATE = "root", "reply", "update"
TOLD = {
    Reason.TIER_FIRED,
    Reason.REOPENED,
    Reason.BURN_STOPPED,
    Reason.NOT_ACKNOWLEDGED,
    Reason.SPEAKS_FOR_ITSELF,
}
"""What somebody has to be told of, in words: an edit alone would pass unnoticed."""


def a_world(*services, **on_call):
    return World(catalog_of(dict.fromkeys(services or ("search",), ()), slos=3, **on_call))


def test_what_burns_in_one_service_at_once_is_one_message_and_answers_below_it():
    world = a_world()
    assert shown(world.tick(search_0=PAGE, search_1=PAGE, search_2=TICKET)) == [
        (ROOT, "search", True),
        (REPLY, "search", False),
        (REPLY, "search", False),
    ]
    leader = world.of("search_0")
    assert [one.slo for one in members(leader, world.incidents.values())] == ["search/slo-1", "search/slo-2"]


def test_another_service_has_a_conversation_of_its_own():
    told = a_world("search", "lyrics").tick(search_0=PAGE, lyrics_0=PAGE)
    assert shown(told) == [(ROOT, "lyrics", True), (ROOT, "search", True)]


def test_a_page_joins_no_ticket_and_a_later_ticket_joins_the_page():
    world = a_world()
    assert shown(world.tick(search_0=TICKET)) == [(ROOT, "search", False)]
    assert shown(world.tick(search_0=TICKET, search_1=PAGE)) == [(ROOT, "search", True)]
    assert shown(world.tick(search_0=TICKET, search_1=PAGE, search_2=TICKET)) == [(REPLY, "search", False)]
    assert world.of("search_2", TICKET).joined == world.of("search_1").id


@pytest.mark.parametrize(("minutes", "calls"), [(1, False), (14, False), (15, True)])
def test_who_was_called_lately_is_not_called_again_for_the_same_service(minutes, calls):
    world = a_world()
    world.tick(search_0=PAGE)
    world.minute += minutes - 1
    assert shown(world.tick(search_0=PAGE, search_1=PAGE)) == [(REPLY, "search", calls)]


def test_the_first_message_is_edited_when_one_below_it_changes_and_the_answer_carries_the_others_id():
    world = a_world()
    world.tick(search_0=PAGE)
    answer, edit = world.tick(search_0=PAGE, search_1=PAGE)
    leader, joined = world.of("search_0"), world.of("search_1")
    assert (answer.incident, answer.subject, answer.kind) == (leader.id, joined.id, NotificationKind.REPLY)
    assert (edit.incident, edit.kind, edit.revision) == (leader.id, NotificationKind.UPDATE, leader.revision)


def test_one_that_stops_is_told_in_the_thread_and_the_first_message_goes_on():
    world = a_world()
    world.tick(search_0=PAGE, search_1=PAGE)
    told = [note for minute in range(6) for note in shown(world.tick(search_0=PAGE)) if minute]
    assert told == [(REPLY, "search", False)]
    assert world.of("search_1").state is IncidentState.RESOLVED
    assert world.of("search_0").is_open


def test_when_the_first_one_is_over_the_rest_speaks_for_itself_and_calls():
    world = a_world()
    world.tick(search_0=PAGE, search_1=PAGE, search_2=PAGE)
    told = [note for _ in range(4) for note in shown(world.tick(search_1=PAGE, search_2=PAGE))]
    assert told == [(REPLY, "search", False), (ROOT, "search", True)]
    assert (world.of("search_1").joined, world.of("search_2").joined) == (None, world.of("search_1").id)


def test_what_cools_below_a_message_that_is_over_gets_no_message_of_its_own():
    world = a_world()
    world.tick(search_0=PAGE, search_1=PAGE)
    for _ in range(4):
        world.tick(search_1=COOLING)
    told = [note for _ in range(4) for note in shown(world.tick())]
    assert told == [(REPLY, "search", False)]
    assert not [one for one in world.incidents.values() if one.is_open]


def test_what_burns_again_when_the_first_one_is_long_over_gets_a_message_that_calls():
    world = a_world()
    world.tick(search_0=PAGE, search_1=PAGE)
    for _ in range(20):
        world.tick()
    told = world.tick(search_1=PAGE)
    assert shown(told) == [(ROOT, "search", True)]
    assert world.of("search_1").reopened == 1


def test_a_conversation_whose_first_one_is_silenced_goes_on_in_a_message_of_its_own():
    world = a_world()
    world.tick(search_0=PAGE, search_1=PAGE)
    world.silences = [
        a_silence("slo=search/slo-0", starts_at=world.now, ends_at=world.now + timedelta(hours=1))
    ]
    assert shown(world.tick(search_0=PAGE, search_1=PAGE)) == [(ROOT, "search", True)]


def test_what_is_silenced_from_the_start_is_shown_by_itself():
    world = a_world()
    world.tick(search_0=PAGE)
    world.silences = [
        a_silence("slo=search/slo-1", starts_at=world.now, ends_at=world.now + timedelta(hours=1))
    ]
    assert shown(world.tick(search_0=PAGE, search_1=PAGE)) == [(ROOT, "search", False)]


def test_only_the_first_one_calls_again_while_nobody_answers():
    world = a_world(escalate=escalating())
    world.tick(search_0=PAGE, search_1=PAGE)
    world.minute += 9
    assert shown(world.tick(search_0=PAGE, search_1=PAGE)) == [(REPLY, "search", True)]


def test_what_joins_after_an_acknowledgement_has_to_be_acknowledged_too():
    world = a_world(escalate=escalating())
    world.tick(search_0=PAGE)
    world.take([acknowledge(still(world.of("search_0"), None), by="anna", now=world.now)])
    world.tick(search_0=PAGE, search_1=PAGE)
    world.minute += 9
    (call,) = [one for one in world.tick(search_0=PAGE, search_1=PAGE) if one.mention]
    assert call.subject == world.of("search_1").id


def test_in_a_storm_there_is_one_message_and_one_call_a_service_and_all_is_told():
    services = [f"s{number}" for number in range(10)]
    world = World(
        catalog_of({name: services[:1] if name != services[0] else () for name in services}, slos=6)
    )
    told = [one for _ in range(10) for one in world.tick_all(dict.fromkeys(ids_of(world), PAGE))]
    roots = [one for one in told if one.kind is NotificationKind.ROOT]
    assert (len(roots), sum(one.mention for one in told)) == (len(services), len(services))
    assert len({one.subject for one in told}) == len(ids_of(world)) == 60


def ids_of(world):
    return [entry.id for entry in world.catalog.slos()]


def test_gathering_twice_is_gathering_once():
    world = a_world()
    world.tick(search_0=PAGE, search_1=PAGE)
    known = list(world.incidents.values())
    assert gather([], known, lambda _: None, now=world.now) == []


SLOS = [f"{service}/slo-{number}" for service in ("search", "lyrics") for number in range(3)]
STATES = st.fixed_dictionaries({slo: st.sampled_from([PAGE, TICKET, COOLING, CALM, CALM]) for slo in SLOS})
DEEDS = st.one_of(
    st.tuples(st.just("acknowledge"), st.integers(0, 5)),
    st.tuples(st.just("silence"), st.integers(0, 5)),
    st.tuples(st.just("wait"), st.sampled_from([0, 0, 1, 14, 31])),
)


def live(world, story):
    for states, (deed, number) in story:
        if deed == "wait":
            world.minute += number
        elif deed == "silence":
            until = world.now + timedelta(minutes=5)
            world.silences = [
                *world.silences,
                a_silence(f"slo={SLOS[number]}", starts_at=world.now, ends_at=until),
            ]
        else:
            firing = [one for one in world.incidents.values() if one.state is IncidentState.FIRING]
            world.take(
                [acknowledge(still(one, None), by="anna", now=world.now) for one in firing[number:][:1]]
            )
        world.tick_all(states)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(STATES, DEEDS), min_size=1, max_size=12))
def test_whatever_happens_nothing_goes_untold_and_no_message_is_posted_twice(story):
    world = World(catalog_of({"search": (), "lyrics": ()}, slos=3, escalate=escalating()))
    live(world, story)
    live(world, [({}, ("wait", 0))] * 40)
    roots = [(one.incident, one.destination) for _, _, one in world.told if one.kind is NotificationKind.ROOT]
    assert len(roots) == len(set(roots))  # the outbox would leave a second one out
    ids = [one.delivery_id for _, _, one in world.told]
    assert len(ids) == len(set(ids))
    seen = set()
    for _, _, one in world.told:
        if one.kind is NotificationKind.ROOT:
            seen.add((one.incident, one.destination))
    for minute, _, one in world.told:
        assert (one.incident, one.destination) in seen, (minute, one)
    for incident in world.incidents.values():
        said = [(step.reason, one.kind) for _, step, one in world.told if one.subject == incident.id]
        loud = [reason for reason, kind in said if kind is not NotificationKind.UPDATE]
        if incident.announced_at is not None:
            assert loud
        assert (incident.announced_at is None) or incident.is_open or loud[-1] is Reason.BURN_STOPPED


@settings(max_examples=50, deadline=None)
@given(st.lists(st.tuples(STATES, DEEDS), min_size=1, max_size=12))
def test_every_transition_that_people_should_hear_of_is_said_in_words(story):
    world = World(catalog_of({"search": (), "lyrics": ()}, slos=3, escalate=escalating()))
    heard = []
    original = world.take

    def take(steps):
        told = original(steps)
        for step in steps:
            one = step.incident
            words = [
                each for each in told if each.subject == one.id and each.kind is not NotificationKind.UPDATE
            ]
            quiet = one.state is IncidentState.SILENCED and step.previous is not None
            if step.reason in TOLD and one.announced_at is not None and not quiet:
                heard.append((step.reason, bool(words), one.inhibited))
        return told

    world.take = take
    live(world, story)
    assert all(words or inhibited for _, words, inhibited in heard)
