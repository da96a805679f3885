import re
from datetime import date
from pathlib import Path

import pytest
from support.catalogs import SERVICE_YAML, SQUAD_YAML

from observatory.application.check import Checked, check, every_rule
from observatory.application.generate import generate
from observatory.catalog import parse_catalog
from observatory.outputs.findings import Level, in_force

TODAY = date(2026, 3, 1)
DEFINITIONS = {"catalog/squad.yml": SQUAD_YAML.encode(), "catalog/playlist.yml": SERVICE_YAML.encode()}
GENERATED = generate(parse_catalog(DEFINITIONS).valid())
DASHBOARD = "dashboards/playlists/playlist.json"
RULES = """\
groups:
  - name: mine
    rules:
      - alert: Down
        expr: up == 0
        labels: {severity: page, squad: playlists}
        annotations: {summary: it is down}
"""


def found(definitions=DEFINITIONS, generated=GENERATED, **options):
    report = check(Checked(definitions, generated), today=TODAY, **options)
    return [(f.rule, f.file, f.line) for f in in_force(report.findings) if f.level is Level.ERROR]


def test_what_was_generated_is_right():
    assert found() == []


def test_a_file_that_somebody_edited_has_drifted():
    edited = GENERATED | {DASHBOARD: GENERATED[DASHBOARD].replace('"s"', '"ms"', 1)}
    assert ("drift", DASHBOARD, 1) in found(generated=edited)


def test_a_file_that_is_missing_has_drifted():
    assert found(generated={k: v for k, v in GENERATED.items() if k != DASHBOARD})[0][:2] == (
        "drift",
        DASHBOARD,
    )


def test_errors_of_definitions_stand_alone_without_drift_that_follows_from_them():
    wrong = DEFINITIONS | {"catalog/playlist.yml": SERVICE_YAML.replace("99.9", "101").encode()}
    assert {rule for rule, _, _ in found(wrong)} == {"catalog"}


def test_rules_by_hand_beside_generated_ones_are_read_and_may_be_allowed():
    files = GENERATED | {"alert_rules/mine.yml": RULES}
    assert found(generated=files) == [("alert-runbook", "alert_rules/mine.yml", 4)]
    allowance = "- files: alert_rules/*\n  rule: alert-runbook\n  until: 2026-04-01\n  reason: soon\n"
    assert found(generated=files | {"dashboards/allow.yml": allowance}) == []


def test_paths_lead_there_from_the_working_directory():
    given = Checked(DEFINITIONS, GENERATED | {"alert_rules/mine.yml": RULES}, root="repo/")
    (finding,) = check(given, today=TODAY).findings
    assert finding.file == "repo/alert_rules/mine.yml"


def test_batches_may_be_linted_elsewhere():
    calls = []

    def run(function, batches):
        calls.append(len(batches))
        return [function(batch) for batch in batches]

    assert found(run=run) == []
    assert sum(calls) >= 2


@pytest.mark.parametrize("name", every_rule())
def test_every_rule_is_in_the_documentation(name):
    text = (Path(__file__).parents[2] / "docs" / "checking.md").read_text()
    assert re.search(rf"(?m)^\| `{name}` \|", text)
