"""A service changes hands while it burns: the new owner is called, and the old one's message doesn't go stale."""

import pytest
from support.catalogs import SQUAD_YAML, changed
from support.people import ANNA
from support.wiring import DAY, HOUR, START, Events, Life, seconds, service_yaml

from observatory.alerting import PATIENCE, IncidentState
from observatory.application.pauses import BETWEEN_POSTS
from observatory.evaluation import Severity

OLD, NEW = "C0PLAYLISTS", "C0SEARCH00"
SEARCH = SQUAD_YAML.replace("playlists", "search").replace(OLD, NEW).replace("S0PLAYLIST", "S0SEARCH00")
ENDS = 2 * HOUR


@pytest.fixture
def life(tmp_path):
    """A page that was delivered to its first owner."""
    life = Life(tmp_path)
    life.write("search-squad", SEARCH)
    minutes = range(seconds(START - 4 * DAY), seconds(START + DAY), 60)
    burns = range(seconds(START - HOUR), seconds(START + ENDS), 60)
    life.happens("playlist", Events(dict.fromkeys(minutes, 60.0), dict.fromkeys(burns, 20.0)))
    life.begin()
    go_on(life, 3)
    assert [one.channel for one in roots(life)] == [OLD]
    return life


def go_on(life, minutes):
    for _ in range(minutes):
        life.minutes(1)
        for _ in range(4):
            life.observatory.deliver()
            life.clock.advance(BETWEEN_POSTS)


def move(life, squad="search"):
    text = service_yaml("playlist").replace("squad: playlists", f"squad: {squad}")
    life.write("playlist", text)


def roots(life):
    return [one for one in life.messenger.written if one.thread_ts is None]


def thread(life, channel):
    """The message of a channel, and what is said below it."""
    (root,) = [one for one in roots(life) if one.channel == channel]
    below = [one.message.text for one in life.messenger.written if one.thread_ts == root.ts]
    return root, below


def page(life):
    (found,) = [one for one in life.alerts.incidents() if one.severity is Severity.PAGE]
    return found


def text_of(written):
    return f"{written.message.text} {written.message.blocks}"


def test_the_new_owner_is_called_and_the_old_one_is_told_whose_it_is(life):
    before = page(life)
    move(life)
    go_on(life, 1)
    assert page(life).id == before.id
    assert (page(life).squad, page(life).state) == ("search", IncidentState.FIRING)
    new, below_new = thread(life, NEW)
    assert "S0SEARCH00" in text_of(new)
    assert "Handed over by playlists" in text_of(new)
    assert not below_new
    old, below_old = thread(life, OLD)
    assert [text for text in below_old if "Owned by search" in text]
    assert "Owner: search" in old.message.text
    assert not any("earlier message that is gone" in text_of(one) for one in life.messenger.written)


def test_the_end_is_told_to_both_in_their_own_threads(life):
    move(life)
    go_on(life, 2)
    life.clock.advance(ENDS + HOUR)
    go_on(life, 5)
    assert page(life).state is IncidentState.RESOLVED
    for channel in (OLD, NEW):
        root, below = thread(life, channel)
        assert "esolved" in root.message.text
        assert "Resolved" in below[-1]


def test_whoever_had_acknowledged_it_did_so_for_their_own_squad(life):
    life.observatory.actions.acknowledge(page(life).id, actor=ANNA)
    move(life)
    go_on(life, 1)
    assert page(life).state is IncidentState.FIRING
    assert page(life).acknowledged_by is None


def test_a_squad_that_moves_to_another_channel_keeps_its_acknowledgement(life):
    life.observatory.actions.acknowledge(page(life).id, actor=ANNA)
    life.write("squad", changed(OLD, "C0ELSEWHERE", text=SQUAD_YAML))
    go_on(life, 2)
    assert page(life).state is IncidentState.ACKNOWLEDGED
    root, _ = thread(life, "C0ELSEWHERE")
    assert "Acknowledged" in text_of(root)
    assert "S0PLAYLIST" not in text_of(root)
    assert "Handed over" not in text_of(root)


def test_a_squad_with_another_name_in_the_same_channel_gets_no_second_message(life):
    life.write(
        "squad",
        changed("name: playlists", "name: music", text=SQUAD_YAML).replace("to: playlists", "to: music"),
    )
    move(life, "music")
    go_on(life, 2)
    assert page(life).squad == "music"
    assert [one.channel for one in roots(life)] == [OLD]
    assert "Owner: music" in roots(life)[0].message.text


def test_a_service_that_comes_back_calls_below_the_message_that_is_there(life):
    move(life)
    go_on(life, 2)
    move(life, "playlists")
    go_on(life, 2)
    assert sorted(one.channel for one in roots(life)) == [OLD, NEW]
    root, below = thread(life, OLD)
    assert "Owned by playlists" in below[-1]
    assert "Owner: playlists" in root.message.text
    assert page(life).formerly == (NEW,)


def test_what_ends_as_it_moves_ends_where_it_was_told(life):
    life.clock.advance(ENDS + HOUR)
    while page(life).clear_since is None:
        go_on(life, 1)
    life.clock.advance(PATIENCE.clear_for)
    move(life)
    go_on(life, 1)
    assert page(life).state is IncidentState.RESOLVED
    _, below = thread(life, OLD)
    assert "Resolved" in below[-1]
    assert [one.channel for one in roots(life)] == [OLD]
