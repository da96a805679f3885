"""The command, over a catalog in a repository and the development Slack."""

import json
import subprocess
import xml.etree.ElementTree as ET

import httpx2
import pytest
from support.catalogs import SERVICE_YAML, SQUAD_YAML
from typer.testing import CliRunner

from observatory.entrypoints.cli.route import app
from observatory.errors import DefinitionError, NotFound
from observatory.sandbox.slack import running

TABLE = """\
- {name: own channel, labels: {service: playlist}, expect: {squad: playlists, channel: C0PLAYLISTS}}
- {name: nobody's, labels: {service: gone}, expect: {squad: nobody}}
"""


@pytest.fixture
def folder(tmp_path):
    catalog = tmp_path / "catalog"
    catalog.mkdir()
    (catalog / "squad.yml").write_text(SQUAD_YAML)
    (catalog / "playlist.yml").write_text(SERVICE_YAML)
    (tmp_path / "routes.yml").write_text(TABLE)
    return tmp_path


@pytest.fixture
def route(folder, monkeypatch):
    monkeypatch.chdir(folder)

    def run(*arguments, **environment):
        env = {"OBSERVATORY_CATCH_ALL_CHANNEL": "C0CATCHALL", **environment}
        return CliRunner().invoke(app, arguments, env=env)

    return run


def test_explain_says_who_where_when_and_why(route):
    done = route("explain", "playlist/latency")
    assert done.exit_code == 0, done.output
    lines = [" ".join(line.split()) for line in done.stdout.splitlines()]
    assert lines[:4] == [
        "alert service=playlist, slo=playlist/latency",
        "squad playlists",
        "channel C0PLAYLISTS",
        "if it fails C0ONCALL00, then C0CATCHALL",
    ]
    assert "page at once: C0PLAYLISTS (playlists), calling S0PLAYLIST" in lines
    assert "after 30m: C0CATCHALL, calling S0PLAYLIST" in lines
    assert lines[-1] == "why → catalog: service playlist (catalog/playlist.yml:1:1)"


def test_explain_as_json_is_for_programs(route):
    done = json.loads(route("explain", "namespace=kube-system", "squad=playlist", "--json").stdout)
    assert (done["squad"], done["channel"], done["because"]) == (None, "C0CATCHALL", "catch_all")
    assert [step["rule"] for step in done["why"]] == ["squad_label", "namespace_rule", "catch_all"]


def test_a_misspelt_service_is_told_with_the_nearest(route):
    done = route("explain", "playlst")
    assert isinstance(done.exception, NotFound)
    assert "did you mean playlist?" in str(done.exception)


def test_labels_that_are_listed_are_trusted(route):
    trusted = route("explain", "team=playlists", OBSERVATORY_OWNER_LABELS="team, squad")
    assert "label team=playlists" in trusted.stdout
    assert "nobody" not in trusted.stdout


def test_a_table_of_expectations_holds_or_says_what_is_otherwise(route, folder):
    assert route("test", "routes.yml").stdout.strip() == "All 2 go where they should."
    (folder / "routes.yml").write_text(TABLE.replace("C0PLAYLISTS", "C0OTHER000"))
    done = route("test", "routes.yml")
    assert done.exit_code == 1
    assert "routes.yml:1:3: own channel" in done.stdout
    assert "channel is C0PLAYLISTS, and C0OTHER000 was expected" in done.stdout
    assert "1 of 2 go elsewhere." in done.stdout
    junit = ET.fromstring(route("test", "routes.yml", "--format", "junit").stdout)  # noqa: S314 - our own
    assert [(case.get("name"), len(case)) for case in junit.iter("testcase")] == [
        ("own channel", 1),
        ("nobody's", 0),
    ]
    judged = json.loads(route("test", "routes.yml", "--format", "json").stdout)
    assert [one["ok"] for one in judged] == [False, True]


@pytest.mark.parametrize("text", [None, "- {labels: 5}\n"])
def test_a_table_that_cannot_be_read_is_one_message(route, folder, text):
    if text is None:
        (folder / "routes.yml").unlink()
    else:
        (folder / "routes.yml").write_text(text)
    done = route("test", "routes.yml")
    assert isinstance(done.exception, DefinitionError)
    assert "routes.yml" in str(done.exception)


def test_coverage_asks_slack_and_fails_on_a_channel_that_is_gone(route):
    with running(channels={"C0PLAYLISTS": "playlists", "C0ONCALL00": "on-call"}, pace=None) as slack:
        asking = {"OBSERVATORY_SLACK_TOKEN": "xoxb-test", "OBSERVATORY_SLACK_API_URL": slack.api_url}
        done = route("coverage", "--slack", "--format", "json", **asking)
        archived = {"id": "C0ONCALL00", "name": "on-call", "archived": True}
        httpx2.post(f"{slack.url}/admin/channels", json=archived, trust_env=False).raise_for_status()
        worse = route("coverage", "--slack", "--format", "json", **asking)
    assert (done.exit_code, worse.exit_code) == (1, 1), done.output
    assert [finding["message"].split(",")[0] for finding in json.loads(done.stdout)] == ["C0CATCHALL"]
    assert [finding["line"] for finding in json.loads(worse.stdout)] == [1, 0]


def test_coverage_without_a_token_says_so(route):
    done = route("coverage", "--slack")
    assert isinstance(done.exception, DefinitionError)
    assert "OBSERVATORY_SLACK_TOKEN" in str(done.exception)


def test_coverage_counts_warnings_as_errors_when_asked_to(route, folder):
    squad = folder / "catalog" / "squad.yml"
    squad.write_text(SQUAD_YAML.replace("  escalate: {after: 15m, to: playlists}\n", ""))
    assert route("coverage").exit_code == 0
    assert route("coverage", "--strict").exit_code == 1


def test_diff_compares_folders_and_revisions(route, folder):
    def git(*arguments):
        who = ["-c", "user.name=a", "-c", "user.email=a@example"]
        subprocess.run(["git", *who, *arguments], cwd=folder, check=True, capture_output=True)

    git("init", "-q")
    git("add", "-A")
    git("commit", "-q", "-m", "x")
    (folder / "catalog" / "squad.yml").write_text(SQUAD_YAML.replace("C0PLAYLISTS", "C0MOVED000"))
    done = route("diff", "HEAD", "catalog")
    assert done.exit_code == 0, done.output
    assert "| service playlist | channel | C0PLAYLISTS | C0MOVED000 |" in done.stdout
    (moved,) = json.loads(route("diff", "HEAD", "catalog", "--json").stdout)
    assert moved["changes"]["channel"] == {"before": "C0PLAYLISTS", "after": "C0MOVED000"}
    assert "goes where it went" in route("diff", "HEAD", "HEAD").stdout
    assert isinstance(route("diff", "gone", "HEAD").exception, NotFound)
