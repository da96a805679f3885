from datetime import timedelta
from decimal import Decimal

import jsonschema
import pytest
import yaml
from support.catalogs import changed, parse_sli, parse_yaml

from observatory.catalog import (
    Condition,
    ErrorOrSlow,
    Events,
    Freshness,
    Latency,
    Probe,
    Promql,
    Queue,
    Threshold,
    json_schema,
    parse_selector,
)

LATENCY = "{latency: {histogram: http_request_duration_seconds, below: 300ms}}"
SCHEMA = jsonschema.Draft202012Validator(json_schema())

KINDS = [
    pytest.param("{probe: up}", Probe, Condition("<", Decimal(1), "any"), id="probe"),
    pytest.param(
        "{probe: {gauge: up, bad_when: all}}", Probe, Condition("<", Decimal(1), "all"), id="all probes"
    ),
    pytest.param(
        "{probe: {gauge: up, bad_when: avg}}", Probe, Condition("<", Decimal("0.5"), "avg"), id="most probes"
    ),
    pytest.param(
        "{threshold: {metric: depth, op: '<=', value: 10}}",
        Threshold,
        Condition(">", Decimal(10), "any"),
        id="threshold",
    ),
    pytest.param(
        "{threshold: {metric: rate, op: '>', value: -0.25, bad_when: sum}}",
        Threshold,
        Condition("<=", Decimal("-0.25"), "sum"),
        id="threshold from below",
    ),
    pytest.param(
        "{freshness: {timestamp: last_seconds, below: 10m}}",
        Freshness,
        Condition(">", Decimal(600), "any", age=True),
        id="time of the newest",
    ),
    pytest.param(
        "{freshness: {age: age_seconds, below: 1500ms}}",
        Freshness,
        Condition(">", Decimal("1.5"), "any"),
        id="age of the newest",
    ),
    pytest.param("{queue: {lag: lag, below: 1000}}", Queue, Condition(">", Decimal(1000), "any"), id="lag"),
    pytest.param(
        "{queue: {backlog: length, below: 0.5}}", Queue, Condition(">", Decimal("0.5"), "any"), id="backlog"
    ),
    pytest.param(
        "{queue: {oldest_age: age_seconds, below: 5m}}",
        Queue,
        Condition(">", Decimal(300), "any"),
        id="oldest",
    ),
]


@pytest.mark.parametrize(("text", "kind", "condition"), KINDS)
def test_a_gauge_says_when_a_slice_is_bad(text, kind, condition):
    sli = parse_sli(text)
    assert isinstance(sli, kind)
    assert sli.condition == condition


OTHERS = [
    "{error_or_slow: {total: a_total, histogram: 'h_seconds{ok=\"1\"}', below: 1s}}",
    "{error_or_slow: {total: a_total, bad: b_total, histogram: h_seconds, below: 1s, unit: ms}}",
    "{latency: {native_histogram: h_seconds, below: 300ms}}",
    "{error_or_slow: {total: a_total, native_histogram: 'h_seconds{ok=\"1\"}', below: 1s}}",
    "{error_or_slow: {total: a_total, bad: b_total, native_histogram: h_seconds, below: 1s}}",
    "{promql: {bad: 'sum(rate(a[$window]))', total: 'sum(rate(b[$window]))'}}",
    "{promql: {ratio: a / b, of: good}}",
    "{promql: {ratio: a / b, of: bad, total: 'c - c offset $window'}}",
    "{preset: grpc}",
    "{preset: istio, below: 100ms, selector: {destination_app: playlist}}",
    "{preset: http, kind: error_or_slow, below: 300ms}",
]


@pytest.mark.parametrize("text", [*(case.values[0] for case in KINDS), *OTHERS])
def test_the_schema_accepts_every_kind(text):
    written = changed(LATENCY, text)
    parse_yaml(written).valid()
    assert list(SCHEMA.iter_errors(yaml.safe_load(written))) == []


def test_one_of_a_kind_is_told_apart_from_the_others():
    assert isinstance(parse_sli(OTHERS[0]), ErrorOrSlow)
    assert parse_sli(OTHERS[1]).bound == "1000"
    assert isinstance(parse_sli(OTHERS[5]), Promql)


def test_a_native_histogram_is_timed_as_a_classic_one_is():
    native = parse_sli(OTHERS[2])
    assert native.histogram is None
    assert native.timed == parse_selector("h_seconds")
    assert native.bound == "0.3"


MISTAKES = [
    pytest.param("{}", "", "exactly one kind", "{events", id="no kind"),
    pytest.param("{prob: up}", ".prob", "one of the kinds", "probe", id="kind"),
    pytest.param("{probe: 'up ='}", ".probe", "not valid PromQL", "http_requests", id="probe"),
    pytest.param(
        "{probe: {gauge: up, bad_when: sum}}", ".probe.bad_when", "one of", None, id="a sum of probes"
    ),
    pytest.param(
        "{threshold: {metric: up, op: '<='}}", ".threshold.value", "missing", "value: 100", id="no value"
    ),
    pytest.param(
        "{threshold: {metric: up, op: '<', value: '1'}}",
        ".threshold.value",
        "without quotes",
        "100",
        id="quotes",
    ),
    pytest.param(
        "{threshold: {metric: up, op: '=<', value: 1}}", ".threshold.op", "one of", "<", id="operator"
    ),
    pytest.param(
        "{threshold: {metric: up, op: '<', value: 1, x: 1}}", ".threshold.x", "unknown key", None, id="key"
    ),
    pytest.param("{freshness: {below: 5m}}", ".freshness", "exactly one of", "{timestamp", id="no gauge"),
    pytest.param(
        "{freshness: {age: a, timestamp: b, below: 5m}}", ".freshness", "exactly one of", None, id="two"
    ),
    pytest.param(
        "{freshness: {age: a, below: 5}}", ".freshness.below", "unit is missing", "5m", id="no unit"
    ),
    pytest.param(
        "{queue: {lag: a, backlog: b, below: 5}}", ".queue", "exactly one of", "{lag", id="two gauges"
    ),
    pytest.param(
        "{queue: {lag: a, below: 5m}}", ".queue.below", "a number of messages", "1000", id="lag in time"
    ),
    pytest.param(
        "{queue: {oldest_age: a, below: 5}}", ".queue.below", "a duration", "5m", id="an age in messages"
    ),
    pytest.param(
        "{error_or_slow: {total: a, histogram: h, below: 1s}}",
        ".error_or_slow.histogram",
        "that succeeded",
        "code!~",
        id="nothing says what failed",
    ),
    pytest.param(
        "{error_or_slow: {total: a, bad: a, histogram: h, below: 1s}}",
        ".error_or_slow.bad",
        "same events",
        None,
        id="everything failed",
    ),
    pytest.param(
        "{promql: {bad: 'sum(', total: a}}", ".promql.bad", "not an expression", "sum(", id="no PromQL"
    ),
    pytest.param("{promql: {bad: 'a', total: '5'}}", ".promql.total", "vector", "sum(", id="a number"),
    pytest.param(
        "{promql: {bad: 'a # b', total: a}}", ".promql.bad", "not an expression", "sum(", id="a comment"
    ),
    pytest.param(
        "{promql: {bad: 'a)) + (sum(b', total: a}}", ".promql.bad", "not an", None, id="half an expression"
    ),
    pytest.param(
        "{promql: {bad: 'rate(a[5m])', total: a}}", ".promql.bad", "[$window]", "$window", id="a range"
    ),
    pytest.param("{promql: {bad: a}}", ".promql", "total says", "total:", id="bad of how many"),
    pytest.param("{promql: {ratio: a}}", ".promql", "of bad or of good", "of: good", id="a ratio of what"),
    pytest.param(
        "{promql: {ratio: a, bad: b, total: c}}", ".promql", "exactly one of", None, id="both forms"
    ),
    pytest.param(
        f"{{promql: {{ratio: '{'(' * 1000}a{')' * 1000}', of: bad}}}}",
        ".promql.ratio",
        "at most 2,000",
        None,
        id="a very long one",
    ),
    pytest.param("{preset: htpp}", ".preset", "presets are", "http", id="preset"),
    pytest.param("{preset: http, below: 3}", ".below", "unit is missing", "3ms", id="a preset's bound"),
    pytest.param(
        "{preset: http, blow: 3s}", ".blow", "unknown key; known here are preset,", "below", id="its key"
    ),
    pytest.param("{preset: http, kind: latency}", "", "needs below", "below:", id="a preset's latency"),
    pytest.param(
        "{preset: http, kind: events, below: 1s}", ".kind", "below needs", "latency", id="its events"
    ),
    pytest.param("{preset: http, selector: {9: x}}", ".selector.9", "a label name", "job", id="its labels"),
]


@pytest.mark.parametrize(("text", "path", "rule", "hint"), MISTAKES)
def test_a_mistake_in_a_kind_is_told_in_its_place(text, path, rule, hint):
    problems = parse_yaml(changed(LATENCY, text)).problems
    found = [problem for problem in problems if problem.path == f"slos[1].sli{path}"]
    assert len(found) == 1, "\n".join(map(str, problems))
    assert found[0].place.line == 20
    assert rule in found[0].rule
    assert hint is None or hint in (found[0].nearest or found[0].example)


def test_expressions_nested_as_deep_as_they_may_be_are_read():
    deep = "(" * 999 + "a" + ")" * 999
    for text in (deep, "-" * 1999 + "a", "a" + "^a" * 999, "abs(" * 399 + "a" + ")" * 399):
        parse_yaml(changed(LATENCY, f"{{promql: {{ratio: '{text}', of: bad}}}}"))


def test_an_expression_of_ones_own_is_read_with_a_warning_that_it_is_asked_alone():
    parsed = parse_yaml(changed(LATENCY, "{promql: {ratio: a / b, of: good}}"))
    (problem,) = parsed.problems
    assert (problem.severity, problem.path) == ("warning", "slos[1].sli.promql")
    assert "shares no query" in problem.rule
    assert parsed.errors == ()


REQUESTS, DURATION = "http_server_request_duration_seconds_count", "http_server_request_duration_seconds"
STATUS = "http_response_status_code"


@pytest.mark.parametrize(
    ("text", "sli"),
    [
        pytest.param(
            "{preset: otel}",
            Events(
                total=(parse_selector(REQUESTS),), bad=(parse_selector(f'{REQUESTS}{{{STATUS}=~"5.."}}'),)
            ),
            id="events",
        ),
        pytest.param(
            "{preset: otel, below: 250ms}",
            Latency(histogram=parse_selector(DURATION), below=timedelta(milliseconds=250)),
            id="latency",
        ),
        pytest.param(
            "{preset: otel, below: 250ms, kind: error_or_slow, selector: {http_route: /a}}",
            ErrorOrSlow(
                total=(parse_selector(f'{REQUESTS}{{http_route="/a"}}'),),
                histogram=parse_selector(f'{DURATION}{{{STATUS}!~"5..",http_route="/a"}}'),
                below=timedelta(milliseconds=250),
            ),
            id="both, of one route",
        ),
        pytest.param(
            "{preset: istio, below: 250ms}",
            Latency(
                histogram=parse_selector('istio_request_duration_milliseconds{reporter="destination"}'),
                below=timedelta(milliseconds=250),
                unit="ms",
            ),
            id="milliseconds",
        ),
        pytest.param(
            "{preset: pubsub}",
            Events(
                total=(parse_selector("messaging_client_sent_messages_total"),),
                bad=(parse_selector('messaging_client_sent_messages_total{error_type!=""}'),),
            ),
            id="messages",
        ),
    ],
)
def test_a_preset_stands_for_the_names_of_its_convention(text, sli):
    assert parse_sli(text) == sli


def test_a_histogram_that_cannot_tell_failures_has_them_counted_beside_it():
    sli = parse_sli("{preset: grpc, below: 1s, kind: error_or_slow}")
    assert [selector.metric for selector in sli.bad] == ["grpc_server_handled_total"]
    assert sli.histogram.matchers == ()
