"""Times that events leave out: the schedule in the rules is the catalog's, and what is counted in it counts as nothing."""

import math
import re
from bisect import bisect
from datetime import timedelta

import pytest
from support.catalogs import changed, parse_yaml
from support.events import JOURNEY
from support.rules import promtool, unit_test, write_files

from observatory.catalog.recurrence import in_utc
from observatory.outputs.rules import rule_files
from observatory.outputs.rules.exclusions import under_way

GROUPS = ["playlist", "slo-pages", "slo-budgets"]
UPKEEP = """\
apiVersion: observatory/v1
kind: Event
name: {name}
squad: playlists
mode: {mode}
reason: Moving.
affects: {affects}
start: {start}
lasts: {lasts}
timezone: {zone}
"""


def an_event(
    *,
    name="upkeep",
    mode="exclude",
    affects="{slos: [playlist/availability]}",
    start="1970-01-01 00:20",
    lasts="30m",
    zone="UTC",
    more="",
):
    text = UPKEEP.format(name=name, mode=mode, affects=affects, start=start, lasts=lasts, zone=zone)
    return text + more + "\n"


def catalog_of(*events, **more):
    files = {f"event{number}": text for number, text in enumerate(events)} | more
    return parse_yaml(**files).valid()


def rule_count(files):
    return sum(text.count("- record:") + text.count("- alert:") for text in files.values())


def test_rules_of_services_that_no_event_leaves_out_are_as_if_there_were_none():
    without = rule_files(catalog_of())
    seen = rule_files(catalog_of(an_event(mode="observe")))
    assert seen == without
    left_out = rule_files(catalog_of(an_event()))
    changed = {name for name in without if left_out[name] != without[name]}
    assert changed == {"playlists/playlist.yml", "tests/playlists/playlist.yml", "organisation.yml"}
    # When, what is counted without it, and what would be left with it.
    assert rule_count(left_out) == rule_count(without) + 4


def test_what_is_generated_is_accepted_and_proves_itself(tmp_path):
    both = an_event(start="2026-03-09 22:00", affects="{services: [playlist], journeys: [listen]}")
    text = changed("objective: 99\n", "objective: 99\n    method: {timeslices: {slice: 1m, target: 95}}\n")
    files = rule_files(parse_yaml(text, event=both, journey=JOURNEY).valid())
    paths = write_files(tmp_path, files)
    rules = [path for path in paths if "tests" not in path.parts]
    checked = promtool("check", "rules", "--lint=all", "--lint-fatal", *rules)
    assert checked.startswith("0:"), checked
    said = promtool("test", "rules", *sorted(tmp_path.glob("tests/playlists/*.yml")))
    assert said.startswith("0:"), said
    for proof in ("playlist", "listen"):
        assert "in a time that is left out" in files[f"tests/playlists/{proof}.yml"]


OUTAGE = """
  - interval: 1m
    input_series:
      - {{series: 'http_requests_total{{job="playlist",code="200"}}', values: "0+100x19 2000+0x30 2000+100x60"}}
      - {{series: 'http_requests_total{{job="playlist",code="503"}}', values: "0+0x19 0+100x30 3000+0x60"}}
    promql_expr_test:
      - expr: max_over_time(ALERTS{{alertname="ErrorBudgetBurnFast",slo="availability"}}[100m])
        eval_time: 100m
        exp_samples: {paged}
      - expr: sum(sum_over_time(slo:bad_events:increase1m{{slo="availability"}}[99m]))
        eval_time: 100m
        exp_samples: [{{labels: '{{}}', value: {bad}}}]
      - expr: round(slo:unadjusted_budget_remaining:ratio)
        eval_time: 100m
        exp_samples: {remaining}
      - expr: sum(sum_over_time(slo:unadjusted_bad_events:increase1m{{slo="availability"}}[99m]))
        eval_time: 100m
        exp_samples: {unadjusted}
"""


def alert(severity="page"):
    labels = (
        f'{{alertname="ErrorBudgetBurnFast",alertstate="firing",service="playlist",severity="{severity}",'
        'slo="availability",slo_window="30d",squad="playlists",tier="fast"}'
    )
    return f"[{{labels: '{labels}', value: 1}}]"


@pytest.mark.parametrize(
    ("event", "paged", "bad"),
    [
        pytest.param(None, alert(), 3000, id="no event"),
        pytest.param(an_event(), "[]", 0, id="a maintenance around the outage"),
        pytest.param(an_event(start="1970-01-01 01:20", zone="Europe/Paris"), "[]", 0, id="in a zone"),
        pytest.param(an_event(start="1970-01-01 00:30"), alert(), 1000, id="one that begins too late"),
        pytest.param(
            an_event(lasts="5m", more="repeat: FREQ=DAILY"), alert(), 2500, id="the first of many, too short"
        ),
    ],
)
def test_an_outage_pages_unless_its_minutes_are_left_out(tmp_path, event, paged, bad):
    write_files(tmp_path, rule_files(catalog_of(*([event] if event else []))))
    unadjusted = "[{labels: '{}', value: 3000}]" if event else "[]"
    labels = '{service="playlist",slo="availability",slo_window="30d",squad="playlists"}'
    # 3 000 of the 9 900 events since the counters were known, at 99.9 %: 302 budgets too many
    remaining = f"[{{labels: '{labels}', value: -302}}]" if event else "[]"
    text = OUTAGE.format(paged=paged, bad=bad, unadjusted=unadjusted, remaining=remaining)
    said = unit_test(tmp_path, text, groups=GROUPS)
    assert said.startswith("0:"), said


def test_a_service_that_is_gone_during_its_maintenance_is_not_reported_as_unmeasured(tmp_path):
    write_files(tmp_path, rule_files(catalog_of(an_event(start="1970-01-01 00:00", lasts="2h"))))
    text = """
  - interval: 1m
    input_series: []
    promql_expr_test:
      - expr: ALERTS{slo="availability"}
        eval_time: 110m
        exp_samples: []
      - expr: count(ALERTS{slo="availability",alertname="SloNotMeasured",alertstate="firing"})
        eval_time: 155m
        exp_samples: [{labels: '{}', value: 1}]
"""
    said = unit_test(tmp_path, text, groups=GROUPS)
    assert said.startswith("0:"), said


YEARS = timedelta(days=3 * 366)


@pytest.mark.parametrize(
    ("more", "start", "lasts", "zone"),
    [
        pytest.param("", "2026-12-04 00:00", "6h", "Europe/Stockholm", id="once"),
        pytest.param(
            "repeat: FREQ=WEEKLY;BYDAY=SU", "2026-01-04 02:00", "1h", "Europe/Stockholm", id="over DST"
        ),
        pytest.param(
            "repeat: FREQ=WEEKLY;BYDAY=MO,TH", "2026-01-05 23:30", "1h", "America/New_York", id="two days"
        ),
        pytest.param(
            "repeat: FREQ=DAILY", "2026-03-01 02:30", "30m", "Europe/Berlin", id="a time that DST skips"
        ),
        pytest.param("repeat: FREQ=MONTHLY;BYDAY=1SU", "2026-02-01 01:00", "4h", "UTC", id="first Sundays"),
        pytest.param(
            "repeat: FREQ=WEEKLY;COUNT=9\nskip: ['2026-03-15']",
            "2026-03-01 04:00",
            "1h",
            "UTC",
            id="nine, one skipped",
        ),
        pytest.param("repeat: FREQ=YEARLY", "2024-02-29 04:00", "1d", "UTC", id="leap days"),
        pytest.param(
            "repeat: FREQ=DAILY;INTERVAL=3;UNTIL=20260801T000000",
            "2026-01-01 23:55",
            "10m",
            "Asia/Kolkata",
            id="every third day, with an end",
        ),
    ],
)
def test_the_schedule_in_the_rules_is_the_catalogs_to_the_minute(more, start, lasts, zone):
    (event,) = catalog_of(an_event(start=start, lasts=lasts, zone=zone, more=more)).events.values()
    runs = runs_of(under_way(event))
    first = in_utc(event.start, zone)
    spans = [(seconds(span.start), seconds(span.end)) for span in event.schedule.spans(first, first + YEARS)]
    edges = {edge for span in spans for edge in span}
    for second in sorted(edge + around for edge in edges for around in (-3600, -1, 0, 1, 59, 60, 3600)):
        # A minute that ends now is touched when it ends after a beginning and began before that end.
        near = spans[max(0, bisect(spans, (second,)) - 2) :][:3]
        expected = any(start < second < end + 60 for start, end in near)
        assert selected(runs, second) == expected, second


def seconds(moment):
    return int(moment.timestamp())


RUN = re.compile(r"vector\(time\(\)\) - (\d+) (?:< (\d+)\) % (\d+) )?> 0 < (\d+)")


def runs_of(expressions):
    """The runs of these expressions as numbers: unions of runs, each of one shape."""
    runs = [found for text in expressions for found in RUN.findall(text)]
    assert len(runs) == sum(text.count("#") for text in expressions)
    return [tuple(int(number or 0) for number in run) for run in runs]


def selected(runs, second):
    """What Prometheus would say."""
    for first, last, step, length in runs:
        since = second - first
        if step:
            since = math.fmod(since, step) if since < last else 0
        if 0 < since < length:
            return True
    return False


def test_a_long_schedule_is_told_in_several_rules_of_which_one_is_true_at_a_time(tmp_path):
    monthly = an_event(start="1970-01-04 00:00", lasts="1h", more="repeat: FREQ=MONTHLY;BYDAY=1SU")
    files = rule_files(catalog_of(monthly))
    text = files["playlists/playlist.yml"]
    assert text.count("record: service:exclusion:active") > 2
    assert text.count('part: "2"') == 1
    write_files(tmp_path, files)
    checked = promtool("check", "rules", "--lint=all", "--lint-fatal", tmp_path / "playlists/playlist.yml")
    assert checked.startswith("0:"), checked
