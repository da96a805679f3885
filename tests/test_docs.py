"""The words are held against the thing: commands, settings, routes, links, and what the README shows."""

import os
import re
import subprocess
from pathlib import Path

import pytest
from support.commands import commands, page
from support.prometheus import prometheus
from support.views import small_views

from observatory.catalog import parse_catalog
from observatory.entrypoints.api.app import create_app
from observatory.sandbox.demo.organisation import SERVICES
from observatory.settings import Settings

ROOT = Path(__file__).parents[1]
README = ROOT / "README.md"
PAGES = [README, ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]
LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")


def shell_lines(text):
    """What README's shell blocks run, without comments."""
    blocks = re.findall(r"^ *```sh\n(.*?)^ *```", text, flags=re.MULTILINE | re.DOTALL)
    lines = (line.split("#")[0].strip() for block in blocks for line in block.splitlines())
    return [line for line in lines if line]


def test_the_page_of_commands_is_what_the_commands_say_of_themselves():
    assert (ROOT / "docs/commands.md").read_text() == page(), (
        "write it anew: PYTHONPATH=tests .venv/bin/python -m support.commands > docs/commands.md"
    )


def test_the_readme_names_every_command():
    table = README.read_text()

    assert [path for path, _ in commands() if path.split()[0] not in table] == []


def test_every_setting_is_explained_and_no_other():
    text = (ROOT / "docs/running.md").read_text()
    named = set(re.findall(r"`(OBSERVATORY_[A-Z_]+)`", text))

    assert named == {f"OBSERVATORY_{name.upper()}" for name in Settings.model_fields}


def test_every_route_is_named():
    application = create_app(small_views(), Settings())
    routes = {route.path for route in application.routes if hasattr(route, "methods")}
    words = "\n".join(page.read_text() for page in PAGES)

    assert routes
    assert sorted(route for route in routes if route not in words) == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_leads_somewhere(page):
    targets = [link.split("#")[0] for link in LINK.findall(page.read_text())]
    local = [target for target in targets if target and "://" not in target]

    assert [target for target in local if not (page.parent / target).exists()] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_file_that_is_named_exists(page):
    named = re.findall(r"`((?:observatory|tests|scripts|deploy|benchmarks)/[\w./-]+\w)`", page.read_text())

    assert [name for name in named if not (ROOT / name).exists()] == []


def test_the_definitions_of_the_readme_are_a_catalog():
    parsed = parse_catalog(_definitions())

    assert parsed.problems == ()
    assert [entry.id for entry in parsed.catalog.slos()] == ["episodes/availability"]


@pytest.mark.parametrize("script", sorted(set(re.findall(r"^scripts/\w+", README.read_text(), re.MULTILINE))))
def test_the_scripts_of_the_readme_can_be_run(script):
    assert os.access(ROOT / script, os.X_OK)


def test_the_outage_of_the_readme_is_one_that_the_demo_knows():
    asked = [line.split()[2:] for line in shell_lines(README.read_text()) if "demo" in line.split()[1:2]]

    assert [words[0] for words in asked] == ["break", "heal"]
    assert {words[1] for words in asked} <= {service.name for service in SERVICES}


@pytest.mark.slow
def test_a_squad_gets_through_its_five_minutes(tmp_path):
    definitions = _definitions()
    for name, block in definitions.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(block)
    lines = [line for line in shell_lines(README.read_text()) if line.startswith("observatory ")]
    with prometheus(tmp_path / "prometheus") as url:
        done = [
            subprocess.run(
                [ROOT / ".venv/bin/observatory", *line.replace("http://127.0.0.1:9090", url).split()[1:]],
                capture_output=True,
                text=True,
                check=False,
                cwd=tmp_path,
            )
            for line in lines
        ]

    assert [line.split()[1] for line in lines] == ["check", "status", "generate"]
    assert [one.returncode for one in done] == [0, 0, 0], [one.stderr for one in done]
    assert "episodes/availability" in done[1].stdout
    assert (tmp_path / "dashboards/podcasts/episodes.json").exists()


def _definitions():
    blocks = re.findall(r"^ *```yaml\n(.*?)^ *```", README.read_text(), flags=re.MULTILINE | re.DOTALL)
    return {f"catalog/{number}.yml": _dedent(block).encode() for number, block in enumerate(blocks)}


def _dedent(block):
    indent = len(block) - len(block.lstrip(" "))
    return "\n".join(line[indent:] for line in block.splitlines())
