from dataclasses import replace
from datetime import timedelta

import pytest
from support.views import NOW, Alerts, browse, small_views

from observatory.application.snapshot import Health
from observatory.application.vitals import SelfTest, Vitals

WELL = Health(started_at=NOW, last_tick_at=NOW, ticks=1, backfilled=True)


def test_a_process_that_lives_says_so_even_when_everything_else_is_gone():
    alerts = Alerts()
    alerts.gone = True
    answer = browse(small_views(alerts=alerts, health=Health(started_at=NOW))).get("/healthz")
    assert (answer.status_code, answer.json()) == (200, {"status": "alive"})


def test_it_is_ready_once_the_history_is_full_and_ticks_come_on_time():
    assert browse(small_views(health=WELL)).get("/readyz").status_code == 200


@pytest.mark.parametrize(
    ("health", "sentence"),
    [
        pytest.param(replace(WELL, backfilled=False), "history is still being filled", id="before-backfill"),
        pytest.param(
            replace(WELL, last_tick_at=None), "first evaluation has not ended", id="before-first-tick"
        ),
        pytest.param(
            replace(WELL, last_tick_at=NOW - timedelta(seconds=181)), "ended 181 s ago", id="tick-overdue"
        ),
        pytest.param(replace(WELL, problem="Prometheus is away."), "Prometheus is away.", id="own-problem"),
    ],
)
def test_it_is_not_ready_and_says_why(health, sentence):
    answer = browse(small_views(health=health)).get("/readyz")
    assert answer.status_code == 503
    assert sentence in answer.json()["detail"]
    assert int(answer.headers["retry-after"]) > 0


def test_two_late_ticks_are_no_reason_yet():
    late = replace(WELL, last_tick_at=NOW - timedelta(seconds=179))
    assert browse(small_views(health=late)).get("/readyz").status_code == 200


def test_it_is_not_ready_without_its_database():
    alerts = Alerts()
    alerts.gone = True
    answer = browse(small_views(alerts=alerts, health=WELL)).get("/readyz")
    assert answer.status_code == 503
    assert "database" in answer.json()["detail"]


def test_a_self_test_that_did_not_arrive_is_told_and_is_no_reason():
    failed = SelfTest(NOW, problem="Slack refused: token_revoked")
    answer = browse(replace(small_views(), vitals=Vitals(self_test=failed))).get("/readyz")
    assert (answer.status_code, answer.json()["canary"]) == (200, "Slack refused: token_revoked")
