"""That people were told: permalinks in the API, exact counts in the metrics."""

from dataclasses import replace
from datetime import timedelta

from prometheus_client.parser import text_string_to_metric_families
from support.outbox import LEASE, T0, incident, root, update
from support.views import Alerts, browse, small_views

from observatory.adapters.sql import SqlAlerts, create_engine, migrate
from observatory.alerting import IncidentState
from observatory.application.delivery import DeliveryState
from observatory.application.vitals import Vitals

SENT, PENDING = DeliveryState.SENT, DeliveryState.PENDING


def send(store, *, at=0, ts="1.5", seconds=3):
    now = T0 + timedelta(seconds=at)
    (taken,) = store.claim(now=now, worker="w1", lease=LEASE, limit=1)
    sent_at = taken.notification.not_before + timedelta(seconds=seconds)
    link = f"https://slack/archives/C1/p{ts}"
    done = replace(taken, state=SENT, channel="C1", ts=ts, permalink=link, sent_at=sent_at)
    assert store.settle(done)


def told(views):
    text = browse(views).get("/metrics").text
    return {
        (sample.name, *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
        if sample.name.startswith(("observatory_deliveries", "observatory_delivery_"))
    }


def test_every_message_of_an_incident_is_listed_with_the_link_that_proves_it():
    alerts = Alerts([incident()], [root(), update(revision=2)])
    send(alerts)
    answer = browse(small_views(alerts=alerts)).get("/api/v1/incidents/i1/deliveries")
    waiting, sent = answer.json()
    assert (sent["kind"], sent["state"], sent["attempts"]) == ("root", "sent", 1)
    assert (sent["permalink"], sent["ts"]) == ("https://slack/archives/C1/p1.5", "1.5")
    assert (waiting["kind"], waiting["state"], waiting["permalink"]) == ("update", "pending", None)


def test_an_incident_that_nobody_knows_has_no_messages():
    assert browse(small_views()).get("/api/v1/incidents/other/deliveries").status_code == 404


def test_deliveries_are_counted_exactly_over_restarts_and_after_they_are_forgotten(tmp_path):
    def a_life():
        engine = create_engine(f"sqlite:///{tmp_path}/observatory.db")
        migrate(engine)
        return engine, SqlAlerts(engine)

    engine, store = a_life()
    over = replace(incident(), state=IncidentState.RESOLVED, resolved_at=T0)
    store.record([over], [root(), update(revision=2), update(revision=3)])
    send(store)
    engine.dispose()

    engine, store = a_life()
    send(store, at=5, seconds=4)
    store.prune(before=T0 + timedelta(days=1))
    assert store.deliveries() == []
    store.record([incident("i2")], [root("i2")])
    send(store, at=5)
    engine.dispose()

    engine, store = a_life()
    assert told(small_views(alerts=store)) == {
        ("observatory_deliveries_total", "root", "page", "sent"): 2,
        ("observatory_deliveries_total", "update", "page", "sent"): 1,
        ("observatory_deliveries_total", "update", "page", "superseded"): 1,
        ("observatory_delivery_seconds_total", "root", "page"): 6.0,
        ("observatory_delivery_seconds_total", "update", "page"): 4.0,
    }
    engine.dispose()


def test_a_refused_token_turns_readyz_red_and_says_which_word_slack_used():
    answer = browse(small_views(vitals=Vitals(slack_problem="token_revoked"))).get("/readyz")
    assert answer.status_code == 503
    assert "token_revoked" in answer.json()["detail"]
