"""`observatory preview` against a real server."""

import pytest
from support.catalogs import SERVICE_YAML, SQUAD_YAML, parse_yaml
from support.prometheus import Series
from support.servers import SERVERS, serving
from typer.testing import CliRunner

from observatory.application.preview import chosen
from observatory.entrypoints.cli.app import app
from observatory.errors import NotFound

pytestmark = pytest.mark.slow
END = 1_760_000_000


@pytest.mark.parametrize("server", SERVERS)
def test_pictures_of_a_squad_are_drawn_with_what_the_server_knows(server, tmp_path):
    catalog = tmp_path / "catalog"
    catalog.mkdir()
    (catalog / "squad.yml").write_text(SQUAD_YAML)
    (catalog / "playlist.yml").write_text(SERVICE_YAML)
    times = list(range(END - 7_200, END + 1, 60))
    labels = 'squad="playlists",service="playlist",slo="availability"'
    left = Series("observatory_slo_error_budget_remaining_ratio", labels, times, [0.421 for _ in times])
    with serving(server, tmp_path, [left]) as url:
        command = ["preview", "--catalog", str(catalog), "--prometheus", url, "--squad", "playlists"]
        command += ["--output", str(tmp_path / "drawn"), "--hours", "2", "--at", str(END)]
        result = CliRunner().invoke(app, command)
    assert result.exit_code == 0, result.output
    drawn = tmp_path / "drawn" / "playlists"
    assert sorted(path.name for path in drawn.iterdir()) == [
        "_squad.html",
        "_squad.png",
        "playlist.html",
        "playlist.png",
    ]
    assert ">42.1%</text>" in (drawn / "playlist.html").read_text()
    assert (drawn / "playlist.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize(("squad", "service"), [("playlist", None), (None, "playlists")])
def test_a_name_that_nobody_has_is_told_with_those_there_are(squad, service):
    with pytest.raises(NotFound, match="there are: playlist"):
        chosen(parse_yaml().valid(), squad=squad, service=service)
