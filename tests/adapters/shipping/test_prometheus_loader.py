"""Rules into a real Prometheus, and into one in memory: the same steps, the same ends."""

from dataclasses import dataclass
from pathlib import Path

import pytest
from support.prometheus import prometheus
from support.shipping import SMALLER, fates, the_rules

from observatory.adapters.files import FolderDocuments
from observatory.adapters.memory.rules import MemoryLoader
from observatory.adapters.shipping import Credentials, PrometheusLoader
from observatory.application.ports import RuleLoader
from observatory.application.push import Permissions, push_rule_files
from observatory.errors import Refused, Unavailable
from observatory.outputs.shipping import flat_rule_files, rules_in

FILES = flat_rule_files(the_rules())
BROKEN = "groups:\n- name: broken\n  rules:\n  - {record: x, expr: 'sum('}\n"


@dataclass
class Place:
    """A folder of rules and who loads it."""

    folder: Path
    loader: RuleLoader

    def push(self, files=FILES, **may):
        return push_rule_files(files, FolderDocuments(self.folder), self.loader, may=Permissions(**may))

    def names(self):
        return {file.name for file in self.folder.iterdir()}


@pytest.fixture(scope="module")
def running(tmp_path_factory):
    """One Prometheus for all; each test finds its folder empty."""
    folder = tmp_path_factory.mktemp("rules")
    server = tmp_path_factory.mktemp("server")
    with prometheus(server, config=f"rule_files: ['{folder}/*.yml']\n") as url:
        yield Place(folder, PrometheusLoader(url, Credentials()))


@pytest.fixture(params=["memory", "prometheus"])
def place(request, tmp_path):
    if request.param == "memory":
        return Place(tmp_path, MemoryLoader(FolderDocuments(tmp_path)))
    running = request.getfixturevalue("running")
    for file in running.folder.iterdir():
        file.unlink()
    running.loader.reload()
    return running


def test_rules_are_loaded_and_in_force(place):
    assert set(fates(place.push()).values()) == {"created"}
    assert place.loader.rules() == {rule for text in FILES.values() for rule in rules_in(text)}
    assert place.names() == {*FILES, "generated.sha256"}


def test_a_second_push_changes_nothing(place):
    place.push()
    before = {file.name: file.stat().st_mtime_ns for file in place.folder.iterdir()}

    assert set(fates(place.push()).values()) == {"unchanged"}
    assert {file.name: file.stat().st_mtime_ns for file in place.folder.iterdir()} == before


def test_files_that_lie_there_but_are_not_loaded_are_loaded(place):
    FolderDocuments(place.folder).write(FILES)
    place.push(force=True)

    assert place.loader.rules()


def test_the_rules_of_a_service_that_is_gone_go_too_and_others_stay(place):
    (place.folder / "mine.yml").write_text("groups: []\n")
    place.push()

    outcomes = fates(place.push(flat_rule_files(the_rules(SMALLER))))

    assert outcomes["search.search.yml"] == "removed"
    assert "mine.yml" in place.names()
    assert not [rule for rule in place.loader.rules() if rule.group == "search"]


def test_a_file_that_somebody_edited_stops_everything_until_it_is_forced(place):
    place.push()
    file = place.folder / "organisation.yml"
    file.write_text(file.read_text().replace("14.4", "6"))
    edited = file.read_text()

    outcomes = fates(place.push(flat_rule_files(the_rules(SMALLER))))
    assert outcomes["organisation.yml"] == "drifted"
    assert file.read_text() == edited
    assert "search.search.yml" in place.names()

    assert fates(place.push(force=True))["organisation.yml"] == "updated"
    assert file.read_text() == FILES["organisation.yml"]


def test_rules_that_prometheus_refuses_are_taken_back_and_the_reason_is_told(place):
    place.push()
    before = place.loader.rules()

    with pytest.raises(Refused, match=r"new\.yml: group broken, x: .*unclosed left parenthesis") as caught:
        place.push(FILES | {"new.yml": BROKEN, "organisation.yml": "groups: []\n"})

    assert "The old rule files are back in place" in str(caught.value)
    assert place.names() == {*FILES, "generated.sha256"}
    assert (place.folder / "organisation.yml").read_text() == FILES["organisation.yml"]
    assert place.loader.rules() == before


def test_a_dry_run_writes_nothing(place):
    assert set(fates(place.push(dry_run=True)).values()) == {"created"}
    assert place.names() == set()


def test_a_prometheus_that_reads_another_folder_is_told_apart_from_one_that_loaded(running, tmp_path):
    elsewhere = Place(tmp_path, running.loader)

    with pytest.raises(Refused, match=r"rules of .*organisation\.yml, .* are not in force"):
        elsewhere.push({name: text + "# other\n" for name, text in _renamed(FILES).items()})


def test_a_configuration_that_is_wrong_for_another_reason_is_not_blamed_on_the_rules(tmp_path):
    folder, server = tmp_path / "rules", tmp_path / "server"
    folder.mkdir()
    with prometheus(server, config=f"rule_files: ['{folder}/*.yml']\n") as url:
        (server / "prometheus.yml").write_text("nonsense: true\n")
        with pytest.raises(Refused, match="Its log says what is wrong"):
            Place(folder, PrometheusLoader(url, Credentials())).push()
    assert list(folder.iterdir()) == []


def test_a_prometheus_that_is_gone_leaves_the_old_files(tmp_path):
    place = Place(tmp_path, PrometheusLoader("http://127.0.0.1:9", Credentials()))

    with pytest.raises(Unavailable, match="can't be reached"):
        place.push()
    assert place.names() == set()


def _renamed(files):
    return {name: text.replace("record: slo:", "record: other:") for name, text in files.items()}
