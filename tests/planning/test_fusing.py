from datetime import timedelta

import promql_parser
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.catalogs import a_service, a_squad, an_slo, events, latency, parse_sli

from observatory.catalog import ServiceSlo
from observatory.planning import plan
from observatory.planning.queries import LONGEST


def entries(*services):
    squad = a_squad()
    return [ServiceSlo(squad, service, slo) for service in services for slo in service.slos]


def services(*names, **overrides):
    return [a_service(name, **overrides) for name in names]


def fed(plan):
    """(SLO, selector's family, group, total, bad) of every feed."""
    return {
        (
            plan.slos[slo],
            query.family.metric,
            query.groups[group],
            float(total),
            float(bad),
        )
        for query in plan.queries
        for group, slo, total, bad in zip(
            query.feeds.group, query.feeds.slo, query.feeds.total, query.feeds.bad, strict=True
        )
    }


def test_services_that_differ_in_one_label_share_a_query_for_each_counter():
    planned = plan(entries(*services("album", "playlist", "search")), tick=60)
    assert [(query.by, query.groups) for query in planned.queries] == [
        (("job",), (("album",), ("playlist",), ("search",))),
    ] * 2
    assert {str(query.selector) for query in planned.queries} == {
        'http_requests_total{code=~"5..",job=~"album|playlist|search"}',
        'http_requests_total{job=~"album|playlist|search"}',
    }


def test_services_that_differ_in_several_labels_share_a_query_too():
    both = [
        a_service("album", selector={"job": "album-api", "namespace": "music"}),
        a_service("search", selector={"job": "search-api", "namespace": "find"}),
    ]
    (total,) = (query for query in plan(entries(*both), tick=60).queries if query.presence)
    assert total.by == ("job", "namespace")
    assert total.groups == (("album-api", "music"), ("search-api", "find"))


def test_a_label_that_all_share_stays_a_plain_matcher():
    both = [a_service(name, selector={"job": name, "env": "prod"}) for name in ("album", "search")]
    (total,) = (query for query in plan(entries(*both), tick=60).queries if query.presence)
    assert str(total.selector) == 'http_requests_total{env="prod",job=~"album|search"}'


def test_a_selector_that_several_slos_use_is_asked_once():
    slos = (an_slo("strict"), an_slo("lax", objective="99"))
    planned = plan(entries(a_service("album", slos=slos)), tick=60)
    assert len(planned.queries) == 2
    assert all(planned.ids(query) == ("album/strict", "album/lax") for query in planned.queries)


@pytest.mark.parametrize(
    ("sli", "expected"),
    [
        pytest.param(
            events("a_total", bad="b_total"),
            {("album/availability", "a_total", (), 1, 0), ("album/availability", "b_total", (), 0, 1)},
            id="bad-and-total",
        ),
        pytest.param(
            events("a_total", good="g_total"),
            {("album/availability", "a_total", (), 1, 1), ("album/availability", "g_total", (), 0, -1)},
            id="bad-is-total-less-good",
        ),
        pytest.param(
            latency("h_seconds"),
            {
                ("album/availability", "h_seconds_count", (), 1, 1),
                ("album/availability", "h_seconds_bucket", (), 0, -1),
            },
            id="bad-is-what-is-not-in-the-bucket",
        ),
        pytest.param(
            parse_sli("{latency: {native_histogram: h_seconds, below: 300ms}}"),
            {("album/availability", "h_seconds", (), 1, 1), ("album/availability", "h_seconds", (), 0, -1)},
            id="both-of-one-native-histogram",
        ),
        pytest.param(
            parse_sli(
                "{error_or_slow: {total: a_total, bad: b_total, native_histogram: h_seconds, below: 1s}}"
            ),
            {
                ("album/availability", "a_total", (), 1, 0),
                ("album/availability", "b_total", (), 0, 1),
                ("album/availability", "h_seconds", (), 0, 1),
                ("album/availability", "h_seconds", (), 0, -1),
            },
            id="slow-ones-of-a-native-histogram-besides-the-failed",
        ),
    ],
)
def test_every_counter_has_its_part_in_bad_and_total(sli, expected):
    assert fed(plan(entries(a_service("album", slos=(an_slo(sli=sli),))), tick=60)) == expected


@pytest.mark.parametrize(
    ("below", "matcher"),
    [
        pytest.param(timedelta(milliseconds=300), r'le=~"0\\.3"', id="fraction"),
        pytest.param(timedelta(seconds=1), r'le=~"1|1\\.0"', id="whole-number-in-both-spellings"),
        pytest.param(timedelta(microseconds=50), r'le=~"5e-05"', id="tiny"),
        pytest.param(timedelta(seconds=2.5), r'le=~"2\\.5"', id="above-one"),
    ],
)
def test_a_bound_is_spelled_as_histograms_spell_it(below, matcher):
    slo = an_slo(sli=latency("h_seconds", below=below))
    bucket = plan(entries(a_service("album", slos=(slo,))), tick=60).queries[0]
    assert matcher in bucket.growth


def test_a_query_about_thousands_is_cut_into_pieces_that_servers_take():
    many = services(*(f"service-number-{number:05d}" for number in range(2000)))
    planned = plan(entries(*many), tick=60)
    assert max(len(query.growth) for query in planned.queries) < LONGEST + 1000
    assert sum(len(query.groups) for query in planned.queries) == 2 * 2000
    assert len({slo for query in planned.queries for slo in planned.ids(query)}) == 2000


NAMES = st.lists(st.text('ab-.|()[]$^\\"é \n', min_size=1), min_size=1, max_size=6, unique=True)


@given(NAMES)
def test_any_label_value_makes_valid_promql(names):
    many = [a_service(f"s{number}", selector={"job": name}) for number, name in enumerate(names)]
    for query in plan(entries(*many), tick=60).queries:
        for text in (query.growth, query.breaks):
            promql_parser.parse(text)


@given(st.lists(st.from_regex("[a-f]{1,3}", fullmatch=True), min_size=2, max_size=9, unique=True))
def test_halves_feed_what_the_whole_feeds(names):
    planned = plan(entries(*services(*names)), tick=60)
    for query in planned.queries:
        left, right = query.halves()
        assert left.groups + right.groups == query.groups
        assert sorted([*planned.ids(left), *planned.ids(right)]) == sorted(planned.ids(query))
        for half in (left, right):
            for group, slo in zip(half.feeds.group, half.feeds.slo, strict=True):
                assert planned.slos[slo] == f"{half.groups[group][0]}/availability"


@given(st.permutations(["album", "artist", "playlist", "search"]))
def test_the_order_of_the_catalog_changes_no_query(names):
    planned = plan(entries(*services(*names)), tick=60)
    straight = plan(entries(*services(*sorted(names))), tick=60)
    assert [query.growth for query in planned.queries] == [query.growth for query in straight.queries]
    assert fed(planned) == fed(straight)


def test_nothing_to_measure_is_a_plan_without_queries():
    assert plan([], tick=60).queries == ()


def of(*texts, names=("album", "playlist")):
    slos = tuple(an_slo(f"slo-{number}", sli=parse_sli(text)) for number, text in enumerate(texts))
    return plan(entries(*services(*names, slos=slos)), tick=60)


def test_gauges_of_many_services_share_a_query_and_other_conditions_have_their_own():
    planned = of(
        "{threshold: {metric: depth, op: '<', value: 5}}",
        "{threshold: {metric: depth, op: '<', value: 7}}",
        "{threshold: {metric: depth, op: '<', value: 7, bad_when: all}}",
    )
    assert [query.groups for query in planned.queries] == [(("album",), ("playlist",))] * 3
    assert sorted(query.promql for query in planned.queries) == [
        'max by (job) ((depth{job=~"album|playlist"} >= -Inf) >= bool 5)',
        'max by (job) ((depth{job=~"album|playlist"} >= -Inf) >= bool 7)',
        'min by (job) ((depth{job=~"album|playlist"} >= -Inf) >= bool 7)',
    ]


def test_a_gauge_that_several_slos_judge_alike_is_asked_once():
    planned = of("{queue: {lag: depth, below: 5}}", "{threshold: {metric: depth, op: '<=', value: 5}}")
    assert len(planned.queries) == 1


def test_expressions_are_asked_as_they_are_and_feed_one_slo_each():
    planned = of("{promql: {bad: 'sum(increase(a[$window]))', total: 'sum(increase(b[$window]))'}}")
    assert [query.promql for query in planned.queries] == [
        "sum(sum(increase(b[60s])))",
        "clamp_min(sum(sum(increase(a[60s]))) < Inf, 0)",
    ] * 2
    assert [planned.ids(query) for query in planned.queries] == [("album/slo-0",)] * 2 + [
        ("playlist/slo-0",)
    ] * 2


@pytest.mark.parametrize(
    "text",
    [
        "{probe: up}",
        "{probe: {gauge: up, bad_when: avg}}",
        "{threshold: {metric: depth, op: '!=', value: -0.5, bad_when: sum}}",
        "{freshness: {timestamp: last_seconds, below: 10m}}",
        "{queue: {oldest_age: age_seconds, below: 5m, bad_when: all}}",
        "{error_or_slow: {total: a_total, histogram: 'h_seconds{ok=\"1\"}', below: 1s}}",
        "{error_or_slow: {total: a_total, bad: b_total, histogram: h_seconds, below: 1s}}",
        "{latency: {native_histogram: h_seconds, below: 300ms}}",
        "{error_or_slow: {total: a_total, native_histogram: 'h_seconds{ok=\"1\"}', below: 1s}}",
        "{promql: {bad: 'sum(increase(a[$window]))', total: 'sum(increase(b[$window]))'}}",
        "{promql: {ratio: a / b, of: good}}",
        "{promql: {ratio: a / b, of: bad, total: 'c - c offset $window'}}",
    ],
)
def test_every_kind_becomes_valid_promql(text):
    planned = of(text)
    for query in planned.queries:
        promql_parser.parse(query.promql)
    assert {slo for query in planned.queries for slo in planned.ids(query)} == set(planned.slos)


def test_which_events_succeeded_is_no_label_to_fuse_by():
    sli = parse_sli("{error_or_slow: {total: a_total, histogram: 'h_seconds{ok=\"1\"}', below: 1s}}")
    (bucket, _) = plan(entries(*services("album", "playlist", slos=(an_slo(sli=sli),))), tick=60).queries[
        ::-1
    ]
    assert bucket.by == ("job",)
    assert "ok=" in bucket.growth
    assert "ok=" not in bucket.bounds


def native(*names, tick=60):
    """The queries about all events, and about those in time, of native histograms."""
    slo = an_slo(sli=parse_sli("{latency: {native_histogram: h_seconds, below: 300ms}}"))
    every, fast = sorted(
        plan(entries(*services(*names, slos=(slo,))), tick=tick).queries, key=lambda query: not query.presence
    )
    return every, fast


def test_services_with_native_histograms_share_a_query_for_all_events_and_one_for_the_fast():
    every, fast = native("album", "playlist")
    assert every.groups == fast.groups == (("album",), ("playlist",))
    assert "histogram_fraction" not in every.growth
    assert 'histogram_fraction(-Inf, 0.3, h_seconds{job=~"album|playlist"})' in fast.growth
    assert (every.bound, fast.bound) == (None, None)


def test_what_is_asked_about_breaks_of_native_histograms_is_valid_too():
    for query in native("album"):
        promql_parser.parse(query.breaks)


@pytest.mark.parametrize(
    ("tick", "every"), [pytest.param(60, "15s"), pytest.param(25, "5s"), pytest.param(1, "1s")]
)
def test_a_native_histogram_is_looked_at_when_a_tick_ends(tick, every):
    for query in native("album", tick=tick):
        assert f":{every}]" in query.growth
        assert f":{every}]" in query.breaks


def test_queries_about_thousands_of_native_histograms_are_cut_into_pieces_that_servers_take():
    slo = an_slo(sli=parse_sli("{latency: {native_histogram: h_seconds, below: 300ms}}"))
    many = services(*(f"service-number-{number:05d}" for number in range(300)), slos=(slo,))
    planned = plan(entries(*many), tick=60)
    assert max(len(query.growth) for query in planned.queries) < LONGEST + 1000
    assert sum(len(query.groups) for query in planned.queries) == 2 * 300
