"""Others' alerts as incidents of their own."""

from dataclasses import replace
from datetime import timedelta

import pytest
from support.reports import AT, CATCH_ALL, Beside, firing, over

from observatory.alerting import IncidentState, Matcher, NotificationKind, Silence
from observatory.alerting.model import Origin, Reason
from observatory.application.audit import Actor, Way
from observatory.application.delivery import DeliveryState
from observatory.application.ledger import Ledger
from observatory.application.silencing import AddSilence, NewSilence
from observatory.evaluation import Severity

PAGE, RESOLVED = "🔴 PAGE", "✅ Resolved"


def a_silence(**changes):
    silence = Silence(
        "s1", (), "ada", "deploying (in Alertmanager)", AT, AT + timedelta(hours=1), created_by="ada"
    )
    return replace(silence, **changes)


def test_an_alert_is_told_to_the_owner_of_its_service():
    beside = Beside()
    beside.hear(firing())

    incident = beside.incident()
    assert (incident.slo, incident.squad, incident.severity) == (
        "alert/PostgresDown",
        "playlists",
        Severity.PAGE,
    )
    assert (incident.origin, incident.opened_at) == (Origin.ALERT, AT)
    assert beside.told() == [("C0PLAYLISTS", PAGE)]


@pytest.mark.parametrize(
    ("labels", "channel"),
    [
        pytest.param({"squad": "platform"}, "C0PLATFORM", id="its squad label is believed"),
        pytest.param({"squad": "nobody"}, "C0PLAYLISTS", id="no such squad: the service's owner"),
        pytest.param({"team": "platform"}, "C0PLAYLISTS", id="a label of a metric is nobody's word"),
        pytest.param({"service": "elsewhere"}, CATCH_ALL, id="nobody's"),
    ],
)
def test_the_owner_is_found_by_rules_and_nobody_is_left_out(labels, channel):
    beside = Beside()
    beside.hear(firing(**labels))

    assert beside.told() == [(channel, PAGE)]


def test_the_message_says_why_its_owner_is_that():
    beside = Beside()
    beside.hear(firing(service="elsewhere"))

    (delivery,) = beside.alerts.deliveries()
    assert "*Owner* nobody, channel of last resort" in str(delivery.message.blocks)


def test_the_same_webhook_twice_and_from_two_replicas_is_one_message():
    beside = Beside()
    beside.hear(firing(), firing())
    beside.hear(firing())

    assert len(beside.told()) == 1


def test_its_end_is_told_in_the_same_message_and_in_its_thread():
    beside = Beside()
    beside.hear(firing())
    beside.later(5)
    beside.hear(over())

    assert beside.incident().state is IncidentState.RESOLVED
    assert {line for _, line in beside.told()} == {PAGE, "✅ Resolved after 5\xa0min", RESOLVED}
    assert {one.notification.kind for one in beside.alerts.deliveries()} == set(NotificationKind)


def test_what_fires_again_within_half_an_hour_is_the_same_incident():
    beside = Beside()
    beside.hear(firing())
    beside.later(5)
    beside.hear(over())
    beside.later(5)
    beside.hear(firing(starts=10))

    assert (beside.incident().state, beside.incident().reopened) == (IncidentState.FIRING, 1)


def test_what_fires_again_much_later_is_another_incident():
    beside = Beside()
    beside.hear(firing())
    beside.hear(over(at=1))
    beside.later(45)
    beside.hear(firing(starts=45))

    assert [one.is_open for one in beside.alerts.incidents()] == [True, False]


def test_an_alert_that_alertmanager_forgot_and_found_again_is_the_same_incident_however_late():
    beside = Beside()
    beside.hear(firing())
    beside.reports.note([firing().ended(AT, unsaid=True)])
    beside.decide()
    beside.later(60)
    beside.hear(firing())

    assert (beside.incident().is_open, beside.incident().reopened) == (True, 1)


def test_a_flash_that_is_over_before_anybody_could_be_told_is_told_to_nobody():
    beside = Beside()
    beside.hear(firing(), over(at=0))

    assert beside.told() == []


def test_an_alert_of_an_slo_of_ours_is_left_to_the_tick():
    beside = Beside()
    beside.hear(firing(alertname="ErrorBudgetBurnFast", slo="availability", squad="other"))

    assert beside.told() == []


def test_a_page_that_nobody_acknowledges_climbs():
    beside = Beside()
    beside.hear(firing())
    beside.later(15)
    beside.decide()
    beside.later(15)
    beside.decide()

    assert ("C0PLATFORM", PAGE) in beside.told()


def test_silenced_in_alertmanager_it_is_shown_as_silenced_and_its_silent_end_closes_it():
    beside = Beside()
    beside.hear(firing())
    beside.reports.note([replace(firing(), silence=a_silence())])
    beside.decide()
    assert (beside.incident().state, beside.incident().silence.owner) == (IncidentState.SILENCED, "ada")

    beside.reports.note([firing().ended(AT, unsaid=True)])
    beside.decide()

    assert beside.incident().state is IncidentState.RESOLVED
    assert beside.told()[-1][1] == RESOLVED


def test_when_alertmanagers_silence_ends_and_it_still_fires_people_are_called_again():
    beside = Beside()
    beside.hear(firing())
    beside.reports.note([replace(firing(), silence=a_silence())])
    beside.decide()
    beside.reports.note([firing()])
    beside.decide()

    assert beside.incident().state is IncidentState.FIRING
    assert any(line.startswith("🔔 The silence") for _, line in beside.told())


def test_new_words_are_shown_but_not_at_every_scrape():
    beside = Beside()
    beside.hear(firing())
    changed = replace(firing(), alert=replace(firing().alert, annotations={"summary": "2 are down"}))
    beside.hear(changed)
    assert len(beside.told()) == 1

    beside.later(5)
    beside.decide()

    assert len(beside.told()) == 2


def test_what_somebody_acknowledged_meanwhile_is_decided_on_again():
    beside = Beside()
    beside.hear(firing())
    seen = beside.incident()
    beside.alerts.record(
        [replace(seen, state=IncidentState.ACKNOWLEDGED, revision=2)], [], revisions={seen.id: 1}
    )
    beside.decide()
    beside.hear(over())

    assert beside.incident().revision == 3


def test_a_label_pings_nobody_and_a_huge_one_costs_nothing():
    beside = Beside()
    beside.hear(firing(alertname="<!channel>", pod="<@U1>", log="x" * 10_000, service="\u202eevil"))

    (delivery,) = beside.alerts.deliveries()
    shown = delivery.message.text + str(delivery.message.blocks)
    assert "<!channel>" not in str(delivery.message.blocks[1:]) + delivery.message.text
    assert "<@U1>" not in shown
    assert len(shown) < 10_000
    assert delivery.state is DeliveryState.PENDING


def test_reasons_are_told_apart():
    said = {Reason.ALERT_ENDED: over(at=1), Reason.ALERT_GONE: firing().ended(AT, unsaid=True)}

    for reason, report in said.items():
        beside = Beside()
        beside.hear(firing())
        before = beside.alerts.deliveries()
        beside.reports.note([report])
        beside.decide()
        words = str([one.message.text for one in beside.alerts.deliveries() if one not in before])
        assert ("none said so" in words) is (reason is Reason.ALERT_GONE)


@pytest.mark.parametrize("matcher", ["slo=alert/PostgresDown", "service=elsewhere"])
def test_an_alert_is_silenced_by_its_name_though_no_catalog_knows_it(matcher):
    beside = Beside()
    beside.hear(firing(service="elsewhere"))
    add = AddSilence(Ledger(beside.alerts, beside.board, None), beside.clock)
    ends = AT + timedelta(hours=1)
    new = NewSilence((Matcher.read(matcher),), "playlists", "deploying", ends_at=ends)

    add(new, actor=Actor("ada", Way.API))

    assert beside.incident().state is IncidentState.SILENCED
