"""Events as people and programs meet them: API, pages, /metrics and the command line over one evening."""

import json
import re
import sys
from base64 import b64encode
from hashlib import sha256

import pytest
from prometheus_client.parser import text_string_to_metric_families
from support.events import EXCLUDE, JOURNEY, LAUNCH
from support.people import served
from support.views import browse, small_views
from support.wiring import DAY, HOUR, MINUTE, START, Events, Life, seconds

from observatory.entrypoints.api.app import create_app
from observatory.entrypoints.api.schema import EventShape, FreezeShape, SloShape
from observatory.entrypoints.cli import main
from observatory.settings import Settings


def every_minute(count, first, last):
    return dict.fromkeys(range(seconds(first) + 60, seconds(last) + 1, 60), float(count))


@pytest.fixture(scope="module")
def life(tmp_path_factory):
    """Twenty minutes into a launch; an hour of the evening before was maintenance."""
    life = Life(tmp_path_factory.mktemp("evening"))
    for name, text in (("launch", LAUNCH), ("upkeep", EXCLUDE), ("listen", JOURNEY)):
        life.write(name, text)
    good = every_minute(100, START - 4 * DAY, START) | every_minute(1000, START, START + HOUR)
    bad = every_minute(10, START - 2 * HOUR, START - HOUR) | every_minute(1, START, START + HOUR)
    life.happens("playlist", Events(good, bad))
    life.clock.advance(20 * MINUTE)
    life.begin()
    life.minutes(2)
    return life


@pytest.fixture(scope="module")
def client(life):
    return browse(life.observatory.views)


def test_events_are_listed_with_their_next_time_and_how_they_go(client):
    found = [EventShape.model_validate(one) for one in client.get("/api/v1/events").json()]
    assert [(one.event, one.mode, one.next is None) for one in found] == [
        ("launch", "protect", False),
        ("upkeep", "exclude", True),
    ]
    (slice_,) = found[0].now.slices
    assert (slice_.slo, slice_.bad, slice_.incident_name) == (
        "playlist/availability",
        21,
        "launch/playlist:availability",
    )
    assert (found[0].now.traffic.expected, found[0].now.traffic.peak) == (300, 1001)
    assert found[0].freezes == ["playlist"]


def test_a_gate_learns_whether_a_service_is_frozen_and_until_when(client):
    frozen = FreezeShape.model_validate(client.get("/api/v1/freezes", params={"service": "playlist"}).json())
    assert (frozen.frozen, frozen.by[0].event, f"{frozen.by[0].end:%H:%M}") == (True, "launch", "07:00")
    later = client.get("/api/v1/freezes", params={"at": "2026-03-10T07:00:00Z"}).json()
    assert later["frozen"] is False
    assert client.get("/api/v1/freezes", params={"service": "plaiylist"}).status_code == 404
    assert client.get("/api/v1/freezes", params={"at": "2026-03-10T07:00:00"}).status_code == 422


def test_both_numbers_are_in_the_answer_about_an_slo(client):
    slo = SloShape.model_validate(client.get("/api/v1/slos/playlist/availability").json())
    assert slo.exclusion.without.events.bad - slo.events.bad == 600
    assert (slo.exclusion.events, slo.exclusion.refused) == (["upkeep"], False)
    journey = SloShape.model_validate(client.get("/api/v1/slos/listen/availability").json())
    assert journey.components[0].slo == "playlist/availability"
    assert (journey.exclusion, journey.components[0].share) == (None, 1)
    assert len(client.get("/api/v1/slos", params={"service": "listen"}).json()) == 1


@pytest.mark.parametrize("kind", ["readiness", "report"])
def test_reports_come_as_json_markdown_and_pages(client, kind):
    answers = {
        form: client.get(f"/api/v1/events/launch/{kind}?format={form}")
        for form in ("json", "markdown", "html")
    }
    assert answers["json"].json()["event"] == "launch"
    assert answers["markdown"].text.startswith(f"# launch: {kind}\n")
    assert answers["markdown"].headers["content-type"].startswith("text/markdown")
    page, policy = answers["html"].text, answers["html"].headers["content-security-policy"]
    assert "<!doctype html>" in page
    style = page.partition("<style>")[2].partition("</style>")[0]
    digest = b64encode(sha256(style.encode()).digest()).decode()
    assert f"style-src 'sha256-{digest}'" in policy  # or a browser shows it bare
    assert "script-src" not in policy
    assert ("<img alt='playlist/availability, five minutes by five minutes" in page) == (kind == "report")
    assert client.get(f"/api/v1/events/lunch/{kind}").status_code == 404


def test_the_report_is_of_the_time_that_was_asked_for(client):
    found = client.get("/api/v1/events/upkeep/report", params={"start": "2026-03-09T22:00:00Z"}).json()
    assert (found["over"], found["slos"][0]["bad"]) == (True, 600)
    missing = client.get("/api/v1/events/upkeep/report", params={"start": "2026-03-09T23:00:00Z"})
    assert missing.status_code == 404


def test_without_a_history_there_are_no_reports_but_an_answer():
    assert browse(small_views()).get("/api/v1/events").json() == []
    assert "no events" in browse(small_views()).get("/events").text


def test_pages_show_the_event_and_both_numbers(client):
    assert 'href="/events/launch"' in client.get("/events").text
    page = client.get("/events/launch").text
    assert "How it goes" in page
    assert "Half its slice is gone" in page
    assert "Busiest five minutes" in page
    assert re.search(r"234\s% more than expected so far", page)
    assert "it may spend 20" in page
    slo = client.get("/slos/playlist/availability").text
    assert "Left out of these numbers" in slo
    assert "Budget left, all counted" in slo
    assert "Its components" in client.get("/slos/listen/availability").text


def test_the_incident_of_a_slice_leads_to_its_event(life, client):
    incident = next(one for one in life.alerts.incidents() if one.slo == "launch/playlist:availability")
    page = client.get(f"/incidents/{incident.id}").text
    assert 'href="/events/launch"' in page
    assert "no longer" not in page


def test_a_slice_may_be_silenced_by_its_name(client):
    body = {"matchers": ["slo=launch/playlist:availability"], "reason": "known", "lasts": "1h", "by": "anna"}
    answer = client.post("/api/v1/silences", json={**body, "owner": "anna"})
    assert answer.status_code == 201, answer.text
    wrong = client.post("/api/v1/silences", json={**body, "matchers": ["service=lunch"], "owner": "anna"})
    assert "did you mean launch?" in wrong.json()["detail"]


def test_metrics_tell_of_events(client):
    families = {one.name: one for one in text_string_to_metric_families(client.get("/metrics").text)}
    active = {one.labels["event"]: one.value for one in families["observatory_event_active"].samples}
    assert active == {"launch": 1, "upkeep": 0}
    assert families["observatory_event_bad_events"].samples[0].value == 21
    kinds = {
        one.labels["kind"]: one.value for one in families["observatory_event_traffic_per_minute"].samples
    }
    assert (kinds["expected"], kinds["usual"], kinds["peak"]) == (300, 100, 1001)
    assert families["observatory_service_frozen"].samples[0].labels["service"] == "playlist"
    assert families["observatory_slo_excluded_ratio"].samples[0].value == pytest.approx(1 / 24)
    assert (
        families["observatory_journey_component_bad_events"].samples[0].labels["component"]
        == "playlist/availability"
    )


@pytest.fixture
def say(monkeypatch, capsys):
    """Run a command in this process: its words and its exit code."""

    def say(*words, **env):
        with monkeypatch.context() as patch:
            patch.setenv("COLUMNS", "200")
            for name, value in env.items():
                patch.setenv(f"OBSERVATORY_{name}", value)
            patch.setattr(sys, "argv", ["observatory", *words])
            with pytest.raises(SystemExit) as ended:
                main()
        return capsys.readouterr().out, ended.value.code or 0

    return say


@pytest.mark.parametrize(
    ("service", "at", "code", "word"),
    [
        pytest.param(
            "playlist",
            "2026-03-10T06:59:00Z",
            20,
            "frozen until 2026-03-10 07:00 UTC for launch",
            id="frozen",
        ),
        pytest.param("playlist", "2026-03-10T07:00:00Z", 0, "Nothing is frozen", id="over"),
        pytest.param("nobody", "2026-03-10T07:00:00Z", 1, "", id="no such service"),
    ],
)
def test_the_freeze_is_an_exit_code(life, say, service, at, code, word):
    out, ended = say("events", "freeze", "--catalog", str(life.folder), "--service", service, "--at", at)
    assert ended == code
    assert word in out


def test_the_command_line_lists_and_reports(life, say):
    with served(create_app(life.observatory.views, Settings())) as url:
        listed, _ = say("events", "list", URL=url)
        readiness, _ = say("events", "readiness", "launch", URL=url)
        report, _ = say("events", "report", "launch", "--format", "json", URL=url)
        _, missing = say("events", "report", "lunch", URL=url)
    assert "2026-03-10 00:00 UTC" in listed
    assert "# launch: readiness" in readiness
    assert json.loads(report)["traffic"]["peak"] == 1001
    assert missing == 1
