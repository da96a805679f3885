"""Rules of journeys: put together from what the components' rules counted, as Observatory puts them together."""

import pytest
from support.catalogs import SQUAD_YAML, changed, parse_yaml
from support.rules import promtool, unit_test, write_files

from observatory.outputs.rules import rule_files

SEARCH = """\
apiVersion: observatory/v1
kind: Service
name: search
squad: playlists
slos:
  - name: availability
    objective: 99
    window: 1d
    sli: {events: {total: searches_total, bad: failed_searches_total}}
"""
LISTEN = """\
apiVersion: observatory/v1
kind: Journey
name: listen
squad: discovery
slos:
  - name: added
    objective: 99
    window: 30d
    of: [playlist/availability, {slo: search/availability, weight: 3}]
  - name: worst
    objective: 99
    window: 30d
    combine: worst
    of: [{slo: playlist/availability, good_from: 95}, search/availability]
  - name: nested
    objective: 99
    window: 30d
    of: [listen/added]
  - name: sliced
    objective: 99
    window: 30d
    method: {timeslices: {slice: 1m, target: 95}}
    of: [playlist/availability]
"""
DISCOVERY = changed("name: playlists", "name: discovery", text=SQUAD_YAML)


def files_of(journey=LISTEN, **more):
    return rule_files(parse_yaml(search=SEARCH, listen=journey, discovery=DISCOVERY, **more).valid())


def test_they_are_accepted_and_prove_themselves(tmp_path):
    paths = write_files(tmp_path, files_of())
    rules = [path for path in paths if "tests" not in path.parts]
    checked = promtool("check", "rules", "--lint=all", "--lint-fatal", *rules)
    assert checked.startswith("0:"), checked
    said = promtool("test", "rules", tmp_path / "tests/discovery/listen.yml")
    assert said.startswith("0:"), said


@pytest.mark.parametrize(
    ("old", "new"),
    [
        pytest.param("3 * sum(sum_over", "2 * sum(sum_over", id="a weight forgotten"),
        pytest.param("> bool 0.05", "> bool 0.99", id="a looser minute"),
    ],
)
def test_the_proof_finds_a_broken_rule(tmp_path, old, new):
    files = files_of()
    text = files["discovery/listen.yml"]
    assert old in text
    write_files(tmp_path, files | {"discovery/listen.yml": text.replace(old, new)})
    said = promtool("test", "rules", tmp_path / "tests/discovery/listen.yml")
    assert said.startswith("1:"), said


COUNTED = """
  - interval: 1m
    input_series:
      - {series: 'slo:total_events:increase1m{squad="a",service="playlist",slo="availability"}', values: "100 100 0 0 100 _ 100"}
      - {series: 'slo:bad_events:increase1m{squad="a",service="playlist",slo="availability"}', values: "5 6 0 0 0 _ 1"}
      - {series: 'slo:total_events:increase1m{squad="b",service="search",slo="availability"}', values: "10 10 0 10 10 10 _"}
      - {series: 'slo:bad_events:increase1m{squad="b",service="search",slo="availability"}', values: "0 0 0 0 1 2 _"}
    promql_expr_test:
"""


def at(minute, slo, kind, value):
    sample = "[]" if value is None else f"[{{labels: '{{}}', value: {value}}}]"
    series = f'sum(last_over_time(slo:{kind}_events:increase1m{{service="listen",slo="{slo}"}}[59s]))'
    return f"      - {{expr: '{series}', eval_time: {minute}m, exp_samples: {sample}}}\n"


def test_each_minute_is_what_the_components_counted_in_it(tmp_path):
    """Idle, half idle, failing at one step, and one step that is not seen: what the other counted still counts."""
    write_files(tmp_path, {"listen.yml": files_of()["discovery/listen.yml"]})
    expected = {
        ("added", "total"): (130, 130, 0, 30, 130, 30, 100, None),
        ("added", "bad"): (5, 6, 0, 0, 3, 6, 1, None),
        ("worst", "total"): (1, 1, 0, 1, 1, 1, 1, None),
        ("worst", "bad"): (0, 1, 0, 0, 1, 1, 0, None),
        ("nested", "total"): (130, 130, 0, 30, 130, 30, 100, None),
        ("sliced", "bad"): (0, 1, 0, 0, 0, None, 0, None),
    }
    expectations = "".join(
        at(minute, slo, kind, value)
        for (slo, kind), values in expected.items()
        for minute, value in enumerate(values)
    )
    said = unit_test(tmp_path, COUNTED + expectations, groups=["listen"])
    assert said.startswith("0:"), said


BURNS = """
  - interval: 1m
    input_series:
      - {series: 'slo:total_events:increase1m{squad="a",service="playlist",slo="availability"}', values: "100+0x90"}
      - {series: 'slo:bad_events:increase1m{squad="a",service="playlist",slo="availability"}', values: "1+0x90"}
      - {series: 'slo:total_events:increase1m{squad="b",service="search",slo="availability"}', values: "100+0x90"}
      - {series: 'slo:bad_events:increase1m{squad="b",service="search",slo="availability"}', values: "90+0x90"}
    promql_expr_test:
      - expr: topk(1, sum by (component) (sum_over_time(slo:component_bad_events:increase1m{service="listen",slo="added"}[1h])) > 0)
        eval_time: 80m
        exp_samples: [{labels: '{component="search/availability"}', value: 16470}]
    alert_rule_test:
      - alertname: ErrorBudgetBurnFast
        eval_time: 80m
        exp_alerts: []
"""


def test_an_alert_names_the_component_that_fails_most_users_and_goes_to_the_journeys_squad(tmp_path):
    write_files(tmp_path, files_of())
    said = unit_test(tmp_path, BURNS, groups=["listen", "slo-pages"])
    got = said.partition("got:")[2]
    assert 'service="listen", severity="page", slo="added"' in got, said
    assert 'squad="discovery"' in got
    assert "Most of it comes from search/availability. Owner: discovery." in got
    assert "time: 1h20m" in said
    assert "topk(1, sum by (component)" not in said.partition("got:")[0]


def test_alerts_of_an_organisation_without_journeys_ask_for_no_component():
    alone = rule_files(parse_yaml().valid())["organisation.yml"]
    assert "component" not in alone


def test_a_journey_of_slices_that_rules_cannot_cut_is_left_to_observatory():
    five = changed(
        "objective: 99.9\n", "objective: 99.9\n    method: {timeslices: {slice: 5m, target: 95}}\n"
    )
    catalog = parse_yaml(five, search=SEARCH, listen=LISTEN, discovery=DISCOVERY).valid()
    text = rule_files(catalog)["discovery/listen.yml"]
    assert "Without added: its slices, or those of a component, are not of 1m" in text
    assert "record: slo:" not in text
