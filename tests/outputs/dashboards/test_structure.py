import copy
import json

import pytest
from support.catalogs import a_catalog

from observatory.outputs.dashboards import dashboard_files
from observatory.outputs.dashboards.structure import structural_problems

SOUND = json.loads(dashboard_files(a_catalog())["playlists/playlist.json"])


def same_id(dashboard):
    dashboard["panels"][1]["id"] = dashboard["panels"][2]["id"]


def string_datasource(dashboard):
    dashboard["panels"][1]["targets"][0]["datasource"] = "Prometheus"


def fixed_datasource(dashboard):
    dashboard["panels"][1]["datasource"]["uid"] = "abc"


def same_references(dashboard):
    burn = next(panel for panel in dashboard["panels"] if panel["title"] == "Burn rate")
    burn["targets"][1]["refId"] = "A"


def descending(dashboard):
    dashboard["panels"][3]["fieldConfig"]["defaults"]["thresholds"]["steps"].reverse()


@pytest.mark.parametrize(
    ("damage", "problem"),
    [
        pytest.param(same_id, "2 panels have the id", id="two panels with one id"),
        pytest.param(string_datasource, "datasource must be an object", id="a data source as a string"),
        pytest.param(fixed_datasource, "names a variable", id="a fixed data source"),
        pytest.param(same_references, "refIds must be unique", id="two queries with one refId"),
        pytest.param(descending, "thresholds must begin with null", id="thresholds that descend"),
        pytest.param(lambda d: d.update(uid="x" * 41), "uid must be", id="a uid that is too long"),
        pytest.param(lambda d: d["panels"][2]["gridPos"].update(x=0), "overlaps", id="panels that overlap"),
        pytest.param(lambda d: d["panels"][2]["gridPos"].update(x=23), "24 columns", id="off the grid"),
        pytest.param(lambda d: d["panels"][1].update(description=""), "no description", id="no description"),
        pytest.param(lambda d: d["panels"][1].update(title=""), "no title", id="no title"),
        pytest.param(lambda d: d["panels"][1].update(maxDataPoints=100), "hides data", id="blind charts"),
        pytest.param(lambda d: d["panels"][1].update(targets=[]), "has no query", id="no query"),
        pytest.param(
            lambda d: d["panels"][1]["fieldConfig"]["defaults"].pop("unit"), "has no unit", id="no unit"
        ),
        pytest.param(lambda d: d["panels"][1].update(interval=None), "is null", id="a null"),
    ],
)
def test_what_grafana_accepts_in_silence_is_found(damage, problem):
    dashboard = copy.deepcopy(SOUND)
    damage(dashboard)
    assert any(problem in found for found in structural_problems(dashboard))


def test_a_sound_dashboard_has_no_problems():
    assert structural_problems(SOUND) == []
