"""What Alertmanager holds is the truth."""

from dataclasses import replace
from datetime import timedelta

import pytest
from support.reports import AT, Beside, an_alert, firing, held, over

from observatory.adapters.memory.alertmanager import MemoryAlertmanager
from observatory.alerting import Silence
from observatory.alerting.reports import Report
from observatory.application.alertmanager.reconcile import GONE_AFTER

WATCH = Report(
    an_alert("a11e", alertname="ObservatoryOnWatch", watches="alerts", origin="observatory"), firing=True
)
SLOS = Report(
    an_alert("510", alertname="ObservatoryOnWatch", watches="slos", origin="observatory"), firing=True
)
PAGE = Report(an_alert("9a9e"), firing=True)
SILENCE = Silence("s1", (), "ada", "deploying", AT, AT + timedelta(hours=1), created_by="ada")


def known(beside):
    return {one.alert.fingerprint for one in beside.reports.reports(since=AT) if one.firing}


@pytest.mark.parametrize(
    ("receivers", "muted_by", "silence", "taken"),
    [
        pytest.param(["observatory"], (), None, True, id="the webhook got lost"),
        pytest.param(["playlists/page"], (), None, False, id="told to others by Alertmanager"),
        pytest.param(["playlists/page"], ("a11e",), None, True, id="muted because we are on watch"),
        pytest.param(["playlists/page"], ("510",), None, False, id="muted because we measure its SLO"),
        pytest.param(["observatory"], ("9a9e",), None, False, id="a page speaks for it"),
        pytest.param(["observatory"], ("gone",), None, False, id="muted by what we don't see"),
        pytest.param(["observatory"], (), SILENCE, False, id="silenced before we heard of it"),
    ],
)
def test_what_is_meant_for_us_is_taken(receivers, muted_by, silence, taken):
    beside = Beside()
    told = replace(firing(), silence=silence)
    beside.servers[0].held = [held(one) for one in (WATCH, SLOS, PAGE)] + [
        held(told, *receivers, inhibited_by=muted_by)
    ]

    assert beside.reconcile()

    assert ("c0ffee" in known(beside)) is taken


def test_our_own_alerts_and_watchdogs_are_never_taken():
    beside = Beside()
    watchdog = Report(an_alert("d09", alertname="Watchdog", severity="none"), firing=True)
    beside.servers[0].held = [held(one, "observatory") for one in (WATCH, SLOS, watchdog)]
    beside.reconcile()

    assert known(beside) == set()


def test_what_no_alertmanager_has_any_more_is_over_after_a_while():
    beside = Beside()
    beside.reports.hear([firing()])
    beside.reconcile()
    beside.later(1)
    beside.reconcile()
    assert known(beside) == {"c0ffee"}, "one that restarts has nothing until Prometheus has spoken"

    beside.later(GONE_AFTER.total_seconds() / 60)
    beside.reconcile()

    (report,) = beside.reports.reports(since=AT)
    assert (report.firing, report.unsaid) == (False, True)


def test_what_comes_back_meanwhile_is_not_over():
    beside = Beside()
    beside.reports.hear([firing()])
    beside.reconcile()
    beside.servers[0].held = [held(firing(), "elsewhere")]
    beside.later(1)
    beside.reconcile()
    beside.servers[0].held = []
    beside.later(1.5)
    beside.reconcile()

    assert known(beside) == {"c0ffee"}


def test_nothing_is_over_for_want_of_an_answer():
    beside = Beside(servers=[MemoryAlertmanager("one"), MemoryAlertmanager("two", down=True)])
    beside.reports.hear([firing()])
    for _ in range(10):
        assert not beside.reconcile()
        beside.later(1)

    assert known(beside) == {"c0ffee"}


def test_one_replica_is_enough_to_hear_of_an_alert():
    beside = Beside(servers=[MemoryAlertmanager("one", down=True), MemoryAlertmanager("two")])
    beside.servers[1].held = [held(firing(), "observatory")]
    beside.reconcile()

    assert known(beside) == {"c0ffee"}


def test_a_silence_in_alertmanager_is_noted_and_its_end_too():
    beside = Beside()
    beside.hear(firing())
    beside.servers[0].held = [held(replace(firing(), silence=SILENCE), "observatory")]
    beside.reconcile()
    beside.decide()
    assert beside.incident().silence == SILENCE

    beside.servers[0].held = [held(firing(), "observatory")]
    beside.reconcile()
    beside.decide()

    assert beside.incident().silence is None


def test_a_webhook_that_says_it_is_over_counts_though_alertmanager_still_shows_it():
    beside = Beside()
    beside.servers[0].held = [held(firing(), "observatory")]
    beside.reports.hear([firing(), over()])
    beside.reconcile()

    assert known(beside) == set()
