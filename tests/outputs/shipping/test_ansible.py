"""The role, played by the real ansible-core against a folder of this machine and a real Prometheus."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from support.catalogs import a_catalog, a_service
from support.prometheus import prometheus
from support.shipping import the_dashboards, the_rules

from observatory.adapters.files import FolderDocuments
from observatory.adapters.shipping import Credentials, PrometheusLoader
from observatory.application.export import export
from observatory.outputs.shipping import ansible_files, flat_rule_files

CATALOG = a_catalog(a_service("search", squad="search"))
SMALLER = a_catalog(a_service("search", squad="search", slos=()), squads=CATALOG.squads.values())
PLAY = [
    {
        "hosts": "localhost",
        "connection": "local",
        "gather_facts": False,
        "tasks": [{"include_role": {"name": "observatory", "tasks_from": "{{ part }}"}}],
    }
]

pytestmark = pytest.mark.slow


def write_role(folder, catalog):
    files = ansible_files(the_dashboards(catalog), flat_rule_files(the_rules(catalog)))
    export(files, FolderDocuments(folder / "roles/observatory"))
    (folder / "play.yml").write_text(yaml.safe_dump(PLAY))


def play(folder, part, *flags, url=""):
    """Run the play: how many tasks changed something, and all that was said."""
    target = folder / "host"
    (target / "provisioning").mkdir(parents=True, exist_ok=True)
    variables = {
        "part": part,
        "observatory_dashboards": str(target / "dashboards"),
        "observatory_provisioning": str(target / "provisioning"),
        "observatory_rules": str(target / "rules"),
        "observatory_prometheus_url": url,
        "ansible_python_interpreter": sys.executable,
    }
    program = Path(sys.executable).with_name("ansible-playbook")
    run = subprocess.run(
        [program, "-i", "localhost,", "-e", json.dumps(variables), *flags, "play.yml"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        env={
            "PATH": os.environ["PATH"],  # noqa: TID251 - of a program under test
            "HOME": str(folder),
            "LC_ALL": "C.UTF-8",
            "ANSIBLE_NOCOLOR": "1",
            "ANSIBLE_PIPELINING": "1",
        },
    )
    assert run.returncode == 0, run.stdout + run.stderr
    (changed,) = re.findall(r"changed=(\d+)", run.stdout)
    return int(changed), run.stdout


def lying(folder):
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


def test_rules_are_copied_loaded_and_cleaned_up_and_a_second_run_changes_nothing(tmp_path):
    write_role(tmp_path, CATALOG)
    rules = tmp_path / "host/rules"
    with prometheus(tmp_path / "server", config=f"rule_files: ['{rules}/*.yml']\n") as url:
        assert play(tmp_path, "rules", "--check", "--diff", url=url)[0] > 0
        assert not rules.exists()

        assert play(tmp_path, "rules", url=url)[0] > 0
        assert lying(rules) == {"observatory.yml", "organisation.yml", "search.search.yml"}
        assert {rule.group for rule in PrometheusLoader(url, Credentials()).rules()} >= {
            "slo-pages",
            "search",
        }

        (rules / "mine.txt").write_text("not ours\n")
        with (rules / "organisation.yml").open("a") as file:
            file.write("# by hand\n")
        write_role(tmp_path, SMALLER)
        changed, said = play(tmp_path, "rules", "--check", "--diff", url=url)
        assert changed > 1
        assert "-# by hand" in said
        assert "# by hand" in (rules / "organisation.yml").read_text()
        assert "search.search.yml" in lying(rules)

        play(tmp_path, "rules", url=url)
        assert lying(rules) == {"observatory.yml", "organisation.yml", "mine.txt"}
        assert "# by hand" not in (rules / "organisation.yml").read_text()
        assert "search" not in {rule.group for rule in PrometheusLoader(url, Credentials()).rules()}
        assert play(tmp_path, "rules", url=url)[0] == 0


def test_dashboards_lie_where_their_providers_look_and_a_second_run_changes_nothing(tmp_path):
    write_role(tmp_path, CATALOG)

    assert play(tmp_path, "main")[0] > 0
    assert play(tmp_path, "dashboards")[0] == 0

    provider = yaml.safe_load((tmp_path / "host/provisioning/observatory.yml").read_text())
    found = [
        json.loads(path.read_text())["uid"]
        for one in provider["providers"]
        for path in Path(one["options"]["path"]).rglob("*.json")
    ]
    assert sorted(found) == sorted(one.uid for one in the_dashboards(CATALOG))
