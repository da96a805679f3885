from datetime import timedelta
from decimal import Decimal

import pytest
from support.catalogs import SQUAD_YAML, changed, parse_yaml

from observatory.catalog import Events, Latency, Place, Rolling, parse_selector


def the_problem(parsed):
    assert len(parsed.problems) == 1, "\n".join(map(str, parsed.problems))
    return parsed.problems[0]


def test_everything_a_squad_writes_is_read():
    service = parse_yaml().valid().services["playlist"]
    availability, latency = service.slos
    assert availability.sli == Events(
        total=(parse_selector("http_requests_total"),),
        bad=(parse_selector('http_requests_total{code=~"5.."}'),),
    )
    assert latency.sli == Latency(
        histogram=parse_selector("http_request_duration_seconds"), below=timedelta(milliseconds=300)
    )
    assert availability.window == Rolling(length=timedelta(days=30))
    assert [use.kind for use in service.uses] == ["postgresql", "cassandra"]
    assert service.selector == {"job": "playlist"}
    assert str(service.behaviour[0].metric) == "playlist_saves_total"


def test_definitions_know_where_they_were_written():
    catalog = parse_yaml().valid()
    assert catalog.squads["playlists"].place == Place("squad.yml", 1, 1)
    assert catalog.services["playlist"].slos[1].place == Place("playlist.yml", 18, 5)


@pytest.mark.parametrize("written", ["99.9", "99.95", "99", "50.5", "99.999999", "99.90"])
def test_an_objective_is_exactly_what_was_written(written):
    service = parse_yaml(changed("objective: 99.9", f"objective: {written}")).valid().services["playlist"]
    assert service.slos[0].objective == Decimal(written)
    assert service.slos[0].budget == (100 - Decimal(written)) / 100


def test_total_bad_and_good_may_be_sums():
    sli = '{events: {total: [a_total, b_total], good: [a_total{ok="1"}, b_total{ok="1"}]}}'
    written = changed(
        "{latency: {histogram: http_request_duration_seconds, below: 300ms}}", sli.replace('"', "'")
    )
    written = written.replace("a_total{ok='1'}", "\"a_total{ok='1'}\"").replace(
        "b_total{ok='1'}", "\"b_total{ok='1'}\""
    )
    sli = parse_yaml(written).valid().services["playlist"].slos[1].sli
    assert [str(one) for one in sli.total] == ["a_total", "b_total"]
    assert [str(one) for one in sli.good] == ['a_total{ok="1"}', 'b_total{ok="1"}']


BAD = "bad: 'http_requests_total{code=~\"5..\"}'"


@pytest.mark.parametrize(
    ("old", "new", "place", "path", "rule", "hint"),
    [
        pytest.param("squad: playlists\n", "", "1:1", "squad", "squad is missing", "squad: playlists", id="owner"),
        pytest.param("tier:", "teir:", "5:1", "teir", "unknown key", "tier", id="unknown key"),
        pytest.param("tier: 1", "place: x", "5:1", "place", "unknown key", None, id="place is not for writing"),
        pytest.param("tier: 1", "tier: 9", "5:7", "tier", "at most 4", "1", id="too large"),
        pytest.param("tier: 1", "tier: 0", "5:7", "tier", "at least 1", "1", id="too small"),
        pytest.param("tier: 1", "tier: one", "5:7", "tier", "a whole number", "1", id="a word for a number"),
        pytest.param("tier: 1", "tier: 01", "5:7", "tier", "an octal number", "1", id="octal"),
        pytest.param("tier: 1", "tier: yes", "5:7", "tier", "true or false", "1", id="a bool for a number"),
        pytest.param("tier: 1", "tier: true", "5:7", "tier", "a whole number", "1", id="another bool"),
        pytest.param("name: playlist\n", "name: no\n", "3:7", "name", "true or false", "playlist", id="Norway"),
        pytest.param("name: playlist\n", "name: 12\n", "3:7", "name", "quotes make it text", "playlist", id="12"),
        pytest.param("name: playlist\n", "name: null\n", "3:7", "name", "nothing is written", None, id="null"),
        pytest.param("name: playlist\n", "name: Play List\n", "3:7", "name", "lower-case", "playlist", id="name"),
        pytest.param("name: playlist\n", "name: [a]\n", "3:7", "name", "text is expected", None, id="a list"),
        pytest.param("Stores", "2024-01-01 #", "6:14", "description", "a date", '"2024-01-01"', id="a date"),
        pytest.param("https:", "javascript:", "7:10", "runbook", "http://", "https://runbooks", id="a link"),
        pytest.param("{job: playlist}", "{job: 5}", "8:17", "selector.job", "quotes", '"5"', id="label value"),
        pytest.param(
            "'http_requests_total{code=~\"5..\"}'", "5", "17:53", "slos[0].sli.events.bad",
            "a selector", 'http_requests_total{code=~"5.."}', id="a number for a selector",
        ),
        pytest.param("{job: playlist}", "{9b: x}", "8:12", "selector.9b", "a label name", "job", id="label name"),
        pytest.param("{job: playlist}", "x", "8:11", "selector", "a mapping", "{job: playlist}", id="no mapping"),
        pytest.param("[]", "search", "9:13", "depends_on", "a list", None, id="no list"),
        pytest.param("postgresql", "postgres", "11:12", "uses[0].kind", "supported", "postgresql", id="use"),
        pytest.param("mcac", "mcca", "12:32", "uses[1].dialect", "dialects of cassandra", "mcac", id="dialect"),
        pytest.param(", dialect: mcac", "", "12:5", "uses[1]", "one of mcac, jmx", "mcac", id="no dialect"),
        pytest.param("objective: 99.9", "objective: 0.999", "15:16", "slos[0].objective", "ratio", "99.9", id="ratio"),
        pytest.param("objective: 99.9", "objective: 1", "15:16", "slos[0].objective", "ratio", "100", id="one"),
        pytest.param(": 99.9", ": 100", "15:16", "slos[0].objective", "no error budget", "99.99", id="hundred"),
        pytest.param(": 99.9", ": 100.0", "15:16", "slos[0].objective", "no error budget", "99.99", id="100.0"),
        pytest.param(": 99.9", ": 0", "15:16", "slos[0].objective", "above 0", "99.9", id="zero"),
        pytest.param(": 99.9", ": -5", "15:16", "slos[0].objective", "above 0", "99.9", id="negative"),
        pytest.param(": 99.9", ": 150", "15:16", "slos[0].objective", "below 100", "99.9", id="more than all"),
        pytest.param(": 99.9", ": .inf", "15:16", "slos[0].objective", "infinity", "99.9", id="infinity"),
        pytest.param(": 99.9", ": .nan", "15:16", "slos[0].objective", "no number", "99.9", id="not a number"),
        pytest.param(": 99.9", ": 9.99e1", "15:16", "slos[0].objective", "a number", "99.9", id="exponent"),
        pytest.param(": 99.9", ": 99.9%", "15:16", "slos[0].objective", "without quotes", "99.9", id="percent"),
        pytest.param(": 99.9", ": '99.9'", "15:16", "slos[0].objective", "without quotes", "99.9", id="quotes"),
        pytest.param(": 99.9", ": 99.1234567", "15:16", "slos[0].objective", "6 decimals", "99.12", id="decimals"),
        pytest.param(": 30d", ": 12h", "16:13", "slos[0].window", "whole number of days", "30d", id="hours"),
        pytest.param(": 30d", ": 30", "16:13", "slos[0].window", "unit is missing", "30d", id="no unit"),
        pytest.param(": 30d", ": 999999w", "16:13", "slos[0].window", "at most 365", "30d", id="centuries"),
        pytest.param(": 30d", ": {calendar: month}", "16:13", "slos[0].window.timezone", "missing", "Stockholm",
                     id="a month without a zone"),
        pytest.param(": 30d", ": {calendar: monht, timezone: UTC}", "16:24", "slos[0].window.calendar", "'quarter'",
                     "month", id="no such calendar"),
        pytest.param(": 30d", ": {calendar: week, timezone: Mars}", "16:40", "slos[0].window.timezone", "IANA",
                     "Europe/Stockholm", id="no such zone"),
        pytest.param(": 30d", ": {calendar: week, timezone: UTC, zone: UTC}", "16:45", "slos[0].window.zone",
                     "known here are calendar, timezone", None, id="an unknown key of a window"),
        pytest.param(": 30d", ": [30d]", "16:13", "slos[0].window", "length", "30d", id="a list of windows"),
        pytest.param(": 30d", ": 7d\n    more_windows: [7d]", "17:19", "slos[0].more_windows", "another", "[7d]",
                     id="the same window twice"),
        pytest.param(": 30d", ": 7d\n    more_windows: [30d, 8h]", "17:25", "slos[0].more_windows[1]", "whole number",
                     "30d", id="a window of hours"),
        pytest.param(": 30d", ": 7d\n    method: timeslices", "17:13", "slos[0].method", "how long", "{slice: 1m}",
                     id="no slice"),
        pytest.param(": 30d", ": 7d\n    method: {timeslice: {slice: 1m}}", "17:13", "slos[0].method",
                     "occurrences, or a mapping", "timeslices", id="no such method"),
        pytest.param(": 30d", ": 7d\n    method: {timeslices: {slice: 7m, target: 95}}", "17:34",
                     "slos[0].method.timeslices.slice", "five minutes", "1m", id="a slice that cuts no five minutes"),
        pytest.param(": 30d", ": 7d\n    method: {timeslices: {slice: 1m, target: 0.95}}", "17:46",
                     "slos[0].method.timeslices.target", "a target is written in percent", "95", id="target as a ratio"),
        pytest.param(": 30d", ": 7d\n    method: {timeslices: {slice: 1m}}", "17:26",
                     "slos[0].method.timeslices.target", "missing", "target: 95", id="no target"),
        pytest.param("300ms", "fast", "20:70", "slos[1].sli.latency.below", "a duration", "300ms", id="duration"),
        pytest.param("300ms", "0ms", "20:70", "slos[1].sli.latency.below", "longer", "300ms", id="no time"),
        pytest.param("300ms", "0.3", "20:70", "slos[1].sli.latency.below", "unit is missing", "300ms", id="no ms"),
        pytest.param(
            "_seconds, below", "_seconds_bucket, below", "20:32", "slos[1].sli.latency.histogram",
            "without _bucket", "http_request_duration_seconds", id="bucket",
        ),
        pytest.param(
            "latency: {histogram", "latency: {native_histogram: x, histogram", "20:20",
            "slos[1].sli.latency", "exactly one of histogram", "histogram:", id="a classic and a native histogram",
        ),
        pytest.param(
            "histogram: http_request_duration_seconds, ", "", "20:20", "slos[1].sli.latency",
            "exactly one of histogram", "histogram:", id="no histogram",
        ),
        pytest.param(
            "histogram: http_request_duration_seconds", "native_histogram: http_request_duration_seconds_count", "20:39",
            "slos[1].sli.latency.native_histogram", "without _count", "http_request_duration_seconds",
            id="the count of a native histogram",
        ),
        pytest.param(
            "latency: {histogram", "latency: {native_histogran", "20:21", "slos[1].sli.latency.native_histogran",
            "unknown key", "native_histogram", id="a native histogram misspelt",
        ),
        pytest.param(
            BAD, "bad: 'x{'", "17:53", "slos[0].sli.events.bad", "not valid PromQL", "http_requests", id="PromQL",
        ),
        pytest.param(
            BAD, "bad: ['x', 'rate(x[5m])']", "17:59", "slos[0].sli.events.bad[1]", "more than a selector",
            "http_requests", id="a query in a list",
        ),
        pytest.param(BAD, "bad: http_requests_total", "17:53", "slos[0].sli.events.bad", "the same events", None,
                     id="everything is bad"),
        pytest.param(f", {BAD}", "", "17:19", "slos[0].sli.events", "exactly one of bad and good", "bad:",
                     id="neither bad nor good"),
        pytest.param(BAD, f"{BAD}, good: x", "17:19", "slos[0].sli.events", "exactly one of bad and good", "bad:",
                     id="both bad and good"),
        pytest.param("total: http_requests_total", "total: []", "17:27", "slos[0].sli.events.total", "at least one",
                     "total:", id="no total"),
        pytest.param("{events:", "{evnts:", "17:18", "slos[0].sli.evnts", "one of the kinds", "events", id="kind"),
        pytest.param("{latency: {histogram: http_request_duration_seconds, below: 300ms}}", "{}", "20:10",
                     "slos[1].sli", "exactly one kind", "{events", id="no kind"),
        pytest.param("{latency: {histogram: http_request_duration_seconds, below: 300ms}}", "up", "20:10",
                     "slos[1].sli", "a mapping from its kind", "{events", id="no mapping for an SLI"),
        pytest.param("{latency: {histogram: http_request_duration_seconds, below: 300ms}}", "{latency: }", "20:20",
                     "slos[1].sli.latency", "a mapping is expected", None, id="an empty kind"),
    ],
)  # fmt: skip
def test_a_mistake_is_told_with_place_path_rule_and_what_would_be_right(old, new, place, path, rule, hint):
    found = [problem for problem in parse_yaml(changed(old, new)).problems if problem.path == path]
    assert len(found) == 1, "\n".join(map(str, parse_yaml(changed(old, new)).problems))
    problem = found[0]
    assert str(problem.place) == f"playlist.yml:{place}"
    assert rule in problem.rule
    if hint is not None:
        assert hint in (problem.nearest or problem.example)


@pytest.mark.parametrize(
    ("old", "new", "path", "rule"),
    [
        pytest.param("  channel: C0PLAYLISTS\n", "", "slack.channel", "channel is missing", id="no channel"),
        pytest.param(
            "C0PLAYLISTS", "#playlists", "slack.channel", "a # that is not in quotes", id="a comment"
        ),
        pytest.param("C0PLAYLISTS", "playlists", "slack.channel", "given by its id", id="a bare name"),
        pytest.param("C0PLAYLISTS", "C0PLAY", "slack.channel", "given by its id", id="too short an id"),
        pytest.param("S0PLAYLIST", "'@playlists'", "slack.mention", "user group", id="a mention by name"),
        pytest.param("Mon-Fri 09:00-18:00", "9 to 5", "on_call.hours", "24-hour clock", id="hours"),
        pytest.param("Europe/Stockholm", "Stockholm", "on_call.timezone", "IANA", id="time zone"),
        pytest.param("after: 15m", "after: 15", "on_call.escalate.after", "unit is missing", id="minutes"),
    ],
)
def test_a_squad_is_checked_in_the_same_way(old, new, path, rule):
    problem = the_problem(parse_yaml(squad=changed(old, new, text=SQUAD_YAML)))
    assert problem.path == path
    assert rule in problem.rule


def test_every_mistake_is_told_at_once():
    written = (
        changed("tier: 1", "tier: 9").replace("99.9", "0.999").replace("300ms", "300").replace("saves", "S")
    )
    assert [problem.path for problem in parse_yaml(written).problems] == [
        "tier",
        "slos[0].objective",
        "slos[1].sli.latency.below",
        "behaviour[0].name",
    ]


def test_a_long_value_is_shortened():
    problem = the_problem(parse_yaml(changed("tier: 1", f"tier: {'x' * 5_000}")))
    assert problem.value == "x" * 59 + "…"


def test_the_time_zone_next_to_the_one_written_is_offered():
    problem = the_problem(parse_yaml(squad=changed("Stockholm", "Stokholm", text=SQUAD_YAML)))
    assert problem.nearest == "Europe/Stockholm"
