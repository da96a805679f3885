import json
import re
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import promql_parser
import pytest
from support.catalogs import a_catalog, a_service, a_squad, an_slo, events, latency, parse_sli

from observatory.catalog import Behaviour, parse_selector
from observatory.outputs.dashboards import dashboard_files
from observatory.outputs.links import service_uid, squad_uid
from observatory.outputs.lint import Known, is_test, lint_dashboard, read_rule_file, recorded
from observatory.outputs.rules import rule_files

LONG = "a-service-whose-name-is-so-long-that-it-is-no-uid"


def varied():
    return a_catalog(
        a_service(
            description="Låtlistor, stored and served.",
            depends_on=("search",),
            slos=(
                an_slo(),
                an_slo("latency", objective="99", sli=latency(below=timedelta(milliseconds=250))),
            ),
            behaviour=(Behaviour(name="saves", metric=parse_selector("playlist_saves_total")),),
        ),
        a_service("search", squad="discovery", slos=(an_slo(days=7, sli=events(good="fine_total")),)),
        a_service(LONG, squad="discovery", selector={}),
        a_service("idle", squad="discovery", slos=()),
        squads=[a_squad("playlists"), a_squad("discovery"), a_squad("newcomers")],
    )


@pytest.fixture(scope="module")
def dashboards():
    return {path: json.loads(text) for path, text in dashboard_files(varied()).items()}


def panels(dashboard):
    return [panel for panel in dashboard["panels"] if panel["type"] not in ("row", "text")]


def panel(dashboard, title):
    return next(panel for panel in dashboard["panels"] if panel["title"] == title)


def test_there_is_one_for_each_service_each_squad_and_the_organisation(dashboards):
    assert sorted(dashboards) == [
        "discovery/_squad.json",
        f"discovery/{LONG}.json",
        "discovery/idle.json",
        "discovery/search.json",
        "newcomers/_squad.json",
        "organisation.json",
        "playlists/_squad.json",
        "playlists/playlist.json",
    ]


def findings(catalog):
    """What the lint says of a catalog's dashboards, given the catalog's rules."""
    files = [read_rule_file(path, text) for path, text in rule_files(catalog).items() if not is_test(text)]
    known = Known({}, frozenset(recorded(rule for file in files for rule in file.rules).labels))
    found = [lint_dashboard(path, text, known)[0] for path, text in dashboard_files(catalog).items()]
    return [finding for of_one in found for finding in of_one]


def test_nothing_is_found_wrong_with_them():
    assert findings(varied()) == []


def test_uids_are_unique_and_those_of_the_links(dashboards):
    uids = {path: dashboard["uid"] for path, dashboard in dashboards.items()}
    assert len({*uids.values()}) == len(uids)
    assert uids["playlists/playlist.json"] == service_uid("playlist") == "service-playlist"
    assert uids["playlists/_squad.json"] == squad_uid("playlists")
    assert uids[f"discovery/{LONG}.json"] == service_uid(LONG)


def test_every_query_is_promql_once_grafana_has_filled_in_its_variables(dashboards):
    expressions = [
        target["expr"].replace("$__rate_interval", "5m")
        for dashboard in dashboards.values()
        for one in panels(dashboard)
        for target in one["targets"]
    ]
    expressions += [
        mark["expr"] for one in dashboards.values() for mark in one["annotations"]["list"] if "expr" in mark
    ]
    for expression in expressions:
        promql_parser.parse(expression)
        assert "$" not in re.sub(r'"[^"]*"', "", expression)


@pytest.mark.parametrize(
    "text",
    [
        "{probe: up}",
        "{threshold: {metric: depth, op: '<=', value: 5, bad_when: sum}}",
        "{freshness: {timestamp: last_seconds, below: 10m}}",
        "{queue: {oldest_age: age_seconds, below: 5m}}",
        "{promql: {bad: 'a - a offset $window', total: 'b - b offset $window'}}",
        "{promql: {ratio: r, of: good}}",
        "{latency: {native_histogram: took_seconds, below: 250ms}}",
        "{error_or_slow: {total: all_total, bad: failed_total, native_histogram: took_seconds, below: 250ms}}",
        "{preset: istio, below: 250ms}",
        "{preset: http, below: 250ms, kind: error_or_slow}",
        "{preset: grpc, below: 250ms, kind: error_or_slow}",
    ],
)
def test_every_kind_of_sli_has_panels_that_ask_in_promql(text):
    catalog = a_catalog(a_service(slos=(an_slo(sli=parse_sli(text)),)))
    dashboard = json.loads(dashboard_files(catalog)["playlists/playlist.json"])
    assert findings(catalog) == []
    for one in panels(dashboard):
        for target in one["targets"]:
            promql_parser.parse(target["expr"].replace("$__rate_interval", "5m"))


@pytest.mark.parametrize(
    ("text", "title", "expressions"),
    [
        pytest.param(
            "{queue: {lag: lag, below: 1000, bad_when: sum}}",
            "lag against 1000",
            ['sum((lag{job="playlist"} >= -Inf))'],
            id="a sum",
        ),
        pytest.param(
            "{freshness: {timestamp: last_seconds, below: 10m}}",
            "last_seconds against 600 s",
            [
                'max((time() - (last_seconds{job="playlist"} >= -Inf)))',
                'min((time() - (last_seconds{job="playlist"} >= -Inf)))',
            ],
            id="an age",
        ),
    ],
)
def test_a_gauge_is_shown_against_its_bound(text, title, expressions):
    files = dashboard_files(a_catalog(a_service(slos=(an_slo(sli=parse_sli(text)),))))
    shown = panel(json.loads(files["playlists/playlist.json"]), title)
    assert [target["expr"] for target in shown["targets"]] == expressions
    bound = float(title.split()[2])
    steps = shown["fieldConfig"]["defaults"]["thresholds"]["steps"]
    assert [step["value"] for step in steps] == [None, bound]


def test_no_query_passes_missing_data_off_as_a_value(dashboards):
    text = json.dumps(dashboards)
    assert "or vector(" not in text
    assert "or on() vector(" not in text


def test_a_new_panel_or_slo_leaves_the_ids_of_the_others_alone():
    ids = []
    for slos in ((an_slo("latency"),), (an_slo("availability"), an_slo("latency"))):
        text = dashboard_files(a_catalog(a_service(slos=slos)))["playlists/playlist.json"]
        ids.append({one["id"] for one in json.loads(text)["panels"]})
    assert ids[0] < ids[1]


def test_thresholds_are_those_of_the_alerts(dashboards):
    steps = panel(dashboards["playlists/playlist.json"], "Burn rate")["fieldConfig"]["defaults"]["thresholds"]
    assert [step["value"] for step in steps["steps"]] == [None, 1, 3, 6, 14.4]


def test_the_latency_bound_and_the_strictest_budget_are_drawn(dashboards):
    bound = panel(dashboards["playlists/playlist.json"], "Latency against 0.25 s")
    assert bound["fieldConfig"]["defaults"]["thresholds"]["steps"][-1] == {"color": "red", "value": 0.25}
    errors = panel(dashboards["playlists/playlist.json"], "Errors")
    assert errors["fieldConfig"]["defaults"]["thresholds"]["steps"][-1] == {"color": "red", "value": 0.001}


def test_unknown_is_grey_and_says_no_data(dashboards):
    for dashboard in dashboards.values():
        for one in panels(dashboard):
            defaults = one["fieldConfig"]["defaults"]
            assert defaults["noValue"] == "no data"
            if one["type"] != "timeseries":
                assert defaults["thresholds"]["steps"][0] == {"color": "#808080", "value": None}


def test_links_keep_variables_and_time(dashboards):
    for dashboard in dashboards.values():
        assert all(link["keepTime"] and link["includeVars"] for link in dashboard["links"])
    table = panel(dashboards["organisation.json"], "Every SLO, worst budget first")
    url = next(
        item["value"][0]["url"]
        for override in table["fieldConfig"]["overrides"]
        for item in override["properties"]
        if item["id"] == "links"
    )
    assert url == "/d/${__data.fields.dashboard}?${__url_time_range}&var-datasource=${datasource}"
    assert service_uid(LONG) in table["targets"][2]["expr"]


def test_a_dashboard_says_whose_it_is_and_where_it_is_written(dashboards):
    text = panel(dashboards["playlists/playlist.json"], "Whose it is")["options"]["content"]
    for part in (
        "squad-playlists",
        "C0PLAYLISTS",
        "catalog/playlists/playlist.yml",
        "runbooks.example",
        "/d/service-search",
    ):
        assert part in text


def test_deploys_and_alerts_are_marked(dashboards):
    marks = {mark["name"]: mark for mark in dashboards["playlists/playlist.json"]["annotations"]["list"]}
    assert set(marks) == {"Alerts", "Deploys and restarts", "Deploys", "Flags", "Events"}
    assert marks["Deploys"]["target"]["tags"] == ["deploy", "playlist"]


def test_the_text_is_canonical():
    for text in dashboard_files(varied()).values():
        assert text == json.dumps(json.loads(text), indent=2, sort_keys=True, ensure_ascii=False) + "\n"
        assert json.loads(text)["schemaVersion"] == 41


PRINT = """
import sys
from outputs.dashboards import test_dashboards as this
from observatory.application.generate import generate
from hashlib import sha256
print(sha256(repr(sorted(generate(this.varied()).items())).encode()).hexdigest())
"""


def test_bytes_are_the_same_under_any_hash_seed_locale_and_time_zone():
    digests = set()
    root = Path(__file__).parents[3]
    for seed, locale, zone in (
        ("0", "C", "UTC"),
        ("1", "C.UTF-8", "Asia/Kathmandu"),
        ("42", "POSIX", "America/St_Johns"),
    ):
        environment = {"PYTHONHASHSEED": seed, "LC_ALL": locale, "TZ": zone}
        environment["PYTHONPATH"] = f"{root}:{root / 'tests'}"
        done = subprocess.run(
            [sys.executable, "-c", PRINT], env=environment, capture_output=True, text=True, check=True
        )
        digests.add(done.stdout)
    assert len(digests) == 1
