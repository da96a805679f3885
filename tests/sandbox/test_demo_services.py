from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import httpx2
import pytest
from prometheus_client.parser import text_string_to_metric_families

from observatory.errors import DefinitionError
from observatory.sandbox.demo.controls import DemoState, break_service, heal_service, running_controls
from observatory.sandbox.demo.organisation import SERVICES
from observatory.sandbox.demo.services import MetricsServers, Simulation
from observatory.sandbox.demo.trouble import Mode, Trouble

NOW = datetime(2026, 3, 11, 12, 0, tzinfo=UTC)
ANY_PORTS = {service.name: 0 for service in SERVICES}


@pytest.fixture
def simulation():
    return Simulation(started=NOW, seed=1)


def requests(simulation, name):
    """Requests counted so far, by status code."""
    found = {}
    for family in simulation.services[name].registry.collect():
        for sample in family.samples:
            if sample.name == "http_requests_total":
                found[sample.labels["code"]] = found.get(sample.labels["code"], 0) + sample.value
    return found


def ten_minutes(simulation):
    simulation.step(now=NOW, elapsed=600)


def test_healthy_services_answer_at_their_rate(simulation):
    ten_minutes(simulation)

    # Noon is neither peak nor night: the day's mean.
    for service in SERVICES:
        assert sum(requests(simulation, service.name).values()) / 600 == pytest.approx(service.rate, rel=0.25)
    assert "503" not in requests(simulation, "playlist")


def test_the_same_seed_and_steps_count_the_same(simulation):
    twin, other = Simulation(started=NOW, seed=1), Simulation(started=NOW, seed=2)
    for each in (simulation, twin, other):
        ten_minutes(each)

    assert requests(simulation, "search") == requests(twin, "search")
    assert requests(simulation, "search") != requests(other, "search")


def test_errors_come_at_their_share_and_end_with_the_trouble(simulation):
    simulation.break_service("playlist", Trouble(Mode.ERRORS, 0.3))
    ten_minutes(simulation)
    broken = requests(simulation, "playlist")
    simulation.heal_service("playlist")
    ten_minutes(simulation)

    assert broken["503"] / sum(broken.values()) == pytest.approx(0.3, abs=0.02)
    assert requests(simulation, "playlist")["503"] == broken["503"]


def test_a_slow_service_fails_nothing_and_breaks_its_latency(simulation):
    simulation.break_service("playlist", Trouble(Mode.SLOW))
    ten_minutes(simulation)
    registry = simulation.services["playlist"].registry
    of = {"route": "/playlists/{id}"}
    fast = registry.get_sample_value("http_request_duration_seconds_bucket", {**of, "le": "0.3"})
    total = registry.get_sample_value("http_request_duration_seconds_count", of)

    assert "503" not in requests(simulation, "playlist")
    assert fast / total < 0.4


def test_without_traffic_nothing_is_counted_and_the_service_stays_up(simulation):
    simulation.break_service("search", Trouble(Mode.NO_TRAFFIC))
    ten_minutes(simulation)

    assert requests(simulation, "search") == {}
    assert simulation.services["search"].up


def test_a_service_that_comes_back_counts_from_zero(simulation):
    ten_minutes(simulation)
    simulation.break_service("search", Trouble(Mode.DOWN))
    ten_minutes(simulation)
    simulation.heal_service("search")
    back = NOW + timedelta(minutes=20)
    simulation.step(now=back, elapsed=1)

    assert sum(requests(simulation, "search").values()) < 100
    assert (
        simulation.services["search"].registry.get_sample_value("process_start_time_seconds")
        == back.timestamp()
    )


@pytest.fixture
def running(simulation, tmp_path):
    clock = SimpleNamespace(now=lambda: NOW)
    servers = MetricsServers(simulation, clock=clock, host="127.0.0.1", ports=ANY_PORTS)
    with servers, running_controls(simulation, port=0) as controls:
        state = tmp_path / "state.json"
        unused = "http://127.0.0.1:1"
        state.write_text(
            DemoState(
                controls=controls, observatory=unused, prometheus=unused, slack=unused
            ).model_dump_json()
        )
        yield SimpleNamespace(state=state, controls=controls, metrics=servers.addresses)


def scrape(running, name):
    return httpx2.get(f"http://{running.metrics[name]}/metrics")


def test_every_service_exposes_its_own_metrics(running):
    for service in SERVICES:
        families = {f.name for f in text_string_to_metric_families(scrape(running, service.name).text)}

        assert families == {
            "http_requests",
            "http_request_duration_seconds",
            "process_start_time_seconds",
            service.behaviour.removesuffix("_total"),
        }


def test_a_service_is_broken_and_healed_from_another_terminal(running, simulation):
    said = break_service("playlist", Trouble(Mode.ERRORS, 0.25), state=running.state)

    assert said == "0.25 of its requests fail"
    assert simulation.troubles == {"playlist": Trouble(Mode.ERRORS, 0.25)}
    assert httpx2.get(f"{running.controls}/services").json()["playlist"] == said
    assert heal_service("playlist", state=running.state) == "healthy"
    assert simulation.troubles == {}


def test_a_service_that_is_down_cannot_be_scraped(running, simulation):
    break_service("lyrics", Trouble(Mode.DOWN), state=running.state)
    simulation.step(now=NOW, elapsed=0.1)

    assert scrape(running, "lyrics").status_code == 503
    assert scrape(running, "search").status_code == 200


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        pytest.param("PUT", "/services/nothing/trouble", {}, 404, id="unknown service"),
        pytest.param("DELETE", "/services/nothing/trouble", None, 404, id="heal an unknown service"),
        pytest.param("PUT", "/services/search/trouble", {"mode": "explode"}, 422, id="unknown mode"),
        pytest.param("PUT", "/services/search/trouble", {"share": 2}, 422, id="share above 1"),
        pytest.param("PUT", "/services/search/trouble", {"shares": 1}, 422, id="unknown key"),
    ],
)
def test_the_controls_refuse_what_they_do_not_know(running, simulation, method, path, body, status):
    assert httpx2.request(method, f"{running.controls}{path}", json=body).status_code == status
    assert simulation.troubles == {}


def test_without_a_demo_there_is_nothing_to_break(tmp_path):
    with pytest.raises(
        DefinitionError, match=r"no demo is running: there is no .*; start one with `observatory demo`"
    ):
        break_service("playlist", Trouble(Mode.SLOW), state=tmp_path / "state.json")


def test_a_demo_that_was_killed_is_not_running(tmp_path):
    gone = "http://127.0.0.1:1"
    state = tmp_path / "state.json"
    state.write_text(
        DemoState(controls=gone, observatory=gone, prometheus=gone, slack=gone).model_dump_json()
    )

    with pytest.raises(DefinitionError, match="no demo is running: the one that wrote"):
        heal_service("playlist", state=state)


def test_a_file_that_is_no_state_file_is_named(tmp_path):
    (tmp_path / "state.json").write_text("{}")

    with pytest.raises(DefinitionError, match="is not the state file of a demo"):
        heal_service("playlist", state=tmp_path / "state.json")
