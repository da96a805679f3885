"""A clean dashboard that somebody wrote by hand, damaged in one way after the other: each is seen, and nothing else."""

import copy
import json
from pathlib import Path

import pytest
from support.catalogs import a_catalog, a_service, an_slo, parse_sli

from observatory.outputs.dashboards import dashboard_files
from observatory.outputs.lint import (
    Known,
    counted_natively,
    lint_dashboard,
    lint_together,
    read_metrics,
    recorded,
)
from observatory.outputs.lint import dashboards as linting
from observatory.outputs.lint.rule_files import is_test, read_rule_file
from observatory.outputs.rules import rule_files

CLEAN = json.loads((Path(__file__).parent / "by_hand.json").read_text())
KNOWN = Known(
    read_metrics(
        [
            (
                "# TYPE http_requests_total counter\n# TYPE http_request_duration_seconds histogram\n"
                "# TYPE queue_length gauge\n# TYPE process_cpu_seconds_total counter\n"
            )
        ]
    ),
    frozenset({"job:http_errors:ratio5m"}),
    alerts=frozenset({"Errors", "QueueGrows"}),
    limits={"max(job:http_errors:ratio5m)": frozenset({0.01})},
    retention=15 * 86_400.0,
)


def found(dashboard, known=KNOWN):
    text = dashboard if isinstance(dashboard, str) else json.dumps(dashboard)
    findings, _ = lint_dashboard("dashboards/by_hand.json", text, known)
    return {finding.rule for finding in findings}


def chart(dashboard):
    return dashboard["panels"][0]


def stat(dashboard):
    return dashboard["panels"][1]


def query(expr, *, panel=chart):
    return lambda d: panel(d)["targets"][0].update(expr=expr)


def unit(name, expr):
    def damage(dashboard):
        chart(dashboard)["fieldConfig"]["defaults"]["unit"] = name
        query(expr)(dashboard)

    return damage


def variable(number, **changes):
    return lambda d: d["templating"]["list"][number].update(changes)


def annotation(**changes):
    return lambda d: d["annotations"]["list"][0].update(changes)


DAMAGE = [
    pytest.param("dashboard-uid", lambda d: d.pop("uid"), id="no uid"),
    pytest.param("dashboard-uid", lambda d: d.update(uid="x" * 41), id="a uid of 41 letters"),
    pytest.param("dashboard-title", lambda d: d.update(title=" "), id="no title"),
    pytest.param("panel-id", lambda d: stat(d).update(id=1), id="two panels of one id"),
    pytest.param("panel-id", lambda d: stat(d).pop("id"), id="a panel without an id"),
    pytest.param(
        "query-ref", lambda d: chart(d)["targets"][1].update(refId="A"), id="two queries of one refId"
    ),
    pytest.param("query-ref", lambda d: chart(d)["targets"][1].pop("refId"), id="a query without a refId"),
    pytest.param("panel-query", lambda d: chart(d).update(targets=[]), id="a panel without a query"),
    pytest.param("schema-version", lambda d: d.update(schemaVersion=12), id="schema 12"),
    pytest.param("null-value", lambda d: chart(d).update(interval=None), id="a null"),
    pytest.param("dead-panel-type", lambda d: chart(d).update(type="graph"), id="an Angular panel"),
    pytest.param("dead-panel-type", lambda d: chart(d).pop("type"), id="no type"),
    pytest.param("datasource", lambda d: chart(d).update(datasource="Prometheus"), id="a string data source"),
    pytest.param(
        "datasource",
        lambda d: chart(d)["targets"][0].update(datasource={"type": "prometheus", "uid": "abc"}),
        id="a fixed data source of a query",
    ),
    pytest.param("datasource", lambda d: stat(d)["targets"][0].pop("datasource"), id="a query without one"),
    pytest.param(
        "thresholds",
        lambda d: stat(d)["fieldConfig"]["defaults"]["thresholds"]["steps"].reverse(),
        id="thresholds that descend",
    ),
    pytest.param("blind-chart", lambda d: chart(d).update(maxDataPoints=100), id="maxDataPoints"),
    pytest.param(
        "blind-chart", lambda d: chart(d)["targets"][0].update(intervalFactor=2), id="intervalFactor"
    ),
    pytest.param("grid", lambda d: stat(d)["gridPos"].update(x=0), id="panels that overlap"),
    pytest.param("grid", lambda d: stat(d)["gridPos"].update(x=20), id="off the grid"),
    pytest.param("grid", lambda d: stat(d).pop("gridPos"), id="no place"),
    pytest.param(
        "row",
        lambda d: d["panels"].append(
            {
                "type": "row",
                "title": "R",
                "id": 9,
                "gridPos": {"x": 0, "y": 9, "w": 24, "h": 1},
                "collapsed": False,
                "panels": [chart(copy.deepcopy(CLEAN)) | {"id": 10}],
            }
        ),
        id="panels inside an open row",
    ),
    pytest.param("panel-title", lambda d: chart(d).update(title=""), id="a panel without a title"),
    pytest.param("panel-description", lambda d: chart(d).pop("description"), id="no description"),
    pytest.param("panel-unit", lambda d: chart(d)["fieldConfig"]["defaults"].pop("unit"), id="no unit"),
    pytest.param("unknown-unit", unit("percentunits", "queue_length"), id="a misspelt unit"),
    pytest.param(
        "unit-scale", unit("percentunit", "100 * job:http_errors:ratio5m"), id="percentunit times 100"
    ),
    pytest.param(
        "unit-scale",
        unit("percent", "sum(rate(http_requests_total[5m])) / sum(rate(http_requests_total[5m]))"),
        id="percent of a ratio",
    ),
    pytest.param(
        "unit-scale",
        unit("ms", "rate(process_cpu_seconds_total[5m]) + http_request_duration_seconds_sum"),
        id="seconds as ms",
    ),
    pytest.param("undeclared-variable", query('queue_length{job="$nobody"}'), id="an unknown variable"),
    pytest.param("unused-variable", lambda d: chart(d).update(targets=[]), id="a variable that nothing uses"),
    pytest.param("variable-all", variable(1, current={"text": "All", "value": "All"}), id="All as a word"),
    pytest.param("variable-refresh", variable(1, refresh=1), id="a list that grows old"),
    pytest.param("variable-query", variable(1, query="label_values(up{, job)"), id="a query that is none"),
    pytest.param("variable-match", query('queue_length{job="$job"}'), id="several values with ="),
    pytest.param("promql", query("sum(rate(http_requests_total[5m])"), id="a bracket is missing"),
    pytest.param("promql", query("rate(http_requests_total)"), id="a rate of no range"),
    pytest.param("promql", query("(" * 30_000 + "up" + ")" * 30_000), id="nested 30 000 deep"),
    pytest.param("promql", query("+".join(["up"] * 400)), id="a chain of 400"),
    pytest.param("raw-counter", query('http_requests_total{job=~"$job"}'), id="a raw counter"),
    pytest.param("rate-of-gauge", query('rate(queue_length{job=~"$job"}[5m])'), id="the rate of a gauge"),
    pytest.param("rate-of-sum", query("rate(sum(http_requests_total)[5m:1m])"), id="the rate of a sum"),
    pytest.param(
        "histogram-le",
        query("histogram_quantile(0.9, sum by (job) (rate(http_request_duration_seconds_bucket[5m])))"),
        id="a quantile without le",
    ),
    pytest.param(
        "average-of-averages", query("avg(avg by (job) (queue_length))"), id="an average of averages"
    ),
    pytest.param(
        "rate-interval", query("sum(rate(http_requests_total[$__interval]))"), id="rate over $__interval"
    ),
    pytest.param("irate", query("sum(irate(http_requests_total[5m]))"), id="irate over time"),
    pytest.param(
        "masked-absence", query("job:http_errors:ratio5m or vector(0)", panel=stat), id="or vector(0)"
    ),
    pytest.param("unknown-metric", query("job:http_errors:ratio1h"), id="a rule that is not there"),
    pytest.param("unknown-metric", query("queue_lenght"), id="a misspelt metric"),
    pytest.param(
        "legend-label",
        lambda d: chart(d)["targets"][0].update(legendFormat="{{pod}}"),
        id="a label that is summed away",
    ),
    pytest.param(
        "histogram-bucket",
        query("histogram_quantile(0.9, sum by (le) (rate(http_request_duration_seconds[$__rate_interval])))"),
        id="a quantile of what are no buckets",
    ),
    pytest.param(
        "variable-all-value", lambda d: d["templating"]["list"][1].pop("allValue"), id="no allValue"
    ),
    pytest.param("topk-over-time", query("topk(5, queue_length)"), id="a ranking at every step"),
    pytest.param("fixed-window", query("sum(rate(http_requests_total[5m]))"), id="a fixed window"),
    pytest.param("subquery", query("max_over_time(max(queue_length)[7d:1m])"), id="10 080 steps"),
    pytest.param("regex", query('queue_length{pod=~"^a.+"}'), id="an anchor at the start"),
    pytest.param("regex", query('queue_length{pod=~"a.+$"}'), id="an anchor at the end"),
    pytest.param("regex", query('queue_length{pod!~"a"}'), id="a regex that is none"),
    pytest.param("regex", query('queue_length{pod=~".*"}'), id="a regex for everything"),
    pytest.param(
        "retention", query("max_over_time(queue_length[10d] offset 6d)"), id="further back than known"
    ),
    pytest.param("dashboard-bytes", lambda d: d.update(description="ä" * 600_000), id="more than 1 MiB"),
    pytest.param("marks", lambda d: d.pop("annotations"), id="nothing is marked"),
    pytest.param(
        "marks",
        lambda d: d.update(annotations={"list": [{"builtIn": 1, "name": "x"}]}),
        id="only Grafana's own mark",
    ),
    pytest.param(
        "drawn-threshold",
        lambda d: stat(d)["fieldConfig"]["defaults"]["thresholds"]["steps"][1].update(value=0.05),
        id="red where the alert is not",
    ),
    pytest.param(
        "unknown-alert", annotation(expr='ALERTS{alertname="Errrors"}'), id="an alert that is not there"
    ),
    pytest.param("unknown-alert", annotation(expr='ALERTS{alertname=~"Err"}'), id="a pattern of no alert"),
    pytest.param(
        "dashboard-size", lambda d: chart(d).update(targets=chart(d)["targets"] * 120), id="240 queries"
    ),
]


@pytest.mark.parametrize(("rule", "damage"), DAMAGE)
def test_planted_damage_is_found_by_its_rule(rule, damage):
    dashboard = copy.deepcopy(CLEAN)
    damage(dashboard)
    assert rule in found(dashboard)


NATIVE = """\
# TYPE took_seconds histogram
took_seconds_bucket{job="a",le="+Inf"} 3
took_seconds_sum{job="a"} 1.5
took_seconds_count{job="a"} 3
"""
BOTH = NATIVE + 'took_seconds_bucket{job="a",le="0.5"} 2\n'


@pytest.mark.parametrize(
    ("exporter", "rules", "expected"),
    [
        pytest.param(NATIVE, [], set(), id="a native one"),
        pytest.param(
            BOTH, ["sum(histogram_count(took_seconds))"], set(), id="both, and rules count it natively"
        ),
        pytest.param(
            BOTH, ["sum(histogram_count(rate(took_seconds[5m])))"], set(), id="both, and rules rate it"
        ),
        pytest.param(
            BOTH, ["sum(rate(took_seconds_count[5m]))"], {"histogram-bucket", "unknown-metric"}, id="classic"
        ),
    ],
)
def test_a_quantile_of_a_native_histogram_needs_no_buckets(exporter, rules, expected):
    dashboard = copy.deepcopy(CLEAN)
    query("histogram_quantile(0.9, sum(rate(took_seconds[$__rate_interval])))")(dashboard)
    known = Known(read_metrics([exporter]), native=counted_natively(rules))
    findings, _ = lint_dashboard("dashboards/by_hand.json", json.dumps(dashboard), known)
    assert {finding.rule for finding in findings if "took_seconds" in finding.message} == expected


def test_every_rule_has_a_planted_damage():
    rules = {rule.name for rules in linting.RULES for rule in rules}
    assert rules == {param.values[0] for param in DAMAGE}


def test_a_clean_dashboard_written_by_hand_has_no_findings():
    assert found(CLEAN) == set()


def findings_of_generated(catalog):
    rules = [read_rule_file(f, t) for f, t in rule_files(catalog).items() if not is_test(t)]
    known = Known({}, frozenset(recorded(rule for file in rules for rule in file.rules).labels))
    linted = [lint_dashboard(f"dashboards/{f}", t, known) for f, t in dashboard_files(catalog).items()]
    together = lint_together(card for _, card in linted)
    return [*(finding for findings, _ in linted for finding in findings), *together]


def test_generated_dashboards_have_no_findings():
    assert findings_of_generated(a_catalog()) == []


def test_dashboards_of_native_histograms_have_no_findings():
    of_all = parse_sli("{latency: {native_histogram: took_seconds, below: 300ms}}")
    of_those = parse_sli(
        "{error_or_slow: {total: all_total, native_histogram: 'took_seconds{ok=\"1\"}', below: 300ms}}"
    )
    service = a_service(slos=(an_slo("latency", sli=of_all), an_slo("fine", sli=of_those)))
    assert findings_of_generated(a_catalog(service)) == []


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("{", id="cut short"),
        pytest.param("[]", id="a list"),
        pytest.param('{"panels": 3}', id="panels that are a number"),
        pytest.param('{"elements": {}, "layout": {}}', id="the schema of Grafana's next dashboards"),
    ],
)
def test_what_is_no_dashboard_is_told(text):
    assert found(text) == {"dashboard-json"}


@pytest.mark.parametrize("value", [None, 3, "x", [], [None, 3, "x", {}], {}, {"list": 3}, {"defaults": []}])
@pytest.mark.parametrize("key", ["panels", "templating", "annotations", "links", "title", "uid"])
def test_no_shape_of_json_ends_in_a_traceback(key, value):
    found(copy.deepcopy(CLEAN) | {key: value})
    for part in ("targets", "gridPos", "fieldConfig", "links", "type", "id", "datasource", "repeat", "title"):
        dashboard = copy.deepcopy(CLEAN)
        chart(dashboard)[part] = value
        found(dashboard)


def together(*dashboards):
    cards = [
        lint_dashboard(f"dashboards/{n}.json", json.dumps(d), KNOWN)[1] for n, d in enumerate(dashboards)
    ]
    return {finding.rule for finding in lint_together(cards)}


def test_two_dashboards_share_neither_uid_nor_title():
    assert together(CLEAN, CLEAN | {"title": "Other"}) == {"uid-twice"}
    assert together(CLEAN, CLEAN | {"uid": "other"}) == {"title-twice"}
    assert together(CLEAN, CLEAN | {"uid": "other", "title": "Other"}) == set()


def test_a_link_leads_to_a_dashboard_that_is_there():
    linked = CLEAN | {"links": [{"type": "link", "title": "away", "url": "/d/nowhere?var-job=x"}]}
    assert together(linked) == {"dead-link"}
    assert together(linked, CLEAN | {"uid": "nowhere", "title": "Nowhere"}) == set()


def test_the_envelope_of_git_sync_is_looked_into():
    dashboard = copy.deepcopy(CLEAN)
    chart(dashboard).pop("description")
    wrapped = {"apiVersion": "dashboard.grafana.app/v1", "kind": "Dashboard", "spec": dashboard}
    (finding,), _ = lint_dashboard("dashboards/x.json", json.dumps(wrapped), KNOWN)
    assert finding.path == ("spec", "panels", 0)
