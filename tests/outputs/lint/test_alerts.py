"""A sound rule file, damaged in one way after the other: each is seen by its rule."""

import copy

import pytest
import yaml
from support.catalogs import a_catalog

from observatory.outputs.lint import (
    Known,
    RuleFile,
    is_test,
    lint_rule_file,
    lint_rules_together,
    read_metrics,
    read_rule_file,
    recorded,
)
from observatory.outputs.lint.labels import labels_of
from observatory.outputs.lint.promql import parse
from observatory.outputs.lint.rules import RULES
from observatory.outputs.rules import rule_files

SOUND = yaml.safe_load("""
groups:
  - name: errors
    interval: 1m
    rules:
      - {record: 'job:errors:rate5m', expr: 'sum by (job) (rate(errors_total[5m]))', labels: {window: 5m}}
      - {record: 'job:errors:rate5m', expr: 'sum by (job) (rate(errors_total[1h]))', labels: {window: 1h}}
      - alert: Errors
        expr: 'job:errors:rate5m{window="5m"} > 1'
        labels: {severity: page, squad: playlists}
        annotations:
          summary: '{{ $labels.job }} fails'
          runbook_url: https://runbooks.example/errors
  - name: slow
    interval: 5m
    rules:
      - {record: 'job:depth:max', expr: 'max by (job) (queue_depth)'}
""")
KNOWN = read_metrics(
    ["# TYPE errors_total counter\n# TYPE queue_depth gauge\n# TYPE duration_seconds histogram\n"]
)


def read(document, name="alert_rules/x.yml"):
    content = read_rule_file(name, yaml.safe_dump(document))
    assert isinstance(content, RuleFile)
    return content


def found(document):
    content = read(document)
    made = recorded(content.rules)
    known = Known(KNOWN, frozenset(made.labels), retention=15 * 86_400.0)
    findings = lint_rule_file(content, known, made)
    return {finding.rule for finding in findings}


def rules(document):
    return document["groups"][0]["rules"]


def alert(**changes):
    return lambda d: rules(d)[2].update(changes)


def without(part, key):
    return lambda d: rules(d)[2][part].pop(key)


DAMAGE = [
    pytest.param("rule-promql", alert(expr="sum(up"), id="no PromQL"),
    pytest.param("rule-promql", alert(record="a:b:c"), id="alert and record in one"),
    pytest.param("alert-comparison", alert(expr="job:errors:rate5m"), id="no comparison"),
    pytest.param(
        "alert-comparison", alert(expr="job:errors:rate5m > bool 1"), id="a comparison that is a number"
    ),
    pytest.param("alert-severity", without("labels", "severity"), id="no severity"),
    pytest.param("alert-owner", without("labels", "squad"), id="no owner"),
    pytest.param("alert-summary", without("annotations", "summary"), id="no summary"),
    pytest.param("alert-runbook", without("annotations", "runbook_url"), id="no runbook"),
    pytest.param(
        "template-label", alert(expr="sum(job:errors:rate5m) > 1"), id="a label that is summed away"
    ),
    pytest.param("group-interval", lambda d: d["groups"][0].update(interval="10m"), id="every ten minutes"),
    pytest.param("chain-order", lambda d: rules(d).reverse(), id="read before it is recorded"),
    pytest.param("chain-group", alert(expr="job:depth:max > 1"), id="recorded by a slower group"),
    pytest.param(
        "unreachable-alert",
        alert(expr='job:errors:rate5m{window="6h"} > 1'),
        id="a window that no rule records",
    ),
    pytest.param("unreachable-alert", alert(expr="sum(rate(errors_total[5m])) < 0"), id="a rate below zero"),
    pytest.param("rule-metric", alert(expr="job:errors:rate6h > 1"), id="a record that is not there"),
    pytest.param("rule-metric", alert(expr="rate(eror_total[5m]) > 1"), id="a misspelt metric"),
    pytest.param("rule-raw-counter", alert(expr="sum by (job) (errors_total) > 1"), id="a raw counter"),
    pytest.param(
        "rule-rate-of-sum", alert(expr="rate(sum(errors_total)[5m:1m]) > 1"), id="the rate of a sum"
    ),
    pytest.param(
        "rule-rate-of-sum", alert(expr="rate(job:errors:rate5m[5m]) > 1"), id="the rate of a recorded sum"
    ),
    pytest.param(
        "rule-histogram",
        alert(expr="histogram_quantile(0.9, sum by (job) (rate(duration_seconds_bucket[5m]))) > 1"),
        id="a quantile without le",
    ),
    pytest.param(
        "rule-histogram",
        alert(expr="histogram_quantile(0.9, sum by (le, job) (rate(duration_seconds[5m]))) > 1"),
        id="a quantile of what are no buckets",
    ),
    pytest.param(
        "fragile-ratio",
        lambda d: rules(d)[0].update(
            expr="sum(rate(errors_total[5m])) / sum(rate(duration_seconds_count[5m]))"
        ),
        id="0/0 is recorded",
    ),
    pytest.param(
        "fragile-ratio",
        alert(expr="sum by (job) (rate(errors_total[5m]) / rate(duration_seconds_count[5m])) > 1"),
        id="0/0 is summed",
    ),
    pytest.param(
        "rule-regex", alert(expr='job:errors:rate5m{job=~"^a.*$"} > 1'), id="anchors that are there"
    ),
    pytest.param("rule-subquery", alert(expr="max_over_time(up[3d:1m]) > 1"), id="4 320 steps"),
    pytest.param(
        "rule-retention", alert(expr="increase(errors_total[30d]) > 1"), id="more than is remembered"
    ),
    pytest.param("absent-for", alert(expr='absent(up{job="a"}) == 1'), id="one scrape is an absence"),
    pytest.param("rule-rate-of-gauge", alert(expr="rate(queue_depth[5m]) > 1"), id="the rate of a gauge"),
]


@pytest.mark.parametrize(("rule", "damage"), DAMAGE)
def test_planted_damage_is_found_by_its_rule(rule, damage):
    document = copy.deepcopy(SOUND)
    damage(document)
    assert rule in found(document)


def test_every_rule_has_a_planted_damage():
    assert {rule.name for part in RULES for rule in part} == {param.values[0] for param in DAMAGE}


def test_sound_rules_have_no_findings():
    assert found(SOUND) == set()


def test_generated_rules_have_no_findings():
    files = rule_files(a_catalog()).items()
    books = [read_rule_file(name, text) for name, text in files if not is_test(text)]
    made = recorded(rule for book in books for rule in book.rules)
    known = Known({}, frozenset(made.labels))
    assert [finding for book in books for finding in lint_rule_file(book, known, made)] == []
    assert [*lint_rules_together(books)] == []


def test_an_alert_leads_to_a_dashboard_that_is_there():
    document = copy.deepcopy(SOUND)
    rules(document)[2]["annotations"]["dashboard_url"] = "/d/errors?from=now-1h"
    linked = {
        uid: [finding.rule for finding in lint_rules_together([read(document)], dashboards={uid})]
        for uid in ("errors", "other")
    }
    assert linked == {"errors": [], "other": ["alert-link"]}


def test_a_rule_that_is_in_two_files_is_found_in_the_second():
    (first, *_) = findings = [*lint_rules_together([read(SOUND), read(SOUND, "alert_rules/y.yml")])]
    assert len(findings) == 4
    assert (first.rule, first.file) == ("duplicate-rule", "alert_rules/y.yml")


@pytest.mark.parametrize(
    ("text", "line"),
    [
        pytest.param("groups:\n  - name: [\n", 3, id="no YAML"),
        pytest.param("groups: 3\n", 1, id="no groups"),
        pytest.param("- a\n", 1, id="a list"),
        pytest.param("", 1, id="nothing"),
    ],
)
def test_what_is_no_rule_file_is_told(text, line):
    finding = read_rule_file("alert_rules/x.yml", text)
    assert (finding.rule, finding.line) == ("rule-file", line)


def test_groups_and_rules_of_any_shape_are_read():
    for group in ({}, {"name": 3, "rules": "x"}, {"rules": [{"expr": 5}, {"alert": [], "labels": [1]}]}):
        found({"groups": [group, None, 3]})


LABELS = [
    pytest.param("up", {"job", "pod"}, set(), id="a selector has any"),
    pytest.param("sum(up)", set(), {"job"}, id="a sum has none"),
    pytest.param("sum by (job) (up)", {"job"}, {"pod"}, id="by"),
    pytest.param("sum without (job) (up)", {"pod"}, {"job"}, id="without"),
    pytest.param("sum by (job, pod) (sum by (job) (up))", {"job"}, {"pod"}, id="by of by"),
    pytest.param("topk(3, sum by (job) (up))", {"job"}, {"pod"}, id="topk keeps"),
    pytest.param("a / on (job) b", {"job"}, {"pod"}, id="on"),
    pytest.param("a / ignoring (job) b", {"pod"}, {"job"}, id="ignoring"),
    pytest.param(
        "a * on (job) group_left (squad) sum by (job, squad) (b)", {"pod", "squad"}, set(), id="group_left"
    ),
    pytest.param(
        "sum by (x) (a) * on (x) group_left (squad) sum by (x) (b)", {"x"}, {"squad"}, id="a join of nothing"
    ),
    pytest.param("a > 1", {"job"}, set(), id="with a number"),
    pytest.param("1 - sum by (job) (a)", {"job"}, {"pod"}, id="from a number"),
    pytest.param("a and on (job) sum(b)", {"pod"}, set(), id="and keeps the left"),
    pytest.param("sum by (job) (a) or sum by (pod) (b)", {"job", "pod"}, {"x"}, id="or has both"),
    pytest.param('label_replace(sum(a), "x", "y", "", "")', {"x"}, {"job"}, id="label_replace adds"),
    pytest.param(
        "histogram_quantile(0.9, sum by (le, job) (rate(a[5m])))", {"job"}, {"le"}, id="a quantile eats le"
    ),
    pytest.param('absent(up{job="a",pod=~"b"})', {"job"}, {"pod"}, id="absent has the equal ones"),
    pytest.param("vector(1)", set(), {"job"}, id="vector has none"),
]


@pytest.mark.parametrize(("expr", "there", "gone"), LABELS)
def test_labels_flow_as_in_prometheus(expr, there, gone):
    left = labels_of(parse(expr))
    assert {label for label in there | gone if left.has(label)} == there
