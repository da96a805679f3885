"""The whole command: what it says, and its exit code."""

import sys

import pytest
from support.catalogs import SERVICE_YAML, SQUAD_YAML
from support.grafana_api import TOKEN, GrafanaApi
from support.prometheus import prometheus
from support.ruler_api import RulerApi

from observatory.entrypoints.cli import main

SERVICE = (
    SERVICE_YAML.replace("uses:\n", "uses: []\nother:\n").split("other:\n")[0]
    + SERVICE_YAML[SERVICE_YAML.index("slos:") :]
)


@pytest.fixture
def catalog(tmp_path):
    folder = tmp_path / "catalog"
    folder.mkdir()
    (folder / "squad.yml").write_text(SQUAD_YAML)
    (folder / "playlist.yml").write_text(SERVICE)
    return folder


@pytest.fixture
def observatory(catalog, monkeypatch, capsys):
    def run(*words, token=TOKEN):
        if token:
            monkeypatch.setenv("OBSERVATORY_GRAFANA_TOKEN", token)
        else:
            monkeypatch.delenv("OBSERVATORY_GRAFANA_TOKEN", raising=False)
        monkeypatch.setattr(sys, "argv", ["observatory", *map(str, words), "--catalog", str(catalog)])
        with pytest.raises(SystemExit) as ended:
            main()
        said = capsys.readouterr()
        assert TOKEN not in said.out + said.err
        return ended.value.code or 0, said.out, said.err

    return run


def test_plan_push_drift_force(observatory):
    with GrafanaApi() as api:
        code, plan, _ = observatory("push", "--grafana", api.url, "--dry-run")
        assert (code, api.changes()) == (0, [])
        assert "playlists/playlist.json: would be created" in plan

        code, said, _ = observatory("push", "--grafana", api.url)
        assert code == 0
        assert said.endswith("4 created.\n")

        api.edit("service-playlist", by="anna", title="Mine")
        code, said, _ = observatory("push", "--grafana", api.url)
        assert code == 1
        assert "playlists/playlist.json: drifted: version 2 was saved by anna at 2026-03-01" in said
        assert "\n  title Mine → playlist · service\n" in said

        code, said, _ = observatory("push", "--grafana", api.url, "--force", "--squad", "playlists")
        assert code == 0
        assert said.endswith("1 updated, 1 unchanged.\n")


def test_a_refusal_ends_with_two_and_nobody_there_too(observatory):
    with GrafanaApi(folders={"by-hand": "playlists"}) as api:
        assert observatory("push", "--grafana", api.url)[0] == 2
        code, _, errors = observatory("push", "--grafana", api.url, token="wrong")  # noqa: S106 - it is wrong
    assert code == 2
    assert "is the token right" in errors
    code, _, errors = observatory("push", "--grafana", api.url)
    assert code == 2
    assert "can't be reached" in errors


def test_rules_into_prometheus_and_into_a_ruler(observatory, tmp_path):
    folder = tmp_path / "rules"
    folder.mkdir()
    with (
        prometheus(tmp_path / "server", config=f"rule_files: ['{folder}/*.yml']\n") as url,
        RulerApi() as ruler,
    ):
        code, said, errors = observatory(
            "push", "--prometheus-rules", folder, "--reload", url, "--ruler", ruler.url, "--tenant", "music"
        )
    assert (code, errors) == (0, "")
    assert said.endswith("7 created.\n")
    assert {namespace for namespace, _ in ruler.groups["music"]} == {
        "observatory-organisation",
        "observatory-services",
    }


@pytest.mark.parametrize(
    ("words", "token", "complaint"),
    [
        pytest.param([], TOKEN, "say where to push", id="nowhere"),
        pytest.param(["--grafana", "http://g"], None, "OBSERVATORY_GRAFANA_TOKEN is not set", id="no token"),
        pytest.param(["--grafana", "g"], TOKEN, "no address of Grafana", id="no address"),
        pytest.param(["--reload", "http://p"], TOKEN, "go together", id="reload alone"),
        pytest.param(
            ["--ruler", "http://r", "--squad", "x"], TOKEN, "--squad goes with", id="squad of rules"
        ),
        pytest.param(
            ["--grafana", "http://g", "--squad", "x"],
            TOKEN,
            "no squad 'x'; it has playlists",
            id="no such squad",
        ),
    ],
)
def test_a_wrong_call_ends_with_one_and_says_what_would_be_right(observatory, words, token, complaint):
    code, _, errors = observatory("push", *words, token=token)

    assert code == 1
    assert complaint in errors


@pytest.mark.parametrize("form", ["gitsync", "terraform", "ansible", "files"])
def test_an_export_can_be_repeated(observatory, tmp_path, form):
    code, said, _ = observatory("export", form, "--output", tmp_path / "out")
    assert code == 0
    assert "was missing" in said

    assert observatory("export", form, "--output", tmp_path / "out")[1].endswith(", 0 of them were not.\n")
