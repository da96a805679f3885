"""The world as `observatory demo` starts it, in a process of its own, with a small stand-in for `observatory run`."""

import subprocess
import sys
import textwrap
import time
from pathlib import Path
from types import SimpleNamespace

import httpx2
import pytest

from observatory.sandbox.demo import Mode, Trouble, break_service
from observatory.sandbox.demo.controls import read_state
from observatory.sandbox.demo.organisation import SERVICES
from observatory.sandbox.demo.prometheus import rule_files

ROOT = Path(__file__).parents[2]
PRODUCT = """
    import json, os
    from http.server import BaseHTTPRequestHandler, HTTPServer

    class Product(BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200)
            self.end_headers()
            if self.path == "/healthz":
                self.wfile.write(json.dumps(dict(os.environ)).encode())

        def log_message(self, *_):
            pass

    HTTPServer(("127.0.0.1", int(os.environ["OBSERVATORY_PORT"])), Product).serve_forever()
"""
DEMO = """
    import sys
    from datetime import UTC, datetime, timedelta
    from pathlib import Path
    from observatory.errors import ObservatoryError
    from observatory.sandbox.demo import Plan, run_demo

    class Clock:
        def now(self):
            return datetime.now(UTC)

    folder, rules, product = map(Path, sys.argv[1:])
    plan = Plan(folder, Path("catalog"), rules, {"C0PLAYLISTS": "playlists"}, timedelta(days=1), 0, (sys.executable, str(product)))
    try:
        run_demo(plan, clock=Clock(), say=lambda text: print(text, flush=True))
    except ObservatoryError as error:
        sys.exit(str(error))
"""


def demo(tmp_path, product=PRODUCT):
    (tmp_path / "demo.py").write_text(textwrap.dedent(DEMO))
    (tmp_path / "product.py").write_text(textwrap.dedent(product))
    arguments = [tmp_path / "demo", ROOT / "alert_rules", tmp_path / "product.py"]
    return subprocess.Popen(
        [sys.executable, tmp_path / "demo.py", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    folder = tmp_path_factory.mktemp("world")
    process = demo(folder)
    said = []
    for line in process.stdout:
        said.append(line)
        if "observatory demo heal" in line:
            break
    yield SimpleNamespace(
        process=process, folder=folder, said="".join(said), state_file=folder / "demo/state.json"
    )
    process.terminate()
    process.communicate(timeout=60)


@pytest.fixture
def state(world):
    return read_state(world.state_file)


def query(state, path, **parameters):
    return httpx2.get(f"{state.prometheus}/api/v1/{path}", params=parameters).json()["data"]


@pytest.mark.slow
def test_the_demo_says_where_everything_is(world, state):
    assert "samples of the last 1 days" in world.said
    for url in (state.observatory, state.slack, state.prometheus):
        assert url in world.said
        assert httpx2.get(url, follow_redirects=True).is_success


@pytest.mark.slow
def test_prometheus_has_the_month_from_the_first_moment(state):
    past = query(state, "query", query="sum by (job) (increase(http_requests_total[12h]))")["result"]

    assert {one["metric"]["job"] for one in past} == {service.name for service in SERVICES}


@pytest.mark.slow
def test_every_service_and_observatory_are_scraped_and_go_on_where_history_ended(state):
    """Same labels before and after: a range over both has one series, not two."""
    everyone = {"observatory", *(service.name for service in SERVICES)}
    while everyone != {
        target["labels"]["job"]
        for target in query(state, "targets")["activeTargets"]
        if target["health"] == "up"
    }:
        time.sleep(0.2)

    seen = query(state, "query", query='count by (instance) (count_over_time(up{job="playlist"}[12h]))')[
        "result"
    ]

    assert [(one["metric"], one["value"][1]) for one in seen] == [({"instance": "playlist-1"}, "1")]


@pytest.mark.slow
def test_prometheus_runs_the_committed_rules(state):
    loaded = {group["file"] for group in query(state, "rules")["groups"]}

    assert loaded == {str(file) for file in rule_files(ROOT / "alert_rules")}
    assert loaded


@pytest.mark.slow
def test_observatory_gets_its_settings_and_nothing_else(world, state):
    environment = httpx2.get(f"{state.observatory}/healthz").json()

    assert environment["OBSERVATORY_PROMETHEUS_URL"] == state.prometheus
    assert environment["OBSERVATORY_SLACK_API_URL"] == f"{state.slack}/api/"
    assert environment["OBSERVATORY_SLACK_SIGNING_SECRET"]
    assert environment["OBSERVATORY_DATABASE_URL"] == f"sqlite:///{world.folder / 'demo/observatory.db'}"
    assert all(name.startswith("OBSERVATORY_") or name in {"PATH", "LC_CTYPE"} for name in environment)


@pytest.mark.slow
def test_a_service_is_broken_through_the_state_file(world, state):
    break_service("playlist", Trouble(Mode.SLOW), state=world.state_file)

    assert httpx2.get(f"{state.controls}/services").json()["playlist"] == str(Trouble(Mode.SLOW))


@pytest.mark.slow
def test_a_second_demo_in_the_same_folder_is_refused_and_harms_nothing(world, state):
    second = demo(world.folder)
    _, error = second.communicate(timeout=60)

    assert second.returncode == 1
    assert "a demo already runs in" in error
    assert httpx2.get(f"{state.prometheus}/-/ready").is_success


@pytest.mark.slow
def test_sigterm_ends_everything(tmp_path):
    process = demo(tmp_path)
    for line in process.stdout:
        if "observatory demo heal" in line:
            break
    state = read_state(tmp_path / "demo/state.json")

    process.terminate()
    said, error = process.communicate(timeout=60)

    assert (process.returncode, said, error) == (0, "The demo has stopped.\n", "")
    assert not (tmp_path / "demo/state.json").exists()
    for url in (state.observatory, state.slack, state.prometheus, state.controls):
        with pytest.raises(httpx2.ConnectError):
            httpx2.get(url)


@pytest.mark.slow
def test_when_observatory_does_not_start_its_own_words_are_shown(tmp_path):
    process = demo(tmp_path, product="raise SystemExit('OBSERVATORY_TICK must divide 300')")
    _, error = process.communicate(timeout=100)

    assert process.returncode == 1
    assert "Observatory ended with exit code 1 before it answered" in error
    assert "OBSERVATORY_TICK must divide 300" in error
