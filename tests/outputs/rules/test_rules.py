import re

import pytest
from support.catalogs import a_catalog, a_service, a_squad, an_slo, events, latency, parse_sli
from support.rules import promtool, unit_test, write_files

from observatory.outputs.rules import rule_files

GROUPS = ["playlist", "slo-pages", "slo-budgets"]


def varied():
    return a_catalog(
        a_service(
            slos=(
                an_slo(),
                an_slo("latency", objective="99", sli=latency()),
                an_slo("good", objective="99.5", days=28, sli=events("all_total", good="fine_total")),
                an_slo(
                    "wide",
                    objective="95",
                    days=7,
                    sli=events(good='http_requests_total{code!~"5..|429"}'),
                ),
            )
        ),
        a_service("search", squad="discovery", slos=(an_slo(objective="99.99"),), runbook=None, selector={}),
    )


GAUGES = (
    "{probe: up}",
    "{threshold: {metric: depth, op: '<=', value: 5, bad_when: sum}}",
    "{freshness: {timestamp: last_seconds, below: 10m}}",
    "{queue: {lag: lag, below: 1000}}",
    "{promql: {bad: 'a - a offset $window', total: 'b - b offset $window'}}",
    "{promql: {ratio: r, of: good, total: 'b - b offset $window'}}",
)
NATIVE = (
    "{latency: {native_histogram: took_seconds, below: 250ms}}",
    "{error_or_slow: {total: all_total, native_histogram: 'took_seconds{ok=\"1\"}', below: 250ms}}",
    "{error_or_slow: {total: all_total, bad: failed_total, native_histogram: took_seconds, below: 250ms}}",
)
PRESETS = ("http", "otel", "istio", "starlette", "grpc", "request_reply", "messaging", "pubsub")


def of_every_kind():
    texts = [
        *GAUGES,
        *NATIVE,
        *(f"{{preset: {name}}}" for name in PRESETS),
        *(f"{{preset: {name}, below: 250ms}}" for name in PRESETS),
        *(f"{{preset: {name}, below: 250ms, kind: error_or_slow}}" for name in PRESETS),
    ]
    slos = [an_slo(f"slo-{number}", sli=parse_sli(text)) for number, text in enumerate(texts)]
    return a_catalog(a_service(slos=tuple(slos)))


def organisation(*services):
    return rule_files(a_catalog(*services))["organisation.yml"]


@pytest.mark.parametrize("catalog", [varied(), of_every_kind()], ids=["varied", "every kind"])
def test_promtool_accepts_every_file_and_finds_no_duplicates(tmp_path, catalog):
    files = write_files(tmp_path, {k: v for k, v in rule_files(catalog).items() if "tests" not in k})
    said = promtool("check", "rules", "--lint=all", "--lint-fatal", *files)
    assert said.startswith("0:"), said


OF_BOTH = [
    an_slo("told", sli=parse_sli("{preset: http, below: 250ms, kind: error_or_slow}")),
    an_slo("untold", sli=parse_sli("{preset: grpc, below: 250ms, kind: error_or_slow}")),
    an_slo("probe", sli=parse_sli("{probe: up}")),
    *(an_slo(f"native-{number}", sli=parse_sli(text)) for number, text in enumerate(NATIVE)),
]


@pytest.mark.parametrize(
    "catalog", [varied(), a_catalog(a_service(slos=tuple(OF_BOTH)))], ids=["varied", "failing or slow"]
)
def test_the_generated_proofs_hold(tmp_path, catalog):
    write_files(tmp_path, rule_files(catalog))
    said = promtool("test", "rules", *sorted(tmp_path.glob("tests/*/*.yml")))
    assert said.startswith("0:"), said


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        pytest.param("organisation.yml", ">= 14.4", ">= 144", id="a threshold that is never reached"),
        pytest.param("organisation.yml", ">= 14.4", ">= 0.01", id="a threshold that is always reached"),
        pytest.param("organisation.yml", "[59m59s999ms]", "[9m59s999ms]", id="a long window that is short"),
        pytest.param("playlists/playlist.yml", 'code=~"5.."', 'code=~"4.."', id="the wrong errors"),
        pytest.param("playlists/playlist.yml", "offset 1m", "offset 2m", id="buckets that overlap"),
        pytest.param("organisation.yml", "keep_firing_for: 5m", "keep_firing_for: 5h", id="no recovery"),
    ],
)
def test_the_generated_proof_finds_a_broken_rule(tmp_path, file, old, new):
    files = rule_files(a_catalog())
    assert old in files[file]
    write_files(tmp_path, files | {file: files[file].replace(old, new)})
    assert promtool("test", "rules", tmp_path / "tests/playlists/playlist.yml").startswith("1:")


def test_the_number_of_organisation_rules_does_not_grow_with_the_slos():
    one = organisation(a_service())
    many = organisation(*(a_service(f"service-{number}") for number in range(50)))
    assert one == many


def test_another_window_brings_its_own_thresholds():
    text = organisation(a_service(slos=(an_slo(days=28),)))
    assert {">= 13.44", ">= 5.6", ">= 2.8", ">= 1"} <= set(re.findall(r">= [\d.]+", text))
    assert ">= 14.4" not in text


def test_objectives_reach_the_rules_as_they_were_written():
    text = rule_files(a_catalog(a_service(slos=(an_slo(objective="99.95"),))))["playlists/playlist.yml"]
    assert "vector(0.0005)" in text


def test_groups_use_only_what_prometheus_2_42_knows():
    text = "".join(rule_files(varied()).values())
    assert set(re.findall(r"^    (\w+):", organisation(a_service()), re.MULTILINE)) == {"interval", "rules"}
    assert "query_offset" not in text


BURNING = """\
  - interval: 1m
    input_series:
      - {series: 'http_requests_total{job="playlist",code="200"}', values: '0+800x180'}
      - {series: 'http_requests_total{job="playlist",code="500"}', values: '0+200x180'}
"""


def test_an_alert_says_what_burns_how_fast_what_is_left_and_whose_it_is(tmp_path):
    files = rule_files(a_catalog(), grafana_url="https://grafana.example/")
    write_files(tmp_path, files)
    proof = """\
    alert_rule_test:
      - eval_time: 60m
        alertname: ErrorBudgetBurnFast
        exp_alerts:
          - exp_labels:
              {severity: page, tier: fast, squad: playlists, service: playlist, slo: availability, slo_window: 30d}
            exp_annotations:
              summary: playlist/availability burns its error budget 200.0 times too fast
              description: >-
                Over the last 1h, errors came 200.0 times as fast as the 30d budget allows (alert at 14.4, also
                over the last 5m). Budget left: -1.99e+04%. At this rate it is gone in: 0s. Owner: playlists.
                Look now: users are being failed.
              burn: "200.0"
              budget_left: -1.99e+04%
              exhaustion: 0s
              owner: playlists
              runbook_url: https://runbooks.example/playlist
              dashboard_url: https://grafana.example/d/service-playlist
"""
    said = unit_test(tmp_path, BURNING + proof, groups=GROUPS)
    assert "SUCCESS" in said, said


def test_a_new_owner_gets_the_alert_and_the_budget_forgets_nothing(tmp_path):
    write_files(tmp_path, rule_files(a_catalog()) | {"playlists/playlist.yml": "groups: []\n"})
    counts = "\n".join(
        f"""\
      - {{series: '{series}{{squad="{squad}",service="playlist",slo="availability"{more}}}', values: '{values}'}}"""
        for squad, minutes, gap in (("old", 60, 0), ("new", 60, 60))
        for series, more, values in (
            ("slo:total_events:increase1m", "", f"_x{gap} 1000x{minutes - 1} stale"),
            ("slo:bad_events:increase1m", "", f"_x{gap} 30x{minutes - 1} stale"),
            ("slo:error_budget:ratio", ',slo_window="30d"', f"_x{max(0, gap - 2)} 0.001x{minutes + 2} stale"),
        )
    ).replace("_x0 ", "")
    proof = f"""\
  - interval: 1m
    input_series:
{counts}
    promql_expr_test:
      - expr: count by (squad) (ALERTS{{alertname="ErrorBudgetBurnFast",alertstate="firing"}})
        eval_time: 50m
        exp_samples: [{{labels: '{{squad="old"}}', value: 1}}]
      - expr: count by (squad) (slo:burn_rate:ratio{{window="1h"}})
        eval_time: 61m
        exp_samples: [{{labels: '{{squad="old"}}', value: 1}}]
      - expr: count by (squad) (slo:burn_rate:ratio{{window="1h"}})
        eval_time: 110m
        exp_samples: [{{labels: '{{squad="new"}}', value: 1}}]
      - expr: sum by (service) (slo:bad_events:sum{{window="6h"}})
        eval_time: 119m
        exp_samples: [{{labels: '{{service="playlist"}}', value: 3600}}]
"""
    said = unit_test(tmp_path, proof, groups=["slo-pages", "slo-budgets"])
    assert "SUCCESS" in said, said


@pytest.mark.parametrize(("failures", "tickets"), [(1, 0), (2, 2)])
def test_one_failure_of_a_quiet_service_tells_nobody(tmp_path, failures, tickets):
    write_files(tmp_path, rule_files(a_catalog()) | {"playlists/playlist.yml": "groups: []\n"})
    labels = '{squad="playlists",service="playlist",slo="availability"}'
    proof = f"""\
  - interval: 1m
    input_series:
      - {{series: 'slo:error_budget:ratio{labels[:-1]},slo_window="30d"}}', values: '0.001x60'}}
      - {{series: 'slo:total_events:increase1m{labels}', values: '0x29 1x30'}}
      - {{series: 'slo:bad_events:increase1m{labels}', values: '0x49 {failures}x0 0x9'}}
    promql_expr_test:
      - expr: slo:bad_events:sum{{window="1d"}}
        eval_time: 60m
        exp_samples: [{{labels: 'slo:bad_events:sum{{service="playlist",slo="availability",window="1d"}}',
                       value: {failures}}}]
      - expr: count(ALERTS{{severity="ticket"}}) or vector(0)
        eval_time: 60m
        exp_samples: [{{labels: '{{}}', value: {tickets}}}]
"""
    said = unit_test(tmp_path, proof, groups=["slo-pages", "slo-budgets"], interval="5m")
    assert "SUCCESS" in said, said


def test_an_idle_window_has_no_burn_rate_instead_of_nan(tmp_path):
    write_files(tmp_path, rule_files(a_catalog()))
    proof = """\
  - interval: 1m
    input_series:
      - {series: 'http_requests_total{job="playlist",code="200"}', values: '5x60'}
    promql_expr_test:
      - {expr: 'slo:total_events:sum{window="1h"}', eval_time: 30m, exp_samples: [
          {labels: 'slo:total_events:sum{service="playlist",slo="availability",window="1h"}', value: 0}]}
      - {expr: 'slo:burn_rate:ratio', eval_time: 30m, exp_samples: []}
"""
    said = unit_test(tmp_path, proof, groups=GROUPS)
    assert "SUCCESS" in said, said


def test_an_objective_that_no_outage_can_burn_fast_enough_has_no_proof_of_paging():
    service = a_service(slos=(an_slo(objective="90"),))
    proof = rule_files(a_catalog(service))["tests/playlists/playlist.yml"]
    assert "pages and recovers" not in proof
    assert "healthy traffic stays silent" in proof


def test_a_service_without_slos_has_no_rules():
    files = rule_files(a_catalog(a_service(slos=()), squads=[a_squad()]))
    assert not [name for name in files if "/" in name.removeprefix("tests/")]


def test_a_window_shorter_than_a_tier_has_no_alert_of_that_tier():
    text = organisation(a_service(slos=(an_slo(days=1),)))
    assert "ErrorBudgetBurnDrain" in text
    assert "ErrorBudgetBurnCreep" not in text


def test_rules_do_not_depend_on_the_order_of_the_catalog():
    one, other = a_service("one"), a_service("other")
    assert rule_files(a_catalog(one, other)) == rule_files(a_catalog(other, one))
