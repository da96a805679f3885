"""Every rule of the check has a defect that was planted for it, and finds it by way of the whole check."""

import json
from datetime import date

import pytest
from support.catalogs import SERVICE_YAML, SQUAD_YAML

from observatory.adapters.promtool import Promtool
from observatory.application.check import Checked, check, every_rule
from observatory.application.generate import generate
from observatory.catalog import parse_catalog
from observatory.outputs.findings import in_force
from observatory.outputs.lint import dashboards, rules

DEFINITIONS = {"catalog/squad.yml": SQUAD_YAML.encode(), "catalog/playlist.yml": SERVICE_YAML.encode()}
GENERATED = generate(parse_catalog(DEFINITIONS).valid())
DASHBOARD = "dashboards/playlists/playlist.json"
RULE = "groups: [{name: a, rules: [{record: 'x:y', expr: %s}]}]\n"
PROOF = """\
rule_files: [mine.yml]
evaluation_interval: 1m
tests:
- input_series: [{series: up, values: 1 1}]
  promql_expr_test: [{expr: 'x:y', eval_time: 1m, exp_samples: [{labels: 'x:y', value: %s}]}]
"""
ALERT = """\
groups:
- name: a
  rules:
  - alert: A
    expr: up == 0
    labels: {severity: page, squad: playlists}
    annotations: {summary: s, runbook_url: https://r.example, dashboard_url: /d/nowhere}
"""
ALLOWED = "- files: alert_rules/*\n  rule: alert-runbook\n  until: 2026-%s\n  reason: soon\n"
QUERIES = {"failing-query", "empty-result"}
MEASURED = {"unmeasurable", "more-than-all", "few-events", "short-history"}
PRESENCE = {"ghost", "orphan", "missing-metric", "no-series"}
LIVE = QUERIES | MEASURED | PRESENCE
"""Asked of a real Prometheus: tests/application/test_check_live.py, test_check_presence.py, tests/entrypoints/cli."""


def dashboard(**changes):
    return json.dumps(json.loads(GENERATED[DASHBOARD]) | changes)


PLANTED = [
    ("catalog", {}, {"catalog/playlist.yml": SERVICE_YAML.replace("99.9", "101").encode()}),
    ("unreachable-tier", {}, {"catalog/playlist.yml": SERVICE_YAML.replace("99.9", "50").encode()}),
    ("drift", {DASHBOARD: dashboard(title="other")}, {}),
    ("promtool", {"alert_rules/mine.yml": RULE % "sum(up"}, {}),
    ("rule-test", {"alert_rules/mine.yml": RULE % "up", "alert_rules/test.yml": PROOF % 2}, {}),
    ("dashboard-json", {"dashboards/mine.json": "{"}, {}),
    ("uid-twice", {"dashboards/mine.json": dashboard(title="Mine")}, {}),
    ("title-twice", {"dashboards/playlists/mine.json": dashboard(uid="mine")}, {}),
    ("dead-link", {"dashboards/mine.json": dashboard(links=[{"url": "/d/nowhere"}])}, {}),
    ("rule-file", {"alert_rules/mine.yml": "rules: []"}, {}),
    ("duplicate-rule", {f"alert_rules/{name}.yml": RULE % "up" for name in "ab"}, {}),
    ("alert-link", {"alert_rules/mine.yml": ALERT}, {}),
    ("allowance", {"dashboards/allow.yml": "- files: x\n"}, {}),
    (
        "allowance-expired",
        {
            "dashboards/allow.yml": ALLOWED % "01-31",
            "alert_rules/mine.yml": ALERT.replace("runbook_url", "book"),
        },
        {},
    ),
    ("allowance-unused", {"dashboards/allow.yml": ALLOWED % "12-31"}, {}),
]


def found(generated, definitions):
    given = Checked(DEFINITIONS | definitions, GENERATED | generated)
    report = check(given, today=date(2026, 3, 1), promtool=Promtool("promtool"))
    return {finding.rule for finding in in_force(report.findings)}


@pytest.mark.parametrize(("rule", "files", "definitions"), PLANTED, ids=[rule for rule, _, _ in PLANTED])
def test_a_planted_defect_is_found(rule, files, definitions):
    assert rule in found(files, definitions)


def test_a_unit_test_that_holds_is_no_finding():
    assert found({"alert_rules/mine.yml": RULE % "up", "alert_rules/test.yml": PROOF % 1}, {}) == set()


def test_generated_unit_tests_are_run_when_asked_for():
    broken = {
        "alert_rules/organisation.yml": GENERATED["alert_rules/organisation.yml"].replace(
            ">= 14.4", ">= 1440"
        )
    }
    ran = []

    class Noting(Promtool):
        def tests(self, names, files):
            ran.extend(names)
            return super().tests(names, files)

    given = Checked(DEFINITIONS, GENERATED | broken, every_test=True)
    report = check(given, today=date(2026, 3, 1), promtool=Noting("promtool"))
    assert "alert_rules/tests/playlists/playlist.yml" in ran
    assert "rule-test" in {finding.rule for finding in report.findings}


def test_no_rule_goes_without_a_planted_defect():
    """Those of single dashboards and of single rule files have theirs beside the lint."""
    in_lint = {rule.name for part in (*dashboards.RULES, *rules.RULES) for rule in part}
    assert {rule for rule, _, _ in PLANTED} | LIVE | in_lint == set(every_rule())
