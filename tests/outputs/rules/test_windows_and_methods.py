"""What rules say of calendar windows, further windows and slices, and what they leave to Observatory."""

import re
from datetime import timedelta
from decimal import Decimal

import pytest
from support.catalogs import a_catalog, a_service, an_slo
from support.rules import promtool, unit_test, write_files

from observatory.catalog import Calendar, RatioTimeslices, Rolling, Timeslices
from observatory.outputs.rules import rule_files

MONTH = Calendar(calendar="month", timezone="Europe/Stockholm")
MINUTE = timedelta(minutes=1)
MINUTES = Timeslices(slice=MINUTE, target=Decimal(95))
GROUPS = ["playlist", "slo-pages", "slo-budgets"]
CATALOG = a_catalog(
    a_service(
        slos=(
            an_slo("calendar", window=MONTH, more_windows=(Rolling(timedelta(days=7)),)),
            an_slo("several", more_windows=(MONTH, Rolling(timedelta(days=7)), Rolling(timedelta(days=90)))),
            an_slo("minutes", objective="99", method=MINUTES),
            an_slo("ratios", objective="99.5", window=MONTH, method=RatioTimeslices(slice=MINUTE)),
            an_slo("loose", objective="95", method=RatioTimeslices(slice=MINUTE)),
            an_slo("strict", objective="99", method=Timeslices(slice=MINUTE, target=Decimal(100))),
        )
    )
)
FILES = rule_files(CATALOG)


def test_promtool_accepts_the_rules(tmp_path):
    paths = write_files(tmp_path, FILES)
    rules = [path for path in paths if path.suffix == ".yml" and "tests" not in path.parts]
    checked = promtool("check", "rules", "--lint=all", "--lint-fatal", *rules)
    assert checked.startswith("0:"), checked
    proof = (tmp_path / "tests/playlists/playlist.yml").read_text()
    for slo in CATALOG.services["playlist"].slos:
        assert f"{slo.name}: a fast burn pages and recovers" in proof


def test_the_proof_of_each_kind_holds(tmp_path):
    """In a service of its own: promtool works out every rule of a file in every case of its proof."""
    slos = CATALOG.services["playlist"].slos
    write_files(tmp_path, rule_files(a_catalog(*(a_service(slo.name, slos=(slo,)) for slo in slos))))
    proofs = sorted(tmp_path.glob("tests/*/*.yml"))
    assert len(proofs) == len(slos)
    said = promtool("test", "rules", *proofs)
    assert said.startswith("0:"), said


@pytest.mark.parametrize(
    ("old", "new"),
    [
        pytest.param("> bool 0.05", "> bool 0.5", id="a looser target"),
        pytest.param(">= bool 0", "> bool 0", id="idle slices left out"),
        pytest.param(
            "(slo:slice_total_events:increase1m", "(2 * slo:slice_total_events:increase1m", id="half a loss"
        ),
    ],
)
def test_the_proof_of_slices_finds_a_broken_rule(tmp_path, old, new):
    text = FILES["playlists/playlist.yml"]
    assert old in text
    write_files(tmp_path, FILES | {"playlists/playlist.yml": text.replace(old, new)})
    held = slices_of(tmp_path, total=[100, 100, 0, 0], bad=[5, 6, 0, 0])
    assert not held.startswith("0:"), held


def test_a_slice_is_bad_above_its_target_good_without_events_and_unknown_without_series(tmp_path):
    write_files(tmp_path, FILES)
    held = slices_of(tmp_path, total=[100, 100, 0, 0], bad=[5, 6, 0, 0])
    assert held.startswith("0:"), held


def slices_of(folder, *, total, bad):
    """What `minutes` and `ratios` count of four minutes, after ten in which the counters stood still."""

    def values(steps):
        counted = [0] * 12
        for step in steps:
            counted.append(counted[-1] + step)
        return " ".join(map(str, counted))

    expected = {
        ("minutes", "total"): 4,
        ("minutes", "bad"): 1,
        ("ratios", "total"): 4,
        ("ratios", "bad"): 0.11,
    }
    expressions = "".join(
        f"""
      - expr: round(sum(sum_over_time(slo:{kind}_events:increase1m{{slo="{slo}"}}[3m59s])), 0.0001)
        eval_time: 15m
        exp_samples: [{{labels: '{{}}', value: {value}}}]"""
        for (slo, kind), value in expected.items()
    )
    good = [every - failed for every, failed in zip(total, bad, strict=True)]
    text = f"""
  - interval: 1m
    input_series:
      - {{series: 'http_requests_total{{job="playlist",code="200"}}', values: "{values(good)}"}}
      - {{series: 'http_requests_total{{job="playlist",code="503"}}', values: "{values(bad)}"}}
    promql_expr_test:{expressions}
"""
    return unit_test(folder, text, groups=GROUPS)


def test_a_calendar_windows_alerts_refer_to_its_mean_length_and_its_budget_is_left_to_observatory():
    text = FILES["organisation.yml"]
    alerts = [rule for rule in text.split("      - alert: ") if 'slo_window="month Europe/Stockholm"' in rule]
    assert re.findall(r"\}\s>= ([\d.]+)\n", alerts[0])[0] == "14.6097"
    assert [rule.split("\n")[0] for rule in alerts] == [
        "ErrorBudgetBurnFast",
        "ErrorBudgetBurnSlow",
        "ErrorBudgetBurnDrain",
        "ErrorBudgetBurnCreep",
    ]
    assert all("observatory_slo_error_budget_remaining_ratio" in rule for rule in alerts)
    assert not re.search(r'error_budget_remaining:ratio\n(.*\n){1,6}\s+slo_window: "?month', text)


def test_further_rolling_windows_have_budgets_and_no_alerts():
    text = FILES["organisation.yml"]
    further = re.findall(
        r"record: slo:further_budget_remaining:ratio\n(?:.*\n){1,5}\s+slo_window: \"(\w+)\"", text
    )
    assert further == ["7d", "90d"]
    assert 'slo_window="7d"}' not in "".join(re.findall(r"- alert:.*?labels:", text, re.DOTALL))
    assert FILES["playlists/playlist.yml"].count("slo:further_window:info") == 3


def test_slices_that_are_not_of_the_rules_step_are_left_to_observatory():
    five = an_slo("latency", method=Timeslices(slice=5 * MINUTE, target=Decimal(95)), window=MONTH)
    files = rule_files(a_catalog(a_service(slos=(an_slo(), five))))
    text = files["playlists/playlist.yml"]
    assert "Without latency: its slices are not of 1m" in text
    assert "slo: latency" not in text
    assert "latency" not in files["tests/playlists/playlist.yml"]
    assert "month" not in files["organisation.yml"]
