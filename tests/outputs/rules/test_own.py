"""Alerts on Observatory itself: silent while all is well, each set off by its own trouble, and somebody's."""

import re

import pytest
import yaml
from support.catalogs import a_catalog, a_service
from support.rules import promtool, write_files

from observatory.outputs.rules import rule_files
from observatory.outputs.rules.own import WATCHES
from observatory.outputs.rules.own_proof import own_proof

OWN, PROOF = "observatory.yml", "tests/observatory.yml"


def own_alerts(*services):
    (group,) = yaml.safe_load(rule_files(a_catalog(*services))[OWN])["groups"]
    return group["rules"]


def test_the_generated_proof_holds(tmp_path):
    files = rule_files(a_catalog())
    write_files(tmp_path, {name: files[name] for name in (OWN, PROOF)})
    assert promtool("test", "rules", tmp_path / PROOF).startswith("0:")


def test_every_alert_has_its_trouble_in_the_proof():
    proven = re.findall(r'labels: \'{alertname="(\w+)"}', own_proof())
    assert sorted(proven) == sorted(watch.alert for watch in WATCHES)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        pytest.param(") > 300", ") > 30000", id="a limit that nothing passes"),
        pytest.param(
            "max(observatory_backfilled) == 0", "max(observatory_backfilled) >= 0", id="always true"
        ),
        pytest.param(
            "observatory_overdue_deliveries", "observatory_late_deliveries", id="a metric that is not there"
        ),
    ],
)
def test_the_generated_proof_finds_a_broken_alert(tmp_path, old, new):
    files = rule_files(a_catalog())
    assert old in files[OWN]
    write_files(tmp_path, {OWN: files[OWN].replace(old, new), PROOF: files[PROOF]})
    assert promtool("test", "rules", tmp_path / PROOF).startswith("1:")


def test_the_squad_of_the_service_observatory_is_told():
    ours = a_service("observatory", squad="platform", runbook="https://runbooks.example/observatory", slos=())
    for rule in own_alerts(ours):
        assert rule["labels"]["squad"] == rule["annotations"]["owner"] == "platform"
        assert rule["annotations"]["runbook_url"] == "https://runbooks.example/observatory"


def test_where_nobody_owns_it_no_squad_is_made_up():
    for rule in own_alerts(a_service()):
        assert "squad" not in rule["labels"]
        assert rule["annotations"]["owner"] == "whoever runs Observatory"
