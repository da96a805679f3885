"""Every query of every dashboard of the example organisation, executed on real servers.

The rules run for real as well, with a minute shrunk to a second, so that half a minute of scrapes fills them.
"""

import json
import math
import threading
import urllib.parse
import urllib.request
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from support.grafana import View, ask_every_query
from support.prometheus import Series, Target, evaluating, write_past
from support.servers import PROMETHEUS, SERVERS, serving

from observatory.adapters.clock import SystemClock
from observatory.catalog import Calendar, Latency, Rolling, parse_catalog
from observatory.outputs.dashboards import dashboard_files
from observatory.outputs.rules import rule_files

DAY = 86_400
WINDOWS = ("5m", "30m", "1h", "2h", "6h", "1d", "3d")
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def catalog():
    """Without the stores, whose exporters answer in tests/outputs/stores."""
    root = Path(__file__).parents[3]
    whole = parse_catalog(
        {str(path.relative_to(root)): path.read_bytes() for path in sorted(root.glob("catalog/*/*.yml"))}
    ).valid()
    services = {name: one.model_copy(update={"uses": ()}) for name, one in whole.services.items()}
    return replace(whole, services=services)


def exposition(service, ticks):
    """A service's counters after some ticks: 10 requests each, one of which fails, two of which are slow."""
    lines = [
        "# TYPE http_requests_total counter",
        f'http_requests_total{{code="200"}} {9 * ticks}',
        f'http_requests_total{{code="500"}} {ticks}',
        f"process_start_time_seconds {1_700_000_000}",
        'demo_build_info{version="1.4.2"} 1',
    ]
    for slo in service.slos:
        if isinstance(slo.sli, Latency):
            lines += [
                f'http_request_duration_seconds_bucket{{le="{slo.sli.bound}"}} {8 * ticks}',
                f'http_request_duration_seconds_bucket{{le="+Inf"}} {10 * ticks}',
                f"http_request_duration_seconds_count {10 * ticks}",
            ]
    lines += [f"{behaviour.metric.metric} {3 * ticks}" for behaviour in service.behaviour]
    return "\n".join(lines) + "\n"


def own_metrics(catalog):
    """What Observatory's /metrics says of every SLO."""
    lines = []
    for entry in catalog.slos():
        labels = f'squad="{entry.squad.name}",service="{entry.service.name}",slo="{entry.slo.name}"'
        lines += [
            f"observatory_slo_objective_ratio{{{labels}}} {float(entry.slo.objective) / 100}",
            *window_metrics(entry, labels),
            f'observatory_slo_window_events{{{labels},outcome="total"}} 1000000',
            f'observatory_slo_window_events{{{labels},outcome="bad"}} 500',
            f"observatory_slo_error_budget_events{{{labels}}} 5000",
            f"observatory_slo_error_budget_remaining_ratio{{{labels}}} 0.5",
            f"observatory_slo_error_budget_remaining_unadjusted_ratio{{{labels}}} 0.4",
            f"observatory_slo_error_budget_consumed_ratio{{{labels}}} 0.5",
            f"observatory_slo_coverage_ratio{{{labels}}} 0.99",
            f'observatory_slo_state{{{labels},state="at_risk"}} 1',
            f'observatory_slo_state{{{labels},state="healthy"}} 0',
            f'observatory_incidents{{{labels},severity="page",state="firing"}} 1',
            *(f'observatory_slo_burn_rate{{{labels},window="{window}"}} 2' for window in WINDOWS),
        ]
    return "\n".join(sorted([*lines, *event_metrics(catalog)])) + "\n"


def window_metrics(entry, labels):
    """What it says of each window of an SLO, rolling or by the calendar."""
    yield f"observatory_slo_window_end_timestamp_seconds{{{labels}}} {now() + DAY}"
    for window in (entry.slo.window, *entry.slo.more_windows):
        yield f'observatory_slo_sli_ratio{{{labels},window="{window.label}"}} 0.9995'
        yield f'observatory_slo_window_budget_remaining_ratio{{{labels},window="{window.label}"}} 0.5'


def rolling(catalog):
    """As far as the rules know it: no range of Prometheus is a calendar's."""
    month = Rolling(length=timedelta(days=30))
    services = {
        name: one.model_copy(
            update={
                "slos": tuple(
                    slo.model_copy(
                        update={
                            "window": month if isinstance(slo.window, Calendar) else slo.window,
                            "more_windows": tuple(w for w in slo.more_windows if isinstance(w, Rolling)),
                        }
                    )
                    for slo in one.slos
                )
            }
        )
        for name, one in catalog.services.items()
    }
    return replace(catalog, services=services)


def event_metrics(catalog):
    """What it says of events, as if every one were under way, and of journeys."""
    for event in catalog.events.values():
        for kind in ("expected", "usual", "peak", "now"):
            yield f'observatory_event_traffic_per_minute{{event="{event.name}",kind="{kind}"}} 600'
        for entry in catalog.affected(event):
            owner = f'event="{event.name}",squad="{entry.squad.name}"'
            labels = f'{owner},service="{entry.service.name}",slo="{entry.slo.name}"'
            yield f'observatory_event_active{{{labels},mode="{event.mode}"}} 1'
            for name, value in (("slice_consumed_ratio", 0.6), ("bad_events", 60), ("slice_events", 100)):
                yield f"observatory_event_{name}{{{labels}}} {value}"
    for entry in catalog.slos():
        for component, part in entry.parts:
            labels = f'service="{entry.service.name}",slo="{entry.slo.name}",component="{part.id}"'
            yield f"observatory_journey_component_bad_events{{{labels}}} {component.weight}"


def last_weeks(catalog, addresses, end):
    """What a panel compares with: users a week and two ago, and budgets a day ago."""
    for service in catalog.services.values():
        instance = f'job="{service.name}",instance="{addresses[service.name]}"'
        for behaviour in service.behaviour:
            for ago in (14 * DAY, 7 * DAY):
                times = list(range(end - ago - 30, end - ago + 120))
                yield Series(behaviour.metric.metric, instance, times, [float(time) for time in times])
    times = list(range(end - DAY - 300, end - DAY + 300, 30))
    for entry in catalog.slos():
        labels = f'squad="{entry.squad.name}",service="{entry.service.name}",slo="{entry.slo.name}"'
        yield Series("observatory_slo_error_budget_remaining_ratio", labels, times, [0.6 for _ in times])
        yield Series(
            "slo:error_budget_remaining:ratio",
            labels + ',slo_window="30d"',
            times,
            [0.6 for _ in times],
        )


def shrunk(rules):
    """The rules with a minute become a second; what they are called stays."""
    changes = (
        ("interval: 1m", "interval: 1s"),
        ("interval: 5m", "interval: 5s"),
        ("offset 1m", "offset 1s"),
        ("offset 10m", "offset 3s"),
        ("[4m59s999ms]", "[4s999ms]"),
        ("[59s999ms]", "[999ms]"),
    )
    for old, new in changes:
        rules = rules.replace(old, new)
    return rules


@contextmanager
def running(catalog):
    """Targets by service, whose counters move on; none has a past."""
    with ExitStack() as stack:
        services = {
            name: stack.enter_context(Target(exposition(service, 1)))
            for name, service in catalog.services.items()
        }
        stop = threading.Event()
        traffic = threading.Thread(target=move_on, args=(catalog, services, stop))
        traffic.start()
        stack.callback(traffic.join)
        stack.callback(stop.set)
        yield {name: target.address for name, target in services.items()}


def now():
    return int(SystemClock().now().timestamp())


def move_on(catalog, services, stop):
    ticks = 1
    while not stop.wait(0.25):
        ticks += 1
        for name, target in services.items():
            target.text = exposition(catalog.services[name], ticks)


def ask(url, query, at=None):
    form = {"query": query} | ({} if at is None else {"time": f"{at:.3f}"})
    with urllib.request.urlopen(f"{url}/api/v1/query?{urllib.parse.urlencode(form)}") as answer:  # noqa: S310 - ours
        return json.load(answer)["data"]["result"]


def value(url, query, at=None):
    """The value of a query with one result; None when it has none."""
    result = ask(url, query, at)
    return float(result[0]["value"][1]) if result else None


def wait_for(url, query, least, *, within=90):
    """Ask until the answer is at least this."""
    patience, found = threading.Event(), None
    for _ in range(within * 4):
        found = value(url, query)
        if found is not None and found >= least:
            return
        patience.wait(0.25)
    pytest.fail(f"{query} is {found} after {within} s, not {least}")


def answers_of(catalog, url):
    end = now()
    return list(ask_every_query(dashboard_files(catalog), View(url, end - 10, end, scrape=1)))


def has_a_number(answer):
    points = [point for series in answer.series for point in series.get("values", [series.get("value")])]
    return any(math.isfinite(float(text)) for _, text in points)


MARKS = {"annotation Alerts", "annotation Events"}
"""What is marked only where it happens."""


@pytest.fixture(scope="module")
def measured_by_rules(catalog, tmp_path_factory):
    """Where the rules have measured every SLO that they know."""
    known, folder = rolling(catalog), tmp_path_factory.mktemp("rules")
    rules = {name: shrunk(text) for name, text in rule_files(known).items() if "tests" not in name}
    with running(known) as targets:
        write_past(folder / "data", last_weeks(known, targets, now()))
        with evaluating(folder, rules=rules, targets=targets, every="1s") as url:
            wait_until_filled(url, "slo:error_budget_remaining:ratio", [*known.slos()])
            yield {PROMETHEUS: url}, known


@pytest.fixture(scope="module")
def measured_by_observatory(catalog, tmp_path_factory):
    """Where Observatory has measured all."""
    with running(catalog) as services, Target(own_metrics(catalog)) as own, ExitStack() as stack:
        past = [*last_weeks(catalog, services, now())]
        targets = {**services, "observatory": own.address}
        urls = {
            server: stack.enter_context(
                serving(server, tmp_path_factory.mktemp(server), past, targets=targets)
            )
            for server in SERVERS
        }
        for url in urls.values():
            wait_until_filled(url, "observatory_slo_error_budget_remaining_ratio", [*catalog.slos()])
        yield urls, catalog


def wait_until_filled(url, remaining, slos):
    wait_for(url, f"count({remaining})", len(slos))
    wait_for(url, "min(count_over_time(http_requests_total[1m]))", 12)


@pytest.fixture(
    params=[
        pytest.param(("rules", PROMETHEUS), id="rules"),
        *(pytest.param(("observatory", server), id=f"own-{server}") for server in SERVERS),
    ]
)
def source(request):
    """The URL of a server in which every SLO was measured, and the catalog of who measured them."""
    by, server = request.param
    urls, catalog = request.getfixturevalue(f"measured_by_{by}")
    return urls[server], catalog


def test_every_query_has_an_answer(source):
    """The rules alone are enough, and so are Observatory's own metrics; these alone know journeys, events and both budgets."""
    url, catalog = source
    answers = answers_of(catalog, url)
    if not ask(url, "observatory_event_active"):
        unrecorded = {
            f"{one.squad}/{one.name}.json" for one in (*catalog.journeys.values(), *catalog.events.values())
        }
        answers = [a for a in answers if a.dashboard not in unrecorded and a.panel != "annotation Events"]
    assert len(answers) > 200
    assert [(a.dashboard, a.panel, a.expr, a.error) for a in answers if a.error] == []
    empty = [(a.dashboard, a.panel, a.expr) for a in answers if not has_a_number(a)]
    assert [query for query in empty if query[1] not in MARKS] == []
    known = {a.panel for a in answers if has_a_number(a)}
    assert MARKS & {a.panel for a in answers} <= known


@pytest.mark.parametrize("server", SERVERS)
def test_where_nothing_is_measured_no_panel_claims_anything(server, catalog, tmp_path):
    with serving(server, tmp_path) as url:
        answers = answers_of(catalog, url)
    assert [a.error for a in answers if a.error] == []
    assert [(a.dashboard, a.panel, a.expr) for a in answers if a.series] == []


def without_a_miss(values):
    """The longest stretch of samples a second apart: a busy machine skips evaluations, at this clock of a second."""
    stretches = [[]]
    for end, count in values:
        if stretches[-1] and round(end - stretches[-1][-1][0]) != 1:
            stretches.append([])
        stretches[-1].append((end, float(count)))
    return max(stretches, key=len)


def test_live_buckets_add_up_to_what_the_service_counted(measured_by_rules):
    url = measured_by_rules[0][PROMETHEUS]
    recorded = 'slo:{}_events:increase1m{{service="playlist",slo="availability"}}'
    counters = {
        "total": 'http_requests_total{job="playlist"}',
        "bad": 'http_requests_total{job="playlist",code="500"}',
    }
    for outcome, counter in counters.items():
        (series,) = ask(url, recorded.format(outcome) + "[1h]")
        buckets = without_a_miss(series["values"])
        ends = [end for end, _ in buckets]
        known = f"sum(last_over_time({counter}[5m]))"
        grown = value(url, known, ends[-1]) - value(url, known, ends[0] - 1)
        assert sum(count for _, count in buckets) == grown > 0
