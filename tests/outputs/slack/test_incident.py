import json
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.slack import NOW, a_burning_status, an_entry, an_incident

from observatory.alerting import IncidentState
from observatory.catalog import Calendar, Timeslices
from observatory.evaluation import Severity, State
from observatory.outputs.slack import Background, render_root
from observatory.sandbox.slack.limits import refusal

LINKS = Background(dashboard="https://grafana.example/d/x", incident="https://slo.example/incidents/inc-1")


def words(message):
    """Everything that people read, in order, with plain spaces."""
    return json.dumps([dict(block) for block in message.blocks], ensure_ascii=False).replace("\u00a0", " ")


def rendered(incident=None, status=None, entry=None, background=LINKS, **options):
    return render_root(
        incident or an_incident(),
        status or a_burning_status(),
        entry or an_entry(),
        background,
        now=NOW,
        **options,
    )


def test_a_page_says_first_what_burns_and_then_what_it_means():
    told = words(rendered())
    order = [
        "🔴 PAGE: playlist/availability is burning 14.6× too fast",
        "42 % of the error budget left, gone in about 21 h",
        "14.6× over 1 h, 15.2× over 5 min",
        "24 036 of 41 300 allowed",
        "14:03 CET, for 12 min",
        "45 s old, 99.82 % covered",
        "playlists, owner of the service in the catalog",
        "https://runbooks.example/playlist",
        "https://grafana.example/d/x",
        "https://slo.example/incidents/inc-1",
    ]
    places = [told.find(phrase) for phrase in order]
    assert -1 not in places, [phrase for phrase, place in zip(order, places, strict=True) if place < 0]
    assert places == sorted(places)


AHEAD = ("If nothing new goes wrong, the budget is back above 0 on Thu 26 Nov 20:00 CET.",)


@pytest.mark.parametrize(
    ("changes", "status", "said"),
    [
        pytest.param({}, {}, True, id="firing"),
        pytest.param({"state": IncidentState.ACKNOWLEDGED}, {}, True, id="acknowledged"),
        pytest.param({"state": IncidentState.RESOLVED}, {}, False, id="over"),
        pytest.param({}, {"state": State.NO_DATA}, False, id="numbers of before"),
    ],
)
def test_what_lies_ahead_is_said_while_it_burns_and_is_known(changes, status, said):
    message = rendered(
        an_incident(**changes), a_burning_status(**status), background=replace(LINKS, ahead=AHEAD)
    )
    assert (AHEAD[0] in words(message)) is said
    assert refusal(message.text, [dict(block) for block in message.blocks], None) is None


def test_how_many_more_may_fail_is_said_beside_what_did():
    assert "24 036 of 41 300 allowed, 17 264 left" in words(
        rendered(status=a_burning_status(affordable=17_264))
    )
    assert "41 300 allowed, 0 left" not in words(rendered(status=a_burning_status(affordable=0)))


def test_the_lock_screen_has_it_in_one_line():
    text = rendered().text.replace("\u00a0", " ")
    assert text == (
        "🔴 PAGE: playlist/availability is burning 14.6× too fast: "
        "42 % of the error budget left, gone in about 21 h. Owner: playlists"
    )


@pytest.mark.parametrize(
    ("changes", "options", "pings"),
    [
        pytest.param({}, {}, True, id="firing-page"),
        pytest.param({}, {"ping": False}, False, id="told-minutes-ago"),
        pytest.param({"severity": Severity.TICKET}, {}, False, id="ticket"),
        pytest.param({"state": IncidentState.RESOLVED}, {}, False, id="resolved"),
        pytest.param({"state": IncidentState.ACKNOWLEDGED}, {}, False, id="acknowledged"),
    ],
)
def test_only_a_firing_page_calls_the_on_call_group(changes, options, pings):
    assert ("<!subteam^S0PLAYLIST>" in words(rendered(an_incident(**changes), **options))) is pings


def test_a_resolved_incident_says_how_long_it_lasted_and_what_it_cost():
    resolved = an_incident(state=IncidentState.RESOLVED, resolved_at=NOW + timedelta(minutes=30))
    told = words(rendered(resolved, background=replace(LINKS, spent=0.031)))
    assert "✅ Resolved: playlist/availability stopped burning" in told
    assert "It lasted 42 min and cost 3.1 % of the error budget; 42 % of the error budget left" in told
    assert "gone in" not in told


@pytest.mark.parametrize("state", [State.NO_DATA, State.STALE, State.QUERY_FAILED])
def test_numbers_that_are_not_of_now_are_not_told_as_if_they_were(state):
    status = a_burning_status(state=state, at=NOW - timedelta(minutes=9), failure="parse error at `}`")
    told = words(rendered(status=status))
    assert "was burning, and now cannot be measured" in told
    assert "42 % of the error budget left when last measured" in told
    assert "9 min old" in told
    assert "parse error at '}'" in told


def test_an_slo_of_which_nothing_is_known_can_still_be_told():
    unknown = dict.fromkeys(
        ("coverage", "sli", "total", "bad", "budget", "consumed", "remaining", "affordable")
    )
    told = words(rendered(status=a_burning_status(burn={}, tiers=(), state=State.NO_DATA, **unknown)))
    assert "Error budget unknown" in told
    assert "None" not in told
    assert "nan" not in told.lower()


@pytest.mark.parametrize(
    ("remaining", "phrase"),
    [
        (-0.12, "Error budget overspent by 12 %"),
        (0.0, "Error budget gone"),
        (0.004, "0.4 % of the error budget left, gone in about 12 min"),
    ],
)
def test_the_end_of_the_budget_has_its_own_words(remaining, phrase):
    assert phrase in words(rendered(status=a_burning_status(remaining=remaining)))


@pytest.mark.parametrize(
    "address",
    [
        "javascript:alert(1)",
        "runbooks/playlist.md",
        "https://x y",
        "https://",
        "http://[",
        "https://x/" + "a" * 3_000,
        None,
    ],
)
def test_an_address_that_slack_would_refuse_costs_its_button_and_nothing_else(address):
    message = rendered(entry=an_entry(runbook=None), background=Background(dashboard=address))
    assert "actions" not in [block["type"] for block in message.blocks]
    assert refusal(message.text, [dict(block) for block in message.blocks], None) is None


hostile = st.one_of(
    st.text(max_size=200),
    st.sampled_from(
        ["<!channel>" * 1_000, "&" * 10_000, "\u202e" + "ש" * 10_000, "👩\u200d👧" * 3_000, "`*_~" * 2_500]
    ),
)


@given(
    name=hostile,
    squad=hostile,
    because=hostile,
    notes=st.lists(hostile, max_size=8),
    failure=hostile,
    tier=hostile,
)
def test_whatever_people_write_slack_takes_the_message_and_nobody_is_pinged(
    name, squad, because, notes, failure, tier
):
    incident = an_incident(slo=f"{name}/{name}", squad=squad, tiers=(tier,) * 3, severity=Severity.TICKET)
    background = Background(
        owned_because=because, notes=notes, dashboard=f"https://grafana.example/{name[:5]}"
    )
    entry = an_entry()
    entry = replace(entry, slo=entry.slo.model_copy(update={"description": failure}))
    message = rendered(incident, a_burning_status(failure=failure), entry, background)
    blocks = [dict(block) for block in message.blocks]
    assert refusal(message.text, blocks, None) is None
    assert sum(len(text) for text in texts(blocks)) <= 10_000
    assert not any("<!" in text or "<@" in text for text in texts(blocks) if not is_header(blocks, text))
    assert "<" not in message.text
    assert len(message.text) <= 2_000
    json.dumps(blocks, ensure_ascii=False).encode()


def is_header(blocks, text):
    """Plain text, in which Slack reads no markup."""
    return any(block["type"] == "header" and block["text"]["text"] == text for block in blocks)


def texts(value):
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for inner in value.values():
            yield from texts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from texts(inner)


def test_a_month_is_this_one_and_bad_slices_are_told_as_slices():
    entry = an_entry()
    month = Calendar(calendar="month", timezone="Europe/Stockholm")
    slo = entry.slo.model_copy(
        update={"window": month, "method": Timeslices(slice=timedelta(minutes=1), target=Decimal(95))}
    )
    status = replace(a_burning_status(), sli=0.9993, resets=NOW + timedelta(minutes=1))
    text = words(rendered(entry=replace(entry, slo=slo), status=status))
    assert "99.93 % good this month (Europe/Stockholm)" in text
    assert "Bad slices" in text
    assert "gone in" not in text
