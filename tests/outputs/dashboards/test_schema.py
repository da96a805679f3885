"""Generated dashboards held to the types that Grafana publishes: in TypeScript for 12 and 13, in Python for 11.6."""

import copy
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.cog.plugins import register_default_plugins
from grafana_foundation_sdk.models.dashboard import Dashboard
from support.catalogs import a_catalog, a_service, an_slo, latency
from support.grafana_schema import HERE, VERSIONS, type_errors

from observatory.catalog import Behaviour, Use, parse_selector
from observatory.outputs.dashboards import dashboard_files

ROOT = Path(__file__).parents[3]


def every_kind_of_panel():
    return a_catalog(
        a_service(
            depends_on=("search",),
            slos=(an_slo(), an_slo("latency", objective="99", sli=latency())),
            behaviour=(Behaviour(name="saves", metric=parse_selector("playlist_saves_total")),),
            uses=(
                Use(kind="postgresql", selector={"datname": "playlists"}),
                Use(kind="memcached"),
                *(Use(kind="cassandra", dialect=dialect) for dialect in ("jmx", "mcac", "instaclustr")),
                *(Use(kind="kafka", dialect=dialect) for dialect in ("kafka_exporter", "kminion")),
            ),
        ),
        a_service("search"),
    )


def generated():
    """Those of the example organisation, as they are committed, and one of every panel there is."""
    committed = {
        str(path.relative_to(ROOT)): json.loads(path.read_text())
        for path in sorted(ROOT.glob("dashboards/**/*.json"))
    }
    assert len(committed) > 10
    return committed | {
        path: json.loads(text) for path, text in dashboard_files(every_kind_of_panel()).items()
    }


@pytest.mark.slow
@pytest.mark.parametrize("version", VERSIONS)
def test_tsc_accepts_every_dashboard(tmp_path, version):
    assert type_errors(tmp_path / "ts", generated(), version=version) == []


def first(dashboard, kind):
    return next(panel for panel in dashboard["panels"] if panel["type"] == kind)


def text_threshold(dashboard):
    first(dashboard, "stat")["fieldConfig"]["defaults"]["thresholds"]["steps"][1]["value"] = "0.25"


def no_show_legend(dashboard):
    del first(dashboard, "timeseries")["options"]["legend"]["showLegend"]


def text_datasource(dashboard):
    first(dashboard, "timeseries")["datasource"] = "Prometheus"


def text_datasource_of_a_query(dashboard):
    first(dashboard, "timeseries")["targets"][0]["datasource"] = "Prometheus"


def removed_option(dashboard):
    first(dashboard, "table")["options"]["footer"] = {"show": False, "reducer": ["sum"], "countRows": False}


def misspelt_field_option(dashboard):
    first(dashboard, "timeseries")["fieldConfig"]["defaults"]["custom"]["lineWith"] = 2


def bad_override(dashboard):
    overrides = first(dashboard, "table")["fieldConfig"]["overrides"]
    overrides[0]["properties"][0] = {"id": "thresholds", "value": {"mode": "absolute", "steps": ""}}


DEFECTS = (
    text_threshold,
    no_show_legend,
    text_datasource,
    text_datasource_of_a_query,
    removed_option,
    misspelt_field_option,
    bad_override,
)


@pytest.mark.slow
@pytest.mark.parametrize("version", VERSIONS)
def test_tsc_finds_each_kind_of_defect(tmp_path, version):
    """All in one run, each in a dashboard of its own that is named after it."""
    files = dashboard_files(every_kind_of_panel())
    squad, service = (json.loads(files[f"playlists/{name}.json"]) for name in ("_squad", "playlist"))
    damaged = {}
    for defect in DEFECTS:
        dashboard = copy.deepcopy(squad if "table" in defect.__code__.co_consts else service)
        defect(dashboard)
        damaged[defect.__name__] = dashboard
    errors = type_errors(tmp_path / "ts", damaged, version=version)
    assert {error.partition(":")[0] for error in errors} == {defect.__name__ for defect in DEFECTS}


def lost(before, after, path="") -> Iterator[str]:
    """Paths of what `after` lacks of `before`."""
    if isinstance(before, dict):
        for key, value in before.items():
            if not isinstance(after, dict) or key not in after:
                yield f"{path}.{key}"
            else:
                yield from lost(value, after[key], f"{path}.{key}")
    elif isinstance(before, list):
        if not isinstance(after, list) or len(before) != len(after):
            yield f"{path}[]"
            return
        for one, other in zip(before, after, strict=True):
            yield from lost(one, other, f"{path}[]")
    elif before != after:
        yield f"{path}: {before!r} became {after!r}"


def round_trip(dashboard):
    register_default_plugins()
    return json.loads(JSONEncoder().encode(Dashboard.from_json(dashboard)))


PLUGINS = {f".annotations.list[].{key}" for key in ("step", "titleFormat", "useValueForTime")}
"""What Grafana's model of annotations leaves to their plugin, Prometheus: known to be dropped by the model alone."""


def test_grafanas_own_model_knows_every_key():
    dropped = {path for dashboard in generated().values() for path in lost(dashboard, round_trip(dashboard))}
    assert dropped == PLUGINS


def test_a_key_that_grafanas_model_does_not_know_is_noticed():
    dashboard = json.loads(dashboard_files(every_kind_of_panel())["playlists/playlist.json"])
    first(dashboard, "stat")["maxPoints"] = 100
    assert ".panels[].maxPoints" in set(lost(dashboard, round_trip(dashboard)))


def test_the_lock_file_names_no_registry():
    lock = json.loads((HERE / "package-lock.json").read_text())
    assert {name for name, package in lock["packages"].items() if "resolved" in package} == set()
    assert all("integrity" in package for name, package in lock["packages"].items() if name)
