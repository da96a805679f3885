"""What else goes on, in an incident's message; and the buttons that go with it."""

from dataclasses import replace
from datetime import timedelta

import pytest
from support.people import a_silence
from support.slack import NOW, a_burning_status, an_entry, an_incident

from observatory.alerting import IncidentState
from observatory.evaluation import Severity, State
from observatory.outputs.slack import Background, render_root
from observatory.outputs.slack.background import Cause, Companion, Happening, Step

STATUS = a_burning_status()


def text_of(message):
    return "\n".join(str(block) for block in message.blocks)


def shown(incident=None, **background):
    known = Background(interactive=True, **background)
    return render_root(incident or an_incident(), STATUS, an_entry(), known, now=NOW)


def labels(message):
    (row,) = [block for block in message.blocks if block["type"] == "actions"]
    return [button["text"]["text"] for button in row["elements"]]


def test_a_probable_cause_names_its_owner_its_beginning_and_its_page():
    cause = Cause(
        "search", "search-squad", NOW - timedelta(minutes=9), "https://observatory.example/incidents/1"
    )
    line = "*Probably caused by <https://observatory.example/incidents/1|search>* (owner: search-squad)"
    assert f"{line}, paging since 14:06 CET" in text_of(shown(causes=[cause]))


def test_a_journey_says_at_which_step_it_fails_and_whose_that_is():
    steps = [Step("playlist/availability", "playlists", 443.0), Step("search/availability", "search", None)]
    line = "*Its steps, last hour:* playlist/availability 443× (playlists), search/availability not measured (search)"
    assert line in text_of(shown(steps=steps))
    assert "Its steps" not in text_of(shown())


def test_a_cause_of_which_little_is_known_is_named_all_the_same():
    assert "*Probably caused by search*" in text_of(shown(causes=[Cause("search", None, None)]))


@pytest.mark.parametrize(
    ("change", "status", "line"),
    [
        pytest.param({}, STATUS, "🔴 playlist/latency (page): 14.6× too fast, 42", id="page"),
        pytest.param({"severity": Severity.TICKET}, STATUS, "🟠 playlist/latency (ticket)", id="ticket"),
        pytest.param({"state": IncidentState.ACKNOWLEDGED}, STATUS, "👀 playlist/latency", id="acknowledged"),
        pytest.param({"clear_since": NOW}, STATUS, "burning no more", id="cooling"),
        pytest.param({}, replace(STATUS, state=State.NO_DATA), "cannot be measured", id="unknown"),
        pytest.param({}, None, "🔴 playlist/latency (page)", id="gone from the catalog"),
    ],
)
def test_what_burns_with_it_is_listed_with_how_it_stands(change, status, line):
    companion = Companion(replace(an_incident("inc-2", slo="playlist/latency"), **change), status)
    assert line in text_of(shown(companions=[companion]))


def test_a_long_list_is_cut_and_counted():
    many = [Companion(an_incident(f"i{number}", slo=f"playlist/s{number}"), STATUS) for number in range(60)]
    message = shown(companions=many)
    assert "playlist/s4" in text_of(message)
    assert "playlist/s5 " not in text_of(message)
    assert "and 55 more" in text_of(message)
    assert len(message.blocks) <= 50


@pytest.mark.parametrize(
    ("mode", "words"),
    [("exclude", "Maintenance *db-move* until"), ("protect", "Protected"), ("observe", "Event")],
)
def test_an_event_that_is_on_is_named_with_its_end(mode, words):
    event = Happening("db-move", mode, NOW + timedelta(hours=2))
    assert words in text_of(shown(events=[event]))
    assert "until 16:15 CET" in text_of(shown(events=[event]))


COMPANION = Companion(an_incident("inc-2", slo="playlist/latency"), STATUS)
SILENCED = {"state": IncidentState.SILENCED, "silence": a_silence()}


@pytest.mark.parametrize(
    ("change", "companions", "expected"),
    [
        pytest.param({}, [], ["Acknowledge", "Silence 1 h", "Silence until 09:00 CET"], id="firing"),
        pytest.param(
            {},
            [COMPANION],
            ["Acknowledge all", "Silence all 1 h", "Silence all until 09:00 CET"],
            id="several",
        ),
        pytest.param(
            {"state": IncidentState.ACKNOWLEDGED},
            [],
            ["Silence 1 h", "Silence until 09:00 CET"],
            id="acknowledged",
        ),
        pytest.param(SILENCED, [], ["End silence"], id="silenced"),
        pytest.param({"state": IncidentState.RESOLVED}, [], [], id="resolved"),
    ],
)
def test_the_buttons_do_what_makes_sense_now(change, companions, expected):
    message = shown(replace(an_incident(), **change), companions=companions)
    assert labels(message) == [*expected, "Runbook"]


def test_only_taking_it_on_is_urgent_never_silencing():
    def urgent(message):
        (row,) = [block for block in message.blocks if block["type"] == "actions"]
        return [one["text"]["text"] for one in row["elements"] if one.get("style") == "primary"]

    assert urgent(shown()) == ["Acknowledge"]
    assert urgent(shown(an_incident(state=IncidentState.ACKNOWLEDGED))) == ["Runbook"]
    assert urgent(shown(replace(an_incident(), **SILENCED))) == ["Runbook"]
