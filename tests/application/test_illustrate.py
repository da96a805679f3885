"""Charts come after the words, once, and their failure is nobody's trouble."""

from dataclasses import replace
from datetime import timedelta

import pytest
from support.slack import CHANNEL, NOW, a_burning_status, a_delivery, an_entry, an_incident

from observatory.adapters.memory.alerts import MemoryAlerts
from observatory.adapters.memory.clock import ManualClock
from observatory.adapters.memory.history import MemoryHistory
from observatory.adapters.memory.pictures import MemoryPictures
from observatory.alerting import IncidentState, NotificationKind
from observatory.application.burn import Burn
from observatory.application.delivery import DeliveryState
from observatory.application.illustrate import FRESH, Illustrate
from observatory.application.recorder import Recorder
from observatory.application.snapshot import Board, Health, Snapshot
from observatory.catalog import Catalog
from observatory.errors import RateLimited, Refused, Unavailable
from observatory.outputs.burn_chart import BurnPoint

ENTRY = an_entry()
POINTS = [BurnPoint(NOW - timedelta(minutes=5 * back), float(back)) for back in range(12, 0, -1)]
CATALOG = Catalog(squads={"playlists": ENTRY.squad}, services={"playlist": ENTRY.service})


class Troubled(MemoryPictures):
    """Fails as often as it has errors."""

    def __init__(self, *errors):
        super().__init__()
        self.errors = list(errors)

    def attach(self, channel, ts, picture):
        if self.errors:
            raise self.errors.pop()
        super().attach(channel, ts, picture)


def sent(incident="inc-1", *, ago=timedelta(seconds=2), state=DeliveryState.SENT, **more):
    told = a_delivery(incident=incident, **more)
    return replace(told, state=state, channel=CHANNEL, ts=f"1.{incident}", sent_at=NOW - ago)


def an_illustrator(*deliveries, pictures=None, incidents=None):
    alerts = MemoryAlerts()
    alerts.record(incidents or [an_incident()], deliveries)
    board = Board(Snapshot(CATALOG, {"playlist/availability": a_burning_status()}), Health(NOW))
    burn = Burn(Recorder(MemoryHistory(), tick=60))
    drawn = Illustrate(
        alerts, pictures or MemoryPictures(), board, burn, ManualClock(NOW), lambda *_, **__: b"PNG"
    )
    drawn.burn = lambda *_, **__: POINTS
    return drawn


def test_a_message_that_was_sent_gets_its_chart_once():
    illustrate = an_illustrator(sent())
    assert (illustrate(), illustrate()) == (1, 0)
    ((channel, ts, picture),) = illustrate.pictures.shown
    assert (channel, ts, picture.name) == (CHANNEL, "1.inc-1", "burn-inc-1.png")
    assert "at most 12.0 times" in picture.alternative


def test_after_a_restart_the_thread_is_asked_first():
    before = an_illustrator(sent())
    before()
    again = an_illustrator(sent(), pictures=before.pictures)
    assert again() == 0
    assert len(before.pictures.shown) == 1


@pytest.mark.parametrize(
    "delivery",
    [
        pytest.param(sent(state=DeliveryState.PENDING), id="not sent yet"),
        pytest.param(sent(ago=FRESH), id="long ago"),
        pytest.param(sent(kind=NotificationKind.REPLY), id="an answer"),
        pytest.param(sent(destination="email:a@example.org"), id="no Slack"),
        pytest.param(sent(incident="gone"), id="an incident that is not kept"),
    ],
)
def test_other_messages_get_none(delivery):
    assert an_illustrator(delivery)() == 0


def test_what_is_over_needs_no_chart():
    over = an_incident(state=IncidentState.RESOLVED, resolved_at=NOW)
    assert an_illustrator(sent(), incidents=[over])() == 0


def test_slack_that_does_not_answer_is_asked_again_and_a_refusal_is_final():
    unanswered = an_illustrator(sent(), pictures=Troubled(Unavailable("no answer")))
    assert (unanswered(), unanswered()) == (0, 1)
    refused = an_illustrator(sent(), pictures=Troubled(Refused("no", code="missing_scope")))
    assert (refused(), refused()) == (0, 0)


def test_a_rate_limit_is_kept():
    limited = RateLimited("wait", code="ratelimited", retry_after=timedelta(seconds=30))
    illustrate = an_illustrator(sent(), pictures=Troubled(limited))
    assert (illustrate(), illustrate()) == (0, 0)
    illustrate.clock.advance(timedelta(seconds=30))
    assert illustrate() == 1


def test_in_a_storm_a_few_are_drawn_at_a_time():
    incidents = [an_incident(f"inc-{number}") for number in range(12)]
    illustrate = an_illustrator(*(sent(one.id) for one in incidents), incidents=incidents)
    assert (illustrate(), illustrate(), illustrate()) == (5, 5, 2)


def test_of_an_slo_without_a_history_there_is_nothing_to_draw():
    assert Burn(Recorder(MemoryHistory(), tick=60))(ENTRY, since=NOW - timedelta(hours=6), until=NOW) == ()
