from datetime import timedelta
from textwrap import dedent

import pytest
from support.catalogs import a_catalog, a_service, an_slo, events, latency, parse_sli
from support.rules import unit_test, write_files

from observatory.catalog import parse_selector
from observatory.outputs.rules import rule_files
from observatory.outputs.rules.counting import within_bound

REQUESTS = 'http_requests_total{job="playlist",code="200",pod="%s"}'
ERRORS = 'http_requests_total{job="playlist",code="500",pod="%s"}'


def counted(tmp_path, series, *, at="60m", bad=None, total=None, sli=None):
    """What promtool says of these sums of all one-minute buckets; None: there must be none at all."""
    catalog = a_catalog(a_service(slos=(an_slo(sli=sli or events()),)))
    write_files(tmp_path, rule_files(catalog))
    lines = ["  - interval: 1m", "    input_series:"]
    lines += [f"      - {{series: '{name}', values: '{values}'}}" for name, values in series.items()]
    lines.append("    promql_expr_test:")
    for kind, count in (("bad", bad), ("total", total)):
        samples = "[]" if count is None else f"[{{labels: '{{}}', value: {count}}}]"
        lines.append(
            f"      - {{expr: 'sum(sum_over_time(slo:{kind}_events:increase1m[1d]))', "
            f"eval_time: {at}, exp_samples: {samples}}}"
        )
    return unit_test(tmp_path, "\n".join(lines), groups=["playlist"])


@pytest.mark.parametrize(
    ("series", "bad", "total"),
    [
        pytest.param(
            {REQUESTS % "a": "0+10x60", ERRORS % "a": "0+1x60"},
            60,
            660,
            id="steady counters: every event once",
        ),
        pytest.param({REQUESTS % "a": "0+10x60"}, 0, 600, id="no error series: no errors, not unknown"),
        pytest.param({REQUESTS % "a": "7+0x60"}, 0, 0, id="standing still: idle, zero of zero"),
        pytest.param(
            {REQUESTS % "a": "0+10x30 5+10x29"}, 0, 300 + 5 + 290, id="a reset counts what came since"
        ),
        pytest.param(
            {REQUESTS % "a": "0+10x60", ERRORS % "a": "_x30 6+0x29"},
            6,
            606,
            id="a series born with its errors counts them",
        ),
        pytest.param(
            {REQUESTS % "a": "0+10x60", REQUESTS % "b": "_x20 1000+0x4 stale _x15 1000+0x19"},
            0,
            600 + 1000,
            id="a series that returns after a gap is no birth",
        ),
        pytest.param(
            {REQUESTS % "a": "0+10x60", REQUESTS % "b": "0+10x20 _x10 300+10x29"},
            0,
            600 + 300 + 290,
            id="what was counted during a gap is caught up with",
        ),
        pytest.param(
            {REQUESTS % "a": "5000+10x60", ERRORS % "a": "400+0x60"},
            0,
            600,
            id="the life before the first scrape is not counted",
        ),
        pytest.param(
            {REQUESTS % "a": "5000+10x60", REQUESTS % "b": "_x3 9000+10x56"},
            0,
            600 + 560,
            id="a target found minutes after the first is no birth",
        ),
    ],
)
def test_buckets_add_up_to_the_events_that_there_were(tmp_path, series, bad, total):
    assert "SUCCESS" in counted(tmp_path, series, bad=bad, total=total)


def test_the_counting_test_can_fail(tmp_path):
    assert "FAILED" in counted(tmp_path, {REQUESTS % "a": "0+10x60"}, bad=0, total=601)


def test_nothing_at_all_is_unknown_and_not_zero(tmp_path):
    assert "SUCCESS" in counted(tmp_path, {'http_requests_total{job="other",code="500"}': "0+1x60"})


def test_errors_without_a_total_are_unknown(tmp_path):
    sli = events("all_requests_total", bad="failed_requests_total")
    series = {'failed_requests_total{job="playlist"}': "0+1x60"}
    assert "SUCCESS" in counted(tmp_path, series, sli=sli)


@pytest.mark.parametrize(
    ("sli", "series", "bad", "total"),
    [
        pytest.param(
            events("all_total", good="fine_total"),
            {'all_total{job="playlist"}': "0+10x60", 'fine_total{job="playlist"}': "0+9x60"},
            60,
            600,
            id="good events",
        ),
        pytest.param(
            latency(below=timedelta(seconds=1)),
            {
                'http_request_duration_seconds_count{job="playlist"}': "0+10x60",
                'http_request_duration_seconds_bucket{job="playlist",le="1"}': "0+7x60",
            },
            180,
            600,
            id="a bound that is spelt 1",
        ),
        pytest.param(
            latency(below=timedelta(seconds=1)),
            {
                'http_request_duration_seconds_count{job="playlist"}': "0+10x60",
                'http_request_duration_seconds_bucket{job="playlist",le="1.0"}': "0+7x60",
            },
            180,
            600,
            id="a bound that is spelt 1.0",
        ),
        pytest.param(
            events().model_copy(
                update={
                    "total": (parse_selector("web_total"), parse_selector("app_total")),
                    "bad": (parse_selector("web_errors_total"), parse_selector("app_errors_total")),
                }
            ),
            {
                'web_total{job="playlist"}': "0+10x60",
                'app_total{job="playlist"}': "0+5x60",
                'web_errors_total{job="playlist"}': "0+1x60",
                'app_errors_total{job="playlist"}': "0+2x60",
            },
            180,
            900,
            id="sums of metrics whose labels are equal",
        ),
    ],
)
def test_every_kind_of_sli_is_counted(tmp_path, sli, series, bad, total):
    assert "SUCCESS" in counted(tmp_path, series, sli=sli, bad=bad, total=total)


DEPTH = 'depth{job="playlist",shard="%s"}'


@pytest.mark.parametrize(
    ("sli", "series", "bad", "total"),
    [
        pytest.param(
            "{probe: up}", {'up{job="playlist"}': "1x29 0x9 1x20"}, 10, 61, id="a probe is bad while it is 0"
        ),
        pytest.param(
            "{probe: up}",
            {'up{job="playlist"}': "1x29 stale _x19 0x10"},
            11,
            30 + 11,
            id="a probe that is gone is missing",
        ),
        pytest.param(
            "{probe: up}", {'up{job="other"}': "1x60"}, None, None, id="no probe: unknown, not zero"
        ),
        pytest.param(
            "{threshold: {metric: depth, op: '<=', value: 5, bad_when: avg}}",
            {DEPTH % "a": "4x60", DEPTH % "b": "4x30 8x30"},
            30,
            61,
            id="the mean of several series",
        ),
        pytest.param(
            "{freshness: {timestamp: last_seconds, below: 10m}}",
            {'last_seconds{job="playlist"}': "0x60"},
            50,
            61,
            id="the time of the newest",
        ),
        pytest.param(
            "{error_or_slow: {total: all_total, histogram: 'took_seconds{ok=\"1\"}', below: 300ms}}",
            {
                'all_total{job="playlist"}': "0+10x60",
                'took_seconds_bucket{job="playlist",ok="1",le="0.3"}': "0+6x60",
                'took_seconds_bucket{job="playlist",ok="0",le="0.3"}': "0+3x60",
            },
            240,
            600,
            id="failed or slow, told apart",
        ),
        pytest.param(
            "{error_or_slow: {total: all_total, bad: failed_total, histogram: took_seconds, below: 300ms}}",
            {
                'all_total{job="playlist"}': "0+10x60",
                'failed_total{job="playlist"}': "0+2x30 62+9x29",
                'took_seconds_count{job="playlist"}': "0+10x60",
                'took_seconds_bucket{job="playlist",le="0.3"}': "0+7x60",
            },
            31 * (2 + 3) + 29 * 10,
            600,
            id="failed or slow, at most all",
        ),
        pytest.param(
            "{error_or_slow: {total: all_total, bad: failed_total, histogram: took_seconds, below: 300ms}}",
            {
                'all_total{job="playlist"}': "0+10x60",
                'took_seconds_count{job="playlist"}': "0+10x60",
                'took_seconds_bucket{job="playlist",le="0.3"}': "0+7x60",
            },
            180,
            600,
            id="slow, and no failure yet",
        ),
        pytest.param(
            "{promql: {bad: 'failed - failed offset $window', total: 'asked - asked offset $window'}}",
            {"failed": "0+2x60", "asked": "0+10x60"},
            120,
            600,
            id="own counts",
        ),
        pytest.param(
            "{promql: {bad: 'absent_total', total: 'asked - asked offset $window'}}",
            {"asked": "0+10x60"},
            0,
            600,
            id="own counts without bad ones",
        ),
        pytest.param(
            "{promql: {ratio: success, of: good}}",
            {"success": "0.75x60"},
            15.25,
            61,
            id="an own ratio of time",
        ),
        pytest.param(
            "{promql: {ratio: success, of: bad, total: 'asked - asked offset $window'}}",
            {"asked": "0+10x60", "success": "0.25x60"},
            150,
            600,
            id="an own ratio of events",
        ),
    ],
)
def test_the_rules_count_what_every_tick_would(tmp_path, sli, series, bad, total):
    said = counted(tmp_path, series, sli=parse_sli(sli), bad=bad, total=total)
    assert "SUCCESS" in said, said


@pytest.mark.parametrize(
    ("below", "spelt"),
    [
        (timedelta(milliseconds=300), "0.3"),
        (timedelta(seconds=1), "1"),
        (timedelta(seconds=2.5), "2.5"),
        (timedelta(seconds=10), "10"),
        (timedelta(milliseconds=5), "0.005"),
    ],
)
def test_a_bound_is_spelt_like_its_bucket(below, spelt):
    assert latency(below=below).bound == spelt


def test_a_whole_bound_matches_both_spellings():
    assert str(within_bound(latency(below=timedelta(seconds=1)))) == dedent(
        """\
        http_request_duration_seconds_bucket{le=~"1(\\\\.0)?"}"""
    )
