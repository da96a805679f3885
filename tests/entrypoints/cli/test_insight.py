"""`observatory backtest` and `suggest`, over four days in a real server."""

import contextlib
import json
from datetime import UTC, datetime

import numpy as np
import pytest
from support.catalogs import SERVICE_YAML, SQUAD_YAML, changed
from support.prometheus import Series
from support.servers import SERVERS, serving
from typer.testing import CliRunner

from observatory.entrypoints.cli.app import app
from observatory.errors import DefinitionError, NotFound

END = 1_780_000_000 // 3600 * 3600
MINUTES = 4 * 1440
BAD = (MINUTES - 1000, MINUTES - 970)
"""Minutes in which half of the requests fail, and take long."""
LES = ("0.1", "0.3", "1", "+Inf")


def past():
    """A service with 120 requests a minute, and two that hardly anybody calls."""
    rng = np.random.default_rng(12)
    times = range(END - MINUTES * 60, END + 1, 60)
    requests = rng.poisson(120, MINUTES)
    failed = rng.binomial(requests, 0.0002)
    failed[slice(*BAD)] = requests[slice(*BAD)] // 2
    slow = rng.binomial(requests, 0.004)
    yield counter("http_requests_total", 'job="playlist",code="200"', times, requests - failed)
    yield counter("http_requests_total", 'job="playlist",code="500"', times, failed)
    within = {"0.1": requests // 2, "0.3": requests - slow, "1": requests, "+Inf": requests}
    name = "http_request_duration_seconds"
    for le in LES:
        yield counter(f"{name}_bucket", f'job="playlist",le="{le}"', times, within[le])
    yield counter(f"{name}_count", 'job="playlist"', times, requests)
    rare = (np.arange(MINUTES) % 180 == 0).astype(int)
    yield counter("http_requests_total", 'job="rare",code="200"', times, rare)


def counter(metric, labels, times, counts):
    return Series(metric, labels, times, [0.0, *np.cumsum(counts).astype(float).tolist()])


def of_rare():
    text = changed("name: playlist", "name: rare").replace("{job: playlist}", "{job: rare}")
    text = text.replace("  - {kind: cassandra, dialect: mcac}\n", "").replace(
        "runbooks.example/playlist", "runbooks.example/rare"
    )
    return text[: text.index("  - name: latency")]


@pytest.fixture(scope="module", params=SERVERS)
def world(request, tmp_path_factory):
    """A catalog, and the address of a server with four days of it."""
    folder = tmp_path_factory.mktemp("insight")
    (folder / "catalog").mkdir()
    (folder / "catalog" / "squad.yml").write_text(SQUAD_YAML)
    (folder / "catalog" / "playlist.yml").write_text(SERVICE_YAML)
    (folder / "catalog" / "rare.yml").write_text(of_rare())
    with serving(request.param, folder / "server", past()) as url:
        yield folder, url


def run(*arguments, url="http://127.0.0.1:9"):
    """The command, in this process: it is not its start that is looked at."""
    return CliRunner().invoke(app, [*arguments, "--prometheus", url])


def looked(world, *arguments):
    folder, url = world
    with contextlib.chdir(folder):
        done = run(*arguments, "--until", str(END), "--length", "2d", url=url)
    assert done.exception is None, done.exception
    return done.stdout


def moment(minute):
    return datetime.fromtimestamp(END - (MINUTES - minute) * 60, UTC)


@pytest.mark.slow
def test_a_backtest_tells_the_page_holds_it_against_what_people_remember_and_draws_it(world):
    folder, _ = world
    start, end = (moment(minute).isoformat() for minute in BAD)
    (folder / "past.csv").write_text(f"service,start,end,title\nplaylist,{start},{end},bad deploy\n")

    said = looked(
        world, "backtest", "--slo", "playlist", "--incidents", "past.csv", "--format", "json",
        "--chart", "t.png", "--chart", "t.html",
    )  # fmt: skip

    (version,) = json.loads(said)["versions"]
    availability = next(one for one in version["slos"] if one["slo"] == "playlist/availability")
    page = next(alarm for alarm in availability["alarms"] if alarm["severity"] == "page")
    assert datetime.fromisoformat(page["burning_since"]) == moment(BAD[0])
    assert 60 <= page["delay"] <= 300
    assert version["scores"]["pages"]["recall"] == 1
    assert version["failures"] == {}
    assert (folder / "t.png").read_bytes().startswith(b"\x89PNG")
    html = (folder / "t.html").read_text()
    assert "playlist/availability" in html
    assert 'src="http' not in html


@pytest.mark.slow
def test_a_file_stands_in_for_the_definitions_it_replaces(world):
    folder, _ = world
    (folder / "lax.yml").write_text(changed("objective: 99.9", "objective: 90"))

    said = looked(
        world, "backtest", "--slo", "playlist/availability", "--against", "lax.yml", "--format", "markdown"
    )

    assert "| playlist/availability | 90 % / 30d → 99.9 % / 30d |" in said
    assert "**Only with catalog**" in said


@pytest.mark.slow
def test_suggestions_say_what_was_kept_and_refuse_what_the_traffic_cannot_carry(world):
    found = {one["slo"]: one for one in json.loads(looked(world, "suggest", "--format", "json"))}

    availability, latency, rare = (
        found[slo] for slo in ("playlist/availability", "playlist/latency", "rare/availability")
    )
    kept = {rung["objective"]: rung["kept"] for rung in availability["ladder"]}
    assert kept[availability["objective"]] >= 0.95
    assert [bound["below"] for bound in latency["bounds"]] == [0.1, 0.3, 1.0]
    assert latency["tightest"] == 0.3
    assert rare["objective"] is None
    assert not any(rung["carried"] for rung in rare["ladder"])
    text = looked(world, "suggest", "--slo", "rare")
    assert "Its traffic carries no objective" in text
    assert "probe" in text


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        pytest.param(["--slo", "playlits"], "did you mean playlist", id="unknown-slo"),
        pytest.param(["--length", "soon"], "duration", id="length"),
        pytest.param(["--length", "5m"], "at least an hour", id="too-short"),
        pytest.param(["--until", "tomorrow"], "--until 'tomorrow' is no time", id="until"),
        pytest.param(["--chart", "x.gif"], ".html or .png", id="chart"),
        pytest.param(["--chart", "nowhere/x.png"], "no folder", id="folder"),
        pytest.param(["--incidents", "none.yml"], "can't be read", id="incidents"),
        pytest.param(["--against", "none.yml"], "no such file", id="against"),
    ],
)
def test_a_mistake_is_told_before_any_work_is_done(tmp_path, monkeypatch, arguments, says):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "catalog").mkdir()
    (tmp_path / "catalog" / "squad.yml").write_text(SQUAD_YAML)
    (tmp_path / "catalog" / "playlist.yml").write_text(SERVICE_YAML)

    done = run("backtest", *arguments)

    assert isinstance(done.exception, (DefinitionError, NotFound))
    assert says in str(done.exception)
