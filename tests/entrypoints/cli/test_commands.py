"""The real command in a process of its own: what it prints, where, and its exit code."""

import json
import os
import pty
import re
import signal
import socket
import subprocess
import sys
import time
from contextlib import ExitStack
from datetime import datetime
from pathlib import Path

import httpx2
import pytest
from support import forked
from support.catalogs import SERVICE_YAML, SQUAD_YAML, changed
from support.prometheus import Series
from support.servers import PROMETHEUS, SERVERS, serving

ROOT = Path(__file__).parents[3]
NOBODY = "http://127.0.0.1:9"
SECRETS = {
    "OBSERVATORY_PROMETHEUS_BEARER_TOKEN": "sesame-bearer",
    "OBSERVATORY_PROMETHEUS_HEADERS": '{"X-Scope-OrgID": "sesame-header"}',
    "OBSERVATORY_PROMETHEUS_USER": "me",
    "OBSERVATORY_PROMETHEUS_PASSWORD": "sesame-password",
    "OBSERVATORY_SLACK_TOKEN": "xoxb-sesame",
    "OBSERVATORY_SLACK_SIGNING_SECRET": "sesame-signing",
    "OBSERVATORY_GRAFANA_TOKEN": "sesame-grafana",
    "OBSERVATORY_TOKEN": "sesame-caller",
}
WITHIN = 60


def command(*arguments):
    return [sys.executable, "-m", "observatory", *map(str, arguments)]


def environment(**settings):
    return {
        "PATH": os.defpath,
        "OBSERVATORY_PROMETHEUS_URL": NOBODY,
        **settings,
    }


@pytest.fixture
def catalog(tmp_path):
    folder = tmp_path / "catalog"
    folder.mkdir()
    (folder / "squad.yml").write_text(SQUAD_YAML)
    (folder / "playlist.yml").write_text(SERVICE_YAML)
    return folder


@pytest.fixture
def observatory(tmp_path):
    def run(*arguments, **settings):
        done = forked.observatory(*arguments, cwd=tmp_path, env=environment(**settings), within=WITHIN)
        assert "Traceback" not in done.stdout + done.stderr
        return done

    return run


BOMB = "a: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(
    f"{name}: &{name} [{','.join([f'*{before}'] * 9)}]\n"
    for before, name in zip("abcdefgh", "bcdefghi", strict=True)
)

WRONG_FILES = [
    pytest.param(changed("tier: 1", "teir: 1"), "teir", id="unknown key"),
    pytest.param(changed("objective: 99.9", "objective: often"), "often", id="wrong type"),
    pytest.param(changed("squad: playlists", "squad: nobody"), "nobody", id="no such squad"),
    pytest.param(changed("squad: playlists\n", ""), "squad", id="missing owner"),
    pytest.param(
        changed("total: http_requests_total,", "total: 'http_requests_total{',"),
        "http_requests_total{",
        id="PromQL",
    ),
    pytest.param(BOMB, "playlist.yml", id="YAML bomb"),
    pytest.param(b"\xff\xfe\x00", "UTF-8", id="not UTF-8"),
    pytest.param(b"# " + b"x" * 10_000_000, "playlist.yml", id="10 MB"),
]


@pytest.mark.parametrize(("content", "names"), WRONG_FILES)
def test_check_names_what_is_wrong_in_a_file(observatory, catalog, content, names):
    (catalog / "playlist.yml").write_bytes(content if isinstance(content, bytes) else content.encode())
    done = observatory("check", "--catalog", catalog)
    assert done.returncode == 1
    assert names in done.stdout + done.stderr
    assert "playlist.yml" in done.stdout + done.stderr


@pytest.mark.parametrize("name", ["status", "generate"])
def test_other_commands_name_it_too(observatory, catalog, name):
    (catalog / "playlist.yml").write_text(changed("objective: 99.9", "objective: 101"))
    done = observatory(name, "--catalog", catalog)
    assert (done.returncode, done.stdout) == (1, "")
    assert "101" in done.stderr


MISTAKES = [
    pytest.param(["check", "--catalog", "nowhere"], {}, "nowhere", id="no such folder"),
    pytest.param(["check", "--catalog", "catalog/squad.yml"], {}, "not a folder", id="a file for a folder"),
    pytest.param(["status", "--at", "yesterday"], {}, "yesterday", id="bad time"),
    pytest.param(["status", "--at", "1e400"], {}, "1e400", id="endless time"),
    pytest.param(["status", "--every"], {}, "--every", id="unknown option"),
    pytest.param(["stauts"], {}, "stauts", id="unknown command"),
    pytest.param(["status", "--stored"], {}, "no such database", id="no database"),
    pytest.param(["status", "--stored", "--at", "1"], {}, "--at", id="the past of the stored"),
    pytest.param(["run", "--port", "70000"], {}, "OBSERVATORY_PORT", id="no such port"),
    pytest.param(["status"], {"OBSERVATORY_TICK": "7"}, "OBSERVATORY_TICK", id="bad tick"),
    pytest.param(["run", "--host", "192.0.2.1"], {}, "OBSERVATORY_TOKEN", id="open to all without a token"),
    pytest.param(
        ["status"],
        {"OBSERVATORY_PROMETHEUS_HEADERS": "sesame"},
        "prometheus_headers",
        id="headers that are no JSON",
    ),
    pytest.param(
        ["run", "--port", "0"],
        {"OBSERVATORY_DATABASE_URL": "mysql://u:sesame@h/d"},
        "mysql",
        id="another kind of database",
    ),
    pytest.param(
        ["run", "--port", "0"], {"OBSERVATORY_DATABASE_URL": "sesame"}, "database", id="no database URL"
    ),
    pytest.param(["demo", "break", "playlist"], {}, "demo", id="no demo to break"),
    pytest.param(["demo", "heal", "playlist"], {}, "demo", id="no demo to heal"),
]


@pytest.mark.parametrize(("arguments", "settings", "names"), MISTAKES)
def test_mistakes_are_told_on_standard_error(observatory, catalog, arguments, settings, names):
    done = observatory(*arguments, **settings)
    assert done.returncode == 1
    assert names in done.stderr
    assert done.stdout == ""
    assert "sesame" not in done.stderr


AWAY = [
    pytest.param(
        ["run", "--port", "0"],
        {**SECRETS, "OBSERVATORY_DATABASE_URL": "postgresql+psycopg://me:sesame@127.0.0.1:9/observatory"},
        "127.0.0.1",
        id="database",
    ),
    pytest.param(
        ["status", "--prometheus", "http://me:sesame@127.0.0.1:9"],
        SECRETS,
        "127.0.0.1:9",
        id="Prometheus",
    ),
]


@pytest.mark.parametrize(("arguments", "settings", "names"), AWAY)
def test_what_is_away_is_named_without_any_secret(observatory, catalog, arguments, settings, names):
    done = observatory(*arguments, **settings)
    assert (done.returncode, done.stdout) == (2, "")
    assert names in done.stderr
    assert "sesame" not in done.stderr
    assert "Traceback" not in done.stderr


def test_check_says_that_all_is_right(observatory, catalog):
    done = observatory("check", "--catalog", catalog)
    assert done.returncode == 0
    assert "2 SLOs of 1 services and 1 squads" in done.stdout


@pytest.mark.slow
def test_generate_writes_once_and_check_notices_a_change(observatory, catalog, tmp_path):
    assert observatory("generate", "--catalog", catalog).returncode == 0
    assert observatory("generate", "--check", "--catalog", catalog).returncode == 0
    (catalog / "playlist.yml").write_text(changed("objective: 99.9", "objective: 99.5"))
    done = observatory("generate", "--check", "--catalog", catalog)
    assert done.returncode == 1
    assert "playlist" in done.stdout


def test_status_without_prometheus_says_so(observatory, catalog):
    done = observatory("status", "--json", "--catalog", catalog)
    assert (done.returncode, done.stdout) == (2, "")
    assert f"Prometheus at {NOBODY}" in done.stderr


@pytest.mark.parametrize(
    ("prepare", "names"),
    [
        pytest.param(
            lambda file: file.write_bytes(b"not a database at all" * 100), "observatory.db", id="no database"
        ),
        pytest.param(lambda file: file.mkdir(), "observatory.db", id="a folder"),
    ],
)
def test_run_without_a_database_says_so(observatory, catalog, tmp_path, prepare, names):
    prepare(tmp_path / "observatory.db")
    done = observatory(
        "run", "--port", "0", OBSERVATORY_DATABASE_URL=f"sqlite:///{tmp_path / 'observatory.db'}", **SECRETS
    )
    assert done.returncode == 2
    assert names in done.stderr


def test_run_on_a_port_in_use_says_so(observatory, catalog):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = observatory("run", "--port", port)
    assert done.returncode == 2
    assert f"127.0.0.1:{port}" in done.stderr


# With a server

NOW = 1_773_100_800
MINUTES = 120


@pytest.fixture(scope="module")
def servers(tmp_path_factory):
    """Two hours of the playlist service in each: 10 requests a minute, one of them failed."""
    times = range(NOW - MINUTES * 60, NOW + 1, 60)
    past = [
        Series(
            "http_requests_total",
            f'job="playlist",code="{code}"',
            times,
            [each * i for i in range(len(times))],
        )
        for code, each in (("200", 9), ("500", 1))
    ]
    with ExitStack() as stack:
        yield {
            server: stack.enter_context(serving(server, tmp_path_factory.mktemp(server), past))
            for server in SERVERS
        }


@pytest.fixture
def server(request, servers):
    return servers[getattr(request, "param", PROMETHEUS)]


ON_EACH = pytest.mark.parametrize("server", SERVERS, indirect=True)
"""Where it is the numbers that are looked at, and not how they are shown."""


@pytest.fixture
def one_slo(catalog):
    text = SERVICE_YAML[: SERVICE_YAML.index("  - name: latency")].replace("window: 30d", "window: 1d")
    (catalog / "playlist.yml").write_text(text)
    return catalog


@ON_EACH
def test_status_as_json_has_exactly_this_shape(observatory, one_slo, server):
    done = observatory("status", "--json", "--at", NOW, "--prometheus", server, **SECRETS)
    assert done.returncode == 0, done.stderr
    [row] = json.loads(done.stdout)
    burn = row.pop("burn")
    assert list(burn) == ["5m", "30m", "1h", "2h", "6h", "1d", "3d"]
    assert burn["1h"] == pytest.approx(100)
    assert row.pop("budget") == pytest.approx(
        {"events": 14.28, "consumed": 8.26, "remaining": -7.26}, rel=0.02
    )
    assert row.pop("sli") == pytest.approx(0.9)
    ahead = row.pop("forecast")
    back = datetime.fromisoformat(ahead["recovery"]["solvent"]).timestamp()
    assert NOW + 86_400 <= back <= NOW + 86_400 + 3600  # every minute of both hours failed, and has to leave
    assert (ahead["affordable"], ahead["runway"]) == (0, None)
    assert row == {
        "squad": "playlists",
        "service": "playlist",
        "slo": "availability",
        "objective": 0.999,
        "window": "1d",
        "method": "occurrences",
        "resets": None,
        "state": "breached",
        "coverage": 1.0,
        "events": {"total": 10.0 * MINUTES, "bad": 1.0 * MINUTES},
        "further": [],
        "exclusion": None,
        "components": [],
    }


@ON_EACH
def test_what_was_never_seen_is_null(observatory, one_slo, server):
    done = observatory("status", "--json", "--at", NOW - 86_400 * 9, "--prometheus", server)
    [row] = json.loads(done.stdout)
    assert (row["state"], row["sli"], row["budget"]["remaining"]) == ("no_data", None, None)
    assert set(row["burn"].values()) == {None}


@pytest.mark.parametrize("width", [80, 120])
def test_the_table_fits_the_terminal_and_cuts_nothing_off(one_slo, server, tmp_path, width):
    shown = on_a_terminal(
        ["status", "--at", str(NOW), "--prometheus", server], cwd=tmp_path, COLUMNS=str(width), LINES="40"
    )
    assert "…" not in shown
    assert "playlist/availability" in shown
    assert "breached" in shown
    assert max(len(line.rstrip()) for line in shown.splitlines() if "\x1b" not in line) <= width


def test_in_a_pipe_the_table_is_whole(observatory, one_slo, server):
    done = observatory("status", "--at", NOW, "--prometheus", server, COLUMNS="40")
    assert all(heading in done.stdout for heading in ("SLO", "budget left", "bad events", "seen", "squad"))
    assert "…" not in done.stdout


def on_a_terminal(arguments, *, cwd, until=None, **settings):
    """What a command writes on a terminal; with `until` it is stopped when that was seen."""
    leader, follower = pty.openpty()
    process = subprocess.Popen(
        command(*arguments),
        env=environment(TERM="dumb" if until is None else "xterm", **settings),
        cwd=cwd,
        stdin=follower,
        stdout=follower,
        stderr=follower,
    )
    os.close(follower)
    seen = b""
    ends = time.monotonic() + WITHIN
    try:
        while time.monotonic() < ends:
            try:
                chunk = os.read(leader, 65536)
            except OSError:
                break
            seen += chunk
            if until is not None and until.search(seen):
                break
    finally:
        if process.poll() is None and until is not None:
            process.send_signal(signal.SIGTERM)
        process.wait(timeout=WITHIN)
        os.close(leader)
    return seen.decode()


@pytest.mark.slow
def test_run_shows_a_bar_on_a_terminal(one_slo, server, tmp_path):
    shown = on_a_terminal(
        ["run", "--port", "0", "--prometheus", server],
        cwd=tmp_path,
        until=re.compile(rb"(\d\.\d) of \1 days"),
        COLUMNS="100",
    )
    assert "History" in shown


@pytest.mark.slow
@ON_EACH
def test_run_serves_and_ends_in_order_and_never_tells_a_secret(one_slo, server, tmp_path):
    log = tmp_path / "log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            command("run", "--port", "0", "--prometheus", server),
            env=environment(**SECRETS),
            cwd=tmp_path,
            stdout=output,
            stderr=output,
        )
    try:
        url = next(line["url"] for line in lines(log) if line["event"] == "serving")
        answers = [
            httpx2.get(f"{url}{path}", headers={"Authorization": "Bearer sesame-caller"}).text
            for path in ("/metrics", "/readyz", "/", "/api/v1/slos")
        ]
    finally:
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=WITHIN) == 0
    text = log.read_text()
    assert '"event": "stopped"' in text
    assert "sesame" not in text + "".join(answers)


@pytest.mark.slow
def test_the_development_slack_shows_its_channels_until_it_is_interrupted(catalog, tmp_path):
    process = subprocess.Popen(
        # A shell that starts us in the background would have its children ignore Ctrl-C.
        ["env", "--default-signal=INT", *command("dev", "slack", "--port", "0", "--catalog", catalog)],
        env=environment(PYTHONUNBUFFERED="1", **SECRETS),
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        url = process.stdout.readline().strip()
        page = httpx2.get(url, follow_redirects=True)
    finally:
        process.send_signal(signal.SIGINT)
        output, errors = process.communicate(timeout=WITHIN)
    assert page.status_code == 200
    assert "playlists" in page.text
    assert process.returncode == 128 + signal.SIGINT
    assert "Traceback" not in errors
    assert "sesame" not in page.text + output + errors


def lines(log):
    """The lines of a log, as they come."""
    ends, at = time.monotonic() + WITHIN, 0
    while time.monotonic() < ends:
        complete = log.read_text().splitlines(keepends=True)[at:]
        for line in complete:
            if line.endswith("\n"):
                at += 1
                if line.startswith("{"):
                    yield json.loads(line)
        time.sleep(0.05)
    raise AssertionError(f"waited in vain; the log says:\n{log.read_text()}")
