"""Acknowledging, silencing and pressed buttons over a store in memory."""

from dataclasses import replace
from datetime import timedelta

import pytest
from support.people import ANNA, BOB, NOW, a_page, a_world

from observatory.alerting import IncidentState, Matcher, NotificationKind
from observatory.application.acknowledge import Answer
from observatory.application.audit import AuditEntry, Deed
from observatory.application.press import Pressed
from observatory.application.silencing import NewSilence
from observatory.errors import DefinitionError, NotFound, Unavailable
from observatory.evaluation import Severity

FIRING, SILENCED = IncidentState.FIRING, IncidentState.SILENCED


@pytest.fixture
def world():
    world = a_world()
    world.open(a_page())
    return world


def new(*matchers, hours=2, **changes):
    asked = NewSilence(
        tuple(map(Matcher.read, matchers or ("service=playlist",))),
        "playlists",
        "the database moves",
        NOW + timedelta(hours=hours),
    )
    return replace(asked, **changes)


def told(world):
    return [(one.notification.kind.value, one.notification.mention) for one in world.alerts.deliveries()][
        ::-1
    ]


def test_an_acknowledgement_is_written_told_and_audited(world):
    done = world.allowed.acknowledge("inc-1", actor=ANNA)
    assert done.answer is Answer.ACKNOWLEDGED
    assert done.incident == world.alerts.incident("inc-1")
    assert (done.incident.acknowledged_by, done.incident.acknowledged_at) == ("anna", NOW)
    assert told(world) == [("root", True), ("update", False)]
    assert "Acknowledged* by anna at 23:30 CET" in str(world.alerts.deliveries()[0].message.blocks)
    entry = AuditEntry(NOW, ANNA, Deed.ACKNOWLEDGED, "inc-1", "page of playlist/availability")
    assert world.alerts.audit() == [entry]


def test_the_second_to_acknowledge_is_told_who_was_first(world):
    world.allowed.acknowledge("inc-1", actor=ANNA)
    second = world.allowed.acknowledge("inc-1", actor=BOB)
    assert (second.answer, second.incident.acknowledged_by) == (Answer.ALREADY_ACKNOWLEDGED, "anna")
    assert len(world.alerts.audit()) == 1


@pytest.mark.parametrize(
    ("state", "answer"), [(SILENCED, Answer.SILENCED), (IncidentState.RESOLVED, Answer.RESOLVED)]
)
def test_what_calls_nobody_needs_no_acknowledgement(world, state, answer):
    world.alerts.record([a_page(state=state)], [])
    assert world.allowed.acknowledge("inc-1", actor=ANNA).answer is answer
    assert world.alerts.audit() == []


def test_what_nobody_knows_can_not_be_acknowledged(world):
    with pytest.raises(NotFound, match="no-such"):
        world.allowed.acknowledge("no-such", actor=ANNA)


class Meanwhile:
    """A store in which a tick gets in between whenever somebody reads an incident, some times."""

    def __init__(self, alerts, times):
        self._alerts, self._times = alerts, times

    def __getattr__(self, name):
        return getattr(self._alerts, name)

    def incident(self, incident_id):
        found = self._alerts.incident(incident_id)
        if self._times:
            self._times -= 1
            self._alerts.record([replace(found, revision=found.revision + 1, remaining=0.1)], [])
        return found


def test_an_acknowledgement_is_not_lost_to_a_tick_and_loses_none(world):
    racing = a_world(alerts=Meanwhile(world.alerts, 2))
    done = racing.allowed.acknowledge("inc-1", actor=ANNA)
    assert (done.answer, done.incident.revision) == (Answer.ACKNOWLEDGED, 4)
    assert len(world.alerts.audit()) == 1


def test_an_incident_that_never_stands_still_is_said_so(world):
    racing = a_world(alerts=Meanwhile(world.alerts, 99))
    with pytest.raises(Unavailable, match="try again"):
        racing.allowed.acknowledge("inc-1", actor=ANNA)
    assert world.alerts.audit() == []
    assert world.alerts.incident("inc-1").state is FIRING


def test_before_the_first_tick_an_acknowledgement_is_kept_though_there_is_nothing_to_show(world):
    blank = a_world(alerts=world.alerts)
    blank.board.show(replace(blank.board.snapshot, statuses={}), blank.board.health)
    blank.allowed.acknowledge("inc-1", actor=ANNA)
    assert world.alerts.incident("inc-1").state is IncidentState.ACKNOWLEDGED
    assert told(world) == [("root", True)]


def test_a_silence_quiets_at_once_and_its_end_calls_again(world):
    silence = world.allowed.add_silence(new(), actor=ANNA)
    quiet = world.alerts.incident("inc-1")
    assert (quiet.state, quiet.silence) == (SILENCED, silence)
    shown = str(world.alerts.deliveries()[0].message.blocks)
    assert "Silenced* by anna until Sun 29 Mar 01:30 CET: the database moves" in shown
    world.clock.advance(timedelta(minutes=5))
    ended = world.allowed.expire_silence(silence.id, actor=BOB)
    assert ended.ends_at == NOW + timedelta(minutes=5)
    assert world.alerts.incident("inc-1").state is FIRING
    assert told(world)[-2:] == [("reply", True), ("update", False)]
    assert [(one.actor.name, one.deed) for one in world.alerts.audit()] == [
        ("bob", Deed.SILENCE_EXPIRED),
        ("anna", Deed.SILENCED),
    ]


def test_the_end_of_one_of_two_silences_changes_only_which_is_shown(world):
    first = world.allowed.add_silence(new(), actor=ANNA)
    second = world.allowed.add_silence(new("squad=playlists", hours=1), actor=ANNA)
    world.allowed.expire_silence(first.id, actor=ANNA)
    quiet = world.alerts.incident("inc-1")
    assert (quiet.state, quiet.silence) == (SILENCED, second)


def test_asking_twice_makes_one_silence_and_ending_twice_ends_once(world):
    silence = world.allowed.add_silence(new(), actor=ANNA)
    assert world.allowed.add_silence(new(), actor=ANNA) == silence
    ended = world.allowed.expire_silence(silence.id, actor=ANNA)
    assert world.allowed.expire_silence(silence.id, actor=ANNA) == ended
    assert len(world.alerts.audit()) == 2


def test_a_silence_of_the_future_quiets_nothing_yet(world):
    later = new(starts_at=NOW + timedelta(hours=1))
    world.allowed.add_silence(later, actor=ANNA)
    assert world.alerts.incident("inc-1").state is FIRING


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        pytest.param(new("service=playlst"), "no service 'playlst'; did you mean playlist", id="typo"),
        pytest.param(new("slo=playlist/latency"), "no slo 'playlist/latency'", id="unknown-slo"),
        pytest.param(new("severity=pager"), "no severity 'pager'; did you mean page", id="severity"),
        pytest.param(new(hours=24 * 8), "longer than 7 days", id="too-long"),
        pytest.param(new("slo=~("), "no regular expression", id="regex"),
    ],
)
def test_a_silence_that_is_not_right_is_refused_and_says_why(world, asked, says):
    with pytest.raises(DefinitionError, match=says.replace("(", r"\(")):
        world.allowed.add_silence(asked, actor=ANNA)
    assert world.alerts.silences() == []


def pressed(action, value="inc-1", key="1700000000.000100 x 1"):
    return Pressed(action, value, BOB, key)


def test_the_button_acknowledges_in_slacks_name(world):
    assert world.allowed.press(pressed("acknowledge")) is None
    assert world.alerts.incident("inc-1").acknowledged_by == "bob"
    (entry,) = world.alerts.audit()
    assert entry.actor == BOB


@pytest.mark.parametrize(
    ("action", "until"),
    [
        ("silence_hour", NOW + timedelta(hours=1)),
        # 09:00 in Stockholm, in a night that is an hour short
        ("silence_morning", NOW + timedelta(hours=8, minutes=30)),
    ],
)
def test_a_button_silences_this_severity_of_this_slo_until(world, action, until):
    world.open(a_page(id="ticket", severity=Severity.TICKET))
    assert world.allowed.press(pressed(action)) is None
    (silence,) = world.alerts.silences()
    assert silence.ends_at == until
    assert [str(one) for one in silence.matchers] == ["slo=playlist/availability", "severity=page"]
    assert (silence.owner, silence.created_by) == ("playlists", "bob")
    assert (world.alerts.incident("inc-1").state, world.alerts.incident("ticket").state) == (SILENCED, FIRING)


def test_one_press_that_reaches_us_twice_silences_once(world):
    world.allowed.press(pressed("silence_hour"))
    world.clock.advance(timedelta(seconds=30))
    world.allowed.press(pressed("silence_hour"))
    assert len(world.alerts.silences()) == len(world.alerts.audit()) == 1


@pytest.mark.parametrize(
    ("press", "says"),
    [
        (pressed("acknowledge", "gone"), "no longer known"),
        (pressed("silence_hour", "gone"), "no longer known"),
        (pressed("launch"), "doesn't know this button (launch)"),
        (pressed("x" * 300), "doesn't know this button"),
    ],
)
def test_a_press_that_can_not_be_done_is_answered_politely(world, press, says):
    answer = world.allowed.press(press)
    assert says in answer
    assert len(answer) < 200
    assert world.alerts.audit() == []


def test_a_press_on_what_is_done_already_says_so(world):
    world.allowed.press(pressed("acknowledge"))
    assert "already" in world.allowed.press(pressed("acknowledge"))
    world.alerts.record([a_page(state=IncidentState.RESOLVED)], [])
    assert "over already" in world.allowed.press(pressed("acknowledge"))
    assert "over already" in world.allowed.press(pressed("silence_hour"))


def test_a_store_that_is_away_is_said_in_private(world, monkeypatch):
    def away(*_, **__):
        raise Unavailable("no database")

    monkeypatch.setattr(world.alerts, "incident", away)
    assert "try again" in world.allowed.press(pressed("acknowledge"))


def test_every_notification_of_an_edit_calls_nobody(world):
    world.allowed.add_silence(new(), actor=ANNA)
    edits = [one for one in world.alerts.deliveries() if one.notification.kind is NotificationKind.UPDATE]
    assert edits
    assert not any("<!subteam^S0PLAYLIST>" in str(one.message) for one in edits)
