"""`observatory backtest` in a real git repository, beside a database, and on real servers."""

import contextlib
import json
import re
import subprocess
from datetime import UTC, datetime

import numpy as np
import pytest
from support.catalogs import SQUAD_YAML
from support.prometheus import Series
from support.servers import SERVERS, serving
from support.wiring import service_yaml
from typer.testing import CliRunner

from observatory.adapters.sql import SqlAlerts, create_engine, migrate
from observatory.alerting import Matcher, Silence, Subject
from observatory.entrypoints.cli.app import app
from observatory.errors import DefinitionError, NotFound, Unavailable

END = 1_780_000_000 // 3600 * 3600
MINUTES = 3 * 1440
NOBODY = "http://127.0.0.1:9"
STRICT = service_yaml("playlist")
LAX = STRICT.replace("objective: 99.9", "objective: 95")
BROKEN = STRICT.replace("objective: 99.9", "objective: 999")
MAINTENANCE = """\
apiVersion: observatory/v1
kind: Event
name: move
squad: playlists
mode: exclude
affects: {services: [playlist]}
start: 2026-05-28 15:00
lasts: 1h
timezone: UTC
reason: the database moves
"""
"""At END - 5 h."""
BAD = MINUTES - 290, 20
"""In it: minutes of the past."""


def git(folder, *arguments):
    names = ("-c", "user.name=a", "-c", "user.email=a@example")
    subprocess.run(["git", *names, *arguments], cwd=folder, check=True, capture_output=True)


def commit(folder, tag, **files):
    for name, text in files.items():
        (folder / "catalog" / f"{name}.yml").write_text(text)
    git(folder, "add", "-A")
    git(folder, "commit", "-q", "--allow-empty", "-m", tag)
    git(folder, "tag", tag)


@pytest.fixture(scope="module")
def repository(tmp_path_factory):
    """Nothing, what was promised at first, a mistake, and what is promised now."""
    folder = tmp_path_factory.mktemp("repository")
    git(folder, "init", "-q")
    (folder / "catalog").mkdir()
    commit(folder, "empty")
    commit(folder, "lax", squad=SQUAD_YAML, playlist=LAX)
    commit(folder, "broken", playlist=BROKEN)
    commit(folder, "strict", playlist=STRICT)
    return folder


def run(folder, *arguments):
    with contextlib.chdir(folder):
        return CliRunner().invoke(app, ["backtest", *arguments])


@pytest.mark.parametrize(
    ("against", "error", "says"),
    [
        pytest.param("nope", NotFound, "git knows no revision 'nope'", id="unknown-revision"),
        pytest.param("empty", NotFound, "empty has no definitions in catalog", id="no-catalog-then"),
        pytest.param("broken", DefinitionError, "broken:catalog/playlist.yml:10:16", id="invalid-then"),
        pytest.param("strict", Unavailable, "Connection refused", id="nobody-answers"),
    ],
)
def test_a_revision_that_cannot_be_compared_with_says_why(repository, against, error, says):
    done = run(repository, "--against", against, "--prometheus", NOBODY)

    assert isinstance(done.exception, error)
    assert says in str(done.exception)


def test_a_folder_in_no_repository_says_so(repository, tmp_path):
    (tmp_path / "catalog").mkdir()
    for file in (repository / "catalog").iterdir():
        (tmp_path / "catalog" / file.name).write_bytes(file.read_bytes())

    done = run(tmp_path, "--against", "strict", "--prometheus", NOBODY)

    assert isinstance(done.exception, Unavailable)
    assert str(done.exception) == "catalog is in no git repository"


def past():
    requests = np.full(MINUTES, 60)
    failed = np.zeros(MINUTES, dtype=int)
    failed[BAD[0] : sum(BAD)] = 30
    times = range(END - MINUTES * 60, END + 1, 60)
    for code, counts in (("200", requests - failed), ("500", failed)):
        values = [0.0, *np.cumsum(counts).astype(float).tolist()]
        yield Series("http_requests_total", f'job="playlist",code="{code}"', times, values)


LOOKED_AT = ("--until", str(END), "--length", "8h")


@pytest.fixture(scope="module", params=SERVERS)
def server(request, tmp_path_factory):
    with serving(request.param, tmp_path_factory.mktemp("server"), past()) as url:
        yield url


@pytest.mark.slow
@pytest.mark.parametrize("inside", [True, False], ids=["in the repository", "from elsewhere"])
def test_what_a_revision_promised_is_held_against_what_is_promised_now(repository, server, tmp_path, inside):
    catalog = "catalog" if inside else str(repository / "catalog")
    options = ("--catalog", catalog, "--prometheus", server, *LOOKED_AT)

    done = run(repository if inside else tmp_path, "--against", "lax", *options, "--format", "json")

    assert done.exception is None, done.exception
    then, now = json.loads(done.stdout)["versions"]
    assert (then["name"], then["slos"][0]["objective"]) == ("lax", 0.95)
    assert now["slos"][0]["objective"] == 0.999
    assert now["slos"][0]["alarms"]
    assert now["slos"][0]["remaining"] < then["slos"][0]["remaining"]
    assert now["failures"] == then["failures"] == {}


def a_catalog(folder, **more):
    (folder / "catalog").mkdir()
    for name, text in {"squad": SQUAD_YAML, "playlist": STRICT, **more}.items():
        (folder / "catalog" / f"{name}.yml").write_text(text)
    return folder


@pytest.mark.slow
def test_what_an_event_leaves_out_is_told_beside_what_it_would_have_been(server, tmp_path):
    folder = a_catalog(tmp_path, move=MAINTENANCE)

    done = run(folder, "--prometheus", server, *LOOKED_AT)

    assert done.exception is None, done.exception
    plain = done.stdout.replace("\u00a0", " ")
    assert "0 pages and 0 tickets of 1 SLO" in plain
    assert re.search(r"playlist/availability +99\.9 % / 1d +0 \(1\) +0 \(1\) +100 % \(−\d+ %\)", plain)
    assert (
        "playlist/availability: move leaves 1 h out of it; with that it is 1 page, 1 ticket and the budget overspent by"
        in plain
    )
    assert "Silences are not looked at" in plain


@pytest.mark.slow
def test_what_fell_into_a_silence_is_marked(server, tmp_path, monkeypatch):
    url = f"sqlite:///{tmp_path / 'observatory.db'}"
    monkeypatch.setenv("OBSERVATORY_DATABASE_URL", url)
    engine = create_engine(url)
    migrate(engine)
    begin, end = (datetime.fromtimestamp(END - hours * 3600, UTC) for hours in (6, 4))
    matcher = Matcher(Subject.SERVICE, "playlist")
    quiet = Silence("s1", (matcher,), "playlists", "The database moves.", begin, end, "anna")
    SqlAlerts(engine).record((), (), silences=[quiet])
    folder = a_catalog(tmp_path)

    done = run(folder, "--prometheus", server, *LOOKED_AT, "--stored")

    assert done.exception is None, done.exception
    assert "1 page (1 silenced) and 1 ticket of 1 SLO" in done.stdout
    assert "page, silenced" in done.stdout
    assert (
        "1 alarm fell into a silence of playlists until 2026-05-28 16:00 UTC: The database moves."
        in done.stdout
    )
