import re
import subprocess
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families
from support.catalogs import a_catalog, a_service, an_slo
from support.evaluations import evaluation_of
from support.outbox import LEASE, T0, root
from support.views import (
    NOW,
    Alerts,
    a_status,
    an_incident,
    browse,
    lively,
    organisation,
    small_views,
    views_of,
)

from observatory.alerting.model import Origin
from observatory.application.delivery import DeliveryState
from observatory.application.vitals import SelfTest, Vitals
from observatory.catalog import Calendar, Rolling
from observatory.evaluation import State
from observatory.outputs.status import ALERT_WINDOWS

LABELS = {"squad": "playlists", "service": "playlist", "slo": "availability"}


ONLY_WHERE_THERE_ARE_SOME = {
    "observatory_slo_window_end_timestamp_seconds",  # calendar windows
    "observatory_event_active",  # events
    "observatory_event_slice_events",
    "observatory_event_bad_events",
    "observatory_event_slice_consumed_ratio",
    "observatory_event_traffic_per_minute",
    "observatory_service_frozen",
    "observatory_slo_excluded_ratio",
    "observatory_slo_error_budget_remaining_unadjusted_ratio",
    "observatory_journey_component_bad_events",  # journeys
    "observatory_behaviour_events",  # behaviours
    "observatory_behaviour_expected_events",
    "observatory_behaviour_firing",
}
"""Each is told in the test of what it is of."""


def samples(views, **settings):
    """{(name, labels): value} as Prometheus's own client reads it; a series that comes twice is an error."""
    found = {}
    for family in text_string_to_metric_families(browse(views, **settings).get("/metrics").text):
        for sample in family.samples:
            key = (sample.name, frozenset(sample.labels.items()))
            assert key not in found
            found[key] = sample.value
    return found


def of(found, name, **more):
    return found.get((name, frozenset((LABELS | more).items())))


def test_every_number_of_an_slo_is_a_gauge():
    views = small_views()
    status = views.board.snapshot.statuses["playlist/availability"]
    found = samples(views)
    expected = {
        "objective_ratio": 0.999,
        "error_budget_events": status.budget,
        "error_budget_remaining_ratio": status.remaining,
        "error_budget_consumed_ratio": status.consumed,
        "coverage_ratio": status.coverage,
    }
    assert {name: of(found, f"observatory_slo_{name}") for name in expected} == pytest.approx(expected, abs=0)
    assert of(found, "observatory_slo_window_events", outcome="total") == status.total
    assert of(found, "observatory_slo_window_events", outcome="bad") == status.bad
    assert of(found, "observatory_slo_sli_ratio", window="30d") == status.sli
    for window in ALERT_WINDOWS:
        burn = status.burn[window]
        assert of(found, "observatory_slo_burn_rate", window=window) == burn
        assert of(found, "observatory_slo_sli_ratio", window=window) == pytest.approx(1 - burn * 0.001)


def test_exactly_one_state_is_one():
    found = samples(organisation())
    states = {state: of(found, "observatory_slo_state", state=state.value) for state in State}
    assert states == {state: float(state is State.AT_RISK) for state in State}


def test_what_is_unknown_is_absent():
    names = {name for name, labels in samples(organisation()) if ("service", "campaigns") in labels}
    assert names == {"observatory_slo_objective_ratio", "observatory_slo_state"}


def test_an_slo_that_was_never_evaluated_has_an_objective_and_no_data():
    found = samples(views_of(a_catalog()))
    assert of(found, "observatory_slo_objective_ratio") == 0.999
    assert of(found, "observatory_slo_state", state="no_data") == 1


def test_a_window_that_is_also_an_alert_window_is_told_once():
    catalog = a_catalog(a_service(slos=(an_slo(days=1),)))
    status = a_status(next(catalog.slos()))
    day = replace(status, sli=0.5, burn=status.burn | {"1d": 1.0})
    assert of(samples(views_of(catalog, [day])), "observatory_slo_sli_ratio", window="1d") == 0.5


def test_every_window_has_its_budget_and_a_calendars_tells_when_it_ends():
    month = Calendar(calendar="month", timezone="Europe/Stockholm")
    catalog = a_catalog(a_service(slos=(an_slo(window=month, more_windows=(Rolling(timedelta(days=7)),)),)))
    entry = next(catalog.slos())
    status = replace(evaluation_of(entry).status(entry.id), remaining=0.75)
    found = samples(views_of(catalog, [status]))
    name = "observatory_slo_window_budget_remaining_ratio"
    assert of(found, name, window="month Europe/Stockholm") == 0.75
    assert of(found, name, window="7d") == status.further[0].remaining == 1
    ends = datetime(2026, 3, 31, 22, tzinfo=UTC).timestamp()
    assert of(found, "observatory_slo_window_end_timestamp_seconds") == ends


def test_open_incidents_are_ones_and_resolved_ones_are_absent():
    found = {labels for name, labels in samples(organisation()) if name == "observatory_incidents"}
    shown = {(dict(labels)["service"], dict(labels)["severity"], dict(labels)["state"]) for labels in found}
    assert shown == {
        ("playlist", "page", "firing"),
        ("search", "page", "acknowledged"),
        ("autocomplete", "ticket", "firing"),
        ("login", "ticket", "silenced"),
    }


def test_hostile_names_stay_inside_their_label():
    catalog = a_catalog()
    hostile = an_incident("x", next(catalog.slos()), squad='a"b\\c\nd{}', slo='playlist/a"} 7\nevil 1')
    found = samples(views_of(catalog, alerts=Alerts([hostile])))
    labels = next(dict(labels) for name, labels in found if name == "observatory_incidents")
    assert (labels["squad"], labels["slo"]) == (hostile.squad, 'a"} 7\nevil 1')
    assert "evil" not in {name for name, _ in found}


def test_our_own_health_is_told():
    found = {name: value for (name, labels), value in samples(organisation()).items() if not labels}
    assert found["observatory_ticks_total"] == 4320
    assert found["observatory_tick_seconds"] == 0.42
    assert found["observatory_last_tick_timestamp_seconds"] == 1773802038
    assert (found["observatory_ready"], found["observatory_database_up"]) == (1, 1)
    assert "process_resident_memory_bytes" in found


def test_without_the_database_the_rest_is_still_told():
    views = organisation()
    views.alerts.gone = True
    found = samples(views)
    assert found[("observatory_database_up", frozenset())] == 0
    assert of(found, "observatory_slo_objective_ratio") == 0.999
    assert not [
        name for name, _ in found if name in {"observatory_incidents", "observatory_recent_deliveries"}
    ]


def test_two_applications_in_one_process_do_not_meet():
    first, second = browse(small_views()), browse(views_of(a_catalog(a_service("other"))))
    assert 'service="playlist"' in first.get("/metrics").text
    assert 'service="playlist"' not in second.get("/metrics").text


def test_promtool_finds_nothing_to_say():
    text = browse(organisation()).get("/metrics").text
    checked = subprocess.run(
        ["promtool", "check", "metrics"], input=text, capture_output=True, text=True, timeout=30, check=False
    )
    assert (checked.returncode, checked.stdout, checked.stderr) == (0, "", "")


def test_the_page_about_metrics_names_every_one_and_no_other():
    page = (Path(__file__).parents[3] / "docs" / "metrics.md").read_text()
    documented = set(re.findall(r"`(observatory_\w+)`", page))
    everything = replace(organisation(), vitals=lively())
    everything.alerts.record([], [root("told")])
    (taken,) = everything.alerts.claim(now=T0, worker="w1", lease=LEASE, limit=1)
    everything.alerts.settle(replace(taken, state=DeliveryState.SENT, sent_at=T0))
    told = {name for name, _ in samples(everything) if name.startswith("observatory_")}
    assert documented == told | ONLY_WHERE_THERE_ARE_SOME


def test_signs_of_life_that_there_were_none_of_are_absent():
    found = {name for name, _ in samples(small_views())}
    assert "observatory_leader" in found
    assert not {name for name in found if re.search("heartbeat|canary|watchdog|socket", name)}


def test_a_self_test_that_failed_has_no_latency():
    failed = Vitals(self_test=SelfTest(NOW, problem="Slack refused: not_in_channel"), leads=lambda: False)
    found = {name: value for (name, _), value in samples(views_of(a_catalog(), vitals=failed)).items()}
    assert (found["observatory_canary_up"], found["observatory_leader"]) == (0, 0)
    assert found["observatory_canary_timestamp_seconds"] == NOW.timestamp()
    assert "observatory_canary_latency_seconds" not in found


def test_watchdogs_are_told_by_source_and_a_drill_is_no_incident():
    alerts = Alerts([an_incident("d1", next(a_catalog().slos()), origin=Origin.DRILL)])
    found = samples(views_of(a_catalog(), alerts=alerts, vitals=lively()))
    heard = found["observatory_watchdog_timestamp_seconds", frozenset({("source", "paris")})]
    assert heard == (NOW - timedelta(seconds=40)).timestamp()
    assert not [name for name, _ in found if name == "observatory_incidents"]
